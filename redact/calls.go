package redact

import "strings"

// maxArgument is how long, in bytes, an argument of a call is that is looked at.
const maxArgument = 1024

// callSpans finds secrets among the quoted arguments of calls: a value behind its
// name, as in put("password", "…"), the last one of a call that logs somebody in, and
// the only one of a call that sets a secret.
func (p *Pass) callSpans(s string, list []span) []span {
	for at := 0; at < len(s); {
		k := strings.IndexByte(s[at:], '(')
		if k < 0 {
			break
		}
		open := at + k
		at = open + 1
		if secretly(s, open) {
			list = arguments(s, open, list)
			continue
		}
		callee := calleeOf(s, open)
		login := logsIn(callee)
		connects := endsIn(lowered(callee), "connect", "getconnection", "pdo", "imap_open") || callee == "__construct" && (strings.HasSuffix(s[:open], "PDO->__construct") || strings.HasSuffix(s[:open], "mysqli->__construct"))
		first, end, ok := argument(s, at)
		if !ok && login { // behind what is no text: a connection
			first, end, ok = argument(s, behindComma(s, at))
		}
		if !ok {
			continue
		}
		last, count := first, 1
		for count < 4 && end < len(s) && s[end] == ',' {
			next, then, ok := argument(s, end+1)
			if !ok {
				break
			}
			if login && (last.from < last.to || count > 1) { // behind the user
				list = append(list, next)
			}
			last, end = next, then
			if count++; connects && count == 3 { // behind the server and the user
				list = append(list, next)
			}
			if count == 2 && (callee != "" || then == len(s) || s[then] == ')') && isIdentifier(s[first.from:first.to]) && p.secretName(s[first.from:first.to]) && !p.alsoName(s[next.from:next.to]) {
				list = append(list, next)
			}
		}
		if count == 1 && first.from < first.to && callee != "" && (end == len(s) || s[end] == ')') && p.setsSecret(callee) {
			list = append(list, first)
		}
		at = max(at, first.to)
	}
	return list
}

// behindComma returns where the second argument of a call begins whose first one begins at
// at; that is short, and no text.
func behindComma(s string, at int) int {
	near := s[at:min(len(s), at+64)]
	if k := strings.IndexAny(near, ",\"'\n"); k >= 0 && near[k] == ',' {
		return at + k + 1
	}
	return len(s)
}

// keyed are names of calls, or what they are of, that take a secret or a key as it is.
var keyed = []string{"bcrypt.", "argon2", "scrypt", "pbkdf2", "password_hash", "password_verify", "hmac", "jwt.", "encrypt", "decrypt", "secret.", "crypt"}

// secretly reports whether the call whose bracket is at open takes a secret.
func secretly(s string, open int) bool {
	i := open
	for i > 0 && open-i < 64 && (isAlnum(s[i-1]) || s[i-1] == '_' || s[i-1] == '.') {
		i--
	}
	name := lowered(s[i:open])
	for _, k := range keyed {
		if at := strings.Index(name, k); at >= 0 && (k != "crypt" || name == k) && !strings.HasPrefix(name, "get") {
			return true
		}
	}
	return false
}

// arguments takes all quoted arguments of a call but the names of algorithms.
func arguments(s string, open int, list []span) []span {
	end := balanced(s, open)
	for i := open + 1; i < end; i++ {
		if s[i] != '"' && s[i] != '\'' {
			continue
		}
		from, to := quoted(s[:end], i, "")
		if v := s[from:to]; from < to && !algorithm(v) {
			list = append(list, span{from: from, to: to, rule: rulePair})
		}
		i = to
	}
	return list
}

// algorithms are the first words of names of algorithms and encodings.
var algorithms = set(`sha md aes des hs rs es ps utf hex base bf hmac blowfish ascii binary camellia chacha rsa pbkdf argon bcrypt scrypt tripledes gcm cbc
	default bytes buffer latin ed ecdsa`)

// algorithm reports whether a text names an algorithm or an encoding: sha256, aes-256-gcm.
func algorithm(v string) bool {
	n := 0
	for n < len(v) && isAlpha(v[n]) {
		n++
	}
	if !algorithms[strings.ToLower(v[:n])] || len(v) > 24 {
		return false
	}
	for _, c := range []byte(v[n:]) {
		if !isDigit(c) && c != '-' && c != '_' && c != '/' && !(isAlpha(c) && strings.ContainsAny(v[n:], "-_/")) {
			return false
		}
	}
	return true
}

