package search_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"

	"github.com/auditlog/auditlog/internal/oidctest"
	"github.com/auditlog/auditlog/search"
	"github.com/auditlog/auditlog/store/local"
)

// from makes a transport whose connections come from an address of this machine.
func from(t testing.TB, address string) *http.Transport {
	if runtime.GOOS != "linux" {
		t.Skip("needs all of 127.0.0.0/8 as addresses of this machine")
	}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func TestTenThousandAttemptsToSignIn(t *testing.T) {
	s := start(t, nil)
	s.clock.stop()
	secret := s.signInSecret("acme")
	statuses := map[int]int{}
	for i := range 10_000 {
		guess := fmt.Sprintf(`{"secret":"guess-%d"}`, i)
		req := s.request(http.MethodPost, "/api/v1/signin", "", guess)
		req.Header.Set("X-Auditlog", "1")
		resp, err := http.DefaultTransport.RoundTrip(req)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Empty(t, resp.Cookies())
		if statuses[resp.StatusCode]++; resp.StatusCode == http.StatusTooManyRequests {
			require.NotEmpty(t, resp.Header.Get("Retry-After"))
		}
	}
	require.Equal(t, map[int]int{http.StatusUnauthorized: 20, http.StatusTooManyRequests: 9_980}, statuses)
	require.Equal(t, http.StatusTooManyRequests, s.signIn(secret).status, "not even the right one, for a while")

	// Who attacks keeps no owner out.
	req := s.request(http.MethodPost, "/api/v1/signin", "", fmt.Sprintf(`{"secret":%q}`, secret))
	req.Header.Set("X-Auditlog", "1")
	resp, err := from(t, "127.0.0.2").RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusNoContent, resp.StatusCode)
	require.Equal(t, http.StatusOK, s.get("/api/v1/events", s.token(local.OwnerToken, "acme")).status)
	s.clock.move(10 * time.Second)
	require.Equal(t, http.StatusUnauthorized, s.signIn(secret).status, "the throttle ends; the link was used")
}

func TestGuessedTokensAreThrottled(t *testing.T) {
	s := start(t, nil)
	s.clock.stop()
	owner := s.token(local.OwnerToken, "acme")
	statuses := map[int]int{}
	for i := range 500 {
		a := s.get("/api/v1/events", fmt.Sprintf("auditlog_owner_%d", i))
		if statuses[a.status]++; a.status == http.StatusTooManyRequests {
			require.NotEmpty(t, a.header.Get("Retry-After"))
		}
	}
	require.Equal(t, map[int]int{http.StatusUnauthorized: 100, http.StatusTooManyRequests: 400}, statuses)
	require.Equal(t, http.StatusOK, s.get("/api/v1/events", owner).status, "a good token from the same address goes on")
	require.Len(t, s.own("default", "events.search"), 1, "denied reads are folded")
}

func TestRequestsOfAnOwnerAreLimited(t *testing.T) {
	s := start(t, nil)
	s.clock.stop()
	owner, other := s.token(local.OwnerToken, "acme"), s.token(local.OwnerToken, "beta")
	for range 300 {
		require.Equal(t, http.StatusOK, s.get("/api/v1/signin", "").status)
		require.Equal(t, http.StatusOK, s.get("/api/v1/session", owner).status)
	}
	a := s.get("/api/v1/session", owner)
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, s.get("/api/v1/fields", other).status)
	s.clock.move(10 * time.Second)
	require.Equal(t, http.StatusOK, s.get("/api/v1/fields", owner).status)
}

// TestSlowRequestsKeepNobodyOut opens as many connections as one address may,
// none of which says anything whole.
func TestSlowRequestsKeepNobodyOut(t *testing.T) {
	s := start(t, nil)
	owner := s.token(local.OwnerToken, "acme")
	address := strings.TrimPrefix(s.url, "http://")
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	var slow []net.Conn
	for range 220 {
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		defer conn.Close()
		_, _ = conn.Write([]byte("GET /api/v1/events HTTP/1.1\r\nHost: " + address + "\r\nX-Slow: ")) // may be closed already
		slow = append(slow, conn)
	}
	resp, err := from(t, "127.0.0.2").RoundTrip(s.request(http.MethodGet, "/api/v1/events", owner, ""))
	require.NoError(t, err, "others are answered meanwhile")
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	_, err = slow[219].Read(make([]byte, 1))
	require.Error(t, err, "one address has 200 connections at most")
	_, err = io.ReadAll(slow[0]) // until the server gives up, after ten seconds
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Eventually(t, func() bool {
		resp, err := http.DefaultTransport.RoundTrip(s.request(http.MethodGet, "/api/v1/events", owner, ""))
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	}, time.Minute, 50*time.Millisecond)
}

