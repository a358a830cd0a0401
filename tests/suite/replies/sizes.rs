//! How large and deep replies may be.

use amqp_sandbox::{Content, ReplyAct};

use super::{only, others_are_signed, rejected};
use crate::harness::{Bench, Protocol, images};

over_both!(
    a_reply_of_20_mb_is_accepted,
    a_reply_above_max_message_size_is_rejected_and_the_others_count,
    a_reply_of_100_mb_is_rejected_by_default,
);

#[test]
fn nesting_up_to_the_limit_is_accepted() {
    let bench = Bench::misbehaving(vec![only(1, ReplyAct::Content(Content::Nested(100)))]);
    let ended = bench.run(&bench.config(), &images(1)).expect(0);
    assert_eq!(ended.stdout.matches("[[[[").count(), 25, "all levels are printed");
}

fn a_reply_of_20_mb_is_accepted(protocol: Protocol) {
    const SIZE: usize = 20 << 20;
    let bench = protocol.misbehaving(vec![only(2, ReplyAct::Content(Content::Padded(SIZE)))]);
    let ended = bench.run(&bench.config(), &images(3)).expect(0);
    others_are_signed(&ended, 0);
    assert!(ended.stdout.len() > SIZE);
    let padding = ended.document()["operation_results"][1][0]["padding"].as_str().unwrap().len();
    assert!(padding > SIZE - 10_000);
}

fn a_reply_above_max_message_size_is_rejected_and_the_others_count(protocol: Protocol) {
    for number in 1..=3 {
        let bench =
            protocol.misbehaving(vec![only(number, ReplyAct::Content(Content::Padded(200_000)))]);
        let config = bench.config().set("max_message_size", "100 KiB").patience(60, 2, 2);
        let ended = bench.run(&config, &images(3)).expect(75);
        others_are_signed(&ended, number);
        assert_eq!(ended.document()["operation_results"][number as usize - 1], "");
        ended.says("a reply was rejected: it has 200").says("more than max_message_size");
        let item = format!("app:{} sha256:{:064x} key", number - 1, number - 1);
        ended.says(&item).says("the reply was rejected: it has 200");
        assert_eq!(bench.record().requests.len(), 3, "it is not asked for again");
        rejected(&bench, 3, &["it has 200"]);
    }
    let bench = protocol.misbehaving(vec![only(1, ReplyAct::Content(Content::Padded(90_000)))]);
    let config = bench.config().set("max_message_size", "100 KiB").patience(1, 1, 1);
    bench.run(&config, &images(1)).expect(0);
}

/// The text itself is in the reply: nothing is sent.
#[test]
fn a_text_that_cannot_come_back_is_refused_before_it_is_sent() {
    let bench = Bench::new();
    let text = bench.file("text", "x".repeat(2000));
    let config = bench.config().set("max_message_size", "1 KiB");
    let arguments =
        format!("clear-sign --signing-key ABCD1234 --task-id 7 short @{}", text.display());
    let ended = bench.run(&config, &arguments).expect(2);
    ended.says("inputs: number 2 comes back with its signature, in at least 2668 bytes");
    assert_eq!(bench.record().connections.len(), 0);
}

/// It is discarded while it arrives, and so needs no memory.
fn a_reply_of_100_mb_is_rejected_by_default(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![only(2, ReplyAct::Content(Content::Padded(100 << 20)))]);
    let ended = bench.run(&bench.config().patience(60, 2, 2), &images(3)).expect(75);
    others_are_signed(&ended, 2);
    ended.says("a reply was rejected: it has 1048").says("more than max_message_size");
}
