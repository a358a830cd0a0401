//! Everything about a run from one number.

use std::time::Duration;

use super::{
    dice::Dice,
    plan::{
        Answer, Arrival, Condition, ConnectionPlan, Credit, End, Fault, Login, Opening, Outcome,
        Reach, Reply, Treatment, Trigger,
    },
    run::{Kind, Scenario, SettingsPlan},
    world::Script,
};
use crate::error::{Phase, TlsCause};

/// How much goes wrong in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Temper {
    /// Nothing: all is signed, and each request is sent once.
    Calm,
    /// One connection is lost, for a reason that may pass: all is signed.
    OneFault,
    /// Anything.
    Wild,
}

const REFUSALS: [Condition; 4] = [
    Condition::new("amqp:unauthorized-access"),
    Condition::new("amqp:not-found"),
    Condition::new("amqp:not-allowed"),
    Condition { name: "failed", description: "AMQ119002: no such address" },
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

const UNFIT: Condition = Condition::new("amqp:precondition-failed");

fn condition(dice: &mut Dice) -> Condition {
    match dice.below(8) {
        0 | 1 => dice.pick(&REFUSALS),
        2 => UNFIT,
        _ => dice.pick(&PASSING),
    }
}

/// The run of a seed.
pub(crate) fn scenario(seed: u64, prints: bool) -> (Scenario, Temper) {
    let mut dice = Dice::of(seed, "scenario", 0);
    let temper = match dice.below(8) {
        0 => Temper::Calm,
        1 | 2 => Temper::OneFault,
        _ => Temper::Wild,
    };
    let settings = settings(&mut dice, temper);
    let items = dice.pick(&[1, 1, 2, 3, 3, 5, 8, 12]);
    let kind = match dice.below(6) {
        0 => Kind::Clear,
        1 => Kind::Blob,
        2 => Kind::Batch(dice.range(1, 4) as usize),
        _ => Kind::Container,
    };
    let blob = if dice.one_in(4) { 3000 } else { 10 };
    let span = 1000 * settings.timeout * settings.retries * settings.send_retries;
    let (mut interrupt, mut jumps) = (None, vec![]);
    if temper == Temper::Wild {
        if dice.one_in(12) {
            let most = if dice.one_in(2) { 300 } else { span };
            interrupt = Some(dice.millis(0, most));
        }
        if dice.one_in(10) {
            let most = if dice.one_in(2) { 300 } else { span };
            let at = dice.millis(0, most);
            jumps.push((at, dice.millis(1000, 5 * 3_600_000)));
            if dice.one_in(2) {
                jumps.push((at + dice.millis(0, span), dice.millis(100, 60_000)));
            }
        }
    }
    let script = Seeded {
        seed,
        temper,
        tls: settings.tls,
        sasl: settings.sasl,
        username: settings.username,
        anonymous: settings.sender_target == "anonymous",
        timeout: settings.timeout,
        windows: settings.retries * settings.send_retries,
        malice: dice.pick(&[0, 1, 1, 5]),
        characters: (0..settings.brokers).map(|_| dice.below(8)).collect(),
        first: None,
    };
    let scenario = Scenario {
        settings,
        kind,
        items,
        blob,
        cluster: dice.one_in(2),
        random: dice.below(u64::MAX),
        interrupt,
        jumps,
        script: Box::new(script),
        prints,
    };
    (scenario, temper)
}

fn settings(dice: &mut Dice, temper: Temper) -> SettingsPlan {
    let tls = dice.one_in(2);
    let username = tls && dice.one_in(6);
    let mut settings = SettingsPlan {
        brokers: dice.pick(&[1, 1, 2, 3, 4]),
        tls,
        timeout: dice.pick(&[1, 2, 5, 20, 60]),
        retries: dice.range(1, 3),
        send_retries: dice.range(1, 3),
        connect_timeout: dice.pick(&[1, 5, 10]),
        close_timeout: dice.pick(&[1, 2]),
        idle_timeout: dice.pick(&[0, 2, 2, 30]),
        deadline: None,
        sasl: match dice.below(6) {
            0 => "none",
            1 => "anonymous",
            2 if tls => "external",
            _ => "auto",
        },
        username,
        sender_target: dice.pick(&["auto", "auto", "auto", "address", "anonymous"]),
        max_message_size: if dice.one_in(6) { 4096 } else { 64 << 20 },
    };
    if username {
        settings.sasl = dice.pick(&["auto", "plain"]);
    }
    match temper {
        Temper::Calm => {}
        Temper::OneFault => {
            settings.timeout = 60;
            (settings.retries, settings.send_retries) = (3, 2);
            settings.idle_timeout = dice.pick(&[2, 30]);
        }
        Temper::Wild if dice.one_in(12) => {
            settings.deadline = Some(dice.range(1, 2 * settings.timeout));
        }
        Temper::Wild => {}
    }
    settings
}

struct Seeded {
    seed: u64,
    temper: Temper,
    tls: bool,
    sasl: &'static str,
    username: bool,
    anonymous: bool,
    timeout: u64,
    windows: u64,
    /// How many of ten requests fare badly.
    malice: u64,
    /// What each broker is like: the lower, the worse.
    characters: Vec<u64>,
    /// Whether the first connection has been made.
    first: Option<()>,
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

    fn passing_fault(&self, dice: &mut Dice) -> Fault {
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

    fn fault(&self, dice: &mut Dice) -> Fault {
        match dice.below(8) {
            0 => Fault::Close(condition(dice)),
            1 => Fault::EndSession(condition(dice)),
            2 => Fault::DetachReceiver(condition(dice)),
            3 => Fault::DetachSender(condition(dice)),
            _ => self.passing_fault(dice),
        }
    }

    fn wild(&self, plan: &mut ConnectionPlan, badness: u64, dice: &mut Dice) {
        let mut is = |times: u64| dice.below(8 * times) < badness;
        let (reach, login, opening, receiver, sender, credit, fault, size) =
            (is(4), is(6), is(8), is(8), is(4), is(4), is(1), is(8));
        if reach {
            plan.reach = match dice.below(6) {
                0 => Reach::Fails(Phase::Resolve),
                1 => Reach::Silent(dice.pick(&[Phase::Resolve, Phase::Tcp])),
                2 if self.tls => Reach::Untrusted(TlsCause::UnknownAuthority),
                3 if self.tls => Reach::Alert(dice.pick(&[40, 42, 48, 80, 116])),
                4 if self.tls => Reach::Silent(Phase::Tls),
                _ => Reach::Fails(Phase::Tcp),
            };
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
                Opening::Closes(condition(dice))
            } else {
                Opening::ClosesWithoutOpen(condition(dice))
            };
        }
        let answer = |dice: &mut Dice| match dice.below(6) {
            0 => Answer::Nothing,
            1 => Answer::EndsSession(condition(dice)),
            2 => Answer::Detaches(condition(dice)),
            3 => Answer::RefusesAnonymous(condition(dice)),
            _ => Answer::Refuses(condition(dice)),
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
        if fault {
            plan.fault = Some((trigger(dice, 1000 * self.timeout), self.fault(dice)));
        }
    }
}

fn trigger(dice: &mut Dice, span: u64) -> Trigger {
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

impl Script for Seeded {
    fn connection(&mut self, broker: usize, number: usize) -> ConnectionPlan {
        // Most of what a broker is like stays the same from one connection to the next.
        let mut plan = self.good(&mut Dice::of(self.seed, "broker", broker));
        let mut dice = Dice::of(self.seed, "connection", broker << 32 | number);
        match self.temper {
            Temper::Calm => {}
            Temper::OneFault => {
                if self.first.replace(()).is_none() {
                    if dice.one_in(8) {
                        plan.reach = Reach::Fails(dice.pick(&[Phase::Resolve, Phase::Tcp]));
                    }
                    plan.fault = Some((trigger(&mut dice, 300), self.passing_fault(&mut dice)));
                }
            }
            Temper::Wild => {
                let badness = 8_u64.saturating_sub(self.characters[broker]);
                self.wild(&mut plan, badness, &mut dice);
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
        if dice.below(10) < self.malice {
            treatment.outcome = match dice.below(8) {
                0 => Outcome::Rejected(condition(&mut dice)),
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
                _ => {
                    (0..dice.range(1, 3)).map(|_| (dice.millis(0, 500), reply(&mut dice))).collect()
                }
            };
        }
        treatment
    }
}

fn reply(dice: &mut Dice) -> Reply {
    match dice.below(9) {
        0 => Reply::Refused,
        1 => Reply::Unusable,
        2 => Reply::Incomplete,
        3 => Reply::Foreign,
        4 | 5 => Reply::Malformed(dice.below(10) as u8),
        6 => Reply::Long(dice.range(10, 9000) as usize),
        _ => Reply::Signed,
    }
}
