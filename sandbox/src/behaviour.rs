//! Faults on demand: what the broker and the signing server do otherwise than well, and when.

use std::collections::HashMap;
use std::time::Duration;

/// Departs from good behaviour whenever a condition holds. All rules that match are applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The condition.
    pub when: When,
    /// What is done then.
    pub act: Act,
}

/// The condition of a [`Rule`]; it looks at a connection just accepted, at a link that is being attached,
/// or at a request.
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
    /// The client attaches a sender.
    SenderLink,
    /// The client attaches a receiver.
    ReceiverLink,
    /// All of these hold.
    All(Vec<Self>),
}

/// What a [`Rule`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The request is accepted and never answered by the signing server.
    NoReply,
    /// The request is recorded and accepted, and goes nowhere.
    Drop,
    /// The reply comes later; other requests are not held up.
    Delay(Duration),
    /// Replies are held until there are so many, and then come in reverse order.
    Reverse(usize),
    /// The reply comes twice.
    ReplyTwice,
    /// A reply with somebody else's request id comes before the right one.
    ForeignReplyFirst,
    /// A reply with somebody else's request id comes instead of the right one.
    ForeignReplyInstead,
    /// The signing server refuses: nothing signed, these `errors`, this `signing_status`.
    ServerError {
        /// The `errors` of the reply.
        errors: Vec<String>,
        /// The `signing_status` of the reply.
        signing_status: String,
    },
    /// The reply has no `errors` field.
    WithoutErrors,
    /// The reply has neither a signed value nor an error.
    WithoutResult,
    /// The reply to a batch covers only the first k claims.
    PartialBatch(usize),
    /// The text of the reply is spoilt.
    Content(Content),
    /// The text of the reply is carried by other than one string.
    Carrier(Carrier),
    /// The broker rejects the request; it goes nowhere.
    Reject(Refusal),
    /// The broker releases the request; it goes nowhere.
    Release,
    /// The broker modifies the request; it goes nowhere.
    Modify {
        /// Whether the request may not be sent to this broker again.
        undeliverable_here: bool,
    },
    /// The request is served, and its delivery never gets an outcome.
    NeverSettle,
    /// The request gets its outcome only after a client has settled the reply.
    ReplyBeforeOutcome,
    /// The client's sender gets no credit.
    NoCredit,
    /// The link is refused: an attach without terminus, then a detach with this error.
    RefuseLink(Refusal),
    /// The link is attached (and, when a request triggers it, in use), then detached with this error.
    DetachLink(Refusal),
    /// The connection says nothing from this point on, and its socket stays.
    Silent(Phase),
    /// The connection ends without a word once so much has passed.
    CutAfter(Limit),
    /// Each byte is written by itself, after this pause.
    Slow(Duration),
    /// A request triggers it: the connection ends without a word, and the request gets no outcome.
    Cut,
    /// A request triggers it: the request gets no outcome, and the connection is silent from here on.
    HalfOpen,
    /// The broker closes the connection with this error: upon a request, which gets no outcome, or after its Open.
    Close(Refusal),
    /// These bytes are written as they are, between two frames: upon a request, which is served nevertheless, or after
    /// the Open. With [`Act::Cut`] they are the last.
    Raw(Layer, Vec<u8>),
    /// These bytes are all that the client hears in place of what the layer would begin with: in place of TLS, or in
    /// place of the protocol header of AMQP. With [`Act::Cut`] the connection ends after them, else it stays.
    RawFirst(Layer, Vec<u8>),
}

/// Where raw bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Into the stream of AMQP's frames, which TLS may protect.
    Amqp,
    /// Into TCP, below TLS; without TLS there is no difference but in time.
    Tcp,
}

/// How far a connection comes before the broker falls silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// TCP is up.
    Tcp,
    /// TLS is up; without TLS the same as [`Phase::Tcp`].
    Tls,
    /// The broker has sent its Open.
    Open,
}

/// What may pass before a connection is cut. Protocol headers, SASL frames and heartbeats are no frames here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many frames of the broker.
    FramesSent(usize),
    /// So many frames of the client.
    FramesReceived(usize),
    /// So many bytes of the broker, above TLS; the last frame is cut in two.
    BytesSent(usize),
}

/// Why the broker says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The error condition, for example `amqp:unauthorized-access`.
    pub condition: String,
    /// The description, for people.
    pub description: Option<String>,
}

/// How the text of a reply is spoilt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text that is no JSON.
    NotJson,
    /// A JSON list in place of the object.
    JsonList,
    /// No `msg`.
    NoMsg,
    /// No `request_id`.
    NoId,
    /// A number as `request_id`.
    NumericId,
    /// The empty string.
    Empty,
    /// JSON with so many levels of lists beside `msg`.
    Nested(usize),
    /// JSON filled up to so many bytes.
    Padded(usize),
}

