package redact

import (
	"regexp"
	"strings"
)

// cell returns the bounds of the cell of a table after the separator at i.
func cell(s string, i int) (from, to int) {
	from = i + 1
	for from < len(s) && s[from] == ' ' {
		from++
	}
	to = from
	for to < len(s) && to-from < 512 && strings.IndexByte("|\t\r\n", s[to]) < 0 {
		to++
	}
	for to > from && s[to-1] == ' ' {
		to--
	}
	return from, to
}

// block returns the bounds of the more indented lines after the line break at j,
// for a name whose separator is at i.
func block(s string, i, j int) (from, to int) {
	start := strings.LastIndexAny(s[:i], "\r\n") + 1
	own := indent(s[start:])
	for j < len(s) && (s[j] == '\n' || s[j] == '\r') {
		j++
	}
	from, to = j, j
	for at := j; at < len(s); {
		end := lineEnd(s, at)
		line := s[at:end]
		item := strings.HasPrefix(strings.TrimLeft(line, " "), "- ")
		if strings.TrimSpace(line) != "" && indent(line) <= own && !(item && indent(line) == own) {
			break
		}
		to = end
		at = end
		for at < len(s) && (s[at] == '\n' || s[at] == '\r') {
			at++
		}
	}
	for from < to && (s[from] == ' ' || s[from] == '\t') {
		from++
	}
	return from, to
}

func indent(s string) int {
	return len(s) - len(strings.TrimLeft(s, " \t"))
}

func lineEnd(s string, j int) int {
	end := len(s)
	if k := strings.IndexByte(s[j:], '\n'); k >= 0 {
		end = j + k
	}
	if k := strings.IndexByte(s[j:end], '\r'); k >= 0 {
		end = j + k
	}
	return end
}

// sealedSpans finds the data of Kubernetes Secrets in YAML.
func sealedSpans(s string, list []span) []span {
	if indexFold(s, "kind: secret") < 0 && indexFold(s, "kind:secret") < 0 && indexFold(s, `kind: "secret`) < 0 {
		return list
	}
	for _, name := range []string{"data:", "stringdata:"} {
		for at := 0; ; {
			i := indexFold(s[at:], name)
			if i < 0 {
				break
			}
			i += at
			at = i + len(name)
			if i > 0 && (isAlnum(s[i-1]) || s[i-1] == '_') {
				continue
			}
			if end := lineEnd(s, at); strings.TrimSpace(s[at:end]) == "" {
				from, to := block(s, i, end)
				list = append(list, span{from: from, to: to, rule: ruleKey})
				at = max(at, to)
			} else {
				list = append(list, span{from: at, to: end, rule: ruleKey})
				at = end
			}
		}
	}
	return list
}

// pairLines finds the value on the line beside one that names a secret, in either
// order: name: password, value: ….
func (p *Pass) pairLines(s string, list []span) []span {
	if strings.IndexByte(s, '\n') < 0 {
		return list
	}
	var value span  // of the line before, if that is one
	named := false  // whether the line before names a secret
	within := false // a section that has the name of a secret
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		if line := strings.TrimSpace(s[at:end]); len(line) > 2 && len(line) < 64 && line[0] == '[' && line[len(line)-1] == ']' {
			within = isIdentifier(line[1:len(line)-1]) && p.nature(line[1:len(line)-1]) == secret
		}
		name, from := lineName(s, at, end)
		if within && name != "" && from < end {
			list = append(list, span{from: from, to: end, rule: ruleKey})
		}
		var here span
		if name != "" && from < end {
			t := p.trait(name)
			text := strings.Trim(s[from:end], "\"' ")
			names := t.namesPair && len(text) <= 80 && p.secretName(text)
			if t.pairValue && !names {
				here = span{from: from, to: end, rule: rulePair}
			}
			switch {
			case named && here.to > 0:
				list = append(list, here)
			case names && value.to > 0:
				list = append(list, value)
			}
			named = names
		} else {
			named = false
		}
		value = here
		at = end + 1
		if end < len(s) && s[end] == '\r' && at < len(s) && s[at] == '\n' {
			at++
		}
	}
	return list
}

// lineName splits a line of name: value or name = value, an item of a list or
// not, and returns where the value begins.
func lineName(s string, at, end int) (name string, from int) {
	line := s[at:end]
	i := strings.IndexAny(line, ":=")
	if i <= 0 || i > 64 {
		return "", 0
	}
	from = at + i + 1
	for from < end && s[from] == ' ' {
		from++
	}
	return strings.Trim(line[:i], " -\t\"'"), from
}

