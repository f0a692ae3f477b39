package redact

import (
	"regexp"
	"strings"
)

// login redacts the password of user:password.
func (p *Pass) login(s string) string {
	user, pass, ok := strings.Cut(s, ":")
	if !ok || user == "" || len(pass) < 4 || strings.ContainsAny(s, " /|[") || strings.Contains(pass, ":") || !strong(pass) && !numbered(pass) || principalID(user) || vendorWords[user] {
		return s
	}
	return user + ":" + p.replace(rulePair)
}

// loginNames are those of values that may be a login: login=bob:x.
var loginNames = set(`user users username usernames login logins account accounts basic`)

// chosenLogin reports whether a value that is a user may be user:password: what stands behind
// the colon is no word or name of people.
func chosenLogin(s string) bool {
	k := passwordAt(s)
	if k == 0 || principals[squeeze(s[:k-1])] || vendorWords[s[:k-1]] {
		return false
	}
	pass := s[k:]
	if isVersion(pass) {
		return false // of an image
	}
	if strong(pass) || miscased(pass) {
		return true
	}
	if len(pass) < 8 || !looksChosen(pass, "") {
		return false
	}
	if isPhrase(pass) && isIdentifier(s[:k-1]) && !inDictionary(s[:k-1]) && !jargon[s[:k-1]] {
		return true
	}
	var array [maxWords]string
	for _, w := range words(pass, array[:0]) {
		if len(w) >= 3 && (inDictionary(w) || jargon[w]) {
			return false
		}
	}
	return true
}

// isPhrase reports whether s is words between dashes, one of a dictionary and none that tells of
// systems, and a number of three digits or more, as generators make passwords.
func isPhrase(s string) bool {
	i := strings.LastIndexByte(s, '-')
	if i < 0 || len(s)-i <= 3 || len(s)-i > 7 || !number(s[i+1:]) || strings.IndexByte(s[:i], '-') < 0 {
		return false
	}
	known := false
	for w := range strings.SplitSeq(s[:i], "-") {
		if len(w) < 3 || strings.Trim(w, lowerLetters) != "" || ofSystems[w] || jargon[w] || sounding[w] {
			return false
		}
		known = known || inDictionary(w)
	}
	return known
}

// ofSystems are words in the names of accounts of systems.
var ofSystems = set(`prod production staging stage develop development testing demo live sandbox main core shared common public private internal external global local
	billing orders payment payments invoice shop store sales support finance marketing legal audit report reports service services server worker batch
	cluster node host pool group team tenant project customer client partner vendor system machine robot deploy build release backup restore monitor
	north south east west central europe asia account number order ticket case item user admin root guest viewer editor reader writer owner member role
	read write load sync import export queue topic cache mail message event data table index page file image container version batch run task step stage`)

// numbered reports whether s is a word that no dictionary holds, and digits behind it, as
// passwords are chosen: nalopomu8034.
func numbered(s string) bool {
	word := strings.TrimRight(s, "0123456789")
	return len(s)-len(word) >= 2 && coined(lowered(word))
}

// passwordAt returns where the password of user:password begins in a value that is
// known to be a login, 0 if that is only words.
func passwordAt(s string) int {
	user, pass, ok := strings.Cut(s, ":")
	if !ok || user == "" || len(pass) < 4 || strings.ContainsAny(s, " /|[\"'") || strings.Contains(pass, ":") || number(user) || number(pass) || principalID(user) {
		return 0
	}
	if w := lowered(pass); harmless[w] || authMethods[w] || jargon[w] || len(w) <= 16 && inDictionary(w) {
		return 0
	}
	return len(user) + 1
}

// principalID reports whether s is the id of a role or a user of AWS, behind which the
// name of a session stands.
func principalID(s string) bool {
	return len(s) >= 16 && (strings.HasPrefix(s, "AROA") || strings.HasPrefix(s, "AIDA"))
}

