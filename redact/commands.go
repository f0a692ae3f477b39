package redact

import (
	"regexp"
	"slices"
	"strings"
)

// commandSpans finds secrets after the options of commands.
func (p *Pass) commandSpans(s string, list []span) []span {
	for i := 0; i < len(s); i++ {
		if s[i] != '-' || i > 0 && strings.IndexByte(" \t\n\"'`[(,", s[i-1]) < 0 {
			continue
		}
		j := i
		for j < len(s) && s[j] == '-' {
			j++
		}
		k := j
		for k < len(s) && isNameByte(s[k]) {
			k++
		}
		name := s[j:k]
		if name == "" {
			continue
		}
		from := k
		for from < len(s) && (s[from] == ' ' || s[from] == '"' || s[from] == '\'' || s[from] == ',') {
			from++
		}
		to := from
		if from > 0 && (s[from-1] == '"' || s[from-1] == '\'') && from > k && strings.IndexByte(s[k:from], ' ') >= 0 {
			if q := strings.IndexByte(s[from:], s[from-1]); q >= 0 {
				to = from + q
			}
		}
		switch {
		case strings.HasPrefix(s[from:], "<(") || strings.HasPrefix(s[from:], "$("):
			to = balanced(s, from+1)
		case to == from:
			for to < len(s) && strings.IndexByte(" \t\n\r\"'", s[to]) < 0 {
				to++
			}
		}
		short := j-i == 1 && (len(name) <= 2 && name != "pw" || lower(name[0]) == 'p' && (!p.secretName(name) || name[0] == 'p' && !secretTerms[name] && after(commandLine(s, i), gluing...)))
		switch {
		case short:
			list = shortOption(s, i, j, k, from, to, list)
		case k < len(s) && (s[k] == '=' || s[k] == ':'), name == "secret-id" && after(commandLine(s, i), "secretsmanager"): // which one it is
		case from > k && from < to && s[from] != '-' && (p.secretName(name) || name == "plaintext") && !harmlessValue(s[from:to]) && !(ofFiles[squeeze(name)] && strings.ContainsAny(s[from:to], "./")):
			list = append(list, span{from: from, to: to, rule: rulePair})
			i = to - 1
			if next := wordEnd(s, min(len(s), to+1)); p.alsoName(s[from:to]) && next > to+1 && s[to] == ' ' && s[to+1] != '-' && (strong(s[to+1:next]) || looksChosen(s[to+1:next], "password")) { // --secret name value
				list = append(list, span{from: to + 1, to: next, rule: rulePair})
				i = next - 1
			}
		}
	}
	if at := indexFold(s, "net use "); at >= 0 {
		at += len("net use ")
		for end := lineEnd(s, at); at < end; at++ {
			k := at
			for k < end && s[k] > ' ' {
				k++
			}
			if word := s[at:k]; word != "" && word[0] != '/' && word[0] != '\\' && word[len(word)-1] != ':' {
				list = append(list, span{from: at, to: k, rule: rulePair})
			}
			at = k
		}
	}
	if at := indexFold(s, "pass:"); at >= 0 && indexFold(s, "openssl") >= 0 {
		list = append(list, span{from: at + 5, to: rest(s, at+5, ':', false), rule: rulePair})
	}
	return list
}

// ofFiles are options that name the file in which secrets are.
var ofFiles = set(`keystore keytab kubeconfig pkcs12 p12 pfx`)

// gluing are commands that take a password glued to -p.
var gluing = []string{"mysql", "mariadb", "mysqldump", "mysqladmin", "mycli", "sshpass", "7z", "htpasswd", "unrar"}

// commandLine returns what stands before an option at i in its command.
func commandLine(s string, i int) string {
	line := s[max(0, i-512):i]
	return line[strings.LastIndexAny(line, "\n;|&")+1:]
}

// after reports whether one of the commands stands in a line.
func after(line string, commands ...string) bool {
	for _, c := range commands {
		if at := strings.Index(line, c); at >= 0 && (at == 0 || !isAlnum(line[at-1])) {
			return true
		}
	}
	return false
}

