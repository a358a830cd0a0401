//! Several brokers, and several addresses of one.

use std::net::{SocketAddr, TcpListener};

use amqp_sandbox::{LinkAct, Refusal, When};
use serde_json::Value;

use super::{CHECK, WHOLE, document, mqtt, steps, to};
use crate::{
    harness::{Protocol, can_name, images, rule, signal, with_names},
    peer,
};

over_both!(
    one_good_broker_is_enough,
    several_bad_brokers_have_the_status_of_a_run,
    every_address_of_a_name_is_checked,
    a_signal_and_the_deadline_end_it,
);

fn connects(document: &Value) -> Vec<bool> {
    let brokers = document["brokers"].as_array().unwrap();
    brokers.iter().map(|broker| broker["connects"].as_bool().unwrap()).collect()
}

/// One broker's failure does not stop the rest, and a run would use the other.
fn one_good_broker_is_enough(protocol: Protocol) {
    let (bench, stranger) = (protocol.bench(), protocol.bench());
    let good = bench.url();
    let closed = format!("{}s://localhost:{}", protocol.scheme(), peer::closed_port());
    for bad in [&closed, &stranger.url()] {
        for (urls, expected) in [([bad, &good], [false, true]), ([&good, bad], [true, false])] {
            let config = to(bench.config(), &urls.map(String::as_str));
            let found = document(&bench, &config, CHECK, 0);
            assert_eq!(connects(&found), expected);
            let advice = found["advice"].as_str().unwrap();
            assert!(advice.starts_with(&format!("to do first: {bad} (127.0.0.1:")), "{advice}");
            assert!(advice.ends_with(&format!("; a run would connect to {good}")), "{advice}");
        }
    }
}

/// The status is that of a run: 77 only if every broker refuses, or if one ends the run.
fn several_bad_brokers_have_the_status_of_a_run(protocol: Protocol) {
    let (bench, stranger) = (protocol.bench(), protocol.bench());
    let refusal = Refusal { condition: "amqp:not-allowed".into(), description: None };
    let locked = protocol.misbehaving(vec![rule(When::ReceiverLink, LinkAct::Refuse(refusal))]);
    let untrusted = stranger.url();
    let refusing = locked.plain_url();
    let closed = format!("{}s://localhost:{}", protocol.scheme(), peer::closed_port());
    let good = bench.url();
    for (urls, status) in [
        (&[&untrusted, &untrusted][..], 77),
        (&[&untrusted, &closed], 69),
        (&[&closed, &untrusted], 69),
        // The refusal of the receiver speaks for every broker: a run ends with it.
        (&[&refusing, &good], 77),
        (&[&good, &refusing], 0),
        (&[&closed, &refusing], 77),
    ] {
        let urls: Vec<_> = urls.iter().map(|url| url.as_str()).collect();
        let config = to(bench.config(), &urls);
        let found = document(&bench, &config, CHECK, status);
        assert_eq!(found["brokers"].as_array().unwrap().len(), urls.len(), "each is checked");
        bench.run(&config.patience(1, 1, 1), &images(1)).expect(status);
    }
}

/// A run would try one address after the other until one works; the check tries all.
fn every_address_of_a_name_is_checked(protocol: Protocol) {
    if !can_name() {
        return;
    }
    let bench = protocol.bench();
    let port = bench.url().rsplit_once(':').unwrap().1.to_owned();
    let mut program = bench.program(&bench.config(), &format!("{CHECK} --json"));
    let ended = with_names(&mut program, &[("localhost", "127.0.0.1,127.0.0.9")]).run().expect(0);
    let document = ended.document();
    let whole = protocol.or(&WHOLE[..], &mqtt::WHOLE);
    let of_broker = &document["brokers"][0]["steps"];
    assert_eq!(steps(of_broker), [whole, &["tcp failed"]].concat());
    assert_eq!(of_broker[whole.len()]["address"], *format!("127.0.0.9:{port}"));
    let advice = document["advice"].as_str().unwrap();
    assert!(
        advice.contains("127.0.0.9") && advice.contains("; a run would connect to "),
        "{advice}"
    );
}

/// A broker that completes connections and says nothing.
fn silent(protocol: Protocol) -> (TcpListener, String) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let url =
        format!("{}s://localhost:{}", protocol.scheme(), listener.local_addr().unwrap().port());
    (listener, url)
}

/// What was found is printed, and the brokers after that are left out.
fn a_signal_and_the_deadline_end_it(protocol: Protocol) {
    let bench = protocol.bench();
    let (listener, silent) = silent(protocol);
    let good = bench.url();
    let config = to(bench.config(), &[&good, &silent, &good]).set("connect_timeout", "60");
    let limited = config.clone().set("deadline", "2");
    let ended = bench.run(&limited, &format!("{CHECK} --json")).expect(124);
    let found = ended.document();
    assert_eq!(connects(&found), [true, false]);
    let steps = steps(&found["brokers"][1]["steps"]);
    assert_eq!(steps, ["resolve ok", "tcp ok", "tls failed"]);
    drop(listener.accept());

    let running = bench.program(&config, CHECK).start();
    // It talks to the silent one.
    let _connection = listener.accept().unwrap();
    signal("TERM", running.id());
    let ended = running.wait().expect(143);
    assert!(ended.stdout.ends_with("not finished: interrupted\n"), "{}", ended.stdout);
}
