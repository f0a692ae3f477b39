package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Key makes fingerprints: it tells whether two values are the same without
// keeping either. Without the key nobody can find a value from its fingerprint.
type Key []byte

// Lengths of a key, in bytes.
const (
	minKey = 16
	maxKey = 4096
)

// NewKey makes a key of a text without the white space around it. Its error does
// not hold the key.
func NewKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	if len(text) < minKey || len(text) > maxKey {
		return nil, fmt.Errorf("the key must have %d to %d characters; `openssl rand -base64 32` makes a good one", minKey, maxKey)
	}
	return Key(text), nil
}

// Fingerprint returns 32 hex digits that stand for value in an account. The same
// value has another fingerprint in another account.
func (k Key) Fingerprint(account, value string) string {
	return hex.EncodeToString(mac(mac(k, "auditlog fingerprint\x00"+account), Canonical(value))[:16])
}

// Fingerprint returns that of the engine's key.
func (e *Engine) Fingerprint(account, value string) string { return e.key.Fingerprint(account, value) }

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// Canonical is the form in which a value is fingerprinted: without the white
// space, quotes and scheme (Bearer, Basic) around it.
func Canonical(value string) string {
	value = strings.Trim(value, " \t\r\n\"'`")
	if scheme, rest, ok := strings.Cut(value, " "); ok {
		switch strings.ToLower(scheme) {
		case "bearer", "basic", "token":
			return strings.TrimSpace(rest)
		}
	}
	return value
}

// MinEntropy is the estimated entropy, in bits, from which on a value is
// fingerprinted. A PIN, a card number or a chosen password could be guessed from
// its fingerprint by whoever has the key.
const MinEntropy = 80

// Entropy estimates how many bits of chance a value holds, rather too few than
// too many: the longest word counts, and a character of the same kind as the one
// before it counts half, as those of words do.
func Entropy(value string) float64 {
	best := 0.0
	for word := range strings.FieldsSeq(Canonical(value)) {
		best = max(best, wordEntropy(word))
	}
	return best
}

func wordEntropy(s string) float64 {
	var used [4]bool
	hexOnly := true
	for i := 0; i < len(s); i++ {
		used[charKind(s[i])] = true
		hexOnly = hexOnly && (hexValue(s[i]) >= 0 || s[i] == '-')
	}
	pool := 0.0
	for kind, size := range []float64{33, 26, 26, 10} {
		if used[kind] {
			pool += size
		}
	}
	if hexOnly {
		pool = 16
	}
	changes, distinct := 0, map[byte]bool{}
	for i := 0; i < len(s); i++ {
		distinct[s[i]] = true
		if i == 0 || charKind(s[i]) != charKind(s[i-1]) {
			changes++
		}
	}
	counted := float64(changes) + float64(len(s)-changes)/2
	return counted * math.Log2(min(max(pool, 1), float64(2*len(distinct))))
}

// charKind is 1 for upper case, 2 for lower case, 3 for digits, else 0.
func charKind(c byte) int {
	if !isAlnum(c) {
		return 0
	}
	return kindOf(c)
}

const maxRemoved = 32 // values of one record that are fingerprinted

// byPolicy are rules that take values for being content, not for being secrets.
var byPolicy = set(ruleText + " " + ruleRows + " " + ruleResponse + " " + ruleSQL + " " + ruleEmail + " " + ruleTooLong + " " + ruleDepth + " " + ruleUnreadable + " " + ruleError)

// remove remembers a value that a rule took.
func (p *Pass) remove(rule, value string) {
	if !p.e.fingerprints || len(p.removed) >= maxRemoved || byPolicy[rule] || len(value) > 1<<16 || p.e.isPlaceholder(value) {
		return
	}
	if value = Canonical(value); !slices.Contains(p.removed, value) && Entropy(value) >= MinEntropy {
		p.removed = append(p.removed, value)
	}
}

// removeNode remembers the texts under a node.
func (p *Pass) removeNode(rule string, i int32) {
	if !p.e.fingerprints {
		return
	}
	if p.nodes[i].kind == text {
		p.remove(rule, p.nodes[i].text)
	}
	for c := p.nodes[i].child; c >= 0; c = p.nodes[c].next {
		p.removeNode(rule, c)
	}
}

// Removed returns the values that were removed since Begin or Next, for being
// secrets, and have at least [MinEntropy] bits; none unless Config.Fingerprints
// is set. They are for making fingerprints of, and for nothing else.
func (p *Pass) Removed() []string { return p.removed }
