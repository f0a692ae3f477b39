package redact

import (
	"regexp"
	"strings"
)

// pairLines finds the value on the line beside one that names a secret, in either
// order: name: password, value: ….
func (p *Pass) pairLines(s string, list []span) []span {
	if strings.IndexByte(s, '\n') < 0 {
		return list
	}
	var value span // of the line before, if that is one
	named := false // whether the line before names a secret
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		name, from := lineName(s, at, end)
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
		if j+1 < len(s) && s[j] == ' ' && s[j+1] > ' ' && madeUp(name) && p.secretName(name) {
			from, to := j+1, rest(s, j+1, ' ', false)
			sure := i > 0 && s[i-1] == '(' || setting(s[:i])
			for _, link := range []string{" to ", " -> ", " → ", " is "} {
				if n := len(link); strings.HasPrefix(s[j:], link) && j+n < len(s) {
					from, to, sure = j+n, rest(s, j+n, ' ', false), sure || link != " is "
				}
			}
			if s[from] == '"' || s[from] == '\'' {
				from, to = quoted(s[:min(len(s), from+maxBracketed)], from, "")
				sure = true
			}
			for to > from && (s[to-1] == ')' || s[to-1] == ',' || s[to-1] == '.') {
				to--
			}
			if v := s[from:to]; to > from && !harmlessValue(v) && (sure || looksChosen(v, "")) {
				list = append(list, span{from: from, to: to, rule: rulePair})
				j = to
			}
		}
		i = j
	}
	return list
}

// setting reports whether a text ends in a word after which a name and its value
// come.
func setting(before string) bool {
	before = strings.TrimRight(before[max(0, len(before)-12):], " ")
	return endsIn(strings.ToLower(before), "set", "setx", "--global", "--add", "-")
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
		if name[i] == '_' || isUpper(name[i]) && isLower(name[i-1]) {
			return true
		}
		if isUpper(name[i]) {
			upper++
		}
	}
	return upper == len(name)-1 && len(name) > 8 || name == "requirepass" || name == "masterauth"
}

// quotedAfter finds a value that is quoted or bracketed after the quoted name of a
// secret, as validation messages have it: field 'apiKey' (value '…') rejected.
func (p *Pass) quotedAfter(s string, list []span) []span {
	for i := 0; i < len(s); i++ {
		if s[i] != '\'' && s[i] != '"' && s[i] != '`' || i > 0 && isAlnum(s[i-1]) {
			continue
		}
		end := strings.IndexByte(s[i+1:min(len(s), i+80)], s[i])
		if end <= 0 {
			continue
		}
		end += i + 1
		if name := s[i+1 : end]; !isIdentifier(name) || !p.secretName(name) {
			continue
		}
		window := s[end+1 : min(len(s), end+81)]
		k := strings.Index(window, "value")
		if k < 0 {
			continue
		}
		j := end + 1 + k + len("value")
		if j == len(s) || s[j] != ' ' && s[j] != ':' && s[j] != '=' && s[j] != '[' {
			continue // "value": of JSON
		}
		for j < len(s) && (s[j] == ' ' || s[j] == ':' || s[j] == '=') {
			j++
		}
		switch {
		case j < len(s) && s[j] == '[':
			list = append(list, span{from: j + 1, to: max(j+1, balanced(s, j)-1), rule: rulePair})
		case j < len(s) && (s[j] == '\'' || s[j] == '"' || s[j] == '`'):
			from, to := quoted(s, j, "")
			list = append(list, span{from: from, to: to, rule: rulePair})
		}
		i = end
	}
	return list
}

// columns finds the values of a column whose head, in the first line of lines of
// cells, is the name of a secret.
func (p *Pass) columns(s string, list []span) []span {
	head := s[:lineEnd(s, 0)]
	var column []bool
	any := false
	for name := range strings.SplitSeq(head, ",") {
		name = strings.Trim(strings.TrimSpace(name), `"`)
		if name == "" || len(name) > 40 || !isIdentifier(name) {
			return list
		}
		is := p.secretName(name)
		column, any = append(column, is), any || is
	}
	if len(column) < 2 || !any {
		return list
	}
	for at := len(head); at < len(s); {
		for at < len(s) && (s[at] == '\r' || s[at] == '\n') {
			at++
		}
		end := lineEnd(s, at)
		if strings.Count(s[at:end], ",") != len(column)-1 {
			return list
		}
		for _, is := range column {
			to := at
			for to < end && s[to] != ',' {
				to++
			}
			if is && at < to {
				list = append(list, span{from: at, to: to, rule: rulePair})
			}
			at = to + 1
		}
		at = end
	}
	return list
}

