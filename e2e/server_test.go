package e2e_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/internal/loopback"
)

// patience is the longest that a test waits for something that must happen.
const patience = time.Minute

// server is a running auditlog.
type server struct {
	dir  string // store.path
	grpc string
	http string
	page string // of the owner

	metrics string
	cmd     *exec.Cmd
	output  *output
	exited  chan struct{}
}

// start runs the program on dir with ports of its own, and waits until it is
// healthy. settings is YAML that is added to the configuration.
func start(t *testing.T, dir, settings string) *server {
	t.Helper()
	s := launch(t, dir, settings)
	s.awaitHealth(t)
	return s
}

func launch(t *testing.T, dir, settings string) *server {
	t.Helper()
	ports := freePorts(t, 5)
	s := &server{dir: dir, grpc: ports[0], http: ports[1], page: ports[2], metrics: ports[3], output: &output{}, exited: make(chan struct{})}
	file := filepath.Join(t.TempDir(), "auditlog.yaml")
	telemetry := fmt.Sprintf("telemetry: {metrics: {endpoint: %q}, health: {endpoint: %q}}\n", s.metrics, ports[4])
	require.NoError(t, os.WriteFile(file, []byte(telemetry+settings), 0o600))
	s.cmd = exec.Command(program, "--config", file, "--store.path", dir,
		"--receiver.grpc.endpoint", s.grpc, "--receiver.http.endpoint", s.http, "--search.endpoint", s.page)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	s.cmd.Env = environ()
	require.NoError(t, s.cmd.Start())
	go func() {
		defer close(s.exited)
		_ = s.cmd.Wait() // the state is read from cmd.ProcessState
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // it may have ended
		<-s.exited
		if t.Failed() {
			t.Logf("output of auditlog:\n%s", s.output)
		}
		require.NotContains(t, s.output.String(), "DATA RACE")
	})
	return s
}

// environ is the environment without settings of whoever runs the tests.
func environ(extra ...string) []string {
	var env []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "AUDITLOG_") && !strings.HasPrefix(pair, "OTEL_") {
			env = append(env, pair)
		}
	}
	return append(env, extra...)
}

func (s *server) awaitHealth(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		resp, err := http.Get("http://" + s.page + "/healthz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-s.exited:
			require.FailNow(t, "auditlog ended at its start", s.output.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	require.FailNow(t, "auditlog is not healthy", s.output.String())
}

// stop interrupts the server as Ctrl-C does, and returns its exit code.
func (s *server) stop(t *testing.T) int {
	t.Helper()
	require.NoError(t, s.cmd.Process.Signal(os.Interrupt))
	return s.wait(t)
}

// kill ends the server without a chance to finish anything.
func (s *server) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGKILL))
	s.wait(t)
}

func (s *server) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-s.exited:
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		require.FailNow(t, "auditlog does not end", s.output.String())
		return 0
	}
}

// command runs a command of the program beside the server and returns what it
// printed on stdout, without the last newline.
func (s *server) command(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, code := run(t, nil, append(args, "--store.path", s.dir)...)
	require.Zero(t, code, "auditlog %s: %s", strings.Join(args, " "), stderr)
	return strings.TrimSuffix(stdout, "\n")
}

func (s *server) ownerToken(t *testing.T) string {
	t.Helper()
	return s.command(t, "token", "create", "--name", "owner-"+strconv.FormatInt(time.Now().UnixNano(), 36))
}

func (s *server) senderToken(t *testing.T, name string) string {
	t.Helper()
	return s.command(t, "token", "create", "--kind", "sender", "--name", name)
}

// run runs the program to its end.
func run(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdout, cmd.Stderr, cmd.Env = &out, &errs, environ(env...)
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// metric returns the sum of a counter over its series that have the labels,
// each as name="value".
func (s *server) metric(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	sum := 0.0
	lines := bufio.NewScanner(strings.NewReader(s.metricsPage(t)))
	for lines.Scan() {
		found := strings.FieldsFunc(lines.Text(), func(r rune) bool { return r == '{' || r == ' ' })
		if len(found) < 2 || strings.TrimSuffix(found[0], "_total") != name || !containsAll(lines.Text(), labels) {
			continue
		}
		n, err := strconv.ParseFloat(found[len(found)-1], 64)
		require.NoError(t, err, lines.Text())
		sum += n
	}
	return sum
}

func containsAll(s string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(s, part) {
			return false
		}
	}
	return true
}

func (s *server) metricsPage(t *testing.T) string {
	t.Helper()
	resp, err := http.Get("http://" + s.metrics + "/metrics")
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

// requireNowhere fails where the secret is on disk, in the log output or on the
// page of metrics.
func (s *server) requireNowhere(t *testing.T, secret string) {
	t.Helper()
	require.NotContains(t, s.metricsPage(t), secret)
	s.requireNoneOnDisk(t, secret)
}

// requireNoneOnDisk fails where the secret is in a file below the data directory
// or in the log output.
func (s *server) requireNoneOnDisk(t *testing.T, secret string) {
	t.Helper()
	require.NotContains(t, s.output.String(), secret)
	files := 0
	err := filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a file of SQLite's own that came and went
		}
		files++
		require.False(t, bytes.Contains(data, []byte(secret)), "%q is in %s", secret, path)
		return err
	})
	require.NoError(t, err)
	require.Positive(t, files, "there is nothing on disk to look at")
}

// freePorts returns loopback addresses that nothing listens at.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	addresses, err := loopback.Free(n)
	require.NoError(t, err)
	return addresses
}

// output collects what a process prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
