package search

import "time"

// SetClock makes an extension that has not started use another clock.
func SetClock(e *Extension, now func() time.Time) { e.now = now }
