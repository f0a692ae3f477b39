package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func isNameByte(c byte) bool {
	return isAlnum(c) || c == '_' || c == '-' || c == '.' || c == '$' || c >= utf8.RuneSelf
}

// pairSpans finds the values of secret names in name=value, name: value, JSON
// and YAML fragments, headers, forms and dotenv lines.
func (p *Pass) pairSpans(s string, m mode, list []span, decoded int) []span {
	if isAction(s) {
		return list
	}
	for i := 0; i < len(s); i++ {
		table := s[i] == '|' || s[i] == '\t' && i > 0 && isNameByte(s[i-1])
		arrow := s[i] == '-' && i > 0 && s[i-1] == '<'                                                     // name <- value
		becomes := s[i] == '>' && i > 2 && s[i-1] == '-' && s[i-2] == ' ' && i+1 < len(s) && s[i+1] == ' ' // name -> value
		points := s[i] == '>' && i > 1 && s[i-1] == '-' && isAlnum(s[i-2]) && i+1 < len(s) && s[i+1] > ' ' // name->value
		if s[i] != '=' && s[i] != ':' && !table && !arrow && !becomes && !points && !(s[i] == '>' && i > 0 && s[i-1] == '=') {
			continue
		}
		if s[i] == ':' && inResourceName(s, i) {
			continue
		}
		if s[i] == ':' && (strings.HasPrefix(s[i:], "://") || strings.HasPrefix(s[i:], ":protected]") || i+2 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') && strings.Contains(s[i:min(len(s), i+80)], ":private]")) { // members of PHP
			continue
		}
		before := i
		if arrow || becomes || points {
			before--
		}
		name, lineStart := nameBefore(s, before)
		if name == "" && s[i] == ':' {
			name, lineStart = explicitKey(s, i), true
		}
		if s[i] == ':' && (i == 0 || strings.IndexByte(" {(,[\t\n", s[i-1]) >= 0) {
			if x, ok := p.keyword(s, i+1); ok {
				list = append(list, x)
				i = x.to
				continue
			}
		}
		if name == "" || strings.Contains(name, " via ") || table && hasPrefixFold(name, "bearer ") {
			continue
		}
		if s[i] == ':' && strings.IndexByte(name, ' ') > 0 && inTag(s, i-len(name)) {
			continue // the prefix of an attribute
		}
		n := p.nature(lastName(name))
		if n == plain && strings.IndexByte(name, ' ') < 0 {
			n = p.nature(name)
		}
		if n == plain && strings.Contains(name, " ") {
			n = p.nature(name)
		}
		if n == plain && strings.IndexByte(name, ' ') < 0 {
			if whole := bracketed(s, before, name); whole != "" {
				n = p.nature(whole)
			}
		}
		if n == plain && p.isSigned(s, i, name) || p.trait(lastName(name)).pairValue && p.namedBefore(s, i) {
			n = flagged
		}
		if s[i] == ':' && inUserinfo(s, i, name) {
			continue
		}
		switch n {
		case secret, flagged, cookies, webhook, vendor, connection:
		case userpass:
			if from, to := valueAfter(s[:min(len(s), i+maxName)], i, false, n); from < to {
				if k := passwordAt(s[from:to]); k > 0 {
					list = moreLogins(s, to, append(list, span{from: from + k, to: to, rule: rulePair}))
					i = list[len(list)-1].to - 1
				}
			}
			continue
		case likely:
			if from, to := valueAfter(s[:min(len(s), i+maxSpread)], i, false, n); from < to && isSecretOf(name, s[from:to]) {
				list = append(list, span{from: from, to: to, rule: rulePair})
				i = to - 1
			}
			continue
		case rows:
			if next := strings.TrimLeft(s[i+1:min(len(s), i+24)], "=>: \t\"'\\"); next == "" || next[0] != '[' {
				continue // a value that ends nowhere need not be read for each name
			}
			if from, to := valueAfter(s, i, lineStart, n); from+1 < to && (strings.HasPrefix(s[from:], "[[") || strings.HasPrefix(s[from:], "[{") || strings.HasPrefix(s[from:], "[(")) {
				list = append(list, span{from: from, to: to, rule: ruleRows})
				i = to - 1
			}
			continue
		default:
			if loginNames[squeeze(lastName(name))] {
				if from, to := valueAfter(s[:min(len(s), i+maxName)], i, false, n); from < to && chosenLogin(s[from:to]) {
					list = moreLogins(s, to, append(list, span{from: from + strings.IndexByte(s[from:to], ':') + 1, to: to, rule: rulePair}))
					i = list[len(list)-1].to - 1
				}
			}
			continue
		}
		if points {
			if x, ok := pointedAt(s, i-1-len(name), i+1); ok {
				list = append(list, x)
				i = x.to - 1
			}
			continue
		}
		var from, to int
		if table {
			from, to = cell(s, i)
		} else if end := quotedHeader(s, i, len(name), n); end > 0 {
			from, to = i+2, end
		} else {
			from, to = valueAfter(s, i, lineStart && n != vendor, n)
		}
		if s[i] == ':' && lineStart {
			to = beforePerson(s, from, to)
		}
		if s[i] == '=' && lineStart && !table {
			from, to = signed(s, i, from, to)
		}
		if s[i] == '=' && i+1 < len(s) && (s[i+1] == '\'' || s[i+1] == '"') {
			if end := piecesOfShell(s, i+1); end > 0 {
				from, to = i+1, end
			}
		}
		if s[i] == '=' && !table && (n == secret || n == flagged) {
			to = assignedTo(s, i-len(name), from, to, lineStart)
		}
		to = behindScheme(s, name, from, to)
		to = beforeOthers(s, i, from, to, name)
		if n == flagged && s[i] == '=' && callOf(s, from) > 0 && p.tellsItself(s[from:to]) {
			continue // what is within names its own
		}
		if at := i - len(name); s[i] == '=' && (at == 0 || s[at-1] == '&' || s[at-1] == '\n') && to < len(s) && s[to] == ' ' { // in a form that is not encoded
			if k := strings.IndexAny(s[to:min(len(s), to+maxName)], "&=\n\"'"); k > 0 && s[to+k] == '&' && nameFollows(s[to+k+1:]) {
				to += k
			}
		}
		if v := s[from:to]; becomes && (!looksChosen(v, "") && !coined(v) || isLabelled(v)) {
			continue
		}
		if v := s[from:to]; table && !looksChosen(v, "") && (!madeUp(name) || strings.IndexByte(v, ' ') >= 0) {
			continue
		}
		if lineStart && saysWhatHappened(s[from:to]) || s[i] == ':' && doneTo(name) && isPathOfWords(s[from:to]) {
			continue
		}
		if n == vendor && (table || !vendorToken(s[from:to])) { // auth0|… is a user
			continue
		}
		if n == connection && isConnection(s[from:to]) || s[i] == ':' && len(p.ofLink(s[from:to], m, decoded)) > 0 {
			continue
		}
		if endsIn(lowered(name), "connectionstrings") && from == i+1 && isIdentifier(s[from:wordEnd(s, from)]) {
			continue // the name of a setting: ConnectionStrings:Default
		}
		if s[i] == ':' && lineStart {
			v := s[from:lineEnd(s, from)]
			if first, _, _ := strings.Cut(v, " "); isSentence(v) && (strings.EqualFold(name, "auth") || strings.EqualFold(name, "authorization") && harmless[lowered(first)] && strings.IndexByte(v, '=') < 0) {
				continue
			}
		}
		if n == flagged && (authMethods[lowered(s[from:to])] || isKind(lastName(name), strings.TrimRight(s[from:to], ";,."))) {
			continue
		}
		if strings.HasSuffix(lowered(name), "tokens") && number(s[from:to]) && to-from < 9 {
			continue // how many
		}
		if from >= to || harmlessValue(s[from:to]) && (m != request || name != "" && !lineStart || scopeWord(s[from:to])) {
			continue
		}
		if secretTerms[squeeze(s[from:to])] && p.trait(name).namesPair {
			continue // the name of what stands beside it
		}
		if s[i] == ':' && from == i+1 && (permission(name, s[from:to]) || isTag(s, i-len(name), s[from:to])) {
			continue
		}
		if v := s[from:to]; v == "true" || v == "false" || number(v) && len(v) <= 2 || lineStart && counts(v) {
			continue
		}
		if to+1 < len(s) && s[to] == ' ' && n == secret && strings.HasPrefix(lowered(lastName(name)), "cred") { // the user, and the password
			if end := wordEnd(s, to+1); looksChosen(s[to+1:end], "password") && strings.IndexByte(s[to+1:end], '=') < 0 {
				to = end
			}
		}
		rule := rulePair
		if n == cookies {
			rule = ruleCookie
		}
		list = append(list, span{from: from, to: to, rule: rule})
		if passwordAt(s[from:to]) > 0 {
			list = moreLogins(s, to, list)
		}
		i = max(i, list[len(list)-1].to-1)
	}
	return list
}

