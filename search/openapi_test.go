package search_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"
)

// A description is the document that the server serves of its API.
type description struct {
	*openapi3.T
	router routers.Router

	mu   sync.Mutex
	seen map[string]bool // operation and status of the answers that were checked
}

var described = struct {
	sync.Once
	*description
}{}

// description reads the document once: every server of these tests serves the
// same.
func (s *server) description() *description {
	described.Do(func() {
		resp, err := http.DefaultTransport.RoundTrip(s.request(http.MethodGet, "/api/v1/openapi.json", "", ""))
		require.NoError(s.t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(s.t, err)
		require.Equal(s.t, "application/json", resp.Header.Get("Content-Type"))
		document, err := openapi3.NewLoader().LoadFromData(body)
		require.NoError(s.t, err)
		require.NoError(s.t, document.Validate(context.Background(), openapi3.IsOpenAPI31OrLater()))
		router, err := gorillamux.NewRouter(document)
		require.NoError(s.t, err)
		for contentType, decode := range map[string]openapi3filter.BodyDecoder{"application/x-ndjson": asText, "text/event-stream": asText, "text/csv": asText} {
			openapi3filter.RegisterBodyDecoder(contentType, decode)
		}
		described.description = &description{T: document, router: router, seen: map[string]bool{}}
	})
	require.NotNil(s.t, described.description)
	return described.description
}

func asText(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
	text, err := io.ReadAll(body)
	return string(text), err
}

// described checks a request and its answer against the document: what is
// answered is what it says, and what it does not allow is not answered well.
func (s *server) described(req *http.Request, a answer) {
	if req.Method == http.MethodHead || a.status == http.StatusRequestHeaderFieldsTooLarge {
		return // answered before there is a route
	}
	d := s.description()
	// The document does not say under which name the server is reached.
	asked := req.Clone(context.Background())
	asked.URL.Host, asked.Host, asked.URL.Scheme = "", "", ""
	asked.Body = http.NoBody
	if req.GetBody != nil {
		asked.Body, _ = req.GetBody()
	}
	route, parameters, err := d.router.FindRoute(asked)
	if err != nil {
		isPage := asked.Method == http.MethodGet && !strings.HasPrefix(asked.URL.Path, "/api/")
		require.True(s.t, isPage || a.status >= 400, "%s %s is not in the document, and answers %d", req.Method, req.URL.Path, a.status)
		return
	}
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}
	input := &openapi3filter.RequestValidationInput{Request: asked, PathParams: parameters, Route: route, Options: options}
	err = openapi3filter.ValidateRequest(context.Background(), input)
	require.True(s.t, err == nil || a.status >= 400, "%s %s is answered with %d: %v", req.Method, req.URL, a.status, err)
	response := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: a.status, Header: a.header, Options: options}
	response.SetBodyBytes([]byte(a.body))
	require.NoError(s.t, openapi3filter.ValidateResponse(context.Background(), response), "%s %s", req.Method, req.URL)
	if a.status < 300 {
		d.checkRows(s.t, route.Path, a.body)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen[route.Operation.OperationID+" "+http.StatusText(a.status)] = true
}

// checkRows checks the first rows of an export: each takes a while.
func (d *description) checkRows(t testing.TB, path, body string) {
	switch path {
	case "/api/v1/events.ndjson":
		for _, line := range strings.SplitN(body, "\n", 20)[:min(19, strings.Count(body, "\n"))] {
			d.checkEvent(t, line)
		}
	case "/api/v1/events.csv":
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		require.NoError(t, err)
		for _, name := range rows[0] {
			require.Contains(t, d.Components.Schemas["Event"].Value.Properties, name)
		}
	}
}

func (d *description) checkEvent(t testing.TB, text string) {
	var event any
	require.NoError(t, json.Unmarshal([]byte(text), &event))
	require.NoError(t, d.Components.Schemas["Event"].Value.VisitJSON(event, openapi3.EnableJSONSchema2020()), text)
}

// TestTheDocumentIsHeldTrue asks every operation, so that the check of every
// request and answer of these tests has met each one.
func TestTheDocumentIsHeldTrue(t *testing.T) {
	m := newMatrix(t)
	owner := m.provider.AccessToken("u-1", nil)
	for _, route := range m.routes() {
		if strings.HasPrefix(route.path, "/api/v1/tail") {
			tail := m.server.tail("?account=acme", owner, "")
			require.NoError(t, tail.body.Close())
			continue
		}
		require.Equal(t, route.status, m.get(route.path, owner).status, route.path)
		m.get(route.path, "")
	}
	m.get("/api/v1/tail", "")
	m.get("/api/v1/openapi.json", "")
	m.get("/api/v1/signin", "")
	m.get("/healthz", "")
	m.get("/auth/login", "")
	m.get("/auth/callback?state=x", "")
	m.signIn("guess")
	m.signedIn("acme")
	out := m.request(http.MethodPost, "/api/v1/signout", "", "")
	out.Header.Set("X-Auditlog", "1")
	m.do(out)

	d := m.description()
	met := map[string]bool{}
	for operation := range d.seen {
		name, _, _ := strings.Cut(operation, " ")
		met[name] = true
	}
	for path, item := range d.Paths.Map() {
		for method, operation := range item.Operations() {
			require.True(t, met[operation.OperationID], "%s %s was not asked", method, path)
		}
	}
	require.True(t, d.seen["searchEvents OK"] && d.seen["searchEvents Unauthorized"] && d.seen["searchEvents Bad Request"] && d.seen["signIn No Content"])

	// The check itself finds what is not so.
	event := `{"id":"20261122-00000000000000000000000000000000","time":"2026-11-22T10:00:00Z","received":"2026-11-22T10:00:00Z","account":"acme"}`
	d.checkEvent(t, event)
	for _, wrong := range []string{strings.Replace(event, `"acme"`, `7`, 1), strings.Replace(event, `"account"`, `"acount"`, 1), strings.Replace(event, "20261122-", "", 1)} {
		var v any
		require.NoError(t, json.Unmarshal([]byte(wrong), &v))
		require.Error(t, d.Components.Schemas["Event"].Value.VisitJSON(v, openapi3.EnableJSONSchema2020()), wrong)
	}
	require.Regexp(t, regexp.MustCompile(`^3\.1\.`), d.OpenAPI)
}
