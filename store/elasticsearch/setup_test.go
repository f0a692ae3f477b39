package elasticsearch_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/auditlog/auditlog/internal/elasticsearchtest"
	"github.com/auditlog/auditlog/store"
	"github.com/auditlog/auditlog/store/elasticsearch"
)

const day = 24 * time.Hour

func ilm(t *testing.T, node string) elasticsearch.Options {
	o := options(t, node, t.TempDir())
	o.ElasticsearchConfig.Retention.Method = elasticsearch.ILM
	o.Retention, o.CheckEvery = 30*day, 50*time.Millisecond
	return o
}

func requireProblem(t *testing.T, s store.Store, parts ...string) {
	t.Helper()
	var problem string
	defer func() {
		if t.Failed() {
			t.Logf("the problem is %q", problem)
		}
	}()
	require.Eventually(t, func() bool {
		problem = status(t, s).Problem
		return problem != "" && !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(problem, part) })
	}, patience, 5*time.Millisecond, "not in the problem: %q", parts)
}

func requireNoProblem(t *testing.T, s store.Store) {
	t.Helper()
	var problem string
	require.Eventually(t, func() bool { problem = status(t, s).Problem; return problem == "" }, patience, 5*time.Millisecond, &problem)
}

func minAge(t *testing.T, node, policy string) string {
	t.Helper()
	var got map[string]struct {
		Policy struct {
			Phases map[string]struct {
				MinAge string `json:"min_age"`
			}
		}
	}
	elasticsearchtest.Do(t, node, http.MethodGet, "/_ilm/policy/"+policy, "", &got)
	return got[policy].Policy.Phases["delete"].MinAge
}

func TestSetUp(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	o := ilm(t, node)
	s := open(t, o)
	write(t, s, event(0))
	settle(t, s)
	requireNoProblem(t, s)
	require.Equal(t, "31d", minAge(t, node, o.Index))
	index := o.Index + "-" + event(0).ID.Day.String()
	var got map[string]struct {
		Settings struct {
			Index struct{ Lifecycle map[string]string }
		}
	}
	elasticsearchtest.Do(t, node, http.MethodGet, "/"+index, "", &got)
	require.Equal(t, map[string]string{"name": o.Index, "parse_origination_date": "true"}, got[index].Settings.Index.Lifecycle)
	require.NoError(t, s.Close())

	o.Retention = 90 * day // the next start
	s = open(t, o)
	write(t, s, event(1))
	settle(t, s)
	require.Equal(t, "91d", minAge(t, node, o.Index))

	// Somebody shortens the life of what is kept.
	put(t, node, "/_ilm/policy/"+o.Index, `{"policy":{"phases":{"delete":{"min_age":"1d","actions":{"delete":{}}}}}}`)
	requireProblem(t, s, `lifecycle policy "`+o.Index+`"`, `phases.delete.min_age is "1d", want "91d"`, "phases.hot.min_age is missing")
	write(t, s, event(2))
	require.EqualValues(t, 1, status(t, s).Waiting, "intake goes on")
	require.Equal(t, elasticsearch.ErrSetup.Error(), status(t, s).Stopped, "health turns red")
	put(t, node, "/_ilm/policy/"+o.Index, `{"policy":{"phases":{
		"hot":{"min_age":"0ms","actions":{"set_priority":{"priority":100}}},
		"delete":{"min_age":"91d","actions":{"delete":{"delete_searchable_snapshot":true}}}}}}`)
	settle(t, s)
	requireNoProblem(t, s)
	require.Empty(t, status(t, s).Stopped)

	// A template is removed: it is there again.
	require.Equal(t, 200, elasticsearchtest.Do(t, node, http.MethodDelete, "/_index_template/"+o.Index, "", nil))
	require.Eventually(t, func() bool {
		return elasticsearchtest.Do(t, node, http.MethodGet, "/_index_template/"+o.Index, "", nil) == 200
	}, patience, 5*time.Millisecond)
	requireEach(t, s, 0, 3)
}

func TestForeignMappingStopsShipping(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	o := ilm(t, node)
	index := o.Index + "-" + event(0).ID.Day.String()
	put(t, node, "/"+index, `{"mappings":{"properties":{"user":{"properties":{"name":{"type":"text"}}}}}}`)
	s := open(t, o)
	write(t, s, event(0))
	requireProblem(t, s, index, `mappings.properties.user.properties.name.type is "text", want "keyword"`, "settings.index.lifecycle.name is missing")
	require.NotEmpty(t, status(t, s).Stopped, "health turns red")
	require.Equal(t, 200, elasticsearchtest.Do(t, node, http.MethodDelete, "/"+index, "", nil))
	settle(t, s)
	requireEach(t, s, 0, 1)
}

