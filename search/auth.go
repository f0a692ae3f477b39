package search

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/local"
)

// signInLifetime is for how long a sign-in link works, once.
const signInLifetime = 10 * time.Minute

// An owner is who reads, and how it was proven.
type owner struct {
	caller  store.Caller
	key     string // tells callers apart
	userID  string // at the identity provider; "" without one
	by      string
	session *session // nil with a bearer token
}

// How an owner was proven.
const (
	byLink  = "link"
	byToken = "token"
	byOIDC  = "oidc"
)

// sessions are the owners' browsers. Secrets are kept as hashes, in memory: a
// restart signs everybody out.
type sessions struct {
	idle, lifetime time.Duration

	mu      sync.Mutex
	links   map[string]link     // by the hash of the secret
	byToken map[string]*session // by the hash of the cookie
}

type link struct {
	owner owner
	ends  time.Time
}

type session struct {
	owner   owner
	started time.Time
	seen    time.Time
	grant   *grant        // of the identity provider; nil with a link
	done    chan struct{} // closed when the session ends
}

func newSessions(idle, lifetime time.Duration) *sessions {
	return &sessions{idle: idle, lifetime: lifetime, links: map[string]link{}, byToken: map[string]*session{}}
}

// newLink returns a secret that signs an owner in, once.
func (s *sessions) newLink(caller store.Caller, now time.Time) string {
	secret := local.NewSecret()
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, l := range s.links {
		if now.After(l.ends) {
			delete(s.links, hash)
		}
	}
	key := "link\x00" + strings.Join(caller.Accounts, "\x00")
	s.links[local.HashToken(secret)] = link{owner{caller: caller, key: key, by: byLink}, now.Add(signInLifetime)}
	return secret
}

// redeem takes the secret of a link, which then works no more.
func (s *sessions) redeem(secret string, now time.Time) (owner, bool) {
	hash := local.HashToken(secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.links[hash]
	delete(s.links, hash)
	return l.owner, ok && !now.After(l.ends)
}

// begin starts a session and returns its cookie.
func (s *sessions) begin(o owner, g *grant, now time.Time) (cookie string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, old := range s.byToken {
		if s.ended(old, now) {
			s.end(hash)
		}
	}
	cookie = local.NewSecret()
	s.byToken[local.HashToken(cookie)] = &session{owner: o, started: now, seen: now, grant: g, done: make(chan struct{})}
	return cookie
}

// find returns the session of a cookie, and its owner. Unless it is used it goes
// on becoming idle.
func (s *sessions) find(cookie string, now time.Time, use bool) (*session, owner, bool) {
	hash := local.HashToken(cookie)
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.byToken[hash]
	if !ok {
		return nil, owner{}, false
	}
	if s.ended(found, now) {
		s.end(hash)
		return nil, owner{}, false
	}
	if use {
		found.seen = now
	}
	o := found.owner
	o.session = found
	return found, o, true
}

func (s *sessions) signOut(cookie string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(local.HashToken(cookie))
}

func (s *sessions) end(hash string) {
	if found, ok := s.byToken[hash]; ok {
		close(found.done)
		delete(s.byToken, hash)
	}
}

// change puts what the identity provider now says into the session.
func (s *sessions) change(found *session, o owner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found.owner = o
}

func (s *sessions) ended(found *session, now time.Time) bool {
	return now.Sub(found.seen) > s.idle || now.Sub(found.started) > s.lifetime
}

// Errors of authentication. They say nothing about what exists.
var (
	errSignedOut = newProblem(http.StatusUnauthorized, "Sign in first: open the page, or run `auditlog signin` on the server and open the link, or send an owner's token as `Authorization: Bearer TOKEN`.")
	errOldToken  = newProblem(http.StatusUnauthorized, "This access token was issued more than 15 minutes ago. Get a new one: what it says about its owner is looked at again that often.")
	errNotOwner  = newProblem(http.StatusForbidden, "This is for the owner of the account only.")
	errNoIssuer  = func() *problem {
		p := newProblem(http.StatusServiceUnavailable, "The identity provider cannot be reached, so it cannot be told who is an owner. The server's log says more.")
		p.retryAfter = 10 * time.Second
		return p
	}()
)

// authenticate finds the owner who makes the request: by the bearer token where
// there is one, else by the session. Nothing in the URL is a credential. With an
// error, the owner says only whom the trail names as refused.
func (a *api) authenticate(r *http.Request, use bool) (owner, error) {
	o, err := a.credentials(r, use)
	switch {
	case errors.Is(err, errOutage):
		return o, errNoIssuer
	case errors.Is(err, errNotSigned):
		a.logger.Debug("A token of the identity provider was refused.", zap.Error(err))
		return o, errSignedOut
	}
	return o, err
}

func (a *api) credentials(r *http.Request, use bool) (owner, error) {
	if headers := r.Header.Values("Authorization"); len(headers) > 0 {
		scheme, bearer, _ := strings.Cut(headers[0], " ")
		if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") {
			return owner{}, errSignedOut
		}
		return a.bearer(r.Context(), strings.TrimSpace(bearer))
	}
	cookie, err := r.Cookie(a.cookieName())
	if err != nil {
		return owner{}, errSignedOut
	}
	found, o, ok := a.sessions.find(cookie.Value, a.now(), use)
	if !ok {
		return owner{}, errSignedOut
	}
	if found.grant == nil {
		return o, nil
	}
	return a.recheck(r.Context(), cookie.Value, found, o)
}

