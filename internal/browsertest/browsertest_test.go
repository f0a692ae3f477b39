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

func TestNewOpensAPage(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(browsertest.Artifacts, dir)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<title>hello</title><script>setTimeout(() => { document.body.dataset.late = "yes"; }, 50)</script>`)
	}))
	t.Cleanup(server.Close)

	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(server.URL))
	browsertest.Wait(t, ctx, `document.body.dataset.late === "yes"`)
	require.Equal(t, "hello", browsertest.Eval[string](t, ctx, `Promise.resolve(document.title)`))
	browsertest.Screenshot(t, ctx, "a page/here")

	picture, err := os.ReadFile(filepath.Join(dir, "a-page-here.png"))
	require.NoError(t, err)
	require.Equal(t, "\x89PNG", string(picture[:4]))

	tab := browsertest.Tab(t, ctx)
	require.Equal(t, "about:blank", browsertest.Eval[string](t, tab, `location.href`))
}
