# The front door. Rust (rustup.rs), make and a C compiler are expected to be there; the rest is installed.

CARGO ?= cargo

.PHONY: help deps build demo test test-quick test-brokers lint clean

help: ## Says what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 — /p' Makefile

deps: ## Installs what is missing: Proton, OpenSSL, pkg-config, gnupg, valgrind
	@.ci/install-deps

build: deps ## Builds the program into target/debug
	$(CARGO) build

demo: deps ## Signs an image, a text and a file through a broker on this machine, and verifies them
	@CARGO='$(CARGO)' sandbox/demo

test: test-quick test-brokers ## Runs all tests

test-quick: deps ## Runs the tests that need nothing but this machine: no Java, no downloads
	$(CARGO) test --workspace

# The broker starts after the building, so that it does not wait for it.
test-brokers: deps ## Runs the program against ActiveMQ, Artemis, RabbitMQ and Qpid Broker-J
	@.ci/install-deps brokers
	$(CARGO) test --test brokers --no-run
	@set -e; for broker in activemq artemis rabbitmq qpid; do \
		echo "tests/brokers/run $$broker $(CARGO) test --test brokers"; \
		tests/brokers/run $$broker $(CARGO) test --test brokers; \
	done

lint: deps ## Checks format, lints, documentation and the licences of all dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --test brokers -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --document-private-items
	@CARGO='$(CARGO)' .ci/check-licences

clean: ## Removes what was built
	$(CARGO) clean
