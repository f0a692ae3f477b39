package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/local"
	"github.com/auditlog/auditlog/store/storetest"
)

// record is an event of sender shop that happened age ago.
func record(name, account string, age time.Duration) (e audit.Event) {
	at := time.Now().Add(-age)
	e.SetInstant(audit.Time, at)
	e.SetInstant(audit.Received, time.Now())
	e.SetText(audit.Account, account)
	e.SetText(audit.Sender, "shop")
	e.SetText(audit.UserName, name)
	e.SetText(audit.Action, "order.cancel")
	e.ID = audit.ID{Day: audit.DayOf(at), Hash: audit.ClientHash(account, "shop", name)}
	e.Fingerprint = audit.Key("key").Fingerprint(account, "shop", []byte(name))
	return e
}

// setAside is what becomes of a record that names the account asked.
func setAside(e audit.Event, reason audit.Reason, asked string) audit.DeadLetter {
	e.ID.Day = audit.DayOf(e.Instant(audit.Received))
	return audit.DeadLetter{Event: e, Reason: reason, Detail: "a test", Asked: asked, Names: []string{"color"}}
}

// foreign names account beta, and is set aside in acme.
func foreign(name string) audit.DeadLetter {
	e := record(name, "beta", time.Hour)
	e.SetText(audit.Account, "acme")
	return setAside(e, audit.ReasonAccountNotGranted, "beta")
}

func write(t *testing.T, s store.Writer, letters ...audit.DeadLetter) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), store.Batch{DeadLetters: letters}))
}

// install opens an installation over a model.
func install(t *testing.T, wrap func(store.Store) store.Store) *store.Installation {
	open := func(context.Context, store.Config, *zap.Logger) (store.Store, error) {
		return wrap(storetest.NewModel(time.Now, 30*24*time.Hour)), nil
	}
	i, err := store.OpenInstallation(t.Context(), store.Config{Path: t.TempDir(), Retention: 30 * 24 * time.Hour}, open, zap.NewNop())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, i.Close()) })
	return i
}

func plain(s store.Store) store.Store { return s }

var everyOne = store.DeadLetterRequest{Limit: 100}

// granted asks for all, where sender shop may write to the accounts.
func granted(accounts ...string) store.DeadLetterRequest {
	return store.DeadLetterRequest{Limit: 100, Senders: map[string][]string{"shop": accounts}}
}

func found(t *testing.T, s store.Reader, account string) (events []audit.Event) {
	t.Helper()
	p, err := s.Search(t.Context(), store.Caller{Name: "t", Accounts: []string{account}}, store.Query{
		Start: time.Now().Add(-40 * 24 * time.Hour), End: time.Now().Add(time.Hour), Limit: 100, Ascending: true,
		Filters: []store.Filter{{Fields: []*audit.Field{audit.Sender}, Values: []string{store.Own}, Not: true}},
	})
	require.NoError(t, err)
	return p.Events
}

// trail lists what the program recorded in an account.
func trail(t *testing.T, s store.Reader, account string) (list []string) {
	t.Helper()
	p, err := s.Search(t.Context(), store.Caller{Name: "t", Accounts: []string{account}}, store.Query{
		Start: time.Now().Add(-time.Hour), End: time.Now().Add(time.Hour), Limit: 100, Ascending: true,
		Filters: []store.Filter{{Fields: []*audit.Field{audit.EntityType}, Values: []string{"dead letter"}}},
	})
	require.NoError(t, err)
	for _, e := range p.Events {
		list = append(list, strings.TrimSpace(e.Text(audit.UserName)+" "+e.Text(audit.Method)+" "+e.Text(audit.Action)+" "+e.Text(audit.Request)+" "+e.Text(audit.EntityID)))
	}
	return list
}

func requireSum(t *testing.T, s store.Store, accepted, stored, duplicates, deadLetters int64) {
	t.Helper()
	st, err := s.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int64{accepted, stored, duplicates, deadLetters, 0}, []int64{st.Accepted, st.Stored, st.Duplicates, st.DeadLetters, st.Waiting})
	require.Equal(t, st.Accepted, st.Stored+st.Duplicates+st.DeadLetters+st.Waiting)
}

