//! Handshakes with brokers whose certificates have names of all kinds.

use std::{
    io::Read,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::mpsc,
    thread,
    time::Duration,
};

use amqp_sandbox::pki::{Authority, Identity, Validity};
use openssl::ssl::{AlpnError, NameType, SslAcceptor, SslMethod, select_next_proto};

use super::{TlsContext, TlsStream};
use crate::{
    config::TlsVerify,
    deadline::Deadline,
    error::{Phase, TlsCause},
    stop::Stop,
    transport::ration::Rationed,
    transport::{clock, network::Fault},
};

struct Bench {
    authority: Authority,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { authority: Authority::new("CA").unwrap(), folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join("ca.pem");
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The result of a handshake with a host of this name, and the name that the client sent.
    fn handshake(
        &self,
        server: &Identity,
        host: &str,
    ) -> (Result<TlsStream, Fault>, Option<String>) {
        self.handshake_with(server, host, &[], &[])
    }

    /// The same if the client and the server have these protocols (ALPN), the client's in its order.
    fn handshake_with(
        &self,
        server: &Identity,
        host: &str,
        alpn: &[&str],
        served: &'static [u8],
    ) -> (Result<TlsStream, Fault>, Option<String>) {
        let ca = self.file(&self.authority.pem().unwrap());
        let alpn: Vec<_> = alpn.iter().map(ToString::to_string).collect();
        let context = TlsContext::new(Some(&ca), None, TlsVerify::Full, &alpn).unwrap();
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        builder.set_certificate(&server.certificate).unwrap();
        builder.set_private_key(&server.key).unwrap();
        let (sender, names) = mpsc::channel();
        builder.set_servername_callback(move |ssl, _| {
            let name = ssl.servername(NameType::HOST_NAME).map(str::to_owned);
            sender.send(name).map_err(|_| openssl::ssl::SniError::NOACK)
        });
        if !served.is_empty() {
            builder.set_alpn_select_callback(move |_, offered| {
                select_next_proto(served, offered).ok_or(AlpnError::ALERT_FATAL)
            });
        }
        let acceptor = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        tcp.set_nonblocking(true).unwrap();
        let peer = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            if let Ok(mut tls) = acceptor.accept(stream) {
                let _ended = tls.read(&mut [0]);
            }
        });
        let deadline = Deadline::after(clock::now(), Duration::from_secs(60), Phase::Tls);
        let stop = Stop::default();
        let mut tls = TlsStream::new(&context, host, Rationed::new(tcp)).unwrap();
        let result = tls.handshake(&deadline, &stop).map(|()| {
            tls.shutdown();
            tls
        });
        peer.join().unwrap();
        (result, names.try_recv().unwrap_or_default())
    }
}

#[test]
fn a_host_is_checked_and_sent_in_each_of_its_spellings() {
    let bench = Bench::new();
    let server = bench
        .authority
        .server(
            &["Broker.example.com", "*.wild.example.com", "10.0.0.1", "fe80::1"],
            Validity::default(),
        )
        .unwrap();
    for (host, sent) in [
        ("broker.example.com", Some("broker.example.com")),
        ("BROKER.Example.com", Some("broker.example.com")),
        ("broker.example.com.", Some("broker.example.com")),
        ("a.wild.example.com", Some("a.wild.example.com")),
        ("10.0.0.1", None),
        ("10.1", None),
        ("fe80::1", None),
        ("FE80:0::1", None),
        ("fe80::1%lo", None),
        ("fe80::1%25eth0", None),
    ] {
        let (result, name) = bench.handshake(&server, host);
        assert!(result.is_ok(), "{host}: {:?}", result.err());
        assert_eq!(name.as_deref(), sent, "{host}");
    }
}

#[test]
fn a_certificate_for_another_host_names_those_that_it_is_for() {
    let bench = Bench::new();
    for (names, host, shown) in [
        (&["broker.example.com"][..], "example.com", "\"broker.example.com\""),
        (&["broker.example.com"], "broker.example.com.evil.com", "\"broker.example.com\""),
        // A wildcard is a whole label, the first one, and stands for one.
        (&["b*.example.com"], "broker.example.com", "\"b*.example.com\""),
        (&["*r.example.com"], "broker.example.com", "\"*r.example.com\""),
        (&["b*r.example.com"], "broker.example.com", "\"b*r.example.com\""),
        (&["*.example.com"], "a.b.example.com", "\"*.example.com\""),
        (&["*.example.com"], "example.com", "\"*.example.com\""),
        (&["*.com"], "example.com", "\"*.com\""),
        (&["*"], "localhost", "\"*\""),
        (&["10.0.0.1", "x"], "10.0.0.2", "\"10.0.0.1\", \"x\""),
        // An address counts only as one.
        (&["x"], "10.0.0.2", "\"x\""),
        (&["fe80::1"], "fe80::2%lo", "\"fe80::1\""),
        (
            &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"],
            "k",
            "\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\" and 2 more",
        ),
    ] {
        let server = bench.authority.server(names, Validity::default()).unwrap();
        let Err(Fault::Untrusted(cause, problem)) = bench.handshake(&server, host).0 else {
            panic!("{host} is accepted for {names:?}");
        };
        let expected = format!("is not for \"{host}\", the host in the URL; it is for {shown}");
        assert!(cause == TlsCause::OtherHost && problem.ends_with(&expected), "{problem}");
    }
}

/// As servers choose that have several protocols on one port: the first of the client's that they know, or they refuse.
#[test]
fn the_protocols_of_the_configuration_are_offered() {
    let bench = Bench::new();
    let server = bench.authority.server(&["b"], Validity::default()).unwrap();
    let long = "l".repeat(255);
    for (offered, served, chosen) in [
        (&[][..], &b""[..], None),
        (&["x-amzn-mqtt-ca"], b"", None),
        (&["x-amzn-mqtt-ca"], b"\x0ex-amzn-mqtt-ca", Some("x-amzn-mqtt-ca")),
        (&["one", &long, "mqtt"], b"\x04mqtt", Some("mqtt")),
        (&["one", "mqtt"], b"\x04mqtt\x03one", Some("mqtt")),
        // A server with such a list leaves a client without one alone.
        (&[], b"\x04mqtt", None),
    ] {
        let (result, _) = bench.handshake_with(&server, "b", offered, served);
        let tls = result.unwrap_or_else(|_| panic!("{offered:?} is refused")).facts();
        assert_eq!(tls.alpn.as_deref(), chosen, "{offered:?}");
    }
    let (result, _) = bench.handshake_with(&server, "b", &["amqp"], b"\x04mqtt");
    let Err(Fault::Alert(120, words)) = result else { panic!("{:?}", result.err()) };
    assert_eq!(words, "no application protocol");
}
