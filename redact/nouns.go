package redact

import (
	"maps"
	"slices"
	"strings"
)

// foreignNouns are those of other languages, whose words no dictionary of ours
// holds; with their letters as they are and without marks.
var foreignNouns = set(`passwort kennwort contraseña contrasena wachtwoord senha parola parolă haslo hasło heslo lozinka adgangskode adgangskoden losenord lösenord lösenordet passord passordet
	salasana jelszo jelszó sifre şifre zugangscode geheimzahl zugriffstoken geheimwort sicherheitscode bestätigungscode verifizierungscode zugangsdaten api-schlüssel zugriffsschlüssel
	jeton identifiants palavra-passe verificatiecode toegangscode api-sleutel лозинка пароль пароля токен
	密码 密碼 口令 密钥 验证码 驗證碼 校验码 パスワード 暗証番号 認証コード 確認コード 認証番号 비밀번호 암호 인증번호 인증코드 סיסמה κωδικός รหัสผ่าน पासवर्ड`)

// foreignPhrases are such names of several words, or of words that mean other things too.
var foreignPhrases = []string{
	"mot de passe", "code secret", "code pin", "pin-code", "pin code", "clave de acceso", "clave api", "clave secreta", "clave", "kata sandi", "mat khau", "mật khẩu", "clé api", "clé secrète", "clé d'api", "clé privée",
	"code de vérification", "code de confirmation", "código de verificación", "codigo de verificacion", "código de verificação", "código de acceso", "chave de api", "chave secreta", "chave api", "codice di verifica", "chiave api", "chiave segreta",
	"geheime sleutel", "kod weryfikacyjny", "klucz api", "klucz tajny", "код подтверждения", "секретный ключ", "ключ api", "doğrulama kodu", "인증 코드", "كلمة المرور", "كلمة السر",
}

// ofOthers are both.
var ofOthers = func() map[string]bool {
	m := maps.Clone(foreignNouns)
	for _, n := range foreignPhrases {
		m[n] = true
	}
	return m
}()

// foreignStates are what is said of secrets in other languages: changed, reset, expired,
// forgotten, wrong, required; as they are and without marks.
var foreignStates = func() map[string]bool {
	m := set(foreignStateWords)
	for w := range maps.Clone(m) {
		m[lowered(plainLetters(w))] = true
	}
	return m
}()

const foreignStateWords = `geändert zurückgesetzt abgelaufen vergessen falsch ungültig gültig erforderlich gesperrt gelöscht erstellt aktualisiert leer korrekt richtig gesendet nicht
	modifié modifiée réinitialisé réinitialisée expiré expirée oublié oubliée incorrect incorrecte invalide requis requise valide envoyé supprimé créé changé vide obligatoire
	cambiada cambiado restablecida restablecido caducada caducado olvidada olvidado incorrecta incorrecto inválida inválido obligatoria obligatorio válida primaria pública foránea enviada enviado eliminada creada actualizada vacía única
	alterada alterado redefinida redefinido expirada expirado esquecida esquecido obrigatória atualizada excluída criada enviada
	cambiata modificata scaduta dimenticata errata obbligatoria reimpostata aggiornata valida gewijzigd verlopen vergeten onjuist ongeldig verplicht gereset
	zmienione wygasło nieprawidłowe wymagane zresetowane изменён изменен сброшен истёк истек неверный неверен обязателен забыт değiştirildi sıfırlandı
	ändrat ändrats felaktigt ændret udløbet endret utløpt vaihdettu väärä vanhentunut změněno vypršelo nesprávné`

// nouns are the names of secrets in sentences.
var nouns = append(slices.Concat(slices.Sorted(maps.Keys(foreignNouns)), foreignPhrases), []string{
	"one-time password", "one time password", "one-time code", "one time code", "verification code", "2fa code", "mfa code", "two-factor code", "two factor code", "device code", "user code", "sms code", "your code", "confirmation code", "authentication code", "recovery code", "recovery codes", "scratch code", "scratch codes", "emergency code", "emergency codes", "recovery phrase", "recovery words", "backup code", "backup codes",
	"security code", "access code", "login code", "auth code", "authorization code", "api key", "api-key", "apikey", "api token", "access key", "private key", "secret key", "signing key",
	"encryption key", "seed phrase", "seed words", "pass phrase", "passphrase", "pass code", "passcode", "password", "passwd", "pwd", "pw",
	"access token", "auth token", "refresh token", "bearer token", "session token", "passkey", "pass word", "login password", "puk", "creds", "cred", "master key", "unlock code", "reset code", "activation code",
	"recovery key", "client secret", "secret", "token", "credentials", "credential", "mnemonic", "pin", "otp", "cvv", "cvc", "ssn", "social security number", "card number", "account number", "signature",
	"security answer", "secret answer", "maiden name", "security question answer", "answer to security question", "answer to my security question", "answer to the security question", "passport number", "passport no", "driver's license", "driver's licence",
	"conference code", "lock code", "safe code", "safe combination", "lock combination", "wpa key", "wpa2 key", "wpa3 key", "psk", "secret phrase", "mnemonic phrase", "cvv2", "cvc2", "cvn", "card verification value", "card verification code", "card verification number", "totp", "totp code", "otp code", "hotp", "2fa token", "mfa token", "authenticator code", "door code", "gate code", "alarm code", "entry code", "pairing code", "wifi key", "wi-fi key", "network key",
}...)

// nounsBy are the nouns by their first byte, the longest first.
var nounsBy = func() (t [256][]string) {
	for _, n := range nouns {
		t[n[0]] = append(t[n[0]], n)
	}
	for _, list := range t {
		slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	}
	return t
}()

// nounSet are the nouns, and a word that is one in brackets only.
var nounSet = func() map[string]bool {
	m := set("key")
	for _, n := range nouns {
		m[n] = true
	}
	return m
}()

// typed are nouns whose values are typed digits.
var typed = func() map[string]bool {
	m := set("pin pin-code otp totp hotp cvv cvc cvv2 cvc2 cvn ssn puk geheimzahl 暗証番号 認証番号 验证码 驗證碼 校验码 인증번호")
	for _, n := range nouns {
		if strings.HasPrefix(n, "one") || strings.HasPrefix(n, "card verification") || endsIn(n, "code", "number", "passport no", "license", "licence", "combination", "2fa token", "mfa token", "コード", "코드", "kodu") ||
			strings.HasPrefix(n, "code ") || strings.HasPrefix(n, "cód") || strings.HasPrefix(n, "codi") || strings.HasPrefix(n, "kod ") || strings.HasPrefix(n, "код ") {
			m[n] = true
		}
	}
	return m
}()

// lowered returns s with its ASCII letters in lower case, byte for byte.
func lowered(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = lower(c)
	}
	return string(b)
}
