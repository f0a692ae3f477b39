package redact_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/redact"
)

// everywhere redacts a text in the places in which a text can stand.
func everywhere(e *redact.Engine, text string) map[string]string {
	out := map[string]string{}
	do := func(place string, f func(p *redact.Pass) string) {
		p := e.Begin()
		defer p.End()
		out[place] = f(p)
	}
	do("field", func(p *redact.Pass) string { return p.Field("x", text) })
	do("account", func(p *redact.Pass) string { return p.Account("x", text) })
	do("path", func(p *redact.Pass) string { return p.Path("x", text) })
	do("kept", func(p *redact.Pass) string { return p.Text("x", "label", text) })
	do("message", func(p *redact.Pass) string { return p.Message("x", text) })
	do("value", func(p *redact.Pass) string {
		return fmt.Sprint(p.Value("x", "", redact.Object{{Name: "label", Value: []any{text}}}))
	})
	do("request", func(p *redact.Pass) string { return p.Request("x", `{"label":`+quote(text)+`,"password":"x"}`) })
	return out
}

// Identifiers and paths stay in every place.
func TestIdentifiersStay(t *testing.T) {
	e := engine(t, redact.Config{})
	for round := range uint64(20) {
		g := gen{rand.New(rand.NewPCG(*corpusSeed, round))}
		upper := "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
		uuid := fmt.Sprintf("%s-%s-4%s-a%s-%s", g.chars(8, hexes), g.chars(4, hexes), g.chars(3, hexes), g.chars(3, hexes), g.chars(12, hexes))
		for class, text := range map[string]string{
			"commit in a path":   "/repos/acme/audit-log/commits/" + g.chars(40, hexes),
			"digest in a path":   "/blobs/" + g.chars(64, hexes) + "/tags",
			"ulid in a path":     "/api/v1/users/01" + g.chars(24, upper) + "/sessions",
			"ulids in a path":    "/v2/orgs/01" + g.chars(24, upper) + "/members/01" + g.chars(24, upper),
			"uuid in a path":     "/api/v1/users/" + uuid + "/sessions/" + uuid,
			"arn of a secret":    "arn:aws:secretsmanager:us-east-1:" + g.chars(12, numerals) + ":secret:prod/db/x-" + g.chars(6, alnums),
			"arn of a role":      "arn:aws:iam::" + g.chars(12, numerals) + ":role/token-reader",
			"address of a coin":  "0x" + g.chars(40, hexes),
			"digest":             g.pick("sha1-", "SHA1-", "sha-1-") + g.chars(40, hexes),
			"longer digest":      g.pick("sha256-", "sha256:", "SHA-256-", "sha512-", "blake2b-") + g.chars(64, hexes),
			"old digest":         g.pick("md5-", "md5:", "MD5-") + g.chars(32, hexes),
			"user of a provider": "auth0|" + g.chars(24, hexes),
			"commit from 11":     "/repos/acme/commits/11" + g.chars(38, hexes),
			"order":              "gid://shopify/Order/67458281131" + g.chars(2, numerals),
			"uuid in braces":     "{" + strings.ToUpper(uuid) + "}",
			"e-mail":             g.pick("quentin", "mei") + "." + g.pick("bearer", "basic", "digest", "token", "pass") + "@secrets.example.org",
			"sid":                fmt.Sprintf("S-1-5-21-%s-%s-%s-1001", "1"+g.chars(9, numerals), "2"+g.chars(8, numerals), "3"+g.chars(8, numerals)),
		} {
			for place, got := range everywhere(e, text) {
				if class == "e-mail" && place == "request" {
					continue // a request keeps no addresses
				}
				if len(text) > 40 && place == "request" && !strings.Contains(text, "/") && !strings.HasPrefix(text, "0x") && !strings.HasPrefix(text, "S-") {
					continue
				}
				if !strings.Contains(got, text) {
					t.Errorf("%s in %s: %q became %q", class, place, text, got)
				}
			}
		}
	}
}

