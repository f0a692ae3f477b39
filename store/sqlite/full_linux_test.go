package sqlite_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/sqlite"
)

// smallDisk mounts a disk of two megabytes.
func smallDisk(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	err := syscall.Mount("tmpfs", directory, "tmpfs", 0, "size=2m")
	if errors.Is(err, syscall.EPERM) && os.Getenv("CI") != "true" {
		t.Skip("only root mounts a disk")
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(directory, syscall.MNT_DETACH)) })
	return directory
}

func TestFullDisk(t *testing.T) {
	disk := smallDisk(t)
	ballast := filepath.Join(disk, "ballast")
	require.NoError(t, os.WriteFile(ballast, make([]byte, 1<<20), 0o600))
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(disk, "store"), Now: newClock().now, Reserve: -1})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	n, acknowledged := 0, 0
	next := func() store.Batch {
		var events []audit.Event
		for range 20 {
			events = append(events, event(n, noon))
			n++
		}
		return batch(events...)
	}
	for err == nil {
		if err = s.Write(t.Context(), next()); err == nil {
			acknowledged = n
		}
	}
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "the disk is full: free some space")
	require.Positive(t, acknowledged)
	require.GreaterOrEqual(t, len(entityIDs(t, s)), acknowledged, "what was stored is read on a full disk")

	another := event(-1, noon.AddDate(0, 0, -1))
	err = s.Write(t.Context(), batch(another))
	require.ErrorIs(t, err, store.ErrUnavailable, "a new day's file")
	require.NoFileExists(t, dayFile(filepath.Join(disk, "store"), noon.AddDate(0, 0, -1)))

	require.NoError(t, os.Remove(ballast))
	require.NoError(t, s.Write(t.Context(), batch(another)))
	n = acknowledged
	require.NoError(t, s.Write(t.Context(), next()))
	found := entityIDs(t, s)
	require.Len(t, found, n+1)
	require.EqualValues(t, n+1, status(t, s).Stored)
}

func TestReadOnlyDisk(t *testing.T) {
	disk := smallDisk(t)
	path := filepath.Join(disk, "store")
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Now: newClock().now, Reserve: 64 << 10})
	require.NoError(t, err)
	require.NoError(t, s.Write(t.Context(), batch(event(1, noon))))
	require.NoError(t, s.Close())
	require.NoError(t, syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	_, err = sqlite.Open(t.Context(), sqlite.Options{Path: path})
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "read-only")
	require.NoError(t, syscall.Mount("", disk, "", syscall.MS_REMOUNT, "size=2m"))
	require.Len(t, entityIDs(t, open(t, path, newClock().now)), 1)
}

// ownEvent is what a read is recorded as.
func ownEvent(n int) audit.Event {
	e := store.Entry{Account: "acme", User: "ana", Method: "READ", Action: "events.search", Request: fmt.Sprintf("%x", sha256.Sum256([]byte{byte(n), byte(n >> 8)}))}.Event(noon)
	e.SetText(audit.EntityID, fmt.Sprintf("read-%d", n))
	return e
}

// On a full disk senders are refused at once, reads are recorded for a while and
// then refused too, and all goes on when there is room again.
func TestReserveOnAFullDisk(t *testing.T) {
	disk := smallDisk(t)
	ballast := filepath.Join(disk, "ballast")
	require.NoError(t, os.WriteFile(ballast, make([]byte, 1<<20), 0o600))
	path := filepath.Join(disk, "store")
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Now: newClock().now, Reserve: 256 << 10})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	reserve := filepath.Join(path, "reserve")
	require.FileExists(t, reserve)

	written := make(map[string]int)
	write := func(e audit.Event) error {
		err := s.Write(t.Context(), batch(e))
		if err == nil {
			written[e.Text(audit.EntityID)]++
		}
		return err
	}
	for n := 0; err == nil; n++ {
		err = write(event(n, noon))
	}
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.FileExists(t, reserve, "a sender does not get it")
	reads := 0
	for err = nil; err == nil; reads++ {
		if err = write(ownEvent(reads)); err == nil {
			require.ErrorIs(t, s.Write(t.Context(), batch(event(-1, noon))), store.ErrUnavailable)
		}
	}
	require.Greater(t, reads, 10)
	require.NoFileExists(t, reserve)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "the disk is full")
	require.Contains(t, status(t, s).Problem, "The disk is full")
	require.Equal(t, written, entityIDs(t, s), "it can be read, if not recorded")

	require.NoError(t, os.Remove(ballast))
	require.Eventually(t, func() bool { return write(event(-1, noon)) == nil }, time.Minute, 10*time.Millisecond)
	require.FileExists(t, reserve)
	require.Empty(t, status(t, s).Problem)
	require.Equal(t, written, entityIDs(t, s))
}
