package elasticsearch

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// none matches no document.
var none = object{"match_none": object{}}

// what Elasticsearch can hold in date_nanos
var latest = time.Unix(0, math.MaxInt64)

// A selection is a query of the contract as one of Elasticsearch's.
type selection struct {
	start, end time.Time   // events from start on, and before end
	days       []audit.Day // whose indices are read, oldest first
	query      object
	rest       []store.Filter // filters that no index answers: the query finds what may pass
}

// passes reports whether an event that the query found passes the other filters.
func (q *selection) passes(e *audit.Event) bool {
	return !slices.ContainsFunc(q.rest, func(f store.Filter) bool { return !f.Matches(e) })
}

// selection translates a query. accounts are the caller's own.
func (s *Store) selection(accounts []string, q store.Query, days []audit.Day) *selection {
	start, end := q.Start, q.End
	if oldest := s.oldest(); start.Before(oldest) {
		start = oldest
	}
	if end.After(latest) {
		end = latest
	}
	sel := &selection{start: start, end: end}
	if !start.Before(end) {
		return sel
	}
	first, last := audit.DayOf(start), audit.DayOf(end.Add(-1))
	for _, d := range days {
		if first <= d && d <= last {
			sel.days = append(sel.days, d)
		}
	}
	filter := []any{
		object{"terms": object{audit.Account.ECS: accounts}},
		within(start, end),
	}
	for _, f := range q.Filters {
		clause, exact := translate(f)
		if !exact {
			sel.rest = append(sel.rest, f)
		}
		switch {
		case f.Not && exact:
			filter = append(filter, object{"bool": object{"must_not": []any{clause}}})
		case !f.Not && clause != nil:
			filter = append(filter, clause)
		}
	}
	sel.query = object{"bool": object{"filter": filter}}
	return sel
}

func within(start, end time.Time) object {
	return object{"range": object{audit.Time.ECS: object{"gte": start.UTC().Format(timeFormat), "lt": end.UTC().Format(timeFormat)}}}
}

// translate returns a query for what the filter selects, its Not left aside. It is
// exact, or finds more; nil finds everything.
func translate(f store.Filter) (clause object, exact bool) {
	exact = true
	should := []any{}
	for _, want := range f.Values {
		var c object
		whole := true
		if f.Match == store.Words {
			c, whole = wordsClause(f.Fields, want)
		} else {
			c, whole = valueClause(f, want)
		}
		if c == nil {
			return nil, false
		}
		exact = exact && whole
		should = append(should, c)
	}
	if len(should) == 0 {
		return none, true
	}
	return anyOf(should), exact
}

func anyOf(clauses []any) object {
	if len(clauses) == 1 {
		return clauses[0].(object)
	}
	return object{"bool": object{"should": clauses, "minimum_should_match": 1}}
}

func valueClause(f store.Filter, want string) (object, bool) {
	var should []any
	exact := true
	for _, field := range f.Fields {
		var c object
		whole := true
		switch f.Match {
		case store.Network:
			c, whole = networkClause(field, want)
		case store.Ending:
			c, whole = endingClause(field, want)
		default:
			c, whole = equalClause(field, want)
		}
		if c == nil {
			return nil, false
		}
		exact = exact && whole
		should = append(should, c)
	}
	return anyOf(should), exact
}

// keywordOf returns the name under which a field's values are terms, whole; "" if
// there is none.
func keywordOf(f *audit.Field) string {
	switch {
	case f == audit.IP:
		return f.ECS + ".text"
	case f == audit.Time, f == audit.Received, f == audit.Message, f == audit.Request, slices.Contains(kept, f):
		return ""
	case f.Kind == audit.Text, f.Kind == audit.List, f.Kind == audit.Instant:
		return f.ECS
	}
	return ""
}

func equalClause(f *audit.Field, want string) (object, bool) {
	if name := keywordOf(f); name != "" {
		return object{"term": object{name: object{"value": want}}}, true
	}
	switch {
	case f.Kind == audit.Number:
		if n, err := strconv.ParseInt(want, 10, 64); err != nil || strconv.FormatInt(n, 10) != want {
			return none, true
		}
		return object{"term": object{f.ECS: object{"value": want}}}, true
	case f.Kind == audit.Flag:
		if want != "true" && want != "false" {
			return none, true
		}
		return object{"term": object{f.ECS: object{"value": want == "true"}}}, true
	case f.Kind == audit.Instant:
		t, err := time.Parse(time.RFC3339Nano, want)
		if err != nil || t.UTC().Format(time.RFC3339Nano) != want || t.Year() < 1970 || t.After(latest) {
			return none, true
		}
		at := t.UTC().Format(timeFormat)
		return object{"range": object{f.ECS: object{"gte": at, "lte": at}}}, true
	case slices.Contains(words, f): // a text with this value has its words
		clause, _ := wordsClause([]*audit.Field{f}, want)
		if _, noWords := clause["match_none"]; noWords {
			clause = nil
		}
		return clause, false
	}
	return nil, false
}

// endingClause looks through the terms of a field.
func endingClause(f *audit.Field, want string) (object, bool) {
	name := keywordOf(f)
	if name == "" {
		return nil, false
	}
	escaped := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(want)
	return object{"wildcard": object{name: object{"value": "*" + escaped}}}, true
}

// networkClause compares addresses. To Elasticsearch an IPv4 address is one of
// IPv6, too; here it is not.
func networkClause(f *audit.Field, want string) (object, bool) {
	if f != audit.IP {
		return nil, false
	}
	block, err := store.ParseNetwork(want)
	if err != nil {
		return none, true
	}
	clause := object{"term": object{f.ECS: object{"value": block.String()}}}
	if block.Addr().Is6() && block.Contains(v4InV6) {
		clause = object{"bool": object{"filter": []any{clause}, "must_not": []any{object{"term": object{f.ECS: object{"value": "0.0.0.0/0"}}}}}}
	}
	return clause, true
}

// wordsClause asks for every word of a text, at the beginning of a word of any of
// the fields. It is exact for all fields that are searched by word, which have one
// index; for some of them it finds more.
func wordsClause(fields []*audit.Field, text string) (clause object, exact bool) {
	among := func(list []*audit.Field) func(*audit.Field) bool {
		return func(f *audit.Field) bool { return !slices.Contains(list, f) }
	}
	if slices.ContainsFunc(fields, among(words)) {
		return nil, false
	}
	var all []any
	for word := range audit.Words(text) {
		all = append(all, object{"prefix": object{fieldWords: object{"value": word}}})
	}
	switch len(all) {
	case 0:
		return none, true
	case 1:
		clause = all[0].(object)
	default:
		clause = object{"bool": object{"filter": all}}
	}
	return clause, !slices.ContainsFunc(words, among(fields))
}
