package sqlite

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// A filter is one of a query's, made ready to be asked often.
type filter struct {
	store.Filter
	tags   []tag                   // of its fields
	plain  []bool                  // of its fields: a value in a document equals one of Values or not, as bytes
	values map[string]bool         // Values, for plain fields
	seen   map[string]map[tag]bool // answers of hasValue for the other fields
	words  [][][]byte              // for Words: those of each of Values
}

func compile(filters []store.Filter) []*filter {
	all := make([]*filter, 0, len(filters))
	for _, f := range filters {
		c := &filter{Filter: f, values: make(map[string]bool), seen: make(map[string]map[tag]bool)}
		for _, field := range f.Fields {
			c.tags = append(c.tags, tagOf[field.Index()])
			c.plain = append(c.plain, f.Match == store.Equal && (field.Kind == audit.Text || field.Kind == audit.Object))
		}
		for _, v := range f.Values {
			c.values[v] = true
			if f.Match == store.Words {
				c.words = append(c.words, wordsOf(v))
			}
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b *filter) int { return a.breadth() - b.breadth() })
	return all
}

// breadth is 0 for filters that few events pass. They are asked first: what has
// none need not be asked of the others.
func (f *filter) breadth() int {
	often := func(field *audit.Field) bool { return !slices.Contains(audit.Unique, field) }
	if f.Match != store.Equal || f.Not || slices.ContainsFunc(f.Fields, often) {
		return 1
	}
	return 0
}

func wordsOf(text string) (words [][]byte) {
	for word := range audit.Words(text) {
		words = append(words, []byte(word))
	}
	return words
}

// mayHaveWords reports whether all words of one of the values may be in the
// document. Most documents need not be split into words then.
func (f *filter) mayHaveWords(d document) bool {
	if bytes.Contains(d, kelvin) || bytes.Contains(d, dottedI) {
		return true
	}
	lower := make([]byte, len(d))
	for i, c := range d {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	return slices.ContainsFunc(f.words, func(words [][]byte) bool {
		return !slices.ContainsFunc(words, func(word []byte) bool { return isASCII(word) && !bytes.Contains(lower, word) })
	})
}

// The characters outside of ASCII that are in it in lower case.
var kelvin, dottedI = []byte("\u212a"), []byte("\u0130")

func isASCII(word []byte) bool {
	return !slices.ContainsFunc(word, func(c byte) bool { return c >= utf8.RuneSelf })
}

// whole reports whether the filter looks at all its fields together.
func (f *filter) whole() bool { return f.Match == store.Words && len(f.Fields) > 1 }

// hasValue reports whether a value of the field at place n of its fields is one
// that f looks for.
func (f *filter) hasValue(n int, value []byte) (bool, error) {
	if f.plain[n] {
		return f.values[string(value)], nil
	}
	if known, ok := f.seen[string(value)][f.tags[n]]; ok {
		return known, nil
	}
	var e audit.Event
	if err := set(&e, f.Fields[n], value); err != nil {
		return false, err
	}
	single := store.Filter{Fields: f.Fields[n : n+1], Match: f.Match, Values: f.Values}
	has := single.Matches(&e)
	if f.seen[string(value)] == nil {
		f.seen[string(value)] = make(map[tag]bool)
	}
	f.seen[string(value)][f.tags[n]] = has
	return has, nil
}

// matches reports whether r passes f.
func (f *filter) matches(r *record) (bool, error) {
	if f.Match == store.Words && !slices.Contains(f.Fields, audit.Time) && !f.mayHaveWords(r.document) {
		return f.Not, nil
	}
	if slices.Contains(f.plain, false) || slices.Contains(f.Fields, audit.Time) {
		return f.matchesEvent(r)
	}
	for d := r.document; len(d) > 0; {
		t, value, rest, err := d.next()
		if err != nil {
			return false, err
		}
		if slices.Contains(f.tags, t) && f.values[string(value)] {
			return !f.Not, nil
		}
		d = rest
	}
	return f.Not, nil
}

// matchesEvent asks the filter itself, with an event of its fields only.
func (f *filter) matchesEvent(r *record) (bool, error) {
	var e audit.Event
	e.SetInstant(audit.Time, instant(r.time))
	for d := r.document; len(d) > 0; {
		t, value, rest, err := d.next()
		if err != nil {
			return false, err
		}
		if slices.Contains(f.tags, t) {
			if err := set(&e, tags[t], value); err != nil {
				return false, err
			}
		}
		d = rest
	}
	return f.Matches(&e), nil
}

// match reports whether r is in the selection's range, after its position, and
// passes all filters.
func (x *selection) match(r *record) (bool, error) {
	if r.time < x.start || r.time >= x.end || x.after != nil && !x.isAfter(r) {
		return false, nil
	}
	for _, f := range x.filters {
		if ok, err := f.matches(r); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// isAfter reports whether r comes after the selection's position.
func (x *selection) isAfter(r *record) bool {
	return x.compare(r, &record{time: nanoseconds(x.after.Time), hash: x.after.Hash}) > 0
}

// compare orders events as the selection does.
func (x *selection) compare(a, b *record) int {
	if !x.ascending {
		a, b = b, a
	}
	return comparePlaces(a.time, &a.hash, b.time, &b.hash)
}
