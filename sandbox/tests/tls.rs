//! TLS, certificates and SASL.

mod common;

use std::{
    io::{Read, Write},
    pin::Pin,
};

use amqp_sandbox::{
    Options, Sandbox,
    pki::{Authority, Identity, Subject, Validity, self_signed_server},
    record::ConnectionRecord,
};
use common::{Client, LIMIT, TestSandbox, send};
use fe2o3_amqp::{
    Connection,
    connection::{ConnectionHandle, OpenError},
    sasl_profile::SaslProfile,
};
use mqtt_proto::v5::Packet;
use openssl::{
    pkey::PKey,
    ssl::{SslConnector, SslConnectorBuilder, SslFiletype, SslMethod, SslOptions, SslVersion},
};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// A connector that trusts the sandbox and presents its client certificate.
fn connector(sandbox: &Sandbox) -> SslConnectorBuilder {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.set_ca_file(sandbox.ca_file()).unwrap();
    let pem = sandbox.client_pem();
    builder.set_certificate_chain_file(&pem).unwrap();
    builder.set_private_key_file(&pem, SslFiletype::PEM).unwrap();
    builder
}

/// Does the TLS handshake and opens an AMQP connection.
async fn open(
    sandbox: &Sandbox,
    builder: SslConnectorBuilder,
) -> Result<ConnectionHandle<()>, String> {
    let url = sandbox.amqps_url();
    let port = url.rsplit(':').next().unwrap();
    let socket = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    let configuration = builder.build().configure().unwrap();
    let ssl = configuration.into_ssl("localhost").unwrap();
    let mut stream = SslStream::new(ssl, socket).unwrap();
    let shaken = Pin::new(&mut stream).connect().await;
    shaken.map_err(|error| format!("handshake: {error}"))?;
    let opened = Connection::builder().container_id("tls-client").open_with_stream(stream).await;
    opened.map_err(|error| format!("open: {error:?}"))
}

