package redactprocessor_test

// Shapes in which names stand beside their values, far from them or in lists of
// their own, and values that only their form gives away.
func init() {
	for class, forms := range map[string][]string{
		"other shapes of changes": {
			`{"changed":"password","value":{"old":"§w","new":"§p"}}`, `{"changed":"password","old":"§w","new":"§p"}`, `{"attribute":"password","change":{"old":"§w","new":"§w"}}`, `{"field":"password","diff":{"old":"§w","new":"§w"}}`, `{"field":"password","delta":["§w","§w"]}`, `{"name":"api_key","config":{"value":"§w"}}`, `{"field":"password","diff.old":"§w","diff.new":"§w"}`,
			`{"entry":"password","value":"§w"}`, `{"element":"password","value":"§w"}`, `{"identifier":"password","value":"§w"}`, `{"member":"password","set":"§w"}`, `{"slug":"api-key","value":"§w"}`,
		},
		"cookies of sessions": {
			"laravel_session=§t; XSRF-TOKEN=§t", "session=§t", "_myapp_session=§t", "ci_session=§h", "symfony_session=§w", "PLAY_SESSION=§t", "rack.session=§t", "beaker.session.id=§h", "koa.sess=§w", "SMSESSION=§t", "MoodleSession=§w", "ARRAffinity=§h", "ASP.NET_SessionId=§w; .ASPXAUTH=§h",
			"wordpress_logged_in_0f3b8c1e9a4d4e6f8b1a2c3d4e5f6a7b=bob|17|§t", "requests.cookies {'sid': '§w'}", "set cookie sid to §w", "cookie sid was §w", "the cookie sid has the value §w",
		},
		"users that are tokens": {"nats://0E3n§t@host:4222", "connect redis://a§y§m@h failed", `{"url":"https://4z§m7q§m@h.example.org/x"}`},
		"letters of both cases": {"Bearer §wXKT", "initial password bota§wHWXR must be changed", `{"apiKeys":{"tisuo§wYxz":{"scope":"read"}}}`},
		"vague last words": {
			`{"app":{"tokens":{"test":"§p","demo":"§p"}}}`, `{"api_key":{"scopes":["§t"],"test":"§p"}}`, `{"passwords":{"type":"§p"}}`, `{"secrets":{"name":"§t","alpha":"§p"}}`, `{"secrets":{"count":"§p","policy":"§p"}}`, `{"app.tokens.test":"§p"}`, `{"passwords.type":"§p"}`,
			"STRIPE_SECRET_KEY_TEST=§t", "DB_PASSWORD_TEST=§p", "TOKEN_TEST: §t", "db.password.test=§p", `{"api_key_test":"§t"}`, `{"passwordTest":"§p"}`, `{"stripe_key_live":"§t"}`, `{"stripe_key_test":"§t"}`, `{"token_service":"§t"}`, `{"passwordLast":"§p"}`,
			"tokens[prod]=§t&a=1", "passwords[admin]=§t", "data[password][new]=§t", "settings[api_key][value]=§t", "password[value]=§t", "tokens[test]=§t", "user[password][type]=§t",
		},
		"pairs of many names": {
			`{"arguments":[{"argument":"ProxyPassword","value":"§w"}]}`, `{"option":"SvcToken","argument":"§w"}`, `{"field_name":"accessToken","old_val":"§w","new_val":"§w"}`,
			`{"property":{"name":"UserApiKey","newValue":"§w"}}`, `{"label":"Stripepwds","value":"§w"}`, `{"tag":"db_password","val":"§w"}`, `{"settingName":"smtpPassword","settingValue":"§w"}`,
			`{"col":"ssn","before_value":"§w","after_value":"§w"}`, `{"id":"password","text":"§w"}`, `{"configKey":"api_key","configVal":"§w"}`,
			`{"attr":"secret","was":"§w","is":"§w"}`, `{"field":"password","from":"§w","to":"§w"}`, `{"Name":"AwsTotpSecret","Value":"§w"}`, `{"variableName":"PGPASSWORD","variableValue":"§w"}`,
			`{"parameterKey":"DbPassword","parameterValue":"§w"}`, `{"ParameterKey":"DbPassword","UsePreviousValue":false,"ParameterValue":"§w"}`, `{"input":"password","entered":"§w"}`, `{"key":{"name":"password"},"value":"§w"}`,
			`{"field":{"id":"password","label":"Password"},"value":"§w"}`, `{"name":"password","data":{"value":"§w"}}`, `{"what":"password","previous_value":"§w","current_value":"§w"}`, `{"item":"root password","content":"§w"}`,
			`{"changed_field":"password","old_data":"§w","new_data":"§w"}`, `{"field":"password","oldVal":"§w","newVal":"§w"}`, `{"op":"set","target":"db.password","to":"§w"}`, `{"op":"replace","path":"/spec/password","value":"§w"}`,
			`["password","§w"]`, `[["db_password","§w"]]`, `{"pairs":[["user","ada"],["client_secret","§w"]]}`, `{"set":{"name":"password","to":"§w"}}`,
		},
		"paths that are lists": {
			`{"kind":"E","path":["a","ssn"],"lhs":"§w","rhs":"§w"}`, `{"diff":[{"path":["spec","prod_secret"],"from":"§w","to":"§w"}]}`, `{"loc":["body","password"],"msg":"too short","input":"§w"}`,
			`{"keys":["db","password"],"value":"§w"}`, `{"path":["users",0,"password"],"lhs":"§w","rhs":"§w"}`, `{"path":["credentials","db"],"value":"§w"}`, `{"property_path":["auth","token"],"new":"§w"}`, `{"fieldPath":["password"],"value":{"old":"§w","new":"§w"}}`,
			`{"kind":"N","path":["clientSecret"],"rhs":{"x":"§w"}}`, `{"kind":"A","path":["tokens"],"index":0,"item":{"kind":"N","rhs":"§w"}}`,
		},
		"parallel lists": {
			`{"fields":{"name":["Token"],"value":["§w"]}}`, `{"columns":["id","name","password"],"values":[7,"x","§w"]}`, `{"columns":["id","password"],"values":[[7,"§w"],[8,"§w"]]}`, `{"names":["user","api_key"],"values":["ada","§w"]}`,
			`{"headers":["id","password"],"row":["7","§w"]}`, `{"keys":["password"],"vals":["§w"]}`, `{"fields":["login","pwd"],"data":["ada","§w"]}`, `{"cols":["ssn"],"data":[["§w"]]}`, `{"schema":["id","secret"],"tuple":[1,"§w"]}`,
			`{"name":["password","user"],"value":["§w","x"]}`, `{"header":["user","token"],"lines":[["a","§w"]]}`,
		},
		"forms of pairs": {
			"fields[0][name]=password&fields[0][value]=§w", "fields%5B0%5D%5Bname%5D=password&fields%5B0%5D%5Bvalue%5D=§w", "name=password&value=§w", "field=password&old=§w&new=§w", "fields.0.key=api_key&fields.0.value=§w", "attr[]=password&val[]=§w", "key1=user&val1=ada&key2=password&val2=§w", "a=1&fields[1][key]=client_secret&fields[1][val]=§w",
		},
		"calls": {
			"define('DB_PASSWORD', '§w');", "('password', '§w')", `.header("X-Parse-Master-Key", "§w")`, `setCookie("sid", "§w")`, "OrderedDict([('privateKey', '§w')])", "HTTPBasicAuth('bob', '§w')", `smtp.PlainAuth("", "ada", "§w", "h")`,
			`.withSecret("§w")`, `new UsernamePasswordCredentials("ada", "§w")`, `client.setApiKey("§w")`, `Password("§w")`, `config.put("db.password", "§w")`, `proxy_set_header X-JWT-Assertion "§t";`, `setenv("API_TOKEN", "§w", 1)`, `os.Setenv("API_TOKEN", "§w")`, `http.Cookie{Name:"_ga", Value:"§w"}`, "Cookie[sid=§w]", `login("ada", "§w")`, `ada.authenticate('ada', '§w')`, `.auth("ada", "§w")`,
		},
		"bodies of calls":  {`{"jsonrpc":"2.0","method":"login","params":["bob","§w"]}`, `{"jsonrpc":"2.0","method":"login","params":{"0":"bob","1":"§w"}}`, `{"method":"changePassword","params":["bob","§w","§w"]}`, `{"method":"login","params":[{"u":"bob","p":"§w"}]}`},
		"cookies in files": {".x.com\tTRUE\t/\tTRUE\t0\tsid\t§w", "# Netscape HTTP Cookie File\n.x.com\tTRUE\t/\tFALSE\t1790000000\tsid\t§w\nx.org\tFALSE\t/\tFALSE\t0\tb\t§w", `{"cookieJar":{"sid":"§w"}}`, `{"cookieHeader":"sid=§w"}`, `{"cookies":[{"name":"sid","value":"§w"}]}`, `{"cookie_string":"sid=§w"}`},
		"further names":    {`{"puk":"§w"}`, `{"encKey":"§w"}`, `{"rootpw":"§w"}`, "bindpw: §w", `{"REDISCLI_AUTH":"§w"}`, "REDIS_AUTH=§w", `{"pwdHistory":"§w"}`, `{"credentialsJson":"§w"}`, `{"proxy_auth":"ada:§w"}`, `{"key_pem":"§w"}`, `{"unseal_key":"§w"}`, `{"snmp_community":"§w"}`, "rootpw=§w", `{"ldapBindPw":"§w"}`, `{"Stripepwds":"§w"}`},
		"urls and hosts": {
			"https://§t@db-1.internal/r.git", "HikariPool connect jdbc:sqlserver://h:1433;user=sa;password=§p failed, then jdbc:oracle:thin:scott/§t@//h:1521/s", "datasource: ada/§w@db-1.internal:1521/XE", "https://maker.ifttt.com/trigger/x/with/key/§t", "https://hooks.zapier.com/hooks/catch/4737880/§w/",
			"https://x.io/verify-email/§t", "https://x.io/reset-password/§t", "https://x.io/a?hmac=§t&exp=1", "https://x.io/a/token/§t",
		},
		"cards and numbers": {"card_§c", "%B§c^DOE/JANE^25121010000000000000?", ";§c=25121010000012300000?", `{"v":§c.0,"n":1}`, "social security number §n", "583919817011010|§t"},
		"elements":          {"<entry><string>userPassword</string><string>§w</string></entry>", `<field name="ClientSecret" old="§w" new="§w"/>`, `<property name="password"><value>§w</value></property>`, `<param name="api_key" value="§w"></param>`, `<string name="db_password">§w</string>`},
		"brackets":          {"auth_token[§p]", "auth_token(value=§w)", "db_password(§p)", "1 validation error for Login\npassword\n  too short (type=value_error; given=§w)", "1 validation error for Login\npassword\n  String should have more [type=x, input_value='§w', input_type=str]"},
		"dumps":             {"array(2) {\n  [\"authToken\"]=>\n  string(17) \"§w\"\n}", "{'accessToken': b'§w'}", "prod-otp?: §w", "&anchor master_password: &p §w\nother: *p", "db_password: !!str §w", "api_key: &k §w"},
		"escapes":           {`request failed: {"data": "{\"my_secret_key\": \"§w\\\"§w'489\", \"a\": 1}"}`, `dump "{\"password\":\"§w\\\"§w\"}"`, "got 1,\"{\"\"user\"\": \"\"x\"\", \"\"SmtpPwd\"\": \"\"§w\"\"}\",x", "data=%7B%22id%22%3A%207%2C%20%22MFA_SECRETS%22%3A%20%22§w%5C%22§w%22%7D"},
		"tables": {
			" id | name\n----+------\n  1 | §w\n  2 | §w\n(2 rows)", "+----+------+\n| id | name |\n+----+------+\n|  1 | §w |\n+----+------+", "id,name,email,city\n1,§w,a@x.io,§w\n2,§w,b@x.io,§w\n3,§w,c@x.io,§w", "id\tname\tcity\n1\t§w\tx\n2\t§w\ty\n3\t§w\tz",
			`{"ctx":{"rows":{"0":{"n":"§w"},"1":{"n":"§w"}}}}`, `{"Items":[{"name":{"S":"§w"},"n":{"N":"§n"}}],"Count":1}`, `{"cursor":{"firstBatch":[{"name":"§w"}]}}`,
		},
		"held out": {`{"list":[{"fieldId":"client-secret","value":"§w"}]}`, `{"pins":{"n":§n}}`, `{"upstream_auth":"ada:§w"}`, `{"auth_basic":"ada:§w"}`, `{"rsaPrivateExponent":"§w"}`, `{"pinBlock":"§n"}`, `{"cookieJar":{"h.example.com":{"/":{"pref":{"value":"§w"}}}}}`, "https://open.example.cn/open-apis/bot/v2/hook/§t", "https://events.example.com/integration/§t/enqueue", "<login><user>ada</user><password>§w", "pm_§c_x"},
		"sealed objects": {
			`{"kind":"SecretList","items":[{"metadata":{"name":"x"},"data":{"p":"§w"}}]}`, `{"secretId":"x","payload":{"data":"§w"}}`, `{"kind":"Secret","stringData":{"app.conf":"§w"}}`, `{"apiVersion":"v1","kind":"List","items":[{"kind":"Secret","data":{"p":"§w"}}]}`,
			`{"object":{"kind":"Secret","data":{"a":"§w"}},"verb":"create"}`, `{"objectRef":{"resource":"secrets","name":"x"},"requestObject":{"data":{"a":"§w"}}}`, `{"resource":"secrets","object":{"stringData":{"a":"§w"}}}`, `{"kind":"Secret","patch":{"data":{"a":"§w"}}}`,
			`{"type":"Opaque","data":{"a":"§w"}}`, `{"type":"kubernetes.io/tls","data":{"x.crt":"§w"}}`, `{"kind":"SealedSecret","spec":{"encryptedData":{"a":"§w"}}}`, `{"kind":"ExternalSecret","spec":{"target":{"template":{"data":{"a":"§w"}}}}}`, `{"SecretString":"§w"}`, `{"SecretBinary":"§w"}`, `{"secret":{"value":"§w"}}`, `{"secretData":"§w"}`,
			"apiVersion: v1\nkind: SecretList\nitems:\n- metadata:\n    name: x\n  data:\n    p: §w", "apiVersion: v1\nkind: Secret\nstringData:\n  app.conf: §w\n", "data:\n  p: §w\nkind: Secret\n", `{"group":"","kind":{"kind":"Secret","version":"v1"},"object":{"data":{"a":"§w"}}}`,
		},
	} {
		pipelineForms[class] = forms
	}
}
