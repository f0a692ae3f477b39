package audit_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditlog/auditlog/audit"
)

// A Sequence says the same as the map that it saves looks into.
func TestSequence(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{"", "a", "b", "c", "d", "e", "f"}
	for range 200 {
		var s audit.Sequence[int]
		found := 0
		for range 20 {
			s.Begin()
			for range r.IntN(90) {
				i := r.IntN(len(names))
				got, ok := s.Find(names[i])
				if ok {
					require.Equal(t, i, got)
					found++
				} else {
					s.Add(names[i], i)
				}
			}
		}
		require.Positive(t, found)
	}
}

func TestSequenceSkips(t *testing.T) {
	var s audit.Sequence[int]
	s.Begin()
	for i, name := range []string{"a", "b", "c"} {
		s.Add(name, i)
	}
	s.Begin()
	_, ok := s.Find("new")
	require.False(t, ok)
	for i, name := range []string{"a", "c"} { // b is missing
		got, ok := s.Find(name)
		require.True(t, ok, name)
		require.Equal(t, 2*i, got)
	}
}
