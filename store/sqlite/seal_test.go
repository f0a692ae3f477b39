package sqlite_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/sqlite"
)

// small opens a store whose segments have few events.
func small(t *testing.T, path string, size int) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Now: newClock().now, SegmentSize: size, Reserve: 4096})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// Whatever the sizes of the batches and however often a day is sealed, every
// event is there once, a retry is a duplicate, and it is found by each of its
// fields.
func TestSealedInPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	path := t.TempDir()
	s := small(t, path, 200)
	var events []audit.Event
	for round := range 60 {
		var b []audit.Event
		for range 1 + r.IntN(40) {
			e := realistic(r, noon.Add(-time.Duration(r.Int64N(int64(12*time.Hour)))))
			e.SetText(audit.Account, "acme")
			b = append(b, e)
		}
		require.NoError(t, s.Write(t.Context(), batch(b...)))
		events = append(events, b...)
		switch r.IntN(4) {
		case 0:
			require.NoError(t, s.Seal(t.Context()))
		case 1:
			require.NoError(t, s.Write(t.Context(), batch(events[r.IntN(len(events))])))
		case 2:
			if round%7 == 0 {
				require.NoError(t, s.Close())
				s = small(t, path, 200)
			}
		}
	}
	require.Len(t, entityIDs(t, s), len(events))
	before := status(t, s)
	require.NoError(t, s.Write(t.Context(), batch(events...)))
	after := status(t, s)
	require.Equal(t, before.Stored, after.Stored)
	require.Equal(t, before.Duplicates+int64(len(events)), after.Duplicates)
	for range 100 {
		e := events[r.IntN(len(events))]
		for _, field := range []*audit.Field{audit.EntityID, audit.TraceID, audit.UserName, audit.Path} {
			q := ever
			q.Filters = []store.Filter{{Fields: []*audit.Field{field}, Values: []string{e.Text(field)}}}
			page, err := s.Search(t.Context(), owner, q)
			require.NoError(t, err)
			require.True(t, slices.ContainsFunc(page.Events, func(x audit.Event) bool { return x.ID == e.ID }), field.Name)
			q.Filters[0].Not = true
			others, err := s.Search(t.Context(), owner, q)
			require.NoError(t, err)
			require.Len(t, others.Events, len(events)-len(page.Events), field.Name)
			values, err := s.Values(t.Context(), owner, q, field, 1_000_000)
			require.NoError(t, err)
			require.False(t, slices.ContainsFunc(values.Values, func(v store.Value) bool { return v.Value == e.Text(field) }))
		}
		found, err := s.Event(t.Context(), owner, e.ID)
		require.NoError(t, err)
		require.Equal(t, string(e.AppendJSON(nil)), string(found.AppendJSON(nil)))
	}
}

// What a server that stopped left in its log is sealed by the next one.
func TestLogsOfTheLastRunAreSealed(t *testing.T) {
	path := t.TempDir()
	s := small(t, path, 100)
	require.NoError(t, s.Write(t.Context(), batch(event(1, noon), event(2, noon.AddDate(0, 0, -1)))))
	require.NoError(t, s.Close())
	s = small(t, path, 100)
	require.NoError(t, s.Write(t.Context(), batch(event(3, noon))))
	require.NoError(t, s.Seal(t.Context()))
	require.Len(t, entityIDs(t, s), 3)
	require.NoError(t, s.Close())
	for _, at := range []time.Time{noon, noon.AddDate(0, 0, -1)} {
		db, err := sql.Open("sqlite", dayFile(path, at))
		require.NoError(t, err)
		var logs, segments int
		require.NoError(t, db.QueryRow("SELECT (SELECT count(*) FROM log), (SELECT count(*) FROM segment)").Scan(&logs, &segments))
		require.NoError(t, db.Close())
		require.Equal(t, []int{0, 1}, []int{logs, segments})
	}
	require.Len(t, entityIDs(t, small(t, path, 100)), 3)
}

