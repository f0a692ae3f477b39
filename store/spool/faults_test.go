package spool_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/spool"
)

func deliver(t testing.TB, s *spool.Spool) spool.Frame {
	t.Helper()
	f := next(t, s)
	require.NoError(t, s.Done(f, spool.Counts{Stored: int64(f.Records)}))
	return f
}

// TestRefusedAppendsLeaveNothing keeps the disk full, or read-only, for a long
// time while senders come again and again.
func TestRefusedAppendsLeaveNothing(t *testing.T) {
	for operation, reason := range map[string]error{"write": syscall.ENOSPC, "sync": syscall.EIO, "create": syscall.EROFS, "sync directory": syscall.EIO} {
		for _, waiting := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s, %d waiting", operation, waiting), func(t *testing.T) {
				r := newRecorder()
				s := open(t, spool.Options{FS: r, MaxSize: 8 * 50}) // a frame fills a segment
				for n := range waiting {
					appendFrame(t, s, n, 1)
				}
				files, handles := len(r.names), r.open
				r.fail = func(o string) error {
					if o == operation {
						return reason
					}
					return nil
				}
				for n := range 100 {
					err := s.Append(t.Context(), frame(s, 10+n, 1))
					require.ErrorIs(t, err, store.ErrUnavailable)
					require.ErrorIs(t, err, reason)
				}
				require.Len(t, r.names, files)
				require.Equal(t, handles, r.open)
				require.EqualValues(t, waiting, s.Status().Waiting)
				r.fail = func(string) error { return nil }
				f := appendFrame(t, s, 200, 1)
				for range waiting {
					deliver(t, s)
				}
				requireFrame(t, f, deliver(t, s))
				requireNone(t, s)
			})
		}
	}
}

// TestFullDiskIsEmptiedByDelivery fills the disk before anything was delivered.
func TestFullDiskIsEmptiedByDelivery(t *testing.T) {
	r := newRecorder()
	s := open(t, spool.Options{FS: r, MaxSize: 8 * 400})
	r.capacity = 10_000
	var err error
	appended := 0
	for ; err == nil; appended++ {
		err = s.Append(t.Context(), frame(s, appended, 1))
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Greater(t, appended, 5)
	for range appended - 1 {
		deliver(t, s)
	}
	requireNone(t, s)
	f := appendFrame(t, s, appended, 1)
	require.NoError(t, s.Close())
	s = open(t, spool.Options{FS: r})
	require.EqualValues(t, appended-1, s.Status().Stored)
	requireFrame(t, f, deliver(t, s))
}

// TestFsyncThatFailed never fsyncs a file again in which that failed.
func TestFsyncThatFailed(t *testing.T) {
	r := newRecorder()
	s := open(t, spool.Options{FS: r})
	a := appendFrame(t, s, 1, 1)
	r.fail = func(o string) error {
		if o == "sync" {
			return errDisk
		}
		return nil
	}
	require.ErrorIs(t, s.Append(t.Context(), frame(s, 2, 1)), store.ErrUnavailable)
	r.fail = func(string) error { return nil }
	c := appendFrame(t, s, 3, 1)
	segments := 0
	for name := range r.names {
		if strings.HasSuffix(name, ".segment") {
			segments++
		}
	}
	require.Equal(t, 2, segments, "it goes on in another file")
	// The power fails: what was not synced is gone, and what was acknowledged is there.
	for seed := range uint64(20) {
		left := open(t, spool.Options{FS: r.afterPowerCut(rand.New(rand.NewPCG(seed, 1)))})
		found := map[uint64]bool{}
		for f, ok, err := left.Next(); ok; f, ok, err = left.Next() {
			require.NoError(t, err)
			found[f.First] = true
		}
		require.True(t, found[a.First] && found[c.First], "%v", found)
	}
}

// TestProgressThatIsNotSynced writes it again before it is synced again.
func TestProgressThatIsNotSynced(t *testing.T) {
	r := newRecorder()
	s := open(t, spool.Options{FS: r, MaxSize: 8 * 50}) // a frame fills a segment
	for n := range 4 {
		appendFrame(t, s, n, 1)
	}
	r.fail = func(o string) error {
		if o == "sync" {
			for _, c := range r.names { // the kernel drops what it could not write
				c.writes = nil
			}
			return errDisk
		}
		return nil
	}
	f := next(t, s)
	require.ErrorIs(t, s.Done(f, spool.Counts{Stored: 1}), errDisk)
	require.NoError(t, s.Done(f, spool.Counts{Stored: 1}), "it is counted already")
	r.fail = func(string) error { return nil }
	deliver(t, s)
	require.EqualValues(t, 2, s.Status().Stored)
	left := open(t, spool.Options{FS: r.afterPowerCut(rand.New(rand.NewPCG(1, 1)))})
	require.EqualValues(t, 2, left.Status().Stored, "what was removed is noted on disk")
	require.EqualValues(t, 2, left.Status().Waiting)
}

func TestMaxSizeHoldsForConcurrentCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit, callers = 4000, 40
		r := newRecorder()
		s, err := spool.Open(spool.Options{FS: r, MaxSize: limit})
		require.NoError(t, err)
		gate, syncs := make(chan struct{}), 0
		r.fail = func(operation string) error {
			if operation == "sync" {
				syncs++
				<-gate
			}
			return nil
		}
		var mu sync.Mutex
		stored := 0
		var writing sync.WaitGroup
		for range callers {
			writing.Go(func() {
				f := spool.Frame{First: s.Reserve(1), Records: 1, Data: make([]byte, 200)}
				if err := s.Append(context.Background(), f); err == nil {
					mu.Lock()
					stored++
					mu.Unlock()
				} else {
					require.ErrorContains(t, err, "store.spool.max_size")
				}
			})
		}
		synctest.Wait() // one is being written, the others wait for it
		close(gate)
		writing.Wait()
		require.LessOrEqual(t, s.Status().Bytes, int64(limit))
		require.EqualValues(t, stored, s.Status().Waiting)
		require.Equal(t, limit/(200+48), stored)
		require.LessOrEqual(t, syncs, 4, "those that wait share their fsync, as far as a segment goes")
		require.NoError(t, s.Close())
	})
}