func TestHarmlessNames(t *testing.T) {
	e := engine(t, redact.Config{})
	for name, value := range map[string]string{
		"pinColor": "red", "pin_board": "main", "password_history": "5", "api_key_id": "3f2c9e6a-51b0-4d7e-a1c2-9b8d7e6f5a4c",
		"session_id": "7f3c", "changes.password_policy.old": "weak", "changes.password_policy.new": "strong",
	} {
		p := e.Begin()
		require.Equal(t, value, p.Text("x", name, value), name)
		in := `{"` + name + `":"` + value + `"}`
		require.Equal(t, in, p.Request("x", in))
		p.End()
	}
	p := e.Begin()
	defer p.End()
	for in, want := range map[string]string{
		`{"field":"has_secret","old":"x1","new":false}`:      `{"field":"has_secret","old":"[redacted:key]","new":false}`,
		`{"changes":{"is_secret":{"old":"a","new":true}}}`:   `{"changes":{"is_secret":{"old":"[redacted:key]","new":true}}}`,
		`{"changes":{"password":{"old":"a","new":"kestr"}}}`: `{"changes":{"password":"[redacted:key]"}}`,
		`{"survey":[{"question":"color","answer":"blue"}]}`:  `{"survey":[{"question":"color","answer":"blue"}]}`,
		`{"data.attributes.has_secret":false}`:               `{"data.attributes.has_secret":false}`,
	} {
		require.Equal(t, want, p.Request("x", in))
	}
	in := redact.Object{{Name: "changes", Value: redact.Object{{Name: "password_policy", Value: redact.Object{{Name: "old", Value: "weak"}, {Name: "new", Value: "strong"}}}}}}
	require.Equal(t, in, p.Value("x", "", in))
}

func TestSentencesStay(t *testing.T) {
	e := engine(t, redact.Config{})
	for _, s := range []string{
		"credentials for gabone-fetoki were rotated on schedule", "Password: changed by mei", "password: rotated on 2026-11-20",
		"Secret prod/db/x was read by S-1-5-21-1148661939-149994593-1001", "token of svc-7 was revoked by policy",
		`API token "sufomeru-sirafibi" created by lena`, "auth: ci-bot signed in via saml", "auth: deploy-bot-4 signed in via saml", "author: Secret Xu, keyword: compass, version: 6.3.6-beta.3", "api_key is required", `auth: ACME\penelope signed in via saml`,
		"API_KEY -> vault", "status -> closed2", "token_type -> jwt2", "moved DB_PASSWORD from vault to env", "secret billing found in namespace prod", "Requested by Secret Saltzman in ticket OPS-963", "password must have at least 12 characters (auth0|f47fa96b023b9638dbcfe472)",
	} {
		p := e.Begin()
		require.Equal(t, s, p.Message("x", s))
		p.End()
	}
}

func TestSecretNames(t *testing.T) {
	e := engine(t, redact.Config{})
	for _, name := range strings.Fields(`passw pword psk wpa_psk preshared_key pre-shared-key passkey auth sessionid dsn jdbc_url DATABASE_URL
		pin_raw adminPinB64 cookie_2 sessionCookieRaw webhook_url_backup user_pin_repeat WIFI_PIN_STR wpaKey x-functions-key openai_key verifyCode credentialSet seedWords cardVerificationValue
		cert_key certificate_key fernet_key kms_data_key dek_plaintext storageKey mother_maiden_name
		пароль 密码 パスワード 비밀번호 كلمة_السر şifre salasana lösenord heslo hasło geslo clave adgangskode`) {
		p := e.Begin()
		require.NotContains(t, p.Text("x", name, "kestrel-7"), "kestrel", name)
		require.NotContains(t, p.Request("x", `{"user":"bob","`+name+`":"kestrel-7"}`), "kestrel", name)
		require.NotContains(t, p.Message("x", `received {"`+name+`":"kestrel-7"}`), "kestrel", name)
		require.NotContains(t, p.Request("x", `{"`+name+`":7712345}`), "7712345", name)
		p.End()
	}
	for _, in := range []string{
		`{"data":{"attributes":{"bind_pw":"kestrel-7"}}}`, `{"bind_pw_value":"kestrel-7"}`, `{"data.attributes.bind_pw":"kestrel-7"}`, `{"headers.sessionid":"kestrel-7"}`,
		`{"changes.auth.old":"kestrel-7"}`, `{"args":["dsn","kestrel-7"]}`, `{"0":"dsn","1":"kestrel-7"}`, `{"dsn.value":"kestrel-7"}`, `{"dsn":{"old":"kestrel-7"}}`,
		`{"name":"jdbc_url","value":"kestrel-7"}`, `{"path":"DATABASE_URL","value":"kestrel-7"}`, `{"jdbc_url1":"kestrel@88!"}`, `a=1&dsn=kestrel%2148`,
	} {
		p := e.Begin()
		require.NotContains(t, p.Request("x", in), "kestrel", in)
		require.NotContains(t, p.Text("x", "form", in), "kestrel", in)
		p.End()
	}
	for _, in := range []string{`{"api":{"key":"kestrel-7"}}`, `{"client":{"secret":"kestrel-7"}}`, `{"a":{"private":{"key":"kestrel-7"}}}`} {
		p := e.Begin()
		require.NotContains(t, p.Request("x", in), "kestrel", in)
		p.End()
	}
}

