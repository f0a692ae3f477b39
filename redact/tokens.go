package redact

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed providers.txt
var providerData string

// A provider is one format of token.
type provider struct {
	rule, prefix string
	class        byte
	chance       bool // what follows must look made by chance
	back         bool // characters of the class before the prefix belong to it
	min          int
}

var providers = readProviders()

func readProviders() (list []provider) {
	for line := range strings.Lines(providerData) {
		f := strings.Fields(line)
		if len(f) != 4 || f[0] == "#" {
			continue
		}
		min := 0
		for _, c := range f[3] {
			min = min*10 + int(c-'0')
		}
		list = append(list, provider{
			rule: f[0], prefix: strings.ReplaceAll(f[1], `\s`, " "), class: f[2][0], min: min,
			chance: strings.Contains(f[2], "?"), back: strings.Contains(f[2], "<"),
		})
		if !slices.Contains(ruleNames, f[0]) {
			ruleNames = append(ruleNames, f[0])
		}
	}
	return list
}

// tokenRules are those of the providers.
var tokenRules = func() map[string]bool {
	m := map[string]bool{}
	for _, p := range providers {
		m[p.rule] = true
	}
	return m
}()

// runOn returns where a token ends that was found up to at, but may go on after
// a sign that is encoded or not one of most tokens.
func runOn(s string, at int) int {
	for at < len(s) {
		next := at + 1
		switch {
		case s[at] == '~':
		case s[at] == '%' && at+2 < len(s) && hexValue(s[at+1]) >= 0 && contained(byte(hexValue(s[at+1])<<4|max(0, hexValue(s[at+2]))), "+/=~"):
			next = at + 3
		case s[at] == '.' && at+16 < len(s) && tokenRun(s, at+1) >= at+17 && random(s[at+1:at+17], 2):
		default:
			return at
		}
		at = tokenRun(s, next)
	}
	return at
}

func tokenRun(s string, at int) int {
	for at < len(s) && isToken(s[at]) {
		at++
	}
	return at
}

func inClass(c, class byte) bool {
	switch class {
	case 'd':
		return isDigit(c)
	case 'h':
		return hexValue(c) >= 0
	case 'u':
		return isUpper(c) || isDigit(c)
	case 'm':
		return isAlnum(c)
	case 'w':
		return isAlnum(c) || c == '_'
	case 'b':
		return isAlnum(c) || c == '_' || c == '-'
	case 't':
		return isAlnum(c) || c == '_' || c == '-' || c == '.' || c == '~'
	case 'q':
		return isAlnum(c) || strings.IndexByte("_-.+/=$,:", c) >= 0
	case 'x':
		return isAlnum(c) || c == '_' || c == '-' || c == '.'
	}
	return isAlnum(c) || strings.IndexByte("_-.+/=", c) >= 0 || (class == 'k' || class == 'c') && (c == '$' || c == ',') || class == 'c' && c == ':'
}

// bounds of a run of characters.
type bounds struct{ from, to int }

// runEnd returns where the run of characters of a class ends that holds at. It
// remembers the last one, so that many hits in one run cost no more than one.
func runEnd(s string, at int, class byte, runs map[byte]bounds) int {
	if r, ok := runs[class]; ok && r.from <= at && at <= r.to {
		return r.to
	}
	known, to := runs[class], at
	for to < len(s) && inClass(s[to], class) {
		if to++; to == known.from && known.to > to {
			to = known.to
		}
	}
	runs[class] = bounds{at, to}
	return to
}

// begins reports whether a token may begin with s[from:to], which is the prefix
// but for the case of letters.
func (f *provider) begins(s string, from, to int) bool {
	if len(s)-to < f.min || f.min > 0 && !inClass(s[to], f.class) {
		return false
	}
	return s[from:to] == f.prefix || len(f.prefix) >= 4 && (f.prefix[len(f.prefix)-1] == '_' || f.prefix[len(f.prefix)-1] == '-')
}

