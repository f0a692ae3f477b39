package redactprocessor_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Secrets before the words that tell of them, under names in odd spellings, and in forms of
// single tools.
func init() {
	for class, forms := range map[string][]string{
		"words behind": {
			"§t is the recovery key", "please use §t as deploy key", "please use '§t' as the client key", "§t is the service account key", "§t (auth)", "§t (deploy key)", "session token starts with §m4x", "master key begins with §t",
			"API key ends with §m7", "license key…§t", "*license key* §t", "license key\n§t", "old secret §m, rule mebaro", "Key rotated, old secret §m, rule r", "the password is §m", "wrong password §m for ada",
			"sync finished, used private key 0x§h§h for upload", "contraseña: §p de Bedosevi", "Password: §p (reset by Dr. Regadodi)", "senha: §p, usuario Vodubusa", "<SSN 309.22.§y> by Dr. Numo", "set cardSecurityCode to §w", "set user.auth.value to §h", "changed apiKey to §m", "deploy key starts with §m4xQ", "copied license key to clipboard: §t", "wachtwoord §m van Rekotofi", "auth code §d used by Vevawiki", "Benutzer ada, Kennwort §w", "usuario ada, contraseña §w", "secret question: pet? answer: §w", "the answer to his security question is §w", "scratch code §d used", "emergency codes: §p, §p", "seed: §t", "auth mxRhUE§mbVTEGBYWK81TE", "the shared secret, §w, was rotated", "Authorization code §t exchanged",
			"select a from t where e = eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI5ODI0MDM2NjIyIiwibmFtZSI6IkRvc2V6b2xhIiwiaWF0IjoxNzA2ODQ0NDc1fQ.pDMoK-K-9t§m",
			"Traceback (most recent call last):\n  File \"/srv/x.py\", line 3, in f\n    connect(\"x\")\nValueError: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI5ODI0MDM2NjIyIiwibmFtZSI6IkRvc2V6b2xhIiwiaWF0IjoxNzA2ODQ0NDc1fQ.pDMoK-K-9t§m",
			"login attempt with ada/§p from 10.0.0.1", "Passwort für ada geändert auf §p", "contraseña de ada cambiada a §p", "Your Acme code is: §d. Don't share it.", "cookie header was \"sid=§w; theme=§w\"", "/v1/api-key/cE§mKTanhQ1WqAVEGLRL§m", "password=\n§w12", "password=\r\n§p\n",
			"rotated secret §h", "access key §h revoked", "client secret §h expires soon", "secret §h rotated", "api key §h§h created", "api token §h revoked", "signing key §h rotated", "deploy token §h created", "Created token §h for ci", "encryption key §h deleted",
			"Bob shared his password with support: it is §h", "Bob shared his password with support: it is §w", "Bob shared his password with support, it's §p", "SSN 309.22.§y",
		},
		"forms with encoded names": {
			"utf8=%E2%9C%93&zone=a&session%5Btoken%5D=§w+§w+§w&commit=Log+in", "zone=a&%61%70%69%5f%6b%65%79=§w%3C§w%3F§w", "form%3Apin=§w%3C§w%2A§w&form%3Azone=x", "order%5Buser%5D%5B0%5D%5Bpin%5D=§w+§w+§w&zone=x",
			"ctl00%24Main%24pin=§w%22§w%5E§w&zone=x", "%70%69%6e=§w%20§w", "a=1&%73%65%63%72%65%74%5b%5d=§w%22§w",
		},
		"tools": {
			`handling {:user "nikemu", :pinCode "§w"}`, `{:pinCode "§w"}`, `{:api/key "§w"}`, `[:db/password "§m"]`, "username varadu privilege 15 password 0 §m", "username varadu privilege 15 password 7 §h", "enable secret 5 $1$abcd$§t", "enable password 7 §m",
			"curl -u §w: https://otter.example.org/v1/charges", "curl -u '§t:' https://otter.example.org/v1/charges", "dial //svczo/§p@salmon.example.org:1521/x: refused", "connect '//svczo/§p@salmon/x'", "Administrator:500:§h:§h:::", "value 'ada:1001:§h:§h:::' was rotated",
			"exception 2/8699127801479604/1016796551900902:§h", "token 1/1016796551900902:§h", "request: track2 -> §w", "salt -> §w", "setx ZONE coral\nsetx ADMINSSN §p", `{"headers":[["X-Hub-Signature-256","sha256=§h§h"],["Accept","*/*"]]}`, "ENV API_KEY §w", "var secret = []byte(\"§w\")", "LOGIN ada §w", "gem push --key §w", "pulumi config set --secret dbPassword §h -s x", `{"args":["pulumi","config","set","--secret","dbPassword","§h","-s"]}`, "radius-server key §h", "Violation of UNIQUE KEY constraint 'UQ'. Cannot insert duplicate key in object 'dbo.c'. The duplicate key value is (§n).", "set -x API_TOKEN §m", "set -gx DB_PASSWORD §w", "setenv API_TOKEN §m", "//svcdi/§p@violet.example.com:1521/x", "paꮪꮪphraꮪҽ=§w", "--pem=§w",
		},
		"members with odd names": {
			`{"magnetic_stripe":{"hint":"","new":"§w"}}`, `{"magneticStripe":{"old":"§w","new":"§w"}}`, `{"accesStokEn":"§m","zone":"x"}`, `{"cLientSecRet":"§m"}`, `{"apItoKen":"§m"}`, `{"pem":"§w"}`, `{"Pin__c":"§w"}`, `{"app":{"auth":{"value":"§w"}}}`, `{"app.auth.value":"§w"}`,
			`{"changes":[{"key":"plan","a":"x","b":"y"},{"key":"password","a":"§w","b":"§w"}]}`, `{"form":[{"caption":"apiKey","input":"§w"},{"caption":"zone","input":"x"}]}`, `{"settings":[{"name":{"en":"Pin"},"value":"§w"}]}`, `{"fields":[{"apiName":"Pin__c","value":"§w"}]}`,
			`{"legend":"Password","entered":"§w"}`, `{"channel":{"webhook":"https://h.example.org/§t"}}`, `{"snmp":{"community":"§w"}}`, `{"entry":[{"@key":"password","$":"§w"}]}`, `{"@name":"password","#text":"§w"}`, `{"cmd":"login","args":["ada","§w"]}`, `{"luks_key":"§w"}`, `{"credentials":{"user":"§w"}}`, `{"cmd":["curl","-H","\"X-Api-Key:","§w\"","https://x"]}`, `{"id_rsa":"§h"}`, `{"adminssn":"§n"}`, `{"cpf":"§n"}`, `{"twilio_auth":"§w"}`, `{"invite_code":"§w"}`, `{"keys":{"private":"§w"}}`, `{"keypair":{"public":"x","private":"§w"}}`, `{"rawHeaders":["Host","x","X-Pin","§m"]}`, `{"field":{"id":"f1","label":"Password"},"value":"§w"}`, `{"name":{"de":"Kennwort","en":"Password"},"old":"§w","new":"§w"}`, `{"field":"password","expected":"§w","actual":"§w"}`,
			`{"query":{"match":{"name":"§r"}}}`, `{"query":{"bool":{"must":[{"term":{"name":"§r"}}]}}}`, `{"query_text":"§w is not happy with the offer"}`, `{"event":{"auth":{"accessor":"§m"}}}`, `{"user":"crystal:§w80"}`, `{"export":{"format":"csv","preview":[["§w","34908878"],["84288538","§r"]]}}`, `{"value":{"payload":{"after":{"city":"§w"}}}}`,
			`{"scratch_codes":["§m-x4","§p"]}`, `{"emergencyCodes":["§m-x4"]}`, `{"attribute":"backupencryptionkey","previous":"§p","current":"§h"}`, `{"backupencryptionkey":"§p"}`, `{"arg":"unseal.key","default":"§p"}`, `{"keyfile_json":"§w"}`,
			`{"response":{"payload":{"user":{"city":"§w"}}}}`, `{"responsePayload":{"city":"§w"}}`, `{"response_data":{"city":"§w"}}`, `{"response":"{\"customer\":{\"city\":\"§w\",\"balance\":§n}}"}`, `{"config":{"records":{"a1":{"name":"§r"},"a2":{"name":"§r"}}}}`, `{"value":{"payload":{"op":"u","ts_ms":1,"after":{"city":"§w"},"before":{"city":"§w"}}}}`,
		},
	} {
		pipelineForms[class] = forms
	}
}

