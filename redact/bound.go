package redact

import (
	"regexp"
	"strings"
)

// boundNouns are names of the values of a statement in what loggers write; sure ones
// mean nothing else.
var boundNouns = []struct {
	noun string
	sure bool
}{
	{"bindings", true}, {"binds", true}, {"bind", true}, {"bound values", true}, {"bound parameters", true}, {"bind variables", true}, {"bind values", true},
	{"params", false}, {"parameters", false}, {"args", false}, {"arguments", false}, {"replacements", false}, {"values", false}, {"with", false},
}

// statementSigns tell that a text is about a statement.
var statementSigns = []string{"sql", "query", "queries", "statement", "prepared", "select ", "insert ", "update ", "delete ", "jdbc", "cypher", "$1"}

// isAboutSQL reports whether a text in lower case is about a statement.
func isAboutSQL(low string) bool {
	for _, sign := range statementSigns {
		if strings.Contains(low, sign) {
			return true
		}
	}
	return false
}

// ofRails reports whether what begins at from, behind "parameters:", are those of a
// request, a hash as Rails writes it, and not of a statement before it.
func ofRails(low string, from, end int) bool {
	return strings.HasPrefix(low[from:end], `{"`) && strings.Contains(low[from:min(end, from+maxName)], `"=>`) && !isAboutSQL(low[max(0, from-maxQuoted):from])
}

// boundSpans finds the values that loggers write beside a statement, behind a name
// for them.
func boundSpans(s, low string, list []span) []span {
	about := isAboutSQL(low)
	for _, n := range boundNouns {
		if !n.sure && !about && n.noun != "parameters" {
			continue
		}
		for at, end := 0, -1; ; {
			i := strings.Index(low[at:], n.noun)
			if i < 0 {
				break
			}
			i += at
			at = i + len(n.noun)
			if i > 0 && isAlnum(low[i-1]) {
				continue
			}
			j := at
			for j < len(low) && (isDigit(low[j]) || low[j] == '#') { // bind#0
				j++
			}
			if j < len(low) && isAlnum(low[j]) {
				continue
			}
			if j > end {
				end = lineEnd(s, j)
			}
			from := j
			for from < end && from-j < 8 && strings.IndexByte(" :=>-", s[from]) >= 0 {
				from++
			}
			separated := strings.ContainsAny(s[j:from], ":=>")
			switch {
			case from == end, n.noun == "parameters" && ofRails(low, from, end):
			case !n.sure && !about && !typedValue(s[from:end]):
			case strings.IndexByte("([{", s[from]) >= 0 && !strings.HasPrefix(s[from:], markerStart):
				to := balanced(s, from)
				if inner := s[from+1 : max(from+1, to-1)]; n.noun == "with" && !number(inner) && !strings.ContainsAny(inner, "'\",") || inner == "?" {
					continue
				}
				list = append(list, span{from: from + 1, to: max(from+1, to-1), rule: ruleSQL})
				at = max(at, to)
			case separated && n.noun != "with" && (n.sure || typedValue(s[from:end])):
				list = append(list, span{from: from, to: end, rule: ruleSQL})
				at = end
			case n.sure && n.noun == "bind":
				if k := strings.Index(s[from:min(end, from+maxQuoted)], `value=`); k >= 0 {
					list = append(list, span{from: from + k + len("value="), to: end, rule: ruleSQL})
				}
			}
		}
	}
	return list
}

// typedValue reports whether a text is a list of values, quoted or each with its type
// behind it: x(String).
func typedValue(s string) bool {
	s = s[:min(len(s), maxQuoted)]
	if s[0] == '\'' || s[0] == '"' || s[0] == '$' || s[0] == '@' {
		return true
	}
	for _, t := range []string{"(String)", "(Integer)", "(Long)", "(Timestamp)", "(Boolean)", "(Date)", "(BigDecimal)", "(Double)", "(UUID)", "(LocalDate)", "(LocalDateTime)"} {
		if strings.Contains(s, t) {
			return true
		}
	}
	return false
}

// boundForms are forms in which values of a statement stand without a name.
var boundForms = []login{
	{`] `, regexp.MustCompile(`(?i)\[(?:generated in|cached since|no key|raw sql|insertmanyvalues|caching disabled|dialect [^\]]*)[^\]]*s(?: ago)?\] ?([(\[{][^\r\n]+)`), false},
	{`(`, regexp.MustCompile(`(?i)[@:\s]\w+: '([^\r\n]*?)' \((?:db)?(?:type|size|precision|direction)\b`), false},
	{` #1(`, regexp.MustCompile(`(?:^|\s)#1\(\d+\): ?([^\r\n]*)`), false}, // of SQL Server
	{`; "`, regexp.MustCompile(`\$\d+[^;\r\n]*; ("[^\r\n]*)`), false},     // of Sequelize
	{`value = '`, regexp.MustCompile(`(?i)\((?:[^()\r\n]*; )?value = '([^\r\n]*?)'\)`), false},
}

