package redactprocessor_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// pipelineForms are forms in which secrets come, by class; see sower.fill.
var pipelineForms = map[string][]string{
	"loggers": {
		`time=2026-11-22T10:00:00Z level=warn msg="login failed" user=ada password=§p attempt=3`,
		`2026-11-22 10:00:00,123 ERROR [main] c.e.AuthService - Login failed: LoginRequest(username=ada, password=§p, remember=true)`,
		`{"ts":1,"lvl":"error","msg":"auth failed","ctx":{"login":{"user":"ada","pwd":"§p"}}}`,
		`DEBUG user=User{id=3, name='ada', passwordHash='§t', roles=[admin]}`,
		`<134>1 2026-11-22T10:00:00Z host app 1 ID47 [auth@32473 user="ada" password="§p"] failed`,
		`CEF:0|Acme|App|1|100|login failed|5|suser=ada cs1Label=password cs1=§p`,
		`LEEF:2.0|Acme|App|1|login|usrName=ada	pwd=§p	src=10.0.0.1`,
		`INFO  sending headers {Authorization=[Bearer §t], Accept=[*/*]}`,
		`I1122 10:00:00.000000 1 main.go:42] "config" apiKey="§t" region="eu"`,
		`Parameters: {"utf8"=>"✓", "user"=>{"email"=>"a@b.c", "password"=>"§p"}, "commit"=>"Log in"}`,
		`#<User id: 3, email: "a@b.c", encrypted_password: "§t", reset_password_token: "§t">`,
		`Array ( [user] => ada [password] => §p [remember] => 1 )`,
		`array(2) { ["user"]=> string(3) "ada" ["password"]=> string(12) "§p" }`,
		`{:user=>"ada", :password=>"§p"}`, `%{"user" => "ada", "password" => "§p"}`, `%{user: "ada", api_key: "§t"}`,
		`Namespace(user='ada', password='§p')`, `Credentials(user='ada', password=SecretStr('§p'))`, `{'user': 'ada', 'password': '§p'}`, `{'user': u'ada', 'password': u'§p'}`, `{'token': b'§t'}`,
		`config{User:"ada", Password:"§p", Port:5432}`, `map[password:§p user:ada]`, `map[string]string{"password":"§p"}`,
		`Config { user: "ada", password: "§p" }`, `Optional[password=§p]`, `{user=ada, password=§p}`, `User(name=ada, password=§p)`, `[password: '§p', user: 'ada']`,
	},
	"stack traces": {
		"java.sql.SQLException: Access denied for user 'app' using password '§p'\n\tat com.mysql.Driver.connect(Driver.java:42)",
		"Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    connect(user='ada', password='§p')\nTypeError: x",
		"panic: dial postgres://app:§t@db:5432/shop: refused\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:42 +0x1d",
		"System.InvalidOperationException: Cannot open 'Server=db;User Id=app;Password=§p;'\n   at App.Db.Open() in /src/Db.cs:line 42",
		"Error: Request failed with status code 401\n    at createError (createError.js:16:15) {\n  config: {\n    headers: {\n      Authorization: 'Bearer §t'\n    },\n    auth: { username: 'ada', password: '§p' }\n  }\n}",
		"Caused by: java.lang.IllegalArgumentException: Illegal character in query at index 3: https://x.org/a?token=§t",
		"requests.exceptions.ConnectionError: HTTPSConnectionPool(host='x.org', port=443): Max retries exceeded with url: /v1/a?api_key=§t&x=1 (Caused by NewConnectionError)",
	},
	"words apart": {
		`1700003020.123456 [0 10.0.0.5:51234] "AUTH" "default" "§w"`, `1700003020.1 [3 unix:/run/r.sock] "auth" "§w"`, `1700003020.1 [0 10.0.0.5:51234] "HELLO" "3" "AUTH" "app" "§w"`, `1700003020.1 [0 [::1]:51234] "CONFIG" "SET" "requirepass" "§w"`, `1700003020.1 [0 10.0.0.5:51234] "ACL" "SETUSER" "bob" "on" ">§w" "~*"`,
		`1700003020.1 [0 10.0.0.5:51234] "SET" "sess:c1dd5415" "§w" "EX" "3600"`, `1700003020.1 [0 10.0.0.5:51234] "hset" "user:17" "password" "§w" "city" "§w"`,
		`type=EXECVE msg=audit(1.1:2): argc=4 a0="curl" a1="-u" a2="bob:§w" a3="https://x.example"`, `type=EXECVE msg=audit(1.1:2): argc=4 a0="mysql" a1="-u" a2="root" a3="-p§w"`,
		"/api/v1/namespaces/prod/pods/web-0/exec?command=mysql&command=-u&command=root&command=-p§w&container=web", "/api/v1/namespaces/prod/pods/web-0/exec?command=sh&command=-c&command=mysql+-uroot+-p§w+shop",
	},
	"cards in hex digits": {`{"tags":{"57":"§cD291220143631057F"}}`, "Track2 equivalent data (57): §cD291220143631057F terminal T2", ";§c=29122011011752980?", "EMV DATA: 5A08§c5F24032912319F0206746429766166", `{"emv":"9F02060000000010005A08§c5F2403291231"}`},
	"devices": {
		"set system root-authentication plain-text-password-value §p", "set vpn ipsec peer 10.0.0.1 pre-shared-secret §w", "crypto isakmp key §w address 10.0.0.1", "ip ospf message-digest-key 1 md5 §w", "rocommunity §w 10.0.0.0/8", "rwcommunity6 §w", "set snmp community §w authorization read-only", "stats auth admin:§w", "wg set wg0 private-key §w", "command 'wg set wg0 private-key §p' exited with status 1", "shared secret for client nmobepa is §p",
	},
	"both values": {
		"Variable API_KEY changed: §p → §p (zone x)", "Variable API_KEY changed: §w => §w", "Variable DB_PASSWORD updated: §w -> §w", "old token '§w' replaced by '§w' for ada", "ada tried password \"§w\" and \"§w\"", "ada tried password '§w' then '§w'",
	},
	"calls by place": {
		"#0 /srv/app/db.php(42): PDO->__construct('mysql:host=db1', 'root', '§w')", "#1 /srv/a.php(7): mysqli->__construct('db1', 'root', '§w', 'shop')", "#0 /srv/app/db.php(42): ldap_bind(Resource id #3, 'cn=a', '§w')", "#0 a.php(4): imap_open('{h:993}', 'bob', '§w')", "ftp_login(Object(FTP\\Connection), 'bob', '§w')", "ssh2_auth_password(Resource id #3, 'bob', '§w')", `conn.simple_bind_s("cn=a", "§w")`,
	},
	"dumps of languages": {`#0  0x00007f in login (user=0x55 "bob", password=0x56 "§w") at auth.c:42`, `Login { user = "x", pass = Just "§w" }`, `{user = "x"; pass = Some "§w"}`, `Login { token = Just (Secret "§w") }`, `#{<<"user">> => <<"x">>, <<"password">> => <<"§w">>}`},
	"given from outside": {
		`echo -n "§w" | base64 | kubectl create secret generic x --from-file=password=/dev/stdin`, `printf '%s' '§w' | vault kv put secret/x password=-`, "echo §w | docker login --password-stdin", "echo §w | acme-cli login --token-stdin", "openvpn --auth-user-pass <(echo -e \"bob\\n§w\")", "ktutil: addent -password -p ada@EX -w §w -k 1", "snyk auth §w --org=x",
		"user=bob/§w@orcl connect failed on host", "[Note] [MY-010454] [Server] A temporary password is generated for root@localhost: §p", "Enter this code to sign in: §d", "TAN §d for transfer x", "the mTAN §d was sent",
	},
	"told beside": {
		`{"change":{"after":{"result":"§w","n":1},"after_sensitive":{"result":true}}}`, `{"before":{"a":{"b":["x","§w"]}},"before_sensitive":{"a":{"b":[false,true]}}}`, `{"values":{"content":"§w"},"sensitive_values":{"content":true}}`, `{"plan.after.result":"§w","plan.after_sensitive.result":true}`,
		`{"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"§n"}]}`, `{"to":"x","notification":{"title":"§w wrote to you","body":"§w wrote this to you"}}`, `{"template":"verify-email","data":{"code":"§d"}}`, `{"subject":"Your sign-in code","to":"x","data":{"code":"§d"}}`, `{"message":{"template_id":"one-time-code","vars":{"code":"§d"}}}`,
	},
	"bound by name": {"The INSERT statement conflicted with the CHECK constraint in x; value (§w)", `{"aws.requestParameters.pan":"§w"}`, `{":p":{"S":"§w"}} ExpressionAttributeValues of x`, `{"TableName":"t","ExpressionAttributeValues":{":pw":{"S":"§w"},":v":{"S":"§w"}}}`, `{"value.converter.basic.auth.user.info":"user:§w"}`, `{"value":{"converter":{"basic":{"auth":{"user":{"info":"user:§w"}}}}}}`, `{"tags":[{"Key":"bcrypt_hash","Value":"§w"}]}`, `{"refreshTok":{"current":"§w","version":3}}`, `{"nwkSKey":"§w","appSKey":"§w","nwkKey":"§w"}`, `{"http.request.header.authentication":"§w"}`, "APPINSIGHTS_INSTRUMENTATIONKEY=§w"},
	"commands": {
		`curl -X POST https://api.example.com/login -H 'Content-Type: application/json' -d '{"user":"ada","password":"§p"}'`,
		`curl -H "Authorization: Bearer §t" https://api.example.com/`, `curl -H 'X-Api-Key: §t' https://x.org`, `curl --user 'ada:§p' https://x.org`, `curl -u ada:§p -k https://x.org`, `curl --data-urlencode 'password=§p' https://x.org`, `curl -b 'sid=§t' https://x.org`, `curl --cookie "session=§t" https://x.org`, `curl --oauth2-bearer §t https://x.org`, `curl --proxy-user ada:§p https://x.org`,
		`wget --http-password=§p --http-user=ada https://x.org`, `wget --header="Authorization: Basic §t" https://x.org`, `http POST x.org password=§p`, `http -a ada:§p x.org`,
		`kubectl create secret generic db --from-literal=password=§p`, `kubectl create secret generic db --from-literal password=§p --from-literal=user=ada`, `kubectl config set-credentials ada --token=§t`, `kubectl create secret docker-registry r --docker-username=a --docker-password=§p`, `oc login https://x.org --token=§t`, `oc login -u ada -p §p`,
		`docker login -u ada -p §p registry.example.com`, `docker run -e POSTGRES_PASSWORD=§p -d postgres:16`, `docker run --env DB_PASS=§p app`, `helm upgrade app ./c --set db.password=§p`, `helm install app ./c --set auth.rootPassword=§p,auth.user=x`,
		`mysql -h db -u root --password=§p shop`, `mysqldump -uroot -p§t shop`, `PGPASSWORD='§p' pg_dump -h db shop`, `psql "host=db user=app password=§p dbname=shop"`, `mongosh "mongodb://app:§t@db/shop"`, `mongodump --username a --password §p`, `redis-cli -a §p ping`, `redis-cli -u redis://:§t@h:6379`, `sqlcmd -S db -U sa -P §p`, `sqlplus app/§t@//db:1521/x`, `ldapsearch -x -D "cn=admin" -w §p`, `sshpass -p '§p' ssh a@b`, `sshpass -p§p ssh a@b`, `smbclient //h/s -U ada%§p`, `vault login §t`, `vault login token=§t`, `vault kv put secret/db password=§p`, `vault write auth/userpass/users/ada password=§p`,
		`aws configure set aws_secret_access_key §t`, `export AWS_SECRET_ACCESS_KEY=§t`, `set DB_PASSWORD=§p`, `setx API_TOKEN §t`, `$env:DB_PASSWORD = "§p"`, `export TOKEN='§t' && ./run`, `env SECRET_KEY=§t ./run`, `terraform apply -var="db_password=§p"`, `terraform apply -var 'db_password=§p'`, `TF_VAR_db_password=§p terraform plan`, `ansible-playbook x.yml -e "db_password=§p"`, `ansible-playbook x.yml --extra-vars '{"db_password":"§p"}'`, `openssl pkcs12 -in a.p12 -passin pass:§p`, `openssl enc -aes-256-cbc -k §p -in a`, `gpg --batch --passphrase §p -d a.gpg`, `keytool -genkey -storepass §p -keypass §p`, `java -Djavax.net.ssl.keyStorePassword=§p -jar a.jar`, `zip -P §p a.zip b`, `unzip -P §p a.zip`, `7z x -p§p a.7z`, `net user ada §p /add`, `runas /user:ada cmd /password:§p`, `az login --service-principal -u x -p §t --tenant y`, `gh auth login --with-token §t`, `git clone https://ada:§t@github.com/x/y.git`, `git clone https://§t@github.com/x/y.git`, `git remote add o https://oauth2:§t@gitlab.com/x/y`, `npm config set //registry.npmjs.org/:_authToken §t`, `pip install --index-url https://ada:§t@pypi.example.com/simple x`, `twine upload -u __token__ -p §t dist/*`, `heroku config:set API_KEY=§t`, `fly secrets set API_KEY=§t`, `echo §p | docker login --password-stdin`, `echo "§p" | sudo -S ls`, `htpasswd -bc f ada §p`, `useradd -p §p ada`, `usermod --password §p ada`, `chpasswd <<< 'ada:§p'`, `New-LocalUser -Name ada -Password (ConvertTo-SecureString '§p' -AsPlainText -Force)`, `snowsql -a x -u ada --password §p`, `influx -username a -password '§p'`, `rclone config create r s3 secret_access_key §t`, `mc alias set m https://h ACCESSKEY1 §t`, `s3cmd --secret_key=§t ls`, `bq query --api_key §t`, `stripe listen --api-key §t`, `ngrok authtoken §t`, `cloudflared tunnel run --token §t`,
	},
	"config": {
		"[default]\naws_access_key_id = x\naws_secret_access_key = §t\nregion = eu-west-1", "DB_HOST=db\nDB_PASSWORD=\"§p\"\nDEBUG=1", "db:\n  host: db\n  password: §p\n  port: 5432\n", "db:\n  password: \"§p\" # old\n", "db:\n  password: '§p'\n", "password: >-\n  §p\n", "users:\n  - name: ada\n    password: §p\n  - name: bob\n    password: §p\n", "tokens:\n  - §t\n  - §t\n", "credentials: {user: ada, password: §p}\n", "spring.datasource.username=app\nspring.datasource.password=§p\n", "spring:\n  datasource:\n    password: §p\n", "db.password = §p\ndb.user = ada", "db.password : §p", "db.password §p\ndb.user ada",
		"variable \"db_password\" {\n  default = \"§p\"\n}", "resource \"aws_db_instance\" \"x\" {\n  username = \"app\"\n  password = \"§p\"\n}", "db_password = \"§p\"\nregion = \"eu\"\n", "password = <<EOT\n§p\nEOT\n",
		"apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  a: §t\nstringData:\n  b: §p\n", "kind: Secret\nstringData: {a: §p}\n", "apiVersion: v1\ndata:\n  a: §t\nkind: Secret\n", "- name: DB_PASSWORD\n  value: \"§p\"\n", "env:\n  - name: API_TOKEN\n    value: §t\n", "environment:\n  - POSTGRES_PASSWORD=§p\n", "environment:\n  POSTGRES_PASSWORD: §p\n", "users:\n- name: ada\n  user:\n    token: §t\n", "users:\n- name: ada\n  user:\n    client-key-data: §t\n",
		"<configuration><connectionStrings><add name=\"a\" connectionString=\"Server=db;User Id=a;Password=§p\"/></connectionStrings></configuration>", "<appSettings><add key=\"ApiKey\" value=\"§t\"/></appSettings>", "<server><id>x</id><username>a</username><password>§p</password></server>", "<property name=\"password\" value=\"§p\"/>", "<property name=\"password\"><value>§p</value></property>", "<entry key=\"db.password\">§p</entry>", "<Resource name=\"jdbc/x\" username=\"a\" password=\"§p\" url=\"jdbc:x\"/>",
		"machine x.org login ada password §p", "machine x.org\nlogin ada\npassword §p\n", "db:5432:shop:app:§p", "//registry.npmjs.org/:_authToken=§t", "requirepass §p\nmaxmemory 1gb", "SECRET_KEY = '§t'\nDEBUG = True", "define('DB_PASSWORD', '§p');", "$cfg['password'] = '§p';", "const apiKey = \"§t\";", "String password = \"§p\";", "private static final String API_KEY = \"§t\";", "password := \"§p\"", "os.environ['API_KEY'] = '§t'", "process.env.API_KEY='§t'", "ENV DB_PASSWORD §p", "ENV DB_PASSWORD=§p", "ARG NPM_TOKEN=§t", "set password=§p", "user ada\npassword §p", "enable secret 5 §t", "snmp-server community §p RO", "wpa_passphrase=§p", "psk=\"§p\"", "ssid=\"x\"\npsk=§p", "password_file=x\npassword=§p", "{\n  // comment\n  \"password\": \"§p\",\n}", "{password: '§p', user: 'ada',}", "\"password\" \"§p\"", "(password . \"§p\")", "{:db {:password \"§p\"}}", "password -> §p", "password→§p", "password | §p", "Password\t§p", "* Password: §p", "**Password:** §p", "`password`: `§p`", "| user | password |\n|---|---|\n| ada | §p |", "user,password\nada,§p\nbob,§p", "user;password\nada;§p", "user\tpassword\nada\t§p", "<td>Password</td><td>§p</td>", "<dt>Password</dt><dd>§p</dd>", "<b>Password:</b> §p<br>", "<label>Password</label><input value=\"§p\">", "Password&nbsp;: §p", "password&#61;§p", "password&equals;§p",
	},
	"soap and xml": {
		`<soap:Envelope xmlns:soap="http://x"><soap:Header><wsse:Security><wsse:UsernameToken><wsse:Username>ada</wsse:Username><wsse:Password Type="x#PasswordText">§p</wsse:Password></wsse:UsernameToken></wsse:Security></soap:Header><soap:Body><m:Login><m:pin>§n</m:pin></m:Login></soap:Body></soap:Envelope>`,
		`<user><password><![CDATA[§p]]></password></user>`, `<a><Password xsi:type="xsd:string">§p</Password></a>`, `<user password='§p'/>`, `<user name="ada" apiKey = "§t" />`, `&lt;password&gt;§p&lt;/password&gt;`, `<param name="password">§p</param>`, `<field name="api_key" value="§t"/>`, `<string name="api_secret">§t</string>`, `<key>password</key><string>§p</string>`, `<credentials><entry>§p</entry></credentials>`, `<saml:Assertion ID="x">§t</saml:Assertion>`, `<!-- password: §p --><a/>`, `<?xml version="1.0"?><Login><Password>§p</Password></Login>`, `<methodCall><params><param><name>password</name><value><string>§p</string></value></param></params></methodCall>`,
	},
	"graphql": {
		`{"query":"mutation Login($i: LoginInput!) { login(input: $i) { token } }","variables":{"i":{"user":"ada","password":"§p"}}}`, `mutation { createUser(input: {name: "ada", password: "§p"}) { id } }`, `mutation { login(user: "ada", pin: §n) { ok } }`, `{"query":"{ user(email: \"§w@x.org\") { id } }"}`, `query { find(text: """§w""") { id } }`, `{ search(q: "§w") { id } }`,
	},
	"http": {
		"POST /login HTTP/1.1\r\nHost: x.org\r\nCookie: sid=§t; theme=dark\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nuser=ada&password=§p", "GET /a HTTP/1.1\nAuthorization: Bearer §t\nX-Amz-Security-Token: §t\n", "Authorization: Digest username=\"ada\", realm=\"x\", nonce=\"§t\", response=\"§t\"", "Authorization: AWS4-HMAC-SHA256 Credential=x/20261122/eu/s3/aws4_request, SignedHeaders=host, Signature=§t", "Proxy-Authorization: Basic §t", "X-Auth-Token: §t", "x-csrf-token: §t", "Set-Cookie: sid=§t; Path=/; HttpOnly", "set-cookie: a=§t, b=§t", "Authorization: ApiKey §t", "Authorization: token §t", "authorization: §t", "X-Vault-Token: §t", "PRIVATE-TOKEN: §t", "X-Forwarded-Authorization: Bearer §t", "Sec-WebSocket-Protocol: bearer, §t",
		"--b1\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nada\r\n--b1\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n§p\r\n--b1--\r\n", "--b1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n§w §w\r\n--b1--\r\n", "------WebKitFormBoundaryX\nContent-Disposition: form-data; name=\"api_key\"\n\n§t\n------WebKitFormBoundaryX--", "user=ada&password=§p&next=%2Fhome", "password=§p", "user%5Bpassword%5D=§p&user%5Bname%5D=ada", "grant_type=password&username=ada&password=§p&client_secret=§t", "grant_type=authorization_code&code=§t&redirect_uri=https%3A%2F%2Fx.org&client_id=x", "SAMLResponse=§t&RelayState=x", "refresh_token=§t&grant_type=refresh_token", "assertion=§t", "id_token_hint=§t",
	},
	"urls": {
		"https://x.org/cb?code=§t&state=§t", "https://x.org/cb#access_token=§t&token_type=bearer", "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x&X-Amz-Signature=§t", "https://a.blob.core.windows.net/c/b?sv=2024-11-04&sr=b&sig=§t&se=2027", "https://storage.googleapis.com/b/o?GoogleAccessId=a&Expires=1&Signature=§t", "https://ada:§p@x.org/a", "ftp://ada:§t@h/a", "https://x.org/reset-password?token=§t", "https://x.org/reset/§t", "https://x.org/a?key=§t", "https://x.org/a?apikey=§t", "https://maps.googleapis.com/maps/api/js?key=§t&v=3", "https://x.org/a?auth=§t", "https://x.org/a?sessionid=§t", "https://x.org/a?jwt=§t", "https://x.org/login?user=ada&pass=§p", "wss://x.org/s?access_token=§t", "/a/b?api_key=§t", "/cb?id_token=§t", "https://x.org/;jsessionid=§t", "https://hooks.slack.com/services/T0000/B0000/§t", "https://discord.com/api/webhooks/1234567890/§t", "https://x.webhook.office.com/webhookb2/a@b/IncomingWebhook/§t", "https://api.telegram.org/bot123456:§t/sendMessage", "otpauth://totp/x:ada?secret=§t&issuer=x", "redis://default:§t@h:6379/0", "rediss://:§t@h:6379", "amqp://app:§t@mq:5672/v", "mysql://app:§t@db/shop", "mysql+pymysql://app:§t@db/shop", "postgresql+asyncpg://app:§t@db/shop", "mongodb+srv://app:§t@c.mongodb.net/x", "sqlserver://app:§t@db:1433?database=x", "ldap://cn=admin:§t@h", "smtp://a%40x.org:§t@smtp.x.org:587", "clickhouse://default:§t@h:9000", "snowflake://app:§t@acc/db", "nats://app:§t@h:4222", "s3://AKEY:§t@bucket", "jdbc:postgresql://db/shop?user=app&password=§p", "jdbc:sqlserver://db:1433;databaseName=x;user=app;password=§p;encrypt=true", "jdbc:mysql://app:§t@db/shop", "jdbc:oracle:thin:app/§t@db:1521:x", "jdbc:snowflake://a/?user=x&private_key_pwd=§p", "Server=tcp:db,1433;Initial Catalog=x;User ID=app;Password=§p;Encrypt=True;", "Data Source=db;User Id=app;Pwd=§p;", "Host=db;Username=app;Password=§p;Database=x", "Provider=X;Data Source=db;Jet OLEDB:Database Password=§p;", "host=db port=5432 dbname=x user=app password=§p sslmode=require", "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=R;SharedAccessKey=§t=", "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=§t==;EndpointSuffix=core.windows.net", "app:§t@tcp(db:3306)/shop?parseTime=true", "user:§t@db:5432/x", "DRIVER={ODBC};SERVER=db;UID=app;PWD=§p", "(DESCRIPTION=(ADDRESS=(HOST=db)))(PASSWORD=§p)",
	},
	"sql": {
		"SELECT * FROM users WHERE name = '§w' AND age > 3", "INSERT INTO users (name, email) VALUES ('§w', '§w@x.org')", "UPDATE users SET name = '§w' WHERE id = 3", "DELETE FROM users WHERE email LIKE '%§w%'", "insert into t values (1, '§w'), (2, '§w')", "SELECT a FROM t WHERE b IN ('§w', '§w')", "SELECT a FROM t WHERE b = \"§w\"", "SELECT a FROM t WHERE b = N'§w'", "SELECT a FROM t WHERE b = E'§w\\'x'", "SELECT a FROM t WHERE b = $$§w$$", "SELECT a FROM t WHERE b = $x$§w$x$", "SELECT a FROM t WHERE b = q'[§w]'", "SELECT a FROM t WHERE b = X'§n'", "SELECT a FROM t -- §w", "SELECT a /* §w */ FROM t", "# §w\nSELECT a FROM t", "SELECT a FROM t WHERE b = §n", "CREATE USER ada IDENTIFIED BY '§p'", "ALTER USER ada WITH PASSWORD '§p'", "CREATE ROLE ada LOGIN PASSWORD '§p'", "ALTER LOGIN ada WITH PASSWORD = '§p'", "GRANT ALL ON *.* TO 'a'@'%' IDENTIFIED BY '§p'", "SET PASSWORD FOR 'a'@'%' = '§p'", "SET PASSWORD = PASSWORD('§p')", "CALL p('§w', §n)", "EXEC sp_x @name = '§w'", "EXECUTE p '§w'", "MERGE INTO t USING s ON t.a = '§w' WHEN MATCHED THEN UPDATE SET b = '§w'", "WITH x AS (SELECT '§w' AS a) SELECT * FROM x", "COPY t FROM '/a' CREDENTIALS 'aws_secret_access_key=§t'", "SELECT '§w'", "SELECT pgp_sym_encrypt('§w', '§p')", "SELECT a FROM t WHERE b = '§w", "BEGIN; INSERT INTO t VALUES ('§w'); COMMIT;", "SELECT a FROM t WHERE x = 'it''s §w'", "EXPLAIN SELECT a FROM t WHERE b = '§w'", "(SELECT a FROM t WHERE b = '§w') UNION (SELECT c FROM d WHERE e = '§w')", "SELECT a FROM t WHERE b ~ '§w'", "SELECT JSON_VALUE('{\"a\":\"§w\"}', '$.a')", "INSERT INTO t SET a = '§w'", "REPLACE INTO t VALUES ('§w')", "UPSERT INTO t VALUES ('§w')", "SELECT a FROM t WHERE b = '§w' AND c = ?", "statement: SELECT a FROM t WHERE b = '§w'", "executing query: UPDATE t SET a = '§w' WHERE b = '§w'", "Query failed: SELECT a FROM t WHERE b = '§w': timeout", "LOG:  duration: 3.2 ms  execute <unnamed>: SELECT a FROM t WHERE b = $1\nDETAIL:  parameters: $1 = '§w'", "Hibernate: insert into t (a) values ('§w')", "SELECT a FROM t WHERE b = ? -- ['§w']", "SELECT a FROM t WHERE b = ? Parameters: [§w(String)]", "[SQL: SELECT a FROM t WHERE b = %(b)s]\n[parameters: {'b': '§w'}]", "select * from t where a = '-----BEGIN PRIVATE KEY-----\n§t\n-----END PRIVATE KEY-----'", "INSERT INTO t VALUES (TIMESTAMP '2026-01-01', '§w')", "DECLARE @a VARCHAR(9) = '§w'; SELECT a FROM t WHERE b = @a", "INSERT INTO t(a) SELECT '§w' WHERE 1=1", "SHOW GRANTS FOR '§w'", "USE x; UPDATE t SET a='§w'", "TRUNCATE t; INSERT INTO t VALUES('§w')", "LOAD DATA INFILE 'x' INTO TABLE t SET a='§w'", "VALUES ('§w', 1)", "SELECT a FROM t WHERE b = '§w' LIMIT 5;\nSELECT c FROM d WHERE e = '§w';", "SELECT * FROM t WHERE a = 'x\\' OR b = \\'§w'", "db.users.find({\"email\":\"§w@x.org\"})", "db.users.insertOne({name: '§w'})",
	},
	"database errors": {
		"ERROR: duplicate key value violates unique constraint \"users_email_key\"\nDETAIL:  Key (email)=(§w@x.org) already exists.", "Duplicate entry '§w' for key 'users.email'", "ERROR: invalid input syntax for type integer: \"§w\"", "ERROR: invalid input value for enum mood: \"§w\"", "Failing row contains (1, §w, null).", "ORA-01722: invalid number '§w'", "Conversion failed when converting the varchar value '§w' to data type int.", "Violation of UNIQUE KEY constraint 'UQ_x'. Cannot insert duplicate key in object 'dbo.t'. The duplicate key value is (§w).", "Incorrect string value: '§w' for column 'a' at row 1", "Data truncation: Incorrect datetime value: '§w' for column 'a'", "E11000 duplicate key error collection: a.b index: email_1 dup key: { email: \"§w\" }", "E11000 duplicate key error collection: a.b index: email_1 dup key: { : \"§w\" }", "UNIQUE constraint failed: t.a; value '§w'", "Key (a, b)=(§w, §w) is not present in table \"t\".", "ERROR: value too long for type character varying(3): '§w'", "You have an error in your SQL syntax; check the manual near '§w' at line 1", "ERROR: syntax error at or near \"§w\"", "could not convert string to float: '§w'", "Cannot add or update a child row: a foreign key constraint fails; value: '§w'", "String or binary data would be truncated in table 'x', column 'a'. Truncated value: '§w'.", "parameters: $1 = '§w', $2 = '§w'", "Parameters: ['§w', 3]", "with params ['§w']", "bind: [§w, 3]", "binding parameter [1] as [VARCHAR] - [§w]", "java.lang.NumberFormatException: For input string: \"§w\"", "invalid literal for int() with base 10: '§w'", "strconv.Atoi: parsing \"§w\": invalid syntax", "json: cannot unmarshal string \"§w\" into Go value", "time data '§w' does not match format '%Y'",
	},
	"rows and payloads": {
		`{"rows":[{"name":"§w"},{"name":"§w"}]}`, `{"result":{"rows":[["§w",1],["§w",2]]}}`, `{"data":{"query":"q","records":[{"a":"§w"}]}}`, `{"results":[{"email":"§w@x.org"}]}`, `{"hits":{"hits":[{"_source":{"name":"§w"}}]}}`, `{"resultSet":[{"a":"§w"}]}`, `{"response":{"users":[{"n":"§w"},{"n":"§w"},{"n":"§w"},{"n":"§w"}]}}`, `{"query":"x","output":[["§w"],["§w"],["§w"],["§w"]]}`, `{"payload":"§w and §w"}`, `{"content":"§w"}`, `{"messages":[{"role":"user","content":"§w §w"}]}`, `{"prompt":"tell me about §w"}`, `{"document":"§w"}`, `{"html":"<p>§w</p>"}`, `{"markdown":"# §w"}`, `{"response_body":"§w"}`, `{"response":{"body":"§w"}}`, `{"note":"call §w back tomorrow morning"}`, `{"comment":"patient §w has §w"}`, `{"sql":"SELECT 1","params":["§w",§n]}`, `{"statement":"UPDATE t SET a=?","parameters":{"a":"§w"}}`, `{"db.query.parameter.name":"§w"}`, `{"bind_variables":["§w"]}`, `{"file":{"name":"a.txt","content":"§w"}}`, `{"upload":"§w"}`, `{"attachment":{"data":"§w §w"}}`, `{"csv":"a,b\n§w,1"}`, `{"search_results":[{"t":"§w"}]}`, `{"rows_returned":[{"t":"§w"}]}`, `{"tuples":[["§w"]]}`, `{"completion":"§w"}`, `{"transcript":"§w"}`, `{"body":"§w and some words of it"}`,
	},
	"pairs in json": {
		`{"name":"password","value":"§p"}`, `{"key":"API_KEY","value":"§t"}`, `{"headers":[{"name":"Authorization","value":"Bearer §t"}]}`, `{"headers":[["Cookie","sid=§t"]]}`, `{"headers":{"x-api-key":["§t"]}}`, `{"field":"password","old_value":"§p","new_value":"§p"}`, `{"changes":{"password":{"from":"§p","to":"§p"}}}`, `{"changes":{"password":["§p","§p"]}}`, `{"changes":[{"path":"user.password","before":"§p","after":"§p"}]}`, `[{"op":"add","path":"/secrets/0","value":"§p"}]`, `{"set":{"key":"smtp.password","val":"§p"}}`, `{"env":["DB_PASSWORD=§p","A=b"]}`, `{"env":[{"name":"TOKEN","value":"§t"}]}`, `{"args":["--password","§p"]}`, `{"args":["--password=§p"]}`, `{"args":["-p§p"],"cmd":"mysql"}`, `{"command":["mysql","-uroot","-p§t"]}`, `{"cmd":"mysql -u root -p§t"}`, `{"attributes":[{"key":"password","value":{"stringValue":"§p"}}]}`, `{"params":{"user":{"PassWord":"§p"}}}`, `{"a":{"b":{"c":{"dbPassword":{"x":["§p"]}}}}}`, `{"user_password_confirmation":"§p"}`, `{"currentPassword":"§p","newPassword":"§p"}`, `{"cvv":"§n"}`, `{"pin":§n}`, `{"otp":"§n"}`, `{"ssn":"§n"}`, `{"card":{"number":"§c"}}`, `{"card_number":"§c"}`, `{"pan":"§c"}`, `{"x":"§c"}`, `{"x":§c}`, `{"private_key":"§t"}`, `{"kubeconfig":"§t"}`, `{"connectionString":"§t"}`, `{"webhookUrl":"https://x.org/§t"}`, `{"cookies":{"a":"§t"}}`, `{"cookie":"§t"}`, `{"session_token":"§t"}`, `{"mfaCode":"§n"}`, `{"recovery_codes":["§p","§p"]}`, `{"securityAnswer":"§w"}`, `{"secret":{"value":"§p"}}`, `{"secrets":{"a":"§p","b":{"c":"§p"}}}`, `{"credentials":["§p"]}`, `{"auth":{"type":"basic","user":"a","pass":"§p"}}`, `{"Pass-Word":"§p"}`, `{"pass word":"§p"}`, `{"p\u0061ssword":"§p"}`, `{"\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44":"§p"}`, `{"pass\u200bword":"§p"}`, `{"pаsswоrd":"§p"}`, `{"PASSWORD":"§p"}`, `{"passwords":["§p"]}`, `{"db_pwd":"§p"}`, `{"userPwd":"§p"}`, `{"encryptionKey":"§t"}`, `{"x-amz-security-token":"§t"}`, `{"client_secret":"§t"}`, `{"ClientSecret":"§t"}`, `{"apiToken":"§t"}`, `{"bearer":"§t"}`, `{"kind":"Secret","data":{"x":"§t"}}`, `{"apiVersion":"v1","kind":"Secret","stringData":{"x":"§p"}}`, `{"items":[{"kind":"Secret","data":{"x":"§t"}}]}`, `{"type":"password","value":"§p"}`, `{"id":"password","text":"§p"}`, `{"label":"Password","content":"§p"}`, `{"property":"secret","current":"§p","previous":"§p"}`, `{"login":"ada","pass":"§p"}`, `{"credential":{"username":"a","secretHash":"§t"}}`, `{"basic":"ada:§p"}`, `{"login":"ada:§t"}`, `{"userinfo":"ada:§t"}`,
	},
	"prose": {
		"the password is §p", "Password for ada: §p", "his password, §p, was leaked", "ada set her password to §p", "changed the password from §p to §p", "temporary password §p sent to ada", "your one-time code is §n", "use token §t to log in", "the api key §t was revoked", "API key: §t", "(password: §p)", "[password=§p]", "password '§p' rejected", "invalid password: \"§p\"", "wrong password §p for ada", "login with ada/§p failed", "login ada:§t failed", "pw: §p", "pwd=§p", "PIN is §n", "the secret was \"§p\"", "secret = §p", "passphrase: §p", "client secret is §t", "access key §t leaked", "credentials: ada / §p", "credentials ada:§p", "user ada password §p", "user: ada, pass: §p", "Kennwort: §p", "Passwort ist §p", "mot de passe : §p", "contraseña: §p", "пароль: §p", "密码：§p", "パスワード: §p", "SSN 219-09-9999 §p is the password", "bearer §t", "Bearer: §t", "JWT §t", "signing key §t", "key=§t", "session cookie sid=§t", "otp §n", "code: §n (verification code)", "verification code §n", "card §c", "card number §c exp 12/27 cvv 123", "paid with §c", "the new passphrase shall be §p", "Please use §p as the password",
	},
	"text protos": {
		`login { user: "ada" password: "§p" }`, `user: "ada" api_key: "§t"`, `credentials <password: '§p'>`, `1: "ada" password: "§p" remember: true`, `request:{password:"§p"  user:"ada"}`, `name:"password" value:"§p"`,
	},
	"encodings": {
		`eyJ1c2VyIjoiYWRhIn0.§t`, `{"data":"p%61ssword%3D§p"}`, `password%3D§p`, `password%253D§p`, `%7B%22password%22%3A%22§p%22%7D`, `{\"password\":\"§p\"}`, `{\\\"password\\\":\\\"§p\\\"}`, `"{\"a\":\"{\\\"password\\\":\\\"§p\\\"}\"}"`, `\u0070assword=§p`, `\x70assword=§p`, `pass\u200bword=§p`, "pass\u200bword: §p", "ｐａｓｓｗｏｒｄ：§p", "раsswоrd=§p", "\x1b[1mpassword\x1b[0m: \x1b[31m§p\x1b[0m", "p&#97;ssword=§p", "password\u00a0=\u00a0§p", "password\u2009: §p", "pa\u00adssword=§p", "\ufeffpassword=§p", "PASSWORD：§p", "password＝§p", "password﹕§p", "password ꞉ §p",
	},
}

