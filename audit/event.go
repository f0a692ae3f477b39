// Package audit is the audit event: its fields and their names, its identity,
// and its JSON form. It does no input or output.
package audit

import (
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// An Event is one entry of the audit trail. A field without a value is absent:
// it never reads as "" or 0.
//
// Time, Received, Account and the identity are always present in a stored event.
type Event struct {
	ID          ID
	Fingerprint Fingerprint

	present uint64     // a bit for each field, by Field.index
	values  []value    // by Field.index
	lists   [][]string // by Field.list
}

// A value is what a field holds, by its kind. Values of one type, and not of any,
// spare an allocation for each: an event has some twenty.
type value struct {
	text   string // Text, Object
	number int64  // Number; Flag: 1 is true; Instant: Unix time, ns
}

func (e *Event) set(f *Field, v value) {
	if e.values == nil {
		e.values = make([]value, len(table))
	}
	e.values[f.index] = v
	e.present |= 1 << f.index
}

func (e *Event) setList(f *Field, list []string) {
	e.set(f, value{})
	if e.lists == nil {
		e.lists = make([][]string, lists)
	}
	e.lists[f.list] = list
}

func (e *Event) remove(f *Field) {
	if !e.Has(f) {
		return
	}
	e.present &^= 1 << f.index
	e.values[f.index] = value{}
	if f.Kind == List {
		e.lists[f.list] = nil
	}
}

// Has reports whether f has a value.
func (e *Event) Has(f *Field) bool { return e.present>>f.index&1 != 0 }

// Text returns the value of a field of kind [Text] or [Object]; "" if it is absent.
func (e *Event) Text(f *Field) string {
	if !e.Has(f) {
		return ""
	}
	return e.values[f.index].text
}

// List returns the value of a field of kind [List]; nil if it is absent.
func (e *Event) List(f *Field) []string {
	if !e.Has(f) || f.Kind != List {
		return nil
	}
	return e.lists[f.list]
}

// Number returns the value of a field of kind [Number], and whether it is present.
func (e *Event) Number(f *Field) (int64, bool) {
	if !e.Has(f) {
		return 0, false
	}
	return e.values[f.index].number, true
}

// Flag returns the value of a field of kind [Flag]; false if it is absent.
func (e *Event) Flag(f *Field) bool { return e.Has(f) && e.values[f.index].number == 1 }

// Instant returns the value of a field of kind [Instant]; the zero time if it is absent.
func (e *Event) Instant(f *Field) time.Time {
	if !e.Has(f) {
		return time.Time{}
	}
	return time.Unix(0, e.values[f.index].number).UTC()
}

// SetText sets a field of kind [Text], cut to the field's length at a
// character's border, with invalid UTF-8 replaced. "" removes it.
func (e *Event) SetText(f *Field, s string) {
	if s = Clean(s, f.Max); s == "" {
		e.remove(f)
		return
	}
	e.set(f, value{text: s})
}

// SetObject sets a field of kind [Object]. It returns an error, and removes the
// field, if object is no JSON object or longer than the field's length.
func (e *Event) SetObject(f *Field, object string) error {
	e.remove(f)
	if len(object) > f.Max {
		return fmt.Errorf("field %q: %d bytes are more than the limit of %d", f.Name, len(object), f.Max)
	}
	if !strings.HasPrefix(object, "{") || !utf8.ValidString(object) || !json.Valid([]byte(object)) {
		return fmt.Errorf("field %q: not a JSON object", f.Name)
	}
	e.set(f, value{text: object})
	return nil
}

// SetList sets a field of kind [List]; each item is cut as in [Event.SetText],
// empty ones are left out. An empty list removes it.
func (e *Event) SetList(f *Field, list []string) {
	var clean []string
	for i, s := range list {
		if s = Clean(s, f.Max); s != "" {
			if clean == nil {
				clean = make([]string, 0, len(list)-i)
			}
			clean = append(clean, s)
		}
	}
	if clean == nil {
		e.remove(f)
		return
	}
	e.setList(f, clean)
}

// SetNumber sets a field of kind [Number].
func (e *Event) SetNumber(f *Field, n int64) { e.set(f, value{number: n}) }

// SetFlag sets a field of kind [Flag].
func (e *Event) SetFlag(f *Field, v bool) {
	if v {
		e.set(f, value{number: 1})
	} else {
		e.set(f, value{})
	}
}

// The instants that an event can hold, in nanoseconds of Unix time.
var firstInstant, lastInstant = time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)

// SetInstant sets a field of kind [Instant]. The zero time removes it. Times before
// 1678 and after 2261 become the first or last that nanoseconds in 64 bits can say.
func (e *Event) SetInstant(f *Field, t time.Time) {
	switch {
	case t.IsZero():
		e.remove(f)
	case t.Before(firstInstant):
		e.set(f, value{number: math.MinInt64})
	case t.After(lastInstant):
		e.set(f, value{number: math.MaxInt64})
	default:
		e.set(f, value{number: t.UnixNano()})
	}
}

// Clone returns a copy; setting a field of one does not change the other.
func (e *Event) Clone() Event {
	c := *e
	c.values = slices.Clone(e.values)
	c.lists = slices.Clone(e.lists)
	return c
}

