package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/auditlog/auditlog/store"
)

const (
	// DefaultReserve is how many bytes are kept for the program's own events:
	// some thousand reads.
	DefaultReserve = 16 << 20

	reserveName  = "reserve"
	reserveRetry = time.Second // between tries to fill it again
)

// A reserve is room on the disk for the program's own events, so that reading,
// of which each is recorded, goes on for a while when the disk is full. It is a
// file that is given up then. Until it can be written again nobody else's events
// are taken.
type reserve struct {
	path string
	size int64

	mu    sync.Mutex
	held  bool
	tried time.Time
}

func newReserve(directory string, size int64) *reserve {
	return &reserve{path: filepath.Join(directory, reserveName), size: size}
}

// hold reports whether the room is there for when it is needed, and makes it if
// not.
func (r *reserve) hold() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held || r.size <= 0 {
		return true
	}
	if time.Since(r.tried) < reserveRetry {
		return false
	}
	r.tried = time.Now()
	if info, err := os.Stat(r.path); err == nil && info.Size() == r.size {
		r.held = true
		return true
	}
	r.held = r.write() == nil
	if !r.held {
		_ = os.Remove(r.path) // it may be there in part
	}
	return r.held
}

func (r *reserve) isHeld() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held || r.size <= 0
}

// write writes zeros: a file of holes would take no room.
func (r *reserve) write() error {
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	zeros := make([]byte, 256<<10)
	for left := r.size; left > 0 && err == nil; left -= int64(len(zeros)) {
		_, err = f.Write(zeros[:min(left, int64(len(zeros)))])
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// release gives the room up, and reports whether there was any.
func (r *reserve) release() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.held || r.size <= 0 {
		return false
	}
	r.held, r.tried = false, time.Now()
	return os.Remove(r.path) == nil
}

// errKept is what everybody else gets while the reserve is in use.
var errKept = fmt.Errorf("%w: the disk is full: free some space, and the store goes on by itself; what is left is kept to record reads", store.ErrUnavailable)

// isFull reports whether err may come from a full disk.
func isFull(err error) bool {
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
			return true
		}
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
