package sqlite

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sort"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"github.com/auditlog/auditlog/audit"
)

const (
	// SegmentSize is how many events a segment holds at most, if nothing else is
	// said: a place in it has 16 bits, and they are all in memory before.
	SegmentSize = 12288

	pageSize      = 128       // events whose documents are compressed together
	maxValues     = 4096      // in a dictionary of a whole segment, see fieldIndex.put
	maxDictionary = 64 << 10  // bytes of them
	maxContent    = 512 << 20 // of a row, unpacked; more is damage
	identitySize  = len(audit.Hash{}) + len(audit.Fingerprint{})

	buckets  = 64 // of hashes, by their first bits
	restBits = 27 // of a hash that its bucket keeps
)

// What a column holds that is of no field. Tags of fields are larger.
const (
	timeColumn   tag = 1 // see times
	numberColumn tag = 2 // each event's number as varint after the one before, zstd
	firstTag     tag = 16
)

// indexed are the fields that a segment has an index of: those that people
// filter by. The others are looked at event by event.
var indexed = []*audit.Field{
	audit.Account, audit.Sender, audit.Service, audit.UserName, audit.UserFullName, audit.UserID, audit.UserEmail, audit.UserRoles,
	audit.Method, audit.Area, audit.Action, audit.EntityType, audit.EntityID, audit.Status, audit.StatusCode, audit.IP,
	audit.Impersonated, audit.ImpersonatorName, audit.ImpersonatorFullName, audit.ImpersonatorID, audit.ImpersonatorEmail, audit.SessionID, audit.TraceID,
	audit.Redactions, audit.Fingerprints, audit.Error, audit.Late, audit.IDConflict,
}

// indexOf is the place in indexed, plus one, of the field with a tag.
var indexOf = func() (places [1 << 16]uint8) {
	for i, f := range indexed {
		places[tagOf[f.Index()]] = uint8(i + 1)
	}
	return places
}()

func isIndexed(f *audit.Field) bool { return indexOf[tagOf[f.Index()]] > 0 }

// A segment is what is known of one without reading it.
type segment struct {
	id                      int64
	firstNumber, lastNumber int64
	firstTime, lastTime     int64
}

func (s *segment) size() int { return int(s.lastNumber - s.firstNumber + 1) }

// place is the row of a part of the segment with this id.
func place[T ~uint16 | ~int](part T, id int64) int64 { return int64(part)<<32 | id }

// pagePlace is the row of a page.
func pagePlace(id int64, page int) int64 { return id<<16 | int64(page) }

// A row of one of the tables that hold a segment.
type row struct {
	table   string
	place   int64
	content []byte
}

var compression = sync.OnceValues(func() (*zstd.Encoder, *zstd.Decoder) {
	encoder, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(1), // one segment is built at a time
		zstd.WithEncoderCRC(false),     // SQLite and its disk are trusted with the rest of the row, too
		zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(256<<10))
	if err != nil {
		panic(err)
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxContent))
	if err != nil {
		panic(err)
	}
	return encoder, decoder
})

func compress(b []byte) []byte {
	encoder, _ := compression()
	return encoder.EncodeAll(b, nil)
}

func decompress(b []byte) ([]byte, error) {
	_, decoder := compression()
	return decoder.DecodeAll(b, nil)
}

var errDamaged = errors.New("the content of a segment is damaged")

// encodeLog returns the content of a row of log.
func encodeLog(records []*record) []byte {
	size := 0
	for _, r := range records {
		size += identitySize + 2*binary.MaxVarintLen64 + len(r.document)
	}
	b := make([]byte, 0, size)
	for _, r := range records {
		b = append(b, r.hash[:]...)
		b = append(b, r.fingerprint[:]...)
		b = binary.AppendVarint(b, r.time)
		b = binary.AppendUvarint(b, uint64(len(r.document)))
		b = append(b, r.document...)
	}
	return s2.Encode(nil, b)
}

// decodeLog reads the events of a row of log, the last of which has the number.
func decodeLog(content []byte, last int64) (records []*record, err error) {
	if n, err := s2.DecodedLen(content); err != nil || n > maxContent {
		return nil, errDamaged
	}
	b, err := s2.Decode(nil, content)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	for len(b) > 0 {
		if len(b) < identitySize {
			return nil, errDamaged
		}
		r := new(record)
		b = r.identify(b)
		at, n := binary.Varint(b)
		if n <= 0 {
			return nil, errDamaged
		}
		size, m := binary.Uvarint(b[n:])
		if m <= 0 || size > uint64(len(b)-n-m) {
			return nil, errDamaged
		}
		r.time = at
		r.document = bytes.Clone(b[n+m : n+m+int(size)])
		b = b[n+m+int(size):]
		records = append(records, r)
	}
	for i, r := range records {
		r.number = last - int64(len(records)-1-i)
	}
	return records, nil
}

