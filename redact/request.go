package redact

import (
	"net/url"
	"strings"
)

// request makes the summary of a request.
func (p *Pass) request(s string) string {
	if p.e.request == RequestNone {
		if s != "" {
			p.report(ruleText)
		}
		return ""
	}
	if s == "" || p.e.isPlaceholder(s) {
		return s
	}
	if len(s) > maxDocument {
		return p.replace(ruleTooLong)
	}
	mark := len(p.nodes)
	if root, ok := p.parse(s); ok {
		defer func() { p.nodes = p.nodes[:mark] }()
		return p.summary(root, s)
	}
	switch c := firstByte(s); {
	case c == '{' && graphQL(s):
		return p.cut(p.text(s, request, 0), p.e.maxRequest)
	case c == '{':
		return p.replace(ruleUnreadable)
	}
	out := p.plainRequest(s)
	if strings.IndexByte(s, '%') >= 0 && strings.IndexByte(out, '%') < 0 { // decoded, it may be of another form
		return p.request(out)
	}
	return p.cut(out, p.e.maxRequest)
}

// isPlain reports whether a request is no structure, whose texts are read again each by itself.
func isPlain(s string) bool {
	c := firstByte(s)
	return c != '{' && (c != '[' || strings.HasPrefix(strings.TrimLeft(s, " \t\r\n"), markerStart))
}

// summary redacts a structured request and makes it fit.
func (p *Pass) summary(root int32, s string) string {
	changed := false
	if p.method != "" && p.nodes[root].kind == object && p.takesSecret(p.method) {
		changed = p.calledWith(root, p.method, place{mode: request})
	}
	changed = p.walk(root, place{mode: request}) || changed
	if p.e.request == RequestKeys {
		p.keysOnly(root)
		changed = true
		p.report(ruleText)
	}
	if !changed && len(s) <= p.e.maxRequest {
		return s
	}
	p.buf = p.write(p.buf[:0], root)
	for level := 4; len(p.buf) > p.e.maxRequest; level-- {
		if level < 0 {
			return p.replace(ruleTooLong)
		}
		if level == 4 {
			p.report(ruleTooLong)
		}
		p.prune(root, level)
		p.buf = p.write(p.buf[:0], root)
	}
	return string(p.buf)
}

// prune empties what is nested deeper than level, and shortens lists to 3 items
// and objects to 64 members.
func (p *Pass) prune(i int32, level int) {
	n := &p.nodes[i]
	if n.kind != object && n.kind != array {
		return
	}
	if level == 0 {
		*n = node{kind: omitted, key: n.key, text: marker(ruleTooLong), child: -1, next: n.next}
		return
	}
	limit := 8 << level
	if n.kind == array {
		limit = 3
	}
	count := 0
	for c := n.child; c >= 0; c = p.nodes[c].next {
		p.prune(c, level-1)
		if count++; count == limit {
			p.nodes[c].next = -1
		}
	}
}

// plainRequest redacts a request that is not JSON.
func (p *Pass) plainRequest(s string) string {
	at := place{mode: request}
	trimmed := strings.TrimSpace(s)
	if strings.Contains(trimmed, `\u0026`) { // an ampersand that JSON escaped
		trimmed = strings.ReplaceAll(trimmed, `\u0026`, "&")
	}
	inParts := strings.HasPrefix(trimmed, "--") && strings.Contains(strings.ToLower(s), "content-disposition")
	switch {
	case len(s) > maxText && !inParts && !isForm(trimmed):
		return p.shortened(s, p.plainRequest)
	case isSQL(s):
		if out := p.text(s, request, 0); isSQL(out) {
			return out
		}
		return p.omission(ruleText)
	case graphQL(s):
		return p.text(s, request, 0)
	case strings.HasPrefix(trimmed, "<"):
		var g sight
		p.e.see(s, &g)
		if list := p.markupSpans(s, elementSpans(s, p.spans(s, request, &g, 0))); len(list) > 0 {
			s = p.apply(s, list, request, 0)
		}
		return p.markup(s)
	case inParts:
		return p.multipart(s)
	case isForm(trimmed):
		return p.form(trimmed)
	}
	if list := p.databaseText(s, p.pairLines(s, nil)); len(list) > 0 {
		s = p.apply(s, list, request, 0)
	}
	if lines, ok := p.lines(s); ok {
		return lines
	}
	out := p.leaf(s, 0, at)
	if p.e.request == RequestKeys && !p.e.isPlaceholder(out) {
		return p.omission(ruleText)
	}
	return out
}

