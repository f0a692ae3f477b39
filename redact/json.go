package redact

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A kind is the type of a node.
type kind uint8

const (
	null kind = iota
	boolean
	numeral
	text
	array
	object
	omitted // a placeholder of ours that stands for a value
)

// A node is a JSON value. Its children are linked by next; -1 ends a list.
type node struct {
	kind        kind
	key         string // in an object
	text        string // of text: decoded; of numbers and booleans: as written
	child, next int32
	signs       uint32 // kinds of characters of text; 0 if nobody looked
	bare        bool   // whether key is as it is within quotes
	trait       *trait // what key says, once it was asked
}

// tail is the segment of its name.
func (n *node) tail() string {
	if n.trait != nil {
		return n.trait.tail
	}
	return segment(n.key)
}

// A reader parses JSON (RFC 8259) into the nodes of a pass.
type reader struct {
	p     *Pass
	s     string
	at    int
	depth int
}

// parse reads s as one JSON value; ok is false if it is none or nested too deep.
func (p *Pass) parse(s string) (root int32, ok bool) {
	r := reader{p: p, s: s}
	mark := len(p.nodes)
	root, ok = r.value()
	r.space()
	if !ok || r.at != len(s) {
		p.nodes = p.nodes[:mark]
		return 0, false
	}
	return root, true
}

func (r *reader) space() {
	for r.at < len(r.s) {
		if c := r.s[r.at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return
		}
		r.at++
	}
}

func (r *reader) add(n node) int32 {
	n.child, n.next = -1, -1
	r.p.nodes = append(r.p.nodes, n)
	return int32(len(r.p.nodes) - 1)
}

func (r *reader) value() (int32, bool) {
	r.space()
	if r.at == len(r.s) {
		return 0, false
	}
	switch c := r.s[r.at]; {
	case c == '{' || c == '[':
		return r.container(c)
	case c == '"':
		s, signs, ok := r.str()
		return r.add(node{kind: text, text: s, signs: signs}), ok
	case c == '-' || isDigit(c):
		return r.numeral()
	}
	for _, word := range [...]string{"null", "true", "false"} {
		if strings.HasPrefix(r.s[r.at:], word) {
			r.at += len(word)
			if word == "null" {
				return r.add(node{kind: null, text: word}), true
			}
			return r.add(node{kind: boolean, text: word}), true
		}
	}
	return 0, false
}

func (r *reader) container(open byte) (int32, bool) {
	if r.depth++; r.depth > maxDepth {
		return 0, false
	}
	defer func() { r.depth-- }()
	r.at++
	n := node{kind: array}
	end := byte(']')
	if open == '{' {
		n.kind, end = object, '}'
	}
	self := r.add(n)
	last := int32(-1)
	for first := true; ; first = false {
		r.space()
		if r.at == len(r.s) {
			return 0, false
		}
		if r.s[r.at] == end && first {
			r.at++
			return self, true
		}
		key, keySigns := "", uint32(0)
		if open == '{' {
			var ok bool
			if r.s[r.at] != '"' {
				return 0, false
			}
			if key, keySigns, ok = r.str(); !ok {
				return 0, false
			}
			if r.space(); r.at == len(r.s) || r.s[r.at] != ':' {
				return 0, false
			}
			r.at++
		}
		child, ok := r.value()
		if !ok {
			return 0, false
		}
		r.p.nodes[child].key, r.p.nodes[child].bare = key, keySigns != 0 && keySigns&(signQuote|signWide) == 0
		if last < 0 {
			r.p.nodes[self].child = child
		} else {
			r.p.nodes[last].next = child
		}
		last = child
		if r.space(); r.at == len(r.s) {
			return 0, false
		}
		c := r.s[r.at]
		r.at++
		if c == end {
			return self, true
		}
		if c != ',' {
			return 0, false
		}
	}
}