// Words around a value that an error quotes: what was tried, of which type, and how
// it failed.
var (
	tried = set(`parse parsing parsed convert converting converted conversion cast casting coerce coerced decode decoding encode encoding scan scanning make read reading
		interpret recognize recognized unmarshal marshal deserialize serialize invalid illegal malformed incorrect bad unparseable unparsable unknown unexpected wrong
		mismatch like truncated unrecognized not determine got`)
	failed = set(`recognized invalid range malformed overflow overflows truncated parsed converted cast parse convert unparseable expected like wrong long incorrect exists
		violates disallowed format out into as to type not cannot could could't can't`)
	rejected = set(`too recognized invalid malformed overflow overflows truncated unparseable expected incorrect range`)
	types    = set(`int integer int2 int4 int8 int16 int32 int64 int128 int256 uint8 uint16 uint32 uint64 bigint smallint tinyint mediumint long short byte number numeric decimal
		float float4 float8 float32 float64 double real bool boolean date datetime datetime64 time timestamp timestamptz interval uuid guid objectid enum json jsonb
		varchar nvarchar char character string text varbinary bytea digit literal type domain fixed variant identifier inet cidr array binary format integer-like datatype
		numeric-value oid xml point`)
	// last are words right before a value that is quoted for what it is.
	last = set(`value values literal string text digit input element data is from of near got was with number integer date datetime timestamp time boolean uuid guid
		parse parsing convert converting cast casting decode encode scan read make coerce unmarshal interpret element constant token argument variant enum valid integer
		float double json varchar nvarchar bigint int long decimal numeric for`)
)

// quoteSigns stand around what is quoted.
const quoteSigns = "'\"`"

// typedSpans finds values that are quoted for not being of a type: cannot parse 'x'
// as INT64; x is what is not recognized.
func typedSpans(s, low string, list []span) []span {
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(quoteSigns, s[i]) < 0 || i > 0 && isAlnum(s[i-1]) {
			continue
		}
		to := closing(s, i)
		if to < 0 {
			continue
		}
		if to > i+1 && typedError(low, i, to) && !quotesName(low, i) {
			list = append(list, span{from: i + 1, to: to, rule: ruleDatabase})
			i = to
		}
	}
	return list
}

const maxQuoted = 512 // bytes of a value in an error

// closing returns where what is quoted at i ends, -1 if nowhere near.
func closing(s string, i int) int {
	for k := i + 1; k < len(s) && k-i < maxQuoted; k++ {
		if s[k] == s[i] && (k+1 == len(s) || !isAlnum(s[k+1])) {
			return k
		}
		if s[k] == '\n' || s[k] == '\r' {
			break
		}
	}
	return -1
}

// typedError reports whether the words around what is quoted from i to k say that it
// is not of a type.
func typedError(low string, i, k int) bool {
	const near = 64
	start := max(0, i-near)
	if n := strings.LastIndexAny(low[start:i], "\r\n"); n >= 0 {
		start += n + 1
	}
	before := low[start:i]
	was, typed, word := false, false, ""
	for w := range wordsOf(before) {
		was, typed, word = was || tried[w], typed || types[w], w
	}
	glued := strings.TrimRight(before, " (")
	if word == "" || !last[word] && !endsIn(glued, ":", "=") {
		return false
	}
	if was && typed {
		return true
	}
	after := low[k+1 : min(len(low), k+1+near)]
	if n := strings.IndexAny(after, "\r\n"); n >= 0 {
		after = after[:n]
	}
	n, fails, rejects, of := 0, false, false, false
	for w := range wordsOf(after) {
		if n++; n > 8 {
			break
		}
		fails, rejects, of = fails || failed[w], rejects || rejected[w], of || types[w]
	}
	return was && of || typed && fails && (word == "value" || types[word]) || rejects && (word == "value" || was && word == "input")
}

// wordsOf yields the words of a text in lower case.
func wordsOf(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for i := 0; i < len(s); i++ {
			if !isAlnum(s[i]) {
				continue
			}
			j := i
			for j < len(s) && (isAlnum(s[j]) || s[j] == '\'' && j+1 < len(s) && s[j+1] == 't') {
				j++
			}
			if !yield(s[i:j]) {
				return
			}
			i = j
		}
	}
}

