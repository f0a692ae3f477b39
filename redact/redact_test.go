package redact_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/redact"
)

func engine(t testing.TB, c redact.Config) *redact.Engine {
	t.Helper()
	e, err := redact.New(c)
	require.NoError(t, err)
	return e
}

// The secrets of the tables below. Formats are put together at run time, so that
// no scanner of source code takes them for real.
var (
	jwt  = "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiI0MiJ9.c2lnbmF0dXJlLW9mLTQy"
	ghp  = "gh" + "p_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
	card = "4111" + "111111111111"
	pem  = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nzX9\n-----END RSA " + "PRIVATE KEY-----"
)

func TestMessage(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"alice updated role 42", "alice updated role 42"},
		{"the password is sunshine", "the password is [redacted:prose]"},
		{"password expired", "password expired"},
		{"reset password for bob", "reset password for bob"},
		{"token " + jwt + " refused", "token [redacted:jwt] refused"},
		{"deploy key " + ghp, "deploy key [redacted:github_token]"},
		{"paid with " + card, "paid with [redacted:card]"},
		{"paid with 4111-1111-1111-1111.", "paid with [redacted:card]."},
		{"order 4111111111111112", "order 4111111111111112"},
		{"person 219-09-9999 since 2019", "person [redacted:ssn] since 2019"},
		{"person 219-09-9999 4711", "person [redacted:ssn] 4711"},
		{"ssn 219-09-9999", "ssn [redacted:ssn]"},
		{"login password=hunter2 ok", "login password=[redacted:pair] ok"},
		{"Authorization: Basic YWxpY2U6aHVudGVyMg==", "Authorization: [redacted:pair]"},
		{"connect postgres://app:hunter2@db:5432/x", "connect postgres://app:[redacted:userinfo]@db:5432/x"},
		{"see https://example.com/a?access_token=abc&page=2", "see https://example.com/a?access_token=[redacted:url]&page=2"},
		{"mysql -u root -phunter2 shop", "mysql -u root -p[redacted:pair] shop"},
		{"run --password hunter2 --verbose", "run --password [redacted:pair] --verbose"},
		{"SELECT * FROM users WHERE email = 'a@b.c'", "SELECT * FROM users WHERE email = ?"},
		{`Duplicate entry 'jane@x.org' for key 'users.email'`, `Duplicate entry '[redacted:database_error]' for key 'users.email'`},
		{`got {"password":"x y"} from app`, `got {"password":"[redacted:key]"} from app`},
		{pem, "[redacted:private_key]"},
		{"p%61ssword%3Dhunter2", "password=[redacted:pair]"},
		{"ｐａｓｓｗｏｒｄ=hunter2", "password=[redacted:pair]"},
		{"pass\u200bword=hunter2", "password=[redacted:pair]"},
		{"commit 3f786850e387550fdab836ed7e6dc881de23001b", "commit 3f786850e387550fdab836ed7e6dc881de23001b"},
		{base64.StdEncoding.EncodeToString([]byte(`{"password":"hunter2"}`)), "[redacted:base64]"},
		{"[redacted:jwt]", "[redacted:jwt]"},
		{"password=[redacted:hunter2]", "password=[redacted:pair]"},
		{"changed password from Sommer2024! to Winter2025!", "changed password from [redacted:prose] to [redacted:prose]"},
		{"use hunter2-x as the password", "use [redacted:prose] as the password"},
		{"sshpass -p hunter2-x ssh a@b", "sshpass -p [redacted:pair] ssh a@b"},
		{"ssh -p 22 host", "ssh -p 22 host"},
		{"the secret of success is patience", "the secret of success is patience"},
		{"Access denied for user 'app'@'10.0.0.1' (using password: YES)", "Access denied for user 'app'@'10.0.0.1' (using password: YES)"},
		{`mutation { login(user: "alice", password: "x") { id } }`, "mutation { login(user: ?, password: ?) { id } }"},
		{"Passport Office", "Passport Office"},
		{"Secrets Manager", "Secrets Manager"},
	} {
		p := engine(t, redact.Config{}).Begin()
		require.Equal(t, test.want, p.Message("message", test.in), "%q", test.in)
		p.End()
	}
}

