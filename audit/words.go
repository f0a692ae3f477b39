package audit

import (
	"iter"
	"strings"
	"unicode"
)

// Words splits a text into words, in which full text is searched: the longest
// runs of letters, marks and numbers, each character in lower case. These are
// the words of an Elasticsearch pattern analyzer with the pattern
// [^\p{L}\p{M}\p{N}]+ in lower case.
func Words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for word := range strings.FieldsFuncSeq(text, isBetweenWords) {
			if !yield(strings.Map(unicode.ToLower, word)) {
				return
			}
		}
	}
}

func isBetweenWords(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.M, unicode.N)
}
