package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/search/page"
)

const secret = "the-one-time-secret"

// An event is one as the API answers it.
type event = map[string]any

// A fake answers the API's routes from memory, so that the page can be shown
// states that a real endpoint is seldom in.
type fake struct {
	*httptest.Server
	mu         sync.Mutex
	events     []event // in any order
	arrived    int     // how many of them arrived after the fake was made
	signedIn   bool
	usedLink   bool
	oidc       string // title of the button; "" for links
	endSession string // where a sign-out goes on
	accounts   []string
	links      []map[string]string
	retention  int
	dead       map[string]int
	partial    time.Time       // how far a search gets before its budget ends
	missing    map[string]bool // routes that this server does not have
	fail       *problem        // what /events answers instead
	failOther  *problem        // what /summary and /filters answer instead
	hold       chan struct{}   // /events waits for it
	tails      chan struct{}   // closed to end the streams
	news       *sync.Cond      // something arrived, or the streams ended
	requests   []*http.Request // of the API
}

type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

func newFake(t *testing.T, events []event) *fake {
	t.Helper()
	f := &fake{events: events, signedIn: true, retention: 30, accounts: []string{"default"}, missing: map[string]bool{}}
	f.news = sync.NewCond(&f.mu)
	mux := http.NewServeMux()
	mux.Handle("/", page.Handler())
	mux.HandleFunc("POST /api/v1/signin", f.signIn)
	mux.HandleFunc("POST /api/v1/signout", f.signOut)
	mux.HandleFunc("GET /api/v1/signin", f.ways)
	mux.HandleFunc("GET /api/v1/session", f.owner(f.session))
	mux.HandleFunc("GET /api/v1/fields", f.owner(f.fields))
	mux.HandleFunc("GET /api/v1/events", f.owner(f.search))
	mux.HandleFunc("GET /api/v1/events/{id}", f.owner(f.event))
	mux.HandleFunc("GET /api/v1/filters", f.owner(f.filters))
	mux.HandleFunc("GET /api/v1/summary", f.owner(f.summary))
	mux.HandleFunc("GET /api/v1/arrivals", f.owner(f.arrivals))
	mux.HandleFunc("GET /api/v1/tail", f.owner(f.tail))
	mux.HandleFunc("GET /api/v1/events.csv", f.owner(f.export))
	mux.HandleFunc("GET /api/v1/events.ndjson", f.owner(f.export))
	f.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		f.endTails()
		f.Close()
	})
	return f
}

// arrive adds an event while the page is open.
func (f *fake) arrive(e event) {
	f.set(func() {
		f.events = append(f.events, e)
		f.arrived++
	})
	f.news.Broadcast()
}

// endTails closes the streams, as a server does that stops.
func (f *fake) endTails() {
	f.set(func() { f.tails = nil })
	f.news.Broadcast()
}

func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// asked returns the queries of a route since the last call.
func (f *fake) asked(path string) []url.Values {
	f.mu.Lock()
	defer f.mu.Unlock()
	var queries []url.Values
	for _, r := range f.requests {
		if r.URL.Path == path {
			queries = append(queries, r.URL.Query())
		}
	}
	f.requests = nil
	return queries
}

