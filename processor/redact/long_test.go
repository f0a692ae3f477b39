package redactprocessor_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLongTextsHideNoHalves puts a secret where a text that is too long is cut, behind one that
// makes what is stored short: no part of it may be stored.
func TestLongTextsHideNoHalves(t *testing.T) {
	run := pipeline(t, "*")
	card := "4111" + "111111111111"
	token := "gh" + "p_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
	long := strings.Repeat("Zq7xW2", 1<<14)
	for _, at := range []string{"message", "note", "user.name", "audit.entity.id", "url.path", "error.type", "impersonation.reason", "http.request.body"} {
		for n, limit := range []int{256, 1 << 10, 1<<10 + 8<<10, 16 << 10, 24 << 10, 32 << 10} {
			if race && n%3 != 2 {
				continue // each takes ten times as long
			}
			for _, secret := range []string{card, token} {
				for _, half := range []int{len(secret) / 2, len(secret) - 1} {
					head := "reported by bob: password=" + long
					text := head[:max(40, limit-half-7)] + " after " + secret + " and " + strings.Repeat("more of it ", 3000)
					out := written(run(record(attribute(at), text)))
					require.NotContains(t, out, secret[:8], "%s: %d, %d", at, limit, half)
				}
			}
		}
	}
}

// TestLongTextsKeepTheirBeginning reads the facts at the beginning of a text that is too long.
func TestLongTextsKeepTheirBeginning(t *testing.T) {
	run := pipeline(t)
	for _, size := range []int{2 << 10, 20 << 10, 30 << 10, 100 << 10, 900 << 10} {
		out := written(run(record(attribute("message"), "rule 17 was changed by bob, "+strings.Repeat("and more is said of it ", size/23))))
		require.Contains(t, out, "rule 17 was changed by bob", size)
		out = written(run(record(attribute("http.request.body"), `{"rule":"r-17","note":"`+strings.Repeat("and more is said of it ", size/23)+`"}`)))
		require.Contains(t, out, "r-17", size)
	}
}
