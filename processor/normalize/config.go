package normalize

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/auditlog/auditlog/audit"
)

// Config is the processor's configuration.
type Config struct {
	// Aliases are further spellings of fields; they come after the built-in ones.
	Aliases []Alias `mapstructure:"aliases"`
	// Keep names attributes that are kept although they are in no row of the
	// table: dotted names, each with all that is below it, or "*" for all.
	Keep []string `mapstructure:"keep"`
	// Proxies are the addresses (IP or CIDR) of the proxies whose
	// X-Forwarded-For is believed.
	Proxies []string `mapstructure:"proxies"`
	// MaxLateness is how long after its time an event may be received and still
	// be filed at its time.
	MaxLateness time.Duration `mapstructure:"max_lateness"`
}

// An Alias adds spellings to a field.
type Alias struct {
	Field string   `mapstructure:"field"` // the field's name in the API
	From  []string `mapstructure:"from"`  // dotted names of attributes, the first found wins
}

// Validate reports everything that is wrong.
func (c *Config) Validate() error {
	var errs []error
	for i, a := range c.Aliases {
		if err := a.check(); err != nil {
			errs = append(errs, fmt.Errorf("`aliases[%d]`: %w", i, err))
		}
	}
	if slices.Contains(c.Keep, "") {
		errs = append(errs, errors.New("`keep` must not hold an empty name"))
	}
	if _, err := parseProxies(c.Proxies); err != nil {
		errs = append(errs, err)
	}
	if c.MaxLateness <= 0 {
		errs = append(errs, fmt.Errorf("`max_lateness` must be positive, not %s", c.MaxLateness))
	}
	return errors.Join(errs...)
}

func (a Alias) check() error {
	f := audit.ByName(a.Field)
	switch {
	case f == audit.Duration:
		return errors.New("`field` must be duration_ns to add a spelling of the duration")
	case f == nil:
		return fmt.Errorf("`field`: there is no field %q", a.Field)
	case f.Stamped || f == audit.Account:
		return fmt.Errorf("`field`: %q is set by auditlog and cannot be sent", a.Field)
	case len(a.From) == 0 || slices.Contains(a.From, ""):
		return fmt.Errorf("`from` must name the attributes that hold %q", a.Field)
	}
	for _, name := range a.From {
		if owned[name] {
			return fmt.Errorf("`from`: %q is set by auditlog and cannot be sent", name)
		}
	}
	return nil
}

func parseProxies(list []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	var errs []error
	for i, s := range list {
		if p, err := netip.ParsePrefix(s); err == nil {
			prefixes = append(prefixes, p.Masked())
		} else if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
			a = a.Unmap()
			prefixes = append(prefixes, netip.PrefixFrom(a, a.BitLen()))
		} else {
			errs = append(errs, fmt.Errorf("`proxies[%d]` must be an IP address or a network such as 10.0.0.0/8, not %q", i, s))
		}
	}
	return prefixes, errors.Join(errs...)
}
