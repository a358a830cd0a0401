//! One run of the client against simulated brokers, and what is left of it.

use std::{cell::RefCell, collections::VecDeque, rc::Rc, time::Duration};

use super::{
    agenda::Agenda,
    broker::Sessions,
    killed::{self, Kill, Life},
    network::Simulated,
    operations::{ledger, stamp},
    witness::Witness,
    world::{Outside, Script, Shared, World},
};
use crate::{
    config::{Protocol, Settings, SignerType},
    connector::Route,
    error::Error,
    signer::sign_on,
    signing::{Ledger, Observer},
};

/// What is signed, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Container,
    Clear,
    Blob,
    /// Claims in requests of at most this many.
    Batch(usize),
}

/// All that makes a run what it is.
pub(crate) struct Scenario {
    pub(crate) settings: SettingsPlan,
    pub(crate) kind: Kind,
    /// Items to sign.
    pub(crate) items: usize,
    /// Bytes of each, if it is a blob.
    pub(crate) blob: usize,
    /// All brokers share one queue of replies, as a cluster does.
    pub(crate) cluster: bool,
    /// What the client's own random numbers start from.
    pub(crate) random: u64,
    pub(crate) interrupt: Option<Duration>,
    pub(crate) jumps: Vec<(Duration, Duration)>,
    /// The run has a state file, and these ends; after the last one it goes on to its own end.
    pub(crate) kills: Option<Vec<Kill>>,
    pub(crate) script: Box<dyn Script>,
    pub(crate) prints: bool,
}

/// The settings that matter here; times in seconds.
#[derive(Clone, Debug)]
pub(crate) struct SettingsPlan {
    pub(crate) protocol: Protocol,
    /// Of MQTT.
    pub(crate) version: &'static str,
    /// The most requests that are open at once over MQTT.
    pub(crate) max_open: u32,
    pub(crate) brokers: usize,
    /// The number of addresses that each name has.
    pub(crate) addresses: u8,
    pub(crate) tls: bool,
    pub(crate) timeout: u64,
    pub(crate) retries: u64,
    pub(crate) send_retries: u64,
    pub(crate) connect_timeout: u64,
    pub(crate) close_timeout: u64,
    /// 0: none.
    pub(crate) idle_timeout: u64,
    pub(crate) deadline: Option<u64>,
    pub(crate) sasl: &'static str,
    pub(crate) username: bool,
    pub(crate) sender_target: &'static str,
    /// The address of the requests shows whose it is.
    pub(crate) shows_scheme: bool,
    pub(crate) max_message_size: u64,
}

impl Default for SettingsPlan {
    fn default() -> Self {
        Self {
            protocol: Protocol::Amqp,
            version: "5",
            max_open: 500,
            brokers: 1,
            addresses: 1,
            tls: false,
            timeout: 60,
            retries: 3,
            send_retries: 2,
            connect_timeout: 10,
            close_timeout: 2,
            idle_timeout: 30,
            deadline: None,
            sasl: "auto",
            username: false,
            sender_target: "auto",
            shows_scheme: true,
            max_message_size: 64 << 20,
        }
    }
}

impl SettingsPlan {
    /// Where requests go, and where replies come from.
    fn route(&self) -> (&'static str, &'static str) {
        match self.protocol {
            Protocol::Amqp => (super::SEND_TO, super::LISTEN_TO),
            Protocol::Mqtt => (super::SEND_TO_TOPIC, super::LISTEN_TO_TOPIC),
        }
    }

