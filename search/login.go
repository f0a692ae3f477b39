package search

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"go.uber.org/zap"
	"golang.org/x/oauth2"

	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/local"
)

// Routes of signing in with the identity provider.
const (
	loginPath    = "/auth/login"
	callbackPath = "/auth/callback"
)

// A login is a sign-in at the identity provider that has begun. It is kept in a
// cookie of the browser that began it, sealed, so that beginning many costs the
// server nothing.
type login struct {
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"` // of PKCE (RFC 7636)
	Return   string    `json:"r"` // where the page goes on
	Silent   bool      `json:"q,omitempty"`
	Ends     time.Time `json:"e"`
}

// A seal encrypts and authenticates logins with a key of this process.
type seal struct{ cipher.AEAD }

func newSeal() (seal, error) {
	key := make([]byte, 32)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return seal{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return seal{aead}, err
}

func (s seal) close(l login) (string, error) {
	text, err := json.Marshal(l)
	return base64.RawURLEncoding.EncodeToString(s.Seal(nil, nil, text, nil)), err
}

func (s seal) open(sealed string) (l login, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return login{}, false
	}
	text, err := s.Open(nil, nil, b, nil)
	return l, err == nil && json.Unmarshal(text, &l) == nil
}

// The reasons why a sign-in failed, which the page finds in the fragment of its
// address: #signin_failed=REASON.
const (
	failedDenied       = "denied"       // not an owner
	failedImpersonated = "impersonated" // somebody acts as the owner
	failedSignedOut    = "signed_out"   // the provider wants to see the user first
	failedUnavailable  = "unavailable"  // the provider is down
	failedThrottled    = "throttled"    // too many attempts
	failedInvalid      = "invalid"      // begun elsewhere, too long ago, or not by this page
)

// login sends a browser to the identity provider.
func (a *api) login(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if a.issuer == nil {
		a.write(w, r, nil, newProblem(http.StatusNotFound, "This server has no identity provider: search.oidc is not set."))
		return
	}
	if r.Host != a.base.Host { // the provider returns to that host only, and cookies are bound to it
		http.Redirect(w, r, a.base.String()+loginPath+"?"+r.URL.RawQuery, http.StatusSeeOther)
		return
	}
	back := localReturn(r.URL.Query().Get("return"))
	if a.attempts.wait(a.client(r), a.now()) > 0 {
		a.failLogin(w, r, back, failedThrottled)
		return
	}
	p, err := a.issuer.provider()
	if err != nil {
		a.failLogin(w, r, back, failedUnavailable)
		return
	}
	l := login{
		State: local.NewSecret(), Nonce: local.NewSecret(), Verifier: oauth2.GenerateVerifier(), Return: back,
		Silent: r.URL.Query().Get("prompt") == "none", Ends: a.now().Add(signInLifetime),
	}
	sealed, err := a.seal.close(l)
	if err != nil {
		a.write(w, r, nil, err)
		return
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(l.Verifier), oidc.Nonce(l.Nonce)}
	if l.Silent {
		options = append(options, oauth2.SetAuthURLParam("prompt", "none"))
	}
	a.setLoginCookie(w, l.State, sealed, int(signInLifetime/time.Second))
	http.Redirect(w, r, a.issuer.oauth(p).AuthCodeURL(l.State, options...), http.StatusSeeOther)
}

// callback takes a browser back from the identity provider.
func (a *api) callback(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if a.issuer == nil {
		a.write(w, r, nil, newProblem(http.StatusNotFound, "This server has no identity provider: search.oidc is not set."))
		return
	}
	if a.attempts.wait(a.client(r), a.now()) > 0 {
		a.failLogin(w, r, "/", failedThrottled)
		return
	}
	l, ok := a.begun(w, r)
	if !ok {
		a.failLogin(w, r, "/", failedInvalid)
		return
	}
	o, g, err := a.returned(r, l)
	if err == nil {
		err = a.begin(w, r, *o, g)
	}
	if err != nil {
		a.logger.Info("Somebody could not sign in with the identity provider.", zap.Error(err))
		if o != nil && errors.Is(err, errNotOwner) {
			a.reads.denied(r.Context(), *o, a.address(r), "signin", a.logger)
		}
		a.failLogin(w, r, l.Return, reasonOf(err, l.Silent))
		return
	}
	http.Redirect(w, r, l.Return, http.StatusSeeOther)
}

