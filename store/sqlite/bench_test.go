package sqlite_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/sqlite"
)

var benchWords = strings.Fields("access review quarterly for the analytics team after an incident please keep read only until " +
	"owner confirms and ticket is closed rotation of shared credentials moved from gateway to new region see runbook")

// realistic makes an event of about 1.3 KB with values as they occur: few users,
// areas and agents, unique ids, a request of some hundred bytes.
func realistic(r *rand.Rand, at time.Time) audit.Event {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	hex := func(n int) string {
		var b [32]byte
		for i := 0; i < n; i += 8 {
			binary.LittleEndian.PutUint64(b[i:], r.Uint64())
		}
		return fmt.Sprintf("%x", b[:n])
	}
	user := pick("alice", "bogdan", "chiara", "deniz", "elena", "farid", "grace", "hiro") + "." +
		pick("almeida", "bauer", "chen", "dubois", "eriksen", "fontana", "garcia", "haddad")
	kind, entity := pick("role", "user", "session", "query", "export", "cluster", "webhook", "invoice"), hex(16)
	var e audit.Event
	e.Fingerprint = sha256.Sum256([]byte(hex(32)))
	e.ID = audit.ID{Day: audit.DayOf(at), Hash: audit.RecordHash(e.Fingerprint, 0)}
	e.SetInstant(audit.Time, at)
	e.SetInstant(audit.Received, at.Add(time.Duration(r.IntN(1e9))))
	e.SetText(audit.Account, "default")
	e.SetText(audit.Sender, "platform")
	e.SetText(audit.Service, pick("access-api", "identity-api", "query-gateway", "billing-api"))
	e.SetText(audit.UserName, user)
	e.SetText(audit.UserEmail, user+"@example.com")
	e.SetList(audit.UserRoles, []string{pick("admin", "auditor", "analyst", "operator", "viewer")})
	e.SetText(audit.Method, pick("GET", "POST", "PATCH", "DELETE"))
	e.SetText(audit.Area, pick("access", "identity", "data", "platform", "billing"))
	e.SetText(audit.Action, pick("create", "update", "delete", "read", "approve"))
	e.SetText(audit.EntityType, kind)
	e.SetText(audit.EntityID, entity)
	e.SetText(audit.Status, pick("success", "success", "success", "failure"))
	e.SetNumber(audit.StatusCode, int64(200+r.IntN(2)))
	e.SetNumber(audit.DurationNS, int64(200_000+r.ExpFloat64()*40e6))
	e.SetText(audit.Duration, fmt.Sprintf("%d ms", r.IntN(900)))
	e.SetText(audit.IP, fmt.Sprintf("203.0.113.%d", r.IntN(255)))
	e.SetText(audit.TraceID, hex(16))
	e.SetText(audit.SpanID, hex(8))
	e.SetText(audit.Path, "/api/v2/"+kind+"s/"+entity)
	e.SetText(audit.UserAgent, pick("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
		"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "policy-cli/3.8.1 (linux; amd64) go/1.26"))
	e.SetText(audit.Message, user+" changed "+kind+" "+entity)
	request := `{"id":"` + entity + `","labels":{"team":"` + pick("chen", "bauer") + fmt.Sprintf(`","ticket":"SEC-%d"}`, 1000+r.IntN(9000))
	for i := 0; len(request) < 200+r.IntN(300); i++ {
		request += fmt.Sprintf(`,"note_%d":"`, i)
		for range 8 {
			request += benchWords[r.IntN(len(benchWords))] + " "
		}
		request += `"`
	}
	e.SetText(audit.Request, request+"}")
	return e
}

// BenchmarkWrite reports what an event costs: time, and bytes on disk with all
// indexes, of a JSON of json-B/op.
func BenchmarkWrite(b *testing.B) {
	for _, callers := range []int{1, 4} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) { benchmarkWrite(b, callers) })
	}
}

func benchmarkWrite(b *testing.B, callers int) {
	const size = 500
	directory := b.TempDir()
	s, err := sqlite.Open(b.Context(), sqlite.Options{Path: directory, Now: func() time.Time { return noon }, Reserve: 4096})
	require.NoError(b, err)
	r := rand.New(rand.NewPCG(1, 2))
	var batches []store.Batch
	var json int
	for n := 0; n < b.N; n += size {
		var x store.Batch
		for i := range min(size, b.N-n) {
			e := realistic(r, noon.Add(time.Duration(n+i)*time.Millisecond))
			json += len(e.AppendJSON(nil))
			x.Events = append(x.Events, e)
		}
		batches = append(batches, x)
	}
	b.ResetTimer()
	var writing sync.WaitGroup
	for c := range callers {
		writing.Go(func() {
			for i := c; i < len(batches); i += callers {
				if err := s.Write(context.Background(), batches[i]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	writing.Wait()
	b.StopTimer()
	require.NoError(b, s.Close())
	b.ReportMetric(float64(json)/float64(b.N), "json-B/op")
	b.ReportMetric(float64(diskUse(b, directory))/float64(b.N), "disk-B/op")
}

func diskUse(b *testing.B, directory string) (size int64) {
	paths, err := filepath.Glob(filepath.Join(directory, "*"))
	require.NoError(b, err)
	for _, p := range paths {
		info, err := os.Stat(p)
		require.NoError(b, err)
		size += info.Size()
	}
	return size
}

// BenchmarkSearch reads the newest page of 50 among 20,000 events of a day.
func BenchmarkSearch(b *testing.B) {
	s, err := sqlite.Open(b.Context(), sqlite.Options{Path: b.TempDir(), Now: func() time.Time { return noon }, Reserve: 4096})
	require.NoError(b, err)
	defer func() { require.NoError(b, s.Close()) }()
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		var x store.Batch
		for i := range 500 {
			x.Events = append(x.Events, realistic(r, noon.Add(-time.Duration(n*500+i)*time.Millisecond)))
		}
		require.NoError(b, s.Write(b.Context(), x))
	}
	caller := store.Caller{Name: "owner", Accounts: []string{"default"}}
	for name, filters := range map[string][]store.Filter{
		"all":                 nil,
		"by method and area":  {{Fields: []*audit.Field{audit.Method}, Values: []string{"GET"}}, {Fields: []*audit.Field{audit.Area}, Values: []string{"data"}}},
		"by user":             {{Fields: []*audit.Field{audit.UserName}, Values: []string{"hiro.haddad"}}},
		"by a user of nobody": {{Fields: []*audit.Field{audit.UserName}, Values: []string{"nobody"}}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, err := s.Search(b.Context(), caller, store.Query{End: noon.Add(time.Hour), Limit: 50, Filters: filters})
				require.NoError(b, err)
			}
		})
	}
	b.Run("values of area", func(b *testing.B) {
		for b.Loop() {
			_, err := s.Values(b.Context(), caller, store.Query{End: noon.Add(time.Hour)}, audit.Area, 100)
			require.NoError(b, err)
		}
	})
}
