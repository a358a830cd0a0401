//! Runs many seeds, and looks whether they covered what they are for.

use std::{
    collections::BTreeMap,
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use super::{
    coverage::{OVER_AMQP, OVER_MQTT},
    oracle, print,
    run::{Ended, play},
    seeded::{Temper, scenario},
};
use crate::{config::Protocol, status::Status};

/// Plays a seed; what was broken, and what it covered.
fn try_seed(protocol: Protocol, seed: u64, prints: bool) -> (Vec<String>, Option<Ended>) {
    let (scenario, temper) = scenario(protocol, seed, prints);
    let ended = match catch_unwind(AssertUnwindSafe(|| play(scenario))) {
        Ok(ended) => ended,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
            return (vec![text.to_owned()], None);
        }
    };
    let mut broken = oracle::judge(&ended);
    let status = Status::of_run(&ended.result, ended.ledger.entries());
    // A process may be killed between a reply and its file; a broker that settles as it sends has forgotten it.
    // Another process has another session over MQTT, and replies to the first one wait there.
    let may_lose = ended.lives.len() > 1
        && (protocol == Protocol::Mqtt
            || ended.witness.kinds.contains("reply: settled as it is sent"));
    if temper != Temper::Wild && !may_lose && status != Status::Signed {
        broken.push(format!("{temper:?}, but not all is signed: {status:?}, {:?}", ended.result));
    }
    if temper == Temper::Calm
        && ended.lives.len() < 2
        && ended.witness.sendings.len() != ended.ledger.entries().len()
    {
        broken.push(format!("calm, but {} sendings", ended.witness.sendings.len()));
    }
    (broken, Some(ended))
}

/// How the status is counted.
fn status_kind(ended: &Ended) -> &'static str {
    match Status::of_run(&ended.result, ended.ledger.entries()).code() {
        0 => "status 0",
        1 => "status 1",
        65 => "status 65",
        69 => "status 69",
        75 => "status 75",
        77 => "status 77",
        124 => "status 124",
        130 => "status 130",
        _ => "another status",
    }
}

#[test]
fn over_amqp_every_promise_holds_for_every_seed() {
    run(Protocol::Amqp, "over_amqp", &OVER_AMQP);
}

#[test]
fn over_mqtt_every_promise_holds_for_every_seed() {
    run(Protocol::Mqtt, "over_mqtt", &OVER_MQTT);
}

/// Plays the seeds of a protocol; `test` is what the name of its test begins with.
fn run(protocol: Protocol, test: &str, coverage: &[(&str, u64)]) {
    if let Ok(seed) = env::var("SIMULATION_SEED") {
        return replay(protocol, seed.parse().expect("SIMULATION_SEED is a number"));
    }
    let default = if cfg!(debug_assertions) { 1500 } else { 50_000 };
    let count = env::var("SIMULATION_SEEDS")
        .map_or(default, |count| count.parse().expect("SIMULATION_SEEDS is a number"));
    let (next, failures) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let covered = Mutex::new(BTreeMap::<&str, u64>::new());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            // As much stack as the client wants for deep values, or it would make one of its own for each read.
            let thread = thread::Builder::new().stack_size(16 << 20);
            let spawned = thread.spawn_scoped(scope, || {
                let mut kinds = BTreeMap::<_, u64>::new();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= count || failures.lock().unwrap().len() >= 10 {
                        break;
                    }
                    let (mut broken, ended) = try_seed(protocol, seed, false);
                    if let Some(ended) = ended {
                        for kind in ended.witness.kinds.iter().copied().chain([status_kind(&ended)])
                        {
                            *kinds.entry(kind).or_default() += 1;
                        }
                        if seed.is_multiple_of(16) {
                            let again =
                                try_seed(protocol, seed, false).1.map(|again| again.witness.hash);
                            if again != Some(ended.witness.hash) {
                                broken.push("another run of the same seed is different".to_owned());
                            }
                        }
                    }
                    if !broken.is_empty() {
                        failures.lock().unwrap().push((seed, broken));
                    }
                }
                let mut covered = covered.lock().unwrap();
                for (kind, count) in kinds {
                    *covered.entry(kind).or_default() += count;
                }
            });
            spawned.expect("a thread");
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    for (seed, broken) in &failures {
        print(&format!("seed {seed}: {}", broken.join("\n    ")));
    }
    if let Some((seed, _)) = failures.first() {
        panic!(
            "replay it with: SIMULATION_SEED={seed} cargo test --lib simulation::seeds::{test} -- --nocapture"
        );
    }
    let covered = covered.into_inner().unwrap();
    if env::var_os("SIMULATION_COVERAGE").is_some() {
        for (kind, count) in &covered {
            print(&format!("{count:>8}  {kind}"));
        }
    }
    for &(kind, least) in coverage {
        let found = covered.get(kind).copied().unwrap_or_default();
        assert!(found * 100_000 >= least * count, "{kind}: {found} in {count} seeds");
    }
}

/// Prints what the client logs, in between what the brokers see.
struct Log;

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        print(&format!("              {}: {}", record.level(), record.args()));
    }

    fn flush(&self) {}
}

/// Plays one seed, and prints what happens.
fn replay(protocol: Protocol, seed: u64) {
    if log::set_logger(&Log).is_ok() {
        log::set_max_level(log::LevelFilter::Debug);
    }
    let (broken, ended) = try_seed(protocol, seed, true);
    if let Some(ended) = ended {
        print(&format!("{:?}", ended.settings));
        print(&format!("{:>12.3?}  {:?}", ended.took, ended.result));
        for entry in ended.ledger.entries() {
            print(&format!("              {}: {:?}", entry.request().id, entry.state()));
        }
    }
    assert!(broken.is_empty(), "seed {seed}: {}", broken.join("\n    "));
}
