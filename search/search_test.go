package search_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/internal/loopback"
	"github.com/auditlog/auditlog/search"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/local"
	"github.com/auditlog/auditlog/store/sqlite"
	"github.com/auditlog/auditlog/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// faulty is a store whose writes can be made to fail.
type faulty struct {
	store.Store
	fail    error
	stopped string
}

func (f *faulty) Status(ctx context.Context) (store.Status, error) {
	status, err := f.Store.Status(ctx)
	status.Stopped = f.stopped
	return status, err
}

func (f *faulty) Write(ctx context.Context, b store.Batch) error {
	if f.fail != nil {
		return f.fail
	}
	return f.Store.Write(ctx, b)
}

type server struct {
	t      testing.TB
	store  *store.Extension
	search component.Component
	faulty *faulty
	clock  *clock
	url    string
	path   string
	logs   *observer.ObservedLogs
}

// A clock runs with the time, unless it is stopped, and can be moved on.
type clock struct {
	ahead   atomic.Int64
	stopped atomic.Pointer[time.Time]
}

func (c *clock) Now() time.Time {
	now := time.Now()
	if at := c.stopped.Load(); at != nil {
		now = *at
	}
	return now.Add(time.Duration(c.ahead.Load()))
}

func (c *clock) move(d time.Duration) { c.ahead.Add(int64(d)) }

func (c *clock) stop() {
	now := time.Now()
	c.stopped.Store(&now)
}

func start(t testing.TB, change func(*search.Config)) *server {
	return startOn(t, storetest.NewModel(time.Now, 30*24*time.Hour), change)
}

func startOn(t testing.TB, on store.Store, change func(*search.Config)) *server {
	s := &server{t: t, clock: &clock{}, faulty: &faulty{Store: on}}
	h := storetest.NewHost(t, s.faulty)
	s.store, s.path = h.Store, h.Path

	sf := search.NewFactory()
	cfg := sf.CreateDefaultConfig().(*search.Config)
	free, err := loopback.Free(1)
	require.NoError(t, err)
	cfg.Endpoint = free[0]
	if change != nil {
		change(cfg)
	}
	require.NoError(t, cfg.Validate())
	s.url = "http://" + cfg.Endpoint
	core, logs := observer.New(zap.InfoLevel)
	settings := extensiontest.NewNopSettings(search.Type)
	settings.Logger, s.logs = zap.New(core), logs
	endpoint, err := sf.Create(t.Context(), settings, cfg)
	require.NoError(t, err)
	s.search = endpoint
	search.SetClock(endpoint.(*search.Extension), s.clock.Now)
	require.NoError(t, endpoint.Start(t.Context(), h))
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		require.NoError(t, endpoint.Shutdown(context.Background()))
	})
	return s
}

func (s *server) token(kind local.TokenKind, accounts ...string) string {
	token, err := s.store.CreateToken(s.t.Context(), "root", store.TokenRequest{Name: fmt.Sprint(kind, accounts), Kind: kind, Accounts: accounts})
	require.NoError(s.t, err)
	return token
}

// add stores an event of account, ago before now.
func (s *server) add(account string, ago time.Duration, values ...string) audit.ID {
	e := store.Entry{Account: account, User: "ana"}.Event(time.Now().Add(-ago))
	e.SetText(audit.Service, "checkout")
	for i := 0; i < len(values); i += 2 {
		e.SetText(audit.ByName(values[i]), values[i+1])
	}
	require.NoError(s.t, s.store.Write(s.t.Context(), store.Batch{Events: []audit.Event{e}}))
	return e.ID
}

// onEachStore runs a test over the model and over the embedded store.
func onEachStore(t *testing.T, test func(t *testing.T, s *server)) {
	t.Run("model", func(t *testing.T) { test(t, start(t, nil)) })
	t.Run("sqlite", func(t *testing.T) {
		on, err := sqlite.Open(t.Context(), sqlite.Options{Path: t.TempDir(), Retention: 30 * 24 * time.Hour, MaxOpenDays: 16})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, on.Close()) })
		test(t, startOn(t, on, nil))
	})
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (s *server) do(req *http.Request) answer {
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	a := answer{resp.StatusCode, resp.Header, string(body)}
	s.described(req, a)
	return a
}

func (s *server) request(method, path, token, body string) *http.Request {
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req
}

