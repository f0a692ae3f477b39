package redact

import (
	"cmp"
	"fmt"
	"strings"
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

// Names of a pair whose value stands beside it: {"name": "password", "value": …}.
var (
	pairNames  = set(`name system key field header variable question prompt 0 env param parameter property attribute path label type kind option setting column k n id fieldname propertyname attributename headername envname displayname keyname title argument tag col attr what item target input prop fld var cfg conf caption legend placeholder heading arg`)
	pairValues = set(`value val values vals lhs rhs answer response reply 1 old new before after from to current previous default v content data argument arg prev original updated left right text body plaintext string input was is entered given item setting contents datum literal raw a b first second expected actual got provided supplied submitted typed received wert valor valeur`)
)

// Ends of such names: variableName, oldValue.
var (
	pairNameEnds  = []string{"key", "name", "field", "variable", "property", "attribute", "parameter", "fieldid", "attributeid", "propertyid", "paramid", "settingid", "item", "setting", "option", "label", "var", "header", "inputtype", "prop"}
	pairValueEnds = []string{"value", "values", "val", "vals"}
	// and of those that are values only beside a name that begins as they do: cfgName, cfgData
	pairValueTails = []string{"data", "content", "contents", "setting", "text", "raw", "datum", "literal", "default", "input", "body", "answer", "response"}
)

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
			}
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
		switch {
		case (key == "before" || key == "after") && (near.streamed || len(p.path) > 0 && segment(p.path[len(p.path)-1]) == "payload") && p.nodes[c].kind == object && is == plain:
			is = rows
		case len(pairs) > 0 && paired(pairs, c, key, t) != plain && !p.names(c):
			is = paired(pairs, c, key, t)
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

// resulting are names of lists that are rows where something beside them says so.
var resulting = set(`data items returning`)

// isLabelled reports whether member c of object i is a word beside its label, and they are all
// of it: {"label": "Plan", "content": "pro"}.
func (p *Pass) isLabelled(i, c int32) bool {
	first := p.nodes[i].child
	if p.nodes[first].next < 0 || p.nodes[p.nodes[first].next].next >= 0 || !isIdentifier(p.nodes[c].text) || len(p.nodes[c].text) > 40 {
		return false
	}
	label := first
	if label == c {
		label = p.nodes[first].next
	}
	return p.nodes[label].kind == text && endsIn(squeeze(p.nodes[label].key), "label", "field", "setting", "name", "key") && strings.IndexByte(p.nodes[label].text, '.') < 0 && p.nodes[c].kind == text
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

// listNames are lists whose items name what stands at the same place of the lists
// beside them, or of each of their rows.
var (
	listNames  = set(`names name columns column cols fields field headers header keys key schema attributes attribute properties params parameters labels vars variables args_names fieldnames columnnames columnlabels options`)
	listValues = set(`values value vals val data row rows tuple tuples line lines record records args arguments bindings items cells entries results old new`)
)

const maxParallel = 8 // lists of names in one object

// parallel redacts the items of lists that stand beside the names of secrets in
// another list: {"columns": ["id", "password"], "values": [7, …]}.
func (p *Pass) parallel(i int32, at place) bool {
	changed := false
	for names, tried := p.nodes[i].child, 0; names >= 0 && tried < maxParallel; names = p.nodes[names].next {
		if n := &p.nodes[names]; n.kind != array || n.child < 0 || !listNames[squeeze(segment(n.key))] {
			continue
		}
		tried++
		which, length, any := uint64(0), 0, false
		for c := p.nodes[names].child; c >= 0; c = p.nodes[c].next {
			name := p.itemName(c)
			if length < 64 && name != "" && len(name) <= 80 && p.secretName(name) {
				which |= 1 << length
			}
			length++
			any = any || which != 0
		}
		if !any {
			continue
		}
		for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
			if n := &p.nodes[c]; c != names && n.kind == array && listValues[squeeze(segment(n.key))] {
				p.path = append(p.path, n.key)
				changed = p.column(c, which, length, at) || changed
				p.path = p.path[:len(p.path)-1]
			}
		}
	}
	return changed
}

// itemName returns the name that an item of a list of names is, or holds.
func (p *Pass) itemName(i int32) string {
	switch n := &p.nodes[i]; n.kind {
	case text:
		return n.text
	case object:
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if m := &p.nodes[c]; m.kind == text && p.trait(m.key).namesPair {
				return m.text
			}
		}
	}
	return ""
}

// column redacts the items of list i, or of each list in it, whose places are set
// in which, if it is length long.
func (p *Pass) column(i int32, which uint64, length int, at place) bool {
	changed := false
	if p.count(i) == length {
		k := 0
		for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
			if k < 64 && which>>k&1 != 0 && p.nodes[c].kind != array {
				changed = p.member(c, secret, at) || changed
			}
			k++
		}
	}
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if p.nodes[c].kind == array && p.count(c) == length {
			changed = p.column(c, which, length, at) || changed
		}
	}
	return changed
}

var bindingNames = set(`params parameters args arguments values bindings binds bind variables replacements vars inputs parametervalues bound data batch`)

// A pair is the name of a secret among the members of an object.
type pair struct {
	around string // the part of its name that it shares with its value
	stem   string // its name without its last word, lower case and without signs
	nature nature // of the value
	by     int32  // the node that holds it
}

const maxPairs = 16 // in one object; if there are more, each goes with each value

// paired returns the nature of a member of the object in which the pairs are: that
// of the name beside it.
func paired(pairs []pair, i int32, key string, t *trait) nature {
	for _, x := range pairs {
		switch {
		case x.by == i: // {"item": "…/tokens"}
		case t.pairValue && (len(pairs) >= maxPairs || x.around == outerName(key)):
			return x.nature
		case t.valueTail && x.stem != "" && x.stem == stem(key):
			return x.nature
		case t.dotted && len(key) > len(x.around) && isPairValue(within(key, x.around)):
			return x.nature // name beside value.old
		}
	}
	return plain
}

// ofChange are words of names that say which value of a change one is, and ofValue
// those beside them: oldString, valueAfter, changedTo.
var (
	ofChange = set(`old new before after from to current previous prev prior next original modified was now added removed initial final latest updated`)
	ofValue  = set(`value values val string str text data content display raw json changed field state plain`)
)

// isPairValue reports whether a member of that name may be what the one beside it names.
func isPairValue(name string) bool {
	if name == "" || len(name) > 32 {
		return false
	}
	last := squeeze(name)
	if pairValues[last] || endsIn(last, pairValueEnds...) {
		return true
	}
	var array [maxWords]string
	change := false
	for _, w := range words(name, array[:0]) {
		if !ofChange[w] && !ofValue[w] {
			return false
		}
		change = change || ofChange[w]
	}
	return change
}

// stem returns the words of a name but the last, written together.
func stem(name string) string {
	var array [maxWords]string
	w := words(name, array[:0])
	return strings.Join(w[:max(0, len(w)-1)], "")
}

// within returns the part of a dotted name after what is around it, "" if it does not
// begin with that.
func within(name, around string) string {
	if around != "" {
		rest, ok := strings.CutPrefix(name, around)
		if !ok || rest == "" || rest[0] != '.' {
			return ""
		}
		name = rest[1:]
	}
	first, _, _ := strings.Cut(name, ".")
	return first
}

