//! To which nodes messages go, and how receivers share them.
//!
//! The client needs its own threads: waiting for a record blocks the test's thread.

mod common;

use amqp_sandbox::{
    Body, Sandbox,
    record::{DeliveryOutcome, Direction},
    types::messaging::Outcome,
};
use common::{Client, LIMIT, TestSandbox, receive, receive_text, send, text, text_message};
use fe2o3_amqp::link::receiver::CreditMode;
use tokio::net::TcpSocket;

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_keeps_messages_in_order_for_who_comes_later() {
    let sandbox = TestSandbox::good();
    let mut client = Client::connect(&sandbox).await;
    let mut sender = client.sender("queue://kept").await;
    for text in ["a", "b", "c"] {
        assert!(send(&mut sender, text).await.is_accepted());
    }
    // The scheme makes no difference to a queue's name.
    let mut receiver = client.receiver("kept").await;
    for text in ["a", "b", "c"] {
        assert_eq!(receive_text(&mut receiver).await, text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_keeps_nothing_and_copies_to_all_there_are() {
    let sandbox = TestSandbox::good();
    let mut client = Client::connect(&sandbox).await;
    let mut sender = client.sender("topic://news").await;
    send(&mut sender, "missed by all").await;
    let mut one = client.receiver("topic://news").await;
    let mut two = client.receiver("topic://news").await;
    send(&mut sender, "for both").await;
    assert_eq!(receive_text(&mut one).await, "for both");
    assert_eq!(receive_text(&mut two).await, "for both");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_virtual_topic_fills_a_consumer_queue_from_its_first_subscription_on() {
    let sandbox = TestSandbox::good();
    let mut client = Client::connect(&sandbox).await;
    let mut sender = client.sender("topic://VirtualTopic.t").await;
    send(&mut sender, "too early").await;
    let queue = "queue://Consumer.me.7.VirtualTopic.t";
    client.receiver(queue).await.close().await.unwrap();
    send(&mut sender, "without a receiver").await;
    let mut receiver = client.receiver(queue).await;
    assert_eq!(receive_text(&mut receiver).await, "without a receiver");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_without_credit_does_not_hold_messages_up() {
    let sandbox = TestSandbox::good();
    let mut client = Client::connect(&sandbox).await;
    let mut idle = client.receiver_with_credit("shared", CreditMode::Manual).await;
    let mut busy = client.receiver_with_credit("shared", CreditMode::Manual).await;
    busy.set_credit(2).await.unwrap();
    for text in ["a", "b", "c"] {
        sandbox.publish("queue://shared", Body::Text(text.to_owned()), &[]);
    }
    assert_eq!(receive_text(&mut busy).await, "a");
    assert_eq!(receive_text(&mut busy).await, "b");
    // The third message is for the next receiver with credit.
    idle.set_credit(1).await.unwrap();
    assert_eq!(receive_text(&mut idle).await, "c");

    let record = sandbox.wait_for(LIMIT, |record| record.accepted().count() == 3).unwrap();
    let credits: Vec<Option<u32>> = record.links.iter().map(|l| l.initial_credit).collect();
    assert_eq!(credits, [Some(1), Some(2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_receiver_leaves_unsettled_comes_back_in_front() {
    let sandbox = TestSandbox::good();
    for text in ["a", "b", "c"] {
        sandbox.publish("queue://left", Body::Text(text.to_owned()), &[]);
    }
    let mut first = Client::connect(&sandbox).await;
    let mut receiver = first.receiver_with_credit("queue://left", CreditMode::Manual).await;
    receiver.set_credit(2).await.unwrap();
    receive(&mut receiver).await;
    receive(&mut receiver).await;
    receiver.close().await.unwrap();
    let lost = |record: &amqp_sandbox::Record| {
        let lost = Some(DeliveryOutcome::Lost);
        record.deliveries.iter().filter(|d| d.outcome == lost).count() == 2
    };
    sandbox.wait_for(LIMIT, lost).unwrap();

    let mut second = Client::connect(&sandbox).await;
    let mut receiver = second.receiver("queue://left").await;
    for text in ["a", "b", "c"] {
        assert_eq!(receive_text(&mut receiver).await, text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_of_receivers_decide_over_messages() {
    let sandbox = TestSandbox::good();
    for text in ["released", "rejected", "last"] {
        sandbox.publish("queue://outcomes", Body::Text(text.to_owned()), &[]);
    }
    let mut client = Client::connect(&sandbox).await;
    let mut receiver = client.receiver_with_credit("outcomes", CreditMode::Manual).await;
    receiver.set_credit(1).await.unwrap();
    let delivery = receive(&mut receiver).await;
    receiver.release(&delivery).await.unwrap();
    sandbox.wait_for(LIMIT, |r| r.deliveries[0].outcome.is_some()).unwrap();
    receiver.set_credit(3).await.unwrap();
    assert_eq!(receive_text(&mut receiver).await, "released");
    let delivery = receive(&mut receiver).await;
    assert_eq!(text(&delivery), "rejected");
    receiver.reject(&delivery, None).await.unwrap();
    assert_eq!(receive_text(&mut receiver).await, "last");

    let record =
        sandbox.wait_for(LIMIT, |r| r.deliveries.iter().all(|d| d.outcome.is_some())).unwrap();
    let outcomes: Vec<_> = record.deliveries.into_iter().flat_map(|d| d.outcome).collect();
    let rejected = DeliveryOutcome::Rejected { condition: None, description: None };
    let accepted = DeliveryOutcome::Accepted;
    let released = DeliveryOutcome::Released;
    assert_eq!(outcomes, [released, accepted.clone(), rejected, accepted]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_null_target_sends_where_to_says() {
    let sandbox = TestSandbox::good();
    let mut client = Client::connect(&sandbox).await;
    let mut sender = client.anonymous_sender().await;
    let message = text_message("there", Some("queue://there"));
    assert!(sender.send(message).await.unwrap().is_accepted());
    let mut receiver = client.receiver("there").await;
    assert_eq!(receive_text(&mut receiver).await, "there");

    let nowhere = sender.send(text_message("nowhere", None)).await.unwrap();
    assert!(matches!(nowhere, Outcome::Rejected(_)), "{nowhere:?}");

    let record = sandbox.record();
    assert_eq!(record.requests[0].target, None);
    assert_eq!(record.requests[0].to(), Some("queue://there"));
    assert_eq!(record.requests[0].address, "queue://there");
    assert!(!record.requests[0].settled);
}

#[tokio::test(flavor = "multi_thread")]
async fn settled_transfers_are_noticed() {
    let sandbox = TestSandbox::good();
    let mut client = Client::connect(&sandbox).await;
    let mut sender = client.sender("queue://settled").await;
    let message = fe2o3_amqp::Sendable::builder()
        .message(text_message("settled", None))
        .settled(true)
        .build();
    sender.send(message).await.unwrap();
    let record = sandbox.wait_for(LIMIT, |record| record.requests.len() == 1).unwrap();
    assert!(record.requests[0].settled);
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_connections_are_gone_and_the_broker_is_not() {
    let sandbox = TestSandbox::good();
    sandbox.publish("queue://cut", Body::Text("again".to_owned()), &[]);
    let mut client = Client::connect(&sandbox).await;
    let mut receiver = client.receiver("queue://cut").await;
    receive(&mut receiver).await;
    sandbox.cut_connections();
    assert!(receiver.recv::<String>().await.is_err());

    let mut client = Client::connect(&sandbox).await;
    let mut receiver = client.receiver("queue://cut").await;
    assert_eq!(receive_text(&mut receiver).await, "again");
    let record = sandbox.record();
    assert_eq!(record.connections.len(), 2);
    assert!(!record.connections[0].close_received);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_and_links_are_on_record() {
    let sandbox = TestSandbox::good();
    let mut client = Client::connect(&sandbox).await;
    // A link that is dropped is detached by a task, which the end of the session would overtake.
    let _receiver = client.receiver("queue://recorded").await;
    let mut sender = client.sender("topic://recorded").await;
    // An outcome shows that the credit has arrived: the sandbox grants it in a task, and a grant
    // after the end of the session would be answered with an error.
    assert!(send(&mut sender, "on record").await.is_accepted());
    client.session.end().await.unwrap();
    client.connection.close().await.unwrap();

    let record =
        sandbox.wait_for(LIMIT, |r| r.connections.iter().any(|c| c.closed.is_some())).unwrap();
    let connection = &record.connections[0];
    assert_eq!(connection.container_id, "test-client");
    assert_eq!(connection.hostname.as_deref(), Some("localhost"));
    assert_eq!(connection.max_frame_size, 256 * 1024);
    assert_eq!(connection.sasl_mechanism, None);
    assert!(connection.close_received);
    assert_eq!(connection.problems, [""; 0]);

    let [receiver, sender] = &record.links[..] else {
        panic!("{:?}", record.links);
    };
    assert_eq!(receiver.direction, Direction::Receiver);
    let source = receiver.source.as_ref().unwrap();
    assert_eq!(source.address.as_deref(), Some("queue://recorded"));
    assert_eq!(receiver.initial_credit, Some(100));
    assert_eq!(sender.direction, Direction::Sender);
    let target = sender.target.as_ref().unwrap();
    assert_eq!(target.address.as_deref(), Some("topic://recorded"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_sandbox_can_be_replaced_on_the_same_port() {
    // Bound and not listening: it keeps the port from other tests while neither sandbox has it.
    let kept = TcpSocket::new_v4().unwrap();
    kept.set_reuseaddr(true).unwrap();
    kept.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let port = kept.local_addr().unwrap().port();
    let first = TestSandbox::start(|options| options.amqp_port = port);
    let mut client = Client::connect(&first).await;
    let mut receiver = client.receiver("queue://any").await;
    let authority = first.authority().clone();
    drop(first);
    assert!(receiver.recv::<String>().await.is_err());
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());

    let second = TestSandbox::start(|options| {
        options.amqp_port = port;
        options.authority = Some(authority);
    });
    Client::connect(&second).await;
}

#[test]
fn a_sandbox_can_be_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Sandbox>();
}
