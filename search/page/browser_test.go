package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/internal/browsertest"
)

type css = chromedp.CSS

// open shows an address of the fake and waits for a state of the page.
func open(t *testing.T, ctx context.Context, f *fake, address, state string) {
	t.Helper()
	browsertest.Do(t, ctx, chromedp.Navigate(f.URL+address))
	settled(t, ctx, state)
}

func settled(t *testing.T, ctx context.Context, state string) {
	t.Helper()
	browsertest.Wait(t, ctx, fmt.Sprintf(`document.body.dataset.state === %q`, state))
}

func click(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	browsertest.Click(t, ctx, selector)
}

func list(t *testing.T, ctx context.Context, expression string) []string {
	t.Helper()
	return browsertest.Eval[[]string](t, ctx, expression)
}

func text(t *testing.T, ctx context.Context, selector string) string {
	t.Helper()
	return browsertest.Eval[string](t, ctx, fmt.Sprintf(`document.querySelector(%q).innerText`, selector))
}

func visible(t *testing.T, ctx context.Context, selector string) bool {
	t.Helper()
	return browsertest.Eval[bool](t, ctx, fmt.Sprintf(`document.querySelector(%q)?.checkVisibility() ?? false`, selector))
}

const (
	headings = `[...document.querySelectorAll('#events thead th')].map((th) => th.dataset.field)`
	ids      = `[...document.querySelectorAll('#events tbody tr')].map((tr) => tr.dataset.id)`
	search   = `location.search`
)

