package redact

import (
	"strings"
	"unicode/utf8"
)

func isNameByte(c byte) bool {
	return isAlnum(c) || c == '_' || c == '-' || c == '.' || c == '$' || c >= utf8.RuneSelf
}

// pairSpans finds the values of secret names in name=value, name: value, JSON
// and YAML fragments, headers, forms and dotenv lines.
func (p *Pass) pairSpans(s string, m mode, list []span, decoded int) []span {
	for i := 0; i < len(s); i++ {
		table := s[i] == '|' || s[i] == '\t' && i > 0 && isNameByte(s[i-1])
		if s[i] != '=' && s[i] != ':' && !table && !(s[i] == '>' && i > 0 && s[i-1] == '=') {
			continue
		}
		if s[i] == ':' && inResourceName(s, i) {
			continue
		}
		if s[i] == ':' && strings.HasPrefix(s[i:], "://") {
			continue
		}
		name, lineStart := nameBefore(s, i)
		if name == "" {
			continue
		}
		n := p.nature(lastName(name))
		if n == plain && strings.IndexByte(name, ' ') < 0 {
			n = p.nature(name)
		}
		if n == plain && strings.Contains(name, " ") {
			n = p.nature(name)
		}
		switch n {
		case secret, flagged, cookies, webhook, vendor, connection:
		default:
			continue
		}
		var from, to int
		if table {
			from, to = cell(s, i)
		} else {
			from, to = valueAfter(s, i, lineStart && n != vendor, n)
		}
		if v := s[from:to]; table && !looksChosen(v, "") && (!madeUp(name) || strings.IndexByte(v, ' ') >= 0) {
			continue
		}
		if lineStart && saysWhatHappened(s[from:to]) {
			continue
		}
		if n == vendor && (table || !vendorToken(s[from:to])) { // auth0|… is a user
			continue
		}
		if n == connection && isConnection(s[from:to]) {
			continue
		}
		if s[i] == ':' && lineStart && strings.EqualFold(name, "auth") && isSentence(s[from:lineEnd(s, from)]) {
			continue
		}
		if from >= to || harmlessValue(s[from:to]) && (m != request || name != "" && !lineStart || scopeWord(s[from:to])) {
			continue
		}
		if n == flagged && (s[from:to] == "true" || s[from:to] == "false") {
			continue
		}
		rule := rulePair
		if n == cookies {
			rule = ruleCookie
		}
		list = append(list, span{from: from, to: to, rule: rule})
		i = max(i, to-1)
	}
	return list
}

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

// inResourceName reports whether the colon at i is within the name of a resource:
// arn:aws:secretsmanager:….
func inResourceName(s string, i int) bool {
	j := i
	for j > 0 && i-j < 256 && s[j-1] > ' ' && strings.IndexByte("\"',=(", s[j-1]) < 0 {
		j--
	}
	return strings.HasPrefix(s[j:], "arn:") || strings.HasPrefix(s[j:], "urn:")
}

// isSentence reports whether s is several words of which the first is no chosen
// password: ci-bot signed in.
func isSentence(s string) bool {
	first, rest, ok := strings.Cut(s, " ")
	return ok && strings.IndexByte(first, '=') < 0 && !strong(first) && strings.IndexByte(rest, ' ') > 0
}

// saysWhatHappened reports whether a value is words on what became of a secret:
// changed by mei.
func saysWhatHappened(v string) bool {
	first, rest, ok := strings.Cut(v, " ")
	return ok && changing[strings.ToLower(first)] && (strings.HasPrefix(rest, "by ") || strings.HasPrefix(rest, "on ") || strings.HasPrefix(rest, "at "))
}

// lastName returns the name without a path before it: a.b.password, but the
// whole is judged too.
func lastName(name string) string {
	if i := strings.LastIndexByte(name, ' '); i >= 0 {
		return name[i+1:]
	}
	return name
}

// nameBefore returns the name that ends before the separator at i, with up to
// two words before it, and whether it begins its line.
func nameBefore(s string, i int) (name string, lineStart bool) {
	j := i
	for j > 0 && (s[j-1] == ' ' || s[j-1] == '\t' || s[j-1] == '=' || s[j-1] == ':') && i-j < 4 {
		j--
	}
	for j > 0 && strings.IndexByte("\"'`\\])*", s[j-1]) >= 0 && i-j < 8 {
		j--
	}
	end := j
	for j > 0 && isNameByte(s[j-1]) && end-j < 120 {
		j--
	}
	if end-j > 2 && s[j] == '-' && s[j+1] == 'D' {
		j += 2 // java -Dname=value
	}
	if j == end {
		return "", false
	}
	word := j
	for range 2 { // API key, Card Number
		k := j
		if k < 2 || s[k-1] != ' ' || !isNameByte(s[k-2]) {
			break
		}
		k--
		for k > 0 && isNameByte(s[k-1]) && j-k < 24 {
			k--
		}
		if !isAlnum(s[k]) && s[k] < utf8.RuneSelf {
			break
		}
		j = k
	}
	k := word
	for k > 0 && strings.IndexByte(" \t\"'`-*", s[k-1]) >= 0 {
		k--
	}
	if strings.HasSuffix(s[:k], "export") || strings.HasSuffix(s[:k], "set") {
		k = 0
	}
	return s[j:end], k == 0 || s[k-1] == '\n' || s[k-1] == '\r'
}

