package normalize_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/processor/normalize"
)

var received = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

type attributes = map[string]any

// A record as a sender reports it. Who and what are added where they are not
// the subject.
type sent struct {
	attributes, scope, resource attributes
	body                        any
	record                      func(plog.LogRecord)
}

func (s sent) logs(t testing.TB) plog.Logs {
	logs := plog.NewLogs()
	resource := logs.ResourceLogs().AppendEmpty()
	require.NoError(t, resource.Resource().Attributes().FromRaw(s.resource))
	scope := resource.ScopeLogs().AppendEmpty()
	scope.Scope().SetName("scope")
	require.NoError(t, scope.Scope().Attributes().FromRaw(s.scope))
	record := scope.LogRecords().AppendEmpty()
	require.NoError(t, record.Attributes().FromRaw(s.attributes))
	require.NoError(t, record.Body().FromRaw(s.body))
	stamp(record)
	record.SetTimestamp(pcommon.NewTimestampFromTime(received.Add(-time.Second)))
	if s.record != nil {
		s.record(record)
	}
	return logs
}

func stamp(record plog.LogRecord) {
	a := record.Attributes()
	a.PutStr(audit.Account.Attribute, "acme")
	a.PutStr(audit.Sender.Attribute, "shop")
	a.PutInt(audit.Received.Attribute, received.UnixNano())
	a.PutStr(audit.AttributeID, strings.Repeat("0a", 16))
	a.PutEmptyBytes(audit.AttributeFingerprint).FromRaw(make([]byte, 32))
}

func config(change ...func(*normalize.Config)) *normalize.Config {
	cfg := normalize.NewFactory().CreateDefaultConfig().(*normalize.Config)
	for _, c := range change {
		c(cfg)
	}
	return cfg
}

func process(t testing.TB, cfg *normalize.Config, logs plog.Logs) plog.Logs {
	return processWith(t, processortest.NewNopSettings(normalize.Type), cfg, logs)
}

func processWith(t testing.TB, set processor.Settings, cfg *normalize.Config, logs plog.Logs) plog.Logs {
	var sink consumertest.LogsSink
	p, err := normalize.NewFactory().CreateLogs(context.Background(), set, cfg, &sink)
	require.NoError(t, err)
	require.NoError(t, p.ConsumeLogs(context.Background(), logs))
	require.Len(t, sink.AllLogs(), 1)
	return sink.AllLogs()[0]
}

func recordOf(logs plog.Logs) plog.LogRecord {
	return logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
}

// normalized returns the attributes of the record without those that every
// record has.
func normalized(t testing.TB, cfg *normalize.Config, s sent) attributes {
	logs := process(t, cfg, s.logs(t))
	checkContract(t, logs)
	got := recordOf(logs).Attributes().AsRaw()
	for _, name := range []string{audit.Account.Attribute, audit.Sender.Attribute, audit.Received.Attribute, audit.AttributeID, audit.AttributeFingerprint} {
		require.Contains(t, got, name)
		delete(got, name)
	}
	if got[audit.Time.Attribute] == received.Add(-time.Second).UnixNano() {
		delete(got, audit.Time.Attribute)
	}
	if got[audit.Status.Attribute] == "unknown" {
		delete(got, audit.Status.Attribute)
	}
	return got
}

type list = []any

