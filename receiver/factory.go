// Package receiver takes OTLP logs: it authenticates the sender, and stamps
// sender, account, identity and time received on each record. It wraps the
// Collector's own OTLP receiver.
package receiver

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"
)

// Type is the receiver's component type.
var Type = component.MustNewType("auditlog")

// NewFactory returns the receiver's factory.
func NewFactory() receiver.Factory {
	return receiver.NewFactory(Type, createDefaultConfig, receiver.WithLogs(createLogs, component.StabilityLevelBeta))
}

func createLogs(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
	return newReceiver(*cfg.(*Config), set, next)
}