// databaseText finds what databases and their tools write of rows, whose lines must not
// be read as those of names and values.
func (p *Pass) databaseText(s string, list []span) []span {
	var g sight
	p.e.see(s, &g)
	if g.looks&lookDatabase != 0 {
		list = databaseSpans(s, list)
	}
	if g.looks&lookBound != 0 {
		list = boundaries(s, list)
	}
	if g.looks&lookShell != 0 {
		list = mongoSpans(s, list)
	}
	if g.signs&signLine != 0 {
		list = tableSpans(s, list)
	}
	return list
}

// isForm reports whether s is application/x-www-form-urlencoded.
func isForm(s string) bool {
	if strings.ContainsAny(s, " \t\r\n<>\"{}") || strings.IndexByte(s, '=') <= 0 {
		return false
	}
	separator := formSeparator(s)
	single := !strings.Contains(s, separator)
	for part := range strings.SplitSeq(strings.TrimSuffix(s, ";"), separator) {
		name, value, ok := strings.Cut(part, "=")
		if single && (strings.IndexByte(name, '(') >= 0 || !isASCII(name)) {
			return false
		}
		if !ok || value == "=" || value == "" && len(name) > 15 || name == "" || len(name) > 128 || strings.ContainsAny(name, "/;,") || strings.IndexByte(name, ':') >= 0 && single || openBracket(name) {
			return false
		}
	}
	return true
}

// formSeparator returns the sign between the members of a form: a semicolon if there is
// no ampersand, and a name and = are behind each.
func formSeparator(s string) string {
	if strings.IndexByte(s, '&') >= 0 || strings.IndexByte(s, ';') < 0 {
		return "&"
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(s, ";"), ";") {
		if strings.IndexByte(part, '=') <= 0 {
			return "&"
		}
	}
	return ";"
}

// openBracket reports whether a bracket of a name has no end, as in Cookie[sid.
func openBracket(name string) bool {
	i := strings.LastIndexByte(name, '[')
	return i > 0 && strings.IndexByte(name[i:], ']') < 0
}

// form redacts name=value&….
func (p *Pass) form(s string) string {
	if list := grantSpans(s, p.formPairs(s, nil)); len(list) > 0 {
		s = p.apply(s, list, request, 0)
	}
	var b strings.Builder
	separator := formSeparator(s)
	for part := range strings.SplitSeq(strings.TrimSuffix(s, ";"), separator) {
		name, value, _ := strings.Cut(part, "=")
		if b.Len() > 0 {
			b.WriteString(separator)
		}
		plainName := percentDecode(strings.ReplaceAll(name, "+", " "))
		plainValue := percentDecode(strings.ReplaceAll(value, "+", " "))
		b.WriteString(p.nameOf(plainName, name))
		b.WriteByte('=')
		out := p.value1(plainName, plainValue)
		switch {
		case out == plainValue:
			b.WriteString(value)
		case p.e.isPlaceholder(out):
			b.WriteString(out)
		default:
			at := 0
			for _, o := range p.e.placeholders(out) {
				b.WriteString(url.QueryEscape(out[at:o.from]) + out[o.from:o.to])
				at = o.to
			}
			b.WriteString(url.QueryEscape(out[at:]))
		}
	}
	return b.String()
}

// nameOf returns the name as written, unless it holds a secret.
func (p *Pass) nameOf(name, written string) string {
	if clean := p.memberName(name); clean != name {
		return clean
	}
	return written
}

// value1 redacts one value of a request that is not JSON.
func (p *Pass) value1(name, value string) string {
	if strings.ContainsAny(name, "%&\\") {
		name = decode(name, false)
	}
	last := name
	if i := strings.LastIndexByte(strings.TrimRight(name, "]"), '['); i >= 0 { // user[password]
		last = strings.TrimRight(name[i+1:], "]")
	}
	p.path = append(p.path, p.memberName(name))
	defer func() { p.path = p.path[:len(p.path)-1] }()
	if p.secretName(last) && !p.secretName(name) {
		name = last
	}
	if joined := squeeze(name); queryNames[joined] && len(value) >= 16 && isIdentifier(value) && (random(value, 3) || random(value, 2) && mixedCase(value)) && !isUUID(value) && (!isHex(value) || !queryPlain[joined]) {
		return p.replace(ruleURL)
	}
	if ofSession(squeeze(last)) && isSession(value) {
		return p.replace(rulePair)
	}
	out := p.under(name, value, request)
	if p.e.request == RequestKeys && out != "" && !p.e.isPlaceholder(out) {
		return p.omission(ruleText)
	}
	return out
}