// bareErrors are errors of databases that write a value without quotes; what the
// groups match goes.
var bareErrors = []login{
	{`value: `, regexp.MustCompile(`(?i)\b(?:bad|invalid|illegal|malformed|incorrect|cannot read|unparseable) (?:[\w ]{0,30}\b)?value: ([^\r\n;]+?)(?:;|: While|$)`), false},
	{`date`, regexp.MustCompile(`(?i)\b(?:cannot|could not|can't|unable to|failed to) parse (?:\w+ )?(?:date|datetime|timestamp|time|date64): ([^\r\n]+)`), false},
	{`cannot`, regexp.MustCompile(`(?i)\bcannot (?:parse|convert|cast|read) (?:string|datetime|date|text|number|timestamp|value) ([^'"\r\n:]+?)(?: (?:to|as|into) |:)`), false},
	{`value`, regexp.MustCompile(`(?im)\bvalue:? ([^'"\r\n(]+?) (?:is )?(?:out of range|cannot be (?:cast|converted)|could not be)\b`), false},
	{`(value `, regexp.MustCompile(`(?i)\(value:? ([^\r\n)]+)\)`), false},
	{`value (`, regexp.MustCompile(`(?i)\b(?:conflicted|violates|violated|violation)\b[^\r\n]*\bvalue \(([^)\r\n]+)\)`), false},
	{`, value`, regexp.MustCompile(`(?i)\b(?:failed|violated|violates|too large|too long|maximum)\b[^\r\n]*, value: ([^\r\n]+)`), false},
	{`sqlerrmc=`, regexp.MustCompile(`(?i)\bSQLERRMC=([^\r\n]+)`), false},
	{`conversion error:`, regexp.MustCompile(`(?i)\bconversion error: ([^\r\n]+)`), false},
	{`numeric value:`, regexp.MustCompile(`(?i)\bnumeric value: ([^\r\n]+)`), false},
	{`$regex`, regexp.MustCompile(`\$regex[: ]+([^\r\n,}]+)`), false},
	{`byte int (`, regexp.MustCompile(`(?i)byte int \(([^)\r\n]+)\)`), false},
	{`wrongtype`, regexp.MustCompile(`(?i)\bWRONGTYPE key '[\w-]*:?([^'\r\n]+)'`), false},
	{`args beginning`, regexp.MustCompile(`(?i)unknown command '?.?([^\r\n]+)`), false},
	{`already exists with`, regexp.MustCompile(`(?i)already exists with [^\r\n]*? = ('[^\r\n]+?'|"[^\r\n]+?")`), false},
	{`unique index`, regexp.MustCompile(`(?i)in unique index[^\r\n]*?: [\w.]+=([^\r\n]+)`), false},
	{`got {`, regexp.MustCompile(`(?i)\bexpected [^\r\n]*\bgot \{([^\r\n]*)\}`), false},
	{`document exists`, regexp.MustCompile(`(?i)\bkey "[\w-]*:*([^"\r\n]+)" document exists`), false},
	{`)=(`, regexp.MustCompile(`\([\w", .:()]+\)=\(([^\r\n]+?)\)(?:["'.\s»«]|$)`), false},
	{`ora-`, regexp.MustCompile(`(?i)\bORA-\d{5}\b[^'\r\n]{0,120}'([^'\r\n]+)'`), false},
	{`conflicting value`, regexp.MustCompile(`(?i)conflicting value (?:was|is) '([^\r\n]+?)'`), false},
	{`constraint: '`, regexp.MustCompile(`(?i)violates [\w ]*constraint: '([^\r\n]+?)'`), false},
	{`row: '`, regexp.MustCompile(`(?i), row: '([^\r\n]+)'`), false},
	{`mismatch: '`, regexp.MustCompile(`(?i)datatype mismatch: '([^\r\n]+)'`), false},
	{`value type`, regexp.MustCompile(`(?i)value type \w+ \("([^"\r\n]*)"\)`), false},
}

// boundaries finds values of rows that stand outside of rows: beside statements, in
// streams, in errors and in queries of other languages than SQL.
func boundaries(s string, list []span) []span {
	low := lowered(s)
	return querySpans(s, low, copySpans(s, low, unboundSpans(s, low, list)))
}

// unboundSpans finds values beside statements, and those that errors quote for what
// they are.
func unboundSpans(s, low string, list []span) []span {
	list = boundSpans(s, low, list)
	list = typedSpans(s, low, list)
	for _, forms := range [][]login{boundForms, bareErrors} {
		for i := range forms {
			f := &forms[i]
			if !strings.Contains(low, f.needle) {
				continue
			}
			for _, at := range f.expr.FindAllStringSubmatchIndex(s, -1) {
				list = append(list, span{from: at[2], to: at[3], rule: ruleDatabase})
			}
		}
	}
	return list
}
