//! Every departure from good behaviour, as a client sees it.

mod common;

use std::time::{Duration, Instant};

use amqp_sandbox::{
    Body, ConnectionAct, Limit, ReplyAct, Rule, When, record::DeliveryOutcome,
    types::messaging::Outcome,
};
use common::{Client, LIMIT, TestSandbox, receive, receive_text, request, text_message};
use fe2o3_amqp::{Connection, Receiver, Sender, Session};
use openssl::base64::encode_block;
use serde_json::{Value, json};

/// A client that asks for signatures.
struct Requester {
    _client: Client,
    sender: Sender,
    replies: Receiver,
}

impl Requester {
    async fn new(sandbox: &TestSandbox) -> Self {
        let mut client = Client::connect(sandbox).await;
        let replies = client.receiver("queue://replies").await;
        let sender = client.sender("queue://requests").await;
        Self { _client: client, sender, replies }
    }

    async fn ask(&mut self, id: &str) -> Outcome {
        let claim = encode_block(id.as_bytes());
        let body = json!({"claim_file": claim, "request_id": id});
        let message = request("container_signature", &body);
        self.sender.send(message).await.unwrap()
    }

    async fn reply(&mut self) -> Body {
        let delivery = receive(&mut self.replies).await;
        self.replies.accept(&delivery).await.unwrap();
        Body::of(delivery.message())
    }

    /// The `request_id` of the next reply.
    async fn replied_id(&mut self) -> Value {
        json_of(&self.reply().await)["msg"]["request_id"].clone()
    }
}

fn json_of(body: &Body) -> Value {
    serde_json::from_slice(&body.bytes()).expect("JSON")
}

/// The reply to one request under one rule.
async fn reply_under(rule: &str) -> Body {
    let sandbox = TestSandbox::with_rules(&[rule]);
    let mut requester = Requester::new(&sandbox).await;
    assert!(requester.ask("id").await.is_accepted());
    requester.reply().await
}

#[tokio::test]
async fn replies_fail_to_come_where_told() {
    for rule in ["no-reply@request=1", "drop@first@request=1"] {
        let sandbox = TestSandbox::with_rules(&[rule]);
        let mut requester = Requester::new(&sandbox).await;
        assert!(requester.ask("one").await.is_accepted());
        assert!(requester.ask("two").await.is_accepted());
        assert_eq!(requester.replied_id().await, "two");
        assert_eq!(sandbox.record().requests.len(), 2);
    }
}

