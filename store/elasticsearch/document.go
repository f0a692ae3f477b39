package elasticsearch

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/auditlog/auditlog/audit"
)

// Fields of a document that are no fields of an event.
const (
	fieldFingerprint = "audit.fingerprint" // base64
	fieldInstance    = "audit.instance"    // whose spool the event came through
	fieldSequence    = "audit.sequence"    // its number there: the order of arrival
	fieldID          = "event.id"          // the hash, 32 hex digits: sorts as the hash does
	fieldDay         = "audit.day"         // of a dead letter
	fieldReason      = "audit.reason"      // of a dead letter
	fieldLetter      = "audit.letter"      // a dead letter as JSON in a text, so that nothing in it can be rejected
	fieldHTTPMethod  = "http.request.method"
	fieldWords       = "audit.words" // in the index only: the words of all texts
)

// names are the names of indices and of what belongs to them.
type names struct{ prefix string }

func (n names) events(d audit.Day) string      { return n.prefix + "-" + d.String() }
func (n names) deadLetters(d audit.Day) string { return n.prefix + "-dead-letters-" + d.String() }

// writing is the alias under which an index is written to. A bulk asks for an
// alias: where the index is gone, none is made without mapping and policy.
func (n names) writing(index string) string {
	return n.prefix + "-write" + strings.TrimPrefix(index, n.prefix)
}

func (n names) written(alias string) string {
	return n.prefix + strings.TrimPrefix(alias, n.prefix+"-write")
}

// parse returns the day of an index, and whether it is one of dead letters.
func (n names) parse(index string) (day audit.Day, deadLetters, ok bool) {
	rest, ok := strings.CutPrefix(index, n.prefix+"-")
	if !ok {
		return 0, false, false
	}
	rest, deadLetters = strings.CutPrefix(rest, "dead-letters-")
	day, err := audit.ParseDay(rest)
	return day, deadLetters, err == nil
}

// docID is the _id of a document: in this form Elasticsearch keeps it in 16 bytes.
func docID(h audit.Hash) string { return base64.RawURLEncoding.EncodeToString(h[:]) }

func parseDocID(id string) (h audit.Hash, err error) {
	b, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || len(b) != len(h) {
		return h, fmt.Errorf("document id %q is none of ours", id)
	}
	copy(h[:], b)
	return h, nil
}

const timeFormat = "2006-01-02T15:04:05.000000000Z"

func (n names) appendAction(b []byte, index string, h audit.Hash) []byte {
	b = append(b, `{"create":{"_index":"`...)
	b = append(b, n.writing(index)...)
	b = append(b, `","_id":"`...)
	b = base64.RawURLEncoding.AppendEncode(b, h[:])
	return append(b, "\"}}\n"...)
}

func appendIdentity(b []byte, instance string, sequence uint64, h audit.Hash, f audit.Fingerprint) []byte {
	b = append(b, `{"`+fieldSequence+`":`...)
	b = strconv.AppendUint(b, sequence, 10)
	b = append(b, `,"`+fieldInstance+`":"`...)
	b = append(b, instance...)
	b = append(b, `","`+fieldID+`":"`...)
	b = hex.AppendEncode(b, h[:])
	b = append(b, `","`+fieldFingerprint+`":"`...)
	b = base64.StdEncoding.AppendEncode(b, f[:])
	return append(b, '"')
}

// appendEvent appends the two lines of a bulk that store an event.
func (n names) appendEvent(b []byte, instance string, sequence uint64, e *audit.Event) []byte {
	b = n.appendAction(b, n.events(e.ID.Day), e.ID.Hash)
	b = appendIdentity(b, instance, sequence, e.ID.Hash, e.Fingerprint)
	for f := range audit.Fields() {
		if e.Has(f) {
			b = append(b, keys[f.Index()]...)
			b = e.AppendValue(b, f)
		}
	}
	if m := e.Text(audit.Method); isHTTPMethod(m) {
		b = append(b, `,"`+fieldHTTPMethod+`":"`...)
		b = append(append(b, m...), '"')
	}
	return append(b, "}\n"...)
}