// rejections are messages that name a field behind its value.
var rejections = regexp.MustCompile(`value ['"\[]([^'"\]]{1,512})['"\]] (?:for|of|in) (?:the )?(?:field|property|key|parameter|option|setting) ['"\[]?([\w.-]{2,64})`)

// changes are messages that quote the values of a change.
var changes = regexp.MustCompile(`([\w.-]{2,64}) from ["']([^"']{1,512})["'] to ["']([^"']{1,512})["']`)

// quotedBefore finds a value that is quoted before the name of its field, or in
// the message of a change.
func (p *Pass) quotedBefore(s string, list []span) []span {
	if !strings.ContainsAny(s, "'\"[") {
		return list
	}
	for _, at := range rejections.FindAllStringSubmatchIndex(s, -1) {
		if p.secretName(s[at[4]:at[5]]) {
			list = append(list, span{from: at[2], to: at[3], rule: rulePair})
		}
	}
	for _, at := range changes.FindAllStringSubmatchIndex(s, -1) {
		if p.secretName(s[at[2]:at[3]]) {
			list = append(list, span{from: at[4], to: at[5], rule: rulePair}, span{from: at[6], to: at[7], rule: rulePair})
		}
	}
	return list
}

// resetSpans finds what authorizes in links that are mailed: /reset/….
func resetSpans(s string, list []span) []span {
	for at := 0; at < len(s); {
		i := strings.IndexByte(s[at:], '/')
		if i < 0 {
			break
		}
		from := at + i + 1
		to := from
		for to < len(s) && (isAlnum(s[to]) || s[to] == '-' || s[to] == '_' || s[to] == '.') {
			to++
		}
		before := strings.ToLower(s[max(0, from-14):from])
		if word := s[from:to]; len(word) >= 16 && !isUUID(word) && !isHex(word) && (random(word, 2) || mixedCase(word) && strings.ContainsAny(word, "0123456789")) && mailed(before) {
			list = append(list, span{from: from, to: to, rule: ruleURL})
		}
		at = max(to, from)
	}
	return list
}

func mailed(before string) bool {
	return endsIn(before, "reset/", "invite/", "verify/", "confirm/", "magic/", "activate/", "unsubscribe/", "invitation/", "recover/", "unlock/")
}

// pgpassSpans finds the password of lines host:port:database:user:password.
func pgpassSpans(s string, list []span) []span {
	for at := 0; at < len(s); {
		end := at
		for end < len(s) && s[end] > ' ' && s[end] != '"' && s[end] != '\'' {
			end++
		}
		parts := strings.SplitN(s[at:end], ":", 5)
		if len(parts) == 5 && len(parts[4]) > 0 && len(parts[1]) > 2 && len(parts[1]) < 6 && number(parts[1]) && parts[2] != "" && parts[3] != "" && isIdentifier(parts[3]) {
			list = append(list, span{from: end - len(parts[4]), to: end, rule: rulePair})
		}
		at = end + 1
	}
	return list
}

