// reading fills a store with made-up events over some days, then asks it what
// people ask, while events are being written, and prints how long the answers
// took. The store is the embedded one, or with -store elasticsearch a real node.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

type options struct {
	dir, store   string
	events, days int
	rate, rounds int
	warm         int
	budget       int
	json, check  bool
	one, profile string
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("reading: ")
	var o options
	flag.StringVar(&o.dir, "dir", "", "directory of the store; one that is there already is not filled again; default a temporary one")
	flag.StringVar(&o.store, "store", "sqlite", "sqlite, or elasticsearch: a real node that is started for it")
	flag.IntVar(&o.events, "events", 10_000_000, "events to fill it with")
	flag.IntVar(&o.days, "days", 30, "days that they are spread over")
	flag.IntVar(&o.rate, "rate", 5000, "events written per second meanwhile")
	flag.IntVar(&o.rounds, "rounds", 40, "times that each question is asked")
	flag.IntVar(&o.warm, "warm", 0, "times that each question is asked before it is timed: for a server whose code is still being compiled")
	flag.IntVar(&o.budget, "budget", 50_000, "scan budget of the questions that no index answers")
	flag.StringVar(&o.profile, "profile", "", "write a CPU profile of the answers to this file")
	flag.StringVar(&o.one, "only", "", "ask this question only")
	flag.BoolVar(&o.check, "check", false, "fail where answers are not as quick as others that do more")
	flag.BoolVar(&o.json, "json", false, "print JSON instead of a table")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, o options) error {
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "auditlog-reading-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.dir = dir
	}
	s, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer s.Close()
	g := newGenerator()
	end := time.Now().UTC()
	start := end.Add(-time.Duration(o.days) * 24 * time.Hour).Add(time.Hour)
	status, err := s.Status(ctx)
	if err != nil {
		return err
	}
	var r report
	if status.Stored == 0 {
		if err := fill(ctx, s, g, o.events, start, end, &r); err != nil {
			return err
		}
	}
	size, err := s.settle(ctx)
	if err != nil {
		return err
	}
	if status, err = s.Status(ctx); err != nil {
		return err
	}
	r.Events, r.BytesPerEvent = status.Stored, float64(size)/float64(status.Stored)
	stop := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() { err = write(ctx, s, g, o.rate, stop) })
	defer writing.Wait()
	time.Sleep(time.Second)
	if o.profile != "" {
		f, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	all := questions(start, end, o.budget)
	if c, ok := s.(cluster); ok {
		all = slices.Insert(all, 0, c.bare())
	}
	for _, q := range all {
		if o.one != "" && q.name != o.one {
			continue
		}
		a, err := ask(ctx, s, q, o.warm, o.rounds)
		if err != nil {
			close(stop)
			return fmt.Errorf("%s: %w", q.name, err)
		}
		r.Answers = append(r.Answers, a)
	}
	close(stop)
	writing.Wait()
	r.PeakMiB = peak()
	if o.json {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	r.print()
	if o.check && err == nil {
		err = r.check()
	}
	return err
}

// check compares answers with one another: how long they take depends on the
// machine, which is the slower one does not.
func (r *report) check() error {
	took := make(map[string]float64)
	for _, a := range r.Answers {
		took[a.Question] = max(a.P50, 0.5)
	}
	var errs []error
	for _, c := range []struct {
		quick, slow string
		most        float64
	}{
		{"page 1,000 of 30 days", "first page of 30 days", 6},
		{"oldest page of 30 days", "first page of 30 days", 6},
		{"filter: a user of nobody", "text, not found", 0.5},
		{"filter: an entity_id of nobody", "text, not found", 0.5},
		{"filter: entity_id", "text, not found", 0.5},
		{"histogram of 30 days", "text, not found", 0.5},
		{"values of user.name", "text, not found", 0.5},
	} {
		if ratio := took[c.quick] / took[c.slow]; ratio > c.most {
			errs = append(errs, fmt.Errorf("%q takes %.1f times as long as %q; at most %.1f", c.quick, ratio, c.slow, c.most))
		}
	}
	return errors.Join(errs...)
}

type report struct {
	Events        int64    `json:"events"`
	BytesPerEvent float64  `json:"bytes_per_event"`
	FillCPU       float64  `json:"fill_cpu_s_per_million,omitempty"`
	PeakMiB       float64  `json:"peak_mib"`
	Answers       []answer `json:"answers"`
}

type answer struct {
	Question string  `json:"question"`
	P50      float64 `json:"p50_ms"`
	P95      float64 `json:"p95_ms"`
	Max      float64 `json:"max_ms"`
	Found    int     `json:"found"`
	Partial  bool    `json:"partial,omitempty"`
}

func (r *report) print() {
	fmt.Printf("%d events, %.0f bytes an event on disk with all indexes, peak memory %.0f MiB", r.Events, r.BytesPerEvent, r.PeakMiB)
	if r.FillCPU > 0 {
		fmt.Printf(", written with %.1f CPU s per million (events made up and stored)", r.FillCPU)
	}
	fmt.Print("\n\n| question | p50 ms | p95 ms | max ms | found | |\n|---|---|---|---|---|---|\n")
	for _, a := range r.Answers {
		partial := ""
		if a.Partial {
			partial = "partial"
		}
		fmt.Printf("| %s | %.1f | %.1f | %.1f | %d | %s |\n", a.Question, a.P50, a.P95, a.Max, a.Found, partial)
	}
}

func fill(ctx context.Context, s store.Writer, g *generator, events int, start, end time.Time, r *report) error {
	const size = 1000
	step := end.Sub(start) / time.Duration(events)
	before := cpu()
	for n := 0; n < events; n += size {
		var b store.Batch
		for i := range min(size, events-n) {
			b.Events = append(b.Events, g.event(start.Add(time.Duration(n+i)*step)))
		}
		if err := s.Write(ctx, b); err != nil {
			return err
		}
		if n%1_000_000 == 0 {
			log.Printf("%d million events", n/1_000_000)
		}
	}
	r.FillCPU = (cpu() - before) / float64(events) * 1e6
	return nil
}

// write stores events of now until stop is closed.
func write(ctx context.Context, s store.Writer, g *generator, rate int, stop chan struct{}) error {
	const perSecond = 20
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return nil
		case <-tick.C:
		}
		var b store.Batch
		for range rate / perSecond {
			b.Events = append(b.Events, g.event(time.Now().UTC()))
		}
		if err := s.Write(ctx, b); err != nil {
			return err
		}
	}
}

