package redact

import (
	"regexp"
	"strings"
)

// Commands of MongoDB, and the members beside them that hold values of documents.
var (
	mongoCommands = set(`find aggregate insert update delete findandmodify distinct count getmore mapreduce bulkwrite explain`)
	mongoParts    = set(`filter query pipeline documents updates deletes update q u`)
	mongoOptions  = set(`$db lsid filter pipeline documents updates deletes ordered sort projection batchsize cursor readconcern writeconcern let hint`)
)

// mongoCommand returns a dot and what is around the members of a command of MongoDB, ""
// if the object is none: {"find": "users", "filter": …}.
func (p *Pass) mongoCommand(i int32) (around string) {
	option := false
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		if len(n.key) > maxName {
			continue
		}
		name := strings.ToLower(n.key[strings.LastIndexByte(n.key, '.')+1:])
		if n.kind == text && mongoCommands[name] {
			around = "." + outerName(n.key)
		} else {
			option = option || mongoOptions[name] || name == "query" && n.kind == object
		}
	}
	if around == "" || option {
		return around
	}
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next { // filter.name beside find
		if name := strings.ToLower(within(p.nodes[c].key, around[1:])); mongoOptions[name] || name == "query" && strings.IndexByte(p.nodes[c].key[len(around)-1:], '.') >= 0 {
			return around
		}
	}
	return ""
}

// mongoMember removes the values of a part of a command, and reports whether it did.
func (p *Pass) mongoMember(i int32, around string) bool {
	n := &p.nodes[i]
	name := within(n.key, around)
	if !mongoParts[strings.ToLower(name)] {
		return false
	}
	switch {
	case n.kind == object || n.kind == array:
		p.removeNode(ruleSQL, i)
		p.report(ruleSQL)
		p.keysOnly(i)
	case n.kind == text && strings.HasSuffix(n.key, name):
		return false // a name
	default:
		return p.omit(i, marker(ruleSQL), ruleSQL)
	}
	return true
}

// mongoNames are names before the documents of a query in what drivers print. Sure ones
// mean nothing else before a document.
var mongoNames = regexp.MustCompile(`(?i)\b(filter|query|updates?|pipeline|documents?|criteria|selector|q|u|op)["']?(?:\s*(?::|=>|=)\s*| )[{\[]`)

// mongoFilter is how the driver for Java prints one.
var mongoFilter = regexp.MustCompile(`(?i)Filter\{fieldName='[^']*', value=([^\r\n]*)\}`)

// mongoSpans finds the documents of queries in a text.
func mongoSpans(s string, list []span) []span {
	low := lowered(s)
	about := strings.Contains(low, "mongo") || strings.Contains(low, "find") || strings.Contains(low, "collection") || strings.Contains(low, "aggregate") ||
		strings.Contains(s, "$") || strings.Contains(s, "Query{") || strings.Contains(low, "writeerrors")
	for _, m := range mongoNames.FindAllStringSubmatchIndex(s, -1) {
		name, open := low[m[2]:m[3]], m[1]-1
		if name != "filter" && !about || m[2] > 0 && s[m[2]-1] == '"' && !about {
			continue
		}
		to := balanced(s, open)
		if inner := s[open+1 : max(open+1, to-1)]; strings.IndexByte(inner, ':') >= 0 || strings.Contains(inner, "=>") {
			list = append(list, span{from: open + 1, to: max(open+1, to-1), rule: ruleSQL, with: "?"})
		}
	}
	for _, m := range mongoFilter.FindAllStringSubmatchIndex(s, -1) {
		list = append(list, span{from: m[2], to: m[3], rule: ruleSQL})
	}
	for at := 0; ; { // $set: …
		i := strings.IndexByte(s[at:], '$')
		if i < 0 {
			break
		}
		i += at
		at = i + 1
		for at < len(s) && isAlpha(s[at]) {
			at++
		}
		if !operators[low[i+1:at]] {
			continue
		}
		j := at
		for j < len(s) && j-at < 6 && strings.IndexByte("\"' :=>", s[j]) >= 0 {
			j++
		}
		if j == len(s) || !strings.ContainsAny(s[at:j], ":=") {
			continue
		}
		to := rest(s, j, ':', false)
		switch {
		case s[j] == '{' || s[j] == '[' || s[j] == '(':
			to = balanced(s, j)
		case s[j-1] == '"' || s[j-1] == '\'':
			_, to = quoted(s, j-1, "")
		}
		if to > j {
			list = append(list, span{from: j, to: to, rule: ruleSQL, with: "?"})
			at = to
		}
	}
	return list
}
