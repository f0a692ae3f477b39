package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

const (
	keysFresh = 5 * time.Minute // then they are fetched anew, beside the answer
	keysLast  = time.Hour       // without an answer of the provider they end
	keysPause = 10 * time.Second
)

// signatures are the algorithms of keys that a provider publishes. None of them
// is symmetric: a public key is no secret.
var signatures = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512, jose.PS256, jose.PS384, jose.PS512, jose.EdDSA,
}

// keys are the provider's public keys. A token with an unknown key id makes them
// be fetched, at most once in [keysPause] in the long run. While the provider is
// down the last known ones count, for [keysLast].
type keys struct {
	life   context.Context // ends with the server
	url    string
	client *http.Client
	now    func() time.Time

	limiter *rate.Limiter
	flights singleflight.Group
	running sync.WaitGroup

	mu      sync.Mutex
	set     []jose.JSONWebKey
	fetched time.Time
}

func newKeys(life context.Context, url string, client *http.Client, now func() time.Time) *keys {
	return &keys{life: life, url: url, client: client, now: now, limiter: rate.NewLimiter(rate.Every(keysPause), 3)}
}

func (k *keys) close() { k.running.Wait() }

type outageKey struct{}

// withOutage makes VerifySignature say in outage that it could not look: the
// verifier that calls it keeps no error of its own apart from another.
func withOutage(ctx context.Context, outage *error) context.Context {
	return context.WithValue(ctx, outageKey{}, outage)
}

// VerifySignature implements [oidc.KeySet].
func (k *keys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(jwt, signatures)
	if err != nil {
		return nil, err
	}
	if len(signed.Signatures) != 1 {
		return nil, errors.New("not one signature")
	}
	header := signed.Signatures[0].Protected
	set, age := k.known()
	known := candidates(set, header)
	switch {
	case age > keysLast || len(known) == 0:
		if set, err = k.fetch(); err != nil {
			if outage, ok := ctx.Value(outageKey{}).(*error); ok && !errors.Is(err, errTooOften) {
				*outage = err
			}
			return nil, err
		}
		known = candidates(set, header)
	case age > keysFresh:
		k.running.Go(func() { _, _ = k.fetch() }) // until then the known ones count
	}
	for _, key := range known {
		if payload, err := signed.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	return nil, errors.New("no key of the provider made the signature")
}

func candidates(set []jose.JSONWebKey, header jose.Header) (list []jose.JSONWebKey) {
	for _, key := range set {
		if (header.KeyID == "" || key.KeyID == header.KeyID) && (key.Algorithm == "" || key.Algorithm == header.Algorithm) {
			list = append(list, key)
		}
	}
	return list
}

func (k *keys) known() ([]jose.JSONWebKey, time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.set, k.now().Sub(k.fetched)
}

var errTooOften = errors.New("the provider's keys were fetched a moment ago")

// fetch asks the provider for its keys. Callers at the same time share the answer.
func (k *keys) fetch() ([]jose.JSONWebKey, error) {
	set, err, _ := k.flights.Do("", func() (any, error) {
		if !k.limiter.AllowN(k.now(), 1) {
			return nil, errTooOften
		}
		set, err := k.get()
		if err != nil {
			return nil, err
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.set, k.fetched = set, k.now()
		return set, nil
	})
	if err != nil {
		return nil, err
	}
	return set.([]jose.JSONWebKey), nil
}

func (k *keys) get() ([]jose.JSONWebKey, error) {
	req, err := http.NewRequestWithContext(k.life, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := k.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", k.url, resp.Status)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%s answers no key set: %w", k.url, err)
	}
	set := []jose.JSONWebKey{}
	for _, raw := range answer.Keys {
		var key jose.JSONWebKey
		// Keys of kinds that nobody here knows are passed over (RFC 7517, 5).
		if json.Unmarshal(raw, &key) == nil && key.IsPublic() && key.Use != "enc" {
			set = append(set, key)
		}
	}
	return set, nil
}
