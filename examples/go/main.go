// Command go sends two audit events with log/slog.
package main

import (
	"context"
	"log"
	"log/slog"
	"os"
	"time"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	sdk "go.opentelemetry.io/otel/sdk/log"
)

func main() {
	ctx := context.Background()
	exporter, err := newExporter(ctx)
	if err != nil {
		log.Fatal(err)
	}
	failed := false
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { failed = true; log.Print(err) }))
	// The simple processor returns when the event is on auditlog's disk. The
	// batch processor is faster, and drops events when its queue is full: with
	// it, call provider.Shutdown before the program ends.
	provider := sdk.NewLoggerProvider(sdk.WithProcessor(sdk.NewSimpleProcessor(exporter)))
	audit := slog.New(otelslog.NewHandler("audit", otelslog.WithLoggerProvider(provider)))

	audit.InfoContext(ctx, "Rule updated",
		"user.name", "ana", "user.roles", []string{"admin", "analyst"},
		"audit.area", "Data Security", "audit.action", "rule.update", "http.request.method", "PUT",
		"audit.entity.type", "rule", "audit.entity.id", "rule-17",
		"http.response.status_code", 200, "audit.duration", 842*time.Millisecond,
		"client.address", "203.0.113.7",
		"http.request.body", map[string]any{"name": "card-numbers", "source": map[string]any{"host": "db1", "password": "open-sesame-4711"}})
	audit.WarnContext(ctx, "User not deleted",
		"user.name", "ana", "user.roles", []string{"admin"}, "impersonator.name", "sam",
		"impersonation.reason", "ticket 4711", "audit.area", "Users", "audit.action", "user.delete",
		"audit.entity.type", "user", "audit.entity.id", "ben", "audit.outcome", "denied",
		"audit.duration", 1240*time.Millisecond, "client.address", "203.0.113.7")

	if err := provider.Shutdown(ctx); err != nil || failed {
		log.Fatal("audit events were not sent: ", err)
	}
}

// The exporters read OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS and so on themselves.
func newExporter(ctx context.Context) (sdk.Exporter, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		return otlploggrpc.New(ctx)
	}
	return otlploghttp.New(ctx)
}