// directives finds the value after a name that is no word of prose: client_secret
// x, PRIVATEKEY x, requirepass x.
func (p *Pass) directives(s string, list []span) []span {
	for i := 0; i < len(s); i++ {
		if !isNameByte(s[i]) {
			continue
		}
		j := i
		for j < len(s) && isNameByte(s[j]) {
			j++
		}
		name := strings.Trim(s[i:j], "-.")
		if strings.HasPrefix(s[j:], " . \"") && i > 0 && s[i-1] == '(' && p.secretName(name) { // (name . "value") of Lisp
			from, to := quoted(s[:min(len(s), j+maxBracketed)], j+3, "")
			list = append(list, span{from: from, to: to, rule: rulePair})
			i = to
			continue
		}
		if j+2 < len(s) && (s[j] == '[' || strings.HasPrefix(s[j:], "(value=")) && p.secretName(name) { // name[value], name(value=…)
			from := j + 1
			if strings.HasPrefix(s[from:], "value=") {
				from += len("value=")
			}
			to := from
			for to < min(len(s), from+maxBracketed) && strings.IndexByte("])\r\n \"'", s[to]) < 0 {
				to++
			}
			if v := s[from:to]; to < len(s) && (s[to] == ']' || s[to] == ')') && looksChosen(v, "password") {
				list = append(list, span{from: from, to: to, rule: rulePair})
				i = to
				continue
			}
		}
		if j+1 < len(s) && s[j] == ' ' && s[j+1] > ' ' && (madeUp(name) || len(name) > 3 && strings.ToUpper(name) == name && setting(s[:i]) || strings.IndexByte(name, '.') > 0 && gitSets(s[:i]) || configures(s, i, name)) && p.secretName(name) {
			from, to := j+1, rest(s, j+1, ' ', false)
			sure := i > 0 && s[i-1] == '(' || setting(s[:i]) || strings.IndexByte(name, '.') > 0 && gitSets(s[:i]) || alone(s, i, j+1)
			for _, link := range []string{" value ", " value is ", " changed: ", " updated: ", " rotated: ", " changed from ", " was ", " to ", " -> ", " → ", " is "} {
				if n := len(link); strings.HasPrefix(s[j:], link) && j+n < len(s) {
					from, to, sure = j+n, rest(s, j+n, ' ', false), sure || link != " is " && link != " was " && (link != " to " || !movedBefore(s[:i]))
				}
			}
			if s[from] == '"' || s[from] == '\'' {
				from, to = quoted(s[:min(len(s), from+maxBracketed)], from, "")
				sure = true
			}
			for to > from && (s[to-1] == ')' || s[to-1] == ',' || s[to-1] == '.') {
				to--
			}
			if v := s[from:to]; to > from && !harmlessValue(v) && (sure || looksChosen(v, "") || configures(s, i, name) && v[0] != '/' && (coined(v) || looksChosen(v, "password"))) {
				list = append(list, span{from: from, to: to, rule: rulePair})
				j = to
			}
		}
		i = j
	}
	return list
}

// alone reports whether a name at i and the word at j are all of their line.
func alone(s string, i, j int) bool {
	if i > 0 && s[i-1] != '\n' {
		return false
	}
	word := strings.TrimRight(s[j:lineEnd(s, j)], " ")
	return looksChosen(word, "password") && strings.IndexByte(word, ' ') < 0
}

// movedBefore reports whether a text ends in what was done to the thing whose name
// follows, so that a place comes behind it and no value: moved DB_PASSWORD to.
func movedBefore(before string) bool {
	head := strings.Fields(lowered(before[max(0, len(before)-40):]))
	for n := 0; n < 3 && n < len(head); n++ {
		w := head[len(head)-1-n]
		if changing[w] || w == "change" || w == "update" {
			return false
		}
		if strings.HasSuffix(w, "ed") || w == "sent" || w == "bound" {
			return true
		}
	}
	return false
}

// configures reports whether a name at i is of a line that sets something, as devices of
// networks are told: set system root-authentication plain-text-password x.
func configures(s string, i int, name string) bool {
	near := max(0, i-maxName)
	line := s[near+strings.LastIndexAny(s[near:i], "\r\n\"'`;:|&(=")+1 : i]
	for range 3 {
		if line = strings.TrimLeft(line, " "); strings.HasPrefix(line, "set ") {
			return strings.IndexByte(name, '-') > 0 || strings.TrimSpace(line) == "set"
		}
		_, line, _ = strings.Cut(line, " ")
	}
	return false
}

// setting reports whether a text ends in a word after which a name and its value
// come.
func setting(before string) bool {
	before = strings.TrimRight(before[max(0, len(before)-12):], " ")
	return endsIn(strings.ToLower(before), "set", "setx", "--global", "--add", "-")
}

