package receiver

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/auditlog/auditlog/audit"
)

type metrics struct {
	records  metric.Int64Counter
	aside    metric.Int64Counter
	requests metric.Int64Counter
}

func newMetrics(set component.TelemetrySettings) (*metrics, error) {
	meter := set.MeterProvider.Meter("github.com/auditlog/auditlog/receiver")
	records, err1 := meter.Int64Counter("auditlog_received", metric.WithUnit("{record}"),
		metric.WithDescription("Records received from authenticated senders, stored or not, by sender."))
	aside, err2 := meter.Int64Counter("auditlog_received_set_aside", metric.WithUnit("{record}"),
		metric.WithDescription("Records that the receiver set aside as dead letters, by reason."))
	requests, err3 := meter.Int64Counter("auditlog_refused", metric.WithUnit("{request}"),
		metric.WithDescription("Requests that were not taken, by reason and sender."))
	return &metrics{records: records, aside: aside, requests: requests}, errors.Join(err1, err2, err3)
}

func (m *metrics) received(ctx context.Context, sender string, n int) {
	m.records.Add(ctx, int64(n), metric.WithAttributes(attribute.String("sender", sender)))
}

func (m *metrics) setAside(ctx context.Context, reason audit.Reason, n int) {
	m.aside.Add(ctx, int64(n), metric.WithAttributes(attribute.String("reason", string(reason))))
}

// refused counts a request; sender is "" where it is not known.
func (m *metrics) refused(ctx context.Context, reason, sender string) {
	m.requests.Add(ctx, 1, metric.WithAttributes(attribute.String("reason", reason), attribute.String("sender", sender)))
}
