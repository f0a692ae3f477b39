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

// A batch redacts the records of one call. It is for one goroutine.
type batch struct {
	*redactor
	pass  *redact.Pass
	rules map[string]int64 // redactions by rule

	field func(string, pcommon.Value) bool // redactField, bound once
	order audit.Sequence[plan]
}

// processLogs redacts every record in place.
func (r *redactor) processLogs(ctx context.Context, logs plog.Logs) (plog.Logs, error) {
	b := &batch{redactor: r, pass: r.engine.Begin(), rules: map[string]int64{}}
	defer b.pass.End()
	b.field = b.redactField
	for _, resource := range logs.ResourceLogs().All() {
		b.redactGroup(resource.Resource().Attributes())
		for _, scope := range resource.ScopeLogs().All() {
			b.redactScope(scope)
			for _, record := range scope.LogRecords().All() {
				b.redactRecord(record)
			}
		}
	}
	for rule, n := range b.rules {
		r.count.Add(ctx, n, metric.WithAttributes(attribute.String("rule", rule)))
	}
	return logs, nil
}

// redactGroup redacts the attributes of a resource or scope; the closed list has
// none.
func (b *batch) redactGroup(attributes pcommon.Map) {
	if attributes.Len() == 0 {
		return
	}
	if b.closedList {
		attributes.Clear()
		return
	}
	b.pass.Next()
	b.guarded(attributes, func() { redactMap(b.pass, "", attributes) })
	b.tally()
}

func (b *batch) redactScope(scope plog.ScopeLogs) {
	b.redactGroup(scope.Scope().Attributes())
	if scope.Scope().Name() == "" && scope.Scope().Version() == "" {
		return
	}
	b.pass.Next()
	scope.Scope().SetName(b.pass.Field("scope.name", scope.Scope().Name()))
	scope.Scope().SetVersion(b.pass.Field("scope.version", scope.Scope().Version()))
	b.tally()
}

func (b *batch) redactRecord(record plog.LogRecord) {
	b.pass.Next()
	attributes := record.Attributes()
	b.guarded(attributes, func() {
		if method, ok := attributes.Get(audit.Method.Attribute); ok {
			b.pass.Calls(method.Str())
		}
		redactEnvelope(b.pass, record)
		if b.closedList {
			b.order.Begin()
			attributes.RemoveIf(b.field)
		} else {
			attributes.Remove(audit.Redactions.Attribute)
			attributes.Remove(audit.Fingerprints.Attribute)
			redactMap(b.pass, "", attributes)
		}
		if b.engine.HasPolicies() {
			b.applyPolicies(attributes)
		}
	})
	note(b.pass, attributes)
	b.fingerprint(attributes)
	b.tally()
}

