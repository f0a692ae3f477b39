package redact_test

import (
	"go/scanner"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/redact"
)

// pieces invite quadratic work when they are repeated or mixed.
var pieces = []string{
	"token: x\n", "client_secret ", "api_key changed from a to b ", "params: token ", "SELECT * FROM t WHERE a=$1 [\"x\"]\n", "(a)=( ", "pin:x", "is the token ",
	"Key (a)=(", "key (", "params: @", "@Cookie: ", "kind: Secret@eyJ", "detail: key (a)=(", "near '", "value [", "'api_key' value [", "password \"", "password '",
	"name: password\n", "value: x\n", "client_secret ", "<name>password</name>", "<a b=", "a:1234:b:c:d ", "/reset/", "echo a | sudo ", "AUTH ", "machine a login ",
	"login as a:", "user a ", "snmpget ", "arn:aws:", "password: ", "Some(", "data:\n ", "kind: secret ", "recovery codes ", "one-time ", "select -- ", "{user: ", "@", "?a=", "://", "-p ",
	"https://x@", "oracle:a/", "sqlplus ", "content-disposition: form-data; name=a\n\n", "password=\"\"\"", "eyJhbGciOi.", "AKIA", "ghp_", "1.2.3.4 ", "QUFBQUFBQUFBQUFBQUFB\r\n", "\x1b[1m", "%25", "duplicate entry ",
	"password to ", "credentials ", "secret: |\n", "a: &", "`", "\\\"", "net use x ", "pass: openssl ", "--password ", "token\t", "|token|", "a\n---\n", "a|b\n---\n", "a,b,c\n", "credentials are ", "changed from ", "expected ", "*** 1. row ***\n", "is the pin ",
	"'Cookie: a ", "'Authorization: Digest a=b ", "Parameters: {\"a\"=>\"b\"} ", "&pin=x y", "%24pin=x", "token -> a1b2c ", "api_key changed from a to b ", "4111_", "IBANDE12", "a=b;",
	"row (", "row 1: a=", "fetched 2 rows: ", "results [(", "<row>", "<tr a=b>", "copy t from stdin\n", "bindings: (", "bind 0: ", "invalid integer '", "got {expected ", "(a)=(", "filter: {a:", "$set: {", "x.find({", "│ a\n", "─ ─\n", "a: b\n in set", "id,name\n1,x\n", "select a => ", "values (a, ", "= a b ",
	"&command=-px", " a1=\"-px\"", "[0 1.1.1.1:1] \"AUTH\" \"x1y2z3\" ", "[0 1.1.1.1:1] \"AUTH\" \"x1y2z3\"\n", "5A08", "4111111111111111D2912", "<password><a>", "set a-key x ", "password: https://x?token=a ", "ldap_bind(a, ", "pass = Just \"", "'x' and 'y' ", "<<\"password\">> => ",
	"docs=export/broken}/", "docs=[a/b}/", "nats://aB1cD2eF3@", "typed abcdefgh instead of the token ", "<tr><td>role</td><td>editor</td>", "abcdefgh (the token) ", "payload.", "token /aB1/",
	":pin \"x ", "%70%69%6e=x&", " //a/b@c ", "x4Y7z9Q2w8E6r5T1 is the deploy key ", "password 7 x1 ", "\x08password\x12\x04abcd", "auth=Auth(a='b', pin='", "near \"abcde\" LINE 1: abcde ", "a:1:0123456789abcdef0123456789abcdef:", "took 5 ms ", "password with x: it is ", "set apiKey to x ", "set -x API_KEY x ", "secret, x9Y8z7w, ", "answer to a security question is x ", "secret question answer: x ", "login\t'", "login=\"", "logins: a:b1, ", "creds=a:x1y,", "user/pass bob/x1y2 ", "-u a:b1c2 ", "form-data; name*=", "cookie: \"a=b\" ", "Traceback (call last call x( ", "secret 0123456789abcdef0123456789abcdef ",
}

// vocabulary is what the rules themselves look for: the words and signs in their sources.
func vocabulary(t *testing.T) (list []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		var s scanner.Scanner
		set := token.NewFileSet()
		s.Init(set.AddFile(file, -1, len(source)), source, nil, 0)
		for _, kind, text := s.Scan(); kind != token.EOF; _, kind, text = s.Scan() {
			if kind != token.STRING {
				continue
			}
			text, err := strconv.Unquote(text)
			require.NoError(t, err)
			if len(text) < 60 {
				list = append(list, text)
			} else {
				list = append(list, strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '|' || r == '\n' })...)
			}
		}
	}
	require.Greater(t, len(list), 5000)
	return list
}

// between are signs that words stand between.
var between = []string{"", " ", ": ", "=", "\n", ", ", "\"", "'", " \"", "\": \"", " (", "[", "{", "}", "<", ">", "/", ".", "|", ";", "\t", "\\\"", "-", "_", "@", "&", " is ", " to ", " the ", "x", "7", "a1B2c3", "--", "%", "\\n", "->", "://"}

func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Four times the length costs four times the time: what is quadratic costs sixteen times
// as much. A loaded machine makes single measurements longer, so the shortest of several
// decides.
func TestGrowth(t *testing.T) {
	if race {
		t.Skip("takes too long under the race detector; CI runs it without")
	}
	t.Logf("seed %d", *corpusSeed)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	e := engine(t, redact.Config{})
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 5))}
	units := append([]string{}, pieces...)
	for range 60 {
		units = append(units, g.pick(pieces...)+g.pick(pieces...)+g.pick("", g.pick(pieces...)))
	}
	known := vocabulary(t)
	for range 300 {
		unit := ""
		for range 1 + g.IntN(4) {
			unit += g.pick(known...) + g.pick(between...)
		}
		units = append(units, unit+g.pick(between...))
	}
	measure := func(text string) time.Duration {
		runtime.GC()
		before := cpu(t)
		p := e.Begin()
		p.Text("x", "label", text)
		p.Request("x", text)
		p.Message("x", text)
		p.End()
		return cpu(t) - before
	}
	for _, unit := range units {
		n := 7<<10/len(unit) + 1
		quarter, whole := strings.Repeat(unit, n), strings.Repeat(unit, 4*n)
		long := measure(whole)
		if long < 15*time.Millisecond {
			continue // even its square would be within reason for the longest text
		}
		short := measure(quarter)
		for range 5 {
			if long <= 8*short {
				break
			}
			short, long = min(short, measure(quarter)), min(long, measure(whole))
		}
		if long > 8*short {
			t.Errorf("%q: %s for a quarter of the text, %s for all", unit, short, long)
		}
	}
}
