//! The signing server as a client of a broker: here, of a sandbox without a signing server.

mod common;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use amqp_sandbox::{
    AmqpMessage, Options, Record, Sandbox,
    record::{DeliveryOutcome, End},
    remote::{Mechanism, Mqtt, MqttVersion, Properties, RemoteSigner, Service, Settings},
};
use common::{
    Client, LIMIT, TestSandbox,
    mqtt::{Mqtt as Mqtt5, blob as mqtt_blob, publish, reply},
    receive_text, request,
};
use mqtt_proto::v5::{Packet, RetainHandling, UserProperty};
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
        mqtt: Mqtt::default(),
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

    for (from, to, word) in [
        ("sasl: external", "sasl: magic", "magic"),
        ("keys", "kesy", "kesy"),
        ("amqps:", "mqtts:", "remove sasl"),
    ] {
        fs::write(&config, text.replacen(from, to, 1)).unwrap();
        let output = start(&config).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("signer.yaml") && said.contains(word), "{said}");
    }
}

fn over_mqtt(sandbox: &Sandbox, version: MqttVersion) -> Settings {
    Settings {
        brokers: vec![sandbox.mqtts_url()],
        services: vec![Service { requests: "topic://in".to_owned(), replies: "out".to_owned() }],
        mqtt: Mqtt { version, user_properties: Properties::Copied, ..Mqtt::default() },
        ..settings(sandbox)
    }
}

fn to_sign(id: u16, text: &str) -> Packet {
    let mut request = publish(id, "in", &mqtt_blob(text));
    let property = UserProperty { name: "mtype".into(), value: "gpg_signature".into() };
    request.properties.user_properties.push(property);
    request.properties.correlation_data = Some(text.as_bytes().to_vec().into());
    Packet::Publish(request)
}

#[test]
fn signs_over_mqtt_of_both_versions() {
    for version in [MqttVersion::V5, MqttVersion::V311] {
        let sandbox = broker(|_| {});
        let signer = RemoteSigner::start(over_mqtt(&sandbox, version), |_| {}).unwrap();
        signer.wait_for(LIMIT, |seen| seen.attached == 1).unwrap();
        let subject = sandbox.record().connections[0].certificate_subject.clone();
        assert_eq!(subject.as_deref(), Some(SUBJECT));
        let mut client = Mqtt5::new(&sandbox, "me");
        client.subscribe("out", RetainHandling::DoNotSend);
        for id in 1..=3 {
            client.send(&to_sign(id, &format!("number {id}")));
            assert_eq!(client.puback(), (id, 0));
            let message = client.message();
            assert_eq!(reply(&message).1, format!("number {id}"));
            let properties = &message.properties;
            let (names, data) = (properties.user_properties.len(), &properties.correlation_data);
            match version {
                MqttVersion::V5 => {
                    assert_eq!(
                        (names, data.as_deref()),
                        (1, Some(format!("number {id}").as_bytes()))
                    );
                }
                MqttVersion::V311 => assert_eq!((names, data), (0, &None)),
            }
        }
        let seen = signer.wait_for(LIMIT, |seen| seen.settled == 3).unwrap();
        assert_eq!(seen.requests, ["number 1", "number 2", "number 3"]);
        let record = sandbox.record();
        let level = record.connections[0].mqtt.as_ref().unwrap().level;
        assert_eq!(level, if version == MqttVersion::V5 { 5 } else { 4 });
        assert!(record.connections.iter().all(|c| c.problems.is_empty()), "{record:#?}");
    }
}

/// A request that is not acknowledged when the connection ends comes again, and is answered once it may be.
#[test]
fn over_mqtt_requests_are_acknowledged_in_order_after_their_replies() {
    let sandbox = broker(|options| options.mqtt_broker.in_flight = 10);
    let signer = RemoteSigner::start(over_mqtt(&sandbox, MqttVersion::V5), |_| {}).unwrap();
    signer.hold(true);
    signer.wait_for(LIMIT, |seen| seen.attached == 1).unwrap();
    let mut client = Mqtt5::resumed(&sandbox, "me").0;
    client.subscribe("out", RetainHandling::DoNotSend);
    for id in 1..=3 {
        client.send(&to_sign(id, &id.to_string()));
    }
    signer.wait_for(LIMIT, |seen| seen.requests.len() == 3).unwrap();
    sandbox.cut_connections();
    let seen = signer.wait_for(LIMIT, |seen| seen.requests.len() == 6).unwrap();
    assert_eq!((seen.attached, seen.delivered_before, seen.settled), (2, 3, 0));
    signer.hold(false);
    signer.wait_for(LIMIT, |seen| seen.settled == 3).unwrap();
    let acknowledged = |record: &Record| {
        let requests = record.deliveries.iter().filter(|d| d.address == "topic://in");
        requests.filter(|d| d.outcome == Some(DeliveryOutcome::Accepted)).count() == 3
    };
    let record = sandbox.wait_for(LIMIT, acknowledged).unwrap();
    let server = record.packets.iter().rfind(|packet| packet.kind == "SUBSCRIBE").unwrap();
    let sent = record.sent(server.connection, End::Client);
    assert_eq!(sent[..2], ["CONNECT", "SUBSCRIBE 1"]);
    let pubacks: Vec<_> = sent.iter().filter(|packet| packet.starts_with("PUBACK")).collect();
    assert_eq!(pubacks, ["PUBACK 1 0x00", "PUBACK 2 0x00", "PUBACK 3 0x00"]);
}

/// A reply that the broker does not take leaves its request unacknowledged.
#[test]
fn over_mqtt_a_request_is_not_acknowledged_before_its_reply_is() {
    let sandbox = TestSandbox::start(|options| {
        options.signing.clear();
        options.behaviours = vec!["puback=0x97@address=topic://out".parse().unwrap()];
    });
    let signer = RemoteSigner::start(over_mqtt(&sandbox, MqttVersion::V5), |_| {}).unwrap();
    signer.wait_for(LIMIT, |seen| seen.attached == 1).unwrap();
    let mut client = Mqtt5::new(&sandbox, "me");
    client.send(&to_sign(1, "refused"));
    let seen = signer.wait_for(LIMIT, |seen| seen.requests.len() >= 3).unwrap();
    assert_eq!((seen.settled, seen.delivered_before), (0, seen.requests.len() - 1));
}
