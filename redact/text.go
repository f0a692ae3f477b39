package redact

import (
	_ "embed"
	"encoding/base64"
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// A mode says how a text is read.
type mode uint8

const (
	kept    mode = iota // the value of an attribute that the configuration keeps
	field               // a field that is harmless by its nature
	prose               // sentences
	locator             // a URL or a path
	request             // a value in a request
)

// Rules that are no provider's token and no pattern of the user.
const (
	ruleKey        = "key"
	rulePair       = "pair"
	ruleProse      = "prose"
	ruleJWT        = "jwt"
	rulePEM        = "private_key"
	ruleURL        = "url"
	ruleUserinfo   = "userinfo"
	ruleAuth       = "credentials"
	ruleCookie     = "cookie"
	ruleCard       = "card"
	ruleIBAN       = "iban"
	ruleSSN        = "ssn"
	ruleEntropy    = "entropy"
	ruleBase64     = "base64"
	ruleWebhook    = "webhook"
	ruleSQL        = "sql"
	ruleRows       = "rows"
	ruleText       = "text"
	ruleEmail      = "email"
	ruleResponse   = "response"
	ruleDepth      = "depth"
	ruleTooLong    = "too_long"
	ruleUnreadable = "unreadable"
	ruleError      = "error"
	ruleBytes      = "bytes"
	ruleDatabase   = "database_error"
)

var ruleNames = []string{
	ruleKey, rulePair, ruleProse, ruleJWT, rulePEM, ruleURL, ruleUserinfo, ruleAuth, ruleCookie, ruleCard, ruleIBAN,
	ruleSSN, ruleEntropy, ruleBase64, ruleWebhook, ruleSQL, ruleRows, ruleText, ruleEmail, ruleResponse, ruleDepth,
	ruleTooLong, ruleUnreadable, ruleError, ruleBytes, ruleDatabase, ruleMask, ruleHash, ruleLast4, ruleDrop,
}

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
			chance: strings.HasSuffix(f[2], "?"), back: strings.HasSuffix(f[2], "<"),
		})
		if !slices.Contains(ruleNames, f[0]) {
			ruleNames = append(ruleNames, f[0])
		}
	}
	return list
}

// Literals that call for a closer look, after those of the providers.
const (
	lookJWT = 1 << iota
	lookPEM
	lookURL
	lookAuth
	lookProse
	lookSQL
	lookDatabase
	lookCommand
	lookMarkup
	lookHook
	lookSealed
	lookMultipart
	lookReset
	lookLogin
	lookProvider
)

var looks = []struct {
	look uint32
	list string
}{
	{lookJWT, "eyj"},
	{lookPEM, "-----begin|---- begin|putty-user-key|age-secret-key|ssh-rsa |ssh-ed25519 |ecdsa-sha2"},
	{lookURL, "://"},
	{lookAuth, "bearer|basic |digest |negotiate |authorization|apikey |token |ntlm |aws4-hmac|hawk "},
	{lookProse, "password|passwd|passcode|passphrase|pass phrase|pass code|pwd|secret|token|credential|pin |pin:|otp|cvv|cvc|api key|api-key|apikey|access key|private key|secret key|signing key|encryption key|security code|verification code|one-time|one time|login code|auth code|access code|recovery|backup code|seed phrase|mnemonic|ssn|social security|passwort|kennwort|signature|card number|iban|account number|privatekey|apikey|_key|key:|key=|auth|pass|wpa|psk|masterauth|requirepass|cvn"},
	{lookSQL, "select |select\n|select\t|insert |update |delete |replace into|merge |exec |execute |call |alter |create user|create role|grant |identified by|values|upsert |with |copy |set password"},
	{lookDatabase, "duplicate|dup key|failing row|invalid input|key (|conversion failed|incorrect |out of range|truncat|parameters:|parameter |params:|bind|near \"|near '|value '|value \"|value is|detail:|data too long|violated"},
	{lookReset, "reset/|invite/|verify/|confirm/|magic/|activate/|unsubscribe/|invitation/|recover/|unlock/"},
	{lookLogin, "login|logged in|sign in|signed in|auth |pass |chpasswd|--stdin|sudo |asplaintext|add_user|change_password|net user|htpasswd|schtasks|/rp|kinit|snmp|machine |ftp>|curl |sshpass|mysqladmin|nmcli|gh secret|variable \"|authtoken"},
	{lookCommand, " -p|--|-u |-a |-w |passin|pass:| -U |sshpass|curl |mysql|psql|net use"},
	{lookMarkup, "</|/>|<input"},
	{lookMultipart, "content-disposition"},
	{lookSealed, "kind: secret|kind:secret|kind: \"secret"},
	{lookHook, "discord.com/api|discordapp.com/api|webhook|maker.ifttt|logic.azure|chat.googleapis|hook.|hooks.|/hooks/|api.telegram|/bot|pipedream"},
}

