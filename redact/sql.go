package redact

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/DataDog/go-sqllexer"
)

// A sqlStart is the first word of a statement, and what must follow, within some bytes
// if that is not 0, for prose not to be taken for one.
type sqlStart struct {
	verb, then string
	near       int
}

var sqlStarts = withPlaceholders([][2]string{
	{"select", "from"}, {"insert", "into"}, {"update", "set"}, {"delete", "from"}, {"replace", "into"}, {"merge", "into"},
	{"upsert", "into"}, {"alter", "user"}, {"alter", "role"}, {"alter", "login"}, {"create", "user"}, {"create", "role"},
	{"create", "login"}, {"grant", "identified"}, {"set", "password"}, {"exec", "@"}, {"execute", "("}, {"call", "("}, {"with", "select"},
	{"backup", "'"}, {"create", "default '"}, {"alter", "default '"}, {"do", "$$"}, {"set", "= '"}, {"declare", "@"}, {"load", "into"}, {"show", "for '"}, {"execute", "'"}, {"exec", "'"}, {"comment", "is '"}, {"insert", "values"}, {"upsert", "values"}, {"delete", "where"}, {"create", "options ("}, {"create", "identified"}, {"create", "password '"},
	{"select", "'"}, {"select", "--"}, {"select", "/*"}, {"select", "$1"}, {"copy", "from"}, {"values", "("},
	{"prepare", "from '"}, {"create", "secret '"}, {"truncate", "/*"}, {"truncate", "--"}, {"drop", "'"}, {"drop", "/*"}, {"attach", "'"}, {"pragma", "key"}, {"notify", ", '"}, {"show", "like '"}, {"set", "@"},
	{"revoke", "--"}, {"revoke", "/*"}, {"grant", "--"}, {"grant", "/*"}, {"create", "; --"}, {"alter", "; --"},
	{"match", "return"}, {"match", "delete"}, {"match", "set"}, {"merge", "set"}, {"create", "{name"},
	{"open", "by password"}, {"alter", "identified"},
	{"from", "= '"}, {"from", "='"}, {"from", "= \""}, {"from", "like '"}, {"from", "in ('"}, {"for", "== '"}, {"for", "== \""}, {"begin", "('"}, {"create", "enum ("}, {"select", "where {"}, {"select", "where{"},
})

// nearby are those of sqlStarts whose second word is right behind the first one, or nearly.
var nearby = map[[2]string]int{{"set", "password"}: 12, {"alter", "user"}: 16, {"alter", "role"}: 16, {"alter", "login"}: 16, {"create", "user"}: 16, {"create", "role"}: 16, {"create", "login"}: 16}

const maxStarts = 128 // as many as sqlStarts may be

const maxNear = 40 // bytes from a verb to a ? that stands for the only literal

// withPlaceholders makes the beginnings of statements, also of those in which ? stands
// for each literal, as we write them.
func withPlaceholders(list [][2]string) (starts []sqlStart) {
	for _, x := range list {
		starts = append(starts, sqlStart{x[0], x[1], nearby[x]})
	}
	for _, x := range list {
		switch verb, then := x[0], x[1]; {
		case then == "$$":
			starts = append(starts, sqlStart{verb, " ?", len(" ?")})
		case then == "'":
			starts = append(starts, sqlStart{verb, " ?", maxNear}, sqlStart{verb, "(?", maxNear})
		case strings.HasSuffix(then, "'"):
			starts = append(starts, sqlStart{verb: verb, then: then[:len(then)-1] + "?"})
		}
	}
	return starts
}

// findSQL finds where a statement begins in s, -1 if nowhere.
func findSQL(s string) int {
	var never [maxStarts]bool // verbs whose second word does not follow any more, as in sqlStarts
	for i := 0; i < len(s); i++ {
		if !isAlpha(s[i]) {
			continue
		}
		option := i > 0 && s[i-1] == '-' && hasPrefixFold(s[i:], "exec") // --execute
		if !option && verbsAt(s[i:]) != nil && (begins(s, i) || !isWeak(s[i:])) && startsStatement(s[i:], &never) {
			return i
		}
		for i+1 < len(s) && isWordByte(s[i+1]) {
			i++
		}
	}
	return -1
}