// valueAfter returns the bounds of the value after the separator at i.
func valueAfter(s string, i int, lineStart bool, n nature) (from, to int) {
	j := i + 1
	for j < len(s) && strings.IndexByte("=>:", s[j]) >= 0 {
		j++
	}
	colon := s[i] == ':'
	for j < len(s) && (s[j] == ' ' || s[j] == '\t' || s[j] == '+' && j+1 < len(s) && s[j+1] == '"') && j-i < 16 {
		j++
	}
	if j < len(s) && (s[j] == '\n' || s[j] == '\r') {
		if !colon {
			return 0, 0
		}
		return block(s, i, j)
	}
	if j < len(s) && (s[j] == '|' || s[j] == '>') && colon && strings.IndexByte(s[j:], '\n') >= 0 && strings.IndexByte(s[j:], '\n') < 4 {
		return block(s, i, j+strings.IndexByte(s[j:], '\n'))
	}
	from = j
	if j == len(s) {
		return j, j
	}
	esc := ""
	for j < len(s) && s[j] == '\\' {
		esc += `\`
		j++
	}
	if j < len(s) && strings.IndexByte("\"'`", s[j]) >= 0 {
		if triple := s[j:min(len(s), j+3)]; triple == `"""` || triple == "'''" {
			to := len(s)
			if k := strings.Index(s[j+3:], triple); k >= 0 {
				to = j + 3 + k
			}
			return min(j+3, to), to
		}
		from, to = quoted(s, j, esc)
		if s[i] == ':' && strings.HasPrefix(s[to:], `";s:`) && i+1 == j { // serialized by PHP: name, length, value
			if k := strings.IndexByte(s[to+4:], '"'); k >= 0 {
				return to + 4 + k + 1, len(s)
			}
		}
		return from, to
	}
	if strings.HasPrefix(s[from:], "Some(") || strings.HasPrefix(s[from:], "Ok(") {
		return from, balanced(s, from+strings.IndexByte(s[from:], '('))
	}
	j = from
	if strings.IndexByte("[{(<", s[j]) >= 0 {
		if m := strings.IndexByte(s[j:], ']'); m > 0 && strings.HasPrefix(s[j:], "[redacted:") {
			return from, rest(s, j+m+1, s[i], lineStart)
		}
		if s[j] != '<' {
			return from, balanced(s, j)
		}
	}
	if n == cookies || lineStart && n != flagged && colon {
		return from, lineEnd(s, j)
	}
	to = rest(s, j, s[i], lineStart)
	switch strings.ToLower(strings.Trim(s[from:to], ",:")) {
	case "bearer", "basic", "digest", "token", "apikey", "negotiate", "ntlm", "hawk", "aws4-hmac-sha256", "ssws":
		for to < len(s) && s[to] == ' ' {
			to++
		}
		if strings.EqualFold(s[from:min(len(s), from+6)], "digest") || strings.HasPrefix(strings.ToLower(s[from:]), "aws4") {
			return from, lineEnd(s, to)
		}
		to = rest(s, to, s[i], lineStart)
	}
	return from, to
}

// rest returns where an unquoted value ends that begins at j.
func rest(s string, j int, separator byte, lineStart bool) int {
	if j < len(s) && strings.HasPrefix(s[j:], "[redacted:") { // the bracket of a marker ends nothing
		if k := strings.IndexByte(s[j:min(len(s), j+64)], ']'); k > 0 {
			j += k + 1
		}
	}
	for ; j < len(s); j++ {
		switch c := s[j]; c {
		case ' ', '\t', '\n', '\r':
			return j
		case '"', '\'', '`', '<', '\\':
			return j
		case '&', ';', ',', '|':
			if j+1 == len(s) || s[j+1] <= ' ' || nameFollows(s[j+1:]) || c == '&' && separator == '=' || c == ';' {
				return j
			}
		case ')', ']', '}':
			if j+1 == len(s) || strings.IndexByte(" \t\n\r,;.)]}\"'&", s[j+1]) >= 0 {
				return j
			}
		}
	}
	return j
}

// nameFollows reports whether s begins with name= or name:.
func nameFollows(s string) bool {
	i := 0
	for i < len(s) && i < 64 && (isNameByte(s[i]) || s[i] == ' ' || s[i] == '"' || s[i] == '\'') {
		i++
	}
	return i > 0 && i < len(s) && (s[i] == '=' || s[i] == ':')
}

