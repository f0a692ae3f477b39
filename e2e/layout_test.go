package e2e_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/auditlog/auditlog"

// mayImport lists for each part of the program the parts that it may import.
// Imports point one way: cmd → {receiver, processor, exporter, search} → store →
// audit, with redact below.
var mayImport = map[string][]string{
	"audit":                      {},
	"redact":                     {},
	"store":                      {"audit", "redact", "internal/loopback", "store"},
	"receiver":                   {"audit", "redact", "store", "receiver"},
	"processor/normalize":        {"audit", "redact", "store"},
	"processor/redact":           {"audit", "redact", "store"},
	"processor/duration":         {"audit", "redact", "store"},
	"exporter":                   {"audit", "redact", "store"},
	"search":                     {"audit", "redact", "internal/loopback", "store", "search"},
	"config":                     {"audit", "redact", "internal/loopback", "store", "processor/redact"}, // it checks what the processor will be given
	"cmd":                        {"audit", "redact", "store", "receiver", "processor/normalize", "processor/redact", "processor/duration", "exporter", "search", "config", "internal/heap", "cmd"},
	"internal/browsertest":       {},
	"internal/heap":              {},
	"internal/loopback":          {},
	"internal/oidctest":          {},
	"internal/elasticsearchtest": {},
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

// TestImportsPointOneWay also finds a new folder that nobody gave a place.
func TestImportsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.ImportPath, module+"/")
		if len(p.Imports) == 0 || slices.Contains([]string{"e2e", "bench", "examples"}, firstPart(path)) {
			continue
		}
		allowed, known := mayImport[part(path)]
		require.True(t, known, "%s has no place in the layout", path)
		for _, imported := range p.Imports {
			if imported, ok := strings.CutPrefix(imported, module+"/"); ok {
				require.Contains(t, allowed, part(imported), "%s imports %s", path, imported)
			}
		}
	}
}

// part is the part of the program to which a package belongs.
func part(path string) string {
	parts := strings.Split(path, "/")
	if (parts[0] == "processor" || parts[0] == "internal") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

func firstPart(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	require.NoError(t, err)
	var list []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		list = append(list, p)
	}
	require.Greater(t, len(list), 5)
	return list
}
