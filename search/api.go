package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/internal/loopback"
	"github.com/auditlog/auditlog/search/page"
	"github.com/auditlog/auditlog/store"
)

// api answers the owner's requests.
type api struct {
	store    *store.Extension
	base     *url.URL // how browsers reach the endpoint
	proxied  bool     // whether a proxy says who the clients are
	version  string
	links    []Link
	sessions *sessions
	issuer   *issuer // nil without an identity provider
	seal     seal
	cursors  cursors
	reads    *reads
	logger   *zap.Logger
	answers  metric.Int64Counter
	ready    *atomic.Bool // whether events are taken, for the health check
	now      func() time.Time

	attempts *limits // to sign in, by client
	failures *limits // to prove who one is, by client
	requests *limits // of owners
	exports  *slots
	tails    *slots
	closing  chan struct{} // closed when the server stops

	fieldList any // the answer of /fields
	document  any // the answer of /openapi.json
}

// Rates of one client, or of one owner, a second; and how many at once.
const (
	attemptRate, attemptBurst = 0.2, 20
	failureRate, failureBurst = 2, 100
	requestRate, requestBurst = 50, 300
)

func newAPI(cfg *Config, base *url.URL, version string, s *store.Extension, set component.TelemetrySettings, ready *atomic.Bool, now func() time.Time) (*api, error) {
	reads, err := newReads(s, now)
	if err != nil {
		return nil, err
	}
	answers, err := set.MeterProvider.Meter("github.com/auditlog/auditlog/search").Int64Counter("auditlog_answers",
		metric.WithUnit("{request}"), metric.WithDescription("Requests to the owner's endpoint, by route and status."))
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	cursors, err := newCursors(s.Key())
	if err != nil {
		return nil, err
	}
	a := &api{
		store: s, base: base, proxied: cfg.TrustedProxy, version: version, links: cfg.Links, cursors: cursors, reads: reads,
		logger: set.Logger, answers: answers, ready: ready, now: now,
		sessions: newSessions(cfg.SessionIdle, cfg.SessionLifetime),
		attempts: newLimits(attemptRate, attemptBurst), failures: newLimits(failureRate, failureBurst), requests: newLimits(requestRate, requestBurst),
		exports: newSlots(2, 8), tails: newSlots(8, 64), closing: make(chan struct{}),
		fieldList: describeFields(cfg.Fields),
	}
	if cfg.OIDC.HasValue() {
		if a.issuer, err = newIssuer(*cfg.OIDC.Get(), base.String()+callbackPath, now, set.Logger); err != nil {
			return nil, err
		}
	}
	if a.document, err = describeAPI(version); err != nil {
		return nil, err
	}
	a.seal, err = newSeal()
	return a, err
}

// handler routes every request. What is not public goes through [api.owner].
func (a *api) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", page.Handler())
	mux.Handle("GET /healthz", a.public(a.health))
	mux.HandleFunc("GET "+loginPath, a.login)
	mux.HandleFunc("GET "+callbackPath, a.callback)
	mux.Handle("GET /api/v1/signin", a.public(a.waysIn))
	mux.Handle("POST /api/v1/signin", a.public(a.signIn))
	mux.Handle("POST /api/v1/signout", a.public(a.signOut))
	mux.Handle("GET /api/v1/openapi.json", a.public(a.openapi))
	mux.Handle("GET /api/v1/session", a.owner("", a.session))
	mux.Handle("GET /api/v1/fields", a.owner("", a.fields))
	mux.Handle("GET /api/v1/events", a.owner("events.search", a.events))
	mux.Handle("GET /api/v1/events/{id}", a.owner("events.view", a.event))
	mux.Handle("GET /api/v1/filters", a.owner("events.search", a.filters))
	mux.Handle("GET /api/v1/summary", a.owner("events.search", a.summarize))
	mux.Handle("GET /api/v1/events.ndjson", a.streamed("events.export", a.exportNDJSON))
	mux.Handle("GET /api/v1/events.csv", a.streamed("events.export", a.exportCSV))
	mux.Handle("GET /api/v1/arrivals", a.owner("events.search", a.countArrivals))
	mux.Handle("GET /api/v1/tail", a.streamed("events.tail", a.tail))
	mux.Handle("/api/", a.public(func(_ http.ResponseWriter, r *http.Request) (any, error) {
		return nil, newProblem(http.StatusNotFound, "There is no %s %s in this API.", r.Method, r.URL.Path)
	}))
	return a.sameSite(mux)
}

