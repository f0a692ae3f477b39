package search

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/internal/loopback"
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
	// OIDC is the identity provider that says who is an owner.
	OIDC configoptional.Optional[OIDC] `mapstructure:"oidc"`
	// Links lead from an event to other systems.
	Links []Link `mapstructure:"links"`
	// Fields says what the configuration of other components makes of fields. It
	// is told to owners, and changes nothing.
	Fields []Field `mapstructure:"fields"`
	// Store is the id of the extension that owns the store.
	Store component.ID `mapstructure:"store"`
}

// OIDC configures signing in with an OpenID Connect provider. The client's
// secret is in ClientSecretFile, or else in the environment variable
// [SecretVariable]; without both it is a public client.
type OIDC struct {
	// Issuer is the provider's URL, exactly as it calls itself.
	Issuer string `mapstructure:"issuer"`
	// ClientID is how the provider knows this server.
	ClientID string `mapstructure:"client_id"`
	// ClientSecretFile names the file that holds the client's secret.
	ClientSecretFile string `mapstructure:"client_secret_file"`
	// Audiences are those of access tokens that may be sent to the API, any of
	// them. Without one the API takes no token of the provider.
	Audiences []string `mapstructure:"audiences"`
	// Scopes are asked for at a sign-in; "openid" always is.
	Scopes []string `mapstructure:"scopes"`
	// Algorithms that may sign a token.
	Algorithms []string `mapstructure:"algorithms"`
	// ClockSkew is by how much the provider's clock may differ.
	ClockSkew time.Duration `mapstructure:"clock_skew"`
	// RolesClaims are the paths of the claims that name roles.
	RolesClaims []string `mapstructure:"roles_claims"`
	// OwnerRoles are the roles of an Account Owner; one of them is enough.
	OwnerRoles []string `mapstructure:"owner_roles"`
	// AccountsClaim is the path of the claim that names the accounts of an owner.
	AccountsClaim string `mapstructure:"accounts_claim"`
	// Account is that of every owner where AccountsClaim is empty.
	Account string `mapstructure:"account"`
	// ImpersonationClaims are the paths of claims that say that somebody acts as
	// the user. Such a token is refused.
	ImpersonationClaims []string `mapstructure:"impersonation_claims"`
	// Recheck is after how much time the claims of a session are looked at again.
	Recheck time.Duration `mapstructure:"recheck"`
	// Title is that of the button on the page.
	Title string `mapstructure:"title"`
	// CAFile names a file of certificates in PEM that are trusted besides the
	// system's.
	CAFile string `mapstructure:"ca_file"`
}

// A Field says what was configured for a field of events.
type Field struct {
	Field string `mapstructure:"field"`
	// From lists further attributes that are accepted for it.
	From []string `mapstructure:"from"`
	// Policy is what becomes of it after redaction: drop, mask, hash or last4.
	Policy string `mapstructure:"policy"`
	// Request is how much of a request is kept: full, keys or none.
	Request string `mapstructure:"request"`
}

// A Link leads from an event to another system. The URL holds names of fields
// in braces, such as {user.name}, for their values.
type Link struct {
	Title string `mapstructure:"title" json:"title"`
	URL   string `mapstructure:"url" json:"url"`
}

func createDefaultConfig() component.Config {
	return &Config{
		Endpoint:        "127.0.0.1:8080",
		SessionIdle:     time.Hour,
		SessionLifetime: 12 * time.Hour,
		OIDC: configoptional.Default(OIDC{
			Scopes:              []string{"openid", "profile", "email"},
			Algorithms:          []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"},
			ClockSkew:           time.Minute,
			RolesClaims:         []string{"roles"},
			OwnerRoles:          []string{"account_owner"},
			Account:             store.DefaultAccount,
			ImpersonationClaims: []string{"act", "impersonator"},
			Recheck:             10 * time.Minute,
			Title:               "Sign in",
		}),
		Store: component.NewID(store.Type),
	}
}

// Validate implements [component.ConfigValidator].
func (c *Config) Validate() error {
	var errs []error
	if host, _, err := net.SplitHostPort(c.Endpoint); err != nil {
		errs = append(errs, fmt.Errorf("`endpoint` %q must be host:port", c.Endpoint))
	} else if !loopback.Host(host) && !c.TLS.HasValue() && !c.TrustedProxy {
		errs = append(errs, fmt.Errorf("`endpoint` %q is reachable from other machines: set `tls`, or declare a proxy that ends TLS with `trusted_proxy: true`", c.Endpoint))
	}
	if u, err := url.Parse(c.URL); c.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		errs = append(errs, fmt.Errorf("`url` %q must be an http or https URL", c.URL))
	}
	if c.SessionIdle <= 0 || c.SessionLifetime < c.SessionIdle {
		errs = append(errs, errors.New("`session_idle` must be positive, and `session_lifetime` at least as long"))
	}
	for i, l := range c.Links {
		if err := l.validate(); err != nil {
			errs = append(errs, fmt.Errorf("`links[%d]` %w", i, err))
		}
	}
	return errors.Join(errs...)
}

// Validate implements [component.ConfigValidator].
func (c *OIDC) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !safeURL(c.Issuer) {
		wrong("`issuer` %q must be an https URL, exactly as the provider calls itself", c.Issuer)
	}
	if c.ClientID == "" {
		wrong("`client_id` is missing")
	}
	for _, a := range c.Algorithms {
		if !slices.Contains(signatures, jose.SignatureAlgorithm(a)) {
			wrong("`algorithms` must be of %v, found %q", signatures, a)
		}
	}
	if len(c.Algorithms) == 0 || len(c.RolesClaims) == 0 || len(c.OwnerRoles) == 0 || slices.Contains(slices.Concat(c.RolesClaims, c.OwnerRoles, c.Audiences, c.ImpersonationClaims), "") {
		wrong("`algorithms`, `roles_claims` and `owner_roles` need one value at least, and no list an empty one")
	}
	if c.AccountsClaim == "" && c.Account == "" {
		wrong("`accounts_claim` or `account` must say which accounts an owner has")
	}
	if c.ClockSkew < 0 || c.ClockSkew > 5*time.Minute {
		wrong("`clock_skew` must be from 0 to 5m, found %s", c.ClockSkew)
	}
	if c.Recheck <= 0 || c.Recheck > maxClaimsAge {
		wrong("`recheck` must be more than 0 and at most %s, found %s", maxClaimsAge, c.Recheck)
	}
	return errors.Join(errs...)
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// validate keeps values of events, which senders choose, out of the part of a
// URL that says where it leads.
func (l Link) validate() error {
	for _, p := range placeholder.FindAllStringSubmatch(l.URL, -1) {
		if p[1] != "id" && audit.ByName(p[1]) == nil {
			return fmt.Errorf("has {%s} in its `url`, which is no field of an event", p[1])
		}
	}
	u, err := url.Parse(placeholder.ReplaceAllString(l.URL, "x"))
	place := strings.SplitAfterN(l.URL, "/", 4)
	switch {
	case strings.TrimSpace(l.Title) == "":
		return errors.New("needs a `title`")
	case err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || !strings.HasPrefix(l.URL, "https://"):
		return errors.New("needs a `url` that begins with https://")
	case strings.ContainsAny(strings.Join(place[:min(3, len(place))], ""), "{}?#"):
		return errors.New("needs a `url` with a / after its host, and fields only behind that")
	}
	return nil
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
