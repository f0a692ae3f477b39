package redact

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What may become of a field beyond the rules.
const (
	PolicyDrop  = "drop"  // it is not stored
	PolicyMask  = "mask"  // it is replaced by a marker
	PolicyHash  = "hash"  // it is replaced by a keyed hash, the same for the same value in an account
	PolicyLast4 = "last4" // its last four characters stay, if it has eight or more
)

// Policies lists them.
var Policies = []string{PolicyDrop, PolicyMask, PolicyHash, PolicyLast4}

// A Policy says what becomes of a field.
type Policy struct {
	Field  string // name of the field or attribute
	Policy string // one of [Policies]
}

const (
	ruleMask  = "mask"
	ruleHash  = "hash"
	ruleLast4 = "last4"
	ruleDrop  = "drop"
)

// addPolicies checks the policies of fields.
func (e *Engine) addPolicies(list []Policy, key Key) error {
	var errs []error
	for i, f := range list {
		where := fmt.Sprintf("fields[%d] %q", i, f.Field)
		_, twice := e.policies[f.Field]
		switch {
		case f.Field == "":
			errs = append(errs, fmt.Errorf("fields[%d]: names no field", i))
		case twice:
			errs = append(errs, fmt.Errorf("%s: has a policy already", where))
		case !slices.Contains(Policies, f.Policy):
			errs = append(errs, fmt.Errorf("%s: policy %q is none of %s", where, f.Policy, strings.Join(Policies, ", ")))
		case f.Policy == PolicyHash && len(key) == 0:
			errs = append(errs, fmt.Errorf("%s: policy %q needs a fingerprint key", where, f.Policy))
		default:
			e.policies[f.Field] = f.Policy
		}
	}
	return errors.Join(errs...)
}

// PolicyOf returns the policy of a field, "" if it has none.
func (e *Engine) PolicyOf(field string) string { return e.policies[field] }

// HasPolicies reports whether any field has a policy.
func (e *Engine) HasPolicies() bool { return len(e.policies) > 0 }

// Apply does what the policy of a field says to a value that was redacted
// already. It returns "" for one that is dropped. The value is hashed for the
// account.
func (p *Pass) Apply(path, policy, account, value string) string {
	if value == "" {
		return ""
	}
	p.path = append(p.path[:0], path)
	switch policy {
	case PolicyDrop:
		p.report(ruleDrop)
		return ""
	case PolicyHash:
		p.report(ruleHash)
		return "hash:" + p.e.key.Fingerprint(account, value)
	case PolicyLast4:
		if last, ok := last4(value); ok {
			p.report(ruleLast4)
			return last
		}
	}
	return p.replace(ruleMask)
}

// last4 masks all but the last four characters; a shorter value, or one in which
// something was redacted, has none to show.
func last4(s string) (string, bool) {
	r := []rune(s)
	if len(r) < 8 || strings.Contains(s, markerStart) {
		return "", false
	}
	return "****" + string(r[len(r)-4:]), true
}
