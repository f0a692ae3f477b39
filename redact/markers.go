package redact

import (
	"slices"
	"strings"
)

const (
	markerStart = "[redacted:"
	maxRule     = 40 // bytes of the name of a rule
	textMarker  = markerStart + ruleText + "]"
)

func marker(rule string) string { return markerStart + rule + "]" }

// isMarker reports whether s is a marker of a known rule, which holds no value.
func (e *Engine) isMarker(s string) bool {
	return len(s) > len(markerStart) && e.markerAt(s, 0) == len(s)
}

// markerAt returns where the marker of a known rule ends that begins at i, 0 if none does.
func (e *Engine) markerAt(s string, i int) int {
	if !strings.HasPrefix(s[i:], markerStart) {
		return 0
	}
	rule := s[i+len(markerStart) : min(len(s), i+len(markerStart)+maxRule+1)]
	n := strings.IndexByte(rule, ']')
	if n < 0 || !e.rules[rule[:n]] {
		return 0
	}
	return i + len(markerStart) + n + 1
}

// omissionAt returns where a count of what we omitted ends that begins at i, such as
// [12 rows omitted], 0 if none does.
func omissionAt(s string, i int) int {
	j := i + 1
	for j < len(s) && isDigit(s[j]) && j-i < 9 {
		j++
	}
	if s[i] != '[' || j == i+1 || j == i+9 {
		return 0
	}
	for _, end := range []string{" rows omitted]", " more omitted]"} {
		if strings.HasPrefix(s[j:], end) {
			return j + len(end)
		}
	}
	return 0
}

// isPlaceholder reports whether s stands for something that we omitted.
func (e *Engine) isPlaceholder(s string) bool {
	return e.isMarker(s) || s != "" && omissionAt(s, 0) == len(s)
}

// placeholders returns where markers of known rules and omissions stand in s.
func (e *Engine) placeholders(s string) (list []bounds) {
	if !strings.Contains(s, markerStart) && !strings.Contains(s, " omitted]") {
		return nil
	}
	for i := 0; i < len(s); i++ {
		k := strings.IndexByte(s[i:], '[')
		if k < 0 {
			break
		}
		i += k
		to := e.markerAt(s, i)
		if to == 0 {
			to = omissionAt(s, i)
		}
		if to > 0 {
			list = append(list, bounds{i, to})
			i = to - 1
		}
	}
	return list
}

// clip takes from x what it holds of a placeholder of which a part is outside.
func (x *span) clip(ours []bounds) {
	around := func(at int) (bounds, bool) {
		i, _ := slices.BinarySearchFunc(ours, at, func(o bounds, at int) int { return o.to - at })
		for ; i < len(ours) && ours[i].from < at; i++ {
			if at < ours[i].to {
				return ours[i], true
			}
		}
		return bounds{}, false
	}
	if o, ok := around(x.from); ok {
		x.from, x.with = o.to, ""
	}
	if o, ok := around(x.to); ok {
		x.to, x.with = o.from, ""
	}
}

// blanks tells which spans of a text hold nothing. The spans are asked for in their order.
type blanks struct {
	s     string
	ours  []bounds // placeholders, those before known taken off
	known bounds   // what was looked at and holds nothing
}

// has reports whether x holds only placeholders, and signs around them.
func (b *blanks) has(x span) bool {
	if x.from > b.known.to {
		b.known = bounds{x.from, x.from}
	}
	for at := b.known.to; at < x.to; b.known.to = at {
		for len(b.ours) > 0 && b.ours[0].from < at {
			b.ours = b.ours[1:]
		}
		switch {
		case len(b.ours) > 0 && b.ours[0].from == at:
			at = b.ours[0].to
		case strings.IndexByte(signsAround, b.s[at]) >= 0:
			at++
		default:
			return false
		}
	}
	return true
}

// signsAround are signs around placeholders and between them; ? is one for a literal.
const signsAround = " \t\r\n\\\"'`()[]{}<>,;:=|/?!."
