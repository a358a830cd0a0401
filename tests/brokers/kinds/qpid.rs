//! Qpid Broker-J.

use super::{Kind, RIGHT, Reach, Refusals, Released, WRONG, WrongHost, login, plain};

pub static QPID: Kind = Kind {
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
