# Every target works from a fresh clone. `make test` needs Go, and finds or
# installs the rest (see tools).

GO          ?= go
VERSION     ?= dev
FUZZTIME    ?= 30s
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help build test lint fuzz tools

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

build: ## build bin/auditlog
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/auditlog ./cmd/auditlog

test: tools ## run every test with the race detector
	$(GO) test -race -timeout 20m ./...

lint: ## run gofmt, go vet and staticcheck
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

fuzz: ## run every fuzz test for FUZZTIME
	@for file in $$(grep -rl '^func Fuzz' --include='*_test.go' .); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$file); do \
			echo "$$(dirname $$file) $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) ./$$(dirname $$file) || exit 1; \
		done; \
	done

# What the tests run besides Go, each as command:Debian packages. The Makefile
# installs what is missing where it may; otherwise the tests that need it are
# skipped, or fail where CI=true.
TOOLS = strace:strace mkfs.ext4:e2fsprogs mount:mount gcc:gcc,libc6-dev chromium:chromium python3:python3,python3-venv npm:nodejs,npm javac:default-jdk-headless mvn:maven unzip:unzip

tools:
	@packages=; \
	for tool in $(TOOLS); do \
		command -v "$${tool%%:*}" >/dev/null || packages="$$packages $$(echo "$${tool#*:}" | tr , ' ')"; \
	done; \
	test -n "$$packages" || exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing:$$packages"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$packages >/dev/null; \
	else \
		echo "missing:$$packages (names of Debian packages)"; \
		echo "Tests that need them are skipped. To install them: sudo apt-get install$$packages"; \
		test "$$CI" != true; \
	fi