// weak are verbs that sentences have too: they begin a statement only where a
// sentence or a text may begin.
var weak = []string{"set", "from", "for", "begin", "do", "show", "load", "backup", "comment", "drop", "attach", "match", "notify", "truncate", "merge"}

func isWeak(s string) bool {
	for _, w := range weak {
		if hasPrefixFold(s, w) {
			return true
		}
	}
	return false
}

func begins(s string, i int) bool {
	for i > 0 && s[i-1] == ' ' {
		i--
	}
	return i == 0 || strings.IndexByte("\r\n\t;:(\"'`=[{>,", s[i-1]) >= 0
}

// verbStarts lists by their first two letters which of sqlStarts may begin there.
var verbStarts = func() (t [1 << 10][]int) {
	if len(sqlStarts) > maxStarts {
		panic("maxStarts is too small")
	}
	for k, x := range sqlStarts {
		i := twoLetters(x.verb)
		t[i] = append(t[i], k)
	}
	return t
}()

func twoLetters(s string) int { return int(s[0]&31)<<5 | int(s[1]&31) }

// verbsAt lists which of sqlStarts may begin at s.
func verbsAt(s string) []int {
	if len(s) < 2 {
		return nil
	}
	return verbStarts[twoLetters(s)]
}

func startsStatement(s string, never *[maxStarts]bool) bool {
	for _, k := range verbsAt(s) {
		x := &sqlStarts[k]
		n := len(x.verb)
		if never[k] || !hasPrefixFold(s, x.verb) || len(s) > n && (isWordByte(s[n]) || s[n] == ',') {
			continue
		}
		if x.then == "(" && x.verb[0] != 'v' && !callsNext(s[n:]) {
			continue // no name and bracket behind call
		}
		if x.then == "'" && x.verb[:2] == "ex" && !quotesNext(s[n:]) {
			continue // no procedure: exec 'a command'
		}
		if x.near > 0 {
			if i := indexFold(s[n:min(len(s), n+x.near)], x.then); i >= 0 && (x.verb == "set" || namesNext(s[n+i+len(x.then):])) {
				return true
			}
			continue
		}
		if indexFold(s[n:], x.then) >= 0 {
			return true
		}
		never[k] = true
	}
	return false
}

// namesNext reports whether what is created or altered may be named next: create user x, not
// what somebody called a task: create user].
func namesNext(s string) bool {
	return s == "" || s[0] <= ' ' || strings.IndexByte("\"'`(/;?", s[0]) >= 0
}

// callsNext reports whether a space, a name, if any, and a bracket come next.
func callsNext(s string) bool {
	i := 0
	for i < len(s) && s[i] <= ' ' {
		i++
	}
	for i < len(s) && i < maxName && (isWordByte(s[i]) || strings.IndexByte("`\"[]:@#$", s[i]) >= 0) {
		i++
	}
	for i < len(s) && s[i] == ' ' {
		i++
	}
	return i < len(s) && s[i] == '('
}

// quotesNext reports whether a name and a quote come next, with nothing but numbers between.
func quotesNext(s string) bool {
	s = strings.TrimLeft(s, " ")
	i := 0
	for i < len(s) && i < maxName && (isWordByte(s[i]) || strings.IndexByte("`\"[]:#$", s[i]) >= 0) {
		i++
	}
	rest := strings.TrimLeft(s[i:], " 0123456789.,-N")
	return i > 0 && rest != "" && rest[0] == '\''
}

func isWordByte(c byte) bool { return isAlnum(c) || c == '_' || c == '.' || c == '-' }

// isSQL reports whether s is a statement as a whole.
func isSQL(s string) bool {
	s = s[beginning(s):]
	return s != "" && isAlpha(s[0]) && startsStatement(s, new([maxStarts]bool))
}

// startsLikeSQL compares the first word only, and not with those that begin
// sentences, too.
func startsLikeSQL(s string) bool {
	s = s[beginning(s):]
	for _, k := range verbsAt(s) {
		verb := sqlStarts[k].verb
		if len(s) > len(verb) && hasPrefixFold(s, verb) && verb != "from" && verb != "for" && verb != "begin" {
			return true
		}
	}
	return false
}