func (r *reader) numeral() (int32, bool) {
	from := r.at
	if r.s[r.at] == '-' {
		r.at++
	}
	digits := func() bool {
		at := r.at
		for r.at < len(r.s) && isDigit(r.s[r.at]) {
			r.at++
		}
		return r.at > at
	}
	zero := r.at < len(r.s) && r.s[r.at] == '0'
	start := r.at
	if !digits() || zero && r.at > start+1 {
		return 0, false
	}
	if r.at < len(r.s) && r.s[r.at] == '.' {
		if r.at++; !digits() {
			return 0, false
		}
	}
	if r.at < len(r.s) && r.s[r.at]|0x20 == 'e' {
		r.at++
		if r.at < len(r.s) && (r.s[r.at] == '+' || r.s[r.at] == '-') {
			r.at++
		}
		if !digits() {
			return 0, false
		}
	}
	return r.add(node{kind: numeral, text: r.s[from:r.at]}), true
}

// str reads a text, and the kinds of its characters where it is written without
// escapes, else 0.
func (r *reader) str() (text string, kinds uint32, ok bool) {
	r.at++
	from, s := r.at, r.s
	for i := from; i < len(s); i++ {
		for i+4 <= len(s) {
			four := signs[s[i]] | signs[s[i+1]] | signs[s[i+2]] | signs[s[i+3]]
			if four&signQuote != 0 {
				break
			}
			kinds |= four
			i += 4
		}
		if i == len(s) {
			break
		}
		sign := signs[s[i]]
		if sign&signQuote == 0 {
			kinds |= sign
			continue
		}
		r.at = i
		switch s[i] {
		case '"':
			r.at++
			return s[from:i], kinds, true
		case '\\':
			text, ok = r.escaped(from)
			return text, 0, ok
		}
		return "", 0, false
	}
	return "", 0, false
}

func (r *reader) escaped(from int) (string, bool) {
	b := append(make([]byte, 0, 2*(r.at-from)+32), r.s[from:r.at]...)
	for r.at < len(r.s) {
		c := r.s[r.at]
		r.at++
		switch {
		case c == '"':
			return string(b), true
		case c < ' ':
			return "", false
		case c != '\\':
			b = append(b, c)
			continue
		}
		if r.at == len(r.s) {
			return "", false
		}
		c = r.s[r.at]
		r.at++
		switch c {
		case '"', '\\', '/':
			b = append(b, c)
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			u, ok := hex4(r.s, r.at)
			if !ok {
				return "", false
			}
			r.at += 4
			if utf16.IsSurrogate(u) && strings.HasPrefix(r.s[r.at:], `\u`) {
				if low, ok := hex4(r.s, r.at+2); ok {
					if pair := utf16.DecodeRune(u, low); pair != utf8.RuneError {
						u = pair
						r.at += 6
					}
				}
			}
			b = utf8.AppendRune(b, u)
		default:
			return "", false
		}
	}
	return "", false
}

// write appends the node as JSON.
func (p *Pass) write(b []byte, i int32) []byte {
	n := &p.nodes[i]
	switch n.kind {
	case text, omitted:
		if n.kind == text && n.signs != 0 && n.signs&(signQuote|signWide) == 0 {
			return appendBare(b, n.text)
		}
		return appendQuoted(b, n.text)
	case array, object:
		open, end := byte('['), byte(']')
		if n.kind == object {
			open, end = '{', '}'
		}
		b = append(b, open)
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if c != n.child {
				b = append(b, ',')
			}
			if n.kind == object {
				if p.nodes[c].bare {
					b = appendBare(b, p.nodes[c].key)
				} else {
					b = appendQuoted(b, p.nodes[c].key)
				}
				b = append(b, ':')
			}
			b = p.write(b, c)
		}
		return append(b, end)
	}
	return append(b, n.text...)
}

const hexDigits = "0123456789abcdef"

// appendBare appends a text that needs no escapes.
func appendBare(b []byte, s string) []byte {
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		b = append(b, s[start:i]...)
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c >= utf8.RuneSelf:
			b = append(b, `\ufffd`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i += size
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
