package store

import (
	"fmt"
	"sync"
)

// Calls lets the calls of a store in until it is closed, and then waits for those
// that are under way.
type Calls struct {
	mu     sync.Mutex
	closed bool
	under  sync.WaitGroup // added to under mu only while not closed
}

// Enter begins a call. The caller defers what it returns. It returns an error that
// wraps [ErrUnavailable] once the store is closed.
func (c *Calls) Enter() (leave func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, fmt.Errorf("%w: it is closed", ErrUnavailable)
	}
	c.under.Add(1)
	return c.under.Done, nil
}

// Close lets nobody in any more and returns when the last call has left. It
// returns false, at once, if it was closed before.
func (c *Calls) Close() bool {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return false
	}
	c.closed = true
	c.mu.Unlock()
	c.under.Wait()
	return true
}
