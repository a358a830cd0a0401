//! Replies that a test writes itself: what counts as a signature, and what does not.

use amqp_sandbox::{Body, ReplyAct, Rule, When};
use serde_json::{Value, json};

use crate::harness::{Config, Ended, LONG, Protocol, images};

over_both!(
    line_breaks_and_capitals_do_no_harm,
    what_cannot_be_a_right_signature_is_not_believed,
    a_batch_s_values_are_those_that_are_named,
    of_several_keys_one_without_a_name_is_ambiguous,
    errors_beside_signed_claims_do_not_take_them_away,
);

const BATCH: &str = " --signer-type batch --signing-key-name k";

/// Runs the program; once all requests have come, each of these replies is sent: the index of the request, and what its
/// `msg` has besides the id.
fn answered(
    protocol: Protocol,
    configured: impl FnOnce(Config) -> Config,
    arguments: &str,
    requests: usize,
    replies: impl FnOnce(&[Value]) -> Vec<(usize, Value)>,
) -> Ended {
    let bench = protocol.misbehaving(vec![Rule::new(When::Any, ReplyAct::NoReply)]);
    let config = configured(bench.config().patience(20, 1, 1));
    let running = bench.program(&config, arguments).start();
    let record = bench.sandbox.wait_for(LONG, |record| record.requests.len() == requests).unwrap();
    let asked: Vec<_> = record.requests.iter().map(|request| request.json()).collect();
    for (index, mut message) in replies(&asked) {
        message["request_id"] = asked[index]["request_id"].clone();
        let body = Body::Text(json!({"msg": message}).to_string());
        bench.sandbox.publish("topic://VirtualTopic.sandbox.reply", body, &[]);
    }
    running.wait()
}

fn one(message: Value) -> impl FnOnce(&[Value]) -> Vec<(usize, Value)> {
    move |_| vec![(0, message)]
}

fn digest(index: usize) -> String {
    format!("sha256:{index:064x}")
}

/// The claim at a position of a batch's request, with this value.
fn claim(asked: &[Value], index: usize, value: &str) -> Value {
    json!({"claim_file": asked[0]["claims"][index]["claim_file"], "signed_claims": {"k": value}})
}

/// A signed value, and this besides.
fn with(field: &str, value: impl Into<Value>) -> Value {
    let mut message = json!({"signed_claim": "c2lnbmVk"});
    message[field] = value.into();
    message
}

fn line_breaks_and_capitals_do_no_harm(protocol: Protocol) {
    for message in [
        with("signing_status", "Success"),
        with("signing_status", "OK"),
        with("manifest_digest", digest(0)),
        with("repo", "ns/app"),
        json!({"signed_claim": "c2ln\r\nbmVk\r\n"}),
        json!({"signed_claim": "c2ln\nbmVk"}),
    ] {
        let shown = message.to_string();
        let ended =
            answered(protocol, |config| config, &(images(1) + " --raw"), 1, one(message)).expect(0);
        assert_eq!(ended.stdout, "c2lnbmVk\n", "{shown}");
    }
}

/// Single replies: what else they hold, the status, the printed line and what is reported.
fn what_cannot_be_a_right_signature_is_not_believed(protocol: Protocol) {
    let unusable = |message: Value, says: &'static str| (message, 65, "\n", says);
    let image = "the reply is unusable: it is for another image: ";
    for (message, status, line, says) in [
        unusable(json!({"signed_claim": "  "}), "\"signed_claim\" is empty"),
        unusable(json!({"signed_claim": "None"}), "\"signed_claim\" is empty"),
        unusable(json!({"signed_claim": "\n"}), "\"signed_claim\" is empty"),
        unusable(json!({"signed_claim": "see the log"}), "\"signed_claim\": it is not base64: "),
        unusable(
            with("manifest_digest", digest(1)),
            "it is for another image: manifest_digest is \"sha256:",
        ),
        (with("repo", "ns/other"), 65, "\n", image),
        (with("signing_status", "failed"), 1, "\n", "signing_status is failed"),
    ] {
        let shown = message.to_string();
        let ended = answered(protocol, |config| config, &(images(1) + " --raw"), 1, one(message));
        let ended = ended.expect(status);
        assert_eq!(ended.stdout, line, "{shown}");
        ended.says(says);
    }
}

