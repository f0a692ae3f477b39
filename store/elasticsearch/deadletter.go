package elasticsearch

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// letterIndices are those of dead letters that may hold some of the retention.
func (s *Store) letterIndices(ctx context.Context) (names []string, err error) {
	all, err := s.indices(ctx)
	for _, d := range all.deadLetters {
		if !s.expired(d) {
			names = append(names, s.names.deadLetters(d))
		}
	}
	return names, err
}

// notExpired finds what was received within the retention.
func (s *Store) notExpired() object {
	return object{"range": object{audit.Time.ECS: object{"gte": s.oldest().UTC().Format(timeFormat)}}}
}

// DeadLetters implements [store.Reader].
func (s *Store) DeadLetters(ctx context.Context, caller store.Caller) (map[audit.Reason]int64, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	accounts, err := caller.Scope("")
	if err != nil {
		return nil, err
	}
	counts := map[audit.Reason]int64{}
	all, err := s.countLetters(ctx)
	for _, c := range all {
		if slices.Contains(accounts, c.Account) {
			counts[c.Reason] += c.Count
		}
	}
	return counts, err
}

// CountDeadLetters implements [store.DeadLetterStore].
func (s *Store) CountDeadLetters(ctx context.Context) ([]store.DeadLetterCount, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return s.countLetters(ctx)
}

func (s *Store) countLetters(ctx context.Context) (counts []store.DeadLetterCount, err error) {
	indices, err := s.letterIndices(ctx)
	if err != nil {
		return nil, unavailable("count dead letters", err)
	}
	byKind := map[[2]string]*store.DeadLetterCount{}
	for part := range slices.Chunk(indices, maxIndices) {
		if err := s.countLettersOf(ctx, part, byKind); err != nil {
			return nil, unavailable("count dead letters", err)
		}
	}
	for _, c := range byKind {
		counts = append(counts, *c)
	}
	slices.SortFunc(counts, func(a, b store.DeadLetterCount) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Reason, b.Reason))
	})
	return counts, nil
}

// countLettersOf takes the ends of time from the documents: Elasticsearch's own
// minimum is in milliseconds.
func (s *Store) countLettersOf(ctx context.Context, indices []string, byKind map[[2]string]*store.DeadLetterCount) error {
	end := func(order string) object {
		return object{"top_hits": object{"size": 1, "_source": []any{audit.Time.ECS}, "sort": []any{object{audit.Time.ECS: object{"order": order}}}}}
	}
	var after json.RawMessage
	for {
		c := object{"size": pageSize, "sources": []any{
			object{"account": object{"terms": object{"field": audit.Account.ECS, "missing_bucket": true}}},
			object{"reason": object{"terms": object{"field": fieldReason}}},
		}}
		if after != nil {
			c["after"] = after
		}
		a, err := s.search(ctx, indices, object{
			"size": 0, "query": s.notExpired(),
			"aggs": object{"all": object{"composite": c, "aggs": object{"oldest": end("asc"), "newest": end("desc")}}},
		})
		if err != nil {
			return err
		}
		type ends struct{ Hits struct{ Hits []hit } }
		var found struct {
			All struct {
				After   json.RawMessage `json:"after_key"`
				Buckets []struct {
					Key            struct{ Account, Reason string }
					Count          int64 `json:"doc_count"`
					Oldest, Newest ends
				}
			}
		}
		if err := aggregations(a, &found); err != nil {
			return err
		}
		for _, b := range found.All.Buckets {
			k := [2]string{b.Key.Account, b.Key.Reason}
			n := byKind[k]
			if n == nil {
				n = &store.DeadLetterCount{Account: k[0], Reason: audit.Reason(k[1])}
				byKind[k] = n
			}
			n.Count += b.Count
			for _, h := range b.Oldest.Hits.Hits {
				if at := receivedAt(h); n.Oldest.IsZero() || at.Before(n.Oldest) {
					n.Oldest = at
				}
			}
			for _, h := range b.Newest.Hits.Hits {
				if at := receivedAt(h); at.After(n.Newest) {
					n.Newest = at
				}
			}
		}
		if after = found.All.After; after == nil || len(found.All.Buckets) == 0 {
			return nil
		}
	}
}

func receivedAt(h hit) (at time.Time) {
	var d document
	if json.Unmarshal(h.Source, &d) == nil {
		json.Unmarshal(d[audit.Time.ECS], &at)
	}
	return at
}

