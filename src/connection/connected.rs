//! What failover needs of a connection.

use std::collections::VecDeque;

use crate::{
    broker::{Event, HandOver, ReplyId, Settlement},
    deadline::Deadline,
    error::Error,
    signing::Request,
};

/// A connection that was opened: one to a broker, or a scripted one.
pub(crate) trait Connected {
    /// Hands over one request, without waiting.
    fn send(&mut self, entry: usize, request: &Request) -> HandOver;

    /// Writes as much output as the socket accepts now, unless there are events; returns whether that was all.
    fn flush(&mut self) -> bool;

    /// Whether a request that was handed over may not be wholly on the socket.
    fn holds(&self, entry: usize) -> bool;

    /// Waits for the next event until `deadline`.
    ///
    /// # Errors
    /// Why the connection has ended: a transient error, or a refusal.
    fn next(&mut self, deadline: &Deadline) -> Result<Event, Error>;

    /// Takes the events that arrived while the connection was opened.
    fn take_events(&mut self) -> VecDeque<Event>;

    /// Settles a reply.
    fn settle(&mut self, reply: ReplyId, settlement: Settlement<'_>);

    /// The number that the next reply gets.
    fn next_reply(&self) -> u64;

    /// Whether requests go to the anonymous terminus; the broker may accept the address instead.
    fn is_anonymous(&self) -> bool;

    /// Whether replies that came before this connection are lost.
    fn has_missed_replies(&self) -> bool;

    /// Whether the broker keeps something of the client unless the connection is closed in order.
    fn outlasts_connection(&self) -> bool;

    /// Closes in order: writes the pending dispositions and the Close, and waits for the broker's Close until `deadline`.
    /// `stays` is as in [`Session::close`](crate::session::Session::close).
    fn close(self, stays: bool, deadline: &Deadline);
}