// strong reports whether s looks like a chosen password: a sign among letters
// and digits, or upper and lower case with digits.
func strong(s string) bool {
	var up, low, num, sign bool
	for i := 0; i < len(s); i++ {
		c := s[i]
		up, low, num = up || isUpper(c), low || isLower(c), num || isDigit(c)
		sign = sign || strings.IndexByte("!#$%^*&+?~", c) >= 0
	}
	return sign && (up || low || num) || up && low && num
}

// urlSpans finds passwords before the host and secrets in the query of URLs and
// connection strings.
func (p *Pass) urlSpans(s string, m mode, list []span, decoded int) []span {
	sign := -1 // the first @ that was not passed yet
	for at, stop := 0, 0; at < len(s); {
		i := strings.Index(s[at:], "://")
		if i < 0 {
			break
		}
		if sign < at+i {
			k := strings.IndexByte(s[at+i:], '@')
			if k < 0 {
				break
			}
			sign = at + i + k
		}
		start := at + i + 3
		for stop = max(stop, start); stop < len(s) && strings.IndexByte(" \t\r\n\"'<>`", s[stop]) < 0; {
			stop++
		}
		end := min(stop, start+maxBracketed)
		at = start // a URL may hold another one
		if sign < end {
			list = userinfo(s, start, end, list)
		} else if stop < len(s) && s[stop] > ' ' {
			if to := signedPassword(s, start, stop); to > 0 {
				list = append(list, span{from: start + strings.IndexByte(s[start:stop], ':') + 1, to: to, rule: ruleUserinfo})
			}
		}
	}
	if strings.ContainsAny(s, ":/") && strings.IndexByte(s, '@') >= 0 || indexFold(s, "sqlplus") >= 0 {
		list = bareUserinfo(s, list)
	}
	if q := strings.IndexAny(s, "?#"); q >= 0 && strings.IndexByte(s[q:], '=') >= 0 {
		list = p.querySpans(s, q+1, list)
	}
	return list
}

// signedPassword returns where the password of a URL that begins at start ends, if there are
// signs in it which end a URL elsewhere, at stop the first one; 0 if there is none such.
func signedPassword(s string, start, stop int) int {
	colon := strings.IndexByte(s[start:stop], ':')
	if colon <= 0 || !isIdentifier(s[start:start+colon]) || strings.IndexByte(s[start+colon:stop], '/') >= 0 {
		return 0
	}
	end := start + colon
	for end < len(s) && end-start < maxName && s[end] > ' ' && s[end] != '/' && s[end] != '@' {
		end++
	}
	if end == len(s) || s[end] != '@' || strings.Contains(s[stop:end], "://") {
		return 0
	}
	host := end + 1
	for host < len(s) && (isAlnum(s[host]) || s[host] == '-' || s[host] == '.') {
		host++
	}
	if host == end+1 || host < len(s) && strings.IndexByte(":/?\"'`>),; \t\r\n", s[host]) < 0 {
		return 0
	}
	return end
}

