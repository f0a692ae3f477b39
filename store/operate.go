package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store/local"
)

const (
	maxDeadLetters = 1000 // that one request takes

	settleTime     = 10 * time.Second       // that a replay waits for its events to be stored
	settleInterval = 100 * time.Millisecond // between looks for them
)

// A DeadLetterRequest selects dead letters for a command of the operator: those
// of every account and reason where it names none. It takes one page; the answer
// says how to go on.
type DeadLetterRequest struct {
	IDs     []string     `json:"ids,omitempty"` // these only, unless there are none
	Account string       `json:"account,omitempty"`
	Reason  audit.Reason `json:"reason,omitempty"`
	Before  time.Time    `json:"before,omitzero"` // received before; any time, if zero
	After   Cursor       `json:"after,omitempty"`
	Limit   int          `json:"limit"` // from 1 to 1000

	// Senders are the accounts that each sender of the configuration may write
	// to, for a replay. The installation's tokens are known without.
	Senders map[string][]string `json:"senders,omitempty"`
}

// A ShownDeadLetter is all that is kept of a record.
type ShownDeadLetter struct {
	ID       string          `json:"id"`
	Reason   audit.Reason    `json:"reason"`
	Detail   string          `json:"detail,omitempty"`
	Account  string          `json:"account"`
	Asked    string          `json:"asked,omitempty"` // account that the record names
	Received time.Time       `json:"received"`
	Names    []string        `json:"names,omitempty"` // of what is not kept
	Event    json.RawMessage `json:"event"`
}

// ShownDeadLetters answer [Installation.ShowDeadLetters].
type ShownDeadLetters struct {
	DeadLetters []ShownDeadLetter `json:"dead_letters"`
	Next        Cursor            `json:"next,omitempty"`
}

// Replayed answers [Installation.ReplayDeadLetters].
type Replayed struct {
	Stored  int            `json:"stored"`  // made events
	Present int            `json:"present"` // events already
	Waiting int            `json:"waiting"` // on their way to the store, and kept as dead letters until they are there
	Left    map[string]int `json:"left"`    // how many stay, by why
	Next    Cursor         `json:"next,omitempty"`
}

// Discarded answers [Installation.DiscardDeadLetters].
type Discarded struct {
	Discarded int    `json:"discarded"`
	Next      Cursor `json:"next,omitempty"`
}

// selected reads the page that r asks for.
func (i *Installation) selected(ctx context.Context, r DeadLetterRequest) (DeadLetterPage, error) {
	q := DeadLetterQuery{Account: r.Account, Reason: r.Reason, After: r.After, Limit: r.Limit}
	if q.Limit > maxDeadLetters {
		return DeadLetterPage{}, fmt.Errorf("%w: limit %d is above %d", ErrInvalid, q.Limit, maxDeadLetters)
	}
	for _, text := range r.IDs {
		id, err := audit.ParseID(text)
		if err != nil {
			return DeadLetterPage{}, fmt.Errorf("%q: %w", text, err)
		}
		q.IDs = append(q.IDs, id)
	}
	page, err := i.ListDeadLetters(ctx, q)
	if err == nil && !r.Before.IsZero() {
		page.DeadLetters = slices.DeleteFunc(page.DeadLetters, func(d DeadLetter) bool { return !d.Received.Before(r.Before) })
	}
	return page, err
}

// ShowDeadLetters returns what is kept of dead letters, after it recorded in
// each of their accounts that user saw it.
func (i *Installation) ShowDeadLetters(ctx context.Context, user string, r DeadLetterRequest) (shown ShownDeadLetters, err error) {
	page, err := i.selected(ctx, r)
	if err != nil {
		return shown, err
	}
	if err := i.recordDeadLetters(ctx, Entry{User: user, Method: "READ", Action: "deadletter.show"}, byAccount(page.DeadLetters)); err != nil {
		return shown, err
	}
	shown.Next = page.Next
	for n := range page.DeadLetters {
		d := &page.DeadLetters[n]
		shown.DeadLetters = append(shown.DeadLetters, ShownDeadLetter{
			ID: d.ID.String(), Reason: d.Reason, Detail: d.Detail, Account: d.Event.Text(audit.Account),
			Asked: d.Asked, Received: d.Received, Names: d.Names, Event: d.Event.AppendJSON(nil),
		})
	}
	return shown, nil
}

