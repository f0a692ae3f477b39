package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
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

// columns are the fields that have a column of their own; the others are read
// from the document.
var columns = map[*audit.Field]string{
	audit.Account:    "account",
	audit.Method:     "method",
	audit.Area:       "area",
	audit.EntityType: "entity_type",
}

// A selection is a query as the files answer it.
type selection struct {
	accounts   []string
	start, end int64 // ns; end is exclusive
	filters    []store.Filter
	ascending  bool
	after      *store.Position
}

// selection checks the caller and the query, and keeps it within the retention.
func (s *Store) selection(caller store.Caller, q store.Query) (x selection, err error) {
	if x.accounts, err = caller.Scope(q.Account); err != nil {
		return x, err
	}
	if err := q.Validate(); err != nil {
		return x, err
	}
	x.start = max(nanoseconds(q.Start), s.oldest())
	x.end = nanoseconds(q.End)
	x.filters, x.ascending, x.after = q.Filters, q.Ascending, q.After
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

// instant is the inverse of nanoseconds.
func instant(ns int64) time.Time { return time.Unix(0, ns).UTC() }

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
	for _, day := range s.days(x) {
		err := s.files.read(ctx, day, func(d *database) error {
			more, err := d.page(ctx, x, q.Limit+1-len(page.Events), &l)
			page.Events = append(page.Events, more...)
			return err
		})
		if err != nil {
			return store.Page{}, err
		}
		if len(page.Events) > q.Limit {
			page.Events = page.Events[:q.Limit]
			last := &page.Events[q.Limit-1]
			page.Next = &store.Position{Time: last.Instant(audit.Time), Hash: last.ID.Hash}
			break
		}
		if l.spent {
			page.Next, page.Partial = &l.reached, true
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
	c := conditions{}
	c.add("hash = ?", id.Hash[:])
	c.add("time >= ?", s.oldest())
	c.in("account", accounts)
	err = store.ErrNotFound
	readErr := s.files.read(ctx, id.Day, func(d *database) error {
		return d.events(ctx, &c, "", nil, &look{}, func(_ int64, found audit.Event) bool {
			e, err = found, nil
			return false
		})
	})
	if readErr != nil {
		return e, readErr
	}
	return e, err
}

// Values implements [store.Reader].
func (s *Store) Values(ctx context.Context, caller store.Caller, q store.Query, field *audit.Field, limit int) (all store.Values, err error) {
	if field == nil || limit < 1 {
		return all, fmt.Errorf("read values: %w: values of no field, or none of them", store.ErrInvalid)
	}
	counts := make(map[string]int64)
	all.Reached, err = s.count(ctx, caller, q, func(d *database, x selection, l *look) error {
		return d.values(ctx, x, field, counts, l)
	})
	if err != nil {
		return all, fmt.Errorf("read values: %w", err)
	}
	all.Values = make([]store.Value, 0, len(counts))
	for v, n := range counts {
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
	buckets := make(map[int64]map[string]int64)
	h.Reached, err = s.count(ctx, caller, q, func(d *database, x selection, l *look) error {
		c, rest := x.conditions()
		return d.events(ctx, &c, x.order(), rest, l, func(_ int64, e audit.Event) bool {
			at := e.Instant(audit.Time).UnixNano()
			at -= at % int64(interval)
			if buckets[at] == nil {
				buckets[at] = make(map[string]int64)
			}
			buckets[at][e.Text(audit.Status)]++
			return true
		})
	})
	if err != nil {
		return h, fmt.Errorf("read histogram: %w", err)
	}
	for _, at := range slices.Sorted(maps.Keys(buckets)) {
		h.Buckets = append(h.Buckets, store.Bucket{Start: time.Unix(0, at).UTC(), Counts: buckets[at]})
	}
	return h, nil
}

// count calls do for each day of the query, newest first, until the budget is
// spent. It returns how far the budget reached, see [store.Values].
func (s *Store) count(ctx context.Context, caller store.Caller, q store.Query, do func(*database, selection, *look) error) (time.Time, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return time.Time{}, err
	}
	defer leave()
	q.After, q.Ascending, q.Limit = nil, false, 1
	x, err := s.selection(caller, q)
	if err != nil {
		return time.Time{}, err
	}
	l := look{budget: q.Budget}
	for _, day := range s.days(x) {
		if err := s.files.read(ctx, day, func(d *database) error { return do(d, x, &l) }); err != nil {
			return time.Time{}, err
		}
		if l.spent {
			return l.reached.Time, nil
		}
	}
	return time.Time{}, nil
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
	c := conditions{}
	c.add("received >= ?", s.oldest())
	c.in("account", accounts)
	counts := make(map[string]int64)
	for _, day := range s.files.between(audit.DayOf(time.Unix(0, s.oldest())), maxDay, hasDeadLetters) {
		err := s.files.read(ctx, day, func(d *database) error {
			return d.count(ctx, "SELECT reason AS id, count(*) AS n FROM dead_letter"+c.where()+" GROUP BY reason", c.args, counts)
		})
		if err != nil {
			return nil, err
		}
	}
	reasons := make(map[audit.Reason]int64, len(counts))
	for reason, n := range counts {
		reasons[audit.Reason(reason)] = n
	}
	return reasons, nil
}

// conditions are terms of a WHERE clause, all of which hold.
type conditions struct {
	terms []string
	args  []any
}

func (c *conditions) add(term string, args ...any) {
	c.terms = append(c.terms, term)
	c.args = append(c.args, args...)
}

// in holds where a column that refers to name has one of values.
func (c *conditions) in(column string, values []string) {
	c.add(column+" IN ("+namesOf(values)+")", anys(values)...)
}

func (c *conditions) where() string { return " WHERE " + strings.Join(c.terms, " AND ") }

func namesOf(values []string) string {
	return "SELECT id FROM name WHERE value IN (?" + strings.Repeat(", ?", max(0, len(values)-1)) + ")"
}

func anys(values []string) []any {
	if len(values) == 0 {
		return []any{nil} // equals nothing
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return args
}

// conditions returns what the file itself can tell, and the filters that need
// the document.
func (x selection) conditions() (c conditions, rest []store.Filter) {
	c.in("account", x.accounts)
	c.add("time >= ? AND time < ?", x.start, x.end)
	if x.after != nil {
		at := nanoseconds(x.after.Time)
		if x.ascending {
			c.add("(time > ? OR hash > ?)", at, x.after.Hash[:])
		} else {
			c.add("(time < ? OR hash < ?)", at, x.after.Hash[:])
		}
	}
	for _, f := range x.filters {
		column := columns[f.Fields[0]]
		switch {
		case column == "" || len(f.Fields) > 1 || f.Match != store.Equal:
			rest = append(rest, f)
		case f.Not:
			c.add("("+column+" IS NULL OR "+column+" NOT IN ("+namesOf(f.Values)+"))", anys(f.Values)...)
		default:
			c.in(column, f.Values)
		}
	}
	return c, rest
}

// A look is what a call did so far with the budget of its query.
type look struct {
	budget  int // 0 is no limit
	looked  int
	spent   bool
	reached store.Position // of the last event that was looked at
	number  int64          // its number
}

// at counts a look at an event. It returns false, and the event is not to be
// looked at, if the budget is spent.
func (l *look) at(number, time int64, hash audit.Hash) bool {
	if l.budget > 0 && l.looked == l.budget {
		l.spent = true
		return false
	}
	l.looked++
	l.reached, l.number = store.Position{Time: instant(time), Hash: hash}, number
	return true
}

func (x selection) order() string {
	direction := "DESC"
	if x.ascending {
		direction = "ASC"
	}
	return fmt.Sprintf(" ORDER BY time %s, hash %s", direction, direction)
}

// page returns up to n events of the selection, in its order.
func (d *database) page(ctx context.Context, x selection, n int, l *look) (events []audit.Event, err error) {
	c, rest := x.conditions()
	order := x.order()
	if len(rest) == 0 {
		order += fmt.Sprintf(" LIMIT %d", n)
	}
	err = d.events(ctx, &c, order, rest, l, func(_ int64, e audit.Event) bool {
		events = append(events, e)
		return len(events) < n
	})
	return events, err
}

func matches(filters []store.Filter, e *audit.Event) bool {
	for _, f := range filters {
		if !f.Matches(e) {
			return false
		}
	}
	return true
}

// needles returns, for each filter that can only pass documents with one of some
// texts in them, these texts. Most documents need not be parsed then.
func needles(filters []store.Filter) (all [][][]byte) {
	for _, f := range filters {
		if f.Not || f.Match != store.Equal || slices.ContainsFunc(f.Fields, func(field *audit.Field) bool { return field.Kind != audit.Text }) {
			continue
		}
		texts := [][]byte{}
		for _, field := range f.Fields {
			for _, v := range f.Values {
				var e audit.Event
				if e.SetText(field, v); e.Text(field) == v && v != "" { // else no event has it
					document := eventDocument(&e)
					texts = append(texts, document[:len(document)-1]) // without the closing brace
				}
			}
		}
		all = append(all, texts)
	}
	return all
}

func hasNeedles(document []byte, all [][][]byte) bool {
	for _, texts := range all {
		if !slices.ContainsFunc(texts, func(text []byte) bool { return bytes.Contains(document, text) }) {
			return false
		}
	}
	return true
}

// events calls yield with the events that hold c and pass rest, and their
// numbers, until it returns false. Where there are filters in rest, each event is
// a look.
func (d *database) events(ctx context.Context, c *conditions, order string, rest []store.Filter, l *look, yield func(number int64, e audit.Event) bool) error {
	rows, err := d.pool.QueryContext(ctx, "SELECT number, time, hash, fingerprint, document FROM event"+c.where()+order, c.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	needles := needles(rest)
	var document []byte
	for rows.Next() {
		var number, time int64
		var hash, fingerprint, frame sql.RawBytes
		if err := rows.Scan(&number, &time, &hash, &fingerprint, &frame); err != nil {
			return err
		}
		id, print := audit.ID{Day: d.day}, audit.Fingerprint{}
		if copy(id.Hash[:], hash) != len(id.Hash) || copy(print[:], fingerprint) != len(print) {
			return errors.New("an event's identity is damaged")
		}
		if len(rest) > 0 && !l.at(number, time, id.Hash) {
			return nil
		}
		if document, err = d.codec.decode(document[:0], frame); err != nil {
			return fmt.Errorf("event %s: %w", id, err)
		}
		if !hasNeedles(document, needles) {
			continue
		}
		e, err := parseEvent(document, id, print)
		if err != nil {
			return fmt.Errorf("event %s: %w", id, err)
		}
		if matches(rest, &e) && !yield(number, e) {
			return nil
		}
	}
	return rows.Err()
}

// values adds to counts how many events of the selection have each value of field.
func (d *database) values(ctx context.Context, x selection, field *audit.Field, counts map[string]int64, l *look) error {
	c, rest := x.conditions()
	if column := columns[field]; column != "" && len(rest) == 0 {
		query := "SELECT " + column + " AS id, count(*) AS n FROM event" + c.where() + " GROUP BY " + column
		return d.count(ctx, query, c.args, counts)
	}
	return d.events(ctx, &c, x.order(), rest, l, func(_ int64, e audit.Event) bool {
		for _, v := range distinct(e.Values(field)) {
			counts[v]++
		}
		return true
	})
}

func distinct(values []string) []string {
	if len(values) < 2 {
		return values
	}
	values = slices.Sorted(slices.Values(values))
	return slices.Compact(values)
}

// count adds to counts the rows (id of a name, n) of a query.
func (d *database) count(ctx context.Context, query string, args []any, counts map[string]int64) error {
	rows, err := d.pool.QueryContext(ctx, "SELECT value, n FROM ("+query+") JOIN name USING (id)", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		var n int64
		if err := rows.Scan(&value, &n); err != nil {
			return err
		}
		counts[value] += n
	}
	return rows.Err()
}
