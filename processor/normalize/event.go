package normalize

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/auditlog/auditlog/audit"
)

// derived is the key of what was concluded from other values.
const derived key = 1

// late is how much later than its time an event may be received without a
// mark, and how far in the future its time may be.
const late = 10 * time.Minute

func (e *reading) set(f *audit.Field, c candidate) {
	c.key = derived
	e.put(of(f), &c)
}

func (e *reading) setText(f *audit.Field, s string) {
	if s = audit.Clean(s, 0); s != "" {
		e.set(f, candidate{text: s})
	}
}

func (e *reading) hasField(f *audit.Field) bool { return e.has(of(f)) }

// readBody reads a structured body, or one of JSON text, as a place; any other
// is the message.
func (r *reader) readBody(e *reading, body pcommon.Value) {
	switch body.Type() {
	case pcommon.ValueTypeMap:
		r.read(e, inBody, body.Map())
	case pcommon.ValueTypeSlice:
		if c, verdict := parseRequest(body); verdict == usable && !e.hasField(audit.Request) && e.parts == 0 {
			e.set(audit.Request, c)
		}
	case pcommon.ValueTypeStr:
		if m, ok := parseObject(body.Str()); ok {
			r.read(e, inBody, m)
			return
		}
		fallthrough
	default:
		if s, verdict := word(body); verdict == usable && !e.hasField(audit.Message) {
			e.setText(audit.Message, s)
		}
	}
}

// derive concludes what is not said in so many words. It reports whether the
// record says who or what.
func (r *reader) derive(e *reading, record plog.LogRecord, now int64) (usable bool) {
	e.drop(of(audit.Duration)) // of a later stage
	setTrace(e, record)
	setMessage(e)
	does := setAction(e, record)
	if !e.hasField(audit.Area) {
		e.setText(audit.Area, e.found[of(audit.Service)].text)
	}
	is := setPeople(e)
	setStatus(e, record.SeverityNumber())
	setAddress(e, r.proxies)
	r.addRequest(e)
	setTime(e, record, now, int64(r.maxLateness))
	return is || does
}

func setTrace(e *reading, record plog.LogRecord) {
	if id := record.TraceID(); !id.IsEmpty() {
		e.setText(audit.TraceID, hexText(id[:]))
	}
	if id := record.SpanID(); !id.IsEmpty() {
		e.setText(audit.SpanID, hexText(id[:]))
	}
}

func hexText(id []byte) string {
	var b [32]byte
	return string(b[:hex.Encode(b[:], id)])
}

func setMessage(e *reading) {
	if c := e.found[extra(extraMessage)]; !e.hasField(audit.Message) && c.key != 0 {
		e.set(audit.Message, c)
	}
}

// setAction reports whether an action is named; http.route names none.
func setAction(e *reading, record plog.LogRecord) bool {
	if !e.hasField(audit.Action) {
		e.setText(audit.Action, strings.TrimSpace(record.EventName()))
	}
	if c := e.found[extra(extraAction)]; !e.hasField(audit.Action) && c.key != 0 {
		e.set(audit.Action, c)
	}
	if message := e.found[of(audit.Message)].text; !e.hasField(audit.Action) && isWord(message) {
		e.setText(audit.Action, message)
	}
	if e.hasField(audit.Action) {
		return true
	}
	e.setText(audit.Action, e.found[extra(extraRoute)].text)
	return false
}

// isWord reports whether a message is one word, as a name of an action is.
func isWord(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || strings.ContainsRune(`"'{}[]()<>=,;!?`, r)
	})
}

// people lists what tells one person from another.
var people = []struct {
	user, impersonator *audit.Field
	effective          slot
}{
	{audit.UserName, audit.ImpersonatorName, extra(extraEffectiveName)},
	{audit.UserFullName, audit.ImpersonatorFullName, extra(extraEffectiveFullName)},
	{audit.UserID, audit.ImpersonatorID, extra(extraEffectiveID)},
	{audit.UserEmail, audit.ImpersonatorEmail, extra(extraEffectiveEmail)},
}

