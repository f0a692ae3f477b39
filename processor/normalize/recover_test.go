package normalize

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/auditlog/auditlog/audit"
)

// A defect cannot be brought about from outside, so this test plants one.
func TestADefectLosesNothingElse(t *testing.T) {
	n, err := newProcessor(componenttest.NewNopTelemetrySettings(), createDefaultConfig().(*Config))
	require.NoError(t, err)
	n.index.exact["planted"] = &meaning{targets: []target{{parse: func(v pcommon.Value) (candidate, verdict) { panic(v.AsString()) }}}}

	logs := plog.NewLogs()
	resource := logs.ResourceLogs().AppendEmpty()
	resource.Resource().Attributes().PutStr("planted", "x")
	records := resource.ScopeLogs().AppendEmpty().LogRecords()
	for i := range 3 {
		record := records.AppendEmpty()
		record.SetEventName("login")
		record.Attributes().PutStr(audit.AttributeID, "id")
		record.Attributes().PutStr(audit.Account.Attribute, "acme")
		record.Attributes().PutInt(audit.Received.Attribute, 1e18)
		if i == 1 {
			record.Attributes().PutStr("planted", "secret")
		}
	}
	got, err := n.process(context.Background(), logs)
	require.NoError(t, err)
	require.Equal(t, 3, got.LogRecordCount())
	for i, record := range records.All() {
		a := record.Attributes().AsRaw()
		if i != 1 {
			require.Equal(t, "login", a[audit.Action.Attribute])
			require.NotContains(t, a, audit.AttributeDeadLetterReason)
			continue
		}
		delete(a, audit.AttributeDeadLetterDetail)
		require.Equal(t, map[string]any{
			audit.AttributeID: "id", audit.Account.Attribute: "acme",
			audit.Received.Attribute: int64(1e18), audit.Time.Attribute: int64(1e18),
			audit.AttributeDeadLetterReason: string(audit.ReasonUnreadable),
		}, a)
	}
}
