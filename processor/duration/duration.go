package duration

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/auditlog/auditlog/audit"
)

type durationProcessor struct {
	rank     map[string]int  // place of each spelling in the order of the table
	unit     []time.Duration // of a number under that spelling
	unusable metric.Int64Counter
}

func newProcessor(set component.TelemetrySettings, cfg *Config) (*durationProcessor, error) {
	unusable, err := set.MeterProvider.Meter("github.com/auditlog/auditlog/processor/duration").
		Int64Counter("auditlog_duration_unusable", metric.WithUnit("{record}"),
			metric.WithDescription("Durations that were sent and could not be used, by reason."))
	if err != nil {
		return nil, fmt.Errorf("create counter: %w", err)
	}
	p := &durationProcessor{rank: map[string]int{}, unusable: unusable}
	for rank, name := range append([]string{audit.DurationNS.Attribute}, audit.DurationNS.From...) {
		p.rank[name] = rank
		p.unit = append(p.unit, unitOf(name, units[cfg.Unit]))
	}
	return p, nil
}

// unitOf is the unit of a number under a spelling; most spellings say it.
func unitOf(name string, configured time.Duration) time.Duration {
	switch name {
	case audit.DurationNS.Attribute, "event.duration":
		return time.Nanosecond
	case "duration_ms":
		return time.Millisecond
	case "duration_s", "http.server.request.duration":
		return time.Second
	default:
		return configured
	}
}

func (p *durationProcessor) process(ctx context.Context, logs plog.Logs) (plog.Logs, error) {
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				p.record(ctx, record.Attributes())
			}
		}
	}
	return logs, nil
}

// record puts the duration in place of every spelling of it. The first spelling
// in the order of the table that can be used wins.
func (p *durationProcessor) record(ctx context.Context, attributes pcommon.Map) {
	best, found := len(p.unit), time.Duration(0)
	var failed error
	attributes.RemoveIf(func(name string, v pcommon.Value) bool {
		rank, ok := p.rank[name]
		if !ok {
			return name == audit.Duration.Attribute // written below, or not at all
		}
		if rank > best {
			return true
		}
		if d, err := parse(v, p.unit[rank]); err != nil {
			failed = err
		} else {
			best, found = rank, d
		}
		return true
	})
	if best < len(p.unit) {
		attributes.PutInt(audit.DurationNS.Attribute, int64(found))
		attributes.PutStr(audit.Duration.Attribute, audit.DurationText(found))
	} else if failed != nil {
		p.unusable.Add(ctx, 1, metric.WithAttributeSet(attribute.NewSet(attribute.String("reason", failed.Error()))))
	}
}
