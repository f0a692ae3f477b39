// elasticsearch measures, on a real Elasticsearch, what auditlog costs it beside a
// bare loop of bulk requests with the same documents, ids and mapping, and how
// many bytes an event takes there. It builds and starts everything that it needs:
//
//	cd bench/elasticsearch && go run .
//	cd bench/elasticsearch && go run . -variants   # other mappings and settings beside ours
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/auditlog/auditlog/internal/elasticsearchtest"
	"github.com/auditlog/auditlog/internal/loopback"
)

type options struct {
	events, rounds int
	distinct       int
	java           string
	variants       bool
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("elasticsearch: ")
	var o options
	flag.IntVar(&o.events, "events", 200_000, "events of a round")
	flag.IntVar(&o.rounds, "rounds", 3, "of each case, in turn")
	flag.IntVar(&o.distinct, "distinct", 0, "events with contents of their own; the others repeat them with new ids and times; 0 is all")
	flag.StringVar(&o.java, "java", "-Xms2g -Xmx2g", "options of the server's Java")
	flag.BoolVar(&o.variants, "variants", false, "store the same documents with other mappings and settings, too")
	flag.Parse()
	if o.distinct <= 0 {
		o.distinct = o.events
	}
	if err := run(o); err != nil {
		log.Fatal(err)
	}
}

// A bench has a node, the programs, and the documents that auditlog made.
type bench struct {
	options
	cluster
	dir   string
	index string   // the day's
	day   string   // its first instant, RFC 3339
	lines [][]byte // parts of what auditlog sent, in bulks as large as its own
}

