package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// A report is what the generator prints, as far as it is looked at.
type report struct {
	Planned  int            `json:"records_planned"`
	Accepted int            `json:"records_accepted"`
	Calls    int            `json:"calls"`
	Failed   int            `json:"calls_failed"`
	Rate     float64        `json:"records_per_s"`
	Errors   map[string]int `json:"errors"`
	Latency  struct {
		P50, P99, Max float64
	} `json:"latency_ms"`
}

func (i *installation) report(name string) (r report, err error) {
	b, err := os.ReadFile(filepath.Join(i.dir, name))
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	return r, err
}

// usage is what a process takes.
type usage struct {
	rss   float64 // MiB
	peak  float64 // MiB
	files int
}

// end stops the program after its load, and returns what it took and what the
// generator reports.
func (i *installation) end(server *exec.Cmd) (u usage, r report, err error) {
	if u, err = usageOf(server.Process.Pid); err != nil {
		return u, r, err
	}
	if err := stop(server); err != nil {
		return u, r, fmt.Errorf("auditlog: %w", err)
	}
	r, err = i.report("load.json")
	return u, r, err
}

func usageOf(pid int) (u usage, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, err
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		fields := strings.Fields(value)
		if len(fields) == 0 {
			continue
		}
		kib, _ := strconv.ParseFloat(fields[0], 64)
		switch name {
		case "VmRSS":
			u.rss = kib / 1024
		case "VmHWM":
			u.peak = kib / 1024
		}
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	u.files = len(files)
	return u, err
}

// overload sends with far more senders than auditlog takes at a time: each gets
// an answer, in time, which is to come again; and in the end all are stored.
func overload(args []string) error {
	set := flag.NewFlagSet("overload", flag.ExitOnError)
	senders := set.Int("senders", 400, "that send at the same time")
	records := set.Int("records", 400_000, "that they send")
	inFlight := set.String("in-flight", "16MiB", "receiver.max_in_flight")
	limit := set.Float64("memory", 600, "MiB that it may take")
	_ = set.Parse(args)

	dir, err := os.MkdirTemp("", "auditlog-overload-")
	if err != nil {
		return err
	}
	i, err := install(dir, ", max_request_size: 4MiB, max_in_flight: "+*inFlight, "")
	if err != nil {
		return err
	}
	server, err := i.serve()
	if err != nil {
		return err
	}
	generator, err := i.load("load.json", "-records", fmt.Sprint(*records), "-batch", "100", "-concurrency", fmt.Sprint(*senders),
		"-retries", "100000", "-timeout", "1h", "-call-timeout", "30s", "-seed", fmt.Sprint(seed))
	if err != nil {
		return err
	}
	if err := generator.Wait(); err != nil {
		return fmt.Errorf("generator: %w", err)
	}
	u, r, err := i.end(server)
	if err != nil {
		return err
	}
	fmt.Printf("%d senders: %d of %d records stored, %d calls, %d of them told to come again, slowest answer %.1f s, peak memory %.0f MiB\n",
		*senders, r.Accepted, r.Planned, r.Calls, r.Failed, r.Latency.Max/1000, u.peak)
	for message, n := range r.Errors {
		fmt.Printf("  %d times: %s\n", n, message)
		if !strings.Contains(message, "Unavailable") {
			return fmt.Errorf("senders got another answer than to come again")
		}
	}
	hashes, err := i.stored()
	if err != nil {
		return err
	}
	switch {
	case r.Accepted != r.Planned || len(hashes) != r.Planned:
		return fmt.Errorf("%d of %d are stored", len(hashes), r.Planned)
	case r.Failed == 0:
		return fmt.Errorf("nobody was refused: this was no overload")
	case u.peak > *limit:
		return fmt.Errorf("it took %.0f MiB", u.peak)
	}
	return os.RemoveAll(dir)
}
