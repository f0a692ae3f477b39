package redact

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// counts reports whether a value begins with a number below 1,000 that counts
// what follows: 42 in.
func counts(v string) bool {
	n := 0
	for n < len(v) && isDigit(v[n]) {
		n++
	}
	return n > 0 && n < 4 && n+1 < len(v) && v[n] == ' ' && isLower(v[n+1])
}

// isSentence reports whether s is several words of which the first is no chosen
// password: ci-bot signed in.
func isSentence(s string) bool {
	first, rest, ok := strings.Cut(s, " ")
	return ok && strings.IndexByte(first, '=') < 0 && !strong(first) && strings.IndexByte(rest, ' ') > 0
}

// saysWhatHappened reports whether a value is words on what became of a secret:
// changed by mei.
func saysWhatHappened(v string) bool {
	first, rest, _ := strings.Cut(v, " ")
	first = strings.ToLower(first)
	switch rest, _, _ = strings.Cut(rest, " "); rest {
	case "by", "on", "at":
		return changing[first]
	case "for":
		return concluded[first]
	case "to":
		return first == "issued" || first == "sent" || first == "granted"
	}
	return false
}

// concluded is what was found of a secret, or decided, for somebody.
var concluded = set(`allowed denied granted refused issued verified checked confirmed accepted rejected validated requested required renewed`)

// links are the words between the name of a secret and its value.
var links = set(`is was are were be to as equals becomes became set now = : -> => →
	it's its that's ist lautet war wird wurde est sera es fue e é è era jest är er je este là adalah هي هو`)

// foreignLinks are links that mean other things in English, by the noun before them.
var foreignLinks = map[string]string{"hasło": "to", "haslo": "to", "salasana": "on"}

// edges are words before "with" and what is a part of a value.
var edges = set(`starts begins ends starting beginning ending`)

// fillers may stand between the name of a secret and the link.
var fillers = set(`for of the a an new old current temporary temp initial default my your his her their our user account was is has been set changed reset
	updated rotated to via admin root service login database db from on at in this that server host it should be will called which reads says entered typed given provided submitted supplied he she they we i now being still currently actually probably apparently must simply just always again only value field`)

// changing are the verbs after which "to" comes before a value; articles come
// before a noun, which is none.
var (
	changing = set(`set changed reset updated rotated`)
	articles = set(`the a an this that my your his her their our its`)
)

// proseSpans finds secrets that sentences name: "the password is …".
func (p *Pass) proseSpans(s string, list []span) []span {
	low := lowered(s)
	var said []string // of the cues
	for _, cue := range cues {
		if strings.Contains(low, cue) {
			said = append(said, cue)
		}
	}
	found := false // whether a secret is named
	for i := 0; i < len(low); i++ {
		if i > 0 && isAlnum(low[i-1]) || low[i] == '[' {
			if strings.HasPrefix(low[i:], markerStart) { // its rule names no secret
				i += len(markerStart)
			}
			continue
		}
		noun := ""
		for _, n := range nounsBy[low[i]] {
			if strings.HasPrefix(low[i:], n) {
				noun = n
				break
			}
		}
		if noun == "" {
			continue
		}
		j := i + len(noun)
		if j < len(s) && s[j] == 's' {
			j++
		}
		if j < len(s) && s[j] == '.' && strings.HasSuffix(noun, " no") {
			j++
		}
		if j < len(s) && (isAlnum(s[j]) || s[j] == '/' || s[j] == '=' || s[j] == '>' || s[j] == '_' || s[j] == '-' || (s[j] == '.' || s[j] == '?') && j+1 < len(s) && s[j+1] > ' ') {
			continue
		}
		if i > 0 && s[i-1] == ':' && inResourceName(s, i-1) {
			i = wordEnd(s, j)
			continue
		}
		found = true
		if j < len(s) && s[j] == ':' && inUserinfo(s, j, s[behindLast(s, i, "/"):j]) {
			i = j
			continue
		}
		if noun[0] >= firstUnspaced {
			if x, ok := behindUnspaced(s, j); ok {
				list = append(list, x)
				i = x.to - 1
				continue
			}
		}
		if x, ok := beforeNoun(s, low, i, noun); ok {
			list = append(list, x)
		}
		list = cued(s, low, said, j, noun, list)
		if x, ok := p.afterNoun(s, j, noun); ok && len(p.ofLink(s[x.from:x.to], prose, 0)) == 0 {
			if (strings.HasPrefix(noun, "cred") || noun == "zugangsdaten" || noun == "identifiants") && strings.HasPrefix(s[x.to:], " / ") { // user / password
				x.to = max(x.to, wordEnd(s, x.to+3))
			}
			list = append(list, x)
			i = max(i, x.to-1)
			if s[j-1] == 's' && strings.HasPrefix(low[x.to:], " and ") { // of several
				if to := wordEnd(s, x.to+5); looksChosen(s[x.to+5:to], noun) {
					list = append(list, span{from: x.to + 5, to: to, rule: ruleProse})
					i = to - 1
				}
			}
			if y, ok := changedTo(low, x); ok {
				list = append(list, y)
				i = y.to - 1
			}
			for to := x.to; s[j-1] == 's' && strings.HasPrefix(low[to:], " and "); { // one and another
				from := to + len(" and ")
				for to = from; to < len(s) && s[to] > ' ' && s[to] != ','; to++ {
				}
				if to > from && !harmlessValue(s[from:to]) {
					list = append(list, span{from: from, to: to, rule: ruleProse})
					i = to - 1
				}
			}
		} else {
			if x, ok := behindAdjunct(s, low, j, noun); ok {
				list = append(list, x)
			}
			i = j - 1
		}
	}
	if found {
		list = matched(s, owned, "password", meant(s, low, list))
	}
	list = hinted(s, low, list)
	return backward(s, low, list)
}

// firstUnspaced is the first byte, in UTF-8, of letters of scripts in which a word of
// Latin letters or digits is told from the words around it.
const firstUnspaced = 0xCE

// behindUnspaced finds a value of Latin letters and digits right behind the name of a
// secret in a script of its own: 密码是x, パスワードは「x」です, мой пароль x.
func behindUnspaced(s string, j int) (x span, ok bool) {
	from := j
	for letters := 0; from < len(s) && letters < 6; {
		if c := s[from]; c >= utf8.RuneSelf {
			_, n := utf8.DecodeRuneInString(s[from:])
			from += n
			letters++
			continue
		} else if c > ' ' && strings.IndexByte(":=-\"'`(", c) < 0 {
			break
		}
		from++
	}
	to := from
	if strings.HasPrefix(s[from:], markerStart) {
		to += max(0, strings.IndexByte(s[from:min(len(s), from+maxName)], ']')+1)
	}
	for to < len(s) && s[to] > ' ' && s[to] < utf8.RuneSelf && strings.IndexByte("\"'`,;)", s[to]) < 0 {
		to++
	}
	for to > from && strings.IndexByte(".:!?", s[to-1]) >= 0 && (to == len(s) || s[to] < utf8.RuneSelf) {
		to--
	}
	v := s[from:to]
	if len(v) < 4 || harmlessValue(v) || strings.IndexByte(v, '[') > 0 || strings.IndexByte(v, '@') > 0 || isUUID(v) || isTime(v) || inDictionary(lowered(v)) {
		return x, false
	}
	return span{from: from, to: to, rule: ruleProse}, true
}

