//! Replies that are none of the run's: those of other clients, and those that cannot be understood.

use std::sync::mpsc;

use amqp_frames::{accepted, disposition, released};
use amqp_sandbox::{Body, Record, ReplyAct, When};

use crate::{
    harness::{Bench, LONG, Protocol, images, rule, signal},
    peer::{self, Peer},
};

over_both!(
    the_first_reply_of_another_client_is_reported_though_all_is_signed,
    the_number_of_rejected_replies_is_reported_however_the_run_ends,
);

const TOPIC: &str = "topic://VirtualTopic.sandbox.reply";

/// At once, not when the window ends: the other run can still be stopped.
fn the_first_reply_of_another_client_is_reported_though_all_is_signed(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![rule(When::Any, ReplyAct::ForeignReplyFirst)]);
    let ended = bench.run(&bench.config(), &images(3)).expect(0);
    ended
        .says_once("a reply to a request of another client was ignored")
        .says("task ids of their own");
    ended.says_once("further replies to requests of other clients, ignored: 2");
}

/// What a window would report at its end is reported too if the run ends before that.
fn the_number_of_rejected_replies_is_reported_however_the_run_ends(protocol: Protocol) {
    for is_answered in [true, false] {
        let bench = protocol.misbehaving(vec![rule(When::Any, ReplyAct::NoReply)]);
        let running = bench.program(&bench.config(), &images(1)).start();
        let record = bench.sandbox.wait_for(LONG, |record| !record.requests.is_empty()).unwrap();
        let publish = |text: String| bench.sandbox.publish(TOPIC, Body::Text(text), &[]);
        for _ in 0..12 {
            publish("no JSON".into());
        }
        let ended = if is_answered {
            publish(peer::reply_text(record.requests[0].request_id.as_ref().unwrap()));
            running.wait().expect(0)
        } else {
            let settled = |record: &Record| {
                record.deliveries.iter().filter(|it| it.outcome.is_some()).count() == 12
            };
            bench.sandbox.wait_for(LONG, settled).unwrap();
            signal("TERM", running.id());
            running.wait().expect(143)
        };
        ended.says_once("further replies rejected: 2");
    }
}

/// It is offered again, and accepted then.
#[test]
fn a_foreign_reply_is_released_once() {
    let (tell, told) = mpsc::channel();
    let (port, _) = peer::listen(move |stream| {
        let mut peer = Peer::attached(stream).unwrap();
        peer.grant(9).unwrap();
        let id = peer::request_id(&peer.transfer().unwrap());
        let state = |peer: &mut Peer, reply: &[u8]| {
            peer.answer(reply).unwrap();
            let settled = peer.await_frame(disposition::CODE).unwrap();
            let (code, _) = settled.field(disposition::STATE).as_described().unwrap();
            tell.send(code).unwrap();
        };
        for number in 0..3 {
            let foreign = peer.reply(number, "foreign");
            state(&mut peer, &foreign);
        }
        let other = peer.reply(3, "another");
        state(&mut peer, &other);
        let _ = peer.answer(&peer.reply(4, &id));
        peer.hang_up_after_close();
    });
    let bench = Bench::new();
    for (handling, [first, again]) in
        [("accept", [accepted::CODE; 2]), ("release", [released::CODE, accepted::CODE])]
    {
        let config = peer::alone(&bench, port).set("foreign_replies", handling);
        bench.run(&config, &images(1)).expect(0);
        let states: Vec<_> = told.try_iter().collect();
        assert_eq!(states, [first, again, again, first].map(u64::from), "{handling}");
    }
}
