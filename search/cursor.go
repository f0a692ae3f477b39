package search

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// cursorKey authenticates cursors. A cursor says where the next page starts and
// which window the first page had; its MAC binds it to the caller's accounts and
// to the query, so that it fits no other.
type cursorKey []byte

func newCursorKey(k audit.Key) cursorKey {
	m := hmac.New(sha256.New, k)
	m.Write([]byte("auditlog cursor"))
	return m.Sum(nil)
}

const (
	cursorBody = 3*8 + len(audit.Hash{}) // start, end, time, hash
	cursorMAC  = 16
)

func (k cursorKey) seal(caller store.Caller, a asked, next store.Position) string {
	b := make([]byte, 0, cursorBody+cursorMAC)
	for _, t := range []time.Time{a.query.Start, a.query.End, next.Time} {
		b = binary.BigEndian.AppendUint64(b, uint64(t.UnixNano()))
	}
	b = append(b, next.Hash[:]...)
	return base64.RawURLEncoding.EncodeToString(append(b, k.mac(caller, a, b)...))
}

// open puts the cursor's window and place into the query.
func (k cursorKey) open(caller store.Caller, a *asked, cursor string) error {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) != cursorBody+cursorMAC || !hmac.Equal(b[cursorBody:], k.mac(caller, *a, b[:cursorBody])) {
		return badParameter("cursor", "does not belong to this query: repeat the parameters of the first page unchanged, or leave the cursor out to begin anew")
	}
	at := func(i int) time.Time { return time.Unix(0, int64(binary.BigEndian.Uint64(b[8*i:]))).UTC() }
	a.query.Start, a.query.End = at(0), at(1)
	a.query.After = &store.Position{Time: at(2)}
	copy(a.query.After.Hash[:], b[3*8:])
	return nil
}

func (k cursorKey) mac(caller store.Caller, a asked, body []byte) []byte {
	m := hmac.New(sha256.New, k)
	part := func(s string) {
		m.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s))))
		m.Write([]byte(s))
	}
	m.Write(body)
	part(a.query.Account)
	part(a.window)
	for _, account := range caller.Accounts {
		part(account)
	}
	for _, f := range a.query.Filters {
		part("=" + f.Fields[0].Name)
		for _, v := range f.Values {
			part(v)
		}
	}
	return m.Sum(nil)[:cursorMAC]
}
