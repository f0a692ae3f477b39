package spool

import (
	"fmt"

	"github.com/auditlog/auditlog/store"
)

// A Share says how many records of a frame are an account's.
type Share struct {
	Account string
	Records int
}

// reach is how many times as much of the spool an account may hold as it leaves
// free: one alone comes to 4/5 of all, n at the same time to 4/(4n+1) each, and one
// that floods stops only itself. (The dynamic threshold of Choudhury and Hahne,
// 1998.)
const reach = 4

// shares are the bytes that each account has in the spool and on the way into it.
// What a frame holds in excess of its shares is nobody's.
type shares map[string]int64

// change adds the shares of a frame of n bytes, or removes them (sign is 1 or -1).
func (s shares) change(of []Share, records int, n, sign int64) {
	for _, a := range of {
		if s[a.Account] += sign * part(a, records, n); s[a.Account] <= 0 {
			delete(s, a.Account)
		}
	}
}

func part(of Share, records int, n int64) int64 {
	return n * int64(of.Records) / int64(max(records, 1))
}

// over returns an error if one of the accounts has as much as it may, and n bytes
// of frames would come on top of used bytes of all. An account that has nothing gets
// in as long as there is room.
func (s *Spool) over(frames []Frame, used, n int64) error {
	for i := range frames {
		for _, a := range s.sharesOf(frames[i].Note) {
			if held := s.held[a.Account]; held > 0 && held+n > reach*(s.maxSize-used-n) {
				return fmt.Errorf("%w: account %q has %d bytes waiting in the spool, all that store.spool.max_size leaves one account: %d bytes",
					store.ErrUnavailable, a.Account, held, s.maxSize)
			}
		}
	}
	return nil
}

// hold adds the frames to what their accounts have; release takes one away again.
func (s *Spool) hold(frames []Frame) {
	for i := range frames {
		f := &frames[i]
		s.held.change(s.sharesOf(f.Note), f.Records, f.size(), 1)
	}
}

func (s *Spool) release(f *Frame) {
	s.held.change(s.sharesOf(f.Note), f.Records, f.size(), -1)
}

func (f *Frame) size() int64 { return headerSize + int64(len(f.Note)+len(f.Data)) }