// FiledWhenReceived reports whether the event's time is the time at which it was
// received, because it reported none, or none that can be. Its day then depends
// on the clock of the program: a retry may come on the next.
func (e *Event) FiledWhenReceived() bool {
	return e.Has(Time) && e.Has(Received) && e.values[Time.index].number == e.values[Received.index].number
}

// Values returns the value, or the values of a list, as people and filters
// write them; nil if the field is absent.
func (e *Event) Values(f *Field) []string {
	if !e.Has(f) {
		return nil
	}
	switch f.Kind {
	case List:
		return e.List(f)
	case Number:
		return []string{strconv.FormatInt(e.values[f.index].number, 10)}
	case Flag:
		return []string{strconv.FormatBool(e.Flag(f))}
	case Instant:
		return []string{e.Instant(f).Format(time.RFC3339Nano)}
	default:
		return []string{e.Text(f)}
	}
}

// AppendJSON appends the event as one JSON object with the names of the API,
// in the order of the table; absent fields are left out.
func (e *Event) AppendJSON(b []byte) []byte {
	b = append(b, `{"id":"`...)
	b = e.ID.append(b)
	b = append(b, '"')
	for _, f := range table {
		if !e.Has(f) {
			continue
		}
		b = append(b, ',', '"')
		b = append(b, f.Name...)
		b = append(b, '"', ':')
		b = e.AppendValue(b, f)
	}
	return append(b, '}')
}

// AppendValue appends the value of f as JSON; null if it is absent.
func (e *Event) AppendValue(b []byte, f *Field) []byte {
	if !e.Has(f) {
		return append(b, "null"...)
	}
	switch v := &e.values[f.index]; f.Kind {
	case Text:
		return AppendString(b, v.text)
	case List:
		b = append(b, '[')
		for i, s := range e.lists[f.list] {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendString(b, s)
		}
		return append(b, ']')
	case Number:
		return strconv.AppendInt(b, v.number, 10)
	case Flag:
		return strconv.AppendBool(b, v.number == 1)
	case Instant:
		b = append(b, '"')
		b = e.Instant(f).AppendFormat(b, time.RFC3339Nano)
		return append(b, '"')
	default:
		return append(b, v.text...)
	}
}

// MarshalJSON implements [json.Marshaler] with [Event.AppendJSON].
func (e *Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// UnmarshalJSON reads what [Event.AppendJSON] wrote. A name that is in no row of
// the table is an error: a newer version wrote it.
func (e *Event) UnmarshalJSON(b []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	*e = Event{Fingerprint: e.Fingerprint}
	for name, raw := range members {
		if name == "id" {
			var s string
			err := json.Unmarshal(raw, &s)
			if err == nil {
				e.ID, err = ParseID(s)
			}
			if err != nil {
				return fmt.Errorf("read event: %w", err)
			}
			continue
		}
		f := ByName(name)
		if f == nil {
			return fmt.Errorf("read event: unknown field %q", name)
		}
		if err := e.SetJSON(f, raw); err != nil {
			return fmt.Errorf("read event: field %q: %w", name, err)
		}
	}
	return nil
}

// SetJSON sets f to what [Event.AppendValue] wrote, as the setter of its kind does.
func (e *Event) SetJSON(f *Field, raw json.RawMessage) error {
	switch f.Kind {
	case Text:
		return decode(raw, func(s string) { e.SetText(f, s) })
	case List:
		return decode(raw, func(list []string) { e.SetList(f, list) })
	case Number:
		return decode(raw, func(n int64) { e.SetNumber(f, n) })
	case Flag:
		return decode(raw, func(v bool) { e.SetFlag(f, v) })
	case Instant:
		return decode(raw, func(t time.Time) { e.SetInstant(f, t) })
	default:
		return e.SetObject(f, string(raw))
	}
}

func decode[T any](raw json.RawMessage, set func(T)) error {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	set(v)
	return nil
}

// Clean returns s as valid UTF-8 of at most max bytes (0: any length), cut
// before the character that would pass the limit.
func Clean(s string, max int) string {
	s = cut(s, max)
	if !utf8.ValidString(s) {
		s = cut(string([]rune(s)), max) // each invalid byte becomes U+FFFD, which is longer
	}
	return s
}

func cut(s string, max int) string {
	if max <= 0 || len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max]
}

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string. U+2028 and U+2029 are escaped as
// encoding/json does; other characters of HTML are not.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := plain(s, 0); i < len(s); i = plain(s, i) {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != '\u2028' && r != '\u2029' && (r != utf8.RuneError || n > 1) {
				i += n
				continue
			}
			b = append(b, s[start:i]...)
			switch r {
			case '\u2028':
				b = append(b, `\u2028`...)
			case '\u2029':
				b = append(b, `\u2029`...)
			default:
				b = append(b, `\ufffd`...)
			}
			i += n
			start = i
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// plain returns where, from i on, the first byte of s is that is not itself in a
// JSON string: a control character, a quote, a backslash, or one beyond ASCII.
func plain(s string, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; len(s)-i >= 8; i += 8 { // eight at a time: the top bit of a byte tells
		t := s[i : i+8]
		w := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		quote, backslash := w^('"'*ones), w^('\\'*ones)
		if found := (w | (w-' '*ones)&^w | (quote-ones)&^quote | (backslash-ones)&^backslash) & tops; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
	}
	return i
}
