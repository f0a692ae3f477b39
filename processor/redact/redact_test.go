package redactprocessor_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/goleak"

	"github.com/auditlog/auditlog/audit"
	redactprocessor "github.com/auditlog/auditlog/processor/redact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run sends one record through the processor.
func run(t testing.TB, change func(*redactprocessor.Config), fill func(plog.ResourceLogs, plog.LogRecord)) plog.Logs {
	t.Helper()
	f := redactprocessor.NewFactory()
	cfg := f.CreateDefaultConfig().(*redactprocessor.Config)
	if change != nil {
		change(cfg)
	}
	sink := new(consumertest.LogsSink)
	set := processor.Settings{ID: component.NewID(f.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings()}
	c, err := f.CreateLogs(context.Background(), set, cfg, sink)
	require.NoError(t, err)
	require.NoError(t, c.Start(context.Background(), componenttest.NewNopHost()))
	logs := plog.NewLogs()
	resource := logs.ResourceLogs().AppendEmpty()
	fill(resource, resource.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty())
	require.NoError(t, c.ConsumeLogs(context.Background(), logs))
	require.NoError(t, c.Shutdown(context.Background()))
	require.Len(t, sink.AllLogs(), 1)
	return sink.AllLogs()[0]
}

func first(logs plog.Logs) plog.LogRecord {
	return logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
}

func text(v pcommon.Map, name string) string {
	x, ok := v.Get(name)
	if !ok {
		return "(absent)"
	}
	return x.AsString()
}

func TestClosedList(t *testing.T) {
	logs := run(t, nil, func(_ plog.ResourceLogs, r plog.LogRecord) {
		a := r.Attributes()
		a.PutStr(audit.UserName.Attribute, "alice")
		a.PutStr(audit.Area.Attribute, "Passport Office")
		a.PutStr(audit.Request.Attribute, `{"role":"admin","password":"hunter2"}`)
		a.PutStr(audit.SessionID.Attribute, "0a1b2c3d4e5f60718293a4b5c6d7e8f9")
		a.PutStr(audit.Path.Attribute, "/login?token=hunter2&page=2")
		a.PutStr("audit.redactions", "a client's")
		a.PutStr("unknown", "hunter2")
		a.PutStr("duration", "12ms")
		a.PutStr(audit.AttributeID, strings.Repeat("0", 32))
		a.PutEmptyBytes(audit.AttributeFingerprint).FromRaw([]byte("0123456789"))
		kept := a.PutEmptyMap(audit.Attributes.Attribute)
		kept.PutStr("dbPassword", "hunter2")
		kept.PutInt("pin", 4711)
		kept.PutEmptyMap("deep").PutEmptySlice("list").AppendEmpty().SetStr("password=hunter2")
		kept.PutEmptyBytes("raw").FromRaw([]byte("password=hunter2"))
		a.PutStr(audit.AttributeDeadLetterAsked, "acme password=hunter2")
		names := a.PutEmptySlice(audit.AttributeDeadLetterNames)
		names.AppendEmpty().SetStr("plain")
		names.AppendEmpty().SetStr("password=hunter2")
	})
	a := first(logs).Attributes()
	require.Equal(t, "alice", text(a, audit.UserName.Attribute))
	require.Equal(t, "Passport Office", text(a, audit.Area.Attribute))
	require.Equal(t, `{"role":"admin","password":"[redacted:key]"}`, text(a, audit.Request.Attribute))
	require.Equal(t, "0a1b2c3d4e5f60718293a4b5c6d7e8f9", text(a, audit.SessionID.Attribute))
	require.Equal(t, "/login?token=[redacted:url]&page=2", text(a, audit.Path.Attribute))
	require.Equal(t, "(absent)", text(a, "unknown"))
	require.Equal(t, "12ms", text(a, "duration"))
	require.Equal(t, "MDEyMzQ1Njc4OQ==", text(a, audit.AttributeFingerprint))
	require.Equal(t, `{"dbPassword":"[redacted:key]","deep":{"list":["password=[redacted:pair]"]},"pin":"[redacted:key]","raw":"password=[redacted:pair]"}`, text(a, audit.Attributes.Attribute))
	require.Equal(t, `["plain","password=[redacted:pair]"]`, text(a, audit.AttributeDeadLetterNames))
	require.Equal(t, "acme password=[redacted:pair]", text(a, audit.AttributeDeadLetterAsked))
	require.Contains(t, text(a, audit.Redactions.Attribute), `"request.password: key"`)
	require.Contains(t, text(a, audit.Redactions.Attribute), `"attributes.pin: key"`)
	marshaler := plog.JSONMarshaler{}
	all, err := marshaler.MarshalLogs(logs)
	require.NoError(t, err)
	require.NotContains(t, string(all), "hunter2")
}

func TestOtherPipelines(t *testing.T) {
	logs := run(t, func(c *redactprocessor.Config) { c.ClosedList = false }, func(rl plog.ResourceLogs, r plog.LogRecord) {
		rl.Resource().Attributes().PutStr("db.password", "hunter2")
		rl.Resource().Attributes().PutStr("host.name", "web-1")
		rl.ScopeLogs().At(0).Scope().SetName("password=hunter2")
		r.SetEventName("login password=hunter2")
		r.SetSeverityText("password=hunter2")
		r.Body().SetEmptyMap().PutStr("secret", "hunter2")
		r.Attributes().PutStr("note", "the password is hunter2")
		r.Attributes().PutInt("count", 3)
		r.Attributes().PutEmptyBytes("data").FromRaw([]byte(`{"token":"hunter2"}`))
	})
	marshaler := plog.JSONMarshaler{}
	all, err := marshaler.MarshalLogs(logs)
	require.NoError(t, err)
	require.NotContains(t, string(all), "hunter2")
	require.Equal(t, "web-1", text(logs.ResourceLogs().At(0).Resource().Attributes(), "host.name"))
	n, _ := first(logs).Attributes().Get("count")
	require.Equal(t, int64(3), n.Int())
}

func TestConfig(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*redactprocessor.Config)
		want   string
	}{
		{"default", func(*redactprocessor.Config) {}, ""},
		{"request", func(c *redactprocessor.Config) { c.Request = "some" }, `request: "some"`},
		{"size", func(c *redactprocessor.Config) { c.MaxRequestSize = 0 }, "max_request_size: must be positive"},
		{"small", func(c *redactprocessor.Config) { c.MaxRequestSize = 10 }, "max_request_size: 10 is less"},
		{"key", func(c *redactprocessor.Config) { c.Keys = []string{"ok", "--"} }, `keys[1]: "--"`},
		{"pattern", func(c *redactprocessor.Config) {
			c.Patterns = []redactprocessor.Pattern{{Name: "a", Expression: "("}, {Name: "B", Expression: "x"}, {Name: "c", Expression: "x*"}}
		}, "patterns[0]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := redactprocessor.NewFactory().CreateDefaultConfig().(*redactprocessor.Config)
			test.change(cfg)
			err := cfg.Validate()
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
			if test.name == "pattern" {
				require.ErrorContains(t, err, "patterns[1]")
				require.ErrorContains(t, err, "patterns[2]")
			}
		})
	}
}

func TestCounter(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	f := redactprocessor.NewFactory()
	set := processor.Settings{ID: component.NewID(f.Type()), TelemetrySettings: telemetry.NewTelemetrySettings()}
	c, err := f.CreateLogs(context.Background(), set, f.CreateDefaultConfig(), new(consumertest.LogsSink))
	require.NoError(t, err)
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for range 2 {
		records.AppendEmpty().Attributes().PutStr(audit.Request.Attribute, `{"password":"x"}`)
	}
	require.NoError(t, c.ConsumeLogs(context.Background(), logs))
	metric, err := telemetry.GetMetric("auditlog_redactions")
	require.NoError(t, err)
	points := metric.Data.(metricdata.Sum[int64]).DataPoints
	require.Len(t, points, 1)
	require.Equal(t, int64(2), points[0].Value)
	rule, _ := points[0].Attributes.Value("rule")
	require.Equal(t, "key", rule.AsString())
	require.NoError(t, telemetry.Shutdown(context.Background()))
}
