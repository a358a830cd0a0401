//! The real program over MQTT against a real broker, which `tests/brokers/run NAME cargo test --test brokers-mqtt` starts.
//!
//! One suite for all brokers, as far as possible that of AMQP; the tables in `kinds` give what differs between them. Tests
//! that stop or kill the broker have it to themselves, the others share it.

#![expect(clippy::print_stderr, reason = "the test reports what it does")]
// One crate in modules, not a library.
#![allow(unreachable_pub)]

#[path = "../bench.rs"]
mod bench;
mod between;
mod check;
mod kinds;
mod limits;
mod login;
mod mosquitto;
mod observer;
#[path = "../outage.rs"]
mod outage;
mod refusals;
#[path = "../route.rs"]
mod route;
mod sessions;
#[path = "../signing.rs"]
mod signing;
#[path = "../state.rs"]
mod state;

use test_support::harness;
