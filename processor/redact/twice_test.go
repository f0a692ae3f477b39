package redactprocessor_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"

	"github.com/auditlog/auditlog/audit"
	redactprocessor "github.com/auditlog/auditlog/processor/redact"
)

// alone returns what the processor makes of records, without others around it.
func alone(t testing.TB, closedList bool) func(plog.Logs) plog.Logs {
	t.Helper()
	f := redactprocessor.NewFactory()
	cfg := f.CreateDefaultConfig().(*redactprocessor.Config)
	cfg.ClosedList = closedList
	sink := new(consumertest.LogsSink)
	set := processor.Settings{ID: component.NewID(f.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings()}
	p, err := f.CreateLogs(context.Background(), set, cfg, sink)
	require.NoError(t, err)
	return func(logs plog.Logs) plog.Logs {
		sink.Reset()
		require.NoError(t, p.ConsumeLogs(context.Background(), logs))
		return sink.AllLogs()[0]
	}
}

// stored returns all of what is stored but the findings, which are those of one pass.
func stored(t testing.TB, logs plog.Logs) string {
	t.Helper()
	without := plog.NewLogs()
	logs.CopyTo(without)
	for _, rl := range without.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, r := range sl.LogRecords().All() {
				r.Attributes().Remove(audit.Redactions.Attribute)
			}
		}
	}
	b, err := new(plog.JSONMarshaler).MarshalLogs(without)
	require.NoError(t, err)
	return string(b)
}

// difference shows where two texts differ.
func difference(was, is string) string {
	from, end := 0, 0
	for from < min(len(was), len(is)) && was[from] == is[from] {
		from++
	}
	for end < min(len(was), len(is))-from && was[len(was)-1-end] == is[len(is)-1-end] {
		end++
	}
	before, after := was[max(0, from-40):from], was[len(was)-end:min(len(was), len(was)-end+40)]
	return fmt.Sprintf("…%s «%.200s» became «%.200s» %s…", before, was[from:len(was)-end], is[from:len(is)-end], after)
}

// TestPipelineTwice reads what was redacted once more: it stays as it is.
func TestPipelineTwice(t *testing.T) {
	t.Logf("seed %d; repeat with -pipeline.seed", *pipelineSeed)
	closed, open := alone(t, true), alone(t, false)
	for name, way := range map[string]struct{ once, again func(plog.Logs) plog.Logs }{
		"defaults":        {pipeline(t), closed},
		"keep all":        {pipeline(t, "*"), closed},
		"other pipelines": {open, open},
	} {
		t.Run(name, func(t *testing.T) {
			s := sower{rand.New(rand.NewPCG(*pipelineSeed, 6))}
			changed, total := map[string]int{}, 0
			example := map[string]string{}
			check := func(k string, at place, wrapping, text string) {
				once := way.once(record(at, text))
				was := stored(t, once)
				is := stored(t, way.again(once))
				if total++; was == is {
					return
				}
				if changed[k]++; changed[k] == 1 {
					example[k] = difference(was, is)
				}
				example[k] += " | " + at.name + " " + wrapping
			}
			for _, class := range slices.Sorted(maps.Keys(pipelineForms)) {
				for _, form := range pipelineForms[class] {
					if race && s.IntN(8) != 0 {
						continue // as where leaks are looked for
					}
					for _, at := range pipelinePlaces {
						if s.IntN(3) != 0 {
							continue // each form in some of the places
						}
						w := wrappings[0]
						if s.IntN(4) == 0 {
							w = wrappings[1+s.IntN(len(wrappings)-1)]
						}
						text, _ := s.fill(form)
						check(fmt.Sprintf("%s: %q", class, form), at, w.name, w.wrap(text))
					}
				}
			}
			for _, fact := range append(slices.Clone(requestFacts), sentencesThatStay...) {
				for _, at := range pipelinePlaces {
					if s.IntN(3) != 0 || race && s.IntN(8) != 0 {
						continue
					}
					check(fmt.Sprintf("stays: %q", fact), at, "", fact)
					if at.name == "http.request.body" {
						check(fmt.Sprintf("stays: %q", fact), at, "in an object", `{"id":7,`+fact+`,"password":"x"}`)
					}
				}
			}
			n := 0
			for _, k := range slices.Sorted(maps.Keys(changed)) {
				n += changed[k]
				t.Errorf("%s changed %d times: %s", k, changed[k], example[k])
			}
			t.Logf("%d of %d changed", n, total)
		})
	}
}
