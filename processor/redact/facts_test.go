package redactprocessor_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
)

// requestFacts are members of a request that an owner needs: numbers, booleans,
// and words and identifiers of up to 40 characters, under harmless names.
var requestFacts = []string{
	`"token_count":42`, `"max_tokens":4096`, `"password_policy":"strong"`, `"primary_key":"user_id"`, `"keyboard":"qwerty"`, `"secretary":"maria"`, `"area":"passport-office"`, `"compass":"north"`, `"keyword":"audit"`, `"tokenizer":"cl100k_base"`,
	`"author":"bob"`, `"authority":"acme"`, `"monkey":"george"`, `"passenger":"lee"`, `"pinned":true`, `"pins":3`, `"spin":"fast"`, `"pan":true`, `"panel":"left"`, `"shadow":true`, `"pass_rate":97`, `"passed":12`, `"bypass":false`, `"compassion":"high"`,
	`"password_expiry":"2027-01-01"`, `"password_length":12`, `"password_min_length":12`, `"password_changed_at":"2026-11-22T10:00:00Z"`, `"password_required":true`, `"has_password":true`, `"secret_name":"prod-db"`, `"secret_version":"4"`, `"secret_type":"Opaque"`, `"token_type":"Bearer"`, `"token_expiry":3600`, `"token_limit":100`, `"api_key_id":"ak-17"`, `"key_type":"rsa"`, `"key_size":2048`, `"key_algorithm":"RS256"`, `"signature_algorithm":"ES256"`, `"encryption_enabled":true`, `"credential_type":"oauth2"`, `"auth_method":"saml"`, `"auth_provider":"okta"`, `"authentication":"mfa"`, `"mfa":true`, `"otp_enabled":false`, `"pin_length":4`,
	`"public_key_id":"7"`, `"partition_key":"tenant_id"`, `"sort_key":"created_at"`, `"foreign_key":"order_id"`, `"key":"color"`, `"keys":["a","b"]`, `"keyspace":"audit"`, `"cache_key":"user-7"`, `"routing_key":"orders.created"`, `"idempotency_key":"retry-3"`, `"lookup_key":"name"`,
	`"permissions":["secrets:read","tokens:write"]`, `"scopes":["openid","profile"]`, `"role":"secret-manager"`, `"roles":["admin","auditor"]`, `"action":"ResetPassword"`, `"entity":"SecretsManager"`, `"event":"password.reset"`, `"state":"token_expired"`, `"status":"active"`, `"code":404`, `"code":"E1042"`, `"error_code":"AUTH_FAILED"`,
	`"id":"3f2c9e6a-51b0-4d7e-a1c2-9b8d7e6f5a4c"`, `"ulid":"01JD5Z3KQ8W7X6Y5V4T3S2R1Q0"`, `"commit":"3f786850e387550fdab836ed7e6dc881de23001b"`, `"md5":"9e107d9d372bb6826bd81d3542a419d6"`, `"order":"5105105105105101"`, `"version":"2.14.3-rc.1+build.5"`, `"slug":"quarterly-access-review"`, `"trace":"4bf92f3577b34da6a3ce929d0e0e4736"`, `"ip":"203.0.113.7"`, `"ip6":"2001:db8::1"`, `"mac":"02:42:ac:11:00:02"`, `"cidr":"10.0.0.0/8"`, `"time":"2026-11-22T10:11:12Z"`, `"day":"2026-11-22"`, `"timezone":"Europe/Zurich"`, `"locale":"de-CH"`, `"currency":"EUR"`, `"amount":129.95`, `"phone":"+14155550123"`, `"size":"64MiB"`, `"region":"eu-west-1"`, `"host":"node-01.eu-west-1.internal"`, `"port":5432`, `"path":"/api/v1/users"`, `"file":"report-2026-11.pdf"`, `"table":"public.users"`, `"class":"com.example.auth.TokenService"`, `"arn":"arn:aws:iam::123456789012:role/Reader"`, `"image":"registry.example.com/app:2.1.0"`, `"cron":"@daily"`, `"color":"#ff8800"`, `"percent":"42%"`, `"mime":"application/json"`, `"name":"editor"`, `"field":"email"`, `"old":"viewer"`, `"new":"editor"`, `"from":"draft"`, `"to":"published"`, `"enabled":false`, `"count":0`, `"ratio":0.25`, `"note_id":17`, `"objectid":"507f1f77bcf86cd799439011"`, `"snowflake":"175928847299117063"`, `"sku":"AB-1234-XY"`, `"isbn":"978-3-16-148410-0"`, `"tracking":"1Z999AA10123456784"`, `"plate":"ZH-123456"`, `"flight":"LX1234"`, `"ticket":"SEC-1042"`, `"build":"20261122.3"`, `"branch":"feature/token-refresh"`, `"tag":"v1.2.3"`, `"nanoid":"V1StGXR8_Z5jdHi6B-myT"`, `"cuid":"cjld2cjxh0000qzrmn831i7rn"`, `"k8s":"web-7d9f8b6c5d-x2x4z"`, `"bucket":"acme-secrets-backup"`, `"queue":"password-reset-emails"`, `"topic":"auth.tokens.v1"`, `"feature":"passkeys"`, `"plan":"enterprise"`, `"engine":"postgres"`, `"tls_mode":"require"`, `"driver":"pq"`, `"isolation":"read_committed"`, `"method":"PATCH"`, `"http_status":201`, `"duration_ms":12.5`, `"retry":3`, `"priority":"high"`, `"weekday":"monday"`, `"country":"CH"`, `"category":"billing"`, `"department":"security"`, `"team":"platform"`, `"owner":"svc-audit"`, `"manager":"u-17"`, `"device":"iphone-15"`, `"os":"macOS"`, `"browser":"firefox"`, `"session_timeout":30`, `"cookie_consent":true`, `"cookie_policy":"strict"`, `"license":"MIT"`, `"hash_algorithm":"sha256"`, `"checksum_type":"crc32"`, `"salt_rounds":12`, `"nonce_size":16`, `"seed":42`, `"card_type":"visa"`, `"card_last4":"4242"`, `"card_brand":"mastercard"`, `"account_id":"acc-17"`, `"account_type":"savings"`, `"iban_country":"DE"`, `"tax_rate":7.7`, `"ssn_required":false`, `"passport_country":"CH"`, `"pinterest":"acme"`, `"tokenized":true`, `"secretless":true`, `"credentialed":true`,
	`"row_count":7`, `"rows":12`, `"row":3`, `"rows_affected":3`, `"row_height":"auto"`, `"row_policy":"strict"`, `"arrow":"left"`, `"throws":"none"`, `"record_type":"CNAME"`, `"record_id":"rec-17"`, `"record":{"type":"A","ttl":300}`, `"result":"success"`, `"db_result":"success"`, `"result_code":0`, `"result_type":"table"`, `"hit_count":4`, `"cell":"b4"`, `"column":"created_at"`, `"column_count":4`, `"columns":["id","name"]`, `"table":"orders"`, `"tuple_size":3`,
	`"binding":"role-editor"`, `"role_binding":"viewers"`, `"bind_address":"0.0.0.0"`, `"query_id":"q-17"`, `"query_type":"select"`, `"url_params":{"page":2}`, `"http.query_params":{"sort":"name"}`, `"parameter":"max_connections"`, `"arguments":["--verbose"]`, `"filter":"active"`, `"filter":{"status":"active"}`, `"update":"yes"`, `"count":"few"`, `"pipeline":["build","test"]`, `"query":"status-open"`, `"updates":["nightly"]`, `"db.namespace":"shop"`, `"db.system":"postgresql"`, `"db.collection":"orders"`,
	`"password-history":499652`, `"passwordHistory":"strict"`, `"password_history":"last_five"`, `"token_symbol":"sabo"`, `"tokenStandard":"ERC-20"`, `"TOKEN_PRICE":41803`, `"tan":"light"`, `"rows.count":2342343`, `"record":{"type":"cname","ttl":300}`,
	`"tokens_used":96950`, `"tokens":96950`, `"completion_tokens":12`, `"fromString":"viewer","toString":"editor"`, `"sensitive":false,"value":"red"`, `"owner":"svc-audit7","created_by":"ada"`, `"code":"E1042","state":"open"`, `"authentication":"saml:okta"`, `"last_login":"2026-11-22T10:00:00Z"`, `"verify_code_sent":true`, `"x-cache-key":"user-7"`, `"object_key":"reports-2026.pdf"`, `"translation_key":"checkout.title"`, `"password_set":true`, `"changes":[["status","open","closed"]]`,
	`"order":{"number":"ON-4642"},"page":{"number":7}`, `"flight":{"number":"LX1234"},"room":{"number":12}`, `"error":{"codes":["E1","E2"]},"country":{"codes":["CH","DE"]}`, `"key":{"words":["a","b"]},"random":{"seed":42}`, `"type":"http","code":"4042"`, `"status":"sent","code":"20042"`, `"kty":"RSA","n":"abc","e":"AQAB","kid":"k-17"`, `"tinted":true,"martin":"x","routing":"round-robin","activation":"auto"`, `"user":{"number":"u-17"},"account":{"type":"savings"}`,
	`"account":"team:otter-fate-123"`, `"user":"nginx:1.25.3-alpine"`, `"token_test":"passed"`, `"password_check":"weak"`, `"secret_team":"gawori-vepu"`,
}