// argument returns what is within the quotes of the argument at, and where what
// follows it begins.
func argument(s string, at int) (x span, end int, ok bool) {
	for at < len(s) && (s[at] == ' ' || s[at] == '\n' || s[at] == '\\') {
		at++
	}
	if at == len(s) || s[at] != '"' && s[at] != '\'' {
		return span{}, 0, false
	}
	esc := ""
	if at > 0 && s[at-1] == '\\' {
		esc = `\`
	}
	from, to := quoted(s[:min(len(s), at+maxArgument)], at, esc)
	end = min(len(s), to+len(esc)+1)
	for end < len(s) && s[end] == ' ' {
		end++
	}
	return span{from: from, to: to, rule: rulePair}, end, true
}

// calleeOf returns the name before the bracket at open, without what is around it.
func calleeOf(s string, open int) string {
	i := open
	for i > 0 && open-i < 64 && (isAlnum(s[i-1]) || s[i-1] == '_') {
		i--
	}
	return s[i:open]
}

// alsoName reports whether a quoted text is the name of a secret too, in a list of names.
func (p *Pass) alsoName(s string) bool {
	return isIdentifier(s) && p.secretName(s) && !random(s, 2) && !looksChosen(s, "")
}

// setters are first words of the names of calls that take a secret.
var setters = set(`set with use using add put new from of to`)

// setsSecret reports whether a call takes a secret: setPassword, withSecret, Password.
func (p *Pass) setsSecret(callee string) bool {
	var array [maxWords]string
	w := words(callee, array[:0])
	if len(w) > 1 && setters[w[0]] {
		w = w[1:]
	}
	return len(w) > 0 && len(w) <= 3 && !doing[w[0]] && p.secretName(strings.Join(w, "_"))
}

// doing are first words of the names of calls that take the name of a secret, or
// somebody whose it is.
var doing = set(`get find load read fetch delete remove has is reset list rotate create update change generate verify validate check revoke
	issue send request forgot recover describe lookup by for hash encode show hide refresh require expire access view copy import export on handle`)

// logsIn reports whether a call takes a user and a password.
func logsIn(callee string) bool {
	callee = squeeze(callee)
	return endsIn(callee, "auth", "login", "signin", "authenticate", "credentials", "credential", "cookie", "basic", "ldapbind", "simplebind", "simplebinds", "authpassword") && !strings.HasPrefix(callee, "get") && !strings.HasPrefix(callee, "delete")
}

// bracketed finds a value in brackets right behind the name of a secret, as programs
// print it: api_key[…], auth_token(value=…).
func (p *Pass) bracketed(s string, list []span) []span {
	for i := 4; i+4 < len(s); i++ {
		if s[i] != '[' && s[i] != '(' || !isAlnum(s[i-1]) {
			continue
		}
		name := calleeOf(s, i)
		first, _, _ := strings.Cut(name, "_")
		if len(name) < 4 || doing[strings.ToLower(first)] || !p.setsSecret(name) {
			continue
		}
		from := i + 1
		to := from
		for to < len(s) && to-from < maxName && s[to] > ' ' && strings.IndexByte("])\"'", s[to]) < 0 {
			to++
		}
		value := strings.HasPrefix(s[from:to], "value=")
		if value {
			from += len("value=")
		}
		if to < len(s) && (s[to] == ']' || s[to] == ')') && from < to && (value || looksChosen(s[from:to], "")) {
			list = append(list, span{from: from, to: to, rule: rulePair})
		}
		i = max(i, to-1)
	}
	return list
}

// cookieSpans finds the values of cookies in the files of browsers and programs, and
// in what languages print of them: Cookie[sid=…].
func cookieSpans(s string, list []span) []span {
	for at := 0; ; {
		i := indexFold(s[at:], "cookie")
		if i < 0 {
			break
		}
		at += i + len("cookie")
		if at < len(s) && (s[at] == '[' || s[at] == '{') {
			to := balanced(s, at)
			list = append(list, span{from: at + 1, to: max(at+1, to-1), rule: ruleCookie})
			at = to
		}
	}
	return list
}

// cookieSigns are attributes of a cookie (RFC 6265), behind its value.
var cookieSigns = []string{"; path=/", "; httponly", "; samesite=", "; max-age="}

// sentSpans finds the value of a cookie by the attributes behind it: sid=x; Path=/.
func sentSpans(s string, list []span) []span {
	low := lowered(s)
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		first := -1
		for _, sign := range cookieSigns {
			if k := strings.Index(low[at:end], sign); k >= 0 && (first < 0 || k < first) {
				first = k
			}
		}
		if first > 0 {
			from, to := at, at+first
			if k := strings.LastIndexAny(s[from:to], " \"'"); k >= 0 {
				from += k + 1
			}
			if k := strings.IndexByte(s[from:to], ';'); k >= 0 { // other attributes in between
				to = from + k
			}
			if k := strings.IndexByte(s[from:to], '='); k > 0 && k < to-from-1 && isIdentifier(s[from:from+k]) && !number(s[from+k+1:to]) {
				list = append(list, span{from: from + k + 1, to: to, rule: ruleCookie})
			}
		}
		at = end + 1
	}
	return list
}

// jarSpans finds the cookies in lines of a Netscape file: domain, flag, path, flag,
// time, name and value between tabs.
func jarSpans(s string, list []span) []span {
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		if f := strings.SplitN(s[at:end], "\t", 8); len(f) >= 7 && isFlag(f[1]) && isFlag(f[3]) && f[6] != "" {
			list = append(list, span{from: end - len(strings.Join(f[6:], "\t")), to: end, rule: ruleCookie})
		}
		at = end + 1
	}
	return list
}

func isFlag(s string) bool { return s == "TRUE" || s == "FALSE" }
