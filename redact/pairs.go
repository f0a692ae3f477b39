package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func isNameByte(c byte) bool {
	return isAlnum(c) || c == '_' || c == '-' || c == '.' || c == '$' || c >= utf8.RuneSelf
}

// pairSpans finds the values of secret names in name=value, name: value, JSON
// and YAML fragments, headers, forms and dotenv lines.
func (p *Pass) pairSpans(s string, m mode, list []span, decoded int) []span {
	if isAction(s) {
		return list
	}
	for i := 0; i < len(s); i++ {
		table := s[i] == '|' || s[i] == '\t' && i > 0 && isNameByte(s[i-1])
		arrow := s[i] == '-' && i > 0 && s[i-1] == '<'                                                     // name <- value
		becomes := s[i] == '>' && i > 2 && s[i-1] == '-' && s[i-2] == ' ' && i+1 < len(s) && s[i+1] == ' ' // name -> value
		if s[i] != '=' && s[i] != ':' && !table && !arrow && !becomes && !(s[i] == '>' && i > 0 && s[i-1] == '=') {
			continue
		}
		if s[i] == ':' && inResourceName(s, i) {
			continue
		}
		if s[i] == ':' && (strings.HasPrefix(s[i:], "://") || strings.HasPrefix(s[i:], ":protected]") || i+2 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') && strings.Contains(s[i:min(len(s), i+80)], ":private]")) { // members of PHP
			continue
		}
		before := i
		if arrow || becomes {
			before--
		}
		name, lineStart := nameBefore(s, before)
		if s[i] == ':' && (i == 0 || strings.IndexByte(" {(,[\t\n", s[i-1]) >= 0) {
			if x, ok := p.keyword(s, i+1); ok {
				list = append(list, x)
				i = x.to
				continue
			}
		}
		if name == "" || strings.Contains(name, " via ") || table && hasPrefixFold(name, "bearer ") {
			continue
		}
		n := p.nature(lastName(name))
		if n == plain && strings.IndexByte(name, ' ') < 0 {
			n = p.nature(name)
		}
		if n == plain && strings.Contains(name, " ") {
			n = p.nature(name)
		}
		if n == plain && p.isSigned(s, i, name) || p.trait(lastName(name)).pairValue && p.namedBefore(s, i) {
			n = flagged
		}
		if s[i] == ':' && inUserinfo(s, i, name) {
			continue
		}
		switch n {
		case secret, flagged, cookies, webhook, vendor, connection:
		case userpass:
			if from, to := valueAfter(s, i, false, n); from < to {
				if k := passwordAt(s[from:to]); k > 0 {
					list = append(list, span{from: from + k, to: to, rule: rulePair})
					i = to - 1
				}
			}
			continue
		case rows:
			if from, to := valueAfter(s, i, lineStart, n); from+1 < to && (strings.HasPrefix(s[from:], "[[") || strings.HasPrefix(s[from:], "[{") || strings.HasPrefix(s[from:], "[(")) {
				list = append(list, span{from: from, to: to, rule: ruleRows})
				i = to - 1
			}
			continue
		default:
			continue
		}
		var from, to int
		if table {
			from, to = cell(s, i)
		} else if end := quotedHeader(s, i, len(name), n); end > 0 {
			from, to = i+2, end
		} else {
			from, to = valueAfter(s, i, lineStart && n != vendor, n)
		}
		if s[i] == ':' && lineStart {
			to = beforePerson(s, from, to)
		}
		if s[i] == '=' && !table && (n == secret || n == flagged) {
			to = assignedTo(s, i-len(name), from, to, lineStart)
		}
		to = behindScheme(s, name, from, to)
		to = beforeOthers(s, i, from, to, name)
		if n == flagged && s[i] == '=' && callOf(s, from) > 0 && p.tellsItself(s[from:to]) {
			continue // what is within names its own
		}
		if at := i - len(name); s[i] == '=' && (at == 0 || s[at-1] == '&' || s[at-1] == '\n') && to < len(s) && s[to] == ' ' { // in a form that is not encoded
			if k := strings.IndexAny(s[to:min(len(s), to+maxName)], "&=\n\"'"); k > 0 && s[to+k] == '&' && nameFollows(s[to+k+1:]) {
				to += k
			}
		}
		if v := s[from:to]; becomes && (!looksChosen(v, "") && !coined(v) || isLabelled(v)) {
			continue
		}
		if v := s[from:to]; table && !looksChosen(v, "") && (!madeUp(name) || strings.IndexByte(v, ' ') >= 0) {
			continue
		}
		if lineStart && saysWhatHappened(s[from:to]) || s[i] == ':' && doneTo(name) && isPathOfWords(s[from:to]) {
			continue
		}
		if n == vendor && (table || !vendorToken(s[from:to])) { // auth0|… is a user
			continue
		}
		if n == connection && isConnection(s[from:to]) || s[i] == ':' && len(p.ofLink(s[from:to], m, decoded)) > 0 {
			continue
		}
		if endsIn(lowered(name), "connectionstrings") && from == i+1 && isIdentifier(s[from:wordEnd(s, from)]) {
			continue // the name of a setting: ConnectionStrings:Default
		}
		if s[i] == ':' && lineStart {
			v := s[from:lineEnd(s, from)]
			if first, _, _ := strings.Cut(v, " "); isSentence(v) && (strings.EqualFold(name, "auth") || strings.EqualFold(name, "authorization") && harmless[lowered(first)] && strings.IndexByte(v, '=') < 0) {
				continue
			}
		}
		if n == flagged && (authMethods[lowered(s[from:to])] || isKind(lastName(name), strings.TrimRight(s[from:to], ";,."))) {
			continue
		}
		if strings.HasSuffix(lowered(name), "tokens") && number(s[from:to]) && to-from < 9 {
			continue // how many
		}
		if from >= to || harmlessValue(s[from:to]) && (m != request || name != "" && !lineStart || scopeWord(s[from:to])) {
			continue
		}
		if secretTerms[squeeze(s[from:to])] && p.trait(name).namesPair {
			continue // the name of what stands beside it
		}
		if s[i] == ':' && from == i+1 && (permission(name, s[from:to]) || isTag(s, i-len(name), s[from:to])) {
			continue
		}
		if v := s[from:to]; v == "true" || v == "false" || number(v) && len(v) <= 2 || lineStart && counts(v) {
			continue
		}
		if to+1 < len(s) && s[to] == ' ' && n == secret && strings.HasPrefix(lowered(lastName(name)), "cred") { // the user, and the password
			if end := wordEnd(s, to+1); looksChosen(s[to+1:end], "password") && strings.IndexByte(s[to+1:end], '=') < 0 {
				to = end
			}
		}
		rule := rulePair
		if n == cookies {
			rule = ruleCookie
		}
		list = append(list, span{from: from, to: to, rule: rule})
		i = max(i, to-1)
	}
	return list
}