// identify takes hash and fingerprint from b.
func (r *record) identify(b []byte) (rest []byte) {
	copy(r.hash[:], b)
	copy(r.fingerprint[:], b[len(r.hash):])
	return b[identitySize:]
}

// buildSegment orders records, which have consecutive numbers, and returns the
// rows of the segment that holds them.
func buildSegment(id int64, records []*record) (s segment, rows []row, err error) {
	s = segment{id: id, firstNumber: records[0].number, lastNumber: records[len(records)-1].number}
	records = slices.Clone(records)
	slices.SortFunc(records, func(a, b *record) int { return comparePlaces(a.time, &a.hash, b.time, &b.hash) })
	s.firstTime, s.lastTime = records[0].time, records[len(records)-1].time
	b := builder{segment: s, records: records}
	b.pages()
	b.order()
	if err := b.index(); err != nil {
		return s, nil, err
	}
	return s, b.rows, nil
}

// comparePlaces orders events by time, then by hash.
func comparePlaces(timeA int64, hashA *audit.Hash, timeB int64, hashB *audit.Hash) int {
	return cmp.Or(cmp.Compare(timeA, timeB), bytes.Compare(hashA[:], hashB[:]))
}

type builder struct {
	segment
	records []*record // ordered
	rows    []row
}

func (b *builder) add(table string, place int64, content []byte) {
	b.rows = append(b.rows, row{table, place, content})
}

// pages writes identities and documents. A page of documents begins with time
// and length of each.
func (b *builder) pages() {
	var content []byte
	number := 0
	for page := range slices.Chunk(b.records, pageSize) {
		ids := make([]byte, 0, len(page)*identitySize)
		content = content[:0]
		last := b.firstTime
		for _, r := range page {
			ids = append(append(ids, r.hash[:]...), r.fingerprint[:]...)
			content = binary.AppendUvarint(content, uint64(r.time-last))
			content = binary.AppendUvarint(content, uint64(len(r.document)))
			last = r.time
		}
		for _, r := range page {
			content = append(content, r.document...)
		}
		b.add("identity", pagePlace(b.id, number), ids)
		b.add("document", pagePlace(b.id, number), compress(content))
		number++
	}
}

// order writes times and numbers.
func (b *builder) order() {
	var numbers []byte
	number := b.firstNumber
	for _, r := range b.records {
		numbers = binary.AppendVarint(numbers, r.number-number)
		number = r.number
	}
	b.add("column", place(timeColumn, b.id), packTimes(&b.segment, b.records))
	b.add("column", place(numberColumn, b.id), compress(numbers))
}

// A fieldIndex becomes the dictionary and the column of a field, unless it has
// too many values.
type fieldIndex struct {
	codes  map[string]uint16 // from 1; 0 is absent
	values []string          // by code, from 1
	counts []int             // by code, from 1
	bytes  int
	column []uint16
	keyed  bool
}

func (b *builder) index() error {
	fields := make([]fieldIndex, len(indexed))
	for i, r := range b.records {
		for d := r.document; len(d) > 0; {
			t, value, rest, err := d.next()
			if err != nil {
				return err
			}
			if at := indexOf[t]; at > 0 {
				fields[at-1].put(i, len(b.records), value)
			}
			d = rest
		}
	}
	terms := newHashes(len(b.records))
	for i := range fields {
		f, t := indexed[i], tagOf[indexed[i].Index()]
		b.add("dictionary", place(t, b.id), fields[i].dictionary())
		if fields[i].keyed {
			if err := b.hash(f, t, terms); err != nil {
				return err
			}
		} else if column := fields[i].pack(len(b.records)); column != nil {
			b.add("column", place(t, b.id), column)
		}
	}
	keys := newHashes(len(b.records))
	for i, r := range b.records {
		keys.put(keyOf(&r.hash), i)
	}
	for n := range buckets {
		if content := terms.bucket(n); content != nil {
			b.add("term", place(n, b.id), content)
		}
		if content := keys.bucket(n); content != nil {
			b.add("key", place(n, b.id), content)
		}
	}
	return nil
}