// quoted returns the bounds inside the quotes of a value; an open one goes to
// the end of the text.
func quoted(s string, j int, esc string) (from, to int) {
	q := s[j]
	from = j + 1
	for k := from; k < len(s); k++ {
		if s[k] == '\\' && esc == "" {
			k++
			continue
		}
		if s[k] == q && strings.HasSuffix(s[from:k], esc) {
			if q == '\'' && k+1 < len(s) && isAlnum(s[k+1]) {
				continue
			}
			return from, k - len(esc)
		}
	}
	return from, len(s)
}

// maxBracketed is how far, in bytes, the end of a bracketed value is looked for.
const maxBracketed = 4096

// balanced returns the end of a bracketed value that begins at j. One that does
// not end within [maxBracketed] goes to the end of the text.
func balanced(s string, j int) int {
	depth := 0
	var quote byte
	for k := j; k < min(len(s), j+maxBracketed); k++ {
		switch c := s[k]; {
		case quote != 0:
			if c == '\\' {
				k++
			} else if c == quote {
				quote = 0
			}
		case c == '"':
			quote = c
		case c == '[' || c == '{' || c == '(':
			depth++
		case c == ']' || c == '}' || c == ')':
			if depth--; depth == 0 {
				return k + 1
			}
		}
	}
	return len(s)
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
	if k := strings.IndexAny(s[j:], "\r\n"); k >= 0 {
		return j + k
	}
	return len(s)
}

// harmless are words that stand after the name of a secret and are none.
var harmless = set(`
	is are was were be been being has have had will would can could must should may might not no none null nil true false yes
	required missing empty invalid expired incorrect wrong weak strong valid correct changed updated rotated reset
	revoked created deleted removed added set unset ok success successful successfully failed failure error unknown
	denied accepted rejected verified unverified stored hidden masked encrypted hashed protected disabled enabled optional
	authentication authorization policy policies field fields input prompt manager management service rotation expiry expires expiration
	strength length type types format method flow grant request requests reset-link link page form dialog screen
	the a an and or of for to from in on at by with without as than that this these those it its their your our his her my
	too very also again already still only soon now then when while until before after because since if but so
	does did do doesn't didn't don't isn't wasn't cannot can't won't match matches matched mismatch
	user users account accounts admin admins owner owners everyone nobody sent received requested issued used
	attempts attempt history age checks check rules rule complexity requirements requirement change changes update updates
	found exists exceeded limit limits count counts usage budget quota refresh refreshed renewed generation generated
	validation verification hash hashing algorithm store stores vault vaults scanning scanner scan provider providers
	endpoint endpoints header headers name names id ids value values version versions bucket
	leaked leak compromised shared key keys login sign-in email e-mail sms code codes device devices app apps
	expire lasts lifetime ttl per week days day hours hour minutes month months year years
	office santa agent ballot sauce garden police minister between about into over under up out off
	team teams group groups review reviews audit audits report reports access permission permissions role roles
	needs need contains contain differs differ entered submitted provided given typed sharing reuse safe unsafe
	read write list get put post view edit manage all any full only
	redacted omitted blocked locked unlocked pending active inactive n/a - -- ? * ** *** **** ***** ****** ******* ********
`)

func harmlessValue(v string) bool {
	v = strings.Trim(v, " \t\"'`.,;:!?)(")
	return v == "" || harmless[strings.ToLower(v)]
}

const maxTag = 2048 // bytes of a tag with its attributes

// markupSpans finds the content of XML elements with secret names; attributes
// are pairs already.
func (p *Pass) markupSpans(s string, list []span) []span {
	for i := 0; i < len(s); i++ {
		if s[i] != '<' || i+1 == len(s) || !isNameByte(s[i+1]) {
			continue
		}
		j := i + 1
		for j < len(s) && (isNameByte(s[j]) || s[j] == ':') {
			j++
		}
		name := s[i+1 : j]
		tag := name
		if k := strings.LastIndexByte(name, ':'); k >= 0 {
			name = name[k+1:]
		}
		gt := strings.IndexByte(s[j:min(len(s), j+maxTag)], '>')
		if gt < 0 {
			continue
		}
		var named bool
		list, named = p.pairAttributes(s, j, j+gt, list)
		from := j + gt + 1
		switch p.nature(name) {
		case secret, flagged, cookies, webhook:
		default:
			if !named {
				list = p.pairElements(s, name, from, list)
				continue
			}
		}
		if s[j+gt-1] == '/' {
			continue
		}
		to := len(s)
		if k := indexFold(s[from:], "</"+strings.ToLower(tag)); k >= 0 {
			to = from + k
		}
		if from < to {
			list = append(list, span{from: from, to: to, rule: ruleKey})
			i = to - 1
		}
	}
	return list
}

// pairElements finds the value in the element after one that holds the name of a
// secret: <name>password</name><value>…</value>.
func (p *Pass) pairElements(s, name string, from int, list []span) []span {
	end := strings.IndexByte(s[from:min(len(s), from+128)], '<')
	if end <= 0 || !p.trait(name).namesPair || !p.secretName(strings.TrimSpace(s[from:from+end])) {
		return list
	}
	at := from + end
	for range 2 { // the end of this element, the beginning of the next
		gt := strings.IndexByte(s[at:min(len(s), at+256)], '>')
		if gt < 0 {
			return list
		}
		at += gt + 1
		for at < len(s) && s[at] <= ' ' {
			at++
		}
	}
	to := len(s)
	if k := strings.Index(s[at:], "</"); k >= 0 {
		to = at + k
	}
	if at < to && s[at-1] != '/' {
		list = append(list, span{from: at, to: to, rule: rulePair})
	}
	return list
}

