package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
)

const (
	sealInterval = time.Minute      // between looks for days that nobody writes to
	sealAfter    = 10 * time.Minute // of no writes, what is left in a log is sealed
	sealRetry    = 10 * time.Second // after a failure
	maxRecent    = 24 << 20         // bytes of events in memory, of all days; the largest day is sealed on top of it
	maxLogs      = 2                // full segments that wait in a log; then writers wait
)

// seals says which days have events in their logs, and what is being made of
// them. It belongs to the goroutine that writes.
type seals struct {
	days  map[audit.Day]*unsealed
	busy  bool // one is being built
	built chan *built
	after time.Time // the next try, after a failure
	err   error     // of the last try
}

type unsealed struct {
	events, bytes int
	last          time.Time // write
}

// built are segments that are ready to be written.
type built struct {
	day      audit.Day
	database *database
	replaced []segment // that they hold, too
	segments []segment
	rows     []row
	err      error
}

func (s *seals) note(day audit.Day, added []*record) {
	u := s.days[day]
	if u == nil {
		u = new(unsealed)
		s.days[day] = u
	}
	u.last = time.Now()
	u.add(added)
}

func (u *unsealed) add(records []*record) {
	u.events += len(records)
	for _, r := range records {
		u.bytes += len(r.document) + recordSize
	}
}

// Seal moves all events from the logs to segments. It happens by itself when
// there are enough for a segment, and ten minutes after the last write to a day.
func (s *Store) Seal(ctx context.Context) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return s.enqueue(ctx, &request{alone: s.sealAll, done: make(chan error, 1)})
}

func (s *Store) sealAll() error {
	if s.seals.busy {
		s.install(<-s.seals.built)
	}
	for _, day := range slices.Sorted(maps.Keys(s.seals.days)) {
		s.seals.after = time.Time{}
		for s.seals.days[day].events > 0 {
			if s.seal(day); !s.seals.busy {
				return errKept
			}
			if s.install(<-s.seals.built); s.seals.err != nil {
				return s.seals.err
			}
		}
		s.rest(day)
	}
	return nil
}

// sealFull starts to seal a day with a full segment, or the largest if all
// together take too much memory.
func (s *Store) sealFull() {
	total, largest := 0, audit.Day(0)
	for day, u := range s.seals.days {
		if u.events >= s.files.size {
			s.seal(day)
			return
		}
		if total += u.bytes; s.seals.days[largest] == nil || u.bytes > s.seals.days[largest].bytes {
			largest = day
		}
	}
	if total > maxRecent && s.seals.days[largest].events > 0 {
		s.seal(largest)
	}
}

// sealIdle starts to seal a day that nobody writes to any more, or lets it rest.
func (s *Store) sealIdle() {
	for day, u := range s.seals.days {
		switch {
		case time.Since(u.last) < sealAfter:
		case u.events > 0:
			s.seal(day)
		default:
			s.rest(day)
		}
	}
}

// rest gives back what writing to a day takes, until the next write.
func (s *Store) rest(day audit.Day) {
	delete(s.seals.days, day)
	err := s.files.read(context.Background(), day, func(d *database) error { return d.closeWriter() })
	if err != nil {
		s.log.Warn("A day's log was not moved to its file; nothing is lost.", zap.Stringer("day", day), zap.Error(err))
	}
}

// awaitSeal lets a day that grows faster than it is sealed wait. It returns an
// error where it cannot be sealed: the log must not grow without end.
func (s *Store) awaitSeal(day audit.Day) error {
	full := func() bool {
		u := s.seals.days[day]
		return u != nil && u.events >= maxLogs*s.files.size
	}
	for full() && s.seals.busy {
		s.install(<-s.seals.built)
		s.sealFull()
	}
	if full() && s.seals.err != nil {
		return s.seals.err
	}
	return nil
}

// seal builds segments of what the day's log holds, beside the goroutine that
// writes.
func (s *Store) seal(day audit.Day) {
	if s.seals.busy || time.Now().Before(s.seals.after) || !s.reserve.isHeld() {
		return
	}
	s.seals.busy = true
	full := s.seals.days[day].events >= s.files.size
	s.workers.Go(func() {
		b := &built{day: day}
		b.err = s.files.read(context.Background(), day, func(d *database) error { return b.build(d, full) })
		s.seals.built <- b
	})
}

// build takes full segments only, or all. Small segments that came last are
// built anew with what is added to them: there are never many.
func (b *built) build(d *database, full bool) error {
	ctx := context.Background()
	b.database = d
	v, err := d.view(ctx)
	if err != nil {
		return err
	}
	records := v.recent
	if full {
		records = records[:len(records)/d.segmentSize*d.segmentSize]
	}
	if len(records) == 0 {
		return nil
	}
	next := int64(1)
	for i := range v.segments {
		next = max(next, v.segments[i].id+1)
	}
	for n := len(v.segments) - 1; n >= 0; n-- {
		s := &v.segments[n]
		if s.size() > 4*len(records) || s.size()+len(records) > d.segmentSize {
			break
		}
		older, err := d.records(ctx, s)
		if err != nil {
			return err
		}
		slices.SortFunc(older, func(a, b *record) int { return int(a.number - b.number) })
		records = append(older, records...)
		b.replaced = append(b.replaced, *s)
	}
	for part := range slices.Chunk(records, d.segmentSize) {
		s, rows, err := buildSegment(next, part)
		if err != nil {
			return err
		}
		b.segments = append(b.segments, s)
		b.rows = append(b.rows, rows...)
		next++
	}
	return nil
}