// DiscardDeadLetters removes dead letters for good, after it recorded in each of
// their accounts that user did.
func (i *Installation) DiscardDeadLetters(ctx context.Context, user string, r DeadLetterRequest) (done Discarded, err error) {
	page, err := i.selected(ctx, r)
	if err != nil {
		return done, err
	}
	if err := i.recordDeadLetters(ctx, Entry{User: user, Method: "DELETE", Action: "deadletter.discard"}, byAccount(page.DeadLetters)); err != nil {
		return done, err
	}
	done.Next = page.Next
	done.Discarded, err = i.RemoveDeadLetters(ctx, deadLetterIDs(page.DeadLetters)...)
	return done, err
}

func deadLetterIDs(letters []DeadLetter) (ids []audit.ID) {
	for _, d := range letters {
		ids = append(ids, d.ID)
	}
	return ids
}

// byAccount sorts dead letters by the accounts in whose trails they belong.
func byAccount(letters []DeadLetter) map[string][]*DeadLetter {
	by := map[string][]*DeadLetter{}
	for n := range letters {
		account := cmp.Or(letters[n].Event.Text(audit.Account), DefaultAccount)
		by[account] = append(by[account], &letters[n])
	}
	return by
}

// recordDeadLetters stores the entry in each account, with the number of dead
// letters by reason, and the id of the only one.
func (i *Installation) recordDeadLetters(ctx context.Context, entry Entry, by map[string][]*DeadLetter) error {
	entry.EntityType = "dead letter"
	var entries []Entry
	for _, account := range slices.Sorted(maps.Keys(by)) {
		entry.Account, entry.EntityID = account, ""
		if len(by[account]) == 1 {
			entry.EntityID = by[account][0].ID.String()
		}
		counts := map[audit.Reason]int{}
		for _, d := range by[account] {
			counts[d.Reason]++
		}
		request, err := json.Marshal(counts)
		if err != nil {
			return fmt.Errorf("record %s: %w", entry.Action, err)
		}
		entry.Request = string(request)
		entries = append(entries, entry)
	}
	return i.record(ctx, entries)
}

// ReplayDeadLetters makes events of dead letters, and removes those that became
// one. An event has what was kept of the record, the identity that the record had,
// and [audit.SetAside]. It is stored in the account that the record names if its
// sender may write there now. Where that cannot be the dead letter stays, and the
// answer says why.
//
// That user did so is recorded before, in the accounts of the dead letters and
// in those that the events go to. A dead letter is removed when its event is found
// in the store: what happens in between leaves both, and the next replay finds
// the event.
func (i *Installation) ReplayDeadLetters(ctx context.Context, user string, r DeadLetterRequest) (done Replayed, err error) {
	page, err := i.selected(ctx, r)
	if err != nil {
		return done, err
	}
	done.Next, done.Left = page.Next, map[string]int{}
	revived := i.revive(page.DeadLetters, r.Senders, done.Left)
	concerned := byAccount(page.DeadLetters)
	for n := range page.DeadLetters {
		d := &page.DeadLetters[n]
		if e := revived[d.ID]; e != nil && e.Text(audit.Account) != d.Event.Text(audit.Account) {
			concerned[e.Text(audit.Account)] = append(concerned[e.Text(audit.Account)], d)
		}
	}
	if err := i.recordDeadLetters(ctx, Entry{User: user, Method: "CREATE", Action: "deadletter.replay"}, concerned); err != nil {
		return done, err
	}
	if done.Present, err = i.settled(ctx, revived); err != nil || len(revived) == 0 {
		return done, err
	}
	var batch Batch
	for _, e := range revived {
		batch.Events = append(batch.Events, *e)
	}
	if err := i.Write(ctx, batch); err != nil {
		return done, fmt.Errorf("store events of dead letters: %w", err)
	}
	refused := false
	done.Stored, refused, err = i.awaitSettled(ctx, revived)
	if refused && len(revived) > 0 {
		done.Left["the store set it aside again"] = len(revived)
		return done, err
	}
	done.Waiting = len(revived)
	return done, err
}

// revive makes events of dead letters, by the id of the dead letter, and counts
// in left those that have to stay, by why.
func (i *Installation) revive(letters []DeadLetter, configured map[string][]string, left map[string]int) map[audit.ID]*audit.Event {
	senders := i.senders(configured)
	oldest := time.Now().Add(-i.retention)
	revived := map[audit.ID]*audit.Event{}
	for n := range letters {
		if e, why := revive(&letters[n], senders, oldest); why == "" {
			revived[letters[n].ID] = &e
		} else {
			left[why]++
		}
	}
	return revived
}

