package redact

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// place says where in a structure a value is.
type place struct {
	mode    mode
	decoded int  // encodings around it
	listed  bool // under a query or a response: lists of records are rows
	sealed  bool // in a list of Secrets of Kubernetes
	coded   bool // in a message that brings a code to type
}

// document redacts s if it is JSON: an object, a list or a quoted text.
func (p *Pass) document(s string, m mode, decoded int) (out string, ok bool) {
	if c := firstByte(s); c != '{' && c != '[' && c != '"' {
		return "", false
	}
	if len(s) > maxDocument {
		return p.replace(ruleTooLong), true
	}
	mark := len(p.nodes)
	root, ok := p.parse(s)
	if !ok {
		if depthOf(s) > maxDepth {
			return p.replace(ruleDepth), true
		}
		return "", false
	}
	defer func() { p.nodes = p.nodes[:mark] }()
	if decoded >= maxDecode {
		return p.replace(ruleDepth), true
	}
	if p.walk(root, place{mode: m, decoded: decoded + 1}) {
		return string(p.write(nil, root)), true
	}
	return s, true
}

// fragmentSpans redacts JSON inside a text.
func (p *Pass) fragmentSpans(s string, m mode, list []span, decoded int) []span {
	budget := 8 * (len(s) + 64)
	for i := 0; i < len(s) && budget > 0; i++ {
		if s[i] != '{' && s[i] != '[' || i+2 >= len(s) {
			continue
		}
		mark := len(p.nodes)
		r := reader{p: p, s: s, at: i}
		root, ok := r.value()
		budget -= r.at - i + 16
		if ok && r.at-i > 8 && decoded < maxDecode && p.walk(root, place{mode: m, decoded: decoded + 1}) {
			list = append(list, span{from: i, to: r.at, rule: ruleKey, with: string(p.write(nil, root))})
		}
		p.nodes = p.nodes[:mark]
		if ok {
			i = r.at - 1
		}
	}
	return list
}

