//! The clients: the same signers, run after run, until the process is ended; and a single run with a state file.

use std::{env, fs, io::Write, path::Path};

use amqp_messenger::{
    Error, Operation, Run, Settings, Signer, SignerType, Status,
    signing::{Blob, Entry, Image, Items, Key, Notice, Observer, State, TaskId, Text, Verdict},
};
use amqp_sandbox::Verifier;
use serde_json::{Value, json};

use crate::chaos::Random;

/// Windows and cycles. With a single cycle nothing that was accepted may ever be sent again.
const PLANS: [(u32, u32); 2] = [(2, 3), (3, 1)];

pub(crate) fn run(seed: u64) {
    let mut random = Random::new(seed ^ 0x5eed);
    let verifier = verifier();
    let signer = |kind, plan| Signer::new(settings(kind, plan), None).unwrap();
    let signers =
        PLANS.map(|plan| [SignerType::Single, SignerType::Batch].map(|kind| signer(kind, plan)));
    for number in 0_u64.. {
        let task = Task::draw(&mut random, number);
        let signer = &signers[task.plan][usize::from(task.kind == SignerType::Batch)];
        let mut run = signer.prepare(&task.operation).unwrap();
        let ended = signer.sign(&mut run);
        let line = task.report(&run, ended, &verifier);
        drop(run);
        if writeln!(std::io::stdout(), "{line}").is_err() {
            // The test has ended.
            return;
        }
    }
}

/// One run of a task with a state file; it may be killed at any moment. Before its report it prints a line for each reply.
pub(crate) fn run_once(seed: u64, number: u64, state: &Path) {
    let task = Task::draw(&mut Random::new(seed ^ number.wrapping_mul(0x5eed)), number);
    let signer = Signer::new(settings(task.kind, PLANS[task.plan]), None).unwrap();
    let mut run = signer.prepare_with_state(&task.operation, state).unwrap();
    let ended = signer.sign_observed(&mut run, &Printer);
    println!("{}", task.report(&run, ended, &verifier()));
}

/// Prints a line for each reply before the broker learns that it came, and for each signed request of an earlier run.
struct Printer;

impl Observer for Printer {
    fn notice(&self, notice: Notice<'_>) {
        if let Notice::Reply(noted, _) = notice {
            let is_signed =
                noted.entry.reply().is_some_and(|reply| reply.verdict == Verdict::Signed);
            println!(
                "{}",
                json!({"reply": noted.entry.request().id.to_string(), "signed": is_signed})
            );
        }
    }
}

fn verifier() -> Verifier {
    let key = fs::read_to_string(env::var("SOAK_KEY").unwrap()).unwrap();
    Verifier::from_armoured(&key).unwrap()
}

/// What is to be signed, and how.
struct Task {
    number: u64,
    plan: usize,
    kind: SignerType,
    operation: Operation,
}

impl Task {
    fn draw(random: &mut Random, number: u64) -> Self {
        let most = if random.below(10) == 0 { 600 } else { 80 };
        let count = 1 + random.below(most) as usize;
        let plan = random.below(2) as usize;
        let (kind, operation) = match random.below(4) {
            0 => (SignerType::Batch, container(number, count, &["one", "two"])),
            1 => (SignerType::Single, clear(number, count)),
            2 => (SignerType::Single, blob(number, count)),
            _ => (SignerType::Single, container(number, count, &["one"])),
        };
        Self { number, plan, kind, operation }
    }

    /// Checks what a run has received, and says it in a line.
    fn report(&self, run: &Run, ended: Result<(), Error>, verifier: &Verifier) -> Value {
        let mut checks = Checks { verifier, task: self, place: 0, verified: 0 };
        let states: Vec<_> = run
            .entries()
            .iter()
            .map(|entry| json!([entry.request().id.to_string(), checks.state(entry)]))
            .collect();
        let all_signed = states.iter().all(|state| state[1] == "Signed");
        let status = Status::of_run(&ended, run.entries());
        assert_eq!(status == Status::Signed, all_signed, "{status:?}, {ended:?}");
        json!({
            "requests": states.len(),
            "cycles": PLANS[self.plan].1,
            "queue": run.listen_to(),
            "verified": checks.verified,
            "states": states,
            "error": ended.err().map(|error| error.to_string()),
            "rss": resident(),
            "descriptors": fs::read_dir("/proc/self/fd").unwrap().count(),
        })
    }
}

/// Checks one request after the other.
struct Checks<'a> {
    verifier: &'a Verifier,
    task: &'a Task,
    /// The index of the next request's first value among all items.
    place: usize,
    verified: usize,
}

