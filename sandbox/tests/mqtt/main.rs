//! The door for MQTT: signing over it, sessions, what a broker says by rule, and what it enforces.

#[path = "../common/mod.rs"]
mod common;

mod bytes;
mod connect;
mod ends;
mod publish;
mod rules;
mod sessions;
mod subscribe;

use common::{TestSandbox, mqtt::Mqtt};
use mqtt_proto::v5::Packet;

fn ruled(rule: &str) -> TestSandbox {
    TestSandbox::with_rules(&[rule])
}

/// The broker has nothing on its way.
#[track_caller]
fn is_quiet(client: &mut Mqtt) {
    client.send(&Packet::Pingreq);
    assert_eq!(client.read(), Some(Packet::Pingresp));
}
