package elasticsearch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store/spool"
)

const (
	minRequest = 64 << 10 // bytes: a bulk does not shrink below
	linger     = 500 * time.Millisecond
	maxRefresh = 10 * time.Second // longest time between two refreshes
)

// shipper takes frames out of the spool into the cluster.
type shipper struct {
	store *Store
	slots chan struct{} // bulks under way
	ended chan struct{} // one of them ended
	held  *spool.Frame  // read already, for the next bulk

	mu     sync.Mutex
	size   int // bytes of a bulk that the cluster takes well, before compression
	failed map[int]error
	bulks  int

	shipped []delivery    // not refreshed yet
	wake    chan struct{} // there is something to refresh
}

// A delivery is a frame that arrived, and how that came out.
type delivery struct {
	frame   spool.Frame
	counts  spool.Counts
	indices []string
}

func (h *shipper) init(s *Store) {
	h.store = s
	h.slots, h.ended = make(chan struct{}, s.Concurrency), make(chan struct{}, 1)
	h.size = s.RequestSize
	h.failed = map[int]error{}
	h.wake = make(chan struct{}, 1)
}

// problem says what keeps a bulk from arriving.
func (h *shipper) problem() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, err := range h.failed {
		return "Elasticsearch does not take events: " + err.Error()
	}
	return ""
}

// stopped says that a bulk waits for a person to set something right.
func (h *shipper) stopped() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, err := range h.failed {
		if errors.Is(err, ErrSetup) {
			return true
		}
	}
	return false
}

