package redact_test

import (
	"testing"

	"github.com/auditlog/auditlog/redact"
)

// typical is an event as services send them, some 1.2 KB with its names.
var typical = struct {
	fields        []string
	path, message string
	request       []string
}{
	fields: []string{
		"access", "update", "access_policy", "3f2c9e6a-51b0-4d7e-a1c2-9b8d7e6f5a4c", "alice.nakamura", "alice.nakamura@example.com", "security-officer",
		"billing-manager", "PATCH", "203.0.113.42", "success", "access-api", "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "default", "sender-1",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	},
	path:    "/api/v2/access-policies/3f2c9e6a-51b0-4d7e-a1c2-9b8d7e6f5a4c",
	message: "alice.nakamura update access_policy 3f2c9e6a-51b0-4d7e-a1c2-9b8d7e6f5a4c",
	request: []string{
		`{"id":"3f2c9e6a-51b0-4d7e-a1c2-9b8d7e6f5a4c","effect":true,"subject":"access review quar","resource":4711,"condition":"for the analytics te","priority":3,"labels":{"team":"petrov","ticket":"SEC-4711"},"note_0":"keep read only until the owner confirms and the ticket is closed rotation of shared credentials moved from legacy gateway to the new region","note_1":"see runbook section four temporary exception granted by security"}`,
		`{"id":"3f2c9e6a-51b0-4d7e-a1c2-9b8d7e6f5a4c","engine":"after the incident","host":12,"port":5432,"database":false,"schema":"customer request","tls_mode":true,"password":"canary-aB3dE5fG7hI9","labels":{"team":"chen","ticket":"SEC-1234"},"note_0":"expires at end of month customer request escalation follow up access review quarterly for the analytics team after the incident drill please"}`,
		`{"id":"3f2c9e6a-51b0-4d7e-a1c2-9b8d7e6f5a4c","name":"temporary exception","permissions":17,"inherits":true,"scope":"by security expi","dsn":"postgres://svc_chen:canaryAb3De5Fg7Hi9@db-3.internal:5432/audit?sslmode=require","labels":{"team":"moreau","ticket":"SEC-9876"},"note_0":"moved from legacy gateway to the new region see runbook section four temporary exception"}`,
	},
}

func BenchmarkEvent(b *testing.B) {
	e := engine(b, redact.Config{})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := e.Begin()
		for _, f := range typical.fields {
			p.Field("field", f)
		}
		p.Path("path", typical.path)
		p.Message("message", typical.message)
		n := 0
		if i%4 == 0 {
			n = 1 + i/4%2
		}
		p.Request("request", typical.request[n])
		p.End()
	}
}

func BenchmarkFields(b *testing.B) {
	e := engine(b, redact.Config{})
	b.ReportAllocs()
	for b.Loop() {
		p := e.Begin()
		for _, f := range typical.fields {
			p.Field("field", f)
		}
		p.End()
	}
}

func BenchmarkRequest(b *testing.B) {
	e := engine(b, redact.Config{})
	b.ReportAllocs()
	for b.Loop() {
		p := e.Begin()
		p.Request("request", typical.request[0])
		p.End()
	}
}
