// Package spool is a durable outbox: what is appended is on disk before Append
// returns, and is kept until it was delivered.
//
// It is a row of segment files that are only appended to, and a file of progress
// with two slots that are written in turn. Progress may be older than what was
// delivered, never newer: after a crash something is delivered again, and how
// that came out is counted once.
package spool

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/auditlog/auditlog/store"
)

const (
	// DefaultMaxSize is the default of [Options].MaxSize.
	DefaultMaxSize = 4 << 30

	maxSegmentSize = 64 << 20
	maxGroup       = 16 << 20 // bytes that share one fsync
	maxBuffer      = 4 << 20  // bytes that are kept for the next ones
)

// Options say where and how much is kept.
type Options struct {
	Path    string           // directory, made with mode 0700
	MaxSize int64            // bytes on disk; 0 is [DefaultMaxSize]
	FS      FS               // nil is the directory at Path
	Now     func() time.Time // nil is time.Now
	Logger  *zap.Logger      // nil logs nothing

	// Shares says from its note whose a frame is. No account may fill the spool and
	// leave the others out. nil: no frame is anybody's.
	Shares func(note []byte) []Share
}

// A Frame is what is kept and delivered as one.
type Frame struct {
	First   uint64    // number of its first record, from [Spool.Reserve]
	Records int       // how many records it holds
	Raw     int       // bytes of Data before it was compressed
	Note    []byte    // what the reader must know without unpacking Data
	Data    []byte    // the records
	Time    time.Time // when it was appended; set by the spool

	at *delivery
}

// Counts say how the records of a frame, or of all frames, came out.
type Counts struct {
	Stored, Duplicates, DeadLetters int64
	Received                        int64 // newest time received of what was stored, ns; 0 is none
}

func (c *Counts) add(d Counts) {
	c.Stored += d.Stored
	c.Duplicates += d.Duplicates
	c.DeadLetters += d.DeadLetters
	c.Received = max(c.Received, d.Received)
}

// Status is what the spool holds and what became of what it held.
type Status struct {
	Counts            // of all records that were delivered
	Waiting int64     // records that are not delivered yet
	Bytes   int64     // on disk
	Oldest  time.Time // when the oldest waiting frame was appended; zero if none waits
	Problem string    // what a person must look at: why nothing can be written, or damage
}

// A Spool is a durable outbox. Its methods are safe for concurrent use.
type Spool struct {
	fs      FS
	now     func() time.Time
	log     *zap.Logger
	maxSize int64
	segSize int64

	sharesOf func(note []byte) []Share

	requests chan *request
	stopped  chan struct{} // the committer has ended
	ready    chan struct{} // there may be something to deliver

	buffer []byte // of the goroutine that commits

	nexts sync.Mutex // held by [Spool.Next], which reads while others append

	mu       sync.Mutex
	closed   bool
	coming   int64 // bytes that callers are appending
	held     shares
	callers  sync.WaitGroup
	progress progress // what is on disk, or newer
	file     File     // of progress
	slot     int64    // of file that is written next: not the one that is on disk
	dirty    bool     // the slot was written since the last fsync
	failed   bool     // the last fsync of the slot failed
	segments []*segment
	active   *segment    // nil: the next append begins one
	number   uint64      // of the newest segment
	next     uint64      // record number to be reserved next
	onTheWay []numbers   // reserved and neither delivered nor given up; ascending, apart from one another
	cursor   int64       // offset in reading of the next frame
	reading  int         // index in segments
	pending  []*delivery // in the order of the files
	waiting  int64
	damage   string
	refused  error // why the last group could not be written
}

type segment struct {
	number  uint64
	name    string
	file    File
	end     int64  // durable bytes
	lowest  uint64 // least record number of frames that a former process left
	damaged bool
}

// numbers are a range of record numbers, both ends included.
type numbers struct{ first, last uint64 }

// A delivery is a frame on its way.
type delivery struct {
	segment *segment
	end     int64 // offset after the frame
	first   uint64
	records int
	time    int64
	done    bool
	counts  Counts
}

type request struct {
	frames []Frame
	size   int64
	done   chan error
}

