//! The client: one signer, run after run, until it is ended.

use std::{env, fs, io::Write, path::Path};

use amqp_messenger::{
    Operation, Settings, Signer, SignerType, Status,
    signing::{BlobSign, ClearSign, ContainerSign, Entry, Keys, State, Text, Verdict},
};
use serde_json::json;

use crate::chaos::Random;

pub(crate) fn run(seed: u64) {
    let mut random = Random::new(seed ^ 0x5eed);
    let signers = [SignerType::Single, SignerType::Batch].map(|kind| Signer::new(settings(kind), None).unwrap());
    for number in 0_u64.. {
        let most = if random.below(10) == 0 { 600 } else { 80 };
        let count = 1 + random.below(most) as usize;
        let (signer, operation) = match random.below(4) {
            0 => (&signers[1], container(number, count)),
            1 => (&signers[0], clear(number, count)),
            2 => (&signers[0], blob(number, count)),
            _ => (&signers[0], container(number, count)),
        };
        let mut run = signer.prepare(&operation).unwrap();
        let ended = signer.sign(&mut run);
        let states: Vec<_> =
            run.entries().iter().map(|entry| json!([entry.request().id, state(entry, number)])).collect();
        let all_signed = states.iter().all(|state| state[1] == "Signed");
        let status = Status::of_run(&ended, run.entries());
        assert_eq!(status == Status::Signed, all_signed, "{status:?}, {ended:?}");
        drop(run);
        let line = json!({
            "requests": states.len(),
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

/// A word for it; what is signed is what was asked for.
fn state(entry: &Entry, number: u64) -> String {
    let reply = match entry.state() {
        State::Answered(reply) => reply,
        State::Undeliverable(_) => return "Undeliverable".to_owned(),
        other => return format!("{other:?}").split('(').next().unwrap().to_owned(),
    };
    assert!(reply.document.contains(&entry.request().id), "somebody else's reply");
    if reply.verdict != Verdict::Signed {
        return "Refused".to_owned();
    }
    let values = entry.signed_values();
    assert!(!values.is_empty() && values.iter().all(|value| !value.is_empty()));
    if entry.request().body.contains("\"clearsign_signature\"") {
        let text = openssl::base64::decode_block(&values[0]).unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(text.contains(&format!("text {number}.")), "another text: {text}");
    }
    "Signed".to_owned()
}

fn settings(kind: SignerType) -> Settings {
    let variable = |name: &str| env::var(name).unwrap();
    let keys = format!(
        "messaging_brokers: {}\n  messaging_ca_cert: '{}'\n  messaging_cert_key: '{}'\n  \
         topic_send_to: topic://VirtualTopic.sandbox.sign\n  \
         topic_listen_to: queue://Consumer.{{creator}}.{{task_id}}.VirtualTopic.sandbox.reply\n  \
         environment: e\n  service: soak\n  timeout: 1\n  retries: 2\n  send_retries: 3\n  \
         message_id_key: request_id\n  log_level: warning\n  idle_timeout: 5\n",
        variable("SOAK_BROKERS"),
        variable("SOAK_CA"),
        variable("SOAK_CLIENT")
    );
    let text = format!("msg_signer:\n  {keys}\nmsg_batch_signer:\n  {keys}  chunk_size: 3\n");
    Settings::parse(&text, Path::new("soak.yaml"), kind, &|_| None).unwrap()
}

fn keys() -> Keys {
    Keys { ids: vec!["ABCD1234".to_owned()], names: vec![] }
}

fn container(number: u64, count: usize) -> Operation {
    Operation::Container(ContainerSign {
        digests: (0..count).map(|index| format!("sha256:{number:032x}{index:032x}")).collect(),
        references: (0..count).map(|index| format!("registry.example.com/ns/app:{number}.{index}")).collect(),
        keys: keys(),
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
    Operation::Clear(ClearSign { inputs, keys: keys(), task_id: number.to_string(), repo: None, requester: None })
}

fn blob(number: u64, count: usize) -> Operation {
    let blobs = (0..count).map(|index| format!("blob {number}.{index}").into_bytes()).collect();
    Operation::Blob(BlobSign { blobs, keys: keys(), task_id: number.to_string(), requester: None })
}

/// Memory of this process, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