var literals, lookOf = makeLiterals()

func makeLiterals() (*matcher, []uint32) {
	var list []string
	var look []uint32
	for _, p := range providers {
		list = append(list, strings.ToLower(p.prefix))
		look = append(look, lookProvider)
	}
	for _, l := range looks {
		for _, s := range strings.Split(l.list, "|") {
			list = append(list, strings.ToLower(s))
			look = append(look, l.look)
		}
	}
	return newMatcher(list), look
}

// A span is a part of a text that goes.
type span struct {
	from, to int
	rule     string
	with     string // what stands there instead; "" is the rule's marker
}

// text redacts s.
func (p *Pass) text(s string, m mode, decoded int) string {
	if s == "" || p.e.obvious(s) || p.e.isMarker(s) || p.e.allows(s) {
		return s
	}
	if len(s) > maxText {
		return p.replace(ruleTooLong)
	}
	var g sight
	p.e.see(s, &g)
	if c := firstByte(s); g.signs&signBracket != 0 && (c == '{' || c == '[') || c == '"' {
		if r, ok := p.document(s, m, decoded); ok {
			return r
		}
	}
	encoded := g.signs&(signEscape|signWide) != 0 || g.signs&(signPlus|signSpace) == signPlus
	if encoded && g.signs&signPlus == 0 {
		if r, ok := p.decoded(s, m, &g, decoded); ok {
			return r
		}
	}
	if spans := p.spans(s, m, &g, decoded); len(spans) > 0 {
		s = p.apply(s, spans, m, decoded)
	}
	if encoded && g.signs&signPlus != 0 { // a + may belong to a secret, which is gone now
		if r, ok := p.decoded(s, m, &g, decoded); ok {
			return r
		}
	}
	return s
}

// decoded redacts what s encodes, if anything is to be redacted there.
func (p *Pass) decoded(s string, m mode, g *sight, decoded int) (string, bool) {
	v := decode(s, g.signs&signSpace == 0)
	if v == s {
		return s, false
	}
	if decoded >= maxDecode {
		return p.replace(ruleDepth), true
	}
	r := p.text(v, m, decoded+1)
	return r, r != v
}

func firstByte(s string) byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// decode undoes one layer of encodings that hide characters; form is true where
// + may stand for a space.
func decode(s string, form bool) string {
	v := plainLetters(withoutColors(s))
	if form && strings.IndexByte(v, '+') >= 0 && base64Text(v) == "" {
		v = strings.ReplaceAll(v, "+", " ")
	}
	if strings.IndexByte(v, '%') >= 0 {
		v = percentDecode(v)
	}
	if strings.IndexByte(v, '&') >= 0 && strings.IndexByte(v, ';') >= 0 {
		v = html.UnescapeString(v)
	}
	if strings.IndexByte(v, '\\') >= 0 && strings.IndexByte(v, ':') != 1 { // not C:\path
		v = unescape(v)
	}
	return v
}

