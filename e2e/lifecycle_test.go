package e2e_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
)

// TestRestart finds everything again after Ctrl-C.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	first := start(t, dir, "")
	owner := first.ownerToken(t)
	require.NoError(t, first.send(t, newLogs("shop", 100, func(i int, r plog.LogRecord) { r.Attributes().PutInt("entity.id", int64(i)) })))
	before := from(first.events(t, owner), "shop")
	require.Len(t, before, 100)
	require.Zero(t, first.stop(t), "exit code after Ctrl-C")

	second := start(t, dir, "")
	require.Equal(t, before, from(second.events(t, owner), "shop"))
	require.Zero(t, second.stop(t))
}

// TestAcknowledgedIsKept ends the server while it is sent to, and looks for
// every event that it acknowledged.
func TestAcknowledgedIsKept(t *testing.T) {
	dir := t.TempDir()
	began := time.Now()
	var sent load
	end := []func(*server, *testing.T){(*server).kill, (*server).kill, func(s *server, t *testing.T) { require.Zero(t, s.stop(t)) }, (*server).kill}
	for round, end := range end {
		s := start(t, dir, "")
		sent.during(t, s, began, func() { end(s, t) })

		s = start(t, dir, "")
		owner := s.ownerToken(t)
		stored := count(from(s.events(t, owner), loadService))
		for id := range sent.acknowledged(t) {
			require.Equal(t, 1, stored[id], "round %d: event %s was acknowledged and is stored so often", round, id)
		}
		sent.retryAll(t, s, began)
		stored = count(from(s.events(t, owner), loadService))
		require.Len(t, stored, len(sent.batches)*batchSize)
		for id, n := range stored {
			require.Equal(t, 1, n, "round %d: event %s after it was sent again", round, id)
		}
		require.Zero(t, s.stop(t))
	}
}

const (
	loadService = "load"
	batchSize   = 20
	senders     = 4
)

// load is what was sent to a server that ended meanwhile: the numbers of the
// batches, and whether each was acknowledged.
type load struct {
	mu      sync.Mutex
	batches []bool
}

// next returns the number of a batch that was not sent before.
func (l *load) next() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batches = append(l.batches, false)
	return len(l.batches) - 1
}

func (l *load) acknowledge(batch int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batches[batch] = true
}

// during sends with several senders until end, which is called in the middle of
// it, has ended the server.
func (l *load) during(t *testing.T, s *server, began time.Time, end func()) {
	t.Helper()
	client := plogotlp.NewGRPCClient(s.dial(t))
	var acknowledged atomic.Int64
	enough := make(chan struct{})
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for {
				batch := l.next()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				_, err := client.Export(ctx, plogotlp.NewExportRequestFromLogs(logsOf(batch, began)))
				cancel()
				if err != nil {
					return
				}
				l.acknowledge(batch)
				if acknowledged.Add(1) == 25 {
					close(enough)
				}
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(patience):
		require.FailNow(t, "too little is acknowledged", s.output.String())
	}
	end()
	wg.Wait()
}

func (l *load) retryAll(t *testing.T, s *server, began time.Time) {
	t.Helper()
	client := plogotlp.NewGRPCClient(s.dial(t))
	for batch := range l.batches {
		_, err := client.Export(t.Context(), plogotlp.NewExportRequestFromLogs(logsOf(batch, began)))
		require.NoError(t, err)
		l.batches[batch] = true
	}
}

// acknowledged returns the entity ids of the events that were acknowledged.
func (l *load) acknowledged(t *testing.T) map[string]bool {
	t.Helper()
	ids := map[string]bool{}
	for batch, acknowledged := range l.batches {
		for i := range batchSize {
			if acknowledged {
				ids[entityID(batch, i)] = true
			}
		}
	}
	require.NotEmpty(t, ids)
	return ids
}

// logsOf returns the same records for the same batch, as a retry has them.
func logsOf(batch int, began time.Time) plog.Logs {
	return newLogs(loadService, batchSize, func(i int, r plog.LogRecord) {
		r.SetTimestamp(pcommon.NewTimestampFromTime(began.Add(time.Duration(batch) * time.Millisecond)))
		r.Attributes().PutStr("entity.id", entityID(batch, i))
	})
}

