package sqlite

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// keptDays lists the days that may have dead letters of the retention.
func (s *Store) keptDays() []audit.Day {
	return s.files.between(audit.DayOf(instant(s.oldest())), maxDay, hasDeadLetters)
}

// CountDeadLetters implements [store.DeadLetterStore].
func (s *Store) CountDeadLetters(ctx context.Context) ([]store.DeadLetterCount, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, fmt.Errorf("count dead letters: %w", err)
	}
	defer leave()
	oldest := s.oldest()
	type kind struct {
		account string
		reason  audit.Reason
	}
	sum := make(map[kind]store.DeadLetterCount)
	for _, day := range s.keptDays() {
		err := s.files.read(ctx, day, func(d *database) error {
			return d.countDeadLetters(ctx, oldest, func(c store.DeadLetterCount) {
				k := kind{c.Account, c.Reason}
				if all, known := sum[k]; known {
					c.Count += all.Count
					if all.Oldest.Before(c.Oldest) {
						c.Oldest = all.Oldest
					}
					if all.Newest.After(c.Newest) {
						c.Newest = all.Newest
					}
				}
				sum[k] = c
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return slices.SortedFunc(maps.Values(sum), func(a, b store.DeadLetterCount) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Reason, b.Reason))
	}), nil
}

func (d *database) countDeadLetters(ctx context.Context, oldest int64, yield func(store.DeadLetterCount)) error {
	rows, err := d.pool.QueryContext(ctx,
		`SELECT account, reason, count(*), min(received), max(received) FROM dead_letter WHERE received >= ? GROUP BY account, reason`, oldest)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c store.DeadLetterCount
		var first, last int64
		if err := rows.Scan(&c.Account, &c.Reason, &c.Count, &first, &last); err != nil {
			return err
		}
		c.Oldest, c.Newest = instant(first), instant(last)
		yield(c)
	}
	return rows.Err()
}

// A place of a dead letter is its day and its number in the day's file.
type deadLetterPlace struct {
	day    audit.Day
	number int64
}

func (p deadLetterPlace) cursor() store.Cursor {
	return store.Cursor(fmt.Sprintf("%d.%d", p.day, p.number))
}

func parseDeadLetterPlace(c store.Cursor) (p deadLetterPlace, err error) {
	if c == "" {
		return deadLetterPlace{day: minDay}, nil
	}
	day, number, _ := strings.Cut(string(c), ".")
	d, err := strconv.ParseInt(day, 10, 32)
	if err == nil {
		p.number, err = strconv.ParseInt(number, 10, 64)
	}
	if err != nil {
		return p, fmt.Errorf("%w: %q is no cursor of dead letters", store.ErrInvalid, c)
	}
	p.day = audit.Day(d)
	return p, nil
}

// ListDeadLetters implements [store.DeadLetterStore].
func (s *Store) ListDeadLetters(ctx context.Context, q store.DeadLetterQuery) (page store.DeadLetterPage, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return page, fmt.Errorf("list dead letters: %w", err)
	}
	defer leave()
	if err := q.Validate(); err != nil {
		return page, fmt.Errorf("list dead letters: %w", err)
	}
	after, err := parseDeadLetterPlace(q.After)
	if err != nil {
		return page, fmt.Errorf("list dead letters: %w", err)
	}
	oldest, last := s.oldest(), after
	for _, day := range s.keptDays() {
		if day < after.day {
			continue
		}
		if day > after.day {
			after.number = 0
		}
		query, args := selectDeadLetters(q, day, oldest, after.number, q.Limit-len(page.DeadLetters)+1)
		err := s.files.read(ctx, day, func(d *database) error {
			return d.listDeadLetters(ctx, query, args, func(number int64, letter store.DeadLetter) {
				if len(page.DeadLetters) == q.Limit {
					page.Next = last.cursor()
					return
				}
				page.DeadLetters = append(page.DeadLetters, letter)
				last = deadLetterPlace{day, number}
			})
		})
		if err != nil || page.Next != "" {
			return page, err
		}
	}
	return page, nil
}

