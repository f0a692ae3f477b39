package page_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/internal/browsertest"
)

func hover(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	x, y := browsertest.Point(t, ctx, selector)
	browsertest.Do(t, ctx, chromedp.MouseEvent(chromedp.MouseMoved, x, y))
}

func press(t *testing.T, ctx context.Context, keys ...string) {
	t.Helper()
	for _, key := range keys {
		browsertest.Do(t, ctx, chromedp.KeyEvent(key))
	}
}

func write(t *testing.T, ctx context.Context, selector, text string) {
	t.Helper()
	click(t, ctx, selector)
	browsertest.Do(t, ctx, chromedp.KeyEvent(text))
}

// shows waits until the page has loaded what its address says.
func shows(t *testing.T, ctx context.Context, search, state string) {
	t.Helper()
	browsertest.Wait(t, ctx, fmt.Sprintf(`location.search === %q && document.body.dataset.state === %q`, search, state))
}

// copies makes the page's clipboard one that a test can read as window.copied.
func copies(t *testing.T, ctx context.Context) {
	t.Helper()
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`void (navigator.clipboard.writeText = async (text) => { window.copied = text; })`))
}

const chips = `[...document.querySelectorAll('#chips li')].map((li) => li.innerText.replace(/\s+/g, ' ').trim())`

func cell(row int, field string) string {
	return fmt.Sprintf(`#events tbody tr:nth-child(%d) td[data-field=%q]`, row, field)
}

func TestExcludeFromAMenu(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(60))
	open(t, ctx, f, "/", "ready")
	click(t, ctx, "#filter-status > summary")
	require.Equal(t, "Exclude failure", browsertest.Eval[string](t, ctx, `document.querySelector('#filter-status li:nth-child(2) .exclude').ariaLabel`))
	click(t, ctx, "#filter-status li:nth-child(2) .exclude")
	shows(t, ctx, "?status!=failure", "ready")
	require.NotContains(t, list(t, ctx, column("status")), "failure")
	require.Equal(t, []string{"Status not failure"}, list(t, ctx, chips))
	require.Equal(t, "true", browsertest.Eval[string](t, ctx, `document.querySelector('#filter-status li:nth-child(2) .exclude').ariaPressed`))
	click(t, ctx, "#filter-status li:nth-child(2) input") // to include takes the exclusion back
	shows(t, ctx, "?status=failure", "ready")
	require.Len(t, list(t, ctx, ids), 9)
	require.Equal(t, []string{"failure"}, f.asked("/api/v1/events")[2]["status"], "the server filters, not the page")
}