// behindScheme returns where the value from from to to ends of a header for credentials that
// begins with the name of their scheme, whatever that is: Authorization: Splunk x.
func behindScheme(s, name string, from, to int) int {
	if !endsIn(squeeze(name), "authorization") || from >= to || to >= len(s) || s[to] != ' ' || !isIdentifier(s[from:to]) {
		return to
	}
	end := wordEnd(s, to+1)
	if v := s[to+1 : end]; !looksChosen(v, "password") || isTime(v) {
		return to
	}
	return end
}

// doneTo reports whether a name is a secret that has one itself, and what was done to it:
// Secret read.
func doneTo(name string) bool {
	noun, done, ok := strings.Cut(lowered(name), " ")
	return ok && namable[noun] && happenings[done]
}

// isPathOfWords reports whether s is words between slashes, as secrets are called in vaults.
func isPathOfWords(s string) bool {
	known := false
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || !isIdentifier(part) || random(part, 2) {
			return false
		}
		known = known || inDictionary(part) || jargon[part]
	}
	return known && !noSlash(s)
}

// isTag reports whether v is the version of the image whose name has its last part at i:
// registry.example.com/token:1.15.
func isTag(s string, i int, v string) bool {
	v = strings.TrimPrefix(v, "v")
	if i == 0 || s[i-1] != '/' || v == "" || !isDigit(v[0]) || strings.IndexByte(v, '.') < 0 {
		return false
	}
	for part := range strings.SplitSeq(v, ".") {
		number, _, _ := strings.Cut(part, "-")
		if len(number) > 4 || strings.Trim(number, "0123456789") != "" {
			return false
		}
	}
	return isIdentifier(v)
}

// assignedTo returns where the value from from to to ends of a name that begins at at, if
// that is assigned in a line of its own or in quotes of its own: it may be several words,
// up to the next name, or have signs that end others. In a sentence it is several words
// only if no dictionary holds those that follow.
func assignedTo(s string, at, from, to int, lineStart bool) int {
	if from >= to || to == len(s) || strings.IndexByte("\"'`)]}", s[from-1]) >= 0 || strings.IndexByte("[{(", s[from]) >= 0 {
		return to
	}
	if at > 0 && strings.IndexByte("?&", s[at-1]) >= 0 { // in a query
		return to
	}
	last := at + strings.LastIndexByte(strings.TrimRight(s[at:from], " =:"), ' ') + 1
	head := strings.TrimRight(s[max(0, last-maxHeadOfOption):last], " ")
	if option := head[strings.LastIndexByte(head, ' ')+1:]; s[last] == '-' || len(option) > 1 && option[0] == '-' && isIdentifier(option) {
		return to // an option of a command, or behind one: --env NAME=x app
	}
	end := lineEnd(s[:min(len(s), from+maxSpread)], from)
	inside := false // a sentence
	switch {
	case at > 0 && (s[at-1] == '"' || s[at-1] == '\''):
		k := strings.IndexByte(s[from:end], s[at-1])
		if k < 0 {
			return to
		}
		end = from + k
	default:
		inside = !lineStart
	}
	value := s[from:end]
	if k := strings.Index(value, "&&"); k >= 0 {
		value = value[:k]
	}
	if k := strings.IndexAny(value, "\"'`"); k >= 0 { // something else is quoted
		return to
	}
	if value = strings.TrimRight(value, " \t,;"); from+len(value) <= to {
		return to
	}
	more := value[to-from:]
	if strings.IndexByte(more, ' ') < 0 { // zebi;5FwlC
		if inside {
			return to
		}
		if strings.ContainsAny(more, "=&<>") || len(more) < 2 || !isAlnum(more[1]) || more[0] == '\\' && strings.IndexByte("nrtux", more[1]) >= 0 || more[0] != ';' && more[0] != '\\' {
			return to
		}
		return from + len(value)
	}
	if more[0] != ' ' || strings.ContainsAny(more, "=&|<>") {
		return to
	}
	for w := range strings.FieldsSeq(more) {
		if w = lowered(strings.Trim(w, ".,;:!?()")); w == "" || harmless[w] || byWhom[w] || happenings[w] || !isAlpha(w[0]) || w[0] == '-' || inside && (inDictionary(w) || jargon[w] || fillers[w] || links[w]) {
			return to // it is told what became of it, or the sentence goes on
		}
	}
	return from + len(value)
}

const maxHeadOfOption = 40 // bytes of an option before the name that it sets

const maxSpread = 512 // bytes of a value of several words

// keyword finds the quoted value of a keyword of Clojure or Elixir whose name begins at j:
// :password "x".
func (p *Pass) keyword(s string, j int) (x span, ok bool) {
	k := j
	for k < len(s) && k-j < 64 && (isNameByte(s[k]) || s[k] == '/' || s[k] == '?') {
		k++
	}
	from := k
	for from < len(s) && from-k < 4 && (s[from] == ' ' || s[from] == ',') {
		from++
	}
	if from == k || k == j || from == len(s) || s[from] != '"' {
		return x, false
	}
	if name := strings.ReplaceAll(s[j:k], "/", "."); !p.secretName(name) && !p.secretName(lastSegment(s[j:k])) {
		return x, false
	}
	from, to := quoted(s, from, "")
	return span{from: from, to: to, rule: rulePair}, from < to && !harmlessValue(s[from:to])
}

