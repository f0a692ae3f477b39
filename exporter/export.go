package exporter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

type auditExporter struct {
	store  component.ID
	writer store.Writer
}

func (e *auditExporter) start(_ context.Context, host component.Host) (err error) {
	e.writer, err = store.Find(host, e.store)
	return err
}

// export returns nil when every record is on disk. Its error is permanent
// unless the same records may be taken later.
func (e *auditExporter) export(ctx context.Context, logs plog.Logs) error {
	batch, err := Batch(logs)
	if err != nil {
		return consumererror.NewPermanent(err)
	}
	if err := e.writer.Write(ctx, batch); err != nil {
		if errors.Is(err, store.ErrUnavailable) || ctx.Err() != nil {
			return err
		}
		return consumererror.NewPermanent(err)
	}
	return nil
}

// Batch reads records with canonical attributes. It returns an error if one of
// them lacks what only the receiver can give.
func Batch(logs plog.Logs) (store.Batch, error) {
	batch := store.Batch{Events: make([]audit.Event, 0, logs.LogRecordCount())}
	var order audit.Sequence[*audit.Field]
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				if err := appendRecord(&batch, record.Attributes(), &order); err != nil {
					return store.Batch{}, err
				}
			}
		}
	}
	return batch, nil
}

func appendRecord(batch *store.Batch, attributes pcommon.Map, order *audit.Sequence[*audit.Field]) error {
	var event audit.Event
	order.Begin()
	for name, value := range attributes.All() {
		f, ok := order.Find(name)
		if !ok {
			f = audit.ByAttribute(name)
			order.Add(name, f)
		}
		if f != nil {
			set(&event, f, value)
		}
	}
	if err := identify(&event, attributes); err != nil {
		return err
	}
	reason, dead := attributes.Get(audit.AttributeDeadLetterReason)
	if !dead {
		batch.Events = append(batch.Events, event)
		return nil
	}
	event.ID.Day = audit.DayOf(event.Instant(audit.Received))
	letter := audit.DeadLetter{Event: event, Reason: audit.Reason(reason.AsString())}
	if detail, ok := attributes.Get(audit.AttributeDeadLetterDetail); ok {
		letter.Detail = audit.Clean(detail.AsString(), 1024)
	}
	if asked, ok := attributes.Get(audit.AttributeDeadLetterAsked); ok {
		letter.Asked = audit.Clean(asked.AsString(), audit.Account.Max)
	}
	if names, ok := attributes.Get(audit.AttributeDeadLetterNames); ok {
		letter.Names = texts(names)
	}
	batch.DeadLetters = append(batch.DeadLetters, letter)
	return nil
}

var errNoIdentity = fmt.Errorf("a record lacks %s, %s, %s or %s: records must come through the auditlog receiver and the auditlog_normalize processor",
	audit.AttributeID, audit.AttributeFingerprint, audit.Account.Attribute, audit.Received.Attribute)

func identify(event *audit.Event, attributes pcommon.Map) error {
	id, ok := attributes.Get(audit.AttributeID)
	if !ok {
		return errNoIdentity
	}
	hash, err := audit.ParseHash(id.AsString())
	if err != nil {
		return fmt.Errorf("attribute %s: %w", audit.AttributeID, err)
	}
	fingerprint, ok := attributes.Get(audit.AttributeFingerprint)
	if !ok || fingerprint.Type() != pcommon.ValueTypeBytes || fingerprint.Bytes().Len() != len(event.Fingerprint) {
		return errNoIdentity
	}
	if !event.Has(audit.Received) || !event.Has(audit.Time) || !event.Has(audit.Account) {
		return errNoIdentity
	}
	copy(event.Fingerprint[:], fingerprint.Bytes().AsRaw())
	event.ID = audit.ID{Day: audit.DayOf(event.Instant(audit.Time)), Hash: hash}
	return nil
}

// set takes a value of the field's own type; another type is no canonical
// attribute, and the field stays absent.
func set(event *audit.Event, f *audit.Field, v pcommon.Value) {
	switch t := v.Type(); {
	case f.Kind == audit.Text && t == pcommon.ValueTypeStr:
		event.SetText(f, v.Str())
	case f.Kind == audit.List && t == pcommon.ValueTypeSlice:
		event.SetList(f, texts(v))
	case f.Kind == audit.Number && t == pcommon.ValueTypeInt:
		event.SetNumber(f, v.Int())
	case f.Kind == audit.Flag && t == pcommon.ValueTypeBool:
		event.SetFlag(f, v.Bool())
	case f.Kind == audit.Instant && t == pcommon.ValueTypeInt:
		event.SetInstant(f, time.Unix(0, v.Int()))
	case f.Kind == audit.Object && t == pcommon.ValueTypeMap:
		setObject(event, f, v)
	}
}

// setObject stores a map, or, where it is too long, how many members it had.
func setObject(event *audit.Event, f *audit.Field, v pcommon.Value) {
	if v.Map().Len() == 0 {
		return
	}
	if event.SetObject(f, v.AsString()) != nil {
		event.SetObject(f, fmt.Sprintf(`{"omitted":"%d attributes, longer than %d bytes"}`, v.Map().Len(), f.Max))
	}
}

func texts(v pcommon.Value) []string {
	if v.Type() != pcommon.ValueTypeSlice {
		return nil
	}
	list := make([]string, 0, v.Slice().Len())
	for _, item := range v.Slice().All() {
		list = append(list, item.AsString())
	}
	return list
}
