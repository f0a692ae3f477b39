package receiver

import "sync/atomic"

// budget counts bytes that may be worked on at the same time.
type budget struct{ free atomic.Int64 }

// take reports whether n bytes were free, and takes them. A request that is
// larger than the whole budget never gets here: it is larger than
// max_request_size.
func (b *budget) take(n int64) bool {
	if b.free.Add(-n) >= 0 {
		return true
	}
	b.give(n)
	return false
}

func (b *budget) give(n int64) { b.free.Add(n) }