// pairAttributes finds the value beside the name of a secret in one XML tag:
// <add key="password" value="…"/>.
func (p *Pass) pairAttributes(s string, from, to int, list []span) (_ []span, named bool) {
	var value span
	for at := from; at < to; {
		eq := strings.IndexByte(s[at:to], '=')
		if eq < 0 {
			break
		}
		eq += at
		name := strings.ToLower(strings.TrimSpace(s[at:eq]))
		if k := strings.LastIndexAny(name, " \t\n"); k >= 0 {
			name = name[k+1:]
		}
		q := eq + 1
		for q < to && s[q] == ' ' {
			q++
		}
		if q < to && s[q] != '"' && s[q] != '\'' { // not quoted
			for at = q; at < to && s[at] > ' '; at++ {
			}
			continue
		}
		if q >= to {
			break
		}
		end := strings.IndexByte(s[q+1:to], s[q])
		if end < 0 {
			end = to - q - 1
		}
		text := s[q+1 : q+1+end]
		named = named || pairNames[name] && p.secretName(text)
		if pairValues[name] {
			value = span{from: q + 1, to: q + 1 + end, rule: rulePair}
		}
		at = q + 2 + end
	}
	if named && value.to > value.from {
		list = append(list, value)
	}
	return list, named
}

// multipartSpans finds parts of multipart/form-data with secret names, and the
// contents of files.
func (p *Pass) multipartSpans(s string, list []span) []span {
	const disposition = "content-disposition"
	for at := 0; ; {
		i := indexFold(s[at:], disposition)
		if i < 0 {
			return list
		}
		at += i + len(disposition)
		head := s[at:lineEnd(s, at)]
		from := at + len(head)
		end := len(s)
		if k := strings.Index(s[from:], "\n--"); k >= 0 {
			end = from + k
		}
		if parameter(head, "filename") != "" || p.secretName(parameter(head, "name")) {
			for from < end && s[from] <= ' ' {
				from++
			}
			if from < end {
				list = append(list, span{from: from, to: end, rule: ruleKey})
			}
		}
		at = max(at, end)
	}
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

// commandSpans finds secrets after the options of commands.
func (p *Pass) commandSpans(s string, list []span) []span {
	for i := 0; i < len(s); i++ {
		if s[i] != '-' || i > 0 && strings.IndexByte(" \t\n\"'`[(,", s[i-1]) < 0 {
			continue
		}
		j := i
		for j < len(s) && s[j] == '-' {
			j++
		}
		k := j
		for k < len(s) && isNameByte(s[k]) {
			k++
		}
		name := s[j:k]
		if name == "" {
			continue
		}
		from := k
		for from < len(s) && (s[from] == ' ' || s[from] == '"' || s[from] == '\'' || s[from] == ',') {
			from++
		}
		to := from
		if from > 0 && (s[from-1] == '"' || s[from-1] == '\'') && from > k && strings.IndexByte(s[k:from], ' ') >= 0 {
			if q := strings.IndexByte(s[from:], s[from-1]); q >= 0 {
				to = from + q
			}
		}
		if to == from {
			for to < len(s) && strings.IndexByte(" \t\n\r\"'", s[to]) < 0 {
				to++
			}
		}
		short := j-i == 1 && (len(name) <= 2 || lower(name[0]) == 'p' && (!p.secretName(name) || name[0] == 'p' && !secretTerms[name] && after(commandLine(s, i), gluing...)))
		switch {
		case short:
			list = shortOption(s, i, j, k, from, to, list)
		case k < len(s) && (s[k] == '=' || s[k] == ':'):
		case from > k && from < to && s[from] != '-' && p.secretName(name) && !harmlessValue(s[from:to]):
			list = append(list, span{from: from, to: to, rule: rulePair})
			i = to - 1
		}
	}
	if at := indexFold(s, "net use "); at >= 0 {
		for _, f := range strings.Fields(s[at:])[2:] {
			if !strings.HasPrefix(f, "/") && !strings.HasPrefix(f, `\\`) && !strings.HasSuffix(f, ":") {
				k := at + strings.Index(s[at:], f)
				list = append(list, span{from: k, to: k + len(f), rule: rulePair})
			}
		}
	}
	if at := indexFold(s, "pass:"); at >= 0 && indexFold(s, "openssl") >= 0 {
		list = append(list, span{from: at + 5, to: rest(s, at+5, ':', false), rule: rulePair})
	}
	return list
}

// gluing are commands that take a password glued to -p.
var gluing = []string{"mysql", "mariadb", "mysqldump", "mysqladmin", "mycli", "sshpass", "7z", "htpasswd", "unrar"}

// commandLine returns what stands before an option at i in its command.
func commandLine(s string, i int) string {
	line := s[max(0, i-512):i]
	return line[strings.LastIndexAny(line, "\n;|&")+1:]
}

// after reports whether one of the commands stands in a line.
func after(line string, commands ...string) bool {
	for _, c := range commands {
		if at := strings.Index(line, c); at >= 0 && (at == 0 || !isAlnum(line[at-1])) {
			return true
		}
	}
	return false
}

// shortOption judges -p, -P, -u, -w and -a by the command before them.
func shortOption(s string, i, j, k, from, to int, list []span) []span {
	line := commandLine(s, i)
	has := func(commands ...string) bool { return after(line, commands...) }
	name := s[j:k]
	glued := name[1:] != ""
	value := func(f, t int) []span {
		if f < t && s[f] != '-' {
			return append(list, span{from: f, to: t, rule: rulePair})
		}
		return list
	}
	end := rest(s, j+1, ' ', false)
	switch name[0] {
	case 'p':
		switch {
		case has(gluing...):
			if glued || j+1 < len(s) && s[j+1] > ' ' {
				return value(j+1, end)
			}
			return value(from, to)
		case !glued && has("docker login", "podman login", "login", "mongo", "mongosh", "mongodump", "cqlsh", "az ", "sqlplus", "vault", "ldap", "influx", "helm", "tool", "cli", "app", "admin", "ansible", "clickhouse", "oc "):
			return value(from, to)
		case !glued && !has("ssh", "docker", "nc", "mkdir", "cp", "scp", "psql", "pg_dump", "podman", "redis-cli", "nmap", "git", "ps", "tar", "make", "xargs", "python", "go ") && !number(s[from:to]) && from > k:
			return value(from, to)
		}
	case 'P':
		if !glued && has("sqlcmd", "bcp", "zip", "isql", "osql", "unzip") {
			return value(from, to)
		}
	case 'u', 'U':
		word := s[from:to]
		if glued && has("curl", "wget", "http") {
			word, from, to = s[j+1:end], j+1, end
		}
		if c := strings.IndexAny(word, ":%"); c > 0 && has("curl", "wget", "http", "smbclient", "rpcclient", "ldap") {
			return value(from+c+1, to)
		}
	case 'w', 'a':
		if !glued && has("ldap", "redis-cli", "net", "memc", "radtest") && from > k {
			return value(from, to)
		}
	}
	return list
}

func number(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) && s[i] != ':' && s[i] != '.' && s[i] != '/' {
			return false
		}
	}
	return true
}