// setPeople tells the user from the impersonator, and reports whether either is
// named.
func setPeople(e *reading) (named bool) {
	var impersonator bool
	for _, p := range people {
		impersonator = impersonator || e.hasField(p.impersonator)
	}
	if actsAsAnother(e) {
		for _, p := range people {
			if user := e.found[of(p.user)]; !impersonator && user.key != 0 {
				e.set(p.impersonator, user)
			}
			e.drop(of(p.user))
		}
		if roles := e.found[of(audit.UserRoles)]; !impersonator && roles.key != 0 {
			e.set(audit.ImpersonatorRoles, roles)
		}
		e.drop(of(audit.UserRoles)) // those of the impersonator
		impersonator = true
	}
	for _, p := range people {
		if c := e.found[p.effective]; c.key != 0 {
			e.set(p.user, c)
		}
		named = named || e.hasField(p.user)
	}
	if c := e.found[extra(extraEffectiveRoles)]; c.key != 0 {
		e.set(audit.UserRoles, c)
	}
	if impersonator && e.found[of(audit.Impersonated)].number != 1 {
		e.set(audit.Impersonated, flag(true))
	}
	return named || impersonator
}

// actsAsAnother reports whether user.effective.* is somebody else than user.*.
func actsAsAnother(e *reading) bool {
	var differs, user, effective bool
	for _, p := range people {
		u, eff := e.found[of(p.user)], e.found[p.effective]
		user, effective = user || u.key != 0, effective || eff.key != 0
		if u.key != 0 && eff.key != 0 {
			if u.text == eff.text {
				return false
			}
			differs = true
		}
	}
	return differs || user && effective
}

func setStatus(e *reading, severity plog.SeverityNumber) {
	if e.hasField(audit.Status) {
		return
	}
	status, code := unknown, e.found[of(audit.StatusCode)]
	switch {
	case code.key != 0 && code.number < 400:
		status = success
	case code.key != 0, e.hasField(audit.Error), severity >= plog.SeverityNumberError:
		status = failure
	}
	e.setText(audit.Status, status)
}

// setAddress chooses among the client's own address, the one that proxies
// forward, and the peer's. What was forwarded is believed only if the peer is
// unknown or a proxy.
func setAddress(e *reading, proxies []netip.Prefix) {
	chosen, peer, forwarded := e.found[of(audit.IP)], e.found[extra(extraPeer)], e.found[extra(extraForwarded)]
	if forwarded.key != 0 && (peer.key == 0 || isProxy(netip.MustParseAddr(peer.text), proxies)) {
		if client, ok := client(forwarded.text, proxies); ok {
			forwarded.text = client.String()
			chosen = better(chosen, forwarded)
		}
	}
	if chosen = better(chosen, peer); chosen.key != 0 {
		e.put(of(audit.IP), &chosen)
	}
}

func better(a, b candidate) candidate {
	if b.key > a.key {
		return b
	}
	return a
}

// client is the last hop of an X-Forwarded-For that is no proxy of ours. What
// is before it anyone can have written.
func client(forwarded string, proxies []netip.Prefix) (a netip.Addr, ok bool) {
	for forwarded != "" {
		at := strings.LastIndexByte(forwarded, ',')
		if a, ok = address(forwarded[at+1:]); !ok || !isProxy(a, proxies) {
			return a, ok
		}
		forwarded = forwarded[:max(at, 0)]
	}
	return a, false
}

func isProxy(a netip.Addr, proxies []netip.Prefix) bool {
	return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// setTime files the event at the time reported, or, where that is missing or
// not to be believed, at the time received. Times are unix nanoseconds.
func setTime(e *reading, record plog.LogRecord, now, maxLateness int64) {
	received := e.found[of(audit.Received)]
	if received.key == 0 || received.number <= 0 || received.number > 1<<62 {
		received.number = now
		e.set(audit.Received, received)
	}
	e.drop(of(audit.TimeReported))
	e.drop(of(audit.Late))
	reported, ok := reportedTime(e, record)
	switch {
	case !ok:
		reported = received.number
	case reported > received.number+int64(late), reported < received.number-maxLateness:
		e.set(audit.TimeReported, candidate{number: reported})
		reported = received.number
	case reported < received.number-int64(late):
		e.set(audit.Late, flag(true))
	}
	if c := e.found[of(audit.Time)]; c.key == 0 || c.number != reported {
		e.set(audit.Time, candidate{number: reported})
	}
}

func reportedTime(e *reading, record plog.LogRecord) (ns int64, ok bool) {
	if c := e.found[of(audit.Time)]; c.key != 0 {
		return c.number, true
	}
	if t := record.Timestamp(); t != 0 {
		return clamp(t), true
	}
	if c := e.found[extra(extraTime)]; c.key != 0 {
		return c.number, true
	}
	t := record.ObservedTimestamp()
	return clamp(t), t != 0
}

// clamp is t, or the last instant that an int64 can hold (in 2262).
func clamp(t pcommon.Timestamp) int64 { return int64(min(t, 1<<63-1)) }
