package normalize

import (
	"bytes"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/auditlog/auditlog/audit"
)

// A slot is a place for what was found: the index of a field, or, from
// [firstExtra] on, something that fields are derived from.
type slot int

// Slots beyond those of the fields.
const (
	extraTime              slot = iota // spellings of the time that come after the record's Timestamp
	extraAction                        // spellings of the action that come after the event name
	extraMessage                       // spellings of the message that come after the body
	extraRoute                         // http.route, the last resort of the action
	extraForwarded                     // X-Forwarded-For
	extraPeer                          // the other end of the connection
	extraEffectiveName                 // user.effective.*, as whom the user acted
	extraEffectiveFullName             //
	extraEffectiveID                   //
	extraEffectiveEmail                //
	extraEffectiveRoles                //
	extraCount
)

var firstExtra = func() (n slot) {
	for range audit.Fields() {
		n++
	}
	return n
}()

// name is the field that the slot is for, or goes into.
func (s slot) name() string {
	switch s - firstExtra {
	case extraTime:
		return audit.Time.Name
	case extraAction, extraRoute:
		return audit.Action.Name
	case extraMessage:
		return audit.Message.Name
	case extraForwarded, extraPeer:
		return audit.IP.Name
	case extraEffectiveName:
		return audit.UserName.Name
	case extraEffectiveFullName:
		return audit.UserFullName.Name
	case extraEffectiveID:
		return audit.UserID.Name
	case extraEffectiveEmail:
		return audit.UserEmail.Name
	case extraEffectiveRoles:
		return audit.UserRoles.Name
	}
	return fieldNames[s]
}

var fieldNames = func() (names []string) {
	for f := range audit.Fields() {
		names = append(names, f.Name)
	}
	return names
}()

func of(f *audit.Field) slot { return slot(f.Index()) }
func extra(s slot) slot      { return firstExtra + s }

// owned lists the attributes that only the program sets. They count as
// top-level attributes of the record alone.
var owned = func() map[string]bool {
	names := map[string]bool{
		audit.Account.Attribute: true, audit.AttributeID: true, audit.AttributeFingerprint: true,
		audit.AttributeDeadLetterReason: true, audit.AttributeDeadLetterDetail: true, audit.AttributeDeadLetterAsked: true,
		audit.AttributeDeadLetterNames: true,
	}
	for f := range audit.Fields() {
		if f.Stamped {
			names[f.Attribute] = true
		}
	}
	return names
}()

// A target is what one spelling means for one slot.
type target struct {
	slot    slot
	rank    int // place among the spellings of the slot, 0 is the canonical one
	stamped bool
	parse   parser
}

// A meaning is all that one spelling means.
type meaning struct {
	targets  []target
	field    *audit.Field      // whose canonical attribute it is, under exactly this name
	identity bool              // whether it is handed on as it is, if of the kind
	kind     pcommon.ValueType // of an identity
}

// An index finds what a spelling means. It is built once and only read.
type index struct {
	exact   map[string]*meaning
	folded  map[string]*meaning // by the spelling in lower case
	request []string            // spellings of the request, best first
	longest int                 // length in bytes of the longest spelling
}

// Attributes that are read elsewhere, or not at all, and are no news to anyone.
var ignored = []string{audit.AttributeEventID, "log.record.uid"}

func newIndex(aliases []Alias) *index {
	x := &index{exact: map[string]*meaning{}, folded: map[string]*meaning{}}
	for f := range audit.Fields() {
		names := append([]string{f.Attribute}, f.From...)
		for _, a := range aliases {
			if a.Field == f.Name {
				names = append(names, a.From...)
			}
		}
		for rank, name := range names {
			x.add(name, targetOf(f, name, rank))
		}
		if f == audit.Request {
			x.request = names
		}
	}
	for name, t := range extras {
		t.slot = extra(t.slot)
		x.add(name, t)
	}
	for _, name := range ignored {
		x.exact[name] = &meaning{}
	}
	for name := range owned {
		x.of(name)
	}
	for name, kind := range identity {
		m := x.of(name)
		m.identity, m.kind = true, kind
	}
	for name, m := range x.exact {
		m.field = audit.ByAttribute(name)
		lower := strings.ToLower(name)
		if x.folded[lower] == nil {
			x.folded[lower] = &meaning{}
		}
		x.folded[lower].targets = append(x.folded[lower].targets, m.targets...)
		x.longest = max(x.longest, len(name))
	}
	return x
}

