package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// everyDeadLetter asks for all that is kept, on one page.
var everyDeadLetter = store.DeadLetterQuery{Limit: 100_000}

// walkDeadLetters reads all pages of a query.
func walkDeadLetters(t *testing.T, s store.DeadLetterStore, q store.DeadLetterQuery) (all []store.DeadLetter) {
	t.Helper()
	for {
		p, err := s.ListDeadLetters(t.Context(), q)
		require.NoError(t, err)
		require.LessOrEqual(t, len(p.DeadLetters), q.Limit)
		all = append(all, p.DeadLetters...)
		require.True(t, slices.IsSortedFunc(all, func(a, b store.DeadLetter) int { return int(a.ID.Day) - int(b.ID.Day) }), "oldest day first")
		if p.Next == "" {
			return all
		}
		require.Len(t, p.DeadLetters, q.Limit, "a page that is not the last is full")
		q.After = p.Next
	}
}

// requireDeadLetters compares in any order. What a store says for people of its
// own reason is its own.
func requireDeadLetters(t *testing.T, want, got []store.DeadLetter, what string) {
	t.Helper()
	lines := func(letters []store.DeadLetter) (out []string) {
		for _, d := range letters {
			if d.Reason == audit.ReasonRejected && d.Detail != "" {
				d.Detail = "a detail"
			}
			out = append(out, fmt.Sprintf("%s %s %s %q %q %q\n%s %x", d.ID, d.Received.Format(time.RFC3339Nano),
				d.Reason, d.Detail, d.Asked, d.Names, d.Event.AppendJSON(nil), d.Event.Fingerprint))
		}
		slices.Sort(out)
		return out
	}
	require.Equal(t, lines(want), lines(got), what)
}

// kept is a dead letter as the store keeps it.
func kept(d audit.DeadLetter) store.DeadLetter {
	return store.DeadLetter{ID: d.Event.ID, Received: d.Event.Instant(audit.Received), DeadLetter: d}
}

func deadLetterIDs(letters []store.DeadLetter) (ids []audit.ID) {
	for _, d := range letters {
		ids = append(ids, d.ID)
	}
	return ids
}

func managesDeadLetters(t *testing.T, f *fixture) {
	early := f.deadLetter(audit.ReasonTooLarge)
	began := f.now()
	f.writeBatch(t, store.Batch{DeadLetters: []audit.DeadLetter{early}})
	f.advance(30 * time.Hour)
	large, foreign, nobody := f.deadLetter(audit.ReasonTooLarge), f.deadLetter(audit.ReasonAccountNotGranted), f.deadLetter(audit.ReasonUnreadable)
	foreign.Asked = "größe"
	foreign.Event.SetText(audit.Account, "rival")
	nobody.Event.SetText(audit.Account, "")
	nobody.Detail, nobody.Names = "", nil
	other := large
	other.Event = clone(&large.Event)
	other.Event.Fingerprint[0]++
	f.writeBatch(t, store.Batch{DeadLetters: []audit.DeadLetter{large, foreign, nobody}})
	f.writeBatch(t, store.Batch{Events: []audit.Event{f.event(0)}, DeadLetters: []audit.DeadLetter{other}})
	other.Event.ID.Hash = audit.ConflictHash(large.Event.ID.Hash, other.Event.Fingerprint)
	other.Event.SetFlag(audit.IDConflict, true)

	counts, err := f.CountDeadLetters(t.Context())
	require.NoError(t, err)
	require.Equal(t, []store.DeadLetterCount{
		{Account: "", Reason: audit.ReasonUnreadable, Count: 1, Oldest: f.now(), Newest: f.now()},
		{Account: "acme", Reason: audit.ReasonTooLarge, Count: 3, Oldest: began, Newest: f.now()},
		{Account: "rival", Reason: audit.ReasonAccountNotGranted, Count: 1, Oldest: f.now(), Newest: f.now()},
	}, counts)

	all := []store.DeadLetter{kept(early), kept(large), kept(foreign), kept(nobody), kept(other)}
	for _, limit := range []int{1, 2, 5, 100} {
		requireDeadLetters(t, all, walkDeadLetters(t, f, store.DeadLetterQuery{Limit: limit}), fmt.Sprintf("in pages of %d", limit))
	}
	unknown := audit.ID{Day: large.Event.ID.Day, Hash: audit.Hash{1}}
	for _, test := range []struct {
		what  string
		query store.DeadLetterQuery
		want  []store.DeadLetter
	}{
		{"of an account", store.DeadLetterQuery{Account: "acme"}, []store.DeadLetter{kept(early), kept(large), kept(other)}},
		{"of a reason", store.DeadLetterQuery{Reason: audit.ReasonAccountNotGranted}, []store.DeadLetter{kept(foreign)}},
		{"of an account and a reason", store.DeadLetterQuery{Account: "rival", Reason: audit.ReasonTooLarge}, nil},
		{"by id", store.DeadLetterQuery{IDs: []audit.ID{early.Event.ID, unknown, nobody.Event.ID}}, []store.DeadLetter{kept(early), kept(nobody)}},
		{"by id and account", store.DeadLetterQuery{IDs: []audit.ID{early.Event.ID, nobody.Event.ID}, Account: "acme"}, []store.DeadLetter{kept(early)}},
		{"by an id that is not there", store.DeadLetterQuery{IDs: []audit.ID{unknown}}, nil},
	} {
		test.query.Limit = 1
		requireDeadLetters(t, test.want, walkDeadLetters(t, f, test.query), test.what)
	}
	for what, q := range map[string]store.DeadLetterQuery{"limit": {}, "cursor": {Limit: 1, After: "no cursor"}} {
		_, err := f.ListDeadLetters(t.Context(), q)
		require.ErrorIs(t, err, store.ErrInvalid, what)
	}
	removesDeadLetters(t, f, all, large)
}

