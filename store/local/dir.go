// Package local is the installation's own directory, `store.path`: its lock,
// the identity key, the tokens, and the socket on which commands talk to the
// running server.
package local

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/auditlog/auditlog/audit"
)

// ErrLocked says that another process has the directory open.
var ErrLocked = errors.New("in use by a running auditlog")

const (
	lockFile   = "lock"
	keyFile    = "identity.key"
	tokensFile = "tokens.json"
	socketFile = "auditlog.sock"

	keyBytes = 32
)

// A Dir is an open directory. Only one process has it open at a time.
type Dir struct {
	path   string
	lock   *os.File
	key    audit.Key
	tokens *Tokens
}

// Open makes the directory if there is none (mode 0700), locks it, and reads the
// identity key and the tokens, making a new key at the first start. The error
// wraps [ErrLocked] where another process has it open.
func Open(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("store.path %q: make the directory: %w", path, err)
	}
	lock, err := takeLock(path)
	if err != nil {
		return nil, err
	}
	d := &Dir{path: path, lock: lock}
	if d.key, err = openKey(filepath.Join(path, keyFile)); err == nil {
		d.tokens, err = openTokens(filepath.Join(path, tokensFile))
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	return d, nil
}

func takeLock(path string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(path, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store.path %q must be a directory that auditlog may write to: %w", path, err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("store.path %q: %w", path, ErrLocked)
		}
		return nil, fmt.Errorf("store.path %q: lock: %w", path, err)
	}
	return lock, nil
}

// Path returns the directory's path.
func (d *Dir) Path() string { return d.path }

// Key returns the installation's identity key.
func (d *Dir) Key() audit.Key { return d.key }

// Tokens returns the installation's tokens.
func (d *Dir) Tokens() *Tokens { return d.tokens }

// Close unlocks the directory.
func (d *Dir) Close() error { return d.lock.Close() }

func openKey(path string) (audit.Key, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, keyBytes)
		rand.Read(key)
		err = writeFile(path, key)
	}
	if err != nil {
		return nil, fmt.Errorf("identity key: %w", err)
	}
	if len(key) != keyBytes {
		return nil, fmt.Errorf("identity key %q has %d bytes, want %d: restore the file, or remove it and accept that retries of earlier events are stored again", path, len(key), keyBytes)
	}
	return key, nil
}

// writeFile replaces the file at path with data so that after a crash it holds
// either what it held before or all of data.
func writeFile(path string, data []byte) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // fails once it is renamed
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
