//! The client at the other end of a session.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{
    super::{line::Line, shared::Broker},
    observer::Observer,
};
use crate::faults::Refusal;

/// What a link of the client needs to know of its connection.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) broker: Arc<Broker>,
    pub(crate) observer: Arc<Observer>,
    /// Number of the connection.
    pub(crate) number: usize,
    /// The client's channel.
    pub(crate) channel: u16,
    pub(crate) line: Line,
    /// Makes the broker close the connection.
    pub(crate) close: mpsc::UnboundedSender<Refusal>,
}
