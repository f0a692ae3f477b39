package search_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/extension/extensiontest"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/internal/oidctest"
	"github.com/auditlog/auditlog/search"
	"github.com/auditlog/auditlog/store/local"
	"github.com/auditlog/auditlog/store/storetest"
)

// accessAudience is that of access tokens for the API.
const accessAudience = "https://audit.example.com/api"

// startWith starts the endpoint with p as its identity provider.
func startWith(t testing.TB, p *oidctest.Provider, change func(*search.OIDC)) *server {
	return startConfigured(t, p, nil, change)
}

func startConfigured(t testing.TB, p *oidctest.Provider, configure func(*search.Config), change func(*search.OIDC)) *server {
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(oidctest.Secret+"\n"), 0o600))
	s := start(t, func(c *search.Config) {
		o := *c.OIDC.GetOrInsertDefault()
		o.Issuer, o.ClientID, o.ClientSecretFile = p.Issuer(), oidctest.ClientID, file
		o.AccountsClaim, o.Audiences = "accounts", []string{accessAudience}
		if change != nil {
			change(&o)
		}
		require.NoError(t, o.Validate())
		c.OIDC = configoptional.Some(o)
		if configure != nil {
			configure(c)
		}
	})
	p.Clock(s.clock.Now)
	return s
}

func newProvider(t testing.TB, options oidctest.Options) *oidctest.Provider {
	options.Audience = accessAudience
	p := oidctest.New(t, options)
	p.User("u-1", oidctest.Claims{"preferred_username": "ana", "roles": []string{"account_owner"}, "accounts": []string{"acme"}})
	p.SignIn("u-1")
	return p
}

// A browser keeps cookies and follows redirects.
type browser struct {
	s      *server
	client *http.Client
}

func (s *server) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if t, ok := s.t.(*testing.T); ok {
		t.Cleanup(transport.CloseIdleConnections)
	}
	return &browser{s, &http.Client{Jar: jar, Transport: transport}}
}

// open returns where the browser ends up: path, query and fragment.
func (b *browser) open(path string) string {
	resp, err := b.client.Get(b.s.url + path)
	require.NoError(b.s.t, err)
	require.NoError(b.s.t, resp.Body.Close())
	at := *resp.Request.URL
	require.Equal(b.s.t, b.s.url, at.Scheme+"://"+at.Host)
	at.Scheme, at.Host = "", ""
	return at.String()
}

func (b *browser) get(path string) answer {
	req := b.s.request(http.MethodGet, path, "", "")
	return b.do(req)
}

func (b *browser) do(req *http.Request) answer {
	for _, c := range b.client.Jar.Cookies(req.URL) {
		req.AddCookie(c)
	}
	return b.s.do(req)
}

func (b *browser) signOut() answer {
	req := b.s.request(http.MethodPost, "/api/v1/signout", "", "")
	req.Header.Set("X-Auditlog", "1")
	return b.do(req)
}

func (b *browser) accounts() []string {
	a := b.get("/api/v1/session")
	require.Equal(b.s.t, http.StatusOK, a.status, a.body)
	var said struct {
		Name, SignIn string
		Accounts     []string
	}
	require.NoError(b.s.t, json.Unmarshal([]byte(a.body), &said))
	return said.Accounts
}

