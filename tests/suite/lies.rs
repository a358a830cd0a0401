//! Every lie of the sandbox, by every operation: nothing that is not a good signature of what was asked for is believed, and
//! everything that is one is, however odd it looks.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use amqp_sandbox::{
    Act, Body, Form, KeyKind, ReplyAct, Rule, Twist, When, record::DeliveryOutcome,
};
use serde_json::{Value, json};

use crate::harness::{Bench, Config, Ended, LONG, Protocol, rule, took_between};

over_both!(
    no_lie_is_believed_and_every_good_value_is,
    the_kind_of_the_key_decides,
    forgeries_without_an_end_do_not_keep_a_run_alive,
);

fn verifying(bench: &Bench) -> Config {
    let keys = bench.sandbox.public_key_file();
    bench.config().set("verify_keys", &keys.display().to_string()).set("verify", "require")
}

/// What a value of this form can be like.
fn twists(form: Form) -> impl Iterator<Item = Twist> {
    let all = Twist::all().iter().copied();
    all.filter(move |twist| twist.forms.contains(&form))
}

/// Operations, with their items by number, and the form of their values.
const OPERATIONS: [(&str, Form); 4] = [
    ("container-sign", Form::Message),
    ("container-sign --signer-type batch", Form::Message),
    ("clear-sign", Form::Cleartext),
    ("blob-sign", Form::Detached),
];

/// The arguments of an operation with that many items.
fn arguments(bench: &Bench, command: &str, count: usize, keys: &str) -> String {
    let item = |number: usize| match command {
        "clear-sign" => format!(" text-{number}"),
        "blob-sign" => {
            let file = bench.file(&format!("file-{number}"), format!("file {number}"));
            format!(" --blob-file {}", file.display())
        }
        _ => format!(
            " --digest sha256:{number:064x} --reference registry.example.com/ns/app:{number}"
        ),
    };
    let task = command.replace(' ', "");
    format!("{command} {keys} --task-id {task}") + &(0..count).map(item).collect::<String>()
}

/// A line of JSON for each item, in the order of the input.
fn lines(ended: &Ended) -> Vec<Value> {
    let mut lines: Vec<Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.sort_by_key(|line| line["index"].as_u64());
    lines
}

/// Every operation by itself, beside the others: they wait most of the time.
fn each(check: impl Fn(&str, Form) + Sync) {
    thread::scope(|scope| {
        for (command, form) in OPERATIONS {
            let check = &check;
            scope.spawn(move || check(command, form));
        }
    });
}

fn no_lie_is_believed_and_every_good_value_is(protocol: Protocol) {
    each(|command, form| {
        let twists: Vec<_> = twists(form).collect();
        let bench = protocol.bench();
        let number = |index: usize| index as u64 + 1;
        let rules: Vec<Rule> = match command.contains("batch") {
            // All in one request.
            true => (twists.iter().enumerate())
                .flat_map(|(index, twist)| {
                    [ReplyAct::Values(*twist), ReplyAct::OnlyValue(index + 1)]
                        .map(|act| rule(When::Any, act))
                })
                .collect(),
            false => (twists.iter().enumerate())
                .map(|(index, twist)| rule(When::Request(number(index)), ReplyAct::Values(*twist)))
                .collect(),
        };
        bench.sandbox.set_behaviours(rules);
        let key = format!("--signing-key {}", bench.sandbox.fingerprint("sandbox"));
        let arguments =
            arguments(&bench, command, twists.len(), &key) + " --format ndjson --no-resend";
        let ended = bench.run(&verifying(&bench).patience(3, 1, 1), &arguments).expect(65);
        let lines = lines(&ended);
        assert_eq!(lines.len(), twists.len(), "{command}");
        for (twist, line) in twists.iter().zip(&lines) {
            let expected = match (twist.is_good, twist.name) {
                (true, _) => "signed",
                // That is no value at all.
                (false, "nothing") if line["status"] == "unusable" => "unusable",
                (false, "nothing") if line["status"] == "unanswered" => "unanswered",
                (false, _) => "unverified",
            };
            assert_eq!(line["status"], expected, "{command}, {twist:?}: {line}");
            assert_eq!(line["signature"].is_string(), twist.is_good, "{command}, {twist:?}");
        }
    });
}

