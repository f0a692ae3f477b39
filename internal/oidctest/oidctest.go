// Package oidctest is a small OpenID Connect provider for tests. It signs real
// tokens, rotates its keys, and can go down.
package oidctest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// Claims are what a token says.
type Claims = map[string]any

// The one client that the provider knows.
const (
	ClientID = "auditlog"
	Secret   = "the client's secret"
)

// A Provider answers discovery, authorization, tokens, userinfo, keys and the
// end of sessions. Its methods may be used while it serves.
type Provider struct {
	*httptest.Server
	t testing.TB

	mu       sync.Mutex
	options  Options
	now      func() time.Time
	keys     []jose.SigningKey // the last one signs
	users    map[string]Claims // by subject
	signedIn string            // subject at whose browser the provider is; "" for nobody
	down     bool
	codes    map[string]code   // that were not redeemed yet
	refresh  map[string]string // subject of each refresh token
	access   map[string]string // subject of each access token
	counts   map[string]int    // of requests, by path
}

// Options are ways in which providers differ.
type Options struct {
	NoRefreshTokens    bool   // it gives none
	NoIDTokenOnRefresh bool   // a refresh answers an access token only
	OpaqueTokens       bool   // its access tokens are no JWT
	LeanIDTokens       bool   // ID tokens name the subject only; userinfo says the rest
	Audience           string // of access tokens; "" is the client's id
	NoEndSession       bool   // it cannot end its session
	TLS                bool   // it speaks https with a certificate of its own
	Localhost          bool   // it is another site to a browser than 127.0.0.1
}

type code struct {
	subject, nonce, challenge, redirect string
}

// New starts a provider with one key until the test ends. Nobody is signed in.
func New(t testing.TB, options Options) *Provider {
	p := &Provider{
		t: t, options: options, now: time.Now, users: map[string]Claims{},
		codes: map[string]code{}, refresh: map[string]string{}, access: map[string]string{}, counts: map[string]int{},
	}
	p.Rotate()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.publish)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("POST /revoke", p.revoke)
	mux.HandleFunc("GET /userinfo", p.userinfo)
	mux.HandleFunc("GET /end", p.end)
	start := httptest.NewServer
	if options.TLS {
		start = httptest.NewTLSServer
	}
	p.Server = start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		down := p.down
		p.counts[r.URL.Path]++
		p.mu.Unlock()
		if down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	if options.Localhost {
		p.URL = strings.Replace(p.URL, "127.0.0.1", "localhost", 1)
	}
	t.Cleanup(p.Close)
	return p
}

// Issuer is how the provider calls itself.
func (p *Provider) Issuer() string { return p.URL }

// User adds a user, or changes what is said of one from now on.
func (p *Provider) User(subject string, claims Claims) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.users[subject] = claims
}

// SignIn makes subject the one who sits at the browser; "" is nobody.
func (p *Provider) SignIn(subject string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signedIn = subject
}

// Remove makes the provider forget a user, with all tokens.
func (p *Provider) Remove(subject string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.users, subject)
	maps.DeleteFunc(p.refresh, func(_, s string) bool { return s == subject })
	maps.DeleteFunc(p.access, func(_, s string) bool { return s == subject })
}

// Down makes every request fail, or no longer.
func (p *Provider) Down(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// Clock makes the provider use another clock.
func (p *Provider) Clock(now func() time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = now
}

// Rotate signs with a new key from now on, RSA and ECDSA in turn, and publishes
// no key but that and the one before.
func (p *Provider) Rotate() {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := fmt.Sprintf("key-%s", random()[:8])
	if len(p.keys)%2 == 1 {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(p.t, err)
		p.keys = append(p.keys, jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: id}})
		return
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(p.t, err)
	p.keys = append(p.keys, jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: id}})
}

// Key is the key that signs now.
func (p *Provider) Key() jose.SigningKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys[len(p.keys)-1]
}

// Requests returns how many requests came for a path.
func (p *Provider) Requests(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts[path]
}

// AccessToken returns an access token of a user, with claims changed: a nil
// value removes one.
func (p *Provider) AccessToken(subject string, change Claims) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Sign(p.t, p.keys[len(p.keys)-1], p.claims(subject, p.audience(), change))
}

// Claims returns what an access token of a user says, with changes.
func (p *Provider) Claims(subject string, change Claims) Claims {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.claims(subject, p.audience(), change)
}

// Sign returns claims as a signed token.
func Sign(t testing.TB, key jose.SigningKey, claims Claims) string {
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	require.NoError(t, err)
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	signed, err := signer.Sign(payload)
	require.NoError(t, err)
	token, err := signed.CompactSerialize()
	require.NoError(t, err)
	return token
}

func (p *Provider) audience() string {
	if p.options.Audience != "" {
		return p.options.Audience
	}
	return ClientID
}

