package elasticsearch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
)

const (
	maxRemoved   = 2              // days of one pass
	maxClockLead = 48 * time.Hour // of the clock before the newest event received
)

func (s *Store) keepRetention(ctx context.Context) {
	for {
		if _, err := s.RemoveExpired(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("Expired days could not be deleted.", zap.Error(err))
		}
		if !pause(ctx, s.RetentionEvery) {
			return
		}
	}
}

// RemoveExpired deletes indices whose day is over for a day longer than the
// retention, the oldest first and at most two days in one pass. It deletes nothing
// while the clock is more than two days ahead of the newest event received: then
// the clock is wrong, or nothing has come for long, and a person must look.
func (s *Store) RemoveExpired(ctx context.Context) (removed int, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	all, err := s.indices(ctx)
	if err != nil {
		return 0, unavailable("list the days", err)
	}
	due := slices.DeleteFunc(slices.Concat(all.events, all.deadLetters), func(d audit.Day) bool {
		return s.age(d) < s.Retention+24*time.Hour
	})
	slices.Sort(due)
	if due = slices.Compact(due); len(due) == 0 {
		s.setClock("")
		return 0, nil
	}
	if received := s.spool.Status().Received; s.Now().Sub(time.Unix(0, received)) > maxClockLead {
		s.setClock(fmt.Sprintf("days are not deleted: the clock says %s, more than two days after the newest event was received (%s)",
			s.Now().UTC().Format(time.RFC3339), time.Unix(0, received).UTC().Format(time.RFC3339)))
		return 0, nil
	}
	s.setClock("")
	for _, d := range due[:min(maxRemoved, len(due))] {
		var names []string
		if slices.Contains(all.events, d) {
			names = append(names, s.names.events(d))
		}
		if slices.Contains(all.deadLetters, d) {
			names = append(names, s.names.deadLetters(d))
		}
		gone := true
		if err := s.client.do(ctx, esapi.IndicesDeleteRequest{Index: names, IgnoreUnavailable: &gone}, nil); err != nil {
			return removed, unavailable("delete an expired day", err)
		}
		s.log.Info("An expired day was deleted.", zap.Strings("indices", names))
		removed++
	}
	return removed, nil
}

func (s *Store) setClock(problem string) {
	s.clock.Lock()
	defer s.clock.Unlock()
	if problem != "" && s.clock.problem != problem {
		s.log.Warn(problem)
	}
	s.clock.problem = problem
}