// TestReadsWhileOthersAppend appends while a read of the disk hangs.
func TestReadsWhileOthersAppend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &hanging{recorder: newRecorder(), gate: make(chan struct{})}
		s, err := spool.Open(spool.Options{FS: r})
		require.NoError(t, err)
		appendFrame(t, s, 1, 1)
		r.reads = true
		var reading sync.WaitGroup
		reading.Go(func() {
			if _, ok, err := s.Next(); !ok || err != nil {
				t.Errorf("next: %t, %v", ok, err)
			}
		})
		synctest.Wait() // the read hangs
		appendFrame(t, s, 2, 1)
		close(r.gate)
		reading.Wait()
		require.NoError(t, s.Close())
	})
}

// hanging is a directory whose reads wait for the gate.
type hanging struct {
	*recorder
	gate  chan struct{}
	reads bool
}

func (h *hanging) Open(name string, create bool) (spool.File, error) {
	f, err := h.recorder.Open(name, create)
	return hangingFile{f, h}, err
}

type hangingFile struct {
	spool.File
	h *hanging
}

func (f hangingFile) ReadAt(b []byte, at int64) (int, error) {
	if f.h.reads {
		<-f.h.gate
	}
	return f.File.ReadAt(b, at)
}

// TestEndOfAFile tells what a crash leaves from damage.
func TestEndOfAFile(t *testing.T) {
	for name, c := range map[string]struct {
		spoil   func([]byte) []byte
		left    int
		damaged bool
	}{
		"whole":                  {func(b []byte) []byte { return b }, 3, false},
		"cut in the data":        {func(b []byte) []byte { return b[:len(b)-1] }, 2, false},
		"cut in the header":      {func(b []byte) []byte { return b[:2*len(b)/3+20] }, 2, false},
		"cut between frames":     {func(b []byte) []byte { return b[:2*len(b)/3] }, 2, false},
		"empty":                  {func(b []byte) []byte { return nil }, 0, false},
		"zeros behind the end":   {func(b []byte) []byte { return append(b, make([]byte, 5000)...) }, 3, false},
		"zeros for the last":     {func(b []byte) []byte { return append(b[:2*len(b)/3], make([]byte, 100)...) }, 2, false},
		"a bit of the last data": {func(b []byte) []byte { b[len(b)-1] ^= 4; return b }, 2, true},
		"a bit of its header":    {func(b []byte) []byte { b[2*len(b)/3+9] ^= 4; return b }, 2, true},
		"a bit of its length":    {func(b []byte) []byte { b[2*len(b)/3+21] ^= 4; return b }, 2, true},
		"a bit in the middle":    {func(b []byte) []byte { b[len(b)/2] ^= 4; return b }, 2, true},
		"something else behind":  {func(b []byte) []byte { return append(b, strings.Repeat("junk", 100)...) }, 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			s := open(t, spool.Options{Path: path})
			for range 3 {
				require.NoError(t, s.Append(t.Context(), spool.Frame{First: s.Reserve(1), Records: 1, Data: make([]byte, 50)}))
			}
			require.NoError(t, s.Close())
			files, err := filepath.Glob(filepath.Join(path, "*.segment"))
			require.NoError(t, err)
			content, err := os.ReadFile(files[0])
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(files[0], c.spoil(content), 0o600))

			s = open(t, spool.Options{Path: path})
			require.EqualValues(t, c.left, s.Status().Waiting)
			require.Equal(t, c.damaged, s.Status().Problem != "", s.Status().Problem)
			for range c.left {
				deliver(t, s)
			}
			requireNone(t, s)
			f := appendFrame(t, s, 9, 1)
			requireFrame(t, f, deliver(t, s))
			require.NoError(t, s.Close())
			if c.damaged {
				require.FileExists(t, files[0]+".damaged")
			}
			s = open(t, spool.Options{Path: path})
			require.Empty(t, s.Status().Problem, "it is put aside")
			requireNone(t, s)
		})
	}
}

