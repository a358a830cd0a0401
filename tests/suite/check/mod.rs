//! `check`: what a run would meet, found without a message.

mod addresses;
mod failures;
mod files;
mod mqtt;

use amqp_sandbox::{Body, LinkAct, When, record::Direction};
use serde_json::{Value, json};

use crate::harness::{Bench, Config, images, rule};

const CHECK: &str = "check --task-id 7";

/// The document of a check that ends with this status, which is also the document's.
#[track_caller]
fn document(bench: &Bench, config: &Config, arguments: &str, status: i32) -> Value {
    let ended = bench.run(config, &format!("{arguments} --json")).expect(status);
    let document = ended.document();
    assert_eq!(document["status"], status, "{document:#}");
    document
}

/// The steps of a part of the document, each with its state, such as `tcp ok`.
fn steps(of: &Value) -> Vec<String> {
    let words = |step: &Value| {
        format!("{} {}", step["step"].as_str().unwrap(), step["state"].as_str().unwrap())
    };
    of.as_array().unwrap().iter().map(words).collect()
}

/// What a step of the first broker found.
fn found<'a>(document: &'a Value, name: &str) -> &'a Value {
    let steps = document["brokers"][0]["steps"].as_array().unwrap();
    &steps.iter().find(|step| step["step"] == name).unwrap()["found"]
}

fn to(config: Config, urls: &[&str]) -> Config {
    let urls: Vec<_> = urls.iter().map(|url| format!("\"{url}\"")).collect();
    config.set("messaging_brokers", &format!("[{}]", urls.join(", ")))
}

const WHOLE: [&str; 7] =
    ["resolve ok", "tcp ok", "tls ok", "sasl ok", "open ok", "receiver ok", "sender ok"];

#[test]
fn a_line_a_step_and_what_to_do_first_at_the_end() {
    let bench = Bench::new();
    let ended = bench.run(&bench.config(), CHECK).expect(0);
    let url = bench.sandbox.amqps_url();
    let lines: Vec<_> = ended.stdout.lines().collect();
    let expected = [
        "ok       configuration",
        "ok       certificate",
        "ok       authorities",
        &url,
        "ok       resolve",
        "ok       tcp",
        "ok       tls",
        "ok       sasl",
        "ok       open",
        "ok       receiver",
        "ok       sender",
        &format!("nothing to do: a run would connect to {url}"),
    ];
    assert_eq!(lines.len(), expected.len(), "{}", ended.stdout);
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
    for (line, text) in [
        (1, "O=Sandbox, CN=sandbox-client, UID=sandbox"),
        (
            1,
            "issued by CN=amqp-sandbox CA; the key belongs to it; requests carry \"sandbox-client\"",
        ),
        (6, "TLSv1.3, TLS_AES_256_GCM_SHA384; CN=localhost, until "),
        (6, " days left, for localhost, 127.0.0.1, ::1; verified by CN=amqp-sandbox CA"),
        (8, "container \"amqp-sandbox\""),
        (9, "queue://Consumer.sandbox-client-7.VirtualTopic.sandbox.reply"),
        (9, "no credit is granted, so that no reply is taken"),
        (10, "credit 100"),
    ] {
        assert!(lines[line].contains(text), "{text:?} is not in {}", lines[line]);
    }
    // Every step has its time, and the log is elsewhere.
    assert!(lines.iter().filter(|line| line.starts_with("ok ")).all(|line| line.contains(" s  ")));
    assert!(ended.stderr.contains(" INFO ") && ended.reported().is_empty(), "{}", ended.stderr);
}