// A near says what the members of an object tell about one another.
type near struct {
	pairs     []pair          // the names of secrets beside their values
	statement string          // a dot and what is around the name of a statement, "" if there is none
	command   bool            // whether there may be a command of MongoDB
	sealed    bool            // whether it is a sealed object of Kubernetes
	kind      string          // what is around the name of the member that says so, and a dot
	granted   bool            // whether it asks for a token
	jwk       bool            // whether it is a JSON web key (RFC 7517)
	called    string          // the name of what is called, if that takes a secret
	mail      string          // a dot and what is around the names of the parts of a mail, "" if there is none
	record    string          // what is around the names of the cells of a row, "" if there is none
	described bool            // whether it describes the columns of the rows in it
	masked    bool            // whether it says which members of another one are sensitive
	coded     string          // a dot and what is around the subject of a message that brings a code to type, "" if there is none
	streamed  bool            // whether it is a change of a row in a stream, as Debezium sends it
	variables map[string]bool // of an operation of GraphQL, those that are secrets
}

// privateParts are members of a JSON web key that are secret.
var privateParts = set(`k d p q dp dq qi oth`)

// factors are words of names of factors of authentication, and of what is done with
// one, whose code is typed.
var factors = set(`otp totp hotp 2fa mfa tfa sms verification verify twofactor authenticator challenge`)

// isTyped reports whether a member is the code of a factor: four to eight digits beside
// a text that names it, or within a message that brings one.
func (p *Pass) isTyped(i, code int32, brought bool) bool {
	if v := p.nodes[code].text; len(v) < 4 || len(v) > 8 || strings.Trim(v, "0123456789") != "" {
		return false
	}
	if brought {
		return true
	}
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		if n.kind != text || c == code || len(n.text) > 40 {
			continue
		}
		var array [maxWords]string
		for _, w := range words(n.text, array[:0]) {
			if factors[w] {
				return true
			}
		}
	}
	return false
}

// bringsCode reports whether the subject or the template of a message says that it brings a
// code to type: Your sign-in code.
func bringsCode(s string) bool {
	if len(s) > maxName {
		return false
	}
	var array [maxWords]string
	last := ""
	for _, w := range words(s, array[:0]) {
		switch {
		case factors[w], w == "login", w == "signin", w == "passcode", w == "onetime", last == "sign" && w == "in", last == "log" && w == "in", last == "one" && w == "time":
			return true
		}
		last = w
	}
	return false
}

// brings reports whether a dotted name is of what such a message says: mail.data.code beside
// mail.template.
func (x *near) brings(key string) bool {
	outer := outerName(key)
	return x.coded != "" && len(outer) >= len(x.coded) && strings.HasPrefix(outer, x.coded[1:])
}

// isHeadline reports whether member c of object i is the title of a notification, as its text
// stands beside it.
func (p *Pass) isHeadline(i, c int32) bool {
	n := &p.nodes[c]
	around := outerName(n.key)
	if holder := lowered(cmp.Or(around, p.path[len(p.path)-1])); n.kind != text || strings.IndexByte(n.text, ' ') < 0 || !endsIn(holder, "notification", "alert") {
		return false
	}
	for m := p.nodes[i].child; m >= 0; m = p.nodes[m].next {
		if outerName(p.nodes[m].key) == around && segment(p.nodes[m].key) == "body" {
			return true
		}
	}
	return false
}

// masked redacts what a member beside it says is sensitive, as plans of Terraform do:
// {"after": {"x": …}, "after_sensitive": {"x": true}}.
func (p *Pass) masked(i int32, at place) bool {
	changed := false
	by := map[string]int32{}
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if t := p.nodes[c].trait; t != nil && t.masks {
			by[ofSensitive.Replace(p.nodes[c].key)] = c
		}
	}
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if m, ok := by[p.nodes[c].key]; ok {
			changed = p.mask(c, m, at) || changed
		}
	}
	return changed
}

var ofSensitive = strings.NewReplacer("_sensitive", "", "sensitive_", "")

// mask redacts node i where by is true.
func (p *Pass) mask(i, by int32, at place) bool {
	p.path = append(p.path, cmp.Or(p.nodes[i].key, "*"))
	defer func() { p.path = p.path[:len(p.path)-1] }()
	m := &p.nodes[by]
	switch {
	case m.kind == boolean && m.text == "true":
		return p.member(i, secret, at)
	case m.kind != p.nodes[i].kind || m.kind != object && m.kind != array:
		return false
	}
	changed := false
	named := map[string]int32{}
	item := m.child
	for c := m.child; c >= 0 && m.kind == object; c = p.nodes[c].next {
		named[p.nodes[c].key] = c
	}
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		b, ok := named[p.nodes[c].key]
		if m.kind == array {
			if b, ok = item, item >= 0; ok {
				item = p.nodes[item].next
			}
		}
		if ok {
			changed = p.mask(c, b, at) || changed
		}
	}
	return changed
}

// siblings looks at the members of an object for what they say about one another.
func (p *Pass) siblings(i int32) (x near) {
	named, valued := false, false // whether there is a member that may name another one, and such another one
	op, stamped := false, false
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		t := p.trait(n.key)
		n.trait = t
		valued = valued || t.pairValue || t.valueTail || t.dotted
		x.granted = x.granted || t.grants
		op = op || n.key == "op" && n.kind == text && len(n.text) == 1
		stamped = stamped || n.key == "ts_ms" || n.key == "source"
		x.jwk = x.jwk || t.jwk
		x.masked = x.masked || t.masks
		if t.subject && n.kind == text && bringsCode(n.text) {
			x.coded = "." + outerName(n.key)
		}
		if t.mails {
			x.mail = "." + outerName(n.key)
		}
		x.described = x.described || t.describes && p.describesColumns(i, c)
		if n.kind == array && namesPath(n) || n.kind == object && t.namesPair || n.kind == boolean && t.marks {
			named = true
		}
		if !x.sealed && p.ofSecrets(c, true) {
			x.sealed = true
			if around := outerName(n.key); around != "" && n.kind == text {
				x.kind = around + "."
			}
		}
		if n.kind != text || n.text == "" {
			continue
		}
		named = named || t.namesPair
		x.command = x.command || t.command
		if around := outerName(n.key); t.dotted && isCell(n.text) && segment(around) == "record" && !endsIn(around, "log.record") {
			x.record = around
		}
		if t.calls && len(n.text) <= 64 && p.takesSecret(n.text) {
			x.called = n.text
		}
		if t.nature == query || t.isQuery && startsLikeSQL(n.text) {
			x.statement = "." + outerName(n.key)
		}
		if t.isQuery && strings.IndexByte(n.text, '$') > 0 && graphQL(n.text) {
			x.variables = p.secretVariables(n.text)
		}
	}
	x.streamed = op && stamped
	if !named || !valued {
		return x
	}
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		around := outerName(n.key)
		if n.kind == boolean && n.text == "true" && n.trait.marks {
			x.pairs = append(x.pairs, pair{around: around, nature: flagged, by: c})
			continue
		}
		name := p.nameIn(c)
		if name == "" || n.trait.nature == secret && !isIdentifier(name) {
			continue
		}
		nature := p.pairNature(lastSegment(name))
		if nature == plain {
			continue
		}
		x.pairs = append(x.pairs, pair{around, stem(n.key), nature, c})
		if around != "" && p.trait(around).namesPair { // field.id beside value
			x.pairs = append(x.pairs, pair{outerName(around), "", nature, c})
		}
		if len(x.pairs) >= maxPairs {
			break
		}
	}
	return x
}

// isCell reports whether a text is one of a row, not of a setting: a name of somebody, an
// address, a sentence.
func isCell(s string) bool { return strings.ContainsAny(s, " @") && !isTime(s) }