var extras = map[string]target{
	"http.route":               {slot: extraRoute, parse: parseText},
	"user.effective.name":      {slot: extraEffectiveName, parse: parseText},
	"user.effective.full_name": {slot: extraEffectiveFullName, parse: parseText},
	"user.effective.id":        {slot: extraEffectiveID, parse: parseText},
	"user.effective.email":     {slot: extraEffectiveEmail, parse: parseText},
	"user.effective.roles":     {slot: extraEffectiveRoles, parse: parseList},
}

func (x *index) of(name string) *meaning {
	if x.exact[name] == nil {
		x.exact[name] = &meaning{}
	}
	return x.exact[name]
}

func (x *index) add(name string, t target) {
	m := x.of(name)
	for _, other := range m.targets {
		if other.slot == t.slot {
			return // named twice
		}
	}
	m.targets = append(m.targets, t)
}

// targetOf is the rule by which one spelling of a field is read. Spellings that
// come after something of the record itself have a slot of their own.
func targetOf(f *audit.Field, name string, rank int) target {
	t := target{slot: of(f), rank: rank, parse: parserOf(f), stamped: owned[name]}
	switch {
	case f == audit.Time && rank > 0:
		t.slot = extra(extraTime)
	case f == audit.Action && rank > 0:
		t.slot = extra(extraAction)
	case f == audit.Message && rank > 0:
		t.slot = extra(extraMessage)
	case f == audit.Account && rank > 0:
		t.stamped = true // the receiver has chosen the account
	case f != audit.IP:
	case strings.Contains(name, "x-forwarded-for") || strings.Contains(name, "x_forwarded_for"):
		t.slot, t.parse = extra(extraForwarded), parseForwarded
	case name == "net.peer.ip" || name == "net.sock.peer.addr" || name == "network.peer.address":
		t.slot = extra(extraPeer)
	}
	return t
}

// find returns what name means: nil if it is in no row, without targets if it is
// known and not read. The exact name comes before the one in another case. lower is a
// buffer.
func (x *index) find(name []byte, lower *[]byte) (m *meaning, folded bool) {
	if len(name) > x.longest {
		return nil, false
	}
	if m := x.exact[string(name)]; m != nil {
		return m, false
	}
	if !hasUpper(name) {
		return nil, false
	}
	*lower = (*lower)[:0]
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		*lower = append(*lower, c)
	}
	return x.folded[string(*lower)], true
}

func hasUpper(name []byte) bool {
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			return true
		}
	}
	return false
}

// requestPart reports whether name is a part of the request, such as
// http.request.body.title, and of which spelling of it. The sizes that semantic
// conventions put there are none.
func (x *index) requestPart(name []byte) (rank int, ok bool) {
	for rank, spelling := range x.request {
		if rest, ok := bytes.CutPrefix(name, []byte(spelling)); ok && len(rest) > 1 && rest[0] == '.' {
			return rank, string(rest) != ".size" && string(rest) != ".bytes"
		}
	}
	return 0, false
}

// isRequest reports whether the map v, found under the spelling name of the
// request, is the request itself. ECS nests the text of the body one deeper.
func isRequest(v pcommon.Value) bool {
	content := false
	for name := range v.Map().All() {
		switch name {
		case "content":
			content = true
		case "bytes", "size":
		default:
			return true
		}
	}
	return !content && v.Map().Len() > 0
}
