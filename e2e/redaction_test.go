package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/auditlog/auditlog/internal/browsertest"
)

var redactionSeed = flag.Uint64("redaction.seed", uint64(time.Now().UnixNano()), "seed of the planted secrets")

// A planter makes secrets and remembers them.
type planter struct {
	*rand.Rand
	secrets []string
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// secret returns 24 characters of chance.
func (p *planter) secret() string {
	b := make([]byte, 24)
	for i := range b {
		b[i] = letters[p.IntN(len(letters))]
	}
	b[5], b[11], b[17] = '7', 'q', '4' // no run without a digit
	p.secrets = append(p.secrets, string(b))
	return string(b)
}

// bearing returns texts that hold a secret each, in many forms.
func (p *planter) bearing() []string {
	forms := []string{
		"password=%s", "the password is %s", `{"user":"ada","password":"%s"}`, "Authorization: Bearer %s", "postgres://app:%s@db:5432/shop",
		"gh" + "p_%s4A5b6C7d8E9f", "https://example.com/a?access_token=%s&page=2", "SELECT * FROM t WHERE email = '%s'", "-----BEGIN " + "PRIVATE KEY-----\n%s\n-----END " + "PRIVATE KEY-----",
		"user: ada\npassword: %s\n", "<a><password>%s</password></a>", "mysql -u root -p%s shop", "Cookie: sid=%s", `Duplicate entry '%s' for key 'x'`,
	}
	var list []string
	for _, form := range forms {
		text := fmt.Sprintf(form, p.secret())
		list = append(list, text, base64.StdEncoding.EncodeToString([]byte(fmt.Sprintf(form, p.secret()))))
		quoted, _ := json.Marshal(map[string]string{"note": fmt.Sprintf(form, p.secret())}) // of texts: cannot fail
		list = append(list, string(quoted))
	}
	return list
}

// plantAll returns one record for each text and each place in which it can be.
func (p *planter) plantAll() plog.Logs {
	places := []func(rl plog.ResourceLogs, r plog.LogRecord, text string){
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.Body().SetStr(s) },
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
			r.Body().SetEmptyMap().PutEmptySlice("list").AppendEmpty().SetStr(s)
		},
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.Attributes().PutStr("http.request.body", s) },
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
			r.Attributes().PutEmptyMap("deep").PutEmptyMap("deeper").PutStr("note", s)
		},
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
			r.Attributes().PutEmptyBytes("raw").FromRaw([]byte(s))
		},
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.Attributes().PutStr("user_agent.original", s) },
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.Attributes().PutStr("exception.message", s) },
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.Attributes().PutStr("exception.type", s) },
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.Attributes().PutStr("db.query.text", s) },
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.Attributes().PutStr("url.full", s) },
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) {
			r.Attributes().PutStr(s, "a name that holds it")
		},
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.SetEventName(s) },
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) { r.SetSeverityText(s) },
		func(rl plog.ResourceLogs, _ plog.LogRecord, s string) { rl.Resource().Attributes().PutStr("note", s) },
		func(rl plog.ResourceLogs, _ plog.LogRecord, s string) { rl.ScopeLogs().At(0).Scope().SetName(s) },
		func(rl plog.ResourceLogs, _ plog.LogRecord, s string) {
			rl.ScopeLogs().At(0).Scope().Attributes().PutStr("note", s)
		},
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) { // a dead letter: nobody did anything
			r.SetEventName("")
			r.Attributes().Clear()
			r.Attributes().PutStr("note", s)
		},
		func(_ plog.ResourceLogs, r plog.LogRecord, s string) { // another, of which the names are kept
			r.SetEventName("")
			r.Attributes().Clear()
			r.Attributes().PutStr(s, "x")
		},
	}
	logs := plog.NewLogs()
	for _, place := range places {
		for _, text := range p.bearing() {
			rl := logs.ResourceLogs().AppendEmpty()
			rl.Resource().Attributes().PutStr("service.name", "shop")
			r := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
			r.SetEventName("order.update")
			r.Attributes().PutStr("user.name", "ada")
			place(rl, r, text)
		}
	}
	return logs
}

// requireNone fails where a planted secret is in text.
func (p *planter) requireNone(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range p.secrets {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("%s holds a planted secret: …%.160q", where, text[max(0, i-80):])
		}
	}
}