// signed returns where the value of a line name=value begins and ends, which is one word with
// signs that separate values elsewhere.
func signed(s string, i, from, to int) (int, int) {
	end := lineEnd(s[:min(len(s), i+maxName)], i)
	if from >= to {
		from, to = i+1, i+1
	}
	if to >= end || strings.IndexByte("&;`", s[to]) < 0 || from > i+1 || strings.ContainsAny(s[from:end], " \t=\"'<>\\") || strings.IndexByte("&;`", s[end-1]) >= 0 {
		return from, to
	}
	return from, end
}

// piecesOfShell returns where a word at i ends that is quoted piece by piece, as shells have
// it: 'a'"'"'b'; 0 if it is none.
func piecesOfShell(s string, i int) int {
	pieces, single := 0, false
	for end := min(len(s), i+maxName); i < end && s[i] > ' '; i++ {
		q := s[i]
		if q != '\'' && q != '"' {
			return 0
		}
		k := strings.IndexByte(s[i+1:end], q)
		if k < 0 {
			return 0
		}
		pieces++
		single = single || q == '\''
		i += k + 1
	}
	if pieces < 3 || !single {
		return 0
	}
	return i
}

// explicitKey returns the key of YAML in the line before the colon at i, with which its value
// begins: "? name" and ": value".
func explicitKey(s string, i int) string {
	line := strings.TrimRight(s[max(0, i-maxName):i], " \t")
	line, ok := strings.CutSuffix(line, "\n")
	if !ok {
		return ""
	}
	line = strings.TrimSpace(line[strings.LastIndexByte(line, '\n')+1:])
	k := strings.LastIndex(line, "? ")
	if k < 0 {
		return ""
	}
	return strings.Trim(line[k+2:], " \"'")
}