// A second handful, from other tools and habits.
func init() {
	for class, forms := range map[string][]string{
		"tokens": {
			"gh" + "p_§t§t", "github_" + "pat_11AAAAAAA0§t_§t§t", "gl" + "pat-§t", "xo" + "xp-123456789012-123456789012-§t", "sk_" + "live_§t", "rk_" + "live_§t", "SG" + ".§t.§t§t", "np" + "m_§t§t", "pypi-" + "AgEIcHlwaS5vcmc§t§t", "do" + "p_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789§n", "hv" + "s.§t", "AI" + "za§tA1b2C3d", "ya" + "29.§t§t", "EA" + "AC§t§t", "dckr_" + "pat_§t", "glsa_" + "§tAAAA_1a2b3c4d", "lin_" + "api_§t§t", "sk-" + "ant-api03-§t§t§t", "sk-" + "proj-§t§t", "hf" + "_§tAbCdEf", "shp" + "at_0123456789abcdef01234§n", "sq0" + "atp-§t", "pat" + "§n.0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "AKIA" + "Z7XQ2W3E4R5T6Y7U §t§tq/", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.§t§t", "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..§t.§t.§t", "ssh-rsa AAAAB3NzaC1yc2E§t§t§t x@y", "-----BEGIN OPENSSH PRIVATE KEY-----\n§t\n§t\n-----END OPENSSH PRIVATE KEY-----", "-----BEGIN PGP MESSAGE-----\n\n§t\n-----END PGP MESSAGE-----", "PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\n§t", "AGE-SECRET-KEY-1§n§nQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ", "$2b$12$§t§t", "$argon2id$v=19$m=65536,t=3,p=4$§t$§t", "{SSHA}§t==", "pbkdf2_sha256$600000$§t$§t=",
		},
		"numbers": {"§c", "card: §c, exp 12/27", "DE89 3704 0044 0532 0130 00 and pin §n is the pin", "ssn=§n", "cc=§c&cvv=123", `{"payment":{"cardNumber":"§c","cvc":"123"}}`, "pay §c now", "(§c)", "#§c", "'§c'", "§c|12|27|123", "pan:§c"},
		"shells": {
			`PASS=§p ./deploy.sh`, `DB_PASS=§p; export DB_PASS`, `read -s -p "Password: " x <<< §p`, `mysql --login-path=x --password='§p'`, `mysqladmin -u root password '§p'`, `psql postgresql://app:§t@db/shop -c 'select 1'`, `pg_restore -d "postgres://app:§t@db/x"`, `cqlsh -u cassandra -p §p`, `clickhouse-client --password §p`, `rabbitmqctl change_password ada §p`, `kinit ada@X <<< §p # password`, `smbmap -u ada -p §p -H h`, `evil-winrm -i h -u ada -p '§p'`, `xfreerdp /u:ada /p:§p /v:h`, `rdesktop -u ada -p §p h`, `lftp -u ada,§p h`, `ftp://ada:§t@h`, `ncftpput -u ada -p §p h / a`, `sshpass -e ssh h; SSHPASS=§p`, `borg init --encryption=repokey; BORG_PASSPHRASE=§p`, `restic -r x --password-command 'echo §p'`, `ansible-vault encrypt_string '§p' --name 'db_password'`, `argocd login h --username a --password §p`, `consul kv put x/password §p`, `etcdctl put /x/password §p`, `aws ssm put-parameter --name /x/password --value §p --type SecureString`, `aws secretsmanager create-secret --name x --secret-string '{"password":"§p"}'`, `aws secretsmanager put-secret-value --secret-id x --secret-string §p`, `gcloud sql users set-password root --instance x --password §p`, `az keyvault secret set --vault-name v --name n --value §p`, `gh secret set DB_PASS --body §p`, `gh secret set DB_PASS -b"§p"`, `doctl auth init -t §t`, `flyctl auth token §t`, `vercel --token §t`, `netlify deploy --auth §t`, `firebase deploy --token "§t"`, `sentry-cli --auth-token §t releases`, `curl -sSL -H "PRIVATE-TOKEN: §t" https://x.org`, `curl -sSLu "ada:§t" https://x.org`, `curl https://ada:§t@x.org`, `curl -F password=§p https://x.org`, `curl -d "user=ada&password=§p" https://x.org`, `curl -d @- <<< 'password=§p'`, `curl --json '{"password":"§p"}' https://x.org`, `curl -H Authorization:\ Bearer\ §t https://x.org`, `Invoke-RestMethod -Headers @{Authorization="Bearer §t"} https://x`, `$cred = New-Object PSCredential("ada", (ConvertTo-SecureString "§p" -AsPlainText -Force))`, `net use \\h\s §p /user:ada`, `net use z: \\h\s /user:ada §p`, `schtasks /create /ru ada /rp §p /tn x`, `reg add HKLM\x /v DefaultPassword /t REG_SZ /d §p`, `wmic /user:ada /password:§p`, `psexec \\h -u ada -p §p cmd`, `sc config x obj= .\ada password= §p`, `setx DB_PASSWORD "§p"`, `dotnet user-secrets set "Db:Password" "§p"`, `composer config http-basic.x.org ada §t`, `bundle config x.org ada:§t`, `cargo login §t`, `poetry config pypi-token.pypi §t`, `conan user -p §p -r r ada`, `nuget setapikey §t`, `mvn deploy -Dpassword=§p`, `gradle -PossrhPassword=§p`, `jarsigner -storepass §p a.jar k`, `openssl rsa -in k -passin pass:§p -out o`, `openssl req -passout pass:§p`, `cryptsetup luksOpen /dev/x y <<< "§p" # passphrase`, `ipmitool -U root -P §p chassis`, `snmpwalk -v3 -u ada -A §p -X §p h`, `wpa_passphrase ssid §p`, `nmcli dev wifi connect x password §p`, `htpasswd -nbB ada §p`, `caddy hash-password --plaintext §p`, `mosquitto_passwd -b f ada §p`, `mosquitto_pub -u ada -P §p -t x`, `redis-cli --pass §p`, `redis-cli AUTH §p`, `AUTH default §p`, `ACL SETUSER ada on >§p ~* +@all`, `HELLO 3 AUTH ada §p`, `CONFIG SET masterauth §p`, `LOGIN ada §p`, `SASL PLAIN §t`, `AUTH PLAIN §t`, `IDENTIFY §p`, `/msg NickServ identify §p`,
		},
		"texts of systems": {
			"Login attempt: {username: 'ada', password: '§p'}", "Received form: ImmutableMultiDict([('user', 'ada'), ('password', '§p')])", "<QueryDict: {'user': ['ada'], 'password': ['§p']}>", "params=[user=ada, password=§p]", "LoginForm{user='ada', password='§p', csrf='§t'}", "LoginRequest[user=ada, password=§p]", "Login(user: ada, password: §p)", "User(name: \"ada\", password: Optional(\"§p\"))", "Some(Credentials { user: \"ada\", password: \"§p\" })", "LoginCommand(ada, password = §p)", "password=[§p]", "password={§p}", "password=<§p>", "password=(§p)", "password:[\"§p\"]", "password := '§p'", "password<-\"§p\"", "password is: §p", "password was: §p", "password - §p", "password >> §p", "PASSWORD §p", "Password\n§p", "Password:\n§p\n", "Your password\n\n    §p\n\nPlease change it", "Username: ada\nPassword: §p", "user/pass: ada/§p", "ada:§t@x.org", "creds=ada:§t", "basic auth ada:§t", "login=ada&pass=§p", "token §t expired", "invalid token '§t'", "Invalid API key: §t", "Incorrect API key provided: §t. You can find your API key at x.org", "token \"§t\" not found", "refresh token §t revoked", "failed to verify token=§t", "unknown bearer token: §t", "x-api-key=§t", "apikey §t", "api-key: §t", "key §t is not valid (api key)", "secret key §t", "Secret: §t", "client_secret §t", "Set-Cookie: a=§t; b", "cookie: §t", "JSESSIONID=§t", "PHPSESSID=§t", "connect.sid=s%3A§t.§t", "csrf_token=§t", "XSRF-TOKEN=§t", "authenticity_token=§t", "otp=§n", "2FA code §n", "MFA code: §n", "your code is §n", "Use §n as your verification code", "§n is your login code", "PIN: §n", "pin=§n", "CVV: §n",
			"dial tcp: password authentication failed for user \"app\" (password=§p)", "FATAL: password authentication failed for password \"§p\"", "could not connect to postgres://app:§t@db:5432/shop?sslmode=disable", "redis: connection pool: redis://:§t@h:6379", "smtp: auth failed for ada:§t", "LDAP bind failed: cn=admin,dc=x password=§p", "kafka sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\" password=\"§p\";", "ssl.keystore.password=§p", "SASL_PASSWORD: §p", "[sasl] mechanism=PLAIN user=a pass=§p", "AMQPLAIN login refused: user 'a' password '§p'", "HTTP 401: {\"error\":\"bad token\",\"token\":\"§t\"}", "S3 error: AWSAccessKeyId=AKIA§n Secret=§t", "[aws] secret_access_key=§t", "unable to decrypt with key §t", "encryption key: §t", "AES key = §t", "hmac secret=§t", "jwt secret: §t", "signing_secret=§t", "webhook secret §t", "database_url: postgres://a:§t@h/x", "DATABASE_URL=postgres://a:§t@h/x", "REDIS_URL=redis://:§t@h", "SENTRY_DSN=https://§t@o1.ingest.sentry.io/1", "MAIL_URL=smtp://a:§t@h:587",
		},
		"sql in its places": {
			`{"sql":"SELECT a FROM t WHERE b = '§w'"}`, `{"query":"INSERT INTO t VALUES ('§w')"}`, `{"statement":"UPDATE t SET a='§w'"}`, `{"detail":"ran SELECT a FROM t WHERE b='§w'"}`, `{"error":"near '§w': syntax error"}`, `{"command":"psql -c \"SELECT a FROM t WHERE b='§w'\""}`, `{"queries":["SELECT a FROM t WHERE b='§w'","DELETE FROM t WHERE c='§w'"]}`, `{"cypher":"MATCH (n {name:'§w'}) RETURN n"}`, `{"cql":"SELECT * FROM t WHERE k='§w'"}`, `{"jql":"summary ~ '§w'","sql":"x '§w'"}`, `{"pipeline":[{"$match":{"email":"§w@x.org"}}]}`, "SELECT\n  a\nFROM\n  t\nWHERE\n  b = '§w'", "select/**/a/**/from t where b='§w'", "SELECT a FROM t WHERE b='§w'--", "SELECT a FROM `t` WHERE `b` = '§w'", "SELECT a FROM [t] WHERE [b] = '§w'", "SELECT a FROM t WHERE b = U&'§w'", "SELECT a FROM t WHERE b = _utf8'§w'", "SELECT a FROM t WHERE b LIKE '%' || '§w' || '%'", "SELECT a FROM t WHERE (b, c) = ('§w', '§w')", "SELECT CASE WHEN b='§w' THEN '§w' END FROM t", "SELECT * FROM t WHERE MATCH(a) AGAINST('§w')", "SELECT * FROM t WHERE b = '§w' FOR UPDATE", "UPDATE t SET a = a || '§w'", "INSERT INTO t (a) VALUES ('§w') ON CONFLICT DO UPDATE SET a = '§w' RETURNING *", "INSERT INTO t (a) VALUES (?), (?) /* §w */", "DELETE FROM t USING s WHERE t.a = '§w'", "CREATE TABLE t (a TEXT DEFAULT '§w')", "ALTER TABLE t ALTER a SET DEFAULT '§w'", "ALTER ROLE ada SET x = '§w'", "ALTER USER ada PASSWORD '§p'", "ALTER USER 'ada'@'%' IDENTIFIED WITH x BY '§p'", "CREATE USER ada WITH PASSWORD '§p' CREATEDB", "CREATE SERVER s OPTIONS (user 'a', password '§p')", "CREATE SUBSCRIPTION s CONNECTION 'host=h password=§p'", "COMMENT ON TABLE t IS '§w'", "DO $$ BEGIN PERFORM '§w'; END $$", "PREPARE p AS SELECT '§w'", "EXECUTE p('§w')", "SET SESSION x = '§w'; SELECT a FROM t WHERE b='§w'", "BACKUP DATABASE x TO DISK = '§w' WITH PASSWORD = '§p'", "OPEN SYMMETRIC KEY k DECRYPTION BY PASSWORD = '§p'",
		},
		"structures": {
			`{"a":"{\"b\":\"{\\\"password\\\":\\\"§p\\\"}\"}"}`, `[["password","§p"]]`, `[{"k":"password","v":"§p"}]`, `{"entries":[["user","ada"],["password","§p"]]}`, `{"Password":{"S":"§p"}}`, `{"password":{"$value":"§p"}}`, `{"password":{"old":"§p","new":"§p"}}`, `{"before":{"password":"§p"},"after":{"password":"§p"}}`, `{"diff":{"password":["§p","§p"],"role":["a","b"]}}`, `{"patch":[{"op":"replace","path":"/spec/password","value":"§p"}]}`, `{"changes":[{"attribute":"password","oldValue":"§p","newValue":"§p"}]}`, `{"audit":{"property":"apiKey","from":"§t","to":"§t"}}`, `{"variables":{"input":{"clientSecret":"§t"}}}`, `{"headers":{"authorization":"Bearer §t","cookie":"a=§t"}}`, `{"rawHeaders":["Host","x","Cookie","a=§t"]}`, `{"multiValueHeaders":{"Authorization":["Bearer §t"]}}`, `{"requestContext":{"authorizer":{"principalId":"x","jwt":"§t"}}}`, `{"event":{"body":"password=§p&user=ada"}}`, `{"form":{"password":["§p"]}}`, `{"query":{"token":"§t"}}`, `{"config":{"url":"postgres://a:§t@h/x"}}`, `{"uri":"https://x.org/?token=§t"}`, `{"connection":{"user":"a","pass":"§p","host":"h"}}`, `{"smtp":{"auth":{"user":"a","pass":"§p"}}}`, `{"oauth":{"clientId":"a","clientSecret":"§t"}}`, `{"tls":{"key":"-----BEGIN PRIVATE KEY-----\n§t\n-----END PRIVATE KEY-----"}}`, `{"ssh":{"privateKey":"§t"}}`, `{"aws":{"accessKeyId":"AKIA§n","secretAccessKey":"§t"}}`, `{"gcp":{"private_key_id":"x","private_key":"-----BEGIN PRIVATE KEY-----\n§t\n"}}`, `{"azure":{"clientSecret":"§t"}}`, `{"data":{".dockerconfigjson":"§t"},"kind":"Secret"}`, `{"auths":{"r":{"auth":"§t"}}}`, `{"identity":{"password":"§p"},"type":"internal"}`, `{"values":{"postgresql":{"auth":{"postgresPassword":"§p"}}}}`, `{"set":["db.password=§p"]}`, `{"spec":{"containers":[{"env":[{"name":"DB_PASS","value":"§p"}]}]}}`, `{"spec":{"containers":[{"args":["--db-password","§p"]}]}}`, `{"spec":{"containers":[{"command":["sh","-c","export P=1; mysql -p§t"]}]}}`, `{"login":{"email":"a@b.c","password":"§p","remember":true}}`, `{"pw":"§p"}`, `{"passwd":"§p"}`, `{"pass":"§p"}`, `{"PASSWD":"§p"}`, `{"user.password":"§p"}`, `{"user[password]":"§p"}`, `{"user:password":"§p"}`, `{"user/password":"§p"}`, `{"x-password":"§p"}`, `{"myPasswordValue":"§p"}`, `{"password1":"§p","password2":"§p"}`, `{"password_old":"§p"}`, `{"oldPass":"§p"}`, `{"passCode":"§n"}`, `{"accessCode":"§n"}`, `{"tempPassword":"§p"}`, `{"masterPassword":"§p"}`, `{"adminPwd":"§p"}`, `{"unlock_pin":"§n"}`, `{"pinCode":"§n"}`, `{"cardPin":§n}`, `{"securityCode":"§n"}`, `{"card_cvc":"§n"}`, `{"socialSecurityNumber":"§n"}`, `{"taxId":"§n"}`, `{"iban":"§n"}`, `{"accountNumber":"§n"}`, `{"routing_number":"§n"}`, `{"bearerToken":"§t"}`, `{"deviceToken":"§t"}`, `{"fcmToken":"§t"}`, `{"pushToken":"§t"}`, `{"csrf":"§t"}`, `{"hmac":"§t§t"}`, `{"hmacKey":"§t"}`, `{"sharedSecret":"§t"}`, `{"symmetricKey":"§t"}`, `{"masterKey":"§t"}`, `{"kek":"§t§t"}`, `{"seed_phrase":"§w §w §w"}`, `{"mnemonic":"§w §w"}`, `{"walletSeed":"§t§t"}`, `{"license_key":"§t"}`, `{"activationCode":"§p"}`, `{"inviteToken":"§t"}`, `{"resetToken":"§t"}`, `{"magicLink":"https://x.org/magic/§t"}`, `{"secretQuestionAnswer":"§w"}`, `{"motherMaidenName":"§w"}`, `{"sharedAccessSignature":"sv=1&sig=§t"}`, `{"snapshot_token":"§t"}`, `{"continuation":"x","access_token":"§t"}`,
		},
	} {
		pipelineForms[class] = forms
	}
}