// isSigned reports whether the value behind name= is what signs a request: hmac=….
func (p *Pass) isSigned(s string, i int, name string) bool {
	if s[i] != '=' || len(name) > 64 {
		return false
	}
	joined := squeeze(lastName(name))
	if !queryNames[joined] || queryPlain[joined] {
		return false
	}
	v := s[i+1 : rest(s, i+1, '=', false)]
	return len(v) >= 16 && strings.ContainsAny(v, "0123456789") && !isUUID(v) && isIdentifier(v)
}

// namedBefore reports whether the name at whose end i is stands behind one that holds
// the name of a secret: name=password, value=….
func (p *Pass) namedBefore(s string, i int) bool {
	j := i
	back := func(set string) {
		for n := 0; j > 0 && n < 8 && strings.IndexByte(set, s[j-1]) >= 0; n++ {
			j--
		}
	}
	word := func() string {
		end := j
		for j > 0 && end-j < 64 && isNameByte(s[j-1]) {
			j--
		}
		return s[j:end]
	}
	back(" \"'\\")
	value := lowered(word())
	back(" \"'\\")
	end := j
	if back(",;|("); j == end && !endsIn(value, pairValueEnds...) {
		return false
	}
	back(" \"'\\")
	name := word()
	if name == "" || !p.secretName(name) {
		return false
	}
	back(" \"'\\")
	end = j
	if back("=:"); j == end {
		return false
	}
	back(" \"'\\")
	return p.trait(word()).namesPair
}

// inUserinfo reports whether the name at whose end i is, is the user of a URL:
// https://x-access-token:….
func inUserinfo(s string, i int, name string) bool {
	from := i - len(name)
	if from < 3 || s[from-3:from] != "://" {
		return false
	}
	word := s[i:]
	if k := strings.IndexAny(word, " \t\r\n\"'<>"); k >= 0 {
		word = word[:k]
	}
	return strings.IndexByte(word, '@') > 0
}

// formPairs finds the values of pairs in a form: fields[0][name]=password&
// fields[0][value]=….
func (p *Pass) formPairs(s string, list []span) []span {
	for at := 0; at < len(s); {
		end := at
		for end < len(s) && strings.IndexByte(" \t\r\n\"'<>", s[end]) < 0 {
			end++
		}
		form := s[at:end]
		if strings.IndexByte(form, '&') > 0 {
			list = p.formPairsIn(form, at, list)
		}
		if strings.IndexByte(form, '%') >= 0 {
			list = p.encodedNames(form, at, list)
		}
		at = end + 1
	}
	return list
}

// encodedNames finds the values of a form whose names are encoded: %70%69%6e=….
func (p *Pass) encodedNames(form string, offset int, list []span) []span {
	for at, next := max(0, strings.IndexByte(form, '?')+1), 0; at < len(form); at = next {
		var end int
		end, next = separated(form, at)
		from, part := offset+at, form[at:end]
		name, value, ok := strings.Cut(part, "=")
		if !ok || value == "" || len(name) > maxName || strings.IndexByte(name, '%') < 0 || p.e.isMarker(value) {
			continue
		}
		if name = percentDecode(name); isFieldName(name) && (p.secretName(name) || p.secretName(lastPart(name))) {
			list = append(list, span{from: from + len(part) - len(value), to: from + len(part), rule: rulePair})
		}
	}
	return list
}

// separated returns where the member of a form ends that begins at from, and where the next
// one begins: an ampersand is as it is, or as JSON or HTML escapes it.
func separated(form string, from int) (end, next int) {
	for end = from; end < len(form); end++ {
		switch rest := form[end:]; {
		case strings.HasPrefix(rest, "&amp;"):
			return end, end + len("&amp;")
		case rest[0] == '&':
			return end, end + 1
		case strings.HasPrefix(rest, `\u0026`):
			return end, end + len(`\u0026`)
		}
	}
	return end, end
}

