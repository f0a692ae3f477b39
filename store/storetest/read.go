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
				q.Filters = []store.Filter{{Fields: []*audit.Field{audit.UserName}, Values: []string{"nobody"}, Not: true}}
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
			for _, v := range values.Values {
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

	q.Filters = []store.Filter{{Fields: []*audit.Field{audit.Account}, Values: []string{"rival", "acme"}}}
	requireEvents(t, own, walk(t, f, owner, q))
	q.Filters = []store.Filter{{Fields: []*audit.Field{audit.Account}, Values: []string{"rival"}}}
	require.Empty(t, walk(t, f, owner, q))
	requireEvents(t, others, walk(t, f, holder, q))
	q.Filters = []store.Filter{{Fields: []*audit.Field{audit.Account}, Values: []string{"rival"}, Not: true}}
	requireEvents(t, own, walk(t, f, holder, q))
	q.Filters = nil

	values, err := f.Values(t.Context(), owner, q, audit.Account, 10)
	require.NoError(t, err)
	require.Equal(t, []store.Value{{Value: "acme", Count: 10}}, values.Values)
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
				{Fields: []*audit.Field{field}, Values: full.Values(field)},
				{Fields: []*audit.Field{field}, Values: full.Values(field)[:1]},
				{Fields: []*audit.Field{field}, Values: append([]string{"other"}, full.Values(field)...)},
				{Fields: []*audit.Field{field}, Values: bare.Values(field)},
				{Fields: []*audit.Field{field}, Values: []string{"other"}},
				{Fields: []*audit.Field{field}, Values: []string{""}},
				{Fields: []*audit.Field{field}},
				{Fields: []*audit.Field{field}, Values: []string{lastHalf(full.Values(field)[0])}, Match: store.Ending},
				{Fields: []*audit.Field{field}, Values: []string{lastHalf(full.Values(field)[0])}},
			} {
				for _, filter.Not = range []bool{false, true} {
					want := slices.DeleteFunc(slices.Clone(every), func(e audit.Event) bool { return !filter.Matches(&e) })
					q := f.all()
					q.Filters = []store.Filter{filter}
					requireEvents(t, want, f.search(t, q).Events)
				}
			}
		})
	}
	q := f.all()
	q.Filters = []store.Filter{
		{Fields: []*audit.Field{audit.Method}, Values: full.Values(audit.Method)},
		{Fields: []*audit.Field{audit.UserRoles}, Values: []string{"two"}},
		{Fields: []*audit.Field{audit.StatusCode}, Values: []string{"404"}, Not: true},
	}
	requireEvents(t, []audit.Event{full}, f.search(t, q).Events)
	q.Filters = append(q.Filters, store.Filter{Fields: []*audit.Field{audit.Area}, Values: []string{"elsewhere"}})
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
		require.Equal(t, c.want, slices.Concat(got.Values), c.field.Name)

		q.After, q.Limit, q.Ascending = &store.Position{Time: f.now()}, -1, true
		got, err = f.Values(t.Context(), owner, q, c.field, c.limit)
		require.NoError(t, err, "what a page needs is not used")
		require.Equal(t, c.want, slices.Concat(got.Values), c.field.Name)
	}
	q := f.all()
	q.Filters = []store.Filter{{Fields: []*audit.Field{audit.StatusCode}, Values: []string{"201"}}, {Fields: []*audit.Field{audit.Method}, Values: []string{"POST", "GET"}}}
	got, err := f.Values(t.Context(), owner, q, audit.Method, 5)
	require.NoError(t, err)
	require.Equal(t, []store.Value{{Value: "POST", Count: 4}, {Value: "GET", Count: 2}}, got.Values)
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
		require.EqualValues(t, len(want), values.Values[0].Count)
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

func filtersWords(t *testing.T, f *fixture) {
	a, b := f.event(time.Hour), f.event(30*time.Hour)
	a.SetText(audit.Action, "connection.update")
	a.SetText(audit.UserName, "ana.ruiz")
	a.SetText(audit.Message, "Changed the GRÖSSE of prod-db")
	a.SetText(audit.Request, `{"name":"prod-db","size":42}`)
	b.SetText(audit.Action, "connection.delete")
	f.write(t, a, b)
	texts := []*audit.Field{audit.Action, audit.UserName, audit.UserFullName, audit.Message, audit.Request}
	for text, want := range map[string][]audit.Event{
		"connection":           {a, b},
		"CONN":                 {a, b},
		"onnection":            nil,
		"ana update":           {a},
		"ana delete":           nil,
		"gröss prod-d":         {a},
		"db.prod":              {a},
		`"size":42`:            {a},
		"4":                    {a},
		" - ":                  nil,
		"":                     nil,
		"user":                 {b},
		"connection \x00 \xff": {a, b},
	} {
		q := f.all()
		q.Filters = []store.Filter{{Fields: texts, Match: store.Words, Values: []string{text}}}
		requireEvents(t, want, f.search(t, q).Events)
	}
	q := f.all()
	q.Filters = []store.Filter{{Fields: texts, Match: store.Words, Values: []string{"nothing", "delete"}, Not: true}}
	requireEvents(t, []audit.Event{a}, f.search(t, q).Events)
}

