package sqlite_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// A commit writes each page that it changed to the log once: callers that share
// commits make a shorter log than callers that come one after the other.
func TestCallersShareCommits(t *testing.T) {
	const callers = 64
	logSize := func(run func(write func(n int))) int64 {
		directory := t.TempDir()
		s := open(t, directory, newClock().now)
		run(func(n int) {
			if err := s.Write(t.Context(), batch(event(n, noon))); err != nil {
				t.Errorf("write: %v", err)
			}
		})
		require.Len(t, entityIDs(t, s), callers)
		info, err := os.Stat(dayFile(directory, noon) + "-wal")
		require.NoError(t, err)
		return info.Size()
	}
	alone := logSize(func(write func(int)) {
		for n := range callers {
			write(n)
		}
	})
	together := logSize(func(write func(int)) {
		var writing sync.WaitGroup
		for n := range callers {
			writing.Go(func() { write(n) })
		}
		writing.Wait()
	})
	require.Less(t, together, alone/2)
}

func TestOneCallerDoesNotFailAnother(t *testing.T) {
	s := open(t, t.TempDir(), newClock().now)
	const callers = 32
	var writing sync.WaitGroup
	for n := range callers {
		writing.Go(func() {
			bad := event(n, noon)
			bad.SetText(audit.Account, "")
			if err := s.Write(t.Context(), batch(event(n, noon), bad)); err == nil {
				t.Error("a bad batch was taken")
			}
		})
		writing.Go(func() {
			ctx, giveUp := context.WithCancel(t.Context())
			writing.Go(giveUp)
			// Whether it is in time or not, nobody else notices.
			if err := s.Write(ctx, batch(event(n, noon))); err != nil && !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("a caller that gave up: %v", err)
			}
		})
		writing.Go(func() {
			if err := s.Write(t.Context(), batch(event(n, noon))); err != nil {
				t.Errorf("a good batch: %v", err)
			}
		})
	}
	writing.Wait()
	require.EqualValues(t, callers, status(t, s).Stored)
}
