//! What differs between brokers.

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
        let kinds = [&ACTIVEMQ, &ARTEMIS, &RABBITMQ, &RABBITMQ4, &QPID];
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

static ACTIVEMQ: Kind = Kind {
    name: "activemq",
    product: "activemq",
    routes: &[
        [
            "topic://VirtualTopic.REQ",
            "queue://Consumer.signer.VirtualTopic.REQ",
            "topic://VirtualTopic.REP",
            "queue://Consumer.{creator}-{task_id}.VirtualTopic.REP",
        ],
        ["queue://REQ", "queue://REQ", "queue://REP", "queue://REP"],
        ["topic://REQ", "topic://REQ", "topic://REP", "topic://REP"],
        ["REQ", "queue://REQ", "queue://REP", "REP"],
    ],
    logins: &[
        login("auto", "amqps", 0, "the broker requires SASL; trying again with SASL"),
        login("none", "amqps", 77, "the broker requires SASL"),
        login("anonymous", "amqps", 0, "connected"),
        login("external", "amqps", 77, "login refused"),
        // The certificate is the identity, and the password is ignored.
        plain("amqps", RIGHT, 0, "connected"),
        plain("amqps", WRONG, 0, "connected"),
        // So is a client without a certificate refused: jaasDualAuthenticationPlugin requires one of all clients with TLS.
        plain("passwords", RIGHT, 77, "Unable to authenticate transport without SSL certificate"),
        login("auto", "passwords", 77, "login refused"),
        login("auto", "bare", 0, "connected"),
        login("none", "bare", 0, "connected"),
        stranger("auto", 77, "login refused"),
    ],
    anonymous_terminus: (0, "connected"),
    refusals: Refusals {
        sending_forbidden: (
            "queue://forbidden.x",
            "sending to \"queue://forbidden.x\" refused: amqp:unauthorized-access: User UID=suite, CN=client, O=Suite is not authorized to write to: queue://forbidden.x",
        ),
        listening_forbidden: (
            "queue://forbidden.x",
            "listening to \"queue://forbidden.x\" refused: amqp:unauthorized-access: User UID=suite, CN=client, O=Suite is not authorized to read from: queue://forbidden.x",
        ),
        sending_unknown: (
            "queue://missing.x",
            "sending to \"queue://missing.x\" refused: amqp:unauthorized-access: User UID=suite, CN=client, O=Suite is not authorized to create: queue://missing.x",
        ),
        listening_unknown: (
            "queue://missing.x",
            "listening to \"queue://missing.x\" refused: amqp:unauthorized-access: User UID=suite, CN=client, O=Suite is not authorized to create: queue://missing.x",
        ),
    },
    wrong_host: WrongHost::Ignored,
    reaches: &[
        Reach {
            victim: "queue://REQ",
            template: "queue://REP.{task_id}",
            value: "1,queue://REQ",
            takes: true,
        },
        Reach {
            victim: "queue://REQ",
            template: "queue://REQ{task_id}",
            value: "?x=1",
            takes: true,
        },
    ],
    released: Released::ToTheSame,
    keeps_replies: true,
    stopped: "the broker hung up; connecting again",
};

