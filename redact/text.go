package redact

import (
	"slices"
	"strings"
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
	lookShell
	lookPath
	lookGraph
	lookCookie
	lookGrant
	lookRows
	lookBound
	lookWords
	lookProvider
)

var looks = []struct {
	look uint32
	list string
}{
	{lookJWT, "eyj"},
	{lookPEM, "-----begin|---- begin|putty-user-key|age-secret-key|ssh-rsa |ssh-ed25519 |ecdsa-sha2"},
	{lookURL, "://"},
	{lookAuth, "bearer|jwt |jwt:|basic |digest |negotiate |authorization|apikey |token |ntlm |aws4-hmac|hawk "},
	{lookProse, "secret question|scratch code|emergency code|securitycode|code to |key| pw|pw |pw:|code secret|clave|lösenord|hasł|geheimwort|creds|unlock code|reset code|activation code|passord|password|passwd|passcode|phrase|pass code|pwd|secret|token|credential|pin |pin:| pin|otp|cvv|cvc|security code|verification code|one-time|one time|login code|auth code|access code|recovery|backup code|mnemonic|ssn|social security|passwort|kennwort|signature|card number|iban|account number|auth|pass|jwt|assertion|puk|2fa code|mfa code|sms code|your code|confirmation code|wpa|psk|masterauth|requirepass|cvn|contrase|contrasen|passe|wachtwoord|senha|parola|haslo|heslo|lozinka|adgangskode|losenord|salasana|jelszo|sifre|zugangscode|geheimzahl|code pin|kata sandi|mat khau|пароль|密码|密碼|口令|パスワード|비밀번호|סיסמה|rootpw|bindpw|username|pw |pins |card verification|sicherheitscode|tigungscode|verifizierung|zugangsdaten|schlüssel|schlussel|clé |cle api|jeton|identifiants|código|codigo|codice|code de |chave|palavra-passe|chiave|sleutel|verificatiecode|toegangscode|weryfikacyjny|klucz|подтвержд|ключ|токен| код|пароля|kodu|認証|暗証|確認コード|验证码|驗證碼|校验码|密钥|인증|암호|лозинка|كلمة|mật khẩu|รหัสผ่าน|पासवर्ड|κωδικός|jelszó|parolă|door code|gate code|alarm code|entry code|pairing code|y code|s code|r code|_code|factor code|bearer|pin_|pin,|tan=|tan:|hmac|pat: |pat to |pat is |pat was |new pat |code is |code ist |seed:|seed |wallet|maiden|security question|passport n|driver's lic|combination|lock code|conference code|safe code|ssid|wifi|wi-fi|wlan|pin#|pin=|pin\n|pin\r|pin\t|pin;|_pin|-pin|cardpin|userpin|ionpin|codes|-code|mfacode|pincode|timecode|seed words|security answer| from '| from \"| from `|ged from |dated from |tated from |fied from |(key|setx |o verify|o log in|o sign in|o continue|e code|s your |t to +|login with (|login (|totp|hotp|code lautet|je code|votre code|code est| kod "},
	{lookSQL, "begin|where|filter|select|insert|update|delete|replace|merge|exec|execute|call|alter|create|declare|load|show|comment|grant|values|upsert|with|copy|set|backup|do $$|prepare|revoke|truncate|drop|attach|pragma|notify|match|open"},
	{lookDatabase, strings.Join(slices.Concat(databaseErrors, databaseVerdicts, databaseRests, databaseObjects, []string{"copy ", "is invalid (", "<=="}), "|")},
	{lookBound, strings.Join(boundSigns, "|")},
	{lookRows, strings.Join(rowSigns, "|")},
	{lookReset, "invite/|unsubscribe/|invitation/|unlock/|reset|verify|confirm|magic|activate|recover|accept/|/key/|/token/|/join/|signin/|login/"},
	{lookLogin, "-u |r/pass|n/pass|t/pass| and pass| & pass| / pass| //|\n//|'//|\"//|(//|dscl |conn |connect |@(desc|bw |connect to|user add|.logon|iw |keytool|-auth=|qpdf|pdfto|obscure|samba-tool|security |signtool|slappasswd|sonar.|kv patch|unwrap|winrs|isql |cryptsetup|wpa-psk|psk \"|eap \"|xauth \"|ntlm \"|: rsa |.equals|</b>|</strong>|</code>|</i>|</em>|</span>|pre-shared-key|_pw |as sysdba|as sysoper|rootpw|logon|_auth |authentication failed: |auth failed: |login|logged in|sign in|signed in|auth |pass |chpasswd|--stdin|sudo |asplaintext|add_user|change_password|net user|htpasswd|schtasks|/rp|kinit|snmp|machine |ftp>|curl |sshpass|mysqladmin|nmcli|gh secret|variable \"|authtoken|proxy-user|alias set|snmp-server|radius-server|tacacs-server|openssl|vault login|http -a|ssh-keygen|expdp|impdp|sqlplus|plink|bcp |--user|identified by|identified with|.set|setp|sett|sets|setk|setheader|put(|cookie |cookies |cookie: |cookie header|<<<|/p:|/pwd:|/pass|identify |cargo login|sasl plain|setuser|lftp|http-basic|mosquitto|user-secrets|keyvault|reg add|reg.exe|encrypt_string|_auth=|unseal|pscp|psftp| -pw |rman |sqlldr|exp |imp |from-literal|gcloud secrets|put-parameter|authenticate_user|-sec.psk|-sec.wep|iwconfig|<(echo|ldappasswd|runas|sqlcmd|htdigest|smbclient|kv put|zip -|rar a|rar x|wpa_passphrase|radtest|sendemail|secrets set|nuget push|gem push|with-token|bundle config|ipmitool|https -a|--auth|authentication |authorization |wifi-sec|is the login|are the |is your login|use code |enter code |the code |keyexception|tokenexception|credentials |logon |denied (|failed (|rejected (|username |isakmp |-key |community|stats auth|generated for | tan |\ntan | tan: | mtan |echo |printf "},
	{lookWords, "] \"| a1=\"|command=|args=|arg="},
	{lookGrant, "code="},
	{lookCookie, "cookie|true\t|false\t|; path=/|; httponly|; samesite=|; max-age="},
	{lookPath, "sendwebhookdata/|/hook/|/integration/|/webhook|/hooks/|/services/t|/bot|/incomingwebhook/|/with/key/"},
	{lookShell, "db.|.find|.insert|.update|.delete|.aggregate(|.count|.distinct(|.replace|.remove({|one({|many([|one( {|{$|$set|$match|filter|query:|query{|pipeline|mongo|err.op|writeerrors"},
	{lookGraph, "query |query(|query{|mutation |mutation{|mutation(|subscription |fragment "},
	{lookCommand, " -p|--|-u |-a |-w |passin|pass:| -U |sshpass|curl |mysql|psql|net use"},
	{lookMarkup, "</|/>|'>|\">|' >|\" >|<input|password>|passwd>|pwd>|secret>|token>|key>"},
	{lookMultipart, "content-disposition"},
	{lookSealed, "kind: secret|kind:secret|kind: \"secret"},
	{lookHook, "script.google.com|victorops|pagerduty.com|hc-ping|ntfy.sh|pabbly|discord.com/api|discordapp.com/api|webhook|logic.azure|chat.googleapis|hook.|hooks.|/hooks/|api.telegram|/bot|pipedream"},
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
	for _, s := range querySigns { // which may hold a |
		list = append(list, s)
		look = append(look, lookBound)
	}
	return newMatcher(list), look
}