func TestCustomTemplateIsComposedAndKept(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	o := ilm(t, node)
	put(t, node, "/_component_template/"+o.Index+"@custom", `{"template":{"settings":{"index.max_result_window":12345}}}`)
	s := open(t, o)
	write(t, s, event(0))
	settle(t, s)
	requireNoProblem(t, s)
	index := o.Index + "-" + event(0).ID.Day.String()
	var got map[string]struct {
		Settings struct {
			Index struct {
				Window string `json:"max_result_window"`
			}
		}
	}
	elasticsearchtest.Do(t, node, http.MethodGet, "/"+index, "", &got)
	require.Equal(t, "12345", got[index].Settings.Index.Window)
}

func TestManageFalseOnlyVerifies(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	o := ilm(t, node)
	o.Manage = false
	s := open(t, o)
	write(t, s, event(0))
	requireProblem(t, s, "is missing, and `store.elasticsearch.manage` is false")
	require.Equal(t, 404, elasticsearchtest.Do(t, node, http.MethodGet, "/_index_template/"+o.Index, "", nil))
	managed := o
	managed.Manage, managed.Path = true, t.TempDir()
	open(t, managed)
	settle(t, s)
	requireEach(t, s, 0, 1)
}

// TestSecurity runs over TLS with a client's certificate, under the least role,
// and under less.
func TestSecurity(t *testing.T) {
	sec := elasticsearchtest.NewSecurity(t)
	node := elasticsearchtest.Start(t, elasticsearchtest.Options{Security: sec})
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		return path
	}
	o := elasticsearch.Options{
		ElasticsearchConfig: store.DefaultElasticsearch(), Path: t.TempDir(), Retention: 30 * day,
		RefreshEvery: time.Millisecond, RetryAtMost: 200 * time.Millisecond, CheckEvery: 50 * time.Millisecond,
	}
	o.URLs, o.Replicas = []string{node.URL}, 0
	o.TLS = store.ElasticsearchTLS{CAFile: file("ca.pem", sec.CA), CertFile: file("client.pem", sec.ClientCert), KeyFile: file("client.key", sec.ClientKey)}
	o.Username, o.PasswordFile = "auditlog", file("password", []byte("a password of tests\n"))
	user := func(role string) {
		t.Helper()
		var answer any
		require.Equal(t, 200, node.Do(t, http.MethodPut, "/_security/role/auditlog", role, &answer), "%v", answer)
		require.Equal(t, 200, node.Do(t, http.MethodPut, "/_security/user/auditlog", `{"password":"a password of tests","roles":["auditlog"]}`, &answer), "%v", answer)
	}
	documented, err := os.ReadFile("../../docs/elasticsearch-role.json")
	require.NoError(t, err)

	user(`{"cluster":["monitor"],"indices":[{"names":["auditlog-*"],"privileges":["read"]}]}`)
	s := open(t, o)
	write(t, s, event(0))
	requireProblem(t, s, `user "auditlog" lacks`, "cluster privilege manage_index_templates", "privilege manage on auditlog-*", "privilege write on auditlog-*", `This role is enough: {"cluster":`)
	user(string(documented))
	settle(t, s)
	requireNoProblem(t, s)
	requireEach(t, s, 0, 1)
	require.NoError(t, s.Close())

	var key struct{ Encoded string }
	require.Equal(t, 200, node.Do(t, http.MethodPost, "/_security/api_key", `{"name":"auditlog","role_descriptors":{"auditlog":`+string(documented)+`}}`, &key))
	o.Username, o.PasswordFile, o.APIKeyFile = "", "", file("api-key", []byte(key.Encoded+"\n"))
	s = open(t, o)
	write(t, s, event(1))
	settle(t, s)
	requireEach(t, s, 0, 2)
	require.NoError(t, s.Close())

	without := o
	without.TLS.CertFile, without.TLS.KeyFile, without.Path = "", "", t.TempDir()
	requireProblem(t, open(t, without), "bad certificate")

	o.TLS.CAFile = "" // whom nobody vouches for is sent nothing
	s = open(t, o)
	write(t, s, event(2))
	requireProblem(t, s, "certificate")
	var role map[string]any
	require.NoError(t, json.Unmarshal(documented, &role))
}

