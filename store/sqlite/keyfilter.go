package sqlite

import "slices"

const (
	filterLanes  = 32 // segments in a group
	filterBits   = 16 // words per event that a full segment holds
	filterProbes = 8
)

// A keyFilter tells in which segments of a file a key may be: a Bloom filter for
// each segment, 32 of them side by side, so that one probe asks them all. It is
// wrong for one key and full segment in about 2,000, and never says no to what is
// there.
type keyFilter struct {
	words  int // in a group, a power of two
	groups []keyGroup
}

type keyGroup struct {
	words []uint32            // bit n of each is of segment n
	ids   [filterLanes]*int64 // nil is free
}

// newKeyFilter expects up to size events in a segment.
func newKeyFilter(size int) *keyFilter {
	f := &keyFilter{words: 1}
	for f.words < size*filterBits {
		f.words *= 2
	}
	return f
}

// probes returns the words of a key. Its first bits are all that is used, so that
// it can be made from what a bucket keeps.
func (f *keyFilter) probes(key uint64) (at [filterProbes]uint32) {
	bucket, rest := split(key)
	x := uint64(bucket)<<restBits | rest
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	step := uint32(x>>32) | 1
	for i := range at {
		at[i] = (uint32(x) + uint32(i)*step) & uint32(f.words-1)
	}
	return at
}

// add makes room for a segment and returns what takes its keys.
func (f *keyFilter) add(id int64) (put func(key uint64)) {
	for g := range f.groups {
		for lane, taken := range f.groups[g].ids {
			if taken == nil {
				return f.groups[g].lane(f, lane, id)
			}
		}
	}
	f.groups = append(f.groups, keyGroup{words: make([]uint32, f.words)})
	return f.groups[len(f.groups)-1].lane(f, 0, id)
}

func (g *keyGroup) lane(f *keyFilter, lane int, id int64) func(uint64) {
	g.ids[lane] = &id
	return func(key uint64) {
		for _, at := range f.probes(key) {
			g.words[at] |= 1 << lane
		}
	}
}

func (f *keyFilter) remove(id int64) {
	for g := range f.groups {
		lane := slices.IndexFunc(f.groups[g].ids[:], func(x *int64) bool { return x != nil && *x == id })
		if lane < 0 {
			continue
		}
		f.groups[g].ids[lane] = nil
		for at := range f.groups[g].words {
			f.groups[g].words[at] &^= 1 << lane
		}
	}
}

// find returns the segments that may have the key.
func (f *keyFilter) find(key uint64) (ids []int64) {
	probes := f.probes(key)
	for g := range f.groups {
		mask := ^uint32(0)
		for _, at := range probes {
			if mask &= f.groups[g].words[at]; mask == 0 {
				break
			}
		}
		for lane := 0; mask != 0; lane, mask = lane+1, mask>>1 {
			if mask&1 == 1 {
				ids = append(ids, *f.groups[g].ids[lane])
			}
		}
	}
	return ids
}