// Open opens the spool in a directory, or makes one. It ends what a crash
// interrupted. One process has it open at a time; the caller sees to that.
func Open(o Options) (_ *Spool, err error) {
	s := &Spool{fs: o.FS, now: o.Now, log: o.Logger, maxSize: o.MaxSize, held: shares{}, requests: make(chan *request), stopped: make(chan struct{}), ready: make(chan struct{}, 1)}
	if s.fs == nil {
		if s.fs, err = openDirectory(o.Path); err != nil {
			return nil, fmt.Errorf("open spool: %w", err)
		}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = zap.NewNop()
	}
	if s.sharesOf = o.Shares; s.sharesOf == nil {
		s.sharesOf = func([]byte) []Share { return nil }
	}
	if s.maxSize <= 0 {
		s.maxSize = DefaultMaxSize
	}
	s.segSize = min(maxSegmentSize, s.maxSize/8)
	if err := s.recover(); err != nil {
		s.closeFiles()
		return nil, fmt.Errorf("open spool %s: %w", o.Path, err)
	}
	s.signal()
	go s.commitAll()
	return s, nil
}

// Instance names the spool: 16 hex digits that no other one has.
func (s *Spool) Instance() string { return hex.EncodeToString(s.progress.instance[:]) }

// recover reads progress and walks the frames that are not delivered.
func (s *Spool) recover() error {
	names, err := s.fs.List()
	if err != nil {
		return err
	}
	if err := s.openProgress(); err != nil {
		return err
	}
	s.next, s.number = s.progress.next, s.progress.segment
	for _, name := range names {
		number, ok := segmentNumber(name)
		if !ok {
			continue
		}
		s.number = max(s.number, number)
		if number < s.progress.segment {
			if err := s.fs.Remove(name); err != nil {
				return err
			}
			continue
		}
		if err := s.openSegment(name, number); err != nil {
			return err
		}
	}
	if len(s.segments) > 0 && s.segments[0].number == s.progress.segment {
		s.cursor = s.progress.offset
	}
	return nil
}

func (s *Spool) openSegment(name string, number uint64) error {
	f, err := s.fs.Open(name, false)
	if err != nil {
		return err
	}
	seg := &segment{number: number, name: name, file: f, lowest: math.MaxUint64}
	s.segments = append(s.segments, seg)
	size, err := f.Size()
	if err != nil {
		return err
	}
	at := int64(0)
	if number == s.progress.segment {
		at = s.progress.offset
	}
	for at < size {
		h, err := s.readHeader(f, at, size)
		var whole Frame
		if err == nil {
			if whole, err = h.frame(f, at); err != nil {
				err = errDamaged
			}
		}
		if errors.Is(err, errDamaged) {
			next, found, err := s.resync(f, at+1, size)
			if err != nil {
				return err
			}
			if !found {
				return s.endSegment(seg, at, size)
			}
			s.damaged(seg, at, next)
			at = next
			continue
		}
		if err != nil {
			return err
		}
		s.waiting += int64(h.records)
		s.hold([]Frame{whole})
		s.next = max(s.next, h.first+uint64(h.records))
		seg.lowest = min(seg.lowest, h.first)
		at += h.size()
	}
	seg.end = max(at, s.startOf(seg))
	return nil
}

// endSegment ends a segment before what is no frame, and has none behind it. What
// a crash leaves of a write that it interrupted is forgotten: nobody was told that
// it is there. Anything else may have been a frame that was acknowledged.
func (s *Spool) endSegment(seg *segment, at, size int64) error {
	seg.end = max(at, s.startOf(seg))
	torn, err := s.isTorn(seg.file, at, size)
	if err != nil {
		return err
	}
	if torn {
		s.log.Info("A file of the spool ends with what was never acknowledged.", zap.String("file", seg.name), zap.Int64("bytes", size-at))
	} else {
		s.damaged(seg, at, size)
	}
	return nil
}

func (s *Spool) startOf(seg *segment) int64 {
	if seg.number == s.progress.segment {
		return s.progress.offset
	}
	return 0
}

// damaged notes bytes that are no frame although frames follow them.
func (s *Spool) damaged(seg *segment, from, to int64) {
	seg.damaged = true
	s.damage = fmt.Sprintf("%d bytes of spool file %s cannot be read: if the power did not fail while they were written, the disk lost events; the file is kept as %[2]s.damaged", to-from, seg.name)
	s.log.Error("A file of the spool is damaged.", zap.String("file", seg.name), zap.Int64("offset", from), zap.Int64("bytes", to-from))
}