// isRow reports whether an object is one row: values without members, a text among them.
func (p *Pass) isRow(i int32) bool {
	found := false
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		if n.kind == object || n.kind == array {
			return false
		}
		found = found || n.kind == text && isCell(n.text)
	}
	return found
}

// describesColumns reports whether member c of object i says which columns, or how many
// rows, the result has that is beside it: columns with their names, or statistics beside
// the number of rows.
func (p *Pass) describesColumns(i, c int32) bool {
	n := &p.nodes[c]
	name := squeeze(segment(n.key))
	if !describing[name] { // of a dotted name
		name = squeeze(segment(outerName(n.key)))
	}
	switch {
	case name == "scannedcount", name == "affectedrows":
		return n.kind == numeral
	case n.kind == array && n.child >= 0 && p.nodes[n.child].kind == text:
		return strings.HasPrefix(name, "col")
	case n.kind == array:
		for item := n.child; item >= 0; item = p.nodes[item].next {
			if p.nodes[item].kind != object || p.itemName(item) == "" {
				return false
			}
		}
		return n.child >= 0
	case name == "resultsetmetadata":
		return true
	case strings.HasPrefix(name, "stat"):
		for m := p.nodes[i].child; m >= 0; m = p.nodes[m].next {
			if p.nodes[m].kind == numeral && segment(p.nodes[m].key) == "rows" {
				return true
			}
		}
	case n.kind == object:
		for m := n.child; m >= 0; m = p.nodes[m].next {
			if last := segment(p.nodes[m].key); p.nodes[m].kind == array && (last == "fields" || last == "columns") {
				return true
			}
		}
	}
	return false
}

// takesSecret reports whether what is called logs somebody in, or sets a secret: auth.login,
// setPassword.
func (p *Pass) takesSecret(name string) bool {
	callee := calleeOf(name, len(name))
	if callee == "" {
		return false
	}
	low := lowered(callee)
	for _, verb := range []string{"change", "update"} {
		if noun, ok := strings.CutPrefix(low, verb); ok && strings.HasPrefix(strings.TrimLeft(noun, "_"), "pass") && p.secretName(noun) {
			return true
		}
	}
	return logsIn(callee) || p.setsSecret(callee)
}

// calledWith redacts the arguments of such a call, but for the one that says whose they are:
// {"method": "login", "params": ["ada", …]}.
func (p *Pass) calledWith(i int32, called string, at place) bool {
	changed := false
	login := logsIn(calleeOf(called, len(called)))
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		p.path = append(p.path, n.key)
		switch last := segment(n.key); {
		case ofCalls[last]:
			changed = p.arguments(c, login, at) || changed
		case number(last) && last != "0" && n.kind == text && ofCalls[segment(outerName(n.key))]: // params.1
			changed = p.member(c, secret, at) || changed
		}
		p.path = p.path[:len(p.path)-1]
	}
	return changed
}

// ofCalls are names of the arguments of a call.
var ofCalls = set(`params args arguments parameters`)

// arguments redacts the texts among the arguments of a call. The first of several says whose
// they are, or the only one of a login; those with names tell by these.
func (p *Pass) arguments(i int32, login bool, at place) bool {
	n := &p.nodes[i]
	if n.kind == text && strings.IndexByte(n.text, ' ') > 0 {
		return p.member(i, secret, at)
	}
	if n.kind != array && !p.positional(i) || n.child < 0 {
		return false
	}
	whose := n.child
	for c := n.child; c >= 0 && n.kind == object; c = p.nodes[c].next { // whatever their order
		if p.nodes[c].key == "u" || p.nodes[whose].key != "u" && p.nodes[c].key < p.nodes[whose].key {
			whose = c
		}
	}
	if p.nodes[n.child].next < 0 && !login {
		whose = -1
	}
	changed := false
	for c := n.child; c >= 0; c = p.nodes[c].next {
		if n.kind == array {
			p.path = append(p.path, "*")
		} else {
			p.path = append(p.path, p.nodes[c].key)
		}
		switch {
		case p.nodes[c].kind == object:
			changed = p.arguments(c, login, at) || changed
		case p.nodes[c].kind == text && (c != whose || n.kind == object && p.nodes[c].key == "p"):
			changed = p.member(c, secret, at) || changed
		}
		p.path = p.path[:len(p.path)-1]
	}
	return changed
}

// positional reports whether an object is arguments by their place, or under one letter:
// {"0": …}, {"arg1": …}, {"u": …}.
func (p *Pass) positional(i int32) bool {
	n := &p.nodes[i]
	for c := n.child; c >= 0; c = p.nodes[c].next {
		switch name := strings.TrimRight(lowered(p.nodes[c].key), "0123456789"); name {
		case "", "arg", "param", "_", "$":
		default:
			if len(name) > 1 {
				return false
			}
		}
	}
	return n.kind == object
}

// secretVariables returns the variables of an operation of GraphQL that it gives to
// arguments with the names of secrets: login(password: $p).
func (p *Pass) secretVariables(s string) (found map[string]bool) {
	for i := 1; i < len(s); i++ {
		if s[i] != '$' {
			continue
		}
		to := i + 1
		for to < len(s) && (isAlnum(s[to]) || s[to] == '_') {
			to++
		}
		colon := i
		for colon > 0 && s[colon-1] == ' ' {
			colon--
		}
		if colon == 0 || s[colon-1] != ':' {
			continue
		}
		name := strings.TrimRight(s[:colon-1], " ")
		if name = calleeOf(name, len(name)); p.secretName(name) || pairValues[strings.ToLower(name)] && p.inSecretCall(s[:colon]) {
			if found == nil {
				found = map[string]bool{}
			}
			found[s[i+1:to]] = true
		}
	}
	return found
}

// inSecretCall reports whether s ends within the brackets of a call whose name has that of a
// secret: changePassword(new:.
func (p *Pass) inSecretCall(s string) bool {
	near := max(0, len(s)-maxName)
	i := strings.LastIndexByte(s[near:], '(')
	return i > 0 && strings.IndexByte(s[near+i:], ')') < 0 && p.secretName(calleeOf(s, near+i))
}

// variables redacts those of an operation that are secrets.
func (p *Pass) variables(i int32, which map[string]bool, at place) bool {
	changed := false
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		if _, name, ok := strings.Cut(n.key, "variables."); ok && which[name] {
			p.path = append(p.path, n.key)
			changed = p.member(c, secret, at) || changed
			p.path = p.path[:len(p.path)-1]
		}
		if n.kind != object || segment(n.key) != "variables" {
			continue
		}
		p.path = append(p.path, p.nodes[c].key)
		for v := p.nodes[c].child; v >= 0; v = p.nodes[v].next {
			if which[p.nodes[v].key] {
				p.path = append(p.path, p.nodes[v].key)
				changed = p.member(v, secret, at) || changed
				p.path = p.path[:len(p.path)-1]
			}
		}
		p.path = p.path[:len(p.path)-1]
	}
	return changed
}

