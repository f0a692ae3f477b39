package page_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/internal/browsertest"
)

// look makes the page look for new events at once, as it does when somebody
// comes back to its tab.
var look = chromedp.Evaluate[chromedp.Void](`document.dispatchEvent(new Event('visibilitychange'))`)

func fresh(n int, area string) event {
	return event{
		"id": fmt.Sprintf("20990101-%032x", n), "time": time.Now().UTC().Format(time.RFC3339Nano),
		"user.name": "newcomer", "area": area, "action": fmt.Sprintf("fresh.%d", n), "status": "success",
	}
}

func TestNewEventsAreCountedAndShiftNothing(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(120))
	open(t, ctx, f, "/?area!=Billing", "ready")
	rows := list(t, ctx, ids)
	require.False(t, visible(t, ctx, "#news"))
	for n := range 3 {
		f.arrive(fresh(n, "Users"))
	}
	f.arrive(fresh(3, "Billing"))
	browsertest.Do(t, ctx, look)
	browsertest.Wait(t, ctx, `document.querySelector('#news').innerText === "3 new events: show"`)
	f.arrive(fresh(4, "Users"))
	browsertest.Do(t, ctx, look)
	browsertest.Wait(t, ctx, `document.querySelector('#news').innerText === "4 new events: show"`)
	require.Equal(t, rows, list(t, ctx, ids), "no row moved")

	// On another page of the results the count goes on.
	click(t, ctx, "#next")
	browsertest.Wait(t, ctx, `location.search.includes("cursor=") && document.body.dataset.state === "ready"`)
	f.arrive(fresh(5, "Users"))
	browsertest.Do(t, ctx, look)
	browsertest.Wait(t, ctx, `document.querySelector('#news').innerText === "5 new events: show"`)
	click(t, ctx, "#news")
	shows(t, ctx, "?area!=Billing", "ready")
	require.Equal(t, "fresh.5", list(t, ctx, column("action"))[0])
	require.False(t, visible(t, ctx, "#news"))

	t.Run("not where the window has ended", func(t *testing.T) {
		end := time.Now().UTC().Add(-time.Hour).Format(time.RFC3339)
		open(t, ctx, f, "/?start=now-24h&end="+end, "ready")
		f.asked("")
		browsertest.Do(t, ctx, look)
		f.arrive(fresh(6, "Users"))
		click(t, ctx, "#refresh")
		settled(t, ctx, "ready")
		require.Empty(t, f.asked("/api/v1/arrivals"))
		require.False(t, visible(t, ctx, "#news"))
	})
}

