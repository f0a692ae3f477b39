package search

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"

	"github.com/auditlog/auditlog/store"
)

// Config configures the owner's endpoint.
type Config struct {
	// Endpoint is the address at which it listens.
	Endpoint string `mapstructure:"endpoint"`
	// URL is how browsers reach the endpoint; "" is http(s)://Endpoint.
	URL string `mapstructure:"url"`
	// TLS is needed beyond loopback, unless TrustedProxy is set.
	TLS configoptional.Optional[configtls.ServerConfig] `mapstructure:"tls"`
	// TrustedProxy declares that only a proxy that ends TLS reaches the endpoint.
	TrustedProxy bool `mapstructure:"trusted_proxy"`
	// SessionIdle is after how much time without a request a session ends.
	SessionIdle time.Duration `mapstructure:"session_idle"`
	// SessionLifetime is after how much time a session ends in any case.
	SessionLifetime time.Duration `mapstructure:"session_lifetime"`
	// Store is the id of the extension that owns the store.
	Store component.ID `mapstructure:"store"`
}

func createDefaultConfig() component.Config {
	return &Config{
		Endpoint:        "127.0.0.1:8080",
		SessionIdle:     time.Hour,
		SessionLifetime: 12 * time.Hour,
		Store:           component.NewID(store.Type),
	}
}

// Validate implements [component.ConfigValidator].
func (c *Config) Validate() error {
	var errs []error
	if host, _, err := net.SplitHostPort(c.Endpoint); err != nil {
		errs = append(errs, fmt.Errorf("`endpoint` %q must be host:port", c.Endpoint))
	} else if !loopbackHost(host) && !c.TLS.HasValue() && !c.TrustedProxy {
		errs = append(errs, fmt.Errorf("`endpoint` %q is reachable from other machines: set `tls`, or declare a proxy that ends TLS with `trusted_proxy: true`", c.Endpoint))
	}
	if u, err := url.Parse(c.URL); c.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		errs = append(errs, fmt.Errorf("`url` %q must be an http or https URL", c.URL))
	}
	if c.SessionIdle <= 0 || c.SessionLifetime < c.SessionIdle {
		errs = append(errs, errors.New("`session_idle` must be positive, and `session_lifetime` at least as long"))
	}
	return errors.Join(errs...)
}

// base returns the URL at which browsers reach the endpoint that listens at
// address, without a slash at its end.
func (c *Config) base(address string) *url.URL {
	if c.URL != "" {
		if u, err := url.Parse(c.URL); err == nil {
			return &url.URL{Scheme: u.Scheme, Host: u.Host}
		}
	}
	scheme := "http"
	if c.TLS.HasValue() {
		scheme = "https"
	}
	return &url.URL{Scheme: scheme, Host: address}
}

func loopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