func column(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('#events td[data-field=%q]')].map((td) => td.innerText)`, name)
}

func media(feature, value string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: feature, Value: value}},
		})
		return chromedp.Void{}, err
	}
}

// The pictures are for people to look at; they are kept where the environment asks.
func TestPictures(t *testing.T) {
	if os.Getenv(browsertest.Artifacts) == "" {
		t.Skip(browsertest.Artifacts + " names no folder for pictures")
	}
	ctx := browsertest.New(t)
	f := newFake(t, day(120))
	f.dead = map[string]int{"record_too_large": 2, "no_actor_and_no_action": 1}
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"wide", 1440, 900}, {"widest", 1920, 1080}, {"zoomed", 720, 450}, {"narrow", 360, 800}} {
		for _, scheme := range []string{"light", "dark"} {
			name := size.name + "-" + scheme
			browsertest.Do(t, ctx, media("prefers-color-scheme", scheme), chromedp.EmulateViewport(size.width, size.height))
			open(t, ctx, f, "/", "ready")
			browsertest.Screenshot(t, ctx, name)
			if visible(t, ctx, "#show-filters") {
				click(t, ctx, "#show-filters")
			}
			click(t, ctx, "#filter-area > summary")
			browsertest.Screenshot(t, ctx, name+"-filter")
			browsertest.Do(t, ctx, chromedp.KeyEvent(kb.Escape))
			click(t, ctx, "#columns > summary")
			browsertest.Screenshot(t, ctx, name+"-columns")
			open(t, ctx, f, "/?area=Users&method=POST&start="+day(50)[49]["time"].(string), "ready")
			browsertest.Screenshot(t, ctx, name+"-custom")
			open(t, ctx, f, "/?event="+f.events[36]["id"].(string), "ready")
			browsertest.Wait(t, ctx, `document.querySelector('#drawer').open && document.getAnimations().length === 0`)
			browsertest.Screenshot(t, ctx, name+"-drawer")
			open(t, ctx, f, "/?user!=chloe&status=success&ip=203.0.113.7", "ready")
			hover(t, ctx, cell(2, "area"))
			browsertest.Screenshot(t, ctx, name+"-cell")
			click(t, ctx, "#export > summary")
			browsertest.Wait(t, ctx, `document.querySelectorAll('#export a').length === 2`)
			browsertest.Screenshot(t, ctx, name+"-export")
			f.set(func() { f.partial, f.accounts = at(f.events[3]).Add(-time.Second), []string{"acme", "globex"} })
			open(t, ctx, f, "/?q=update", "ready")
			click(t, ctx, "#live")
			browsertest.Wait(t, ctx, `document.querySelector('#live').dataset.state === "on"`)
			browsertest.Screenshot(t, ctx, name+"-partial-live")
			f.set(func() { f.partial, f.accounts = time.Time{}, []string{"default"} })
			open(t, ctx, f, "/?area=Nowhere", "empty")
			browsertest.Screenshot(t, ctx, name+"-empty")
			f.set(func() {
				f.fail = &problem{Title: "Service Unavailable", Status: 503, Detail: "The store cannot be read."}
			})
			open(t, ctx, f, "/", "error")
			browsertest.Screenshot(t, ctx, name+"-error")
			f.set(func() { f.fail, f.signedIn = nil, false })
			open(t, ctx, f, "/", "signed-out")
			browsertest.Screenshot(t, ctx, name+"-signed-out")
			f.set(func() { f.signedIn = true })
		}
	}
	require.NotEmpty(t, f.asked("/api/v1/events"))
}

func TestOpensOnTheLastDay(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, append(day(60), event{"id": "20200101-ff", "time": "2020-01-01T00:00:00Z"}))
	delete(f.events[1], "method")
	for name, value := range map[string]any{"user.name": nil, "user.full_name": nil, "user.email": "c@example.com"} {
		if f.events[2][name] = value; value == nil {
			delete(f.events[2], name)
		}
	}
	delete(f.events[3], "user.name")
	open(t, ctx, f, "/", "ready")

	require.Equal(t, []string{"time", "user.name", "method", "area", "action", "entity.type", "status"}, list(t, ctx, headings))
	require.Equal(t, "Time User Method Area Action Entity Type Status", browsertest.Eval[string](t, ctx, `document.querySelector('#events thead').innerText.replace(/\s+/g, ' ').trim()`))
	require.Equal(t, "UTC", browsertest.Eval[string](t, ctx, `document.querySelector('#events th[data-field=time]').dataset.zone`))
	query := f.asked("/api/v1/events")
	require.Len(t, query, 1)
	require.Equal(t, "limit=50&start=now-24h", query[0].Encode())
	require.Equal(t, "", browsertest.Eval[string](t, ctx, search))

	rows := list(t, ctx, ids)
	require.Len(t, rows, 50)
	require.Equal(t, f.events[0]["id"], rows[0])
	require.Equal(t, "—", list(t, ctx, column("method"))[1])
	require.Equal(t, []string{"ana", "ben.okafor", "c@example.com"}, list(t, ctx, column("user.name"))[:3])
	require.Contains(t, list(t, ctx, column("user.name"))[3], "Deepa Nair")
	require.Equal(t, []string{"success 200", "success 200", "failure 403", "success 200", "unknown"},
		list(t, ctx, `[...document.querySelectorAll('#events .status')].slice(0, 5).map((s) => s.innerText.replace(/\s+/g, ' ').trim())`))
	require.Equal(t, 50, browsertest.Eval[int](t, ctx, `document.querySelectorAll('#events .status svg').length`), "a picture beside each word")
	require.Contains(t, text(t, ctx, "footer"), "not a database-native audit")
	require.Contains(t, text(t, ctx, "footer"), "v0.1.0")
	require.Contains(t, text(t, ctx, "#top"), "owner · default")
	require.False(t, visible(t, ctx, "#sample-notice"))
	require.False(t, visible(t, ctx, "#dead-letters"))
}

func TestRanges(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(300))
	open(t, ctx, f, "/", "ready")
	f.asked("")

	click(t, ctx, `#range input[value="now-7d"]`)
	browsertest.Wait(t, ctx, `location.search === "?start=now-7d"`)
	settled(t, ctx, "ready")
	require.Equal(t, "limit=50&start=now-7d", f.asked("/api/v1/events")[0].Encode())

	click(t, ctx, `#range input[value="custom"]`)
	require.True(t, visible(t, ctx, "#custom"))
	now := time.Now().UTC().Truncate(time.Second)
	const input = "2006-01-02T15:04:05"
	set := `for (const [id, value] of Object.entries(%s)) { document.getElementById(id).value = value; }`
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(set, fmt.Sprintf(`{start: %[1]q, end: %[1]q}`, now.Format(input)))))
	click(t, ctx, "#apply")
	require.Equal(t, "The end must be after the start.", browsertest.Eval[string](t, ctx, `document.querySelector('#end').validationMessage || document.querySelector('#start').validationMessage`))
	require.Empty(t, f.asked("/api/v1/events"), "a window that ends before it starts is not asked for")

	from, to := now.Add(-5*time.Hour), now.Add(-2*time.Hour)
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(set, fmt.Sprintf(`{start: %q, end: %q}`, from.Format(input), to.Format(input)))),
		chromedp.Evaluate[chromedp.Void](`document.querySelector('#end').dispatchEvent(new Event('input', {bubbles: true}))`))
	click(t, ctx, "#apply")
	browsertest.Wait(t, ctx, `location.search.includes("end=")`)
	settled(t, ctx, "ready")
	query := f.asked("/api/v1/events")[0]
	require.Equal(t, from.Format(input)+".000Z", query.Get("start"))
	require.Equal(t, to.Format(input)+".000Z", query.Get("end"))
	require.Contains(t, text(t, ctx, "#position"), from.Format("2006-01-02 15:04:05"))

	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`history.go(-1)`))
	browsertest.Wait(t, ctx, `location.search === "?start=now-7d" && document.querySelector('#range input[value="now-7d"]').checked`)
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`history.go(-1)`))
	browsertest.Wait(t, ctx, `location.search === "" && document.querySelector('#range input[value="now-24h"]').checked`)
	settled(t, ctx, "ready")
}

func TestRangesEndAtTheRetention(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(5))
	f.retention = 7
	open(t, ctx, f, "/", "ready")
	require.Equal(t, []string{"now-30d"}, list(t, ctx, `[...document.querySelectorAll('#range input:disabled')].map((i) => i.value)`))
	require.Contains(t, text(t, ctx, "#controls"), "Events are kept for 7 days; older ones are deleted.")
}