func (p *Pass) secretName(name string) bool {
	switch p.nature(name) {
	case secret, flagged, cookies, webhook, connection:
		return true
	}
	return false
}

// login redacts the password of user:password.
func (p *Pass) login(s string) string {
	user, pass, ok := strings.Cut(s, ":")
	if !ok || user == "" || len(pass) < 4 || strings.ContainsAny(s, " /|[") || strings.Contains(pass, ":") || !strong(pass) {
		return s
	}
	return user + ":" + p.replace(rulePair)
}

// strong reports whether s looks like a chosen password: a sign among letters
// and digits, or upper and lower case with digits.
func strong(s string) bool {
	var up, low, num, sign bool
	for i := 0; i < len(s); i++ {
		c := s[i]
		up, low, num = up || isUpper(c), low || isLower(c), num || isDigit(c)
		sign = sign || strings.IndexByte("!#$%^*&+?~", c) >= 0
	}
	return sign && (up || low || num) || up && low && num
}

// urlSpans finds passwords before the host and secrets in the query of URLs and
// connection strings.
func (p *Pass) urlSpans(s string, m mode, list []span, decoded int) []span {
	for at, stop := 0, 0; at < len(s); {
		i := strings.Index(s[at:], "://")
		if i < 0 {
			break
		}
		start := at + i + 3
		for stop = max(stop, start); stop < len(s) && strings.IndexByte(" \t\r\n\"'<>`", s[stop]) < 0; {
			stop++
		}
		end := min(stop, start+maxBracketed)
		at = start // a URL may hold another one
		list = userinfo(s, start, end, list)
	}
	if strings.IndexByte(s, ':') >= 0 && strings.IndexByte(s, '@') >= 0 && !strings.Contains(s, "://") || indexFold(s, "sqlplus") >= 0 {
		list = bareUserinfo(s, list)
	}
	if q := strings.IndexAny(s, "?#"); q >= 0 && strings.IndexByte(s[q:], '=') >= 0 {
		list = p.querySpans(s, q+1, list)
	}
	return list
}

