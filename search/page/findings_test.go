package page_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/internal/browsertest"
)

func TestExports(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(60))
	open(t, ctx, f, "/?area=Users&method!=GET&order=oldest", "ready")
	click(t, ctx, "#export > summary")
	browsertest.Wait(t, ctx, `document.querySelectorAll('#export a').length === 2`)
	require.Equal(t, []string{"CSV, the columns shown\n10 rows", "JSON lines, every field\n10 rows"}, list(t, ctx, `[...document.querySelectorAll('#export a')].map((a) => a.innerText.replace(/\n+/, '\n'))`))
	require.Contains(t, text(t, ctx, "#export .panel"), "recorded in the trail")
	f.asked("")
	click(t, ctx, "#export a[data-format=csv]")
	var asked []url.Values
	require.Eventually(t, func() bool { asked = append(asked, f.asked("/api/v1/events.csv")...); return len(asked) > 0 }, 30*time.Second, 10*time.Millisecond)
	require.Len(t, asked, 1)
	require.Equal(t, []string{"time,user.name,method,area,action,entity.type,status"}, asked[0]["columns"])
	require.Equal(t, []string{"Users"}, asked[0]["area"])
	require.Equal(t, []string{"GET"}, asked[0]["method!"])
	require.Equal(t, "oldest", asked[0].Get("order"))
	require.Regexp(t, `^20.*Z$`, asked[0].Get("start"), "the window is fixed, as it was counted")
	require.Regexp(t, `^20.*Z$`, asked[0].Get("end"))

	t.Run("after the session has ended", func(t *testing.T) {
		browsertest.Wait(t, ctx, `!document.querySelector('#export').open`)
		click(t, ctx, "#export > summary")
		browsertest.Wait(t, ctx, `document.querySelectorAll('#export a').length === 2`)
		f.set(func() { f.signedIn = false })
		click(t, ctx, "#export a[data-format=ndjson]")
		settled(t, ctx, "signed-out")
		require.Contains(t, text(t, ctx, "#signed-out-reason"), "Your session has ended.")
	})
}

// A search that had to stop early says how far it looked, and goes on.
func TestPartial(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(60))
	until := at(f.events[20]).Add(-time.Second)
	f.partial = until
	open(t, ctx, f, "/?q=update", "ready")
	require.Contains(t, text(t, ctx, "#partial"), "Searched back to "+until.Format("2006-01-02 15:04:05")+" UTC.")
	require.Len(t, list(t, ctx, ids), 4)
	browsertest.Wait(t, ctx, `document.querySelector('#summary-text').innerText.includes("at least 10 events")`)
	click(t, ctx, "#export > summary")
	browsertest.Wait(t, ctx, `document.querySelector('#export .panel').innerText.includes("at least 10 rows")`)
	click(t, ctx, "#further")
	browsertest.Wait(t, ctx, `location.search.includes("cursor=after-4") && document.body.dataset.state === "ready"`)
	require.Len(t, list(t, ctx, ids), 6)
	require.False(t, visible(t, ctx, "#partial"))

	f.set(func() { f.partial = time.Now().Add(-time.Second) })
	open(t, ctx, f, "/?q=update", "partial")
	require.Contains(t, text(t, ctx, "#partial-only"), "Nothing found so far")
	require.Contains(t, text(t, ctx, "#partial"), "without a match")
	click(t, ctx, "#further")
	settled(t, ctx, "ready")
}