// A third handful: values that hold what separates values, and more sentences and
// errors.
func init() {
	for class, forms := range map[string][]string{
		"separators in values": {"client_secret=§p%3Bx§p&user=ada", "password=§p%26§p", "password=§p%20§p&a=b", "password=%22§p%20§p%22", "password=§p&amp;§p user=ada", `<a password="§p&amp;§p"/>`},
		"lists and paths":      {`{"fieldPath":["spec","password"],"from":"§p","to":"§p"}`, `{"kind":"SecretList","items":[{"data":{"p":"§t"}}]}`, `{"option":"--password","argument":"§p"}`, `{"context.token":"§t"}`, "context.token=§t"},
		"sentences":            {"use '§w' as the password", "she tried §w as password", "typed §w into the password field", "§p is the new password", "changed password from §w to §p", "username ada, password §p", "secret - §p", "Password\n§p", "changed password to §w", "the password is now set to §w", "sign in with §w as your password", "§p is your password", "enter §n when asked for the PIN", "password—§p", "mot de passe §p", "PIN code §n", "OTP code: §n"},
		"errors":               {"failed to parse date field [§w] with format", `invalid regular expression: "§w"`, `out of range: "§w"`, "converting the nvarchar value '§w' to int", "check constraint violated by row (7,'§w')", `Document failed validation: {"a":"§w"}`, "binding parameter (1:VARCHAR) <- [§w]", "==> Parameters: §w(String), §w(String)", "Preview of field's value: '§w'", "Input should be valid [type=int, input_value='§w', input_type=str]", "CREATE USER ada IDENTIFIED BY §p"},
		"more commands":        {"bcp t in f -S s -U u -P§p", "ssh-keygen -t rsa -N '§p' -f k", "expdp ada/§p DIRECTORY=x", "sqlplus ada/§p @x.sql", "plink -ssh -pw §p h", "mysql -uada -p'§p' shop", "app --user ada:§p", `user.setPassword("§p")`, `props.setProperty("db.password", "§p")`, "ada/§t@//db:1521/x", "https://x.org/a?hmac=§t", "Visa§c", "TOKÉN=§t"},
	} {
		pipelineForms[class] = forms
	}
}