var caller = store.Caller{Name: "owner", Accounts: []string{"default"}}

// A question is asked with a number that differs from time to time; it returns
// how much was found.
type question struct {
	name string
	ask  answering
}

type answering func(ctx context.Context, s store.Reader, n int) (found int, partial bool, err error)

// before is the number of the call that is not timed: it may prepare.
const before = -1

func ask(ctx context.Context, s store.Reader, q question, warm, rounds int) (a answer, err error) {
	a.Question = q.name
	for n := before; n < warm; n++ {
		if _, _, err := q.ask(ctx, s, n); err != nil {
			return a, err
		}
	}
	var took []float64
	for n := range rounds {
		began := time.Now()
		found, partial, err := q.ask(ctx, s, n)
		if err != nil {
			return a, err
		}
		took = append(took, float64(time.Since(began).Microseconds())/1000)
		a.Found, a.Partial = max(a.Found, found), a.Partial || partial
	}
	slices.Sort(took)
	a.P50, a.P95, a.Max = took[len(took)/2], took[len(took)*95/100], took[len(took)-1]
	return a, nil
}

func questions(start, end time.Time, budget int) []question {
	month := store.Query{Account: "default", Start: start, End: end, Limit: 50, Budget: budget}
	day := month
	day.Start = end.Add(-24 * time.Hour)
	search := func(q store.Query, filters ...store.Filter) answering {
		return func(ctx context.Context, s store.Reader, n int) (int, bool, error) {
			q := q
			q.Filters = filters
			p, err := s.Search(ctx, caller, q)
			return len(p.Events), p.Partial, err
		}
	}
	equal := func(value string, fields ...*audit.Field) store.Filter {
		return store.Filter{Fields: fields, Values: []string{value}}
	}
	users := []*audit.Field{audit.UserName, audit.UserFullName, audit.UserID, audit.UserEmail,
		audit.ImpersonatorName, audit.ImpersonatorFullName, audit.ImpersonatorID, audit.ImpersonatorEmail}
	texts := append([]*audit.Field{audit.Action, audit.Message, audit.Request}, users...) // as q in the API
	all := []question{
		{"first page of 24 hours", search(day)},
		{"first page of 30 days", search(month)},
		{"oldest page of 30 days", search(ascending(month))},
		{"page 1,000 of 30 days", deepPage(month)},
		{"one event by its id", oneEvent(start, end)},
	}
	for _, f := range []struct {
		name   string
		filter store.Filter
	}{
		{"method", equal("DELETE", audit.Method)},
		{"area", equal("billing", audit.Area)},
		{"action", equal("revoke", audit.Action)},
		{"entity_type", equal("invoice", audit.EntityType)},
		{"status", equal("failure", audit.Status)},
		{"user", equal("keiko.petrov", users...)},
		{"role", equal("security-officer", audit.UserRoles)},
		{"ip", store.Filter{Fields: []*audit.Field{audit.IP}, Match: store.Network, Values: []string{"203.0.113.77"}}},
		{"ip, a block", store.Filter{Fields: []*audit.Field{audit.IP}, Match: store.Network, Values: []string{"203.0.113.64/28"}}},
		{"impersonated", equal("true", audit.Impersonated)},
		{"service", equal("billing-api", audit.Service)},
		{"redaction", equal("request.password: key", audit.Redactions)},
		{"method, not", store.Filter{Fields: []*audit.Field{audit.Method}, Values: []string{"GET", "POST", "PATCH"}, Not: true}},
		{"a user of nobody", equal("nobody", users...)},
		{"an action of nobody", equal("nothing", audit.Action)},
		{"an entity_id of nobody", equal("00000000-0000-0000-0000-000000000000", audit.EntityID)},
		{"an ip of nobody", store.Filter{Fields: []*audit.Field{audit.IP}, Match: store.Network, Values: []string{"198.51.100.0/24"}}},
	} {
		all = append(all, question{"filter: " + f.name, search(month, f.filter)})
	}
	all = append(all,
		question{"filter: entity_id", byUnique(month, audit.EntityID)},
		question{"filter: trace", byUnique(month, audit.TraceID)},
		question{"filter: session", byUnique(month, audit.SessionID)},
		question{"all filters together", together(month)},
		question{"unlucky combination", search(month, equal("billing", audit.Area), equal("role", audit.EntityType))},
		question{"text, found", search(month, words("update kowalski", texts...))},
		question{"text, not found", search(month, words("xylophone", texts...))},
		question{"histogram of 24 hours", histogram(day, 30*time.Minute)},
		question{"histogram of 30 days", histogram(month, 24*time.Hour)},
		question{"histogram of 30 days, by hour", histogram(month, time.Hour)},
		question{"histogram of 30 days, one method", histogram(month, 24*time.Hour, equal("DELETE", audit.Method))},
	)
	for _, f := range []*audit.Field{audit.Method, audit.Area, audit.Action, audit.EntityType, audit.Status, audit.UserName, audit.UserRoles, audit.Service} {
		all = append(all, question{"values of " + f.Name, values(month, f)})
	}
	return append(all,
		question{"values of action, one method", values(month, audit.Action, equal("DELETE", audit.Method))},
		question{"arrivals since a second", arrivals(month)})
}

