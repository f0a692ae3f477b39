package elasticsearch_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/internal/elasticsearchtest"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/elasticsearch"
)

var owner = store.Caller{Name: "owner", Accounts: []string{"acme"}}

// patience is how long a test waits for what must happen.
const patience = 2 * time.Minute

// event makes event number n of account acme, of now.
func event(n int) audit.Event { return eventAt(n, time.Now().Add(-time.Duration(n)*time.Millisecond)) }

func eventAt(n int, at time.Time) audit.Event {
	id := fmt.Sprintf("event-%d", n)
	var e audit.Event
	e.ID = audit.ID{Day: audit.DayOf(at), Hash: audit.ClientHash("acme", "test", id)}
	e.Fingerprint = sha256.Sum256([]byte(id))
	e.SetInstant(audit.Time, at)
	e.SetInstant(audit.Received, at.Add(time.Millisecond))
	e.SetText(audit.Account, "acme")
	e.SetText(audit.EntityID, id)
	e.SetText(audit.Method, "POST")
	return e
}

func write(t testing.TB, s store.Writer, events ...audit.Event) {
	t.Helper()
	require.NoError(t, s.Write(context.Background(), store.Batch{Events: events}))
}

func status(t testing.TB, s store.Store) store.Status {
	t.Helper()
	x, err := s.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, x.Accepted, x.Stored+x.Duplicates+x.DeadLetters+x.Waiting, "the sum of %+v", x)
	return x
}

func settle(t testing.TB, s store.Store) store.Status {
	t.Helper()
	var last store.Status
	require.Eventually(t, func() bool { last = status(t, s); return last.Waiting == 0 }, patience, 5*time.Millisecond, "still waiting: %+v", &last)
	return last
}

// requireEach checks that events first to last-1 are there, once each, and nothing
// else.
func requireEach(t testing.TB, s store.Store, first, last int) {
	t.Helper()
	found := map[string]int{}
	q := store.Query{Start: time.Now().Add(-20 * 24 * time.Hour), End: time.Now().Add(time.Hour), Limit: 1000}
	for {
		page, err := s.Search(context.Background(), owner, q)
		require.NoError(t, err)
		for i := range page.Events {
			found[page.Events[i].Text(audit.EntityID)]++
		}
		if q.After = page.Next; page.Next == nil {
			break
		}
	}
	require.Len(t, found, last-first)
	for n := first; n < last; n++ {
		require.Equal(t, 1, found[fmt.Sprintf("event-%d", n)], n)
	}
}

// isBulk reports whether a request writes events.
func isBulk(r *http.Request) bool { return r.URL.Path == "/_bulk" }

func elasticHeader(w http.ResponseWriter) {
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	w.Header().Set("Content-Type", "application/json")
}

