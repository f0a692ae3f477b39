package redact

import (
	"fmt"
	"strings"
)

const minRows = 3 // of text that is taken for an export

// tableSpans finds the rows of tables in a text: those that a shell of a database
// draws, and exports with a line of names above.
func tableSpans(s string, list []span) []span {
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		next := afterLine(s, end)
		if next < len(s) {
			if to, rows := drawn(s, at, end, next); rows > 0 {
				list = append(list, span{from: next, to: to, rule: ruleRows, with: fmt.Sprintf("[%d rows omitted]", rows)})
				at = to
				continue
			}
			if to, rows := exported(s, at, end, next); rows >= minRows {
				list = append(list, span{from: next, to: to, rule: ruleRows, with: fmt.Sprintf("[%d rows omitted]", rows)})
				at = to
				continue
			}
		}
		at = next
	}
	return list
}

// afterLine returns where the line begins behind the one that ends at end.
func afterLine(s string, end int) int {
	if strings.HasPrefix(s[end:], "\r\n") {
		return end + 2
	}
	return min(end+1, len(s))
}

// drawn counts the rows below a line of names whose cells are parted by | and a line
// of - and + that begins at next.
func drawn(s string, at, end, next int) (to, rows int) {
	if strings.IndexByte(s[at:end], '|') < 0 {
		return 0, 0
	}
	ruleEnd := lineEnd(s, next)
	if rule := s[next:ruleEnd]; len(rule) < 3 || strings.Trim(rule, "-+|: ") != "" || !strings.Contains(rule, "--") {
		return 0, 0
	}
	to = ruleEnd
	for line := afterLine(s, ruleEnd); line < len(s); {
		stop := lineEnd(s, line)
		text := s[line:stop]
		if strings.IndexByte(text, '|') < 0 && strings.Trim(text, "-+ ") != "" || text == "" || strings.Contains(text, " rows omitted]") {
			break
		}
		if strings.IndexByte(text, '|') >= 0 {
			rows++
		}
		to, line = stop, afterLine(s, stop)
	}
	return to, rows
}

// exported counts the lines below a line of names that have as many cells as it.
func exported(s string, at, end, next int) (to, rows int) {
	separator := separatorOf(s[at:end])
	if separator == 0 || separator == '|' || end-at > maxHead {
		return 0, 0
	}
	names := 0
	for name := range strings.SplitSeq(s[at:end], string(separator)) {
		if name = strings.Trim(name, "\" "); name == "" || len(name) > 40 || !isIdentifier(name) || number(name) {
			return 0, 0
		}
		names++
	}
	if names < 3 {
		return 0, 0
	}
	for line := next; line < len(s); {
		stop := lineEnd(s, line)
		if strings.Count(s[line:stop], string(separator)) != names-1 {
			break
		}
		rows++
		to, line = stop, afterLine(s, stop)
	}
	return to, rows
}
