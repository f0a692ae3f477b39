// Package store is the contract between the audit trail and what holds it. The
// conformance suite of every implementation is in store/storetest.
package store

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/auditlog/auditlog/audit"
)

// Errors that callers tell apart with [errors.Is].
var (
	// ErrUnavailable wraps every reason for which the same call may succeed
	// later: a full or read-only disk, an unreachable server, a shutdown.
	ErrUnavailable = errors.New("store is unavailable")
	// ErrNotFound says that no event has the id, or none that the caller may read.
	ErrNotFound = errors.New("no such event")
	// ErrForbidden says that the caller may not read the account asked for, or
	// that there is no caller.
	ErrForbidden = errors.New("not the owner of this account")
	// ErrInvalid says that the call itself is wrong: it never succeeds.
	ErrInvalid = errors.New("invalid call of the store")
)

// A Batch is what one call stores.
type Batch struct {
	Events      []audit.Event
	DeadLetters []audit.DeadLetter
}

// Validate returns an error that wraps [ErrInvalid] if an event lacks its time,
// time received or account, or is filed under another day than its time's.
func (b Batch) Validate() error {
	for i := range b.Events {
		e := &b.Events[i]
		for _, f := range []*audit.Field{audit.Time, audit.Received, audit.Account} {
			if !e.Has(f) {
				return fmt.Errorf("%w: event %s has no %s", ErrInvalid, e.ID, f.Name)
			}
		}
		if day := audit.DayOf(e.Instant(audit.Time)); day != e.ID.Day {
			return fmt.Errorf("%w: event %s is of day %s", ErrInvalid, e.ID, day)
		}
	}
	return nil
}

// A Writer stores events.
//
// Write returns nil only after every event and dead letter of the batch is on
// disk (fsync), or was there already. An event is there already when one with
// the same ID.Hash and Fingerprint is stored; it then counts as a duplicate. One
// with the same hash and another fingerprint is stored under
// [audit.ConflictHash], with [audit.IDConflict] set. Dead letters are told apart
// in the same way, among themselves.
//
// An event is filed under ID.Day, which the caller sets from [audit.Time]. Where
// that day depends on the clock (see [audit.Event.FiledWhenReceived]) the writer
// looks for the hash in the day before, too. A dead letter's ID.Day is the day it was
// received, which always depends on the clock.
//
// A batch with an event that contradicts this (see [Batch.Validate]) is refused
// as a whole, with [ErrInvalid]. An event whose day is over for longer than the
// retention is kept, today, as a dead letter with [audit.ReasonRejected].
//
// On an error any part of the batch may be stored: the caller tries the whole
// batch again. The error wraps [ErrUnavailable] if that can help. Write is safe
// for concurrent use, and concurrent calls share their fsync. It keeps no
// reference to the batch after it returned.
type Writer interface {
	Write(ctx context.Context, batch Batch) error
}

// A Caller is who reads. There is no way to read without one.
type Caller struct {
	Name     string   // as it appears in the trail
	Accounts []string // accounts that it owns; never empty
}

// Scope returns the accounts that a query for account reads: account itself, or
// all of the caller's if it is "". It returns [ErrForbidden] where that is none.
func (c Caller) Scope(account string) ([]string, error) {
	owned := slices.DeleteFunc(slices.Clone(c.Accounts), func(a string) bool {
		return a == "" || account != "" && a != account
	})
	slices.Sort(owned)
	if owned = slices.Compact(owned); len(owned) == 0 {
		return nil, ErrForbidden
	}
	return owned, nil
}

// Match says how a [Filter] compares a value of an event with one of its own.
type Match uint8

// The ways to compare.
const (
	Equal   Match = iota // byte by byte, in the form of [audit.Event.Values]
	Ending               // the event's value ends with the filter's
	Words                // every word of the filter's value begins a word of one of the fields, see [audit.Words]
	Network              // the event's value is an IP address in the filter's, an address or a CIDR block
)

