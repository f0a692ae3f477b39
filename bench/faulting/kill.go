package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

const seed = 7 // of the generator, whose ids hold it

// kill kills auditlog again and again while it is sent to, and counts at the end.
func kill(args []string) error {
	set := flag.NewFlagSet("kill", flag.ExitOnError)
	rounds := set.Int("rounds", 20, "times that it is killed")
	rate := set.Int("rate", 4000, "records per second")
	longest := set.Duration("longest", 1500*time.Millisecond, "that it lives after its start")
	kept := set.String("store", "sqlite", "sqlite, or elasticsearch: a real node, which answers nothing in every third round")
	_ = set.Parse(args)

	dir, err := os.MkdirTemp("", "auditlog-kill-")
	if err != nil {
		return err
	}
	cluster, err := startCluster(*kept)
	if err != nil {
		return err
	}
	defer cluster.end()
	i, err := install(dir, "", cluster.url())
	if err != nil {
		return err
	}
	acknowledged := filepath.Join(dir, "acknowledged")
	generator, err := i.load("load.json", "-records", "2000000000", "-batch", "50", "-concurrency", "8", "-rate", fmt.Sprint(*rate),
		"-retries", "1000000", "-timeout", "1000h", "-call-timeout", "10s", "-seed", fmt.Sprint(seed), "-ack-log", acknowledged)
	if err != nil {
		return err
	}
	for round := range *rounds {
		if err := cluster.answers(round%3 != 2); err != nil {
			return err
		}
		server, err := i.start()
		if err != nil {
			return err
		}
		time.Sleep(rand.N(*longest))
		if err := server.Process.Kill(); err != nil {
			return fmt.Errorf("round %d: it ended by itself, see %s: %w", round, dir, err)
		}
		_ = server.Wait() // killed
		if (round+1)%50 == 0 {
			fmt.Printf("killed %d times\n", round+1)
		}
	}
	if err := cluster.answers(true); err != nil {
		return err
	}
	server, err := i.serve()
	if err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	if err := stop(generator); err != nil {
		return fmt.Errorf("generator: %w", err)
	}
	if err := stop(server); err != nil {
		return fmt.Errorf("auditlog: %w", err)
	}
	if err := verify(i, acknowledged, *rounds); err != nil {
		return fmt.Errorf("%w; everything is in %s", err, dir)
	}
	return os.RemoveAll(dir)
}

// verify looks for what was acknowledged: all is there, none twice, and nothing
// else but what was sent.
func verify(i *installation, acknowledged string, rounds int) error {
	hashes, err := i.stored()
	if err != nil {
		return err
	}
	f, err := os.Open(acknowledged)
	if err != nil {
		return err
	}
	defer f.Close()
	kept, lost, last := 0, 0, 0
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var from, to int
		if _, err := fmt.Sscan(lines.Text(), &from, &to); err != nil {
			return err
		}
		last = max(last, to)
		for n := from; n <= to; n++ {
			if hashes[hashOf(n)] != 1 {
				lost++
			}
			kept++
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	twice, foreign := 0, len(hashes)
	for _, n := range hashes {
		if n > 1 {
			twice++
		}
	}
	for n := range last + 100_000 { // some were stored and not acknowledged
		if hashes[hashOf(n)] > 0 {
			foreign--
		}
	}
	fmt.Printf("killed %d times: %d events acknowledged, %d of them lost; %d stored, %d of them twice, %d that nobody sent\n",
		rounds, kept, lost, len(hashes), twice, foreign)
	if kept == 0 || lost+twice+foreign > 0 {
		return fmt.Errorf("a promise was broken")
	}
	return nil
}

func hashOf(n int) audit.Hash {
	return audit.ClientHash(store.DefaultAccount, "local", fmt.Sprintf("evt-%08x-%012d", seed, n))
}

// stored returns how often the store has each event of the generator, and checks
// that its totals agree.
func (i *installation) stored() (map[audit.Hash]int, error) {
	ctx := context.Background()
	s, err := i.openStore(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := awaitShipped(ctx, s); err != nil {
		return nil, err
	}
	q := store.Query{
		Start: time.Now().AddDate(0, 0, -29), End: time.Now().AddDate(0, 0, 1), Limit: 10_000, Ascending: true,
		Filters: []store.Filter{{Fields: []*audit.Field{audit.Sender}, Values: []string{"local"}}},
	}
	caller := store.Caller{Name: "faults", Accounts: []string{store.DefaultAccount}}
	found := make(map[audit.Hash]int)
	for {
		page, err := s.Search(ctx, caller, q)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			found[e.ID.Hash]++
			if e.Flag(audit.IDConflict) {
				return nil, fmt.Errorf("event %s is marked as another's id", e.ID)
			}
		}
		if q.After = page.Next; q.After == nil {
			break
		}
	}
	status, err := s.Status(ctx)
	if err != nil {
		return nil, err
	}
	if status.Accepted != status.Stored+status.Duplicates+status.DeadLetters+status.Waiting || status.Problem != "" {
		return nil, fmt.Errorf("the totals do not agree: %+v", status)
	}
	return found, nil
}
