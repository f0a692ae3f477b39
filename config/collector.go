package config

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/confmap"
	"golang.org/x/term"

	"github.com/auditlog/auditlog/audit"
)

// Ids of the components in the Collector's configuration.
const (
	storeID     = "auditlog_store"
	searchID    = "auditlog_search"
	healthID    = "health_check"
	receiverID  = "auditlog"
	exporterID  = "auditlog"
	memoryID    = "memory_limiter"
	normalizeID = "auditlog_normalize"
	redactID    = "auditlog_redact"
	durationID  = "auditlog_duration"
)

// Collector returns the Collector's own configuration, made of the types that
// confmap takes. It holds hashes of tokens but no token. Durations are text as
// [time.ParseDuration] reads it, sizes are numbers of bytes.
func (c Config) Collector() map[string]any {
	return map[string]any{
		"extensions": c.extensions(),
		"receivers":  map[string]any{receiverID: c.receiver()},
		"processors": map[string]any{
			memoryID:    c.memoryLimiter(),
			normalizeID: c.normalize(),
			redactID:    c.redact(),
			durationID:  map[string]any{"unit": c.Processor.Duration.Unit},
		},
		"exporters": map[string]any{exporterID: map[string]any{"store": storeID}},
		"service": map[string]any{
			"extensions": c.extensionOrder(),
			"pipelines": map[string]any{
				"logs": map[string]any{
					"receivers":  []any{receiverID},
					"processors": []any{memoryID, normalizeID, redactID, durationID},
					"exporters":  []any{exporterID},
				},
			},
			"telemetry": c.telemetry(),
		},
	}
}

func (c Config) extensions() map[string]any {
	search := map[string]any{
		"endpoint":         c.Search.Endpoint,
		"url":              c.Search.URL,
		"trusted_proxy":    c.Search.TrustedProxy,
		"session_idle":     goDuration(c.Search.SessionIdle),
		"session_lifetime": goDuration(c.Search.SessionLifetime),
		"store":            storeID,
	}
	addTLS(search, TLS{CertFile: c.Search.TLS.CertFile, KeyFile: c.Search.TLS.KeyFile})
	if c.Search.OIDC.On() {
		search["oidc"] = c.Search.OIDC.collector()
	}
	links := make([]any, len(c.Search.Links))
	for i, l := range c.Search.Links {
		links[i] = map[string]any{"title": l.Title, "url": l.URL}
	}
	search["links"] = links
	search["fields"] = c.describeFields()
	extensions := map[string]any{storeID: c.Store.collector(), searchID: search}
	if endpoint := c.Telemetry.Health.Endpoint; endpoint != "" {
		extensions[healthID] = map[string]any{"endpoint": endpoint, "path": "/healthz"}
	}
	return extensions
}

// describeFields says for each field that is configured what senders may call
// it, and what becomes of it, so that owners are told.
func (c Config) describeFields() []any {
	fields := []any{map[string]any{"field": audit.Request.Name, "request": c.Processor.Redact.Request}}
	for _, alias := range c.Processor.Normalize.Aliases {
		fields = append(fields, map[string]any{"field": alias.Field, "from": list(alias.From)})
	}
	for _, field := range c.Processor.Redact.Fields {
		fields = append(fields, map[string]any{"field": field.Field, "policy": field.Policy})
	}
	return fields
}

func (o OIDC) collector() map[string]any {
	return map[string]any{
		"issuer":               o.Issuer,
		"client_id":            o.ClientID,
		"client_secret_file":   o.ClientSecretFile,
		"audiences":            list(o.Audiences),
		"scopes":               list(o.Scopes),
		"algorithms":           list(o.Algorithms),
		"clock_skew":           goDuration(o.ClockSkew),
		"roles_claims":         list(o.RolesClaims),
		"owner_roles":          list(o.OwnerRoles),
		"accounts_claim":       o.AccountsClaim,
		"account":              o.Account,
		"impersonation_claims": list(o.ImpersonationClaims),
		"recheck":              goDuration(o.Recheck),
		"title":                o.Title,
		"ca_file":              o.CAFile,
	}
}