// behindLast returns where what stands right before i begins: behind the last of some
// signs. It looks no further than a name is long, so that many of them in one text
// cost no more than the text.
func behindLast(s string, i int, signs string) int {
	from := max(0, i-maxName)
	return from + strings.LastIndexAny(s[from:i], signs) + 1
}

// backward finds "… as the password".
func backward(s, low string, list []span) []span {
	for _, phrase := range []string{" as password", " as the password", " as his password", " as her password", " as my password", " as their password", " as passphrase", " as the pin", " as pin", " as the token", " as api key", " as the api key", " as your verification code", " as your code", " as your otp", " as your one-time", " as your password"} {
		if i := strings.Index(low, phrase); i > 0 && !describes(low, i+len(phrase)) {
			j := behindLast(s, i, " \t\n\"'")
			if w := s[j:i]; !harmlessValue(w) {
				list = append(list, span{from: j, to: i, rule: ruleProse})
			}
		}
	}
	for _, phrase := range []string{" is the password", " is my password", " is your password", " is your verification code", " is your one-time", " is your code", " is your otp", " is the otp", " is the code", " is the pin", " is my pin", " is your pin",
		" is the token", " is your login code", " is your security code", " is your access code"} {
		for at := 0; ; {
			i := strings.Index(low[at:], phrase)
			if i < 0 {
				break
			}
			i += at
			at = i + len(phrase)
			if describes(low, at) {
				continue
			}
			j := behindLast(s, i, " \t\n\"'")
			w := strings.TrimRight(s[j:i], "\"'.,:;")
			if looksChosen(w, "pin") && !isTime(w) {
				list = append(list, span{from: j, to: j + len(w), rule: ruleProse})
			}
		}
	}
	for at := 0; ; at++ { // x (api key)
		k := strings.Index(low[at:], " (")
		if k < 0 {
			return list
		}
		at += k
		end := strings.IndexByte(low[at:min(len(low), at+40)], ')')
		if end < 0 {
			continue
		}
		noun := strings.TrimSuffix(low[at+2:at+end], "s")
		if first, rest, ok := strings.Cut(noun, " "); ok && articles[first] {
			noun = rest
		}
		if !nounSet[noun] && !nounSet[noun[strings.LastIndexByte(noun, ' ')+1:]] {
			continue
		}
		j := behindLast(s, at, " \t\n\"'")
		if w := s[j:at]; looksChosen(w, "pin") && !isTime(w) {
			list = append(list, span{from: j, to: at, rule: ruleProse})
		}
	}
}

// changedTo finds the new value behind an old one: from x to y.
func changedTo(low string, x span) (y span, ok bool) {
	if !endsIn(strings.TrimRight(low[max(0, x.from-7):x.from], "\"'`"), "from ") {
		return y, false
	}
	from := x.to
	for from < len(low) && strings.IndexByte("\"'`", low[from]) >= 0 {
		from++
	}
	if !strings.HasPrefix(low[from:], " to ") {
		return y, false
	}
	from += len(" to ")
	for from < len(low) && strings.IndexByte("\"'`", low[from]) >= 0 {
		from++
	}
	to := from
	for to < len(low) && low[to] > ' ' && strings.IndexByte("\"'`", low[to]) < 0 {
		to++
	}
	return span{from: from, to: to, rule: ruleProse}, from < to
}

// cues are words before a value in a sentence that named its secret before.
var cues = []string{"expected ", "got ", "given ", "given=", "given: ", "one is ", "one was ", "requested: ", "below: ", "follows: ", "value is ", "value was ", "value ", "received ", "entered ", "provided ", "submitted ", "typed ", "tried ", "old=", "new=", "old: ", "new: ", "before: ", "after: "}

const maxCue = 120 // bytes between the name of a secret and what a cue points to

// cued finds values that stand after a cue near a noun that ends at j:
// password mismatch: expected x got y.
func cued(s, low string, said []string, j int, noun string, list []span) []span {
	if len(said) == 0 {
		return list
	}
	end := min(len(s), j+maxCue)
	for _, cue := range said {
		i := strings.Index(low[j:end], cue)
		if i <= 0 || isAlnum(low[j+i-1]) {
			continue
		}
		from := j + i + len(cue)
		for from < len(s) && strings.IndexByte("\"'`(['", s[from]) >= 0 {
			from++
		}
		if to := wordEnd(s, from); looksChosen(s[from:to], noun) && !isTime(s[from:to]) {
			list = append(list, span{from: from, to: to, rule: ruleProse})
		}
	}
	return list
}

// wordEnd returns where a word ends that begins at from, without the signs behind it.
func wordEnd(s string, from int) int {
	to := from
	for to < len(s) && s[to] > ' ' {
		to++
	}
	for to > from && strings.IndexByte("\"'`,.;:!?)]", s[to-1]) >= 0 {
		to--
	}
	return to
}

// owners are words between a link and the name of a secret: X is your new password.
var owners = set(`the my your his her their our its a an new temporary temp initial default old current first one
	valid correct wrong right good acceptable weak strong too real actual not admin root master db database login wifi service account system user secret second another`)

// givers are words before a value that something is done with.
var givers = set(`use using used try tried trying with enter entered entering type typed typing paste pasted choose chose chosen pick picked set put gave give sent took`)

// stated are words between a value and the link to the name of a secret behind it.
var stated = set(`was is has been were are be set chosen used accepted stored entered sent saved picked configured given provided rejected`)

// before are the links between a value and the name of a secret behind it.
var before = set(`as is was into in for that's`)

// keepersOf are those who have to do with secrets, behind the name of these.
var keepersOf = set(`admin admins administrator administrators approver approvers reviewer reviewers keeper holder`)

// describes reports whether the name of a secret that ends at j goes on with a word
// that makes it another thing: manager, policy.
func describes(low string, j int) bool {
	if j >= len(low) || low[j] != ' ' {
		return false
	}
	word := low[j+1 : wordEnd(low, j+1)]
	return keepersOf[word] || sounding[word] && word != "field" && word != "on" && word != "in" && word != "at" && word != "by" && word != "form" && word != "page" && word != "dialog"
}

