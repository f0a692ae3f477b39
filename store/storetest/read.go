package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// scatter stores events over several days, many at one instant, and returns them
// newest first.
func scatter(t *testing.T, f *fixture) []audit.Event {
	var events []audit.Event
	for n := range 60 {
		events = append(events, f.event(time.Duration(n/6)*9*time.Hour+time.Duration(n%6/3)))
	}
	f.write(t, events...)
	slices.SortFunc(events, func(a, b audit.Event) int { return compare(store.Query{}, position(a), position(b)) })
	return events
}

func pagesInOrder(t *testing.T, f *fixture) {
	events := scatter(t, f)
	for _, limit := range []int{1, 2, 7, 59, 60, 61} {
		for _, ascending := range []bool{false, true} {
			t.Run(fmt.Sprintf("limit %d, ascending %v", limit, ascending), func(t *testing.T) {
				want := slices.Clone(events)
				if ascending {
					slices.Reverse(want)
				}
				q := f.all()
				q.Limit, q.Ascending = limit, ascending
				requireEvents(t, want, walk(t, f, owner, q))
				q.Filters = []store.Filter{{Field: audit.UserName, Values: []string{"nobody"}, Not: true}}
				requireEvents(t, want, walk(t, f, owner, q))
			})
		}
	}
	for _, limit := range []int{0, -1} {
		q := f.all()
		q.Limit = limit
		_, err := f.Search(t.Context(), owner, q)
		require.ErrorIs(t, err, store.ErrInvalid)
	}
	_, err := f.Search(t.Context(), owner, store.Query{Limit: 1, Filters: []store.Filter{{}}})
	require.ErrorIs(t, err, store.ErrInvalid)
}

func pagesAreStable(t *testing.T, f *fixture) {
	events := scatter(t, f)
	q := f.all()
	q.Limit = 20
	first := f.search(t, q)
	newer, older := f.event(-time.Second), f.event(9*9*time.Hour+time.Hour)
	f.write(t, newer, older)
	q.After = first.Next
	requireEvents(t, append(events, older), append(first.Events, walk(t, f, owner, q)...))

	between := store.Position{Time: events[30].Instant(audit.Time).Add(time.Nanosecond), Hash: audit.Hash{0xff}}
	q.After = &between
	p := f.search(t, q)
	at := slices.IndexFunc(events, func(e audit.Event) bool { return compare(q, position(e), between) > 0 })
	requireEvents(t, events[at:at+20], p.Events)
}

func readsRange(t *testing.T, f *fixture) {
	events := scatter(t, f)
	slices.Reverse(events) // oldest first
	at := func(i int) time.Time { return events[i].Instant(audit.Time) }
	for _, r := range []struct{ start, end time.Time }{
		{at(0), at(59)},
		{at(0), at(59).Add(1)},
		{at(0).Add(1), at(59)},
		{at(10), at(40)},
		{at(10).Add(1), at(40).Add(1)},
		{at(10), at(10)},
		{at(40), at(10)},
		{at(20).Truncate(day), at(20).Truncate(day).Add(day)},
		{time.Time{}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)},
		{time.Time{}, time.Time{}},
	} {
		t.Run(r.start.Format(time.RFC3339Nano)+" "+r.end.Format(time.RFC3339Nano), func(t *testing.T) {
			want := slices.DeleteFunc(slices.Clone(events), func(e audit.Event) bool {
				return e.Instant(audit.Time).Before(r.start) || !e.Instant(audit.Time).Before(r.end)
			})
			q := store.Query{Start: r.start, End: r.end, Limit: 7, Ascending: true}
			requireEvents(t, want, walk(t, f, owner, q))
			var counted int64
			values, err := f.Values(t.Context(), owner, q, audit.Action, 10)
			require.NoError(t, err)
			for _, v := range values {
				counted += v.Count
			}
			require.EqualValues(t, len(want), counted)
		})
	}
}

