package elasticsearch

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/spool"
)

const (
	maxFrame        = 1 << 20 // bytes of bulk lines in one frame, before they are compressed
	maxFrameRecords = 2000
)

// A record is an event, or one that is set aside, on its way to the spool.
type record struct {
	event    *audit.Event
	letter   *audit.DeadLetter // nil for an event
	id       audit.ID
	received time.Time
}

// account is whose share of the spool the record takes; "" for what the program
// itself reports, so that owners can read while their account floods.
func (r *record) account() string {
	e := r.event
	if r.letter != nil {
		e = &r.letter.Event
	}
	if e.Text(audit.Sender) == store.Own {
		return ""
	}
	return e.Text(audit.Account)
}

// Write implements [store.Writer]: it returns when the batch is in the spool.
func (s *Store) Write(ctx context.Context, batch store.Batch) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := batch.Validate(); err != nil {
		return err
	}
	records, exclusive := s.records(batch)
	if len(records) == 0 {
		return nil
	}
	frames, err := s.frames(records, exclusive)
	if err != nil {
		return err
	}
	err = s.spool.Append(ctx, frames...)
	for _, f := range frames {
		packedBuffers.put(f.Data) // the spool has written it, or will never
	}
	return err
}

// records lists what is to be stored, oldest day first. It is exclusive if one of
// them must look for its id in the day before, where everything that was written
// earlier must have arrived.
func (s *Store) records(batch store.Batch) (records []record, exclusive bool) {
	records = make([]record, 0, len(batch.Events)+len(batch.DeadLetters))
	var letters []record
	for i := range batch.Events {
		e := &batch.Events[i]
		if s.expired(e.ID.Day) {
			letters = append(letters, s.setAside(&audit.DeadLetter{Event: *e, Reason: audit.ReasonRejected, Detail: "its day is older than the retention"}))
			continue
		}
		exclusive = exclusive || e.FiledWhenReceived()
		records = append(records, record{event: e, id: e.ID, received: e.Instant(audit.Received)})
	}
	if exclusive {
		slices.SortStableFunc(records, func(a, b record) int { return cmp.Compare(a.id.Day, b.id.Day) })
	}
	for i := range batch.DeadLetters {
		letters = append(letters, s.setAside(&batch.DeadLetters[i]))
	}
	return append(records, letters...), exclusive || len(letters) > 0
}

func (s *Store) setAside(l *audit.DeadLetter) record {
	r := record{letter: l, id: l.Event.ID, received: l.Event.Instant(audit.Received)}
	if r.received.IsZero() {
		r.received = r.id.Day.Start()
	}
	if s.expired(r.id.Day) {
		r.received = s.Now()
		r.id.Day = audit.DayOf(r.received)
	}
	return r
}

// frames encodes and compresses records, once: what the cluster gets compressed is sent
// as it is in its frame.
func (s *Store) frames(records []record, exclusive bool) (frames []spool.Frame, err error) {
	first, instance := s.spool.Reserve(len(records)), s.spool.Instance()
	lines := lineBuffers.get()
	defer func() { lineBuffers.put(lines) }()
	for len(records) > 0 {
		lines = lines[:0]
		note := note{exclusive: exclusive}
		n := 0
		for n < len(records) && n < maxFrameRecords && len(lines) < maxFrame {
			r := &records[n]
			sequence := first + uint64(n)
			if r.letter != nil {
				lines = s.names.appendLetter(lines, instance, sequence, r.id, r.received, r.letter)
				note.addIndex(s.names.deadLetters(r.id.Day))
			} else {
				lines = s.names.appendEvent(lines, instance, sequence, r.event)
				note.addIndex(s.names.events(r.id.Day))
				note.received = max(note.received, r.received.UnixNano())
			}
			note.addShare(r.account())
			n++
		}
		packed, err := s.client.pack(lines)
		if err != nil {
			return nil, err
		}
		frames = append(frames, spool.Frame{First: first, Records: n, Raw: len(lines), Note: note.encode(), Data: packed})
		records, first = records[n:], first+uint64(n)
	}
	return frames, nil
}

// A bufferPool keeps buffers for later, at their largest.
type bufferPool struct{ sync.Pool }

func (p *bufferPool) get() []byte {
	if b, ok := p.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return nil
}

func (p *bufferPool) put(b []byte) { p.Put(&b) }

var (
	lineBuffers, packedBuffers bufferPool

	packers = sync.Pool{New: func() any {
		w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
		if err != nil {
			panic(err) // the level is a constant
		}
		return w
	}}
)

// How the data of a frame is compressed: its first byte.
const (
	inGzip = 0x1f // as the cluster takes it: a member of gzip, and members after one another are one text
	inS2   = 's'  // for less CPU, where the cluster gets it as it was: an S2 block after this byte
)

// pack compresses lines as they wait in the spool.
func (c *client) pack(lines []byte) ([]byte, error) {
	if c.compressed {
		return zip(lines)
	}
	n := s2.MaxEncodedLen(len(lines))
	if n < 0 {
		return nil, s2.ErrTooLarge
	}
	packed := append(slices.Grow(packedBuffers.get(), 1+n), inS2)
	return packed[:1+len(s2.Encode(packed[1:1+n], lines))], nil
}