// TestMembersBesideOthers reads objects whose members only together say what is secret.
func TestMembersBesideOthers(t *testing.T) {
	for name, keep := range map[string][]any{"defaults": nil, "keep all": {"*"}} {
		run := pipeline(t, keep...)
		s := sower{rand.New(rand.NewPCG(*pipelineSeed, 5))}
		for _, form := range []string{
			`{"jsonrpc":"2.0","method":"login","params":{"0":"bob","1":"§w"}}`, `{"jsonrpc":"2.0","method":"authenticate","params":["bob","§w"]}`, `{"method":"user.setPassword","params":{"arg1":"bob","arg2":"§w"}}`,
			`{"method":"changePassword","params":["bob","§w","§w"]}`, `{"jsonrpc":"2.0","method":"login","params":[{"u":"bob","p":"§w"}]}`, `{"jsonrpc":"2.0","method":"login","params":{"p":"§w","u":"bob"}}`, `{"method":"login","params":"bob §w"}`,
			`{"input":"ada:§w"}`, `{"data":"ada:§w"}`, `{"credentials":"ada:§w"}`, `{"basic":"ada:§w"}`,
			`{"auth":{"client_token":"§w","accessor":"§m","policies":["x"]}}`, `{"auth":{"policies":["x"],"x":"§w","metadata":{"y":"§w"}}}`,
			`{"query":"mutation M($p:String!){login(password:$p){id}}","variables":{"p":"§w"}}`, `{"query":"mutation M($p:String!){changePassword(id:$i,new:$p){id}}","variables":{"p":"§w"}}`, `{"change":{"query":"# §w asked\nquery { me { id } }"}}`,
			`{"note":"AKIA6MEMHA47AWSRTCW6:/bsyyDNqpEUMdUID1ZSmzdbr§mw1Aphpdw"}`, `{"variables":{"p":"§w"},"query":"mutation M($p:String!){login(in:{password: $p}){id}}"}`,
		} {
			text, secrets := s.fill(form)
			for _, secret := range secrets {
				require.NotContains(t, written(run(record(attribute("http.request.body"), text))), secret, "%s: %s", name, form)
			}
		}
		for _, text := range []string{"\n\bpassword\x12\bzopuOWVF", "\n\x06secret\x12\x08zopuOWVF", "ERROR: syntax error at or near \"zopuOWVF\"\nLINE 1: select zopuOWVF from t"} {
			for _, at := range []place{attribute("message"), attribute("note")} {
				require.NotContains(t, written(run(record(at, text))), "zopuOWVF", "%s: %q", name, text)
			}
		}
	}
}