/// Before a run it is known that nothing by such a key will count.
#[test]
fn check_and_run_warn_of_a_key_that_cannot_sign() {
    let kinds: Vec<_> = KeyKind::all().collect();
    let bench = Bench::with(|options| {
        options.more_keys = kinds.iter().map(|kind| (kind.to_string(), *kind)).collect();
    });
    for kind in kinds {
        let key = format!("--signing-key {}", bench.sandbox.fingerprint(&kind.to_string()));
        let check = bench.run(&verifying(&bench), &format!("check {key}")).expect(0);
        let run = arguments(&bench, "container-sign", 1, &key) + " --dry-run";
        let run = bench.run(&verifying(&bench), &run).expect(0);
        for text in [&check.stdout, &run.stderr] {
            assert_eq!(text.contains("nothing signed now by"), !signs(kind), "{kind}: {text}");
        }
        assert_eq!(check.stdout.contains("warning  verification"), !signs(kind), "{kind}");
    }
}

fn signs(kind: KeyKind) -> bool {
    match kind {
        KeyKind::Rsa(bits) => bits >= 2048,
        kind => matches!(kind, KeyKind::Ed25519 | KeyKind::P256 | KeyKind::Subkey),
    }
}

/// Keys that must not sign, and others that are only unusual, alone and in a batch with each other.
fn the_kind_of_the_key_decides(protocol: Protocol) {
    let good = signs;
    let kinds: Vec<_> = KeyKind::all().collect();
    let bench = protocol.bench_with(|options| {
        options.more_keys = kinds.iter().map(|kind| (kind.to_string(), *kind)).collect();
    });
    let names: Vec<_> = kinds.iter().map(|kind| kind.to_string()).collect();
    let keys = |name: &String| {
        format!(" --signing-key {} --signing-key-name {name}", bench.sandbox.fingerprint(name))
    };
    let keys: String = names.iter().map(keys).collect();
    for (command, form) in OPERATIONS {
        // Texts have no names of keys.
        let keys = match form {
            Form::Cleartext => (names.iter())
                .map(|name| format!(" --signing-key {}", bench.sandbox.fingerprint(name)))
                .collect(),
            _ => keys.clone(),
        };
        let arguments = arguments(&bench, command, 1, keys.trim()) + " --format ndjson --no-resend";
        let ended = bench.run(&verifying(&bench).patience(3, 1, 1), &arguments).expect(65);
        let lines = lines(&ended);
        for (name, kind) in names.iter().zip(&kinds) {
            let fingerprint = bench.sandbox.fingerprint(name);
            let line = lines.iter().find(|line| line["signing_key"] == fingerprint).unwrap();
            let expected = if good(*kind) { "signed" } else { "unverified" };
            assert_eq!(line["status"], expected, "{command}, {kind}: {line}");
        }
    }
}