func TestOversizedRequests(t *testing.T) {
	s := start(t, nil)
	owner := s.token(local.OwnerToken, "acme")
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"address": {func(r *http.Request) { r.URL.RawQuery = "q=" + strings.Repeat("x", 100<<10) }, http.StatusRequestHeaderFieldsTooLarge},
		"header":  {func(r *http.Request) { r.Header.Set("X-Long", strings.Repeat("x", 100<<10)) }, http.StatusRequestHeaderFieldsTooLarge},
		"headers": {func(r *http.Request) {
			for i := range 10_000 {
				r.Header.Set(fmt.Sprint("X-Flood-", i), "x")
			}
		}, http.StatusRequestHeaderFieldsTooLarge},
		"cookies": {func(r *http.Request) { r.Header.Set("Cookie", strings.Repeat("a=b; ", 20<<10)) }, http.StatusRequestHeaderFieldsTooLarge},
		"token":   {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+strings.Repeat("x.", 20<<10)) }, http.StatusUnauthorized},
		"values":  {func(r *http.Request) { r.URL.RawQuery = strings.Repeat("q=x&", 10_000) }, http.StatusBadRequest},
	} {
		req := s.request(http.MethodGet, "/api/v1/events", owner, "")
		c.change(req)
		resp, err := http.DefaultTransport.RoundTrip(req)
		require.NoError(t, err, name)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, c.status, resp.StatusCode, name)
	}
	body := s.request(http.MethodPost, "/api/v1/signin", "", `{"secret":"`+strings.Repeat("x", 10<<20)+`"}`)
	body.Header.Set("X-Auditlog", "1")
	if resp, err := http.DefaultTransport.RoundTrip(body); err == nil { // or the server hung up
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	}
	require.Equal(t, http.StatusOK, s.get("/api/v1/events", owner).status)
}

// changes returns text with each character changed, and text cut and continued.
func changes(text string) (list []string) {
	for i := range text {
		other := byte('A')
		if text[i] == other {
			other = 'B'
		}
		list = append(list, text[:i]+string(other)+text[i+1:])
	}
	return append(list, text[1:], text[:len(text)-1], text+"A", text+"AAAA", "", text+text)
}

func TestChangedCookiesAndCursorsAreRefused(t *testing.T) {
	p := newProvider(t, oidctest.Options{})
	m := newMatrix(t)
	owner := m.token(local.OwnerToken, "acme")
	for i := range 3 {
		m.add("acme", time.Duration(i)*time.Minute)
	}
	first := m.events("?limit=1", owner)
	require.NotEmpty(t, first.Next)
	for i, cursor := range changes(first.Next) {
		if cursor == "" || sameBytes(cursor, first.Next) {
			continue
		}
		m.clock.move(time.Second)
		require.Equal(t, http.StatusBadRequest, m.get("/api/v1/events?limit=1&cursor="+cursor, owner).status, i)
	}
	for i, cursor := range changes(first.Arrived) {
		if cursor == "" || sameBytes(cursor, first.Arrived) {
			continue
		}
		m.clock.move(time.Second)
		require.Equal(t, http.StatusBadRequest, m.get("/api/v1/arrivals?since="+cursor, owner).status, i)
	}
	cookie := m.signedIn("acme").Value
	for i, changed := range changes(cookie) {
		if status, _ := m.ask(http.MethodGet, "/api/v1/events", inCookie, changed); changed != cookie {
			require.Equal(t, http.StatusUnauthorized, status, i)
		}
	}
	status, _ := m.ask(http.MethodGet, "/api/v1/events", inCookie, cookie)
	require.Equal(t, http.StatusOK, status)

	// The sealed cookie of a sign-in that has begun.
	s := startConfigured(t, p, func(c *search.Config) { c.TrustedProxy = true }, nil)
	begun := s.get("/auth/login", "")
	sealed := (&http.Response{Header: begun.header}).Cookies()[0]
	at, err := url.Parse(begun.header.Get("Location"))
	require.NoError(t, err)
	for i, changed := range changes(sealed.Value) {
		if sameBytes(changed, sealed.Value) {
			continue
		}
		req := s.request(http.MethodGet, "/auth/callback?code=x&state="+at.Query().Get("state"), "", "")
		req.Header.Set("X-Forwarded-For", fmt.Sprintf("10.0.%d.%d", i>>8, i&255))
		req.AddCookie(&http.Cookie{Name: sealed.Name, Value: changed})
		require.Equal(t, "/#signin_failed=invalid", s.do(req).header.Get("Location"))
	}
	require.Zero(t, p.Requests("/token"), "the provider is not asked for any of them")
}