// Values that databases and what stands before them quote.
func init() {
	pipelineForms["quoted by databases"] = []string{
		"failed to parse date field [§w] with format [yyyy]",
		"ERROR: invalid regular expression: \"§w(\"",
		"date/time field value out of range: \"§w\"",
		"Out of range value for column 'age' at row 1: '§n'",
		"Out of range value '§n' for column 'age' at row 1",
		"The conversion of the nvarchar value '§n' overflowed an int column.",
		"check constraint \"chk\" is violated by row (§n, '§w')",
		"WriteError: Document failed validation: {\"name\":\"§w §w\"}",
		"ConditionalCheckFailedException: Item {\"name\":{\"S\":\"§w\"}}",
		"ERROR: cannot convert \"§w\" to integer",
		"ERROR: cannot cast '§w' to integer",
		"Invalid `prisma.user.create()` invocation: { data: { email: \"§w@x.io\" } }",
		"Invalid `prisma.user.create()` invocation:\n{\n  data: {\n    name: \"§w\"\n  }\n}",
		"binding parameter (1:VARCHAR) <- [§w]",
		"bind => [§w, 3341240]",
		"bind => [\"§w\", 4]",
		"[Parameters=[@p0='§w' (Size = 4000)], CommandType='Text']",
		"could not execute statement; SQL [insert into t values (?)]; params=[§w]",
		"statement failed; params=[\"§w\"]",
		"args: [\"§w\" 3] query: SELECT * FROM t WHERE a=$1",
		"args=[\"§w\",3] query=x",
		"INSERT INTO t (a) VALUES (?) [[\"a\", \"§w\"]]",
		"SELECT \"users\".* FROM \"users\" WHERE \"users\".\"email\" = $1 LIMIT $2  [[\"email\", \"§w@x.io\"], [\"LIMIT\", 1]]",
		"COPY users, line 3, column name: \"§w\"",
		"COPY t, line 3: \"§n\t§w\"",
		"Preview of field's value: '§w'",
		"Key (email)=(§w@x.io) already exists.",
		"Key (lower(email::text))=(§w@x.io) already exists.",
		"Duplicate entry '§w' for key 'users.email'",
		"Duplicate entry '§w-§n' for key 'PRIMARY'",
		"(1062, \"Duplicate entry '§w' for key 'email'\")",
		"Data too long for column 'name' at row 1: '§w'",
		"Truncated incorrect DOUBLE value: '§w'",
		"Incorrect integer value: '§w' for column 'age' at row 1",
		"ORA-00001: unique constraint (A.B) violated on table T columns (EMAIL) value '§w'",
		"ORA-01438: value larger than specified precision allowed: §n",
		"ORA-12899: value too large for column \"A\".\"B\".\"C\" (actual: 30, maximum: 10): '§w'",
		"Cannot insert duplicate key row in object 'dbo.t' with unique index 'ix'. The duplicate key value is (§w).",
		"invalid input syntax for type uuid: \"§w\"",
		"invalid input syntax for integer: \"§w\"",
		"ERROR: malformed array literal: \"§w\"",
		"ERROR: invalid byte sequence; value: '§w'",
		"ERROR: malformed range literal: \"§w\"",
		"ERROR: invalid value \"§w\" for \"YYYY\"",
		"ERROR: null value in column \"a\" violates not-null constraint DETAIL: Failing row contains (§n, §w, null).",
		"E11000 duplicate key error collection: a.b index: email_1 dup key: { email: \"§w\" }",
		"Cast to ObjectId failed for value \"§w\" (type string) at path \"_id\"",
		"CastError: Cast to Number failed for value \"§w\" at path \"age\"",
		"mapper_parsing_exception: failed to parse field [age] of type [long] in document with id '1'. Preview of field's value: '§w'",
		"number_format_exception: For input string: \"§w\"",
		"InvalidTextRepresentation: invalid input syntax for type integer: \"§w\" LINE 1: SELECT * FROM t WHERE a = '§w'",
		"django.db.utils.DataError: value too long for type character varying(3) (value '§w')",
		"psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint \"x\" DETAIL: Key (name)=(§w) already exists.",
		"sqlite3.IntegrityError: UNIQUE constraint failed: users.email (value: '§w')",
		"Error converting data type varchar to numeric: '§w'",
		"Arithmetic overflow error converting expression, value '§n'",
		"Conversion failed when converting date and/or time from character string '§w'.",
		"Unparseable date: \"§w\"",
		"DateTimeParseException: Text '§w' could not be parsed at index 0",
		"Invalid UUID string: §w",
		"Error: invalid input value for enum role: \"§w\"",
		"String value '§w' is not recognized as a valid DateTime",
		"Numeric value '§w' is not recognized",
		"SQL compilation error: Date '§w' is not recognized",
		"Invalid cast from VARCHAR to INT: '§w'",
		"Bad int64 value: §w",
		"Could not convert string '§w' to INT32",
		"Cannot parse string '§w' as UInt32",
		"Code: 6. DB::Exception: Cannot parse string '§w' as UInt64: syntax error at begin of string",
		"sqlalchemy.exc.DataError: (x) [parameters: ('§w', 3)]",
		"[parameters: {'name': '§w', 'x': 3}]",
		"[parameters: [('§w', 3), ('§w', 4)]]",
		"Executing (default): INSERT INTO t VALUES ($1); bind: [\"§w\"]",
		"Query: INSERT INTO t VALUES (?) Params: ['§w']",
		"-- PARAMETERS: [\"§w\"]",
		"query failed: INSERT INTO t VALUES ($1) -- PARAMETERS: [\"§w\",3]",
		"p6spy: insert into t values ('§w')",
		"Binds: [[nil, \"§w\"]]",
		"Bind: {\"name\": \"§w\"}",
		"Executed DbCommand (1ms) [Parameters=[@p0='§w' (Size = 4000), @p1='§n'], CommandType='Text']",
		"ValidatorError: Path `email` is invalid (§w@x.io).",
		"User validation failed: age: Cast to Number failed for value \"§w\"",
		"com.mongodb.MongoWriteException: Document failed validation { \"a\" : \"§w\" }",
		"ResponseError: Invalid STRING constant (§w) for \"age\" of type int",
		"InvalidRequest: code=2200 message=\"Unable to coerce '§w' to a formatted date\"",
		"java.sql.SQLException: Cannot convert value '§w' from column 2 to TIMESTAMP.",
		"java.sql.SQLDataException: Value '§w' is outside of valid range for type java.lang.Byte",
		"DataIntegrityViolationException: PreparedStatementCallback; SQL [x]; Value '§w' too long",
		"Violation of PRIMARY KEY constraint 'PK_t'. The duplicate key value is (§n, §w).",
		"DETAIL:  Key (id)=(§n) is still referenced from table \"t\".",
		"DETAIL: Array value must start with \"{\": \"§w\"",
		"CONTEXT: unnamed portal parameter $1 = '§w'",
		"LOG: parameters: $1 = '§w'",
		"DETAIL: Row contains ('§w', 3)",
		"WHERE: COPY t, line 1, column a: \"§w\"",
		"new row for relation \"t\" violates check constraint \"c\" DETAIL: Failing row contains (§w).",
	}
}