func TestFilters(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(60))
	open(t, ctx, f, "/", "ready")

	click(t, ctx, "#filter-method > summary")
	require.Equal(t, []string{"POST 20", "DELETE 10", "GET 10", "PATCH 10", "PUT 10"},
		list(t, ctx, `[...document.querySelectorAll('#filter-method li')].map((li) => li.innerText.replace(/\s+/g, ' ').trim())`))
	f.asked("")
	click(t, ctx, `#filter-method li:nth-child(2) input`)
	browsertest.Wait(t, ctx, `location.search === "?method=DELETE"`)
	settled(t, ctx, "ready")
	require.True(t, visible(t, ctx, "#filter-method .panel"), "the menu stays open for more values")
	click(t, ctx, `#filter-method li:nth-child(3) input`)
	browsertest.Wait(t, ctx, `location.search === "?method=DELETE&method=GET"`)
	settled(t, ctx, "ready")
	require.Len(t, list(t, ctx, ids), 20)
	browsertest.Do(t, ctx, chromedp.KeyEvent(kb.Escape))
	require.False(t, visible(t, ctx, "#filter-method .panel"))

	click(t, ctx, "#filter-area > summary")
	click(t, ctx, `#filter-area li input`)
	browsertest.Wait(t, ctx, `location.search.includes("area=Access+Tokens")`)
	settled(t, ctx, "ready")
	queries := f.asked("/api/v1/events")
	require.Equal(t, "area=Access+Tokens&limit=50&method=DELETE&method=GET&start=now-24h", queries[len(queries)-1].Encode())
	require.Len(t, list(t, ctx, ids), 10)
	require.Equal(t, []string{"Area Access Tokens", "Method DELETE", "Method GET"},
		list(t, ctx, `[...document.querySelectorAll('#chips li')].map((li) => li.innerText.replace(/\s+/g, ' ').trim())`))

	browsertest.Do(t, ctx, chromedp.KeyEvent(kb.Escape))
	click(t, ctx, "#chips li:nth-child(3) button")
	browsertest.Wait(t, ctx, `!location.search.includes("GET")`)
	settled(t, ctx, "ready")
	click(t, ctx, "#clear")
	browsertest.Wait(t, ctx, `location.search === ""`)
	settled(t, ctx, "ready")
	require.Len(t, list(t, ctx, ids), 50)

	t.Run("a value that the window does not have can be taken back", func(t *testing.T) {
		open(t, ctx, f, "/?entity_type=ghost", "empty")
		require.Contains(t, text(t, ctx, "#empty"), "Nothing was recorded in the last 24 hours that matches the filters.")
		click(t, ctx, "#filter-entity_type > summary")
		require.Equal(t, "ghost 0", browsertest.Eval[string](t, ctx, `document.querySelector('#filter-entity_type li').innerText.replace(/\s+/g, ' ').trim()`))
		click(t, ctx, "#empty-clear")
		settled(t, ctx, "ready")
	})
}

func TestPages(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(120))
	open(t, ctx, f, "/", "ready")
	require.Contains(t, text(t, ctx, "#position"), "Rows 1–50")
	require.True(t, browsertest.Eval[bool](t, ctx, `document.querySelector('#previous').disabled`))

	at := func(n int) string {
		return fmt.Sprintf(`document.querySelector('#events tbody tr')?.dataset.id === %q && document.body.dataset.state === "ready"`, f.events[n]["id"])
	}
	click(t, ctx, "#next")
	browsertest.Wait(t, ctx, at(50))
	click(t, ctx, "#next")
	browsertest.Wait(t, ctx, at(100))
	require.Contains(t, text(t, ctx, "#position"), "Rows 101–120")
	require.True(t, browsertest.Eval[bool](t, ctx, `document.querySelector('#next').disabled`))
	click(t, ctx, "#previous")
	browsertest.Wait(t, ctx, at(50))
	browsertest.Do(t, ctx, chromedp.Reload())
	browsertest.Wait(t, ctx, at(50))
	require.Contains(t, text(t, ctx, "#position"), "Rows 51–100", "a reload keeps the page")
	click(t, ctx, "#previous")
	browsertest.Wait(t, ctx, at(0))
	require.Equal(t, "", browsertest.Eval[string](t, ctx, search))
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`history.back()`))
	browsertest.Wait(t, ctx, at(50))

	t.Run("a link into the middle leads back to the first page", func(t *testing.T) {
		tab := browsertest.Tab(t, ctx)
		open(t, tab, f, "/?cursor=after-100", "ready")
		require.Equal(t, "First page", text(t, tab, "#previous"))
		require.Contains(t, text(t, tab, "#position"), "20 rows")
		click(t, tab, "#previous")
		browsertest.Wait(t, tab, at(0))
	})
	t.Run("size", func(t *testing.T) {
		browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`(() => { const s = document.querySelector('#limit'); s.value = '200'; s.dispatchEvent(new Event('change')); })()`))
		browsertest.Wait(t, ctx, `document.querySelectorAll('#events tbody tr').length === 120`)
		require.Equal(t, "?limit=200", browsertest.Eval[string](t, ctx, search))
	})
}

