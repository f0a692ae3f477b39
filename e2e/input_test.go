package e2e_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
)

// TestBadRecords sends records that are no good events, each together with a
// good one, over both protocols. What was accepted is stored or set aside, and
// counted.
func TestBadRecords(t *testing.T) {
	s := start(t, t.TempDir(), "")
	owner := s.ownerToken(t)
	reported := func(year int) func(*testing.T, event) {
		return func(t *testing.T, e event) {
			require.Equal(t, time.Date(year, 1, 1, 0, 0, 1, 0, time.UTC).Format(time.RFC3339), e["time_reported"])
			require.Equal(t, e["received"], e["time"])
		}
	}
	at := func(year int) func(plog.LogRecord) {
		return func(r plog.LogRecord) {
			r.SetTimestamp(pcommon.NewTimestampFromTime(time.Date(year, 1, 1, 0, 0, 1, 0, time.UTC)))
		}
	}
	for _, test := range []struct {
		name   string
		spoil  func(plog.LogRecord)
		aside  string                  // reason of the dead letter, or
		stored func(*testing.T, event) // what the event says
	}{
		{name: "neither who nor what", aside: "no_actor_and_no_action", spoil: func(r plog.LogRecord) { r.Attributes().Clear() }},
		{name: "8 MB attribute", aside: "record_too_large", spoil: func(r plog.LogRecord) {
			r.Attributes().PutStr("http.request.body", strings.Repeat("a", 8<<20))
		}},
		{name: "1970", spoil: at(1970), stored: reported(1970)},
		{name: "2100", spoil: at(2100), stored: reported(2100)},
		{name: "invalid UTF-8", spoil: func(r plog.LogRecord) { r.Attributes().PutStr("user.name", "an\xffa") },
			stored: func(t *testing.T, e event) { require.Equal(t, "an\uFFFDa", e["user.name"]) }},
		{name: "10,000 attributes", spoil: func(r plog.LogRecord) {
			for i := range 10_000 {
				r.Attributes().PutStr(fmt.Sprintf("unlisted.%d", i), "unlisted")
			}
		}, stored: func(t *testing.T, e event) { require.NotContains(t, fmt.Sprint(e), "unlisted") }},
		{name: "values of other types", spoil: func(r plog.LogRecord) {
			r.Attributes().PutEmptySlice("client.address").AppendEmpty().SetBool(true)
			r.Attributes().PutStr("audit.duration", "soon")
			r.Attributes().PutEmptyMap("http.response.status_code")
		}, stored: func(t *testing.T, e event) {
			for _, name := range []string{"ip", "duration", "duration_ns", "status_code"} {
				require.NotContains(t, e, name)
			}
		}},
		{name: "the program's own names", spoil: func(r plog.LogRecord) {
			r.Attributes().PutStr("audit.sender", "somebody else")
			r.Attributes().PutStr("audit.dead_letter.reason", "none")
			r.Attributes().PutInt("audit.received", 1)
		}, stored: func(t *testing.T, e event) { require.Equal(t, "local", e["sender"]) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			service := test.name
			logs := newLogs(service, 2, func(i int, r plog.LogRecord) {
				r.Attributes().PutInt("entity.id", int64(i))
				if i == 0 {
					test.spoil(r)
				}
			})
			letters, aside := s.metric(t, "auditlog_dead_letters"), s.deadLetters(t, owner)[test.aside]
			require.NoError(t, s.send(t, logs))
			logs.ResourceLogs().At(0).Resource().Attributes().PutStr("over", "http") // no retry
			code, answer := s.post(t, "/v1/logs", protobuf, encode(t, logs))
			require.Equal(t, http.StatusOK, code, answer)

			good := 0
			for _, e := range from(s.events(t, owner), service) {
				if e["entity.id"] == "1" {
					good++
				} else if test.stored != nil {
					test.stored(t, e)
				}
			}
			require.Equal(t, 2, good, "the good records")
			if test.aside != "" {
				require.Equal(t, letters+2, s.metric(t, "auditlog_dead_letters"))
				require.Equal(t, aside+2, s.deadLetters(t, owner)[test.aside])
				require.Len(t, from(s.events(t, owner), service), 2)
			} else {
				require.Len(t, from(s.events(t, owner), service), 4)
			}
		})
	}
	require.Equal(t, s.metric(t, "auditlog_accepted"),
		s.metric(t, "auditlog_stored")+s.metric(t, "auditlog_duplicates")+s.metric(t, "auditlog_dead_letters"))
	require.Zero(t, s.stop(t))
}

