package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

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
	s := open(t, filepath.Join(disk, "store"), newClock().now)
	n, acknowledged := 0, 0
	next := func() store.Batch {
		var events []audit.Event
		for range 20 {
			events = append(events, event(n, noon))
			n++
		}
		return batch(events...)
	}
	var err error
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
	s := open(t, path, newClock().now)
	require.NoError(t, s.Write(t.Context(), batch(event(1, noon))))
	require.NoError(t, s.Close())
	require.NoError(t, syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	_, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "read-only")
	require.NoError(t, syscall.Mount("", disk, "", syscall.MS_REMOUNT, "size=2m"))
	require.Len(t, entityIDs(t, open(t, path, newClock().now)), 1)
}