func TestReplayStoresWhereTheSenderMayWriteNow(t *testing.T) {
	i := install(t, plain)
	write(t, i, foreign("ana"))
	requireSum(t, i, 1, 0, 0, 1)
	done, err := i.ReplayDeadLetters(t.Context(), "root", granted("acme"))
	require.NoError(t, err)
	require.Len(t, done.Left, 1)
	for why := range done.Left {
		require.Contains(t, why, `sender "shop" may not write to account "beta"`)
	}
	require.Empty(t, found(t, i, "acme"))
	require.Empty(t, found(t, i, "beta"))
	requireSum(t, i, 2, 1, 0, 1) // the replay is an event

	done, err = i.ReplayDeadLetters(t.Context(), "root", granted("acme", "beta"))
	require.NoError(t, err)
	require.Equal(t, store.Replayed{Stored: 1, Left: map[string]int{}}, done)
	sent := record("ana", "beta", time.Hour)
	events := found(t, i, "beta")
	require.Len(t, events, 1)
	require.Equal(t, sent.ID, events[0].ID, "the identity that it would have had")
	require.Equal(t, sent.Fingerprint, events[0].Fingerprint)
	require.Equal(t, "account_not_granted", events[0].Text(audit.SetAside))
	require.Equal(t, "ana", events[0].Text(audit.UserName))
	counts, err := i.CountDeadLetters(t.Context())
	require.NoError(t, err)
	require.Empty(t, counts, "it is no dead letter any more")
	requireSum(t, i, 5, 4, 0, 1) // the replay is an event in both accounts

	require.NoError(t, i.Write(t.Context(), store.Batch{Events: []audit.Event{sent}}), "its sender sends it again")
	require.Len(t, found(t, i, "beta"), 1)
	requireSum(t, i, 6, 4, 1, 1)
	id := foreign("ana").Event.ID.String()
	entry := `root CREATE deadletter.replay {"account_not_granted":1} ` + id
	require.Equal(t, []string{entry, entry}, trail(t, i, "acme"))
	require.Equal(t, []string{entry}, trail(t, i, "beta"))
}

func TestReplayKnowsSenderTokens(t *testing.T) {
	i := install(t, plain)
	write(t, i, foreign("ana"))
	_, err := i.CreateToken(t.Context(), "root", store.TokenRequest{Name: "shop", Kind: local.OwnerToken, Accounts: []string{"beta"}})
	require.NoError(t, err)
	done, err := i.ReplayDeadLetters(t.Context(), "root", everyOne)
	require.NoError(t, err)
	require.Zero(t, done.Stored, "an owner never writes")
	require.NoError(t, i.RevokeToken(t.Context(), "root", "shop"))
	_, err = i.CreateToken(t.Context(), "root", store.TokenRequest{Name: "shop", Kind: local.SenderToken, Accounts: []string{"*"}})
	require.NoError(t, err)
	done, err = i.ReplayDeadLetters(t.Context(), "root", everyOne)
	require.NoError(t, err)
	require.Equal(t, 1, done.Stored)
	require.Len(t, found(t, i, "beta"), 1)
}

