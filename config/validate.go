package config

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/internal/loopback"
	redactprocessor "github.com/auditlog/auditlog/processor/redact"
	"github.com/auditlog/auditlog/redact"
	"github.com/auditlog/auditlog/store"
)

// Validate returns everything that is wrong in one error, a line for each with
// the path of the setting. It looks whether the files that are named can be
// read, and changes nothing.
func (c Config) Validate() error { return c.check().err() }

func (c Config) check() problems {
	var ps problems
	c.checkReceiver(&ps)
	c.checkSenders(&ps)
	c.checkNormalize(&ps)
	c.checkRedact(&ps)
	oneOf(&ps, "processor.duration.unit", c.Processor.Duration.Unit, "ns", "us", "ms", "s")
	c.checkStore(&ps)
	c.checkSearch(&ps)
	c.checkTelemetry(&ps)
	c.checkPorts(&ps)
	return ps
}

func (c Config) checkReceiver(ps *problems) {
	r := c.Receiver
	if r.GRPC.Endpoint == "" && r.HTTP.Endpoint == "" {
		ps.add("receiver", "takes nothing, as grpc.endpoint and http.endpoint are both empty")
	}
	checkEndpointOrOff(ps, "receiver.grpc.endpoint", r.GRPC.Endpoint)
	checkTLS(ps, "receiver.grpc.tls", r.GRPC.TLS)
	checkEndpointOrOff(ps, "receiver.http.endpoint", r.HTTP.Endpoint)
	checkTLS(ps, "receiver.http.tls", r.HTTP.TLS)
	for i, origin := range r.HTTP.AllowedOrigins {
		if u, err := url.Parse(origin); err != nil || !web(u) || u.Path != "" {
			ps.add(item("receiver.http.allowed_origins", i), "must be an origin such as https://app.example.com, without a path")
		}
	}
	if r.MaxRecordSize < KiB {
		ps.add("receiver.max_record_size", "must be at least 1KiB, found %s", r.MaxRecordSize)
	}
	if r.MaxRequestSize < r.MaxRecordSize {
		ps.add("receiver.max_request_size", "must be at least receiver.max_record_size (%s), found %s", r.MaxRecordSize, r.MaxRequestSize)
	}
	if r.MaxRequestSize > GiB {
		ps.add("receiver.max_request_size", "must be at most 1GiB, found %s", r.MaxRequestSize)
	}
	if r.MaxInFlight < r.MaxRequestSize {
		ps.add("receiver.max_in_flight", "must be at least receiver.max_request_size (%s), found %s", r.MaxRequestSize, r.MaxInFlight)
	}
	if r.MaxRate < 0 {
		ps.add("receiver.max_rate", "must be 0, for no limit, or a number of records a second; found %d", r.MaxRate)
	}
	if r.MemoryLimit != 0 && (r.MemoryLimit < 64*MiB || r.MemoryLimit > TiB) {
		ps.add("receiver.memory_limit", "must be 0, for 75 %% of the machine's memory, or from 64MiB to 1TiB; found %s", r.MemoryLimit)
	}
}

func (c Config) checkSenders(ps *problems) {
	owners := map[string]string{} // of credentials
	for i, s := range c.Receiver.Senders {
		path := item("receiver.senders", i)
		same := func(other Sender) bool { return other.Name == s.Name }
		switch {
		case s.Name == "":
			ps.add(path+".name", "is missing")
		case s.Name == store.Own:
			ps.add(path+".name", "must not be %q, the name under which the program's own events are kept", s.Name)
		case !plain(s.Name, audit.Sender.Max):
			ps.add(path+".name", "must have at most %d bytes and no control characters", audit.Sender.Max)
		case slices.IndexFunc(c.Receiver.Senders, same) < i:
			ps.add(path+".name", "is the name of another sender too: %q", s.Name)
		}
		if s.MaxRate < 0 {
			ps.add(path+".max_rate", "must be 0, for receiver.max_rate, or a number of records a second; found %d", s.MaxRate)
		}
		s.checkCredentials(ps, path)
		s.checkAccounts(ps, path+".accounts")
		c.checkCertificates(ps, path+".certificates", s)
		for _, credential := range slices.Concat(s.Hashes(), s.Certificates) {
			if owner, taken := owners[credential]; taken {
				ps.add(path, "has a credential that %s has too; each must be told from the others", owner)
			}
			owners[credential] = path
		}
	}
}

