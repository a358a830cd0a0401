//! The signing server as a client of a broker: here, of a sandbox without a signing server.

mod common;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use amqp_sandbox::{
    AmqpMessage, Options, Sandbox,
    remote::{Mechanism, RemoteSigner, Service, Settings},
};
use common::{Client, LIMIT, TestSandbox, receive_text, request};
use serde_json::{Value, json};
use tokio::net::TcpSocket;

fn broker(change: impl FnOnce(&mut Options)) -> TestSandbox {
    TestSandbox::start(|options| {
        options.signing.clear();
        change(options);
    })
}

fn settings(sandbox: &Sandbox) -> Settings {
    Settings {
        brokers: vec![sandbox.amqps_url()],
        certificate: Some(sandbox.client_pem()),
        ca: Some(sandbox.ca_file()),
        sasl: Mechanism::None,
        username: "signer".to_owned(),
        password_file: None,
        hostname: None,
        services: vec![Service {
            requests: "queue://in".to_owned(),
            replies: "queue://out".to_owned(),
        }],
        durable: true,
        keys: sandbox.dir().join("keys"),
    }
}

fn blob(id: &str) -> AmqpMessage {
    request("gpg_signature", &json!({"artifact": "YQ==", "request_id": id}))
}

/// Sends one request, and returns the id in its reply.
async fn ask(client: &mut Client, id: &str) -> String {
    let mut sender = client.sender("queue://in").await;
    let mut receiver = client.receiver("queue://out").await;
    assert!(sender.send(blob(id)).await.unwrap().is_accepted());
    let reply: Value = serde_json::from_str(&receive_text(&mut receiver).await).unwrap();
    assert!(reply["msg"]["signed_payload"].is_string(), "{reply}");
    reply["msg"]["request_id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_by_every_login() {
    for (sasl, mechanism) in [
        (Mechanism::None, None),
        (Mechanism::Anonymous, Some("ANONYMOUS")),
        (Mechanism::External, Some("EXTERNAL")),
        (Mechanism::Plain, Some("PLAIN")),
    ] {
        let sandbox = broker(|options| {
            options.sasl.required = mechanism.is_some();
            options.sasl.user = Some(("signer".to_owned(), "secret".to_owned()));
        });
        let password = sandbox.dir().join("password");
        fs::write(&password, "secret\n").unwrap();
        let signer = RemoteSigner::start(
            Settings { sasl, password_file: Some(password), ..settings(&sandbox) },
            |_| {},
        )
        .unwrap();
        let seen = signer.wait_for(LIMIT, |seen| seen.attached == 1).unwrap();
        assert!(seen.requests.is_empty());
        let connections = sandbox.record().connections;
        assert_eq!(connections.last().unwrap().sasl_mechanism.as_deref(), mechanism);
        assert_eq!(connections.last().unwrap().certificate_subject.as_deref(), Some(SUBJECT));
    }
    let sandbox = broker(|_| {});
    let _signer = RemoteSigner::start(settings(&sandbox), |_| {}).unwrap();
    assert_eq!(ask(&mut Client::connect(&sandbox).await, "one").await, "one");
}

const SUBJECT: &str = "O=Sandbox,CN=sandbox-client,UID=sandbox";

/// A request that is not settled when the connection ends is delivered again.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_reply_comes_again_after_the_connection_is_lost() {
    let sandbox = broker(|_| {});
    let signer = RemoteSigner::start(settings(&sandbox), |_| {}).unwrap();
    signer.hold(true);
    let mut sender = Client::connect(&sandbox).await;
    let mut requests = sender.sender("queue://in").await;
    assert!(requests.send(blob("held")).await.unwrap().is_accepted());
    signer.wait_for(LIMIT, |seen| seen.requests == ["held"]).unwrap();
    sandbox.cut_connections();
    let seen = signer.wait_for(LIMIT, |seen| seen.requests == ["held", "held"]).unwrap();
    assert_eq!((seen.attached, seen.settled), (2, 0));
    signer.hold(false);
    signer.wait_for(LIMIT, |seen| seen.settled == 1).unwrap();
    let mut client = Client::connect(&sandbox).await;
    let mut replies = client.receiver("queue://out").await;
    assert!(receive_text(&mut replies).await.contains("held"));
    assert_eq!(signer.seen().requests.len(), 2);
}

/// A reply that the broker does not accept leaves its request unsettled.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_not_settled_before_its_reply_is_accepted() {
    let sandbox = TestSandbox::start(|options| {
        options.signing.clear();
        options.behaviours = vec!["reject@address=queue://out".parse().unwrap()];
    });
    let signer = RemoteSigner::start(settings(&sandbox), |_| {}).unwrap();
    let mut client = Client::connect(&sandbox).await;
    let mut requests = client.sender("queue://in").await;
    assert!(requests.send(blob("refused")).await.unwrap().is_accepted());
    let seen = signer.wait_for(LIMIT, |seen| seen.requests.len() >= 3).unwrap();
    assert_eq!(seen.settled, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_broker_is_used_and_the_key_is_kept() {
    let sandbox = broker(|_| {});
    // Bound and not listening: connections are refused, and no other test gets the port.
    let kept = TcpSocket::new_v4().unwrap();
    kept.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let closed = kept.local_addr().unwrap().port();
    let mut settings = settings(&sandbox);
    settings.brokers.insert(0, format!("amqps://localhost:{closed}"));
    let public = settings.keys.join("signing-key.asc");
    let mut keys = Vec::new();
    for id in ["one", "two"] {
        let _signer = RemoteSigner::start(settings.clone(), |_| {}).unwrap();
        // A request that the first one has left unsettled may be answered again, before the second request.
        ask(&mut Client::connect(&sandbox).await, id).await;
        keys.push(fs::read(&public).unwrap());
    }
    assert_eq!(keys[0], keys[1]);
}

/// A process that ends with the test, whatever happens.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amqp-sandbox"));
    command.args(["signer", "--config"]).arg(config).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_says_when_it_is_attached() {
    let sandbox = broker(|_| {});
    let config = sandbox.dir().join("signer.yaml");
    let text = format!(
        "brokers: [{}]\nca: {}\ncertificate: {}\nsasl: external\nkeys: {}\nservices: [{{requests: queue://in, replies: queue://out}}]\n",
        sandbox.amqps_url(),
        sandbox.ca_file().display(),
        sandbox.client_pem().display(),
        sandbox.dir().join("keys").display(),
    );
    fs::write(&config, &text).unwrap();
    let mut signer = Ending(start(&config).spawn().unwrap());
    let mut lines = BufReader::new(signer.0.stdout.take().unwrap()).lines();
    assert_eq!(
        lines.next().unwrap().unwrap(),
        format!("attached to queue://in on {}", sandbox.amqps_url())
    );
    assert_eq!(ask(&mut Client::connect(&sandbox).await, "one").await, "one");

    for (wrong, says) in [("sasl: external", "sasl: magic"), ("keys", "kesy")]
        .map(|(from, to)| (text.replacen(from, to, 1), to))
    {
        fs::write(&config, wrong).unwrap();
        let output = start(&config).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        let word = says.rsplit(' ').next().unwrap();
        assert!(said.contains("signer.yaml") && said.contains(word), "{said}");
    }
}
