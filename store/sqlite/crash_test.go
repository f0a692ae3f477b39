package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/sqlite"
)

const (
	crashDirectory = "AUDITLOG_TEST_CRASH_DIRECTORY" // makes the test binary the one that is killed
	crashFirst     = "AUDITLOG_TEST_CRASH_FIRST"     // number of the first event
	crashWriters   = 4
	crashBatch     = 5
)

// crashEvent spreads events over three days.
func crashEvent(n int) audit.Event {
	return event(n, noon.Add(-time.Duration(n%3)*24*time.Hour-time.Duration(n)*time.Millisecond))
}

// writeUntilKilled is the other process. It prints the first number of each batch
// that was acknowledged.
func writeUntilKilled(directory string) {
	s, err := sqlite.Open(context.Background(), sqlite.Options{Path: directory, Now: func() time.Time { return noon }, Reserve: 4096})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	first, _ := strconv.Atoi(os.Getenv(crashFirst))
	for w := range crashWriters {
		go func() {
			for n := first + w*crashBatch; ; n += crashWriters * crashBatch {
				var b store.Batch
				for i := range crashBatch {
					b.Events = append(b.Events, crashEvent(n+i))
				}
				if n > crashBatch { // a retry of what was stored, and of what may have been
					b.Events = append(b.Events, crashEvent(n-crashBatch))
				}
				if err := s.Write(context.Background(), b); err != nil {
					fmt.Println(err)
					os.Exit(1)
				}
				fmt.Println(n)
			}
		}()
	}
	select {}
}

// killDuringLoad starts the other process, kills it after some batches, and
// returns the first numbers of the acknowledged ones.
func killDuringLoad(t *testing.T, directory string, first, batches int) (acknowledged []int) {
	t.Helper()
	executable, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(executable)
	cmd.Env = append(os.Environ(), crashDirectory+"="+directory, crashFirst+"="+strconv.Itoa(first))
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		n, err := strconv.Atoi(strings.TrimSpace(line))
		require.NoError(t, err, "the other process said %q", line)
		acknowledged = append(acknowledged, n)
		if len(acknowledged) == batches {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	require.Error(t, cmd.Wait(), "killed")
	return acknowledged
}

func TestKilled(t *testing.T) {
	directory := t.TempDir()
	acknowledged := make(map[string]bool)
	next := 0
	for round := range 24 {
		for _, n := range killDuringLoad(t, directory, next, 1+round*2) {
			for i := range crashBatch {
				acknowledged[fmt.Sprintf("event-%d", n+i)] = true
			}
			next = max(next, n+crashBatch)
		}
	}
	s := open(t, directory, newClock().now)
	found := entityIDs(t, s)
	for id := range acknowledged {
		require.Equal(t, 1, found[id], "acknowledged %s", id)
	}
	for id, n := range found {
		require.Equal(t, 1, n, id)
	}
	x := status(t, s)
	require.EqualValues(t, len(found), x.Stored)
	require.Positive(t, x.Duplicates)
}

// copyStore copies the files of an open store, as a power cut would leave them:
// without the shared memory.
func copyStore(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(to, 0o700))
	entries, err := os.ReadDir(from)
	require.NoError(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), "-shm") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(from, e.Name()))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(to, e.Name()), content, 0o600))
	}
}

func TestHalfWrittenLog(t *testing.T) {
	directory := t.TempDir()
	s := open(t, directory, newClock().now)
	const batches, size = 30, 4
	var logSize [batches]int64 // after each acknowledgement
	log := dayFile(directory, noon) + "-wal"
	for b := range batches {
		var events []audit.Event
		for i := range size {
			events = append(events, event(b*size+i, noon.Add(-time.Duration(b)*time.Second)))
		}
		require.NoError(t, s.Write(t.Context(), batch(events...)))
		info, err := os.Stat(log)
		require.NoError(t, err)
		logSize[b] = info.Size()
	}
	whole := filepath.Join(t.TempDir(), "whole")
	copyStore(t, directory, whole)
	random := rand.New(rand.NewPCG(1, 2))
	for range 25 {
		cut := random.Int64N(logSize[batches-1]-logSize[0]) + logSize[0]
		t.Run(fmt.Sprintf("%d bytes", cut), func(t *testing.T) {
			half := filepath.Join(t.TempDir(), "half")
			copyStore(t, whole, half)
			log := dayFile(half, noon) + "-wal"
			require.NoError(t, os.Truncate(log, cut))
			if cut%2 == 0 { // a block that was never written
				f, err := os.OpenFile(log, os.O_WRONLY|os.O_APPEND, 0)
				require.NoError(t, err)
				_, err = f.Write(make([]byte, 5000))
				require.NoError(t, err)
				require.NoError(t, f.Close())
			}
			s := open(t, half, newClock().now)
			found := entityIDs(t, s)
			kept := 0
			for b := range batches {
				if logSize[b] <= cut {
					kept++
				}
			}
			require.Len(t, found, kept*size, "whole batches up to the cut")
			require.EqualValues(t, kept*size, status(t, s).Stored)
			require.NoError(t, s.Write(t.Context(), batch(event(0, noon), event(-1, noon))))
			require.Len(t, entityIDs(t, s), kept*size+1)
		})
	}
}
