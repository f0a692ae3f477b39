package elasticsearchtest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/auditlog/auditlog/internal/elasticsearchtest"
)

func TestMain(m *testing.M) { elasticsearchtest.Main(m, func() error { return goleak.Find() }) }

func TestANodeWithSecurityIsKilledAndComesBack(t *testing.T) {
	n := elasticsearchtest.Start(t, elasticsearchtest.Options{Security: elasticsearchtest.NewSecurity(t)})
	require.Equal(t, http.StatusOK, n.Do(t, http.MethodPut, "/kept", "", nil))
	require.Equal(t, http.StatusOK, n.Do(t, http.MethodPut, "/_security/role/reader", `{"indices":[{"names":["kept"],"privileges":["read"]}]}`, nil))
	n.Kill(t)
	n.Again(t)
	require.Equal(t, http.StatusOK, n.Do(t, http.MethodGet, "/kept", "", nil))
}

func TestASharedNodeHasLifecyclePolicies(t *testing.T) {
	url := elasticsearchtest.Shared(t)
	require.Equal(t, url, elasticsearchtest.Shared(t))
	policy := `{"policy":{"phases":{"delete":{"min_age":"31d","actions":{"delete":{}}}}}}`
	require.Equal(t, http.StatusOK, elasticsearchtest.Do(t, url, http.MethodPut, "/_ilm/policy/a-test", policy, nil))
	var got map[string]any
	require.Equal(t, http.StatusOK, elasticsearchtest.Do(t, url, http.MethodGet, "/_ilm/policy/a-test", "", &got))
	require.Contains(t, got, "a-test")
}

func TestPatternTokenizer(t *testing.T) {
	var got struct{ Tokens []struct{ Token string } }
	status := elasticsearchtest.Do(t, elasticsearchtest.Shared(t), http.MethodPost, "/_analyze",
		`{"tokenizer":{"type":"pattern","pattern":"[^\\p{L}\\p{N}]+"},"filter":["lowercase"],"text":"GRÖSSE of prod-db"}`, &got)
	require.Equal(t, http.StatusOK, status)
	var words []string
	for _, token := range got.Tokens {
		words = append(words, token.Token)
	}
	require.Equal(t, []string{"grösse", "of", "prod", "db"}, words)
}
