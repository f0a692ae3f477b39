package spool_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/spool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, o spool.Options) *spool.Spool {
	t.Helper()
	s, err := spool.Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// frame makes frame number n of records, with data that tells it apart.
func frame(s *spool.Spool, n, records int) spool.Frame {
	return spool.Frame{
		First: s.Reserve(records), Records: records, Raw: 7 * n,
		Note: fmt.Appendf(nil, "note %d", n), Data: fmt.Appendf(nil, "data %d%*s", n, n%50, ""),
	}
}

func appendFrame(t testing.TB, s *spool.Spool, n, records int) spool.Frame {
	t.Helper()
	f := frame(s, n, records)
	require.NoError(t, s.Append(t.Context(), f))
	return f
}

func next(t testing.TB, s *spool.Spool) spool.Frame {
	t.Helper()
	f, ok, err := s.Next()
	require.NoError(t, err)
	require.True(t, ok, "there is a frame")
	return f
}

func requireNone(t testing.TB, s *spool.Spool) {
	t.Helper()
	_, ok, err := s.Next()
	require.NoError(t, err)
	require.False(t, ok)
}

func requireFrame(t testing.TB, want, got spool.Frame) {
	t.Helper()
	require.Equal(t, []any{want.First, want.Records, want.Raw, string(want.Note), string(want.Data)},
		[]any{got.First, got.Records, got.Raw, string(got.Note), string(got.Data)})
}

func TestDeliversInOrderOnce(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 5, time.UTC)
	path := filepath.Join(t.TempDir(), "a", "spool")
	o := spool.Options{Path: path, Now: func() time.Time { return at }}
	s := open(t, o)
	requireNone(t, s)
	a, b := appendFrame(t, s, 1, 3), appendFrame(t, s, 2, 2)
	require.EqualValues(t, 1, a.First)
	require.EqualValues(t, 4, b.First)
	require.EqualValues(t, 1, s.Delivered())
	require.Equal(t, at, s.Status().Oldest)
	require.EqualValues(t, 5, s.Status().Waiting)
	first, second := next(t, s), next(t, s)
	requireFrame(t, a, first)
	requireFrame(t, b, second)
	require.Equal(t, at, first.Time)
	requireNone(t, s)

	require.NoError(t, s.Done(second, spool.Counts{Duplicates: 2}))
	require.EqualValues(t, 1, s.Delivered(), "the first is still on its way")
	require.Equal(t, spool.Counts{Duplicates: 2}, s.Status().Counts)
	require.NoError(t, s.Done(first, spool.Counts{Stored: 2, DeadLetters: 1, Received: 9}))
	require.EqualValues(t, 6, s.Delivered())
	want := spool.Counts{Stored: 2, Duplicates: 2, DeadLetters: 1, Received: 9}
	require.Equal(t, want, s.Status().Counts)
	instance := s.Instance()
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Append(t.Context(), frame(s, 3, 1)), store.ErrUnavailable)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	s = open(t, o)
	requireNone(t, s)
	require.Equal(t, want, s.Status().Counts)
	require.Equal(t, instance, s.Instance())
	c := appendFrame(t, s, 4, 1)
	require.GreaterOrEqual(t, c.First, uint64(6), "no number is used twice")
	requireFrame(t, c, next(t, s))
	require.NoError(t, s.Close())

	s = open(t, o)
	requireFrame(t, c, next(t, s))
	require.Equal(t, c.First, s.Delivered())
}

func TestNumbersThatAreGivenUp(t *testing.T) {
	r := newRecorder()
	s := open(t, spool.Options{FS: r})
	one := frame(s, 1, 2)
	two := frame(s, 2, 5)
	three := appendFrame(t, s, 3, 1)
	require.NoError(t, s.Done(next(t, s), spool.Counts{Stored: 1}))
	require.EqualValues(t, 1, s.Delivered())
	r.fail = func(string) error { return errDisk }
	require.ErrorIs(t, s.Append(t.Context(), one), store.ErrUnavailable)
	require.EqualValues(t, two.First, s.Delivered())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Append(ctx, two), store.ErrUnavailable)
	require.EqualValues(t, three.First+1, s.Delivered())
	r.fail = func(string) error { return nil }
	requireNone(t, s)
}

