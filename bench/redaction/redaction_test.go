// Package redaction compares the cost of redaction with that of the upstream
// Collector's processor, on the same records.
package redaction_test

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	upstream "github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"

	"github.com/auditlog/auditlog/processor/duration"
	"github.com/auditlog/auditlog/processor/normalize"
	redactprocessor "github.com/auditlog/auditlog/processor/redact"
)

// stage makes a processor with its defaults, changed by settings.
func stage(t testing.TB, f processor.Factory, next consumer.Logs, settings map[string]any) consumer.Logs {
	t.Helper()
	cfg := f.CreateDefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(settings).Unmarshal(cfg))
	set := processor.Settings{ID: component.NewID(f.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings()}
	p, err := f.CreateLogs(context.Background(), set, cfg, next)
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, p.Shutdown(context.Background())) })
	return p
}

// patterns that begin with a literal, for which Go's regular expressions are
// fast; with them upstream finds every secret of the records.
var patterns = []any{
	`access_token=[-A-Za-z0-9]+`, `"password":"[^"]+"`, `"refresh_token":"[^"]+"`, `"secret":"[^"]+"`, `eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`,
	`ghp_[A-Za-z0-9]{36}`, `AKIA[A-Z0-9]{16}`, `postgres://[^@"]+@`, `4[0-9]{15}`,
}

// A contestant is a processor, or several, and what happens to the records
// before them.
type contestant struct {
	name   string
	make   func(testing.TB, consumer.Logs) consumer.Logs
	before func(plog.Logs) plog.Logs
}

func contestants(t testing.TB) []contestant {
	sink := new(consumertest.LogsSink)
	normalizing := stage(t, normalize.NewFactory(), sink, nil)
	normal := func(logs plog.Logs) plog.Logs {
		sink.Reset()
		require.NoError(t, normalizing.ConsumeLogs(context.Background(), logs))
		return sink.AllLogs()[0]
	}
	sent := func(logs plog.Logs) plog.Logs { return logs }
	redaction := func(t testing.TB, next consumer.Logs) consumer.Logs {
		return stage(t, redactprocessor.NewFactory(), next, nil)
	}
	return []contestant{
		{"copying", func(_ testing.TB, next consumer.Logs) consumer.Logs { return next }, sent},
		{"normalize", func(t testing.TB, next consumer.Logs) consumer.Logs {
			return stage(t, normalize.NewFactory(), next, nil)
		}, sent},
		{"redact", redaction, normal},
		{"redact any pipeline", func(t testing.TB, next consumer.Logs) consumer.Logs {
			return stage(t, redactprocessor.NewFactory(), next, map[string]any{"closed_list": false})
		}, sent},
		{"normalize redact duration", func(t testing.TB, next consumer.Logs) consumer.Logs {
			return stage(t, normalize.NewFactory(), redaction(t, stage(t, duration.NewFactory(), next, nil)), nil)
		}, sent},
		{"upstream redaction", func(t testing.TB, next consumer.Logs) consumer.Logs {
			return stage(t, upstream.NewFactory(), next, map[string]any{"allow_all_keys": true, "blocked_values": patterns})
		}, sent},
	}
}

func clone(logs plog.Logs) plog.Logs {
	copied := plog.NewLogs()
	logs.CopyTo(copied)
	return copied
}

// BenchmarkBatch reports the CPU time (user and system, garbage collection
// included) of a million records, and allocations of a batch of 500.
func BenchmarkBatch(b *testing.B) {
	for _, c := range contestants(b) {
		records := batch(1, 500)
		stamp(records)
		b.Run(strings.ReplaceAll(c.name, " ", "-"), func(b *testing.B) {
			first := c.make(b, consumertest.NewNop())
			b.ReportAllocs()
			var spent time.Duration
			for b.Loop() {
				b.StopTimer()
				logs := c.before(clone(records))
				b.StartTimer()
				before := cpu()
				if err := first.ConsumeLogs(context.Background(), logs); err != nil {
					b.Fatal(err)
				}
				spent += cpu() - before
			}
			b.ReportMetric(spent.Seconds()*1e6/float64(b.N*records.LogRecordCount()), "cpu-s/M")
		})
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestEqualWork holds that what is compared does the work: no secret is left.
func TestEqualWork(t *testing.T) {
	records := batch(1, 500)
	stamp(records)
	marshaler := plog.JSONMarshaler{}
	for _, c := range contestants(t) {
		if !strings.Contains(c.name, "redact") {
			continue
		}
		sink := new(consumertest.LogsSink)
		require.NoError(t, c.make(t, sink).ConsumeLogs(context.Background(), c.before(clone(records))))
		text, err := marshaler.MarshalLogs(sink.AllLogs()[0])
		require.NoError(t, err)
		require.NotContains(t, strings.ToLower(string(text)), canary, c.name)
	}
}
