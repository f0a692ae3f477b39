package redact

import (
	_ "embed"
	"strings"
)

// dictionary lists English words of 4 to 16 lower-case letters, sorted, one a
// line. It is the small American list of SCOWL, copyright 2000-2011 Kevin
// Atkinson, who permits to use, copy and distribute it with this notice.
//
//go:embed words.txt
var dictionary string

// jargon are words of this trade that the dictionary lacks.
var jargon = set(`oauth introspection introspect kubelet username usernames passwordless backend backends webhook webhooks keystore truststore revocation
	authenticator authenticators plaintext config configs metadata signup login logins reauthentication reauth namespace namespaces runtime plugin plugins
	passkey passkeys keyring keychain lookup lookups endpoint endpoints middleware subsystem timestamp rollover autofill autocomplete bootstrap kerberos
	keycloak github gitlab google microsoft azure amazon facebook linkedin atlassian bitbucket jenkins grafana postgres postgresql mongodb redis mysql
	kubernetes docker terraform ansible bitwarden lastpass dashlane keepass hashicorp stripe twilio sendgrid datadog cloudflare okta firefox chrome
	unlinked upserted deprovisioned reissued reencrypted rehashed validator hasher tokenizer failover localhost hostname hostnames filename filenames
	deployment deployments cronjob scheduler datasource datasources dataset tenant tenants onboarding offboarding impersonation deduplicated async sync syncing synced
	checkbox dropdown popup tooltip navbar admin admins sudo root desktop mobile wifi ethernet firewall intranet helpdesk servicedesk unconfigured
	misconfigured unauthenticated unauthorized revalidated invalidated blacklisted whitelisted allowlisted denylisted`)

// coined reports whether a word is seven or more lower-case letters that no
// dictionary holds: after the name of a secret it is one, or somebody's name.
func coined(word string) bool {
	if len(word) < 7 || len(word) > 32 {
		return false
	}
	for i := 0; i < len(word); i++ {
		if !isLower(word[i]) {
			return false
		}
	}
	if jargon[word] || harmless[word] || sounding[word] || inDictionary(word) {
		return false
	}
	for _, end := range []string{"s", "ed", "d", "ing", "er", "ers", "or", "ors", "able"} { // forms that the dictionary does not list
		if stem, ok := strings.CutSuffix(word, end); ok && (jargon[stem] || inDictionary(stem) || len(end) > 1 && inDictionary(stem+"e")) {
			return false
		}
	}
	for _, start := range []string{"re", "un", "de", "pre", "non", "auto", "multi", "over"} {
		if stem, ok := strings.CutPrefix(word, start); ok && inDictionary(stem) {
			return false
		}
	}
	return true
}

// inDictionary looks a word up by halving.
func inDictionary(word string) bool {
	lo, hi := 0, len(dictionary)
	for lo < hi {
		at := strings.LastIndexByte(dictionary[:(lo+hi)/2], '\n') + 1
		if at < lo {
			at = lo
		}
		end := strings.IndexByte(dictionary[at:], '\n')
		if end < 0 {
			end = len(dictionary) - at
		}
		switch c := strings.Compare(dictionary[at:at+end], word); {
		case c == 0:
			return true
		case c < 0:
			lo = at + end + 1
		default:
			hi = at
		}
	}
	return false
}