func TestReplayLeavesWhatIsNoEvent(t *testing.T) {
	i := install(t, plain)
	nobody := record("", "acme", time.Hour)
	nobody.SetText(audit.Action, "/orders/{id}") // a last resort
	nameless := record("", "acme", time.Hour)
	nameless.SetText(audit.Action, "")
	unnamed := setAside(record("unnamed", "acme", time.Hour), audit.ReasonAccountNotGranted, "")
	for name, c := range map[string]struct {
		letter   audit.DeadLetter
		accounts []string
		why      string
	}{
		"neither who nor what":     {setAside(nobody, audit.ReasonNoActorNoAction, ""), []string{"acme"}, "neither who nor what"},
		"not read":                 {setAside(nameless, audit.ReasonUnreadable, ""), []string{"acme"}, "neither who nor what"},
		"nothing left of it":       {setAside(nameless, audit.ReasonTooLarge, "acme"), []string{"acme"}, "neither who nor what"},
		"an account of several":    {unnamed, []string{"acme", "beta"}, "not granted exactly one"},
		"any account":              {unnamed, []string{"*"}, "not granted exactly one"},
		"a sender that is no more": {unnamed, nil, "not granted exactly one"},
		"too old":                  {setAside(record("old", "acme", 31*24*time.Hour), audit.ReasonRejected, ""), []string{"acme"}, "older than store.retention"},
	} {
		t.Run(name, func(t *testing.T) {
			write(t, i, c.letter)
			done, err := i.ReplayDeadLetters(t.Context(), "root", granted(c.accounts...))
			require.NoError(t, err)
			require.Len(t, done.Left, 1)
			for why, n := range done.Left {
				require.Contains(t, why, c.why)
				require.Equal(t, 1, n)
			}
			require.Zero(t, done.Stored+done.Present+done.Waiting)
			require.Empty(t, found(t, i, "acme"))
			gone, err := i.DiscardDeadLetters(t.Context(), "root", everyOne)
			require.NoError(t, err)
			require.Equal(t, 1, gone.Discarded, "it stayed")
		})
	}
}

func TestReplayOfOtherReasons(t *testing.T) {
	for name, c := range map[string]struct {
		letter   audit.DeadLetter
		accounts []string
	}{
		"too large, account named":    {setAside(record("ana", "acme", time.Hour), audit.ReasonTooLarge, "acme"), []string{"acme", "beta"}},
		"too large, the only account": {setAside(record("ana", "acme", time.Hour), audit.ReasonTooLarge, ""), []string{"acme"}},
		"now the only account":        {setAside(record("ana", "acme", time.Hour), audit.ReasonAccountNotGranted, ""), []string{"acme"}},
		"rejected":                    {setAside(record("ana", "acme", 5*24*time.Hour), audit.ReasonRejected, ""), nil},
	} {
		t.Run(name, func(t *testing.T) {
			i := install(t, plain)
			write(t, i, c.letter)
			done, err := i.ReplayDeadLetters(t.Context(), "root", granted(c.accounts...))
			require.NoError(t, err)
			require.Equal(t, store.Replayed{Stored: 1, Left: map[string]int{}}, done)
			events := found(t, i, "acme")
			require.Len(t, events, 1)
			require.Equal(t, string(c.letter.Reason), events[0].Text(audit.SetAside))
			require.Equal(t, audit.DayOf(events[0].Instant(audit.Time)), events[0].ID.Day)
			requireSum(t, i, 3, 2, 0, 1)
		})
	}
}

// TestReplayStoresNothingTwice replays what its sender has sent again since, and
// what another event has the id of.
func TestReplayStoresNothingTwice(t *testing.T) {
	i := install(t, plain)
	again, other := record("ana", "beta", time.Hour), record("ben", "beta", time.Hour) // of one day, at any time of it
	other.Fingerprint[0]++
	write(t, i, foreign("ana"), foreign("ben"))
	require.NoError(t, i.Write(t.Context(), store.Batch{Events: []audit.Event{again, other}}))
	done, err := i.ReplayDeadLetters(t.Context(), "root", granted("beta"))
	require.NoError(t, err)
	require.Equal(t, store.Replayed{Stored: 1, Present: 1, Left: map[string]int{}}, done)
	events := found(t, i, "beta")
	require.Len(t, events, 3)
	require.True(t, slices.ContainsFunc(events, func(e audit.Event) bool { return e.Flag(audit.IDConflict) }))
	requireSum(t, i, 7, 5, 0, 2)
}

// flaky is a store with which things go wrong.
type flaky struct {
	store.Store
	removals int // that fail
	hidden   int // looks for an event that do not find it
	waiting  int // looks at the status that find something waiting
	full     bool
}

func (f *flaky) RemoveDeadLetters(ctx context.Context, ids ...audit.ID) (int, error) {
	if f.removals > 0 {
		f.removals--
		return 0, errors.New("the server went away")
	}
	return f.Store.RemoveDeadLetters(ctx, ids...)
}

