package search_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/internal/oidctest"
	"github.com/auditlog/auditlog/search"
	"github.com/auditlog/auditlog/store/local"
)

// A matrix is a server with events of two accounts, and everybody who may ask.
type matrix struct {
	*server
	provider *oidctest.Provider
	mine     audit.ID // an event of acme
	asked    int
	answers  map[int]string // the body of each refusal, by status
}

func newMatrix(t *testing.T) *matrix {
	p := newProvider(t, oidctest.Options{})
	// A declared proxy says where requests come from, so that each is another
	// client's, and none is throttled.
	s := startConfigured(t, p, func(c *search.Config) { c.TrustedProxy = true }, nil)
	m := &matrix{server: s, provider: p, answers: map[int]string{}}
	m.mine = s.add("acme", time.Hour)
	s.add("beta", time.Hour)
	for _, role := range []string{"other role", "admin", "operator", "developer", "billing"} {
		p.User(role, oidctest.Claims{"preferred_username": role, "roles": []string{strings.ReplaceAll(role, " ", "_")}, "accounts": []string{"acme"}})
	}
	p.User("u-2", oidctest.Claims{"preferred_username": "bea", "roles": []string{"account_owner"}, "accounts": []string{"beta"}})
	p.User("u-3", oidctest.Claims{"preferred_username": "former", "roles": []string{"account_owner"}, "accounts": []string{"acme"}})
	return m
}

// Where a credential is put.
const (
	inHeader = "header"
	inCookie = "cookie"
	inQuery  = "query string"
)

// ask sends a credential in one place, and returns status and body. An answer
// that has no end is not read.
func (m *matrix) ask(method, route, place, credential string) (int, string) {
	path, query, _ := strings.Cut(route, "?")
	if place == inQuery && credential != "" {
		for _, name := range []string{"access_token", "token", "bearer", "authorization", "auditlog_session", "id_token"} {
			query += "&" + name + "=" + url.QueryEscape(credential)
		}
	}
	req := m.request(method, path+"?"+strings.TrimPrefix(query, "&"), "", "")
	m.asked++
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", m.asked>>16&255, m.asked>>8&255, m.asked&255))
	switch {
	case place == inHeader && credential != "":
		req.Header.Set("Authorization", "Bearer "+credential)
	case place == inCookie && credential != "":
		req.AddCookie(&http.Cookie{Name: "auditlog_session", Value: credential})
	}
	if path != "/api/v1/tail" {
		a := m.do(req)
		return a.status, a.body
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(m.t, err)
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return resp.StatusCode, ""
	}
	body := make([]byte, 4096)
	n, _ := resp.Body.Read(body)
	return resp.StatusCode, string(body[:n])
}

// refused checks that a refusal says nothing but that it is one.
func (m *matrix) refused(status int, body, who string) {
	require.NotContains(m.t, body, "acme", who)
	require.NotContains(m.t, body, m.mine.String(), who)
	if first, ok := m.answers[status]; ok {
		require.Equal(m.t, first, body, who)
		return
	}
	require.Contains(m.t, body, fmt.Sprintf(`"status":%d`, status), who)
	m.answers[status] = body
}

// session signs a user in and returns the cookie.
func (m *matrix) session(subject string) string {
	m.provider.SignIn(subject)
	b := m.browser()
	require.Equal(m.t, "/", b.open("/auth/login"))
	at, err := url.Parse(m.url)
	require.NoError(m.t, err)
	for _, c := range b.client.Jar.Cookies(at) {
		if c.Name == "auditlog_session" {
			return c.Value
		}
	}
	m.t.Fatal("no session")
	return ""
}

const unknownID = "20261122-00000000000000000000000000000000"

// route answers acme's owner with status.
type route struct {
	path   string
	status int
}

