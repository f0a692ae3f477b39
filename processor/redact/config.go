package redactprocessor

import (
	"fmt"
	"slices"

	"go.opentelemetry.io/collector/component"

	"github.com/auditlog/auditlog/audit"
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
	// AllowValues are values that stay though they look like secrets, exactly as
	// written. Under the name of a secret they go all the same.
	AllowValues []string `mapstructure:"allow_values"`
	// Fields says what becomes of single fields, after redaction.
	Fields []Field `mapstructure:"fields"`
	// Fingerprints adds audit.redaction.fingerprints: a keyed hash, for the account,
	// of each removed secret that nobody could guess.
	Fingerprints bool `mapstructure:"fingerprints"`
	// FingerprintKeyFile names the file with the key of fingerprints and hashes;
	// empty is the environment variable AUDITLOG_FINGERPRINT_KEY.
	FingerprintKeyFile string `mapstructure:"fingerprint_key_file"`
	// ClosedList removes all attributes that are no fields of an audit event. In
	// a pipeline of other logs it is false: every attribute stays, redacted.
	ClosedList bool `mapstructure:"closed_list"`
}

// A Pattern is a named regular expression.
type Pattern struct {
	Name       string `mapstructure:"name"`
	Expression string `mapstructure:"expression"`
}

// A Field has a policy: drop, mask, hash or last4. Field is the name of a field
// of audit events, such as user.email, or of an attribute.
type Field struct {
	Field  string `mapstructure:"field"`
	Policy string `mapstructure:"policy"`
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
	rules := redact.Config{
		Request: c.Request, MaxRequest: c.MaxRequestSize, Keys: c.Keys, AllowKeys: c.AllowKeys, AllowValues: c.AllowValues,
		Fingerprints: c.Fingerprints,
	}
	for i, f := range c.Fields {
		if field := audit.ByName(f.Field); c.ClosedList && field != nil && Untouchable(field) {
			return nil, fmt.Errorf("fields[%d] %q: no event can be without it", i, f.Field)
		}
		rules.Fields = append(rules.Fields, redact.Policy(f))
	}
	if c.needsKey() {
		var err error
		if rules.Key, err = ReadKey(c.FingerprintKeyFile); err != nil {
			return nil, err
		}
	}
	for _, p := range c.Patterns {
		rules.Patterns = append(rules.Patterns, redact.Pattern(p))
	}
	return redact.New(rules)
}

// needsKey reports whether anything is hashed.
func (c *Config) needsKey() bool {
	return c.Fingerprints || slices.ContainsFunc(c.Fields, func(f Field) bool { return f.Policy == redact.PolicyHash })
}

// Untouchable reports whether a field can have no policy: it says where an event
// belongs, or what was done to it.
func Untouchable(f *audit.Field) bool {
	switch f {
	case audit.Time, audit.Received, audit.Account, audit.Sender, audit.Redactions, audit.Fingerprints, audit.TimeReported, audit.Late, audit.IDConflict,
		audit.DurationNS, audit.Duration, audit.Attributes:
		return true
	}
	return false
}
