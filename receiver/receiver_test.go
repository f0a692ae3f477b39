package receiver_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/internal/loopback"
	"github.com/auditlog/auditlog/receiver"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/local"
	"github.com/auditlog/auditlog/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a receiver that runs.
type server struct {
	host       storetest.Host
	store      *store.Extension
	sink       *consumertest.LogsSink
	fail       error  // what the pipeline answers
	before     func() // what it does before it answers
	grpc, http string
}

func freePort(t testing.TB) string {
	addresses, err := loopback.Free(1)
	require.NoError(t, err)
	return addresses[0]
}

func start(t testing.TB, change func(*receiver.Config)) *server {
	s := &server{sink: &consumertest.LogsSink{}, grpc: freePort(t), http: freePort(t)}
	ctx := context.Background()
	s.host = storetest.NewHost(t, storetest.NewModel(time.Now, 30*24*time.Hour))
	s.store = s.host.Store
	rf := receiver.NewFactory()
	cfg := rf.CreateDefaultConfig().(*receiver.Config)
	cfg.GRPC.Endpoint, cfg.HTTP.Endpoint = s.grpc, s.http
	if change != nil {
		change(cfg)
	}
	require.NoError(t, cfg.Validate())
	next, err := consumer.NewLogs(func(ctx context.Context, logs plog.Logs) error {
		if s.before != nil {
			s.before()
		}
		if s.fail != nil {
			return s.fail
		}
		return s.sink.ConsumeLogs(ctx, logs)
	})
	require.NoError(t, err)
	r, err := rf.CreateLogs(ctx, receivertest.NewNopSettings(receiver.Type), cfg, next)
	require.NoError(t, err)
	require.NoError(t, r.Start(ctx, s.host))
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		require.NoError(t, r.Shutdown(ctx))
	})
	return s
}

// logs is a request with records that fill changes.
func logs(fill ...func(plog.LogRecord)) plog.Logs {
	l := plog.NewLogs()
	rl := l.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "checkout")
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName("audit")
	for _, f := range fill {
		r := sl.LogRecords().AppendEmpty()
		r.SetTimestamp(pcommon.NewTimestampFromTime(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)))
		f(r)
	}
	return l
}

func record(pairs ...string) func(plog.LogRecord) {
	return func(r plog.LogRecord) {
		for i := 0; i < len(pairs); i += 2 {
			r.Attributes().PutStr(pairs[i], pairs[i+1])
		}
	}
}

func (s *server) client(t *testing.T) plogotlp.GRPCClient {
	conn, err := grpc.NewClient(s.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(200<<20)))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return plogotlp.NewGRPCClient(conn)
}

func (s *server) sendGRPC(t *testing.T, token string, l plog.Logs) error {
	ctx := context.Background()
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	_, err := s.client(t).Export(ctx, plogotlp.NewExportRequestFromLogs(l))
	return err
}

func (s *server) sendHTTP(t *testing.T, header http.Header, contentType string, body []byte) (*http.Response, string) {
	req, err := http.NewRequest(http.MethodPost, "http://"+s.http+"/v1/logs", bytes.NewReader(body))
	require.NoError(t, err)
	if header != nil {
		req.Header = header
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(answer)
}

func encode(t *testing.T, l plog.Logs) []byte {
	b, err := plogotlp.NewExportRequestFromLogs(l).MarshalProto()
	require.NoError(t, err)
	return b
}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// received returns every record that came through, in order.
func (s *server) received() (records []map[string]any) {
	for _, l := range s.sink.AllLogs() {
		for _, rl := range l.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, r := range sl.LogRecords().All() {
					records = append(records, r.Attributes().AsRaw())
				}
			}
		}
	}
	return records
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func senders(list ...receiver.SenderConfig) func(*receiver.Config) {
	return func(c *receiver.Config) { c.Senders = list }
}