// userinfo finds the password in user:password@host; without a colon the whole
// of a long userinfo is a token.
func userinfo(s string, start, end int, list []span) []span {
	limit, last, seen := end, start+strings.LastIndexByte(s[start:end], '@'), false
	for k := start; k < end; k++ {
		seen = seen || s[k] == '@'
		if s[k] == '/' && last < k || s[k] == '?' && seen {
			limit = k
			break
		}
	}
	if first := strings.IndexByte(s[start:limit], '@'); first > 0 && strings.IndexByte(s[start:start+first], '/') < 0 { // …@host/path@version
		if k := strings.IndexByte(s[start+first:limit], '/'); k > 0 && hostName(s[start+first+1:start+first+k]) {
			limit = start + first + k
		}
	}
	host := strings.LastIndexByte(s[start:limit], '@')
	if host < 0 {
		return list
	}
	if first := strings.IndexByte(s[start:limit], '@'); first < host && hostThenPath(s[start+first+1:limit]) {
		host = first // the last one names a version: u:p@host/r.git@main
	}
	info := s[start : start+host]
	if q := strings.IndexAny(info, "?"); q >= 0 && strings.IndexByte(info[:q], ':') < 0 {
		return list // an e-mail address in the query
	}
	if c := strings.IndexByte(info, ':'); c >= 0 {
		if slash := strings.IndexByte(info, '/'); slash >= 0 && slash < c || portThenPath(info[c+1:]) {
			return list
		}
		if user, ok := strings.CutSuffix(info, ":x-oauth-basic"); ok { // the user is the token
			return append(list, span{from: start, to: start + len(user), rule: ruleUserinfo})
		}
		return append(list, span{from: start + c + 1, to: start + host, rule: ruleUserinfo})
	}
	if len(info) >= 16 && strings.IndexByte(info, '/') < 0 || len(info) >= 10 && isIdentifier(info) && mingled(info) && !numbered(info) || len(info) >= 8 && strings.Contains(s[start:end], ".git") && strings.IndexByte(info, '/') < 0 && looksChosen(info, "") {
		return append(list, span{from: start, to: start + host, rule: ruleUserinfo})
	}
	if schemes := s[max(0, start-maxScheme) : start-len("://")]; len(info) >= 8 && isIdentifier(info) && isTokenOf(schemes[strings.LastIndexAny(schemes, " \t\r\n\"'=(<")+1:], info) {
		return append(list, span{from: start, to: start + host, rule: ruleUserinfo})
	}
	return list
}

const maxScheme = 24 // bytes of the scheme of a URL

// systems are schemes of URLs of databases and of what carries messages.
var systems = set(`nats redis rediss amqp amqps mqtt mqtts stomp kafka pulsar mongodb mongodb+srv postgres postgresql mysql mariadb clickhouse cassandra influx influxdb couchbase etcd memcached`)

// isTokenOf reports whether what stands alone before the host of such a URL is a token, not
// a login: upper and lower case with digits and no word in them, or, as NATS has tokens there,
// anything made by chance.
func isTokenOf(scheme, info string) bool {
	switch scheme = lowered(scheme); {
	case !systems[scheme] || wordy(info):
		return false
	case scheme == "nats":
		return strong(info) || miscased(info) || mingled(info) || coined(lowered(info))
	}
	return strong(info) || miscased(info)
}

// hostThenPath reports whether s begins with the name of a host, and a path without
// another password.
func hostThenPath(s string) bool {
	i := 0
	for i < len(s) && (isAlnum(s[i]) || s[i] == '.' || s[i] == '-' || s[i] == ':') {
		i++
	}
	return i > 3 && i < len(s) && s[i] == '/' && strings.IndexByte(s[:i], '.') > 0 && strings.Contains(s[i:], ".git@")
}

// portThenPath reports whether s is a port and a path with an @ later on, not a
// password.
func portThenPath(s string) bool {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i > 0 && i < 6 && i < len(s) && s[i] == '/'
}

// bareUserinfo finds user:password@host without a scheme.
func bareUserinfo(s string, list []span) []span {
	sqlplus := indexFold(s, "sqlplus") >= 0
	for i := 1; i < len(s); i++ {
		if s[i] != '@' || i+1 == len(s) || !isAlnum(s[i+1]) && s[i+1] != '/' {
			continue
		}
		j := i
		for j > 0 && strings.IndexByte(" \t\r\n\"'<>(,;", s[j-1]) < 0 && i-j < 256 {
			j--
		}
		if strings.Contains(s[j:i], "://") {
			continue
		}
		if k := strings.Index(s[j:i], "oracle:"); k >= 0 || ofAccount(s[j:i]) || hostPort(s[i+1:]) && strings.Count(s[j:i], "/") == 1 || sqlplus || strings.HasPrefix(s[i+1:], "//") {
			if c := strings.IndexByte(s[j:i], '/'); c >= 0 {
				list = append(list, span{from: j + c + 1, to: i, rule: ruleUserinfo})
				continue
			}
		}
		if c := strings.IndexByte(s[j:i], ':'); c > 0 && i-(j+c+1) >= 3 && (ofNetwork(s[i+1:]) || !ofPrincipal(s[j:j+c], s[j+c+1:i])) {
			list = append(list, span{from: j + c + 1, to: i, rule: ruleUserinfo})
		}
	}
	return list
}

