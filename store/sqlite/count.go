package sqlite

import (
	"math"
	"slices"

	"github.com/auditlog/auditlog/audit"
)

// counts are how many events there are of each.
type counts map[string]int64

func (c counts) add(other counts) counts {
	if c == nil {
		c = make(counts, len(other))
	}
	for v, n := range other {
		c[v] += n
	}
	return c
}

// A counter counts the events of a selection.
type counter interface {
	// field is what it counts the values of.
	field() *audit.Field
	// values counts n events that happened at time and have the values.
	values(time int64, values []string, n int64)
	// until returns the first time after this one at which events are counted in
	// another way.
	until(time int64) int64
}

type valueCounter struct {
	of     *audit.Field
	counts counts
}

func (c *valueCounter) field() *audit.Field { return c.of }
func (c *valueCounter) until(int64) int64   { return math.MaxInt64 }
func (c *valueCounter) values(_ int64, values []string, n int64) {
	for i, v := range values {
		if !slices.Contains(values[:i], v) {
			c.counts[v] += n
		}
	}
}

type bucketCounter struct {
	interval int64
	buckets  map[int64]counts
}

func (c *bucketCounter) field() *audit.Field { return audit.Status }

func (c *bucketCounter) start(time int64) int64 {
	at := time % c.interval
	if at < 0 {
		at += c.interval
	}
	return time - at
}

func (c *bucketCounter) until(time int64) int64 {
	if start := c.start(time); start < math.MaxInt64-c.interval {
		return start + c.interval
	}
	return math.MaxInt64
}

func (c *bucketCounter) values(time int64, values []string, n int64) {
	at := c.start(time)
	if c.buckets[at] == nil {
		c.buckets[at] = make(counts)
	}
	value := ""
	if len(values) > 0 {
		value = values[0]
	}
	c.buckets[at][value] += n
}

// count counts the events of the selection. Where the budget is spent, it says
// how far it reached.
func (r *reading) count(c counter, l look) (_ look, reached int64, err error) {
	found, err := r.evaluations()
	if err != nil {
		return l, 0, err
	}
	d, err := r.dictionaries(c.field(), found)
	if err != nil {
		return l, 0, err
	}
	if l.budget > 0 {
		cut, short, err := r.cut(found, d, l.budget-l.looked)
		if err != nil {
			return l, 0, err
		}
		if short {
			l.spent = true
			reached = cut
			r.start = max(r.start, cut)
			if found, err = r.evaluations(); err != nil {
				return l, 0, err
			}
		}
	}
	recent, err := r.recents()
	if err != nil {
		return l, 0, err
	}
	t := tagOf[c.field().Index()]
	for _, x := range recent {
		if err := r.countRecord(c, t, x); err != nil {
			return l, 0, err
		}
	}
	for _, e := range found {
		looked, err := r.countSegment(c, e, d[e.id])
		if err != nil {
			return l, 0, err
		}
		l.looked += looked
	}
	return l, reached, nil
}

func (r *reading) countRecord(c counter, t tag, x *record) error {
	if c.field() == audit.Time {
		c.values(x.time, timeValues(x), 1)
		return nil
	}
	value, err := x.document.field(t)
	if err != nil {
		return err
	}
	var values []string
	if value != nil {
		if values, err = texts(c.field(), value); err != nil {
			return err
		}
	}
	c.values(x.time, values, 1)
	return nil
}

func timeValues(x *record) []string {
	var e audit.Event
	e.SetInstant(audit.Time, instant(x.time))
	return e.Values(audit.Time)
}

func (r *reading) evaluations() (found []evaluation, err error) {
	segments, err := r.segments()
	if err != nil {
		return nil, err
	}
	for _, s := range segments {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		e, err := r.evaluate(s)
		if err != nil {
			return nil, err
		}
		found = append(found, e)
	}
	return found, nil
}

// A dictionary is the values of a field in a segment; by code, absent first.
type dictionary struct {
	values [][]string
	counts []int
	width  int
}

// dictionaries reads those of a field. Segments where it has none are left out.
func (r *reading) dictionaries(f *audit.Field, of []evaluation) (map[int64]*dictionary, error) {
	found := make(map[int64]*dictionary, len(of))
	if !isIndexed(f) || len(of) == 0 {
		return found, nil
	}
	sizes := make(map[int64]int, len(of))
	first, last := of[0].id, of[0].id
	for _, e := range of {
		sizes[e.id] = e.size()
		first, last = min(first, e.id), max(last, e.id)
	}
	err := ranged(r.ctx, r.reads.dictionaries, tagOf[f.Index()], first, last, func(id int64, content []byte) error {
		size, wanted := sizes[id]
		switch {
		case !wanted:
			return nil
		case len(content) == 0:
			return errDamaged
		case content[0] == 1:
			return nil
		}
		d, err := parseDictionary(f, content, size, r.parsed)
		found[id] = d
		return err
	})
	return found, err
}

// parsed remembers what was parsed: segments have most values in common.
type parsed map[string][]string

