//! Artemis.

use super::{Kind, RIGHT, Reach, Refusals, Released, WRONG, WrongHost, login, plain, stranger};

pub static ARTEMIS: Kind = Kind {
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
