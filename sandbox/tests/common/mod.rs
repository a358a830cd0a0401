//! A sandbox in its own directory, and a client made with the AMQP library.

// Each test file uses a part of this.
#![allow(dead_code)]

pub(crate) mod mqtt;

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use amqp_sandbox::types::messaging::{
    AmqpValue, ApplicationProperties, Body as AmqpBody, Message, Outcome, Properties, Target,
};
use amqp_sandbox::types::primitives::{SimpleValue, Value};
use amqp_sandbox::{AmqpMessage, Options, Rule, Sandbox};
use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::link::receiver::CreditMode;
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::{Connection, Delivery, Receiver, Sender, Session};

/// Much longer than any wait of a test.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// A sandbox whose files are removed when it is dropped.
pub(crate) struct TestSandbox {
    sandbox: Option<Sandbox>,
    dir: PathBuf,
}

impl TestSandbox {
    pub(crate) fn start(change: impl FnOnce(&mut Options)) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("amqp-sandbox-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        let mut options = Options::new(&dir);
        change(&mut options);
        let sandbox = Some(Sandbox::start(options).unwrap());
        Self { sandbox, dir }
    }

    pub(crate) fn good() -> Self {
        Self::start(|_| {})
    }

    pub(crate) fn with_rules(rules: &[&str]) -> Self {
        let rules: Vec<Rule> = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        Self::start(|options| options.behaviours = rules)
    }
}

impl Deref for TestSandbox {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        self.sandbox.as_ref().unwrap()
    }
}

impl Drop for TestSandbox {
    fn drop(&mut self) {
        self.sandbox.take();
        // Files that remain are in the directory for temporary files.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// One connection with one session.
pub(crate) struct Client {
    pub(crate) connection: ConnectionHandle<()>,
    pub(crate) session: SessionHandle<()>,
    links: u32,
}

impl Client {
    pub(crate) async fn connect(sandbox: &Sandbox) -> Self {
        let url = sandbox.amqp_url();
        let connection = Connection::open("test-client", url.as_str()).await.unwrap();
        Self::begin(connection).await
    }

    pub(crate) async fn begin(mut connection: ConnectionHandle<()>) -> Self {
        let session = Session::begin(&mut connection).await.unwrap();
        Self { connection, session, links: 0 }
    }

    fn link_name(&mut self) -> String {
        self.links += 1;
        format!("link-{}", self.links)
    }

    pub(crate) async fn sender(&mut self, address: &str) -> Sender {
        let name = self.link_name();
        let attached = Sender::attach(&mut self.session, name, address).await;
        attached.unwrap()
    }

    pub(crate) async fn anonymous_sender(&mut self) -> Sender {
        let builder = Sender::builder().name(self.link_name());
        let builder = builder.target(Target::default());
        builder.attach(&mut self.session).await.unwrap()
    }

    pub(crate) async fn receiver(&mut self, address: &str) -> Receiver {
        self.receiver_with_credit(address, CreditMode::Auto(100)).await
    }

    pub(crate) async fn receiver_with_credit(
        &mut self,
        address: &str,
        credit: CreditMode,
    ) -> Receiver {
        let builder = Receiver::builder().name(self.link_name());
        let builder = builder.source(address).credit_mode(credit);
        builder.attach(&mut self.session).await.unwrap()
    }
}

/// Sends a string and waits for the outcome.
pub(crate) async fn send(sender: &mut Sender, text: &str) -> Outcome {
    sender.send(text_message(text, None)).await.unwrap()
}

pub(crate) fn text_message(text: &str, to: Option<&str>) -> AmqpMessage {
    let value = AmqpBody::Value(AmqpValue(Value::String(text.to_owned())));
    Message {
        properties: to.map(|to| Properties::builder().to(to).build()),
        ..Message::from(value)
    }
}

/// A signing request as real clients send it.
pub(crate) fn request(mtype: &str, body: &serde_json::Value) -> AmqpMessage {
    let mut message = text_message(&body.to_string(), None);
    let mtype = SimpleValue::String(mtype.to_owned());
    let properties = ApplicationProperties::builder().insert("mtype", mtype);
    message.application_properties = Some(properties.build());
    message
}

/// Receives without settling.
pub(crate) async fn receive(receiver: &mut Receiver) -> Delivery<AmqpBody<Value>> {
    let received = tokio::time::timeout(LIMIT, receiver.recv()).await;
    received.expect("no message arrived").unwrap()
}

/// Receives and accepts.
pub(crate) async fn receive_text(receiver: &mut Receiver) -> String {
    let delivery = receive(receiver).await;
    receiver.accept(&delivery).await.unwrap();
    text(&delivery)
}

pub(crate) fn text(delivery: &Delivery<AmqpBody<Value>>) -> String {
    match delivery.body().try_as_value() {
        Ok(Value::String(text)) => text.clone(),
        other => panic!("expected a string, found {other:?}"),
    }
}
