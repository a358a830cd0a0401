//! Many requests through a broker that does all kinds of things wrong, changing all the time: `make soak`.
//!
//! The client is a process of its own, one long-lived user of the library, so that its memory can be looked at. It
//! tells what became of each request; here that is held against what the broker saw.
//!
//! Environment: SOAK_REQUESTS (50000) and SOAK_SECONDS (600), both at least; SOAK_SEED, which is printed.

mod chaos;
mod client;

use std::{
    collections::{HashMap, HashSet},
    env,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use amqp_sandbox::{Options, Record, Sandbox, record::DeliveryOutcome};
use serde_json::Value;

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [role, seed] if role == "client" => client::run(seed.parse().unwrap()),
        _ => soak(),
    }
}

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}: a number is expected")))
}

fn soak() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = setting("SOAK_SEED", now.as_secs());
    let (requests, seconds) = (setting("SOAK_REQUESTS", 50_000), setting("SOAK_SECONDS", 600));
    println!("SOAK_SEED={seed}: {requests} requests and {seconds} s at least");

    let folder = tempfile::tempdir().unwrap();
    let sandbox = Arc::new(Sandbox::start(Options::new(folder.path())).unwrap());
    let mut client = Running(start_client(&sandbox, seed));
    let over = Arc::new(AtomicBool::new(false));
    let (chaos_sandbox, chaos_over) = (Arc::clone(&sandbox), Arc::clone(&over));
    let chaos = std::thread::spawn(move || chaos::make(&chaos_sandbox, seed, &chaos_over));

    let started = Instant::now();
    let mut runs = Vec::new();
    let mut total = 0;
    let lines = BufReader::new(client.0.stdout.take().unwrap()).lines();
    for line in lines {
        let run: Value = serde_json::from_str(&line.unwrap()).unwrap();
        total += run["requests"].as_u64().unwrap();
        if runs.len() % 10 == 0 {
            let elapsed = started.elapsed().as_secs();
            println!("{elapsed} s: {total} requests in {} runs, {} KiB", runs.len() + 1, run["rss"]);
        }
        runs.push(run);
        if total >= requests && started.elapsed() >= Duration::from_secs(seconds) {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(10 * seconds + 600), "it takes too long");
    }
    over.store(true, Ordering::SeqCst);
    chaos.join().unwrap();
    drop(client);
    assert!(total >= requests, "the client ended after {total} requests");

    let record = sandbox.record();
    let seen = judge(&runs, &record);
    flat(&runs);
    println!(
        "{total} requests in {} runs and {} connections: {} signed, {} refused or useless, {} named as open; {} replies",
        runs.len(),
        record.connections.len(),
        seen.signed,
        seen.refused,
        seen.open,
        record.deliveries.len()
    );
    assert!(seen.signed > total as usize / 2 && seen.open > 0, "the faults are too many, or too few");
}

/// Ended with the test, whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_client(sandbox: &Sandbox, seed: u64) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["client", &seed.to_string()]);
    command.env("SOAK_CA", sandbox.ca_file()).env("SOAK_CLIENT", sandbox.client_pem());
    command.env("SOAK_BROKERS", format!("['{}', '{}']", sandbox.amqps_url(), sandbox.amqp_url()));
    command.stdout(Stdio::piped()).spawn().unwrap()
}

#[derive(Default)]
struct Seen {
    signed: usize,
    refused: usize,
    open: usize,
}

/// Holds what the client said against what the broker saw: a reply that the client accepted is in its output,
/// and what is in its output was sent to it.
fn judge(runs: &[Value], record: &Record) -> Seen {
    let mut accepted = HashSet::new();
    let mut sent = HashSet::new();
    for delivery in &record.deliveries {
        let Some(id) = delivery.request_id.as_deref() else { continue };
        sent.insert(id);
        if matches!(delivery.outcome, Some(DeliveryOutcome::Accepted)) {
            accepted.insert(id);
        }
    }
    let mut received: HashMap<&str, usize> = HashMap::new();
    for request in &record.requests {
        *received.entry(request.request_id.as_deref().unwrap()).or_default() += 1;
    }
    let mut seen = Seen::default();
    for run in runs {
        let states = run["states"].as_array().unwrap();
        assert_eq!(states.len() as u64, run["requests"].as_u64().unwrap());
        for state in states {
            let (id, state) = (state[0].as_str().unwrap(), state[1].as_str().unwrap());
            match state {
                "Signed" | "Refused" => {
                    assert!(sent.contains(id), "{id}: an answer out of nowhere");
                    *(if state == "Signed" { &mut seen.signed } else { &mut seen.refused }) += 1;
                }
                _ => {
                    assert!(!accepted.contains(id), "{id}: its reply was accepted, and it is {state}");
                    assert_eq!(state == "NotSent", !received.contains_key(id) && state != "Sent", "{id}: {state}");
                    seen.open += 1;
                }
            }
        }
    }
    seen
}

/// Memory and descriptors after the first quarter and at the end.
fn flat(runs: &[Value]) {
    let quarter = runs.len() / 4;
    let most = |name: &str, runs: &[Value]| runs.iter().map(|run| run[name].as_u64().unwrap()).max().unwrap();
    for (name, slack) in [("rss", 4096), ("descriptors", 0)] {
        let (before, after) = (most(name, &runs[..=quarter]), most(name, &runs[runs.len() - quarter..]));
        println!("{name}: {before} in the first quarter, {after} in the last");
        assert!(before > 0 && after <= before + before / 10 + slack, "{name} grows");
    }
}