// depthOf returns the deepest nesting of brackets in s.
func depthOf(s string) int {
	depth, deepest := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

// walk redacts the node and what is under it, and reports whether it changed.
func (p *Pass) walk(i int32, at place) bool {
	switch p.nodes[i].kind {
	case object:
		return p.walkObject(i, at)
	case array:
		return p.walkArray(i, at)
	case text:
		return p.set(i, p.leaf(p.nodes[i].text, p.nodes[i].signs, at))
	case numeral:
		return p.walkNumeral(i, at)
	}
	return false
}

// set gives node i another text.
func (p *Pass) set(i int32, s string) bool {
	if p.nodes[i].text == s {
		return false
	}
	p.nodes[i].text, p.nodes[i].signs = s, 0
	return true
}

// omit replaces node i by a placeholder.
func (p *Pass) omit(i int32, with, rule string) bool {
	n := &p.nodes[i]
	if n.kind == null || n.kind == text && (n.text == "" || n.text == with || p.e.isPlaceholder(n.text)) {
		return false
	}
	p.removeNode(rule, i)
	p.report(rule)
	n.kind, n.text, n.child = omitted, with, -1
	return true
}

// A number may be a card's.
func (p *Pass) walkNumeral(i int32, at place) bool {
	s := p.nodes[i].text
	if whole, fraction, ok := strings.Cut(s, "."); ok && strings.Trim(fraction, "0") == "" {
		s = whole
	}
	if len(s) < 13 || p.text(s, at.mode, at.decoded) == s {
		return false
	}
	p.nodes[i].kind, p.nodes[i].text = omitted, marker(ruleCard)
	return true
}

func (p *Pass) walkObject(i int32, at place) bool {
	changed := p.parallel(i, at)
	near := p.siblings(i)
	pairs, statement, sealed := near.pairs, near.statement, near.sealed || at.sealed
	mongo := ""
	if near.command {
		mongo = p.mongoCommand(i)
	}
	if near.masked {
		changed = p.masked(i, at) || changed
	}
	if near.variables != nil {
		changed = p.variables(i, near.variables, at) || changed
	}
	if near.called != "" {
		changed = p.calledWith(i, near.called, at) || changed
	}
	silent := near.silent() && !at.sealed
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		key := p.nodes[c].key
		t := p.nodes[c].trait
		var renamed *trait
		if !t.clean {
			if name := p.shownName(key, t); name != key {
				p.nodes[c].key, p.nodes[c].bare = name, false
				changed = true
				if renamed = p.trait(name); t.nature == plain {
					t = renamed
				}
			} else {
				t.clean = true
			}
		}
		if silent && t.quiet && renamed == nil {
			p.path = append(p.path, key)
			changed = p.walk(c, at) || changed
			p.path = p.path[:len(p.path)-1]
			continue
		}
		is := t.nature
		if t.joins && (is == plain || is == userpass) && len(p.path) > 1 && !endsIn(squeeze(p.path[len(p.path)-1]), "data", "ref") {
			if n := p.joinedNature(key); n != plain {
				is = n
			}
		}
		said := is == plain || is == remark
		if t.answers && said {
			if asked := p.nature(p.askedIn() + "." + key); asked != plain {
				is = asked
			}
		}
		if t.inner && (said || is == body || is == payload) && len(p.path) > 1 {
			around := p.path[len(p.path)-1]
			if len(p.path) > 2 {
				around = p.path[len(p.path)-2] + "." + around
			}
			if outer := p.nature(around + "." + key); outer == answer || outer == binding || outer == rows || outer == payload && said {
				is = outer
			}
		}
		beside := plain
		if len(pairs) > 0 {
			beside = p.besides(pairs, c, key, t)
		}
		switch {
		case (key == "before" || key == "after") && (near.streamed || len(p.path) > 0 && segment(p.path[len(p.path)-1]) == "payload") && p.nodes[c].kind == object && is == plain:
			is = rows
		case beside != plain && !p.names(c):
			is = beside
		case is == payload && p.isLabelled(i, c):
			is = plain
		case near.jwk && privateParts[t.tail], t.code && is == plain && p.nodes[c].kind == text && p.isTyped(i, c, at.coded || near.brings(key)):
			is = secret
		case strings.HasPrefix(key, ":") && p.underType(c):
			is = binding
		case t.headline && is == plain && p.isHeadline(i, c):
			is = payload
		case sealed && t.data && (near.kind == "" || sealedData(strings.TrimPrefix(key, near.kind))), near.granted && t.code && p.nodes[c].kind == text:
			is = secret
		case near.mail != "" && is == plain && t.tail == "subject" && outerName(key) == near.mail[1:]:
			is = remark
		case near.record != "" && outerName(key) == near.record && is != cellOfRow:
			is = cellOfRow
		case is == plain && t.tail == "record" && segment(p.path[len(p.path)-1]) != "log" && p.isRow(c):
			is = rows
		case near.described && p.nodes[c].kind == array && resulting[t.tail] && is != rows && p.records(c) > 0:
			is = rows
		case statement != "" && (t.bindable || bindingNames[squeeze(within(key, statement[1:]))]):
			is = binding
		}
		if mongo != "" && p.mongoMember(c, mongo[1:]) {
			changed = true
			continue
		}
		under := at
		under.listed = at.listed || t.isQuery || statement != ""
		under.sealed = sealed
		under.coded = at.coded || near.coded != "" && p.nodes[c].kind == object
		p.path = append(p.path, p.nodes[c].key)
		if is == plain && len(pairs) > 0 && holders[t.tail] && (p.nodes[c].kind == object || p.nodes[c].kind == array) {
			changed = p.held(c, pairs[0].nature, under) || changed
		}
		if p.member(c, is, under) {
			changed = true
		}
		if renamed != nil && renamed.nature != is && renamed.nature != plain { // what the name says that is shown
			p.member(c, renamed.nature, under)
		}
		p.path = p.path[:len(p.path)-1]
	}
	return changed
}

// joinedNature returns what a name says together with the one or two around it, as two,
// factor, code do.
func (p *Pass) joinedNature(name string) nature {
	for k := len(p.path) - 1; k > 0 && k > len(p.path)-3; k-- {
		name = p.path[k] + "." + name
		if n := p.nature(name); n != plain && n != body {
			return n
		}
	}
	return plain
}

// shownName returns the name of a member, which says t, without what is secret in it.
func (p *Pass) shownName(key string, t *trait) string {
	name := p.memberName(key)
	if name != key {
		t = p.trait(name)
	}
	if t.shown != "" {
		p.report(ruleKey)
		return t.shown
	}
	return name
}

// askedIn returns the last two names around an object, the lists that hold it aside.
func (p *Pass) askedIn() string {
	k := len(p.path) - 1
	for k > 0 && p.path[k] == "*" {
		k--
	}
	if k < 1 {
		return p.path[0]
	}
	return p.path[k-1] + "." + p.path[k]
}

// memberName redacts a name that holds a secret itself.
func (p *Pass) memberName(name string) string {
	if len(name) > maxName {
		return p.replace(ruleTooLong)
	}
	if len(name) < 11 && isASCII(name) && !strings.ContainsAny(name, " =:@+%\\") {
		return name
	}
	out := name
	if !ofNoField(name) && !p.e.isSection(name) {
		out = p.cleanName(name)
	}
	if ofNoField(out) { // also one that was encoded
		return p.replace(ruleText)
	}
	return out
}

