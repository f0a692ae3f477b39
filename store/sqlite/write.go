package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// maxGroup is how many bytes of documents share a commit, if more wait.
const maxGroup = 4 << 20

// A record is an event or a dead letter, as it is written. It refers to nothing
// of the caller's.
type record struct {
	day      audit.Day
	lookBack bool // its day depends on the clock: look in the day before, too

	time        int64 // ns; when a dead letter was received
	received    int64 // ns
	number      int64 // of an event that is stored, see schema.sql
	hash        audit.Hash
	fingerprint audit.Fingerprint
	document    document // JSON of a dead letter

	reason  audit.Reason // of a dead letter
	account string       // of a dead letter
}

// recordSize is what a record takes in memory besides its document.
const recordSize = 256

func (r *record) isDeadLetter() bool { return r.reason != "" }

// A request is one call of Write.
type request struct {
	records []record
	size    int
	own     bool         // all are the program's own: they may use the reserve
	alone   func() error // what the goroutine that writes does, if there are no records
	done    chan error   // takes one value without waiting
}

// Write implements [store.Writer]. A caller whose context ends gets an error
// that wraps [store.ErrUnavailable]; its batch may be stored all the same.
func (s *Store) Write(ctx context.Context, batch store.Batch) error {
	if ctx.Err() != nil {
		return gaveUp(ctx)
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return fmt.Errorf("write batch: %w", err)
	}
	defer leave()
	r, err := s.newRequest(batch)
	if err != nil {
		return fmt.Errorf("write batch: %w", err)
	}
	if len(r.records) == 0 {
		return nil
	}
	return s.enqueue(ctx, r)
}

// enqueue hands r to the goroutine that writes and waits for what became of it.
func (s *Store) enqueue(ctx context.Context, r *request) error {
	select {
	case s.queue <- r:
	case <-ctx.Done():
		return gaveUp(ctx)
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return gaveUp(ctx)
	}
}

func gaveUp(ctx context.Context) error {
	return fmt.Errorf("write batch: %w: %w", store.ErrUnavailable, context.Cause(ctx))
}

// newRequest encodes the batch. What could be wrong with it is found here, so
// that nothing of one batch can fail another's in the same commit.
func (s *Store) newRequest(batch store.Batch) (*request, error) {
	if err := batch.Validate(); err != nil {
		return nil, err
	}
	r := &request{
		records: make([]record, 0, len(batch.Events)+len(batch.DeadLetters)),
		done:    make(chan error, 1),
	}
	room := arena{left: len(batch.Events)}
	for i := range batch.Events {
		r.records = append(r.records, newEvent(&batch.Events[i], &room))
	}
	r.own = len(batch.DeadLetters) == 0 && !slices.ContainsFunc(batch.Events, isForeign)
	for i := range batch.DeadLetters {
		d := &batch.DeadLetters[i]
		rec, err := newDeadLetter(deadLetter{Event: &d.Event, Reason: d.Reason, Detail: d.Detail, Asked: d.Asked, Names: d.Names})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", store.ErrInvalid, err)
		}
		r.records = append(r.records, rec)
	}
	now := s.now()
	for i := range r.records {
		rec := &r.records[i]
		if s.expired(rec.day, now) {
			if err := rec.refile(now); err != nil {
				return nil, fmt.Errorf("%w: %w", store.ErrInvalid, err)
			}
		}
		r.size += len(rec.document) + recordSize
	}
	return r, nil
}

// isForeign reports whether e is not the program's own. No sender can make one of
// those: the program stamps senders.
func isForeign(e audit.Event) bool { return e.Text(audit.Sender) != store.Own }

// An arena holds documents side by side: they are kept together, and given up
// together, when they are sealed.
type arena struct {
	free document
	left int // documents that are to come
	last int // bytes of the last one
}

const arenaSize = 64 << 10