// ofAccount reports whether what stands before an @ is a user and a password as Oracle writes
// them, behind a name: user=bob/….
func ofAccount(s string) bool {
	name, value, ok := strings.Cut(s, "=")
	user, _, more := strings.Cut(value, "/")
	return ok && more && accountWords[squeeze(name)] && isIdentifier(user)
}

// ofNetwork reports whether s begins with how MySQL is reached, and where: tcp(db:3306).
func ofNetwork(s string) bool {
	i := 0
	for i < len(s) && i < 16 && isAlpha(s[i]) {
		i++
	}
	return i > 0 && i < len(s) && s[i] == '('
}

// principals are what may stand before an e-mail address and a colon.
var principals = set(`mailto user users group groups serviceaccount domain member principal acct sip xmpp email owner account`)

// ofPrincipal reports whether kind:local is the beginning of a principal with an
// e-mail address, user:ada@example.com, and no login.
func ofPrincipal(kind, local string) bool {
	kind = squeeze(kind)
	return kind == "mailto" || principals[kind] && !strong(local) && !strings.ContainsAny(local, "0123456789") && (strings.IndexByte(local, '.') > 0 || len(local) <= 16)
}

// hostName reports whether s is a name of a host of several parts, and its port.
func hostName(s string) bool {
	if i := strings.IndexByte(s, ':'); i >= 0 && number(s[i+1:]) {
		s = s[:i]
	}
	return strings.IndexByte(s, '.') > 0 && isIdentifier(s) && strings.IndexByte(s, '_') < 0
}

// hostPort reports whether s begins with a host and its port: db:1521.
func hostPort(s string) bool {
	i, letter := 0, false
	for i < len(s) && i < 128 && (isAlnum(s[i]) || s[i] == '.' || s[i] == '-') {
		letter = letter || isAlpha(s[i])
		i++
	}
	if i == 0 || i == len(s) || s[i] != ':' {
		return false
	}
	from := i + 1
	for i = from; i < len(s) && isDigit(s[i]); i++ {
	}
	return letter && i-from >= 2 && i-from <= 5 && (i == len(s) || !isAlnum(s[i]))
}

// queryNames are parameters of URLs that are secrets there, though not elsewhere.
var queryNames = set(`code state sig s key auth access k t token tk hash ticket session sessionid sid st nonce credential xamzcredential
	xamzsecuritytoken xamzsignature xgoogsignature xgoogcredential googleaccessid awsaccesskeyid policy keypairid hdnts hdnea
	subscriptionkey samlresponse relaystate idtokenhint logintoken magic invite confirm verify reset otp apikey hmac mac authkey authcode urlsig appid2 se2 skoid2 oauthverifier oauthtoken oauthsignature`)

var queryPlain = set(`code state s key t k access session hash policy confirm verify reset invite auth st`)

// querySpans judges the parameters from at on.
func (p *Pass) querySpans(s string, at int, list []span) []span {
	for at < len(s) {
		eq := strings.IndexByte(s[at:], '=')
		if eq < 0 {
			break
		}
		name := s[at : at+eq]
		if k := strings.LastIndexAny(name, "?&;# \n\t"); k >= 0 {
			name = name[k+1:]
		}
		from := at + eq + 1
		to := from
		for to < len(s) && strings.IndexByte("&;# \t\r\n\"'<>", s[to]) < 0 {
			to++
		}
		value := s[from:to]
		if p.secretParameter(name, value) {
			if value != "" {
				list = append(list, span{from: from, to: to, rule: ruleURL})
			}
		} else if strings.IndexByte(value, '%') >= 0 {
			list = p.encodedQuery(s, from, to, list)
		}
		at = to + 1
	}
	return list
}