// beforeNoun finds the value of a secret that is named behind it, at i: use X as
// the password, X is your new PIN, typed X into the password field.
func beforeNoun(s, low string, i int, noun string) (x span, ok bool) {
	word := func(end int) (from, to int) { // the word that ends before end
		for end > 0 && (s[end-1] == ' ' || s[end-1] == '\n') {
			end--
		}
		from = end
		for from > 0 && s[from-1] > ' ' && end-from < maxName {
			from--
		}
		return from, end
	}
	if describes(low, i+len(noun)) {
		return x, false // X is your password manager
	}
	if i > 0 && s[i-1] == '(' {
		if from, to := word(i - 1); !harmlessValue(s[from:to]) && looksChosen(strings.Trim(s[from:to], "\"'`"), "password") {
			return span{from: from, to: to, rule: ruleProse}, true
		}
	}
	from, to := word(i)
	owned := false
	for n := 0; n < 4 && from < to && owners[low[from:to]]; n++ {
		from, to = word(from)
		owned = true
	}
	if low[from:to] == "of" && endsIn(low[max(0, from-len(" instead ")):from], " instead ") {
		return insteadOf(s, low, from-len(" instead "))
	}
	if !before[low[from:to]] { // what kind of secret it is: the wifi password
		for from, to = word(from); from < to && owners[low[from:to]]; {
			from, to = word(from)
		}
	}
	link := low[from:to]
	asked := false
	if link == "for" {
		if f, t := word(from); low[f:t] == "asked" || low[f:t] == "prompted" {
			asked, from = true, f
			if f, t = word(from); low[f:t] == "when" || low[f:t] == "if" {
				from = f
			}
		}
	}
	if i > 0 && s[i-1] == '(' { // ada / x (password)
		if from, to = word(i - 1); from < to {
			if k := strings.LastIndexByte(s[from:to], '/'); k >= 0 && from+k+1 < to {
				return span{from: from + k + 1, to: to, rule: ruleProse}, true
			}
			f, t := word(from)
			v := s[from:to]
			return span{from: from, to: to, rule: ruleProse}, t > f && (low[f:t] == "/" || low[f:t] == "-") && !harmlessValue(v) && (!named[noun] || coined(v) || looksChosen(v, noun))
		}
	}
	if !asked && link != "as" && link != "is" && link != "was" && link != "that's" && link != "into" && link != "in" {
		return x, false
	}
	from, to = word(from)
	for n := 0; n < 3 && link == "as" && from < to && stated[low[from:to]]; n++ { // X was set as
		from, to = word(from)
	}
	if from == to {
		return x, false
	}
	verb, end := word(from)
	given := givers[strings.Trim(low[verb:end], "\"'`,:")]
	quoted := to-from > 2 && strings.IndexByte("\"'`", s[from]) >= 0 && s[to-1] == s[from]
	for from < to && strings.IndexByte("\"'`(", s[from]) >= 0 {
		from++
	}
	for to > from && strings.IndexByte("\"'`,.;:!)", s[to-1]) >= 0 {
		to--
	}
	v := s[from:to]
	switch {
	case from >= to || harmlessValue(v):
		return x, false
	case link == "as" || asked || link == "into" || link == "in":
		ok = given || link == "as" && (quoted || looksChosen(v, noun))
	default:
		alone := end == verb || strings.IndexByte(".,;:!?-", s[end-1]) >= 0
		ok = quoted || looksChosen(v, "pin") && !isTime(v) || owned && alone && plainWord(v) && !subjects[low[from:to]] && clauseEnds(low, i+len(noun), " now", " for ", " of ", " to ")
	}
	return span{from: from, to: to, rule: ruleProse}, ok
}

// isRegion reports whether w is a region of a cloud: eu-west-1, europe-west4.
func isRegion(w string) bool {
	place := strings.TrimRight(w, "0123456789")
	if place == w {
		return false
	}
	parts := strings.Split(strings.TrimSuffix(place, "-"), "-")
	for _, part := range parts[1:] {
		if !directions[part] {
			return false
		}
	}
	return len(parts) > 1 && regions[parts[0]]
}

var (
	regions    = set(`us eu ap sa ca me af il mx cn europe asia australia northamerica southamerica africa`)
	directions = set(`north south east west central northeast northwest southeast southwest gov iso`)
)

// optionNext reports whether an option of a command comes next: set-password --user x.
func optionNext(s string) bool {
	rest, ok := strings.CutPrefix(s[:min(len(s), maxName)], " -")
	if !ok {
		return false
	}
	name := strings.TrimLeft(rest, "-")
	k := strings.IndexAny(name, " =")
	return k > 0 && (k <= 2 || len(rest) > len(name)) && strings.Trim(name[:k], lowerLetters+"-") == ""
}