// logins are commands and phrases in which a password has no name, or a name
// that means so there only. What the group matches goes.
var logins = []struct {
	needle string // in lower case, what a match holds in any case
	expr   *regexp.Regexp
}{
	{`net user`, regexp.MustCompile(`(?i)\bnet user \S+ ([^/\s]\S*)`)},
	{`htpasswd`, regexp.MustCompile(`(?i)\bhtpasswd -\S*b\S* (?:\S+ )?\S+ (\S+)`)},
	{`echo`, regexp.MustCompile(`(?i)echo\s+["']?(?:[\w.-]+:)?([^"'|\s]+)["']?\s*\|\s*(?:sudo\s+)?(?:chpasswd|passwd|sudo|kinit|docker|su|gpg|openssl)`)},
	{`auth `, regexp.MustCompile(`(?:^|[\s>"])AUTH (?:[a-z][\w-]* )?(\S{4,})`)},
	{`auth`, regexp.MustCompile(`(?i)\bAUTH(?:ENTICATE)? (?:PLAIN|LOGIN)[\s:]+(\S{4,})`)},
	{`convertto-`, regexp.MustCompile(`(?i)ConvertTo-SecureString\s+(?:-String\s+)?["']?([^"'\s]+)`)},
	{`user `, regexp.MustCompile(`(?:^|[\r\n]|ftp> ?)(?i:user) \S+ (\S*[\d!#$%^&*]\S*)\s*$`)},
	{`pass `, regexp.MustCompile(`(?:^|[\r\n])PASS (\S+)`)},
	{` login `, regexp.MustCompile(`(?i)\b[a-z]\d+ LOGIN \S+ (\S+)`)},
	{`_`, regexp.MustCompile(`(?i)\b(?:add_user|change_password) \S+ (\S+)`)},
	{`/rp`, regexp.MustCompile(`(?i)/rp\s+(\S+)`)},
	{`curl`, regexp.MustCompile(`(?i)\bcurl .*?(?:--user|-u)[ =]["']?[^\s:"']+:([^\s"']+)`)},
	{`gh secret`, regexp.MustCompile(`(?i)\bgh secret set .*?(?:--body|-b)[ =]["']?([^\s"']+)`)},
	{`sshpass`, regexp.MustCompile(`\bsshpass -p ?["']?([^\s"']+)`)},
	{`password`, regexp.MustCompile(`(?i)\b(?:mysqladmin|nmcli) .*?\bpassword ["']?([^\s"']+)`)},
	{`authtoken`, regexp.MustCompile(`(?i)authtoken[ =]["']?([^\s"']+)`)},
	{`ftp>`, regexp.MustCompile(`ftp> ?user \S+ (\S+)`)},
	{`variable "`, regexp.MustCompile(`(?i)variable "[^"]*(?:pass|secret|key|token|pwd)[^"]*" ?\{[^}]{0,200}?default\s*=\s*"([^"]*)"`)},
	{`snmp`, regexp.MustCompile(`(?i)\bsnmp\w+ .*?-[AX] (\S+)`)},
	{`password`, regexp.MustCompile(`(?i)\b(?:machine|login) \S+.*? password (\S+)`)},
	{`log`, regexp.MustCompile(`(?i)\blog(?:ged )?[io]n (?:as|with) [\w.@-]+[:/](\S+)`)},
}

// loginSpans finds passwords by the command or phrase they stand in.
func loginSpans(s string, list []span) []span {
	for _, l := range logins {
		if indexFold(s, l.needle) < 0 {
			continue
		}
		for _, at := range l.expr.FindAllStringSubmatchIndex(s, -1) {
			if v := s[at[2]:at[3]]; !harmlessValue(v) && !strings.HasPrefix(v, "[redacted:") {
				list = append(list, span{from: at[2], to: at[3], rule: rulePair})
			}
		}
	}
	return list
}

// Bounds of a list of arguments that is read as a command line.
const (
	maxArguments = 64
	maxCommand   = 4096 // bytes
)

// commandList redacts a list of arguments by what they are as one line, and
// reports whether it changed: ["curl", "-u", "user:…"].
func (p *Pass) commandList(i int32) bool {
	var line strings.Builder
	count, options := 0, false
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		if n.kind != text || n.text == "" || strings.HasPrefix(n.text, "[") || count == maxArguments || line.Len()+len(n.text) > maxCommand {
			return false
		}
		if count > 0 {
			line.WriteByte(' ')
		}
		line.WriteString(n.text)
		options = options || count > 0
		count++
	}
	if !options || !command(p.nodes[p.nodes[i].child].text) {
		return false
	}
	s := line.String()
	list := loginSpans(s, p.commandSpans(s, nil))
	if strings.HasPrefix(s, "sqlplus ") {
		list = bareUserinfo(s, list)
	}
	changed := false
	at := 0
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		end := at + len(n.text)
		for _, x := range list {
			if from, to := max(x.from, at), min(x.to, end); from < to {
				p.remove(x.rule, s[from:to])
				p.report(x.rule)
				n.text, n.signs = s[at:from]+marker(x.rule)+s[to:end], 0
				changed = true
				break
			}
		}
		at = end + 1
	}
	return changed
}

// command reports whether a word can be the name of a program.
func command(s string) bool {
	if len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) && strings.IndexByte("._-/", s[i]) < 0 {
			return false
		}
	}
	return isAlpha(s[0]) || s[0] == '/' || s[0] == '.' || s[0] == '7'
}
