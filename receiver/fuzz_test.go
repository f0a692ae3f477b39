package receiver_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"

	"github.com/auditlog/auditlog/audit"
)

// FuzzOTLP sends anything as OTLP: it is taken or refused as the client's fault,
// and what is taken has an identity.
func FuzzOTLP(f *testing.F) {
	l := logs(record("audit.event.id", "1", "user.name", "ana", "action", "update"), record("organization.id", "acme"))
	l.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Body().SetEmptyMap().PutEmptySlice("a").AppendEmpty().SetInt(1)
	request := plogotlp.NewExportRequestFromLogs(l)
	proto, err := request.MarshalProto()
	require.NoError(f, err)
	text, err := request.MarshalJSON()
	require.NoError(f, err)
	f.Add(proto, false)
	f.Add(text, true)
	f.Add([]byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"-1","body":{"kvlistValue":{"values":[{}]}}}]}]}]}`), true)
	f.Add([]byte{}, false)
	s := start(f, nil)
	f.Fuzz(func(t *testing.T, body []byte, isJSON bool) {
		contentType := "application/x-protobuf"
		if isJSON {
			contentType = "application/json"
		}
		s.sink.Reset()
		resp, err := http.Post("http://"+s.http+"/v1/logs", contentType, bytes.NewReader(body))
		require.NoError(t, err)
		answer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Less(t, resp.StatusCode, http.StatusInternalServerError, string(answer))
		for _, taken := range s.sink.AllLogs() {
			eachRecord(taken, func(r plog.LogRecord) {
				id, ok := r.Attributes().Get(audit.AttributeID)
				require.True(t, ok)
				require.Len(t, id.AsString(), 32)
			})
		}
	})
}

func eachRecord(l plog.Logs, do func(plog.LogRecord)) {
	for _, resource := range l.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, r := range scope.LogRecords().All() {
				do(r)
			}
		}
	}
}
