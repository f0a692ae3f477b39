package elasticsearch_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/auditlog/auditlog/internal/elasticsearchtest"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/elasticsearch"
	"github.com/auditlog/auditlog/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(crashDirectory) != "" {
		writeUntilKilled()
	}
	elasticsearchtest.Main(m, func() error { return goleak.Find() })
}

// prefix is a name of indices of the test's own, the same for the same directory.
func prefix(t *testing.T, node, dir string) string {
	sum := sha256.Sum256([]byte(dir))
	name := "test" + hex.EncodeToString(sum[:6])
	t.Cleanup(func() { removeIndices(t, node, name) })
	return name
}

func removeIndices(t *testing.T, node, prefix string) {
	var found struct{ Indices []struct{ Name string } }
	elasticsearchtest.Do(t, node, http.MethodGet, "/_resolve/index/"+prefix+"-*?expand_wildcards=all", "", &found)
	var names []string
	for _, i := range found.Indices {
		names = append(names, i.Name)
	}
	for len(names) > 0 {
		n := min(len(names), 40)
		elasticsearchtest.Do(t, node, http.MethodDelete, "/"+strings.Join(names[:n], ",")+"?ignore_unavailable=true", "", nil)
		names = names[n:]
	}
}

// options are those of a test: everything is quick, and the test's own. Its indices
// are removed from the node after it.
func options(t *testing.T, node, dir string) elasticsearch.Options {
	o := quick(t, dir)
	o.URLs, o.Index = []string{node}, prefix(t, node, dir)
	return o
}

// quick are options without a cluster.
func quick(t *testing.T, dir string) elasticsearch.Options {
	o := elasticsearch.Options{
		ElasticsearchConfig: store.DefaultElasticsearch(), Path: dir, Retention: storetest.Retention,
		RefreshEvery: time.Millisecond, RetryAtMost: 200 * time.Millisecond, Logger: zaptest.NewLogger(t, zaptest.Level(zap.WarnLevel)),
	}
	o.Replicas, o.Compression = 0, "gzip"
	o.ElasticsearchConfig.Retention.Method = elasticsearch.Own
	return o
}

func open(t *testing.T, o elasticsearch.Options) *elasticsearch.Store {
	t.Helper()
	s, err := elasticsearch.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestConformance(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	storetest.Run(t, func(t *testing.T, so storetest.Options) store.Store {
		o := options(t, node, so.Dir)
		o.Now, o.Retention, o.Concurrency, o.Compression = so.Now, so.Retention, 1, "auto"
		s, err := elasticsearch.Open(t.Context(), o)
		require.NoError(t, err)
		return s
	})
}
