package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// A selection is a query as the files answer it.
type selection struct {
	start, end int64     // ns; end is exclusive
	filters    []*filter // the caller's accounts are the first
	ascending  bool
	after      *store.Position
	parsed     parsed // values of the field that is counted
}

// selection checks the caller and the query, and keeps it within the retention.
func (s *Store) selection(caller store.Caller, q store.Query) (x selection, err error) {
	accounts, err := caller.Scope(q.Account)
	if err != nil {
		return x, err
	}
	if err := q.Validate(); err != nil {
		return x, err
	}
	x.start = max(nanoseconds(q.Start), s.oldest())
	x.end = nanoseconds(q.End)
	x.filters = compile(append([]store.Filter{ofAccounts(accounts)}, q.Filters...))
	x.ascending, x.after, x.parsed = q.Ascending, q.After, make(parsed)
	if x.after == nil {
		return x, nil
	}
	// The events at After's own time are told apart by their hash.
	if at := nanoseconds(x.after.Time); x.ascending {
		x.start = max(x.start, at)
	} else if at < math.MaxInt64 {
		x.end = min(x.end, at+1)
	}
	return x, nil
}

func ofAccounts(accounts []string) store.Filter {
	return store.Filter{Fields: []*audit.Field{audit.Account}, Values: accounts}
}

// oldest is the time of the oldest events that are shown.
func (s *Store) oldest() int64 { return s.now().Add(-s.retention).UnixNano() }

// nanoseconds returns t, or the next time that 64 bits hold, in nanoseconds.
func nanoseconds(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// days returns the days of the selection in its order.
func (s *Store) days(x selection) []audit.Day {
	if x.start >= x.end {
		return nil
	}
	days := s.files.between(audit.DayOf(time.Unix(0, x.start)), audit.DayOf(time.Unix(0, x.end-1)), hasEvents)
	if !x.ascending {
		slices.Reverse(days)
	}
	return days
}

// A look is what a call did so far with the budget of its query.
type look struct {
	budget int // 0 is no limit
	looked int
	spent  bool
}

// one counts a look at an event. It returns false, and the event is not to be
// looked at, if the budget is spent.
func (l *look) one() bool {
	if l.budget > 0 && l.looked >= l.budget {
		l.spent = true
		return false
	}
	l.looked++
	return true
}

// after returns what l became, which is itself where there was nothing to do.
func (l look) after(became look) look {
	if became == (look{}) {
		return l
	}
	return became
}

// Search implements [store.Reader]. It opens only the files that the page needs.
func (s *Store) Search(ctx context.Context, caller store.Caller, q store.Query) (page store.Page, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return page, fmt.Errorf("search: %w", err)
	}
	defer leave()
	x, err := s.selection(caller, q)
	if err != nil {
		return page, fmt.Errorf("search: %w", err)
	}
	l := look{budget: q.Budget}
	var last *store.Position // of what was looked at
	for _, day := range s.days(x) {
		var p dayPage
		if err := s.readDay(ctx, day, x, func(r *reading) (err error) {
			p, err = r.page(q.Limit+1-len(page.Events), l)
			return err
		}); err != nil {
			return store.Page{}, err
		}
		page.Events = append(page.Events, p.events...)
		l = l.after(p.look)
		if p.reached != nil {
			last = p.reached
		}
		if len(page.Events) > q.Limit {
			page.Events = page.Events[:q.Limit]
			last := &page.Events[q.Limit-1]
			page.Next = &store.Position{Time: last.Instant(audit.Time), Hash: last.ID.Hash}
			break
		}
		if l.spent {
			page.Next, page.Partial = last, true
			break
		}
	}
	return page, nil
}

// Event implements [store.Reader].
func (s *Store) Event(ctx context.Context, caller store.Caller, id audit.ID) (e audit.Event, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return e, fmt.Errorf("read event: %w", err)
	}
	defer leave()
	accounts, err := caller.Scope("")
	if err != nil {
		return e, fmt.Errorf("read event: %w", err)
	}
	found := false
	err = s.readDay(ctx, id.Day, selection{}, func(r *reading) (err error) {
		e, found, err = r.event(id.Hash)
		return err
	})
	if err != nil {
		return e, err
	}
	if !found || nanoseconds(e.Instant(audit.Time)) < s.oldest() || !ofAccounts(accounts).Matches(&e) {
		return audit.Event{}, store.ErrNotFound
	}
	return e, nil
}

