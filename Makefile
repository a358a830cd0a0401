# The front door. A fresh machine needs Rust (rustup.rs), make and a C compiler.
#
# `make demo`, `make deps` and the tests install what else they need. Everything else installs no package: if something is
# missing, it prints the line to run, and fails.

CARGO ?= cargo

# Installing packages and fetching sources cannot run twice at once.
.NOTPARALLEL:

# Where `make install` puts things, all below DESTDIR.
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share
export CARGO PREFIX BINDIR LIBDIR INCLUDEDIR MANDIR DATADIR DESTDIR

# Seconds that each fuzz target looks for new inputs.
FUZZ_SECONDS ?= 60
# What `make demo` speaks: amqp or mqtt.
PROTOCOL ?= amqp

# The release of Debian for `make test-fresh`, and the targets that are made there.
RELEASE ?= trixie
FRESH ?= demo test-quick

# Lints of the fuzz targets need neither a separate Proton nor libFuzzer, since nothing is linked.
LINT_FUZZ = CUSTOM_LIBFUZZER_PATH=/none/libfuzzer.a $(CARGO) clippy --locked --manifest-path fuzz/Cargo.toml \
	--no-default-features --target-dir target/fuzz-lint --config 'build.rustflags=["--cfg","fuzzing"]'

need = @.ci/install-deps
check = @.ci/install-deps --check

# The programs that measure, and those that are measured.
BENCH = target/release/amqp-bench
BUILD_BENCH = $(CARGO) build --locked --release --package amqp-bench --package amqp_messenger

.PHONY: help deps build demo check simulation instructions bench bench-try bench-programs bench-page test test-quick \
	test-sanitized test-brokers test-peer test-fresh fuzz-smoke soak lint promises api tables header static test-static \
	dist test-dist install uninstall clean

help: ## Lists these targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 — /p' Makefile

deps: ## Installs missing packages for building: Proton, OpenSSL, pkg-config
	$(need) demo

build: ## Builds the program into target/debug
	$(check)
	$(CARGO) build

demo: ## Signs an image, a text and a file through a broker on this machine, and verifies them; over MQTT with PROTOCOL=mqtt
	$(need) demo
	@CARGO='$(CARGO)' PROTOCOL='$(PROTOCOL)' sandbox/demo

check: ## Checks format, lints, unit tests and simulation; two minutes, eight the first time
	$(check)
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) test --workspace --lib
	@$(MAKE) --no-print-directory simulation

simulation: ## Simulates 100,000 runs with seeded faults, half of them over MQTT; SIMULATION_SEEDS changes that, SIMULATION_SEED replays one
	$(check)
	$(CARGO) test --profile simulation --lib simulation

instructions: ## Counts the instructions of a start and of a request, and fails if they have risen by 5 %; WRITE=1 records them
	$(need) bench
	$(BUILD_BENCH)
	@$(BENCH) instructions $(if $(WRITE),--write,--check) benches/instructions.toml

bench: bench-programs ## Measures everything beside pubtools-sign, in 10 minutes on an idle machine, and writes docs/performance.md
	@$(BENCH) run --alone target/static/amqp-messenger --small target/dist/amqp-messenger --peer "$$(tests/peer/install)"

bench-try: bench-programs ## The same without what takes long, in a minute; writes nothing
	@$(BENCH) run --quick --alone target/static/amqp-messenger --small target/dist/amqp-messenger --peer "$$(tests/peer/install)"

bench-programs:
	$(need) static peer bench
	$(BUILD_BENCH)
	$(CARGO) build --locked --profile dist
	@CARGO='$(CARGO)' packaging/static

bench-page: ## Writes docs/performance.md, its plot and the figures in README.md again, from benches/results.csv
	$(check)
	$(CARGO) run --quiet --package amqp-bench -- page

test: test-quick test-sanitized test-static test-peer test-brokers ## Runs all tests

test-quick: ## Runs the tests that need only the sandbox: no Java, no root
	$(need) test
	$(CARGO) test --workspace

test-sanitized: ## Runs hostile bytes and messages with every memory access checked, Proton's too; ALL=1: the suite
	$(need) test static fuzz
	@CARGO='$(CARGO)' tests/sanitized $(if $(ALL),--all)

fuzz-smoke: ## Replays the kept inputs of the fuzz targets, and lets each look for more for FUZZ_SECONDS (60)
	$(need) static fuzz
	@CARGO='$(CARGO)' fuzz/smoke $(FUZZ_SECONDS)

soak: ## Signs 50,000 requests in ten minutes of random faults, and kills clients with state files; SOAK_REQUESTS, SOAK_SECONDS and SOAK_SEED change that
	$(need) demo
	$(CARGO) test --test soak