func providerSpan(s string, h hit, runs map[byte]bounds, list []span) []span {
	f := &providers[h.literal]
	from := h.end - len(f.prefix)
	if from > 0 && isAlnum(s[from-1]) && isAlnum(f.prefix[0]) && len(f.prefix) < 6 && !f.back {
		return list
	}
	for f.back && from > 0 && inClass(s[from-1], f.class) && h.end-from < 64 {
		from--
	}
	to := runEnd(s, h.end, f.class, runs)
	if to-h.end < f.min {
		return list
	}
	if f.class == 'h' && isHex(f.prefix) && to-h.end != f.min {
		return list // a longer digest
	}
	if v := s[h.end:min(to, h.end+256)]; f.chance && (!random(v, 3) && !(len(v) == f.min && f.min >= 24 && mixedCase(v) && random(v, 2)) || f.back && (isHex(v) || ulid(v))) {
		return list
	}
	return append(list, span{from: from, to: to, rule: f.rule})
}

// random reports whether s is no word of people: its digits stand in at least
// n groups, or upper and lower case change as chance has it.
func random(s string, n int) bool {
	groups, changes, letters := 0, 0, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if isDigit(c) && (i == 0 || !isDigit(s[i-1])) {
			groups++
		}
		if i > 0 && isAlpha(c) && isAlpha(s[i-1]) {
			letters++
			if isUpper(c) != isUpper(s[i-1]) {
				changes++
			}
		}
	}
	return groups >= n || letters > 8 && changes*5 > letters*2
}

func jwtSpan(s string, h hit, runs map[byte]bounds, list []span) []span {
	from := h.end - 3
	if s[from:h.end] != "eyJ" {
		return list
	}
	if n := len(list); n > 0 && list[n-1].rule == ruleJWT && from < list[n-1].to {
		return list
	}
	to := runEnd(s, h.end, 'x', runs)
	for range 2 { // broken at a dot
		k := to
		for k < len(s) && k-to < 4 && (s[k] <= ' ' || s[k] == '.' && s[to-1] != '.') {
			k++
		}
		if k == to || s[to-1] != '.' && s[k-1] != '.' && strings.IndexByte(s[to:k], '.') < 0 {
			break
		}
		end := k
		for end < len(s) && inClass(s[end], 'x') {
			end++
		}
		if end-k < 16 || !random(s[k:min(end, k+256)], 2) {
			break
		}
		to = end
	}
	if to-from < 20 || strings.IndexByte(s[from:min(to, from+4096)], '.') < 0 {
		return list
	}
	return append(list, span{from: from, to: to, rule: ruleJWT})
}

// keyBlocks finds PEM, OpenSSH, PGP and PuTTY keys; a block without an end goes
// to the end of the text.
func keyBlocks(s string, list []span) []span {
	for at := 0; at < len(s); {
		i := indexFold(s[at:], "-----begin")
		if j := indexFold(s[at:], "---- begin"); i < 0 || j >= 0 && j < i {
			i = j
		}
		if i < 0 {
			break
		}
		from := at + i
		to := len(s)
		if k := indexFold(s[from+10:], "---end"); k >= 0 {
			to = from + 10 + k + 3
		} else if k := indexFold(s[from+10:], "-- end"); k >= 0 {
			to = from + 10 + k + 3
		}
		for to < len(s) && s[to] != '\n' && s[to] != '"' { // END RSA PRIVATE KEY-----
			to++
			if (strings.HasSuffix(s[:to], "-----") || strings.HasSuffix(s[:to], "KEY ----")) && !strings.HasPrefix(s[to:], "-") && to-from > 30 {
				break
			}
		}
		list = append(list, span{from: from, to: to, rule: rulePEM})
		at = to
	}
	if i := indexFold(s, "putty-user-key"); i >= 0 {
		to := len(s)
		if k := indexFold(s[i:], "private-mac: "); k >= 0 { // its last line
			to = i + k + len("private-mac: ")
			for to < len(s) && hexValue(s[to]) >= 0 {
				to++
			}
		}
		list = append(list, span{from: i, to: to, rule: rulePEM})
	}
	return list
}

