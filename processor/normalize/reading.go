package normalize

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/auditlog/auditlog/audit"
)

// A place is where an attribute sits.
type place uint32

// The places, best first.
const (
	onRecord place = iota
	inBody
	onScope
	onResource
	places
)

// A key orders the candidates for one slot; the greatest wins, 0 is none. It
// holds, in this order, the place, the rank of the spelling, whether only the
// case-insensitive name matched, and the depth.
type key uint32

const best = ^key(0) // a top-level attribute of the record under its canonical name

func keyOf(p place, rank int, folded bool, depth int) key {
	k := uint32(p)<<24 | uint32(min(rank, 1<<16-1))<<8 | uint32(depth)
	if folded {
		k |= 1 << 7
	}
	return ^key(k)
}

func (k key) place() place { return place(^k >> 24) }
func (k key) rank() int    { return int(^k >> 8 & (1<<16 - 1)) }

// maxDepth is how deep maps are read. Deeper ones have no value.
const maxDepth = 32

// A reading is what was found in the places read so far.
type reading struct {
	found  []candidate         // by slot
	parts  key                 // of the best spelling under which parts of the request were found
	places [places]pcommon.Map // read so far
	filled [places]bool        // whether there is one
	kept   [places][]kept      // attributes that the configuration keeps
	names  [places]*nameList   // attributes that are in no row, once somebody asked
}

func newReading() *reading { return &reading{found: make([]candidate, firstExtra+extraCount)} }

// copyFrom starts r with what o found.
func (r *reading) copyFrom(o *reading) {
	copy(r.found, o.found)
	*r = reading{found: r.found, parts: o.parts, places: o.places, filled: o.filled, kept: o.kept}
}

func (r *reading) reset() {
	clear(r.found)
	*r = reading{found: r.found}
}

func (r *reading) has(s slot) bool { return r.found[s].key != 0 }

// offer keeps c if it is better than what was found for the slot.
func (r *reading) offer(s slot, c candidate) {
	if c.key > r.found[s].key {
		r.found[s] = c
	}
}

// A walker visits attributes, at any depth, under their dotted names.
type walker struct {
	name []byte
	text []byte // buffer for names in lower case
}

// walk calls visit for each attribute of m; w.name is its name. A map is walked
// too if visit returns true for it.
func (w *walker) walk(m pcommon.Map, visit func(v pcommon.Value, depth int) (into bool)) {
	w.name = w.name[:0]
	w.members(m, 0, visit)
}

func (w *walker) members(m pcommon.Map, depth int, visit func(pcommon.Value, int) bool) {
	start := len(w.name)
	for name, v := range m.All() {
		if start > 0 {
			w.name = append(w.name, '.')
		}
		w.name = append(w.name, name...)
		if visit(v, depth) && v.Type() == pcommon.ValueTypeMap && depth+1 < maxDepth {
			w.members(v.Map(), depth+1, visit)
		}
		w.name = w.name[:start]
	}
}

// A reader brings records into their normal form. It is for one goroutine.
type reader struct {
	*normalizer
	walker

	resource, scope, event *reading // of the record at hand; each begins with what the one before found

	into  *reading                      // being read
	place place                         // being read
	visit func(pcommon.Value, int) bool // visitRow, bound once
	drop  func(string, pcommon.Value) bool
	done  []bool // fields that are written, by index

	bad   []int64 // values that are none of their field, by slot
	aside map[audit.Reason]int64
}

func newReader(n *normalizer) *reader {
	r := &reader{
		normalizer: n,
		resource:   newReading(), scope: newReading(), event: newReading(),
		done: make([]bool, firstExtra),
		bad:  make([]int64, firstExtra+extraCount), aside: map[audit.Reason]int64{},
	}
	r.visit, r.drop = r.visitRow, r.dropAttribute
	return r
}

// read finds what the attributes at a place say.
func (r *reader) read(into *reading, p place, attributes pcommon.Map) {
	r.into, r.place = into, p
	into.places[p], into.filled[p] = attributes, true
	r.walk(attributes, r.visit)
	if len(r.keep) > 0 {
		into.kept[p] = r.collectKept(attributes)
	}
}

// visitRow offers one attribute to every slot that it is a spelling of. Maps
// are walked even where they are the request, for aliases may lead into it.
func (r *reader) visitRow(v pcommon.Value, depth int) bool {
	targets, folded := r.index.find(r.name, &r.text)
	isMap := v.Type() == pcommon.ValueTypeMap
	if targets == nil && !isMap && r.place <= inBody { // further out are no parts of a request
		if rank, ok := r.index.requestPart(r.name); ok {
			r.into.parts = max(r.into.parts, keyOf(r.place, rank, false, maxDepth))
		}
	}
	for i := range targets {
		t := &targets[i]
		if t.stamped && (r.place != onRecord || depth > 0 || folded) {
			continue
		}
		k := keyOf(r.place, t.rank, folded, depth)
		if k <= r.into.found[t.slot].key && t.slot != of(audit.Status) { // a worse status may hold the code
			continue
		}
		if !isMap || t.slot == of(audit.Request) && isRequest(v) {
			r.parse(t, k, v)
		}
	}
	return true
}

func (r *reader) parse(t *target, k key, v pcommon.Value) {
	c, verdict := t.parse(v)
	c.key = k
	switch {
	case verdict == unusable:
		r.bad[t.slot]++
	case verdict == missing:
	case t.slot == of(audit.Status) && c.text == "":
		c.key = keyOf(r.place, statusCodeRank+t.rank, false, 0) // after every spelling of the code
		r.into.offer(of(audit.StatusCode), c)
	default:
		r.into.offer(t.slot, c)
	}
}

// statusCodeRank is the rank of a code that was sent as a status.
const statusCodeRank = 1 << 12
