//! The same brokers when they speak MQTT.

use super::{faults, script::Seeded};
use crate::simulation::{
    dice::Dice,
    plan::{
        Condition, Connack, ConnectionPlan, End, Fault, MqttPlan, Outcome, Packet, Reply, Suback,
        Treatment,
    },
};
use std::time::Duration;

/// Codes of a DISCONNECT after which another connection may do.
const PASSING: [u8; 16] = [
    0x80, 0x81, 0x82, 0x83, 0x89, 0x8b, 0x8d, 0x93, 0x94, 0x96, 0x97, 0x98, 0x9c, 0x9d, 0x9f, 0xa0,
];

/// Codes that no version of the standard has.
const UNKNOWN: [u8; 2] = [0xb7, 0xff];

/// A DISCONNECT with this code.
fn disconnect(code: u8) -> Fault {
    Fault::Close(Condition::Code(Packet::Disconnect, code))
}

/// A loss that may pass.
pub(super) fn passing(dice: &mut Dice) -> Fault {
    match dice.below(8) {
        0..3 => Fault::Cut(End::Eof),
        3 => Fault::Cut(End::Reset),
        4 => Fault::Silence,
        5 => Fault::Garbage(garbage(dice)),
        6 if dice.one_in(4) => disconnect(dice.pick(&UNKNOWN)),
        _ => disconnect(dice.pick(&PASSING)),
    }
}

/// A loss for any reason.
fn any(dice: &mut Dice) -> Fault {
    match dice.below(8) {
        0 => disconnect(dice.pick(&[0x87, 0x8e, 0x90, 0x95, 0x99, 0x9a, 0x9b])),
        _ => passing(dice),
    }
}

/// Bytes that cannot be read, nor what is behind them.
fn garbage(dice: &mut Dice) -> Vec<u8> {
    match dice.below(2) {
        0 => vec![0x30, 0xff, 0xff, 0xff, 0xff, 0x7f],
        _ => vec![0x36, 5, 0, 1, b'x', 0, 1],
    }
}

/// Packets that a client has no use for.
fn useless(dice: &mut Dice) -> Vec<u8> {
    match dice.below(8) {
        0 => vec![0; 100],
        1 => vec![0x10, 0],
        2 => vec![0x82, 6, 0, 1, 0, 1, b'x', 0],
        3 => vec![0x62, 2, 0, 1],
        4 => vec![0x40, 2, 0x99, 0x99],
        5 => vec![0x32, 3, 0, 9, b'x'],
        _ => vec![],
    }
}

/// A code of a PUBACK that is not the good one.
fn puback(dice: &mut Dice) -> Outcome {
    let code = match dice.below(8) {
        0 | 1 => dice.pick(&[0x10, 0x83, 0x97]),
        2 => dice.pick(&[0x87, 0x90]),
        3 => dice.pick(&[0x80, 0x95, 0x99, 0xb3]),
        4 => 0x11,
        5 => return Outcome::Never,
        _ => return Outcome::Accepted,
    };
    Outcome::Rejected(Condition::Code(Packet::Puback, code))
}

impl Seeded {
    /// A good broker, in all the ways that a broker can be good.
    pub(super) fn good_over_mqtt(&self, dice: &mut Dice) -> ConnectionPlan {
        let small = dice.one_in(4);
        ConnectionPlan {
            latency: dice.millis(0, 10),
            socket: if small { dice.range(200, 3000) as usize } else { 1 << 20 },
            // The largest requests byte by byte would be too many events.
            chunk: if dice.one_in(4) { dice.range(8, 200) as usize } else { 1 << 20 },
            mqtt: MqttPlan {
                receive_maximum: dice.pick(&[
                    None,
                    Some(1),
                    Some(2),
                    Some(5),
                    Some(20),
                    Some(20),
                    Some(u16::MAX),
                ]),
                keep_alive: dice.pick(&[None, None, None, Some(1), Some(30)]),
                max_packet: dice.pick(&[None, None, Some(1 << 20)]),
                expiry: dice.pick(&[None, None, Some(0), Some(3), Some(86_400)]),
                max_qos: dice.pick(&[None, Some(1)]),
                suback: Suback::Grants(if dice.one_in(12) { 0 } else { 1 }),
                suback_delay: if dice.one_in(4) { dice.millis(0, 50) } else { Duration::ZERO },
                prefetch: dice.pick(&[1, 2, 10, 20, 100]),
                renumbers: dice.one_in(4),
                is_wordy: dice.one_in(2),
                says_why: dice.one_in(2),
                odd: if dice.one_in(8) { useless(dice) } else { vec![] },
                ..MqttPlan::default()
            },
            ..ConnectionPlan::default()
        }
    }