func run(o options) error {
	dir, err := os.MkdirTemp("", "auditlog-elasticsearch-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{options: o, dir: dir}
	yesterday := time.Now().UTC().Truncate(24 * time.Hour).Add(-24 * time.Hour)
	b.index, b.day = "auditlog-"+yesterday.Format("2006.01.02"), yesterday.Format(time.RFC3339)
	for name, module := range map[string]string{"auditlog": "../../cmd/auditlog", "loadgen": "../loadgen"} {
		if err := build(filepath.Join(dir, name), module); err != nil {
			return err
		}
	}
	node, err := elasticsearchtest.Launch(elasticsearchtest.Options{Java: o.java})
	if err != nil {
		return err
	}
	defer node.Remove()
	if b.cluster, err = newCluster(node); err != nil {
		return err
	}
	if err := b.record(); err != nil {
		return err
	}
	results := map[string][]result{}
	cases := []struct {
		name string
		run  func() (result, error)
	}{
		{"auditlog, from OTLP on", func() (result, error) { return b.endToEnd("none", false) }},
		{"auditlog, from a full spool", func() (result, error) { return b.endToEnd("none", true) }},
		{"auditlog, from a full spool, compressed", func() (result, error) { return b.endToEnd("gzip", true) }},
		{"bare loop", func() (result, error) { return b.bare(false) }},
		{"bare loop, compressed", func() (result, error) { return b.bare(true) }},
	}
	for round := range o.rounds {
		for _, c := range cases {
			r, err := c.run()
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			log.Printf("round %d: %s: %.1f CPU s of Elasticsearch, %.0f documents/s", round+1, c.name, r.cpu, r.rate)
			results[c.name] = append(results[c.name], r)
		}
	}
	fmt.Printf("Commit %s, %d cores, Elasticsearch %s, %d events a round, %d of them distinct, %d rounds: min / median / max.\n\n",
		commit(), runtime.NumCPU(), elasticsearchtest.Version, o.events, o.distinct, o.rounds)
	fmt.Println("| case | CPU s of Elasticsearch per 1M documents | documents per CPU s of Elasticsearch | documents/s | CPU s of auditlog per 1M | its peak memory MiB |\n|---|---|---|---|---|---|")
	for _, c := range cases {
		of := func(value func(result) float64) string { return three(results[c.name], value) }
		fmt.Printf("| %s | %s | %s | %s | %s | %s |\n", c.name,
			of(func(r result) float64 { return r.cpu / float64(o.events) * 1e6 }),
			of(func(r result) float64 { return float64(o.events) / r.cpu }),
			of(func(r result) float64 { return r.rate }), of(func(r result) float64 { return r.own / float64(o.events) * 1e6 }),
			of(func(r result) float64 { return r.peak }))
	}
	fmt.Println()
	if err := b.size("at rest", b.index); err != nil || !o.variants {
		return err
	}
	return b.compare()
}

func build(target, module string) error {
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", target, ".")
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

func commit() string {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

func three(results []result, value func(result) float64) string {
	var all []float64
	for _, r := range results {
		all = append(all, value(r))
	}
	slices.Sort(all)
	if all[len(all)-1] == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f / %.0f / %.0f", all[0], all[len(all)/2], all[len(all)-1])
}

// A result is of one round of a case.
type result struct {
	cpu  float64 // s of Elasticsearch, merges included
	rate float64 // documents/s, until all can be searched
	own  float64 // CPU s of auditlog
	peak float64 // MiB of memory of auditlog
}

// endToEnd stores the events with a new auditlog. Where the spool is full, the
// server hangs until all of them are in it, and what is measured begins then:
// generator and receiving take nothing from the two that are compared.
func (b *bench) endToEnd(compression string, full bool) (r result, err error) {
	if err := b.drop(b.index); err != nil {
		return r, err
	}
	return b.auditlog(b.node.URL, compression, full)
}

// auditlog runs the program with a new spool, sends it the events, and waits until
// all can be searched.
func (b *bench) auditlog(url, compression string, full bool) (r result, err error) {
	dir, err := os.MkdirTemp(b.dir, "data-")
	if err != nil {
		return r, err
	}
	ports, err := loopback.Free(3)
	if err != nil {
		return r, err
	}
	config := fmt.Sprintf(`receiver: {grpc: {endpoint: %q}, http: {endpoint: %q}}
store: {path: %q, elasticsearch: {urls: [%q], replicas: 0, compression: %s}}
search: {endpoint: %q}
telemetry: {metrics: {endpoint: ""}, health: {endpoint: ""}}
`, ports[0], ports[1], filepath.Join(dir, "data"), url, compression, ports[2])
	if err := os.WriteFile(filepath.Join(dir, "auditlog.yaml"), []byte(config), 0o600); err != nil {
		return r, err
	}
	program := exec.Command(filepath.Join(b.dir, "auditlog"), "--config", filepath.Join(dir, "auditlog.yaml"))
	if err := program.Start(); err != nil {
		return r, err
	}
	defer func() {
		_ = program.Process.Signal(os.Interrupt)
		_ = program.Wait()
	}()
	if err := await("auditlog listens", func() (bool, error) {
		conn, err := net.Dial("tcp", ports[0])
		if err == nil {
			err = conn.Close()
		}
		return err == nil, nil
	}); err != nil {
		return r, err
	}
	pid := program.Process.Pid
	own, err := cpu(pid)
	if err != nil {
		return r, err
	}
	load := func() error { return b.load(ports[0]) }
	if full {
		if err := b.hang(load); err != nil {
			return r, err
		}
		load = func() error { return nil }
		if own, err = cpu(pid); err != nil {
			return r, err
		}
	}
	if r, err = b.measured(b.index, load); err != nil {
		return r, err
	}
	spent, err := cpu(pid)
	if err != nil {
		return r, err
	}
	r.own = spent - own
	r.peak, err = peak(pid)
	return r, err
}

// hang does something while the server hangs.
func (b *bench) hang(do func() error) error {
	if err := syscall.Kill(b.pid, syscall.SIGSTOP); err != nil {
		return err
	}
	return errors.Join(do(), syscall.Kill(b.pid, syscall.SIGCONT))
}

// load sends the events to an address, and makes sure that all are accepted.
func (b *bench) load(address string) error {
	out, err := exec.Command(filepath.Join(b.dir, "loadgen"), "-endpoint", address, "-records", strconv.Itoa(b.events), "-seed", "5",
		"-start", b.day, "-span", "12h", "-retries", "100", "-distinct", strconv.Itoa(b.distinct)).Output()
	if err != nil {
		return fmt.Errorf("generator: %w", err)
	}
	var report struct {
		Accepted int `json:"records_accepted"`
	}
	if err := json.Unmarshal(out, &report); err != nil || report.Accepted != b.events {
		return fmt.Errorf("%d of %d events were accepted: %w", report.Accepted, b.events, err)
	}
	return nil
}

// measured does something, and waits until all events can be searched in an index
// and nothing is merged any more.
func (b *bench) measured(index string, do func() error) (r result, err error) {
	before, err := cpu(b.pid)
	if err != nil {
		return r, err
	}
	began := time.Now()
	if err := do(); err != nil {
		return r, err
	}
	if err := await("all documents", func() (bool, error) {
		n, err := b.count(index)
		return n >= b.events, err
	}); err != nil {
		return r, err
	}
	r.rate = float64(b.events) / time.Since(began).Seconds()
	if err := await("the end of merging", func() (bool, error) { return b.merged(index) }); err != nil {
		return r, err
	}
	after, err := cpu(b.pid)
	r.cpu = after - before
	return r, err
}

func await(what string, done func() (bool, error)) error {
	for range 6000 {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("it takes too long: " + what)
}

// cpu is what a process spent, in seconds.
func cpu(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	const perSecond = 100 // of the kernel's clock, on all that Go runs on
	return (user + system) / perSecond, err
}

// peak is the most memory that a process had, in MiB.
func peak(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kib float64
	_, err = fmt.Sscan(rest, &kib)
	return kib / 1024, err
}
