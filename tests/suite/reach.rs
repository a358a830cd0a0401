//! Brokers that cannot be reached, and the next one of the list.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

use amqp_frames::HEADER;
use amqp_sandbox::{LinkAct, Refusal, Rule, When};
use openssl::ssl::{SslAcceptor, SslMethod};

use crate::{
    harness::{Bench, Config, Protocol, images, shown, took_between},
    peer::{
        self,
        mqtt::{connack, refused},
    },
};

over_both!(
    the_next_broker_is_used,
    a_list_of_closed_ports_ends_after_the_timeout,
    a_name_that_does_not_resolve,
    if_every_broker_refuses_it_is_a_refusal,
    a_broker_that_refuses_leaves_the_next,
    a_broker_that_is_silent_is_named_with_its_phase,
    a_broker_in_maintenance_is_tried_until_the_timeout,
    a_refused_receiver_is_not_tried_with_the_next_broker,
);

fn to(config: Config, urls: &[&str]) -> Config {
    let urls: Vec<_> = urls.iter().map(|url| format!("\"{url}\"")).collect();
    config.set("messaging_brokers", &format!("[{}]", urls.join(", ")))
}

/// A listener whose connections are completed but never accepted: nothing ever answers.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("localhost:{}", listener.local_addr().unwrap().port());
    (listener, url)
}

/// A broker that completes TLS and then sends nothing.
fn silent_behind_tls(bench: &Bench) -> String {
    let identity = bench.sandbox.authority().server(&["localhost"], Default::default()).unwrap();
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    builder.set_certificate(&identity.certificate).unwrap();
    builder.set_private_key(&identity.key).unwrap();
    let acceptor = builder.build();
    let script = move |stream: TcpStream| {
        if let Ok(tls) = acceptor.accept(stream) {
            peer::swallow(tls);
        }
    };
    format!("localhost:{}", peer::listen(script).0)
}

/// A broker's answer that closes the connection.
fn closing(condition: &str) -> Vec<u8> {
    [&HEADER[..], &peer::open(), &peer::close(condition, "not you")].concat()
}

fn answering(answer: Vec<u8>) -> String {
    format!("localhost:{}", peer::answering(answer))
}

/// A broker that is down or silent is skipped, wherever in the list it is.
fn the_next_broker_is_used(protocol: Protocol) {
    let bench = protocol.bench();
    let good = bench.url();
    let scheme = protocol.scheme();
    let (_listener, silent) = silent();
    let bad = [
        format!("{scheme}s://localhost:{}", peer::closed_port()),
        format!("{scheme}s://{silent}"),
        format!("{scheme}://{silent}"),
        format!("{scheme}s://{}", silent_behind_tls(&bench)),
        format!("{scheme}s://no-such-host.invalid:5671"),
    ];
    for bad in &bad {
        let config = to(bench.config(), &[bad, &good]).set("connect_timeout", "1");
        let ended = bench.run(&config, &images(2)).expect(0);
        ended.says(bad);
        // A resolver may take long to answer that a name does not exist.
        took_between(&ended, 0.0, 2.5);
    }
    let all: Vec<_> = bad.iter().map(String::as_str).chain([good.as_str()]).collect();
    bench.run(&to(bench.config(), &all).set("connect_timeout", "1"), &images(1)).expect(0);
    let ended = bench.run(&to(bench.config(), &[&good, &bad[1]]), &images(1)).expect(0);
    assert!(
        !ended.stderr.contains(&format!("{} (", bad[1])),
        "a later broker is not tried:\n{}",
        ended.stderr
    );
}

/// A broker with a wrong certificate, one that refuses the login by Close and one that is in maintenance are skipped too.
fn a_broker_that_refuses_leaves_the_next(protocol: Protocol) {
    let bench = protocol.bench();
    let stranger = protocol.bench();
    let good = bench.url();
    for (answer, says) in match protocol {
        Protocol::Amqp => vec![
            (closing("amqp:unauthorized-access"), "amqp:unauthorized-access: not you"),
            (closing("amqp:connection:forced"), "amqp:connection:forced: not you"),
            (closing("amqp:internal-error"), "amqp:internal-error: not you"),
        ],
        Protocol::Mqtt => vec![
            (refused(0x87), "not authorized (0x87)"),
            (refused(0x88), "server unavailable (0x88)"),
            (refused(0x80), "unspecified error (0x80)"),
            // MQTT 3.1.1: the server is unavailable.
            (vec![0x20, 2, 0, 3], "server unavailable (0x88): return code 3 of MQTT 3.1.1"),
        ],
    } {
        let url = format!("{}://{}", protocol.scheme(), answering(answer));
        let ended = bench.run(&to(bench.config(), &[&url, &good]), &images(1)).expect(0);
        ended.says(says);
    }
    let ended = bench.run(&to(bench.config(), &[&stranger.url(), &good]), &images(1)).expect(0);
    ended.says("not verified by messaging_ca_cert");
    assert_eq!(stranger.record().connections.len(), 1);
}