// gitSets reports whether a text ends in the command of Git that sets what is named next.
func gitSets(before string) bool {
	return endsIn(strings.TrimRight(before[max(0, len(before)-24):], " "), "git config", "config --local", "config --system", "config --worktree")
}

// visible is how var_dump of PHP writes a member that is not public.
var visible = regexp.MustCompile(`\["(\w+)":(?:"[^"]*":)?(?:protected|private)\]\s*=>\s*string\(\d+\)\s+"([^"]*)"`)

// members finds the values of such members.
func (p *Pass) members(s string, list []span) []span {
	for _, m := range visible.FindAllStringSubmatchIndex(s, -1) {
		if p.secretName(s[m[2]:m[3]]) {
			list = append(list, span{from: m[4], to: m[5], rule: rulePair})
		}
	}
	return list
}

// severally finds the values of assignments to several names: user, password = 'x', 'y'.
func (p *Pass) severally(s string, list []span) []span {
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		line := s[at:min(end, at+maxHead)]
		eq := strings.IndexByte(line, '=')
		if eq > 0 && strings.IndexByte(line[:eq], ',') > 0 {
			names := strings.Split(strings.Trim(line[:eq], " :[]("), ",")
			from := at + eq + 1
			for k := 0; k < len(names) && from < at+len(line); k++ {
				for from < at+len(line) && (s[from] == ' ' || s[from] == '[' || s[from] == '(') {
					from++
				}
				if from == at+len(line) {
					break
				}
				value, to := from, from
				if s[from] == '"' || s[from] == '\'' {
					value, to = quoted(s[:at+len(line)], from, "")
				} else if to = from + strings.IndexByte(s[from:at+len(line)], ','); to < from {
					to = at + len(line)
				}
				name := strings.TrimSpace(names[k])
				if value > from && value < to && isIdentifier(name) && name != "" && p.secretName(name) {
					list = append(list, span{from: value, to: to, rule: rulePair})
				}
				if from = to; from < at+len(line) && s[from] != ',' {
					from++
				}
				if from < at+len(line) && s[from] == ',' {
					from++
				}
			}
		}
		at = end + 1
	}
	return list
}

// serialized finds the value after a name in what PHP serialized:
// s:8:"password";s:4:"…";.
func (p *Pass) serialized(s string, list []span) []span {
	const sign = `";s:`
	for at := 0; ; {
		i := strings.Index(s[at:], sign)
		if i < 0 {
			return list
		}
		i += at
		at = i + len(sign)
		open := strings.LastIndexByte(s[max(0, i-maxName):i], '"')
		if open < 0 || !p.secretName(s[max(0, i-maxName)+open+1:i]) {
			continue
		}
		from := at
		for from < len(s) && (isDigit(s[from]) || s[from] == ':') {
			from++
		}
		if from == len(s) || s[from] != '"' {
			continue
		}
		to := len(s)
		if k := strings.Index(s[from+1:], `";`); k >= 0 {
			to = from + 1 + k
		}
		list = append(list, span{from: from + 1, to: to, rule: rulePair})
		at = to
	}
}

// madeUp reports whether a name is made of words written together, which no
// sentence does.
func madeUp(name string) bool {
	if len(name) < 4 || len(name) > 64 {
		return false
	}
	upper := 0
	for i := 1; i < len(name); i++ {
		if name[i] == '_' || name[i] == '-' && (name[0] == 'X' || name[0] == 'x') && i == 1 || isUpper(name[i]) && isLower(name[i-1]) {
			return true
		}
		if isUpper(name[i]) {
			upper++
		}
	}
	return upper == len(name)-1 && len(name) > 8 || name == "requirepass" || name == "masterauth" || name == "rootpw" || name == "bindpw"
}

// columns finds the values of a column whose head, in a line above lines of as
// many cells, is the name of a secret.
func (p *Pass) columns(s string, list []span) []span {
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		if column := p.head(s[at:end]); column != nil {
			separator := separatorOf(s[at:end])
			for at = end; at < len(s); at = end {
				for at < len(s) && (s[at] == '\r' || s[at] == '\n') {
					at++
				}
				end = lineEnd(s, at)
				line := s[at:end]
				if strings.Trim(line, "|-+=: ") == "" && line != "" { // a rule under the head
					continue
				}
				if strings.Count(line, string(separator)) != len(column)-1 || line == "" {
					break
				}
				list = cells(s, at, end, separator, column, list)
			}
		}
		at = max(at, end) + 1
	}
	return list
}