// isFieldName reports whether s may be the name of a field of a form: a[b], a:b, a$b.
func isFieldName(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isNameByte(s[i]) && strings.IndexByte("[]:", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

// lastPart returns the last name of a field of a form.
func lastPart(s string) string {
	s = strings.TrimRight(s, "[]0123456789")
	return s[strings.LastIndexAny(s, "[:$.")+1:]
}

func (p *Pass) formPairsIn(form string, offset int, list []span) []span {
	var named map[string]bool // what is around the names of secrets
	for _, values := range []bool{false, true} {
		at := max(0, strings.IndexByte(form, '?')+1)
		for part := range strings.SplitSeq(form[at:], "&") {
			from := offset + at
			at += len(part) + 1
			name, value, ok := strings.Cut(part, "=")
			if !ok || value == "" || len(name) > maxName {
				continue
			}
			around, last := formName(name)
			switch {
			case values && named[around] && pairValues[last]:
				list = append(list, span{from: from + len(name) + 1, to: from + len(part), rule: rulePair})
			case !values && pairNames[last] && len(value) <= 80 && p.secretName(percentDecode(value)):
				if named == nil {
					named = map[string]bool{}
				}
				named[around] = true
			}
		}
		if named == nil {
			break
		}
	}
	return list
}

// formName parts the name of a field, such as fields[0][name], fields.0.name or
// name0, from what is around it.
func formName(name string) (around, last string) {
	name = strings.ToLower(percentDecode(name))
	name = strings.TrimSuffix(name, "[]")
	name = strings.TrimSuffix(name, "]")
	i := strings.LastIndexAny(name, "[._-") + 1
	around, last = strings.TrimRight(name[:i], "[]._-"), name[i:]
	if bare := strings.TrimRight(last, "0123456789"); bare != "" && bare != last {
		around, last = around+last[len(bare):], bare
	}
	return around, last
}

// isAction reports whether s is an action of a policy: secretsmanager:GetSecretValue.
func isAction(s string) bool {
	if steps(s) {
		return true
	}
	service, action, ok := strings.Cut(s, ":")
	if !ok || len(s) > 80 || len(service) < 2 || action == "" || !isUpper(action[0]) {
		return false
	}
	for i := 0; i < len(service); i++ {
		if !isLower(service[i]) && !isDigit(service[i]) && service[i] != '-' {
			return false
		}
	}
	verb := false
	for _, v := range actionVerbs {
		verb = verb || strings.HasPrefix(action, v) && (len(action) > len(v) && (isUpper(action[len(v)]) || action[len(v)] == '*'))
	}
	for i := 0; i < len(action); i++ {
		verb = verb && (isAlpha(action[i]) || action[i] == '*')
	}
	return verb
}

// steps reports whether s is words between colons that name an event or a kind:
// token:rotate, token:software:totp.
func steps(s string) bool {
	if len(s) > 60 || strings.IndexByte(s, ' ') >= 0 || strings.IndexByte(s, ':') < 3 {
		return false
	}
	parts := strings.Split(s, ":")
	for _, part := range parts {
		if part == "" || strings.Trim(part, lowerLetters) != "" {
			return false
		}
	}
	last := parts[len(parts)-1]
	if len(parts) == 2 {
		return happenings[last] || scopeWord(last)
	}
	for _, part := range parts[1:] {
		if !inDictionary(part) && !jargon[part] && !secretTerms[part] {
			return false
		}
	}
	return true
}

const lowerLetters = "abcdefghijklmnopqrstuvwxyz"

// actionVerbs begin the names of actions in policies.
var actionVerbs = strings.Fields(`Get Put List Describe Create Delete Update Tag Untag Rotate Restore Cancel Replicate Remove Stop Start Validate Batch Decrypt Encrypt Generate Sign Verify Assume Attach Detach Set Add Enable Disable Reset Change Read Write Invoke Revoke Issue`)

// permission reports whether a name and what stands right behind its colon are what
// one may do or did, or a kind of factor: token:rotate, secrets:read:billing, or a
// class in a module: app.tokens:TokenView.
func permission(name, v string) bool {
	if i := strings.IndexByte(v, ' '); i > 0 {
		v = v[:i]
	}
	first, rest, more := strings.Cut(strings.TrimRight(v, ".,;)"), ":")
	if acts(first) {
		return !more || len(rest) <= 40 && !strong(rest)
	}
	if strings.IndexByte(name, '.') > 0 && isClass(first) {
		return !more
	}
	if deed, what, _ := strings.Cut(strings.ReplaceAll(first, "_", "-"), "-"); !more && len(first) <= 40 && (acts(deed) || inDeeds(deed, name)) && strings.Trim(what, lowerLetters+"-") == "" {
		return true // login-rada
	}
	if !endsIn(strings.ToLower(name), "token", "tokens", "secret", "secrets", "key", "keys", "credentials") {
		return false
	}
	for part := range strings.SplitSeq(v, ":") {
		if len(part) > 12 || part != "totp" && !inDictionary(part) {
			return false
		}
	}
	return v != ""
}

// inDeeds reports whether a word is a deed of a kind of names of actions.
func inDeeds(w, name string) bool {
	switch lowered(name) {
	case "auth", "token":
		return access[w]
	}
	return false
}

// access are words for how somebody comes in, and what is asked of a token.
var access = set(`login logout logoff signin signout signup mfa saml oauth oauth2 oidc sso ldap webauthn passkey introspect introspection session impersonate elevate step`)

// acts reports whether a word says what is done to something.
func acts(w string) bool {
	return scopeWord(w) || happenings[w] || doing[w] && len(w) > 2 || deeds[w]
}

var deeds = set(`unlock lock accept accepted decline reject approve enroll enrol register generate rotate revoke add remove set unset enter clear regenerate
	activate deactivate suspend resume archive sign upload download assign unassign link unlink attach detach renew restore destroy purge change edit toggle attempt confirm dismiss close open start stop use used denied failed success expired`)

// classEnds are last words of the names of classes.
var classEnds = set(`view viewset views controller handler service factory manager model form command job task test exception error provider resource serializer schema
	api app page component listener event repository client filter middleware plugin module validator mixin router consumer producer worker adapter builder`)

// isClass reports whether a word is the name of a class: TokenView.
func isClass(s string) bool {
	var array [maxWords]string
	w := words(s, array[:0])
	return len(w) > 1 && isUpper(s[0]) && isIdentifier(s) && classEnds[w[len(w)-1]]
}

// inResourceName reports whether the colon at i is within the name of a resource:
// arn:aws:secretsmanager:….
func inResourceName(s string, i int) bool {
	j := i
	for j > 0 && i-j < 256 && s[j-1] > ' ' && strings.IndexByte("\"',=(", s[j-1]) < 0 {
		j--
	}
	return strings.HasPrefix(s[j:], "arn:") || strings.HasPrefix(s[j:], "urn:")
}

// lastName returns the name without a path before it: a.b.password, but the
// whole is judged too.
func lastName(name string) string {
	if i := strings.LastIndexByte(name, ' '); i >= 0 {
		return name[i+1:]
	}
	return name
}

// nameBefore returns the name that ends before the separator at i, with up to
// two words before it, and whether it begins its line.
func nameBefore(s string, i int) (name string, lineStart bool) {
	j := i
	if j > 1 && s[i] == '=' && (s[j-1] == '?' || s[j-1] == '+') && s[j-2] == ' ' { // of make and shells
		j--
		i--
	}
	for j > 0 && (s[j-1] == ' ' || s[j-1] == '\t' || s[j-1] == '=' || s[j-1] == ':') && i-j < 4 {
		j--
	}
	if strings.HasSuffix(s[:j], `">>`) { // a binary of Erlang
		j -= len(">>")
	}
	for j > 0 && i-j < 8 {
		n := signBefore(s, j, "\"'`\\])*?")
		if n == 0 {
			break
		}
		j -= n
	}
	if j < i && j > 0 && s[j] == ']' { // name[0], name[]
		k := j
		for k > 0 && isDigit(s[k-1]) && j-k < 4 {
			k--
		}
		if k > 0 && s[k-1] == '[' {
			j = k - 1
		}
		if j > 0 && s[j-1] == ']' { // user[names][]
			j--
		}
	}
	if k := j; j < i && hasPrefixFold(s[j:], "%5d") { // name%5B0%5D
		for k > 0 && isDigit(s[k-1]) && j-k < 4 {
			k--
		}
		if k >= 3 && strings.EqualFold(s[k-3:k], "%5b") {
			if j = k - 3; j >= 3 && strings.EqualFold(s[j-3:j], "%5d") {
				j -= 3
			}
		}
	}
	end := j
	for j > 0 && isNameByte(s[j-1]) && end-j < 120 {
		j--
	}
	if j > 0 && s[j-1] == '%' && end-j > 2 && hexValue(s[j]) >= 0 && hexValue(s[j+1]) >= 0 {
		j += 2 // an encoded sign before it: Main%24pin
	}
	if j > 1 && s[j-1] == '@' && isAlpha(s[j-2]) && (j == 2 || !isNameByte(s[j-3])) {
		j -= 2 // p@ssword
	}
	for end-j < 32 && end-j > 0 && (j == end-1 || s[j+1] == ' ') && isAlpha(s[j]) && j > 1 && s[j-1] == ' ' && isAlpha(s[j-2]) && (j == 2 || !isAlnum(s[j-3])) {
		j -= 2 // p a s s w o r d
	}
	if end-j > 2 && s[j] == '-' && s[j+1] == 'D' {
		j += 2 // java -Dname=value
	}
	if j == end || strings.HasSuffix(s[:j], markerStart) {
		return "", false
	}
	word := j
	for range 2 { // API key, Card Number
		k := j
		if k < 2 || s[k-1] != ' ' || !isNameByte(s[k-2]) {
			break
		}
		k--
		for k > 0 && isNameByte(s[k-1]) && j-k < 24 {
			k--
		}
		if !isAlnum(s[k]) && s[k] < utf8.RuneSelf {
			break
		}
		j = k
	}
	name = s[j:end]
	if s[i] == '=' && j == word {
		for n := 0; n < 2 && j > 1 && s[j-1] == '+' && isNameByte(s[j-2]); n++ { // api+key, in a form
			for j--; j > 0 && isNameByte(s[j-1]) && end-j < 120; j-- {
			}
		}
		name = strings.ReplaceAll(s[j:end], "+", " ")
	}
	k := word
	for k > 0 && strings.IndexByte(" \t\"'`-+*", s[k-1]) >= 0 {
		k--
	}
	if strings.HasSuffix(s[:k], "export") || strings.HasSuffix(s[:k], "set") {
		k = 0
	}
	return name, k == 0 || s[k-1] == '\n' || s[k-1] == '\r'
}

// byWhom are words between a secret and somebody whose it is, in several languages.
var byWhom = set(`by of for from von für fur par pour de da do di por para van voor av`)

// titles are words before the name of a person, and toUsers those of the kind of name.
var (
	titles  = set(`dr dr. mr mr. mrs mrs. ms ms. prof prof. herr frau señor señora`)
	toUsers = set(`user usuario usuário utente benutzer utilisateur login account`)
)

// beforePerson returns where the secret ends that the line from from to to begins with, if
// all behind it is whose it is, or who did something with it: x von Ada, x (reset by Dr. Ada).
func beforePerson(s string, from, to int) int {
	w := strings.Fields(s[from:min(to, from+maxName)])
	if len(w) < 3 || len(w) > 9 {
		return to
	}
	first, rest := strings.TrimRight(w[0], ",;"), w[1:]
	if authMethods[lowered(first)] && strings.HasPrefix(s[from+len(first):], " "+rest[0]) { // Token x
		first, rest = first+" "+rest[0], rest[1:]
	}
	for first != "" && isDigit(first[len(first)-1]) && len(rest) > 2 && number(rest[0]) && strings.HasPrefix(s[from+len(first):], " "+rest[0]) { // 316 25 9587
		first, rest = first+" "+rest[0], rest[1:]
	}
	if digits := strings.ReplaceAll(first, " ", ""); !number(digits) && !strong(first) && !looksChosen(first, "password") && !strings.HasPrefix(first, markerStart) {
		return to
	}
	rest[0] = strings.TrimLeft(rest[0], "(")
	if passed[rest[0]] || changing[rest[0]] {
		rest = rest[1:]
	}
	if len(rest) < 2 || !byWhom[rest[0]] && !toUsers[rest[0]] {
		return to
	}
	if rest = rest[1:]; titles[lowered(rest[0])] {
		rest = rest[1:]
	}
	if len(rest) == 0 || len(rest) > 2 {
		return to
	}
	for _, name := range rest {
		name = strings.TrimRight(name, ").")
		if len(name) < 3 || !isUpper(name[0]) || strings.IndexFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }) >= 0 {
			return to
		}
	}
	return from + len(first)
}