// Secrets that only their form gives away are found in every place.
func TestFormsGone(t *testing.T) {
	e := engine(t, redact.Config{})
	for round := range uint64(20) {
		g := gen{rand.New(rand.NewPCG(*corpusSeed, round))}
		base32 := lowers + "234567"
		for class, plant := range map[string][2]string{
			"paypal":        {"access_token$production$%s", g.chars(16, lowers+numerals) + "$" + g.chars(32, hexes)},
			"amazon mws":    {"amzn.mws.%s", fmt.Sprintf("%s-%s-4%s-a%s-%s", g.chars(8, hexes), g.chars(4, hexes), g.chars(3, hexes), g.chars(3, hexes), g.chars(12, hexes))},
			"aiven":         {"AVNS_%s", g.chars(19, alnums+"_-")},
			"adafruit":      {"aio_%s", g.chars(28, alnums)},
			"azure secret":  {"%s", g.chars(3, alnums) + "8Q~" + g.chars(34, alnums+"~.-_")},
			"mysql hash":    {"*%s", strings.ToUpper(g.chars(40, hexes))},
			"apr1":          {"$apr1$%s", g.chars(8, alnums) + "$" + g.chars(22, alnums+"./")},
			"htpasswd":      {"bob:$apr1$%s", g.chars(8, alnums) + "$" + g.chars(22, alnums+"./")},
			"argon2":        {"$argon2id$v=19$m=65536,t=3,p=4$%s", g.chars(22, alnums) + "$" + g.chars(43, alnums+"+/")},
			"scram":         {"SCRAM-SHA-256$4096:%s", b64(g.chars(16, alnums)) + "$" + b64(g.chars(32, alnums)) + ":" + b64(g.chars(32, alnums))},
			"fly":           {"fm2_%s", g.chars(40, alnums) + "%2B" + g.chars(40, alnums)},
			"cloudfront":    {"?Signature%%3D%s", g.mixed(50) + "~" + g.mixed(20)},
			"mailchimp":     {"%s-us4", g.chars(32, hexes)},
			"azure devops":  {"%s", g.chars(52, base32)},
			"runpod":        {"rpa_%s", g.chars(42, alnums)},
			"notion":        {"ntn_%s", g.chars(46, alnums)},
			"pgpass":        {"db.internal:5432:app:bob:%s", g.password()},
			"netrc":         {"machine h login bob password %s", g.password()},
			"reset link":    {"https://app.example.com/password/" + g.pick("reset", "invite", "verify", "confirm", "magic") + "/%s", g.mixed(24)},
			"basic in path": {"/a/%s", url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("admin:" + g.password())))},
			"basic, umlaut": {"%s", b64("bo:" + g.password() + "ö")},
			"key":           {"key: %s", g.mixed(24)},
			"key equals":    {"key=%s", g.mixed(24)},
		} {
			text := fmt.Sprintf(plant[0], plant[1])
			for place, got := range everywhere(e, text) {
				if strings.Contains(got, plant[1]) || part(got, plant[1], 12) {
					t.Errorf("%s in %s: %q became %q", class, place, text, got)
				}
			}
		}
	}
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// mixed makes n letters and digits as chance has them mostly.
func (g gen) mixed(n int) string {
	b := []byte(g.chars(n, alnums))
	b[3], b[9], b[10], b[14] = numerals[g.IntN(10)], 'x', numerals[g.IntN(10)], 'Q'
	return string(b)
}

