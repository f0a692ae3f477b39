package search

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxClients is how many clients a limit tells apart. Those beyond it share one.
const maxClients = 10_000

// limits is a rate limit for each client.
type limits struct {
	every rate.Limit
	burst int

	mu       sync.Mutex
	byClient map[string]*rate.Limiter
	others   *rate.Limiter
}

func newLimits(every rate.Limit, burst int) *limits {
	return &limits{every: every, burst: burst, byClient: map[string]*rate.Limiter{}, others: rate.NewLimiter(every, burst)}
}

// wait takes one from what the client may still do. It returns 0, or, taking
// nothing, after how much time the client may come again.
func (l *limits) wait(client string, now time.Time) time.Duration {
	reserved := l.limiter(client, now).ReserveN(now, 1)
	delay := reserved.DelayFrom(now)
	if delay > 0 {
		reserved.CancelAt(now)
	}
	return delay
}

func (l *limits) limiter(client string, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if found, ok := l.byClient[client]; ok {
		return found
	}
	if len(l.byClient) >= maxClients {
		for name, limiter := range l.byClient { // who may do everything again is forgotten
			if limiter.TokensAt(now) >= float64(l.burst) {
				delete(l.byClient, name)
			}
		}
	}
	if len(l.byClient) >= maxClients {
		return l.others
	}
	limiter := rate.NewLimiter(l.every, l.burst)
	l.byClient[client] = limiter
	return limiter
}

// tooMany is the answer to a client that must wait.
func tooMany(wait time.Duration, format string, args ...any) *problem {
	p := newProblem(http.StatusTooManyRequests, format, args...)
	p.retryAfter = max(wait, time.Second)
	return p
}

// address is the IP address from which a request comes; "" if that is not known.
// A declared proxy says it, as the last hop that it adds.
func (a *api) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if hops := r.Header.Values("X-Forwarded-For"); a.proxied && len(hops) > 0 {
		list := strings.Split(hops[len(hops)-1], ",")
		host = strings.TrimSpace(list[len(list)-1])
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return ""
	}
	return address.Unmap().WithZone("").String()
}

// client tells clients apart for limits: by address, an IPv6 network as one.
func (a *api) client(r *http.Request) string {
	text := a.address(r)
	if address, err := netip.ParseAddr(text); err == nil && address.Is6() {
		if network, err := address.Prefix(64); err == nil {
			return network.String()
		}
	}
	return text
}