// lines redacts lines of name: value or name=value: YAML, INI, properties,
// dotenv, headers.
func (p *Pass) lines(s string) (string, bool) {
	var b strings.Builder
	pairs := 0
	skip := -1
	sealed := sealedSpans(s, nil) != nil
	for line := range strings.Lines(s) {
		body := strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimSpace(body)
		in := indent(body)
		if skip >= 0 && (in > skip || in == skip && strings.HasPrefix(trimmed, "- ")) && trimmed != "" {
			continue
		}
		skip = -1
		if trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' || trimmed == "---" || trimmed[0] == '[' && trimmed[len(trimmed)-1] == ']' && len(trimmed) < 64 && strings.IndexByte(trimmed, ' ') < 0 {
			if trimmed != "" && (trimmed[0] == '[' || trimmed == "---") {
				b.WriteString(trimmed + "\n")
			}
			continue
		}
		i := strings.IndexAny(trimmed, ":=")
		if strings.HasPrefix(trimmed, "- ") && i < 0 {
			b.WriteString(body[:in] + "- " + p.value1("", trimmed[2:]) + "\n")
			continue
		}
		if i <= 0 || i > 80 {
			return "", false
		}
		name := strings.Trim(strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(trimmed[:i], "- "), "export ")), "\"'")
		if strings.ContainsAny(name, " \t/({") || name == "" || openBracket(name) || trimmed[i] == '=' && (strings.TrimSpace(trimmed[i+1:]) == "=" || len(name) > 15 && strings.TrimSpace(trimmed[i+1:]) == "") || trimmed[i] == ':' && i+1 < len(trimmed) && trimmed[i+1] != ' ' {
			return "", false
		}
		value := strings.TrimSpace(trimmed[i+1:])
		pairs++
		quote := ""
		if len(value) > 1 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0] {
			quote, value = value[:1], value[1:len(value)-1]
		}
		if value != "" && sealed && sealedData(name) {
			p.report(ruleKey)
			b.WriteString(body[:in] + p.memberName(name) + string(trimmed[i]) + " " + marker(ruleKey) + "\n")
			continue
		}
		if value == "" || value == "|" || value == ">" || value == "|-" || value == ">-" {
			if p.secretName(name) || value != "" || sealed && strings.HasSuffix(strings.ToLower(name), "data") && name != "metadata" || p.nature(name) != plain {
				p.report(ruleKey)
				b.WriteString(body[:in] + p.memberName(name) + string(trimmed[i]) + " " + marker(ruleKey) + "\n")
				skip = in
				continue
			}
		}
		b.WriteString(body[:in] + p.memberName(name) + trimmed[i:i+1])
		if value != "" {
			b.WriteString(" " + quote + p.value1(name, value) + quote)
		}
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), "\n"), pairs > 0
}

// multipart lists the parts of multipart/form-data; contents of files go.
func (p *Pass) multipart(s string) string {
	boundary, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	boundary = strings.TrimSpace(boundary)
	var b strings.Builder
	for part := range strings.SplitSeq(s, boundary) {
		part = strings.ReplaceAll(part, "\r\n", "\n")
		head, body, ok := strings.Cut(strings.TrimLeft(part, "\n"), "\n\n")
		if !ok {
			continue
		}
		name, file := parameter(head, "name"), parameter(head, "filename")
		value := marker(ruleText)
		if file == "" && name != "" {
			value = p.value1(name, strings.TrimRight(body, "\n"))
		} else {
			p.omission(ruleText)
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.memberName(name) + "=" + value)
	}
	return b.String()
}