// withoutColors removes the sequences that color a terminal.
func withoutColors(s string) string {
	if strings.IndexByte(s, 0x1B) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == 0x1B && i+1 < len(s) && s[i+1] == '[' {
			for i += 2; i < len(s) && (isDigit(s[i]) || s[i] == ';'); i++ {
			}
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func percentDecode(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexValue(s[i+1]) >= 0 && hexValue(s[i+2]) >= 0 {
			if b == nil {
				b = append(make([]byte, 0, len(s)), s[:i]...)
			}
			b = append(b, byte(hexValue(s[i+1])<<4|hexValue(s[i+2])))
			i += 2
		} else if b != nil {
			b = append(b, s[i])
		}
	}
	if b == nil {
		return s
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// unescape undoes the escapes of JSON and of string literals.
func unescape(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		i++
		switch s[i] {
		case '"', '\'', '\\', '/':
			b = append(b, s[i])
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			if r, ok := hex4(s, i+1); ok {
				b = utf8.AppendRune(b, r)
				i += 4
				continue
			}
			b = append(b, '\\', 'u')
		case 'x':
			if i+2 < len(s) && hexValue(s[i+1]) >= 0 && hexValue(s[i+2]) >= 0 {
				b = utf8.AppendRune(b, rune(hexValue(s[i+1])<<4|hexValue(s[i+2])))
				i += 2
				continue
			}
			b = append(b, '\\', 'x')
		default:
			b = append(b, '\\', s[i])
		}
	}
	return string(b)
}

func hex4(s string, at int) (rune, bool) {
	if at+4 > len(s) {
		return 0, false
	}
	var r rune
	for i := at; i < at+4; i++ {
		h := hexValue(s[i])
		if h < 0 {
			return 0, false
		}
		r = r<<4 | rune(h)
	}
	return r, true
}

// spans finds what must go from s.
func (p *Pass) spans(s string, m mode, g *sight, decoded int) []span {
	var list []span
	for _, pat := range p.e.patterns {
		for _, at := range pat.expr.FindAllStringIndex(s, -1) {
			list = append(list, span{from: at[0], to: at[1], rule: pat.name})
		}
	}
	var runs map[byte]bounds
	if len(g.hits) > 0 {
		runs = map[byte]bounds{}
	}
	for _, h := range g.hits {
		if h.literal < len(providers) {
			list = providerSpan(s, h, runs, list)
		} else {
			list = jwtSpan(s, h, runs, list)
		}
	}
	if g.looks&lookPEM != 0 {
		list = keyBlocks(s, list)
	}
	if g.digits >= 9 {
		list = numberSpans(s, list)
	}
	if g.digits >= 9 {
		list = ibanSpans(s, list)
	}
	if g.looks&lookURL != 0 || g.signs&signURL != 0 {
		list = p.urlSpans(s, m, list, decoded)
	}
	if g.looks&lookHook != 0 && g.looks&lookURL != 0 {
		list = hookSpans(s, list)
	}
	if g.looks&lookAuth != 0 {
		list = authSpans(s, list)
	}
	if g.signs&signBracket != 0 {
		list = p.fragmentSpans(s, m, list, decoded)
	}
	if g.signs&signPair != 0 {
		list = p.pairSpans(s, m, list, decoded)
	}
	if g.looks&lookMultipart != 0 {
		list = p.multipartSpans(s, list)
	}
	if g.looks&lookSealed != 0 {
		list = sealedSpans(s, list)
	}
	if g.looks&lookMarkup != 0 {
		list = p.markupSpans(s, list)
	}
	if g.looks&(lookCommand|lookProse) != 0 && g.signs&signSpace != 0 && strings.Contains(s, " -") || g.looks&lookCommand != 0 && g.signs&signSpace != 0 {
		list = p.commandSpans(s, list)
	}
	if g.looks&lookProse != 0 && g.signs&signSpace != 0 {
		list = p.proseSpans(s, list)
	}
	if g.signs&signSpace != 0 && g.looks&lookSQL != 0 {
		list = sqlSpans(s, list)
	}
	if g.looks&lookDatabase != 0 && g.signs&signSpace != 0 {
		list = databaseSpans(s, list)
	}
	if g.signs&signLine != 0 {
		list = p.pairLines(s, list)
		list = p.columns(s, list)
	}
	if g.looks&lookReset != 0 {
		list = resetSpans(s, list)
	}
	if g.looks&lookProse != 0 && g.signs&signSpace != 0 {
		list = p.directives(s, list)
		list = p.quotedBefore(s, p.quotedAfter(s, list))
	}
	if g.looks&lookProse != 0 && strings.Contains(s, `";s:`) {
		list = p.serialized(s, list)
	}
	if g.looks&lookLogin != 0 && g.signs&signSpace != 0 {
		list = loginSpans(s, list)
	}
	if g.digits >= 2 && g.signs&signColon != 0 && strings.Count(s, ":") >= 4 {
		list = pgpassSpans(s, list)
	}
	if g.longest >= 20 && g.signs&signDot != 0 && strings.Count(s, ".") >= 2 {
		list = dottedSpans(s, list)
	}
	if g.longest >= 12 && (g.signs&signUpper != 0 || g.solid >= 30 || g.looks&lookProse != 0) {
		list = p.tokenSpans(s, g, list, decoded)
	}
	return list
}

// apply replaces the spans of s, the outermost and leftmost first.
func (p *Pass) apply(s string, list []span, m mode, decoded int) string {
	list = slices.DeleteFunc(list, func(x span) bool { return p.spared(s, x) })
	for i, x := range list {
		if x.rule == ruleEntropy || tokenRules[x.rule] {
			x.to = runOn(s, x.to)
			list[i].to = x.to
		}
		if x.from < x.to && x.with == "" {
			p.remove(x.rule, s[x.from:x.to])
		}
	}
	slices.SortStableFunc(list, func(a, b span) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return b.to - a.to
	})
	var b strings.Builder
	at := 0
	for i := 0; i < len(list); i++ {
		x := list[i]
		inner := false
		for i+1 < len(list) && list[i+1].from < x.to { // overlapping ones are one
			i++
			if list[i].to > x.to {
				x.to, x.with = list[i].to, ""
			}
			inner = true
		}
		if p.e.isMarker(s[x.from:x.to]) || x.from >= x.to {
			continue
		}
		b.WriteString(s[at:x.from])
		p.report(x.rule)
		if x.with != "" && inner {
			x.with = p.again(x.with, m, decoded)
		}
		if x.with != "" {
			b.WriteString(x.with)
		} else {
			b.WriteString(marker(x.rule))
		}
		at = x.to
	}
	if at == 0 && b.Len() == 0 {
		return s
	}
	b.WriteString(s[at:])
	return b.String()
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

// spared reports whether the configuration allows what a rule of form found.
func (p *Pass) spared(s string, x span) bool {
	switch x.rule {
	case ruleKey, rulePair, ruleProse, ruleCookie:
		return false
	}
	return len(p.e.allowed) > 0 && x.with == "" && x.from <= x.to && p.e.allowed[s[x.from:x.to]]
}

// again redacts what a rule put in place of a span in which other rules found
// something too.
func (p *Pass) again(s string, m mode, decoded int) string {
	if decoded >= maxDecode {
		return marker(ruleDepth)
	}
	return p.text(s, m, decoded+1)
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
	if f.chance && !random(s[h.end:min(to, h.end+256)], 3) {
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
			if strings.HasSuffix(s[:to], "-----") && !strings.HasPrefix(s[to:], "-") && to-from > 30 {
				break
			}
		}
		list = append(list, span{from: from, to: to, rule: rulePEM})
		at = to
	}
	if i := indexFold(s, "putty-user-key"); i >= 0 {
		list = append(list, span{from: i, to: len(s), rule: rulePEM})
	}
	return list
}

// indexFold finds a lower-case ASCII literal in s, whatever its case there.
func indexFold(s, literal string) int {
	for i := 0; i+len(literal) <= len(s); i++ {
		if lower(s[i]) == literal[0] && hasPrefixFold(s[i:], literal) {
			return i
		}
	}
	return -1
}

func hasPrefixFold(s, literal string) bool {
	if len(s) < len(literal) {
		return false
	}
	for i := 0; i < len(literal); i++ {
		if lower(s[i]) != literal[i] {
			return false
		}
	}
	return true
}

// numberSpans finds card numbers (Luhn) and US social security numbers.
func numberSpans(s string, list []span) []span {
	var digits [24]byte
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) || i > 0 && (isDigit(s[i-1])) {
			continue
		}
		n, to, groups, separators := 0, i, 1, 0
		j := i
		for ; j < len(s) && n < len(digits); j++ {
			c := s[j]
			if isDigit(c) {
				digits[n] = c - '0'
				n++
				to = j + 1
				continue
			}
			if (c == ' ' || c == '-' || c == '.' || c == '/') && isDigit(s[j-1]) && j+1 < len(s) && isDigit(s[j+1]) {
				groups++
				separators++
				continue
			}
			break
		}
		glued := i > 0 && (isAlpha(s[i-1]) || s[i-1] == '_') || to < len(s) && (isAlpha(s[to]))
		hyphenated := i > 1 && s[i-1] == '-' && isAlnum(s[i-2]) || to+1 < len(s) && s[to] == '-' && isAlnum(s[to+1])
		if n >= 13 && n <= 19 && !glued && !(hyphenated && separators != 0 && separators != 3) && cardShape(s[i:to], digits[:n]) && luhn(digits[:n]) {
			list = append(list, span{from: i, to: to, rule: ruleCard})
		} else if n == 9 && !glued && !hyphenated && ssnShape(s[i:to]) {
			list = append(list, span{from: i, to: to, rule: ruleSSN})
		}
		if len(list) > 0 && list[len(list)-1].from == i {
			i = to
			continue
		}
		for i < to && isDigit(s[i]) { // what comes behind may be a number of its own
			i++
		}
	}
	return list
}

