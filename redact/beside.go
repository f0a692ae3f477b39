package redact

import (
	"cmp"
	"strings"
)

// Names of a pair whose value stands beside it: {"name": "password", "value": …}.
var (
	pairNames  = set(`name system key field header variable question prompt 0 env param parameter property attribute path label type kind option setting column k n id fieldname propertyname attributename headername envname displayname keyname title argument tag col attr what item target input changed entry element identifier member slug prop fld var cfg conf caption legend placeholder heading arg`)
	pairValues = set(`value val values vals lhs rhs answer response reply 1 old new before after from to current previous default v content data argument arg prev original updated left right text body plaintext string input was is set entered given item setting contents datum literal raw a b first second expected actual got provided supplied submitted typed received wert valor valeur`)
)

// Ends of such names: variableName, oldValue.
var (
	pairNameEnds  = []string{"key", "name", "field", "variable", "property", "attribute", "parameter", "fieldid", "attributeid", "propertyid", "paramid", "settingid", "item", "setting", "option", "label", "var", "header", "inputtype", "prop"}
	pairValueEnds = []string{"value", "values", "val", "vals"}
	// and of those that are values only beside a name that begins as they do: cfgName, cfgData
	pairValueTails = []string{"data", "content", "contents", "setting", "text", "raw", "datum", "literal", "default", "input", "body", "answer", "response"}
)

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

// holders are names of objects and lists that hold the values of what is named beside them:
// {"field": "password", "diff": {"old": …}}.
var holders = set(`change diff delta config attribute attributes property properties props`)

// held redacts the values in node i, beside the name of a secret.
func (p *Pass) held(i int32, n nature, at place) bool {
	changed := false
	list := p.nodes[i].kind == array
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if list && p.nodes[c].kind == text && !harmlessValue(p.nodes[c].text) || !list && isPairValue(p.nodes[c].key) {
			changed = p.member(c, n, at) || changed
		}
	}
	return changed
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
		case t.dotted && holders[within(key, x.around)] && isPairValue(key[strings.LastIndexByte(key, '.')+1:]):
			return x.nature // name beside change.old
		}
	}
	return plain
}

// besides returns the nature of member i, which was sent as key, by the names beside it; a
// single word or a number is no content, and a path from which something came no value.
func (p *Pass) besides(pairs []pair, i int32, key string, t *trait) nature {
	n := &p.nodes[i]
	is := paired(pairs, i, key, t)
	if is != plain && t.tail == "from" && n.kind == text && strings.HasPrefix(n.text, "/") && strings.Count(n.text, "/") > 1 && isIdentifier(strings.ReplaceAll(n.text, "/", "")) {
		return plain
	}
	if is == query && n.kind != object && n.kind != array {
		return plain
	}
	if (is == payload || is == answer || is == rows) && n.kind != object && n.kind != array && (n.kind != text || strings.IndexByte(n.text, ' ') < 0) {
		return plain
	}
	return is
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

// silent reports whether no member says anything of another one.
func (x *near) silent() bool {
	return len(x.pairs) == 0 && x.statement == "" && !x.command && !x.sealed && !x.granted && !x.jwk && x.called == "" && x.mail == "" && x.record == "" && !x.described && !x.masked && x.coded == "" && !x.streamed && x.variables == nil
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
		if t.quiet {
			continue
		}
		valued = valued || t.pairValue || t.valueTail || t.dotted || holders[t.tail]
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
		if around, name := p.partNamed(c); name != "" {
			if is := p.pairNature(name); is != plain {
				x.pairs = append(x.pairs, pair{around: around, nature: is, by: c})
			}
		}
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
	var contents []pair
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		around := outerName(n.key)
		if n.kind == boolean && n.text == "true" && n.trait.marks {
			x.pairs = append(x.pairs, pair{around: around, nature: flagged, by: c})
			continue
		}
		name := p.nameIn(c)
		if name == "" || n.trait.nature == secret && (!isIdentifier(name) || !p.e.plainKey(name)) {
			continue
		}
		nature := p.pairNature(lastSegment(name))
		if nature == plain {
			of := p.trait(name)
			switch {
			case of.nature == rows || of.nature == payload || of.nature == answer:
				contents = append(contents, pair{around, stem(n.key), of.nature, -1})
			case of.isQuery:
				contents = append(contents, pair{around, stem(n.key), query, -1})
			}
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
	x.pairs = append(x.pairs, contents...) // a secret comes first
	return x
}

// partNamed returns the name that the header of a part of a form gives to what stands beside it,
// and what is around that: {"headers": {"Content-Disposition": "form-data; name=pin"}, "body": …}.
func (p *Pass) partNamed(i int32) (around, name string) {
	n := &p.nodes[i]
	around = outerName(n.key)
	switch last := segment(n.key); last {
	case "headers", "header":
		if n.kind == text && len(n.text) <= maxTag && indexFold(n.text, "content-disposition:") >= 0 {
			return around, parameter(n.text, "name")
		}
		for c := n.child; c >= 0; c = p.nodes[c].next {
			_, name := p.partNamed(c)
			if first := p.nodes[c].child; n.kind == array && first >= 0 && p.nodes[first].next >= 0 { // ["Content-Disposition", …]
				k, v := &p.nodes[first], &p.nodes[p.nodes[first].next]
				if strings.EqualFold(v.text, "content-disposition") { // whatever their order
					k, v = v, k
				}
				if v.kind == text && len(v.text) <= maxTag && strings.EqualFold(k.text, "content-disposition") {
					name = parameter(v.text, "name")
				}
			}
			if name != "" {
				return around, name
			}
		}
	case "content-disposition", "contentdisposition", "content_disposition":
		if outer := segment(around); outer == "headers" || outer == "header" {
			around = outerName(around)
		}
		if n.kind == array && n.child >= 0 {
			n = &p.nodes[n.child]
		}
		if n.kind == text && len(n.text) <= maxTag {
			return around, parameter(n.text, "name")
		}
	}
	return "", ""
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