// A page that nobody looks at does not keep its session from being idle.
func TestNobodyThere(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(20))
	browsertest.Do(t, ctx, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
			window.ticks = [];
			window.setInterval = (tick) => window.ticks.push(tick);
			const now = Date.now;
			window.later = 0;
			Date.now = () => now() + window.later;`})
		return chromedp.Void{}, err
	})
	open(t, ctx, f, "/", "ready")
	tick := chromedp.Evaluate[chromedp.Void](`void window.ticks.at(-1)()`)
	f.arrive(fresh(1, "Users"))
	browsertest.Do(t, ctx, tick)
	browsertest.Wait(t, ctx, `document.querySelector('#news').innerText === "1 new event: show"`)

	f.arrive(fresh(2, "Users"))
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`void (window.later = 11 * 60e3)`), tick)
	require.Equal(t, "1 new event: show", text(t, ctx, "#news"))
	require.Len(t, f.asked("/api/v1/arrivals"), 1, "nothing more was asked")
	browsertest.Do(t, ctx, chromedp.KeyEvent(kb.Shift))
	browsertest.Wait(t, ctx, `document.querySelector('#news').innerText === "2 new events: show"`)
}

func TestLive(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(60))
	open(t, ctx, f, "/?area!=Billing", "ready")
	browsertest.Wait(t, ctx, `document.querySelectorAll('#chart g').length > 0`)
	total := browsertest.Eval[int](t, ctx, `parseInt(document.querySelector('#summary-text strong').textContent)`)
	first := `document.querySelector('#events tbody tr td[data-field=action]').innerText`

	click(t, ctx, "#live")
	browsertest.Wait(t, ctx, `document.querySelector('#live').dataset.state === "on"`)
	require.Equal(t, "true", browsertest.Eval[string](t, ctx, `document.querySelector('#live').ariaPressed`))
	require.Contains(t, text(t, ctx, "#live-state"), "as they arrive")
	f.arrive(fresh(1, "Users"))
	browsertest.Wait(t, ctx, first+` === "fresh.1"`)
	f.arrive(fresh(2, "Billing"))
	late := fresh(3, "Users")
	late["time"] = time.Now().UTC().Add(-90 * time.Minute).Format(time.RFC3339Nano)
	f.arrive(late)
	browsertest.Wait(t, ctx, `[...document.querySelectorAll('#events td[data-field=action]')].some((td) => td.innerText === "fresh.3")`)
	actions := list(t, ctx, column("action"))
	require.Equal(t, "fresh.1", actions[0], "an event that comes late is put where its time belongs")
	require.NotContains(t, actions, "fresh.2", "the filters hold")
	require.Equal(t, total+2, browsertest.Eval[int](t, ctx, `parseInt(document.querySelector('#summary-text strong').textContent)`))
	click(t, ctx, "#events tbody tr:first-child td[data-field=action]")
	browsertest.Wait(t, ctx, `document.querySelector('#drawer').open`)
	require.Contains(t, text(t, ctx, "#drawer-title"), "fresh.1")
	click(t, ctx, "#drawer-close")
	browsertest.Wait(t, ctx, `!document.querySelector('#drawer').open`)

	t.Run("goes on after the server ended it, without a gap", func(t *testing.T) {
		f.endTails()
		browsertest.Wait(t, ctx, `document.querySelector('#live').dataset.state === "reconnecting"`)
		require.Contains(t, text(t, ctx, "#live-state"), "Trying again")
		f.arrive(fresh(4, "Users"))
		browsertest.Wait(t, ctx, first+` === "fresh.4"`)
		require.Len(t, list(t, ctx, `[...document.querySelectorAll('#events td[data-field=action]')].filter((td) => td.innerText === "fresh.1").map(() => "")`), 1, "and nothing twice")
	})
	t.Run("off", func(t *testing.T) {
		click(t, ctx, "#live")
		require.Equal(t, "false", browsertest.Eval[string](t, ctx, `document.querySelector('#live').ariaPressed`))
		f.arrive(fresh(5, "Users"))
		browsertest.Do(t, ctx, look)
		browsertest.Wait(t, ctx, `document.querySelector('#news').innerText === "1 new event: show"`)
		require.Equal(t, "fresh.4", browsertest.Eval[string](t, ctx, first))
	})
	t.Run("from an ended window", func(t *testing.T) {
		open(t, ctx, f, "/?order=oldest", "ready")
		click(t, ctx, "#live")
		shows(t, ctx, "", "ready")
		browsertest.Wait(t, ctx, `document.querySelector('#live').dataset.state === "on"`)
		f.arrive(fresh(6, "Users"))
		browsertest.Wait(t, ctx, first+` === "fresh.6"`)
	})
	t.Run("a session that ends", func(t *testing.T) {
		f.set(func() { f.signedIn = false })
		f.endTails()
		settled(t, ctx, "signed-out")
		require.Contains(t, text(t, ctx, "#signed-out-reason"), "Your session has ended.")
		require.NotContains(t, browsertest.Eval[string](t, ctx, `document.body.textContent`), "newcomer")
	})
}

// A server of an older version has less, and the page is quiet about it.
func TestServerWithoutTheNewerRoutes(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(60))
	for _, route := range []string{"summary", "arrivals", "tail", "signin"} {
		f.missing["/api/v1/"+route] = true
	}
	open(t, ctx, f, "/", "ready")
	browsertest.Do(t, ctx, look)
	click(t, ctx, "#export > summary")
	browsertest.Wait(t, ctx, `document.querySelectorAll('#export a').length === 2`)
	require.Contains(t, text(t, ctx, "#export .panel"), "could not be counted")
	require.False(t, visible(t, ctx, "#summary"))
	require.False(t, visible(t, ctx, "#error"))
	require.Len(t, list(t, ctx, ids), 50)
	f.set(func() { f.signedIn = false })
	open(t, ctx, f, "/", "signed-out")
	require.True(t, visible(t, ctx, "#sign-in-link"))
}