func (a *api) bearer(ctx context.Context, bearer string) (owner, error) {
	token, ok := a.store.Token(bearer)
	switch {
	case ok && token.Kind == local.OwnerToken:
		return owner{caller: store.Caller{Name: token.Name, Accounts: token.Accounts}, key: "token\x00" + token.Name, by: byToken}, nil
	case ok:
		return owner{caller: store.Caller{Name: token.Name, Accounts: token.Accounts}, key: "sender\x00" + token.Name, by: byToken}, errNotOwner
	case a.issuer == nil || len(a.issuer.cfg.Audiences) == 0 || strings.Count(bearer, ".") != 2:
		return owner{}, errSignedOut
	}
	o, err := a.issuer.bearer(ctx, bearer)
	if o == nil {
		o = &owner{}
	}
	return *o, err
}

// recheck asks the identity provider again, where that is due, whether the
// session's user still is an owner. Who is none any more is signed out. While
// the provider is down the last answer counts, for [maxClaimsAge] at most.
func (a *api) recheck(ctx context.Context, cookie string, found *session, o owner) (owner, error) {
	g, due := found.grant, a.issuer.cfg.Recheck
	g.mu.Lock()
	defer g.mu.Unlock()
	now := a.now()
	age := now.Sub(g.checked)
	if age < due {
		a.sessions.mu.Lock()
		defer a.sessions.mu.Unlock()
		o = found.owner
		o.session = found
		return o, nil
	}
	if g.refresh == "" {
		a.sessions.signOut(cookie)
		return owner{}, errSignedOut
	}
	last := min(due*3/2, maxClaimsAge)
	if age < last && now.Sub(g.tried) < keysPause {
		return o, nil
	}
	g.tried = now
	// A refresh token may work once only, so its answer must not be lost when the
	// browser goes away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*providerTimeout)
	defer cancel()
	fresh, err := a.issuer.renew(ctx, g)
	switch {
	case errors.Is(err, errOutage) && age < last:
		return o, nil
	case errors.Is(err, errOutage):
		return o, err
	case err != nil:
		a.logger.Info("A session was ended: its user is no longer an owner.", zap.Error(err))
		a.sessions.signOut(cookie)
		if fresh == nil {
			fresh = &o
		}
		return *fresh, errSignedOut // the page then asks the provider, and learns why
	}
	select {
	case <-found.done: // signed out meanwhile
		return owner{}, errSignedOut
	default:
	}
	a.sessions.change(found, *fresh)
	fresh.session = found
	return *fresh, nil
}

// cookieName has the prefix that binds the cookie to this host, where browsers
// allow it: over TLS.
func (a *api) cookieName() string { return a.hostPrefix() + "auditlog_session" }

func (a *api) hostPrefix() string {
	if a.secure() {
		return "__Host-"
	}
	return ""
}

func (a *api) secure() bool { return a.base.Scheme == "https" }

func (a *api) setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: a.cookieName(), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: a.secure(), SameSite: http.SameSiteStrictMode,
	})
}

// equal compares secrets in a time that does not depend on where they differ.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
