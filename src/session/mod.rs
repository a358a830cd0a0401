//! A session with a broker as a state machine: bytes and the time in, bytes and events out.
//!
//! A session opens no socket and reads no clock. [`crate::connection`] puts it on a wire. Each protocol
//! is one implementor of [`Session`].

mod boxed;
mod known;
mod uuids;

use std::time::Instant;

use crate::{
    broker::{HandOver, ReplyId, Settlement},
    error::{Condition, Error, Phase, Subject},
    signing::{Outcome, RawReply, Request},
};

pub(crate) use known::Known;
pub(crate) use uuids::Uuids;

/// A session with one broker, from the first byte on.
pub(crate) trait Session {
    /// The buffer for the next bytes from the broker; empty once no more are accepted.
    fn input(&mut self) -> &mut [u8];

    /// Notes that `count` bytes were put into [`Session::input`].
    fn input_done(&mut self, count: usize);

    /// Notes that the broker sends no more.
    fn input_ended(&mut self);

    /// The bytes to write to the broker. Later calls return the same bytes first, followed by new ones.
    fn output(&mut self) -> &[u8];

    /// Notes that `count` bytes of [`Session::output`] were written.
    fn output_done(&mut self, count: usize);

    /// Whether requests that were handed over wait in the session, although the wire would accept them.
    fn holds_back(&self) -> bool;

    /// Notes the time, which never goes back, and returns when to call this next. This call makes the
    /// heartbeats, and notices that the broker has fallen silent.
    fn tick(&mut self, now: Instant) -> Option<Instant>;

    /// Takes the next event.
    fn next_event(&mut self) -> Option<Event>;

    /// What the session waits for until [`Event::Ready`].
    fn phase(&self) -> Phase;

    /// Whether requests go to the anonymous terminus; the broker may accept the address instead.
    fn is_anonymous(&self) -> bool;

    /// What the session has learned of the broker so far.
    fn known(&self) -> Known;

    /// What the broker may mean if it ends the byte stream now without a reason, in one clause.
    fn presumed(&self) -> Option<String>;

    /// Hands over one request, without waiting. It goes out with the next output.
    fn send(&mut self, entry: usize, request: &Request) -> HandOver;

    /// Notes that the client waits now, and so has sent everything that it could send.
    fn idle(&mut self);

    /// Settles a reply. A reply of an earlier connection is ignored: the
    /// broker took it back with that connection, and delivers it again.
    fn settle(&mut self, reply: ReplyId, settlement: Settlement<'_>);

    /// The number that the next reply gets.
    fn next_reply(&self) -> u64;

    /// Whether replies that came before this connection are lost, once [`Event::Ready`] was reported.
    fn has_missed_replies(&self) -> bool;

    /// Whether the broker keeps something of the client unless the connection is closed in order.
    fn outlasts_connection(&self) -> bool;

    /// Starts an orderly close; [`Event::Ended`] is the broker's answer. `stays`: if the protocol allows it, replies that
    /// come later wait at the broker for another process.
    fn close(&mut self, stays: bool);
}

/// What a session reports.
#[derive(Debug)]
pub(crate) enum Event {
    /// The broker accepted the login of a session that begins with one.
    LoggedIn,
    /// The broker let the client in; [`Session::phase`] says what the session waits for now.
    Opened,
    /// Replies come in from now on, and requests may be sent unless the broker refuses them.
    Ready(Result<(), End>),
    /// More can be handed over.
    Writable,
    /// The broker disposed of a request; `entry` is the ledger's number of it.
    Outcome { entry: usize, outcome: Outcome },
    /// A reply has arrived; [`Session::settle`] settles it.
    Reply { id: ReplyId, reply: RawReply },
    /// This number of bytes of a reply has arrived, which is not whole yet.
    Arriving(u64),
    /// The broker accepts no more requests. Replies may still come.
    SendingRefused(End),
    /// The session is about to end; replies that have already arrived can still be received.
    Ending(End),
    /// The session has ended.
    Ended(End),
}

/// Why a session, or a part of it, ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The broker refused it: trying this broker again cannot help.
    Refused { what: Subject, condition: Condition, scope: Scope },
    /// The broker ended it for a reason that may be temporary.
    Closed { what: Subject, condition: Condition },
    /// The broker violated the protocol, or fell silent; the text says how.
    Protocol(String),
    /// The broker ended the byte stream without a reason.
    HungUp,
}

/// The brokers to which a refusal applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Another broker may let the client in.
    ThisBroker,
    /// The client may do this on no broker.
    EveryBroker,
}

impl End {
    /// The error for the user; `None` if the session knows only that the stream ended.
    pub(crate) fn into_error(self, broker: &str, phase: Phase) -> Option<Error> {
        let broker = broker.to_owned();
        match self {
            Self::Refused { what, condition, .. } => {
                Some(Error::Refused { broker, what, condition })
            }
            Self::Closed { what, condition } => {
                Some(Error::Closed { broker, phase, what, condition })
            }
            Self::Protocol(problem) => Some(Error::Protocol { broker, phase, problem }),
            Self::HungUp => None,
        }
    }
}

/// How to begin a session. A broker that refuses one way may accept another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beginning {
    pub(crate) login: Login,
    pub(crate) target: Target,
}

/// What a session is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To send requests, and to receive replies.
    Sign,
    /// To see whether the broker answers both links. No message is sent or received.
    SeeLinks,
    /// To see whether the broker lets the client in. There are no links.
    SeeLogin,
}

/// The identity that the client claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    /// None: the AMQP header at once, as pubtools-sign does.
    Bare,
    Anonymous,
    External,
    ExternalOrAnonymous,
    /// The user name and password of the configuration.
    Plain,
}

/// The kind of target that the sender is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The anonymous terminus if the broker offers it, else the address.
    AsOffered,
    Anonymous,
    Address,
}