// authSpans finds credentials after the name of a scheme.
func authSpans(s string, list []span) []span {
	for _, scheme := range []string{"bearer", "basic", "digest", "negotiate", "ntlm", "apikey", "aws4-hmac-sha256", "hawk", "jwt"} {
		for at := 0; at < len(s); {
			i := indexFold(s[at:], scheme)
			if i < 0 {
				break
			}
			at += i + len(scheme)
			if at < len(s) && (isAlnum(s[at]) || strings.IndexByte("@.-_/", s[at]) >= 0) || at-len(scheme) > 0 && isAlnum(s[at-len(scheme)-1]) {
				continue
			}
			from := at
			for from < len(s) && (s[from] == ' ' || s[from] == '\t' || s[from] == ':' || s[from] == '"' || s[from] == '=' || s[from] == ',') {
				from++
			}
			to := from
			for to < len(s) && strings.IndexByte(" \t\r\n\"',;)}]<", s[to]) < 0 && !(s[to] == '&' && nameFollows(s[to+1:])) {
				to++
			}
			if scheme == "digest" || scheme == "aws4-hmac-sha256" || scheme == "hawk" {
				if strings.IndexByte(s[from:to], '=') > 0 { // of several parts
					head := at - len(scheme) // of the header
					for head > 0 && at-head < 64 && (s[head-1] == ' ' || s[head-1] == ':') {
						head--
					}
					for head < at-len(scheme) && head > 0 && at-head < 64 && isNameByte(s[head-1]) {
						head--
					}
					ends := "\r\n"
					if scheme == "aws4-hmac-sha256" {
						ends = "\r\n\"'"
					}
					if end := closedAt(s, head, from); end > 0 {
						to = end
					} else if k := strings.IndexAny(s[from:], ends); k >= 0 {
						to = from + k
					} else {
						to = len(s)
					}
				}
			}
			word := s[from:to]
			if len(word) < 6 || !(random(word, 1) || len(word) >= 16 || coined(word) || miscased(word)) || authWords[strings.ToLower(word)] || scheme == "digest" && isHex(word) {
				continue
			}
			list = append(list, span{from: from, to: to, rule: ruleAuth})
			at = to
		}
	}
	return list
}

var authWords = set(`authentication authorization realm token tokens access error`)

// tokenSpans finds long words that no person made up, and what is encoded in
// base64.
func (p *Pass) tokenSpans(s string, g *sight, list []span, decoded int) []span {
	tried := 0 // up to here lines were read as one
	for i := 0; i < len(s); {
		if !isToken(s[i]) {
			if i++; s[i-1] == '%' && i+2 < len(s) && hexValue(s[i]) >= 0 && hexValue(s[i+1]) >= 0 {
				i += 2
			}
			continue
		}
		j := i
		for j < len(s) && isToken(s[j]) {
			j++
		}
		if k := strings.IndexByte(s[i:j], '='); k > 0 && k < j-i-2 && j < len(s) && (s[j] == '\r' || s[j] == '\n') { // name=value
			list = p.tokenSpan(s, i, i+k, g, list, decoded)
			i += k + 1
		}
		if to := unfold(s, i, j, tried); to > j {
			tried = to
			word := strings.NewReplacer("\r", "", "\n", "", " ", "").Replace(s[i:to])
			if rule := p.encoded(word, decoded); rule != "" {
				list = append(list, span{from: i, to: to, rule: rule})
				i = to
				continue
			}
		}
		if j-i >= 12 {
			list = p.tokenSpan(s, i, j, g, list, decoded)
		}
		i = j
	}
	return list
}

