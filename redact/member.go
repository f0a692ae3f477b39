package redact

import (
	"fmt"
	"strings"
)

// member redacts node i whose name is of nature n.
func (p *Pass) member(i int32, n nature, at place) bool {
	node := &p.nodes[i]
	if n == binding && len(p.path) == 2 && at.mode == request && updating[node.key] && node.kind == object {
		n = plain // the request is a change of a document
	}
	if node.kind == text && n == plain && strings.HasPrefix(node.text, "blob:") && tellsOf(node.key) {
		if k := strings.LastIndexByte(node.text, '/') + 1; isUUID(node.text[k:]) { // who has it may read what it stands for
			p.remove(ruleURL, node.text[k:])
			return p.set(i, node.text[:k]+p.replace(ruleURL))
		}
	}
	if node.kind == text && ofLogin[node.tail()] && (n == plain || n == remark) {
		if from := passwordAt(node.text); from > 0 && coined(node.text[from:]) {
			n = userpass
		}
	}
	switch n {
	case flagged, secret:
		if saysNothing(node, n) {
			return false
		}
		if node.kind == text && isUUID(node.text) && squeeze(segment(node.key)) == "sessionid" {
			return false // for correlation
		}
		if node.kind == text && squeeze(segment(node.key)) == "secretid" && (strings.HasPrefix(node.text, "arn:") || strings.IndexByte(node.text, '/') > 0 && isPathOfWords(node.text)) {
			return p.walk(i, at) // which one it is
		}
		if p.isReference(i) {
			return p.walk(i, at)
		}
		if n == flagged && p.isChange(i) {
			return p.changeMember(i, flagged, at)
		}
		if node.kind == object && segment(node.key) == "auth" {
			return p.authMember(i, at)
		}
		if p.describesCredentials(i) {
			changed := false
			for c := node.child; c >= 0; c = p.nodes[c].next {
				changed = p.authMember(c, at) || changed
			}
			return changed
		}
		if p.isGroup(i) || p.saysOf(i) || node.kind == object && p.inPolicy() {
			return p.walk(i, at)
		}
		return p.omit(i, marker(ruleKey), ruleKey)
	case cookies:
		return p.omit(i, marker(ruleCookie), ruleCookie)
	case webhook:
		if node.kind == object {
			return p.webhookMember(i, at)
		}
		return p.omit(i, marker(ruleWebhook), ruleWebhook)
	case binding:
		if p.grantsRoles(i) {
			return p.walk(i, at)
		}
		if strings.HasPrefix(node.key, "$") && (node.kind == array || node.kind == object) { // an operator, and its fields
			p.removeNode(ruleSQL, i)
			p.report(ruleSQL)
			p.keysOnly(i)
			return true
		}
		if node.kind == array || node.kind == object || node.kind == text {
			return p.omit(i, marker(ruleSQL), ruleSQL)
		}
	case answer:
		return p.omit(i, marker(ruleResponse), ruleResponse)
	case rows:
		return p.rowsMember(i, at)
	case cellOfRow:
		return p.omit(i, marker(ruleRows), ruleRows)
	case payload:
		return p.payloadMember(i, at)
	case plain, query:
		if node.kind == text && node.trait != nil && node.trait.isQuery && strings.IndexByte(node.text, '=') > 0 && isForm(node.text) { // of a URL
			if list := p.querySpans(node.text, 0, nil); len(list) > 0 {
				return p.set(i, p.leaf(p.apply(node.text, list, at.mode, at.decoded), 0, at))
			}
		}
		if n == query && node.kind == text {
			return p.set(i, p.query(node.text, at))
		}
		if node.kind == text && endsIn(node.tail(), "webhook", "hook") && isKeyed(node.text) {
			return p.omit(i, marker(ruleWebhook), ruleWebhook)
		}
		if node.kind == object && node.trait != nil && node.trait.isQuery && p.searches(i) {
			p.removeNode(ruleSQL, i)
			p.report(ruleSQL)
			p.keysOnly(i)
			return true
		}
		if n == query {
			at.listed = true
		}
	case response:
		if node.kind == text && !shortWord(node.text) {
			return p.omit(i, marker(ruleResponse), ruleResponse)
		}
		at.mode, at.listed = request, true
	case body:
		at.mode = request
	case vendor:
		if node.kind == text && vendorToken(node.text) {
			return p.omit(i, marker(ruleEntropy), ruleEntropy)
		}
	case connection:
		if p.isChange(i) {
			return p.changeMember(i, connection, at)
		}
		if node.kind != text || !isConnection(node.text) {
			return p.omit(i, marker(ruleKey), ruleKey)
		}
	case timed:
		if v := node.text; node.kind == array || node.kind == text && !isTime(v) && (looksChosen(v, "password") || coined(v) || len(v) > 2 && len(v) < 9 && number(v)) {
			return p.omit(i, marker(ruleKey), ruleKey)
		}
	case likely:
		changed := false
		if node.kind == array {
			for c := node.child; c >= 0; c = p.nodes[c].next {
				if p.nodes[c].kind == text && isSecretOf(node.key, p.nodes[c].text) {
					changed = p.omit(c, marker(ruleKey), ruleKey) || changed
				}
			}
		}
		if node.kind == text && isSecretOf(node.key, node.text) {
			return p.omit(i, marker(ruleKey), ruleKey)
		}
		return p.walk(i, at) || changed
	case remark:
		if node.kind == object || node.kind == array {
			at.mode = request
		} else if node.kind == text && at.mode != request {
			changed := p.walk(i, at)
			if c := firstByte(p.nodes[i].text); p.nodes[i].kind == text && (c == '{' || c == '[') { // no sentence
				if s, ok := p.document(p.nodes[i].text, request, at.decoded); ok {
					return p.set(i, s) || changed
				}
			}
			if n := &p.nodes[i]; n.kind == text && strings.Count(p.e.bare(n.text), " ") >= 2 {
				return p.omit(i, marker(ruleText), ruleText)
			}
			return changed
		}
	case userpass:
		if node.kind == text {
			if from := passwordAt(node.text); from > 0 {
				p.remove(rulePair, node.text[from:])
				return p.set(i, node.text[:from]+p.replace(rulePair))
			}
		}
	case account:
		if node.kind == text {
			was := node.text
			s := p.leaf(was, node.signs, at)
			if user, pass, ok := strings.Cut(s, ":"); ok && s == was && strings.HasPrefix(squeeze(segment(node.key)), "basic") && user != "" && pass != "" && !p.e.isPlaceholder(s) && strings.IndexByte(s, ' ') < 0 {
				return p.set(i, user+":"+p.replace(rulePair))
			}
			if s == was && chosenLogin(s) {
				return p.set(i, s[:strings.IndexByte(s, ':')+1]+p.replace(rulePair))
			}
			return p.set(i, p.login(s)) || s != was
		}
	}
	return p.walk(i, at)
}

