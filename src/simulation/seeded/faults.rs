//! What may go wrong, by dice.

use crate::simulation::{
    dice::Dice,
    plan::{Condition, End, Fault, Reply, Trigger},
};

const REFUSALS: [Condition; 4] = [
    Condition::new("amqp:unauthorized-access"),
    Condition::new("amqp:not-found"),
    Condition::new("amqp:not-allowed"),
    Condition::described("failed", "AMQ119002: no such address"),
];

const PASSING: [Condition; 9] = [
    Condition::new("amqp:internal-error"),
    Condition::new("amqp:resource-limit-exceeded"),
    Condition::new("amqp:resource-locked"),
    Condition::new("amqp:resource-deleted"),
    Condition::new("amqp:connection:forced"),
    Condition::new("amqp:connection:redirect"),
    Condition::new("amqp:link:detach-forced"),
    Condition::new("vendor:no-idea"),
    Condition::new(""),
];

const UNSUPPORTED: [Condition; 2] =
    [Condition::new("amqp:invalid-field"), Condition::new("amqp:not-implemented")];

const UNFIT: [Condition; 3] = [
    Condition::new("amqp:precondition-failed"),
    Condition::new("amqp:decode-error"),
    Condition::new("amqp:link:message-size-exceeded"),
];

/// A condition that refuses, or may pass.
pub(super) fn condition(dice: &mut Dice) -> Condition {
    match dice.below(8) {
        0 => dice.pick(&REFUSALS),
        1 if dice.one_in(2) => dice.pick(&REFUSALS),
        1 => dice.pick(&UNSUPPORTED),
        2 => dice.pick(&UNFIT),
        _ => dice.pick(&PASSING),
    }
}

/// A loss that may pass.
pub(super) fn passing(dice: &mut Dice) -> Fault {
    match dice.below(8) {
        0 | 1 => Fault::Cut(End::Eof),
        2 => Fault::Cut(End::Reset),
        3 => Fault::Silence,
        4 => Fault::Garbage(garbage(dice)),
        5 => Fault::Close(dice.pick(&PASSING)),
        6 => Fault::EndSession(dice.pick(&PASSING)),
        _ if dice.one_in(2) => Fault::DetachReceiver(dice.pick(&PASSING)),
        _ => Fault::DetachSender(dice.pick(&PASSING)),
    }
}

/// A loss for any reason.
pub(super) fn any(dice: &mut Dice) -> Fault {
    match dice.below(8) {
        0 => Fault::Close(condition(dice)),
        1 => Fault::EndSession(condition(dice)),
        2 => Fault::DetachReceiver(condition(dice)),
        3 => Fault::DetachSender(condition(dice)),
        _ => passing(dice),
    }
}

/// When it happens; times in milliseconds up to `span`.
pub(super) fn trigger(dice: &mut Dice, span: u64) -> Trigger {
    match dice.below(5) {
        0 => Trigger::ToBroker(dice.below(1500)),
        1 => Trigger::ToBroker(dice.below(12_000)),
        2 => Trigger::ToClient(dice.below(3000)),
        3 => {
            let most = if dice.one_in(2) { 300 } else { span };
            Trigger::After(dice.millis(0, most))
        }
        _ => Trigger::AtRequest(dice.below(6) as usize),
    }
}

fn garbage(dice: &mut Dice) -> Vec<u8> {
    match dice.below(6) {
        0 => b"HTTP/1.1 500 Oops\r\n\r\n".to_vec(),
        1 => vec![0; 100],
        2 => vec![0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0],
        3 => vec![0, 0, 0, 8, 1, 0, 0, 0],
        4 => vec![0, 0, 0, 12, 2, 0, 0, 0, 0, 0x53, 0x99, 0x45],
        _ => {
            // No size that a frame may have.
            let mut bytes = vec![0xff];
            bytes.extend(dice.bytes(40));
            bytes
        }
    }
}

/// A reply that is not the good one.
pub(super) fn reply(dice: &mut Dice) -> Reply {
    match dice.below(13) {
        9 | 10 => Reply::NotYet,
        11 => Reply::Incomplete,
        12 => Reply::Rest,
        0 => Reply::Refused,
        1 => Reply::Unusable,
        2 => Reply::Incomplete,
        3 => Reply::Foreign,
        4 | 5 => Reply::Malformed(dice.below(10) as u8),
        6 => Reply::Long(dice.range(10, 9000) as usize),
        _ => Reply::Signed,
    }
}
