package search_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/search"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/local"
)

// addEvent stores an event of acme that change makes, ago before now.
func (s *server) addEvent(ago time.Duration, change func(*audit.Event)) audit.ID {
	e := store.Entry{Account: "acme", User: "ana"}.Event(time.Now().Add(-ago))
	e.SetText(audit.Service, "checkout")
	e.SetText(audit.Sender, "web")
	change(&e)
	require.NoError(s.t, s.store.Write(s.t.Context(), store.Batch{Events: []audit.Event{e}}))
	return e.ID
}

func TestEveryFilterIncludesAndExcludes(t *testing.T) { onEachStore(t, everyFilterIncludesAndExcludes) }

func everyFilterIncludesAndExcludes(t *testing.T, s *server) {
	owner := s.token(local.OwnerToken, "acme")
	first := s.addEvent(2*time.Hour, func(e *audit.Event) {
		e.SetText(audit.UserName, "ana")
		e.SetText(audit.UserFullName, "Ana Ruiz")
		e.SetList(audit.UserRoles, []string{"admin", "analyst"})
		e.SetText(audit.Action, "rule.update")
		e.SetText(audit.Status, "failure")
		e.SetText(audit.IP, "203.0.113.7")
		e.SetText(audit.EntityID, "rule-17")
		e.SetText(audit.SessionID, "s-1")
		e.SetText(audit.TraceID, "4bf92f3577b34da6a3ce929d0e0e4736")
		e.SetText(audit.Message, "Rule updated after review")
		e.SetText(audit.Request, `{"name":"card-numbers"}`)
	})
	second := s.addEvent(time.Hour, func(e *audit.Event) {
		e.SetText(audit.UserName, "ben")
		e.SetText(audit.Service, "billing")
		e.SetText(audit.IP, "2001:db8::17")
		e.SetFlag(audit.Impersonated, true)
		e.SetText(audit.ImpersonatorName, "ana")
	})
	for query, want := range map[string]int{
		"user=ana": 3, "user=ben": 2, "user!=ben": 1, "user=Ana+Ruiz": 1, "user=an": 0, "user=ana&user=ben": 3, "user=ana&user!=ben": 1,
		"role=analyst": 1, "role!=analyst": 2, "action=rule.update": 1, "action!=rule.update": 2,
		"status=failure": 1, "status!=failure": 2, "status=success&status=failure": 3,
		"ip=203.0.113.7": 1, "ip=203.0.113.0/24": 1, "ip=2001:db8::/32": 2, "ip!=203.0.113.0/24": 2, "ip=203.0.113.0/24&ip=2001:db8::17": 3, "ip=::ffff:203.0.113.7": 1,
		"entity_id=rule-17": 1, "entity_id!=rule-17": 2, "session=s-1": 1, "session!=s-1": 2,
		"trace=4bf92f3577b34da6a3ce929d0e0e4736": 1, "service=billing": 2, "service!=billing": 1,
		"impersonated=true": 2, "impersonated=false": 1, "impersonated!=true": 1, "impersonated!=false": 2, "impersonated=true&impersonated=false": 3, "impersonated!=true&impersonated!=false": 0,
		"q=review": 1, "q=RULE+rev": 1, "q=eview": 0, "q!=review": 2, "q=card": 1, "q=ruiz+numbers": 1, "q=nothing&q=review": 1, "q=ben": 2,
	} {
		// 1 is the first event, 2 the second, 3 both, 0 none.
		var texts []string
		if want&2 > 0 {
			texts = append(texts, second.String())
		}
		if want&1 > 0 {
			texts = append(texts, first.String())
		}
		a := s.events("?"+strings.ReplaceAll(query, "!", "%21")+"&service!=auditlog", owner)
		require.Equal(t, texts, ids(a), query)
	}
	oldest := s.events("?service!=auditlog&order=oldest&limit=1", owner)
	require.Equal(t, []string{first.String()}, ids(oldest))
	require.Equal(t, []string{second.String()}, ids(s.events("?service!=auditlog&order=oldest&limit=1&cursor="+oldest.Next, owner)))
	require.Equal(t, http.StatusBadRequest, s.get("/api/v1/events?service!=auditlog&limit=1&cursor="+oldest.Next, owner).status, "the other order is another query")
	require.Equal(t, http.StatusBadRequest, s.get("/api/v1/events?service=auditlog&order=oldest&limit=1&cursor="+oldest.Next, owner).status, "to include is not to exclude")
	request := s.own("acme", "events.search")[0].Text(audit.Request)
	require.Contains(t, request, `"service`)
}

