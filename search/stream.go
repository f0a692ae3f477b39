package search

import (
	"context"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"
)

// streamTimeout is for how long a client may not read on.
const streamTimeout = time.Minute

// A stream is an answer that is written bit by bit. What goes wrong before its
// first byte is answered as a problem; later it breaks the connection, so that
// no client takes a part for the whole.
type stream struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	begun bool
}

func (s *stream) Write(p []byte) (int, error) {
	s.begun = true
	if err := s.rc.SetWriteDeadline(time.Now().Add(streamTimeout)); err != nil {
		return 0, err
	}
	return s.w.Write(p)
}

// flush sends what was written.
func (s *stream) flush() error {
	s.begun = true
	if err := s.rc.SetWriteDeadline(time.Now().Add(streamTimeout)); err != nil {
		return err
	}
	return s.rc.Flush()
}

type streamFunc func(s *stream, r *http.Request, o owner) error

// streamed answers owners only, as [api.owner] does.
func (a *api) streamed(read string, answer streamFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet {
			a.write(w, r, nil, newProblem(http.StatusMethodNotAllowed, "This is for GET only."))
			return
		}
		o, err := a.admit(r, read)
		if err != nil {
			a.write(w, r, nil, err)
			return
		}
		s := &stream{w: w, rc: http.NewResponseController(w)}
		// The server's deadline is for requests, and an answer may take longer.
		if err = s.rc.SetReadDeadline(time.Time{}); err == nil {
			err = answer(s, r, o)
		}
		if err != nil && !s.begun {
			w.Header().Del("Content-Disposition")
			a.write(w, r, nil, err)
			return
		}
		a.answers.Add(context.WithoutCancel(r.Context()), 1, metric.WithAttributes(attribute.String("route", r.Pattern), attribute.Int("status", http.StatusOK)))
		if err != nil {
			if r.Context().Err() == nil {
				a.logger.Error("An answer to an owner broke off.", zap.String("route", r.Pattern), zap.Error(err))
			}
			panic(http.ErrAbortHandler)
		}
	})
}

// slots bounds how many streams are open at the same time: of one owner, and of all.
type slots struct {
	each, all int

	mu   sync.Mutex
	open map[string]int
	sum  int
}

func newSlots(each, all int) *slots { return &slots{each: each, all: all, open: map[string]int{}} }

// take returns what gives the slot back, or an answer to come again later.
func (s *slots) take(key, what string) (free func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key] >= s.each || s.sum >= s.all {
		return nil, tooMany(10*time.Second, "At most %d %s of one owner, and %d of all, at the same time.", s.each, what, s.all)
	}
	s.open[key]++
	s.sum++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sum--
		if s.open[key]--; s.open[key] == 0 {
			delete(s.open, key)
		}
	}, nil
}

// watch looks now and then whether the owner still is one.
type watch struct {
	api  *api
	last time.Time
}

// watchEvery is after how much time a stream's owner is looked at again.
const watchEvery = 15 * time.Second

// again returns an error when who began the stream may not read on.
func (w *watch) again(r *http.Request, account string) error {
	if now := w.api.now(); now.Sub(w.last) < watchEvery {
		return nil
	} else {
		w.last = now
	}
	o, err := w.api.authenticate(r, false)
	if err != nil {
		return err
	}
	_, err = o.caller.Scope(account)
	return err
}