func TestTypedFilters(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(60))
	open(t, ctx, f, "/", "ready")

	write(t, ctx, "#q", "export"+kb.Enter)
	shows(t, ctx, "?q=export", "ready")
	require.Len(t, list(t, ctx, ids), 10)
	require.Equal(t, []string{"export"}, f.asked("/api/v1/events")[1]["q"])
	require.Equal(t, []string{"Words export"}, list(t, ctx, chips))
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector('#q').select()`), chromedp.KeyEvent(kb.Backspace+kb.Enter))
	shows(t, ctx, "", "ready")

	click(t, ctx, "#more > summary")
	require.Equal(t, []string{"IP Address", "Entity ID", "Impersonated", "Session ID", "Trace ID", "Redaction rule", "Fingerprint"},
		list(t, ctx, `[...document.querySelector('#more-filter').options].map((o) => o.text)`))
	choose := func(id, value string) {
		browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { const s = document.querySelector(%q); s.value = %q; s.dispatchEvent(new Event('change')); })()`, id, value)))
	}
	write(t, ctx, "#more-value", "203.0.113.7"+kb.Enter)
	shows(t, ctx, "?ip=203.0.113.7", "ready")
	choose("#more-filter", "session")
	choose("#more-way", "!")
	write(t, ctx, "#more-value", "s-1")
	click(t, ctx, "#more button")
	shows(t, ctx, "?ip=203.0.113.7&session!=s-1", "ready")
	choose("#more-filter", "impersonated")
	choose("#more-way", "")
	require.False(t, visible(t, ctx, "#more-value"), "yes or no is chosen, not typed")
	click(t, ctx, "#more button")
	shows(t, ctx, "?ip=203.0.113.7&impersonated=true&session!=s-1", "ready")
	require.Equal(t, []string{"IP Address 203.0.113.7", "Impersonated true", "Session ID not s-1"}, list(t, ctx, chips))
	press(t, ctx, kb.Escape)

	t.Run("chips by keyboard", func(t *testing.T) {
		browsertest.Do(t, ctx, chromedp.Focus(css("#chips li:first-child button")))
		require.Equal(t, "Remove the filter IP Address: 203.0.113.7", browsertest.Eval[string](t, ctx, `document.activeElement.ariaLabel`))
		press(t, ctx, kb.Enter)
		shows(t, ctx, "?impersonated=true&session!=s-1", "ready")
		require.Equal(t, "Remove the filter Impersonated: true", browsertest.Eval[string](t, ctx, `document.activeElement.ariaLabel`), "the focus goes to the next")
	})
	t.Run("back and forward", func(t *testing.T) {
		browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`history.go(-2)`))
		shows(t, ctx, "?ip=203.0.113.7&session!=s-1", "ready")
		require.Equal(t, []string{"IP Address 203.0.113.7", "Session ID not s-1"}, list(t, ctx, chips))
		browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`history.forward()`))
		shows(t, ctx, "?ip=203.0.113.7&impersonated=true&session!=s-1", "ready")
	})
	t.Run("a value beyond those that are offered", func(t *testing.T) {
		many := day(60)
		for i, e := range many {
			e["user.name"] = fmt.Sprintf("user-%02d", i)
		}
		f.set(func() { f.events = many })
		open(t, ctx, f, "/", "ready")
		write(t, ctx, "#filter-user > summary", "")
		write(t, ctx, "#filter-user .find", "user-07")
		require.Equal(t, []string{"user-07"}, list(t, ctx, `[...document.querySelectorAll('#filter-user li:not([hidden]) input')].map((i) => i.value)`))
		press(t, ctx, "9"+kb.Enter)
		shows(t, ctx, "?user=user-079", "empty")
	})
}

func TestFilterFromACell(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(60))
	f.events[0]["user.roles"] = []string{"admin", "owner"}
	delete(f.events[1], "method")
	open(t, ctx, f, "/?columns=time,user.name,action,status,user.roles,ip,entity.id,method,duration", "ready")

	hover(t, ctx, cell(3, "status"))
	require.Equal(t, "Only Status: failure", browsertest.Eval[string](t, ctx, `document.querySelector('.tools .include').ariaLabel`))
	click(t, ctx, cell(3, "status")+" .include")
	browsertest.Wait(t, ctx, `location.search.startsWith("?status=failure&")`)
	settled(t, ctx, "ready")
	hover(t, ctx, cell(1, "user.name"))
	click(t, ctx, cell(1, "user.name")+" .exclude")
	browsertest.Wait(t, ctx, `location.search.startsWith("?user!=chloe&status=failure&")`)
	settled(t, ctx, "ready")
	require.False(t, browsertest.Eval[bool](t, ctx, `document.querySelector('#drawer').open`), "a filter is no click on the row")
	require.NotContains(t, list(t, ctx, column("user.name")), "chloe")

	click(t, ctx, "#clear")
	browsertest.Wait(t, ctx, `location.search.startsWith("?columns=")`)
	settled(t, ctx, "ready")
	for _, field := range []string{"duration"} {
		hover(t, ctx, cell(1, field))
		require.False(t, visible(t, ctx, ".tools"), "%s cannot be filtered by", field)
	}
	hover(t, ctx, cell(2, "method"))
	require.False(t, visible(t, ctx, ".tools"), "there is no value")

	t.Run("by keyboard", func(t *testing.T) {
		browsertest.Do(t, ctx, chromedp.Focus(css("#events tbody tr:first-child button.open")))
		press(t, ctx, kb.ArrowDown, kb.ArrowUp, kb.End, kb.Home, kb.ArrowRight, kb.ArrowRight, kb.ArrowRight, kb.ArrowRight)
		require.Equal(t, "user.roles", browsertest.Eval[string](t, ctx, `document.activeElement.dataset.field`))
		require.Equal(t, 1, browsertest.Eval[int](t, ctx, `document.querySelectorAll('#events tbody td[tabindex="0"], #events tbody button.open[tabindex="0"]').length`), "one stop for Tab")
		press(t, ctx, kb.Tab)
		require.Equal(t, "Only Role: admin, owner", browsertest.Eval[string](t, ctx, `document.activeElement.ariaLabel`))
		press(t, ctx, kb.Enter)
		browsertest.Wait(t, ctx, `location.search.startsWith("?role=admin&role=owner&")`)
		settled(t, ctx, "ready")
	})
}

