package search

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// Why the holder of a good token may not read. The caller is told the same.
var (
	errNoOwner      = fmt.Errorf("%w: the token says so of no account", errNotOwner)
	errImpersonated = fmt.Errorf("%w: somebody impersonates the token's user", errNotOwner)
)

// claims are what a token says, numbers as they were written.
type claims map[string]any

func parseClaims(payload []byte) (c claims, err error) {
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	if err := decoder.Decode(&c); err != nil {
		return nil, err
	}
	if c == nil {
		return nil, errors.New("claims are no object")
	}
	return c, nil
}

// find follows a path of names with dots between them: realm_access.roles. Names
// may hold dots themselves: the longest that exists is taken first, so that
// https://example.com/roles finds the claim of that name.
func (c claims) find(path string) (any, bool) {
	if v, ok := c[path]; ok {
		return v, true
	}
	for end := len(path) - 1; end > 0; end-- {
		if path[end] != '.' {
			continue
		}
		if inner, ok := c[path[:end]].(map[string]any); ok {
			if v, ok := claims(inner).find(path[end+1:]); ok {
				return v, true
			}
		}
	}
	return nil, false
}

func (c claims) has(name string) bool { return said(c[name]) }

func (c claims) text(name string) string {
	s, _ := c[name].(string)
	return s
}

// instant reads a NumericDate (RFC 7519); the zero time if there is none.
func (c claims) instant(name string) time.Time {
	n, ok := c[name].(json.Number)
	if !ok {
		return time.Time{}
	}
	seconds, err := n.Float64()
	if err != nil || seconds <= 0 || seconds > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

// said reports whether a claim says anything: null, false and "" do not.
func said(v any) bool { return v != nil && v != false && v != "" }

// values reads a claim as a list of texts: a text, a number, a list of them, or
// an object whose names are the values, as some providers write roles and
// organizations.
func values(v any) (list []string) {
	switch v := v.(type) {
	case string:
		list = []string{v}
	case json.Number:
		list = []string{v.String()}
	case []any:
		for _, item := range v {
			switch item.(type) {
			case string, json.Number:
				list = append(list, values(item)...)
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if said(v[name]) {
				list = append(list, name)
			}
		}
	}
	return list
}

// owner returns the owner that the claims name. An error wraps [errNotOwner];
// the first result then says whom the trail of which accounts names as refused.
func (c OIDC) owner(from claims) (*owner, error) {
	o := &owner{
		caller: store.Caller{Name: nameOf(from), Accounts: c.accounts(from)},
		key:    "oidc\x00" + from.text("sub"),
		userID: from.text("sub"),
		by:     byOIDC,
	}
	if c.impersonated(from) {
		return o, errImpersonated
	}
	isOwner := slices.ContainsFunc(c.RolesClaims, func(path string) bool {
		v, _ := from.find(path)
		return slices.ContainsFunc(values(v), func(role string) bool { return slices.Contains(c.OwnerRoles, role) })
	})
	if !isOwner || len(o.caller.Accounts) == 0 {
		return o, errNoOwner
	}
	return o, nil
}

func (c OIDC) accounts(from claims) []string {
	if c.AccountsClaim == "" {
		return []string{c.Account}
	}
	v, _ := from.find(c.AccountsClaim)
	accounts := slices.DeleteFunc(values(v), func(a string) bool {
		return a == "" || a == "*" || audit.Clean(a, audit.Account.Max) != a || strings.ContainsFunc(a, func(r rune) bool { return r < ' ' })
	})
	slices.Sort(accounts)
	return slices.Compact(accounts)
}

func (c OIDC) impersonated(from claims) bool {
	return slices.ContainsFunc(c.ImpersonationClaims, func(path string) bool {
		v, _ := from.find(path)
		return said(v)
	})
}

// complete reports whether the claims say everything that [OIDC.owner] looks for.
func (c OIDC) complete(from claims) bool {
	_, roles := c.firstRole(from)
	_, accounts := from.find(c.AccountsClaim)
	return roles && (accounts || c.AccountsClaim == "")
}

func (c OIDC) firstRole(from claims) (any, bool) {
	for _, path := range c.RolesClaims {
		if v, ok := from.find(path); ok {
			return v, true
		}
	}
	return nil, false
}

// nameOf is how the trail calls the subject of a token.
func nameOf(c claims) string {
	for _, name := range []string{"preferred_username", "email", "upn", "name", "sub"} {
		if s := strings.TrimSpace(c.text(name)); s != "" {
			return audit.Clean(s, audit.UserName.Max)
		}
	}
	return ""
}
