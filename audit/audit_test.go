package audit_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
)

// full is an event with a value in every field.
func full(t *testing.T) *audit.Event {
	e := &audit.Event{ID: audit.ID{Day: audit.DayOf(time.Date(2026, 11, 22, 23, 59, 59, 0, time.UTC)), Hash: audit.ClientHash("a", "s", "1")}}
	for f := range audit.Fields() {
		switch f.Kind {
		case audit.Text:
			e.SetText(f, "value of "+f.Name+" \" \\ \n\t\x01 <é>\u2028")
		case audit.List:
			e.SetList(f, []string{"one", "two \"quoted\""})
		case audit.Number:
			e.SetNumber(f, -842_000_000)
		case audit.Flag:
			e.SetFlag(f, true)
		case audit.Instant:
			e.SetInstant(f, time.Date(2026, 11, 22, 10, 0, 0, 123456789, time.UTC))
		case audit.Object:
			require.NoError(t, e.SetObject(f, `{"a":{"b":[1,"x"]}}`))
		}
	}
	return e
}

func TestTableIsConsistent(t *testing.T) {
	names, attributes, ecs, spelled := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]string{}
	for f := range audit.Fields() {
		require.False(t, names[f.Name] || attributes[f.Attribute] || ecs[f.ECS], "%s has a name of another field", f.Name)
		names[f.Name], attributes[f.Attribute], ecs[f.ECS] = true, true, true
		require.Same(t, f, audit.ByName(f.Name))
		require.Same(t, f, audit.ByAttribute(f.Attribute))
		require.NotEmpty(t, f.Meaning, f.Name)
		if f.Kind == audit.Text || f.Kind == audit.List || f.Kind == audit.Object {
			require.Positive(t, f.Max, "%s has no limit of length", f.Name)
		}
		for _, spelling := range f.From {
			require.Empty(t, spelled[spelling], "%s is a spelling of two fields", spelling)
			spelled[spelling] = f.Name
		}
		if f.Stamped {
			require.Empty(t, f.From, "%s is never taken from a client", f.Name)
		}
	}
	require.Nil(t, audit.ByName("no.such.field"))
}

func TestEventRoundTrip(t *testing.T) {
	e := full(t)
	text := e.AppendJSON(nil)
	require.True(t, json.Valid(text), string(text))
	var back audit.Event
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, e, &back)
	require.Equal(t, string(text), string(back.AppendJSON(nil)))
}

func TestAbsentFieldsAreAbsent(t *testing.T) {
	var e audit.Event
	e.SetText(audit.UserName, "")
	e.SetList(audit.UserRoles, []string{"", ""})
	e.SetInstant(audit.Time, time.Time{})
	for f := range audit.Fields() {
		require.False(t, e.Has(f), f.Name)
		require.Nil(t, e.Values(f), f.Name)
	}
	_, ok := e.Number(audit.StatusCode)
	require.False(t, ok)
	require.JSONEq(t, `{"id":"19700101-00000000000000000000000000000000"}`, string(e.AppendJSON(nil)))
}

func TestSetTextCutsAtCharacters(t *testing.T) {
	var e audit.Event
	e.SetText(audit.UserName, strings.Repeat("é", 400))
	require.Equal(t, strings.Repeat("é", 256), e.Text(audit.UserName))
	e.SetText(audit.UserName, strings.Repeat("\xff", 512))
	require.True(t, utf8.ValidString(e.Text(audit.UserName)))
	require.LessOrEqual(t, len(e.Text(audit.UserName)), 512)
	require.NotEmpty(t, e.Text(audit.UserName))
}

func TestInstantsBeyondNanoseconds(t *testing.T) {
	var e audit.Event
	for at, want := range map[string]string{
		"0001-01-02T00:00:00Z": "1677-09-21T00:12:43.145224192Z", "9999-12-31T23:59:59Z": "2262-04-11T23:47:16.854775807Z",
		"1969-12-31T23:59:59.999999999Z": "1969-12-31T23:59:59.999999999Z", "2026-11-28T15:04:05.000000001+02:00": "2026-11-28T13:04:05.000000001Z",
	} {
		when, err := time.Parse(time.RFC3339Nano, at)
		require.NoError(t, err)
		e.SetInstant(audit.Time, when)
		require.Equal(t, want, e.Instant(audit.Time).Format(time.RFC3339Nano))
	}
}

func TestRemovedValues(t *testing.T) {
	e := full(t)
	for f := range audit.Fields() {
		switch f.Kind {
		case audit.List:
			e.SetList(f, nil)
		case audit.Instant:
			e.SetInstant(f, time.Time{})
		case audit.Object:
			require.Error(t, e.SetObject(f, "none"))
		case audit.Text:
			e.SetText(f, "")
		default:
			continue
		}
		require.False(t, e.Has(f), f.Name)
		require.Nil(t, e.Values(f), f.Name)
		require.Empty(t, e.Text(f))
		require.Nil(t, e.List(f))
		require.Zero(t, e.Instant(f))
		require.Equal(t, "null", string(e.AppendValue(nil, f)))
	}
}

func TestSetObjectTakesObjectsOnly(t *testing.T) {
	for _, bad := range []string{``, `[]`, `"text"`, `{"a":}`, "{\"a\":\"\xff\"}", `{"a":"` + strings.Repeat("x", 20_000) + `"}`} {
		var e audit.Event
		require.Error(t, e.SetObject(audit.Attributes, bad))
		require.False(t, e.Has(audit.Attributes))
	}
}

