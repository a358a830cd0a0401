//! What the broker says if it is full, if a message is too large, if a quota is used up, and if it is stopped.

use crate::{
    bench::{Bench, url},
    harness::{Config, images, took_between},
    kinds::Route,
};

/// The status of a run, and a text in its log.
type ComesTo = (i32, &'static str);

fn of<T>(bench: &Bench, [activemq, artemis, rabbitmq, rabbitmq4, qpid]: [T; 5]) -> T {
    match bench.kind.name {
        "activemq" => activemq,
        "artemis" => artemis,
        "rabbitmq" => rabbitmq,
        "rabbitmq4" => rabbitmq4,
        _ => qpid,
    }
}

fn at(config: Config, port: &str) -> Config {
    config.set("messaging_brokers", &format!("[\"{}\"]", url(port)))
}

/// A full address is a state that passes: once a signing server begins to read, the same run goes on. The two other
/// addresses here stay full.
#[test]
fn full() {
    const LIMIT: &str = "amqp:resource-limit-exceeded";
    let bench = Bench::new();
    let address = of(
        &bench,
        ["queue://full.queue", "queue://full.queue", "/amq/queue/full", "/queues/full", "full"],
    );
    let route = Route { send_to: address.into(), requests: address.into(), ..bench.route() };
    let says = of(
        &bench,
        [
            LIMIT,
            LIMIT,
            "the broker never confirmed the request",
            "not accepted by the broker: no condition given",
            LIMIT,
        ],
    );
    if of(&bench, [false, true, false, false, true]) {
        let program = bench.watch(&bench.config(&route).patience(3, 9, 1), &images(2));
        program.wait_for(LIMIT, 1);
        let _signer = bench.signer(&route);
        program.wait().expect(0);
    }
    // The first message may still fit.
    let config = bench.config(&route).patience(2, 1, 1);
    let again = of(&bench, ["can", "can", "can", "may not", "can"]);
    let ended = bench.run(&config, &images(3)).expect(75);
    ended.logs(says).says(&format!("running again {again} help"));
}

#[test]
fn too_large() {
    let bench = Bench::new();
    let file = bench.file("blob", vec![b'x'; 4_200_000]);
    let arguments =
        format!("blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {}", file.display());
    let port = of(&bench, ["small", "amqps", "amqps", "amqps", "small"]);
    let limit: Option<&str> = of(
        &bench,
        [
            Some("amqp:decode-error: "),
            None,
            Some("amqp:precondition-failed: PRECONDITION_FAILED - message size"),
            Some("amqp:link:message-size-exceeded: "),
            Some("amqp:link:message-size-exceeded: "),
        ],
    );
    let route = bench.route();
    let config = at(bench.config(&route), port);
    match limit {
        None => {
            let _signer = bench.signer(&route);
            bench.run(&config, &arguments).expect(0);
        }
        Some(says) => {
            let ended = bench.run(&config, &arguments).expect(75);
            ended
                .says(&format!("not accepted by the broker: {says}"))
                .says("running again does not help")
                .says("sign fewer items in one request (chunk_size), or raise the broker's limit");
            took_between(&ended, 0.0, 30.0);
        }
    }
}

/// Of connections, or on Artemis of consumers.
#[test]
fn quota() {
    const HUNG_UP: ComesTo =
        (69, "the broker hung up; it may not accept the client's certificate, or");
    let bench = Bench::new();
    let route = bench.route();
    let config = bench.config(&route).patience(1, 1, 1);
    let (config, (status, says)) = match bench.kind.name {
        "artemis" => {
            let route = Route { listen_to: "queue://quota.queue".into(), ..route };
            let comes_to =
                (69, "amqp:internal-error: AMQ119005: error creating consumer, AMQ229200");
            (bench.config(&route).patience(1, 1, 1), comes_to)
        }
        "rabbitmq4" => {
            (config.set("open_hostname", "vhost:quota"), (69, "the broker hung up before its Open"))
        }
        "rabbitmq" => {
            let comes_to = (77, "connection refused: amqp:unauthorized-access: Access for user");
            (config.set("open_hostname", "vhost:quota"), comes_to)
        }
        _ => (at(config, "quota"), HUNG_UP),
    };
    // The one connection that Broker-J accepts there.
    let first = (bench.kind.name == "qpid").then(|| {
        bench.signer_with(&bench.route(), |settings| settings.brokers = vec![url("quota")])
    });
    bench.run(&config, &images(1)).expect(status).says(says);
    drop(first);
}

/// RabbitMQ says so of an address of a wrong form; others create it, or do not find it. RabbitMQ 4 offers senders without
/// an address, which see such a one only in a message.
#[test]
fn an_address_that_is_not_understood() {
    let bench = Bench::new();
    let Some(bad) = of(
        &bench,
        [None, None, Some(["/nonsense/x", "/exchange"]), Some(["/nonsense/x", "/queues"]), None],
    ) else {
        return;
    };
    let good = bench.route();
    for bad in bad {
        for route in [
            Route { send_to: bad.into(), ..good.clone() },
            Route { listen_to: bad.into(), ..good.clone() },
        ] {
            let config = bench.config(&route).set("sender_target", "address");
            let ended = bench.run(&config, &images(1)).expect(77);
            ended
                .says("session refused: amqp:invalid-field: Attach rejected")
                .says("check topic_send_to and topic_listen_to: the broker does not understand");
            took_between(&ended, 0.0, 30.0);
        }
    }
    if bench.kind.name == "rabbitmq4" {
        let route = Route { send_to: "/nonsense/x".into(), ..good };
        let ended = bench.run(&bench.config(&route).patience(5, 1, 1), &images(1)).expect(75);
        ended.says("amqp:precondition-failed: bad 'to' address string: /nonsense/x");
    }
}