func TestFaultsOnTheWay(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	for name, fault := range map[string]func(w http.ResponseWriter, r *http.Request, forward func() answer) bool{
		"503": func(w http.ResponseWriter, r *http.Request, _ func() answer) bool {
			elasticHeader(w)
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"error":{"type":"cluster_block_exception","reason":"blocked"},"status":503}`)
			return true
		},
		"429 with Retry-After": func(w http.ResponseWriter, r *http.Request, _ func() answer) bool {
			elasticHeader(w)
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		},
		"429 without Retry-After": func(w http.ResponseWriter, r *http.Request, _ func() answer) bool {
			elasticHeader(w)
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, `{"error":{"type":"es_rejected_execution_exception","reason":"too busy"},"status":429}`)
			return true
		},
		"401": func(w http.ResponseWriter, r *http.Request, _ func() answer) bool {
			elasticHeader(w)
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":{"type":"security_exception","reason":"no"},"status":401}`)
			return true
		},
		"a proxy's page": func(w http.ResponseWriter, r *http.Request, _ func() answer) bool {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<html>Welcome</html>")
			return true
		},
		"reset before the reply": func(w http.ResponseWriter, r *http.Request, _ func() answer) bool {
			hangUp(w)
			return true
		},
		"reset after it was stored": func(w http.ResponseWriter, r *http.Request, forward func() answer) bool {
			forward()
			hangUp(w)
			return true
		},
		"half of the reply": func(w http.ResponseWriter, r *http.Request, forward func() answer) bool {
			half(w, forward())
			return true
		},
		"a reply that is cut and well-formed": func(w http.ResponseWriter, r *http.Request, forward func() answer) bool {
			forward()
			elasticHeader(w)
			fmt.Fprint(w, `{"errors":false,"items":[{"create":{"status":201}}]}`)
			return true
		},
		"a reply after the timeout": func(w http.ResponseWriter, r *http.Request, forward func() answer) bool {
			forward()
			<-r.Context().Done()
			return true
		},
		"413": func(w http.ResponseWriter, r *http.Request, forward func() answer) bool {
			if r.ContentLength < 6000 {
				return false
			}
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProxy(t, node)
			o := options(t, p.URL, t.TempDir())
			o.Timeout = 2 * time.Second
			s := open(t, o)
			var faults atomic.Int64
			p.breakWith(func(w http.ResponseWriter, r *http.Request, forward func() answer) bool {
				return isBulk(r) && faults.Add(1) <= 4 && fault(w, r, forward)
			})
			for n := range 10 {
				var events []audit.Event
				for i := range 50 {
					events = append(events, event(n*50+i))
				}
				write(t, s, events...)
			}
			write(t, s, event(3), event(7)) // sent again
			x := settle(t, s)
			require.EqualValues(t, 500, x.Stored, "however often it was sent, it was stored once")
			require.EqualValues(t, 2, x.Duplicates)
			require.Positive(t, faults.Load())
			requireEach(t, s, 0, 500)
		})
	}
}

func TestResetInTheMiddleOfARequest(t *testing.T) {
	p := newProxy(t, elasticsearchtest.Shared(t))
	var resets atomic.Int64
	p.interrupt = func(r *http.Request) bool { return isBulk(r) && resets.Add(1) <= 4 }
	s := open(t, options(t, p.URL, t.TempDir()))
	for n := range 10 {
		write(t, s, event(2*n), event(2*n+1))
	}
	require.EqualValues(t, 20, settle(t, s).Stored)
	require.Greater(t, resets.Load(), int64(4))
	requireEach(t, s, 0, 20)
}

// TestFailover: nodes that are not there, and one that is.
func TestFailover(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	o := options(t, node, t.TempDir())
	o.URLs = []string{"http://127.0.0.1:1", node, "http://127.0.0.1:2"}
	s := open(t, o)
	for n := range 20 {
		write(t, s, event(n))
	}
	require.EqualValues(t, 20, settle(t, s).Stored)
	requireEach(t, s, 0, 20)
	require.Empty(t, status(t, s).Problem)
}

// load writes events, one after the other, until it is stopped. It returns how many
// were acknowledged.
func load(t *testing.T, s store.Store) (stop func() int) {
	var end atomic.Bool
	written := make(chan int)
	go func() {
		n := 0
		for ; !end.Load(); n++ {
			if err := s.Write(context.Background(), store.Batch{Events: []audit.Event{event(n)}}); err != nil {
				t.Error(err)
				break
			}
			time.Sleep(2 * time.Millisecond)
		}
		written <- n
	}()
	return func() int { end.Store(true); return <-written }
}

