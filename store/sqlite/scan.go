package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// A reading is one look at one day's file.
type reading struct {
	ctx context.Context
	*database
	*view
	selection
	verdicts map[int64]*verdicts // by segment; those without an event of the selection are not in it
}

// verdicts say for each filter, and each of its fields, what the dictionaries
// and the terms of a segment know.
type verdicts [][]verdict

type verdict struct {
	kind   kind
	width  int    // of the field's codes
	codes  []bool // someCodes: those that match
	events []int  // someEvents: those that may match
}

type kind uint8

const (
	unknown    kind = iota // no index of it
	none                   // no event has such a value
	all                    // every event has
	someCodes              // those with some codes have
	someEvents             // some events may have, no other has
)

// segments returns the segments with events in the range, and what their
// dictionaries say of the filters. Segments that cannot have an event of the
// selection are left out.
func (r *reading) segments() ([]*segment, error) {
	var found []*segment
	for i := range r.view.segments {
		s := &r.view.segments[i]
		if s.lastTime >= r.start && s.firstTime < r.end {
			found = append(found, s)
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	r.verdicts = make(map[int64]*verdicts, len(found))
	for _, s := range found {
		v := make(verdicts, len(r.filters))
		for n, f := range r.filters {
			v[n] = make([]verdict, len(f.Fields))
		}
		r.verdicts[s.id] = &v
	}
	for n, f := range r.filters {
		if f.whole() {
			continue
		}
		for m, field := range f.Fields {
			if !isIndexed(field) {
				continue
			}
			if err := r.ask(n, m); err != nil {
				return nil, err
			}
		}
		r.drop(n)
		if len(r.verdicts) == 0 {
			return nil, nil
		}
	}
	return slices.DeleteFunc(found, func(s *segment) bool { return r.verdicts[s.id] == nil }), nil
}

// ask reads the dictionaries of field m of filter n.
func (r *reading) ask(n, m int) error {
	f := r.filters[n]
	first, last := int64(1<<32), int64(0)
	for id := range r.verdicts {
		first, last = min(first, id), max(last, id)
	}
	keyed := false
	err := ranged(r.ctx, r.reads.dictionaries, f.tags[m], first, last, func(id int64, content []byte) (err error) {
		v := r.verdicts[id]
		if v == nil {
			return nil
		}
		x := &(*v)[n][m]
		*x, err = f.verdict(m, content, r.sizeOf(id))
		keyed = keyed || x.kind == someEvents
		return err
	})
	if err != nil || !keyed {
		return err
	}
	for _, want := range f.Values {
		key := termOf(f.tags[m], want)
		bucket, _ := split(key)
		err := ranged(r.ctx, r.reads.terms, bucket, first, last, func(id int64, content []byte) error {
			v := r.verdicts[id]
			if v == nil || (*v)[n][m].kind != someEvents {
				return nil
			}
			events, err := lookUp(content, key)
			(*v)[n][m].events = append((*v)[n][m].events, events...)
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, v := range r.verdicts {
		if x := &(*v)[n][m]; x.kind == someEvents && len(x.events) == 0 {
			x.kind = none
		}
	}
	return nil
}

func (r *reading) sizeOf(id int64) int {
	for i := range r.view.segments {
		if r.view.segments[i].id == id {
			return r.view.segments[i].size()
		}
	}
	return 0
}

// drop forgets the segments of which filter n passes no event.
func (r *reading) drop(n int) {
	for id, v := range r.verdicts {
		noEvent := !r.filters[n].Not
		for _, x := range (*v)[n] {
			if r.filters[n].Not {
				noEvent = noEvent || x.kind == all
			} else {
				noEvent = noEvent && x.kind == none
			}
		}
		if noEvent {
			delete(r.verdicts, id)
		}
	}
}

// verdict reads the dictionary of a field in a segment of n events.
func (f *filter) verdict(m int, content []byte, n int) (v verdict, err error) {
	if len(content) == 0 {
		return v, errDamaged
	}
	if content[0] == 1 {
		if f.Match == store.Equal {
			v.kind = someEvents
		}
		return v, nil
	}
	v.kind = none
	v.codes = []bool{false}
	first := 0
	err = eachValue(content, func(count int, value []byte) error {
		has, err := f.hasValue(m, value)
		v.codes = append(v.codes, has)
		if has {
			v.kind = someCodes
		}
		if len(v.codes) == 2 {
			first = count
		}
		return err
	})
	if v.width = width(len(v.codes)-1, first, n); v.width == 0 && v.kind == someCodes {
		v.kind = all
	}
	return v, err
}

// eachValue calls yield with each value of a dictionary.
func eachValue(content []byte, yield func(count int, value []byte) error) error {
	for b := content[1:]; len(b) > 0; {
		count, n := binary.Uvarint(b)
		if n <= 0 {
			return errDamaged
		}
		size, m := binary.Uvarint(b[n:])
		if m <= 0 || size > uint64(len(b)-n-m) {
			return errDamaged
		}
		at := n + m
		if err := yield(int(count), b[at:at+int(size)]); err != nil {
			return err
		}
		b = b[at+int(size):]
	}
	return nil
}

// An evaluation says which events of a segment are of the selection.
type evaluation struct {
	*segment
	whole bool   // all are, and yes and maybe are nil
	yes   bitset // these are
	maybe bitset // these may be: they have to be looked at
}

// evaluate looks into the columns of a segment.
func (r *reading) evaluate(s *segment) (e evaluation, err error) {
	e.segment = s
	lo, hi, err := r.inRange(s)
	if err != nil {
		return e, err
	}
	if e.whole = lo == 0 && hi == s.size() && r.passesAll(s); e.whole {
		return e, nil
	}
	e.yes, e.maybe = newBitset(s.size()), newBitset(s.size())
	e.yes.fill(lo, hi)
	for n, f := range r.filters {
		yes, maybe, err := r.filtered(s, f, (*r.verdicts[s.id])[n])
		if err != nil {
			return e, err
		}
		for i := range e.yes {
			candidates := (e.yes[i] | e.maybe[i]) & (yes[i] | maybe[i])
			e.yes[i] &= yes[i]
			e.maybe[i] = candidates &^ e.yes[i]
		}
	}
	return e, nil
}

// inRange returns which events of s are in the range.
func (r *reading) inRange(s *segment) (lo, hi int, err error) {
	if s.firstTime >= r.start && s.lastTime < r.end {
		return 0, s.size(), nil
	}
	times, err := r.times(s)
	if err != nil {
		return 0, 0, err
	}
	lo = times.search(0, r.start)
	return lo, times.search(lo, r.end), nil
}

func (r *reading) times(s *segment) (times, error) {
	b, err := content(r.ctx, r.reads.column, place(timeColumn, s.id))
	if err != nil {
		return times{}, err
	}
	return parseTimes(s, b)
}

// passesAll reports whether the dictionaries say that every event passes.
func (r *reading) passesAll(s *segment) bool {
	for n, f := range r.filters {
		has := func(x verdict) bool { return x.kind == all }
		hasNot := func(x verdict) bool { return x.kind != none }
		v := (*r.verdicts[s.id])[n]
		if f.Not && slices.ContainsFunc(v, hasNot) || !f.Not && !slices.ContainsFunc(v, has) {
			return false
		}
	}
	return true
}

// filtered returns which events of s pass f.
func (r *reading) filtered(s *segment, f *filter, v []verdict) (yes, maybe bitset, err error) {
	yes, maybe = newBitset(s.size()), newBitset(s.size())
	for m, x := range v {
		switch x.kind {
		case unknown:
			maybe.fill(0, s.size())
		case all:
			yes.fill(0, s.size())
		case someEvents:
			for _, event := range x.events {
				if event >= s.size() {
					return nil, nil, errDamaged
				}
				maybe.set(event)
			}
		case someCodes:
			codes, err := r.codes(s, f.tags[m], x.width)
			if err != nil {
				return nil, nil, err
			}
			for i, c := range codes {
				if int(c) >= len(x.codes) {
					return nil, nil, errDamaged
				}
				if x.codes[c] {
					yes.set(i)
				}
			}
		}
	}
	for i := range yes {
		maybe[i] &^= yes[i]
		if f.Not {
			yes[i] = ^(yes[i] | maybe[i])
		}
	}
	return yes, maybe, nil
}

func (r *reading) codes(s *segment, t tag, width int) ([]uint16, error) {
	b, err := content(r.ctx, r.reads.column, place(t, s.id))
	if err != nil {
		return nil, err
	}
	return unpack(b, width, s.size())
}

// recents returns the events of the selection that are in no segment.
func (r *reading) recents() (found []*record, err error) {
	for _, x := range r.view.recent {
		ok, err := r.match(x)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, x)
		}
	}
	return found, nil
}

// event finds one by its hash.
func (r *reading) event(hash audit.Hash) (e audit.Event, found bool, err error) {
	for _, x := range r.view.recent {
		if x.hash == hash {
			e, err = x.event(r.day)
			return e, true, err
		}
	}
	if len(r.view.segments) == 0 {
		return e, false, nil
	}
	key := keyOf(&hash)
	bucket, _ := split(key)
	err = ranged(r.ctx, r.reads.keys, bucket, 0, 0xffffffff, func(id int64, content []byte) error {
		events, err := lookUp(content, key)
		if err != nil {
			return err
		}
		for _, event := range events {
			at := slices.IndexFunc(r.view.segments, func(s segment) bool { return s.id == id })
			if at < 0 {
				return nil
			}
			page, err := r.database.page(r.ctx, &r.view.segments[at], event/pageSize)
			if err != nil {
				return err
			}
			if x := &page[min(event%pageSize, len(page)-1)]; x.hash == hash {
				if e, err = x.event(r.day); err != nil {
					return err
				}
				found = true
				return errFound
			}
		}
		return nil
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return e, found, err
}

// errFound ends a search.
var errFound = errors.New("found")

// A dayPage is what a day adds to a page.
type dayPage struct {
	events  []audit.Event
	look    look
	reached *store.Position // of the last event that was looked at
}

// page returns up to n events of the selection, in its order.
func (r *reading) page(n int, l look) (p dayPage, err error) {
	p.look = l
	m, err := r.merge(n)
	if err != nil {
		return p, err
	}
	for len(p.events) < n {
		x, sure, err := m.next()
		if x == nil || err != nil {
			return p, err
		}
		if r.after != nil && !r.isAfter(x) {
			continue
		}
		if !sure {
			if !p.look.one() {
				return p, nil
			}
			p.reached = &store.Position{Time: instant(x.time), Hash: x.hash}
			if sure, err = r.match(x); err != nil {
				return p, err
			}
		}
		if !sure {
			continue
		}
		e, err := x.event(r.day)
		if err != nil {
			return p, err
		}
		p.reached = &store.Position{Time: instant(x.time), Hash: x.hash}
		p.events = append(p.events, e)
	}
	return p, nil
}

// A merge returns the candidates of all segments and of the log in order. It
// reads a segment when its first event may be next.
type merge struct {
	*reading
	waiting []*segment // in the order of their first events, as the selection has it
	open    []*source
}

// A source is what is left of one segment, or of the log.
type source struct {
	evaluation
	records []*record // of the log
	at      int       // next event of the segment to look at
	head    *record   // nil at the end
	sure    bool      // the head is of the selection

	number int // of the page that was read last
	page   []record
}

func (r *reading) merge(n int) (*merge, error) {
	m := &merge{reading: r}
	var err error
	if m.waiting, err = r.segments(); err != nil {
		return nil, err
	}
	slices.SortFunc(m.waiting, func(a, b *segment) int {
		if r.ascending {
			return compareTimes(a.firstTime, b.firstTime)
		}
		return compareTimes(b.lastTime, a.lastTime)
	})
	recent, err := r.recents()
	if err != nil {
		return nil, err
	}
	m.open = append(m.open, &source{records: r.best(recent, n)})
	return m, m.open[0].advance(r)
}

func compareTimes(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// best returns the first n records in the order of the selection.
func (r *reading) best(records []*record, n int) []*record {
	if len(records) > 8*n { // keep few, rather than order all
		kept := make([]*record, 0, n)
		for _, x := range records {
			if len(kept) == n && r.compare(x, kept[n-1]) > 0 {
				continue
			}
			at, _ := slices.BinarySearchFunc(kept, x, r.compare)
			if len(kept) == n {
				kept = kept[:n-1]
			}
			kept = slices.Insert(kept, at, x)
		}
		return kept
	}
	slices.SortFunc(records, r.compare)
	return records
}

// next returns the next candidate, and whether it is of the selection for sure;
// nil at the end.
func (m *merge) next() (x *record, sure bool, err error) {
	if err := m.ctx.Err(); err != nil {
		return nil, false, err
	}
	var first *source
	for {
		first = nil
		for _, s := range m.open {
			if s.head != nil && (first == nil || m.compare(s.head, first.head) < 0) {
				first = s
			}
		}
		if len(m.waiting) == 0 || first != nil && m.beginsAfter(m.waiting[0], first.head) {
			break
		}
		if err := m.openNext(); err != nil {
			return nil, false, err
		}
	}
	if first == nil {
		return nil, false, nil
	}
	x, sure = first.head, first.sure
	if err := first.advance(m.reading); err != nil {
		return nil, false, err
	}
	if first.head == nil {
		m.open = slices.DeleteFunc(m.open, func(s *source) bool { return s == first })
	}
	return x, sure, nil
}

// beginsAfter reports whether s has no event before x.
func (m *merge) beginsAfter(s *segment, x *record) bool {
	if m.ascending {
		return s.firstTime > x.time
	}
	return s.lastTime < x.time
}

func (m *merge) openNext() error {
	e, err := m.evaluate(m.waiting[0])
	if err != nil {
		return err
	}
	m.waiting = m.waiting[1:]
	s := &source{evaluation: e, number: -1}
	if !m.ascending {
		s.at = e.size() - 1
	}
	if err := s.advance(m.reading); err != nil {
		return err
	}
	if s.head != nil {
		m.open = append(m.open, s)
	}
	return nil
}

// advance moves the head to the next candidate.
func (s *source) advance(r *reading) error {
	s.head = nil
	if s.segment == nil {
		if len(s.records) > 0 {
			s.head, s.sure, s.records = s.records[0], true, s.records[1:]
		}
		return nil
	}
	step := 1
	if !r.ascending {
		step = -1
	}
	for ; s.at >= 0 && s.at < s.size(); s.at += step {
		if s.whole || s.yes.has(s.at) || s.maybe.has(s.at) {
			break
		}
	}
	if s.at < 0 || s.at >= s.size() {
		return nil
	}
	x, err := s.record(r, s.at)
	s.head, s.sure = x, s.whole || s.yes.has(s.at)
	s.at += step
	return err
}

// record reads an event of the segment.
func (s *source) record(r *reading, event int) (*record, error) {
	if s.number != event/pageSize || s.page == nil {
		page, err := r.database.page(r.ctx, s.segment, event/pageSize)
		if err != nil {
			return nil, err
		}
		s.page, s.number = page, event/pageSize
	}
	return &s.page[event%pageSize], nil
}
