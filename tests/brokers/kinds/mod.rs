//! What differs between brokers.

mod activemq;
mod artemis;
mod qpid;
mod rabbitmq;
mod rabbitmq4;

use amqp_sandbox::remote::{Mechanism, Settings};

use crate::harness::Config;
pub use crate::route::Route;

/// The variable with the broker's URL.
pub const URL: &str = "BROKER_URL";

pub struct Kind {
    pub name: &'static str,
    /// What the broker calls itself, in lower case.
    pub product: &'static str,
    /// Of each kind of address: send_to, requests, replies, listen_to. The first survives a restart.
    pub routes: &'static [[&'static str; 4]],
    /// The result of each way to log in.
    pub logins: &'static [Login],
    /// The result of a sender without an address (`sender_target: anonymous`).
    pub anonymous_terminus: (i32, &'static str),
    pub refusals: Refusals,
    /// The result of a virtual host that does not exist.
    pub wrong_host: WrongHost,
    pub reaches: &'static [Reach],
    pub released: Released,
    /// Whether replies wait for a client that connects again after that.
    pub keeps_replies: bool,
    /// What the log says of a broker that is stopped in order while the client waits.
    pub stopped: &'static str,
}

/// Who gets a message that one of two receivers of a queue has released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// Any of them, in turn.
    ToEither,
    /// The same one again, at once.
    ToTheSame,
}

/// A value that would change which address it is; `REQ` and `REP` stand for names as in routes.
pub struct Reach {
    /// The queue of another client.
    pub victim: &'static str,
    /// An address of replies with `{task_id}` in it.
    pub template: &'static str,
    /// The task id.
    pub value: &'static str,
    /// Whether the template with the value in it takes messages of the victim.
    pub takes: bool,
}

pub struct Login {
    pub sasl: &'static str,
    /// The name of the port.
    pub port: &'static str,
    /// The password of the user `suite`, for PLAIN.
    pub password: Option<&'static str>,
    /// The certificate that the client presents.
    pub certificate: &'static str,
    /// The exit status, and a text in the log.
    pub comes_to: (i32, &'static str),
}

/// Addresses that the broker refuses, each with the text that the client reports: what is refused, and the broker's
/// own words.
pub struct Refusals {
    pub sending_forbidden: (&'static str, &'static str),
    pub listening_forbidden: (&'static str, &'static str),
    pub sending_unknown: (&'static str, &'static str),
    pub listening_unknown: (&'static str, &'static str),
}

pub enum WrongHost {
    /// The broker checks it, and says this.
    Refused(&'static str, &'static str),
    /// The broker checks it, and hangs up without a word.
    HangsUp(&'static str),
    /// The broker ignores it.
    Ignored,
}

const fn login(sasl: &'static str, port: &'static str, status: i32, says: &'static str) -> Login {
    Login { sasl, port, password: None, certificate: "client", comes_to: (status, says) }
}

const fn plain(
    port: &'static str,
    password: &'static str,
    status: i32,
    says: &'static str,
) -> Login {
    Login {
        sasl: "plain",
        port,
        password: Some(password),
        certificate: "client",
        comes_to: (status, says),
    }
}

const fn stranger(sasl: &'static str, status: i32, says: &'static str) -> Login {
    Login { sasl, port: "amqps", password: None, certificate: "stranger", comes_to: (status, says) }
}

const RIGHT: &str = "loopback";
const WRONG: &str = "wrong";

impl Kind {
    pub fn of(name: &str) -> &'static Self {
        let kinds = [
            &activemq::ACTIVEMQ,
            &artemis::ARTEMIS,
            &rabbitmq::RABBITMQ,
            &rabbitmq4::RABBITMQ4,
            &qpid::QPID,
        ];
        let kind = kinds.into_iter().find(|kind| kind.name == name);
        kind.unwrap_or_else(|| panic!("there is no broker {name}"))
    }

    /// What is particular to this broker in the settings of a signing server.
    pub fn prepare_signer(&self, settings: &mut Settings) {
        settings.sasl =
            if self.name == "activemq" { Mechanism::Anonymous } else { Mechanism::External };
    }

    /// What is particular to this broker in the client's configuration.
    pub fn prepare(&self, config: Config) -> Config {
        config.patience(40, 2, 2)
    }

    /// The same for a run in which a session is lost, which means nothing over AMQP.
    pub fn prepare_for_loss(&self, config: Config) -> Config {
        config
    }
}