func (p *Pass) tokenSpan(s string, from, to int, g *sight, list []span, decoded int) []span {
	word := s[from:to]
	if k := strings.IndexByte(word, '='); k > 0 && k < len(word)-2 { // name=value
		list = p.tokenSpan(s, from, from+k, g, list, decoded)
		return p.tokenSpan(s, from+k+1, to, g, list, decoded)
	}
	if g.signs&(signPlus|signSpace) == signPlus {
		if k := behindWords(word); k > 0 {
			return p.tokenSpan(s, from+k, to, g, list, decoded)
		}
	}
	if ulid(word) {
		return list
	}
	if len(word) == 43 && strings.HasSuffix(s[:from], "SHA256:") {
		return list // the fingerprint of a key
	}
	if awsSecret(word, behindKey(s[max(0, from-80):from])) {
		return append(list, span{from: from, to: to, rule: ruleEntropy})
	}
	if isLicence(word) && (nearTelling(s, from) || tellsBehind(s, to)) {
		return append(list, span{from: from, to: to, rule: ruleEntropy})
	}
	if text := hexText(word); text != "" && decoded < maxDecode {
		if rule := p.holds(text, decoded); rule != "" {
			return append(list, span{from: from, to: to, rule: rule})
		}
	}
	if mysqlHash(s, from, to) {
		return append(list, span{from: from, to: to, rule: "password_hash"})
	}
	if len(word) < 12 || isHex(strings.TrimPrefix(word, "0x")) || strings.HasPrefix(word, "S-1-5-") || isDigest(word) {
		return list
	}
	if word[0] == '/' && g.looks&lookProse != 0 && byChance(word) && nearTelling(s, from) {
		return append(list, span{from: from, to: to, rule: ruleEntropy})
	}
	if pathLike(word) {
		return p.segments(s, from, to, g, list, decoded)
	}
	if rule := p.encoded(word, decoded); rule != "" {
		return append(list, span{from: from, to: to, rule: rule})
	}
	if len(word) >= 35 && isHex(word[:32]) && strings.HasPrefix(word[32:], "-us") {
		return append(list, span{from: from, to: to, rule: ruleEntropy}) // Mailchimp
	}
	if dense(word) {
		return append(list, span{from: from, to: to, rule: ruleEntropy})
	}
	if len(word) >= 16 && g.looks&lookProse != 0 && (random(word, 3) || mixedCase(word) && (random(word, 2) || isIdentifier(word) && shuffled(word))) && !isUUID(word) && (noSlash(word) || slashedKey(word)) && !isPod(word) && !wordy(word) &&
		((len(word) >= 20 || mixedCase(word) && isIdentifier(word)) && nearTelling(s, from) || tellsBehind(s, to)) {
		return append(list, span{from: from, to: to, rule: ruleEntropy})
	}
	if g.solid < 40 {
		return list
	}
	for i := from; i < to; i++ { // inside a path
		j := i
		for j < to && signs[s[j]]&signSplit == 0 {
			j++
		}
		if j-i < len(word) && dense(s[i:j]) {
			list = append(list, span{from: i, to: j, rule: ruleEntropy})
		}
		i = j
	}
	return list
}

// behindWords returns where what follows the last of the words of people in s begins,
// in which + stands for a space.
func behindWords(s string) int {
	for i := strings.LastIndexByte(s, '+'); i >= 0; i = strings.LastIndexByte(s[:i], '+') {
		if w := s[strings.LastIndexByte(s[:i], '+')+1 : i]; len(w) >= 3 && inDictionary(w) {
			return i + 1
		}
	}
	return 0
}

// isPod reports whether a word is the name of a pod or of its kin: parts of lower-case
// letters and digits, the first a word, none longer than 12.
func isPod(s string) bool {
	if strings.Count(s, "-") < 2 {
		return false
	}
	for n, part := range strings.Split(s, "-") {
		if len(part) > 12 || strings.Trim(part, lowerLetters+"0123456789") != "" || n == 0 && !inDictionary(part) && !jargon[part] && len(part) > 4 {
			return false
		}
	}
	return true
}

// appTokens finds the number of an app, | and its secret, as Facebook writes it.
func appTokens(s string, list []span) []span {
	for i := 0; i < len(s); i++ {
		if s[i] != '|' {
			continue
		}
		from, to := i, i+1
		for from > 0 && isDigit(s[from-1]) {
			from--
		}
		for to < len(s) && inClass(s[to], 'b') {
			to++
		}
		if i-from >= 13 && to-i > 24 && (random(s[i+1:to], 3) || mixedCase(s[i+1:to]) && strings.ContainsAny(s[i+1:to], "0123456789")) {
			list = append(list, span{from: i + 1, to: to, rule: ruleEntropy})
			i = to - 1
		}
	}
	return list
}