#[tokio::test]
async fn a_delay_holds_up_nothing_else() {
    let sandbox = TestSandbox::with_rules(&["delay=300ms@request=1"]);
    let mut requester = Requester::new(&sandbox).await;
    let start = Instant::now();
    requester.ask("one").await;
    requester.ask("two").await;
    assert_eq!(requester.replied_id().await, "two");
    assert_eq!(requester.replied_id().await, "one");
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn replies_come_twice_or_for_others() {
    let foreign = "00000000-0000-4000-8000-000000000000";
    let expected = [
        ("twice@request=1", vec!["one", "one", "two"]),
        ("foreign-first@request=1", vec![foreign, "one", "two"]),
        ("foreign-instead@request=1", vec![foreign, "two"]),
    ];
    for (rule, ids) in expected {
        let sandbox = TestSandbox::with_rules(&[rule]);
        let mut requester = Requester::new(&sandbox).await;
        requester.ask("one").await;
        requester.ask("two").await;
        for id in ids {
            assert_eq!(requester.replied_id().await, id, "{rule}");
        }
    }
}

#[tokio::test]
async fn the_server_refuses_in_its_own_ways() {
    let msg = json_of(&reply_under("server-error=no such key").await)["msg"].clone();
    assert_eq!(msg["errors"], json!(["no such key"]));
    assert_eq!(msg["signing_status"], "failure");
    assert_eq!(msg.get("signed_claim"), None);

    let msg = json_of(&reply_under("no-errors-field").await)["msg"].clone();
    assert_eq!(msg.get("errors"), None);
    assert!(msg["signed_claim"].is_string());

    let msg = json_of(&reply_under("no-result").await)["msg"].clone();
    assert_eq!(msg["errors"], json!([]));
    assert_eq!(msg.get("signed_claim"), None);
}

#[tokio::test]
async fn a_batch_may_be_answered_in_part() {
    let sandbox = TestSandbox::with_rules(&["partial-batch=1"]);
    let mut requester = Requester::new(&sandbox).await;
    let claim = json!({"claim_file": encode_block(b"c"), "sig_keynames": [""]});
    let body = json!({"claims": [claim, claim], "request_id": "r"});
    requester.sender.send(request("batch", &body)).await.unwrap();
    let reply = json_of(&requester.reply().await);
    assert_eq!(reply["msg"]["claims"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_batch_may_be_answered_in_parts_after_a_reply_in_progress() {
    let sandbox =
        TestSandbox::with_rules(&["in-parts", "in-progress-first", "field=repo:another:one"]);
    let mut requester = Requester::new(&sandbox).await;
    let claim = |text: &[u8]| json!({"claim_file": encode_block(text), "sig_keynames": [""]});
    let body = json!({"claims": [claim(b"c"), claim(b"d")], "request_id": "r"});
    requester.sender.send(request("batch", &body)).await.unwrap();
    let first = json_of(&requester.reply().await);
    assert_eq!(
        (&first["msg"]["signing_status"], first["msg"].get("claims")),
        (&json!("in progress"), None)
    );
    for text in [b"c", b"d"] {
        let part = json_of(&requester.reply().await);
        assert_eq!(part["msg"]["claims"].as_array().unwrap().len(), 1);
        assert_eq!(part["msg"]["claims"][0]["claim_file"], encode_block(text));
        assert_eq!(part["msg"]["repo"], "another:one");
    }
}

#[tokio::test]
async fn texts_are_spoilt() {
    let text = |body: Body| match body {
        Body::Text(text) => text,
        other => panic!("{other:?}"),
    };
    let not_json = text(reply_under("not-json").await);
    assert!(serde_json::from_str::<Value>(&not_json).is_err());
    assert_eq!(text(reply_under("empty").await), "");
    assert!(json_of(&reply_under("json-list").await).is_array());
    assert_eq!(json_of(&reply_under("no-msg").await).get("msg"), None);
    let reply = json_of(&reply_under("no-id").await);
    assert_eq!(reply["msg"].get("request_id"), None);
    assert!(reply["msg"]["signed_claim"].is_string());
    let reply = json_of(&reply_under("numeric-id").await);
    assert_eq!(reply["msg"]["request_id"], 4711);

    let nested = text(reply_under("nested=200000").await);
    assert!(nested.contains(&"[".repeat(200_000)) && nested.ends_with("]}"));
    // Much larger than one frame.
    assert_eq!(text(reply_under("padded=3000000").await).len(), 3_000_000);
}

#[tokio::test]
async fn texts_are_carried_in_all_ways() {
    assert!(matches!(reply_under("binary").await, Body::Binary(_)));
    for count in [1, 3] {
        let body = reply_under(&format!("data={count}")).await;
        assert_eq!(json_of(&body)["msg"]["request_id"], "id");
        assert!(matches!(body, Body::Data(sections) if sections.len() == count));
    }
    let body = reply_under("invalid-utf8").await;
    assert!(String::from_utf8(body.bytes()).is_err());
    assert_eq!(reply_under("null").await, Body::Null);
}

#[tokio::test]
async fn requests_end_as_told() {
    let rules = [
        "reject=amqp:unauthorized-access@request=1",
        "release@request=2",
        "modify@request=3",
        "modify=undeliverable-here@request=4",
    ];
    let sandbox = TestSandbox::with_rules(&rules);
    let mut requester = Requester::new(&sandbox).await;
    let Outcome::Rejected(rejected) = requester.ask("one").await else {
        panic!("not rejected");
    };
    let error = format!("{:?}", rejected.error.unwrap().condition);
    assert!(error.contains("UnauthorizedAccess"), "{error}");
    assert!(matches!(requester.ask("two").await, Outcome::Released(_)));
    for undeliverable_here in [false, true] {
        let Outcome::Modified(modified) = requester.ask("three").await else {
            panic!("not modified");
        };
        assert_eq!(modified.undeliverable_here, Some(undeliverable_here));
    }
    // None of them was routed.
    requester.ask("five").await;
    assert_eq!(requester.replied_id().await, "five");
    let requests = sandbox.record().requests;
    let outcomes: Vec<_> =
        requests.iter().map(|request| request.outcome.as_ref().unwrap()).collect();
    assert!(matches!(
        outcomes[..],
        [
            Outcome::Rejected(_),
            Outcome::Released(_),
            Outcome::Modified(_),
            Outcome::Modified(_),
            Outcome::Accepted(_)
        ]
    ));
    assert!(requests.is_sorted_by_key(|request| request.outcome_sent.unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_come_never_or_after_the_reply() {
    let rules = ["never-settle@request=1", "reply-before-outcome@request=2"];
    let sandbox = TestSandbox::with_rules(&rules);
    let mut requester = Requester::new(&sandbox).await;
    let ask = |id: &str| {
        let body = json!({"claim_file": encode_block(b"c"), "request_id": id});
        request("container_signature", &body)
    };
    let first = requester.sender.send_batchable(ask("one")).await.unwrap();
    assert_eq!(requester.replied_id().await, "one");

    let second = requester.sender.send_batchable(ask("two")).await.unwrap();
    let delivery = receive(&mut requester.replies).await;
    let mut second = Box::pin(second);
    tokio::select! {
        biased;
        outcome = &mut second => panic!("settled before the reply was: {outcome:?}"),
        () = std::future::ready(()) => {}
    }
    requester.replies.accept(&delivery).await.unwrap();
    assert!(second.await.unwrap().is_accepted());

    // A third request that is settled after the first shows that the first is not only late.
    assert!(requester.ask("three").await.is_accepted());
    let mut first = Box::pin(first);
    tokio::select! {
        biased;
        outcome = &mut first => panic!("settled: {outcome:?}"),
        () = std::future::ready(()) => {}
    }
    let told: Vec<_> =
        sandbox.record().requests.iter().map(|request| request.outcome_sent.is_some()).collect();
    assert_eq!(told, [false, true, true]);
}

/// The outcome of one request, unless the connection ends before.
async fn outcome(sandbox: &TestSandbox) -> Option<Outcome> {
    let mut connection = Connection::open("client", sandbox.amqp_url().as_str()).await.ok()?;
    let mut session = Session::begin(&mut connection).await.ok()?;
    let asking = async {
        let mut sender = Sender::attach(&mut session, "sender", "queue://kept").await.ok()?;
        sender.send(text_message("text", None)).await.ok()
    };
    tokio::select! {
        outcome = asking => outcome,
        _ = connection.on_close() => None,
    }
}

/// Connections are cut after more and more bytes, until an outcome arrives.
#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_does_not_go_out_whole_is_not_on_record() {
    let sandbox = TestSandbox::good();
    for count in (0..).step_by(5) {
        let act = ConnectionAct::CutAfter(Limit::BytesSent(count));
        sandbox.set_behaviours(vec![Rule::new(When::Any, act)]);
        if let Some(outcome) = outcome(&sandbox).await {
            assert_eq!(sandbox.record().requests.last().unwrap().outcome, Some(outcome));
            break;
        }
    }
    // The frame is longer than a few steps, and was begun in each of them.
    let unsettled =
        sandbox.record().requests.iter().filter(|request| request.outcome_sent.is_none()).count();
    assert!(unsettled > 2, "{unsettled}");
}

#[tokio::test]
async fn links_are_detached_at_once_or_in_use() {
    let rules = [
        "detach=amqp:resource-deleted@receiver@address=queue://gone",
        "detach=amqp:not-allowed@request=2",
    ];
    let sandbox = TestSandbox::with_rules(&rules);
    let mut client = Client::connect(&sandbox).await;
    let mut receiver = client.receiver("queue://gone").await;
    assert!(receiver.recv::<String>().await.is_err());

    let mut requester = Requester::new(&sandbox).await;
    assert!(requester.ask("one").await.is_accepted());
    let message = request("container_signature", &json!({"request_id": "two"}));
    let error = requester.sender.send(message).await.unwrap_err();
    assert!(format!("{error:?}").contains("NotAllowed"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credit_nothing_can_be_sent() {
    let sandbox = TestSandbox::with_rules(&["no-credit@address=queue://stuck"]);
    let mut client = Client::connect(&sandbox).await;
    let mut stuck = client.sender("queue://stuck").await;
    let mut free = client.sender("queue://free").await;
    let sending = tokio::spawn(async move { common::send(&mut stuck, "never").await });
    assert!(common::send(&mut free, "now").await.is_accepted());
    assert!(!sending.is_finished());
    sending.abort();
    assert_eq!(sandbox.record().requests.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_can_be_changed_on_the_way() {
    let sandbox = TestSandbox::with_rules(&["no-reply"]);
    let mut requester = Requester::new(&sandbox).await;
    requester.ask("one").await;
    sandbox.set_behaviours(vec![Rule::new(When::Any, ReplyAct::ReplyTwice)]);
    requester.ask("two").await;
    for _ in 0..2 {
        let reply: Value =
            serde_json::from_str(&receive_text(&mut requester.replies).await).unwrap();
        assert_eq!(reply["msg"]["request_id"], "two");
    }
    let record = sandbox.wait_for(LIMIT, |record| record.accepted().count() == 2).unwrap();
    for delivery in &record.deliveries {
        assert_eq!(delivery.request_id.as_deref(), Some("two"));
        assert_eq!(delivery.outcome, Some(DeliveryOutcome::Accepted));
    }
}
