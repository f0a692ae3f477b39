package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/auditlog/auditlog/audit"
)

// reads are statements prepared for the pool.
type reads struct {
	dictionaries, terms, keys       *sql.Stmt // place and content of a range
	column, key, identity, document *sql.Stmt // content of one place
}

func (r *reads) prepare(ctx context.Context, pool *sql.DB) (err error) {
	for query, statement := range map[string]**sql.Stmt{
		`SELECT place, content FROM dictionary WHERE place BETWEEN ? AND ? ORDER BY place`: &r.dictionaries,
		`SELECT place, content FROM term WHERE place BETWEEN ? AND ? ORDER BY place`:       &r.terms,
		`SELECT place, content FROM key WHERE place BETWEEN ? AND ? ORDER BY place`:        &r.keys,
		`SELECT content FROM column WHERE place = ?`:                                       &r.column,
		`SELECT content FROM key WHERE place = ?`:                                          &r.key,
		`SELECT content FROM identity WHERE place = ?`:                                     &r.identity,
		`SELECT content FROM document WHERE place = ?`:                                     &r.document,
	} {
		if *statement, err = pool.PrepareContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// content returns the content of one place.
func content(ctx context.Context, statement *sql.Stmt, place int64) (b []byte, err error) {
	err = statement.QueryRowContext(ctx, place).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errDamaged
	}
	return b, err
}

// optional is content, or nothing where there is none.
func optional(ctx context.Context, statement *sql.Stmt, place int64) (b []byte, err error) {
	if b, err = content(ctx, statement, place); errors.Is(err, errDamaged) {
		return nil, nil
	}
	return b, err
}

// ranged calls yield with the segment and the content of each row of a part.
// What yield is given is valid until it returns.
func ranged[T ~uint16 | ~int](ctx context.Context, statement *sql.Stmt, part T, first, last int64, yield func(id int64, content []byte) error) error {
	rows, err := statement.QueryContext(ctx, place(part, first), place(part, last))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var content sql.RawBytes
		if err := rows.Scan(&at, &content); err != nil {
			return err
		}
		if err := yield(at&0xffffffff, content); err != nil {
			return err
		}
	}
	return rows.Err()
}

// page reads the events of a page of a segment.
func (d *database) page(ctx context.Context, s *segment, number int) ([]record, error) {
	ids, err := content(ctx, d.reads.identity, pagePlace(s.id, number))
	if err != nil {
		return nil, err
	}
	documents, err := content(ctx, d.reads.document, pagePlace(s.id, number))
	if err != nil {
		return nil, err
	}
	return parsePage(d.day, s, number, ids, documents)
}

// records reads all events of a segment, in their order, with their numbers.
func (d *database) records(ctx context.Context, s *segment) ([]*record, error) {
	packed, err := content(ctx, d.reads.column, place(numberColumn, s.id))
	if err != nil {
		return nil, err
	}
	numbers, err := parseNumbers(packed, s)
	if err != nil {
		return nil, err
	}
	all := make([]*record, 0, s.size())
	for number := range (s.size() + pageSize - 1) / pageSize {
		page, err := d.page(ctx, s, number)
		if err != nil {
			return nil, err
		}
		for i := range page {
			page[i].number = numbers[len(all)]
			all = append(all, &page[i])
		}
	}
	return all, nil
}

// known is what the goroutine that writes knows of a file's events.
type known struct {
	recent map[audit.Hash]*record
	filter *keyFilter // for the segments
}

// knowledge returns what is known, and reads it the first time.
func (d *database) knowledge(ctx context.Context) (*known, error) {
	if d.known != nil {
		return d.known, nil
	}
	v, err := d.view(ctx)
	if err != nil {
		return nil, err
	}
	k := &known{recent: make(map[audit.Hash]*record, len(v.recent)), filter: newKeyFilter(d.segmentSize)}
	for _, r := range v.recent {
		k.recent[r.hash] = r
	}
	puts := make(map[int64]func(uint64), len(v.segments))
	for _, s := range v.segments {
		puts[s.id] = k.filter.add(s.id)
	}
	if len(puts) > 0 {
		for bucket := range buckets {
			err := ranged(ctx, d.reads.keys, bucket, 0, 0xffffffff, func(id int64, content []byte) error {
				put := puts[id]
				if put == nil {
					return errDamaged
				}
				return inBucket(content, func(rest uint64, _ int) { put(join(bucket, rest)) })
			})
			if err != nil {
				return nil, err
			}
		}
	}
	d.known = k
	return k, nil
}

// find returns the fingerprint of the event with this hash. It is called by the
// goroutine that writes.
func (d *database) find(ctx context.Context, hash audit.Hash) (f audit.Fingerprint, found bool, err error) {
	k, err := d.knowledge(ctx)
	if err != nil {
		return f, false, err
	}
	if r := k.recent[hash]; r != nil {
		return r.fingerprint, true, nil
	}
	key := keyOf(&hash)
	for _, id := range k.filter.find(key) {
		bucket, _ := split(key)
		b, err := optional(ctx, d.reads.key, place(bucket, id))
		if err != nil {
			return f, false, err
		}
		events, err := lookUp(b, key)
		if err != nil {
			return f, false, err
		}
		for _, event := range events {
			r, err := d.identity(ctx, id, event)
			if err != nil {
				return f, false, err
			}
			if r.hash == hash {
				return r.fingerprint, true, nil
			}
		}
	}
	return f, false, nil
}

// identity reads hash and fingerprint of an event of a segment.
func (d *database) identity(ctx context.Context, id int64, event int) (r record, err error) {
	ids, err := content(ctx, d.reads.identity, pagePlace(id, event/pageSize))
	if err != nil {
		return r, err
	}
	at := event % pageSize * identitySize
	if at+identitySize > len(ids) {
		return r, errDamaged
	}
	r.identify(ids[at:])
	return r, nil
}
