package elasticsearch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"go.uber.org/zap"

	"github.com/auditlog/auditlog/audit"
)

// ErrSetup says that the cluster does not have what the program needs, and that
// only a person can change that. Shipping waits.
var ErrSetup = errors.New("the set-up of Elasticsearch is not as auditlog needs it")

var errNotLooked = errors.New("it was not looked at yet")

// setup knows whether the cluster is as it must be. Shipping waits until it is.
type setup struct {
	store *Store

	mu       sync.Mutex
	err      error
	was      bool            // good before: what differs now, another program changed
	verified map[string]bool // indices
	again    chan struct{}   // somebody found the set-up broken
	good     chan struct{}   // closed while the set-up is good
}

func (u *setup) init(s *Store) {
	u.store = s
	u.verified = map[string]bool{}
	u.again, u.good = make(chan struct{}, 1), make(chan struct{})
	u.err = errNotLooked
}

// keep checks the set-up at start, again and again, and whenever asked.
func (u *setup) keep(ctx context.Context) {
	wait := newBackoff(u.store.RetryAtMost)
	for counted := false; ; {
		err := u.store.verify(ctx)
		if ctx.Err() != nil {
			return
		}
		u.set(err)
		if err == nil && !counted {
			counted = true
			u.store.countShards(ctx)
		}
		next := u.store.CheckEvery
		if err != nil {
			next = wait.next()
		} else {
			wait.reset()
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-u.again:
			if err != nil { // no faster than the pauses
				select {
				case <-timer.C:
				case <-ctx.Done():
				}
			}
		}
		timer.Stop()
	}
}

func (u *setup) set(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	was := u.err
	u.err = err
	switch {
	case err == nil && was != nil:
		u.verified, u.was = map[string]bool{}, true
		close(u.good)
		u.store.log.Info("Elasticsearch is set up.", zap.String("index", u.store.names.prefix))
	case err != nil && was == nil:
		u.good = make(chan struct{})
		fallthrough
	case err != nil && was.Error() != err.Error():
		u.store.log.Error("Events wait in the spool: Elasticsearch cannot take them.", zap.Error(err))
	}
}

// broken asks for a check, and forgets an index that was verified.
func (u *setup) broken(index string) {
	u.mu.Lock()
	delete(u.verified, index)
	u.mu.Unlock()
	select {
	case u.again <- struct{}{}:
	default:
	}
}

// wait waits until the set-up is good; false when the context ends.
func (u *setup) wait(ctx context.Context) bool {
	u.mu.Lock()
	good := u.good
	u.mu.Unlock()
	select {
	case <-good:
		return true
	case <-ctx.Done():
		return false
	}
}

func (u *setup) problem() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err == nil || u.err == errNotLooked {
		return ""
	}
	return u.err.Error()
}

// wasGood says that the set-up was good since the start: what is not its
// configuration any more was one.
func (u *setup) wasGood() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.was
}

// stopped says that only a person can make the set-up good.
func (u *setup) stopped() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return errors.Is(u.err, ErrSetup)
}

