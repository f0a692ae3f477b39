package redact

import "strings"

func (p *Pass) count(i int32) (n int) {
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n++
	}
	return n
}

const maxItems = 32 // of a list in a request

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

// spoken reports whether item c of list i is the name of a secret in several words, or behind
// a prefix, with its value behind it: ["User Password", "x"].
func (p *Pass) spoken(c, i int32) bool {
	name, next := p.nodes[c].text, &p.nodes[p.nodes[c].next]
	if len(name) < 3 || len(name) > 40 || !isAlpha(name[0]) || next.kind != text || !chosenItem(next.text) || strings.Count(name, " ") > 2 || !p.ofPairs(name, i) {
		return false
	}
	name = strings.NewReplacer(" ", "_", "::", ".", "/", ".").Replace(name)
	if !isIdentifier(name) {
		return false
	}
	var array [maxWords]string
	is := p.nature(name)
	return is == secret || is == flagged && len(words(name, array[:0])) > 1
}

// chosenItem reports whether an item may be the value of a secret, not a name beside one.
func chosenItem(v string) bool {
	return mingled(v) || coined(v) || dashedWords(lowered(v)) || looksChosen(v, "") || len(v) >= 6 && number(v)
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
