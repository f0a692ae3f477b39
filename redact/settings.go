package redact

import (
	"regexp"
	"strings"
)

// named are secrets that have names themselves, which sentences quote.
var named = map[string]bool{"api key": true, "api-key": true, "apikey": true, "api token": true, "access key": true, "token": true, "secret": true, "client secret": true, "credential": true, "credentials": true}

// quotedAfter finds a value that is quoted or bracketed after the quoted name of a
// secret, as validation messages have it: field 'apiKey' (value '…') rejected.
func (p *Pass) quotedAfter(s string, list []span) []span {
	for i := 0; i < len(s); i++ {
		if s[i] != '\'' && s[i] != '"' && s[i] != '`' || i > 0 && isAlnum(s[i-1]) {
			continue
		}
		end := strings.IndexByte(s[i+1:min(len(s), i+80)], s[i])
		if end <= 0 {
			continue
		}
		end += i + 1
		if name := s[i+1 : end]; !isIdentifier(name) || !p.secretName(name) {
			continue
		}
		window := s[end+1 : min(len(s), end+81)]
		k := strings.Index(window, "value")
		if k < 0 {
			continue
		}
		j := end + 1 + k + len("value")
		if j == len(s) || s[j] != ' ' && s[j] != ':' && s[j] != '=' && s[j] != '[' {
			continue // "value": of JSON
		}
		for j < len(s) && (s[j] == ' ' || s[j] == ':' || s[j] == '=') {
			j++
		}
		switch {
		case j < len(s) && s[j] == '[':
			list = append(list, span{from: j + 1, to: max(j+1, balanced(s, j)-1), rule: rulePair})
		case j < len(s) && (s[j] == '\'' || s[j] == '"' || s[j] == '`'):
			from, to := quoted(s, j, "")
			list = append(list, span{from: from, to: to, rule: rulePair})
		}
		i = end
	}
	return list
}

// rejections are messages that name a field behind its value.
var rejections = regexp.MustCompile(`value ['"\[]([^'"\]]{1,512})['"\]] (?:for|of|in) (?:the )?(?:field|property|key|parameter|option|setting) ['"\[]?([\w.-]{2,64})`)

// changes are messages that quote the values of a change.
var changes = regexp.MustCompile(`([\w.-]{2,64})(?: (?:was |is )?(?:changed|updated|modified|rotated))? from ["']([^"']{1,512})["'] to ["']([^"']{1,512})["']`)

// bareChanges are such messages without quotes.
var bareChanges = regexp.MustCompile(`([\w.-]{2,64}):? (?:(?:was|is|has been|value) )?(?:changed|updated|modified|rotated|set|reset) from ([^\s"']{1,512}) to ([^\s"']{1,512})`)

// settings are sentences that say to what a name is set; nothing is quoted, so that only names
// that no sentence has are read.
var settings = regexp.MustCompile(`(?i)\b(?:set|reset|setting|chang(?:e|ed|ing)|updat(?:e|ed|ing)) (?:the |a |its |value of )?([\w.-]{2,64}) to ([^\s"'` + "`" + `]{1,512})`)

// quotedSettings are such sentences with quotes.
var quotedSettings = regexp.MustCompile(`(?i)\b(?:set|reset|setting|chang(?:e|ed|ing)|updat(?:e|ed|ing)) (?:the |a |its |value of )?([\w.-]{2,64}) to ["'` + "`" + `]([^"'` + "`" + `\r\n]{1,512})["'` + "`" + `]`)

// turned are sentences that say from what to what a name was set.
var turned = regexp.MustCompile(`(?i)\b(?:set|reset|chang(?:e|ed|ing)|updat(?:e|ed|ing)|modif(?:y|ied|ying)|rotat(?:e|ed|ing)) (?:the |a |its |value of )?([\w.-]{2,64}) from ["'` + "`" + `]?([^\s"'` + "`" + `]{1,512})["'` + "`" + `]? to ["'` + "`" + `]?([^\s"'` + "`" + `]{1,512})`)

// shellSets are variables that shells without = set, and files of containers and servers:
// set -x NAME value, setenv NAME value, ENV NAME value.
var shellSets = regexp.MustCompile(`\b(?:set(?: -{1,2}\w+)+|setenv|setx|ENV|SetEnv) ([A-Za-z_][\w./-]{1,63}) ([^\s"']{1,512})`)

// assignments are names and values side by side in calls and tuples:
// setProperty("name", "value"), ('name', 'value'), {name, "value"}.
var assignments = regexp.MustCompile(`[({\[,]\s*:?["']?([\w.-]{2,64})["']?\s*,\s*(?:<<)?["']([^"'\r\n]{1,512})["']`)

// definitions are names and quoted values after a word that defines.
var definitions = regexp.MustCompile(`(?i)(?:#define|setq|defconst|defvar|\w*header|const|setenv|export)\s+([\w.-]{2,64})\s+["']([^"'\r\n]{1,512})["']`)