// Commands and statements of many tools.
func init() {
	pipelineForms["commands of many tools"] = []string{
		"vault login §p",
		"vault login -method=userpass username=bob password=§p",
		"vault operator unseal §p",
		"openssl enc -aes-256-cbc -k §p -in a -out b",
		"openssl rsa -passin pass:§p -in k",
		"openssl pkcs12 -export -passout pass:§p",
		"openssl enc -pass pass:§p",
		"bcp t in f -S s -U u -P §p",
		"bcp t in f -P§p",
		"mosquitto_pub -h h -u u -P §p -t x -m y",
		"mosquitto_sub -u bob -P '§p' -t x",
		"ssh-keygen -t rsa -N §p -f k",
		"ssh-keygen -t ed25519 -N \"§p\"",
		"ssh-keygen -p -P §p -N §p -f k",
		"xfreerdp /u:bob /p:§p /v:h",
		"xfreerdp /v:h /u:bob /p:'§p'",
		"rdesktop -u bob -p §p h",
		"lftp -u bob,§p ftp.x.org",
		"lftp -e 'ls' -u bob,§p h",
		"expdp scott/§p full=y",
		"impdp scott/§p@db full=y",
		"exp scott/§p file=x",
		"imp scott/§p file=x",
		"sqlldr userid=scott/§p control=x",
		"plink -ssh -pw §p bob@h",
		"pscp -pw §p a b",
		"psftp -pw §p h",
		"sqlplus scott/§p@ORCL",
		"sqlplus -s scott/\"§p\"@ORCL",
		"sqlplus -S scott/§p @x.sql",
		"rman target sys/§p@db",
		"mysql -uroot -p§p shop",
		"mysql -u root -p'§p' shop",
		"mysql -uroot -p\"§p\" shop",
		"mysql -uN -p'§p' shop",
		"mysqldump --password=§p x",
		"mysql --password '§p'",
		"mycli -u a -p §p",
		"myapp --user bob:§p",
		"curl -u bob:§p https://x.org",
		"curl -u 'bob:§p' https://x.org",
		"curl -su bob:§p https://x.org",
		"curl --user bob:§p https://x.org",
		"curl -U bob:§p -x p https://x.org",
		"docker login -u bob -p §p r.x.org",
		"docker login --username bob --password §p",
		"podman login -u bob -p §p r",
		"helm registry login r -u bob -p §p",
		"sshpass -p §p ssh h",
		"sshpass -p'§p' ssh h",
		"redis-cli -a §p ping",
		"redis-cli -h h -a '§p' ping",
		"redis-cli --pass §p",
		"REDISCLI_AUTH=§p redis-cli",
		"PGPASSWORD=§p psql -h h",
		"PGPASSWORD='§p' pg_dump x",
		"MYSQL_PWD=§p mysql",
		"kubectl create secret generic s --from-literal=foo=§p",
		"kubectl create secret generic s --from-literal foo=§p --from-literal=bar=§p",
		"kubectl create secret generic s --from-literal='foo=§p'",
		"kubectl create secret docker-registry s --docker-username=u --docker-password=§p",
		"kubectl create secret generic s --from-literal=username=bob --from-literal=password=§p",
		"oc create secret generic s --from-literal=x=§p",
		"mc alias set m http://h AK §p",
		"gh auth login --with-token <<< §t",
		"echo §p | gh auth login --with-token",
		"echo -n \"§p\" | gcloud secrets create s --data-file=-",
		"printf '§p' | gcloud secrets versions add s --data-file=-",
		"printf %s §p | docker login --password-stdin",
		"sudo -S <<< §p",
		"echo §p | sudo -S ls",
		"az keyvault secret set --vault-name v --name n --value §p",
		"aws ssm put-parameter --name /p --value §p --type SecureString",
		"aws ssm put-parameter --type SecureString --name /p --value \"§p\"",
		"aws secretsmanager create-secret --name n --secret-string §p",
		"aws iam create-login-profile --user-name bob --password §p",
		"rabbitmqctl authenticate_user u §p",
		"rabbitmqctl add_user bob §p",
		"rabbitmqctl change_password bob §p",
		"etcdctl --user u:§p get x",
		"nmcli con modify x wifi-sec.psk §p",
		"nmcli dev wifi connect x password §p",
		"iwconfig wlan0 key s:§p",
		"rsync --password-file=<(echo §p) a b",
		"ipmitool -I lanplus -H h -U u -P §p power",
		"snmpwalk -v2c -c §p h",
		"snmpwalk -v 2c -c §p h",
		"snmpget -v3 -l authPriv -u u -A §p -X §p h",
		"ldapsearch -x -D cn=admin -w §p",
		"ldappasswd -s §p -D cn=x",
		"ldappasswd -x -D cn=x -w §p -s §p uid=u",
		"ldapmodify -D cn=x -w '§p' -f x",
		"net user bob §p /add",
		"net use \\\\h\\s /user:bob §p",
		"runas /user:bob /savecred §p",
		"psexec \\\\h -u bob -p §p cmd",
		"wmic /node:h /user:bob /password:§p",
		"sqlcmd -S h -U sa -P §p",
		"sqlcmd -S h -U sa -P§p",
		"isql -U sa -P §p",
		"cqlsh -u cassandra -p §p",
		"mongosh -u a -p §p",
		"mongo --username a --password §p",
		"clickhouse-client -u a --password §p",
		"influx -username a -password §p",
		"psql \"postgresql://a:§p@h/x\"",
		"htpasswd -b f bob §p",
		"htpasswd -bnBC 10 bob §p",
		"htdigest -b f r bob §p",
		"smbclient //h/s -U bob%§p",
		"smbclient //h/s §p -U bob",
		"mount -t cifs //h/s /m -o username=bob,password=§p",
		"mount -o user=bob,pass=§p //h/s /m",
		"wget --user=bob --password=§p https://x",
		"wget --http-passwd=§p https://x",
		"http -a bob:§p https://x",
		"svn co --username bob --password §p u",
		"git clone https://bob:§p@x.org/r.git",
		"git -c http.extraHeader=\"Authorization: Bearer §t\" pull",
		"npm login --_auth=§t",
		"npm config set //r/:_authToken=§t",
		"twine upload -u bob -p §p",
		"heroku config:set SECRET=§p",
		"ansible-playbook x.yml -e ansible_password=§p",
		"ansible all -e \"ansible_become_pass=§p\"",
		"terraform apply -var db_password=§p",
		"consul kv put x/password §p",
		"vault kv put secret/x value=§p",
		"vault kv put secret/x foo=§p",
		"vault write auth/x/login secret_id=§p",
		"zip -P §p a.zip b",
		"zip -rP §p a.zip b",
		"unzip -P §p a.zip",
		"7z a -p§p a.7z b",
		"rar a -hp§p a.rar",
		"rar a -p§p a.rar",
		"unrar x -p§p a.rar",
		"gpg --passphrase §p -c f",
		"gpg --batch --passphrase '§p' -c f",
		"keytool -storepass §p -keypass §p",
		"keytool -importkeystore -srcstorepass §p -deststorepass §p",
		"jarsigner -storepass §p -keypass §p a b",
		"java -Djavax.net.ssl.trustStorePassword=§p -jar x",
		"cryptsetup luksOpen /dev/x y <<< §p",
		"useradd -p '§p' bob",
		"usermod -p §p bob",
		"echo bob:§p | chpasswd",
		"echo \"bob:§p\" | sudo chpasswd",
		"passwd bob <<< §p",
		"kinit bob <<< §p",
		"smbpasswd -s -a bob <<< §p",
		"pdbedit -a -u bob -p §p",
		"dsmod user x -pwd §p",
		"net rpc join -U bob%§p",
		"wpa_passphrase ssid §p",
		"stunnel -pw §p",
		"tigervnc -passwd §p",
		"x11vnc -passwd §p",
		"vncserver -password §p",
		"freeradius radtest bob §p h 0 s",
		"radtest bob §p localhost 0 §p",
		"swaks --auth-user bob --auth-password §p",
		"sendemail -xu bob -xp §p",
		"mutt -e \"set smtp_pass=§p\"",
		"ncftp -u bob -p §p h",
		"ftp -u bob:§p h",
		"lftp ftp://bob:§p@h",
		"aria2c --http-passwd=§p u",
		"youtube-dl -u bob -p §p u",
		"s3cmd --access_key=A --secret_key=§p ls",
		"az login -u bob -p §p",
		"az storage blob list --account-key §t",
		"gcloud auth activate --password §p",
		"doctl auth init -t §t",
		"linode-cli --token §t",
		"flyctl secrets set FOO=§p",
		"fly secrets set A=§p B=§p",
		"wrangler secret put X <<< §p",
		"docker secret create s - <<< §p",
		"docker run -e FOO_PASSWORD=§p x",
		"docker run -e MYSQL_ROOT_PASSWORD=§p mysql",
		"systemd-creds encrypt <<< §p",
		"sf login -p §p",
		"snowsql -u a -p §p",
		"bq --token §t",
		"nuget push x -ApiKey §t",
		"dotnet nuget push x -k §t",
		"gem push -k §t",
		"cargo login §t",
		"cargo publish --token §t",
		"createuser --password §p",
		"ng-cli --api-key=§t",
		"jenkins-cli -auth bob:§t",
		"nexus-cli -u bob:§p",
		"artifactory-cli rt c --user=bob --password=§p",
		"hydra -l bob -p §p ssh://h",
		"evil-winrm -i h -u bob -p §p",
		"impacket-psexec dom/bob:§p@h",
		"crackmapexec smb h -u bob -p '§p'",
	}
	pipelineForms["statements of many databases"] = []string{
		"ALTER USER u IDENTIFIED BY §w",
		"ALTER USER u IDENTIFIED BY §w REPLACE §w",
		"CREATE USER bob IDENTIFIED BY §p DEFAULT TABLESPACE x",
		"/* §w */ DELETE FROM t WHERE k='§w'",
		"-- §w\nDELETE FROM t WHERE k='§w'",
		"# §w\nSELECT a FROM t",
		"CREATE SECRET s (TYPE S3, KEY_ID '§w', SECRET '§p')",
		"CREATE OR REPLACE SECRET s (TYPE S3, KEY_ID '§w', SECRET '§p')",
		"CREATE PERSISTENT SECRET s (TYPE GCS, SECRET '§p')",
		"COPY t FROM 's3://x' CREDENTIALS 'aws_access_key_id=§t;aws_secret_access_key=§t'",
		"COPY INTO t FROM @s CREDENTIALS=(AWS_KEY_ID='§t' AWS_SECRET_KEY='§t')",
		"CREATE STAGE s CREDENTIALS=(AWS_KEY_ID='§t' AWS_SECRET_KEY='§p')",
		"UNLOAD ('select a from t') TO 's3://b' CREDENTIALS 'aws_secret_access_key=§p'",
		"SELECT a FROM t WHERE b = $$§w$$",
		"SELECT a FROM t WHERE b = $tag$it's §w$tag$",
		"update t set note = $tag$§w it's$tag$",
		"TRUNCATE t /* §w §w */",
		"Query OK: TRUNCATE t /* §w */",
		"SET @p = '§w'; UPDATE t SET a = 1",
		"ATTACH DATABASE 'x.db' AS e KEY '§w'",
		"ATTACH 'x.db' AS e KEY '§w'",
		"PRAGMA key = '§w'",
		"PRAGMA rekey='§w'",
		"SHOW TABLES LIKE '§w'",
		"SHOW VARIABLES LIKE '§w'",
		"SELECT * FROM t WHERE note = 'a\\'s §w'",
		"SELECT E'it\\'s §w' FROM t",
		"DROP USER '§w'",
		"OPEN SYMMETRIC KEY k DECRYPTION BY PASSWORD = '§w'",
		"CREATE MASTER KEY ENCRYPTION BY PASSWORD = '§w'",
		"CREATE CREDENTIAL c WITH IDENTITY = 'x', SECRET = '§w'",
		"CREATE DATABASE SCOPED CREDENTIAL c WITH IDENTITY = 'x', SECRET = '§w'",
		"CREATE ROLE r WITH LOGIN ENCRYPTED PASSWORD '§w'",
		"ALTER ROLE r PASSWORD '§w' VALID UNTIL '2027-01-01'",
		"ALTER LOGIN sa WITH PASSWORD = '§w' OLD_PASSWORD = '§w'",
		"SET PASSWORD FOR bob = '§w'",
		"CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'x', password '§w')",
		"CREATE DATABASE LINK l CONNECT TO u IDENTIFIED BY \"§w\" USING 'x'",
		"GRANT ALL ON *.* TO bob IDENTIFIED BY '§w'",
		"CHANGE MASTER TO MASTER_HOST='h', MASTER_PASSWORD='§w'",
		"CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD='§w'",
		"START SLAVE USER='x' PASSWORD='§w'",
		"EXEC sp_addlogin 'bob', '§w'",
		"EXEC sp_password '§w', '§w', 'bob'",
		"ALTER TABLE t ADD COLUMN c text DEFAULT '§w'",
		"BEGIN; UPDATE t SET a='§w'; COMMIT",
		"CREATE USER bob PASSWORD '§w' SUPERUSER",
		"CREATE USER bob IDENTIFIED WITH sha256_password BY '§w'",
		"CREATE USER bob IDENTIFIED WITH plaintext_password BY '§w'",
		"CALL login('bob', '§w')",
		"NOTIFY ch, '§w'",
		"LISTEN x; SELECT '§w'",
		"SELECT * FROM dblink('host=h password=§w', 'select 1')",
		"SELECT * FROM mysql('h','db','t','bob','§w')",
		"INSERT INTO t FORMAT Values ('§w')",
		"EXPLAIN ANALYZE SELECT a FROM t WHERE b='§w'",
		"WITH x AS (SELECT 1) DELETE FROM t WHERE a='§w'",
		"LOCK TABLES t WRITE; INSERT INTO t VALUES('§w')",
		"DECLARE c CURSOR FOR SELECT a FROM t WHERE b='§w'",
		"PREPARE p FROM 'SELECT a FROM t WHERE b=§w'",
		"KILL QUERY 3; DELETE FROM t WHERE a='§w'",
		"MATCH (n:Person {name:'§w'}) RETURN n",
		"CREATE (n:Person {name:'§w'})",
		"MERGE (n:P {name: \"§w\"}) SET n.age = 3",
		"SELECT a FROM t # §w",
		"SELECT a FROM `t` WHERE b = \"x\" #§w",
		"DELETE FROM t WHERE a=1 # §w §w",
		"SELECT * INTO #tmp FROM t WHERE a = '§w'",
		"SELECT * FROM t WHERE a = '§w' AND b = 'it\\'s'",
	}
}

