package search

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"go.uber.org/zap"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/auditlog/auditlog/internal/loopback"
)

// SecretVariable is the environment variable that holds the client's secret
// where no file does.
const SecretVariable = "AUDITLOG_OIDC_CLIENT_SECRET"

// maxClaimsAge is for how long the claims of a token, or of a sign-in, count
// without being looked at again.
const maxClaimsAge = 15 * time.Minute

const (
	discoveryLifetime = time.Hour        // then the provider is asked anew
	discoveryPause    = 5 * time.Second  // after a failure
	providerTimeout   = 10 * time.Second // of one request
	maxProviderAnswer = 1 << 20          // bytes
)

// Errors of the provider. The reason is for the log: the caller is not told.
var (
	errNotSigned = errors.New("no valid token of the identity provider")
	errOutage    = errors.New("the identity provider cannot be reached, or answers nonsense")
)

// An issuer is the OpenID Connect provider that says who is an owner. It is
// asked when first needed, so that the server starts while it is down.
type issuer struct {
	cfg      OIDC
	redirect string // where the browser returns to
	secret   string
	client   *http.Client
	now      func() time.Time
	logger   *zap.Logger
	life     context.Context // ends with the server
	stop     context.CancelFunc
	running  sync.WaitGroup

	flights singleflight.Group
	mu      sync.Mutex
	found   *provider
	tried   time.Time // last failure
	failure error
}

// A provider is what discovery found.
type provider struct {
	*oidc.Provider
	at   time.Time
	keys *keys
	// Endpoints that discovery may leave out.
	EndSession string `json:"end_session_endpoint"`
	JWKS       string `json:"jwks_uri"`
	Revocation string `json:"revocation_endpoint"`
}

// newIssuer reads the files that cfg names. It asks nobody.
func newIssuer(cfg OIDC, redirect string, now func() time.Time, logger *zap.Logger) (*issuer, error) {
	secret, err := cfg.secret()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if cfg.CAFile != "" {
		if transport.TLSClientConfig, err = trusting(cfg.CAFile); err != nil {
			return nil, err
		}
	}
	client := &http.Client{Transport: bounded{transport}, Timeout: providerTimeout, CheckRedirect: checkRedirect}
	life, stop := context.WithCancel(context.Background())
	return &issuer{cfg: cfg, redirect: redirect, secret: secret, client: client, now: now, logger: logger, life: life, stop: stop}, nil
}

func (c OIDC) secret() (string, error) {
	if c.ClientSecretFile == "" {
		return os.Getenv(SecretVariable), nil
	}
	text, err := os.ReadFile(c.ClientSecretFile)
	if err != nil {
		return "", fmt.Errorf("search.oidc.client_secret_file: %w", err)
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("search.oidc.client_secret_file %q is empty", c.ClientSecretFile)
	}
	return secret, nil
}

// trusting takes the certificates of a file besides those of the system.
func trusting(file string) (*tls.Config, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("search.oidc.ca_file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("search.oidc.ca_file %q holds no certificate in PEM", file)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// checkRedirect follows no redirect of a request that carries a secret, and none
// to where the answer could be read or changed on the way.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if via[0].Method != http.MethodGet || via[0].Header.Get("Authorization") != "" || len(via) > 3 || req.URL.Scheme != via[0].URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// bounded cuts answers that are longer than any provider's.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(req)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxProviderAnswer), resp.Body}
	}
	return resp, err
}

// close ends what is under way, and closes the connections.
func (i *issuer) close() {
	i.stop()
	i.running.Wait()
	i.mu.Lock()
	found := i.found
	i.mu.Unlock()
	if found != nil {
		found.keys.close()
	}
	i.client.CloseIdleConnections()
}

func (i *issuer) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, i.client)
}

// provider returns what discovery found. What was found long ago counts while it
// is discovered anew. The error wraps [errOutage] where nothing was ever found.
func (i *issuer) provider() (*provider, error) {
	i.mu.Lock()
	found, failure, tried := i.found, i.failure, i.tried
	i.mu.Unlock()
	now := i.now()
	switch {
	case found != nil && now.Sub(found.at) < discoveryLifetime:
		return found, nil
	case failure != nil && now.Sub(tried) < discoveryPause:
		if found != nil {
			return found, nil
		}
		return nil, failure
	case found != nil:
		i.running.Go(func() { _, _ = i.discover() })
		return found, nil
	}
	return i.discover()
}

// discover asks the provider who it is. Callers at the same time share the answer.
func (i *issuer) discover() (*provider, error) {
	fresh, err, _ := i.flights.Do("", func() (any, error) {
		found, err := i.ask()
		i.mu.Lock()
		defer i.mu.Unlock()
		if err != nil {
			if i.failure == nil {
				i.logger.Error("The identity provider cannot be used. Owners cannot sign in with it until it can; it is tried again.", zap.String("search.oidc.issuer", i.cfg.Issuer), zap.Error(err))
			}
			i.tried, i.failure = i.now(), err
			return nil, err
		}
		if i.found != nil && i.found.JWKS == found.JWKS {
			found.keys = i.found.keys
		}
		i.found, i.failure = found, nil
		return found, nil
	})
	if err != nil {
		return nil, err
	}
	return fresh.(*provider), nil
}