// preludes are what stands before a statement and says nothing of its own.
var preludes = regexp.MustCompile(`^(?i)(?:(?:begin|start|transaction|work|commit|explain|analyze|verbose)\b[;\s]+|(?:use|truncate) [\w$.]+;\s*)+`)

// isPrelude reports whether s begins with the first word of one of them.
func isPrelude(s string) bool {
	switch s[0] | 0x20 {
	case 'b':
		return hasPrefixFold(s, "begin")
	case 's':
		return hasPrefixFold(s, "start ")
	case 'e':
		return hasPrefixFold(s, "explain ")
	case 'u':
		return hasPrefixFold(s, "use ")
	case 't':
		return hasPrefixFold(s, "transaction") || hasPrefixFold(s, "truncate ")
	case 'c':
		return hasPrefixFold(s, "commit")
	}
	return false
}

// beginning returns where the first word of a statement is, behind brackets,
// comments and preludes.
func beginning(s string) (i int) {
	for i < len(s) {
		rest := s[i:]
		switch c := rest[0]; {
		case c <= ' ' || c == '(' || c == ';':
			i++
		case strings.HasPrefix(rest, "/*"):
			k := strings.Index(rest, "*/")
			if k < 0 {
				return i
			}
			i += k + 2
		case strings.HasPrefix(rest, "--") || c == '#':
			i += lineEnd(rest, 0)
		case isPrelude(rest):
			k := preludes.FindStringIndex(rest[:min(len(rest), 160)])
			if k == nil {
				return i
			}
			i += k[1]
		default:
			return i
		}
	}
	return i
}

// sqlSpans finds a statement in s and replaces it by one without literals.
func (e *Engine) sqlSpans(s string, list []span) []span {
	i := findSQL(s)
	if i < 0 {
		return list
	}
	to := len(s) - len(lasted.FindString(s[max(i, len(s)-maxLasted):]))
	printed := hasPrefixFold(s[max(0, i-len("sql: ")):], "sql: ")
	clean, from := e.statement(s[i:to], printed), beforeComments(s, i)
	if clean == s[i:to] && from == i {
		return list
	}
	return append(list, span{from: from, to: to, rule: ruleSQL, with: clean, statement: i + 1, printed: printed})
}

const maxLasted = 120 // bytes of what is said of a statement behind it

// lasted is what is said of how long a statement took, and where.
var lasted = regexp.MustCompile(`(?i) (?:took|in|finished in|completed in|executed in|ran for) \d[\d.,]* ?(?:ns|us|µs|ms|s|sec|seconds?|milliseconds?|min)(?: (?:on|at|by|from|in) [\w.:-]+){0,2}\.?$`)

// beforeComments returns where the lines of comments begin that stand right before
// the statement at i.
func beforeComments(s string, i int) int {
	for i > 0 {
		end := i
		for end > 0 && s[end-1] <= ' ' {
			end--
		}
		if end == 0 {
			return i
		}
		start := strings.LastIndexAny(s[:end], "\r\n") + 1
		line := strings.TrimSpace(s[start:end])
		if strings.HasSuffix(line, "*/") {
			if start = strings.LastIndex(s[:end], "/*"); start < 0 {
				return i
			}
		} else if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "--") || line == "--" {
			return i
		}
		i = start
	}
	return i
}

// shellCalls are the methods of collections in the shell of MongoDB whose
// arguments are filters and documents.
var shellCalls = set(`find findone findoneandupdate findoneanddelete findoneandreplace insert insertone insertmany update updateone updatemany delete
	deleteone deletemany remove replaceone aggregate count countdocuments distinct save bulkwrite createuser updateuser auth changeuserpassword mapreduce`)

// shellSpans finds the arguments of db.collection.find(…), and of collection.find({…}).
func shellSpans(s string, list []span) []span {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '(')
		if i < 0 {
			return list
		}
		j := at + i
		at = j + 1
		if !shellCalls[strings.ToLower(calleeOf(s, j))] {
			continue
		}
		i = j
		for i > 0 && j-i < 256 && (isWordByte(s[i-1]) || s[i-1] == '$') {
			i--
		}
		first := j + 1
		for first < len(s) && s[first] <= ' ' {
			first++
		}
		if !strings.HasPrefix(s[i:j], "db.") && (first == len(s) || s[first] != '{' && s[first] != '[') {
			continue
		}
		to := balanced(s, j)
		if to-1 > j+1 && s[j+1:to-1] != "?" {
			list = append(list, span{from: j + 1, to: max(j+1, to-1), rule: ruleSQL, with: "?"})
		}
		at = to
	}
}

