package normalize

import (
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/redact"
)

// A candidate is a value that was found for a slot.
type candidate struct {
	key    key
	kind   pcommon.ValueType // of a raw duration: Int, Double or Str
	text   string
	number int64 // also flags (0, 1), instants (unix ns) and the bits of a float
	list   []string
}

// A verdict says what became of a value.
type verdict uint8

const (
	usable   verdict = iota
	missing          // nothing was said: empty text, null
	unusable         // something was said that is no value of the field
)

// A parser reads a value that is not a map.
type parser func(v pcommon.Value) (candidate, verdict)

func parserOf(f *audit.Field) parser {
	switch f {
	case audit.DurationNS:
		return parseDuration
	case audit.Method:
		return parseMethod
	case audit.Status:
		return parseStatus
	case audit.StatusCode:
		return parseStatusCode
	case audit.IP:
		return parseAddress
	case audit.Path:
		return parsePath
	case audit.Error:
		return parseError
	case audit.Request:
		return parseRequest
	}
	switch f.Kind {
	case audit.List:
		return parseList
	case audit.Flag:
		return parseFlag
	case audit.Instant:
		return parseTime
	case audit.Number:
		return parseNumber
	case audit.Object:
		return parseNothing
	default:
		return parseText
	}
}

func parseNothing(pcommon.Value) (candidate, verdict) { return candidate{}, missing }

// text returns a value as people write it; ok is false for what has no such
// form. The items of a list are joined with ", ".
func text(v pcommon.Value) (s string, ok bool) {
	switch v.Type() {
	case pcommon.ValueTypeEmpty:
		return "", true
	case pcommon.ValueTypeStr:
		return v.Str(), true
	case pcommon.ValueTypeInt:
		return strconv.FormatInt(v.Int(), 10), true
	case pcommon.ValueTypeDouble:
		return strconv.FormatFloat(v.Double(), 'f', -1, 64), true
	case pcommon.ValueTypeBool:
		return strconv.FormatBool(v.Bool()), true
	case pcommon.ValueTypeBytes:
		return bytesText(v.Bytes().AsRaw()), true
	case pcommon.ValueTypeSlice:
		items, ok := texts(v.Slice())
		return strings.Join(items, ", "), ok
	default:
		return "", false
	}
}

// maxItems is how many items of a list are read.
const maxItems = 64

func texts(list pcommon.Slice) (items []string, ok bool) {
	n := min(list.Len(), maxItems)
	items = make([]string, 0, n)
	for i := range n {
		item := list.At(i)
		if t := item.Type(); t == pcommon.ValueTypeSlice || t == pcommon.ValueTypeMap {
			return nil, false
		}
		if s, _ := text(item); s != "" {
			items = append(items, s)
		}
	}
	return items, true
}

func bytesText(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return omitted(len(b))
}

func omitted(size int) string { return fmt.Sprintf("[%d bytes]", size) }

// word is the trimmed text of a value.
func word(v pcommon.Value) (s string, verdict verdict) {
	s, ok := text(v)
	if !ok {
		return "", unusable
	}
	if s = trim(s); s == "" {
		return "", missing
	}
	return s, usable
}

// trim is [strings.TrimSpace], which most values do not need.
func trim(s string) string {
	if s != "" && isGraphic(s[0]) && isGraphic(s[len(s)-1]) {
		return s
	}
	return strings.TrimSpace(s)
}

func isGraphic(c byte) bool { return ' ' < c && c < utf8.RuneSelf }

// parseText reads a text. What cuts it to the length of its field comes after
// redaction, which must see a secret as a whole.
func parseText(v pcommon.Value) (candidate, verdict) {
	s, verdict := word(v)
	return candidate{text: audit.Clean(s, 0)}, verdict
}

// parseList reads a list, or text that holds one: separated by commas or
// semicolons, or a JSON array.
func parseList(v pcommon.Value) (candidate, verdict) {
	var items []string
	if v.Type() == pcommon.ValueTypeSlice {
		var ok bool
		if items, ok = texts(v.Slice()); !ok {
			return candidate{}, unusable
		}
	} else {
		s, verdict := word(v)
		if verdict != usable {
			return candidate{}, verdict
		}
		items = split(s)
	}
	list := make([]string, 0, len(items))
	for _, s := range items {
		if s = audit.Clean(trim(s), 0); s != "" {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return candidate{}, missing
	}
	return candidate{list: list}, usable
}

func split(s string) (items []string) {
	if s[0] == '[' && json.Unmarshal([]byte(s), &items) == nil {
		return items[:min(len(items), maxItems)]
	}
	for item := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ';' }) {
		if items = append(items, item); len(items) == maxItems {
			break
		}
	}
	return items
}

