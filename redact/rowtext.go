package redact

import (
	"fmt"
	"regexp"
	"strings"
)

// rowSigns are literals of which one is in each text that holds rows which [rowSpans]
// finds.
var rowSigns = strings.Split("row|record|tuple|fetched|returned|result|dataset|values (|document", "|")

// fetchedBy are words around a count of rows that say that what follows the colon
// are the rows.
var fetchedBy = regexp.MustCompile(`(?i)\b(?:(fetched|returned|got|selected|read|found|retrieved|scanned|yielded|loaded|select(?:s|ing)?) )?\d+ (?:rows?|records?|documents?|tuples?|results?|hits)\b(?: (returned|fetched|selected|found|retrieved|read|in set))?[^:=\r\n\[({]{0,24}[:=] *([^\r\n]+)`)

// answered is what a statement or a call gave, in brackets.
var answered = regexp.MustCompile(`(?i)\b(?:(?:query|select|statement|sql|cursor|fetch(?:all|one|many)?(?:\(\))?) (?:returned|gave|yielded)|results?|resultset|records?|dataset|data set)\b ?(?::|=>|=|->|is)? ?(\[[({\[][^\r\n]*|\{['":\w][^\r\n]*|\[['"][^\r\n]*)`)

// rowSpans finds rows that a text prints: Row(name='x'), row 7: (…), fetched 2 rows: ….
func rowSpans(s, low string, list []span) []span {
	for _, word := range rowPrinted {
		for at, end := 0, -1; ; {
			i := strings.Index(low[at:], word)
			if i < 0 {
				break
			}
			i += at
			if at = i + len(word); at > end {
				end = lineEnd(s, at)
			}
			list = printedRowAt(s, low, i, end, &at, list)
		}
	}
	for _, form := range []*regexp.Regexp{fetchedBy, answered} {
		if form == fetchedBy && strings.IndexByte(s, ':') < 0 && strings.IndexByte(s, '=') < 0 || form == answered && !strings.ContainsAny(s, "[{") {
			continue
		}
		for _, m := range form.FindAllStringSubmatchIndex(s, -1) {
			from, to := m[len(m)-2], m[len(m)-1]
			switch {
			case form == answered:
				to = min(to, balanced(s, from))
			case m[2] < 0 && m[4] < 0 && !strings.ContainsAny(s[from:to], signsOfData):
				continue // 12 rows: 10 ok, 2 failed
			}
			list = append(list, span{from: from, to: to, rule: ruleRows})
		}
	}
	return list
}

// rowPrinted are words after which a row is printed.
var rowPrinted = []string{"row", "record", "tuple"}

// rowVerbs are words before "row" that say that the one printed is of a database.
var rowVerbs = set(`fetched inserted deleted updated got returned found read selected scanned first last sample failing bad duplicate existing new old inserting deleting
	updating upserted current offending conflicting matched raw db database struct`)

// printedRowAt finds the row that is printed behind the word at i, which ends at *at in
// a line that ends at end.
func printedRowAt(s, low string, i, end int, at *int, list []span) []span {
	j := *at
	if strings.HasPrefix(low[j:], "s") && (j+1 == len(low) || !isAlnum(low[j+1])) {
		j++
	}
	if strings.HasPrefix(low[j:], "datapacket") { // of the driver of MySQL for Node
		j += len("datapacket")
	}
	if i > 0 && s[i-1] == '<' && indexFold(s[j:min(end, j+maxQuoted)], "</"+low[i:j]) >= 0 { // an element
		return list
	}
	if j < len(s) && isAlpha(s[j]) || i > 0 && isLower(s[i-1]) && isLower(s[i]) { // throw, rowing
		return list
	}
	name := calleeOf(s, j)
	one := strings.HasPrefix(low[i:], "row")
	counted := false
	k := j
	for k < end && (s[k] == ' ' || s[k] == '#') {
		k++
	}
	if d := k; d < len(s) && isDigit(s[d]) {
		for k < len(s) && isDigit(s[k]) {
			k++
		}
		counted = k > d
	} else if m := strings.IndexByte(s[k:min(len(s), k+8)], ']'); m > 1 && s[k] == '[' && number(s[k+1:k+m]) {
		k += m + 1
		counted = true
	}
	from := k
	for from < end && from-k < 6 && strings.IndexByte(" :=>-", s[from]) >= 0 {
		from++
	}
	separated := strings.ContainsAny(s[k:from], ":=>")
	verb := rowVerbs[wordBefore(low, i)]
	camel := len(name) > j-i && (isUpper(s[i]) || s[i-1] == '_') // RealDictRow
	if from == end {
		return list
	}
	switch rest := s[from:min(end, from+maxQuoted)]; {
	case strings.IndexByte("([{", s[from]) >= 0:
		to := balanced(s, from)
		inner := s[from+1 : max(from+1, to-1)]
		if inner == "" || number(inner) || !(one || verb || camel || separated || isUpper(s[i])) || !separated && !counted && !verb && !camel && !isUpper(s[i]) && !structured(inner) || counted && !separated && !verb && !structured(inner) {
			return list
		}
		list = append(list, span{from: from + 1, to: max(from+1, to-1), rule: ruleRows})
		*at = max(*at, to)
	case separated && (verb || counted && structured(rest)), verb && one && strings.IndexByte(rest, '=') > 0, isUpper(s[i]) && i > 0 && strings.IndexByte("< ", s[i-1]) >= 0 && tagged(s, i) && structured(rest), one && separated && s[k] == ':' && strings.ContainsAny(rest, signsOfData):
		if number(rest) || s[k] == '-' {
			return list
		}
		list = append(list, span{from: from, to: end, rule: ruleRows})
		*at = end
	}
	return list
}