/// Anyone who can write to the reply address could otherwise keep a run alive.
fn forgeries_without_an_end_do_not_keep_a_run_alive(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![rule(When::Any, ReplyAct::Values(lie("wrong-key")))]);
    let key = format!("--signing-key {}", bench.sandbox.fingerprint("sandbox"));
    let arguments = arguments(&bench, "container-sign", 1, &key);
    let running =
        bench.program(&verifying(&bench).patience(2, 1, 1), &(arguments + " --no-resend")).start();
    let record = bench.sandbox.wait_for(LONG, |record| !record.requests.is_empty()).unwrap();
    let id = record.requests[0].request_id.clone().unwrap();
    let over = AtomicBool::new(false);
    let ended = thread::scope(|scope| {
        let forger = scope.spawn(|| {
            let settled = |count: usize| {
                bench.sandbox.wait_for(LONG, |record| {
                    let settled = record.deliveries.iter().filter(|it| it.outcome.is_some());
                    settled.count() >= count || record.is_over()
                })
            };
            // The next one comes as soon as the one before is refused.
            for count in 1.. {
                let record = settled(count).unwrap();
                if record.is_over() || over.load(Ordering::SeqCst) {
                    return count;
                }
                let reply = json!({"msg": {"request_id": id, "signed_claim": "Zm9yZ2Vk"}});
                let reply = Body::Text(reply.to_string());
                bench.sandbox.publish("topic://VirtualTopic.sandbox.reply", reply, &[]);
            }
            0
        });
        let ended = running.wait();
        over.store(true, Ordering::SeqCst);
        assert!(forger.join().unwrap() > 2, "there were several");
        ended
    });
    took_between(&ended.expect(65), 2.0, 15.0);
}

/// By every operation, the right reply counts after any forgery, and no window's silence is waited for.
#[test]
fn after_any_forgery_the_right_reply_counts() {
    for (command, form) in OPERATIONS {
        let bench = Bench::new();
        let key = format!("--signing-key {}", bench.sandbox.fingerprint("sandbox"));
        let bad: Vec<_> = twists(form).filter(|twist| !twist.is_good).collect();
        let rules = bad.iter().enumerate().map(|(index, twist)| {
            rule(When::Request(index as u64 + 1), ReplyAct::ForgedFirst(*twist))
        });
        bench.sandbox.set_behaviours(rules.collect());
        let arguments = arguments(&bench, command, bad.len(), &key);
        // A batch for each item, so that each has its own forgery.
        let config = verifying(&bench).patience(60, 1, 1).set("chunk_size", "1");
        let ended = bench.run(&config, &arguments).expect(0);
        took_between(&ended, 0.0, 40.0);
        let record = bench.sandbox.wait_for(LONG, |record| record.is_over()).unwrap();
        assert_eq!(record.accepted().count(), bad.len(), "{command}");
        let is_rejected = |outcome: &Option<DeliveryOutcome>| {
            matches!(outcome, Some(DeliveryOutcome::Rejected { .. }))
        };
        let rejected = record.deliveries.iter().filter(|it| is_rejected(&it.outcome));
        assert_eq!(rejected.count(), bad.len(), "{command}");
    }
}

/// Files, and a state file: only what is verified is in them, and a later run asks only for the rest.
#[test]
fn what_is_kept_is_verified() {
    let bench = Bench::new();
    let key = format!("--signing-key {}", bench.sandbox.fingerprint("sandbox"));
    let [folder, state] = ["out", "state"].map(|name| bench.folder().join(name));
    let arguments = arguments(&bench, "container-sign", 3, &key)
        + &format!(" --output-dir {} --state {}", folder.display(), state.display());
    let act = Act::from(ReplyAct::Values(lie("crossed")));
    bench.sandbox.set_behaviours(vec![Rule::new(When::Request(2), act)]);
    bench.run(&verifying(&bench).patience(2, 1, 1), &arguments).expect(65);
    let file = |number: usize| {
        folder.join(format!("ns/app@sha256={number:064x}")).join("signature-1").exists()
    };
    assert_eq!([0, 1, 2].map(file), [true, false, true]);
    assert_eq!(fs::read_to_string(&state).unwrap().matches("\"event\":\"reply\"").count(), 2);
    let before = bench.record().requests.len();
    bench.run(&verifying(&bench), &arguments).expect(0);
    assert_eq!(bench.record().requests.len() - before, 1);
    assert_eq!([0, 1, 2].map(file), [true; 3]);
}

fn lie(name: &str) -> Twist {
    name.parse().unwrap()
}
