package sqlite_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/sqlite"
	"github.com/auditlog/auditlog/store/storetest"
)

// otherProcesses are what the test binary does instead of testing, by the
// environment variable that names a directory for it.
var otherProcesses = map[string]func(directory string){crashDirectory: writeUntilKilled}

func TestMain(m *testing.M) {
	for variable, run := range otherProcesses {
		if directory := os.Getenv(variable); directory != "" {
			run(directory)
		}
	}
	goleak.VerifyTestMain(m)
}

func TestConformance(t *testing.T) {
	for name, o := range map[string]sqlite.Options{
		"all files open": {MaxOpenDays: 100},
		"one file open":  {MaxOpenDays: 1},
		"small segments": {MaxOpenDays: 100, SegmentSize: 3},
		"one of all":     {MaxOpenDays: 1, SegmentSize: 1},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T, s storetest.Options) store.Store {
				o.Path, o.Retention, o.Now, o.Reserve = s.Dir, s.Retention, s.Now, 4096
				opened, err := sqlite.Open(t.Context(), o)
				require.NoError(t, err)
				return opened
			})
		})
	}
}

var (
	noon  = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	owner = store.Caller{Name: "owner", Accounts: []string{"acme"}}
	ever  = store.Query{End: noon.AddDate(10, 0, 0), Limit: 1_000_000}
)

// A clock is what the store takes for the time.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := new(clock)
	c.set(noon)
	return c
}

func (c *clock) set(t time.Time) { c.ns.Store(t.UnixNano()) }
func (c *clock) now() time.Time  { return time.Unix(0, c.ns.Load()).UTC() }

func open(t *testing.T, path string, now func() time.Time) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Now: now, Reserve: 4096})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// event makes event number n of account acme, of some hundred bytes.
func event(n int, at time.Time) audit.Event {
	id := fmt.Sprintf("event-%d", n)
	var e audit.Event
	e.ID = audit.ID{Day: audit.DayOf(at), Hash: audit.ClientHash("acme", "test", id)}
	e.Fingerprint = sha256.Sum256([]byte(id))
	e.SetInstant(audit.Time, at)
	e.SetInstant(audit.Received, at.Add(time.Millisecond))
	e.SetText(audit.Account, "acme")
	e.SetText(audit.EntityID, id)
	e.SetText(audit.Method, "POST")
	e.SetText(audit.Message, fmt.Sprintf("%x", sha256.Sum256([]byte("message of "+id))))
	return e
}

func batch(events ...audit.Event) store.Batch { return store.Batch{Events: events} }

// entityIDs returns what the store shows, each as often as it is there.
func entityIDs(t *testing.T, s store.Store) map[string]int {
	t.Helper()
	page, err := s.Search(context.Background(), owner, ever)
	require.NoError(t, err)
	require.Nil(t, page.Next)
	found := make(map[string]int)
	for i := range page.Events {
		found[page.Events[i].Text(audit.EntityID)]++
	}
	return found
}

func status(t *testing.T, s store.Store) store.Status {
	t.Helper()
	x, err := s.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, x.Accepted, x.Stored+x.Duplicates+x.DeadLetters+x.Waiting)
	return x
}

func dayFile(directory string, at time.Time) string {
	return filepath.Join(directory, "auditlog-"+audit.DayOf(at).String()+".db")
}

func TestOneFileADayForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%20", "events")
	s := open(t, path, newClock().now)
	require.NoError(t, s.Write(t.Context(), batch(event(1, noon), event(2, noon.AddDate(0, 0, -1)))))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	modes := func() []string {
		entries, err := os.ReadDir(path)
		require.NoError(t, err)
		var all []string
		for _, e := range entries {
			info, err := e.Info()
			require.NoError(t, err)
			all = append(all, fmt.Sprintf("%s %o", e.Name(), info.Mode().Perm()))
		}
		return all
	}
	for _, m := range modes() {
		require.True(t, strings.HasSuffix(m, " 600"), m)
	}
	require.NoError(t, s.Close())
	require.Equal(t, []string{"auditlog-2026.11.21.db 600", "auditlog-2026.11.22.db 600", "counters.db 600", "reserve 600"}, modes(),
		"a closed store is whole files without logs")
}

func TestSecondOpenIsRefused(t *testing.T) {
	path := t.TempDir()
	first := open(t, path, newClock().now)
	require.NoError(t, first.Write(t.Context(), batch(event(1, noon))))
	_, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	require.ErrorContains(t, err, "another program has it open")
	require.NoError(t, first.Write(t.Context(), batch(event(2, noon))))
	require.NoError(t, first.Close())
	require.Len(t, entityIDs(t, open(t, path, newClock().now)), 2)
}

