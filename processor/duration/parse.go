package duration

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Longest is the longest duration that is believed.
const Longest = 30 * 24 * time.Hour

// Why a duration cannot be used. The text is the reason in the metric.
var (
	errUnreadable = errors.New("unreadable")
	errNegative   = errors.New("negative")
	errTooLong    = errors.New("too_long")
)

// parse reads a duration as it was sent: a number, or text that holds a number,
// in the given unit; or text in Go's form ("1.24s", "842 ms") or in that of ISO
// 8601 ("PT1.5S").
func parse(v pcommon.Value, unit time.Duration) (time.Duration, error) {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return scale(float64(v.Int()), unit)
	case pcommon.ValueTypeDouble:
		return scale(v.Double(), unit)
	case pcommon.ValueTypeStr:
		return parseText(v.Str(), unit)
	default:
		return 0, errUnreadable
	}
}

// maxText is the length in bytes of the longest text that is read.
const maxText = 128

func parseText(s string, unit time.Duration) (time.Duration, error) {
	s = strings.TrimSpace(s)
	if len(s) > maxText {
		return 0, errUnreadable
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return scale(n, unit)
	} else if errors.Is(err, strconv.ErrRange) {
		return scale(n, unit) // ±Inf
	}
	if d, err := parseISO(s); !errors.Is(err, errUnreadable) {
		return d, err
	}
	d, err := time.ParseDuration(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		return 0, errUnreadable
	}
	return check(d)
}

// scale returns n units. A float64 holds every nanosecond up to [Longest].
func scale(n float64, unit time.Duration) (time.Duration, error) {
	switch n *= float64(unit); {
	case math.IsNaN(n):
		return 0, errUnreadable
	case n < 0:
		return 0, errNegative
	case n > float64(Longest):
		return 0, errTooLong
	}
	return time.Duration(math.Round(n)), nil
}

func check(d time.Duration) (time.Duration, error) {
	switch {
	case d < 0:
		return 0, errNegative
	case d > Longest:
		return 0, errTooLong
	}
	return d, nil
}

// parseISO reads a duration of ISO 8601: weeks, days, hours, minutes and
// seconds in this order, each with a fraction or a sign if need be. Years and
// months have no length of their own and are not read.
func parseISO(s string) (time.Duration, error) {
	s, negative := strings.CutPrefix(s, "-")
	s, ok := strings.CutPrefix(s, "P")
	days, clock, hasClock := strings.Cut(s, "T")
	if !ok || s == "" || hasClock && clock == "" {
		return 0, errUnreadable
	}
	sum, ok := sumISO(days, "WD", []time.Duration{7 * 24 * time.Hour, 24 * time.Hour})
	more, ok2 := sumISO(clock, "HMS", []time.Duration{time.Hour, time.Minute, time.Second})
	if !ok || !ok2 {
		return 0, errUnreadable
	}
	if sum += more; negative {
		sum = -sum
	}
	return scale(sum, time.Nanosecond)
}

// sumISO adds numbers that are each followed by one of the designators, in
// nanoseconds. No designator comes twice or before an earlier one.
func sumISO(s, designators string, unit []time.Duration) (sum float64, ok bool) {
	for s != "" {
		end := strings.IndexAny(s, designators)
		if end < 0 {
			return 0, false
		}
		n, err := strconv.ParseFloat(strings.Replace(s[:end], ",", ".", 1), 64)
		if err != nil {
			return 0, false
		}
		i := strings.IndexByte(designators, s[end])
		sum += n * float64(unit[i])
		s, designators, unit = s[end+1:], designators[i+1:], unit[i+1:]
	}
	return sum, true
}