func readsOwnAccounts(t *testing.T, f *fixture) {
	var own, others []audit.Event
	for n := range 20 {
		e := f.event(time.Duration(n) * 5 * time.Hour)
		if n%2 == 1 {
			e.SetText(audit.Account, "rival")
			others = append(others, e)
			f.write(t, e)
			continue
		}
		own = append(own, e)
		f.write(t, e)
	}
	both := slices.Concat(own, others)
	slices.SortFunc(both, func(a, b audit.Event) int { return compare(store.Query{}, position(a), position(b)) })

	q := f.all()
	q.Limit = 3
	named := func(account string) store.Query { q := q; q.Account = account; return q }
	requireEvents(t, own, walk(t, f, owner, q))
	requireEvents(t, own, walk(t, f, owner, named("acme")))
	requireEvents(t, others, walk(t, f, rival, q))
	requireEvents(t, both, walk(t, f, holder, q))
	requireEvents(t, others, walk(t, f, holder, named("rival")))

	q.Filters = []store.Filter{{Field: audit.Account, Values: []string{"rival", "acme"}}}
	requireEvents(t, own, walk(t, f, owner, q))
	q.Filters = []store.Filter{{Field: audit.Account, Values: []string{"rival"}}}
	require.Empty(t, walk(t, f, owner, q))
	requireEvents(t, others, walk(t, f, holder, q))
	q.Filters = []store.Filter{{Field: audit.Account, Values: []string{"rival"}, Not: true}}
	requireEvents(t, own, walk(t, f, holder, q))
	q.Filters = nil

	values, err := f.Values(t.Context(), owner, q, audit.Account, 10)
	require.NoError(t, err)
	require.Equal(t, []store.Value{{Value: "acme", Count: 10}}, values)
	_, err = f.Event(t.Context(), owner, others[0].ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = f.Event(t.Context(), holder, others[0].ID)
	require.NoError(t, err)

	for name, call := range map[string]struct {
		caller store.Caller
		query  store.Query
	}{
		"no caller":            {store.Caller{}, q},
		"no account":           {store.Caller{Name: "x", Accounts: []string{""}}, q},
		"another account":      {owner, named("rival")},
		"an account of nobody": {owner, named("ac%")},
	} {
		_, err := f.Search(t.Context(), call.caller, call.query)
		require.ErrorIs(t, err, store.ErrForbidden, name)
		_, err = f.Values(t.Context(), call.caller, call.query, audit.Action, 1)
		require.ErrorIs(t, err, store.ErrForbidden, name)
	}
	_, err = f.Event(t.Context(), store.Caller{}, own[0].ID)
	require.ErrorIs(t, err, store.ErrForbidden)
}

func lastHalf(s string) string { return s[len(s)/2:] }

func filtersEveryField(t *testing.T, f *fixture) {
	full, bare := f.event(time.Hour), f.event(30*time.Hour)
	bare.SetText(audit.Sender, "")
	bare.SetText(audit.UserName, "")
	bare.SetText(audit.Action, "")
	fill(&full)
	f.write(t, full, bare)
	every := []audit.Event{full, bare}
	for field := range audit.Fields() {
		t.Run(field.Name, func(t *testing.T) {
			for _, filter := range []store.Filter{
				{Field: field, Values: full.Values(field)},
				{Field: field, Values: full.Values(field)[:1]},
				{Field: field, Values: append([]string{"other"}, full.Values(field)...)},
				{Field: field, Values: bare.Values(field)},
				{Field: field, Values: []string{"other"}},
				{Field: field, Values: []string{""}},
				{Field: field},
				{Field: field, Values: []string{lastHalf(full.Values(field)[0])}, Suffix: true},
				{Field: field, Values: []string{lastHalf(full.Values(field)[0])}},
			} {
				for _, filter.Not = range []bool{false, true} {
					want := slices.DeleteFunc(slices.Clone(every), func(e audit.Event) bool { return !filter.Match(&e) })
					q := f.all()
					q.Filters = []store.Filter{filter}
					requireEvents(t, want, f.search(t, q).Events)
				}
			}
		})
	}
	q := f.all()
	q.Filters = []store.Filter{
		{Field: audit.Method, Values: full.Values(audit.Method)},
		{Field: audit.UserRoles, Values: []string{"two"}},
		{Field: audit.StatusCode, Values: []string{"404"}, Not: true},
	}
	requireEvents(t, []audit.Event{full}, f.search(t, q).Events)
	q.Filters = append(q.Filters, store.Filter{Field: audit.Area, Values: []string{"elsewhere"}})
	require.Empty(t, f.search(t, q).Events)
}

func countsValues(t *testing.T, f *fixture) {
	for n := range 30 {
		e := f.event(time.Duration(n) * 7 * time.Hour)
		if n%5 > 0 {
			e.SetText(audit.Method, []string{"", "GET", "POST", "POST", "PATCH"}[n%5])
		}
		e.SetList(audit.UserRoles, []string{"viewer", []string{"admin", "auditor"}[n%2], "viewer"})
		e.SetNumber(audit.StatusCode, 200+int64(n%3))
		f.write(t, e)
	}
	for _, c := range []struct {
		field *audit.Field
		limit int
		want  []store.Value
	}{
		{audit.Method, 10, []store.Value{{Value: "POST", Count: 12}, {Value: "GET", Count: 6}, {Value: "PATCH", Count: 6}}},
		{audit.Method, 2, []store.Value{{Value: "POST", Count: 12}, {Value: "GET", Count: 6}}},
		{audit.UserRoles, 9, []store.Value{{Value: "viewer", Count: 30}, {Value: "admin", Count: 15}, {Value: "auditor", Count: 15}}},
		{audit.StatusCode, 9, []store.Value{{Value: "200", Count: 10}, {Value: "201", Count: 10}, {Value: "202", Count: 10}}},
		{audit.Area, 9, nil},
	} {
		q := f.all()
		got, err := f.Values(t.Context(), owner, q, c.field, c.limit)
		require.NoError(t, err)
		require.Equal(t, c.want, slices.Concat(got), c.field.Name)

		q.After, q.Limit, q.Ascending = &store.Position{Time: f.now()}, -1, true
		got, err = f.Values(t.Context(), owner, q, c.field, c.limit)
		require.NoError(t, err, "what a page needs is not used")
		require.Equal(t, c.want, slices.Concat(got), c.field.Name)
	}
	q := f.all()
	q.Filters = []store.Filter{{Field: audit.StatusCode, Values: []string{"201"}}, {Field: audit.Method, Values: []string{"POST", "GET"}}}
	got, err := f.Values(t.Context(), owner, q, audit.Method, 5)
	require.NoError(t, err)
	require.Equal(t, []store.Value{{Value: "POST", Count: 4}, {Value: "GET", Count: 2}}, got)
}

func showsRetention(t *testing.T, f *fixture) {
	young, edge, old := f.event(time.Hour), f.event(Retention), f.event(Retention+1)
	f.write(t, young, edge, old)
	f.requireCounts(t, 3, 3, 0, 0)
	visible := func(want ...audit.Event) {
		t.Helper()
		requireEvents(t, want, f.search(t, f.all()).Events)
		values, err := f.Values(t.Context(), owner, f.all(), audit.Action, 5)
		require.NoError(t, err)
		require.EqualValues(t, len(want), values[0].Count)
		for _, e := range []audit.Event{young, edge, old} {
			_, err := f.Event(t.Context(), owner, e.ID)
			shown := slices.ContainsFunc(want, func(w audit.Event) bool { return bytes.Equal(w.ID.Hash[:], e.ID.Hash[:]) })
			if shown {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, store.ErrNotFound)
			}
		}
	}
	visible(young, edge)
	f.advance(1)
	visible(young)
	f.requireCounts(t, 3, 3, 0, 0)
}

func reportsStatus(t *testing.T, f *fixture) {
	require.Zero(t, f.status(t))
	f.writeBatch(t, store.Batch{DeadLetters: []audit.DeadLetter{f.deadLetter(audit.ReasonTooLarge)}})
	require.Equal(t, store.Status{Accepted: 1, DeadLetters: 1}, f.status(t))
	newest, oldest := f.event(time.Hour), f.event(3*day)
	oldest.SetInstant(audit.Received, f.now().Add(-time.Hour))
	f.write(t, newest)
	f.write(t, oldest, oldest)
	require.Equal(t, store.Status{
		Accepted: 4, Stored: 2, Duplicates: 1, DeadLetters: 1, Days: 2,
		Oldest: oldest.ID.Day.String(), Newest: newest.ID.Day.String(), Received: f.now(),
	}, f.status(t))
}