// tellsOf reports whether a word of a name tells of a secret.
func tellsOf(name string) bool {
	var array [maxWords]string
	for _, w := range words(name, array[:0]) {
		if telling[w] {
			return true
		}
	}
	return false
}

// ofLogin are names of what is typed, under which user:password may stand.
var ofLogin = set(`input data value`)

// grantsRoles reports whether node i is a list of who has which role, as policies of
// Google Cloud bind them.
func (p *Pass) grantsRoles(i int32) bool {
	n := &p.nodes[i]
	if n.kind != array {
		return false
	}
	for c := n.child; c >= 0; c = p.nodes[c].next {
		role, member := false, false
		for m := p.nodes[c].child; m >= 0 && p.nodes[c].kind == object; m = p.nodes[m].next {
			switch p.nodes[m].key {
			case "role":
				role = true
			case "members", "member":
				member = true
			}
		}
		if !role || !member {
			return false
		}
	}
	return n.child >= 0
}

// clauses are those of queries of Elasticsearch, under which values of documents stand.
var clauses = set(`match term terms bool range wildcard prefix fuzzy regexp ids nested match_phrase match_phrase_prefix match_bool_prefix multi_match query_string
	simple_query_string constant_score function_score dis_max has_child has_parent more_like_this terms_set intervals`)

// searches reports whether an object is one of them: {"match": {"name": …}}.
func (p *Pass) searches(i int32) bool {
	c := p.nodes[i].child
	return c >= 0 && p.nodes[c].next < 0 && p.nodes[c].kind == object && clauses[p.nodes[c].key]
}

