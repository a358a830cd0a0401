# The front door. Rust (rustup.rs), make and a C compiler are expected to be there; the rest is installed.

CARGO ?= cargo

# Where `make install` puts things, all below DESTDIR.
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
export CARGO PREFIX BINDIR LIBDIR INCLUDEDIR MANDIR DESTDIR

.PHONY: help deps build demo test test-quick test-peer lint promises api header static test-static install uninstall clean

help: ## Says what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 — /p' Makefile

deps: ## Installs what building needs and is missing: Proton, OpenSSL, pkg-config, gnupg
	@.ci/install-deps

build: deps ## Builds the program into target/debug
	$(CARGO) build

demo: deps ## Signs an image, a text and a file through a broker on this machine, and verifies them
	@CARGO='$(CARGO)' sandbox/demo

test: test-quick test-peer test-static ## Runs all tests

test-quick: ## Runs the tests that need nothing but a sandbox
	@.ci/install-deps test
	$(CARGO) test --workspace

test-peer: ## Compares with pubtools-sign, which it installs into ~/.cache/amqp_messenger
	@.ci/install-deps peer
	$(CARGO) test --test peer

lint: deps ## Checks format, lints, documentation and the licences of all dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
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
