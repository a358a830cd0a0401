//! What goes wrong, and when.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use amqp_sandbox::{Act, Carrier, Content, Layer, Limit, Phase, Refusal, Rule, Sandbox, When};

/// Conditions that pass, of a connection, a link and a request.
const CLOSING: [&str; 4] = [
    "amqp:connection:forced",
    "amqp:internal-error",
    "amqp:resource-limit-exceeded",
    "vendor:restart",
];
const DETACHING: [&str; 4] =
    ["amqp:link:detach-forced", "amqp:resource-locked", "amqp:link:stolen", "vendor:move"];
const REJECTING: [&str; 4] = [
    "amqp:internal-error",
    "amqp:resource-limit-exceeded",
    "amqp:precondition-failed",
    "vendor:full",
];

/// The same numbers for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_of(&mut self, conditions: &[&str]) -> Refusal {
        let condition = conditions[self.below(conditions.len() as u64) as usize].to_owned();
        Refusal { condition, description: None }
    }
}

/// Puts other faults in force again and again, and hangs up now and then, until it is over.
pub(crate) fn make(sandbox: &Sandbox, seed: u64, over: &AtomicBool) {
    let mut random = Random::new(seed);
    while !over.load(Ordering::SeqCst) {
        let rules: Vec<_> = (0..1 + random.below(6)).map(|_| request_rule(&mut random)).collect();
        sandbox.set_behaviours(rules.clone());
        for _ in 0..random.below(6) {
            sleep(50 + random.below(700));
            if random.below(3) > 0 {
                // For a moment alone: no connection escapes it.
                sandbox
                    .set_behaviours([rules.clone(), vec![connection_rule(&mut random)]].concat());
                sandbox.cut_connections();
                sleep(10 + random.below(150));
                sandbox.set_behaviours(rules.clone());
            } else {
                sandbox.cut_connections();
            }
        }
        // Now and then long enough for a connection to be given up that says nothing.
        sleep(if random.below(4) == 0 { 3000 } else { random.below(1000) });
    }
    sandbox.set_behaviours(vec![]);
}

fn sleep(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

/// What some requests meet.
fn request_rule(random: &mut Random) -> Rule {
    let often = When::EveryNth(2 + random.below(30));
    let first = When::All(vec![When::Delivery(1), When::EveryNth(2 + random.below(10))]);
    let when = if random.below(2) == 0 { often } else { first };
    let act = match random.below(37) {
        0 => Act::NoReply,
        1 => Act::Drop,
        2 | 3 => Act::Delay(Duration::from_millis(random.below(1200))),
        4 => Act::ReplyTwice,
        5 => Act::ForeignReplyFirst,
        6 => Act::ForeignReplyInstead,
        7 => {
            Act::ServerError { errors: vec!["no".to_owned()], signing_status: "failure".to_owned() }
        }
        8 => Act::WithoutErrors,
        9 => Act::WithoutResult,
        10 => Act::Content(Content::NotJson),
        11 => Act::Content(Content::NoId),
        12 => Act::Content(Content::Nested(100 + random.below(100) as usize)),
        13 => Act::Content(Content::Padded(random.below(2_000_000) as usize)),
        14 => Act::Carrier(Carrier::Binary),
        15 => Act::Carrier(Carrier::Data(1 + random.below(5) as usize)),
        16 => Act::Carrier(Carrier::InvalidUtf8),
        17 => Act::Reject(random.one_of(&REJECTING)),
        18 => Act::Release,
        19 => Act::Modify { undeliverable_here: random.below(2) == 0 },
        20 => Act::NeverSettle,
        21 => Act::ReplyBeforeOutcome,
        22 => return Rule { when: When::SenderLink, act: Act::NoCredit },
        23 => Act::DetachLink(random.one_of(&DETACHING)),
        24 => Act::PartialBatch(random.below(3) as usize),
        25 | 26 => Act::Reverse(2 + random.below(6) as usize),
        _ => return Rule { when: When::EveryNth(30 + random.below(300)), act: ending(random) },
    };
    Rule { when, act }
}

/// What ends the connection of a request.
fn ending(random: &mut Random) -> Act {
    match random.below(8) {
        0 | 1 => Act::Cut,
        2 | 3 => Act::Close(random.one_of(&CLOSING)),
        4 => Act::HalfOpen,
        5 => Act::Raw(Layer::Tcp, garbage(random)),
        _ => Act::Raw(Layer::Amqp, garbage(random)),
    }
}

/// What every connection meets, or one of its links.
fn connection_rule(random: &mut Random) -> Rule {
    let link = [When::Any, When::SenderLink, When::ReceiverLink][random.below(3) as usize].clone();
    let act = match random.below(15) {
        0 => Act::Silent(Phase::Tcp),
        1 => Act::Silent(Phase::Tls),
        2 => Act::Silent(Phase::Open),
        3 | 4 => Act::CutAfter(Limit::FramesSent(random.below(40) as usize)),
        5 => Act::CutAfter(Limit::FramesReceived(random.below(40) as usize)),
        6 | 7 => Act::CutAfter(Limit::BytesSent(random.below(4000) as usize)),
        // Byte by byte; with a pause only now and then, since that makes a second of a thousand bytes.
        8 => Act::Slow(Duration::from_millis(random.below(4) / 3)),
        9 => Act::RawFirst(Layer::Tcp, garbage(random)),
        10 => Act::RawFirst(Layer::Amqp, garbage(random)),
        11 | 12 => return Rule { when: link, act: Act::RefuseLink(random.one_of(&DETACHING)) },
        13 => return Rule { when: link, act: Act::DetachLink(random.one_of(&DETACHING)) },
        _ => ending(random),
    };
    Rule { when: When::Any, act }
}

/// Bytes that no broker sends.
fn garbage(random: &mut Random) -> Vec<u8> {
    match random.below(4) {
        0 => b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        // The size of a frame is that of its header at least, and no more than was asked for.
        1 => vec![0, 0, 0, random.below(8) as u8, 2, 0, 0, 0],
        2 => vec![0x7f, 0, 0, 0, 2, 0, 0, 0],
        _ => (0..1 + random.below(300)).map(|_| random.below(256) as u8).collect(),
    }
}
