//! Three items by each operation, as JSON and raw; the results must be their signatures.

use std::fs;

use amqp_sandbox::Verifier;
use serde_json::Value;

use crate::harness::{Bench, Config, Ended, Program, images};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Images,
    Texts,
    Files,
    /// Images, one in each request.
    Batches,
}

/// One way to sign three items.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    pub kind: Kind,
    pub raw: bool,
}

/// The content of texts and files.
const CONTENTS: [&str; 3] = ["one", "two", "three"];

/// Every operation, as JSON and raw.
pub fn operations() -> impl Iterator<Item = Operation> {
    [Kind::Images, Kind::Texts, Kind::Files, Kind::Batches]
        .into_iter()
        .flat_map(|kind| [false, true].map(|raw| Operation { kind, raw }))
}

impl Operation {
    /// Runs the program with three items, each in a separate request.
    #[track_caller]
    pub fn run(self, bench: &Bench, config: &Config) -> Ended {
        self.program(bench, config).run()
    }

    /// The same program, before it is run.
    pub fn program(self, bench: &Bench, config: &Config) -> Program {
        let keys = "--signing-key ABCD1234 --task-id 7";
        let mut arguments = match self.kind {
            Kind::Images => images(3),
            Kind::Batches => images(3) + " --signer-type batch --signing-key-name release",
            Kind::Texts => format!("clear-sign {keys} {}", CONTENTS.join(" ")),
            Kind::Files => {
                let file = |content: &str| {
                    format!(" --blob-file {}", bench.file(content, content).display())
                };
                format!("blob-sign {keys}") + &CONTENTS.map(file).concat()
            }
        };
        if self.raw {
            arguments += " --raw";
        }
        bench.program(&config.clone().set("chunk_size", "1"), &arguments)
    }

    /// Which of the three results are there, each in its place; fails the test if one is not the signature of its item.
    #[track_caller]
    pub fn signed(self, bench: &Bench, ended: &Ended) -> [bool; 3] {
        let values: Vec<String> = match self.raw {
            true => ended.stdout.lines().map(str::to_owned).collect(),
            false => {
                let document = ended.document();
                let results = document["operation_results"].as_array().unwrap();
                results.iter().map(|result| self.value(result)).collect()
            }
        };
        let verifier =
            Verifier::from_armoured(&fs::read_to_string(bench.sandbox.public_key_file()).unwrap())
                .unwrap();
        let present = values.iter().enumerate().map(|(index, value)| {
            let right = value.is_empty() || self.is_signature(&verifier, value, index);
            assert!(
                right,
                "{self:?}: the value at {index} signs something else:\n{}",
                ended.stdout
            );
            !value.is_empty()
        });
        let present: Vec<bool> = present.collect();
        present.try_into().unwrap_or_else(|present| {
            panic!("{self:?}: {present:?} for three items:\n{}", ended.stdout)
        })
    }

    /// The signed value of one result of the document; "" for a missing one.
    pub fn value(self, result: &Value) -> String {
        let message = &result[0]["msg"];
        let value = match self.kind {
            Kind::Images => &message["signed_claim"],
            Kind::Texts => &message["signed_data"],
            Kind::Files => &message["signed_payload"],
            Kind::Batches => &message["claims"][0]["signed_claims"]["release"],
        };
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Whether a value is the signature of the item at an index.
    pub fn is_signature(self, verifier: &Verifier, value: &str, index: usize) -> bool {
        match self.kind {
            Kind::Images | Kind::Batches => {
                verifier.content(value).is_some_and(|claim| is_claim(&claim, index))
            }
            Kind::Texts => verifier.content(value).as_deref() == Some(CONTENTS[index].as_bytes()),
            Kind::Files => verifier.is_detached_signature(value, CONTENTS[index].as_bytes()),
        }
    }
}

/// Whether this is the claim about the image that `images` has at `index`.
fn is_claim(claim: &[u8], index: usize) -> bool {
    let Ok(claim) = serde_json::from_slice::<Value>(claim) else { return false };
    let critical = &claim["critical"];
    critical["image"]["docker-manifest-digest"] == format!("sha256:{index:064x}")
        && critical["identity"]["docker-reference"]
            == format!("registry.example.com/ns/app:{index}")
}