// tagged reports whether a word at i begins what an object prints of itself: <Row …>.
func tagged(s string, i int) bool {
	return i > 0 && s[i-1] == '<' || i > 7 && s[i-8:i] == "#struct " || i > 7 && strings.HasSuffix(s[:i], "<struct ")
}

// wordBefore returns the word before i.
func wordBefore(low string, i int) string {
	end := i
	for end > 0 && (low[end-1] == ' ' || low[end-1] == '_' || low[end-1] == '-') {
		end--
	}
	from := end
	for from > 0 && isAlnum(low[from-1]) {
		from--
	}
	return low[from:end]
}

// signsOfData are signs that stand in data more than in sentences.
const signsOfData = "=|\t;\"'@{[("

// structured reports whether a text is made of parts as data is: pairs, lists, cells.
func structured(s string) bool {
	return strings.ContainsAny(s, signsOfData) || strings.Count(s, ",") >= 2 || strings.IndexByte(s, ',') > 0 && strings.ContainsAny(s, "0123456789")
}

// copySpans finds the rows that stand behind a statement which copies them from or to
// a stream, up to the line that ends them.
func copySpans(s, low string, list []span) []span {
	for _, stream := range streams {
		for at := 0; ; {
			i := strings.Index(low[at:], stream)
			if i < 0 {
				break
			}
			at += i + len(stream)
			head := low[max(0, at-512):at]
			if !strings.Contains(head, "copy ") && !strings.Contains(head, "insert into") {
				continue
			}
			from := at
			if stream != "jsoneachrow" {
				from = afterLine(s, lineEnd(s, at))
			}
			to := len(s)
			if k := strings.Index(s[from:], "\\."); k >= 0 {
				to = from + k
			}
			for to > from && s[to-1] <= ' ' {
				to--
			}
			if from < to {
				rows := strings.Count(s[from:to], "\n") + 1
				list = append(list, span{from: from, to: to, rule: ruleRows, with: fmt.Sprintf("[%d rows omitted]", rows)})
				at = to
			}
		}
	}
	return list
}

// streams end statements behind which rows stand.
var streams = []string{"stdin", "stdout", "format csv", "format tsv", "format tabseparated", "format values", "jsoneachrow"}

// elementSpans finds the elements of XML and HTML that are rows.
func elementSpans(s string, list []span) []span {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '<')
		if i < 0 {
			return list
		}
		i += at
		at = i + 1
		j := at
		for j < len(s) && j-at < 64 && (isNameByte(s[j]) || s[j] == ':') {
			j++
		}
		full := s[at:j]
		name := full[strings.LastIndexByte(full, ':')+1:]
		if j == at || j == len(s) || strings.IndexByte(" >/\t\r\n", s[j]) < 0 || !rowElement(name) {
			continue
		}
		gt := strings.IndexByte(s[j:min(len(s), j+maxTag)], '>')
		if gt < 0 {
			continue
		}
		inner := j + gt + 1
		if attributes := strings.Trim(s[j:j+gt], " /\t\r\n"); attributes != "" {
			k := j + strings.Index(s[j:j+gt], attributes)
			list = append(list, span{from: k, to: k + len(attributes), rule: ruleRows})
		}
		if s[j+gt-1] == '/' {
			at = inner
			continue
		}
		to := len(s)
		if k := indexFold(s[inner:], "</"+strings.ToLower(full)); k >= 0 {
			to = inner + k
		}
		if strings.TrimSpace(s[inner:to]) != "" && !isSetting(s[inner:to]) {
			list = append(list, span{from: inner, to: to, rule: ruleRows})
		}
		at = max(at, to)
	}
}

// isSetting reports whether a row of HTML is no record but a name and its value, both of known
// words: <td>role</td><td>editor</td>.
func isSetting(row string) bool {
	if len(row) > maxTag {
		return false
	}
	var cells []string
	for rest := strings.TrimSpace(row); rest != ""; rest = strings.TrimSpace(rest) {
		gt := strings.IndexByte(rest, '>')
		if tag := lowered(rest[:max(0, gt)]); gt < 0 || tag != "<td" && (tag != "<th" || len(cells) > 0) || len(cells) == 2 {
			return false
		}
		cell, after, ok := strings.Cut(rest[gt+1:], "</")
		end := strings.IndexByte(after, '>')
		if !ok || end < 0 {
			return false
		}
		cells, rest = append(cells, lowered(strings.TrimSpace(cell))), after[end+1:]
	}
	return len(cells) == 2 && isKnown(strings.TrimSuffix(cells[0], ":"), " _-") && isKnown(cells[1], "_-.:/")
}

// isKnown reports whether a text is words of a dictionary, numbers and the like between some signs,
// and says nothing of people.
func isKnown(s, between string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(between, r) }) {
		if ofPeople[w] || len(w) > 2 && !inDictionary(w) && !jargon[w] && !sounding[w] && !number(w) || !isIdentifier(w) {
			return false
		}
	}
	return true
}

// ofPeople are words of names of what tables say of people.
var ofPeople = set(`name names first last customer customers client person people patient patients employee employees member members contact contacts city town street address
	birth birthday born age gender salary income phone mobile email mail religion nationality diagnosis`)

// rowElement reports whether an element is a row, or holds some.
func rowElement(name string) bool {
	if strings.EqualFold(name, "tr") || strings.EqualFold(name, "record") || strings.EqualFold(name, "records") {
		return true
	}
	var array [maxWords]string
	return namesRows(words(name, array[:0]))
}