func (s Sender) checkCredentials(ps *problems, path string) {
	if len(s.Tokens)+len(s.TokenFiles)+len(s.TokenHashes)+len(s.Certificates) == 0 {
		ps.add(path, "has no credential; it needs one or more in tokens, token_files, token_hashes or certificates")
	}
	for i, token := range s.Tokens {
		if reason := weakToken(string(token)); reason != "" {
			ps.add(item(path+".tokens", i), "names a variable with a token that %s", reason)
		}
	}
	for i, hash := range s.TokenHashes {
		if sum, err := hex.DecodeString(hash); err != nil || len(sum) != 32 {
			ps.add(item(path+".token_hashes", i), "must be the SHA-256 of a token, 64 hex digits")
		}
	}
}

// weakToken says what is wrong with a bearer token; "" if nothing is. A short one
// could be found from its hash, and one with spaces is no bearer token (RFC 6750).
func weakToken(token string) string {
	const shortest = 16
	bad := func(r rune) bool { return r <= ' ' || r > '~' }
	switch {
	case len(token) < shortest:
		return fmt.Sprintf("is shorter than %d characters", shortest)
	case strings.ContainsFunc(token, bad):
		return "has spaces or other characters that no bearer token has"
	}
	return ""
}

func (s Sender) checkAccounts(ps *problems, path string) {
	if len(s.Accounts) == 0 {
		ps.add(path, `names no account; list those that the sender may write to, or ["*"] for any`)
	}
	for i, account := range s.Accounts {
		switch {
		case account == "" || !plain(account, audit.Account.Max):
			ps.add(item(path, i), "must be the name of an account, at most %d bytes without control characters", audit.Account.Max)
		case account == "*" && len(s.Accounts) > 1:
			ps.add(path, `says "*", which is any account, and names others; keep one of the two`)
		}
	}
}

func (c Config) checkCertificates(ps *problems, path string, s Sender) {
	for i, name := range s.Certificates {
		if name == "" {
			ps.add(item(path, i), "is empty; it must be a name in the client's certificate")
		}
	}
	if len(s.Certificates) > 0 && c.Receiver.GRPC.TLS.ClientCAFile == "" && c.Receiver.HTTP.TLS.ClientCAFile == "" {
		ps.add(path, "are asked for by no endpoint; set receiver.grpc.tls.client_ca_file or receiver.http.tls.client_ca_file")
	}
}

func (c Config) checkNormalize(ps *problems) {
	n := c.Processor.Normalize
	for i, alias := range n.Aliases {
		path := item("processor.normalize.aliases", i)
		if known := sentFields(); !slices.Contains(known, alias.Field) {
			ps.add(path+".field", "must be a field that senders fill, found %s; %s", found(alias.Field), suggestion(alias.Field, known))
		}
		if len(alias.From) == 0 {
			ps.add(path+".from", "must list names of attributes, at least one")
		}
		notEmpty(ps, path+".from", alias.From)
		for j, name := range alias.From {
			if stamped(name) {
				ps.add(item(path+".from", j), "is set by auditlog and never taken from a sender: %q", name)
			}
		}
	}
	notEmpty(ps, "processor.normalize.keep", n.Keep)
	for i, proxy := range n.Proxies {
		address, notAddress := netip.ParseAddr(proxy)
		_, notBlock := netip.ParsePrefix(proxy)
		if notBlock != nil && (notAddress != nil || address.Zone() != "") {
			ps.add(item("processor.normalize.proxies", i), "must be an IP address or a CIDR block such as 10.0.0.0/8, found %s", found(proxy))
		}
	}
	if n.MaxLateness < Duration(10*time.Minute) {
		ps.add("processor.normalize.max_lateness", "must be at least 10m, found %s", n.MaxLateness)
	}
}

// sentFields lists the fields that senders may fill.
func sentFields() []string {
	var names []string
	for f := range audit.Fields() {
		if !stamped(f.Attribute) {
			names = append(names, f.Name)
		}
	}
	return names
}