func (m *matrix) routes() []route {
	return []route{
		{"/api/v1/session?account=acme", 200}, {"/api/v1/fields?account=acme", 200},
		{"/api/v1/events?account=acme", 200}, {"/api/v1/events?account=acme&limit=wrong", 400}, {"/api/v1/events?account=acme&cursor=x", 400},
		{"/api/v1/events/" + m.mine.String() + "?account=acme", 200}, {"/api/v1/events/" + unknownID + "?account=acme", 404}, {"/api/v1/events/nonsense?account=acme", 404},
		{"/api/v1/filters?account=acme", 200}, {"/api/v1/summary?account=acme", 200},
		{"/api/v1/events.ndjson?account=acme", 200}, {"/api/v1/events.csv?account=acme", 200}, {"/api/v1/events.csv?account=acme&columns=x", 400},
		{"/api/v1/arrivals?account=acme", 200}, {"/api/v1/arrivals?account=acme&since=x", 400}, {"/api/v1/tail?account=acme", 200},
	}
}

// TestMatrix asks every route as everybody, with the credential in every place.
func TestMatrix(t *testing.T) {
	m := newMatrix(t)
	p := m.provider
	stranger := newProvider(t, oidctest.Options{})
	now := m.clock.Now()
	owner := p.AccessToken("u-1", nil)
	claims := p.Claims("u-1", nil)
	// Of other signers, under the key id of the provider's own key.
	forged := stranger.Key()
	forged.Key = jose.JSONWebKey{Key: forged.Key.(jose.JSONWebKey).Key, KeyID: p.Key().Key.(jose.JSONWebKey).KeyID}
	formerOwner := m.session("u-3")
	p.User("u-3", oidctest.Claims{"preferred_username": "former", "roles": []string{"developer"}, "accounts": []string{"acme"}})
	revoked := m.token(local.OwnerToken, "acme", "gone")
	require.NoError(t, m.store.RevokeToken(t.Context(), "root", "owner[acme gone]"))

	bearers := map[string]struct {
		credential string
		status     int // 0 is what the route answers to an owner
	}{
		"none":                      {"", 401},
		"bad signature":             {owner[:len(owner)-8] + "AAAAAAAA", 401},
		"another signer":            {oidctest.Sign(t, forged, claims), 401},
		"changed claims":            {tampered(t, owner), 401},
		"expired":                   {p.AccessToken("u-1", oidctest.Claims{"exp": now.Add(-2 * time.Minute).Unix()}), 401},
		"wrong issuer":              {p.AccessToken("u-1", oidctest.Claims{"iss": stranger.Issuer()}), 401},
		"issuer with a slash":       {p.AccessToken("u-1", oidctest.Claims{"iss": p.Issuer() + "/"}), 401},
		"issued by another":         {stranger.AccessToken("u-1", nil), 401},
		"wrong audience":            {p.AccessToken("u-1", oidctest.Claims{"aud": "https://other.example.com"}), 401},
		"no audience":               {p.AccessToken("u-1", oidctest.Claims{"aud": nil}), 401},
		"of the page, not the API":  {p.AccessToken("u-1", oidctest.Claims{"aud": oidctest.ClientID, "nonce": "n"}), 401},
		"alg none":                  {unsigned(t, "none", claims), 401},
		"alg NONE":                  {unsigned(t, "NonE", claims), 401},
		"HS256 with the public key": {symmetric(t, p.Key(), claims), 401},
		"other role":                {p.AccessToken("other role", nil), 403},
		"admin":                     {p.AccessToken("admin", nil), 403},
		"operator":                  {p.AccessToken("operator", nil), 403},
		"developer":                 {p.AccessToken("developer", nil), 403},
		"billing":                   {p.AccessToken("billing", nil), 403},
		"other account's owner":     {p.AccessToken("u-2", nil), 403},
		"former owner":              {p.AccessToken("u-3", nil), 403},
		"impersonated owner":        {p.AccessToken("u-1", oidctest.Claims{"act": map[string]any{"sub": "sam"}}), 403},
		"owner of several, not it":  {p.AccessToken("u-1", oidctest.Claims{"accounts": []string{"beta", "acme2", "ACME"}}), 403},
		"sender token":              {m.token(local.SenderToken, "acme"), 403},
		"sender token of any":       {m.token(local.SenderToken, "*"), 403},
		"other account's token":     {m.token(local.OwnerToken, "beta"), 403},
		"revoked token":             {revoked, 401},
		"owner":                     {owner, 0},
		"owner of several":          {p.AccessToken("u-1", oidctest.Claims{"accounts": []string{"beta", "acme"}}), 0},
		"owner's token":             {m.token(local.OwnerToken, "acme"), 0},
	}
	for _, route := range m.routes() {
		for name, b := range bearers {
			for _, place := range []string{inHeader, inCookie, inQuery} {
				who := fmt.Sprintf("%s as %s in the %s", route.path, name, place)
				want := 401 // in no other place a token counts
				if place == inHeader {
					if want = b.status; want == 0 {
						want = route.status
					}
				}
				status, body := m.ask(http.MethodGet, route.path, place, b.credential)
				require.Equal(t, want, status, who+": "+body)
				if want == 401 || want == 403 {
					m.refused(status, body, who)
				}
			}
		}
	}

	// Sessions, whose cookie counts in no other place.
	sessions := map[string]struct {
		credential string
		status     int
	}{
		"owner": {m.session("u-1"), 0}, "other account's owner": {m.session("u-2"), 403}, "nobody": {strings.Repeat("A", 43), 401},
	}
	for _, route := range m.routes() {
		for name, s := range sessions {
			for _, place := range []string{inHeader, inCookie, inQuery} {
				who := fmt.Sprintf("%s as the session of %s in the %s", route.path, name, place)
				want := 401
				if place == inCookie {
					if want = s.status; want == 0 {
						want = route.status
					}
				}
				status, body := m.ask(http.MethodGet, route.path, place, s.credential)
				require.Equal(t, want, status, who+": "+body)
				if want == 401 || want == 403 {
					m.refused(status, body, who)
				}
			}
		}
	}
	m.clock.move(11 * time.Minute)
	for _, route := range m.routes() {
		status, body := m.ask(http.MethodGet, route.path, inCookie, formerOwner)
		require.Equal(t, 401, status)
		m.refused(status, body, "former owner's session")
	}
	t.Logf("%d answers, none wrong", m.asked)
	require.Greater(t, m.asked, 1500)
}