// nameIn returns the name that node i may give to the values beside it: its text,
// the last one of a path that is a secret's, or the name of an object that
// describes a field.
func (p *Pass) nameIn(i int32) string {
	name := ""
	switch n := &p.nodes[i]; {
	case n.kind == text && n.trait.namesPair:
		name = n.text
	case n.kind == array && namesPath(n):
		name = p.pathText(i)
	case n.kind == object && n.trait.namesPair:
		for c := n.child; c >= 0; c = p.nodes[c].next { // {"id": "f1", "label": "Password"}, {"en": "Pin"}
			m := &p.nodes[c]
			if m.kind == text && len(m.text) <= 80 && (len(m.key) == 2 || p.trait(m.key).namesPair) && p.pairNature(m.text) != plain {
				name = m.text
				break
			}
			if m.kind == text && name == "" && p.trait(m.key).namesPair {
				name = m.text
			}
		}
	}
	if len(name) > 80 || strings.HasPrefix(name, "arn:") || strings.IndexByte(name, '\\') >= 0 { // of a resource, of a class
		return ""
	}
	if random(name, 4) && isChopped(words(name, nil), name) && !p.secretName(lowered(name)) {
		return "" // made by chance
	}
	return name
}

// names reports whether node i is the name of a secret, not its value.
func (p *Pass) names(i int32) bool {
	n := &p.nodes[i]
	if n.kind == object && n.trait.namesPair {
		name := p.nameIn(i)
		return name != "" && p.pairNature(name) != plain
	}
	return n.kind == text && n.trait.namesPair && isIdentifier(n.text) && p.pairNature(n.text) != plain
}

// ofSecrets reports whether a member says that the object is a Secret of Kubernetes,
// a list of them, or what is done to one; outer is true for a member of the object
// itself, whose own members are looked at too.
func (p *Pass) ofSecrets(i int32, outer bool) bool {
	n := &p.nodes[i]
	switch {
	case n.kind == object && outer:
		if last := segment(n.key); last != "kind" && last != "resource" && last != "objectref" && last != "gvk" && last != "involvedobject" {
			return false
		}
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if p.ofSecrets(c, false) {
				return true
			}
		}
	case n.kind == text:
		switch n.text {
		case "Secret", "SecretList", "SealedSecret", "ExternalSecret":
			return segment(n.key) == "kind"
		case "secrets":
			return segment(n.key) == "resource"
		case "Opaque":
			return segment(n.key) == "type"
		}
		return strings.HasPrefix(n.text, "kubernetes.io/") && segment(n.key) == "type"
	}
	return false
}

// namesPath reports whether a list may be the path of a field.
func namesPath(n *node) bool {
	return n.trait.namesPair || endsIn(squeeze(n.key), "path", "keys", "loc", "location")
}

// pathText returns the last text of a list that is a path, such as ["spec",
// "password"], or the last one that is the name of a secret.
func (p *Pass) pathText(i int32) string {
	last, known := "", ""
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if n := &p.nodes[c]; n.kind == text {
			if last = n.text; len(last) <= 80 && p.secretName(last) {
				known = last
			}
		}
	}
	if known != "" {
		return known
	}
	return last
}

// outerName returns what stands before the last part of a dotted name.
func outerName(name string) string { return name[:max(0, strings.LastIndexByte(name, '.'))] }

// pairNature returns the nature of what stands beside a name.
func (p *Pass) pairNature(name string) nature {
	switch {
	case p.nature(name) == connection:
		return connection
	case isHistory(name) && p.secretName(name):
		return timed
	case p.secretName(name):
		return flagged
	}
	return plain
}

// lastSegment returns what follows the last slash: /user/password.
func lastSegment(path string) string {
	for {
		i := strings.LastIndexByte(path, '/')
		if i < 0 || i == len(path)-1 {
			return path
		}
		if last := path[i+1:]; i == 0 || !number(last) && last != "-" {
			return last
		}
		path = path[:i] // the index of a list
	}
}

// squeeze returns a name in lower case without separators.
func squeeze(name string) string {
	for i := 0; i < len(name); i++ {
		if !isLower(name[i]) {
			return strings.ToLower(separators.Replace(name))
		}
	}
	return name
}

var separators = strings.NewReplacer("-", "", "_", "", ".", "", " ", "")

