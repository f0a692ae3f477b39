// stages is a Collector of auditlog's own components up to the exporter, which
// throws everything away: what receiving, normalizing, redacting and formatting
// cost without a store.
package main

import (
	"context"
	"log"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/nopexporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
	"go.uber.org/zap"

	"github.com/auditlog/auditlog/internal/heap"
	"github.com/auditlog/auditlog/processor/duration"
	"github.com/auditlog/auditlog/processor/normalize"
	redactprocessor "github.com/auditlog/auditlog/processor/redact"
	auditreceiver "github.com/auditlog/auditlog/receiver"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/sqlite"
)

func main() {
	heap.KeepFloor(heap.Floor)
	err := otelcol.NewCommand(otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "stages"},
		Factories: components,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory()},
			DefaultScheme:     "file",
		}},
	}).Execute()
	if err != nil {
		log.Fatal(err)
	}
}

func components() (f otelcol.Factories, err error) {
	f.Telemetry = otelconftelemetry.NewFactory()
	if f.Receivers, err = otelcol.MakeFactoryMap[receiver.Factory](auditreceiver.NewFactory()); err != nil {
		return f, err
	}
	if f.Processors, err = otelcol.MakeFactoryMap[processor.Factory](
		memorylimiterprocessor.NewFactory(), normalize.NewFactory(), redactprocessor.NewFactory(), duration.NewFactory(),
	); err != nil {
		return f, err
	}
	if f.Exporters, err = otelcol.MakeFactoryMap[exporter.Factory](nopexporter.NewFactory()); err != nil {
		return f, err
	}
	open := func(ctx context.Context, cfg store.Config, _ *zap.Logger) (store.Store, error) {
		return sqlite.Open(ctx, sqlite.Options{Path: cfg.Path})
	}
	f.Extensions, err = otelcol.MakeFactoryMap[extension.Factory](store.NewFactory(open))
	return f, err
}