/// The client tries the list again, with pauses, until `timeout` has elapsed.
fn a_list_of_closed_ports_ends_after_the_timeout(protocol: Protocol) {
    let bench = protocol.bench();
    let scheme = protocol.scheme();
    let urls = [0, 1].map(|_| format!("{scheme}s://127.0.0.1:{}", peer::closed_port()));
    let config = to(bench.config(), &[&urls[0], &urls[1]]).patience(1, 3, 3);
    let ended = bench.run(&config, &images(2)).expect(69);
    took_between(&ended, 1.0, 2.5);
    ended
        .says("no connection to any broker")
        .says(&urls[0])
        .says(&urls[1])
        .says("Connection refused");
    let attempts = ended.stderr.matches(&format!("DEBUG {}", urls[0])).count();
    assert!(
        (2..=5).contains(&attempts),
        "{attempts} attempts in a second, or the pauses do not grow"
    );
    assert_eq!(ended.document()["operation_results"], serde_json::json!(["", ""]));
    assert_eq!(ended.document()["signer_result"]["status"], "error");
}

fn a_name_that_does_not_resolve(protocol: Protocol) {
    let bench = protocol.bench();
    let url = format!("{}s://no-such-host.invalid:5671", protocol.scheme());
    let config = to(bench.config(), &[&url]).patience(1, 1, 1).set("connect_timeout", "1");
    let ended = bench.run(&config, &images(1)).expect(69);
    took_between(&ended, 1.0, 2.5);
    ended
        .says("no-such-host.invalid:5671: resolve")
        .says("check the host names in messaging_brokers");
}

fn a_broker_that_is_silent_is_named_with_its_phase(protocol: Protocol) {
    let bench = protocol.bench();
    let (_listener, silent) = silent();
    let behind_tls = silent_behind_tls(&bench);
    let (scheme, open, lets_in, half) = match protocol {
        Protocol::Amqp => ("amqp", HEADER.to_vec(), [&HEADER[..], &peer::open()].concat(), 5),
        Protocol::Mqtt => ("mqtt", Vec::new(), connack(false, &[]), 3),
    };
    let half = answering(lets_in[lets_in.len() - half..].to_vec());
    for (url, phase) in [
        (format!("{scheme}s://{silent}"), "tls"),
        (format!("{scheme}://{silent}"), "open"),
        (format!("{scheme}s://{behind_tls}"), "open"),
        (format!("{scheme}://{}", answering(open)), "open"),
        (format!("{scheme}://{}", answering(lets_in)), "attach"),
    ] {
        let config = to(bench.config(), &[&url]).patience(1, 1, 1).set("connect_timeout", "1");
        let ended = bench.run(&config, &images(1)).expect(69);
        ended.says(&format!("{}: {phase}: no answer within 1 s", shown(&url)));
        took_between(&ended, 1.0, 2.5);
    }
    let config = to(bench.config(), &[&format!("{scheme}://{half}")])
        .patience(1, 1, 1)
        .set("connect_timeout", "1");
    took_between(&bench.run(&config, &images(1)).expect(69), 0.9, 2.5);
}

fn if_every_broker_refuses_it_is_a_refusal(protocol: Protocol) {
    let bench = protocol.bench();
    let strangers = [protocol.bench(), protocol.bench()];
    let urls: Vec<_> = strangers.iter().map(Bench::url).collect();
    let config = to(bench.config(), &[&urls[0], &urls[1]]);
    let ended = bench.run(&config, &images(1)).expect(77);
    took_between(&ended, 0.0, 2.0);
    ended.says(&urls[0]).says(&urls[1]);
    // A broker that is only down might have accepted the client.
    let down = format!("{}s://localhost:{}", protocol.scheme(), peer::closed_port());
    let before = strangers[0].record().connections.len();
    let ended =
        bench.run(&to(bench.config(), &[&urls[0], &down]).patience(1, 1, 1), &images(1)).expect(69);
    took_between(&ended, 1.0, 2.5);
    let asked = strangers[0].record().connections.len() - before;
    assert_eq!(asked, 1, "the one that refuses is not tried again");
}

/// This is how brokers answer a failed login: with an Open, and then a Close.
#[test]
fn a_login_refused_by_close_is_a_refusal() {
    let bench = Bench::new();
    let url = format!(
        "amqp://{}",
        answering(
            [&HEADER[..], &peer::open(), &peer::close("amqp:unauthorized-access", "who are you")]
                .concat()
        )
    );
    for sasl in ["none", "auto"] {
        let config = to(bench.config(), &[&url]).set("sasl", sasl);
        let ended = bench.run(&config, &images(1)).expect(77);
        took_between(&ended, 0.0, 2.0);
        ended.says("who are you");
    }
}

