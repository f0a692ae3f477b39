package browsertest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/internal/browsertest"
)

func serve(t *testing.T, policy, html string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = io.WriteString(w, html)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestNewOpensAPage(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(browsertest.Artifacts, dir)
	url := serve(t, "", `<title>hello</title><script>setTimeout(() => { document.body.dataset.late = "yes"; }, 50)</script>`)

	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(url))
	browsertest.Wait(t, ctx, `document.body.dataset.late === "yes"`)
	require.Equal(t, "hello", browsertest.Eval[string](t, ctx, `Promise.resolve(document.title)`))
	browsertest.Screenshot(t, ctx, "a page/here")

	picture, err := os.ReadFile(filepath.Join(dir, "a-page-here.png"))
	require.NoError(t, err)
	require.Equal(t, "\x89PNG", string(picture[:4]))

	tab := browsertest.Tab(t, ctx)
	require.Equal(t, "about:blank", browsertest.Eval[string](t, tab, `location.href`))
}

func TestAxeFindsWhatIsWrong(t *testing.T) {
	axe := browsertest.NewAxe(t)
	url := serve(t, "default-src 'none'", `<!doctype html><html lang="en"><title>t</title><main><h1>h</h1><img src="data:,"></main>`)
	ctx := browsertest.New(t)
	browsertest.Lenient(t, ctx)
	browsertest.Do(t, ctx, chromedp.Navigate(url))
	found := axe.Check(t, ctx)
	require.Len(t, found, 1)
	require.Contains(t, found[0], "image-alt: img: ")
}
