package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/auditlog/auditlog/config"
	"github.com/auditlog/auditlog/store"
)

// sampleService is the service of every sample event; the page says so while
// such events are in view.
const sampleService = "auditlog-sample"

func newSampleCommand(load loader) *cobra.Command {
	var count int
	cmd := &cobra.Command{
		Use:   "sample",
		Short: "Send a day of made-up events to the server on this machine",
		Long: `Send a realistic day of activity, ending now, through the OpenTelemetry SDK for
Go: several users, roles and areas, failures, an impersonation, and secrets in
request bodies, which must not be on the page.

It is for trying auditlog out, so it is refused where senders are configured or
where the server listens beyond this machine.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			if err := sampleAllowed(cfg); err != nil {
				return err
			}
			if count < 1 || count > 100_000 {
				return fmt.Errorf("--count %d: must be 1 to 100000", count)
			}
			before, err := acceptedBy(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			if err := sendSample(cmd.Context(), cfg.Receiver.GRPC.Endpoint, count, cmd.ErrOrStderr()); err != nil {
				return err
			}
			after, err := acceptedBy(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			if after-before < int64(count) {
				return fmt.Errorf("%d events were sent to %s, but the auditlog on store.path %q has only %d of them: another program listens there", count, cfg.Receiver.GRPC.Endpoint, cfg.Store.Path, after-before)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d events of the last 24 hours were sent and stored. See them with `auditlog signin`.\n", count)
			return nil
		},
	}
	cmd.Flags().IntVar(&count, "count", 600, "number of events")
	return cmd
}

// acceptedBy returns how many records the server on store.path has accepted:
// what listens at the endpoint may be another program.
func acceptedBy(ctx context.Context, cfg config.Config) (int64, error) {
	var s store.Status
	err := control(ctx, cfg, http.MethodGet, "/status", nil, &s)
	if errors.Is(err, errNotRunning) {
		return 0, fmt.Errorf("%w: start it first, or name its directory with --store.path or --config", err)
	}
	return s.Accepted, err
}

func sampleAllowed(cfg config.Config) error {
	switch {
	case !config.Loopback(cfg.Receiver.GRPC.Endpoint):
		return fmt.Errorf("sample events are for a server on this machine: receiver.grpc.endpoint is %q", cfg.Receiver.GRPC.Endpoint)
	case cfg.Receiver.GRPC.TLS.On() || len(cfg.Receiver.Senders) > 0:
		return errors.New("sample events are for the default configuration: here receiver.senders or receiver.grpc.tls is set, so this trail may be a real one")
	}
	return nil
}

// sendSample returns when the server has stored every event.
func sendSample(ctx context.Context, endpoint string, count int, progress io.Writer) error {
	exporter, err := otlploggrpc.New(ctx,
		otlploggrpc.WithEndpoint(endpoint), otlploggrpc.WithInsecure(),
		otlploggrpc.WithRetry(otlploggrpc.RetryConfig{Enabled: true, InitialInterval: 200 * time.Millisecond, MaxInterval: 2 * time.Second, MaxElapsedTime: 15 * time.Second}))
	if err != nil {
		return fmt.Errorf("set up the OpenTelemetry exporter: %w", err)
	}
	checked := &checkedExporter{Exporter: exporter}
	provider := sdklog.NewLoggerProvider(
		sdklog.WithResource(resource.NewSchemaless(attribute.String("service.name", sampleService), attribute.String("service.version", version))),
		sdklog.WithProcessor(sdklog.NewBatchProcessor(checked, sdklog.WithExportMaxBatchSize(sampleBatch), sdklog.WithExportInterval(time.Hour))))
	logger := provider.Logger("github.com/auditlog/auditlog/sample")

	bar := progressbar.NewOptions(count, progressbar.OptionSetWriter(progress), progressbar.OptionSetDescription("sending"),
		progressbar.OptionShowCount(), progressbar.OptionSetVisibility(isTerminal(progress)), progressbar.OptionClearOnFinish())
	for i, event := range sampleDay(time.Now(), count) {
		logger.Emit(ctx, event.record())
		if (i+1)%sampleBatch == 0 || i+1 == count {
			if err := errors.Join(provider.ForceFlush(ctx), checked.err); err != nil {
				provider.Shutdown(ctx)
				return fmt.Errorf("send to %s: %w (is auditlog running there?)", endpoint, err)
			}
			bar.Set(i + 1)
		}
	}
	return errors.Join(provider.Shutdown(ctx), checked.err)
}

// sampleBatch is less than the SDK's queue holds, and flushed each time, so
// that the queue never drops.
const sampleBatch = 100

// checkedExporter keeps the first error, which the SDK would hand to a global
// handler. ForceFlush orders the accesses to err.
type checkedExporter struct {
	sdklog.Exporter
	err error
}

func (e *checkedExporter) Export(ctx context.Context, records []sdklog.Record) error {
	err := e.Exporter.Export(ctx, records)
	if e.err == nil {
		e.err = err
	}
	return err
}

type sampleUser struct{ id, name, fullName, email, role, ip string }

var sampleUsers = []sampleUser{
	{"u-1001", "ana.ruiz", "Ana Ruiz", "ana.ruiz@example.com", "Admin", "203.0.113.24"},
	{"u-1002", "ben.okafor", "Ben Okafor", "ben.okafor@example.com", "Developer", "203.0.113.77"},
	{"u-1003", "chloe.martin", "Chloé Martin", "chloe.martin@example.com", "Analyst", "198.51.100.9"},
	{"u-1004", "daniel.kim", "Daniel Kim", "daniel.kim@example.com", "Security Officer", "198.51.100.45"},
	{"u-1005", "ewa.nowak", "Ewa Nowak", "ewa.nowak@example.com", "Billing Manager", "192.0.2.130"},
	{"u-1006", "farid.haddad", "Farid Haddad", "farid.haddad@example.com", "Account Owner", "2001:db8::17"},
}

// sampleSupport acts as others now and then.
var sampleSupport = sampleUser{id: "s-7", name: "sam.lee", fullName: "Sam Lee", email: "sam.lee@support.example.net", role: "Support"}

type sampleKind struct {
	area, method, action, entityType, entityPrefix, path, body string
}

// The secrets in the bodies are made up, and must never be seen again.
var sampleKinds = []sampleKind{
	{"Sign-in", "POST", "Login", "session", "sess-", "/api/v1/sessions", `{"username":"{user}","password":"Tr0ub4dor&3-sample"}`},
	{"Connections", "POST", "CreateConnection", "connection", "conn-", "/api/v1/connections", `{"name":"prod-db","engine":"postgres","url":"postgres://app:s3cr3t-sample@db.internal:5432/app","pool":{"max":20}}`},
	{"Connections", "PUT", "UpdateConnection", "connection", "conn-", "/api/v1/connections/{id}", `{"changes":[{"field":"dbPassword","old":"old-sample-pw","new":"new-sample-pw"},{"field":"port","old":5432,"new":6432}]}`},
	{"Connections", "DELETE", "DeleteConnection", "connection", "conn-", "/api/v1/connections/{id}", ""},
	{"Users", "POST", "InviteUser", "user", "u-", "/api/v1/users", `{"role":"Analyst","teams":["finance"]}`},
	{"Users", "PATCH", "ChangeRole", "user", "u-", "/api/v1/users/{id}", `{"changes":[{"field":"role","old":"Analyst","new":"Admin"}]}`},
	{"Users", "POST", "ResetPassword", "user", "u-", "/api/v1/users/{id}/reset", `{"otp":"492817","notify":true}`},
	{"API Keys", "POST", "CreateApiKey", "api_key", "key-", "/api/v1/keys", `{"name":"ci","scopes":["read","deploy"],"api_key":"ak_sample_9f8e7d6c5b4a39281706"}`},
	{"API Keys", "DELETE", "RevokeApiKey", "api_key", "key-", "/api/v1/keys/{id}", ""},
	{"Queries", "POST", "RunQuery", "query", "q-", "/api/v1/queries", `{"sql":"SELECT name, salary FROM employees WHERE ssn = '078-05-1120'","database":"hr","row_limit":100}`},
	{"Queries", "GET", "ViewResult", "query", "q-", "/api/v1/queries/{id}", ""},
	{"Alerts", "PUT", "UpdateAlertRule", "alert_rule", "alert-", "/api/v1/alerts/{id}", `{"threshold":0.95,"window":"5m","webhook":"https://hooks.example.com/services/T00/B00/sampleSecretToken"}`},
	{"Alerts", "POST", "AcknowledgeAlert", "alert", "alert-", "/api/v1/alerts/{id}/ack", ""},
	{"Dashboards", "GET", "ViewDashboard", "dashboard", "dash-", "/api/v1/dashboards/{id}", ""},
	{"Dashboards", "PUT", "UpdateDashboard", "dashboard", "dash-", "/api/v1/dashboards/{id}", `{"title":"Latency","panels":7,"shared":true}`},
	{"Billing", "POST", "UpdatePaymentMethod", "payment_method", "pm-", "/api/v1/billing/payment", `{"card":"4111 1111 1111 1111","cvv":"737","expires":"2029-04"}`},
	{"Billing", "GET", "DownloadInvoice", "invoice", "inv-", "/api/v1/billing/invoices/{id}", ""},
}

type sampleEvent struct {
	at           time.Time
	user         sampleUser
	kind         sampleKind
	number       int
	code         int
	took         time.Duration
	session      string
	impersonated bool
}

// sampleDay makes up count events of the 24 hours before end, in their order,
// more of them in the hours of work.
func sampleDay(end time.Time, count int) []sampleEvent {
	events := make([]sampleEvent, count)
	for i := range events {
		user := sampleUsers[rand.IntN(len(sampleUsers))]
		e := sampleEvent{
			at:      end.Add(-sampleAge()),
			user:    user,
			kind:    sampleKinds[rand.IntN(len(sampleKinds))],
			number:  100 + rand.IntN(60),
			code:    200,
			took:    time.Duration(rand.ExpFloat64() * float64(180*time.Millisecond)),
			session: fmt.Sprintf("%s-%d", user.id, rand.IntN(3)),
		}
		switch p := rand.IntN(100); {
		case p < 4:
			e.code = 403
		case p < 6:
			e.code = 400
		case p < 7:
			e.code, e.took = 500, e.took+2*time.Second
		case p < 10:
			e.impersonated = true
		case e.kind.method == "POST":
			e.code = 201
		}
		events[i] = e
	}
	events[0].impersonated = true
	slices.SortFunc(events, func(a, b sampleEvent) int { return a.at.Compare(b.at) })
	return events
}

// sampleAge is up to a day, three times out of four within the last ten hours.
func sampleAge() time.Duration {
	span := 24 * time.Hour
	if rand.IntN(4) > 0 {
		span = 10 * time.Hour
	}
	return rand.N(span)
}

func (e sampleEvent) record() log.Record {
	var r log.Record
	r.SetTimestamp(e.at)
	r.SetEventName(e.kind.action)
	r.SetSeverity(log.SeverityInfo)
	if e.code >= 500 {
		r.SetSeverity(log.SeverityError)
	}
	id := fmt.Sprintf("%s%d", e.kind.entityPrefix, e.number)
	r.AddAttributes(
		attribute.String("user.id", e.user.id),
		attribute.String("user.name", e.user.name),
		attribute.String("user.full_name", e.user.fullName),
		attribute.String("user.email", e.user.email),
		attribute.StringSlice("user.roles", []string{e.user.role}),
		attribute.String("audit.area", e.kind.area),
		attribute.String("audit.entity.type", e.kind.entityType),
		attribute.String("audit.entity.id", id),
		attribute.String("http.request.method", e.kind.method),
		attribute.String("url.path", strings.ReplaceAll(e.kind.path, "{id}", id)),
		attribute.Int("http.response.status_code", e.code),
		attribute.Int64("audit.duration", int64(e.took)),
		attribute.String("client.address", e.user.ip),
		attribute.String("session.id", e.session),
		attribute.String("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"),
	)
	if e.kind.body != "" {
		r.AddAttributes(attribute.String("http.request.body", strings.ReplaceAll(e.kind.body, "{user}", e.user.name)))
	}
	if e.code >= 400 {
		r.AddAttributes(attribute.String("error.type", map[int]string{400: "validation_failed", 403: "permission_denied", 500: "internal_error"}[e.code]))
	}
	if e.impersonated {
		r.AddAttributes(
			attribute.String("impersonator.id", sampleSupport.id),
			attribute.String("impersonator.name", sampleSupport.name),
			attribute.String("impersonator.full_name", sampleSupport.fullName),
			attribute.String("impersonator.email", sampleSupport.email),
			attribute.StringSlice("impersonator.roles", []string{sampleSupport.role}),
			attribute.String("impersonation.reason", fmt.Sprintf("Support ticket %d", 4000+e.number)),
		)
	}
	return r
}
