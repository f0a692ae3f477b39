package redact

import "unicode/utf8"

// A matcher finds which of many literals occur in a text, without regard to the
// case of ASCII letters. Three characters at a time it asks a small table whether
// a literal may begin there; only then it walks the tree of all literals.
type matcher struct {
	begins [1 << 15 / 64]uint64 // by the symbols of three characters: whether a literal begins so
	first  [256]uint16          // by the first character: the branch, 0 is none
	nodes  []branch             // the tree; 0 is the root
}

// A branch is a node of the tree of literals.
type branch struct {
	edges []edge
	ends  []uint16 // indices of the literals that end here
}

// An edge leads to the branch of a further character, in lower case.
type edge struct {
	c  byte
	to uint16
}

func (b *branch) next(c byte) (to uint16, ok bool) {
	for _, e := range b.edges {
		if e.c == c {
			return e.to, true
		}
	}
	return 0, false
}

func newMatcher(literals []string) *matcher {
	m := &matcher{nodes: []branch{{}}}
	for i, l := range literals {
		m.insert(l, uint16(i))
		m.open(l)
	}
	return m
}

// insert adds a literal in lower case, of two characters or more.
func (m *matcher) insert(literal string, index uint16) {
	at := uint16(0)
	for i := 0; i < len(literal); i++ {
		to, ok := m.nodes[at].next(literal[i])
		if !ok {
			to = uint16(len(m.nodes))
			m.nodes = append(m.nodes, branch{})
			m.nodes[at].edges = append(m.nodes[at].edges, edge{literal[i], to})
		}
		if i == 0 {
			m.first[literal[0]] = to
		}
		at = to
	}
	m.nodes[at].ends = append(m.nodes[at].ends, index)
}

// open marks the beginnings of a literal in the table. What comes third after a
// literal of two characters is any.
func (m *matcher) open(literal string) {
	two := uint(signs[literal[0]]>>symbolShift)<<10 | uint(signs[literal[1]]>>symbolShift)<<5
	if len(literal) > 2 {
		m.mark(two | uint(signs[literal[2]]>>symbolShift))
		return
	}
	for third := range uint(32) {
		m.mark(two | third)
	}
}

func (m *matcher) mark(i uint) { m.begins[i/64] |= 1 << (i % 64) }

// visit calls f for each literal that begins at s[at].
func (m *matcher) visit(s string, at int, f func(literal, end int)) {
	node := m.first[lower(s[at])]
	for i, ok := at+1, node != 0; ok && i < len(s); i++ {
		if node, ok = m.nodes[node].next(lower(s[i])); !ok {
			return
		}
		for _, l := range m.nodes[node].ends {
			f(int(l), i+1)
		}
	}
}

func lower(c byte) byte {
	if isUpper(c) {
		return c + 0x20
	}
	return c
}

// Kinds of characters.
const (
	signToken   = 1 << iota // of words and encodings
	signDigit               //
	signJoint               // between groups of digits
	signEscape              // something may be encoded
	signPair                // = : >
	signSpace               //
	signPlus                //
	signBracket             // { [
	signWide                // not ASCII
	signURL                 // ? @ #
	signUpper               // A-Z
	signSplit               // - / between parts of a token
	signLower               // a-z
	signProse               // of sentences: letters, digits, spaces and , . ! - _
	signOdd                 // not of sentences
	signName                // of identifiers: letters, digits and - _ .
	signOther               // not of identifiers
	signQuote               // not as it is within the quotes of JSON: " \ and controls
	signLine                // ends a line
	signColon               // :
	signDot                 // .
	signNoHex               // neither a hex digit nor -
	signLiteral             // of literals and comments of SQL: digits, quotes and their kind

	symbolShift = 27 // above it: the character as one of 32 symbols
)

// signs says of each character which kinds it is of, and its symbol: a letter
// without regard to its case, a digit, or one of five groups of other signs.
var signs = func() (t [256]uint32) {
	for c := range t {
		b := byte(c)
		for sign, is := range map[uint32]bool{
			signToken: isAlnum(b) || contained(b, "-_+/="), signDigit: isDigit(b), signUpper: isUpper(b), signLower: isLower(b),
			signWide: b >= utf8.RuneSelf || b == 0, signJoint: contained(b, " -./_"), signEscape: contained(b, "%\\&\x1b"), signPair: contained(b, "=:>|\t<"),
			signSpace: contained(b, " \t\r\n"), signPlus: b == '+', signBracket: contained(b, "{["), signURL: contained(b, "?@#"),
			signSplit: contained(b, "-/"), signProse: isAlnum(b) || contained(b, " ,.!-_"), signOdd: !isAlnum(b) && !contained(b, " ,.!-_"),
			signName: isAlnum(b) || contained(b, "-_."), signOther: !isAlnum(b) && !contained(b, "-_."),
			signQuote: b < ' ' || contained(b, "\"\\"), signLine: contained(b, "\n\r"), signColon: b == ':', signDot: b == '.', signNoHex: hexValue(b) < 0 && b != '-',
			signLiteral: isDigit(b) || contained(b, "'\"`$#*-/@?["),
		} {
			if is {
				t[c] |= sign
			}
		}
		t[c] |= symbol(b) << symbolShift
	}
	return t
}()