func filtersSeveralFields(t *testing.T, f *fixture) {
	asked, acted, other := f.event(time.Hour), f.event(2*time.Hour), f.event(3*time.Hour)
	asked.SetText(audit.UserName, "ana")
	acted.SetText(audit.ImpersonatorName, "ana")
	f.write(t, asked, acted, other)
	ana := store.Filter{Fields: []*audit.Field{audit.UserName, audit.ImpersonatorName, audit.UserRoles}, Values: []string{"bob", "ana"}}
	q := f.all()
	q.Filters = []store.Filter{ana}
	requireEvents(t, []audit.Event{asked, acted}, f.search(t, q).Events)
	q.Filters[0].Not = true
	requireEvents(t, []audit.Event{other}, f.search(t, q).Events)
}

func filtersNetworks(t *testing.T, f *fixture) {
	var events []audit.Event
	for n, ip := range []string{"192.0.2.7", "192.0.2.200", "2001:db8::7", ""} {
		e := f.event(time.Duration(n) * time.Hour)
		e.SetText(audit.IP, ip)
		events = append(events, e)
	}
	f.write(t, events...)
	for block, want := range map[string][]audit.Event{
		"192.0.2.7":            events[:1],
		"::ffff:192.0.2.7":     events[:1],
		"192.0.2.0/24":         events[:2],
		"192.0.2.99/25":        events[:1],
		"::ffff:192.0.2.0/120": events[:2],
		"2001:db8::/32":        events[2:3],
		"0.0.0.0/0":            events[:2],
		"::/0":                 events[2:3],
	} {
		q := f.all()
		q.Filters = []store.Filter{{Fields: []*audit.Field{audit.IP}, Match: store.Network, Values: []string{block}}}
		requireEvents(t, want, f.search(t, q).Events)
	}
	q := f.all()
	q.Filters = []store.Filter{{Fields: []*audit.Field{audit.IP}, Match: store.Network, Values: []string{"192.0.2.0/24"}, Not: true}}
	requireEvents(t, events[2:], f.search(t, q).Events)
	for _, bad := range []string{"", "192.0.2", "192.0.2.0/33", "fe80::1%eth0", "acme"} {
		q.Filters[0].Values = []string{bad}
		_, err := f.Search(t.Context(), owner, q)
		require.ErrorIs(t, err, store.ErrInvalid, bad)
	}
}

// spendsBudget reads everything in parts, whatever the store calls a look.
func spendsBudget(t *testing.T, f *fixture) {
	events := scatter(t, f)
	even := store.Filter{Fields: []*audit.Field{audit.Message}, Match: store.Words, Values: []string{"even"}}
	var want []audit.Event
	for i := range events {
		if e := clone(&events[i]); i%2 == 0 {
			e.SetText(audit.Message, "an even one")
			name(&e, fmt.Sprintf("even %d", i))
			want = append(want, e)
		}
	}
	f.write(t, want...)
	slices.SortFunc(want, func(a, b audit.Event) int { return compare(store.Query{}, position(a), position(b)) })
	for _, budget := range []int{1, 7, 1000} {
		for _, ascending := range []bool{false, true} {
			q := f.all()
			q.Filters, q.Budget, q.Limit, q.Ascending = []store.Filter{even}, budget, 5, ascending
			var got []audit.Event
			for calls := 0; ; calls++ {
				require.Less(t, calls, 1000, "every call gets further")
				p := f.search(t, q)
				got = append(got, p.Events...)
				require.True(t, p.Partial || len(p.Events) == q.Limit || p.Next == nil)
				if p.Next == nil {
					require.False(t, p.Partial)
					break
				}
				q.After = p.Next
			}
			if ascending {
				slices.Reverse(got)
			}
			requireEvents(t, want, got)
		}
		q := f.all()
		q.Filters, q.Budget = []store.Filter{even}, budget
		values, err := f.Values(t.Context(), owner, q, audit.Message, 5)
		require.NoError(t, err)
		histogram, err := f.Histogram(t.Context(), owner, q, time.Hour)
		require.NoError(t, err)
		requireCounted(t, want, values.Reached, sum(values.Values))
		requireCounted(t, want, histogram.Reached, total(histogram))
		requireSame(t, want, arrivals(t, f, owner, q, ""))
	}
}

// requireCounted checks a count that goes back to reached: it may hold some of
// the events of that very instant.
func requireCounted(t *testing.T, events []audit.Event, reached time.Time, counted int64) {
	t.Helper()
	var least, most int64
	for i := range events {
		at := events[i].Instant(audit.Time)
		if at.After(reached) {
			least++
		}
		if !at.Before(reached) {
			most++
		}
	}
	require.GreaterOrEqual(t, counted, least)
	require.LessOrEqual(t, counted, most)
}

func sum(values []store.Value) (n int64) {
	for _, v := range values {
		n += v.Count
	}
	return n
}

func total(h store.Histogram) (n int64) {
	for _, b := range h.Buckets {
		for _, count := range b.Counts {
			n += count
		}
	}
	return n
}

