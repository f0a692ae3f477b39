package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/auditlog/auditlog/store"
)

// errRemoved is what a writer meets whose day the retention is taking away.
var errRemoved = fmt.Errorf("%w: the day is being removed by the retention; try again", store.ErrUnavailable)

// errNewer says that a later version of the program wrote the file.
var errNewer = errors.New("written by a newer version of auditlog")

// errOlder says that the file is from before the first release.
var errOlder = errors.New("written by an older version of auditlog")

// failed says what could not be done, why, and what helps. All that a file can
// fail with is wrapped in [store.ErrUnavailable]: a person can put it right, and
// until then the sender had better keep its events.
func failed(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrInvalid),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", doing, err)
	}
	if help := remedy(err); help != "" {
		return fmt.Errorf("%s: %w: %w: %s", doing, store.ErrUnavailable, err, help)
	}
	return fmt.Errorf("%s: %w: %w", doing, store.ErrUnavailable, err)
}

func remedy(err error) string {
	var e *sqlite.Error
	code := 0
	if errors.As(err, &e) {
		code = e.Code() & 0xff // the rest of an extended code tells where
	}
	switch {
	case code == sqlite3.SQLITE_FULL, errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "the disk is full: free some space, and the store goes on by itself"
	case code == sqlite3.SQLITE_READONLY, code == sqlite3.SQLITE_PERM,
		errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return "the disk or the file is read-only: make it writable for the user that runs auditlog"
	case code == sqlite3.SQLITE_CANTOPEN, code == sqlite3.SQLITE_IOERR:
		return "the disk cannot be read or written: see whether it is full, read-only or failing"
	case code == sqlite3.SQLITE_CORRUPT, code == sqlite3.SQLITE_NOTADB, errors.Is(err, errDamaged), errors.Is(err, errNoDoc):
		return "the file is damaged: stop auditlog, and restore the file from a backup or move it away"
	case code == sqlite3.SQLITE_BUSY, code == sqlite3.SQLITE_LOCKED:
		return "another program has it open: stop that program"
	}
	return ""
}
