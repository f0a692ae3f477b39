package receiver

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// shares divides the bytes that may be worked on at the same time among the
// senders. Whoever holds none gets in as long as there is room; beyond that, a
// sender may hold as much as it leaves free for the others. So one alone has half
// of all, n at the same time have a part of n+1 each, and a sender that floods
// stops only itself. (The dynamic threshold of Choudhury and Hahne, 1998.)
type shares struct {
	mu   sync.Mutex
	free int64
	held map[string]int64 // by sender
}

func newShares(all int64) *shares { return &shares{free: all, held: map[string]int64{}} }

// take reports whether the sender may hold n bytes more, and takes them.
func (s *shares) take(sender string, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.held[sender]
	if n > s.free || held > 0 && held+n > s.free-n {
		return false
	}
	s.free -= n
	s.held[sender] = held + n
	return true
}

func (s *shares) give(sender string, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free += n
	if s.held[sender] -= n; s.held[sender] == 0 {
		delete(s.held, sender)
	}
}

// burst is for how long a sender may go on at a multiple of its rate after it
// was quiet.
const burst = 10 * time.Second

// rates limits the records that each sender may send in a second.
type rates struct {
	mu       sync.Mutex
	limiters map[string]*rate.Limiter // of senders that sent something
}

func newRates() *rates { return &rates{limiters: map[string]*rate.Limiter{}} }

// wait returns 0 if the sender may send n records now, and otherwise after how
// much time it may. A request of more records than a burst is taken when the
// sender was quiet for as long as a burst lasts.
func (r *rates) wait(from sender, n int, now time.Time) time.Duration {
	if from.maxRate == 0 || n == 0 {
		return 0
	}
	r.mu.Lock()
	limiter := r.limiters[from.name]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Limit(from.maxRate), max(1, int(float64(from.maxRate)*burst.Seconds())))
		r.limiters[from.name] = limiter
	}
	r.mu.Unlock()
	reservation := limiter.ReserveN(now, min(n, limiter.Burst()))
	delay := reservation.DelayFrom(now)
	if delay > 0 {
		reservation.CancelAt(now)
	}
	return delay
}
