package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/internal/oidctest"
)

// TestOwnersSignInWithAnIdentityProvider configures one as the guide says, and
// reads as those whom it names.
func TestOwnersSignInWithAnIdentityProvider(t *testing.T) {
	const audience = "https://audit.example.com"
	p := oidctest.New(t, oidctest.Options{Audience: audience})
	roles := map[string]any{"roles": []string{"account_owner", "offline_access"}}
	p.User("u-1", oidctest.Claims{"preferred_username": "olga", "realm_access": roles, "organization": []string{"default"}})
	p.User("u-2", oidctest.Claims{"preferred_username": "dev", "realm_access": map[string]any{"roles": []string{"developer"}}, "organization": []string{"default"}})
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte(oidctest.Secret), 0o600))
	s := start(t, t.TempDir(), fmt.Sprintf(`
search:
  oidc:
    issuer: %s
    client_id: %s
    client_secret_file: %s
    audiences: [%s]
    roles_claims: [realm_access.roles]
    accounts_claim: organization
    title: Sign in with Example
  links: [{title: Alerts, url: "https://siem.example.com/search?user={user.name}"}]
`, p.Issuer(), oidctest.ClientID, secret, audience))
	require.NoError(t, s.send(t, one("shop")))

	code, body := s.get(t, "", "/api/v1/signin")
	require.Equal(t, http.StatusOK, code)
	require.JSONEq(t, `{"oidc":true,"title":"Sign in with Example"}`, string(body))
	require.Len(t, from(s.events(t, p.AccessToken("u-1", nil)), "shop"), 1)
	for name, want := range map[string]struct {
		token string
		code  int
	}{
		"developer":    {p.AccessToken("u-2", nil), http.StatusForbidden},
		"impersonated": {p.AccessToken("u-1", oidctest.Claims{"impersonator": map[string]any{"id": "s-1"}}), http.StatusForbidden},
		"for another":  {p.AccessToken("u-1", oidctest.Claims{"aud": "https://other.example.com"}), http.StatusUnauthorized},
	} {
		code, body := s.get(t, want.token, "/api/v1/events")
		require.Equal(t, want.code, code, "%s: %s", name, body)
	}

	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar}
	visit := func(path string) (string, string) {
		resp, err := browser.Get("http://" + s.page + path)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return strings.TrimPrefix(resp.Request.URL.String(), "http://"+s.page), string(body)
	}
	p.SignIn("u-2")
	at, _ := visit("/auth/login")
	require.Equal(t, "/#signin_failed=denied", at)
	p.SignIn("u-1")
	at, _ = visit("/auth/login?return=/%3Farea=Users")
	require.Equal(t, "/?area=Users", at)
	_, session := visit("/api/v1/session")
	require.Contains(t, session, `"name":"olga"`)
	require.Contains(t, session, `"sign_in":"oidc"`)
	require.Contains(t, session, `"url":"https://siem.example.com/search?user={user.name}"`)
	_, rows := visit("/api/v1/events.csv?service=shop&columns=user.name,duration_ns,duration")
	require.Equal(t, 2, strings.Count(rows, "\r\n"), rows)

	signedIn := from(s.events(t, p.AccessToken("u-1", nil)), "auditlog")
	actions := map[any]any{}
	for _, e := range signedIn {
		actions[e["action"]] = e["user.id"]
	}
	require.Equal(t, "u-1", actions["signin"])
	require.Equal(t, "u-1", actions["events.exported"])
	require.Zero(t, s.stop(t))
}
