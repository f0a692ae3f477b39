package redact

import "strings"

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