static ARTEMIS: Kind = Kind {
    name: "artemis",
    product: "activemq",
    routes: &[
        ["queue://REQ", "queue://REQ", "queue://REP", "queue://REP"],
        ["topic://REQ", "topic://REQ", "topic://REP", "topic://REP"],
        ["REQ", "REQ", "REP", "REP"],
        ["topic://REQ", "REQ::REQ.signer", "topic://REP", "REP::REP.{creator}"],
    ],
    logins: &[
        login("auto", "amqps", 0, "connected"),
        login("none", "amqps", 0, "connected"),
        login("anonymous", "amqps", 0, "connected"),
        login("external", "amqps", 0, "connected"),
        // The certificate is the identity, and the password is ignored.
        plain("amqps", RIGHT, 0, "connected"),
        plain("amqps", WRONG, 0, "connected"),
        plain("passwords", RIGHT, 0, "connected"),
        // A client with a wrong password is a guest, whom this broker knows.
        plain("passwords", WRONG, 77, "User: suite does not have permission"),
        login("external", "passwords", 77, "login refused"),
        login("auto", "passwords", 77, "User: guest does not have permission"),
        stranger("external", 77, "Unable to validate user"),
        stranger("auto", 77, "Unable to validate user"),
    ],
    anonymous_terminus: (0, "connected"),
    refusals: Refusals {
        sending_forbidden: (
            "queue://forbidden.queue",
            "sending to \"queue://forbidden.queue\" refused: amqp:unauthorized-access: ",
        ),
        listening_forbidden: (
            "queue://forbidden.queue",
            "listening to \"queue://forbidden.queue\" refused: amqp:unauthorized-access: ",
        ),
        sending_unknown: ("queue://missing.x", "sending to \"queue://missing.x\" refused: "),
        listening_unknown: (
            "queue://missing.x",
            "listening to \"queue://missing.x\" refused: amqp:not-found: ",
        ),
    },
    wrong_host: WrongHost::Ignored,
    reaches: &[
        Reach { victim: "queue://REQ", template: "REQ{task_id}", value: "::REQ", takes: true },
        Reach { victim: "queue://REQ", template: "REQ{task_id}", value: "?x=1", takes: true },
    ],
    released: Released::ToEither,
    keeps_replies: true,
    stopped: "amqp:connection:forced; connecting again",
};

static RABBITMQ: Kind = Kind {
    name: "rabbitmq",
    product: "rabbitmq",
    routes: &[
        // A queue that was declared as durable; one that is created by its address is not.
        ["/amq/queue/REQ", "/amq/queue/REQ", "/amq/queue/REP", "/amq/queue/REP"],
        ["/queue/new.REQ", "/queue/new.REQ", "/queue/new.REP", "/queue/new.REP"],
        [
            "/exchange/amq.topic/REQ",
            "/exchange/amq.topic/REQ",
            "/exchange/amq.topic/REP",
            "/exchange/amq.topic/REP",
        ],
        ["/topic/REQ", "/topic/REQ", "/topic/REP", "/topic/REP"],
    ],
    logins: &[
        login("auto", "amqps", 0, "connected"),
        login("none", "amqps", 0, "connected"),
        login("anonymous", "amqps", 0, "connected"),
        login("external", "amqps", 0, "connected"),
        plain("amqps", RIGHT, 0, "connected"),
        plain("amqps", WRONG, 77, "login refused"),
        stranger("external", 77, "login refused"),
    ],
    anonymous_terminus: (
        77,
        "amqp:invalid-field: Attach rejected: {address_not_utf8_string,undefined}",
    ),
    refusals: Refusals {
        sending_forbidden: (
            "/queue/forbidden",
            "session refused: amqp:unauthorized-access: ACCESS_REFUSED - access to queue 'forbidden' in vhost '/' refused for user 'client'",
        ),
        listening_forbidden: (
            "/queue/forbidden",
            "session refused: amqp:unauthorized-access: ACCESS_REFUSED - access to queue 'forbidden' in vhost '/' refused for user 'client'",
        ),
        sending_unknown: (
            "/exchange/missing/x",
            "session refused: amqp:not-found: NOT_FOUND - no exchange 'missing' in vhost '/'",
        ),
        listening_unknown: (
            "/amq/queue/missing",
            "session refused: amqp:not-found: NOT_FOUND - no queue 'missing' in vhost '/'",
        ),
    },
    wrong_host: WrongHost::Refused(
        "vhost:nowhere",
        "connection refused: amqp:unauthorized-access: Access for user 'client' was refused",
    ),
    reaches: &[Reach {
        // Its name holds a slash.
        victim: "/queue/REQ%2Fx",
        template: "/queue/REQ{task_id}",
        value: "%2Fx",
        takes: true,
    }],
    released: Released::ToEither,
    keeps_replies: true,
    stopped: "amqp:internal-error: shutdown; connecting again",
};