func removesDeadLetters(t *testing.T, f *fixture, all []store.DeadLetter, large audit.DeadLetter) {
	before := f.status(t)
	first, err := f.ListDeadLetters(t.Context(), store.DeadLetterQuery{Limit: 2})
	require.NoError(t, err)
	gone := deadLetterIDs(first.DeadLetters)
	removed, err := f.RemoveDeadLetters(t.Context(), append(gone, audit.ID{Day: gone[0].Day}, audit.ID{Day: gone[0].Day - 5})...)
	require.NoError(t, err)
	require.Equal(t, 2, removed)
	removed, err = f.RemoveDeadLetters(t.Context(), gone...)
	require.NoError(t, err)
	require.Zero(t, removed, "they are gone")
	left := slices.DeleteFunc(slices.Clone(all), func(d store.DeadLetter) bool { return slices.Contains(gone, d.ID) })
	requireDeadLetters(t, left, walkDeadLetters(t, f, store.DeadLetterQuery{Limit: 2, After: first.Next}), "the pages go on")
	requireDeadLetters(t, left, walkDeadLetters(t, f, everyDeadLetter), "the others stay")
	require.Equal(t, before, f.status(t), "it counts what was set aside")

	_, err = f.RemoveDeadLetters(t.Context(), large.Event.ID)
	require.NoError(t, err)
	f.writeBatch(t, store.Batch{DeadLetters: []audit.DeadLetter{large}})
	f.requireCounts(t, before.Accepted+1, before.Stored, before.Duplicates, before.DeadLetters+1)
	again := walkDeadLetters(t, f, store.DeadLetterQuery{IDs: []audit.ID{large.Event.ID}, Limit: 1})
	requireDeadLetters(t, []store.DeadLetter{kept(large)}, again, "it is set aside anew")

	want := walkDeadLetters(t, f, everyDeadLetter)
	reopen(t, f)
	requireDeadLetters(t, want, walkDeadLetters(t, f, everyDeadLetter), "after a restart")
	f.advance(Retention + time.Minute)
	require.Empty(t, walkDeadLetters(t, f, everyDeadLetter), "older than the retention")
	counts, err := f.CountDeadLetters(t.Context())
	require.NoError(t, err)
	require.Empty(t, counts, "older than the retention")
}

// manage compares what is kept with the model, and removes some of it.
func (g *generator) manage(t *testing.T, m *Model) {
	t.Helper()
	wantCounts, err := m.CountDeadLetters(t.Context())
	require.NoError(t, err)
	counts, err := g.CountDeadLetters(t.Context())
	require.NoError(t, err)
	require.Equal(t, slices.Concat(wantCounts), slices.Concat(counts))
	q := store.DeadLetterQuery{
		Account: []string{"", "acme", "rival"}[g.IntN(3)],
		Reason:  []audit.Reason{"", audit.ReasonTooLarge, audit.ReasonRejected}[g.IntN(3)],
		Limit:   1 + g.IntN(10),
	}
	want := walkDeadLetters(t, m, q)
	requireDeadLetters(t, want, walkDeadLetters(t, g.Store, q), fmt.Sprintf("%+v", q))
	if len(want) == 0 || g.IntN(2) == 0 {
		return
	}
	ids := deadLetterIDs(want[:1+g.IntN(len(want))])
	for _, s := range []store.Store{m, g.Store} {
		removed, err := s.RemoveDeadLetters(t.Context(), ids...)
		require.NoError(t, err)
		require.Equal(t, len(ids), removed)
	}
}

// heedsDeadLetterContext is the part of heedsContext that is about dead letters.
func heedsDeadLetterContext(t *testing.T, ctx context.Context, s store.DeadLetterStore) {
	t.Helper()
	_, err := s.CountDeadLetters(ctx)
	require.Error(t, err)
	_, err = s.ListDeadLetters(ctx, everyDeadLetter)
	require.Error(t, err)
	_, err = s.RemoveDeadLetters(ctx, audit.ID{Day: audit.DayOf(start)})
	require.Error(t, err)
}
