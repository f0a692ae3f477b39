package exporter_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	collector "go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/goleak"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/exporter"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	happened = time.Date(2026, 11, 22, 23, 59, 59, 5, time.UTC)
	received = time.Date(2026, 11, 23, 0, 0, 1, 0, time.UTC)
	hash     = audit.ClientHash("acme", "gw", "e-1")
	print32  = audit.Key("k").Fingerprint("acme", "gw")
)

// record is a record as the processors leave it, changed by change.
func record(logs plog.Logs, change func(pcommon.Map)) {
	r := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().Attributes()
	r.PutStr(audit.AttributeID, hash.String())
	r.PutEmptyBytes(audit.AttributeFingerprint).FromRaw(print32[:])
	r.PutStr("audit.account", "acme")
	r.PutInt("audit.received", received.UnixNano())
	r.PutInt("audit.time", happened.UnixNano())
	r.PutStr("user.name", "ana")
	if change != nil {
		change(r)
	}
}

func one(t *testing.T, change func(pcommon.Map)) audit.Event {
	logs := plog.NewLogs()
	record(logs, change)
	batch, err := exporter.Batch(logs)
	require.NoError(t, err)
	require.Len(t, batch.Events, 1)
	return batch.Events[0]
}

func TestEveryFieldReachesTheEvent(t *testing.T) {
	e := one(t, func(m pcommon.Map) {
		for f := range audit.Fields() {
			if _, there := m.Get(f.Attribute); there {
				continue
			}
			switch f.Kind {
			case audit.Text:
				m.PutStr(f.Attribute, "value of "+f.Name)
			case audit.List:
				m.PutEmptySlice(f.Attribute).AppendEmpty().SetStr("value of " + f.Name)
			case audit.Number:
				m.PutInt(f.Attribute, 42)
			case audit.Flag:
				m.PutBool(f.Attribute, true)
			case audit.Instant:
				m.PutInt(f.Attribute, received.UnixNano())
			case audit.Object:
				m.PutEmptyMap(f.Attribute).PutStr("custom", "x")
			}
		}
	})
	for f := range audit.Fields() {
		require.True(t, e.Has(f), f.Name)
	}
	require.Equal(t, "20261122-"+hash.String(), e.ID.String(), "filed under the day it happened")
	require.Equal(t, print32, e.Fingerprint)
	require.Equal(t, happened, e.Instant(audit.Time))
	require.JSONEq(t, `{"custom":"x"}`, e.Text(audit.Attributes))
	require.Equal(t, []string{"value of user.roles"}, e.List(audit.UserRoles))
}

func TestWhatIsNoCanonicalAttributeIsNotStored(t *testing.T) {
	e := one(t, func(m pcommon.Map) {
		m.PutStr("password", "secret")
		m.PutInt("user.id", 7)                     // another type than the table's
		m.PutStr("audit.impersonated", "true")     // likewise
		m.PutEmptyMap("audit.attributes")          // empty
		m.PutStr("http.response.status_code", "x") // likewise
	})
	require.JSONEq(t, `{"id":"`+e.ID.String()+`","time":"2026-11-22T23:59:59.000000005Z","received":"2026-11-23T00:00:01Z","user.name":"ana","account":"acme"}`,
		string(e.AppendJSON(nil)))
}

func TestTooManyKeptAttributesAreCounted(t *testing.T) {
	e := one(t, func(m pcommon.Map) {
		kept := m.PutEmptyMap("audit.attributes")
		for i := range 3000 {
			kept.PutStr(fmt.Sprintf("name-%d", i), "value")
		}
	})
	require.JSONEq(t, `{"omitted":"3000 attributes, longer than 16384 bytes"}`, e.Text(audit.Attributes))
}

