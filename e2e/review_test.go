package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/auditlog/auditlog/internal/browsertest"
	"github.com/auditlog/auditlog/internal/elasticsearchtest"
)

// stores are the settings of each store on which the owner's review is tested.
var stores = map[string]func(*testing.T) string{
	"sqlite": func(*testing.T) string { return "" },
	"elasticsearch": func(t *testing.T) string {
		node := elasticsearchtest.Start(t, elasticsearchtest.Options{})
		return fmt.Sprintf("store: {elasticsearch: {urls: [%q]}}\n", node.URL)
	},
}

// TestReview is a security review on the page of the real program: the window,
// the filters, who did it under which role with what outcome and how long it
// took, further columns, and what belongs to it.
func TestReview(t *testing.T) {
	for name, settings := range stores {
		t.Run(name, func(t *testing.T) {
			s := start(t, t.TempDir(), settings(t))
			require.NoError(t, s.send(t, routine(time.Now())))
			require.NoError(t, s.send(t, incident(time.Now())))
			s.awaitSearchable(t, "console", 94)
			review(t, s)
			require.Zero(t, s.stop(t))
		})
	}
}

// awaitSearchable waits until n events of a service can be found, which is a
// moment after they are saved where a cluster holds them.
func (s *server) awaitSearchable(t *testing.T, service string, n int) {
	t.Helper()
	owner := s.ownerToken(t)
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		status, body := s.get(t, owner, "/api/v1/summary?service="+service)
		if status == http.StatusOK && strings.Contains(string(body), fmt.Sprintf(`"total":%d`, n)) {
			return
		}
		require.True(t, time.Now().Before(end), "not %d events of %s can be found: %d %s", n, service, status, body)
	}
}

// routine is a morning on which nothing is wrong.
func routine(now time.Time) plog.Logs {
	users := []struct{ name, role string }{{"ana", "Admin"}, {"ben", "Analyst"}, {"chloe", "Billing"}}
	things := []struct{ method, area, action, entity string }{
		{"GET", "Reports", "report.view", "report"}, {"PUT", "Connections", "connection.update", "connection"}, {"POST", "Users", "user.invite", "user"},
	}
	return newLogs("console", 90, func(i int, r plog.LogRecord) {
		who, what := users[i%len(users)], things[i/3%len(things)]
		r.SetTimestamp(pcommon.NewTimestampFromTime(now.Add(-20*time.Minute - time.Duration(i)*4*time.Minute)))
		fill(r, map[string]string{
			"user.name": who.name, "user.roles": who.role, "audit.method": what.method, "audit.area": what.area, "audit.action": what.action,
			"audit.entity.type": what.entity, "audit.entity.id": fmt.Sprint(what.entity, "-", i%7), "session.id": "morning-" + who.name, "event.outcome": "success",
			"client.address": "203.0.113.10",
		})
		r.Attributes().PutInt("audit.duration", int64(40+i)*1e6)
	})
}

// incident is what the review must find: somebody of support, as ben, deletes a
// connection after two refusals, and invites a user.
func incident(now time.Time) plog.Logs {
	steps := []struct{ method, area, action, entity, id, outcome string }{
		{"DELETE", "Connections", "connection.delete", "connection", "prod-db", "failure"},
		{"DELETE", "Connections", "connection.delete", "connection", "prod-db", "failure"},
		{"DELETE", "Connections", "connection.delete", "connection", "prod-db", "success"},
		{"POST", "Users", "user.invite", "user", "mallory@example.com", "success"},
	}
	return newLogs("console", len(steps), func(i int, r plog.LogRecord) {
		step := steps[i]
		r.SetTimestamp(pcommon.NewTimestampFromTime(now.Add(-15*time.Minute + time.Duration(i)*time.Minute)))
		fill(r, map[string]string{
			"user.name": "ben", "user.full_name": "Ben Okafor", "user.roles": "Analyst", "audit.method": step.method, "audit.area": step.area,
			"audit.action": step.action, "audit.entity.type": step.entity, "audit.entity.id": step.id, "event.outcome": step.outcome,
			"session.id": "support-4711", "client.address": "198.51.100.99", "trace.id": "4bf92f3577b34da6a3ce929d0e0e4736",
			"impersonator.name": "sam", "impersonator.full_name": "Sam Lee", "impersonator.role": "Support", "impersonation.reason": "Ticket 4711",
			"http.request.body": `{"force":true,"password":"` + planted + `"}`,
		})
		r.Attributes().PutInt("audit.duration", 842e6)
	})
}