// memberName redacts a name that holds a secret itself.
func (p *Pass) memberName(name string) string {
	if len(name) > maxName {
		return p.replace(ruleTooLong)
	}
	if len(name) < 11 && isASCII(name) && !strings.ContainsAny(name, " =:@+%\\") {
		return name
	}
	out := name
	if !ofNoField(name) {
		out = p.cleanName(name)
	}
	if ofNoField(out) { // also one that was encoded
		return p.replace(ruleText)
	}
	return out
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

// member redacts node i whose name is of nature n.
func (p *Pass) member(i int32, n nature, at place) bool {
	node := &p.nodes[i]
	if n == binding && len(p.path) == 2 && at.mode == request && updating[node.key] && node.kind == object {
		n = plain // the request is a change of a document
	}
	if node.kind == text && n == plain && strings.HasPrefix(node.text, "blob:") && tellsOf(node.key) {
		if k := strings.LastIndexByte(node.text, '/') + 1; isUUID(node.text[k:]) { // who has it may read what it stands for
			p.remove(ruleURL, node.text[k:])
			return p.set(i, node.text[:k]+p.replace(ruleURL))
		}
	}
	if node.kind == text && ofLogin[node.tail()] && (n == plain || n == remark) {
		if from := passwordAt(node.text); from > 0 && coined(node.text[from:]) {
			n = userpass
		}
	}
	switch n {
	case flagged, secret:
		if saysNothing(node, n) {
			return false
		}
		if node.kind == text && isUUID(node.text) && squeeze(segment(node.key)) == "sessionid" {
			return false // for correlation
		}
		if node.kind == text && squeeze(segment(node.key)) == "secretid" && (strings.HasPrefix(node.text, "arn:") || strings.IndexByte(node.text, '/') > 0 && isPathOfWords(node.text)) {
			return p.walk(i, at) // which one it is
		}
		if p.isReference(i) {
			return p.walk(i, at)
		}
		if n == flagged && p.isChange(i) {
			return p.changeMember(i, flagged, at)
		}
		if node.kind == object && segment(node.key) == "auth" {
			return p.authMember(i, at)
		}
		if p.describesCredentials(i) {
			changed := false
			for c := node.child; c >= 0; c = p.nodes[c].next {
				changed = p.authMember(c, at) || changed
			}
			return changed
		}
		if p.isGroup(i) || p.saysOf(i) || node.kind == object && p.inPolicy() {
			return p.walk(i, at)
		}
		return p.omit(i, marker(ruleKey), ruleKey)
	case cookies:
		return p.omit(i, marker(ruleCookie), ruleCookie)
	case webhook:
		if node.kind == object {
			return p.webhookMember(i, at)
		}
		return p.omit(i, marker(ruleWebhook), ruleWebhook)
	case binding:
		if p.grantsRoles(i) {
			return p.walk(i, at)
		}
		if strings.HasPrefix(node.key, "$") && (node.kind == array || node.kind == object) { // an operator, and its fields
			p.removeNode(ruleSQL, i)
			p.report(ruleSQL)
			p.keysOnly(i)
			return true
		}
		if node.kind == array || node.kind == object || node.kind == text {
			return p.omit(i, marker(ruleSQL), ruleSQL)
		}
	case answer:
		return p.omit(i, marker(ruleResponse), ruleResponse)
	case rows:
		return p.rowsMember(i, at)
	case cellOfRow:
		return p.omit(i, marker(ruleRows), ruleRows)
	case payload:
		return p.payloadMember(i, at)
	case plain, query:
		if node.kind == text && node.trait != nil && node.trait.isQuery && strings.IndexByte(node.text, '=') > 0 && isForm(node.text) { // of a URL
			if list := p.querySpans(node.text, 0, nil); len(list) > 0 {
				return p.set(i, p.leaf(p.apply(node.text, list, at.mode, at.decoded), 0, at))
			}
		}
		if n == query && node.kind == text {
			return p.set(i, p.query(node.text, at))
		}
		if node.kind == text && endsIn(node.tail(), "webhook", "hook") && isKeyed(node.text) {
			return p.omit(i, marker(ruleWebhook), ruleWebhook)
		}
		if node.kind == object && node.trait != nil && node.trait.isQuery && p.searches(i) {
			p.removeNode(ruleSQL, i)
			p.report(ruleSQL)
			p.keysOnly(i)
			return true
		}
		if n == query {
			at.listed = true
		}
	case response:
		if node.kind == text && !shortWord(node.text) {
			return p.omit(i, marker(ruleResponse), ruleResponse)
		}
		at.mode, at.listed = request, true
	case body:
		at.mode = request
	case vendor:
		if node.kind == text && vendorToken(node.text) {
			return p.omit(i, marker(ruleEntropy), ruleEntropy)
		}
	case connection:
		if p.isChange(i) {
			return p.changeMember(i, connection, at)
		}
		if node.kind != text || !isConnection(node.text) {
			return p.omit(i, marker(ruleKey), ruleKey)
		}
	case timed:
		if v := node.text; node.kind == array || node.kind == text && !isTime(v) && (looksChosen(v, "password") || coined(v) || len(v) > 2 && len(v) < 9 && number(v)) {
			return p.omit(i, marker(ruleKey), ruleKey)
		}
	case remark:
		if node.kind == object || node.kind == array {
			at.mode = request
		} else if node.kind == text && at.mode != request {
			changed := p.walk(i, at)
			if n := &p.nodes[i]; n.kind == text && strings.Count(p.e.bare(n.text), " ") >= 2 {
				return p.omit(i, marker(ruleText), ruleText)
			}
			return changed
		}
	case userpass:
		if node.kind == text {
			if from := passwordAt(node.text); from > 0 {
				p.remove(rulePair, node.text[from:])
				return p.set(i, node.text[:from]+p.replace(rulePair))
			}
		}
	case account:
		if node.kind == text {
			was := node.text
			s := p.leaf(was, node.signs, at)
			if user, pass, ok := strings.Cut(s, ":"); ok && s == was && strings.HasPrefix(squeeze(segment(node.key)), "basic") && user != "" && pass != "" && !p.e.isPlaceholder(s) && strings.IndexByte(s, ' ') < 0 {
				return p.set(i, user+":"+p.replace(rulePair))
			}
			return p.set(i, p.login(s)) || s != was
		}
	}
	return p.walk(i, at)
}

// tellsOf reports whether a word of a name tells of a secret.
func tellsOf(name string) bool {
	var array [maxWords]string
	for _, w := range words(name, array[:0]) {
		if telling[w] {
			return true
		}
	}
	return false
}

// ofLogin are names of what is typed, under which user:password may stand.
var ofLogin = set(`input data value`)

// grantsRoles reports whether node i is a list of who has which role, as policies of
// Google Cloud bind them.
func (p *Pass) grantsRoles(i int32) bool {
	n := &p.nodes[i]
	if n.kind != array {
		return false
	}
	for c := n.child; c >= 0; c = p.nodes[c].next {
		role, member := false, false
		for m := p.nodes[c].child; m >= 0 && p.nodes[c].kind == object; m = p.nodes[m].next {
			switch p.nodes[m].key {
			case "role":
				role = true
			case "members", "member":
				member = true
			}
		}
		if !role || !member {
			return false
		}
	}
	return n.child >= 0
}

// clauses are those of queries of Elasticsearch, under which values of documents stand.
var clauses = set(`match term terms bool range wildcard prefix fuzzy regexp ids nested match_phrase match_phrase_prefix match_bool_prefix multi_match query_string
	simple_query_string constant_score function_score dis_max has_child has_parent more_like_this terms_set intervals`)

// searches reports whether an object is one of them: {"match": {"name": …}}.
func (p *Pass) searches(i int32) bool {
	c := p.nodes[i].child
	return c >= 0 && p.nodes[c].next < 0 && p.nodes[c].kind == object && clauses[p.nodes[c].key]
}

// webhookMember redacts the description of a webhook: its URLs go.
func (p *Pass) webhookMember(i int32, at place) bool {
	changed := false
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if n := &p.nodes[c]; n.kind == text && strings.Contains(n.text, "://") {
			changed = p.omit(c, marker(ruleWebhook), ruleWebhook) || changed
		}
	}
	return p.walk(i, at) || changed
}

// updating are operators of MongoDB with the fields that an update changes.
var updating = set(`$set $unset $setOnInsert $currentDate`)

// saysNothing reports whether a value under the name of a secret is too small to be
// one: a boolean, or, where the name may mean something else, a number below 100.
func saysNothing(n *node, under nature) bool {
	switch n.kind {
	case boolean:
		return true
	case numeral:
		return under == flagged && (len(n.text) <= 2 || isHistory(n.key)) || strings.HasSuffix(segment(n.key), "tokens") && len(n.text) < 9 // how many
	case text:
		return n.text == "true" || n.text == "false" || under == flagged && (isKind(n.key, n.text) || authMethods[strings.ToLower(n.text)] || len(n.text) <= 2 && number(n.text))
	}
	return false
}

// isHistory reports whether a name is of how many secrets may not be used again, or of these.
func isHistory(name string) bool { return endsIn(squeeze(name), "history", "histories") }

// isKind reports whether a word says of what kind a thing is whose name may be a secret's too:
// of a history how it is kept, of tan the color.
func isKind(name, v string) bool {
	name = segment(name)
	return (name == "tan" || name == "pincode" || isHistory(name)) && shortWord(v) && !coined(v) && !miscased(v)
}

// authMethods are what is said under names such as smtp_auth that is no secret.
var authMethods = set(`none basic plain login digest ntlm oauth oauth2 xoauth2 saml ldap oidc kerberos cram-md5 scram-sha-256 md5 trust peer bearer mtls tls cert
	certificate required optional enabled disabled on off yes no local internal external sso iam password token apikey api_key public anonymous`)

// references are names under which objects name secrets, and hold none.
var references = set(`imagepullsecrets imagepullsecret secretkeyref secretref secretrefs envfromsecret`)

// isReference reports whether node i only names secrets that are somewhere else.
func (p *Pass) isReference(i int32) bool {
	n := &p.nodes[i]
	if n.kind != object && n.kind != array || !references[squeeze(segment(n.key))] {
		return false
	}
	for c := n.child; c >= 0; c = p.nodes[c].next {
		list := c
		if n.kind == object {
			list = i
		}
		for m := p.nodes[list].child; m >= 0; m = p.nodes[m].next {
			switch squeeze(p.nodes[m].key) {
			case "name", "key", "namespace", "optional":
			default:
				return false
			}
		}
	}
	return true
}

// isChange reports whether node i is an object of an old and a new value.
func (p *Pass) isChange(i int32) bool {
	if p.nodes[i].kind != object || p.nodes[i].child < 0 {
		return false
	}
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if !turning[p.nodes[c].key] {
			return false
		}
	}
	return true
}

// changeMember redacts both values of a change under a name of nature n.
func (p *Pass) changeMember(i int32, n nature, at place) bool {
	changed := false
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		changed = p.member(c, n, at) || changed
	}
	return changed
}

// inPolicy reports whether the member that is walked is right within a policy, which says of
// what kind a secret must be: {"policy": {"password": {"minLength": 12}}}.
func (p *Pass) inPolicy() bool {
	return len(p.path) > 2 && endsIn(squeeze(segment(p.path[len(p.path)-2])), "policy", "policies", "requirements")
}