// statement returns SQL without literals and comments. The placeholders in it stay, as
// parameters do.
func (e *Engine) statement(s string, printed bool) string {
	ours := e.placeholders(s)
	if len(ours) == 0 {
		return withoutSQLLiterals(s, printed)
	}
	var b strings.Builder
	at := 0
	for i, o := range ours {
		if o.to < len(s) && isAlnum(s[o.to]) {
			continue // it would be another parameter
		}
		fmt.Fprintf(&b, "%s$%d", s[at:o.from], firstStandIn+i)
		at = o.to
	}
	out := withoutSQLLiterals(b.String()+s[at:], printed)
	return standIns.ReplaceAllStringFunc(out, func(name string) string {
		i, _ := strconv.Atoi(name[1:]) // of eight digits: cannot fail
		if i -= firstStandIn; i >= len(ours) {
			return name
		}
		return s[ours[i].from:ours[i].to]
	})
}

// Parameters of statements that stand in for placeholders of ours.
const firstStandIn = 90_000_000

var standIns = regexp.MustCompile(`\$9\d{7}`)

// withoutSQLLiterals returns SQL without literals and comments. What the lexer is not
// sure of is replaced as a whole but for the verb. If it is printed, its values were
// put into it without quotes.
func withoutSQLLiterals(s string, printed bool) string {
	verb := s
	if i := strings.IndexAny(s, " \t\r\n("); i > 0 {
		verb = s[:i]
	}
	unsure := verb + " " + marker(ruleSQL)
	ticks := strings.IndexByte(s, '`') >= 0 // of MySQL, which takes double quotes for literals
	plain := withoutLists(plainIdentifiers(withoutBareValues(s, printed)))
	if end := beforeLiterals(plain); end < len(plain) {
		unsure = withoutNumbers(plain[:end]) + marker(ruleSQL)
	}
	if read := withoutEscaped(s); read != s {
		plain = withoutLists(plainIdentifiers(withoutBareValues(read, printed)))
	}
	s = plain
	if strings.IndexByte(s, '\\') >= 0 || strings.Count(s, "'")%2 != 0 || strings.Count(s, `"`)%2 != 0 || strings.Count(s, "`")%2 != 0 {
		return unsure
	}
	var b strings.Builder
	lexer := sqllexer.New(s)
	previous, opened, brackets, glued, noted := "", "", 0, false, false
	for range len(s) + 1 {
		t := lexer.Scan()
		if t.Type == sqllexer.EOF {
			if noted {
				return strings.TrimRight(b.String(), " ")
			}
			return b.String()
		}
		v := t.Value
		if v[0] == '#' && !strings.HasPrefix(v, "#>") && !strings.HasPrefix(v, "#-") && !tablePlace(previous) { // a comment of MySQL
			return strings.TrimRight(b.String(), " ") + " " + marker(ruleSQL)
		}
		switch t.Type {
		case sqllexer.ERROR, sqllexer.UNKNOWN, sqllexer.INCOMPLETE_STRING:
			if t.Type != sqllexer.UNKNOWN || strings.TrimSpace(v) != "?" {
				return unsure
			}
			b.WriteString(v)
		case sqllexer.STRING, sqllexer.NUMBER, sqllexer.DOLLAR_QUOTED_STRING, sqllexer.DOLLAR_QUOTED_FUNCTION:
			b.WriteByte('?')
		case sqllexer.COMMENT, sqllexer.MULTILINE_COMMENT:
			b.WriteByte(' ')
			noted = true
		case sqllexer.QUOTED_IDENT:
			inList := (previous == "(" || previous == ",") && (opened == "in" || opened == "values")
			if !identifier(v) || literalPlace(previous) || brackets > 0 || v[0] == '"' && (ticks || inList || glued) {
				b.WriteByte('?')
			} else {
				b.WriteString(v)
			}
		default:
			b.WriteString(v)
		}
		glued = t.Type == sqllexer.IDENT && len(v) == 1 // r"…"
		if t.Type != sqllexer.SPACE {
			if v == "(" {
				opened = previous
			}
			previous = strings.ToLower(v)
			brackets = max(0, brackets+strings.Count(v, "[")+strings.Count(v, "{")-strings.Count(v, "]")-strings.Count(v, "}"))
		}
	}
	return unsure
}

