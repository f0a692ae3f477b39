package redact

// A matcher finds which of many literals occur in a text, in one pass over it
// (Aho-Corasick), without regard to the case of ASCII letters.
type matcher struct {
	class [256]uint8 // byte → column; 0 is every byte that is in no literal
	next  []uint16   // state<<columnBits | column → state
	out   [][]uint16 // state-loud → indices of the literals that end there
	loud  uint16     // states from here on end a literal
}

const columnBits = 6

func newMatcher(literals []string) *matcher {
	m := &matcher{}
	width := uint8(1)
	for _, l := range literals {
		for i := 0; i < len(l); i++ {
			c := l[i]
			if m.class[c] != 0 {
				continue
			}
			m.class[c] = width
			if isLower(c) {
				m.class[c-0x20] = width
			}
			width++
		}
	}
	if width > 1<<columnBits {
		panic("redact: the literals have more different characters than the table has columns")
	}
	t := trie{m: m}
	t.add()
	for i, l := range literals {
		t.insert(l, uint16(i))
	}
	t.link()
	m.next, m.out, m.loud = t.number()
	return m
}

// A trie becomes the table of a matcher.
type trie struct {
	m    *matcher
	next [][1 << columnBits]uint16
	out  [][]uint16
}

func (t *trie) add() uint16 {
	t.next = append(t.next, [1 << columnBits]uint16{})
	t.out = append(t.out, nil)
	return uint16(len(t.next) - 1)
}

func (t *trie) insert(literal string, index uint16) {
	s := uint16(0)
	for i := 0; i < len(literal); i++ {
		c := t.m.class[literal[i]]
		if t.next[s][c] == 0 {
			n := t.add()
			t.next[s][c] = n
		}
		s = t.next[s][c]
	}
	t.out[s] = append(t.out[s], index)
}

// link turns the trie into an automaton, breadth first.
func (t *trie) link() {
	fail := make([]uint16, len(t.next))
	var queue []uint16
	for _, s := range t.next[0] {
		if s != 0 {
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		t.out[s] = append(t.out[s], t.out[fail[s]]...)
		for c := range t.next[s] {
			f := t.next[fail[s]][c]
			if n := t.next[s][c]; n != 0 {
				fail[n] = f
				queue = append(queue, n)
			} else {
				t.next[s][c] = f
			}
		}
	}
}

// number lays the table out, with the states that end a literal last.
func (t *trie) number() (next []uint16, out [][]uint16, loud uint16) {
	order := make([]uint16, 0, len(t.next))
	for _, ends := range []bool{false, true} {
		if ends {
			loud = uint16(len(order))
		}
		for s := range t.next {
			if (t.out[s] != nil) == ends {
				order = append(order, uint16(s))
			}
		}
	}
	is := make([]uint16, len(order))
	for n, s := range order {
		is[s] = uint16(n)
	}
	for _, s := range order {
		for _, to := range t.next[s] {
			next = append(next, is[to])
		}
		if t.out[s] != nil {
			out = append(out, t.out[s])
		}
	}
	return next, out, loud
}

func lower(c byte) byte {
	if isUpper(c) {
		return c + 0x20
	}
	return c
}
