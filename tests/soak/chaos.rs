//! What goes wrong, and when.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use amqp_sandbox::{Act, Carrier, Content, Refusal, Rule, Sandbox, When};

/// The same numbers for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Puts other faults in force again and again, and hangs up now and then, until it is over.
pub(crate) fn make(sandbox: &Sandbox, seed: u64, over: &AtomicBool) {
    let mut random = Random::new(seed);
    while !over.load(Ordering::SeqCst) {
        let rules = (0..random.below(4)).map(|_| rule(&mut random)).collect();
        sandbox.set_behaviours(rules);
        for _ in 0..random.below(3) {
            std::thread::sleep(Duration::from_millis(50 + random.below(1500)));
            sandbox.cut_connections();
        }
        std::thread::sleep(Duration::from_millis(random.below(1000)));
    }
    sandbox.set_behaviours(vec![]);
}

fn rule(random: &mut Random) -> Rule {
    let often = When::EveryNth(2 + random.below(30));
    let first = When::All(vec![When::Delivery(1), When::EveryNth(2 + random.below(10))]);
    let when = if random.below(2) == 0 { often } else { first };
    let refusal = |condition: &str| Refusal { condition: condition.to_owned(), description: None };
    let act = match random.below(24) {
        0 => Act::NoReply,
        1 => Act::Drop,
        2 | 3 => Act::Delay(Duration::from_millis(random.below(1200))),
        4 => Act::ReplyTwice,
        5 => Act::ForeignReplyFirst,
        6 => Act::ForeignReplyInstead,
        7 => Act::ServerError { errors: vec!["no".to_owned()], signing_status: "failure".to_owned() },
        8 => Act::WithoutErrors,
        9 => Act::WithoutResult,
        10 => Act::Content(Content::NotJson),
        11 => Act::Content(Content::NoId),
        12 => Act::Content(Content::Nested(100 + random.below(100) as usize)),
        13 => Act::Content(Content::Padded(random.below(2_000_000) as usize)),
        14 => Act::Carrier(Carrier::Binary),
        15 => Act::Carrier(Carrier::Data(1 + random.below(5) as usize)),
        16 => Act::Carrier(Carrier::InvalidUtf8),
        17 => Act::Reject(refusal("amqp:internal-error")),
        18 => Act::Release,
        19 => Act::Modify { undeliverable_here: random.below(2) == 0 },
        20 => Act::NeverSettle,
        21 => Act::ReplyBeforeOutcome,
        22 => return Rule { when: When::SenderLink, act: Act::NoCredit },
        _ => Act::DetachLink(refusal("amqp:link:detach-forced")),
    };
    Rule { when, act }
}