// cardShape reports whether digits begin as those of an issuer do and are
// grouped as on a card, or not at all.
func cardShape(s string, d []byte) bool {
	if d[0] < 2 || d[0] > 6 || len(s) > len(d) && strings.ContainsAny(s, "/") {
		return false
	}
	if d[0] == 2 && !(d[1] == 2 && len(d) >= 16 || d[1] >= 3 && d[1] <= 7 && len(d) == 16) {
		return false
	}
	switch len(d) {
	case 13:
		if d[0] != 4 {
			return false
		}
	case 14, 15:
		if d[0] != 3 {
			return false
		}
	}
	if len(s) == len(d) {
		return true
	}
	first := strings.IndexAny(s, " -.")
	return first == 4 || first == 6
}

func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i])
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// ssnShape: 3-2-4 digits, with numbers that are given out.
func ssnShape(s string) bool {
	if len(s) != 11 || s[3] != s[6] || s[3] != '-' && s[3] != ' ' {
		return false
	}
	return s[:3] != "000" && s[:3] != "666" && s[0] != '9' && s[4:6] != "00" && s[7:] != "0000"
}

// ibanSpans finds international bank account numbers (ISO 13616, mod 97).
func ibanSpans(s string, list []span) []span {
	for i := 0; i+15 <= len(s); i++ {
		if !isAlpha(s[i]) || !isAlpha(s[i+1]) || !isDigit(s[i+2]) || !isDigit(s[i+3]) || i > 0 && isAlnum(s[i-1]) {
			continue
		}
		n, to, last := 0, i, -1
		var b [34]byte
		rest := 0
		for j := i; j < len(s) && n < 34; j++ {
			if isAlnum(s[j]) {
				b[n] = s[j] &^ 0x20
				if isDigit(s[j]) {
					b[n] = s[j]
				}
				n++
				to = j + 1
				if n >= 15 && (to == len(s) || !isAlnum(s[to])) && mod97(b[:n]) {
					last = to
				}
				continue
			}
			if rest++; s[j] != ' ' && s[j] != '-' || j+1 == len(s) || !isAlnum(s[j+1]) {
				break
			}
		}
		if last > 0 {
			list = append(list, span{from: i, to: last, rule: ruleIBAN})
			i = last
		}
	}
	return list
}

