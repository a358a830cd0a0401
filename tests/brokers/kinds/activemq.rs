//! ActiveMQ Classic.

use super::{Kind, RIGHT, Reach, Refusals, Released, WRONG, WrongHost, login, plain, stranger};

pub static ACTIVEMQ: Kind = Kind {
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
