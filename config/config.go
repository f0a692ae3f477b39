// Package config is the configuration that a user writes: its settings, their
// defaults and limits, and where they come from. It turns them into the
// configuration of the Collector that runs inside auditlog.
//
// The sections carry the names of the folders that they configure.
package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/collector/config/configopaque"
	"go.yaml.in/yaml/v3"
)

// Config holds every setting. The zero value is not usable: start from [Default].
type Config struct {
	Receiver  Receiver  `yaml:"receiver"`
	Processor Processor `yaml:"processor"`
	Store     Store     `yaml:"store"`
	Search    Search    `yaml:"search"`
	Telemetry Telemetry `yaml:"telemetry"`
}

// Receiver says where audit events are taken, from whom, and how much at once.
type Receiver struct {
	GRPC           GRPC     `yaml:"grpc"`
	HTTP           HTTP     `yaml:"http"`
	MaxRequestSize Size     `yaml:"max_request_size"` // of one request, unpacked
	MaxRecordSize  Size     `yaml:"max_record_size"`  // of one log record
	MaxInFlight    Size     `yaml:"max_in_flight"`    // of all requests that are not answered yet
	MemoryLimit    Size     `yaml:"memory_limit"`     // of the process; 0 is 75 % of the machine's memory
	MaxRate        int      `yaml:"max_rate"`         // records a second of one sender; 0 is no limit
	Senders        []Sender `yaml:"senders"`
}

// GRPC is the endpoint for OTLP over gRPC.
type GRPC struct {
	Endpoint string `yaml:"endpoint"`
	TLS      TLS    `yaml:"tls"`
}

// HTTP is the endpoint for OTLP over HTTP.
type HTTP struct {
	Endpoint       string   `yaml:"endpoint"`
	TLS            TLS      `yaml:"tls"`
	AllowedOrigins []string `yaml:"allowed_origins"` // of browsers; every other Origin is refused
}

// TLS names the certificate with which a server proves who it is. Without a
// certificate the endpoint speaks plain text.
type TLS struct {
	CertFile     string `yaml:"cert_file"`
	KeyFile      string `yaml:"key_file"`
	ClientCAFile string `yaml:"client_ca_file"` // signs the certificates that senders must show
}

// On says whether the endpoint speaks TLS.
func (t TLS) On() bool { return t.CertFile != "" }

// A Sender may send audit events for its accounts. It proves who it is with any
// one of its credentials; two tokens may overlap while one replaces the other.
type Sender struct {
	Name         string                `yaml:"name"`
	Tokens       []configopaque.String `yaml:"tokens"`       // bearer tokens, in the file as ${env:NAME} only
	TokenFiles   []string              `yaml:"token_files"`  // files that hold one bearer token each
	TokenHashes  []string              `yaml:"token_hashes"` // SHA-256 of bearer tokens, 64 hex digits
	Certificates []string              `yaml:"certificates"` // subject common name, or DNS or URI name, of client certificates
	Accounts     []string              `yaml:"accounts"`     // granted accounts; "*" alone is any
	MaxRate      int                   `yaml:"max_rate"`     // records a second; 0 is the receiver's max_rate

	fromFiles []configopaque.String // what Load read from TokenFiles
}

// Hashes returns the SHA-256, in hex digits, of every bearer token of the sender.
// Those of TokenFiles are known only after [Load].
func (s Sender) Hashes() []string {
	var hashes []string
	for _, hash := range s.TokenHashes {
		hashes = append(hashes, strings.ToLower(hash))
	}
	for _, tokens := range [][]configopaque.String{s.Tokens, s.fromFiles} {
		for _, token := range tokens {
			sum := sha256.Sum256([]byte(token))
			hashes = append(hashes, hex.EncodeToString(sum[:]))
		}
	}
	return hashes
}

// Processor holds the stages between receiver and store.
type Processor struct {
	Normalize Normalize `yaml:"normalize"`
	Redact    Redact    `yaml:"redact"`
	Duration  Unit      `yaml:"duration"`
}

// Normalize says which spellings mean which field, and what else is kept.
type Normalize struct {
	Aliases     []Alias  `yaml:"aliases"`
	Keep        []string `yaml:"keep"`         // further attributes that are stored; "*" is all
	Proxies     []string `yaml:"proxies"`      // addresses or CIDR blocks whose X-Forwarded-For is believed
	MaxLateness Duration `yaml:"max_lateness"` // an older event is filed at the time received
}

// An Alias adds spellings of attributes to a field.
type Alias struct {
	Field string   `yaml:"field"` // name of the field in the API
	From  []string `yaml:"from"`  // attributes, tried after the built-in ones
}