// inTag reports whether the name at i is that of an element, or its last part: <ns:password.
func inTag(s string, i int) bool {
	from := i
	for i > 0 && from-i < 64 && (isNameByte(s[i-1]) || s[i-1] == ':') {
		i--
	}
	return i > 0 && s[i-1] == '<'
}

// moreLogins finds the passwords of the logins that follow one which ends at at: bob:x,eve:y.
func moreLogins(s string, at int, list []span) []span {
	for at < len(s) && (s[at] == ',' || s[at] == ';') {
		from := at + 1
		for from < len(s) && s[from] == ' ' {
			from++
		}
		to := rest(s, from, ':', false)
		k := passwordAt(s[from:to])
		if k == 0 {
			break
		}
		list = append(list, span{from: from + k, to: to, rule: rulePair})
		at = to
	}
	return list
}

// bracketed returns the name before the separator at i whose last part is in brackets, with
// dots in place of these: data[password][new]. It is "" if it is no such name.
func bracketed(s string, i int, last string) string {
	if i < len(last)+2 || s[i-1] != ']' || s[i-len(last)-1-1] != '[' {
		return ""
	}
	from := i
	for from > 0 && i-from < maxName && (isNameByte(s[from-1]) || s[from-1] == '[' || s[from-1] == ']') {
		from--
	}
	name := s[from:i]
	if open := strings.IndexByte(name, '['); open <= 0 {
		return ""
	}
	return strings.ReplaceAll(strings.ReplaceAll(name, "]", ""), "[", ".")
}

