// Package heap spares the garbage collector work that frees little.
package heap

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Floor is a floor under which the program stays in 150 MiB of memory, measured
// under full load: see docs/performance.md.
const Floor = 60 << 20

const (
	step   = 30 << 20 // bytes that may always come on top, so that a collection frees something
	most   = 300      // percent, where next to nothing is live: the next load comes before the next look
	recent = 8        // collections whose largest remainder counts, as it changes from one to the next
)

// KeepFloor lets the heap grow to about floor bytes before it is collected, and
// where more is live, by 30 MiB, or by as much as a collection must look through,
// or by a quarter. While events pass through, 10 to 30 MiB are live: Go's own rule,
// which lets the heap double, collects up to thirty times a second then. And what
// grows with the number of events, filters without pointers, costs a collection
// nothing, so it is no reason to come later. Somebody who sets GOGC has decided
// otherwise, and is obeyed. It holds for the whole process, and is meant for its
// main function.
func KeepFloor(floor uint64) {
	if os.Getenv("GOGC") != "" {
		return
	}
	t := &tuner{floor: floor, percent: 100} // Go's own default
	afterEach(t.adjust)
}

type tuner struct {
	floor   uint64
	percent int
	seen    [recent]remainder
	n       int // collections seen
}

// A remainder is what a collection left, in bytes.
type remainder struct{ live, scanned uint64 }

// adjust sets by how much the heap may grow until the next collection.
func (t *tuner) adjust() {
	t.seen[t.n%recent] = look()
	t.n++
	largest := remainder{live: 1}
	for _, r := range t.seen {
		largest.live, largest.scanned = max(largest.live, r.live), max(largest.scanned, r.scanned)
	}
	if percent := growth(t.floor, largest); percent != t.percent { // to set it stops the world
		t.percent = percent
		debug.SetGCPercent(percent)
	}
}

// growth returns, in percent of what is live, how much may come on top.
func growth(floor uint64, r remainder) int {
	bytes := max(step, r.scanned, r.live/4)
	if floor > r.live {
		bytes = max(bytes, floor-r.live)
	}
	return int(min(most, bytes*100/r.live))
}

func look() remainder {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/heap:bytes"}}
	metrics.Read(samples)
	return remainder{samples[0].Value.Uint64(), samples[1].Value.Uint64()}
}

// afterEach calls f after each collection.
func afterEach(f func()) {
	collected := &struct {
		self any // with a pointer, it shares its memory with nothing
		_    [8]uintptr
	}{}
	runtime.AddCleanup(collected, func(f func()) {
		f()
		afterEach(f)
	}, f)
}
