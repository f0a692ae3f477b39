package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
)

const (
	filePrefix = "auditlog-"
	fileSuffix = ".db"
)

// files are the days on disk. It keeps few of them open, and closes none that is
// in use.
type files struct {
	directory string
	max       int // open ones
	size      int // events of a segment
	log       *zap.Logger

	// removing is held while a day's totals are in two places.
	removing sync.RWMutex

	mu    sync.Mutex
	freed sync.Cond // a day's users became fewer
	days  map[audit.Day]*file
	clock uint64 // counts uses
}

// A file is one day. What follows mu in files guards all but db, which
// changes only under both opening and files.mu.
type file struct {
	day     audit.Day
	onDisk  bool
	fenced  bool // being removed: no new users
	stale   bool // a write failed: open it anew
	users   int
	used    uint64 // files.clock at the last use
	totals  totals
	loaded  bool  // totals are known
	problem error // why it could not be opened the last time

	opening sync.Mutex
	db      *database
}

func newFiles(directory string, limit, segmentSize int, log *zap.Logger) (*files, error) {
	s := &files{directory: directory, max: limit, size: segmentSize, log: log, days: make(map[audit.Day]*file)}
	s.freed.L = &s.mu
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name, ok := strings.CutPrefix(e.Name(), filePrefix)
		name, isFile := strings.CutSuffix(name, fileSuffix)
		if !ok || !isFile {
			continue
		}
		if day, err := audit.ParseDay(name); err == nil {
			s.days[day] = &file{day: day, onDisk: true}
		}
	}
	return s, nil
}

func (s *files) path(day audit.Day) string {
	return filepath.Join(s.directory, filePrefix+day.String()+fileSuffix)
}

// between returns the days on disk from first to last, oldest first, without
// those that are known to have nothing of what the caller looks for.
func (s *files) between(first, last audit.Day, has func(totals) bool) []audit.Day {
	s.mu.Lock()
	defer s.mu.Unlock()
	var days []audit.Day
	for day, f := range s.days {
		if f.onDisk && !f.fenced && day >= first && day <= last && (!f.loaded || has(f.totals)) {
			days = append(days, day)
		}
	}
	slices.Sort(days)
	return days
}

// known returns the totals of a day, as far as they are known.
func (s *files) known(day audit.Day) (totals, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.days[day]
	if f == nil || !f.loaded {
		return totals{}, false
	}
	return f.totals, true
}

// What a day may have.
func anything(totals) bool         { return true }
func hasEvents(t totals) bool      { return t.stored > 0 }
func hasDeadLetters(t totals) bool { return t.deadLetters > 0 }

// read calls do with the file of day. A day that is not there, or is being
// removed, has no events: do is not called.
func (s *files) read(ctx context.Context, day audit.Day, do func(*database) error) error {
	f := s.enter(day)
	if f == nil {
		return nil
	}
	defer s.leave(f)
	db, err := s.open(ctx, f)
	if err == nil {
		err = do(db)
	}
	if err != nil {
		return failed("read "+s.path(day), err)
	}
	return nil
}

// write calls do with the file of day, which is made if it is not there, and adds
// the totals that do returns. Only one goroutine writes.
func (s *files) write(ctx context.Context, day audit.Day, do func(*database) (totals, error)) error {
	f := s.enterOrCreate(day)
	if f == nil {
		return errRemoved
	}
	defer s.leave(f)
	db, err := s.open(ctx, f)
	if err == nil {
		err = db.openWriter(ctx)
	}
	var t totals
	if err == nil {
		t, err = do(db)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		f.stale = true
		return failed("write "+s.path(day), err)
	}
	f.totals.add(t)
	return nil
}

func (s *files) enter(day audit.Day) *file {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.days[day]
	if f == nil || !f.onDisk || f.fenced {
		return nil
	}
	return s.use(f)
}

func (s *files) enterOrCreate(day audit.Day) *file {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.days[day]
	if f == nil {
		f = &file{day: day}
		s.days[day] = f
	}
	if f.fenced {
		return nil
	}
	return s.use(f)
}

func (s *files) use(f *file) *file {
	f.users++
	s.clock++
	f.used = s.clock
	return f
}

// leave ends one use of f, and closes what is too much.
func (s *files) leave(f *file) {
	s.mu.Lock()
	f.users--
	s.freed.Broadcast()
	if f.users == 0 && !f.onDisk && !f.fenced {
		delete(s.days, f.day) // it could not be made
	}
	victim := s.victim()
	if f.stale && f.users == 0 {
		victim = f
	}
	s.mu.Unlock()
	if victim != nil {
		s.closeIdle(victim)
	}
}