func (f *fake) signIn(w http.ResponseWriter, r *http.Request) {
	var body struct{ Secret string }
	_ = json.NewDecoder(r.Body).Decode(&body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Header.Get("X-Auditlog") != "1" || body.Secret != secret || f.usedLink {
		refuse(w, problem{Title: "Unauthorized", Status: 401})
		return
	}
	f.signedIn, f.usedLink = true, true
	w.WriteHeader(http.StatusNoContent)
}

func (f *fake) signOut(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Auditlog") != "1" {
		refuse(w, problem{Title: "Forbidden", Status: 403})
		return
	}
	f.set(func() { f.signedIn = false })
	if f.endSession != "" {
		answer(w, map[string]any{"end_session": f.endSession})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (f *fake) owner(next func(http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		signedIn, missing := f.signedIn, f.missing[r.URL.Path]
		f.requests = append(f.requests, r)
		f.mu.Unlock()
		if missing {
			refuse(w, problem{Title: "Not Found", Status: 404})
			return
		}
		if !signedIn {
			refuse(w, problem{Title: "Unauthorized", Status: 401})
			return
		}
		next(w, r)
	}
}

func (f *fake) ways(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.missing["/api/v1/signin"] {
		refuse(w, problem{Title: "Not Found", Status: 404})
		return
	}
	answer(w, map[string]any{"oidc": f.oidc != "", "title": f.oidc})
}

func (f *fake) session(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer(w, map[string]any{
		"name": "owner", "accounts": f.accounts, "retention_days": f.retention, "dead_letters": f.dead, "version": "v0.1.0", "links": f.links,
	})
}

func (f *fake) fields(w http.ResponseWriter, _ *http.Request) {
	kinds := map[audit.Kind]string{audit.Text: "text", audit.List: "list", audit.Number: "number", audit.Flag: "flag", audit.Instant: "instant", audit.Object: "object"}
	standard := []*audit.Field{audit.Time, audit.UserName, audit.Method, audit.Area, audit.Action, audit.EntityType, audit.Status}
	var list []map[string]any
	for field := range audit.Fields() {
		list = append(list, map[string]any{"name": field.Name, "title": field.Title, "kind": kinds[field.Kind], "meaning": field.Meaning, "default": slices.Contains(standard, field),
			"from": field.From, "redaction": "text rules"})
	}
	answer(w, map[string]any{"fields": list})
}

func (f *fake) search(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	failure, hold := f.fail, f.hold
	f.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if failure != nil {
		refuse(w, *failure)
		return
	}
	q := r.URL.Query()
	if q.Get("account") == "" && len(f.accounts) > 1 {
		refuse(w, problem{Title: "Bad Request", Status: 400, Detail: "account: must name one of several"})
		return
	}
	found := f.matching(q)
	limit, _ := strconv.Atoi(q.Get("limit"))
	skip, _ := strconv.Atoi(strings.TrimPrefix(q.Get("cursor"), "after-"))
	found = found[min(skip, len(found)):]
	f.mu.Lock()
	result := map[string]any{"events": found[:min(limit, len(found))]}
	if q.Get("cursor") == "" {
		result["arrived"] = fmt.Sprintf("arrival-%d", f.arrived)
	}
	if !f.partial.IsZero() && q.Get("cursor") == "" {
		result["events"], result["partial_until"], result["next"] = upTo(found, f.partial), f.partial, fmt.Sprintf("after-%d", len(upTo(found, f.partial)))
	} else if len(found) > limit {
		result["next"] = fmt.Sprintf("after-%d", skip+limit)
	}
	f.mu.Unlock()
	answer(w, result)
}

func upTo(events []event, until time.Time) []event {
	found := []event{}
	for _, e := range events {
		if !at(e).Before(until) {
			found = append(found, e)
		}
	}
	return found
}

func at(e event) time.Time {
	t, err := time.Parse(time.RFC3339Nano, e["time"].(string))
	if err != nil {
		panic(err)
	}
	return t
}

// parameters are the filters and the fields that they look at.
var parameters = map[string][]string{
	"method": {"method"}, "entity_type": {"entity.type"}, "area": {"area"}, "action": {"action"}, "status": {"status"},
	"user": {"user.name", "user.full_name", "user.id", "user.email", "impersonator.name"}, "role": {"user.roles"}, "service": {"service"},
	"ip": {"ip"}, "entity_id": {"entity.id"}, "impersonated": {"impersonated"}, "session": {"session_id"}, "trace": {"trace_id"},
	"redaction": {"redactions"}, "fingerprint": {"fingerprints"}, "q": {"action", "user.name", "user.full_name", "message", "request"},
}

// matching returns the events of the window that the filters let through, in
// the order that is asked for.
func (f *fake) matching(q url.Values) []event {
	f.mu.Lock()
	defer f.mu.Unlock()
	start, end := instant(q.Get("start")), time.Now().Add(10*time.Minute)
	if q.Has("end") {
		end = instant(q.Get("end"))
	}
	found := []event{}
	for _, e := range f.events {
		if !at(e).Before(start) && at(e).Before(end) && passes(e, q) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b event) int { return at(b).Compare(at(a)) })
	if q.Get("order") == "oldest" {
		slices.Reverse(found)
	}
	return found
}

func passes(e event, q url.Values) bool {
	for parameter := range parameters {
		if q.Has(parameter) && !slices.ContainsFunc(q[parameter], func(v string) bool { return has(e, parameter, v) }) {
			return false
		}
		if slices.ContainsFunc(q[parameter+"!"], func(v string) bool { return has(e, parameter, v) }) {
			return false
		}
	}
	return true
}

func has(e event, parameter, wanted string) bool {
	for _, name := range parameters[parameter] {
		for _, value := range valuesOf(e[name]) {
			if value == wanted || parameter == "redaction" && strings.HasSuffix(value, ": "+wanted) ||
				parameter == "q" && strings.Contains(strings.ToLower(value), strings.ToLower(wanted)) {
				return true
			}
		}
	}
	return false
}

func valuesOf(v any) []string {
	switch v := v.(type) {
	case nil:
		return nil
	case []string:
		return v
	}
	return []string{fmt.Sprint(v)}
}

func instant(s string) time.Time {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t
	}
	s = strings.TrimPrefix(s, "now-")
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, _ := strconv.Atoi(days)
		return time.Now().AddDate(0, 0, -n)
	}
	ago, _ := time.ParseDuration(s)
	return time.Now().Add(-ago)
}