// beforeOthers returns where the secret ends that the value from from to to begins with, if
// what is behind it is in brackets, or is another thing behind a token, which has no spaces;
// the separator of its name is at i.
func beforeOthers(s string, i, from, to int, name string) int {
	first, rest, ok := strings.Cut(s[from:max(from, to)], " ")
	switch {
	case !ok || first == "" || wrapped(s, from) > 0:
	case rest != "" && rest[0] == '(' && strings.IndexByte(rest, ')') == len(rest)-1:
		return from + len(first)
	case s[i] == ':' && from == i+1 && endsIn(lowered(name), "token", "key", "otp", "pin", "code", "signature", "jwt") && (number(first) || looksChosen(first, "password") || coined(lowered(first)) || strings.HasPrefix(first, markerStart)):
		return from + len(first)
	}
	return to
}

// ofLink finds the secrets in a value that is a link.
func (p *Pass) ofLink(v string, m mode, decoded int) []span {
	if !strings.HasPrefix(v, "https://") && !strings.HasPrefix(v, "http://") || strings.IndexByte(v, '?') < 0 {
		return nil
	}
	return p.urlSpans(v, m, nil, decoded)
}

// quotedHeader returns where the value ends of a header in quotes that goes on to the end
// of its line otherwise, the separator of whose name, of a length, is at i; 0 if it is none.
func quotedHeader(s string, i, name int, n nature) int {
	if s[i] != ':' || i+2 >= len(s) || s[i+1] != ' ' {
		return 0
	}
	if v := lowered(s[i+2 : min(len(s), i+8)]); n != cookies && v != "digest" && !strings.HasPrefix(v, "aws4") {
		return 0
	}
	return closedAt(s, i-name, i+2)
}