// sameSite refuses requests that another site makes a browser send: under a name
// of its own that resolves to this machine, or across origins.
func (a *api) sameSite(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.Headers(w.Header())
		if a.secure() {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !a.ownHost(r.Host) {
			newProblem(http.StatusMisdirectedRequest, "This server is not %q. Set search.url to the address at which browsers reach it.", r.Host).write(w)
			return
		}
		origin := r.Header.Get("Origin")
		safe := r.Method == http.MethodGet || r.Method == http.MethodHead
		if u, err := url.Parse(origin); origin != "" && (err != nil || !a.ownHost(u.Host) || !safe && u.Host != r.Host) {
			newProblem(http.StatusForbidden, "Requests from other origins are refused.").write(w)
			return
		}
		if !safe && r.Header.Get("X-Auditlog") == "" {
			newProblem(http.StatusForbidden, "The header X-Auditlog: 1 is needed, which no other site can make a browser send.").write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *api) ownHost(hostport string) bool {
	if strings.EqualFold(hostport, a.base.Host) {
		return true
	}
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	return loopback.Host(strings.ToLower(host)) && loopback.Host(a.base.Hostname())
}

type answerFunc func(w http.ResponseWriter, r *http.Request) (any, error)

// public answers without asking who asks.
func (a *api) public(answer answerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		body, err := answer(w, r)
		a.write(w, r, body, err)
	})
}

type ownerFunc func(r *http.Request, o owner) (any, error)

// owner answers owners only. Who asks is settled before anything else of the
// request is looked at. A denied read is recorded where read says that the
// route reads events.
func (a *api) owner(read string, answer ownerFunc) http.Handler {
	return a.public(func(_ http.ResponseWriter, r *http.Request) (any, error) {
		o, err := a.admit(r, read)
		if err != nil {
			return nil, err
		}
		return answer(r, o)
	})
}

// watching are the routes that a page asks by itself. They do not keep a session
// from becoming idle.
var watching = []string{"GET /api/v1/arrivals", "GET /api/v1/tail"}

// admit returns the owner who makes the request, if it may be answered now.
func (a *api) admit(r *http.Request, read string) (owner, error) {
	o, err := a.authenticate(r, !slices.Contains(watching, r.Pattern))
	if err != nil {
		if wait := a.failures.wait(a.client(r), a.now()); wait > 0 {
			return owner{}, tooMany(wait, "Too many requests that do not say who makes them.")
		}
		if read != "" && !errors.Is(err, errNoIssuer) {
			a.reads.denied(r.Context(), o, a.address(r), read, a.logger)
		}
		return owner{}, err
	}
	if wait := a.requests.wait(o.key, a.now()); wait > 0 {
		return owner{}, tooMany(wait, "More than %d requests a second, and more than %d at once.", requestRate, requestBurst)
	}
	return o, nil
}

func (a *api) write(w http.ResponseWriter, r *http.Request, body any, err error) {
	status := http.StatusOK
	switch {
	case err != nil:
		p := asProblem(err)
		var told *problem // by what is not a failure of this request
		if status = p.Status; status >= 500 && !errors.As(err, &told) {
			a.logger.Error("A request of an owner failed.", zap.String("route", r.Pattern), zap.Error(err))
		}
		p.write(w)
	case body == nil:
		status = http.StatusNoContent
		w.WriteHeader(status)
	default:
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(body)
	}
	a.answers.Add(r.Context(), 1, metric.WithAttributes(attribute.String("route", r.Pattern), attribute.Int("status", status)))
}

