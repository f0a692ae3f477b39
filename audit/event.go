// Package audit is the audit event: its fields and their names, its identity,
// and its JSON form. It does no input or output.
package audit

import (
	"encoding/json"
	"fmt"
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

	values []any // by Field.index; nil is absent
}

func (e *Event) set(f *Field, v any) {
	if len(e.values) < len(table) {
		e.values = slices.Grow(e.values, len(table)-len(e.values))[:len(table)]
	}
	e.values[f.index] = v
}

func value[T any](e *Event, f *Field) (v T) {
	if f.index < len(e.values) {
		v, _ = e.values[f.index].(T)
	}
	return v
}

// Has reports whether f has a value.
func (e *Event) Has(f *Field) bool { return f.index < len(e.values) && e.values[f.index] != nil }

// Text returns the value of a field of kind [Text] or [Object]; "" if it is absent.
func (e *Event) Text(f *Field) string { return value[string](e, f) }

// List returns the value of a field of kind [List]; nil if it is absent.
func (e *Event) List(f *Field) []string { return value[[]string](e, f) }

// Number returns the value of a field of kind [Number], and whether it is present.
func (e *Event) Number(f *Field) (int64, bool) { return value[int64](e, f), e.Has(f) }

// Flag returns the value of a field of kind [Flag]; false if it is absent.
func (e *Event) Flag(f *Field) bool { return value[bool](e, f) }

// Instant returns the value of a field of kind [Instant]; the zero time if it is absent.
func (e *Event) Instant(f *Field) time.Time { return value[time.Time](e, f) }

// SetText sets a field of kind [Text], cut to the field's length at a
// character's border, with invalid UTF-8 replaced. "" removes it.
func (e *Event) SetText(f *Field, s string) {
	if s = Clean(s, f.Max); s == "" {
		e.set(f, nil)
		return
	}
	e.set(f, s)
}

// SetObject sets a field of kind [Object]. It returns an error, and removes the
// field, if object is no JSON object or longer than the field's length.
func (e *Event) SetObject(f *Field, object string) error {
	e.set(f, nil)
	if len(object) > f.Max {
		return fmt.Errorf("field %q: %d bytes are more than the limit of %d", f.Name, len(object), f.Max)
	}
	if !strings.HasPrefix(object, "{") || !utf8.ValidString(object) || !json.Valid([]byte(object)) {
		return fmt.Errorf("field %q: not a JSON object", f.Name)
	}
	e.set(f, object)
	return nil
}

// SetList sets a field of kind [List]; each item is cut as in [Event.SetText],
// empty ones are left out. An empty list removes it.
func (e *Event) SetList(f *Field, list []string) {
	var clean []string
	for _, s := range list {
		if s = Clean(s, f.Max); s != "" {
			clean = append(clean, s)
		}
	}
	if clean == nil {
		e.set(f, nil)
		return
	}
	e.set(f, clean)
}

// SetNumber sets a field of kind [Number].
func (e *Event) SetNumber(f *Field, n int64) { e.set(f, n) }

// SetFlag sets a field of kind [Flag].
func (e *Event) SetFlag(f *Field, v bool) { e.set(f, v) }

// SetInstant sets a field of kind [Instant]. The zero time removes it.
func (e *Event) SetInstant(f *Field, t time.Time) {
	if t.IsZero() {
		e.set(f, nil)
		return
	}
	e.set(f, t.UTC())
}

// Clone returns a copy; setting a field of one does not change the other.
func (e *Event) Clone() Event {
	c := *e
	c.values = slices.Clone(e.values)
	return c
}

// FiledWhenReceived reports whether the event's time is the time at which it was
// received, because it reported none, or none that can be. Its day then depends
// on the clock of the program: a retry may come on the next.
func (e *Event) FiledWhenReceived() bool {
	return e.Has(Time) && e.Instant(Time).Equal(e.Instant(Received))
}

// Values returns the value, or the values of a list, as people and filters
// write them; nil if the field is absent.
func (e *Event) Values(f *Field) []string {
	if !e.Has(f) {
		return nil
	}
	switch v := e.values[f.index].(type) {
	case []string:
		return v
	case string:
		return []string{v}
	case int64:
		return []string{strconv.FormatInt(v, 10)}
	case bool:
		return []string{strconv.FormatBool(v)}
	case time.Time:
		return []string{v.Format(time.RFC3339Nano)}
	}
	return nil
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
		switch v := e.values[f.index].(type) {
		case string:
			if f.Kind == Object {
				b = append(b, v...)
			} else {
				b = AppendString(b, v)
			}
		case []string:
			b = append(b, '[')
			for i, s := range v {
				if i > 0 {
					b = append(b, ',')
				}
				b = AppendString(b, s)
			}
			b = append(b, ']')
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case bool:
			b = strconv.AppendBool(b, v)
		case time.Time:
			b = append(b, '"')
			b = v.AppendFormat(b, time.RFC3339Nano)
			b = append(b, '"')
		}
	}
	return append(b, '}')
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
		var err error
		switch f.Kind {
		case Text:
			err = decode[string](e, f, raw)
		case List:
			err = decode[[]string](e, f, raw)
		case Number:
			err = decode[int64](e, f, raw)
		case Flag:
			err = decode[bool](e, f, raw)
		case Instant:
			err = decode[time.Time](e, f, raw)
		case Object:
			e.set(f, string(raw))
		}
		if err != nil {
			return fmt.Errorf("read event: field %q: %w", name, err)
		}
	}
	return nil
}

func decode[T any](e *Event, f *Field, raw json.RawMessage) error {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	e.set(f, v)
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
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
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
