package redact

import (
	"slices"
	"strings"
)

// A nature is what a name says about the value under it.
type nature uint8

const (
	plain      nature = iota
	secret            // the value goes, whatever it is
	flagged           // secret, but a boolean says only whether there is one
	cookies           // every value in it goes
	rows              // contents of a database: counted, not kept
	cellOfRow         // one value of a row
	payload           // free text of a monitored system
	body              // a request, of which only a summary is kept
	response          // what a monitored system answered
	answer            // the body of a response
	query             // a statement with literals
	binding           // values bound to a statement
	webhook           // a URL that is a credential
	vendor            // of a service whose tokens have no form of their own
	remark            // what people wrote about something
	account           // a login, which may hold a password after a colon
	userpass          // a login, which holds one after any colon
	connection        // a URL or a connection string; anything else is a secret
	timed             // when a secret was changed, or how many were used, or, if the value is no time or number, which
	likely            // what is said of a secret, or, if letters and digits are mixed in it, one
)

// secretTerms are names of secrets, their words written together. A name is
// secret when consecutive words of it make a term.
var secretTerms = set(`
	password passwd passwort passphrase passcode passwrd pass pwd pw pswd psw psswd userpass userpwd
	dbpass dbpwd rootpass mypass smtppass ftppass mailpass proxypass keypass storepass mysqlpwd pgpass sshpass authpass
	secret credential cred token jwt bearer otp totp hotp pin cvv cvc cvn csc cvv2 cvc2 cid2 ssn sin2 jwe jws
	authorization proxyauthorization wwwauthenticate authheader basicauth authdata
	apikey apisecret accesskey accesskeyid secretkey privatekey privkey encryptionkey decryptionkey signingkey masterkey accountkey sharedkey
	sshkey authkey deploykey appkey applicationkey consumerkey hmackey aeskey rsakey pgpkey gpgkey webhookkey
	subscriptionkey wrappingkey rootkey sslkey tlskey serverkey clientkey functionkey adminkey sessionkey cryptokey
	hostkey licensekey cipherkey symmetrickey walletkey seedkey userkey integrationkey servicekey serviceaccountkey writekey readkey
	sas sastoken sharedaccesssignature signature sig xamzsignature clientassertion samlresponse samlassertion assertion idtoken
	tpin mpin upin mtan zmk zpk zek tmk bdk ipek transactionkey privatepem paymentmethodnonce paymentnonce cardnonce mnemonic seedphrase recoveryphrase recoverycode backupcode verificationcode securitycode onetimecode onetimepassword
	otpcode mfacode 2facode twofactorcode authcode authorizationcode accesscode smscode devicecode usercode
	activationcode resetcode confirmationcode unlockcode logincode codeverifier challengeresponse securityanswer secretanswer
	connectionstring connstring connstr dsnpassword kubeconfig keystore pkcs12 p12 pfx
	creditcard cardnumber cardno ccnumber ccnum ccno pan debitcard socialsecurity socialsecuritynumber socialinsurancenumber
	taxid taxpayerid iban bankaccount bankaccountnumber accountnumber routingnumber passportnumber passportno nationalid
	driverlicense driverslicense drivinglicence driverlicensenumber salt pepper nonce2 fingerprintsecret htpasswd shadow
	phpsessid jsessionid sessid connectsid aspnetsessionid xsrf csrf xsrftoken csrftoken authenticitytoken
	passw pword psk wpapsk presharedkey passkey requirepass masterauth authtoken certkey certificatekey fernetkey dek dekplaintext plaintextkey storagekey
	mothermaidenname mothersmaidenname maidenname salasana sifre heslo haslo geslo clave adgangskode losenord lozinka jelszo parolla
	apischlussel zugriffsschlussel geheimschlussel sicherheitscode bestatigungscode verifizierungscode zugangsdaten jeton palavrapasse verificatiecode toegangscode
	codedeverification codigodeverificacion codigodeverificacao codicediverifica kodweryfikacyjny cleapi chavedeapi chaveapi chiaveapi chiavesegreta claveapi clavesecreta chavesecreta cleprivee clesecrete kluczapi geheimesleutel apisleutel dogrulamakodu
	geheimnis kennwort contrasena motdepasse senha wachtwoord parola haslo
	pwdhistory passwdhistory puk pukcode unsealkey enckey deckey snmpcommunity communitystring rocommunity rwcommunity rootpw bindpw adminpw userpw dbpw
	sealkey vaultkey saskey wrappedkey kek keypem pemkey keymaterial keydata decryptkey encryptkey privateexponent rsaprivate pinblock pinhash jsonkey keyfilejson developerkey devkey merchantkey wifikey wepkey networkkey jwtkey cookiekey
	recoverykey backupkey productkey sshprivatekey hostprivatekey dsakey ecdsakey ed25519key cakey bitlockerkey transitkey tokenkey securekey passwordkey dbkey
	awsaccesskeyid awssecretaccesskey awssessiontoken azureclientsecret gcpkey googleapikey
	nip keypw joinkey pairingkey clientkeydata keytab pinblock track1 track2 trackdata track2data magstripe magneticstripe magneticdata stripedata pem
	proxyuserpwd smtpauthpass sshprivkey preauthkey otpseed totpseed otpsecret doorcode alarmcode pairingcode
	pwhash passhash pwdhash securejsondata securesettings securesetting
	encryptedkey
	oauthverifier tin itin sinnumber nationalinsurance drivinglicense ahv ahvnumber fiscalcode codicefiscale accountno ntlm ntlmhash lmhash nthash licencekey activationkey serialkey spnego wresult
	idrsa ided25519 idecdsa iddsa githubpat gitlabpat cpf dni curp aadhaar aadhaarnumber pesel nric personnummer steuerid bsn mdp contrasenia matkhau katasandi llaveprivada chaveprivada miyao kerberosticket authticket
	invitationcode invitecode joincode sharekey mfaseed duoskey xprv xpriv spendkey privatejwk tinkkeyset bwsession opsession safecombination lockcombination garagecode gatecode entrycode keypadcode ha1 memorableword mothersmaiden
	authaccessor tokenaccessor scratchcode emergencycode rescuecode keyfiledict
	wpa2key wpa3key wpakey wlankey wirelesskey networksecuritykey functionskey otpkey totpkey hotpkey mfakey securestring securevalue securetext
	verifycode emailcode tfacode twofacode totpcode hotpcode passwordcode signincode
	seedword walletseed recoveryword backupword secretword cardverification cardverificationvalue cardverificationnumber cardsecuritycode cardcode cvnumber
	nwkskey appskey nwkkey fnwksintkey snwksintkey nwksenckey instrumentationkey bcrypthash argon2hash scrypthash refreshtok accesstok authtok sessiontok apitok cfid
	nationalinsurancenumber nino socialinsurance medicarenumber transactionauthenticationnumber socialsecurityno passportid laravelsession cisession symfonysession playsession racksession beakersessionid koasess smsession moodlesession arraffinity aspxauth wordpressloggedin unlockpattern challengeanswer clientsecretvalue bindpassword bindcredentials
`)

