package elasticsearch_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// A proxy stands between the store and a real cluster, and breaks what it is told
// to break.
type proxy struct {
	URL string

	node string
	mu   sync.Mutex
	// fault breaks an exchange; it calls forward, or not, and returns true if it
	// has answered. nil breaks nothing.
	fault func(w http.ResponseWriter, r *http.Request, forward func() answer) bool
	// interrupt hangs up in the middle of a request, for which it returns true.
	interrupt func(r *http.Request) bool
	// seen is called with every request and its body.
	seen func(r *http.Request, body []byte)
}

// An answer is the cluster's own.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func newProxy(t *testing.T, node string) *proxy {
	p := &proxy{node: node}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

func (p *proxy) breakWith(fault func(w http.ResponseWriter, r *http.Request, forward func() answer) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	interrupt := p.interrupt
	p.mu.Unlock()
	if interrupt != nil && interrupt(r) {
		io.CopyN(io.Discard, r.Body, r.ContentLength/2)
		hangUp(w)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	p.mu.Lock()
	fault, seen := p.fault, p.seen
	if seen != nil {
		seen(r, body)
	}
	p.mu.Unlock()
	forward := func() answer { return p.forward(r, body) }
	if fault != nil && fault(w, r, forward) {
		return
	}
	forward().write(w)
}

func (p *proxy) forward(r *http.Request, body []byte) answer {
	// Without the client's context: what was sent arrives, though nobody waits.
	req, err := http.NewRequest(r.Method, p.node+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return answer{status: http.StatusBadGateway}
	}
	req.Header = r.Header.Clone()
	req.Header.Del("Accept-Encoding")
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return answer{status: http.StatusBadGateway}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{status: http.StatusBadGateway}
	}
	return answer{resp.StatusCode, resp.Header, text}
}

func (a answer) write(w http.ResponseWriter) {
	for name, values := range a.header {
		if name != "Content-Length" && name != "Content-Encoding" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(a.status)
	w.Write(a.body)
}

// hangUp ends the connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

// half writes the first half of an answer, and hangs up.
func half(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	w.WriteHeader(a.status)
	w.Write(a.body[:len(a.body)/2])
	w.(http.Flusher).Flush()
	hangUp(w)
}