// webhookMember redacts the description of a webhook: its URLs go.
func (p *Pass) webhookMember(i int32, at place) bool {
	changed := false
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if n := &p.nodes[c]; n.kind == text && strings.Contains(n.text, "://") {
			changed = p.omit(c, marker(ruleWebhook), ruleWebhook) || changed
		}
	}
	return p.walk(i, at) || changed
}

// updating are operators of MongoDB with the fields that an update changes.
var updating = set(`$set $unset $setOnInsert $currentDate`)

// saysNothing reports whether a value under the name of a secret is too small to be
// one: a boolean, or, where the name may mean something else, a number below 100.
func saysNothing(n *node, under nature) bool {
	switch n.kind {
	case boolean:
		return true
	case numeral:
		return under == flagged && (len(n.text) <= 2 || isHistory(n.key)) || strings.HasSuffix(segment(n.key), "tokens") && len(n.text) < 9 // how many
	case text:
		return n.text == "true" || n.text == "false" || under == flagged && (isKind(n.key, n.text) || authMethods[strings.ToLower(n.text)] || len(n.text) <= 2 && number(n.text))
	}
	return false
}

// isHistory reports whether a name is of how many secrets may not be used again, or of these.
func isHistory(name string) bool { return endsIn(squeeze(name), "history", "histories") }

// isKind reports whether a word says of what kind a thing is whose name may be a secret's too:
// of a history how it is kept, of tan the color.
func isKind(name, v string) bool {
	name = segment(name)
	return (name == "tan" || name == "pincode" || isHistory(name)) && shortWord(v) && !coined(v) && !miscased(v)
}

// authMethods are what is said under names such as smtp_auth that is no secret.
var authMethods = set(`none basic plain login digest ntlm oauth oauth2 xoauth2 saml ldap oidc kerberos cram-md5 scram-sha-256 md5 trust peer bearer mtls tls cert
	certificate required optional enabled disabled on off yes no local internal external sso iam password token apikey api_key public anonymous`)

// references are names under which objects name secrets, and hold none.
var references = set(`imagepullsecrets imagepullsecret secretkeyref secretref secretrefs envfromsecret`)

// isReference reports whether node i only names secrets that are somewhere else.
func (p *Pass) isReference(i int32) bool {
	n := &p.nodes[i]
	if n.kind != object && n.kind != array || !references[squeeze(segment(n.key))] {
		return false
	}
	for c := n.child; c >= 0; c = p.nodes[c].next {
		list := c
		if n.kind == object {
			list = i
		}
		for m := p.nodes[list].child; m >= 0; m = p.nodes[m].next {
			switch squeeze(p.nodes[m].key) {
			case "name", "key", "namespace", "optional":
			default:
				return false
			}
		}
	}
	return true
}

// isChange reports whether node i is an object of an old and a new value.
func (p *Pass) isChange(i int32) bool {
	if p.nodes[i].kind != object || p.nodes[i].child < 0 {
		return false
	}
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		if !turning[p.nodes[c].key] {
			return false
		}
	}
	return true
}

// changeMember redacts both values of a change under a name of nature n.
func (p *Pass) changeMember(i int32, n nature, at place) bool {
	changed := false
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		changed = p.member(c, n, at) || changed
	}
	return changed
}

// inPolicy reports whether the member that is walked is right within a policy, which says of
// what kind a secret must be: {"policy": {"password": {"minLength": 12}}}.
func (p *Pass) inPolicy() bool {
	return len(p.path) > 2 && endsIn(squeeze(segment(p.path[len(p.path)-2])), "policy", "policies", "requirements")
}

