package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/user"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"
)

// Type is the component type of the extension that owns the store.
var Type = component.MustNewType("auditlog_store")

// Config configures the extension.
type Config struct {
	// Path is the directory for everything that is kept on this machine.
	Path string `mapstructure:"path"`
	// Retention is for how long events can be searched.
	Retention time.Duration `mapstructure:"retention"`
	// SQLite configures the embedded store.
	SQLite SQLiteConfig `mapstructure:"sqlite"`
	// Elasticsearch replaces the embedded store where it names a cluster.
	Elasticsearch ElasticsearchConfig `mapstructure:"elasticsearch"`
	// Spool is where events wait for Elasticsearch.
	Spool SpoolConfig `mapstructure:"spool"`
}

// SQLiteConfig configures the embedded store.
type SQLiteConfig struct {
	// MaxOpenDays is how many days' files are open at the same time.
	MaxOpenDays int `mapstructure:"max_open_days"`
}

// Validate implements [component.ConfigValidator].
func (c *Config) Validate() error {
	var errs []error
	if c.Path == "" {
		errs = append(errs, errors.New("`path` must name a directory"))
	}
	if c.Retention < 24*time.Hour {
		errs = append(errs, errors.New("`retention` must be at least 24h"))
	}
	if c.SQLite.MaxOpenDays < 1 {
		errs = append(errs, errors.New("`sqlite.max_open_days` must be at least 1"))
	}
	errs = append(errs, c.Elasticsearch.validate()...)
	if c.Elasticsearch.On() && c.Spool.MaxSize < 1<<20 {
		errs = append(errs, errors.New("`spool.max_size` must be at least 1 MiB"))
	}
	return errors.Join(errs...)
}

// NewFactory returns the factory of the extension that owns the store which open
// opens. Exporter and search find it with [Find].
func NewFactory(open Open) extension.Factory {
	create := func(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
		return &Extension{cfg: *cfg.(*Config), open: open, set: set.TelemetrySettings, control: http.NewServeMux()}, nil
	}
	return extension.NewFactory(Type, createDefaultConfig, create, component.StabilityLevelBeta)
}

func createDefaultConfig() component.Config {
	return &Config{
		Path: "./auditlog-data", Retention: 30 * 24 * time.Hour, SQLite: SQLiteConfig{MaxOpenDays: 34},
		Elasticsearch: DefaultElasticsearch(), Spool: SpoolConfig{MaxSize: 4 << 30},
	}
}

// Extension owns the installation while the server runs, and answers commands
// on its socket.
type Extension struct {
	*Installation // from Start to Shutdown

	cfg     Config
	open    Open
	set     component.TelemetrySettings
	control *http.ServeMux
	server  *http.Server
	done    chan struct{}
	metrics metric.Registration
}

// Find returns the store's extension that a component's configuration names.
func Find(host component.Host, id component.ID) (*Extension, error) {
	ext, ok := host.GetExtensions()[id]
	if !ok {
		return nil, fmt.Errorf("`store`: there is no extension %q", id)
	}
	s, ok := ext.(*Extension)
	if !ok {
		return nil, fmt.Errorf("`store`: extension %q is no %s", id, Type)
	}
	return s, nil
}

// Retention is for how long events can be searched.
func (e *Extension) Retention() time.Duration { return e.cfg.Retention }

// Start opens the installation and listens for commands.
func (e *Extension) Start(ctx context.Context, _ component.Host) error {
	inst, err := OpenInstallation(ctx, e.cfg, e.open, e.set.Logger)
	if err != nil {
		return err
	}
	e.Installation = inst
	if err := e.serve(); err != nil {
		return errors.Join(err, inst.Close())
	}
	if e.metrics, err = observe(e.set, inst); err != nil {
		return errors.Join(err, e.Shutdown(ctx))
	}
	return e.Record(ctx, Entry{User: Own, Method: "START", Action: "auditlog.start", EntityType: "audit log"})
}

// Shutdown records the stop, waits for commands and writes that are under way,
// and closes the installation.
func (e *Extension) Shutdown(ctx context.Context) error {
	if e.Installation == nil {
		return nil
	}
	err := e.Record(ctx, Entry{User: Own, Method: "STOP", Action: "auditlog.stop", EntityType: "audit log"})
	if err != nil {
		e.set.Logger.Warn("The stop could not be recorded in the trail.", zap.Error(err))
	}
	err = e.server.Shutdown(ctx)
	<-e.done
	if e.metrics != nil {
		err = errors.Join(err, e.metrics.Unregister())
	}
	err = errors.Join(err, e.Installation.Close())
	e.Installation = nil
	return err
}