func TestBoundedAndRecovers(t *testing.T) {
	s := open(t, spool.Options{Path: t.TempDir(), MaxSize: 4000})
	var err error
	appended := 0
	for ; appended < 1000; appended++ {
		if err = s.Append(t.Context(), frame(s, appended, 1)); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "store.spool.max_size")
	require.LessOrEqual(t, s.Status().Bytes, int64(4000))
	require.Greater(t, appended, 10)
	for range appended / 2 {
		require.NoError(t, s.Done(next(t, s), spool.Counts{Stored: 1}))
	}
	appendFrame(t, s, appended, 1)
	require.EqualValues(t, appended+1-appended/2, s.Status().Waiting)
}

func TestConcurrentAppendsShareTheirFsync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		s, err := spool.Open(spool.Options{FS: r})
		require.NoError(t, err)
		gate, syncs := make(chan struct{}), 0
		r.fail = func(operation string) error {
			if operation == "sync" {
				syncs++
				<-gate
			}
			return nil
		}
		const callers = 20
		var writing sync.WaitGroup
		for n := range callers {
			writing.Go(func() {
				if err := s.Append(context.Background(), frame(s, n, 1)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait() // one is being written, the others wait for it
		close(gate)
		writing.Wait()
		require.Equal(t, 2, syncs)
		require.EqualValues(t, callers, s.Status().Waiting)
		require.NoError(t, s.Close())
	})
}

func TestDamagedInTheMiddle(t *testing.T) {
	path := t.TempDir()
	s := open(t, spool.Options{Path: path})
	a, b, c := appendFrame(t, s, 1, 1), appendFrame(t, s, 2, 1), appendFrame(t, s, 3, 1)
	require.NoError(t, s.Close())
	files, err := filepath.Glob(filepath.Join(path, "*.segment"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	content, err := os.ReadFile(files[0])
	require.NoError(t, err)
	at := len(content)/3 + len(b.Data) // in the second frame
	content[at] ^= 1
	require.NoError(t, os.WriteFile(files[0], content, 0o600))

	s = open(t, spool.Options{Path: path})
	require.Contains(t, s.Status().Problem, "cannot be read")
	require.EqualValues(t, 2, s.Status().Waiting)
	for _, want := range []spool.Frame{a, c} {
		f := next(t, s)
		requireFrame(t, want, f)
		require.NoError(t, s.Done(f, spool.Counts{Stored: 1}))
	}
	requireNone(t, s)
	require.NoError(t, s.Close())
	require.FileExists(t, files[0]+".damaged")
	require.NoFileExists(t, files[0])
}

func TestDamagedProgress(t *testing.T) {
	path := t.TempDir()
	s := open(t, spool.Options{Path: path})
	appendFrame(t, s, 1, 1)
	require.NoError(t, s.Close())
	require.NoError(t, os.WriteFile(filepath.Join(path, "progress"), make([]byte, 9000), 0o600))
	_, err := spool.Open(spool.Options{Path: path})
	require.ErrorContains(t, err, `file "progress" is damaged`)
	require.NoError(t, os.WriteFile(filepath.Join(path, "progress"), append([]byte("spool 2\n"), make([]byte, 9000)...), 0o600))
	_, err = spool.Open(spool.Options{Path: path})
	require.ErrorContains(t, err, "another version")
}

// TestPowerCut cuts the power at every change of the disk, several times with
// other losses, and opens what is left.
func TestPowerCut(t *testing.T) {
	rounds := uint64(12)
	if testing.Short() {
		rounds = 2
	}
	for seed := range rounds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { powerCuts(t, rand.New(rand.NewPCG(seed, 7))) })
	}
}

func powerCuts(t *testing.T, random *rand.Rand) {
	r := newRecorder()
	begun, acknowledged, delivered := map[uint64]spool.Frame{}, map[uint64]bool{}, map[uint64]bool{}
	r.cut = func() {
		for range 3 {
			if err := checkLeft(r.afterPowerCut(random), begun, acknowledged, delivered); err != nil && !t.Failed() {
				t.Error(err)
			}
		}
	}
	s, err := spool.Open(spool.Options{FS: r, MaxSize: 8 * 400}) // small segments
	require.NoError(t, err)
	var under []spool.Frame
	for n := range 60 {
		switch random.IntN(5) {
		case 0, 1:
			f := frame(s, n, 1+random.IntN(3))
			begun[f.First] = f
			if s.Append(t.Context(), f) == nil {
				acknowledged[f.First] = true
			} else {
				delete(begun, f.First)
			}
		case 2:
			if f, ok, err := s.Next(); ok {
				require.NoError(t, err)
				under = append(under, f)
			}
		case 3:
			if len(under) > 0 {
				i := random.IntN(len(under))
				delivered[under[i].First] = true
				require.NoError(t, s.Done(under[i], spool.Counts{Stored: int64(under[i].Records)}))
				under = append(under[:i], under[i+1:]...)
			}
		case 4:
			if random.IntN(4) == 0 {
				require.NoError(t, s.Close())
				under = nil
				s, err = spool.Open(spool.Options{FS: r, MaxSize: 8 * 400})
				require.NoError(t, err)
			}
		}
	}
	require.NoError(t, s.Close())
}

// checkLeft opens what a power cut left: what was acknowledged and not delivered
// is there, in its own words, and nothing else than what was begun. It is called
// by goroutines other than the test's.
func checkLeft(left *recorder, begun map[uint64]spool.Frame, acknowledged, delivered map[uint64]bool) error {
	s, err := spool.Open(spool.Options{FS: left})
	if err != nil {
		return err
	}
	waiting, before := s.Status().Waiting, s.Status().Stored
	found := map[uint64]bool{}
	var highest uint64
	for {
		f, ok, err := s.Next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		want, known := begun[f.First]
		if !known || found[f.First] || string(want.Data) != string(f.Data) || string(want.Note) != string(f.Note) || want.Records != f.Records {
			return fmt.Errorf("frame %d was appended as %+v and is %+v, found already: %t", f.First, want, f, found[f.First])
		}
		found[f.First] = true
		highest = max(highest, f.First)
		waiting -= int64(f.Records)
	}
	var sum int64
	for first := range acknowledged {
		sum += int64(begun[first].Records)
		if !found[first] && !delivered[first] {
			return fmt.Errorf("frame %d was acknowledged and is gone", first)
		}
	}
	if waiting != 0 || before+s.Status().Waiting < sum {
		return fmt.Errorf("%d are delivered, %d wait, %d too many, of %d acknowledged", before, s.Status().Waiting, waiting, sum)
	}
	if first := s.Reserve(1); first <= highest {
		return fmt.Errorf("number %d is used again", first)
	}
	return s.Close()
}

// FuzzOpen opens files of any content: it never panics, and delivers nothing
// that was not appended.
func FuzzOpen(f *testing.F) {
	f.Add(uint16(3), []byte{0}, false)
	f.Add(uint16(60), []byte("xyz"), false)
	f.Add(uint16(20), []byte("xyz"), true)
	f.Add(uint16(0), []byte("spool 9\n"), true)
	f.Fuzz(func(t *testing.T, at uint16, junk []byte, progress bool) {
		r := newRecorder()
		s, err := spool.Open(spool.Options{FS: r})
		require.NoError(t, err)
		known := map[uint64]spool.Frame{}
		for n := range 4 {
			known[appendFrame(t, s, n, 1).First] = spool.Frame{}
		}
		require.NoError(t, s.Close())
		for name, c := range r.names {
			if (name == "progress") == progress && len(c.data) > 0 {
				copy(c.data[int(at)%len(c.data):], junk)
			}
		}
		s, err = spool.Open(spool.Options{FS: r})
		if progress && err != nil {
			require.ErrorContains(t, err, "progress")
			return
		}
		require.NoError(t, err)
		for {
			f, ok, err := s.Next()
			require.NoError(t, err)
			if !ok {
				break
			}
			require.Contains(t, known, f.First)
			delete(known, f.First)
		}
		require.NoError(t, s.Close())
	})
}