func (s *server) get(path, token string) answer {
	return s.do(s.request(http.MethodGet, path, token, ""))
}

// page is one answer of /api/v1/events, without the program's own events.
type page struct {
	Events  []map[string]any `json:"events"`
	Next    string           `json:"next"`
	Arrived string           `json:"arrived"`
	Partial time.Time        `json:"partial_until"`
}

func (s *server) events(query, token string) page {
	a := s.get("/api/v1/events"+query, token)
	require.Equal(s.t, http.StatusOK, a.status, a.body)
	require.Equal(s.t, "application/json", a.header.Get("Content-Type"))
	require.Equal(s.t, "no-store", a.header.Get("Cache-Control"))
	var p page
	require.NoError(s.t, json.Unmarshal([]byte(a.body), &p))
	return p
}

func ids(p page) (list []string) {
	for _, e := range p.Events {
		if e["service"] != store.Own {
			list = append(list, e["id"].(string))
		}
	}
	return list
}

func TestOwnerReadsTheOwnAccountOnly(t *testing.T) {
	s := start(t, nil)
	older, newer := s.add("acme", 2*time.Hour), s.add("acme", time.Hour)
	foreign := s.add("beta", time.Hour)
	s.add("acme", 25*time.Hour) // outside the default window
	acme := s.token(local.OwnerToken, "acme")
	both := s.token(local.OwnerToken, "acme", "beta")

	require.Equal(t, []string{newer.String(), older.String()}, ids(s.events("", acme)))
	require.Equal(t, ids(s.events("", acme)), ids(s.events("?account=acme", both)))
	a := s.get("/api/v1/events", both)
	require.Equal(t, http.StatusBadRequest, a.status, "with several accounts, one must be named")
	require.Contains(t, a.body, `"parameter":"account"`)
	require.Equal(t, http.StatusOK, s.get("/api/v1/events/"+foreign.String(), both).status)
	require.Equal(t, http.StatusNotFound, s.get("/api/v1/events/"+foreign.String()+"?account=acme", both).status)
	require.Len(t, s.own("acme", "events.view"), 0, "a view is recorded in the account of the event")
	require.Len(t, s.own("beta", "events.view"), 1)
	require.Equal(t, []string{foreign.String()}, ids(s.events("?account=beta", both)))
	require.Len(t, ids(s.events("?start=now-2d", acme)), 3)

	require.Equal(t, http.StatusForbidden, s.get("/api/v1/events?account=beta", acme).status)
	require.Equal(t, http.StatusForbidden, s.get("/api/v1/events?account=beta&limit=wrong", acme).status, "who asks is settled first")
	require.Equal(t, http.StatusOK, s.get("/api/v1/events/"+newer.String(), acme).status)

	theirs, unknown := s.get("/api/v1/events/"+foreign.String(), acme), s.get("/api/v1/events/20261122-00000000000000000000000000000000", acme)
	require.Equal(t, http.StatusNotFound, theirs.status)
	require.Equal(t, unknown.body, theirs.body, "an unknown id and another account's look the same")
	require.Equal(t, unknown.body, s.get("/api/v1/events/nonsense", acme).body)
}

// signInSecret makes a link as `auditlog signin` does.
func (s *server) signInSecret(account string) string {
	client, err := local.Client(s.path)
	require.NoError(s.t, err)
	defer client.CloseIdleConnections()
	resp, err := client.Post("http://auditlog/signin?account="+account, "", nil)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	var link string
	require.NoError(s.t, json.NewDecoder(resp.Body).Decode(&link))
	secret, ok := strings.CutPrefix(link, s.url+"/#signin=")
	require.True(s.t, ok, link)
	return secret
}

func (s *server) signIn(secret string) answer {
	body, err := json.Marshal(map[string]string{"secret": secret})
	require.NoError(s.t, err)
	req := s.request(http.MethodPost, "/api/v1/signin", "", string(body))
	req.Header.Set("X-Auditlog", "1")
	req.Header.Set("Content-Type", "application/json")
	return s.do(req)
}

func (s *server) signedIn(account string) *http.Cookie {
	a := s.signIn(s.signInSecret(account))
	require.Equal(s.t, http.StatusNoContent, a.status, a.body)
	cookies := (&http.Response{Header: a.header}).Cookies()
	require.Len(s.t, cookies, 1)
	return cookies[0]
}

