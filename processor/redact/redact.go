package redactprocessor

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/redact"
)

type redactor struct {
	engine     *redact.Engine
	closedList bool
	count      metric.Int64Counter
}

func newRedactor(cfg *Config, telemetry component.TelemetrySettings) (*redactor, error) {
	engine, err := cfg.engine()
	if err != nil {
		return nil, err
	}
	count, err := telemetry.MeterProvider.Meter("github.com/auditlog/auditlog/processor/redact").Int64Counter(
		"auditlog_redactions",
		metric.WithDescription("Redactions in log records, by rule."),
		metric.WithUnit("{redaction}"))
	if err != nil {
		return nil, fmt.Errorf("create counter of redactions: %w", err)
	}
	return &redactor{engine: engine, closedList: cfg.ClosedList, count: count}, nil
}

// processLogs redacts every record in place.
func (r *redactor) processLogs(ctx context.Context, logs plog.Logs) (plog.Logs, error) {
	rules := map[string]int64{}
	for _, resource := range logs.ResourceLogs().All() {
		r.redactGroup(resource.Resource().Attributes(), rules)
		for _, scope := range resource.ScopeLogs().All() {
			r.redactScope(scope, rules)
			for _, record := range scope.LogRecords().All() {
				r.redactRecord(record, rules)
			}
		}
	}
	for rule, n := range rules {
		r.count.Add(ctx, n, metric.WithAttributes(attribute.String("rule", rule)))
	}
	return logs, nil
}

// redactGroup redacts the attributes of a resource; the closed list has none.
func (r *redactor) redactGroup(attributes pcommon.Map, rules map[string]int64) {
	if attributes.Len() == 0 {
		return
	}
	if r.closedList {
		attributes.Clear()
		return
	}
	p := r.engine.Begin()
	defer p.End()
	r.guarded(attributes, func() { redactMap(p, "", attributes) })
	tally(p, rules)
}

func (r *redactor) redactScope(scope plog.ScopeLogs, rules map[string]int64) {
	r.redactGroup(scope.Scope().Attributes(), rules)
	if scope.Scope().Name() == "" && scope.Scope().Version() == "" {
		return
	}
	p := r.engine.Begin()
	defer p.End()
	scope.Scope().SetName(p.Field("scope.name", scope.Scope().Name()))
	scope.Scope().SetVersion(p.Field("scope.version", scope.Scope().Version()))
	tally(p, rules)
}

func (r *redactor) redactRecord(record plog.LogRecord, rules map[string]int64) {
	p := r.engine.Begin()
	defer p.End()
	attributes := record.Attributes()
	r.guarded(attributes, func() {
		redactEnvelope(p, record)
		if r.closedList {
			redactFields(p, attributes)
		} else {
			attributes.Remove(audit.Redactions.Attribute)
			redactMap(p, "", attributes)
		}
	})
	note(p, attributes)
	tally(p, rules)
}

// guarded runs f; if it panics, no value of attributes passes. The identity
// stays, so that the record can still be told.
func (r *redactor) guarded(attributes pcommon.Map, f func()) {
	defer func() {
		if recover() == nil {
			return
		}
		for name, v := range attributes.All() {
			if !identity[name] {
				v.SetStr("[redacted:error]")
			}
		}
	}()
	f()
}

// redactEnvelope redacts what a record holds beside its attributes.
func redactEnvelope(p *redact.Pass, record plog.LogRecord) {
	if s := record.EventName(); s != "" {
		record.SetEventName(p.Text("event_name", "", s))
	}
	if s := record.SeverityText(); s != "" {
		record.SetSeverityText(p.Field("severity_text", s))
	}
	switch body := record.Body(); body.Type() {
	case pcommon.ValueTypeEmpty:
	case pcommon.ValueTypeStr:
		body.SetStr(p.Text("body", "", body.Str()))
	default:
		redactValue(p, "body", "", body)
	}
}

// identity attributes are made by the program, and hold nothing of a client's.
var identity = map[string]bool{
	audit.AttributeID:               true,
	audit.AttributeFingerprint:      true,
	audit.AttributeDeadLetterReason: true,
	audit.Received.Attribute:        true,
}

// durations are the spellings of a duration that normalization leaves as sent.
var durations = func() map[string]bool {
	m := map[string]bool{audit.DurationNS.Attribute: true}
	for _, name := range audit.DurationNS.From {
		m[name] = true
	}
	return m
}()

// redactFields redacts the fields of an audit event and removes all else.
func redactFields(p *redact.Pass, attributes pcommon.Map) {
	attributes.RemoveIf(func(name string, v pcommon.Value) bool {
		if identity[name] {
			return false
		}
		if name == audit.AttributeDeadLetterNames {
			redactNames(p, v)
			return v.Type() != pcommon.ValueTypeSlice
		}
		f := audit.ByAttribute(name)
		switch {
		case f == audit.Redactions:
			return true
		case f != nil:
			return redactField(p, f, v)
		case durations[name], name == audit.AttributeDeadLetterDetail:
			if v.Type() == pcommon.ValueTypeStr {
				v.SetStr(p.Field(name, v.Str()))
			}
			return v.Type() == pcommon.ValueTypeMap || v.Type() == pcommon.ValueTypeSlice || v.Type() == pcommon.ValueTypeBytes
		}
		return true
	})
}

// redactField redacts one field and reports whether nothing of it is left, or
// its type is none of the field's.
func redactField(p *redact.Pass, f *audit.Field, v pcommon.Value) (remove bool) {
	switch f.Kind {
	case audit.Number, audit.Instant:
		return v.Type() != pcommon.ValueTypeInt
	case audit.Flag:
		return v.Type() != pcommon.ValueTypeBool
	case audit.Object:
		if v.Type() != pcommon.ValueTypeMap {
			return true
		}
		redactMap(p, f.Name, v.Map())
		return false
	case audit.List:
		if v.Type() != pcommon.ValueTypeSlice {
			return true
		}
		for _, item := range v.Slice().All() {
			item.SetStr(p.Field(f.Name, item.AsString()))
		}
		return false
	}
	if v.Type() != pcommon.ValueTypeStr {
		return true
	}
	was := v.Str()
	if is := redactText(p, f, was); is != was {
		v.SetStr(is)
		return is == ""
	}
	return was == ""
}

func redactText(p *redact.Pass, f *audit.Field, s string) string {
	switch f {
	case audit.Request:
		return p.Request(f.Name, s)
	case audit.Message, audit.ImpersonationReason, audit.Error:
		return p.Message(f.Name, s)
	case audit.Path:
		return p.Path(f.Name, s)
	case audit.UserName, audit.UserID, audit.ImpersonatorName, audit.ImpersonatorID:
		return p.Account(f.Name, s)
	}
	return p.Field(f.Name, s)
}

func redactNames(p *redact.Pass, v pcommon.Value) {
	if v.Type() != pcommon.ValueTypeSlice {
		return
	}
	for _, name := range v.Slice().All() {
		name.SetStr(p.Name("dead_letter.names", name.AsString()))
	}
}

// note lists on the record what was redacted.
func note(p *redact.Pass, attributes pcommon.Map) {
	found := p.Findings()
	if len(found) == 0 {
		return
	}
	list := attributes.PutEmptySlice(audit.Redactions.Attribute)
	list.EnsureCapacity(len(found))
	for _, f := range found {
		list.AppendEmpty().SetStr(f.String())
	}
}

func tally(p *redact.Pass, rules map[string]int64) {
	for _, f := range p.Findings() {
		rules[f.Rule]++
	}
}
