package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"time"
)

// A Fingerprint tells whether two records are the same: an HMAC-SHA256, with
// the installation's key, over all that was sent.
type Fingerprint [sha256.Size]byte

// A Hash identifies an event within its account and sender, independent of the
// day it is filed under.
type Hash [16]byte

// An ID names an event in the API: the UTC day it is filed under and its hash,
// as 20261122-<32 hex digits>, so that one look finds it.
type ID struct {
	Day  Day
	Hash Hash
}

// A Day is a UTC day, counted from 1970-01-01.
type Day int32

// DayOf returns the UTC day of t.
func DayOf(t time.Time) Day {
	s := t.Unix()
	if s < 0 {
		s -= 86399
	}
	return Day(s / 86400)
}

// Start returns the first instant of d; its end is d+1's start.
func (d Day) Start() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String returns d as 2026.11.22, as in the names of files and indices.
func (d Day) String() string { return d.Start().Format("2006.01.02") }

// ParseDay reads what [Day.String] returns.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse("2006.01.02", s)
	if err != nil {
		return 0, fmt.Errorf("day %q is not of the form 2006.01.02", s)
	}
	return DayOf(t), nil
}

// ErrID is returned for text that is no id of an event.
var ErrID = errors.New("not an event id: want 8 digits, a dash and 32 hex digits")

// ParseID reads an id as the API writes it.
func ParseID(s string) (id ID, err error) {
	if len(s) != 8+1+2*len(id.Hash) || s[8] != '-' {
		return ID{}, ErrID
	}
	t, err := time.Parse("20060102", s[:8])
	if err != nil {
		return ID{}, ErrID
	}
	if _, err := hex.Decode(id.Hash[:], []byte(s[9:])); err != nil {
		return ID{}, ErrID
	}
	id.Day = DayOf(t)
	return id, nil
}

func (id ID) append(b []byte) []byte {
	b = id.Day.Start().AppendFormat(b, "20060102")
	b = append(b, '-')
	return hex.AppendEncode(b, id.Hash[:])
}

// String returns the id as the API writes it.
func (id ID) String() string { return string(id.append(nil)) }

// String returns 32 hex digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads what [Hash.String] returns.
func ParseHash(s string) (h Hash, err error) {
	if len(s) != 2*len(h) {
		return h, errors.New("a hash has 32 hex digits")
	}
	_, err = hex.Decode(h[:], []byte(s))
	return h, err
}

// A Key is the secret of one installation under which fingerprints are made.
// Without it nobody can tell from a fingerprint what an event said.
type Key []byte

// Fingerprint returns the HMAC over account, sender and the canonical encoding
// of everything that was sent.
func (k Key) Fingerprint(account, sender string, sent ...[]byte) Fingerprint {
	return k.Printer().Fingerprint(account, sender, sent...)
}

// A Printer makes many fingerprints under one key. It is for one goroutine.
type Printer struct {
	mac  hash.Hash
	head []byte // of the part at hand: its length, and itself if it is short
}

// Printer returns one for k.
func (k Key) Printer() *Printer { return &Printer{mac: hmac.New(sha256.New, k)} }

// Fingerprint is [Key.Fingerprint].
func (p *Printer) Fingerprint(account, sender string, sent ...[]byte) (f Fingerprint) {
	p.mac.Reset()
	p.head = appendPart(appendPart(p.head[:0], account), sender)
	for _, b := range sent {
		p.head = binary.BigEndian.AppendUint64(p.head, uint64(len(b)))
		p.mac.Write(p.head)
		p.mac.Write(b)
		p.head = p.head[:0]
	}
	p.mac.Write(p.head)
	p.head = p.mac.Sum(p.head[:0])
	copy(f[:], p.head)
	return f
}

// appendPart appends the length of a part, in eight bytes, and the part.
func appendPart[T string | []byte](b []byte, part T) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(part))), part...)
}

// ClientHash is the identity of a record that brings an id of its own. It holds
// account and sender, so that no sender can claim another's id.
func ClientHash(account, sender, id string) Hash {
	var room [256]byte
	return digest(appendPart(appendPart(appendPart(appendPart(room[:0], "client"), account), sender), id))
}

// RecordHash is the identity of a record without an id: its fingerprint and its
// number among the equal records of its request, from 0.
func RecordHash(f Fingerprint, number int) Hash {
	var room [128]byte
	b := appendPart(appendPart(room[:0], "record"), f[:])
	return digest(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, 8), uint64(number)))
}

// ConflictHash is the identity of a record whose id h belongs to another record
// already.
func ConflictHash(h Hash, f Fingerprint) Hash {
	var room [128]byte
	return digest(appendPart(appendPart(appendPart(room[:0], "conflict"), h[:]), f[:]))
}

func digest(b []byte) (h Hash) {
	sum := sha256.Sum256(b)
	copy(h[:], sum[:])
	return h
}
