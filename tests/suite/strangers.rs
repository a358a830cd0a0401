//! Replies that are none of the run's: those of other clients, and those that cannot be understood.

use amqp_sandbox::{Body, ReplyAct, When};

use crate::harness::{Bench, images, rule};

const QUEUE: &str = "queue://Consumer.sandbox-client-7.VirtualTopic.sandbox.reply";

/// At once, not when the window ends: the other run can still be stopped.
#[test]
fn the_first_reply_of_another_client_is_reported_though_all_is_signed() {
    let bench = Bench::misbehaving(vec![rule(When::Any, ReplyAct::ForeignReplyFirst)]);
    let ended = bench.run(&bench.config(), &images(3)).expect(0);
    ended
        .says_once("a reply to a request of another client was ignored")
        .says("task ids of their own");
    ended.says_once("further replies to requests of other clients, ignored: 2");
}

/// What a window would report at its end is reported too if the run ends before that.
#[test]
fn the_number_of_rejected_replies_is_reported_however_the_run_ends() {
    for (act, key, status) in
        [(ReplyAct::NoReply, "deadline", 124), (ReplyAct::ForeignReplyFirst, "retries", 0)]
    {
        let bench = Bench::misbehaving(vec![rule(When::Any, act)]);
        for _ in 0..12 {
            bench.sandbox.publish(QUEUE, Body::Text("no JSON".into()), &[]);
        }
        let ended = bench.run(&bench.config().set(key, "1"), &images(1)).expect(status);
        ended.says_once("further replies rejected: 2");
    }
}