// secretParameter reports whether a parameter of a URL is a secret.
func (p *Pass) secretParameter(name, value string) bool {
	joined := squeeze(name)
	return p.secretName(name) || queryNames[joined] && (!queryPlain[joined] || len(value) >= 10 && random(value, 1))
}

// encodedQuery judges the parameters of a URL that is the value from from to to of another
// one's: next=%2Fy%3Fkey%3Dx.
func (p *Pass) encodedQuery(s string, from, to int, list []span) []span {
	for at := from; at < to; {
		eq := indexFold(s[at:to], "%3d")
		if eq < 0 {
			break
		}
		name := s[at : at+eq]
		if k := strings.LastIndexByte(name, '%'); k >= 0 && len(name) >= k+3 && (strings.EqualFold(name[k:k+3], "%3f") || name[k:k+3] == "%26") {
			name = name[k+3:]
		}
		begin, end := at+eq+3, to
		if k := strings.Index(s[begin:to], "%26"); k >= 0 {
			end = begin + k
		}
		if begin < end && len(name) <= 64 && p.secretParameter(name, s[begin:end]) {
			list = append(list, span{from: begin, to: end, rule: ruleURL})
		}
		at = end
	}
	return list
}

// grants are parameters beside the code of an OAuth 2 grant, callbacks parts of the
// paths to which it is sent.
var (
	grants    = set(`state scope sessionstate granttype redirecturi clientid codeverifier iss authuser hd prompt`)
	callbacks = []string{"callback", "oauth", "oidc", "auth", "sso", "signin", "login", "/cb"}
)

// grantSpans finds the code and the state of OAuth 2 in a form or a query, wherever
// that stands: code=…&state=….
func grantSpans(s string, list []span) []span {
	for at := 0; ; {
		i := indexFold(s[at:], "code=")
		if i < 0 {
			return list
		}
		i += at
		at = i + len("code=")
		if i > 0 && isNameByte(s[i-1]) {
			continue
		}
		from, to := i, at
		for from > 0 && i-from < maxBracketed && isQuery(s[from-1]) && s[from-1] != '?' && s[from-1] != '#' {
			from--
		}
		for to < len(s) && isQuery(s[to]) {
			to++
		}
		query := s[from:to]
		var state, code span
		beside := from > 0 && onCallback(s[max(0, from-64):from])
		for part, k := "", 0; k < len(query); k += len(part) + 1 {
			part, _, _ = strings.Cut(query[k:], "&")
			name, value, _ := strings.Cut(part, "=")
			x := span{from: from + k + len(name) + 1, to: from + k + len(part), rule: ruleURL}
			switch name = squeeze(name); {
			case name == "code":
				code = x
			case grants[name] && value != "":
				if beside = true; name == "state" {
					state = x
				}
			}
		}
		if v := s[min(code.from, code.to):code.to]; len(v) >= 8 && (beside && !inDictionary(lowered(v)) || random(v, 2) && mixedCase(v)) {
			list = append(list, code)
			if state.from < state.to && (len(s[state.from:state.to]) >= 8 || random(s[state.from:state.to], 2)) {
				list = append(list, state)
			}
		}
		at = to
	}
}

func isQuery(c byte) bool { return c > ' ' && strings.IndexByte("\"'<>`{}|^\\", c) < 0 }

// onCallback reports whether what stands before a query is the path of a callback.
func onCallback(before string) bool {
	if !endsIn(before, "?", "#") {
		return false
	}
	before = lowered(before)
	for _, w := range callbacks {
		if strings.Contains(before, w) {
			return true
		}
	}
	return false
}

// hookSpans finds the URLs of webhooks, whose path is the credential.
func hookSpans(s string, list []span) []span {
	for at := 0; at < len(s); {
		i := strings.Index(s[at:], "://")
		if i < 0 {
			break
		}
		start := at + i + 3
		end := start
		for end < len(s) && strings.IndexByte(" \t\r\n\"'<>`|", s[end]) < 0 {
			end++
		}
		at = max(end, start)
		slash := strings.IndexByte(s[start:end], '/')
		if slash < 0 {
			continue
		}
		host, path := strings.ToLower(s[start:start+slash]), s[start+slash:end]
		if isHook(host, path) {
			list = append(list, span{from: start + slash + 1, to: end, rule: ruleWebhook})
		}
	}
	return list
}

