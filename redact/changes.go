package redact

import "strings"

// links between the old and the new value of a change; the words among them stand
// before what looks like a secret only.
var (
	arrows    = []string{"->", "=>", "-->", "→", "⇒", "➔", "= ", "~> "}
	turnWords = []string{"to ", "is now ", "now is ", "now: ", "now=", "now ", "new: ", "new=", "new value ", "new value: ", "new value is ", "new password ", "new ", "after: ", "after=", "after ", "old was ", "was ", "previously ", "formerly ", "instead of ", "becomes ", "became ", "and now ", "replaced by ", "replaced with "}

	// joinedBy stand between two values in quotes that were both tried.
	joinedBy = []string{"and ", "or ", "then ", "and then ", "or with ", "and with "}
)

// seconds finds the second value of a change whose first one is in list: password: x -> y.
func (p *Pass) seconds(s string, list []span) []span {
	for _, x := range list[:len(list):len(list)] {
		if x.rule != rulePair && x.rule != ruleProse || x.to <= x.from || x.to > len(s) {
			continue
		}
		if y, ok := p.second(s, x); ok {
			list = append(list, y)
		}
	}
	return list
}

func (p *Pass) second(s string, x span) (y span, ok bool) {
	j := x.to
	for j < len(s) && j-x.to < 3 && strings.IndexByte("\"'`", s[j]) >= 0 {
		j++
	}
	quoted := j > x.to
	comma := false
	for j < len(s) && j-x.to < 8 && strings.IndexByte(" ,;(", s[j]) >= 0 {
		comma = comma || s[j] == ','
		j++
	}
	if j == x.to || j == len(s) {
		return y, false
	}
	sure := false
	switch k := linkAt(s, j, arrows); {
	case k > 0:
		j, sure = j+k, true
	case quoted && linkAt(s, j, joinedBy) > 0 && strings.HasPrefix(s[j+linkAt(s, j, joinedBy):], s[x.to:x.to+1]):
		j, sure = j+linkAt(s, j, joinedBy), true
	case quoted && comma && s[j] == s[x.to]:
		if !inTriple(s, x.from, j) {
			return y, false
		}
		sure = true
	default:
		if k = linkAt(s, j, turnWords); k == 0 {
			return y, false
		}
		j += k
		sure = quoted && j < len(s) && s[j] == s[x.to] || s[j-1] == '=' && endsIn(lowered(s[max(0, x.from-len("previous=")):x.from]), "old=", "before=", "from=", "previous=")
	}
	for j < len(s) && s[j] == ' ' {
		j++
	}
	from := j
	for from < len(s) && from-j < 3 && strings.IndexByte("\"'`([", s[from]) >= 0 {
		from++
	}
	to := from
	if from > j && s[from-1] != '(' && s[from-1] != '[' {
		for to < len(s) && to-from < maxName && s[to] != s[from-1] && s[to] != '\n' {
			to++
		}
	} else {
		end := min(len(s), from+maxName)
		if k := strings.IndexAny(s[from:end], "\"`\\"); k > 0 {
			end = from + k
		}
		to = wordEnd(s[:end], from)
	}
	v := s[from:to]
	if from >= to || harmlessValue(v) || !sure && !looksChosen(v, "password") || sure && isMarkerOf(v) {
		return y, false
	}
	return span{from: from, to: to, rule: x.rule}, true
}

// isMarkerOf reports whether a text is a placeholder, which holds no value.
func isMarkerOf(v string) bool { return strings.HasPrefix(v, "(") || strings.HasPrefix(v, "<") }

// linkAt returns the length of the longest link at s[j], 0 if there is none.
func linkAt(s string, j int, links []string) (n int) {
	for _, w := range links {
		if len(w) > n && hasPrefixFold(s[j:], w) {
			n = len(w)
		}
	}
	return n
}

// inTriple reports whether a quoted value that begins at from, behind the name of a
// secret and before another one that begins at j, is in a list of these three.
func inTriple(s string, from, j int) bool {
	end := strings.IndexByte(s[j+1:min(len(s), j+maxName)], s[j])
	if end < 0 || from == 0 || s[from-1] != s[j] {
		return false
	}
	next := strings.TrimLeft(s[j+end+2:min(len(s), j+end+10)], " ,")
	if next == "" || next[0] != ']' && next[0] != ')' && next[0] != '}' {
		return false
	}
	head := s[max(0, from-80):from]
	open := strings.LastIndexAny(head, "[({")
	return open >= 0 && strings.Count(head[open:], ",") == 1
}