// run ships until the context ends. Frames go in the order of the spool, several
// bulks at a time; an exclusive frame goes alone, after all before it and before
// all after it. While a bulk is under way, others grow for a while: many small ones
// cost the cluster far more.
func (h *shipper) run(ctx context.Context) {
	var bulks sync.WaitGroup
	defer bulks.Wait()
	for h.store.setup.wait(ctx) {
		frames, exclusive, err := h.gather(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			h.store.log.Error("The spool cannot be read.", zap.Error(err))
			if !pause(ctx, time.Second) {
				return
			}
			continue
		}
		if len(frames) == 0 {
			select {
			case <-h.store.spool.Ready():
				continue
			case <-ctx.Done():
				return
			}
		}
		if exclusive {
			bulks.Wait()
		}
		select {
		case h.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		bulks.Go(func() {
			h.ship(ctx, frames, exclusive)
			<-h.slots
			select {
			case h.ended <- struct{}{}:
			default:
			}
		})
		if exclusive {
			bulks.Wait()
		}
	}
}

// gather reads the frames of one bulk. Where there are too few to fill it, it waits
// for more until no other is under way, and at most for linger: a bulk that does not
// arrive keeps nothing else from arriving.
func (h *shipper) gather(ctx context.Context) (frames []spool.Frame, exclusive bool, err error) {
	var late <-chan time.Time
	for {
		var full bool
		frames, exclusive, full, err = h.collect(frames)
		if err != nil || full || len(frames) == 0 || len(h.slots) == 0 {
			return frames, exclusive, err
		}
		if late == nil {
			timer := time.NewTimer(linger)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-h.store.spool.Ready():
		case <-h.ended:
		case <-late:
			return frames, exclusive, nil
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}

// collect adds frames to those of a bulk. It is full if no other may follow.
func (h *shipper) collect(frames []spool.Frame) (_ []spool.Frame, exclusive, full bool, err error) {
	size, raw := h.limit(), 0
	for _, f := range frames {
		raw += f.Raw
	}
	for raw < size {
		f, err := h.next()
		if err != nil && len(frames) > 0 {
			return frames, false, true, nil // the error comes again
		}
		if err != nil || f == nil {
			return frames, false, false, err
		}
		exclusive = decodeNote(f.Note).exclusive
		if len(frames) > 0 && (exclusive || raw+f.Raw > size || isZipped(f.Data) != isZipped(frames[0].Data)) {
			h.held = f
			return frames, false, true, nil
		}
		frames = append(frames, *f)
		if exclusive {
			return frames, true, true, nil
		}
		raw += f.Raw
	}
	return frames, false, true, nil
}

func (h *shipper) next() (*spool.Frame, error) {
	if f := h.held; f != nil {
		h.held = nil
		return f, nil
	}
	f, ok, err := h.store.spool.Next()
	if err != nil || !ok {
		return nil, err
	}
	return &f, nil
}

// ship brings the records of frames into the cluster. It returns when all have
// arrived, or when the context ends: then they are in the spool still.
func (h *shipper) ship(ctx context.Context, frames []spool.Frame, exclusive bool) {
	h.mu.Lock()
	h.bulks++
	number := h.bulks
	h.mu.Unlock()
	counts, err := h.deliver(ctx, number, frames, exclusive)
	h.clear(number)
	if err != nil {
		return // the context has ended
	}
	h.mu.Lock()
	for i, f := range frames {
		note := decodeNote(f.Note)
		f.Data, f.Note = nil, nil
		h.shipped = append(h.shipped, delivery{f, counts[i], note.indices})
	}
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// deliver tries until all has arrived. Its only error is that of the context.
func (h *shipper) deliver(ctx context.Context, number int, frames []spool.Frame, exclusive bool) ([]spool.Counts, error) {
	wait := newBackoff(h.store.RetryAtMost)
	var items []*item
	counts := make([]spool.Counts, len(frames))
	for {
		var err error
		if items == nil && !exclusive {
			items, err = h.sendFrames(ctx, frames, counts)
			if err == nil && items == nil {
				return counts, nil
			}
		} else {
			if items == nil {
				items, err = h.unpack(frames)
			}
			if err == nil {
				err = h.settle(ctx, items)
			}
		}
		if err == nil && items != nil && !slices.ContainsFunc(items, func(i *item) bool { return i.done == waiting }) {
			clear(counts)
			for _, i := range items {
				i.add(&counts[i.frame])
			}
			return counts, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil {
			if err = firstProblem(items); err == nil {
				continue // more is known now; nothing failed
			}
		}
		if isStatus(err, http.StatusRequestEntityTooLarge) && items == nil { // send its lines in parts
			h.shrink()
			if items, err = h.unpack(frames); err == nil {
				continue
			}
		}
		h.fail(number, err)
		if !pause(ctx, wait.next()) || !h.store.setup.wait(ctx) {
			return nil, ctx.Err()
		}
	}
}

func firstProblem(items []*item) error {
	for _, i := range items {
		if i.done == waiting && i.problem != nil {
			return fmt.Errorf("index %s: %s: %s", i.index, i.problem.Type, i.problem.Reason)
		}
	}
	return nil
}

func (h *shipper) unpack(frames []spool.Frame) (items []*item, err error) {
	for n, f := range frames {
		more, err := h.store.items(n, f)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
	}
	return items, nil
}

// fail notes why a bulk did not arrive, and makes the next ones smaller where that
// may help.
func (h *shipper) fail(number int, err error) {
	if isStatus(err, http.StatusTooManyRequests) || errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "es_rejected_execution_exception") {
		h.shrink()
	}
	if isStatus(err, http.StatusForbidden) || errors.Is(err, ErrSetup) {
		h.store.setup.broken("")
	}
	h.mu.Lock()
	was, known := h.failed[number]
	h.failed[number] = err
	h.mu.Unlock()
	if !known || was.Error() != err.Error() {
		h.store.log.Warn("Events could not be sent to Elasticsearch; they are tried again.", zap.Error(err))
	}
}

func (h *shipper) clear(number int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.failed, number)
}

func (h *shipper) shrink() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.size = max(h.size/2, minRequest)
}

func (h *shipper) grow() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.size = min(h.size+h.size/8, h.store.RequestSize)
}

// sendFrames sends frames as they are. It returns the records as items if one of
// them was not simply stored.
func (h *shipper) sendFrames(ctx context.Context, frames []spool.Frame, counts []spool.Counts) ([]*item, error) {
	records := 0
	pieces := make([]piece, len(frames))
	for i, f := range frames {
		if err := h.ensure(ctx, decodeNote(f.Note).indices); err != nil {
			return nil, err
		}
		pieces[i], records = piece{f.Data, f.Raw}, records+f.Records
	}
	began := time.Now()
	answer, err := h.bulk(ctx, pieces, records)
	if err != nil {
		return nil, err
	}
	if time.Since(began) < time.Second {
		h.grow()
	}
	if answer == nil {
		for i, f := range frames {
			counts[i] = spool.Counts{Stored: int64(f.Records), Received: decodeNote(f.Note).received}
		}
		return nil, nil
	}
	items, err := h.unpack(frames)
	if err != nil {
		return nil, err
	}
	h.apply(items, answer)
	return items, nil
}

func (h *shipper) ensure(ctx context.Context, indices []string) error {
	for _, index := range indices {
		if err := h.store.ensure(ctx, index); err != nil {
			return err
		}
	}
	return nil
}

// A result is what became of one record of a bulk.
type result struct {
	Status int
	Error  *itemError
}

// A piece of a bulk is the lines of a frame.
type piece struct {
	packed []byte
	lines  int // bytes of them, unpacked
}

// A bulkRequest sends its pieces one after the other: they need no room together.
type bulkRequest struct {
	esapi.BulkRequest
	pieces []piece // all of them for the cluster to unpack, or none
}

// Do implements [request].
func (r bulkRequest) Do(ctx context.Context, transport esapi.Transport) (*esapi.Response, error) {
	return r.BulkRequest.Do(ctx, inPieces{transport, r.pieces})
}

// inPieces is a transport of requests whose body is in pieces.
type inPieces struct {
	esapi.Transport
	pieces []piece
}

// Perform implements [esapi.Transport].
func (t inPieces) Perform(req *http.Request) (*http.Response, error) {
	for _, p := range t.pieces {
		if isZipped(p.packed) {
			req.ContentLength += int64(len(p.packed))
		} else {
			req.ContentLength += int64(p.lines)
		}
	}
	req.GetBody = func() (io.ReadCloser, error) { // once more for each try
		return io.NopCloser(&piecesReader{pieces: t.pieces}), nil
	}
	req.Body, _ = req.GetBody()
	return t.Transport.Perform(req)
}

// A piecesReader reads pieces one after the other, as the cluster shall get them.
type piecesReader struct {
	pieces []piece
	rest   []byte // of the piece before
}

func (r *piecesReader) Read(b []byte) (n int, err error) {
	for len(r.rest) == 0 {
		if len(r.pieces) == 0 {
			return 0, io.EOF
		}
		r.rest = r.pieces[0].packed
		if !isZipped(r.rest) {
			if r.rest, err = unpack(r.rest); err != nil {
				return 0, err
			}
		}
		r.pieces = r.pieces[1:]
	}
	n = copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// bulk sends lines, which ask for an alias so that no index is made on the
// way. It returns nil if every record was stored, else what became of each.
func (h *shipper) bulk(ctx context.Context, pieces []piece, records int) ([]result, error) {
	requireAlias := true
	header := http.Header{"Content-Type": {"application/x-ndjson"}}
	if isZipped(pieces[0].packed) {
		header.Set("Content-Encoding", "gzip")
	}
	var text json.RawMessage
	err := h.store.client.do(ctx, bulkRequest{esapi.BulkRequest{
		RequireAlias: &requireAlias, Header: header,
		FilterPath: []string{"errors", "items.*.status", "items.*.error.type", "items.*.error.reason"},
	}, pieces}, &text)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(text, []byte(`"errors":false`)) && bytes.Count(text, []byte(`"status":201}`)) == records {
		return nil, nil
	}
	var answer struct{ Items []map[string]result }
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	if len(answer.Items) != records {
		return nil, fmt.Errorf("the cluster answered for %d of %d records", len(answer.Items), records)
	}
	results := make([]result, records)
	for i, of := range answer.Items {
		for _, r := range of {
			results[i] = r
		}
	}
	return results, nil
}

// ofTheDocument are the errors that no retry mends: the document cannot be stored.
var ofTheDocument = []string{
	"document_parsing_exception", "mapper_parsing_exception", "strict_dynamic_mapping_exception", "x_content_parse_exception", "not_x_content_exception",
}

// apply takes the results of a bulk over into its items.
func (h *shipper) apply(items []*item, results []result) {
	for n, i := range items {
		r := results[n]
		i.problem = nil
		switch {
		case r.Status == http.StatusCreated:
			i.done = stored
			if i.dead {
				i.done = setAside
			}
		case r.Status == http.StatusConflict:
			i.taken = true
		case r.Error != nil && !i.dead && slices.Contains(ofTheDocument, r.Error.Type):
			h.reject(i, r.Error)
		case r.Error != nil:
			i.problem = r.Error
			if r.Error.Type == "index_not_found_exception" || r.Error.Type == "index_closed_exception" {
				h.store.setup.broken(i.index)
			}
		default:
			i.problem = &itemError{Type: fmt.Sprintf("status %d", r.Status), Reason: "no reason was given"}
		}
	}
}

// reject sets aside what the cluster cannot hold. What its reason quotes of the
// record is left out.
func (h *shipper) reject(i *item, cause *itemError) {
	s := h.store
	l := audit.DeadLetter{Reason: audit.ReasonRejected, Detail: audit.Clean("Elasticsearch: "+cause.Type+": "+withoutValues(cause.Reason), 1024)}
	var err error
	if l.Event, err = decodeEvent(i.doc, audit.ID{Day: i.day, Hash: i.id}); err != nil {
		l.Event.ID, l.Event.Fingerprint = audit.ID{Day: i.day, Hash: i.id}, i.fingerprint
		l.Detail = audit.Clean(l.Detail+"; its fields could not be read again", 1024)
	}
	l.Event.Fingerprint = i.fingerprint
	s.log.Warn("Elasticsearch cannot hold an event; it is set aside.", zap.Stringer("id", l.Event.ID), zap.String("reason", cause.Type))
	r := s.setAside(&l)
	r.id.Day = audit.DayOf(s.Now())
	lines := s.names.appendLetter(nil, s.spool.Instance(), i.sequence, r.id, s.Now(), &l)
	_, doc, _ := bytes.Cut(bytes.TrimSuffix(lines, []byte("\n")), []byte("\n"))
	i.dead, i.lookBack, i.taken = true, true, false
	i.index, i.day, i.hash, i.doc = s.names.deadLetters(r.id.Day), r.id.Day, i.id, doc
}

// withoutValues cuts a reason where it begins to quote the document.
func withoutValues(reason string) string {
	for _, quote := range []string{"\n", " at [Source", " Preview of field's value", ": \"", " '"} {
		reason, _, _ = strings.Cut(reason, quote)
	}
	return reason
}

// settle goes one step further with what is not done, day by day: a record that is
// looked for in the day before finds that day written.
func (h *shipper) settle(ctx context.Context, items []*item) error {
	for {
		step := nextStep(items)
		if len(step) == 0 {
			return nil
		}
		var look []*item
		for _, i := range step {
			if i.taken || i.lookBack {
				look = append(look, i)
			}
		}
		if err := h.store.place(ctx, look); err != nil {
			return err
		}
		step = slices.DeleteFunc(step, func(i *item) bool { return i.done != waiting })
		for part := range parts(step, h.limit()) {
			if err := h.send(ctx, part); err != nil {
				return err
			}
		}
		if firstProblem(step) != nil {
			return nil // the caller waits before it tries again
		}
	}
}

// nextStep returns what is not done of the first day that has such, events before
// what is set aside.
func nextStep(items []*item) (step []*item) {
	for _, i := range items {
		if i.done != waiting {
			continue
		}
		if len(step) > 0 {
			switch first := step[0]; {
			case i.dead && !first.dead || i.dead == first.dead && i.day > first.day:
				continue
			case i.dead != first.dead || i.day < first.day:
				step = step[:0]
			}
		}
		step = append(step, i)
	}
	return step
}

func (h *shipper) limit() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.size
}

// parts cuts items into parts of at most size bytes, each at least one item.
func parts(items []*item, size int) func(yield func([]*item) bool) {
	return func(yield func([]*item) bool) {
		for len(items) > 0 {
			n, bytes := 0, 0
			for n < len(items) && (n == 0 || bytes+len(items[n].doc) <= size) {
				bytes += len(items[n].doc)
				n++
			}
			if !yield(items[:n]) {
				return
			}
			items = items[n:]
		}
	}
}

// send sends items one by one in a bulk. One that is too large even alone is set
// aside.
func (h *shipper) send(ctx context.Context, items []*item) error {
	var lines []byte
	for _, i := range items {
		if err := h.store.ensure(ctx, i.index); err != nil {
			return err
		}
		lines = h.store.names.appendAction(lines, i.index, i.hash)
		lines = append(append(lines, i.doc...), '\n')
	}
	packed, err := h.store.client.pack(lines)
	if err != nil {
		return err
	}
	results, err := h.bulk(ctx, []piece{{packed, len(lines)}}, len(items))
	if isStatus(err, http.StatusRequestEntityTooLarge) {
		if len(items) > 1 {
			return errors.Join(h.send(ctx, items[:len(items)/2]), h.send(ctx, items[len(items)/2:]))
		}
		if !items[0].dead {
			h.reject(items[0], &itemError{Type: "request_too_large", Reason: "the cluster, or a proxy before it, takes no request of this size"})
			return nil
		}
	}
	if err != nil {
		return err
	}
	if results == nil {
		results = slices.Repeat([]result{{Status: http.StatusCreated}}, len(items))
	}
	h.apply(items, results)
	return nil
}

// place looks where records are, or can be, stored: under their own id, or, where
// another record has that, under that of a conflict. It marks those that are
// stored already; the same number of the same spool is this very record, which
// arrived before a crash.
func (s *Store) place(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	found, err := s.find(ctx, items)
	if err != nil {
		return err
	}
	for _, i := range items {
		i.taken = false
		i.place(found, s.spool.Instance())
	}
	return nil
}

// A place is a document's, as far as its identity goes.
type place struct {
	deadLetters bool
	day         audit.Day
	hash        audit.Hash
}

func (i *item) place(found map[place]document, instance string) {
	for _, hash := range []audit.Hash{i.id, audit.ConflictHash(i.id, i.fingerprint)} {
		own, taken := found[place{i.dead, i.day, hash}]
		same := taken && own.fingerprint() == i.fingerprint
		if same && own.text(fieldInstance) == instance && own.sequence() == i.sequence {
			i.done = stored
			if i.dead {
				i.done = setAside
			}
			return
		}
		if i.lookBack {
			before, there := found[place{i.dead, i.day - 1, hash}]
			taken = taken || there
			same = same || there && before.fingerprint() == i.fingerprint
		}
		if same {
			i.done = duplicate
			return
		}
		if !taken {
			i.moveTo(hash)
			return
		}
	}
	i.done = duplicate // two records have one conflict hash, which is as likely as one SHA-256 for two
}

// moveTo changes the document for another id, and marks it.
func (i *item) moveTo(hash audit.Hash) {
	if i.hash == hash {
		return
	}
	i.hash = hash
	var d document
	if json.Unmarshal(i.doc, &d) != nil {
		return
	}
	d[fieldID], _ = json.Marshal(hash.String())
	if i.dead {
		if l, err := d.letter(); err == nil {
			l.Event.ID.Hash = hash
			l.Event.SetFlag(audit.IDConflict, true)
			d[fieldLetter], _ = json.Marshal(encodeLetter(&l))
		}
	} else {
		d[audit.IDConflict.ECS] = json.RawMessage("true")
	}
	i.doc, _ = json.Marshal(d)
}

// find gets the documents that have, or could have, the records' ids.
func (s *Store) find(ctx context.Context, items []*item) (map[place]document, error) {
	type doc struct {
		Index string `json:"_index"`
		ID    string `json:"_id"`
	}
	var docs []doc
	for _, i := range items {
		for _, hash := range []audit.Hash{i.id, audit.ConflictHash(i.id, i.fingerprint)} {
			for back := audit.Day(0); back == 0 || back == 1 && i.lookBack; back++ {
				index := s.names.events(i.day - back)
				if i.dead {
					index = s.names.deadLetters(i.day - back)
				}
				docs = append(docs, doc{index, docID(hash)})
			}
		}
	}
	found := map[place]document{}
	for part := range slices.Chunk(docs, 1000) {
		var answer struct {
			Docs []struct {
				Index  string `json:"_index"`
				ID     string `json:"_id"`
				Found  bool
				Source document `json:"_source"`
				Error  *itemError
			}
		}
		err := s.client.do(ctx, esapi.MgetRequest{
			Body: body(object{"docs": part}), SourceIncludes: []string{fieldFingerprint, fieldInstance, fieldSequence},
		}, &answer)
		if err != nil {
			return nil, err
		}
		if len(answer.Docs) != len(part) {
			return nil, fmt.Errorf("the cluster answered for %d of %d documents", len(answer.Docs), len(part))
		}
		for _, d := range answer.Docs {
			if d.Error != nil && d.Error.Type != "index_not_found_exception" {
				return nil, fmt.Errorf("index %s: %s: %s", d.Index, d.Error.Type, d.Error.Reason)
			}
			if !d.Found {
				continue
			}
			day, dead, ok := s.names.parse(d.Index)
			hash, err := parseDocID(d.ID)
			if ok && err == nil {
				found[place{dead, day, hash}] = d.Source
			}
		}
	}
	return found, nil
}

// refreshAll makes what was shipped searchable, many frames at a time, and tells
// the spool.
func (h *shipper) refreshAll(ctx context.Context) {
	wait := newBackoff(h.store.RetryAtMost)
	for {
		select {
		case <-h.wake:
		case <-ctx.Done():
			return
		}
		var next time.Duration
		for {
			began := time.Now()
			records, err := h.refresh(ctx)
			if err == nil {
				wait.reset()
				next = h.refreshAgain(records, time.Since(began))
				break
			}
			h.fail(0, fmt.Errorf("refresh: %w", err))
			if !pause(ctx, wait.next()) {
				return
			}
		}
		h.clear(0)
		if !h.rest(ctx, next) {
			return
		}
	}
}

// rest waits before the next refresh; less where something waits for it and
// nothing more comes: the end of a burst is not kept from being found.
func (h *shipper) rest(ctx context.Context, d time.Duration) bool {
	waiting := 0
	for d > 0 {
		part := min(d, h.store.RefreshEvery)
		if !pause(ctx, part) {
			return false
		}
		d -= part
		h.mu.Lock()
		now := len(h.shipped)
		h.mu.Unlock()
		if now > 0 && now == waiting && len(h.slots) == 0 {
			return true
		}
		waiting = now
	}
	return true
}

// refreshAgain is for how long the next refresh waits. Under load it is a small
// part of the cluster's time: each leaves a segment, to be merged with others.
func (h *shipper) refreshAgain(records int, took time.Duration) time.Duration {
	const few, part = 2000, 20
	if records < few {
		return h.store.RefreshEvery
	}
	return max(h.store.RefreshEvery, min(part*took, maxRefresh))
}

// refresh makes all that was shipped searchable; it returns how many records.
func (h *shipper) refresh(ctx context.Context) (records int, err error) {
	h.mu.Lock()
	shipped := h.shipped
	h.mu.Unlock()
	var indices []string
	for _, d := range shipped {
		indices = append(indices, d.indices...)
		records += d.frame.Records
	}
	for _, d := range shipped {
		if d.counts.DeadLetters > 0 { // may be another index than was asked for
			indices = append(indices, h.store.names.deadLetters(audit.DayOf(h.store.Now())), h.store.names.deadLetters(audit.DayOf(h.store.Now())-1))
			break
		}
	}
	slices.Sort(indices)
	for part := range slices.Chunk(slices.Compact(indices), maxIndices) {
		gone := true
		var answer struct {
			Shards shards `json:"_shards"`
		}
		err := h.store.client.do(ctx, esapi.IndicesRefreshRequest{Index: part, IgnoreUnavailable: &gone, AllowNoIndices: &gone}, &answer)
		if err == nil {
			err = answer.Shards.err()
		}
		if err != nil {
			return 0, err
		}
	}
	done := 0
	for ; done < len(shipped) && err == nil; done++ {
		err = h.store.spool.Done(shipped[done].frame, shipped[done].counts)
	}
	if err != nil {
		done-- // it is tried again
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shipped = slices.Clone(h.shipped[done:])
	return records, err
}

// shards say whether an answer is whole.
type shards struct {
	Failed   int
	Failures []struct {
		Index  string
		Reason itemError
	}
}

func (s shards) err() error {
	if s.Failed == 0 {
		return nil
	}
	if len(s.Failures) == 0 {
		return fmt.Errorf("%d shards failed", s.Failed)
	}
	f := s.Failures[0]
	return fmt.Errorf("%d shards failed, the first of index %s: %s: %s", s.Failed, f.Index, f.Reason.Type, f.Reason.Reason)
}
