//! A client that is killed: one task after the other, each with a state file, until all of it is signed.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::RecvTimeoutError,
    },
    time::{Duration, Instant},
};

use amqp_sandbox::{Record, Sandbox, record::DeliveryOutcome};
use serde_json::Value;

use crate::{LONGEST_RUN, Running, chaos::Random, lines, start};

/// These tasks have other numbers than those of the client that is not killed.
const FIRST: u64 = 1_000_000;

/// After this many attempts the clients of a task are not killed any more.
const MOST_KILLS: usize = 20;

/// A task that has become signed.
pub(crate) struct Task {
    number: u64,
    attempts: Vec<Attempt>,
    report: Value,
}

/// A process that worked on a task.
struct Attempt {
    was_killed: bool,
    /// The connections that the broker had seen when it had ended.
    connections: usize,
    /// The requests to which it reported a reply, and of those the ones that were signed then, in order.
    answered: HashSet<String>,
    signed: Vec<String>,
}

/// Signs task after task until `over` is set, and kills the process that does it again and again.
pub(crate) fn kill(sandbox: &Sandbox, seed: u64, folder: &Path, over: &AtomicBool) -> Vec<Task> {
    let mut random = Random::new(seed ^ 0xdead);
    let mut tasks = Vec::new();
    for number in FIRST.. {
        let state = folder.join(format!("{number}.state"));
        let path = state.to_str().unwrap();
        let mut attempts = Vec::new();
        let report = loop {
            let is_spared = over.load(Ordering::SeqCst) || attempts.len() >= MOST_KILLS;
            let most = [300, 3000][random.below(2) as usize];
            let after = Duration::from_millis(random.below(most));
            let arguments = ["once", &seed.to_string(), &number.to_string(), path];
            let client = Running(start(sandbox, &arguments));
            let (attempt, report) =
                watch(client, (!is_spared && random.below(4) > 0).then_some(after));
            let connections = sandbox.record().connections.len();
            attempts.push(Attempt { connections, ..attempt });
            assert!(attempts.len() < 100, "task {number} is never signed");
            if let Some(report) = report.filter(is_signed) {
                break report;
            }
        };
        sandbox.delete(report["queue"].as_str().unwrap());
        std::fs::remove_file(state).unwrap();
        tasks.push(Task { number, attempts, report });
        if over.load(Ordering::SeqCst) {
            break;
        }
    }
    tasks
}

/// Reads what a process prints, and kills it after a time; returns its report, too, if it came so far.
fn watch(mut client: Running, kill_after: Option<Duration>) -> (Attempt, Option<Value>) {
    let started = Instant::now();
    let lines = lines(&mut client);
    let (mut answered, mut signed, mut report) = (HashSet::new(), Vec::new(), None);
    let mut was_killed = false;
    loop {
        let longest = if was_killed { LONGEST_RUN } else { kill_after.unwrap_or(LONGEST_RUN) };
        let line = match lines.recv_timeout(longest.saturating_sub(started.elapsed())) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                assert!(kill_after.is_some() && !was_killed, "a run does not end");
                client.0.kill().unwrap();
                was_killed = true;
                continue;
            }
        };
        // The last line may be torn.
        let Ok(line) = serde_json::from_str::<Value>(&line) else {
            assert!(was_killed, "{line}");
            continue;
        };
        let Some(id) = line["reply"].as_str() else {
            report = Some(line);
            continue;
        };
        answered.insert(id.to_owned());
        if line["signed"] == true {
            signed.push(id.to_owned());
        }
    }
    let status = client.0.wait().unwrap();
    assert!(was_killed || status.success() && report.is_some(), "the client failed: {status}");
    (Attempt { was_killed, connections: 0, answered, signed }, report)
}

fn is_signed(report: &Value) -> bool {
    report["states"].as_array().unwrap().iter().all(|state| state[1] == "Signed")
}

/// Nothing that a client had was lost with it: each later one had it from the file, once, and did not ask for it again.
/// A client reported each reply before it accepted it.
pub(crate) fn judge(tasks: &[Task], record: &Record) {
    for task in tasks {
        let (number, last) = (task.number, task.last());
        let queue = task.report["queue"].as_str().unwrap();
        let states = task.report["states"].as_array().unwrap();
        let ids: HashSet<_> = states.iter().map(|state| state[0].as_str().unwrap()).collect();
        assert_eq!(ids.len(), states.len(), "task {number}: an id stands twice");
        assert_eq!(last.signed.len(), ids.len(), "task {number}: some are not reported");
        for attempt in &task.attempts {
            let signed: HashSet<_> = attempt.signed.iter().map(String::as_str).collect();
            assert_eq!(signed.len(), attempt.signed.len(), "task {number}: a reply stands twice");
            assert!(
                attempt.answered.iter().all(|id| ids.contains(id.as_str())),
                "task {number}: a request has changed its id"
            );
        }
        for delivery in &record.deliveries {
            let id = delivery.request_id.as_deref().unwrap_or_default();
            if delivery.address == queue
                && ids.contains(id)
                && delivery.outcome == Some(DeliveryOutcome::Accepted)
            {
                let mut seen = task.attempts_until(delivery.connection);
                assert!(
                    seen.any(|attempt| attempt.answered.contains(id)),
                    "task {number}: a reply to {id} was accepted, and no client had it"
                );
            }
        }
        for request in &record.requests {
            let id = request.request_id.as_deref().unwrap_or_default();
            if ids.contains(id) {
                let ended = |attempt: &&Attempt| attempt.connections < request.connection;
                let mut ended = task.attempts.iter().filter(ended);
                assert!(
                    !ended.any(|attempt| attempt.signed.iter().any(|signed| signed == id)),
                    "task {number}: {id} was signed, and is asked for again"
                );
            }
        }
    }
}

impl Task {
    /// The attempts up to the one that made a connection.
    fn attempts_until(&self, connection: usize) -> impl Iterator<Item = &Attempt> {
        let later = self.attempts.iter().take_while(|attempt| attempt.connections < connection);
        self.attempts.iter().take(later.count() + 1)
    }

    fn last(&self) -> &Attempt {
        &self.attempts[self.attempts.len() - 1]
    }

    pub(crate) fn kills(&self) -> usize {
        self.attempts.iter().filter(|attempt| attempt.was_killed).count()
    }

    /// How often a client was killed that had a reply, but not all.
    pub(crate) fn kills_with_replies(&self) -> usize {
        let most = self.requests();
        let is_between =
            |attempt: &&Attempt| attempt.was_killed && (1..most).contains(&attempt.signed.len());
        self.attempts.iter().filter(is_between).count()
    }

    pub(crate) fn requests(&self) -> usize {
        self.last().signed.len()
    }
}
