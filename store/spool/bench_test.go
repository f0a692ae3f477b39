package spool_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // to compare with

	"github.com/auditlog/auditlog/store/spool"
)

// BenchmarkAppend keeps gzip members of lines of 500 bytes: in the spool, in bare
// files with an fsync for whatever waits (the floor), and in SQLite in the same
// way. It reports the CPU time of the process for a million lines, fsyncs for each
// member.
func BenchmarkAppend(b *testing.B) {
	for _, lines := range []int{500, 10} {
		data := member(b, lines)
		for _, callers := range []int{1, 64} {
			for _, kind := range []struct {
				name string
				open func(b *testing.B, lines int) (appending func([]byte) error, syncs func() int64)
			}{{"spool", openSpool}, {"floor", openFloor}, {"sqlite", openSQLite}} {
				b.Run(fmt.Sprintf("lines=%d/callers=%d/%s", lines, callers, kind.name), func(b *testing.B) {
					appending, syncs := kind.open(b, lines)
					measure(b, lines, callers, data, appending)
					b.ReportMetric(float64(syncs())/float64(b.N), "fsyncs/member")
				})
			}
		}
	}
}

func measure(b *testing.B, lines, callers int, data []byte, appending func([]byte) error) {
	b.ResetTimer()
	before := cpuSeconds(b)
	var writing sync.WaitGroup
	for c := range callers {
		writing.Go(func() {
			for n := c; n < b.N; n += callers {
				if err := appending(data); err != nil {
					b.Error(err)
				}
			}
		})
	}
	writing.Wait()
	b.StopTimer()
	b.ReportMetric((cpuSeconds(b)-before)*1e6/float64(b.N*lines), "cpu-s/million")
	b.ReportMetric(float64(b.N*lines)/b.Elapsed().Seconds(), "lines/s")
}

func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// member is a gzip member of lines of about 500 bytes as a bulk has them.
func member(b *testing.B, lines int) []byte {
	random := rand.New(rand.NewPCG(1, 1))
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	require.NoError(b, err)
	for n := range lines {
		line := fmt.Appendf(nil, `{"create":{"_id":"%016x%016x"}}`+"\n"+`{"@timestamp":"2026-11-22T10:00:%02d.%09dZ","user":{"name":"user-%d"},"event":{"action":"order.update","outcome":"success","duration":%d},"source":{"ip":"203.0.113.%d"},"audit":{"entity":{"type":"order","id":"%08x"},"area":"Orders"}`,
			random.Uint64(), random.Uint64(), n%60, random.IntN(1e9), random.IntN(500), random.IntN(1e9), random.IntN(255), random.Uint32())
		line = append(append(line, `,"message":"`...), bytes.Repeat([]byte("x"), max(0, 496-len(line)-14))...)
		_, err := z.Write(append(line, "\"}\n"...))
		require.NoError(b, err)
	}
	require.NoError(b, z.Close())
	return packed.Bytes()
}

// counting counts the fsyncs of a directory.
type counting struct {
	spool.FS
	mu    sync.Mutex
	syncs int64
}

type countingFile struct {
	spool.File
	of *counting
}

func (c *counting) Open(name string, create bool) (spool.File, error) {
	f, err := c.FS.Open(name, create)
	return countingFile{f, c}, err
}

func (f countingFile) Sync() error {
	f.of.mu.Lock()
	f.of.syncs++
	f.of.mu.Unlock()
	return f.File.Sync()
}

func openSpool(b *testing.B, lines int) (func([]byte) error, func() int64) {
	directory, err := spool.OpenDirectory(b.TempDir())
	require.NoError(b, err)
	fs := &counting{FS: directory}
	s := open(b, spool.Options{FS: fs, MaxSize: 1 << 40})
	return func(data []byte) error {
		return s.Append(context.Background(), spool.Frame{First: s.Reserve(lines), Records: lines, Data: data})
	}, func() int64 { return fs.syncs }
}

// group commits what waits together, with commit.
func group(b *testing.B, commit func([][]byte) error) (appending func([]byte) error, commits func() int64) {
	type request struct {
		data []byte
		done chan error
	}
	requests, stopped := make(chan request), make(chan struct{})
	var n int64
	go func() {
		defer close(stopped)
		for first := range requests {
			waiting := []request{first}
		collect:
			for {
				select {
				case r, open := <-requests:
					if !open {
						break collect
					}
					waiting = append(waiting, r)
				default:
					break collect
				}
			}
			var members [][]byte
			for _, r := range waiting {
				members = append(members, r.data)
			}
			n++
			err := commit(members)
			for _, r := range waiting {
				r.done <- err
			}
		}
	}()
	b.Cleanup(func() {
		close(requests)
		<-stopped
	})
	return func(data []byte) error {
		r := request{data, make(chan error, 1)}
		requests <- r
		return <-r.done
	}, func() int64 { return n }
}

// openFloor writes members one behind the other, and nothing else.
func openFloor(b *testing.B, _ int) (func([]byte) error, func() int64) {
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, f.Close()) })
	return group(b, func(members [][]byte) error {
		if _, err := f.Write(bytes.Join(members, nil)); err != nil {
			return err
		}
		return syscall.Fdatasync(int(f.Fd()))
	})
}

func openSQLite(b *testing.B, _ int) (func([]byte) error, func() int64) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "spool.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`CREATE TABLE member (number INTEGER PRIMARY KEY, content BLOB NOT NULL)`)
	require.NoError(b, err)
	insert, err := db.Prepare(`INSERT INTO member (content) VALUES (?)`)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, insert.Close()) })
	return group(b, func(members [][]byte) error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		for _, m := range members {
			if _, err := tx.Stmt(insert).Exec(m); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}
