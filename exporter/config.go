package exporter

import (
	"go.opentelemetry.io/collector/component"

	"github.com/auditlog/auditlog/store"
)

// Config configures the exporter.
type Config struct {
	// Store is the id of the extension that owns the store.
	Store component.ID `mapstructure:"store"`
}

func createDefaultConfig() component.Config { return &Config{Store: component.NewID(store.Type)} }
