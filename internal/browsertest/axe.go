package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// axeVersion pins the accessibility checker.
const axeVersion = "4.14.1"

// An Axe looks for what keeps people from using a page, with axe-core.
type Axe struct{ script string }

// NewAxe installs axe-core from npm into the user's cache, once for all tests.
// Where that fails the test is skipped, and fails where the environment says
// CI=true.
func NewAxe(t *testing.T) Axe {
	t.Helper()
	script, err := axeScript(t.Context())
	if err != nil {
		skip(t, fmt.Sprintf("no axe-core: %v", err))
	}
	return Axe{script}
}

// Check returns one line for each element that breaks a rule of WCAG 2.2, level
// A or AA, or a best practice; none is good. The policy of the page must allow
// axe-core's own style: see [Lenient].
func (a Axe) Check(t *testing.T, ctx context.Context) []string {
	t.Helper()
	if Eval[string](t, ctx, "typeof axe") == "undefined" {
		Do(t, ctx, chromedp.Evaluate[chromedp.Void](a.script))
	}
	found := Eval[string](t, ctx, `axe.run(document, {resultTypes: ['violations']}).then((r) => JSON.stringify(
		r.violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.target.join(' ') + ': ' + n.failureSummary.replace(/\s+/g, ' ')))))`)
	var lines []string
	if err := json.Unmarshal([]byte(found), &lines); err != nil {
		t.Fatalf("read what axe-core found: %v", err)
	}
	return lines
}

// Lenient makes the tab ignore the Content-Security-Policy of pages that it opens.
func Lenient(t *testing.T, ctx context.Context) {
	t.Helper()
	Do(t, ctx, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true})
		return chromedp.Void{}, err
	})
}

func axeScript(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache: %w", err)
	}
	dir := filepath.Join(cache, "auditlog-test", "axe-core-"+axeVersion)
	file := filepath.Join(dir, "node_modules", "axe-core", "axe.min.js")
	if body, err := os.ReadFile(file); err == nil {
		return string(body), nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the cache: %w", err)
	}
	install := exec.CommandContext(ctx, "npm", "install", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund", "axe-core@"+axeVersion)
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm install: %w: %s", err, strings.TrimSpace(string(out)))
	}
	body, err := os.ReadFile(file)
	return string(body), err
}
