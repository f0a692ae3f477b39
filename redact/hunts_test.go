package redact_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/redact"
)

// hunts are forms in which secrets were once found to survive. § stands for a
// secret of chance.
var hunts = map[string][]string{
	"compound names":     {`{"Parameters":[{"ParameterKey":"dbPassword","ParameterValue":"§"}]}`, `{"settingName":"api_key","settingValue":"§"}`, `{"fieldName":"password","newValue":"§"}`},
	"other pairs":        {`{"path":"/password","lhs":"§","rhs":"§"}`, `{"question":"password","answer":"§"}`, `{"0":"password","1":"§"}`, `{"security_questions":[{"question":"pet","answer":"§"}]}`, `{"security":{"answer":"§"}}`, `{"security":{"questions":[{"q":"pet","answer":"§"}]}}`, `{"secretQuestion":{"text":"pet","answers":["§"]}}`, `{"securityQuestions.0.answer":"§"}`},
	"split names":        {`{"api":{"key":"§"}}`, `{"client":{"secret":"§"}}`},
	"lines":              {"env:\n- name: password\n  value: §\n", "env:\n- value: §\n  name: password\n"},
	"unquoted objects":   {`{user: bob, password: §}`, `{user: 'bob', privateKey: '§'}`, `{User:bob passwd:§ Age:3}`, `{:user "bob" :password "§"}`, `{ user: 'bob', client_secret: '§' }`, `{ port: 22, pinCode: "§" }`},
	"markup":             {`<entry key="password">§</entry>`, `<param><name>password</name><value>§</value></param>`, `<dict><key>password</key><string>§</string></dict>`, `<input name="password" type=text value="§">`},
	"multipart":          {"--b\r\nContent-Disposition: form-data; name=password\r\nContent-Type: text/plain\r\n\r\n§\r\n--b--"},
	"languages":          {`$env:LDAPCOOKIE = '§'`, `$env:DBPIN = '§'`, "export SMTPOTP=§", `Parameters: {"user"=>"bob", "pinCode"=>"§"}`, `Parameters: {"user"=>{"name"=>"bob", "password"=>"§"}, "commit"=>"Save"}`, `s:8:"password";s:6:"§";`, `Config { password: Some("§") }`, "password = \"\"\"\n§\n\"\"\"", `java -DprivateKey=§ -jar x`, "\x1b[31mpassword\x1b[0m=\x1b[1m§"},
	"parameters":         {`{"sql":"SELECT ?","params":["§","§"]}`, `{"query":"SELECT $1","bindings":{"a":"§"}}`, `{"statement":"..","binds":["§"],"args":["§"]}`, `SELECT * FROM t WHERE a=$1 ["§"]`},
	"database errors":    {`Data too long for column 'x' at row 1: '§'`, `ORA-00001: unique constraint (A.B) violated; value '§'`},
	"comments":           {`{"query":"query { user(name: \"x\") { id } } # §"}`, `SELECT 1 -- §`, `error in SELECT 1 -- §`},
	"rows beside":        {`{"query":"SELECT * FROM t","out":[{"n":"§"},{"n":"§"},{"n":"§"},{"n":"§"},{"n":"§"}]}`},
	"prose":              {`webhookSecret changed from § to §`, `app.apiKey was rotated from old-one to § by bob`, `track2 -> §`, `request: salt -> §`, `wrong password "§" for bob`, `login with password §`, `password for user bob: §`, `login as admin:§ failed`, `field 'api_key' (value '§') rejected`, `on field 'privateKey': rejected value [§]`, `rejected value [§] for field [client_secret]`, `changed api_key from "§" to "zz"`},
	"columns":            {"name,password\nbob,§\n", "id,api_key,n\n1,§,3\n2,§,4"},
	"tables":             {`| client_secret | § |`, "client_secret\t§", `CONFIG SET requirepass §`, `git config --global auth_token §`},
	"commands":           {`curl -H "Cookie: sid=\"§\"; a=§" https://x.org`, `curl -H "Cookie: sid="§"; a=§" https://x.org`, `curl -H "Authorization: Digest username=\"a\", response=\"§\"" https://x.org`, `curl -H "Authorization: Digest username="a", response="§"" https://x.org`, `[('Authorization', 'Digest username="a", response="§"'), ('Host', 'x')]`, `keytool -keystore §`, `net user bob § /add`, `htpasswd -b f bob §`, `echo 'bob:§' | chpasswd`, `echo § | sudo -S ls`, `AUTH §`, `ConvertTo-SecureString "§" -AsPlainText`, "USER bob\r\nPASS §", `a1 LOGIN bob §`, `rabbitmqctl add_user bob §`, `schtasks /ru bob /rp §`, `keytool -list -storepass §`, `influx -username bob -password §`, `snmpwalk -v3 -u bob -A §`},
	"lists of arguments": {`{"args":["mysql","-u","root","-p§","app"]}`, `{"args":["curl","-u","bob:§"]}`, `{"args":["sshpass","-p","§","ssh"]}`, `{"args":["redis-cli","-a","§"]}`, `{"args":["net","user","bob","§"]}`},
}

