package config_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/auditlog/auditlog/config"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// write puts text into a file of settings and returns its name.
func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "auditlog.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

const example = "../config.example.yaml"

func TestDefaultIsValid(t *testing.T) {
	require.NoError(t, config.Default().Validate())
	require.Empty(t, config.Default().Warnings())
	loaded, err := config.Load("", nil)
	require.NoError(t, err)
	require.Equal(t, config.Default(), loaded)
}

func TestExampleHoldsTheDefaults(t *testing.T) {
	loaded, err := config.Load(example, nil)
	require.NoError(t, err)
	require.Equal(t, config.Default(), loaded)
}

func TestExampleHoldsEverySetting(t *testing.T) {
	text, err := os.ReadFile(example)
	require.NoError(t, err)
	var raw map[string]any
	require.NoError(t, yaml.Unmarshal(text, &raw))
	requireSettings(t, "", raw, reflect.TypeFor[config.Config]())
}

func requireSettings(t *testing.T, path string, section map[string]any, settings reflect.Type) {
	t.Helper()
	for field := range settings.Fields() {
		name := field.Tag.Get("yaml")
		require.Contains(t, section, name, "in section %q", path)
		if field.Type.Kind() == reflect.Struct {
			inner, ok := section[name].(map[string]any)
			require.True(t, ok, "%s is no section", name)
			requireSettings(t, path+"."+name, inner, field.Type)
		}
	}
}

func TestMaskedIsAFileOfTheSameSettings(t *testing.T) {
	text, err := config.Default().Masked()
	require.NoError(t, err)
	loaded, err := config.Load(write(t, string(text)), nil)
	require.NoError(t, err)
	require.Equal(t, config.Default(), loaded)
}

func TestPrecedence(t *testing.T) {
	file := write(t, "store:\n  path: from-file\n  retention: 10d\nsearch:\n  endpoint: 127.0.0.1:1\n")
	t.Setenv("AUDITLOG_STORE_RETENTION", "20d")
	t.Setenv("AUDITLOG_SEARCH_ENDPOINT", "127.0.0.1:2")
	t.Setenv("AUDITLOG_RECEIVER_GRPC_ENDPOINT", "127.0.0.1:2") // in no file
	t.Setenv("AUDITLOG_TELEMETRY_LOGS_LEVEL", "")              // empty is not set
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.AddFlags(flags)
	flags.String("config", "", "no setting")
	require.NoError(t, flags.Parse([]string{"--search.endpoint=127.0.0.1:3", "--config=x"}))

	c, err := config.Load(file, flags)
	require.NoError(t, err)
	require.Equal(t, "from-file", c.Store.Path)
	require.Equal(t, 20*config.Day, c.Store.Retention)
	require.Equal(t, "127.0.0.1:3", c.Search.Endpoint)
	require.Equal(t, "127.0.0.1:2", c.Receiver.GRPC.Endpoint)
	require.Equal(t, "auto", c.Telemetry.Logs.Level)
}

func TestEveryKindOfSettingFromTheEnvironment(t *testing.T) {
	t.Setenv("AUDITLOG_RECEIVER_HTTP_ALLOWED_ORIGINS", "https://a.example, https://b.example:8443")
	t.Setenv("AUDITLOG_SEARCH_TRUSTED_PROXY", "true")
	t.Setenv("AUDITLOG_STORE_SQLITE_MAX_OPEN_DAYS", "40")
	t.Setenv("AUDITLOG_RECEIVER_MAX_REQUEST_SIZE", "8MB")
	c, err := config.Load("", nil)
	require.NoError(t, err)
	require.Equal(t, []string{"https://a.example", "https://b.example:8443"}, c.Receiver.HTTP.AllowedOrigins)
	require.True(t, c.Search.TrustedProxy)
	require.Equal(t, 40, c.Store.SQLite.MaxOpenDays)
	require.Equal(t, config.Size(8_000_000), c.Receiver.MaxRequestSize)
}

func TestVariablesThatAreNoSettings(t *testing.T) {
	for name, value := range map[string]string{
		"AUDITLOG_TOKEN":                     "x",
		"AUDITLOG_RECEIVER_TOKEN":            "a-token-of-some-length", // named by the file
		"AUDITLOG_SERVICE_HOST":              "10.0.0.1",
		"AUDITLOG_PORT_4317_TCP_ADDR":        "10.0.0.1",
		"AUDITLOG_SEARCH_PORT":               "tcp://10.0.0.1:8080",
		"AUDITLOG_SEARCH_SERVICE_PORT_HTTPS": "8080",
	} {
		t.Setenv(name, value)
	}
	_, err := config.Load(write(t, `receiver: {senders: [{name: a, tokens: ["${env:AUDITLOG_RECEIVER_TOKEN}"], accounts: [x]}]}`), nil)
	require.NoError(t, err)
}

