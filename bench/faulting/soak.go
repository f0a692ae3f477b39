package main

import (
	"bufio"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/auditlog/auditlog/internal/loopback"
)

const (
	soakParts = 15 // the load is given in so many
	calibrate = 300_000
)

// A part of the soak: what the program took in its middle, and how it answered.
type part struct {
	usage
	goroutines int
	report     report
	days       int // on disk
}

// soak sends at 70 % of what the program takes, for long, and looks whether its
// memory, its files, its goroutines and its answers stay what they are. The
// programs are built with a wall clock that runs faster (see bench/faults), so
// that days begin, end, and are removed by the retention meanwhile.
func soak(args []string) error {
	set := flag.NewFlagSet("soak", flag.ExitOnError)
	minutes := set.Int("minutes", 30, "how long")
	rate := set.Float64("rate", 0, "records per second; 0: 70 % of what it takes when it is sent as much as it takes")
	_ = set.Parse(args)

	dir, err := os.MkdirTemp("", "auditlog-soak-")
	if err != nil {
		return err
	}
	i, err := install(dir, "", "")
	if err != nil {
		return err
	}
	ports, err := loopback.Free(1)
	if err != nil {
		return err
	}
	if err := os.Setenv("AUDITLOG_SOAK_PROFILES", ports[0]); err != nil {
		return err
	}
	if err := os.Setenv("AUDITLOG_STORE_RETENTION", "1d"); err != nil {
		return err
	}
	server, err := i.serve()
	if err != nil {
		return err
	}
	next := 0
	send := func(records int, rate float64, look func() error) (report, error) {
		generator, err := i.load("load.json", "-records", fmt.Sprint(records), "-first", fmt.Sprint(next), "-batch", "500", "-rate", fmt.Sprint(rate),
			"-retries", "1000", "-timeout", "1000h", "-seed", fmt.Sprint(seed))
		if err != nil {
			return report{}, err
		}
		looked := look()
		if err := generator.Wait(); err != nil {
			return report{}, fmt.Errorf("generator: %w", err)
		}
		if looked != nil {
			return report{}, looked
		}
		next += records
		return i.report("load.json")
	}
	if *rate == 0 {
		r, err := send(calibrate, 0, func() error { return nil })
		if err != nil {
			return err
		}
		*rate = 0.7 * r.Rate
		fmt.Printf("It takes %.0f records a second; it is sent %.0f.\n\n", r.Rate, *rate)
	}
	fmt.Println("| minute | records | memory MiB | open files | goroutines | days on disk | answers p50 ms | p99 ms |\n|---|---|---|---|---|---|---|---|")
	began := time.Now()
	var parts []part
	for range soakParts {
		var p part
		length := time.Duration(*minutes) * time.Minute / soakParts
		p.report, err = send(int(*rate*length.Seconds()), *rate, func() (err error) {
			time.Sleep(length / 2)
			if p.usage, err = usageOf(server.Process.Pid); err == nil {
				p.goroutines, err = goroutines(ports[0])
			}
			return err
		})
		if err != nil {
			return err
		}
		days, err := filepath.Glob(filepath.Join(i.dir, "data", "events", "auditlog-*.db"))
		if err != nil {
			return err
		}
		p.days = len(days)
		parts = append(parts, p)
		fmt.Printf("| %.0f | %d | %.0f | %d | %d | %d | %.1f | %.1f |\n", time.Since(began).Minutes(), next, p.rss, p.files, p.goroutines, p.days, p.report.Latency.P50, p.report.Latency.P99)
		if p.report.Accepted != p.report.Planned {
			return fmt.Errorf("%d of %d records were accepted", p.report.Accepted, p.report.Planned)
		}
	}
	u, _, err := i.end(server)
	if err != nil {
		return err
	}
	removed, err := i.removals()
	if err != nil {
		return err
	}
	fmt.Printf("\n%d records; peak memory %.0f MiB; the retention removed %d days\n", next, u.peak, removed)
	if removed == 0 && *minutes >= 15 {
		return fmt.Errorf("the retention removed nothing; see %s", dir)
	}
	return flat(parts)
}

// flat compares the last third with the one before it; the first warms up.
func flat(parts []part) error {
	third := len(parts) / 3
	for name, c := range map[string]struct {
		of   func(part) float64
		room float64
	}{
		"memory":          {func(p part) float64 { return p.rss }, 1.2},
		"open files":      {func(p part) float64 { return float64(p.files) }, 1.3},
		"goroutines":      {func(p part) float64 { return float64(p.goroutines) }, 1.2},
		"time to answer":  {func(p part) float64 { return p.report.Latency.P50 }, 2},
		"slowest answers": {func(p part) float64 { return p.report.Latency.P99 }, 3},
	} {
		before, after := median(parts[third:2*third], c.of), median(parts[2*third:], c.of)
		if after > before*c.room {
			return fmt.Errorf("%s grows: from %.1f to %.1f", name, before, after)
		}
	}
	return nil
}

func median(parts []part, of func(part) float64) float64 {
	var all []float64
	for _, p := range parts {
		all = append(all, of(p))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// goroutines asks the program that was built for the soak.
func goroutines(address string) (n int, err error) {
	resp, err := http.Get("http://" + address + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	first, err := bufio.NewReader(resp.Body).ReadString('\n')
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscanf(first, "goroutine profile: total %d", &n)
	return n, err
}

// removals counts the days that the log says were removed.
func (i *installation) removals() (int, error) {
	log, err := os.ReadFile(filepath.Join(i.dir, "auditlog.log"))
	return strings.Count(string(log), "Retention removed a day."), err
}