func TestSignInLinkWorksOnce(t *testing.T) {
	s := start(t, nil)
	secret := s.signInSecret("acme")
	first := s.signIn(secret)
	require.Equal(t, http.StatusNoContent, first.status)
	set := first.header.Get("Set-Cookie")
	require.Contains(t, set, "HttpOnly")
	require.Contains(t, set, "SameSite=Strict")
	require.Equal(t, http.StatusUnauthorized, s.signIn(secret).status)
	require.Equal(t, http.StatusUnauthorized, s.signIn("guess").status)
	require.Equal(t, http.StatusUnauthorized, s.signIn("").status)

	cookie := (&http.Response{Header: first.header}).Cookies()[0]
	session := s.request(http.MethodGet, "/api/v1/session", "", "")
	session.AddCookie(cookie)
	require.JSONEq(t, `{"name":"owner","accounts":["acme"],"dead_letters":{},"sign_in":"link","links":[],"retention_days":30,"version":"latest"}`, s.do(session).body)

	out := s.request(http.MethodPost, "/api/v1/signout", "", "")
	out.Header.Set("X-Auditlog", "1")
	out.AddCookie(cookie)
	require.Equal(t, http.StatusNoContent, s.do(out).status)
	require.Equal(t, http.StatusUnauthorized, s.do(session).status, "the session is over on the server, too")
}

func TestSessionEnds(t *testing.T) {
	s := start(t, nil)
	cookie := s.signedIn("acme")
	ask := func() int {
		req := s.request(http.MethodGet, "/api/v1/session", "", "")
		req.AddCookie(cookie)
		return s.do(req).status
	}
	require.Equal(t, http.StatusOK, ask())
	s.clock.move(time.Hour + time.Minute)
	require.Equal(t, http.StatusUnauthorized, ask(), "idle")

	cookie = s.signedIn("acme")
	for range 2 {
		s.clock.move(45 * time.Minute)
		req := s.request(http.MethodGet, "/api/v1/arrivals", "", "")
		req.AddCookie(cookie)
		s.do(req)
	}
	require.Equal(t, http.StatusUnauthorized, ask(), "a page that only looks for news is idle, too")

	cookie = s.signedIn("acme")
	for range 13 {
		require.Equal(t, http.StatusOK, ask())
		s.clock.move(59 * time.Minute)
	}
	require.Equal(t, http.StatusUnauthorized, ask(), "its lifetime ends although it is used")
}

func TestOtherSites(t *testing.T) {
	s := start(t, nil)
	owner := s.token(local.OwnerToken, "acme")
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"rebound name":   {func(r *http.Request) { r.Host = "evil.example.com" }, http.StatusMisdirectedRequest},
		"empty host":     {func(r *http.Request) { r.Host = "evil.example.com:8080" }, http.StatusMisdirectedRequest},
		"localhost":      {func(r *http.Request) { r.Host = "localhost:8080" }, http.StatusOK},
		"IPv6 loopback":  {func(r *http.Request) { r.Host = "[::1]:8080" }, http.StatusOK},
		"foreign origin": {func(r *http.Request) { r.Header.Set("Origin", "https://evil.example.com") }, http.StatusForbidden},
		"null origin":    {func(r *http.Request) { r.Header.Set("Origin", "null") }, http.StatusForbidden},
	} {
		req := s.request(http.MethodGet, "/api/v1/events", owner, "")
		c.change(req)
		require.Equal(t, c.status, s.do(req).status, name)
	}
	post := s.request(http.MethodPost, "/api/v1/signin", "", `{"secret":"x"}`)
	require.Equal(t, http.StatusForbidden, s.do(post).status, "a form of another site cannot set the header")
	other := s.request(http.MethodPost, "/api/v1/signin", "", `{"secret":"x"}`)
	other.Header.Set("X-Auditlog", "1")
	other.Header.Set("Origin", "http://127.0.0.1:1")
	require.Equal(t, http.StatusForbidden, s.do(other).status, "another port of this machine is another origin")
}

func TestFilters(t *testing.T) { onEachStore(t, filterByValues) }

