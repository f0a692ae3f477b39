package store

import (
	"context"
	"fmt"
	"time"

	"github.com/auditlog/auditlog/audit"
)

// A DeadLetter is a record that was set aside, as it is kept.
type DeadLetter struct {
	ID       audit.ID  // its own, among dead letters
	Received time.Time // since when it is kept
	audit.DeadLetter
}

// A DeadLetterQuery selects dead letters, of every account and reason where it
// names none.
type DeadLetterQuery struct {
	IDs     []audit.ID // these only, unless there are none
	Account string
	Reason  audit.Reason
	After   Cursor // of the page before; "" for the first
	Limit   int    // dead letters at most, at least 1
}

// Validate returns an error that wraps [ErrInvalid] if the query asks for no page.
func (q DeadLetterQuery) Validate() error {
	if q.Limit < 1 {
		return fmt.Errorf("%w: limit %d is below 1", ErrInvalid, q.Limit)
	}
	return nil
}

// A DeadLetterPage is an answer to a [DeadLetterQuery].
type DeadLetterPage struct {
	DeadLetters []DeadLetter
	Next        Cursor // "" on the last page
}

// A DeadLetterCount counts what is kept of one account and reason.
type DeadLetterCount struct {
	Account string       `json:"account"`
	Reason  audit.Reason `json:"reason"`
	Count   int64        `json:"count"`
	Oldest  time.Time    `json:"oldest"` // time received
	Newest  time.Time    `json:"newest"`
}

// A DeadLetterStore holds dead letters for who operates the installation. It
// knows no owners: no owner's request reaches it. It never answers with what was
// received before the retention began.
type DeadLetterStore interface {
	// CountDeadLetters counts what is kept, by account, then reason.
	CountDeadLetters(ctx context.Context) ([]DeadLetterCount, error)
	// ListDeadLetters returns one page, oldest day first. A dead letter keeps its
	// place, so that pages go on where the last ended while others come and go. A
	// cursor that no store made is [ErrInvalid].
	ListDeadLetters(ctx context.Context, query DeadLetterQuery) (DeadLetterPage, error)
	// RemoveDeadLetters removes dead letters for good, and returns how many there
	// were. An id that is not there is no error. [Status] counts on what was set
	// aside. What was removed before an error stays removed.
	RemoveDeadLetters(ctx context.Context, ids ...audit.ID) (removed int, err error)
}