func TestOwnerSignsInWithTheProvider(t *testing.T) {
	p := newProvider(t, oidctest.Options{})
	s := startWith(t, p, func(o *search.OIDC) { o.Title = "Sign in with Example" })
	mine := s.add("acme", time.Hour)
	s.add("beta", time.Hour)
	require.JSONEq(t, `{"oidc":true,"title":"Sign in with Example"}`, s.get("/api/v1/signin", "").body)

	b := s.browser()
	require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/events").status)
	require.Equal(t, "/?area=Users&start=now-7d", b.open("/auth/login?return="+url.QueryEscape("/?start=now-7d&area=Users")))
	a := b.get("/api/v1/session")
	require.JSONEq(t, `{"name":"ana","accounts":["acme"],"dead_letters":{},"sign_in":"oidc","links":[],"retention_days":30,"version":"latest"}`, a.body)
	found := b.get("/api/v1/events?service=checkout")
	require.Contains(t, found.body, mine.String())
	require.NotContains(t, found.body, "beta")

	signIns := s.own("acme", "signin")
	require.Len(t, signIns, 1)
	require.Equal(t, "ana", signIns[0].Text(audit.UserName))
	require.Equal(t, "u-1", signIns[0].Text(audit.UserID))
	require.Equal(t, "127.0.0.1", signIns[0].Text(audit.IP))
	reads := s.own("acme", "events.search")
	require.Equal(t, "u-1", reads[0].Text(audit.UserID))
}

func TestWhoMayNotSignIn(t *testing.T) {
	p := newProvider(t, oidctest.Options{})
	s := startWith(t, p, nil)
	for name, c := range map[string]struct {
		change oidctest.Claims
		reason string
	}{
		"no role":              {oidctest.Claims{"roles": nil}, "denied"},
		"another role":         {oidctest.Claims{"roles": []string{"admin", "account_owner2", "Account_Owner"}}, "denied"},
		"a role that is no":    {oidctest.Claims{"roles": map[string]any{"account_owner": false}}, "denied"},
		"no account":           {oidctest.Claims{"accounts": nil}, "denied"},
		"any account":          {oidctest.Claims{"accounts": "*"}, "denied"},
		"impersonated":         {oidctest.Claims{"act": map[string]any{"sub": "support"}}, "impersonated"},
		"impersonated by name": {oidctest.Claims{"impersonator": "sam"}, "impersonated"},
	} {
		claims := oidctest.Claims{"preferred_username": name, "roles": []string{"account_owner"}, "accounts": []string{"acme"}}
		maps.Copy(claims, c.change)
		p.User(name, claims)
		p.SignIn(name)
		b := s.browser()
		require.Equal(t, "/?area=a#signin_failed="+c.reason, b.open("/auth/login?return=/%3Farea=a"), name)
		require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/session").status, name)
	}
	var names []string
	for _, e := range s.own("acme", "signin") {
		require.Equal(t, "failure", e.Text(audit.Status))
		names = append(names, e.Text(audit.UserName))
	}
	require.ElementsMatch(t, []string{"no role", "another role", "a role that is no", "impersonated", "impersonated by name"}, names, "the account's owner sees who tried")
	p.SignIn("")
	require.Equal(t, "/#signin_failed=denied", s.browser().open("/auth/login"))
	require.Equal(t, "/#signin_failed=signed_out", s.browser().open("/auth/login?prompt=none"))
}