func countsHistogram(t *testing.T, f *fixture) {
	e := func(age time.Duration, status string) audit.Event {
		e := f.event(age)
		e.SetText(audit.Status, status)
		return e
	}
	other := e(0, "success")
	other.SetText(audit.Account, "rival")
	f.write(t, e(0, "success"), e(10*time.Minute, "failure"), e(11*time.Minute, "failure"), e(70*time.Minute, ""), e(30*time.Hour, "success"), other)
	bucket := func(ago time.Duration, counts map[string]int64) store.Bucket {
		return store.Bucket{Start: start.Add(-ago).Truncate(time.Hour), Counts: counts}
	}
	got, err := f.Histogram(t.Context(), owner, f.all(), time.Hour)
	require.NoError(t, err)
	require.Zero(t, got.Reached)
	require.Equal(t, []store.Bucket{
		bucket(30*time.Hour, map[string]int64{"success": 1}),
		bucket(2*time.Hour, map[string]int64{"": 1}),
		bucket(time.Hour, map[string]int64{"failure": 2}),
		bucket(0, map[string]int64{"success": 1}),
	}, got.Buckets)

	q := f.all()
	q.Filters = []store.Filter{{Fields: []*audit.Field{audit.Status}, Values: []string{"failure"}}}
	q.Start, q.Limit = f.now().Add(-660*time.Second), -1
	got, err = f.Histogram(t.Context(), owner, q, 24*time.Hour)
	require.NoError(t, err)
	require.Equal(t, []store.Bucket{{Start: start.Truncate(day), Counts: map[string]int64{"failure": 2}}}, got.Buckets)
	_, err = f.Histogram(t.Context(), owner, f.all(), time.Millisecond)
	require.ErrorIs(t, err, store.ErrInvalid)
	_, err = f.Histogram(t.Context(), store.Caller{}, f.all(), time.Hour)
	require.ErrorIs(t, err, store.ErrForbidden)
}

// arrivals reads on from a cursor until there is no more.
func arrivals(t *testing.T, s store.Store, caller store.Caller, q store.Query, after store.Cursor) (events []audit.Event) {
	t.Helper()
	for {
		a, err := s.Arrivals(t.Context(), caller, q, after)
		require.NoError(t, err)
		require.LessOrEqual(t, len(a.Events), q.Limit)
		events = append(events, a.Events...)
		if !a.More {
			return events
		}
		require.NotEqual(t, after, a.Next, "every call gets further")
		after = a.Next
	}
}

// requireSame compares events in any order.
func requireSame(t *testing.T, want, got []audit.Event) {
	t.Helper()
	require.ElementsMatch(t, lines(want...), lines(got...))
}

func readsArrivals(t *testing.T, f *fixture) {
	q := f.all()
	q.Limit = 3
	none, err := f.Arrived(t.Context(), owner)
	require.NoError(t, err)
	require.Empty(t, arrivals(t, f, owner, q, none))
	require.Empty(t, arrivals(t, f, owner, q, ""))

	first := scatter(t, f)
	requireSame(t, first, arrivals(t, f, owner, q, none))
	requireSame(t, first, arrivals(t, f, owner, q, ""))
	afterFirst, err := f.Arrived(t.Context(), owner)
	require.NoError(t, err)
	require.NotEmpty(t, afterFirst)
	require.Empty(t, arrivals(t, f, owner, q, afterFirst))
	require.Empty(t, arrivals(t, f, rival, q, ""))

	// Late ones are not skipped, duplicates do not arrive twice.
	late, newest, others := f.event(9*day), f.event(0), f.event(time.Hour)
	others.SetText(audit.Account, "rival")
	f.write(t, newest)
	f.write(t, late, others, newest, first[0])
	requireSame(t, []audit.Event{late, newest}, arrivals(t, f, owner, q, afterFirst))
	requireSame(t, []audit.Event{others}, arrivals(t, f, rival, q, afterFirst))
	q.Filters = []store.Filter{{Fields: []*audit.Field{audit.UserName}, Values: late.Values(audit.UserName)}}
	requireSame(t, []audit.Event{late}, arrivals(t, f, owner, q, ""))
	q.Filters, q.Start = nil, f.now().Add(-time.Minute)
	requireSame(t, []audit.Event{newest}, arrivals(t, f, owner, q, afterFirst))

	require.NoError(t, f.Close())
	f.Store = f.open(t, f.options())
	q.Start = f.now().Add(-2 * Retention)
	requireSame(t, []audit.Event{late, newest}, arrivals(t, f, owner, q, afterFirst))

	for _, bad := range []store.Cursor{"nonsense", "\xff\xff", afterFirst + "x"} {
		_, err := f.Arrivals(t.Context(), owner, q, bad)
		require.ErrorIs(t, err, store.ErrInvalid)
	}
	_, err = f.Arrivals(t.Context(), store.Caller{}, q, "")
	require.ErrorIs(t, err, store.ErrForbidden)
	_, err = f.Arrived(t.Context(), store.Caller{})
	require.ErrorIs(t, err, store.ErrForbidden)
}
