package spool_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/spool"
)

// accounts reads the note of a frame of the tests here: one record for each account.
func accounts(note []byte) (shares []spool.Share) {
	for name := range strings.SplitSeq(string(note), " ") {
		if name != "" {
			shares = append(shares, spool.Share{Account: name, Records: 1})
		}
	}
	return shares
}

// of makes a frame of 1000 bytes of the accounts.
func of(s *spool.Spool, names ...string) spool.Frame {
	f := frame(s, 0, max(1, len(names)))
	f.Note = []byte(strings.Join(names, " "))
	f.Data = make([]byte, 1000-44-4-len(f.Note))
	return f
}

// fill appends frames of accounts until they are refused, and returns how many
// were taken.
func fill(t *testing.T, s *spool.Spool, names ...string) (n int, err error) {
	for ; n < 1000; n++ {
		if err = s.Append(t.Context(), of(s, names...)); err != nil {
			require.ErrorIs(t, err, store.ErrUnavailable)
			return n, err
		}
	}
	return n, nil
}

func TestAFloodingAccountStopsOnlyItself(t *testing.T) {
	o := spool.Options{Path: t.TempDir(), MaxSize: 100_000, Shares: accounts}
	s, err := spool.Open(o)
	require.NoError(t, err)

	n, err := fill(t, s, "flood")
	require.Equal(t, 80, n, "four times what it leaves free")
	require.ErrorContains(t, err, `account "flood"`)
	require.ErrorContains(t, err, "store.spool.max_size")
	require.NoError(t, s.Append(t.Context(), of(s, "calm")), "the others still get in")
	require.ErrorIs(t, s.Append(t.Context(), of(s, "calm", "flood")), store.ErrUnavailable, "not in the company of others either")
	require.NoError(t, s.Append(t.Context(), of(s)), "what is nobody's")
	require.NoError(t, s.Close())

	s = open(t, o)
	require.ErrorContains(t, s.Append(t.Context(), of(s, "flood")), `account "flood"`, "also after a start")
	require.NoError(t, s.Append(t.Context(), of(s, "calm")))

	for range s.Status().Waiting {
		require.NoError(t, s.Done(next(t, s), spool.Counts{Stored: 1}))
	}
	n, _ = fill(t, s, "flood")
	require.Greater(t, n, 60, "and what was delivered is free again, but for the last file")
}

func TestAccountsShareTheSpool(t *testing.T) {
	s := open(t, spool.Options{Path: t.TempDir(), MaxSize: 100_000, Shares: accounts})
	taken := map[string]int{}
	for refused := 0; refused < 5; {
		refused = 0
		for i := range 5 {
			name := fmt.Sprint("account", i)
			if s.Append(t.Context(), of(s, name)) == nil {
				taken[name]++
			} else {
				refused++
			}
		}
	}
	for name, n := range taken {
		require.InDelta(t, 19, n, 1, name) // 4/21 of 100
	}
	require.NoError(t, s.Append(t.Context(), of(s, "another")), "there is room for one more")
}

func TestWhatWasRefusedTakesNoShare(t *testing.T) {
	r := newRecorder()
	s := open(t, spool.Options{FS: r, MaxSize: 100_000, Shares: accounts})
	r.fail = func(string) error { return errDisk }
	for range 200 {
		require.ErrorIs(t, s.Append(t.Context(), of(s, "acme")), store.ErrUnavailable)
	}
	r.fail = func(string) error { return nil }
	n, _ := fill(t, s, "acme")
	require.Equal(t, 80, n)
}