func (a *arena) add(e *audit.Event) document {
	if size := max(a.last, 512) * 9 / 8; cap(a.free) < size {
		a.free = make(document, 0, max(size, min(arenaSize, size*a.left)))
	}
	a.left--
	all := appendDocument(a.free, e)
	a.last = len(all)
	if cap(all) == cap(a.free) {
		a.free = all[len(all):]
	}
	return all[:len(all):len(all)]
}

func newEvent(e *audit.Event, room *arena) record {
	return record{
		day: e.ID.Day, lookBack: e.FiledWhenReceived(),
		time: e.Instant(audit.Time).UnixNano(), received: e.Instant(audit.Received).UnixNano(),
		hash: e.ID.Hash, fingerprint: e.Fingerprint, document: room.add(e),
	}
}

func newDeadLetter(d deadLetter) (record, error) {
	if d.Reason == "" {
		return record{}, errors.New("a dead letter without a reason")
	}
	document, err := deadLetterDocument(d)
	received := d.Event.Instant(audit.Received)
	if received.IsZero() {
		received = d.Event.ID.Day.Start()
	}
	return record{
		day: d.Event.ID.Day, lookBack: true, reason: d.Reason, time: received.UnixNano(), received: received.UnixNano(),
		account: d.Event.Text(audit.Account), hash: d.Event.ID.Hash, fingerprint: d.Event.Fingerprint,
		document: document,
	}, err
}

// refile files today what belongs to a day that is over for the retention, where
// nobody would see that it was there. An event becomes a dead letter.
func (r *record) refile(now time.Time) error {
	if !r.isDeadLetter() {
		e, err := r.event(r.day)
		if err != nil {
			return err
		}
		r.reason, r.account = audit.ReasonRejected, e.Text(audit.Account)
		r.document, err = deadLetterDocument(deadLetter{Event: &e, Reason: r.reason, Detail: "its day is older than the retention"})
		if err != nil {
			return err
		}
	}
	r.day, r.lookBack, r.received = audit.DayOf(now), true, now.UnixNano()
	return nil
}

// writeQueue is the one goroutine that writes. It takes what waits into one group.
func (s *Store) writeQueue() {
	tick := time.NewTicker(sealInterval)
	defer tick.Stop()
	queue := s.queue
	for queue != nil || s.seals.busy {
		select {
		case first, open := <-queue:
			if !open {
				queue = nil
				break
			}
			s.serve(first)
			s.sealFull()
		case b := <-s.seals.built:
			s.install(b)
			s.sealFull()
		case <-tick.C:
			s.sealIdle()
		}
	}
}

func (s *Store) serve(first *request) {
	if first.alone != nil {
		first.done <- first.alone()
		return
	}
	s.commit(s.gather(first))
}

// gather takes what waits into one group with first.
func (s *Store) gather(first *request) []*request {
	group, size := []*request{first}, first.size
	for size < maxGroup {
		select {
		case r, open := <-s.queue:
			if !open {
				return group
			}
			if r.alone != nil {
				r.done <- r.alone()
				continue
			}
			group, size = append(group, r), size+r.size
		default:
			return group
		}
	}
	return group
}

// commit writes a group and answers each request. What cannot be written because
// the disk is full, and is the program's own, is written into the reserve.
func (s *Store) commit(group []*request) {
	if !s.reserve.hold() {
		group = slices.DeleteFunc(group, func(r *request) bool {
			if !r.own {
				r.done <- errKept
			}
			return !r.own
		})
	}
	failures := s.commitDays(group)
	again := slices.DeleteFunc(slices.Clone(group), func(r *request) bool {
		return !r.own || !isFull(r.failure(failures))
	})
	if len(again) > 0 && s.reserve.release() {
		s.log.Warn("The disk is full. Reads are still recorded for a while; senders are told to come again.")
		second := s.commitDays(again)
		for _, r := range again {
			r.done <- r.failure(second)
		}
		group = slices.DeleteFunc(group, func(r *request) bool { return slices.Contains(again, r) })
	}
	for _, r := range group {
		r.done <- r.failure(failures)
	}
}

