package redact

import (
	"fmt"
	"strings"
)

const (
	minRows   = 3    // of text that is taken for an export
	maxSpaced = 4096 // rows between a line of dashes and their count
)

// tableSpans finds the rows of tables in a text: those that a shell of a database
// draws, and exports with a line of names above.
func tableSpans(s string, list []span) []span {
	counted := strings.LastIndex(s, " row") // behind it no table says how many rows it has
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		next := afterLine(s, end)
		if to, rows := tableBelow(s, at, end, next, counted); rows > 0 {
			list = append(list, span{from: next, to: to, rule: ruleRows, with: fmt.Sprintf("[%d rows omitted]", rows)})
			at = to
			continue
		}
		at = next
	}
	return list
}

// tableBelow counts the rows below the line from at to end, the last of which ends at
// to. The next line begins at next.
func tableBelow(s string, at, end, next, counted int) (to, rows int) {
	if next >= len(s) {
		return 0, 0
	}
	if to, rows = drawn(s, at, end, next); rows > 0 {
		return to, rows
	}
	if next < counted {
		if to, rows = spaced(s, at, end, next); rows > 0 {
			return to, rows
		}
	}
	if to = upright(s, at, end, next); to > next {
		return to, 1
	}
	if to, rows = exported(s, at, end, next); rows >= minRows {
		return to, rows
	}
	return 0, 0
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

// spaced counts the rows between a line of dashes that begins at next and one that
// says how many they are: (1 row).
func spaced(s string, at, end, next int) (to, rows int) {
	ruleEnd := lineEnd(s, next)
	if rule := s[next:ruleEnd]; strings.TrimSpace(s[at:end]) == "" || len(rule) < 3 || strings.Trim(rule, "- ") != "" || !strings.Contains(rule, "---") {
		return 0, 0
	}
	for line := afterLine(s, ruleEnd); line < len(s); {
		stop := lineEnd(s, line)
		text := strings.TrimSpace(s[line:stop])
		if strings.HasSuffix(text, " row)") || strings.HasSuffix(text, " rows)") || strings.Contains(text, " rows selected") || strings.Contains(text, " row selected") {
			return to, rows
		}
		if strings.HasPrefix(text, "---") || rows > maxSpaced {
			break // another table
		}
		if text != "" {
			rows, to = rows+1, stop
		}
		line = afterLine(s, stop)
	}
	return 0, 0
}

// upright returns where a row ends that a shell wrote name by name, under a line that
// counts it: -[ RECORD 1 ]-, *** 1. row ***. It is next if there is none.
func upright(s string, at, end, next int) (to int) {
	head := strings.Trim(s[at:end], "-+*[] ")
	if head == s[at:end] || !strings.HasPrefix(head, "RECORD ") && !strings.HasSuffix(head, ". row") {
		return next
	}
	for to = next; to < len(s); {
		stop := lineEnd(s, to)
		if line := s[to:stop]; line == "" || strings.HasPrefix(line, "-[ ") || strings.HasPrefix(line, "***") || !strings.ContainsAny(line, "|:") {
			break
		}
		to = afterLine(s, stop)
	}
	if to > next && s[to-1] == '\n' {
		to--
	}
	return to
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