func (i *issuer) ask() (*provider, error) {
	p, err := oidc.NewProvider(i.context(i.life), i.cfg.Issuer)
	if err != nil {
		if mismatch, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
			return nil, fmt.Errorf("%w: it calls itself %q: write search.oidc.issuer exactly so", errOutage, mismatch.Discovered)
		}
		return nil, fmt.Errorf("%w: discovery: %w", errOutage, err)
	}
	found := &provider{Provider: p, at: i.now()}
	if err := p.Claims(found); err != nil {
		return nil, fmt.Errorf("%w: discovery: %w", errOutage, err)
	}
	for name, endpoint := range map[string]string{
		"authorization_endpoint": p.Endpoint().AuthURL, "token_endpoint": p.Endpoint().TokenURL, "jwks_uri": found.JWKS,
	} {
		if !safeURL(endpoint) {
			return nil, fmt.Errorf("%w: its %s %q is no https URL", errOutage, name, endpoint)
		}
	}
	if !safeURL(found.EndSession) {
		found.EndSession = ""
	}
	if !safeURL(found.Revocation) {
		found.Revocation = ""
	}
	found.keys = newKeys(i.life, found.JWKS, i.client, i.now)
	return found, nil
}

// safeURL says whether what is sent to a URL can be neither read nor changed on
// the way: https, or this machine.
func safeURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && loopback.Host(u.Hostname()))
}

// oauth is the client of the authorization code flow.
func (i *issuer) oauth(p *provider) *oauth2.Config {
	scopes := i.cfg.Scopes
	if !slices.Contains(scopes, oidc.ScopeOpenID) {
		scopes = append([]string{oidc.ScopeOpenID}, scopes...)
	}
	return &oauth2.Config{ClientID: i.cfg.ClientID, ClientSecret: i.secret, Endpoint: p.Endpoint(), RedirectURL: i.redirect, Scopes: scopes}
}

// verify checks the signature, issuer, audience and times of a token, and
// returns its claims. It returns [errNotSigned] for a token that is not good,
// and [errOutage] where that cannot be told.
func (i *issuer) verify(ctx context.Context, raw string, audiences ...string) (claims, error) {
	p, err := i.provider()
	if err != nil {
		return nil, err
	}
	now, skew := i.now(), i.cfg.ClockSkew
	verifier := oidc.NewVerifier(i.cfg.Issuer, p.keys, &oidc.Config{
		SkipClientIDCheck: true, SupportedSigningAlgs: i.cfg.Algorithms,
		Now: func() time.Time { return now.Add(-skew) },
	})
	var outage error
	token, err := verifier.Verify(withOutage(ctx, &outage), raw)
	if outage != nil {
		return nil, fmt.Errorf("%w: keys: %w", errOutage, outage)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotSigned, err)
	}
	if !slices.ContainsFunc(token.Audience, func(a string) bool { return slices.Contains(audiences, a) }) {
		return nil, fmt.Errorf("%w: its audience is %q", errNotSigned, token.Audience)
	}
	var payload json.RawMessage
	if err := token.Claims(&payload); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotSigned, err)
	}
	c, err := parseClaims(payload)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotSigned, err)
	}
	if c.text("sub") == "" || token.IssuedAt.After(now.Add(skew)) || c.instant("nbf").After(now.Add(skew)) {
		return nil, fmt.Errorf("%w: it has no subject, or is not valid yet", errNotSigned)
	}
	return c, nil
}

// bearer returns whose access token raw is. It counts for [maxClaimsAge] after
// it was issued, however long it lives: what it claims is not asked for again.
func (i *issuer) bearer(ctx context.Context, raw string) (*owner, error) {
	c, err := i.verify(ctx, raw, i.cfg.Audiences...)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash", "events"} {
		if c.has(name) {
			return nil, fmt.Errorf("%w: it is an ID or logout token, no access token", errNotSigned)
		}
	}
	if kind := c.text("typ"); kind != "" && !strings.EqualFold(kind, "Bearer") {
		return nil, fmt.Errorf("%w: it is a token of type %q, no access token", errNotSigned, kind)
	}
	if issued := c.instant("iat"); i.now().Sub(issued) > maxClaimsAge+i.cfg.ClockSkew {
		return nil, errOldToken
	}
	return i.cfg.owner(c)
}

// A grant is what a sign-in at the provider leaves behind. It is kept in memory,
// and never sent to the browser.
type grant struct {
	mu      sync.Mutex // held while the claims are checked again
	checked time.Time  // when the claims were last seen
	tried   time.Time
	refresh string // refresh token; "" if the provider gave none
	idToken string // by which the provider knows whom to sign out
	subject string
}

