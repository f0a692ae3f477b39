package sqlite_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/sqlite"
)

var powerCuts = flag.Int("power-cuts", 40, "moments at which TestPowerCut cuts the power, three ways each")

const (
	orderDirectory = "AUDITLOG_TEST_ORDER_DIRECTORY" // makes the test binary the one that is traced
	orderBatches   = 50
	orderBatch     = 5
)

func init() { otherProcesses[orderDirectory] = writeTraced }

// orderEvent spreads events over two days.
func orderEvent(n int) audit.Event {
	return event(n, noon.Add(-time.Duration(n%2)*24*time.Hour-time.Duration(n)*time.Millisecond))
}

// writeTraced is the other process: it writes, seals now and then, and says what
// is acknowledged.
func writeTraced(directory string) {
	s, err := sqlite.Open(context.Background(), sqlite.Options{
		Path: directory, Now: func() time.Time { return noon }, SegmentSize: 30, Reserve: 4096,
	})
	for n := 0; err == nil && n < orderBatches; n++ {
		var b store.Batch
		for i := range orderBatch {
			b.Events = append(b.Events, orderEvent(n*orderBatch+i))
		}
		if err = s.Write(context.Background(), b); err == nil {
			fmt.Printf("acknowledged %d\n", n)
		}
		if err == nil && n%13 == 12 {
			err = s.Seal(context.Background())
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// An operation is what the process did to its files, in the order in which it did.
type operation struct {
	kind string // write, cut, sync, create, remove, acknowledge
	path string
	at   int64
	data []byte
	n    int
}

// trace runs the other process under strace.
func trace(t *testing.T, directory string) []operation {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("strace is missing")
		}
		t.Skip("strace is missing")
	}
	executable, err := os.Executable()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command("strace", "-f", "-qq", "-y", "-xx", "-s", "10000000", "-e", "signal=none",
		"-e", "trace=open,openat,creat,write,pwrite64,pwritev,ftruncate,fallocate,fsync,fdatasync,unlink,unlinkat,rename,renameat", "-o", file, executable)
	cmd.Env = append(os.Environ(), orderDirectory+"="+directory)
	out, err := cmd.CombinedOutput()
	if err != nil && os.Getenv("CI") != "true" && strings.Contains(string(out), "ptrace") {
		t.Skip("strace may not trace here")
	}
	require.NoError(t, err, string(out))
	return parseTrace(t, file, directory)
}

var (
	unfinished = regexp.MustCompile(`^(\d+) +(.*) <unfinished \.\.\.>$`)
	resumed    = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)
	call       = regexp.MustCompile(`^\d+ +(\w+)\((.*)\) += (-?\d+)(<[^>]*>)?`)
)

// parseTrace returns what was done to files of the directory, each call when it
// had returned.
func parseTrace(t *testing.T, file, directory string) (all []operation) {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<28)
	begun := make(map[string]string)
	for lines.Scan() {
		line := lines.Text()
		if m := unfinished.FindStringSubmatch(line); m != nil {
			begun[m[1]] = m[1] + " " + m[2]
			continue
		}
		if m := resumed.FindStringSubmatch(line); m != nil {
			line = begun[m[1]] + m[2]
		}
		if m := call.FindStringSubmatch(line); m != nil && !strings.HasPrefix(m[3], "-") {
			all = append(all, parseCall(t, m[1], m[2], directory)...)
		}
	}
	require.NoError(t, lines.Err())
	return all
}

var (
	quoted     = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
	descriptor = regexp.MustCompile(`^(\d+)<((?:\\x[0-9a-f]{2}|[^>])*)>`)
)

