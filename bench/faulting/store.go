package main

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"github.com/auditlog/auditlog/internal/elasticsearchtest"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/elasticsearch"
	"github.com/auditlog/auditlog/store/sqlite"
)

// openStore opens what the program left, while the program does not run.
func (i *installation) openStore(ctx context.Context) (store.Store, error) {
	if i.elastic == "" {
		return sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(i.dir, "data", "events")})
	}
	o := elasticsearch.Options{
		ElasticsearchConfig: store.DefaultElasticsearch(), Path: filepath.Join(i.dir, "data", "spool"), Retention: 30 * 24 * time.Hour,
	}
	o.URLs, o.Replicas, o.Timeout = []string{i.elastic}, 0, 10*time.Minute
	return elasticsearch.Open(ctx, o)
}

// awaitShipped waits until nothing waits in the spool.
func awaitShipped(ctx context.Context, s store.Store) error {
	for range 6000 {
		status, err := s.Status(ctx)
		if err != nil || status.Waiting == 0 {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	status, err := s.Status(ctx)
	return fmt.Errorf("events still wait: %+v, %w", status, err)
}

// A cluster is the real node that the program ships to; nil where it needs none.
type cluster struct {
	node *elasticsearchtest.Node
	pid  int
}

func startCluster(kept string) (*cluster, error) {
	switch kept {
	case "sqlite":
		return nil, nil
	case "elasticsearch":
	default:
		return nil, fmt.Errorf("-store must be sqlite or elasticsearch, not %q", kept)
	}
	node, err := elasticsearchtest.Launch(elasticsearchtest.Options{})
	if err != nil {
		return nil, err
	}
	pid, err := node.PID()
	return &cluster{node, pid}, err
}

func (c *cluster) url() string {
	if c == nil {
		return ""
	}
	return c.node.URL
}

// answers lets the node answer, or makes it hang.
func (c *cluster) answers(yes bool) error {
	if c == nil {
		return nil
	}
	signal := syscall.SIGSTOP
	if yes {
		signal = syscall.SIGCONT
	}
	return syscall.Kill(c.pid, signal)
}

func (c *cluster) end() {
	if c != nil {
		c.node.Remove()
	}
}
