//! The two protocols: what a run promises, it promises over both.

use amqp_sandbox::{Options, Rule, Sandbox};

use super::Bench;

/// The protocol that the program and its sandbox speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// AMQP 1.0.
    Amqp,
    /// MQTT 5.
    Mqtt,
}

impl Protocol {
    /// A sandbox that behaves well.
    pub fn bench(self) -> Bench {
        Bench { protocol: self, ..Bench::new() }
    }

    /// A sandbox with these departures from good behaviour.
    pub fn misbehaving(self, rules: Vec<Rule>) -> Bench {
        Bench { protocol: self, ..Bench::misbehaving(rules) }
    }

    /// A sandbox with these options.
    pub fn bench_with(self, set: impl FnOnce(&mut Options)) -> Bench {
        Bench { protocol: self, ..Bench::with(set) }
    }

    /// A sandbox that lets that many requests without an outcome be on their way: its credit, or its Receive Maximum.
    pub fn bench_with_credit(self, credit: u16) -> Bench {
        self.bench_with(|options| set_credit(options, credit))
    }

    /// `amqp` or `mqtt`.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Amqp => "amqp",
            Self::Mqtt => "mqtt",
        }
    }

    /// A text for AMQP, or the one in its place for MQTT.
    pub fn or<T>(self, amqp: T, mqtt: T) -> T {
        match self {
            Self::Amqp => amqp,
            Self::Mqtt => mqtt,
        }
    }

    /// The URLs with TLS, one of each broker.
    pub fn urls(self, sandbox: &Sandbox) -> Vec<String> {
        match self {
            Self::Amqp => sandbox.amqps_urls(),
            Self::Mqtt => sandbox.mqtts_urls(),
        }
    }

    /// The URL without TLS.
    pub fn plain_url(self, sandbox: &Sandbox) -> String {
        match self {
            Self::Amqp => sandbox.amqp_url(),
            Self::Mqtt => sandbox.mqtt_url(),
        }
    }

    /// Where replies come from, as a configuration has it.
    pub(super) fn listen_to(self) -> &'static str {
        match self {
            Self::Amqp => "queue://Consumer.{creator}-{task_id}.VirtualTopic.sandbox.reply",
            Self::Mqtt => "topic://VirtualTopic.sandbox.reply",
        }
    }
}

/// Lets that many requests without an outcome be on their way.
pub fn set_credit(options: &mut Options, credit: u16) {
    options.credit = credit.into();
    options.mqtt_broker.receive_maximum = Some(credit);
}
