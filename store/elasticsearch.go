package store

import (
	"errors"
	"time"
)

// ElasticsearchConfig says which cluster holds the events, and how it is written to.
type ElasticsearchConfig struct {
	// URLs of nodes of one cluster; more than one for failover. None, and no
	// CloudID, is the embedded store.
	URLs []string `mapstructure:"urls"`
	// CloudID names a deployment of Elastic Cloud.
	CloudID string `mapstructure:"cloud_id"`
	// APIKeyFile holds an API key in the form that Elasticsearch calls encoded.
	APIKeyFile string `mapstructure:"api_key_file"`
	// Username, and the file with its password, where there is no API key.
	Username     string `mapstructure:"username"`
	PasswordFile string `mapstructure:"password_file"`
	// TLS says whom to trust, and who the program is.
	TLS ElasticsearchTLS `mapstructure:"tls"`
	// Index begins the names of all indices, templates and the policy.
	Index string `mapstructure:"index"`
	// Shards and Replicas of each day's index.
	Shards   int `mapstructure:"shards"`
	Replicas int `mapstructure:"replicas"`
	// Compression of requests and answers: gzip, none, or auto, which is none where
	// all nodes are on this machine.
	Compression string `mapstructure:"compression"`
	// RequestSize is how many bytes a bulk has at most, before compression.
	RequestSize int `mapstructure:"request_size"`
	// Concurrency is how many bulks are under way at most.
	Concurrency int `mapstructure:"concurrency"`
	// Timeout is the longest that one request may take.
	Timeout time.Duration `mapstructure:"timeout"`
	// Manage installs and updates policy and templates; otherwise they are only
	// verified.
	Manage bool `mapstructure:"manage"`
	// Retention says who deletes expired days.
	Retention ElasticsearchRetention `mapstructure:"retention"`
}

// On says whether a cluster is named.
func (c ElasticsearchConfig) On() bool { return len(c.URLs) > 0 || c.CloudID != "" }

// ElasticsearchTLS names files in PEM form.
type ElasticsearchTLS struct {
	CAFile   string `mapstructure:"ca_file"`   // authorities to trust instead of the system's
	CertFile string `mapstructure:"cert_file"` // the program's certificate
	KeyFile  string `mapstructure:"key_file"`
}

// ElasticsearchRetention says how expired days are deleted.
type ElasticsearchRetention struct {
	Method     string `mapstructure:"method"`      // ilm or own
	ForceMerge bool   `mapstructure:"force_merge"` // with ilm: a day becomes one segment when it is two days old
}

// SpoolConfig bounds the events that wait for Elasticsearch.
type SpoolConfig struct {
	MaxSize int64 `mapstructure:"max_size"` // bytes on disk
}

// DefaultElasticsearch returns the settings of a cluster that is not named yet.
func DefaultElasticsearch() ElasticsearchConfig {
	return ElasticsearchConfig{
		Index: "auditlog", Shards: 1, Replicas: 1, Compression: "auto", RequestSize: 8 << 20, Concurrency: 4,
		Timeout: 30 * time.Second, Manage: true, Retention: ElasticsearchRetention{Method: "ilm"},
	}
}

func (c ElasticsearchConfig) validate() (errs []error) {
	if !c.On() {
		return nil
	}
	if c.Index == "" {
		errs = append(errs, errors.New("`elasticsearch.index` must not be empty"))
	}
	for name, value := range map[string]int{"shards": c.Shards, "request_size": c.RequestSize, "concurrency": c.Concurrency} {
		if value < 1 {
			errs = append(errs, errors.New("`elasticsearch."+name+"` must be at least 1"))
		}
	}
	if c.Replicas < 0 {
		errs = append(errs, errors.New("`elasticsearch.replicas` must not be negative"))
	}
	if c.Timeout <= 0 {
		errs = append(errs, errors.New("`elasticsearch.timeout` must be positive"))
	}
	if k := c.Compression; k != "auto" && k != "gzip" && k != "none" {
		errs = append(errs, errors.New("`elasticsearch.compression` must be auto, gzip or none"))
	}
	if m := c.Retention.Method; m != "ilm" && m != "own" {
		errs = append(errs, errors.New("`elasticsearch.retention.method` must be ilm or own"))
	}
	return errs
}
