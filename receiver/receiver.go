package receiver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configmiddleware"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/auditlog/auditlog/store"
)

// retryDelay is what a sender is asked to wait before it tries again.
const retryDelay = 2 * time.Second

// readBuffer is how many bytes of a gRPC connection are read at once. Each
// connection that is being read has one: upstream's 512 KiB are 200 MiB for 400
// senders.
const readBuffer = 64 << 10

type auditReceiver struct {
	cfg      Config
	next     consumer.Logs
	upstream []component.Component // the OTLP receiver, once for each signal; they share one server
	senders  *senders
	stamper  stamper
	inFlight *shares
	rates    *rates
	metrics  *metrics
}

func newReceiver(cfg Config, set receiver.Settings, next consumer.Logs) (*auditReceiver, error) {
	m, err := newMetrics(set.TelemetrySettings)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	r := &auditReceiver{cfg: cfg, next: next, metrics: m, inFlight: newShares(int64(cfg.MaxInFlight)), rates: newRates()}
	if err := r.wrap(set); err != nil {
		return nil, err
	}
	return r, nil
}

// guardID names the middleware that the receiver gives to the OTLP receiver; it
// exists only in the host that [auditReceiver.Start] shows it.
var guardID = component.MustNewIDWithName("auditlog_guard", "receiver")

// wrap makes the OTLP receiver. It takes traces and metrics, too, so that who
// sends them by mistake is told.
func (r *auditReceiver) wrap(set receiver.Settings) error {
	factory := otlpreceiver.NewFactory()
	set.ID = component.NewIDWithName(factory.Type(), Type.String())
	cfg := r.upstreamConfig(factory.CreateDefaultConfig().(*otlpreceiver.Config))
	logs, err := consumer.NewLogs(r.consume, consumer.WithCapabilities(consumer.Capabilities{MutatesData: true}))
	if err != nil {
		return err
	}
	traces, err := consumer.NewTraces(func(context.Context, ptrace.Traces) error { return r.refuseSignal("traces") })
	if err != nil {
		return err
	}
	metrics, err := consumer.NewMetrics(func(context.Context, pmetric.Metrics) error { return r.refuseSignal("metrics") })
	if err != nil {
		return err
	}
	ctx := context.Background()
	l, errLogs := factory.CreateLogs(ctx, set, cfg, logs)
	t, errTraces := factory.CreateTraces(ctx, set, cfg, traces)
	m, errMetrics := factory.CreateMetrics(ctx, set, cfg, metrics)
	r.upstream = []component.Component{l, t, m}
	return errors.Join(errLogs, errTraces, errMetrics)
}

func (r *auditReceiver) upstreamConfig(cfg *otlpreceiver.Config) *otlpreceiver.Config {
	guard := []configmiddleware.Config{{ID: guardID}}
	grpc, http := cfg.Protocols.GRPC.GetOrInsertDefault(), cfg.Protocols.HTTP.GetOrInsertDefault()

	grpc.NetAddr.Endpoint = r.cfg.GRPC.Endpoint
	grpc.TLS = r.cfg.GRPC.TLS
	grpc.MaxRecvMsgSizeMiB = (r.cfg.MaxRequestSize + 1<<20 - 1) >> 20
	grpc.ReadBufferSize = readBuffer
	grpc.Middlewares = guard
	if r.cfg.GRPC.Endpoint == "" {
		cfg.Protocols.GRPC = configoptional.None[configgrpc.ServerConfig]()
	}

	http.ServerConfig.NetAddr.Endpoint = r.cfg.HTTP.Endpoint
	http.ServerConfig.TLS = r.cfg.HTTP.TLS
	http.ServerConfig.MaxRequestBodySize = int64(r.cfg.MaxRequestSize)
	http.ServerConfig.ReadHeaderTimeout = 20 * time.Second
	http.ServerConfig.Middlewares = guard
	if len(r.cfg.HTTP.AllowedOrigins) > 0 {
		http.ServerConfig.CORS = configoptional.Some(confighttp.CORSConfig{AllowedOrigins: r.cfg.HTTP.AllowedOrigins, AllowedHeaders: []string{"*"}})
	}
	if r.cfg.HTTP.Endpoint == "" {
		cfg.Protocols.HTTP = configoptional.None[otlpreceiver.HTTPConfig]()
	}
	return cfg
}

