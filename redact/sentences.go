package redact

import (
	"strings"
	"unicode/utf8"
)

// A mention is the name of a secret in a sentence, with what stands around it.
type mention struct {
	s        string
	from, to int    // the name
	thing    bool   // it is of a thing that has a name itself, as tokens and keys have
	digits   bool   // its values are digits
	verb     bool   // what is done before it sets it: set, changed
	called   bool   // the words before it call for a value: wrong, use
	given    bool   // they may call for the name of the thing as well: with
	got      bool   // they say that a value came: got
	after    string // what follows, in lower case
}

const (
	maxSpoken  = 4   // words of a name in a sentence
	maxTelling = 160 // bytes around it that are read
)

// sentenceSpans finds the values of secrets that sentences call by any name that a key
// may have: the redis pass is x, MysqlPwd was changed to x.
func (p *Pass) sentenceSpans(s string, list []span) []span {
	var starts [maxSpoken]int // of the last words, side by side
	n := 0
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) {
			if s[i] != ' ' || i > 0 && s[i-1] == ' ' {
				n = 0
			}
			continue
		}
		j := i + 1
		for j < len(s) && (isAlnum(s[j]) || strings.IndexByte("_-.", s[j]) >= 0 && j+1 < len(s) && isAlnum(s[j+1])) {
			j++
		}
		if i > 0 && (strings.IndexByte("/:=@$%&\\-_.?", s[i-1]) >= 0 || s[i-1] == '>' && i > 1 && s[i-2] == '-') {
			n = 0
			i = j - 1
			continue
		}
		if n == maxSpoken {
			copy(starts[:], starts[1:])
			n--
		}
		starts[n] = i
		n++
		if from := p.nameStart(s, starts[:n], j); from >= 0 {
			list = p.told(s, from, j, list)
		}
		i = j - 1
	}
	return list
}

// heads are last words of names of secrets that say nothing alone.
var heads = set(`key keys code codes phrase phrases words word number pass seed`)

// spokenOtherwise are names of secrets that are words of other sentences too.
var spokenOtherwise = set(`pass passes pan sin tin tan nip pem mdp auth salt pepper shadow nonce signature signatures sig assertion bearer authorization clave geslo sas passw csc jws jwe track1 track2 ahv nino bsn cpf dni`)

// nameStart returns where the name of a secret begins that ends with the last of some
// words at end, -1 if there is none.
func (p *Pass) nameStart(s string, starts []int, end int) int {
	last := starts[len(starts)-1]
	word := s[last:end]
	if len(word) < 3 || len(word) > 64 || strings.Count(word, ".") > 3 {
		return -1
	}
	low := squeeze(word)
	if !heads[low] {
		if n := p.nature(word); (n == secret || n == flagged) && !spokenOtherwise[low] {
			return last
		}
		return -1
	}
	for k := len(starts) - 2; k >= 0; k-- {
		name := s[starts[k]:end]
		if len(name) > 64 {
			break
		}
		if n := p.nature(name); n != secret && n != flagged {
			continue
		}
		if before := squeeze(s[starts[k] : starts[k+1]-1]); p.e.isTerm(squeeze(name)) || low == "pass" && k == len(starts)-2 && authOf[before] || low == "key" && (vendorWords[before] || issuers[before]) {
			return starts[k]
		}
	}
	return -1
}

// Last words of names of things with names, and of those whose values are digits.
var (
	thingWords = set(`token tokens secret secrets key keys credential credentials cred creds certificate jwt`)
	digitWords = set(`pin pins otp otps totp hotp cvv cvc cvn code codes passcode passcodes password number puk`)
)

// mentioned returns what the name in s from from to to is of.
func mentioned(s string, from, to int) mention {
	var array [maxWords]string
	last := ""
	if w := words(s[from:to], array[:0]); len(w) > 0 {
		last = strings.TrimRight(w[len(w)-1], "0123456789")
	}
	return mention{s: s, from: from, to: to, thing: thingWords[last], digits: digitWords[last]}
}

