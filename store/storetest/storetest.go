// Package storetest is what every store must do: the conformance suite, and a
// model to compare a store with. A driver's tests call [Run].
package storetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// Retention is what the suite asks for: shorter than the default, so that its
// end is easily reached.
const Retention = 10 * 24 * time.Hour

// Options say what the suite wants of a store.
type Options struct {
	Dir       string           // where it keeps its files; the same one again finds the same events
	Retention time.Duration    // how long events are shown
	Now       func() time.Time // its clock
}

// Open opens a store. The suite closes it. Where Dir is one that a closed store
// had, it holds what that store held; otherwise it is empty.
type Open func(t *testing.T, o Options) store.Store

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *fixture)
	}{
		{"reads back every field", readsBackEveryField},
		{"stores an event once", storesOnce},
		{"keeps both events of one id", keepsConflicts},
		{"looks in the day before", looksInTheDayBefore},
		{"keeps dead letters", keepsDeadLetters},
		{"lists and removes dead letters", managesDeadLetters},
		{"sets aside what is older than the retention", setsAsideExpired},
		{"refuses an invalid batch", refusesInvalid},
		{"keeps nothing of the caller's", keepsNoReference},
		{"pages in order", pagesInOrder},
		{"a page goes on where the last ended", pagesAreStable},
		{"reads from start up to end", readsRange},
		{"reads the caller's accounts only", readsOwnAccounts},
		{"filters by every field", filtersEveryField},
		{"filters by words", filtersWords},
		{"filters by several fields", filtersSeveralFields},
		{"filters by networks", filtersNetworks},
		{"goes on where a budget was spent", spendsBudget},
		{"counts values", countsValues},
		{"counts by time and status", countsHistogram},
		{"reads in order of arrival", readsArrivals},
		{"shows nothing older than the retention", showsRetention},
		{"reports its status", reportsStatus},
		{"heeds the context", heedsContext},
		{"writes and reads concurrently", concurrent},
		{"finds everything after a restart", reopens},
		{"answers as the model does", likeModel},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newFixture(t, open)) })
	}
}

// start is when the suite's clock begins: at noon, so that hours before and
// after are of the same day.
var start = time.Date(2026, time.March, 14, 12, 0, 0, 123456789, time.UTC)

// A fixture is an open store with a clock, and a source of events.
type fixture struct {
	store.Store
	open   Open
	dir    string
	clock  atomic.Int64 // ns
	number int          // of events made
}

func newFixture(t *testing.T, open Open) *fixture {
	f := &fixture{open: open, dir: filepath.Join(t.TempDir(), "store")}
	f.clock.Store(start.UnixNano())
	f.Store = open(t, f.options())
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func (f *fixture) options() Options { return Options{Dir: f.dir, Retention: Retention, Now: f.now} }

func (f *fixture) now() time.Time { return time.Unix(0, f.clock.Load()).UTC() }

func (f *fixture) advance(d time.Duration) { f.clock.Add(int64(d)) }

var (
	owner  = store.Caller{Name: "owner", Accounts: []string{"acme"}}
	rival  = store.Caller{Name: "rival", Accounts: []string{"rival"}}
	holder = store.Caller{Name: "holder", Accounts: []string{"rival", "acme", "acme"}}
)

// all asks for everything of the last days, on one page.
func (f *fixture) all() store.Query {
	return store.Query{Start: f.now().Add(-2 * Retention), End: f.now().Add(Retention), Limit: 100_000}
}

// event makes an event of account acme that happened age ago.
func (f *fixture) event(age time.Duration) audit.Event {
	f.number++
	var e audit.Event
	at := f.now().Add(-age)
	e.SetInstant(audit.Time, at)
	e.SetInstant(audit.Received, f.now())
	e.SetText(audit.Account, "acme")
	e.SetText(audit.Sender, "suite")
	e.SetText(audit.UserName, fmt.Sprintf("user-%d", f.number))
	e.SetText(audit.Action, "update")
	e.ID.Day = audit.DayOf(at)
	name(&e, fmt.Sprintf("event %d", f.number))
	return e
}

// name gives e an identity of its own.
func name(e *audit.Event, id string) {
	e.ID.Hash = audit.ClientHash(e.Text(audit.Account), e.Text(audit.Sender), id)
	e.Fingerprint = sha256.Sum256([]byte(id))
}

// deadLetter makes a dead letter received now.
func (f *fixture) deadLetter(reason audit.Reason) audit.DeadLetter {
	e := f.event(0)
	return audit.DeadLetter{Event: e, Reason: reason, Detail: "for the suite", Names: []string{"color", "größe"}}
}

// write stores events and waits until they can be found.
func (f *fixture) write(t *testing.T, events ...audit.Event) {
	t.Helper()
	f.writeBatch(t, store.Batch{Events: events})
}

func (f *fixture) writeBatch(t *testing.T, b store.Batch) {
	t.Helper()
	require.NoError(t, f.Write(t.Context(), b))
	f.settle(t)
}

// settle waits until nothing is on its way any more.
func (f *fixture) settle(t *testing.T) {
	t.Helper()
	settle(t, f.Store)
}

func settle(t *testing.T, s store.Store) {
	t.Helper()
	var last store.Status
	require.Eventually(t, func() bool {
		var err error
		last, err = s.Status(t.Context())
		return err == nil && last.Waiting == 0
	}, time.Minute, time.Millisecond, "still waiting: %+v", &last)
}

func (f *fixture) status(t *testing.T) store.Status {
	t.Helper()
	s, err := f.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, s.Accepted, s.Stored+s.Duplicates+s.DeadLetters+s.Waiting, "the sum of %+v", s)
	require.Equal(t, s.Waiting == 0, s.OldestWaiting.IsZero(), "when the oldest of %+v was accepted", s)
	return s
}

// counts are accepted, stored, duplicates and dead letters.
func (f *fixture) requireCounts(t *testing.T, accepted, stored, duplicates, deadLetters int64) {
	t.Helper()
	s := f.status(t)
	require.Equal(t, []int64{accepted, stored, duplicates, deadLetters},
		[]int64{s.Accepted, s.Stored, s.Duplicates, s.DeadLetters}, "accepted, stored, duplicates, dead letters")
}

func (f *fixture) search(t *testing.T, q store.Query) store.Page {
	t.Helper()
	p, err := f.Search(t.Context(), owner, q)
	require.NoError(t, err)
	return p
}

// walk reads all pages of a query.
func walk(t *testing.T, s store.Store, caller store.Caller, q store.Query) (events []audit.Event) {
	t.Helper()
	for {
		p, err := s.Search(t.Context(), caller, q)
		require.NoError(t, err)
		require.LessOrEqual(t, len(p.Events), q.Limit)
		events = append(events, p.Events...)
		if p.Next == nil {
			return events
		}
		require.Len(t, p.Events, q.Limit, "a page that is not the last is full")
		q.After = p.Next
	}
}

// lines are events in a form that tests compare and print.
func lines(events ...audit.Event) []string {
	out := make([]string, len(events))
	for i := range events {
		out[i] = fmt.Sprintf("%s %x", events[i].AppendJSON(nil), events[i].Fingerprint[:4])
	}
	return out
}

func requireEvents(t *testing.T, want, got []audit.Event) {
	t.Helper()
	require.Equal(t, lines(want...), lines(got...))
}

func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