// shortOption judges -p, -P, -u, -w and -a by the command before them.
func shortOption(s string, i, j, k, from, to int, list []span) []span {
	line := commandLine(s, i)
	has := func(commands ...string) bool { return after(line, commands...) }
	name := s[j:k]
	glued := name[1:] != ""
	value := func(f, t int) []span {
		if f < t && s[f] != '-' {
			return append(list, span{from: f, to: t, rule: rulePair})
		}
		return list
	}
	end := rest(s, j+1, ' ', false)
	switch name[0] {
	case 'p':
		switch {
		case has(gluing...):
			if glued || j+1 < len(s) && s[j+1] > ' ' {
				if j+2 < len(s) && (s[j+1] == '\'' || s[j+1] == '"') {
					return value(quoted(s[:min(len(s), j+maxBracketed)], j+1, ""))
				}
				return value(j+1, end)
			}
			return value(from, to)
		case !glued && has("docker login", "podman login", "login", "mongo", "mongosh", "mongodump", "cqlsh", "az ", "sqlplus", "vault", "ldap", "influx", "helm", "tool", "cli", "app", "admin", "ansible", "clickhouse", "oc "):
			return value(from, to)
		case !glued && !has("ssh ", "docker", "nc ", "mkdir", "cp ", "scp ", "psql", "pg_dump", "podman", "redis-cli", "nmap", "ktutil", "kadmin", "git ", "ps ", "tar ", "make ", "xargs ", "python", "go ") && !number(s[from:to]) && from > k:
			return value(from, to)
		}
	case 'P':
		if !glued && (beside(line) && !number(s[from:to]) || has("sqlcmd", "bcp", "ipmitool", "mosquitto_pub", "mosquitto_sub", "zip", "isql", "osql", "unzip")) {
			return value(from, to)
		}
	case 'u', 'U':
		word := s[from:to]
		if glued && has("curl", "wget", "http") {
			word, from, to = s[j+1:end], j+1, end
		}
		if len(word) > 4 && strings.IndexByte(word, ':') == len(word)-1 && has("curl", "http") { // a token, without a password
			return value(from, from+len(word)-1)
		}
		if c := strings.IndexAny(word, ":%"); c > 0 && c+3 < len(word) && !has("docker", "podman", "chown") && !number(word[c+1:]) && !strings.HasPrefix(word[c:], "://") {
			return value(from+c+1, to)
		}
	case 'w', 'a':
		if !glued && has("ldap", "ktutil", "kadmin", "redis-cli", "valkey-cli", "keydb-cli", "dragonfly", "net", "memc", "radtest") && from > k {
			return value(from, to)
		}
	}
	return list
}

// beside reports whether a user is named in a command line, so that its password may be
// too.
func beside(line string) bool {
	for _, option := range []string{" -u ", " -U ", " --user ", " --user=", " --username ", " --username="} {
		if strings.Contains(line, option) {
			return !after(line, "docker", "podman", "psql", "pg_dump", "sudo", "curl")
		}
	}
	return false
}

func number(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) && s[i] != ':' && s[i] != '.' && s[i] != '/' {
			return false
		}
	}
	return true
}

// A login is a form of a command or a phrase. What its groups match goes.
type login struct {
	needle string // in lower case, what a match holds in any case
	expr   *regexp.Regexp
	chosen bool // whether it must look chosen too
}