// afterNoun finds the value of a secret that was named just before j.
func (p *Pass) afterNoun(s string, j int, noun string) (x span, ok bool) {
	before := strings.ToLower(s[max(0, j-len(noun)-8):max(0, j-len(noun))])
	linked, article, verb := endsIn(strings.TrimRight(before, " "), " with", " using"), false, false
	placed := false // whether the next word is a place
	owned := false  // whether the next word is whose secret it is
	origin := false // whether the next word is what was changed
	unknown := 0    // words that say nothing
	several := s[j-1]|0x20 == 's'
	if endsIn(before, " set ") || before == "set " {
		verb = true
	}
	head := strings.Fields(lowered(s[max(0, j-len(noun)-40):max(0, j-len(noun))])) // changed his password to x
	for _, w := range head[max(0, len(head)-3):] {
		w = w[strings.LastIndexAny(w, "\"'(,:>`")+1:]
		verb = verb || changing[w] || w == "change" || w == "update"
	}

	if n := len(head); n > 0 && (head[n-1] == "no" || head[n-1] == "without") || n > 1 && head[n-1] == "of" && sounding[head[n-2]] {
		return x, false // there is none, or it is about its owner
	}
	if optionNext(s[j:]) {
		return x, false
	}
	if noun == "pin" && thingsWithPins[nextWord(s, j)] {
		return x, false
	}

	with := linked // whether only this word is before it
	start := j - len(noun)
	told := triggered(lowered(s[max(0, start-60):max(0, start)]))
	linked = linked || told && (endsIn(before, "with ", "using "))
	if v, ok := direct(s, j, noun, told); ok {
		return v, true
	}
	if j < len(s) && s[j] == ' ' && strings.HasPrefix(noun, "pass") { // as Spring makes one
		if to := wordEnd(s, j+1); isUUID(s[j+1 : to]) {
			return span{from: j + 1, to: to, rule: ruleProse}, true
		}
	}
	if v, ok := dashed(s, j, noun, told); ok {
		return v, true
	}
	if k := j; k+2 < len(s) && s[k] == ' ' && strings.IndexByte("\"'`", s[k+1]) >= 0 { // password "x"
		if v, ok := quotedWords(s, k+2); ok && (!namable[noun] || told || doomed(lowered(s[v.to+1:min(len(s), v.to+32)]))) {
			return v, true
		}
		if from, to := quoted(s[:min(len(s), k+maxName)], k+1, ""); to < min(len(s), k+maxName) && !harmlessValue(s[from:to]) && strings.IndexByte(s[from:to], ' ') < 0 {
			if named[noun] && !looksChosen(s[from:to], noun) && !told && !doomed(lowered(s[min(len(s), to+1):min(len(s), to+32)])) && !(start <= 0 && to+1 >= len(s)) {
				return x, false
			}
			return span{from: from, to: to, rule: ruleProse}, true
		}
	}
	if typed[noun] { // pin no. 1
		for _, w := range []string{" no.", " nr.", " number", " num", "#"} {
			if hasPrefixFold(s[j:], w) {
				j += len(w)
				break
			}
		}
	}
	if v, ok := enclosed(s, j, noun); ok {
		return v, true
	}
	if v, ok := ofDevice(s, j); ok {
		return v, true
	}
	if strings.HasPrefix(s[j:], ", ") { // the secret, x, was rotated
		if to := wordEnd(s, j+2); to < len(s) && s[to] == ',' && looksChosen(s[j+2:to], noun) {
			return span{from: j + 2, to: to, rule: ruleProse}, true
		}
	}
	for range 8 {
		breaks := 0
		for j < len(s) && (strings.IndexByte(" \t\n\r\"'`(,*", s[j]) >= 0 || s[j] == '[' && !strings.HasPrefix(s[j:], markerStart)) {
			if s[j] == '\n' {
				breaks++
			}
			if j++; j < len(s) && s[j] == '>' && (s[j-1] == '"' || s[j-1] == '\'') { // of a tag
				j++
			}
		}
		if breaks > 1 && !(breaks == 2 && aloneChosen(s, j, noun)) {
			return x, false // another paragraph
		}
		from := j
		for j < len(s) && j-from < maxWord && strings.IndexByte(" \t\n\r\"`<", s[j]) < 0 {
			j++
		}
		if from == j {
			return x, false
		}
		to := j
		for to > from && to-from < maxWord && (strings.IndexByte(".,;:?)'", s[to-1]) >= 0 || to-1 > from && (s[to-1] == ']' || s[to-1] == '}') && s[from] != '[' && s[from] != '{' || s[to-1] == '#' && typed[noun] || s[to-1] == '>' && to-from > 3) {
			to--
		}
		if k := strings.Index(s[from:to], "='"); k > 0 { // an attribute
			from += k + 2
			for to = from; to < j && s[to] != '\''; to++ {
			}
		}
		if linked && strings.IndexByte("\"'`", s[from-1]) >= 0 {
			if v, ok := quotedWords(s, from); ok {
				return v, true
			}
		}
		word := s[from:to]
		w := strings.ToLower(word)
		switch {
		case to == from:
			if s[from] == ':' {
				linked = true
				continue
			}
			if s[from] == '?' && unknown == 0 { // the password? x
				unknown++
				continue
			}
			return x, false
		case w == "-" || w == "–" || w == "—":
		case w == "must" && strings.HasPrefix(s[to:], " be changed from "):
			j = to + len(" be changed from ")
			for to = j; to < len(s) && s[to] > ' ' && strings.IndexByte("\"'`.,;", s[to]) < 0; to++ {
			}
			return span{from: j, to: to, rule: ruleProse}, to > j && !harmlessValue(s[j:to])
		case (changing[w] || passed[w]) && to < j && s[to] == ':':
			linked, verb = true, false
			continue
		case foreignLinks[noun] == w && w != "" && !verb:
			linked = true
		case edges[w] && strings.HasPrefix(s[to:], " with "):
			linked, j = true, to+len(" with")
		case w == "to" && !verb:
			article = true
		case links[w]:
			linked, verb = true, (verb || changing[w]) && w != "to" // changed to x
			with = false
		case ofOthers[noun] && foreignStates[w]:
			return x, false
		case p.e.isMarker(word), strings.HasPrefix(word, "arn:"), w == "via" && !linked, keepers[w]:
			return x, false
		case origin && (verb || looksChosen(word, noun)) && !harmless[w] && !fillers[w] && strings.HasPrefix(s[to:], " to "):
			return span{from: from, to: to, rule: ruleProse}, true
		case owned && !linked && w == "key":
			owned = false // what it is for
		case owned && !linked && !strong(word) && isIdentifier(word) && looksChosen(word, noun):
			owned = false // whose it is
		case linked && strings.HasSuffix(w, "ed") && !fillers[w] && !changing[w] && inDictionary(w):
			return x, false // what happened to it
		case !linked && (word[0] == '/' || isLabelled(w)):
			return x, false // a path, or a name that says what it is
		case isRegion(w):
			return x, false // where it is
		case noun == "token" && s[start+len(noun)-1] == 's' && number(word) && len(word) < 9, ulid(word):
			return x, false // how many, or which one
		case linked && number(word) && len(word) < 4 && !looksChosen(word, noun):
			return x, false // how many
		case areas[w] && (placed || !linked && strings.HasSuffix(s[:from], ", ")): // what kind of place
			placed = true
		case placed && (!linked || verb || with) && !strong(word) && isIdentifier(word):
			placed = false // where it was, or by whom
			unknown++
		case !linked && unknown > 0 && strings.IndexByte(word, '=') > 0:
			return x, false // its own name judges it
		case owned && !linked && isAddressee(word):
			return x, false // whose it is
		case namable[noun] && unknown == 0 && (len(word) == 32 || len(word) == 64 || len(word) == 66 && word[1] == 'x') && isHex(strings.TrimPrefix(word, "0x")):
			return span{from: from, to: to, rule: ruleProse}, true // as many services write their keys
		case !linked && named[noun] && isTicket(word):
			return x, false // which one
		case !linked && unknown == 0 && noun == "token" && len(head) > 0 && head[len(head)-1] == "vault" && coined(w) && plainWord(w) && isNamed(s, from, to):
			return span{from: from, to: to, rule: ruleProse}, true // of Vault, where none has a name
		case !linked && namable[noun] && (coined(word) || isHex(strings.TrimPrefix(word, "0x")) && !(typed[noun] && number(word))) && isNamed(s, from, to):
			return x, false
		case looksChosen(word, noun) && (!named[noun] || linked || len(word) >= 8) && (linked || !isTime(word) && unknown < 2):
			return span{from: from, to: wholeEnd(s, from, to, noun, several, linked), rule: ruleProse}, true
		case linked && !article && !fillers[w] && !links[w] && !phrases[noun] && inDictionary(word) && (endsIn(word, "ed", "en", "ing") || !clauseEnds(s, to, " and ", " or ")):
			return x, false // the token is bound to a device
		case linked && !article && !verb && !harmless[w] && !fillers[w]:
			return span{from: from, to: wholeEnd(s, from, to, noun, several, true), rule: ruleProse}, true
		case fillers[w]:
			verb = verb || changing[w]
			article = linked && articles[w]
			origin = w == "from"
			placed = w == "in" || w == "via" || w == "on" || w == "at" || w == "by"
			owned = w == "for" || w == "of" || w == "from" && !verb || owned && (w == "user" || w == "account" || articles[w])
		case harmless[w], !linked && sounding[w]:
			return x, false
		default:
			unknown++
		}
		if to < j && (strings.IndexByte(".!?;", s[to]) >= 0 || s[to] == ',' && (unknown > 0 || changing[w])) {
			return x, false
		}
		if at := strings.IndexByte(s[to:j], ':'); at >= 0 {
			linked = true
		}
	}
	return x, false
}

// adjuncts are words behind the name of a secret that begin to say whose, where or which it is.
var adjuncts = set(`for of on in at to from by with you he she they we i that which who used needed required belonging assigned`)

// insteadOf finds what somebody typed that ends at end, in place of a secret: typed x instead of
// the token.
func insteadOf(s, low string, end int) (x span, ok bool) {
	from := behindLast(s, end, " \t\n")
	verb := low[behindLast(s, max(0, from-1), " \t\n\"'("):max(0, from-1)]
	x = span{from: from, to: end, rule: ruleProse}
	for x.from < x.to && strings.IndexByte("\"'`", s[x.from]) >= 0 {
		x.from++
	}
	for x.to > x.from && strings.IndexByte("\"'`,", s[x.to-1]) >= 0 {
		x.to--
	}
	v := low[x.from:x.to]
	return x, givers[verb] && !authMethods[v] && !isAddressee(v) && (coined(v) || looksChosen(s[x.from:x.to], "password"))
}

