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
	lengths  uint64          // of the spellings and of the text, as bits: most names need no look into the map
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
		p.lengths |= 1 << len(name)
		p.unit = append(p.unit, unitOf(name, units[cfg.Unit]))
	}
	p.lengths |= 1 << len(audit.Duration.Attribute)
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
	r := &reader{durationProcessor: p}
	r.visit = r.take
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				r.record(ctx, record.Attributes())
			}
		}
	}
	return logs, nil
}

// A reader reads the durations of one call. It is for one goroutine.
type reader struct {
	*durationProcessor
	best   int           // rank of the spelling that was used, or the number of them
	found  time.Duration // under that spelling
	kept   bool          // whether the canonical attribute is as it shall be
	failed error         // why a spelling was not used

	visit func(string, pcommon.Value) bool // take, bound once
}

// record puts the duration in place of every spelling of it. The first spelling
// in the order of the table that can be used wins.
func (r *reader) record(ctx context.Context, attributes pcommon.Map) {
	r.best, r.kept, r.failed = len(r.unit), false, nil
	attributes.RemoveIf(r.visit)
	if r.best < len(r.unit) {
		if !r.kept {
			attributes.PutInt(audit.DurationNS.Attribute, int64(r.found))
		}
		attributes.PutStr(audit.Duration.Attribute, audit.DurationText(r.found))
	} else if r.failed != nil {
		r.unusable.Add(ctx, 1, metric.WithAttributeSet(attribute.NewSet(attribute.String("reason", r.failed.Error()))))
	}
}

// take reads an attribute, if it is a duration, and reports whether it goes.
func (r *reader) take(name string, v pcommon.Value) (gone bool) {
	if r.lengths>>len(name)&1 == 0 {
		return false
	}
	rank, ok := r.rank[name]
	if !ok {
		return name == audit.Duration.Attribute // written later, or not at all
	}
	if rank > r.best || r.kept {
		return true
	}
	d, err := parse(v, r.unit[rank])
	if err != nil {
		r.failed = err
		return true
	}
	r.best, r.found = rank, d
	if rank > 0 || v.Type() != pcommon.ValueTypeInt || v.Int() != int64(d) {
		return true
	}
	r.kept = true
	return false
}