// commitDays writes a group, one transaction a day, oldest first. A day that
// fails fails only the requests that have a record in it.
func (s *Store) commitDays(group []*request) (failures map[audit.Day]error) {
	days := make(map[audit.Day][]*record)
	for _, r := range group {
		for i := range r.records {
			rec := &r.records[i]
			days[rec.day] = append(days[rec.day], rec)
		}
	}
	failures = make(map[audit.Day]error)
	var refused error
	for _, day := range slices.Sorted(maps.Keys(days)) {
		if err := s.commitDay(day, days[day]); err != nil {
			failures[day] = err
			if errors.Is(err, store.ErrUnavailable) {
				refused = err
			}
		}
	}
	s.state.Lock()
	s.state.refused = refused
	s.state.Unlock()
	return failures
}

func (r *request) failure(failures map[audit.Day]error) error {
	for i := range r.records {
		if err := failures[r.records[i].day]; err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) commitDay(day audit.Day, records []*record) error {
	ctx := context.Background() // many callers share it
	if err := s.awaitSeal(day); err != nil {
		return err
	}
	return s.files.write(ctx, day, func(d *database) (totals, error) {
		v, err := d.view(ctx)
		if err != nil {
			return totals{}, err
		}
		known, err := d.knowledge(ctx)
		if err != nil {
			return totals{}, err
		}
		if err := d.statements.prepare(ctx, d.conn); err != nil {
			return totals{}, err
		}
		t := transaction{ctx: ctx, database: d, store: s, next: v.last() + 1, pending: make(map[audit.Hash]*record, len(records))}
		err = d.transact(ctx, func() error {
			for _, r := range records {
				if err := t.put(r); err != nil {
					return err
				}
			}
			return t.finish()
		})
		if err != nil || len(t.added) == 0 {
			return t.totals, err
		}
		for _, r := range t.added {
			known.recent[r.hash] = r
		}
		d.publish(&view{segments: v.segments, recent: append(v.recent, t.added...)})
		s.seals.note(day, t.added)
		return t.totals, nil
	})
}

// statements are prepared on the connection that writes.
type statements struct {
	log, deadLetter, deadPrint, update *sql.Stmt
}

const deadLetterFingerprint = `SELECT fingerprint FROM dead_letter WHERE hash = ?`

func (s *statements) all() map[string]**sql.Stmt {
	return map[string]**sql.Stmt{
		`INSERT INTO log (number, content) VALUES (?, ?)`: &s.log,
		`INSERT INTO dead_letter (received, account, reason, hash, fingerprint, document)
		 VALUES (?, ?, ?, ?, ?, ?)`: &s.deadLetter,
		deadLetterFingerprint: &s.deadPrint,
		`UPDATE total SET accepted = accepted + ?, stored = stored + ?, duplicates = duplicates + ?,
		 dead_letters = dead_letters + ?, received = max(received, ?), set_aside = max(set_aside, ?)`: &s.update,
	}
}

func (s *statements) prepare(ctx context.Context, conn *sql.Conn) (err error) {
	for query, statement := range s.all() {
		if *statement != nil {
			continue
		}
		if *statement, err = conn.PrepareContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

func (s *statements) close() error {
	var errs []error
	for _, statement := range s.all() {
		if *statement != nil {
			errs = append(errs, (*statement).Close())
		}
	}
	return errors.Join(errs...)
}

// A transaction writes records of one day, and counts them.
type transaction struct {
	*database
	ctx    context.Context
	store  *Store
	totals totals

	next    int64     // number of the next event
	added   []*record // events, in order
	pending map[audit.Hash]*record
}

// An outcome is what became of a record.
type outcome int

const (
	inserted outcome = iota
	present          // the same record is there
	taken            // another record has the hash
)

func (t *transaction) put(r *record) error {
	o, err := t.insert(r)
	if err == nil && o == taken {
		if err = r.conflict(); err == nil {
			o, err = t.insert(r)
		}
		if err == nil && o == taken {
			err = fmt.Errorf("%w: two records have the hash %s", store.ErrInvalid, r.hash)
		}
	}
	if err != nil {
		return err
	}
	t.totals.accepted++
	switch {
	case o == present:
		t.totals.duplicates++
	case r.isDeadLetter():
		t.totals.deadLetters++
		t.totals.setAside = max(t.totals.setAside, r.received)
	default:
		t.totals.stored++
		t.totals.received = max(t.totals.received, r.received)
	}
	return nil
}

func (t *transaction) insert(r *record) (outcome, error) {
	if o, err := t.lookUp(r); o != inserted || err != nil {
		return o, err
	}
	if r.isDeadLetter() {
		_, err := t.statements.deadLetter.ExecContext(t.ctx, r.received, r.account, string(r.reason), r.hash[:], r.fingerprint[:], compress(r.document))
		return inserted, err
	}
	r.number = t.next
	t.next++
	t.added = append(t.added, r)
	t.pending[r.hash] = r
	return inserted, nil
}

// lookUp looks for the record's hash in its own day and, where that depends on
// the clock, in the day before. The same record in one of them is present,
// whatever the other has.
func (t *transaction) lookUp(r *record) (outcome, error) {
	own, err := t.lookUpOwn(r)
	if own == present || err != nil || !r.lookBack {
		return own, err
	}
	before := inserted
	err = t.store.files.read(t.ctx, r.day-1, func(d *database) (err error) {
		if r.isDeadLetter() {
			before, err = r.compareRow(d.pool.QueryRowContext(t.ctx, deadLetterFingerprint, r.hash[:]))
		} else {
			before, err = r.compare(d.find(t.ctx, r.hash))
		}
		return err
	})
	if before == inserted {
		return own, err
	}
	return before, err
}

func (t *transaction) lookUpOwn(r *record) (outcome, error) {
	if r.isDeadLetter() {
		return r.compareRow(t.statements.deadPrint.QueryRowContext(t.ctx, r.hash[:]))
	}
	if p := t.pending[r.hash]; p != nil {
		return r.compare(p.fingerprint, true, nil)
	}
	return r.compare(t.find(t.ctx, r.hash))
}

// compare compares the record with the one that has its hash, if there is one.
func (r *record) compare(f audit.Fingerprint, found bool, err error) (outcome, error) {
	switch {
	case err != nil:
		return 0, err
	case !found:
		return inserted, nil
	case f == r.fingerprint:
		return present, nil
	}
	return taken, nil
}

func (r *record) compareRow(row *sql.Row) (outcome, error) {
	var fingerprint []byte
	err := row.Scan(&fingerprint)
	if errors.Is(err, sql.ErrNoRows) {
		return inserted, nil
	}
	var f audit.Fingerprint
	copy(f[:], fingerprint)
	return r.compare(f, true, err)
}

// conflict gives the record the identity that it has beside another of its hash.
func (r *record) conflict() error {
	hash := audit.ConflictHash(r.hash, r.fingerprint)
	if r.isDeadLetter() {
		var d deadLetter
		if err := json.Unmarshal(r.document, &d); err != nil {
			return fmt.Errorf("mark id conflict: %w", err)
		}
		d.Event.ID.Hash = hash
		d.Event.SetFlag(audit.IDConflict, true)
		document, err := deadLetterDocument(d)
		if err != nil {
			return err
		}
		r.hash, r.document = hash, document
		return nil
	}
	e, err := r.event(r.day)
	if err != nil {
		return fmt.Errorf("mark id conflict: %w", err)
	}
	e.SetFlag(audit.IDConflict, true)
	r.hash, r.document = hash, appendDocument(nil, &e)
	return nil
}

// finish appends the events to the log and writes what was counted.
func (t *transaction) finish() error {
	if len(t.added) > 0 {
		if _, err := t.statements.log.ExecContext(t.ctx, t.next-1, encodeLog(t.added)); err != nil {
			return err
		}
	}
	n := &t.totals
	_, err := t.statements.update.ExecContext(t.ctx, n.accepted, n.stored, n.duplicates, n.deadLetters, n.received, n.setAside)
	return err
}