// Forms that a dictionary, tables and a closer look at sentences are for.
func init() {
	for class, forms := range map[string][]string{
		"parts": {"--X\r\nContent-Disposition: form-data; name*=UTF-8''pass%77ord\r\n\r\n§w\r\n--X--", "--X\r\nContent-Disposition: form-data; name*=UTF-8''%zz\r\n\r\n§w\r\n--X--", `{"parts":[{"headers":{"Content-Disposition":"form-data; name=\"token\""},"body":"§w"}]}`, `{"parts":[{"headers":{"content-disposition":["form-data; name=token"]},"content":"§w"}]}`, `{"parts":[{"headers":[{"name":"Content-Disposition","value":"form-data; name=\"token\""}],"body":"§w"}]}`, `{"parts":[{"headers":[["Content-Disposition","form-data; name*=UTF-8''t%6Fken"]],"body":"§w"}]}`, `{"parts":[{"headers":"Content-Disposition: form-data; name=\"token\"","body":"§w"}]}`},
		"users with passwords": {
			"login=bob:§p", "user=bob:§p", "account=bob:§p", "basic=bob:§p", "user: bob:§p", "username: bob:§p", `{"login":"bob:§p"}`, `{"login":"bob:§h"}`, `{"login":"bob:§m"}`, `{"login":"bob:§w7j"}`, "creds=bob:§p,eve:§p", "creds=bob:§w,eve:§w", "logins: bob:§p; eve:§p", "user/pass bob/§p", "user/pass bob/§w", "username and password are bob and §p", "username and password are bob and §w", "login and password: bob, §p", "-u bob:§p https://h.example.org",
			"svc:§w@unix(/tmp/mysql.sock)/db", "svc:§w@tcp(h:3306)/db", "user:§w@unix(/tmp/mysql.sock)/db",
		},
		"keys in places of their own": {"<password xsi:nil='false'>§w", "<password xsi:nil='false'>§p", "<password xsi:nil=\"false\" >§w", "<ns:password xsi:type=\"xs:string\">§w</ns:password>", "Authorization: Bearer\t§p", "Authorization: Bearer\t§t", "Authorization: Bearer\t§m", "UPDATE password old=§m new=§m", "UPDATE password old=§p new=§p", "UPDATE password old=§w new=§w"},
		"values behind adjuncts": {
			"temporary password of device 7 is §p", "SIM PUK of device 7 is §p", "token for device 7 is §t", "the password for the new server in rack 9 is §p", "the backup code for the new server in rack 9 is §p", "The token you need is §m", "password he used was §p", "PIN, which is §p, expired",
			"§p is your device password. Do not share it.", "§p is your service account password. Do not share it.", "§p is your personal access token. Do not share it.", "§p is your MFA code. Do not share it.", "two-factor code mismatch: got §p", "old two-factor code §p no longer valid", "recovery key is §p",
		},
		"schemes of nobody": {
			"rejected: Authorization: GenieKey §p", "configured Authorization: Splunk §h and Authorization: Splunk §h twice", "Authorization => OAuth §h", `-H "Authorization: Key §h"`, "Authorization = Bot §p", "Authorization = sso-key §h", "HTTP_AUTHORIZATION=OAuth §h", "Proxy-Authorization: Key §p",
		},
		"tokens joined to words": {
			"passcode->§tR", "bearer->§tR", "pwd->§tR", "pwd/§tR", "api key/§tR", "§tR (authkey)", "the pwd starts with or equals §tR", "rotated bearer to §tR", "leaked PAT: §tR", "hmac was §tR before",
		},
		"joined names": {
			`{"cardpin":"§w"}`, `{"lockpin":"§p"}`, `{"puk2s":"§n"}`, `{"socialsecurityno":"§p"}`, `{"name":"passwordHistory","value":["§w"]}`, `{"name":"passwordHistory","value":"§p"}`, `{"transactionPIN":"§w"}`, `{"voicemailpin":"§w"}`, `{"vоісеmаіlріn":"§w"}`, "SMSCODETEXT=§w", "HOME=/root\nTRANSACTIONPIN=§w", `{"db_passes":"§w"}`, `{"integration":{"key":"LicenseSecret","val":"§w"}}`, `{"integration.key":"LicenseSecret","integration.val":"§w"}`, `name="pin_block" value="§w"`,
			"ENV MFA_CODE §p", `{"tan":"§d"}`, `{"tan":§n}`, `{"transactionAuthenticationNumber":"§p"}`, `{"pincode":"§p"}`, `{"password_history":["§w","§w"]}`, `{"passwordHistory":"§p"}`, "insert on child row; key value '§r' not found",
		},
		"unusual words in sentences": {"the password §w is too weak", "secret §w does not match", "client secret §w accepted for ada", "comparing token §w with stored", "password mismatch: expected §w got §w", "my password's §w", "§w was set as the new password", "Bad credentials: ada / §w", "credentials ada/§w were rejected", "logon denied (ada/§w)", "ada typed §w into the wifi password field", "login with ada / §w (Passwort)", "field password changed from '§w' to '§w'", "passwords are §w and §w", "user ada, pass §w", "Invalid token '§w'", "the admin changed the password, it is now §w"},
		"tables as text":             {" id | name\n----+------\n  1 | §w\n  2 | §w\n(2 rows)", "+----+------+\n| id | name |\n+----+------+\n|  1 | §w |\n+----+------+", " name \n------\n §w\n(1 row)", "-[ RECORD 1 ]--\nid | 1\nname | §w", "*** 1. row ***\n  id: 1\nname: §w", "id,name,city\n1,§w,x\n2,§w,y\n3,§w,z"},
		"trials of secrets":          {"API_KEY_TEST=§w", "DB_PASSWORD_TEST=§w", `{"api_key_test":"§w"}`, `{"password_check":"§w"}`, `{"apiKeyTest":"§w"}`},
		"schemes before UUIDs":       {"2026-11-22 10:00:00 WARN api - Authorization: GenieKey §u", "sent header Authorization: GenieKey §u to api.opsgenie.com", "authorization=GenieKey §u", "headers: Authorization: Key §u", `{"line":"Authorization: GenieKey §u"}`},
		"keys with slashes":          {"account key: §k", `{"wrapped_key":"§k"}`, `{"sasKey":"§k"}`, "the account key §k was leaked", "AccountKey=§k", "leaked key §k found", "signing with key §k failed", "wrapping key 7 = §k", "shared secret §k accepted"},
		"users without passwords":    {"nats://§m848@host", "nats://R§w848@host", "redis://R§w848@h:6379", "connect nats://Mx§y§m@nats-1:4222 failed", "nats://§w@nats-1:4222", "mqtt://Rako§m§y@h", "redis://Rako§m§y@h", `{"url":"amqp://Rako§m§y@h"}`},
		"told behind the value":      {"Vault token §w revoked", "vault token §w was renewed by ada", "rotated PAT to §t", "rotated PAT to §tR", "PAT is now §t", "new PAT §t", "§p (the security answer)", "§w (the security answer)", "§w (my security answer)", "ada typed §w instead of the token", "typed §p instead of the password", "user pasted §p instead of his PIN", "entered \"§w\" instead of the token"},
		"sessions without a cookie":  {"CFID=§n; CFTOKEN=§n", "sent CFID=§n; CFTOKEN=§h", `{"event.payload.Cookies.sid":"§w"}`, `{"event.payload.cookies.theme":"§w"}`, `{"event":{"payload.Cookies.sid":"§w"}}`},
		"logins of words":            {`{"account":"bob:marble-rome-§y"}`, `{"login":"bob:marble-rome-§y"}`, `{"user":"bob:marble-rome-§y"}`, "account=bob:marble-rome-§y"},
		"rows of two cells":          {"<table><tr><td>role</td><td>§w</td></tr><tr><td>7</td><td>§w</td></tr></table>", "<table><tr><td>first name</td><td>§w</td></tr><tr><td>role</td><td>editor</td><td>§w</td></tr></table>", "<table><tr><td>api key</td><td>§w</td></tr></table>", "<table><tr><th>api key</th><td>§p</td></tr><tr><td>role</td><td>editor</td></tr></table>"},
		"names of one word":          {`{"smsotp":"§n"}`, `{"emailotp":"§p"}`, `{"pin_codes":"§n"}`, `{"pinCodes":["§n"]}`, `{"verificationpin":"§n"}`, `{"mnemonicphrase":"§w"}`, `{"recoverypin":"§n"}`, "SMSOTP=§n"},
		"pairs around values":        {`{"inputs":{"0":{"name":"client_secret","attributes":{"value":"§p"}}}}`, `{"name":"password","properties":{"value":"§w"}}`, `{"field":{"name":"api_key","props":{"defaultValue":"§w"}}}`, `{"key":"pin","attributes":{"value":§n}}`},
		"pairs of contents":          {`{"items":[{"name":"query","value":{"maple":[{"id":0,"full_name":"§w §w"},{"id":1,"full_name":"§w §w"},{"id":2,"full_name":"x y"},{"id":3,"full_name":"z y"}]}}]}`, `{"items":[{"name":"resultset","value":{"a1":{"id":0,"full_name":"§w §w"}}}]}`, `{"items":[{"name":"messages","value":["Dear §w, we met"]}]}`, `{"items":[{"name":"records","value":[[0,"§w §w"],[1,"§w §w"],[2,"x"],[3,"y"]]}]}`, `{"items":[{"key":"completion","value":"Dear team, §w asked"}]}`, `{"items":[{"name":"body_html","value":["Dear team, §w asked"]},{"name":"port","value":17}]}`},
		"keys of YAML on their own":  {"? account_key\n: §w", "? account-key\n: §p", "ok\n? \"db password\"\n: §w\n? zone\n: x", "? core/recovery_phrase\n: §p"},
		"pairs without brackets":     {`{"env":["tokenizer","bpe","User Password","§w"]}`, `{"env":["commit","4027b1a","X-Api-Key","§w"]}`, `["zone","eu","db password","§w"]`},
		"keys within keys":           {"https://h.example.com/r?next=%2Fy%3Fkey%3D§h", "https://h.example.com/r?next=%2Fy%3Ftoken%3D§w", "https://h.example.com/login?redirect=https%3A%2F%2Fa.example%2Fcb%3Fsecret%3D§w"},
		"values with signs": {
			"A=b\nDB_PASSWORD=&§w\nC=d", "A=b\nDB_PASSWORD=§p`§w\nC=d", "A=b\nDB_PASSWORD=§w&§m\nC=d", "DB_PASSWORD=;§w", "DB_PASSWORD=,§w", "DB_PASSWORD=§w,§w", "DB_PASSWORD=\"§w", "postgres://bo:<§w@h:5432/db", `postgres://bo:§w"§w@h:5432/db`, "postgres://bo:§w'§w@h:5432/db", "postgres://bo:§w`§w@h:5432/db",
			"login --password=''\"'\"'§p'", "login --password='§w'\"'\"'§p'", `Server=h;Password="§w""§w";Database=x`, `<a password="§w&quot;§w"/>`,
		},
		"names with prefixes in lists": {`{"argv":["zone","Confirm Password","§s"]}`, `{"argv":["zone","X Api Key","§n"]}`, `{"argv":["zone","core::storage_key","rukazi§d"]}`, `{"argv":["a","b","redis_pass","§w"]}`, `{"argv":["a","acme/auth_token","§w"]}`, `{"env":["core::pwd","§w"]}`, `{"vars":["legacy.redis_pass","§w"]}`, `{"argv":["x","Oauth Token","§p"]}`},
		"names that count":             {`{"context":{"tokens":"§t"}}`, `{"max_tokens":"§t"}`, `{"input":{"tokens":["§t"]}}`},
		"names of services, joined":    {`{"stripekey":"§w"}`, `{"sendgridkey":"§w"}`, `{"redisauth":"§w"}`, `{"sudopass":"§w"}`, `{"vaultpass":"§w"}`, `{"p12pass":"§w"}`, `{"tpin":§n}`, `{"mpin":"§n"}`, `{"upin":"§n"}`, `{"m_tan":"§n"}`, `{"privatepem":"§w"}`},
		"elements as entities":         {"<p>&lt;s:WIFI_PASSWORD xmlns:s=&quot;urn:x&quot;>&lt;![CDATA[§w §w §w]]>&lt;/s:WIFI_PASSWORD></p>", "<p>&lt;property name=&quot;credential&quot;>§w §w §w&lt;/property></p>", "<p>&lt;property name=&quot;credential&quot;&gt;§p&lt;/property&gt;</p>"},
		"keys of nobody":               {`{"zmk":"§h"}`, `{"zpk":"§h"}`, `{"transactionKey":"§p"}`, `{"ipek":"§h"}`, `{"kaggle_key":"§h"}`, `{"tde_key":"§h§h"}`, `{"zoltan_key":"§t"}`, `{"otp_attempt":"§d"}`, `{"paymentMethodNonce":"§u"}`, `{"ssl_cvv2cvc2":"§d"}`, "Using generated security password §u for profile dev", `{"CommandText":"SELECT 1","Parameters":{"@email":"§w"}}`},
		"lines of images":              {"ENV storage.account.key §p", "ENV core/private_key §w", "ENV recovery-phrase §w", "ENV DB_PASSWORD §w", "RUN x\nENV API_KEY §w\nCMD y", "SetEnv DB_PASSWORD §w"},
		"names in disguise":            {`{"p4ssw0rd":"§w"}`, `{"s e c r e t":"§w"}`, `{"pa$$word":"§w"}`, "signing_key?: §w", "+ api_key: §w", "db.password[0]=§w", "auth_token(value=§w)", "#define API_SECRET \"§w\"", "{passwd,\"§w\"}"},
	} {
		pipelineForms[class] = forms
	}
}

