//! The two links, as they are attached.

use amqp_sandbox::{
    Record,
    record::{Direction, LinkRecord},
    types::{
        definitions::{ReceiverSettleMode, SenderSettleMode},
        messaging::TerminusDurability,
    },
};

use crate::harness::{Bench, SEND_TO, images};

const LISTEN_TO: &str = "queue://Consumer.sandbox-client-7.VirtualTopic.sandbox.reply";

fn links(record: &Record, direction: Direction) -> Vec<&LinkRecord> {
    record.links.iter().filter(|link| link.direction == direction).collect()
}

#[test]
fn links_are_attached_as_pubtools_sign_attaches_them() {
    let bench = Bench::new();
    bench.run(&bench.config(), &images(1)).expect(0);
    let record = bench.record();
    let [receiver] = links(&record, Direction::Receiver)[..] else { panic!("{:#?}", record.links) };
    let source = receiver.source.as_ref().unwrap();
    assert_eq!(source.address.as_deref(), Some(LISTEN_TO));
    assert_eq!(
        (source.durable.clone(), source.timeout, source.dynamic),
        (TerminusDurability::None, 0, false)
    );
    assert_eq!(receiver.target.as_ref().and_then(|target| target.address.as_deref()), None);
    assert_eq!(receiver.receiver_settle_mode, ReceiverSettleMode::First);
    assert_eq!(receiver.sender_settle_mode, SenderSettleMode::Mixed);
    assert!(receiver.initial_credit > Some(0));

    let [sender] = links(&record, Direction::Sender)[..] else { panic!("{:#?}", record.links) };
    assert_eq!(sender.target.as_ref().unwrap().address, None);
    assert_eq!(sender.receiver_settle_mode, ReceiverSettleMode::First);
    assert_ne!(sender.name, receiver.name);
    assert!(receiver.name.contains(&record.connections[0].container_id));
    assert_eq!(record.requests[0].to(), Some(SEND_TO));
    assert_eq!(record.requests[0].target, None);
}

/// The sender's target and `to` depend on what the broker offers and on the configuration. A broker whose addresses begin
/// like that of the requests, with `topic://`, is presumed to offer the anonymous terminus.
#[test]
fn the_sender_is_attached_to_the_address_if_necessary_or_configured() {
    const BARE: &str = "VirtualTopic.sandbox.sign";
    for (relay, setting, address, targets) in [
        (false, "auto", BARE, &[Some(BARE)][..]),
        (true, "auto", BARE, &[None]),
        (false, "auto", SEND_TO, &[None, Some(SEND_TO)]),
        (true, "auto", SEND_TO, &[None]),
        (false, "address", SEND_TO, &[Some(SEND_TO)]),
        (true, "address", SEND_TO, &[Some(SEND_TO)]),
        (true, "anonymous", SEND_TO, &[None]),
    ] {
        let bench = Bench::with(|options| {
            options.anonymous_relay = relay;
            options.signing = vec![(address.into(), "topic://VirtualTopic.sandbox.reply".into())];
        });
        let config = bench.config().set("sender_target", setting).set("topic_send_to", address);
        bench.run(&config, &images(1)).expect(0);
        let record = bench.record();
        let attached = links(&record, Direction::Sender)
            .into_iter()
            .map(|link| link.target.as_ref().and_then(|target| target.address.as_deref()));
        assert_eq!(attached.collect::<Vec<_>>(), targets, "{relay} {setting} {address}");
        assert_eq!(record.connections.len(), targets.len(), "{relay} {setting} {address}");
        assert_eq!(record.requests[0].to(), Some(address));
        assert_eq!(record.requests[0].target.as_deref(), targets[targets.len() - 1]);
    }
}

/// No link asks for a capability unless it is configured; a sender that does is attached to its address.
#[test]
fn links_ask_for_the_capabilities_that_are_configured() {
    for (sender, receiver) in
        [("none", "none"), ("topic", "queue"), ("queue", "none"), ("none", "topic")]
    {
        let bench = Bench::new();
        let config = bench.config().set("sender_capability", sender);
        bench.run(&config.set("receiver_capability", receiver), &images(1)).expect(0);
        let record = bench.record();
        let [sending] = links(&record, Direction::Sender)[..] else {
            panic!("{:#?}", record.links)
        };
        let [receiving] = links(&record, Direction::Receiver)[..] else {
            panic!("{:#?}", record.links)
        };
        let expected = |word: &str| match word {
            "none" => vec![],
            word => vec![word.to_owned()],
        };
        let target = sending.target.as_ref().unwrap();
        assert_eq!(target.capabilities, expected(sender));
        assert_eq!(target.address.as_deref(), (sender != "none").then_some(SEND_TO));
        let source = receiving.source.as_ref().unwrap();
        assert_eq!(source.capabilities, expected(receiver));
        assert_eq!(source.address.as_deref(), Some(LISTEN_TO));
    }
}

/// The anonymous terminus is configured, and the broker has none.
#[test]
fn a_missing_anonymous_terminus_is_a_refusal() {
    let bench = Bench::with(|options| options.anonymous_relay = false);
    let ended = bench
        .run(&bench.config().set("sender_target", "anonymous").patience(1, 1, 1), &images(1))
        .expect(77);
    ended.says("anonymous terminus");
    assert!(bench.record().requests.is_empty());
}
