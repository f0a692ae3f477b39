package page_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/search/page"
)

func get(t *testing.T, method, target string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	page.Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandler(t *testing.T) {
	for _, c := range []struct {
		method, target     string
		status             int
		contentType, cache string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", "no-store"},
		{"HEAD", "/", 200, "text/html; charset=utf-8", "no-store"},
		{"GET", "/?start=now-7d&event=20261122-00", 200, "text/html; charset=utf-8", "no-store"},
		{"GET", "/static/app.js", 200, "text/javascript; charset=utf-8", "no-cache"},
		{"GET", "/static/style.css", 200, "text/css; charset=utf-8", "no-cache"},
		{"GET", "/static/icon.svg", 200, "image/svg+xml", "no-cache"},
		{"GET", "/static/index.html", 404, "text/plain; charset=utf-8", ""},
		{"GET", "/static/", 404, "text/plain; charset=utf-8", ""},
		{"GET", "/static/../page.go", 404, "text/plain; charset=utf-8", ""},
		{"GET", "/static/%2e%2e/page.go", 404, "text/plain; charset=utf-8", ""},
		{"GET", "/favicon.ico", 404, "text/plain; charset=utf-8", ""},
		{"POST", "/", 405, "text/plain; charset=utf-8", ""},
		{"DELETE", "/static/app.js", 405, "text/plain; charset=utf-8", ""},
	} {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			answer := get(t, c.method, c.target, nil)
			if answer.StatusCode == http.StatusTemporaryRedirect || answer.StatusCode == http.StatusMovedPermanently {
				answer = get(t, c.method, answer.Header.Get("Location"), nil) // the path without its dots
			}
			require.Equal(t, c.status, answer.StatusCode)
			require.Equal(t, c.contentType, answer.Header.Get("Content-Type"))
			require.Equal(t, c.cache, answer.Header.Get("Cache-Control"))
			require.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"))
			require.Equal(t, "no-referrer", answer.Header.Get("Referrer-Policy"))
			policy := answer.Header.Get("Content-Security-Policy")
			require.Contains(t, policy, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "+
				"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
			require.NotContains(t, policy, "unsafe")
		})
	}
}

func TestAssetsAreAskedForOnce(t *testing.T) {
	first := get(t, "GET", "/static/app.js", nil)
	again := get(t, "GET", "/static/app.js", http.Header{"If-None-Match": {first.Header.Get("ETag")}})
	require.Equal(t, http.StatusNotModified, again.StatusCode)
	other := get(t, "GET", "/static/app.js", http.Header{"If-None-Match": {`"other"`}})
	require.Equal(t, http.StatusOK, other.StatusCode)
}

// The page is small, loads nothing from elsewhere, and parses no text as HTML.
func TestAssets(t *testing.T) {
	const limit = 150 << 10
	outside := regexp.MustCompile(`(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}`)
	unsafe := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|setHTML|DOMParser`)
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:|<script[^>]*>[^<]`)
	total := 0
	files, err := filepath.Glob("static/*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		total += len(body)
		text := regexp.MustCompile(`https?://www\.w3\.org/\d+/svg`).ReplaceAllString(string(body), "")
		require.Empty(t, outside.FindString(text), "%s refers to another origin", file)
		require.Empty(t, unsafe.FindString(text), "%s may parse text as HTML", file)
		if filepath.Ext(file) == ".html" {
			require.Empty(t, inline.FindString(text), "%s has inline script or style", file)
		}
	}
	require.Less(t, total, limit)
}

// Every asset is linked or imported, and every link and import exists.
func TestReferences(t *testing.T) {
	reference := regexp.MustCompile(`(?:href|src)="/static/([^"]+)"|from '\./([^']+)'`)
	files, err := filepath.Glob("static/*")
	require.NoError(t, err)
	used := map[string]bool{"index.html": true}
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range reference.FindAllStringSubmatch(string(body), -1) {
			used[match[1]+match[2]] = true
		}
	}
	for _, file := range files {
		require.True(t, used[filepath.Base(file)], "%s is never used", file)
		delete(used, filepath.Base(file))
	}
	require.Empty(t, used, "files that do not exist")
}

func TestHeadersAloneLeaveTheAnswerAsItIs(t *testing.T) {
	w := httptest.NewRecorder()
	page.Headers(w.Header())
	_, err := io.WriteString(w, "{}")
	require.NoError(t, err)
	require.NotEmpty(t, w.Result().Header.Get("Content-Security-Policy"))
	require.Empty(t, w.Result().Header.Get("Cache-Control"))
}
