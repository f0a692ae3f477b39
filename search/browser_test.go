package search_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/internal/browsertest"
	"github.com/auditlog/auditlog/internal/oidctest"
	"github.com/auditlog/auditlog/search"
)

// await waits until an expression is true in whatever document the tab then
// shows: signing in leads to other ones.
func await(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	require.Eventually(t, func() bool {
		yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		return err == nil && yes
	}, time.Minute, 20*time.Millisecond, expression)
}

// TestOwnerSignsInInABrowser signs in on the page with a provider that is another
// site, as a person does.
func TestOwnerSignsInInABrowser(t *testing.T) {
	for name, options := range map[string]oidctest.Options{"refresh tokens": {}, "without refresh tokens": {NoRefreshTokens: true}} {
		t.Run(name, func(t *testing.T) {
			options.Localhost = true
			p := newProvider(t, options)
			s := startWith(t, p, func(o *search.OIDC) { o.Title = "Sign in with Example" })
			mine := s.add("acme", time.Minute, "area", "Users")
			s.add("acme", 2*time.Minute, "area", "Billing")
			foreign := s.add("beta", time.Minute, "area", "Users")

			ctx := browsertest.New(t)
			visible := func(selector string) string {
				return fmt.Sprintf(`document.querySelector(%q)?.offsetParent != null`, selector)
			}
			row := fmt.Sprintf("#events tbody tr[data-id=%q]", mine)
			p.SignIn("")
			browsertest.Do(t, ctx, chromedp.Navigate(s.url+"/?area=Users&zone=utc"))
			await(t, ctx, visible("#oidc"))
			require.Equal(t, "Sign in with Example", browsertest.Eval[string](t, ctx, `document.querySelector("#oidc").textContent.trim()`))
			browsertest.Do(t, ctx, chromedp.Click("#oidc"))
			await(t, ctx, `document.querySelector("#signed-out-reason").textContent.includes("owner")`)

			p.SignIn("u-1")
			browsertest.Do(t, ctx, chromedp.Click("#oidc"))
			await(t, ctx, visible(row))
			require.Equal(t, "?area=Users&zone=utc", browsertest.Eval[string](t, ctx, `location.search`), "the filters are kept")
			require.False(t, browsertest.Eval[bool](t, ctx, fmt.Sprintf(`document.body.innerHTML.includes(%q)`, foreign)))
			require.Empty(t, browsertest.Eval[string](t, ctx, `document.cookie`), "no script reads the session")

			s.clock.move(11 * time.Minute)
			newer := s.add("acme", 0, "area", "Users")
			browsertest.Do(t, ctx, chromedp.Click("#refresh"))
			await(t, ctx, visible(fmt.Sprintf("#events tbody tr[data-id=%q]", newer)))
			require.Equal(t, "?area=Users&zone=utc", browsertest.Eval[string](t, ctx, `location.search`))

			p.User("u-1", oidctest.Claims{"preferred_username": "ana", "roles": []string{"developer"}, "accounts": []string{"acme"}})
			s.clock.move(11 * time.Minute)
			browsertest.Do(t, ctx, chromedp.Click("#refresh"))
			await(t, ctx, `document.querySelector("#signed-out-reason").textContent.includes("owner")`)
			require.False(t, browsertest.Eval[bool](t, ctx, visible(row)), "who is no owner any more sees nothing")

			p.User("u-1", oidctest.Claims{"preferred_username": "ana", "roles": []string{"account_owner"}, "accounts": []string{"acme"}})
			browsertest.Do(t, ctx, chromedp.Navigate(s.url+"/"))
			await(t, ctx, visible("#oidc"))
			browsertest.Do(t, ctx, chromedp.Click("#oidc"))
			await(t, ctx, visible(row))
			browsertest.Eval[any](t, ctx, `document.querySelector("#sign-out").click()`)
			await(t, ctx, visible("#oidc"))
			require.Eventually(t, func() bool { return p.Requests("/end") == 1 }, time.Minute, 20*time.Millisecond, "the provider's session ends, too")
		})
	}
}