func TestNamesKeepTheirCase(t *testing.T) {
	c, err := config.Load(write(t, `
processor:
  normalize:
    aliases: [{field: user.id, from: [staffId, X.Y]}]
    keep: [orderId]
  redact:
    keys: [EmployeePIN]
`), nil)
	require.NoError(t, err)
	require.Equal(t, []config.Alias{{Field: "user.id", From: []string{"staffId", "X.Y"}}}, c.Processor.Normalize.Aliases)
	require.Equal(t, []string{"orderId"}, c.Processor.Normalize.Keep)
	require.Equal(t, []string{"EmployeePIN"}, c.Processor.Redact.Keys)
}

func TestExpansion(t *testing.T) {
	t.Setenv("DATA", "/srv/${env:NOT_AGAIN}")
	c, err := config.Load(write(t, `
store: {path: "${env:DATA}/x"}
processor:
  redact: {patterns: [{name: a, expression: '^$${env:B}|c$'}]}
`), nil)
	require.NoError(t, err)
	require.Equal(t, "/srv/${env:NOT_AGAIN}/x", c.Store.Path)
	require.Equal(t, "^${env:B}|c$", c.Processor.Redact.Patterns[0].Expression)

	masked, err := c.Masked()
	require.NoError(t, err)
	again, err := config.Load(write(t, string(masked)), nil)
	require.NoError(t, err)
	require.Equal(t, c, again)
}

func TestSecretsAreHashedAndMasked(t *testing.T) {
	const token, second = "correct-horse-battery", "staple-correct-horse"
	t.Setenv("BILLING", token)
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte(second+"\n"), 0o600))
	c, err := config.Load(write(t, `receiver: {senders: [{name: billing, accounts: ["*"], tokens: ["${env:BILLING}"], token_files: [`+secret+`]}]}`), nil)
	require.NoError(t, err)

	require.Equal(t, []string{
		"62249369389075490555a758353aec61500c6218fa597252d52dc4bd0148f12d", // sha256sum
		"b5dbe4aa7345dd23bde009cf03f0b7348bb4154c259b6330a2ffc3f9acdc921b",
	}, c.Receiver.Senders[0].Hashes())
	masked, err := c.Masked()
	require.NoError(t, err)
	require.Contains(t, string(masked), "tokens:\n            - '[REDACTED]'")
	for _, plain := range []string{token, second} {
		require.NotContains(t, string(masked), plain)
		require.NotContains(t, mustYAML(t, c.Collector()), plain)
	}
}

func mustYAML(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	require.NoError(t, e.Encode(v))
	return b.String()
}

// TestBad loads each bad file in testdata and compares the whole error.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	t.Setenv("SHORT_TOKEN", "hunter2")
	t.Setenv("GOOD_TOKEN", "correct-horse-battery")
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(file, nil)
			require.Error(t, err)
			golden(t, "bad/"+name+".txt", err.Error()+"\n")
		})
	}
}

func TestBadEnvironmentAndFlags(t *testing.T) {
	for name, value := range map[string]string{
		"AUDITLOG_RECIEVER_GRPC_ENDPOINT":   "127.0.0.1:1",
		"AUDITLOG_STORE_OPENSEARCH_URLS":    "https://es",
		"AUDITLOG_RECEIVER_SENDERS":         "[]",
		"AUDITLOG_STORE_RETENTION":          "30",
		"AUDITLOG_SEARCH_TRUSTED_PROXY":     "yes",
		"AUDITLOG_PROCESSOR_NORMALIZE_KEEP": "a,,b",
	} {
		t.Setenv(name, value)
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.AddFlags(flags)
	require.NoError(t, flags.Parse([]string{"--store.path=", "--telemetry.logs.level=loud"}))
	_, err := config.Load("", flags)
	require.Error(t, err)
	golden(t, "bad/environment.txt", err.Error()+"\n")
}

func TestEachProblemIsOneLine(t *testing.T) {
	_, err := config.Load(write(t, `
"a\nb\x1b[31m": 1
processor: {redact: {patterns: [{name: a, expression: "(\n"}]}}
`+strings.Repeat("long", 100)+": x\n"), nil)
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 3)
	for _, line := range lines {
		require.Less(t, len(line), 300)
		require.NotContains(t, line, "\x1b")
	}
}

func TestRulesThatOnlyRedactionKnows(t *testing.T) {
	_, err := config.Load(write(t, "processor: {redact: {keys: ['---'], patterns: [{name: jwt, expression: x}]}}"), nil)
	require.ErrorContains(t, err, "processor.redact: ")
	require.NotContains(t, err.Error(), "\n")
}

func TestUnreadableFile(t *testing.T) {
	_, err := config.Load(filepath.Join(t.TempDir(), "none.yaml"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "none.yaml")
}

// FuzzConfig holds that no file makes Load panic, and that what is wrong is told
// with a place: the file, or the path of a setting.
func FuzzConfig(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", example} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(text)
		}
	}
	file := filepath.Join(f.TempDir(), "auditlog.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		require.NoError(t, os.WriteFile(file, text, 0o600))
		c, err := config.Load(file, nil)
		if err == nil {
			require.NoError(t, c.Validate())
			c.Warnings()
			c.Collector()
			return
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			require.Contains(t, line, ": ")
		}
	})
}