// scanning is a store without any index, whose reads look at three events each.
type scanning struct{ store.Store }

func (b scanning) Search(ctx context.Context, c store.Caller, q store.Query) (store.Page, error) {
	wanted := q.Filters
	q.Filters, q.Limit = nil, 3
	page, err := b.Store.Search(ctx, c, q)
	page.Events = slices.DeleteFunc(page.Events, func(e audit.Event) bool {
		return slices.ContainsFunc(wanted, func(f store.Filter) bool { return !f.Matches(&e) })
	})
	page.Partial = page.Next != nil
	return page, err
}

var reached = time.Now().UTC().Add(-5 * time.Minute)

func (b scanning) Histogram(ctx context.Context, c store.Caller, q store.Query, interval time.Duration) (store.Histogram, error) {
	q.Start = reached
	h, err := b.Store.Histogram(ctx, c, q, interval)
	h.Reached = reached
	return h, err
}

func (b scanning) Values(ctx context.Context, c store.Caller, q store.Query, f *audit.Field, limit int) (store.Values, error) {
	q.Start = reached
	v, err := b.Store.Values(ctx, c, q, f, limit)
	v.Reached = reached
	return v, err
}

func TestAScanThatStopsSaysHowFarItLooked(t *testing.T) {
	s := start(t, nil)
	owner := s.token(local.OwnerToken, "acme")
	var wanted []string
	for i := range 20 {
		id := s.add("acme", time.Duration(i+1)*time.Minute, "message", []string{"hay", "needle"}[i%7/6])
		if i%7 == 6 {
			wanted = append(wanted, id.String())
		}
	}
	s.faulty.Store = scanning{s.faulty.Store}
	query := "?q=needle&service=checkout"
	cursor, found, pages := "", []string(nil), 0
	for ; ; pages++ {
		require.Less(t, pages, 100)
		p := s.events(query+cursor, owner)
		found = append(found, ids(p)...)
		if p.Next == "" {
			break
		}
		require.NotZero(t, p.Partial)
		require.WithinDuration(t, time.Now().Add(-10*time.Minute), p.Partial, time.Hour)
		cursor = "&cursor=" + p.Next
	}
	require.Equal(t, wanted, found)
	require.Greater(t, pages, 3)

	var counted struct {
		Partial time.Time `json:"partial_until"`
		Buckets []struct{ Start time.Time }
	}
	require.NoError(t, json.Unmarshal([]byte(s.get("/api/v1/summary"+query, owner).body), &counted))
	require.Equal(t, reached, counted.Partial)
	require.False(t, counted.Buckets[0].Start.After(counted.Partial))
	require.Contains(t, s.get("/api/v1/filters"+query, owner).body, "partial_until")
	lines := strings.Count(s.get("/api/v1/events.ndjson"+query, owner).body, "\n")
	require.Equal(t, len(wanted), lines, "an export is whole in any case")
}

func TestSummaryCountsOverTime(t *testing.T) { onEachStore(t, summaryCountsOverTime) }