func (p parsed) texts(f *audit.Field, value []byte) ([]string, error) {
	if known, ok := p[string(value)]; ok {
		return known, nil
	}
	values, err := texts(f, value)
	p[string(value)] = values
	return values, err
}

func parseDictionary(f *audit.Field, content []byte, n int, parsed parsed) (*dictionary, error) {
	d := &dictionary{values: [][]string{nil}, counts: []int{n}}
	err := eachValue(content, func(count int, value []byte) error {
		values, err := parsed.texts(f, value)
		d.values = append(d.values, values)
		d.counts = append(d.counts, count)
		d.counts[0] -= count
		return err
	})
	first := 0
	if len(d.counts) > 1 {
		first = d.counts[1]
	}
	d.width = width(len(d.values)-1, first, n)
	return d, err
}

// looks returns which events have to be looked at to be counted.
func (e *evaluation) looks(d *dictionary) bitset {
	if d != nil {
		return e.maybe
	}
	return e.candidates()
}

func (e *evaluation) candidates() bitset {
	b := newBitset(e.size())
	if e.whole {
		b.fill(0, e.size())
		return b
	}
	for i := range b {
		b[i] = e.yes[i] | e.maybe[i]
	}
	return b
}

// cut returns the time from which on no more than n events have to be looked at,
// where all together are more; short says so.
func (r *reading) cut(found []evaluation, d map[int64]*dictionary, n int) (at int64, short bool, err error) {
	total := 0
	for i := range found {
		total += found[i].looks(d[found[i].id]).count()
	}
	if total <= n {
		return 0, false, nil
	}
	var times []int64
	for i := range found {
		looks := found[i].looks(d[found[i].id])
		if looks.count() == 0 {
			continue
		}
		all, err := r.times(found[i].segment)
		if err != nil {
			return 0, false, err
		}
		looks.each(func(event int) { times = append(times, all.at(event)) })
	}
	slices.Sort(times)
	if n < 1 {
		return times[len(times)-1] + 1, true, nil // nothing from it on
	}
	return times[len(times)-n], true, nil
}

// countSegment counts the events of a segment, and returns at how many it looked.
func (r *reading) countSegment(c counter, e evaluation, d *dictionary) (looked int, err error) {
	if looked, err = r.countLooks(c, e, e.looks(d)); err != nil || d == nil {
		return looked, err
	}
	if e.whole && e.lastTime < c.until(e.firstTime) {
		for code, n := range d.counts {
			if n > 0 {
				c.values(e.firstTime, d.values[code], int64(n))
			}
		}
		return looked, nil
	}
	return looked, r.countColumn(c, e, d)
}

// countLooks counts by the documents.
func (r *reading) countLooks(c counter, e evaluation, looks bitset) (looked int, err error) {
	t := tagOf[c.field().Index()]
	s := source{evaluation: e}
	looks.each(func(event int) {
		if err != nil {
			return
		}
		looked++
		if looked%1024 == 0 {
			if err = r.ctx.Err(); err != nil {
				return
			}
		}
		x, readErr := s.record(r, event)
		if readErr != nil {
			err = readErr
			return
		}
		ok, matchErr := r.match(x)
		if err = matchErr; ok && err == nil {
			err = r.countRecord(c, t, x)
		}
	})
	return looked, err
}

// countColumn counts by the column of the field.
func (r *reading) countColumn(c counter, e evaluation, d *dictionary) error {
	codes, err := r.allCodes(c.field(), e, d)
	if err != nil {
		return err
	}
	parts, err := r.parts(c, e)
	if err != nil {
		return err
	}
	yes := e.yes
	if e.whole {
		yes = e.candidates()
	}
	perCode := make([]int64, len(d.values))
	lo := 0
	for _, p := range parts {
		for i := lo; i < p.end; i++ {
			if !yes.has(i) {
				continue
			}
			if int(codes[i]) >= len(perCode) {
				return errDamaged
			}
			perCode[codes[i]]++
		}
		lo = p.end
		for code, n := range perCode {
			if n > 0 {
				c.values(p.time, d.values[code], n)
				perCode[code] = 0
			}
		}
	}
	return nil
}

// allCodes returns the code of each event, where there is a column or not.
func (r *reading) allCodes(f *audit.Field, e evaluation, d *dictionary) ([]uint16, error) {
	if d.width > 0 {
		return r.codes(e.segment, tagOf[f.Index()], d.width)
	}
	codes := make([]uint16, e.size())
	if len(d.values) > 1 { // all have the same
		for i := range codes {
			codes[i] = 1
		}
	}
	return codes, nil
}

// A stretch is events of a segment, up to end, that are counted in the same way.
type stretch struct {
	end  int
	time int64
}

func (r *reading) parts(c counter, e evaluation) ([]stretch, error) {
	if e.lastTime < c.until(e.firstTime) {
		return []stretch{{e.size(), e.firstTime}}, nil
	}
	times, err := r.times(e.segment)
	if err != nil {
		return nil, err
	}
	var parts []stretch
	for at := 0; at < e.size(); {
		time := times.at(at)
		at = max(at+1, times.search(at, c.until(time)))
		parts = append(parts, stretch{at, time})
	}
	return parts, nil
}
