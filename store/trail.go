package store

import (
	"crypto/rand"
	"time"

	"github.com/auditlog/auditlog/audit"
)

// Own is the sender and the service of the program's own events: reads, tokens,
// start and stop.
const Own = "auditlog"

// An Entry says what the program itself did, or did for somebody.
type Entry struct {
	Account    string
	User       string // who asked for it
	UserID     string // the same at the identity provider; empty without one
	IP         string // from where; empty where that is this machine or not known
	Method     string // READ, CREATE, DELETE, START, STOP
	Action     string
	EntityType string
	EntityID   string
	Request    string // what was asked for, redacted
	Denied     bool
}

// Event returns the entry as an event of now, with an identity of its own.
func (e Entry) Event(now time.Time) audit.Event {
	now = now.UTC()
	var ev audit.Event
	ev.ID.Day = audit.DayOf(now)
	rand.Read(ev.ID.Hash[:])
	rand.Read(ev.Fingerprint[:])
	ev.SetInstant(audit.Time, now)
	ev.SetInstant(audit.Received, now)
	ev.SetText(audit.Account, e.Account)
	ev.SetText(audit.Sender, Own)
	ev.SetText(audit.Service, Own)
	ev.SetText(audit.Area, "Audit Log")
	ev.SetText(audit.UserName, e.User)
	ev.SetText(audit.UserID, e.UserID)
	ev.SetText(audit.IP, e.IP)
	ev.SetText(audit.Method, e.Method)
	ev.SetText(audit.Action, e.Action)
	ev.SetText(audit.EntityType, e.EntityType)
	ev.SetText(audit.EntityID, e.EntityID)
	ev.SetText(audit.Request, e.Request)
	ev.SetText(audit.Status, "success")
	if e.Denied {
		ev.SetText(audit.Status, "failure")
	}
	return ev
}