func TestStampsWhatOnlyTheServerKnows(t *testing.T) {
	s := start(t, nil)
	before := time.Now().UnixNano()
	forged := record("user.name", "ana", "audit.sender", "forged", "audit.id", "forged", "audit.received", "1",
		"audit.fingerprint", "forged", "audit.redactions", "forged", "audit.dead_letter.reason", "forged", "audit.attributes", "forged")
	require.NoError(t, s.sendGRPC(t, "", logs(forged)))
	got := s.received()[0]
	require.Equal(t, "ana", got["user.name"])
	require.Equal(t, "default", got["audit.account"])
	require.Equal(t, "local", got["audit.sender"])
	require.Regexp(t, "^[0-9a-f]{32}$", got["audit.id"])
	require.Len(t, got["audit.fingerprint"], 32)
	require.GreaterOrEqual(t, got["audit.received"], before)
	require.NotContains(t, got, "audit.redactions")
	require.NotContains(t, got, "audit.attributes")
	require.NotContains(t, got, "audit.dead_letter.reason")
}

func TestIdentity(t *testing.T) {
	s := start(t, nil)
	ana, ben, own := record("user.name", "ana"), record("user.name", "ben"), record("user.name", "ana", "audit.event.id", "e-1")
	for range 2 { // the second is a retry
		require.NoError(t, s.sendGRPC(t, "", logs(ana, ana, ben, own)))
	}
	resp, _ := s.sendHTTP(t, nil, "application/x-protobuf", encode(t, logs(ana, ana, ben, own)))
	require.Equal(t, http.StatusOK, resp.StatusCode)
	got := s.received()
	require.Len(t, got, 12)
	ids := map[any]bool{}
	for i := range 4 {
		ids[got[i]["audit.id"]] = true
		for _, retry := range []int{4, 8} {
			require.Equal(t, got[i]["audit.id"], got[i+retry]["audit.id"])
			require.Equal(t, got[i]["audit.fingerprint"], got[i+retry]["audit.fingerprint"])
		}
	}
	require.Len(t, ids, 4, "equal records of one request are different events")
	require.Equal(t, got[0]["audit.fingerprint"], got[1]["audit.fingerprint"])

	require.NoError(t, s.sendGRPC(t, "", logs(record("user.name", "eve", "audit.event.id", "e-1"))))
	last := s.received()[12]
	require.Equal(t, got[3]["audit.id"], last["audit.id"], "an id that is used again")
	require.NotEqual(t, got[3]["audit.fingerprint"], last["audit.fingerprint"])
}

// TestFingerprintCoversEverything changes one thing of a record at a time.
func TestFingerprintCoversEverything(t *testing.T) {
	s := start(t, nil)
	base := func() plog.Logs {
		return logs(func(r plog.LogRecord) {
			r.Attributes().PutStr("user.name", "ana")
			r.Attributes().PutEmptyMap("m").PutEmptySlice("s").AppendEmpty().SetInt(1)
			r.Body().SetStr("body")
		})
	}
	first := func(l plog.Logs) plog.LogRecord { return l.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0) }
	changes := map[string]func(plog.Logs){
		"nothing":   func(plog.Logs) {},
		"resource":  func(l plog.Logs) { l.ResourceLogs().At(0).Resource().Attributes().PutStr("service.name", "other") },
		"scope":     func(l plog.Logs) { l.ResourceLogs().At(0).ScopeLogs().At(0).Scope().SetName("other") },
		"version":   func(l plog.Logs) { l.ResourceLogs().At(0).ScopeLogs().At(0).Scope().SetVersion("2") },
		"time":      func(l plog.Logs) { first(l).SetTimestamp(1) },
		"observed":  func(l plog.Logs) { first(l).SetObservedTimestamp(1) },
		"severity":  func(l plog.Logs) { first(l).SetSeverityNumber(9) },
		"text":      func(l plog.Logs) { first(l).SetSeverityText("x") },
		"event":     func(l plog.Logs) { first(l).SetEventName("x") },
		"trace":     func(l plog.Logs) { first(l).SetTraceID(pcommon.TraceID{1}) },
		"span":      func(l plog.Logs) { first(l).SetSpanID(pcommon.SpanID{1}) },
		"flags":     func(l plog.Logs) { first(l).SetFlags(1) },
		"body":      func(l plog.Logs) { first(l).Body().SetStr("other") },
		"body type": func(l plog.Logs) { first(l).Body().SetEmptyBytes().FromRaw([]byte("body")) },
		"attribute": func(l plog.Logs) { first(l).Attributes().PutStr("user.name", "an") },
		"type":      func(l plog.Logs) { first(l).Attributes().PutBool("user.name", true) },
		"float":     func(l plog.Logs) { first(l).Attributes().PutDouble("user.name", 1.5) },
		"deep": func(l plog.Logs) {
			m, _ := first(l).Attributes().Get("m")
			m.Map().PutEmptySlice("s").AppendEmpty().SetInt(2)
		},
	}
	seen := map[string]string{}
	for name, change := range changes {
		l := base()
		change(l)
		require.NoError(t, s.sendGRPC(t, "", l))
		all := s.received()
		f := string(all[len(all)-1]["audit.fingerprint"].([]byte))
		require.Empty(t, seen[f], "%s has the fingerprint of %s", name, seen[f])
		seen[f] = name
	}
}