// userinfo finds the password in user:password@host; without a colon the whole
// of a long userinfo is a token.
func userinfo(s string, start, end int, list []span) []span {
	limit, last, seen := end, start+strings.LastIndexByte(s[start:end], '@'), false
	for k := start; k < end; k++ {
		seen = seen || s[k] == '@'
		if s[k] == '/' && last < k || s[k] == '?' && seen {
			limit = k
			break
		}
	}
	host := strings.LastIndexByte(s[start:limit], '@')
	if host < 0 {
		return list
	}
	info := s[start : start+host]
	if strings.HasPrefix(info, "[redacted:") && strings.IndexByte(info, ']') == len(info)-1 {
		return list
	}
	if q := strings.IndexAny(info, "?"); q >= 0 && strings.IndexByte(info[:q], ':') < 0 {
		return list // an e-mail address in the query
	}
	if c := strings.IndexByte(info, ':'); c >= 0 {
		if slash := strings.IndexByte(info, '/'); slash >= 0 && slash < c || portThenPath(info[c+1:]) {
			return list
		}
		return append(list, span{from: start + c + 1, to: start + host, rule: ruleUserinfo})
	}
	if len(info) >= 16 && strings.IndexByte(info, '/') < 0 {
		return append(list, span{from: start, to: start + host, rule: ruleUserinfo})
	}
	return list
}

// portThenPath reports whether s is a port and a path with an @ later on, not a
// password.
func portThenPath(s string) bool {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i > 0 && i < 6 && i < len(s) && s[i] == '/'
}

// bareUserinfo finds user:password@host without a scheme.
func bareUserinfo(s string, list []span) []span {
	sqlplus := indexFold(s, "sqlplus") >= 0
	for i := 1; i < len(s); i++ {
		if s[i] != '@' || i+1 == len(s) || !isAlnum(s[i+1]) && s[i+1] != '/' {
			continue
		}
		j := i
		for j > 0 && strings.IndexByte(" \t\r\n\"'<>(,;", s[j-1]) < 0 && i-j < 256 {
			j--
		}
		if k := strings.Index(s[j:i], "oracle:"); k >= 0 || sqlplus {
			if c := strings.IndexByte(s[j:i], '/'); c >= 0 {
				list = append(list, span{from: j + c + 1, to: i, rule: ruleUserinfo})
				continue
			}
		}
		if c := strings.IndexByte(s[j:i], ':'); c > 0 && i-(j+c+1) >= 3 && !strings.HasPrefix(s[j:], "mailto:") {
			list = append(list, span{from: j + c + 1, to: i, rule: ruleUserinfo})
		}
	}
	return list
}

// queryNames are parameters of URLs that are secrets there, though not elsewhere.
var queryNames = set(`code state sig s key auth access k t token tk hash ticket session sessionid sid st nonce credential xamzcredential
	xamzsecuritytoken xamzsignature xgoogsignature xgoogcredential googleaccessid awsaccesskeyid policy keypairid hdnts hdnea
	subscriptionkey samlresponse relaystate idtokenhint logintoken magic invite confirm verify reset otp apikey appid2 se2 skoid2 oauthverifier oauthtoken oauthsignature`)

var queryPlain = set(`code state s key t k access session hash policy confirm verify reset invite auth st`)

// querySpans judges the parameters from at on.
func (p *Pass) querySpans(s string, at int, list []span) []span {
	for at < len(s) {
		eq := strings.IndexByte(s[at:], '=')
		if eq < 0 {
			break
		}
		name := s[at : at+eq]
		if k := strings.LastIndexAny(name, "?&;# \n\t"); k >= 0 {
			name = name[k+1:]
		}
		from := at + eq + 1
		to := from
		for to < len(s) && strings.IndexByte("&;# \t\r\n\"'<>", s[to]) < 0 {
			to++
		}
		joined := squeeze(name)
		value := s[from:to]
		if p.secretName(name) || queryNames[joined] && (!queryPlain[joined] || len(value) >= 10 && random(value, 1)) {
			if value != "" && !p.e.isMarker(value) {
				list = append(list, span{from: from, to: to, rule: ruleURL})
			}
		}
		at = to + 1
	}
	return list
}

// hookSpans finds the URLs of webhooks, whose path is the credential.
func hookSpans(s string, list []span) []span {
	for at := 0; at < len(s); {
		i := strings.Index(s[at:], "://")
		if i < 0 {
			break
		}
		start := at + i + 3
		end := start
		for end < len(s) && strings.IndexByte(" \t\r\n\"'<>`|", s[end]) < 0 {
			end++
		}
		at = max(end, start)
		slash := strings.IndexByte(s[start:end], '/')
		if slash < 0 {
			continue
		}
		host, path := strings.ToLower(s[start:start+slash]), s[start+slash:end]
		if isHook(host, path) {
			list = append(list, span{from: start + slash + 1, to: end, rule: ruleWebhook})
		}
	}
	return list
}

