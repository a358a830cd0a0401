//! Everything about a run from one number.

mod faults;
mod mqtt;
mod script;

use super::{
    dice::Dice,
    killed::Kill,
    run::{Kind, Scenario, SettingsPlan},
};
use crate::config::Protocol;
use script::Seeded;

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

/// The run of a seed: each protocol has its own.
pub(crate) fn scenario(protocol: Protocol, seed: u64, prints: bool) -> (Scenario, Temper) {
    let part = match protocol {
        Protocol::Amqp => "scenario",
        Protocol::Mqtt => "scenario over MQTT",
    };
    let mut dice = Dice::of(seed, part, 0);
    let temper = match dice.below(8) {
        0 => Temper::Calm,
        1 | 2 => Temper::OneFault,
        _ => Temper::Wild,
    };
    let mut settings = settings(&mut dice, temper);
    if protocol == Protocol::Mqtt {
        over_mqtt(&mut settings, &mut dice);
    }
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
        protocol,
        version: settings.version,
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
    let (cluster, random) = (dice.one_in(2), dice.below(u64::MAX));
    // Of several pieces; but not byte by byte.
    let blob = if dice.one_in(12) { 70_000 } else { blob };
    let is_let_be = interrupt.is_none() && jumps.is_empty() && settings.deadline.is_none();
    let kills = (is_let_be && dice.one_in(8)).then(|| kills(&mut dice, span));
    let scenario = Scenario {
        settings,
        kind,
        items,
        blob,
        cluster,
        random,
        interrupt,
        jumps,
        kills,
        script: Box::new(script),
        prints,
    };
    (scenario, temper)
}

/// When the process is killed: once, or again and again.
fn kills(dice: &mut Dice, span: u64) -> Vec<Kill> {
    let kill = |dice: &mut Dice| {
        let steps = dice.pick(&[30, 100, 300]);
        let pause = dice.pick(&[10, 1000, 2 * span]);
        Kill {
            steps: dice.below(steps) as u32,
            pause: dice.millis(0, pause),
            left: dice.one_in(3).then(|| dice.range(0, 99)),
        }
    };
    (0..dice.pick(&[1, 1, 2, 5])).map(|_| kill(dice)).collect()
}

/// The same over MQTT, as far as it has that.
fn over_mqtt(settings: &mut SettingsPlan, dice: &mut Dice) {
    settings.protocol = Protocol::Mqtt;
    settings.version = dice.pick(&["5", "5", "5", "5", "5", "5", "5", "3.1.1"]);
    settings.max_open = dice.pick(&[1, 2, 5, 500, 500, 500]);
    (settings.sasl, settings.sender_target, settings.shows_scheme) = ("auto", "auto", false);
}

fn settings(dice: &mut Dice, temper: Temper) -> SettingsPlan {
    let tls = dice.one_in(2);
    let username = tls && dice.one_in(6);
    let mut settings = SettingsPlan {
        brokers: dice.pick(&[1, 1, 2, 3, 4]),
        addresses: dice.pick(&[1, 1, 2, 3]),
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
        shows_scheme: dice.one_in(2),
        max_message_size: if dice.one_in(6) { 4096 } else { 64 << 20 },
        ..SettingsPlan::default()
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