// closedAt returns where the quotes close that open right before at, and hold what begins
// at from; 0 if there are none, or quotes of the same kind within.
func closedAt(s string, at, from int) int {
	if at < 1 || s[at-1] != '"' && s[at-1] != '\'' || at > 1 && s[at-2] == '\\' {
		return 0
	}
	for k := from; k < len(s) && s[k] != '\n' && s[k] != '\r'; k++ {
		switch {
		case s[k] == '\\':
			k++
		case s[k] != s[at-1]:
		case s[k-1] == '=':
			return 0
		case k+1 == len(s) || strings.IndexByte(" \t\r\n,)]}", s[k+1]) >= 0:
			return k
		}
	}
	return 0
}

// signBefore returns how long one of the signs is that ends before j, as it is or encoded
// with a percent sign; 0 if there is none.
func signBefore(s string, j int, list string) int {
	switch {
	case j > 0 && strings.IndexByte(list, s[j-1]) >= 0:
		return 1
	case j > 3 && s[j-3] == '%' && hexValue(s[j-2]) >= 0 && hexValue(s[j-1]) >= 0 && strings.IndexByte(list, byte(hexValue(s[j-2])<<4|hexValue(s[j-1]))) >= 0:
		return 3
	}
	return 0
}

// valueAfter returns the bounds of the value after the separator at i.
func valueAfter(s string, i int, lineStart bool, n nature) (from, to int) {
	j := i + 1
	for j < len(s) && strings.IndexByte("=>:", s[j]) >= 0 {
		j++
	}
	colon := s[i] == ':'
	for j < len(s) && (s[j] == ' ' || s[j] == '\t' || s[j] == '+' && j+1 < len(s) && s[j+1] == '"') && j-i < 16 {
		j++
	}
	if colon && j+1 < len(s) && (s[j] == '&' || s[j] == '!') && isAlpha(s[j+1]) { // an anchor or a tag of YAML
		if k := strings.IndexByte(s[j:min(len(s), j+32)], ' '); k > 0 && strings.IndexByte(s[j:j+k], '\n') < 0 {
			j += k + 1
		}
	}
	if !colon && s[i] == '>' && j < len(s) && s[j] <= ' ' { // as var_dump of PHP writes it
		k := j
		for k < len(s) && k-j < 40 && s[k] <= ' ' {
			k++
		}
		if strings.HasPrefix(s[k:], "string(") {
			j = k
		}
	}
	if j+1 < len(s) && strings.IndexByte("bruf", lower(s[j])) >= 0 && (s[j+1] == '\'' || s[j+1] == '"') { // a literal of Python
		j++
	}
	if j < len(s) && (s[j] == '\n' || s[j] == '\r') {
		switch {
		case colon:
			return block(s, i, j)
		case s[i] != '>':
			for j < len(s) && s[j] <= ' ' && j-i < 16 {
				j++
			}
			if j < len(s) && aloneChosen(s, j, "password") && !nameFollows(s[j:]) {
				return j, lineEnd(s, j)
			}
			return 0, 0
		}
		for j < len(s) && s[j] <= ' ' { // as var_dump of PHP breaks its lines
			j++
		}
	}
	if colon && j+2 < len(s) && (s[j] == '&' || s[j] == '!') { // an anchor or a type of YAML
		k := j + 1
		for k < len(s) && (isNameByte(s[k]) || s[k] == '!') {
			k++
		}
		if k < len(s) && s[k] == ' ' && k > j+1 {
			j = k + 1
		}
	}
	if j+1 < len(s) && isAlpha(s[j]) && strings.IndexByte("bBuUrR", s[j]) >= 0 && (s[j+1] == '"' || s[j+1] == '\'') { // b'…' of Python
		j++
	}
	if j < len(s) && (s[j] == '|' || s[j] == '>') && colon && strings.IndexByte(s[j:], '\n') >= 0 && strings.IndexByte(s[j:], '\n') < 4 {
		return block(s, i, j+strings.IndexByte(s[j:], '\n'))
	}
	if strings.HasPrefix(s[j:], "string(") { // as var_dump of PHP writes it
		if k := strings.IndexByte(s[j:min(len(s), j+24)], ' '); k > 0 {
			j += k + 1
		}
	}
	if strings.HasPrefix(s[j:], "(string) ") { // as a dump of Go has it
		if k := strings.IndexByte(s[j:min(len(s), j+40)], '"'); k > 0 {
			j += k
		}
	}
	if strings.HasPrefix(s[j:], `<<"`) { // a binary of Erlang
		if k := strings.Index(s[j:], `">>`); k > 0 {
			return j + 3, j + k
		}
	}
	if strings.HasPrefix(s[j:], "<<") {
		return heredoc(s, j)
	}
	if strings.HasPrefix(s[j:], "$(") {
		return j, balanced(s, j+1)
	}
	if s[i] == '=' && j < len(s) && s[j] == '{' {
		if to := braced(s, j); to > 0 {
			return j + 1, to
		}
	}
	for k := j; k < min(len(s), j+3); k++ { // a literal with a prefix
		if s[k] == '"' || s[k] == '\'' || s[k] == '\\' && k > j && k+1 < len(s) && s[k+1] == '"' {
			j = k
			break
		}
		if !isAlnum(s[k]) && s[k] != '@' && s[k] != '$' {
			break
		}
	}
	if j+1 < len(s) && s[j] == '\\' && (s[j+1] == '\n' || s[j+1] == '\r') { // a line that goes on
		for j < len(s) && (s[j] <= ' ' || s[j] == '\\') {
			j++
		}
		return j, lineEnd(s, j)
	}
	if k := wrapped(s, j); k > 0 {
		if s[k] == '(' {
			return j, balanced(s, k)
		}
		j = k
	}
	from = j
	if j == len(s) {
		return j, j
	}
	esc := ""
	for j < len(s) && s[j] == '\\' {
		esc += `\`
		j++
	}
	if j < len(s) && strings.IndexByte("\"'`", s[j]) >= 0 {
		if triple := s[j:min(len(s), j+3)]; triple == `"""` || triple == "'''" {
			to := len(s)
			if k := strings.Index(s[j+3:], triple); k >= 0 {
				to = j + 3 + k
			}
			return min(j+3, to), to
		}
		from, to = quoted(s, j, esc)
		if s[i] == ':' && strings.HasPrefix(s[to:], `";s:`) && i+1 == j { // serialized by PHP: name, length, value
			if k := strings.IndexByte(s[to+4:], '"'); k >= 0 {
				return to + 4 + k + 1, len(s)
			}
		}
		return from, to
	}
	if k := callOf(s, from); k > 0 {
		return from, balanced(s, k)
	}
	j = from
	if s[j] == '<' {
		if k := strings.IndexAny(s[j:min(len(s), j+maxName)], ">\r\n "); k > 1 && s[j+k] == '>' && s[j+1] != '/' && s[j-1] != '>' {
			return j + 1, j + k
		}
	}
	if strings.HasPrefix(s[j:], "[]") { // []byte("…") of Go
		if k := strings.IndexByte(s[j:min(len(s), j+24)], '('); k > 0 && isIdentifier(s[j+2:j+k]) {
			return from, balanced(s, j+k)
		}
	}
	if strings.IndexByte("[{(", s[j]) >= 0 && !strings.HasPrefix(s[j:], markerStart) {
		return from, balanced(s, j)
	}
	if n == cookies || lineStart && n != flagged && colon {
		if to = rest(s, j, s[i], lineStart); n != cookies && j == i+1 && to+1 < len(s) && s[to] == ',' && s[to+1] > ' ' && nameFollows(s[to+1:]) { // a:x,b:y
			return from, to
		}
		return from, lineEnd(s, j)
	}
	to = rest(s, j, s[i], lineStart)
	switch strings.ToLower(strings.Trim(s[from:to], ",:")) {
	case "bearer", "basic", "digest", "token", "apikey", "negotiate", "ntlm", "hawk", "aws4-hmac-sha256", "ssws":
		for to < len(s) && s[to] == ' ' {
			to++
		}
		if strings.EqualFold(s[from:min(len(s), from+6)], "digest") || hasPrefixFold(s[from:], "aws4") {
			return from, lineEnd(s, to)
		}
		to = rest(s, to, s[i], lineStart)
	}
	return from, to
}