// spoken are names of secrets as sentences have them, told are sentences with such a name, ¤,
// and tellable what is told.
var (
	spoken = []string{
		"redis pass", "githubToken", "application key", "MysqlPwd", "storage account key", "PASSWORD2", "seed phrase", "X-Legacy-Access-Key", "symmetric key", "pgpassword", "backupCodes",
		"db pass", "confirm-password", "Shared Secret", "account_key", "mfaCode", "DECRYPTION_KEY", "npm token", "ServiceAccountKey", "recovery codes", "tls key passphrase",
	}
	told = []string{
		"the ¤ is §", "The ¤ for ada is §.", "¤ was §", "¤ equals §", "your ¤ is §", "¤ has been reset to §", "¤ was changed to §", "set ¤ to §", "updated ¤ to \"§\"", "¤ changed from § to §", "rotated ¤, now §", "§ is the new ¤",
		"invalid ¤ §", "wrong ¤ \"§\"", "¤ '§' accepted", "¤ '§' rejected", "¤ § was rejected", "¤ (§) expired", "use ¤ §", "ada sent ¤ § by mail", "got ¤ of §", "¤\t§", "¤\n§", "| ¤ | § |", "¤ ≔ §", "¤ is «§»", "¤ is [§]", "<p>the ¤ is §</p>",
	}
	tellable = []string{"§s", "§l", "§f", "§p"}
)