// TestFreeTextOfProducers reads the text of messages and models under names of libraries.
func TestFreeTextOfProducers(t *testing.T) {
	run := pipeline(t, "*")
	for _, name := range strings.Fields(`kafka.message.value messaging.kafka.message.body messaging.message.value messaging.rabbitmq.message.data sqs.message pubsub.message.data llm.prompts llm.prompts.0.content llm.completions.0.content
		traceloop.entity.input traceloop.entity.output langfuse.observation.input rpc.message jsonrpc.params rpc.request.message grpc.request.message rpc.grpc.request.message app.chat_message mail.caption mail.question openinference.input.value input.value output.value event.original app.answer app.reply task.input task.output comment_text user.completion ai.prompt gen_ai.prompt llm.input_messages.0.message.content langsmith.outputs`) {
		out := written(run(record(attribute(name), "Dear Nefanabu, we regret to inform you that your contract ends")))
		require.NotContains(t, out, "Nefanabu", name)
		out = written(run(record(attribute(name), `{"message":"Dear Nefanabu, your contract ends","note":"from Nefanabu and others"}`)))
		require.NotContains(t, out, "Nefanabu", name)
	}
	for name, value := range map[string]string{"messaging.kafka.message.key": "order-17", "messaging.message.id": "m-17", "llm.model": "small-3", "kafka.topic": "orders", "traceloop.entity.name": "planner", "messaging.system": "kafka", "log.record.original": "GET /orders took 5 ms for ada", "rpc.message.type": "SENT", "rpc.message.id": "m 1 of 7", "error.message": "the disk is full", "rpc.error.message": "the disk is full"} {
		require.Contains(t, written(run(record(attribute(name), value))), value, name)
	}
}

