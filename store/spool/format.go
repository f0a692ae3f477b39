package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

var (
	errDamaged = errors.New("damaged")
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// A frame is its header, its note and its data. The header begins with the name
// of the spool, which nobody who sends events knows: no event can look like a
// frame.
const (
	headerSize = 8 + 4 + 4 + 4 + 4 + 4 + 4 + 8 + 8
	maxPart    = 1 << 30 // bytes of a note or of data, so that a damaged length is seen
)

type header struct {
	crc     uint32 // of note and data
	note    uint32
	data    uint32
	raw     uint32
	records uint32
	first   uint64
	time    int64
}

func (h *header) size() int64 { return headerSize + int64(h.note) + int64(h.data) }

func (s *Spool) appendFrame(b []byte, f *Frame, now int64) []byte {
	start := len(b)
	b = append(b, s.progress.instance[:]...)
	b = append(b, 0, 0, 0, 0) // checksum of the rest of the header
	crc := crc32.Update(crc32.Checksum(f.Note, castagnoli), castagnoli, f.Data)
	b = binary.LittleEndian.AppendUint32(b, crc)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(f.Note)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(f.Data)))
	b = binary.LittleEndian.AppendUint32(b, uint32(f.Raw))
	b = binary.LittleEndian.AppendUint32(b, uint32(f.Records))
	b = binary.LittleEndian.AppendUint64(b, f.First)
	b = binary.LittleEndian.AppendUint64(b, uint64(now))
	binary.LittleEndian.PutUint32(b[start+8:], crc32.Checksum(b[start+12:], castagnoli))
	return append(append(b, f.Note...), f.Data...)
}

// readHeader reads the header at an offset. It returns errDamaged if there is no
// whole frame.
func (s *Spool) readHeader(f io.ReaderAt, at, end int64) (h header, err error) {
	if at+headerSize > end {
		return h, errDamaged
	}
	var b [headerSize]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		return h, err
	}
	h, ok := s.parseHeader(b[:])
	if !ok || at+h.size() > end {
		return h, errDamaged
	}
	return h, nil
}

func (s *Spool) parseHeader(b []byte) (h header, ok bool) {
	if !bytes.Equal(b[:8], s.progress.instance[:]) || binary.LittleEndian.Uint32(b[8:]) != crc32.Checksum(b[12:headerSize], castagnoli) {
		return h, false
	}
	h = header{
		crc: binary.LittleEndian.Uint32(b[12:]), note: binary.LittleEndian.Uint32(b[16:]), data: binary.LittleEndian.Uint32(b[20:]),
		raw: binary.LittleEndian.Uint32(b[24:]), records: binary.LittleEndian.Uint32(b[28:]),
		first: binary.LittleEndian.Uint64(b[32:]), time: int64(binary.LittleEndian.Uint64(b[40:])),
	}
	return h, h.note <= maxPart && h.data <= maxPart
}

// isTorn reports whether the end of a file, which is no frame, looks as a crash
// leaves it: the beginning of a frame that goes on behind the end, or zeros.
func (s *Spool) isTorn(f io.ReaderAt, at, size int64) (bool, error) {
	rest := make([]byte, min(size-at, 1<<16))
	if _, err := f.ReadAt(rest, at); err != nil {
		return false, err
	}
	if len(rest) < headerSize {
		return true, nil
	}
	if h, ok := s.parseHeader(rest); ok {
		return at+h.size() > size, nil
	}
	return bytes.Count(rest, []byte{0}) == len(rest), nil
}

// frame reads the frame of the header at an offset.
func (h *header) frame(f io.ReaderAt, at int64) (Frame, error) {
	body := make([]byte, h.note+h.data)
	if _, err := f.ReadAt(body, at+headerSize); err != nil {
		return Frame{}, err
	}
	if crc32.Checksum(body, castagnoli) != h.crc {
		return Frame{}, errDamaged
	}
	return Frame{
		First: h.first, Records: int(h.records), Raw: int(h.raw), Time: time.Unix(0, h.time).UTC(),
		Note: body[:h.note:h.note], Data: body[h.note:],
	}, nil
}

func (h *header) intact(f io.ReaderAt, at int64) bool {
	_, err := h.frame(f, at)
	return err == nil
}

// resync finds the next whole frame from an offset on.
func (s *Spool) resync(f io.ReaderAt, at, end int64) (next int64, found bool, err error) {
	const window = 1 << 16
	buffer := make([]byte, window+len(s.progress.instance)-1)
	for at < end {
		n, err := f.ReadAt(buffer[:min(int64(len(buffer)), end-at)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, false, err
		}
		for from := 0; ; {
			i := bytes.Index(buffer[from:n], s.progress.instance[:])
			if i < 0 {
				break
			}
			from += i
			if h, err := s.readHeader(f, at+int64(from), end); err == nil && h.intact(f, at+int64(from)) {
				return at + int64(from), true, nil
			}
			from++
		}
		at += window
	}
	return 0, false, nil
}

func segmentName(number uint64) string { return fmt.Sprintf("%016x.segment", number) }

func segmentNumber(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, ".segment")
	if !ok || len(digits) != 16 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 64)
	return n, err == nil
}

