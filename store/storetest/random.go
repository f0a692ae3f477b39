package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// likeModel stores random batches in the store and in a [Model], asks both the
// same random questions, and compares the answers.
func likeModel(t *testing.T, f *fixture) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			f := newFixture(t, f.open)
			g := &generator{fixture: f, Rand: rand.New(rand.NewPCG(seed, 1))}
			m := NewModel(f.now, Retention)
			for range 20 {
				b := g.batch()
				require.NoError(t, m.Write(t.Context(), b))
				require.NoError(t, f.Write(t.Context(), b))
				if g.IntN(3) > 0 {
					continue
				}
				f.settle(t)
				for range 8 {
					g.ask(t, m)
				}
				g.manage(t, m)
				g.compareStatus(t, m)
				f.advance(time.Duration(g.IntN(int(12 * time.Hour))))
			}
		})
	}
}

// A generator makes batches and questions. It draws from few values, so that
// they meet.
type generator struct {
	*fixture
	*rand.Rand
	sent []audit.Event
}

func (g *generator) batch() (b store.Batch) {
	for range g.IntN(12) {
		switch e := g.anyEvent(); g.IntN(8) {
		case 0:
			d := audit.DeadLetter{Event: e, Reason: audit.ReasonTooLarge}
			d.Event.ID.Day = audit.DayOf(g.now())
			b.DeadLetters = append(b.DeadLetters, d)
		default:
			b.Events = append(b.Events, e)
		}
	}
	return b
}

// anyEvent is a new event, one that was sent already, or one with an id that was
// used already.
func (g *generator) anyEvent() audit.Event {
	e := g.random()
	if len(g.sent) > 0 {
		old := g.sent[g.IntN(len(g.sent))]
		switch g.IntN(8) {
		case 0:
			e = clone(&old)
		case 1:
			e.ID.Hash = old.ID.Hash
		case 2:
			e = nextDay(old)
		}
	}
	g.sent = append(g.sent, e)
	return e
}

func (g *generator) random() audit.Event {
	age := time.Duration(g.Int64N(int64(Retention + 3*day)))
	if g.IntN(2) == 0 {
		age = age.Truncate(6 * time.Hour) // several at one instant
	}
	e := g.event(age)
	if g.IntN(4) == 0 {
		e.SetInstant(audit.Received, e.Instant(audit.Time))
	}
	for field := range audit.Fields() {
		if e.Has(field) && field != audit.Account || g.IntN(3) == 0 {
			continue
		}
		g.set(&e, field)
	}
	return e
}

func (g *generator) set(e *audit.Event, field *audit.Field) {
	switch field.Kind {
	case audit.Text:
		e.SetText(field, g.value())
		if field == audit.IP {
			e.SetText(field, []string{"192.0.2.7", "192.0.2.129", "2001:db8::7"}[g.IntN(3)])
		}
	case audit.List:
		e.SetList(field, []string{g.value(), g.value()})
	case audit.Number:
		e.SetNumber(field, g.Int64N(3))
	case audit.Flag:
		if field != audit.IDConflict {
			e.SetFlag(field, g.IntN(2) == 0)
		}
	case audit.Instant:
		e.SetInstant(field, start.Add(time.Duration(g.IntN(2))))
	case audit.Object:
		if err := e.SetObject(field, fmt.Sprintf(`{"key":%q}`, g.value())); err != nil {
			panic(err)
		}
	}
}

func (g *generator) value() string {
	return []string{"acme", "rival", "größe", "it's \"odd\"", "Reset the PROD-db", "acme_db 12"}[g.IntN(6)]
}