func TestWhoMaySend(t *testing.T) {
	s := start(t, senders(
		receiver.SenderConfig{Name: "gateway", TokenHashes: []string{hashOf("old"), strings.ToUpper(hashOf("new"))}, Accounts: []string{"acme"}},
	))
	owner, err := s.store.CreateToken(t.Context(), "root", store.TokenRequest{Name: "o", Kind: local.OwnerToken, Accounts: []string{"acme"}})
	require.NoError(t, err)
	sender, err := s.store.CreateToken(t.Context(), "root", store.TokenRequest{Name: "made", Kind: local.SenderToken, Accounts: []string{"beta"}})
	require.NoError(t, err)
	expired, err := s.store.CreateToken(t.Context(), "root", store.TokenRequest{Name: "e", Kind: local.SenderToken, Accounts: []string{"acme"}, Expires: time.Now().Add(20 * time.Millisecond)})
	require.NoError(t, err)
	time.Sleep(30 * time.Millisecond)

	for name, c := range map[string]struct {
		token, sender, account string
	}{
		"none":       {"", "", ""},
		"unknown":    {"guess", "", ""},
		"owner":      {owner, "", ""},
		"expired":    {expired, "", ""},
		"old token":  {"old", "gateway", "acme"},
		"new token":  {"new", "gateway", "acme"},
		"made token": {sender, "made", "beta"},
	} {
		t.Run(name, func(t *testing.T) {
			s.sink.Reset()
			err := s.sendGRPC(t, c.token, logs(record("user.name", "ana")))
			header := bearer(c.token)
			if c.token == "" {
				header = http.Header{}
			}
			resp, body := s.sendHTTP(t, header, "application/x-protobuf", encode(t, logs(record("user.name", "ana"))))
			if c.sender == "" {
				require.Equal(t, codes.Unauthenticated, status.Code(err), err)
				require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
				require.Contains(t, body, "token")
				require.Empty(t, s.received())
				return
			}
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, resp.StatusCode)
			for _, r := range s.received() {
				require.Equal(t, c.sender, r["audit.sender"])
				require.Equal(t, c.account, r["audit.account"])
			}
			require.Len(t, s.received(), 2)
		})
	}
}

func TestWrongTokenIsRefusedWhereNoneIsNeeded(t *testing.T) {
	s := start(t, nil)
	require.Equal(t, codes.Unauthenticated, status.Code(s.sendGRPC(t, "guess", logs(record("user.name", "ana")))))
	resp, _ := s.sendHTTP(t, http.Header{"Authorization": {"Basic YTpi"}}, "application/x-protobuf", encode(t, logs(record())))
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
}

func TestAccountsOfASender(t *testing.T) {
	s := start(t, senders(
		receiver.SenderConfig{Name: "one", TokenHashes: []string{hashOf("one")}, Accounts: []string{"acme"}},
		receiver.SenderConfig{Name: "two", TokenHashes: []string{hashOf("two")}, Accounts: []string{"acme", "beta"}},
		receiver.SenderConfig{Name: "any", TokenHashes: []string{hashOf("any")}, Accounts: []string{"*"}},
	))
	refused := string(audit.ReasonAccountNotGranted)
	nested := func(r plog.LogRecord) { r.Attributes().PutEmptyMap("organization").PutStr("id", "beta") }
	body := func(r plog.LogRecord) { r.Body().SetEmptyMap().PutStr("tenant.id", "beta") }
	for name, c := range map[string]struct {
		token   string
		record  func(plog.LogRecord)
		account string
		reason  any
	}{
		"one, unnamed":    {"one", record(), "acme", nil},
		"one, its own":    {"one", record("audit.account", "acme"), "acme", nil},
		"one, another":    {"one", record("audit.account", "beta"), "acme", refused},
		"two, unnamed":    {"two", record(), "acme", refused},
		"two, second":     {"two", record("tenant.id", "beta"), "beta", nil},
		"two, nested":     {"two", nested, "beta", nil},
		"two, in body":    {"two", body, "beta", nil},
		"two, another":    {"two", record("organization.id", "gamma"), "acme", refused},
		"any, named":      {"any", record("organization.id", "gamma"), "gamma", nil},
		"any, unnamed":    {"any", record(), "default", refused},
		"any, the star":   {"any", record("audit.account", "*"), "*", nil},
		"first name wins": {"two", record("organization.id", "acme", "audit.account", "beta"), "beta", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s.sink.Reset()
			require.NoError(t, s.sendGRPC(t, c.token, logs(c.record)), "an accepted record is set aside, not thrown away")
			got := s.received()[0]
			require.Equal(t, c.account, got["audit.account"])
			require.Equal(t, c.reason, got["audit.dead_letter.reason"])
		})
	}
}