// TestConcurrentUse appends from several goroutines while one delivers, in an
// order of its own, through restarts and power cuts. What was acknowledged is
// delivered, in its own words; nothing else is.
func TestConcurrentUse(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			u := &use{disk: newRecorder(), random: rand.New(rand.NewPCG(seed, 3)), begun: map[uint64]string{}, acknowledged: map[uint64]bool{}, delivered: map[uint64]int{}}
			for round := range 12 {
				u.round(t, round)
			}
			s := open(t, spool.Options{FS: u.disk, MaxSize: 100_000})
			u.drain(t, s)
			for first := range u.acknowledged {
				require.NotZero(t, u.delivered[first], "frame %d was acknowledged", first)
			}
			require.Zero(t, s.Status().Waiting)
		})
	}
}

type use struct {
	disk   *recorder
	random *rand.Rand

	mu           sync.Mutex
	begun        map[uint64]string // data by first number
	acknowledged map[uint64]bool
	delivered    map[uint64]int
}

// round uses the spool until it is closed, or until the power fails.
func (u *use) round(t *testing.T, round int) {
	s, err := spool.Open(spool.Options{FS: u.disk, MaxSize: 100_000})
	require.NoError(t, err)
	var writing, delivering sync.WaitGroup
	for writer := range 6 {
		writing.Go(func() {
			for n := range 15 {
				f := spool.Frame{First: s.Reserve(1 + n%3), Records: 1 + n%3, Data: fmt.Appendf(nil, "%d %d %d", round, writer, n)}
				u.mu.Lock()
				if _, used := u.begun[f.First]; used {
					t.Errorf("number %d is used twice", f.First)
				}
				u.begun[f.First] = string(f.Data)
				u.mu.Unlock()
				if err := s.Append(context.Background(), f); err == nil {
					u.mu.Lock()
					u.acknowledged[f.First] = true
					u.mu.Unlock()
				}
			}
		})
	}
	stop := make(chan struct{})
	delivering.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-s.Ready():
				u.drain(t, s)
			}
		}
	})
	if u.random.IntN(2) == 0 {
		writing.Wait()
		close(stop)
		delivering.Wait()
		require.NoError(t, s.Close())
		return
	}
	u.mu.Lock()
	u.disk.mu.Lock()
	left := u.disk.afterPowerCut(u.random)
	u.disk.mu.Unlock()
	begun, acknowledged, delivered := maps.Clone(u.begun), maps.Clone(u.acknowledged), maps.Clone(u.delivered)
	u.mu.Unlock()
	writing.Wait()
	close(stop)
	delivering.Wait()
	require.NoError(t, s.Close())

	// The power failed then: nothing of what was done since has happened.
	u.disk, u.begun, u.acknowledged, u.delivered = left, begun, acknowledged, delivered
	again, err := spool.Open(spool.Options{FS: left, MaxSize: 100_000})
	require.NoError(t, err)
	u.drain(t, again)
	require.NoError(t, again.Close())
	for first := range begun {
		if acknowledged[first] {
			require.NotZero(t, delivered[first], "frame %d was acknowledged before the power cut", first)
		} else if delivered[first] == 0 {
			delete(begun, first) // it never came to the disk, so its number is free
		}
	}
}

// drain delivers what there is, in any order.
func (u *use) drain(t *testing.T, s *spool.Spool) {
	var frames []spool.Frame
	for f, ok, err := s.Next(); ok || err != nil; f, ok, err = s.Next() {
		if err != nil {
			t.Error(err)
			return
		}
		frames = append(frames, f)
	}
	rand.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
	for _, f := range frames {
		u.mu.Lock()
		if want, known := u.begun[f.First]; !known || want != string(f.Data) {
			t.Errorf("frame %d is %q, want %q", f.First, f.Data, want)
		}
		u.delivered[f.First]++
		u.mu.Unlock()
		if err := s.Done(f, spool.Counts{Stored: int64(f.Records)}); err != nil {
			t.Error(err)
		}
	}
}