func (c Config) extensionOrder() []any {
	order := []any{storeID, searchID}
	if c.Telemetry.Health.Endpoint != "" {
		order = append(order, healthID)
	}
	return order
}

func (c Config) receiver() map[string]any {
	r := c.Receiver
	grpc := map[string]any{"endpoint": r.GRPC.Endpoint}
	addTLS(grpc, r.GRPC.TLS)
	http := map[string]any{"endpoint": r.HTTP.Endpoint, "allowed_origins": list(r.HTTP.AllowedOrigins)}
	addTLS(http, r.HTTP.TLS)
	senders := make([]any, len(r.Senders))
	for i, s := range r.Senders {
		senders[i] = map[string]any{
			"name":         s.Name,
			"token_hashes": list(s.Hashes()),
			"certificates": list(s.Certificates),
			"accounts":     list(s.Accounts),
			"max_rate":     s.MaxRate,
		}
	}
	return map[string]any{
		"grpc":             grpc,
		"http":             http,
		"max_request_size": int64(r.MaxRequestSize),
		"max_record_size":  int64(r.MaxRecordSize),
		"max_in_flight":    int64(r.MaxInFlight),
		"max_rate":         r.MaxRate,
		"senders":          senders,
		"store":            storeID,
	}
}

// memoryLimiter looks at the memory ten times a second: requests of the size that
// the receiver takes can fill it faster than in upstream's usual second.
func (c Config) memoryLimiter() map[string]any {
	m := map[string]any{"check_interval": "100ms"}
	if limit := int64(c.Receiver.MemoryLimit / MiB); limit > 0 {
		m["limit_mib"], m["spike_limit_mib"] = limit, limit/5
	} else {
		m["limit_percentage"], m["spike_limit_percentage"] = 75, 15
	}
	return m
}

// normalize passes no more lateness on than the retention allows: the store
// could not keep an event whose day is gone.
func (c Config) normalize() map[string]any {
	n := c.Processor.Normalize
	aliases := make([]any, len(n.Aliases))
	for i, alias := range n.Aliases {
		aliases[i] = map[string]any{"field": alias.Field, "from": list(alias.From)}
	}
	return map[string]any{
		"aliases":      aliases,
		"keep":         list(n.Keep),
		"proxies":      list(n.Proxies),
		"max_lateness": goDuration(min(n.MaxLateness, c.Store.Retention)),
	}
}

func (c Config) redact() map[string]any {
	r := c.Processor.Redact
	patterns := make([]any, len(r.Patterns))
	for i, pattern := range r.Patterns {
		patterns[i] = map[string]any{"name": pattern.Name, "expression": pattern.Expression}
	}
	fields := make([]any, len(r.Fields))
	for i, field := range r.Fields {
		fields[i] = map[string]any{"field": field.Field, "policy": field.Policy}
	}
	return map[string]any{
		"request":              r.Request,
		"max_request_size":     int64(r.MaxRequestSize),
		"keys":                 list(r.Keys),
		"allow_keys":           list(r.AllowKeys),
		"patterns":             patterns,
		"allow_values":         list(r.AllowValues),
		"fields":               fields,
		"fingerprints":         r.Fingerprints,
		"fingerprint_key_file": r.FingerprintKeyFile,
	}
}

func (c Config) telemetry() map[string]any {
	return map[string]any{
		"logs": map[string]any{
			"level":              c.Telemetry.Logs.level(),
			"encoding":           c.Telemetry.Logs.encoding(),
			"disable_caller":     true,
			"disable_stacktrace": true,
		},
		"metrics": c.Telemetry.Metrics.prometheus(),
	}
}

// level chooses what is worth a person's time where a person looks on: the
// program itself says there that it runs and that it stopped.
func (l Logs) level() string {
	switch {
	case l.Level != "auto":
		return l.Level
	case onTerminal():
		return "warn"
	}
	return "info"
}

