# The front door. Rust (rustup.rs), make and a C compiler are expected to be there; the rest is installed.

CARGO ?= cargo

.PHONY: help deps build demo test test-peer lint clean

help: ## Says what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 — /p' Makefile

deps: ## Installs what is missing: Proton, OpenSSL, pkg-config, gnupg, valgrind
	@.ci/install-deps

build: deps ## Builds the program into target/debug
	$(CARGO) build

demo: deps ## Signs an image, a text and a file through a broker on this machine, and verifies them
	@CARGO='$(CARGO)' sandbox/demo

test: deps ## Runs all tests
	$(CARGO) test --workspace

test-peer: ## Compares with pubtools-sign, which it installs into ~/.cache/amqp_messenger
	@.ci/install-deps peer
	$(CARGO) test --test peer

lint: deps ## Checks format, lints, documentation and the licences of all dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --document-private-items
	@CARGO='$(CARGO)' .ci/check-licences

clean: ## Removes what was built
	$(CARGO) clean