// awaitSettled waits for events to be found, as long as a person would. Those that
// are not found although nothing is on its way any more were refused.
func (i *Installation) awaitSettled(ctx context.Context, events map[audit.ID]*audit.Event) (found int, refused bool, err error) {
	end := time.Now().Add(settleTime)
	tick := time.NewTicker(settleInterval)
	defer tick.Stop()
	for {
		status, err := i.Status(ctx) // before the look
		if err != nil {
			return found, false, err
		}
		n, err := i.settled(ctx, events)
		found += n
		if err != nil || len(events) == 0 || status.Waiting == 0 || time.Now().After(end) {
			return found, status.Waiting == 0, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return found, false, context.Cause(ctx)
		}
	}
}

// settled removes the dead letters whose events are stored, also from the map.
func (i *Installation) settled(ctx context.Context, events map[audit.ID]*audit.Event) (found int, err error) {
	var ids []audit.ID
	for id, e := range events {
		stored, err := i.isStored(ctx, e)
		if err != nil {
			return 0, err
		}
		if stored {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return 0, nil
	}
	if _, err := i.RemoveDeadLetters(ctx, ids...); err != nil {
		return 0, err
	}
	for _, id := range ids {
		delete(events, id)
	}
	return len(ids), nil
}

// isStored looks where [Writer] says that an event may be.
func (i *Installation) isStored(ctx context.Context, e *audit.Event) (bool, error) {
	caller := Caller{Name: Own, Accounts: []string{e.Text(audit.Account)}}
	days := []audit.Day{e.ID.Day}
	if e.FiledWhenReceived() {
		days = append(days, e.ID.Day-1)
	}
	for _, day := range days {
		for _, hash := range []audit.Hash{e.ID.Hash, audit.ConflictHash(e.ID.Hash, e.Fingerprint)} {
			stored, err := i.Event(ctx, caller, audit.ID{Day: day, Hash: hash})
			if err == nil && stored.Fingerprint == e.Fingerprint {
				return true, nil
			}
			if err != nil && !errors.Is(err, ErrNotFound) {
				return false, err
			}
		}
	}
	return false, nil
}

// senders are the accounts that each sender may write to now.
func (i *Installation) senders(configured map[string][]string) map[string][]string {
	all := maps.Clone(configured)
	if all == nil {
		all = map[string][]string{}
	}
	for _, token := range i.Tokens() {
		if token.Kind == local.SenderToken && !token.Expired(time.Now()) {
			all[token.Name] = append(slices.Clone(all[token.Name]), token.Accounts...)
		}
	}
	for name, accounts := range all {
		slices.Sort(accounts)
		all[name] = slices.Compact(accounts)
	}
	return all
}

// revive makes an event of a dead letter, or says why it has to stay.
func revive(d *DeadLetter, senders map[string][]string, oldest time.Time) (e audit.Event, why string) {
	e = d.Event.Clone()
	if why := lacks(&e, d.Reason); why != "" {
		return e, why
	}
	if d.Reason == audit.ReasonAccountNotGranted || d.Reason == audit.ReasonTooLarge {
		sender := e.Text(audit.Sender)
		account, granted := Grant(senders[sender], d.Asked)
		switch {
		case granted:
			e.SetText(audit.Account, account)
		case d.Asked == "":
			return e, fmt.Sprintf("the record names no account, and sender %q is not granted exactly one", sender)
		default:
			return e, fmt.Sprintf("sender %q may not write to account %q: grant it (receiver.senders, or a sender token), then replay again", sender, d.Asked)
		}
	}
	if !e.Has(audit.Received) {
		e.SetInstant(audit.Received, d.Received)
	}
	e.SetText(audit.SetAside, string(d.Reason))
	e.ID.Day = audit.DayOf(e.Instant(audit.Time))
	if e.Instant(audit.Time).Before(oldest) {
		return e, "it is older than store.retention: nobody could read the event"
	}
	return e, ""
}

// lacks says what is missing in what was kept, for it to be an event.
func lacks(e *audit.Event, reason audit.Reason) string {
	who := slices.ContainsFunc([]*audit.Field{
		audit.UserName, audit.UserFullName, audit.UserID, audit.UserEmail,
		audit.ImpersonatorName, audit.ImpersonatorFullName, audit.ImpersonatorID, audit.ImpersonatorEmail,
	}, e.Has)
	// Without an actor the normalizer may have put a last resort in the action's place.
	what := e.Has(audit.Action) && reason != audit.ReasonNoActorNoAction
	switch {
	case !who && !what:
		return "what is kept says neither who nor what: teach the names to processor.normalize.aliases, and have the record sent again"
	case !e.Has(audit.Time) || !e.Has(audit.Account) || !e.Has(audit.Sender):
		return "what is kept lacks its time, account or sender"
	}
	return ""
}