// membersThatStay are members of requests with objects and lists in them that only look
// like rows, bound values or pairs.
var membersThatStay = []string{
	`"policy":{"bindings":[{"role":"roles/viewer","members":["user:kim-7","group:ops-3"]},{"role":"roles/owner","members":["user:lee-2"]}]}`, `"policyDelta":{"bindingDeltas":[{"action":"ADD","role":"roles/editor","member":"user:kim-7"}]}`, `"database":{"parameters":{"max_connections":"100","work_mem":"64MB"},"name":"shop"}`,
	`"managedPolicies":["SecretsManagerReadWrite","cotton-bona"]`, `"tags":["passwords","indigo-zesu"]`, `"queues":["otp","bageze"]`, `"groups":["token-admins","kesa-team"]`, `"modules":["secrets","billing-two"]`, `"tables":["api_keys","orders2"]`, `"topics":["password-reset","order-created2"]`,
	`"fields":[{"name":"passwordHistory","value":768882}]`, `"items":[{"sku":"kesa-3"}],"count":1`, `"settings":[{"name":"LOG_LEVEL","content":"h-godiwe"},{"content":"h-lokova","name":"tier"}]`,
	`"path":"/users/17/reset-password","from":"/files/popo/Report-8757.pdf"`, `"from":"/t/01NFKANFCPHX5KT1QC360Z3NMJ/settings/password-policy","target":"/users/17/reset-password"`,
	`"Jwt:Issuer":"dragon.corp.example.org"`, `"PublicKeyToken":"b77a5c561934e089"`, `"password_hasher":"argon2"`, `"dataset":"password_leaks_2024"`, `"password_encryption":"scram-sha-256"`, `"refund":{"id":"re_U0okxWBXirpISyGBvnxUZlRf"}`, `"pwdLastSet":"65337924"`, `"pwdPolicySubentry":"default"`, `"otp_attempt":2`, `"sku_key":"KEY-123"`, `"cache_key":"d41d8cd98f00b204e9800998ecf8427e"`,
	`"expires":"Tue, 03 Jun 2026 10:23:00 GMT"`, `"from":"Jun 3, 2026 10:23 AM"`, `"starts":"3 June 2026"`, `"until":"Tue Jun 03 2026 10:23:00 GMT+0200 (Central European Summer Time)"`, `"due":"June 3rd 2026"`, `"at":"2026-06-03 10:23:00 CEST"`,
	`"columns":["id","name"],"data":{"type":"table"}`, `"meta":{"page":2},"data":{"role":"editor"}`, `"fields":["role","plan"],"data":{"role":"editor2"}`,
}

