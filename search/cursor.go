package search

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store"
)

// cursors makes cursors and opens them. One of a page says where the next page
// starts and which window the first page had; its MAC binds it to the account
// and the query, so that it fits no other. One of arrival is the store's own,
// bound to the account, and encrypted: it counts events of other accounts too.
type cursors struct {
	pages   []byte
	arrival cipher.AEAD
}

func newCursors(k audit.Key) (cursors, error) {
	derive := func(purpose string) []byte {
		m := hmac.New(sha256.New, k)
		m.Write([]byte(purpose))
		return m.Sum(nil)
	}
	block, err := aes.NewCipher(derive("auditlog cursor of arrival"))
	if err != nil {
		return cursors{}, fmt.Errorf("cursors: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return cursors{pages: derive("auditlog cursor"), arrival: aead}, err
}

const (
	cursorBody = 3*8 + len(audit.Hash{}) // start, end, time, hash
	cursorMAC  = 16
)

func (c cursors) seal(a asked, next store.Position) string {
	b := make([]byte, 0, cursorBody+cursorMAC)
	for _, t := range []time.Time{a.query.Start, a.query.End, next.Time} {
		b = binary.BigEndian.AppendUint64(b, uint64(t.UnixNano()))
	}
	b = append(b, next.Hash[:]...)
	return base64.RawURLEncoding.EncodeToString(append(b, c.mac(a, b)...))
}

// open puts the cursor's window and place into the query.
func (c cursors) open(a *asked, cursor string) error {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) != cursorBody+cursorMAC || !hmac.Equal(b[cursorBody:], c.mac(*a, b[:cursorBody])) {
		return badParameter("cursor", "does not belong to this query: repeat the parameters of the first page unchanged, or leave the cursor out to begin anew")
	}
	at := func(i int) time.Time { return time.Unix(0, int64(binary.BigEndian.Uint64(b[8*i:]))).UTC() }
	a.query.Start, a.query.End = at(0), at(1)
	a.query.After = &store.Position{Time: at(2)}
	copy(a.query.After.Hash[:], b[3*8:])
	return nil
}

func (c cursors) mac(a asked, body []byte) []byte {
	m := hmac.New(sha256.New, c.pages)
	part := func(s string) {
		m.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s))))
		m.Write([]byte(s))
	}
	m.Write(body)
	part(a.query.Account)
	part(a.window)
	part(fmt.Sprint(a.query.Ascending))
	for _, p := range filterParameters {
		for _, name := range []string{p.name, p.name + "!"} {
			if len(a.filters[name]) == 0 {
				continue
			}
			part("=" + name)
			for _, v := range a.filters[name] {
				part(v)
			}
		}
	}
	return m.Sum(nil)[:cursorMAC]
}

func (c cursors) sealArrival(account string, place store.Cursor) string {
	return base64.RawURLEncoding.EncodeToString(c.arrival.Seal(nil, nil, []byte(place), []byte(account)))
}

func (c cursors) openArrival(account, cursor string) (store.Cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		b, err = c.arrival.Open(nil, nil, b, []byte(account))
	}
	if err != nil {
		return "", badParameter("since", "is no cursor of arrival of this account: take `arrived` of /api/v1/events")
	}
	return store.Cursor(b), nil
}