fn a_broker_in_maintenance_is_tried_until_the_timeout(protocol: Protocol) {
    let bench = protocol.bench();
    let (answer, says) = match protocol {
        Protocol::Amqp => (closing("amqp:connection:forced"), "amqp:connection:forced: not you"),
        Protocol::Mqtt => (refused(0x88), "server unavailable (0x88)"),
    };
    let url = format!("{}://{}", protocol.scheme(), answering(answer));
    let config = to(bench.config(), &[&url]).patience(1, 1, 1);
    let ended = bench.run(&config, &images(1)).expect(69);
    took_between(&ended, 1.0, 2.5);
    ended.says(says);
}

/// A broker that does not understand SASL cannot be tried again with it: its refusal stands.
#[test]
fn a_refusal_stands_if_the_broker_does_not_understand_sasl() {
    let bench = Bench::new();
    let script = |mut stream: TcpStream| {
        let mut header = [0; 8];
        if stream.read_exact(&mut header).is_ok() && header == HEADER {
            let close = peer::close("amqp:unauthorized-access", "who are you");
            let _ = stream.write_all(&[&HEADER[..], &peer::open(), &close].concat());
            peer::swallow(stream);
        } else {
            // The broker sends its own header, and then hangs up (AMQP 1.0 part 2.2).
            let _ = stream.write_all(&HEADER);
        }
    };
    let url = format!("amqp://localhost:{}", peer::listen(script).0);
    let ended = bench.run(&to(bench.config(), &[&url]), &images(1)).expect(77);
    ended.says("who are you");
}

#[test]
fn brokers_that_demand_sasl_get_it() {
    for mechanism in ["EXTERNAL", "ANONYMOUS"] {
        let bench = Bench::with(|options| {
            options.sasl.required = true;
            options.sasl.mechanisms = vec![mechanism.to_owned()];
        });
        bench.run(&bench.config(), &images(1)).expect(0);
        let record = bench.record();
        assert_eq!(record.connections.last().unwrap().sasl_mechanism.as_deref(), Some(mechanism));
        assert_eq!(record.requests.len(), 1);
    }
    let bench = Bench::with(|options| options.sasl.required = true);
    let ended = bench.run(&bench.config().set("sasl", "none"), &images(1)).expect(77);
    ended.says("the broker requires SASL");
}

/// Of a broker that offers only what the client cannot or may not use: the error says what to set, in one line.
#[test]
fn a_broker_whose_mechanisms_do_not_suit_is_explained() {
    for (offered, tls, set, expected) in [
        (&["PLAIN"][..], true, None, "PLAIN; set username and password_file"),
        (&["PLAIN"], false, None, "PLAIN; set username and password_file with amqps://"),
        (
            &["SCRAM-SHA-256", "GSSAPI"],
            true,
            None,
            "SCRAM-SHA-256 and GSSAPI; the client supports only EXTERNAL, PLAIN and ANONYMOUS",
        ),
        (
            &["XOAUTH2"],
            true,
            None,
            "XOAUTH2; the client supports only EXTERNAL, PLAIN and ANONYMOUS",
        ),
        (&["EXTERNAL"], false, None, "EXTERNAL; set messaging_cert_key with amqps://"),
        (&["EXTERNAL"], true, Some("anonymous"), "EXTERNAL; set sasl: external"),
        (&["ANONYMOUS"], true, Some("external"), "ANONYMOUS; set sasl: anonymous"),
        (
            &["EXTERNAL"],
            true,
            Some("plain"),
            "EXTERNAL; set sasl: external, and remove username and password_file",
        ),
    ] {
        let bench = Bench::with(|options| {
            options.sasl.required = true;
            options.sasl.mechanisms = offered.iter().map(|name| (*name).to_owned()).collect();
        });
        let url = if tls { bench.sandbox.amqps_url() } else { bench.sandbox.amqp_url() };
        let mut config = to(bench.config(), &[&url]);
        if let Some(sasl) = set {
            config = config.set("sasl", sasl);
        }
        if set == Some("plain") {
            let file = bench.file("password", "secret");
            config = config.set("username", "me").set("password_file", &file.display().to_string());
        }
        let ended = bench.run(&config, &images(1)).expect(77);
        took_between(&ended, 0.0, 5.0);
        ended.says_once(&format!("login refused: the broker offers only {expected}\n"));
        let said = ended.stderr.to_lowercase();
        assert!(!said.contains("mech=") && !said.contains("authentication failed"), "{said}");
    }
}

/// The next broker would refuse the receiver as well.
fn a_refused_receiver_is_not_tried_with_the_next_broker(protocol: Protocol) {
    let refusal = Refusal { condition: "amqp:not-allowed".into(), description: None };
    let bench = protocol.misbehaving(vec![Rule::new(When::ReceiverLink, LinkAct::Refuse(refusal))]);
    let next = protocol.bench();
    let config = to(bench.config(), &[&bench.url(), &next.url()]);
    bench.run(&config, &images(1)).expect(77);
    assert_eq!(next.record().connections.len(), 0);
}