// begun finds the login that the browser began, by the state with which it
// returns, and ends it.
func (a *api) begun(w http.ResponseWriter, r *http.Request) (login, bool) {
	state := r.URL.Query().Get("state")
	cookie, err := r.Cookie(a.loginCookieName(state))
	if err != nil {
		return login{}, false
	}
	a.setLoginCookie(w, state, "", -1)
	l, ok := a.seal.open(cookie.Value)
	return l, ok && equal(l.State, state) && a.now().Before(l.Ends)
}

// returned redeems what the provider gave the browser.
func (a *api) returned(r *http.Request, l login) (*owner, *grant, error) {
	q := r.URL.Query()
	if iss := q.Get("iss"); iss != "" && iss != a.issuer.cfg.Issuer { // RFC 9207
		return nil, nil, errNotSigned
	}
	if reason := q.Get("error"); reason != "" {
		return nil, nil, providerError(reason)
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*providerTimeout)
	defer cancel()
	return a.issuer.exchange(ctx, l, q.Get("code"))
}

// A providerError is the reason for which the provider sends nobody back.
type providerError string

func (e providerError) Error() string { return "the provider answers " + string(e) }

func reasonOf(err error, silent bool) string {
	p, refused := errors.AsType[providerError](err)
	switch {
	case refused && silent && strings.HasSuffix(string(p), "_required"):
		return failedSignedOut
	case refused && (p == "temporarily_unavailable" || p == "server_error"):
		return failedUnavailable
	case refused && p == "access_denied", errors.Is(err, errNoOwner):
		return failedDenied
	case errors.Is(err, errImpersonated):
		return failedImpersonated
	case errors.Is(err, errOutage), errors.Is(err, store.ErrUnavailable):
		return failedUnavailable
	}
	return failedInvalid
}

// failLogin brings the browser back to the page, which says why.
func (a *api) failLogin(w http.ResponseWriter, r *http.Request, back, reason string) {
	http.Redirect(w, r, back+"#signin_failed="+reason, http.StatusSeeOther)
}

// begin starts a session when it is recorded in the trail.
func (a *api) begin(w http.ResponseWriter, r *http.Request, o owner, g *grant) error {
	entry := store.Entry{User: o.caller.Name, UserID: o.userID, IP: a.address(r), Method: "CREATE", Action: "signin", EntityType: "session"}
	if err := a.store.Record(r.Context(), entry, o.caller.Accounts...); err != nil {
		return err
	}
	if old, err := r.Cookie(a.cookieName()); err == nil {
		a.sessions.signOut(old.Value)
	}
	a.setCookie(w, a.sessions.begin(o, g, a.now()), int(a.sessions.lifetime/time.Second))
	return nil
}

// loginCookieName differs for sign-ins that one browser begins at the same time.
func (a *api) loginCookieName(state string) string {
	const enough = 8
	if len(state) < enough || strings.ContainsFunc(state[:enough], func(r rune) bool { return r > 'z' || !strings.ContainsRune(base64url, r) }) {
		state = strings.Repeat("0", enough)
	}
	return a.hostPrefix() + "auditlog_login_" + state[:enough]
}

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// setLoginCookie uses SameSite=Lax, as the browser comes back from another site.
func (a *api) setLoginCookie(w http.ResponseWriter, state, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: a.loginCookieName(state), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: a.secure(), SameSite: http.SameSiteLaxMode,
	})
}

// localReturn lets a sign-in return to the page with its filters, and nowhere else.
func localReturn(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.Path != "/" || len(text) > 2048 {
		return "/"
	}
	return (&url.URL{Path: "/", RawQuery: u.Query().Encode()}).String()
}
