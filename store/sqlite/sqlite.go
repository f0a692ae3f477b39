// Package sqlite is the embedded store: one SQLite database file a UTC day.
//
// A batch is acknowledged after the commit of every day that it touches. Batches
// that wait at the same time share their commits. The totals of a day change in
// the same transaction as its events, so that they agree after a crash, too.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

const (
	// DefaultRetention is how long events are shown.
	DefaultRetention = 30 * 24 * time.Hour

	defaultMaxOpenDays = 8
	retentionInterval  = time.Hour

	minDay, maxDay = audit.Day(math.MinInt32), audit.Day(math.MaxInt32)
)

// Options say where and how events are kept.
type Options struct {
	Path        string           // directory, made with mode 0700
	Retention   time.Duration    // events are shown this long; 0 is DefaultRetention
	MaxOpenDays int              // files kept open; 0 is 8
	SegmentSize int              // events, see [SegmentSize], which is also the default and the most
	Reserve     int64            // bytes kept for the program's own events on a full disk; 0 is [DefaultReserve], negative none
	Now         func() time.Time // nil is time.Now
	Logger      *zap.Logger      // nil logs nothing
}

// A Store keeps events in one file a day. See [store.Store] for what it promises.
type Store struct {
	retention time.Duration
	now       func() time.Time
	log       *zap.Logger
	files     *files
	ledger    *ledger
	reserve   *reserve

	queue   chan *request // to the goroutine that writes
	seals   seals         // of the goroutine that writes
	stop    context.CancelFunc
	workers sync.WaitGroup

	calls store.Calls

	pass  sync.Mutex // one retention pass at a time
	state struct {
		sync.Mutex
		clock   string // what the last pass found wrong with the clock
		refused error  // why the last group could not be written
	}
}

var _ store.Store = (*Store)(nil)

// Open opens the store in a directory, and makes it if it is not there. It
// refuses a directory that another store has open, and files of another version.
// A damaged file does not keep the other days from being used: see
// [store.Status].Problem.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := openStore(ctx, o)
	if err != nil {
		return nil, failed("open store "+o.Path, err)
	}
	return s, nil
}

func openStore(ctx context.Context, o Options) (_ *Store, err error) {
	s := &Store{retention: o.Retention, now: o.Now, log: o.Logger, queue: make(chan *request)}
	if s.retention <= 0 {
		s.retention = DefaultRetention
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = zap.NewNop()
	}
	if o.MaxOpenDays <= 0 {
		o.MaxOpenDays = defaultMaxOpenDays
	}
	if o.SegmentSize <= 0 || o.SegmentSize > SegmentSize {
		o.SegmentSize = SegmentSize
	}
	s.seals.days, s.seals.built = make(map[audit.Day]*unsealed), make(chan *built, 1)
	if err := makeDirectory(o.Path); err != nil {
		return nil, err
	}
	if s.ledger, err = openLedger(ctx, o.Path); err != nil {
		return nil, fmt.Errorf("%s: %w", ledgerName, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.closeFiles())
		}
	}()
	if s.files, err = newFiles(o.Path, o.MaxOpenDays, o.SegmentSize, s.log); err != nil {
		return nil, err
	}
	if err := s.examine(ctx); err != nil {
		return nil, err
	}
	if o.Reserve == 0 {
		o.Reserve = DefaultReserve
	}
	if s.reserve = newReserve(o.Path, o.Reserve); !s.reserve.hold() {
		s.log.Warn("The disk is nearly full: there is no room for the reserve.", zap.String("file", s.reserve.path))
	}
	s.start()
	return s, nil
}

func makeDirectory(path string) error {
	if path == "" {
		return errors.New("no directory given")
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// examine opens each day once. It ends a removal that a crash interrupted,
// remembers logs that are to be sealed, and refuses files of another version.
func (s *Store) examine(ctx context.Context) error {
	var newer []error
	for _, day := range s.files.between(minDay, maxDay, anything) {
		leftover, unsealedEvents := false, 0
		err := s.files.read(ctx, day, func(d *database) (err error) {
			if leftover, err = s.ledger.has(ctx, d.key); err == nil {
				unsealedEvents, err = d.countLog(ctx)
			}
			return err
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errNewer), errors.Is(err, errOlder):
			newer = append(newer, err)
		case err != nil:
			s.log.Error("A day's file cannot be opened; the other days are used.", zap.Error(err))
		case leftover:
			if err := s.removeDay(ctx, day); err != nil {
				return err
			}
		case unsealedEvents > 0:
			s.seals.days[day] = &unsealed{events: unsealedEvents, last: time.Now()}
		}
	}
	return errors.Join(newer...)
}

func (s *Store) start() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.workers.Go(s.writeQueue)
	s.logRetention(ctx)
	s.workers.Go(func() {
		ticker := time.NewTicker(retentionInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				s.logRetention(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
}

// enter begins a call. The caller defers what it returns.
func (s *Store) enter(ctx context.Context) (leave func(), err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return s.calls.Enter()
}

// Close waits for the calls that are under way and closes all files. A call that
// comes later gets [store.ErrUnavailable].
func (s *Store) Close() error {
	if !s.calls.Close() {
		return nil
	}
	s.stop()
	close(s.queue)
	s.workers.Wait()
	return failed("close store", s.closeFiles())
}

func (s *Store) closeFiles() error {
	var err error
	if s.files != nil {
		err = s.files.close()
	}
	return errors.Join(err, s.ledger.close())
}

// Status implements [store.Store].
func (s *Store) Status(ctx context.Context) (store.Status, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return store.Status{}, err
	}
	defer leave()
	s.files.removing.RLock()
	defer s.files.removing.RUnlock()
	sum, err := s.ledger.sum(ctx)
	if err != nil {
		return store.Status{}, failed("read "+ledgerName, err)
	}
	var status store.Status
	for _, d := range s.files.states(ctx) {
		sum.add(d.totals)
		if d.problem != nil && status.Problem == "" {
			status.Problem = failed("open "+s.files.path(d.day), d.problem).Error()
		}
		if d.totals.stored == 0 {
			continue
		}
		status.Days++
		status.Newest = d.day.String()
		if status.Oldest == "" {
			status.Oldest = d.day.String()
		}
	}
	status.Accepted, status.Stored = sum.accepted, sum.stored
	status.Duplicates, status.DeadLetters = sum.duplicates, sum.deadLetters
	if sum.received != 0 {
		status.Received = time.Unix(0, sum.received).UTC()
	}
	if status.Problem == "" && !s.reserve.isHeld() {
		status.Problem = "The disk is full: senders are told to come again, and reading will be refused soon. Free some space; the store goes on by itself."
	}
	if status.Problem == "" {
		status.Problem = s.problem()
	}
	return status, nil
}

// problem is what the last writing or the last pass of the retention met.
func (s *Store) problem() string {
	s.state.Lock()
	defer s.state.Unlock()
	if s.state.refused != nil {
		return "Senders are told to come again: " + s.state.refused.Error()
	}
	return s.state.clock
}