/// A value of a batch counts for the claim and key that the reply names; the others are printed all the same.
fn a_batch_s_values_are_those_that_are_named(protocol: Protocol) {
    let both = |asked: &[Value], second: Value| {
        vec![(0, json!({"claims": [claim(asked, 0, "QQ=="), second]}))]
    };
    let with = |asked: &[Value], field: &str, value: Value| {
        let mut second = claim(asked, 1, "Qg==");
        second[field] = value;
        second
    };
    type Second = fn(&[Value], &dyn Fn(&[Value], &str, Value) -> Value) -> Value;
    let cases: &[(Second, i32, &str, &str)] = &[
        (|asked, _| claim(asked, 1, "Qg=="), 0, "QQ==\nQg==\n", ""),
        (|asked, with| with(asked, "repo", "ns/app".into()), 0, "QQ==\nQg==\n", ""),
        (|asked, _| claim(asked, 1, "<b>"), 65, "QQ==\n\n", "\"k\": it is not base64"),
        (
            |asked, with| with(asked, "manifest_digest", digest(7).into()),
            65,
            "QQ==\n\n",
            "it is for another image: manifest_digest is",
        ),
        (
            |asked, with| with(asked, "repo", "ns/other".into()),
            65,
            "QQ==\n\n",
            "it is for another image: repo is \"ns/other\", expected \"ns/app\"",
        ),
        // Another claim, though digest and repository fit.
        (
            |asked, with| {
                let mut other = with(asked, "manifest_digest", digest(1).into());
                other["repo"] = "ns/app".into();
                other["claim_file"] = "e30=".into();
                other
            },
            65,
            "QQ==\n\n",
            "it has a signature for a claim_file that was not sent",
        ),
        (
            |asked, with| with(asked, "signed_claims", json!({"": "Qg=="})),
            65,
            "QQ==\n\n",
            "it has a signature by the key \"\"",
        ),
    ];
    for (second, status, lines, says) in cases {
        let arguments = images(2) + BATCH + " --raw";
        let ended = answered(
            protocol,
            |config| config,
            &arguments,
            1,
            |asked| both(asked, second(asked, &with)),
        );
        let ended = ended.expect(*status);
        assert_eq!(ended.stdout, *lines, "{says}");
        ended.says(says);
    }
}

/// Without a name the key is that of the only signature; of several it could be any.
fn of_several_keys_one_without_a_name_is_ambiguous(protocol: Protocol) {
    for (signed, status, line) in
        [(json!({"any": "QQ=="}), 0, "QQ==\n"), (json!({"any": "QQ==", "other": "Qg=="}), 65, "\n")]
    {
        let arguments = images(1) + " --signer-type batch --raw";
        let ended = answered(
            protocol,
            |config| config,
            &arguments,
            1,
            |asked| {
                let file = &asked[0]["claims"][0]["claim_file"];
                vec![(0, json!({"claims": [{"claim_file": file, "signed_claims": signed}]}))]
            },
        );
        assert_eq!(ended.expect(status).stdout, line);
    }
}

/// Errors of the whole reply: it is a refusal, and what is signed is printed.
fn errors_beside_signed_claims_do_not_take_them_away(protocol: Protocol) {
    let arguments = images(2) + BATCH + " --raw";
    let ended = answered(
        protocol,
        |config| config,
        &arguments,
        1,
        |asked| {
            vec![(0, json!({"errors": ["one of two failed"], "claims": [claim(asked, 1, "Qg==")]}))]
        },
    );
    let ended = ended.expect(1);
    assert_eq!(ended.stdout, "\nQg==\n");
    ended.says("refused by the signing server: one of two failed");
}
