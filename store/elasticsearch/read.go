package elasticsearch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

const (
	maxIndices = 60   // in one request, whose URL Elasticsearch limits to 4 KiB
	pageSize   = 1000 // documents of one request
	maxValues  = 10_000
)

var v4InV6 = netip.MustParseAddr("::ffff:0.0.0.0")

// existing are the days that the cluster has, oldest first.
type existing struct{ events, deadLetters []audit.Day }

// indices lists what is there. A closed index is an error: what it holds cannot be
// read, and is not left out in silence.
func (s *Store) indices(ctx context.Context) (all existing, err error) {
	var answer struct {
		Indices []struct {
			Name       string
			Attributes []string
		}
	}
	err = s.client.do(ctx, esapi.IndicesResolveIndexRequest{Name: []string{s.names.prefix + "-*"}, ExpandWildcards: "open,closed,hidden"}, &answer)
	if err != nil {
		return all, err
	}
	for _, i := range answer.Indices {
		day, dead, ok := s.names.parse(i.Name)
		switch {
		case !ok:
		case slices.Contains(i.Attributes, "closed"):
			return all, fmt.Errorf("index %s is closed: open it, so that its day can be read", i.Name)
		case dead:
			all.deadLetters = append(all.deadLetters, day)
		default:
			all.events = append(all.events, day)
		}
	}
	slices.Sort(all.events)
	slices.Sort(all.deadLetters)
	return all, nil
}

// An answer is that of a search.
type answer struct {
	TimedOut bool   `json:"timed_out"`
	Shards   shards `json:"_shards"`
	Hits     struct{ Hits []hit }

	Aggregations json.RawMessage
}

type hit struct {
	Index  string          `json:"_index"`
	ID     string          `json:"_id"`
	Source json.RawMessage `json:"_source"`
	Sort   []json.RawMessage
}

// search asks indices, all of them or none: a shard that does not answer is an
// error.
func (s *Store) search(ctx context.Context, indices []string, request object) (a answer, err error) {
	partial, total := false, false
	err = s.client.do(ctx, esapi.SearchRequest{
		Index: indices, Body: body(request), AllowPartialSearchResults: &partial, TrackTotalHits: total,
		FilterPath: []string{"timed_out", "_shards.failed", "_shards.failures", "hits.hits._index", "hits.hits._id", "hits.hits._source", "hits.hits.sort", "aggregations"},
	}, &a)
	if err == nil {
		err = a.Shards.err()
	}
	if err == nil && a.TimedOut {
		err = errors.New("the search timed out")
	}
	return a, err
}

func (s *Store) eventIndices(days []audit.Day) (names []string) {
	for _, d := range days {
		names = append(names, s.names.events(d))
	}
	return names
}

// groups cuts days into as many as one request may name.
func groups(days []audit.Day, newestFirst bool) func(yield func([]audit.Day) bool) {
	days = slices.Clone(days)
	if newestFirst {
		slices.Reverse(days)
	}
	return slices.Chunk(days, maxIndices)
}

// steps cuts a selection into steps that grow: the first mostly fill a page, and the
// others are not asked then. Each is days and what is asked of them. Newest first
// they are days, since the cluster has each sorted so and stops when it has a page.
// Oldest first it would look at a whole day for that: they begin with an hour.
func (sel *selection) steps(q store.Query) func(yield func([]audit.Day, object) bool) {
	return func(yield func([]audit.Day, object) bool) {
		days := slices.Clone(sel.days)
		if !q.Ascending {
			slices.Reverse(days)
			for n := 1; len(days) > 0; n = min(4*n, maxIndices) {
				n = min(n, len(days))
				if !yield(days[:n], sel.query) {
					return
				}
				days = days[n:]
			}
			return
		}
		from := sel.start
		if q.After != nil && q.After.Time.After(from) {
			from = q.After.Time
		}
		for length := time.Hour; ; length = min(4*length, maxIndices/2*24*time.Hour) {
			days = slices.DeleteFunc(days, func(d audit.Day) bool { return d < audit.DayOf(from) })
			if len(days) == 0 || !from.Before(sel.end) {
				return
			}
			if first := days[0].Start(); first.After(from) {
				from = first
			}
			to := from.Add(length)
			if to.After(sel.end) {
				to = sel.end
			}
			n := 0
			for n < len(days) && days[n].Start().Before(to) {
				n++
			}
			if !yield(days[:n], object{"bool": object{"filter": []any{sel.query, within(from, to)}}}) {
				return
			}
			from = to
		}
	}
}

