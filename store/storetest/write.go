package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

const day = 24 * time.Hour

// fill sets every field that e has not.
func fill(e *audit.Event) {
	for field := range audit.Fields() {
		if e.Has(field) {
			continue
		}
		switch field.Kind {
		case audit.Text:
			if field == audit.IP { // always an address
				e.SetText(field, "2001:db8::17")
				continue
			}
			e.SetText(field, "value of <"+field.Name+"> \"quoted\" \\ größe \u2028\n\x00end")
		case audit.List:
			e.SetList(field, []string{"one " + field.Name, "two", "two"})
		case audit.Number:
			e.SetNumber(field, -1<<62)
		case audit.Flag:
			e.SetFlag(field, false)
		case audit.Instant:
			e.SetInstant(field, start.Add(-time.Nanosecond))
		case audit.Object:
			if err := e.SetObject(field, `{"nested":{"list":[1,2.5,null,true,"x"]},"big":12345678901234567890}`); err != nil {
				panic(err)
			}
		}
	}
}

func readsBackEveryField(t *testing.T, f *fixture) {
	full, bare := f.event(time.Hour), f.event(2*time.Hour)
	fill(&full)
	f.write(t, full, bare)
	requireEvents(t, []audit.Event{full, bare}, f.search(t, f.all()).Events)
	for _, want := range []audit.Event{full, bare} {
		got, err := f.Event(t.Context(), owner, want.ID)
		require.NoError(t, err)
		requireEvents(t, []audit.Event{want}, []audit.Event{got})
	}
	_, err := f.Event(t.Context(), owner, audit.ID{Day: full.ID.Day - 1, Hash: full.ID.Hash})
	require.ErrorIs(t, err, store.ErrNotFound, "another day")
	_, err = f.Event(t.Context(), owner, audit.ID{Day: full.ID.Day, Hash: audit.Hash{1}})
	require.ErrorIs(t, err, store.ErrNotFound, "another hash")
}

func storesOnce(t *testing.T, f *fixture) {
	a, b := f.event(time.Hour), f.event(25*time.Hour)
	f.write(t, a, b, a)
	f.requireCounts(t, 3, 2, 1, 0)
	f.write(t, b, a)
	f.requireCounts(t, 5, 2, 3, 0)
	requireEvents(t, []audit.Event{a, b}, f.search(t, f.all()).Events)

	changed := clone(&a)
	changed.SetText(audit.Action, "redacted otherwise")
	f.write(t, changed)
	f.requireCounts(t, 6, 2, 4, 0)
	requireEvents(t, []audit.Event{a, b}, f.search(t, f.all()).Events)
}

func keepsConflicts(t *testing.T, f *fixture) {
	first, second, third := f.event(time.Hour), f.event(2*time.Hour), f.event(3*time.Hour)
	second.ID.Hash, third.ID.Hash = first.ID.Hash, first.ID.Hash
	f.write(t, first, second)
	f.write(t, third)
	f.write(t, second, third, first)
	f.requireCounts(t, 6, 3, 3, 0)

	marked := func(e audit.Event) audit.Event {
		e = clone(&e)
		e.ID.Hash = audit.ConflictHash(e.ID.Hash, e.Fingerprint)
		e.SetFlag(audit.IDConflict, true)
		return e
	}
	requireEvents(t, []audit.Event{first, marked(second), marked(third)}, f.search(t, f.all()).Events)
	got, err := f.Event(t.Context(), owner, marked(second).ID)
	require.NoError(t, err)
	requireEvents(t, []audit.Event{marked(second)}, []audit.Event{got})
	require.False(t, second.Has(audit.IDConflict), "the caller's event is changed")
}

// nextDay returns e as it is filed when the same record arrives a day later.
func nextDay(e audit.Event) audit.Event {
	e = clone(&e)
	at := e.Instant(audit.Time).Add(day)
	if e.FiledWhenReceived() {
		e.SetInstant(audit.Received, at)
	}
	e.SetInstant(audit.Time, at)
	e.ID.Day = audit.DayOf(at)
	return e
}