// behindScheme returns where the value from from to to ends of a header for credentials that
// begins with the name of their scheme, whatever that is: Authorization: Splunk x.
func behindScheme(s, name string, from, to int) int {
	if !endsIn(squeeze(name), "authorization") || from >= to || to >= len(s) || s[to] != ' ' && s[to] != '\t' || !isIdentifier(s[from:to]) {
		return to
	}
	end := wordEnd(s, to+1)
	if v := s[to+1 : end]; !(looksChosen(v, "password") || isUUID(v) && isScheme(s[from:to])) || isTime(v) {
		return to
	}
	return end
}

// isScheme reports whether a word before a UUID may be the name of a scheme for credentials.
func isScheme(s string) bool {
	low := lowered(s)
	return (isUpper(s[0]) || endsIn(low, "key", "token", "auth")) && !inDictionary(low) && !fillers[low]
}

// doneTo reports whether a name is a secret that has one itself, and what was done to it:
// Secret read.
func doneTo(name string) bool {
	noun, done, ok := strings.Cut(lowered(name), " ")
	return ok && namable[noun] && happenings[done]
}

// isPathOfWords reports whether s is words between slashes, as secrets are called in vaults.
func isPathOfWords(s string) bool {
	known := false
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || !isIdentifier(part) || random(part, 2) {
			return false
		}
		known = known || inDictionary(part) || jargon[part]
	}
	return known && !noSlash(s)
}

// isTag reports whether v is the version of the image whose name has its last part at i:
// registry.example.com/token:1.15.
func isTag(s string, i int, v string) bool { return i > 0 && s[i-1] == '/' && isVersion(v) }

// isVersion reports whether v is a version of several numbers: 1.25.3-alpine.
func isVersion(v string) bool {
	v = strings.TrimPrefix(v, "v")
	if v == "" || !isDigit(v[0]) || strings.IndexByte(v, '.') < 0 {
		return false
	}
	for part := range strings.SplitSeq(v, ".") {
		number, _, _ := strings.Cut(part, "-")
		if len(number) > 4 || strings.Trim(number, "0123456789") != "" {
			return false
		}
	}
	return isIdentifier(v)
}

