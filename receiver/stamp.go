package receiver

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// stamper gives each record what only the receiver knows.
type stamper struct {
	key       audit.Key
	maxRecord int
}

// owned lists the attributes that only the program sets.
var owned = func() map[string]bool {
	names := map[string]bool{
		audit.AttributeID: true, audit.AttributeFingerprint: true,
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

// ownedLengths are the lengths of owned, as bits: most names need no look into it.
var ownedLengths = lengths(owned)

func lengths(names map[string]bool) (bits uint64) {
	for name := range names {
		bits |= 1 << len(name)
	}
	return bits
}

func strip(attributes pcommon.Map) {
	attributes.RemoveIf(func(name string, _ pcommon.Value) bool {
		return ownedLengths>>len(name)&1 != 0 && owned[name]
	})
}

// stamp puts account, sender, identity and time received on each record, in
// place of whatever the client sent under those names, and marks records that
// cannot become events. It returns how many it marked, by reason.
func (s *stamper) stamp(logs plog.Logs, from sender, received time.Time) map[audit.Reason]int {
	marked := map[audit.Reason]int{}
	equal := map[audit.Fingerprint]int{}
	printer := s.key.Printer()
	var buf []byte
	for _, resource := range logs.ResourceLogs().All() {
		buf = appendMap(buf[:0], resource.Resource().Attributes())
		resourceSum := sha256.Sum256(buf) // once, however large it is and however many its records
		resourceAccount := lookup(resource.Resource().Attributes(), accountNames)
		strip(resource.Resource().Attributes())
		for _, scope := range resource.ScopeLogs().All() {
			buf = appendString(buf[:0], scope.Scope().Name())
			buf = appendString(buf, scope.Scope().Version())
			buf = appendMap(buf, scope.Scope().Attributes())
			scopeSum := sha256.Sum256(buf)
			scopeAccount := cmp.Or(lookup(scope.Scope().Attributes(), accountNames), resourceAccount)
			strip(scope.Scope().Attributes())
			for _, record := range scope.LogRecords().All() {
				buf = appendRecord(buf[:0], record)
				attributes := record.Attributes()
				asked := clientAccount(record, scopeAccount)
				account, reason, detail := s.judge(len(buf), from, asked)
				meant := cmp.Or(asked, account) // its identity is the same once the account is granted
				fingerprint := printer.Fingerprint(meant, from.name, resourceSum[:], scopeSum[:], buf)
				hash := identity(meant, from.name, clientID(attributes), fingerprint, equal)
				strip(attributes)
				if reason != "" {
					marked[reason]++
					attributes.PutStr(audit.AttributeDeadLetterReason, string(reason))
					attributes.PutStr(audit.AttributeDeadLetterDetail, detail)
					if asked != "" {
						attributes.PutStr(audit.AttributeDeadLetterAsked, asked)
					}
				}
				if reason == audit.ReasonTooLarge {
					shrink(record)
				}
				attributes.PutStr(audit.Account.Attribute, account)
				attributes.PutStr(audit.Sender.Attribute, from.name)
				attributes.PutInt(audit.Received.Attribute, received.UnixNano())
				attributes.PutStr(audit.AttributeID, hash.String())
				attributes.PutEmptyBytes(audit.AttributeFingerprint).FromRaw(fingerprint[:])
			}
		}
	}
	return marked
}

// judge finds the record's account, and the reason for which it cannot become
// an event, if there is one. A record without an account of its own is set aside
// in one of its sender's.
func (s *stamper) judge(size int, from sender, asked string) (account string, reason audit.Reason, detail string) {
	account, granted := store.Grant(from.accounts, asked)
	if !granted {
		account = from.home()
	}
	switch {
	case size > s.maxRecord:
		return account, audit.ReasonTooLarge, fmt.Sprintf("the record has %d bytes, receiver.max_record_size is %d", size, s.maxRecord)
	case granted:
		return account, "", ""
	case asked == "":
		return account, audit.ReasonAccountNotGranted, fmt.Sprintf("the record names no account in %s, and its sender may write to more than one", audit.Account.Attribute)
	default:
		return account, audit.ReasonAccountNotGranted, "the record names an account that its sender may not write to"
	}
}

// clientAccount is the account that the record asks for, in itself or else around it.
func clientAccount(record plog.LogRecord, around string) string {
	account := lookup(record.Attributes(), accountNames)
	if account == "" && record.Body().Type() == pcommon.ValueTypeMap {
		account = lookup(record.Body().Map(), accountNames)
	}
	return audit.Clean(cmp.Or(account, around), audit.Account.Max)
}

var accountNames = append([]string{audit.Account.Attribute}, audit.Account.From...)

// clientID is the id that the client gave the record; "" if there is none.
func clientID(attributes pcommon.Map) string {
	return lookup(attributes, idNames)
}

var idNames = []string{audit.AttributeEventID, "log.record.uid"}

// lookup returns the first value, as text, that m holds under one of the names,
// dotted or as nested maps.
func lookup(m pcommon.Map, names []string) string {
	if !mayHold(m, names) {
		return ""
	}
	for _, name := range names {
		if v, ok := get(m, name); ok && v.AsString() != "" {
			return v.AsString()
		}
	}
	return ""
}

// mayHold reports whether m has one of the names, or a map that may be the
// beginning of one.
func mayHold(m pcommon.Map, names []string) bool {
	for name, v := range m.All() {
		if v.Type() == pcommon.ValueTypeMap {
			return true
		}
		for _, n := range names {
			if n == name {
				return true
			}
		}
	}
	return false
}

func get(m pcommon.Map, name string) (pcommon.Value, bool) {
	if v, ok := m.Get(name); ok {
		return v, true
	}
	for i, c := range name {
		if c != '.' {
			continue
		}
		if v, ok := m.Get(name[:i]); ok && v.Type() == pcommon.ValueTypeMap {
			return get(v.Map(), name[i+1:])
		}
	}
	return pcommon.Value{}, false
}

func identity(account, sender, id string, f audit.Fingerprint, equal map[audit.Fingerprint]int) audit.Hash {
	if id != "" {
		return audit.ClientHash(account, sender, id)
	}
	number := equal[f]
	equal[f]++
	return audit.RecordHash(f, number)
}

// maxKept is the longest value, in bytes, that a record keeps that is too large.
const maxKept = 4096

// shrink removes the values that make a record too large. Their names stay, so
// that the dead letter can list them.
func shrink(record plog.LogRecord) {
	if valueSize(record.Body()) > maxKept {
		record.Body().SetStr("")
	}
	kept := 0
	for _, v := range record.Attributes().All() {
		if n := valueSize(v); n > maxKept || kept+n > 16*maxKept {
			v.SetStr("")
		} else {
			kept += n
		}
	}
}

func valueSize(v pcommon.Value) int {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return len(v.Str())
	case pcommon.ValueTypeMap, pcommon.ValueTypeSlice:
		return len(appendValue(nil, v))
	case pcommon.ValueTypeBytes:
		return v.Bytes().Len()
	default:
		return 8
	}
}

// The canonical encoding of what was sent: each part with its type and length,
// so that different records never encode alike.

func appendRecord(b []byte, r plog.LogRecord) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(r.Timestamp()))
	b = binary.BigEndian.AppendUint64(b, uint64(r.ObservedTimestamp()))
	b = binary.BigEndian.AppendUint32(b, uint32(r.SeverityNumber()))
	b = binary.BigEndian.AppendUint32(b, uint32(r.Flags()))
	b = appendString(b, r.SeverityText())
	b = appendString(b, r.EventName())
	trace, span := r.TraceID(), r.SpanID()
	b = append(b, trace[:]...)
	b = append(b, span[:]...)
	b = appendValue(b, r.Body())
	return appendMap(b, r.Attributes())
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendMap(b []byte, m pcommon.Map) []byte {
	b = binary.AppendUvarint(b, uint64(m.Len()))
	for name, v := range m.All() {
		b = appendString(b, name)
		b = appendValue(b, v)
	}
	return b
}

func appendValue(b []byte, v pcommon.Value) []byte {
	b = append(b, byte(v.Type()))
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return appendString(b, v.Str())
	case pcommon.ValueTypeBool:
		if v.Bool() {
			return append(b, 1)
		}
		return append(b, 0)
	case pcommon.ValueTypeInt:
		return binary.BigEndian.AppendUint64(b, uint64(v.Int()))
	case pcommon.ValueTypeDouble:
		return binary.BigEndian.AppendUint64(b, math.Float64bits(v.Double()))
	case pcommon.ValueTypeMap:
		return appendMap(b, v.Map())
	case pcommon.ValueTypeSlice:
		b = binary.AppendUvarint(b, uint64(v.Slice().Len()))
		for _, item := range v.Slice().All() {
			b = appendValue(b, item)
		}
		return b
	case pcommon.ValueTypeBytes:
		raw := v.Bytes().AsRaw()
		b = binary.AppendUvarint(b, uint64(len(raw)))
		return append(b, raw...)
	default:
		return b
	}
}
