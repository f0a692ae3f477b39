package local

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// TokenKind says what a token is good for. No token is good for both.
type TokenKind string

// The kinds of tokens.
const (
	OwnerToken  TokenKind = "owner"  // reads, never writes
	SenderToken TokenKind = "sender" // writes, never reads
)

// A Token is a named bearer token. The token itself is not kept, only its hash.
type Token struct {
	Name     string    `json:"name"`
	Kind     TokenKind `json:"kind"`
	Accounts []string  `json:"accounts"` // a sender's may be ["*"]: any
	Hash     string    `json:"hash"`     // [HashToken]
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires,omitzero"` // never, if zero
}

// Errors that callers tell apart.
var (
	ErrTokenExists   = errors.New("a token of this name exists")
	ErrTokenNotFound = errors.New("no token of this name")
)

// HashToken returns the SHA-256 of a bearer token in hex: the form in which
// tokens are kept and configured. Tokens have 256 random bits, so that a fast
// hash is enough.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// NewSecret returns 256 random bits in base64url.
func NewSecret() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Tokens are the tokens of an installation, in one file. They are safe for
// concurrent use.
type Tokens struct {
	path string

	mu     sync.RWMutex
	byHash map[string]Token
}

func openTokens(path string) (*Tokens, error) {
	t := &Tokens{path: path, byHash: map[string]Token{}}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	var list []Token
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("tokens: read %q: %w", path, err)
	}
	for _, token := range list {
		t.byHash[token.Hash] = token
	}
	return t, nil
}

// Create makes a token and returns the bearer token, which cannot be had again.
// The name must be new among the tokens that have not expired.
func (t *Tokens) Create(name string, kind TokenKind, accounts []string, expires time.Time) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "" || len(name) > 200 || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }):
		return "", errors.New("a token needs a name of 1 to 200 printable characters")
	case kind != OwnerToken && kind != SenderToken:
		return "", fmt.Errorf("kind %q: must be %q or %q", kind, OwnerToken, SenderToken)
	case len(accounts) == 0 || slices.Contains(accounts, ""):
		return "", errors.New("a token needs at least one account, and no empty one")
	case slices.Contains(accounts, "*") && (kind == OwnerToken || len(accounts) > 1):
		return "", errors.New(`account "*" (any) is for sender tokens, and stands alone`)
	}
	now := time.Now().UTC()
	if !expires.IsZero() && !expires.After(now) {
		return "", errors.New("a token must expire in the future")
	}
	secret := "auditlog_" + string(kind) + "_" + NewSecret()

	t.mu.Lock()
	defer t.mu.Unlock()
	next := map[string]Token{}
	for hash, token := range t.byHash {
		if token.Expired(now) {
			continue
		}
		if token.Name == name {
			return "", fmt.Errorf("%q: %w: revoke it first, or choose another name", name, ErrTokenExists)
		}
		next[hash] = token
	}
	hash := HashToken(secret)
	next[hash] = Token{Name: name, Kind: kind, Accounts: accounts, Hash: hash, Created: now, Expires: expires.UTC()}
	return secret, t.save(next)
}

// Revoke removes the token of that name, or returns [ErrTokenNotFound].
func (t *Tokens) Revoke(name string) (Token, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for hash, token := range t.byHash {
		if token.Name == name {
			next := make(map[string]Token, len(t.byHash))
			for h, other := range t.byHash {
				if h != hash {
					next[h] = other
				}
			}
			return token, t.save(next)
		}
	}
	return Token{}, fmt.Errorf("%q: %w", name, ErrTokenNotFound)
}

// save writes the tokens to disk before they count.
func (t *Tokens) save(next map[string]Token) error {
	data, err := json.MarshalIndent(sorted(next), "", "\t")
	if err == nil {
		err = writeFile(t.path, data)
	}
	if err != nil {
		return fmt.Errorf("tokens: save: %w", err)
	}
	t.byHash = next
	return nil
}

// List returns the tokens by name, without their hashes.
func (t *Tokens) List() []Token {
	t.mu.RLock()
	defer t.mu.RUnlock()
	list := sorted(t.byHash)
	for i := range list {
		list[i].Hash = ""
	}
	return list
}

// Find returns the token, whatever its kind, if it is one of the installation's
// and has not expired. It is looked up by its hash, so the time that takes says
// nothing about other tokens.
func (t *Tokens) Find(bearer string) (Token, bool) {
	hash := HashToken(bearer)
	t.mu.RLock()
	defer t.mu.RUnlock()
	token, ok := t.byHash[hash]
	if !ok || token.Expired(time.Now()) {
		return Token{}, false
	}
	return token, true
}

func (t Token) Expired(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

func sorted(tokens map[string]Token) []Token {
	list := make([]Token, 0, len(tokens))
	for _, token := range tokens {
		list = append(list, token)
	}
	slices.SortFunc(list, func(a, b Token) int { return strings.Compare(a.Name, b.Name) })
	return list
}