// saysOf reports whether an object under the name of a secret holds only what is said of
// it: {"token": {"count": 44}}, {"password": {"policy": "strict"}}.
func (p *Pass) saysOf(i int32) bool {
	if p.nodes[i].kind != object || p.nodes[i].child < 0 {
		return false
	}
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		if !sounding[n.key] || turning[n.key] || p.nature(p.nodes[i].key+"."+n.key) != plain {
			return false
		}
		switch n.kind {
		case boolean, numeral:
		case text:
			if w := lowered(n.text); !inDictionary(w) && !harmless[w] && !isTime(w) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// isGroup reports whether node i is the first part of the name of a group of Kubernetes whose
// dots were read as those of nested names: {"authorization": {"k8s": {"io/decision": …}}}.
func (p *Pass) isGroup(i int32) bool {
	n := &p.nodes[i]
	if n.kind != object || n.child < 0 || p.nodes[n.child].next >= 0 || p.nodes[n.child].kind != object {
		return false
	}
	if n = &p.nodes[n.child]; n.child < 0 || n.key != "k8s" && n.key != "kubernetes" {
		return false
	}
	for c := n.child; c >= 0; c = p.nodes[c].next {
		if name, ok := strings.CutPrefix(p.nodes[c].key, "io/"); !ok || pairValues[strings.ToLower(name)] {
			return false
		}
	}
	return true
}

// ofAuth are members of an object called auth that say how, and what for, somebody is
// authenticated.
var ofAuth = set(`policies tokenpolicies identitypolicies externalnamespacepolicies roles role groups scopes scope permissions type tokentype method methods provider scheme kind
	startdatetime enddatetime keyid mechanism displayname status enabled required renewable leaseduration tokenttl ttl tokenissuetime createtime entityid username user database`)

// describesCredentials reports whether node i is a list of credentials of Entra ID, which say
// until when each is good.
func (p *Pass) describesCredentials(i int32) bool {
	n := &p.nodes[i]
	if n.kind != array || n.child < 0 || !endsIn(squeeze(segment(n.key)), "credentials") {
		return false
	}
	for c := n.child; c >= 0; c = p.nodes[c].next {
		dated := false
		for m := p.nodes[c].child; m >= 0 && p.nodes[c].kind == object; m = p.nodes[m].next {
			dated = dated || squeeze(p.nodes[m].key) == "enddatetime"
		}
		if !dated {
			return false
		}
	}
	return true
}

// authMember redacts an object called auth, or credentials: of its members those stay whose names are
// known to be harmless.
func (p *Pass) authMember(i int32, at place) bool {
	changed := false
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		is := secret
		if t := p.trait(n.key); ofAuth[squeeze(n.key)] && (t.nature == plain || t.nature == account) {
			n.trait, is = t, t.nature
		}
		if name := p.memberName(n.key); name != n.key {
			n.key, n.bare, changed = name, false, true
		}
		p.path = append(p.path, n.key)
		changed = p.member(c, is, at) || changed
		p.path = p.path[:len(p.path)-1]
	}
	return changed
}

// isConnection reports whether a text is a URL or a connection string, which
// rules of their own take the password from.
func isConnection(s string) bool {
	return strings.ContainsAny(s, "=/") || strings.IndexByte(s, '@') > 0 && strings.IndexByte(s, ':') > 0
}

func (p *Pass) rowsMember(i int32, at place) bool {
	switch n := &p.nodes[i]; n.kind {
	case array:
		if n.child < 0 {
			return false
		}
		return p.omit(i, fmt.Sprintf("[%d rows omitted]", p.count(i)), ruleRows)
	case object:
		if n.child < 0 {
			return false
		}
		return p.omit(i, "[1 rows omitted]", ruleRows)
	case text:
		last := squeeze(segment(n.key))
		if (last == "row" || last == "keyvalue") && isIdentifier(n.text) || shortWord(n.text) && (rowWords[last] || endsIn(last, "result", "output")) {
			break
		}
		return p.omit(i, marker(ruleRows), ruleRows)
	}
	return p.walk(i, at)
}

func (p *Pass) payloadMember(i int32, at place) bool {
	switch n := &p.nodes[i]; n.kind {
	case text:
		if graphQL(n.text) && endsIn(squeeze(segment(n.key)), "document") {
			return p.set(i, p.text(n.text, request, at.decoded))
		}
		if c := firstByte(n.text); c == '{' || c == '[' {
			if s, ok := p.document(n.text, request, at.decoded); ok {
				return p.set(i, s)
			}
		}
		return p.omit(i, marker(ruleText), ruleText)
	case array:
		changed := false
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if p.nodes[c].kind == text {
				changed = p.omit(c, marker(ruleText), ruleText) || changed
			} else {
				at.mode = request
				changed = p.walk(c, at) || changed
			}
		}
		return changed
	}
	at.mode = request
	return p.walk(i, at)
}

func (p *Pass) count(i int32) (n int) {
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n++
	}
	return n
}

const maxItems = 32 // of a list in a request

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

// isValueOf reports whether an item behind a name that an option has may be its value.
func (p *Pass) isValueOf(i int32) bool {
	n := &p.nodes[i]
	return n.kind == text && (strong(n.text) || looksChosen(n.text, "password")) && !strings.HasPrefix(n.text, "-")
}

// namedItem returns which item of a list is the name of what changed, from 1, if the list
// is a name, an old and a new value, or these behind what was done; else 0.
func (p *Pass) namedItem(i int32) int {
	n := 0
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if k := p.nodes[c].kind; k == object || k == array || k == text && strings.HasPrefix(p.nodes[c].text, "-") {
			return 0
		}
		n++
	}
	switch first := p.nodes[i].child; {
	case n == 3, n == 2 && len(p.path) > 1 && p.path[len(p.path)-1] == "*": // [[name, value], …]
		return 1
	case n == 4 && p.nodes[first].kind == text && edits[strings.ToLower(p.nodes[first].text)]:
		return 2
	}
	return 0
}

// edits are what is done to a value, before its name.
var edits = set(`change changed update updated replace replaced modify modified edit edited set ~`)

// inChanges reports whether the list whose items are walked may be one of the changes in
// a list of them, or is the only one.
func (p *Pass) inChanges() bool {
	if len(p.path) < 2 {
		return false
	}
	around := p.path[len(p.path)-2] // behind it is the item
	return around == "*" || endsIn(squeeze(around), "change", "changes", "diff", "diffs", "delta", "deltas")
}

// typed reports whether the first item of a list is a row as DynamoDB writes it, each
// value under its type: {"name": {"S": …}}.
func (p *Pass) typed(i int32) bool {
	first := p.nodes[i].child
	if first < 0 || p.nodes[first].kind != object || p.nodes[first].child < 0 {
		return false
	}
	for c := p.nodes[first].child; c >= 0; c = p.nodes[c].next {
		if !p.underType(c) {
			return false
		}
	}
	return true
}

// underType reports whether node i is a value as DynamoDB writes it.
func (p *Pass) underType(i int32) bool {
	n := &p.nodes[i]
	if n.kind != object || n.child < 0 || p.nodes[n.child].next >= 0 {
		return false
	}
	switch p.nodes[n.child].key {
	case "S", "N", "B", "M", "L", "SS", "NS", "BS", "BOOL", "NULL":
		return true
	}
	return false
}