    pub(super) fn wild_over_mqtt(&self, plan: &mut ConnectionPlan, badness: u64, dice: &mut Dice) {
        let mut is = |times: u64| dice.below(8 * times) < badness;
        let (reach, connack, suback, fault, size) = (is(4), is(4), is(4), is(1), is(8));
        if reach {
            plan.reach = self.unreachable(dice);
        }
        let mqtt = &mut plan.mqtt;
        if connack {
            mqtt.connack = match dice.below(6) {
                0 => Connack::Nothing,
                1 => Connack::HangsUp,
                _ if self.version != "5" => Connack::Old(dice.range(1, 6) as u8),
                2 => Connack::Old(1),
                3 => Connack::Refuses(dice.pick(&[0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c])),
                4 => Connack::Refuses(dice.pick(&[0x81, 0x82, 0x95, 0x9c, 0x9d, 0x9f, 0xb7])),
                _ => Connack::Refuses(dice.pick(&[0x80, 0x83, 0x88, 0x89, 0x97])),
            };
        }
        if suback {
            let refused = dice.pick(&[0x87, 0x8f, 0x9e, 0xa1, 0xa2, 0x80, 0x83, 0x97, 0xb7]);
            mqtt.suback = match dice.below(6) {
                0 => Suback::Nothing,
                1 => Suback::HangsUp,
                2 => Suback::Disconnects(dice.pick(&PASSING)),
                3 => Suback::RefusesAndHangsUp(refused),
                4 => Suback::Grants(0),
                _ => Suback::Refuses(refused),
            };
        }
        if size {
            mqtt.max_packet = Some(dice.range(300, 3000) as u32);
        }
        mqtt.forgets = dice.one_in(4);
        mqtt.invents = dice.one_in(40);
        if dice.one_in(40) {
            mqtt.max_qos = Some(0);
        }
        if dice.one_in(8) {
            mqtt.receive_maximum = dice.pick(&[Some(1), Some(3), None]);
        }
        plan.heartbeats = !dice.one_in(16);
        if fault {
            plan.fault = Some((faults::trigger(dice, 1000 * self.timeout), any(dice)));
        }
        if dice.one_in(12) {
            // Slower, and PINGREQs would be late.
            plan.pace = Some(dice.millis(1, 200));
        }
    }

    pub(super) fn maltreat_over_mqtt(&self, treatment: &mut Treatment, dice: &mut Dice) {
        if dice.below(10) >= self.malice {
            return;
        }
        treatment.outcome = puback(dice);
        if dice.one_in(3) {
            treatment.delay = dice.millis(0, 2000 * self.timeout);
        }
        if dice.one_in(8) {
            treatment.ends = Some(any(dice));
        }
        let is_taken = match treatment.outcome {
            Outcome::Rejected(Condition::Code(_, code)) => code == 0x11,
            _ => true,
        };
        treatment.replies = match dice.below(6) {
            _ if !is_taken && !dice.one_in(8) => vec![],
            // A full queue drops requests and replies in silence.
            0 => vec![],
            1 => vec![(dice.millis(0, 1000 * self.timeout * self.windows), Reply::Signed)],
            _ => {
                (0..dice.range(1, 3)).map(|_| (dice.millis(0, 500), faults::reply(dice))).collect()
            }
        };
    }
}
