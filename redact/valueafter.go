package redact

import "strings"

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
	if colon && j+1 < len(s) && (s[j] == '&' || s[j] == '!') && isAlpha(s[j+1]) { // an anchor or a tag of YAML
		if k := strings.IndexByte(s[j:min(len(s), j+32)], ' '); k > 0 && strings.IndexByte(s[j:j+k], '\n') < 0 {
			j += k + 1
		}
	}
	if !colon && s[i] == '>' && j < len(s) && s[j] <= ' ' { // as var_dump of PHP writes it
		k := j
		for k < len(s) && k-j < 40 && s[k] <= ' ' {
			k++
		}
		if strings.HasPrefix(s[k:], "string(") {
			j = k
		}
	}
	if j+1 < len(s) && strings.IndexByte("bruf", lower(s[j])) >= 0 && (s[j+1] == '\'' || s[j+1] == '"') { // a literal of Python
		j++
	}
	if j < len(s) && (s[j] == '\n' || s[j] == '\r') {
		switch {
		case colon:
			return block(s, i, j)
		case s[i] != '>':
			for j < len(s) && s[j] <= ' ' && j-i < 16 {
				j++
			}
			if j < len(s) && aloneChosen(s, j, "password") && !nameFollows(s[j:]) {
				return j, lineEnd(s, j)
			}
			return 0, 0
		}
		for j < len(s) && s[j] <= ' ' { // as var_dump of PHP breaks its lines
			j++
		}
	}
	if colon && j+2 < len(s) && (s[j] == '&' || s[j] == '!') { // an anchor or a type of YAML
		k := j + 1
		for k < len(s) && (isNameByte(s[k]) || s[k] == '!') {
			k++
		}
		if k < len(s) && s[k] == ' ' && k > j+1 {
			j = k + 1
		}
	}
	if j+1 < len(s) && isAlpha(s[j]) && strings.IndexByte("bBuUrR", s[j]) >= 0 && (s[j+1] == '"' || s[j+1] == '\'') { // b'…' of Python
		j++
	}
	if j < len(s) && (s[j] == '|' || s[j] == '>') && colon && strings.IndexByte(s[j:], '\n') >= 0 && strings.IndexByte(s[j:], '\n') < 4 {
		return block(s, i, j+strings.IndexByte(s[j:], '\n'))
	}
	if strings.HasPrefix(s[j:], "string(") { // as var_dump of PHP writes it
		if k := strings.IndexByte(s[j:min(len(s), j+24)], ' '); k > 0 {
			j += k + 1
		}
	}
	if strings.HasPrefix(s[j:], "(string) ") { // as a dump of Go has it
		if k := strings.IndexByte(s[j:min(len(s), j+40)], '"'); k > 0 {
			j += k
		}
	}
	if strings.HasPrefix(s[j:], `<<"`) { // a binary of Erlang
		if k := strings.Index(s[j:], `">>`); k > 0 {
			return j + 3, j + k
		}
	}
	if strings.HasPrefix(s[j:], "<<") {
		return heredoc(s, j)
	}
	if strings.HasPrefix(s[j:], "$(") {
		return j, balanced(s, j+1)
	}
	if s[i] == '=' && j < len(s) && s[j] == '{' {
		if to := braced(s, j); to > 0 {
			return j + 1, to
		}
	}
	for k := j; k < min(len(s), j+3); k++ { // a literal with a prefix
		if s[k] == '"' || s[k] == '\'' || s[k] == '\\' && k > j && k+1 < len(s) && s[k+1] == '"' {
			j = k
			break
		}
		if !isAlnum(s[k]) && s[k] != '@' && s[k] != '$' {
			break
		}
	}
	if j+1 < len(s) && s[j] == '\\' && (s[j+1] == '\n' || s[j+1] == '\r') { // a line that goes on
		for j < len(s) && (s[j] <= ' ' || s[j] == '\\') {
			j++
		}
		return j, lineEnd(s, j)
	}
	if k := wrapped(s, j); k > 0 {
		if s[k] == '(' {
			return j, balanced(s, k)
		}
		j = k
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
	if k := callOf(s, from); k > 0 {
		return from, balanced(s, k)
	}
	j = from
	if s[j] == '<' {
		if k := strings.IndexAny(s[j:min(len(s), j+maxName)], ">\r\n "); k > 1 && s[j+k] == '>' && s[j+1] != '/' && s[j-1] != '>' {
			return j + 1, j + k
		}
	}
	if strings.HasPrefix(s[j:], "[]") { // []byte("…") of Go
		if k := strings.IndexByte(s[j:min(len(s), j+24)], '('); k > 0 && isIdentifier(s[j+2:j+k]) {
			return from, balanced(s, j+k)
		}
	}
	if strings.IndexByte("[{(", s[j]) >= 0 && !strings.HasPrefix(s[j:], markerStart) {
		return from, balanced(s, j)
	}
	if n == cookies || lineStart && n != flagged && colon {
		if to = rest(s, j, s[i], lineStart); n != cookies && j == i+1 && to+1 < len(s) && s[to] == ',' && s[to+1] > ' ' && nameFollows(s[to+1:]) { // a:x,b:y
			return from, to
		}
		return from, lineEnd(s, j)
	}
	to = rest(s, j, s[i], lineStart)
	switch strings.ToLower(strings.Trim(s[from:to], ",:")) {
	case "bearer", "basic", "digest", "token", "apikey", "negotiate", "ntlm", "hawk", "aws4-hmac-sha256", "ssws":
		for to < len(s) && s[to] == ' ' {
			to++
		}
		if strings.EqualFold(s[from:min(len(s), from+6)], "digest") || hasPrefixFold(s[from:], "aws4") {
			return from, lineEnd(s, to)
		}
		to = rest(s, to, s[i], lineStart)
	}
	return from, to
}

