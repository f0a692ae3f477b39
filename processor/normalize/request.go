package normalize

import (
	"encoding/json"
	"io"
	"math"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/auditlog/auditlog/audit"
)

// maxRequest is the longest request, in bytes, that is handed on. Of a longer
// one only the length is said: half a JSON text cannot be redacted by name.
const maxRequest = 1 << 20

const tooDeep = "[too deep]"

func parseRequest(v pcommon.Value) (candidate, verdict) {
	s, ok := text(v)
	if t := v.Type(); t == pcommon.ValueTypeMap || t == pcommon.ValueTypeSlice {
		budget := maxRequest
		s, ok = jsonText(plain(v, 0, &budget)), true
	}
	switch {
	case !ok:
		return candidate{}, unusable
	case trim(s) == "":
		return candidate{}, missing
	case len(s) > maxRequest:
		s = omitted(len(s))
	}
	return candidate{text: audit.Clean(s, 0)}, usable
}

// plain returns v as encoding/json and [pcommon.Value.FromRaw] take it, to the
// depth of [maxDepth]. It takes what it uses from budget, in bytes, and leaves
// out what is beyond.
func plain(v pcommon.Value, depth int, budget *int) any {
	*budget -= 8
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return affordable(v.Str(), budget)
	case pcommon.ValueTypeBytes:
		return affordable(bytesText(v.Bytes().AsRaw()), budget)
	case pcommon.ValueTypeInt:
		return v.Int()
	case pcommon.ValueTypeBool:
		return v.Bool()
	case pcommon.ValueTypeDouble:
		if f := v.Double(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
		s, _ := text(v)
		return s
	case pcommon.ValueTypeMap, pcommon.ValueTypeSlice:
		if depth >= maxDepth {
			return tooDeep
		}
		if v.Type() == pcommon.ValueTypeMap {
			return plainMap(v.Map(), depth+1, budget)
		}
		return plainSlice(v.Slice(), depth+1, budget)
	default:
		return nil
	}
}

func affordable(s string, budget *int) string {
	if len(s) > *budget {
		return omitted(len(s))
	}
	*budget -= len(s)
	return audit.Clean(s, 0)
}

func plainMap(m pcommon.Map, depth int, budget *int) map[string]any {
	out := make(map[string]any, min(m.Len(), 64))
	for name, v := range m.All() {
		if *budget -= len(name); *budget <= 0 {
			break
		}
		name = audit.Clean(name, 0)
		if _, twice := out[name]; !twice {
			out[name] = plain(v, depth, budget)
		}
	}
	return out
}

func plainSlice(list pcommon.Slice, depth int, budget *int) []any {
	out := make([]any, 0, min(list.Len(), 64))
	for _, v := range list.All() {
		if *budget <= 0 {
			break
		}
		out = append(out, plain(v, depth, budget))
	}
	return out
}

