package sqlite

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// arrived is how many events of each day are behind a cursor. Events of one day
// are numbered from 1 in order of arrival; none is ever taken away but with its
// day.
type arrived map[audit.Day]int64

// cursor writes a's days in order, each as its distance from the day before and
// its number. The first byte keeps it from being empty.
func (a arrived) cursor(days []audit.Day) store.Cursor {
	b := []byte{1}
	last := audit.Day(0)
	for _, day := range days {
		if a[day] == 0 {
			continue
		}
		b = binary.AppendVarint(b, int64(day-last))
		b = binary.AppendVarint(b, a[day])
		last = day
	}
	return store.Cursor(b)
}

func parseCursor(c store.Cursor) (arrived, error) {
	a := arrived{}
	if c == "" {
		return a, nil
	}
	bad := fmt.Errorf("%w: a cursor that this store did not make", store.ErrInvalid)
	b := []byte(c)
	if b[0] != 1 {
		return nil, bad
	}
	day := int64(0)
	for b = b[1:]; len(b) > 0; {
		distance, n := binary.Varint(b)
		if n <= 0 {
			return nil, bad
		}
		number, m := binary.Varint(b[n:])
		if day += distance; m <= 0 || number < 1 || day < int64(minDay) || day > int64(maxDay) {
			return nil, bad
		}
		a[audit.Day(day)] = number
		b = b[n+m:]
	}
	return a, nil
}

// Arrived implements [store.Reader].
func (s *Store) Arrived(ctx context.Context, caller store.Caller) (store.Cursor, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return "", fmt.Errorf("read arrivals: %w", err)
	}
	defer leave()
	if _, err := caller.Scope(""); err != nil {
		return "", fmt.Errorf("read arrivals: %w", err)
	}
	a := arrived{}
	days := s.files.between(minDay, maxDay, hasEvents)
	for _, day := range days {
		if a[day], err = s.stored(ctx, day); err != nil {
			return "", err
		}
	}
	return a.cursor(days), nil
}

// stored is how many events of the day are known to be on disk.
func (s *Store) stored(ctx context.Context, day audit.Day) (int64, error) {
	if t, known := s.files.known(day); known {
		return t.stored, nil
	}
	err := s.files.read(ctx, day, func(*database) error { return nil })
	t, _ := s.files.known(day)
	return t.stored, err
}

// Arrivals implements [store.Reader]. It reads one day after the other, each in
// order of arrival.
func (s *Store) Arrivals(ctx context.Context, caller store.Caller, q store.Query, after store.Cursor) (found store.Arrivals, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return found, fmt.Errorf("read arrivals: %w", err)
	}
	defer leave()
	q.After, q.Ascending = nil, true
	x, err := s.selection(caller, q)
	if err != nil {
		return found, fmt.Errorf("read arrivals: %w", err)
	}
	behind, err := parseCursor(after)
	if err != nil {
		return found, fmt.Errorf("read arrivals: %w", err)
	}
	l := look{budget: q.Budget}
	for _, day := range s.days(x) {
		there, err := s.stored(ctx, day)
		if err != nil {
			return store.Arrivals{}, err
		}
		if there <= behind[day] {
			continue
		}
		if len(found.Events) == q.Limit || l.spent {
			found.More = true
			break
		}
		var a dayArrivals
		if err := s.readDay(ctx, day, x, func(r *reading) (err error) {
			a, err = r.arrivals(q.Limit-len(found.Events), behind[day], there, l)
			return err
		}); err != nil {
			return store.Arrivals{}, err
		}
		found.Events = append(found.Events, a.events...)
		behind[day], l = a.reached, l.after(a.look)
		if found.More = a.reached < there; found.More {
			break
		}
	}
	found.Next = behind.cursor(s.files.between(minDay, maxDay, hasEvents))
	return found, nil
}

// dayArrivals are what arrived in a day.
type dayArrivals struct {
	events  []audit.Event
	reached int64 // number up to which it looked
	look    look
}

// arrivals returns up to n events of the selection with numbers after the first
// and up to the last.
func (r *reading) arrivals(n int, first, last int64, l look) (a dayArrivals, err error) {
	a.reached, a.look = last, l
	segments, err := r.segments()
	if err != nil {
		return a, err
	}
	slices.SortFunc(segments, func(a, b *segment) int { return int(a.firstNumber - b.firstNumber) })
	for _, s := range segments {
		if s.lastNumber <= first || s.firstNumber > last {
			continue
		}
		if err := r.segmentArrivals(&a, s, n, first, last); err != nil || a.reached < last {
			return a, err
		}
	}
	for _, x := range r.view.recent {
		if x.number <= first || x.number > last {
			continue
		}
		ok, err := r.match(x)
		if err != nil {
			return a, err
		}
		if ok {
			if err := a.add(r, x); err != nil {
				return a, err
			}
			if len(a.events) == n {
				a.reached = x.number
				return a, nil
			}
		}
	}
	return a, nil
}

func (a *dayArrivals) add(r *reading, x *record) error {
	e, err := x.event(r.day)
	a.events = append(a.events, e)
	return err
}

// segmentArrivals adds events of a segment in order of arrival. Where there is no
// more to add, it says in reached how far it came.
func (r *reading) segmentArrivals(a *dayArrivals, s *segment, n int, first, last int64) error {
	e, err := r.evaluate(s)
	if err != nil {
		return err
	}
	packed, err := content(r.ctx, r.reads.column, place(numberColumn, s.id))
	if err != nil {
		return err
	}
	numbers, err := parseNumbers(packed, s)
	if err != nil {
		return err
	}
	var events []int
	e.candidates().each(func(event int) {
		if numbers[event] > first && numbers[event] <= last {
			events = append(events, event)
		}
	})
	slices.SortFunc(events, func(a, b int) int { return int(numbers[a] - numbers[b]) })
	src := source{evaluation: e}
	for i, event := range events {
		x, err := src.record(r, event)
		if err != nil {
			return err
		}
		sure := e.whole || e.yes.has(event)
		if !sure {
			if !a.look.one() {
				a.reached = numbers[event] - 1
				return nil
			}
			if sure, err = r.match(x); err != nil {
				return err
			}
		}
		if !sure {
			continue
		}
		if err := a.add(r, x); err != nil {
			return err
		}
		if len(a.events) == n && (i < len(events)-1 || s.lastNumber < last) {
			a.reached = numbers[event]
			return nil
		}
	}
	return nil
}