func looksInTheDayBefore(t *testing.T, f *fixture) {
	reported := f.event(2 * day)
	reported.SetInstant(audit.Received, reported.Instant(audit.Time))
	f.write(t, reported)
	f.write(t, nextDay(reported))
	f.requireCounts(t, 2, 1, 1, 0)
	requireEvents(t, []audit.Event{reported}, f.search(t, f.all()).Events)

	other := nextDay(reported)
	other.Fingerprint[0]++
	f.write(t, other)
	f.write(t, other)
	f.requireCounts(t, 4, 2, 2, 0)
	other.ID.Hash = audit.ConflictHash(other.ID.Hash, other.Fingerprint)
	other.SetFlag(audit.IDConflict, true)
	requireEvents(t, []audit.Event{other, reported}, f.search(t, f.all()).Events)

	again := f.event(4 * day)
	again.SetInstant(audit.Received, again.Instant(audit.Time))
	f.write(t, again, nextDay(again))
	f.requireCounts(t, 6, 3, 3, 0)

	plain := f.event(6 * day)
	f.write(t, plain)
	f.write(t, nextDay(plain))
	f.requireCounts(t, 8, 5, 3, 0)

	// Another record in the day before does not hide the same one in its own day.
	own := f.event(8 * day)
	own.SetInstant(audit.Received, own.Instant(audit.Time))
	other = f.event(9 * day)
	other.ID.Hash = own.ID.Hash
	f.write(t, own)
	f.write(t, other)
	f.write(t, own)
	f.requireCounts(t, 11, 7, 4, 0)
}

func keepsDeadLetters(t *testing.T, f *fixture) {
	actorless, large := f.deadLetter(audit.ReasonNoActorNoAction), f.deadLetter(audit.ReasonTooLarge)
	foreign, nobody := f.deadLetter(audit.ReasonAccountNotGranted), f.deadLetter(audit.ReasonTooLarge)
	foreign.Event.SetText(audit.Account, "rival")
	nobody.Event.SetText(audit.Account, "")
	f.writeBatch(t, store.Batch{Events: []audit.Event{f.event(0)}, DeadLetters: []audit.DeadLetter{actorless, large, foreign, nobody}})
	f.requireCounts(t, 5, 1, 0, 4)

	other := actorless
	other.Event = clone(&actorless.Event)
	other.Event.Fingerprint[0]++
	later := large
	later.Event = nextDay(large.Event)
	f.writeBatch(t, store.Batch{DeadLetters: []audit.DeadLetter{actorless, actorless, other, later}})
	f.writeBatch(t, store.Batch{DeadLetters: []audit.DeadLetter{other}})
	f.requireCounts(t, 10, 1, 4, 5)

	for _, want := range []struct {
		caller store.Caller
		counts map[audit.Reason]int64
	}{
		{owner, map[audit.Reason]int64{audit.ReasonNoActorNoAction: 2, audit.ReasonTooLarge: 1}},
		{rival, map[audit.Reason]int64{audit.ReasonAccountNotGranted: 1}},
		{holder, map[audit.Reason]int64{audit.ReasonNoActorNoAction: 2, audit.ReasonTooLarge: 1, audit.ReasonAccountNotGranted: 1}},
		{store.Caller{Name: "else", Accounts: []string{"else"}}, map[audit.Reason]int64{}},
	} {
		got, err := f.DeadLetters(t.Context(), want.caller)
		require.NoError(t, err)
		require.Equal(t, want.counts, got, want.caller.Name)
	}
	for _, nobody := range []store.Caller{{}, {Name: "x", Accounts: []string{""}}} {
		_, err := f.DeadLetters(t.Context(), nobody)
		require.ErrorIs(t, err, store.ErrForbidden)
	}
	require.Len(t, f.search(t, f.all()).Events, 1, "a dead letter is no event")

	f.advance(Retention + time.Minute)
	got, err := f.DeadLetters(t.Context(), owner)
	require.NoError(t, err)
	require.Empty(t, got, "older than the retention")
}

