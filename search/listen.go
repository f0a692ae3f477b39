package search

import (
	"net"
	"sync"
)

// Connections that are open at the same time. What comes on top is closed, so
// that nobody who opens many keeps the process from files and senders.
const (
	maxConnections = 1000
	maxOfClient    = 200 // from one address, unless a proxy is declared
)

// A boundedListener bounds the connections that are open at the same time.
type boundedListener struct {
	net.Listener
	ofClient int // 0 is no limit

	mu   sync.Mutex
	sum  int
	open map[string]int // by address
}

func bound(l net.Listener, proxied bool) *boundedListener {
	b := &boundedListener{Listener: l, ofClient: maxOfClient, open: map[string]int{}}
	if proxied {
		b.ofClient = 0
	}
	return b
}

// Accept implements [net.Listener].
func (b *boundedListener) Accept() (net.Conn, error) {
	for {
		conn, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
		if b.take(host) {
			return &boundedConn{Conn: conn, free: sync.OnceFunc(func() { b.free(host) })}, nil
		}
		_ = conn.Close() // nobody is to be told
	}
}

func (b *boundedListener) take(host string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sum >= maxConnections || b.ofClient > 0 && b.open[host] >= b.ofClient {
		return false
	}
	b.sum++
	b.open[host]++
	return true
}

func (b *boundedListener) free(host string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sum--
	if b.open[host]--; b.open[host] == 0 {
		delete(b.open, host)
	}
}

type boundedConn struct {
	net.Conn
	free func()
}

func (c *boundedConn) Close() error {
	c.free()
	return c.Conn.Close()
}
