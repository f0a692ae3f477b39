package redact

import "strings"

// Sizes of memos, powers of two, and the longest text in bytes that they hold.
const (
	memoTexts = 1024
	memoNames = 512
	maxMemo   = 256
)

// texts remembers texts in which nothing was found. It compares them whole: no
// likeness lets another one pass. A place holds the last two that fall on it, so
// that the memory is bounded.
type texts [memoTexts][2]string

func (t *texts) has(s string) bool {
	place := &t[hash(s)%memoTexts]
	return place[0] == s || place[1] == s
}

func (t *texts) add(s string) {
	if len(s) <= maxMemo {
		place := &t[hash(s)%memoTexts]
		place[0], place[1] = strings.Clone(s), place[0]
	}
}

// traits remembers what names say.
type traits [memoNames][2]*trait

func (t *traits) get(name string) *trait {
	for _, known := range &t[hash(name)%memoNames] {
		if known != nil && known.name == name {
			return known
		}
	}
	return nil
}

func (t *traits) add(known *trait) {
	place := &t[hash(known.name)%memoNames]
	place[0], place[1] = known, place[0]
}

// hash mixes the length of s with 24 of its bytes: the first, the middle and the
// last. It is for places in a memo, nothing depends on it.
func hash(s string) uint64 {
	n := len(s)
	h := uint64(n) * 0x9E3779B97F4A7C15
	if n < 8 {
		var w uint64
		for i := range n {
			w = w<<8 | uint64(s[i])
		}
		h = (h ^ w) * 0xBF58476D1CE4E5B9
		return h ^ h>>32
	}
	h = (h ^ eight(s, 0)) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>32 ^ eight(s, n/2-4)) * 0x94D049BB133111EB
	h = (h ^ h>>32 ^ eight(s, n-8)) * 0x9E3779B97F4A7C15
	return h ^ h>>32
}

// eight reads eight bytes of s from at on.
func eight(s string, at int) uint64 {
	s = s[at : at+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
