package elasticsearch_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
	require.Eventually(t, func() bool {
		problem = status(t, s).Problem
		return problem != "" && !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(problem, part) })
	}, patience, 5*time.Millisecond, "%q is not in %q", parts, &problem)
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

	o.TLS.CAFile = "" // whom nobody vouches for is sent nothing
	s = open(t, o)
	write(t, s, event(2))
	requireProblem(t, s, "certificate")
	var role map[string]any
	require.NoError(t, json.Unmarshal(documented, &role))
}