// A segment that is replaced while it is read is read again.
func TestReadingWhileSegmentsAreReplaced(t *testing.T) {
	s := small(t, t.TempDir(), 500)
	stop := make(chan struct{})
	var reading sync.WaitGroup
	written := make(chan int, 1)
	written <- 0
	for range 3 {
		reading.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				n := <-written
				written <- n
				page, err := s.Search(t.Context(), owner, ever)
				if err != nil || len(page.Events) < n {
					t.Errorf("%d events of %d: %v", len(page.Events), n, err)
					return
				}
				q := ever
				q.Filters = []store.Filter{{Fields: []*audit.Field{audit.EntityID}, Values: []string{"event-3"}}}
				if page, err := s.Search(t.Context(), owner, q); err != nil || n > 3 && len(page.Events) != 1 {
					t.Errorf("event-3 is there %d times: %v", len(page.Events), err)
					return
				}
			}
		})
	}
	for n := range 150 {
		var b []audit.Event
		for i := range 3 {
			b = append(b, event(n*3+i, noon.Add(time.Duration(n*3+i)*time.Millisecond)))
		}
		if err := s.Write(t.Context(), batch(b...)); err != nil {
			t.Error(err)
		}
		<-written
		written <- n*3 + 3
		if err := s.Seal(t.Context()); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	reading.Wait()
}

// A few values, many, or one: what the index says is what the events say.
func TestCountsFromTheIndex(t *testing.T) {
	for _, values := range []int{0, 1, 2, 3, 5, 17, 200, 300} {
		t.Run(fmt.Sprintf("%d values", values), func(t *testing.T) {
			s := small(t, t.TempDir(), 2000)
			want := make(map[string]int64)
			var b []audit.Event
			for n := range 1200 {
				e := event(n, noon.Add(-time.Duration(n)*time.Second))
				if values > 0 {
					e.SetText(audit.Area, fmt.Sprintf("area %d", n%values))
					want[e.Text(audit.Area)]++
				}
				b = append(b, e)
			}
			require.NoError(t, s.Write(t.Context(), batch(b...)))
			require.NoError(t, s.Seal(t.Context()))
			for _, filters := range [][]store.Filter{
				nil,
				{{Fields: []*audit.Field{audit.Area}, Values: []string{"none"}, Not: true}},
				{{Fields: []*audit.Field{audit.Message}, Values: []string{"none"}, Not: true}},
			} {
				q := ever
				q.Filters = filters
				got, err := s.Values(t.Context(), owner, q, audit.Area, 1000)
				require.NoError(t, err)
				counts := make(map[string]int64)
				for _, v := range got.Values {
					counts[v.Value] = v.Count
				}
				require.Equal(t, want, counts)
				h, err := s.Histogram(t.Context(), owner, q, time.Minute)
				require.NoError(t, err)
				require.Len(t, h.Buckets, 21)
				require.EqualValues(t, 60, h.Buckets[3].Counts[""])
			}
		})
	}
}

// Every character that has an ASCII letter in lower case is found by it.
func TestWordsInAnyCase(t *testing.T) {
	s := small(t, t.TempDir(), 10)
	for n, text := range []string{"KELVIN", "\u212aelvin", "\u0130stanbul", "ISTANBUL", "gr\u00d6sse", "none"} {
		e := event(n, noon)
		e.SetText(audit.Message, "a "+text+" of words")
		require.NoError(t, s.Write(t.Context(), batch(e)))
	}
	require.NoError(t, s.Seal(t.Context()))
	for word, want := range map[string]int{"kelvin": 2, "Istan": 2, "GR\u00f6": 1, "kelvin words": 2, "word": 6, "elvin": 0} {
		q := ever
		q.Filters = []store.Filter{{Fields: []*audit.Field{audit.Message, audit.Request}, Match: store.Words, Values: []string{word}}}
		page, err := s.Search(t.Context(), owner, q)
		require.NoError(t, err)
		require.Len(t, page.Events, want, word)
		q.Filters[0].Not = true
		page, err = s.Search(t.Context(), owner, q)
		require.NoError(t, err)
		require.Len(t, page.Events, 6-want, word)
	}
}
