package audit_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
)

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                       nil,
		" -./ ":                                  nil,
		"Delete the prod-db":                     {"delete", "the", "prod", "db"},
		`{"größe":"GROSS","n":12.5}`:             {"größe", "gross", "n", "12", "5"},
		"ana.ruiz@example.com":                   {"ana", "ruiz", "example", "com"},
		"\u4f60\u597d, e\u0301t\u00e9\x00x \xff": {"\u4f60\u597d", "e\u0301t\u00e9", "x"},
		"ConnectionString_v2":                    {"connectionstring", "v2"},
	} {
		require.Equal(t, want, slices.Collect(audit.Words(text)), text)
	}
}
