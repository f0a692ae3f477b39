package elasticsearch_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/internal/elasticsearchtest"
)

// TestCompression writes under each setting in turn, and what waits under one of
// them is shipped under the next.
func TestCompression(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	p := newProxy(t, node)
	o := options(t, p.URL, t.TempDir())
	o.Concurrency = 1
	encodings := map[string]bool{} // of bulks that arrived
	away := func(w http.ResponseWriter, r *http.Request, forward func() answer) bool {
		if !isBulk(r) {
			return false
		}
		elasticHeader(w)
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"error":{"type":"unavailable","reason":"away"},"status":503}`)
		return true
	}
	there := func(w http.ResponseWriter, r *http.Request, forward func() answer) bool {
		if isBulk(r) {
			encodings[r.Header.Get("Content-Encoding")] = true
		}
		return false
	}
	written := 0
	for _, setting := range []string{"gzip", "none", "gzip", "auto"} {
		clear(encodings)
		o.Compression = setting
		p.breakWith(away)
		s := open(t, o)
		for range 3 {
			write(t, s, event(written))
			written++
		}
		require.NoError(t, s.Close())

		p.breakWith(there)
		s = open(t, o)
		write(t, s, event(written), event(written)) // the second is the same again
		written++
		settle(t, s)
		requireEach(t, s, 0, written)
		require.NoError(t, s.Close())
		wire := map[string]string{"gzip": "gzip", "none": "", "auto": ""}[setting] // the node is on this machine
		require.Equal(t, map[string]bool{wire: true}, encodings, setting)
	}

	p.breakWith(away)
	o.Compression = "gzip"
	s := open(t, o)
	write(t, s, event(written))
	require.NoError(t, s.Close())
	o.Compression = "none"
	s = open(t, o)
	write(t, s, event(written+1))
	p.breakWith(nil)
	settle(t, s)
	requireEach(t, s, 0, written+2)
}