// stamped says whether auditlog alone sets an attribute. The account is one of
// those: the receiver decides it.
func stamped(attribute string) bool {
	switch attribute {
	case audit.AttributeID, audit.AttributeFingerprint, audit.Account.Attribute,
		audit.AttributeDeadLetterReason, audit.AttributeDeadLetterDetail, audit.AttributeDeadLetterAsked, audit.AttributeDeadLetterNames:
		return true
	}
	f := audit.ByAttribute(attribute)
	return f != nil && f.Stamped
}

var patternName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

func (c Config) checkRedact(ps *problems) {
	r, before := c.Processor.Redact, len(*ps)
	oneOf(ps, "processor.redact.request", r.Request, "full", "keys", "none")
	if most := Size(audit.Request.Max); r.MaxRequestSize < 64 || r.MaxRequestSize > most {
		ps.add("processor.redact.max_request_size", "must be from 64 bytes to %s, found %s", most, r.MaxRequestSize)
	}
	notEmpty(ps, "processor.redact.keys", r.Keys)
	notEmpty(ps, "processor.redact.allow_keys", r.AllowKeys)
	for i, key := range r.AllowKeys {
		if slices.Contains(r.Keys, key) {
			ps.add(item("processor.redact.allow_keys", i), "is in processor.redact.keys too: %q", key)
		}
	}
	for i, pattern := range r.Patterns {
		path := item("processor.redact.patterns", i)
		same := func(other Pattern) bool { return other.Name == pattern.Name }
		switch {
		case !patternName.MatchString(pattern.Name):
			ps.add(path+".name", "must be a short name of a-z, 0-9, _ and -, found %s", found(pattern.Name))
		case slices.IndexFunc(r.Patterns, same) < i:
			ps.add(path+".name", "is the name of another pattern too: %q", pattern.Name)
		}
		switch expression, err := regexp.Compile(pattern.Expression); {
		case err != nil:
			ps.add(path+".expression", "must be a regular expression (RE2): %v", err)
		case expression.MatchString(""):
			ps.add(path+".expression", "matches the empty text, and so everything; found %s", found(pattern.Expression))
		}
	}
	notEmpty(ps, "processor.redact.allow_values", r.AllowValues)
	r.checkFields(ps)
	if len(*ps) > before {
		return
	}
	if _, err := redact.New(r.rules()); err != nil { // such as the name of a built-in rule
		ps.add("processor.redact", "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
}

// checkFields checks the policies of fields, and that there is a key if one of
// them needs it.
func (r Redact) checkFields(ps *problems) {
	hashes := r.Fingerprints
	for i, field := range r.Fields {
		path := item("processor.redact.fields", i)
		same := func(other Field) bool { return other.Field == field.Field }
		known := audit.ByName(field.Field)
		switch {
		case field.Field == "":
			ps.add(path+".field", "is missing")
		case slices.IndexFunc(r.Fields, same) < i:
			ps.add(path+".field", "has a policy already: %q", field.Field)
		case known != nil && redactprocessor.Untouchable(known):
			ps.add(path+".field", "is one that no event can be without: %q", field.Field)
		}
		oneOf(ps, path+".policy", field.Policy, redact.Policies...)
		hashes = hashes || field.Policy == redact.PolicyHash
	}
	if !hashes {
		return
	}
	if _, err := redactprocessor.ReadKey(r.FingerprintKeyFile); err != nil {
		ps.add("processor.redact.fingerprint_key_file", "%v", err)
	}
}

// rules are those that can be wrong in ways of their own; the key is none.
func (r Redact) rules() redact.Config {
	rules := redact.Config{Request: r.Request, MaxRequest: int(r.MaxRequestSize), Keys: r.Keys, AllowKeys: r.AllowKeys, AllowValues: r.AllowValues}
	for _, p := range r.Patterns {
		rules.Patterns = append(rules.Patterns, redact.Pattern(p))
	}
	return rules
}

func (c Config) checkStore(ps *problems) {
	if c.Store.Path == "" {
		ps.add("store.path", "must be a directory, found nothing")
	}
	if r, most := c.Store.Retention, 36500*Day; r < Day || r > most || r%Day != 0 {
		ps.add("store.retention", "must be whole days, from 1d to %s; found %s", most, r)
	}
	if n := c.Store.SQLite.MaxOpenDays; n < 2 || n > 1000 {
		ps.add("store.sqlite.max_open_days", "must be from 2 to 1000, found %d", n)
	}
	c.checkElasticsearch(ps)
	if n := c.Store.Spool.MaxSize; n < 16*MiB || n > 16*TiB {
		ps.add("store.spool.max_size", "must be from 16MiB to 16TiB, found %s", n)
	}
}

// indexName is what Elasticsearch allows, and nothing that a pattern may mean.
var indexName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

func (c Config) checkElasticsearch(ps *problems) {
	const path = "store.elasticsearch"
	e := c.Store.Elasticsearch
	if !e.On() {
		if !reflect.DeepEqual(e, Default().Store.Elasticsearch) {
			ps.add(path+".urls", "is missing; the other settings of store.elasticsearch are for it")
		}
		return
	}
	if len(e.URLs) > 0 && e.CloudID != "" {
		ps.add(path+".cloud_id", "names a cluster, and store.elasticsearch.urls another; keep one of the two")
	}
	for i, text := range e.URLs {
		u, err := url.Parse(text)
		switch {
		case err != nil || !web(u) || u.User != nil || u.RawQuery != "":
			ps.add(item(path+".urls", i), "must be such as https://elasticsearch.example.com:9200, without a user") // it may hold a password
		case u.Scheme == "http" && !Loopback(net.JoinHostPort(u.Hostname(), "0")):
			ps.add(item(path+".urls", i), "must begin with https, as it leads to another machine")
		}
	}
	if e.APIKeyFile != "" && e.Username != "" {
		ps.add(path+".username", "is not used beside store.elasticsearch.api_key_file; keep one of the two")
	}
	if (e.Username == "") != (e.PasswordFile == "") {
		ps.add(path+".password_file", "and store.elasticsearch.username go together")
	}
	readable(ps, path+".api_key_file", e.APIKeyFile)
	readable(ps, path+".password_file", e.PasswordFile)
	readable(ps, path+".tls.ca_file", e.TLS.CAFile)
	checkTLS(ps, path+".tls", TLS{CertFile: e.TLS.CertFile, KeyFile: e.TLS.KeyFile})
	if !indexName.MatchString(e.Index) {
		ps.add(path+".index", "must be a short name of a-z, 0-9, _ and -, found %s", found(e.Index))
	}
	if e.Shards < 1 || e.Shards > 64 {
		ps.add(path+".shards", "must be from 1 to 64, found %d", e.Shards)
	}
	if e.Replicas < 0 || e.Replicas > 16 {
		ps.add(path+".replicas", "must be from 0 to 16, found %d", e.Replicas)
	}
	if e.RequestSize < 256*KiB || e.RequestSize > 64*MiB {
		ps.add(path+".request_size", "must be from 256KiB to 64MiB, found %s", e.RequestSize)
	}
	if e.Concurrency < 1 || e.Concurrency > 64 {
		ps.add(path+".concurrency", "must be from 1 to 64, found %d", e.Concurrency)
	}
	if e.Timeout < Duration(time.Second) || e.Timeout > Duration(10*time.Minute) {
		ps.add(path+".timeout", "must be from 1s to 10m, found %s", e.Timeout)
	}
	oneOf(ps, path+".compression", e.Compression, "auto", "gzip", "none")
	oneOf(ps, path+".retention.method", e.Retention.Method, "ilm", "own")
}

func (c Config) checkSearch(ps *problems) {
	s := c.Search
	checkTLS(ps, "search.tls", TLS{CertFile: s.TLS.CertFile, KeyFile: s.TLS.KeyFile})
	if checkEndpoint(ps, "search.endpoint", s.Endpoint) && !Loopback(s.Endpoint) && !s.TLS.On() && !s.TrustedProxy {
		ps.add("search.endpoint", "is reachable from other machines without encryption; set search.tls, or search.trusted_proxy if a proxy in front of it encrypts; found %s", found(s.Endpoint))
	}
	if s.URL != "" {
		u, err := url.Parse(s.URL)
		switch {
		case err != nil || !web(u) || strings.Trim(u.Path, "/") != "":
			ps.add("search.url", "must be as a browser shows it, such as https://audit.example.com, without a path") // it may hold a password
		case s.TLS.On() && u.Scheme != "https":
			ps.add("search.url", "must begin with https, as search.tls is set; found %s", found(s.URL))
		}
	}
	if s.SessionIdle < Duration(time.Minute) {
		ps.add("search.session_idle", "must be at least 1m, found %s", s.SessionIdle)
	}
	if s.SessionLifetime < s.SessionIdle {
		ps.add("search.session_lifetime", "must be at least search.session_idle (%s), found %s", s.SessionIdle, s.SessionLifetime)
	}
	c.checkOIDC(ps)
	for i, l := range s.Links {
		l.check(ps, item("search.links", i))
	}
}

func (c Config) checkOIDC(ps *problems) {
	const path = "search.oidc"
	o := c.Search.OIDC
	if !o.On() {
		if !reflect.DeepEqual(o, Default().Search.OIDC) {
			ps.add(path+".issuer", "is missing; the other settings of search.oidc are for it")
		}
		return
	}
	if u, err := url.Parse(o.Issuer); err != nil || !web(u) || u.Scheme != "https" && !Loopback(net.JoinHostPort(u.Hostname(), "0")) {
		ps.add(path+".issuer", "must be an https URL, exactly as the provider calls itself in its discovery document")
	}
	if o.ClientID == "" {
		ps.add(path+".client_id", "is missing; it is how the provider knows auditlog")
	}
	readable(ps, path+".client_secret_file", o.ClientSecretFile)
	readable(ps, path+".ca_file", o.CAFile)
	for i, algorithm := range o.Algorithms {
		oneOf(ps, item(path+".algorithms", i), algorithm, Default().Search.OIDC.Algorithms...)
	}
	notEmpty(ps, path+".audiences", o.Audiences)
	notEmpty(ps, path+".scopes", o.Scopes)
	notEmpty(ps, path+".roles_claims", o.RolesClaims)
	notEmpty(ps, path+".owner_roles", o.OwnerRoles)
	notEmpty(ps, path+".impersonation_claims", o.ImpersonationClaims)
	if o.ClockSkew > Duration(5*time.Minute) {
		ps.add(path+".clock_skew", "must be at most 5m, found %s", o.ClockSkew)
	}
	if o.Recheck < Duration(time.Minute) || o.Recheck > Duration(15*time.Minute) {
		ps.add(path+".recheck", "must be from 1m to 15m, found %s", o.Recheck)
	}
	if a := o.Account; o.AccountsClaim == "" && (a == "" || a == "*" || !plain(a, audit.Account.Max)) {
		ps.add(path+".account", `must be the name of an account, and not "*", as accounts_claim is empty; found %s`, found(a))
	}
	if u := c.Search.URL; u == "" && !Loopback(c.Search.Endpoint) {
		ps.add("search.url", "is missing; the identity provider sends browsers back to it")
	}
}

var linkField = regexp.MustCompile(`\{([^{}]*)\}`)

// check keeps the values of events out of the part of a URL that says where it
// leads.
func (l Link) check(ps *problems, path string) {
	if strings.TrimSpace(l.Title) == "" {
		ps.add(path+".title", "is missing")
	}
	for _, field := range linkField.FindAllStringSubmatch(l.URL, -1) {
		if field[1] != "id" && audit.ByName(field[1]) == nil {
			ps.add(path+".url", "has {%s} in it, which is no field of an event", short(field[1]))
		}
	}
	rest, secure := strings.CutPrefix(l.URL, "https://")
	host, _, hasPath := strings.Cut(rest, "/")
	if !secure || !hasPath || host == "" || strings.ContainsAny(host, "{}?#@ ") {
		ps.add(path+".url", "must be such as https://siem.example.com/search?user={user.name}: https, a host, and fields only after the / behind it") // it may hold a password
	}
}

func (c Config) checkTelemetry(ps *problems) {
	t := c.Telemetry
	oneOf(ps, "telemetry.logs.level", t.Logs.Level, "auto", "debug", "info", "warn", "error")
	oneOf(ps, "telemetry.logs.format", t.Logs.Format, "auto", "console", "json")
	checkEndpointOrOff(ps, "telemetry.metrics.endpoint", t.Metrics.Endpoint)
	checkEndpointOrOff(ps, "telemetry.health.endpoint", t.Health.Endpoint)
}

// checkPorts reports endpoints that cannot be open at the same time.
func (c Config) checkPorts(ps *problems) {
	type place struct{ path, host, port string }
	var taken []place
	for _, e := range []struct{ path, endpoint string }{
		{"receiver.grpc.endpoint", c.Receiver.GRPC.Endpoint},
		{"receiver.http.endpoint", c.Receiver.HTTP.Endpoint},
		{"search.endpoint", c.Search.Endpoint},
		{"telemetry.metrics.endpoint", c.Telemetry.Metrics.Endpoint},
		{"telemetry.health.endpoint", c.Telemetry.Health.Endpoint},
	} {
		host, port, err := net.SplitHostPort(e.endpoint)
		if err != nil || port == "0" {
			continue
		}
		for _, other := range taken {
			if other.port == port && (other.host == host || everywhere(other.host) || everywhere(host)) {
				ps.add(e.path, "is the address of %s too: %s", other.path, e.endpoint)
			}
		}
		taken = append(taken, place{e.path, host, port})
	}
}

// Warnings returns what is allowed but should be known, a sentence for each with
// the path of the setting.
func (c Config) Warnings() []string {
	var ps problems
	warnPlain(&ps, "receiver.grpc", c.Receiver.GRPC.Endpoint, c.Receiver.GRPC.TLS)
	warnPlain(&ps, "receiver.http", c.Receiver.HTTP.Endpoint, c.Receiver.HTTP.TLS)
	if host, _, _ := net.SplitHostPort(c.Search.Endpoint); everywhere(host) && c.Search.URL == "" {
		ps.add("search.url", "is not set, and search.endpoint is %s: browsers reach the page under the names of this machine's loopback only", c.Search.Endpoint)
	}
	warnings := make([]string, len(ps))
	for i, p := range ps {
		warnings[i] = p.Error()
	}
	return warnings
}

func warnPlain(ps *problems, path, endpoint string, t TLS) {
	if endpoint != "" && !Loopback(endpoint) && !t.On() {
		ps.add(path+".endpoint", "%s is reachable from other machines without encryption: tokens and events can be read on the way; set %s.tls", endpoint, path)
	}
}

// Loopback says whether an endpoint, host:port, is reachable from this machine only.
func Loopback(endpoint string) bool {
	host, _, err := net.SplitHostPort(endpoint)
	return err == nil && loopback.Host(host)
}

func everywhere(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "" || err == nil && address.IsUnspecified()
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)

func checkEndpointOrOff(ps *problems, path, value string) {
	if value != "" {
		checkEndpoint(ps, path, value)
	}
}

func checkEndpoint(ps *problems, path, value string) bool {
	host, port, err := net.SplitHostPort(value)
	_, notAddress := netip.ParseAddr(host)
	_, notPort := strconv.ParseUint(port, 10, 16)
	if err != nil || notPort != nil || host != "" && notAddress != nil && !hostName.MatchString(host) {
		ps.add(path, "must be host:port such as 127.0.0.1:4317 or [::1]:4317, found %s", found(value))
		return false
	}
	return true
}

func checkTLS(ps *problems, path string, t TLS) {
	switch {
	case t.CertFile != "" && t.KeyFile == "":
		ps.add(path+".key_file", "is missing; a certificate needs its key")
	case t.CertFile == "" && t.KeyFile != "":
		ps.add(path+".cert_file", "is missing; a key needs its certificate")
	case t.CertFile == "" && t.ClientCAFile != "":
		ps.add(path+".cert_file", "is missing; certificates of clients are asked for over TLS only")
	}
	readable(ps, path+".cert_file", t.CertFile)
	readable(ps, path+".key_file", t.KeyFile)
	readable(ps, path+".client_ca_file", t.ClientCAFile)
}

func readable(ps *problems, path, file string) {
	if file == "" {
		return
	}
	f, err := os.Open(file)
	if err != nil {
		ps.add(path, "cannot be read: %v", err)
		return
	}
	_ = f.Close() // nothing was written
}

func oneOf(ps *problems, path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		ps.add(path, "must be one of %s; found %s", strings.Join(allowed, ", "), found(value))
	}
}

func notEmpty(ps *problems, path string, names []string) {
	for i, name := range names {
		if name == "" {
			ps.add(item(path, i), "is empty; it must be a name")
		}
	}
}

// web says whether u names a place on the web and nothing else: no user, no
// password, no query, no fragment.
func web(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil &&
		u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
}

// plain says whether a name fits its field and has no control characters.
func plain(name string, longest int) bool {
	return audit.Clean(name, longest) == name && !controls.MatchString(name)
}

var controls = regexp.MustCompile(`\pC`)