func fill(r plog.LogRecord, attributes map[string]string) {
	for name, value := range attributes {
		r.Attributes().PutStr(name, value)
	}
}

func review(t *testing.T, s *server) {
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(s.command(t, "signin")))
	shows(t, ctx, "")
	require.GreaterOrEqual(t, rows(t, ctx), 50)
	browsertest.Wait(t, ctx, `/^9\d events/.test(document.querySelector("#summary-text").innerText)`) // and the sign-in itself

	// The window.
	browsertest.Click(t, ctx, `#range input[value="now-1h"]`)
	shows(t, ctx, "?start=now-1h")

	// Area, entity type and method.
	choose(t, ctx, "area", "Connections")
	shows(t, ctx, "?start=now-1h&area=Connections")
	choose(t, ctx, "entity_type", "connection")
	choose(t, ctx, "method", "DELETE")
	shows(t, ctx, "?start=now-1h&area=Connections&entity_type=connection&method=DELETE")
	require.Equal(t, 3, rows(t, ctx))

	// User, role, status and timing.
	browsertest.Click(t, ctx, "#columns > summary")
	for _, name := range []string{"user.roles", "duration", "ip"} {
		browsertest.Click(t, ctx, fmt.Sprintf(`#columns input[value=%q]`, name))
	}
	browsertest.Do(t, ctx, chromedp.KeyEvent("\x1b"))
	require.Equal(t, []string{"success", "failure", "failure"}, cells(t, ctx, "status"))
	require.Equal(t, []string{"Analyst", "Analyst", "Analyst"}, cells(t, ctx, "user.roles"))
	require.Equal(t, []string{"842 ms", "842 ms", "842 ms"}, cells(t, ctx, "duration"))
	require.Equal(t, "198.51.100.99", cells(t, ctx, "ip")[0])
	require.Equal(t, "ben impersonated by sam", strings.Join(strings.Fields(cells(t, ctx, "user.name")[0]), " "))
	browsertest.Screenshot(t, ctx, t.Name()+"-found")

	// One event in full.
	browsertest.Click(t, ctx, "#events tbody tr:first-child button.open")
	browsertest.Wait(t, ctx, `document.querySelector("#drawer").open`)
	require.Equal(t, "Sam Lee (Support) as Ben Okafor (Analyst) deleted connection prod-db in Connections; succeeded in 842 ms.", inner(t, ctx, "#drawer-title"))
	require.Contains(t, inner(t, ctx, ".impersonation"), "Reason: Ticket 4711")
	require.Contains(t, inner(t, ctx, "#request"), `"password": "[redacted`)
	require.NotContains(t, inner(t, ctx, "#drawer"), planted)
	browsertest.Screenshot(t, ctx, t.Name()+"-event")

	// What belongs to it: the same session has one more deed.
	browsertest.Click(t, ctx, `[data-pivot="session"]`)
	browsertest.Wait(t, ctx, `location.search.includes("session=support-4711") && document.body.dataset.state === "ready"`)
	require.Equal(t, []string{"user.invite", "connection.delete", "connection.delete", "connection.delete"}, cells(t, ctx, "action"))
	require.Equal(t, "mallory@example.com", only(t, ctx, "user.invite", "entity.id"))

	// Words find it too, and so does whoever acted as the user.
	search(t, ctx, "mallory")
	require.Equal(t, 0, rows(t, ctx), "entity ids are none of the words")
	search(t, ctx, "invite sam")
	require.Equal(t, 1, rows(t, ctx))
	search(t, ctx, "")

	// The findings: as many rows as the button says.
	browsertest.Click(t, ctx, "#export > summary")
	browsertest.Wait(t, ctx, `document.querySelectorAll("#export a").length === 2`)
	require.Contains(t, inner(t, ctx, "#export a[data-format=csv]"), "4 rows")
	csv := browsertest.Eval[string](t, ctx, `fetch(document.querySelector("#export a[data-format=csv]").href).then((r) => r.text())`)
	require.Len(t, strings.Split(strings.TrimSpace(csv), "\r\n"), 5, "%s", csv)
	require.Contains(t, csv, "198.51.100.99")
	require.NotContains(t, csv, planted)
	browsertest.Do(t, ctx, chromedp.KeyEvent("\x1b"))

	// Meanwhile it goes on. The owner's own reads are no news.
	require.NoError(t, s.send(t, incident(time.Now().Add(14*time.Minute))))
	browsertest.Wait(t, ctx, `document.dispatchEvent(new Event("visibilitychange")) && document.querySelector("#news").innerText === "4 new events: show"`)
	browsertest.Click(t, ctx, "#live")
	browsertest.Wait(t, ctx, `document.querySelector("#live").dataset.state === "on"`)
	require.NoError(t, s.send(t, incident(time.Now().Add(14*time.Minute))))
	browsertest.Wait(t, ctx, `document.querySelectorAll("#events tbody tr").length >= 8`)
}

