package e2e_test

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
)

// TestDeadLetters sends records that cannot be events, and handles them as the
// operator does: beside the server, and without one.
func TestDeadLetters(t *testing.T) {
	const secret = "hunter2-in-a-request"
	s := start(t, t.TempDir(), "receiver: {max_record_size: 4KiB}\n")
	shop := s.command(t, "token", "create", "--kind", "sender", "--name", "shop")
	owner := s.ownerToken(t)
	beta := s.command(t, "token", "create", "--name", "beta", "--account", "beta")
	logs := newLogs("shop", 4, func(i int, r plog.LogRecord) {
		a := r.Attributes()
		switch i {
		case 0: // of an account that is not granted
			a.PutStr("tenant.id", "beta")
			a.PutEmptyMap("http.request.body").PutStr("password", secret)
			a.PutStr("color", "red")
		case 1:
			a.Clear()
			a.PutStr("who.did.it", "ana")
		case 2:
			a.PutStr("blob", strings.Repeat("x", 5000))
			a.PutStr("tenant.id", "default")
		}
	})
	code, answer := s.post(t, "/v1/logs", protobuf, encode(t, logs), "Authorization", "Bearer "+shop)
	require.Equal(t, http.StatusOK, code, answer)
	letters := map[string]int{"account_not_granted": 1, "no_actor_and_no_action": 1, "record_too_large": 1}
	require.Equal(t, letters, s.deadLetters(t, owner))

	list := s.command(t, "deadletter", "list")
	require.Regexp(t, `default\s+account_not_granted\s+1\s+20\S+\s+20`, list)
	require.Len(t, strings.Split(list, "\n"), 4)

	shown := s.command(t, "deadletter", "show", "--reason", "account_not_granted")
	require.NotContains(t, shown, secret)
	var letter struct {
		ID    string
		Asked string
		Names []string
		Event map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(shown), &letter))
	require.Equal(t, "beta", letter.Asked)
	require.Equal(t, []string{"color"}, letter.Names)
	require.Equal(t, `{"password":"[redacted:key]"}`, letter.Event["request"])

	_, stderr, exit := run(t, nil, "deadletter", "replay", "--store.path", s.dir)
	require.NotZero(t, exit)
	require.Contains(t, stderr, "--all")
	replayed := s.command(t, "deadletter", "replay", "--all")
	require.Contains(t, replayed, "1 stored as events", "the one that was too large")
	require.Contains(t, replayed, `1 stay: sender "shop" may not write to account "beta"`)
	require.Contains(t, replayed, "1 stay: what is kept says neither who nor what")

	s.command(t, "token", "revoke", "shop")
	s.command(t, "token", "create", "--kind", "sender", "--name", "shop", "--account", "default", "--account", "beta")
	require.Zero(t, s.stop(t))
	require.Contains(t, s.command(t, "deadletter", "replay", letter.ID), "1 stored as events")
	_, stderr, exit = run(t, nil, "deadletter", "discard", "--all", "--store.path", s.dir)
	require.NotZero(t, exit)
	require.Contains(t, stderr, "--yes")
	require.Equal(t, "1 discarded", s.command(t, "deadletter", "discard", "--reason", "no_actor_and_no_action", "--yes"))
	require.NotRegexp(t, `\d`, s.command(t, "deadletter", "list"), "nothing is left")
	status := s.command(t, "status") // exits with an error where the sum does not hold
	require.Regexp(t, regexp.MustCompile(`\+ dead letters\s+3`), status)

	s = start(t, s.dir, "")
	mine := from(s.events(t, beta), "shop")
	require.Len(t, mine, 1)
	require.Equal(t, "account_not_granted", mine[0]["set_aside"])
	require.Len(t, from(s.events(t, owner), "shop"), 2, "one was no dead letter, one was too large")
	require.Empty(t, s.deadLetters(t, owner))
	require.Equal(t, map[any]int{"deadletter.show": 1, "deadletter.replay": 2, "deadletter.discard": 1}, s.handled(t, owner))
	require.Equal(t, map[any]int{"deadletter.replay": 1}, s.handled(t, beta))
	require.Zero(t, s.stop(t))
}

// TestReplayIsKilled kills the server in the middle of a replay. The next one
// goes on; nothing is lost, and nothing is stored twice.
func TestReplayIsKilled(t *testing.T) {
	const letters = 3000 // several pages
	s := start(t, t.TempDir(), "")
	shop := s.command(t, "token", "create", "--kind", "sender", "--name", "shop")
	beta := s.command(t, "token", "create", "--name", "beta", "--account", "beta")
	logs := newLogs("shop", letters, func(i int, r plog.LogRecord) {
		r.Attributes().PutStr("tenant.id", "beta")
		r.Attributes().PutInt("entity.id", int64(i))
	})
	code, answer := s.post(t, "/v1/logs", protobuf, encode(t, logs), "Authorization", "Bearer "+shop)
	require.Equal(t, http.StatusOK, code, answer)
	s.command(t, "token", "revoke", "shop")
	s.command(t, "token", "create", "--kind", "sender", "--name", "shop", "--account", "default", "--account", "beta")

	replay := exec.CommandContext(t.Context(), program, "deadletter", "replay", "--all", "--store.path", s.dir)
	replay.Env = environ()
	require.NoError(t, replay.Start())
	for len(from(s.events(t, beta), "shop")) == 0 {
		time.Sleep(25 * time.Millisecond) // an owner may ask 50 times a second
	}
	s.kill(t)
	_ = replay.Wait() // it fails, unless it was faster than the kill
	s.command(t, "deadletter", "replay", "--all")
	s.command(t, "status") // exits with an error where the sum does not hold

	s = start(t, s.dir, "")
	ids := map[any]int{}
	for _, e := range from(s.events(t, beta), "shop") {
		ids[e["entity.id"]]++
	}
	require.Len(t, ids, letters)
	for id, n := range ids {
		require.Equal(t, 1, n, "%v", id)
	}
	require.Len(t, strings.Split(s.command(t, "deadletter", "list"), "\n"), 1, "nothing is left")
	require.Zero(t, s.stop(t))
}

// TestDeadLetterListIsSafeOnATerminal lists an account whose name a sender chose.
func TestDeadLetterListIsSafeOnATerminal(t *testing.T) {
	s := start(t, t.TempDir(), "")
	anybody := s.command(t, "token", "create", "--kind", "sender", "--name", "any", "--account", "*")
	logs := newLogs("shop", 1, func(_ int, r plog.LogRecord) {
		r.Attributes().Clear()
		r.Attributes().PutStr("tenant.id", "a\x1b[31mred")
	})
	code, answer := s.post(t, "/v1/logs", protobuf, encode(t, logs), "Authorization", "Bearer "+anybody)
	require.Equal(t, http.StatusOK, code, answer)
	require.Regexp(t, `"a\\x1b\[31mred"\s+no_actor_and_no_action\s+1`, s.command(t, "deadletter", "list"))
	require.NotContains(t, s.command(t, "deadletter", "show"), "\x1b")
	require.Zero(t, s.stop(t))
}

// handled counts what an account's trail says of dead letters, by action.
func (s *server) handled(t *testing.T, token string) map[any]int {
	t.Helper()
	actions := map[any]int{}
	for _, e := range s.events(t, token) {
		if e["entity.type"] == "dead letter" {
			actions[e["action"]]++
		}
	}
	return actions
}
