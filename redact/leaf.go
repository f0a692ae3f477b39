package redact

import "strings"

// leaf redacts a text under a harmless name; signs are the kinds of its
// characters, or 0.
func (p *Pass) leaf(s string, signs uint32, at place) string {
	if at.mode != request {
		if s == "" || p.e.obvious(s) || p.e.isPlaceholder(s) || p.e.allows(s) {
			return s
		}
		return p.text(s, at.mode, at.decoded)
	}
	if signs == 0 {
		signs = kindsOf(s)
	}
	if isProse(s, signs) && !(signs&signDigit != 0 && isDate(s)) && !p.e.allows(s) {
		return p.omission(ruleText)
	}
	if s == "" || p.e.obvious(s) || p.requests.has(s) {
		return s
	}
	out := p.requested(s, at)
	if out == s && recurs(s) {
		p.requests.add(s)
	}
	return out
}

// requested redacts a text of a request.
func (p *Pass) requested(s string, at place) string {
	if p.e.isPlaceholder(s) || p.e.allows(s) {
		return s
	}
	clean := p.text(s, at.mode, at.decoded)
	if short(p.e.bare(clean)) || graphQL(s) && graphQL(clean) || isDate(clean) {
		return clean
	}
	switch {
	case len(clean) <= 2000 && isSQL(s) && isSQL(clean):
		return clean
	case firstByte(s) == '{' || firstByte(s) == '[':
		if _, ok := p.parse(clean); ok {
			return clean
		}
	case strings.IndexByte(s, '@') >= 0 && strings.IndexByte(s, ' ') < 0 && len(s) < 255:
		return p.omission(ruleEmail)
	}
	return p.omission(ruleText)
}

// isProse reports whether s is words with spaces, which no request keeps: what
// is in them need not be known.
func isProse(s string, kinds uint32) bool {
	return kinds&signOdd == 0 && kinds&signSpace != 0 && len(s) >= 8 && isAlpha(s[0]) && !isSQL(s)
}

// maxDate is the length of the longest dates: Tue Jun 03 2026 10:23:00 GMT+0200 (Central European Summer Time).
const maxDate = 80

// dateWords are words of dates.
var dateWords = set(`jan january feb february mar march apr april may jun june jul july aug august sep sept september oct october nov november dec december
	mon monday tue tues tuesday wed wednesday thu thurs thursday fri friday sat saturday sun sunday am pm at of`)

// isDate reports whether s is a date and a time in words and digits: Tue, 03 Jun 2026 10:23:00 GMT.
func isDate(s string) bool {
	if len(s) < 6 || len(s) > maxDate || strings.IndexByte(s, ' ') < 0 {
		return false
	}
	if i := strings.LastIndex(s, " ("); i > 0 && strings.HasSuffix(s, " Time)") {
		s = s[:i]
	}
	words, digits := 0, 0
	for part := range strings.FieldsSeq(s) {
		part = strings.Trim(part, ",.")
		switch bare := strings.ToLower(strings.TrimLeft(part, "0123456789:.-/+")); {
		case part == "":
			return false
		case len(bare) < len(part) && (bare == "" || bare == "st" || bare == "nd" || bare == "rd" || bare == "th" || bare == "am" || bare == "pm" || bare == "z"):
			digits++
		case len(bare) < len(part) || len(part) > 9:
			return false
		case dateWords[bare]:
			words++
		case digits > 0 && isZone(part):
		default:
			return false
		}
	}
	return digits > 0 && (words > 0 || isTime(s))
}

// isZone reports whether s is the name of a time zone: GMT, CEST, UTC+2, GMT+0200.
func isZone(s string) bool {
	name := strings.TrimRight(s, "0123456789:")
	if name != s {
		name = strings.TrimRight(name, "+-")
	}
	return len(name) >= 2 && len(name) <= 5 && strings.Trim(name, upperLetters) == ""
}