// logins are commands and phrases in which a password has no name, or a name
// that means so there only. What the groups match goes.
var logins = []login{
	{`net user`, regexp.MustCompile(`(?i)\bnet user \S+ ([^/\s]\S*)`), false},
	{`htpasswd`, regexp.MustCompile(`(?i)\bhtpasswd -\S*b\S* (?:\S+ )?\S+ (\S+)`), false},
	{`|`, regexp.MustCompile(`(?i)(?:echo|printf)\s+(?:-\w+\s+|["']?%s(?:\\n)?["']?\s+)*["']?(?:[\w.-]+:)?([^"'|\s]+)["']?\s*\|\s*(?:base64[^|\r\n]*\|\s*)?(?:sudo\s+)?(?:chpasswd|passwd|sudo\s+-\S*S|kinit|docker|podman|su|gpg|openssl|gh auth|gcloud secrets|vault|cryptsetup|helm registry|kubectl create secret|wrangler secret|[^|\r\n]*(?:-stdin|/dev/stdin|with-token|=-(?:\s|$)))`), false},
	{`auth `, regexp.MustCompile(`(?:^|[\s>"])AUTH (?:[a-z][\w-]* )?(\S{4,})`), false},
	{`auth`, regexp.MustCompile(`(?i)\bAUTH(?:ENTICATE)? (?:PLAIN|LOGIN)[\s:]+(\S{4,})`), false},
	{`convertto-`, regexp.MustCompile(`(?i)ConvertTo-SecureString\s+(?:-(?:String|AsPlainText|Force)\s+)*["']?([^"'\s-][^"'\s]*)`), false},
	{`user `, regexp.MustCompile(`(?:^|[\r\n]|ftp> ?)(?i:user) \S+ (\S*[\d!#$%^&*]\S*)\s*$`), false},
	{`pass `, regexp.MustCompile(`(?:^|[\r\n])PASS (\S+)`), false},
	{` login `, regexp.MustCompile(`(?i)\b[a-z]\d+ LOGIN \S+ (\S+)`), false},
	{`_`, regexp.MustCompile(`(?i)\b(?:add_user|change_password) \S+ (\S+)`), false},
	{`/rp`, regexp.MustCompile(`(?i)/rp\s+(\S+)`), false},
	{`curl`, regexp.MustCompile(`(?i)\bcurl .*?(?:--user[ =]|-[A-Za-z]*u[ =]?)["']?[^\s:"']+:([^\s"']+)`), false},
	{`gh secret`, regexp.MustCompile(`(?i)\bgh secret set .*?(?:--body|-b)[ =]["']?([^\s"']+)`), false},
	{`sshpass`, regexp.MustCompile(`\bsshpass -p ?["']?([^\s"']+)`), false},
	{`password`, regexp.MustCompile(`(?i)\b(?:mysqladmin|nmcli) .*?\bpassword ["']?([^\s"']+)`), false},
	{`_auth`, regexp.MustCompile(`\b_auth[ =]["']?([^\s"']+)`), false},
	{`authtoken`, regexp.MustCompile(`(?i)authtoken[ =]["']?([^\s"']+)`), false},
	{`ftp>`, regexp.MustCompile(`ftp> ?user \S+ (\S+)`), false},
	{`variable "`, regexp.MustCompile(`(?i)variable "[^"]*(?:pass|secret|key|token|pwd|pin|otp|cred|cvv|auth)[^"]*" ?\{[^}]{0,200}?default\s*=\s*"([^"]*)"`), false},
	{`snmp`, regexp.MustCompile(`(?i)\bsnmp\w+ .*?-[AX] (\S+)`), false},
	{`password`, regexp.MustCompile(`(?i)\b(?:machine|login) \S+.*? password (\S+)`), false},
	{`ssh-keygen`, regexp.MustCompile(`\bssh-keygen .*?-N ?["']?([^\s"']+)`), false},
	{`ssh-keygen`, regexp.MustCompile(`\bssh-keygen .*?-P ?["']?([^\s"']+)`), false},
	{`/`, regexp.MustCompile(`(?i)\b(?:expdp|impdp|exp|imp|sqlplus|sqlldr|rman)(?: -\S+| target)* (?:userid=)?[\w.$-]+/["']?([^\s@"']+)`), false},
	{` -`, regexp.MustCompile(`\s-(?:pw|xp) ["']?([^\s"']+)`), false},
	{` -`, regexp.MustCompile(`\b(?:bcp|sqlcmd|osql|isql) .*?-P ?["']?([^\s"']+)`), false},
	{`zip -`, regexp.MustCompile(`\b(?:un)?zip -\w+P ["']?([^\s"']+)`), false},
	{`rar `, regexp.MustCompile(`\b(?:un)?rar .*?-h?p([^\s"'-]\S*)`), false},
	{`unseal`, regexp.MustCompile(`\boperator unseal (?:-\S+ )*([^\s-]\S*)`), false},
	{`from-literal`, regexp.MustCompile(`--from-literal[ =]["']?[\w.-]+=([^\s"']+)`), false},
	{`put-parameter`, regexp.MustCompile(`\bssm put-parameter .*?--value[ =]["']?([^\s"']+)`), false},
	{`authenticate_user`, regexp.MustCompile(`\bauthenticate_user \S+ (\S+)`), false},
	{`-sec.`, regexp.MustCompile(`-sec\.(?:psk|wep-key\d|leap-password|password) ["']?([^\s"']+)`), false},
	{`iwconfig`, regexp.MustCompile(`\biwconfig .*?key (?:s:)?(\S+)`), false},
	{`<(echo`, regexp.MustCompile(`pass(?:word|phrase|wd)?-file[ =]<\(echo (?:-\w+ )?["']?([^)"']+)`), false},
	{`snmp`, regexp.MustCompile(`(?i)\bsnmp\w+ .*?-c ["']?([^\s"']+)`), false},
	{`ldappasswd`, regexp.MustCompile(`\bldappasswd .*?-s ["']?([^\s"']+)`), false},
	{`runas`, regexp.MustCompile(`(?i)\brunas .*?/savecred ([^\s"'/]\S*)`), false},
	{`htdigest`, regexp.MustCompile(`\bhtdigest -\S*b\S* \S+ \S+ \S+ (\S+)`), false},
	{`smbclient`, regexp.MustCompile(`\bsmbclient //\S+ ([^\s-]\S*)`), false},
	{`kv put`, regexp.MustCompile(`\bkv put (?:-\S+ )*\S+ ([^\r\n]+)`), false},
	{`wpa_passphrase`, regexp.MustCompile(`\bwpa_passphrase \S+ (\S+)`), false},
	{`radtest`, regexp.MustCompile(`\bradtest \S+ (\S+)(?: \S+ \d+ (\S+))?`), false},
	{`secrets set`, regexp.MustCompile(`\bsecrets set (?:-\S+ )*((?:[\w.-]+=\S+ ?)+)`), false},
	{` push `, regexp.MustCompile(`\b(?:nuget|gem) push .*?(?:-k|--key)[ =]["']?([^\s"']+)`), false},
	{`--user`, regexp.MustCompile(`--user[ =]["']?[^\s:"']+:([^\s"']+)`), false},
	{`identified`, regexp.MustCompile(`(?i)\bidentified\s+(?:with\s+\S+\s+)?(?:by|as)\s+["']?([^\s"';]+)["']?(?:\s+replace\s+["']?([^\s"';]+))?`), false},
	{`set`, regexp.MustCompile(`(?i)\bset\w*(?:pass|secret|token|apikey|pwd)\w*\(\s*["']([^"']+)`), false},
	{`<<<`, regexp.MustCompile(`<<<\s*["']?(?:[\w.-]+:)?([^"'\s]+)`), false},
	{`/p`, regexp.MustCompile(`(?i)\s/p(?:wd|ass|assword)?:["']?([^\s"']+)`), false},
	{`snmp`, regexp.MustCompile(`(?i)\bsnmp\w+ .* -X (\S+)`), false},
	{`identify`, regexp.MustCompile(`(?i)\bidentify (\S+)`), true},
	{`login `, regexp.MustCompile(`(?:^|[\r\n]|cargo )(?i:login) (?:[\w.@-]+ )?([^\s=]+)(?:\s|$)`), true},
	{`sasl`, regexp.MustCompile(`(?i)\bSASL PLAIN (\S+)`), true},
	{`setuser`, regexp.MustCompile(`(?i)\bACL SETUSER .*?[ "'][>#](\S+)`), false},
	{`lftp`, regexp.MustCompile(`\blftp .*?-u [^\s,]+,(\S+)`), false},
	{`http-basic`, regexp.MustCompile(`\bhttp-basic\.\S+ \S+ (\S+)`), false},
	{`mosquitto`, regexp.MustCompile(`\bmosquitto_passwd -b \S+ \S+ (\S+)`), false},
	{`user-secrets`, regexp.MustCompile(`\buser-secrets set ["']?[^\s"']+["']? ["']?([^\s"']+)`), false},
	{`keyvault`, regexp.MustCompile(`\bkeyvault secret set .*?--value[ =]["']?([^\s"']+)`), false},
	{` add `, regexp.MustCompile(`(?i)\breg(?:\.exe)? add .*?(?:pass|pwd|secret|token|key).*? /d (?:"((?:[^"\\]|\\.)+)"|'([^']+)'|([^\s"']+))`), false},
	{`encrypt_string`, regexp.MustCompile(`\bencrypt_string ["']?([^\s"']+)`), false},
	{`bundle config`, regexp.MustCompile(`\bbundle config .*?\S+ [^\s:]+:(\S+)`), false},
	{`gh secret`, regexp.MustCompile(`(?i)\bgh secret set .*? -b["']([^\s"']+)`), false},
	{`proxy-user`, regexp.MustCompile(`--proxy-user[ =]["']?[^\s:"']+:([^\s"']+)`), false},
	{`curl`, regexp.MustCompile(`(?i)\bcurl .*?(?:-b|--cookie)[ =]["']?([^"'\s][^"'\r\n]*)`), false},
	{`http`, regexp.MustCompile(`\bhttps? (?:-a|--auth)[ =]?["']?[^\s:"']+:([^\s"']+)`), false},
	{`mc `, regexp.MustCompile(`\bmc (?:alias set|config host add) \S+ \S+ \S+ (\S+)`), false},
	{`openssl`, regexp.MustCompile(`\bopenssl .*? -[kK] ["']?([^\s"']+)`), false},
	{`vault login`, regexp.MustCompile(`\bvault login (?:-\S+ )*(?:token=)?([^\s=-]\S{7,})`), false},
	{`community`, regexp.MustCompile(`\bsnmp(?:-server)? community (\S+)`), false},
	{`login`, regexp.MustCompile(`(?i)\blog(?:in|on) [\w.@-]+:(\S*[\d!#$%^&*]\S*[A-Za-z]\S*|\S*[A-Za-z]\S*[\d!#$%^&*]\S*)`), false},
	{`cookie`, regexp.MustCompile(`(?i)\bcookies? [\w.-]{1,40}=([^\s;,"']+)`), false},
	{`cookies`, regexp.MustCompile(`(?i)\bcookies?:? \{([^{}\r\n]{4,})\}`), false},
	{`cookie`, regexp.MustCompile(`(?i)\bcookies?(?: header| value)?(?: was| is| were| sent)?:? (?:"([\w.-]{1,40}=[^"\r\n]*)"|'([\w.-]{1,40}=[^'\r\n]*)')`), false},
	{`/`, regexp.MustCompile(`(?:^|[\s"'(:])[\w.@-]{2,40} ?/ ?(\S+) (?:is|are) (?:the|your|his|her|our|their|its) (?:new )?(?:login|user|credentials?|account|access)`), false},
	{`pass`, regexp.MustCompile(`(?i)\b(?:user(?:name)?|login|account)[ :=]+[\w.@-]+,? (?:and |with |/ )?pass[ :=]+["']?([^\s"',;]+)`), false},
	{`log`, regexp.MustCompile(`(?i)\blog[io]n (?:denied|failed|rejected|refused):? \(?[\w.@-]+/([^\s)]+)`), false},
	{`_pw `, regexp.MustCompile(`\b(?:user|owner)_pw (\S+)`), false},
	{` as sys`, regexp.MustCompile(`(?i)\b[\w$]+/["']?(\S+?)["']?(?:@\S+)? as sys(?:dba|oper)`), false},
	{`//`, regexp.MustCompile(`(?:^|[\s"'(=])//[\w.$-]+/([^\s/@"']+)@[\w-]+[.:\w-]*`), false},
	{`conn`, regexp.MustCompile(`(?i)\bconn(?:ect)? [\w$.-]+/["']?([^\s"'@/][^\s"'@]*)["']?@`), false},
	{`@(desc`, regexp.MustCompile(`(?i)\b[\w$]+/["']?([^\s"'@/]+)["']?@\(DESCRIPTION`), false},
	{`dscl`, regexp.MustCompile(`\bdscl .*?-passwd \S+ ["']?([^\s"']+)`), false},
	{`bw `, regexp.MustCompile(`\bbw (?:login \S+@?\S*|unlock) ["']?([^\s"'-][^\s"']*)`), false},
	{`curl`, regexp.MustCompile(`\bcurl .*?(?:-E|--cert)[ =]["']?[^\s:"']+:([^\s"']+)`), false},
	{`connect to`, regexp.MustCompile(`(?i)\bconnect to \S+ user \S+ using ["']?([^\s"']+)`), false},
	{`user add`, regexp.MustCompile(`\buser add ["']?[\w.@-]+:([^\s"']+)`), false},
	{`.logon`, regexp.MustCompile(`(?i)\.logon [\w./-]+,["']?([^\s"';]+)`), false},
	{`key `, regexp.MustCompile(`\biw .*?\bkey \d:(\S+)`), false},
	{`passwd -new`, regexp.MustCompile(`\bkeytool .*?passwd -new ["']?([^\s"']+)`), false},
	{`-auth=`, regexp.MustCompile(`\s-(?:http-)?auth=["']?[^\s:"']+:([^\s"']+)`), false},
	{`openssl`, regexp.MustCompile(`\bopenssl (?:dgst|mac) .*?-hmac ["']?([^\s"']+)`), false},
	{`community`, regexp.MustCompile(`\br[ow]community6? (\S+)`), false},
	{`stats auth`, regexp.MustCompile(`\bstats auth [^\s:]+:(\S+)`), false},
	{` auth `, regexp.MustCompile(`\b(?:snyk|ggshield|ngrok|infisical) auth ([^\s-]\S{7,})`), false},
	{`tan `, regexp.MustCompile(`\b(?:m|i|push|sms)?TAN:? (?:is )?(\d{4,8})\b`), false},
	{`generated for `, regexp.MustCompile(`(?i)\bpass\w+ (?:is|was|has been) generated for \S+: (\S+)`), false},
	{`openssl`, regexp.MustCompile(`\bopenssl passwd (?:-salt \S+ |-\S+ )*["']?([^\s"'-][^\s"']*)`), false},
	{`pdf`, regexp.MustCompile(`\bpdf\w+ .*?-[uo]pw ["']?([^\s"']+)`), false},
	{`qpdf`, regexp.MustCompile(`\bqpdf .*?--encrypt ["']?([^\s"']+)["']? ["']?([^\s"']+)`), false},
	{`obscure`, regexp.MustCompile(`\brclone obscure ["']?([^\s"']+)`), false},
	{`samba-tool`, regexp.MustCompile(`\bsamba-tool user (?:create|add) \S+ ["']?([^\s"'-][^\s"']*)`), false},
	{`security `, regexp.MustCompile(`\bsecurity (?:add|import|set)\S* .*?-[wP] ["']?([^\s"']+)`), false},
	{`signtool`, regexp.MustCompile(`(?i)\bsigntool .*?/p ["']?([^\s"']+)`), false},
	{`slappasswd`, regexp.MustCompile(`\bslappasswd .*?-s ["']?([^\s"']+)`), false},
	{`sonar.`, regexp.MustCompile(`-Dsonar\.(?:login|token|password)=["']?([^\s"']+)`), false},
	{`kv patch`, regexp.MustCompile(`\bkv patch (?:-\S+ )*\S+ ([^\r\n]+)`), false},
	{`unwrap`, regexp.MustCompile(`\bvault unwrap (?:-\S+ )*([^\s-]\S*)`), false},
	{`winrs`, regexp.MustCompile(`(?i)\bwinrs .*?[-/]p(?:assword)?:["']?([^\s"']+)`), false},
	{`isql `, regexp.MustCompile(`(?:^|\s)i?sql \w[\w.-]* \w[\w.@-]* ["']?([^\s"'-][^\s"']*)`), false},
	{`cryptsetup`, regexp.MustCompile(`(?:echo|printf) (?:-\w+ )?["']([^"']+)["'] ?\| ?(?:sudo )?cryptsetup`), false},
	{`wpa-psk`, regexp.MustCompile(`\bwpa-psk (?:ascii|hex) (?:\d )?(\S+)`), false},
	{`"`, regexp.MustCompile(`(?m)(?:^|: ?)(?:PSK|EAP|XAUTH|NTLM|RSA \S+|PKCS12 \S+|ECDSA \S+) "([^"\r\n]+)"`), false},
	{`.equals`, regexp.MustCompile(`(?i)(?:pass\w*|secret|token|pwd|pin|key)\.equals(?:IgnoreCase)?\(["']([^"'\r\n]+)`), false},
	{`.equals`, regexp.MustCompile(`(?i)["']([^"'\r\n]+)["']\.equals(?:IgnoreCase)?\(\w*(?:pass\w*|secret|token|pwd)\)`), false},
	{`</`, regexp.MustCompile(`(?i)\b(?:password|passwd|passcode|passphrase|pin|token|api key|secret|code)(?: is| was)?:? ?<(?:b|i|u|em|strong|code|kbd|tt|span|mark|samp|pre)\b[^<>]*>([^<]+)<`), false},
	{`key `, regexp.MustCompile(`(?i)\b(?:(?:radius|tacacs)-server (?:host \S+ )?|isakmp |message-digest-|authentication-)key (?:\d+ md5 |\d )*(\S+)`), false},
	{`rootpw`, regexp.MustCompile(`\brootpw (?:--\w+ )?([^\s-]\S*)`), false},
	{`pre-shared-key`, regexp.MustCompile(`\bpre-shared-key (?:(?:local|remote|ascii-text|hex|address \S+ key) )?["']?([^\s"']+)`), false},
	{`code `, regexp.MustCompile(`(?i)\b(?:use|enter|type|your) (?:the |this )?code:? (?:is |to [a-z ]{2,30}: )?["']?(\d{4,8})\b`), false},
	{`log`, regexp.MustCompile(`(?i)\blog(?:ged )?[io]n (?:as|with) [\w.@-]+[:/](\S+)`), false},
}

