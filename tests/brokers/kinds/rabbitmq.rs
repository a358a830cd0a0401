//! RabbitMQ 3.

use super::{Kind, RIGHT, Reach, Refusals, Released, WRONG, WrongHost, login, plain, stranger};

pub static RABBITMQ: Kind = Kind {
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
