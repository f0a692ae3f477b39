package search

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

const (
	maxArrivals   = 1000 // that one answer counts
	arrivalsPage  = 200
	tailPoll      = time.Second
	tailHeartbeat = 15 * time.Second
	tailRetry     = 3 * time.Second // after which a browser connects again
)

// place returns the cursor of arrival from which a request goes on; the one
// after all that has arrived, where it names none.
func (a *api) place(r *http.Request, o owner, ask asked) (store.Cursor, error) {
	since := ask.since
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		since = last
	}
	if since == "" {
		return a.store.Arrived(r.Context(), o.caller)
	}
	return a.cursors.openArrival(ask.query.Account, since)
}

// arrived returns the events that arrived after a cursor, without those that
// say that the owner reads.
func (a *api) arrived(r *http.Request, o owner, ask asked, after store.Cursor) (store.Arrivals, error) {
	q := ask.query
	q.Limit = arrivalsPage
	if ask.openEnd {
		q.End = a.now().UTC().Add(clockSkew)
	}
	found, err := a.store.Arrivals(r.Context(), o.caller, q, after)
	if errors.Is(err, store.ErrInvalid) {
		return found, badParameter("since", "is of another store: take `arrived` of /api/v1/events")
	}
	others := found.Events[:0]
	for _, e := range found.Events {
		if !o.reads(&e) {
			others = append(others, e)
		}
	}
	found.Events = others
	return found, err
}

// reads reports whether e says that the owner reads the trail.
func (o owner) reads(e *audit.Event) bool {
	return e.Text(audit.Sender) == store.Own && e.Text(audit.Method) == "READ" && e.Text(audit.Status) == "success" &&
		e.Text(audit.UserName) == o.caller.Name && e.Text(audit.UserID) == o.userID
}

// countArrivals answers how many events arrived after a cursor.
func (a *api) countArrivals(r *http.Request, o owner) (any, error) {
	ask, err := a.parse(r, o, liveParameters)
	if err != nil {
		return nil, err
	}
	after, err := a.place(r, o, ask)
	if err != nil {
		return nil, err
	}
	answer := struct {
		Count   int    `json:"count"`
		More    bool   `json:"more"`
		Arrived string `json:"arrived"`
	}{More: true}
	for answer.More && answer.Count < maxArrivals {
		found, err := a.arrived(r, o, ask, after)
		if err != nil {
			return nil, err
		}
		after, answer.More = found.Next, found.More
		answer.Count += len(found.Events)
	}
	if err := a.reads.record(r.Context(), o, a.address(r), "events.search", ask); err != nil {
		return nil, err
	}
	answer.Arrived = a.cursors.sealArrival(ask.query.Account, after)
	return answer, nil
}

// tail streams events as they arrive, as server-sent events. It ends with the
// owner's session.
func (a *api) tail(s *stream, r *http.Request, o owner) error {
	ask, err := a.parse(r, o, liveParameters)
	if err != nil {
		return err
	}
	free, err := a.tails.take(o.key, "live tails")
	if err != nil {
		return err
	}
	defer free()
	after, err := a.place(r, o, ask)
	if err != nil {
		return err
	}
	found, err := a.arrived(r, o, ask, after)
	if err != nil {
		return err
	}
	if err := a.reads.record(r.Context(), o, a.address(r), "events.tail", ask); err != nil {
		return err
	}
	s.w.Header().Set("Content-Type", "text/event-stream")
	s.w.Header().Set("X-Accel-Buffering", "no") // proxies must not collect events
	if _, err := fmt.Fprintf(s, "retry: %d\n\n", tailRetry.Milliseconds()); err != nil {
		return err
	}
	t := tail{api: a, stream: s, request: r, owner: o, asked: ask, watch: watch{api: a, last: a.now()}}
	return t.run(found)
}

// A tail is one stream of events.
type tail struct {
	api     *api
	stream  *stream
	request *http.Request
	owner   owner
	asked   asked
	watch   watch
}

// run ends without an error when the server stops or the owner may not read on:
// the browser then asks again, and learns why.
func (t *tail) run(found store.Arrivals) error {
	poll, heartbeat := time.NewTicker(tailPoll), time.NewTicker(tailHeartbeat)
	defer poll.Stop()
	defer heartbeat.Stop()
	for {
		if err := t.send(found); err != nil {
			return err
		}
		after := found.Next
		if !found.More {
			if on, err := t.wait(poll.C, heartbeat.C); err != nil || !on {
				return err
			}
		}
		if t.watch.again(t.request, t.asked.query.Account) != nil {
			return nil
		}
		var err error
		if found, err = t.api.arrived(t.request, t.owner, t.asked, after); err != nil {
			return err
		}
	}
}

// wait returns at the next poll, and says whether there will be one.
func (t *tail) wait(poll, heartbeat <-chan time.Time) (bool, error) {
	var ended chan struct{} // nil, for ever, with a bearer token
	if t.owner.session != nil {
		ended = t.owner.session.done
	}
	for {
		select {
		case <-poll:
			return true, nil
		case <-heartbeat:
			if _, err := t.stream.Write([]byte(":\n\n")); err != nil {
				return false, err
			}
			if err := t.stream.flush(); err != nil {
				return false, err
			}
		case <-ended:
			return false, nil
		case <-t.api.closing:
			return false, nil
		case <-t.request.Context().Done():
			return false, nil
		}
	}
}

// send writes the events. The last one carries the cursor after all of them, so
// that a broken connection repeats some rather than losing one.
func (t *tail) send(found store.Arrivals) error {
	if len(found.Events) > 0 {
		if err := t.api.reads.record(t.request.Context(), t.owner, t.api.address(t.request), "events.tail", t.asked); err != nil {
			return err
		}
	}
	var b []byte
	for i := range found.Events {
		if i == len(found.Events)-1 {
			b = fmt.Appendf(b, "id: %s\n", t.api.cursors.sealArrival(t.asked.query.Account, found.Next))
		}
		b = append(b, "data: "...)
		b = append(found.Events[i].AppendJSON(b), "\n\n"...)
	}
	if len(b) > 0 {
		if _, err := t.stream.Write(b); err != nil {
			return err
		}
	}
	return t.stream.flush()
}