// assignedTo returns where the value from from to to ends of a name that begins at at, if
// that is assigned in a line of its own or in quotes of its own: it may be several words,
// up to the next name, or have signs that end others. In a sentence it is several words
// only if no dictionary holds those that follow.
func assignedTo(s string, at, from, to int, lineStart bool) int {
	if from >= to || to == len(s) || strings.IndexByte("\"'`)]}", s[from-1]) >= 0 || strings.IndexByte("[{(", s[from]) >= 0 {
		return to
	}
	if at > 0 && strings.IndexByte("?&", s[at-1]) >= 0 { // in a query
		return to
	}
	last := at + strings.LastIndexByte(strings.TrimRight(s[at:from], " =:"), ' ') + 1
	head := strings.TrimRight(s[max(0, last-maxHeadOfOption):last], " ")
	if option := head[strings.LastIndexByte(head, ' ')+1:]; s[last] == '-' || len(option) > 1 && option[0] == '-' && isIdentifier(option) {
		return to // an option of a command, or behind one: --env NAME=x app
	}
	end := lineEnd(s[:min(len(s), from+maxSpread)], from)
	inside := false // a sentence
	switch {
	case at > 0 && (s[at-1] == '"' || s[at-1] == '\''):
		k := strings.IndexByte(s[from:end], s[at-1])
		if k < 0 {
			return to
		}
		end = from + k
	default:
		inside = !lineStart
	}
	value := s[from:end]
	if k := strings.Index(value, "&&"); k >= 0 {
		value = value[:k]
	}
	if k := strings.IndexAny(value, "\"'`"); k >= 0 { // something else is quoted
		return to
	}
	if value = strings.TrimRight(value, " \t,;"); from+len(value) <= to {
		return to
	}
	more := value[to-from:]
	if strings.IndexByte(more, ' ') < 0 { // zebi;5FwlC
		if inside {
			return to
		}
		if strings.ContainsAny(more, "=&<>") || len(more) < 2 || !isAlnum(more[1]) || more[0] == '\\' && strings.IndexByte("nrtux", more[1]) >= 0 || more[0] != ';' && more[0] != '\\' {
			return to
		}
		return from + len(value)
	}
	if more[0] != ' ' || strings.ContainsAny(more, "=&|<>") {
		return to
	}
	for w := range strings.FieldsSeq(more) {
		if w = lowered(strings.Trim(w, ".,;:!?()")); w == "" || harmless[w] || byWhom[w] || happenings[w] || !isAlpha(w[0]) || w[0] == '-' || inside && (inDictionary(w) || jargon[w] || fillers[w] || links[w]) {
			return to // it is told what became of it, or the sentence goes on
		}
	}
	return from + len(value)
}

const maxHeadOfOption = 40 // bytes of an option before the name that it sets

const maxSpread = 512 // bytes of a value of several words

// keyword finds the quoted value of a keyword of Clojure or Elixir whose name begins at j:
// :password "x".
func (p *Pass) keyword(s string, j int) (x span, ok bool) {
	k := j
	for k < len(s) && k-j < 64 && (isNameByte(s[k]) || s[k] == '/' || s[k] == '?') {
		k++
	}
	from := k
	for from < len(s) && from-k < 4 && (s[from] == ' ' || s[from] == ',') {
		from++
	}
	if from == k || k == j || from == len(s) || s[from] != '"' {
		return x, false
	}
	if name := strings.ReplaceAll(s[j:k], "/", "."); !p.secretName(name) && !p.secretName(lastSegment(s[j:k])) {
		return x, false
	}
	from, to := quoted(s, from, "")
	return span{from: from, to: to, rule: rulePair}, from < to && !harmlessValue(s[from:to])
}

// isSigned reports whether the value behind name= is what signs a request, or the cookie of a
// session: hmac=…, _app_session=….
func (p *Pass) isSigned(s string, i int, name string) bool {
	if s[i] != '=' || len(name) > 64 {
		return false
	}
	joined := squeeze(lastName(name))
	session := ofSession(joined)
	if !session && (!queryNames[joined] || queryPlain[joined]) {
		return false
	}
	v := s[i+1 : rest(s[:min(len(s), i+maxSpread)], i+1, '=', false)]
	if session {
		return isSession(v)
	}
	return len(v) >= 16 && strings.ContainsAny(v, "0123456789") && !isUUID(v) && isIdentifier(v)
}

// ofSession reports whether a name, written together, may be that of the cookie of a session, and
// isSession whether a value may be one.
func ofSession(name string) bool { return endsIn(name, "session", "sess") }

func isSession(v string) bool {
	return len(v) >= 16 && mixedCase(v) && strings.ContainsAny(v, "0123456789") && !strings.ContainsAny(v, " /:([{")
}

