package redact

import (
	"regexp"
	"strings"
)

// maxParts is how many words of one command are read.
const maxParts = 256

var (
	// monitored is what stands before a command of Redis as MONITOR prints it.
	monitored = regexp.MustCompile(`\[\d+ \S+\] "`)
	// audited is an argument of a command as auditd of Linux writes it.
	audited = regexp.MustCompile(`\ba\d+="([^"\r\n]*)"`)
	// executed is one as Kubernetes has it in a query.
	executed = regexp.MustCompile(`[?&](?:command|args?)=([^&#\s"'<>]*)`)
)

// inQueries are the signs that stand for a space in a query, each as long as what is read
// in its place.
var inQueries = strings.NewReplacer("+", " ", "%20", "   ")

// argvSpans finds secrets in commands of which each word is written apart.
func (p *Pass) argvSpans(s string, m mode, list []span, decoded int) []span {
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		line := s[at:end]
		if head := monitored.FindStringIndex(line); head != nil {
			list = p.argvSpan(s, quotedIn(s, at+head[1]-1, end), m, list, decoded)
		}
		for _, form := range []*regexp.Regexp{audited, executed} {
			var parts []bounds
			for _, x := range form.FindAllStringSubmatchIndex(line, maxParts) {
				parts = append(parts, bounds{at + x[2], at + x[3]})
			}
			list = p.argvSpan(s, parts, m, list, decoded)
		}
		at = end + 1
	}
	return list
}

// quotedIn returns what is within the quotes of words from at to end.
func quotedIn(s string, at, end int) (parts []bounds) {
	for at < end && s[at] == '"' && len(parts) < maxParts {
		to := at + 1
		for to < end && s[to] != '"' {
			if s[to] == '\\' {
				to++
			}
			to++
		}
		to = min(to, end)
		parts = append(parts, bounds{at + 1, to})
		for at = to + 1; at < end && s[at] == ' '; at++ {
		}
	}
	return parts
}

// argvSpan reads the parts of s as one line, and takes from each what any rule finds in it.
func (p *Pass) argvSpan(s string, parts []bounds, m mode, list []span, decoded int) []span {
	if len(parts) < 2 || decoded >= maxDecode {
		return list
	}
	var b strings.Builder
	for k, x := range parts {
		word := inQueries.Replace(s[x.from:x.to])
		if verb := strings.ToUpper(word); k == 0 && redisVerbs[verb] || verb == "AUTH" {
			word = verb
		}
		b.WriteString(word)
		b.WriteByte(' ')
	}
	line := strings.TrimSuffix(b.String(), " ")
	var g sight
	p.e.see(line, &g)
	found := p.spans(line, m, &g, decoded+1)
	at := 0
	for _, x := range parts {
		end := at + x.to - x.from
		for _, f := range found {
			if from, to := max(f.from, at), min(f.to, end); from < to {
				list = append(list, span{from: x.from + from - at, to: x.from + to - at, rule: f.rule})
			}
		}
		at = end + 1
	}
	return list
}

// redisVerbs are commands of Redis that hold secrets or values.
var redisVerbs = set(`AUTH HELLO CONFIG ACL SET APPEND PUBLISH HSET HMSET HSETNX GETSET MSET LSET SETEX PSETEX SETNX LPUSH RPUSH LPUSHX RPUSHX SADD ZADD XADD PFADD`)