// A span is a part of a text that goes.
type span struct {
	from, to int
	rule     string
	with     string // what stands there instead; "" is the rule's marker

	statement int  // where SQL begins of which with is made, from 1; 0 if there is none
	printed   bool // whether its values were put into it without quotes
}

const maxReadings = 4 // of one text

// text redacts s, and what it made of it, until nothing more is found: what a rule took may
// have stood between another one and its secret.
func (p *Pass) text(s string, m mode, decoded int) string {
	if len(s) > maxText {
		if out, ok := p.document(s, m, decoded); ok {
			return out
		}
		return p.shortened(s, func(s string) string { return p.text(s, m, decoded) })
	}
	out := p.read(s, m, decoded)
	for n := 1; out != s && decoded == 0 && n < maxReadings; n++ {
		s, out = out, p.read(out, m, decoded)
	}
	return out
}

// read redacts s.
func (p *Pass) read(s string, m mode, decoded int) string {
	if s == "" || p.e.obvious(s) || p.e.isMarker(s) || p.e.allows(s) {
		return s
	}
	var g sight
	p.e.see(s, &g)
	if g.signs&signBracket != 0 || firstByte(s) == '"' {
		if r, ok := p.document(s, m, decoded); ok {
			return r
		}
	}
	if list := p.structures(s, m, &g, decoded); len(list) > 0 { // before what stands around them, and before escapes are undone
		s = p.apply(s, list, m, decoded)
		g = sight{}
		p.e.see(s, &g)
	}
	if g.signs&signBracket != 0 && strings.Contains(s, `{""`) && decoded < maxDecode { // JSON in a cell of CSV
		v := strings.ReplaceAll(s, `""`, `"`)
		if r := p.text(v, m, decoded+1); r != v {
			return r
		}
	}
	encoded := g.signs&(signEscape|signWide) != 0 || g.signs&(signPlus|signSpace) == signPlus
	asWritten := g.signs&signPlus != 0 || g.looks&lookMarkup != 0 && quotesInMarkup(s) || percentOnly(s, &g) || g.looks&lookSQL != 0 && (strings.Contains(s, "E'") || strings.Contains(s, "e'")) // what is encoded may belong to a secret
	if encoded && !asWritten {
		if r, ok := p.decoded(s, m, &g, decoded); ok {
			return r
		}
	}
	if g.signs&signBracket != 0 && graphQL(s) {
		out, ok := withoutLiterals(s)
		if !ok || !graphQL(out) {
			return p.omission(ruleSQL)
		}
		if out != s {
			p.report(ruleSQL)
		}
		if firstByte(s) != '{' {
			return out
		}
		s, g = out, sight{} // any text may be in braces
		p.e.see(s, &g)
	}
	if spans := p.spans(s, m, &g, decoded); len(spans) > 0 {
		s = p.apply(s, spans, m, decoded)
	}
	if encoded && asWritten {
		if r, ok := p.decoded(s, m, &g, decoded); ok {
			return r
		}
	}
	return s
}

