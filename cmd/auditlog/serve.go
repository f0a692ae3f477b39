package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/otelcol"

	"github.com/auditlog/auditlog/config"
)

// serve runs the server until it is told to stop (SIGINT, SIGTERM) or ctx ends.
func serve(ctx context.Context, cfg config.Config, terminal io.Writer) error {
	for _, warning := range cfg.Warnings() {
		fmt.Fprintln(terminal, "auditlog: warning:", warning)
	}
	collector, err := otelcol.NewCollector(otelcol.CollectorSettings{
		Factories: components,
		BuildInfo: component.BuildInfo{Command: "auditlog", Description: "Audit logs for the Account Owner", Version: version},
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			URIs:              []string{config.Scheme + ":"},
			ProviderFactories: []confmap.ProviderFactory{config.Provider(cfg)},
		}},
	})
	if err != nil {
		return err
	}
	stopped := make(chan struct{})
	welcomed := make(chan struct{})
	go func() {
		defer close(welcomed)
		if awaitRunning(collector, stopped) {
			welcome(ctx, cfg, terminal)
		}
	}()
	err = collector.Run(ctx)
	close(stopped)
	<-welcomed
	if err == nil {
		fmt.Fprintln(terminal, "auditlog has stopped. Everything that was acknowledged is on disk.")
	}
	return nameEndpoint(err, cfg)
}

// nameEndpoint names the setting of an endpoint of upstream's that is in use;
// the program's own components name theirs.
func nameEndpoint(err error, cfg config.Config) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	for setting, endpoint := range map[string]string{
		"telemetry.metrics.endpoint": cfg.Telemetry.Metrics.Endpoint,
		"telemetry.health.endpoint":  cfg.Telemetry.Health.Endpoint,
	} {
		if endpoint != "" && strings.Contains(err.Error(), endpoint) {
			return fmt.Errorf("%s: another program has the port: choose another endpoint, or switch it off with --%s= (%w)", setting, setting, err)
		}
	}
	return err
}

// awaitRunning reports whether the collector came to run before it stopped.
func awaitRunning(collector *otelcol.Collector, stopped <-chan struct{}) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for collector.GetState() != otelcol.StateRunning {
		select {
		case <-stopped:
			return false
		case <-tick.C:
		}
	}
	return true
}

// welcome says where to send and where to look. A sign-in link is printed on a
// terminal only: a log is kept, and read by others than the owner.
func welcome(ctx context.Context, cfg config.Config, w io.Writer) {
	fmt.Fprintf(w, `
auditlog is running.
  Send audit events   OTLP/gRPC %s, OTLP/HTTP %s
  Events are kept     %s, in %s
`, orOff(cfg.Receiver.GRPC.Endpoint), orOff(cfg.Receiver.HTTP.Endpoint), cfg.Store.Retention, cfg.Store.Path)
	if !isTerminal(w) {
		fmt.Fprintf(w, "  See them            run `auditlog signin` on this machine for a link to the owner's page\n\n")
		return
	}
	link, err := signInLink(ctx, cfg, "")
	if err != nil {
		fmt.Fprintf(w, "  See them            `auditlog signin` prints a link (%v)\n\n", err)
		return
	}
	fmt.Fprintf(w, `  See them            %s
                      (works once, within 10 minutes; `+"`auditlog signin`"+` prints another)
  Try it              `+"`auditlog sample`"+` sends a day of made-up events

`, link)
}

func orOff(endpoint string) string {
	if endpoint == "" {
		return "off"
	}
	return endpoint
}