// behindAdjunct finds the value of a secret that ends at j behind such words: password of
// device 7 is x, the token you need is x, the PIN, which is x.
func behindAdjunct(s, low string, j int, noun string) (x span, ok bool) {
	if strings.HasPrefix(low[j:], ", which ") {
		j++
	}
	for n := 0; n < 10 && j < len(s) && s[j] == ' '; n++ {
		to := wordEnd(s, j+1)
		switch w := low[j+1 : to]; {
		case n == 0 && !adjuncts[w]:
			return x, false
		case w == "is" || w == "was":
			from := to
			for from < len(s) && strings.IndexByte(" \"'`", s[from]) >= 0 {
				from++
			}
			to = wordEnd(s, from)
			v := s[from:to]
			return span{from: from, to: to, rule: ruleProse}, n > 0 && looksChosen(v, noun) && !isTime(v) && !isTicket(v) && !isLabelled(lowered(v)) && !isAddressee(v)
		}
		j = to
	}
	return x, false
}

// quotedWords finds a value of several words behind the quote before from, which are not
// those of a sentence.
func quotedWords(s string, from int) (x span, ok bool) {
	near := s[from:min(len(s), from+maxName)]
	n := strings.IndexByte(near, s[from-1])
	if n < 0 || strings.IndexByte(near[:n], ' ') <= 0 || strings.IndexByte(near[:n], '\n') >= 0 {
		return x, false
	}
	known := true
	for w := range strings.FieldsSeq(lowered(near[:n])) {
		if fillers[w] || links[w] || triggers[w] || w == "not" || w == "and" || w == "or" || strings.HasSuffix(w, "n't") {
			return x, false
		}
		known = known && (harmless[w] || sounding[w] || followers[w])
	}
	return span{from: from, to: from + n, rule: ruleProse}, !known
}

// dashed finds a value of words between dashes, or a UUID, right behind the name of a secret
// that has no name itself, by what is said of it: password x-y-z rejected.
func dashed(s string, j int, noun string, told bool) (x span, ok bool) {
	from := j
	owned := strings.HasPrefix(s[j:], "'s ") // is
	if owned {
		from += len("'s")
	}
	if namable[noun] || from >= len(s) || s[from] != ' ' {
		return x, false
	}
	from++
	to := wordEnd(s, from)
	v := lowered(s[from:to])
	if len(v) < 8 || len(v) > 64 || strings.IndexByte(v, '-') <= 0 || !isIdentifier(v) || isTime(v) || isLabelled(v) {
		return x, false
	}
	after := lowered(s[to:min(len(s), to+40)])
	x = span{from: from, to: to, rule: ruleProse}
	if isUUID(v) {
		return x, owned || doomed(after)
	}
	unknown := false
	for part := range strings.SplitSeq(v, "-") {
		if sounding[part] || harmless[part] || followers[part] || fillers[part] || part == "" {
			return x, false
		}
		unknown = unknown || !inDictionary(part) && !jargon[part] && len(part) > 3 && isAlpha(part[0])
	}
	told = told || endsIn(lowered(s[max(0, j-len(noun)-10):max(0, j-len(noun))]), "old ", "previous ", "current ", "former ", "new ")
	return x, unknown && (owned || doomed(after) || told && clauseEnds(after, 0, " sent ", " to ", " was ", " for "))
}

// isAddressee reports whether a word is an e-mail address.
func isAddressee(word string) bool {
	user, host, ok := strings.Cut(word, "@")
	return ok && user != "" && hostName(host) && !strings.ContainsAny(user, "!#$%^*&:/")
}

// isTicket reports whether a word is the number of a thing behind letters that say which
// kind it is: AK-62508.
func isTicket(word string) bool {
	kind, n, ok := strings.Cut(word, "-")
	return ok && len(kind) >= 2 && len(kind) <= 4 && strings.ToUpper(kind) == kind && !number(kind) && len(n) <= 6 && n != "" && strings.Trim(n, "0123456789") == ""
}

// thingsWithPins are words that make a thing of "pin".
var thingsWithPins = set(`board boards drop drops point points cap bar`)

// nextWord returns the word behind j in lower case.
func nextWord(s string, j int) string {
	return lowered(s[min(len(s), j+1):wordEnd(s, min(len(s), j+1))])
}

// isLabelled reports whether a word is a name that begins with what it names: tok-17.
func isLabelled(w string) bool {
	first, rest, ok := strings.Cut(w, "-")
	switch first {
	case "tok", "token", "sec", "secret", "key", "cred", "kid", "sig":
		return ok && len(rest) <= 12
	}
	return false
}

// areas are kinds of places, before their names: on page checkout.
var areas = set(`area zone department office workspace module form page screen dialog host server device machine node cluster database table account project tenant app application site service environment
	header cookie query param parameter body request line position column file folder
	namespace repository branch region vault store panel tab terminal kiosk step view`)

// triggers are words before the name of a secret after which its value comes;
// logins are words before a name of somebody whose secret comes next.
var (
	triggers = set(`with using use try tried trying wrong invalid incorrect bad rejected sent send temporary temp default initial entered enter given got received is:`)
	whose    = set(`user username login account as user: username: login: account: benutzer nutzer identifiant utilisateur usuario usuário utente gebruiker bruker användare użytkownik kullanıcı`)
	adverbs  = set(`the a an my your his her their our its new old admin root master temporary default initial db database and`)
)

// triggered reports whether words in lower case call for a value of what is named
// behind them: with the admin …, user ada, ….
func triggered(before string) bool {
	head := strings.Fields(before)
	for n := 0; n < 3 && len(head) > 0; n++ {
		last := strings.Trim(head[len(head)-1], "\"'`(,:")
		if triggers[last] {
			return true
		}
		if len(head) > 1 && whose[head[len(head)-2]] && last != "" {
			return true
		}
		if !adverbs[last] {
			return false
		}
		head = head[:len(head)-1]
	}
	return false
}

// passed are what was done with a value that is named next.
var passed = set(`entered given provided submitted typed used sent received issued generated shared`)

// verdicts are what is said of a value, not of a name.
var verdicts = strings.Split(`rejected|was rejected|was found|found by|was leaked|leaked|was stolen|was exposed|is too|was too|too short|too weak|too long|is weak|does not match|doesn't match|did not match|didn't match|mismatch|is not valid|is invalid|is incorrect|is wrong|was wrong|was compromised|by sms|by mail|by e-mail|by email|by phone|issued|to sign in|to log in|to login|and try`, "|")

// doomed reports whether what follows a word says that it is a value.
func doomed(after string) bool {
	after = strings.TrimLeft(after, " \"'`")
	for _, v := range verdicts {
		if strings.HasPrefix(after, v) {
			return true
		}
	}
	return false
}

// followers are words that stand behind the name of a secret in a sentence and are
// no value.
var followers = set(`bucket buckets ring family exchange introspection reader writer hint hints spraying sync reminder reminders screen broker gateway server services client
	library helper module plugin parser bearer object objects string strings list lists array storage delivery recovery setup enrollment entry confirmation notification
	notifications alert alerts event events data file files path paths table tables cache session sessions cookie cookies auth oauth admin panel page binding response error
	errors message messages template templates section area tab button label menu title column columns event-type limiter throttling server-side owner holder lookup search`)

// plainWord reports whether v is one word of letters which, by its ending, is none
// of a sentence.
func plainWord(v string) bool {
	if len(v) < 5 || len(v) > 64 {
		return false
	}
	for i := 0; i < len(v); i++ {
		if !isAlpha(v[i]) {
			return false
		}
	}
	w := lowered(v)
	return !harmless[w] && !fillers[w] && !links[w] && !followers[w] && !changing[w] && !triggers[w] && !owners[w] &&
		!endsIn(w, "ing", "tion", "tions", "ment", "ments", "ity", "ness", "able", "ible", "ally", "ance", "ence", "ship", "ized", "ated", "ified")
}

