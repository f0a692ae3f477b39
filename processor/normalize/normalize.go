package normalize

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
)

type normalizer struct {
	index       *index
	keep        map[string]bool
	proxies     []netip.Prefix
	maxLateness time.Duration

	logger   *zap.Logger
	unusable metric.Int64Counter
	setAside metric.Int64Counter
}

func newProcessor(set component.TelemetrySettings, cfg *Config) (*normalizer, error) {
	proxies, err := parseProxies(cfg.Proxies)
	if err != nil {
		return nil, err
	}
	meter := set.MeterProvider.Meter("github.com/auditlog/auditlog/processor/normalize")
	unusable, err1 := meter.Int64Counter("auditlog_normalize_unusable", metric.WithUnit("{value}"),
		metric.WithDescription("Values that were sent for a field and are none of it, by field."))
	setAside, err2 := meter.Int64Counter("auditlog_normalize_set_aside", metric.WithUnit("{record}"),
		metric.WithDescription("Records that the normalization set aside as dead letters, by reason."))
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("create counters: %w", err)
	}
	keep := make(map[string]bool, len(cfg.Keep))
	for _, name := range cfg.Keep {
		if audit.ByAttribute(name) == nil && !owned[name] { // those have a column
			keep[name] = true
		}
	}
	return &normalizer{
		index: newIndex(cfg.Aliases), keep: keep, proxies: proxies, maxLateness: cfg.MaxLateness,
		logger: set.Logger, unusable: unusable, setAside: setAside,
	}, nil
}

// process never fails: what cannot be used is left behind and counted, and a
// record that is no event is marked as a dead letter.
func (p *normalizer) process(ctx context.Context, logs plog.Logs) (plog.Logs, error) {
	now := time.Now().UnixNano()
	r := newReader(p)
	for _, resource := range logs.ResourceLogs().All() {
		r.resource.reset()
		r.readSafely(r.resource, onResource, resource.Resource().Attributes())
		for _, scope := range resource.ScopeLogs().All() {
			r.scope.copyFrom(r.resource)
			r.readSafely(r.scope, onScope, scope.Scope().Attributes())
			for _, record := range scope.LogRecords().All() {
				r.recordSafely(record, now)
			}
			pcommon.NewInstrumentationScope().MoveTo(scope.Scope())
			scope.SetSchemaUrl("")
		}
		pcommon.NewResource().MoveTo(resource.Resource())
		resource.SetSchemaUrl("")
	}
	r.count(ctx)
	return logs, nil
}

// record replaces a record by its normal form.
func (r *reader) record(record plog.LogRecord, now int64) {
	e, attributes := r.event, record.Attributes()
	e.copyFrom(r.scope)
	r.read(e, onRecord, attributes)
	r.readBody(e, record.Body())
	usable := r.derive(e, record, now)
	_, aside := attributes.Get(audit.AttributeDeadLetterReason)
	var names []string
	if aside || !usable {
		names = r.names(e)
	}
	if aside && !usable {
		e.found[of(audit.Action)] = candidate{} // a last resort: an operator shall not make an event of it
	}
	r.write(e, record)
	if len(r.keep) > 0 {
		r.putKept(e, attributes)
	}
	if !usable && !aside {
		r.mark(attributes, audit.ReasonNoActorNoAction, "the record names no user (user.name, user.id, …) and no action (event name, audit.action, …)")
	}
	if len(names) > 0 {
		putList(attributes, audit.AttributeDeadLetterNames, names)
	}
}

func (r *reader) mark(attributes pcommon.Map, reason audit.Reason, detail string) {
	attributes.PutStr(audit.AttributeDeadLetterReason, string(reason))
	attributes.PutStr(audit.AttributeDeadLetterDetail, detail)
	r.aside[reason]++
}

// recordSafely keeps a defect of the program that one record brings to light
// from losing the others of the request.
func (r *reader) recordSafely(record plog.LogRecord, now int64) {
	defer func() {
		if defect := recover(); defect != nil {
			r.report(defect)
			r.giveUp(record, now)
		}
	}()
	r.record(record, now)
}

func (r *reader) readSafely(into *reading, p place, attributes pcommon.Map) {
	defer func() {
		if defect := recover(); defect != nil {
			r.report(defect)
		}
	}()
	r.read(into, p, attributes)
}

// report logs where it happened; what panicked may hold a value of the record.
func (r *reader) report(defect any) {
	r.logger.Error("A record could not be read. This is a defect of auditlog, please report it.",
		zap.String("type", fmt.Sprintf("%T", defect)), zap.StackSkip("stack", 2))
}

// giveUp leaves of a record what the receiver stamped on it.
func (r *reader) giveUp(record plog.LogRecord, now int64) {
	attributes := record.Attributes()
	received := now
	attributes.RemoveIf(func(name string, v pcommon.Value) bool {
		switch name {
		case audit.AttributeID, audit.AttributeFingerprint:
			return v.Type() != identity[name]
		case audit.Account.Attribute, audit.Sender.Attribute:
			return v.Type() != pcommon.ValueTypeStr
		case audit.Received.Attribute:
			if v.Type() == pcommon.ValueTypeInt {
				received = v.Int()
			}
		}
		return true
	})
	attributes.PutInt(audit.Received.Attribute, received)
	attributes.PutInt(audit.Time.Attribute, received)
	r.mark(attributes, audit.ReasonUnreadable, "the record could not be read; auditlog's log says where")
	record.SetTimestamp(pcommon.Timestamp(received))
	blank(record)
}

// count adds what was met in one request to the counters.
func (r *reader) count(ctx context.Context) {
	for s, n := range r.bad {
		if n > 0 {
			r.unusable.Add(ctx, n, metric.WithAttributes(attribute.String("field", slot(s).name())))
		}
	}
	for reason, n := range r.aside {
		r.setAside.Add(ctx, n, metric.WithAttributes(attribute.String("reason", string(reason))))
	}
}
