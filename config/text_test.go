package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/config"
)

func TestDuration(t *testing.T) {
	for _, c := range []struct {
		text string
		want time.Duration
		back string
	}{
		{"30d", 720 * time.Hour, "30d"},
		{"1d12h", 36 * time.Hour, "1d12h"},
		{"36h", 36 * time.Hour, "1d12h"},
		{"1h30m", 90 * time.Minute, "1h30m"},
		{"1h0m5s", time.Hour + 5*time.Second, "1h0m5s"},
		{"12h", 12 * time.Hour, "12h"},
		{"90s", 90 * time.Second, "1m30s"},
		{"60s", time.Minute, "1m"},
		{"500ms", 500 * time.Millisecond, "500ms"},
		{"0", 0, "0s"},
		{"0d", 0, "0s"},
	} {
		t.Run(c.text, func(t *testing.T) {
			var d config.Duration
			require.NoError(t, d.UnmarshalText([]byte(c.text)))
			require.Equal(t, c.want, time.Duration(d))
			require.Equal(t, c.back, d.String())
			var again config.Duration
			require.NoError(t, again.UnmarshalText([]byte(c.back)))
			require.Equal(t, d, again)
		})
	}
	for _, text := range []string{"", "30", "-1h", "1d-1h", "d", "1.5d", "1d ", "30 d", "107000d", "106751d24h", "99999999999999999999d", "month"} {
		d := config.Day
		require.Error(t, d.UnmarshalText([]byte(text)), text)
		require.Equal(t, config.Day, d, text)
	}
}

func TestSize(t *testing.T) {
	for _, c := range []struct {
		text string
		want config.Size
		back string
	}{
		{"64MiB", 64 << 20, "64MiB"},
		{"10MB", 10_000_000, "10MB"},
		{"1.5GiB", 3 << 29, "1536MiB"},
		{"16 kib", 16 << 10, "16KiB"},
		{"1kB", 1000, "1kB"},
		{"128MB", 128_000_000, "128MB"},
		{"1000KiB", 1_024_000, "1000KiB"},
		{"65537", 65537, "65537"},
		{"7B", 7, "7"},
		{"2TiB", 2 << 40, "2TiB"},
		{"0", 0, "0"},
	} {
		t.Run(c.text, func(t *testing.T) {
			var s config.Size
			require.NoError(t, s.UnmarshalText([]byte(c.text)))
			require.Equal(t, c.want, s)
			require.Equal(t, c.back, s.String())
			var again config.Size
			require.NoError(t, again.UnmarshalText([]byte(c.back)))
			require.Equal(t, s, again)
		})
	}
	for _, text := range []string{"", "MiB", "-1MiB", "64M", "1.5B", "64MiB!", "1e3", "99999999TiB", "NaN"} {
		s := config.MiB
		require.Error(t, s.UnmarshalText([]byte(text)), text)
		require.Equal(t, config.MiB, s, text)
	}
}
