package main

import (
	"context"
	"path/filepath"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/healthcheckextension"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
	"go.uber.org/zap"

	auditexporter "github.com/auditlog/auditlog/exporter"
	"github.com/auditlog/auditlog/processor/duration"
	"github.com/auditlog/auditlog/processor/normalize"
	redactprocessor "github.com/auditlog/auditlog/processor/redact"
	auditreceiver "github.com/auditlog/auditlog/receiver"
	"github.com/auditlog/auditlog/search"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/elasticsearch"
	"github.com/auditlog/auditlog/store/sqlite"
)

// components lists what the program is made of: its own factories and
// upstream's.
func components() (f otelcol.Factories, err error) {
	f.Telemetry = otelconftelemetry.NewFactory()
	if f.Receivers, err = otelcol.MakeFactoryMap[receiver.Factory](auditreceiver.NewFactory()); err != nil {
		return f, err
	}
	if f.Processors, err = otelcol.MakeFactoryMap[processor.Factory](
		memorylimiterprocessor.NewFactory(),
		normalize.NewFactory(),
		redactprocessor.NewFactory(),
		duration.NewFactory(),
	); err != nil {
		return f, err
	}
	if f.Exporters, err = otelcol.MakeFactoryMap[exporter.Factory](auditexporter.NewFactory()); err != nil {
		return f, err
	}
	f.Extensions, err = otelcol.MakeFactoryMap[extension.Factory](
		store.NewFactory(openStore),
		search.NewFactory(),
		healthcheckextension.NewFactory(),
	)
	return f, err
}

// openStore opens the cluster that the configuration names, or the embedded store.
func openStore(ctx context.Context, cfg store.Config, logger *zap.Logger) (store.Store, error) {
	if cfg.Elasticsearch.On() {
		return elasticsearch.Open(ctx, elasticsearch.Options{
			ElasticsearchConfig: cfg.Elasticsearch,
			Path:                filepath.Join(cfg.Path, "spool"),
			MaxSpoolSize:        cfg.Spool.MaxSize,
			Retention:           cfg.Retention,
			Logger:              logger,
		})
	}
	return sqlite.Open(ctx, sqlite.Options{
		Path:        filepath.Join(cfg.Path, "events"),
		Retention:   cfg.Retention,
		MaxOpenDays: cfg.SQLite.MaxOpenDays,
		Logger:      logger,
	})
}
