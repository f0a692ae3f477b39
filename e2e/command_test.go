package e2e_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHelp asks every command for help.
func TestHelp(t *testing.T) {
	seen := 0
	var visit func(args ...string)
	visit = func(args ...string) {
		seen++
		stdout, stderr, code := run(t, nil, append(args, "--help")...)
		require.Zero(t, code, "auditlog %s --help: %s", strings.Join(args, " "), stderr)
		require.Contains(t, stdout, "Usage:")
		require.Empty(t, stderr)
		_, list, _ := strings.Cut(stdout, "Available Commands:\n")
		list, _, _ = strings.Cut(list, "\n\n")
		for _, sub := range regexp.MustCompile(`(?m)^  ([a-z]+) `).FindAllStringSubmatch(list, -1) {
			visit(append(append([]string{}, args...), sub[1])...)
		}
	}
	visit()
	require.Greater(t, seen, 10)
}

func TestCommands(t *testing.T) {
	for name, test := range map[string]struct {
		args   []string
		stdout string // pattern
		stderr string // pattern
		code   int
	}{
		"version":            {args: []string{"version"}, stdout: `^auditlog \S+`},
		"shell completion":   {args: []string{"completion", "bash"}, stdout: `complete`},
		"unknown command":    {args: []string{"sampel"}, stderr: `sample`, code: 1},
		"unknown flag":       {args: []string{"--store.pth", "x"}, stderr: `store\.pth`, code: 1},
		"no configuration":   {args: []string{"--config", "missing.yaml"}, stderr: `missing\.yaml`, code: 1},
		"token without name": {args: []string{"token", "create"}, stderr: `name`, code: 1},
		"sign-in, no server": {args: []string{"signin", "--store.path", filepath.Join(t.TempDir(), "none")}, stderr: `no auditlog is running`, code: 1},
		"sample, no server":  {args: []string{"sample", "--store.path", filepath.Join(t.TempDir(), "none")}, stderr: `no auditlog is running`, code: 1},
		"sample, far server": {args: []string{"sample", "--receiver.grpc.endpoint", "192.0.2.1:4317"}, stderr: `on this machine`, code: 1},
		"token without server": {args: []string{"token", "create", "--name", "offline", "--store.path", filepath.Join(t.TempDir(), "new")},
			stdout: `^auditlog_owner_\S+\n$`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := run(t, nil, test.args...)
			require.Equal(t, test.code, code, stderr)
			require.Regexp(t, test.stdout, stdout)
			require.Regexp(t, test.stderr, stderr)
		})
	}
}

func TestConfigMasksSecrets(t *testing.T) {
	const token = "billing-token-0123456789"
	file := filepath.Join(t.TempDir(), "auditlog.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`receiver: {senders: [{name: billing, tokens: ["${env:E2E_BILLING}"], accounts: [acme]}]}`), 0o600))
	stdout, stderr, code := run(t, []string{"E2E_BILLING=" + token, "AUDITLOG_STORE_RETENTION=60d"}, "config", "--config", file)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "[REDACTED]")
	require.Contains(t, stdout, "60d")
	require.NotContains(t, stdout+stderr, token)
}

// TestTokensAndStatus runs the commands that talk to the server while one runs,
// and open the directory while none does.
func TestTokensAndStatus(t *testing.T) {
	s := start(t, t.TempDir(), "")
	token := s.command(t, "token", "create", "--name", "siem", "--expires", "30d")
	code, _ := s.get(t, token, "/api/v1/events")
	require.Equal(t, http.StatusOK, code)
	_, stderr, exit := run(t, nil, "token", "create", "--name", "siem", "--store.path", s.dir)
	require.NotZero(t, exit)
	require.Contains(t, stderr, "exists")
	require.Regexp(t, `siem\s+owner\s+default`, s.command(t, "token", "list"))
	require.NotContains(t, s.command(t, "token", "list"), token)

	s.command(t, "token", "revoke", "siem")
	code, _ = s.get(t, token, "/api/v1/events")
	require.Equal(t, http.StatusUnauthorized, code)
	require.Regexp(t, `server running\s+true`, s.command(t, "status"))
	s.requireNowhere(t, token)

	require.Zero(t, s.stop(t))
	require.Regexp(t, `server running\s+false`, s.command(t, "status"))
	require.Regexp(t, `^auditlog_owner_\S+$`, s.command(t, "token", "create", "--name", "siem"))
}
