//! Links the broker does not want, frame by frame.
//!
//! By hand, because the library's client detaches on its own when it sees an attach without
//! terminus, and so may miss the broker's reason.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use amqp_sandbox::Sandbox;
use amqp_sandbox::types::definitions::{Error, Handle, ReceiverSettleMode, Role, SenderSettleMode};
use amqp_sandbox::types::messaging::{Source, Target, TargetArchetype};
use amqp_sandbox::types::performatives::{Attach, Begin, Detach, Open, Performative};
use common::{LIMIT, TestSandbox};

/// A client that sends only what a test says.
struct RawClient {
    stream: TcpStream,
    links: u32,
}

impl RawClient {
    /// Opens a connection and a session.
    fn connect(sandbox: &Sandbox) -> Self {
        let url = sandbox.amqp_url();
        let port = url.rsplit(':').next().unwrap().parse::<u16>().unwrap();
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut client = Self { stream, links: 0 };
        client.stream.write_all(b"AMQP\0\x01\0\0").unwrap();
        client.send(Performative::Open(Open {
            container_id: "raw".to_owned(),
            hostname: None,
            max_frame_size: Default::default(),
            channel_max: Default::default(),
            idle_time_out: None,
            outgoing_locales: None,
            incoming_locales: None,
            offered_capabilities: None,
            desired_capabilities: None,
            properties: None,
        }));
        client.send(Performative::Begin(Begin {
            remote_channel: None,
            next_outgoing_id: 0,
            incoming_window: 100,
            outgoing_window: 100,
            handle_max: Default::default(),
            offered_capabilities: None,
            desired_capabilities: None,
            properties: None,
        }));
        let mut header = [0; 8];
        client.stream.read_exact(&mut header).unwrap();
        assert_eq!(&header, b"AMQP\0\x01\0\0");
        assert!(matches!(client.next(), Performative::Open(_)));
        assert!(matches!(client.next(), Performative::Begin(_)));
        client
    }

    fn send(&mut self, performative: Performative) {
        let body = serde_amqp::to_vec(&performative).unwrap();
        let length = u32::try_from(body.len() + 8).unwrap();
        let head = [&length.to_be_bytes()[..], &[2, 0, 0, 0]].concat();
        self.stream.write_all(&[head, body].concat()).unwrap();
    }

    fn next(&mut self) -> Performative {
        let mut head = [0; 8];
        self.stream.read_exact(&mut head).unwrap();
        let length = u32::from_be_bytes(head[..4].try_into().unwrap());
        let mut body = vec![0; length as usize - 8];
        self.stream.read_exact(&mut body).unwrap();
        serde_amqp::from_slice(&body).unwrap()
    }

    /// Attaches, and returns the broker's attach.
    fn attach(&mut self, role: Role, source: Option<Source>, target: Option<Target>) -> Attach {
        self.links += 1;
        self.send(Performative::Attach(Attach {
            name: format!("raw-{}", self.links),
            handle: Handle(self.links),
            role: role.clone(),
            snd_settle_mode: SenderSettleMode::Mixed,
            rcv_settle_mode: ReceiverSettleMode::First,
            source: source.map(Box::new),
            target: target.map(|target| Box::new(TargetArchetype::Target(target))),
            unsettled: None,
            incomplete_unsettled: false,
            initial_delivery_count: (role == Role::Sender).then_some(0),
            max_message_size: None,
            offered_capabilities: None,
            desired_capabilities: None,
            properties: None,
        }));
        match self.next() {
            Performative::Attach(attach) => attach,
            other => panic!("{other:?}"),
        }
    }

    /// The error of the detach that comes next, and answers it.
    fn refused(&mut self) -> Error {
        loop {
            match self.next() {
                Performative::Detach(detach) => {
                    assert!(detach.closed);
                    self.send(Performative::Detach(Detach {
                        handle: Handle(self.links),
                        closed: true,
                        error: None,
                    }));
                    return detach.error.unwrap();
                }
                // No credit: harmless.
                Performative::Flow(flow) => assert_eq!(flow.link_credit, Some(0)),
                other => panic!("{other:?}"),
            }
        }
    }

    fn receiver_error(&mut self, source: Source) -> String {
        let attach = self.attach(Role::Receiver, Some(source), Some(Target::default()));
        assert_eq!(attach.source, None);
        format!("{:?}", self.refused().condition)
    }

    fn sender_error(&mut self, target: Option<Target>) -> String {
        let attach = self.attach(Role::Sender, Some(Source::default()), target);
        assert_eq!(attach.target, None);
        format!("{:?}", self.refused().condition)
    }
}

fn source(address: &str) -> Source {
    Source::builder().address(address).build()
}

fn target(address: &str) -> Target {
    Target::builder().address(address).build()
}

#[test]
fn links_are_refused_with_the_condition_of_a_rule() {
    let rules = [
        "refuse=amqp:unauthorized-access@receiver@address=queue://secret",
        "refuse=vendor:closed-today@sender@address=queue://missing",
    ];
    let sandbox = TestSandbox::with_rules(&rules);
    let mut client = RawClient::connect(&sandbox);
    let error = client.receiver_error(source("queue://secret"));
    assert_eq!(error, "AmqpError(UnauthorizedAccess)");
    let error = client.sender_error(Some(target("queue://missing")));
    assert_eq!(error, r#"Custom(Symbol("vendor:closed-today"))"#);
    // The other way round both are fine.
    let attach = client.attach(Role::Receiver, Some(source("queue://missing")), None);
    assert!(attach.source.is_some());
    let attach = client.attach(Role::Sender, None, Some(target("queue://secret")));
    assert!(attach.target.is_some());
}

#[test]
fn links_that_lead_nowhere_are_refused() {
    let sandbox = TestSandbox::start(|options| options.anonymous_relay = false);
    let mut client = RawClient::connect(&sandbox);
    assert_eq!(client.receiver_error(Source::default()), "AmqpError(InvalidField)");
    let dynamic = Source::builder().dynamic(true).build();
    assert_eq!(client.receiver_error(dynamic), "AmqpError(NotImplemented)");
    for anonymous in [None, Some(Target::default())] {
        assert_eq!(client.sender_error(anonymous), "AmqpError(NotAllowed)");
    }
}

#[test]
fn a_sender_without_credit_sees_no_flow() {
    let sandbox = TestSandbox::with_rules(&["no-credit@address=queue://stuck"]);
    let mut client = RawClient::connect(&sandbox);
    client.attach(Role::Sender, None, Some(target("queue://stuck")));
    // What comes next belongs to the next link.
    client.attach(Role::Sender, None, Some(target("queue://free")));
    match client.next() {
        Performative::Flow(flow) => {
            assert_eq!(flow.link_credit, Some(100));
            assert_eq!(flow.handle, Some(Handle(1)));
        }
        other => panic!("{other:?}"),
    }
}