func TestASignInIsOfTheBrowserThatBeganIt(t *testing.T) {
	p := newProvider(t, oidctest.Options{})
	s := startWith(t, p, nil)
	b, other := s.browser(), s.browser()
	for _, each := range []*browser{b, other} {
		each.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	// begin stops where the provider sends the browser back.
	begin := func() string {
		resp, err := b.client.Get(s.url + "/auth/login")
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		resp, err = b.client.Get(resp.Header.Get("Location"))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return strings.TrimPrefix(resp.Header.Get("Location"), s.url)
	}
	end := func(b *browser, back string) string {
		resp, err := b.client.Get(s.url + back)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.Header.Get("Location")
	}
	const refused = "/#signin_failed=invalid"
	require.Equal(t, refused, end(other, begin()), "another browser")
	first, second := begin(), begin()
	require.Equal(t, "/", end(b, second))
	require.Equal(t, "/", end(b, first), "two at the same time")
	require.Equal(t, refused, end(b, first), "a second time")
	require.Equal(t, refused, end(b, strings.Replace(begin(), "iss=http", "iss=https", 1)), "of another provider")
	require.Equal(t, refused, end(b, strings.Replace(begin(), "state=", "state=x", 1)))
	mixed, _ := url.Parse(begin())
	foreign, _ := url.Parse(begin())
	q := mixed.Query()
	q.Set("code", foreign.Query().Get("code"))
	require.Equal(t, refused, end(b, mixed.Path+"?"+q.Encode()), "the code of another sign-in lacks its verifier")
	late := begin()
	s.clock.move(11 * time.Minute)
	require.Equal(t, refused, end(b, late), "too late")
	for _, back := range []string{"https://evil.example.com", "//evil.example.com/", `/\evil.example.com`, "/auth/login", "javascript:alert(1)", "/x", "%00", strings.Repeat("x", 5000)} {
		require.Equal(t, "/", s.browser().open("/auth/login?return="+url.QueryEscape(back)), back)
	}
}

func TestAFormerOwnerIsSignedOut(t *testing.T) {
	for name, options := range map[string]oidctest.Options{
		"ID token": {}, "userinfo": {LeanIDTokens: true, OpaqueTokens: true}, "no ID token on refresh": {NoIDTokenOnRefresh: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, options)
			s := startWith(t, p, nil)
			b := s.browser()
			require.Equal(t, "/", b.open("/auth/login"))
			require.Equal(t, []string{"acme"}, b.accounts())

			p.User("u-1", oidctest.Claims{"preferred_username": "ana", "roles": []string{"account_owner"}, "accounts": []string{"acme", "beta"}})
			s.clock.move(11 * time.Minute)
			require.Equal(t, []string{"acme", "beta"}, b.accounts(), "what the provider says now counts")
			s.clock.move(11 * time.Minute)
			require.Equal(t, []string{"acme", "beta"}, b.accounts(), "refresh tokens that work once are followed")

			p.User("u-1", oidctest.Claims{"preferred_username": "ana", "roles": []string{"developer"}, "accounts": []string{"acme", "beta"}})
			s.clock.move(11 * time.Minute)
			require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/events").status, "the session is over")
			require.Equal(t, "failure", s.own("beta", "events.search")[0].Text(audit.Status))

			p.User("u-1", oidctest.Claims{"roles": []string{"account_owner"}, "accounts": []string{"acme"}})
			require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/events").status)
			b.open("/auth/login")
			p.Remove("u-1")
			s.clock.move(11 * time.Minute)
			require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/events").status, "the provider knows the user no more")
		})
	}
}

func TestSessionImpersonatedLater(t *testing.T) {
	p := newProvider(t, oidctest.Options{})
	s := startWith(t, p, nil)
	b := s.browser()
	b.open("/auth/login")
	p.User("u-1", oidctest.Claims{"roles": []string{"account_owner"}, "accounts": []string{"acme"}, "act": map[string]any{"sub": "sam"}})
	s.clock.move(11 * time.Minute)
	require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/events").status)
	require.Equal(t, "/#signin_failed=impersonated", b.open("/auth/login?prompt=none"))
}

func TestWithoutRefreshTokensThePageSignsInAgainSilently(t *testing.T) {
	p := newProvider(t, oidctest.Options{NoRefreshTokens: true})
	s := startWith(t, p, nil)
	b := s.browser()
	b.open("/auth/login")
	s.clock.move(9 * time.Minute)
	require.Equal(t, http.StatusOK, b.get("/api/v1/events").status)
	s.clock.move(2 * time.Minute)
	require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/events").status)
	require.Equal(t, "/", b.open("/auth/login?prompt=none"))
	require.Equal(t, http.StatusOK, b.get("/api/v1/events").status)
	p.SignIn("")
	s.clock.move(11 * time.Minute)
	require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/events").status)
	require.Equal(t, "/#signin_failed=signed_out", b.open("/auth/login?prompt=none"))
}

