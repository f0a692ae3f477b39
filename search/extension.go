package search

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.uber.org/zap"

	"github.com/auditlog/auditlog/store"
)

// maxHeader is how many bytes the header of a request may have, its address and
// query included.
const maxHeader = 64 << 10

// Extension serves the owner's endpoint from Start to Shutdown.
type Extension struct {
	cfg     Config
	set     component.TelemetrySettings
	version string
	server  *http.Server
	done    chan struct{}
	closing chan struct{}
	ready   atomic.Bool // events are taken
	now     func() time.Time
	issuer  *issuer
	beside  sync.WaitGroup // what runs beside the requests
}

var (
	_ extensioncapabilities.Dependent       = (*Extension)(nil)
	_ extensioncapabilities.PipelineWatcher = (*Extension)(nil)
)

// Ready implements [extensioncapabilities.PipelineWatcher].
func (e *Extension) Ready() error {
	e.ready.Store(true)
	return nil
}

// NotReady implements [extensioncapabilities.PipelineWatcher].
func (e *Extension) NotReady() error {
	e.ready.Store(false)
	return nil
}

// Dependencies implements [extensioncapabilities.Dependent]: the store starts
// first and stops last.
func (e *Extension) Dependencies() []component.ID { return []component.ID{e.cfg.Store} }

// Start implements [component.Component].
func (e *Extension) Start(ctx context.Context, host component.Host) error {
	s, err := store.Find(host, e.cfg.Store)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", e.cfg.Endpoint)
	if err != nil {
		return fmt.Errorf("listen at search.endpoint: %w (if another program has the port, choose another endpoint)", err)
	}
	l = bound(l, e.cfg.TrustedProxy)
	if e.cfg.TLS.HasValue() {
		tlsConfig, err := e.cfg.TLS.Get().LoadTLSConfig(ctx)
		if err != nil {
			return errors.Join(fmt.Errorf("search.tls: %w", err), l.Close())
		}
		// Over HTTP/1.1 browsers open six connections, of which a live tail takes one.
		tlsConfig.NextProtos = []string{"h2", "http/1.1"}
		l = tls.NewListener(l, tlsConfig)
	}
	api, err := newAPI(&e.cfg, e.cfg.base(l.Addr().String()), e.version, s, e.set, &e.ready, e.now)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	s.HandleCommand("POST /signin", api.signInCommand)
	e.closing = api.closing
	e.meet(api.issuer)
	e.server = &http.Server{
		Handler:           api.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          zap.NewStdLog(e.set.Logger),
	}
	e.done = make(chan struct{})
	go func() {
		defer close(e.done)
		if err := e.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			e.set.Logger.Error("The owner's endpoint stopped.", zap.Error(err))
		}
	}()
	e.set.Logger.Info("Serving the owner's page.", zap.String("url", api.base.String()))
	return nil
}

// meet asks the identity provider who it is, so that a mistake is known before
// the first owner signs in. It does not wait for the answer.
func (e *Extension) meet(i *issuer) {
	e.issuer = i
	if i != nil {
		e.beside.Go(func() { _, _ = i.provider() }) // which logs what is wrong
	}
}

// Shutdown implements [component.Component]: it answers what is under way.
func (e *Extension) Shutdown(ctx context.Context) error {
	if e.server == nil {
		return nil
	}
	close(e.closing) // tails would go on for ever
	err := e.server.Shutdown(ctx)
	<-e.done
	if e.issuer != nil {
		e.issuer.close()
	}
	e.beside.Wait()
	e.server = nil
	return err
}