// A token may hold slashes, in a path too.
func TestSlashes(t *testing.T) {
	e := engine(t, redact.Config{})
	for _, secret := range []string{"nail/Zk9xW1pLr0mFq3XcVbNm/B7tQv0nYc4uE8aKd3/PQ", "mFq3/Zk9xW1pLr0mF/Nest/7tQv0nYc4uE"} {
		for place, out := range everywhere(e, "signed with key "+secret) {
			if strings.Contains(out, "W1pLr0") {
				t.Errorf("%s: %q became %q", place, secret, out)
			}
		}
	}
	for _, secret := range []string{
		"X+Ks22CLZ5KQFv90JMx6K3ahAW8UQY0rZm0TkGpjDZ/QXUKxOh3mLDmOvBLBiHmIpWqjmv9VrNW/Dmqkrde6cQ==", "LNYD606DKE4+l2AEkms5uih5SdxXb6cQIeS/6lST",
		"/W+YDe/43z2tnZ12VqReChiEJtQG1g8u5mHqfqS9",
	} {
		for place, got := range everywhere(e, "/x/"+secret) {
			require.False(t, part(got, secret, 12), "%s: %s", place, got)
		}
	}
}

func TestChangedTo(t *testing.T) {
	p := engine(t, redact.Config{}).Begin()
	defer p.End()
	require.Equal(t, "password was changed to [redacted:prose] by bob", p.Message("x", "password was changed to kestrelHorseQ by bob"))
	require.Equal(t, "password changed from [redacted:prose] to [redacted:prose]", p.Message("x", "password changed from lakane-mobigi to zosobo"))
	require.Equal(t, "set password to [redacted:prose]", p.Message("x", "set password to sufoli-tanati"))
	require.Equal(t, "set db_password to [redacted:prose]", p.Message("x", "set db_password to rofepivika"))
	require.Equal(t, "privateKey -> [redacted:pair]", p.Field("x", "privateKey -> sMp521O30e8XOmzy"))
	require.Equal(t, "password was rotated on schedule", p.Message("x", "password was rotated on schedule"))
}

// part reports whether n characters of a secret in a row are in s.
func part(s, secret string, n int) bool {
	for i := 0; i+n <= len(secret); i++ {
		if strings.Contains(s, secret[i:i+n]) {
			return true
		}
	}
	return false
}

// The case of a name says nothing where it changes with each letter, and both values of a
// change in a list go.
func TestNamesInAnyCase(t *testing.T) {
	e := engine(t, redact.Config{})
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 94))}
	for _, name := range strings.Fields(`password credentials passphrase secret token api_key client_secret private-key pin otp cvv authorization connectionString dbPassword iban
		recoveryCode signature authenticity_token sessionCookie security_answer webhook_secret encryptionKey account_number`) {
		turned := []byte(strings.ToLower(name))
		for i := 1; i < len(turned); i += 2 {
			turned[i] = strings.ToUpper(string(turned[i]))[0]
		}
		for _, name := range []string{name, strings.ToUpper(name), strings.ToLower(name), string(turned), strings.ToUpper(name[:1]) + name[1:]} {
			one, two := g.mixed(16), g.chars(20, hexes)
			for _, in := range []string{
				`{"%[1]s":"%[2]s"}`, `{"name":"%[1]s","value":"%[2]s"}`, `{"changes":[["plan","a","b"],["%[1]s","%[2]s","%[3]s"]]}`, `{"diff":["%[1]s","%[2]s","%[3]s"]}`,
				`{"changes":[["change","%[1]s","%[2]s","%[3]s"]]}`, `{"field":"%[1]s","old":"%[2]s","new":"%[3]s"}`,
			} {
				p := e.Begin()
				out := p.Request("x", fmt.Sprintf(in, name, one, two))
				p.End()
				if strings.Contains(out, one) || strings.Contains(out, two) {
					t.Errorf("%s: %s", name, out)
				}
			}
		}
	}
}

