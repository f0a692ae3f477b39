package e2e_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadmeShowsTheExamples holds what the README shows equal to what the other
// tests run.
func TestReadmeShowsTheExamples(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	for _, path := range []string{"go/main.go", "python/send.py", "javascript/send.mjs", "java/src/main/java/Send.java"} {
		code, err := os.ReadFile("../examples/" + path)
		require.NoError(t, err)
		require.Contains(t, string(readme), "\n"+strings.TrimSpace(string(code))+"\n", "the README shows another examples/%s", path)
	}
}