// TestIdentityOfTheAccountThatIsMeant sends a record before and after its account
// is granted: a replay of what was set aside and the record itself are the same.
func TestIdentityOfTheAccountThatIsMeant(t *testing.T) {
	sent := logs(record("user.name", "ana", "tenant.id", "beta"), record("user.name", "ana", "tenant.id", "beta", "log.record.uid", "1"), record("user.name", "ana"))
	s := start(t, nil)
	var identities [2][]any
	for n, accounts := range [][]string{{"acme"}, {"acme", "beta"}} {
		token, err := s.store.CreateToken(t.Context(), "t", store.TokenRequest{Name: "shop", Kind: local.SenderToken, Accounts: accounts})
		require.NoError(t, err)
		s.sink.Reset()
		require.NoError(t, s.sendGRPC(t, token, sent))
		for _, r := range s.received()[:2] {
			identities[n] = append(identities[n], r["audit.id"], r["audit.fingerprint"])
			aside := r["audit.dead_letter.reason"] != nil
			require.Equal(t, n == 0, aside)
			require.Equal(t, aside, r["audit.dead_letter.asked"] == "beta")
		}
		require.Nil(t, s.received()[2]["audit.dead_letter.asked"])
		require.NoError(t, s.store.RevokeToken(t.Context(), "t", "shop"))
	}
	require.NotNil(t, identities[0][1])
	require.Equal(t, identities[0], identities[1])
}

func TestAccountAroundTheRecord(t *testing.T) {
	s := start(t, senders(receiver.SenderConfig{Name: "any", TokenHashes: []string{hashOf("any")}, Accounts: []string{"*"}}))
	l := logs(record(), record("audit.account", "record"))
	l.ResourceLogs().At(0).Resource().Attributes().PutStr("tenant.id", "resource")
	require.NoError(t, s.sendGRPC(t, "any", l))
	l.ResourceLogs().At(0).ScopeLogs().At(0).Scope().Attributes().PutStr("organization.id", "scope")
	require.NoError(t, s.sendGRPC(t, "any", l))
	var got []any
	for _, r := range s.received() {
		got = append(got, r["audit.account"])
	}
	require.Equal(t, []any{"resource", "record", "scope", "record"}, got)
}

func TestRecordTooLarge(t *testing.T) {
	s := start(t, nil)
	huge := func(r plog.LogRecord) {
		record("user.name", "ana", "audit.action", "upload", "blob", strings.Repeat("x", 8<<20))(r)
		r.Body().SetStr(strings.Repeat("y", 1<<20))
	}
	for _, send := range []func(plog.Logs) error{
		func(l plog.Logs) error { return s.sendGRPC(t, "", l) },
		func(l plog.Logs) error {
			resp, body := s.sendHTTP(t, nil, "application/x-protobuf", encode(t, l))
			require.Equal(t, http.StatusOK, resp.StatusCode, body)
			return nil
		},
	} {
		s.sink.Reset()
		require.NoError(t, send(logs(record("user.name", "ben"), huge, record("user.name", "eve"))))
		got := s.received()
		require.Len(t, got, 3)
		require.NotContains(t, got[0], "audit.dead_letter.reason")
		require.NotContains(t, got[2], "audit.dead_letter.reason")
		require.Equal(t, string(audit.ReasonTooLarge), got[1]["audit.dead_letter.reason"])
		require.Contains(t, got[1]["audit.dead_letter.detail"], "receiver.max_record_size is 1048576")
		require.Equal(t, "ana", got[1]["user.name"])
		require.Equal(t, "upload", got[1]["audit.action"])
		require.Contains(t, got[1], "blob", "its name stays")
		require.Empty(t, got[1]["blob"])
	}
}