func filterByValues(t *testing.T, s *server) {
	owner := s.token(local.OwnerToken, "acme")
	post := s.add("acme", time.Hour, "method", "POST", "area", "Users", "entity.type", "user")
	put := s.add("acme", 2*time.Hour, "method", "PUT", "area", "Users", "entity.type", "role")
	billing := s.add("acme", 3*time.Hour, "method", "PUT", "area", "Billing & Co", "entity.type", "invoice")
	for query, want := range map[string][]audit.ID{
		"?method=POST":                             {post},
		"?method=POST&method=PUT":                  {post, put, billing},
		"?method=PUT&area=Users":                   {put},
		"?area=" + url.QueryEscape("Billing & Co"): {billing},
		"?entity_type=role&entity_type=invoice":    {put, billing},
		"?entity_type=nothing":                     nil,
		"?start=now-90m":                           {post},
		"?end=now-90m&method=PUT":                  {put, billing},
		"?start=now-150m&end=now-90m":              {put},
		"?start=" + url.QueryEscape(time.Now().Add(-90*time.Minute).Format(time.RFC3339Nano)): {post},
	} {
		var texts []string
		for _, id := range want {
			texts = append(texts, id.String())
		}
		require.Equal(t, texts, ids(s.events(query, owner)), query)
	}
	redacted := store.Entry{Account: "acme", User: "ana"}.Event(time.Now().Add(-time.Hour))
	redacted.SetText(audit.Service, "checkout")
	redacted.SetList(audit.Redactions, []string{"request.password: key", "message: jwt"})
	redacted.SetList(audit.Fingerprints, []string{"f1", "f2"})
	require.NoError(t, s.store.Write(t.Context(), store.Batch{Events: []audit.Event{redacted}}))
	for query, found := range map[string]bool{
		"?redaction=jwt": true, "?redaction=key&redaction=none": true, "?redaction=wt": false, "?redaction=message": false,
		"?fingerprint=f2": true, "?fingerprint=2": false, "?fingerprint=f1&redaction=card": false,
	} {
		require.Equal(t, found, len(ids(s.events(query, owner))) == 1, query)
	}

	a := s.get("/api/v1/filters", owner)
	require.Equal(t, http.StatusOK, a.status)
	var filters map[string][]store.Value
	require.NoError(t, json.Unmarshal([]byte(a.body), &filters))
	require.Contains(t, filters["method"], store.Value{Value: "PUT", Count: 2})
	require.Contains(t, filters["area"], store.Value{Value: "Billing & Co", Count: 1})
	require.Contains(t, filters["entity_type"], store.Value{Value: "user", Count: 1})
	require.Contains(t, filters["service"], store.Value{Value: "checkout", Count: 4})
	require.Len(t, filters, 8)
}

func TestPages(t *testing.T) { onEachStore(t, pageByPage) }

func pageByPage(t *testing.T, s *server) {
	owner, other := s.token(local.OwnerToken, "acme"), s.token(local.OwnerToken, "beta")
	var want []string
	for i := range 25 {
		want = append(want, s.add("acme", time.Duration(i+1)*time.Minute, "method", "POST").String())
	}
	var got []string
	query := "?method=POST&limit=10"
	cursor := ""
	for pages := 0; ; pages++ {
		require.Less(t, pages, 5)
		p := s.events(query+cursor, owner)
		got = append(got, ids(p)...)
		s.add("acme", 0, "method", "POST") // what comes in meanwhile moves nothing
		if p.Next == "" {
			break
		}
		cursor = "&cursor=" + p.Next
	}
	require.Equal(t, want, got)

	next := s.events(query, owner).Next
	for name, ask := range map[string]answer{
		"another filter":  s.get("/api/v1/events?method=PUT&limit=10&cursor="+next, owner),
		"another window":  s.get("/api/v1/events?method=POST&start=now-30d&cursor="+next, owner),
		"another account": s.get("/api/v1/events"+query+"&cursor="+next, other),
		"changed":         s.get("/api/v1/events"+query+"&cursor=A"+next[1:], owner),
		"nonsense":        s.get("/api/v1/events"+query+"&cursor=%00", owner),
	} {
		require.Equal(t, http.StatusBadRequest, ask.status, name)
		require.Contains(t, ask.body, `"parameter":"cursor"`, name)
	}
	require.Len(t, ids(s.events("?method=POST&limit=3&cursor="+next, owner)), 3, "the page's size may change")
}