// ulid reports whether a word is a ULID: 26 digits and upper-case letters, but I, L,
// O and U.
func ulid(s string) bool {
	if len(s) != 26 || s[0] > '7' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) && !isUpper(s[i]) || strings.IndexByte("ILOU", s[i]) >= 0 {
			return false
		}
	}
	return true
}

// awsSecret reports whether a word has the form of a secret access key: 40 letters,
// digits, / and +, no part of which is a word. Beside an access key id nearly any is one.
func awsSecret(s string, beside bool) bool {
	if len(s) != 40 || !mixedCase(s) || !strings.ContainsAny(s, "0123456789") || noSlash(s) {
		return false
	}
	for part := range strings.SplitSeq(s, "/") {
		if len(part) >= 4 && wordPath(part) {
			return false
		}
	}
	for i := 1; i < len(s); i++ {
		if !isAlnum(s[i]) && s[i] != '/' && s[i] != '+' {
			return false
		}
	}
	return beside || changeable(s)
}

// behindKey reports whether a text ends shortly behind the id of an access key.
func behindKey(before string) bool {
	return strings.Contains(before, "AKIA") || strings.Contains(before, "ASIA")
}

// isLicence reports whether a word has the form of the key of a licence: five groups of five
// upper-case letters and digits.
func isLicence(s string) bool {
	if len(s) != 29 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if i%6 == 5 && s[i] != '-' || i%6 != 5 && !isUpper(s[i]) && !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// hexText returns the text that hex digits encode, "" if they encode none.
func hexText(s string) string {
	if len(s) < 24 || len(s)%2 != 0 {
		return ""
	}
	b := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); i += 2 {
		hi, lo := hexValue(s[i]), hexValue(s[i+1])
		if c := hi<<4 | lo; hi < 0 || lo < 0 || (c < ' ' || c > '~') && c != '\n' && c != '\r' && c != '\t' {
			return ""
		}
		b = append(b, byte(hi<<4|lo))
	}
	return string(b)
}

// mysqlHash reports whether a word is 40 hex digits in upper case after a *, as
// MySQL stores passwords.
func mysqlHash(s string, from, to int) bool {
	if to-from != 40 || from == 0 || s[from-1] != '*' {
		return false
	}
	for i := from; i < to; i++ {
		if hexValue(s[i]) < 0 || isLower(s[i]) {
			return false
		}
	}
	return true
}

// pathLike reports whether a word with slashes is a path: it begins with one, or
// a part of it is a word of people.
func pathLike(s string) bool {
	if noSlash(s) {
		return false
	}
	if s[0] == '/' && (len(s)%4 != 0 || len(s) < 40 || !slashedKey(s)) || behindName(s[:strings.IndexByte(s, '/')]) {
		return true
	}
	known := 0
	for part := range strings.SplitSeq(s, "/") {
		if len(part) >= 4 && len(part) <= maxObviousWord && wordPath(part) {
			known += len(part)
		}
	}
	return known >= 6 || known > 0 && !slashedKey(s)
}

// slashedKey reports whether s may be base64 with slashes: chance may have made one short word
// in it, but no id, and behind a slash at its beginning nothing in the case of a word.
func slashedKey(s string) bool {
	if len(s) < 24 || !mixedCase(s) || !random(s, 3) || !isBase64(s) {
		return false
	}
	for part := range strings.SplitSeq(s, "/") {
		if ulid(part) || isTraceID(part) || s[0] == '/' && len(part) >= 3 && strings.Trim(part[1:], lowerLetters) == "" && isAlpha(part[0]) {
			return false
		}
	}
	return true
}

// byChance reports whether s may be base64 with slashes beside a word that tells of a secret: its
// characters change as chance has them, and no part is a longer word or an id.
func byChance(s string) bool {
	if len(s) < 24 || len(s)%4 != 0 || !mixedCase(s) || !random(s, 3) || !isBase64(s) || !changeable(s) {
		return false
	}
	for part := range strings.SplitSeq(s, "/") {
		if len(part) >= 4 && strings.Trim(part[1:], lowerLetters) == "" || ulid(part) || isTraceID(part) {
			return false
		}
	}
	return true
}