impl Checks<'_> {
    /// A word for a request's state. Verifies that each received value is the signature of its item.
    fn state(&mut self, entry: &Entry) -> String {
        let first = self.place;
        self.place += entry.request().value_count();
        let reply = match entry.state() {
            State::Answered(reply) => reply,
            State::Undeliverable(_) => return "Undeliverable".to_owned(),
            other => return format!("{other:?}").split('(').next().unwrap().to_owned(),
        };
        assert!(
            reply.document.contains(&entry.request().id.to_string()),
            "the reply answers another request"
        );
        let values = entry.signed_values();
        assert_eq!(values.len(), entry.request().value_count());
        for (value, place) in values.iter().zip(first..).filter(|(value, _)| !value.is_empty()) {
            let item = place / self.task.operation.keys().len();
            assert!(
                self.is_signature(value.as_str(), item),
                "at {item} something else is signed: {}",
                reply.document
            );
            self.verified += 1;
        }
        let complete = values.iter().all(|value| !value.is_empty());
        assert_eq!(reply.verdict == Verdict::Signed, complete, "{:?}: {values:?}", reply.verdict);
        if complete { "Signed" } else { "Refused" }.to_owned()
    }

    fn is_signature(&self, value: &str, item: usize) -> bool {
        let number = self.task.number;
        match self.task.operation.items() {
            Items::Images(images) => self.verifier.content(value).is_some_and(|claim| {
                let image = &images[item];
                is_claim(&claim, image.digest().as_str(), image.reference().as_str())
            }),
            Items::Texts { .. } => {
                self.verifier.content(value).as_deref() == Some(text(number, item).as_bytes())
            }
            Items::Blobs(_) => {
                self.verifier.is_detached_signature(value, blob_content(number, item).as_bytes())
            }
            _ => false,
        }
    }
}

fn is_claim(claim: &[u8], digest: &str, reference: &str) -> bool {
    let Ok(claim) = serde_json::from_slice::<Value>(claim) else { return false };
    let critical = &claim["critical"];
    critical["image"]["docker-manifest-digest"] == digest
        && critical["identity"]["docker-reference"] == reference
}

fn settings(kind: SignerType, (windows, cycles): (u32, u32)) -> Settings {
    let variable = |name: &str| env::var(name).unwrap();
    let keys = format!(
        "messaging_brokers: {}\n  messaging_ca_cert: '{}'\n  messaging_cert_key: '{}'\n  \
         topic_send_to: topic://VirtualTopic.sandbox.sign\n  \
         topic_listen_to: queue://Consumer.{{creator}}-{{task_id}}.VirtualTopic.sandbox.reply\n  \
         environment: e\n  service: soak\n  timeout: 1\n  retries: {windows}\n  send_retries: {cycles}\n  \
         message_id_key: request_id\n  log_level: warning\n  idle_timeout: 2\n  connect_timeout: 1\n",
        variable("SOAK_BROKERS"),
        variable("SOAK_CA"),
        variable("SOAK_CLIENT")
    );
    let text = format!("msg_signer:\n  {keys}\nmsg_batch_signer:\n  {keys}  chunk_size: 3\n");
    Settings::parse(&text, Path::new("soak.yaml"), kind, &|_| None).unwrap()
}

fn operation(number: u64, key_names: &[&str], items: Items) -> Operation {
    let keys = key_names.iter().map(|&name| Key::named("ABCD1234", name).unwrap()).collect();
    Operation::new(TaskId::new(number.to_string()).unwrap(), keys, items).unwrap()
}

fn container(number: u64, count: usize, key_names: &[&str]) -> Operation {
    let image = |index| {
        Image::new(
            format!("sha256:{number:032x}{index:032x}"),
            format!("registry.example.com/ns/app:{number}.{index}"),
        )
        .unwrap()
    };
    operation(number, key_names, Items::Images((0..count).map(image).collect()))
}

fn clear(number: u64, count: usize) -> Operation {
    let texts = (0..count).map(|index| Text::new(text(number, index)).unwrap()).collect();
    operation(number, &["one"], Items::Texts { texts, repo: None })
}

fn text(number: u64, index: usize) -> String {
    format!("text {number}.{index}")
}

fn blob(number: u64, count: usize) -> Operation {
    let blobs = (0..count).map(|index| Blob::new(blob_content(number, index)).unwrap()).collect();
    operation(number, &["one"], Items::Blobs(blobs))
}

fn blob_content(number: u64, index: usize) -> String {
    format!("blob {number}.{index}")
}

/// Memory of this process, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