func entityID(batch, i int) string { return fmt.Sprintf("%d-%d", batch, i) }

func count(events []event) map[string]int {
	n := map[string]int{}
	for _, e := range events {
		n[e["entity.id"].(string)]++
	}
	return n
}

// TestTwoServersOneDirectory refuses the second, and the first goes on.
func TestTwoServersOneDirectory(t *testing.T) {
	s := start(t, t.TempDir(), "")
	second := launch(t, s.dir, "")
	require.NotZero(t, second.wait(t))
	require.Contains(t, second.output.String(), "in use by a running auditlog")
	require.NotContains(t, second.output.String(), "goroutine")
	s.requireGoesOn(t)
}

// requireGoesOn sends an event and finds it.
func (s *server) requireGoesOn(t *testing.T) {
	t.Helper()
	service := fmt.Sprintf("goes on %d", time.Now().UnixNano())
	require.NoError(t, s.send(t, one(service)))
	require.Len(t, from(s.events(t, s.ownerToken(t)), service), 1)
}

// TestCannotStart lists what keeps the server from starting, and what it says.
func TestCannotStart(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = busy.Close() })
	taken := busy.Addr().String()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	ports := freePorts(t, 3)

	for name, test := range map[string]struct {
		args     []string
		settings string
		want     []string
	}{
		"gRPC port in use":         {args: []string{"--receiver.grpc.endpoint", taken}, want: []string{"receiver.grpc.endpoint", taken, "address already in use"}},
		"HTTP port in use":         {args: []string{"--receiver.http.endpoint", taken}, want: []string{"receiver.http.endpoint", taken, "address already in use"}},
		"page's port in use":       {args: []string{"--search.endpoint", taken}, want: []string{"search.endpoint", taken, "address already in use"}},
		"directory is a file":      {args: []string{"--store.path", file}, want: []string{"store.path", file, "not a directory"}},
		"directory cannot be made": {args: []string{"--store.path", "/proc/auditlog"}, want: []string{"store.path", "/proc/auditlog"}},
		"unknown setting":          {settings: "reciever: {grpc: {endpoint: x}}", want: []string{"reciever", "receiver"}},
		"unknown nested setting":   {settings: "store: {pth: x}", want: []string{"store.pth", "path"}},
		"wrong type":               {settings: "store: {retention: [1]}", want: []string{"store.retention"}},
		"not YAML":                 {settings: "store: {", want: []string{"auditlog.yaml"}},
		"wrong size":               {settings: "receiver: {max_request_size: many}", want: []string{"receiver.max_request_size", "many"}},
		"everything at once":       {settings: "store: {retention: 1h}\nsearch: {endpoint: nowhere}", want: []string{"store.retention", "search.endpoint"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "auditlog.yaml")
			metrics := fmt.Sprintf("telemetry: {metrics: {endpoint: %q}, health: {endpoint: \"\"}}\n", freePorts(t, 1)[0])
			require.NoError(t, os.WriteFile(config, []byte(metrics+test.settings), 0o600))
			args := []string{"--config", config, "--receiver.grpc.endpoint", ports[0], "--receiver.http.endpoint", ports[1]}
			if test.settings == "" {
				args = append(args, "--store.path", t.TempDir(), "--search.endpoint", ports[2])
			}
			_, stderr, code := run(t, nil, append(args, test.args...)...)
			require.NotZero(t, code)
			for _, want := range test.want {
				require.Contains(t, stderr, want)
			}
			require.NotContains(t, stderr, "goroutine ")
		})
	}
}

// TestDirectoryIsPrivate holds the permissions of what is on disk.
func TestDirectoryIsPrivate(t *testing.T) {
	s := start(t, filepath.Join(t.TempDir(), "data"), "")
	require.NoError(t, s.send(t, one("shop")))
	s.ownerToken(t)
	err := filepath.Walk(s.dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			require.Zero(t, info.Mode().Perm()&0o077, "%s has mode %s", path, info.Mode())
		}
		return err
	})
	require.NoError(t, err)
}