// guarded runs f; if it panics, no value of attributes passes. The identity
// stays, so that the record can still be told.
func (b *batch) guarded(attributes pcommon.Map, f func()) {
	defer func() {
		if recover() == nil {
			return
		}
		for name, v := range attributes.All() {
			if plans[name].how != keep {
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

// What becomes of an attribute of the closed list.
type treatment uint8

const (
	remove    treatment = iota
	keep                // made by the program, holds nothing of a client's
	number              // removed unless it is one
	flag                //
	structure           //
	names               // of attributes that were not kept
	scalar              // a duration or a detail: text is redacted, a structure removed
	list                // of values that are harmless by their nature
	harmless            // text that is harmless by its nature
	account             // a login
	locator             // a path
	prose               // sentences
	request             // the summary of a request
)

// A plan says how an attribute is redacted, and under which name that is noted.
type plan struct {
	how  treatment
	path string
}

// plans lists the closed list by attribute; what is not in it is removed.
var plans = func() map[string]plan {
	m := map[string]plan{}
	for f := range audit.Fields() {
		m[f.Attribute] = plan{treatmentOf(f), f.Name}
	}
	for _, name := range append([]string{audit.DurationNS.Attribute, audit.AttributeDeadLetterDetail}, audit.DurationNS.From...) {
		m[name] = plan{scalar, name}
	}
	for _, name := range []string{audit.AttributeID, audit.AttributeFingerprint, audit.AttributeDeadLetterReason, audit.Received.Attribute} {
		m[name] = plan{keep, name}
	}
	m[audit.AttributeDeadLetterAsked] = plan{harmless, "dead_letter.asked"}
	m[audit.AttributeDeadLetterNames] = plan{names, "dead_letter.names"}
	return m
}()

func treatmentOf(f *audit.Field) treatment {
	switch f {
	case audit.Redactions, audit.Fingerprints:
		return remove
	case audit.Request:
		return request
	case audit.Message, audit.ImpersonationReason, audit.Error:
		return prose
	case audit.Path:
		return locator
	case audit.UserName, audit.UserID, audit.ImpersonatorName, audit.ImpersonatorID:
		return account
	}
	switch f.Kind {
	case audit.Number, audit.Instant:
		return number
	case audit.Flag:
		return flag
	case audit.Object:
		return structure
	case audit.List:
		return list
	}
	return harmless
}

// plan says how an attribute is redacted.
func (b *batch) plan(name string) plan {
	if p, ok := b.order.Find(name); ok {
		return p
	}
	p := plans[name]
	b.order.Add(name, p)
	return p
}

// redactField redacts one attribute and reports whether nothing of it is left,
// or its type is none of the field's.
func (b *batch) redactField(name string, v pcommon.Value) (gone bool) {
	plan := b.plan(name)
	switch plan.how {
	case keep:
		return false
	case number:
		return v.Type() != pcommon.ValueTypeInt
	case flag:
		return v.Type() != pcommon.ValueTypeBool
	case structure:
		if v.Type() == pcommon.ValueTypeMap {
			redactMap(b.pass, plan.path, v.Map())
		}
		return v.Type() != pcommon.ValueTypeMap
	case names:
		b.redactNames(v)
		return v.Type() != pcommon.ValueTypeSlice
	case scalar:
		if v.Type() == pcommon.ValueTypeStr {
			b.put(v, v.Str(), b.pass.Field(plan.path, v.Str()))
		}
		return v.Type() == pcommon.ValueTypeMap || v.Type() == pcommon.ValueTypeSlice || v.Type() == pcommon.ValueTypeBytes
	case list:
		if v.Type() != pcommon.ValueTypeSlice {
			return true
		}
		for _, item := range v.Slice().All() {
			was := item.AsString()
			b.put(item, was, b.pass.Field(plan.path, was))
		}
		return false
	case remove:
		return true
	}
	if v.Type() != pcommon.ValueTypeStr {
		return true
	}
	was := v.Str()
	is := b.redactText(plan, was)
	b.put(v, was, is)
	return is == ""
}

// put sets a text, unless it is there already.
func (b *batch) put(v pcommon.Value, was, is string) {
	if is != was || v.Type() != pcommon.ValueTypeStr {
		v.SetStr(is)
	}
}

func (b *batch) redactText(plan plan, s string) string {
	switch plan.how {
	case request:
		return b.pass.Request(plan.path, s)
	case prose:
		return b.pass.Message(plan.path, s)
	case locator:
		return b.pass.Path(plan.path, s)
	case account:
		return b.pass.Account(plan.path, s)
	}
	return b.pass.Field(plan.path, s)
}

func (b *batch) redactNames(v pcommon.Value) {
	if v.Type() != pcommon.ValueTypeSlice {
		return
	}
	for _, name := range v.Slice().All() {
		name.SetStr(b.pass.Name("dead_letter.names", name.AsString()))
	}
}

// note lists on the record what was redacted.
func note(p *redact.Pass, attributes pcommon.Map) {
	found := p.Findings()
	if len(found) == 0 {
		return
	}
	findings := attributes.PutEmptySlice(audit.Redactions.Attribute)
	findings.EnsureCapacity(len(found))
	for _, f := range found {
		findings.AppendEmpty().SetStr(f.String())
	}
}

// fingerprint lists on the record what stands for the secrets that were removed.
func (b *batch) fingerprint(attributes pcommon.Map) {
	removed := b.pass.Removed()
	if len(removed) == 0 {
		return
	}
	account := accountOf(attributes)
	list := attributes.PutEmptySlice(audit.Fingerprints.Attribute)
	for _, value := range removed {
		list.AppendEmpty().SetStr(b.engine.Fingerprint(account, value))
	}
}

func accountOf(attributes pcommon.Map) string {
	v, _ := attributes.Get(audit.Account.Attribute)
	if v == (pcommon.Value{}) {
		return ""
	}
	return v.AsString()
}

// applyPolicies does what the configuration says of single fields, and of the
// attributes that it keeps.
func (b *batch) applyPolicies(attributes pcommon.Map) {
	account := accountOf(attributes)
	if !b.closedList {
		b.applyTo(attributes, account, func(name string) string { return name }, false)
		return
	}
	b.applyTo(attributes, account, func(name string) string { return plans[name].path }, true)
	if v, ok := attributes.Get(audit.Attributes.Attribute); ok && v.Type() == pcommon.ValueTypeMap {
		b.applyTo(v.Map(), account, func(name string) string { return name }, false)
	}
}

// applyTo applies the policies to the attributes whose fields they are of. Those
// that are typed keep their type or go.
func (b *batch) applyTo(m pcommon.Map, account string, field func(string) string, typed bool) {
	m.RemoveIf(func(name string, v pcommon.Value) bool {
		name = field(name)
		policy := b.engine.PolicyOf(name)
		if policy == "" {
			return false
		}
		if v.Type() == pcommon.ValueTypeSlice && policy != redact.PolicyDrop {
			for _, item := range v.Slice().All() {
				item.SetStr(b.pass.Apply(name, policy, account, item.AsString()))
			}
			return false
		}
		is := b.pass.Apply(name, policy, account, v.AsString())
		if is == "" || typed && v.Type() != pcommon.ValueTypeStr {
			return true // a number has no other form in its field
		}
		v.SetStr(is)
		return false
	})
}

func (b *batch) tally() {
	for _, f := range b.pass.Findings() {
		b.rules[f.Rule]++
	}
}
