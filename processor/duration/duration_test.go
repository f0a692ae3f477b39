package duration_test

import (
	"context"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/processor/duration"
)

type attributes = map[string]any

// process runs one record through the processor. It returns its attributes and
// how many durations were counted as unusable, by reason.
func process(t testing.TB, unit string, sent attributes) (got attributes, unusable map[string]int64) {
	telemetry := componenttest.NewTelemetry()
	defer func() { require.NoError(t, telemetry.Shutdown(context.Background())) }()
	set := processortest.NewNopSettings(duration.Type)
	set.TelemetrySettings = telemetry.NewTelemetrySettings()
	var sink consumertest.LogsSink
	p, err := duration.NewFactory().CreateLogs(context.Background(), set, &duration.Config{Unit: unit}, &sink)
	require.NoError(t, err)
	logs := plog.NewLogs()
	record := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	require.NoError(t, record.Attributes().FromRaw(sent))
	require.NoError(t, p.ConsumeLogs(context.Background(), logs))
	require.Len(t, sink.AllLogs(), 1)
	got = sink.AllLogs()[0].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().AsRaw()

	if m, err := telemetry.GetMetric("auditlog_duration_unusable"); err == nil {
		unusable = map[string]int64{}
		for _, point := range m.Data.(metricdata.Sum[int64]).DataPoints {
			reason, _ := point.Attributes.Value(attribute.Key("reason"))
			unusable[reason.AsString()] += point.Value
		}
	}
	return got, unusable
}

func TestForms(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name string
		sent any
		unit string
		want time.Duration
		text string
	}{
		{"audit.duration", 1_500_000, "s", 1500 * time.Microsecond, "2 ms"},
		{"event.duration", 842e6, "s", 842 * time.Millisecond, "842 ms"},
		{"event.duration", "1.24s", "s", 1240 * time.Millisecond, "1.24 s"},
		{"duration_ms", 999.7, "s", 999_700 * time.Microsecond, "1 s"},
		{"duration_ms", "75000", "s", 75 * time.Second, "75 s"},
		{"duration_s", 0.0004, "ms", 400 * time.Microsecond, "<1 ms"},
		{"http.server.request.duration", 1.24, "ms", 1240 * time.Millisecond, "1.24 s"},
		{"duration", 842, "ms", 842 * time.Millisecond, "842 ms"},
		{"duration", 842, "us", 842 * time.Microsecond, "<1 ms"},
		{"duration", 842, "ns", 842, "<1 ms"},
		{"duration", 1, "s", time.Second, "1 s"},
		{"duration", 0, "s", 0, "0 ms"},
		{"duration", " 842 ", "ms", 842 * time.Millisecond, "842 ms"},
		{"duration", "1e3", "ms", time.Second, "1 s"},
		{"duration", "842 ms", "s", 842 * time.Millisecond, "842 ms"},
		{"duration", "1h 2m 3.5s", "ms", time.Hour + 2*time.Minute + 3500*time.Millisecond, "3723.5 s"},
		{"duration", "12µs", "ms", 12 * time.Microsecond, "<1 ms"},
		{"duration", "PT1.5S", "ms", 1500 * time.Millisecond, "1.5 s"},
		{"duration", "PT1,5S", "ms", 1500 * time.Millisecond, "1.5 s"},
		{"duration", "P1DT2H", "ms", day + 2*time.Hour, "93600 s"},
		{"duration", "P2W", "ms", 14 * day, "1209600 s"},
		{"duration", "PT1H2M3S", "ms", time.Hour + 2*time.Minute + 3*time.Second, "3723 s"},
		{"elapsed", "P30D", "ms", 30 * day, "2592000 s"},
	} {
		got, unusable := process(t, c.unit, attributes{c.name: c.sent, "user.name": "ada"})
		require.Equal(t, attributes{"audit.duration": int64(c.want), "audit.duration.text": c.text, "user.name": "ada"}, got, "%s=%v", c.name, c.sent)
		require.Empty(t, unusable)
	}
}

