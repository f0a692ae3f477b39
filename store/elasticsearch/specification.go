package elasticsearch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/auditlog/auditlog/audit"
)

// object is a JSON object that the program writes itself.
type object map[string]any

const (
	templatePriority = 500 // above what comes with a cluster, which ends at 200
	longest          = 2048
)

// A part is something that the program keeps in the cluster: the lifecycle policy,
// a component template or an index template.
type part struct {
	kind  string // for people
	name  string
	value object // without _meta
}

// specification returns what the cluster must have, in the order in which it is
// installed.
func (s *Store) specification() []part {
	n := s.names.prefix
	parts := []part{
		{"component template", n + "-settings", object{"template": object{"settings": object{"index": s.settings()}}}},
		{"component template", n + "-mappings", object{"template": object{"settings": object{"index": object{"analysis": analysis()}}, "mappings": eventMapping()}}},
		{"component template", n + "-dead-letter-mappings", object{"template": object{"mappings": deadLetterMapping()}}},
		{"index template", n, s.template(n+"-*", templatePriority, n+"-mappings")},
		{"index template", n + "-dead-letters", s.template(n+"-dead-letters-*", templatePriority+1, n+"-dead-letter-mappings")},
	}
	if s.ElasticsearchConfig.Retention.Method == ILM {
		parts = append([]part{{"lifecycle policy", n, s.policy()}}, parts...)
	}
	return parts
}

// policy deletes a day one day after the last instant of it was shown: age counts
// from the beginning of the day in the index's name.
func (s *Store) policy() object {
	phases := object{
		"hot": object{"min_age": "0ms", "actions": object{"set_priority": object{"priority": 100}}},
		"delete": object{
			"min_age": days(s.Retention + 24*time.Hour), "actions": object{"delete": object{"delete_searchable_snapshot": true}},
		},
	}
	if s.ElasticsearchConfig.Retention.ForceMerge {
		phases["warm"] = object{"min_age": "2d", "actions": object{
			"forcemerge": object{"max_num_segments": 1}, "set_priority": object{"priority": 50},
		}}
	}
	return object{"phases": phases}
}

func days(d time.Duration) string {
	const day = 24 * time.Hour
	return strconv.Itoa(int((d+day-1)/day)) + "d"
}

func (s *Store) settings() object {
	index := object{
		"number_of_shards":   strconv.Itoa(s.Shards),
		"number_of_replicas": strconv.Itoa(s.Replicas),
		"codec":              "best_compression",
		"refresh_interval":   "30s", // for others who read: the program refreshes itself
		"translog":           object{"durability": "request"},
		"sort":               object{"field": []any{audit.Account.ECS, audit.Time.ECS}, "order": []any{"asc", "desc"}},
		"mapping":            object{"total_fields": object{"limit": "1000"}},
	}
	if s.ElasticsearchConfig.Retention.Method == ILM {
		index["lifecycle"] = object{"name": s.names.prefix, "parse_origination_date": "true"}
	}
	return index
}

// analysis splits texts into the words of [audit.Words].
func analysis() object {
	return object{
		"tokenizer": object{"auditlog_words": object{"type": "pattern", "pattern": `[^\p{L}\p{M}\p{N}]+`}},
		"analyzer":  object{"auditlog_words": object{"type": "custom", "tokenizer": "auditlog_words", "filter": []any{"lowercase"}}},
	}
}

func (s *Store) template(pattern string, priority int, mappings string) object {
	return object{
		"index_patterns": []any{pattern},
		"priority":       priority,
		"composed_of":    []any{s.names.prefix + "-settings", mappings, s.names.prefix + "@custom"},
		// A cluster without the users' own template takes part, too.
		"ignore_missing_component_templates": []any{s.names.prefix + "@custom"},
	}
}

// words are the fields whose texts are searched by word: those of the search for
// free text. Their words are in one index, since most are in several fields.
var words = []*audit.Field{
	audit.Action, audit.Message, audit.Request,
	audit.UserName, audit.UserFullName, audit.UserID, audit.UserEmail,
	audit.ImpersonatorName, audit.ImpersonatorFullName, audit.ImpersonatorID, audit.ImpersonatorEmail,
}

// kept are the fields by which nobody filters, and whose values are different in
// most events: they are in the document only.
var kept = []*audit.Field{audit.Path, audit.SpanID, audit.Duration}

// measured are the fields that have a column and no index: they are looked at
// together with others.
var measured = []*audit.Field{audit.Received, audit.DurationNS}