// glued redacts an argument such as -pSecret1!, whose option is written together
// with a password, and reports whether it did.
func (p *Pass) glued(i int32) bool {
	s := p.nodes[i].text
	if len(s) < 8 || s[:2] != "-p" || strings.ContainsAny(s, " =/:") || !strong(s[2:]) && (len(s) < 12 || !looksChosen(s[2:], "")) || p.e.isMarker(s[2:]) {
		return false
	}
	p.remove(rulePair, s[2:])
	return p.set(i, "-p"+p.replace(rulePair))
}

// assigned redacts an item such as NAME=value, of an environment, all of whose rest
// is the value, and reports whether it did.
func (p *Pass) assigned(i int32) bool {
	name, value, ok := strings.Cut(p.nodes[i].text, "=")
	if !ok || value == "" || name == "" || len(name) > 64 || !isIdentifier(name) || !p.secretName(name) || p.e.isMarker(value) || harmlessValue(value) {
		return false
	}
	p.remove(rulePair, value)
	return p.set(i, name+"="+p.replace(rulePair))
}

// argument reports the nature of the item after s in list i of arguments or of
// names and values: ["--password", "x"], ["Authorization", "x"].
func (p *Pass) argument(s string, i int32) nature {
	if len(s) < 2 || len(s) > 64 {
		return plain
	}
	if name, ok := strings.CutSuffix(strings.Trim(s, "\"'"), ":"); ok && isIdentifier(name) && p.secretName(name) { // half a header
		return secret
	}
	if strings.ContainsAny(s, " =:@/") {
		return plain
	}
	if s == "-p" {
		return secret
	}
	if s[0] != '-' && !p.ofPairs(s, i) {
		return plain
	}
	if first, _, more := strings.Cut(s, "-"); more && culinary[first] {
		return plain // pepper-nese
	}
	switch n := p.nature(strings.TrimLeft(s, "-")); n {
	case secret, cookies, connection:
		return n
	case flagged:
		if endsIn(squeeze(segment(p.nodes[i].key)), "headers") || p.inHeaders() {
			return n
		}
	}
	return plain
}

// pairLists are lists in the plural that may be names and their values in turn.
var pairLists = set(`args arguments params parameters options opts flags headers values vars variables fields pairs attributes properties props settings items entries credentials creds secrets
	tokens keys cookies auths changes diffs deltas lines commands cmds words parts`)

// ofPairs reports whether the name of a secret that is s may have its value behind it in
// list i: not if the list is one of like things, such as tags, but of a secret that is
// called just so.
func (p *Pass) ofPairs(s string, i int32) bool {
	name := squeeze(segment(p.nodes[i].key))
	return len(name) < 2 || name[len(name)-1] != 's' || endsIn(name, "ss", "us") || pairLists[name] || endsIn(name, "args", "headers", "params", "options", "arguments") || p.secretName(p.nodes[i].key)
}

// inHeaders reports whether the list whose items are walked is one of a list of headers.
func (p *Pass) inHeaders() bool {
	k := len(p.path) - 1
	for k > 0 && p.path[k] == "*" {
		k--
	}
	return k >= 0 && endsIn(squeeze(segment(p.path[k])), "headers")
}

// culinary are names of secrets that are words of other things too, where they begin a name.
var culinary = set(`pepper salt shadow pan sin`)

// listKinds are lists whose items are kinds, none of them the value of another.
var listKinds = set(`methods factors types kinds mechanisms providers scopes permissions roles features events actions capabilities`)

// onlyNames reports whether item c of list i, behind the name of a secret, is a name
// as well: the list is one of fields.
func (p *Pass) onlyNames(i, c int32) bool {
	n := &p.nodes[c]
	if n.kind != text || !isIdentifier(n.text) {
		return false
	}
	key := squeeze(segment(p.nodes[i].key))
	return p.alsoName(n.text) || listKinds[key] || listNames[key] && key != "headers" && key != "header" && key != "params" && key != "parameters"
}

// records returns the length of a list of objects or of lists, else 0.
func (p *Pass) records(i int32) (n int) {
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if k := p.nodes[c].kind; k != object && k != array {
			return 0
		}
		n++
	}
	return n
}

// leaf redacts a text under a harmless name; signs are the kinds of its
// characters, or 0.
func (p *Pass) leaf(s string, signs uint32, at place) string {
	if at.mode != request {
		if s == "" || p.e.obvious(s) || p.e.isPlaceholder(s) || p.e.allows(s) {
			return s
		}
		return p.text(s, at.mode, at.decoded)
	}
	if signs == 0 {
		signs = kindsOf(s)
	}
	if isProse(s, signs) && !p.e.allows(s) {
		return p.omission(ruleText)
	}
	if s == "" || p.e.obvious(s) || p.requests.has(s) {
		return s
	}
	out := p.requested(s, at)
	if out == s && recurs(s) {
		p.requests.add(s)
	}
	return out
}

// requested redacts a text of a request.
func (p *Pass) requested(s string, at place) string {
	if p.e.isPlaceholder(s) || p.e.allows(s) {
		return s
	}
	clean := p.text(s, at.mode, at.decoded)
	if short(p.e.bare(clean)) || graphQL(s) && graphQL(clean) {
		return clean
	}
	switch {
	case len(clean) <= 2000 && isSQL(s) && isSQL(clean):
		return clean
	case firstByte(s) == '{' || firstByte(s) == '[':
		if _, ok := p.parse(clean); ok {
			return clean
		}
	case strings.IndexByte(s, '@') >= 0 && strings.IndexByte(s, ' ') < 0 && len(s) < 255:
		return p.omission(ruleEmail)
	}
	return p.omission(ruleText)
}

// isProse reports whether s is words with spaces, which no request keeps: what
// is in them need not be known.
func isProse(s string, kinds uint32) bool {
	return kinds&signOdd == 0 && kinds&signSpace != 0 && len(s) >= 8 && isAlpha(s[0]) && !isSQL(s)
}

// bare returns s without markers, and without the user of a URL.
func (e *Engine) bare(s string) string {
	if len(s) > 2000 {
		return s // too long for a request in any case
	}
	for at := 0; strings.IndexByte(s, '[') >= 0; {
		i := strings.Index(s[at:], markerStart)
		if i < 0 {
			break
		}
		i += at
		n := strings.IndexByte(s[i:], ']')
		if n < 0 {
			break
		}
		if at = i + 1; e.isMarker(s[i : i+n+1]) {
			s, at = s[:i]+s[i+n+1:], i
		}
	}
	scheme, rest, ok := strings.Cut(s, "://")
	user, host, found := strings.Cut(rest, "@")
	if ok && found && !strings.ContainsAny(user, "/?#") {
		return scheme + "://" + user + host
	}
	return s
}

// omission is the marker for what goes by policy, not for being a secret; it is
// reported once for the whole of a field.
func (p *Pass) omission(rule string) string {
	p.note(Finding{Path: p.path[0], Rule: rule})
	if rule == ruleText {
		return textMarker
	}
	return marker(rule)
}

// short reports whether s may stay in a request: a word or identifier, a number,
// a time, a path.
func short(s string) bool {
	if len(s) > 200 {
		return false
	}
	strict := len(s) > 40
	timeLike := len(s) <= 35 && len(s) >= 8 && isDigit(s[0])
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c < ' ':
			return false
		case c == '@' && i > 0 && i+1 < len(s) && !isDigit(s[i+1]) && strings.IndexByte(s[i:], '.') > 0:
			return false
		case c == ' ':
			if !timeLike {
				return false
			}
			for j := 0; j < len(s); j++ {
				if !isDigit(s[j]) && strings.IndexByte(" -:.+/TZUC", s[j]) < 0 {
					return false
				}
			}
		case strict && !isAlnum(c) && strings.IndexByte("_.:/-$", c) < 0:
			return false
		}
	}
	return true
}

