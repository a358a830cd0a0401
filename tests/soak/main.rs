//! Many requests through a broker whose faults change all the time: `make soak`.
//!
//! The client is a separate process, a long-lived user of the library, whose memory is measured. It verifies every
//! signature and reports the state of each request; this process compares that with what the broker saw.
//!
//! Beside it other clients work on tasks with state files, and are killed at random moments; the next one goes on.
//!
//! Environment: SOAK_REQUESTS (50000) and SOAK_SECONDS (600), both minimums; SOAK_SEED, which is printed.

#![expect(clippy::print_stdout, reason = "the test reports what it does")]

mod chaos;
mod client;
mod judge;
mod killed;

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use amqp_sandbox::{Options, Sandbox};
use killed::Task;
use serde_json::Value;

/// Much longer than any run takes.
const LONGEST_RUN: Duration = Duration::from_secs(60);

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [role, seed] if role == "client" => client::run(seed.parse().unwrap()),
        [role, seed, number, state] if role == "once" => {
            client::run_once(seed.parse().unwrap(), number.parse().unwrap(), state.as_ref());
        }
        _ => soak(),
    }
}

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}: expected a number"))
    })
}

fn soak() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = setting("SOAK_SEED", now.as_secs());
    let (requests, seconds) = (setting("SOAK_REQUESTS", 50_000), setting("SOAK_SECONDS", 600));
    println!("SOAK_SEED={seed}: {requests} requests and {seconds} s at least");

    let folder = tempfile::tempdir().unwrap();
    let options = Options { more_brokers: 1, ..Options::new(folder.path()) };
    let sandbox = Arc::new(Sandbox::start(options).unwrap());
    let mut client = Running(start(&sandbox, &["client", &seed.to_string()]));
    let over = Arc::new(AtomicBool::new(false));
    let (chaos_sandbox, chaos_over) = (Arc::clone(&sandbox), Arc::clone(&over));
    let chaos = std::thread::spawn(move || chaos::make(&chaos_sandbox, seed, &chaos_over));
    let (killed_sandbox, killed_over) = (Arc::clone(&sandbox), Arc::clone(&over));
    let states = folder.path().to_owned();
    let killed =
        std::thread::spawn(move || killed::kill(&killed_sandbox, seed, &states, &killed_over));

    let started = Instant::now();
    let mut runs = Vec::new();
    let mut total = 0;
    let lines = lines(&mut client);
    while total < requests || started.elapsed() < Duration::from_secs(seconds) {
        let line = lines.recv_timeout(LONGEST_RUN).expect("the client continues");
        let run: Value = serde_json::from_str(&line).unwrap();
        // No client listens to it any more, and the sandbox would fill it forever.
        sandbox.delete(run["queue"].as_str().unwrap());
        total += run["requests"].as_u64().unwrap();
        if runs.len() % 10 == 0 {
            let elapsed = started.elapsed().as_secs();
            println!(
                "{elapsed} s: {total} requests in {} runs, {} KiB",
                runs.len() + 1,
                run["rss"]
            );
        }
        runs.push(run);
        assert!(
            started.elapsed() < Duration::from_secs(10 * seconds + 600),
            "the test takes too long"
        );
    }
    over.store(true, Ordering::SeqCst);
    chaos.join().unwrap();
    drop(client);
    let tasks = killed.join().unwrap();

    let record = sandbox.record();
    let seen = judge::judge(&runs, &record);
    judge::flat(&runs);
    killed::judge(&tasks, &record);
    println!(
        "{total} requests in {} runs: {} signed, {} refused or useless, {} named as open; {} signatures verified",
        runs.len(),
        seen.signed,
        seen.refused,
        seen.open,
        runs.iter().map(|run| run["verified"].as_u64().unwrap()).sum::<u64>()
    );
    println!(
        "{} connections, {} never opened; {} sendings, {} of what was accepted in an earlier cycle; {} replies",
        record.connections.len(),
        record.connections.iter().filter(|connection| !connection.opened).count(),
        record.requests.len(),
        seen.again,
        record.deliveries.len()
    );
    let kills = tasks.iter().map(Task::kills).sum::<usize>();
    println!(
        "{} requests in {} tasks with state files, all signed; their clients were killed {kills} times, {} times with some replies",
        tasks.iter().map(Task::requests).sum::<usize>(),
        tasks.len(),
        tasks.iter().map(Task::kills_with_replies).sum::<usize>()
    );
    assert!(kills > 0, "no client was killed");
    assert!(
        seen.signed > total as usize / 2 && seen.open > 0,
        "there are too many or too few faults"
    );
}

/// The client's output, line by line, until it ends.
fn lines(client: &mut Running) -> mpsc::Receiver<String> {
    let output = BufReader::new(client.0.stdout.take().unwrap());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in output.lines() {
            // If the test has failed, nothing receives the line.
            let _ = sender.send(line.unwrap());
        }
    });
    receiver
}

/// A process that ends with the test, whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts this program as a client.
fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(arguments);
    command.env("SOAK_CA", sandbox.ca_file()).env("SOAK_CLIENT", sandbox.client_pem());
    command.env("SOAK_KEY", sandbox.public_key_file());
    let urls = [sandbox.amqps_urls(), vec![sandbox.amqp_url()]].concat();
    command.env("SOAK_BROKERS", format!("['{}']", urls.join("', '")));
    command.stdout(Stdio::piped()).spawn().unwrap()
}