func ascending(q store.Query) store.Query {
	q.Ascending = true
	return q
}

func words(text string, fields ...*audit.Field) store.Filter {
	return store.Filter{Fields: fields, Match: store.Words, Values: []string{text}}
}

// deepPage walks to page 1,000 first, and then asks for the pages after it.
func deepPage(q store.Query) answering {
	var at *store.Position
	return func(ctx context.Context, s store.Reader, n int) (int, bool, error) {
		q := q
		if q.After = at; n == before {
			q.Limit = 50 * 999
		}
		p, err := s.Search(ctx, caller, q)
		at = p.Next
		return len(p.Events), p.Partial, err
	}
}

// sample returns an event from somewhere in the range.
func sample(ctx context.Context, s store.Reader, start, end time.Time, n int) (audit.Event, error) {
	at := start.Add(end.Sub(start) / 97 * time.Duration(n*37%97))
	p, err := s.Search(ctx, caller, store.Query{Start: at, End: end, Limit: 1, Ascending: true})
	if err != nil || len(p.Events) == 0 {
		return audit.Event{}, fmt.Errorf("no event after %s: %w", at, err)
	}
	return p.Events[0], nil
}

// ofSamples asks about events from all over the range.
func ofSamples(start, end time.Time, ask func(ctx context.Context, s store.Reader, e audit.Event) (int, bool, error)) answering {
	var events []audit.Event
	return func(ctx context.Context, s store.Reader, n int) (int, bool, error) {
		for n == before && len(events) < 97 {
			e, err := sample(ctx, s, start, end, len(events))
			if err != nil {
				return 0, false, err
			}
			events = append(events, e)
		}
		return ask(ctx, s, events[(n+1)%len(events)])
	}
}