func TestColumns(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(10))
	open(t, ctx, f, "/", "ready")

	click(t, ctx, "#columns > summary")
	require.Equal(t, []string{"time", "user.name", "action", "status"}, list(t, ctx, `[...document.querySelectorAll('#columns input:disabled')].map((i) => i.value)`))
	offered := list(t, ctx, `[...document.querySelectorAll('#columns input')].map((i) => i.value)`)
	for field := range audit.Fields() {
		if field.Title != "" {
			require.Contains(t, offered, field.Name)
		} else {
			require.NotContains(t, offered, field.Name)
		}
	}
	choose := func(name string) { click(t, ctx, fmt.Sprintf(`#columns input[value=%q]`, name)) }
	for _, name := range []string{"method", "area", "entity.type", "duration", "user.roles", "impersonator.name"} {
		choose(name)
	}
	want := []string{"time", "user.name", "action", "status", "duration", "user.roles", "impersonator.name"}
	require.Equal(t, want, list(t, ctx, headings))
	require.Equal(t, "842 ms", list(t, ctx, column("duration"))[0])
	require.Equal(t, "admin", list(t, ctx, column("user.roles"))[0])
	require.Equal(t, "sam", list(t, ctx, column("impersonator.name"))[3])
	choose("impersonator.name")
	require.Equal(t, []string{"impersonated by sam"}, list(t, ctx, `[...document.querySelectorAll('#events .badge-impersonated')].map((b) => b.innerText)`),
		"no choice of columns hides an impersonation")

	t.Run("reordered by keyboard, remembered, reset", func(t *testing.T) {
		browsertest.Do(t, ctx, chromedp.Focus(css(`#columns li[data-field="duration"] .up`)), chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Enter))
		want := []string{"time", "user.name", "duration", "action", "status", "user.roles"}
		require.Equal(t, want, list(t, ctx, headings))
		browsertest.Do(t, ctx, chromedp.Reload())
		settled(t, ctx, "ready")
		require.Equal(t, want, list(t, ctx, headings))
		click(t, ctx, "#columns > summary")
		click(t, ctx, "#columns .reset")
		require.Equal(t, []string{"time", "user.name", "method", "area", "action", "entity.type", "status"}, list(t, ctx, headings))
	})
	t.Run("what is remembered may be from another version", func(t *testing.T) {
		browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`localStorage.setItem('auditlog.columns', '["status","gone","ip"]')`), chromedp.Reload())
		settled(t, ctx, "ready")
		require.Equal(t, []string{"time", "user.name", "action", "status", "ip"}, list(t, ctx, headings))
	})
}

func TestDrawer(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(60))
	f.events[36]["request"] = f.events[0]["request"]
	f.events[36]["attributes"] = map[string]any{"n": json.Number("12345678901234567890")}
	f.events[36]["from.the.future"] = "x"
	open(t, ctx, f, "/", "ready")
	id := f.events[36]["id"].(string)
	isOpen := `document.querySelector('#drawer').open`

	click(t, ctx, fmt.Sprintf(`tr[data-id=%q] td[data-field=action]`, id))
	browsertest.Wait(t, ctx, isOpen)
	require.Equal(t, "?event="+id, browsertest.Eval[string](t, ctx, search))
	require.Equal(t, "Sam Lee (Support) as Ana Ruiz (admin) changed connection prod-db in Connections; succeeded in 842 ms.", text(t, ctx, "#drawer-title"))
	require.Contains(t, text(t, ctx, ".impersonation"), "Sam Lee (Support) as Ana Ruiz (admin)\n")
	require.Contains(t, text(t, ctx, ".impersonation"), "Reason: Ticket 4711: customer cannot see the report")
	require.Equal(t, `{
  "host": "db.internal",
  "port": 5432,
  "big": 12345678901234567890,
  "password": "[redacted:key]",
  "changes": [
    {
      "field": "pool",
      "old": 5,
      "new": 10
    }
  ],
  "none": {},
  "rows": "[12 rows omitted]"
}`, text(t, ctx, "#request"))
	require.Equal(t, []string{"[redacted:key]", "[12 rows omitted]"}, list(t, ctx, `[...document.querySelectorAll('#request mark')].map((m) => m.innerText)`))
	require.Contains(t, browsertest.Eval[string](t, ctx, `document.querySelector('#request mark').title`), "“key”")

	all := browsertest.Eval[string](t, ctx, `document.querySelector('#drawer-body').textContent`)
	for field := range audit.Fields() {
		require.Contains(t, all, field.Meaning, field.Name)
	}
	require.Contains(t, all, "12345678901234567890", "numbers stay exact")
	require.Contains(t, all, "from.the.future")
	require.Empty(t, f.asked("/api/v1/events/"+id), "an event that is on the page is not read again")

	t.Run("raw", func(t *testing.T) {
		raw := browsertest.Eval[string](t, ctx, `document.querySelector('#raw pre').textContent`)
		var got map[string]any
		require.NoError(t, json.Unmarshal([]byte(raw), &got))
		require.Equal(t, id, got["id"])
	})
	t.Run("neighbours", func(t *testing.T) {
		click(t, ctx, "#drawer-older")
		browsertest.Wait(t, ctx, fmt.Sprintf(`location.search === "?event=%s"`, f.events[37]["id"]))
		click(t, ctx, "#drawer-newer")
		browsertest.Wait(t, ctx, fmt.Sprintf(`location.search === "?event=%s"`, id))
	})
	t.Run("closing", func(t *testing.T) {
		browsertest.Do(t, ctx, chromedp.KeyEvent(kb.Escape))
		browsertest.Wait(t, ctx, `!`+isOpen+` && location.search === ""`)
		require.Equal(t, id, browsertest.Eval[string](t, ctx, `document.activeElement.closest('tr')?.dataset.id`), "the focus goes back to the row")
		click(t, ctx, fmt.Sprintf(`tr[data-id=%q] button.open`, id))
		browsertest.Wait(t, ctx, isOpen)
		browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`history.back()`))
		browsertest.Wait(t, ctx, `!`+isOpen+` && location.search === ""`)
		require.True(t, visible(t, ctx, "#events"))
	})
	t.Run("link to an event that is not in the window", func(t *testing.T) {
		old := event{"id": "20200101-ff", "time": "2020-01-01T00:00:00Z", "action": "old.deed"}
		f.set(func() { f.events = append(f.events, old) })
		browsertest.Do(t, ctx, chromedp.Navigate(f.URL+"/?event=20200101-ff"))
		browsertest.Wait(t, ctx, isOpen)
		require.Equal(t, "Somebody unknown performed “old.deed”; outcome unknown.", text(t, ctx, "#drawer-title"))
		click(t, ctx, "#drawer-close")
		browsertest.Wait(t, ctx, `location.search === ""`)
	})
	t.Run("unknown event", func(t *testing.T) {
		browsertest.Do(t, ctx, chromedp.Navigate(f.URL+"/?event=20200101-00"))
		browsertest.Wait(t, ctx, isOpen)
		require.Equal(t, "No such event", text(t, ctx, "#drawer-title"))
	})
	t.Run("five minutes around", func(t *testing.T) {
		browsertest.Do(t, ctx, chromedp.Navigate(f.URL+"/?method=PUT&event="+id))
		browsertest.Wait(t, ctx, isOpen)
		click(t, ctx, "#around")
		browsertest.Wait(t, ctx, `location.search.includes("end=") && document.body.dataset.state === "ready"`)
		require.Equal(t, []string{id}, list(t, ctx, ids))
	})
	t.Run("filter by a value", func(t *testing.T) {
		browsertest.Do(t, ctx, chromedp.Navigate(f.URL+"/?event="+id))
		browsertest.Wait(t, ctx, isOpen)
		click(t, ctx, `#fields [data-field=area] .include`)
		browsertest.Wait(t, ctx, `location.search === "?area=Connections" && document.body.dataset.state === "ready"`)
		require.False(t, browsertest.Eval[bool](t, ctx, isOpen))
		require.Len(t, list(t, ctx, ids), 10)
	})
	t.Run("filter by a rule of the redaction", func(t *testing.T) {
		browsertest.Do(t, ctx, chromedp.Navigate(f.URL+"/?event="+id))
		browsertest.Wait(t, ctx, isOpen)
		click(t, ctx, `#fields [data-field=redactions] .include`)
		browsertest.Wait(t, ctx, `location.search === "?redaction=key" && document.body.dataset.state === "ready"`)
		asked := f.asked("/api/v1/events")
		require.Equal(t, []string{"key"}, asked[len(asked)-1]["redaction"])
		click(t, ctx, `#chips li[data-filter=redaction] button`)
		browsertest.Wait(t, ctx, `location.search === ""`)
	})
}

