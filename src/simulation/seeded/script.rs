//! Brokers whose ways a seed decides.

use std::time::Duration;

use super::{Temper, faults};
use crate::{
    config::Protocol,
    error::{Phase, TlsCause},
    simulation::{
        dice::Dice,
        plan::{
            Answer, Arrival, ConnectionPlan, Credit, Fault, Login, Opening, Outcome, Reach, Reply,
            Treatment,
        },
        world::Script,
    },
};

pub(super) struct Seeded {
    pub(super) protocol: Protocol,
    /// Of MQTT.
    pub(super) version: &'static str,
    pub(super) seed: u64,
    pub(super) temper: Temper,
    pub(super) tls: bool,
    pub(super) sasl: &'static str,
    pub(super) username: bool,
    pub(super) anonymous: bool,
    pub(super) timeout: u64,
    pub(super) windows: u64,
    /// How many of ten requests fare badly.
    pub(super) malice: u64,
    /// What each broker is like: the lower, the worse.
    pub(super) characters: Vec<u64>,
    /// Whether the first connection has been made.
    pub(super) first: Option<()>,
}

impl Seeded {
    /// A login that lets the client in.
    fn login(&self, dice: &mut Dice) -> Login {
        let offered: &[&[&str]] = match self.sasl {
            _ if self.username => &[&["PLAIN"], &["ANONYMOUS", "PLAIN"]],
            "none" => return Login::Bare,
            "anonymous" => &[&["ANONYMOUS"], &["PLAIN", "ANONYMOUS"]],
            "external" => &[&["EXTERNAL"], &["EXTERNAL", "PLAIN", "ANONYMOUS"]],
            _ if self.tls => &[&["EXTERNAL"], &["ANONYMOUS"], &["PLAIN", "EXTERNAL", "ANONYMOUS"]],
            _ => &[&["ANONYMOUS"], &["PLAIN", "ANONYMOUS"]],
        };
        let offered = dice.pick(offered);
        match dice.below(3) {
            0 if self.sasl == "auto" && !self.username => Login::Bare,
            1 => Login::Either(offered),
            _ => Login::Sasl(offered, 0),
        }
    }

    /// A loss that may pass.
    fn passing(&self, dice: &mut Dice) -> Fault {
        match self.protocol {
            Protocol::Amqp => faults::passing(dice),
            Protocol::Mqtt => super::mqtt::passing(dice),
        }
    }

    /// A good broker, in all the ways that a broker can be good.
    fn good(&self, dice: &mut Dice) -> ConnectionPlan {
        let small = dice.one_in(4);
        ConnectionPlan {
            latency: dice.millis(0, 10),
            socket: if small { dice.range(200, 3000) as usize } else { 1 << 20 },
            chunk: if dice.one_in(4) { dice.range(1, 200) as usize } else { 1 << 20 },
            login: self.login(dice),
            relay: self.anonymous || dice.one_in(2),
            idle_timeout: dice.pick(&[
                None,
                None,
                Some(Duration::from_millis(1000)),
                Some(Duration::from_secs(30)),
            ]),
            window: dice.pick(&[1, 3, 2048, 2048, 2048]),
            credit: match dice.below(8) {
                0 => Credit::Sparse(1),
                1 => Credit::Sparse(dice.range(2, 5) as u32),
                2 => Credit::Drain(dice.range(1, 5) as u32),
                3 => Credit::TakenBack(dice.range(2, 5) as u32, dice.millis(1, 200)),
                4 => Credit::Late(dice.millis(1, 500), 10),
                5 => Credit::Ample(u32::MAX),
                _ => Credit::Ample(dice.range(2, 100) as u32),
            },
            split: if dice.one_in(4) { dice.range(1, 100) as usize } else { usize::MAX },
            presettled: dice.one_in(16),
            batch: dice.pick(&[1, 1, 1, 3, 100]),
            max_message_size: dice.pick(&[None, None, Some(1 << 20)]),
            ..ConnectionPlan::default()
        }
    }

    pub(super) fn unreachable(&self, dice: &mut Dice) -> Reach {
        match dice.below(6) {
            0 => Reach::Fails(Phase::Resolve),
            1 => Reach::Silent(dice.pick(&[Phase::Resolve, Phase::Tcp])),
            2 if self.tls => Reach::Untrusted(TlsCause::UnknownAuthority),
            3 if self.tls => Reach::Alert(dice.pick(&[40, 42, 48, 80, 116])),
            4 if self.tls => Reach::Silent(Phase::Tls),
            _ => Reach::Fails(Phase::Tcp),
        }
    }