func (s *server) deadLetters(t *testing.T, owner string) map[string]int {
	t.Helper()
	code, body := s.get(t, owner, "/api/v1/session")
	require.Equal(t, http.StatusOK, code, "%s", body)
	var session struct {
		DeadLetters map[string]int `json:"dead_letters"`
	}
	require.NoError(t, json.Unmarshal(body, &session))
	return session.DeadLetters
}

// TestBadRequests sends what is no request at all. Each gets a status that tells
// its sender not to send it again, and is counted.
func TestBadRequests(t *testing.T) {
	s := start(t, t.TempDir(), "receiver: {max_request_size: 16MiB, max_in_flight: 64MiB}\n")
	jsonType := "application/json"
	large := encode(t, newLogs("large", 20, func(_ int, r plog.LogRecord) {
		r.Attributes().PutStr("http.request.body", strings.Repeat("a", 1<<20))
	}))
	for _, test := range []struct {
		name        string
		path        string
		contentType string
		body        []byte
		headers     []string
		code        int
		message     string
		reason      string // under which auditlog counts it; "" for what never reaches its receiver
	}{
		{name: "malformed protobuf", contentType: protobuf, body: []byte("\xff\xff\xff\xff no protobuf"), code: 400, message: "proto", reason: "malformed"},
		{name: "cut protobuf", contentType: protobuf, body: encode(t, one("cut"))[:40], code: 400, message: "EOF", reason: "malformed"},
		{name: "malformed JSON", contentType: jsonType, body: []byte(`{"resourceLogs":[{]}`), code: 400, reason: "malformed"},
		{name: "JSON of another kind", contentType: jsonType, body: []byte(`[]`), code: 400, reason: "malformed"},
		{name: "deep JSON", contentType: jsonType, body: deepJSON(100_000), code: 400, reason: "malformed"},
		{name: "deep protobuf", contentType: protobuf, body: deepRequest(100_000), code: 400, message: "nested", reason: "malformed"},
		{name: "another type", contentType: "text/plain", body: []byte("hello"), code: 415, reason: "malformed"},
		{name: "not gzip", contentType: protobuf, body: []byte("hello"), headers: []string{"Content-Encoding", "gzip"}, code: 400},
		{name: "too large", contentType: protobuf, body: large, code: 413, message: "max_request_size", reason: "malformed"},
		{name: "too large when unpacked", contentType: protobuf, body: zipped(t, large), headers: []string{"Content-Encoding", "gzip"}, code: 413, message: "max_request_size", reason: "malformed"},
		{name: "a browser's request", contentType: protobuf, body: encode(t, one("browser")), headers: []string{"Origin", "http://evil.example"}, code: 403, message: "allowed_origins", reason: "origin"},
		{name: "foreign token", contentType: protobuf, body: encode(t, one("foreign")), headers: []string{"Authorization", "Bearer auditlog_sender_unknown"}, code: 401, message: "unknown, revoked or expired", reason: "unauthenticated"},
		{name: "owner's token", contentType: protobuf, body: encode(t, one("owner")), headers: []string{"Authorization", "Bearer " + s.ownerToken(t)}, code: 401, message: "reads and never writes", reason: "unauthenticated"},
		{name: "traces", path: "/v1/traces", contentType: protobuf, body: traces(t), code: 404, message: "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", reason: "not_logs"},
	} {
		t.Run(test.name, func(t *testing.T) {
			refused := s.metric(t, "auditlog_refused", fmt.Sprintf("reason=%q", test.reason))
			path := "/v1/logs"
			if test.path != "" {
				path = test.path
			}
			code, answer := s.post(t, path, test.contentType, test.body, test.headers...)
			require.Equal(t, test.code, code, answer)
			require.Contains(t, answer, test.message)
			if test.reason != "" {
				require.Equal(t, refused+1, s.metric(t, "auditlog_refused", fmt.Sprintf("reason=%q", test.reason)))
			}
		})
	}
	s.requireGoesOn(t)
	require.Zero(t, s.stop(t))
}

