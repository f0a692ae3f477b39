package e2e_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// planted is the password in the requests that the examples send.
const planted = "open-sesame-4711"

// sdk is one of the examples. Its commands run in a copy of its folder that
// lasts from one run of the tests to the next.
type sdk struct {
	language string
	tools    []string
	install  [][]string
	send     []string
}

var sdks = []sdk{
	{
		language: "python", tools: []string{"python3"},
		install: [][]string{
			{"python3", "-m", "venv", ".venv"},
			{".venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"},
		},
		send: []string{".venv/bin/python", "send.py"},
	},
	{
		language: "javascript", tools: []string{"node", "npm"},
		install: [][]string{{"npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"}},
		send:    []string{"node", "send.mjs"},
	},
	{
		language: "java", tools: []string{"java", "javac", "mvn"},
		install: [][]string{{"mvn", "-B", "-q", "-ntp", "compile"}},
		send:    []string{"mvn", "-B", "-q", "-ntp", "exec:java"},
	},
}

// TestSDKs sends the examples' events with the SDK of each language over each
// protocol, and compares what the owner reads, field by field.
func TestSDKs(t *testing.T) {
	s := start(t, t.TempDir(), "")
	owner := s.ownerToken(t)
	eachSDK(t, func(t *testing.T, language, dir string, send ...string) { s.checkSDK(t, owner, language, dir, send...) })
	_, answers := s.get(t, owner, "/api/v1/events?limit=1000")
	require.NotContains(t, string(answers), planted)
	s.requireNowhere(t, planted)
	require.Positive(t, s.metric(t, "auditlog_accepted"))
	require.Zero(t, s.stop(t))
	s.requireNoneOnDisk(t, planted)
}

// eachSDK runs check with the command that sends the example's events in each
// language, and the folder to run it in.
func eachSDK(t *testing.T, check func(t *testing.T, language, dir string, send ...string)) {
	t.Run("each", func(t *testing.T) {
		t.Run("go", func(t *testing.T) {
			t.Parallel()
			send := filepath.Join(t.TempDir(), "send")
			runIn(t, "..", nil, "go", "build", "-o", send, "./examples/go")
			check(t, "go", ".", send)
		})
		for _, sdk := range sdks {
			t.Run(sdk.language, func(t *testing.T) {
				t.Parallel()
				need(t, sdk.tools...)
				check(t, sdk.language, sdk.prepare(t), sdk.send...)
			})
		}
	})
}

func (s *server) checkSDK(t *testing.T, owner, language, dir string, send ...string) {
	for protocol, endpoint := range map[string]string{"grpc": s.grpc, "http/protobuf": s.http} {
		service := language + " over " + protocol
		token := s.senderToken(t, service)
		env := []string{
			"OTEL_SERVICE_NAME=" + service,
			"OTEL_EXPORTER_OTLP_PROTOCOL=" + protocol,
			"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + endpoint,
		}
		header := "OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20"
		runIn(t, dir, append(env, header+token), send...)

		found := from(s.events(t, owner), service)
		require.Len(t, found, 2, service)
		denied, updated := found[0], found[1]
		if denied["status"] != "failure" { // of one millisecond, in some languages
			denied, updated = updated, denied
		}
		wantUpdated, wantDenied := exampleEvents(service)
		requireEvent(t, wantUpdated, updated)
		requireEvent(t, wantDenied, denied)

		out, err := command(t, dir, append(env, header+"auditlog_sender_unknown"), send...).CombinedOutput()
		require.Error(t, err, "%s must fail where its events are refused: %s", service, out)
		require.Len(t, from(s.events(t, owner), service), 2, service)
	}
}

// exampleEvents are the two events that every example sends, without what
// differs from run to run.
func exampleEvents(service string) (updated, denied event) {
	common := event{"user.name": "ana", "ip": "203.0.113.7", "account": "default", "sender": service, "service": service}
	updated, denied = maps.Clone(common), maps.Clone(common)
	maps.Copy(updated, event{
		"user.roles": []any{"admin", "analyst"}, "method": "PUT", "area": "Data Security", "action": "rule.update",
		"entity.type": "rule", "entity.id": "rule-17", "status": "success", "status_code": 200.0,
		"duration_ns": 842e6, "duration": "842 ms", "message": "Rule updated",
		"request":    `{"name":"card-numbers","source":{"host":"db1","password":"[redacted:key]"}}`,
		"redactions": []any{"request.source.password: key"},
	})
	maps.Copy(denied, event{
		"user.roles": []any{"admin"}, "impersonated": true, "impersonator.name": "sam", "impersonation_reason": "ticket 4711",
		"area": "Users", "action": "user.delete", "entity.type": "user", "entity.id": "ben", "status": "failure",
		"duration_ns": 124e7, "duration": "1.24 s", "message": "User not deleted",
	})
	return updated, denied
}

// requireEvent compares an event with what was sent. Its id and times differ
// from run to run.
func requireEvent(t *testing.T, want, got event) {
	t.Helper()
	got = maps.Clone(got)
	for _, name := range []string{"time", "received"} {
		when, err := time.Parse(time.RFC3339Nano, got[name].(string))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), when, 10*time.Minute, name)
		delete(got, name)
	}
	require.Regexp(t, `^\d{8}-[0-9a-f]{32}$`, got["id"])
	delete(got, "id")
	if request, ok := got["request"].(string); ok {
		require.JSONEq(t, want["request"].(string), request)
		got["request"] = want["request"]
	}
	require.Equal(t, show(t, want), show(t, got))
}

func show(t *testing.T, e event) string {
	t.Helper()
	text, err := json.MarshalIndent(e, "", "  ")
	require.NoError(t, err)
	return string(text)
}

// prepare installs what the example needs and returns its folder.
func (s sdk) prepare(t *testing.T) string {
	t.Helper()
	example := filepath.Join("..", "examples", s.language)
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	dir := filepath.Join(cache, "auditlog-e2e", s.language+"-"+sum(t, example))
	done := filepath.Join(dir, ".installed")
	if _, err := os.Stat(done); err == nil {
		return dir
	}
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.CopyFS(dir, os.DirFS(example)))
	for _, args := range s.install {
		runIn(t, dir, nil, args...)
	}
	require.NoError(t, os.WriteFile(done, nil, 0o600))
	return dir
}

// sum is a short hash of the files below a folder.
func sum(t *testing.T, dir string) string {
	t.Helper()
	hash := sha256.New()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		hash.Write([]byte(path))
		hash.Write(data)
		return err
	})
	require.NoError(t, err)
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

func command(t *testing.T, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, environ(env...)
	return cmd
}

// runIn runs a command to its end, which must be a good one.
func runIn(t *testing.T, dir string, env []string, args ...string) {
	t.Helper()
	out, err := command(t, dir, env, args...).CombinedOutput()
	require.NoError(t, err, "%v: %s", args, out)
}