// Redact adjusts the rules of redaction. None of them can be switched off.
type Redact struct {
	Request        string    `yaml:"request"`          // full, keys or none
	MaxRequestSize Size      `yaml:"max_request_size"` // of the stored summary of a request
	Keys           []string  `yaml:"keys"`             // further names whose values are secret
	AllowKeys      []string  `yaml:"allow_keys"`       // names that only sound secret
	Patterns       []Pattern `yaml:"patterns"`         // further values that are secret
	AllowValues    []string  `yaml:"allow_values"`     // values that only look secret
	Fields         []Field   `yaml:"fields"`           // what becomes of single fields

	Fingerprints       bool   `yaml:"fingerprints"`         // whether removed secrets leave a keyed hash
	FingerprintKeyFile string `yaml:"fingerprint_key_file"` // empty: the variable AUDITLOG_FINGERPRINT_KEY
}

// A Field has a policy: drop, mask, hash or last4.
type Field struct {
	Field  string `yaml:"field"`  // name of the field in the API, or of an attribute that is kept
	Policy string `yaml:"policy"` // what becomes of it
}

// A Pattern is a regular expression (RE2) of values that are secret.
type Pattern struct {
	Name       string `yaml:"name"` // appears in the marker that replaces the value
	Expression string `yaml:"expression"`
}

// Unit says how a duration without a unit is read.
type Unit struct {
	Unit string `yaml:"unit"` // ns, us, ms or s
}

// Store says where events are kept, and for how long.
type Store struct {
	Path      string   `yaml:"path"`      // directory of everything that is kept locally
	Retention Duration `yaml:"retention"` // whole days
	SQLite    SQLite   `yaml:"sqlite"`

	Elasticsearch Elasticsearch `yaml:"elasticsearch"` // instead of sqlite, where it names a cluster
	Spool         Spool         `yaml:"spool"`
}

// SQLite adjusts the embedded store.
type SQLite struct {
	MaxOpenDays int `yaml:"max_open_days"` // database files held open
}

// Elasticsearch is a cluster that holds the events.
type Elasticsearch struct {
	URLs         []string               `yaml:"urls"`          // of nodes; more than one for failover
	CloudID      string                 `yaml:"cloud_id"`      // of a deployment of Elastic Cloud, instead of urls
	APIKeyFile   string                 `yaml:"api_key_file"`  // holds an API key, encoded
	Username     string                 `yaml:"username"`      // where there is no API key
	PasswordFile string                 `yaml:"password_file"` // of the user
	TLS          ElasticsearchTLS       `yaml:"tls"`
	Index        string                 `yaml:"index"` // begins the names of all indices
	Shards       int                    `yaml:"shards"`
	Replicas     int                    `yaml:"replicas"`
	Compression  string                 `yaml:"compression"`  // of requests and answers: auto, gzip or none
	RequestSize  Size                   `yaml:"request_size"` // of a bulk, before compression
	Concurrency  int                    `yaml:"concurrency"`  // bulks under way
	Timeout      Duration               `yaml:"timeout"`      // of a request
	Manage       bool                   `yaml:"manage"`       // install policy and templates, not only verify them
	Retention    ElasticsearchRetention `yaml:"retention"`
}

// On says whether a cluster is named.
func (e Elasticsearch) On() bool { return len(e.URLs) > 0 || e.CloudID != "" }

