//! What a simulated broker is going to do: the terms that seeds and directed tests speak in.

use std::time::Duration;

pub(crate) use super::{
    broker::{Connack, MqttPlan, Suback},
    condition::{Condition, Meaning, Packet},
};
use crate::error::{Phase, TlsCause};

/// What becomes of one connection. The default is a good broker. What only AMQP has means nothing to a broker of MQTT.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionPlan {
    pub(crate) reach: Reach,
    pub(crate) latency: Duration,
    /// A slow line takes this long for each 64 bytes, either way.
    pub(crate) pace: Option<Duration>,
    /// Bytes that the way to the broker holds.
    pub(crate) socket: usize,
    /// Bytes that a read or write of the client moves at most.
    pub(crate) chunk: usize,
    pub(crate) login: Login,
    pub(crate) opening: Opening,
    /// Whether the Open offers the anonymous terminus.
    pub(crate) relay: bool,
    /// What the broker's Open asks for.
    pub(crate) idle_timeout: Option<Duration>,
    /// Whether the broker sends the heartbeats that the client asks for.
    pub(crate) heartbeats: bool,
    pub(crate) max_message_size: Option<u64>,
    /// Frames that the session takes before the broker opens the window again.
    pub(crate) window: u32,
    /// When a session that takes no frames begins to take some, this long after its Begin.
    pub(crate) window_opens: Option<Duration>,
    pub(crate) receiver: Answer,
    pub(crate) sender: Answer,
    pub(crate) credit: Credit,
    /// Bytes of a reply in one transfer.
    pub(crate) split: usize,
    /// Replies are sent settled.
    pub(crate) presettled: bool,
    /// Outcomes are gathered up to this number, and told in one frame.
    pub(crate) batch: usize,
    pub(crate) fault: Option<(Trigger, Fault)>,
    /// What only MQTT has.
    pub(crate) mqtt: MqttPlan,
}

impl Default for ConnectionPlan {
    fn default() -> Self {
        Self {
            reach: Reach::Connects,
            latency: Duration::from_millis(1),
            pace: None,
            socket: 1 << 20,
            chunk: 1 << 20,
            login: Login::Bare,
            opening: Opening::Opens,
            relay: true,
            idle_timeout: None,
            heartbeats: true,
            max_message_size: None,
            window: 2048,
            window_opens: None,
            receiver: Answer::Attaches,
            sender: Answer::Attaches,
            credit: Credit::Ample(100),
            split: usize::MAX,
            presettled: false,
            batch: 1,
            fault: None,
            mqtt: MqttPlan::default(),
        }
    }
}

/// What becomes of connecting.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    Connects,
    /// Fails at once.
    Fails(Phase),
    /// No answer until the deadline.
    Silent(Phase),
    Untrusted(TlsCause),
    /// A TLS alert with this number.
    Alert(u8),
}

/// How the broker lets a client in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    /// Without SASL only.
    Bare,
    /// With SASL only: the mechanisms, and the outcome's code.
    Sasl(&'static [&'static str], u8),
    /// Both ways.
    Either(&'static [&'static str]),
}

/// What the broker does in answer to the client's Open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    Opens,
    /// An Open, and a Close right behind it: so brokers answer a login that failed.
    Closes(Condition),
    /// A Close and no Open.
    ClosesWithoutOpen(Condition),
}

/// What the broker does in answer to an Attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Attaches,
    /// An Attach without terminus, and a Detach.
    Refuses(Condition),
    /// Only the anonymous terminus is refused.
    RefusesAnonymous(Condition),
    /// The session ends, as RabbitMQ does it.
    EndsSession(Condition),
    /// A good Attach, and a Detach right behind it.
    Detaches(Condition),
    Nothing,
}

/// How the broker grants credit for requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credit {
    /// So much, and more before it is used up.
    Ample(u32),
    /// So much, and again once it is used up and each outcome is given.
    Sparse(u32),
    /// Nothing until then.
    Late(Duration, u32),
    Never,
    /// So much; after the first request none, and again after this time.
    TakenBack(u32, Duration),
    /// So much, with the wish to have back what is not used; again what was given back.
    Drain(u32),
}

/// When something happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// Once this many bytes went to the client.
    ToClient(u64),
    /// Once this many bytes came from it.
    ToBroker(u64),
    /// This time after connecting.
    After(Duration),
    /// With the request of this number on this connection, from 0 on, before anything is said of it.
    AtRequest(usize),
}

/// What happens to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It ends.
    Cut(End),
    /// No byte moves any more, either way, without a sign of it.
    Silence,
    /// Bytes that are not AMQP.
    Garbage(Vec<u8>),
    Close(Condition),
    EndSession(Condition),
    DetachReceiver(Condition),
    DetachSender(Condition),
}

pub(crate) use super::stream::End;

/// A request as it reaches a broker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// The number of the request in the operation.
    pub(crate) request: usize,
    /// How many came before it, of all requests and brokers.
    pub(crate) order: usize,
    /// How often it came before.
    pub(crate) repetition: usize,
}

/// What becomes of a request. The default is an outcome at once, and a good reply.
#[derive(Clone, Debug)]
pub(crate) struct Treatment {
    pub(crate) outcome: Outcome,
    pub(crate) delay: Duration,
    pub(crate) replies: Vec<(Duration, Reply)>,
    /// The connection ends in place of it all.
    pub(crate) ends: Option<Fault>,
}

impl Default for Treatment {
    fn default() -> Self {
        Self {
            outcome: Outcome::Accepted,
            delay: Duration::ZERO,
            replies: vec![(Duration::from_millis(5), Reply::Signed)],
            ends: None,
        }
    }
}

/// What the broker says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    Rejected(Condition),
    Released,
    Modified {
        undeliverable_here: bool,
    },
    /// Settled without a word of what became of it.
    Forgotten,
    Never,
}

/// What the signing server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Signed,
    /// With an error.
    Refused,
    /// With neither a value nor an error.
    Unusable,
    /// Without the last claim of a batch of several.
    Incomplete,
    /// Only the last claim of a batch of several.
    Rest,
    /// The server is not done yet.
    NotYet,
    /// To a request of another client.
    Foreign,
    /// One of the ways to write what is no reply.
    Malformed(u8),
    /// Longer than this many bytes.
    Long(usize),
}

impl Reply {
    /// What it is called in the count of what happens.
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Signed => "reply: signed",
            Self::Refused => "reply: refused",
            Self::Unusable => "reply: unusable",
            Self::Incomplete => "reply: incomplete",
            Self::Rest => "reply: the rest",
            Self::NotYet => "reply: not yet",
            Self::Foreign => "reply: foreign",
            Self::Malformed(_) => "reply: malformed",
            Self::Long(_) => "reply: long",
        }
    }
}
