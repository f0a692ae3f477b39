package elasticsearch_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/internal/elasticsearchtest"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/elasticsearch"
	"github.com/auditlog/auditlog/store/storetest"
)

const (
	crashDirectory = "AUDITLOG_TEST_CRASH_DIRECTORY" // makes the test binary the one that is killed
	crashNode      = "AUDITLOG_TEST_CRASH_NODE"
	crashIndex     = "AUDITLOG_TEST_CRASH_INDEX"
	crashFirst     = "AUDITLOG_TEST_CRASH_FIRST" // number of the first event
	crashTime      = "AUDITLOG_TEST_CRASH_TIME"  // of all events, s: so that midnight makes no other day of them
	crashWriters   = 4
	crashBatch     = 5
)

// writeUntilKilled is the other process. It prints the first number of each batch
// that was acknowledged.
func writeUntilKilled() {
	o := elasticsearch.Options{
		ElasticsearchConfig: store.DefaultElasticsearch(), Path: os.Getenv(crashDirectory), Retention: storetest.Retention,
		RefreshEvery: time.Millisecond, RetryAtMost: 20 * time.Millisecond,
	}
	o.URLs, o.Index, o.Replicas = []string{os.Getenv(crashNode)}, os.Getenv(crashIndex), 0
	o.ElasticsearchConfig.Retention.Method = elasticsearch.Own
	s, err := elasticsearch.Open(context.Background(), o)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	first, _ := strconv.Atoi(os.Getenv(crashFirst))
	at, _ := strconv.ParseInt(os.Getenv(crashTime), 10, 64)
	for w := range crashWriters {
		go func() {
			for n := first + w*crashBatch; ; n += crashWriters * crashBatch {
				var events []audit.Event
				for i := range crashBatch {
					events = append(events, eventAt(n+i, time.Unix(at, int64(n+i))))
				}
				if err := s.Write(context.Background(), store.Batch{Events: events}); err != nil {
					fmt.Println(err)
					os.Exit(1)
				}
				fmt.Println(n)
				time.Sleep(time.Millisecond) // so that shipping keeps up
			}
		}()
	}
	select {}
}

// killDuringLoad starts the other process, kills it after some batches, and
// returns the first numbers of the acknowledged ones.
func killDuringLoad(t *testing.T, o elasticsearch.Options, node string, at time.Time, first, batches int) (acknowledged []int) {
	t.Helper()
	executable, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(executable)
	cmd.Env = append(os.Environ(), crashDirectory+"="+o.Path, crashNode+"="+node, crashIndex+"="+o.Index, crashFirst+"="+strconv.Itoa(first),
		crashTime+"="+strconv.FormatInt(at.Unix(), 10))
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
		if acknowledged = append(acknowledged, n); len(acknowledged) == batches {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	require.Error(t, cmd.Wait(), "killed")
	return acknowledged
}

func TestKilled(t *testing.T)     { killed(t, 12) }
func TestSoakKilled(t *testing.T) { soak(t); killed(t, 200) }

// soak skips what takes long, unless it is asked for by its name.
func soak(t *testing.T) {
	t.Helper()
	if os.Getenv("AUDITLOG_TEST_SOAK") == "" {
		t.Skip("takes minutes; set AUDITLOG_TEST_SOAK=1")
	}
}

// killed kills the program again and again, with the cluster there and away.
func killed(t *testing.T, rounds int) {
	node := elasticsearchtest.Shared(t)
	o := options(t, node, t.TempDir())
	random := rand.New(rand.NewPCG(1, uint64(rounds)))
	acknowledged := map[string]bool{}
	next, at := 0, time.Now()
	for round := range rounds {
		target := node
		if round%3 == 2 {
			target = "http://127.0.0.1:1"
		}
		for _, n := range killDuringLoad(t, o, target, at, next, 1+random.IntN(120)) {
			for i := range crashBatch {
				acknowledged[fmt.Sprintf("event-%d", n+i)] = true
			}
			next = max(next, n+crashBatch)
		}
	}
	s := open(t, o)
	x := settle(t, s)
	require.Zero(t, x.DeadLetters)
	found := map[string]int{}
	q := store.Query{Start: time.Now().Add(-24 * time.Hour), End: time.Now().Add(time.Hour), Limit: 1000}
	for {
		page, err := s.Search(t.Context(), owner, q)
		require.NoError(t, err)
		for i := range page.Events {
			found[page.Events[i].Text(audit.EntityID)]++
		}
		if q.After = page.Next; page.Next == nil {
			break
		}
	}
	for id := range acknowledged {
		require.Positive(t, found[id], "acknowledged %s", id)
	}
	total := 0
	for id, n := range found {
		total += n
		require.Equal(t, 1, n, id)
	}
	require.EqualValues(t, total, x.Stored)
}
