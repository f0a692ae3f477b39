package redact

import (
	"encoding/base64"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// percentOnly reports whether s is encoded with percent signs, or has an ampersand of
// HTML, and is encoded in no other way, so that its separators can be told from those that a value holds.
func percentOnly(s string, g *sight) bool {
	if g.signs&signEscape == 0 || g.signs&signPair == 0 || g.signs&signWide != 0 || strings.IndexByte(s, 0x1B) >= 0 {
		return false
	}
	if strings.IndexByte(s, '\\') >= 0 && (strings.Contains(s, `\"`) || strings.Contains(s, `\u003`) || strings.Contains(s, `\x`)) {
		return false
	}
	return strings.IndexByte(s, '%') >= 0 || strings.Contains(s, "&amp;")
}

// decoded redacts what s encodes, if anything is to be redacted there.
func (p *Pass) decoded(s string, m mode, g *sight, decoded int) (string, bool) {
	v := decode(s, g.signs&signSpace == 0)
	if v == s {
		return s, false
	}
	if decoded >= maxDecode {
		return p.replace(ruleDepth), true
	}
	r := p.text(v, m, decoded+1)
	return r, r != v
}

// decode undoes one layer of encodings that hide characters; form is true where
// + may stand for a space.
func decode(s string, form bool) string {
	v := plainLetters(withoutColors(s))
	if v != s && strings.IndexByte(v, '%') >= 0 {
		return v // what is encoded in it is a layer of its own
	}
	if form && strings.IndexByte(v, '+') >= 0 && base64Text(v) == "" {
		v = strings.ReplaceAll(v, "+", " ")
	}
	if strings.IndexByte(v, '%') >= 0 {
		if d := percentDecode(v); d != v {
			return d // what is encoded in it is a layer of its own
		}
	}
	if strings.IndexByte(v, '&') >= 0 && strings.IndexByte(v, ';') >= 0 {
		v = html.UnescapeString(v)
	}
	if strings.IndexByte(v, '\\') < 0 || strings.IndexByte(v, ':') == 1 && isAlpha(v[0]) { // C:\path
		return v
	}
	if c := firstByte(v); v != s && (c == '{' || c == '[' || c == '"') {
		return v // the escapes belong to JSON
	}
	return unescape(v)
}

// withoutColors removes the sequences that color a terminal.
func withoutColors(s string) string {
	if strings.IndexByte(s, 0x1B) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == 0x1B && i+1 < len(s) && s[i+1] == '[' {
			for i += 2; i < len(s) && (isDigit(s[i]) || s[i] == ';'); i++ {
			}
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func percentDecode(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexValue(s[i+1]) >= 0 && hexValue(s[i+2]) >= 0 {
			if b == nil {
				b = append(make([]byte, 0, len(s)), s[:i]...)
			}
			b = append(b, byte(hexValue(s[i+1])<<4|hexValue(s[i+2])))
			i += 2
		} else if b != nil {
			b = append(b, s[i])
		}
	}
	if b == nil {
		return s
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// unescape undoes the escapes of JSON and of string literals.
func unescape(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		i++
		switch s[i] {
		case '"', '\'', '\\', '/':
			b = append(b, s[i])
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			if r, ok := hex4(s, i+1); ok {
				b = utf8.AppendRune(b, r)
				i += 4
				continue
			}
			b = append(b, '\\', 'u')
		case 'x':
			if i+2 < len(s) && hexValue(s[i+1]) >= 0 && hexValue(s[i+2]) >= 0 {
				b = utf8.AppendRune(b, rune(hexValue(s[i+1])<<4|hexValue(s[i+2])))
				i += 2
				continue
			}
			b = append(b, '\\', 'x')
		default:
			b = append(b, '\\', s[i])
		}
	}
	return string(b)
}

func hex4(s string, at int) (rune, bool) {
	if at+4 > len(s) {
		return 0, false
	}
	var r rune
	for i := at; i < at+4; i++ {
		h := hexValue(s[i])
		if h < 0 {
			return 0, false
		}
		r = r<<4 | rune(h)
	}
	return r, true
}

// unfold is folded, but for what was tried before.
func unfold(s string, i, j, tried int) int {
	if i < tried {
		return j
	}
	return folded(s, i, j)
}

// folded returns where a token ends that is broken into lines of 16 characters or
// more, the last shorter; j if it is one line.
func folded(s string, i, j int) int {
	width, end := j-i, j
	for width >= 16 && end < len(s) && (s[end] == '\r' || s[end] == '\n') {
		k := end
		for k < len(s) && s[k] <= ' ' {
			k++
		}
		next := k
		for next < len(s) && isToken(s[next]) {
			next++
		}
		if next == k || next-k > width {
			break
		}
		if end = next; next-k < width {
			break
		}
	}
	return end
}

// encoded decodes base64 and reports the rule for what it holds, "" if nothing.
func (p *Pass) encoded(word string, decoded int) string {
	if !mixedCase(word) && !strings.HasSuffix(word, "=") && (len(word) > 24 || !random(word, 2)) {
		return ""
	}
	text := base64Text(word)
	if text == "" {
		return ""
	}
	if decoded >= maxDecode {
		return ruleDepth
	}
	return p.holds(text, decoded)
}

// holds reports the rule for what a decoded text holds, "" if nothing.
func (p *Pass) holds(text string, decoded int) string {
	inner := Pass{e: p.e, traits: p.traits, clean: p.clean, requests: p.requests, removed: p.removed}
	if inner.text(text, prose, decoded+1) != text || basicPair(text) || isClaims(text) {
		p.removed = inner.removed
		return ruleBase64
	}
	return ""
}

func mixedCase(s string) bool {
	var up, low bool
	for i := 0; i < len(s); i++ {
		up = up || isUpper(s[i])
		low = low || isLower(s[i])
	}
	return up && low
}

// base64Text decodes standard or URL-safe base64 that holds text.
func base64Text(word string) string {
	word = strings.TrimRight(word, "=")
	enc := base64.RawStdEncoding
	if strings.ContainsAny(word, "-_") {
		enc = base64.RawURLEncoding
	}
	b, err := enc.DecodeString(word)
	if err != nil {
		if b, err = enc.DecodeString(word[:len(word)/4*4]); err != nil {
			return ""
		}
	}
	if len(b) < 6 || !utf8.Valid(b) {
		return ""
	}
	if len(b) >= 12 && b[1] == 0 && b[3] == 0 && b[5] == 0 {
		b = fromUTF16(b)
	}
	odd := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\t' && c != '\r' || c == 0x7F {
			odd++
		}
	}
	if odd*8 > len(b) {
		return ""
	}
	return string(b)
}

// fromUTF16 returns the ASCII of a text in UTF-16, as shells of Windows encode it; b
// if there are other characters.
func fromUTF16(b []byte) []byte {
	out := make([]byte, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		if b[i+1] != 0 {
			return b
		}
		out = append(out, b[i])
	}
	return out
}

// isClaims reports whether s is a part of a JSON web token.
func isClaims(s string) bool {
	if !strings.HasPrefix(s, "{") {
		return false
	}
	for _, name := range []string{`"alg"`, `"iss"`, `"iat"`, `"exp"`, `"jti"`} {
		if strings.Contains(s, name) {
			return true
		}
	}
	return false
}

// basicPair reports whether s is user:password.
func basicPair(s string) bool {
	user, pass, ok := strings.Cut(s, ":")
	return ok && user != "" && len(pass) >= 4 && !strings.ContainsAny(s, " \t\r\n/") && isASCII(user) && strings.IndexFunc(pass, func(r rune) bool { return r >= utf8.RuneSelf && !unicode.IsLetter(r) }) < 0
}