func TestPivots(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(60))
	id := f.events[36]["id"].(string)
	for name, want := range map[string]string{
		"user": "?user=ana", "session": "?session=s-0", "trace": fmt.Sprintf("?trace=%032x", 18), "entity": "?entity_type=connection&entity_id=prod-db",
	} {
		t.Run(name, func(t *testing.T) {
			open(t, ctx, f, "/?status=success&event="+id, "ready")
			browsertest.Wait(t, ctx, `document.querySelector('#drawer').open`)
			click(t, ctx, fmt.Sprintf(`[data-pivot=%q]`, name))
			shows(t, ctx, want, "ready")
			require.Contains(t, list(t, ctx, ids), id)
		})
	}
	t.Run("of an event outside the window", func(t *testing.T) {
		open(t, ctx, f, "/?start=now-1h&event="+id, "ready")
		browsertest.Wait(t, ctx, `document.querySelector('#drawer').open`)
		click(t, ctx, `[data-pivot="session"]`)
		browsertest.Wait(t, ctx, `location.search.endsWith("&session=s-0") && location.search.includes("end=") && document.body.dataset.state === "ready"`)
		require.Contains(t, list(t, ctx, ids), id)
	})
	t.Run("exclude from the drawer, within the filters in use", func(t *testing.T) {
		open(t, ctx, f, "/?status=success&event="+id, "ready")
		browsertest.Wait(t, ctx, `document.querySelector('#drawer').open`)
		click(t, ctx, `#fields [data-field="user.name"] .exclude`)
		shows(t, ctx, "?user!=ana&status=success", "ready")
		require.NotContains(t, list(t, ctx, ids), id)
	})
}

func TestLinksOut(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(3))
	f.events[0]["user.name"] = `a/../../b?x=1&y=#"><script>`
	f.events[0]["path"] = ".."
	f.links = []map[string]string{
		{"title": "Alerts <b>", "url": "https://siem.example.com/search/{user.name}?role={user.roles}&q={action}"},
		{"title": "unsafe", "url": "javascript:alert('{user.name}')"},
		{"title": "plain", "url": "http://siem.example.com/{user.name}"},
		{"title": "of the value's host", "url": "https://{user.name}/"},
		{"title": "missing", "url": "https://siem.example.com/{session_id}/{user_agent}"},
		{"title": "up", "url": "https://siem.example.com/a/{path}/b"},
	}
	open(t, ctx, f, "/?event="+f.events[0]["id"].(string), "ready")
	browsertest.Wait(t, ctx, `document.querySelector('#drawer').open`)
	require.Equal(t, []string{"https://siem.example.com/search/a%2F..%2F..%2Fb%3Fx%3D1%26y%3D%23%22%3E%3Cscript%3E?role=admin&q=connection.update"},
		list(t, ctx, `[...document.querySelectorAll('#links a')].map((a) => a.href)`))
	require.Contains(t, text(t, ctx, "#links"), "Alerts <b>")
	require.Equal(t, "noopener noreferrer", browsertest.Eval[string](t, ctx, `document.querySelector('#links a').rel`))
	require.Equal(t, "_blank", browsertest.Eval[string](t, ctx, `document.querySelector('#links a').target`))
}

