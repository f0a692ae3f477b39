package duration

import (
	"fmt"
	"time"
)

// Config is the processor's configuration.
type Config struct {
	// Unit of a number that is sent without one, as `duration` or `elapsed`:
	// ns, us, ms or s.
	Unit string `mapstructure:"unit"`
}

var units = map[string]time.Duration{
	"ns": time.Nanosecond,
	"us": time.Microsecond,
	"ms": time.Millisecond,
	"s":  time.Second,
}

// Validate reports a unit that is none.
func (c *Config) Validate() error {
	if _, ok := units[c.Unit]; !ok {
		return fmt.Errorf("`unit` must be one of ns, us, ms, s, not %q", c.Unit)
	}
	return nil
}