// told finds what a sentence tells of the secret whose name is in s from from to to.
func (p *Pass) told(s string, from, to int, list []span) []span {
	m := mentioned(s, from, to)
	for m.to < len(s) && strings.IndexByte("\"'`*", s[m.to]) >= 0 && m.from > 0 && s[m.from-1] == s[m.to] {
		m.from--
		m.to++
	}
	m.after = lowered(s[m.to:min(len(s), m.to+maxTelling)])
	m.hear(lowered(s[max(0, m.from-60):m.from]))
	if x, ok := m.behind(); ok {
		list = append(list, x)
	}
	if x, ok := m.cell(); ok {
		return append(list, x)
	}
	x, ok := span{}, false
	k, changed := m.linked()
	if k > 0 {
		x, ok = m.value(k, true, changed)
	} else {
		x, ok = m.beside()
	}
	if !ok || p.e.isMarker(s[x.from:x.to]) {
		return list
	}
	list = append(list, x)
	if to := unquoted(s, x.to); changed && strings.HasPrefix(s[to:], " to ") {
		if y, ok := m.value(to+len(" to "), true, false); ok {
			list = append(list, y)
		}
	}
	return list
}

// Words before the name of a secret that call for its value, and those that may call
// for the name of a thing as well.
var (
	callers = set(`wrong invalid incorrect bad rejected use try tried trying enter entered entering typed`)
	giving  = set(`with using used sent send got given received new temporary temp default`)
)

// hear reads the words before a name.
func (m *mention) hear(before string) {
	head := strings.Fields(before)
	for n := 0; n < 4 && len(head) > 0; n++ {
		last := head[len(head)-1]
		w := strings.Trim(last, "\"'`(,:")
		head = head[:len(head)-1]
		m.verb = m.verb || changing[w] || w == "change" || w == "changing" || w == "update" || w == "updating" || w == "rotate"
		m.called = m.called || callers[w] || len(head) > 0 && whose[head[len(head)-1]]
		m.given = m.given || giving[w]
		m.got = m.got || w == "got" || w == "given" || w == "received"
		if ofSentence(w) || strings.IndexByte(".,;:!?", last[len(last)-1]) >= 0 {
			return
		}
	}
}

// kinds are words of sentences that say before the name of a secret which one it is.
var kinds = set(`shared access device app id key login email sms user account private encrypted password`)

// ofSentence reports whether a word is one of those that make sentences, not names or what
// stands before them.
func ofSentence(w string) bool {
	return (harmless[w] || fillers[w] || links[w]) && !adverbs[w] && !owners[w] && !kinds[w]
}

// Words of links between the name of a secret and its value: those behind which the value
// stands, those that go on, and the changes behind which it stands after "to".
var (
	states   = set(`is was are were equals becomes became = == := -> => ≔ → ⇒ is: was: are: were: now: =: :`)
	goingOn  = set(`has have had been be being got gets will now currently just here there today still it's`)
	replaced = set(`replaced renewed rotated modified switched altered changed reset set updated`)
)

// linked returns where the value begins that a link tells, 0 if there is none, and whether it is
// the one before a change: is x, was changed to x, for ada is x.
func (m *mention) linked() (at int, changed bool) {
	low, k := m.after, 0
	if m.verb && strings.HasPrefix(low, ", now ") { // rotated the key, now x
		return m.to + len(", now "), false
	}
	stated, verb, whose := false, m.verb, 0
	for range 10 {
		for k < len(low) && (low[k] == ' ' || low[k] == '\t' || low[k] == '\n' && k > 0) {
			k++
		}
		e := k
		for e < len(low) && low[e] > ' ' {
			e++
		}
		w := low[k:e]
		switch {
		case w == "" || k == 0 && isAlnum(w[0]):
			return 0, false
		case states[w]:
			stated = true
		case goingOn[w]:
		case replaced[w]:
			stated, verb, whose = false, true, 0
		case w == "to" && (verb || strings.HasSuffix(low[:k], "equal ")):
			return m.to + e + 1, false
		case w == "equal" && stated:
		case w == "from" && verb && !stated:
			return m.to + e + 1, true
		case w == "as" && verb && !stated:
			return m.to + e + 1, false
		case stated:
			return m.to + k, false
		case whose == 0 && (w == "for" || w == "of" || w == "on" || w == "in" || w == "at") && !verb:
			whose = 1
		case whose > 0 && whose < 5 && w[len(w)-1] == ':':
			stated = true
		case whose > 0 && whose < 5 && strings.IndexByte(".,;!?)", w[len(w)-1]) < 0:
			whose++
		default:
			return 0, false
		}
		k = e
	}
	return 0, false
}