// refusals quote the value of a field that was named before.
var refusals = regexp.MustCompile(`(?i)(?:rejected|invalid|bad|given|actual|received|wrong|supplied|provided|input)[ _]value:?\s*[=:]?\s*["'\[(]([^"'\])\r\n]{1,512})["'\])]`)

// quotedBefore finds a value that is quoted before the name of its field, or in
// the message of a change.
func (p *Pass) quotedBefore(s string, list []span) []span {
	if strings.Contains(s, " from ") {
		for _, at := range bareChanges.FindAllStringSubmatchIndex(s, -1) {
			if name := s[at[2]:at[3]]; madeUp(name) && p.secretName(name) {
				list = append(list, span{from: at[4], to: at[5], rule: rulePair}, span{from: at[6], to: wordEnd(s[:at[7]], at[6]), rule: rulePair})
			}
		}
		for _, at := range turned.FindAllStringSubmatchIndex(s, -1) {
			if name := s[at[2]:at[3]]; (madeUp(name) || strings.IndexByte(name, '.') > 0) && p.secretName(name) && !harmlessValue(s[at[4]:at[5]]) {
				list = append(list, span{from: at[4], to: at[5], rule: rulePair}, span{from: at[6], to: wordEnd(s[:at[7]], at[6]), rule: rulePair})
			}
		}
	}
	if strings.Contains(s, " to ") {
		for _, at := range settings.FindAllStringSubmatchIndex(s, -1) {
			if name := s[at[2]:at[3]]; (madeUp(name) || strings.IndexByte(name, '.') > 0) && p.secretName(name) && !harmlessValue(s[at[4]:at[5]]) {
				list = append(list, span{from: at[4], to: wordEnd(s[:at[5]], at[4]), rule: rulePair})
			}
		}
	}
	if strings.Contains(s, "set") || strings.Contains(s, "ENV ") || strings.Contains(s, "SetEnv ") {
		for _, at := range shellSets.FindAllStringSubmatchIndex(s, -1) {
			if p.secretName(s[at[2]:at[3]]) && !harmlessValue(s[at[4]:at[5]]) {
				list = append(list, span{from: at[4], to: at[5], rule: rulePair})
			}
		}
	}
	if !strings.ContainsAny(s, "'\"[(") {
		return list
	}
	if strings.Contains(s, " to \"") || strings.Contains(s, " to '") || strings.Contains(s, " to `") {
		for _, at := range quotedSettings.FindAllStringSubmatchIndex(s, -1) {
			if name := s[at[2]:at[3]]; (madeUp(name) || strings.IndexByte(name, '.') > 0) && p.secretName(name) && !harmlessValue(s[at[4]:at[5]]) {
				list = append(list, span{from: at[4], to: at[5], rule: rulePair})
			}
		}
	}
	if strings.Contains(s, "value ") {
		for _, at := range rejections.FindAllStringSubmatchIndex(s, -1) {
			if p.secretName(s[at[4]:at[5]]) {
				list = append(list, span{from: at[2], to: at[3], rule: rulePair})
			}
		}
	}
	comma, space := quoteBehind(s)
	if comma {
		list = p.named(s, assignments, list)
	}
	if space {
		list = p.named(s, definitions, list)
	}
	if indexFold(s, " value") >= 0 || indexFold(s, "_value") >= 0 {
		for _, at := range refusals.FindAllStringSubmatchIndex(s, -1) {
			if p.tells(s[max(0, at[0]-80):at[0]]) {
				list = append(list, span{from: at[2], to: at[3], rule: rulePair})
			}
		}
	}
	if strings.Contains(s, " from \"") || strings.Contains(s, " from '") {
		for _, at := range changes.FindAllStringSubmatchIndex(s, -1) {
			if p.secretName(s[at[2]:at[3]]) {
				list = append(list, span{from: at[4], to: at[5], rule: rulePair}, span{from: at[6], to: at[7], rule: rulePair})
			}
		}
	}
	return list
}

// quoteBehind reports whether quotes stand behind a comma, and behind a word and white
// space.
func quoteBehind(s string) (comma, space bool) {
	last := byte(0) // before white space
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c <= ' ':
		case c == '"' || c == '\'':
			comma = comma || last == ','
			space = space || i > 0 && s[i-1] <= ' ' && isNameByte(last)
			last = c
		case c != '<': // << of Erlang
			last = c
		}
	}
	return comma, space
}

// named takes the second group of each match whose first is the name of a secret.
func (p *Pass) named(s string, expr *regexp.Regexp, list []span) []span {
	for _, at := range expr.FindAllStringSubmatchIndex(s, -1) {
		if p.secretName(s[at[2]:at[3]]) && !p.alsoName(s[at[4]:at[5]]) && !harmlessValue(s[at[4]:at[5]]) {
			list = append(list, span{from: at[4], to: at[5], rule: rulePair})
		}
	}
	return list
}

// tells reports whether a word of s is the name of a secret.
func (p *Pass) tells(s string) bool {
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || strings.ContainsRune("\"'`:=,()[]{}", r) }) {
		if len(w) <= 64 && p.secretName(w) {
			return true
		}
	}
	return false
}