// zip returns lines as a member of gzip.
func zip(lines []byte) ([]byte, error) {
	packed := bytes.NewBuffer(packedBuffers.get())
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	w.Reset(packed)
	if _, err := w.Write(lines); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

func isZipped(packed []byte) bool { return len(packed) > 0 && packed[0] == inGzip }

// unpack returns the lines of a frame.
func unpack(packed []byte) ([]byte, error) {
	if len(packed) > 0 && packed[0] == inS2 {
		return s2.Decode(nil, packed[1:])
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// A note is what the shipper knows of a frame without unpacking it.
type note struct {
	exclusive bool
	received  int64 // newest time received of its events, ns
	indices   []string
	shares    []spool.Share // whose its records are, but for the program's own
}

func (n *note) addShare(account string) {
	if account == "" {
		return
	}
	for i := len(n.shares) - 1; i >= 0; i-- { // mostly it is the last one again
		if n.shares[i].Account == account {
			n.shares[i].Records++
			return
		}
	}
	n.shares = append(n.shares, spool.Share{Account: account, Records: 1})
}

func (n *note) addIndex(index string) {
	if k := len(n.indices); k > 0 && n.indices[k-1] == index || slices.Contains(n.indices, index) {
		return
	}
	n.indices = append(n.indices, index)
}

func (n *note) encode() []byte {
	b := make([]byte, 9, 9+len(n.indices)*24)
	if n.exclusive {
		b[0] = 1
	}
	binary.LittleEndian.PutUint64(b[1:], uint64(n.received))
	for i, index := range n.indices {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, index...)
	}
	b = append(b, 0) // is in no name of an index
	for _, s := range n.shares {
		b = binary.AppendUvarint(b, uint64(s.Records))
		b = binary.AppendUvarint(b, uint64(len(s.Account)))
		b = append(b, s.Account...)
	}
	return b
}

func decodeNote(b []byte) (n note) {
	if len(b) < 9 {
		return n
	}
	n.exclusive, n.received = b[0] == 1, int64(binary.LittleEndian.Uint64(b[1:]))
	indices, shares, _ := bytes.Cut(b[9:], []byte{0})
	for index := range bytes.SplitSeq(indices, []byte(" ")) {
		n.indices = append(n.indices, string(index))
	}
	for len(shares) > 0 {
		records, k := binary.Uvarint(shares)
		length, l := binary.Uvarint(shares[max(k, 0):])
		if k <= 0 || l <= 0 || length > uint64(len(shares)-k-l) {
			break
		}
		end := k + l + int(length)
		n.shares = append(n.shares, spool.Share{Account: string(shares[k+l : end]), Records: int(records)})
		shares = shares[end:]
	}
	return n
}

func sharesOf(note []byte) []spool.Share { return decodeNote(note).shares }

// An item is one record on its way to the cluster, where not all of its frame went
// the same way.
type item struct {
	frame int    // whose it is
	index string // where it goes
	day   audit.Day
	id    audit.Hash // the record's own
	hash  audit.Hash // under which it is stored; another where its own is taken
	doc   []byte     // its line

	fingerprint audit.Fingerprint
	sequence    uint64
	received    int64
	dead        bool // it is set aside
	lookBack    bool // its id is looked for in the day before, too
	taken       bool // its id was found to be taken
	done        outcome
	problem     *itemError // why it could not be stored last
}

type outcome uint8

const (
	waiting outcome = iota
	stored
	duplicate
	setAside
)

func (i *item) add(c *spool.Counts) {
	switch i.done {
	case stored:
		c.Stored++
		c.Received = max(c.Received, i.received)
	case duplicate:
		c.Duplicates++
	case setAside:
		c.DeadLetters++
	}
}

var errLines = errors.New("lines of a bulk are not as they were written")

// items unpacks a frame.
func (s *Store) items(number int, f spool.Frame) (items []*item, err error) {
	text, err := unpack(f.Data)
	if err != nil {
		return nil, fmt.Errorf("unpack a frame of the spool: %w", err)
	}
	for len(text) > 0 {
		action, rest, ok := bytes.Cut(text, []byte("\n"))
		doc, after, ok2 := bytes.Cut(rest, []byte("\n"))
		if !ok || !ok2 {
			return nil, errLines
		}
		i, err := s.item(action, doc)
		if err != nil {
			return nil, err
		}
		i.frame = number
		items, text = append(items, i), after
	}
	if len(items) != f.Records {
		return nil, errLines
	}
	return items, nil
}

func (s *Store) item(action, doc []byte) (*item, error) {
	var a struct {
		Create struct {
			Index string `json:"_index"`
			ID    string `json:"_id"`
		}
	}
	if err := json.Unmarshal(action, &a); err != nil {
		return nil, err
	}
	var d document
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, err
	}
	i := &item{index: s.names.written(a.Create.Index), doc: doc, fingerprint: d.fingerprint(), sequence: d.sequence()}
	var ok bool
	if i.day, i.dead, ok = s.names.parse(i.index); !ok {
		return nil, fmt.Errorf("%w: %q is no index of %q", errLines, i.index, s.names.prefix)
	}
	hash, err := parseDocID(a.Create.ID)
	if err != nil {
		return nil, err
	}
	i.id, i.hash = hash, hash
	if i.dead {
		i.lookBack = true
		return i, nil
	}
	var at, received time.Time
	json.Unmarshal(d[audit.Time.ECS], &at)
	json.Unmarshal(d[audit.Received.ECS], &received)
	i.received, i.lookBack = received.UnixNano(), at.Equal(received)
	return i, nil
}
