package redact_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/redact"
)

// What was redacted once stays as it is.
func TestIdempotent(t *testing.T) {
	e := engine(t, redact.Config{})
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 99))}
	t.Logf("seed %d", *corpusSeed)
	for _, c := range g.plants() {
		for _, w := range wraps {
			text := w.f(c.text)
			p := e.Begin()
			once := p.Request("x", text)
			require.Equal(t, once, p.Request("x", once), "request: %s / %s: %.300q", c.class, w.name, text)
			once = p.Text("x", "note", text)
			require.Equal(t, once, p.Text("x", "note", once), "text: %s / %s: %.300q", c.class, w.name, text)
			once = p.Message("x", text)
			require.Equal(t, once, p.Message("x", once), "message: %s / %s: %.300q", c.class, w.name, text)
			once = p.Path("x", text)
			require.Equal(t, once, p.Path("x", once), "path: %s / %s: %.300q", c.class, w.name, text)
			p.End()
		}
	}
}

// What was redacted once stays as it is, in whatever way it is read.
func TestPlaceholdersStay(t *testing.T) {
	e := engine(t, redact.Config{})
	for _, text := range []string{
		"bound values: 'buzodira', 3", "parameters: $1 = 'buzodira', $2 = NULL", "Incorrect string value: 'buzodira' for column 'a' at row 1", "auth_token(value=buzodira)",
		"rman target sys/buzodira@db", "lftp -u bob,buzodira h", "Driver={x};Server=h;Password={buzodira};Option=3", "password = <<EOT\nbuzodira\nEOT\n",
		"defaultdict(<class 'str'>, {'password': 'buzodira'})", `{"pipeline":[{"$match":{"email":"buzodira@x.org"}}]}`, `command: { find: "users", filter: { name: "buzodira" } }`,
		"SELECT set_config('a', 'buzodira', false)", "FROM Order WHERE name = 'buzodira'", "DROP USER 'buzodira'", "EXEC usp_find N'buzodira', 3", "DO $$ BEGIN PERFORM 'buzodira'; END $$",
		"CREATE USER ada WITH PASSWORD 'buzodira' CREATEDB", "COPY t FROM stdin;\n1\tbuzodira\n2\tx\n\\.", "SELECT name FROM users\nbuzodira\nx\n(2 rows)",
		"┌────┬──────┐\n│ id │ name │\n├────┼──────┤\n│  1 │ buzodira │\n└────┴──────┘", `--secret-string '{"password":"buzodira"}'`, `db.users.find({"email":"buzodira@x.org"})`,
		`login {"email":"a@b.c","password":"buzodira"}`, "root:$6$buzodirabuzo4x$buzodirabuzodira7Y4xQbuzodirabuzodira:19000:0", "<input type='password' name='x' value='buzodira'/>", `password: \"buzodira\"`, "密码为buzodira!",
		"git clone https://buzodira4x7Y:x-oauth-basic@h.org/a.git", "net use z: buzodira\nand other words", "a line\r\n<ROW><NAME>buzodira</NAME></ROW>\r\nanother line", `mutation { add(name: \"buzodira\") { id } } # buzodira`, "{ password = buzodira4#; user = u; }",
		`[["password=buzodira%26x=1"]]`, "{\n // c\n \"password\": \"buzodira\",\n}", "query: SELECT a FROM t WHERE b = $1 -- buzodira", `SQLSTATE[23000]: Duplicate entry (SQL: insert into t (a) values (buzodira, x))`,
		"a line\ngot {PASSPHRASE: 'buzodira,buzo1'}\nanother line",
	} {
		for how, read := range map[string]func(p *redact.Pass, s string) string{
			"text":    func(p *redact.Pass, s string) string { return p.Text("x", "label", s) },
			"message": func(p *redact.Pass, s string) string { return p.Message("x", s) },
			"field":   func(p *redact.Pass, s string) string { return p.Field("x", s) },
			"path":    func(p *redact.Pass, s string) string { return p.Path("x", s) },
			"request": func(p *redact.Pass, s string) string { return p.Request("x", s) },
			"member":  func(p *redact.Pass, s string) string { return p.Request("x", `{"a":`+quote(s)+`}`) },
		} {
			p := e.Begin()
			once := read(p, text)
			require.NotContains(t, once, "buzodira", how)
			if how == "member" {
				require.Equal(t, once, p.Request("x", once), text)
			} else {
				require.Equal(t, once, read(p, once), "%s: %s", how, text)
			}
			p.End()
		}
	}
}