func parseFlag(v pcommon.Value) (candidate, verdict) {
	switch v.Type() {
	case pcommon.ValueTypeBool:
		return flag(v.Bool()), usable
	case pcommon.ValueTypeInt:
		return flag(v.Int() != 0), usable
	}
	s, verdict := word(v)
	if verdict != usable {
		return candidate{}, verdict
	}
	switch strings.ToLower(audit.Clean(s, 16)) {
	case "true", "1", "yes", "y", "t", "on":
		return flag(true), usable
	case "false", "0", "no", "n", "f", "off":
		return flag(false), usable
	}
	return candidate{}, unusable
}

func flag(v bool) candidate {
	if v {
		return candidate{number: 1}
	}
	return candidate{}
}

func parseNumber(v pcommon.Value) (candidate, verdict) {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return candidate{number: v.Int()}, usable
	case pcommon.ValueTypeDouble:
		if f := v.Double(); f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return candidate{number: int64(f)}, usable
		}
		return candidate{}, unusable
	}
	s, verdict := word(v)
	if verdict != usable {
		return candidate{}, verdict
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return candidate{}, unusable
	}
	return candidate{number: n}, usable
}

func parseStatusCode(v pcommon.Value) (candidate, verdict) {
	c, verdict := parseNumber(v)
	if verdict == usable && !isStatusCode(c.number) {
		return candidate{}, unusable
	}
	return c, verdict
}

func isStatusCode(n int64) bool { return 100 <= n && n <= 599 }

// Values of the status.
const (
	success = "success"
	failure = "failure"
	unknown = "unknown"
)

var outcomes = func() map[string]string {
	m := map[string]string{}
	for outcome, words := range map[string]string{
		success: "success succeeded successful succeed ok okay allow allowed grant granted permit permitted approve approved accept accepted pass passed complete completed done true",
		failure: "failure failed fail failing error errored deny denied forbid forbidden reject rejected refuse refused block blocked unauthorized unauthenticated not_authorized access_denied permission_denied abort aborted cancelled canceled timeout timed_out exception invalid false",
		unknown: "unknown unset none",
	} {
		for w := range strings.FieldsSeq(words) {
			m[w] = outcome
		}
	}
	return m
}()

var underscores = strings.NewReplacer(" ", "_", "-", "_")

// parseStatus reads an outcome into text, or a status code, such as 404 or
// "404 Not Found", into number.
func parseStatus(v pcommon.Value) (candidate, verdict) {
	if c, verdict := parseNumber(v); verdict == usable && isStatusCode(c.number) {
		return c, usable
	}
	s, verdict := word(v)
	if verdict != usable {
		return candidate{}, verdict
	}
	if len(s) > 64 {
		return candidate{}, unusable
	}
	if outcome := outcomes[underscores.Replace(strings.ToLower(s))]; outcome != "" {
		return candidate{text: outcome}, usable
	}
	if code, _, ok := strings.Cut(s, " "); ok {
		if n, err := strconv.ParseInt(code, 10, 64); err == nil && isStatusCode(n) {
			return candidate{number: n}, usable
		}
	}
	return candidate{}, unusable
}

var verbs = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"}

func parseMethod(v pcommon.Value) (candidate, verdict) {
	s, verdict := word(v)
	for _, verb := range verbs {
		if strings.EqualFold(s, verb) {
			return candidate{text: verb}, verdict
		}
	}
	return candidate{text: audit.Clean(s, 0)}, verdict
}

// parseError reads the kind of an error. A mere flag says no kind.
func parseError(v pcommon.Value) (candidate, verdict) {
	s, verdict := word(v)
	switch {
	case verdict != usable:
		return candidate{}, verdict
	case strings.EqualFold(s, "false"):
		return candidate{}, missing
	case strings.EqualFold(s, "true"):
		s = "error"
	}
	return candidate{text: audit.Clean(s, 0)}, usable
}

// parsePath reads a path, or the path of a URL. A query is left out: it is where
// secrets travel.
func parsePath(v pcommon.Value) (candidate, verdict) {
	s, verdict := word(v)
	if verdict != usable {
		return candidate{}, verdict
	}
	if end := strings.IndexAny(s, "?#"); end >= 0 && !strings.ContainsAny(s[:end], " \t\r\n\"'{}<>") {
		s = s[:end] // of what is no URL, a part could not be redacted by what stands around it
	}
	if scheme, rest, ok := strings.Cut(s, "://"); ok && isScheme(scheme) && !redact.IsWebhook(s) { // the redaction knows it by its host
		_, path, _ := strings.Cut(rest, "/")
		s = "/" + path
	}
	if s == "" {
		return candidate{}, missing
	}
	return candidate{text: audit.Clean(s, 0)}, usable
}

