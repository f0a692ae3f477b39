package local_test

import (
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/store/local"
)

func open(t *testing.T, path string) *local.Dir {
	d, err := local.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { d.Close() })
	return d
}

func TestDirIsPrivateAndLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b")
	d := open(t, path)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o700), info.Mode().Perm())
	entries, err := os.ReadDir(path)
	require.NoError(t, err)
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), e.Name())
	}

	_, err = local.Open(path)
	require.ErrorIs(t, err, local.ErrLocked)
	require.ErrorContains(t, err, path)

	key := d.Key()
	require.Len(t, key, 32)
	require.NoError(t, d.Close())
	require.Equal(t, key, open(t, path).Key(), "the key outlives a restart")
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := local.Open(file)
	require.ErrorContains(t, err, "store.path")

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "identity.key"), []byte("short"), 0o600))
	_, err = local.Open(dir)
	require.ErrorContains(t, err, "has 5 bytes, want 32")

	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tokens.json"), []byte("{"), 0o600))
	_, err = local.Open(dir)
	require.ErrorContains(t, err, "tokens.json")
}

func TestTokens(t *testing.T) {
	path := t.TempDir()
	d := open(t, path)
	secret, err := d.Tokens().Create("siem", local.OwnerToken, []string{"acme"}, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Regexp(t, `^auditlog_owner_[A-Za-z0-9_-]{43}$`, secret)

	_, err = d.Tokens().Create("siem", local.SenderToken, []string{"acme"}, time.Time{})
	require.ErrorIs(t, err, local.ErrTokenExists)

	require.NoError(t, d.Close())
	d = open(t, path)
	token, ok := d.Tokens().Find(secret)
	require.True(t, ok, "a token outlives a restart")
	require.Equal(t, "siem", token.Name)
	require.Equal(t, []string{"acme"}, token.Accounts)
	_, ok = d.Tokens().Find(secret + "x")
	require.False(t, ok)

	stored, err := os.ReadFile(filepath.Join(path, "tokens.json"))
	require.NoError(t, err)
	require.NotContains(t, string(stored), secret)
	require.Empty(t, d.Tokens().List()[0].Hash)

	_, err = d.Tokens().Revoke("other")
	require.ErrorIs(t, err, local.ErrTokenNotFound)
	_, err = d.Tokens().Revoke("siem")
	require.NoError(t, err)
	_, ok = d.Tokens().Find(secret)
	require.False(t, ok)
}

func TestTokenExpires(t *testing.T) {
	d := open(t, t.TempDir())
	secret, err := d.Tokens().Create("short", local.OwnerToken, []string{"a"}, time.Now().Add(50*time.Millisecond))
	require.NoError(t, err)
	require.Eventually(t, func() bool { _, ok := d.Tokens().Find(secret); return !ok }, 5*time.Second, 10*time.Millisecond)
	_, err = d.Tokens().Create("short", local.OwnerToken, []string{"a"}, time.Time{})
	require.NoError(t, err, "the name of an expired token is free")
}

func TestCreateRefuses(t *testing.T) {
	d := open(t, t.TempDir())
	for name, c := range map[string]struct {
		name     string
		kind     local.TokenKind
		accounts []string
		expires  time.Time
	}{
		"no name":       {" ", local.OwnerToken, []string{"a"}, time.Time{}},
		"line break":    {"a\nb", local.OwnerToken, []string{"a"}, time.Time{}},
		"kind":          {"n", "admin", []string{"a"}, time.Time{}},
		"no account":    {"n", local.OwnerToken, nil, time.Time{}},
		"empty account": {"n", local.OwnerToken, []string{""}, time.Time{}},
		"owner of any":  {"n", local.OwnerToken, []string{"*"}, time.Time{}},
		"any and more":  {"n", local.SenderToken, []string{"*", "a"}, time.Time{}},
		"expired":       {"n", local.OwnerToken, []string{"a"}, time.Now().Add(-time.Second)},
	} {
		_, err := d.Tokens().Create(c.name, c.kind, c.accounts, c.expires)
		require.Error(t, err, name)
	}
	require.Empty(t, d.Tokens().List())
}

func TestSocket(t *testing.T) {
	for name, path := range map[string]string{
		"short path": filepath.Join(t.TempDir(), "d"),
		"long path":  filepath.Join(t.TempDir(), strings.Repeat("long", 30)),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := local.Client(path)
			require.ErrorIs(t, err, fs.ErrNotExist)
			d := open(t, path)
			for range 2 { // the second replaces what a killed process left
				l, err := d.Listen()
				require.NoError(t, err)
				go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "answer") }))
				client, err := local.Client(path)
				require.NoError(t, err)
				resp, err := client.Get("http://auditlog/")
				require.NoError(t, err)
				body, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				require.Equal(t, "answer", string(body))
				client.CloseIdleConnections()
				require.NoError(t, l.Close())
			}
		})
	}
}
