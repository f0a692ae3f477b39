package normalize

import (
	"fmt"
	"math"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/auditlog/auditlog/audit"
)

// later is how many attributes later stages add: redactions, fingerprints, the
// duration and its text.
const later = 4

// write makes the record what later stages expect: canonical attributes and
// nothing else.
func (r *reader) write(e *reading, record plog.LogRecord) {
	clear(r.done)
	attributes := record.Attributes()
	r.top = 0
	attributes.RemoveIf(r.drop)
	missing := 0
	for _, s := range e.filled {
		if s < firstExtra && !r.done[s] {
			missing++
		}
	}
	attributes.EnsureCapacity(attributes.Len() + missing + later)
	for f := range audit.Fields() {
		if c := &e.found[of(f)]; c.key != 0 && !r.done[f.Index()] {
			put(attributes, f, c)
		}
	}
	record.SetTimestamp(pcommon.Timestamp(e.found[of(audit.Time)].number))
	blank(record)
}

// blank empties what is not an attribute.
func blank(record plog.LogRecord) {
	_ = record.Body().FromRaw(nil)
	record.SetEventName("")
	record.SetSeverityNumber(plog.SeverityNumberUnspecified)
	record.SetSeverityText("")
	record.SetFlags(0)
	record.SetTraceID(pcommon.TraceID{})
	record.SetSpanID(pcommon.SpanID{})
	record.SetObservedTimestamp(0)
	record.SetDroppedAttributesCount(0)
}

// dropAttribute keeps the identity, and those canonical attributes that the
// record has already as they shall be.
func (r *reader) dropAttribute(_ string, v pcommon.Value) bool {
	m := r.tops[r.top]
	r.top++
	if m == nil {
		return true
	}
	if m.identity {
		return v.Type() != m.kind
	}
	f := m.field
	if f == nil || r.done[f.Index()] {
		return true
	}
	c := &r.event.found[of(f)]
	r.done[f.Index()] = c.key == best && same(f, c, v)
	return !r.done[f.Index()]
}

// identity lists the attributes that are handed on as they are.
var identity = map[string]pcommon.ValueType{
	audit.AttributeID:               pcommon.ValueTypeStr,
	audit.AttributeFingerprint:      pcommon.ValueTypeBytes,
	audit.AttributeDeadLetterReason: pcommon.ValueTypeStr,
	audit.AttributeDeadLetterDetail: pcommon.ValueTypeStr,
	audit.AttributeDeadLetterAsked:  pcommon.ValueTypeStr,
}

func same(f *audit.Field, c *candidate, v pcommon.Value) bool {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return f.Kind == audit.Text && v.Str() == c.text
	case pcommon.ValueTypeInt:
		return (f.Kind == audit.Number || f.Kind == audit.Instant) && v.Int() == c.number
	case pcommon.ValueTypeBool:
		return f.Kind == audit.Flag && v.Bool() == (c.number == 1)
	case pcommon.ValueTypeSlice:
		return f.Kind == audit.List && sameList(c.list, v.Slice())
	default:
		return false
	}
}

func sameList(items []string, list pcommon.Slice) bool {
	if len(items) != list.Len() {
		return false
	}
	for i, s := range items {
		if item := list.At(i); item.Type() != pcommon.ValueTypeStr || item.Str() != s {
			return false
		}
	}
	return true
}

func put(attributes pcommon.Map, f *audit.Field, c *candidate) {
	switch {
	case f == audit.DurationNS:
		putDuration(attributes, c)
	case f.Kind == audit.Text:
		attributes.PutStr(f.Attribute, c.text)
	case f.Kind == audit.List:
		putList(attributes, f.Attribute, c.list)
	case f.Kind == audit.Number, f.Kind == audit.Instant:
		attributes.PutInt(f.Attribute, c.number)
	case f.Kind == audit.Flag:
		attributes.PutBool(f.Attribute, c.number == 1)
	}
}

func putList(attributes pcommon.Map, name string, items []string) {
	list := attributes.PutEmptySlice(name)
	list.EnsureCapacity(len(items))
	for _, s := range items {
		list.AppendEmpty().SetStr(s)
	}
}

// putDuration puts the duration as it was sent, under the spelling that tells
// its unit. An alias has the configured unit, as duration has.
func putDuration(attributes pcommon.Map, c *candidate) {
	name := "duration"
	if rank := c.key.rank(); rank == 0 {
		name = audit.DurationNS.Attribute
	} else if rank <= len(audit.DurationNS.From) {
		name = audit.DurationNS.From[rank-1]
	}
	switch c.kind {
	case pcommon.ValueTypeInt:
		attributes.PutInt(name, c.number)
	case pcommon.ValueTypeDouble:
		attributes.PutDouble(name, math.Float64frombits(uint64(c.number)))
	default:
		attributes.PutStr(name, c.text)
	}
}

// Bounds of the names that a dead letter lists.
const (
	maxNames = 100
	maxName  = 128 // bytes
)

// A nameList holds some names, and how many more there were.
type nameList struct {
	names []string
	more  int
}

// bounded sorts names and leaves the first, each once.
func bounded(names []string, more int) nameList {
	slices.Sort(names)
	names = slices.Compact(names)
	if n := len(names) - maxNames; n > 0 {
		names, more = names[:maxNames], more+n
	}
	return nameList{names, more}
}

// names lists the attributes of a record that are in no row and not kept.
func (r *reader) names(e *reading) []string {
	var all []string
	more := 0
	for p, owner := range [places]*reading{onRecord: e, inBody: e, onScope: r.scope, onResource: r.resource} {
		if owner.exists[p] {
			list := r.namesAt(owner, place(p))
			all, more = append(all, list.names...), more+list.more
		}
	}
	list := bounded(all, more)
	if list.more > 0 {
		return append(list.names, fmt.Sprintf("+%d more", list.more))
	}
	return list.names
}

// namesAt collects the names of a place once: a resource may be large, and have
// many records.
func (r *reader) namesAt(owner *reading, p place) *nameList {
	if owner.names[p] == nil {
		var names []string
		r.leaves(owner.places[p], nil, func(pcommon.Value, int) {
			if !r.isKept(r.name) {
				name := string(r.name)
				if len(name) > maxName { // half a name could not be redacted
					name = "[a longer name]"
				}
				names = append(names, audit.Clean(name, maxName))
			}
		})
		list := bounded(names, 0)
		owner.names[p] = &list
	}
	return owner.names[p]
}