// Values implements [store.Reader].
func (s *Store) Values(ctx context.Context, caller store.Caller, q store.Query, field *audit.Field, limit int) (all store.Values, err error) {
	if field == nil || limit < 1 {
		return all, fmt.Errorf("read values: %w: values of no field, or none of them", store.ErrInvalid)
	}
	var total counts
	all.Reached, err = s.count(ctx, caller, q, func() (counter, func()) {
		c := &valueCounter{of: field, counts: make(counts)}
		return c, func() { total = total.add(c.counts) }
	})
	if err != nil {
		return all, fmt.Errorf("read values: %w", err)
	}
	all.Values = make([]store.Value, 0, len(total))
	for v, n := range total {
		all.Values = append(all.Values, store.Value{Value: v, Count: n})
	}
	slices.SortFunc(all.Values, func(a, b store.Value) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	all.Values = all.Values[:min(limit, len(all.Values))]
	return all, nil
}

// Histogram implements [store.Reader].
func (s *Store) Histogram(ctx context.Context, caller store.Caller, q store.Query, interval time.Duration) (h store.Histogram, err error) {
	if interval < time.Second {
		return h, fmt.Errorf("read histogram: %w: an interval of %s", store.ErrInvalid, interval)
	}
	total := make(map[int64]counts)
	h.Reached, err = s.count(ctx, caller, q, func() (counter, func()) {
		c := &bucketCounter{interval: int64(interval), buckets: make(map[int64]counts)}
		return c, func() {
			for at, n := range c.buckets {
				total[at] = total[at].add(n)
			}
		}
	})
	if err != nil {
		return h, fmt.Errorf("read histogram: %w", err)
	}
	for _, at := range slices.Sorted(maps.Keys(total)) {
		h.Buckets = append(h.Buckets, store.Bucket{Start: instant(at), Counts: total[at]})
	}
	return h, nil
}

// count counts each day of the query, newest first, until the budget is spent.
// start returns what counts a day, and what is called when it has. count returns
// how far the budget reached, see [store.Values].
func (s *Store) count(ctx context.Context, caller store.Caller, q store.Query, start func() (counter, func())) (reached time.Time, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return reached, err
	}
	defer leave()
	q.After, q.Ascending, q.Limit = nil, false, 1
	x, err := s.selection(caller, q)
	if err != nil {
		return reached, err
	}
	l := look{budget: q.Budget}
	for _, day := range s.days(x) {
		var became look
		var at int64
		add := func() {}
		if err := s.readDay(ctx, day, x, func(r *reading) (err error) {
			var c counter
			c, add = start()
			became, at, err = r.count(c, l)
			return err
		}); err != nil {
			return reached, err
		}
		add()
		if l = l.after(became); l.spent {
			return instant(at), nil
		}
	}
	return reached, nil
}

// readDay calls do with a reading of a day's file, and again if segments were
// replaced meanwhile.
func (s *Store) readDay(ctx context.Context, day audit.Day, x selection, do func(*reading) error) error {
	return s.files.read(ctx, day, func(d *database) error {
		v, err := d.view(ctx)
		for err == nil {
			doErr := do(&reading{ctx: ctx, database: d, view: v, selection: x})
			d.awaitReplaced()
			var now *view
			if now, err = d.view(ctx); err != nil || now.extends(v) {
				return errors.Join(err, doErr)
			}
			v = now
		}
		return err
	})
}

// awaitReplaced waits until what a reading saw deleted is gone from the view.
func (d *database) awaitReplaced() {
	d.replacing.Lock()
	defer d.replacing.Unlock()
}

// extends reports whether v has all segments of an earlier view.
func (v *view) extends(earlier *view) bool {
	n := len(earlier.segments)
	return n == 0 || len(v.segments) >= n && v.segments[n-1].id == earlier.segments[n-1].id
}

// DeadLetters implements [store.Reader].
func (s *Store) DeadLetters(ctx context.Context, caller store.Caller) (map[audit.Reason]int64, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, fmt.Errorf("count dead letters: %w", err)
	}
	defer leave()
	accounts, err := caller.Scope("")
	if err != nil {
		return nil, fmt.Errorf("count dead letters: %w", err)
	}
	args := []any{s.oldest()}
	for _, account := range accounts {
		args = append(args, account)
	}
	query := "SELECT reason, count(*) FROM dead_letter WHERE received >= ? AND account IN (?" +
		strings.Repeat(", ?", len(accounts)-1) + ") GROUP BY reason"
	reasons := make(map[audit.Reason]int64)
	for _, day := range s.files.between(audit.DayOf(instant(s.oldest())), maxDay, hasDeadLetters) {
		err := s.files.read(ctx, day, func(d *database) error { return d.countReasons(ctx, query, args, reasons) })
		if err != nil {
			return nil, err
		}
	}
	return reasons, nil
}

func (d *database) countReasons(ctx context.Context, query string, args []any, reasons map[audit.Reason]int64) error {
	rows, err := d.pool.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var reason string
		var n int64
		if err := rows.Scan(&reason, &n); err != nil {
			return err
		}
		reasons[audit.Reason(reason)] += n
	}
	return rows.Err()
}