func isHook(host, path string) bool {
	switch {
	case strings.Contains(host, "hooks.slack"), strings.Contains(host, "hooks.zapier"), strings.Contains(host, "maker.ifttt"),
		strings.HasSuffix(host, "webhook.office.com"), strings.HasSuffix(host, "pipedream.net"), strings.HasPrefix(host, "hook."),
		strings.Contains(host, "webhook.site"), strings.HasPrefix(host, "hooks."):
		return true
	case strings.HasPrefix(host, "discord"), strings.HasSuffix(host, ".discord.com"):
		return strings.Contains(path, "/webhooks/")
	case strings.Contains(host, "api.telegram"):
		return strings.HasPrefix(path, "/bot")
	case strings.HasPrefix(host, "chat.googleapis"):
		return strings.Contains(path, "key=") || strings.Contains(path, "/messages")
	case strings.Contains(host, "logic.azure"):
		return true
	}
	for _, part := range strings.Split(path, "/") {
		if len(part) >= 20 && random(part, 3) && !isUUID(part) && (strings.Contains(path, "webhook") || strings.Contains(path, "/hooks/")) {
			return true
		}
	}
	return false
}

// nouns are the names of secrets in sentences, longest first.
var nouns = []string{
	"one-time password", "one time password", "one-time code", "one time code", "verification code", "recovery code", "recovery codes", "recovery phrase", "backup code", "backup codes",
	"security code", "access code", "login code", "auth code", "api key", "api-key", "apikey", "api token", "access key", "private key", "secret key", "signing key",
	"encryption key", "seed phrase", "pass phrase", "passphrase", "pass code", "passcode", "password", "passwort", "kennwort", "passwd", "pwd",
	"client secret", "secret", "token", "credentials", "credential", "mnemonic", "pin", "otp", "cvv", "cvc", "ssn", "social security number", "card number", "account number", "signature",
}

var nounStarts = func() (t [256]bool) {
	for _, n := range nouns {
		t[n[0]] = true
	}
	return t
}()

// links are the words between the name of a secret and its value.
var links = set(`is was are were be to as equals becomes became set now = : -> => →`)

// fillers may stand between the name of a secret and the link.
var fillers = set(`for of the a an new old current temporary temp initial default my your his her their our user account was is has been set changed reset
	updated rotated to admin root service login database db from on at in this that server host it should be will called which reads says now being`)

// changing are the verbs after which "to" comes before a value; articles come
// before a noun, which is none.
var (
	changing = set(`set changed reset updated rotated`)
	articles = set(`the a an this that my your his her their our its`)
)

// proseSpans finds secrets that sentences name: "the password is …".
func (p *Pass) proseSpans(s string, list []span) []span {
	low := strings.ToLower(s)
	for i := 0; i < len(low); i++ {
		if i > 0 && isAlnum(low[i-1]) {
			continue
		}
		noun := ""
		if !nounStarts[low[i]] {
			continue
		}
		for _, n := range nouns {
			if strings.HasPrefix(low[i:], n) && len(n) > len(noun) {
				noun = n
			}
		}
		if noun == "" {
			continue
		}
		j := i + len(noun)
		if j < len(s) && s[j] == 's' {
			j++
		}
		if j < len(s) && (isAlnum(s[j]) || s[j] == '=' || s[j] == '>' || s[j] == '_' || s[j] == '-' || s[j] == '.') {
			continue
		}
		if x, ok := p.afterNoun(s, j, noun); ok {
			list = append(list, x)
			i = max(i, x.to-1)
			if strings.HasPrefix(low[x.to:], " to ") { // from one to another
				to := x.to + 4
				for to < len(s) && s[to] > ' ' {
					to++
				}
				list = append(list, span{from: x.to + 4, to: to, rule: ruleProse})
				i = to - 1
			}
		} else {
			i = j - 1
		}
	}
	return backward(s, low, list)
}

// backward finds "… as the password".
func backward(s, low string, list []span) []span {
	for _, phrase := range []string{" as password", " as the password", " as his password", " as her password", " as my password", " as their password", " as passphrase", " as the pin", " as pin", " as the token", " as api key", " as the api key"} {
		if i := strings.Index(low, phrase); i > 0 {
			j := strings.LastIndexAny(s[:i], " \t\n\"'") + 1
			if w := s[j:i]; !harmlessValue(w) {
				list = append(list, span{from: j, to: i, rule: ruleProse})
			}
		}
	}
	return list
}

