package storetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// A Model is a store in memory that does everything in the simplest way there
// is. What it answers, every store answers. It removes no days.
type Model struct {
	now       func() time.Time
	retention time.Duration

	mu          sync.Mutex
	closed      bool
	events      map[audit.ID]audit.Event
	arrived     []audit.ID // in order
	deadLetters map[audit.ID]modelDeadLetter
	setAsides   int
	status      store.Status
}

type modelDeadLetter struct {
	store.DeadLetter
	number int // in order of arrival, from 1
}

var _ store.Store = (*Model)(nil)

// NewModel returns an empty model.
func NewModel(now func() time.Time, retention time.Duration) *Model {
	return &Model{
		now: now, retention: retention,
		events: make(map[audit.ID]audit.Event), deadLetters: make(map[audit.ID]modelDeadLetter),
	}
}

// Write implements [store.Writer].
func (m *Model) Write(ctx context.Context, batch store.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || ctx.Err() != nil {
		return fmt.Errorf("write: %w", store.ErrUnavailable)
	}
	if err := batch.Validate(); err != nil {
		return err
	}
	for _, e := range oldestFirst(batch.Events) {
		if m.expired(e.ID.Day) {
			m.setAside(audit.DeadLetter{Event: clone(e), Reason: audit.ReasonRejected, Detail: "its day is older than the retention"})
			continue
		}
		m.store(e)
	}
	for _, d := range batch.DeadLetters {
		d.Event, d.Names = clone(&d.Event), slices.Clone(d.Names)
		m.setAside(d)
	}
	return nil
}

// oldestFirst orders events by day: what looks in the day before finds it written.
func oldestFirst(events []audit.Event) []*audit.Event {
	var ordered []*audit.Event
	for i := range events {
		ordered = append(ordered, &events[i])
	}
	slices.SortStableFunc(ordered, func(a, b *audit.Event) int { return cmp.Compare(a.ID.Day, b.ID.Day) })
	return ordered
}

func (m *Model) expired(day audit.Day) bool {
	return !(day + 1).Start().After(m.now().Add(-m.retention))
}

func (m *Model) store(e *audit.Event) {
	m.status.Accepted++
	print := func(id audit.ID) (audit.Fingerprint, bool) {
		known, found := m.events[id]
		return known.Fingerprint, found
	}
	id, isNew := place(e.ID, e, e.FiledWhenReceived(), print)
	if !isNew {
		m.status.Duplicates++
		return
	}
	kept := clone(e)
	kept.ID = id
	if id != e.ID {
		kept.SetFlag(audit.IDConflict, true)
	}
	m.events[id] = kept
	m.arrived = append(m.arrived, id)
	m.status.Stored++
	if r := e.Instant(audit.Received); r.After(m.status.Received) {
		m.status.Received = r
	}
}

// place returns the id under which e is to be stored, which is id unless another
// record has it. It is not new if the same record is stored already. Where
// lookBack is set, the day before counts, too.
func place(id audit.ID, e *audit.Event, lookBack bool, print func(audit.ID) (audit.Fingerprint, bool)) (_ audit.ID, isNew bool) {
	for _, hash := range []audit.Hash{id.Hash, audit.ConflictHash(id.Hash, e.Fingerprint)} {
		own, taken := print(audit.ID{Day: id.Day, Hash: hash})
		same := taken && own == e.Fingerprint
		if lookBack {
			before, found := print(audit.ID{Day: id.Day - 1, Hash: hash})
			taken = taken || found
			same = same || found && before == e.Fingerprint
		}
		if same {
			return id, false
		}
		if !taken {
			return audit.ID{Day: id.Day, Hash: hash}, true
		}
	}
	panic("two records have one conflict hash")
}

