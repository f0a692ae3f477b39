package sqlite

import (
	"context"
	"encoding/binary"
	"fmt"

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
		err = s.files.read(ctx, day, func(d *database) error {
			reached, err := d.arrivals(ctx, x, q.Limit-len(found.Events), behind[day], there, &l, &found.Events)
			behind[day] = reached
			found.More = reached < there
			return err
		})
		if err != nil {
			return store.Arrivals{}, err
		}
		if found.More {
			break
		}
	}
	found.Next = behind.cursor(s.files.between(minDay, maxDay, hasEvents))
	return found, nil
}

// arrivals appends up to n events of the selection with numbers after the first
// and up to the last, and returns the number up to which it looked.
func (d *database) arrivals(ctx context.Context, x selection, n int, first, last int64, l *look, events *[]audit.Event) (reached int64, err error) {
	c, rest := x.conditions()
	c.add("number > ? AND number <= ?", first, last)
	reached, l.number = last, first
	had, at := len(*events), first
	err = d.events(ctx, &c, " ORDER BY number", rest, l, func(number int64, e audit.Event) bool {
		*events = append(*events, e)
		at = number
		return len(*events) < had+n
	})
	if len(*events) == had+n {
		reached = at
	}
	if l.spent {
		reached = l.number
	}
	return reached, err
}
