package sqlite

import (
	"bytes"
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
	reason   audit.Reason

	time, received           int64 // ns
	account                  string
	method, area, entityType string // "" is absent
	hash                     audit.Hash
	fingerprint              audit.Fingerprint
	document                 []byte
}

func (r *record) isDeadLetter() bool { return r.reason != "" }

// A request is one call of Write.
type request struct {
	records []record
	size    int
	done    chan error // takes one value without waiting
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
	for i := range batch.Events {
		r.records = append(r.records, newEvent(&batch.Events[i]))
	}
	for i := range batch.DeadLetters {
		d := &batch.DeadLetters[i]
		rec, err := newDeadLetter(deadLetter{Event: &d.Event, Reason: d.Reason, Detail: d.Detail, Names: d.Names})
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
		r.size += len(rec.document)
	}
	return r, nil
}

func newEvent(e *audit.Event) record {
	return record{
		day: e.ID.Day, lookBack: e.FiledWhenReceived(),
		time: e.Instant(audit.Time).UnixNano(), received: e.Instant(audit.Received).UnixNano(),
		account: e.Text(audit.Account), method: e.Text(audit.Method),
		area: e.Text(audit.Area), entityType: e.Text(audit.EntityType),
		hash: e.ID.Hash, fingerprint: e.Fingerprint, document: eventDocument(e),
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
		day: d.Event.ID.Day, lookBack: true, reason: d.Reason, received: received.UnixNano(),
		account: d.Event.Text(audit.Account), hash: d.Event.ID.Hash, fingerprint: d.Event.Fingerprint,
		document: document,
	}, err
}

// refile files today what belongs to a day that is over for the retention, where
// nobody would see that it was there. An event becomes a dead letter.
func (r *record) refile(now time.Time) error {
	if !r.isDeadLetter() {
		e, err := parseEvent(r.document, audit.ID{Day: r.day, Hash: r.hash}, r.fingerprint)
		if err != nil {
			return err
		}
		r.reason = audit.ReasonRejected
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
	for first := range s.queue {
		s.commit(s.gather(first))
	}
}

func (s *Store) gather(first *request) []*request {
	group, size := []*request{first}, first.size
	for size < maxGroup {
		select {
		case r, open := <-s.queue:
			if !open {
				return group
			}
			group, size = append(group, r), size+r.size
		default:
			return group
		}
	}
	return group
}

// commit writes a group, one transaction a day, oldest first, and answers each
// request. A day that fails fails only the requests that have a record in it.
func (s *Store) commit(group []*request) {
	days := make(map[audit.Day][]*record)
	for _, r := range group {
		for i := range r.records {
			rec := &r.records[i]
			days[rec.day] = append(days[rec.day], rec)
		}
	}
	failures := make(map[audit.Day]error)
	for _, day := range slices.Sorted(maps.Keys(days)) {
		if err := s.commitDay(day, days[day]); err != nil {
			failures[day] = err
		}
	}
	for _, r := range group {
		r.done <- r.failure(failures)
	}
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
	return s.files.write(ctx, day, func(d *database) (totals, error) {
		t := transaction{ctx: ctx, database: d, store: s}
		if err := d.statements.prepare(ctx, d.conn); err != nil {
			return totals{}, err
		}
		err := d.transact(ctx, func() error {
			for _, r := range records {
				if err := t.put(r); err != nil {
					return err
				}
			}
			return t.count()
		})
		return t.totals, err
	})
}

// statements are prepared on the connection that writes.
type statements struct {
	event, deadLetter         *sql.Stmt // inserts
	eventPrint, deadPrint     *sql.Stmt // fingerprint by hash
	findName, addName, update *sql.Stmt
}

const (
	eventFingerprint      = `SELECT fingerprint FROM event WHERE hash = ?`
	deadLetterFingerprint = `SELECT fingerprint FROM dead_letter WHERE hash = ?`
)

func (s *statements) all() map[string]**sql.Stmt {
	return map[string]**sql.Stmt{
		`INSERT INTO event (time, account, method, area, entity_type, hash, fingerprint, document)
		 VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING`: &s.event,
		`INSERT INTO dead_letter (received, account, reason, hash, fingerprint, document)
		 VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING`: &s.deadLetter,
		eventFingerprint:                      &s.eventPrint,
		deadLetterFingerprint:                 &s.deadPrint,
		`SELECT id FROM name WHERE value = ?`: &s.findName,
		`INSERT INTO name (value) VALUES (?)`: &s.addName,
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
	buffer []byte
}

// An outcome is what became of an insert.
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
	if r.lookBack {
		if o, err := t.lookUp(r); o != inserted || err != nil {
			return o, err
		}
	}
	account, err := t.name(r.account)
	if err != nil {
		return 0, err
	}
	t.buffer = t.codec.encode(t.buffer[:0], r.document)
	var result sql.Result
	if r.isDeadLetter() {
		reason, err := t.name(string(r.reason))
		if err != nil {
			return 0, err
		}
		result, err = t.statements.deadLetter.ExecContext(t.ctx, r.received, account, reason, r.hash[:], r.fingerprint[:], t.buffer)
		if err != nil {
			return 0, err
		}
		return t.compare(t.statements.deadPrint, r, result)
	}
	method, err := t.optionalName(r.method)
	if err != nil {
		return 0, err
	}
	area, err := t.optionalName(r.area)
	if err != nil {
		return 0, err
	}
	entityType, err := t.optionalName(r.entityType)
	if err != nil {
		return 0, err
	}
	result, err = t.statements.event.ExecContext(t.ctx, r.time, account, method, area, entityType, r.hash[:], r.fingerprint[:], t.buffer)
	if err != nil {
		return 0, err
	}
	return t.compare(t.statements.eventPrint, r, result)
}

// compare tells why an insert did nothing, if so.
func (t *transaction) compare(fingerprint *sql.Stmt, r *record, result sql.Result) (outcome, error) {
	if n, err := result.RowsAffected(); n == 1 || err != nil {
		return inserted, err
	}
	return r.compare(fingerprint.QueryRowContext(t.ctx, r.hash[:]))
}

// compare reads the fingerprint that is stored with the record's hash. inserted
// says that there is none.
func (r *record) compare(row *sql.Row) (outcome, error) {
	var fingerprint []byte
	err := row.Scan(&fingerprint)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return inserted, nil
	case err != nil:
		return 0, err
	case bytes.Equal(fingerprint, r.fingerprint[:]):
		return present, nil
	}
	return taken, nil
}