// TestUnknownAndForeignLookTheSame asks for what is not there and for what is
// another's.
func TestUnknownAndForeignLookTheSame(t *testing.T) {
	m := newMatrix(t)
	beta := m.provider.AccessToken("u-2", nil)
	var first string
	for _, id := range []string{m.mine.String(), unknownID, "nonsense", m.mine.String()[:40], strings.ToUpper(m.mine.String())} {
		status, body := m.ask(http.MethodGet, "/api/v1/events/"+id, inHeader, beta)
		if first == "" {
			first = body
		}
		require.Equal(t, http.StatusNotFound, status, id)
		require.Equal(t, first, body, id)
	}
	for _, account := range []string{"acme", "no such account", "*", "beta2"} {
		status, body := m.ask(http.MethodGet, "/api/v1/events?account="+url.QueryEscape(account), inHeader, beta)
		require.Equal(t, http.StatusForbidden, status, account)
		m.refused(status, body, account)
	}
	status, body := m.ask(http.MethodGet, "/api/v1/events", inHeader, beta)
	require.Equal(t, http.StatusOK, status)
	require.NotContains(t, body, m.mine.String())
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		for _, route := range m.routes() {
			status, _ := m.ask(method, route.path, inHeader, m.provider.AccessToken("u-1", nil))
			require.Equal(t, http.StatusForbidden, status, "nothing is written here, by anybody")
		}
	}
}

// tampered returns a token that names another account under the old signature.
func tampered(t *testing.T, token string) string {
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), "acme", "beta", 1)))
	return strings.Join(parts, ".")
}

func unsigned(t *testing.T, alg string, claims oidctest.Claims) string {
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	head := fmt.Sprintf(`{"alg":%q,"typ":"JWT"}`, alg)
	return base64.RawURLEncoding.EncodeToString([]byte(head)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}

// symmetric signs with the provider's public key as if it were a shared secret.
func symmetric(t *testing.T, key jose.SigningKey, claims oidctest.Claims) string {
	public := key.Key.(jose.JSONWebKey).Key.(crypto.Signer).Public()
	require.IsType(t, &rsa.PublicKey{}, public)
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return oidctest.Sign(t, jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: secret, KeyID: key.Key.(jose.JSONWebKey).KeyID}}, claims)
}
