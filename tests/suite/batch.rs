//! Batches: the order of their values, and which image each of them is for.

use amqp_sandbox::Verifier;
use serde_json::Value;

use crate::harness::{Bench, Protocol};

over_both!(the_values_of_a_batch_are_in_the_order_of_the_input,);

/// The operands for images that are given by repository and tag, each with its own digest.
fn batch(images: &[&str]) -> String {
    let mut arguments = "container-sign --signing-key K --task-id 7 --signer-type batch".to_owned();
    for name in images {
        arguments += &format!(" --digest {} --reference r.example.com/{name}", digest(name));
    }
    arguments
}

fn digest(name: &str) -> String {
    format!("sha256:{:064x}", name.bytes().fold(7_u64, |sum, byte| sum * 31 + u64::from(byte)))
}

/// What each line of `--raw` is a signature of: repository and tag; the digest is that of the name.
fn signed(bench: &Bench, stdout: &str) -> Vec<String> {
    let key = std::fs::read_to_string(bench.sandbox.public_key_file()).unwrap();
    let verifier = Verifier::from_armoured(&key).unwrap();
    let name = |line: &str| {
        let claim: Value = serde_json::from_slice(&verifier.content(line).unwrap()).unwrap();
        let reference = claim["critical"]["identity"]["docker-reference"].as_str().unwrap();
        let name = reference.strip_prefix("r.example.com/").unwrap().to_owned();
        assert_eq!(claim["critical"]["image"]["docker-manifest-digest"], digest(&name));
        name
    };
    stdout.lines().map(name).collect()
}

/// Requests are grouped by repository and cut by size, as pubtools-sign does it; the values are not.
fn the_values_of_a_batch_are_in_the_order_of_the_input(protocol: Protocol) {
    for (size, images) in [
        (200, &["ns/b:1", "ns/a:1", "ns/b:2", "ns/a:2"][..]),
        (1, &["ns/b:1", "ns/a:1", "ns/b:2", "ns/a:2"]),
        (2, &["a:1", "b:1", "c:1", "c:2", "b:2", "a:2", "c:3", "a:3", "b:3"]),
        // Equal images are asked for once, and each has its value.
        (2, &["a:1", "b:1", "a:1", "a:2", "b:1", "a:1", "a:3"]),
    ] {
        let bench = protocol.bench();
        let config = bench.config().set("chunk_size", &size.to_string());
        let ended = bench.run(&config, &(batch(images) + " --raw")).expect(0);
        assert_eq!(signed(&bench, &ended.stdout), images, "{size}");
        let keys = " --signing-key-name a --signing-key L --signing-key-name b --raw";
        let ended = bench.run(&config, &(batch(images) + keys)).expect(0);
        let twice: Vec<_> = images.iter().flat_map(|image| [*image; 2]).collect();
        assert_eq!(signed(&bench, &ended.stdout), twice, "{size}");
        for request in bench.record().requests {
            let claims = request.json()["claims"].as_array().unwrap().clone();
            assert!(claims.len() <= size && claims.iter().all(|c| c["repo"] == claims[0]["repo"]));
            let mut texts: Vec<_> = claims.iter().map(|c| c["claim_file"].to_string()).collect();
            texts.sort_unstable();
            texts.dedup();
            assert_eq!(texts.len(), claims.len(), "a claim is asked for twice");
        }
    }
}
