package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/auditlog/auditlog/audit"
)

const ledgerName = "counters.db"

// A ledger keeps the totals of days that the retention removed. While it is open
// it holds the file's lock, so that nobody else opens the store.
type ledger struct {
	mu   sync.Mutex
	db   *sql.DB
	conn *sql.Conn
}

func openLedger(ctx context.Context, directory string) (_ *ledger, err error) {
	path := filepath.Join(directory, ledgerName)
	if err := createFile(path); err != nil {
		return nil, err
	}
	// SQLite would open it for reading only on a disk that is read-only.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, err
	}
	db, err := open(path, "busy_timeout(0)", "locking_mode(EXCLUSIVE)")
	if err != nil {
		return nil, err
	}
	l := &ledger{db: db}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	if l.conn, err = db.Conn(ctx); err != nil {
		return nil, err
	}
	if _, err := l.conn.ExecContext(ctx, "BEGIN EXCLUSIVE; COMMIT"); err != nil {
		return nil, err
	}
	return l, l.prepare(ctx)
}

func (l *ledger) prepare(ctx context.Context) error {
	var version int
	if err := l.conn.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	switch {
	case version > ledgerVersion:
		return fmt.Errorf("%w: its format is %d, and this version reads up to %d: start the newer version",
			errNewer, version, ledgerVersion)
	case version == ledgerVersion:
		return nil
	}
	_, err := l.conn.ExecContext(ctx, fmt.Sprintf(`
		BEGIN IMMEDIATE;
		CREATE TABLE removed (
			key          BLOB PRIMARY KEY, -- of the file
			day          INTEGER NOT NULL,
			accepted     INTEGER NOT NULL,
			stored       INTEGER NOT NULL,
			duplicates   INTEGER NOT NULL,
			dead_letters INTEGER NOT NULL,
			received     INTEGER NOT NULL,
			set_aside    INTEGER NOT NULL
		) STRICT, WITHOUT ROWID;
		PRAGMA user_version = %d;
		COMMIT`, ledgerVersion))
	return err
}

// add keeps the totals of a file that is about to be removed. Adding it again
// changes nothing.
func (l *ledger) add(ctx context.Context, day audit.Day, key []byte, t totals) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.conn.ExecContext(ctx, `INSERT INTO removed VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		key, int64(day), t.accepted, t.stored, t.duplicates, t.deadLetters, t.received, t.setAside)
	return err
}

// has reports whether the file with key was about to be removed.
func (l *ledger) has(ctx context.Context, key []byte) (found bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err = l.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM removed WHERE key = ?)`, key).Scan(&found)
	return found, err
}

// sum returns the totals of all removed days.
func (l *ledger) sum(ctx context.Context) (t totals, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err = l.conn.QueryRowContext(ctx, `
		SELECT coalesce(sum(accepted), 0), coalesce(sum(stored), 0), coalesce(sum(duplicates), 0),
			coalesce(sum(dead_letters), 0), coalesce(max(received), 0), coalesce(max(set_aside), 0) FROM removed`).
		Scan(&t.accepted, &t.stored, &t.duplicates, &t.deadLetters, &t.received, &t.setAside)
	return t, err
}

func (l *ledger) close() error {
	var err error
	if l.conn != nil {
		err = l.conn.Close()
	}
	return errors.Join(err, l.db.Close())
}
