//! The process is killed, again and again.

use std::{collections::HashMap, fs, path::Path, time::Duration};

use amqp_sandbox::{ReplyAct, Verifier, When};

use super::{events, of, program, state};
use crate::harness::{Protocol, images, rule, signal};

over_both!(killed_again_and_again_a_run_loses_nothing,);

const COUNT: usize = 60;

/// How many replies a state file has, which may be in the middle of a line.
fn replies_in(state: &Path) -> usize {
    let text = fs::read_to_string(state).unwrap_or_default();
    text.matches(r#""event":"reply""#).count()
}

/// Each time after some more replies: what was accepted from the broker is never asked for again.
fn killed_again_and_again_a_run_loses_nothing(protocol: Protocol) {
    for (arguments, requests) in [
        (images(COUNT), COUNT),
        (images(COUNT) + " --signer-type batch --signing-key-name k", COUNT / 4),
    ] {
        // One after the other.
        let delayed = |number: u64| {
            let delay = Duration::from_millis(number % requests as u64 * (1500 / requests as u64));
            rule(When::Request(number), ReplyAct::Delay(delay))
        };
        let bench = protocol.misbehaving((1..1000).map(delayed).collect());
        let config = bench.config().set("chunk_size", "4").patience(4, 1, 3);
        let path = state(&bench);
        let mut kills = 0;
        let ended = loop {
            let connections = bench.record().connections.len();
            let running = program(&bench, &config, &arguments, &path).start();
            let before = bench.record().accepted().count();
            let kept = replies_in(&path);
            // Nothing is received while the program ends by itself. What is in the file may have to be accepted yet.
            let enough = |record: &amqp_sandbox::Record| {
                record.accepted().count() > before + kills % 5
                    || replies_in(&path) >= requests
                    || record.connections.len() > connections && record.is_over()
            };
            let waited = bench.sandbox.wait_for(Duration::from_secs(20), enough);
            assert!(waited.is_ok(), "no more replies after {before}");
            if kept + 5 < requests {
                signal("KILL", running.id());
            }
            kills += 1;
            let ended = running.wait();
            if ended.status != 137 {
                break ended.expect(0);
            }
        };
        // How often depends on how fast this machine is.
        assert!(kills > 1, "{kills}");
        let key = fs::read_to_string(bench.sandbox.public_key_file()).unwrap();
        let verifier = Verifier::from_armoured(&key).unwrap();
        assert_eq!(ended.messages().len(), requests);
        for message in ended.messages() {
            let value = message["signed_claim"].as_str();
            let claims = message["claims"].as_array().into_iter().flatten();
            let values = value.into_iter().chain(
                claims.map(|claim| claim["signed_claims"]["k"].as_str().unwrap_or_default()),
            );
            let mut count = 0;
            for value in values {
                assert!(verifier.content(value).is_some(), "{message}");
                count += 1;
            }
            assert_eq!(count, COUNT / requests);
        }

        let record = bench.record();
        let mut accepted = HashMap::new();
        for delivery in record.accepted() {
            let id = delivery.request_id.clone().unwrap();
            let ended = delivery.ended.unwrap();
            let first = accepted.entry(id).or_insert(ended);
            *first = ended.min(*first);
        }
        for request in &record.requests {
            let id = request.request_id.as_ref().unwrap();
            let first = accepted.get(id);
            assert!(
                first.is_none_or(|first| request.received < *first),
                "{id} was answered, and is asked for again"
            );
        }
        let replies = of(&events(&path), "reply", "request");
        assert_eq!(replies.len(), requests, "each reply is there once");
    }
}