func TestUnmarshalRefusesWhatANewerVersionWrote(t *testing.T) {
	var e audit.Event
	for text, want := range map[string]string{
		`{"id":"20261122-00000000000000000000000000000000","new":1}`: `unknown field "new"`,
		`{"id":"2026"}`:        "not an event id",
		`{"user.name":1}`:      `field "user.name"`,
		`{"time":"yesterday"}`: `field "time"`,
		`[]`:                   "read event",
	} {
		require.ErrorContains(t, json.Unmarshal([]byte(text), &e), want)
	}
}

func TestID(t *testing.T) {
	id := audit.ID{Day: audit.DayOf(time.Date(2026, 11, 22, 23, 59, 59, 999, time.UTC)), Hash: audit.ClientHash("a", "s", "1")}
	require.Regexp(t, `^20261122-[0-9a-f]{32}$`, id.String())
	back, err := audit.ParseID(id.String())
	require.NoError(t, err)
	require.Equal(t, id, back)
	for _, bad := range []string{"", "20261122", "20261322-" + id.Hash.String(), "20261122_" + id.Hash.String(), id.String() + "0", "20261122-zz" + id.Hash.String()[2:]} {
		_, err := audit.ParseID(bad)
		require.ErrorIs(t, err, audit.ErrID, bad)
	}
}

func TestDayIsUTC(t *testing.T) {
	zone := time.FixedZone("", 5*3600)
	require.Equal(t, "2026.11.21", audit.DayOf(time.Date(2026, 11, 22, 3, 0, 0, 0, zone)).String())
	require.Equal(t, "1969.12.31", audit.DayOf(time.Unix(-1, 0)).String())
	require.Equal(t, "1969.12.31", audit.DayOf(time.Unix(-86400, 0)).String())
	day, err := audit.ParseDay("2026.11.22")
	require.NoError(t, err)
	require.Equal(t, "2026.11.22", day.String())
	_, err = audit.ParseDay("2026-11-22")
	require.Error(t, err)
}

func TestIdentity(t *testing.T) {
	key, other := audit.Key("key of this installation"), audit.Key("key of another")
	f := key.Fingerprint("acme", "gw", []byte("resource"), []byte("record"))
	require.Equal(t, f, key.Fingerprint("acme", "gw", []byte("resource"), []byte("record")), "a retry")
	for _, different := range []audit.Fingerprint{
		other.Fingerprint("acme", "gw", []byte("resource"), []byte("record")),
		key.Fingerprint("acm", "egw", []byte("resource"), []byte("record")),
		key.Fingerprint("acme", "gw", []byte("resourcerecord")),
		key.Fingerprint("acme", "gw", []byte("resource"), []byte("record2")),
	} {
		require.NotEqual(t, f, different)
	}
	seen := map[audit.Hash]bool{}
	for _, h := range []audit.Hash{
		audit.ClientHash("acme", "gw", "1"), audit.ClientHash("acme", "gw", "2"), audit.ClientHash("acme", "gw2", "1"),
		audit.ClientHash("acm", "egw", "1"), audit.RecordHash(f, 0), audit.RecordHash(f, 1), audit.ConflictHash(audit.RecordHash(f, 0), f),
	} {
		require.False(t, seen[h])
		seen[h] = true
	}
	h, err := audit.ParseHash(audit.RecordHash(f, 0).String())
	require.NoError(t, err)
	require.Equal(t, audit.RecordHash(f, 0), h)
	_, err = audit.ParseHash("abc")
	require.Error(t, err)
}

// FuzzEventJSON holds that any text in any field gives JSON that reads back.
func FuzzEventJSON(f *testing.F) {
	f.Add("plain", "\x00\u2029\xff\"\\")
	f.Fuzz(func(t *testing.T, name, message string) {
		var e, back audit.Event
		e.SetText(audit.UserName, name)
		e.SetText(audit.Message, message)
		e.SetList(audit.UserRoles, []string{name, message})
		require.NoError(t, json.Unmarshal(e.AppendJSON(nil), &back))
		require.Equal(t, string(e.AppendJSON(nil)), string(back.AppendJSON(nil)))
		require.Equal(t, e.Text(audit.Message), back.Text(audit.Message))
	})
}

// FuzzAppendString holds the JSON against encoding/json: what it reads is what was
// written, with U+FFFD for each invalid byte.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain, and longer than eight bytes", "seven77", "eight888\"", "\\\\ and \" at 12", "\x00\x1f \x7f\x80\xff", "ä\u2028b\u2029 in eights", "12345678ü", "12345678\n\t\r", "\u00a0!\u0100#"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for at := range min(8, len(s)+1) { // wherever it begins
			b := audit.AppendString(nil, s[at:])
			require.NotContains(t, string(b), "\u2028")
			var read string
			require.NoError(t, json.Unmarshal(b, &read), "%q", b)
			require.Equal(t, string([]rune(s[at:])), read)
		}
	})
}

func FuzzParseID(f *testing.F) {
	f.Add("20261122-00000000000000000000000000000000")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := audit.ParseID(s); err == nil {
			require.Equal(t, strings.ToLower(s), id.String())
		}
	})
}
