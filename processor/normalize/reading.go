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
	filled []slot              // those that have, or had, a candidate
	parts  key                 // of the best spelling under which parts of the request were found
	places [places]pcommon.Map // read so far
	exists [places]bool        // whether there is one
	kept   [places][]kept      // attributes that the configuration keeps
	names  [places]*nameList   // attributes that are in no row, once somebody asked
}

func newReading() *reading { return &reading{found: make([]candidate, firstExtra+extraCount)} }

// copyFrom starts r with what o found.
func (r *reading) copyFrom(o *reading) {
	r.empty()
	for _, s := range o.filled {
		r.put(s, &o.found[s])
	}
	r.parts, r.places, r.exists, r.kept = o.parts, o.places, o.exists, o.kept
	r.names = [places]*nameList{}
}

func (r *reading) reset() {
	r.empty()
	*r = reading{found: r.found, filled: r.filled}
}

// empty touches only what is filled: there are many slots, and most records fill
// few.
func (r *reading) empty() {
	for _, s := range r.filled {
		r.found[s] = candidate{}
	}
	r.filled = r.filled[:0]
}

func (r *reading) has(s slot) bool { return r.found[s].key != 0 }

// offer keeps c if it is better than what was found for the slot.
func (r *reading) offer(s slot, c *candidate) {
	if c.key > r.found[s].key {
		r.put(s, c)
	}
}

// put makes c the candidate of a slot, whatever was found.
func (r *reading) put(s slot, c *candidate) {
	if !r.has(s) {
		r.filled = append(r.filled, s)
	}
	r.found[s] = *c
}

// drop forgets what was found for a slot.
func (r *reading) drop(s slot) { r.found[s] = candidate{} }

// A walker visits attributes, at any depth, under their dotted names.
type walker struct {
	name []byte
	last string // the last part of name
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
		w.last = name
		if visit(v, depth) && v.Type() == pcommon.ValueTypeMap && depth+1 < maxDepth {
			w.members(v.Map(), depth+1, visit)
		}
		w.name = w.name[:start]
	}
}

// expected is what a name means, and whether only in another case.
type expected struct {
	meaning *meaning
	folded  bool
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
	tops  []*meaning // of the record's own attributes, in their order
	top   int        // that of the attribute that is dropped or not
	done  []bool     // fields that are written, by index

	order audit.Sequence[expected] // of the record's own attributes

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
	into.places[p], into.exists[p] = attributes, true
	if p == onRecord {
		r.tops = r.tops[:0]
		r.order.Begin()
	}
	r.walk(attributes, r.visit)
	if len(r.keep) > 0 {
		into.kept[p] = r.collectKept(attributes)
	}
}

// meaning is what the name at hand means; name is the last part of it.
func (r *reader) meaning(name string, depth int) (m *meaning, folded bool) {
	if depth > 0 || r.place != onRecord {
		return r.index.find(r.name, &r.text)
	}
	if e, ok := r.order.Find(name); ok {
		return e.meaning, e.folded
	}
	m, folded = r.index.find(r.name, &r.text)
	r.order.Add(name, expected{m, folded})
	return m, folded
}

// visitRow offers one attribute to every slot that it is a spelling of. Maps
// are walked even where they are the request, for aliases may lead into it.
func (r *reader) visitRow(v pcommon.Value, depth int) bool {
	m, folded := r.meaning(r.last, depth)
	if depth == 0 && r.place == onRecord {
		r.tops = append(r.tops, m)
	}
	isMap := v.Type() == pcommon.ValueTypeMap
	if m == nil {
		if isMap || r.place > inBody { // further out are no parts of a request
			return true
		}
		if rank, ok := r.index.requestPart(r.name); ok {
			r.into.parts = max(r.into.parts, keyOf(r.place, rank, false, maxDepth))
		}
		return true
	}
	for i := range m.targets {
		t := &m.targets[i]
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
		r.into.offer(of(audit.StatusCode), &c)
	default:
		r.into.offer(t.slot, &c)
	}
}

// statusCodeRank is the rank of a code that was sent as a status.
const statusCodeRank = 1 << 12