// subjects are words that are what a sentence is about, and no value.
var subjects = set(`there where which these those everything something nothing anything email e-mail username login field value column string number example following above below latter former`)

// clauseEnds reports whether a clause ends at i, or goes on with one of the words.
func clauseEnds(low string, i int, words ...string) bool {
	rest := low[min(i, len(low)):]
	rest = strings.TrimLeft(rest, "\"'`)")
	if rest == "" || strings.IndexByte(".,;!?\r\n", rest[0]) >= 0 {
		return true
	}
	for _, w := range words {
		if strings.HasPrefix(rest, w) {
			return true
		}
	}
	return false
}

// enclosed finds a value between signs right behind the name of a secret: password <x>.
func enclosed(s string, j int, noun string) (x span, ok bool) {
	for j < len(s) && s[j] == ' ' {
		j++
	}
	if j == len(s) {
		return x, false
	}
	k := strings.IndexByte("<{[/|", s[j])
	if k < 0 {
		return x, false
	}
	to := strings.IndexByte(s[j+1:min(len(s), j+66)], ">}]/|"[k])
	if to < 0 || !looksChosen(s[j+1:j+1+to], noun) || strings.IndexByte(s[j+1:j+1+to], ' ') >= 0 {
		return x, false
	}
	return span{from: j + 1, to: j + 1 + to, rule: ruleProse}, true
}

// ofDevice finds a value behind the digit of the way in which it is written, as devices of
// a network have it: password 7 x, secret 5 x.
func ofDevice(s string, j int) (x span, ok bool) {
	if j+3 >= len(s) || s[j] != ' ' || !isDigit(s[j+1]) || s[j+2] != ' ' {
		return x, false
	}
	from := j + 3
	to := from
	for to < len(s) && s[to] > ' ' {
		to++
	}
	v := s[from:to]
	if to-from < 4 || harmlessValue(v) || inDictionary(lowered(strings.Trim(v, ".,;:!?"))) {
		return x, false
	}
	return span{from: from, to: to, rule: ruleProse}, to == len(s) || s[to] == '\n' || s[to] == '\r' || strong(v) || looksChosen(v, "password")
}

// direct finds a plain word right behind the name of a secret which is its value by
// what stands around both: try password x; password - x; password (x).
func direct(s string, j int, noun string, told bool) (x span, ok bool) {
	k := j
	for k < len(s) && s[k] == ' ' {
		k++
	}
	dashed, bracketed := false, false
	for _, dash := range []string{"- ", "– ", "— ", "-- "} {
		if strings.HasPrefix(s[k:], dash) {
			dashed = true
			k += len(dash)
			break
		}
	}
	if k < len(s) && s[k] == '\n' && (j < len(noun)+1 || s[j-len(noun)-1] == '\n') { // alone on its line
		dashed = true
		k++
	}
	if k < len(s) && s[k] == '(' {
		bracketed = true
		k++
	}
	if strings.HasPrefix(s[k:], "value ") {
		k += len("value ")
		dashed = !named[noun]
	}
	if k == j || k == len(s) {
		return x, false
	}
	to := k
	for to < len(s) && isAlpha(s[to]) && to-k <= 64 {
		to++
	}
	if !plainWord(s[k:to]) || to < len(s) && (isAlnum(s[to]) || strings.IndexByte("-_/.:=@", s[to]) >= 0 && to+1 < len(s) && s[to+1] > ' ') {
		return x, false
	}
	low := lowered(s[to:min(len(s), to+40)])
	switch {
	case bracketed:
		ok = to < len(s) && s[to] == ')' && (!named[noun] || told || doomed(low[1:]) || to+1 == len(s))
	case dashed:
		ok = clauseEnds(low, 0) && (!named[noun] || coined(lowered(s[k:to])))
	default:
		word := lowered(s[k:to])
		ok = doomed(low) && !(strings.HasSuffix(word, "ed") && inDictionary(word)) || told && clauseEnds(low, 0, " to ", " by ", " for ", " on ", " from ", " in ", " via ", " at ", " and ", " but ", " was ", " is ", " did ", " does ", " because ")
	}
	return span{from: k, to: to, rule: ruleProse}, ok
}

// A meaning is a form of sentences whose values are the groups of an expression, which
// is asked where one of the cues stands.
type meaning struct {
	cues []string
	expr *regexp.Regexp
}

// find returns the places of the groups in a text in lower case.
func (m *meaning) find(low string) [][]int {
	for _, cue := range m.cues {
		if strings.Contains(low, cue) {
			return m.expr.FindAllStringSubmatchIndex(low, -1)
		}
	}
	return nil
}

// Sentences that go on about a secret that was named before: the new one is x;
// expected x, got y; x is the login and password.
var meanings = []meaning{
	{[]string{"seed", "phrase", "mnemonic", "words"}, regexp.MustCompile(`\b(?:seed|words?|phrase|mnemonic)\b[^a-z\n]{1,4}((?:[a-z]{3,8}[ ,]+){11,23}[a-z]{3,8})`)},

	{[]string{"answer"}, regexp.MustCompile(`\b(?:security|secret) question\b[^\n]{0,60}\banswer(?: is| was)?[:=]? ["'` + "`" + `]?([^\s"'` + "`" + `,;]+)`)},
	{[]string{"one"}, regexp.MustCompile(`\b(?:new|current|correct|right|latest|temporary|other|second) one(?: is| will be|:)(?: now)? ["'` + "`" + `]?([^\s"'` + "`" + `,;]+)`)},
	{[]string{"mismatch"}, regexp.MustCompile(`\bmismatch\w*[:,;]? .{0,24}?\b(?:expected|want|wanted|stored)[:=]? ["'` + "`" + `]?([^\s"'` + "`" + `,;]+)["'` + "`" + `,;]*(?: but)? (?:got|was|found|given|received|entered|have|actual)[:=]? ["'` + "`" + `]?([^\s"'` + "`" + `,;]+)`)},
	{[]string{"new value"}, regexp.MustCompile(`\b(?:old|previous|current) value(?: is| was|:|=)? ["'` + "`" + `]?([^\s"'` + "`" + `,;]+)["'` + "`" + `,;]* (?:and |but )?(?:the )?new value(?: is|:|=)? ["'` + "`" + `]?([^\s"'` + "`" + `,;]+)`)},
	{[]string{" as "}, regexp.MustCompile(`(\S+) (?:was|is|has been|got) (?:set|chosen|used|stored|saved|entered|given|picked|sent) as (?:the |a |my |your |his |her |their |our )?(?:\w+ )?(?:pass|pin\b|secret|token|api key|pwd)`)},
	{[]string{"mismatch", "differ", "match", "equal"}, regexp.MustCompile(`\b(?:mismatch\w*|differs?|(?:did|does|do) ?n[o']t match|not equal):? ?\(?["'` + "`" + `]?([^\s"'` + "`" + `,;)]+)["'` + "`" + `]? ?(?:vs\.?|versus|!==?|<>|≠|/|->|=>) ?["'` + "`" + `]?([^\s"'` + "`" + `,;)]+)`)},
	{[]string{" is ", " are "}, regexp.MustCompile(`[\w.@-]+ ?/ ?(\S+) (?:is|are) (?:the |my |your |his |her |our )?(?:login|user(?:name)?|user name|id) (?:and|&) `)},
	{[]string{"cred"}, regexp.MustCompile(`\bcred(?:ential)?s?(?: for [\w -]{1,24})?(?: are| were| is|:|=)? ["'` + "`" + `]?[\w.@-]+["'` + "`" + `]?(?: ?/ ?|:)["'` + "`" + `]?([^\s"'` + "`" + `,;]+)`)},
}