// Reserve returns the first of n numbers for records that are about to be
// appended. They count as on their way until their frames were delivered, or
// [Spool.Append] failed.
func (s *Spool) Reserve(n int) (first uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first = s.next
	s.next += uint64(n)
	if i := len(s.onTheWay) - 1; i >= 0 && s.onTheWay[i].last+1 == first {
		s.onTheWay[i].last = s.next - 1
	} else {
		s.onTheWay = append(s.onTheWay, numbers{first, s.next - 1})
	}
	return first
}

// settle marks numbers as delivered or given up. The caller holds mu.
func (s *Spool) settle(first uint64, records int) {
	last := first + uint64(records) - 1
	i, _ := slices.BinarySearchFunc(s.onTheWay, first, func(r numbers, n uint64) int { return cmp.Compare(r.last, n) })
	if i == len(s.onTheWay) || s.onTheWay[i].first > first {
		return // of a former process
	}
	var rest []numbers
	if r := s.onTheWay[i]; r.first < first {
		rest = append(rest, numbers{r.first, first - 1})
	}
	if r := s.onTheWay[i]; r.last > last {
		rest = append(rest, numbers{last + 1, r.last})
	}
	s.onTheWay = slices.Replace(s.onTheWay, i, i+1, rest...)
}

// Delivered returns the number below which every record was delivered, or never
// appended.
func (s *Spool) Delivered() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	lowest := s.next
	if len(s.onTheWay) > 0 {
		lowest = s.onTheWay[0].first
	}
	for _, seg := range s.segments {
		if !s.passed(seg) {
			lowest = min(lowest, seg.lowest)
		}
	}
	return lowest
}

// passed reports whether all of a segment was delivered. The caller holds mu.
func (s *Spool) passed(seg *segment) bool {
	return seg.number < s.progress.segment || seg.end == 0 || seg.number == s.progress.segment && s.progress.offset >= seg.end
}

// Append returns nil when the frames are on disk. Its error wraps
// [store.ErrUnavailable]: the disk or the spool is full, or the spool is closed.
// On an error any of the frames may still be delivered.
func (s *Spool) Append(ctx context.Context, frames ...Frame) error {
	r := &request{frames: frames, done: make(chan error, 1)}
	for i := range frames {
		r.size += frames[i].size()
	}
	if err := s.enter(ctx, r); err != nil {
		s.giveUp(frames)
		return err
	}
	defer s.leave(r.size)
	s.requests <- r
	err := <-r.done
	if err != nil {
		s.withdraw(frames)
		return fmt.Errorf("%w: write spool: %w", store.ErrUnavailable, err)
	}
	s.signal()
	return nil
}

func (s *Spool) enter(ctx context.Context, r *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	used := s.bytes() + s.coming
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", store.ErrUnavailable, context.Cause(ctx))
	case s.closed:
		return fmt.Errorf("%w: the spool is closed", store.ErrUnavailable)
	case used+r.size > s.maxSize:
		return fmt.Errorf("%w: the spool is full: store.spool.max_size is %d bytes", store.ErrUnavailable, s.maxSize)
	}
	if err := s.over(r.frames, used, r.size); err != nil {
		return err
	}
	s.callers.Add(1)
	s.coming += r.size
	s.hold(r.frames)
	return nil
}

func (s *Spool) leave(size int64) {
	s.mu.Lock()
	s.coming -= size
	s.mu.Unlock()
	s.callers.Done()
}

// withdraw gives up frames that could not be written.
func (s *Spool) withdraw(frames []Frame) {
	s.mu.Lock()
	for i := range frames {
		s.release(&frames[i])
	}
	s.mu.Unlock()
	s.giveUp(frames)
}

func (s *Spool) giveUp(frames []Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range frames {
		s.settle(f.First, f.Records)
	}
}

// bytes is the size of the files. The caller holds mu.
func (s *Spool) bytes() (n int64) {
	for _, seg := range s.segments {
		n += seg.end
	}
	return n
}

