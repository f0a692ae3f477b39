package redact_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/auditlog/auditlog/redact"
)

// Keys of services that nobody has listed: a word for what they are, and chance
// behind it.
func TestKeysOfUnknownServices(t *testing.T) {
	e := engine(t, redact.Config{})
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 91))}
	for _, begin := range []string{"ak_live_", "acme_prod_", "svc_secret_", "zeta_sandbox_", "app_token_", "xyz_test_", "my_apikey_", "corp_pat_", "thing-live-", "acme-secret-"} {
		secret := begin + g.chars(4, alnums) + "4x" + g.chars(3, lowers) + "7Y" + g.chars(3, alnums) + "2q" + g.chars(4, alnums)
		for place, out := range everywhere(e, secret) {
			if strings.Contains(out, secret[len(begin):]) {
				t.Errorf("%s: %q became %q", place, secret, out)
			}
		}
	}
}

func TestNamesLikeKeysStay(t *testing.T) {
	e := engine(t, redact.Config{})
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 92))}
	for _, text := range []string{
		"run_test_suite_smoke", "build_live_preview_dashboard", "order_prod_2026112800017", "cluster_prod_" + g.chars(20, hexes), "rotate_secret_daily_at_midnight",
		"refresh_token_rotation_enabled", "feature-live-dashboards-v2", "deploy_prod_eu_west_1_a", "acme_test_team_42", "job_test_01" + g.chars(24, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"),
		"https://hooks.example.com/audit", "https://hooks.acme.dev/v1/events/user-created", "https://hook.internal.example.org/billing/invoices",
	} {
		for place, out := range everywhere(e, text) {
			if !strings.Contains(out, text) {
				t.Errorf("%s: %q became %q", place, text, out)
			}
		}
	}
}

// Principals as clouds write them are no logins.
func TestPrincipalsStay(t *testing.T) {
	e := engine(t, redact.Config{})
	for _, text := range []string{"user:ada.lovelace@example.com", "serviceAccount:ci-deploy@acme.iam.example.com", "group:auditors@example.com", "acct:ada@example.social"} {
		for place, out := range everywhere(e, text) {
			if place != "request" && !strings.Contains(out, text) { // a request keeps no addresses
				t.Errorf("%s: %q became %q", place, text, out)
			}
		}
	}
	for _, text := range []string{"user:pa55word@db1.example.com", "owner:Kestrel#Rain@db1", "ada:kestrelrain@db1.example.com"} {
		for place, out := range everywhere(e, text) {
			if strings.Contains(out, text[strings.Index(text, ":"):]) {
				t.Errorf("%s: %q became %q", place, text, out)
			}
		}
	}
}

func TestWebhooksOfAnyHost(t *testing.T) {
	e := engine(t, redact.Config{})
	g := gen{rand.New(rand.NewPCG(*corpusSeed, 93))}
	secret := g.chars(6, alnums) + "4x" + g.chars(6, alnums)
	for _, url := range []string{"https://hooks.acme.dev/v1/§", "https://hook.eu1.make.com/§", "https://hooks.example.com/audit/§/events", "https://hooks.example.com/catch/12345/§"} {
		for place, out := range everywhere(e, strings.ReplaceAll(url, "§", secret)) {
			if strings.Contains(out, secret) {
				t.Errorf("%s: %q became %q", place, url, out)
			}
		}
	}
}
