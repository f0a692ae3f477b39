package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/sqlite"
)

const day = 24 * time.Hour

// files returns the days that have a file, oldest first.
func files(t *testing.T, directory string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(directory, "auditlog-*.db"))
	require.NoError(t, err)
	names := make([]string, 0, len(paths))
	for _, p := range paths {
		names = append(names, filepath.Base(p))
	}
	return names
}

// fillDays stores one event at noon of each of the last days, today included.
func fillDays(t *testing.T, s store.Store, days int) {
	t.Helper()
	var events []audit.Event
	for n := range days {
		e := event(n, noon.Add(-time.Duration(n)*day))
		e.SetInstant(audit.Received, noon)
		events = append(events, e)
	}
	require.NoError(t, s.Write(t.Context(), batch(events...)))
}

func TestRetentionRemovesWholeDays(t *testing.T) {
	directory, c := t.TempDir(), newClock()
	s := open(t, directory, c.now)
	fillDays(t, s, 31)
	letter := audit.DeadLetter{Event: event(1000, noon.Add(-30*day)), Reason: audit.ReasonTooLarge}
	require.NoError(t, s.Write(t.Context(), store.Batch{DeadLetters: []audit.DeadLetter{letter}}))
	oldest := noon.Add(-30 * day).Truncate(day)

	remove := func(want int) {
		t.Helper()
		got, err := s.RemoveExpired(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	remove(0)
	c.set(oldest.Add(31*day - 1)) // its last event lives 30 days
	remove(0)
	require.FileExists(t, dayFile(directory, oldest))
	before := status(t, s)
	c.set(oldest.Add(31 * day))
	remove(1)
	require.NotContains(t, fmt.Sprint(files(t, directory)), filepath.Base(dayFile(directory, oldest)))

	after := status(t, s)
	require.Equal(t, 31, before.Days)
	require.Equal(t, 30, after.Days)
	before.Days, before.Oldest = after.Days, after.Oldest
	require.Equal(t, before, after, "what was removed still counts")

	require.NoError(t, s.Close())
	s = open(t, directory, c.now)
	require.Equal(t, after, status(t, s))
	require.Len(t, entityIDs(t, s), 30)
}

func TestRetentionRemovesTwoDaysAPass(t *testing.T) {
	directory, c := t.TempDir(), newClock()
	s := open(t, directory, c.now)
	fillDays(t, s, 10)
	require.NoError(t, s.Close())
	c.set(noon.Add(40 * day))
	late := event(99, c.now())

	s = open(t, directory, c.now) // a pass of its own, which the clock stops
	require.Len(t, files(t, directory), 10)
	require.Contains(t, status(t, s).Problem, "the clock is more than two days ahead of the newest record received (2026-11-22T12:00:00Z)")
	removed, err := s.RemoveExpired(t.Context())
	require.NoError(t, err)
	require.Zero(t, removed)

	require.NoError(t, s.Write(t.Context(), batch(late)))
	for _, want := range []int{2, 2, 2, 2, 2, 0} {
		removed, err := s.RemoveExpired(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, removed)
		require.Empty(t, status(t, s).Problem)
	}
	x := status(t, s)
	require.Equal(t, store.Status{Accepted: 11, Stored: 11, Days: 1, Oldest: late.ID.Day.String(), Newest: late.ID.Day.String(), Received: c.now().Add(time.Millisecond)}, x)
}

func TestRemovedDayMayComeBack(t *testing.T) {
	directory, c := t.TempDir(), newClock()
	s := open(t, directory, c.now)
	fillDays(t, s, 2)
	c.set(noon.Add(32 * day))
	require.NoError(t, s.Write(t.Context(), batch(event(50, c.now()))))
	removed, err := s.RemoveExpired(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, removed)

	c.set(noon) // the clock was wrong
	require.NoError(t, s.Write(t.Context(), batch(event(0, noon))))
	require.EqualValues(t, 4, status(t, s).Stored)
	require.NoError(t, s.Close())
	s = open(t, directory, c.now)
	require.EqualValues(t, 4, status(t, s).Stored)
	require.Equal(t, map[string]int{"event-0": 1, "event-50": 1}, entityIDs(t, s))
}

// A crash after the totals were kept and before the file was unlinked must not
// count them twice.
func TestRemovalGoesOnAfterACrash(t *testing.T) {
	directory, c := t.TempDir(), newClock()
	s := open(t, directory, c.now)
	fillDays(t, s, 2)
	require.NoError(t, s.Close())
	crashed := filepath.Join(t.TempDir(), "crashed")
	copyStore(t, directory, crashed) // with the files

	s = open(t, directory, c.now)
	c.set(noon.Add(32 * day))
	require.NoError(t, s.Write(t.Context(), batch(event(50, c.now()))))
	removed, err := s.RemoveExpired(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, removed)
	want := status(t, s)
	require.NoError(t, s.Close())
	for _, name := range files(t, crashed) {
		content, err := os.ReadFile(filepath.Join(crashed, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(directory, name), content, 0o600))
	}
	s = open(t, directory, c.now)
	require.Equal(t, want, status(t, s))
	require.Len(t, files(t, directory), 1, "the new day")
}

func TestReadingWhileRetentionRemoves(t *testing.T) {
	directory, c := t.TempDir(), newClock()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: directory, Now: c.now, MaxOpenDays: 2, Reserve: 4096})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	fillDays(t, s, 20)
	stop := make(chan struct{})
	var reading sync.WaitGroup
	for range 4 {
		reading.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				page, err := s.Search(t.Context(), owner, ever)
				if err != nil {
					t.Errorf("search: %v", err)
					return
				}
				// What is shown has no gap: there is one event a day.
				for n := range page.Events[:len(page.Events)-1] {
					if page.Events[n].ID.Day != page.Events[n+1].ID.Day+1 {
						t.Errorf("no event between %s and %s", page.Events[n+1].ID.Day, page.Events[n].ID.Day)
					}
				}
			}
		})
	}
	for n := 1; n < 20; n++ {
		c.set(noon.Add(time.Duration(n) * day))
		if err := s.Write(t.Context(), batch(event(100+n, c.now()))); err != nil {
			t.Errorf("write: %v", err)
		}
		if _, err := s.RemoveExpired(t.Context()); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	close(stop)
	reading.Wait()
	require.Len(t, entityIDs(t, s), 31)
	require.Equal(t, 31, status(t, s).Days)
}

func TestDamagedDayIsRemovedInTime(t *testing.T) {
	directory, c := t.TempDir(), newClock()
	s := open(t, directory, c.now)
	fillDays(t, s, 1)
	require.NoError(t, s.Close())
	require.NoError(t, os.WriteFile(dayFile(directory, noon), []byte("not a database, and longer than a header of one would be, by far, so that it is read"), 0o600))
	c.set(noon.Add(32 * day))
	s = open(t, directory, c.now)
	require.NoError(t, s.Write(t.Context(), batch(event(50, c.now()))))
	removed, err := s.RemoveExpired(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, removed)
	require.Empty(t, status(t, s).Problem)
	require.NoFileExists(t, dayFile(directory, noon))
}
