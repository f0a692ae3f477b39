package redactprocessor_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/processor/duration"
	"github.com/auditlog/auditlog/processor/normalize"
	redactprocessor "github.com/auditlog/auditlog/processor/redact"
)

// The seed is fixed, so that a failure comes from a change; others are hunted with
// -pipeline.seed.
var pipelineSeed = flag.Uint64("pipeline.seed", 1, "seed of the planted secrets")

// pipeline returns what a request becomes on its way to the store.
func pipeline(t testing.TB, keep ...any) func(plog.Logs) plog.Logs {
	t.Helper()
	sink := new(consumertest.LogsSink)
	var next consumer.Logs = sink
	settings := map[component.Type]map[string]any{normalize.NewFactory().Type(): {"keep": keep}}
	for _, f := range []processor.Factory{duration.NewFactory(), redactprocessor.NewFactory(), normalize.NewFactory()} {
		cfg := f.CreateDefaultConfig()
		require.NoError(t, confmap.NewFromStringMap(settings[f.Type()]).Unmarshal(cfg))
		set := processor.Settings{ID: component.NewID(f.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings()}
		p, err := f.CreateLogs(context.Background(), set, cfg, next)
		require.NoError(t, err)
		next = p
	}
	return func(logs plog.Logs) plog.Logs {
		sink.Reset()
		require.NoError(t, next.ConsumeLogs(context.Background(), logs))
		return sink.AllLogs()[0]
	}
}

// A sower makes secrets.
type sower struct{ *rand.Rand }

func (s sower) of(n int, set string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = set[s.IntN(len(set))]
	}
	return string(b)
}

const (
	lowers = "abcdefghijklmnopqrstuvwxyz"
	digits = "0123456789"
	alnums = lowers + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + digits
)

// word is one that no dictionary holds.
func (s sower) word() string {
	b := ""
	for range 4 {
		b += s.of(1, "bdfgklmnprstvz") + s.of(1, "aeiou")
	}
	return b
}

// fill puts secrets in place of the signs of a form: §p a chosen password, §t a
// token, §w a word, §s three words between dashes, §l a word with a digit, §f a password
// with a letter that is not ASCII, §m letters of both cases, §h 32 hex digits, §r a value of a row, §n a
// number, §d a code of six digits, §y one of four, §c a card, §u a UUID, §k a key in
// base64 with slashes, each a new one, and returns them.
func (s sower) fill(form string) (text string, secrets []string) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(form, "§")
		b.WriteString(before)
		if !found {
			return b.String(), secrets
		}
		var secret string
		switch after[0] {
		case 'p':
			switch s.IntN(3) {
			case 0:
				secret = s.word() + "-" + s.word() + s.of(2, digits)
			case 1:
				secret = strings.ToUpper(s.of(1, lowers)) + s.word() + s.of(4, digits) + s.of(1, "!#$")
			default:
				secret = s.of(6, alnums) + "4xQ" + s.of(4, alnums)
			}
		case 't':
			secret = s.of(10, alnums) + "4xQ7" + s.of(14, alnums)
		case 'w':
			secret = s.word() + s.word()
		case 's':
			secret = s.word()[:6] + "-glacier-" + s.word()[:6]
		case 'l':
			secret = s.word()[:6] + s.of(1, "123456789")
		case 'f':
			secret = "Sommer!20" + s.of(2, digits) + s.word()[:2] + "ö"
		case 'r':
			cell, parts := s.cell()
			b.WriteString(cell)
			secrets = append(secrets, parts...)
			form = after[1:]
			continue
		case 'm':
			secret = s.of(1, "qvxz") + s.word()[:5] + strings.ToUpper(s.of(2, "bdfgkqvwxz"))
		case 'h':
			secret = s.of(32, "0123456789abcdef")
		case 'y':
			secret = s.of(4, "123456789")
		case 'n':
			secret = "7" + s.of(8, digits)
		case 'd':
			secret = s.of(1, "123456789") + s.of(5, digits)
		case 'c':
			secret = s.card()
		case 'u':
			h := s.of(32, "0123456789abcdef")
			secret = h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
		case 'k':
			if s.IntN(2) == 0 {
				secret = "/" + s.of(1, alnums) + "7Qk/4xQ7" + s.of(5, alnums) + "Zb3" + s.of(2, alnums) + "/9Yd" + s.of(8, alnums)
				break
			}
			secret = s.of(1, lowers+"/") + "/" + s.of(1, lowers) + "+" + s.of(4, alnums) + "/4xQ7" + s.of(13, alnums) + "/" + s.of(16, alnums+"+/") + "="
		default:
			panic("form: " + form)
		}
		secrets = append(secrets, secret)
		b.WriteString(secret)
		form = after[1:]
	}
}

