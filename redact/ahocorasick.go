package redact

// A matcher finds which of many literals occur in a text, in one pass over it
// (Aho-Corasick), without regard to the case of ASCII letters.
type matcher struct {
	class [256]uint8 // byte → column; 0 is every byte that is in no literal
	width int
	next  []uint16 // state*width + column → state
	out   [][]int  // state → indices of the literals that end there
}

func newMatcher(literals []string) *matcher {
	m := &matcher{width: 1}
	for _, l := range literals {
		for i := 0; i < len(l); i++ {
			c := lower(l[i])
			if m.class[c] != 0 {
				continue
			}
			m.class[c] = uint8(m.width)
			if isLower(c) {
				m.class[c-0x20] = uint8(m.width)
			}
			m.width++
		}
	}
	m.addState()
	for i, l := range literals {
		s := 0
		for j := 0; j < len(l); j++ {
			at := s*m.width + int(m.class[l[j]])
			if m.next[at] == 0 {
				m.next[at] = uint16(m.addState())
			}
			s = int(m.next[at])
		}
		m.out[s] = append(m.out[s], i)
	}
	m.link()
	return m
}

func (m *matcher) addState() int {
	m.next = append(m.next, make([]uint16, m.width)...)
	m.out = append(m.out, nil)
	return len(m.out) - 1
}

// link turns the trie into an automaton, breadth first.
func (m *matcher) link() {
	fail := make([]uint16, len(m.out))
	queue := []uint16{}
	for c := 1; c < m.width; c++ {
		if s := m.next[c]; s != 0 {
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		m.out[s] = append(m.out[s], m.out[fail[s]]...)
		for c := range m.width {
			at := int(s)*m.width + c
			f := m.next[int(fail[s])*m.width+c]
			if t := m.next[at]; t != 0 {
				fail[t] = f
				queue = append(queue, t)
			} else {
				m.next[at] = f
			}
		}
	}
}

func lower(c byte) byte {
	if isUpper(c) {
		return c + 0x20
	}
	return c
}
