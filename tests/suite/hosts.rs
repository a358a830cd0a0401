//! Names with several addresses, in every spelling, and look-ups that never end.

use std::{
    fs::File,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    thread,
};

use amqp_frames::{HEADER, SASL_HEADER, sasl_mechanisms, sasl_outcome};
use openssl::ssl::{SslAcceptor, SslMethod};

use crate::{
    harness::{
        Bench, Config, Ended, Program, Protocol, can_name, images, signal, took_between, with_names,
    },
    peer::{
        self,
        mqtt::{self, refused},
    },
};

over_both!(
    the_next_address_is_used_whatever_goes_wrong_with_the_one_before,
    every_address_is_named_with_its_reason,
    a_host_is_found_and_verified_in_every_legal_spelling,
    a_look_up_that_never_ends_hides_no_signal_and_no_deadline,
);

/// What a connection to an address meets.
type Script = Box<dyn Fn(TcpStream) + Send>;

fn port_of(url: &str) -> u16 {
    url.rsplit_once(':').unwrap().1.parse().unwrap()
}

fn at(last: u8, port: u16) -> SocketAddr {
    ([127, 0, 0, last], port).into()
}

fn to(config: Config, url: &str) -> Config {
    config.set("messaging_brokers", &format!("[\"{url}\"]"))
}

/// The program with a broker whose name has these addresses.
fn named(bench: &Bench, config: &Config, addresses: &str) -> Program {
    let mut program = bench.program(config, &images(1));
    with_names(&mut program, &[("localhost", addresses)]);
    program
}

/// TLS by a broker of another authority.
fn untrusted() -> Script {
    let stranger = Bench::new();
    let identity = stranger.sandbox.authority().server(&["localhost"], Default::default()).unwrap();
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    builder.set_certificate(&identity.certificate).unwrap();
    builder.set_private_key(&identity.key).unwrap();
    let acceptor = builder.build();
    Box::new(move |stream| drop(acceptor.accept(stream)))
}

/// Answers the first bytes with these, and hangs up after a while.
fn answering(answer: &[u8]) -> Script {
    let answer = answer.to_vec();
    Box::new(move |mut stream| {
        if stream.read(&mut [0; 4096]).is_ok() {
            let _ = stream.write_all(&answer);
            peer::swallow(stream);
        }
    })
}

/// A broker whose login fails for a temporary reason (AMQP 1.0 part 5.3.3.6).
fn sasl_fails_for_now() -> Script {
    let mechanisms = sasl_mechanisms(&["ANONYMOUS"]).encode();
    let answer = [&SASL_HEADER[..], &mechanisms, &sasl_outcome(4).encode()].concat();
    answering(&answer)
}

/// A broker of MQTT that lets the client in, and does not let it subscribe for now.
fn refusing_to_subscribe() -> Script {
    Box::new(|stream| {
        let mut peer = mqtt::Peer::connected(stream).unwrap();
        let id = peer.subscribe().unwrap().id();
        let _ = peer.answer(&mqtt::suback(id, 0x97));
        peer::swallow(peer.stream);
    })
}

fn closing(condition: &str) -> Vec<u8> {
    [&HEADER[..], &peer::open(), &peer::close(condition, "not here")].concat()
}