// parameter returns the value of a parameter of a header, also where that is encoded
// (RFC 5987): name*=UTF-8”…; "" if it cannot be read.
func parameter(head, name string) string {
	for at := 0; ; {
		i := indexFold(head[at:], name)
		if i < 0 {
			return ""
		}
		at += i + len(name)
		if from := at - len(name); from > 0 && strings.IndexByte(" \t\n;", head[from-1]) < 0 {
			continue
		}
		value := head[at:]
		value, encoded := strings.CutPrefix(value, "*")
		value = strings.TrimLeft(value, " ")
		if !strings.HasPrefix(value, "=") {
			continue
		}
		value = strings.TrimLeft(value[1:], " ")
		if quoted, ok := strings.CutPrefix(value, `"`); ok {
			value, _, _ = strings.Cut(quoted, `"`)
		} else if end := strings.IndexAny(value, "; \t\r\n"); end >= 0 {
			value = value[:end]
		}
		if encoded {
			value = value[strings.LastIndexByte(value, '\'')+1:]
			if value = percentDecode(value); strings.IndexByte(value, '%') >= 0 {
				return ""
			}
		}
		return value
	}
}

// markup redacts XML: the texts of elements and the values of attributes by
// their names; comments and what does not read as XML go.
func (p *Pass) markup(s string) string {
	var b strings.Builder
	var stack []string
	for s != "" {
		if s[0] != '<' {
			end := strings.IndexByte(s, '<')
			if end < 0 {
				end = len(s)
			}
			b.WriteString(p.content(stack, s[:end]))
			s = s[end:]
			continue
		}
		switch {
		case strings.HasPrefix(s, "<!--"):
			end := strings.Index(s, "-->")
			if end < 0 {
				return p.replace(ruleUnreadable)
			}
			s = s[end+3:]
		case strings.HasPrefix(s, "<![CDATA["):
			end := strings.Index(s, "]]>")
			if end < 0 {
				return p.replace(ruleUnreadable)
			}
			b.WriteString(p.content(stack, s[9:end]))
			s = s[end+3:]
		default:
			end := strings.IndexByte(s, '>')
			if end < 0 || strings.HasPrefix(s, "<!") {
				return p.replace(ruleUnreadable)
			}
			tag := s[1:end]
			s = s[end+1:]
			switch {
			case strings.HasPrefix(tag, "/"):
				if len(stack) == 0 {
					return p.replace(ruleUnreadable)
				}
				stack = stack[:len(stack)-1]
				b.WriteString("</" + p.memberName(tag[1:]) + ">")
			case strings.HasPrefix(tag, "?"):
				b.WriteString("<" + p.text(tag, request, 0) + ">")
			default:
				name, clean := p.tag(tag)
				if !strings.HasSuffix(tag, "/") {
					stack = append(stack, name)
				}
				b.WriteString("<" + clean + ">")
			}
		}
	}
	return b.String()
}

// content redacts the text of an element by the names of those around it.
func (p *Pass) content(stack []string, s string) string {
	trimmed := strings.TrimSpace(s)
	if trimmed == "" {
		return ""
	}
	name := ""
	for i, n := range stack {
		if i == len(stack)-1 || p.secretName(n) {
			name = n
			if p.secretName(n) {
				break
			}
		}
	}
	return p.value1(name, trimmed)
}

// tag redacts the attributes of an opening tag and returns its local name.
func (p *Pass) tag(tag string) (name, clean string) {
	full, attributes, _ := strings.Cut(strings.TrimSuffix(tag, "/"), " ")
	name = full
	if i := strings.LastIndexByte(full, ':'); i >= 0 {
		name = full[i+1:]
	}
	var b strings.Builder
	b.WriteString(p.memberName(full))
	secretPair := false
	for _, pass := range []bool{false, true} {
		rest := attributes
		for {
			rest = strings.TrimSpace(rest)
			key, after, ok := strings.Cut(rest, "=")
			if !ok {
				break
			}
			after = strings.TrimSpace(after)
			if after == "" || after[0] != '"' && after[0] != '\'' {
				break
			}
			end := strings.IndexByte(after[1:], after[0])
			if end < 0 {
				break
			}
			value := after[1 : 1+end]
			rest = after[end+2:]
			key = strings.TrimSpace(key)
			if !pass {
				secretPair = secretPair || pairNames[strings.ToLower(key)] && p.secretName(value)
				continue
			}
			under := key
			if secretPair && pairValues[strings.ToLower(key)] {
				under = "secret"
			}
			b.WriteString(" " + p.memberName(key) + `="` + p.value1(under, value) + `"`)
		}
	}
	if strings.HasSuffix(tag, "/") {
		b.WriteByte('/')
	}
	return name, b.String()
}
