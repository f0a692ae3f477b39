package audit_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
)

func TestDurationText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                 "0 ms",
		1:                                 "<1 ms",
		999_999:                           "<1 ms",
		time.Millisecond:                  "1 ms",
		1_499_999:                         "1 ms",
		1_500_000:                         "2 ms",
		842 * time.Millisecond:            "842 ms",
		999_499_999:                       "999 ms",
		999_500_000:                       "1 s",
		999_700_000:                       "1 s",
		time.Second:                       "1 s",
		1_004_999_999:                     "1 s",
		1_005_000_000:                     "1.01 s",
		1_100_000_000:                     "1.1 s",
		1_240_000_000:                     "1.24 s",
		1_995_000_000:                     "2 s",
		75 * time.Second:                  "75 s",
		time.Hour:                         "3600 s",
		time.Hour + 10*time.Millisecond:   "3600.01 s",
		time.Duration(math.MaxInt64):      "9223372036.85 s",
		-1:                                "",
		time.Duration(math.MinInt64):      "",
		-time.Second - 5*time.Millisecond: "",
	} {
		require.Equal(t, want, audit.DurationText(d), "%d ns", d)
	}
}

func FuzzDurationText(f *testing.F) {
	f.Add(int64(999_500_000))
	f.Fuzz(func(t *testing.T, ns int64) {
		text := audit.DurationText(time.Duration(ns))
		require.NotContains(t, text, "1000 ms")
		require.Equal(t, ns < 0, text == "")
		if ns >= int64(time.Second) {
			require.True(t, strings.HasSuffix(text, " s"), text)
		}
	})
}