func symbol(c byte) uint32 {
	switch {
	case isAlpha(c):
		return uint32(c|0x20) - 'a'
	case isDigit(c):
		return 26
	case c == ' ':
		return 27
	}
	return 28 + uint32(c)%4
}

func contained(c byte, list string) bool {
	for i := 0; i < len(list); i++ {
		if list[i] == c {
			return true
		}
	}
	return false
}

// kindsOf returns the kinds of the characters of s.
func kindsOf(s string) (kinds uint32) {
	for i := 0; i < len(s); i++ {
		kinds |= signs[s[i]]
	}
	return kinds
}

func isToken(c byte) bool { return signs[c]&signToken != 0 }

// A hit is a literal of a provider or of a JWT that ends at end.
type hit struct{ end, literal int }

// A sight is what one pass over a text saw.
type sight struct {
	looks   uint32
	signs   uint32 // kinds of characters
	longest int    // longest run of characters of tokens
	solid   int    // longest run of letters and digits
	digits  int    // longest run of digits, spaces, dashes and dots between groups of them not counted
	hits    []hit  // in the order in which they begin
}

// uuidWord reports whether a word of s that begins at i, where no token goes on
// from before, is a UUID and nothing else. No rule takes one.
func uuidWord(s string, i int) bool {
	return (i+36 == len(s) || signs[s[i+36]]&signToken == 0 && s[i+36] != '.') && (i == 0 || s[i-1] != '.') && isUUID(s[i:i+36])
}

const maxJoint = 4 // bytes between groups of digits

// see looks at each byte of s once, but for UUIDs.
func (e *Engine) see(s string, g *sight) {
	m := e.literals
	var all uint32
	three := uint(0)
	run, solid, digits, joint := 0, 0, 0, 0
	for i := 0; i < len(s); i++ {
		sign := signs[s[i]]
		if sign&(signDigit|signLower) != 0 && run == 0 && i+36 <= len(s) && s[i+8] == '-' && s[i+13] == '-' && uuidWord(s, i) {
			all |= signLower | signToken
			i += 35
			g.digits = max(g.digits, digits)
			three, digits, joint = 0, 0, 0
			continue
		}
		three = (three<<5 | uint(sign>>symbolShift)) & (1<<15 - 1)
		if m.begins[three/64]>>(three%64)&1 != 0 && i >= 2 {
			e.hear(s, i-2, g)
		}
		all |= sign
		if sign&signToken != 0 {
			run++
			solid++
			if sign&signSplit != 0 {
				g.solid = max(g.solid, solid-1)
				solid = 0
			}
		} else {
			g.longest, g.solid = max(g.longest, run), max(g.solid, solid)
			run, solid = 0, 0
		}
		switch {
		case sign&signDigit != 0:
			digits++
			joint = 0
		case digits == 0:
		case sign&(signJoint|signWide) != 0 && joint < maxJoint:
			joint++
		default:
			g.digits = max(g.digits, digits)
			digits, joint = 0, 0
		}
	}
	if len(s) >= 2 {
		e.hear(s, len(s)-2, g)
	}
	g.longest, g.solid, g.digits = max(g.longest, run), max(g.solid, solid), max(g.digits, digits)
	g.signs = all
}

// hear notes the literals that begin at s[at].
func (e *Engine) hear(s string, at int, g *sight) {
	e.literals.visit(s, at, func(literal, end int) {
		if literal < len(providers) && !providers[literal].begins(s, at, end) {
			return
		}
		if lookOf[literal] == lookSQL && (end < len(s) && isWordByte(s[end]) || at > 0 && isAlnum(s[at-1])) {
			return // part of another word
		}
		g.looks |= lookOf[literal]
		if lookOf[literal]&(lookProvider|lookJWT) != 0 {
			g.hits = append(g.hits, hit{end, literal})
		}
	})
}
