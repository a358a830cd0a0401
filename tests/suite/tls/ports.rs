//! A port of several protocols, and one of the wrong kind.

use std::net::TcpStream;

use openssl::ssl::{AlpnError, select_next_proto};

use super::{acceptor, serve, to_port};
use crate::{
    harness::{Bench, Protocol, images},
    peer,
};

over_both!(tls_to_a_plain_port_and_the_reverse_are_named);

/// A port with several protocols tells them apart by the names that the client offers.
#[test]
fn the_port_of_several_protocols_gets_the_names_that_are_configured() {
    let bench = Bench::new();
    let config = || {
        let port = serve(acceptor(&bench, |builder| {
            builder.set_alpn_select_callback(|_, offered| {
                select_next_proto(b"\x0ex-amzn-mqtt-ca\x04amqp", offered)
                    .ok_or(AlpnError::ALERT_FATAL)
            });
        }));
        to_port(bench.config(), "amqps", port).set("connect_timeout", "1")
    };
    for (names, chosen) in [("amqp", "amqp"), ("[http/1.1, x-amzn-mqtt-ca]", "x-amzn-mqtt-ca")] {
        let config = config().set("tls_alpn", names);
        let ended = bench.run(&config, "check --json").expect(69);
        let steps = ended.document()["brokers"][0]["steps"].clone();
        assert_eq!(steps[2]["found"]["alpn"], chosen, "{steps:#}");
        let ended = bench.run(&config, "check").expect(69);
        assert!(ended.stdout.contains(&format!(", protocol {chosen};")), "{}", ended.stdout);
    }
    let ended = bench.run(&config().set("tls_alpn", "h2"), &images(1)).expect(77);
    ended.says("the broker refused the client's handshake: no application protocol");
    ended.says("knows none of the names in tls_alpn: correct them");
}

fn tls_to_a_plain_port_and_the_reverse_are_named(protocol: Protocol) {
    let bench = protocol.bench();
    let port_of = |url: String| url.rsplit(':').next().unwrap().parse::<u16>().unwrap();
    let plain = port_of(bench.plain_url());
    let scheme = protocol.scheme();
    let secure = &format!("{scheme}s");
    let ended = bench.run(&to_port(bench.config(), secure, plain), &images(1)).expect(69);
    // A broker of MQTT has nothing to say to what is no CONNECT.
    ended.says(protocol.or(
        "the port does not speak TLS; use amqp:// for a plain port",
        "tls failed: the broker hung up",
    ));
    let tls = port_of(bench.url());
    let ended = bench.run(&to_port(bench.config(), scheme, tls), &images(1)).expect(69);
    ended.says(&format!("if the port speaks TLS, use {secure}://"));
    let alert = answering(b"\x15\x03\x01\0\x02\x02\x28", true);
    let ended = bench.run(&to_port(bench.config(), scheme, alert), &images(1)).expect(69);
    ended.says(&format!("the port speaks TLS; use {secure}:// for it"));
    assert_eq!(bench.record().requests.len(), 0);
}

/// A peer that sends something and then reads, or hangs up at once.
fn answering(answer: &'static [u8], hang_up: bool) -> u16 {
    let script = move |mut stream: TcpStream| {
        use std::io::{Read, Write};
        // All of it, or the end of the stream would overtake the answer.
        if stream.read(&mut [0; 4096]).is_ok() {
            let _ = stream.write_all(answer);
        }
        if !hang_up {
            peer::swallow(stream);
        }
    };
    peer::listen(script).0
}

#[test]
fn other_protocols_are_named() {
    let bench = Bench::new();
    let http = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    for hang_up in [false, true] {
        let ended = bench
            .run(&to_port(bench.config(), "amqp", answering(http, hang_up)), &images(1))
            .expect(69);
        ended.says("the port does not speak AMQP: it sent \"HTTP/1.1\"");
        let ended = bench
            .run(&to_port(bench.config(), "amqps", answering(http, hang_up)), &images(1))
            .expect(69);
        ended.says("the port does not speak TLS");
        let old = answering(b"AMQP\0\0\x09\x01", hang_up);
        let ended = bench.run(&to_port(bench.config(), "amqp", old), &images(1)).expect(69);
        ended.says("the port speaks AMQP 0-9-1, not AMQP 1.0");
        let mqtt = answering(b"\x20\x02\0\x01", hang_up);
        let ended = bench.run(&to_port(bench.config(), "amqp", mqtt), &images(1)).expect(69);
        ended.says("the port speaks MQTT, not AMQP; use mqtt:// or mqtts://");
    }
}

/// As brokers do to which AMQP is no packet of MQTT.
#[test]
fn a_port_for_mqtt_is_presumed_if_amqp_gets_no_answer() {
    let bench = Bench::new();
    let context = acceptor(&bench, |_| {});
    let (tls, _) = peer::listen(move |stream| drop(context.accept(stream)));
    for (scheme, port) in [("amqp", answering(b"", true)), ("amqps", tls)] {
        let config = to_port(bench.config(), scheme, port).patience(1, 1, 1);
        let ended = bench.run(&config, &images(1)).expect(69);
        ended.says("the broker hung up; ");
        ended.says("; or it may speak MQTT; use mqtt:// or mqtts:// if so\n");
    }
}