func (p *Provider) claims(subject, audience string, change Claims) Claims {
	now := p.now()
	c := Claims{"iss": p.URL, "sub": subject, "aud": audience, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	maps.Copy(c, p.users[subject])
	for name, value := range change {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	document := Claims{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys", "revocation_endpoint": p.URL + "/revoke",
		"userinfo_endpoint": p.URL + "/userinfo", "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256"}, "code_challenge_methods_supported": []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
	}
	if !p.options.NoEndSession {
		document["end_session_endpoint"] = p.URL + "/end"
	}
	answer(w, http.StatusOK, document)
}

func (p *Provider) publish(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := []any{Claims{"kty": "OKP", "crv": "Ed448", "kid": "of another kind", "x": "AA"}}
	for _, key := range p.keys[max(0, len(p.keys)-2):] {
		private := key.Key.(jose.JSONWebKey)
		public := private.Public()
		public.Algorithm, public.Use = string(key.Algorithm), "sig"
		list = append(list, public)
	}
	answer(w, http.StatusOK, Claims{"keys": list})
}

// authorize answers as a provider does whose user has consented already.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := r.URL.Query()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != ClientID || redirect.Path != "/auth/callback" {
		http.Error(w, "unknown client or redirect_uri", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {q.Get("state")}, "iss": {p.URL}}
	switch {
	case q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || !slices.Contains(strings.Fields(q.Get("scope")), "openid"):
		back.Set("error", "invalid_request")
	case p.signedIn == "" && q.Get("prompt") == "none":
		back.Set("error", "login_required")
	case p.signedIn == "":
		back.Set("error", "access_denied")
	default:
		c := random()
		p.codes[c] = code{p.signedIn, q.Get("nonce"), q.Get("code_challenge"), redirect.String()}
		back.Set("code", c)
	}
	redirect.RawQuery = back.Encode()
	http.Redirect(w, r, redirect.String(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !isClient(r) {
		answer(w, http.StatusUnauthorized, Claims{"error": "invalid_client"})
		return
	}
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		c, ok := p.codes[r.PostFormValue("code")]
		delete(p.codes, r.PostFormValue("code"))
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if !ok || c.redirect != r.PostFormValue("redirect_uri") || base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge {
			answer(w, http.StatusBadRequest, Claims{"error": "invalid_grant"})
			return
		}
		p.grant(w, c.subject, c.nonce, true)
	case "refresh_token":
		old := r.PostFormValue("refresh_token")
		subject, ok := p.refresh[old]
		delete(p.refresh, old) // each works once
		if !ok {
			answer(w, http.StatusBadRequest, Claims{"error": "invalid_grant"})
			return
		}
		p.grant(w, subject, "", !p.options.NoIDTokenOnRefresh)
	default:
		answer(w, http.StatusBadRequest, Claims{"error": "unsupported_grant_type"})
	}
}

func isClient(r *http.Request) bool {
	id, secret, ok := r.BasicAuth()
	if !ok {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if escaped, err := url.QueryUnescape(secret); err == nil && ok {
		secret = escaped
	}
	return id == ClientID && secret == Secret
}

func (p *Provider) revoke(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !isClient(r) {
		answer(w, http.StatusUnauthorized, Claims{"error": "invalid_client"})
		return
	}
	delete(p.refresh, r.PostFormValue("token"))
}

// RefreshTokens returns how many refresh tokens are good.
func (p *Provider) RefreshTokens() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.refresh)
}

func (p *Provider) grant(w http.ResponseWriter, subject, nonce string, idToken bool) {
	key := p.keys[len(p.keys)-1]
	access := random()
	if !p.options.OpaqueTokens {
		access = Sign(p.t, key, p.claims(subject, p.audience(), Claims{"jti": random()}))
	}
	p.access[access] = subject
	tokens := Claims{"access_token": access, "token_type": "Bearer", "expires_in": 3600}
	if idToken {
		said := Claims{"nonce": nonce}
		if nonce == "" {
			said["nonce"] = nil
		}
		if p.options.LeanIDTokens {
			for name := range p.users[subject] {
				said[name] = nil
			}
		}
		tokens["id_token"] = Sign(p.t, key, p.claims(subject, ClientID, said))
	}
	if !p.options.NoRefreshTokens {
		refresh := random()
		p.refresh[refresh] = subject
		tokens["refresh_token"] = refresh
	}
	answer(w, http.StatusOK, tokens)
}

func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	subject, ok := p.access[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !ok {
		answer(w, http.StatusUnauthorized, Claims{"error": "invalid_token"})
		return
	}
	said := Claims{"sub": subject}
	maps.Copy(said, p.users[subject])
	answer(w, http.StatusOK, said)
}

func (p *Provider) end(w http.ResponseWriter, r *http.Request) {
	p.SignIn("")
	http.Redirect(w, r, r.URL.Query().Get("post_logout_redirect_uri"), http.StatusFound)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func random() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
