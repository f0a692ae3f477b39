package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A disk is a file system of its own that a test can make fail.
type disk struct{ image, path string }

// newDisk mounts an ext4 file system from a file. Without the right to, or
// without loop devices, which no package installs, the test is skipped.
func newDisk(t *testing.T) *disk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root mounts a disk")
	}
	need(t, "mkfs.ext4", "mount")
	dir := t.TempDir()
	d := &disk{image: filepath.Join(dir, "image"), path: filepath.Join(dir, "disk")}
	require.NoError(t, os.Mkdir(d.path, 0o700))
	image, err := os.Create(d.image)
	require.NoError(t, err)
	require.NoError(t, errors.Join(image.Truncate(128<<20), image.Close()))
	runs(t, "mkfs.ext4", "-q", "-F", d.image)
	if out, err := exec.CommandContext(t.Context(), "mount", "-o", "loop,errors=remount-ro", d.image, d.path).CombinedOutput(); err != nil {
		t.Skipf("no disk can be mounted here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "--lazy", d.path).Run() }) // it may be unmounted
	return d
}

// fail makes the disk read-only while it is written to, as Linux does after an
// error of the device.
func (d *disk) fail(t *testing.T) { runs(t, "mount", "-o", "remount,abort", d.path) }

// repair does what an administrator does then. Nothing may have a file open.
func (d *disk) repair(t *testing.T) {
	runs(t, "umount", d.path)
	_ = exec.CommandContext(t.Context(), "fsck.ext4", "-y", d.image).Run() // 1: errors were corrected
	runs(t, "mount", "-o", "loop,errors=remount-ro", d.image, d.path)
}

func runs(t *testing.T, command ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput()
	require.NoError(t, err, "%s: %s", strings.Join(command, " "), out)
}

// TestDiskTurnsReadOnly makes the disk read-only under a running server: senders
// are told to come again, reads that cannot be recorded are refused, status says
// why; and what was acknowledged is there when the disk is repaired.
func TestDiskTurnsReadOnly(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		d := newDisk(t)
		data := filepath.Join(d.path, "data")
		began := time.Now()
		s := start(t, data, "")
		owner := s.ownerToken(t)
		var sent load
		sent.some(t, s, began)
		require.NotEmpty(t, s.events(t, owner))

		d.fail(t)
		s.requireReadOnly(t)
		code, body := s.get(t, owner, "/api/v1/events")
		require.Equal(t, http.StatusServiceUnavailable, code, "%s", body)
		require.Contains(t, string(body), "Nothing can be recorded now")
		s.stop(t)

		d.repair(t)
		s = start(t, data, "")
		stored := count(from(s.events(t, owner), loadService))
		for id := range sent.acknowledged(t) {
			require.Equal(t, 1, stored[id], id)
		}
		require.NoError(t, s.send(t, one("test")))
	})
	t.Run("spool", func(t *testing.T) {
		d := newDisk(t)
		data := filepath.Join(d.path, "data")
		settings := fmt.Sprintf("store: {elasticsearch: {urls: [%q]}}\n", "http://"+freePorts(t, 1)[0]) // nothing listens there
		s := start(t, data, settings)
		var sent load
		sent.some(t, s, time.Now())

		d.fail(t)
		s.requireReadOnly(t)
		s.stop(t)

		d.repair(t)
		s = start(t, data, settings)
		require.GreaterOrEqual(t, s.waiting(t), len(sent.acknowledged(t)))
		require.NoError(t, s.send(t, one("test")))
	})
}

// some sends a few batches, which are acknowledged.
func (l *load) some(t *testing.T, s *server, began time.Time) {
	t.Helper()
	for range 20 {
		batch := l.next()
		require.NoError(t, s.send(t, logsOf(batch, began)))
		l.acknowledge(batch)
	}
}

// waiting is how many events the spool holds, the program's own among them.
func (s *server) waiting(t *testing.T) (n int) {
	t.Helper()
	status := s.command(t, "status")
	_, after, _ := strings.Cut(status, "waiting")
	_, err := fmt.Sscan(after, &n)
	require.NoError(t, err, status)
	return n
}

func (s *server) requireReadOnly(t *testing.T) {
	t.Helper()
	err := s.send(t, one("test"))
	require.Equal(t, codes.Unavailable, status.Code(err), "%v", err)
	require.ErrorContains(t, err, "read-only")
	code, body := s.post(t, "/v1/logs", protobuf, encode(t, one("test")))
	require.Equal(t, http.StatusServiceUnavailable, code, body)
	require.Contains(t, body, "read-only")
	require.Regexp(t, "attention: Senders are told to come again: .*read-only", s.command(t, "status"))
}