// The order of members and the case of names do not matter.
func TestOrderAndCase(t *testing.T) {
	e := engine(t, redact.Config{})
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 98))}
	t.Logf("seed %d", *corpusSeed)
	for range 200 {
		name, value := g.name(), g.password()
		for _, spelling := range []string{name, strings.ToUpper(name), strings.ToLower(name)} {
			for _, format := range []string{`{"a":1,%s:%s,"z":2}`, `{%s:%s,"a":1,"z":2}`, `{"a":1,"z":2,%s:%s}`} {
				p := e.Begin()
				out := p.Request("x", fmt.Sprintf(format, quote(spelling), quote(value)))
				p.End()
				require.NotContains(t, out, value)
				require.Contains(t, out, `"a":1`)
				require.Contains(t, out, `"z":2`)
			}
		}
	}
}

// A client's own markers switch nothing off.
func TestForgedMarkers(t *testing.T) {
	e := engine(t, redact.Config{})
	for _, in := range []string{
		`{"password":"[redacted] hunter2-x"}`, `{"password":"[redacted:jwt]hunter2-x"}`, `{"password":"***hunter2-x"}`, `{"rows":"[hunter2-x rows omitted]"}`,
		`{"password":"[redacted:hunter2-x]"}`, `{"redacted":true,"password":"hunter2-x"}`, `{"note":"[redacted:text] password=hunter2-x"}`,
		"SELECT a FROM t WHERE b = 'hunter2-x' [redacted:sql]", "sshpass -p [redacted:hunter2-x] ssh a@b", "Bearer [redacted:hunter2-x]", "login with bob / [redacted:hunter2-x]", "https://a:[redacted:hunter2-x]@h/x",
		"bound values: [redacted:sql], 'hunter2-x'", "password: [redacted:pair] [redacted:hunter2-x]", "password=[redacted:pair]hunter2-x", "DELETE FROM t WHERE a = $90000000 AND b = 'hunter2-x [redacted:sql]'",
	} {
		p := e.Begin()
		require.NotContains(t, p.Request("x", in), "hunter2-x", in)
		require.NotContains(t, p.Text("x", "note", in), "hunter2-x", in)
		require.NotContains(t, p.Message("x", in), "hunter2-x", in)
		p.End()
	}
}

// Time grows with the length, not with its square.
func TestLinear(t *testing.T) {
	if race {
		t.Skip("times mean nothing under the race detector")
	}
	e := engine(t, redact.Config{})
	for _, unit := range []string{
		"gh" + "p_", "ey" + "J", "{", "[", `{"a":`, "http://", "/", "@", "password ", "password=", "password=\"", "select ", "<a", "<password>", "-p ", "--password ",
		"1 2 3 4 5 6 7 8 9 ", "1-", "near '", "key (", "invalid number ", "data:\n ", "%25", `\\`, "&amp;", "bearer ", "a.b.", "x+", "-----BEGIN ", "QUFB", "re_", "kind: secret data: ", "user:", "ｐ",
	} {
		text := strings.Repeat(unit, 200_000/len(unit))
		start := time.Now()
		p := e.Begin()
		p.Text("x", "note", text)
		p.Request("x", text)
		p.End()
		require.Less(t, time.Since(start), 8*time.Second, "%q repeated", unit) // the square would take minutes
	}
}