// embedded terms are looked for inside one undivided word: PGPASSWORD.
var embedded = []string{
	"password", "passwd", "passphrase", "passwort", "apikey", "privatekey", "secretkey", "accesskey", "accesstoken",
	"refreshtoken", "authtoken", "sessiontoken", "clientsecret", "authorization", "credential", "secret",
}

// suffixes end an undivided word: dbpwd, mytoken.
var suffixes = []string{"token", "pwd", "passwd", "cvv", "cvc", "storepass", "keypass", "dbpass", "userpass", "rootpass", "adminpass", "pw"}

// sounding are last words that make a name only sound secret: the type, the
// age, the place of a secret is none.
var sounding = set(`
	type policy count date expiry expires expire expiration expired expiring method algorithm alg length len min max age rotation rotated
	required enabled disabled status state strength complexity version ttl lifetime endpoint issuer scope scopes audience
	manager provider field format label usage used limit budget rate time timestamp at in on by days hours minutes
	seconds ms timeout level mode kind category changed updated created deleted revoked issued verified valid validity
	attempts attempt retries failures errors error reset change update size total quota number2 name names id ids arn ref path file
	filename header url uri href link prefix2 last4 last lastfour brand network holder country currency owner service store vault engine backend
	plugin encoding charset index position column table constraint requirement requirements rules rule reuse score
	protection encryption hasher encoder subentry storage location region source origin purpose description reason strategy handler helper validator
	validation verification generator generation parser office bucket exists present missing supported needed management
	settings options config2 configuration2 authentication auth2 grant granttype flow support event action request2 response2 role roles group
	window interval period schedule year month day minlength maxlength hashing cost rounds iterations
	threshold remaining second hour minute intervals channel channels inventory mismatch lockout delay grace queue topic ratio percentage percent alias aliases
	domain domains retention site samesite host hostname port zone vendor reader readers operator operators custodian custodians owners managers consumer consumers lookup breach incident incidents team teams namespace cluster
	history histories log threshold thresholds remaining channel channels minute second hour balance available consumed inventory detection hygiene leak
	scanning scanner symbol standard price
	exception exceptions controller impl factory listener filter interceptor repository test tests spec util utils model view component page form dialog screen dashboard
	pub lifespan lifespans digits chars characters digit minimum maximum scanned
	checker checked check changes reminder notification email2 expiresin expiresat expirydate lastchanged rotationdays delivery
`)

// extensions end the names of files, which are no secrets: token.java.
var extensions = set(`java go py js ts rb cs php kt scala cpp yaml yml json xml txt md sql conf properties tf sh html css svg png pdf`)

// counting are words before "token" that make it a measure of text or a cursor.
var counting = set(`max min total input output prompt completion num n cached reasoning used remaining llm thinking cancellation design`)

// measured are those of them behind which "token" is one, and only "tokens" a measure.
var measured = set(`input output prompt`)

var rowWords = set(`firstbatch nextbatch itemsreturned rowsreturned recordsreturned returneditems returnedrows rows results records resultset resultsets recordset recordsets hits documents docs tuples resultrows datarows dataset resultdata rowdata queryresult queryresults searchresults sampledata exportpreview`)

// Names of rows by their words: db_rows, rowValues, first_row, insertedRecord, sqlResult.
var (
	rowNouns   = set(`row rows rowset rowsets tuple tuples recordset recordsets resultset resultsets`)
	recordLike = set(`record records document documents doc docs result results hit hits output outputs`)
	rowHolders = set(`set sets list lists value values data json csv xml batch batches sample samples preview previews array arrays cell cells dump string text
		item items object objects returned found fetched matched selected read`)
	ofDatabase = set(`db sql database query select selected fetch fetched table jdbc statement cursor inserted deleted updated upserted returned found matched matching sampled
		dbms cql cypher odbc`)
	cellNouns = set(`table column columns cell cells col cols`)
)