// saysOf reports whether an object under the name of a secret holds only what is said of
// it: {"token": {"count": 44}}, {"password": {"policy": "strict"}}.
func (p *Pass) saysOf(i int32) bool {
	if p.nodes[i].kind != object || p.nodes[i].child < 0 {
		return false
	}
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		if !sounding[n.key] || turning[n.key] || p.nature(p.nodes[i].key+"."+n.key) != plain {
			return false
		}
		switch n.kind {
		case boolean, numeral:
		case text:
			if w := lowered(n.text); !inDictionary(w) && !harmless[w] && !isTime(w) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// isGroup reports whether node i is the first part of the name of a group of Kubernetes whose
// dots were read as those of nested names: {"authorization": {"k8s": {"io/decision": …}}}.
func (p *Pass) isGroup(i int32) bool {
	n := &p.nodes[i]
	if n.kind != object || n.child < 0 || p.nodes[n.child].next >= 0 || p.nodes[n.child].kind != object {
		return false
	}
	if n = &p.nodes[n.child]; n.child < 0 || n.key != "k8s" && n.key != "kubernetes" {
		return false
	}
	for c := n.child; c >= 0; c = p.nodes[c].next {
		if name, ok := strings.CutPrefix(p.nodes[c].key, "io/"); !ok || pairValues[strings.ToLower(name)] {
			return false
		}
	}
	return true
}

// ofAuth are members of an object called auth that say how, and what for, somebody is
// authenticated.
var ofAuth = set(`policies tokenpolicies identitypolicies externalnamespacepolicies roles role groups scopes scope permissions type tokentype method methods provider scheme kind
	startdatetime enddatetime keyid mechanism displayname status enabled required renewable leaseduration tokenttl ttl tokenissuetime createtime entityid username user database`)

// describesCredentials reports whether node i is a list of credentials of Entra ID, which say
// until when each is good.
func (p *Pass) describesCredentials(i int32) bool {
	n := &p.nodes[i]
	if n.kind != array || n.child < 0 || !endsIn(squeeze(segment(n.key)), "credentials") {
		return false
	}
	for c := n.child; c >= 0; c = p.nodes[c].next {
		dated := false
		for m := p.nodes[c].child; m >= 0 && p.nodes[c].kind == object; m = p.nodes[m].next {
			dated = dated || squeeze(p.nodes[m].key) == "enddatetime"
		}
		if !dated {
			return false
		}
	}
	return true
}

// authMember redacts an object called auth, or credentials: of its members those stay whose names are
// known to be harmless.
func (p *Pass) authMember(i int32, at place) bool {
	changed := false
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		is := secret
		if t := p.trait(n.key); ofAuth[squeeze(n.key)] && (t.nature == plain || t.nature == account) {
			n.trait, is = t, t.nature
		}
		if name := p.memberName(n.key); name != n.key {
			n.key, n.bare, changed = name, false, true
		}
		p.path = append(p.path, n.key)
		changed = p.member(c, is, at) || changed
		p.path = p.path[:len(p.path)-1]
	}
	return changed
}

// isConnection reports whether a text is a URL or a connection string, which
// rules of their own take the password from.
func isConnection(s string) bool {
	return strings.ContainsAny(s, "=/") || strings.IndexByte(s, '@') > 0 && strings.IndexByte(s, ':') > 0
}

func (p *Pass) rowsMember(i int32, at place) bool {
	switch n := &p.nodes[i]; n.kind {
	case array:
		if n.child < 0 {
			return false
		}
		return p.omit(i, fmt.Sprintf("[%d rows omitted]", p.count(i)), ruleRows)
	case object:
		if n.child < 0 {
			return false
		}
		return p.omit(i, "[1 rows omitted]", ruleRows)
	case text:
		last := squeeze(segment(n.key))
		if (last == "row" || last == "keyvalue" || last == "dataset") && isIdentifier(n.text) || shortWord(n.text) && (rowWords[last] || endsIn(last, "result", "output")) {
			break
		}
		return p.omit(i, marker(ruleRows), ruleRows)
	}
	return p.walk(i, at)
}

func (p *Pass) payloadMember(i int32, at place) bool {
	switch n := &p.nodes[i]; n.kind {
	case text:
		if graphQL(n.text) && endsIn(squeeze(segment(n.key)), "document") {
			return p.set(i, p.text(n.text, request, at.decoded))
		}
		if c := firstByte(n.text); c == '{' || c == '[' {
			if s, ok := p.document(n.text, request, at.decoded); ok {
				return p.set(i, s)
			}
		}
		return p.omit(i, marker(ruleText), ruleText)
	case array:
		changed := false
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if p.nodes[c].kind == text {
				changed = p.omit(c, marker(ruleText), ruleText) || changed
			} else {
				at.mode = request
				changed = p.walk(c, at) || changed
			}
		}
		return changed
	}
	at.mode = request
	return p.walk(i, at)
}
