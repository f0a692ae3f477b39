// Package browsertest opens pages in a real, headless Chromium.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Artifacts is the environment variable that names the folder for screenshots.
// Where it is not set, none are kept.
const Artifacts = "AUDITLOG_TEST_ARTIFACTS"

const (
	limit    = 5 * time.Minute  // longest that one test may take in its browser
	patience = 30 * time.Second // longest that [Do] and [Wait] take for their steps
)

// shared is the browser of all tests of a package; see [Share].
var shared struct {
	sync.Mutex
	on  bool
	ctx context.Context // of the browser; nil until the first test needs it
	end []func()
}

// Share lets the tests of a package share one browser, which saves a start for
// each. For TestMain, which calls end after its tests.
func Share() (end func()) {
	shared.Lock()
	defer shared.Unlock()
	shared.on = true
	return func() {
		shared.Lock()
		defer shared.Unlock()
		for _, end := range slices.Backward(shared.end) {
			end()
		}
		shared.on, shared.ctx, shared.end = false, nil, nil
	}
}

// New opens a tab, with cookies and storage of its own, and returns its context
// for [Do], [Eval] and chromedp itself; [Tab] opens more. It is the first of a
// browser that ends with the test, or of the one that the tests [Share]. Without
// a Chromium the test is skipped, and fails where the environment says CI=true.
//
// The test fails if a page breaks its Content-Security-Policy or leaves an
// exception uncaught.
func New(t *testing.T) context.Context {
	t.Helper()
	program := find(t)
	ctx, cancel := context.WithTimeout(browser(t, program), limit) // t.Context ends before the cleanups
	t.Cleanup(cancel)
	return open(t, ctx, chromedp.WithNewBrowserContext())
}

// browser returns the context of a running browser.
func browser(t *testing.T, program string) context.Context {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx != nil {
		return shared.ctx
	}
	dir, err := os.MkdirTemp("", "auditlog-browser-")
	if err != nil {
		t.Fatalf("make a profile for the browser: %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.UserDataDir(dir),
		chromedp.WindowSize(1280, 800),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-proxy-server", true),
	)
	ctx, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		cancelAllocator()
		t.Fatalf("start the browser: %v", err)
	}
	end := func() {
		_ = chromedp.Cancel(ctx) // it may have ended by itself
		cancel()
		cancelAllocator()
		_ = os.RemoveAll(dir)
	}
	if shared.on {
		shared.ctx, shared.end = ctx, append(shared.end, end)
	} else {
		t.Cleanup(end)
	}
	return ctx
}

// Tab opens another tab in the browser of ctx. It shares its cookies and storage.
func Tab(t *testing.T, ctx context.Context) context.Context {
	t.Helper()
	return open(t, ctx)
}

func open(t *testing.T, ctx context.Context, options ...chromedp.ContextOption) context.Context {
	t.Helper()
	found := &problems{}
	ctx, cancel := chromedp.NewContext(context.WithValue(ctx, problemsKey{}, found), append(options, chromedp.WithListener(found.listen))...)
	t.Cleanup(func() {
		for _, problem := range found.all() {
			t.Errorf("browser: %s", problem)
		}
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("close the tab: %v", err)
		}
		cancel()
	})
	Do(t, ctx)
	return ctx
}

// Do runs steps in the tab, and ends the test at the first that fails.
func Do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if len(steps) == 0 { // opening a tab: it lives as long as the context of its first step
		if err := chromedp.Do(ctx); err != nil {
			t.Fatalf("in the browser: %v", err)
		}
		return
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := chromedp.Do(waiting, steps...); err != nil {
		Screenshot(t, ctx, "failed-"+t.Name())
		t.Fatalf("in the browser: %v", err)
	}
}

// Eval returns what a JavaScript expression, or the promise that it is, comes to.
func Eval[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		Screenshot(t, ctx, "failed-"+t.Name())
		t.Fatalf("in the browser: %s: %v", expression, err)
	}
	return value
}