// begin begins a read: it checks the caller, and finds out which indices to ask.
func (s *Store) begin(ctx context.Context, caller store.Caller, q store.Query) (_ *selection, _ func(), err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			leave()
		}
	}()
	accounts, err := caller.Scope(q.Account)
	if err != nil {
		return nil, nil, err
	}
	if err := q.Validate(); err != nil {
		return nil, nil, err
	}
	all, err := s.indices(ctx)
	if err != nil {
		return nil, nil, unavailable("list the days", err)
	}
	return s.selection(accounts, q, all.events), leave, nil
}

// Search implements [store.Reader].
func (s *Store) Search(ctx context.Context, caller store.Caller, q store.Query) (page store.Page, err error) {
	sel, leave, err := s.begin(ctx, caller, q)
	if err != nil {
		return page, err
	}
	defer leave()
	last, spent, err := s.scan(ctx, sel, q, q.Limit+1, func(e *audit.Event) bool {
		page.Events = append(page.Events, *e)
		return len(page.Events) <= q.Limit
	})
	if err != nil {
		return store.Page{}, unavailable("search", err)
	}
	switch {
	case len(page.Events) > q.Limit:
		page.Events = page.Events[:q.Limit]
		e := &page.Events[q.Limit-1]
		page.Next = &store.Position{Time: e.Instant(audit.Time), Hash: e.ID.Hash}
	case spent:
		page.Partial, page.Next = true, &last
	}
	return page, nil
}

// scan calls each with the events of a selection, in the order of the query and
// after q.After, until it returns false. Where filters are left for the program
// itself, it looks at q.Budget events at most: then spent is true, and last is the
// last event that it looked at.
func (s *Store) scan(ctx context.Context, sel *selection, q store.Query, limit int, each func(*audit.Event) bool) (last store.Position, spent bool, err error) {
	after, looked := q.After, 0
	for days, query := range sel.steps(q) {
		for {
			size := min(limit, pageSize)
			if len(sel.rest) > 0 {
				size = pageSize
				if q.Budget > 0 {
					size = min(size, q.Budget-looked+1) // one more, to know whether there is any
				}
			}
			a, err := s.search(ctx, s.eventIndices(days), pageRequest(query, q, after, size))
			if err != nil {
				return last, false, err
			}
			for _, h := range a.Hits.Hits {
				if len(sel.rest) > 0 && q.Budget > 0 && looked == q.Budget {
					return last, true, nil
				}
				e, err := s.event(h)
				if err != nil {
					return last, false, err
				}
				looked++
				last = store.Position{Time: e.Instant(audit.Time), Hash: e.ID.Hash}
				if sel.passes(&e) && !each(&e) {
					return last, false, nil
				}
			}
			if len(a.Hits.Hits) < size {
				break
			}
			position := last
			after = &position
		}
	}
	return last, false, nil
}

func pageRequest(query object, q store.Query, after *store.Position, size int) object {
	order := "desc"
	if q.Ascending {
		order = "asc"
	}
	request := object{
		"size": size, "query": query,
		"sort": []any{
			object{audit.Time.ECS: object{"order": order, "format": "strict_date_optional_time_nanos"}},
			object{fieldID: object{"order": order}},
		},
	}
	if after != nil {
		at := after.Time
		if at.After(latest) {
			at = latest
		}
		request["search_after"] = []any{at.UTC().Format(timeFormat), after.Hash.String()}
	}
	return request
}

func (s *Store) event(h hit) (e audit.Event, err error) {
	day, _, ok := s.names.parse(h.Index)
	if !ok {
		return e, fmt.Errorf("%q is no index of %q", h.Index, s.names.prefix)
	}
	hash, err := parseDocID(h.ID)
	if err != nil {
		return e, err
	}
	return decodeEvent(h.Source, audit.ID{Day: day, Hash: hash})
}

// Event implements [store.Reader].
func (s *Store) Event(ctx context.Context, caller store.Caller, id audit.ID) (e audit.Event, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return e, err
	}
	defer leave()
	accounts, err := caller.Scope("")
	if err != nil {
		return e, err
	}
	var h hit
	err = s.client.do(ctx, esapi.GetRequest{Index: s.names.events(id.Day), DocumentID: docID(id.Hash)}, &h)
	if failed, ok := errors.AsType[*Error](err); ok && failed.Status == http.StatusNotFound && failed.Type != "" {
		return e, store.ErrNotFound
	}
	if err != nil {
		return e, unavailable("read an event", err)
	}
	if e, err = s.event(h); err != nil {
		return e, err
	}
	if !slices.Contains(accounts, e.Text(audit.Account)) || e.Instant(audit.Time).Before(s.oldest()) {
		return audit.Event{}, store.ErrNotFound
	}
	return e, nil
}

