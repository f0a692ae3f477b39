package redaction_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// canary is in every planted secret but the card numbers.
const canary = "canary"

// A maker makes records as the load generator sends them: some 1.2 kB each, with
// a JSON body of 240 to 790 bytes, of which one in four holds a secret.
type maker struct{ *rand.Rand }

// batch returns what one call of the receiver hands on.
func batch(seed uint64, records int) plog.Logs {
	m := maker{rand.New(rand.NewPCG(seed, 0))}
	logs := plog.NewLogs()
	resource := logs.ResourceLogs().AppendEmpty()
	service := m.pick(services...)
	for name, value := range map[string]string{
		"service.name": service, "service.namespace": "control-plane", "service.version": "2.14.3", "service.instance.id": m.uuid(),
		"deployment.environment.name": "production", "host.name": "node-07.eu-west-1.internal", "k8s.namespace.name": "control-plane",
		"k8s.pod.name": service + "-" + m.chars(10, hexes) + "-" + m.chars(5, hexes), "telemetry.sdk.language": "go",
		"telemetry.sdk.name": "opentelemetry", "telemetry.sdk.version": "1.47.0",
	} {
		resource.Resource().Attributes().PutStr(name, value)
	}
	scope := resource.ScopeLogs().AppendEmpty()
	scope.Scope().SetName("audit")
	scope.Scope().SetVersion("1.4.0")
	for range records {
		m.record(scope.LogRecords().AppendEmpty())
	}
	return logs
}

// A thing is what an event is about, with the members of its request.
type thing struct{ area, kind, path, members string }

var things = []thing{
	{"access", "access_policy", "/api/v2/access-policies", "effect subject resource condition priority"},
	{"access", "role", "/api/v2/roles", "name permissions inherits scope"},
	{"identity", "user", "/api/v2/users", "display_name department locale manager mfa"},
	{"identity", "session", "/api/v2/sessions", "method provider device remember_me"},
	{"identity", "api_client", "/api/v2/clients", "name redirect_uri grant_types owner"},
	{"data", "data_source", "/api/v1/data-sources", "engine host port database schema tls_mode"},
	{"data", "query", "/api/v1/queries", "sql database row_limit cache"},
	{"data", "export", "/api/v1/exports", "format destination columns row_limit"},
	{"platform", "cluster", "/api/v1/clusters", "region size version autoscaling"},
	{"platform", "webhook", "/api/v1/webhooks", "url events retries owner"},
	{"billing", "invoice", "/api/v1/invoices", "currency amount period cost_center"},
}

var (
	services = []string{"access-api", "identity-api", "query-gateway", "platform-api", "billing-api"}
	actions  = []string{"create", "update", "update", "update", "delete", "read", "approve", "revoke"}
	methods  = map[string]string{"create": "POST", "update": "PATCH", "delete": "DELETE", "read": "GET", "approve": "POST", "revoke": "POST"}
	given    = strings.Fields("alice bogdan chiara deniz elena farid grace hiro ines jonas keiko lamia marek nadia olu priya")
	family   = strings.Fields("almeida bauer chen dubois eriksen fontana garcia haddad ivanova jansen kowalski lindqvist moreau nakamura okafor petrov")
	roles    = strings.Fields("admin auditor analyst operator billing-manager viewer security-officer developer")
	agents   = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
		"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
		"policy-cli/3.8.1 (linux; amd64) go/1.26",
		"Terraform/1.11.2 (+https://www.example.org) provider-policy/0.9.4",
	}
	words = strings.Fields("access review quarterly for the analytics team after the incident drill please keep read only until the owner confirms and the ticket is closed rotation of shared credentials moved from legacy gateway to the new region see runbook section four temporary exception granted by security expires at end of month customer request escalation follow up")
)

const (
	hexes  = "0123456789abcdef"
	alnums = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

func (m maker) pick(list ...string) string { return list[m.IntN(len(list))] }

func (m maker) chars(n int, set string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = set[m.IntN(len(set))]
	}
	return string(b)
}