func (m *Model) setAside(letter audit.DeadLetter) {
	m.status.Accepted++
	d := modelDeadLetter{DeadLetter: store.DeadLetter{
		ID: letter.Event.ID, Received: letter.Event.Instant(audit.Received), DeadLetter: letter,
	}}
	if d.Received.IsZero() {
		d.Received = d.ID.Day.Start()
	}
	if m.expired(d.ID.Day) {
		d.Received = m.now()
		d.ID.Day = audit.DayOf(d.Received)
	}
	print := func(id audit.ID) (audit.Fingerprint, bool) {
		known, found := m.deadLetters[id]
		return known.Event.Fingerprint, found
	}
	id, isNew := place(d.ID, &d.Event, true, print)
	if !isNew {
		m.status.Duplicates++
		return
	}
	if id != d.ID {
		d.ID, d.Event.ID.Hash = id, id.Hash
		d.Event.SetFlag(audit.IDConflict, true)
	}
	m.setAsides++
	d.number = m.setAsides
	m.deadLetters[id] = d
	m.status.DeadLetters++
}

// clone returns a copy that shares nothing with e.
func clone(e *audit.Event) (c audit.Event) {
	if err := c.UnmarshalJSON(e.AppendJSON(nil)); err != nil {
		panic(err)
	}
	c.Fingerprint = e.Fingerprint
	return c
}

func (m *Model) oldest() time.Time { return m.now().Add(-m.retention) }

func (m *Model) selected(caller store.Caller, q store.Query) ([]audit.Event, error) {
	accounts, err := caller.Scope(q.Account)
	if err != nil {
		return nil, err
	}
	if err := q.Validate(); err != nil {
		return nil, err
	}
	var events []audit.Event
	for _, id := range m.arrived {
		e := m.events[id]
		at := e.Instant(audit.Time)
		switch {
		case !slices.Contains(accounts, e.Text(audit.Account)),
			at.Before(m.oldest()), at.Before(q.Start), !at.Before(q.End),
			slices.ContainsFunc(q.Filters, func(f store.Filter) bool { return !f.Matches(&e) }):
			continue
		}
		events = append(events, e)
	}
	return events, nil
}

// Search implements [store.Reader].
func (m *Model) Search(ctx context.Context, caller store.Caller, q store.Query) (page store.Page, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readable(ctx); err != nil {
		return page, err
	}
	events, err := m.selected(caller, q)
	if err != nil {
		return page, err
	}
	slices.SortFunc(events, func(a, b audit.Event) int { return compare(q, position(a), position(b)) })
	for _, e := range events {
		if q.After != nil && compare(q, position(e), *q.After) <= 0 {
			continue
		}
		if len(page.Events) == q.Limit {
			last := position(page.Events[q.Limit-1])
			page.Next = &last
			break
		}
		page.Events = append(page.Events, e)
	}
	return page, nil
}

// compare orders positions as the query does.
func compare(q store.Query, a, b store.Position) int {
	if !q.Ascending {
		a, b = b, a
	}
	return cmp.Or(a.Time.Compare(b.Time), bytes.Compare(a.Hash[:], b.Hash[:]))
}

func position(e audit.Event) store.Position {
	return store.Position{Time: e.Instant(audit.Time), Hash: e.ID.Hash}
}

// Event implements [store.Reader].
func (m *Model) Event(ctx context.Context, caller store.Caller, id audit.ID) (audit.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readable(ctx); err != nil {
		return audit.Event{}, err
	}
	accounts, err := caller.Scope("")
	if err != nil {
		return audit.Event{}, err
	}
	e, found := m.events[id]
	if !found || !slices.Contains(accounts, e.Text(audit.Account)) || e.Instant(audit.Time).Before(m.oldest()) {
		return audit.Event{}, store.ErrNotFound
	}
	return e, nil
}