// sameBytes reports whether two texts are the same in base64, whose last
// character has bits that stand for nothing.
func sameBytes(a, b string) bool {
	x, errX := base64.RawURLEncoding.DecodeString(a)
	y, errY := base64.RawURLEncoding.DecodeString(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func TestOverTLSTheEndpointSpeaksHTTP2(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "auditlog"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certificate, keyFile := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	s := start(t, func(c *search.Config) {
		c.TLS = configoptional.Some(configtls.ServerConfig{Config: configtls.Config{CertFile: certificate, KeyFile: keyFile}})
	})
	owner := s.token(local.OwnerToken, "acme")
	for i := range 1200 {
		s.add("acme", time.Duration(i)*time.Second)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	get := func(path string) *http.Response {
		req := s.request(http.MethodGet, path, owner, "")
		req.URL.Scheme = "https"
		resp, err := transport.RoundTrip(req)
		require.NoError(t, err)
		t.Cleanup(func() { _ = resp.Body.Close() })
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Equal(t, 2, resp.ProtoMajor)
		return resp
	}
	body, err := io.ReadAll(get("/api/v1/events.ndjson?service=checkout").Body)
	require.NoError(t, err)
	require.Equal(t, 1200, strings.Count(string(body), "\n"))
	s.faulty.Store = &breaking{s.faulty.Store, 2}
	_, err = io.ReadAll(get("/api/v1/events.ndjson?service=checkout").Body)
	require.Error(t, err, "an export that breaks off is seen to, here too")
}

func FuzzQuery(f *testing.F) {
	f.Add("start=now-1h&method=POST&cursor=AAAA")
	f.Add("limit=10&end=2026-11-22T10:00:00%2B02:00&order=oldest")
	f.Add("ip=10.0.0.0/8&ip!=::1&q=a+b&impersonated!=false&status=unknown")
	running := start(f, nil)
	owner := running.token(local.OwnerToken, "acme")
	f.Fuzz(func(t *testing.T, query string) {
		s := *running
		s.t = t
		s.clock.move(time.Second) // no limit of requests
		for _, path := range []string{"events", "summary", "filters", "arrivals", "events.csv"} {
			a := s.get("/api/v1/"+path+"?"+url.PathEscape(query), owner)
			require.Contains(t, []int{http.StatusOK, http.StatusBadRequest, http.StatusForbidden, http.StatusRequestHeaderFieldsTooLarge}, a.status, a.body)
		}
	})
}

func FuzzCursor(f *testing.F) {
	running := start(f, nil)
	owner := running.token(local.OwnerToken, "acme")
	running.add("acme", time.Minute)
	running.add("acme", 2*time.Minute)
	page := running.events("?limit=1", owner)
	known := map[string]bool{page.Next: true, page.Arrived: true, "": true}
	f.Add(page.Next)
	f.Add(page.Arrived)
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, cursor string) {
		s := *running
		s.t = t
		s.clock.move(time.Second)
		for _, path := range []string{"/api/v1/events?limit=1&cursor=", "/api/v1/arrivals?since="} {
			a := s.get(path+url.QueryEscape(cursor), owner)
			if a.status == http.StatusOK {
				require.True(t, known[cursor] || sameBytes(cursor, page.Next) || sameBytes(cursor, page.Arrived), cursor)
				continue
			}
			require.Equal(t, http.StatusBadRequest, a.status)
		}
	})
}