func mod97(b []byte) bool {
	r := 0
	digit := func(c byte) {
		if isDigit(c) {
			r = (r*10 + int(c-'0')) % 97
		} else {
			r = (r*100 + int(c-'A') + 10) % 97
		}
	}
	for _, c := range b[4:] {
		digit(c)
	}
	for _, c := range b[:4] {
		digit(c)
	}
	return r == 1
}

// authSpans finds credentials after the name of a scheme.
func authSpans(s string, list []span) []span {
	for _, scheme := range []string{"bearer", "basic", "digest", "negotiate", "ntlm", "apikey", "aws4-hmac-sha256", "hawk"} {
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
			for from < len(s) && (s[from] == ' ' || s[from] == ':' || s[from] == '"' || s[from] == '=') {
				from++
			}
			if strings.HasPrefix(s[from:], "[redacted:") {
				continue
			}
			to := from
			for to < len(s) && strings.IndexByte(" \t\r\n\"',;)}]<", s[to]) < 0 {
				to++
			}
			if scheme == "digest" || scheme == "aws4-hmac-sha256" || scheme == "hawk" {
				if k := strings.IndexAny(s[from:], "\r\n\"'"); strings.IndexByte(s[from:to], '=') > 0 {
					if to = len(s); k >= 0 && scheme == "aws4-hmac-sha256" {
						to = from + k
					} else if k := strings.IndexAny(s[from:], "\r\n"); k >= 0 {
						to = from + k
					}
				}
			}
			word := s[from:to]
			if len(word) < 6 || !(random(word, 1) || len(word) >= 16) || authWords[strings.ToLower(word)] {
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
			i++
			continue
		}
		j := i
		for j < len(s) && isToken(s[j]) {
			j++
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

// unfold is folded, but for what was tried before.
func unfold(s string, i, j, tried int) int {
	if i < tried {
		return j
	}
	return folded(s, i, j)
}

// folded returns where a token ends that is broken into lines of 16 characters or
// more, the last shorter; j if it is one line.
func folded(s string, i, j int) int {
	width, end := j-i, j
	for width >= 16 && end < len(s) && (s[end] == '\r' || s[end] == '\n') {
		k := end
		for k < len(s) && s[k] <= ' ' {
			k++
		}
		next := k
		for next < len(s) && isToken(s[next]) {
			next++
		}
		if next == k || next-k > width {
			break
		}
		if end = next; next-k < width {
			break
		}
	}
	return end
}

func (p *Pass) tokenSpan(s string, from, to int, g *sight, list []span, decoded int) []span {
	word := s[from:to]
	if k := strings.IndexByte(word, '='); k > 0 && k < len(word)-2 { // name=value
		list = p.tokenSpan(s, from, from+k, g, list, decoded)
		return p.tokenSpan(s, from+k+1, to, g, list, decoded)
	}
	if mysqlHash(s, from, to) {
		return append(list, span{from: from, to: to, rule: "password_hash"})
	}
	if len(word) < 12 || isHex(strings.TrimPrefix(word, "0x")) || strings.HasPrefix(word, "S-1-5-") {
		return list
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
	if len(word) >= 20 && g.looks&lookProse != 0 && (random(word, 3) || mixedCase(word) && random(word, 2)) && !isUUID(word) && noSlash(word) && nearTelling(s, from) {
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
	if s[0] == '/' {
		return true
	}
	for part := range strings.SplitSeq(s, "/") {
		if len(part) >= 4 && len(part) <= maxObviousWord && wordPath(part) {
			return true
		}
	}
	return false
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
		list = p.tokenSpan(s, i, j, g, list, decoded)
		i = j + 1
	}
	return list
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
	near := strings.ToLower(s[max(0, at-40):at])
	for _, w := range []string{"key", "token", "secret", "passw", "credential", "signature", "auth"} {
		if strings.Contains(near, w) {
			return true
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
		return changes*5 > pairs*2 || groups >= 4 && other*10 < len(s)
	}
	return other == 0 || groups >= 3 && changes*6 > pairs && other*10 < len(s)
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

// encoded decodes base64 and reports the rule for what it holds, "" if nothing.
func (p *Pass) encoded(word string, decoded int) string {
	if !mixedCase(word) {
		return ""
	}
	text := base64Text(word)
	if text == "" {
		return ""
	}
	if decoded >= maxDecode {
		return ruleDepth
	}
	inner := Pass{e: p.e, traits: p.traits, clean: p.clean, requests: p.requests, removed: p.removed}
	if inner.text(text, prose, decoded+1) != text || basicPair(text) || isClaims(text) {
		p.removed = inner.removed
		return ruleBase64
	}
	return ""
}

func mixedCase(s string) bool {
	var up, low bool
	for i := 0; i < len(s); i++ {
		up = up || isUpper(s[i])
		low = low || isLower(s[i])
	}
	return up && low
}

// base64Text decodes standard or URL-safe base64 that holds text.
func base64Text(word string) string {
	word = strings.TrimRight(word, "=")
	enc := base64.RawStdEncoding
	if strings.ContainsAny(word, "-_") {
		enc = base64.RawURLEncoding
	}
	b, err := enc.DecodeString(word)
	if err != nil {
		if b, err = enc.DecodeString(word[:len(word)/4*4]); err != nil {
			return ""
		}
	}
	if len(b) < 6 || !utf8.Valid(b) {
		return ""
	}
	odd := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\t' && c != '\r' || c == 0x7F {
			odd++
		}
	}
	if odd*8 > len(b) {
		return ""
	}
	return string(b)
}

// isClaims reports whether s is a part of a JSON web token.
func isClaims(s string) bool {
	if !strings.HasPrefix(s, "{") {
		return false
	}
	for _, name := range []string{`"alg"`, `"iss"`, `"iat"`, `"exp"`, `"jti"`} {
		if strings.Contains(s, name) {
			return true
		}
	}
	return false
}

// dottedSpans finds tokens of three parts that are no JWT: those of Discord,
// encrypted and signed cookies.
func dottedSpans(s string, list []span) []span {
	for i := 0; i < len(s); {
		if !inClass(s[i], 'b') {
			i++
			continue
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

// basicPair reports whether s is user:password.
func basicPair(s string) bool {
	user, pass, ok := strings.Cut(s, ":")
	return ok && user != "" && len(pass) >= 4 && !strings.ContainsAny(s, " \t\r\n/") && isASCII(s)
}