// pathSpans finds the credentials of webhooks in paths whose host is not known.
func pathSpans(s string, list []span) []span {
	secretly, sure := false, false // whether a part before said what the next ones are
	for i := 0; i < len(s); {
		if s[i] != '/' {
			if s[i] <= ' ' {
				secretly, sure = false, false
			}
			i++
			continue
		}
		j := i + 1
		for j < len(s) && s[j] > ' ' && strings.IndexByte("/?#\"'<>`|", s[j]) < 0 {
			j++
		}
		part := s[i+1 : j]
		low := strings.ToLower(part)
		switch {
		case strings.HasPrefix(low, "bot") && strings.IndexByte(part, ':') > 3 && len(part) > 20:
			list = append(list, span{from: i + 1 + strings.IndexByte(part, ':') + 1, to: j, rule: ruleWebhook})
		case sure && len(part) >= 6:
			list = append(list, span{from: i + 1, to: j, rule: ruleWebhook})
		case low == "catch" && secretly, low == "key" && strings.HasSuffix(strings.ToLower(s[:i]), "/with"):
			sure = true
		case secretly && len(part) >= 16 && (coined(part) || random(part, 2) || mixedCase(part) && strings.ContainsAny(part, "0123456789")) && !isUUID(part) && !isHex(part):
			list = append(list, span{from: i + 1, to: j, rule: ruleWebhook})
		case low == "hook":
			sure = true
		case strings.Contains(low, "webhook"), low == "integration" && strings.Contains(s[j:min(len(s), j+96)], "/enqueue"), low == "hooks", low == "services":
			secretly = true
		}
		i = j
	}
	return list
}

// IsWebhook reports whether a URL is that of a webhook by its host, so that its path
// is a credential.
func IsWebhook(url string) bool {
	_, rest, _ := strings.Cut(url, "://")
	host, path, ok := strings.Cut(rest, "/")
	return ok && isHook(strings.ToLower(host), "/"+path)
}

// isKeyed reports whether a text is a URL with a part of its path that is made by chance.
func isKeyed(s string) bool {
	_, rest, ok := strings.Cut(s, "://")
	if !ok || len(s) > maxName {
		return false
	}
	_, path, _ := strings.Cut(rest, "/")
	for part := range strings.SplitSeq(path, "/") {
		if len(part) >= 16 && (random(part, 2) || mixedCase(part) && strings.ContainsAny(part, "0123456789")) && !wordy(part) {
			return true
		}
	}
	return false
}

func isHook(host, path string) bool {
	switch {
	case strings.Contains(host, "hooks.slack"), strings.Contains(host, "hooks.zapier"),
		strings.HasSuffix(host, "webhook.office.com"), strings.HasSuffix(host, "pipedream.net"),
		strings.Contains(host, "webhook.site"), strings.HasPrefix(host, "alert.victorops"), strings.HasPrefix(host, "events.") && strings.HasSuffix(host, "pagerduty.com"),
		strings.HasSuffix(host, "hc-ping.com"), strings.HasSuffix(host, "ntfy.sh"), strings.HasPrefix(host, "connect.pabbly"), host == "script.google.com" && strings.HasSuffix(path, "/exec"), strings.HasPrefix(path, "/api/webhook/"):
		return true
	case strings.HasPrefix(host, "hook."), strings.HasPrefix(host, "hooks."):
		return !ofWords(path)
	case strings.HasPrefix(host, "discord"), strings.HasSuffix(host, ".discord.com"):
		return strings.Contains(path, "/webhooks/")
	case strings.Contains(host, "api.telegram"):
		return strings.HasPrefix(path, "/bot")
	case strings.HasPrefix(host, "chat.googleapis"):
		return strings.Contains(path, "key=") || strings.Contains(path, "/messages")
	case strings.Contains(host, "logic.azure"):
		return true
	}
	for _, part := range strings.Split(path, "/") {
		if len(part) >= 20 && random(part, 3) && !isUUID(part) && (strings.Contains(path, "webhook") || strings.Contains(path, "/hooks/")) {
			return true
		}
	}
	return false
}