// install writes what was built in one transaction, and takes it out of the log.
func (s *Store) install(b *built) {
	s.seals.busy = false
	err := b.err
	if err == nil && len(b.segments) > 0 {
		err = s.files.write(context.Background(), b.day, func(d *database) (totals, error) { return totals{}, b.install(d) })
	}
	if s.seals.err = err; err != nil {
		s.seals.after = time.Now().Add(sealRetry)
		s.log.Warn("Events stay in the log of their day until they can be sealed; nothing is lost.", zap.Stringer("day", b.day), zap.Error(err))
		return
	}
	s.recount(b.day)
}

// recount corrects what is known of a day's log.
func (s *Store) recount(day audit.Day) {
	u := s.seals.days[day]
	if u == nil {
		return
	}
	*u = unsealed{last: u.last}
	err := s.files.read(context.Background(), day, func(d *database) error {
		v, err := d.view(context.Background())
		if err == nil {
			u.add(v.recent)
		}
		return err
	})
	if err != nil {
		s.log.Warn("A day's log could not be read.", zap.Stringer("day", day), zap.Error(err))
	}
}

func (b *built) install(d *database) error {
	if d != b.database {
		return nil // it was closed meanwhile: the next one begins anew
	}
	ctx := context.Background()
	v, err := d.view(ctx)
	if err != nil {
		return err
	}
	last := b.segments[len(b.segments)-1].lastNumber
	if len(b.replaced) > 0 {
		d.replacing.Lock()
		defer d.replacing.Unlock()
	}
	if err := d.transact(ctx, func() error { return b.write(ctx, d, last) }); err != nil {
		return err
	}
	sealed := int(last - v.sealed())
	segments := append(slices.Clone(v.segments[:len(v.segments)-len(b.replaced)]), b.segments...)
	if d.known != nil {
		for _, r := range v.recent[:sealed] {
			delete(d.known.recent, r.hash)
		}
		for _, r := range b.replaced {
			d.known.filter.remove(r.id)
		}
		if err := b.addKeys(d.known.filter); err != nil {
			return err
		}
	}
	d.publish(&view{segments: segments, recent: slices.Clone(v.recent[sealed:])})
	return nil
}

func (b *built) write(ctx context.Context, d *database, last int64) error {
	exec := func(query string, args ...any) error {
		_, err := d.conn.ExecContext(ctx, query, args...)
		return err
	}
	for _, s := range b.replaced {
		for _, part := range segmentParts(s.id) {
			if err := exec("DELETE FROM "+part.table+" WHERE place BETWEEN ? AND ?", part.first, part.last); err != nil {
				return err
			}
		}
		if err := exec("DELETE FROM segment WHERE id = ?", s.id); err != nil {
			return err
		}
	}
	if err := exec("DELETE FROM log WHERE number <= ?", last); err != nil {
		return err
	}
	for _, s := range b.segments {
		if err := exec("INSERT INTO segment (id, first_number, last_number, first_time, last_time) VALUES (?, ?, ?, ?, ?)",
			s.id, s.firstNumber, s.lastNumber, s.firstTime, s.lastTime); err != nil {
			return err
		}
	}
	return b.writeRows(ctx, d)
}

// A part is a range of places of one segment.
type part struct {
	table       string
	first, last int64
}

func segmentParts(id int64) (parts []part) {
	one := func(table string, place int64) { parts = append(parts, part{table, place, place}) }
	for _, f := range indexed {
		one("dictionary", place(tagOf[f.Index()], id))
		one("column", place(tagOf[f.Index()], id))
	}
	one("column", place(timeColumn, id))
	one("column", place(numberColumn, id))
	for bucket := range buckets {
		one("term", place(bucket, id))
		one("key", place(bucket, id))
	}
	return append(parts,
		part{"identity", pagePlace(id, 0), pagePlace(id+1, 0) - 1},
		part{"document", pagePlace(id, 0), pagePlace(id+1, 0) - 1})
}

func (b *built) writeRows(ctx context.Context, d *database) error {
	byTable := make(map[string][]row)
	for _, r := range b.rows {
		byTable[r.table] = append(byTable[r.table], r)
	}
	for _, table := range slices.Sorted(maps.Keys(byTable)) {
		insert, err := d.conn.PrepareContext(ctx, "INSERT INTO "+table+" (place, content) VALUES (?, ?)")
		if err != nil {
			return err
		}
		for _, r := range byTable[table] {
			if _, err = insert.ExecContext(ctx, r.place, r.content); err != nil {
				break
			}
		}
		if closeErr := insert.Close(); err != nil || closeErr != nil {
			return fmt.Errorf("insert into %s: %w", table, errors.Join(err, closeErr))
		}
	}
	return nil
}

func (b *built) addKeys(f *keyFilter) error {
	puts := make(map[int64]func(uint64))
	for _, s := range b.segments {
		puts[s.id] = f.add(s.id)
	}
	for _, r := range b.rows {
		if r.table != "key" {
			continue
		}
		put := puts[r.place&0xffffffff]
		if err := inBucket(r.content, func(rest uint64, _ int) { put(join(int(r.place>>32), rest)) }); err != nil {
			return err
		}
	}
	return nil
}
