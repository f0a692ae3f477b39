package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/auditlog/auditlog/audit"
)

// generator makes events that look like loadgen's after normalization and
// redaction. It is used by one goroutine at a time: filling ends before writing.
type generator struct {
	*rand.Rand
	session string
}

func newGenerator() *generator { return &generator{Rand: rand.New(rand.NewPCG(1, 2))} }

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g *generator) hex(n int) string {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, g.Uint64())
	}
	return fmt.Sprintf("%x", b[:n])
}

func (g *generator) uuid() string {
	h := g.hex(16)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

var (
	kinds = [][2]string{{"access", "access_policy"}, {"access", "role"}, {"identity", "user"}, {"identity", "session"}, {"identity", "api_client"},
		{"data", "data_source"}, {"data", "query"}, {"data", "export"}, {"platform", "cluster"}, {"platform", "webhook"}, {"billing", "invoice"}}
	actions    = []string{"create", "update", "update", "update", "delete", "read", "approve", "revoke"}
	methods    = map[string]string{"create": "POST", "update": "PATCH", "delete": "DELETE", "read": "GET", "approve": "POST", "revoke": "POST"}
	firstNames = []string{"alice", "bogdan", "chiara", "deniz", "elena", "farid", "grace", "hiro", "ines", "jonas", "keiko", "lamia", "marek", "nadia", "olu", "priya"}
	lastNames  = []string{"almeida", "bauer", "chen", "dubois", "eriksen", "fontana", "garcia", "haddad", "ivanova", "jansen", "kowalski", "lindqvist", "moreau", "nakamura", "okafor", "petrov"}
	roles      = []string{"admin", "auditor", "analyst", "operator", "billing-manager", "viewer", "security-officer", "developer"}
	fieldNames = []string{"display_name", "department", "locale", "manager", "mfa"}
)

func (g *generator) event(at time.Time) audit.Event {
	kind, action, id := kinds[g.IntN(len(kinds))], g.pick(actions...), g.uuid()
	user := g.pick(firstNames...) + "." + g.pick(lastNames...)
	var e audit.Event
	e.Fingerprint = sha256.Sum256([]byte(g.hex(16)))
	e.ID = audit.ID{Day: audit.DayOf(at), Hash: audit.RecordHash(e.Fingerprint, 0)}
	e.SetInstant(audit.Time, at)
	e.SetInstant(audit.Received, at.Add(time.Duration(g.IntN(1e8))))
	e.SetText(audit.Account, "default")
	e.SetText(audit.Sender, "local")
	e.SetText(audit.Service, g.pick("access-api", "identity-api", "query-gateway", "platform-api", "billing-api"))
	e.SetText(audit.UserName, user)
	e.SetText(audit.UserEmail, user+"@example.com")
	var list []string
	for range 1 + g.IntN(3) {
		list = append(list, g.pick(roles...))
	}
	e.SetList(audit.UserRoles, list)
	e.SetText(audit.Method, methods[action])
	e.SetText(audit.Area, kind[0])
	e.SetText(audit.Action, action)
	e.SetText(audit.EntityType, kind[1])
	e.SetText(audit.EntityID, id)
	status, code := "success", int64(200)
	if g.IntN(100) < 8 {
		status, code = "failure", 403
	}
	e.SetText(audit.Status, status)
	e.SetNumber(audit.StatusCode, code)
	e.SetNumber(audit.DurationNS, int64(200_000+g.ExpFloat64()*40e6))
	e.SetText(audit.Duration, fmt.Sprintf("%d ms", g.IntN(200)))
	e.SetText(audit.IP, fmt.Sprintf("203.0.113.%d", 1+g.IntN(254)))
	e.SetText(audit.TraceID, g.hex(16))
	e.SetText(audit.SpanID, g.hex(8))
	if g.session == "" || g.IntN(40) == 0 {
		g.session = g.hex(16)
	}
	e.SetText(audit.SessionID, g.session)
	if g.IntN(50) == 0 {
		e.SetText(audit.ImpersonatorEmail, "support-"+g.pick(lastNames...)+"@example.com")
		e.SetFlag(audit.Impersonated, true)
	}
	e.SetText(audit.Path, "/api/v2/"+kind[1]+"s/"+id)
	e.SetText(audit.UserAgent, g.pick("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
		"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "policy-cli/3.8.1 (linux; amd64) go/1.26"))
	e.SetText(audit.Message, user+" "+action+" "+kind[1]+" "+id)
	g.request(&e, id)
	return e
}

// request makes a summary as redaction leaves it: the prose is gone.
func (g *generator) request(e *audit.Event, id string) {
	var b strings.Builder
	fmt.Fprintf(&b, `{"id":%q`, id)
	for _, name := range fieldNames[:2+g.IntN(4)] {
		switch g.IntN(4) {
		case 0:
			fmt.Fprintf(&b, `,%q:%d`, name, g.IntN(10_000))
		case 1:
			fmt.Fprintf(&b, `,%q:%t`, name, g.IntN(2) == 0)
		default:
			fmt.Fprintf(&b, `,%q:"[redacted:text]"`, name)
		}
	}
	list := []string{"request: text"}
	if g.IntN(8) == 0 {
		b.WriteString(`,"password":"[redacted:key]"`)
		list = append(list, "request.password: key")
	}
	fmt.Fprintf(&b, `,"labels":{"team":%q,"ticket":"SEC-%d"}`, g.pick(lastNames...), 1000+g.IntN(9000))
	for i := range 1 + g.IntN(4) {
		fmt.Fprintf(&b, `,"note_%d":"[redacted:text]"`, i)
	}
	b.WriteByte('}')
	e.SetText(audit.Request, b.String())
	e.SetList(audit.Redactions, list)
}