// namesRows reports whether the words of a name say that rows, or one of them, are
// under it.
func namesRows(w []string) bool {
	end := len(w)
	for end > 0 && (rowHolders[w[end-1]] || number(w[end-1])) {
		end--
	}
	switch {
	case len(w) == 2 && w[0] == "key" && w[1] == "value": // of a duplicate, in errors of MongoDB
		return true
	case len(w) > 1 && cellNouns[w[len(w)-2]] && (w[len(w)-1] == "values" || w[len(w)-1] == "data"):
		return true
	case end == 0:
		return len(w) == 1 && w[0] == "fetched"
	}
	noun := strings.TrimRight(w[end-1], "0123456789")
	switch {
	case rowNouns[noun]:
		return true
	case !recordLike[noun]:
		return false
	case end > 1 && ofDatabase[w[end-2]] || end < len(w) && ofDatabase[w[end]]:
		return true
	}
	return end < len(w) && w[end] != "text" && w[end] != "string" && w[end] != "read" && !strings.HasPrefix(noun, "doc")
}

var payloadWords = set(`payload payloads content contents text markdown html messages prompt prompts document completion completions transcript
	plaintext rawtext fulltext bodytext filecontent filecontents filedata attachment attachments instructions snippet blob rawbody rawdata
	systemprompt userprompt inputmessages outputmessages systeminstructions toolarguments toolresult payloaddata chat conversation essay freetext richtext csv export_data exportdata uploaddata upload eventoriginal originalevent rawevent`)

var bodyWords = set(`requestbody postdata formdata requestdata requestcontent requesttext rpcrequest bodycontent`)

// modelWords end names of gen_ai attributes that hold no text of people.
var modelWords = set(`model system name id reason reasons provider type operation temperature p k tokens seed count format version port address`)

// Words of what carries messages and of what asks models, and the last words of names of the
// text that is in a message, or is said: kafka.message.value, traceloop.entity.input.
var (
	carriers = set(`kafka messaging sqs sns rabbitmq amqp pubsub mqtt nats kinesis jms pulsar eventhub eventhubs servicebus activemq redpanda nsq stomp eventbridge`)
	carried  = set(`value body data message record text input event payload`)
	models   = set(`traceloop llm openinference langfuse langsmith langchain langgraph llamaindex openai anthropic bedrock ollama vertexai lmnr braintrust helicone mlflow genai agent haystack crewai`)
	spoken   = set(`input inputs output outputs value prompt prompts completion completions question answer answers query text arguments result results reasoning thought thoughts utterance reply summary`)
)

var bindingWords = set(`expressionattributevalues bind binds bindings bindparams bindparameters bindvalues bindvars bindvariables sqlparams sqlparameters sqlargs queryparameters
	statementparams statementparameters dbparams queryargs queryparameter placeholders boundvalues dbqueryparameter`)

// Names of bound values by their words: queryParams, jdbc.binds, prepared_args.
var (
	boundWords     = set(`bind binds binding bindings bound placeholder placeholders bindvar bindvars bindparam bindparams bindvalues`)
	statementWords = set(`db sql query statement stmt jdbc hibernate cql cypher prepared positional named orm n1ql odbc sqlalchemy knex parameter`)
	parameterWords = set(`param params parameter parameters arg args argument arguments var vars variable variables values replacements inputs`)
	ofRequests     = set(`http url uri route path request rpc header`)
)

// namesBound reports whether the words of a name say that values bound to a statement
// are under it.
func namesBound(w []string) bool {
	said, value := false, false
	for i, x := range w {
		switch {
		case ofRequests[x]:
			return false
		case boundWords[x]:
			if value = value || said || i+1 < len(w) && parameterWords[w[i+1]]; x == "bindings" || x == "binds" {
				value = value || len(w) == 1
			}
			said = true
		case parameterWords[x] && said:
			value = true
		case statementWords[x]:
			said = true
		case value && w[0] != "db" && w[0] != "sql" && w[0] != "jdbc":
			return false // query_params_count
		}
	}
	return value && !sounding[w[len(w)-1]]
}

// operators are those of MongoDB, without $, under which values of documents stand.
var operators = set(`match eq ne gt gte lt lte in nin all regex text search where expr set setoninsert unset push pull addtoset or and nor not elemmatch geowithin near`)

var queryWords = set(`graphqldocument sql statement dbstatement dbquery dbquerytext sqlquery sqltext querytext commandtext rawquery rawsql cql cypher hql jpql kql jql soql sosl promql logql gremlin sparql xquery aql n1ql mql dql ksql`)

var responseWords = set(`response responses rpcresponse httpresponse reply queryresponse`)

var answerWords = set(`responsebody responsepayload responsecontent responsetext responsedata httpresponsebody httpresponsebodycontent responsebodycontent rpcresponsebody rpcresponsepayload`)

var webhookWords = set(`webhookurl slackwebhook slackwebhookurl discordwebhook teamswebhook incomingwebhook incomingwebhookurl webhookuri hookurl`)

// remarkWords name free text about things and people.
var remarkWords = set(`answer answers input inputs output outputs reply replies utterance comment comments note notes remark remarks memo feedback biography narrative anamnesis diagnosis caption question bio`)

var accountWords = set(`basic basicauthuser auth username userid user login userinfo account httpauth netrc userpwd enduser principal`)

// vendorWords name services whose tokens are random characters without a sign.
var vendorWords = set(`adafruit airtable algolia alibaba asana bitbucket bittrex codecov coinbase confluent contentful datadog dropbox etsy fastly
	finicity finnhub flickr freshbooks gitter heroku hubspot intercom kraken kucoin launchdarkly linkedin lob looker mailchimp mailgun mapbox mattermost
	messagebird meraki netlify nytimes okta onelogin opsgenie pagerduty plaid privateai rapidapi sendbird sentry snyk sonar squarespace sumologic travis
	trello twitch twilio zendesk yandex jenkins artifactory cohere mistral deepseek clearbit amplitude mixpanel segment honeybadger rollbar bugsnag pusher
	seed ably auth0 cloudinary docusign easypost shippo zoom calendly webflow dynatrace logzio papertrail loggly`)

