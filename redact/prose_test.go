package redact_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/redact"
)

// spoken are names of secrets in sentences.
var spoken = []string{"password", "passcode", "token", "API key", "client secret", "PIN code", "passphrase", "one-time password", "pwd", "contraseña", "mot de passe", "Passwort", "senha", "wachtwoord", "access token", "secret", "credential", "verification code", "Kennwort", "clave secreta", "parola", "hasło"}

// said are sentences that name a secret; in each %[1]s is its name and %[2]s its value.
var said = []string{
	"the %[1]s is %[2]s",
	"our %[1]s is still %[2]s",
	"%[1]s: %[2]s",
	"%[1]s = %[2]s",
	"%[1]s - %[2]s",
	"%[1]s — %[2]s",
	"%[1]s—%[2]s",
	"%[1]s\n%[2]s",
	"%[1]s (%[2]s)",
	"%[1]s (%[2]s) accepted",
	"default %[1]s (%[2]s)",
	"%[1]s \"%[2]s\"",
	"'%[2]s' is not a valid %[1]s",
	"%[1]s '%[2]s' rejected",
	"invalid %[1]s '%[2]s' for user bob",
	"rejected %[1]s '%[2]s'",
	"your new %[1]s is %[2]s",
	"new %[1]s for bob is %[2]s",
	"%[1]s for bob is \"%[2]s\"",
	"%[1]s entered: %[2]s",
	"%[1]s changed from %[2]s to %[2]s",
	"changed %[1]s from %[2]s to %[2]s",
	"changed the %[1]s to %[2]s",
	"ana changed her %[1]s to %[2]s",
	"%[1]s is now set to %[2]s",
	"%[1]s has been reset to %[2]s",
	"reset bob's %[1]s to %[2]s",
	"%[1]s must be changed from %[2]s",
	"use '%[2]s' as the %[1]s",
	"use %[2]s as your %[1]s",
	"sign in with %[2]s as your %[1]s",
	"tried %[2]s as %[1]s",
	"bob typed %[2]s into the %[1]s field",
	"enter %[2]s when asked for the %[1]s",
	"%[2]s is the new %[1]s",
	"%[2]s is your %[1]s",
	"\"%[2]s\" is my %[1]s",
	"username bob, %[1]s %[2]s",
	"user bob %[1]s %[2]s",
	"user: bob, %[1]s: %[2]s",
	"login with bob / %[2]s (%[1]s)",
	"log in as bob with %[1]s %[2]s",
	"%[1]s mismatch: expected %[2]s got %[2]s",
	"%[1]s was reset; the new one is %[2]s",
	"%[1]ss are %[2]s and %[2]s",
	"try %[1]s %[2]s",
	"sent %[1]s %[2]s by sms",
	"please use admin %[1]s %[2]s to sign in",
	"the %[1]s '%[2]s' was found in a breach",
	"%[1]s value is %[2]s",
	"temporary %[1]s %[2]s issued",
	"%[1]s %[2]s is too weak",
	"%[1]s %[2]s does not match",
	"with %[1]s %[2]s",
	"bob/%[2]s is the login and %[1]s",
	"the %[1]s \"%[2]s\" was leaked",
	"wrong %[1]s: %[2]s",
	"%[1]s => %[2]s",
	"%[1]s -> %[2]s",
	"%[1]s set to %[2]s by admin",
	"%[1]s updated: %[2]s",
	"here is the %[1]s: %[2]s",
	"%[1]s (temporary): %[2]s",
	"%[1]s for account bob: %[2]s",
	"the %[1]s of bob is %[2]s",
	"the %[1]s is '%[2]s'.",
	"%[1]s={%[2]s}",
	"%[1]s %[2]s found by ana",
	"%[1]s was \"%[2]s\"",
	"my %[1]s = \"%[2]s\"",
}

