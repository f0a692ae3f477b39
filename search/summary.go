package search

import (
	"net/http"
	"time"

	"github.com/auditlog/auditlog/audit"
)

// maxBuckets is how many intervals a window is cut into, at most. One more may
// begin before the window.
const maxBuckets = 100

// intervals are the lengths of buckets that people read well.
var intervals = []time.Duration{
	time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
	time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	day, 2 * day, 5 * day, 10 * day, 30 * day, 90 * day, 365 * day,
}

const day = 24 * time.Hour

func intervalFor(window time.Duration) time.Duration {
	for _, interval := range intervals {
		if window <= maxBuckets*interval {
			return interval
		}
	}
	return intervals[len(intervals)-1]
}

// A summary counts the events of a window over time.
type summary struct {
	Interval time.Duration `json:"interval_ns"`
	Start    time.Time     `json:"start"` // of the window
	End      time.Time     `json:"end"`
	Buckets  []bucket      `json:"buckets"` // those without events too
	Total    int64         `json:"total"`
	Partial  time.Time     `json:"partial_until,omitzero"`
}

type bucket struct {
	Start   time.Time `json:"start"`
	Success int64     `json:"success"`
	Failure int64     `json:"failure"`
	Unknown int64     `json:"unknown"`
}

// summarize answers the counts over time by status.
func (a *api) summarize(r *http.Request, o owner) (any, error) {
	asked, err := a.parse(r, o, windowParameters)
	if err != nil {
		return nil, err
	}
	q := asked.query
	if oldest := a.now().UTC().Add(-a.store.Retention()); q.Start.Before(oldest) {
		q.Start = oldest // nothing older is there
	}
	if newest := a.now().UTC().Add(clockSkew); q.End.After(newest) {
		q.End = newest
	}
	s := summary{Start: q.Start, End: q.End, Buckets: []bucket{}, Interval: intervals[0]}
	if q.Start.Before(q.End) {
		s.Interval = intervalFor(q.End.Sub(q.Start))
		h, err := a.store.Histogram(r.Context(), o.caller, q, s.Interval)
		if err != nil {
			return nil, err
		}
		s.Partial = h.Reached
		s.Buckets = emptyBuckets(q.Start, q.End, h.Reached, s.Interval)
		for _, b := range h.Buckets {
			i := int(b.Start.Sub(s.Buckets[0].Start) / s.Interval)
			for status, n := range b.Counts {
				s.Buckets[i].add(status, n)
				s.Total += n
			}
		}
	}
	if err := a.reads.record(r.Context(), o, a.address(r), "events.search", asked); err != nil {
		return nil, err
	}
	return s, nil
}

func (b *bucket) add(status string, n int64) {
	switch status {
	case "success":
		b.Success += n
	case "failure":
		b.Failure += n
	default:
		b.Unknown += n
	}
}

// emptyBuckets cuts the window into intervals since 1970, from where the counts
// reach.
func emptyBuckets(start, end, reached time.Time, interval time.Duration) (buckets []bucket) {
	if reached.After(start) {
		start = reached
	}
	since := start.Sub(audit.Day(0).Start())
	first := start.Add(-(since % interval))
	for at := first; at.Before(end) || len(buckets) == 0; at = at.Add(interval) {
		buckets = append(buckets, bucket{Start: at})
	}
	return buckets
}
