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

use std::collections::HashMap;

use amqp_sandbox::{Options, record::Record};

use crate::harness::{Bench, Config, Ended, Protocol};

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

/// Which items of the document are there.
fn present(ended: &Ended) -> Vec<bool> {
    ended.messages().iter().map(|message| !message.is_null()).collect()
}

/// How often each request came, in the order of their first arrival.
fn arrivals(record: &Record) -> Vec<usize> {
    let mut places = HashMap::new();
    let mut times = Vec::new();
    for request in &record.requests {
        let place = *places.entry(request.request_id.as_deref().unwrap()).or_insert(times.len());
        if place == times.len() {
            times.push(0);
        }
        times[place] += 1;
    }
    times
}