func (m maker) uuid() string {
	h := m.chars(32, hexes)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

func (m maker) prose(n int) string {
	s := ""
	for len(s) < n {
		s += m.pick(words...) + " "
	}
	return strings.TrimSpace(s[:n])
}

func (m maker) record(r plog.LogRecord) {
	about, action, id := things[m.IntN(len(things))], m.pick(actions...), m.uuid()
	user := m.pick(given...) + "." + m.pick(family...)
	r.SetTimestamp(1795348800000000000)
	r.SetObservedTimestamp(1795348800000000000)
	r.SetSeverityNumber(plog.SeverityNumberInfo)
	r.SetSeverityText("INFO")
	r.SetEventName("audit." + about.kind + "." + action)
	r.Body().SetStr(user + " " + action + " " + about.kind + " " + id)
	var ids [24]byte
	for i := range 3 {
		binary.LittleEndian.PutUint64(ids[8*i:], m.Uint64())
	}
	r.SetTraceID(pcommon.TraceID(ids[:16]))
	r.SetSpanID(pcommon.SpanID(ids[16:]))
	a := r.Attributes()
	a.EnsureCapacity(24)
	a.PutStr("audit.area", about.area)
	a.PutStr("audit.action", action)
	a.PutStr("audit.entity.type", about.kind)
	a.PutStr("audit.entity.id", id)
	a.PutInt("audit.duration", int64(200_000+m.ExpFloat64()*40e6))
	a.PutStr("user.name", user)
	a.PutStr("user.email", user+"@example.com")
	list := a.PutEmptySlice("user.roles")
	for range 1 + m.IntN(3) {
		list.AppendEmpty().SetStr(m.pick(roles...))
	}
	if m.IntN(50) == 0 {
		a.PutStr("audit.impersonator", "support-"+m.pick(family...)+"@example.com")
	}
	a.PutStr("http.request.method", methods[action])
	path := about.path
	if action != "create" {
		path += "/" + id
	}
	a.PutStr("url.path", path)
	if m.IntN(100) == 0 {
		a.PutStr("url.query", "access_token="+canary+m.chars(26, alnums))
	}
	a.PutStr("client.address", fmt.Sprintf("203.0.113.%d", 1+m.IntN(254)))
	a.PutInt("http.response.status_code", int64([]int{200, 200, 200, 201, 400, 403, 500}[m.IntN(7)]))
	a.PutStr("user_agent.original", m.pick(agents...))
	a.PutStr("http.request.body", m.request(about, id))
}

// stamp adds what the receiver knows of each record.
func stamp(logs plog.Logs) {
	for _, r := range logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		a := r.Attributes()
		a.PutStr("audit.account", "default")
		a.PutStr("audit.sender", "bench")
		a.PutStr("audit.id", strings.Repeat("0a", 16))
		a.PutEmptyBytes("audit.fingerprint").FromRaw(make([]byte, 32))
		a.PutInt("audit.received", 1795348801000000000)
	}
}

func (m maker) request(about thing, id string) string {
	size := 240 + m.IntN(550)
	var b strings.Builder
	put := func(name string, value any) {
		text, _ := json.Marshal(value) // of texts, numbers and maps of them: cannot fail
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", name, text)
	}
	put("id", id)
	for name := range strings.FieldsSeq(about.members) {
		switch m.IntN(4) {
		case 0:
			put(name, m.IntN(10_000))
		case 1:
			put(name, m.IntN(2) == 0)
		default:
			put(name, m.prose(8+m.IntN(16)))
		}
	}
	if m.IntN(4) == 0 {
		put(m.secret())
	}
	put("labels", map[string]string{"team": m.pick(family...), "ticket": fmt.Sprint("SEC-", 1000+m.IntN(9000))})
	for i := 0; b.Len()+40 < size; i++ {
		put(fmt.Sprint("note_", i), m.prose(min(140, max(8, size-b.Len()-24))))
	}
	return "{" + b.String() + "}"
}

// secret returns a member of a request that must not be stored.
func (m maker) secret() (name string, value any) {
	switch m.IntN(9) {
	case 0, 1:
		return "password", canary + "-" + m.chars(12, alnums)
	case 2:
		return "refresh_token", canary + m.chars(34, alnums)
	case 3:
		return "credentials", map[string]string{"login": "svc-" + m.pick(family...), "secret": canary + m.chars(20, alnums)}
	case 4:
		enc := base64.RawURLEncoding.EncodeToString
		return "assertion", enc([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc([]byte(`{"sub":"`+m.uuid()+`","iat":1790000000}`)) + "." + canary + m.chars(37, alnums)
	case 5:
		return "comment", "deploy key is gh" + "p_" + canary + m.chars(30, alnums) + " until friday"
	case 6:
		return "access", "AK" + "IA" + strings.ToUpper(canary) + m.chars(10, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
	case 7:
		return "dsn", "postgres://svc_" + m.pick(family...) + ":" + canary + m.chars(14, alnums) + "@db-3.internal:5432/audit?sslmode=require"
	}
	return "card", "4111" + "111111111111"
}
