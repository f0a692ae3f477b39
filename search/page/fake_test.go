package page_test

import (
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
	mu        sync.Mutex
	events    []event // newest first
	signedIn  bool
	usedLink  bool
	retention int
	dead      map[string]int
	fail      *problem      // what /events answers instead
	hold      chan struct{} // /events waits for it
	requests  []*url.URL    // of the API
}

type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

func newFake(t *testing.T, events []event) *fake {
	t.Helper()
	f := &fake{events: events, signedIn: true, retention: 30}
	mux := http.NewServeMux()
	mux.Handle("/", page.Handler())
	mux.HandleFunc("POST /api/v1/signin", f.signIn)
	mux.HandleFunc("POST /api/v1/signout", f.signOut)
	mux.HandleFunc("GET /api/v1/session", f.owner(f.session))
	mux.HandleFunc("GET /api/v1/fields", f.owner(f.fields))
	mux.HandleFunc("GET /api/v1/events", f.owner(f.search))
	mux.HandleFunc("GET /api/v1/events/{id}", f.owner(f.event))
	mux.HandleFunc("GET /api/v1/filters", f.owner(f.filters))
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
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
	for _, u := range f.requests {
		if u.Path == path {
			queries = append(queries, u.Query())
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
	w.WriteHeader(http.StatusNoContent)
}

func (f *fake) owner(next func(http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		signedIn := f.signedIn
		f.requests = append(f.requests, r.URL)
		f.mu.Unlock()
		if !signedIn {
			refuse(w, problem{Title: "Unauthorized", Status: 401})
			return
		}
		next(w, r)
	}
}

func (f *fake) session(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer(w, map[string]any{"name": "owner", "accounts": []string{"default"}, "retention_days": f.retention, "dead_letters": f.dead, "version": "v0.1.0"})
}

func (f *fake) fields(w http.ResponseWriter, _ *http.Request) {
	kinds := map[audit.Kind]string{audit.Text: "text", audit.List: "list", audit.Number: "number", audit.Flag: "flag", audit.Instant: "instant", audit.Object: "object"}
	standard := []*audit.Field{audit.Time, audit.UserName, audit.Method, audit.Area, audit.Action, audit.EntityType, audit.Status}
	var list []map[string]any
	for field := range audit.Fields() {
		list = append(list, map[string]any{"name": field.Name, "title": field.Title, "kind": kinds[field.Kind], "meaning": field.Meaning, "default": slices.Contains(standard, field)})
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
	found := f.matching(q)
	limit, _ := strconv.Atoi(q.Get("limit"))
	skip, _ := strconv.Atoi(strings.TrimPrefix(q.Get("cursor"), "after-"))
	found = found[min(skip, len(found)):]
	result := map[string]any{"events": found[:min(limit, len(found))]}
	if len(found) > limit {
		result["next"] = fmt.Sprintf("after-%d", skip+limit)
	}
	answer(w, result)
}

var parameters = map[string]string{"method": "method", "entity_type": "entity.type", "area": "area"}

func (f *fake) matching(q url.Values) []event {
	f.mu.Lock()
	defer f.mu.Unlock()
	start, end := instant(q.Get("start")), time.Now()
	if q.Has("end") {
		end = instant(q.Get("end"))
	}
	found := []event{}
	for _, e := range f.events {
		at, _ := time.Parse(time.RFC3339Nano, e["time"].(string))
		ok := !at.Before(start) && at.Before(end)
		for parameter, name := range parameters {
			value, _ := e[name].(string)
			ok = ok && (!q.Has(parameter) || slices.Contains(q[parameter], value))
		}
		if ok {
			found = append(found, e)
		}
	}
	return found
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

func (f *fake) filters(w http.ResponseWriter, r *http.Request) {
	found := f.matching(r.URL.Query())
	result := map[string]any{}
	for parameter, name := range parameters {
		counts := map[string]int{}
		for _, e := range found {
			if value, ok := e[name].(string); ok {
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
			"account": "default", "sender": "web", "service": "console", "session_id": fmt.Sprintf("s-%d", i%9),
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
