//! Runs the real program against its own sandbox.

mod bench;
mod config;
mod ended;
mod names;
mod program;
mod protocol;
mod refusal;
mod terminal;

pub use bench::Bench;
pub use config::Config;
pub use ended::{Ended, took_between};
pub use names::{can_name, with_names};
pub use program::{Program, Running, has_static_core, signal, signals, under_test};
pub use protocol::{Protocol, set_credit};
pub use refusal::{refused, run};
pub use terminal::shown as shown_on_terminal;

use std::time::Duration;

use amqp_sandbox::{Act, Rule, When};

/// Nothing that these tests wait for takes this long, unless something hangs.
pub const LONG: Duration = Duration::from_secs(30);

/// Where requests go to.
pub const SEND_TO: &str = "topic://VirtualTopic.sandbox.sign";

/// A departure of the sandbox from good behaviour.
pub fn rule(when: When, act: impl Into<Act>) -> Rule {
    Rule::new(when, act)
}

/// Arguments for container-sign of `count` images with one key.
pub fn images(count: usize) -> String {
    let mut arguments = "container-sign --signing-key ABCD1234 --task-id 7".to_owned();
    for index in 0..count {
        arguments += &format!(
            " --digest sha256:{index:064x} --reference registry.example.com/ns/app:{index}"
        );
    }
    arguments
}

/// How a broker on this machine is named once it is reached by `localhost`: its URL, and the address.
pub fn shown(url: &str) -> String {
    let port = url.rsplit_once(':').unwrap().1;
    format!("{url} (127.0.0.1:{port})")
}