// namedBefore reports whether the name at whose end i is stands behind one that holds
// the name of a secret: name=password, value=….
func (p *Pass) namedBefore(s string, i int) bool {
	j := i
	back := func(set string) {
		for n := 0; j > 0 && n < 8 && strings.IndexByte(set, s[j-1]) >= 0; n++ {
			j--
		}
	}
	word := func() string {
		end := j
		for j > 0 && end-j < 64 && isNameByte(s[j-1]) {
			j--
		}
		return s[j:end]
	}
	back(" \"'\\")
	value := lowered(word())
	back(" \"'\\")
	end := j
	if back(",;|("); j == end && !endsIn(value, pairValueEnds...) {
		return false
	}
	back(" \"'\\")
	name := word()
	if name == "" || !p.secretName(name) {
		return false
	}
	back(" \"'\\")
	end = j
	if back("=:"); j == end {
		return false
	}
	back(" \"'\\")
	return p.trait(word()).namesPair
}

// inUserinfo reports whether the name at whose end i is, is the user of a URL:
// https://x-access-token:….
func inUserinfo(s string, i int, name string) bool {
	from := i - len(name)
	if from < 3 || s[from-3:from] != "://" {
		return false
	}
	word := s[i:]
	if k := strings.IndexAny(word, " \t\r\n\"'<>"); k >= 0 {
		word = word[:k]
	}
	return strings.IndexByte(word, '@') > 0
}

