package page_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/internal/browsertest"
)

// call runs an exported function of one of the page's modules.
func call(module, function string, arguments ...any) string {
	list, err := json.Marshal(arguments)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`import('/static/%s').then((m) => m.%s(...%s))`, module, function, list)
}

func TestModules(t *testing.T) {
	ctx := browsertest.New(t)
	f := newFake(t, nil)
	open(t, ctx, f, "/", "empty")

	t.Run("sentence", func(t *testing.T) {
		for _, c := range []struct {
			event event
			want  string
		}{
			{event{}, "Somebody unknown did something that the event does not name; outcome unknown."},
			{event{"user.name": "ana", "action": "login", "status": "success"}, "ana signed in; succeeded."},
			{event{"user.name": "ana", "action": "Sign-In", "entity.type": "session", "entity.id": "s-1", "status": "success"}, "ana signed in (session s-1); succeeded."},
			{event{"user.name": "ana", "action": "login", "status": "failure", "status_code": 401}, "ana tried to sign in; failed (401)."},
			{event{"user.name": "ana", "user.full_name": "Ana Ruiz", "user.roles": []string{"admin", "owner"}, "action": "connection.update", "entity.type": "connection", "entity.id": "prod-db", "status": "success", "duration": "842 ms"},
				"Ana Ruiz (admin, owner) changed connection prod-db; succeeded in 842 ms."},
			{event{"user.id": "u1", "action": "DeleteAPIKeys", "entity.type": "api_key", "status": "failure"}, "u1 tried to perform “DeleteAPIKeys” on api_key; failed."},
			{event{"user.id": "u1", "action": "access_tokens:revoke", "entity.type": "AccessToken", "status": "failure"}, "u1 tried to revoke AccessToken; failed."},
			{event{"user.email": "a@b", "action": "connection.update_failed", "entity.type": "connection", "status": "success"}, "a@b performed “connection.update_failed” on connection; succeeded."},
			{event{"user.name": "ana", "action": "update", "status": "success"}, "ana performed “update”; succeeded."},
			{event{"user.name": "ana", "action": "constructor", "entity.type": "toString", "status": "success"}, "ana performed “constructor” on toString; succeeded."},
			{event{"user.name": "ana", "impersonator.id": "s1", "action": "x", "status": "success", "area": "Billing"}, "s1 as ana performed “x” in Billing; succeeded."},
			{event{"user.name": "ana", "impersonator.name": "sam", "impersonator.roles": []string{"Support"}, "action": "x", "status": "success"}, "sam (Support) as ana performed “x”; succeeded."},
			{event{"user.name": "ana", "impersonated": true, "action": "x", "status": "success"}, "ana performed “x”; succeeded."},
			{event{"user.name": "ana", "action": "x", "status": "unknown", "duration": "1 s"}, "ana performed “x”; outcome unknown after 1 s."},
		} {
			require.Equal(t, c.want, browsertest.Eval[string](t, ctx, call("sentence.js", "sentence", c.event)))
		}
	})
	t.Run("pretty", func(t *testing.T) {
		for _, c := range []struct {
			json string
			want any
		}{
			{`{}`, "{}"},
			{` [ ] `, "[]"},
			{`[{},[]]`, "[\n  {},\n  []\n]"},
			{`{"a":"{\"b\": [1,2]}","c":"\\"}`, "{\n  \"a\": \"{\\\"b\\\": [1,2]}\",\n  \"c\": \"\\\\\"\n}"},
			{`{"a":1e400,"a":1.0}`, "{\n  \"a\": 1e400,\n  \"a\": 1.0\n}"},
			{`["\n"]`, "[\n  \"\\n\"\n]"},
			{`{"a":`, nil},
			{`"text"`, nil},
			{`12`, nil},
			{`{a}`, nil},
			{``, nil},
		} {
			require.Equal(t, c.want, browsertest.Eval[any](t, ctx, call("format.js", "pretty", c.json)), c.json)
		}
	})
	t.Run("deeply nested JSON stays small", func(t *testing.T) {
		require.Less(t, browsertest.Eval[int](t, ctx, `import('/static/format.js').then((m) => (m.pretty('['.repeat(5000) + ']'.repeat(5000)) ?? '').length)`), 1<<19)
	})
	t.Run("address", func(t *testing.T) {
		for _, c := range []struct{ search, want string }{
			{"", "/"},
			{"?start=now-24h&limit=50", "/"},
			{"?limit=17&zone=mars&unknown=1", "/"},
			{"?start=now-7d&method=GET&method=POST&method=GET&area=a%26b&limit=200", "/?start=now-7d&area=a%26b&method=GET&method=POST&limit=200"},
			{"?start=2026-11-22T10:00:00Z&end=2026-11-22T11:00:00Z&cursor=x%2By", "/?start=2026-11-22T10:00:00Z&end=2026-11-22T11:00:00Z&cursor=x%2By"},
			{"?start=now-24h&end=now-1h&event=20261122-00", "/?start=now-24h&end=now-1h&event=20261122-00"},
		} {
			require.Equal(t, c.want, browsertest.Eval[string](t, ctx, fmt.Sprintf(`import('/static/state.js').then((m) => m.address(m.read(%q)))`, c.search)), c.search)
		}
	})
	t.Run("a copied link is fixed in time", func(t *testing.T) {
		require.Equal(t, "/?start=2026-11-21T10:00:00.000Z&end=2026-11-22T10:00:00.000Z&area=Users",
			browsertest.Eval[string](t, ctx, `import('/static/state.js').then((m) => m.address(m.fixed(m.read('?area=Users&cursor=c'), Date.UTC(2026, 10, 22, 10))))`))
	})
}
