//! Addresses that the broker refuses.

use crate::{
    bench::Bench,
    harness::{Config, images, took_between},
    kinds::{Refusals, Route},
};

/// Refused at once, in the broker's own words.
fn refused(bench: &Bench, config: &Config, words: &str) {
    let ended = bench.run(config, &images(3)).expect(77);
    ended.says(words);
    took_between(&ended, 0.0, 30.0);
}

fn sending(refusal: impl Fn(&Refusals) -> (&'static str, &'static str)) {
    let bench = Bench::new();
    let (address, words) = refusal(&bench.kind.refusals);
    let route = bench.route();
    let _signer = bench.signer(&route);
    for target in ["auto", "address"] {
        let route = Route { send_to: address.into(), ..route.clone() };
        refused(&bench, &bench.config(&route).set("sender_target", target), words);
    }
}

fn listening(refusal: impl Fn(&Refusals) -> (&'static str, &'static str)) {
    let bench = Bench::new();
    let (address, words) = refusal(&bench.kind.refusals);
    let route = bench.route();
    let signer = bench.signer(&route);
    let route = Route { listen_to: address.into(), ..route };
    refused(&bench, &bench.config(&route), words);
    assert_eq!(signer.seen().requests.len(), 0, "nothing is sent if no reply can be received");
}

#[test]
fn sending_without_permission() {
    sending(|refusals| refusals.sending_forbidden);
}

#[test]
fn listening_without_permission() {
    listening(|refusals| refusals.listening_forbidden);
}

#[test]
fn sending_to_an_unknown_address() {
    sending(|refusals| refusals.sending_unknown);
}

#[test]
fn listening_to_an_unknown_address() {
    listening(|refusals| refusals.listening_unknown);
}

/// Only one of these brokers refuses durable messages: a virtual host of Broker-J that keeps nothing on disk.
#[test]
fn durable_messages() {
    let bench = Bench::new();
    let route = bench.route();
    let host = if bench.kind.name == "qpid" { "memory" } else { "localhost" };
    let _signer = bench.signer_with(&route, |settings| {
        settings.hostname = Some(host.into());
        settings.durable = false;
    });
    let config = bench.config(&route).set("open_hostname", host);
    bench.run(&config.clone().set("durable", "false"), &images(2)).expect(0);
    if host == "memory" {
        let ended = bench.run(&config.patience(5, 1, 1), &images(2)).expect(75);
        ended.says("Non-durable message store").says("set durable: false");
    } else {
        bench.run(&config.set("durable", "true"), &images(2)).expect(0);
    }
}
