package redact

import (
	"fmt"
	"slices"
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
	boxed := strings.Contains(s, "\xe2\x94") || strings.Contains(s, "\xe2\x95")
	told := false                            // whether a line before tells of a query or its result
	inSet := strings.LastIndex(s, " in set") // behind it no line counts rows so
	tried := 0                               // up to where lines were read that are no table
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		next := afterLine(s, end)
		if boxed && at >= tried {
			from, to, rows := boxTable(s, at)
			if tried = to; rows > 0 {
				list = append(list, span{from: from, to: to, rule: ruleRows, with: fmt.Sprintf("[%d rows omitted]", rows)})
				at = to
				continue
			}
		}
		if next < inSet && at >= tried && isField(s[at:end]) {
			to, counted := setAbove(s, at)
			if tried = max(tried, to); counted {
				list = append(list, span{from: at, to: to, rule: ruleRows})
			}
		}
		if to, rows := exported(s, at, end, next, told); rows > 0 {
			list = append(list, span{from: next, to: to, rule: ruleRows, with: fmt.Sprintf("[%d rows omitted]", rows)})
			at = to
			continue
		}
		told = told || tells(s[at:end])
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
	if next < counted && startsLikeSQL(s[at:end]) && isSQL(s[at:end]) {
		if to, rows = answeredBelow(s, next); rows > 0 {
			return to, rows
		}
	}
	if to = upright(s, at, end, next); to > next {
		return to, 1
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
		return headless(s, at, end, next)
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
		if strings.HasSuffix(text, " row affected)") || strings.HasSuffix(text, " rows affected)") || strings.HasSuffix(text, " row)") || strings.HasSuffix(text, " rows)") || strings.Contains(text, " rows selected") || strings.Contains(text, " row selected") {
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

// headless counts the rows of a table that is drawn without a line of names, whose
// first line, of - and +, is from at to end.
func headless(s string, at, end, next int) (to, rows int) {
	if !isRule(s[at:end]) {
		return 0, 0
	}
	line := next
	for line < len(s) && s[line] == '|' {
		to = lineEnd(s, line)
		rows++
		line = afterLine(s, to)
	}
	if rows == 0 || line >= len(s) || !isRule(s[line:lineEnd(s, line)]) {
		return 0, 0
	}
	if below := afterLine(s, lineEnd(s, line)); below < len(s) && s[below] == '|' {
		return 0, 0 // those were the names
	}
	return to, rows
}

func isRule(line string) bool {
	return len(line) > 4 && line[0] == '+' && strings.Trim(line, "-+= ") == "" && strings.Contains(line, "--")
}

// answeredBelow counts the lines from at up to one that says how many rows they are.
func answeredBelow(s string, at int) (to, rows int) {
	for line := at; line < len(s) && rows <= maxSpaced; {
		stop := lineEnd(s, line)
		text := strings.TrimSpace(s[line:stop])
		if countsRows(text) {
			return to, rows
		}
		if startsLikeSQL(text) && isSQL(text) || strings.HasPrefix(text, "---") {
			break
		}
		if text != "" {
			rows, to = rows+1, stop
		}
		line = afterLine(s, stop)
	}
	return 0, 0
}

// countsRows reports whether a line says how many rows stand above it: (2 rows), 1 row
// in set.
func countsRows(line string) bool {
	line = strings.Trim(line, "() ")
	n := 0
	for n < len(line) && (isDigit(line[n]) || line[n] == '?') {
		n++
	}
	return n > 0 && (line[n:] == " row" || line[n:] == " rows" || strings.HasPrefix(line[n:], " row in set") || strings.HasPrefix(line[n:], " rows in set") ||
		strings.HasPrefix(line[n:], " rows selected") || strings.HasPrefix(line[n:], " row selected"))
}

// setAbove returns where the lines of name: value end that begin at at, and whether the
// line below them counts rows.
func setAbove(s string, at int) (to int, counted bool) {
	for line := at; line < len(s); {
		stop := lineEnd(s, line)
		text := s[line:stop]
		if !isField(text) {
			return to, countsRows(strings.TrimSpace(text))
		}
		to, line = stop, afterLine(s, stop)
	}
	return to, false
}

func isField(line string) bool {
	i := strings.IndexByte(line, ':')
	return i > 0 && i < 64 && isIdentifier(strings.TrimSpace(line[:i]))
}

// boxTable finds a table drawn with signs for lines whose first line begins at at, and
// counts its rows. They stand from from to to.
func boxTable(s string, at int) (from, to, rows int) {
	cells, rules, named := 0, 0, false // named: whether what was read are the names
	record := strings.HasPrefix(s[at:], "Row ") && strings.HasSuffix(strings.TrimSpace(s[at:lineEnd(s, at)]), ":")
	for line := at; line < len(s); {
		stop := lineEnd(s, line)
		text := s[line:stop]
		kind := boxLine(text)
		switch {
		case kind == boxNone && record && (line == at || rules > 0 && isField(text)):
			if line > at {
				cells++
			}
		case kind == boxNone:
			if named || rows == 0 || rules == 0 && rows < 2 {
				return 0, line, 0
			}
			return from, to, rows
		case kind == boxRule:
			rules++
			if cells == 1 && !named && rows == 1 && rules > 0 && !record && boxMore(s, stop) { // a line under the names
				named, rows, from = true, 0, 0
			}
			if record && cells > 0 {
				return from, to, rows
			}
		default:
			cells++
			named = false
		}
		if kind == boxCells || kind == boxNone && line > at {
			if rows++; from == 0 {
				from = line
			}
			to = stop
		}
		line = afterLine(s, stop)
		if stop == len(s) {
			break
		}
	}
	if named || rows == 0 || rules == 0 && rows < 2 {
		return 0, len(s), 0
	}
	return from, to, rows
}

// boxMore reports whether a line of cells stands behind the line that ends at stop, or
// stood there.
func boxMore(s string, stop int) bool {
	next := afterLine(s, stop)
	return next < len(s) && (boxLine(s[next:lineEnd(s, next)]) == boxCells || omissionAt(s, next) > 0)
}

const (
	boxNone = iota
	boxRule
	boxCells
)

// boxLine tells what a line of a drawn table is.
func boxLine(line string) int {
	lines, vertical, text := 0, false, false
	for _, r := range line {
		switch {
		case r == '│' || r == '┃' || r == '║' || r == '┆' || r == '┇' || r == '┊' || r == '┋':
			vertical = true
			lines++
		case 0x2500 <= r && r <= 0x257F:
			lines++
		case r > ' ':
			text = true
		}
	}
	switch {
	case lines == 0:
		return boxNone
	case vertical:
		return boxCells
	case !text || lines >= 2:
		return boxRule
	}
	return boxNone
}

// tells reports whether a line is a statement, or says that a result follows.
func tells(line string) bool {
	low := lowered(line[:min(len(line), 256)])
	return startsLikeSQL(line) || strings.Contains(low, "query") || strings.Contains(low, "result") || strings.Contains(low, "rows") || strings.Contains(low, "csv") || strings.Contains(low, "select ")
}

// exported counts the lines below a line of names that have as many cells as it, if
// they are enough to be an export; told says that a result was announced.
func exported(s string, at, end, next int, told bool) (to, rows int) {
	separator := separatorOf(s[at:end])
	if separator == 0 || end-at > maxHead || next >= len(s) {
		return 0, 0
	}
	names, id := 0, false
	for name := range strings.SplitSeq(strings.Trim(s[at:end], "| "), string(separator)) {
		if name = strings.Trim(name, "\" "); name == "" || len(name) > 40 || !isIdentifier(name) || number(name) {
			return 0, 0
		}
		id = id || name == "id" || name == "ID" || endsIn(strings.ToLower(name), "_id", "email", "name", "uuid")
		names++
	}
	if names < 2 {
		return 0, 0
	}
	separators := strings.Count(s[at:end], string(separator))
	var array [16]bool
	numeric := array[:min(names, len(array))]
	for line := next; line < len(s); {
		stop := lineEnd(s, line)
		if strings.Count(s[line:stop], string(separator)) != separators {
			break
		}
		for k, cell := 0, strings.Trim(s[line:stop], "| "); k < len(numeric); k++ {
			first, rest, _ := strings.Cut(cell, string(separator))
			if first = strings.Trim(first, "\" "); rows == 0 || numeric[k] {
				numeric[k] = first != "" && number(first)
			}
			cell = rest
		}
		if rows++; names == 2 && !told && !slices.Contains(numeric, true) {
			return 0, 0
		}
		to, line = stop, afterLine(s, stop)
	}
	least := minRows
	switch counted := slices.Contains(numeric, true); {
	case told, counted && id:
		least = 1
	case counted || names > 2 && id:
		least = 2
	}
	if rows < least {
		return 0, 0
	}
	return to, rows
}