static RABBITMQ4: Kind = Kind {
    name: "rabbitmq4",
    product: "rabbitmq",
    routes: &[
        ["/queues/REQ", "/queues/REQ", "/queues/REP", "/queues/REP"],
        // Its queues are bound to this exchange with their names.
        ["/exchanges/amq.topic/REQ", "/queues/REQ", "/exchanges/amq.topic/REP", "/queues/REP"],
    ],
    logins: &[
        login("auto", "amqps", 0, "the broker requires SASL; trying again with SASL"),
        login("none", "amqps", 77, "the broker requires SASL"),
        login("anonymous", "amqps", 0, "connected"),
        login("external", "amqps", 0, "connected"),
        plain("amqps", RIGHT, 0, "connected"),
        plain("amqps", WRONG, 77, "login refused"),
        stranger("external", 77, "login refused"),
    ],
    anonymous_terminus: (0, "connected"),
    refusals: Refusals {
        // The permission to send to a queue is that of the default exchange.
        sending_forbidden: (
            "/exchanges/forbidden/x",
            "session refused: amqp:unauthorized-access: write access to exchange 'forbidden' in vhost '/' refused for user 'client'",
        ),
        listening_forbidden: (
            "/queues/forbidden",
            "session refused: amqp:unauthorized-access: read access to queue 'forbidden' in vhost '/' refused for user 'client'",
        ),
        sending_unknown: (
            "/exchanges/missing/x",
            "refused: amqp:not-found: no exchange 'missing' in vhost '/'",
        ),
        listening_unknown: (
            "/queues/missing",
            "session refused: amqp:not-found: no queue 'missing' in vhost '/'",
        ),
    },
    wrong_host: WrongHost::HangsUp("vhost:nowhere"),
    reaches: &[Reach {
        // Its name holds a slash.
        victim: "/queues/REQ%2Fx",
        template: "/queues/REQ{task_id}",
        value: "%2Fx",
        takes: true,
    }],
    released: Released::ToEither,
    keeps_replies: true,
    stopped: "broker forced connection closure with reason 'shutdown'\"; connecting again",
};

static QPID: Kind = Kind {
    name: "qpid",
    product: "qpid",
    routes: &[
        ["REQ", "REQ", "REP", "REP"],
        ["amq.topic/REQ", "amq.topic/REQ", "amq.topic/REP", "amq.topic/REP"],
    ],
    logins: &[
        login("auto", "amqps", 0, "connected"),
        login("none", "amqps", 0, "connected"),
        login("anonymous", "amqps", 77, "login refused"),
        login("external", "amqps", 0, "connected"),
        login("auto", "anonymous", 0, "connected"),
        login("anonymous", "anonymous", 0, "connected"),
        plain("plain", RIGHT, 0, "connected"),
        plain("plain", WRONG, 77, "login refused"),
    ],
    anonymous_terminus: (0, "connected"),
    refusals: Refusals {
        sending_forbidden: (
            "forbidden",
            "sending to \"forbidden\" refused: amqp:not-allowed: Permission PERFORM_ACTION(publish) is denied for : Queue 'forbidden'",
        ),
        listening_forbidden: ("forbidden", "listening to \"forbidden\" refused: amqp:"),
        sending_unknown: ("missing", "sending to \"missing\" refused: amqp:not-found: "),
        listening_unknown: ("missing", "listening to \"missing\" refused: amqp:not-found"),
    },
    wrong_host: WrongHost::Refused(
        "nowhere",
        "connection refused: amqp:not-found: Unknown hostname in connection open: 'nowhere'",
    ),
    reaches: &[Reach {
        victim: "REQ",
        template: "amq.{task_id}",
        value: "topic/REQ",
        takes: false,
    }],
    released: Released::ToTheSame,
    keeps_replies: true,
    stopped: "amqp:connection:forced: Connection closed by external action; connecting again",
};