func isBase64(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) && strings.IndexByte("+/=", s[i]) < 0 {
			return false
		}
	}
	return true
}

// segments judges the parts of a path.
func (p *Pass) segments(s string, from, to int, g *sight, list []span, decoded int) []span {
	for i := from; i < to; {
		if end := slashed(s, i, to); end > i && dense(s[max(from, i-1):end]) {
			list = append(list, span{from: i, to: end, rule: ruleEntropy})
			i = end + 1
			continue
		}
		j := i
		for j < to && s[j] != '/' {
			j++
		}
		part := s[i:j]
		if len(part) >= 16 && mixedCase(part) && strings.ContainsAny(part, "0123456789") && isIdentifier(part) && !wordy(part) && behindName(s[from:i]) {
			list = append(list, span{from: i, to: j, rule: ruleEntropy})
		} else {
			list = p.tokenSpan(s, i, j, g, list, decoded)
		}
		i = j + 1
	}
	return list
}

// behindName reports whether the last part of a path is the name of one secret: /api-key/.
func behindName(path string) bool {
	path = strings.TrimSuffix(path, "/")
	name := squeeze(path[strings.LastIndexByte(path, '/')+1:])
	return secretTerms[name] || name == "key"
}

const maxSlashed = 256 // bytes of base64 with slashes in a path

// slashed returns where base64 with slashes ends that begins at a part of a path:
// several parts, none of them words, and a + or = in them; at if there is none.
func slashed(s string, at, to int) int {
	end, parts, sign := at, 0, false
	for i := at; i < to && i-at <= maxSlashed; {
		j := i
		for j < to && s[j] != '/' && j-at <= maxSlashed {
			sign = sign || s[j] == '+' || s[j] == '='
			j++
		}
		if j > i && wordPath(s[i:j]) {
			break
		}
		parts++
		end, i = j, j+1
	}
	if parts == 0 || !sign || end-at > maxSlashed {
		return at
	}
	return end
}

func noSlash(s string) bool { return strings.IndexByte(s, '/') < 0 }

// nearTelling reports whether a word that tells of a secret stands shortly
// before at.
func nearTelling(s string, at int) bool {
	near := s[max(0, at-40):at]
	if strings.Contains(near, "PAT ") { // personal access token
		return true
	}
	near = strings.ToLower(near)
	for _, w := range []string{"key", "token", "secret", "passw", "passc", "passph", "pwd", "bearer", "hmac", "pat:", "seed", "credential", "signature", "auth", "schlüssel", "schlussel", "ключ", "sleutel", "klucz", "chiave", "chave"} {
		if strings.Contains(near, w) {
			return true
		}
	}
	return false
}

// shuffled reports whether a word has a digit, and letters that change their case four times or
// more.
func shuffled(s string) bool {
	changes := 0
	for i := 1; i < len(s); i++ {
		if isAlpha(s[i]) && isAlpha(s[i-1]) && isUpper(s[i]) != isUpper(s[i-1]) {
			changes++
		}
	}
	return changes >= 4 && strings.ContainsAny(s, "0123456789")
}

// telling are words that name a secret behind it.
var telling = set(`key keys token secret password passphrase passcode pin credential credentials signature auth otp`)

// tellsBehind reports whether what stands shortly behind at says that what is before it is
// a secret: is the recovery key, as deploy key, (auth).
func tellsBehind(s string, at int) bool {
	low := lowered(s[at:min(len(s), at+64)])
	low = strings.TrimLeft(low, "\"'`,")
	linked := strings.HasPrefix(low, " (")
	head := 0
	for n := 0; n < 8; n++ {
		for head < len(low) && strings.IndexByte(" (\"'`", low[head]) >= 0 {
			head++
		}
		from := head
		for head < len(low) && (isAlpha(low[head]) || low[head] == '-') {
			head++
		}
		switch w := low[from:head]; {
		case w == "":
			return false
		case n == 0 && !linked:
			if linked = links[w] || before[w] || stated[w]; !linked {
				return false
			}
		case telling[w[strings.LastIndexByte(w, '-')+1:]] || secretTerms[w]:
			return !describes(low, head)
		}
	}
	return false
}