/// The record of the first connection once it is closed.
fn closed(sandbox: &Sandbox) -> ConnectionRecord {
    let ended = |record: &amqp_sandbox::Record| record.connections[0].closed.is_some();
    let record = sandbox.wait_for(LIMIT, ended).unwrap();
    record.connections[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn client_and_broker_show_certificates() {
    let sandbox = TestSandbox::good();
    let connection = open(&sandbox, connector(&sandbox)).await.unwrap();
    let mut client = Client::begin(connection).await;
    let mut sender = client.sender("queue://tls").await;
    assert!(send(&mut sender, "over TLS").await.is_accepted());

    let record = &sandbox.record().connections[0];
    assert!(record.tls);
    assert_eq!(record.tls_version.as_deref(), Some("TLSv1.3"));
    assert_eq!(record.server_name.as_deref(), Some("localhost"));
    let subject = "O=Sandbox,CN=sandbox-client,UID=sandbox";
    assert_eq!(record.certificate_subject.as_deref(), Some(subject));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_good_certificate_is_turned_away() {
    let other = Authority::new("other CA").unwrap();
    let name = Subject::common_name("me");
    let foreign = other.client(name, Validity::default()).unwrap();
    let sandbox = TestSandbox::good();
    let past = Validity { from: -10, until: -1 };
    let expired = sandbox.authority().client(name, past).unwrap();
    for identity in [None, Some(foreign), Some(expired)] {
        let sandbox = TestSandbox::good();
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        builder.set_ca_file(sandbox.ca_file()).unwrap();
        if let Some(identity) = &identity {
            builder.set_certificate(&identity.certificate).unwrap();
            builder.set_private_key(&identity.key).unwrap();
        }
        assert!(open(&sandbox, builder).await.is_err());
        let record = closed(&sandbox);
        assert!(!record.opened);
        assert!(record.problems[0].starts_with("tls: "), "{record:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_versions_of_tls_are_turned_away() {
    let sandbox = TestSandbox::good();
    let mut builder = connector(&sandbox);
    builder.set_min_proto_version(None).unwrap();
    builder.set_max_proto_version(Some(SslVersion::TLS1_1)).unwrap();
    builder.clear_options(SslOptions::NO_TLSV1 | SslOptions::NO_TLSV1_1);
    // Without it OpenSSL itself does not even try.
    builder.set_cipher_list("DEFAULT:@SECLEVEL=0").unwrap();
    assert!(open(&sandbox, builder).await.is_err());
    assert!(closed(&sandbox).problems[0].starts_with("tls: "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_can_bring_its_own_server_certificate() {
    let start = |identity: Identity| {
        TestSandbox::start(|options: &mut Options| options.server_certificate = Some(identity))
    };
    let other = Authority::new("other CA").unwrap();
    let past = Validity { from: -10, until: -1 };
    let hosts = &["localhost"];
    let wrong = [
        self_signed_server(hosts).unwrap(),
        other.server(hosts, Validity::default()).unwrap(),
        other.server(hosts, past).unwrap(),
        other.server(&["elsewhere"], Validity::default()).unwrap(),
    ];
    for identity in wrong {
        let sandbox = start(identity);
        let error = open(&sandbox, connector(&sandbox)).await.unwrap_err();
        assert!(error.contains("certificate verify failed"), "{error}");
    }

    // Host name and date are checked only if the authority is the right one.
    let intermediate = other.intermediate("intermediate CA").unwrap();
    let cases = [
        (intermediate.server(hosts, Validity::default()), true),
        (intermediate.server(hosts, past), false),
        (intermediate.server(&["::1"], Validity::default()), false),
    ];
    for (identity, good) in cases {
        let sandbox = start(identity.unwrap());
        let ca = sandbox.dir().join("other-ca.pem");
        std::fs::write(&ca, other.pem().unwrap()).unwrap();
        let mut builder = connector(&sandbox);
        builder.set_ca_file(&ca).unwrap();
        let opened = open(&sandbox, builder).await;
        assert_eq!(opened.is_ok(), good, "{:?}", opened.err());
    }
}

#[test]
fn private_keys_can_be_encrypted() {
    let authority = Authority::new("CA").unwrap();
    let name = Subject::common_name("me");
    let client = authority.client(name, Validity::default()).unwrap();
    let pem = client.encrypted_key_pem(b"secret").unwrap();
    assert!(pem.starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    assert!(PKey::private_key_from_pem_passphrase(&pem, b"wrong").is_err());
    let key = PKey::private_key_from_pem_passphrase(&pem, b"secret").unwrap();
    assert!(key.public_eq(&client.key));
}

async fn open_with(
    sandbox: &Sandbox,
    profile: SaslProfile,
) -> Result<ConnectionHandle<()>, OpenError> {
    let builder = Connection::builder().container_id("sasl-client").sasl_profile(profile);
    builder.open(sandbox.amqp_url().as_str()).await
}

fn plain(password: &str) -> SaslProfile {
    SaslProfile::from(("user", password))
}

#[tokio::test(flavor = "multi_thread")]
async fn sasl_is_taken_but_not_asked_for() {
    let sandbox = TestSandbox::good();
    open_with(&sandbox, SaslProfile::Anonymous).await.unwrap();
    open_with(&sandbox, plain("any")).await.unwrap();
    Client::connect(&sandbox).await;
    let record = sandbox.record();
    let mechanisms: Vec<Option<&str>> =
        record.connections.iter().map(|connection| connection.sasl_mechanism.as_deref()).collect();
    assert_eq!(mechanisms, [Some("ANONYMOUS"), Some("PLAIN"), None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sasl_can_be_demanded_and_its_password_checked() {
    let sandbox = TestSandbox::start(|options| {
        options.sasl.required = true;
        options.sasl.user = Some(("user".to_owned(), "right".to_owned()));
    });
    let bare = Connection::open("bare", sandbox.amqp_url().as_str()).await;
    assert!(bare.is_err());
    assert!(open_with(&sandbox, plain("wrong")).await.is_err());
    open_with(&sandbox, plain("right")).await.unwrap();
    // The broker's Open does not wait for the client's.
    let opened = |record: &amqp_sandbox::Record| record.connections.iter().any(|c| c.opened);
    let record = sandbox.wait_for(LIMIT, opened).unwrap();
    assert_eq!(record.connections[0].protocol_header, Some(*b"AMQP\0\x01\0\0"));
    let opened: Vec<bool> = record.connections.iter().map(|c| c.opened).collect();
    assert_eq!(opened, [false, false, true]);
}

/// Over MQTT, where a client may name protocols by ALPN; the first is taken.
#[test]
fn mqtt_is_behind_the_same_tls() {
    for (with_certificate, alpn) in [(true, None), (true, Some("x-amzn-mqtt-ca")), (false, None)] {
        let sandbox = TestSandbox::good();
        let mut builder = connector(&sandbox);
        if !with_certificate {
            builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
            builder.set_ca_file(sandbox.ca_file()).unwrap();
        }
        if let Some(name) = alpn {
            let length = u8::try_from(name.len()).unwrap();
            let names = [&[length][..], name.as_bytes(), &[4], b"mqtt"].concat();
            builder.set_alpn_protos(&names).unwrap();
        }
        let url = sandbox.mqtts_url();
        let port = url.rsplit(':').next().unwrap();
        let socket = std::net::TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        // In TLS 1.3 a missing certificate is found out by what is read later.
        let mut stream = builder.build().connect("localhost", socket).unwrap();
        let connect = Packet::Connect(common::mqtt::connect("me", |_| {})).encode().unwrap();
        let answer = stream.write_all(connect.as_ref()).and_then(|()| {
            let mut connack = [0; 5];
            stream.read_exact(&mut connack).map(|()| connack)
        });
        drop(stream);
        let connection = closed(&sandbox);
        match with_certificate {
            true => {
                assert_eq!(answer.unwrap(), [0x20, 3, 0, 0, 0]);
                let subject = connection.certificate_subject.as_deref();
                assert_eq!(subject, Some("O=Sandbox,CN=sandbox-client,UID=sandbox"));
                assert_eq!(connection.alpn.as_deref(), alpn);
                assert!(connection.opened && connection.problems.is_empty());
            }
            false => {
                answer.unwrap_err();
                assert!(!connection.opened && connection.problems[0].starts_with("tls"));
            }
        }
    }
}
