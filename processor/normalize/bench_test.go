package normalize_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/auditlog/auditlog/processor/normalize"
)

// BenchmarkNormalize brings batches of 100 records of 20 attributes into their
// normal form; the figures are for one record.
func BenchmarkNormalize(b *testing.B) {
	for name, s := range map[string]sent{
		"canonical": {attributes: attributes{
			"user.name": "ada", "user.id": "7", "user.email": "ada@example.com", "user.roles": list{"admin", "owner"},
			"audit.method": "DELETE", "audit.area": "billing", "audit.action": "invoice.delete", "audit.entity.type": "invoice", "audit.entity.id": "4711",
			"audit.status": "success", "http.response.status_code": 204, "audit.duration": 1500000, "client.address": "192.0.2.1",
			"audit.request": `{"reason":"duplicate"}`, "session.id": "s1",
		}},
		"spelled": {attributes: attributes{
			"enduser.id": "7", "usr": attributes{"name": "ada", "email": "ada@example.com"}, "roles": "admin,owner", "http.method": "delete",
			"area": "billing", "event.action": "invoice.delete", "target.type": "invoice", "target.id": 4711, "http.status_code": "204",
			"duration_ms": 1.5, "x-forwarded-for": "192.0.2.1", "http.request.body.reason": "duplicate", "session_id": "s1",
			"thread.name": "main", "code.function": "f", "thread.id": 12,
		}, resource: attributes{"service.name": "shop", "host.name": "h", "telemetry.sdk.name": "opentelemetry"}},
	} {
		b.Run(name, func(b *testing.B) {
			p, err := normalize.NewFactory().CreateLogs(context.Background(), processortest.NewNopSettings(normalize.Type), config(), consumertest.NewNop())
			require.NoError(b, err)
			batch := s.logs(b)
			records := batch.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords()
			for records.Len() < 100 {
				recordOf(batch).CopyTo(records.AppendEmpty())
			}
			b.ReportAllocs()
			for done := 0; done < b.N; done += 100 {
				b.StopTimer()
				logs := plog.NewLogs()
				batch.CopyTo(logs)
				b.StartTimer()
				if err := p.ConsumeLogs(context.Background(), logs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