// exchange redeems the code with which a browser returned.
func (i *issuer) exchange(ctx context.Context, l login, code string) (*owner, *grant, error) {
	p, err := i.provider()
	if err != nil {
		return nil, nil, err
	}
	token, err := i.oauth(p).Exchange(i.context(ctx), code, oauth2.VerifierOption(l.Verifier))
	if err != nil {
		return nil, nil, tokenError(err)
	}
	raw, _ := token.Extra("id_token").(string)
	c, err := i.verify(ctx, raw, i.cfg.ClientID)
	if err != nil {
		return nil, nil, err
	}
	if l.Nonce == "" || !equal(c.text("nonce"), l.Nonce) {
		return nil, nil, fmt.Errorf("%w: its nonce is another sign-in's", errNotSigned)
	}
	if azp := c.text("azp"); azp != "" && azp != i.cfg.ClientID {
		return nil, nil, fmt.Errorf("%w: it was issued to the client %q", errNotSigned, azp)
	}
	o, err := i.claimed(ctx, p, c, token)
	if err != nil {
		return o, nil, err
	}
	now := i.now()
	return o, &grant{checked: now, tried: now, refresh: token.RefreshToken, idToken: raw, subject: c.text("sub")}, nil
}

// renew looks at the claims of a sign-in again, with its refresh token.
func (i *issuer) renew(ctx context.Context, g *grant) (*owner, error) {
	p, err := i.provider()
	if err != nil {
		return nil, err
	}
	token, err := i.oauth(p).TokenSource(i.context(ctx), &oauth2.Token{RefreshToken: g.refresh}).Token()
	if err != nil {
		return nil, tokenError(err)
	}
	g.refresh = token.RefreshToken
	c := claims{}
	if raw, _ := token.Extra("id_token").(string); raw != "" {
		if c, err = i.verify(ctx, raw, i.cfg.ClientID); err != nil {
			return nil, err
		}
		if c.text("sub") != g.subject {
			return nil, fmt.Errorf("%w: it is another user's", errNotSigned)
		}
		g.idToken = raw
	} else {
		c["sub"] = g.subject // userinfo must say the same
	}
	o, err := i.claimed(ctx, p, c, token)
	if err == nil {
		g.checked = i.now()
	}
	return o, err
}

// claimed returns whom the ID token c names. What it leaves out of roles and
// accounts is asked for at the userinfo endpoint. An access token that can be
// read must not say that somebody impersonates either.
func (i *issuer) claimed(ctx context.Context, p *provider, c claims, token *oauth2.Token) (*owner, error) {
	if access, err := i.verify(ctx, token.AccessToken, append([]string{i.cfg.ClientID}, i.cfg.Audiences...)...); err == nil && i.cfg.impersonated(access) {
		o, _ := i.cfg.owner(access)
		return o, errImpersonated
	}
	if !i.cfg.complete(c) && p.UserInfoEndpoint() != "" {
		info, err := p.UserInfo(i.context(ctx), oauth2.StaticTokenSource(token))
		if err != nil {
			return nil, fmt.Errorf("%w: userinfo: %w", errOutage, err)
		}
		var payload json.RawMessage
		if err := info.Claims(&payload); err != nil {
			return nil, fmt.Errorf("%w: userinfo: %w", errOutage, err)
		}
		more, err := parseClaims(payload)
		if err != nil || more.text("sub") != c.text("sub") {
			return nil, fmt.Errorf("%w: userinfo is of another user", errNotSigned)
		}
		for name, value := range more {
			if !c.has(name) {
				c[name] = value
			}
		}
	}
	return i.cfg.owner(c)
}

// tokenError tells a refusal of the provider from an outage.
func tokenError(err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.Response.StatusCode < 500 && refused.Response.StatusCode != http.StatusTooManyRequests {
		return fmt.Errorf("%w: token endpoint: %s %s", errNotSigned, refused.Response.Status, refused.ErrorCode)
	}
	return fmt.Errorf("%w: token endpoint: %w", errOutage, err)
}

// revoke tells the provider, beside the answer, that a refresh token is not used
// any more (RFC 7009). It is best effort: the token is forgotten here.
func (i *issuer) revoke(g *grant) {
	p, err := i.provider()
	if err != nil || p.Revocation == "" || g.refresh == "" {
		return
	}
	form := url.Values{"token": {g.refresh}, "token_type_hint": {"refresh_token"}, "client_id": {i.cfg.ClientID}}
	g.refresh = ""
	i.running.Go(func() {
		req, err := http.NewRequestWithContext(i.life, http.MethodPost, p.Revocation, strings.NewReader(form.Encode()))
		if err != nil {
			return
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if i.secret != "" {
			req.SetBasicAuth(url.QueryEscape(i.cfg.ClientID), url.QueryEscape(i.secret)) // RFC 6749, 2.3.1
		}
		resp, err := i.client.Do(req)
		if err != nil {
			i.logger.Info("A refresh token could not be revoked.", zap.Error(err))
			return
		}
		_ = resp.Body.Close()
	})
}

// endSession is where the provider signs the owner out too; "" if it cannot.
func (i *issuer) endSession(g *grant, home string) string {
	p, err := i.provider()
	if err != nil || p.EndSession == "" {
		return ""
	}
	u, err := url.Parse(p.EndSession)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", i.cfg.ClientID)
	q.Set("post_logout_redirect_uri", home)
	if g.idToken != "" {
		q.Set("id_token_hint", g.idToken)
	}
	u.RawQuery = q.Encode()
	return u.String()
}
