//! Certificates of both sides: they are checked before anything is sent, and errors name the reason.

mod alerts;
mod broker;
mod certificate;
mod credentials;
mod ports;

use std::net::TcpStream;

use amqp_sandbox::pki::{Authority, Identity, Subject, Validity};
use openssl::ssl::{SslAcceptor, SslMethod};

use crate::{
    harness::{Bench, Config, Ended, Protocol, images},
    peer,
};

pub fn with_server(certificate: Identity) -> Bench {
    serving(Protocol::Amqp, certificate)
}

pub fn serving(protocol: Protocol, certificate: Identity) -> Bench {
    protocol.bench_with(|options| options.server_certificate = Some(certificate))
}

/// A broker that fails verification gets nothing: no Open or CONNECT, no request, no second attempt.
#[track_caller]
pub fn refuses(bench: &Bench, config: &Config, reason: &str) {
    let ended = bench.run(&config.clone().patience(1, 1, 1), &images(2)).expect(77);
    ended.says(reason);
    assert_eq!(ended.document()["operation_results"], serde_json::json!(["", ""]));
    let record = bench.record();
    assert!(!record.connections.is_empty(), "the broker was contacted");
    assert!(
        record.connections.iter().all(|it| it.protocol_header.is_none() && it.mqtt.is_none()),
        "{record:?}"
    );
    assert_eq!(record.requests.len(), 0);
    assert_eq!(record.connections.len(), 1, "trying again cannot help");
}

pub fn trusting(bench: &Bench, authority: &Authority) -> Config {
    let ca = bench.file("authority.pem", authority.pem().unwrap());
    bench.config().set("messaging_ca_cert", &ca.display().to_string())
}

/// A TLS server with OpenSSL's defaults, which the test changes.
pub fn acceptor(
    bench: &Bench,
    change: impl FnOnce(&mut openssl::ssl::SslAcceptorBuilder),
) -> SslAcceptor {
    let identity = bench.sandbox.authority().server(&["localhost"], Validity::default()).unwrap();
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    builder.set_certificate(&identity.certificate).unwrap();
    builder.set_private_key(&identity.key).unwrap();
    change(&mut builder);
    builder.build()
}

pub fn serve(acceptor: SslAcceptor) -> u16 {
    let script = move |stream: TcpStream| {
        if let Ok(tls) = acceptor.accept(stream) {
            peer::swallow(tls);
        }
    };
    peer::listen(script).0
}

pub fn to_port(config: Config, scheme: &str, port: u16) -> Config {
    config.set("messaging_brokers", &format!("[\"{scheme}://localhost:{port}\"]")).patience(1, 1, 1)
}

pub fn with_file(bench: &Bench, key: &str, name: &str, content: impl AsRef<[u8]>) -> Config {
    bench.config().set(key, &bench.file(name, content).display().to_string())
}

/// A wrong file is named with its defect before anything connects.
#[track_caller]
pub fn rejects(bench: &Bench, config: &Config, name: &str, reason: &str) -> Ended {
    let before = bench.record().connections.len();
    let ended = bench.run(config, &images(1)).expect(78);
    let told = ended.reported();
    let [line] = &told.lines().collect::<Vec<_>>()[..] else { panic!("more than a line:\n{told}") };
    assert!(
        line.contains(name) && line.contains(reason),
        "{reason:?} of {name} is not in:\n{told}"
    );
    assert_eq!(ended.stdout, "");
    assert_eq!(bench.record().connections.len(), before);
    ended
}

pub fn client(bench: &Bench, validity: Validity) -> Identity {
    bench.sandbox.authority().client(Subject::common_name("me"), validity).unwrap()
}