func TestOpenErrors(t *testing.T) {
	directory := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(directory, "file"), nil, 0o600))
	for name, path := range map[string]string{
		"no directory given": "",
		"not a directory":    filepath.Join(directory, "file"),
	} {
		_, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
		require.ErrorContains(t, err, name)
	}
}

// execute changes a closed store's file as another program could.
func execute(t *testing.T, file, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	_, err = db.Exec(statement)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func TestNewerVersionIsRefused(t *testing.T) {
	for name, newest := range map[string]int{"auditlog-2026.11.22.db": 2, "counters.db": 1} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			s := open(t, path, newClock().now)
			require.NoError(t, s.Write(t.Context(), batch(event(1, noon))))
			require.NoError(t, s.Close())
			execute(t, filepath.Join(path, name), "PRAGMA user_version = 7")
			_, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
			require.ErrorContains(t, err, name)
			require.ErrorContains(t, err, fmt.Sprintf("written by a newer version of auditlog: its format is 7, and this version reads up to %d", newest))
		})
	}
}

func TestOlderVersionIsRefused(t *testing.T) {
	path := t.TempDir()
	s := open(t, path, newClock().now)
	require.NoError(t, s.Write(t.Context(), batch(event(1, noon))))
	require.NoError(t, s.Close())
	execute(t, dayFile(path, noon), "PRAGMA user_version = 1")
	_, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	require.ErrorContains(t, err, "auditlog-2026.11.22.db")
	require.ErrorContains(t, err, "written by an older version of auditlog: its format is 1, and this version reads 2: move the files away")
}

func TestUnusableFile(t *testing.T) {
	yesterday := noon.AddDate(0, 0, -1)
	for name, c := range map[string]struct {
		spoil   func(t *testing.T, file string)
		problem string
	}{
		"no database": {func(t *testing.T, file string) {
			require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("not a database ", 1000)), 0o600))
		}, "the file is damaged"},
		"another program's": {func(t *testing.T, file string) {
			require.NoError(t, os.Remove(file))
			execute(t, file, "CREATE TABLE x (y)")
		}, "not a file of auditlog"},
		"another day's": {func(t *testing.T, file string) {
			execute(t, file, "UPDATE total SET day = day + 1")
		}, "holds day 2026.11.22"},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			s := open(t, path, newClock().now)
			require.NoError(t, s.Write(t.Context(), batch(event(1, noon), event(2, yesterday))))
			require.NoError(t, s.Close())
			file := dayFile(path, yesterday)
			good, err := os.ReadFile(file)
			require.NoError(t, err)
			c.spoil(t, file)

			s = open(t, path, newClock().now)
			require.Contains(t, status(t, s).Problem, c.problem)
			require.Contains(t, status(t, s).Problem, filepath.Base(file))
			today := store.Query{Start: noon.Truncate(24 * time.Hour), End: noon.Add(1), Limit: 10}
			page, err := s.Search(t.Context(), owner, today)
			require.NoError(t, err)
			require.Len(t, page.Events, 1)
			_, err = s.Search(t.Context(), owner, ever)
			require.ErrorContains(t, err, filepath.Base(file), "never a short answer")
			require.NoError(t, s.Write(t.Context(), batch(event(3, noon))))
			err = s.Write(t.Context(), batch(event(4, yesterday)))
			require.ErrorIs(t, err, store.ErrUnavailable)
			require.ErrorContains(t, err, c.problem)

			require.NoError(t, os.WriteFile(file, good, 0o600))
			require.NoError(t, s.Write(t.Context(), batch(event(4, yesterday))))
			require.Len(t, entityIDs(t, s), 4)
			require.Empty(t, status(t, s).Problem)
		})
	}
}

func TestDamagedPagesAreNoShortAnswer(t *testing.T) {
	path := t.TempDir()
	s := open(t, path, newClock().now)
	var events []audit.Event
	for n := range 300 {
		events = append(events, event(n, noon.Add(-time.Duration(n)*time.Second)))
	}
	require.NoError(t, s.Write(t.Context(), batch(events...)))
	require.NoError(t, s.Close())
	whole, err := os.ReadFile(dayFile(path, noon))
	require.NoError(t, err)
	const page = 4096
	failed := 0
	for at := 2 * page; at < len(whole); at += 3 * page {
		spoiled := append([]byte(nil), whole...)
		clear(spoiled[at : at+page])
		require.NoError(t, os.WriteFile(dayFile(path, noon), spoiled, 0o600))
		s := open(t, path, newClock().now)
		if found, err := s.Search(t.Context(), owner, ever); err == nil {
			require.Len(t, found.Events, len(events))
		} else {
			failed++
			require.ErrorContains(t, err, "auditlog-2026.11.22.db")
		}
		require.NoError(t, s.Close())
	}
	require.Positive(t, failed)
}