/// What carries the text of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// One amqp-value section with binary.
    Binary,
    /// So many data sections, the text cut evenly.
    Data(usize),
    /// One data section with bytes that are no UTF-8.
    InvalidUtf8,
    /// An amqp-value section with null; the text is lost.
    Null,
}

/// What a condition looks at.
#[derive(Clone, Copy)]
enum Event {
    Connection,
    Request { number: u64, delivery: u64 },
    SenderLink,
    ReceiverLink,
}

impl When {
    fn holds(&self, event: Event, connection: usize, address: &str) -> bool {
        match (self, event) {
            (Self::Any, _) => true,
            (Self::Connection(n), _) => connection == *n,
            (Self::Address(_), Event::Connection) => false,
            (Self::Address(wanted), _) => wanted == address,
            (Self::All(conditions), _) => {
                conditions.iter().all(|c| c.holds(event, connection, address))
            }
            (Self::Request(n), Event::Request { number, .. }) => number == *n,
            (Self::FromRequest(n), Event::Request { number, .. }) => number >= *n,
            (Self::EveryNth(n), Event::Request { number, .. }) => number.is_multiple_of(*n),
            (Self::Delivery(k), Event::Request { delivery, .. }) => delivery == *k,
            (Self::SenderLink, Event::SenderLink) => true,
            (Self::ReceiverLink, Event::ReceiverLink) => true,
            _ => false,
        }
    }
}

/// The rules in force, and the counters their conditions need.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    rules: Vec<Rule>,
    requests: u64,
    deliveries: HashMap<String, u64>,
}

impl Matcher {
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        Self { rules, ..Self::default() }
    }

    /// Puts other rules in force; the counters go on.
    pub(crate) fn replace(&mut self, rules: Vec<Rule>) {
        self.rules = rules;
    }

    /// Counts a request in and tells its number and what is to be done with it.
    pub(crate) fn request(
        &mut self,
        connection: usize,
        address: &str,
        id: Option<&str>,
    ) -> (u64, Vec<Act>) {
        self.requests += 1;
        let delivery = id.map_or(1, |id| {
            let count = self.deliveries.entry(id.to_owned()).or_default();
            *count += 1;
            *count
        });
        let number = self.requests;
        let acts = self.acts(Event::Request { number, delivery }, connection, address);
        (number, acts)
    }

    /// Tells what is to be done with a connection.
    pub(crate) fn connection(&self, connection: usize) -> Vec<Act> {
        self.acts(Event::Connection, connection, "")
    }

    /// Tells what is to be done with a link the client attaches as a sender.
    pub(crate) fn sender_link(&self, connection: usize, address: &str) -> Vec<Act> {
        self.acts(Event::SenderLink, connection, address)
    }

    /// Tells what is to be done with a link the client attaches as a receiver.
    pub(crate) fn receiver_link(&self, connection: usize, address: &str) -> Vec<Act> {
        self.acts(Event::ReceiverLink, connection, address)
    }

    fn acts(&self, event: Event, connection: usize, address: &str) -> Vec<Act> {
        let matching = self.rules.iter().filter(|r| r.when.holds(event, connection, address));
        matching.map(|rule| rule.act.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(when: When) -> Matcher {
        let act = Act::NoReply;
        Matcher::new(vec![Rule { when, act }])
    }

    #[test]
    fn numbers_count_requests_and_deliveries_count_ids() {
        let mut nth = rule(When::EveryNth(2));
        let hits: Vec<bool> = (0..4).map(|_| !nth.request(1, "q", None).1.is_empty()).collect();
        assert_eq!(hits, [false, true, false, true]);

        let mut second = rule(When::Delivery(2));
        assert!(second.request(1, "q", Some("a")).1.is_empty());
        assert!(second.request(1, "q", Some("b")).1.is_empty());
        assert!(!second.request(1, "q", Some("a")).1.is_empty());
    }

    #[test]
    fn conditions_on_links_do_not_hold_for_requests() {
        let mut receivers = rule(When::All(vec![When::ReceiverLink, When::Address("q".into())]));
        assert!(receivers.request(1, "q", None).1.is_empty());
        assert!(receivers.sender_link(1, "q").is_empty());
        assert!(receivers.receiver_link(1, "p").is_empty());
        assert_eq!(receivers.receiver_link(1, "q").len(), 1);
    }

    #[test]
    fn a_connection_s_number_holds_for_all_that_is_on_it() {
        let mut second = rule(When::Connection(2));
        assert!(second.connection(1).is_empty());
        assert_eq!(second.connection(2).len(), 1);
        assert_eq!(second.receiver_link(2, "q").len(), 1);
        assert_eq!(second.request(2, "q", None).1.len(), 1);
        assert!(second.request(1, "q", None).1.is_empty());
    }
}
