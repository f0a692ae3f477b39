package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// event is an event as the API answers it.
type event map[string]any

// get reads from the owner's endpoint and returns the status and the body. No
// token is "".
func (s *server) get(t *testing.T, token, path string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.page+path, nil)
	require.NoError(t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, body
}

// events returns every event of the last hour, newest first, page by page.
func (s *server) events(t *testing.T, token string) []event {
	t.Helper()
	var all []event
	query := url.Values{"start": {"now-1h"}, "limit": {"1000"}}
	for {
		status, body := s.get(t, token, "/api/v1/events?"+query.Encode())
		require.Equal(t, http.StatusOK, status, "%s", body)
		var page struct {
			Events []event `json:"events"`
			Next   string  `json:"next"`
		}
		require.NoError(t, json.Unmarshal(body, &page))
		all = append(all, page.Events...)
		if page.Next == "" {
			return all
		}
		query.Set("cursor", page.Next)
	}
}

// from returns the events of a service.
func from(all []event, service string) []event {
	var list []event
	for _, e := range all {
		if e["service"] == service {
			list = append(list, e)
		}
	}
	return list
}

// newLogs returns a request of one service that holds n records, each of which
// fill completes.
func newLogs(service string, n int, fill func(i int, r plog.LogRecord)) plog.Logs {
	logs := plog.NewLogs()
	resource := logs.ResourceLogs().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", service)
	records := resource.ScopeLogs().AppendEmpty().LogRecords()
	for i := range n {
		r := records.AppendEmpty()
		r.SetTimestamp(pcommon.NewTimestampFromTime(time.Now()))
		r.Attributes().PutStr("user.name", "ana")
		r.Attributes().PutStr("audit.action", "test")
		fill(i, r)
	}
	return logs
}

// one is a record whose attributes are complete.
func one(service string) plog.Logs { return newLogs(service, 1, func(int, plog.LogRecord) {}) }

// dial connects to the gRPC endpoint. Requests of any size may be sent.
func (s *server) dial(t *testing.T) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(s.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(1<<30)))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// send exports logs over gRPC as a sender without a token.
func (s *server) send(t *testing.T, logs plog.Logs) error {
	t.Helper()
	_, err := plogotlp.NewGRPCClient(s.dial(t)).Export(t.Context(), plogotlp.NewExportRequestFromLogs(logs))
	return err
}

// post sends a body to the HTTP endpoint and returns the answer's status and body.
func (s *server) post(t *testing.T, path, contentType string, body []byte, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.http+path, bytes.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", contentType)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(answer)
}

const protobuf = "application/x-protobuf"

func encode(t *testing.T, logs plog.Logs) []byte {
	t.Helper()
	body, err := plogotlp.NewExportRequestFromLogs(logs).MarshalProto()
	require.NoError(t, err)
	return body
}