// counted begins a read that asks for no page.
func (s *Store) counted(ctx context.Context, caller store.Caller, q *store.Query) (*selection, func(), error) {
	q.Limit, q.After, q.Ascending = 1, nil, false
	return s.begin(ctx, caller, *q)
}

// Values implements [store.Reader].
func (s *Store) Values(ctx context.Context, caller store.Caller, q store.Query, field *audit.Field, limit int) (values store.Values, err error) {
	sel, leave, err := s.counted(ctx, caller, &q)
	if err != nil {
		return values, err
	}
	defer leave()
	if field == nil || limit < 1 {
		return values, fmt.Errorf("%w: values of no field, or a limit below 1", store.ErrInvalid)
	}
	counts := map[string]int64{}
	if name := valuesOf(field); name != "" && len(sel.rest) == 0 {
		err = s.countValues(ctx, sel, field, name, counts)
	} else {
		sel.rest = append(sel.rest, store.Filter{Fields: []*audit.Field{field}, Not: true}) // none passes it not: it only makes the scan heed the budget
		values.Reached, err = s.countOneByOne(ctx, sel, q, func(e *audit.Event) {
			have := slices.Clone(e.Values(field))
			slices.Sort(have)
			for _, v := range slices.Compact(have) {
				counts[v]++
			}
		})
	}
	if err != nil {
		return store.Values{}, unavailable("count values", err)
	}
	for v, n := range counts {
		values.Values = append(values.Values, store.Value{Value: v, Count: n})
	}
	slices.SortFunc(values.Values, func(a, b store.Value) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	values.Values = values.Values[:min(limit, len(values.Values))]
	return values, nil
}

func (s *Store) countOneByOne(ctx context.Context, sel *selection, q store.Query, count func(*audit.Event)) (reached time.Time, err error) {
	last, spent, err := s.scan(ctx, sel, q, pageSize, func(e *audit.Event) bool {
		count(e)
		return true
	})
	if spent {
		reached = last.Time
	}
	return reached, err
}

// valuesOf returns the name under which a field's values can be counted; "" if
// there is none.
func valuesOf(f *audit.Field) string {
	if slices.Contains(audit.Unique, f) {
		return ""
	}
	if name := keywordOf(f); name != "" {
		return name
	}
	if f.Kind == audit.Number || f.Kind == audit.Flag {
		return f.ECS
	}
	return ""
}

// countValues counts exactly: where a cluster's own counting would be a guess, it
// goes through all values.
func (s *Store) countValues(ctx context.Context, sel *selection, f *audit.Field, name string, counts map[string]int64) error {
	for group := range groups(sel.days, true) {
		a, err := s.search(ctx, s.eventIndices(group), object{
			"size": 0, "query": sel.query,
			"aggs": object{"values": object{"terms": object{"field": name, "size": maxValues, "shard_size": maxValues}}},
		})
		if err != nil {
			return err
		}
		var found struct {
			Values struct {
				Error   int64 `json:"doc_count_error_upper_bound"`
				Others  int64 `json:"sum_other_doc_count"`
				Buckets []valueBucket
			}
		}
		if err := aggregations(a, &found); err != nil {
			return err
		}
		if found.Values.Error > 0 || found.Values.Others > 0 {
			if err := s.countAllValues(ctx, sel, group, f, name, counts); err != nil {
				return err
			}
			continue
		}
		for _, b := range found.Values.Buckets {
			counts[b.value(f)] += b.Count
		}
	}
	return nil
}

type valueBucket struct {
	Key   json.RawMessage
	Text  string `json:"key_as_string"`
	Count int64  `json:"doc_count"`
}

// value is the bucket's value in the form of [audit.Event.Values].
func (b valueBucket) value(f *audit.Field) string { return termText(f, b.Key) }

func termText(f *audit.Field, key json.RawMessage) string {
	if f.Kind == audit.Flag {
		if k := string(key); k == "1" || k == "true" {
			return "true"
		}
		return "false"
	}
	var text string
	if json.Unmarshal(key, &text) == nil {
		return text
	}
	return string(key) // a number
}

func (s *Store) countAllValues(ctx context.Context, sel *selection, group []audit.Day, f *audit.Field, name string, counts map[string]int64) error {
	sources := []any{object{"value": object{"terms": object{"field": name}}}}
	return s.composite(ctx, sel, group, sources, func(b compositeBucket) { counts[termText(f, b.Key["value"])] += b.Count })
}

type compositeBucket struct {
	Key   map[string]json.RawMessage
	Count int64 `json:"doc_count"`
}

// composite goes through all buckets, a page at a time.
func (s *Store) composite(ctx context.Context, sel *selection, group []audit.Day, sources []any, each func(compositeBucket)) error {
	var after json.RawMessage
	for {
		c := object{"size": pageSize, "sources": sources}
		if after != nil {
			c["after"] = after
		}
		a, err := s.search(ctx, s.eventIndices(group), object{"size": 0, "query": sel.query, "aggs": object{"all": object{"composite": c}}})
		if err != nil {
			return err
		}
		var found struct {
			All struct {
				After   json.RawMessage `json:"after_key"`
				Buckets []compositeBucket
			}
		}
		if err := aggregations(a, &found); err != nil {
			return err
		}
		for _, b := range found.All.Buckets {
			each(b)
		}
		if after = found.All.After; after == nil || len(found.All.Buckets) == 0 {
			return nil
		}
	}
}

func aggregations(a answer, found any) error {
	if len(a.Aggregations) == 0 {
		return nil
	}
	if err := json.Unmarshal(a.Aggregations, found); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// Histogram implements [store.Reader].
func (s *Store) Histogram(ctx context.Context, caller store.Caller, q store.Query, interval time.Duration) (h store.Histogram, err error) {
	sel, leave, err := s.counted(ctx, caller, &q)
	if err != nil {
		return h, err
	}
	defer leave()
	if interval < time.Second {
		return h, fmt.Errorf("%w: interval %s is below a second", store.ErrInvalid, interval)
	}
	counts := map[int64]map[string]int64{}
	add := func(start int64, status string, n int64) {
		if counts[start] == nil {
			counts[start] = map[string]int64{}
		}
		counts[start][status] += n
	}
	if len(sel.rest) == 0 && interval%time.Millisecond == 0 {
		err = s.countByTime(ctx, sel, interval, add)
	} else {
		h.Reached, err = s.countOneByOne(ctx, sel, q, func(e *audit.Event) {
			at := e.Instant(audit.Time).UnixNano()
			add(at-at%int64(interval), e.Text(audit.Status), 1)
		})
	}
	if err != nil {
		return store.Histogram{}, unavailable("count by time", err)
	}
	for start, c := range counts {
		h.Buckets = append(h.Buckets, store.Bucket{Start: time.Unix(0, start).UTC(), Counts: c})
	}
	slices.SortFunc(h.Buckets, func(a, b store.Bucket) int { return a.Start.Compare(b.Start) })
	return h, nil
}

func (s *Store) countByTime(ctx context.Context, sel *selection, interval time.Duration, add func(start int64, status string, n int64)) error {
	sources := []any{
		object{"start": object{"date_histogram": object{"field": audit.Time.ECS, "fixed_interval": fmt.Sprintf("%dms", interval.Milliseconds())}}},
		object{"status": object{"terms": object{"field": audit.Status.ECS, "missing_bucket": true}}},
	}
	for group := range groups(sel.days, true) {
		err := s.composite(ctx, sel, group, sources, func(b compositeBucket) {
			var ms int64
			var status string
			json.Unmarshal(b.Key["start"], &ms)
			json.Unmarshal(b.Key["status"], &status)
			add(ms*int64(time.Millisecond), status, b.Count)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// notEmpty returns those of the days that have events.
func (s *Store) notEmpty(ctx context.Context, days []audit.Day) (with []audit.Day, err error) {
	for group := range groups(days, false) {
		a, err := s.search(ctx, s.eventIndices(group), object{
			"size": 0, "aggs": object{"days": object{"terms": object{"field": "_index", "size": maxIndices}}},
		})
		if err != nil {
			return nil, err
		}
		var found struct {
			Days struct{ Buckets []struct{ Key string } }
		}
		if err := aggregations(a, &found); err != nil {
			return nil, err
		}
		for _, b := range found.Days.Buckets {
			if day, _, ok := s.names.parse(b.Key); ok {
				with = append(with, day)
			}
		}
	}
	slices.Sort(with)
	return with, nil
}
