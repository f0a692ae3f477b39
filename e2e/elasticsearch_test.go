package e2e_test

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/auditlog/auditlog/internal/elasticsearchtest"
)

var noneWaits = regexp.MustCompile(`waiting +0\b`)

// TestElasticsearch keeps events in a real cluster, which goes away and comes back.
func TestElasticsearch(t *testing.T) {
	node := elasticsearchtest.Start(t, elasticsearchtest.Options{})
	dir := t.TempDir()
	settings := fmt.Sprintf("store: {elasticsearch: {urls: [%q], replicas: 0}}\n", node.URL)
	numbered := func(first, n int) plog.Logs {
		return newLogs("shop", n, func(i int, r plog.LogRecord) { r.Attributes().PutInt("entity.id", int64(first+i)) })
	}
	s := start(t, dir, settings)
	owner := s.ownerToken(t)
	shown := func(want int) {
		t.Helper()
		require.Eventually(t, func() bool {
			return noneWaits.MatchString(s.command(t, "status"))
		}, 2*time.Minute, 100*time.Millisecond, "%s", s.output)
		require.Len(t, count(from(s.events(t, owner), "shop")), want)
	}
	require.NoError(t, s.send(t, numbered(0, 100)))
	shown(100)
	require.NoError(t, s.send(t, numbered(0, 100)), "sent again")
	s.kill(t)

	s = start(t, dir, settings)
	shown(100)
	node.Kill(t)
	require.NoError(t, s.send(t, numbered(100, 10)), "taken while the cluster is away")
	status, _ := s.get(t, owner, "/api/v1/events")
	require.Equal(t, http.StatusServiceUnavailable, status, "no short answer")
	s.kill(t)
	node.Again(t)
	s = start(t, dir, settings)
	shown(110)
	require.Zero(t, s.stop(t))
}