func summaryCountsOverTime(t *testing.T, s *server) {
	owner := s.token(local.OwnerToken, "acme")
	at := time.Now().UTC().Truncate(time.Hour).Add(-2 * time.Hour)
	for i, status := range []string{"success", "success", "failure", "unknown"} {
		s.addEvent(time.Since(at.Add(time.Duration(i)*10*time.Minute)), func(e *audit.Event) {
			e.SetText(audit.Status, status)
			e.SetText(audit.Area, "Counted")
		})
	}
	type bucket struct {
		Start                     time.Time
		Success, Failure, Unknown int
	}
	var got struct {
		Interval   int64 `json:"interval_ns"`
		Start, End time.Time
		Buckets    []bucket
		Total      int
	}
	ask := func(query string) {
		got.Buckets = nil
		a := s.get("/api/v1/summary?area=Counted"+query, owner)
		require.Equal(t, http.StatusOK, a.status, a.body)
		require.NoError(t, json.Unmarshal([]byte(a.body), &got))
	}
	window := "&start=" + at.Format(time.RFC3339) + "&end=" + at.Add(time.Hour).Format(time.RFC3339)
	ask(window)
	require.EqualValues(t, time.Minute, got.Interval)
	require.Len(t, got.Buckets, 60, "those without events too")
	require.Equal(t, 4, got.Total)
	require.Equal(t, bucket{at, 1, 0, 0}, got.Buckets[0])
	require.Equal(t, bucket{at.Add(10 * time.Minute), 1, 0, 0}, got.Buckets[10])
	require.Equal(t, bucket{at.Add(20 * time.Minute), 0, 1, 0}, got.Buckets[20])
	require.Equal(t, bucket{at.Add(30 * time.Minute), 0, 0, 1}, got.Buckets[30])
	ask(window + "&status=failure")
	require.Equal(t, 1, got.Total)
	for _, start := range []string{"now-1s", "now-15m", "now-1h", "now-24h", "now-7d", "now-30d", "now-3650d", "1970-01-01T00:00:00Z"} {
		ask("&start=" + start)
		require.LessOrEqual(t, len(got.Buckets), 101, start)
		require.Zero(t, got.Buckets[0].Start.UnixNano()%got.Interval, start)
		require.False(t, got.Buckets[0].Start.After(got.Start))
	}
	ask("&start=1980-01-01T00:00:00Z&end=1990-01-01T00:00:00Z")
	require.Empty(t, got.Buckets)
	require.NotNil(t, got.Buckets)
}

func TestExportsStreamEveryEvent(t *testing.T) { onEachStore(t, exportsStreamEveryEvent) }

func exportsStreamEveryEvent(t *testing.T, s *server) {
	owner := s.token(local.OwnerToken, "acme")
	var batch store.Batch
	const n = 3000
	for i := range n {
		e := store.Entry{Account: "acme", User: "ana", Action: "exported"}.Event(time.Now().Add(-time.Duration(i+1) * time.Second))
		e.SetNumber(audit.DurationNS, 842_000_000)
		e.SetText(audit.Duration, "842 ms")
		batch.Events = append(batch.Events, e)
	}
	require.NoError(t, s.store.Write(t.Context(), batch))
	s.add("beta", time.Minute, "action", "exported")

	a := s.get("/api/v1/events.ndjson?action=exported", owner)
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, "application/x-ndjson", a.header.Get("Content-Type"))
	require.Regexp(t, `^attachment; filename="auditlog-\d{8}T\d{6}Z\.ndjson"$`, a.header.Get("Content-Disposition"))
	lines := strings.Split(strings.TrimSuffix(a.body, "\n"), "\n")
	require.Len(t, lines, n)
	for i, line := range lines {
		var e audit.Event
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		require.Equal(t, batch.Events[i].ID, e.ID)
	}

	a = s.get("/api/v1/events.csv?action=exported&order=oldest&columns=id,time,user.name,duration_ns,duration", owner)
	require.Equal(t, http.StatusOK, a.status)
	require.Contains(t, a.header.Get("Content-Type"), "text/csv")
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, n+1)
	require.Equal(t, []string{"id", "time", "user.name", "duration_ns", "duration"}, rows[0])
	require.Equal(t, batch.Events[n-1].ID.String(), rows[1][0])
	require.Equal(t, []string{"ana", "842000000", "842 ms"}, rows[1][2:])
	all := s.get("/api/v1/events.csv?action=exported&start=now-5s", owner)
	require.True(t, strings.HasPrefix(all.body, "id,time,received,user.name,"), "every field, unless some are chosen")

	for query, parameter := range map[string]string{"?columns=id,nothing": "columns", "?columns=id,id": "columns", "?limit=10": "limit", "?cursor=x": "cursor"} {
		a := s.get("/api/v1/events.csv"+query, owner)
		require.Equal(t, http.StatusBadRequest, a.status)
		require.Contains(t, a.body, `"parameter":"`+parameter+`"`)
		require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
		require.Empty(t, a.header.Get("Content-Disposition"))
	}
	begun, ended := s.own("acme", "events.export"), s.own("acme", "events.exported")
	require.Len(t, begun, 3, "each export is a record")
	require.Len(t, ended, 3)
	require.JSONEq(t, `{"action":["exported"],"format":"ndjson","rows":3000,"complete":true}`, ended[2].Text(audit.Request))
	require.JSONEq(t, `{"action":["exported"],"format":"ndjson"}`, begun[2].Text(audit.Request))
	require.False(t, begun[2].Instant(audit.Time).After(ended[2].Instant(audit.Time)))
}