// A summary can be passed on: it has neither the address nor the request.
func TestCopySummary(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(3))
	e := f.events[0]
	open(t, ctx, f, "/?event="+e["id"].(string), "ready")
	browsertest.Wait(t, ctx, `document.querySelector('#drawer').open`)
	copies(t, ctx)
	click(t, ctx, "#event-summary")
	got := browsertest.Eval[string](t, ctx, `window.copied`)
	require.Equal(t, e["time"].(string)+" Ana Ruiz (admin) changed connection prod-db in Connections; succeeded in 842 ms.\n"+e["id"].(string), got)
	require.NotContains(t, got, "203.0.113.7")
	require.NotContains(t, got, "db.internal")
	click(t, ctx, "#event-link")
	require.Equal(t, f.URL+"/?event="+e["id"].(string), browsertest.Eval[string](t, ctx, `window.copied`))
	require.Contains(t, text(t, ctx, "#removed"), "request.password: removed by the rule “key”")
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector('#about').open = true`))
	require.Contains(t, text(t, ctx, "#about"), "Also accepted from senders: usr.name, actor.name")
	require.Contains(t, text(t, ctx, "#about"), "Redaction: text rules")
}

func TestAccounts(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(20))
	f.accounts = []string{"acme", "globex"}
	open(t, ctx, f, "/", "ready")
	require.Equal(t, "?account=acme", browsertest.Eval[string](t, ctx, search), "with several, one is named")
	require.Equal(t, "acme", f.asked("/api/v1/events")[0].Get("account"))
	require.True(t, visible(t, ctx, "#account"))
	open(t, ctx, f, "/?account=acme&area=Users", "ready")
	f.asked("")
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`(() => { const s = document.querySelector('#account'); s.value = 'globex'; s.dispatchEvent(new Event('change')); })()`))
	shows(t, ctx, "?account=globex", "ready")
	for _, path := range []string{"/api/v1/events", "/api/v1/filters", "/api/v1/summary"} {
		browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector('#refresh').click()`))
		browsertest.Wait(t, ctx, `document.body.dataset.state === "ready" && document.querySelectorAll('#chart g').length > 0`)
		for _, q := range f.asked(path) {
			require.Equal(t, "globex", q.Get("account"), path)
		}
	}
	open(t, ctx, f, "/", "ready")
	require.Equal(t, "?account=globex", browsertest.Eval[string](t, ctx, search), "remembered")
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector('#events button.open').click()`))
	browsertest.Wait(t, ctx, `location.search.startsWith("?account=globex&event=")`)
}

func TestSignInWithAProvider(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(5))
	f.signedIn, f.oidc = false, "Sign in with Acme <i>"
	open(t, ctx, f, "/?start=now-7d&status!=success", "signed-out")
	browsertest.Wait(t, ctx, `document.querySelector('#oidc').checkVisibility()`)
	require.Equal(t, "Sign in with Acme <i>", text(t, ctx, "#oidc"))
	require.False(t, visible(t, ctx, "#sign-in-link"))
	require.False(t, visible(t, ctx, "#signed-out-reason"))
	back := browsertest.Eval[string](t, ctx, `new URL(document.querySelector('#oidc').href).searchParams.get('return')`)
	require.Equal(t, "/?start=now-7d&status!=success", back, "the view is kept")
	for reason, said := range map[string]string{
		"denied": "does not say that you are an owner", "impersonated": "acts as the owner", "unavailable": "cannot be reached", "throttled": "Wait a minute", "invalid": "Begin again",
	} {
		tab := browsertest.Tab(t, ctx)
		open(t, tab, f, "/?start=now-7d#signin_failed="+reason, "signed-out")
		require.Contains(t, text(t, tab, "#signed-out-reason"), said)
		require.Equal(t, f.URL+"/?start=now-7d", browsertest.Eval[string](t, tab, `location.href`))
	}
}

// Somebody who signs out of a session with a provider is led to the provider's
// own sign-out.
func TestSignOutOfAProvider(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(5))
	f.endSession = f.URL + "/?signed=out"
	open(t, ctx, f, "/", "ready")
	click(t, ctx, "#sign-out")
	shows(t, ctx, "?signed=out", "signed-out")
}

// The policy of the page holds in the browser: what somebody might smuggle in
// does not run, and the browser says so.
func TestPolicy(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(5))
	open(t, ctx, f, "/", "ready")
	refused := browsertest.Eval[[]string](t, ctx, `(async () => {
		const found = [];
		const tries = {
			html: () => { document.body.innerHTML = '<p>'; },
			script: () => { const s = document.createElement('script'); s.textContent = 'window.pwned = 1'; document.body.append(s); },
			address: () => { document.createElement('iframe').srcdoc = '<p>'; },
		};
		for (const [name, attempt] of Object.entries(tries)) { try { attempt(); } catch { found.push(name); } }
		return found;
	})()`)
	require.Equal(t, []string{"html", "script", "address"}, refused)
	require.False(t, browsertest.Eval[bool](t, ctx, `'pwned' in window`))
	for _, refusal := range browsertest.Refusals(t, ctx, 3) {
		require.Regexp(t, `Content Security Policy|TrustedHTML|TrustedScript`, refusal)
	}
}
