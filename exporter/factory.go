// Package exporter hands audit events to the store. It answers when they are on
// disk.
package exporter

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

// Type is the exporter's component type.
var Type = component.MustNewType("auditlog")

// NewFactory returns the exporter's factory.
func NewFactory() exporter.Factory {
	return exporter.NewFactory(Type, createDefaultConfig, exporter.WithLogs(createLogs, component.StabilityLevelBeta))
}

// createLogs uses the helper for its telemetry alone. Its queue would
// acknowledge what is in memory, its timeout would give up on a slow disk, and
// who retries is the sender.
func createLogs(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
	e := &auditExporter{store: cfg.(*Config).Store}
	return exporterhelper.NewLogs(ctx, set, cfg, e.export,
		exporterhelper.WithStart(e.start),
		exporterhelper.WithCapabilities(consumer.Capabilities{}),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{}))
}