// braced returns where a value in the braces of ODBC ends, which doubles those in it; 0
// if what begins at j is none.
func braced(s string, j int) int {
	for k := j + 1; k < len(s) && k-j < maxQuoted; k++ {
		switch s[k] {
		case '}':
			if k+1 < len(s) && s[k+1] == '}' {
				k++
				continue
			}
			if k+1 == len(s) || strings.IndexByte(";\r\n \"'", s[k+1]) >= 0 {
				return k
			}
			return 0
		case '{', ':', '"', '\n':
			return 0
		}
	}
	return 0
}

// callOf returns where the bracket of a call begins that a value at j is, such as
// Some("…") and SecretStr('…'); 0 if it is none.
func callOf(s string, j int) int {
	k := j
	for k < len(s) && k-j < 32 && (isAlnum(s[k]) || s[k] == '_' || s[k] == '.') {
		k++
	}
	if k == j || k+1 >= len(s) || s[k] != '(' || !isUpper(s[j]) && s[k+1] != '"' && s[k+1] != '\'' {
		return 0
	}
	return k
}

// wrappers are constructors of values that may be missing, or are not to be shown.
var wrappers = set(`Just Some Ok Right Secret Password Sensitive Optional`)

// wrapped returns where the quote or the bracket is behind a constructor or a pointer at j,
// as in Just "x", Some ("x") and 0x7f "x"; 0 if there is none.
func wrapped(s string, j int) int {
	k := j
	for k < len(s) && k-j < 24 && isAlnum(s[k]) {
		k++
	}
	if k+1 >= len(s) || !wrappers[s[j:k]] && !(strings.HasPrefix(s[j:k], "0x") && isHex(s[j+2:k])) || s[k] != ' ' || strings.IndexByte("\"(\\", s[k+1]) < 0 {
		return 0
	}
	return k + 1
}

// tellsItself reports whether a call has names for all that it holds, of which one is
// that of a secret: Auth(user='x', secret='…').
func (p *Pass) tellsItself(s string) bool {
	found, named := false, false
	for i := strings.IndexByte(s, '('); i < len(s); i++ {
		switch s[i] {
		case '=':
			name := calleeOf(s, i)
			if named = name != ""; named {
				found = found || p.secretName(name)
			}
		case '\'', '"':
			if !named {
				return false
			}
			_, to := quoted(s, i, "")
			i, named = to, false
		}
	}
	return found
}

// heredoc returns the bounds of the lines after the <<WORD at j, up to the one that
// is WORD.
func heredoc(s string, j int) (from, to int) {
	from = lineEnd(s, j)
	word := strings.Trim(s[j:from], "<-~ '\"")
	for from < len(s) && (s[from] == '\n' || s[from] == '\r') {
		from++
	}
	for at := from; at < len(s); {
		end := lineEnd(s, at)
		if strings.TrimSpace(s[at:end]) == word {
			return from, from + len(strings.TrimRight(s[from:at], "\r\n"))
		}
		at = end + 1
	}
	return from, len(s)
}

