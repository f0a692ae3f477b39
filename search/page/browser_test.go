package page_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

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
	browsertest.Do(t, ctx, chromedp.Click(css(selector)))
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
			click(t, ctx, "#filter-area > summary")
			browsertest.Screenshot(t, ctx, name+"-filter")
			click(t, ctx, "#columns > summary")
			browsertest.Screenshot(t, ctx, name+"-columns")
			open(t, ctx, f, "/?area=Users&method=POST&start="+day(50)[49]["time"].(string), "ready")
			browsertest.Screenshot(t, ctx, name+"-custom")
			open(t, ctx, f, "/?event="+f.events[36]["id"].(string), "ready")
			browsertest.Wait(t, ctx, `document.querySelector('#drawer').open && document.getAnimations().length === 0`)
			browsertest.Screenshot(t, ctx, name+"-drawer")
			open(t, ctx, f, "/?area=Nowhere", "empty")
			browsertest.Screenshot(t, ctx, name+"-empty")
			f.set(func() { f.fail = &problem{Title: "Service Unavailable", Status: 503, Detail: "The store cannot be read."} })
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