func (e *Extension) serve() error {
	l, err := e.dir.Listen()
	if err != nil {
		return err
	}
	e.HandleCommand("POST /tokens", func(r *http.Request, user string) (any, error) {
		var req TokenRequest
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			return nil, err
		}
		return e.CreateToken(r.Context(), user, req)
	})
	e.HandleCommand("GET /tokens", func(*http.Request, string) (any, error) { return e.Tokens(), nil })
	e.HandleCommand("DELETE /tokens/{name}", func(r *http.Request, user string) (any, error) {
		return nil, e.RevokeToken(r.Context(), user, r.PathValue("name"))
	})
	e.HandleCommand("GET /status", func(r *http.Request, _ string) (any, error) { return e.Status(r.Context()) })
	e.HandleCommand("GET /deadletters", func(r *http.Request, _ string) (any, error) { return e.CountDeadLetters(r.Context()) })
	handleDeadLetters(e, "show", e.ShowDeadLetters)
	handleDeadLetters(e, "replay", e.ReplayDeadLetters)
	handleDeadLetters(e, "discard", e.DiscardDeadLetters)
	e.server = &http.Server{Handler: e.control, ReadHeaderTimeout: 10 * time.Second, ConnContext: withPeer}
	e.done = make(chan struct{})
	go func() {
		defer close(e.done)
		if err := e.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			e.set.Logger.Error("Commands cannot reach this server any more.", zap.Error(err))
		}
	}()
	return nil
}

func handleDeadLetters[T any](e *Extension, name string, command func(context.Context, string, DeadLetterRequest) (T, error)) {
	e.HandleCommand("POST /deadletters/"+name, func(r *http.Request, user string) (any, error) {
		var req DeadLetterRequest
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			return nil, err
		}
		return command(r.Context(), user, req)
	})
}

// HandleCommand answers a command on the installation's socket with JSON. user
// is the user of this machine who runs the command. It is called before the
// server serves owners, by the extensions that depend on the store.
func (e *Extension) HandleCommand(pattern string, command func(r *http.Request, user string) (any, error)) {
	e.control.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		answer, err := command(r, peerUser(r.Context()))
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(answer)
	})
}

type peerKey struct{}

// withPeer puts the user at the other end of a unix socket into the context.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	name := "local"
	if u, ok := c.(*net.UnixConn); ok {
		if uid, err := peerUID(u); err == nil {
			name = strconv.Itoa(int(uid))
			if known, err := user.LookupId(name); err == nil {
				name = known.Username
			}
		}
	}
	return context.WithValue(ctx, peerKey{}, name)
}

func peerUser(ctx context.Context) string {
	name, _ := ctx.Value(peerKey{}).(string)
	return name
}

func observe(set component.TelemetrySettings, s Store) (metric.Registration, error) {
	meter := set.MeterProvider.Meter("github.com/auditlog/auditlog/store")
	var errs []error
	counter := func(name, description string) metric.Int64ObservableCounter {
		c, err := meter.Int64ObservableCounter(name, metric.WithDescription(description), metric.WithUnit("{record}"))
		errs = append(errs, err)
		return c
	}
	accepted := counter("auditlog_accepted", "Records accepted since the store was created.")
	stored := counter("auditlog_stored", "Events stored since the store was created.")
	duplicates := counter("auditlog_duplicates", "Records that were stored already, since the store was created.")
	deadLetters := counter("auditlog_dead_letters", "Records set aside as dead letters since the store was created.")
	waiting, err := meter.Int64ObservableGauge("auditlog_waiting", metric.WithDescription("Records that wait to become searchable."), metric.WithUnit("{record}"))
	errs = append(errs, err)
	age, err := meter.Float64ObservableGauge("auditlog_waiting_age", metric.WithDescription("For how long the oldest record that waits has waited; 0 if none does."), metric.WithUnit("s"))
	errs = append(errs, err)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		status, err := s.Status(ctx)
		if err != nil {
			return err
		}
		o.ObserveInt64(accepted, status.Accepted)
		o.ObserveInt64(stored, status.Stored)
		o.ObserveInt64(duplicates, status.Duplicates)
		o.ObserveInt64(deadLetters, status.DeadLetters)
		o.ObserveInt64(waiting, status.Waiting)
		o.ObserveFloat64(age, status.WaitingAge(time.Now()).Seconds())
		return nil
	}, accepted, stored, duplicates, deadLetters, waiting, age)
}