// TestThreeNodes: the master steps down, then the next one is killed, and two nodes
// go on, all while events are written.
func TestThreeNodes(t *testing.T) {
	nodes := elasticsearchtest.StartCluster(t, elasticsearchtest.Options{Nodes: 3})
	o := quick(t, t.TempDir())
	o.Replicas, o.Timeout = 1, 5*time.Second
	for _, n := range nodes {
		o.URLs = append(o.URLs, n.URL)
	}
	// master asks a node that is not down.
	master := func(down *elasticsearchtest.Node) (name string) {
		var found struct {
			Nodes map[string]struct{ Name string }
		}
		for _, n := range nodes {
			if n != down && n.Do(t, http.MethodGet, "/_nodes/_master/http", "", &found) == http.StatusOK {
				for _, of := range found.Nodes {
					return of.Name
				}
			}
		}
		return ""
	}
	node := func(is func(name string) bool) *elasticsearchtest.Node {
		return nodes[slices.IndexFunc(nodes, func(n *elasticsearchtest.Node) bool { return is(n.Name()) })]
	}
	changed := func(old string, down *elasticsearchtest.Node) {
		t.Helper()
		require.Eventually(t, func() bool { name := master(down); return name != "" && name != old }, patience, 50*time.Millisecond)
	}
	green := func() {
		t.Helper()
		require.Eventually(t, func() bool {
			return nodes[0].Do(t, http.MethodGet, "/_cluster/health?wait_for_status=green&wait_for_nodes=3&timeout=10s", "", nil) == http.StatusOK
		}, patience, 50*time.Millisecond)
	}
	s := open(t, o)
	write(t, s, event(-1))
	settle(t, s)
	green()
	stop := load(t, s)

	first := master(nil)
	require.Equal(t, http.StatusOK, nodes[0].Do(t, http.MethodPost, "/_cluster/voting_config_exclusions?node_names="+first, "", nil))
	changed(first, nil)
	require.Equal(t, http.StatusOK, nodes[0].Do(t, http.MethodDelete, "/_cluster/voting_config_exclusions?wait_for_removal=false", "", nil))

	// Now each of them votes again; before, one that is killed would be missed.
	require.Eventually(t, func() bool {
		var found struct {
			Metadata struct {
				Coordination struct {
					Votes []string `json:"last_committed_config"`
				} `json:"cluster_coordination"`
			}
		}
		nodes[0].Do(t, http.MethodGet, "/_cluster/state/metadata?filter_path=metadata.cluster_coordination", "", &found)
		return len(found.Metadata.Coordination.Votes) == 3
	}, patience, 50*time.Millisecond)
	green()

	second := master(nil)
	killed := node(func(name string) bool { return name == second })
	killed.Kill(t)
	write(t, s, event(-2))
	changed(second, killed)

	n := stop()
	require.EqualValues(t, n+2, settle(t, s).Stored)
	require.Greater(t, n, 100)
	requireEach(t, s, -2, n)
}

func TestWhatTheClusterCannotHoldIsSetAside(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	s := open(t, options(t, node, t.TempDir()))
	var events []audit.Event
	for n := range 4999 {
		events = append(events, event(n))
	}
	bad := event(6000)
	require.NoError(t, bad.SetObject(audit.Attributes, `{"twice":"secret-1","twice":2}`))
	write(t, s, slices.Insert(events, 2500, bad)...)
	x := settle(t, s)
	require.EqualValues(t, 4999, x.Stored)
	require.EqualValues(t, 1, x.DeadLetters)
	requireEach(t, s, 0, 4999)
	page, err := s.ListDeadLetters(t.Context(), store.DeadLetterQuery{Limit: 10})
	require.NoError(t, err)
	require.Len(t, page.DeadLetters, 1)
	letter := page.DeadLetters[0]
	require.Equal(t, audit.ReasonRejected, letter.Reason)
	require.Contains(t, letter.Detail, "parsing_exception")
	require.NotContains(t, letter.Detail, "secret-1")
	require.Equal(t, bad.Fingerprint, letter.Event.Fingerprint)
	require.Equal(t, "event-6000", letter.Event.Text(audit.EntityID))
	write(t, s, bad)
	require.EqualValues(t, 1, settle(t, s).Duplicates, "the same record again is the same dead letter")
}