// isScheme reports whether s is letters, digits and + - . only.
func isScheme(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}

func parseAddress(v pcommon.Value) (candidate, verdict) {
	s, verdict := word(v)
	if verdict != usable {
		return candidate{}, verdict
	}
	a, ok := address(s)
	if !ok {
		return candidate{}, unusable
	}
	var b [64]byte
	if canonical := a.AppendTo(b[:0]); string(canonical) != s {
		s = string(canonical)
	}
	return candidate{text: s}, usable
}

// address reads an IP address, with or without brackets, port and zone.
func address(s string) (a netip.Addr, ok bool) {
	s = strings.Trim(strings.TrimSpace(s), `"`)
	if len(s) > 128 {
		return a, false
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		p, err := netip.ParseAddrPort(s)
		if err != nil {
			return a, false
		}
		a = p.Addr()
	}
	return a.Unmap().WithZone(""), true
}

func parseForwarded(v pcommon.Value) (candidate, verdict) {
	s, verdict := word(v)
	return candidate{text: s}, verdict
}

// parseDuration leaves the value as it was sent; a later stage reads it.
func parseDuration(v pcommon.Value) (candidate, verdict) {
	switch c := (candidate{kind: v.Type()}); v.Type() {
	case pcommon.ValueTypeInt:
		c.number = v.Int()
		return c, usable
	case pcommon.ValueTypeDouble:
		c.number = int64(math.Float64bits(v.Double()))
		return c, usable
	case pcommon.ValueTypeStr:
		c.text = audit.Clean(v.Str(), audit.Duration.Max)
		if strings.TrimSpace(c.text) == "" {
			return candidate{}, missing
		}
		return c, usable
	case pcommon.ValueTypeEmpty:
		return candidate{}, missing
	default:
		return candidate{}, unusable
	}
}

// Layouts of a time beside a plain number. A time without a zone is not read:
// nobody knows when that was.
var layouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999 Z0700",
}

func parseTime(v pcommon.Value) (candidate, verdict) {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return epoch(v.Int())
	case pcommon.ValueTypeDouble:
		return epochFloat(v.Double())
	}
	s, verdict := word(v)
	if verdict != usable {
		return candidate{}, verdict
	}
	if len(s) > 64 {
		return candidate{}, unusable
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return epoch(n)
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return epochFloat(f)
	}
	s = strings.ToUpper(s) // RFC 3339 allows t and z
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return candidate{number: nanoseconds(t)}, usable
		}
	}
	return candidate{}, unusable
}

var first, last = time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)

// nanoseconds is t as unix nanoseconds, or the nearest that can be written so
// (the years 1678 to 2261).
func nanoseconds(t time.Time) int64 {
	switch {
	case t.Before(first):
		return math.MinInt64
	case t.After(last):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// unitOf tells the unit of a unix time by its magnitude. From 1973 to 5138
// these do not overlap.
func unitOf(magnitude float64) time.Duration {
	switch {
	case magnitude < 1e11:
		return time.Second
	case magnitude < 1e14:
		return time.Millisecond
	case magnitude < 1e17:
		return time.Microsecond
	default:
		return time.Nanosecond
	}
}

func epoch(n int64) (candidate, verdict) {
	if n == 0 {
		return candidate{}, missing
	}
	unit := int64(unitOf(math.Abs(float64(n))))
	switch {
	case n > math.MaxInt64/unit:
		return candidate{number: math.MaxInt64}, usable
	case n < math.MinInt64/unit:
		return candidate{number: math.MinInt64}, usable
	}
	return candidate{number: n * unit}, usable
}

// epochFloat reads to the microsecond: a float64 of today's seconds says no more.
func epochFloat(f float64) (candidate, verdict) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return candidate{}, unusable
	}
	whole, fraction := math.Modf(f)
	unit := unitOf(math.Abs(f))
	switch {
	case (math.Abs(whole)+1)*float64(unit) < math.MaxInt64:
		n := int64(whole) * int64(unit)
		if n += int64(math.Round(fraction*float64(unit)/1e3)) * 1e3; n == 0 {
			return candidate{}, missing
		}
		return candidate{number: n}, usable
	case f < 0:
		return candidate{number: math.MinInt64}, usable
	default:
		return candidate{number: math.MaxInt64}, usable
	}
}
