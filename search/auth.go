package search

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/local"
)

// signInLifetime is for how long a sign-in link works, once.
const signInLifetime = 10 * time.Minute

// sessions are the owners' browsers. Secrets are kept as hashes, in memory: a
// restart signs everybody out.
type sessions struct {
	idle, lifetime time.Duration
	attempts       *rate.Limiter // of sign-in, all clients together

	mu      sync.Mutex
	links   map[string]link     // by the hash of the secret
	byToken map[string]*session // by the hash of the cookie
}

type link struct {
	caller store.Caller
	ends   time.Time
}

type session struct {
	caller  store.Caller
	started time.Time
	seen    time.Time
}

func newSessions(idle, lifetime time.Duration) *sessions {
	return &sessions{idle: idle, lifetime: lifetime, attempts: rate.NewLimiter(5, 20), links: map[string]link{}, byToken: map[string]*session{}}
}

// newLink returns a secret that signs caller in, once.
func (s *sessions) newLink(caller store.Caller, now time.Time) string {
	secret := local.NewSecret()
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, l := range s.links {
		if now.After(l.ends) {
			delete(s.links, hash)
		}
	}
	s.links[local.HashToken(secret)] = link{caller, now.Add(signInLifetime)}
	return secret
}

// signIn exchanges the secret of a link for a session's cookie.
func (s *sessions) signIn(secret string, now time.Time) (cookie string, caller store.Caller, ok bool) {
	hash := local.HashToken(secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.links[hash]
	delete(s.links, hash)
	if !ok || now.After(l.ends) {
		return "", store.Caller{}, false
	}
	for hash, old := range s.byToken {
		if s.ended(old, now) {
			delete(s.byToken, hash)
		}
	}
	cookie = local.NewSecret()
	s.byToken[local.HashToken(cookie)] = &session{caller: l.caller, started: now, seen: now}
	return cookie, l.caller, true
}

func (s *sessions) find(cookie string, now time.Time) (store.Caller, bool) {
	hash := local.HashToken(cookie)
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.byToken[hash]
	if !ok {
		return store.Caller{}, false
	}
	if s.ended(found, now) {
		delete(s.byToken, hash)
		return store.Caller{}, false
	}
	found.seen = now
	return found.caller, true
}

func (s *sessions) signOut(cookie string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byToken, local.HashToken(cookie))
}

func (s *sessions) ended(found *session, now time.Time) bool {
	return now.Sub(found.seen) > s.idle || now.Sub(found.started) > s.lifetime
}

// Errors of authentication. They say nothing about what exists.
var (
	errSignedOut = newProblem(http.StatusUnauthorized, "Sign in first: run `auditlog signin` on the server and open the link, or send an owner's token as `Authorization: Bearer TOKEN`.")
	errNotOwner  = newProblem(http.StatusForbidden, "This is for the owner of the account only.")
)

// credentials says by what a request was let in or refused.
type credentials struct {
	caller store.Caller
	denied []string // accounts of a token that is good, but not for reading
}

// authenticate finds the owner who makes the request: by the bearer token where
// there is one, else by the session. Nothing in the URL is a credential.
func (a *api) authenticate(r *http.Request) (credentials, error) {
	if headers := r.Header.Values("Authorization"); len(headers) > 0 {
		scheme, bearer, _ := strings.Cut(headers[0], " ")
		if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") {
			return credentials{}, errSignedOut
		}
		token, ok := a.store.Token(strings.TrimSpace(bearer))
		switch {
		case !ok:
			return credentials{}, errSignedOut
		case token.Kind != local.OwnerToken:
			return credentials{denied: token.Accounts, caller: store.Caller{Name: token.Name}}, errNotOwner
		}
		return credentials{caller: store.Caller{Name: token.Name, Accounts: token.Accounts}}, nil
	}
	cookie, err := r.Cookie(a.cookieName())
	if err != nil {
		return credentials{}, errSignedOut
	}
	caller, ok := a.sessions.find(cookie.Value, time.Now())
	if !ok {
		return credentials{}, errSignedOut
	}
	return credentials{caller: caller}, nil
}

// cookieName has the prefix that binds the cookie to this host, where browsers
// allow it: over TLS.
func (a *api) cookieName() string {
	if a.secure() {
		return "__Host-auditlog_session"
	}
	return "auditlog_session"
}

func (a *api) secure() bool { return a.base.Scheme == "https" }

func (a *api) setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: a.cookieName(), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: a.secure(), SameSite: http.SameSiteStrictMode,
	})
}
