package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/sqlite"
)

// FuzzContent puts anything in the place of a row's content: the store says that
// it is damaged, or answers, and never breaks.
func FuzzContent(f *testing.F) {
	directory := f.TempDir()
	s, err := sqlite.Open(f.Context(), sqlite.Options{Path: directory, Now: newClock().now, SegmentSize: 40, Reserve: -1})
	require.NoError(f, err)
	var events []audit.Event
	for n := range 50 {
		events = append(events, event(n, noon.Add(-time.Duration(n)*time.Second)))
	}
	require.NoError(f, s.Write(f.Context(), batch(events[:40]...)))
	require.NoError(f, s.Seal(f.Context()))
	require.NoError(f, s.Write(f.Context(), batch(events[40:]...)))
	require.NoError(f, s.Close())
	good, err := os.ReadFile(dayFile(directory, noon))
	require.NoError(f, err)
	db, err := sql.Open("sqlite", dayFile(directory, noon))
	require.NoError(f, err)
	tables := []string{"log", "dictionary", "column", "term", "key", "identity", "document"}
	for n, table := range tables {
		rows, err := db.Query("SELECT content FROM " + table)
		require.NoError(f, err)
		for row := 0; rows.Next() && row < 40; row++ {
			var content []byte
			require.NoError(f, rows.Scan(&content))
			f.Add(uint8(n), uint8(row), content)
		}
		require.NoError(f, rows.Close())
	}
	require.NoError(f, db.Close())
	f.Fuzz(func(t *testing.T, table, row uint8, content []byte) {
		path := t.TempDir()
		file := dayFile(path, noon)
		require.NoError(t, os.WriteFile(file, good, 0o600))
		db, err := sql.Open("sqlite", file)
		require.NoError(t, err)
		name := tables[int(table)%len(tables)]
		_, err = db.Exec(strings.ReplaceAll("UPDATE @ SET content = ? WHERE rowid = (SELECT rowid FROM @ LIMIT 1 OFFSET ?)", "@", name), content, row)
		require.NoError(t, err)
		require.NoError(t, db.Close())
		s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Now: newClock().now, SegmentSize: 40, Reserve: -1})
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		q := ever
		for _, filters := range [][]store.Filter{
			nil,
			{{Fields: []*audit.Field{audit.Method}, Values: []string{"POST"}}},
			{{Fields: []*audit.Field{audit.EntityID}, Values: []string{"event-7"}}},
			{{Fields: []*audit.Field{audit.Message, audit.EntityID}, Match: store.Words, Values: []string{"event 7"}}},
		} {
			q.Filters = filters
			_, _ = s.Search(t.Context(), owner, q)
			_, _ = s.Values(t.Context(), owner, q, audit.EntityID, 10)
			_, _ = s.Values(t.Context(), owner, q, audit.Method, 10)
			_, _ = s.Histogram(t.Context(), owner, q, time.Second)
			_, _ = s.Arrivals(t.Context(), owner, q, "")
		}
		_, _ = s.Event(t.Context(), owner, events[7].ID)
		_ = s.Write(t.Context(), batch(events[7], event(99, noon)))
	})
}

// FuzzArrivalCursor asks for what arrived after anything.
func FuzzArrivalCursor(f *testing.F) {
	s, err := sqlite.Open(f.Context(), sqlite.Options{Path: filepath.Join(f.TempDir(), "store"), Now: newClock().now, Reserve: -1})
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, s.Close()) })
	require.NoError(f, s.Write(f.Context(), batch(event(1, noon), event(2, noon.AddDate(0, 0, -1)))))
	c, err := s.Arrived(f.Context(), owner)
	require.NoError(f, err)
	f.Add(string(c))
	f.Add("")
	f.Add("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02")
	f.Fuzz(func(t *testing.T, cursor string) {
		a, err := s.Arrivals(t.Context(), owner, ever, store.Cursor(cursor))
		if err != nil {
			require.ErrorIs(t, err, store.ErrInvalid)
			return
		}
		again, err := s.Arrivals(t.Context(), owner, ever, a.Next)
		require.NoError(t, err)
		require.False(t, again.More)
	})
}
