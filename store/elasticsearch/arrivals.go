package elasticsearch

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/auditlog/auditlog/store"
)

// A cursor of arrival is the name of a spool and a number in it, before which
// everything was seen. What goes through the spool of another instance has a
// place in that instance's order.
func (s *Store) cursor(number uint64) store.Cursor {
	return store.Cursor(s.spool.Instance() + ":" + strconv.FormatUint(number, 10))
}

func (s *Store) parseCursor(c store.Cursor) (number uint64, err error) {
	if c == "" {
		return 0, nil
	}
	digits, ok := strings.CutPrefix(string(c), s.spool.Instance()+":")
	if number, err = strconv.ParseUint(digits, 10, 64); !ok || err != nil || s.cursor(number) != c {
		return 0, fmt.Errorf("%w: a cursor that this store did not make", store.ErrInvalid)
	}
	return number, nil
}

// Arrived implements [store.Reader].
func (s *Store) Arrived(ctx context.Context, caller store.Caller) (store.Cursor, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	if _, err := caller.Scope(""); err != nil {
		return "", err
	}
	return s.cursor(s.spool.Delivered()), nil
}

// Arrivals implements [store.Reader]. The order is that of the numbers that the
// spool gave; only numbers before which everything was delivered are answered.
func (s *Store) Arrivals(ctx context.Context, caller store.Caller, q store.Query, after store.Cursor) (a store.Arrivals, err error) {
	q.After, q.Ascending = nil, true
	sel, leave, err := s.begin(ctx, caller, q)
	if err != nil {
		return a, err
	}
	defer leave()
	from, err := s.parseCursor(after)
	if err != nil {
		return a, err
	}
	to := s.spool.Delivered()
	a.Next = s.cursor(max(from, to))
	if len(sel.days) == 0 || from >= to {
		return a, nil
	}
	err = s.arrivals(ctx, sel, q, from, to, &a)
	if err != nil {
		return store.Arrivals{}, unavailable("read arrivals", err)
	}
	return a, nil
}

func (s *Store) arrivals(ctx context.Context, sel *selection, q store.Query, from, to uint64, a *store.Arrivals) error {
	looked := 0
	for {
		size := min(q.Limit+1, pageSize)
		if len(sel.rest) > 0 {
			size = pageSize
		}
		hits, err := s.arrivedHits(ctx, sel, from, to, size)
		if err != nil {
			return err
		}
		for _, h := range hits {
			var number uint64
			if len(h.Sort) > 0 {
				if err := json.Unmarshal(h.Sort[0], &number); err != nil {
					return err
				}
			}
			if len(a.Events) == q.Limit || len(sel.rest) > 0 && q.Budget > 0 && looked == q.Budget {
				a.More, a.Next = true, s.cursor(number)
				return nil
			}
			e, err := s.event(h)
			if err != nil {
				return err
			}
			if looked++; sel.passes(&e) {
				a.Events = append(a.Events, e)
			}
			from = number + 1
		}
		if len(hits) < size {
			return nil
		}
	}
}

// arrivedHits returns the first events from a number on. Where there are more
// indices than one request may name, it merges the first of each group.
func (s *Store) arrivedHits(ctx context.Context, sel *selection, from, to uint64, size int) (hits []hit, err error) {
	query := object{"bool": object{"filter": []any{
		sel.query,
		object{"term": object{fieldInstance: object{"value": s.spool.Instance()}}},
		object{"range": object{fieldSequence: object{"gte": from, "lt": to}}},
	}}}
	for group := range groups(sel.days, false) {
		found, err := s.search(ctx, s.eventIndices(group), object{
			"size": size, "query": query, "sort": []any{object{fieldSequence: object{"order": "asc"}}},
		})
		if err != nil {
			return nil, err
		}
		hits = append(hits, found.Hits.Hits...)
	}
	if len(sel.days) > maxIndices {
		sortHits(hits)
		hits = hits[:min(size, len(hits))]
	}
	return hits, nil
}

func sortHits(hits []hit) {
	number := func(h hit) (n uint64) {
		json.Unmarshal(h.Sort[0], &n)
		return n
	}
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Compare(number(a), number(b)) })
}