// isSection reports whether a name is that of a setting within sections: Jwt:Issuer.
func (e *Engine) isSection(name string) bool {
	around, name := outerName(name), name[strings.LastIndexByte(name, '.')+1:]
	if strings.IndexByte(name, ':') < 0 {
		return false
	}
	for part := range strings.SplitSeq(around, ".") {
		if around != "" && !e.plainKey(part) {
			return false
		}
	}
	for part := range strings.SplitSeq(name, ":") {
		if part == "" || !isUpper(part[0]) || strings.IndexFunc(part, func(r rune) bool { return r >= utf8.RuneSelf || !isAlpha(byte(r)) }) >= 0 || !e.plainKey(part) {
			return false
		}
	}
	return true
}

// ofNoField reports whether a text has signs that no name of a field has.
func ofNoField(name string) bool { return strings.ContainsAny(name, "\n\r<") }

func (p *Pass) cleanName(name string) string {
	if k := strings.IndexByte(name, ' '); k > 0 { // a statement under another name
		if k = strings.LastIndexByte(name[:k], '.') + 1; k > 0 && isSQL(name[k:]) {
			return name[:k] + p.text(name[k:], prose, 0)
		}
	}
	return p.text(name, prose, 0)
}

func (p *Pass) walkArray(i int32, at place) bool {
	if at.listed && p.records(i) > 3 || p.typed(i) {
		return p.omit(i, fmt.Sprintf("[%d rows omitted]", p.count(i)), ruleRows)
	}
	changed := p.commandList(i)
	count := 0
	after := plain
	named := p.namedItem(i)
	again := false // whether the item after the next one is of the same name: [name, old, new]
	last := int32(-1)
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if count++; at.mode == request && count > maxItems {
			p.nodes[last].next = -1
			rest := 0
			for ; c >= 0; c = p.nodes[c].next {
				rest++
			}
			p.nodes = append(p.nodes, node{kind: omitted, text: fmt.Sprintf("[%d more omitted]", rest), child: -1, next: -1})
			p.nodes[last].next = int32(len(p.nodes) - 1)
			p.report(ruleRows)
			return true
		}
		last = c
		p.path = append(p.path, "*")
		if after != plain {
			was := p.nodes[c].text
			changed = p.member(c, after, at) || changed
			if !again && !(p.nodes[c].next >= 0 && p.alsoName(was) && p.isValueOf(p.nodes[c].next)) { // --secret, name, value
				after = plain
			}
			again = false
		} else {
			if p.nodes[c].kind == text {
				if after = p.argument(p.nodes[c].text, i); after != plain && p.nodes[c].next >= 0 && p.onlyNames(i, p.nodes[c].next) {
					after = plain
				}
				if count == named && after == plain && p.inChanges() && p.nodes[c].next >= 0 && !p.onlyNames(i, p.nodes[c].next) {
					after = p.pairNature(p.nodes[c].text)
				}
				if after == plain && p.nodes[c].next >= 0 && p.spoken(c, i) {
					after = secret
				}
				again = after != plain && count == named
				changed = p.glued(c) || p.assigned(c) || changed
			}
			if p.walk(c, at) {
				changed = true
				if p.nodes[c].kind == text { // what was encoded
					p.assigned(c)
				}
			}
		}
		p.path = p.path[:len(p.path)-1]
	}
	return changed
}

// valuesOff removes all values of a query, but for the collection that a command of
// MongoDB is about.
func (p *Pass) valuesOff(i int32) {
	if p.nodes[i].kind != object || p.mongoCommand(i) == "" {
		p.keysOnly(i)
		return
	}
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		if n.kind != text || !mongoCommands[strings.ToLower(n.key)] || !isIdentifier(n.text) || p.field(n.text) != n.text {
			p.keysOnly(c)
		}
	}
}

// keysOnly removes all values under node i.
func (p *Pass) keysOnly(i int32) {
	switch n := &p.nodes[i]; n.kind {
	case object, array:
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if name := p.memberName(p.nodes[c].key); name != p.nodes[c].key {
				p.nodes[c].key, p.nodes[c].bare = name, false
			}
			p.keysOnly(c)
		}
	default:
		*n = node{kind: null, key: n.key, text: "null", child: -1, next: n.next}
	}
}

// under redacts a text by its name.
func (p *Pass) under(name, s string, m mode) string {
	mark := len(p.nodes)
	p.nodes = append(p.nodes, node{kind: text, key: name, text: s, child: -1, next: -1})
	p.member(int32(mark), p.nature(name), place{mode: m})
	out := p.nodes[mark].text
	p.nodes = p.nodes[:mark]
	return out
}