// signal tells a reader that there may be something to deliver.
func (s *Spool) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// commitAll commits what callers wait for, together.
func (s *Spool) commitAll() {
	defer close(s.stopped)
	for first := range s.requests {
		group, size := []*request{first}, first.size
	collect:
		for size < maxGroup {
			select {
			case r, open := <-s.requests:
				if !open {
					break collect
				}
				group, size = append(group, r), size+r.size
			default:
				break collect
			}
		}
		err := s.commit(group, size)
		s.mu.Lock()
		s.refused = err
		s.mu.Unlock()
		for _, r := range group {
			r.done <- err
		}
	}
}

// commit writes the frames of a group behind one another, and fsyncs them. After
// an error the segment is used no more: what fsync failed to write, a second one
// may call written.
func (s *Spool) commit(group []*request, size int64) error {
	seg, err := s.writable()
	if err != nil {
		return err
	}
	buffer := slices.Grow(s.buffer[:0], int(size))
	now, records := s.now().UnixNano(), int64(0)
	for _, r := range group {
		for i := range r.frames {
			buffer = s.appendFrame(buffer, &r.frames[i], now)
			records += int64(r.frames[i].Records)
		}
	}
	if cap(buffer) <= maxBuffer {
		s.buffer = buffer
	}
	_, err = seg.file.WriteAt(buffer, seg.end)
	if err == nil {
		err = seg.file.Sync()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.abandon(seg)
		return err
	}
	seg.end += int64(len(buffer))
	s.waiting += records
	return nil
}

// abandon gives up a segment in which a write failed: what fsync failed to write
// once, a second one may call written. What stays on disk of that write, as far as
// it cannot be removed, is delivered after the next start. The caller holds mu.
func (s *Spool) abandon(seg *segment) {
	s.active = nil
	if seg.end > 0 {
		seg.file.Truncate(seg.end)
		return
	}
	// A full disk must not leave an empty file, open, for each caller it refuses.
	s.segments = s.segments[:len(s.segments)-1]
	if s.reading > 0 && s.reading == len(s.segments) {
		s.reading--
		s.cursor = s.segments[s.reading].end
	}
	seg.file.Close()
	s.fs.Remove(seg.name)
}

// writable returns the segment that is appended to, a new one if the last is full.
func (s *Spool) writable() (*segment, error) {
	s.mu.Lock()
	seg, number := s.active, s.number+1
	s.mu.Unlock()
	if seg != nil && seg.end < s.segSize {
		return seg, nil
	}
	name := segmentName(number)
	f, err := s.fs.Open(name, true)
	if err != nil {
		return nil, err
	}
	if err := s.fs.Sync(); err != nil {
		return nil, errors.Join(err, f.Close(), s.fs.Remove(name))
	}
	seg = &segment{number: number, name: name, file: f, lowest: math.MaxUint64}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number, s.active = number, seg
	s.segments = append(s.segments, seg)
	return seg, nil
}

// Ready has a value when there may be something to deliver.
func (s *Spool) Ready() <-chan struct{} { return s.ready }

// Next returns the next frame to deliver, in the order of the files; false if
// there is none. Each frame is returned once, until the spool is opened again.
func (s *Spool) Next() (f Frame, ok bool, err error) {
	s.nexts.Lock()
	defer s.nexts.Unlock()
	for {
		seg, at, end := s.place()
		if seg == nil {
			return Frame{}, false, nil
		}
		h, err := s.readHeader(seg.file, at, end) // it stays open: not all of it was delivered
		if err == nil {
			f, err = h.frame(seg.file, at)
		}
		s.mu.Lock()
		switch {
		case errors.Is(err, errDamaged):
			err = s.skipDamage(seg)
		case err == nil:
			s.cursor += h.size()
			f.at = &delivery{segment: seg, end: s.cursor, first: f.First, records: f.Records, time: h.time}
			s.pending = append(s.pending, f.at)
			ok = true
		}
		s.mu.Unlock()
		if err != nil || ok {
			return f, ok, err
		}
	}
}

// place returns where the next frame is, and up to where there are frames; nil if
// there is none.
func (s *Spool) place() (seg *segment, at, end int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.reading < len(s.segments) {
		seg := s.segments[s.reading]
		if s.cursor < seg.end {
			return seg, s.cursor, seg.end
		}
		if seg == s.active || s.reading == len(s.segments)-1 {
			break
		}
		s.reading, s.cursor = s.reading+1, 0
	}
	return nil, 0, 0
}