/// Scripts rely on these names, and on their order.
#[test]
fn the_document_has_stable_names() {
    let bench = Bench::with(|options| options.max_message_size = Some(1_000_000));
    let document = document(&bench, &bench.config(), CHECK, 0);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&document), ["status", "error", "advice", "local", "brokers"]);
    assert_eq!(document["error"], Value::Null);
    assert_eq!(steps(&document["local"]), ["configuration ok", "certificate ok", "authorities ok"]);
    let broker = &document["brokers"][0];
    assert_eq!(keys(broker), ["url", "connects", "steps"]);
    assert_eq!(broker["url"], bench.sandbox.amqps_url());
    assert_eq!(broker["connects"], true);
    assert_eq!(steps(&broker["steps"]), WHOLE);
    for step in
        document["local"].as_array().unwrap().iter().chain(broker["steps"].as_array().unwrap())
    {
        assert_eq!(keys(step), ["step", "address", "state", "seconds", "problem", "found"]);
        assert!(step["seconds"].as_f64().unwrap() >= 0.0 && step["problem"].is_null(), "{step}");
    }
    let local = |index: usize| &document["local"][index]["found"];
    assert_eq!(keys(local(0)), ["file", "section"]);
    assert_eq!(keys(local(1)), ["creator", "certificate", "key_matches"]);
    assert_eq!(local(1)["creator"], "sandbox-client");
    assert_eq!(local(1)["key_matches"], true);
    let certificate = ["subject", "issuer", "hosts", "until", "days_left", "expired"];
    assert_eq!(keys(&local(1)["certificate"]), certificate);
    assert_eq!(keys(&local(2)["certificates"][0]), certificate);
    let address = bench.sandbox.amqps_url().replace("amqps://localhost", "127.0.0.1");
    assert_eq!(*found(&document, "resolve"), json!({"addresses": [address]}));
    assert_eq!(broker["steps"][1]["address"], *address);
    let tls = found(&document, "tls");
    assert_eq!(keys(tls), ["version", "cipher", "alpn", "broker", "verify", "verified_by"]);
    assert_eq!(keys(&tls["broker"]), certificate);
    assert_eq!(tls["alpn"], Value::Null);
    assert_eq!(tls["broker"]["hosts"], json!(["localhost", "127.0.0.1", "::1"]));
    assert_eq!(
        (&tls["verify"], &tls["verified_by"]),
        (&json!("full"), &json!("CN=amqp-sandbox CA"))
    );
    assert_eq!(*found(&document, "sasl"), json!({"offered": null, "chosen": null}));
    let open =
        ["product", "version", "container", "idle_timeout", "max_frame_size", "capabilities"];
    assert_eq!(keys(found(&document, "open")), open);
    assert_eq!(found(&document, "open")["capabilities"], json!(["ANONYMOUS-RELAY"]));
    let receiver = json!({
        "address": "queue://Consumer.sandbox-client-7.VirtualTopic.sandbox.reply",
        "credit": 0,
        "max_message_size": 1_000_000,
    });
    assert_eq!(*found(&document, "receiver"), receiver);
    let sender = json!({"address": null, "credit": 100, "max_message_size": 1_000_000});
    assert_eq!(*found(&document, "sender"), sender);
}

/// A check never takes a reply: it grants no credit, and the message is there for the next run.
#[test]
fn a_reply_that_waits_stays_where_it_is() {
    let bench = Bench::new();
    let queue = "queue://Consumer.sandbox-client-7.VirtualTopic.sandbox.reply";
    bench.sandbox.declare(queue);
    bench.sandbox.publish(
        queue,
        Body::Text("{\"msg\": {\"request_id\": \"another\"}}".into()),
        &[],
    );
    document(&bench, &bench.config(), CHECK, 0);
    let record = bench.record();
    assert!(record.deliveries.is_empty() && record.requests.is_empty(), "{record:?}");
    let receivers: Vec<_> =
        record.links.iter().filter(|link| link.direction == Direction::Receiver).collect();
    assert_eq!(receivers.len(), 1);
    assert!(receivers[0].credits.iter().all(|credit| *credit == 0), "{receivers:?}");
    // The next run receives it first.
    bench.run(&bench.config(), &images(1)).expect(0).says("another");
    assert_eq!(bench.record().deliveries.len(), 2);
}

/// Without a task there are no addresses, and no links.
#[test]
fn without_a_task_it_ends_once_the_broker_lets_the_client_in() {
    let bench = Bench::new();
    let found = document(&bench, &bench.config(), "check", 0);
    assert_eq!(steps(&found["brokers"][0]["steps"]), WHOLE[..5]);
    assert!(found["advice"].as_str().unwrap().contains("without --task-id"), "{found}");
    let record = bench.record();
    assert!(record.links.is_empty() && record.connections.len() == 1, "{record:?}");
}

/// It closes its connections in order.
#[test]
fn the_broker_sees_an_orderly_end() {
    let bench = Bench::new();
    document(&bench, &bench.config(), CHECK, 0);
    let record =
        bench.sandbox.wait_for(crate::harness::LONG, amqp_sandbox::Record::is_over).unwrap();
    assert!(record.connections.iter().all(|connection| connection.close_received), "{record:?}");
}

#[test]
fn a_sender_without_credit_is_a_warning() {
    let bench = Bench::misbehaving(vec![rule(When::SenderLink, LinkAct::NoCredit)]);
    let config = bench.config().set("connect_timeout", "1");
    let found = document(&bench, &config, CHECK, 0);
    let steps = steps(&found["brokers"][0]["steps"]);
    assert_eq!(steps.last().unwrap(), "sender warning");
    assert!(
        found["advice"].as_str().unwrap().starts_with("to do first: the broker grants no credit")
    );
}