// eventMapping maps every field by hand; what is in no row stays in the document.
func eventMapping() object {
	keyword := func(max int) object { return object{"type": "keyword", "ignore_above": max} }
	properties := object{}
	for f := range audit.Fields() {
		put(properties, f.ECS, fieldMapping(f))
	}
	put(properties, fieldWords, object{"type": "text", "analyzer": "auditlog_words", "norms": false, "index_options": "docs"})
	put(properties, fieldHTTPMethod, keyword(16))
	put(properties, fieldID, object{"type": "keyword", "index": false})
	put(properties, fieldInstance, keyword(64))
	put(properties, fieldSequence, object{"type": "long"})
	put(properties, fieldFingerprint, object{"type": "keyword", "index": false, "doc_values": false})
	return object{"dynamic": "false", "properties": properties}
}

// fieldMapping holds values whole: ignore_above is no shorter than the longest
// value in bytes, so that no value is left out of the index.
func fieldMapping(f *audit.Field) object {
	var m object
	switch {
	case f == audit.Time || f == audit.Received:
		m = object{"type": "date_nanos"}
	case f == audit.IP:
		m = object{"type": "ip", "ignore_malformed": true, "fields": object{"text": object{"type": "keyword", "ignore_above": f.Max}}}
	case f == audit.Message || f == audit.Request: // too long to be one term
		m = object{"type": "text", "index": false}
	case f.Kind == audit.Number:
		m = object{"type": "long"}
	case f.Kind == audit.Flag:
		m = object{"type": "boolean"}
	case f.Kind == audit.Object:
		m = object{"type": "object", "enabled": false}
	case f.Kind == audit.Instant:
		m = object{"type": "keyword", "ignore_above": 64} // in any year, and to the digit
	default:
		m = object{"type": "keyword", "ignore_above": min(f.Max, longest)}
	}
	if slices.Contains(kept, f) || slices.Contains(measured, f) {
		m["index"] = false
	}
	if slices.Contains(kept, f) || slices.Contains(audit.Unique, f) { // its values are not counted
		m["doc_values"] = false
	}
	if slices.Contains(words, f) {
		m["copy_to"] = []any{fieldWords}
	}
	return m
}

func deadLetterMapping() object {
	properties := object{}
	put(properties, audit.Time.ECS, object{"type": "date_nanos"})
	put(properties, audit.Account.ECS, object{"type": "keyword", "ignore_above": audit.Account.Max})
	put(properties, fieldReason, object{"type": "keyword", "ignore_above": 64})
	put(properties, fieldDay, object{"type": "integer"})
	put(properties, fieldInstance, object{"type": "keyword", "ignore_above": 64})
	put(properties, fieldSequence, object{"type": "long"})
	put(properties, fieldID, object{"type": "keyword", "index": false})
	put(properties, fieldFingerprint, object{"type": "keyword", "index": false, "doc_values": false})
	put(properties, fieldLetter, object{"type": "keyword", "index": false, "doc_values": false})
	return object{"dynamic": "false", "properties": properties}
}

// put puts the mapping of a field with dots in its name into nested properties.
func put(properties object, name string, m object) {
	first, rest, nested := strings.Cut(name, ".")
	if !nested {
		properties[first] = m
		return
	}
	parent, ok := properties[first].(object)
	if !ok {
		parent = object{"properties": object{}}
		properties[first] = parent
	}
	put(parent["properties"].(object), rest, m)
}

// flat is a JSON value as paths and their values: for comparing field by field.
type flat map[string]string

// flatten makes v flat. Elasticsearch gives numbers and flags of settings as
// texts, so that all are texts here.
func flatten(v any) flat {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // only what the program or a JSON decoder made comes here
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		panic(err)
	}
	f := flat{}
	f.add("", plain)
	return f
}

func (f flat) add(path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			f.add(strings.TrimPrefix(path+"."+name, "."), member)
		}
	case []any:
		for i, member := range v {
			f.add(path+"["+strconv.Itoa(i)+"]", member)
		}
	default:
		f[path] = fmt.Sprint(v)
	}
}

// hash tells one specification from another.
func (f flat) hash() string {
	h := sha256.New()
	for _, path := range slices.Sorted(maps.Keys(f)) {
		fmt.Fprintf(h, "%q=%q\n", path, f[path])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// differences says, path by path, what is there instead of what f wants. With
// more, what f does not name is a difference, too.
func (f flat) differences(got flat, more bool) (list []string) {
	for _, path := range slices.Sorted(maps.Keys(f)) {
		switch have, there := got[path]; {
		case !there:
			list = append(list, fmt.Sprintf("%s is missing, want %q", path, f[path]))
		case have != f[path]:
			list = append(list, fmt.Sprintf("%s is %q, want %q", path, have, f[path]))
		}
	}
	if more {
		for _, path := range slices.Sorted(maps.Keys(got)) {
			if _, wanted := f[path]; !wanted {
				list = append(list, fmt.Sprintf("%s is %q, want nothing", path, got[path]))
			}
		}
	}
	return list
}
