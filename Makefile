# Easel: GIMP in any browser, together. `make help` lists what there is.

SHELL       := /bin/bash
VERSION     := $(shell git describe --always --dirty 2>/dev/null || echo development)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GO_FILES    := $(shell find . -name '*.go' -not -path './client/node_modules/*' -not -name '*_test.go') go.mod go.sum
ENCODER     := $(wildcard capture/encode/*.c capture/encode/*.h)
WEB_FILES   := $(shell find client/src client/public -type f 2>/dev/null) client/index.html client/package-lock.json client/vite.config.ts

.PHONY: help deps deps-test deps-bench deps-cluster run build test test-go test-web test-whole test-cluster lint model bench bench-peers clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## GIMP in the browser: starts the server and prints its URL
	@bin/easel serve

build: bin/easel bin/easel-agent bin/easel-tools bin/easel-images bin/easel-bench ## bin/easel, bin/easel-agent, GIMP's two plug-ins, bin/easel-bench

deps: ## install what building and running needs (apt, npm)
	@scripts/deps.sh run

deps-test: ## install what the tests need besides
	@scripts/deps.sh test

deps-bench: ## install what the measurements need besides
	@scripts/deps.sh bench

deps-cluster: ## install what the tests on a real Kubernetes need besides
	@scripts/deps.sh cluster

client/dist/index.html: $(WEB_FILES) | deps
	@echo "easel: building the web app"
	@cd client && npm run --silent build

bin/easel: $(GO_FILES) client/dist/index.html | deps
	@echo "easel: building $@"
	@CGO_ENABLED=0 go build -trimpath -ldflags "-X main.version=$(VERSION)" -o $@ ./cmd/easel

bin/easel-session: $(GO_FILES) | deps
	@echo "easel: building $@"
	@CGO_ENABLED=0 go build -trimpath -o $@ ./cmd/easel-session

bin/easel-agent: $(GO_FILES) $(ENCODER) | deps
	@echo "easel: building $@"
	@go build -trimpath -o $@ ./cmd/easel-agent

bin/easel-tools: capture/tools/plugin/easel-tools.c
bin/easel-images: images/plugin/easel-images.c
bin/easel-tools bin/easel-images: gimp/extension.c gimp/extension.h gimp/socket.c gimp/socket.h | deps
	@echo "easel: building $@"
	@mkdir -p bin
	@gcc -O2 -Wall -Wextra -Werror -o $@ $(filter %.c,$^) $$(pkg-config --cflags --libs gimp-2.0 gio-2.0)

bin/easel-bench: $(GO_FILES) | deps
	@echo "easel: building $@"
	@CGO_ENABLED=0 go build -trimpath -ldflags "-X main.version=$(VERSION)" -o $@ ./cmd/easel-bench

test: lint test-web test-go test-whole ## everything: lint, units with -race, real GIMP in a real Chromium

lint: deps-test client/dist/index.html ## gofmt, go vet, staticcheck, biome, svelte-check
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt these:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	cd client && npm run --silent check

test-web: deps-test ## the web app's units
	cd client && npm test

test-go: deps-test client/dist/index.html ## Go units with the race detector, and every fuzz seed
	go test -race -timeout 15m $$(go list ./... | grep -v /test/)

test-whole: deps-test build ## the product as a whole, and stock LiveKit clients
	go test -count=1 -timeout 20m -p 1 ./test/...
	cd test/serversdk && go test -count=1 -timeout 10m ./...
	cd test/acme && go vet . && go test -count=1 -timeout 10m .

test-cluster: deps-cluster build bin/easel-session ## sessions as pods, on a real Kubernetes that is built once (11 minutes of processor time)
	cd test/cluster && go vet . && go test -count=1 -timeout 50m .

model: deps-test ## every state of the model of the lease (docs/model), by spin
	go test -count=1 -run TestModel -v ./collab

bench: deps-bench build ## hot paths, bad lines, LiveKit's SDK as a load, and all that easel-bench measures (pages in bench/out)
	go test -run '^$$' -bench . -benchmem ./sfu/... ./capture/... ./wire/...
	go vet -tags lines ./sfu && go test -tags lines -count=1 -run 'Line|Lossy|Paused' -v ./sfu
	cd test/serversdk && go vet -tags load . && go test -tags load -count=1 -run Load -v .
	mkdir -p bench/out
	bin/easel-bench latency
	bin/easel-bench capture --html bench/out/capture.html
	bin/easel-bench quality --html bench/out/quality.html
	bin/easel-bench lines --html bench/out/lines.html
	bin/easel-bench sessions --html bench/out/sessions.html
	go vet -tags network ./test/e2e && go test -tags network -count=1 -timeout 20m -run NetworkFigures -v ./test/e2e

bench-peers: deps-bench build ## Easel beside livekit-server: 50 minutes, as root, alone on the machine (results in bench/out)
	mkdir -p bench/out
	cd bench/peers && go run . -link loopback,veth -json >../out/peers.json
	cd bench/peers && go run . -plot ../out/peers.svg ../out/peers.json

clean: ## remove what was built
	rm -rf bin client/dist/assets client/dist/index.html client/node_modules