// cell makes a value of a row: a word, a name of a person, an address; parts are what
// must not be left of it.
func (s sower) cell() (cell string, parts []string) {
	switch first, last := s.word(), s.word(); s.IntN(4) {
	case 0:
		return first + last, []string{first + last}
	case 1:
		return first + "@" + last + ".example", []string{first, last}
	default:
		first = strings.ToUpper(first[:1]) + first[1:]
		last = strings.ToUpper(last[:1]) + last[1:]
		return first + " " + last, []string{first, last}
	}
}

func (s sower) card() string {
	d := []byte("4" + s.of(14, digits))
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return string(d) + string(rune('0'+(10-sum%10)%10))
}

// A place is where a text can stand in a record.
type place struct {
	name string
	put  func(rl plog.ResourceLogs, r plog.LogRecord, s string)
}

func attribute(name string) place {
	return place{name, func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.Attributes().PutStr(name, s) }}
}

var pipelinePlaces = []place{
	{"body", func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.Body().SetStr(s) }},
	{"body map", func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.Body().SetEmptyMap().PutStr("detail", s) }},
	{"body list", func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
		r.Body().SetEmptySlice().AppendEmpty().SetStr(s)
	}},
	attribute("http.request.body"), attribute("message"), attribute("note"), attribute("exception.message"), attribute("exception.stacktrace"), attribute("error"),
	attribute("event.description"), attribute("user_agent.original"), attribute("user.name"), attribute("url.full"), attribute("audit.entity.id"), attribute("session.id"),
	attribute("process.command_line"), attribute("http.request.header.x-note"), attribute("audit.impersonation.reason"),
	{"json in the request", func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
		r.Attributes().PutStr("http.request.body", `{"id":7,"detail":`+quoted(s)+`}`)
	}},
	{"json in json in the request", func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
		r.Attributes().PutStr("http.request.body", `{"id":7,"detail":`+quoted(`{"a":[`+quoted(s)+`]}`)+`}`)
	}},
	{"map in the request", func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
		r.Attributes().PutEmptyMap("http.request.body").PutEmptyMap("changes").PutEmptySlice("list").AppendEmpty().SetStr(s)
	}},
	{"bytes", func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
		r.Attributes().PutEmptyBytes("raw").FromRaw([]byte(s))
	}},
	{"list", func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
		r.Attributes().PutEmptySlice("list").AppendEmpty().SetStr(s)
	}},
	{"deep", func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
		r.Attributes().PutEmptyMap("a").PutEmptySlice("b").AppendEmpty().SetEmptyMap().PutStr("c", s)
	}},
	{"custom map", func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
		structured(r.Attributes().PutEmpty("app.context"), s)
	}},
	{"structured body", func(_ plog.ResourceLogs, r plog.LogRecord, s string) { structured(r.Body(), s) }},
	{"structured resource", func(rl plog.ResourceLogs, _ plog.LogRecord, s string) {
		structured(rl.Resource().Attributes().PutEmpty("job.settings"), s)
	}},
	{"name", func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.Attributes().PutStr(s, "x") }},
	{"name in the request", func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
		r.Attributes().PutStr("http.request.body", `{`+quoted(s)+`:1}`)
	}},
	{"role", func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
		r.Attributes().PutEmptySlice("user.roles").AppendEmpty().SetStr(s)
	}},
	{"event name", func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.SetEventName(s) }},
	{"severity", func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.SetSeverityText(s) }},
	{"resource", func(rl plog.ResourceLogs, _ plog.LogRecord, s string) {
		rl.Resource().Attributes().PutStr("deployment.note", s)
	}},
	{"service", func(rl plog.ResourceLogs, _ plog.LogRecord, s string) {
		rl.Resource().Attributes().PutStr("service.name", s)
	}},
	{"scope", func(rl plog.ResourceLogs, _ plog.LogRecord, s string) { rl.ScopeLogs().At(0).Scope().SetName(s) }},
	{"scope attribute", func(rl plog.ResourceLogs, _ plog.LogRecord, s string) {
		rl.ScopeLogs().At(0).Scope().Attributes().PutStr("note", s)
	}},
	{"dead letter", func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
		r.Attributes().Clear()
		r.SetEventName("")
		r.Attributes().PutStr("http.request.body", s)
		r.Attributes().PutStr(s, "x")
	}},
}