func TestProviderIsDown(t *testing.T) {
	p := newProvider(t, oidctest.Options{})
	p.Down(true)
	s := startWith(t, p, nil)
	s.clock.stop()
	b := s.browser()
	require.Equal(t, "/#signin_failed=unavailable", b.open("/auth/login"), "the server has started")
	require.Equal(t, http.StatusOK, s.get("/api/v1/events", s.token(local.OwnerToken, "acme")).status)
	a := s.get("/api/v1/events", p.AccessToken("u-1", nil))
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.NotEmpty(t, a.header.Get("Retry-After"))

	p.Down(false)
	s.clock.move(6 * time.Second)
	require.Equal(t, "/", b.open("/auth/login"))
	require.Equal(t, http.StatusOK, b.get("/api/v1/events").status)

	p.Down(true)
	s.clock.move(12 * time.Minute)
	require.Equal(t, http.StatusOK, b.get("/api/v1/events").status, "the last answer counts for a while")
	s.clock.move(3*time.Minute + time.Second)
	require.Equal(t, http.StatusServiceUnavailable, b.get("/api/v1/events").status, "for 15 minutes")
	require.Equal(t, http.StatusServiceUnavailable, b.get("/api/v1/events/20261122-00000000000000000000000000000000").status)
	p.Down(false)
	require.Equal(t, http.StatusOK, b.get("/api/v1/events").status, "the session is still there")
}