// Values implements [store.Reader].
func (m *Model) Values(ctx context.Context, caller store.Caller, q store.Query, field *audit.Field, limit int) (all store.Values, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	events, err := m.counted(ctx, caller, q)
	if err != nil {
		return all, err
	}
	if field == nil || limit < 1 {
		return all, store.ErrInvalid
	}
	var values []store.Value
	for _, e := range events {
		have := slices.Clone(e.Values(field))
		slices.Sort(have)
		for _, v := range slices.Compact(have) {
			i := slices.IndexFunc(values, func(x store.Value) bool { return x.Value == v })
			if i < 0 {
				i = len(values)
				values = append(values, store.Value{Value: v})
			}
			values[i].Count++
		}
	}
	slices.SortFunc(values, func(a, b store.Value) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return store.Values{Values: values[:min(limit, len(values))]}, nil
}

// counted returns the events of a query that asks for no page.
func (m *Model) counted(ctx context.Context, caller store.Caller, q store.Query) ([]audit.Event, error) {
	if err := m.readable(ctx); err != nil {
		return nil, err
	}
	q.Limit = 1
	return m.selected(caller, q)
}

// Histogram implements [store.Reader].
func (m *Model) Histogram(ctx context.Context, caller store.Caller, q store.Query, interval time.Duration) (h store.Histogram, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	events, err := m.counted(ctx, caller, q)
	if err != nil {
		return h, err
	}
	if interval < time.Second {
		return h, store.ErrInvalid
	}
	for _, e := range events {
		at := e.Instant(audit.Time).UnixNano()
		start := time.Unix(0, at-at%int64(interval)).UTC()
		i := slices.IndexFunc(h.Buckets, func(b store.Bucket) bool { return b.Start.Equal(start) })
		if i < 0 {
			i = len(h.Buckets)
			h.Buckets = append(h.Buckets, store.Bucket{Start: start, Counts: map[string]int64{}})
		}
		h.Buckets[i].Counts[e.Text(audit.Status)]++
	}
	slices.SortFunc(h.Buckets, func(a, b store.Bucket) int { return a.Start.Compare(b.Start) })
	return h, nil
}

// Arrivals implements [store.Reader]. A cursor is the number of events before it.
func (m *Model) Arrivals(ctx context.Context, caller store.Caller, q store.Query, after store.Cursor) (a store.Arrivals, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readable(ctx); err != nil {
		return a, err
	}
	events, err := m.selected(caller, q)
	if err != nil {
		return a, err
	}
	from := 0
	if after != "" {
		if from, err = strconv.Atoi(string(after)); err != nil || from < 0 || from > len(m.arrived) {
			return a, store.ErrInvalid
		}
	}
	a.Next = cursor(len(m.arrived))
	for _, e := range events {
		n := slices.Index(m.arrived, e.ID)
		if n < from {
			continue
		}
		if len(a.Events) == q.Limit {
			a.More, a.Next = true, cursor(n)
			break
		}
		a.Events = append(a.Events, e)
	}
	return a, nil
}

func cursor(n int) store.Cursor { return store.Cursor(strconv.Itoa(n)) }

// Arrived implements [store.Reader].
func (m *Model) Arrived(ctx context.Context, caller store.Caller) (store.Cursor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readable(ctx); err != nil {
		return "", err
	}
	if _, err := caller.Scope(""); err != nil {
		return "", err
	}
	return cursor(len(m.arrived)), nil
}

// DeadLetters implements [store.Reader].
func (m *Model) DeadLetters(ctx context.Context, caller store.Caller) (map[audit.Reason]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readable(ctx); err != nil {
		return nil, err
	}
	accounts, err := caller.Scope("")
	if err != nil {
		return nil, err
	}
	counts := make(map[audit.Reason]int64)
	for _, d := range m.deadLetters {
		if slices.Contains(accounts, d.Event.Text(audit.Account)) && !d.Received.Before(m.oldest()) {
			counts[d.Reason]++
		}
	}
	return counts, nil
}

// CountDeadLetters implements [store.DeadLetterStore].
func (m *Model) CountDeadLetters(ctx context.Context) (counts []store.DeadLetterCount, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readable(ctx); err != nil {
		return nil, err
	}
	for _, d := range m.kept(store.DeadLetterQuery{}) {
		account := d.Event.Text(audit.Account)
		i := slices.IndexFunc(counts, func(c store.DeadLetterCount) bool { return c.Account == account && c.Reason == d.Reason })
		if i < 0 {
			i = len(counts)
			counts = append(counts, store.DeadLetterCount{Account: account, Reason: d.Reason, Oldest: d.Received, Newest: d.Received})
		}
		c := &counts[i]
		c.Count++
		if d.Received.Before(c.Oldest) {
			c.Oldest = d.Received
		}
		if d.Received.After(c.Newest) {
			c.Newest = d.Received
		}
	}
	slices.SortFunc(counts, func(a, b store.DeadLetterCount) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Reason, b.Reason))
	})
	return counts, nil
}