// ElasticsearchTLS says whom to trust, and who auditlog is.
type ElasticsearchTLS struct {
	CAFile   string `yaml:"ca_file"`
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// ElasticsearchRetention says who deletes expired days.
type ElasticsearchRetention struct {
	Method     string `yaml:"method"`      // ilm or own
	ForceMerge bool   `yaml:"force_merge"` // with ilm: one segment for a day that is two days old
}

// Spool is where events wait for Elasticsearch.
type Spool struct {
	MaxSize Size `yaml:"max_size"`
}

// Search is the endpoint at which the Account Owner reads.
type Search struct {
	Endpoint        string    `yaml:"endpoint"`
	URL             string    `yaml:"url"` // how browsers reach it; empty is the endpoint itself
	TLS             SearchTLS `yaml:"tls"`
	TrustedProxy    bool      `yaml:"trusted_proxy"` // a proxy in front of it encrypts
	SessionIdle     Duration  `yaml:"session_idle"`
	SessionLifetime Duration  `yaml:"session_lifetime"`
	OIDC            OIDC      `yaml:"oidc"`
	Links           []Link    `yaml:"links"` // from an event to other systems
}

// OIDC is the identity provider that says who is an Account Owner. Without an
// issuer there is none.
type OIDC struct {
	Issuer              string   `yaml:"issuer"` // exactly as the provider calls itself
	ClientID            string   `yaml:"client_id"`
	ClientSecretFile    string   `yaml:"client_secret_file"`   // empty: the variable AUDITLOG_OIDC_CLIENT_SECRET
	Audiences           []string `yaml:"audiences"`            // of access tokens that the API takes
	Scopes              []string `yaml:"scopes"`               // asked for at a sign-in
	Algorithms          []string `yaml:"algorithms"`           // that may sign tokens
	ClockSkew           Duration `yaml:"clock_skew"`           // by which the provider's clock may differ
	RolesClaims         []string `yaml:"roles_claims"`         // paths of claims that name roles
	OwnerRoles          []string `yaml:"owner_roles"`          // roles of an Account Owner
	AccountsClaim       string   `yaml:"accounts_claim"`       // path of the claim that names an owner's accounts
	Account             string   `yaml:"account"`              // of every owner, where accounts_claim is empty
	ImpersonationClaims []string `yaml:"impersonation_claims"` // paths of claims that say that somebody acts as the user
	Recheck             Duration `yaml:"recheck"`              // when a session's claims are looked at again
	Title               string   `yaml:"title"`                // of the button on the page
	CAFile              string   `yaml:"ca_file"`              // certificates trusted besides the system's
}

// On says whether there is an identity provider.
func (o OIDC) On() bool { return o.Issuer != "" }

// A Link leads from an event to another system.
type Link struct {
	Title string `yaml:"title"`
	URL   string `yaml:"url"` // https, with fields of the event in braces: {user.name}
}

// SearchTLS names the certificate of the search endpoint.
type SearchTLS struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// On says whether the endpoint speaks TLS.
func (t SearchTLS) On() bool { return t.CertFile != "" }

// Telemetry is what auditlog tells about itself. It never holds content of events.
type Telemetry struct {
	Logs    Logs     `yaml:"logs"`
	Metrics Endpoint `yaml:"metrics"` // Prometheus, at /metrics
	Health  Endpoint `yaml:"health"`  // at /healthz
}

// Logs are the log lines that auditlog writes to standard error.
type Logs struct {
	Level  string `yaml:"level"`  // auto, debug, info, warn or error
	Format string `yaml:"format"` // auto, console or json
}

// An Endpoint is host:port; empty is off.
type Endpoint struct {
	Endpoint string `yaml:"endpoint"`
}

// Default returns the configuration of a program that is started without any:
// everything on loopback, events in ./auditlog-data for 30 days.
func Default() Config {
	return Config{
		Receiver: Receiver{
			GRPC:           GRPC{Endpoint: "127.0.0.1:4317"},
			HTTP:           HTTP{Endpoint: "127.0.0.1:4318"},
			MaxRequestSize: 64 * MiB,
			MaxRecordSize:  MiB,
			MaxInFlight:    256 * MiB,
		},
		Processor: Processor{
			Normalize: Normalize{MaxLateness: 7 * Day},
			Redact:    Redact{Request: "full", MaxRequestSize: 16 * KiB},
			Duration:  Unit{Unit: "ms"},
		},
		Store: Store{
			Path:      "./auditlog-data",
			Retention: 30 * Day,
			SQLite:    SQLite{MaxOpenDays: 34},
			Elasticsearch: Elasticsearch{
				Index: "auditlog", Shards: 1, Replicas: 1, Compression: "auto", RequestSize: 8 * MiB, Concurrency: 4,
				Timeout: Duration(30 * time.Second), Manage: true, Retention: ElasticsearchRetention{Method: "ilm"},
			},
			Spool: Spool{MaxSize: 4 * GiB},
		},
		Search: Search{
			Endpoint:        "127.0.0.1:8080",
			SessionIdle:     Duration(time.Hour),
			SessionLifetime: Duration(12 * time.Hour),
			OIDC: OIDC{
				Scopes:              []string{"openid", "profile", "email"},
				Algorithms:          []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"},
				ClockSkew:           Duration(time.Minute),
				RolesClaims:         []string{"roles"},
				OwnerRoles:          []string{"account_owner"},
				Account:             "default",
				ImpersonationClaims: []string{"act", "impersonator"},
				Recheck:             Duration(10 * time.Minute),
				Title:               "Sign in",
			},
		},
		Telemetry: Telemetry{
			Logs:    Logs{Level: "auto", Format: "auto"},
			Metrics: Endpoint{Endpoint: "127.0.0.1:8888"},
			Health:  Endpoint{Endpoint: "127.0.0.1:13133"},
		},
	}
}

// Masked returns the configuration as YAML in which every secret reads
// [REDACTED]. Apart from those, [Load] reads it as the same configuration.
func (c Config) Masked() ([]byte, error) {
	text, err := yaml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	return bytes.ReplaceAll(text, []byte("${env:"), []byte("$${env:")), nil
}