// withoutEscaped replaces the strings of PostgreSQL in which a backslash escapes: E'…'.
// It stops at another string with a backslash, whose end depends on the database.
func withoutEscaped(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	kept := 0
	for i := 0; i < len(s); i++ {
		if s[i] != '\'' && s[i] != '"' {
			continue
		}
		escapes := s[i] == '\'' && i > 0 && lower(s[i-1]) == 'e' && (i == 1 || !isWordByte(s[i-2]))
		to := i + 1
		for ; to < len(s); to++ {
			if s[to] == '\\' && !escapes {
				return b.String() + s[kept:]
			}
			if s[to] == '\\' {
				to++
			} else if s[to] == s[i] {
				if to+1 == len(s) || s[to+1] != s[i] {
					break
				}
				to++
			}
		}
		if to >= len(s) {
			break
		}
		if escapes {
			b.WriteString(s[kept:i-1] + "?")
			kept = to + 1
		}
		i = to
	}
	return b.String() + s[kept:]
}

// plainIdentifiers takes off the quotes of MySQL from names.
func plainIdentifiers(s string) string {
	if strings.IndexByte(s, '`') < 0 {
		return s
	}
	return backquoted.ReplaceAllString(s, "$1")
}

var backquoted = regexp.MustCompile("`([A-Za-z_$][A-Za-z0-9_$-]{0,63})`")

// beforeLiterals returns how far a statement has neither literals nor comments.
func beforeLiterals(s string) int {
	i := strings.IndexAny(s, "'\"`$#\\")
	if i < 0 {
		i = len(s)
	}
	for _, comment := range []string{"--", "/*"} {
		if k := strings.Index(s[:i], comment); k >= 0 {
			i = k
		}
	}
	return i
}

var numbers = regexp.MustCompile(`\b\d+(?:\.\d+)?\b`)

func withoutNumbers(s string) string { return numbers.ReplaceAllString(s, "?") }

// withoutLists replaces the lists of bound values that loggers write behind a
// statement: [["name", "…"]].
func withoutLists(s string) string {
	var b strings.Builder
	kept := 0 // what comes before is written
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '[')
		if i < 0 {
			break
		}
		i += at
		at = i + 1
		if !placeholder(s[kept:i]) {
			if inner := strings.TrimLeft(s[at:min(len(s), at+8)], "["); inner == "" || inner[0] != '"' && inner[0] != '\'' && !strings.HasPrefix(inner, "nil,") {
				continue
			}
		}
		b.WriteString(s[kept:i])
		b.WriteString("[?]")
		kept = balanced(s, i)
		at = kept
		if s[kept-1] != ']' {
			kept = len(s)
			break
		}
	}
	if b.Len() == 0 {
		return s
	}
	b.WriteString(s[kept:])
	return b.String()
}

// placeholder reports whether a statement so far ends in a place that a value takes, so
// that what comes in brackets is no name.
func placeholder(s string) bool {
	s = strings.TrimRight(s, " \t")
	if s == "" || s[len(s)-1] == '?' || s[len(s)-1] == ';' {
		return s != ""
	}
	i := len(s)
	for i > 0 && isDigit(s[i-1]) {
		i--
	}
	return i > 0 && i < len(s) && (s[i-1] == '$' || s[i-1] == ':')
}

// sqlWords are those that may stand behind a value.
var sqlWords = set(`and or limit order group where on returning from union having offset for into values when then else end as is not in like ilike between
	asc desc join left right inner outer cross full using set collate escape fetch window intersect except with null default true false select returns by interval
	distinct any all some exists case current_date current_timestamp at time zone over partition within duplicate key update do nothing conflict`)