// Content of events is shown as it is, and does nothing.
func TestHostileContent(t *testing.T) {
	browser := browsertest.New(t)
	word := strings.Repeat("W", 10<<10)
	for name, c := range map[string]struct{ value, shown string }{
		"script":      {`<script>window.pwned = 1</script><img src=x onerror="window.pwned = 1">`, `<script>window.pwned = 1</script><img src=x onerror="window.pwned = 1">`},
		"attribute":   {`"><svg onload=window.pwned=1> ' onclick=window.pwned=1 `, `"><svg onload=window.pwned=1> ' onclick=window.pwned=1 `},
		"address":     {`javascript:window.pwned=1`, `javascript:window.pwned=1`},
		"direction":   {"invoice\u202exls.exe\u2066", "invoiceU+202Exls.exeU+2066"},
		"nul":         {"a\x00b\x1b[31m\u200bc", "aU+0000bU+001B[31mU+200Bc"},
		"joiner":      {"ad\u200dmin می\u200cخواهم 👩\u200d💻", "adU+200Dmin می\u200cخواهم 👩\u200d💻"},
		"tag letters": {"x\U000e0041\ufeff", "xU+E0041U+FEFF"},
		"long word":   {word, word},
		"template":    {"{{constructor}} ${7*7} %s __proto__", "{{constructor}} ${7*7} %s __proto__"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := browsertest.Tab(t, browser)
			e := day(1)[0]
			for field := range audit.Fields() {
				switch field.Kind {
				case audit.Text:
					e[field.Name] = c.value
				case audit.List:
					e[field.Name] = []string{c.value, c.value}
				case audit.Object:
					e[field.Name] = map[string]string{c.value: c.value}
				}
			}
			e["id"] = "20261123-" + c.value
			f := newFake(t, []event{e})
			f.dead = map[string]int{c.value: 2}
			open(t, ctx, f, "/?area="+url.QueryEscape(c.value)+"&method="+url.QueryEscape(c.value), "ready")
			click(t, ctx, "#filter-area > summary")
			click(t, ctx, "button.open")
			browsertest.Wait(t, ctx, `document.querySelector('#drawer').open`)

			require.Equal(t, c.shown, browsertest.Eval[string](t, ctx, `document.querySelector('#fields [data-field=action] dd').textContent`))
			require.Equal(t, c.shown, browsertest.Eval[string](t, ctx, `document.querySelector('#request').textContent`))
			require.False(t, browsertest.Eval[bool](t, ctx, `'pwned' in window || 'polluted' in Object.prototype`))
			require.Equal(t, 0, browsertest.Eval[int](t, ctx, `document.querySelectorAll('main script, main img, dialog script, dialog img').length`))
			require.True(t, browsertest.Eval[bool](t, ctx, `document.documentElement.scrollWidth <= innerWidth`), "the page stays as wide as the window")
			require.True(t, browsertest.Eval[bool](t, ctx, `(({scrollWidth, clientWidth}) => scrollWidth <= clientWidth)(document.querySelector('#drawer-body'))`), "the drawer wraps")
			browsertest.Screenshot(t, ctx, t.Name())
		})
	}
}

