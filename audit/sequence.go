package audit

// A Sequence finds what belongs to the names of a record's attributes. The
// records of a request mostly have the same names in the same order, so that a
// comparison with the one expected next saves a look into a map. It is for one
// goroutine.
type Sequence[T any] struct {
	items []item[T] // of the first record
	known bool      // whether that is over
	next  int       // the one that is expected
}

type item[T any] struct {
	name  string
	value T
}

// maxSequence bounds what a record of very many attributes can fill.
const maxSequence = 64

// Begin starts with the attributes of another record.
func (s *Sequence[T]) Begin() { s.next, s.known = 0, len(s.items) > 0 }

// Find returns what belongs to name, if it is the one expected next or the one
// after that.
func (s *Sequence[T]) Find(name string) (value T, ok bool) {
	for i := s.next; i < min(s.next+2, len(s.items)); i++ {
		if s.items[i].name == name {
			s.next = i + 1
			return s.items[i].value, true
		}
	}
	return value, false
}

// Add says what belongs to a name that was not found.
func (s *Sequence[T]) Add(name string, value T) {
	if !s.known && len(s.items) < maxSequence {
		s.items = append(s.items, item[T]{name, value})
		s.next = len(s.items)
	}
}