func oneEvent(start, end time.Time) answering {
	return ofSamples(start, end, func(ctx context.Context, s store.Reader, e audit.Event) (int, bool, error) {
		_, err := s.Event(ctx, caller, e.ID)
		return 1, false, err
	})
}

func byUnique(q store.Query, f *audit.Field) answering {
	return ofSamples(q.Start, q.End, func(ctx context.Context, s store.Reader, e audit.Event) (int, bool, error) {
		q := q
		q.Filters = []store.Filter{{Fields: []*audit.Field{f}, Values: e.Values(f)}}
		p, err := s.Search(ctx, caller, q)
		return len(p.Events), p.Partial, err
	})
}

func together(q store.Query) answering {
	return ofSamples(q.Start, q.End, func(ctx context.Context, s store.Reader, e audit.Event) (int, bool, error) {
		q := q
		for _, f := range []*audit.Field{audit.Method, audit.Area, audit.Action, audit.EntityType, audit.EntityID, audit.Status, audit.UserName, audit.UserRoles, audit.IP, audit.SessionID, audit.TraceID, audit.Service} {
			q.Filters = append(q.Filters, store.Filter{Fields: []*audit.Field{f}, Values: e.Values(f)})
		}
		p, err := s.Search(ctx, caller, q)
		if err == nil && len(p.Events) != 1 {
			err = fmt.Errorf("%d events", len(p.Events))
		}
		return len(p.Events), p.Partial, err
	})
}

func histogram(q store.Query, interval time.Duration, filters ...store.Filter) answering {
	q.Filters = filters
	return func(ctx context.Context, s store.Reader, _ int) (int, bool, error) {
		h, err := s.Histogram(ctx, caller, q, interval)
		n := 0
		for _, b := range h.Buckets {
			for _, c := range b.Counts {
				n += int(c)
			}
		}
		return n, !h.Reached.IsZero(), err
	}
}

func values(q store.Query, f *audit.Field, filters ...store.Filter) answering {
	q.Filters = filters
	return func(ctx context.Context, s store.Reader, n int) (int, bool, error) {
		v, err := s.Values(ctx, caller, q, f, 100)
		return len(v.Values), !v.Reached.IsZero(), err
	}
}

func arrivals(q store.Query) answering {
	var since store.Cursor
	q.End = q.End.AddDate(1, 0, 0)
	return func(ctx context.Context, s store.Reader, n int) (int, bool, error) {
		if n == before {
			after, err := s.Arrived(ctx, caller)
			since = after
			time.Sleep(time.Second)
			return 0, false, err
		}
		a, err := s.Arrivals(ctx, caller, q, since)
		return len(a.Events), false, err
	}
}

func cpu() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func peak() float64 {
	runtime.GC()
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Maxrss) / 1024
}