// TestTwoInstancesOfDifferentRetention: the one that was started last has its way,
// and the other says what is wrong, in place of changing it back.
func TestTwoInstancesOfDifferentRetention(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	a := ilm(t, node)
	one := open(t, a)
	write(t, one, event(0))
	settle(t, one)
	b := a
	b.Path, b.Retention = t.TempDir(), 90*day
	two := open(t, b)
	write(t, two, event(1))
	settle(t, two)
	requireProblem(t, one, `lifecycle policy "`+a.Index+`" was changed by another auditlog`, `min_age is "91d", want "31d"`, "one `store.retention`")
	require.NotEmpty(t, status(t, one).Stopped)
	write(t, one, event(2))
	require.EqualValues(t, 1, status(t, one).Waiting)
	requireNoProblem(t, two)
	require.NoError(t, one.Close())

	a.Retention = 90 * day
	one = open(t, a)
	settle(t, one)
	requireNoProblem(t, one)
	requireNoProblem(t, two)
	requireEach(t, one, 0, 3)
	require.Equal(t, "91d", minAge(t, node, a.Index))
}

func TestWarmPhaseMergesADay(t *testing.T) {
	node := elasticsearchtest.Shared(t)
	o := ilm(t, node)
	o.ElasticsearchConfig.Retention.ForceMerge = true
	s := open(t, o)
	write(t, s, event(0))
	settle(t, s)
	requireNoProblem(t, s)
	var got map[string]struct {
		Policy struct {
			Phases map[string]struct {
				MinAge  string `json:"min_age"`
				Actions map[string]json.RawMessage
			}
		}
	}
	elasticsearchtest.Do(t, node, http.MethodGet, "/_ilm/policy/"+o.Index, "", &got)
	warm := got[o.Index].Policy.Phases["warm"]
	require.Equal(t, "2d", warm.MinAge)
	require.JSONEq(t, `{"max_num_segments":1}`, string(warm.Actions["forcemerge"]), "no codec of its own, which would close the index")
	require.NotContains(t, warm.Actions, "readonly", "late events still find their way into it")
}

func TestADayThatIsNotDeletedRaisesAnAlarm(t *testing.T) {
	o := ilm(t, elasticsearchtest.Shared(t))
	var ahead atomic.Int64
	o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	s := open(t, o)
	e := event(0)
	write(t, s, e)
	settle(t, s)
	ahead.Store(int64(32 * day))
	requireNoProblem(t, s)
	ahead.Store(int64(35 * day))
	requireProblem(t, s, "index "+o.Index+"-"+e.ID.Day.String()+" should have been deleted by now", "_ilm/explain")
}

func TestTooManyShardsAreWarnedOf(t *testing.T) {
	o := options(t, elasticsearchtest.Shared(t), t.TempDir())
	core, logs := observer.New(zap.WarnLevel)
	o.Logger, o.Retention, o.Shards = zap.New(core), 30*day, 200 // of two days more; the node takes 5,000
	open(t, o)
	var warned []observer.LoggedEntry
	require.Eventually(t, func() bool {
		warned = logs.FilterMessageSnippet("need more shards than the cluster takes").All()
		return len(warned) > 0
	}, patience, 5*time.Millisecond)
	require.EqualValues(t, 5000, warned[0].ContextMap()["limit"])
	require.EqualValues(t, 32*200, warned[0].ContextMap()["needed"])
}

func TestCloudID(t *testing.T) {
	o := options(t, elasticsearchtest.Shared(t), t.TempDir())
	o.URLs, o.CloudID = nil, "a name:"+base64.StdEncoding.EncodeToString([]byte("cloud.example.invalid:9243$cluster$kibana"))
	requireProblem(t, open(t, o), "cluster.cloud.example.invalid")
	for _, bad := range []string{"a name", "a name:%%%", "a name:" + base64.StdEncoding.EncodeToString([]byte("cloud.example.invalid"))} {
		o.CloudID, o.Path = bad, t.TempDir()
		_, err := elasticsearch.Open(t.Context(), o)
		require.ErrorContains(t, err, "`elasticsearch.cloud_id` is no cloud id")
	}
}
