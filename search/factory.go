// Package search is the owner-only endpoint: the API and the page on which an
// Account Owner reads the audit trail.
package search

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
)

// Type is the extension's component type.
var Type = component.MustNewType("auditlog_search")

// NewFactory returns the extension's factory.
func NewFactory() extension.Factory {
	return extension.NewFactory(Type, createDefaultConfig, create, component.StabilityLevelBeta)
}

func create(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
	return &Extension{cfg: *cfg.(*Config), set: set.TelemetrySettings, version: set.BuildInfo.Version, now: time.Now}, nil
}
