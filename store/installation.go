package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
	"github.com/auditlog/auditlog/store/local"
)

// DefaultAccount is the account of an installation that configures none.
const DefaultAccount = "default"

// Open opens what holds the events under cfg.Path.
type Open func(ctx context.Context, cfg Config, logger *zap.Logger) (Store, error)

// An Installation is the data directory with the store in it. One process has it
// open at a time: the server, or a command while no server runs.
type Installation struct {
	Store
	dir       *local.Dir
	retention time.Duration
}

// OpenInstallation locks cfg.Path and opens what is in it. The error wraps
// [local.ErrLocked] where another process has it open.
func OpenInstallation(ctx context.Context, cfg Config, open Open, logger *zap.Logger) (*Installation, error) {
	dir, err := local.Open(cfg.Path)
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, cfg, logger)
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return &Installation{Store: s, dir: dir, retention: cfg.Retention}, nil
}

// Close closes the store, then unlocks the directory.
func (i *Installation) Close() error { return errors.Join(i.Store.Close(), i.dir.Close()) }

// Key returns the installation's identity key.
func (i *Installation) Key() audit.Key { return i.dir.Key() }

// Token finds a token that has not expired by its bearer token.
func (i *Installation) Token(bearer string) (local.Token, bool) { return i.dir.Tokens().Find(bearer) }

// Tokens lists the tokens without their hashes.
func (i *Installation) Tokens() []local.Token { return i.dir.Tokens().List() }

// A TokenRequest asks for a new token.
type TokenRequest struct {
	Name     string          `json:"name"`
	Kind     local.TokenKind `json:"kind"`
	Accounts []string        `json:"accounts"`
	Expires  time.Time       `json:"expires,omitzero"` // never, if zero
}

// CreateToken makes a token and records that user did. There is no token
// without its record.
func (i *Installation) CreateToken(ctx context.Context, user string, r TokenRequest) (string, error) {
	if r.Kind == local.SenderToken && strings.TrimSpace(r.Name) == Own {
		return "", fmt.Errorf("a sender must not be called %q, the name under which the program's own events are kept", Own)
	}
	secret, err := i.dir.Tokens().Create(r.Name, r.Kind, r.Accounts, r.Expires)
	if err != nil {
		return "", err
	}
	entry := Entry{User: user, Method: "CREATE", Action: "token.create", EntityType: string(r.Kind) + " token", EntityID: r.Name}
	if err := i.Record(ctx, entry, r.Accounts...); err != nil {
		_, undo := i.dir.Tokens().Revoke(r.Name)
		return "", errors.Join(err, undo)
	}
	return secret, nil
}

// RevokeToken removes a token, or returns [local.ErrTokenNotFound], and records
// that user did.
func (i *Installation) RevokeToken(ctx context.Context, user, name string) error {
	token, err := i.dir.Tokens().Revoke(name)
	if err != nil {
		return err
	}
	entry := Entry{User: user, Method: "DELETE", Action: "token.revoke", EntityType: string(token.Kind) + " token", EntityID: name}
	return i.Record(ctx, entry, token.Accounts...)
}

// Record stores the entry in each of the accounts, before it returns. "*" and
// no account stand for [DefaultAccount].
func (i *Installation) Record(ctx context.Context, entry Entry, accounts ...string) error {
	if len(accounts) == 0 || accounts[0] == AnyAccount {
		accounts = []string{DefaultAccount}
	}
	var entries []Entry
	for _, account := range accounts {
		entry.Account = account
		entries = append(entries, entry)
	}
	return i.record(ctx, entries)
}

// record stores entries of one action, before it returns.
func (i *Installation) record(ctx context.Context, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	now := time.Now()
	var batch Batch
	for _, entry := range entries {
		batch.Events = append(batch.Events, entry.Event(now))
	}
	if err := i.Write(ctx, batch); err != nil {
		return fmt.Errorf("record %s: %w", entries[0].Action, err)
	}
	return nil
}
