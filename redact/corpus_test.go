package redact_test

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/redact"
)

var corpusSeed = flag.Uint64("corpus.seed", anySeed(), "seed of the corpus")

// anySeed is another one in each run, but in CI, where a failure shall come from the
// change.
func anySeed() uint64 {
	if os.Getenv("CI") == "true" {
		return 1
	}
	return uint64(time.Now().UnixNano())
}

const (
	lowers   = "abcdefghijklmnopqrstuvwxyz"
	uppers   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	numerals = "0123456789"
	alnums   = lowers + uppers + numerals
	hexes    = "0123456789abcdef"
)

type gen struct{ *rand.Rand }

func (g gen) pick(s ...string) string { return s[g.IntN(len(s))] }

func (g gen) chars(n int, set string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = set[g.IntN(len(set))]
	}
	return string(b)
}

// password is a chosen password that no text around it holds.
func (g gen) password() string {
	switch g.IntN(3) {
	case 0:
		return g.chars(5, lowers) + "-" + g.chars(5, lowers) + g.chars(2, numerals)
	case 1:
		return g.chars(6, alnums) + g.pick("!", "#", "$") + g.chars(5, alnums)
	}
	return g.chars(12, alnums)
}

// name is that of a secret in some spelling.
func (g gen) name() string {
	words := strings.Fields(g.pick("password", "db password", "api key", "client secret", "access token", "private key", "x api key", "refresh token",
		"passphrase", "user passwd", "signing key", "session token", "cvv", "otp", "secret access key", "new password", "smtp password", "webhook secret"))
	switch g.IntN(6) {
	case 0:
		return strings.Join(words, "_")
	case 1:
		return strings.Join(words, "-")
	case 2:
		return strings.ToUpper(strings.Join(words, "_"))
	case 3:
		return strings.Join(words, ".")
	case 4:
		for i := range words {
			words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
		}
		return strings.Join(words, "")
	}
	for i := range words[1:] {
		words[i+1] = strings.ToUpper(words[i+1][:1]) + words[i+1][1:]
	}
	return strings.Join(words, "")
}

func (g gen) luhn() string {
	d := []byte(g.pick("4", "51", "37", "6011", "3528"))
	n := 16
	if d[0] == '3' && d[1] == '7' {
		n = 15
	}
	for len(d) < n-1 {
		d = append(d, numerals[g.IntN(10)])
	}
	for c := byte('0'); c <= '9'; c++ {
		sum := 0
		for i, all := 0, append(append([]byte{}, d...), c); i < n; i++ {
			v := int(all[n-1-i] - '0')
			if i%2 == 1 {
				if v *= 2; v > 9 {
					v -= 9
				}
			}
			sum += v
		}
		if sum%10 == 0 {
			return string(d) + string(c)
		}
	}
	return ""
}

func (g gen) iban() string {
	bban := g.chars(18, numerals)
	r := 0
	for _, c := range bban + "131400" {
		r = (r*10 + int(c-'0')) % 97
	}
	return fmt.Sprintf("DE%02d%s", 98-r, bban)
}