// health says that events are taken, stored and read. It answers anybody, so that
// it tells no names.
func (a *api) health(_ http.ResponseWriter, r *http.Request) (any, error) {
	if !a.ready.Load() {
		return nil, newProblem(http.StatusServiceUnavailable, "Starting or stopping.")
	}
	status, err := a.store.Status(r.Context())
	if err != nil {
		return nil, err
	}
	if status.Stopped != "" {
		return nil, newProblem(http.StatusServiceUnavailable, "Events are taken, and wait: %s. `auditlog status` and the server's log say more.", status.Stopped)
	}
	return map[string]string{"status": "ok"}, nil
}

// signInCommand makes a one-time link for whoever may run commands here.
func (a *api) signInCommand(r *http.Request, user string) (any, error) {
	account := r.URL.Query().Get("account")
	if account == "" {
		account = store.DefaultAccount
	}
	secret := a.sessions.newLink(store.Caller{Name: "owner", Accounts: []string{account}}, a.now())
	entry := store.Entry{User: user, Method: "CREATE", Action: "signin.link", EntityType: "sign-in link"}
	if err := a.store.Record(r.Context(), entry, account); err != nil {
		return nil, err
	}
	return a.base.String() + "/#signin=" + secret, nil
}

func (a *api) signIn(w http.ResponseWriter, r *http.Request) (any, error) {
	if wait := a.attempts.wait(a.client(r), a.now()); wait > 0 {
		return nil, tooMany(wait, "Too many attempts to sign in.")
	}
	var body struct {
		Secret string `json:"secret"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&body); err != nil {
		return nil, newProblem(http.StatusBadRequest, `The body must be {"secret":"…"}.`)
	}
	o, ok := a.sessions.redeem(body.Secret, a.now())
	if !ok {
		return nil, newProblem(http.StatusUnauthorized, "This sign-in link was used already, or is older than ten minutes. Run `auditlog signin` on the server for another.")
	}
	return nil, a.begin(w, r, o, nil)
}

// waysIn says to whoever asks how owners sign in here.
func (a *api) waysIn(http.ResponseWriter, *http.Request) (any, error) {
	ways := struct {
		OIDC  bool   `json:"oidc"`
		Title string `json:"title,omitempty"` // of the button
	}{OIDC: a.issuer != nil}
	if ways.OIDC {
		ways.Title = a.issuer.cfg.Title
	}
	return ways, nil
}

// signOut ends the session. Where the identity provider can end its own too, the
// answer says where the browser goes for that.
func (a *api) signOut(w http.ResponseWriter, r *http.Request) (any, error) {
	cookie, err := r.Cookie(a.cookieName())
	a.setCookie(w, "", -1)
	if err != nil {
		return nil, nil
	}
	found, o, ok := a.sessions.find(cookie.Value, a.now(), false)
	a.sessions.signOut(cookie.Value)
	if !ok {
		return nil, nil
	}
	entry := store.Entry{User: o.caller.Name, UserID: o.userID, IP: a.address(r), Method: "DELETE", Action: "signout", EntityType: "session"}
	if err := a.store.Record(r.Context(), entry, o.caller.Accounts...); err != nil { // who is signed out stays so
		a.logger.Warn("A sign-out could not be recorded.", zap.Error(err))
	}
	if found.grant == nil {
		return nil, nil
	}
	found.grant.mu.Lock()
	defer found.grant.mu.Unlock()
	a.issuer.revoke(found.grant)
	if end := a.issuer.endSession(found.grant, a.base.String()+"/"); end != "" {
		return map[string]string{"end_session": end}, nil
	}
	return nil, nil
}

func (a *api) session(r *http.Request, o owner) (any, error) {
	caller, err := a.narrow(r, o)
	if err != nil {
		return nil, err
	}
	letters, err := a.store.DeadLetters(r.Context(), caller)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"name": o.caller.Name, "accounts": o.caller.Accounts, "dead_letters": letters, "sign_in": o.by, "links": append([]Link{}, a.links...),
		"retention_days": int(a.store.Retention() / (24 * time.Hour)), "version": a.version,
	}, nil
}

// events answers one page.
func (a *api) events(r *http.Request, o owner) (any, error) {
	asked, err := a.parse(r, o, pageParameters)
	if err != nil {
		return nil, err
	}
	answer := struct {
		Events  []*audit.Event `json:"events"`
		Next    string         `json:"next,omitempty"`
		Partial time.Time      `json:"partial_until,omitzero"`
		Arrived string         `json:"arrived,omitempty"`
	}{Events: []*audit.Event{}}
	if asked.query.After == nil { // before the search, so that nothing is missed between the two
		arrived, err := a.store.Arrived(r.Context(), o.caller)
		if err != nil {
			return nil, err
		}
		answer.Arrived = a.cursors.sealArrival(asked.query.Account, arrived)
	}
	found, err := a.store.Search(r.Context(), o.caller, asked.query)
	if err != nil {
		return nil, err
	}
	if err := a.reads.record(r.Context(), o, a.address(r), "events.search", asked); err != nil {
		return nil, err
	}
	for i := range found.Events {
		answer.Events = append(answer.Events, &found.Events[i])
	}
	if found.Next != nil {
		answer.Next = a.cursors.seal(asked, *found.Next)
		if found.Partial {
			answer.Partial = found.Next.Time
		}
	}
	return answer, nil
}

// event answers one event. With account= it must be of that account.
func (a *api) event(r *http.Request, o owner) (any, error) {
	caller, err := a.narrow(r, o)
	if err != nil {
		return nil, err
	}
	id, err := audit.ParseID(r.PathValue("id"))
	if err != nil {
		return nil, store.ErrNotFound
	}
	found, err := a.store.Event(r.Context(), caller, id)
	if err != nil {
		return nil, err
	}
	view := asked{id: id.String(), query: store.Query{Account: found.Text(audit.Account)}}
	if err := a.reads.record(r.Context(), o, a.address(r), "events.view", view); err != nil {
		return nil, err
	}
	return &found, nil
}

// narrow returns the caller as the owner of the account that is asked for, or of
// all that are the caller's where none is.
func (a *api) narrow(r *http.Request, o owner) (store.Caller, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return store.Caller{}, newProblem(http.StatusBadRequest, "The query string is malformed.")
	}
	accounts, err := o.caller.Scope(values.Get("account"))
	if err != nil {
		return store.Caller{}, err
	}
	for name, list := range values {
		if name != "account" || len(list) > 1 || list[0] == "" {
			return store.Caller{}, badParameter(name, "is no parameter here; known is account, once and with a value")
		}
	}
	return store.Caller{Name: o.caller.Name, Accounts: accounts}, nil
}

// maxValues is how many values of a field the filters offer.
const maxValues = 200

// filters answers the values to choose from.
func (a *api) filters(r *http.Request, o owner) (any, error) {
	asked, err := a.parse(r, o, windowParameters)
	if err != nil {
		return nil, err
	}
	answer := map[string]any{}
	var partial time.Time
	for _, p := range filterParameters {
		if !p.choose {
			continue
		}
		found, err := a.store.Values(r.Context(), o.caller, asked.query, p.fields[0], maxValues)
		if err != nil {
			return nil, err
		}
		answer[p.name] = append([]store.Value{}, found.Values...)
		if found.Reached.After(partial) {
			partial = found.Reached
		}
	}
	if !partial.IsZero() {
		answer["partial_until"] = partial
	}
	if err := a.reads.record(r.Context(), o, a.address(r), "events.search", asked); err != nil {
		return nil, err
	}
	return answer, nil
}