func TestSignIn(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(5))
	f.signedIn = false

	open(t, ctx, f, "/?start=now-7d", "signed-out")
	require.Contains(t, text(t, ctx, "#signed-out"), "auditlog signin")
	require.False(t, visible(t, ctx, "#review"))
	require.False(t, visible(t, ctx, "#sign-out"))

	// The link in the same tab changes the fragment only.
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`location.hash = '#signin=`+secret+`'`))
	settled(t, ctx, "ready")
	require.Equal(t, f.URL+"/?start=now-7d", browsertest.Eval[string](t, ctx, `location.href`))

	click(t, ctx, "#sign-out")
	settled(t, ctx, "signed-out")
	require.Contains(t, text(t, ctx, "#signed-out"), "You are signed out.")
	require.Equal(t, 0, browsertest.Eval[int](t, ctx, `document.querySelectorAll('#events tbody tr').length`), "nothing that was read stays")

	f.set(func() { f.usedLink = false })
	tab := browsertest.Tab(t, ctx)
	open(t, tab, f, "/#signin="+secret, "ready")
	require.Equal(t, f.URL+"/", browsertest.Eval[string](t, tab, `location.href`))
	require.NotContains(t, browsertest.Eval[string](t, tab, `JSON.stringify([history.state, {...localStorage}, {...sessionStorage}, document.cookie, document.documentElement.outerHTML])`), secret)
	entries, err := chromedp.Run(tab, chromedp.NavigationEntries())
	require.NoError(t, err)
	for _, entry := range entries.Entries {
		require.NotContains(t, entry.URL, secret, "the secret is in no entry of the history")
	}

	click(t, ctx, "#signed-out-retry")
	settled(t, ctx, "ready")

	t.Run("a used link", func(t *testing.T) {
		open(t, browsertest.Tab(t, ctx), f, "/#signin="+secret, "ready") // signed in already
		f.set(func() { f.signedIn = false })
		tab := browsertest.Tab(t, ctx)
		open(t, tab, f, "/#signin="+secret, "signed-out")
		require.Contains(t, text(t, tab, "#signed-out-reason"), "not valid any more")
		require.Equal(t, f.URL+"/", browsertest.Eval[string](t, tab, `location.href`))
	})
	t.Run("a session that ends", func(t *testing.T) {
		f.set(func() { f.signedIn = true })
		tab := browsertest.Tab(t, ctx)
		open(t, tab, f, "/?area=Users", "ready")
		f.set(func() { f.signedIn = false })
		click(t, tab, "#refresh")
		settled(t, tab, "signed-out")
		require.Contains(t, text(t, tab, "#signed-out-reason"), "Your session has ended.")
		require.Equal(t, "?area=Users", browsertest.Eval[string](t, tab, search))
		require.NotContains(t, browsertest.Eval[string](t, tab, `document.body.textContent`), "ben.okafor")
	})
}

func TestStates(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(5))
	f.dead = map[string]int{"record_too_large": 2, "no_actor_and_no_action": 1, "rejected_by_store": 0}
	f.events[1]["service"] = "auditlog-sample"

	t.Run("loading", func(t *testing.T) {
		hold := make(chan struct{})
		f.set(func() { f.hold = hold })
		open(t, ctx, f, "/", "loading")
		require.Equal(t, "Loading events…", text(t, ctx, "#loading"))
		require.Equal(t, "true", browsertest.Eval[string](t, ctx, `document.querySelector('#events').getAttribute('aria-busy')`))
		f.set(func() { f.hold = nil })
		close(hold)
		settled(t, ctx, "ready")
		require.Equal(t, "false", browsertest.Eval[string](t, ctx, `document.querySelector('#events').getAttribute('aria-busy')`))
		require.False(t, visible(t, ctx, "#loading"))
	})
	t.Run("dead letters and samples", func(t *testing.T) {
		require.Equal(t, "3 set aside", text(t, ctx, "#dead-letters > summary"))
		click(t, ctx, "#dead-letters > summary")
		require.Contains(t, text(t, ctx, "#dead-letters"), "2 are larger than the limit")
		require.Contains(t, text(t, ctx, "#dead-letters"), "1 say neither who")
		require.NotContains(t, text(t, ctx, "#dead-letters"), "store")
		require.Contains(t, text(t, ctx, "#sample-notice"), "These are sample events")
		open(t, ctx, f, "/?method=PUT", "ready")
		require.False(t, visible(t, ctx, "#sample-notice"), "none of them is in view")
	})
	for _, c := range []struct {
		problem problem
		title   string
		detail  string
	}{
		{problem{Title: "Bad Request", Status: 400, Detail: "limit: at most 1000"}, "This view cannot be shown", "limit: at most 1000"},
		{problem{Title: "Forbidden", Status: 403}, "Not your trail", "Only the account owner"},
		{problem{Title: "Too Many Requests", Status: 429}, "Too many requests", "Wait a moment"},
		{problem{Title: "Service Unavailable", Status: 503, Detail: "<b>disk</b>"}, "The trail cannot be read right now", "<b>disk</b>"},
		{problem{Title: "Internal Server Error", Status: 500}, "Events could not be loaded", "Its own log"},
	} {
		t.Run(c.problem.Title, func(t *testing.T) {
			f.set(func() { f.fail = &c.problem })
			open(t, ctx, f, "/?method=PUT", "error")
			require.Equal(t, c.title, text(t, ctx, "#error-title"))
			require.Contains(t, text(t, ctx, "#error"), c.detail)
			require.False(t, visible(t, ctx, "#events"))
			f.set(func() { f.fail = nil })
			click(t, ctx, "#retry")
			settled(t, ctx, "ready")
			require.False(t, visible(t, ctx, "#error"))
		})
	}
	t.Run("empty", func(t *testing.T) {
		f.set(func() {
			f.events = []event{{"id": "20261101-00", "time": time.Now().AddDate(0, 0, -3).UTC().Format(time.RFC3339Nano)}}
		})
		open(t, ctx, f, "/", "empty")
		require.Contains(t, text(t, ctx, "#empty"), "Nothing was recorded in the last 24 hours.")
		require.Contains(t, text(t, ctx, "#empty"), "auditlog sample")
		require.False(t, visible(t, ctx, "#empty-clear"))
		click(t, ctx, "#empty-wider")
		settled(t, ctx, "ready")
		require.Equal(t, "?start=now-7d", browsertest.Eval[string](t, ctx, search))
	})
	t.Run("server gone", func(t *testing.T) {
		f.CloseClientConnections()
		f.Server.Listener.Close()
		click(t, ctx, "#refresh")
		settled(t, ctx, "error")
		require.Equal(t, "auditlog does not answer", text(t, ctx, "#error-title"))
	})
}

