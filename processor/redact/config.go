package redactprocessor

import (
	"fmt"

	"go.opentelemetry.io/collector/component"

	"github.com/auditlog/auditlog/redact"
)

// Config of the processor.
type Config struct {
	// Request is how much of a request body is kept: full (keys and short
	// harmless values), keys, or none.
	Request string `mapstructure:"request"`
	// MaxRequestSize is the length of a request summary in bytes.
	MaxRequestSize int `mapstructure:"max_request_size"`
	// Keys are further names of secrets; case and separators do not matter.
	Keys []string `mapstructure:"keys"`
	// AllowKeys are names that only sound like those of secrets.
	AllowKeys []string `mapstructure:"allow_keys"`
	// Patterns are further values that go, as regular expressions (RE2).
	Patterns []Pattern `mapstructure:"patterns"`
	// ClosedList removes all attributes that are no fields of an audit event. In
	// a pipeline of other logs it is false: every attribute stays, redacted.
	ClosedList bool `mapstructure:"closed_list"`
}

// A Pattern is a named regular expression.
type Pattern struct {
	Name       string `mapstructure:"name"`
	Expression string `mapstructure:"expression"`
}

var _ component.Config = (*Config)(nil)

func createDefaultConfig() component.Config {
	return &Config{Request: redact.RequestFull, MaxRequestSize: redact.DefaultMaxRequest, ClosedList: true}
}

// Validate reports every rule that is wrong.
func (c *Config) Validate() error {
	if c.MaxRequestSize <= 0 {
		return fmt.Errorf("max_request_size: must be positive, not %d", c.MaxRequestSize)
	}
	_, err := c.engine()
	return err
}

func (c *Config) engine() (*redact.Engine, error) {
	rules := redact.Config{Request: c.Request, MaxRequest: c.MaxRequestSize, Keys: c.Keys, AllowKeys: c.AllowKeys}
	for _, p := range c.Patterns {
		rules.Patterns = append(rules.Patterns, redact.Pattern(p))
	}
	return redact.New(rules)
}