// nameBefore returns the name that ends before the separator at i, with up to
// two words before it, and whether it begins its line.
func nameBefore(s string, i int) (name string, lineStart bool) {
	j := i
	if j > 1 && s[i] == '=' && (s[j-1] == '?' || s[j-1] == '+') && s[j-2] == ' ' { // of make and shells
		j--
		i--
	}
	for j > 0 && (s[j-1] == ' ' || s[j-1] == '\t' || s[j-1] == '=' || s[j-1] == ':') && i-j < 4 {
		j--
	}
	if strings.HasSuffix(s[:j], `">>`) { // a binary of Erlang
		j -= len(">>")
	}
	for j > 0 && i-j < 8 {
		n := signBefore(s, j, "\"'`\\])*?")
		if n == 0 {
			break
		}
		j -= n
	}
	if j < i && j > 0 && s[j] == ']' { // name[0], name[]
		k := j
		for k > 0 && isDigit(s[k-1]) && j-k < 4 {
			k--
		}
		if k > 0 && s[k-1] == '[' {
			j = k - 1
		}
		if j > 0 && s[j-1] == ']' { // user[names][]
			j--
		}
	}
	if k := j; j < i && hasPrefixFold(s[j:], "%5d") { // name%5B0%5D
		for k > 0 && isDigit(s[k-1]) && j-k < 4 {
			k--
		}
		if k >= 3 && strings.EqualFold(s[k-3:k], "%5b") {
			if j = k - 3; j >= 3 && strings.EqualFold(s[j-3:j], "%5d") {
				j -= 3
			}
		}
	}
	end := j
	for j > 0 && isNameByte(s[j-1]) && end-j < 120 {
		j--
	}
	if j > 0 && s[j-1] == '%' && end-j > 2 && hexValue(s[j]) >= 0 && hexValue(s[j+1]) >= 0 {
		j += 2 // an encoded sign before it: Main%24pin
	}
	if j > 1 && s[j-1] == '@' && isAlpha(s[j-2]) && (j == 2 || !isNameByte(s[j-3])) {
		j -= 2 // p@ssword
	}
	for end-j < 32 && end-j > 0 && (j == end-1 || s[j+1] == ' ') && isAlpha(s[j]) && j > 1 && s[j-1] == ' ' && isAlpha(s[j-2]) && (j == 2 || !isAlnum(s[j-3])) {
		j -= 2 // p a s s w o r d
	}
	if end-j > 2 && s[j] == '-' && s[j+1] == 'D' {
		j += 2 // java -Dname=value
	}
	if j == end || strings.HasSuffix(s[:j], markerStart) {
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
	name = s[j:end]
	if s[i] == '=' && j == word {
		for n := 0; n < 2 && j > 1 && s[j-1] == '+' && isNameByte(s[j-2]); n++ { // api+key, in a form
			for j--; j > 0 && isNameByte(s[j-1]) && end-j < 120; j-- {
			}
		}
		name = strings.ReplaceAll(s[j:end], "+", " ")
	}
	k := word
	for k > 0 && strings.IndexByte(" \t\"'`-+*", s[k-1]) >= 0 {
		k--
	}
	if strings.HasSuffix(s[:k], "export") || strings.HasSuffix(s[:k], "set") {
		k = 0
	}
	return name, k == 0 || s[k-1] == '\n' || s[k-1] == '\r'
}

// byWhom are words between a secret and somebody whose it is, in several languages.
var byWhom = set(`by of for from von für fur par pour de da do di por para van voor av`)

// titles are words before the name of a person, and toUsers those of the kind of name.
var (
	titles  = set(`dr dr. mr mr. mrs mrs. ms ms. prof prof. herr frau señor señora`)
	toUsers = set(`user usuario usuário utente benutzer utilisateur login account`)
)

// beforePerson returns where the secret ends that the line from from to to begins with, if
// all behind it is whose it is, or who did something with it: x von Ada, x (reset by Dr. Ada).
func beforePerson(s string, from, to int) int {
	w := strings.Fields(s[from:min(to, from+maxName)])
	if len(w) < 3 || len(w) > 9 {
		return to
	}
	first, rest := strings.TrimRight(w[0], ",;"), w[1:]
	if authMethods[lowered(first)] && strings.HasPrefix(s[from+len(first):], " "+rest[0]) { // Token x
		first, rest = first+" "+rest[0], rest[1:]
	}
	for first != "" && isDigit(first[len(first)-1]) && len(rest) > 2 && number(rest[0]) && strings.HasPrefix(s[from+len(first):], " "+rest[0]) { // 316 25 9587
		first, rest = first+" "+rest[0], rest[1:]
	}
	if digits := strings.ReplaceAll(first, " ", ""); !number(digits) && !strong(first) && !looksChosen(first, "password") && !strings.HasPrefix(first, markerStart) {
		return to
	}
	rest[0] = strings.TrimLeft(rest[0], "(")
	if passed[rest[0]] || changing[rest[0]] {
		rest = rest[1:]
	}
	if len(rest) < 2 || !byWhom[rest[0]] && !toUsers[rest[0]] {
		return to
	}
	if rest = rest[1:]; titles[lowered(rest[0])] {
		rest = rest[1:]
	}
	if len(rest) == 0 || len(rest) > 2 {
		return to
	}
	for _, name := range rest {
		name = strings.TrimRight(name, ").")
		if len(name) < 3 || !isUpper(name[0]) || strings.IndexFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }) >= 0 {
			return to
		}
	}
	return from + len(first)
}

// beforeOthers returns where the secret ends that the value from from to to begins with, if
// what is behind it is in brackets, or is another thing behind a token, which has no spaces;
// the separator of its name is at i.
func beforeOthers(s string, i, from, to int, name string) int {
	first, rest, ok := strings.Cut(s[from:max(from, to)], " ")
	switch {
	case !ok || first == "" || wrapped(s, from) > 0:
	case rest != "" && rest[0] == '(' && strings.IndexByte(rest, ')') == len(rest)-1:
		return from + len(first)
	case s[i] == ':' && from == i+1 && endsIn(lowered(name), "token", "key", "otp", "pin", "code", "signature", "jwt") && (number(first) || looksChosen(first, "password") || coined(lowered(first)) || strings.HasPrefix(first, markerStart)):
		return from + len(first)
	}
	return to
}