func TestParametersThatAreWrong(t *testing.T) {
	s := start(t, nil)
	owner := s.token(local.OwnerToken, "acme")
	for query, parameter := range map[string]string{
		"?limit=0":                             "limit",
		"?limit=1001":                          "limit",
		"?limit=ten":                           "limit",
		"?limit=1&limit=2":                     "limit",
		"?start=yesterday":                     "start",
		"?start=now%2B1h":                      "start",
		"?start=now-1y":                        "start",
		"?start=now-99999999999d":              "start",
		"?end=2026-11-22":                      "end",
		"?start=now-1h&end=now-2h":             "start",
		"?start=0001-01-01T00:00:00Z":          "start",
		"?methods=POST":                        "methods",
		"?method=":                             "method",
		"?area=" + strings.Repeat("x", 5000):   "area",
		"?" + strings.Repeat("method=a&", 101): "method",
		"?status=ok":                           "status",
		"?status!=ok":                          "status!",
		"?impersonated=yes":                    "impersonated",
		"?ip=10.0.0.0/33":                      "ip",
		"?ip=localhost":                        "ip",
		"?q=%21%3F":                            "q",
		"?q=" + strings.Repeat("x", 300):       "q",
		"?order=random":                        "order",
		"?start=":                              "start",
		"?account":                             "account",
		"?columns=time":                        "columns",
		"?since=x":                             "since",
		"?account=acme&account=acme":           "account",
		"?cursor=AAAA":                         "cursor",
	} {
		a := s.get("/api/v1/events"+query, owner)
		require.Equal(t, http.StatusBadRequest, a.status, query)
		require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
		var p struct{ Title, Detail, Parameter string }
		require.NoError(t, json.Unmarshal([]byte(a.body), &p))
		require.Equal(t, parameter, p.Parameter, query)
		require.Equal(t, "Bad Request", p.Title)
		require.NotEmpty(t, p.Detail)
	}
	require.Equal(t, http.StatusBadRequest, s.get("/api/v1/events?%zz", owner).status)
	require.Equal(t, http.StatusNotFound, s.get("/api/v1/nothing", owner).status)
	require.Equal(t, http.StatusNotFound, s.get("/nothing", owner).status)
}

// own returns the program's own events of an action in the account.
func (s *server) own(account, action string) (events []audit.Event) {
	p, err := s.store.Search(s.t.Context(), store.Caller{Name: "test", Accounts: []string{account}}, store.Query{
		Start: time.Now().Add(-time.Hour), End: time.Now().Add(time.Hour), Limit: 1000,
		Filters: []store.Filter{{Fields: []*audit.Field{audit.Action}, Values: []string{action}}, {Fields: []*audit.Field{audit.Service}, Values: []string{store.Own}}},
	})
	require.NoError(s.t, err)
	return p.Events
}

func TestReadsAreEvents(t *testing.T) { onEachStore(t, readsAreEvents) }

func readsAreEvents(t *testing.T, s *server) {
	owner, sender := s.token(local.OwnerToken, "acme"), s.token(local.SenderToken, "acme")
	id := s.add("acme", time.Hour)
	for range 3 {
		s.events("?method=POST", owner)
	}
	require.Len(t, s.own("acme", "events.search"), 1, "one for each caller and filters")
	var together sync.WaitGroup
	for range 20 { // as a page does that asks for rows and filters at once
		together.Go(func() { s.get("/api/v1/events?start=now-2h", owner); s.get("/api/v1/filters?start=now-2h", owner) })
	}
	together.Wait()
	require.Len(t, s.own("acme", "events.search"), 2)
	s.events("?method=PUT&area=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJlLW9mLXRva2Vu", owner)
	reads := s.own("acme", "events.search")
	require.Len(t, reads, 3)
	require.Equal(t, "owner[acme]", reads[0].Text(audit.UserName))
	require.Contains(t, reads[0].Text(audit.Request), `"PUT"`)
	require.NotContains(t, reads[0].Text(audit.Request), "eyJzdWIi", "a token that somebody searches for is not stored")

	s.get("/api/v1/events/"+id.String(), owner)
	views := s.own("acme", "events.view")
	require.Len(t, views, 1)
	require.Equal(t, id.String(), views[0].Text(audit.EntityID))

	for range 3 {
		s.get("/api/v1/events", sender)
	}
	denied := s.own("acme", "events.search")
	require.Len(t, denied, 4, "denied reads are folded")
	require.Equal(t, "failure", denied[0].Text(audit.Status))
	s.get("/api/v1/events", "guess")
	require.Len(t, s.own(store.DefaultAccount, "events.search"), 1)
}