// lookUp looks for the record's hash in its own day and in the day before. The
// same record in one of them is present, whatever the other has.
func (t *transaction) lookUp(r *record) (outcome, error) {
	statement, query := t.statements.eventPrint, eventFingerprint
	if r.isDeadLetter() {
		statement, query = t.statements.deadPrint, deadLetterFingerprint
	}
	own, err := r.compare(statement.QueryRowContext(t.ctx, r.hash[:]))
	if own == present || err != nil {
		return own, err
	}
	before := inserted
	err = t.store.files.read(t.ctx, r.day-1, func(d *database) (err error) {
		before, err = r.compare(d.pool.QueryRowContext(t.ctx, query, r.hash[:]))
		return err
	})
	if before == inserted {
		return own, err
	}
	return before, err
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
	e, err := parseEvent(r.document, audit.ID{Day: r.day, Hash: hash}, r.fingerprint)
	if err != nil {
		return fmt.Errorf("mark id conflict: %w", err)
	}
	e.SetFlag(audit.IDConflict, true)
	r.hash, r.document = hash, eventDocument(&e)
	return nil
}

// optionalName is nil for an absent value.
func (t *transaction) optionalName(value string) (any, error) {
	if value == "" {
		return nil, nil
	}
	return t.name(value)
}

// name returns the id of a value that repeats.
func (t *transaction) name(value string) (id int64, err error) {
	if id, known := t.names[value]; known {
		return id, nil
	}
	err = t.statements.findName.QueryRowContext(t.ctx, value).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		var result sql.Result
		if result, err = t.statements.addName.ExecContext(t.ctx, value); err == nil {
			id, err = result.LastInsertId()
		}
	}
	if err != nil {
		return 0, err
	}
	if len(t.names) >= maxNames {
		clear(t.names)
	}
	t.names[value] = id
	return id, nil
}

// count writes what the transaction counted.
func (t *transaction) count() error {
	n := &t.totals
	_, err := t.statements.update.ExecContext(t.ctx, n.accepted, n.stored, n.duplicates, n.deadLetters, n.received, n.setAside)
	return err
}
