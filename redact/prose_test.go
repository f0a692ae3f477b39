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
	"%[1]s was \"%[2]s\"",
	"my %[1]s = \"%[2]s\"",
}

// unsaid are sentences about secrets that hold none.
var unsaid = []string{
	"%[1]s expired for user bob", "%[1]s was rotated by carol", "reset %[1]s for bob", "the %[1]s has been changed", "%[1]s policy updated", "%[1]s is required", "invalid %[1]s", "wrong %[1]s for user ada", "ada changed the %[1]s of bob",
	"%[1]s rotation scheduled for 2026-12-01", "no %[1]s set", "login with %[1]s is disabled", "the %[1]s field is empty", "%[1]s reset link sent to ada", "forgot %[1]s", "%[1]s changed by admin on Monday", "%[1]s does not match", "%[1]s is too weak", "sent %[1]s reminder to bob",
	"%[1]s must be changed", "enter your %[1]s to continue", "%[1]s verification failed", "show %[1]s settings", "the new %[1]s was sent by e-mail", "%[1]s length is 12", "bob requested a new %[1]s", "two attempts to guess the %[1]s", "that is the %[1]s page", "this is your %[1]s history",
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
	lost, total := 0, 0
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