// withoutBareValues replaces values that stand in a statement without quotes, as
// frameworks print it: behind a comparison, and in lists of values. A name of a column
// is one word; it is taken for a value only if the statement was printed so.
func withoutBareValues(s string, printed bool) string {
	var b strings.Builder
	kept := 0
	value := func(from, to int, with string) {
		b.WriteString(s[kept:from])
		b.WriteString(with)
		kept = to
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'' || c == '"' || c == '`':
			for i++; i < len(s) && s[i] != c; i++ {
			}
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '=' && depth == 0 && strings.HasPrefix(s[i:], "=> "): // what it gave
			value(i+len("=> "), lineEnd(s, i), "?")
			i = lineEnd(s, i)
		case c == '=':
			if from, to := bareValue(s, i+1, printed); to > from {
				value(from, to, "?")
				i = to - 1
			}
		case lower(c) == 'v' && hasPrefixFold(s[i:], "values") && (i == 0 || !isWordByte(s[i-1])):
			at := i + len("values")
			for at < len(s) && s[at] == ' ' {
				at++
			}
			if at == len(s) || s[at] != '(' || strings.HasSuffix(strings.TrimRight(s[:i], " "), "=") {
				continue
			}
			to := balanced(s, at)
			if inner := s[at+1 : max(at+1, to-1)]; strings.ContainsAny(inner, "'\"()?$:[") || inner == "" || !printed && strings.IndexByte(inner, ',') < 0 && isIdentifier(inner) {
				continue
			}
			value(at+1, max(at+1, to-1), "?")
			i = to - 1
		}
	}
	if kept == 0 {
		return s
	}
	b.WriteString(s[kept:])
	return b.String()
}

// bareValue returns the bounds of a value without quotes behind a comparison.
func bareValue(s string, at int, printed bool) (from, to int) {
	from = at
	for from < len(s) && s[from] == ' ' {
		from++
	}
	words, sure := 0, printed
	to = from
	for at = from; at < len(s) && strings.IndexByte(",;()'\"`?$:+*/|<>=\r\n[]{}", s[at]) < 0; {
		end := at
		for end < len(s) && strings.IndexByte(" ,;()'\"`?$:+*/|<>=\r\n[]{}", s[end]) < 0 {
			end++
		}
		word := s[at:end]
		if sqlWords[strings.ToLower(word)] {
			break
		}
		if words == 0 && (word == "" || isDigit(word[0]) && number(word)) {
			return from, from
		}
		words++
		sure = sure || words > 1 || strings.IndexByte(word, '@') > 0
		to = end
		for at = end; at < len(s) && s[at] == ' '; at++ {
		}
	}
	if !sure || words == 0 || at < len(s) && s[at] == '(' && words == 1 {
		return from, from
	}
	return from, to
}

// literalPlace reports whether a value is expected after the token before.
func literalPlace(previous string) bool {
	switch previous {
	case "[", ":", "=", "==", "=>", "<", ">", "<=", ">=", "<>", "!=", "+", "||", "~", "like", "ilike", "rlike", "regexp", "between", "in", "then", "else", "limit", "offset", "values", "by":
		return true
	}
	return false
}

// tablePlace reports whether the name of a table is expected after the token before.
func tablePlace(previous string) bool {
	switch previous {
	case "from", "into", "table", "join", "update", "exists", ",":
		return true
	}
	return false
}

func identifier(v string) bool {
	if len(v) > 1 && v[0] == '[' && (v[1] == '"' || v[1] == '\'' || isDigit(v[1])) {
		return false // a list of bound values
	}
	v = strings.Trim(v, "\"`[]")
	for _, part := range strings.Split(v, ".") {
		part = strings.Trim(part, "\"`[]")
		if part == "" || len(part) > 64 || isDigit(part[0]) {
			return false
		}
		for i := 0; i < len(part); i++ {
			if !isAlnum(part[i]) && part[i] != '_' && part[i] != '$' {
				return false
			}
		}
	}
	return true
}