// TestPlantedSecrets searches for secrets everywhere that the program writes:
// data directory, log output, metrics, API and page.
func TestPlantedSecrets(t *testing.T) {
	for name, settings := range map[string]string{
		"defaults": "",
		"keep all": "processor: {normalize: {keep: [\"*\"]}}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Logf("seed %d; repeat with -redaction.seed", *redactionSeed)
			p := &planter{Rand: rand.New(rand.NewPCG(*redactionSeed, 1))}
			s := start(t, t.TempDir(), settings)
			require.NoError(t, s.send(t, p.plantAll()))
			owner := s.ownerToken(t)
			events := from(s.events(t, owner), "shop")
			require.Greater(t, len(events), 500, "few of the events were stored")
			redacted := 0
			for _, e := range events {
				p.requireNone(t, "an event", show(t, e))
				if e["redactions"] != nil {
					redacted++
				}
			}
			require.Greater(t, redacted, 200)
			for _, path := range []string{"/api/v1/filters", "/api/v1/fields", "/api/v1/session"} {
				_, body := s.get(t, owner, path)
				p.requireNone(t, path, string(body))
			}
			_, body := s.get(t, owner, "/api/v1/events/"+events[0]["id"].(string))
			p.requireNone(t, "the detail", string(body))
			p.requireNone(t, "the metrics", s.metricsPage(t))
			p.requireNone(t, "the list of dead letters", s.command(t, "deadletter", "list"))
			letters := s.command(t, "deadletter", "show")
			require.Contains(t, letters, "no_actor_and_no_action", "none of the dead letters is shown")
			p.requireNone(t, "the dead letters", letters)

			ctx := browsertest.New(t)
			browsertest.Do(t, ctx, chromedp.Navigate(s.command(t, "signin")))
			browsertest.Wait(t, ctx, `document.querySelectorAll("#events tbody tr[data-id]").length >= 50`)
			p.requireNone(t, "the page", browsertest.Eval[string](t, ctx, `document.documentElement.outerHTML`))

			require.Zero(t, s.stop(t))
			for _, secret := range p.secrets {
				s.requireNoneOnDisk(t, secret)
			}
		})
	}
}

// runWith runs a command of the program with an input.
func runWith(t *testing.T, env []string, input string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = strings.NewReader(input), &out, &errs, environ(env...)
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// TestFingerprints asks whether a token that leaked was ever sent.
func TestFingerprints(t *testing.T) {
	p := &planter{Rand: rand.New(rand.NewPCG(*redactionSeed, 2))}
	token := "gh" + "p_" + p.secret() + "4A5b6C7d8E9f"
	key := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(key, []byte("a key of the installation, 32 characters\n"), 0o600))
	s := start(t, t.TempDir(), fmt.Sprintf("processor: {redact: {fingerprints: true, fingerprint_key_file: %q}}\n", key))
	require.NoError(t, s.send(t, newLogs("shop", 1, func(_ int, r plog.LogRecord) {
		r.Attributes().PutStr("http.request.body", `{"token":"`+token+`","pin":"4711"}`)
	})))
	env := []string{"AUDITLOG_PROCESSOR_REDACT_FINGERPRINT_KEY_FILE=" + key}
	fingerprint, stderr, code := runWith(t, env, token+"\n", "fingerprint")
	require.Zero(t, code, stderr)
	events := from(s.events(t, s.ownerToken(t)), "shop")
	require.Len(t, events, 1)
	require.Equal(t, []any{strings.TrimSpace(fingerprint)}, events[0]["fingerprints"], "the token's and not the PIN's")
	s.requireNowhere(t, token)

	other, _, code := runWith(t, env, token, "fingerprint", "--account", "other")
	require.Zero(t, code)
	require.NotEqual(t, fingerprint, other)
	_, stderr, code = runWith(t, env, "4711", "fingerprint")
	require.NotZero(t, code)
	require.Contains(t, stderr, "could be guessed")
	require.NotContains(t, stderr, "4711")
	_, stderr, code = runWith(t, nil, token, "fingerprint")
	require.NotZero(t, code)
	require.Contains(t, stderr, "AUDITLOG_FINGERPRINT_KEY")
	require.Zero(t, s.stop(t))
}

// TestRedactCommand tries the rules on events in each form.
func TestRedactCommand(t *testing.T) {
	logs := newLogs("shop", 1, func(_ int, r plog.LogRecord) {
		r.Attributes().PutStr("http.request.body", `{"role":"admin","password":"hunter2"}`)
	})
	marshaler := plog.JSONMarshaler{}
	otlp, err := marshaler.MarshalLogs(logs)
	require.NoError(t, err)
	const event = `{"user.name":"ana","request.body":{"role":"admin","password":"hunter2"}}`
	for name, input := range map[string]string{
		"object": event, "array": "[" + event + "]", "otlp json": string(otlp), "otlp protobuf": string(encode(t, logs)),
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := runWith(t, nil, input, "redact")
			require.Zero(t, code, stderr)
			require.Contains(t, stdout, "rule    key at request.password")
			require.Contains(t, stdout, "[redacted:key]")

			stdout, stderr, code = runWith(t, nil, input, "redact", "--json")
			require.Zero(t, code, stderr)
			var change struct {
				Before, After map[string]any
				Redactions    []string
			}
			require.NoError(t, json.Unmarshal([]byte(stdout), &change))
			require.Contains(t, change.Before["request"], "hunter2")
			require.JSONEq(t, `{"role":"admin","password":"[redacted:key]"}`, change.After["request"].(string))
			require.Equal(t, []string{"request.password: key"}, change.Redactions)
		})
	}
	stdout, _, code := runWith(t, nil, event+"\n"+`{"user.name":"bo","action":"login"}`+"\n", "redact")
	require.Zero(t, code)
	require.Contains(t, stdout, "event 2\n  nothing was redacted")
	for input, want := range map[string]string{"": "no events", "{": "not valid JSON", "7": "neither JSON nor OTLP", "[7]": "must be a JSON object"} {
		_, stderr, code := runWith(t, nil, input, "redact")
		require.NotZero(t, code, input)
		require.Contains(t, stderr, want)
	}
}
