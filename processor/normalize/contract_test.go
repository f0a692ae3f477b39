package normalize_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/auditlog/auditlog/audit"
)

// checkContract holds logs to what later stages rely on.
func checkContract(t testing.TB, logs plog.Logs) {
	t.Helper()
	for _, resource := range logs.ResourceLogs().All() {
		require.Zero(t, resource.Resource().Attributes().Len())
		require.Empty(t, resource.SchemaUrl())
		for _, scope := range resource.ScopeLogs().All() {
			require.Zero(t, scope.Scope().Attributes().Len())
			require.Empty(t, scope.Scope().Name()+scope.Scope().Version()+scope.SchemaUrl())
			for _, record := range scope.LogRecords().All() {
				checkRecord(t, record)
			}
		}
	}
}

func checkRecord(t testing.TB, record plog.LogRecord) {
	t.Helper()
	empty := plog.NewLogRecord()
	record.Attributes().CopyTo(empty.Attributes())
	empty.SetTimestamp(record.Timestamp())
	require.Equal(t, empty, record, "only attributes and the time are left")

	seen := map[string]bool{}
	for name, v := range record.Attributes().All() {
		require.False(t, seen[name], "%s twice", name)
		seen[name] = true
		checkAttribute(t, name, v)
	}
	for _, f := range []*audit.Field{audit.Time, audit.Received, audit.Status} {
		require.True(t, seen[f.Attribute] || seen[audit.AttributeDeadLetterReason], f.Attribute)
	}
	at, _ := record.Attributes().Get(audit.Time.Attribute)
	received, _ := record.Attributes().Get(audit.Received.Attribute)
	require.Equal(t, at.Int(), int64(record.Timestamp()))
	require.LessOrEqual(t, at.Int(), received.Int()+int64(10*time.Minute))
	require.GreaterOrEqual(t, at.Int(), received.Int()-int64(7*24*time.Hour))
}

var identity = map[string]pcommon.ValueType{
	audit.AttributeID:               pcommon.ValueTypeStr,
	audit.AttributeFingerprint:      pcommon.ValueTypeBytes,
	audit.AttributeDeadLetterReason: pcommon.ValueTypeStr,
	audit.AttributeDeadLetterDetail: pcommon.ValueTypeStr,
	audit.AttributeDeadLetterAsked:  pcommon.ValueTypeStr,
	audit.AttributeDeadLetterNames:  pcommon.ValueTypeSlice,
}

var kinds = map[audit.Kind]pcommon.ValueType{
	audit.Text:    pcommon.ValueTypeStr,
	audit.List:    pcommon.ValueTypeSlice,
	audit.Number:  pcommon.ValueTypeInt,
	audit.Flag:    pcommon.ValueTypeBool,
	audit.Instant: pcommon.ValueTypeInt,
	audit.Object:  pcommon.ValueTypeMap,
}

func checkAttribute(t testing.TB, name string, v pcommon.Value) {
	t.Helper()
	if kind, ok := identity[name]; ok {
		require.Equal(t, kind, v.Type(), name)
		return
	}
	for _, raw := range append([]string{audit.DurationNS.Attribute}, audit.DurationNS.From...) {
		if name == raw {
			return
		}
	}
	f := audit.ByAttribute(name)
	require.NotNil(t, f, "%s is in no row", name)
	require.Equal(t, kinds[f.Kind], v.Type(), name)
	switch v.Type() {
	case pcommon.ValueTypeStr:
		checkText(t, f, v.Str())
	case pcommon.ValueTypeSlice:
		require.NotZero(t, v.Slice().Len(), name)
		for _, item := range v.Slice().All() {
			require.Equal(t, pcommon.ValueTypeStr, item.Type(), name)
			checkText(t, f, item.Str())
		}
	case pcommon.ValueTypeMap:
		require.True(t, json.Valid([]byte(v.AsString())))
		require.NotZero(t, v.Map().Len(), name)
	}
	if f == audit.StatusCode {
		require.True(t, 100 <= v.Int() && v.Int() <= 599)
	}
}

func checkText(t testing.TB, f *audit.Field, s string) {
	t.Helper()
	require.NotEmpty(t, strings.TrimSpace(s), f.Attribute)
	require.True(t, utf8.ValidString(s), f.Attribute)
	if f == audit.Request {
		require.LessOrEqual(t, len(s), 1<<20)
	}
	if f == audit.Status {
		require.Contains(t, []string{"success", "failure", "unknown"}, s)
	}
}