/// Whatever goes wrong with the first address, the second is used, and named.
fn the_next_address_is_used_whatever_goes_wrong_with_the_one_before(protocol: Protocol) {
    if !can_name() {
        return;
    }
    let silent: fn() -> Script = || Box::new(peer::swallow);
    let hang_up: fn() -> Script = || Box::new(drop);
    let mut cases: Vec<(bool, &str, Option<Script>)> = vec![
        (true, "refused", None),
        (true, "silent", Some(silent())),
        (true, "hang-up", Some(hang_up())),
        (true, "garbage", Some(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"))),
        (true, "alert", Some(answering(&[0x15, 3, 3, 0, 2, 2, 80]))),
        (true, "certificate", Some(untrusted())),
        (false, "silent", Some(silent())),
        (false, "hang-up", Some(hang_up())),
        (false, "garbage", Some(answering(b"SSH-2.0-OpenSSH"))),
    ];
    cases.extend(match protocol {
        Protocol::Amqp => vec![
            (false, "SASL", Some(sasl_fails_for_now())),
            (false, "maintenance", Some(answering(&closing("amqp:connection:forced")))),
            (false, "refusal", Some(answering(&closing("amqp:unauthorized-access")))),
        ],
        Protocol::Mqtt => vec![
            (false, "maintenance", Some(answering(&refused(0x88)))),
            (false, "refusal", Some(answering(&refused(0x87)))),
            (false, "subscription", Some(refusing_to_subscribe())),
        ],
    });
    for (tls, name, script) in cases {
        let bench = protocol.bench();
        let url = if tls { bench.url() } else { bench.plain_url() };
        let port = port_of(&url);
        if let Some(script) = script {
            peer::listen_at(at(2, port), script);
        }
        let mut config = to(bench.config(), &url).set("connect_timeout", "2");
        if name == "SASL" {
            config = config.set("sasl", "anonymous");
        }
        let ended = named(&bench, &config, "127.0.0.2,127.0.0.1").run().expect(0);
        ended.logs(&format!("connected to {url} (127.0.0.1:{port})"));
        if name != "refused" {
            ended.logs(&format!("{url} (127.0.0.2:{port}): "));
        }
        took_between(&ended, 0.0, 4.0);
    }
}

/// Each address has its reason, and its share of the time.
fn every_address_is_named_with_its_reason(protocol: Protocol) {
    if !can_name() {
        return;
    }
    let bench = protocol.bench();
    let listener = TcpListener::bind("127.0.0.2:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    peer::listen_at(at(3, port), answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    let url = format!("{}s://localhost:{port}", protocol.scheme());
    let config = to(bench.config(), &url).patience(1, 1, 1).set("connect_timeout", "3");
    let ended = named(&bench, &config, "127.0.0.2,127.0.0.3,127.0.0.4").run().expect(69);
    ended
        .says(&format!("{url} (127.0.0.2:{port}): tls: no answer within 1 s"))
        .says(&format!("{url} (127.0.0.3:{port}): tls: the port does not speak TLS"))
        .says(&format!("{url} (127.0.0.4:{port}): tcp failed: Connection refused"));
    took_between(&ended, 1.0, 4.0);
}

/// Passes bytes on to a port of 127.0.0.1.
fn proxy(port: u16) -> Script {
    Box::new(move |stream| {
        let broker = TcpStream::connect(at(1, port)).unwrap();
        let (mut from, mut back) = (stream.try_clone().unwrap(), broker.try_clone().unwrap());
        let mut to = broker;
        thread::spawn(move || {
            let mut stream = stream;
            let _ = io::copy(&mut back, &mut stream);
            let _ = stream.shutdown(std::net::Shutdown::Both);
        });
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Both);
    })
}

/// The broker's certificate has the plain spelling, which is also the one that it is asked for.
fn a_host_is_found_and_verified_in_every_legal_spelling(protocol: Protocol) {
    if !can_name() {
        return;
    }
    let scheme = protocol.or("amqps", "mqtts");
    const NAMES: [&str; 4] = ["broker.test", "under_score.test", "xn--brker-jua.test", "1st.test"];
    let bench = protocol.bench();
    let identity = bench.sandbox.authority().server(&NAMES, Default::default()).unwrap();
    let server = protocol.bench_with(|options| {
        options.authority = Some(bench.sandbox.authority().clone());
        options.server_certificate = Some(identity);
    });
    let cases = NAMES.map(|name| (name.to_owned(), name)).into_iter().chain([
        ("broker.test.".to_owned(), "broker.test"),
        ("BROKER.Test".to_owned(), "broker.test"),
    ]);
    for (host, expected) in cases {
        let port = port_of(&server.url());
        let config = to(server.config(), &format!("{scheme}://{host}:{port}"));
        let mut program = server.program(&config, &images(1));
        with_names(&mut program, &[(&host, "127.0.0.1")]).run().expect(0);
        let name = server.record().connections.last().unwrap().server_name.clone();
        assert_eq!(name.unwrap().to_ascii_lowercase(), expected, "{host}");
    }
    // An address is not asked for by name; that of an interface is verified without the interface.
    let port = port_of(&bench.url());
    let (v6, _) = peer::listen_at("[::1]:0".parse().unwrap(), proxy(port));
    for url in [
        format!("{scheme}://127.0.0.1:{port}"),
        format!("{scheme}://[::1]:{v6}"),
        format!("{scheme}://[0:0::1]:{v6}"),
        format!("{scheme}://[::1%1]:{v6}"),
    ] {
        let ended = bench.run(&to(bench.config(), &url), &images(1)).expect(0);
        ended.logs(&format!("connected to {url}\n"));
        assert_eq!(bench.record().connections.last().unwrap().server_name, None, "{url}");
    }
}

/// A program that looks up a name forever; `during` gets it once it does.
fn looking_up(protocol: Protocol, set: impl Fn(Config) -> Config, during: impl Fn(u32)) -> Ended {
    let bench = protocol.bench();
    let fifo = bench.file("asked", "");
    std::fs::remove_file(&fifo).unwrap();
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let config = set(to(bench.config(), &format!("{}s://never.test:5671", protocol.scheme())));
    let mut program = bench.program(&config, &images(1));
    with_names(&mut program, &[("never.test", "never")]).command.env("NAMES_ASKED", &fifo);
    let running = program.start();
    File::open(&fifo).unwrap().read_exact(&mut [0]).unwrap();
    during(running.id());
    running.wait()
}

fn a_look_up_that_never_ends_hides_no_signal_and_no_deadline(protocol: Protocol) {
    if !can_name() {
        return;
    }
    let ended =
        looking_up(protocol, |config| config, |process| signal("TERM", process)).expect(143);
    took_between(&ended, 0.0, 5.0);
    let ended = looking_up(protocol, |config| config.set("deadline", "1"), |_| {}).expect(124);
    took_between(&ended, 1.0, 5.0);
    let short = |config: Config| config.set("connect_timeout", "1").patience(1, 1, 1);
    let ended = looking_up(protocol, short, |_| {}).expect(69);
    ended.says(&format!("{}s://never.test:5671: resolve: no answer within 1 s", protocol.scheme()));
    took_between(&ended, 1.0, 5.0);
}