// signs of quotes and brackets, the first of each pair opens.
var enclosing = []string{"\"\"", "''", "``", "“”", "„“", "„”", "‘’", "«»", "‹›", "「」", "『』", "[]", "()", "{}", "<>"}

// inSigns returns the bounds of what is in quotes or brackets at j in its line.
func inSigns(s string, j int) (from, to int, ok bool) {
	near := s[j:lineEnd(s[:min(len(s), j+maxTelling)], j)]
	for _, pair := range enclosing {
		_, n := utf8.DecodeRuneInString(pair)
		if strings.HasPrefix(near, pair[:n]) {
			if k := strings.Index(near[n:], pair[n:]); k > 0 {
				return j + n, j + n + k, true
			}
		}
	}
	return 0, 0, false
}

// unquoted returns where the quote or bracket behind j ends, j if there is none.
func unquoted(s string, j int) int {
	for _, pair := range enclosing {
		_, n := utf8.DecodeRuneInString(pair)
		if strings.HasPrefix(s[j:], pair[n:]) {
			return j + len(pair) - n
		}
	}
	return j
}

// spokenEnd returns where a value ends that begins at j without quotes.
func spokenEnd(s string, j int) int {
	to := j
	for to < len(s) && to-j < maxWord && s[to] > ' ' && strings.IndexByte("\"`<|", s[to]) < 0 {
		to++
	}
	for to > j {
		c := s[to-1]
		if c < utf8.RuneSelf && strings.IndexByte(".,;:?)]}'>", c) < 0 {
			break
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeLastRuneInString(s[j:to])
			if !strings.ContainsRune("”“’»›」』。、，", r) {
				break
			}
			to -= n
			continue
		}
		to--
	}
	return to
}

// value reads the value at j, which a link tells or which stands right behind the name.
func (m *mention) value(j int, linked, changed bool) (x span, ok bool) {
	for j < len(m.s) && (m.s[j] == ' ' || m.s[j] == '\t' || m.s[j] == '\n') {
		j++
	}
	if j >= len(m.s) || strings.HasPrefix(m.s[j:], markerStart) {
		return x, false
	}
	if from, to, ok := inSigns(m.s, j); ok {
		x = span{from: from, to: to, rule: ruleProse}
		v := m.s[from:to]
		end := unquoted(m.s, to)
		if strings.IndexByte(v, ' ') > 0 {
			return x, linked && ofNoSentence(v)
		}
		after := lowered(m.s[end:min(len(m.s), end+32)])
		return x, m.chosen(v, linked || !m.thing || m.called || doomed(after) || strings.HasPrefix(after, " accepted") || strings.HasPrefix(after, " expired"))
	}
	to := spokenEnd(m.s, j)
	v, after := m.s[j:to], lowered(m.s[to:min(len(m.s), to+32)])
	x = span{from: j, to: to, rule: ruleProse}
	ended := clauseEnds(after, 0, "<", " now", " and ", " but ", " for ", " in ", " on ", " at ", " by ", " until ")
	switch {
	case linked:
		return x, m.chosen(v, ended || changed && strings.HasPrefix(after, " to "))
	case m.called || doomed(after):
		return x, m.chosen(v, ended || doomed(after) || strings.HasPrefix(after, " to ") || strings.HasPrefix(after, " via "))
	}
	return x, m.chosen(v, ended && !m.thing)
}

// ofNoSentence reports whether v is several words that are no sentence.
func ofNoSentence(v string) bool {
	known := true
	for w := range strings.FieldsSeq(lowered(v)) {
		if fillers[w] || links[w] || triggers[w] || w == "not" || w == "and" || w == "or" || strings.HasSuffix(w, "n't") {
			return false
		}
		known = known && (harmless[w] || sounding[w] || followers[w])
	}
	return !known
}

