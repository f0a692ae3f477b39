package sqlite

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/auditlog/auditlog/audit"
)

// A document holds all of an event but its identity, its time and its number:
// for each field that it has the field's tag in two bytes, the length of the
// value (uvarint), and the value. It keeps the order of the table of fields.
type document []byte

// A tag names a field within a file. It is made from the name alone, so that
// files stay readable when fields are added.
type tag uint16

var errNoDoc = errors.New("an event's content is damaged")

// tags are the fields by tag, tagOf is the reverse by [audit.Field.Index].
var tags, tagOf = makeTags()

func makeTags() (map[tag]*audit.Field, []tag) {
	fields, of := make(map[tag]*audit.Field), []tag(nil)
	for f := range audit.Fields() {
		h := fnv.New32a()
		h.Write([]byte(f.Name))
		sum := h.Sum32()
		t := tag(sum>>16 ^ sum)
		if other := fields[t]; other != nil || t < firstTag {
			panic(fmt.Sprintf("the tag of field %q is taken: choose another name", f.Name))
		}
		fields[t] = f
		of = append(of, t)
	}
	return fields, of
}

// appendDocument appends the document of e.
func appendDocument(b document, e *audit.Event) document {
	for f := range audit.Fields() {
		if f == audit.Time || !e.Has(f) {
			continue
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(tagOf[f.Index()]))
		switch f.Kind {
		case audit.Text, audit.Object:
			s := e.Text(f)
			b = binary.AppendUvarint(b, uint64(len(s)))
			b = append(b, s...)
		case audit.List:
			size := 0
			for _, s := range e.List(f) {
				size += uvarintLen(uint64(len(s))) + len(s)
			}
			b = binary.AppendUvarint(b, uint64(size))
			for _, s := range e.List(f) {
				b = binary.AppendUvarint(b, uint64(len(s)))
				b = append(b, s...)
			}
		case audit.Number:
			n, _ := e.Number(f)
			b = appendVarint(b, n)
		case audit.Instant:
			b = appendVarint(b, e.Instant(f).UnixNano())
		case audit.Flag:
			n := byte(0)
			if e.Flag(f) {
				n = 1
			}
			b = append(b, 1, n)
		}
	}
	return b
}

// appendVarint appends n with its length in front.
func appendVarint(b []byte, n int64) []byte {
	at := len(b)
	b = binary.AppendVarint(append(b, 0), n)
	b[at] = byte(len(b) - at - 1)
	return b
}

func uvarintLen(n uint64) (size int) {
	for size = 1; n >= 0x80; size++ {
		n >>= 7
	}
	return size
}

// next splits the first field off d.
func (d document) next() (t tag, value []byte, rest document, err error) {
	if len(d) < 3 {
		return 0, nil, nil, errNoDoc
	}
	t = tag(binary.LittleEndian.Uint16(d))
	size, n := binary.Uvarint(d[2:])
	if n <= 0 || size > uint64(len(d)-2-n) {
		return 0, nil, nil, errNoDoc
	}
	at := 2 + n
	return t, d[at : at+int(size)], d[at+int(size):], nil
}

// field returns the value of a field; nil if the document has none.
func (d document) field(want tag) (value []byte, err error) {
	for len(d) > 0 {
		t, v, rest, err := d.next()
		if err != nil {
			return nil, err
		}
		if t == want {
			return v, nil
		}
		d = rest
	}
	return nil, nil
}

// set gives e the value of a field as it is in a document.
func set(e *audit.Event, f *audit.Field, value []byte) error {
	switch f.Kind {
	case audit.Text:
		e.SetText(f, string(value))
	case audit.Object:
		return e.SetObject(f, string(value))
	case audit.List:
		list, err := parseList(value)
		if err != nil {
			return err
		}
		e.SetList(f, list)
	case audit.Flag:
		e.SetFlag(f, len(value) == 1 && value[0] == 1)
	case audit.Number, audit.Instant:
		n, size := binary.Varint(value)
		if size != len(value) {
			return errNoDoc
		}
		if f.Kind == audit.Number {
			e.SetNumber(f, n)
		} else {
			e.SetInstant(f, instant(n))
		}
	}
	return nil
}

func parseList(value []byte) (list []string, err error) {
	for len(value) > 0 {
		size, n := binary.Uvarint(value)
		if n <= 0 || size > uint64(len(value)-n) {
			return nil, errNoDoc
		}
		list = append(list, string(value[n:n+int(size)]))
		value = value[n+int(size):]
	}
	return list, nil
}

// texts returns a value as people and filters write it, see [audit.Event.Values].
func texts(f *audit.Field, value []byte) ([]string, error) {
	switch f.Kind {
	case audit.Text, audit.Object:
		return []string{string(value)}, nil
	case audit.List:
		return parseList(value)
	case audit.Flag:
		return []string{strconv.FormatBool(len(value) == 1 && value[0] == 1)}, nil
	}
	n, size := binary.Varint(value)
	if size != len(value) {
		return nil, errNoDoc
	}
	if f.Kind == audit.Number {
		return []string{strconv.FormatInt(n, 10)}, nil
	}
	return []string{instant(n).Format(time.RFC3339Nano)}, nil
}

// event returns the event that r is.
func (r *record) event(day audit.Day) (e audit.Event, err error) {
	e.ID, e.Fingerprint = audit.ID{Day: day, Hash: r.hash}, r.fingerprint
	e.SetInstant(audit.Time, instant(r.time))
	for d := r.document; len(d) > 0; {
		t, value, rest, err := d.next()
		if err != nil {
			return e, fmt.Errorf("event %s: %w", e.ID, err)
		}
		f := tags[t]
		if f == nil {
			return e, fmt.Errorf("event %s has a field that this version does not know: %w", e.ID, errNewer)
		}
		if err := set(&e, f, value); err != nil {
			return e, fmt.Errorf("event %s: %w", e.ID, err)
		}
		d = rest
	}
	return e, nil
}

// instant is the inverse of nanoseconds.
func instant(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// deadLetter is the JSON of an [audit.DeadLetter].
type deadLetter struct {
	Event  *audit.Event `json:"event"`
	Reason audit.Reason `json:"reason"`
	Detail string       `json:"detail,omitempty"`
	Asked  string       `json:"asked,omitempty"`
	Names  []string     `json:"names,omitempty"`
}

func deadLetterDocument(d deadLetter) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(d); err != nil {
		return nil, fmt.Errorf("encode dead letter: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