// databaseErrors are phrases of databases before values that they quote, in lower
// case.
var databaseErrors = strings.Split(`duplicate entry|duplicate key value is|failing row contains|row contains (|invalid input syntax|invalid input value|conversion failed when converting|`+
	`incorrect integer value|incorrect string value|incorrect datetime value|incorrect decimal value|incorrect date value|truncated incorrect|`+
	`dup key:|dup key {|key value '|key (|invalid number|data too long for|out of range for|out of range value|out of range:|parameters:|parameters=[|bind parameters|bound parameters|binds:|bind:|bind => |with params|params:|params=[|with parameters|parameter values|$1 = |`+
	`near "|near '|value too long|value too large|constraint fails|constraint failed|unique constraint|as [varchar]|as [char]|as [bigint]|as [integer]|could not convert|could not cast|unable to bind|bindings: [|", filter: {|cannot convert|cannot cast|cannot parse|unable to convert|unable to coerce|error converting|invalid cast|overflow error|`+
	`invalid literal|for input string|cannot unmarshal|parsing "|time data|truncated value|failed to parse|invalid regular expression|varchar value|violated by row|failed validation|binding parameter|preview of field's value|input_value=|column name: "|`+
	`extracted value|write errors|writeerrors: |keyvalue: |err.op |failing row: |the value '|; value '|value "|the data value|data would be truncated|unterminated quoted string|malformed |invalid byte sequence|array value must|unparseable |conditionalcheckfailed|constant (|args: [|args=[`, "|")

// boundSigns are literals of which one is in each text in which [unboundSpans] finds
// something.
var boundSigns = strings.Split(`stdin|stdout| #1(|; "|format csv|format tsv|format tabs|format values|format json|binds|binding|bind |bind#|bound |params|parameters|args|arguments|replacements|values (|generated in|cached since|no key|raw sql|caching|(type = |(size = |(dbtype|value = '|`+
	` is too |cannot |can't |expected |got {|determine |could not |unable to |invalid|illegal |malformed |incorrect |bad |unparse|unknown element|is not like|is not a|not valid|not recognized|converting|conversion|parse |failed to |`+
	`out of range|(value |; value (|, value|sqlerrmc=|$regex|wrongtype|args beginning|already exists|unique index|document exists|)=(|ora-|conflicting value|constraint: '|row: '|mismatch: '|value type`, "|")

// Phrases behind a value that was quoted, before one that goes on to the end of
// its line, and before an object over several lines.
var (
	databaseVerdicts = strings.Split("could not be parsed|is not recognized|outside of valid range|is not a valid uuid|is not a valid integer|is not a valid number|is not a valid date", "|")
	databaseRests    = strings.Split("==> parameters:|invalid uuid string: |bad int64 value: |specified precision allowed: ", "|")
	databaseObjects  = []string{"()` invocation"}
)

// copied is where PostgreSQL says which line of a file it could not read.
var copied = regexp.MustCompile(`(?i)copy [\w."]+, line \d+(?:, column [^:\r\n]+)?: "?([^\r\n]*)`)

// printedRow is how MyBatis logs what it read.
var printedRow = regexp.MustCompile(`<==\s+Row: ([^\r\n]*)`)

// isInvalid is how a validator quotes a value behind a path.
var isInvalid = regexp.MustCompile("`[\\w.]+` is invalid \\(([^)]*)\\)")

// databaseSpans finds values that errors of databases quote.
func databaseSpans(s string, list []span) []span {
	low := lowered(s)
	for _, phrase := range databaseErrors {
		for at, end := 0, -1; ; {
			i := strings.Index(low[at:], phrase)
			if i < 0 {
				break
			}
			if at += i + len(phrase); at > end {
				end = lineEnd(s, at)
			}
			before := len(list)
			list = quotedValues(s, low, at, end, phrase, list)
			if len(list) > before { // what went need not be read again
				at = max(at, min(list[len(list)-1].to, len(s)))
			}
			if c := phrase[len(phrase)-1]; c != '(' && c != '"' && c != '\'' {
				at = max(at, end)
			}
		}
	}
	each := func(phrases []string, f func(at int)) {
		for _, phrase := range phrases {
			for at := 0; ; {
				i := strings.Index(low[at:], phrase)
				if i < 0 {
					break
				}
				f(at + i)
				at += i + len(phrase)
			}
		}
	}
	each(databaseVerdicts, func(at int) {
		if to := strings.LastIndexAny(s[max(0, at-40):at], "'\""); to > 0 {
			to += max(0, at-40)
			if from := strings.LastIndexByte(s[max(0, to-512):to], s[to]) + max(0, to-512) + 1; from > max(0, to-512) {
				list = append(list, span{from: from, to: to, rule: ruleDatabase})
			}
		}
	})
	for _, phrase := range databaseRests {
		if i := strings.Index(low, phrase); i >= 0 {
			list = append(list, span{from: i + len(phrase), to: lineEnd(s, i), rule: ruleDatabase})
		}
	}
	each(databaseObjects, func(at int) {
		if k := strings.IndexByte(s[at:min(len(s), at+80)], '{'); k >= 0 {
			list = append(list, span{from: at + k + 1, to: max(at+k+1, balanced(s, at+k)-1), rule: ruleDatabase})
		}
	})
	for _, form := range []*regexp.Regexp{copied, isInvalid, printedRow} {
		for _, at := range form.FindAllStringSubmatchIndex(s, -1) {
			list = append(list, span{from: at[2], to: at[3], rule: ruleDatabase})
		}
	}
	return list
}

