package elasticsearch

import (
	"math/rand/v2"
	"time"
)

// A backoff says how long to wait before something is tried again: longer each
// time, and never in step with others.
type backoff struct {
	most  time.Duration
	tries int
}

func newBackoff(most time.Duration) *backoff { return &backoff{most: most} }

func (b *backoff) reset() { b.tries = 0 }

func (b *backoff) next() time.Duration {
	const first = 20 * time.Millisecond
	d := b.most
	if b.tries < 20 {
		d = min(d, first<<b.tries)
	}
	b.tries++
	return d/2 + rand.N(d/2+1)
}