// chosen reports whether v is a value by its look; what might be a word or the name of a
// thing is one only if it is sure that a value stands there.
func (m *mention) chosen(v string, sure bool) bool {
	low := lowered(v)
	switch {
	case len(v) < 3 || len(v) >= maxWord || harmlessValue(v) || foreignStates[low] || strings.HasPrefix(v, "/") || strings.HasPrefix(v, "arn:") || isTime(v) || isUUID(v) || ulid(v) || isAddressee(v) || isTicket(v) || isLabelled(low) || isRegion(low) || scopeWord(low):
		return false
	case number(v):
		return m.digits && len(v) <= 10 && strings.Trim(v, "0123456789") == ""
	case strings.ContainsAny(v, "(){}") && !strong(v), strings.Contains(v, "://"):
		return false
	case strings.ContainsAny(v, "!#$%^*&+?~@"):
		return looksChosen(v, "password")
	case isSlug(low):
		return false
	case looksChosen(v, "") && (!m.thing || len(v) >= 8 || len(v) >= 7 && (sure || coined(strings.TrimRight(low, "0123456789")+"xx"))):
		return true
	}
	return sure && (coined(low) || miscased(v) || dashedWords(low))
}

// isState reports whether v says of a secret how it is: read-only, aws-managed, aes-256-gcm.
func isState(v string) bool {
	low := lowered(strings.Trim(v, ".,;:!?)"))
	if len(low) < 4 || len(low) > 40 || strings.ContainsAny(low, " _") {
		return false
	}
	last := low[strings.LastIndexByte(low, '-')+1:]
	if last == low { // a single word
		stem, ok := strings.CutSuffix(low, "ed")
		return ok && len(stem) > 2 && (inDictionary(stem) || jargon[stem] || inDictionary(stem+"e")) || low == "opaque" || low == "signature" || isCipher(low)
	}
	return (qualities[last] || strings.HasSuffix(last, "ed") && inDictionary(last)) && strings.Trim(low, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" || isCipher(low)
}

// qualities are last words of what is said of secrets.
var qualities = set(`only sensitive lived date free proof ready compliant safe specific based backed encoded signed managed versioned`)

// isCipher reports whether a word is the name of an algorithm: ed25519, aes-256-gcm.
func isCipher(low string) bool {
	first, _, _ := strings.Cut(low, "-")
	bare := strings.TrimRight(first, "0123456789")
	if !ciphers[bare] && bare != "aes" && bare != "rsa" && bare != "ssh" && !signers[first] {
		return false
	}
	for part := range strings.SplitSeq(low[len(first):], "-") {
		if part != "" && !number(part) && !modes[part] && !ciphers[strings.TrimRight(part, "0123456789")] {
			return false
		}
	}
	return bare != first || first != low
}

// signers are algorithms of signatures (RFC 7518).
var signers = set(`rs256 rs384 rs512 es256 es384 es512 hs256 hs384 hs512 ps256 ps384 ps512`)

// modes are parts of names of algorithms.
var modes = set(`gcm cbc ctr ecb ccm xts siv rsa ecdsa dss sha2 sha1 sha256 sha512 sha3 oaep pss pkcs1 poly1305 hkdf nistp256 nistp384 nistp521 cert v01`)

// ciphers begin the names of algorithms.
var ciphers = set(`sha ecdsa eddsa ed nistp secp curve hmac pbkdf bcrypt scrypt argon chacha poly blake ascon kyber dilithium`)

// isSlug reports whether every part of v is a word, or so short that it may number a thing.
func isSlug(v string) bool {
	if !strings.ContainsAny(v, "-_.") {
		return false
	}
	for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		bare := strings.TrimRight(part, "0123456789")
		if len(part) > 3 && !ciphers[bare] && !number(part) && !inDictionary(bare) && !jargon[bare] && !acronyms[bare] && (bare == part || !isHex(part)) {
			return false
		}
	}
	return true
}

// dashedWords reports whether v is a password of three words or more between dashes, of which
// no dictionary holds one: gata-glacier-musa.
func dashedWords(v string) bool {
	parts, unknown := 0, false
	for part := range strings.SplitSeq(v, "-") {
		if part == "" || strings.Trim(part, lowerLetters) != "" {
			return false
		}
		parts++
		unknown = unknown || len(part) > 3 && !inDictionary(part) && !jargon[part]
	}
	return parts >= 3 && unknown
}