// Wait waits until a JavaScript expression is true in the document of the tab.
// The expression is looked at every 10 ms, and one that throws is not true; no
// policy of the page forbids it.
func Wait(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	script := fmt.Sprintf(`new Promise((done) => {
		const holds = () => { try { return %s; } catch { return false; } };
		const look = () => { if (holds()) done(true); else setTimeout(look, 10); };
		look();
	})`, expression)
	_, err := chromedp.Run(waiting, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise))
	for err != nil && waiting.Err() == nil && strings.Contains(err.Error(), "navigated") { // the next document may be what is waited for
		_, err = chromedp.Run(waiting, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise))
	}
	if err != nil {
		Screenshot(t, ctx, "failed-"+t.Name())
		t.Fatalf("in the browser: waited for %s: %v; %s", expression, err, where(ctx))
	}
}

// where says what a page that is waited for shows instead: its address and state.
func where(ctx context.Context) string {
	asking, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	at, err := chromedp.Run(asking, chromedp.Evaluate[string](`location.href.split("#")[0] + " is " + document.body.dataset.state`))
	if err != nil {
		return err.Error()
	}
	return at
}

// Click clicks with the mouse at the [Point] of an element.
func Click(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	x, y := Point(t, ctx, selector)
	Do(t, ctx, chromedp.MouseClickXY(x, y))
}

// Point returns the middle of an element, as soon as nothing moves and nothing is
// over it.
func Point(t *testing.T, ctx context.Context, selector string) (x, y float64) {
	t.Helper()
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	at, err := chromedp.Run(waiting, chromedp.Evaluate[[]float64](fmt.Sprintf(`new Promise((done) => {
		const look = () => {
			const e = document.querySelector(%q);
			if (e && !document.getAnimations().length) {
				e.scrollIntoView({block: 'nearest', inline: 'nearest', behavior: 'instant'});
				const box = e.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
				const hit = document.elementFromPoint(x, y);
				if (hit && (e.contains(hit) || hit.contains(e))) return done([x, y]);
			}
			setTimeout(look, 10);
		};
		look();
	})`, selector), chromedp.EvalAwaitPromise))
	if err != nil {
		Screenshot(t, ctx, "failed-"+t.Name())
		t.Fatalf("in the browser: point at %s: %v", selector, err)
	}
	return at[0], at[1]
}

// Screenshot keeps a picture of what the tab shows as NAME.png in the folder
// that [Artifacts] names.
func Screenshot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv(Artifacts)
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		name = strings.NewReplacer("/", "-", " ", "-").Replace(name)
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644)
	}
	if err != nil {
		t.Logf("no screenshot: %v", err)
	}
}

func find(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	skip(t, "no chromium, chromium-browser or google-chrome in the PATH (Debian: apt-get install chromium)")
	return ""
}

// skip skips the test for what is missing on this machine. On CI nothing may be.
func skip(t *testing.T, missing string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

// Refusals returns the next n refusals of the Content-Security-Policy that the
// tab's console names, which then do not fail the test: for a test that the
// policy holds.
func Refusals(t *testing.T, ctx context.Context, n int) []string {
	t.Helper()
	found := ctx.Value(problemsKey{}).(*problems)
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if list := found.take(n); list != nil {
			return list
		}
		if time.Now().After(end) {
			t.Fatalf("the console has less than %d refusals: %q", n, found.all())
		}
	}
}

type problemsKey struct{}

// problems are what a page must never cause.
type problems struct {
	mu   sync.Mutex
	list []string
}

// take removes n problems; nil if there are less.
func (p *problems) take(n int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.list) < n {
		return nil
	}
	list := p.list[:n:n]
	p.list = p.list[n:]
	return list
}

func (p *problems) listen(event any) {
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		details := event.ExceptionDetails
		text := details.Text
		if details.Exception != nil {
			text += " " + details.Exception.Description
		}
		p.add("uncaught exception: " + text)
	case *log.EventEntryAdded:
		if event.Entry.Source == log.EntrySourceSecurity {
			p.add(fmt.Sprintf("security: %s (%s:%d)", event.Entry.Text, event.Entry.URL, event.Entry.LineNumber))
		}
	}
}

func (p *problems) add(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, text)
}

func (p *problems) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.list
}
