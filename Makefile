# make help lists what there is to make.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

# Each module is tested as its users get it, without the workspace's versions.
MODULES := . bench conformance examples store/sealed store/redisstore store/pgstore \
	store/natsstore store/natsstore/embedded
export GOWORK := off

FUZZTIME ?= 5s
LINT := $(CURDIR)/bin/golangci-lint

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

.PHONY: test
test: ## run all tests with -race, and the volume tests again without, ten times as many
	@for m in $(MODULES); do echo "== test -race $$m"; go -C $$m test -race ./...; done
	@echo "== volume, without -race"
	@go test -count=1 -run 'Promise' ./internal/machine
	@go test -count=1 ./sessions ./internal/simcore

.PHONY: check
check: format lint bite test tidy fuzz bench ## what CI runs

.PHONY: format
format: $(LINT) ## fail if a file is not as gofumpt has it
	@for m in $(MODULES); do (cd $$m && $(LINT) fmt --config $(CURDIR)/.golangci.yaml --diff); done

.PHONY: lint
lint: $(LINT) ## run the linters in every module
	@for m in $(MODULES); do echo "== lint $$m"; (cd $$m && $(LINT) run --config $(CURDIR)/.golangci.yaml ./...); done

.PHONY: bite
bite: $(LINT) ## show that each linter still finds what it is there for
	@bash tools/bite $(LINT)

.PHONY: tidy
tidy: ## fail if a go.mod is not tidy
	@for m in $(MODULES) tools; do go -C $$m mod tidy -diff; done

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME
	@for pkg in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$target $$pkg"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

.PHONY: bench
bench: ## measure it beside what one would pick instead, in less than a minute
	@GOWORK= go run ./bench -quick

.PHONY: crash
crash: ## kill a process 2,000 times in the middle of a renewal, and look what is left of its tokens
	@go -C store/boltstore test -count=1 -run '^TestKilledProcessLosesNoPair$$' -timeout 30m -crash.rounds 2000

.PHONY: mutants
mutants: ## plant bugs in the library, and see who finds them
	@go run ./internal/mutants

.PHONY: demo
demo: ## run the gateway for 20 s
	@GOWORK= go run ./examples/gateway -duration 20s

$(LINT): tools/go.mod tools/go.sum
	@go -C tools build -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
