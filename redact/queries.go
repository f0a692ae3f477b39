package redact

import (
	"regexp"
	"strings"
)

// querySigns are literals of which one is in each text that is a query in a language
// other than SQL; in lower case.
var querySigns = append(strings.Split(` ~ "||(&(||(|(||(!(||='||hset ||hmset ||lpush ||rpush ||sadd ||zadd ||setex ||mset ||xadd ||setnx ||getset ||/_doc||/_update||/_search||/_bulk||/_create||{ ?`, "||"), pipes...)

// pipes are signs of queries whose quoted texts are all values.
var pipes = []string{"| where ", "| project", "| summarize", "| extend ", "| stats ", "|= \"", "|~ \"", "| take ", "|> filter", "|> range", ".has('", ".has(\"", "g.addv(", ".property('", ".property(\""}

// Forms of queries in which the groups are values.
var queryForms = []login{
	{` ~ "`, regexp.MustCompile(`\b\w+ !?~ "([^"\r\n]+)"`), false},
	{`='`, regexp.MustCompile(`//[^\r\n'"]*\[[^\r\n'"]*=\s*'([^'\r\n]+)'\]`), false},
	{`set `, regexp.MustCompile(`(?m)^(?:SET|APPEND|PUBLISH) [\w-]+:\S+ ([^\r\n]+)`), false},
	{`set`, regexp.MustCompile(`(?m)^(?:HSET|HMSET|HSETNX|GETSET|MSET|LSET) \S+ ([^\r\n]+)`), false},
	{`setex`, regexp.MustCompile(`(?m)^P?SETEX \S+ \d+ ([^\r\n]+)`), false},
	{`setnx`, regexp.MustCompile(`(?m)^SETNX \S+ ([^\r\n]+)`), false},
	{`push `, regexp.MustCompile(`(?m)^[LR]PUSHX? \S+ ([^\r\n]+)`), false},
	{`add `, regexp.MustCompile(`(?m)^[SZXP](?:F)?ADD \S+ ([^\r\n]+)`), false},
	{`/_`, regexp.MustCompile(`/_(?:doc|update|search|bulk|create)\S*\s+(\{[\s\S]*)`), false},
}

// ldapValue is a comparison of a filter of LDAP.
var ldapValue = regexp.MustCompile(`\(([\w.;-]+)[~<>]?=([^()\r\n]+)\)`)

// querySpans finds the values in queries of other languages than SQL.
func querySpans(s, low string, list []span) []span {
	piped := false
	for _, sign := range pipes {
		piped = piped || strings.Contains(low, sign)
	}
	if piped {
		for i := 0; i < len(s); i++ {
			if s[i] != '"' && s[i] != '\'' || i > 0 && isAlnum(s[i-1]) {
				continue
			}
			if to := closing(s, i); to > i+1 {
				list = append(list, span{from: i + 1, to: to, rule: ruleSQL, with: "?"})
				i = to
			}
		}
	}
	if strings.Contains(s, "(&(") || strings.Contains(s, "(|(") || strings.Contains(s, "(!(") {
		for _, m := range ldapValue.FindAllStringSubmatchIndex(s, -1) {
			if name := low[m[2]:m[3]]; name != "objectclass" && name != "objectcategory" && s[m[4]:m[5]] != "*" {
				list = append(list, span{from: m[4], to: m[5], rule: ruleSQL, with: "?"})
			}
		}
	}
	for i := range queryForms {
		if f := &queryForms[i]; strings.Contains(low, f.needle) {
			for _, m := range f.expr.FindAllStringSubmatchIndex(s, -1) {
				list = append(list, span{from: m[2], to: m[3], rule: ruleSQL, with: "?"})
			}
		}
	}
	return list
}