func (f *flaky) Event(ctx context.Context, caller store.Caller, id audit.ID) (audit.Event, error) {
	if f.hidden > 0 {
		f.hidden--
		return audit.Event{}, store.ErrNotFound
	}
	return f.Store.Event(ctx, caller, id)
}

func (f *flaky) Status(ctx context.Context) (store.Status, error) {
	s, err := f.Store.Status(ctx)
	if f.waiting > 0 {
		f.waiting--
		s.Accepted, s.Waiting, s.OldestWaiting = s.Accepted+1, 1, time.Now()
	}
	return s, err
}

func (f *flaky) Write(ctx context.Context, b store.Batch) error {
	if f.full {
		return store.ErrUnavailable
	}
	return f.Store.Write(ctx, b)
}

func TestReplayThatIsInterrupted(t *testing.T) {
	i := install(t, func(s store.Store) store.Store { return &flaky{Store: s, removals: 1} })
	write(t, i, foreign("ana"))
	_, err := i.ReplayDeadLetters(t.Context(), "root", granted("beta"))
	require.ErrorContains(t, err, "the server went away")
	require.Len(t, found(t, i, "beta"), 1, "stored, and not yet removed")
	done, err := i.ReplayDeadLetters(t.Context(), "root", granted("beta"))
	require.NoError(t, err)
	require.Equal(t, store.Replayed{Present: 1, Left: map[string]int{}}, done)
	require.Len(t, found(t, i, "beta"), 1)
	requireSum(t, i, 6, 5, 0, 1)
}

// TestReplayIntoAStoreBehindASpool looks for events that become searchable later,
// or not at all while the operator waits.
func TestReplayIntoAStoreBehindASpool(t *testing.T) {
	for _, c := range []struct {
		hidden, waiting int
		want            store.Replayed
	}{
		{10, 20, store.Replayed{Stored: 1, Left: map[string]int{}}},
		{1_000_000, 1_000_000, store.Replayed{Waiting: 1, Left: map[string]int{}}},
		{1_000_000, 20, store.Replayed{Left: map[string]int{"the store set it aside again": 1}}},
	} {
		synctest.Test(t, func(t *testing.T) {
			i := install(t, func(s store.Store) store.Store { return &flaky{Store: s, hidden: c.hidden, waiting: c.waiting} })
			write(t, i, foreign("ana"))
			done, err := i.ReplayDeadLetters(t.Context(), "root", granted("beta"))
			require.NoError(t, err)
			require.Equal(t, c.want, done)
			counts, err := i.CountDeadLetters(t.Context())
			require.NoError(t, err)
			require.Len(t, counts, 1-c.want.Stored, "it stays until its event is found")
		})
	}
}

func TestNothingIsShownOrChangedWithoutItsRecord(t *testing.T) {
	f := &flaky{}
	i := install(t, func(s store.Store) store.Store { f.Store = s; return f })
	write(t, i, foreign("ana"))
	f.full = true
	shown, err := i.ShowDeadLetters(t.Context(), "root", everyOne)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.Empty(t, shown.DeadLetters)
	_, err = i.DiscardDeadLetters(t.Context(), "root", everyOne)
	require.ErrorIs(t, err, store.ErrUnavailable)
	_, err = i.ReplayDeadLetters(t.Context(), "root", granted("beta"))
	require.ErrorIs(t, err, store.ErrUnavailable)
	f.full = false
	counts, err := i.CountDeadLetters(t.Context())
	require.NoError(t, err)
	require.Len(t, counts, 1)
	require.Empty(t, found(t, i, "beta"))
}