func TestFields(t *testing.T) {
	at := func(ts time.Time) int64 { return ts.UnixNano() }
	for name, c := range map[string]struct {
		sent sent
		want attributes
	}{
		"canonical": {
			sent{attributes: attributes{"user.name": "ada", "user.roles": list{"admin", "owner"}, "audit.action": "delete", "audit.area": "billing", "audit.entity.type": "invoice", "audit.entity.id": "7", "http.response.status_code": 204, "audit.status": "success", "client.address": "192.0.2.1", "session.id": "s", "url.path": "/x", "audit.impersonated": false, "audit.request": "plain"}},
			attributes{"user.name": "ada", "user.roles": list{"admin", "owner"}, "audit.action": "delete", "audit.area": "billing", "audit.entity.type": "invoice", "audit.entity.id": "7", "http.response.status_code": int64(204), "audit.status": "success", "client.address": "192.0.2.1", "session.id": "s", "url.path": "/x", "audit.impersonated": false, "audit.request": "plain"},
		},
		"nested maps": {
			sent{attributes: attributes{"user": attributes{"name": "ada", "id": 7, "email": "a@example.com"}, "event": attributes{"action": "x"}, "target": attributes{"type": "doc", "id": 8}}},
			attributes{"user.name": "ada", "user.id": "7", "user.email": "a@example.com", "audit.action": "x", "audit.entity.type": "doc", "audit.entity.id": "8"},
		},
		"half nested, half dotted": {
			sent{attributes: attributes{"user": attributes{"effective.name": "bob"}, "event.action": "x"}},
			attributes{"user.name": "bob", "audit.action": "x"},
		},
		"user as text": {
			sent{attributes: attributes{"user": " ada ", "action": "x"}},
			attributes{"user.name": "ada", "audit.action": "x"},
		},
		"other users": {
			sent{attributes: attributes{"principal": attributes{"name": "ada"}, "enduser.id": "1", "enduser.role": "admin; owner", "usr": attributes{"email": "a@example.com"}, "action": "x"}},
			attributes{"user.name": "ada", "user.id": "1", "user.roles": list{"admin", "owner"}, "user.email": "a@example.com", "audit.action": "x"},
		},
		"roles as JSON text and with empty items": {
			sent{attributes: attributes{"user.name": "ada", "roles": `["admin","", " owner "]`}},
			attributes{"user.name": "ada", "user.roles": list{"admin", "owner"}},
		},
		"names in another case": {
			sent{attributes: attributes{"User.Name": "ada", "X-Forwarded-For": "192.0.2.9", "action": "x"}},
			attributes{"user.name": "ada", "client.address": "192.0.2.9", "audit.action": "x"},
		},
		"the exact name wins over another case": {
			sent{attributes: attributes{"USER.NAME": "no", "user.name": "ada", "User.Name": "no"}},
			attributes{"user.name": "ada"},
		},
		"the flat name wins over a nested one": {
			sent{attributes: attributes{"user": attributes{"name": "no"}, "user.name": "ada"}},
			attributes{"user.name": "ada"},
		},
		"order of spellings": {
			sent{attributes: attributes{"action": "no", "event.action": "yes", "user_id": "no", "enduser.id": "yes"}},
			attributes{"audit.action": "yes", "user.id": "yes"},
		},
		"order of places": {
			sent{attributes: attributes{"area": "record"}, body: attributes{"audit.area": "body", "user.name": "body"}, scope: attributes{"user.name": "scope", "user.id": "scope"}, resource: attributes{"user.id": "resource", "user.email": "resource", "service.name": "shop"}},
			attributes{"audit.area": "record", "user.name": "body", "user.id": "scope", "user.email": "resource", "service.name": "shop"},
		},
		"the first that parses wins": {
			sent{attributes: attributes{"user.name": "ada", "client.address": "nobody", "source.address": "", "client.ip": "192.0.2.3", "http.response.status_code": "often", "status_code": 99, "http.status_code": 404}},
			attributes{"user.name": "ada", "client.address": "192.0.2.3", "http.response.status_code": int64(404), "audit.status": "failure"},
		},
		"missing is absent": {
			sent{attributes: attributes{"user.name": "ada", "user.id": "", "user.email": "  ", "user.roles": list{}, "audit.area": nil, "session.id": attributes{}}},
			attributes{"user.name": "ada"},
		},
		"what is in no row is left behind": {
			sent{attributes: attributes{"user.name": "ada", "card": "4111", "user": attributes{"shoe": 42}, "client": attributes{"geo": attributes{"city": "x"}}}, scope: attributes{"a": 1}, resource: attributes{"host.name": "h"}},
			attributes{"user.name": "ada"},
		},
		"method": {
			sent{attributes: attributes{"user.name": "ada", "http.method": "post"}},
			attributes{"user.name": "ada", "audit.method": "POST"},
		},
		"method of another kind": {
			sent{attributes: attributes{"user.name": "ada", "operation.type": "Read"}},
			attributes{"user.name": "ada", "audit.method": "Read"},
		},
		"service as last resort of the area": {
			sent{attributes: attributes{"user.name": "ada"}, resource: attributes{"service.name": "shop"}},
			attributes{"user.name": "ada", "audit.area": "shop", "service.name": "shop"},
		},
		"path": {
			sent{attributes: attributes{"user.name": "ada", "http.url": "https://u:p@example.com:1/a/b?token=x#y"}},
			attributes{"user.name": "ada", "url.path": "/a/b"},
		},
		"path of a target": {
			sent{attributes: attributes{"user.name": "ada", "http.target": "/a?next=http://x", "url.full": "https://example.com"}},
			attributes{"user.name": "ada", "url.path": "/a"},
		},
		"JSON text as body": {
			sent{body: ` {"user":{"name":"ada","shoe":42},"action":"x","time":"2026-11-22T11:00:00Z","n":12345678901234567890,"f":1.50,"deep":{"x":[1,{"y":null}]}} `, record: noTime},
			attributes{"user.name": "ada", "audit.action": "x", "audit.time": at(received.Add(-time.Hour)), "audit.late": true,
				"audit.request": `{"deep":{"x":[1,{"y":null}]},"f":1.5,"n":"12345678901234567890","user":{"shoe":42}}`},
		},
		"structured body": {
			sent{body: attributes{"user.name": "ada", "title": "a < b", "user": attributes{"x.y": true}}},
			attributes{"user.name": "ada", "audit.request": `{"title":"a < b","user":{"x":{"y":true}}}`},
		},
		"structured body beside a request": {
			sent{attributes: attributes{"request.body": "r", "user.name": "ada"}, body: attributes{"title": "t"}},
			attributes{"user.name": "ada", "audit.request": "r"},
		},
		"list as body": {
			sent{attributes: attributes{"user.name": "ada"}, body: list{1, "x"}},
			attributes{"user.name": "ada", "audit.request": `[1,"x"]`},
		},
		"body that only looks like JSON": {
			sent{attributes: attributes{"user.name": "ada"}, body: `{"a":1} {}`},
			attributes{"user.name": "ada", "audit.message": `{"a":1} {}`},
		},
		"text as body": {
			sent{attributes: attributes{"user.name": "ada", "action": "x", "message": "no"}, body: "user logged in"},
			attributes{"user.name": "ada", "audit.action": "x", "audit.message": "user logged in"},
		},
		"one word as body": {
			sent{body: "invoice.deleted"},
			attributes{"audit.action": "invoice.deleted", "audit.message": "invoice.deleted"},
		},
		"event name": {
			sent{attributes: attributes{"event.name": "no", "action": "no"}, record: func(r plog.LogRecord) { r.SetEventName("login") }},
			attributes{"audit.action": "login"},
		},
		"action before event name": {
			sent{attributes: attributes{"audit.action": "yes"}, record: func(r plog.LogRecord) { r.SetEventName("no") }},
			attributes{"audit.action": "yes"},
		},
		"request as map": {
			sent{attributes: attributes{"user.name": "ada", "http": attributes{"request": attributes{"method": "PUT", "body": attributes{"a": 1, "b": attributes{"c": list{true}}}}}}},
			attributes{"user.name": "ada", "audit.method": "PUT", "audit.request": `{"a":1,"b":{"c":[true]}}`},
		},
		"request in parts": {
			sent{attributes: attributes{"user.name": "ada", "http.request.body.a": 1, "http.request.body.b.c": "x", "http.request.body.b.d": "y", "http.request.body.size": 9, "body.z": 1}},
			attributes{"user.name": "ada", "audit.request": `{"a":1,"b":{"c":"x","d":"y"}}`},
		},
		"request of ECS": {
			sent{attributes: attributes{"user.name": "ada", "http": attributes{"request": attributes{"body": attributes{"content": "a=1", "bytes": 3}}}}},
			attributes{"user.name": "ada", "audit.request": "a=1"},
		},
		"request as bytes": {
			sent{attributes: attributes{"user.name": "ada", "http.request.body": []byte("a=1"), "session.id": []byte{0xff, 0}}},
			attributes{"user.name": "ada", "audit.request": "a=1", "session.id": "[2 bytes]"},
		},
		"request that is JSON text stays as it is": {
			sent{attributes: attributes{"user.name": "ada", "http.request.body": `{"b":1, "a":2}`}},
			attributes{"user.name": "ada", "audit.request": `{"b":1, "a":2}`},
		},
		"request over the limit": {
			sent{attributes: attributes{"user.name": "ada", "http.request.body": strings.Repeat("x", 1<<20+1)}},
			attributes{"user.name": "ada", "audit.request": "[1048577 bytes]"},
		},
		"trace of the record": {
			sent{attributes: attributes{"user.name": "ada", "trace_id": "no", "span_id": "no"}, record: func(r plog.LogRecord) {
				r.SetTraceID(pcommon.TraceID{15: 1})
				r.SetSpanID(pcommon.SpanID{7: 2})
			}},
			attributes{"user.name": "ada", "trace.id": "00000000000000000000000000000001", "span.id": "0000000000000002"},
		},
		"trace of the attributes": {
			sent{attributes: attributes{"user.name": "ada", "trace_id": "abc"}},
			attributes{"user.name": "ada", "trace.id": "abc"},
		},
		"impersonator as text": {
			sent{attributes: attributes{"user.name": "ada", "impersonator": "root", "impersonated": "no", "impersonation_reason": "ticket 4"}},
			attributes{"user.name": "ada", "audit.impersonator.name": "root", "audit.impersonated": true, "audit.impersonation.reason": "ticket 4"},
		},
		"impersonator as map": {
			sent{attributes: attributes{"user.name": "ada", "impersonator": attributes{"name": "root", "id": 1}, "act": attributes{"sub": "2"}}},
			attributes{"user.name": "ada", "audit.impersonator.name": "root", "audit.impersonator.id": "1", "audit.impersonated": true},
		},
		"effective user": {
			sent{attributes: attributes{"user.name": "root", "user.id": "0", "user.roles": "support", "user.effective.name": "ada", "user.effective.id": 7, "user.effective.roles": "owner"}},
			attributes{"user.name": "ada", "user.id": "7", "user.roles": list{"owner"}, "audit.impersonator.name": "root", "audit.impersonator.id": "0", "audit.impersonator.roles": list{"support"}, "audit.impersonated": true},
		},
		"effective user who is the user": {
			sent{attributes: attributes{"user.name": "ada", "user.id": "7", "user.effective.id": "7"}},
			attributes{"user.name": "ada", "user.id": "7"},
		},
		"impersonated as text": {
			sent{attributes: attributes{"user.name": "ada", "is_impersonated": "Yes"}},
			attributes{"user.name": "ada", "audit.impersonated": true},
		},
		"error": {
			sent{attributes: attributes{"user.name": "ada", "exception.type": "Timeout"}},
			attributes{"user.name": "ada", "error.type": "Timeout", "audit.status": "failure"},
		},
		"no error": {
			sent{attributes: attributes{"user.name": "ada", "error": false}},
			attributes{"user.name": "ada"},
		},
		"raw duration": {
			sent{attributes: attributes{"user.name": "ada", "duration_ms": 1.5, "elapsed": "2s"}},
			attributes{"user.name": "ada", "duration_ms": 1.5},
		},
		"raw duration of the body": {
			sent{body: attributes{"user.name": "ada", "event": attributes{"duration": 1500}}},
			attributes{"user.name": "ada", "event.duration": int64(1500)},
		},
		"program's own names elsewhere": {
			sent{attributes: attributes{"user.name": "ada", "Audit.Sender": "evil", "audit": attributes{"account": "evil", "received": 1}, "organization.id": "evil"}, body: attributes{"audit.account": "evil", "audit.id": "evil", "audit.redactions": list{"x"}}, scope: attributes{"audit.late": true}, resource: attributes{"audit.sender": "evil", "tenant.id": "evil"}},
			attributes{"user.name": "ada"},
		},
		"invalid UTF-8": {
			sent{attributes: attributes{"user.name": "a\xffb", "http.request.body.x\xff": "y\xfe"}},
			attributes{"user.name": "a\uFFFDb", "audit.request": `{"x` + "\uFFFD" + `":"y` + "\uFFFD" + `"}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, normalized(t, config(), c.sent))
		})
	}
}

func noTime(r plog.LogRecord) { r.SetTimestamp(0) }

func TestStatus(t *testing.T) {
	for name, c := range map[string]struct {
		sent   attributes
		status string
		code   any
	}{
		"denied":              {attributes{"event.outcome": "Denied", "http.response.status_code": 200}, "failure", int64(200)},
		"ok":                  {attributes{"outcome": "OK"}, "success", nil},
		"two words":           {attributes{"outcome": "Access Denied"}, "failure", nil},
		"boolean":             {attributes{"audit.status": true}, "success", nil},
		"unknown is explicit": {attributes{"outcome": "unknown", "http.response.status_code": 500}, "unknown", int64(500)},
		"code below 400":      {attributes{"http.status_code": "302"}, "success", int64(302)},
		"code from 400":       {attributes{"http.status_code": 400.0}, "failure", int64(400)},
		"status is a code":    {attributes{"status": 403}, "failure", int64(403)},
		"status is a line":    {attributes{"status": "404 Not Found"}, "failure", int64(404)},
		"a code's own name":   {attributes{"status": 403, "status_code": 200}, "success", int64(200)},
		"outcome beside":      {attributes{"status": 201, "outcome": "failed"}, "failure", int64(201)},
		"not a code":          {attributes{"status": 42}, "unknown", nil},
		"another word":        {attributes{"status": "purple", "error.type": "E"}, "failure", nil},
		"code before error":   {attributes{"status": 200, "error.type": "E"}, "success", int64(200)},
	} {
		t.Run(name, func(t *testing.T) {
			logs := process(t, config(), sent{attributes: c.sent}.logs(t))
			got := recordOf(logs).Attributes().AsRaw()
			require.Equal(t, c.status, got[audit.Status.Attribute])
			require.Equal(t, c.code, got[audit.StatusCode.Attribute])
		})
	}
	severe := sent{record: func(r plog.LogRecord) { r.SetSeverityNumber(plog.SeverityNumberError) }}
	require.Equal(t, "failure", recordOf(process(t, config(), severe.logs(t))).Attributes().AsRaw()[audit.Status.Attribute])
}

func TestTime(t *testing.T) {
	exactly := received.Add(-3*time.Minute - 123456*time.Microsecond)
	for name, c := range map[string]struct {
		time     any
		want     time.Time
		reported any
	}{
		"RFC 3339":                    {exactly.Format(time.RFC3339Nano), exactly, nil},
		"lower case":                  {strings.ToLower(exactly.Format(time.RFC3339Nano)), exactly, nil},
		"with a space":                {exactly.Format("2006-01-02 15:04:05.999999Z07:00"), exactly, nil},
		"zone without colon":          {exactly.In(time.FixedZone("", 3600)).Format("2006-01-02T15:04:05.000000-0700"), exactly, nil},
		"seconds":                     {exactly.Unix(), exactly.Truncate(time.Second), nil},
		"seconds with a fraction":     {float64(exactly.UnixMicro()) / 1e6, exactly, nil},
		"milliseconds":                {exactly.UnixMilli(), exactly.Truncate(time.Millisecond), nil},
		"microseconds":                {exactly.UnixMicro(), exactly, nil},
		"nanoseconds":                 {exactly.UnixNano(), exactly, nil},
		"text of a number":            {"1795348800", time.Unix(1795348800, 0), nil},
		"9 minutes ahead":             {received.Add(9 * time.Minute).UnixNano(), received.Add(9 * time.Minute), nil},
		"11 minutes ahead":            {received.Add(11 * time.Minute).UnixNano(), received, received.Add(11 * time.Minute).UnixNano()},
		"1970":                        {1, received, int64(time.Second)},
		"2100":                        {"2100-01-01T00:00:00Z", received, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()},
		"later than can be written":   {"9999-01-01T00:00:00Z", received, int64(1<<63 - 1)},
		"earlier than can be written": {"0001-01-01T00:00:00Z", received, int64(-1 << 63)},
		"large number":                {1e300, received, int64(1<<63 - 1)},
		"large negative number":       {-99999999999, received, int64(-1 << 63)},
		"just a week ago":             {received.Add(-7 * 24 * time.Hour).UnixNano(), received.Add(-7 * 24 * time.Hour), nil},
		"over a week ago":             {received.Add(-7*24*time.Hour - 1).UnixNano(), received, received.Add(-7*24*time.Hour - 1).UnixNano()},
		"no zone":                     {"2026-11-22T11:59:59", received, nil},
		"nonsense":                    {"yesterday", received, nil},
		"zero":                        {0, received, nil},
		"not a time":                  {true, received, nil},
	} {
		t.Run(name, func(t *testing.T) {
			logs := process(t, config(), sent{attributes: attributes{"time": c.time}, record: noTime}.logs(t))
			record := recordOf(logs)
			got := record.Attributes().AsRaw()
			require.Equal(t, c.want.UTC(), time.Unix(0, got[audit.Time.Attribute].(int64)).UTC())
			require.Equal(t, c.reported, got[audit.TimeReported.Attribute])
			require.Equal(t, c.want.UTC(), record.Timestamp().AsTime())
			late := received.Sub(c.want) > 10*time.Minute
			require.Equal(t, late, got[audit.Late.Attribute] == true)
		})
	}
}

func TestOrderOfTimes(t *testing.T) {
	at := func(minutes int) time.Time { return received.Add(-time.Duration(minutes) * time.Minute) }
	all := sent{
		attributes: attributes{"timestamp": at(4).Format(time.RFC3339), "time": at(3).Format(time.RFC3339)},
		resource:   attributes{"audit.time": at(1).UnixMilli()},
		record: func(r plog.LogRecord) {
			r.SetTimestamp(pcommon.NewTimestampFromTime(at(2)))
			r.SetObservedTimestamp(pcommon.NewTimestampFromTime(at(5)))
		},
	}
	got := func() time.Time { return recordOf(process(t, config(), all.logs(t))).Timestamp().AsTime() }
	require.Equal(t, at(1), got())
	all.resource = nil
	require.Equal(t, at(2), got())
	all.record = func(r plog.LogRecord) {
		r.SetTimestamp(0)
		r.SetObservedTimestamp(pcommon.NewTimestampFromTime(at(5)))
	}
	require.Equal(t, at(3), got())
	delete(all.attributes, "time")
	require.Equal(t, at(4), got())
	delete(all.attributes, "timestamp")
	require.Equal(t, at(5), got())
	all.record = noTime
	require.Equal(t, received, got())
	all.record = func(r plog.LogRecord) { r.SetTimestamp(1<<64 - 1) }
	require.Equal(t, received, got(), "a time after all that can be written")
}

func TestWithoutReceiver(t *testing.T) {
	before := time.Now()
	logs := plog.NewLogs()
	record := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.SetEventName("x")
	got := recordOf(process(t, config(), logs)).Attributes().AsRaw()
	require.GreaterOrEqual(t, got[audit.Received.Attribute], before.UnixNano())
	require.Equal(t, got[audit.Received.Attribute], got[audit.Time.Attribute])
}

func TestAddress(t *testing.T) {
	for name, c := range map[string]struct {
		sent attributes
		want any
	}{
		"IPv4":                         {attributes{"client.address": "192.0.2.1"}, "192.0.2.1"},
		"with port":                    {attributes{"client.address": "192.0.2.1:443"}, "192.0.2.1"},
		"IPv6":                         {attributes{"client.address": "2001:DB8::1"}, "2001:db8::1"},
		"IPv6 in brackets":             {attributes{"client.address": "[2001:db8::1]"}, "2001:db8::1"},
		"IPv6 with port":               {attributes{"client.address": "[2001:db8::1]:443"}, "2001:db8::1"},
		"IPv6 with zone":               {attributes{"client.address": "fe80::1%eth0"}, "fe80::1"},
		"IPv4 in IPv6":                 {attributes{"client.address": "::ffff:192.0.2.1"}, "192.0.2.1"},
		"a name":                       {attributes{"client.address": "example.com"}, nil},
		"a socket":                     {attributes{"network.peer.address": "/tmp/x.sock"}, nil},
		"client before forwarded":      {attributes{"client.address": "192.0.2.1", "x-forwarded-for": "192.0.2.2"}, "192.0.2.1"},
		"forwarded without peer":       {attributes{"x-forwarded-for": "192.0.2.7, 192.0.2.2"}, "192.0.2.2"},
		"forwarded by proxies":         {attributes{"x-forwarded-for": "192.0.2.7, 192.0.2.2, 10.1.1.1,10.1.1.2"}, "192.0.2.2"},
		"forwarded as list":            {attributes{"http.request.header.x-forwarded-for": list{"192.0.2.7", "192.0.2.2, 10.1.1.1"}, "net.peer.ip": "10.1.1.2"}, "192.0.2.2"},
		"forwarded with port":          {attributes{"x-forwarded-for": `"[2001:db8::1]:80"`}, "2001:db8::1"},
		"forwarded by a peer unknown":  {attributes{"x-forwarded-for": "192.0.2.2", "network.peer.address": "192.0.2.3"}, "192.0.2.3"},
		"forwarded by a single proxy":  {attributes{"x-forwarded-for": "192.0.2.2", "network.peer.address": "::ffff:198.51.100.7"}, "192.0.2.2"},
		"forwarded unreadable":         {attributes{"x-forwarded-for": "192.0.2.2, unknown", "net.peer.ip": "10.0.0.1"}, "10.0.0.1"},
		"forwarded by nothing but us":  {attributes{"x-forwarded-for": "10.0.0.2", "net.peer.ip": "10.0.0.1"}, "10.0.0.1"},
		"forwarded by nothing at all":  {attributes{"x-forwarded-for": "10.0.0.2"}, nil},
		"peer that is no IP":           {attributes{"x-forwarded-for": "192.0.2.2", "net.peer.ip": "?"}, "192.0.2.2"},
		"alias comes after the peer":   {attributes{"remote": "192.0.2.8", "net.peer.ip": "192.0.2.9"}, "192.0.2.9"},
		"alias":                        {attributes{"remote": "192.0.2.8"}, "192.0.2.8"},
		"forwarded with empty members": {attributes{"x-forwarded-for": "192.0.2.2,,"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(func(cfg *normalize.Config) {
				cfg.Proxies = []string{"10.0.0.0/8", "198.51.100.7"}
				cfg.Aliases = []normalize.Alias{{Field: "ip", From: []string{"remote"}}}
			})
			got := recordOf(process(t, cfg, sent{attributes: c.sent}.logs(t))).Attributes().AsRaw()
			require.Equal(t, c.want, got[audit.IP.Attribute])
		})
	}
}

func TestAliases(t *testing.T) {
	cfg := config(func(cfg *normalize.Config) {
		cfg.Aliases = []normalize.Alias{
			{Field: "user.name", From: []string{"Login.Who", "who"}},
			{Field: "area", From: []string{"http.request.body.module"}},
			{Field: "duration_ns", From: []string{"took"}},
			{Field: "request", From: []string{"payload"}},
		}
	})
	require.Equal(t,
		attributes{"user.name": "ada", "audit.area": "m", "duration": int64(3), "audit.request": `{"module":"m","x":1}`},
		normalized(t, cfg, sent{attributes: attributes{"Login": attributes{"Who": "ada"}, "who": "no", "http.request.body": attributes{"module": "m", "x": 1}, "took": 3}}))
	require.Equal(t,
		attributes{"user.name": "ada", "audit.request": `{"x":1}`},
		normalized(t, cfg, sent{attributes: attributes{"who": "bob", "user": "ada", "payload.x": 1}}))
}

func TestKeep(t *testing.T) {
	s := sent{
		attributes: attributes{"http.route": "/x", "user.name": "ada", "labels": attributes{"a": 1, "b": list{"x", attributes{"c": true}}}, "labels.a": 2, "x.y": 1.5, "z": "z", "audit": attributes{"sender": "evil"}},
		scope:      attributes{"z": "no", "s": []byte{0xff}},
		resource:   attributes{"host": attributes{"name": "h"}, "service.name": "shop", "tenant.id": "t"},
	}
	kept := func(keep ...string) any {
		return normalized(t, config(func(cfg *normalize.Config) { cfg.Keep = keep }), s)[audit.Attributes.Attribute]
	}
	require.Nil(t, kept())
	require.Nil(t, kept("nothing", "lab", "user.name", "audit.sender"))
	require.Equal(t, attributes{"z": "z", "host.name": "h"}, kept("z", "host"))
	require.Equal(t, attributes{"http.route": "/x"}, kept("http.route"))
	require.Equal(t, attributes{"labels.b": list{"x", attributes{"c": true}}}, kept("labels.b"))
	all := kept("*").(attributes)
	require.Contains(t, all, "labels.a")
	delete(all, "labels.a") // sent twice
	require.Equal(t, attributes{"labels.b": list{"x", attributes{"c": true}}, "x.y": 1.5, "z": "z", "s": "[1 bytes]", "host.name": "h", "http.route": "/x"}, all)
}

// A route names the action where nothing else does, and is an attribute like others.
func TestKeepOfRoute(t *testing.T) {
	keepAll := config(func(cfg *normalize.Config) { cfg.Keep = []string{"*"} })
	got := normalized(t, keepAll, sent{attributes: attributes{"user.name": "ada", "audit.action": "role.update", "http.route": "/roles/:id"}})
	require.Equal(t, attributes{"http.route": "/roles/:id"}, got[audit.Attributes.Attribute])
}

func TestKeepIsBounded(t *testing.T) {
	many := attributes{"user.name": "ada", "large": strings.Repeat("x", 1<<20)}
	for i := range 10_000 {
		many["key."+strings.Repeat("k", 1+i%50)+string(rune('a'+i%26))+strings.Repeat("z", i%7)] = i
	}
	got := recordOf(process(t, config(func(cfg *normalize.Config) { cfg.Keep = []string{"*"} }), sent{attributes: many}.logs(t))).Attributes()
	v, ok := got.Get(audit.Attributes.Attribute)
	require.True(t, ok)
	large, ok := v.Map().Get("large")
	require.True(t, !ok || large.Str() == "[1048576 bytes]")
	require.Greater(t, v.Map().Len(), 100)
	require.LessOrEqual(t, len(v.AsString()), audit.Attributes.Max)
}

func TestDeadLetter(t *testing.T) {
	names := attributes{}
	for i := range 150 {
		names["n."+strings.Repeat("x", i)] = 1
	}
	for name, c := range map[string]struct {
		sent sent
		want attributes
	}{
		"last resorts do not count": {
			sent{attributes: attributes{"http.route": "/x/{id}", "http.method": "GET", "client": attributes{"address": "192.0.2.1", "city": "x"}}, body: "some words", resource: attributes{"service.name": "shop", "host.name": "h"}},
			attributes{"audit.action": "/x/{id}", "audit.method": "GET", "audit.message": "some words", "client.address": "192.0.2.1", "audit.area": "shop", "service.name": "shop",
				"audit.dead_letter.reason": "no_actor_and_no_action", "audit.dead_letter.names": list{"client.city", "host.name"}},
		},
		"nothing": {sent{}, attributes{"audit.dead_letter.reason": "no_actor_and_no_action"}},
		"set aside by the receiver": {
			sent{attributes: attributes{"user.name": "ada", "large": "", "audit.dead_letter.reason": "record_too_large", "audit.dead_letter.detail": "too large"}},
			attributes{"user.name": "ada", "audit.dead_letter.reason": "record_too_large", "audit.dead_letter.detail": "too large", "audit.dead_letter.names": list{"large"}},
		},
		"set aside by the receiver, without actor and action": {
			sent{attributes: attributes{"http.route": "/x/{id}", "http.method": "GET", "audit.dead_letter.reason": "account_not_granted", "audit.dead_letter.asked": "beta"}},
			attributes{"audit.method": "GET", "audit.dead_letter.reason": "account_not_granted", "audit.dead_letter.asked": "beta"},
		},
		"an impersonator is somebody": {sent{attributes: attributes{"impersonator": "root", "x": 1}}, attributes{"audit.impersonator.name": "root", "audit.impersonated": true}},
	} {
		t.Run(name, func(t *testing.T) {
			got := normalized(t, config(), c.sent)
			if got[audit.AttributeDeadLetterReason] == "no_actor_and_no_action" {
				require.NotEmpty(t, got[audit.AttributeDeadLetterDetail])
				delete(got, audit.AttributeDeadLetterDetail)
			}
			require.Equal(t, c.want, got)
		})
	}
	t.Run("names are bounded", func(t *testing.T) {
		got := normalized(t, config(), sent{attributes: names})[audit.AttributeDeadLetterNames].(list)
		require.Len(t, got, 101)
		require.Equal(t, "+28 more", got[100], "the longest are one")
		for _, name := range got {
			require.LessOrEqual(t, len(name.(string)), 128)
		}
	})
}

func TestManyRecords(t *testing.T) {
	logs := plog.NewLogs()
	for i := range 2 {
		resource := logs.ResourceLogs().AppendEmpty()
		resource.SetSchemaUrl("u")
		resource.Resource().Attributes().PutStr("service.name", "service"+string(rune('0'+i)))
		for j := range 2 {
			scope := resource.ScopeLogs().AppendEmpty()
			if j == 0 {
				scope.Scope().Attributes().PutStr("area", "scope")
			}
			for k := range 2 {
				record := scope.LogRecords().AppendEmpty()
				stamp(record)
				if k == 0 {
					record.Attributes().PutStr("user", "ada")
					record.Body().SetStr(`{"session_id":"s"}`)
				}
				record.SetEventName("x")
			}
		}
	}
	got := process(t, config(), logs)
	checkContract(t, got)
	for i, resource := range got.ResourceLogs().All() {
		for j, scope := range resource.ScopeLogs().All() {
			for k, record := range scope.LogRecords().All() {
				a := record.Attributes().AsRaw()
				service := "service" + string(rune('0'+i))
				require.Equal(t, service, a["service.name"])
				area := map[int]string{0: "scope", 1: service}[j]
				require.Equal(t, area, a["audit.area"])
				require.Equal(t, map[int]any{0: "ada", 1: nil}[k], a["user.name"])
				require.Equal(t, map[int]any{0: "s", 1: nil}[k], a["session.id"])
			}
		}
	}
}

// A large resource must not be read again for each of many records.
func TestLargeResourceWithManyDeadLetters(t *testing.T) {
	large := map[string]any{}
	for i := range 20_000 {
		large["attribute."+strconv.Itoa(i)] = i
		large["http.request.body."+strconv.Itoa(i)] = i
	}
	logs := sent{resource: large}.logs(t)
	records := logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords()
	for range 5_000 {
		stamp(records.AppendEmpty())
	}
	start := time.Now()
	process(t, config(), logs)
	require.Less(t, time.Since(start), 20*time.Second)
	names, _ := records.At(5_000).Attributes().Get(audit.AttributeDeadLetterNames)
	require.Equal(t, "attribute.0", names.Slice().At(0).Str())
	require.Equal(t, "+19900 more", names.Slice().At(100).Str())
}

func TestDeepNesting(t *testing.T) {
	record := plog.NewLogRecord()
	m := record.Attributes()
	for range 10_000 {
		m = m.PutEmptyMap("http.request.body.x")
	}
	body := record.Body().SetEmptyMap()
	for range 10_000 {
		body = body.PutEmptyMap("n")
	}
	logs := sent{attributes: attributes{"user.name": "ada"}, record: func(r plog.LogRecord) {
		v, _ := record.Attributes().Get("http.request.body.x")
		v.MoveTo(r.Attributes().PutEmpty("deep"))
		record.Body().MoveTo(r.Body())
	}}.logs(t)
	got := process(t, config(func(cfg *normalize.Config) { cfg.Keep = []string{"*"} }), logs)
	checkContract(t, got)
	request := recordOf(got).Attributes().AsRaw()[audit.Request.Attribute]
	require.Contains(t, request, "[too deep]")
	require.Less(t, len(request.(string)), 1000)
}

func TestUnusableValuesAreCounted(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.Background())) })
	set := processortest.NewNopSettings(normalize.Type)
	set.TelemetrySettings = telemetry.NewTelemetrySettings()
	logs := sent{attributes: attributes{"client.address": "x", "network.peer.address": "y", "time": "z", "http.response.status_code": 1000, "user.id": ""}}.logs(t)
	processWith(t, set, config(), logs)

	require.Equal(t, map[string]int64{"ip": 2, "time": 1, "status_code": 1}, counts(t, telemetry, "auditlog_normalize_unusable", "field"))
	require.Equal(t, map[string]int64{"no_actor_and_no_action": 1}, counts(t, telemetry, "auditlog_normalize_set_aside", "reason"))
}

func counts(t *testing.T, telemetry *componenttest.Telemetry, metric, by string) map[string]int64 {
	m, err := telemetry.GetMetric(metric)
	require.NoError(t, err)
	got := map[string]int64{}
	for _, point := range m.Data.(metricdata.Sum[int64]).DataPoints {
		v, _ := point.Attributes.Value(attribute.Key(by))
		got[v.AsString()] += point.Value
	}
	return got
}

// A structured body is the request, so keeping everything keeps it there once,
// and under the policy for requests; what is named is kept by its name.
func TestKeepOfBody(t *testing.T) {
	keepAll := config(func(cfg *normalize.Config) { cfg.Keep = []string{"*", "b"} })
	got := normalized(t, keepAll, sent{attributes: attributes{"user.name": "ada"}, body: attributes{"a": "x y z", "b": "2"}})
	require.Equal(t, attributes{"b": "2"}, got[audit.Attributes.Attribute])
	require.JSONEq(t, `{"a":"x y z","b":"2"}`, got[audit.Request.Attribute].(string))
	got = normalized(t, keepAll, sent{attributes: attributes{"user.name": "ada", "http.request.body": "q=1"}, body: attributes{"a": "x y z", "b": "2"}})
	require.Equal(t, attributes{"b": "2", "body": attributes{"a": "x y z"}}, got[audit.Attributes.Attribute])
	require.Equal(t, "q=1", got[audit.Request.Attribute])
}