// shortWord reports whether s is one word of letters, as the state of a thing is.
func shortWord(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isAlpha(s[i]) && s[i] != '_' && s[i] != '-' {
			return false
		}
	}
	return len(s) <= 24
}

// opening reports whether s begins with a word of SQL that no other language of
// queries has, and that is no statement of its own to [isSQL].
func opening(s string) bool {
	verb, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	switch strings.ToLower(strings.TrimRight(verb, ";")) {
	case "begin", "truncate", "start", "drop", "explain", "analyze", "lock":
		return true
	}
	return false
}

// verbs are commands of Redis that no dictionary holds.
var verbs = set(`hgetall hincrby hincrbyfloat sismember smembers zrangebyscore zrevrange zincrby lrange incrby decrby setrange getrange evalsha xreadgroup hsetnx pexpire zremrangebyscore
	sinterstore sunionstore zscore zadd lpush rpush brpop blpop publish subscribe psubscribe`)

// query redacts a statement in whatever language.
func (p *Pass) query(s string, at place) string {
	if p.e.isPlaceholder(s) || s == "" {
		return s
	}
	if isSQL(s) || graphQL(s) {
		out := p.text(s, at.mode, at.decoded)
		if out == s || isSQL(out) || graphQL(out) {
			return out
		}
		s = out // which is no statement any more
	}
	if c := firstByte(s); c == '{' || c == '[' {
		mark := len(p.nodes)
		if root, ok := p.parse(s); ok {
			p.valuesOff(root)
			out := string(p.write(nil, root))
			p.nodes = p.nodes[:mark]
			if out != s {
				p.report(ruleSQL)
			}
			return out
		}
	}
	if i := findSQL(s); i > 0 && beforeComments(s, i) == 0 {
		return p.text(s, at.mode, at.decoded)
	}
	if opening(s) {
		out := p.e.statement(s, false)
		if out != s {
			p.report(ruleSQL)
		}
		return out
	}
	verb, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	if rest == "" && shortWord(verb) || rest == marker(ruleSQL) && shortWord(verb) {
		return s
	}
	p.report(ruleSQL)
	if !shortWord(verb) || coined(lowered(verb)) && verb != strings.ToUpper(verb) && !verbs[verb] {
		return marker(ruleSQL)
	}
	return verb + " " + marker(ruleSQL)
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

// graphQL reports whether s is a GraphQL operation.
func graphQL(s string) bool {
	if strings.IndexByte(s, '{') < 0 {
		return false
	}
	t := strings.TrimSpace(s)
	if t[0] == '#' { // a comment before it
		t = t[selection(t, 0):]
	}
	if k := strings.LastIndexByte(t, '}'); k >= 0 && k+1 < len(t) && strings.HasPrefix(strings.TrimSpace(t[k+1:]), "#") {
		t = t[:k+1] // a comment behind
	}
	if len(t) == 38 && isUUID(t[1:37]) {
		return false
	}
	for _, w := range []string{"query", "mutation", "subscription", "fragment", "{"} {
		if rest, ok := strings.CutPrefix(t, w); ok && strings.IndexByte(t, '{') >= 0 && strings.HasSuffix(t, "}") {
			return rest != "" && !(w == "{" && isLiteral(rest)) && (rest[0] == ' ' || rest[0] == '(' || rest[0] == '{' || rest[0] == '\n' || isAlpha(rest[0]) && w == "{")
		}
	}
	return false
}

// isLiteral reports whether what follows a brace is the first member of an object, with
// a value that no field of a query has: { user: 'ada'.
func isLiteral(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n")
	i := 0
	for i < len(s) && (isAlnum(s[i]) || s[i] == '_' || s[i] == '$') {
		i++
	}
	s = strings.TrimLeft(s[min(i, len(s)):], " ")
	if i == 0 || s == "" || s[0] != ':' && s[0] != '=' {
		return false
	}
	s = strings.TrimLeft(s[1:], " \t\r\n")
	return s != "" && (isDigit(s[0]) || strings.IndexByte("'\"`[{-", s[0]) >= 0) && !strings.HasPrefix(s, markerStart)
}

// withoutLiterals returns a GraphQL operation without literals and comments; ok is
// false if a literal does not end.
func withoutLiterals(s string) (out string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\'':
			j := i + 1
			if strings.HasPrefix(s[i:], `"""`) {
				k := strings.Index(s[i+3:], `"""`)
				if k < 0 {
					return "", false
				}
				i += k + 5
			} else {
				for j < len(s) && s[j] != c {
					if s[j] == '\\' {
						j++
					}
					j++
				}
				if i = j; j >= len(s) {
					return "", false
				}
			}
			b.WriteByte('?')
		case c == '[' && omissionAt(s, i) > 0:
			to := omissionAt(s, i)
			b.WriteString(s[i:to])
			i = to - 1
		case c == '#':
			i = lineEnd(s, i) - 1
		case (isDigit(c) || c == '-' && i+1 < len(s) && isDigit(s[i+1])) && (i == 0 || !isAlnum(s[i-1]) && s[i-1] != '_'):
			for i+1 < len(s) && (isAlnum(s[i+1]) || s[i+1] == '.') {
				i++
			}
			b.WriteByte('?')
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// graphSpans finds GraphQL inside a text: operations, and selections with
// arguments.
func graphSpans(s string, operations bool, list []span) []span {
	for i := 0; i < len(s); i++ {
		if s[i] != '{' {
			continue
		}
		from := i
		j := selection(s, i+1)
		name := j
		for j < len(s) && (isAlnum(s[j]) || s[j] == '_') {
			j++
		}
		for j > name && j < len(s) && s[j] == ' ' {
			j++
		}
		noted := operations && strings.IndexByte(s[i:j], '#') >= 0
		if operations && j > name && j < len(s) && s[j] == ':' { // of another name
			for j++; j < len(s) && (s[j] == ' ' || isAlnum(s[j]) || s[j] == '_'); j++ {
			}
		}
		if j == name || j == len(s) || s[j] != '(' && !noted {
			continue
		}
		if operations {
			from = operation(s, i)
		}
		to := balanced(s, i)
		if k := to; operations {
			for k < len(s) && s[k] == ' ' {
				k++
			}
			if k < len(s) && s[k] == '#' {
				to = lineEnd(s, k)
			}
		}
		clean, ok := withoutLiterals(s[from:to])
		if !ok {
			clean = marker(ruleSQL)
		}
		if clean != s[from:to] {
			list = append(list, span{from: from, to: to, rule: ruleSQL, with: clean})
		}
		i = to - 1
	}
	return list
}

// selection returns where the first field is of a selection that begins at i, behind
// comments.
func selection(s string, i int) int {
	for i < len(s) && (s[i] <= ' ' || s[i] == '#') {
		if s[i] == '#' {
			i = lineEnd(s, i)
			continue
		}
		i++
	}
	return i
}

// operation returns where the operation begins whose selection begins at i.
func operation(s string, i int) int {
	head := s[max(0, i-512):i]
	for _, w := range []string{"query", "mutation", "subscription", "fragment"} {
		if k := strings.LastIndex(head, w); k >= 0 && !strings.ContainsAny(head[k:], "}\n") {
			return i - len(head) + k
		}
	}
	return i
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