func TestAReadThatCannotBeRecordedIsRefused(t *testing.T) {
	s := start(t, nil)
	owner := s.token(local.OwnerToken, "acme")
	id := s.add("acme", time.Hour)
	s.faulty.fail = fmt.Errorf("disk full at %s: %w", s.path, store.ErrUnavailable)
	for _, route := range []string{
		"/api/v1/events", "/api/v1/filters", "/api/v1/events/" + id.String(), "/api/v1/summary", "/api/v1/events.ndjson", "/api/v1/events.csv",
		"/api/v1/arrivals", "/api/v1/tail",
	} {
		a := s.get(route, owner)
		require.Equal(t, http.StatusServiceUnavailable, a.status)
		require.NotEmpty(t, a.header.Get("Retry-After"))
		require.Contains(t, a.body, "Nothing can be recorded now")
		require.NotContains(t, a.body, s.path)
		require.NotContains(t, a.body, id.String())
	}
	s.faulty.fail = nil
	require.Len(t, ids(s.events("", owner)), 1)
}

func TestFieldsAreTheTable(t *testing.T) {
	s := start(t, nil)
	a := s.get("/api/v1/fields", s.token(local.OwnerToken, "acme"))
	var got struct {
		Fields []struct {
			Name, Title, Kind, Meaning string
			Default                    bool
		}
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &got))
	var defaults []string
	for _, f := range got.Fields {
		require.NotNil(t, audit.ByName(f.Name))
		require.NotEmpty(t, f.Kind)
		if f.Default {
			defaults = append(defaults, f.Title)
		}
	}
	require.Equal(t, []string{"Time", "User", "Method", "Area", "Action", "Entity Type", "Status"}, defaults)
}

func TestPageAndHealthArePublic(t *testing.T) {
	s := start(t, nil)
	home := s.get("/", "")
	require.Equal(t, http.StatusOK, home.status)
	require.Contains(t, home.header.Get("Content-Type"), "text/html")
	for _, path := range []string{"/", "/api/v1/session", "/healthz"} {
		h := s.get(path, "").header
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'")
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
		require.Equal(t, "no-store", h.Get("Cache-Control"), path)
	}
	watcher := s.search.(extensioncapabilities.PipelineWatcher)
	require.Equal(t, http.StatusServiceUnavailable, s.get("/healthz", "").status, "nothing can be sent yet")
	require.NoError(t, watcher.Ready())
	require.JSONEq(t, `{"status":"ok"}`, s.get("/healthz", "").body)
	s.faulty.stopped = "the cluster is set up otherwise"
	stopped := s.get("/healthz", "")
	require.Equal(t, http.StatusServiceUnavailable, stopped.status, "what is taken is not stored")
	require.Contains(t, stopped.body, "wait: the cluster is set up otherwise.")
	s.faulty.stopped = ""
	require.NoError(t, watcher.NotReady())
	require.Equal(t, http.StatusServiceUnavailable, s.get("/healthz", "").status)
	require.Zero(t, s.logs.FilterMessage("A request of an owner failed.").Len(), "who probes is told")
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	for want, change := range map[string]func(*search.Config){
		"must be host:port":              func(c *search.Config) { c.Endpoint = "8080" },
		"reachable from other machines":  func(c *search.Config) { c.Endpoint = "0.0.0.0:8080" },
		"`trusted_proxy: true`":          func(c *search.Config) { c.Endpoint = ":8080" },
		"must be an http or https URL":   func(c *search.Config) { c.URL = "audit.example.com" },
		"`session_idle` must be positiv": func(c *search.Config) { c.SessionIdle = 0 },
	} {
		cfg := search.NewFactory().CreateDefaultConfig().(*search.Config)
		require.NoError(t, cfg.Validate())
		change(cfg)
		require.ErrorContains(t, cfg.Validate(), want)
	}
	cfg := search.NewFactory().CreateDefaultConfig().(*search.Config)
	cfg.Endpoint, cfg.TrustedProxy = "0.0.0.0:8080", true
	require.NoError(t, cfg.Validate())
}