// breaking is a store whose searches fail after some pages.
type breaking struct {
	store.Store
	left int
}

func (b *breaking) Search(ctx context.Context, c store.Caller, q store.Query) (store.Page, error) {
	if b.left--; b.left < 0 {
		return store.Page{}, store.ErrUnavailable
	}
	return b.Store.Search(ctx, c, q)
}

func TestAnExportThatBreaksIsSeenToBreak(t *testing.T) {
	s := start(t, nil)
	owner := s.token(local.OwnerToken, "acme")
	var batch store.Batch
	for i := range 2000 {
		batch.Events = append(batch.Events, store.Entry{Account: "acme", User: "ana", Action: "exported"}.Event(time.Now().Add(-time.Duration(i)*time.Second)))
	}
	require.NoError(t, s.store.Write(t.Context(), batch))
	whole := s.faulty.Store
	for _, format := range []string{"ndjson", "csv"} {
		s.faulty.Store = &breaking{whole, 2}
		resp, err := http.DefaultTransport.RoundTrip(s.request(http.MethodGet, "/api/v1/events."+format+"?action=exported", owner, ""))
		require.NoError(t, err)
		_, err = io.ReadAll(resp.Body)
		require.NoError(t, resp.Body.Close())
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
	s.faulty.Store = whole
	ended := s.own("acme", "events.exported")
	require.Len(t, ended, 2)
	require.Equal(t, "failure", ended[0].Text(audit.Status))
	require.Contains(t, ended[0].Text(audit.Request), `"complete":false`)
	require.Contains(t, ended[0].Text(audit.Request), `"rows":1000`)

	s.faulty.Store = &breaking{whole, 0}
	require.Equal(t, http.StatusServiceUnavailable, s.get("/api/v1/events.csv", owner).status, "before the first row it is a problem like others")
}

func TestFormulasAreNoFormulasInCSV(t *testing.T) {
	s := start(t, nil)
	owner := s.token(local.OwnerToken, "acme")
	hostile := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", " =1", `=HYPERLINK("https://evil.example.com")`, "\ufeff=1"}
	for i, text := range hostile {
		s.add("acme", time.Duration(i+1)*time.Minute, "action", text, "entity.id", fmt.Sprint(i), "area", "hostile")
	}
	s.add("acme", time.Hour, "action", "a=b", "entity.id", "harmless", "area", "hostile", "message", "two\nlines, \"quoted\"")
	rows, err := csv.NewReader(strings.NewReader(s.get("/api/v1/events.csv?area=hostile&columns=action,message", owner).body)).ReadAll()
	require.NoError(t, err)
	for i, text := range hostile {
		require.Equal(t, "'"+strings.ReplaceAll(text, "\r", ""), strings.ReplaceAll(rows[i+1][0], "\r", ""))
	}
	require.Equal(t, []string{"a=b", "two\nlines, \"quoted\""}, rows[len(hostile)+1])
}

func TestExportsAtTheSameTimeAreBounded(t *testing.T) {
	s := start(t, nil)
	owner := s.token(local.OwnerToken, "acme")
	for i := range 1200 {
		s.add("acme", time.Duration(i)*time.Second)
	}
	held := &held{Store: s.faulty.Store, hold: make(chan struct{}), searching: make(chan struct{}, 10)}
	s.faulty.Store = held
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			resp, err := http.DefaultTransport.RoundTrip(s.request(http.MethodGet, "/api/v1/events.ndjson", owner, ""))
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
	<-held.searching
	<-held.searching
	a := s.get("/api/v1/events.csv", owner)
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.Equal(t, "10", a.header.Get("Retry-After"))
	close(held.hold)
	group.Wait()
	require.Equal(t, http.StatusOK, s.get("/api/v1/events.csv?start=now-1m", owner).status)
}

// held is a store whose searches wait.
type held struct {
	store.Store
	hold, searching chan struct{}
}

func (h *held) Search(ctx context.Context, c store.Caller, q store.Query) (store.Page, error) {
	h.searching <- struct{}{}
	<-h.hold
	return h.Store.Search(ctx, c, q)
}

type arrivals struct {
	Count   int
	More    bool
	Arrived string
}

func (s *server) arrivals(query, token string) (got arrivals) {
	a := s.get("/api/v1/arrivals"+query, token)
	require.Equal(s.t, http.StatusOK, a.status, a.body)
	require.NoError(s.t, json.Unmarshal([]byte(a.body), &got))
	return got
}

func TestArrivalsCountWhatIsNewAndNotTheOwnReads(t *testing.T) {
	onEachStore(t, arrivalsCountWhatIsNewAndNotTheOwnReads)
}

func arrivalsCountWhatIsNewAndNotTheOwnReads(t *testing.T, s *server) {
	owner, other := s.token(local.OwnerToken, "acme"), s.token(local.OwnerToken, "beta")
	s.add("acme", time.Hour)
	since := s.events("", owner).Arrived
	require.NotEmpty(t, since)
	require.Empty(t, s.events("?limit=1&cursor="+s.events("?limit=1", owner).Next, owner).Arrived, "it is the first page's")
	require.Zero(t, s.arrivals("?since="+since, owner).Count, "reads do not count as news to who reads")

	s.add("acme", 5*time.Hour, "method", "PUT") // late
	s.add("acme", 0, "method", "POST")
	s.add("beta", 0, "method", "POST")
	got := s.arrivals("?since="+since, owner)
	require.Equal(t, 2, got.Count)
	require.False(t, got.More)
	require.Equal(t, 1, s.arrivals("?method=PUT&since="+since, owner).Count)
	require.Zero(t, s.arrivals("?since="+got.Arrived, owner).Count)
	s.get("/api/v1/events", s.token(local.SenderToken, "acme"))
	require.Equal(t, 3, s.arrivals("?since="+since+"&method!=POST", owner).Count-0, "a denied read and a new token are news")

	for i := range 1500 {
		s.add("acme", time.Duration(i)*time.Second)
	}
	many := s.arrivals("?since="+got.Arrived, owner)
	require.True(t, many.More)
	require.GreaterOrEqual(t, many.Count, 1000)
	rest := s.arrivals("?since="+many.Arrived, owner)
	require.False(t, rest.More)
	require.Equal(t, 1502, many.Count+rest.Count, "nothing is skipped, nothing comes twice")

	for name, a := range map[string]answer{
		"another account":  s.get("/api/v1/arrivals?since="+since, other),
		"changed":          s.get("/api/v1/arrivals?since="+changed(since), owner),
		"nonsense":         s.get("/api/v1/arrivals?since=%00", owner),
		"a cursor of page": s.get("/api/v1/arrivals?since="+s.events("?limit=1", owner).Next, owner),
	} {
		require.Equal(t, http.StatusBadRequest, a.status, name)
		require.Contains(t, a.body, `"parameter":"since"`, name)
	}
}

// changed returns a cursor with another first letter.
func changed(cursor string) string {
	if cursor[0] == 'A' {
		return "B" + cursor[1:]
	}
	return "A" + cursor[1:]
}

// A sseReader reads server-sent events.
type sseReader struct {
	t           testing.TB
	description *description
	body        io.ReadCloser
	lines       *bufio.Scanner
	lastID      string
}

func (s *server) tail(query, token, lastID string) *sseReader {
	req := s.request(http.MethodGet, "/api/v1/tail"+query, token, "")
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	return s.tailOf(req)
}

func (s *server) tailOf(req *http.Request) *sseReader {
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, resp.StatusCode)
	require.Equal(s.t, "text/event-stream", resp.Header.Get("Content-Type"))
	return &sseReader{t: s.t, description: s.description(), body: resp.Body, lines: bufio.NewScanner(resp.Body)}
}