// sentencesThatStay are messages and descriptions without a secret.
var sentencesThatStay = []string{
	"TASK [db : create user]\nok: [db-1] => {\"changed\": false, \"name\": \"shop\"}", "TASK [db : create user] ***\nchanged: [db-1] => (item={'name': 'kase7', 'role': 'editor'})", "TASK [db : alter role] ok", "user=nginx:1.25.3-alpine", "user=nginx:1.25.3-alpine started",
	"<table><tr><td>role</td><td>editor</td></tr><tr><td>region</td><td>eu-west-1</td></tr></table>", "<table><tr><th>role:</th><td>editor</td></tr></table>",
	"invalid token signature", "changed token to opaque", "the password is case-sensitive", "password is out-of-date", "the secret is mounted-read-only", "the token is short-lived", "the token is long-lived and read-only", "updated API key to read-only", "your api key is rate-limited", "kase7 is the new password approver", "vekosdel is the new token admin",
	"ed25519 is the new signing key", "the signing key is ed25519", "encryption key is aes-256-gcm", "encryption key is customer-managed", "encryption key is aws-managed", "the private key is password-protected", "the private key is hardware-backed", "the password is base64-encoded", "the token is RS256-signed", "the secret is versioned", "secret river-rolu-summer was synced", "Password of bo: last changed 2026-10-01",
	"TOKEN_TEST=passed", "token_check: succeeded", "git clone ssh://git@host-7.example.org/o/r failed", "connected to postgres://ada@db-1/shop", "nats://ada@nats-1:4222 connected", "redis://shop_reader@h:6379 connected", "amqp://svc-badger2@h connected", "postgres://OrderReader2@h/shop",
	"denied by authorization: user 3f2c9e6a-51b0-4d7e-a1c2-9b8d7e6f5a4c", "ada signed in with SSO instead of the password", "used oauth2 instead of password for kase7", "sent email instead of the token", "read secret /Q3/Report7/B2/C4D5 of team", "token service at /API/V2/ORG7/Users12/Bd3x found", "Vault token gawori7 revoked", "token svc-7 revoked", "Token kase revoked by ada", "token vexipu revoked", "Vault token role ci-deploy updated", "Vault token accessor rotated", "Vault token deployment finished", "Pat moved to team otter9", "user=team:otter-fate-123 added", "account=acme:billing-eu-1042 closed", "user=kase7 path=/b/team/feature/list",
	"password=hidden for kim after reset", "token=revoked by lee", "PASSWORD_POLICY=strict length twelve", "export REGION=eu central two",
	"ssh -p 2222 bob@h", "docker run -p 8080:80 nginx", "mkdir -p /var/lib/x", "mysql -h db -P 3306 -u app shop", "kubectl get secret db -o yaml", "kubectl create secret generic db --from-file=a.txt", "vault kv get secret/db", "vault login -method=oidc", "vault operator seal-status", "openssl req -new -key k.pem -out r.csr", "git commit -m fix", "scp -P 2222 a bob@h:b", "cp -p a b", "nmap -p 80 h", "redis-cli -h h ping", "curl -k https://x.org", "mosquitto_sub -h h -t x", "ssh-keygen -R host", "rsync -a a b", "echo done | tee log.txt", "docker login registry.example.com", "sudo -u bob ls", "grep -c foo a.txt", "aws ssm get-parameter --name /p", "snmpwalk -v3 -u u h",
	"imported 12 rows: 10 ok, 2 failed", "row 7: invalid e-mail", "Row 3: name is missing", "deleted 3 records: retention policy", "exported 1200 rows to report.csv", "records updated: 12", "result: success", "results: 3 passed, 1 failed", "query returned 12 rows", "row limit: 100", "record locked by ana", "row level security enabled (tenant policy)", "DNS record (A) for www created", "record type: CNAME", "records: 12", "Row-level policy eu enabled", "medical record (id 17) opened by ana", "Record 17 (invoice) was opened", "row (3) deleted", "1 row affected", "updated 3 rows in orders", "throws: none, borrows: 3", "parameters: 3", "params: page=2", "with 3 arguments", "bind address: 0.0.0.0", "invalid date range for report 'Q3 Sales'", "role 'editor' is invalid", "value 'viewer' changed to 'editor' by ana", "could not read report 'Q3 Sales'", "invalid type for rule 'cards'", "copy of report to stdout finished", "Expected state: open, got closed", "record: 17", "binding: role editor to ana", "Project 'Apollo' already exists with owner ana", "statement of account (March) sent", "ID,Name", "query (saved) renamed to 'Top users'", "filter 'active users' applied by ana", "pipeline: build, test, deploy", "pipeline build-17 started", "updates: 3 packages", "document {id} was viewed", "count: 12", "mongo upgraded to 8.0 on db-3.internal", "find (saved search) opened", "user.update(17) called", "price $set to high",
	"column \"password\" of relation \"users\" does not exist", "failed to parse config file /etc/app.yaml", "request failed validation: name is required", "parameters updated by ana", "Invalid value for parameter limit", "Policy violated by user bob", "document 17 failed validation", "binding role editor to bob", "cannot convert report 17 to pdf", "invocation of function billing took 12 ms", "args: 3", "item 'Dark mode' enabled", "value 'editor' of role changed by ana", "moved row 7 to archive",
	"set up a new workspace", "show details for the report", "call Anna back at noon", "load data into the dashboard", "comment on PR 17", "do it again", "created project 'atlas' with options (a, b)", "merge pull request #42 from acme/feature", "backup of db-3 finished in 12 s", "executed job 17 in 3.2 s", "copy of Report 7 created", "deleted row 4 of table users", "updated settings: theme=dark, locale=de-CH", "replaced disk sda in node-07", "values changed: 3", "select all, then press delete", "alter ego approved the change",
	"kubelet: Successfully pulled image \"registry.example.com/app:2.1.0\" in 1.2s", "Scaled up replica set web-7d9f8b6c5d to 3", "Created pod: web-7d9f8b6c5d-x2x4z", "Readiness probe failed: HTTP probe failed with statuscode: 503", "Node node-07 status is now: NodeReady", "deployment.apps/web configured", "job.batch/migrate-20261122 completed", "secret/db-credentials configured", "serviceaccount/token-reader created", "networkpolicy.networking.k8s.io/default-deny created",
	"10.0.0.7 - ada [22/Nov/2026:10:00:00 +0000] \"GET /api/v1/users?page=2 HTTP/1.1\" 200 512", "upstream timed out (110: Connection timed out) while reading response header from upstream", "SSL certificate expires on 2027-01-01", "TLS handshake error from 203.0.113.7:51234: EOF", "connection reset by peer", "context deadline exceeded", "no such host: db-3.internal", "rate limit of 100 requests per minute reached", "feature flag passkeys enabled for 20% of users", "experiment checkout-v2 started",
	"NullPointerException at com.example.auth.TokenService.refresh(TokenService.java:42)", "java.lang.IllegalArgumentException: role must not be null", "TypeError: Cannot read properties of undefined (reading 'id')", "panic: runtime error: index out of range [3] with length 3", "ValueError: invalid role: auditor2", "KeyError: 'tenant'", "ORA-00942: table or view does not exist", "ERROR: relation \"orders\" does not exist", "ERROR: permission denied for table orders", "deadlock detected", "Lock wait timeout exceeded; try restarting transaction", "Table 'shop.orders' doesn't exist", "Unknown column 'total' in 'field list'", "constraint \"orders_pkey\" of relation \"orders\" does not exist",
	"user ada changed e-mail from ada@old.example to ada@new.example", "invited bob@example.com as viewer", "transferred ownership of project atlas to mei", "approved access request REQ-1042", "exported audit trail for 2026-11", "downloaded invoice INV-2026-0042.pdf", "added 203.0.113.0/24 to the allow list", "removed webhook 17", "rotated key 3f2c9e6a-51b0-4d7e-a1c2-9b8d7e6f5a4c", "created API key \"ci-deploy\"", "revoked token of svc-backup", "token svc-7 revoked", "password of user 42 changed", "password changed by admin on 2026-11-22", "Password reset requested for ada@example.com", "Password updated successfully", "secret prod/db/password rotated", "secret: rotated", "credentials updated", "certificate key size 2048", "session timeout set to 30 minutes", "cookie consent accepted", "cookie banner hidden", "MFA enabled", "pin code entry failed 3 times", "signature algorithm RS256", "basic plan selected", "basic settings saved", "bearer of bad news", "digest sent to 42 subscribers", "negotiate terms with vendor", "token bucket refilled", "auth service restarted", "auth flow completed in 320 ms", "login page viewed", "login from new device: Firefox on Linux", "logged in as ada", "logged in with SSO", "sign in with Google", "user: ada logged out", "role changed from viewer to editor", "plan changed from free to enterprise", "status: open -> closed", "priority: low → high", "name: Atlas, owner: mei, region: eu-west-1", "a=1 b=2 c=3", "x: 1, y: 2", "total=42.50 currency=EUR", "took 1.24 s (max 3 s)", "see RFC 7519 section 4.1", "ISBN 978-3-16-148410-0", "tracking number 1Z999AA10123456784", "invoice 2026-000123 paid", "order #5105105105105101 shipped", "phone +1 415 555 0123 verified", "meeting on 2026-11-22 10:00-11:00", "version 1.2.3-beta.4+build.567 released", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 verified", "commit 3f78685 by ada", "branch feature/password-policy merged", "file C:\\Users\\ada\\report.docx opened", "/var/log/app/audit.log rotated", "https://example.com/docs/secrets?page=2#section-3", "s3://acme-backups/2026/11/22/db.dump uploaded", "arn:aws:kms:eu-west-1:123456789012:key/3f2c9e6a-51b0-4d7e-a1c2-9b8d7e6f5a4c disabled", "projects/acme/secrets/db/versions/4 accessed", "vault policy read-only attached", "mailto:ada@example.com",
	"Passport Office", "Secrets Manager", "ResetPassword", "ada changed the role of bob to editor", "password of bob was reset by ada", "password policy changed from weak to strong", "token expired", "invalid token", "token refresh failed with 401", "API key created by ada", "api key rotated", "secret prod/db read by ada", "user ada logged in from 203.0.113.7",
	"Login of bob@acme.example succeeded", "login by bob@acme.example failed: bad token for area wsunugu", "Login of bob@acme.example failed: wrong password, area wsunugu", "wrong password in area wsunugu", "bob@acme.example entered a wrong password, account wsunugu locked", "wrong PIN in area wsunugu", "Liam Dufafoma signed in with passkey on wsunugu", "signed in with password on wlilula", "logged in with password at wlilula", "authenticated with token in wlilula", "the token for order 7 is not valid", "colour tan: light",
	"login failed for user ada: wrong password", "login of ada failed: invalid credentials", "2 secrets were rotated in eu-west-1", "The secretary approved the request", "credentials for svc-backup were revoked", "bearer token missing", "basic auth disabled", "PIN required for export", "otp sent to ada by sms", "session 7f3c closed", "exported 1200 rows to report.csv", "deleted 3 users and 2 roles", "select the plan before you continue", "update of policy 17 approved", "create a new project for the analytics team", "insert coin to continue", "call me when it is done", "with love from Zurich", "grant access to the auditors", "key rotation is scheduled for Monday", "signature verified for document 17", "certificate expires in 30 days", "ratio 3:4, scale 1:100", "meeting at 10:30 in room 4", "GET /api/v2/roles 200 in 12 ms", "failed to connect to db-3.internal:5432 after 3 attempts", "commit 3f786850e387550fdab836ed7e6dc881de23001b deployed", "order 5105105105105101 shipped", "version 2.14.3 rolled out to 40% of the hosts", "approved by Jane Doe", "Jane Doe joined the team Payments", "impersonation started for ticket SUP-1042", "com.example.auth.PasswordResetException: link expired", "java.lang.IllegalStateException: no session", "permission denied on table users", "duplicate user name", "column password does not exist", "the password field is required", "password must contain a digit", "passwords do not match", "enter your password to continue", "secret sharing is disabled", "access key AK-17 disabled", "tokens: 42 in, 128 out", "auth: ok", "status: active", "Author: Bob", "level: high", "mode: strict", "user: ada", "from: draft, to: published", "area: billing / invoices", "disk 97% full on node-07", "retry 3/5 in 10s", "see https://example.com/runbooks/token-rotation?page=2", "https://example.com/users/17/sessions", "Terraform plan: 3 to add, 1 to change, 0 to destroy", "kubectl rollout restart deployment/web", "git push origin main", "docker pull registry.example.com/app:2.1.0", "psql -h db -p 5432 -U app shop", "ssh -p 2222 deploy@host", "curl https://example.com/health", "make -j4 test", "tar -xzf a.tgz", "python -m pip install requests", "password reset link sent to ada@example.com", "two-factor code accepted", "recovery codes viewed by ada", "login code requested", "verification code expired", "card ending 4242 removed", "SSN field hidden from role viewer", "IBAN updated by ada", "role 'auditor' granted to 'bob'", `renamed "Reports" to "Quarterly reports"`, `changed plan from "free" to "pro"`, `set locale to "de-CH"`, "moved from legacy gateway to the new region", "schema.table created", "db.internal is healthy", "<b>Report</b> created", "Failed to read secret billing from namespace prod", "Secret vekosdel updated to version 64", "ada created API key sorjasfo", "token juldirru not found", "The secret zistomtrol has been rotated", "Private key of ada was replaced", "credentials are ready for ada", "OTP delivery to ada failed", "token:rotate", "token:software:totp", "KeePassXC-Browser 1.9", "a -> b, c -> d", "draft → published", "price → 12.50",
	"event pin:unlock by kiosk", "pin:unlock", "cookie:accept", "cookie:accept for ada", "ssh-key:add", "ssh-key:add by ada", "secrets:read:x", "secrets:read:billing", "app.x.tokens:TokenView", "app.billing.tokens:TokenView", "token:revoke:all", "password:change", "api-key:create", "apikey:delete requested by bob", "user.password:ResetView", "Moved AWS_PASSWORD_ROTATION to archive", "Moved DB_PASSWORD to archive", "Renamed API_TOKEN to CI_TOKEN", "Copied SECRET_KEY to staging", "Moved secret DB_PASSWORD to vault billing", "tokens used: 96950", "Tokens used: 96950", "tokens: 96950", "prompt tokens: 1200, completion tokens: 340", "total_tokens=96950", "tokens_used=1234", "No password set for svc-billing", "No password set for krastompan", "no token found for session", "No API key configured for krastompan", "Strict is the password policy in force", "NIST-800-63B is the password policy in force", "krastompan is the password policy in force", "krastompan added to password reset approvers", "ada added to password reset approvers", "group krastompan was added to token admins", "at com.example.auth.PasswordService.reset(PasswordService.java:42) on host db-3.internal.example.org", "java.net.UnknownHostException: token.internal.example.org\n\tat java.net.InetAddress.getAllByName(InetAddress.java:1281)", "java.net.ConnectException: Connection refused: auth-3.prod.example.org:8443\n\tat com.example.auth.TokenClient.fetch(TokenClient.java:42)", "Merged feature/api-key-rotation into main", "branch feature/api-key-x1 deleted", "feature/api-key-krastompan", "fix/password-reset-loop merged by ada", "Merge branch 'feature/token-cache-v2'", "pushed to refs/heads/secret-scanning-2026", "Password field on form checkout-v2 hidden", "Password field on form login2 hidden", "PIN field on page kiosk7 hidden", "token 01HQ3Z8M5T7W9X2Y4A6B8C0D1E revoked", "token id a8f2a9c1b4d6e3f7a2b5c8d1e9f0 revoked", "/search?code=E1042&state=open", "/orders?code=DE&state=BY", "status -> closed", "password policy: weak -> strong", "password policy changed from weak to strong", "token_type: jwt -> opaque", "session timeout (was: 10, now: 30)", "role [viewer -> editor]", "plan 'free' => 'pro'", "field: role, old: viewer, new: editor", "field=role old=viewer new=editor", "User changed password; new device registered", "password reset; old sessions closed", "password updated, now active", "api key rotated, new key active",
	"order 5105105105105101 shipped", "order_5105105105105101", "trace 4918929815239341abcdef0123456789 seen", "digest 3f786850e387550fdab836ed7e6dc881de23001b ok", "id a4918929815239341f", "phone +41 79 123 45 67", "2026-11-22 10:00:00 4 items", "1.2.3.4 5.6.7.8", "10.0.0.7:51234 -> 10.0.0.8:443", "203.0.113.7 192.0.2.10", "tracking 1Z999AA10123456784", "version 2026.11.22.1042", "range 1000-2000 of 3000-4000", "1732269600000000000", "id 1732269600123456789", "snowflake 175928847299117063", "https://mattermost.x.org/hooks/incoming", "/api/hooks/outgoing/settings", "/webhooks/507f1f77bcf86cd799439011", "/api/webhooks/3f2c9e6a-51b0-4d7e-a1c2-9b8d7e6f5a4c/deliveries", "https://events.example.org/integration/slack", "bob@host.example: connected", "ada@x.org: signed in", "a b c: d", "Plan B c: done", "class AWSReservedSSOAdministratorAccessRoleForTeamPlatformV2", "com.example.auth.OAuth2AuthorizationRequestResolverFactoryBeanV2Configuration", "arn:aws:iam::123456789012:role/AWSReservedSSO_AdministratorAccess_1a2b3c4d5e6f7a8b", "projects/acme-prod/locations/europe-west6/keyRings/mainRing1/cryptoKeys/dbKeyV2/cryptoKeyVersions/3", "urn:uuid:3f2c9e6a-51b0-4d7e-a1c2-9b8d7e6f5a4c", "GetUserByIdAndTenantIdOrderByCreatedAtDescV2Handler",
	"password? no idea, ask the admin", "forgot your password? reset it here", "Forgot password? Click here to reset-v2", "Lost your token? Contact support-l2", "the password? changed by mei", "token [expired]", "password [hidden]", "API key [read-only]", "secret <redacted>", "password /reset/ page opened", "GET /password/reset/form", "tokens | sessions | users", "user | password | role", "wifi network Guest-2 enabled", "wifi enabled on ap-17", "SSID Guest-5G created by ada", "wlan0 up", "expected status 200 but was 503", "expected version 2.1.3 but was 2.1.4 for token service", "seed data loaded for tenant acme", "seed 42 used", "wallet opened by ada", "combination of filters saved", "passport number field hidden", "the driver's license was verified by ada", "security question changed by ada", "code review done by ada", "the code is in branch feature-17", "my code is reviewed by bob", "the code was merged as 3f78685", "exit code 137", "error code: 100042", "status code is 200", "country code is CH", "promo code SUMMER25 created", "use 2 replicas as default", "use v2024 to complete the migration", "Enter 5 to continue", "discount code is active", "zip code: 8001", "the code 42 was replaced", "login (ada) succeeded", "login (ada, admin) succeeded", "auth (saml, okta) configured", "credentials (ada, read-only) created", "user pass rate 97", "boarding pass is valid", "my pass expired", "server pass 3 finished", "the guest pass was revoked", "Kennwort wurde geändert von ada", "das Passwort wurde zurückgesetzt", "Passwort abgelaufen für ada", "mot de passe réinitialisé par ada", "mot de passe oublié", "contraseña cambiada por ada", "la clave primaria es id", "clave cambiada", "senha alterada por ada", "wachtwoord gewijzigd door ada", "hasło zmienione przez ada", "пароль изменён пользователем", "пароль сброшен для ada", "パスワードがリセットされました", "パスワードを変更しました", "密码已重置", "密码已由 ada 重置", "验证码已发送", "비밀번호가 변경되었습니다", "salasana vaihdettu", "heslo změněno", "lösenord ändrat av ada", "jeton expiré", "code de vérification envoyé à ada", "código enviado a ada", "PIN no. of attempts: 3", "otp no longer required", "OTP number of digits: 6", "CVV2 check passed", "TOTP enabled for ada", "TOTP setup completed by ada", "2FA token required", "MFA token enrolled for ada", "authenticator code accepted", "alarm code changed by ada", "door code expired", "Moved to vault: API_KEY", "API_KEY -> vault", "password old vs new policy compared", "password reset was requested", "password was old", "password (now optional)", "secret now managed by vault", "secret renamed from a to b", "Copied the token to clipboard", "sent the code to ada", "secret \"billing\" renamed to \"payments\"", "api key 'ci' => 'ci-2'", "API key ci renamed to ci-deploy-2",
	"Secret sec-paruso rotated in namespace prod", "secret sec-paruso-17 was updated by svc-badger2", "Deleted secret sec-gekepi7 from cluster otter-fate3", "API key key-badger2 revoked for user kase7", "Token tok-garnet4 created for app coral-garo2", "Created token for app coral-garo-4642", "Revoked 3 tokens of user badger7", "password reset for user kase7 completed", "Password of badger-tere4 was reset by ada", "password change for svc-otter9 requested from 10.0.0.7", "Reset password of user-4642 via console-v2", "Changed password policy for tenant otter9 to strict-v2", "Password policy \"policy-v2\" assigned to group ops-4", "password policy ops-v3 applied", "password expiry set to 90d for group ops4", "PIN reset for card 4242 by kiosk-17", "PIN attempts exceeded on terminal t-4642", "pin code changed for device dev-9a7b", "OTP sent to device dev-9a7b", "otp verification failed for kase7", "MFA token sync for yubi-5c2", "2FA enabled for user kase7 via app-v3", "session token refreshed for sess-4642", "access token for app otter9 refreshed", "refresh token rotated for client web-v2", "credentials of db-otter9 rotated by vault-2", "credential cred-4642 attached to role ops4", "Credentials for registry reg-v2.example.org updated", "secret version 4 of sec-paruso enabled", "secret mount /vault/otter9 created", "Vault path secret/otter9/db2 read by svc-badger2", "Key kms-otter9 scheduled for deletion on 2026-12-01", "signing key kid-4642 rotated", "SSH key fingerprint SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU verified", "ssh key laptop-2026 added by kase7", "cookie policy cp-v2 accepted by kase7", "card ending in 4242 added to account acc-4642", "Card 17 moved to list Done2", "webhook wh-4642 delivered to otter9", "auth method changed from saml2 to oidc2 by kase7", "user kase7 logged in with oauth2", "user kase7 signed in using saml2", "authentication policy ap-v2 attached to realm r-4642", "Authorization server as-v2 added", "bearer token format jwt-v2 enabled", "wifi profile corp-5g assigned to device dev-9a7b", "Wi-Fi SSID corp-5g added", "wlan corp-5g disabled on ap-17", "account number format changed to iban-v2", "account acc-4642 closed", "signature of document doc-4642 verified", "signature sig-v2 attached by kase7", "recovery codes regenerated by kase7", "backup code used by kase7 from 203.0.113.7", "verification code expired for kase7", "security code attempts: 3", "code review cr-4642 approved", "code: E1042", "error code ERR-4642 returned", "\"status\":\"token_expired_v2\"", "passport check passed for kase7", "password manager pm-v2 linked", "token bucket tb-4642 resized to 200", "token limit for model m-v2 raised to 8192", "3 tokens used by kase7", "used 96950 tokens (prompt 90000, completion 6950)", "secret santa event 2026 created", "Pin board pb-4642 shared with kase7", "pinned message msg-4642", "pass rate of suite s-4642: 97.2%", "build passed: b-4642", "test pass 17 of 20", "pass: 17, fail: 3", "Key result kr-4642 updated", "key: value2", "primary key pk_orders2 dropped", "foreign key fk_orders_2 added to table orders2", "keyboard layout changed to de-CH2", "KeyError: 'tenant2'", "key rotation job kr-4642 finished", "project key PROJ2 renamed to PROJ3", "from branch feature/otter9 to main2", "renamed secret sec-a1b2 to sec-c3d4", "moved secret sec-a1b2 to folder f-4642", "copied token settings from t-4642 to t-4643", "role changed from viewer2 to editor2", "changed owner of secret sec-a1b2 from kase7 to otter9", "owner of token t-4642 is kase7", "kase7 is the owner of the secret", "kase7 is the new secret manager", "otter9 was set as default secret store", "vault-2 is used as secret backend", "use vault-2 as secret store", "set otter9 as password manager", "kase7 asked for a password reset", "kase7 entered the wrong password", "kase7 typed a wrong password 3 times", "wrong password for kase7 from 203.0.113.7", "invalid token for session s-4642", "invalid token at position 17", "Unexpected token < in JSON at position 0", "syntax error near token 'fi2'", "missing token in header x-otter9", "pulled secret sec-a1b2 into pod web-7d9f8b6c5d-x2x4z",
	"signing key is ready", "the host key was replaced by ada", "host key is ssh-ed25519", "the host key is ecdsa-sha2-nistp256", "seed phrase was backed up", "backup codes were printed by ada", "rotated api key, now valid for 30 days", "API key (ci-deploy) expired", "with API key authentication by kesa-3", "API key 'kesa-team' created by ada", "token,session and cookie", "access code is temporary", "object key reports-2026.pdf uploaded", "user->password", "token->expiresAt", "secret->metadata changed", "cred->username", "git config user.token", "the license key was activated by vekosdel", "account key access is disabled", "got token of type bearer", "password is inherited from vekosdel", "\"token\",\"kase7\"",
	"login with password succeeded for kim", "login with otp succeeded", "signin via passkey completed for kim", "login with passkey succeeded for kim", "login with password accepted", "otp verification failed for kim", "password verification succeeded", "secrets synced to eu-west-1", "secret replicated to europe-west4 by ci", "token issued in us-gov-east-1", "Secret scanning found a leak in commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "token rotation job 3f29c1d2a0b94c5f8f1e2a7b9c0d1e2f finished", "API key id 5d41402abc4b2a76b9719d911017c592 was disabled", "access key fingerprint 9a0364b9e99bb480dd25e1f0284c8555 added by ana", "certificate thumbprint 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12 uploaded", "client_secret_basic authentication used", "key vault kv-prod-eu purged", "SAML certificate expires 2027-01-01", "Access token lifetime changed from 3600 to 7200",
}

