package receiver

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"

	"github.com/auditlog/auditlog/store"
)

// AnyAccount grants a sender every account.
const AnyAccount = store.AnyAccount

// Config configures the receiver. An endpoint that is empty is not served.
type Config struct {
	GRPC GRPCConfig `mapstructure:"grpc"`
	HTTP HTTPConfig `mapstructure:"http"`

	// MaxRequestSize is the largest request that is read, in bytes after
	// decompression.
	MaxRequestSize int `mapstructure:"max_request_size"`
	// MaxRecordSize is the largest record that becomes an event, in bytes; a
	// larger one becomes a dead letter.
	MaxRecordSize int `mapstructure:"max_record_size"`
	// MaxInFlight is how many bytes of requests are worked on at the same time;
	// what comes on top is told to come again.
	MaxInFlight int `mapstructure:"max_in_flight"`

	// MaxRate is how many records a second a sender may send, unless it has a
	// rate of its own; 0 is no limit. A burst may last ten seconds.
	MaxRate int `mapstructure:"max_rate"`

	// Senders lists who may send. While it is empty, senders without a token are
	// taken from this machine, for account [store.DefaultAccount]. Sender tokens
	// of the installation are taken in any case.
	Senders []SenderConfig `mapstructure:"senders"`

	// Store is the id of the extension that owns the store.
	Store component.ID `mapstructure:"store"`
}

// GRPCConfig configures OTLP/gRPC.
type GRPCConfig struct {
	Endpoint string                                          `mapstructure:"endpoint"`
	TLS      configoptional.Optional[configtls.ServerConfig] `mapstructure:"tls"`
}

// HTTPConfig configures OTLP/HTTP.
type HTTPConfig struct {
	Endpoint string                                          `mapstructure:"endpoint"`
	TLS      configoptional.Optional[configtls.ServerConfig] `mapstructure:"tls"`
	// AllowedOrigins are the values of a browser's Origin header that may send.
	AllowedOrigins []string `mapstructure:"allowed_origins"`
}

// SenderConfig is one sender: how it proves who it is, and what it may write.
type SenderConfig struct {
	// Name is stamped on every event of the sender.
	Name string `mapstructure:"name"`
	// TokenHashes are SHA-256 hashes, in hex, of its bearer tokens.
	TokenHashes []string `mapstructure:"token_hashes"`
	// Certificates are subject common names, or DNS or URI alternative names, of
	// its client certificates.
	Certificates []string `mapstructure:"certificates"`
	// Accounts are the accounts it may write to; ["*"] is any. With more than
	// one, each record names its account.
	Accounts []string `mapstructure:"accounts"`
	// MaxRate is how many records a second it may send; 0 is [Config.MaxRate].
	MaxRate int `mapstructure:"max_rate"`
}

func createDefaultConfig() component.Config {
	return &Config{
		GRPC:           GRPCConfig{Endpoint: "127.0.0.1:4317"},
		HTTP:           HTTPConfig{Endpoint: "127.0.0.1:4318"},
		MaxRequestSize: 64 << 20,
		MaxRecordSize:  1 << 20,
		MaxInFlight:    256 << 20,
		Store:          component.NewID(store.Type),
	}
}

// Validate implements [component.ConfigValidator].
func (c *Config) Validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.GRPC.Endpoint == "" && c.HTTP.Endpoint == "" {
		fail("`grpc.endpoint` and `http.endpoint` are both empty: nothing could be received")
	}
	if c.MaxRecordSize < 1024 || c.MaxRequestSize < c.MaxRecordSize || c.MaxInFlight < c.MaxRequestSize {
		fail("`max_record_size` must be at least 1024, `max_request_size` at least that, and `max_in_flight` at least `max_request_size`")
	}
	if c.MaxRate < 0 || slices.ContainsFunc(c.Senders, func(s SenderConfig) bool { return s.MaxRate < 0 }) {
		fail("`max_rate` must not be negative")
	}
	names, credentials := map[string]bool{}, map[string]string{}
	for i, s := range c.Senders {
		at := fmt.Sprintf("`senders[%d]`", i)
		if s.Name == "" || s.Name == store.Own {
			fail("%s: `name` must not be empty, nor %q, which is the program itself", at, store.Own)
		}
		if names[s.Name] {
			fail("%s: `name` %q is taken by another sender", at, s.Name)
		}
		names[s.Name] = true
		if len(s.TokenHashes)+len(s.Certificates) == 0 {
			fail("%s: %q needs a token hash or a certificate", at, s.Name)
		}
		for _, credential := range slices.Concat(s.TokenHashes, s.Certificates) {
			if other, taken := credentials[credential]; taken {
				fail("%s: %q has a credential of sender %q", at, s.Name, other)
			}
			credentials[credential] = s.Name
		}
		for _, h := range s.TokenHashes {
			if b, err := hex.DecodeString(h); err != nil || len(b) != 32 {
				fail("%s: `token_hashes` of %q must be SHA-256 hashes of 64 hex digits", at, s.Name)
			}
		}
		if len(s.Accounts) == 0 || slices.Contains(s.Accounts, "") || len(s.Accounts) > 1 && slices.Contains(s.Accounts, AnyAccount) {
			fail("%s: `accounts` of %q must list the accounts that it may write to, or be [%q] for any", at, s.Name, AnyAccount)
		}
	}
	return errors.Join(errs...)
}