// structured makes v what JSON says, or a map that holds any other text.
func structured(v pcommon.Value, s string) {
	var x any
	if json.Unmarshal([]byte(s), &x) != nil || v.FromRaw(x) != nil {
		v.SetEmptyMap().PutStr("c", s)
	}
}

func quoted(s string) string {
	b, _ := json.Marshal(s) // of a text: cannot fail
	return string(b)
}

// record makes a request of one record with a text in a place.
func record(at place, text string) plog.Logs {
	logs := plog.NewLogs()
	rl := logs.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "shop")
	r := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	r.SetEventName("order.update")
	r.Attributes().PutStr("user.name", "ada")
	at.put(rl, r, text)
	return logs
}

// written returns all texts of what is stored, as they are and decoded.
func written(logs plog.Logs) string {
	var b strings.Builder
	var texts func(v pcommon.Value)
	note := func(s string) {
		b.WriteString(s + "\n")
		if d, err := url.QueryUnescape(s); err == nil && d != s {
			b.WriteString(d + "\n")
		}
		if strings.Contains(s, `\`) {
			b.WriteString(strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(s) + "\n")
		}
		for _, word := range strings.FieldsFunc(s, func(r rune) bool { return !strings.ContainsRune(alnums+"+/-_=", r) }) {
			for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				if d, err := enc.DecodeString(strings.TrimRight(word, "=")); err == nil && len(d) > 8 {
					b.Write(append(d, '\n'))
				}
			}
		}
	}
	texts = func(v pcommon.Value) {
		switch v.Type() {
		case pcommon.ValueTypeMap:
			for name, v := range v.Map().All() {
				note(name)
				texts(v)
			}
		case pcommon.ValueTypeSlice:
			for _, v := range v.Slice().All() {
				texts(v)
			}
		case pcommon.ValueTypeBytes:
			note(string(v.Bytes().AsRaw()))
		default:
			note(v.AsString())
		}
	}
	for _, rl := range logs.ResourceLogs().All() {
		for name, v := range rl.Resource().Attributes().All() {
			note(name)
			texts(v)
		}
		for _, sl := range rl.ScopeLogs().All() {
			note(sl.Scope().Name())
			for _, r := range sl.LogRecords().All() {
				note(r.EventName() + " " + r.SeverityText())
				texts(r.Body())
				for name, v := range r.Attributes().All() {
					if name == audit.Time.Attribute || name == audit.Received.Attribute {
						continue // any six digits may be in them
					}
					note(name)
					texts(v)
				}
			}
		}
	}
	return b.String()
}

// wrappings are encodings around a text.
var wrappings = []struct {
	name string
	wrap func(string) string
}{
	{"", func(s string) string { return s }},
	{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64url", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }},
	{"percent", url.QueryEscape},
	{"escaped", func(s string) string { q := quoted(s); return q[1 : len(q)-1] }},
	{"in a long text", func(s string) string {
		return strings.Repeat("lorem ipsum dolor\n", 200) + s + "\n" + strings.Repeat("sit amet\n", 200)
	}},
	{"crlf", func(s string) string { return "a line\r\n" + strings.ReplaceAll(s, "\n", "\r\n") + "\r\nanother\r\n" }},
}

// TestPipelineLeaks plants secrets in every form, place and wrapping.
func TestPipelineLeaks(t *testing.T) {
	t.Logf("seed %d; repeat with -pipeline.seed", *pipelineSeed)
	for name, keep := range map[string][]any{"defaults": nil, "keep all": {"*"}} {
		t.Run(name, func(t *testing.T) {
			s := sower{rand.New(rand.NewPCG(*pipelineSeed, 1))}
			run := pipeline(t, keep...)
			leaks, planted := map[string]int{}, 0
			example := map[string]string{}
			for _, class := range slices.Sorted(maps.Keys(pipelineForms)) { // the seed decides, not the order of a map
				for i, form := range pipelineForms[class] {
					if race && s.IntN(8) != 0 {
						continue // the race detector needs fewer of them, each takes it ten times as long
					}
					for _, at := range pipelinePlaces {
						w := wrappings[0]
						if s.IntN(4) == 0 {
							w = wrappings[1+s.IntN(len(wrappings)-1)]
						}
						text, secrets := s.fill(form)
						text = w.wrap(text)
						if i == 0 && at.name == "note" { // a scan limit must be no leak
							text = strings.Repeat("lorem ipsum dolor\n", 6000) + text + "\n" + strings.Repeat("sit amet\n", 6000)
						}
						planted += len(secrets)
						out := written(run(record(at, text)))
						for _, secret := range secrets {
							if strings.Contains(out, secret) {
								k := fmt.Sprintf("%s: %q", class, form)
								leaks[k]++
								example[k] += " | " + at.name + " " + w.name
								if leaks[k] == 1 {
									i := strings.Index(out, secret)
									example[k] = fmt.Sprintf("%q in ", out[max(0, i-60):min(len(out), i+60)]) + example[k]
								}
							}
						}
					}
				}
			}
			total := 0
			keys := []string{}
			for k := range leaks {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				total += leaks[k]
				t.Errorf("%s leaked %d times, %s", k, leaks[k], example[k])
			}
			t.Logf("%d of %d leaked", total, planted)
		})
	}
}

// TestPipelineStructures plants secrets in maps, lists and bytes as SDKs send
// them, under names and beside names.
func TestPipelineStructures(t *testing.T) {
	t.Logf("seed %d; repeat with -pipeline.seed", *pipelineSeed)
	type put func(a pcommon.Map, secret string)
	texts := func(list pcommon.Slice, items ...string) {
		for _, s := range items {
			list.AppendEmpty().SetStr(s)
		}
	}
	forms := map[string]put{
		"under a name":       func(a pcommon.Map, s string) { a.PutEmptyMap("login").PutStr("password", s) },
		"dotted":             func(a pcommon.Map, s string) { a.PutStr("login.form.dbPassword", s) },
		"list under a name":  func(a pcommon.Map, s string) { texts(a.PutEmptySlice("apiKeys"), "x", s) },
		"map under a name":   func(a pcommon.Map, s string) { a.PutEmptyMap("credentials").PutEmptyMap("x").PutStr("y", s) },
		"bytes under a name": func(a pcommon.Map, s string) { a.PutEmptyBytes("client_secret").FromRaw([]byte(s)) },
		"bytes of JSON": func(a pcommon.Map, s string) {
			a.PutEmptyBytes("raw").FromRaw([]byte(`{"password":` + quoted(s) + `}`))
		},
		"header": func(a pcommon.Map, s string) {
			texts(a.PutEmptySlice("http.request.header.authorization"), "Bearer "+s)
		},
		"cookie header":    func(a pcommon.Map, s string) { texts(a.PutEmptySlice("http.request.header.cookie"), "a="+s) },
		"arguments":        func(a pcommon.Map, s string) { texts(a.PutEmptySlice("process.command_args"), "app", "--password", s) },
		"arguments with =": func(a pcommon.Map, s string) { texts(a.PutEmptySlice("process.command_args"), "app", "--password="+s) },
		"environment":      func(a pcommon.Map, s string) { a.PutStr("process.environment_variable.DB_PASS", s) },
		"pairs": func(a pcommon.Map, s string) {
			m := a.PutEmptySlice("form").AppendEmpty().SetEmptyMap()
			m.PutStr("name", "password")
			m.PutStr("value", s)
		},
		"pairs of dotted names": func(a pcommon.Map, s string) { a.PutStr("form.0.name", "password"); a.PutStr("form.0.value", s) },
		"change": func(a pcommon.Map, s string) {
			a.PutStr("change.field", "api_key")
			a.PutStr("change.old", s)
			a.PutStr("change.new", s+"x")
		},
		"nested change": func(a pcommon.Map, s string) {
			m := a.PutEmptyMap("changes").PutEmptyMap("password")
			m.PutStr("old", s)
			m.PutStr("new", s)
		},
		"parameters": func(a pcommon.Map, s string) {
			a.PutStr("db.query.text", "SELECT a FROM t WHERE b = ?")
			a.PutStr("db.query.parameter.0", s)
		},
		"statement": func(a pcommon.Map, s string) { a.PutStr("db.statement", "SELECT a FROM t WHERE b = '"+s+"'") },
		"redis":     func(a pcommon.Map, s string) { a.PutStr("db.statement", "SET user:1 "+s) },
		"model": func(a pcommon.Map, s string) {
			a.PutStr("gen_ai.prompt", "tell "+s)
			a.PutStr("gen_ai.completion.0.content", s)
		},
		"messages": func(a pcommon.Map, s string) {
			m := a.PutEmptySlice("gen_ai.input.messages").AppendEmpty().SetEmptyMap()
			m.PutStr("role", "user")
			m.PutStr("content", s)
		},
		"message body": func(a pcommon.Map, s string) { a.PutStr("messaging.message.body", "about "+s) },
		"rpc": func(a pcommon.Map, s string) {
			a.PutStr("rpc.request.body", "about "+s)
			a.PutStr("rpc.response.body", s)
		},
		"response": func(a pcommon.Map, s string) {
			a.PutStr("http.response.body", s)
			a.PutStr("http.response.body.content", s)
		},
		"rows": func(a pcommon.Map, s string) {
			m := a.PutEmptySlice("db.rows").AppendEmpty().SetEmptyMap()
			m.PutStr("name", s)
		},
		"query of a URL": func(a pcommon.Map, s string) { a.PutStr("url.query", "a=1&access_token="+s) },
		"whole URL":      func(a pcommon.Map, s string) { a.PutStr("url.full", "https://ada:"+s+"@x.org/a?token="+s) },
		"target":         func(a pcommon.Map, s string) { a.PutStr("http.target", "/a?api_key="+s) },
		"login": func(a pcommon.Map, s string) {
			m := a.PutEmptyMap("actor")
			m.PutStr("name", "ada")
			m.PutStr("password", s)
		},
		"user and password":    func(a pcommon.Map, s string) { a.PutStr("user.name", "ada:"+s+"Q4!") },
		"name of an attribute": func(a pcommon.Map, s string) { a.PutStr("gh"+"p_"+"A1b2C3d4E5f6G7h8J9k0L1m2N3p4Q5"+s, "x") },
		"name in the request":  func(a pcommon.Map, s string) { a.PutEmptyMap("http.request.body").PutStr("password="+s, "x") },
		"lambda": func(a pcommon.Map, s string) {
			a.PutStr("faas.event", `{"headers":{"Authorization":"Bearer `+s+`QQQQ"},"body":"{\"password\":\"`+s+`\"}"}`)
		},
		"sealed": func(a pcommon.Map, s string) {
			m := a.PutEmptyMap("object")
			m.PutStr("kind", "Secret")
			m.PutEmptyMap("data").PutStr("x", s)
		},
		"sealed in the request": func(a pcommon.Map, s string) {
			m := a.PutEmptyMap("http.request.body")
			m.PutStr("kind", "Secret")
			m.PutEmptyMap("stringData").PutStr("x", s)
		},
		"request of lists": func(a pcommon.Map, s string) {
			l := a.PutEmptyMap("http.request.body").PutEmptySlice("h")
			p := l.AppendEmpty().SetEmptySlice()
			texts(p, "X-Api-Key", s)
		},
		"request by parts": func(a pcommon.Map, s string) {
			a.PutStr("http.request.body.user", "ada")
			a.PutStr("http.request.body.password", s)
		},
		"deep": func(a pcommon.Map, s string) {
			m := a.PutEmptyMap("a")
			for range 20 {
				m = m.PutEmptyMap("b")
			}
			m.PutStr("token", s)
		},
		"deeper than is read": func(a pcommon.Map, s string) {
			m := a.PutEmptyMap("a")
			for range 60 {
				m = m.PutEmptyMap("b")
			}
			m.PutStr("x", s)
		},
		"look-alike name": func(a pcommon.Map, s string) {
			a.PutStr("pаsswоrd", s)
			a.PutStr("ｐａｓｓｗｏｒｄ", s)
			a.PutStr("pass\u200bword", s)
		},
		"number": func(a pcommon.Map, s string) { a.PutStr("x.pin", s); a.PutEmptyMap("card").PutStr("cvc", s) },
		"forged marker": func(a pcommon.Map, s string) {
			a.PutStr("audit.request", `{"password":"[redacted:key]`+s+`"}`)
			a.PutStr("audit.redactions", s)
		},
		"attribute of ours": func(a pcommon.Map, s string) {
			a.PutEmptyMap("audit.attributes").PutStr("password", s)
			a.PutStr("audit.redaction.fingerprints", s)
		},
	}
	for name, keep := range map[string][]any{"defaults": nil, "keep all": {"*"}} {
		t.Run(name, func(t *testing.T) {
			s := sower{rand.New(rand.NewPCG(*pipelineSeed, 3))}
			run := pipeline(t, keep...)
			for form, f := range forms {
				for _, inBody := range []bool{false, true} {
					secret, _ := s.fill("§p")
					out := written(run(record(place{form, func(_ plog.ResourceLogs, r plog.LogRecord, _ string) {
						if inBody {
							f(r.Body().SetEmptyMap(), secret)
						} else {
							f(r.Attributes(), secret)
						}
					}}, secret)))
					if i := strings.Index(out, secret); i >= 0 {
						t.Errorf("%s, in the body %v: …%q", form, inBody, out[max(0, i-80):min(len(out), i+40)])
					}
				}
			}
		})
	}
}