// Start implements [component.Component].
func (r *auditReceiver) Start(ctx context.Context, host component.Host) error {
	s, err := store.Find(host, r.cfg.Store)
	if err != nil {
		return err
	}
	r.senders = newSenders(r.cfg, s)
	r.stamper = stamper{key: s.Key(), maxRecord: r.cfg.MaxRecordSize}
	guarded := &guardedHost{Host: host, guard: &guard{senders: r.senders, inFlight: r.inFlight, metrics: r.metrics, origins: r.cfg.HTTP.AllowedOrigins}}
	for _, u := range r.upstream {
		if err := u.Start(ctx, guarded); err != nil {
			return fmt.Errorf("listen for OTLP at receiver.grpc.endpoint %q and receiver.http.endpoint %q: %w (if another program has the port, choose another endpoint)",
				r.cfg.GRPC.Endpoint, r.cfg.HTTP.Endpoint, err)
		}
	}
	return nil
}

// Shutdown stops taking requests and waits for those under way.
func (r *auditReceiver) Shutdown(ctx context.Context) error {
	var errs []error
	for _, u := range r.upstream {
		errs = append(errs, u.Shutdown(ctx))
	}
	return errors.Join(errs...)
}

// guardedHost is the host with the guard among its extensions.
type guardedHost struct {
	component.Host
	guard *guard
}

func (h *guardedHost) GetExtensions() map[component.ID]component.Component {
	extensions := maps.Clone(h.Host.GetExtensions())
	extensions[guardID] = h.guard
	return extensions
}

var sizer plog.ProtoMarshaler

// consume stamps the records and hands them on. Its error carries the status
// that tells the sender whether to try again.
func (r *auditReceiver) consume(ctx context.Context, logs plog.Logs) error {
	from, ok := senderFrom(ctx)
	if !ok { // the guard lets nobody through without a sender
		return status.Error(codes.Unauthenticated, errNoToken.Error())
	}
	if from.http != nil {
		from.http.decoded = true
	} else {
		size := int64(sizer.LogsSize(logs))
		if !r.inFlight.take(from.name, size) {
			r.metrics.refused(ctx, "in_flight", from.name)
			return tryAgain(errInFlight, retryDelay)
		}
		defer r.inFlight.give(from.name, size)
	}
	records, now := logs.LogRecordCount(), time.Now()
	if delay := r.rates.wait(from, records, now); delay > 0 {
		r.metrics.refused(ctx, "rate", from.name)
		return tryAgain(fmt.Errorf("sender %q has sent more than its max_rate, %d records a second", from.name, from.maxRate), delay)
	}
	r.metrics.received(ctx, from.name, records)
	set := r.stamper.stamp(logs, from, now)
	for reason, n := range set {
		r.metrics.setAside(ctx, reason, n)
	}
	err := chunks(logs, maxChunk, func(part plog.Logs) error { return r.next.ConsumeLogs(ctx, part) })
	if err == nil {
		return nil
	}
	if consumererror.IsPermanent(err) {
		r.metrics.refused(ctx, "permanent", from.name)
		return err
	}
	r.metrics.refused(ctx, "unavailable", from.name)
	return tryAgain(err, retryDelay)
}

var errInFlight = errors.New("as many bytes as receiver.max_in_flight leaves this sender are being worked on")

// tryAgain is UNAVAILABLE with RetryInfo, and over HTTP 503 with Retry-After:
// the one answer after which every SDK keeps its records and sends them again.
func tryAgain(err error, delay time.Duration) error {
	st := status.New(codes.Unavailable, "not stored, send it again: "+err.Error())
	if detailed, derr := st.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(max(delay, time.Second).Round(time.Second))}); derr == nil {
		st = detailed
	}
	return st.Err()
}

func (r *auditReceiver) refuseSignal(signal string) error {
	r.metrics.refused(context.Background(), "not_logs", "")
	return status.Errorf(codes.Unimplemented, "auditlog takes OTLP logs only, these are %s: set the logs endpoint alone (OTEL_EXPORTER_OTLP_LOGS_ENDPOINT) to auditlog, or switch the %s exporter off", signal, signal)
}
