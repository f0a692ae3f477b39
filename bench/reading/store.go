package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/internal/elasticsearchtest"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/elasticsearch"
	"github.com/auditlog/auditlog/store/sqlite"
)

// A filled store can be read as it will be when nothing is written any more.
type filled interface {
	store.Store
	// settle waits until all that was written can be read, brings it into its last
	// form, and returns its bytes on disk.
	settle(ctx context.Context) (size int64, err error)
}

func open(ctx context.Context, o options) (filled, error) {
	retention := time.Duration(o.days) * 24 * time.Hour
	switch o.store {
	case "sqlite":
		s, err := sqlite.Open(ctx, sqlite.Options{Path: o.dir, Retention: retention, MaxOpenDays: o.days + 4})
		return embedded{s, o.dir}, err
	case "elasticsearch":
		return openCluster(ctx, o.dir, retention)
	}
	return nil, fmt.Errorf("-store must be sqlite or elasticsearch, not %q", o.store)
}

type embedded struct {
	*sqlite.Store
	dir string
}

func (e embedded) settle(ctx context.Context) (int64, error) {
	if err := e.Seal(ctx); err != nil {
		return 0, err
	}
	return diskUse(e.dir)
}

func diskUse(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "reserve" { // of one size, however many events there are
			return err
		}
		info, err := e.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

type cluster struct {
	*elasticsearch.Store
	node *elasticsearchtest.Node
}

func openCluster(ctx context.Context, dir string, retention time.Duration) (filled, error) {
	node, err := elasticsearchtest.Launch(elasticsearchtest.Options{Java: "-Xms2g -Xmx2g"})
	if err != nil {
		return nil, err
	}
	o := elasticsearch.Options{ElasticsearchConfig: store.DefaultElasticsearch(), Path: dir, Retention: retention}
	o.URLs, o.Replicas, o.Timeout = []string{node.URL}, 0, 5*time.Minute
	s, err := elasticsearch.Open(ctx, o)
	if err != nil {
		node.Remove()
		return nil, err
	}
	return cluster{s, node}, nil
}

func (c cluster) Close() error {
	defer c.node.Remove()
	return c.Store.Close()
}

// bare asks the node itself for the newest events, and only counts the answer's bytes:
// what any program that reads a page of 50 waits for.
func (c cluster) bare() question {
	request := []byte(`{"size":50,"track_total_hits":false,"query":{"term":{"organization.id":"default"}},"sort":[{"@timestamp":"desc"},{"event.id":"desc"}]}`)
	return question{"bare request for the newest 50", func(ctx context.Context, _ store.Reader, _ int) (int, bool, error) {
		var answer json.RawMessage
		index := "/auditlog-" + audit.DayOf(time.Now()).String()
		err := c.node.Ask(ctx, http.MethodPost, index+"/_search?filter_path=hits.hits._source", request, &answer)
		return bytes.Count(answer, []byte(`"_source"`)), false, err
	}}
}

// settle merges each day into one segment.
func (c cluster) settle(ctx context.Context) (size int64, err error) {
	for {
		status, err := c.Status(ctx)
		if err != nil {
			return 0, err
		}
		if status.Waiting == 0 {
			break
		}
		time.Sleep(time.Second)
	}
	for _, request := range []string{"/_forcemerge?max_num_segments=1&flush=true", "/_flush?force=true"} {
		if err := c.node.Ask(ctx, http.MethodPost, "/auditlog-*"+request, nil, nil); err != nil {
			return 0, err
		}
	}
	var stats struct {
		All struct {
			Primaries struct {
				Store struct {
					Size int64 `json:"size_in_bytes"`
				}
			}
		} `json:"_all"`
	}
	err = c.node.Ask(ctx, http.MethodGet, "/auditlog-*/_stats/store", nil, &stats)
	return stats.All.Primaries.Store.Size, err
}