// put notes that event i of n has the value. A field with values for more than a
// quarter of the events is looked up by hash.
func (x *fieldIndex) put(i, n int, value []byte) {
	if x.keyed {
		return
	}
	code, known := x.codes[string(value)]
	if !known {
		if x.bytes += len(value); len(x.values) == min(maxValues, 1+n/4) || x.bytes > maxDictionary {
			*x = fieldIndex{keyed: true}
			return
		}
		if x.codes == nil {
			x.codes, x.column = make(map[string]uint16), make([]uint16, n)
		}
		x.values = append(x.values, string(value))
		x.counts = append(x.counts, 0)
		code = uint16(len(x.values))
		x.codes[string(value)] = code
	}
	x.counts[code-1]++
	x.column[i] = code
}

// dictionary is 1 and nothing for a field that is looked up by hash, else 0 and,
// for each value, how often it is there, its length, and itself.
func (x *fieldIndex) dictionary() []byte {
	if x.keyed {
		return []byte{1}
	}
	b := append(make([]byte, 0, 1+x.bytes+4*len(x.values)), 0)
	for i, v := range x.values {
		b = binary.AppendUvarint(b, uint64(x.counts[i]))
		b = binary.AppendUvarint(b, uint64(len(v)))
		b = append(b, v...)
	}
	return b
}

// width is how many bits a code takes: 1, 2, 4, 8 or 16, and 0 where all n events
// have the same, or none has one.
func width(values int, first int, n int) int {
	if values == 0 || values == 1 && first == n {
		return 0
	}
	w := 1
	for 1<<w <= values {
		w *= 2
	}
	return w
}

func (x *fieldIndex) pack(n int) []byte {
	if len(x.values) == 0 {
		return nil
	}
	w := width(len(x.values), x.counts[0], n)
	if w == 0 {
		return nil
	}
	if w == 16 {
		b := make([]byte, 2*n)
		for i, c := range x.column {
			binary.LittleEndian.PutUint16(b[2*i:], c)
		}
		return b
	}
	b := make([]byte, (n*w+7)/8)
	for i, c := range x.column {
		b[i*w/8] |= byte(c) << (i * w % 8)
	}
	return b
}