// All of the value of a member of a form goes, and what is in the others stays.
func TestForms(t *testing.T) {
	e := engine(t, redact.Config{})
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 95))}
	for _, name := range []string{"ctl00%24Main%24pin", "user%5Bpin%5D", "user[pin]", "pin%5B%5D", "login%3Apassword", "api_key", "client_secret", "otp"} {
		for _, space := range []string{"%20", "+", "%22"} {
			for _, separator := range []string{"&", ";"} {
				words := []string{g.chars(6, lowers), g.chars(7, lowers), g.chars(8, lowers)}
				zone := g.chars(7, lowers)
				in := "zone=" + zone + separator + name + "=" + strings.Join(words, space) + separator + "page=" + zone
				places := everywhere(e, in)
				p := e.Begin()
				places["body"] = p.Request("x", in)
				p.End()
				for place, out := range places {
					for _, w := range words {
						if strings.Contains(out, w) {
							t.Errorf("%s: %q became %q", place, in, out)
							break
						}
					}
					if strings.Count(out, zone) != 2 && place != "request" {
						t.Errorf("%s: %q became %q", place, in, out)
					}
				}
			}
		}
	}
}

// Lists of codes and words go as a whole.
func TestLists(t *testing.T) {
	e := engine(t, redact.Config{})
	for in, secrets := range map[string]string{
		"recovery codes: aaaa-1bbb kytb-7mu2 qwer-9tyu zxcv-3bnm":                                    "aaaa-1bbb kytb-7mu2 qwer-9tyu zxcv-3bnm",
		"recovery codes: aaaa-1bbb, kytb-7mu2, qwer-9tyu":                                            "aaaa-1bbb kytb-7mu2 qwer-9tyu",
		"Your backup codes are\naaaa1bbb\nkytb7mu2\nqwer9tyu":                                        "aaaa1bbb kytb7mu2 qwer9tyu",
		"seed phrase: abandon ability kestrel absent cloud absurd abuse tiger acid acoustic act zoo": "abandon ability kestrel absent cloud absurd abuse tiger acid acoustic zoo",
		"mnemonic is abandon ability kestrel absent cloud absurd abuse tiger acid acoustic act zoo":  "abandon ability kestrel absent cloud absurd abuse tiger acid acoustic zoo",
		"recovery phrase: abandon ability kestrel absent cloud absurd abuse tiger acid acoustic zoo": "abandon ability kestrel absent cloud absurd abuse tiger acid acoustic zoo",
	} {
		for place, got := range everywhere(e, in) {
			for _, s := range strings.Fields(secrets) {
				if strings.Contains(got, s) {
					t.Errorf("%s: %q became %q", place, in, got)
					break
				}
			}
		}
	}
}

// A blob: URL stands for what it gives access to.
func TestBlobs(t *testing.T) {
	p := engine(t, redact.Config{}).Begin()
	defer p.End()
	const blob = "blob:https://app.example.org/3f2b8c1e-9a4d-4e6f-8b1a-2c3d4e5f6a7b"
	require.Equal(t, `{"secretUrl":"blob:https://app.example.org/[redacted:url]","logo_url":"`+blob+`"}`, p.Request("x", `{"secretUrl":"`+blob+`","logo_url":"`+blob+`"}`))
}

// What a limit cuts off is cut off after the redaction.
func TestCutSecret(t *testing.T) {
	e := engine(t, redact.Config{})
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 0))}
	for at := 960; at < 1024; at++ {
		token := g.chars(46, alnums)
		p := e.Begin()
		got := p.Message("x", strings.Repeat("x y ", 300)[:at]+" nt"+"n_"+token)
		p.End()
		require.False(t, part(got, token, 8), "%d: %s", at, got[len(got)-80:])
	}
}