// TestPipelineKeeps counts what an owner needs and is gone, with the defaults and
// with keep all. At most one in a hundred may be.
func TestPipelineKeeps(t *testing.T) {
	t.Logf("seed %d; repeat with -pipeline.seed", *pipelineSeed)
	for name, keep := range map[string][]any{"defaults": nil, "keep all": {"*"}} {
		t.Run(name, func(t *testing.T) {
			g := sower{rand.New(rand.NewPCG(*pipelineSeed, 2))}
			run := pipeline(t, keep...)
			total, lost := 0, 0
			check := func(how, want, got string) {
				total++
				if !strings.Contains(got, want) {
					lost++
					t.Logf("lost in %s: %s", how, want)
				}
			}
			for _, fact := range requestFacts {
				for _, form := range []string{`{"id":7,%s,"password":"§p"}`, `{"data":{"attributes":{%s}},"api_key":"§t"}`, `{"changes":[{%s}]}`} {
					body, _ := g.fill(fmt.Sprintf(form, fact))
					out := run(record(attribute("http.request.body"), body))
					v, _ := out.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().Get("audit.request")
					check(form, fact, v.AsString())
				}
				if len(keep) > 0 {
					fact := strings.SplitN(fact, ":", 2)
					name, value := strings.Trim(fact[0], `"`), strings.Trim(fact[1], `"`)
					if strings.ContainsAny(value, "[") {
						continue
					}
					check("an attribute "+name, "\n"+value+"\n", written(run(record(attribute("event."+name), value))))
				}
			}
			for _, member := range membersThatStay {
				for _, form := range []string{`{%s}`, `{"id":7,"password":"x1Y2","data":{%s}}`} {
					out := run(record(attribute("http.request.body"), fmt.Sprintf(form, member)))
					v, _ := out.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().Get("audit.request")
					require.Contains(t, v.AsString(), member)
				}
			}
			for _, s := range sentencesThatStay {
				check("a message", s, written(run(record(attribute("message"), s))))
				check("a body", s, written(run(record(pipelinePlaces[0], s))))
				check("a reason", s, written(run(record(attribute("audit.impersonation.reason"), s))))
				if len(keep) > 0 {
					check("a description", s, written(run(record(attribute("event.description"), s))))
				}
			}
			for _, f := range g.fields() {
				logs := record(attribute("http.request.body"), `{"password":"x"}`)
				logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().PutStr(f[0], f[1])
				check(f[0], f[1], values(run(logs)))
			}
			t.Logf("%d of %d lost", lost, total)
			require.LessOrEqual(t, lost*100, total)
		})
	}
}

