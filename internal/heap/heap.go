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
	least  = 100 // percent of what is live that may come on top: Go's own default
	most   = 300 // where next to nothing is live: the next load comes before the next look
	recent = 8   // collections whose largest remainder counts, as it changes from one to the next
)

// KeepFloor lets the heap grow to about floor bytes before it is collected, or to
// twice of what is live, as Go does, where that is more. While events pass through,
// 10 to 30 MiB are live: Go's rule alone collects up to thirty times a second.
// Somebody who sets GOGC has decided otherwise, and is obeyed. It holds for the
// whole process, and is meant for its main function.
func KeepFloor(floor uint64) {
	if os.Getenv("GOGC") != "" {
		return
	}
	t := &tuner{floor: floor, percent: least}
	afterEach(t.adjust)
}

type tuner struct {
	floor   uint64
	percent int
	live    [recent]uint64
	n       int // collections seen
}

// adjust sets by how much the heap may grow until the next collection.
func (t *tuner) adjust() {
	t.live[t.n%recent] = live()
	t.n++
	largest := uint64(1)
	for _, l := range t.live {
		largest = max(largest, l)
	}
	percent := most
	if grown := t.floor * 100 / largest; grown < 100+most {
		percent = max(least, int(grown)-100)
	}
	if percent != t.percent { // to set it stops the world
		t.percent = percent
		debug.SetGCPercent(percent)
	}
}

func live() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
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