// shows waits until the page shows events of an address.
func shows(t *testing.T, ctx context.Context, search string) {
	t.Helper()
	browsertest.Wait(t, ctx, fmt.Sprintf(`location.search === %q && document.body.dataset.state === "ready"`, search))
}

func choose(t *testing.T, ctx context.Context, filter, value string) {
	t.Helper()
	browsertest.Click(t, ctx, fmt.Sprintf("#filter-%s > summary", filter))
	browsertest.Wait(t, ctx, fmt.Sprintf(`[...document.querySelectorAll("#filter-%s input[type=checkbox]")].some((i) => i.value === %q)`, filter, value))
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`[...document.querySelectorAll("#filter-%s input[type=checkbox]")].find((i) => i.value === %q).click()`, filter, value)))
	browsertest.Wait(t, ctx, fmt.Sprintf(`location.search.includes("%s=") && document.body.dataset.state === "ready"`, filter))
	browsertest.Do(t, ctx, chromedp.KeyEvent("\x1b"))
}

// search sets the words, and waits for what is found.
func search(t *testing.T, ctx context.Context, words string) {
	t.Helper()
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { const q = document.querySelector("#q"); q.value = %q; q.form.requestSubmit(); })()`, words)))
	browsertest.Wait(t, ctx, fmt.Sprintf(`(new URLSearchParams(location.search).get("q") ?? "") === %q && ["ready", "empty"].includes(document.body.dataset.state)`, words))
}

func rows(t *testing.T, ctx context.Context) int {
	t.Helper()
	return browsertest.Eval[int](t, ctx, `document.querySelectorAll("#events tbody tr").length`)
}

func cells(t *testing.T, ctx context.Context, field string) []string {
	t.Helper()
	return browsertest.Eval[[]string](t, ctx, fmt.Sprintf(`[...document.querySelectorAll('#events td[data-field=%q]')].map((td) => td.innerText.trim())`, field))
}

func inner(t *testing.T, ctx context.Context, selector string) string {
	t.Helper()
	return browsertest.Eval[string](t, ctx, fmt.Sprintf(`document.querySelector(%q).innerText`, selector))
}

// only returns a field of the one event with an action, from its details.
func only(t *testing.T, ctx context.Context, action, field string) string {
	t.Helper()
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`[...document.querySelectorAll('#events tr')].find((tr) => tr.innerText.includes(%q)).querySelector("button.open").click()`, action)))
	browsertest.Wait(t, ctx, `document.querySelector("#drawer").open`)
	value := inner(t, ctx, fmt.Sprintf(`#fields [data-field=%q] dd`, field))
	browsertest.Click(t, ctx, "#drawer-close")
	browsertest.Wait(t, ctx, `!document.querySelector("#drawer").open`)
	return strings.TrimSpace(value)
}