func TestHistogram(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(60))
	f.events[0]["status"], f.events[1]["status"] = "success", "failure"
	open(t, ctx, f, "/", "ready")
	browsertest.Wait(t, ctx, `document.querySelectorAll('#chart g').length > 0`)
	require.Contains(t, text(t, ctx, "#summary-text"), "60 events")
	require.Contains(t, text(t, ctx, "#summary-text"), "10 failure")
	require.Contains(t, text(t, ctx, "#reading"), "A bar is 30 minutes")
	require.Equal(t, 60, browsertest.Eval[int](t, ctx, `[...document.querySelectorAll('#counts td')].reduce((n, td) => n + Number(td.textContent), 0)`), "the same in words")
	require.Contains(t, text(t, ctx, "#position"), "Rows 1–50 of 60")
	bars := browsertest.Eval[int](t, ctx, `document.querySelectorAll('#chart g').length`)
	require.InDelta(t, 49, bars, 1, "half hours of a day, those without an event too")

	newest := func(n int) time.Time {
		label := browsertest.Eval[string](t, ctx, fmt.Sprintf(`document.querySelector('#bar-%d').getAttribute('aria-label')`, n))
		at, err := time.Parse("2006-01-02 15:04:05", label[:19])
		require.NoError(t, err, label)
		return at
	}
	window := func(from, to time.Time) string {
		return "?start=" + from.Format("2006-01-02T15:04:05.000Z") + "&end=" + to.Format("2006-01-02T15:04:05.000Z")
	}

	t.Run("a click is one bar", func(t *testing.T) {
		from := newest(bars - 2)
		click(t, ctx, fmt.Sprintf("#bar-%d", bars-2))
		shows(t, ctx, window(from, from.Add(30*time.Minute)), "ready")
		rows := list(t, ctx, ids)
		require.NotEmpty(t, rows)
		for _, e := range f.events {
			inside := !at(e).Before(from) && at(e).Before(from.Add(30*time.Minute))
			require.Equal(t, inside, contains(rows, e["id"].(string)))
		}
		browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`history.back()`))
		shows(t, ctx, "", "ready")
		browsertest.Wait(t, ctx, fmt.Sprintf(`document.querySelectorAll('#chart g').length >= %d`, bars-1))
	})
	t.Run("a drag is several", func(t *testing.T) {
		from, to := newest(bars-6), newest(bars-2)
		x1, y1 := browsertest.Point(t, ctx, fmt.Sprintf("#bar-%d", bars-6))
		x2, y2 := browsertest.Point(t, ctx, fmt.Sprintf("#bar-%d", bars-3))
		browsertest.Do(t, ctx, chromedp.MouseEvent(chromedp.MouseMoved, x1, y1), chromedp.MouseEvent(chromedp.MousePressed, x1, y1, chromedp.ButtonLeft, chromedp.ClickCount(1)),
			chromedp.MouseEvent(chromedp.MouseMoved, x2, y2, chromedp.ButtonLeft))
		require.Equal(t, 4, browsertest.Eval[int](t, ctx, `document.querySelectorAll('#chart [aria-selected=true]').length`))
		require.Regexp(t, `\d+ events \(`, text(t, ctx, "#reading"))
		browsertest.Do(t, ctx, chromedp.MouseEvent(chromedp.MouseReleased, x2, y2, chromedp.ButtonLeft, chromedp.ClickCount(1)))
		shows(t, ctx, window(from, to), "ready")
	})
	t.Run("by keyboard", func(t *testing.T) {
		open(t, ctx, f, "/", "ready")
		browsertest.Wait(t, ctx, `document.querySelectorAll('#chart g').length > 0`)
		n := browsertest.Eval[int](t, ctx, `document.querySelectorAll('#chart g').length`)
		from, to := newest(n-3), newest(n-1)
		browsertest.Do(t, ctx, chromedp.Focus(css("#copy-link")))
		press(t, ctx, kb.Tab)
		require.Equal(t, "chart", browsertest.Eval[string](t, ctx, `document.activeElement.id`))
		press(t, ctx, kb.Home, kb.End, kb.ArrowLeft)
		browsertest.Do(t, ctx, chromedp.KeyEvent(kb.ArrowLeft, chromedp.KeyModifiers(chromedp.ModifierShift)))
		require.Equal(t, fmt.Sprintf("bar-%d", n-3), browsertest.Eval[string](t, ctx, `document.activeElement.getAttribute('aria-activedescendant')`))
		press(t, ctx, kb.Enter)
		shows(t, ctx, window(from, to), "ready")
	})
	t.Run("counts that cannot be loaded leave the rows", func(t *testing.T) {
		f.set(func() { f.failOther = &problem{Title: "Service Unavailable", Status: 503} })
		open(t, ctx, f, "/", "ready")
		browsertest.Wait(t, ctx, `document.querySelector('#summary-text').innerText.includes("could not be loaded")`)
		require.False(t, visible(t, ctx, "#chart"))
		require.Len(t, list(t, ctx, ids), 50)
		click(t, ctx, "#filter-area > summary")
		require.Contains(t, text(t, ctx, "#filter-area .panel"), "could not be loaded")
	})
}

