//! The client: the same signers, run after run, until it is ended.

use std::{env, fs, io::Write, path::Path};

use amqp_messenger::{
    Operation, Settings, Signer, SignerType, Status,
    signing::{BlobSign, ClearSign, ContainerSign, Entry, Keys, State, Text, Verdict},
};
use amqp_sandbox::Verifier;
use serde_json::{Value, json};

use crate::chaos::Random;

/// Windows and cycles. With a single cycle nothing that was accepted may ever be sent again.
const PLANS: [(u32, u32); 2] = [(2, 3), (3, 1)];

pub(crate) fn run(seed: u64) {
    let mut random = Random::new(seed ^ 0x5eed);
    let key = fs::read_to_string(env::var("SOAK_KEY").unwrap()).unwrap();
    let verifier = Verifier::from_armoured(&key).unwrap();
    let signer = |kind, plan| Signer::new(settings(kind, plan), None).unwrap();
    let signers =
        PLANS.map(|plan| [SignerType::Single, SignerType::Batch].map(|kind| signer(kind, plan)));
    for number in 0_u64.. {
        let most = if random.below(10) == 0 { 600 } else { 80 };
        let count = 1 + random.below(most) as usize;
        let plan = random.below(2) as usize;
        let [single, batch] = &signers[plan];
        let (signer, operation) = match random.below(4) {
            0 => (batch, container(number, count, &["one", "two"])),
            1 => (single, clear(number, count)),
            2 => (single, blob(number, count)),
            _ => (single, container(number, count, &["one"])),
        };
        let mut run = signer.prepare(&operation).unwrap();
        let ended = signer.sign(&mut run);
        let mut checks =
            Checks { verifier: &verifier, operation: &operation, place: 0, verified: 0 };
        let states: Vec<_> = run
            .entries()
            .iter()
            .map(|entry| json!([entry.request().id, checks.state(entry)]))
            .collect();
        let all_signed = states.iter().all(|state| state[1] == "Signed");
        let status = Status::of_run(&ended, run.entries());
        assert_eq!(status == Status::Signed, all_signed, "{status:?}, {ended:?}");
        let (queue, verified) = (run.listen_to().to_owned(), checks.verified);
        drop(run);
        let line = json!({
            "requests": states.len(),
            "cycles": PLANS[plan].1,
            "queue": queue,
            "verified": verified,
            "states": states,
            "error": ended.err().map(|error| error.to_string()),
            "rss": resident(),
            "descriptors": fs::read_dir("/proc/self/fd").unwrap().count(),
        });
        if writeln!(std::io::stdout(), "{line}").is_err() {
            // Nobody wants to know more.
            return;
        }
    }
}

/// Looks at one request after the other.
struct Checks<'a> {
    verifier: &'a Verifier,
    operation: &'a Operation,
    /// Of the next request's first value, among all that were asked for.
    place: usize,
    verified: usize,
}

impl Checks<'_> {
    /// A word for a request's state; each value that came is the signature of what was asked for at its place.
    fn state(&mut self, entry: &Entry) -> String {
        let first = self.place;
        self.place += entry.request().value_count();
        let reply = match entry.state() {
            State::Answered(reply) => reply,
            State::Undeliverable(_) => return "Undeliverable".to_owned(),
            other => return format!("{other:?}").split('(').next().unwrap().to_owned(),
        };
        assert!(reply.document.contains(&entry.request().id), "somebody else's reply");
        let values = entry.signed_values();
        assert_eq!(values.len(), entry.request().value_count());
        for (value, place) in values.iter().zip(first..).filter(|(value, _)| !value.is_empty()) {
            let item = place / self.operation.keys().ids.len();
            assert!(
                self.is_signature(value, item),
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
        match self.operation {
            Operation::Container(all) => self
                .verifier
                .content(value)
                .is_some_and(|claim| is_claim(&claim, &all.digests[item], &all.references[item])),
            Operation::Clear(all) => {
                self.verifier.content(value).as_ref() == Some(&all.inputs[item].bytes)
            }
            Operation::Blob(all) => self.verifier.is_detached_signature(value, &all.blobs[item]),
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
         topic_listen_to: queue://Consumer.{{creator}}.{{task_id}}.VirtualTopic.sandbox.reply\n  \
         environment: e\n  service: soak\n  timeout: 1\n  retries: {windows}\n  send_retries: {cycles}\n  \
         message_id_key: request_id\n  log_level: warning\n  idle_timeout: 2\n  connect_timeout: 1\n",
        variable("SOAK_BROKERS"),
        variable("SOAK_CA"),
        variable("SOAK_CLIENT")
    );
    let text = format!("msg_signer:\n  {keys}\nmsg_batch_signer:\n  {keys}  chunk_size: 3\n");
    Settings::parse(&text, Path::new("soak.yaml"), kind, &|_| None).unwrap()
}

fn keys(names: &[&str]) -> Keys {
    Keys {
        ids: vec!["ABCD1234".to_owned(); names.len()],
        names: names.iter().map(|&name| name.to_owned()).collect(),
    }
}

fn container(number: u64, count: usize, key_names: &[&str]) -> Operation {
    Operation::Container(ContainerSign {
        digests: (0..count).map(|index| format!("sha256:{number:032x}{index:032x}")).collect(),
        references: (0..count)
            .map(|index| format!("registry.example.com/ns/app:{number}.{index}"))
            .collect(),
        keys: keys(key_names),
        task_id: number.to_string(),
        requester: None,
    })
}

fn clear(number: u64, count: usize) -> Operation {
    let input = |index| {
        let text = format!("text {number}.{index}");
        Text { bytes: text.clone().into_bytes(), shown: text }
    };
    let inputs = (0..count).map(input).collect();
    Operation::Clear(ClearSign {
        inputs,
        keys: keys(&["one"]),
        task_id: number.to_string(),
        repo: None,
        requester: None,
    })
}

fn blob(number: u64, count: usize) -> Operation {
    let blobs = (0..count).map(|index| format!("blob {number}.{index}").into_bytes()).collect();
    Operation::Blob(BlobSign {
        blobs,
        keys: keys(&["one"]),
        task_id: number.to_string(),
        requester: None,
    })
}

/// Memory of this process, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
