package redactprocessor

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/auditlog/auditlog/redact"
)

// redactMap redacts the names and values of a map as one structure, since a
// member can say what another one is.
func redactMap(p *redact.Pass, path string, m pcommon.Map) {
	if m.Len() == 0 {
		return
	}
	was := object(m)
	is, ok := p.Value(path, "", was).(redact.Object)
	if !ok {
		m.Clear()
		m.PutStr("attributes", "[redacted:depth]")
		return
	}
	putObject(m, is)
}

// redactValue redacts a value of any type under a name.
func redactValue(p *redact.Pass, path, name string, v pcommon.Value) {
	putValue(v, p.Value(path, name, anyOf(v)))
}

func object(m pcommon.Map) redact.Object {
	o := make(redact.Object, 0, m.Len())
	for name, v := range m.All() {
		o = append(o, redact.Member{Name: name, Value: anyOf(v)})
	}
	return o
}

func anyOf(v pcommon.Value) any {
	switch v.Type() {
	case pcommon.ValueTypeMap:
		return object(v.Map())
	case pcommon.ValueTypeSlice:
		list := make([]any, 0, v.Slice().Len())
		for _, item := range v.Slice().All() {
			list = append(list, anyOf(item))
		}
		return list
	case pcommon.ValueTypeBytes:
		return v.Bytes().AsRaw()
	}
	return v.AsRaw()
}

func putObject(m pcommon.Map, o redact.Object) {
	m.Clear()
	m.EnsureCapacity(len(o))
	for _, member := range o {
		putValue(m.PutEmpty(member.Name), member.Value)
	}
}

func putValue(v pcommon.Value, x any) {
	switch x := x.(type) {
	case redact.Object:
		putObject(v.SetEmptyMap(), x)
	case []any:
		list := v.SetEmptySlice()
		list.EnsureCapacity(len(x))
		for _, item := range x {
			putValue(list.AppendEmpty(), item)
		}
	case []byte:
		v.SetEmptyBytes().FromRaw(x)
	case string:
		v.SetStr(x)
	case bool:
		v.SetBool(x)
	case int64:
		v.SetInt(x)
	case float64:
		v.SetDouble(x)
	}
}
