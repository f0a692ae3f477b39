// Package elasticsearch is the store that organizations run: one index a UTC day,
// in a cluster of their own.
//
// A batch is acknowledged when it is in the spool, on this machine's disk. From
// there it is shipped to the cluster until it has arrived, however long that
// takes. What was shipped is counted as stored when it can be searched.
package elasticsearch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/spool"
)

// Retention methods.
const (
	ILM = "ilm" // the cluster's index lifecycle management deletes expired days
	Own = "own" // the program does
)

// Options say which cluster, and where the spool is.
type Options struct {
	store.ElasticsearchConfig

	Path         string        // directory of the spool
	MaxSpoolSize int64         // bytes; 0 is the spool's default
	Retention    time.Duration // for how long events are shown

	Now            func() time.Time // nil is time.Now
	Logger         *zap.Logger      // nil logs nothing
	RefreshEvery   time.Duration    // least time between two refreshes; 0 is a second
	CheckEvery     time.Duration    // time between two checks of the set-up; 0 is a minute
	RetryAtMost    time.Duration    // longest pause before something is tried again; 0 is 30 s
	RetentionEvery time.Duration    // time between two passes of the program's own retention; 0 is an hour
}

func (o *Options) setDefaults() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	for d, value := range map[*time.Duration]time.Duration{
		&o.RefreshEvery: time.Second, &o.CheckEvery: time.Minute, &o.RetryAtMost: 30 * time.Second, &o.RetentionEvery: time.Hour,
	} {
		if *d <= 0 {
			*d = value
		}
	}
}

// A Store keeps events in a cluster. See [store.Store] for what it promises.
type Store struct {
	Options
	names  names
	client *client
	spool  *spool.Spool
	log    *zap.Logger

	stop    context.CancelFunc
	workers sync.WaitGroup

	calls store.Calls

	setup   setup
	shipper shipper
	clock   struct { // what the last pass of the retention found wrong
		sync.Mutex
		problem string
	}
}

var _ store.Store = (*Store)(nil)

// Open opens the spool and begins to ship. The cluster need not be reachable: what
// is wrong with it is logged and in [store.Status].Problem, and events are taken
// meanwhile.
func Open(ctx context.Context, o Options) (*Store, error) {
	o.setDefaults()
	c, err := newClient(o.ElasticsearchConfig)
	if err != nil {
		return nil, err
	}
	sp, err := spool.Open(spool.Options{Path: o.Path, MaxSize: o.MaxSpoolSize, Now: o.Now, Logger: o.Logger, Shares: sharesOf})
	if err != nil {
		return nil, err
	}
	s := &Store{Options: o, names: names{o.Index}, client: c, spool: sp, log: o.Logger}
	s.setup.init(s)
	s.shipper.init(s)
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.log.Info("Events are stored in Elasticsearch.", zap.Strings("urls", o.URLs), zap.String("index", o.Index), zap.String("retention.method", o.ElasticsearchConfig.Retention.Method))
	s.workers.Go(func() { s.setup.keep(run) })
	s.workers.Go(func() { s.shipper.run(run) })
	s.workers.Go(func() { s.shipper.refreshAll(run) })
	if o.ElasticsearchConfig.Retention.Method == Own {
		s.workers.Go(func() { s.keepRetention(run) })
	}
	return s, nil
}

// enter begins a call. The caller defers what it returns.
func (s *Store) enter(ctx context.Context) (leave func(), err error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%w: %w", store.ErrUnavailable, context.Cause(ctx))
	}
	return s.calls.Enter()
}

// Close waits for the calls that are under way. What was not shipped yet stays in
// the spool, and is shipped when the store is opened again.
func (s *Store) Close() error {
	if !s.calls.Close() {
		return nil
	}
	s.stop()
	s.workers.Wait()
	return errors.Join(s.client.close(), s.spool.Close())
}

// Status implements [store.Store]. Where the cluster does not answer, the counts
// are there all the same, and Problem says so.
func (s *Store) Status(ctx context.Context) (status store.Status, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return status, err
	}
	defer leave()
	sp := s.spool.Status()
	status = store.Status{
		Accepted: sp.Stored + sp.Duplicates + sp.DeadLetters + sp.Waiting,
		Stored:   sp.Stored, Duplicates: sp.Duplicates, DeadLetters: sp.DeadLetters, Waiting: sp.Waiting, OldestWaiting: sp.Oldest,
	}
	if sp.Received != 0 {
		status.Received = time.Unix(0, sp.Received).UTC()
	}
	days, daysErr := s.daysWithEvents(ctx)
	if daysErr == nil && len(days) > 0 {
		status.Days, status.Oldest, status.Newest = len(days), days[0].String(), days[len(days)-1].String()
	}
	s.clock.Lock()
	clock := s.clock.problem
	s.clock.Unlock()
	for _, problem := range []string{sp.Problem, s.setup.problem(), s.shipper.problem(), clock, s.overdue(days)} {
		if status.Problem == "" {
			status.Problem = problem
		}
	}
	if s.setup.stopped() || s.shipper.stopped() {
		status.Stopped = ErrSetup.Error()
	}
	if daysErr != nil && status.Problem == "" {
		status.Problem = "Elasticsearch does not answer: " + daysErr.Error()
	}
	return status, nil
}

// overdue says that the cluster keeps days that it should have deleted.
func (s *Store) overdue(days []audit.Day) string {
	const patience = 2 // days
	if len(days) == 0 || s.age(days[0]) < s.Retention+(1+patience)*24*time.Hour {
		return ""
	}
	return fmt.Sprintf("index %s should have been deleted by now: look at GET %[1]s/_ilm/explain", s.names.events(days[0]))
}

// age is for how long a day is over.
func (s *Store) age(d audit.Day) time.Duration { return s.Now().Sub((d + 1).Start()) }

// expired reports whether a day is over for as long as the retention: nothing of
// it is shown any more.
func (s *Store) expired(d audit.Day) bool { return s.age(d) >= s.Retention }

func (s *Store) oldest() time.Time { return s.Now().Add(-s.Retention) }

// pause waits, or returns false when the context ends.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