// quotesInMarkup reports whether there may be quotes written as entities in quoted attributes,
// which these do not end.
func quotesInMarkup(s string) bool {
	return (strings.Contains(s, "&quot;") || strings.Contains(s, "&apos;") || strings.Contains(s, "&#34;") || strings.Contains(s, "&#39;")) &&
		(strings.Contains(s, `="`) || strings.Contains(s, "='"))
}

// structures finds JSON, and in a text with escapes names with their quoted values.
func (p *Pass) structures(s string, m mode, g *sight, decoded int) (list []span) {
	if g.signs&signBracket != 0 {
		list = p.fragmentSpans(s, m, list, decoded)
	}
	if g.signs&signPair != 0 && g.signs&signEscape != 0 && strings.Contains(s, `\"`) {
		list = p.pairSpans(s, m, list, decoded)
	}
	return list
}

func firstByte(s string) byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
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
		list = chipSpans(s, numberSpans(s, list))
	}
	if g.digits >= 9 {
		list = ibanSpans(s, list)
	}
	if g.looks&lookURL != 0 || g.signs&signURL != 0 {
		list = p.urlSpans(s, m, list, decoded)
	}
	if g.looks&lookWords != 0 {
		list = p.argvSpans(s, m, list, decoded)
	}
	if g.looks&lookGrant != 0 {
		list = grantSpans(s, list)
	}
	if g.looks&lookHook != 0 && g.looks&lookURL != 0 {
		list = hookSpans(s, list)
	}
	if g.looks&lookAuth != 0 {
		list = authSpans(s, list)
	}
	if g.signs&signBracket != 0 {
		list = graphSpans(s, g.looks&lookGraph != 0, list)
	}
	if g.signs&signPair != 0 {
		list = p.pairSpans(s, m, list, decoded)
		if g.signs&signEscape != 0 && (g.looks&lookProse != 0 && strings.IndexByte(s, '&') > 0 || strings.IndexByte(s, '%') >= 0) {
			list = p.formPairs(s, list)
		}
	}
	if g.signs&signLiteral != 0 && strings.IndexByte(s, '(') >= 0 {
		list = p.callSpans(s, list)
	}
	if g.looks&lookProse != 0 && g.signs&signOther != 0 {
		list = p.bracketed(s, list)
	}
	if g.looks&lookCookie != 0 {
		list = cookieSpans(s, jarSpans(s, sentSpans(s, list)))
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
	if g.looks&(lookCommand|lookProse) != 0 && g.signs&signSpace != 0 && (s[0] == '-' || strings.Contains(s, " -") || strings.Contains(s, "\n-")) || g.looks&lookCommand != 0 && g.signs&signSpace != 0 {
		list = p.commandSpans(s, list)
	}
	if g.looks&lookProse != 0 && g.signs&(signSpace|signWide|signQuote) != 0 {
		n := len(list)
		if g.signs&(signSpace|signWide) != 0 {
			list = p.proseSpans(s, list)
		}
		list = p.sentenceSpans(s, list)
		list = append(list[:n], slices.DeleteFunc(list[n:], func(x span) bool { return isState(s[x.from:x.to]) })...)
	}
	if g.looks&lookSQL != 0 && g.signs&signSpace != 0 && g.signs&(signLiteral|signPair) != 0 {
		list = p.e.sqlSpans(s, list)
	}
	if g.looks&lookShell != 0 && g.signs&signOther != 0 {
		list = shellSpans(s, mongoSpans(s, list))
	}
	if g.looks&lookDatabase != 0 {
		list = databaseSpans(s, list)
	}
	if g.looks&lookBound != 0 && g.signs&signOther != 0 || g.looks&lookSQL != 0 && g.signs&signColon != 0 && strings.Contains(s, "SET ") {
		list = boundaries(s, list)
	}
	if g.looks&lookRows != 0 && g.signs&(signPair|signBracket|signLiteral) != 0 {
		list = rowSpans(s, lowered(s), list)
	}
	if g.looks&(lookPath) != 0 {
		list = pathSpans(s, list)
	}
	if g.looks&(lookRows|lookMarkup) != 0 && g.signs&signPair != 0 && strings.IndexByte(s, '<') >= 0 {
		list = elementSpans(s, list)
	}
	if g.signs&signLine != 0 {
		list = tableSpans(s, list)
		list = p.pairLines(s, list)
		list = p.columns(s, list)
		list = p.fieldErrors(s, list)
		if g.looks&lookProse != 0 && g.signs&signSpace != 0 {
			list = p.spacedLines(s, list)
		}
	}
	if g.digits >= 13 && g.longest >= 27 && strings.IndexByte(s, '|') > 0 {
		list = appTokens(s, list)
	}
	if g.looks&lookReset != 0 {
		list = resetSpans(s, list)
	}
	if g.looks&lookProse != 0 {
		if g.signs&(signSpace|signBracket) != 0 || strings.Contains(s, "(value=") {
			list = p.quotedAfter(s, p.directives(s, list))
		}
		list = p.quotedBefore(s, list)
	}
	if g.looks&lookProse != 0 && g.signs&signLiteral != 0 && g.signs&signPair != 0 {
		if strings.Contains(s, "]=>") || strings.Contains(s, "] =>") {
			list = p.members(s, list)
		}
		if strings.IndexByte(s, ',') > 0 {
			list = p.severally(s, list)
		}
	}
	if g.looks&lookProse != 0 && strings.Contains(s, `";s:`) {
		list = p.serialized(s, list)
	}
	if len(list) > 0 {
		list = p.seconds(s, list)
	}
	if g.looks&lookLogin != 0 || strings.HasPrefix(s, "//") || strings.HasPrefix(s, "TAN ") {
		list = loginSpans(s, list)
	}
	if g.digits >= 2 && g.signs&signColon != 0 && strings.Count(s, ":") >= 4 {
		list = ntlmSpans(s, pgpassSpans(s, list))
	}
	if g.digits >= 16 && g.signs&signColon != 0 && strings.IndexByte(s, '/') > 0 {
		list = asanaSpans(s, list)
	}
	if g.looks&lookProse != 0 && g.signs&signQuote != 0 {
		list = p.binaryPairs(s, list)
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
	ours := p.e.placeholders(s)
	for i := range list {
		x := &list[i]
		if x.rule == ruleEntropy || tokenRules[x.rule] {
			x.to = runOn(s, x.to)
		}
		x.clip(ours)
	}
	slices.SortStableFunc(list, func(a, b span) int {
		switch {
		case a.from != b.from:
			return a.from - b.from
		case a.to != b.to:
			return b.to - a.to
		}
		return len(a.with) - len(b.with) // of several rules the one that leaves the least
	})
	empty := blanks{s: s, ours: ours}
	list = slices.DeleteFunc(list, func(x span) bool { return x.from >= x.to || p.spared(s, x) || empty.has(x) })
	for _, x := range list {
		if x.with == "" {
			p.remove(x.rule, s[x.from:x.to])
		}
	}
	var b strings.Builder
	at := 0
	for i := 0; i < len(list); i++ {
		x := list[i]
		inner, first := false, i+1
		for i+1 < len(list) && list[i+1].from < x.to { // overlapping ones are one
			i++
			if list[i].to > x.to {
				x.to, x.with = list[i].to, ""
			}
			inner = true
		}
		b.WriteString(s[at:x.from])
		p.report(x.rule)
		if x.with != "" && inner {
			if x.statement > 0 { // what other rules found is whole in the original only
				x.with = p.e.statement(without(s, x.statement-1, x.to, list[first:i+1]), x.printed)
			}
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

// without returns s from at to end with a ? in place of each span that goes.
func without(s string, at, end int, list []span) string {
	var b strings.Builder
	for _, x := range list {
		if x.with == "" && x.from >= at && x.to <= end {
			b.WriteString(s[at:x.from] + "?")
			at = x.to
		}
	}
	b.WriteString(s[at:end])
	return b.String()
}

// spared reports whether the configuration allows what a rule of form found.
func (p *Pass) spared(s string, x span) bool {
	switch x.rule {
	case ruleKey, rulePair, ruleProse, ruleCookie:
		return false
	}
	return len(p.e.allowed) > 0 && x.with == "" && p.e.allowed[s[x.from:x.to]]
}

// again redacts what a rule put in place of a span in which other rules found
// something too.
func (p *Pass) again(s string, m mode, decoded int) string {
	if decoded >= maxDecode {
		return marker(ruleDepth)
	}
	return p.text(s, m, decoded+1)
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
