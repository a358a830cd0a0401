//! What differs between brokers.

use amqp_sandbox::remote::{Mechanism, MqttVersion, Settings};

pub use crate::route::Route;
use crate::{bench::variable, harness::Config};

/// The variable with the broker's URL.
pub const URL: &str = "BROKER_MQTT_URL";

pub struct Kind {
    pub name: &'static str,
    /// `mqtt_version` of the client and of the signing server.
    pub version: &'static str,
    /// Of each kind of address: send_to, requests, replies, listen_to. The first survives a restart.
    pub routes: &'static [[&'static str; 4]],
    pub logins: &'static [Login],
    pub refusals: Refusals,
    /// What comes of a request of 4 MB: the name of the port, the exit status, and a text in the log.
    pub too_large: (&'static str, i32, &'static str),
    /// Whether replies wait for a client that connects again after that.
    pub keeps_replies: bool,
    /// What the log says of a broker that is stopped in order while the client waits.
    pub stopped: &'static str,
    /// What the log says to a client whose id another client uses.
    pub taken_over: (i32, &'static str),
    /// A request to a topic without a subscriber.
    pub unheard: (i32, &'static str),
    /// What comes of requests that find a full queue; `None` if that is shown elsewhere.
    pub full: Option<Full>,
    /// What it makes of messages between MQTT and AMQP 1.0, if it speaks that, too.
    pub between: Option<Between>,
}

/// A topic whose queue has room for one request.
pub struct Full {
    pub send_to: &'static str,
    pub requests: &'static str,
    /// The queue exists only as long as a signing server has subscribed, which does not acknowledge requests.
    pub needs_subscriber: bool,
    /// What the log says then, and in how many lines, of five requests.
    pub says: &'static str,
    pub times: usize,
}

/// Names and values.
pub type Properties = Vec<(String, String)>;

/// What a broker makes of messages between MQTT and AMQP 1.0.
pub struct Between {
    /// Addresses as in `routes`; the signing server's are for AMQP.
    pub route: [&'static str; 4],
    pub sasl: Mechanism,
    /// Whether the properties of a request are in their order over AMQP, and no others are among them.
    pub keeps_order: bool,
    /// The properties of a request over AMQP, of those that were sent.
    pub request: fn(&[(&str, &str)]) -> Properties,
    /// The properties of a reply that the client sees.
    pub reply: &'static [&'static str],
    /// Whether a reply whose body is a string comes in the encoding of AMQP.
    pub strings_are_encoded: bool,
}

pub struct Login {
    /// The name of the port.
    pub port: &'static str,
    /// The password of the user `suite`.
    pub password: Option<&'static str>,
    /// The certificate that the client presents.
    pub certificate: &'static str,
    /// The exit status, and a text in the log.
    pub comes_to: (i32, &'static str),
}

/// Topics that the broker refuses, each with the exit status and the text that the client reports.
pub struct Refusals {
    pub sending: (i32, &'static str),
    pub listening: (i32, &'static str),
}

const fn login(port: &'static str, status: i32, says: &'static str) -> Login {
    Login { port, password: None, certificate: "client", comes_to: (status, says) }
}

const fn password(
    port: &'static str,
    password: &'static str,
    status: i32,
    says: &'static str,
) -> Login {
    Login { port, password: Some(password), certificate: "client", comes_to: (status, says) }
}

const fn stranger(status: i32, says: &'static str) -> Login {
    Login { port: "mqtts", password: None, certificate: "stranger", comes_to: (status, says) }
}

const RIGHT: &str = "loopback";
const WRONG: &str = "wrong";

impl Kind {
    pub fn of(name: &str) -> &'static Self {
        let kinds = [&MOSQUITTO, &RABBITMQ4, &ARTEMIS, &ACTIVEMQ];
        let kind = kinds.into_iter().find(|kind| kind.name == name);
        kind.unwrap_or_else(|| panic!("there is no broker {name} that speaks MQTT here"))
    }

    /// What is particular to this broker in the settings of a signing server. That of RabbitMQ speaks AMQP 1.0.
    pub fn prepare_signer(&self, settings: &mut Settings) {
        if self.name == "rabbitmq4" {
            settings.brokers = vec![variable("BROKER_URL")];
            settings.sasl = Mechanism::External;
        }
        if self.version == "3.1.1" {
            settings.mqtt.version = MqttVersion::V311;
        }
    }

    /// What is particular to this broker in the client's configuration.
    pub fn prepare(&self, config: Config) -> Config {
        config.set("mqtt_version", &format!("\"{}\"", self.version)).patience(40, 2, 2)
    }

    /// The same for a run in which a session is lost, and with it requests that were accepted: their next cycle comes soon.
    pub fn prepare_for_loss(&self, config: Config) -> Config {
        config.patience(5, 1, 8)
    }
}

const TOPICS: [&str; 4] = ["suite/REQ", "suite/REQ", "suite/REP", "suite/REP"];
/// As they stand in configurations for AMQP.
const PREFIXED: [&str; 4] = ["topic://suite/REQ", "suite/REQ", "suite/REP", "topic://suite/REP"];

/// Properties that each reply of the sandbox has.
const REPLY: &[&str] = &["amq6100_originalDestination", "amq6100_destination", "content-type"];

static MOSQUITTO: Kind = Kind {
    name: "mosquitto",
    version: "5",
    routes: &[
        TOPICS,
        PREFIXED,
        ["suite/REQ", "suite/REQ", "suite/REP/client", "suite/REP/{creator}"],
    ],
    logins: &[
        login("mqtts", 0, "connected"),
        // The certificate is the identity, and the password is ignored.
        password("mqtts", WRONG, 0, "connected"),
        password("passwords", RIGHT, 0, "connected"),
        password("passwords", WRONG, 77, "refused"),
        login("passwords", 77, "refused"),
        // Every certificate logs in, and the access list decides.
        stranger(77, "sending to \"suite/"),
    ],
    refusals: Refusals {
        sending: (77, "sending to \"forbidden/write\" refused: not authorized (0x87)"),
        listening: (
            75,
            "may grant a subscription against its access list (ACL), as Mosquitto does",
        ),
    },
    too_large: ("mqtts", 75, "not accepted by the broker: packet too large (0x95)"),
    // It saves only sessions that were resumed once.
    keeps_replies: false,
    stopped: "connecting again",
    taken_over: (0, "the broker hung up"),
    unheard: (75, "no matching subscribers (0x10)"),
    full: None,
    between: None,
};

static RABBITMQ4: Kind = Kind {
    name: "rabbitmq4",
    version: "5",
    routes: &[
        ["suite/REQ", "/queues/REQ", "/exchanges/amq.topic/REP", "suite/REP"],
        // Both separators mean the same.
        ["REQ", "/queues/REQ", "/exchanges/amq.topic/REP", "REP"],
    ],
    logins: &[
        login("mqtts", 0, "connected"),
        // They count in place of the certificate.
        password("mqtts", RIGHT, 0, "connected"),
        password("mqtts", WRONG, 77, "connection refused: bad user name or password (0x86)"),
        stranger(77, "connection refused: bad user name or password (0x86)"),
    ],
    refusals: Refusals {
        sending: (
            77,
            "sending to \"forbidden/write\" refused: the broker hung up 3 times in a row",
        ),
        listening: (77, "listening to \"forbidden/read\" refused: not authorized (0x87)"),
    },
    too_large: ("mqtts", 0, ""),
    keeps_replies: true,
    stopped: "connecting again",
    taken_over: (77, "give each run a client id of its own"),
    unheard: (75, "no matching subscribers (0x10)"),
    full: Some(Full {
        send_to: "narrow",
        requests: "/queues/narrow",
        needs_subscriber: false,
        says: "implementation specific error (0x83)",
        times: 4,
    }),
    between: Some(Between {
        route: ["suite/REQ", "/queues/REQ", "/exchanges/amq.topic/REP", "suite/REP"],
        sasl: Mechanism::External,
        keeps_order: true,
        request: |sent| {
            sent.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
        },
        reply: REPLY,
        strings_are_encoded: true,
    }),
};

static ARTEMIS: Kind = Kind {
    name: "artemis",
    version: "5",
    routes: &[TOPICS, PREFIXED],
    logins: &[
        login("mqtts", 0, "connected"),
        // The certificate is the identity, and the password is ignored.
        password("mqtts", WRONG, 0, "connected"),
        stranger(77, "connection refused: bad user name or password (0x86)"),
    ],
    refusals: Refusals {
        sending: (77, "sending to \"forbidden/write\" refused: not authorized (0x87)"),
        listening: (77, "listening to \"forbidden/read\" refused: not authorized (0x87)"),
    },
    too_large: ("mqtts", 0, ""),
    keeps_replies: true,
    stopped: "connecting again",
    taken_over: (77, "give each run a client id of its own"),
    unheard: (75, "no reply, though the broker accepted the request"),
    full: Some(Full {
        send_to: "full/topic",
        requests: "full/topic",
        needs_subscriber: true,
        says: "connection ended by the broker: implementation specific error (0x83)",
        times: 4,
    }),
    between: Some(Between {
        route: ["suite/REQ", "topic://REQ", "topic://REP", "suite/REP"],
        sasl: Mechanism::External,
        keeps_order: false,
        request: |sent| {
            let numbered = sent.iter().enumerate().map(|(place, (name, value))| {
                (format!("mqtt.ordered.user.property.{place}.{name}"), (*value).into())
            });
            numbered.collect()
        },
        reply: &[],
        strings_are_encoded: false,
    }),
};

static ACTIVEMQ: Kind = Kind {
    name: "activemq",
    version: "3.1.1",
    routes: &[TOPICS, PREFIXED],
    logins: &[
        login("mqtts", 0, "connected"),
        // The certificate is the identity, and the password is ignored.
        password("mqtts", WRONG, 0, "connected"),
        stranger(77, "connection refused: not authorized (0x87): return code 5 of MQTT 3.1.1"),
    ],
    refusals: Refusals {
        // 3.1.1 cannot refuse a message.
        sending: (75, "no reply, though the broker accepted the request"),
        listening: (77, "refused: not authorized (0x87): return code 128 of MQTT 3.1.1"),
    },
    too_large: ("smallmqtts", 75, "not accepted by the broker: 3 connections in a row ended"),
    // Over 3.1.1 a clean session ends with its connection.
    keeps_replies: false,
    stopped: "connecting again",
    taken_over: (0, "the broker hung up"),
    unheard: (75, "no reply, though the broker accepted the request"),
    full: Some(Full {
        send_to: "full/topic",
        requests: "full/topic",
        needs_subscriber: true,
        // It accepts them, and drops all but the first.
        says: "Accepted",
        times: 5,
    }),
    between: Some(Between {
        route: ["suite/REQ", "topic://REQ", "topic://REP", "suite/REP"],
        sasl: Mechanism::Anonymous,
        // 3.1.1 has none; a reply comes as a whole, with its properties.
        keeps_order: true,
        request: |_| vec![],
        reply: REPLY,
        strings_are_encoded: true,
    }),
};