// unsaid are sentences about secrets that hold none.
var unsaid = []string{
	"%[1]s expired for user bob", "%[1]s was rotated by carol", "reset %[1]s for bob", "the %[1]s has been changed", "%[1]s policy updated", "%[1]s is required", "invalid %[1]s", "wrong %[1]s for user ada", "ada changed the %[1]s of bob",
	"%[1]s rotation scheduled for 2026-12-01", "no %[1]s set", "login with %[1]s is disabled", "the %[1]s field is empty", "%[1]s reset link sent to ada", "forgot %[1]s", "%[1]s changed by admin on Monday", "%[1]s does not match", "%[1]s is too weak", "sent %[1]s reminder to bob",
	"%[1]s must be changed", "enter your %[1]s to continue", "%[1]s verification failed", "show %[1]s settings", "the new %[1]s was sent by e-mail", "%[1]s length is 12", "bob requested a new %[1]s", "two attempts to guess the %[1]s", "that is the %[1]s page", "this is your %[1]s history",
}

// odd are forms of systems in which %[2]s is a secret; see [said].
var odd = []string{
	"[Parameters=[@__p_0='%[2]s' (Size = 4000), @p1='%[2]s'], CommandType='Text']",
	"SELECT a FROM t WHERE b = $1 [[\"email\", \"%[2]s\"], [\"x\", \"%[2]s\"]]",
	"<==        Row: 1, %[2]s",
	"<==    Columns: id, name\n<==        Row: 1, %[2]s",
	"query failed params=[%[2]s, 3] sql=SELECT ?",
	"args=[%[2]s 3] duration=3ms query=\"SELECT 1\"",
	"bindings: [ '%[2]s', 3 ]",
	"Invalid `prisma.user.findMany()` invocation:{ where: { name: \"%[2]s\" } }",
	"Invalid `prisma.user.create()` invocation in /a/b.ts:3:4 { data: { name: \"%[2]s\" } }",
	"command failed: { find: \"users\", filter: { name: \"%[2]s\" } }",
	"CONTEXT:  COPY t, line 2, column a: \"%[2]s\"",
	"Cannot parse string '%[2]s' as UInt32",
	"Could not cast literal \"%[2]s\" to type BOOL",
	"Numeric value '%[2]s' is not recognized",
	"error converting \"%[2]s\"",
	"unable to bind value '%[2]s'",
	"REVOKE ALL ON t FROM bob; -- %[2]s",
	"GRANT SELECT ON t TO bob -- %[2]s",
	"pw is %[2]s",
	"pw %[2]s rejected",
	"with pw '%[2]s'",
	"user bob, pass %[2]s",
	"username bob and password %[2]s",
	"logged in with the password %[2]s",
	"using password %[2]s failed",
	"the admin changed the password, it is now %[2]s",
	"%[2]s was set as the new password",
	"bob's password (%[2]s)",
	"password (%[2]s) too weak",
	"my password's %[2]s",
	"credentials bob/%[2]s",
	"credentials are bob / %[2]s",
	"Bad credentials: bob / %[2]s",
	"logon denied (bob/%[2]s)",
	"api_key was '%[2]s'",
	"token '%[2]s' is malformed",
	"client secret '%[2]s' is invalid",
	"field password changed from '%[2]s' to '%[2]s'",
	"login bob with pw %[2]s",
	"%[2]s is the password for the vault",
	"Invalid token '%[2]s'",
	"I reset the passphrase (%[2]s) this morning",
	"curl -ubob:%[2]s",
	"curl -ubob:%[2]s https://x.org",
	"aws ssm put-parameter --name x --type SecureString --value %[2]s",
	"npm config set _auth %[2]s",
	"pdftk a.pdf output b.pdf user_pw %[2]s",
	"printf '%[2]s' | docker login --password-stdin",
	"rman target sys/%[2]s@db",
	"sys/%[2]s@tns_alias as sysdba",
	"wpa_passphrase ssid %[2]s",
	"fly secrets set FOO=%[2]s",
	"ENV DB_PASSWORD %[2]s",
	"setenv DB_PASSWORD %[2]s",
	"set -gx API_TOKEN %[2]s",
	"masterauth %[2]s",
	"ldap_bindpw %[2]s",
	"rootpw --plaintext %[2]s",
	"rootpw %[2]s",
	"requirepass %[2]s",
	"username bob password 0 %[2]s",
	"enable secret 0 %[2]s",
	"pre-shared-key local %[2]s",
	"MEMCACHED_AUTH=%[2]s",
	"ELASTIC_AUTH=%[2]s",
	"conn.setRequestProperty(\"Authorization\", \"%[2]s\")",
	"proxy_set_header Authorization \"Bearer %[2]s\"",
	"ConvertTo-SecureString -AsPlainText '%[2]s'",
	"define('DB_PASSWORD', '%[2]s');",
	"('password', '%[2]s')",
	"HTTPBasicAuth('bob', '%[2]s')",
	"card_4242424242424242 %[2]s is the password",
}