func TestUnusable(t *testing.T) {
	for _, c := range []struct {
		sent   any
		reason string
	}{
		{-1, "negative"}, {-0.5, "negative"}, {"-1s", "negative"}, {"-5", "negative"}, {"PT-1.5S", "negative"}, {"-PT1S", "negative"}, {math.Inf(-1), "negative"},
		{30*24*3600*1000 + 1, "too_long"}, {math.MaxInt64, "too_long"}, {math.Inf(1), "too_long"}, {"Inf", "too_long"}, {"1e999", "too_long"}, {"P31D", "too_long"}, {"721h", "too_long"},
		{math.NaN(), "unreadable"}, {"NaN", "unreadable"}, {"soon", "unreadable"}, {"", "unreadable"}, {"1 fortnight", "unreadable"}, {true, "unreadable"}, {nil, "unreadable"}, {attributes{}, "unreadable"},
		{"P", "unreadable"}, {"PT", "unreadable"}, {"P1D T2H", "unreadable"}, {"P1Y", "unreadable"}, {"P1M", "unreadable"}, {"PT1S2M", "unreadable"}, {"PT1S1S", "unreadable"}, {"P1", "unreadable"}, {"PT1H2", "unreadable"}, {"1S", "unreadable"},
	} {
		got, unusable := process(t, "ms", attributes{"duration": c.sent})
		require.Empty(t, got, "%v", c.sent)
		require.Equal(t, map[string]int64{c.reason: 1}, unusable, "%v", c.sent)
	}
}

func TestOrder(t *testing.T) {
	got, unusable := process(t, "ms", attributes{"elapsed": 5, "duration_ms": "soon", "duration": -1, "duration_s": 2, "audit.duration.text": "sent"})
	require.Equal(t, attributes{"audit.duration": int64(2 * time.Second), "audit.duration.text": "2 s"}, got)
	require.Empty(t, unusable, "another spelling could be used")

	got, _ = process(t, "ms", attributes{"audit.duration": 1_000_000_000, "event.duration": 1})
	require.Equal(t, attributes{"audit.duration": int64(time.Second), "audit.duration.text": "1 s"}, got)

	got, unusable = process(t, "ms", attributes{"audit.duration.text": "sent"})
	require.Empty(t, got)
	require.Empty(t, unusable)
}

func TestConfig(t *testing.T) {
	cfg := duration.NewFactory().CreateDefaultConfig().(*duration.Config)
	require.NoError(t, componenttest.CheckConfigStruct(cfg))
	require.NoError(t, confmap.Validate(cfg))
	require.Equal(t, "ms", cfg.Unit)
	for file, want := range map[string]string{"good.yaml": "", "bad.yaml": "`unit` must be one of ns, us, ms, s, not \"min\"", "unknown.yaml": "units"} {
		conf, err := confmaptest.LoadConf(filepath.Join("testdata", file))
		require.NoError(t, err)
		err = conf.Unmarshal(cfg)
		if err == nil {
			err = confmap.Validate(cfg)
		}
		if want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want)
		}
	}
	require.Equal(t, "auditlog_duration", duration.NewFactory().Type().String())
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1.24s", "842 ms", "PT1.5S", "P1DT2H", "1e309", "-0", "0x1p-2", "P1,5W", "PT" + "9999999999999999999S"} {
		f.Add(s, 1.5)
	}
	names := append([]string{audit.DurationNS.Attribute}, audit.DurationNS.From...)
	set := processortest.NewNopSettings(duration.Type)
	var sink consumertest.LogsSink
	p, err := duration.NewFactory().CreateLogs(context.Background(), set, &duration.Config{Unit: "s"}, &sink)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, s string, n float64) {
		logs := plog.NewLogs()
		records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
		for _, name := range names {
			records.AppendEmpty().Attributes().PutStr(name, s)
			records.AppendEmpty().Attributes().PutDouble(name, n)
		}
		sink.Reset()
		require.NoError(t, p.ConsumeLogs(context.Background(), logs))
		for _, record := range records.All() {
			a := record.Attributes().AsRaw()
			if len(a) == 0 {
				continue
			}
			ns := a["audit.duration"].(int64)
			require.True(t, 0 <= ns && ns <= int64(duration.Longest))
			require.Equal(t, attributes{"audit.duration": ns, "audit.duration.text": audit.DurationText(time.Duration(ns))}, a)
		}
	})
}

// BenchmarkDuration processes batches of 100 records of 20 attributes; the
// figures are for one record.
func BenchmarkDuration(b *testing.B) {
	p, err := duration.NewFactory().CreateLogs(context.Background(), processortest.NewNopSettings(duration.Type), &duration.Config{Unit: "ms"}, consumertest.NewNop())
	require.NoError(b, err)
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for range 100 {
		a := records.AppendEmpty().Attributes()
		for f := range audit.Fields() {
			if f != audit.DurationNS && a.Len() < 19 {
				a.PutStr(f.Attribute, "x")
			}
		}
	}
	b.ReportAllocs()
	for done := 0; done < b.N; done += 100 {
		b.StopTimer()
		for _, record := range records.All() {
			record.Attributes().PutStr("duration", "1.24s")
		}
		b.StartTimer()
		if err := p.ConsumeLogs(context.Background(), logs); err != nil {
			b.Fatal(err)
		}
	}
}