// skipDamage goes to the next frame that can be read. The caller holds mu.
func (s *Spool) skipDamage(seg *segment) error {
	next, found, err := s.resync(seg.file, s.cursor+1, seg.end)
	if err != nil {
		return err
	}
	if !found {
		next = seg.end
	}
	if h, err := s.readHeader(seg.file, s.cursor, seg.end); err == nil { // it was counted; whose it was is not known any more
		s.waiting -= int64(h.records)
		s.settle(h.first, int(h.records))
	}
	if !seg.damaged {
		s.damaged(seg, s.cursor, next)
	}
	s.cursor = next
	return nil
}

// Done says that a frame was delivered, and how its records came out. An error
// says that this is not on disk yet: the next Done, of any frame, tries again. A
// second Done of a frame counts nothing.
func (s *Spool) Done(f Frame, c Counts) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.at.done {
		return nil
	}
	f.at.done, f.at.counts = true, c
	s.waiting -= int64(f.Records)
	s.release(&f)
	s.settle(f.First, f.Records)
	n := 0
	for n < len(s.pending) && s.pending[n].done {
		s.progress.add(s.pending[n].counts)
		s.progress.segment, s.progress.offset = s.pending[n].segment.number, s.pending[n].end
		n++
	}
	if n == 0 {
		return nil
	}
	s.pending = s.pending[n:]
	if err := s.writeProgress(); err != nil {
		return fmt.Errorf("write spool: %w", err)
	}
	return s.removeDelivered()
}

// removeDelivered removes the files before the place that was reached, after
// that place is on disk. The last file stays. The caller holds mu.
func (s *Spool) removeDelivered() error {
	for len(s.segments) > 1 && s.passed(s.segments[0]) {
		if err := s.syncProgress(); err != nil {
			return fmt.Errorf("write spool: %w", err)
		}
		if err := s.remove(s.segments[0]); err != nil {
			return fmt.Errorf("remove spool file: %w", err)
		}
		s.segments = s.segments[1:]
		if s.reading--; s.reading < 0 { // it was read to its end
			s.reading, s.cursor = 0, 0
		}
	}
	return nil
}

func (s *Spool) remove(seg *segment) error {
	if err := seg.file.Close(); err != nil {
		return err
	}
	if seg.damaged {
		return s.fs.Rename(seg.name, seg.name+".damaged")
	}
	return s.fs.Remove(seg.name)
}

// Status returns what the spool holds.
func (s *Spool) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Status{Counts: s.progress.Counts, Waiting: s.waiting, Bytes: s.bytes(), Problem: s.damage}
	if s.refused != nil {
		st.Problem = "Senders are told to come again: write spool: " + s.refused.Error()
	}
	var oldest int64
	for _, d := range s.pending {
		if d.done {
			st.add(d.counts)
		} else if oldest == 0 {
			oldest = d.time
		}
	}
	if oldest == 0 && s.waiting > 0 {
		oldest = s.nextTime()
	}
	if oldest != 0 {
		st.Oldest = time.Unix(0, oldest).UTC()
	}
	return st
}

// nextTime is when the next frame to deliver was appended. The caller holds mu.
func (s *Spool) nextTime() int64 {
	for i, at := s.reading, s.cursor; i < len(s.segments); i, at = i+1, 0 {
		if seg := s.segments[i]; at < seg.end {
			if h, err := s.readHeader(seg.file, at, seg.end); err == nil {
				return h.time
			}
		}
	}
	return 0
}

// Close waits for appends that are under way, and closes the files.
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.callers.Wait()
	close(s.requests)
	<-s.stopped
	s.nexts.Lock()
	defer s.nexts.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.syncProgress()
	if err == nil && s.waiting == 0 { // nothing left: no empty file for each start
		for len(s.segments) > 0 {
			err = errors.Join(err, s.remove(s.segments[0]))
			s.segments = s.segments[1:]
		}
	}
	return errors.Join(err, s.closeFiles())
}

func (s *Spool) closeFiles() error {
	var errs []error
	for _, seg := range s.segments {
		errs = append(errs, seg.file.Close())
	}
	if s.file != nil {
		errs = append(errs, s.file.Close())
	}
	return errors.Join(append(errs, s.fs.Close())...)
}

func newInstance() (id [8]byte) {
	rand.Read(id[:])
	return id
}
