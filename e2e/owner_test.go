package e2e_test

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/internal/browsertest"
)

// TestOnlyTheOwnerReads asks every route of the API as somebody else.
func TestOnlyTheOwnerReads(t *testing.T) {
	s := start(t, t.TempDir(), "")
	require.NoError(t, s.send(t, one("shop")))
	owner, sender := s.ownerToken(t), s.senderToken(t, "shop")
	other := s.command(t, "token", "create", "--name", "other", "--account", "other")
	mine := from(s.events(t, owner), "shop")
	require.Len(t, mine, 1)
	id := mine[0]["id"].(string)

	for _, path := range []string{"/api/v1/events", "/api/v1/events/" + id, "/api/v1/filters", "/api/v1/session", "/api/v1/fields",
		"/api/v1/summary", "/api/v1/arrivals", "/api/v1/events.ndjson", "/api/v1/events.csv"} {
		for name, want := range map[string]struct {
			token string
			code  int
		}{
			"no token":       {"", http.StatusUnauthorized},
			"unknown token":  {"auditlog_owner_unknown", http.StatusUnauthorized},
			"sender's token": {sender, http.StatusForbidden},
			"owner's token":  {owner, http.StatusOK},
		} {
			code, body := s.get(t, want.token, path)
			require.Equal(t, want.code, code, "%s with %s: %s", path, name, body)
			if code != http.StatusOK {
				require.NotContains(t, string(body), "shop")
			}
		}
	}
	require.Empty(t, from(s.events(t, other), "shop"))
	code, _ := s.get(t, other, "/api/v1/events/"+id)
	require.Equal(t, http.StatusNotFound, code)
	code, _ = s.get(t, other, "/api/v1/events?account=default")
	require.Equal(t, http.StatusForbidden, code)

	reads := map[any]int{}
	for _, e := range from(s.events(t, owner), "auditlog") {
		reads[e["action"]]++
	}
	for _, action := range []string{"events.search", "events.view", "token.create", "auditlog.start"} {
		require.NotZero(t, reads[action], "%s is not in the trail", action)
	}
	require.Zero(t, s.stop(t))
}

// TestSampleOnThePage signs in on the page as a person does, and reads the
// table there.
func TestSampleOnThePage(t *testing.T) {
	s := start(t, t.TempDir(), "")
	stdout, stderr, code := run(t, nil, "sample", "--store.path", s.dir, "--receiver.grpc.endpoint", s.grpc)
	require.Zero(t, code, "%s%s", stdout, stderr)
	require.NoError(t, s.send(t, one("checkout")))

	ctx := browsertest.New(t)
	link := s.command(t, "signin")
	require.Regexp(t, `^http://[^/]+/#signin=\S+$`, link)
	browsertest.Do(t, ctx, chromedp.Navigate(link))
	browsertest.Wait(t, ctx, `document.querySelectorAll("#events tbody tr[data-id]").length >= 50`)
	browsertest.Screenshot(t, ctx, "sample")
	require.Empty(t, browsertest.Eval[string](t, ctx, `location.hash`), "the secret must leave the address")
	require.Equal(t, []string{"time", "user.name", "method", "area", "action", "entity.type", "status"},
		browsertest.Eval[[]string](t, ctx, `[...document.querySelectorAll("#events thead th[data-field]")].filter(th => th.offsetParent).map(th => th.dataset.field)`))
	require.True(t, browsertest.Eval[bool](t, ctx, `document.querySelector("#sample-notice").offsetParent !== null`))
	users := browsertest.Eval[[]string](t, ctx, `[...document.querySelectorAll('#events tbody td[data-field="user.name"]')].map(td => td.textContent.trim())`)
	require.Contains(t, users, "ana", "the event that was sent last")

	browsertest.Do(t, ctx, chromedp.Navigate("http://"+s.page+"/"))
	browsertest.Wait(t, ctx, `document.querySelectorAll("#events tbody tr[data-id]").length >= 50`)

	stranger := browsertest.New(t)
	browsertest.Do(t, stranger, chromedp.Navigate(link))
	browsertest.Wait(t, stranger, `document.querySelector("#signed-out")?.offsetParent`)
	require.Zero(t, browsertest.Eval[int](t, stranger, `document.querySelectorAll("#events tbody tr").length`))

	for _, secret := range []string{
		"Tr0ub4dor&3-sample", "s3cr3t-sample", "old-sample-pw", "new-sample-pw", "ak_sample_9f8e7d6c5b4a39281706",
		"078-05-1120", "sampleSecretToken", "4111 1111 1111 1111",
	} {
		s.requireNowhere(t, secret)
		for _, e := range s.events(t, s.ownerToken(t)) {
			require.NotContains(t, show(t, e), secret)
		}
	}
	require.Zero(t, s.stop(t))
}
