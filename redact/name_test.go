package redact_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/redact"
)

// disguises are characters that look like a letter, by that letter.
var disguises = map[rune]string{
	'a': "аαɑàāᴀａ𝐚ⓐ", 'c': "сϲçćｃ𝖈ᴄ", 'd': "ԁđďｄ𝒹ᴅ", 'e': "еεéěєｅ𝕖ᴇ", 'i': "іιíīıｉ𝓲", 'k': "кκķｋ𝚔ᴋ", 'n': "ոñňｎ𝗻ɴ",
	'o': "оοօóōøｏ𝘰", 'p': "рρṕｐ𝙥ᴘ", 'r': "гŕřｒ𝓇ʀ", 's': "ѕśšşｓ𝕤ꜱ", 't': "тτťţｔ𝔱ᴛ", 'w': "ԝŵωｗ𝐰ᴡ", 'y': "уγýｙ𝖞ʏ",
	'A': "АΑÀÁᎪꓮＡ", 'C': "СϹÇＣꓚ", 'E': "ЕΕÉĒᎬＥ", 'I': "ІΙÍĪＩ", 'K': "КΚĶᏦＫ", 'N': "ΝՈÑŃＮ", 'O': "ОΟՕÓŌＯ", 'P': "РΡᏢꓑＰ", 'R': "ГŔŘᎡＲ", 'S': "ЅŚŠᏚＳ", 'T': "ТΤŤŢＴ", 'Y': "УΥÝＹ",
}

// TestDisguisedNames writes the names of secrets with look-alike letters.
func TestDisguisedNames(t *testing.T) {
	t.Logf("seed %d", *corpusSeed)
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 7))}
	p := engine(t, redact.Config{}).Begin()
	defer p.End()
	for _, name := range []string{"password", "API_KEY", "client_secret", "TOKEN", "privateKey", "PIN", "db-passwd", "SECRET", "access_token", "PASSWORD"} {
		for range 40 {
			disguised := ""
			for _, r := range name {
				if list := []rune(disguises[r]); len(list) > 0 && g.IntN(3) == 0 {
					r = list[g.IntN(len(list))]
				}
				disguised += string(r)
			}
			out := fmt.Sprint(p.Value("x", "", redact.Object{{Name: disguised, Value: "tukavelo"}}))
			require.NotContains(t, out, "tukavelo", disguised)
		}
	}
}

// TestNamesOfSecrets looks at names alone.
func TestNamesOfSecrets(t *testing.T) {
	p := engine(t, redact.Config{}).Begin()
	defer p.End()
	kept := func(name string) bool {
		return strings.Contains(fmt.Sprint(p.Value("x", "", redact.Object{{Name: name, Value: "tukavelo"}})), "tukavelo")
	}
	for _, name := range []string{"rootpw", "bindpw", "puk", "encKey", "pwdHistory", "credentialsJson", "REDISCLI_AUTH", "REDIS_AUTH", "proxy_auth", "snmp_community", "unseal_key",
		"pa$sword", "PA$SWORD", "passw0rd", "s3cret", "s e c r e t", "c l i e n t _ s e c r e t", "contraseña", "motDePasse", "Kennwort", "senha"} {
		require.False(t, kept(name), name)
	}
	for _, name := range []string{"passwordThreshold", "tokens_remaining", "tokensPerMinute", "otp_channel", "secret_scanning", "secretsmanager", "passwordAgeThreshold", "TokenService.java", "secrets.json",
		"tokens_per_second", "a b c", "h2o_level", "Überschrift", "straße", "клавиша", "seven7", "password_policy", "token_bucket"} {
		require.True(t, kept(name), name)
	}
}