// A Filter selects events by the values of fields. One equal value is enough,
// be it of a list or of any of several fields.
type Filter struct {
	Fields []*audit.Field
	Match  Match
	Values []string // any of them
	Not    bool     // none of them; absent fields pass
}

// Matches reports whether e passes the filter.
func (f Filter) Matches(e *audit.Event) bool {
	return f.Not != slices.ContainsFunc(f.Values, func(want string) bool { return f.has(e, want) })
}

func (f Filter) has(e *audit.Event, want string) bool {
	switch f.Match {
	case Words:
		return f.hasWords(e, want)
	case Network:
		block, err := ParseNetwork(want)
		return err == nil && f.any(e, func(v string) bool {
			address, err := netip.ParseAddr(v)
			return err == nil && block.Contains(address.Unmap().WithZone(""))
		})
	case Ending:
		return f.any(e, func(v string) bool { return strings.HasSuffix(v, want) })
	default:
		return f.any(e, func(v string) bool { return v == want })
	}
}

func (f Filter) any(e *audit.Event, test func(value string) bool) bool {
	return slices.ContainsFunc(f.Fields, func(field *audit.Field) bool {
		return slices.ContainsFunc(e.Values(field), test)
	})
}

// hasWords is false for a text without words.
func (f Filter) hasWords(e *audit.Event, text string) bool {
	found := false
	for word := range audit.Words(text) {
		if found = f.any(e, func(v string) bool { return beginsWord(v, word) }); !found {
			return false
		}
	}
	return found
}

func beginsWord(text, beginning string) bool {
	for word := range audit.Words(text) {
		if strings.HasPrefix(word, beginning) {
			return true
		}
	}
	return false
}

// ParseNetwork reads an IP address or a CIDR block. An IPv4 address that is
// written as an IPv6 one is the same as the IPv4 address.
func ParseNetwork(s string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(s); err == nil && address.Zone() == "" {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	block, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%w: %q is no IP address or CIDR block", ErrInvalid, s)
	}
	if a := block.Addr(); a.Is4In6() && block.Bits() >= 96 {
		block = netip.PrefixFrom(a.Unmap(), block.Bits()-96)
	}
	return block.Masked(), nil
}

// A Position is a place in the order of a query: after the event that has this
// time and hash.
type Position struct {
	Time time.Time
	Hash audit.Hash
}

// A Query selects events of one page.
type Query struct {
	Account   string    // one of the caller's; "" for all that are the caller's
	Start     time.Time // first instant, inclusive
	End       time.Time // exclusive
	Filters   []Filter  // all of them
	Ascending bool      // oldest first; default newest first
	After     *Position // nil for the first page
	Limit     int       // events at most, at least 1

	// Budget is how many events a call may look at one by one, where no index
	// answers; 0 is no limit. A call that has spent it answers in part, says how
	// far it looked, and always gets further than the one before.
	Budget int
}