// issuers are further services whose keys are secrets, though their own names say
// nothing, and addressing are words before "key" that make it the name of a thing.
var (
	issuers    = set(`fcm apns vapid tsig rndc ntp tacacs radius ospf bgp isis luks smime wasabi backblaze cloudflare cosmos cosmosdb nuget gem deepl grafana honeycomb keepass duplicity restic borg wireguard ipsec ike wolfram openweather google aws azure gcp openai anthropic stripe sendgrid firebase github gitlab slack maps mapbox paypal shopify square adyen braintree alchemy infura functions`)
	addressing = set(`idempotency idempotent cache routing partition sort primary foreign surrogate object correlation request public dedup deduplication lookup group message shard range trace sampling`)
)

// unknownIssuer reports whether the word before "key" may be the name of a service that nobody
// has listed.
func unknownIssuer(word string) bool {
	return len(word) >= 3 && strings.Trim(word, lowerLetters) == "" && !inDictionary(word) && !jargon[word] && !acronyms[word] && !addressing[word]
}

// questionFirst are words that make of a name a question, answered yes or no.
var questionFirst = set(`has is needs requires require allow allows use uses with can should must no enforce show hide store remember save reset force generate rotate`)

func set(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

const maxWords = 12

// words splits a name at separators and humps into lower-case words, with
// look-alike letters replaced and invisible ones removed.
func words(name string, into []string) []string {
	name = plainLetters(name)
	start := 0
	for i := 0; i <= len(name); i++ {
		if i < len(name) && isAlnum(name[i]) && !hump(name, start, i) {
			continue
		}
		if i > start {
			into = append(into, strings.ToLower(name[start:i]))
		}
		start = i
		if i < len(name) && !isAlnum(name[i]) {
			start = i + 1
		}
	}
	return into
}

// hump reports whether a word of name begins at i: fooBar, HTTPServer.
func hump(name string, start, i int) bool {
	if i == start || !isUpper(name[i]) {
		return false
	}
	return !isUpper(name[i-1]) || i+1 < len(name) && isLower(name[i+1]) && !(name[i+1] == 's' && (i+2 == len(name) || !isLower(name[i+2])))
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isAlpha(c byte) bool { return isLower(c | 0x20) }

func isAlnum(c byte) bool { return isAlpha(c) || isDigit(c) }

// classify tells what a name says about its value.
func (e *Engine) classify(name string) nature {
	if len(name) > maxName {
		return secret // no name of a field; what is not understood is not kept
	}
	var array [maxWords]string
	w := words(name, array[:0])
	if !isASCII(name) && foreign(name) {
		return secret
	}
	if len(w) == 0 {
		return plain
	}
	joined := strings.Join(w, "")
	switch {
	case e.allowKeys[joined]:
		return plain
	case e.keys[joined]:
		return secret
	}
	if name[0] == '$' && operators[joined] {
		return binding
	}
	switch segment(strings.TrimSuffix(name, ".value")) {
	case "auth", "tan", "pincode":
		return flagged
	case "pan", "sin":
		return secret
	case "sessionid":
		return secret // as cookies are called; session_id is for correlation
	}
	if n := len(w); n > 1 && ((w[n-1] == "auth" || w[n-1] == "passes") && (authOf[w[n-2]] || vendorWords[w[n-2]] || issuers[w[n-2]]) || w[n-2] == "auth" && w[n-1] == "basic") {
		return flagged
	}
	if n := len(w); n > 1 && w[n-1] == "authentication" && (w[n-2] == "header" || w[n-2] == "headers") {
		return flagged
	}
	if strings.HasSuffix(joined, "datakey") && !strings.HasSuffix(joined, "metadatakey") && !strings.HasSuffix(strings.ToLower(name), "data.key") {
		return secret // that encrypts data
	}
	if n := e.spelled(name, w, joined); n != plain {
		return n
	}
	if e.isLikely(name, w) {
		return likely
	}
	if holdsLogin(w) {
		return userpass
	}
	if n := len(w); n > 2 && (w[n-1] == "live" || w[n-1] == "prod") && w[n-2] == "key" {
		w = w[:n-1] // of where the service is used in earnest
	}
	if last := w[len(w)-1]; len(w) > 1 && (last == "key" || last == "keys") && (vendorWords[w[len(w)-2]] || issuers[w[len(w)-2]] || w[0] == "x" && !addressing[w[len(w)-2]]) {
		return secret // of a service, or a header
	}
	if n := len(w); n > 1 && w[n-1] == "key" && unknownIssuer(w[n-2]) {
		return vendor
	}
	if name == "input.value" || name == "output.value" { // as OpenInference calls what a model was asked and said
		return payload
	}
	if n := contentNature(w, joined); n != plain {
		return n
	}
	if n := inside(name); n != plain || !accountWords[squeeze(segment(name))] {
		return n
	}
	return account
}

// owning are those whose a secret is, and what it is for, before its name: ADMINSSN, cardpin.
var owning = set(`admin root user customer employee client person member patient holder account system guest
	card transaction voicemail phone mobile sim atm bank banking payment wallet door alarm lock locker terminal signin signing login
	sms email mail verification recovery activation unlock reset security backup`)

// spelled looks for the name of a secret in a name as it is, without the ending of
// a kind of data (credentialsJson), with its letters together (s e c r e t), and
// with signs read as the letters they stand for (pa$sword).
func (e *Engine) spelled(name string, w []string, joined string) nature {
	if last := w[len(w)-1]; len(w) > 1 && extensions[last] {
		if endsIn(strings.ToLower(name), "."+last) {
			return plain // a file
		}
		if secretTerms[w[len(w)-2]+last] {
			return secret
		}
		w = w[:len(w)-1]
		joined = strings.TrimSuffix(joined, last)
	}
	if n := len(w); n > 1 && w[n-1] == "c" && endsIn(lowered(name), "__c") { // of a field that a customer added to Salesforce
		w = w[:n-1]
		joined = strings.TrimSuffix(joined, "c")
	}
	if len(w) >= len("psk") {
		var array [maxWords]string
		last := words(name[strings.LastIndexByte(name, '.')+1:], array[:0])
		if together := strings.Join(last, ""); len(last) >= len("psk") && len(together) == len(last) {
			w, joined = []string{together}, together
		}
	}
	if n := e.secretNature(w, joined); n != plain || len(name) > 64 {
		return n
	}
	if isChopped(w, joined) {
		var array [maxWords]string
		w := words(lowered(name), array[:0])
		if n := e.secretNature(w, joined); n != plain {
			return n
		}
	}
	if acrossHumps(name) {
		return secret
	}
	if letters := signsAsLetters.Replace(name); letters != name && e.isEmbedded(squeeze(letters)) {
		return secret
	}
	return plain
}

// joints are where the words of a term meet that is written as one.
var joints = map[string]int{"password": 4, "passwd": 4, "passphrase": 4, "passwort": 4, "apikey": 3, "privatekey": 7, "secretkey": 6, "accesskey": 6, "accesstoken": 6,
	"refreshtoken": 7, "authtoken": 4, "sessiontoken": 7, "clientsecret": 6}

// acrossHumps reports whether the last part of a name ends in a term whose letters are in
// upper case where no word of it begins: accesStokEn.
func acrossHumps(name string) bool {
	var array [maxWords]string
	w := words(name[strings.LastIndexByte(name, '.')+1:], array[:0])
	if len(w) < 2 {
		return false
	}
	joined := strings.Join(w, "")
	for _, list := range [][]string{embedded, suffixes[:1]} {
		for _, t := range list {
			from := len(joined) - len(t)
			if !strings.HasSuffix(joined, t) {
				continue
			}
			at := 0
			for _, x := range w {
				if at > from && at-from != joints[t] {
					return true
				}
				at += len(x)
			}
		}
	}
	return false
}

// isChopped reports whether words, together joined, are so short that the case of their
// letters says nothing: pAsSwOrD.
func isChopped(w []string, joined string) bool { return len(w) > 2 && len(joined) < 3*len(w) }

// loginEnds end names of a user with a password, and loginHolders come behind them.
var (
	loginEnds    = set(`auth login logon signin authentication userinfo httpauth basic`)
	loginHolders = set(`string pair line value info data user header`)
)

// holdsLogin reports whether words name a user with a password: rpcAuth, loginPair.
func holdsLogin(w []string) bool {
	last := w[len(w)-1]
	if len(w) == 1 {
		return last == "authentication" || last != "oauth" && len(last) > len("xauth") && strings.HasSuffix(last, "auth")
	}
	return loginEnds[last] || loginHolders[last] && (loginEnds[w[len(w)-2]] || w[len(w)-2] == "proxy" || last == "info" && w[len(w)-2] == "user")
}

var signsAsLetters = strings.NewReplacer("$", "s", "@", "a", "!", "i", "0", "o", "3", "e", "1", "i", "4", "a", "5", "s", "7", "t")

// authOf are words before "auth" that make it a password, or a user with one.
var authOf = set(`x redis rediscli proxy http https basic smtp ftp imap digest registry docker npm mongo mongodb db mysql postgres mqtt amqp rabbitmq ldap snmp wifi
	elastic elasticsearch kafka git api curl wget http2 url server master client default bot service etcd memcached nats vpn upstream downstream remote gateway broker mail webdav ssh`)

// inside tells what the parts of a dotted name before the last say, since a map
// is the same as names with dots: cookies.theme, attachment.data.
func inside(name string) nature {
	sent := false // whether the part before is of a request
	for {
		part, rest, ok := strings.Cut(name, ".")
		var array [maxWords]string
		w := words(part, array[:0])
		switch part = squeeze(part); {
		case namesRows(w) && ok && !tallied(rest):
			return cellOfRow
		case namesRows(w):
			return rows
		case !sent && (part == "expressionattributevalues" || namesBound(w) || part == "query" && searched(rest)):
			return binding
		case !ok:
			return plain
		case strings.HasPrefix(part, "cookie") && ofCookies[squeeze(rest)]:
			return plain
		case endsIn(part, "cookie", "cookies") || strings.HasPrefix(part, "cookie") && cookieHolders[strings.TrimPrefix(part[len("cookie"):], "s")]:
			return cookies
		case part == "securejsondata" || part == "securesettings":
			return secret
		case webhookWords[part] && (rest == "url" || rest == "uri" || rest == "href"):
			return webhook
		case (part == "pin" || part == "pins") && !sounding[rest]:
			return flagged
		case rowWords[part] && rest != "" && rest[0] >= '0' && rest[0] <= '9':
			return cellOfRow
		case rowWords[part] && (part != "records" && part != "docs" || strings.IndexByte(rest, '.') > 0):
			return rows
		case part == "payload" && (strings.HasPrefix(rest, "after.") || strings.HasPrefix(rest, "before.")):
			return rows // of a stream of changes
		case payloadWords[part], bodyWords[part], responseWords[part], len(w) > 0 && (w[len(w)-1] == "body" || w[len(w)-1] == "html" || remarkWords[w[len(w)-1]]), part == "sms", part == "chatmessage":
			if inside(rest) == cookies {
				return cookies
			}
			return body
		}
		sent = len(w) > 0 && ofRequests[w[len(w)-1]]
		name = rest
	}
}

// tallied reports whether the name within rows is of what is said of them all: rows.count.
func tallied(name string) bool {
	last := squeeze(segment(name))
	return sounding[last] || measures[last] || ofDatabase[last] || last == "affected" || last == "examined" || last == "items" || last == "read"
}

// searched reports whether the name behind query is of a clause of Elasticsearch: match.name.
func searched(name string) bool {
	clause, rest, _ := strings.Cut(name, ".")
	return rest != "" && clauses[clause]
}

// segment returns the last part of a dotted name in lower case, but for which
// value of a change it is.
func segment(name string) string {
	for {
		i := strings.LastIndexByte(name, '.')
		last := strings.ToLower(name[i+1:])
		if i <= 0 || !turning[last] {
			return last
		}
		name = name[:i]
	}
}

// foreignTerms are names of secrets in other scripts.
var foreignTerms = strings.Fields(`пароль секрет токен ключ 密码 密碼 口令 令牌 密钥 パスワード 暗証番号 비밀번호 암호 كلمة_السر كلمة_المرور سر סיסמה şifre parola lösenord hasło contraseña пaрoль κωδικός รหัสผ่าน पासवर्ड mật_khẩu
	код_подтверждения лозинка 認証コード 確認コード 認証番号 验证码 驗證碼 校验码 인증번호 인증코드 암호 clé_api clé_secrète jelszó parolă doğrulama_kodu`)

func foreign(name string) bool {
	name = strings.ReplaceAll(strings.ToLower(name), " ", "_")
	for _, t := range foreignTerms {
		if strings.Contains(name, t) {
			return true
		}
	}
	return false
}

// secretNature looks for a term of secrets in the words of a name.
func (e *Engine) secretNature(w []string, joined string) nature {
	for len(w) > 1 && (turning[w[len(w)-1]] || w[len(w)-1] == "value") { // password_policy.old
		if n := len(w); n > 2 && w[n-2] == "changed" && (w[n-1] == "from" || w[n-1] == "to") {
			w = w[:n-1] // changed alone is when, or whether
		}
		w = w[:len(w)-1]
	}
	last := w[len(w)-1]
	for i := max(0, len(w)-2); i < len(w); i++ {
		if connections[strings.TrimRight(strings.Join(w[i:], ""), "0123456789")] {
			return connection
		}
	}
	if (last == "answer" || last == "answers") && slices.ContainsFunc(w[:len(w)-1], func(x string) bool { return asking[x] }) {
		return secret
	}
	if n := len(w); n > 1 && last == "private" && (w[n-2] == "key" || w[n-2] == "keys" || w[n-2] == "keypair") {
		return secret
	}
	if strings.HasPrefix(last, "cookie") || endsIn(last, "cookie", "cookies") || joined == "setcookie" || len(w) > 1 && strings.HasPrefix(w[len(w)-2], "cookie") && (cookieHolders[last] || dataForms[last] || number(last) || len(last) <= 3 && last[0] == 'v' && len(last) > 1 && number(last[1:])) {
		return cookies
	}
	if webhookWords[joined] || len(w) > 1 && webhookWords[w[len(w)-2]+last] || len(w) > 2 && webhookWords[w[len(w)-3]+w[len(w)-2]] && (dataForms[last] || number(last)) {
		return webhook
	}
	for i := range w {
		term := ""
		for j := i; j < len(w) && j < i+4; j++ {
			term += w[j]
			if !e.isTerm(term) {
				continue
			}
			if n := verdict(w, i, j+1, term); n != plain {
				return n
			}
		}
		if e.isEmbedded(w[i]) {
			if n := verdict(w, i, i+1, w[i]); n != plain {
				return n
			}
		}
	}
	return plain
}

// vague are last words behind the name of a secret that say which one it is, or something
// of it, and besides those within a map of secrets, where they are keys: tokens.type.
var (
	vague  = set(`test tests last check field form service team reset header origin source ref host file`)
	asKeys = set(`name names type types policy count status state kind mode scope scopes owner role roles group user label version category description action index position level`)
)

// isLikely reports whether a name is that of a secret but for its last word, which does not
// tell much: DB_PASSWORD_TEST.
func (e *Engine) isLikely(name string, w []string) bool {
	n := len(w)
	if n < 2 || !vague[w[n-1]] && !asKeys[w[n-1]] {
		return false
	}
	if asKeys[w[n-1]] && (segment(name) != w[n-1] && !endsIn(name, "["+w[n-1]+"]") || !strings.HasSuffix(w[n-2], "s") && !keyOfSecret[w[n-1]]) {
		return false
	}
	is := e.secretNature(w[:n-1], strings.Join(w[:n-1], ""))
	return is == secret || is == flagged && strings.HasPrefix(w[n-2], "pass") || vague[w[n-1]] && n > 2 && w[n-2] == "key" && (vendorWords[w[n-3]] || issuers[w[n-3]])
}

// trials are those of them behind which there is no name of anything, but a secret or a result.
var trials = set(`test tests last check`)

// isSecretOf reports whether a value under a name that is likely a secret's is one.
func isSecretOf(name, v string) bool {
	if mingled(v) {
		return true
	}
	last := name[strings.LastIndexAny(name, "_-.[ ")+1:]
	if w := lowered(last); !trials[w] && !endsIn(last, "Test", "Tests", "Last", "Check") {
		return false
	}
	return coined(lowered(v)) && !strings.HasSuffix(v, "ly")
}

// keyOfSecret are those of them behind which no names made by chance stand.
var keyOfSecret = set(`type types scope scopes`)

// mingled reports whether a text is letters with digits among them, as no word and no name has
// them, or a password by its signs.
func mingled(s string) bool {
	if len(s) < 6 || len(s) > maxWord || isUUID(s) || isTime(s) || strings.ContainsAny(s, "/: ") || hostName(s) && isAlpha(s[len(s)-1]) {
		return false
	}
	changes, from, letter := 0, 0, false
	for i := 0; i <= len(s); i++ {
		if i < len(s) && isAlnum(s[i]) {
			letter = letter || isAlpha(s[i])
			if i > from && isDigit(s[i]) != isDigit(s[i-1]) {
				changes++
			}
			continue
		}
		if run := s[from:i]; len(run) >= 6 && (changes > 1 || numbered(run) || miscased(run) || random(run, len(run))) {
			return true
		}
		from, changes = i+1, 0
	}
	return letter && strings.ContainsAny(s, "!#$%^*&+?~@") && strong(s)
}

// asking are words of names of questions whose answers let somebody in.
var asking = set(`security secret challenge recovery`)

// cookieHolders are words after "cookie" that hold the values.
var cookieHolders = set(`jar header headers value values string store map list data pairs set sent received in out`)

// ofCookies are what is said of cookies, and is in none.
var ofCookies = set(`count policy policies consent consents banner notice settings preferences lifetime expiry retention`)

// turning are last words of names that say which value of a change it is.
var turning = set(`old new before after from to current previous`)

// connections are names of values that are a URL or a secret.
var connections = set(`dsn jdbcurl databaseurl dburl mongouri mongourl redisurl amqpurl brokerurl databaseuri`)

func (e *Engine) isTerm(term string) bool {
	if secretTerms[term] || e.keys[term] {
		return true
	}
	bare := strings.TrimRight(term, "0123456789")
	if bare != term && len(bare) > 2 && (secretTerms[bare] || e.keys[bare]) {
		return true
	}
	if s, ok := strings.CutSuffix(bare, "s"); ok && len(s) > 2 {
		s = strings.TrimRight(s, "0123456789")
		return s != "pas" && (secretTerms[s] || e.keys[s])
	}
	return false
}

func (e *Engine) isEmbedded(word string) bool {
	word = strings.TrimRight(word, "0123456789")
	if len(word) < 5 {
		return false
	}
	for _, t := range embedded {
		i := strings.Index(word, t)
		if i < 0 {
			continue
		}
		rest := word[i+len(t):]
		if t == "secret" && (strings.HasPrefix(rest, "ar") || strings.HasPrefix(rest, "io") || strings.HasPrefix(rest, "e") || strings.HasPrefix(rest, "iv")) {
			continue
		}
		if rest == "" || !sounding[rest] && !sounding[strings.TrimSuffix(rest, "s")] && !sounding[strings.TrimPrefix(rest, "s")] && rest != "less" {
			return true
		}
	}
	for i := 2; i+3 <= len(word); i++ { // of what it is, and the term: LDAPPIN
		if secretTerms[word[i:]] && (authOf[word[:i]] || owning[word[:i]]) {
			return true
		}
	}
	for _, t := range [...]string{"key", "auth", "pass"} { // of a service: stripekey, redisauth
		if of, ok := strings.CutSuffix(word, t); ok && len(of) > 2 && (issuers[of] || vendorWords[of] || t != "key" && (authOf[of] || lockers[of])) {
			return true
		}
	}
	for i := 3; i+8 <= len(word); i++ { // backupencryptionkey
		if secretTerms[word[i:]] && !inDictionary(word) {
			return true
		}
	}
	for i := len(word) - 3; i >= 7 && len(word)-i < 14; i-- { // and the kind of its data: seedphraseraw
		if secretTerms[word[:i]] && dataForms[word[i:]] {
			return true
		}
	}
	for _, t := range suffixes {
		if strings.HasSuffix(word, t) || strings.HasSuffix(strings.TrimSuffix(word, "s"), t) {
			return true
		}
	}
	return false
}

// lockers are what asks for a password of its own.
var lockers = set(`sudo vault p12 pfx pkcs12 jks`)

// dataForms are words behind the name of a value that leave it one: pin_raw, cookieB64.
var dataForms = set(`value text plain raw b64 base64 enc encrypted str string input again repeat repeated new old json cleartext hash hashed digest data bytes array current
	prev previous backup copy env var prod dev staging primary secondary main confirm confirmation confirmed verify verification code codes number entry digits phrase`)

// results are secrets of which a check has a result: cvv_result.
var results = set(`cvv cvc cvv2 cvc2 cvn csc pin otp totp password token signature captcha assertion`)

// verdict weighs a term, the words [i,j) of a name, by the words around it.
func verdict(w []string, i, j int, term string) nature {
	last := w[len(w)-1]
	if j == len(w)-1 && (last == "history" || last == "histories") && strings.HasPrefix(term, "p") {
		return flagged // those before, or how many of them
	}
	if j == len(w)-1 && (term == "basicauth" || term == "proxyauth") && (last == "user" || last == "username") {
		return plain
	}
	if j == len(w)-2 && last == "set" && w[j] == "last" {
		return plain // when
	}
	if j == len(w)-1 && last == "attempt" && (strings.HasSuffix(term, "otp") || strings.HasSuffix(term, "pin") || strings.HasSuffix(term, "code")) {
		return timed // what was typed, or how often
	}
	if j == len(w)-1 && last == "result" && (results[term] || results[term[:len(term)-1]]) {
		return plain
	}
	if k := len(w) - 1; j <= k && (last == "updated" || last == "second") && !slices.ContainsFunc(w[j:k], func(x string) bool { return !dataForms[x] }) {
		return timed
	}
	if j < len(w) && sounding[last] && !((term == "pin" || term == "pan") && last == "digits") && !(last == "id" && (w[j-1] == "key" && contains(w, "access") || term == "secret")) {
		return plain
	}
	if (term == "pin" || term == "pins") && j < len(w) && !dataForms[w[j]] {
		return plain // pin_board
	}
	if strings.HasPrefix(term, "token") && i > 0 && (counting[w[i-1]] && (term == "tokens" || !measured[w[i-1]]) || term == "tokens" && w[i-1] == "context") {
		return likely // how many
	}
	if strings.HasSuffix(term, "token") && j < len(w) && (w[j] == "count" || w[j] == "budget") {
		return likely
	}
	if term == "token" && i > 1 && w[i-1] == "request" && w[i-2] == "client" {
		return plain // that tells a request from another one
	}
	if (term == "pass" || term == "passes") && (j < len(w) || i > 0 && len(w) > 2) {
		if j < len(w) && (w[j] == "rate" || w[j] == "fail" || w[j] == "through" || w[j] == "by" || w[j] == "mark") {
			return plain
		}
	}
	if (term == "pw" || term == "sas" || term == "sig" || term == "salt" || term == "pepper") && j < len(w) && len(w) > 2 || (term == "sin" || term == "pan" || term == "shadow") && len(w) > 2 {
		return plain
	}
	if (strings.HasSuffix(term, "key") || term == "pem") && contains(w, "public") || term == "pem" && (contains(w, "cert") || contains(w, "certificate") || contains(w, "ca") || contains(w, "chain")) {
		return plain
	}
	if contains(w[:i], "public") && (strings.HasSuffix(w[j-1], "key") || term == "token" && w[i-1] == "key") {
		return plain
	}
	if slices.ContainsFunc(w[:i], func(x string) bool { return questionFirst[x] }) || last == "set" || term == "pass" || term == "signature" || term == "pin" || term == "pins" {
		return flagged
	}
	return secret
}

func contains(w []string, s string) bool {
	for _, x := range w {
		if x == s {
			return true
		}
	}
	return false
}

// ofCall reports whether words name the message or the parameters of a call of a procedure, or a
// message that people send: rpc.request.message, chat_message; not the text of an error.
func ofCall(w []string) bool {
	last, w := w[len(w)-1], w[:len(w)-1]
	if len(w) == 0 || last != "message" && last != "params" || faults[w[len(w)-1]] {
		return false
	}
	return last == "message" && sending[w[len(w)-1]] || slices.ContainsFunc(w, func(x string) bool { return calls[x] })
}

// Words before "message": of calls, of what people send, and of what went wrong.
var (
	calls   = set(`rpc grpc grpcweb jsonrpc xmlrpc twirp thrift dubbo connectrpc soap`)
	sending = set(`chat sms email mail dm direct private`)
	faults  = set(`error err exception status fault cause warning log`)
)

// measures are last words of names of what is said of a content, not of its parts.
var measures = set(`size length type encoding bytes count format hash digest checksum language version`)

// contentNature tells the names of contents: rows, payloads, statements.
func contentNature(w []string, joined string) nature {
	last := w[len(w)-1]
	tail := joined
	if len(w) > 1 {
		tail = w[len(w)-2] + last
	}
	tail3 := tail
	if len(w) > 2 {
		tail3 = w[len(w)-3] + tail
	}
	if !measures[last] {
		for i := range w[1:] {
			if w[i] == "response" && (w[i+1] == "body" || w[i+1] == "payload" || w[i+1] == "data" || w[i+1] == "content") {
				return answer
			}
		}
	}
	switch {
	case answerWords[joined], answerWords[tail], answerWords[tail3]:
		return answer
	case bindingWords[joined], bindingWords[tail], w[0] == "bindings", w[0] == "binds", last != "db" && contains(w, "db") && slices.ContainsFunc(w, func(x string) bool { return parameterWords[x] && x != "values" || boundWords[x] || x == "filter" }), namesBound(w):
		return binding
	case queryWords[joined], queryWords[last], queryWords[tail], queryWords[tail3]:
		return query
	case rowWords[last], rowWords[tail], namesRows(w):
		return rows
	case last == "body", bodyWords[tail]:
		return body
	case last == "text" && len(w) > 1 && (w[len(w)-2] == "status" || w[len(w)-2] == "severity" || w[len(w)-2] == "duration"):
		return plain
	case payloadWords[last], payloadWords[tail]:
		return payload
	case len(w) > 2 && w[0] == "gen" && w[1] == "ai" && !modelWords[last], carried[last] && slices.ContainsFunc(w[:len(w)-1], func(x string) bool { return carriers[x] }),
		spoken[last] && slices.ContainsFunc(w[:len(w)-1], func(x string) bool { return models[x] }),
		ofCall(w):
		return payload
	case remarkWords[last]:
		return remark
	case responseWords[joined], responseWords[last]:
		return response
	case accountWords[joined]:
		return account
	}
	for _, x := range w {
		if vendorWords[x] && !sounding[last] {
			return vendor
		}
	}
	return plain
}

// outerName returns what stands before the last part of a dotted name.
func outerName(name string) string { return name[:max(0, strings.LastIndexByte(name, '.'))] }

// lastSegment returns what follows the last slash: /user/password.
func lastSegment(path string) string {
	for {
		i := strings.LastIndexByte(path, '/')
		if i < 0 || i == len(path)-1 {
			return path
		}
		if last := path[i+1:]; i == 0 || !number(last) && last != "-" {
			return last
		}
		path = path[:i] // the index of a list
	}
}

// squeeze returns a name in lower case without separators.
func squeeze(name string) string {
	for i := 0; i < len(name); i++ {
		if !isLower(name[i]) {
			return strings.ToLower(separators.Replace(name))
		}
	}
	return name
}

var separators = strings.NewReplacer("-", "", "_", "", ".", "", " ", "")