// braced returns where a value in the braces of ODBC ends, which doubles those in it; 0
// if what begins at j is none.
func braced(s string, j int) int {
	for k := j + 1; k < len(s) && k-j < maxQuoted; k++ {
		switch s[k] {
		case '}':
			if k+1 < len(s) && s[k+1] == '}' {
				k++
				continue
			}
			if k+1 == len(s) || strings.IndexByte(";\r\n \"'", s[k+1]) >= 0 {
				return k
			}
			return 0
		case '{', ':', '"', '\n':
			return 0
		}
	}
	return 0
}

// callOf returns where the bracket of a call begins that a value at j is, such as
// Some("…") and SecretStr('…'); 0 if it is none.
func callOf(s string, j int) int {
	k := j
	for k < len(s) && k-j < 32 && (isAlnum(s[k]) || s[k] == '_' || s[k] == '.') {
		k++
	}
	if k == j || k+1 >= len(s) || s[k] != '(' || !isUpper(s[j]) && s[k+1] != '"' && s[k+1] != '\'' {
		return 0
	}
	return k
}

// wrappers are constructors of values that may be missing, or are not to be shown.
var wrappers = set(`Just Some Ok Right Secret Password Sensitive Optional`)

// wrapped returns where the quote or the bracket is behind a constructor or a pointer at j,
// as in Just "x", Some ("x") and 0x7f "x"; 0 if there is none.
func wrapped(s string, j int) int {
	k := j
	for k < len(s) && k-j < 24 && isAlnum(s[k]) {
		k++
	}
	if k+1 >= len(s) || !wrappers[s[j:k]] && !(strings.HasPrefix(s[j:k], "0x") && isHex(s[j+2:k])) || s[k] != ' ' || strings.IndexByte("\"(\\", s[k+1]) < 0 {
		return 0
	}
	return k + 1
}

// tellsItself reports whether a call has names for all that it holds, of which one is
// that of a secret: Auth(user='x', secret='…').
func (p *Pass) tellsItself(s string) bool {
	found, named := false, false
	for i := strings.IndexByte(s, '('); i < len(s); i++ {
		switch s[i] {
		case '=':
			name := calleeOf(s, i)
			if named = name != ""; named {
				found = found || p.secretName(name)
			}
		case '\'', '"':
			if !named {
				return false
			}
			_, to := quoted(s, i, "")
			i, named = to, false
		}
	}
	return found
}

// heredoc returns the bounds of the lines after the <<WORD at j, up to the one that
// is WORD.
func heredoc(s string, j int) (from, to int) {
	from = lineEnd(s, j)
	word := strings.Trim(s[j:from], "<-~ '\"")
	for from < len(s) && (s[from] == '\n' || s[from] == '\r') {
		from++
	}
	for at := from; at < len(s); {
		end := lineEnd(s, at)
		if strings.TrimSpace(s[at:end]) == word {
			return from, from + len(strings.TrimRight(s[from:at], "\r\n"))
		}
		at = end + 1
	}
	return from, len(s)
}

// rest returns where an unquoted value ends that begins at j.
func rest(s string, j int, separator byte, lineStart bool) int {
	if j < len(s) && strings.HasPrefix(s[j:], markerStart) { // the bracket of a marker ends nothing
		if k := strings.IndexByte(s[j:min(len(s), j+64)], ']'); k > 0 {
			j += k + 1
		}
	}
	for ; j < len(s); j++ {
		switch c := s[j]; c {
		case ' ', '\t', '\n', '\r':
			return j
		case '<':
			if separator == '=' && j+1 < len(s) && isAlnum(s[j+1]) && !opensElement(s[j:]) {
				continue // no element begins
			}
			return j
		case '"', '\'', '`', '\\':
			return j
		case '&', ';', ',', '|':
			if c == '&' && isEntity(s[j:]) || c == ';' && inEntity(s[:j]) {
				continue
			}
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

// opensElement reports whether s, which begins with <, may begin an element: there is a >
// before the line ends.
func opensElement(s string) bool {
	return strings.IndexByte(s[:lineEnd(s[:min(len(s), maxSpread)], 0)], '>') >= 0
}

// isEntity reports whether s begins with a character that HTML writes as &…;.
func isEntity(s string) bool {
	for i := 1; i < len(s) && i < 10; i++ {
		if s[i] == ';' {
			return i > 2
		}
		if !isAlnum(s[i]) && s[i] != '#' {
			break
		}
	}
	return false
}

// inEntity reports whether a semicolon behind s ends one.
func inEntity(s string) bool {
	i := strings.LastIndexByte(s[max(0, len(s)-9):], '&')
	return i >= 0 && isEntity(s[max(0, len(s)-9)+i:]+";")
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
		if s[k] == q && strings.HasSuffix(s[from:k], esc) && (esc == "" || !strings.HasSuffix(s[from:k], `\`+esc)) {
			if q == '\'' && k+1 < len(s) && isAlnum(s[k+1]) {
				continue
			}
			if k > from && esc == "" && k+2 < len(s) && s[k+1] == q && (isAlnum(s[k+2]) || strings.IndexByte("!#$%^*~", s[k+2]) >= 0) { // a quote in the value
				k++
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