// hints are sentences whose value must look like one: my code is 1, the wifi pass is x,
// use 1 to log in, credentials (ada, x).
var hints = []meaning{
	{[]string{"passwor", "kennwor", "mot de passe", "contrase", "senha", "wachtwoord", "adgangskode", "lösenord", "hasło", "haslo", "heslo"}, regexp.MustCompile(`(?:passwort|kennwort|mot de passe|contraseña|contrasena|senha|wachtwoord|adgangskode|lösenord|hasło|haslo|heslo)[^.\n]{1,50} (?:auf|zu|à|en|a|para|por|naar|in|til|till|na|på) ["']?([^\s"',;]+)`)},
	{[]string{"it is ", "it's ", "this is ", "that is "}, regexp.MustCompile(`\b(?:password|passphrase|passcode|pin|token|secret|credentials?|api key)\b[^.\n]{0,60}[:;,.] ?(?:it is|it's|this is|that is)(?: now)?:? ["'` + "`" + `]?([^\s"'` + "`" + `,;]+)`)},
	{[]string{" with "}, regexp.MustCompile(`\b(?:key|token|secret|password|code|pin)s? (?:starts|begins|ends|starting|beginning|ending) with ["'` + "`" + `]?([^\s"'` + "`" + `,;]+)`)},
	{[]string{" question"}, regexp.MustCompile(`\banswer to (?:\w+ )?(?:security|secret) question(?: is| was)?:? ["'` + "`" + `]?([^\s"'` + "`" + `,;]+)`)},
	{[]string{" but "}, regexp.MustCompile(`\bbut (?:was|got|found|received)[: ]+["'` + "`" + `]?([^\s"'` + "`" + `,;)]+)`)},
	{[]string{"meet", "satisf", "compl"}, regexp.MustCompile(`["'` + "`" + `]([^"'` + "`" + `\s]{4,64})["'` + "`" + `] (?:does not|doesn't|did not|must) (?:meet|satisfy|comply)`)},
	{[]string{"ssid", "wifi", "wi-fi", "wlan"}, regexp.MustCompile(`\b(?:ssid|wi-?fi|wlan)[: =]+["']?[\w-]+["']?(?:[,;]? ?(?:key|pass\w*|pw|psk)| ?/)[: =]*["'(]?([^\s"',;)]+)`)},

	{[]string{"code", "kod", "codice", "código", "codigo", "код"}, regexp.MustCompile(`(?:^|[^\pL])(?:my|your|his|her|our|their|mein|dein|ihr|votre|ton|mon|tu|su|mi|seu|teu|meu|il|tuo|je|jouw|uw|mijn|twój|ваш|твой|мой|the) (?:[\pL-]+ )?(?:code|kod|codice|código|codigo|код)(?: is| was| ist| lautet| est| es| é| è| to| jest)?(?::|=| -|：)? ?["'(]?([a-z]{0,2}-?\d{3,4}[ -]?\d{0,4})\b`)},
	{[]string{" to verify", " to log", " to sign", " to con", " to com", " to un", " to fin", " to reset", " to auth", " as ", " pour ", " para ", " zum "}, regexp.MustCompile(`\b(?:use|enter|type|gib|entrez|saisissez|usa|utiliza|introduce) ((?:[a-z]{1,2}-)?\d{4,8}) (?:to (?:verify|log ?in|login|sign|confirm|continue|complete|unlock|finish|reset|authenticate)|as |pour |para |zum )`)},
	{[]string{" is ", " ist ", " est ", " es ", " é ", " è "}, regexp.MustCompile(`\b((?:[a-z]{1,2}-)?\d{4,8}) (?:is|ist|est|es|é|è) (?:my|your|the|dein|ihr|votre|tu|su|seu|il tuo|je|uw) (?:[\pL-]+ ){0,2}(?:code|pin|otp|passcode|kod|codice|código)\b`)},
	{[]string{"code "}, regexp.MustCompile(`\bcode (\d{4,8}) (?:was )?(?:sent|texted|mailed|e-mailed|delivered) to\b`)},
	{[]string{" pass"}, regexp.MustCompile(`\b(?:my|your|his|her|our|their|wi-?fi|wlan|router|guest|hotspot|vpn|ssh|ftp|sftp|smtp|db|database|admin|root|login|user|account|e-?mail|server|system) pass(?: is| was|:| =|=)?(?: now| still)? ["'` + "`" + `(]?([^\s"'` + "`" + `,;)]+)`)},
	{[]string{"cred", "login", "logon", "auth"}, regexp.MustCompile(`\b(?:cred(?:ential)?s?|login|logon|auth)(?: with| as| are| were|:|=)? ?[(\[{]["']?[\w.@-]+["']?(?:, ?|:|/| / )["']?([^\s"'` + "`" + `,;)\]}]+)`)},
}

// hinted finds the values of such sentences.
func hinted(s, low string, list []span) []span {
	for k := range hints {
		for _, at := range hints[k].find(low) {
			from, to := at[2], at[3]
			for to > from && strings.IndexByte(".!?: -", s[to-1]) >= 0 {
				to--
			}
			if head := s[at[0]:from]; strings.Contains(head, `":`) || strings.Contains(head, `':`) {
				continue // a member of an object, which its name judges
			}
			if strings.Contains(s[at[0]:from], "the ") && undefined.MatchString(low[to:]) {
				continue
			}
			if v := s[from:to]; !harmlessValue(v) && (strings.IndexByte(v, '.') < 0 || strings.Trim(v, "0123456789.") != "") && (looksChosen(v, "code") || looksChosen(v, "password")) && !isTime(v) {
				list = append(list, span{from: from, to: to, rule: ruleProse})
			}
		}
	}
	return list
}

// meant finds the values of such sentences.
func meant(s, low string, list []span) []span {
	for k := range meanings {
		for _, at := range meanings[k].find(low) {
			if describes(low, at[1]) {
				continue
			}
			for k := 2; k < len(at); k += 2 {
				if from, to := at[k], at[k+1]; from >= 0 && !harmlessValue(s[from:to]) {
					list = append(list, span{from: from, to: to, rule: ruleProse})
				}
			}
		}
	}
	return list
}

const (
	maxLine = 4096 // bytes of a line that are looked at for one name
	maxWord = 256  // bytes of a word that are looked at to tell whether it is a secret
)

// aloneChosen reports whether the word at j has a line of its own and looks chosen.
func aloneChosen(s string, j int, noun string) bool {
	near := s[:min(len(s), j+maxLine)]
	word := strings.TrimSpace(s[j:lineEnd(near, j)])
	return strings.IndexByte(word, ' ') < 0 && (looksChosen(word, noun) || dashedWords(lowered(word)))
}