// ListDeadLetters implements [store.DeadLetterStore], in the order of the day and
// then of arrival.
func (s *Store) ListDeadLetters(ctx context.Context, q store.DeadLetterQuery) (page store.DeadLetterPage, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return page, err
	}
	defer leave()
	if err := q.Validate(); err != nil {
		return page, err
	}
	after, err := parseLetterCursor(q.After)
	if err != nil {
		return page, err
	}
	indices, err := s.letterIndices(ctx)
	if err != nil {
		return page, unavailable("list dead letters", err)
	}
	query := s.letterQuery(q)
	for part := range slices.Chunk(indices, maxIndices) {
		for {
			request := object{"size": min(q.Limit+1, pageSize), "query": query, "sort": []any{
				object{fieldDay: object{"order": "asc"}}, object{fieldSequence: object{"order": "asc"}}, object{fieldInstance: object{"order": "asc"}},
			}}
			if after != nil {
				request["search_after"] = after
			}
			a, err := s.search(ctx, part, request)
			if err != nil {
				return store.DeadLetterPage{}, unavailable("list dead letters", err)
			}
			for _, h := range a.Hits.Hits {
				if len(page.DeadLetters) == q.Limit {
					page.Next = letterCursor(after)
					return page, nil
				}
				l, err := s.deadLetter(h)
				if err != nil {
					return store.DeadLetterPage{}, err
				}
				page.DeadLetters, after = append(page.DeadLetters, l), h.Sort
			}
			if len(a.Hits.Hits) < min(q.Limit+1, pageSize) {
				break
			}
		}
	}
	return page, nil
}

func (s *Store) letterQuery(q store.DeadLetterQuery) object {
	filter := []any{s.notExpired()}
	if q.Account != "" {
		filter = append(filter, object{"term": object{audit.Account.ECS: object{"value": q.Account}}})
	}
	if q.Reason != "" {
		filter = append(filter, object{"term": object{fieldReason: object{"value": string(q.Reason)}}})
	}
	if len(q.IDs) > 0 {
		var should []any
		for _, id := range q.IDs {
			should = append(should, object{"bool": object{"filter": []any{
				object{"term": object{fieldDay: object{"value": int(id.Day)}}}, object{"ids": object{"values": []any{docID(id.Hash)}}},
			}}})
		}
		filter = append(filter, anyOf(should))
	}
	return object{"bool": object{"filter": filter}}
}

func letterCursor(sort []json.RawMessage) store.Cursor {
	text, err := json.Marshal(sort)
	if err != nil {
		return ""
	}
	return store.Cursor(text)
}

func parseLetterCursor(c store.Cursor) (sort []json.RawMessage, err error) {
	if c == "" {
		return nil, nil
	}
	if json.Unmarshal([]byte(c), &sort) != nil || len(sort) != 3 || letterCursor(sort) != c {
		return nil, fmt.Errorf("%w: a cursor that no store made", store.ErrInvalid)
	}
	return sort, nil
}

func (s *Store) deadLetter(h hit) (l store.DeadLetter, err error) {
	var d document
	if err := json.Unmarshal(h.Source, &d); err != nil {
		return l, err
	}
	if l.DeadLetter, err = d.letter(); err != nil {
		return l, err
	}
	day, _, _ := s.names.parse(h.Index)
	hash, err := parseDocID(h.ID)
	l.ID, l.Received = audit.ID{Day: day, Hash: hash}, receivedAt(h)
	return l, err
}

// RemoveDeadLetters implements [store.DeadLetterStore].
func (s *Store) RemoveDeadLetters(ctx context.Context, ids ...audit.ID) (removed int, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	all, err := s.indices(ctx)
	if err != nil {
		return 0, unavailable("remove dead letters", err)
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id audit.ID) bool { return !slices.Contains(all.deadLetters, id.Day) })
	for part := range slices.Chunk(ids, pageSize) {
		n, err := s.removeLetters(ctx, part)
		if removed += n; err != nil {
			return removed, unavailable("remove dead letters", err)
		}
	}
	return removed, nil
}

func (s *Store) removeLetters(ctx context.Context, ids []audit.ID) (removed int, err error) {
	var lines bytes.Buffer
	for _, id := range ids {
		fmt.Fprintf(&lines, `{"delete":{"_index":%q,"_id":%q}}`+"\n", s.names.writing(s.names.deadLetters(id.Day)), docID(id.Hash))
	}
	requireAlias := true
	var answer struct{ Items []map[string]result }
	err = s.client.do(ctx, esapi.BulkRequest{
		Body: &lines, RequireAlias: &requireAlias, Refresh: "true", Header: http.Header{"Content-Type": {"application/x-ndjson"}},
	}, &answer)
	if err != nil {
		return 0, err
	}
	for _, of := range answer.Items {
		for _, r := range of {
			switch {
			case r.Status == http.StatusOK:
				removed++
			case r.Error != nil && r.Error.Type != "index_not_found_exception":
				err = fmt.Errorf("%s: %s", r.Error.Type, r.Error.Reason)
			}
		}
	}
	return removed, err
}
