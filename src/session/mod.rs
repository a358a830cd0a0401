//! A session with a broker as a state machine: bytes and the time in, bytes and events out.
//!
//! A session opens no socket and reads no clock. [`crate::connection`] puts it on a wire. Each protocol
//! is one implementor of [`Session`].

use std::time::Instant;

use crate::{
    broker::{HandOver, ReplyId},
    error::{Condition, Error, Phase, Subject},
    signing::{Outcome, RawReply, Request},
};

/// A session with one broker, from the first byte on.
pub(crate) trait Session {
    /// The buffer for the next bytes from the broker; empty once no more are taken.
    fn input(&mut self) -> &mut [u8];

    /// Notes that `count` bytes were put into [`Session::input`].
    fn input_done(&mut self, count: usize);

    /// Notes that the broker sends no more.
    fn input_ended(&mut self);

    /// The bytes to write to the broker. After more of them came up, the same bytes come first.
    fn output(&mut self) -> &[u8];

    /// Notes that `count` bytes of [`Session::output`] were written.
    fn output_done(&mut self, count: usize);

    /// Whether requests that were handed over wait in here, though the wire would take them.
    fn holds_back(&self) -> bool;

    /// Takes note of the time, which never goes back, and returns when to call this next. Heartbeats
    /// come from here, and the notice that the broker has fallen silent.
    fn tick(&mut self, now: Instant) -> Option<Instant>;

    /// Takes the next event.
    fn next_event(&mut self) -> Option<Event>;

    /// What the session is waiting for until [`Event::Ready`].
    fn phase(&self) -> Phase;

    /// Whether requests go to the anonymous terminus, in place of which the broker may accept the address.
    fn is_anonymous(&self) -> bool;

    /// Hands over one request, without waiting. It goes out with the next output.
    fn send(&mut self, entry: usize, request: &Request) -> HandOver;

    /// Notes that the client waits now, and so has sent everything that it could send.
    fn idle(&mut self);

    /// Accepts a reply, or rejects it for a reason. A reply of an earlier connection is ignored: the
    /// broker took it back with that connection, and delivers it again.
    fn settle(&mut self, reply: ReplyId, verdict: Result<(), &str>);

    /// The number that the next reply gets.
    fn next_reply(&self) -> u64;

    /// Starts an orderly close; [`Event::Ended`] is the broker's answer.
    fn close(&mut self);
}

/// What a session reports.
#[derive(Debug)]
pub(crate) enum Event {
    /// The broker let the client in; see [`Session::phase`] for what is waited for now.
    Opened,
    /// Replies come in from now on, and requests may be sent unless the broker refuses them.
    Ready(Result<(), End>),
    /// More can be handed over.
    Writable,
    /// The broker disposed of a request; `entry` is the ledger's number of it.
    Outcome { entry: usize, outcome: Outcome },
    /// A reply came, and is settled by [`Session::settle`].
    Reply { id: ReplyId, reply: RawReply },
    /// The broker takes no more requests. Replies may still come.
    SendingRefused(End),
    /// The session is of no further use; but replies that are here already are worth taking in.
    Ending(End),
    /// The session has ended.
    Ended(End),
}

/// Why a session, or a part of it, ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The broker refused it: trying this broker again cannot help.
    Refused { what: Subject, condition: Condition, scope: Scope },
    /// The broker ended it for a reason that may pass.
    Closed { what: Subject, condition: Condition },
    /// The broker sent something that is not the protocol, or fell silent; in words.
    Protocol(String),
    /// The broker ended the byte stream without a word.
    HungUp,
}

/// Whom a refusal speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Another broker may let the client in.
    ThisBroker,
    /// The client may do this on no broker.
    EveryBroker,
}

impl End {
    /// The error for the user; `None` if the session knows no more than that the stream ended.
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

/// How to begin a session: what a broker that refused one beginning may accept instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beginning {
    pub(crate) login: Login,
    pub(crate) target: Target,
}

/// Who the client says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    /// Nobody: the AMQP header at once, as pubtools-sign does.
    Bare,
    Anonymous,
    External,
    ExternalOrAnonymous,
    /// The user name and password of the configuration.
    Plain,
}

/// What the sender is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The anonymous terminus if the broker offers it, else the address.
    AsOffered,
    Anonymous,
    Address,
}