// victim returns the open day that nobody has used for the longest time, if too
// many are open.
func (s *files) victim() (victim *file) {
	open := 0
	for _, f := range s.days {
		if f.db == nil {
			continue
		}
		open++
		if f.users == 0 && !f.fenced && (victim == nil || f.used < victim.used) {
			victim = f
		}
	}
	if open <= s.max {
		return nil
	}
	return victim
}

func (s *files) closeIdle(f *file) {
	f.opening.Lock()
	defer f.opening.Unlock()
	s.mu.Lock()
	db := f.db
	if f.users > 0 || f.fenced || db == nil {
		s.mu.Unlock()
		return
	}
	f.db, f.stale = nil, false
	s.mu.Unlock()
	if err := db.close(); err != nil {
		s.log.Warn("A day's file was not closed cleanly; nothing is lost.", zap.String("file", db.path), zap.Error(err))
	}
}

// open returns the open database of f, which the caller uses already.
func (s *files) open(ctx context.Context, f *file) (*database, error) {
	f.opening.Lock()
	defer f.opening.Unlock()
	if f.db != nil {
		return f.db, nil
	}
	db, err := s.openOrCreate(ctx, f)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil {
			f.problem = err
		}
		return nil, err
	}
	f.db, f.totals, f.problem = db, db.opened, nil
	f.loaded, f.onDisk, f.stale = true, true, false
	return db, nil
}

func (s *files) openOrCreate(ctx context.Context, f *file) (*database, error) {
	path := s.path(f.day)
	if f.onDisk {
		return openDatabase(ctx, path, f.day, s.size)
	}
	err := createFile(path)
	if err != nil {
		return nil, err
	}
	db, err := openDatabase(ctx, path, f.day, s.size)
	if err != nil {
		// An empty file left behind would be a day that cannot be read.
		return nil, errors.Join(err, removeFile(path))
	}
	return db, nil
}

// removeFile removes a database whose connections are closed. The log goes first:
// alone it would be taken for that of a later file of the same name.
func removeFile(path string) error {
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return syncDirectory(filepath.Dir(path))
}

// remove takes a day away: no new users, wait for the others, close, call last
// with what the file counted, unlink. Without success the day is as before.
func (s *files) remove(ctx context.Context, day audit.Day, last func(key []byte, t totals) error) error {
	s.mu.Lock()
	f := s.days[day]
	if f == nil || f.fenced {
		s.mu.Unlock()
		return nil
	}
	f.fenced = true
	stop := context.AfterFunc(ctx, s.freed.Broadcast)
	for f.users > 0 && ctx.Err() == nil {
		s.freed.Wait()
	}
	stop()
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		f.fenced = false
	}()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	db, err := s.open(ctx, f)
	if err != nil {
		// Nothing in it can be read; its time is over all the same.
		s.log.Warn("Removing a day's file that cannot be opened; what it counted is unknown.",
			zap.String("file", s.path(day)), zap.Error(err))
		return s.unlink(day)
	}
	s.mu.Lock()
	key, t := db.key, f.totals
	f.db = nil
	s.mu.Unlock()
	if err := db.close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	s.removing.Lock()
	defer s.removing.Unlock()
	if err := last(key, t); err != nil {
		return err
	}
	return s.unlink(day)
}

func (s *files) unlink(day audit.Day) error {
	if err := removeFile(s.path(day)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.days, day)
	return nil
}

// A dayState is what is known of one day.
type dayState struct {
	day     audit.Day
	totals  totals
	problem error
}

// states opens what could not be opened before, and returns all days on disk,
// oldest first.
func (s *files) states(ctx context.Context) []dayState {
	for _, day := range s.between(minDay, maxDay, anything) {
		s.mu.Lock()
		f := s.days[day]
		known := f == nil || f.loaded && f.problem == nil
		s.mu.Unlock()
		if !known {
			_ = s.read(ctx, day, func(*database) error { return nil }) // kept as its problem
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var states []dayState
	for day, f := range s.days {
		if f.onDisk {
			states = append(states, dayState{day: day, totals: f.totals, problem: f.problem})
		}
	}
	slices.SortFunc(states, func(a, b dayState) int { return int(a.day) - int(b.day) })
	return states
}

// close closes all; nobody uses them any more.
func (s *files) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, f := range s.days {
		if f.db != nil {
			errs = append(errs, f.db.close())
			f.db = nil
		}
	}
	return errors.Join(errs...)
}