// users are phrases in which a password stands beside a user. What is an unusual word
// there goes too.
var users = []login{
	{`cookie `, regexp.MustCompile(`(?i)\bcookie ["']?[\w.-]{1,40}["']? (?:to|was|is|has the value|had the value):? ["']?([^\s;,"']{6,})`), true},
	{`-u `, regexp.MustCompile(`(?:^|\s)-u ["']?[\w.@-]+:([^\s"'/]+)["']? (?:\S+ )*?["']?https?://`), true},
	{`login `, regexp.MustCompile(`(?m)^LOGIN [\w.@-]+ (\S+)\s*$`), true},
	{`auth `, regexp.MustCompile(`(?i)\bauth(?:enticate)? [\w.@-]+ ([^\s,;)"']+)`), true},
	{`log`, regexp.MustCompile(`(?i)\b(?:log(?:ged)? ?[io]n|sign(?:ed)? in|sign-in)(?: (?:attempt|try|failed|failure|denied|rejected))?(?: (?:as|with|using|for|by))?:? ["']?[\w.@-]{2,40} ?[:/] ?([^\s,;)"'/]+)(?:[\s,;)"']|$)`), true},
	{`auth`, regexp.MustCompile(`(?i)\bauth(?:entication|orization)? (?:failed|failure|error|rejected|denied)(?: for)?:? ["']?[\w.@-]{2,40} ?[:/] ?([^\s,;)"'/]+)(?:[\s,;)"']|$)`), true},
	{`key=`, regexp.MustCompile(`(?i)\b\w*(?:key|secret|token)\w*(?:exception|error):? .*?\bkey[=:] ?["']?([^\s"',;)]+)`), true},
	{`credential`, regexp.MustCompile(`(?i)\bcredentials(?: (?:are|were|of|for))?:? ["']?[\w.@-]{2,40} ?[:/] ?([^\s,;)"'/]+)(?:[\s,;)"']|$)`), true},
	{`(`, regexp.MustCompile(`(?i)(?:denied|failed|rejected|invalid|refused) \(["']?[\w.@-]{2,40}/([^)\s]+)\)`), true},
	{`pass`, regexp.MustCompile(`(?i)\buser(?:name)?:? [\w.@-]+,? (?:and )?pass(?:word)?:? ["']?([^\s"',;]+)`), true},
}

