package normalize_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/processor/normalize"
)

// FuzzNormalize makes attributes of arbitrary names, values and nesting out of
// bytes, and holds the result to the contract.
func FuzzNormalize(f *testing.F) {
	f.Add([]byte("\x00\x01\x02user\x03adaaaaaaaa"), "text", "login", int64(0), uint8(0))
	f.Add([]byte("\x05\x05\x05\x05\x05\x06\x07"), `{"user":{"name":"ada"},"time":"2026-11-22T11:00:00Z","x":[{"y":1e400}]}`, "", int64(math.MinInt64), uint8(1))
	f.Add([]byte{7, 200, 6, 200, 5, 200, 4, 200, 3, 200, 2, 200, 1, 200}, "{\"a\":\"\xff\"}", "\xff", int64(1795348800), uint8(2))
	plain := config()
	keeping := config(func(cfg *normalize.Config) {
		cfg.Keep, cfg.Proxies = []string{"*"}, []string{"10.0.0.0/8"}
		cfg.Aliases = []normalize.Alias{{Field: "user.name", From: []string{"http.request.body.x"}}, {Field: "duration_ns", From: []string{"X"}}}
	})
	f.Fuzz(func(t *testing.T, program []byte, body, event string, number int64, options uint8) {
		b := builder{program: program, text: body, number: number}
		logs := plog.NewLogs()
		resource := logs.ResourceLogs().AppendEmpty()
		b.fill(resource.Resource().Attributes(), 0)
		scope := resource.ScopeLogs().AppendEmpty()
		b.fill(scope.Scope().Attributes(), 0)
		for range 2 {
			record := scope.LogRecords().AppendEmpty()
			b.fill(record.Attributes(), 0)
			record.SetEventName(event)
			record.SetTimestamp(pcommon.Timestamp(number))
			record.SetSeverityNumber(plog.SeverityNumber(number))
			if options&1 == 0 {
				record.Body().SetStr(body)
			} else {
				b.value(record.Body(), 0)
			}
			if options&4 == 0 {
				record.Attributes().RemoveIf(func(name string, _ pcommon.Value) bool { return stamped[name] })
				stamp(record)
			}
		}
		cfg := plain
		if options&2 != 0 {
			cfg = keeping
		}
		got := process(t, cfg, logs)
		checkContract(t, got)
		for _, record := range got.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
			reason, _ := record.Attributes().Get(audit.AttributeDeadLetterReason)
			require.True(t, reason == (pcommon.Value{}) || reason.Str() != string(audit.ReasonUnreadable))
		}
	})
}

var stamped = func() map[string]bool {
	names := map[string]bool{audit.AttributeID: true, audit.AttributeFingerprint: true, audit.AttributeDeadLetterReason: true, audit.AttributeDeadLetterDetail: true, audit.AttributeDeadLetterNames: true}
	for f := range audit.Fields() {
		if f.Stamped {
			names[f.Attribute] = true
		}
	}
	return names
}()

// names are those that the table knows, parts of them, and some others.
var names = func() []string {
	names := []string{"user.effective.name", "user.effective.id", "http", "request", "body", "x", "X", "http.request.body.x", "http.request.body.size", "content", "", ".", "audit", "*"}
	for f := range audit.Fields() {
		names = append(append(names, f.Attribute, f.Name), f.From...)
	}
	return names
}()

// A builder reads a program: which attributes there are, and what they hold.
type builder struct {
	program []byte
	text    string
	number  int64
}

func (b *builder) next() int {
	if len(b.program) == 0 {
		return 0
	}
	n := b.program[0]
	b.program = b.program[1:]
	return int(n)
}

func (b *builder) fill(m pcommon.Map, depth int) {
	for range b.next() % 8 {
		name := names[(b.next()+256*b.next())%len(names)]
		if b.next()%16 == 0 {
			name = b.text[:min(len(b.text), b.next())]
		}
		b.value(m.PutEmpty(name), depth)
	}
}

func (b *builder) value(v pcommon.Value, depth int) {
	switch b.next() % 10 {
	case 0:
		v.SetStr(b.text)
	case 1:
		v.SetStr(b.text[:min(len(b.text), b.next())])
	case 2:
		v.SetInt(b.number)
	case 3:
		v.SetInt(int64(b.next() * b.next()))
	case 4:
		v.SetDouble(math.Float64frombits(uint64(b.number)))
	case 5:
		v.SetBool(b.next()%2 == 0)
	case 6:
		v.SetEmptyBytes().FromRaw([]byte(b.text))
	case 7, 8:
		if m := v.SetEmptyMap(); depth < 50 {
			b.fill(m, depth+1)
		}
	case 9:
		list := v.SetEmptySlice()
		for range b.next() % 4 {
			if depth < 50 {
				b.value(list.AppendEmpty(), depth+1)
			}
		}
	}
}