func TestLimits(t *testing.T) {
	e := engine(t, redact.Config{MaxRequest: 256})
	p := e.Begin()
	defer p.End()
	deep := strings.Repeat(`{"a":`, 60) + `"hunter2-x"` + strings.Repeat("}", 60)
	require.Equal(t, "[redacted:depth]", p.Text("x", "note", deep))
	require.Equal(t, "[redacted:unreadable]", p.Request("x", deep))
	require.Equal(t, "[redacted:too_long]", p.Text("x", "note", `"`+strings.Repeat("a", 2<<20)+`"`))
	if out := p.Text("x", "label", strings.Repeat("a ", 1<<20)); len(out) < 16<<10 || len(out) > 32<<10 || !strings.HasSuffix(out, "a…") && !strings.HasSuffix(out, "a …") {
		t.Errorf("%d bytes are left, which end in %q", len(out), out[max(0, len(out)-20):])
	}
	var members []string
	for i := range 200 {
		members = append(members, fmt.Sprintf(`"name%d":{"value":%d}`, i, i))
	}
	out := p.Request("x", "{"+strings.Join(members, ",")+"}")
	require.LessOrEqual(t, len(out), 256)
	require.True(t, json.Valid([]byte(out)), out)
	var nested any = "hunter2-x"
	for range 60 {
		nested = []any{nested}
	}
	require.Equal(t, "[redacted:depth]", p.Value("x", "a", nested))
}

func TestRequestModes(t *testing.T) {
	in := `{"role":"admin","limits":[1,2],"password":"x"}`
	for mode, want := range map[string]string{
		redact.RequestFull: `{"role":"admin","limits":[1,2],"password":"[redacted:key]"}`,
		redact.RequestKeys: `{"role":null,"limits":[null,null],"password":null}`,
		redact.RequestNone: "",
	} {
		p := engine(t, redact.Config{Request: mode}).Begin()
		require.Equal(t, want, p.Request("x", in), mode)
		p.End()
	}
}

// FuzzPlanted plants a secret in whatever text: it must be in no output.
func FuzzPlanted(f *testing.F) {
	for i, s := range []string{"", "a=b&", `{"x":"`, "select * from t where ", "-----", "%7B", "\x00\xff", "user: ", "<a>"} {
		f.Add(s, s, uint8(i))
	}
	e := engine(f, redact.Config{})
	const mark = "Zq7Xk2Vw9Tb4Nm6Rf8Jd3Hs5" // the body of every secret
	secrets := []string{
		"gh" + "p_" + mark + "aB1cD2eF3gH4", "\npassword=" + mark + "\n", "\n" + `{"password":"` + mark + `"}` + "\n", " postgres://a:" + mark + "@h/x ",
		" Bearer " + mark + " ", " sk_" + "live_" + mark + " ",
	}
	f.Fuzz(func(t *testing.T, before, after string, which uint8) {
		secret := secrets[int(which)%len(secrets)]
		if strings.Contains(before, mark) || strings.Contains(after, mark) {
			return
		}
		// What touches the secret is set apart from it: the text must not turn it
		// into another word or quote it away.
		for how, out := range every(e, before+" "+secret+" "+after) {
			if strings.Contains(out, mark) {
				t.Fatalf("%s: %q", how, out)
			}
		}
	})
}

// FuzzRequest holds that a summary of JSON is JSON and that redacting it again
// changes nothing.
func FuzzRequest(f *testing.F) {
	g := gen{rand.New(rand.NewPCG(1, 1))}
	for _, c := range g.plants() {
		f.Add(c.text)
	}
	e := engine(f, redact.Config{})
	f.Fuzz(func(t *testing.T, s string) {
		p := e.Begin()
		defer p.End()
		out := p.Request("x", s)
		if json.Valid([]byte(s)) && !strings.HasPrefix(out, "[redacted:") {
			require.True(t, json.Valid([]byte(out)), "%q became %q", s, out)
		}
		require.Equal(t, out, p.Request("x", out), "request: %q", s)
		out = p.Message("x", s)
		require.Equal(t, out, p.Message("x", out), "message: %q", s)
		out = p.Text("x", "note", s)
		require.Equal(t, out, p.Text("x", "note", out), "text: %q", s)
		value := p.Value("x", "", map[string]any{s: []any{s, []byte(s)}})
		require.Equal(t, value, p.Value("x", "", value), "value: %q", s)
	})
}