// couple is a phrase in which a user and a password are told together. The first group, which is
// the user, stays.
var couple = regexp.MustCompile(`(?i)\b(?:user(?:name)?|login|account)(?: ?/ ?| and | & )pass(?:word)?(?: (?:is|are|was|were))?[:=]? ?["']?([\w.@-]{2,40})["']?(?: ?/ ?|:|, ?| and | )["']?([^\s"',;]+)`)

// coupled takes the password out of such phrases, and leaves the user, which other rules took.
func coupled(s string, list []span) []span {
	if indexFold(s, "pass") < 0 {
		return list
	}
	found := slices.DeleteFunc(couple.FindAllStringSubmatchIndex(s, -1), func(at []int) bool {
		v := s[at[4]:at[5]]
		return !strings.HasPrefix(v, markerStart) && (harmlessValue(v) || !looksChosen(v, "password"))
	})
	if len(found) == 0 {
		return list
	}
	list = slices.DeleteFunc(list, func(x span) bool {
		k, _ := slices.BinarySearchFunc(found, x.from, func(at []int, from int) int { return at[3] - 1 - from })
		return k < len(found) && x.from < found[k][3] && x.to > found[k][2] && x.to <= found[k][5]
	})
	for _, at := range found {
		list = append(list, span{from: at[4], to: at[5], rule: rulePair})
	}
	return list
}