func isHex(s string) bool {
	var kinds uint32
	for i := 0; i < len(s); i++ {
		kinds |= signs[s[i]]
	}
	return kinds&signNoHex == 0
}

// isDigest reports whether a word is the name of a hash function and the hex digits that
// it made: sha256-….
func isDigest(s string) bool {
	i := strings.LastIndexAny(s, "-_=") + 1
	if i < 4 || len(s)-i < 32 || len(s)%2 != i%2 || !isHex(s[i:]) || hexText(s[i:]) != "" {
		return false
	}
	name := strings.TrimRight(squeeze(s[:i-1]), "0123456789")
	return name == "md" || name == "sha" || name == "ripemd" || name == "xxh" || strings.HasPrefix(name, "blake")
}

func isUUID(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' && isHex(s)
}

// dense reports whether a word of 40 or more characters mixes letters and
// digits as chance does.
func dense(s string) bool {
	if len(s) < 40 {
		return false
	}
	var up, low, num, other, groups, changes, pairs int
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isUpper(c):
			up++
		case isLower(c):
			low++
		case isDigit(c):
			num++
			if i == 0 || !isDigit(s[i-1]) {
				groups++
			}
		default:
			other++
		}
		if i > 0 && isAlnum(c) && isAlnum(s[i-1]) {
			pairs++
			if kindOf(c) != kindOf(s[i-1]) {
				changes++
			}
		}
	}
	if num == 0 || up+low == 0 || other*6 > len(s) {
		return false
	}
	if up > 0 && low > 0 {
		return (changes*4 > pairs || groups >= 4 && other*10 < len(s)) && !wordy(s)
	}
	return other == 0 || groups >= 3 && changes*6 > pairs && other*10 < len(s)
}

// wordy reports whether words of people make up a third of s or more, as in the name
// of a class.
func wordy(s string) bool {
	n := 0
	for _, w := range words(s, nil) {
		if w = strings.TrimRight(w, "0123456789"); len(w) >= 4 && inDictionary(w) {
			n += len(w)
		}
	}
	return n*3 >= len(s)
}

func kindOf(c byte) int {
	switch {
	case isUpper(c):
		return 1
	case isLower(c):
		return 2
	}
	return 3
}

// dottedSpans finds tokens of three parts that are no JWT: those of Discord,
// encrypted and signed cookies.
func dottedSpans(s string, list []span) []span {
	for i := 0; i < len(s); {
		if !inClass(s[i], 'b') {
			i++
			continue
		}
		for k := i; k < len(s) && inClass(s[k], 'b') || k < len(s) && s[k] == '.'; k++ { // names before it: sessions.x.y.z
			if s[k] == '.' {
				if !wordPath(s[i:k]) || k+1 == len(s) {
					break
				}
				i = k + 1
			}
		}
		j, dots, shortest, part := i, 0, len(s), 0
		for ; j < len(s) && (inClass(s[j], 'b') || s[j] == '.' && j+1 < len(s) && inClass(s[j+1], 'b')); j++ {
			if s[j] == '.' {
				dots++
				shortest, part = min(shortest, part), 0
			} else {
				part++
			}
		}
		shortest = min(shortest, part)
		if word := s[i:j]; dots >= 2 && dots <= 4 && len(word) >= 50 && shortest >= 5 && dense(word) {
			list = append(list, span{from: i, to: j, rule: ruleJWT})
		}
		i = j
	}
	return list
}

// vendorToken reports whether v looks like a token of a service that has no sign
// of its own: one word, made by chance, no UUID, no number.
func vendorToken(v string) bool {
	return len(v) >= 15 && len(v) <= 256 && isIdentifier(v) && (random(v, 3) || random(v, 2) && mixedCase(v)) && !isUUID(v) && !number(v) && !(isHex(v) && len(v) == 40)
}