// jsonText encodes what [plain] returned, and trees of it.
func jsonText(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // plain returns nothing that JSON lacks
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// A branch is a map made of dotted names.
type branch map[string]any

// put adds a value under a dotted name. Where there is a value already on the
// way, the rest of the name stays dotted.
func (tree branch) put(name string, leaf any) {
	for range maxDepth - 1 {
		head, rest, dotted := strings.Cut(name, ".")
		if !dotted || byChance(head) || byChance(rest) {
			break // a token with dots is one name
		}
		next, ok := tree[head].(branch)
		if _, taken := tree[head]; taken && !ok {
			break
		}
		if !ok {
			next = branch{}
			tree[head] = next
		}
		tree, name = next, rest
	}
	if next, ok := tree[name].(branch); ok {
		tree, name = next, "" // name.more came before name
	}
	if _, taken := tree[name]; !taken {
		tree[name] = leaf
	}
}

// byChance reports whether the first part of a dotted name is none that people give: 16
// or more characters with digits in three groups or more, or the head of a JSON web
// token.
func byChance(name string) bool {
	part, _, _ := strings.Cut(name, ".")
	groups := 0
	for i := range len(part) {
		if digit(part[i]) && (i == 0 || !digit(part[i-1])) {
			groups++
		}
	}
	return len(part) >= 16 && (groups >= 3 || strings.HasPrefix(part, "eyJ")) && strings.Count(part, "-") < 4
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// addRequest makes the request of its parts, or of what is left of a structured
// body, unless it was found as a whole.
func (r *reader) addRequest(e *reading) {
	request := of(audit.Request)
	tree, budget := branch{}, maxRequest
	add := func(prefix int, v pcommon.Value, depth int) {
		if budget -= len(r.name); budget > 0 {
			tree.put(audit.Clean(string(r.name[prefix:]), 0), plain(v, depth, &budget))
		}
	}
	switch {
	case e.parts > e.found[request].key:
		spelling := r.index.request[e.parts.rank()]
		r.walk(e.places[e.parts.place()], func(v pcommon.Value, depth int) bool {
			rank, ok := r.index.requestPart(r.name)
			if ok && rank == e.parts.rank() && (v.Type() != pcommon.ValueTypeMap || depth+1 == maxDepth) {
				add(len(spelling)+1, v, depth+1)
			}
			return true
		})
	case !e.has(request) && e.exists[inBody]:
		r.leaves(e.places[inBody], ofChange(e.places[inBody]), func(v pcommon.Value, depth int) { add(0, v, depth) })
	}
	if len(tree) == 0 {
		return
	}
	s := jsonText(tree)
	if len(s) > maxRequest {
		s = omitted(len(s))
	}
	e.put(request, &candidate{key: derived, text: s})
}

// pathOfChange is what a body may hold that is the path of what was changed, not
// that of a request.
var pathOfChange = map[string]bool{"path": true}

// ofChange returns the names that stay in a body that is a change, such as one of
// JSON patch, since what they say is needed to understand the values beside them.
func ofChange(body pcommon.Map) map[string]bool {
	for _, name := range []string{"op", "value", "lhs", "rhs", "from", "to", "old", "new", "before", "after", "item"} {
		if _, ok := body.Get(name); ok {
			return pathOfChange
		}
	}
	return nil
}

// leaves calls f for what is in no row, and for the names in also: each value that is no map, under its
// dotted name r.name, and each map that is too deep to be read. depth is that of
// the value itself.
func (r *reader) leaves(m pcommon.Map, also map[string]bool, f func(v pcommon.Value, depth int)) {
	r.walk(m, func(v pcommon.Value, depth int) (into bool) {
		m, _ := r.index.find(r.name, &r.text)
		if v.Type() == pcommon.ValueTypeMap && depth+1 < maxDepth {
			return m == nil || !slices.ContainsFunc(m.targets, isRequestTarget) || !isRequest(v)
		}
		_, part := r.index.requestPart(r.name)
		if m == nil && !part || also[string(r.name)] || also["*"] && m.isLastResort() {
			f(v, depth+1)
		}
		return false
	})
}

// isLastResort reports whether an attribute is read only where nothing better names
// the action, so that it is in no row.
func (m *meaning) isLastResort() bool {
	return m != nil && len(m.targets) == 1 && m.targets[0].slot == extra(extraRoute)
}

func isRequestTarget(t target) bool { return t.slot == of(audit.Request) }

// parseObject reads text that is one JSON object.
func parseObject(s string) (m pcommon.Map, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '{' || s[len(s)-1] != '}' {
		return m, false
	}
	decoder := json.NewDecoder(strings.NewReader(s))
	decoder.UseNumber()
	var object map[string]any
	if decoder.Decode(&object) != nil {
		return m, false
	}
	if _, err := decoder.Token(); err != io.EOF {
		return m, false
	}
	m = pcommon.NewMap()
	return m, m.FromRaw(numbers(object, 0).(map[string]any)) == nil
}

// numbers puts an int64 or a float64, or, where neither can hold it, text in
// place of each number, and bounds the depth.
func numbers(v any, depth int) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return f
		}
		return v.String()
	case map[string]any:
		if depth > maxDepth {
			return tooDeep
		}
		for name, item := range v {
			v[name] = numbers(item, depth+1)
		}
		return v
	case []any:
		if depth > maxDepth {
			return tooDeep
		}
		for i, item := range v {
			v[i] = numbers(item, depth+1)
		}
		return v
	}
	return v
}