func (g gen) jwt() (token, signature string) {
	enc := base64.RawURLEncoding.EncodeToString
	signature = g.chars(43, alnums)
	return enc([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc([]byte(`{"sub":"`+g.chars(8, lowers)+`"}`)) + "." + signature, signature
}

// A plant is a text that holds a secret.
type plant struct{ class, text, secret string }

// plants makes one of each class.
func (g gen) plants() []plant {
	p := func() string { return g.password() }
	var list []plant
	add := func(class, format, secret string, more ...any) {
		list = append(list, plant{class, fmt.Sprintf(format, append([]any{secret}, more...)...), secret})
	}
	add("pair", g.name()+"=%s", p())
	add("pair colon", g.name()+": %s", p())
	add("pair quoted", `login failed, `+g.name()+`="%s" user=alice`, p())
	add("pair in braces", `got {`+g.name()+`: '%s', n: 3}`, p())
	add("json in text", `payload was {"user":"alice","`+g.name()+`":"%s"} end`, p())
	add("json", `{"user":"alice","`+g.name()+`":"%s"}`, p())
	add("json number", `{"n":1,"`+g.name()+`":%s}`, "7"+g.chars(9, numerals))
	add("json list", `{"`+g.name()+`":["%s"]}`, p())
	add("json map", `{"`+g.name()+`":{"deep":{"x":"%s"}}}`, p())
	add("name value", `{"name":"`+g.name()+`","value":"%s"}`, p())
	add("value name", `{"value":"%s","name":"`+g.name()+`"}`, p())
	add("field old new", `{"field":"`+g.name()+`","old":"x","new":"%s"}`, p())
	add("json patch", `[{"op":"replace","path":"/`+g.name()+`","value":"%s"}]`, p())
	add("header list", `["Host","x.org","Authorization","%s"]`, p())
	add("headers", `{"headers":[["X-Api-Key","%s"]]}`, p())
	add("arguments", `{"args":["mysql","--password","%s","db"]}`, p())
	add("xml", "<user><n>alice</n><"+"password>%s</password></user>", p())
	add("xml attribute", `<user password="%s" n="1"/>`, p())
	add("xml pair", `<add key="Password" value="%s"/>`, p())
	add("yaml", "user: alice\n"+g.name()+": %s\nsize: 3", p())
	add("yaml block", "user: alice\npassword: |\n  %s\nsize: 3", p())
	add("dotenv", "A=1\nexport DB_PASSWORD=%s\nB=2", p())
	add("properties", "spring.datasource.password=%s\nx.y=3", p())
	add("ini", "[db]\npassword = %s\nport = 5432", p())
	add("form", "user=alice&password=%s&page=2", p())
	add("form encoded", "user=alice&password=%s&page=2", url.QueryEscape(p()))
	add("form nested", "user[name]=alice&user[password]=%s", g.chars(12, alnums))
	add("command", "run --password %s --verbose", p())
	add("command equals", "run --api-key=%s --verbose", p())
	add("command mysql", "mysql -u root -p%s shop", g.chars(10, alnums))
	add("command env", "PGPASSWORD=%s psql -h db", p())
	add("command curl", "curl -u alice:%s https://example.com", p())
	add("command redis", "redis-cli -h cache -a %s ping", p())
	add("graphql", `{"query":"mutation { login(user: \"alice\", password: \"%s\") { id } }"}`, g.chars(12, alnums))
	add("graphql variables", `{"query":"mutation M($p: String!) { login(p: $p) { id } }","variables":{"password":"%s"}}`, p())
	add("multipart", "--b1\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n%s\r\n--b1--", p())
	add("prose is", "the password is %s", p())
	add("prose for", "the new password for alice is %s.", p())
	add("prose set", "password was changed to %s by bob", p())
	add("prose pin", "PIN %s accepted", g.chars(4, numerals))
	add("prose otp", "Your verification code is %s", g.chars(6, numerals))
	add("prose word", "his passphrase is %s", g.chars(9, lowers))
	token, signature := g.jwt()
	list = append(list, plant{"jwt", "refused " + token, signature})
	list = append(list, plant{"jwt alone", token, signature})
	body := g.chars(40, alnums)
	list = append(list, plant{"pem", "-----BEGIN " + "PRIVATE KEY-----\n" + body + "\n-----END " + "PRIVATE KEY-----", body})
	list = append(list, plant{"pem cut", "key -----BEGIN OPENSSH " + "PRIVATE KEY-----\n" + body, body})
	list = append(list, plant{"pgp", "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----\n\n" + body + "\n-----END PGP " + "PRIVATE KEY BLOCK-----", body})
	add("github", "deploy key gh"+"p_%s", g.chars(36, alnums))
	add("gitlab", "gl"+"pat-%s", g.chars(20, alnums))
	add("aws", "AK"+"IA%s", g.chars(16, uppers+"234567"))
	add("slack", "xo"+"xb-%s", g.chars(12, numerals)+"-"+g.chars(24, alnums))
	add("stripe", "sk_"+"live_%s", g.chars(24, alnums))
	add("google", "AI"+"za%s", g.chars(35, alnums))
	add("npm", "np"+"m_%s", g.chars(36, alnums))
	add("openai", "sk-"+"proj-%s", g.chars(40, alnums))
	add("sendgrid", "SG"+".%s", g.chars(22, alnums)+"."+g.chars(43, alnums))
	add("bearer", "Authorization: Bearer %s", g.chars(24, alnums))
	add("bearer alone", "bearer %s", g.chars(24, alnums))
	add("basic", "Basic %s", base64.StdEncoding.EncodeToString([]byte("alice:"+p())))
	add("cookie", "Cookie: theme=dark; sid=%s", g.chars(16, alnums))
	add("set-cookie", "Set-Cookie: sid=%s; Path=/", g.chars(16, alnums))
	add("cookies json", `{"cookies":{"sid":"%s"}}`, g.chars(16, alnums))
	add("postgres", "postgres://app:%s@db-1:5432/shop", g.chars(12, alnums))
	add("postgres special", "postgres://app:%s@db-1:5432/shop", "a"+g.chars(8, alnums)+"!x")
	add("mongodb", "mongodb+srv://app:%s@cluster0.example.net/?w=1", g.chars(12, alnums))
	add("redis", "redis://:%s@cache:6379/0", g.chars(12, alnums))
	add("amqp", "amqps://app:%s@mq/v", g.chars(12, alnums))
	add("jdbc", "jdbc:postgresql://db/shop?user=app&password=%s", p())
	add("jdbc oracle", "jdbc:oracle:thin:app/%s@//db:1521/x", g.chars(12, alnums))
	add("ado", "Server=db;Database=shop;User Id=app;Password=%s;Encrypt=True", p())
	add("azure storage", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=%s;EndpointSuffix=core.windows.net", g.chars(86, alnums)+"==")
	add("signed url", "https://b.s3.amazonaws.com/k?X-Amz-Date=20261122T000000Z&X-Amz-Signature=%s", g.chars(64, hexes))
	add("sas url", "https://a.blob.core.windows.net/c?sv=2024&sig=%s&se=2027", url.QueryEscape(g.chars(43, alnums)+"="))
	add("url query", "https://example.com/cb?code=ok&access_token=%s&page=2", g.chars(20, alnums))
	add("url userinfo", "https://alice:%s@example.com/x", g.chars(10, alnums))
	add("url token user", "https://%s@github.com/x/y.git", g.chars(40, alnums))
	add("webhook", "https://hooks.slack.com/services/T0/B0/%s", g.chars(24, alnums))
	add("discord webhook", "https://discord.com/api/webhooks/123456789012345678/%s", g.chars(68, alnums))
	card := g.luhn()
	add("card", "paid with %s today", card)
	add("card spaced", "card %s", card[:4]+" "+card[4:8]+" "+card[8:12]+" "+card[12:])
	add("card dashed", "card %s", card[:4]+"-"+card[4:8]+"-"+card[8:12]+"-"+card[12:])
	add("iban", "to %s today", g.iban())
	iban := g.iban()
	var spaced []string
	for i := 0; i < len(iban); i += 4 {
		spaced = append(spaced, iban[i:min(i+4, len(iban))])
	}
	add("iban spaced", "to %s today", strings.Join(spaced, " "))
	add("ssn", "person %s", fmt.Sprintf("%03d-%02d-%04d", 100+g.IntN(500), 1+g.IntN(98), 1+g.IntN(9998)))
	add("long mixed", "value %s here", g.chars(44, alnums))
	add("entropy", "api key rotated, %s in use", g.chars(26, alnums)+"4x7Y")
	add("sql", "SELECT * FROM users WHERE email = '%s' LIMIT 5", p())
	add("sql insert", "INSERT INTO users (name, ssn) VALUES ('x', '%s')", p())
	add("sql double", `SELECT * FROM users WHERE email = "%s"`, p())
	add("sql comment", "SELECT a FROM b -- %s", p())
	add("sql number", "DELETE FROM t WHERE id = %s", g.chars(9, "123456789"))
	add("sql params", `{"sql":"SELECT a FROM b WHERE c = ?","params":["%s"]}`, p())
	add("pg error", `ERROR: duplicate key value violates unique constraint "users_email_key" DETAIL: Key (email)=(%s) already exists.`, p())
	add("mysql error", `Duplicate entry '%s' for key 'users.email'`, p())
	add("mongo error", `E11000 duplicate key error collection: a.b index: email_1 dup key: { email: "%s" }`, p())
	add("pg syntax", `ERROR: invalid input syntax for type integer: "%s"`, p())
	add("pg row", `Failing row contains (1, %s, null).`, p())
	add("kubernetes", `{"kind":"Secret","metadata":{"name":"x"},"data":{"a":"%s"}}`, base64.StdEncoding.EncodeToString([]byte(p())))
	add("kubernetes yaml", "apiVersion: v1\nkind: Secret\ndata:\n  a: %s\ntype: Opaque", g.chars(16, alnums))
	add("rows", `{"rows":[{"name":"%s"},{"name":"b"}]}`, p())
	add("results", `{"query":"q","results":[["%s",1],["b",2]]}`, p())
	add("response rows", `{"response":{"items":[{"n":"%s"},{"n":"b"},{"n":"c"},{"n":"d"}]}}`, p())
	add("payload", `{"payload":"%s of somebody"}`, p())
	add("prompt", `{"messages":[{"role":"user","content":"%s"}]}`, p())
	add("response body", `{"response_body":"%s"}`, p())
	return list
}

// A wrap puts a text into a container.
type wrap struct {
	name string
	f    func(string) string
}

var wraps = []wrap{
	{"plain", func(s string) string { return s }},
	{"json string", func(s string) string { return `{"a":` + quote(s) + `}` }},
	{"json in json", func(s string) string { return `{"a":` + quote(`{"b":`+quote(s)+`}`) + `}` }},
	{"doubly escaped", func(s string) string { return quote(quote(`{"b":` + quote(s) + `}`)) }},
	{"list", func(s string) string { return `[1,["x",` + quote(s) + `]]` }},
	{"url-encoded", url.QueryEscape},
	{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64url", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }},
	{"base64 in json", func(s string) string {
		return `{"data":"` + base64.StdEncoding.EncodeToString([]byte(s)) + `"}`
	}},
	{"long", func(s string) string {
		return strings.Repeat("lorem ipsum dolor ", 400) + "\n" + s + "\n" + strings.Repeat("sit amet ", 400)
	}},
	{"map key", func(s string) string { return `{` + quote(s) + `:1}` }},
}

func quote(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // of a string into memory: cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}

// every reads a text in each way that the engine offers.
func every(e *redact.Engine, s string) map[string]string {
	out := map[string]string{}
	p := e.Begin()
	defer p.End()
	out["text"] = p.Text("x", "note", s)
	out["message"] = p.Message("x", s)
	out["request"] = p.Request("x", s)
	nested := p.Value("x", "", redact.Object{{Name: "a", Value: []any{redact.Object{{Name: "b", Value: s}, {Name: "c", Value: []byte(s)}}}}})
	b, _ := json.Marshal(fmt.Sprint(nested))
	out["nested"] = string(b)
	out["name"] = p.Name("x", s)
	for i, f := range p.Findings() {
		out[fmt.Sprint("finding", i)] = f.String()
	}
	return out
}

func TestCorpusLeaks(t *testing.T) {
	t.Logf("seed %d", *corpusSeed)
	e := engine(t, redact.Config{})
	leaks := map[string]int{}
	example := map[string]string{}
	for round := range uint64(3) {
		g := gen{rand.New(rand.NewPCG(*corpusSeed, round))}
		for _, c := range g.plants() {
			for _, w := range wraps {
				if w.name == "url-encoded" && strings.Contains(c.text, "%") {
					continue
				}
				text := w.f(c.text)
				for how, out := range every(e, text) {
					decoded, _ := url.QueryUnescape(out)
					if strings.Contains(out, c.secret) || strings.Contains(decoded, c.secret) || strings.Contains(out, text) && len(text) > 8 {
						k := c.class + " / " + w.name + " / " + how
						leaks[k]++
						example[k] = fmt.Sprintf("%.200q", out)
					}
				}
			}
		}
	}
	for k, n := range leaks {
		t.Errorf("%s: %d leaks, like %s", k, n, example[k])
	}
}

// harmless are values that must stay as they are, under the names before them.
func (g gen) harmless() [][2]string {
	uuid := g.chars(8, hexes) + "-" + g.chars(4, hexes) + "-4" + g.chars(3, hexes) + "-a" + g.chars(3, hexes) + "-" + g.chars(12, hexes)
	order := "5" + g.chars(15, numerals)
	for luhnOK(order) {
		order = "5" + g.chars(15, numerals)
	}
	return [][2]string{
		{"id", uuid}, {"ulid", "01" + g.chars(24, "0123456789ABCDEFGHJKMNPQRSTVWXYZ")}, {"commit", g.chars(40, hexes)}, {"digest", "sha256:" + g.chars(64, hexes)},
		{"md5", g.chars(32, hexes)}, {"sha512", g.chars(128, hexes)}, {"version", "2.14.3-rc.1"}, {"slug", "quarterly-access-review-2026-for-the-analytics-team"},
		{"order", order}, {"token_count", "42"}, {"password_policy", "strong"}, {"primary_key", "user_id"}, {"keyboard", "qwerty"}, {"secretary", "alice"},
		{"monkey", "george"}, {"author", "bob"}, {"compass", "north"}, {"keyword", "audit"}, {"tokenizer", "cl100k"}, {"password_expiry", "2027-01-01"},
		{"secret_rotation_date", "2026-12-01"}, {"token_type", "Bearer"}, {"password_method", "argon2id"}, {"signature_algorithm", "RS256"},
		{"path", "/api/v2/access-policies/" + uuid}, {"class", "com.example.security.PasswordResetServiceImpl"}, {"arn", "arn:aws:iam::123456789012:role/service-role/AuditReader2"},
		{"ip", "203.0.113.7"}, {"ip6", "2001:db8::8a2e:370:7334"}, {"mac", "02:42:ac:11:00:02"}, {"time", "2026-11-22T10:11:12.123456789Z"}, {"day", "2026-11-22"},
		{"id30", g.chars(30, alnums)}, {"url", "https://example.com/a/b?page=2&sort=name"}, {"host", "node-01.eu-west-1.internal"}, {"action", "ResetPassword"},
		{"role", "secret-reader"}, {"event", "user.password.changed"}, {"state", "token_expired"}, {"traceparent", "00-" + g.chars(32, hexes) + "-" + g.chars(16, hexes) + "-01"},
		{"number", g.chars(10, numerals)}, {"phone", "+14155550123"}, {"locale", "de-CH"}, {"permission", "secrets:read"}, {"scope", "token:write"}, {"engine", "postgres"},
		{"region", "eu-west-1"}, {"cron", "@daily"}, {"size", "64MiB"}, {"file", "report-2026-11.pdf"}, {"user", "svc_backup"}, {"mime", "application/json"},
		{"image", "registry.example.com/app:2.1.0"}, {"table", "public.users"}, {"color", "#ff8800"}, {"percent", "42%"}, {"windows", `C:\Users\alice\file.txt`},
		{"etag", `W/"` + g.chars(12, hexes) + `"`}, {"k8s", "web-" + g.chars(10, hexes) + "-" + g.chars(5, lowers)}, {"camel", "AbstractSingletonProxyFactoryBeanBuilder"},
		{"german", "Überprüfung"}, {"objectid", g.chars(24, hexes)}, {"snowflake", "1" + g.chars(17, numerals)},
	}
}

func luhnOK(s string) bool {
	sum := 0
	for i := range s {
		v := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// sentences must stay as they are.
var sentences = []string{
	"Passport Office", "Secrets Manager", "ResetPassword", "alice updated role editor", "password expired for user bob", "Token refresh failed with status 401",
	"user alice logged in from 203.0.113.7", "reset password for bob", "API key created", "secret rotated by carol", "The secretary approved the request",
	"password policy changed from weak to strong", "Invalid credentials", "token count is 42", "Rotation of shared credentials moved to the new region",
	"select the option from the list", "update of the policy set for Monday", "meeting at 10:30: room 4", "ratio 3:4, scale 1:100", "PIN required",
	"GET /api/v2/roles 200 in 12 ms", "failed to connect to db-3.internal:5432 after 3 attempts", "Password reset e-mail sent to bob", "SSN field hidden",
	"exported 1200 rows to report-2026.csv", "signature verified", "user changed password", "key rotation scheduled for 2026-12-01", "approved by Jane Doe",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
	"policy-cli/3.8.1 (linux; amd64) go/1.26", "Terraform/1.11.2 (+https://www.example.org) provider-policy/0.9.4", "java.lang.IllegalStateException: no session",
	"\tat com.example.auth.PasswordService.reset(PasswordService.java:42)", "access to secret prod/db denied", "bearer authentication enabled",
	"basic authentication disabled", "granted role token-reader to svc-backup", "the token has expired", "no password set", "token is invalid",
}

func TestCorpusKeeps(t *testing.T) {
	t.Logf("seed %d", *corpusSeed)
	e := engine(t, redact.Config{})
	lost, total := 0, 0
	check := func(how, want, got string) {
		total++
		if !strings.Contains(got, want) {
			lost++
			t.Logf("%s: %q became %.200q", how, want, got)
		}
	}
	for round := range uint64(10) {
		g := gen{rand.New(rand.NewPCG(*corpusSeed, round))}
		for _, h := range g.harmless() {
			p := e.Begin()
			check("text "+h[0], h[1], p.Text("x", h[0], h[1]))
			check("field "+h[0], h[1], p.Field("x", h[1]))
			check("request "+h[0], `"`+h[0]+`":`+quote(h[1]), p.Request("x", `{"`+h[0]+`":`+quote(h[1])+`,"password":"x"}`))
			check("json text "+h[0], h[1], fmt.Sprint(p.Value("x", "", redact.Object{{Name: h[0], Value: h[1]}})))
			p.End()
		}
		for _, s := range sentences {
			p := e.Begin()
			check("message", s, p.Message("x", s))
			check("field", s, p.Field("x", s))
			check("description", s, p.Text("x", "event.description", s))
			p.End()
		}
	}
	t.Logf("%d of %d lost", lost, total)
	require.LessOrEqual(t, lost*100, total)
}