// rest returns where an unquoted value ends that begins at j.
func rest(s string, j int, separator byte, lineStart bool) int {
	if j < len(s) && strings.HasPrefix(s[j:], markerStart) { // the bracket of a marker ends nothing
		if k := strings.IndexByte(s[j:min(len(s), j+64)], ']'); k > 0 {
			j += k + 1
		}
	}
	for ; j < len(s); j++ {
		switch c := s[j]; c {
		case ' ', '\t', '\n', '\r':
			return j
		case '<':
			if separator == '=' && j+1 < len(s) && isAlnum(s[j+1]) && !opensElement(s[j:]) {
				continue // no element begins
			}
			return j
		case '"', '\'', '`', '\\':
			return j
		case '&', ';', ',', '|':
			if c == '&' && isEntity(s[j:]) || c == ';' && inEntity(s[:j]) {
				continue
			}
			if j+1 == len(s) || s[j+1] <= ' ' || nameFollows(s[j+1:]) || c == '&' && separator == '=' || c == ';' {
				return j
			}
		case ')', ']', '}':
			if j+1 == len(s) || strings.IndexByte(" \t\n\r,;.)]}\"'&", s[j+1]) >= 0 {
				return j
			}
		}
	}
	return j
}

// opensElement reports whether s, which begins with <, may begin an element: there is a >
// before the line ends.
func opensElement(s string) bool {
	return strings.IndexByte(s[:lineEnd(s[:min(len(s), maxSpread)], 0)], '>') >= 0
}

// isEntity reports whether s begins with a character that HTML writes as &…;.
func isEntity(s string) bool {
	for i := 1; i < len(s) && i < 10; i++ {
		if s[i] == ';' {
			return i > 2
		}
		if !isAlnum(s[i]) && s[i] != '#' {
			break
		}
	}
	return false
}

// inEntity reports whether a semicolon behind s ends one.
func inEntity(s string) bool {
	i := strings.LastIndexByte(s[max(0, len(s)-9):], '&')
	return i >= 0 && isEntity(s[max(0, len(s)-9)+i:]+";")
}

// nameFollows reports whether s begins with name= or name:.
func nameFollows(s string) bool {
	i := 0
	for i < len(s) && i < 64 && (isNameByte(s[i]) || s[i] == ' ' || s[i] == '"' || s[i] == '\'') {
		i++
	}
	return i > 0 && i < len(s) && (s[i] == '=' || s[i] == ':')
}

// quoted returns the bounds inside the quotes of a value; an open one goes to
// the end of the text.
func quoted(s string, j int, esc string) (from, to int) {
	q := s[j]
	from = j + 1
	for k := from; k < len(s); k++ {
		if s[k] == '\\' && esc == "" {
			k++
			continue
		}
		if s[k] == q && strings.HasSuffix(s[from:k], esc) && (esc == "" || !strings.HasSuffix(s[from:k], `\`+esc)) {
			if q == '\'' && k+1 < len(s) && isAlnum(s[k+1]) {
				continue
			}
			if k > from && esc == "" && k+2 < len(s) && s[k+1] == q && (isAlnum(s[k+2]) || strings.IndexByte("!#$%^*~", s[k+2]) >= 0) { // a quote in the value
				k++
				continue
			}
			return from, k - len(esc)
		}
	}
	return from, len(s)
}

// maxBracketed is how far, in bytes, the end of a bracketed value is looked for.
const maxBracketed = 4096

// balanced returns the end of a bracketed value that begins at j. One that does
// not end within [maxBracketed] goes to the end of the text.
func balanced(s string, j int) int {
	depth := 0
	var quote byte
	for k := j; k < min(len(s), j+maxBracketed); k++ {
		switch c := s[k]; {
		case quote != 0:
			if c == '\\' {
				k++
			} else if c == quote {
				quote = 0
			}
		case c == '"':
			quote = c
		case c == '[' || c == '{' || c == '(':
			depth++
		case c == ']' || c == '}' || c == ')':
			if depth--; depth == 0 {
				return k + 1
			}
		}
	}
	return len(s)
}

// harmless are words that stand after the name of a secret and are none.
var harmless = set(`
	is are was were be been being has have had will would can could must should may might not no none null nil true false yes
	required missing empty invalid expired incorrect wrong weak strong valid correct changed updated rotated reset
	revoked created deleted removed added set unset ok success successful successfully failed failure error unknown
	denied accepted rejected verified unverified stored hidden masked encrypted hashed protected disabled enabled optional
	authentication authorization policy policies field fields input prompt manager management service rotation expiry expires expiration
	strength length type types format method flow grant request requests reset-link link page form dialog screen
	the a an and or of for to from in on at by with without as than that this these those it its their your our his her my
	too very also again already still only soon now then when while until before after because since if but so
	does did do doesn't didn't don't isn't wasn't cannot can't won't match matches matched mismatch
	user users account accounts admin admins owner owners everyone nobody sent received requested issued used
	attempts attempt history age checks check rules rule complexity requirements requirement change changes update updates
	found exists exceeded limit limits count counts usage budget quota refresh refreshed renewed generation generated
	validation verification hash hashing algorithm store stores vault vaults scanning scanner scan provider providers
	endpoint endpoints header headers name names id ids value values version versions bucket
	leaked leak compromised shared key keys login sign-in email e-mail sms code codes device devices app apps
	expire lasts lifetime ttl per week days day hours hour minutes month months year years
	scope scopes scoped office santa agent ballot sauce garden police minister between about into over under up out off
	team teams group groups review reviews audit audits report reports access permission permissions role roles
	ready replaced renamed lost stolen forgotten gone due near close enough fine good bad okay public private secure insecure unique shown written broken known chosen taken kept held
	needs need contains contain differs differ entered submitted provided given typed sharing reuse safe unsafe
	read write list get put post view edit manage all any full only
	succeeded succeeds completed complete finished passed started fails attempted
	redacted omitted blocked locked unlocked pending active inactive n/a - -- ? * ** *** **** ***** ****** ******* ********
`)

func harmlessValue(v string) bool {
	v = strings.Trim(v, " \t\"'`.,;:!?)(")
	return v == "" || harmless[strings.ToLower(v)]
}

func (p *Pass) secretName(name string) bool {
	switch p.nature(name) {
	case secret, flagged, cookies, webhook, connection:
		return true
	}
	return false
}
