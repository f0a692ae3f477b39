package elasticsearch_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/internal/elasticsearchtest"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/elasticsearch"
)

var update = flag.Bool("update", false, "write testdata/requests.txt anew")

var specification = regexp.MustCompile(`"specification": "[0-9a-f]{32}"`)

// TestRequests pins every request that the program sends to the cluster.
func TestRequests(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	p := newProxy(t, node)
	o := options(t, p.URL, t.TempDir())
	o.CheckEvery, o.Concurrency = time.Hour, 1
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	o.Now = func() time.Time { return now }
	var log strings.Builder
	var requests []string // of the section
	current, instance, settingsSeen := "", "", make(chan struct{}, 10)
	p.seen = func(r *http.Request, body []byte) {
		text := requestText(t, r, body)
		// What this test asks while it waits is left out, and each is there once.
		if isStatus := strings.Contains(text, `"field": "_index"`); isStatus != (current == "status") || slices.Contains(requests, text) {
			return
		}
		requests = append(requests, text)
		if strings.HasPrefix(text, "GET /_cluster/settings") {
			settingsSeen <- struct{}{}
		}
	}
	section := func(name string) { // in any order: some go at the same time
		p.mu.Lock()
		defer p.mu.Unlock()
		slices.Sort(requests)
		if current != "" {
			log.WriteString("# " + current + "\n\n" + strings.Join(requests, ""))
		}
		current, requests = name, nil
	}
	section("set-up")
	s := open(t, o)
	<-settingsSeen // the last of them
	section("set-up with ilm, and a warm phase")
	lifecycle := options(t, p.URL, t.TempDir())
	lifecycle.CheckEvery, lifecycle.Now = time.Hour, o.Now
	lifecycle.ElasticsearchConfig.Retention = store.ElasticsearchRetention{Method: elasticsearch.ILM, ForceMerge: true}
	other := open(t, lifecycle)
	<-settingsSeen
	require.NoError(t, other.Close())
	section("missing privileges")
	p.breakWith(func(w http.ResponseWriter, r *http.Request, _ func() answer) bool {
		if !strings.HasPrefix(r.URL.Path, "/_ilm/") {
			return false
		}
		elasticHeader(w)
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"error":{"type":"security_exception","reason":"no"},"status":403}`)
		return true
	})
	lifecycle.Path = t.TempDir()
	other = open(t, lifecycle)
	require.Eventually(t, func() bool {
		status, err := other.Status(t.Context())
		return err == nil && status.Stopped != ""
	}, patience, 5*time.Millisecond)
	require.NoError(t, other.Close())
	p.breakWith(nil)
	section("an event, and its refresh")
	e := eventAt(1, now.Add(-time.Hour))
	write(t, s, e)
	settle(t, s)
	section("the same again")
	write(t, s, e)
	settle(t, s)
	section("a dead letter")
	letter := audit.DeadLetter{Event: eventAt(2, now), Reason: audit.ReasonTooLarge, Detail: "a detail"}
	require.NoError(t, s.Write(t.Context(), store.Batch{DeadLetters: []audit.DeadLetter{letter}}))
	settle(t, s)

	q := store.Query{Start: now.Add(-24 * time.Hour), End: now, Limit: 2, Filters: []store.Filter{
		{Fields: []*audit.Field{audit.Method}, Values: []string{"POST", "GET"}},
		{Fields: []*audit.Field{audit.UserName, audit.ImpersonatorName}, Values: []string{"ana"}, Not: true},
		{Fields: []*audit.Field{audit.Action, audit.Message}, Match: store.Words, Values: []string{"reset db"}, Not: true},
		{Fields: []*audit.Field{audit.IP}, Match: store.Network, Values: []string{"::/0"}, Not: true},
		{Fields: []*audit.Field{audit.Redactions}, Match: store.Ending, Values: []string{":password"}, Not: true},
	}}
	section("status")
	status(t, s)
	section("a page, and the next")
	_, err := s.Search(t.Context(), owner, q)
	require.NoError(t, err)
	q.After = &store.Position{Time: now, Hash: e.ID.Hash}
	_, err = s.Search(t.Context(), owner, q)
	require.NoError(t, err)
	section("a page, oldest first")
	oldest := store.Query{Start: q.Start, End: q.End, Limit: 2, Ascending: true}
	_, err = s.Search(t.Context(), owner, oldest)
	require.NoError(t, err)
	section("an event by its id")
	_, err = s.Event(t.Context(), owner, e.ID)
	require.NoError(t, err)
	section("values")
	_, err = s.Values(t.Context(), owner, q, audit.Method, 10)
	require.NoError(t, err)
	plain := store.Query{Start: q.Start, End: q.End}
	section("values, counted by the cluster")
	_, err = s.Values(t.Context(), owner, plain, audit.Method, 10)
	require.NoError(t, err)
	section("values, where there are more than it counts exactly")
	p.breakWith(func(w http.ResponseWriter, r *http.Request, forward func() answer) bool {
		a := forward()
		a.body = bytes.Replace(a.body, []byte(`"sum_other_doc_count":0`), []byte(`"sum_other_doc_count":1`), 1)
		a.write(w)
		return true
	})
	_, err = s.Values(t.Context(), owner, plain, audit.Method, 10)
	require.NoError(t, err)
	p.breakWith(nil)
	section("a histogram, counted by the cluster")
	_, err = s.Histogram(t.Context(), owner, plain, time.Hour)
	require.NoError(t, err)
	section("a histogram")
	_, err = s.Histogram(t.Context(), owner, q, time.Hour)
	require.NoError(t, err)
	section("arrivals")
	arrivals, err := s.Arrivals(t.Context(), owner, q, "")
	require.NoError(t, err)
	instance, _, _ = strings.Cut(string(arrivals.Next), ":")
	section("dead letters: counted, listed, removed")
	_, err = s.DeadLetters(t.Context(), owner)
	require.NoError(t, err)
	_, err = s.ListDeadLetters(t.Context(), store.DeadLetterQuery{Account: "acme", Reason: audit.ReasonTooLarge, IDs: []audit.ID{letter.Event.ID}, Limit: 5})
	require.NoError(t, err)
	_, err = s.ListDeadLetters(t.Context(), store.DeadLetterQuery{After: `[20779,1,"0000000000000000"]`, Limit: 5})
	require.NoError(t, err)
	_, err = s.RemoveDeadLetters(t.Context(), letter.Event.ID)
	require.NoError(t, err)
	section("an expired day")
	now = now.Add(13 * day)
	write(t, s, eventAt(3, now))
	settle(t, s)
	removed, err := s.RemoveExpired(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, removed)

	section("")
	p.mu.Lock()
	got := strings.NewReplacer(o.Index, "auditlog", lifecycle.Index, "auditlog", instance, "INSTANCE").Replace(log.String())
	p.mu.Unlock()
	got = specification.ReplaceAllString(got, `"specification": "HASH"`) // of the test's own names
	const path = "testdata/requests.txt"
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run: go test ./store/elasticsearch -run TestRequests -update")
}

func requestText(t *testing.T, r *http.Request, body []byte) string {
	if r.Header.Get("Content-Encoding") == "gzip" {
		reader, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Error(err)
			return ""
		}
		if body, err = io.ReadAll(reader); err != nil {
			t.Error(err)
		}
	}
	query := strings.Split(r.URL.RawQuery, "&")
	slices.Sort(query)
	line, _ := url.PathUnescape(r.URL.Path)
	if r.URL.RawQuery != "" {
		parameters, _ := url.QueryUnescape(strings.Join(query, "&"))
		line += "?" + parameters
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, body, "", "  ") != nil || bytes.Count(bytes.TrimSpace(body), []byte("\n")) > 0 {
		pretty.Reset()
		pretty.Write(body)
	}
	return fmt.Sprintf("%s %s\n%s\n\n", r.Method, line, strings.TrimSpace(pretty.String()))
}
