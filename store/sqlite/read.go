package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	if err == nil {
		err = q.Validate()
	}
	if err != nil {
		return page, fmt.Errorf("search: %w", err)
	}
	for _, day := range s.days(x) {
		err := s.files.read(ctx, day, func(d *database) error {
			more, err := d.page(ctx, x, q.Limit+1-len(page.Events))
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
		return d.events(ctx, &c, "", nil, func(found audit.Event) bool {
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
func (s *Store) Values(ctx context.Context, caller store.Caller, q store.Query, field *audit.Field, limit int) ([]store.Value, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, fmt.Errorf("read values: %w", err)
	}
	defer leave()
	q.After, q.Ascending, q.Limit = nil, false, 1
	x, err := s.selection(caller, q)
	if err == nil {
		err = q.Validate()
	}
	if err == nil && (field == nil || limit < 1) {
		err = fmt.Errorf("%w: values of no field, or none of them", store.ErrInvalid)
	}
	if err != nil {
		return nil, fmt.Errorf("read values: %w", err)
	}
	counts := make(map[string]int64)
	for _, day := range s.days(x) {
		if err := s.files.read(ctx, day, func(d *database) error { return d.values(ctx, x, field, counts) }); err != nil {
			return nil, err
		}
	}
	values := make([]store.Value, 0, len(counts))
	for v, n := range counts {
		values = append(values, store.Value{Value: v, Count: n})
	}
	slices.SortFunc(values, func(a, b store.Value) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return values[:min(limit, len(values))], nil
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
func (x selection) conditions(account string) (c conditions, rest []store.Filter) {
	c.add("account = (SELECT id FROM name WHERE value = ?)", account)
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
		column := columns[f.Field]
		switch {
		case column == "" || f.Suffix:
			rest = append(rest, f)
		case f.Not:
			c.add("("+column+" IS NULL OR "+column+" NOT IN ("+namesOf(f.Values)+"))", anys(f.Values)...)
		default:
			c.in(column, f.Values)
		}
	}
	return c, rest
}

// page returns up to n events of the selection, in its order.
func (d *database) page(ctx context.Context, x selection, n int) ([]audit.Event, error) {
	direction := "DESC"
	if x.ascending {
		direction = "ASC"
	}
	var events []audit.Event
	for _, account := range x.accounts {
		c, rest := x.conditions(account)
		of := 0
		order := fmt.Sprintf(" ORDER BY time %s, hash %s", direction, direction)
		if len(rest) == 0 {
			order += fmt.Sprintf(" LIMIT %d", n)
		}
		err := d.events(ctx, &c, order, needles(rest), func(e audit.Event) bool {
			if matches(rest, &e) {
				events = append(events, e)
				of++
			}
			return of < n
		})
		if err != nil {
			return nil, err
		}
	}
	if len(x.accounts) > 1 {
		slices.SortFunc(events, func(a, b audit.Event) int {
			if !x.ascending {
				a, b = b, a
			}
			return cmp.Or(a.Instant(audit.Time).Compare(b.Instant(audit.Time)), bytes.Compare(a.ID.Hash[:], b.ID.Hash[:]))
		})
	}
	return events[:min(n, len(events))], nil
}

func matches(filters []store.Filter, e *audit.Event) bool {
	for _, f := range filters {
		if !f.Match(e) {
			return false
		}
	}
	return true
}

// needles returns, for each filter that can only pass documents with one of some
// texts in them, these texts. Most documents need not be parsed then.
func needles(filters []store.Filter) (all [][][]byte) {
	for _, f := range filters {
		if f.Not || f.Suffix || f.Field.Kind != audit.Text {
			continue
		}
		texts := [][]byte{}
		for _, v := range f.Values {
			var e audit.Event
			if e.SetText(f.Field, v); e.Text(f.Field) == v && v != "" { // else no event has it
				document := eventDocument(&e)
				texts = append(texts, document[:len(document)-1]) // without the closing brace
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

// events calls yield with the events that hold c and have the needles, until it
// returns false.
func (d *database) events(ctx context.Context, c *conditions, order string, needles [][][]byte, yield func(audit.Event) bool) error {
	rows, err := d.pool.QueryContext(ctx, "SELECT hash, fingerprint, document FROM event"+c.where()+order, c.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var document []byte
	for rows.Next() {
		var hash, fingerprint, frame sql.RawBytes
		if err := rows.Scan(&hash, &fingerprint, &frame); err != nil {
			return err
		}
		if document, err = d.codec.decode(document[:0], frame); err != nil {
			return fmt.Errorf("event %x: %w", hash, err)
		}
		if !hasNeedles(document, needles) {
			continue
		}
		id, print := audit.ID{Day: d.day}, audit.Fingerprint{}
		if copy(id.Hash[:], hash) != len(id.Hash) || copy(print[:], fingerprint) != len(print) {
			return errors.New("an event's identity is damaged")
		}
		e, err := parseEvent(document, id, print)
		if err != nil {
			return fmt.Errorf("event %s: %w", id, err)
		}
		if !yield(e) {
			return nil
		}
	}
	return rows.Err()
}

// values adds to counts how many events of the selection have each value of field.
func (d *database) values(ctx context.Context, x selection, field *audit.Field, counts map[string]int64) error {
	for _, account := range x.accounts {
		c, rest := x.conditions(account)
		column := columns[field]
		if column != "" && len(rest) == 0 {
			query := "SELECT " + column + " AS id, count(*) AS n FROM event" + c.where() + " GROUP BY " + column
			if err := d.count(ctx, query, c.args, counts); err != nil {
				return err
			}
			continue
		}
		err := d.events(ctx, &c, "", needles(rest), func(e audit.Event) bool {
			if matches(rest, &e) {
				for _, v := range distinct(e.Values(field)) {
					counts[v]++
				}
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
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