func TestTenThousandAttributes(t *testing.T) {
	s := start(t, nil)
	many := func(r plog.LogRecord) {
		for i := range 10_000 {
			r.Attributes().PutInt("attribute."+strconv.Itoa(i), int64(i))
		}
	}
	require.NoError(t, s.sendGRPC(t, "", logs(many)))
	require.Contains(t, s.received()[0], "attribute.9999")
}

func TestLargeRequestsGoDownInParts(t *testing.T) {
	s := start(t, nil)
	l := plog.NewLogs()
	var want []string
	for resource := range 3 {
		rl := l.ResourceLogs().AppendEmpty()
		rl.Resource().Attributes().PutInt("resource", int64(resource))
		for scope := range 4 {
			sl := rl.ScopeLogs().AppendEmpty()
			sl.Scope().SetName(strconv.Itoa(scope))
			for range 2500 {
				want = append(want, fmt.Sprintf("%d/%d/%d", resource, scope, len(want)))
				sl.LogRecords().AppendEmpty().Attributes().PutStr("n", want[len(want)-1])
			}
		}
	}
	l.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
	require.NoError(t, s.sendGRPC(t, "", l))
	var got []string
	for _, part := range s.sink.AllLogs() {
		require.LessOrEqual(t, part.LogRecordCount(), 10_000)
		for _, rl := range part.ResourceLogs().All() {
			resource, _ := rl.Resource().Attributes().Get("resource")
			for _, sl := range rl.ScopeLogs().All() {
				for _, r := range sl.LogRecords().All() {
					n, _ := r.Attributes().Get("n")
					require.True(t, strings.HasPrefix(n.Str(), resource.AsString()+"/"+sl.Scope().Name()+"/"), n.Str())
					got = append(got, n.Str())
				}
			}
		}
	}
	require.Equal(t, want, got)
	require.Len(t, s.sink.AllLogs(), 3)
}

// deep is a request whose one attribute is an array in an array, that many
// messages deep.
func deep(levels int) []byte {
	value := []byte{}
	for range levels / 2 { // an array is two messages
		array := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), value)
		value = protowire.AppendBytes(protowire.AppendTag(nil, 5, protowire.BytesType), array)
	}
	pair := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "deep")
	pair = protowire.AppendBytes(protowire.AppendTag(pair, 2, protowire.BytesType), value)
	message := pair
	for _, field := range []protowire.Number{6, 2, 2, 1} {
		message = protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), message)
	}
	return message
}