func TestBlocksAndDeletedIndices(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	for name, c := range map[string]struct{ breakIt, mendIt func(index string) }{
		"write block": {
			func(i string) { put(t, node, "/"+i+"/_settings", `{"index.blocks.write":true}`) },
			func(i string) { put(t, node, "/"+i+"/_settings", `{"index.blocks.write":null}`) },
		},
		"read only, as after a full disk": {
			func(i string) { put(t, node, "/"+i+"/_settings", `{"index.blocks.read_only_allow_delete":true}`) },
			func(i string) { put(t, node, "/"+i+"/_settings", `{"index.blocks.read_only_allow_delete":null}`) },
		},
		"closed": {
			func(i string) {
				require.Equal(t, 200, elasticsearchtest.Do(t, node, http.MethodPost, "/"+i+"/_close", "", nil))
			},
			func(i string) {
				require.Equal(t, 200, elasticsearchtest.Do(t, node, http.MethodPost, "/"+i+"/_open", "", nil))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, node, t.TempDir())
			s := open(t, o)
			write(t, s, event(0))
			settle(t, s)
			e := event(1)
			index := o.Index + "-" + e.ID.Day.String()
			c.breakIt(index)
			write(t, s, e)
			require.Eventually(t, func() bool { return status(t, s).Problem != "" }, patience, 5*time.Millisecond)
			x := status(t, s)
			require.EqualValues(t, 1, x.Waiting, "it is kept")
			if name == "closed" {
				_, err := s.Search(t.Context(), owner, store.Query{End: time.Now(), Limit: 10})
				require.ErrorIs(t, err, store.ErrUnavailable, "a day that cannot be read is no empty day")
				require.ErrorContains(t, err, "closed")
			}
			c.mendIt(index)
			require.EqualValues(t, 2, settle(t, s).Stored)
			requireEach(t, s, 0, 2)
			require.Eventually(t, func() bool { return status(t, s).Problem == "" }, patience, 5*time.Millisecond)
		})
	}
	t.Run("deleted", func(t *testing.T) {
		o := options(t, node, t.TempDir())
		s := open(t, o)
		write(t, s, event(0))
		settle(t, s)
		index := o.Index + "-" + event(0).ID.Day.String()
		require.Equal(t, 200, elasticsearchtest.Do(t, node, http.MethodDelete, "/"+index, "", nil))
		write(t, s, event(1))
		settle(t, s)
		requireEach(t, s, 1, 2)
		var got map[string]struct{ Mappings struct{ Dynamic string } }
		elasticsearchtest.Do(t, node, http.MethodGet, "/"+index, "", &got)
		require.Equal(t, "false", got[index].Mappings.Dynamic, "made with its mapping, not on the way")
	})
}

func put(t *testing.T, node, path, body string) {
	t.Helper()
	var answer any
	require.Equal(t, http.StatusOK, elasticsearchtest.Do(t, node, http.MethodPut, path, body, &answer), "%v", answer)
}

func TestTwoInstancesOnOneCluster(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	a := options(t, node, t.TempDir())
	b := a
	b.Path = t.TempDir()
	one, two := open(t, a), open(t, b)
	for n := range 20 {
		write(t, one, event(2*n))
		write(t, two, event(2*n+1), event(2*n)) // a load balancer sent a retry elsewhere
	}
	x, y := settle(t, one), settle(t, two)
	require.EqualValues(t, 40, x.Stored+y.Stored)
	require.EqualValues(t, 20, x.Duplicates+y.Duplicates)
	requireEach(t, one, 0, 40)
	requireEach(t, two, 0, 40)
}

func TestTheServerStopsAndComesBack(t *testing.T) {
	node := elasticsearchtest.Start(t, elasticsearchtest.Options{})
	o := options(t, node.URL, t.TempDir())
	s := open(t, o)
	write(t, s, event(0))
	settle(t, s)
	write(t, s, event(1), event(2)) // on their way while it dies
	node.Kill(t)
	for n := 3; n < 50; n++ {
		write(t, s, event(n))
	}
	x := status(t, s)
	require.Positive(t, x.Waiting)
	require.NotEmpty(t, x.Problem)
	require.False(t, x.OldestWaiting.IsZero())
	_, err := s.Search(t.Context(), owner, store.Query{End: time.Now(), Limit: 10})
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.NoError(t, s.Close())

	s = open(t, o) // the program is started while the cluster is away
	write(t, s, event(50))
	node.Again(t)
	require.EqualValues(t, 51, settle(t, s).Stored)
	requireEach(t, s, 0, 51)
}