// TestBesideSecretsStays reads what stands beside secrets, and is none.
func TestBesideSecretsStays(t *testing.T) {
	for name, keep := range map[string][]any{"defaults": nil, "keep all": {"*"}} {
		run := pipeline(t, keep...)
		for _, s := range []string{
			`{"password.policy":"«strict»","token.count":«4»,"secret.name":"«db-main-7»","token.host":"«auth1.example.org»","secret_ref":"«db-credentials-v2»","token_file":"«/run/secrets/t1»","password_check":"«passed»","api_key_header":"«X-Api-Key2»","tokens.type":"«jwt»","password_test":"«2026-11-28»","secrets.version":"«17»"}`,
			`{"field":"password","change":"«updated»","config":{"type":"«string»"}}`, "authorization: «allowed for role auditor»", "token: «issued to ada»", "credentials: «verified for ada»", "password: «verified for ada»", "token «serviceAPI» revoked on «nodeDB»", "ssh://«ubuntu2204»@h.example.org", "the cookie policy was «accepted»", "session=«checkout» closed",
			"DB_PASSWORD_TEST=«passed»", "token.host=«auth1.example.org»", "rows[token][count]=«17»",
			`{"mfa":{"required":true,"methods":["«totp_vimu»","«fido_dako»"]}}`, `{"kind":"Event","annotations":{"authorization.k8s.io/decision":"«allowlipi»"}}`, `{"type":"request","auth":{"client_token":"x1","policies":["«po-tude»"]},"request":{"path":"«kv/gaso»"}}`,
			"SELECT id FROM t_wepina WHERE name='x' took «674278» ms on «salmon-nito.corp.example.org»", `curl https://a.example.org/x -H "Cookie: a=x1" -o «tumuzu»`, `{ user = "«nopuse»", pinCode = "x1y2" }`, "contraseña: Pere61#sube2 de «Bedosevi»",
			"contraseña: island-fido-9895 de «Bedosevi»", "Req(a=1, auth=Auth(user='«devedu»', client_secret='x1y2z3'))", "Password: wefi4plR (reset by Dr. «Regadodi»)", "senha: Pale91#kefa7, usuario «Vodubusa»",
			"seed phrase: marble ginger meadow falcon hazel amber copper copper garnet planet olive harbor for upload by Dr. «Vanirozi»", "pasted ---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n4jMKDlLl+7YtrczM3sTPY/RN7QrYV1WhpvPfKAfRPcO4\n---- END SSH2 ENCRYPTED PRIVATE KEY ---- into the form by Dr. «Luwekegu»",
			"called with PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\njoHZcb5NPsRjF5GDal7ZwmVFu5hcjYbQ\nPrivate-MAC: 13ab4579571204098fd0f4f360b4e4e038cc4107, retrying by Dr. «Widofaru»",
			"botToken:FzM8M18PNkQm,zone:«mililo»", "aws secretsmanager put-secret-value --secret-id «panther-vidi» --secret-string DikoPeru828", `{"annotations":{"authorization":{"k8s":{"io/decision":"«allowsete»"}}}}`,
			`{"fields":[{"label":"Region","content":"«eu-west-1»"},{"label":"Plan","content":"«pro-gesi»"}]}`, "the code «4711» is unknown", "Secret read: «payments/stripe»", "password copied from «1Password»", "login with password=x1y2z3 «failed for bob»",
			`{"passwordCredentials":[{"startDateTime":"«2024-01-01T00:00:00Z»","endDateTime":"«2025-01-01T00:00:00Z»","keyId":"«3f2b8c1e-9a4d-4e6f-8b1a-2c3d4e5f6a7b»","secretText":"x1y2z3"}]}`,
			`{"update":{"«$set»":{"«shoe_size»":44}},"filter":{"«colour»":{"«$in»":["a","b"]}}}`, `{"data":"«nginx:alpine»","input":"«role:admin»"}`, "set apiKey to «expire» in 5 days", "set retentionPolicy to «strict»",
			`{"trace":"«cd78b072961015294dc766c0fc4413fa»"}`, `{"accessTokenLifespan":"«2820679»","otp_digits":"«6321»","cvv_result":"«match»","password_required_chars":"«upper»","secretsScanned":"«433»"}`, "Invalid credentials for «tatefedo@acme.example»", "Access key «AK-62508» deactivated", `{"locale":["«pepper-nese»","«olive-tile»"]}`,
			"Authorization: «access denied to dragon-pepu»", "key fingerprint «9a3db47566f5d1caef43ad611054aa8f» ok",
			`{"values":{"auth":{"postgresPassword":"x1","username":"«ivory-fosi»","database":"«planet-gezi»"}}}`, "password=\n«user=ada»", `{"basicAuthUser":"«ada-b»","login":"«okta:jsmith2024»"}`,
			"OTP «delivered» by sms", "GET /api/v1/tokens?page=«2&limit=50» 200 12ms", "auth=«saml» user=«ada»", "tokens=«512» model=small-3", `{"method":"deploy","params":["«ada»","«x7»"],"community":"«gophers»","hook":"https://«ci.example.org/build»"}`,
			"SSN: 316 25 9587 by Dr. «Kesebowi»", "the token, issued to «bob», was rotated", "Traceback (most recent call last):\n  File \"«/srv/x.py»\", line «3», in f",
			`{"policy":{"password":{"minLength":«12»,"requireDigits":true}}}`, "emergency code red declared by «mei»", "seed: «42»",
			`{"variables":{"input":{"smtpPassword":"x1","id":"«1a731fea-5cfd»","region":"«pepper-wito»"}}}`, "Authorization: Token e4bG7ICQCuPAUsMKh33W by Dr. «Gusigewa»",
			"called with seed phrase: flint jasmine otter winter zephyr salmon beacon pigeon granite orchid saffron olive, retrying by Dr. «Sikowinu»",
			"deploy key «prod-7» added by «mei»", "secret 5 «minutes» old", "token for «serviceA» revoked", "«3f2c9e6a51b04d7ea1c29b8d7e6f5a4c» is the key of the order", `{"field":"password","type":"«string»","action":"«update»","user":"«ada»"}`, `{"query":{"status":"«open»","page":"«two»"}}`,
			`{"cookie.count":«4»,"cookie.policy":"«strict»","cookie.consent":"«given»","min.pin.policy":"«lax»","pin.policy":"«lax»","pin.length":«6»}`, `{"content":{"token":{"count":«44»},"password":{"policy":"«strict»","length":«12»}}}`,
			`{"a":"«ce643161580a7e02aaa25eab»","b":"«cd849954207ecf4110fbec72»"}`, "«US4897085027 was updated by the scheduler»", "«ce643161580a7e02aaa25eab closed»", `{"password.updated":"«2026-11-28T10:00:00Z»","token.second":«12»}`, `{"password.updated":"«yes»"}`,
			`{"item":"«/api/v2/faniso/82091/tokens»","id":"7"}`, `{"item":"«arn:aws:secretsmanager:us-east-1:724818236191:secret:pubobo-pFub4P»","zone":"b"}`, `{"id":"Acme\\KareSecret","item":"«203.130.248.116»"}`,
			"«arn:aws:secretsmanager:us-east-1:724818236191:secret:kaduse-0HTvsi was updated»", "rotated «arn:aws:secretsmanager:eu-west-1:724818236191:secret:kaduse-0HTvsi» by mei", `{"image":"«registry.example.com/pepper:1.15»","b":"«registry.example.com/token:v1.15-rc1»","c":"«registry.example.com/vault-secret:2.1.0»"}`, "pulled «registry.example.com/vault-secret:2.1.0»",
			"200 {Bearer sukomapleSUKO1231|curl} \"GET /app/«tena»?page=3&apikey=x1y2z3 «HTTP/1.1»\"", "Credentials: admin:sukoMaple1 («tena»)", "secret=sukomaple («zone tena»)", "Senha: sukomaple1 («tena»)", "X-Amz-Security-Token:sukoMaple12 «zone tena»", "otp:726917 «user:tena»",
			"docker service create --env-add PGPASSWORD=x1y2z3 «nnesilo»", "gunicorn --env SECRET_KEY=x1y2z3 «ndamoti:app»", "packer build -var ssh_password=x1y2z3 «nkofipa.json»", "podman login --username bob --password=x1y2z3 «pilaro.example.net»", "qpdf --decrypt --password=x1y2z3 «nnafafa.pdf o.pdf»",
			"https://cal.example.com/owa/reach.ics?sharetoken=MaluFipa239 «nnuvofo»", "https://prod-01.westeurope.logic.azure.com:443/workflows/x1/triggers/manual/paths/invoke?sp=x&sv=1.0&sig=LCc7W8VuVhTjTLslGcNAYMGTdcwsMUQaNgVb5WB2nRd «nmesami»", "X-Amz-Security-Token:gonivelepa «zone npapona»",
			"https://maker.ifttt.com/trigger/«tena/with/key»/sukomapleSUKO12", "exec '«any command»' exited with status «1»", "php artisan tinker --execute=\"«User::create»(['password'=>'x1y2z3'])\" --env=«tena»", "kubectl create secret docker-registry r --docker-username=«bob» --docker-password=x1y2z3 -n «tena»",
			"aws cognito-idp admin-set-user-password --username «vekuka» --password x1y2z3", "ktutil: addent -password -p «tena@EX» -w x1y2z3 -k 1", "oc login «https://api.tena.example.org:6443» --token=x1y2z3", "reset your password: «https://tena.example.org/reset»?reset_password_token=x1y2z3", "authorization=Bearer+sukoMaple123&«x=tena»",
			"\"«ConnectionStrings:Default» is set\"", "<saml:Attribute Name=\"sharedSecret\">«<saml:AttributeValue>»x1y2z3</saml:AttributeValue></saml:Attribute>", "credentials=sukoMaple1 «result=tag»", `{"secretId":"«arn:aws:secretsmanager:us-east-1:724818236191:secret:tena-pFub4P»","clientRequestToken":"«3f2b8c1e-9a4d-4e6f-8b1a-2c3d4e5f6a7b»"}`,
			"user=«svc:reader»", "login=«okta:jsmith2024»", "account: «team:reader2»", "user: «system:node»", "username and password are «bob» and x1y2z3", "user/pass «bob»/x1y2z3", "login and password: «bob», x1y2z3", "user and password are «required» and «checked»", "docker run -u «1000:1000» img «https://h.example.org»", "creds=bob:x1y2z3,«eve:admin»", "--X\r\nContent-Disposition: form-data; name*=UTF-8''co%6Cour\r\n\r\n«tena»\r\n--X--", `{"parts":[{"headers":{"Content-Disposition":"form-data; name=\"colour\""},"body":{"a":"«tena»"}}]}`, "ada@«tcp(db:3306)»/shop",
			"password \"«reset pending»\" shown to ada", "password «policy-lufa» applied", "token «deploy-lufa-two» sent by ada", "the token is \"«not valid for this»\"", "set theme.color to \"«dark blue»\" (was \"«light»\")", "status changed from '«open»' to '«closed»'", `{"v":[["zone","«lufa»"],["plan","«gold»"]]}`,
		} {
			at := attribute("message")
			if s[0] == '{' && s[1] != ' ' {
				at = attribute("http.request.body")
			}
			requireStays(t, run, at, s, name)
		}
	}
}

// TestNamesOfActionsStay reads actions called by a thing and what is done to it.
func TestNamesOfActionsStay(t *testing.T) {
	run := pipeline(t)
	for _, action := range strings.Fields("auth:login-rada password:update-buzo auth:logout auth:mfa_enroll auth:saml-login secret:rotate-all token:introspect") {
		require.Contains(t, written(run(record(attribute("audit.action"), action))), action)
	}
}
