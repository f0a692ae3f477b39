package normalize

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/auditlog/auditlog/audit"
)

// kept is an attribute that is in no row and that the configuration names.
type kept struct {
	name  string
	value any  // as [plain] returns it
	size  int  // in bytes, as JSON
	part  bool // of a structured body, which is a request unless there is another one
}

// isKept reports whether the configuration names the attribute, or what it is
// a part of.
func (p *normalizer) isKept(name []byte) bool {
	if len(p.keep) == 0 {
		return false
	}
	return p.keep["*"] || p.isNamed(name)
}

// isNamed reports whether the configuration names it otherwise than by *.
func (p *normalizer) isNamed(name []byte) bool {
	if p.keep[string(name)] {
		return true
	}
	for i, c := range name {
		if c == '.' && p.keep[string(name[:i])] {
			return true
		}
	}
	return false
}

// collectKept reads the attributes of one place that are kept. It stops where
// more would not fit in any case.
func (r *reader) collectKept(attributes pcommon.Map) (list []kept) {
	left := audit.Attributes.Max
	r.leaves(attributes, r.keep, func(v pcommon.Value, depth int) {
		if left <= 0 || len(r.name) > left || !r.isKept(r.name) {
			return
		}
		k := kept{name: audit.Clean(string(r.name), 0), part: r.place == inBody && !r.isNamed(r.name)}
		budget := left
		k.value = plain(v, depth, &budget)
		k.size = len(jsonText(k.value)) + len(jsonText(k.name)) + len(":,")
		if k.value == nil || k.size > left {
			r.bad[of(audit.Attributes)]++
			return
		}
		left -= k.size
		list = append(list, k)
	})
	return list
}

// putKept puts the kept attributes under their dotted names, those of better
// places first, as many as the field can hold. What * keeps of a structured body
// is there only if it is not in the summary of the request, as the map body.
func (r *reader) putKept(e *reading, attributes pcommon.Map) {
	left := audit.Attributes.Max - len("{}")
	values, body := map[string]any{}, map[string]any{}
	summarized := e.found[of(audit.Request)].key == derived
	for _, list := range e.kept {
		for _, k := range list {
			into := values
			if k.part {
				if summarized {
					continue // the request says it
				}
				into = body // what holds for requests holds for it
			}
			if _, twice := into[k.name]; twice {
				continue
			}
			if k.size > left {
				r.bad[of(audit.Attributes)]++
				continue
			}
			left -= k.size
			into[k.name] = k.value
		}
	}
	if len(body) > 0 {
		values["body"] = body
	}
	if len(values) > 0 {
		_ = attributes.PutEmptyMap(audit.Attributes.Attribute).FromRaw(values)
	}
}