// Keys of a map under the name of a secret are secrets, also where the map is written
// with dots; words of people stay.
func TestKeysOfMaps(t *testing.T) {
	p := engine(t, redact.Config{}).Begin()
	defer p.End()
	for in, want := range map[string]string{
		`{"a.passwords.USiVMs4xQHIKJ.used":true}`:                                            `{"a.passwords.[redacted:key].used":true}`,
		`{"a.tokens.kestrel-7-x.used":true}`:                                                 `{"a.tokens.[redacted:key].used":true}`,
		`{"a.ghp_16C7e42F292c6912E7710c838347Ae178B4a.Jwt:Issuer":"x"}`:                      `{"a.[redacted:github_token].Jwt:[redacted:pair]":"[redacted:key]"}`,
		`{"http.Jwt:Issuer":"x"}`:                                                            `{"http.Jwt:Issuer":"x"}`,
		`{"a.passwords.dbMain.used":true}`:                                                   `{"a.passwords.dbMain.used":true}`,
		`{"{\"name\":\"secret.access.key\",\"value\":\"[redacted:key]\"}":"[redacted:key]"}`: `{"{\"name\":\"secret.access.key\",\"value\":\"[redacted:key]\"}":"[redacted:key]"}`,
	} {
		require.Equal(t, want, p.Request("x", in))
	}
}

// Keys made by chance go whose signs may be read as those of paths, and those that are
// neither long nor without signs.
func TestKeysWithSigns(t *testing.T) {
	e := engine(t, redact.Config{})
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 31))}
	base := alnums + "+"
	group := func() string { return g.chars(2, "ABCDEFGHKL") + g.chars(2, numerals) + g.chars(1, "MNPQRS") }
	for range 20 {
		for _, form := range []string{"/" + g.chars(20, base) + "4xQ7+b" + g.chars(16, base) + "=", "/" + g.chars(30, base) + "4xQ7/b" + g.chars(25, base) + "==", "s." + g.chars(16, alnums) + "4xQ7bT2m", "s.m5wjbFYqUchcj4BJtdgaoNJH"} {
			for _, in := range []string{form, "we saw " + form + " in the log", `{"x":"` + form + `"}`} {
				for place, got := range everywhere(e, in) {
					require.NotContains(t, got, form[2:12], "%s: %q", place, in)
				}
			}
		}
		key := strings.Join([]string{group(), group(), group(), group(), group()}, "-")
		if g.IntN(2) == 0 {
			key = "WSQAG-EWQHK-WWOPF-" + g.chars(5, "ABCDEFGHKL") + "-TFSI4"
		}
		for _, in := range []string{"licence key " + key, "license key: " + key, "product key " + key + " was used"} {
			p := e.Begin()
			require.NotContains(t, p.Message("x", in), key[:11], in)
			p.End()
		}
	}
	for _, s := range []string{"/api/v1/users/AdaLovelace42/Reports/Q3", "/home/ada/Projects/App2/src/Main3", "s.example.org", "s.setAttribute1", "/Users/Ada/Library/Caches/com.example.App3/Data7"} {
		for place, got := range everywhere(e, s) {
			if place != "request" {
				require.Contains(t, got, s, place)
			}
		}
	}
}

// TestSecretsNameNothing: a key made by chance may end in the letters of a word such as pw.
func TestSecretsNameNothing(t *testing.T) {
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 77))}
	p := engine(t, redact.Config{}).Begin()
	defer p.End()
	for range 1000 {
		for _, name := range []string{"api_key", "token", "secret"} {
			for _, key := range []string{"zN1kIrmruH4xQ7L98syZUT4zlapW", g.mixed(28), g.mixed(20) + g.pick("zlapW", "rKRvpw", "hmSwPw", "LPin", "xotp")} {
				out := p.Request("x", `{"data":{"attributes":{"cidr":"10.0.0.0/8"}},"`+name+`":"`+key+`"}`)
				require.Equal(t, `{"data":{"attributes":{"cidr":"10.0.0.0/8"}},"`+name+`":"[redacted:key]"}`, out, key)
			}
		}
	}
}
