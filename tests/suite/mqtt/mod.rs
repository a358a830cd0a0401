//! What is particular to MQTT. What holds over both protocols is beside the tests of AMQP, made by `over_both`.

mod bytes;
mod codes;
mod ends;
mod floods;
mod hostile;
mod limits;
mod login;
mod old;
mod replies;
mod resume;
mod settings;
mod silence;
mod wire;

use amqp_sandbox::Options;

use crate::harness::{Bench, Config, Protocol};

/// A sandbox with rules, in the words of its command line and with blanks between them.
fn bench(rules: &str) -> Bench {
    bench_with(rules, |_| {})
}

/// The same with other options, too.
fn bench_with(rules: &str, set: impl FnOnce(&mut Options)) -> Bench {
    Protocol::Mqtt.bench_with(|options| {
        options.behaviours = rules.split_whitespace().map(|rule| rule.parse().unwrap()).collect();
        set(options);
    })
}

/// The configuration with one window, for a run that is to end with something missing.
fn one_window(bench: &Bench) -> Config {
    bench.config().patience(1, 1, 1)
}
