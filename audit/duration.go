package audit

import (
	"strconv"
	"time"
)

// DurationText returns d as people read it in the trail: whole milliseconds
// below one second ("842 ms", "<1 ms", "0 ms"), from there on seconds with at
// most two decimals ("1 s", "1.24 s", "3600 s"), halves rounded up. What rounds
// to a second is a second, never "1000 ms". It returns "" for a negative
// duration.
func DurationText(d time.Duration) string {
	switch {
	case d < 0:
		return ""
	case d == 0:
		return "0 ms"
	case d < time.Millisecond:
		return "<1 ms"
	case d < time.Second-time.Millisecond/2:
		return strconv.FormatInt(rounded(d, time.Millisecond), 10) + " ms"
	}
	hundredths := rounded(d, time.Second/100)
	b := strconv.AppendInt(make([]byte, 0, 24), hundredths/100, 10)
	if rest := hundredths % 100; rest != 0 {
		b = append(b, '.', byte('0'+rest/10))
		if rest%10 != 0 {
			b = append(b, byte('0'+rest%10))
		}
	}
	return string(append(b, " s"...))
}

// rounded is d in whole units; it cannot overflow, as d plus half a unit could.
func rounded(d, unit time.Duration) int64 {
	n := int64(d / unit)
	if d%unit >= unit/2 {
		n++
	}
	return n
}