// ofLink finds the secrets in a value that is a link.
func (p *Pass) ofLink(v string, m mode, decoded int) []span {
	if !strings.HasPrefix(v, "https://") && !strings.HasPrefix(v, "http://") {
		return nil
	}
	if v, _, _ = strings.Cut(v, " "); strings.IndexByte(v, '?') < 0 {
		return nil
	}
	return p.urlSpans(v, m, nil, decoded)
}

// quotedHeader returns where the value ends of a header in quotes that goes on to the end
// of its line otherwise, the separator of whose name, of a length, is at i; 0 if it is none.
func quotedHeader(s string, i, name int, n nature) int {
	if s[i] != ':' || i+2 >= len(s) || s[i+1] != ' ' {
		return 0
	}
	if v := lowered(s[i+2 : min(len(s), i+8)]); n != cookies && v != "digest" && !strings.HasPrefix(v, "aws4") {
		return 0
	}
	return closedAt(s, i-name, i+2)
}

// closedAt returns where the quotes close that open right before at, and hold what begins
// at from; 0 if there are none, or quotes of the same kind within.
func closedAt(s string, at, from int) int {
	if at < 1 || s[at-1] != '"' && s[at-1] != '\'' || at > 1 && s[at-2] == '\\' {
		return 0
	}
	for k := from; k < len(s) && s[k] != '\n' && s[k] != '\r'; k++ {
		switch {
		case s[k] == '\\':
			k++
		case s[k] != s[at-1]:
		case s[k-1] == '=':
			return 0
		case k+1 == len(s) || strings.IndexByte(" \t\r\n,)]}", s[k+1]) >= 0:
			return k
		}
	}
	return 0
}

// signBefore returns how long one of the signs is that ends before j, as it is or encoded
// with a percent sign; 0 if there is none.
func signBefore(s string, j int, list string) int {
	switch {
	case j > 0 && strings.IndexByte(list, s[j-1]) >= 0:
		return 1
	case j > 3 && s[j-3] == '%' && hexValue(s[j-2]) >= 0 && hexValue(s[j-1]) >= 0 && strings.IndexByte(list, byte(hexValue(s[j-2])<<4|hexValue(s[j-1]))) >= 0:
		return 3
	}
	return 0
}

// harmless are words that stand after the name of a secret and are none.
var harmless = set(`
	is are was were be been being has have had will would can could must should may might not no none null nil true false yes
	last never required missing empty invalid expired incorrect wrong weak strong valid correct changed updated rotated reset
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
	scope scopes scoped office santa agent ballot sauce garden police minister between about into over under up out off
	team teams group groups review reviews audit audits report reports access permission permissions role roles
	ready replaced renamed lost stolen forgotten gone due near close enough fine good bad okay public private secure insecure unique shown written broken known chosen taken kept held
	needs need contains contain differs differ entered submitted provided given typed sharing reuse safe unsafe
	read write list get put post view edit manage all any full only
	succeeded succeeds completed complete finished passed started fails attempted
	redacted omitted blocked locked unlocked pending active inactive n/a - -- ? * ** *** **** ***** ****** ******* ********
`)

func harmlessValue(v string) bool {
	v = strings.Trim(v, " \t\"'`.,;:!?)(")
	return v == "" || harmless[strings.ToLower(v)]
}

// pointedAt finds the value behind an arrow that stands before at, right behind the name of a
// secret which begins at from: not a member of it, and not the value of a variable.
func pointedAt(s string, from, at int) (x span, ok bool) {
	m := mentioned(s, from, at-len("->"))
	if s[at] == '"' || s[at] == '\'' {
		at++
	}
	x = span{from: at, to: spokenEnd(s, at), rule: rulePair}
	v := s[x.from:x.to]
	return x, s[from] != '$' && !strings.ContainsAny(v, "([>") && m.chosen(v, true)
}

func (p *Pass) secretName(name string) bool {
	switch p.nature(name) {
	case secret, flagged, cookies, webhook, connection:
		return true
	}
	return false
}