// plainly are sentences that stay as they are.
var plainly = []string{
	"token:rotate",
	"factor token:software:totp enrolled",
	"credentials are ready for bob",
	"Pin board Atlas was renamed",
	"Private key of Atlas was replaced",
	"secretsmanager:GetSecretValue",
	"API key scope is read-only for bob",
	"bob logged in with the password manager",
	"the token is now valid for bob",
	"password rules: minimum 12 characters",
	"PIN entry disabled for kiosk 4",
	"the secret was moved to the vault",
	"User bob, token expired",
	"using token authentication for service billing",
	"invalid token in line 3",
	"sent password reminder by mail",
	"bob and ana share credentials for the staging account",
	"API keys are rotated weekly",
	"secrets are scanned nightly",
	"passwords are hashed and salted",
	"the password is hashed with argon2id",
	"password: changed by admin",
	"token is bound to device 7",
	"the credentials of svc-backup are valid until Friday",
	"use of API key billing-ci approved",
	"PIN code (4 digits) required",
	"token (optional)",
	"API key - Overview",
	"Passwords and tokens",
	"credentials: rotated",
	"Login with SSO / SAML (token)",
	"secret (Opaque) created",
	"Rotated signing key of krastompan after 88 days",
	"MFA code was sent to the phone of ana",
	"Temporary credentials were issued for build 17",
	"Access token was issued to client portal",
	"Default password policy was applied to group admins",
	"invalid credentials for user ana",
	"wrong password for user ana",
	"password for ana was reset by bob",
	"ana's password was changed",
	"client secret of app portal expires in 3 days",
	"secret value changed",
	"password field hidden",
	"the token value is hidden",
}

// word is one that no dictionary holds.
func (g gen) word() string {
	b := ""
	for range 4 {
		b += g.chars(1, "bdfgklmnprtvz") + g.chars(1, "aeiou")
	}
	return b + g.chars(1, "klmn")
}

// TestSentences says each sentence with a few names of secrets, and values of
// which one is a plain word.
func TestSentences(t *testing.T) {
	t.Logf("seed %d", *corpusSeed)
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 8))}
	p := engine(t, redact.Config{}).Begin()
	defer p.End()
	for _, sentence := range said {
		for range 6 {
			for _, value := range []string{g.word(), g.password()} {
				name := g.pick(spoken...)
				if strings.Contains(sentence, "accepted") && strings.Contains(name, "e") { // may be the name of a token
					name = "password"
				}
				text := fmt.Sprintf(sentence, name, value)
				require.NotContains(t, p.Message("x", text), value, text)
			}
		}
	}
	for _, form := range odd {
		value := g.word() + g.word()
		text := fmt.Sprintf(form+"%[1]s", "", value)
		require.NotContains(t, p.Message("x", text), value, text)
	}
	lost, total := 0, 0
	for _, sentence := range plainly {
		if total++; p.Message("x", sentence) != sentence {
			lost++
			t.Logf("%q became %q", sentence, p.Message("x", sentence))
		}
	}
	for _, sentence := range unsaid {
		for _, name := range spoken {
			text := fmt.Sprintf(sentence, name)
			if total++; p.Message("x", text) != text {
				lost++
				t.Logf("%q became %q", text, p.Message("x", text))
			}
		}
	}
	require.LessOrEqual(t, lost*100, total)
}
