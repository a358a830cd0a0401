//! The real program against a real broker, which `tests/brokers/run NAME cargo test --test brokers` starts.
//!
//! One suite for all brokers; the tables in `kinds` give what differs between them. Tests that stop or kill
//! the broker have it to themselves, the others share it.

#![expect(clippy::print_stderr, reason = "the test reports what it does")]
// One crate in modules, not a library.
#![allow(unreachable_pub)]

mod bench;
mod capabilities;
mod check;
mod conditions;
mod consumers;
mod kinds;
mod login;
mod outage;
mod refusals;
mod route;
mod sharing;
mod signing;
mod state;
mod targets;
mod values;

use test_support::{harness, peer};