    fn wild(&self, plan: &mut ConnectionPlan, badness: u64, dice: &mut Dice) {
        let mut is = |times: u64| dice.below(8 * times) < badness;
        let (reach, login, opening, receiver, sender, credit, fault, size) =
            (is(4), is(6), is(8), is(8), is(4), is(4), is(1), is(8));
        if reach {
            plan.reach = self.unreachable(dice);
        }
        if login {
            plan.login = match dice.below(4) {
                0 => Login::Bare,
                1 => Login::Sasl(&["GSSAPI"], 0),
                _ => Login::Sasl(&["EXTERNAL", "PLAIN", "ANONYMOUS"], dice.range(0, 4) as u8),
            };
        }
        if opening {
            plan.opening = if dice.one_in(2) {
                Opening::Closes(faults::condition(dice))
            } else {
                Opening::ClosesWithoutOpen(faults::condition(dice))
            };
        }
        let answer = |dice: &mut Dice| match dice.below(6) {
            0 => Answer::Nothing,
            1 => Answer::EndsSession(faults::condition(dice)),
            2 => Answer::Detaches(faults::condition(dice)),
            3 => Answer::RefusesAnonymous(faults::condition(dice)),
            _ => Answer::Refuses(faults::condition(dice)),
        };
        if receiver {
            plan.receiver = answer(dice);
        }
        if sender {
            plan.sender = answer(dice);
        }
        if credit {
            plan.credit = match dice.below(3) {
                0 => Credit::Never,
                1 => Credit::Late(dice.millis(0, 2000 * self.timeout), 3),
                _ => Credit::TakenBack(3, dice.millis(0, 2000 * self.timeout)),
            };
        }
        if size {
            plan.max_message_size = Some(dice.range(300, 3000));
        }
        plan.heartbeats = !dice.one_in(16);
        plan.relay = dice.one_in(2);
        plan.window = dice.pick(&[0, 1, 3, 2048, 2048, 2048, 2048, 2048]);
        if plan.window == 0 && dice.one_in(2) {
            plan.window_opens = Some(dice.millis(0, 2000 * self.timeout));
        }
        if fault {
            plan.fault = Some((faults::trigger(dice, 1000 * self.timeout), faults::any(dice)));
        }
        if dice.one_in(12) {
            // Slower, and heartbeats would be late.
            plan.pace = Some(dice.millis(1, 200));
        }
    }
}

impl Script for Seeded {
    fn connection(&mut self, broker: usize, number: usize) -> ConnectionPlan {
        // Most of what a broker is like stays the same from one connection to the next.
        let mut dice = Dice::of(self.seed, "broker", broker);
        let mut plan = match self.protocol {
            Protocol::Amqp => self.good(&mut dice),
            Protocol::Mqtt => self.good_over_mqtt(&mut dice),
        };
        let mut dice = Dice::of(self.seed, "connection", broker << 32 | number);
        match self.temper {
            Temper::Calm => {}
            Temper::OneFault => {
                if self.first.replace(()).is_none() {
                    if dice.one_in(8) {
                        plan.reach = Reach::Fails(dice.pick(&[Phase::Resolve, Phase::Tcp]));
                    }
                    let trigger = faults::trigger(&mut dice, 300);
                    plan.fault = Some((trigger, self.passing(&mut dice)));
                } else {
                    // With the connection its session may be lost.
                    plan.mqtt.forgets = self.seed.is_multiple_of(2);
                }
            }
            Temper::Wild => {
                let badness = 8_u64.saturating_sub(self.characters[broker]);
                match self.protocol {
                    Protocol::Amqp => self.wild(&mut plan, badness, &mut dice),
                    Protocol::Mqtt => self.wild_over_mqtt(&mut plan, badness, &mut dice),
                }
            }
        }
        plan
    }

    fn request(&mut self, arrival: &Arrival) -> Treatment {
        let mut dice = Dice::of(self.seed, "request", arrival.order);
        let mut treatment = Treatment {
            delay: if dice.one_in(2) { Duration::ZERO } else { dice.millis(0, 20) },
            replies: vec![(dice.millis(0, 30), Reply::Signed)],
            ..Treatment::default()
        };
        if self.temper != Temper::Wild {
            return treatment;
        }
        if self.protocol == Protocol::Mqtt {
            self.maltreat_over_mqtt(&mut treatment, &mut dice);
        } else if dice.below(10) < self.malice {
            treatment.outcome = match dice.below(8) {
                0 => Outcome::Rejected(faults::condition(&mut dice)),
                1 => Outcome::Modified { undeliverable_here: true },
                2 => Outcome::Modified { undeliverable_here: false },
                3 => Outcome::Released,
                4 => Outcome::Forgotten,
                5 => Outcome::Never,
                _ => Outcome::Accepted,
            };
            if dice.one_in(3) {
                treatment.delay = dice.millis(0, 2000 * self.timeout);
            }
            let is_taken = matches!(
                treatment.outcome,
                Outcome::Accepted | Outcome::Never | Outcome::Forgotten
            );
            treatment.replies = match dice.below(6) {
                _ if !is_taken && !dice.one_in(8) => vec![],
                0 => vec![],
                1 => vec![(dice.millis(0, 1000 * self.timeout * self.windows), Reply::Signed)],
                _ => (0..dice.range(1, 3))
                    .map(|_| (dice.millis(0, 500), faults::reply(&mut dice)))
                    .collect(),
            };
        }
        treatment
    }
}