func unescape(t *testing.T, s string) []byte {
	t.Helper()
	if !strings.HasPrefix(s, `\x`) {
		return []byte(s)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	require.NoError(t, err)
	return b
}

func parseCall(t *testing.T, name, args, directory string) []operation {
	t.Helper()
	path := ""
	if m := descriptor.FindStringSubmatch(args); m != nil {
		path = string(unescape(t, m[2]))
		if name == "write" && m[1] == "1" {
			var n int
			data := unescape(t, quoted.FindStringSubmatch(args)[1])
			if _, err := fmt.Sscanf(string(data), "acknowledged %d\n", &n); err == nil {
				return []operation{{kind: "acknowledge", n: n}}
			}
			return nil
		}
	}
	fields := strings.Split(args, ", ")
	last, _ := strconv.ParseInt(fields[len(fields)-1], 10, 64)
	o := operation{path: path, at: last}
	switch name {
	case "pwrite64":
		o.kind, o.data = "write", unescape(t, quoted.FindStringSubmatch(args)[1])
	case "write":
		o.kind, o.at, o.data = "append", 0, unescape(t, quoted.FindStringSubmatch(args)[1])
	case "ftruncate":
		o.kind = "cut"
	case "fsync", "fdatasync":
		o.kind = "sync"
	case "unlink":
		o.kind, o.path = "remove", string(unescape(t, quoted.FindStringSubmatch(args)[1]))
	case "unlinkat":
		o.kind, o.path = "remove", string(unescape(t, quoted.FindStringSubmatch(args)[1]))
	case "open", "openat":
		if !strings.Contains(args, "O_CREAT") {
			return nil
		}
		o.kind, o.path = "create", string(unescape(t, quoted.FindStringSubmatch(args)[1]))
	default:
		if strings.Contains(args, hex.EncodeToString([]byte(directory))) || strings.HasPrefix(path, directory) {
			t.Fatalf("%s(%s): this test does not know that call", name, args)
		}
		return nil
	}
	if o.path != directory && !strings.HasPrefix(o.path, directory+"/") || strings.HasSuffix(o.path, "-shm") {
		return nil // shared memory does not outlive a power cut
	}
	return []operation{o}
}

// A cut says what of the operations that were not synced reached the disk.
type cut int

const (
	everything cut = iota // the process was killed, and not the machine
	onlySynced
	anything // any of them, and of the last write of a file any part
)

// replay makes the directory that a power cut after the operations leaves.
func replay(t *testing.T, done []operation, from, to string, c cut, r *rand.Rand) {
	t.Helper()
	require.NoError(t, os.MkdirAll(to, 0o700))
	synced := make(map[string]int) // up to which operation
	for i, o := range done {
		if o.kind == "sync" {
			synced[o.path] = i
		}
	}
	files := make(map[string][]byte)
	for i, o := range done {
		inDirectory := o.kind == "create" || o.kind == "remove"
		safe := i < synced[o.path] || inDirectory && i < synced[from]
		if !safe && (c == onlySynced || c == anything && r.IntN(2) == 0) {
			continue
		}
		content, there := files[o.path]
		switch o.kind {
		case "create":
			if !there {
				files[o.path] = []byte{}
			}
		case "remove":
			delete(files, o.path)
		case "cut":
			if there {
				files[o.path] = append(content[:min(o.at, int64(len(content)))], make([]byte, max(0, o.at-int64(len(content))))...)
			}
		case "append", "write":
			if !there {
				continue // its name was lost
			}
			data := o.data
			if !safe && c == anything {
				data = data[:r.IntN(len(data)+1)]
			}
			if o.kind == "append" {
				o.at = int64(len(content))
			}
			if end := o.at + int64(len(data)); end > int64(len(content)) {
				content = append(content, make([]byte, end-int64(len(content)))...)
			}
			copy(content[o.at:], data)
			files[o.path] = content
		}
	}
	for path, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(to, filepath.Base(path)), content, 0o600))
	}
}

// Whenever the power is cut, and whatever of the writes that were not synced yet
// reached the disk: what was acknowledged is there once, and nothing else but
// what was sent.
func TestPowerCut(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "store")
	all := trace(t, directory)
	sent := 0
	for _, o := range all {
		if o.kind == "acknowledge" {
			sent++
		}
	}
	require.Equal(t, orderBatches, sent)
	r := rand.New(rand.NewPCG(5, 6))
	for n := range *powerCuts {
		at := len(all)
		if n > 0 {
			at = r.IntN(len(all))
		}
		for c := everything; c <= anything; c++ {
			to := filepath.Join(t.TempDir(), fmt.Sprintf("%d-%d", at, c))
			replay(t, all[:at], directory, to, c, r)
			requireAcknowledged(t, all[:at], to, fmt.Sprintf("operation %d of %d, cut %d", at, len(all), c))
		}
	}
}

func requireAcknowledged(t *testing.T, done []operation, directory, when string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: directory, Now: newClock().now, SegmentSize: 30, Reserve: 4096})
	require.NoError(t, err, when)
	defer func() { require.NoError(t, s.Close()) }()
	require.Empty(t, status(t, s).Problem, when)
	found := entityIDs(t, s)
	for _, o := range done {
		if o.kind != "acknowledge" {
			continue
		}
		for i := range orderBatch {
			require.Equal(t, 1, found[fmt.Sprintf("event-%d", o.n*orderBatch+i)], "event %d, %s", o.n*orderBatch+i, when)
		}
	}
	for id, n := range found {
		number, err := strconv.Atoi(strings.TrimPrefix(id, "event-"))
		require.NoError(t, err)
		require.Equal(t, 1, n, "%s, %s", id, when)
		require.Less(t, number, orderBatches*orderBatch, when)
	}
}
