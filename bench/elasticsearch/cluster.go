package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/auditlog/auditlog/internal/elasticsearchtest"
	"github.com/auditlog/auditlog/internal/loopback"
)

// A cluster is the real node.
type cluster struct {
	node   *elasticsearchtest.Node
	pid    int
	client *http.Client
}

func newCluster(node *elasticsearchtest.Node) (cluster, error) {
	pid, err := node.PID()
	return cluster{node, pid, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}}, err
}

type object = map[string]any

func (c *cluster) do(method, path string, body []byte, answer any) error {
	return c.node.Ask(context.Background(), method, path, body, answer)
}

func (c *cluster) drop(index string) error {
	return c.do(http.MethodDelete, "/"+index+"?ignore_unavailable=true", nil, nil)
}

// count is how many documents of an index can be searched.
func (c *cluster) count(index string) (int, error) {
	var a struct {
		All struct {
			Primaries struct{ Docs struct{ Count int } }
		} `json:"_all"`
	}
	err := c.do(http.MethodGet, "/"+index+"/_stats/docs?ignore_unavailable=true", nil, &a)
	return a.All.Primaries.Docs.Count, err
}

func (c *cluster) merged(index string) (bool, error) {
	var a struct {
		All struct {
			Primaries struct{ Merges struct{ Current int } }
		} `json:"_all"`
	}
	err := c.do(http.MethodGet, "/"+index+"/_stats/merge", nil, &a)
	return a.All.Primaries.Merges.Current == 0, err
}

// record stores the events once through a proxy that keeps the bulks. It also
// warms up the server.
func (b *bench) record() error {
	target, err := url.Parse(b.node.URL)
	if err != nil {
		return err
	}
	ports, err := loopback.Free(1)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var failed error
	var bulks [][]byte
	forward := httputil.NewSingleHostReverseProxy(target)
	proxy := &http.Server{Addr: ports[0], Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/_bulk" {
			body, err := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			mu.Lock()
			bulks = append(bulks, body)
			if err != nil {
				failed = err
			}
			mu.Unlock()
		}
		forward.ServeHTTP(w, r)
	})}
	go func() { _ = proxy.ListenAndServe() }()
	defer proxy.Close()
	// One at a time, and as large as they may be.
	if _, err := b.auditlog("http://"+ports[0], "none", false); err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	if failed != nil {
		return failed
	}
	return b.keep(bulks)
}

// keep cuts what was sent into bulks of one size.
func (b *bench) keep(bulks [][]byte) error {
	const size = 5 << 20 // what Elastic's own clients send
	var part []byte
	documents := map[string]bool{} // by action: what was sent again is kept once
	for _, text := range bulks {
		for len(text) > 0 {
			action := bytes.IndexByte(text, '\n') + 1
			end := action + bytes.IndexByte(text[action:], '\n') + 1
			name := string(text[:action])
			if strings.Contains(name, `"auditlog-write-`+b.index[len("auditlog-"):]+`"`) && !documents[name] { // the program's own events are of today
				part = append(part, text[:end]...)
				documents[name] = true
			}
			if text = text[end:]; len(part) > size {
				b.lines, part = append(b.lines, part), nil
			}
		}
	}
	if len(part) > 0 {
		b.lines = append(b.lines, part)
	}
	if len(documents) != b.events {
		return fmt.Errorf("%d documents were sent for %d events", len(documents), b.events)
	}
	return nil
}

const workers = 4 // bulks at a time, as many as auditlog's

// bare stores the documents in a new index of the day with a loop of bulks.
func (b *bench) bare(compressed bool) (r result, err error) {
	if err := b.drop(b.index); err != nil {
		return r, err
	}
	alias, err := json.Marshal(object{"aliases": object{"auditlog-write-" + b.index[len("auditlog-"):]: object{}}})
	if err != nil {
		return r, err
	}
	if err := b.do(http.MethodPut, "/"+b.index, alias, nil); err != nil {
		return r, err
	}
	return b.loop(b.index, b.lines, compressed)
}

func (b *bench) loop(index string, parts [][]byte, compressed bool) (r result, err error) {
	if compressed {
		packed := make([][]byte, len(parts))
		for i, p := range parts {
			var z bytes.Buffer
			w, err := gzip.NewWriterLevel(&z, gzip.BestSpeed)
			if err != nil {
				return r, err
			}
			if _, err := w.Write(p); err != nil {
				return r, err
			}
			if err := w.Close(); err != nil {
				return r, err
			}
			packed[i] = z.Bytes()
		}
		parts = packed
	}
	return b.measured(index, func() error {
		var mu sync.Mutex
		var failed error
		next := make(chan []byte)
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for p := range next {
					if err := b.bulk(p, compressed); err != nil {
						mu.Lock()
						failed = err
						mu.Unlock()
					}
				}
			})
		}
		for _, p := range parts {
			next <- p
		}
		close(next)
		all.Wait()
		if failed != nil {
			return failed
		}
		return b.do(http.MethodPost, "/"+index+"/_refresh", nil, nil)
	})
}

func (b *bench) bulk(body []byte, compressed bool) error {
	req, err := http.NewRequest(http.MethodPost, b.node.URL+"/_bulk?filter_path=errors,items.*.error", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	if compressed {
		req.Header.Set("Content-Encoding", "gzip")
	}
	var a struct {
		Errors bool
		Items  []json.RawMessage
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &a); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("bulk: %d %s", resp.StatusCode, text[:min(len(text), 2000)])
	}
	if a.Errors {
		return fmt.Errorf("the first error of a bulk: %s", a.Items[0])
	}
	return nil
}
