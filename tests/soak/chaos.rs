//! The faults, and when they occur.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use amqp_sandbox::{
    Act, Carrier, ConnectionAct, Content, Layer, Limit, LinkAct, Phase, Refusal, ReplyAct,
    RequestAct, Rule, Sandbox, When,
};

/// Temporary conditions of a connection, a link and a request.
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

/// Random numbers, the same for the same seed.
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

/// Changes the faults again and again, and hangs up now and then, until `over` is set.
pub(crate) fn make(sandbox: &Sandbox, seed: u64, over: &AtomicBool) {
    let mut random = Random::new(seed);
    while !over.load(Ordering::SeqCst) {
        let rules: Vec<_> = (0..1 + random.below(6)).map(|_| request_rule(&mut random)).collect();
        sandbox.set_behaviours(rules.clone());
        for _ in 0..random.below(6) {
            sleep(50 + random.below(700));
            if random.below(3) > 0 {
                // Only for a moment: it affects every connection.
                sandbox
                    .set_behaviours([rules.clone(), vec![connection_rule(&mut random)]].concat());
                sandbox.cut_connections();
                sleep(10 + random.below(150));
                sandbox.set_behaviours(rules.clone());
            } else {
                sandbox.cut_connections();
            }
        }
        // Now and then so long that the client gives up a silent connection.
        sleep(if random.below(4) == 0 { 3000 } else { random.below(1000) });
    }
    sandbox.set_behaviours(vec![]);
}

fn sleep(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

/// A fault for some requests.
fn request_rule(random: &mut Random) -> Rule {
    let often = When::EveryNth(2 + random.below(30));
    let first = When::All(vec![When::Delivery(1), When::EveryNth(2 + random.below(10))]);
    let when = if random.below(2) == 0 { often } else { first };
    let act: Act = match random.below(37) {
        0..19 => reply_act(random).into(),
        19..25 => request_act(random).into(),
        25 => return Rule::new(When::SenderLink, LinkAct::NoCredit),
        26 => LinkAct::Detach(random.one_of(&DETACHING)).into(),
        _ => return Rule::new(When::EveryNth(30 + random.below(300)), ending(random)),
    };
    Rule::new(when, act)
}

fn reply_act(random: &mut Random) -> ReplyAct {
    match random.below(19) {
        0 => ReplyAct::NoReply,
        1 | 2 => ReplyAct::Delay(Duration::from_millis(random.below(1200))),
        3 => ReplyAct::ReplyTwice,
        4 => ReplyAct::ForeignReplyFirst,
        5 => ReplyAct::ForeignReplyInstead,
        6 => ReplyAct::ServerError {
            errors: vec!["no".to_owned()],
            signing_status: "failure".to_owned(),
        },
        7 => ReplyAct::WithoutErrors,
        8 => ReplyAct::WithoutResult,
        9 => ReplyAct::Content(Content::NotJson),
        10 => ReplyAct::Content(Content::NoId),
        11 => ReplyAct::Content(Content::Nested(100 + random.below(100) as usize)),
        12 => ReplyAct::Content(Content::Padded(random.below(2_000_000) as usize)),
        13 => ReplyAct::Carrier(Carrier::Binary),
        14 => ReplyAct::Carrier(Carrier::Data(1 + random.below(5) as usize)),
        15 => ReplyAct::Carrier(Carrier::InvalidUtf8),
        16 => ReplyAct::PartialBatch(random.below(3) as usize),
        _ => ReplyAct::Reverse(2 + random.below(6) as usize),
    }
}

fn request_act(random: &mut Random) -> RequestAct {
    match random.below(6) {
        0 => RequestAct::Drop,
        1 => RequestAct::Reject(random.one_of(&REJECTING)),
        2 => RequestAct::Release,
        3 => RequestAct::Modify { undeliverable_here: random.below(2) == 0 },
        4 => RequestAct::NeverSettle,
        _ => RequestAct::ReplyBeforeOutcome,
    }
}

/// A fault that ends the connection of a request.
fn ending(random: &mut Random) -> ConnectionAct {
    match random.below(8) {
        0 | 1 => ConnectionAct::Cut,
        2 | 3 => ConnectionAct::Close(random.one_of(&CLOSING)),
        4 => ConnectionAct::HalfOpen,
        5 => ConnectionAct::Raw(Layer::Tcp, garbage(random)),
        _ => ConnectionAct::Raw(Layer::Amqp, garbage(random)),
    }
}

/// A fault for every connection, or for one of its links.
fn connection_rule(random: &mut Random) -> Rule {
    let link = [When::Any, When::SenderLink, When::ReceiverLink][random.below(3) as usize].clone();
    let act = match random.below(15) {
        0 => ConnectionAct::Silent(Phase::Tcp),
        1 => ConnectionAct::Silent(Phase::Tls),
        2 => ConnectionAct::Silent(Phase::Open),
        3 | 4 => ConnectionAct::CutAfter(Limit::FramesSent(random.below(40) as usize)),
        5 => ConnectionAct::CutAfter(Limit::FramesReceived(random.below(40) as usize)),
        6 | 7 => ConnectionAct::CutAfter(Limit::BytesSent(random.below(4000) as usize)),
        // Byte by byte; a pause only now and then, because with a pause a thousand bytes take a second.
        8 => ConnectionAct::Slow(Duration::from_millis(random.below(4) / 3)),
        9 => ConnectionAct::RawFirst(Layer::Tcp, garbage(random)),
        10 => ConnectionAct::RawFirst(Layer::Amqp, garbage(random)),
        11 | 12 => return Rule::new(link, LinkAct::Refuse(random.one_of(&DETACHING))),
        13 => return Rule::new(link, LinkAct::Detach(random.one_of(&DETACHING))),
        _ => ending(random),
    };
    Rule::new(When::Any, act)
}

/// Bytes that no broker sends.
fn garbage(random: &mut Random) -> Vec<u8> {
    match random.below(4) {
        0 => b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        // A frame is at least as large as its header, and at most as large as the client allows.
        1 => vec![0, 0, 0, random.below(8) as u8, 2, 0, 0, 0],
        2 => vec![0x7f, 0, 0, 0, 2, 0, 0, 0],
        _ => (0..1 + random.below(300)).map(|_| random.below(256) as u8).collect(),
    }
}