func (f *fake) event(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.events {
		if e["id"] == r.PathValue("id") {
			answer(w, e)
			return
		}
	}
	refuse(w, problem{Title: "Not Found", Status: 404})
}

func (f *fake) otherwise(w http.ResponseWriter) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failOther != nil {
		refuse(w, *f.failOther)
	}
	return f.failOther != nil
}

func (f *fake) filters(w http.ResponseWriter, r *http.Request) {
	if f.otherwise(w) {
		return
	}
	found := f.matching(r.URL.Query())
	result := map[string]any{}
	for _, parameter := range []string{"method", "entity_type", "area", "action", "status", "user", "role", "service"} {
		counts := map[string]int{}
		for _, e := range found {
			for _, value := range valuesOf(e[parameters[parameter][0]]) {
				counts[value]++
			}
		}
		values := []map[string]any{}
		for value, count := range counts {
			values = append(values, map[string]any{"value": value, "count": count})
		}
		slices.SortFunc(values, func(a, b map[string]any) int {
			if d := b["count"].(int) - a["count"].(int); d != 0 {
				return d
			}
			return strings.Compare(a["value"].(string), b["value"].(string))
		})
		result[parameter] = values
	}
	answer(w, result)
}

// summary counts by the half hour.
func (f *fake) summary(w http.ResponseWriter, r *http.Request) {
	if f.otherwise(w) {
		return
	}
	const interval = 30 * time.Minute
	found := f.matching(r.URL.Query())
	buckets := []map[string]any{}
	for _, e := range slices.Backward(found) {
		start := at(e).Truncate(interval)
		if len(buckets) == 0 || !buckets[len(buckets)-1]["start"].(time.Time).Equal(start) {
			buckets = append(buckets, map[string]any{"start": start, "success": 0, "failure": 0, "unknown": 0})
		}
		last := buckets[len(buckets)-1]
		if status, ok := e["status"].(string); ok && last[status] != nil {
			last[status] = last[status].(int) + 1
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	result := map[string]any{"interval_ns": interval, "buckets": buckets, "total": len(found)}
	if !f.partial.IsZero() {
		result["partial_until"] = f.partial
	}
	answer(w, result)
}

// since returns what arrived after a cursor of arrival, and the cursor after it.
func (f *fake) since(cursor string) ([]event, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, _ := strconv.Atoi(strings.TrimPrefix(cursor, "arrival-"))
	return f.events[len(f.events)-f.arrived+n:], f.arrived
}

func (f *fake) arrivals(w http.ResponseWriter, r *http.Request) {
	events, cursor := f.since(r.URL.Query().Get("since"))
	count := 0
	for _, e := range events {
		if passes(e, r.URL.Query()) {
			count++
		}
	}
	answer(w, map[string]any{"count": count, "more": false, "arrived": fmt.Sprintf("arrival-%d", cursor)})
}

func (f *fake) tail(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	if f.tails == nil {
		f.tails = make(chan struct{})
	}
	mine := f.tails
	f.mu.Unlock()
	cursor := r.URL.Query().Get("since")
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		cursor = last
	}
	page.Headers(w.Header())
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = fmt.Fprint(w, "retry: 50\n\n")
	w.(http.Flusher).Flush()
	stop := context.AfterFunc(r.Context(), f.news.Broadcast)
	defer stop()
	for r.Context().Err() == nil {
		events, next := f.since(cursor)
		for i, e := range events {
			body, _ := json.Marshal(e)
			if passes(e, r.URL.Query()) {
				_, _ = fmt.Fprintf(w, "id: arrival-%d\ndata: %s\n\n", next-len(events)+i+1, body)
			}
		}
		w.(http.Flusher).Flush()
		cursor = fmt.Sprintf("arrival-%d", next)
		f.mu.Lock()
		for f.arrived == next && f.tails == mine && r.Context().Err() == nil {
			f.news.Wait()
		}
		ended := f.tails != mine
		f.mu.Unlock()
		if ended {
			return
		}
	}
}

func (f *fake) export(w http.ResponseWriter, r *http.Request) {
	page.Headers(w.Header())
	w.Header().Set("Content-Type", "application/octet-stream")
	for _, e := range f.matching(r.URL.Query()) {
		_, _ = fmt.Fprintln(w, e["id"])
	}
}

func answer(w http.ResponseWriter, v any) {
	page.Headers(w.Header())
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, p problem) {
	page.Headers(w.Header())
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// day makes n events of a working day, the newest a minute ago.
func day(n int) []event {
	people := []struct{ name, full, role string }{
		{"ana", "Ana Ruiz", "admin"}, {"ben.okafor", "Ben Okafor", "developer"}, {"chloe", "Chloé Martin", "operator"}, {"deepa", "Deepa Nair", "billing"},
	}
	things := []struct{ method, area, action, entity, id string }{
		{"PUT", "Connections", "connection.update", "connection", "prod-db"},
		{"POST", "Users", "user.invite", "user", "erik@example.com"},
		{"GET", "Reports", "report.export", "report", "monthly-usage"},
		{"DELETE", "Access Tokens", "access_token.revoke", "access_token", "ci-deploy"},
		{"PATCH", "Billing", "ChangePlan", "subscription", "sub_2041"},
		{"POST", "Sign-in", "login", "session", ""},
	}
	var events []event
	for i := range n {
		who, what := people[i%len(people)], things[i%len(things)]
		at := time.Now().UTC().Add(-time.Minute - time.Duration(i)*7*time.Minute)
		e := event{
			"id": fmt.Sprintf("%s-%032x", at.Format("20060102"), i), "time": at.Format(time.RFC3339Nano), "received": at.Add(time.Second).Format(time.RFC3339Nano),
			"user.name": who.name, "user.full_name": who.full, "user.id": fmt.Sprintf("u-%d", i%4), "user.roles": []string{who.role},
			"method": what.method, "area": what.area, "action": what.action, "entity.type": what.entity,
			"status": "success", "status_code": 200, "duration_ns": 842000000, "duration": "842 ms", "ip": "203.0.113.7",
			"account": "default", "sender": "web", "service": "console", "session_id": fmt.Sprintf("s-%d", i%9), "trace_id": fmt.Sprintf("%032x", i/2),
		}
		if what.id != "" {
			e["entity.id"] = what.id
		}
		switch i % 7 {
		case 2:
			e["status"], e["status_code"], e["error"] = "failure", 403, "permission_denied"
		case 4:
			e["status"] = "unknown"
			delete(e, "status_code")
		}
		if i%11 == 3 {
			e["impersonated"], e["impersonator.name"], e["impersonator.full_name"] = true, "sam", "Sam Lee"
			e["impersonator.roles"] = []string{"Support"}
			e["impersonation_reason"] = "Ticket 4711: customer cannot see the report"
		}
		if i%13 == 5 {
			e["late"] = true
		}
		if what.method == "PUT" {
			e["request"] = `{"host":"db.internal","port":5432,"big":12345678901234567890,"password":"[redacted:key]","changes":[{"field":"pool","old":5,"new":10}],"none":{},"rows":"[12 rows omitted]"}`
			e["redactions"] = []string{"request.password: key"}
		}
		events = append(events, e)
	}
	return events
}
