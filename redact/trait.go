package redact

import "strings"

// A trait is all that a name says.
type trait struct {
	name      string // if it is remembered
	nature    nature
	namesPair bool   // its value may be the name of the value beside it
	pairValue bool   // its value may be what the member beside it names
	isQuery   bool   // its value may be a statement, or come from one
	bindable  bool   // its value is bound to the statement beside it
	valueTail bool   // its last word may call it the value of what shares the words before
	marks     bool   // if it is true, the value beside it is a secret
	grants    bool   // of a request for a token, whose code is a secret
	code      bool   // it ends in code
	jwk       bool   // it is the type of a JSON web key
	data      bool   // of a sealed object
	masks     bool   // it says what of another one is sensitive
	headline  bool   // it is the title of something
	subject   bool   // it says what a message is about
	inner     bool   // what it holds depends on the one around it: response, body
	command   bool   // it is a command of MongoDB
	calls     bool   // its value is the name of what is called
	dotted    bool   // it has dots
	describes bool   // it says which columns the rows beside it have
	joins     bool   // its name is complete only with the one around it: api, key
	mails     bool   // it is of a mail: to whom, or its text
	answers   bool   // it is the answer to a question that is around it
	clean     bool   // the name itself holds no secret
	quiet     bool   // it says nothing of its value, and nothing of those beside it
	shown     string // the name without keys of a map of secrets, "" if there are none
	tail      string // its last word behind dots: see segment
}

func (e *Engine) trait(name string) trait {
	if strings.IndexByte(name, '[') >= 0 {
		name = e.bare(name) // a marker in a name says nothing about the value
	}
	if strings.ContainsAny(name, "%&\\") {
		name = decode(name, false)
	}
	name = withoutGroup(name)
	written := name
	if !isASCII(name) {
		name = plainLetters(name)
	}
	joined := squeeze(name)
	first, _, _ := strings.Cut(name, ".")
	first = squeeze(first)
	last := squeeze(name[strings.LastIndexByte(name, '.')+1:])
	if strings.HasPrefix(last, "@") || strings.HasPrefix(last, "#") { // of XML as JSON: @key, #text
		last = last[1:]
	}
	t := trait{
		nature:    e.classify(written),
		namesPair: len(last) <= 16 && pairNames[last] || len(last) <= 32 && endsIn(last, pairNameEnds...) || len(last) == 2 && len(name) > 2 && pairNames[segment(outerName(name))], // name.en
		pairValue: isPairValue(strings.TrimLeft(name[strings.LastIndexByte(name, '.')+1:], "@#")) || joined == "$",
		valueTail: len(last) <= 32 && endsIn(last, pairValueTails...),
		marks:     marking[strings.TrimPrefix(last, "is")],
		grants:    granting[last],
		code:      last == "code",
		jwk:       last == "kty",
		inner:     innerNames[first],
		command:   mongoCommands[last],
		calls:     calling[last],
		dotted:    strings.IndexByte(name, '.') >= 0,
		describes: describing[last] || describing[segment(outerName(name))],
		joins:     joined == "key" || joined == "code" || joined == "secret" || joined == "phrase" || joined == "number" || joined == "codes" || joined == "words" || joined == "seed" || joined == "private" || joined == "community" || joined == "info" || joined == "authentication",
		mails:     mailParts[last],
		answers:   last == "answer" || last == "answers",
		isQuery:   queried(name) || last == "query" || last == "result" || last == "output" || joined == "text" || joined == "command" || joined == "q",
		bindable:  bindingNames[first],
		data:      sealedData(name),
		masks:     strings.Contains(name, "_sensitive") || strings.Contains(name, "sensitive_"),
		headline:  last == "title" || last == "subtitle",
		subject:   endsIn(last, "subject", "template", "templatename", "templateid", "templatekey", "messagetype", "emailtype"),
		clean:     len(written) < 11 && isIdentifier(written),
		shown:     e.withoutKeys(written),
		tail:      segment(written),
	}
	t.quiet = t == trait{clean: t.clean, tail: t.tail} && isIdentifier(written) && !asked[last] && !holders[last] && !ofLogin[last] && !endsIn(last, askedEnds...) && !tellsOf(written)
	return t
}

// asked are names, and askedEnds their ends, that are looked at beside their traits: in
// [Pass.siblings], [Pass.walkObject] and [Pass.member].
var (
	asked     = set(`op tsms source before after kind resource objectref gvk involvedobject type header headers contentdisposition record`)
	askedEnds = []string{"path", "keys", "loc", "location", "hook"}
)