const (
	progressName = "progress"
	slotSize     = 4096 // so that a torn write spoils one slot only
	progressSize = 8 + 8 + 8 + 8 + 8 + 8 + 4*8 + 4

	progressMark = "spool 1\n" // the format of all files of the spool
)

// progress is how far delivery came, and how that came out.
type progress struct {
	instance   [8]byte
	generation uint64
	segment    uint64 // everything before it
	offset     int64  // and before this offset in it was delivered
	next       uint64 // no record has this number or a larger one, unless a segment holds it
	Counts
}

func (p *progress) add(c Counts) { p.Counts.add(c) }

func (p *progress) encode() []byte {
	b := make([]byte, 0, progressSize)
	b = append(b, progressMark...)
	b = append(b, p.instance[:]...)
	for _, n := range []uint64{p.generation, p.segment, uint64(p.offset), p.next, uint64(p.Stored), uint64(p.Duplicates), uint64(p.DeadLetters), uint64(p.Received)} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func decodeProgress(b []byte) (p progress, ok bool) {
	body := b[:progressSize-4]
	if string(b[:8]) != progressMark || binary.LittleEndian.Uint32(b[progressSize-4:]) != crc32.Checksum(body, castagnoli) {
		return p, false
	}
	copy(p.instance[:], body[8:])
	n := func(i int) uint64 { return binary.LittleEndian.Uint64(body[16+8*i:]) }
	p.generation, p.segment, p.offset, p.next = n(0), n(1), int64(n(2)), n(3)
	p.Counts = Counts{Stored: int64(n(4)), Duplicates: int64(n(5)), DeadLetters: int64(n(6)), Received: int64(n(7))}
	return p, true
}

// openProgress reads the newer slot, or makes the file.
func (s *Spool) openProgress() error {
	f, err := s.fs.Open(progressName, false)
	if errors.Is(err, fs.ErrNotExist) {
		return s.createProgress()
	}
	if err != nil {
		return err
	}
	s.file = f
	found, newer := false, false
	for slot := range int64(2) {
		var b [progressSize]byte
		if _, err := f.ReadAt(b[:], slot*slotSize); err != nil {
			if errors.Is(err, io.EOF) {
				continue
			}
			return err
		}
		newer = newer || string(b[:6]) == progressMark[:6] && b[6] != progressMark[6] && b[7] == progressMark[7]
		if p, ok := decodeProgress(b[:]); ok && (!found || p.generation > s.progress.generation) {
			s.progress, s.slot, found = p, 1-slot, true
		}
	}
	if newer {
		return fmt.Errorf("file %q was written by another version of auditlog: start that version until nothing waits", progressName)
	}
	if found {
		return f.Sync() // before the other slot is written
	}
	names, err := s.fs.List()
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, ok := segmentNumber(name); ok {
			return fmt.Errorf("file %q is damaged: move it and the .segment files to another place and start again; what they hold is not delivered", progressName)
		}
	}
	return errors.Join(f.Close(), s.createProgress()) // a crash before the first append
}

func (s *Spool) createProgress() error {
	f, err := s.fs.Open(progressName, true)
	if err != nil {
		return err
	}
	s.file = f
	s.progress, s.next = progress{instance: newInstance()}, 1
	// Both slots, so that delivery can be noted when the disk is full.
	if _, err := f.WriteAt(make([]byte, 2*slotSize), 0); err != nil {
		return err
	}
	if err := s.writeProgress(); err != nil {
		return err
	}
	if err := s.syncProgress(); err != nil {
		return err
	}
	return s.fs.Sync()
}

// writeProgress writes the slot that is not on disk. That is enough for a crash of
// the program; [Spool.syncProgress] makes it last through a power cut.
func (s *Spool) writeProgress() error {
	s.progress.generation++
	s.progress.next = s.next
	_, err := s.file.WriteAt(s.progress.encode(), s.slot*slotSize)
	s.dirty = true
	return err
}

func (s *Spool) syncProgress() error {
	if !s.dirty {
		return nil
	}
	if s.failed { // what an fsync failed to write, a second one may call written
		if err := s.writeProgress(); err != nil {
			return err
		}
	}
	if err := s.file.Sync(); err != nil {
		s.failed = true
		return err
	}
	s.slot, s.dirty, s.failed = 1-s.slot, false, false
	return nil
}
