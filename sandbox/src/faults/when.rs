//! Conditions.

/// The condition of a [`Rule`](super::Rule); it applies to a connection just accepted, to a link that is being attached, or
/// to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Always.
    Any,
    /// The n-th request of the sandbox's life, counted from 1 in order of arrival.
    Request(u64),
    /// That request and all later ones.
    FromRequest(u64),
    /// Every n-th request.
    EveryNth(u64),
    /// The k-th time the same request id arrives; 1 is the first time.
    Delivery(u64),
    /// Requests to this address, links with this address; "" is a null address.
    Address(String),
    /// The n-th connection of the sandbox's life, counted from 1, and its links and requests.
    Connection(usize),
    /// Requests whose body has this text.
    Contains(String),
    /// The client attaches a sender.
    SenderLink,
    /// The client attaches a receiver; over MQTT, it subscribes.
    ReceiverLink,
    /// Over MQTT: the client's CONNECT has come, and is not answered yet.
    Connect,
    /// Over MQTT: the client's PINGREQ has come, and is not answered yet.
    Ping,
    /// Over MQTT: the client has acknowledged a reply.
    Acknowledgement,
    /// All of these hold.
    All(Vec<Self>),
}

/// What a condition applies to.
#[derive(Clone, Copy)]
pub(super) enum Event<'a> {
    Connection,
    Request { number: u64, delivery: u64, body: &'a [u8] },
    SenderLink,
    ReceiverLink,
    Connect,
    Ping,
    Acknowledgement,
}

impl When {
    pub(super) fn holds(&self, event: Event, connection: usize, address: &str) -> bool {
        match (self, event) {
            (Self::Any, _) => true,
            (Self::Connection(n), _) => connection == *n,
            (Self::Address(_), Event::Connection) => false,
            (Self::Address(expected), _) => expected == address,
            (Self::All(conditions), _) => {
                conditions.iter().all(|c| c.holds(event, connection, address))
            }
            (Self::Request(n), Event::Request { number, .. }) => number == *n,
            (Self::FromRequest(n), Event::Request { number, .. }) => number >= *n,
            (Self::EveryNth(n), Event::Request { number, .. }) => number.is_multiple_of(*n),
            (Self::Delivery(k), Event::Request { delivery, .. }) => delivery == *k,
            (Self::Contains(text), Event::Request { body, .. }) => {
                let text = text.as_bytes();
                text.is_empty() || body.windows(text.len()).any(|part| part == text)
            }
            (Self::SenderLink, Event::SenderLink) => true,
            _ => self.names(event),
        }
    }

    /// Whether it is about such an event and no other.
    pub(super) fn names(&self, event: Event) -> bool {
        match (self, event) {
            (Self::All(conditions), _) => conditions.iter().any(|c| c.names(event)),
            (Self::ReceiverLink, Event::ReceiverLink)
            | (Self::Connect, Event::Connect)
            | (Self::Ping, Event::Ping)
            | (Self::Acknowledgement, Event::Acknowledgement) => true,
            _ => false,
        }
    }
}
