//! What failover needs from outside: the time, and connections.

use std::time::Instant;

use crate::{
    config::BrokerUrl,
    connection::{Connected, Failure, Opened},
    deadline::Deadline,
    error::Error,
    session::Beginning,
};

/// Opens connections to brokers: real ones, simulated ones or scripted ones.
pub(crate) trait Connect {
    type Connection: Connected;

    /// The current time, on a clock that never goes back.
    fn now(&self) -> Instant;

    /// Waits until `until`.
    ///
    /// # Errors
    /// [`Error::Interrupted`] or [`Error::Deadline`], which end the run.
    fn sleep(&self, until: Instant) -> Result<(), Error>;

    /// Opens a connection to one broker, and waits until its links are answered, until `deadline` in all.
    /// `first_reply` is the number of its first reply.
    ///
    /// # Errors
    /// Why there is none, and whether another broker may do better.
    fn open(
        &self,
        url: &BrokerUrl,
        beginning: Beginning,
        first_reply: u64,
        deadline: &Deadline,
    ) -> Result<Opened<Self::Connection>, Failure>;
}
