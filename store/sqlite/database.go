package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/auditlog/auditlog/audit"
)

const (
	schemaVersion = 2          // PRAGMA user_version of a day's file
	ledgerVersion = 1          // of the ledger
	applicationID = 0x6175646c // PRAGMA application_id: "audl"
	maxReaders    = 4          // connections that read one file at a time
)

//go:embed schema.sql
var schema string

// totals count what one file was given. accepted = stored + duplicates + deadLetters.
type totals struct {
	accepted, stored, duplicates, deadLetters int64
	received, setAside                        int64 // newest, ns; 0 is none
}

func (t *totals) add(u totals) {
	t.accepted += u.accepted
	t.stored += u.stored
	t.duplicates += u.duplicates
	t.deadLetters += u.deadLetters
	t.received = max(t.received, u.received)
	t.setAside = max(t.setAside, u.setAside)
}

// A database is one day's file, open. The pool reads; the one connection of
// writer, and all that hangs on it, belongs to the goroutine that writes.
type database struct {
	path   string
	day    audit.Day
	key    []byte
	opened totals // what it counted when it was opened
	pool   *sql.DB
	reads  reads

	segmentSize int // events

	mu     sync.Mutex
	latest *view // what is on disk; nil until somebody asks

	replacing sync.Mutex // held from before segments are deleted until the view has none of them

	writer     *sql.DB
	conn       *sql.Conn
	statements statements
	known      *known // nil until the writer asks
}

// A view is what is on disk at some time. It does not change.
type view struct {
	segments []segment // in order of their numbers
	recent   []*record // what the log holds and no segment, in order of arrival
}

// sealed is the number of the last event in a segment.
func (v *view) sealed() int64 {
	if len(v.segments) == 0 {
		return 0
	}
	return v.segments[len(v.segments)-1].lastNumber
}

// last is the number of the last event.
func (v *view) last() int64 { return v.sealed() + int64(len(v.recent)) }

// openDatabase opens the file of day and prepares it if it is new.
func openDatabase(ctx context.Context, path string, day audit.Day, segmentSize int) (_ *database, err error) {
	d := &database{path: path, day: day, segmentSize: segmentSize}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.pool, err = open(path, "query_only(1)", "cache_size(-256)"); err != nil {
		return nil, err
	}
	d.pool.SetMaxOpenConns(maxReaders)
	d.pool.SetMaxIdleConns(2)
	d.pool.SetConnMaxIdleTime(time.Minute)
	isNew, err := d.checkVersion(ctx)
	if err != nil {
		return nil, err
	}
	if isNew {
		if err := d.prepare(ctx); err != nil {
			return nil, err
		}
	}
	return d, d.load(ctx)
}

// open opens a database file that exists, with more pragmas.
func open(path string, pragmas ...string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	query := url.Values{"mode": {"rw"}, "_pragma": append([]string{"busy_timeout(10000)", "synchronous(FULL)"}, pragmas...)}
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}).String())
}

// createFile makes an empty file that is there after a power cut, too. An
// existing file is left alone.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// checkVersion reports whether the file is still empty. It refuses a file that a
// newer version, or another program, wrote.
func (d *database) checkVersion(ctx context.Context) (isNew bool, err error) {
	var version, application, objects int
	err = d.pool.QueryRowContext(ctx,
		`SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)
		 FROM pragma_user_version, pragma_application_id`).Scan(&version, &application, &objects)
	switch {
	case err != nil:
		return false, err
	case version == 0 && application == 0 && objects == 0:
		return true, nil
	case application != applicationID:
		return false, errors.New("not a file of auditlog: move it away")
	case version > schemaVersion:
		return false, fmt.Errorf("%w: its format is %d, and this version reads up to %d: start the newer version",
			errNewer, version, schemaVersion)
	case version < schemaVersion:
		return false, fmt.Errorf("%w: its format is %d, and this version reads %d: move the files away, or read them with the version that wrote them",
			errOlder, version, schemaVersion)
	}
	return false, nil
}

func (d *database) prepare(ctx context.Context) error {
	if err := d.openWriter(ctx); err != nil {
		return err
	}
	return d.transact(ctx, func() error {
		_, err := d.conn.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA user_version = %d; PRAGMA application_id = %d;",
			schemaVersion, applicationID))
		if err != nil {
			return err
		}
		_, err = d.conn.ExecContext(ctx, `INSERT INTO total (key, day) VALUES (?, ?)`, newKey(), int64(d.day))
		return err
	})
}

