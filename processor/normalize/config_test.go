package normalize_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/auditlog/auditlog/processor/normalize"
)

func TestConfig(t *testing.T) {
	require.NoError(t, componenttest.CheckConfigStruct(config()))
	require.NoError(t, confmap.Validate(config()))
	for file, want := range map[string][]string{
		"good.yaml":           nil,
		"unknown_field.yaml":  {"`aliases[0]`: `field`: there is no field \"user.nmae\""},
		"stamped.yaml":        {"`aliases[0]`: `field`: \"sender\" is set by auditlog", "`aliases[1]`: `field`: \"account\" is set by auditlog", "`aliases[2]`: `from`: \"audit.sender\" is set by auditlog", "`aliases[3]`: `field` must be duration_ns"},
		"empty.yaml":          {"`aliases[0]`: `from` must name", "`keep` must not hold an empty name", "`max_lateness` must be positive"},
		"proxies.yaml":        {"`proxies[0]` must be an IP address or a network such as 10.0.0.0/8, not \"10.0.0.0/33\"", "`proxies[1]`"},
		"unknown_key.yaml":    {"alias"},
		"wrong_duration.yaml": {"max_lateness"},
	} {
		t.Run(file, func(t *testing.T) {
			conf, err := confmaptest.LoadConf(filepath.Join("testdata", file))
			require.NoError(t, err)
			cfg := config()
			err = conf.Unmarshal(cfg)
			if err == nil {
				err = confmap.Validate(cfg)
			}
			if want == nil {
				require.NoError(t, err)
				require.Equal(t, "duration_ns", cfg.Aliases[1].Field)
			}
			for _, text := range want {
				require.ErrorContains(t, err, text)
			}
		})
	}
}

func TestFactory(t *testing.T) {
	require.Equal(t, "auditlog_normalize", normalize.NewFactory().Type().String())
}