// next returns the next event's id; "" when the stream has ended.
func (r *sseReader) next() string {
	id := ""
	for r.lines.Scan() {
		name, value, _ := strings.Cut(r.lines.Text(), ": ")
		switch name {
		case "id":
			r.lastID = value
		case "data":
			var e audit.Event
			require.NoError(r.t, json.Unmarshal([]byte(value), &e))
			r.description.checkEvent(r.t, value)
			id = e.ID.String()
		case "":
			if id != "" {
				return id
			}
		}
	}
	return ""
}

func TestTailSendsEventsAsTheyArrive(t *testing.T) { onEachStore(t, tailSendsEventsAsTheyArrive) }

func tailSendsEventsAsTheyArrive(t *testing.T, s *server) {
	owner := s.token(local.OwnerToken, "acme")
	s.add("acme", time.Minute, "method", "POST")
	since := s.events("", owner).Arrived
	tail := s.tail("?method=POST&since="+since, owner, "")
	defer tail.body.Close()
	s.add("acme", 0, "method", "PUT")
	first := s.add("acme", 0, "method", "POST")
	require.Equal(t, first.String(), tail.next())
	late := s.add("acme", 3*time.Hour, "method", "POST")
	require.Equal(t, late.String(), tail.next())
	require.NotEmpty(t, tail.lastID)
	require.Len(t, s.own("acme", "events.tail"), 1)

	third := s.add("acme", 0, "method", "POST")
	again := s.tail("?method=POST&since="+since, owner, tail.lastID)
	defer again.body.Close()
	require.Equal(t, third.String(), again.next(), "a browser goes on where it was")
}

