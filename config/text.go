package config

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Duration is a [time.Duration] that people write with days: 30d, 1d12h, 90s.
type Duration time.Duration

// Day is 24 hours.
const Day = Duration(24 * time.Hour)

var (
	errDuration = errors.New("must be a duration such as 30d, 12h, 1h30m or 500ms")
	errSize     = errors.New("must be a size such as 64MiB, 10MB, 16KiB or a number of bytes")
)

var days = regexp.MustCompile(`^([0-9]+)d(.*)$`)

// UnmarshalText reads 30d, 1d12h and whatever [time.ParseDuration] reads, but
// nothing negative.
func (d *Duration) UnmarshalText(text []byte) error {
	rest := string(text)
	var total time.Duration
	part := days.FindStringSubmatch(rest)
	if part != nil {
		n, err := strconv.ParseInt(part[1], 10, 64)
		if err != nil || n > math.MaxInt64/int64(Day) {
			return errDuration
		}
		total, rest = time.Duration(n)*time.Duration(Day), part[2]
	}
	if part == nil || rest != "" {
		fine, err := time.ParseDuration(rest)
		if err != nil || fine < 0 || strings.ContainsAny(rest, "+-") || total+fine < total {
			return errDuration
		}
		total += fine
	}
	*d = Duration(total)
	return nil
}

// MarshalText writes what [Duration.String] returns.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String returns the duration in its largest units, without those that are
// zero: 30d, 1d12h, 1h30m.
func (d Duration) String() string {
	var b strings.Builder
	if n := d / Day; n > 0 {
		fmt.Fprintf(&b, "%dd", n)
		d %= Day
		if d == 0 {
			return b.String()
		}
	}
	rest := time.Duration(d).String()
	if d%Duration(time.Minute) == 0 && d != 0 {
		rest = strings.TrimSuffix(rest, "0s")
	}
	if d%Duration(time.Hour) == 0 && d != 0 {
		rest = strings.TrimSuffix(rest, "0m")
	}
	b.WriteString(rest)
	return b.String()
}

// A Size is a number of bytes that people write with a unit: 64MiB, 10MB.
type Size int64

// Powers of 1024 bytes.
const (
	KiB Size = 1 << (10 * (iota + 1))
	MiB
	GiB
	TiB
)

var units = []struct {
	name string
	size Size
}{
	{"TiB", TiB}, {"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
}

var size = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)$`)

// UnmarshalText reads a number with a unit of 1000 (kB, MB, GB, TB) or 1024
// (KiB, MiB, GiB, TiB), or a number of bytes.
func (s *Size) UnmarshalText(text []byte) error {
	part := size.FindStringSubmatch(string(text))
	if part == nil {
		return errSize
	}
	unit := Size(0)
	for _, u := range units {
		if strings.EqualFold(part[2], u.name) || part[2] == "" {
			unit = u.size // without a unit the last one, bytes
		}
	}
	number, err := strconv.ParseFloat(part[1], 64)
	bytes := number * float64(unit)
	if err != nil || unit == 0 || bytes != math.Trunc(bytes) || bytes >= 1<<53 {
		return errSize
	}
	*s = Size(bytes)
	return nil
}

// MarshalText writes what [Size.String] returns.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String returns the size in the unit in which it is the smallest whole number;
// of two, the power of 1024.
func (s Size) String() string {
	best, name := s, ""
	for _, u := range units {
		if s%u.size == 0 && s/u.size < best {
			best, name = s/u.size, u.name
		}
	}
	return strconv.FormatInt(int64(best), 10) + name
}
