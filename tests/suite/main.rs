//! The real program against the sandbox: one module a concern.
//!
//! Every test starts its own broker on a free port. Nothing sleeps: a test waits for an event in the
//! sandbox's record or for the end of the program.

// One crate in modules, not a library.
#![allow(unreachable_pub)]

/// Makes tests of functions that take a protocol: `over_amqp::NAME` and `over_mqtt::NAME`.
macro_rules! over_both {
    ($($name:ident),+ $(,)?) => {
        over_both!(@ over_amqp Amqp $($name)+);
        over_both!(@ over_mqtt Mqtt $($name)+);
    };
    (@ $module:ident $protocol:ident $($name:ident)+) => {
        mod $module {
            $(
                #[test]
                fn $name() {
                    super::$name(crate::harness::Protocol::$protocol);
                }
            )+
        }
    };
}

mod addresses;
mod answers;
mod authorities;
mod batch;
mod check;
mod completions;
mod conditions;
mod configuration;
mod cycle;
mod dry_run;
mod endings;
mod fault;
mod faults;
mod flow;
mod hostile;
mod hosts;
mod input;
mod jq;
mod lies;
mod limits;
mod lookaside;
mod manifest;
mod middle;
mod moving;
mod mqtt;
mod names;
mod ndjson;
mod openssl_conf;
mod operands;
mod operations;
mod output;
mod overrides;
mod parts;
mod pem;
mod people;
mod pipeline;
mod process;
mod raw_bytes;
mod reach;
mod replies;
mod scripts;
mod secrets;
mod sending;
mod signals;
mod skip_existing;
mod skopeo_verifies;
mod state;
mod stdin;
mod strangers;
mod streams;
mod strength;
mod summary;
mod three;
mod tls;
mod trace;
mod uses;
mod valgrind;
mod values;
mod verified;
mod verify;
mod wire;

use test_support::{harness, judges, peer, skopeo};