// unpack reads the codes of n events.
func unpack(b []byte, w, n int) ([]uint16, error) {
	codes := make([]uint16, n)
	if w == 0 {
		return codes, nil
	}
	if len(b) != (n*w+7)/8 {
		return nil, errDamaged
	}
	switch w {
	case 16:
		for i := range codes {
			codes[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
	case 8:
		for i := range codes {
			codes[i] = uint16(b[i])
		}
	default:
		mask := byte(1<<w - 1)
		for i := range codes {
			codes[i] = uint16(b[i*w/8] >> (i * w % 8) & mask)
		}
	}
	return codes, nil
}

// hash puts each value of a field into terms.
func (b *builder) hash(f *audit.Field, t tag, terms *hashes) error {
	for i, r := range b.records {
		value, err := r.document.field(t)
		if value == nil || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		list, err := texts(f, value)
		if err != nil {
			return err
		}
		for _, v := range list {
			terms.put(termOf(t, v), i)
		}
	}
	return nil
}

// keyOf is what an event is looked up by.
func keyOf(h *audit.Hash) uint64 { return binary.BigEndian.Uint64(h[:]) }

// termOf is what a value of a field is looked up by.
func termOf(t tag, value string) uint64 {
	return xxhash.Sum64String(value) + uint64(t)*0x9e3779b97f4a7c15
}

// hashes hold the events that something with a hash is in.
type hashes struct{ entries [buckets][]uint64 } // rest of the hash << 16 | event

func newHashes(n int) *hashes {
	h := new(hashes)
	for i := range h.entries {
		h.entries[i] = make([]uint64, 0, n/buckets+n/buckets/4)
	}
	return h
}

// split returns the bucket of a hash, and what the bucket keeps of it.
func split(hash uint64) (bucket int, rest uint64) {
	const bucketBits = 6
	return int(hash >> (64 - bucketBits)), hash << bucketBits >> (64 - restBits)
}

// join returns a hash with what a bucket keeps of one.
func join(bucket int, rest uint64) uint64 {
	return uint64(bucket)<<58 | rest<<(58-restBits)
}

func (h *hashes) put(hash uint64, event int) {
	bucket, rest := split(hash)
	h.entries[bucket] = append(h.entries[bucket], rest<<16|uint64(event))
}

// bucket returns its entries in order: each one's rest as uvarint after the one
// before, and its event in two bytes.
func (h *hashes) bucket(n int) []byte {
	entries := h.entries[n]
	if len(entries) == 0 {
		return nil
	}
	slices.Sort(entries)
	b := make([]byte, 0, len(entries)*6)
	last := uint64(0)
	for _, e := range entries {
		b = binary.AppendUvarint(b, e>>16-last)
		b = binary.LittleEndian.AppendUint16(b, uint16(e))
		last = e >> 16
	}
	return b
}

// inBucket calls yield with each entry of a bucket's content.
func inBucket(b []byte, yield func(rest uint64, event int)) error {
	rest := uint64(0)
	for len(b) > 0 {
		delta, n := binary.Uvarint(b)
		if n <= 0 || len(b) < n+2 {
			return errDamaged
		}
		rest += delta
		yield(rest, int(binary.LittleEndian.Uint16(b[n:])))
		b = b[n+2:]
	}
	return nil
}

// lookUp returns the events in the bucket's content that may have the hash.
func lookUp(b []byte, hash uint64) (events []int, err error) {
	_, want := split(hash)
	err = inBucket(b, func(rest uint64, event int) {
		if rest == want {
			events = append(events, event)
		}
	})
	return events, err
}

// parsePage reads the events of a page of s.
func parsePage(day audit.Day, s *segment, number int, ids, documents []byte) ([]record, error) {
	content, err := decompress(documents)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	records := make([]record, min(pageSize, s.size()-number*pageSize))
	if len(ids) != len(records)*identitySize {
		return nil, errDamaged
	}
	sizes := make([]int, len(records))
	at := s.firstTime
	for i := range records {
		delta, n := binary.Uvarint(content)
		if n <= 0 {
			return nil, errDamaged
		}
		size, m := binary.Uvarint(content[n:])
		if m <= 0 {
			return nil, errDamaged
		}
		at += int64(delta)
		content = content[n+m:]
		ids = records[i].identify(ids)
		records[i].day, records[i].time = day, at
		sizes[i] = int(size)
	}
	for i := range records {
		if sizes[i] < 0 || sizes[i] > len(content) {
			return nil, errDamaged
		}
		records[i].document = content[:sizes[i]:sizes[i]]
		content = content[sizes[i]:]
	}
	return records, nil
}

// parseNumbers reads the numbers of the events of s, in the order of the segment.
func parseNumbers(packed []byte, s *segment) ([]int64, error) {
	b, err := decompress(packed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return parseDeltas(b, s.firstNumber, s.size())
}

// times are the times of the events of a segment: each as bytes after the first,
// little-endian, of as many bytes as the last one takes.
type times struct {
	segment *segment
	b       []byte
	width   int
}

func timeWidth(s *segment) int {
	return max(1, (bits.Len64(uint64(s.lastTime-s.firstTime))+7)/8)
}

func packTimes(s *segment, records []*record) []byte {
	w := timeWidth(s)
	b := make([]byte, 0, w*len(records)+8)
	for _, r := range records {
		b = binary.LittleEndian.AppendUint64(b, uint64(r.time-s.firstTime))
		b = b[:len(b)-8+w]
	}
	return b
}

func parseTimes(s *segment, b []byte) (times, error) {
	t := times{segment: s, b: b, width: timeWidth(s)}
	if len(b) != t.width*s.size() {
		return t, errDamaged
	}
	return t, nil
}

func (t *times) at(event int) int64 {
	after := uint64(0)
	for i := range t.width {
		after |= uint64(t.b[event*t.width+i]) << (8 * i)
	}
	return t.segment.firstTime + int64(after)
}

// search returns the first event from one on that happened at a time or later.
func (t *times) search(from int, time int64) int {
	return from + sort.Search(t.segment.size()-from, func(i int) bool { return t.at(from+i) >= time })
}

// parseDeltas reads n numbers, each as varint after the one before.
func parseDeltas(b []byte, first int64, n int) ([]int64, error) {
	all := make([]int64, n)
	for i := range all {
		delta, size := binary.Varint(b)
		if size <= 0 {
			return nil, errDamaged
		}
		first += delta
		all[i] = first
		b = b[size:]
	}
	return all, nil
}

// A bitset marks events of a segment.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 == 1 }

// fill marks the events from lo up to hi.
func (b bitset) fill(lo, hi int) {
	for ; lo < hi && lo%64 != 0; lo++ {
		b.set(lo)
	}
	for ; lo+64 <= hi; lo += 64 {
		b[lo/64] = ^uint64(0)
	}
	for ; lo < hi; lo++ {
		b.set(lo)
	}
}

func (b bitset) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// each calls yield with each marked event.
func (b bitset) each(yield func(i int)) {
	for at, w := range b {
		for ; w != 0; w &= w - 1 {
			yield(at*64 + bits.TrailingZeros64(w))
		}
	}
}