// namable are secrets that sentences call by the names they have.
var namable = func() map[string]bool {
	m := set("pin certificate")
	for n := range named {
		m[n] = true
	}
	for _, n := range []string{"signing key", "encryption key", "private key", "secret key", "auth code", "authorization code"} {
		m[n] = true
	}
	return m
}()

// happenings are what happens to a secret that is called by its name.
var happenings = set(`rotated rotate updated update deleted delete created create revoked revoke read reads used replicated removed remove added listed viewed disabled enabled
	renewed mounted synced accessed imported exported restored shared attached detached scheduled renamed expires found copied moved archived purged registered unregistered`)

// isNamed reports whether the word of s from from to to, behind the name of a secret,
// is what that is called: secret billing rotated, created token deploy.
func isNamed(s string, from, to int) bool {
	next := strings.Fields(lowered(s[to:min(len(s), to+48)]))
	for i := 0; i < len(next) && i < 4; i++ {
		w := strings.Trim(next[i], ".,;:")
		if happenings[w] && w != "found" || i == 0 && (w == "from" || w == "in" || w == "by") {
			return true
		}
		switch w {
		case "has", "have", "been", "was", "is", "were", "are", "being", "not":
			continue
		}
		break
	}
	before := strings.Fields(lowered(s[max(0, from-48):from]))
	for _, w := range before[max(0, len(before)-4):] {
		if happenings[w] {
			return true
		}
	}
	return false
}

// Secrets that are several codes, and those that are several words.
var (
	lists   = map[string]bool{"recovery code": true, "recovery codes": true, "scratch code": true, "scratch codes": true, "emergency code": true, "emergency codes": true, "backup code": true, "backup codes": true}
	phrases = map[string]bool{"seed words": true, "recovery words": true, "secret phrase": true, "mnemonic phrase": true, "seed phrase": true, "mnemonic": true, "recovery phrase": true, "passphrase": true, "pass phrase": true}
)

// keepers are programs that keep secrets.
var keepers = set(`1password lastpass bitwarden keepass keepassxc dashlane vaultwarden`)

// undefined are what is said of the code of a status.
var undefined = regexp.MustCompile(`^ (?:is (?:unknown|undefined|undocumented|reserved|deprecated|unassigned)|means|stands for|was returned|is returned)\b`)

// wholeEnd returns where a secret ends whose first word is from from to to: a list of codes and
// a phrase go on, but not behind the quote that stands before them.
func wholeEnd(s string, from, to int, noun string, several, linked bool) int {
	switch {
	case to-from == maxWord:
		return wordEnd(s, to)
	case lists[noun]:
		to = listEnd(s, from, to, several)
	case phrases[noun] && linked:
		to = phraseEnd(s, from)
	default:
		return to
	}
	if q := s[from-1]; strings.IndexByte("\"'`", q) >= 0 {
		if k := strings.IndexByte(s[from:to], q); k > 0 && (from+k+1 == len(s) || !isAlnum(s[from+k+1])) {
			return from + k
		}
	}
	return to
}

// listEnd returns where a list of codes ends whose first one is from from to to: with its
// line, or with the lines behind it that are one code each; a single code
// ends before words about it.
func listEnd(s string, from, to int, several bool) int {
	if w := nextWord(s, to); !several && (harmless[w] || fillers[w] || happenings[w]) {
		return to
	}
	to = lineEnd(s, from)
	for next := to; next < len(s); {
		for next < len(s) && (s[next] <= ' ' || s[next] == '-' || s[next] == '*') {
			next++
		}
		end := lineEnd(s, next)
		code := strings.TrimSpace(s[next:end])
		if code == "" || strings.IndexByte(code, ' ') >= 0 || !looksChosen(code, "code") {
			break
		}
		to, next = end, end
	}
	return to
}

// phraseEnd returns where a phrase ends that begins at from: behind as many words as one
// for a wallet has, if a word of a sentence is next, or else with its line.
func phraseEnd(s string, from int) int {
	end := lineEnd(s, from)
	at := from
	commas := strings.IndexByte(s[from:min(end, from+10)], ',') >= 0 // between the words
	for n := 0; n <= 24 && at < end; n++ {
		if n >= 12 && n%3 == 0 && s[at] == ',' && !commas {
			return at
		}
		for at < end && strings.IndexByte(" ,", s[at]) >= 0 {
			at++
		}
		to := at
		for to < end && isLower(s[to]) {
			to++
		}
		if w := s[at:to]; n >= 12 && n%3 == 0 && (w == "" || followed[w]) {
			return at
		}
		if to == at || to-at > 8 {
			break
		}
		at = to
	}
	return end
}

// followed are words behind a phrase that none of those for wallets holds.
var followed = set(`for by of in into to on at was is and from with as`)

func isTime(s string) bool {
	return len(s) >= 8 && isDigit(s[0]) && (strings.Count(s, "-") == 2 || strings.Count(s, ":") >= 1)
}

// miscased reports whether a word is letters in whose midst or at whose end there are a few
// of the other case, as words of people and names of things have them only beside
// a word that a dictionary holds: kinuxsVA, but not serviceA.
func miscased(word string) bool {
	if len(word) < 6 || len(word) > 32 || !mixedCase(word) || strings.IndexFunc(word, func(r rune) bool { return r >= utf8.RuneSelf || !isAlpha(byte(r)) }) >= 0 {
		return false
	}
	var array [maxWords]string
	short, known := strings.Trim(word[len(word)-3:], upperLetters) == "", 0 // of three capitals, or short words
	for i, w := range words(word, array[:0]) {
		short = short || len(w) < 3 && i > 0
		if len(w) >= 3 && (inDictionary(w) || jargon[w] || secretTerms[w] || acronyms[w]) {
			known += len(w)
		}
	}
	return short && known*2 <= len(word) && !jargon[lowered(word)]
}

const upperLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// acronyms are written in capitals at the end of names.
var acronyms = set(`api url uri sql xml csv json html http https rest ssh ssl tls jwt oidc saml ldap sso mfa totp otp vpn dns tcp udp aws gcp crm erp cms cdn ide ios sdk cli gui pdf ftp sftp smtp imap`)

// looksChosen reports whether a word after the name of a secret is one, by its
// own look.
func looksChosen(word, noun string) bool {
	if len(word) >= 6 && len(word) <= 12 && strings.HasPrefix(noun, "pass") && strings.Trim(word, "0123456789") == "" && !strings.HasPrefix(word, "20") {
		return true
	}
	if len(word) < 3 || number(word) && !typed[noun] && noun != "code" {
		return false
	}
	var letter, num, sign bool
	for i := 0; i < len(word); i++ {
		c := word[i]
		letter, num = letter || isAlpha(c), num || isDigit(c)
		sign = sign || strings.IndexByte("!#$%^*&+?~@", c) >= 0
	}
	if number(word) {
		return len(word) >= 3
	}
	if noun != "" && (!ofOthers[noun] && coined(word) || miscased(word)) {
		return !named[noun] || len(word) >= 8
	}
	return len(word) >= 5 && letter && (num || sign) && !isUUID(word)
}

// scopeWord reports whether v is what a permission allows: secrets:read.
func scopeWord(v string) bool {
	switch v {
	case "read", "write", "list", "get", "delete", "create", "update", "manage", "admin", "view", "edit", "all", "*":
		return true
	}
	return false
}