func TestAccessTokens(t *testing.T) {
	p := newProvider(t, oidctest.Options{})
	s := startWith(t, p, nil)
	s.clock.stop()
	ask := func(token string) int { return s.get("/api/v1/events", token).status }
	require.Equal(t, http.StatusOK, ask(p.AccessToken("u-1", nil)))
	old := p.AccessToken("u-1", nil)
	s.clock.move(17 * time.Minute)
	a := s.get("/api/v1/events", old)
	require.Equal(t, http.StatusUnauthorized, a.status, "its claims are too old, though it has not expired")
	require.Contains(t, a.body, "15 minutes")
	now := s.clock.Now()
	for name, change := range map[string]oidctest.Claims{
		"an ID token":       {"nonce": "n"},
		"a hashed ID token": {"at_hash": "h"},
		"a refresh token":   {"typ": "Refresh"},
		"a logout token":    {"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}},
		"no subject":        {"sub": nil},
		"not yet":           {"nbf": now.Add(5 * time.Minute).Unix()},
		"from the future":   {"iat": now.Add(5 * time.Minute).Unix()},
		"never issued":      {"iat": nil},
		"never expires":     {"exp": nil},
		"expired":           {"exp": now.Add(-2 * time.Minute).Unix()},
	} {
		require.Equal(t, http.StatusUnauthorized, ask(p.AccessToken("u-1", change)), name)
	}
	require.Equal(t, http.StatusOK, ask(p.AccessToken("u-1", oidctest.Claims{"exp": now.Add(-30 * time.Second).Unix(), "nbf": now.Add(30 * time.Second).Unix()})), "clocks differ a little")
	require.Equal(t, http.StatusOK, ask(p.AccessToken("u-1", oidctest.Claims{"typ": "Bearer", "aud": []string{"other", accessAudience}})))

	without := startWith(t, p, func(o *search.OIDC) { o.Audiences = nil })
	require.Equal(t, http.StatusUnauthorized, without.get("/api/v1/events", p.AccessToken("u-1", nil)).status)
}

func TestKeysRotate(t *testing.T) {
	p := newProvider(t, oidctest.Options{})
	s := startWith(t, p, nil)
	s.clock.stop()
	ask := func(token string) int { return s.get("/api/v1/events", token).status }
	before := p.AccessToken("u-1", nil)
	require.Equal(t, http.StatusOK, ask(before))
	require.Equal(t, 1, p.Requests("/keys"))
	p.Rotate()
	require.Equal(t, http.StatusOK, ask(p.AccessToken("u-1", nil)), "a new key is fetched at once")
	require.Equal(t, http.StatusOK, ask(before), "the key before is published still")
	require.Equal(t, 2, p.Requests("/keys"))

	for i := range 50 {
		unknown := p.Key()
		unknown.Key = jose.JSONWebKey{Key: unknown.Key.(jose.JSONWebKey).Key, KeyID: fmt.Sprint("unknown ", i)}
		require.Equal(t, http.StatusUnauthorized, ask(oidctest.Sign(t, unknown, p.Claims("u-1", nil))))
	}
	require.LessOrEqual(t, p.Requests("/keys"), 4, "nobody makes the provider be asked without end")
	s.clock.move(11 * time.Second)
	p.Rotate()
	require.Equal(t, http.StatusOK, ask(p.AccessToken("u-1", nil)))
	require.Equal(t, http.StatusUnauthorized, ask(before), "its key is gone")

	p.Down(true)
	s.clock.move(30 * time.Minute)
	require.Equal(t, http.StatusOK, ask(p.AccessToken("u-1", nil)), "known keys count while the provider is down")
	p.Rotate()
	require.Equal(t, http.StatusServiceUnavailable, ask(p.AccessToken("u-1", nil)), "unknown ones cannot be asked for")
	s.clock.move(31 * time.Minute)
	require.Equal(t, http.StatusServiceUnavailable, ask(p.AccessToken("u-1", nil)), "for an hour")
	p.Down(false)
	s.clock.move(11 * time.Second)
	require.Equal(t, http.StatusOK, ask(p.AccessToken("u-1", nil)))
}

func TestPathsOfClaims(t *testing.T) {
	p := newProvider(t, oidctest.Options{})
	for name, c := range map[string]struct {
		roles, accounts string
		claims          oidctest.Claims
		want            []string
	}{
		"nested":           {"realm_access.roles", "org.id", oidctest.Claims{"realm_access": map[string]any{"roles": []string{"x", "account_owner"}}, "org": map[string]any{"id": "acme"}}, []string{"acme"}},
		"URL":              {"https://example.com/roles", "https://example.com/accounts", oidctest.Claims{"https://example.com/roles": "account_owner", "https://example.com/accounts": []any{"beta", "acme", "acme"}}, []string{"acme", "beta"}},
		"dotted names":     {"resource_access.audit.web.roles", "accounts", oidctest.Claims{"resource_access": map[string]any{"audit.web": map[string]any{"roles": []string{"account_owner"}}}, "accounts": "acme"}, []string{"acme"}},
		"below a URL":      {"https://example.com/app.roles", "accounts", oidctest.Claims{"https://example.com/app": map[string]any{"roles": []string{"account_owner"}}, "accounts": "acme"}, []string{"acme"}},
		"names":            {"urn:zitadel:iam:org:project:roles", "organization", oidctest.Claims{"urn:zitadel:iam:org:project:roles": map[string]any{"account_owner": map[string]any{"1": "x"}}, "organization": map[string]any{"acme": map[string]any{}, "beta": map[string]any{}}}, []string{"acme", "beta"}},
		"numbers":          {"roles", "account_id", oidctest.Claims{"roles": "account_owner", "account_id": json.Number("12345678901234567890")}, []string{"12345678901234567890"}},
		"part of a name":   {"roles", "accounts", oidctest.Claims{"roles": "account_owner admin", "accounts": "acme"}, nil},
		"hostile accounts": {"roles", "accounts", oidctest.Claims{"roles": "account_owner", "accounts": []any{"", "*", "a\nb", strings.Repeat("x", 5000), nil, true, []any{"acme"}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := startWith(t, p, func(o *search.OIDC) { o.RolesClaims, o.AccountsClaim = []string{"missing.path", c.roles}, c.accounts })
			p.User("u-2", c.claims)
			a := s.get("/api/v1/session", p.AccessToken("u-2", nil))
			if c.want == nil {
				require.Equal(t, http.StatusForbidden, a.status)
				return
			}
			var said struct{ Accounts []string }
			require.NoError(t, json.Unmarshal([]byte(a.body), &said), a.body)
			require.Equal(t, c.want, said.Accounts)
		})
	}
	s := startWith(t, p, func(o *search.OIDC) { o.AccountsClaim, o.Account, o.OwnerRoles = "", "globex", []string{"a", "b"} })
	p.User("u-3", oidctest.Claims{"roles": "b"})
	require.Contains(t, s.get("/api/v1/session", p.AccessToken("u-3", nil)).body, `"accounts":["globex"]`)
}

func TestSigningOutEndsTheProvidersSessionToo(t *testing.T) {
	p := newProvider(t, oidctest.Options{})
	s := startWith(t, p, nil)
	b := s.browser()
	b.open("/auth/login")
	a := b.signOut()
	require.Equal(t, http.StatusOK, a.status)
	var said struct {
		EndSession string `json:"end_session"`
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &said))
	end, err := url.Parse(said.EndSession)
	require.NoError(t, err)
	require.Equal(t, p.Issuer()+"/end", "http://"+end.Host+end.Path)
	require.Equal(t, s.url+"/", end.Query().Get("post_logout_redirect_uri"))
	require.NotEmpty(t, end.Query().Get("id_token_hint"))
	require.Eventually(t, func() bool { return p.RefreshTokens() == 0 }, time.Minute, 10*time.Millisecond, "the refresh token is revoked")
	require.Equal(t, "u-1", s.own("acme", "signout")[0].Text(audit.UserID))
	require.Equal(t, http.StatusUnauthorized, b.get("/api/v1/session").status)

	quiet := newProvider(t, oidctest.Options{NoEndSession: true})
	s = startWith(t, quiet, nil)
	b = s.browser()
	b.open("/auth/login")
	require.Equal(t, http.StatusNoContent, b.signOut().status)
}

func TestASignInEndsTheSessionBeforeIt(t *testing.T) {
	p := newProvider(t, oidctest.Options{})
	s := startWith(t, p, nil)
	b, old := s.browser(), s.browser()
	b.open("/auth/login")
	at, err := url.Parse(s.url)
	require.NoError(t, err)
	old.client.Jar.SetCookies(at, b.client.Jar.Cookies(at))
	require.Equal(t, http.StatusOK, old.get("/api/v1/session").status)
	b.open("/auth/login")
	require.Equal(t, http.StatusOK, b.get("/api/v1/session").status)
	require.Equal(t, http.StatusUnauthorized, old.get("/api/v1/session").status)
}

func TestOnlyADeclaredProxySaysWhoAsks(t *testing.T) {
	for proxied, want := range map[bool]string{true: "203.0.113.9", false: "127.0.0.1"} {
		s := start(t, func(c *search.Config) { c.TrustedProxy = proxied })
		req := s.request(http.MethodGet, "/api/v1/events", s.token(local.OwnerToken, "acme"), "")
		req.Header.Add("X-Forwarded-For", "198.51.100.1, 198.51.100.2")
		req.Header.Add("X-Forwarded-For", "198.51.100.3, 203.0.113.9")
		require.Equal(t, http.StatusOK, s.do(req).status)
		require.Equal(t, want, s.own("acme", "events.search")[0].Text(audit.IP))
	}
}

func TestConfigurationOfTheProviderSaysWhatIsWrong(t *testing.T) {
	whole := func() search.OIDC {
		cfg := search.NewFactory().CreateDefaultConfig().(*search.Config)
		o := *cfg.OIDC.GetOrInsertDefault()
		o.Issuer, o.ClientID = "https://id.example.com", "auditlog"
		return o
	}
	o := whole()
	require.NoError(t, o.Validate())
	for want, change := range map[string]func(*search.OIDC){
		"`issuer`":         func(o *search.OIDC) { o.Issuer = "http://id.example.com" },
		"`client_id`":      func(o *search.OIDC) { o.ClientID = "" },
		`found "HS256"`:    func(o *search.OIDC) { o.Algorithms = []string{"HS256"} },
		`found "none"`:     func(o *search.OIDC) { o.Algorithms = []string{"RS256", "none"} },
		"`owner_roles`":    func(o *search.OIDC) { o.OwnerRoles = nil },
		"no list an empty": func(o *search.OIDC) { o.RolesClaims = []string{""} },
		"`accounts_claim`": func(o *search.OIDC) { o.Account = "" },
		"`clock_skew`":     func(o *search.OIDC) { o.ClockSkew = time.Hour },
		"`recheck`":        func(o *search.OIDC) { o.Recheck = 16 * time.Minute },
	} {
		o := whole()
		change(&o)
		require.ErrorContains(t, o.Validate(), want)
	}
	cfg := search.NewFactory().CreateDefaultConfig().(*search.Config)
	o = whole()
	o.CAFile = filepath.Join(t.TempDir(), "missing.pem")
	cfg.OIDC, cfg.Endpoint = configoptional.Some(o), "127.0.0.1:0"
	endpoint, err := search.NewFactory().Create(t.Context(), extensiontest.NewNopSettings(search.Type), cfg)
	require.NoError(t, err)
	h := storetest.NewHost(t, storetest.NewModel(time.Now, 24*time.Hour))
	require.ErrorContains(t, endpoint.Start(t.Context(), h), "search.oidc.ca_file")
}

func TestProviderWithACertificateOfItsOwn(t *testing.T) {
	p := newProvider(t, oidctest.Options{TLS: true})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw}), 0o600))
	s := startWith(t, p, func(o *search.OIDC) { o.CAFile = ca })
	require.Equal(t, http.StatusOK, s.get("/api/v1/events", p.AccessToken("u-1", nil)).status)
	s = startWith(t, p, nil)
	require.Equal(t, http.StatusServiceUnavailable, s.get("/api/v1/events", p.AccessToken("u-1", nil)).status, "the system does not trust it")
}