func init() {
	n := 0
	for _, sentence := range told {
		for range 6 {
			form := strings.ReplaceAll(strings.ReplaceAll(sentence, "§", tellable[n%len(tellable)]), "¤", spoken[n%len(spoken)])
			pipelineForms["sentences with names of keys"] = append(pipelineForms["sentences with names of keys"], form)
			n++
		}
	}
	pipelineForms["words in sentences with names of keys"] = []string{
		"the redis pass is §w", "MysqlPwd was changed to §w", "the application key for ada is §w.", "rotated storage account key, now §w", "§w is the new db pass", "the githubToken equals §w", "use redis pass §w", "wrong pgpassword \"§w\"", "MysqlPwd\t§w", "symmetric key\n§w", "with key passphrase §w",
		"password is [marble §w olive §w]", "the wifi password here is «marble §w olive §w»", "account key is “marble §w olive”", "the redis pass is 'marble §w olive'",
		"password->§p", "password->§s", "password->§w", "password->§l", "user.password->§f", "-password §s", "-pass §t", "-pass §w", "done\n-pass §l", "git config user.token §l", "git config user.token §s", "git config --local core.apiKey §s", "ENV core/private_key §s", "ENV recovery-phrase §f", "ENV storage.account.key §p", "SetEnv DB_PASSWORD §s",
		"username ada secret §s", "username ada secret §l", "requirepass §s", "masterauth §s", "bindpw §s", "password=\n§s", "one-time password §s", "passphrase for key '/k': §w", "passphrase for key '/k': §s", "passphrase for key '/k': §p", "password [§s]", "the card pin was §d", "SMS_OTP equals §d",
	}
}

// TestTextInMaps reads free text and rows in maps, under names of maps that attributes have.
func TestTextInMaps(t *testing.T) {
	run := pipeline(t, "*")
	for _, form := range []string{
		`{"comment":"{\"a\": \"Dear §w, we met\", \"b\": 1, \"c\": 2}"}`, `{"params":{"body_html":{"title":"Dear §w, we met"}}}`,
		`{"event":{"inner":{"email_body":{"a":"Dear §w, we met","b":["Dear §w, we met"]}}}}`, `{"html_body":{"a":"Dear §w, we met"}}`, `{"chat_message":{"a":"Dear §w, we met"}}`, `{"sms":{"text":"Dear §w, we met"}}`, `{"answer":{"a":"Dear §w, we met"}}`,
		`{"rows":{"customer_id":§n,"full_name":"§w §w","city":"§w"}}`, `{"result_set":{"customer_id":§n,"full_name":"§w §w"}}`, `{"record":{"customer_id":§n,"full_name":"§w §w","city":"§w"}}`, `{"rpc":{"request":{"message":"Dear §w, we met"}}}`, `{"to":"bob@example.com","subject":"Dear §w, we met","body":"We met §w there"}`, `{"Items":[{"city":"§w"}],"ScannedCount":1}`, `{"affected_rows":1,"returning":[{"city":"§w"}]}`, `{"columns":["city"],"items":[["§w"]]}`, `{"mail":{"cc":["bob@example.com"],"subject":"Dear §w, we met"}}`,
	} {
		s := sower{rand.New(rand.NewPCG(*pipelineSeed, 17))}
		text, secrets := s.fill(form)
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &m))
		for how, put := range map[string]func(a pcommon.Map){
			"map":  func(a pcommon.Map) { require.NoError(t, a.PutEmptyMap("app.settings").FromRaw(m)) },
			"list": func(a pcommon.Map) { require.NoError(t, a.PutEmptySlice("app.items").AppendEmpty().FromRaw(m)) },
			"text": func(a pcommon.Map) { a.PutStr("app.change", text) },
		} {
			logs := record(attribute("note"), "x")
			put(logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes())
			out := written(run(logs))
			for _, secret := range secrets {
				require.NotContains(t, out, secret, "%s: %s", how, form)
			}
		}
	}
}

// TestJSONInTextsStays reads JSON in a text under the name of a remark: it is no sentence.
func TestJSONInTextsStays(t *testing.T) {
	const inner = `{"zone": "eu-1", "role": "editor", "replicas": 3, "class": "com.acme.PasswordEncoder"}`
	run := pipeline(t, "*")
	for _, name := range []string{"input", "comment", "note", "description"} {
		logs := record(attribute("message"), "x")
		logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().PutEmptyMap("app.change").PutStr(name, inner)
		require.Contains(t, written(run(logs)), inner, name)
	}
}