func TestTailEndsWithTheSession(t *testing.T) {
	s := start(t, nil)
	cookie := s.signedIn("acme")
	req := s.request(http.MethodGet, "/api/v1/tail", "", "")
	req.AddCookie(cookie)
	tail := s.tailOf(req)
	defer tail.body.Close()
	out := s.request(http.MethodPost, "/api/v1/signout", "", "")
	out.Header.Set("X-Auditlog", "1")
	out.AddCookie(cookie)
	require.Equal(t, http.StatusNoContent, s.do(out).status)
	require.Empty(t, tail.next())

	owner := s.token(local.OwnerToken, "gone")
	tail = s.tail("", owner, "")
	defer tail.body.Close()
	require.NoError(t, s.store.RevokeToken(t.Context(), "root", "owner[gone]"))
	s.clock.move(time.Minute)
	require.Empty(t, tail.next(), "a token that is revoked ends it, too")
}

func TestTailsAreBounded(t *testing.T) {
	s := start(t, nil)
	owner := s.token(local.OwnerToken, "acme")
	for range 8 {
		tail := s.tail("", owner, "")
		defer tail.body.Close()
	}
	a := s.get("/api/v1/tail", owner)
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.Equal(t, http.StatusMethodNotAllowed, s.do(s.request(http.MethodHead, "/api/v1/tail", owner, "")).status)
}

func TestFieldsTellSourceAndRedaction(t *testing.T) {
	s := start(t, func(c *search.Config) {
		c.Fields = []search.Field{{Field: "user.email", Policy: "hash"}, {Field: "user.id", From: []string{"staffId"}}, {Field: "request", Request: "keys"}}
	})
	var got struct {
		Fields []struct {
			Name, Redaction, Policy, Filter string
			Stamped                         bool
			From                            []string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(s.get("/api/v1/fields", s.token(local.OwnerToken, "acme")).body), &got))
	i := 0
	for f := range audit.Fields() {
		d := got.Fields[i]
		require.Equal(t, f.Name, d.Name)
		require.NotEmpty(t, d.Redaction, f.Name)
		require.Equal(t, f.Stamped, d.Stamped)
		require.Equal(t, f.Stamped, len(d.From) == 0, f.Name)
		switch f {
		case audit.UserEmail:
			require.Equal(t, "hash", d.Policy)
			require.Contains(t, d.Redaction, "Hashed")
		case audit.UserID:
			require.Equal(t, "user.id", d.From[0])
			require.Contains(t, d.From, "enduser.id")
			require.Equal(t, "staffId", d.From[len(d.From)-1])
			require.Equal(t, "user", d.Filter)
		case audit.Request:
			require.Contains(t, d.Redaction, "without any value")
		}
		i++
	}
	require.Len(t, got.Fields, i)
}