test-peer: ## Compares with pubtools-sign, through the sandbox and through ActiveMQ Classic and Artemis
	$(need) peer brokers
	$(CARGO) test --test peer
	$(CARGO) test --test peer-broker --no-run
	tests/brokers/run activemq tests/peer/through-broker
	tests/brokers/run artemis tests/peer/through-broker

# The tests are built first: no broker should wait for the compiler. Each broker runs once for each protocol.
test-brokers: ## Runs the program against ActiveMQ Classic, Artemis, RabbitMQ 3 and 4, Qpid Broker-J and Mosquitto
	$(need) brokers
	$(CARGO) test --test brokers --test brokers-mqtt --no-run
	@set -e; for run in activemq:brokers artemis:brokers rabbitmq:brokers rabbitmq4:brokers qpid:brokers \
		mosquitto:brokers-mqtt rabbitmq4:brokers-mqtt artemis:brokers-mqtt activemq:brokers-mqtt; do \
		echo "tests/brokers/run $${run%:*} $(CARGO) test --test $${run#*:}"; \
		tests/brokers/run $${run%:*} $(CARGO) test --test $${run#*:}; \
	done

test-fresh: ## Runs `make demo test-quick` in a minimal root of Debian RELEASE (trixie); needs root
	$(need) dist
	@CARGO='$(CARGO)' .ci/test-fresh $(RELEASE) $(FRESH)

lint: ## Checks format, lints, documentation and words
	$(check)
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check
	$(CARGO) fmt --manifest-path .ci/public-api/Cargo.toml --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --test bare --test brokers --test brokers-mqtt --test peer --test peer-broker --test soak -- -D warnings
	$(LINT_FUZZ) -- -D warnings
	$(CARGO) clippy --locked --manifest-path .ci/public-api/Cargo.toml --target-dir target/public-api -- -D warnings
	@.ci/check-lints
	@.ci/check-words
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --document-private-items

static: ## Builds target/static/amqp-messenger, which needs nothing of its host, and amqp-messenger-glibc
	$(check) static
	@CARGO='$(CARGO)' packaging/static
	@CARGO='$(CARGO)' packaging/static --glibc

test-static: ## Tests them, in an empty root and by those tests of the suite that can differ; ALL=1: by the whole suite
	$(need) static
	@$(MAKE) --no-print-directory static
	@CARGO='$(CARGO)' packaging/test-static $(if $(ALL),--all)

promises: ## Checks what users build on: the oldest Rust, the features, the public interface, and all dependencies
	$(check)
	@CARGO='$(CARGO)' .ci/check-features
	.ci/check-msrv
	.ci/check-api
	@CARGO='$(CARGO)' .ci/check-dependencies

api: ## Writes the list of the public interface again
	$(check)
	.ci/check-api --write

dist: static ## Makes packages in target/packages: .deb, .rpm and .tar.gz
	$(check) dist
	@CARGO='$(CARGO)' packaging/dist

test-dist: ## Installs, uses and removes the packages in clean roots; needs root
	$(need) static dist
	@$(MAKE) --no-print-directory dist
	@CARGO='$(CARGO)' packaging/test-dist

tables: ## Writes the parts of documents and files that are made from the tables of options, keys and exit statuses
	$(check)
	WRITE_TABLES=1 $(CARGO) test --quiet --lib cli::tables

header: ## Writes include/amqp_messenger.h again, from the source of the C interface
	$(check)
	WRITE_HEADER=1 $(CARGO) test --quiet --package amqp-messenger-capi --test header the_header_is_current

install: ## Installs the program, its manual page and completions, and the C library below PREFIX (/usr/local) and DESTDIR
	$(check) library
	packaging/install-program
	packaging/install-clib

uninstall: ## Removes what `make install` installed, with the same PREFIX and DESTDIR
	rm -f '$(DESTDIR)$(BINDIR)/amqp-messenger' '$(DESTDIR)$(MANDIR)/man1/amqp-messenger.1'
	rm -f '$(DESTDIR)$(DATADIR)/bash-completion/completions/amqp-messenger'
	rm -f '$(DESTDIR)$(DATADIR)/zsh/site-functions/_amqp-messenger'
	rm -f '$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/amqp-messenger.fish'
	rm -f '$(DESTDIR)$(INCLUDEDIR)/amqp_messenger.h' '$(DESTDIR)$(LIBDIR)/pkgconfig/amqp_messenger.pc'
	rm -f '$(DESTDIR)$(LIBDIR)'/libamqp_messenger.a '$(DESTDIR)$(LIBDIR)'/libamqp_messenger.so*

clean: ## Removes everything that was built
	$(CARGO) clean