func TestDeepNesting(t *testing.T) {
	s := start(t, nil)
	resp, body := s.sendHTTP(t, nil, "application/x-protobuf", deep(2000))
	require.Equal(t, http.StatusOK, resp.StatusCode, body)

	abyss := deep(12_000)
	resp, body = s.sendHTTP(t, nil, "application/x-protobuf", abyss)
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	require.Contains(t, body, "nested more than")

	conn, err := grpc.NewClient(s.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	var answer []byte
	err = conn.Invoke(t.Context(), "/opentelemetry.proto.collector.logs.v1.LogsService/Export", &abyss, &answer, grpc.ForceCodec(raw{}))
	require.ErrorContains(t, err, "nested more than")

	resp, _ = s.sendHTTP(t, nil, "application/json",
		[]byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":`+strings.Repeat(`{"arrayValue":{"values":[`, 200_000)+strings.Repeat(`]}}`, 200_000)+`}]}]}]}`))
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	require.NoError(t, s.sendGRPC(t, "", logs(record("user.name", "ana"))), "everything else goes on")
}

// raw sends bytes as they are.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error)   { return *v.(*[]byte), nil }
func (raw) Unmarshal(b []byte, v any) error { *v.(*[]byte) = b; return nil }
func (raw) Name() string                    { return "proto" }

func TestMalformedRequests(t *testing.T) {
	s := start(t, nil)
	for name, c := range map[string]struct {
		contentType, body string
		status            int
	}{
		"protobuf":     {"application/x-protobuf", "\x0a\xff\xff\xff\xff\xff", http.StatusBadRequest},
		"json":         {"application/json", `{"resourceLogs":[`, http.StatusBadRequest},
		"content type": {"text/plain", "hello", http.StatusUnsupportedMediaType},
		"empty":        {"application/x-protobuf", "", http.StatusOK},
		"empty json":   {"application/json", "{}", http.StatusOK},
	} {
		resp, body := s.sendHTTP(t, nil, c.contentType, []byte(c.body))
		require.Equal(t, c.status, resp.StatusCode, "%s: %s", name, body)
	}
	resp, err := http.Get("http://" + s.http + "/v1/logs")
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	require.Empty(t, s.received())
}

// SDKs write what they are answered into the log of their service.
func TestAnAnswerQuotesNothing(t *testing.T) {
	s := start(t, nil)
	record := func(members string) string {
		return `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"before"}},{` + members + `}]}]}]}`
	}
	const secret = "qvUIl14GEYk2ZAt8VYXF"
	for name, test := range map[string]struct{ body, want string }{
		"no JSON":                       {record(`"body":{"stringValue":"` + secret + `"}]`), "breaks at byte"},
		"cut":                           {record(`"body":{"stringValue":"` + secret + `"}`)[:110], "breaks at byte"},
		"cut in a character":            {record(`"body":{"stringValue":"` + secret + `ä`)[:len(record(`"body":{"stringValue":"`+secret+`ä`))-10], "breaks at byte"},
		"another enum":                  {record(`"severityNumber":"` + secret + `"`), "log record 2"},
		"an id that is no hex":          {record(`"traceId":"` + secret + `"`), "log record 2"},
		"a number that is none":         {record(`"timeUnixNano":"` + secret + `"`), "log record 2"},
		"bytes that are no base64":      {record(`"body":{"bytesValue":"!` + secret + `!"}`), "log record 2"},
		"a text that is a number":       {record(`"eventName":17,"body":{"stringValue":"` + secret + `"}`), "log record 2"},
		"a member of another structure": {`{"resourceLogs":{"password":"` + secret + `"}}`, "no OTLP logs request"},
	} {
		t.Run(name, func(t *testing.T) {
			resp, answer := s.sendHTTP(t, nil, "application/json", []byte(test.body))
			require.Equal(t, http.StatusBadRequest, resp.StatusCode, answer)
			require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
			require.Contains(t, answer, test.want)
			require.NotContains(t, answer, secret[:8])
			require.NotContains(t, answer, "before")
		})
	}
}

func TestRequestTooLarge(t *testing.T) {
	s := start(t, func(c *receiver.Config) { c.MaxRequestSize, c.MaxRecordSize = 1<<20, 1<<20 })
	big := logs(record("user.name", strings.Repeat("x", 2<<20)))
	resp, body := s.sendHTTP(t, nil, "application/x-protobuf", encode(t, big))
	require.Equal(t, http.StatusRequestEntityTooLarge, resp.StatusCode)
	require.Contains(t, body, "receiver.max_request_size")
	require.Error(t, s.sendGRPC(t, "", big))
}

func TestWhatCannotBeTakenNowComesAgain(t *testing.T) {
	s := start(t, nil)
	s.fail = errors.New("the disk is full")
	err := s.sendGRPC(t, "", logs(record("user.name", "ana")))
	st := status.Convert(err)
	require.Equal(t, codes.Unavailable, st.Code())
	require.Contains(t, st.Message(), "the disk is full")
	require.Len(t, st.Details(), 1)
	require.Positive(t, st.Details()[0].(*errdetails.RetryInfo).RetryDelay.AsDuration())
	resp, _ := s.sendHTTP(t, nil, "application/x-protobuf", encode(t, logs(record("user.name", "ana"))))
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	require.Equal(t, "2", resp.Header.Get("Retry-After"))

	s.fail = consumererror.NewPermanent(errors.New("never"))
	require.Equal(t, codes.Internal, status.Code(s.sendGRPC(t, "", logs(record("user.name", "ana")))))

	s.fail = nil
	require.NoError(t, s.sendGRPC(t, "", logs(record("user.name", "ana"))))
}

func TestBytesInFlight(t *testing.T) {
	s := start(t, func(c *receiver.Config) { c.MaxRequestSize, c.MaxRecordSize, c.MaxInFlight = 1<<20, 1<<20, 1<<20 })
	fits := logs(record("user.name", strings.Repeat("x", 900_000)))
	require.NoError(t, s.sendGRPC(t, "", fits))
	require.NoError(t, s.sendGRPC(t, "", fits), "what was answered is free again")
	over := logs(record("user.name", strings.Repeat("x", 600_000)), record("user.name", strings.Repeat("x", 600_000)))
	err := s.sendGRPC(t, "", over)
	require.NotEqual(t, codes.OK, status.Code(err))
}

func TestTracesByMistake(t *testing.T) {
	s := start(t, nil)
	conn, err := grpc.NewClient(s.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	req := ptraceotlp.NewExportRequest()
	req.Traces().ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	_, err = ptraceotlp.NewGRPCClient(conn).Export(t.Context(), req)
	require.Equal(t, codes.Unimplemented, status.Code(err))
	require.ErrorContains(t, err, "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT")
}

func TestBrowsersOfOtherSites(t *testing.T) {
	s := start(t, func(c *receiver.Config) { c.HTTP.AllowedOrigins = []string{"https://app.example.com"} })
	body := encode(t, logs(record("user.name", "ana")))
	resp, answer := s.sendHTTP(t, http.Header{"Origin": {"https://evil.example.com"}}, "application/x-protobuf", body)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	require.Contains(t, answer, "receiver.http.allowed_origins")
	require.Empty(t, s.received())
	resp, _ = s.sendHTTP(t, http.Header{"Origin": {"https://app.example.com"}}, "application/x-protobuf", body)
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	s := start(t, nil)
	cfg := receiver.NewFactory().CreateDefaultConfig().(*receiver.Config)
	cfg.GRPC.Endpoint, cfg.HTTP.Endpoint = l.Addr().String(), freePort(t)
	r, err := receiver.NewFactory().CreateLogs(t.Context(), receivertest.NewNopSettings(receiver.Type), cfg, consumertest.NewNop())
	require.NoError(t, err)
	err = r.Start(t.Context(), s.host)
	require.ErrorContains(t, err, "receiver.grpc.endpoint")
	require.ErrorContains(t, err, "choose another endpoint")
	require.NoError(t, r.Shutdown(t.Context()))
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	hash := hashOf("x")
	for want, change := range map[string]func(*receiver.Config){
		"nothing could be received": func(c *receiver.Config) { c.GRPC.Endpoint, c.HTTP.Endpoint = "", "" },
		"`max_rate`":                senders(receiver.SenderConfig{Name: "a", TokenHashes: []string{hash}, Accounts: []string{"a"}, MaxRate: -1}),
		"max_request_size":          func(c *receiver.Config) { c.MaxRequestSize = 10 },
		"`name` must not be empty":  senders(receiver.SenderConfig{TokenHashes: []string{hash}, Accounts: []string{"a"}}),
		"is the program itself":     senders(receiver.SenderConfig{Name: "auditlog", TokenHashes: []string{hash}, Accounts: []string{"a"}}),
		"taken by another sender":   senders(receiver.SenderConfig{Name: "a", TokenHashes: []string{hash}, Accounts: []string{"a"}}, receiver.SenderConfig{Name: "a", Certificates: []string{"x"}, Accounts: []string{"a"}}),
		"a credential of sender":    senders(receiver.SenderConfig{Name: "a", TokenHashes: []string{hash}, Accounts: []string{"a"}}, receiver.SenderConfig{Name: "b", TokenHashes: []string{hash}, Accounts: []string{"a"}}),
		"needs a token hash":        senders(receiver.SenderConfig{Name: "a", Accounts: []string{"a"}}),
		"64 hex digits":             senders(receiver.SenderConfig{Name: "a", TokenHashes: []string{"x"}, Accounts: []string{"a"}}),
		"must list the accounts":    senders(receiver.SenderConfig{Name: "a", TokenHashes: []string{hash}}),
		`be ["*"] for any`:          senders(receiver.SenderConfig{Name: "a", TokenHashes: []string{hash}, Accounts: []string{"*", "a"}}),
	} {
		cfg := receiver.NewFactory().CreateDefaultConfig().(*receiver.Config)
		require.NoError(t, cfg.Validate())
		change(cfg)
		require.ErrorContains(t, cfg.Validate(), want)
	}
}