func TestDeadLetters(t *testing.T) {
	logs := plog.NewLogs()
	record(logs, nil)
	record(logs, func(m pcommon.Map) {
		m.PutStr(audit.AttributeDeadLetterReason, string(audit.ReasonTooLarge))
		m.PutStr(audit.AttributeDeadLetterDetail, "the record has 9 bytes")
		m.PutStr(audit.AttributeDeadLetterAsked, "beta")
		m.PutEmptySlice(audit.AttributeDeadLetterNames).AppendEmpty().SetStr("blob")
	})
	batch, err := exporter.Batch(logs)
	require.NoError(t, err)
	require.Len(t, batch.Events, 1)
	require.Len(t, batch.DeadLetters, 1)
	letter := batch.DeadLetters[0]
	require.Equal(t, audit.ReasonTooLarge, letter.Reason)
	require.Equal(t, "the record has 9 bytes", letter.Detail)
	require.Equal(t, "beta", letter.Asked)
	require.Equal(t, []string{"blob"}, letter.Names)
	require.Equal(t, "ana", letter.Event.Text(audit.UserName))
	require.Equal(t, "2026.11.23", letter.Event.ID.Day.String(), "filed under the day it was received")
}

func TestRecordsThatBypassedTheReceiver(t *testing.T) {
	for name, change := range map[string]func(pcommon.Map){
		"no id":             func(m pcommon.Map) { m.Remove(audit.AttributeID) },
		"bad id":            func(m pcommon.Map) { m.PutStr(audit.AttributeID, "7") },
		"no fingerprint":    func(m pcommon.Map) { m.Remove(audit.AttributeFingerprint) },
		"short fingerprint": func(m pcommon.Map) { m.PutEmptyBytes(audit.AttributeFingerprint).FromRaw([]byte{1}) },
		"no account":        func(m pcommon.Map) { m.Remove("audit.account") },
		"no time":           func(m pcommon.Map) { m.Remove("audit.time") },
		"not received":      func(m pcommon.Map) { m.Remove("audit.received") },
	} {
		logs := plog.NewLogs()
		record(logs, change)
		_, err := exporter.Batch(logs)
		require.ErrorContains(t, err, "audit.", name)
	}
}

// failing is a store whose writes fail once it runs.
type failing struct {
	store.Store
	err error
}

func (f *failing) Write(ctx context.Context, b store.Batch) error {
	if f.err != nil {
		return f.err
	}
	return f.Store.Write(ctx, b)
}

func TestErrorsSayWhetherToTryAgain(t *testing.T) {
	ctx := t.Context()
	inner := &failing{Store: storetest.NewModel(func() time.Time { return received }, 30*24*time.Hour)}
	h := storetest.NewHost(t, inner)
	f := exporter.NewFactory()
	e, err := f.CreateLogs(ctx, exportertest.NewNopSettings(exporter.Type), f.CreateDefaultConfig())
	require.NoError(t, err)
	require.NoError(t, e.Start(ctx, h))
	defer func() { require.NoError(t, e.Shutdown(ctx)) }()

	send := func(change func(pcommon.Map)) error {
		logs := plog.NewLogs()
		record(logs, change)
		return e.ConsumeLogs(ctx, logs)
	}
	require.NoError(t, send(nil))
	found, err := inner.Event(ctx, store.Caller{Name: "t", Accounts: []string{"acme"}}, audit.ID{Day: audit.DayOf(happened), Hash: hash})
	require.NoError(t, err)
	require.Equal(t, "ana", found.Text(audit.UserName))

	inner.err = fmt.Errorf("full disk: %w", store.ErrUnavailable)
	err = send(nil)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.False(t, consumererror.IsPermanent(err))

	inner.err = errors.New("a defect")
	require.True(t, consumererror.IsPermanent(send(nil)))
	inner.err = nil
	require.True(t, consumererror.IsPermanent(send(func(m pcommon.Map) { m.Remove(audit.AttributeID) })))
}

func TestStartNamesTheSetting(t *testing.T) {
	f := exporter.NewFactory()
	e, err := f.CreateLogs(t.Context(), exportertest.NewNopSettings(exporter.Type), f.CreateDefaultConfig())
	require.NoError(t, err)
	require.ErrorContains(t, e.Start(t.Context(), componenttest.NewNopHost()), "`store`: there is no extension \"auditlog_store\"")
	require.NoError(t, e.Shutdown(t.Context()))
}

var _ collector.Factory = exporter.NewFactory()