// Validate returns an error that wraps [ErrInvalid] if the query asks for no
// page: a limit below 1, a filter without a field, a network that is none.
func (q Query) Validate() error {
	if q.Limit < 1 {
		return fmt.Errorf("%w: limit %d is below 1", ErrInvalid, q.Limit)
	}
	if q.Budget < 0 {
		return fmt.Errorf("%w: budget %d is below 0", ErrInvalid, q.Budget)
	}
	for _, f := range q.Filters {
		if len(f.Fields) == 0 || slices.Contains(f.Fields, nil) {
			return fmt.Errorf("%w: filter without a field", ErrInvalid)
		}
		if f.Match != Network {
			continue
		}
		for _, v := range f.Values {
			if _, err := ParseNetwork(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// A Page is an answer to a [Query]: events ordered by [audit.Time], then by
// ID.Hash, both in the direction of the query.
type Page struct {
	Events  []audit.Event
	Next    *Position // nil on the last page
	Partial bool      // the budget is spent: there may be fewer events than the limit, and Next says how far it looked
}

// A Value is one value of a field, with the number of events that have it.
type Value struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// Values are the values of a field, most frequent first, then by value.
type Values struct {
	Values  []Value
	Reached time.Time // where the budget is spent: only events from here to the end are counted; else zero
}

// A Bucket counts the events of one interval by [audit.Status]; events without
// one count under "".
type Bucket struct {
	Start  time.Time // a multiple of the interval since 1970-01-01 UTC
	Counts map[string]int64
}

// A Histogram holds the buckets that have events, oldest first.
type Histogram struct {
	Buckets []Bucket
	Reached time.Time // as in [Values]
}

// A Cursor is a place in the order of arrival. It is bytes of the store's own,
// valid for the store that made it as long as that store exists; "" is the
// beginning.
type Cursor string

// Arrivals are events in an order in which nothing that arrives later has a
// place before Next, however late it is. Events that arrived one after the other
// may still change places.
type Arrivals struct {
	Events []audit.Event
	Next   Cursor // after the last event that was looked at; never ""
	More   bool   // there may be more already
}

// A Reader reads events of the accounts that the caller owns, never older than
// the retention. A range without events is no error; a range that cannot be read
// whole is one, never a short answer. Every method returns [ErrForbidden] without
// a caller, or for an account that is not the caller's.
type Reader interface {
	// Search returns one page.
	Search(ctx context.Context, caller Caller, query Query) (Page, error)
	// Event returns one event, or [ErrNotFound].
	Event(ctx context.Context, caller Caller, id audit.ID) (audit.Event, error)
	// Values returns the values that field has in the events of the query, limit
	// at most. Query.After, Limit and Ascending are not used.
	Values(ctx context.Context, caller Caller, query Query, field *audit.Field, limit int) (Values, error)
	// Histogram counts the events of the query by interval, which is at least a
	// second, and status. Query.After, Limit and Ascending are not used.
	Histogram(ctx context.Context, caller Caller, query Query, interval time.Duration) (Histogram, error)
	// Arrivals returns events of the query that arrived after the cursor.
	// Query.After and Ascending are not used. A cursor that no store made is
	// [ErrInvalid].
	Arrivals(ctx context.Context, caller Caller, query Query, after Cursor) (Arrivals, error)
	// Arrived returns the cursor after all that has arrived.
	Arrived(ctx context.Context, caller Caller) (Cursor, error)
	// DeadLetters returns how many records of the caller's accounts were set
	// aside and are still kept, by reason.
	DeadLetters(ctx context.Context, caller Caller) (map[audit.Reason]int64, error)
}

// A Status is a store's account of what it was given. At all times
// Accepted = Stored + Duplicates + DeadLetters + Waiting. Counts are of what was
// given to Write since the store was created: a record that comes again counts
// again, and what was removed since, by the retention or an operator, still counts.
type Status struct {
	Accepted    int64 `json:"accepted"`
	Stored      int64 `json:"stored"`
	Duplicates  int64 `json:"duplicates"`
	DeadLetters int64 `json:"dead_letters"`
	Waiting     int64 `json:"waiting"` // accepted and on disk here, not yet where they are searched

	OldestWaiting time.Time `json:"oldest_waiting,omitzero"` // when the oldest of them was accepted; zero if none waits
	Received      time.Time `json:"received,omitzero"`       // newest event's time received

	Days    int    `json:"days"` // days with events that are kept now
	Oldest  string `json:"oldest,omitempty"`
	Newest  string `json:"newest,omitempty"`
	Problem string `json:"problem,omitempty"` // what a person must look at, in one sentence
	Stopped string `json:"stopped,omitempty"` // why what is accepted only waits until a person acts, without any name; "" while it is stored
}

// WaitingAge is for how long the oldest record that waits has waited; 0 if none
// does.
func (s Status) WaitingAge(now time.Time) time.Duration {
	if s.OldestWaiting.IsZero() {
		return 0
	}
	return max(0, now.Sub(s.OldestWaiting))
}

// A Store is a [Writer] and a [Reader] over the same events, and a
// [DeadLetterStore].
type Store interface {
	Writer
	Reader
	DeadLetterStore
	Status(ctx context.Context) (Status, error)
	// Close waits for writes that are under way, and closes the store.
	Close() error
}