func TestZones(t *testing.T) {
	ctx := browsertest.New(t)
	at := time.Now().UTC().Add(-time.Hour)
	e := day(1)[0]
	e["time"] = at.Format(time.RFC3339Nano)
	f := newFake(t, []event{e})
	browsertest.Do(t, ctx, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Kolkata"})
		return chromedp.Void{}, err
	})
	open(t, ctx, f, "/", "ready")
	const form = "2006-01-02 15:04:05.000"
	require.Contains(t, list(t, ctx, column("time"))[0], at.Truncate(time.Millisecond).Format(form))
	click(t, ctx, `#zone input[value="local"]`)
	local := time.FixedZone("", (5*60+30)*60)
	require.Contains(t, list(t, ctx, column("time"))[0], at.Truncate(time.Millisecond).In(local).Format(form))
	require.Equal(t, "UTC+05:30", browsertest.Eval[string](t, ctx, `document.querySelector('#events th[data-field=time]').dataset.zone`))
	require.Contains(t, text(t, ctx, "#position"), "UTC+05:30")
	require.Equal(t, "?zone=local", browsertest.Eval[string](t, ctx, search))

	// A window that is typed in is one of the zone that is shown.
	click(t, ctx, `#range input[value="custom"]`)
	from := at.Add(-time.Hour).Truncate(time.Second)
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector('#start').value = %q`, from.In(local).Format("2006-01-02T15:04:05"))))
	f.asked("")
	click(t, ctx, "#apply")
	browsertest.Wait(t, ctx, `location.search.includes("start=")`)
	settled(t, ctx, "ready")
	require.Equal(t, from.Format("2006-01-02T15:04:05.000Z"), f.asked("/api/v1/events")[0].Get("start"))
}

// The whole review works without a mouse.
func TestKeyboard(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(20))
	open(t, ctx, f, "/", "ready")
	press := func(keys ...string) {
		for _, key := range keys {
			browsertest.Do(t, ctx, chromedp.KeyEvent(key))
		}
	}
	until := func(expression string) {
		t.Helper()
		for range 60 {
			if browsertest.Eval[bool](t, ctx, expression) {
				return
			}
			press(kb.Tab)
		}
		t.Fatalf("Tab never reached %s", expression)
	}
	until(`document.activeElement.name === "range"`)
	press(kb.ArrowRight)
	browsertest.Wait(t, ctx, `location.search === "?start=now-7d" && document.body.dataset.state === "ready"`)
	until(`document.activeElement.matches("#filter-method > summary")`)
	press(kb.Enter)
	until(`document.activeElement.matches("#filter-method input")`)
	press(" ")
	browsertest.Wait(t, ctx, `location.search.includes("method=") && document.body.dataset.state === "ready"`)
	press(kb.Escape)
	require.True(t, browsertest.Eval[bool](t, ctx, `document.activeElement.matches("#filter-method > summary")`))
	until(`document.activeElement.matches("button.open")`)
	require.Equal(t, "2px", browsertest.Eval[string](t, ctx, `getComputedStyle(document.activeElement).outlineWidth`), "the focus can be seen")
	press(kb.Enter)
	browsertest.Wait(t, ctx, `document.querySelector('#drawer').open`)
	press(kb.Escape)
	browsertest.Wait(t, ctx, `!document.querySelector('#drawer').open && document.activeElement.matches("button.open")`)
}

// Nothing has to be scrolled sideways, down to a phone's width, and up to 200 %
// zoom, which halves the pixels of a window.
func TestWidths(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(20))
	for _, width := range []int64{320, 360, 640, 720, 960, 1440, 1920} {
		browsertest.Do(t, ctx, chromedp.EmulateViewport(width, 800))
		open(t, ctx, f, "/", "ready")
		require.True(t, browsertest.Eval[bool](t, ctx, `document.documentElement.scrollWidth <= innerWidth && document.querySelector('#scroller').scrollWidth <= innerWidth`), "at %d pixels", width)
		click(t, ctx, "#events tbody tr:first-child button.open")
		browsertest.Wait(t, ctx, `document.querySelector('#drawer').open && document.getAnimations().length === 0`)
		require.True(t, browsertest.Eval[bool](t, ctx, `[...document.querySelectorAll('#drawer button')].filter((b) => b.checkVisibility()).every((b) => b.getBoundingClientRect().right <= innerWidth)`), "drawer at %d pixels", width)
	}
}

// The time from the navigation to the first paint of 50 rows is measured and
// reported: what it may be depends on the machine, which a test cannot know.
func TestFirstPaint(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(120))
	browsertest.Do(t, ctx, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
			new MutationObserver((_, observer) => {
				if (document.querySelectorAll('#events tbody tr').length < 50) return;
				observer.disconnect();
				requestAnimationFrame(() => setTimeout(() => { window.painted = performance.now(); }));
			}).observe(document, {childList: true, subtree: true});`})
		return chromedp.Void{}, err
	})
	_, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
		return chromedp.Void{}, err
	})
	require.NoError(t, err)
	var times, cpu []float64
	for range 7 {
		open(t, ctx, f, "/", "ready")
		browsertest.Wait(t, ctx, `window.painted > 0`)
		times = append(times, browsertest.Eval[float64](t, ctx, `window.painted`))
		cpu = append(cpu, 1000*threadTime(t, ctx))
	}
	slices.Sort(times)
	slices.Sort(cpu)
	t.Logf("50 rows were painted after %.0f ms (median of %d; least %.0f, most %.0f), of which the page's thread computed %.0f ms (median; least %.0f)",
		times[len(times)/2], len(times), times[0], times[len(times)-1], cpu[len(cpu)/2], cpu[0])
}