func TestRequest(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"+<=0", "[redacted:text]"},
		{`{"Cql":"SELECT 0A000000000000000000 '","000000":[]}`, `{"Cql":"SELECT [redacted:sql]","000000":[]}`},
		{`{"id":42,"name":"editor","password":"x"}`, `{"id":42,"name":"editor","password":"[redacted:key]"}`},
		{`{"data":{"dbPassword":5,"n":[1,2]}}`, `{"data":{"dbPassword":"[redacted:key]","n":[1,2]}}`},
		{`{"name":"password","value":"x"}`, `{"name":"password","value":"[redacted:key]"}`},
		{`[{"field":"api_key","old":"x","new":"y"},{"field":"role","old":"a","new":"b"}]`, `[{"field":"api_key","old":"[redacted:key]","new":"[redacted:key]"},{"field":"role","old":"a","new":"b"}]`},
		{`{"rows":[{"a":1},{"a":2}]}`, `{"rows":"[2 rows omitted]"}`},
		{`{"token_count":42,"password_policy":"strong","primary_key":"id"}`, `{"token_count":42,"password_policy":"strong","primary_key":"id"}`},
		{`{"note":"a sentence about people"}`, `{"note":"[redacted:text]"}`},
		{`{"sql":"DELETE FROM users WHERE id = 7","params":[7]}`, `{"sql":"DELETE FROM users WHERE id = ?","params":"[redacted:sql]"}`},
		{`{"body":"{\"password\":\"x\",\"n\":1}"}`, `{"body":"{\"password\":\"[redacted:key]\",\"n\":1}"}`},
		{`{"kind":"Secret","data":{"a":"eA=="}}`, `{"kind":"Secret","data":"[redacted:key]"}`},
		{`{"url":"postgres://app:pw@db/x"}`, `{"url":"postgres://app:[redacted:userinfo]@db/x"}`},
		{`user=alice&password=x%20y&page=2`, `user=alice&password=[redacted:key]&page=2`},
		{`user=bob%3AtaRiko7%21xq&note=a%20b&page=2`, `user=bob%3A[redacted:pair]&note=[redacted:text]&page=2`},
		{`link=https%3A%2F%2Fx.org%2Fa%3Ftoken%3Dabc1234567%26b%3D1&page=2`, `link=https%3A%2F%2Fx.org%2Fa%3Ftoken%3D[redacted:url]%26b%3D1&page=2`},
		{"<user><name>alice</name><password>x</password></user>", "<user><name>alice</name><password>[redacted:key]</password></user>"},
		{"user: alice\npassword: x y\nsize: 3", "user: alice\npassword: [redacted:key]\nsize: 3"},
		{"free text of somebody", "[redacted:text]"},
		{`{"a":`, "[redacted:unreadable]"},
	} {
		p := engine(t, redact.Config{}).Begin()
		got := p.Request("request", test.in)
		p.End()
		require.Equal(t, test.want, got, "%q", test.in)
		p = engine(t, redact.Config{}).Begin()
		require.Equal(t, got, p.Request("request", got), "again: %q", test.in)
		p.End()
		if json.Valid([]byte(test.in)) {
			require.True(t, json.Valid([]byte(got)))
		}
	}
}

func TestNames(t *testing.T) {
	e := engine(t, redact.Config{Keys: []string{"badge number"}, AllowKeys: []string{"pin"}})
	secret := func(name string) bool {
		p := e.Begin()
		defer p.End()
		return p.Text("x", name, "value") != "value"
	}
	for _, name := range strings.Fields(`password dbPassword X-Api-Key client-secrets PGPASSWORD pwd cvv2 otp ssn passphrase privateKey
		API_KEY apiKey APIKey user.password new_password password1 AWS_SECRET_ACCESS_KEY accessKeyId refreshToken tokens Authorization
		badgeNumber BADGE_NUMBER secrets.db pаssword mysql_root_password dbpwd authToken idToken session_token x-auth-token userPass`) {
		require.True(t, secret(name), name)
	}
	for _, name := range strings.Fields(`monkey token_count primary_key secretary keyboard password_policy author compass keyword tokenizer
		token_type secretVersion password_expiry passport max_tokens public_key partitionKey passwordChangedAt pin mapping
		secret_rotation_date passwordAlgorithm design_token tokenization authority bypass signature_algorithm`) {
		require.False(t, secret(name), name)
	}
}

// Attributes that the configuration keeps hold no free text of bodies either.
func TestKept(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"http.request.body", "a sentence of somebody", "[redacted:text]"},
		{"http.request.body", `{"role":"admin","note":"a sentence of somebody"}`, `{"role":"admin","note":"[redacted:text]"}`},
		{"http.response.body", "anything", "[redacted:response]"},
		{"gen_ai.prompt", "anything", "[redacted:text]"},
		{"gen_ai.request.model", "large-2", "large-2"},
		{"db.query.text", "SELECT a FROM b WHERE c = 'x'", "SELECT a FROM b WHERE c = ?"},
		{"db.statement", "SET user:1 hunter2", "SET [redacted:sql]"},
		{"event.description", "Jane Doe approved the request", "Jane Doe approved the request"},
		{"exception.message", "login of bob: password=hunter2 refused", "login of bob: password=[redacted:pair] refused"},
	} {
		p := engine(t, redact.Config{}).Begin()
		require.Equal(t, test.want, p.Text("x", test.name, test.in), test.name)
		p.End()
	}
}