    fn parse(&self, kind: Kind) -> Settings {
        let scheme = match (self.protocol, self.tls) {
            (Protocol::Amqp, false) => "amqp",
            (Protocol::Amqp, true) => "amqps",
            (Protocol::Mqtt, false) => "mqtt",
            (Protocol::Mqtt, true) => "mqtts",
        };
        let brokers: Vec<_> = (0..self.brokers)
            .map(|number| format!("\"{scheme}://b{number}.{}:5672\"", self.addresses))
            .collect();
        let (send_to, listen_to) = self.route();
        let mut text = format!(
            "messaging_brokers: [{}], environment: e, service: s, message_id_key: request_id, \
             log_level: info, topic_send_to: \"{}\", topic_listen_to: \"{}\", timeout: {}, \
             retries: {}, send_retries: {}, connect_timeout: {}, close_timeout: {}, \
             idle_timeout: {}, sasl: {}, sender_target: {}, max_message_size: {}",
            brokers.join(", "),
            if self.shows_scheme { send_to } else { "requests" },
            listen_to,
            self.timeout,
            self.retries,
            self.send_retries,
            self.connect_timeout,
            self.close_timeout,
            self.idle_timeout,
            self.sasl,
            self.sender_target,
            self.max_message_size,
        );
        if self.protocol == Protocol::Mqtt {
            let Self { version, max_open, .. } = self;
            text += &format!(", mqtt_version: \"{version}\", mqtt_max_open: {max_open}");
        }
        if self.tls {
            text += ", messaging_ca_cert: ca.pem, messaging_cert_key: client.pem";
        }
        if self.username {
            text += ", username: user, password_file: password";
        }
        if let Some(deadline) = self.deadline {
            text += &format!(", deadline: {deadline}");
        }
        let signer = if let Kind::Batch(size) = kind {
            text += &format!(", chunk_size: {size}");
            SignerType::Batch
        } else {
            SignerType::Single
        };
        let section = if signer == SignerType::Batch { "msg_batch_signer" } else { "msg_signer" };
        let text = format!("{section}: {{{text}}}");
        Settings::parse(&text, "simulation.yaml".as_ref(), signer, &|_| None)
            .expect("the simulation's settings are good")
    }
}

/// What is left of a run.
pub(crate) struct Ended {
    pub(crate) settings: Settings,
    pub(crate) result: Result<(), Error>,
    pub(crate) ledger: Ledger,
    pub(crate) witness: Witness,
    /// The processes, if the run has a state file.
    pub(crate) lives: Vec<Life>,
    pub(crate) took: Duration,
    pub(crate) interrupt: Option<Duration>,
    /// How long bytes were on slow lines.
    pub(crate) busy: Duration,
}

/// Plays a scenario.
pub(crate) fn play(scenario: Scenario) -> Ended {
    let settings = scenario.settings.parse(scenario.kind);
    let what = (scenario.kind, scenario.items, scenario.blob);
    let mut first = ledger(what, &settings, &mut stamp);
    let ids = first.entries().iter().map(|entry| entry.request().id.to_string());
    let brokers = settings.brokers.len();
    let shared = Shared {
        agenda: Agenda::default(),
        witness: Witness { prints: scenario.prints, ..Witness::default() },
        script: scenario.script,
        protocol: settings.protocol(),
        username: scenario.settings.username,
        expiry: settings.time_to_live(),
        sessions: Sessions::default(),
        first: 0,
        is_recorded: scenario.kills.is_some(),
        ids: ids.enumerate().map(|(index, id)| (id, index)).collect(),
        queues: vec![VecDeque::new(); if scenario.cluster { 1 } else { brokers }],
        has_replies: false,
    };
    let outside = Outside {
        interrupt: scenario.interrupt,
        deadline: settings.deadline,
        jumps: scenario.jumps.into(),
    };
    let world = Rc::new(RefCell::new(World::new(shared, brokers, outside, scenario.random)));
    let (send_to, listen_to) = scenario.settings.route();
    let own = Route { send_to: send_to.into(), listen_to: listen_to.into(), ..Route::default() };
    let password = scenario.settings.username.then_some("secret");
    let sign = |route: &Route, ledger: &mut Ledger, observer: &dyn Observer| {
        // As a signer does.
        observer.secure()?;
        if ledger.open() == 0 {
            return Ok(());
        }
        sign_on(&Simulated(world.clone()), &settings, route, password, ledger, observer)
    };
    let (ledger, result, lives) = match scenario.kills {
        None => {
            let result = sign(&own, &mut first, &());
            (first, result, vec![])
        }
        Some(kills) => {
            let requests = |stamp: &mut dyn FnMut(usize) -> _| ledger(what, &settings, stamp);
            let sign = |goes_on, ledger: &mut Ledger, observer: &dyn Observer| {
                let client_id = Some("client".to_owned());
                let route = Route { is_recorded: true, goes_on, client_id, ..own.clone() };
                sign(&route, ledger, observer)
            };
            killed::play(kills, &world, settings.time_to_live(), requests, sign)
        }
    };
    let took = world.borrow().now();
    world.borrow_mut().finish();
    let world = Rc::into_inner(world).expect("the run has let go of the network").into_inner();
    let busy = world
        .peers
        .iter()
        .map(|peer| peer.line())
        .map(|line| line.to_client.busy() + line.to_broker.busy())
        .sum();
    let (witness, interrupt) = (world.shared.witness, scenario.interrupt);
    Ended { settings, result, ledger, witness, lives, took, interrupt, busy }
}