// afterNoun finds the value of a secret that was named just before j.
func (p *Pass) afterNoun(s string, j int, noun string) (x span, ok bool) {
	before := strings.ToLower(s[max(0, j-len(noun)-8):max(0, j-len(noun))])
	linked, article, verb := endsIn(strings.TrimRight(before, " "), " with", " using"), false, false
	owned := false  // whether the next word is whose secret it is
	origin := false // whether the next word is what was changed
	unknown := 0    // words that say nothing
	if endsIn(before, " set ") || before == "set " {
		verb = true
	}

	if k := j; k+2 < len(s) && s[k] == ' ' && strings.IndexByte("\"'`", s[k+1]) >= 0 { // password "x"
		if from, to := quoted(s[:min(len(s), k+maxName)], k+1, ""); to < min(len(s), k+maxName) && !harmlessValue(s[from:to]) && strings.IndexByte(s[from:to], ' ') < 0 {
			if named[noun] && !looksChosen(s[from:to], noun) {
				return x, false
			}
			return span{from: from, to: to, rule: ruleProse}, true
		}
	}
	for range 8 {
		breaks := 0
		for j < len(s) && strings.IndexByte(" \t\n\r\"'`(,*", s[j]) >= 0 {
			if s[j] == '\n' {
				breaks++
			}
			j++
		}
		if breaks > 1 {
			return x, false // another paragraph
		}
		from := j
		for j < len(s) && strings.IndexByte(" \t\n\r\"`<", s[j]) < 0 {
			j++
		}
		if from == j {
			return x, false
		}
		to := j
		for to > from && strings.IndexByte(".,;:?)'", s[to-1]) >= 0 {
			to--
		}
		word := s[from:to]
		w := strings.ToLower(word)
		switch {
		case to == from:
			if s[from] == ':' {
				linked = true
				continue
			}
			return x, false
		case w == "to" && !verb:
			article = true
		case links[w]:
			linked, verb = true, verb && w != "to" // changed to x
		case p.e.isMarker(word):
			return x, false
		case origin && verb && !harmless[w] && !fillers[w] && strings.HasPrefix(s[to:], " to "):
			return span{from: from, to: to, rule: ruleProse}, true
		case owned && !linked && !strong(word) && isIdentifier(word) && looksChosen(word, noun):
			owned = false // whose it is
		case looksChosen(word, noun) && (linked || !isTime(word) && unknown < 2):
			if lists[noun] {
				to = listEnd(s, from)
			}
			return span{from: from, to: to, rule: ruleProse}, true
		case linked && !article && !verb && !harmless[w] && !fillers[w]:
			if lists[noun] {
				to = listEnd(s, from)
			} else if phrases[noun] {
				to = lineEnd(s, from)
			}
			return span{from: from, to: to, rule: ruleProse}, true
		case fillers[w]:
			verb = verb || changing[w]
			article = linked && articles[w]
			origin = w == "from"
			owned = w == "for" || w == "of" || owned && (w == "user" || w == "account" || articles[w])
		case linked && harmless[w]:
			return x, false
		case harmless[w]:
			return x, false
		default:
			unknown++
		}
		if to < j && (strings.IndexByte(".!?;", s[to]) >= 0 || s[to] == ',' && unknown > 0) {
			return x, false
		}
		if to < j && s[to] == ':' {
			linked = true
		}
	}
	return x, false
}

// named are secrets that have names themselves, which sentences quote.
var named = map[string]bool{"api key": true, "api-key": true, "apikey": true, "api token": true, "access key": true, "token": true, "secret": true, "client secret": true, "credential": true, "credentials": true}

// Secrets that are several codes, and those that are several words.
var (
	lists   = map[string]bool{"recovery code": true, "recovery codes": true, "backup code": true, "backup codes": true}
	phrases = map[string]bool{"seed phrase": true, "mnemonic": true, "recovery phrase": true, "passphrase": true, "pass phrase": true}
)

// listEnd returns where a list of codes ends that begins at from: with its line,
// or with the lines behind it that are one code each.
func listEnd(s string, from int) int {
	to := lineEnd(s, from)
	for next := to; next < len(s); {
		for next < len(s) && (s[next] <= ' ' || s[next] == '-' || s[next] == '*') {
			next++
		}
		end := lineEnd(s, next)
		code := strings.TrimSpace(s[next:end])
		if code == "" || strings.IndexByte(code, ' ') >= 0 || !looksChosen(code, "code") {
			break
		}
		to, next = end, end
	}
	return to
}

func isTime(s string) bool {
	return len(s) >= 8 && isDigit(s[0]) && (strings.Count(s, "-") == 2 || strings.Count(s, ":") >= 1)
}

// looksChosen reports whether a word after the name of a secret is one, by its
// own look.
func looksChosen(word, noun string) bool {
	if len(word) < 3 || number(word) && noun != "pin" && noun != "otp" && noun != "cvv" && noun != "cvc" && !strings.HasPrefix(noun, "one") && !strings.HasSuffix(noun, "code") && noun != "ssn" {
		return false
	}
	var letter, num, sign bool
	for i := 0; i < len(word); i++ {
		c := word[i]
		letter, num = letter || isAlpha(c), num || isDigit(c)
		sign = sign || strings.IndexByte("!#$%^*&+?~@", c) >= 0
	}
	if number(word) {
		return len(word) >= 3
	}
	return len(word) >= 5 && letter && (num || sign) && !isUUID(word)
}

// scopeWord reports whether v is what a permission allows: secrets:read.
func scopeWord(v string) bool {
	switch v {
	case "read", "write", "list", "get", "delete", "create", "update", "manage", "admin", "view", "edit", "all", "*":
		return true
	}
	return false
}

// vendorToken reports whether v looks like a token of a service that has no sign
// of its own: one word, made by chance, no UUID, no number.
func vendorToken(v string) bool {
	return len(v) >= 15 && len(v) <= 256 && isIdentifier(v) && random(v, 3) && !isUUID(v) && !number(v) && !(isHex(v) && len(v) == 40)
}