// ofWords reports whether a path is made of words and versions: it is no credential.
func ofWords(path string) bool {
	for part := range strings.FieldsFuncSeq(path, func(r rune) bool { return strings.ContainsRune("/-_.", r) }) {
		version := len(part) <= 3 && part[0] == 'v' && number(part[1:])
		if !version && !jargon[part] && !inDictionary(part) && !inDictionary(strings.TrimSuffix(part, "s")) {
			return false
		}
	}
	return true
}

// resetSpans finds what authorizes in links that are mailed: /reset/….
func resetSpans(s string, list []span) []span {
	for at := 0; at < len(s); {
		i := strings.IndexByte(s[at:], '/')
		if i < 0 {
			break
		}
		from := at + i + 1
		to := from
		for to < len(s) && (isAlnum(s[to]) || s[to] == '-' || s[to] == '_' || s[to] == '.') {
			to++
		}
		before := strings.ToLower(s[max(0, from-20):from])
		if word := s[from:to]; len(word) >= 16 && !isUUID(word) && !ulid(word) && !isHex(word) && (random(word, 2) || mixedCase(word) && strings.ContainsAny(word, "0123456789")) && mailed(before) {
			list = append(list, span{from: from, to: to, rule: ruleURL})
		}
		at = max(to, from)
	}
	return list
}

func mailed(before string) bool {
	if k := strings.LastIndexByte(before[:max(0, len(before)-1)], '/'); k >= 0 { // verify-email/, password-reset/
		part := before[k+1:]
		for _, w := range []string{"reset", "verify", "confirm", "magic", "activate", "recover", "unlock", "accept", "join", "signin", "login", "token", "key"} {
			if strings.Contains(part, w) {
				return true
			}
		}
	}
	return endsIn(before, "reset/", "invite/", "verify/", "confirm/", "magic/", "activate/", "unsubscribe/", "invitation/", "recover/", "unlock/")
}

// pgpassSpans finds the password of lines host:port:database:user:password.
func pgpassSpans(s string, list []span) []span {
	for at := 0; at < len(s); {
		end := at
		for end < len(s) && s[end] > ' ' && s[end] != '"' && s[end] != '\'' {
			end++
		}
		parts := strings.SplitN(s[at:end], ":", 5)
		if len(parts) == 5 && len(parts[4]) > 0 && len(parts[1]) > 2 && len(parts[1]) < 6 && number(parts[1]) && parts[2] != "" && parts[3] != "" && isIdentifier(parts[3]) {
			list = append(list, span{from: end - len(parts[4]), to: end, rule: rulePair})
		}
		at = end + 1
	}
	return list
}

// ntlm is a line of a dump of accounts: name, number and the two hashes of a password.
var ntlm = regexp.MustCompile(`:\d{1,10}:([0-9A-Fa-f]{32}):([0-9A-Fa-f]{32}):`)

func ntlmSpans(s string, list []span) []span {
	for _, at := range ntlm.FindAllStringSubmatchIndex(s, -1) {
		list = append(list, span{from: at[2], to: at[3], rule: "password_hash"}, span{from: at[4], to: at[5], rule: "password_hash"})
	}
	return list
}

// asana is a personal access token of Asana: a version, numbers of a user and of a token,
// and 32 hex digits.
var asana = regexp.MustCompile(`\b[12]/\d{13,20}(?:/\d{13,20})?:([0-9a-f]{32})\b`)

func asanaSpans(s string, list []span) []span {
	for _, at := range asana.FindAllStringSubmatchIndex(s, -1) {
		list = append(list, span{from: at[0], to: at[1], rule: ruleEntropy})
	}
	return list
}