// verify compares the cluster with the specification, and installs what is
// missing or older. What somebody else changed is an error.
func (s *Store) verify(ctx context.Context) error {
	var wrong []error
	for _, p := range s.specification() {
		if err := s.verifyPart(ctx, p); err != nil {
			if isStatus(err, http.StatusForbidden) {
				return s.missingPrivileges(ctx, err)
			}
			if !errors.Is(err, ErrSetup) {
				return fmt.Errorf("%s %q: %w", p.kind, p.name, err)
			}
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}

func (s *Store) verifyPart(ctx context.Context, p part) error {
	got, err := s.get(ctx, p)
	if err != nil {
		return err
	}
	want := flatten(p.value)
	if got == nil {
		if !s.Manage {
			return fmt.Errorf("%w: %s %q is missing, and `store.elasticsearch.manage` is false", ErrSetup, p.kind, p.name)
		}
		return s.put(ctx, p, want.hash(), "Installed in Elasticsearch.")
	}
	meta, _ := got["_meta"].(map[string]any)
	delete(got, "_meta")
	for _, ignored := range []string{"version", "deprecated", "created_date", "created_date_millis", "modified_date", "modified_date_millis"} {
		delete(got, ignored)
	}
	have := flatten(got)
	differences := want.differences(have, true)
	if len(differences) == 0 {
		return nil
	}
	own := meta["specification"] == have.hash() // auditlog installed it, and nobody changed it since
	if own && s.setup.wasGood() {
		return fmt.Errorf("%w: %s %q was changed by another auditlog, of another configuration or version: %s. Give all that share a cluster one `store.retention` and one `store.elasticsearch`, and start this one again",
			ErrSetup, p.kind, p.name, strings.Join(differences, "; "))
	}
	if own && s.Manage {
		return s.put(ctx, p, want.hash(), "Updated in Elasticsearch, as the configuration changed.", zap.Strings("differences", differences))
	}
	return fmt.Errorf("%w: %s %q was not made by this configuration: %s. Change it back, or delete it and it is installed again", ErrSetup, p.kind, p.name, strings.Join(differences, "; "))
}

// get returns what the cluster has under the name of a part; nil if nothing.
func (s *Store) get(ctx context.Context, p part) (map[string]any, error) {
	var r request
	var found func() map[string]any
	var answer any
	switch p.kind {
	case "lifecycle policy":
		a := map[string]struct{ Policy map[string]any }{}
		r, answer, found = esapi.ILMGetLifecycleRequest{Policy: p.name}, &a, func() map[string]any { return a[p.name].Policy }
	case "component template":
		var a struct {
			Templates []struct {
				Template map[string]any `json:"component_template"`
			} `json:"component_templates"`
		}
		r, answer, found = esapi.ClusterGetComponentTemplateRequest{Name: []string{p.name}}, &a, func() map[string]any {
			if len(a.Templates) == 0 {
				return nil
			}
			return a.Templates[0].Template
		}
	default:
		var a struct {
			Templates []struct {
				Template map[string]any `json:"index_template"`
			} `json:"index_templates"`
		}
		r, answer, found = esapi.IndicesGetIndexTemplateRequest{Name: p.name}, &a, func() map[string]any {
			if len(a.Templates) == 0 {
				return nil
			}
			return a.Templates[0].Template
		}
	}
	err := s.client.do(ctx, r, answer)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusNotFound && e.Type != "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return found(), nil
}

func (s *Store) put(ctx context.Context, p part, specification, done string, more ...zap.Field) error {
	value := object{"_meta": object{"managed_by": "auditlog", "specification": specification}}
	for name, member := range p.value {
		value[name] = member
	}
	var r request
	switch p.kind {
	case "lifecycle policy":
		r = esapi.ILMPutLifecycleRequest{Policy: p.name, Body: body(object{"policy": value})}
	case "component template":
		r = esapi.ClusterPutComponentTemplateRequest{Name: p.name, Body: body(value)}
	default:
		r = esapi.IndicesPutIndexTemplateRequest{Name: p.name, Body: body(value)}
	}
	if err := s.client.do(ctx, r, nil); err != nil {
		return err
	}
	s.log.Info(done, append(more, zap.String("kind", p.kind), zap.String("name", p.name))...)
	return nil
}

func body(v any) *bytes.Reader {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // the program made it
	}
	return bytes.NewReader(text)
}

// countShards warns where the days of the retention would be more shards than the
// cluster takes.
func (s *Store) countShards(ctx context.Context) {
	var health struct {
		DataNodes int `json:"number_of_data_nodes"`
		Active    int `json:"active_shards"`
	}
	var settings map[string]struct {
		Cluster struct {
			PerNode string `json:"max_shards_per_node"`
		}
	}
	defaults := true
	err := s.client.do(ctx, esapi.ClusterHealthRequest{}, &health)
	if err == nil {
		err = s.client.do(ctx, esapi.ClusterGetSettingsRequest{
			IncludeDefaults: &defaults, FilterPath: []string{"*.cluster.max_shards_per_node"},
		}, &settings)
	}
	if err != nil {
		s.log.Info("The limit of shards could not be looked at.", zap.Error(err))
		return
	}
	limit := 0
	for _, of := range []string{"transient", "persistent", "defaults"} {
		if n, err := strconv.Atoi(settings[of].Cluster.PerNode); err == nil {
			limit = n * health.DataNodes
			break
		}
	}
	days := int(s.Retention/(24*time.Hour)) + 2
	if needed := days * s.Shards * (1 + s.Replicas); limit > 0 && needed > limit {
		s.log.Warn("The days of the retention need more shards than the cluster takes: new days will be refused. Lower store.elasticsearch.shards or replicas, or store.retention, or raise cluster.max_shards_per_node.",
			zap.Int("needed", needed), zap.Int("limit", limit), zap.Int("now", health.Active))
	}
}

// ensure makes the index, unless it is there, and verifies it.
func (s *Store) ensure(ctx context.Context, index string) error {
	u := &s.setup
	u.mu.Lock()
	known := u.verified[index]
	u.mu.Unlock()
	if known {
		return nil
	}
	create := esapi.IndicesCreateRequest{Index: index, Body: body(object{"aliases": object{s.names.writing(index): object{}}})}
	err := s.client.do(ctx, create, nil)
	if e, ok := errors.AsType[*Error](err); err != nil && (!ok || e.Type != "resource_already_exists_exception") {
		if isStatus(err, http.StatusForbidden) {
			err = s.missingPrivileges(ctx, err)
		}
		return fmt.Errorf("create index %q: %w", index, err)
	}
	if err := s.verifyIndex(ctx, index); err != nil {
		return err
	}
	u.mu.Lock()
	u.verified[index] = true
	u.mu.Unlock()
	return nil
}

// verifyIndex compares an index with what the templates should have made of it.
// More than that is the users' own.
func (s *Store) verifyIndex(ctx context.Context, index string) error {
	var answer map[string]struct {
		Aliases  map[string]any
		Mappings map[string]any
		Settings map[string]any
	}
	if err := s.client.do(ctx, esapi.IndicesGetRequest{Index: []string{index}}, &answer); err != nil {
		return fmt.Errorf("look at index %q: %w", index, err)
	}
	got := answer[index]
	mapping := eventMapping()
	if _, dead, _ := s.names.parse(index); dead {
		mapping = deadLetterMapping()
	}
	want := object{"settings": object{"index": s.verifiedSettings()}, "mappings": mapping}
	differences := flatten(want).differences(flatten(object{"settings": got.Settings, "mappings": got.Mappings}), false)
	if _, ok := got.Aliases[s.names.writing(index)]; !ok {
		differences = append(differences, fmt.Sprintf("aliases.%s is missing", s.names.writing(index)))
	}
	if len(differences) > 0 {
		return fmt.Errorf("%w: index %q: %s", ErrSetup, index, strings.Join(differences, "; "))
	}
	return nil
}

// verifiedSettings are those of which an index of an older configuration, or of
// users who know what they do, may have no others.
func (s *Store) verifiedSettings() object {
	settings := s.settings()
	for _, free := range []string{"number_of_shards", "number_of_replicas", "codec", "refresh_interval", "mapping"} {
		delete(settings, free)
	}
	return settings
}

// privileges are what the program needs, as a role of Elasticsearch.
func (s *Store) privileges() object {
	cluster := []any{"monitor", "manage_index_templates"}
	if s.ElasticsearchConfig.Retention.Method == ILM {
		cluster = append(cluster, "manage_ilm")
	}
	if !s.Manage {
		cluster = []any{"monitor"}
		if s.ElasticsearchConfig.Retention.Method == ILM {
			cluster = append(cluster, "read_ilm")
		}
	}
	return object{
		"cluster": cluster,
		"indices": []any{object{"names": []any{s.names.prefix + "-*"}, "privileges": []any{"manage", "read", "write"}}},
	}
}

// missingPrivileges says which privileges are missing, one by one, and the role
// that has them all.
func (s *Store) missingPrivileges(ctx context.Context, err error) error {
	role := s.privileges()
	ask := object{"cluster": role["cluster"], "index": role["indices"]}
	var answer struct {
		Username string
		Cluster  map[string]bool
		Index    map[string]map[string]bool
	}
	if e := s.client.do(ctx, esapi.SecurityHasPrivilegesRequest{Body: body(ask)}, &answer); e != nil {
		return fmt.Errorf("%w: %w", ErrSetup, err)
	}
	var missing []string
	for name, has := range answer.Cluster {
		if !has {
			missing = append(missing, "cluster privilege "+name)
		}
	}
	for index, privileges := range answer.Index {
		for name, has := range privileges {
			if !has {
				missing = append(missing, "privilege "+name+" on "+index)
			}
		}
	}
	text, _ := json.Marshal(role)
	slices.Sort(missing)
	return fmt.Errorf("%w: user %q lacks %s. This role is enough: %s", ErrSetup, answer.Username, strings.Join(missing, ", "), text)
}

// daysWithEvents lists the days of which the cluster has events, oldest first.
func (s *Store) daysWithEvents(ctx context.Context) ([]audit.Day, error) {
	all, err := s.indices(ctx)
	if err != nil || len(all.events) == 0 {
		return nil, err
	}
	return s.notEmpty(ctx, all.events)
}