// kept returns what a query selects, without its limit, in order.
func (m *Model) kept(q store.DeadLetterQuery) (kept []modelDeadLetter) {
	for id, d := range m.deadLetters {
		if !d.Received.Before(m.oldest()) &&
			(len(q.IDs) == 0 || slices.Contains(q.IDs, id)) &&
			(q.Account == "" || q.Account == d.Event.Text(audit.Account)) &&
			(q.Reason == "" || q.Reason == d.Reason) {
			kept = append(kept, d)
		}
	}
	slices.SortFunc(kept, func(a, b modelDeadLetter) int {
		return cmp.Or(cmp.Compare(a.ID.Day, b.ID.Day), cmp.Compare(a.number, b.number))
	})
	return kept
}

// ListDeadLetters implements [store.DeadLetterStore].
func (m *Model) ListDeadLetters(ctx context.Context, q store.DeadLetterQuery) (page store.DeadLetterPage, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readable(ctx); err != nil {
		return page, err
	}
	if err := q.Validate(); err != nil {
		return page, err
	}
	var day audit.Day
	number := 0
	if q.After != "" {
		if n, err := fmt.Sscanf(string(q.After), "%d %d", &day, &number); n != 2 || err != nil {
			return page, store.ErrInvalid
		}
	}
	for _, d := range m.kept(q) {
		if q.After != "" && cmp.Or(cmp.Compare(d.ID.Day, day), cmp.Compare(d.number, number)) <= 0 {
			continue
		}
		if len(page.DeadLetters) == q.Limit {
			page.Next = store.Cursor(fmt.Sprintf("%d %d", day, number))
			break
		}
		letter := d.DeadLetter
		letter.Event = clone(&d.Event)
		page.DeadLetters = append(page.DeadLetters, letter)
		day, number = d.ID.Day, d.number
	}
	return page, nil
}

// RemoveDeadLetters implements [store.DeadLetterStore].
func (m *Model) RemoveDeadLetters(ctx context.Context, ids ...audit.ID) (removed int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readable(ctx); err != nil {
		return 0, err
	}
	for _, id := range ids {
		if _, found := m.deadLetters[id]; found {
			delete(m.deadLetters, id)
			removed++
		}
	}
	return removed, nil
}

func (m *Model) readable(ctx context.Context) error {
	if m.closed {
		return fmt.Errorf("read: %w", store.ErrUnavailable)
	}
	return ctx.Err()
}

// Status implements [store.Store].
func (m *Model) Status(ctx context.Context) (store.Status, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readable(ctx); err != nil {
		return store.Status{}, err
	}
	s := m.status
	days := make(map[audit.Day]bool)
	for id := range m.events {
		days[id.Day] = true
	}
	s.Days = len(days)
	for day := range days {
		name := day.String()
		if s.Oldest == "" || name < s.Oldest {
			s.Oldest = name
		}
		s.Newest = max(s.Newest, name)
	}
	return s, nil
}

// Close implements [store.Store].
func (m *Model) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// Reopen makes a closed model usable again, with what it held.
func (m *Model) Reopen() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = false
}