// TestSoakServerStopsForMinutes is [TestTheServerStopsAndComesBack] at length.
func TestSoakServerStopsForMinutes(t *testing.T) {
	soak(t)
	node := elasticsearchtest.Start(t, elasticsearchtest.Options{})
	s := open(t, options(t, node.URL, t.TempDir()))
	stop := load(t, s)
	time.Sleep(5 * time.Second)
	node.Kill(t)
	time.Sleep(4 * time.Minute)
	require.Greater(t, status(t, s).WaitingAge(time.Now()), 3*time.Minute)
	node.Again(t)
	time.Sleep(5 * time.Second)
	n := stop()
	require.EqualValues(t, n, settle(t, s).Stored)
	requireEach(t, s, 0, n)
}

func TestClockSetForward(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	o := options(t, node, t.TempDir())
	var ahead atomic.Int64
	o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	o.RetentionEvery = time.Hour
	s := open(t, o)
	for n := range 4 {
		write(t, s, eventAt(n, time.Now().Add(-time.Duration(n)*24*time.Hour)))
	}
	settle(t, s)
	ahead.Store(int64(60 * 24 * time.Hour))
	removed, err := s.RemoveExpired(t.Context())
	require.NoError(t, err)
	require.Zero(t, removed)
	require.Contains(t, status(t, s).Problem, "days are not deleted")
	late := eventAt(9, o.Now())
	write(t, s, late)
	settle(t, s)
	for _, want := range []int{2, 2, 0} {
		removed, err := s.RemoveExpired(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, removed, "two days in one pass")
	}
	require.Equal(t, 1, status(t, s).Days)
	require.Empty(t, status(t, s).Problem)
}

// TestTheEndOfABurstIsFoundSoon: refreshes are rare while much comes, and slow.
func TestTheEndOfABurstIsFoundSoon(t *testing.T) {
	p := newProxy(t, elasticsearchtest.Shared(t))
	o := options(t, p.URL, t.TempDir())
	o.RefreshEvery = 100 * time.Millisecond
	s := open(t, o)
	p.breakWith(func(_ http.ResponseWriter, r *http.Request, _ func() answer) bool {
		if strings.HasSuffix(r.URL.Path, "/_refresh") {
			time.Sleep(time.Second) // the longest wait follows, of ten seconds
		}
		return false
	})
	var burst []audit.Event
	for n := range 2500 {
		burst = append(burst, event(n))
	}
	write(t, s, burst...)
	settle(t, s)
	began := time.Now()
	write(t, s, event(2500))
	settle(t, s)
	require.Less(t, time.Since(began), 9500*time.Millisecond)
	requireEach(t, s, 0, 2501)
}

func TestDeadClusterKeepsIntakeBounded(t *testing.T) {
	o := options(t, elasticsearchtest.Shared(t), t.TempDir())
	o.URLs = []string{"http://127.0.0.1:1"}
	o.MaxSpoolSize = 64 << 10
	s := open(t, o)
	var err error
	taken := 0
	for ; taken < 10_000 && err == nil; taken++ {
		err = s.Write(t.Context(), store.Batch{Events: []audit.Event{event(taken)}})
	}
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "store.spool.max_size")
	require.ErrorContains(t, err, `account "acme"`)
	require.Greater(t, taken, 50)
	require.EqualValues(t, taken-1, status(t, s).Waiting)
	other, read := event(taken), event(taken+1)
	other.SetText(audit.Account, "calm")
	write(t, s, other)
	read.SetText(audit.Sender, store.Own)
	write(t, s, read) // an owner reads while the account floods
	require.True(t, strings.Contains(status(t, s).Problem, "refused"), status(t, s).Problem)
}

var _ = elasticsearch.Own