func setsAsideExpired(t *testing.T, f *fixture) {
	lastKept := f.event(Retention)               // its day is not over for as long
	expired := f.event(Retention + 12*time.Hour) // the evening before its day began
	ancient := f.event(Retention + 100*24*time.Hour)
	expired.SetInstant(audit.Time, lastKept.ID.Day.Start().Add(-1))
	expired.ID.Day = lastKept.ID.Day - 1
	f.write(t, lastKept, expired, ancient)
	f.requireCounts(t, 3, 1, 0, 2)
	f.write(t, ancient)
	f.requireCounts(t, 4, 1, 1, 2)
	counts, err := f.DeadLetters(t.Context(), owner)
	require.NoError(t, err)
	require.Equal(t, map[audit.Reason]int64{audit.ReasonRejected: 2}, counts)
	requireEvents(t, []audit.Event{lastKept}, f.search(t, f.all()).Events)
}

func refusesInvalid(t *testing.T, f *fixture) {
	for name, spoil := range map[string]func(*audit.Event){
		"no time":     func(e *audit.Event) { e.SetInstant(audit.Time, time.Time{}) },
		"no received": func(e *audit.Event) { e.SetInstant(audit.Received, time.Time{}) },
		"no account":  func(e *audit.Event) { e.SetText(audit.Account, "") },
		"another day": func(e *audit.Event) { e.ID.Day++ },
	} {
		t.Run(name, func(t *testing.T) {
			good, bad := f.event(0), f.event(0)
			spoil(&bad)
			err := f.Write(t.Context(), store.Batch{Events: []audit.Event{good, bad}})
			require.ErrorIs(t, err, store.ErrInvalid)
			require.NotErrorIs(t, err, store.ErrUnavailable, "it never succeeds")
		})
	}
	f.settle(t)
	f.requireCounts(t, 0, 0, 0, 0)
	f.writeBatch(t, store.Batch{})
	f.requireCounts(t, 0, 0, 0, 0)
}

func keepsNoReference(t *testing.T, f *fixture) {
	events := []audit.Event{f.event(time.Hour), f.event(2 * time.Hour)}
	events[0].SetList(audit.UserRoles, []string{"auditor"})
	want := []audit.Event{clone(&events[0]), clone(&events[1])}
	require.NoError(t, f.Write(t.Context(), store.Batch{Events: events}))
	for i := range events {
		events[i].SetText(audit.UserName, "changed")
		events[i].ID.Hash[0]++
	}
	f.settle(t)
	requireEvents(t, want, f.search(t, f.all()).Events)
}

func concurrent(t *testing.T, f *fixture) {
	const writers, batches, size = 8, 6, 5
	var made [writers][batches][]audit.Event
	for w := range made {
		for b := range made[w] {
			for n := range size {
				made[w][b] = append(made[w][b], f.event(time.Duration(n)*day+time.Duration(b)*time.Second))
			}
		}
	}
	shared := f.event(time.Hour) // all write it
	stop := make(chan struct{})
	var writing, reading sync.WaitGroup
	for w := range made {
		writing.Go(func() {
			for _, events := range made[w] {
				if !noError(t, f.Write(t.Context(), store.Batch{Events: append(events, shared)})) {
					return
				}
			}
		})
	}
	for range 3 {
		reading.Go(func() { readUntil(t, f, stop) })
	}
	writing.Wait()
	close(stop)
	reading.Wait()
	f.settle(t)
	const stored = writers*batches*size + 1
	f.requireCounts(t, writers*batches*(size+1), stored, writers*batches-1, 0)
	q := f.all()
	q.Limit = 50
	found := make(map[audit.ID]bool)
	for _, e := range walk(t, f, owner, q) {
		found[e.ID] = true
	}
	require.Len(t, found, stored)
	for w := range made {
		for _, events := range made[w] {
			for _, e := range events {
				require.True(t, found[e.ID])
			}
		}
	}
}