func newKey() []byte {
	key := make([]byte, 16)
	_, _ = rand.Read(key) // never fails
	return key
}

// load reads what is kept in memory while the file is open.
func (d *database) load(ctx context.Context) error {
	var day int64
	t := &d.opened
	err := d.pool.QueryRowContext(ctx,
		`SELECT key, day, accepted, stored, duplicates, dead_letters, received, set_aside FROM total`).
		Scan(&d.key, &day, &t.accepted, &t.stored, &t.duplicates, &t.deadLetters, &t.received, &t.setAside)
	if err != nil {
		return err
	}
	if audit.Day(day) != d.day {
		return fmt.Errorf("holds day %s: give it its own name back", audit.Day(day))
	}
	return d.reads.prepare(ctx, d.pool)
}

// countLog returns how many events are in no segment.
func (d *database) countLog(ctx context.Context) (n int, err error) {
	err = d.pool.QueryRowContext(ctx,
		`SELECT max(0, coalesce((SELECT max(number) FROM log), 0) - coalesce((SELECT max(last_number) FROM segment), 0))`).Scan(&n)
	return n, err
}

// view returns what is on disk.
func (d *database) view(ctx context.Context) (*view, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.latest == nil {
		v, err := d.readView(ctx)
		if err != nil {
			return nil, err
		}
		d.latest = v
	}
	return d.latest, nil
}

// publish makes what is now on disk the view.
func (d *database) publish(v *view) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.latest = v
}

// readView reads it in one transaction.
func (d *database) readView(ctx context.Context) (*view, error) {
	tx, err := d.pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // it wrote nothing
	v := new(view)
	rows, err := tx.QueryContext(ctx, `SELECT id, first_number, last_number, first_time, last_time FROM segment ORDER BY first_number`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s segment
		if err := rows.Scan(&s.id, &s.firstNumber, &s.lastNumber, &s.firstTime, &s.lastTime); err != nil {
			return nil, err
		}
		if s.firstNumber != v.sealed()+1 || s.lastNumber < s.firstNumber {
			return nil, errDamaged
		}
		v.segments = append(v.segments, s)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if err := v.readLog(ctx, tx); err != nil {
		return nil, err
	}
	var stored int64
	if err := tx.QueryRowContext(ctx, `SELECT stored FROM total`).Scan(&stored); err != nil {
		return nil, err
	}
	if v.last() != stored {
		return nil, fmt.Errorf("%w: it has %d of %d events", errDamaged, v.last(), stored)
	}
	return v, nil
}

func (v *view) readLog(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `SELECT number, content FROM log ORDER BY number`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var last int64
		var content sql.RawBytes
		if err := rows.Scan(&last, &content); err != nil {
			return err
		}
		records, err := decodeLog(content, last)
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.number > v.sealed() {
				v.recent = append(v.recent, r)
			}
		}
	}
	return rows.Err()
}

// openWriter opens the connection that writes. WAL is a property of the file,
// set before its first table.
func (d *database) openWriter(ctx context.Context) (err error) {
	if d.conn != nil {
		return nil
	}
	if d.writer == nil {
		if d.writer, err = open(d.path, "journal_mode(WAL)", "foreign_keys(0)", "cache_size(-1024)", "wal_autocheckpoint(2000)"); err != nil {
			return err
		}
	}
	d.conn, err = d.writer.Conn(ctx)
	return err
}

// transact runs do in a transaction of the connection that writes. What do did
// is on disk when it returns nil.
func (d *database) transact(ctx context.Context, do func() error) error {
	if _, err := d.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		_, err = d.conn.ExecContext(ctx, "COMMIT")
	}
	if err == nil {
		return nil
	}
	_, _ = d.conn.ExecContext(ctx, "ROLLBACK") // fails if SQLite has done it by itself
	return err
}

// close leaves one file without a log beside it, unless another process reads it.
func (d *database) close() error {
	err := d.closeWriter()
	if d.pool != nil {
		err = errors.Join(err, d.pool.Close())
	}
	return err
}

// closeWriter moves what SQLite logged to the file, and forgets what only the
// goroutine that writes needs.
func (d *database) closeWriter() error {
	var errs []error
	if d.conn != nil {
		errs = append(errs, d.statements.close())
		if _, err := d.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
			errs = append(errs, err)
		}
		errs = append(errs, d.conn.Close())
	}
	if d.writer != nil {
		errs = append(errs, d.writer.Close())
	}
	d.conn, d.writer, d.statements, d.known = nil, nil, statements{}, nil
	return errors.Join(errs...)
}
