package redactprocessor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/auditlog/auditlog/audit"
	redactprocessor "github.com/auditlog/auditlog/processor/redact"
)

var token = "gh" + "p_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"

func TestPolicies(t *testing.T) {
	t.Setenv(redactprocessor.KeyVariable, "a key of the installation")
	change := func(c *redactprocessor.Config) {
		c.Fields = []redactprocessor.Field{
			{Field: "user.email", Policy: "hash"}, {Field: "ip", Policy: "drop"}, {Field: "user.id", Policy: "last4"}, {Field: "session_id", Policy: "mask"},
			{Field: "user.roles", Policy: "hash"}, {Field: "customer.number", Policy: "last4"}, {Field: "status_code", Policy: "mask"},
		}
	}
	record := func(account string) func(plog.ResourceLogs, plog.LogRecord) {
		return func(_ plog.ResourceLogs, r plog.LogRecord) {
			a := r.Attributes()
			a.PutStr(audit.Account.Attribute, account)
			a.PutStr(audit.UserEmail.Attribute, "ada@example.com")
			a.PutStr(audit.IP.Attribute, "203.0.113.7")
			a.PutStr(audit.UserID.Attribute, "staff-004711")
			a.PutStr(audit.SessionID.Attribute, "s1")
			a.PutInt(audit.StatusCode.Attribute, 200)
			a.PutEmptySlice(audit.UserRoles.Attribute).AppendEmpty().SetStr("admin")
			a.PutEmptyMap(audit.Attributes.Attribute).PutStr("customer.number", "1234567890")
		}
	}
	a := first(run(t, change, record("acme"))).Attributes()
	b := first(run(t, change, record("other"))).Attributes()
	require.Regexp(t, `^hash:[0-9a-f]{32}$`, text(a, audit.UserEmail.Attribute))
	require.NotEqual(t, text(a, audit.UserEmail.Attribute), text(b, audit.UserEmail.Attribute), "an account's hashes are its own")
	require.Equal(t, text(a, audit.UserEmail.Attribute), text(first(run(t, change, record("acme"))).Attributes(), audit.UserEmail.Attribute))
	require.Regexp(t, `^\["hash:[0-9a-f]{32}"\]$`, text(a, audit.UserRoles.Attribute))
	require.Equal(t, "(absent)", text(a, audit.IP.Attribute))
	require.Equal(t, "(absent)", text(a, audit.StatusCode.Attribute), "a number cannot be masked")
	require.Equal(t, "****4711", text(a, audit.UserID.Attribute))
	require.Equal(t, "[redacted:mask]", text(a, audit.SessionID.Attribute))
	require.Equal(t, `{"customer.number":"****7890"}`, text(a, audit.Attributes.Attribute))
	require.Contains(t, text(a, audit.Redactions.Attribute), `"ip: drop"`)
}

func TestFingerprints(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("a key of the installation\n"), 0o600))
	a := first(run(t, func(c *redactprocessor.Config) { c.Fingerprints, c.FingerprintKeyFile = true, file }, func(_ plog.ResourceLogs, r plog.LogRecord) {
		r.Attributes().PutStr(audit.Account.Attribute, "acme")
		r.Attributes().PutStr(audit.Request.Attribute, `{"password":"Summer2026!","pin":4711,"token":"`+token+`","note":{"secret":["`+token+`"]}}`)
		r.Attributes().PutStr(audit.Fingerprints.Attribute, "a client's")
	})).Attributes()
	key, err := redactprocessor.ReadKey(file)
	require.NoError(t, err)
	require.Equal(t, `["`+key.Fingerprint("acme", " Bearer "+token+"\n")+`"]`, text(a, audit.Fingerprints.Attribute))
	require.NotContains(t, text(a, audit.Request.Attribute), token)
}

func TestAllowedValues(t *testing.T) {
	allowed := "4111" + "111111111111"
	a := first(run(t, func(c *redactprocessor.Config) { c.AllowValues = []string{allowed} }, func(_ plog.ResourceLogs, r plog.LogRecord) {
		r.Attributes().PutStr(audit.Message.Attribute, "order "+allowed+" and "+"5500"+"005555555559")
		r.Attributes().PutStr(audit.Request.Attribute, `{"number":"`+allowed+`","password":"`+allowed+`"}`)
	})).Attributes()
	require.Equal(t, "order "+allowed+" and [redacted:card]", text(a, audit.Message.Attribute))
	require.Equal(t, `{"number":"`+allowed+`","password":"[redacted:key]"}`, text(a, audit.Request.Attribute))
}

// Each error names its rule, and none the key.
func TestRuleErrors(t *testing.T) {
	short := filepath.Join(t.TempDir(), "short")
	require.NoError(t, os.WriteFile(short, []byte("hunter2"), 0o600))
	for want, change := range map[string]func(*redactprocessor.Config){
		`fields[0] "time": no event can be without it`: func(c *redactprocessor.Config) { c.Fields = []redactprocessor.Field{{Field: "time", Policy: "drop"}} },
		`fields[0] "ip": policy "shred" is none of`:    func(c *redactprocessor.Config) { c.Fields = []redactprocessor.Field{{Field: "ip", Policy: "shred"}} },
		`fields[1] "ip": has a policy already`: func(c *redactprocessor.Config) {
			c.Fields = []redactprocessor.Field{{Field: "ip", Policy: "drop"}, {Field: "ip", Policy: "mask"}}
		},
		"there is no fingerprint key": func(c *redactprocessor.Config) { c.Fingerprints = true },
		"must have 16 to 4096 characters": func(c *redactprocessor.Config) {
			c.Fingerprints, c.FingerprintKeyFile = true, short
		},
		"allow_values[0]: is empty": func(c *redactprocessor.Config) { c.AllowValues = []string{" "} },
	} {
		cfg := redactprocessor.NewFactory().CreateDefaultConfig().(*redactprocessor.Config)
		change(cfg)
		err := cfg.Validate()
		require.ErrorContains(t, err, want)
		require.False(t, strings.Contains(err.Error(), "hunter2"))
	}
}