func TestBadRequestsOverGRPC(t *testing.T) {
	s := start(t, t.TempDir(), "receiver: {max_request_size: 16MiB, max_in_flight: 64MiB}\n")
	conn := s.dial(t)
	logs := "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
	large := encode(t, newLogs("large", 20, func(_ int, r plog.LogRecord) {
		r.Attributes().PutStr("http.request.body", strings.Repeat("a", 1<<20))
	}))
	for _, test := range []struct {
		name  string
		body  []byte
		token string
		code  codes.Code
		want  string

		reason string // under which auditlog counts it; "" for what never reaches its receiver
	}{
		{name: "malformed protobuf", body: []byte("\xff\xff\xff\xff no protobuf"), code: codes.Internal, reason: "malformed"},
		{name: "deep protobuf", body: deepRequest(100_000), code: codes.Internal, want: "nested", reason: "malformed"},
		{name: "too large", body: large, code: codes.ResourceExhausted, want: "larger than max"},
		{name: "foreign token", body: encode(t, one("foreign")), token: "auditlog_sender_unknown", code: codes.Unauthenticated, want: "unknown, revoked or expired", reason: "unauthenticated"},
		{name: "owner's token", body: encode(t, one("owner")), token: s.ownerToken(t), code: codes.Unauthenticated, want: "reads and never writes", reason: "unauthenticated"},
	} {
		t.Run(test.name, func(t *testing.T) {
			refused := s.metric(t, "auditlog_refused", fmt.Sprintf("reason=%q", test.reason))
			ctx := t.Context()
			if test.token != "" {
				ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+test.token)
			}
			err := conn.Invoke(ctx, logs, test.body, new([]byte), grpc.ForceCodec(raw{}))
			require.Equal(t, test.code, status.Code(err), "%v", err)
			require.ErrorContains(t, err, test.want)
			if test.reason != "" {
				require.Equal(t, refused+1, s.metric(t, "auditlog_refused", fmt.Sprintf("reason=%q", test.reason)))
			}
		})
	}
	t.Run("traces and metrics", func(t *testing.T) {
		_, err := ptraceotlp.NewGRPCClient(conn).Export(t.Context(), ptraceotlp.NewExportRequestFromTraces(someTraces()))
		require.Equal(t, codes.Unimplemented, status.Code(err), "%v", err)
		require.ErrorContains(t, err, "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT")
		request := pmetricotlp.NewExportRequest()
		request.Metrics().ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty().SetEmptyGauge().DataPoints().AppendEmpty()
		_, err = pmetricotlp.NewGRPCClient(conn).Export(t.Context(), request)
		require.Equal(t, codes.Unimplemented, status.Code(err), "%v", err)
	})
	s.requireGoesOn(t)
	require.Zero(t, s.stop(t))
}

// TestDeepButBearable is nesting that no decoder minds: the event is stored.
func TestDeepButBearable(t *testing.T) {
	s := start(t, t.TempDir(), "")
	code, answer := s.post(t, "/v1/logs", protobuf, deepRequest(3000))
	require.Equal(t, http.StatusOK, code, answer)
	require.Len(t, from(s.events(t, s.ownerToken(t)), "deep"), 1)
	require.Zero(t, s.stop(t))
}

// TestExpiredToken is taken until it expires, on the page of the owner as at the
// receiver.
func TestExpiredToken(t *testing.T) {
	s := start(t, t.TempDir(), "")
	owner := s.command(t, "token", "create", "--name", "brief owner", "--expires", "2s")
	sender := s.command(t, "token", "create", "--name", "brief sender", "--kind", "sender", "--expires", "2s")
	request := encode(t, one("brief"))
	require.Eventually(t, func() bool {
		code, _ := s.get(t, owner, "/api/v1/events")
		return code == http.StatusUnauthorized
	}, patience, 50*time.Millisecond)
	require.Eventually(t, func() bool {
		code, _ := s.post(t, "/v1/logs", protobuf, request, "Authorization", "Bearer "+sender)
		return code == http.StatusUnauthorized
	}, patience, 50*time.Millisecond)
}