// TestHarmlessPartsStay reads texts and objects in which a secret goes and the rest
// stays; what must stay is between « and ».
func TestHarmlessPartsStay(t *testing.T) {
	for name, keep := range map[string][]any{"defaults": nil, "keep all": {"*"}} {
		run := pipeline(t, keep...)
		for _, s := range []string{
			`{"kind":"Secret","metadata":{"name":"«sec-paruso»","namespace":"«prod»"},"data":{"c.json":"x"},"type":"«Opaque»"}`, `{"kind":"SecretList","items":[{"kind":"Secret","metadata":{"name":"«sec-gekepi»"},"data":{"u":"MWFPeno1NjlhUnFRdzVYSw=="}}]}`,
			`clone of https://x-access-token:NaleKozi529@«nickel-dita.corp.example.org»/o/r failed`, `clone of git+https://kase:2182b5e5cd0e534bb97a55fc150fe12c@«birch-gasu.corp.example.org»/r.git@main failed`,
			`{"incoming_webhook":{"channel":"«ch-tagu»","url":"https://hooks.example.com/T00AA11BB/iMrdWWTlvPa9WRQs9IiwCc75"}}`, `remember=1&login:pin=FonoWepu523&grant_type=password&locale=«de-lose»`,
			`Parameters: {"user"=>"«gawori»", "pinCode"=>"migu0gdZ"}`, "Started POST \"/users\"\nParameters: {\"user\"=>{\"name\"=>\"«gawori»\", \"password\"=>\"x1\"}}", `{ user: '«wivadi»', client_secret: 'NowaNibe655' }`,
			`curl -H 'Cookie: session=mosa75n5' https://«violet-soku.example.com»`, `curl -H "Cookie: a=mosa75n5; b=2" https://«violet-soku.example.com»`, `curl -H 'Authorization: Digest username="svc", response="fode8Wk3"' https://«violet-soku.example.com»`,
			`[('Host', '«api.example.com»'), ('Authorization', 'Digest username="svc", response="fode8Wk3"'), ('X-Request-Id', '«c3b486c6-66e7-43ba»')]`, `['Host: «api.example.com»', 'Cookie: sid=fode8Wk3; b=2', 'X-Request-Id: «c3b486c6-66e7-43ba»']`,
			`['Host: «api.example.com»', 'Authorization: Digest username="svc", response="fode8Wk3"', 'X-Request-Id: «c3b486c6-66e7-43ba»']`, "keytool -storepass sigaOTUA -keystore «panther-febo.internal.jks» -list",
			"backup code Telu95!favi3 was used by «Tesetisa»", "recovery code 4711-aabb used by «Tesetisa»", "Passwort: Zibu99!tezo2 von «Wavimutu»", "password: Zibu99!tezo2 of «Wavimutu»", "zone=«zefapo»;api_key=nudo%22D4xju;page=«kase»",
			`{"$set":{"password":"x1","role":"«editor»"}}`, `{"before":{"password":"x1","role":"«viewer»"},"after":{"role":"«editor»"}}`, `{"field":"password","fromString":"x1","toString":"y2","author":"«ada»"}`,
		} {
			at := attribute("message")
			if s[0] == '{' && s[1] != ' ' || strings.IndexByte(s, ' ') < 0 {
				at = attribute("http.request.body")
			}
			requireStays(t, run, at, s, name)
		}
	}
}

