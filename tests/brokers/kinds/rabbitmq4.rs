//! RabbitMQ 4.

use super::{Kind, RIGHT, Reach, Refusals, Released, WRONG, WrongHost, login, plain, stranger};

pub static RABBITMQ4: Kind = Kind {
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
