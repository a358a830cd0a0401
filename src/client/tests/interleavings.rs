//! Random scripts of the broker: the promises hold for all events in any order.

use std::collections::HashSet;

use super::*;

/// The scripts are the same in every run.
#[test]
fn no_order_of_events_breaks_the_promises() {
    let mut random = Random(1);
    for _ in 0..20_000 {
        let count = 1 + random.below(4);
        let plan = plan(1 + random.below(3) as u32, 1 + random.below(3) as u32);
        let steps: Vec<_> = (0..random.below(40)).map(|_| random.step(count)).collect();
        let mut script = Script::new(random.below(6), plan.retries, &steps);
        if random.below(10) == 0 {
            script.never.insert(random.below(count));
        }
        let (script, ledger, result) = play_on(script, count, &plan);

        let taken = &steps[..steps.len() - script.steps.len()];
        let replied: HashSet<_> = taken
            .iter()
            .filter_map(|step| if let Reply(entry) = step { Some(*entry) } else { None })
            .collect();
        for (index, entry) in ledger.entries().iter().enumerate() {
            assert_eq!(
                is_answered(entry),
                replied.contains(&index),
                "a reply is lost or invented: {steps:?}"
            );
            let is_forged = taken.iter().any(|step| matches!(step, Forged(it) if *it == index));
            let verdict = entry.reply().map(|reply| &reply.verdict);
            let is_unverified = matches!(verdict, Some(Verdict::Unverified { .. }));
            assert_eq!(is_unverified, is_forged && !is_answered(entry), "{steps:?}");
            let was_sent = script.sent.contains(&index);
            assert!(!script.never.contains(&index) || !was_sent, "{steps:?}");
            assert!(
                was_sent || !matches!(entry.state(), State::Sent | State::Accepted),
                "{steps:?}"
            );
        }
        let open = ledger
            .entries()
            .iter()
            .filter(|e| !is_answered(e) && !matches!(e.state(), State::Undeliverable(_)));
        assert_eq!(ledger.open(), open.count(), "{steps:?}");
        let mut answered = HashSet::new();
        let verdicts = taken.iter().filter_map(|step| match step {
            Reply(entry) => {
                answered.insert(*entry);
                Some(Settled::Accepted)
            }
            // After the answer it adds nothing.
            Forged(entry) if answered.contains(entry) => Some(Settled::Accepted),
            Forged(_) => Some(Settled::Rejected),
            Foreign => Some(Settled::Accepted),
            Malformed => Some(Settled::Rejected),
            _ => None,
        });
        assert!(
            verdicts.eq(script.settled.iter().copied()),
            "a reply is settled wrongly: {steps:?}"
        );
        let refused = taken.iter().any(|step| matches!(step, RefuseSending));
        let stopped = matches!(taken.last(), Some(Stop));
        assert_eq!(matches!(result, Err(Error::Interrupted)), stopped, "{steps:?}");
        assert_eq!(result.is_err(), stopped || refused && !ledger.is_answered(), "{steps:?}");
        // Each silence is a timeout, and only an expected reply postpones one: no run takes longer.
        let windows = (plan.retries + 1) * plan.send_retries;
        let quiets = taken.iter().filter(|step| matches!(step, Quiet)).count();
        assert!(quiets <= windows as usize, "more waits than the plan has: {steps:?}");
    }
}

/// A linear congruential generator: enough to shuffle, and the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn step(&mut self, count: usize) -> Step {
        let entry = self.below(count);
        match self.below(26) {
            0..4 => Credit(1 + self.below(4)),
            4..9 => Accept(entry),
            9 | 10 => Reject(entry),
            11 | 12 => Return(entry),
            13 => Forget(entry),
            14..18 => Reply(entry),
            18 => Foreign,
            19 => Malformed,
            20 | 21 => Reconnect,
            22 if self.below(8) == 0 => RefuseSending,
            22 if self.below(8) == 0 => Stop,
            22 if self.below(3) == 0 => Hold,
            24 => Forged(entry),
            _ => Quiet,
        }
    }
}