// requireStays checks that what is marked «so» in s stays, where s is sent at a place.
func requireStays(t *testing.T, run func(plog.Logs) plog.Logs, at place, s, how string) {
	t.Helper()
	out := written(run(record(at, strings.NewReplacer("«", "", "»", "").Replace(s))))
	for _, part := range strings.Split(s, "«")[1:] {
		fact, _, _ := strings.Cut(part, "»")
		require.Contains(t, out, fact, "%s: %s", how, s)
	}
}

// TestStatementsKeepTheirTables reads statements with comments, quotes of MySQL and
// literals that only one database understands.
func TestStatementsKeepTheirTables(t *testing.T) {
	run := pipeline(t, "*")
	for _, s := range [][2]string{
		{"DELETE", "/* c */ DELETE FROM orders WHERE k='x'"}, {"SELECT", "SELECT * FROM `orders` WHERE n = \"a\" # c"}, {"update", "update orders set n = $tag$it's$tag$"}, {"SELECT", "SELECT * FROM orders WHERE note = 'a\\'s b'"},
		{"ALTER", "ALTER TABLE orders ADD COLUMN c text DEFAULT 'x'"}, {"UPDATE", "BEGIN; UPDATE orders SET a=1 WHERE b='x'"}, {"UPDATE", "SET @p='x'; UPDATE orders SET a=@p"}, {"UPDATE", "-- it's me\nUPDATE orders SET a = 'x'"},
		{"SELECT", "SELECT * FROM orders WHERE a = 'x"}, {"insert", "insert into `shop`.`orders` (`a`) values ('x')"}, {"TRUNCATE", "TRUNCATE orders /* why */"},
	} {
		out := written(run(record(attribute("db.query.text"), s[1])))
		require.Contains(t, out, "orders", s[1])
		require.Contains(t, out, s[0], s[1])
	}
}