// threadTime returns the CPU seconds of the thread that runs the page. Each
// navigation has a new one.
func threadTime(t *testing.T, ctx context.Context) float64 {
	t.Helper()
	var seconds float64
	_, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		found, err := cdp.Call(ctx, target, performance.GetMetrics, cdp.Empty{})
		if err != nil {
			return chromedp.Void{}, err
		}
		for _, m := range found.Metrics {
			if m.Name == "ThreadTime" {
				seconds = m.Value
			}
		}
		return chromedp.Void{}, nil
	})
	require.NoError(t, err)
	return seconds
}

func TestAccessibility(t *testing.T) {
	axe := browsertest.NewAxe(t)
	for scheme, width := range map[string]int64{"light": 1440, "dark": 360} {
		t.Run(scheme, func(t *testing.T) {
			ctx := browsertest.New(t)
			browsertest.Lenient(t, ctx)
			f := newFake(t, day(60)[30:42]) // few rows: axe-core looks at each
			f.dead = map[string]int{"record_too_large": 2}
			f.links = []map[string]string{{"title": "Alerts", "url": "https://siem.example.com/{user.name}"}}
			f.events[0]["service"] = "auditlog-sample"
			f.events[1]["action"] = "invisible\u202e"
			id := f.events[6]["id"].(string)
			browsertest.Do(t, ctx, media("prefers-color-scheme", scheme), chromedp.EmulateViewport(width, 900))
			check := func(name string) {
				t.Helper()
				browsertest.Wait(t, ctx, `document.getAnimations().length === 0`)
				require.Empty(t, axe.Check(t, ctx), "%s at %d pixels", name, width)
			}
			open(t, ctx, f, "/", "ready")
			check("table")
			if visible(t, ctx, "#show-filters") {
				click(t, ctx, "#show-filters")
			}
			click(t, ctx, "#filter-method > summary")
			check("filter")
			browsertest.Do(t, ctx, chromedp.KeyEvent(kb.Escape))
			click(t, ctx, "#columns > summary")
			check("columns")
			browsertest.Do(t, ctx, chromedp.KeyEvent(kb.Escape))
			click(t, ctx, "#export > summary")
			browsertest.Wait(t, ctx, `document.querySelectorAll('#export a').length === 2`)
			check("export")
			click(t, ctx, "#more > summary")
			check("typed filters")
			browsertest.Do(t, ctx, chromedp.KeyEvent(kb.Escape))
			click(t, ctx, "#in-words > summary")
			check("counts in words")
			browsertest.Do(t, ctx, chromedp.KeyEvent(kb.Escape), chromedp.Focus(css("#events tbody tr:nth-child(3) td[data-field=area]")))
			browsertest.Wait(t, ctx, `document.querySelector('.tools')?.checkVisibility()`)
			check("filters of a cell")
			f.arrive(fresh(1, "Users"))
			browsertest.Do(t, ctx, look)
			browsertest.Wait(t, ctx, `document.querySelector('#news').checkVisibility()`)
			check("news")
			click(t, ctx, "#live")
			browsertest.Wait(t, ctx, `document.querySelector('#live').dataset.state === "on"`)
			check("live")
			f.set(func() { f.partial, f.accounts = at(f.events[7]).Add(-time.Second), []string{"acme", "globex"} })
			open(t, ctx, f, "/?q=update&status!=unknown", "ready")
			check("partial, accounts, exclusions")
			f.set(func() { f.partial, f.accounts = time.Time{}, []string{"default"} })
			open(t, ctx, f, "/?start=now-12h&method=PUT", "ready")
			check("custom window and chips")
			open(t, ctx, f, "/?event="+id, "ready")
			browsertest.Wait(t, ctx, `document.querySelector('#drawer').open`)
			browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`for (const d of document.querySelectorAll('#drawer details')) d.open = true`))
			check("drawer")
			open(t, ctx, f, "/?area=Nowhere", "empty")
			check("empty")
			f.set(func() { f.fail = &problem{Title: "Service Unavailable", Status: 503} })
			open(t, ctx, f, "/", "error")
			check("error")
			f.set(func() { f.fail, f.signedIn = nil, false })
			open(t, ctx, f, "/", "signed-out")
			check("signed out")
			f.set(func() { f.oidc = "Sign in with Acme" })
			open(t, ctx, f, "/#signin_failed=denied", "signed-out")
			browsertest.Wait(t, ctx, `document.querySelector('#oidc').checkVisibility()`)
			check("signed out of a provider")
		})
	}
}