// beside finds a value right behind the name: wrong key x, password (x) expired, use key x.
func (m *mention) beside() (x span, ok bool) {
	low := m.after
	switch {
	case low == "" || low[0] != ' ' || len(low) < 4:
		return x, false
	case strings.HasPrefix(low, " of ") && m.got:
		return m.value(m.to+len(" of "), true, false)
	}
	if _, _, quoted := inSigns(m.s, m.to+1); quoted {
		return m.value(m.to+1, false, false)
	}
	if end := spokenEnd(m.s, m.to+1); m.called || m.given || doomed(lowered(m.s[end:min(len(m.s), end+32)])) || !m.thing && m.leads() && end == lineEnd(m.s[:min(len(m.s), end+2)], end) {
		return m.value(m.to+1, false, false)
	}
	return x, false
}

// leads reports whether the name is the first of its line, but for words of its own.
func (m *mention) leads() bool {
	from := max(0, m.from-maxSpoken*16)
	line := m.s[from+strings.LastIndexAny(m.s[from:m.from], "\r\n")+1 : m.from]
	line = strings.TrimLeft(line, "|\"'` ")
	if line == "" {
		return true
	}
	for w := range strings.FieldsSeq(lowered(line)) {
		if !isIdentifier(w) || ofSentence(w) {
			return false
		}
	}
	return strings.Count(line, " ") < maxSpoken && len(line) < maxSpoken*16
}

// cell finds the value in a line that is a name and a value and nothing else, or in the line
// below one that is nothing but the name.
func (m *mention) cell() (x span, ok bool) {
	if !m.leads() {
		return x, false
	}
	near := m.s[:min(len(m.s), m.to+maxTelling)]
	end := lineEnd(near, m.to)
	rest := m.s[m.to:end]
	bare := strings.TrimLeft(rest, "\"'` ")
	if bare == "" { // the line below
		next := end
		for next < len(near) && (near[next] == '\r' || near[next] == '\n') {
			next++
		}
		if next-end > 2 || next == end {
			return x, false
		}
		v := strings.TrimSpace(near[next:lineEnd(near, next)])
		from := next + strings.Index(near[next:], v)
		return span{from: from, to: from + len(v), rule: ruleProse}, strings.IndexByte(v, ' ') < 0 && m.chosen(v, true)
	}
	if strings.IndexByte("\t|,;", bare[0]) < 0 {
		return x, false
	}
	v := strings.Trim(bare[1:], "|\"'` \t")
	if v == "" || strings.ContainsAny(v, " \t|,;") {
		return x, false
	}
	from := m.to + strings.LastIndex(rest, v)
	return span{from: from, to: from + len(v), rule: ruleProse}, m.chosen(v, !m.thing || bare[0] == '\t' || bare[0] == '|' || bare[1:] != " "+v)
}

// behind finds the value before the name: x is the new redis pass.
func (m *mention) behind() (x span, ok bool) {
	if describes(m.after, 0) {
		return x, false // x is the new token admin
	}
	before := m.s[max(0, m.from-maxTelling):m.from]
	owned := false
	for n := 0; n < 6; n++ {
		before = strings.TrimRight(before, " ")
		from := strings.LastIndexByte(before, ' ') + 1
		switch w := lowered(before[from:]); {
		case owners[w]:
			owned = true
		case w == "" || owned && w != "is" && w != "was" && w != "becomes" || !owned && (ofSentence(w) || !isIdentifier(w)):
			return x, false
		case owned:
			return m.told(strings.TrimRight(before[:from], " "))
		}
		before = before[:from]
	}
	return x, false
}

// told reads the value at the end of what stands before a link to the name.
func (m *mention) told(before string) (x span, ok bool) {
	v := before[strings.LastIndexAny(before, " \t\n\"'`>")+1:]
	to := m.from - len(m.s[max(0, m.from-maxTelling):m.from]) + len(before)
	return span{from: to - len(v), to: to, rule: ruleProse}, !describes(m.after, 0) && m.chosen(v, clauseEnds(m.after, 0, "<", " now", " for ", " of "))
}