// naming are words before a quoted name, which is no value.
var naming = set(`key column columns constraint table relation index type field object enum function class database schema sequence view property path parameter`)

// quotesName reports whether what is quoted at j is the name of something: column "a".
func quotesName(low string, j int) bool {
	if j > 1 && low[j-1] == '.' && strings.IndexByte("\"'`", low[j-2]) >= 0 {
		return true // another part of a name
	}
	before := strings.TrimRight(low[max(0, j-16):j], " (")
	return naming[before[strings.LastIndexAny(before, " \t(:;.")+1:]]
}

// quotedValues takes what is quoted or bracketed from at to the end of the line.
func quotedValues(s, low string, at, end int, phrase string, list []span) []span {
	if strings.HasPrefix(phrase, "args") && !strings.Contains(low, "query") && !strings.Contains(low, "sql") {
		return list // of a program
	}
	if phrase == "parameters:" && ofRails(low, at+len(s[at:end])-len(strings.TrimLeft(s[at:end], " ")), end) {
		return list
	}
	if phrase == "key (" {
		i := strings.Index(s[at:min(end, at+1024)], ")=(")
		if i < 0 {
			return list
		}
		from := at + i + 3
		to := balanced(s[:end], from-1)
		if s[to-1] == ')' {
			to--
		}
		return append(list, span{from: from, to: max(from, to), rule: ruleDatabase})
	}
	if c := phrase[len(phrase)-1]; c == '[' || c == '(' || phrase[0] == '"' {
		at--
	}
	if strings.HasSuffix(phrase, `"`) || strings.HasSuffix(phrase, `'`) {
		q := phrase[len(phrase)-1]
		to := end
		if k := strings.IndexByte(s[at:end], q); k >= 0 {
			to = at + k
			if k = strings.Index(s[to:min(end, to+maxQuoted)], "' at line "); k > 0 && phrase == "near '" { // MySQL leaves the quotes in it as they are
				to += k
			}
		}
		if k := strings.Index(s[to:min(len(s), to+maxQuoted)], "LINE 1: "); k >= 0 && to-at > 3 { // PostgreSQL quotes the statement too
			k += to
			for last := lineEnd(s[:min(len(s), k+maxQuoted)], k); k < last; {
				n := strings.Index(s[k:last], s[at:to])
				if n < 0 {
					break
				}
				k += n + to - at
				list = append(list, span{from: k - (to - at), to: k, rule: ruleDatabase})
			}
		}
		return append(list, span{from: at, to: to, rule: ruleDatabase})
	}
	for j := at; j < end; j++ {
		switch s[j] {
		case '\'', '"':
			k := strings.IndexByte(s[j+1:end], s[j])
			if k < 0 {
				return append(list, span{from: j + 1, to: end, rule: ruleDatabase})
			}
			if quotesName(low, j) {
				j += k + 1
				continue
			}
			list = append(list, span{from: j + 1, to: j + 1 + k, rule: ruleDatabase})
			j += k + 1
		case '(', '[', '{':
			to := balanced(s, j)
			if inner := s[j+1 : max(j+1, to-1)]; number(inner) && phrase != "duplicate key value is" || s[j] == '(' && quotesName(low, j) || s[j] == '(' && strings.IndexByte(inner, ':') == 1 && isDigit(inner[0]) { // of a type: varchar(3), int(), (1:VARCHAR)
				j = to - 1
				continue
			}
			list = append(list, span{from: j + 1, to: max(j+1, to-1), rule: ruleDatabase})
			if s[j] != '(' {
				return list
			}
			j = to - 1
		}
	}
	return list
}
