package spool_test

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"

	"github.com/auditlog/auditlog/store/spool"
)

// A recorder is a directory in memory that knows what a power cut may leave of it:
// of each file what was synced and any of the writes since, whole or torn; of the
// names those that were synced and a first part of the changes since.
type recorder struct {
	mu      sync.Mutex
	names   map[string]*content
	durable map[string]*content // names as of the last sync of the directory
	changes []map[string]*content
	cut     func() // called before each operation that changes something
	fail    func(operation string) error

	capacity int // bytes that all files have together; 0 is any number
	open     int // files
}

type content struct {
	data    []byte
	durable []byte
	writes  []write // since the last sync
}

type write struct {
	at       int64 // of a truncation: the new size
	data     []byte
	truncate bool
}

func newRecorder() *recorder {
	return &recorder{names: map[string]*content{}, durable: map[string]*content{}, fail: func(string) error { return nil }}
}

// changed runs before each change.
func (r *recorder) changed(operation string) error {
	if r.cut != nil {
		r.cut()
	}
	return r.fail(operation)
}

func apply(data []byte, w write) []byte {
	if w.truncate {
		if w.at < int64(len(data)) {
			return slices.Clone(data[:w.at])
		}
		return append(slices.Clone(data), make([]byte, w.at-int64(len(data)))...)
	}
	data = slices.Clone(data)
	if end := int(w.at) + len(w.data); end > len(data) {
		data = append(data, make([]byte, end-len(data))...)
	}
	copy(data[w.at:], w.data)
	return data
}

// afterPowerCut returns one of the directories that may be left.
func (r *recorder) afterPowerCut(random *rand.Rand) *recorder {
	names := r.durable
	if n := random.IntN(len(r.changes) + 1); n > 0 {
		names = r.changes[n-1]
	}
	left := newRecorder()
	for name, c := range names {
		data := c.durable
		for _, w := range c.writes {
			switch random.IntN(4) {
			case 0: // lost
			case 1:
				if !w.truncate && len(w.data) > 0 { // torn
					n := random.IntN(len(w.data))
					torn := append(slices.Clone(w.data[:n]), make([]byte, random.IntN(len(w.data)-n))...)
					data = apply(data, write{at: w.at, data: torn})
				}
			default:
				data = apply(data, w)
			}
		}
		left.names[name] = &content{data: slices.Clone(data), durable: slices.Clone(data)}
	}
	left.durable = maps.Clone(left.names)
	return left
}

func (r *recorder) nameChanged() { r.changes = append(r.changes, maps.Clone(r.names)) }

func (r *recorder) Open(name string, create bool) (spool.File, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.names[name]
	if c == nil && !create {
		return nil, fs.ErrNotExist
	}
	if create {
		if err := r.changed("create"); err != nil {
			return nil, err
		}
		c = &content{}
		r.names[name] = c
		r.nameChanged()
	}
	r.open++
	return &handle{recorder: r, content: c}, nil
}

func (r *recorder) Remove(name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.changed("remove"); err != nil {
		return err
	}
	delete(r.names, name)
	r.nameChanged()
	return nil
}

func (r *recorder) Rename(from, to string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.changed("rename"); err != nil {
		return err
	}
	r.names[to] = r.names[from]
	delete(r.names, from)
	r.nameChanged()
	return nil
}

func (r *recorder) List() ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.names)), nil
}

func (r *recorder) Sync() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.changed("sync directory"); err != nil {
		return err
	}
	r.durable, r.changes = maps.Clone(r.names), nil
	return nil
}

func (r *recorder) Close() error { return nil }

type handle struct {
	*recorder
	*content
}

func (h *handle) ReadAt(b []byte, at int64) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at >= int64(len(h.data)) {
		return 0, io.EOF
	}
	n := copy(b, h.data[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (h *handle) WriteAt(b []byte, at int64) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.changed("write"); err != nil {
		return 0, err
	}
	room := len(b)
	if h.capacity > 0 {
		used := 0
		for _, c := range h.names {
			used += len(c.data)
		}
		room = min(room, len(h.data)-int(at)+max(0, h.capacity-used))
	}
	if room <= 0 {
		return 0, syscall.ENOSPC
	}
	w := write{at: at, data: slices.Clone(b[:room])}
	h.writes, h.data = append(h.writes, w), apply(h.data, w)
	if room < len(b) {
		return room, syscall.ENOSPC
	}
	return len(b), nil
}

func (h *handle) Truncate(size int64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.changed("truncate"); err != nil {
		return err
	}
	w := write{at: size, truncate: true}
	h.writes, h.data = append(h.writes, w), apply(h.data, w)
	return nil
}

func (h *handle) Sync() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.changed("sync"); err != nil {
		return err
	}
	h.content.durable, h.writes = slices.Clone(h.data), nil
	return nil
}

func (h *handle) Size() (int64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return int64(len(h.data)), nil
}

func (h *handle) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	return nil
}

var errDisk = errors.New("the disk says no")