// TestConfiguredSenders writes only to the accounts that each is granted.
func TestConfiguredSenders(t *testing.T) {
	t.Setenv("E2E_GATEWAY", "gateway-token-0123456789")
	t.Setenv("E2E_BILLING", "billing-token-0123456789")
	s := start(t, t.TempDir(), `receiver:
  senders:
    - {name: gateway, tokens: ["${env:E2E_GATEWAY}"], accounts: ["*"]}
    - {name: billing, tokens: ["${env:E2E_BILLING}"], accounts: [acme]}
`)
	owner := s.command(t, "token", "create", "--name", "e2e", "--account", "acme")
	for name, test := range map[string]struct {
		token, account string
		code           int
		stored         bool
	}{
		"granted one":        {token: "billing-token-0123456789", code: 200, stored: true},
		"another's account":  {token: "billing-token-0123456789", account: "globex", code: 200},
		"any, names one":     {token: "gateway-token-0123456789", account: "acme", code: 200, stored: true},
		"any, names another": {token: "gateway-token-0123456789", account: "globex", code: 200},
		"any, names none":    {token: "gateway-token-0123456789", code: 200},
		"no token":           {code: 401},
	} {
		t.Run(name, func(t *testing.T) {
			logs := newLogs(name, 1, func(_ int, r plog.LogRecord) {
				if test.account != "" {
					r.Attributes().PutStr("audit.account", test.account)
				}
			})
			var headers []string
			if test.token != "" {
				headers = []string{"Authorization", "Bearer " + test.token}
			}
			code, answer := s.post(t, "/v1/logs", protobuf, encode(t, logs), headers...)
			require.Equal(t, test.code, code, answer)
			found := from(s.events(t, owner), name)
			if !test.stored {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			require.Equal(t, "acme", found[0]["account"])
		})
	}
	s.requireNowhere(t, "gateway-token-0123456789")
	_, stderr, code := run(t, nil, "sample", "--store.path", s.dir, "--receiver.grpc.endpoint", s.grpc)
	require.NotZero(t, code, stderr)
}

// raw sends bytes that are encoded already.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error)      { return v.([]byte), nil }
func (raw) Unmarshal(data []byte, v any) error { *v.(*[]byte) = data; return nil }
func (raw) Name() string                       { return "proto" }

func someTraces() ptrace.Traces {
	traces := ptrace.NewTraces()
	traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetName("span")
	return traces
}

func traces(t *testing.T) []byte {
	t.Helper()
	body, err := ptraceotlp.NewExportRequestFromTraces(someTraces()).MarshalProto()
	require.NoError(t, err)
	return body
}

func zipped(t *testing.T, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func deepJSON(depth int) []byte {
	open, end := `{"arrayValue":{"values":[`, `]}}`
	return []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":` + strings.Repeat(open, depth) + strings.Repeat(end, depth) + `}]}]}]}`)
}

// deepRequest is an event of the service "deep", encoded by hand, whose
// attribute http.request.body holds arrays in arrays.
func deepRequest(depth int) []byte {
	value := []byte{}
	sizes := make([]int, 0, 2*depth)
	for size := range 2 * depth { // from the inside out: ArrayValue.values = 1, AnyValue.array_value = 5
		inner := 0
		if size > 0 {
			inner = sizes[size-1]
		}
		sizes = append(sizes, 1+protowire.SizeBytes(inner))
	}
	for i := len(sizes) - 1; i >= 0; i-- {
		number := protowire.Number(1)
		if i%2 == 1 {
			number = 5
		}
		value = protowire.AppendTag(value, number, protowire.BytesType)
		inner := 0
		if i > 0 {
			inner = sizes[i-1]
		}
		value = protowire.AppendVarint(value, uint64(inner))
	}
	record := field(6, attribute("user.name", field(1, []byte("ana"))))
	record = append(record, field(6, attribute("http.request.body", value))...)
	resource := field(1, attribute("service.name", field(1, []byte("deep"))))
	return field(1, append(field(1, resource), field(2, field(2, record))...))
}

func attribute(name string, value []byte) []byte {
	return append(field(1, []byte(name)), field(2, value)...)
}

func field(number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), content)
}