// keys are the fields as members of a document, by [audit.Field.Index].
var keys = func() (keys []string) {
	for f := range audit.Fields() {
		keys = append(keys, `,"`+f.ECS+`":`)
	}
	return keys
}()

func isHTTPMethod(m string) bool {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH":
		return true
	}
	return false
}

// A document is what the cluster holds of an event or of a dead letter.
type document map[string]json.RawMessage

func (d document) text(name string) (s string) {
	json.Unmarshal(d[name], &s)
	return s
}

func (d document) sequence() (n uint64) {
	json.Unmarshal(d[fieldSequence], &n)
	return n
}

func (d document) fingerprint() (f audit.Fingerprint) {
	b, err := base64.StdEncoding.DecodeString(d.text(fieldFingerprint))
	if err == nil && len(b) == len(f) {
		copy(f[:], b)
	}
	return f
}

// decodeEvent reads a document. Members that are in no row of the table are the
// cluster's or a newer version's, and left out.
func decodeEvent(source json.RawMessage, id audit.ID) (e audit.Event, err error) {
	var d document
	if err := json.Unmarshal(source, &d); err != nil {
		return e, fmt.Errorf("read event %s: %w", id, err)
	}
	return d.event(id)
}

func (d document) event(id audit.ID) (e audit.Event, err error) {
	e.ID, e.Fingerprint = id, d.fingerprint()
	for f := range audit.Fields() {
		raw, ok := d[f.ECS]
		if !ok {
			continue
		}
		if err := e.SetJSON(f, raw); err != nil {
			return e, fmt.Errorf("read event %s: field %q: %w", id, f.Name, err)
		}
	}
	return e, nil
}

// A letter is a dead letter as it is kept in a document.
type letter struct {
	Event       audit.Event  `json:"event"`
	Fingerprint string       `json:"fingerprint"`
	Reason      audit.Reason `json:"reason"`
	Detail      string       `json:"detail,omitempty"`
	Asked       string       `json:"asked,omitempty"`
	Names       []string     `json:"names,omitempty"`
}

// appendLetter appends the two lines of a bulk that set a record aside.
func (n names) appendLetter(b []byte, instance string, sequence uint64, id audit.ID, received time.Time, l *audit.DeadLetter) []byte {
	if y := received.Year(); y < 1970 || y > 2261 { // what Elasticsearch can hold
		received = id.Day.Start()
	}
	b = n.appendAction(b, n.deadLetters(id.Day), id.Hash)
	b = appendIdentity(b, instance, sequence, id.Hash, l.Event.Fingerprint)
	b = append(b, `,"@timestamp":"`...)
	b = received.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","`+fieldDay+`":`...)
	b = strconv.AppendInt(b, int64(id.Day), 10)
	if account := l.Event.Text(audit.Account); account != "" {
		b = append(b, `,"`+audit.Account.ECS+`":`...)
		b = audit.AppendString(b, account)
	}
	b = append(b, `,"`+fieldReason+`":`...)
	b = audit.AppendString(b, string(l.Reason))
	b = append(b, `,"`+fieldLetter+`":`...)
	b = audit.AppendString(b, encodeLetter(l))
	return append(b, "}\n"...)
}

func encodeLetter(l *audit.DeadLetter) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.Encode(map[string]any{
		"event": json.RawMessage(l.Event.AppendJSON(nil)), "fingerprint": base64.StdEncoding.EncodeToString(l.Event.Fingerprint[:]),
		"reason": l.Reason, "detail": l.Detail, "asked": l.Asked, "names": l.Names,
	})
	return strings.TrimSpace(b.String())
}

// decodeLetter reads what [encodeLetter] wrote.
func (d document) letter() (l audit.DeadLetter, err error) {
	var kept letter
	if err := json.Unmarshal([]byte(d.text(fieldLetter)), &kept); err != nil {
		return l, fmt.Errorf("read dead letter %s: %w", d.text(fieldID), err)
	}
	l = audit.DeadLetter{Event: kept.Event, Reason: kept.Reason, Detail: kept.Detail, Asked: kept.Asked, Names: kept.Names}
	l.Event.Fingerprint = d.fingerprint()
	return l, nil
}
