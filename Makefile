# The front door. Rust (rustup.rs), make and a C compiler are expected to be there; the rest is installed.

CARGO ?= cargo

# Installing packages, and fetching sources, is for one at a time.
.NOTPARALLEL:

# Where `make install` puts things, all below DESTDIR.
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
export CARGO PREFIX BINDIR LIBDIR INCLUDEDIR MANDIR DESTDIR

.PHONY: help deps build demo test test-quick test-sanitized test-brokers test-peer fuzz-smoke soak lint promises api header static test-static dist test-dist install uninstall clean

help: ## Says what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 — /p' Makefile

deps: ## Installs what building needs and is missing: Proton, OpenSSL, pkg-config, gnupg
	@.ci/install-deps

build: deps ## Builds the program into target/debug
	$(CARGO) build

demo: deps ## Signs an image, a text and a file through a broker on this machine, and verifies them
	@CARGO='$(CARGO)' sandbox/demo

test: test-quick test-sanitized test-static test-peer test-brokers ## Runs all tests

test-quick: ## Runs the tests that need nothing but a sandbox: no Java, no root
	@.ci/install-deps test
	$(CARGO) test --workspace

test-sanitized: ## Runs the suite with a program whose accesses to memory are checked, Proton's too
	@.ci/install-deps test static fuzz
	@CARGO='$(CARGO)' tests/sanitized

fuzz-smoke: ## Replays the kept inputs of the fuzz targets, and lets each look for more, a minute long
	@.ci/install-deps static fuzz
	@CARGO='$(CARGO)' fuzz/smoke

soak: deps ## Signs 50,000 requests in ten minutes of random faults; SOAK_REQUESTS, SOAK_SECONDS and SOAK_SEED change that
	$(CARGO) test --test soak

test-peer: ## Compares with pubtools-sign: by the sandbox, and through ActiveMQ Classic and Artemis
	@.ci/install-deps peer brokers
	$(CARGO) test --test peer
	$(CARGO) test --test peer-broker --no-run
	tests/brokers/run activemq tests/peer/through-broker
	tests/brokers/run artemis tests/peer/through-broker

# A broker starts after the building, so that it does not wait for it.
test-brokers: ## Runs the program against ActiveMQ Classic, Artemis, RabbitMQ and Qpid Broker-J
	@.ci/install-deps brokers
	$(CARGO) test --test brokers --no-run
	@set -e; for broker in activemq artemis rabbitmq qpid; do \
		echo "tests/brokers/run $$broker $(CARGO) test --test brokers"; \
		tests/brokers/run $$broker $(CARGO) test --test brokers; \
	done

lint: deps ## Checks format, lints, documentation and the licences of all dependencies
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --test bare --test brokers --test peer --test peer-broker --test soak -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --document-private-items
	@CARGO='$(CARGO)' .ci/check-licences

static: ## Builds target/static/amqp-messenger, which needs nothing of its host, and amqp-messenger-glibc
	@.ci/install-deps static
	@CARGO='$(CARGO)' packaging/static
	@CARGO='$(CARGO)' packaging/static --glibc

test-static: static ## Tests them: in an empty root, and by all quick tests
	@CARGO='$(CARGO)' packaging/test-static

promises: deps ## Checks what users build on: the oldest Rust, and the public interface in public-api.txt
	.ci/check-msrv
	.ci/check-api

api: deps ## Writes public-api.txt anew
	.ci/check-api --write

dist: static ## Makes packages in target/packages: .deb, .rpm and .tar.gz
	@.ci/install-deps dist
	@CARGO='$(CARGO)' packaging/dist

test-dist: dist ## Installs, uses and removes them in clean roots; needs root
	@CARGO='$(CARGO)' packaging/test-dist

header: ## Writes include/amqp_messenger.h anew, from the source of the C interface
	WRITE_HEADER=1 $(CARGO) test --quiet --test c_header the_header_is_current

install: ## Installs the program, its manual page and the C library below PREFIX (/usr/local) and DESTDIR
	@.ci/install-deps test
	packaging/install-program
	packaging/install-clib

uninstall: ## Removes what `make install` installed, with the same PREFIX and DESTDIR
	rm -f '$(DESTDIR)$(BINDIR)/amqp-messenger' '$(DESTDIR)$(MANDIR)/man1/amqp-messenger.1'
	rm -f '$(DESTDIR)$(INCLUDEDIR)/amqp_messenger.h' '$(DESTDIR)$(LIBDIR)/pkgconfig/amqp_messenger.pc'
	rm -f '$(DESTDIR)$(LIBDIR)'/libamqp_messenger.a '$(DESTDIR)$(LIBDIR)'/libamqp_messenger.so*

clean: ## Removes what was built
	$(CARGO) clean