func TestCookiesOverTLSAreBoundToTheHost(t *testing.T) {
	p := newProvider(t, oidctest.Options{})
	s := startConfigured(t, p, func(c *search.Config) { c.URL, c.TrustedProxy = "https://audit.example.com", true }, nil)
	ask := func(path, cookie string) answer {
		req := s.request(http.MethodGet, path, "", "")
		req.Host = "audit.example.com"
		if cookie != "" {
			req.Header.Set("Cookie", cookie)
		}
		return s.do(req)
	}
	cookie := ask("/auth/login", "").header.Get("Set-Cookie")
	require.Equal(t, "max-age=31536000", ask("/auth/login", "").header.Get("Strict-Transport-Security"))
	require.Regexp(t, `^__Host-auditlog_login_.{8}=.+; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax$`, cookie)
	at, err := url.Parse(ask("/auth/login", "").header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "https://audit.example.com/auth/callback", at.Query().Get("redirect_uri"))
	require.Equal(t, "S256", at.Query().Get("code_challenge_method"))
	require.NotContains(t, cookie, at.Query().Get("state"), "it is sealed")

	login := ask("/auth/login", "")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(login.header.Get("Location"))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	back, err := url.Parse(resp.Header.Get("Location"))
	require.NoError(t, err)
	a := ask(back.RequestURI(), strings.Split(login.header.Get("Set-Cookie"), ";")[0])
	require.Equal(t, "/", a.header.Get("Location"))
	set := a.header.Values("Set-Cookie")
	require.Len(t, set, 2)
	require.Contains(t, set[0], "Max-Age=0", "the login is over")
	require.Regexp(t, `^__Host-auditlog_session=.{43}; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict$`, set[1])
	require.Equal(t, http.StatusOK, ask("/api/v1/events", strings.Split(set[1], ";")[0]).status)
}