// selectDeadLetters is the query for those of one day.
func selectDeadLetters(q store.DeadLetterQuery, day audit.Day, oldest, after int64, limit int) (query string, args []any) {
	query, args = "SELECT number, received, hash, fingerprint, document FROM dead_letter WHERE received >= ? AND number > ?", []any{oldest, after}
	if q.Account != "" {
		query, args = query+" AND account = ?", append(args, q.Account)
	}
	if q.Reason != "" {
		query, args = query+" AND reason = ?", append(args, string(q.Reason))
	}
	if len(q.IDs) > 0 {
		query += " AND hash IN (NULL"
		for _, id := range q.IDs {
			if id.Day == day {
				query, args = query+", ?", append(args, id.Hash[:])
			}
		}
		query += ")"
	}
	return query + " ORDER BY number LIMIT ?", append(args, limit)
}

func (d *database) listDeadLetters(ctx context.Context, query string, args []any, yield func(number int64, letter store.DeadLetter)) error {
	rows, err := d.pool.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var number, received int64
		var hash, fingerprint, document []byte
		if err := rows.Scan(&number, &received, &hash, &fingerprint, &document); err != nil {
			return err
		}
		letter, err := parseDeadLetter(document, fingerprint)
		if err != nil {
			return fmt.Errorf("dead letter %d: %w", number, err)
		}
		letter.ID.Day, letter.Received = d.day, instant(received)
		copy(letter.ID.Hash[:], hash)
		yield(number, letter)
	}
	return rows.Err()
}

func parseDeadLetter(document, fingerprint []byte) (letter store.DeadLetter, err error) {
	document, err = decompress(document)
	if err != nil {
		return letter, err
	}
	d := deadLetter{Event: &letter.Event}
	if err := json.Unmarshal(document, &d); err != nil {
		return letter, err
	}
	letter.Reason, letter.Detail, letter.Asked, letter.Names = d.Reason, d.Detail, d.Asked, d.Names
	copy(letter.Event.Fingerprint[:], fingerprint)
	return letter, nil
}

// RemoveDeadLetters implements [store.DeadLetterStore].
func (s *Store) RemoveDeadLetters(ctx context.Context, ids ...audit.ID) (int, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return 0, fmt.Errorf("remove dead letters: %w", err)
	}
	defer leave()
	days := make(map[audit.Day][]audit.Hash)
	for _, id := range ids {
		days[id.Day] = append(days[id.Day], id.Hash)
	}
	var removed atomic.Int64 // a caller that gave up does not wait for the writer
	err = s.enqueue(ctx, &request{done: make(chan error, 1), alone: func() error {
		for _, day := range slices.Sorted(maps.Keys(days)) {
			n, err := s.removeDeadLetters(day, days[day])
			removed.Add(n)
			if err != nil {
				return err
			}
		}
		return nil
	}})
	if err != nil {
		err = fmt.Errorf("remove dead letters: %w", err)
	}
	return int(removed.Load()), err
}

// removeDeadLetters removes those of one day. It is called by the goroutine that
// writes.
func (s *Store) removeDeadLetters(day audit.Day, hashes []audit.Hash) (removed int64, err error) {
	if len(s.files.between(day, day, hasDeadLetters)) == 0 {
		return 0, nil // writing would make the file
	}
	ctx := context.Background()
	err = s.files.write(ctx, day, func(d *database) (totals, error) {
		return totals{}, d.transact(ctx, func() error {
			for _, hash := range hashes {
				result, err := d.conn.ExecContext(ctx, `DELETE FROM dead_letter WHERE hash = ?`, hash[:])
				if err != nil {
					return err
				}
				n, err := result.RowsAffected()
				if err != nil {
					return err
				}
				removed += n
			}
			return nil
		})
	})
	if err != nil {
		return 0, err // it was rolled back
	}
	return removed, nil
}