func TestSessionTellsLinks(t *testing.T) {
	links := []search.Link{{Title: "Alerts", URL: "https://siem.example.com/search?user={user.name}"}}
	s := start(t, func(c *search.Config) { c.Links = links })
	both := s.token(local.OwnerToken, "acme", "beta")
	a := s.get("/api/v1/session", both)
	require.Contains(t, a.body, `"links":[{"title":"Alerts","url":"https://siem.example.com/search?user={user.name}"}]`)
	require.Contains(t, a.body, `"accounts":["acme","beta"]`)
	require.Contains(t, a.body, `"sign_in":"token"`)
	require.Equal(t, http.StatusOK, s.get("/api/v1/session?account=beta", both).status)
	require.Equal(t, http.StatusForbidden, s.get("/api/v1/session?account=gamma", both).status)

	cfg := search.NewFactory().CreateDefaultConfig().(*search.Config)
	for url, want := range map[string]string{
		"http://siem.example.com/":                  "begins with https",
		"javascript:alert(1)":                       "begins with https",
		"https://{user.name}.example.com/":          "only behind",
		"https://siem.example.com?user={user.name}": "only behind",
		"https://siem.example.com/{usr}":            "no field",
	} {
		cfg.Links = []search.Link{{Title: "x", URL: url}}
		require.ErrorContains(t, cfg.Validate(), want, url)
	}
}

func TestWhatTheOwnerAskedForIsRedactedInTheTrail(t *testing.T) {
	s := start(t, nil)
	owner := s.token(local.OwnerToken, "acme")
	const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJlLW9mLXRva2Vu"
	for _, name := range []string{"q", "action", "session", "user", "entity_id"} {
		s.events("?"+name+"="+url.QueryEscape(token), owner)
	}
	s.get("/api/v1/events.csv?q="+url.QueryEscape("password=Summer2026!"), owner)
	for _, action := range []string{"events.search", "events.export", "events.exported"} {
		for _, e := range s.own("acme", action) {
			require.NotContains(t, e.Text(audit.Request), "eyJzdWIi")
			require.NotContains(t, e.Text(audit.Request), "Summer2026")
		}
	}
	require.Len(t, s.own("acme", "events.search"), 5)
}

var errStop = errors.New("stop")

func TestServerStopsWhileATailIsOpen(t *testing.T) {
	s := start(t, nil)
	tail := s.tail("", s.token(local.OwnerToken, "acme"), "")
	defer tail.body.Close()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 30*time.Second, errStop)
	defer cancel()
	require.NoError(t, s.search.Shutdown(ctx))
	require.Empty(t, tail.next())
}

// endless is a store that has a page of the same events again and again.
type endless struct {
	store.Store
	page store.Page
	left atomic.Int64
}

func (e *endless) Search(context.Context, store.Caller, store.Query) (store.Page, error) {
	page := store.Page{Events: e.page.Events, Next: e.page.Next}
	if e.left.Add(-1) <= 0 {
		page.Next = nil
	}
	return page, nil
}

func TestExportsNeedTheSameMemoryForAnySize(t *testing.T) {
	s := start(t, nil)
	owner := s.token(local.OwnerToken, "acme")
	const pages = 600
	many := &endless{Store: s.faulty.Store}
	for range 500 {
		many.page.Events = append(many.page.Events, store.Entry{Account: "acme", User: "ana", Action: "exported", Request: strings.Repeat("x", 500)}.Event(time.Now()))
	}
	many.page.Next = &store.Position{Time: time.Now()}
	s.faulty.Store = many
	for _, format := range []string{"ndjson", "csv"} {
		many.left.Store(pages)
		resp, err := http.DefaultTransport.RoundTrip(s.request(http.MethodGet, "/api/v1/events."+format, owner, ""))
		require.NoError(t, err)
		var first, last runtime.MemStats
		lines, size := bufio.NewScanner(resp.Body), 0
		rows := 0
		for ; lines.Scan(); rows++ {
			size += len(lines.Bytes())
			switch rows {
			case 10_000:
				runtime.GC()
				runtime.ReadMemStats(&first)
			case pages*500 - 5000:
				runtime.GC()
				runtime.ReadMemStats(&last)
			}
		}
		require.NoError(t, resp.Body.Close())
		require.GreaterOrEqual(t, rows, pages*500)
		grown := int64(last.HeapAlloc) - int64(first.HeapAlloc)
		t.Logf("%s: %d MB, the heap grew by %d KiB", format, size/1e6, grown>>10)
		require.Less(t, grown, int64(8<<20))
	}
}