func TestHunts(t *testing.T) {
	t.Logf("seed %d", *corpusSeed)
	e := engine(t, redact.Config{})
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 77))}
	for _, class := range slices.Sorted(maps.Keys(hunts)) { // the seed decides, not the order of a map
		for _, form := range hunts[class] {
			secret := g.chars(12, alnums) + "4x" + g.chars(4, lowers) + "7Y" + g.chars(6, alnums)
			in := strings.ReplaceAll(form, "§", secret)
			p := e.Begin()
			for how, out := range map[string]string{"message": p.Message("x", in), "request": p.Request("x", in), "text": p.Text("x", "note", in)} {
				if strings.Contains(out, secret) {
					t.Errorf("%s, %s: %q became %q", class, how, in, out)
				}
			}
			p.End()
		}
	}
}

// A + within base64 is no space.
func TestPlus(t *testing.T) {
	p := engine(t, redact.Config{}).Begin()
	defer p.End()
	for _, out := range []string{
		p.Request("x", `{"audit.entity.id":"Endpoint=sb://a.servicebus.windows.net/;SharedAccessKey=P5E8/EutILDuZIl66q1o8MWMKE4M7+nuP981lOdc/4o="}`),
		p.Field("x", "Endpoint=sb://a.servicebus.windows.net/;SharedAccessKey=P5E8/EutILDuZIl66q1o8MWMKE4M7+nuP981lOdc/4o="),
		p.Request("x", `{"items":["8mWjvINMPWXe9ALx1bvMTSwNXYWTGUIB6Wfn8hV4G+oDxGy9U6VR1x2m4j3fv6igu+7iUY9MoqfGWRK8FU7A6A=="]}`),
	} {
		require.NotContains(t, out, "nuP981lOdc")
		require.NotContains(t, out, "oDxGy9U6VR1x2m4j3fv6igu")
		require.NotContains(t, out, "7iUY9MoqfGWRK8FU7A6A")
	}
}

// Numbers behind other numbers, and as names.
func TestNumbersBehind(t *testing.T) {
	p := engine(t, redact.Config{}).Begin()
	defer p.End()
	require.NotContains(t, p.Field("x", "Mozilla/5.0 "+card), card)
	require.NotContains(t, p.Field("x", "Mozilla/5.0 427-89-7333"), "427-89-7333")
	require.NotContains(t, p.Request("x", `{"a":{"001-32-9926":1}}`), "001-32-9926")
}

// Numbers of cards and accounts between other signs than spaces, or glued to a label.
func TestNumbersInGroups(t *testing.T) {
	t.Logf("seed %d", *corpusSeed)
	e := engine(t, redact.Config{})
	for round := range uint64(20) {
		g := gen{rand.New(rand.NewPCG(*corpusSeed, round))}
		account, card := g.iban(), g.luhn()
		for _, sign := range []string{"_", "/", "  ", "\u00a0", "\u00a0\u00a0", "\u202f", "·", "•"} {
			groups := strings.Join([]string{card[:4], card[4:8], card[8:12], card[12:]}, sign)
			for _, form := range []string{"§", "ref=§", "(§)", "paid with § by ada"} {
				for place, out := range everywhere(e, strings.ReplaceAll(form, "§", groups)) {
					if strings.Contains(out, groups) {
						t.Errorf("%s: %s", place, out)
					}
				}
			}
		}
		for _, small := range []string{strings.ToLower(account), "gb29nwbk60161331926819", "fr7630006000011234567890189", "be68539007547034"} {
			for place, out := range everywhere(e, small) {
				if strings.Contains(out, small) {
					t.Errorf("%s: %s", place, out)
				}
			}
		}
		for _, label := range []string{"IBAN", "iban", "Iban", "IBAN:", "iban-", "IBAN_", "customerIBAN"} {
			for place, out := range everywhere(e, label+account) {
				if strings.Contains(out, account) {
					t.Errorf("%s: %s", place, out)
				}
			}
		}
	}
	for _, text := range []string{"2026/11/28/1000", "order_5105_1051_0510_5101", "4111/1111/1111/1112", "10/20/4111/1111/1111/11", "IBANDE12370400440532013000"} {
		for place, out := range everywhere(e, text) {
			if !strings.Contains(out, text) {
				t.Errorf("%s: %q became %q", place, text, out)
			}
		}
	}
}