func TestDeadLetterCommands(t *testing.T) {
	ext, path := start(t, componenttest.NewNopTelemetrySettings())
	lost := setAside(record("lost", "acme", time.Hour), audit.ReasonUnreadable, "")
	lost.Event.SetText(audit.Account, "")
	write(t, ext, foreign("ana"), foreign("ben"), setAside(record("cid", "gamma", time.Hour), audit.ReasonTooLarge, "gamma"), lost)

	var counts []store.DeadLetterCount
	command(t, path, http.MethodGet, "/deadletters", nil, &counts)
	require.Len(t, counts, 3)
	require.Empty(t, trail(t, ext, "acme"), "a list is no event")

	var shown store.ShownDeadLetters
	ask := store.DeadLetterRequest{Limit: 3}
	command(t, path, http.MethodPost, "/deadletters/show", ask, &shown)
	require.Len(t, shown.DeadLetters, 3)
	first := shown.DeadLetters[0]
	require.Equal(t, []any{"acme", "beta", audit.ReasonAccountNotGranted, "a test", []string{"color"}},
		[]any{first.Account, first.Asked, first.Reason, first.Detail, first.Names})
	var event map[string]any
	require.NoError(t, json.Unmarshal(first.Event, &event))
	require.Equal(t, "ana", event["user.name"])
	ask.After, shown = shown.Next, store.ShownDeadLetters{}
	command(t, path, http.MethodPost, "/deadletters/show", ask, &shown)
	require.Len(t, shown.DeadLetters, 1)
	require.Empty(t, shown.Next)

	me := strings.Fields(trail(t, ext, "gamma")[0])[0]
	require.Equal(t, []string{me + ` READ deadletter.show {"account_not_granted":2}`}, trail(t, ext, "acme"))
	require.Equal(t, []string{me + ` READ deadletter.show {"record_too_large":1} ` + idOf(t, ext, "gamma")}, trail(t, ext, "gamma"))
	require.Len(t, trail(t, ext, store.DefaultAccount), 1, "what has no account")

	status, text := command(t, path, http.MethodPost, "/deadletters/discard", store.DeadLetterRequest{Limit: 1001}, nil)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, text, "1000")
	status, text = command(t, path, http.MethodPost, "/deadletters/discard", store.DeadLetterRequest{IDs: []string{"x"}, Limit: 1}, nil)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, text, `"x": not an event id`)

	var gone store.Discarded
	command(t, path, http.MethodPost, "/deadletters/discard", store.DeadLetterRequest{Limit: 10, Before: time.Now().Add(-time.Hour)}, &gone)
	require.Zero(t, gone.Discarded, "those that came since stay")
	command(t, path, http.MethodPost, "/deadletters/discard", store.DeadLetterRequest{Limit: 10, Account: "acme", IDs: []string{first.ID}}, &gone)
	require.Equal(t, 1, gone.Discarded)
	command(t, path, http.MethodPost, "/deadletters/discard", store.DeadLetterRequest{Limit: 10, Reason: audit.ReasonTooLarge}, &gone)
	require.Equal(t, 1, gone.Discarded)
	require.Contains(t, trail(t, ext, "acme"), me+` DELETE deadletter.discard {"account_not_granted":1} `+first.ID)
	var replayed store.Replayed
	command(t, path, http.MethodPost, "/deadletters/replay", granted("beta"), &replayed)
	require.Equal(t, 1, replayed.Stored)
	require.Len(t, replayed.Left, 1)
	s, err := ext.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, s.Accepted, s.Stored+s.Duplicates+s.DeadLetters+s.Waiting)
}

// idOf is the id of an account's only dead letter.
func idOf(t *testing.T, s store.DeadLetterStore, account string) string {
	p, err := s.ListDeadLetters(t.Context(), store.DeadLetterQuery{Account: account, Limit: 2})
	require.NoError(t, err)
	require.Len(t, p.DeadLetters, 1)
	return p.DeadLetters[0].ID.String()
}

func TestGrant(t *testing.T) {
	for _, c := range []struct {
		accounts []string
		named    string
		account  string
		granted  bool
	}{
		{[]string{"a"}, "", "a", true},
		{[]string{"a"}, "a", "a", true},
		{[]string{"a"}, "b", "b", false},
		{[]string{"a", "b"}, "", "", false},
		{[]string{"a", "b"}, "b", "b", true},
		{[]string{"*"}, "", "", false},
		{[]string{"*"}, "b", "b", true},
		{nil, "", "", false},
		{nil, "a", "a", false},
	} {
		account, granted := store.Grant(c.accounts, c.named)
		require.Equal(t, []any{c.account, c.granted}, []any{account, granted}, "%+v", c)
	}
}
