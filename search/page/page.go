// Package page is the owner's page: HTML, style and script, embedded in the
// program. It holds no event; everything it shows comes from the API of the
// same origin, asked with the owner's session.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed static
var files embed.FS

// policy lets the page load its own script, style and pictures and talk to its
// own origin, and nothing else. Trusted types make the browser refuse every
// assignment that would parse text as HTML.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// Headers sets the headers that every answer of the endpoint carries, those of
// the API included.
func Headers(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
}

type asset struct {
	body []byte
	etag string
}

// Handler serves the page at / and its assets under /static/. Any other path is
// not found. It needs no session: the assets say nothing about any account.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", serve("index.html", "no-store"))
	for _, name := range names() {
		mux.Handle("GET /static/"+name, serve(name, "no-cache"))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		Headers(w.Header())
		mux.ServeHTTP(w, r)
	})
}

// serve answers with one file. Assets carry no version in their name, so a
// browser asks each time whether its copy is current (no-cache and ETag).
func serve(name, cache string) http.Handler {
	a := load(name)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentTypes[path.Ext(name)])
		h.Set("Cache-Control", cache)
		if cache != "no-store" {
			h.Set("ETag", a.etag)
		}
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(a.body))
	})
}

func load(name string) asset {
	body, err := files.ReadFile("static/" + name)
	if err != nil {
		panic(err) // the file is embedded: the build is broken
	}
	sum := sha256.Sum256(body)
	return asset{body: body, etag: `"` + hex.EncodeToString(sum[:16]) + `"`}
}

// names lists the assets; index.html is served at / only.
func names() []string {
	entries, err := files.ReadDir("static")
	if err != nil {
		panic(err)
	}
	var list []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".html") {
			list = append(list, e.Name())
		}
	}
	return list
}
