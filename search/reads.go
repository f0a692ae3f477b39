package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"github.com/auditlog/auditlog/redact"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/local"
)

const (
	readFold   = 10 * time.Minute // one record per caller and filters
	deniedFold = time.Minute      // one record per caller
	maxFolded  = 10_000           // records remembered for folding
)

// reads records every read in the trail before it is answered.
type reads struct {
	store  *store.Extension
	now    func() time.Time
	engine *redact.Engine // filter values may hold what must not be stored

	flights  singleflight.Group // the same read at the same time is one
	refusals *rate.Limiter      // that are recorded, of all callers

	mu   sync.Mutex
	last map[string]time.Time
}

func newReads(s *store.Extension, now func() time.Time) (*reads, error) {
	engine, err := redact.New(redact.Config{})
	if err != nil {
		return nil, fmt.Errorf("redaction of what owners ask for: %w", err)
	}
	return &reads{store: s, now: now, engine: engine, last: map[string]time.Time{}, refusals: rate.NewLimiter(2, 200)}, nil
}

// record returns when the read is in the trail. A read like one within the last
// ten minutes is in it already. An error refuses the read.
func (r *reads) record(ctx context.Context, o owner, address, action string, a asked) error {
	request, err := r.describe(a, nil)
	if err != nil {
		return err
	}
	// Its hash, as a request may be long and thousands are remembered.
	key := local.HashToken(strings.Join([]string{o.key, action, a.id, a.query.Account, request}, "\x00\x00"))
	_, err, _ = r.flights.Do(key, func() (any, error) {
		if r.recent(key, readFold) {
			return nil, nil
		}
		// Another caller may wait for this record, so it outlives the request.
		if err := r.write(context.WithoutCancel(ctx), o, address, action, a, request, false); err != nil {
			return nil, err
		}
		r.remember(key)
		return nil, nil
	})
	return err
}

// exporting returns when it is in the trail that an export begins.
func (r *reads) exporting(ctx context.Context, o owner, address string, a asked, format string) error {
	request, err := r.describe(a, map[string]any{"format": format})
	if err != nil {
		return err
	}
	return r.write(ctx, o, address, "events.export", a, request, false)
}

// exported returns when it is in the trail how many rows an export wrote, and
// whether that is all of them.
func (r *reads) exported(ctx context.Context, o owner, address string, a asked, format string, rows int64, complete bool) error {
	request, err := r.describe(a, map[string]any{"format": format, "rows": rows, "complete": complete})
	if err != nil {
		return err
	}
	return r.write(ctx, o, address, "events.exported", a, request, !complete)
}

var errUnrecorded = errors.New("a read that cannot be recorded is refused")

func (r *reads) write(ctx context.Context, o owner, address, action string, a asked, request string, failed bool) error {
	entry := store.Entry{
		User: o.caller.Name, UserID: o.userID, IP: address, Method: "READ", Action: action,
		EntityType: "audit event", EntityID: a.id, Request: request, Denied: failed,
	}
	if err := r.store.Record(ctx, entry, a.query.Account); err != nil {
		return fmt.Errorf("%w: %w", errUnrecorded, err)
	}
	return nil
}

// denied records that somebody was refused, once a minute for each caller, and
// for each address of callers that are not known. It is best effort: the refusal
// stands in any case.
func (r *reads) denied(ctx context.Context, o owner, address, action string, logger *zap.Logger) {
	who := o.key
	if who == "" {
		who = address
	}
	key := "denied\x00" + who
	if r.recent(key, deniedFold) || !r.refusals.AllowN(r.now(), 1) {
		return
	}
	r.remember(key)
	user := o.caller.Name
	if user == "" {
		user = "unauthenticated"
	}
	entry := store.Entry{User: user, UserID: o.userID, IP: address, Method: "READ", Action: action, EntityType: "audit event", Denied: true}
	if action == "signin" {
		entry.Method, entry.EntityType = "CREATE", "session"
	}
	if err := r.store.Record(context.WithoutCancel(ctx), entry, o.caller.Accounts...); err != nil {
		logger.Warn("A denied read could not be recorded.", zap.Error(err))
	}
}

// describe writes what was asked for as JSON, redacted: the parameters as they
// were written, and more.
func (r *reads) describe(a asked, more map[string]any) (string, error) {
	said := map[string]any{}
	start, end, _ := strings.Cut(a.window, "/")
	if start != "" {
		said["start"] = start
	}
	if end != "" {
		said["end"] = end
	}
	for name, values := range a.filters {
		said[name] = values
	}
	maps.Copy(said, more)
	if len(said) == 0 {
		return "", nil
	}
	b, err := json.Marshal(said)
	if err != nil {
		return "", fmt.Errorf("describe the read: %w", err)
	}
	pass := r.engine.Begin()
	defer pass.End()
	return pass.Request("request", string(b)), nil
}

func (r *reads) recent(key string, fold time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.last[key]
	return ok && r.now().Sub(at) < fold
}

func (r *reads) remember(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.last) >= maxFolded {
		for k, at := range r.last {
			if r.now().Sub(at) > readFold {
				delete(r.last, k)
			}
		}
		if len(r.last) >= maxFolded {
			clear(r.last) // more records rather than fewer
		}
	}
	r.last[key] = r.now()
}
