package config_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/healthcheckextension"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"

	"github.com/auditlog/auditlog/config"
)

// full sets every setting to something other than its default.
const full = "testdata/full.yaml"

func loadFull(t *testing.T) config.Config {
	t.Helper()
	t.Setenv("BILLING_TOKEN", "correct-horse-battery")
	c, err := config.Load(full, nil)
	require.NoError(t, err)
	return c
}

func TestCollector(t *testing.T) {
	c := config.Default()
	c.Telemetry.Logs.Format = "json" // auto depends on the terminal
	golden(t, "collector_default.yaml", mustYAML(t, c.Collector()))
	golden(t, "collector_full.yaml", mustYAML(t, loadFull(t).Collector()))
}

func TestMasked(t *testing.T) {
	text, err := loadFull(t).Masked()
	require.NoError(t, err)
	golden(t, "masked.yaml", string(text))
}

func TestCollectorOfWhatIsOff(t *testing.T) {
	c := config.Default()
	c.Telemetry.Metrics.Endpoint, c.Telemetry.Health.Endpoint = "", ""
	require.NoError(t, c.Validate())
	conf := confmap.NewFromStringMap(c.Collector())
	require.Equal(t, "none", conf.Get("service::telemetry::metrics::level"))
	require.False(t, conf.IsSet("extensions::health_check"))
	require.Equal(t, []any{"auditlog_store", "auditlog_search"}, conf.Get("service::extensions"))
}

func TestLatenessIsNeverLongerThanRetention(t *testing.T) {
	c := config.Default()
	c.Store.Retention = 2 * config.Day
	require.NoError(t, c.Validate())
	require.Equal(t, "48h0m0s", confmap.NewFromStringMap(c.Collector()).Get("processors::auditlog_normalize::max_lateness"))
}

// resolve returns the configuration as a Collector gets it.
func resolve(t *testing.T, c config.Config) *confmap.Conf {
	t.Helper()
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs:              []string{config.Scheme + ":"},
		ProviderFactories: []confmap.ProviderFactory{config.Provider(c)},
	})
	require.NoError(t, err)
	conf, err := resolver.Resolve(context.Background())
	require.NoError(t, err)
	require.NoError(t, resolver.Shutdown(context.Background()))
	return conf
}

func TestProviderKeepsEveryValue(t *testing.T) {
	c := loadFull(t) // it holds values with $, $$ and ${…}
	want := confmap.NewFromStringMap(c.Collector()).ToStringMap()
	require.Equal(t, want, resolve(t, c).ToStringMap())
}

func TestProviderServesOneURI(t *testing.T) {
	p := config.Provider(config.Default()).Create(confmap.ProviderSettings{})
	_, err := p.Retrieve(context.Background(), "auditlog:other", nil)
	require.ErrorContains(t, err, "auditlog:other")
}

// TestUpstreamTakesItsParts holds the sections of upstream's own components
// against their factories.
func TestUpstreamTakesItsParts(t *testing.T) {
	for name, c := range map[string]config.Config{"default": config.Default(), "full": loadFull(t)} {
		conf := resolve(t, c)
		for section, into := range map[string]any{
			"processors::memory_limiter": memorylimiterprocessor.NewFactory().CreateDefaultConfig(),
			"extensions::health_check":   healthcheckextension.NewFactory().CreateDefaultConfig(),
			"service::telemetry":         otelconftelemetry.NewFactory().CreateDefaultConfig(),
		} {
			sub, err := conf.Sub(section)
			require.NoError(t, err, name, section)
			require.NoError(t, sub.Unmarshal(into), name, section)
			require.NoError(t, confmap.Validate(into), name, section)
		}
	}
}

func TestWarnings(t *testing.T) {
	c := config.Default()
	c.Receiver.GRPC.Endpoint = "0.0.0.0:4317"
	c.Receiver.HTTP.Endpoint = "audit.internal:4318"
	c.Search.Endpoint, c.Search.TrustedProxy = ":8080", true
	require.NoError(t, c.Validate())
	require.Len(t, c.Warnings(), 3)

	pem := filepath.Join(t.TempDir(), "server.pem")
	require.NoError(t, os.WriteFile(pem, nil, 0o600))
	tls := config.TLS{CertFile: pem, KeyFile: pem}
	c.Receiver.GRPC.TLS, c.Receiver.HTTP.TLS = tls, tls
	c.Search.URL = "https://audit.example.com"
	require.NoError(t, c.Validate())
	require.Empty(t, c.Warnings())
}

func TestLoopback(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"127.0.0.1:1": true, "127.8.8.8:1": true, "[::1]:1": true, "localhost:1": true, "[::ffff:127.0.0.1]:1": true,
		":1": false, "0.0.0.0:1": false, "[::]:1": false, "10.0.0.1:1": false, "localhost.example.com:1": false, "127.0.0.1": false,
	} {
		require.Equal(t, want, config.Loopback(endpoint), endpoint)
	}
}