func (g *generator) ask(t *testing.T, m *Model) {
	t.Helper()
	caller := []store.Caller{owner, rival, holder}[g.IntN(3)]
	q := g.query(caller)
	what := fmt.Sprintf("%s asks %+v", caller.Name, q)
	wantPages, gotPages := walk(t, m, caller, q), walk(t, g.Store, caller, q)
	require.Equal(t, lines(wantPages...), lines(gotPages...), what)

	field := g.field()
	want, err := m.Values(t.Context(), caller, q, field, 3)
	require.NoError(t, err)
	got, err := g.Values(t.Context(), caller, q, field, 3)
	require.NoError(t, err)
	require.Equal(t, slices.Concat(want.Values), slices.Concat(got.Values), "%s for %s", what, field.Name)

	interval := time.Duration(1+g.IntN(100)) * time.Hour
	wantHistogram, err := m.Histogram(t.Context(), caller, q, interval)
	require.NoError(t, err)
	gotHistogram, err := g.Histogram(t.Context(), caller, q, interval)
	require.NoError(t, err)
	require.Equal(t, slices.Concat(wantHistogram.Buckets), slices.Concat(gotHistogram.Buckets), "%s by %s", what, interval)

	// The order of arrival is the store's own; together they are the same.
	requireSame(t, arrivals(t, m, caller, q, ""), arrivals(t, g.Store, caller, q, ""))

	if len(g.sent) > 0 {
		id := g.sent[g.IntN(len(g.sent))].ID
		want, wantErr := m.Event(t.Context(), caller, id)
		got, gotErr := g.Event(t.Context(), caller, id)
		require.Equal(t, wantErr == nil, gotErr == nil, "%v", gotErr)
		require.Equal(t, lines(want), lines(got))
	}
	wantLetters, err := m.DeadLetters(t.Context(), caller)
	require.NoError(t, err)
	gotLetters, err := g.DeadLetters(t.Context(), caller)
	require.NoError(t, err)
	require.Equal(t, wantLetters, gotLetters)
}

func (g *generator) query(caller store.Caller) store.Query {
	q := store.Query{
		Start: g.now().Add(-time.Duration(g.Int64N(int64(Retention + 2*day)))), Limit: 1 + g.IntN(20), Ascending: g.IntN(2) == 0,
	}
	q.End = q.Start.Add(time.Duration(g.Int64N(int64(Retention))))
	if g.IntN(3) == 0 {
		q.Account = caller.Accounts[0]
	}
	if g.IntN(3) == 0 && len(g.sent) > 0 {
		p := position(g.sent[g.IntN(len(g.sent))])
		q.After = &p
	}
	for range g.IntN(3) {
		q.Filters = append(q.Filters, g.filter())
	}
	return q
}

func (g *generator) filter() store.Filter {
	f := store.Filter{Not: g.IntN(2) == 0}
	for range 1 + g.IntN(2) {
		f.Fields = append(f.Fields, g.field())
	}
	switch g.IntN(6) {
	case 0:
		f.Match = store.Network
		f.Fields = []*audit.Field{audit.IP}
		f.Values = []string{[]string{"192.0.2.0/24", "192.0.2.129", "::ffff:192.0.2.0/121", "2001:db8::/32", "0.0.0.0/0"}[g.IntN(5)]}
		return f
	case 1:
		f.Match = store.Words
		f.Fields = []*audit.Field{audit.Action, audit.UserName, audit.UserFullName, audit.Message, audit.Request}
	case 2:
		f.Match = store.Ending
	}
	for range g.IntN(3) {
		f.Values = append(f.Values, g.value())
	}
	if len(g.sent) > 0 {
		f.Values = append(f.Values, g.sent[g.IntN(len(g.sent))].Values(f.Fields[0])...)
	}
	return f
}

func (g *generator) field() *audit.Field {
	if g.IntN(3) == 0 {
		return []*audit.Field{audit.Method, audit.Area, audit.EntityType, audit.Account}[g.IntN(4)]
	}
	all := slices.Collect(audit.Fields())
	return all[g.IntN(len(all))]
}

// compareStatus compares what does not depend on when days are removed.
func (g *generator) compareStatus(t *testing.T, m *Model) {
	t.Helper()
	want, err := m.Status(t.Context())
	require.NoError(t, err)
	got := g.status(t)
	want.Days, got.Days = 0, 0
	want.Oldest, got.Oldest = "", ""
	want.Problem, got.Problem = "", ""
	require.Equal(t, want, got)
}
