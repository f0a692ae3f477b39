package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
)

const (
	maxRemoved   = 2              // days a pass takes away
	maxClockLead = 48 * time.Hour // of now over the newest record's time received
)

// expired reports whether day is over for at least the retention.
func (s *Store) expired(day audit.Day, now time.Time) bool {
	return !(day + 1).Start().After(now.Add(-s.retention))
}

// RemoveExpired removes days that are over for at least the retention, two at
// most, oldest first: every event is kept for the retention and up to a day
// more. It runs by itself at start and every hour.
//
// It removes nothing while the clock leads the newest record received by more
// than two days: a clock that is wrong must not cost the trail. Status tells.
func (s *Store) RemoveExpired(ctx context.Context) (removed int, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	return s.removeExpired(ctx)
}

func (s *Store) removeExpired(ctx context.Context) (removed int, err error) {
	s.pass.Lock()
	defer s.pass.Unlock()
	now := s.now()
	states := s.files.states(ctx)
	var expired []audit.Day
	var newest int64
	for _, d := range states {
		newest = max(newest, d.totals.received, d.totals.setAside)
		if s.expired(d.day, now) {
			expired = append(expired, d.day)
		}
	}
	problem := ""
	if lead := now.Sub(time.Unix(0, newest)); len(expired) > 0 && lead > maxClockLead {
		problem = fmt.Sprintf("Retention removes nothing: the clock is more than two days ahead of the newest record received (%s). "+
			"Set the clock right; if it is right, retention goes on with the next record.", time.Unix(0, newest).UTC().Format(time.RFC3339))
		s.log.Warn(problem)
		expired = nil
	}
	s.state.Lock()
	s.state.clock = problem
	s.state.Unlock()
	for _, day := range expired[:min(len(expired), maxRemoved)] {
		if err := s.removeDay(ctx, day); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

func (s *Store) removeDay(ctx context.Context, day audit.Day) error {
	remove := func() error {
		return s.files.remove(ctx, day, func(key []byte, t totals) error { return s.ledger.add(ctx, day, key, t) })
	}
	err := remove()
	if isFull(err) && s.reserve != nil && s.reserve.release() { // a removal makes room
		err = remove()
	}
	if err != nil {
		return failed("remove "+s.files.path(day), err)
	}
	s.log.Info("Retention removed a day.", zap.Stringer("day", day))
	return nil
}

// logRetention is a pass that nobody waits for.
func (s *Store) logRetention(ctx context.Context) {
	if _, err := s.removeExpired(ctx); err != nil && !errors.Is(err, context.Canceled) {
		s.log.Error("Retention could not remove a day; it tries again within an hour.", zap.Error(err))
	}
}