// TestQueriesKeepTheirNames reads what stays of queries, and of addresses beside secrets.
func TestQueriesKeepTheirNames(t *testing.T) {
	run := pipeline(t, "*")
	for _, s := range [][3]string{
		{"graphql.document", `mutation RenameTeam { rename(name: "x", otp: "y") { id } }`, "RenameTeam"},
		{"db.statement", `{"find": "orders", "filter": {"name": "x"}}`, "orders"},
		{"app.remote", "clone of git+https://ada:open-sesame-4711@git.example.org/r.git@main failed", "git.example.org"},
		{"app.remote", "clone of https://x-access-token:open-sesame-4711@git.example.org/r failed", "git.example.org"},
		{"app.remote", `net use \\files.example.org\share /user:app open-sesame-4711`, "files.example.org"},
		{"db.query.text", "COPY orders FROM stdin;\n1\tx\n\\.", "orders"},
		{"db.query.text", "SELECT E'it\\'s' FROM orders", "orders"},
	} {
		require.Contains(t, written(run(record(attribute(s[0]), s[1]))), s[2], s[1])
	}
}

// values returns the texts of the attributes, one a line.
func values(logs plog.Logs) string { return written(logs) }

// fields are values of fields that stay unchanged.
func (s sower) fields() (list [][2]string) {
	hex := "0123456789abcdef"
	uuid := func() string {
		return s.of(8, hex) + "-" + s.of(4, hex) + "-4" + s.of(3, hex) + "-a" + s.of(3, hex) + "-" + s.of(12, hex)
	}
	for range 20 {
		for name, value := range map[string]string{
			"user.name": s.word() + "." + s.word(), "user.id": uuid(), "user.email": s.word() + "@" + s.word() + ".example", "user.full_name": "Ada " + s.word(), "enduser.id": "auth0|" + s.of(24, hex), "actor.id": "u-" + s.of(6, digits), "actor.full_name": "Zoë Müller",
			"audit.area": "Passport Office", "audit.action": "ResetPassword", "audit.entity.type": "Secrets Manager", "audit.entity.id": uuid(), "entity.id": s.of(24, hex), "target.id": "01J" + s.of(23, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), "object.id": s.of(40, hex), "resource.id": "order-" + s.of(8, digits), "session.id": s.of(28, alnums), "url.path": "/api/v2/password-policies/" + uuid() + "/tokens", "client.address": "203.0.113." + s.of(2, "123456789"), "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "user.role": "token-admin", "http.request.method": "PATCH", "error.type": "com.example.auth.TokenExpiredException", "exception.type": "PasswordPolicyViolation",
		} {
			list = append(list, [2]string{name, value})
		}
	}
	return list
}

// TestPathsWithIDsStay reads paths with ids of all kinds, which look like base64 with slashes.
func TestPathsWithIDsStay(t *testing.T) {
	run := pipeline(t)
	s := sower{rand.New(rand.NewPCG(*pipelineSeed, 9))}
	const upper = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	for range 300 {
		ulid, short, object := "01"+s.of(24, upper), s.of(12, alnums), s.of(24, "0123456789abcdef")
		for _, path := range []string{"/api/v1/users/" + ulid, "/v2/orgs/" + short + "/members/" + ulid, "/" + ulid + "/items", "/Accounts/AC" + object + "/Messages/" + short, "/files/" + object + "/" + short, "/api/v1/Projects/" + ulid + "/Keys/" + short} {
			require.Contains(t, written(run(record(attribute("url.path"), path))), path)
		}
	}
}