// readUntil reads pages; an event that was there once must stay.
func readUntil(t *testing.T, f *fixture, stop chan struct{}) {
	q := f.all()
	seen := 0
	for {
		select {
		case <-stop:
			return
		default:
		}
		p, err := f.Search(t.Context(), owner, q)
		if !noError(t, err) {
			return
		}
		if len(p.Events) < seen {
			t.Errorf("%d events, and %d before", len(p.Events), seen)
			return
		}
		seen = len(p.Events)
		if s, err := f.Status(t.Context()); noError(t, err) && s.Accepted != s.Stored+s.Duplicates+s.DeadLetters+s.Waiting {
			t.Errorf("the sum of %+v", s)
			return
		}
	}
}

func noError(t *testing.T, err error) bool {
	if err != nil {
		t.Errorf("unexpected error: %v", err)
	}
	return err == nil
}

func reopens(t *testing.T, f *fixture) {
	events := []audit.Event{f.event(time.Hour), f.event(30 * time.Hour), f.event(60 * time.Hour)}
	batch := store.Batch{Events: events, DeadLetters: []audit.DeadLetter{f.deadLetter(audit.ReasonTooLarge)}}
	f.writeBatch(t, batch)
	before := f.status(t)
	require.NoError(t, f.Close())
	require.NoError(t, f.Close(), "closing twice")
	_, err := f.ListDeadLetters(t.Context(), everyDeadLetter)
	require.ErrorIs(t, err, store.ErrUnavailable, "after it was closed")
	_, err = f.RemoveDeadLetters(t.Context(), batch.DeadLetters[0].Event.ID)
	require.ErrorIs(t, err, store.ErrUnavailable, "after it was closed")
	require.ErrorIs(t, f.Write(t.Context(), batch), store.ErrUnavailable, "after it was closed")
	_, err = f.Search(t.Context(), owner, f.all())
	require.ErrorIs(t, err, store.ErrUnavailable, "after it was closed")

	f.Store = f.open(t, f.options())
	require.Equal(t, before, f.status(t))
	requireEvents(t, events, f.search(t, f.all()).Events)
	f.writeBatch(t, batch)
	f.requireCounts(t, 8, 3, 4, 1)
	requireEvents(t, events, f.search(t, f.all()).Events)
}

func reopen(t *testing.T, f *fixture) {
	t.Helper()
	require.NoError(t, f.Close())
	f.Store = f.open(t, f.options())
}

func heedsContext(t *testing.T, f *fixture) {
	e := f.event(0)
	require.ErrorIs(t, f.Write(cancelled(t), store.Batch{Events: []audit.Event{e}}), store.ErrUnavailable)
	f.write(t, e)
	_, err := f.Search(cancelled(t), owner, f.all())
	require.Error(t, err)
	_, err = f.Event(cancelled(t), owner, e.ID)
	require.Error(t, err)
	_, err = f.Values(cancelled(t), owner, f.all(), audit.Action, 10)
	require.Error(t, err)
	_, err = f.Histogram(cancelled(t), owner, f.all(), time.Hour)
	require.Error(t, err)
	_, err = f.Arrivals(cancelled(t), owner, f.all(), "")
	require.Error(t, err)
	_, err = f.Arrived(cancelled(t), owner)
	require.Error(t, err)
	_, err = f.DeadLetters(cancelled(t), owner)
	require.Error(t, err)
	heedsDeadLetterContext(t, cancelled(t), f)
	requireEvents(t, []audit.Event{e}, f.search(t, f.all()).Events)
}
