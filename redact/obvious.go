package redact

// obvious reports whether a value is one that no rule of ours takes, by a look
// at its form only: a word, a UUID, an address, a path of words. A text that is
// none may be harmless all the same. Patterns of the user are asked always.
func (e *Engine) obvious(s string) bool {
	if len(e.patterns) > 0 {
		return false
	}
	switch {
	case len(s) < 10:
		return shortName(s)
	case len(s) == 36 && s[8] == '-':
		return isUUID(s)
	case len(s) == 38 && s[0] == '{' && s[37] == '}':
		return isUUID(s[1:37])
	case isDigit(s[0]):
		return isAddress(s) || isTraceID(s)
	case s[0] >= 'a' && s[0] <= 'f' && isTraceID(s):
		return true
	}
	return wordPath(s)
}

// shortName reports whether a text of less than ten bytes is letters, digits and
// the signs between them: no token is that short, and no number that is one by
// its check digit.
func shortName(s string) bool {
	return kindsOf(s)&signOther == 0
}

// isAddress reports whether s is an IPv4 address.
func isAddress(s string) bool {
	if len(s) > 15 {
		return false
	}
	dots, run := 0, 0
	for i := 0; i < len(s); i++ {
		switch {
		case isDigit(s[i]):
			if run++; run > 3 {
				return false
			}
		case s[i] == '.':
			dots, run = dots+1, 0
		default:
			return false
		}
	}
	return dots == 3
}

// isTraceID reports whether s is a trace or span id: 32 or 16 hex digits, in
// which letters come more than once and early.
func isTraceID(s string) bool {
	if len(s) != 32 && len(s) != 16 {
		return false
	}
	var all, other uint32
	run, longest := uint32(0), uint32(0) // of digits
	for i := 0; i < len(s); i++ {        // without branches, which nobody can predict here
		sign := signs[s[i]]
		digit := sign / signDigit & 1
		all |= sign
		other |= (digit | sign/signLower&1) - 1
		run = (run + 1) * digit
		longest = max(longest, run)
	}
	return other == 0 && all&signNoHex == 0 && all&signLower != 0 && longest <= maxDigits
}

const maxDigits = 11 // in a row; more may be of a card

// Longest texts and words that are obvious. Of 15 characters of chance hardly
// any lack a digit and an upper-case letter, which makes longer words suspect.
const (
	maxObvious     = 96
	maxObviousWord = 14
)

// wordPath reports whether s is words of lower-case letters between the signs of
// paths and names, UUIDs, and versions such as v2.
func wordPath(s string) bool {
	if len(s) > maxObvious {
		return false
	}
	run := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case signs[c]&signLower != 0:
			if run++; run > maxObviousWord {
				return false
			}
		case c == '/' || c == '-' || c == '_' || c == '.':
			run = 0
			if c == '/' && i+37 <= len(s) && (i+37 == len(s) || s[i+37] == '/') && isUUID(s[i+1:i+37]) {
				i += 36
			}
		case isDigit(c) && run == 1 && s[i-1] == 'v' && (i+1 == len(s) || s[i+1] == '/'):
		default:
			return false
		}
	}
	return true
}
