package sqlite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/klauspost/compress/zstd"

	"github.com/auditlog/auditlog/audit"
)

// idLength is the length of what [audit.Event.AppendJSON] begins with: the id,
// which the file's name and the hash column hold already.
const idLength = len(`{"id":"20261122-0123456789abcdef0123456789abcdef"`)

// eventDocument returns the JSON of e without its id.
func eventDocument(e *audit.Event) []byte { return e.AppendJSON(nil)[idLength:] }

// parseEvent reads what [eventDocument] returned.
func parseEvent(document []byte, id audit.ID, f audit.Fingerprint) (e audit.Event, err error) {
	whole := make([]byte, 0, idLength+len(document))
	whole = append(whole, `{"id":"`...)
	whole = append(whole, id.String()...)
	whole = append(whole, '"')
	whole = append(whole, document...)
	if err := json.Unmarshal(whole, &e); err != nil {
		return e, err
	}
	e.Fingerprint = f
	return e, nil
}

// deadLetter is the JSON of an [audit.DeadLetter].
type deadLetter struct {
	Event  *audit.Event `json:"event"`
	Reason audit.Reason `json:"reason"`
	Detail string       `json:"detail,omitempty"`
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

// A codec compresses documents against the dictionaries of one file. It is safe
// for concurrent use.
type codec struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

// A dictionary is text that documents have in common.
type dictionary struct {
	id      uint32
	content []byte
}

// newCodec writes with the last dictionary and reads with all.
func newCodec(dictionaries []dictionary) (*codec, error) {
	encode := []zstd.EOption{
		zstd.WithEncoderLevel(zstd.SpeedFastest), // others take longer to load the dictionary than to compress
		zstd.WithEncoderConcurrency(1),           // there is one writer
		zstd.WithEncoderCRC(false),               // SQLite and its disk are trusted with the rest of the row, too
		zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(128 << 10),
	}
	decode := []zstd.DOption{
		zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)),
		zstd.WithDecoderLowmem(true),
	}
	for i, d := range dictionaries {
		decode = append(decode, zstd.WithDecoderDictRaw(d.id, d.content))
		if i == len(dictionaries)-1 {
			encode = append(encode, zstd.WithEncoderDictRaw(d.id, d.content))
		}
	}
	encoder, err := zstd.NewWriter(nil, encode...)
	if err != nil {
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	decoder, err := zstd.NewReader(nil, decode...)
	if err != nil {
		return nil, fmt.Errorf("prepare decompression: %w", err)
	}
	return &codec{encoder: encoder, decoder: decoder}, nil
}

func (c *codec) encode(dst, document []byte) []byte { return c.encoder.EncodeAll(document, dst) }

func (c *codec) decode(dst, frame []byte) ([]byte, error) { return c.decoder.DecodeAll(frame, dst) }

func (c *codec) close() { c.decoder.Close() }

// firstDictionary is what all events have in common: the names of the fields in
// the order in which they are written.
func firstDictionary() []byte {
	var b bytes.Buffer
	for f := range audit.Fields() {
		switch f.Kind {
		case audit.Text:
			fmt.Fprintf(&b, `,"%s":"`, f.Name)
		case audit.List:
			fmt.Fprintf(&b, `","%s":["`, f.Name)
		case audit.Instant:
			fmt.Fprintf(&b, `,"%s":"2026-`, f.Name)
		case audit.Flag:
			fmt.Fprintf(&b, `,"%s":true`, f.Name)
		default:
			fmt.Fprintf(&b, `,"%s":`, f.Name)
		}
	}
	return b.Bytes()
}
