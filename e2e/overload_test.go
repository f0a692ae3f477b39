package e2e_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
)

// TestOverloadedSDKs has the SDKs send more than they may. They are told when to
// come again, do so by themselves, and lose nothing.
func TestOverloadedSDKs(t *testing.T) {
	s := start(t, t.TempDir(), "receiver: {max_rate: 1}\n")
	owner := s.ownerToken(t)
	eachSDK(t, func(t *testing.T, language, dir string, send ...string) {
		s.checkOverloaded(t, owner, language, dir, send...)
	})
}

func (s *server) checkOverloaded(t *testing.T, owner, language, dir string, send ...string) {
	for protocol, endpoint := range map[string]string{"grpc": s.grpc, "http/protobuf": s.http} {
		if language == "javascript" && protocol == "grpc" {
			continue // it never sends again, see docs/sending.md
		}
		service := language + " over " + protocol + ", refused at first"
		token := s.senderToken(t, service)
		burst := encode(t, newLogs("flood", 100, func(int, plog.LogRecord) {}))
		status, answer := s.post(t, "/v1/logs", protobuf, burst, "Authorization", "Bearer "+token)
		require.Equal(t, http.StatusOK, status, answer)
		ctx, cancel := context.WithCancel(t.Context())
		flooded := make(chan bool, 1)
		go func() { flooded <- s.floodUntilRefused(t, ctx, service, token) }()
		runIn(t, dir, []string{
			"OTEL_SERVICE_NAME=" + service,
			"OTEL_EXPORTER_OTLP_PROTOCOL=" + protocol,
			"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + endpoint,
			"OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20" + token,
		}, send...)
		cancel()
		require.True(t, <-flooded, "%s was never refused", service)
		require.Len(t, from(s.events(t, owner), service), 2)
	}
}

// floodUntilRefused sends as much as the sender may, until a request that is not
// its own is refused.
func (s *server) floodUntilRefused(t *testing.T, ctx context.Context, sender, token string) bool {
	body, own := encode(t, one("flood")), 0.0
	for ctx.Err() == nil {
		if status, _ := s.post(t, "/v1/logs", protobuf, body, "Authorization", "Bearer "+token); status == http.StatusServiceUnavailable {
			own++
			time.Sleep(20 * time.Millisecond)
		}
		if s.metric(t, "auditlog_refused", `reason="rate"`, `sender="`+sender+`"`) > own {
			return true
		}
	}
	return false
}