// encoding chooses lines for people where people look.
func (l Logs) encoding() string {
	switch {
	case l.Format != "auto":
		return l.Format
	case onTerminal():
		return "console"
	}
	return "json"
}

func onTerminal() bool { return term.IsTerminal(int(os.Stderr.Fd())) }

func (e Endpoint) prometheus() map[string]any {
	host, digits, err := net.SplitHostPort(e.Endpoint)
	port, notPort := strconv.Atoi(digits)
	if err != nil || notPort != nil {
		return map[string]any{"level": "none"}
	}
	if host == "" {
		host = "0.0.0.0"
	}
	return map[string]any{
		"level": "normal",
		"readers": []any{map[string]any{
			"pull": map[string]any{
				"exporter": map[string]any{
					"prometheus": map[string]any{"host": host, "port": port},
				},
			},
		}},
	}
}

func addTLS(server map[string]any, t TLS) {
	if !t.On() {
		return
	}
	tls := map[string]any{"cert_file": t.CertFile, "key_file": t.KeyFile}
	if t.ClientCAFile != "" {
		tls["client_ca_file"] = t.ClientCAFile
	}
	server["tls"] = tls
}

func goDuration(d Duration) string { return time.Duration(d).String() }

// list turns texts into the type of list that confmap takes.
func list(texts []string) []any {
	items := make([]any, len(texts))
	for i, text := range texts {
		items[i] = text
	}
	return items
}

// Scheme is the scheme of the URI under which [Provider] hands the configuration
// to a Collector: "auditlog:".
const Scheme = "auditlog"

// Provider returns a provider of c as the Collector's configuration, under the
// URI "auditlog:".
func Provider(c Config) confmap.ProviderFactory {
	return confmap.NewProviderFactory(func(confmap.ProviderSettings) confmap.Provider { return provider{c} })
}

type provider struct{ config Config }

func (p provider) Retrieve(_ context.Context, uri string, _ confmap.WatcherFunc) (*confmap.Retrieved, error) {
	if uri != Scheme+":" {
		return nil, fmt.Errorf("retrieve configuration %q: there is only %q", uri, Scheme+":")
	}
	return confmap.NewRetrieved(escape(p.config.Collector()))
}

func (provider) Scheme() string { return Scheme }

func (provider) Shutdown(context.Context) error { return nil }

// escape doubles each $, as the resolver expands values once more.
func escape(raw any) any {
	switch v := raw.(type) {
	case string:
		return strings.ReplaceAll(v, "$", "$$")
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = escape(item)
		}
		return items
	case map[string]any:
		m := make(map[string]any, len(v))
		for key, member := range v {
			m[key] = escape(member)
		}
		return m
	}
	return raw
}

func (s Store) collector() map[string]any {
	store := map[string]any{
		"path":      s.Path,
		"retention": goDuration(s.Retention),
		"sqlite":    map[string]any{"max_open_days": s.SQLite.MaxOpenDays},
	}
	if s.Elasticsearch.On() {
		store["elasticsearch"] = s.Elasticsearch.collector()
		store["spool"] = map[string]any{"max_size": int64(s.Spool.MaxSize)}
	}
	return store
}

func (e Elasticsearch) collector() map[string]any {
	return map[string]any{
		"urls": list(e.URLs), "cloud_id": e.CloudID, "api_key_file": e.APIKeyFile, "username": e.Username, "password_file": e.PasswordFile,
		"tls":   map[string]any{"ca_file": e.TLS.CAFile, "cert_file": e.TLS.CertFile, "key_file": e.TLS.KeyFile},
		"index": e.Index, "shards": e.Shards, "replicas": e.Replicas, "compression": e.Compression,
		"request_size": int64(e.RequestSize), "concurrency": e.Concurrency, "timeout": goDuration(e.Timeout), "manage": e.Manage,
		"retention": map[string]any{"method": e.Retention.Method, "force_merge": e.Retention.ForceMerge},
	}
}
