package redact

import "strings"

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