// owned are sentences that tell a secret after whose it is.
var owned = []login{
	{` for `, regexp.MustCompile(`(?i)\b(?:secret|pass\w*|token|key|pin|code) for (?:the )?(?:client|user|account|host|realm|peer|device|service|tenant|app) \S+ (?:is|was)(?: now)?:? ["']?([^\s"',;]+)`), true},
}

// loginSpans finds passwords by the command or phrase they stand in.
func loginSpans(s string, list []span) []span {
	return matched(s, users, "password", matched(s, logins, "", coupled(s, list)))
}

// matched takes what the groups of forms match; noun is for [looksChosen].
func matched(s string, forms []login, noun string, list []span) []span {
	for i := range forms {
		l := &forms[i]
		if indexFold(s, l.needle) < 0 {
			continue
		}
		for _, at := range l.expr.FindAllStringSubmatchIndex(s, -1) {
			for k := 2; k < len(at); k += 2 {
				if at[k] < 0 {
					continue
				}
				if v := s[at[k]:at[k+1]]; !harmlessValue(v) && !strings.HasPrefix(v, "//") && (!l.chosen || looksChosen(v, noun) && !isAddressee(v)) {
					list = append(list, span{from: at[k], to: at[k+1], rule: rulePair})
				}
			}
		}
	}
	return list
}