// bare returns s without markers, and without the user of a URL.
func (e *Engine) bare(s string) string {
	if len(s) > 2000 {
		return s // too long for a request in any case
	}
	for at := 0; strings.IndexByte(s, '[') >= 0; {
		i := strings.Index(s[at:], markerStart)
		if i < 0 {
			break
		}
		i += at
		n := strings.IndexByte(s[i:], ']')
		if n < 0 {
			break
		}
		if at = i + 1; e.isMarker(s[i : i+n+1]) {
			s, at = s[:i]+s[i+n+1:], i
		}
	}
	scheme, rest, ok := strings.Cut(s, "://")
	user, host, found := strings.Cut(rest, "@")
	if ok && found && !strings.ContainsAny(user, "/?#") {
		return scheme + "://" + user + host
	}
	return s
}

// omission is the marker for what goes by policy, not for being a secret; it is
// reported once for the whole of a field.
func (p *Pass) omission(rule string) string {
	p.note(Finding{Path: p.path[0], Rule: rule})
	if rule == ruleText {
		return textMarker
	}
	return marker(rule)
}

// short reports whether s may stay in a request: a word or identifier, a number,
// a time, a path.
func short(s string) bool {
	if len(s) > 200 {
		return false
	}
	strict := len(s) > 40
	timeLike := len(s) <= 35 && len(s) >= 8 && isDigit(s[0])
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c < ' ':
			return false
		case c == '@' && i > 0 && i+1 < len(s) && !isDigit(s[i+1]) && strings.IndexByte(s[i:], '.') > 0:
			return false
		case c == ' ':
			if !timeLike {
				return false
			}
			for j := 0; j < len(s); j++ {
				if !isDigit(s[j]) && strings.IndexByte(" -:.+/TZUC", s[j]) < 0 {
					return false
				}
			}
		case strict && !isAlnum(c) && strings.IndexByte("_.:/-$", c) < 0:
			return false
		}
	}
	return true
}

// shortWord reports whether s is one word of letters, as the state of a thing is.
func shortWord(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isAlpha(s[i]) && s[i] != '_' && s[i] != '-' {
			return false
		}
	}
	return len(s) <= 24
}

// opening reports whether s begins with a word of SQL that no other language of
// queries has, and that is no statement of its own to [isSQL].
func opening(s string) bool {
	verb, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	switch strings.ToLower(strings.TrimRight(verb, ";")) {
	case "begin", "truncate", "start", "drop", "explain", "analyze", "lock":
		return true
	}
	return false
}

// verbs are commands of Redis that no dictionary holds.
var verbs = set(`hgetall hincrby hincrbyfloat sismember smembers zrangebyscore zrevrange zincrby lrange incrby decrby setrange getrange evalsha xreadgroup hsetnx pexpire zremrangebyscore
	sinterstore sunionstore zscore zadd lpush rpush brpop blpop publish subscribe psubscribe`)

// query redacts a statement in whatever language.
func (p *Pass) query(s string, at place) string {
	if p.e.isPlaceholder(s) || s == "" {
		return s
	}
	if isSQL(s) || graphQL(s) {
		out := p.text(s, at.mode, at.decoded)
		if out == s || isSQL(out) || graphQL(out) {
			return out
		}
		s = out // which is no statement any more
	}
	if c := firstByte(s); c == '{' || c == '[' {
		mark := len(p.nodes)
		if root, ok := p.parse(s); ok {
			p.valuesOff(root)
			out := string(p.write(nil, root))
			p.nodes = p.nodes[:mark]
			if out != s {
				p.report(ruleSQL)
			}
			return out
		}
	}
	if i := findSQL(s); i > 0 && beforeComments(s, i) == 0 {
		return p.text(s, at.mode, at.decoded)
	}
	if opening(s) {
		out := p.e.statement(s, false)
		if out != s {
			p.report(ruleSQL)
		}
		return out
	}
	verb, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	if rest == "" && shortWord(verb) || rest == marker(ruleSQL) && shortWord(verb) {
		return s
	}
	p.report(ruleSQL)
	if !shortWord(verb) || coined(lowered(verb)) && verb != strings.ToUpper(verb) && !verbs[verb] {
		return marker(ruleSQL)
	}
	return verb + " " + marker(ruleSQL)
}