func contains(list []string, value string) bool {
	return strings.Contains("\n"+strings.Join(list, "\n")+"\n", "\n"+value+"\n")
}

func TestOrder(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(60))
	open(t, ctx, f, "/", "ready")
	require.Equal(t, "descending", browsertest.Eval[string](t, ctx, `document.querySelector('#events th[data-field=time]').ariaSort`))
	click(t, ctx, "#events th[data-field=time] button")
	shows(t, ctx, "?order=oldest", "ready")
	require.Equal(t, f.events[59]["id"], list(t, ctx, ids)[0])
	require.Equal(t, "ascending", browsertest.Eval[string](t, ctx, `document.querySelector('#events th[data-field=time]').ariaSort`))
	click(t, ctx, "#events th[data-field=time] button")
	shows(t, ctx, "", "ready")
	require.Equal(t, f.events[0]["id"], list(t, ctx, ids)[0])
}

// A copied link shows the same events and columns later, to somebody else too.
func TestCopyLink(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, day(60))
	open(t, ctx, f, "/?area=Users&method!=GET", "ready")
	click(t, ctx, "#columns > summary")
	click(t, ctx, `#columns input[value="ip"]`)
	press(t, ctx, kb.Escape)
	rows := list(t, ctx, ids)
	copies(t, ctx)
	click(t, ctx, "#copy-link")
	link := browsertest.Eval[string](t, ctx, `window.copied`)
	require.Regexp(t, `\?start=20\d\d-[^&]+Z&end=20[^&]+Z&area=Users&method!=GET&columns=time,user\.name,method,area,action,entity\.type,status,ip$`, link)
	require.NotContains(t, link, "now")

	f.arrive(event{"id": "20990101-00", "time": time.Now().UTC().Format(time.RFC3339Nano), "area": "Users", "action": "late.comer"})
	other := browsertest.New(t)
	browsertest.Do(t, other, chromedp.Navigate(link))
	settled(t, other, "ready")
	require.Equal(t, rows, list(t, other, ids))
	require.Equal(t, "ip", list(t, other, headings)[7])
	require.Nil(t, browsertest.Eval[any](t, other, `localStorage.getItem('auditlog.columns')`), "the columns of a link are not remembered as one's own")
}