// Bounds of a list of arguments that is read as a command line.
const (
	maxArguments = 64
	maxCommand   = 4096 // bytes
)

// commandList redacts a list of arguments by what they are as one line, and
// reports whether it changed: ["curl", "-u", "user:…"].
func (p *Pass) commandList(i int32) bool {
	var line strings.Builder
	count, options := 0, false
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		if n.kind != text || n.text == "" || strings.HasPrefix(n.text, "[") || count == maxArguments || line.Len()+len(n.text) > maxCommand {
			return false
		}
		if count > 0 {
			line.WriteByte(' ')
		}
		line.WriteString(n.text)
		options = options || count > 0
		count++
	}
	if !options || !command(p.nodes[p.nodes[i].child].text) {
		return false
	}
	s := line.String()
	list := loginSpans(s, p.commandSpans(s, nil))
	if strings.HasPrefix(s, "sqlplus ") {
		list = bareUserinfo(s, list)
	}
	changed := false
	at := 0
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		n := &p.nodes[c]
		end := at + len(n.text)
		for _, x := range list {
			if from, to := max(x.from, at), min(x.to, end); from < to {
				p.remove(x.rule, s[from:to])
				p.report(x.rule)
				n.text, n.signs = s[at:from]+marker(x.rule)+s[to:end], 0
				changed = true
				break
			}
		}
		at = end + 1
	}
	return changed
}

// command reports whether a word can be the name of a program.
func command(s string) bool {
	if len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) && strings.IndexByte("._-/", s[i]) < 0 {
			return false
		}
	}
	return isAlpha(s[0]) || s[0] == '/' || s[0] == '.' || s[0] == '7'
}
