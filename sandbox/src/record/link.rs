//! Links, as the client's Attach described them.

use std::time::Instant;

use fe2o3_amqp::types::{
    definitions::{Fields, ReceiverSettleMode, SenderSettleMode},
    messaging::{
        DistributionMode, Outcome, Source, TargetArchetype, TerminusDurability,
        TerminusExpiryPolicy,
    },
    primitives::{Array, OrderedMap, Symbol},
};

/// Which end of a link the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The client sends.
    Sender,
    /// The client receives.
    Receiver,
}

/// A link as the client's Attach described it.
#[derive(Clone, Debug)]
pub struct LinkRecord {
    /// Number of its connection.
    pub connection: usize,
    /// When the Attach arrived.
    pub attached: Instant,
    /// Which end the client is.
    pub direction: Direction,
    /// `name`.
    pub name: String,
    /// `source`, if there was one.
    pub source: Option<TerminusRecord>,
    /// `target`, if there was one.
    pub target: Option<TerminusRecord>,
    /// `snd-settle-mode`.
    pub sender_settle_mode: SenderSettleMode,
    /// `rcv-settle-mode`.
    pub receiver_settle_mode: ReceiverSettleMode,
    /// `max-message-size`.
    pub max_message_size: Option<u64>,
    /// `offered-capabilities`.
    pub offered_capabilities: Vec<String>,
    /// `desired-capabilities`.
    pub desired_capabilities: Vec<String>,
    /// The names in `properties`.
    pub properties: Vec<String>,
    /// The credit in the first Flow of a receiving client.
    pub initial_credit: Option<u32>,
    /// Every credit that a receiving client granted, including the first.
    pub credits: Vec<u32>,
    /// When the client detached it.
    pub detached: Option<Instant>,
}

/// A source or target.
#[derive(Clone, Debug)]
pub struct TerminusRecord {
    /// `address`.
    pub address: Option<String>,
    /// `durable`.
    pub durable: TerminusDurability,
    /// `expiry-policy`.
    pub expiry_policy: TerminusExpiryPolicy,
    /// `timeout` in seconds.
    pub timeout: u32,
    /// `dynamic`.
    pub dynamic: bool,
    /// `distribution-mode`, of a source.
    pub distribution_mode: Option<DistributionMode>,
    /// The names in `filter`, of a source.
    pub filters: Vec<String>,
    /// `default-outcome`, of a source.
    pub default_outcome: Option<Outcome>,
    /// `outcomes`, of a source.
    pub outcomes: Vec<String>,
    /// `capabilities`.
    pub capabilities: Vec<String>,
}

impl From<&Source> for TerminusRecord {
    fn from(source: &Source) -> Self {
        Self {
            address: source.address.clone(),
            durable: source.durable.clone(),
            expiry_policy: source.expiry_policy.clone(),
            timeout: source.timeout,
            dynamic: source.dynamic,
            distribution_mode: source.distribution_mode.clone(),
            filters: keys(source.filter.as_ref()),
            default_outcome: source.default_outcome.clone(),
            outcomes: names(source.outcomes.as_ref()),
            capabilities: names(source.capabilities.as_ref()),
        }
    }
}

impl From<&TargetArchetype> for TerminusRecord {
    fn from(TargetArchetype::Target(target): &TargetArchetype) -> Self {
        Self {
            address: target.address.clone(),
            durable: target.durable.clone(),
            expiry_policy: target.expiry_policy.clone(),
            timeout: target.timeout,
            dynamic: target.dynamic,
            distribution_mode: None,
            filters: Vec::new(),
            default_outcome: None,
            outcomes: Vec::new(),
            capabilities: names(target.capabilities.as_ref()),
        }
    }
}

/// The names in an array.
pub(crate) fn names(symbols: Option<&Array<Symbol>>) -> Vec<String> {
    let symbols = symbols.into_iter().flat_map(|array| array.0.iter());
    symbols.map(|symbol| symbol.to_string()).collect()
}

/// The names in a map.
pub(crate) fn keys(map: Option<&Fields>) -> Vec<String> {
    map.into_iter().flat_map(OrderedMap::keys).map(|key| key.to_string()).collect()
}