// withoutGroup returns a name without the group of Kubernetes before what it names there:
// authorization.k8s.io/decision.
func withoutGroup(name string) string {
	i := strings.IndexByte(name, '/')
	if i < 0 || i+1 == len(name) || !endsIn(name[:i], ".k8s.io", ".kubernetes.io") || pairValues[strings.ToLower(name[i+1:])] {
		return name
	}
	group := strings.TrimSuffix(strings.TrimSuffix(name[:i], ".k8s.io"), ".kubernetes.io")
	return name[:strings.LastIndexByte(group, '.')+1] + name[i+1:]
}

// withoutKeys returns a dotted name without its parts that are keys of a map under the
// name of a secret, and may be secrets themselves: passwords.x.used. It is "" if there
// are none.
func (e *Engine) withoutKeys(name string) string {
	if strings.ContainsAny(name, "\"{} \n") {
		return "" // no name
	}
	inside, gone := false, false
	var b strings.Builder
	for part := range strings.SplitSeq(name, ".") {
		if len(part) == len(name) {
			return ""
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		if inside && !e.plainKey(part) {
			gone = true
			part = marker(ruleKey)
		}
		b.WriteString(part)
		inside = inside || len(part) > 2 && !strings.ContainsAny(part, "=&:/@?%'") && e.classify(part) == secret
	}
	if !gone {
		return ""
	}
	return b.String()
}

// plainKey reports whether a part of a name is made of words of people.
func (e *Engine) plainKey(part string) bool {
	if number(part) && len(part) < 4 || e.isMarker(part) {
		return true
	}
	var array [maxWords]string
	known := false
	for _, w := range words(part, array[:0]) {
		bare := strings.TrimRight(w, "0123456789")
		known = known || inDictionary(bare) || jargon[bare] || acronyms[bare] || e.isTerm(bare) || e.isEmbedded(bare)
		if len(w)-len(bare) > 1 || len(w) > 5 && strings.ContainsAny(bare, "0123456789") || len(bare) > 3 && !inDictionary(bare) && !jargon[bare] && !harmless[bare] && !sounding[bare] && !e.isTerm(bare) && !e.isEmbedded(bare) && coined(bare) {
			return false
		}
	}
	if !known && len(part) >= 8 && mixedCase(part) {
		return false
	}
	return isIdentifier(part) && !(len(part) >= 8 && (random(part, 2) || changeable(part) || mixedCase(part) && strings.ContainsAny(part, "0123456789") && !wordy(part)))
}

// changeable reports whether the kinds of characters of s change as chance has them.
func changeable(s string) bool {
	changes, pairs := 0, 0
	for i := 1; i < len(s); i++ {
		if isAlnum(s[i]) && isAlnum(s[i-1]) {
			pairs++
			if kindOf(s[i]) != kindOf(s[i-1]) {
				changes++
			}
		}
	}
	return changes*5 > pairs*2
}

// describing are names of what describes the columns of a result whose rows are beside it, or
// how many there are.
var describing = set(`columns cols columninfo columnmetadata columntypes fields schema meta resultsetmetadata rowtype metadata statistics stats scannedcount affectedrows`)

// calling are names of members that say what is called, beside its arguments.
var calling = set(`method cmd command function func action rpc procedure methodname`)

// marking are names of flags that say that a value beside them is a secret, granting
// those of members beside the code of a grant (RFC 6749).
var (
	marking  = set(`sensitive secret masked confidential encrypted obscured`)
	granting = set(`granttype redirecturi codeverifier`)
)

// mailParts are names beside the subject of a mail.
var mailParts = set(`to cc bcc recipients body html htmlbody textbody`)

// innerNames are names whose meaning depends on the one around them.
var innerNames = set(`body message text content payload data parameter parameters params args binds bindings filter result output preview`)

// sealedData reports whether a name is of the data of a Secret, or of a part of it.
func sealedData(name string) bool {
	for part := range strings.SplitSeq(name, ".") {
		if strings.EqualFold(part, "data") || strings.EqualFold(part, "stringdata") || strings.EqualFold(part, "encrypteddata") {
			return true
		}
	}
	return false
}

func endsIn(s string, ends ...string) bool {
	for _, end := range ends {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

// queried reports whether a word of a name says that the value is of a query or
// its answer.
func queried(name string) bool {
	var array [maxWords]string
	for _, w := range words(name, array[:0]) {
		switch w {
		case "query", "response", "result", "results", "sql", "statement":
			return true
		}
	}
	return false
}

func isIdentifier(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) && s[i] != '_' && s[i] != '.' && s[i] != '-' {
			return false
		}
	}
	return true
}
