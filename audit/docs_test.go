package audit_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
)

var update = flag.Bool("update", false, "write docs/fields.md anew")

var kindNames = map[audit.Kind]string{
	audit.Text: "text", audit.List: "list of text", audit.Number: "number", audit.Flag: "true or false", audit.Instant: "time", audit.Object: "JSON object",
}

// TestDocs holds docs/fields.md equal to the table.
func TestDocs(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# The fields of an event

One table in ` + "`audit/field.go`" + `, from which normalization, storage, the API and the page's columns are derived. This page is made from it: ` + "`go test ./audit -update`" + `.

Send the canonical attribute, or any of the accepted ones; the first found wins. Attributes may sit on the log record, in its structured or JSON-text body, on the scope or on the resource, in that order. Nested maps and dotted names are the same thing. What is in no row is not stored, unless ` + "`processor.normalize.keep`" + ` names it. More rules, for times, outcomes, addresses and impersonation, are in [the README of the normalizer](../processor/normalize/README.md).

| in the API | column | canonical attribute | in Elasticsearch | type, bytes at most | also accepted | meaning |
|---|---|---|---|---|---|---|
`)
	code := func(s string) string { return "`" + s + "`" }
	for f := range audit.Fields() {
		var from []string
		for _, name := range f.From {
			from = append(from, code(name))
		}
		accepted := strings.Join(from, ", ")
		if f.Stamped {
			accepted = "nothing: only auditlog sets it"
		}
		kind := kindNames[f.Kind]
		if f.Max > 0 {
			kind += fmt.Sprintf(", %d", f.Max)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", code(f.Name), f.Title, code(f.Attribute), code(f.ECS), kind, accepted, f.Meaning)
	}
	const path = "../docs/fields.md"
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, b.String(), string(got), "run: go test ./audit -update")
}