// spacedLines finds the values in lines of names and values with a space between them, as
// files of properties have them: three lines or more, all others of two words.
func (p *Pass) spacedLines(s string, list []span) []span {
	var held []span
	lines := 0
	done := func() {
		if lines >= 3 {
			list = append(list, held...)
		}
		lines, held = 0, held[:0]
	}
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		line := strings.TrimSpace(s[at:end])
		name, value, two := strings.Cut(line, " ")
		value = strings.TrimLeft(value, " ")
		named := (madeUp(name) || strings.IndexByte(name, '.') > 0) && p.secretName(name)
		switch {
		case line == "" || line[0] == '#' || line[0] == '!':
		case !two || !isIdentifier(name) || strings.IndexByte("=:", value[0]) >= 0 || !named && strings.IndexByte(value, ' ') >= 0:
			done()
		default:
			if lines++; named && !harmlessValue(value) && !saysWhatHappened(value) && !happenings[lowered(value)] {
				to := at + strings.Index(s[at:end], line) + len(line)
				held = append(held, span{from: to - len(value), to: to, rule: rulePair})
			}
		}
		at = end + 1
	}
	done()
	return list
}

// fieldErrors finds the value in the line below one that is nothing but the name of a
// secret, as validators report what they got.
func (p *Pass) fieldErrors(s string, list []span) []span {
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		name := strings.TrimSpace(s[at:end])
		next := end
		for next < len(s) && (s[next] == '\r' || s[next] == '\n') {
			next++
		}
		if len(name) <= 64 && next < len(s) && s[next] == ' ' && isIdentifier(name) && p.secretName(name) {
			line := s[next:lineEnd(s, next)]
			for _, sign := range []string{"given=", "input_value=", "value=", "input=", "got "} {
				k := strings.Index(line, sign)
				if k < 0 {
					continue
				}
				from := next + k + len(sign)
				to := rest(s, from, '=', false)
				if from < len(s) && (s[from] == '\'' || s[from] == '"') {
					from, to = quoted(s[:next+len(line)], from, "")
				}
				list = append(list, span{from: from, to: to, rule: rulePair})
				break
			}
		}
		at = max(next, end+1)
	}
	return list
}

const maxHead = 1024 // bytes of the head of a table

// head reports which columns of a table have the name of a secret, nil if none.
func (p *Pass) head(line string) (column []bool) {
	separator := separatorOf(line)
	if separator == 0 || len(line) > maxHead {
		return nil
	}
	any := false
	packed := separator == '\t' || !strings.Contains(line, string(separator)+" ") // as no sentence is
	for name := range strings.SplitSeq(line, string(separator)) {
		written := len(name)
		name = strings.Trim(name, "\" '`*")
		quoted := written >= len(name)+2
		words := (quoted || packed) && isIdentifier(strings.ReplaceAll(name, " ", "_"))
		if len(name) > 40 || separator != '|' && !isIdentifier(name) && !words || strings.ContainsAny(name, "=:<>(){}") {
			return nil
		}
		is := name != "" && p.secretName(name)
		column, any = append(column, is), any || is
	}
	if len(column) < 2 || !any {
		return nil
	}
	return column
}

// separatorOf returns what separates the cells of a line, 0 if there is one only.
func separatorOf(line string) byte {
	for _, c := range []byte("|\t;,") {
		if strings.IndexByte(line, c) >= 0 {
			return c
		}
	}
	return 0
}

// cells takes those of a line from at to end whose column says so.
func cells(s string, at, end int, separator byte, column []bool, list []span) []span {
	for _, is := range column {
		to := at
		for to < end && s[to] != separator {
			to++
		}
		from, until := at, to
		for from < until && s[from] == ' ' {
			from++
		}
		for until > from && s[until-1] == ' ' {
			until--
		}
		if is && from < until {
			list = append(list, span{from: from, to: until, rule: rulePair})
		}
		at = to + 1
	}
	return list
}

// binaryPairs finds a value behind its name in the binary form of protocol buffers, in which
// the length of each stands before it, behind the number of its field.
func (p *Pass) binaryPairs(s string, list []span) []span {
	for i := 0; i+4 < len(s); i++ {
		n := int(s[i])
		if n < len("pin") || n >= ' ' || i+n+3 >= len(s) {
			continue
		}
		if tag := s[i+1+n]; tag >= ' ' || tag&7 != 2 || tag == '\n' { // which ends a line
			continue
		}
		name, from := s[i+1:i+1+n], i+n+3
		to := from + int(s[from-1])
		if !isIdentifier(name) || to > len(s) || to == from || !p.secretName(name) {
			continue
		}
		list = append(list, span{from: from, to: to, rule: rulePair})
		i = to - 1
	}
	return list
}
