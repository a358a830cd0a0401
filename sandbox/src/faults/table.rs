//! The table of acts and conditions: rules are read by it, and the help is made of it.

use super::{
    Carrier, ConnectionAct, Content, Layer, Limit, LinkAct, Phase, ReplyAct, RequestAct, When,
    value::{
        Entry,
        Value::{
            Bytes, Code, Condition, Divisor, Listed, Nothing, Number, NumberOr, Text, TextOr, Time,
            Word,
        },
    },
};
use crate::mqtt::Mqtt;

/// Headings of the help, each with its entries.
pub(super) type Groups<T> = &'static [(&'static str, &'static [Entry<T>])];

pub(super) static REPLY: Groups<ReplyAct> = &[(
    "ACT, the reply to a request",
    &[
        entry(
            "no-reply",
            Nothing(ReplyAct::NoReply),
            "the request is accepted, and never answered",
        ),
        entry("delay", Time(ReplyAct::Delay), "it comes later; others are not held up"),
        entry(
            "reverse",
            Number("REPLIES", ReplyAct::Reverse),
            "that many are held, and come in reverse order",
        ),
        entry("twice", Nothing(ReplyAct::ReplyTwice), "it comes twice"),
        entry(
            "in-progress-first",
            Nothing(ReplyAct::InProgressFirst),
            "one that says \"in progress\" comes before it",
        ),
        entry("in-parts", Nothing(ReplyAct::InParts), "to a batch: one for each claim"),
        entry("field", Text("NAME:TEXT", field), "its msg has this field with this text"),
        entry(
            "foreign-first",
            Nothing(ReplyAct::ForeignReplyFirst),
            "one to another client's request comes before it",
        ),
        entry(
            "foreign-instead",
            Nothing(ReplyAct::ForeignReplyInstead),
            "one to another client's request comes instead",
        ),
        entry(
            "server-error",
            TextOr("TEXT", "signing failed", server_error),
            "nothing is signed, and errors says so",
        ),
        entry(
            "no-errors-field",
            Nothing(ReplyAct::WithoutErrors),
            "it has no errors, not even an empty list",
        ),
        entry(
            "no-result",
            Nothing(ReplyAct::WithoutResult),
            "it has neither a signature nor an error",
        ),
        entry(
            "partial-batch",
            Number("N", ReplyAct::PartialBatch),
            "it covers only the first N claims of a batch",
        ),
        entry(
            "value",
            Listed("VALUE", |name| Ok(ReplyAct::Values(name.parse()?))),
            "its signed values are so, see below",
        ),
        entry(
            "only-value",
            Number("N", ReplyAct::OnlyValue),
            "the value of the rule before is only its N-th, counted over claims and keys of a batch",
        ),
        entry(
            "forged-first",
            Listed("VALUE", |name| Ok(ReplyAct::ForgedFirst(name.parse()?))),
            "one with such values comes before it",
        ),
        entry("not-json", Nothing(ReplyAct::Content(Content::NotJson)), "its text is not JSON"),
        entry(
            "json-list",
            Nothing(ReplyAct::Content(Content::JsonList)),
            "its text is a JSON list",
        ),
        entry("no-msg", Nothing(ReplyAct::Content(Content::NoMsg)), "its JSON has no msg"),
        entry("no-id", Nothing(ReplyAct::Content(Content::NoId)), "its msg has no request_id"),
        entry(
            "numeric-id",
            Nothing(ReplyAct::Content(Content::NumericId)),
            "its request_id is a number",
        ),
        entry("empty", Nothing(ReplyAct::Content(Content::Empty)), "its text is empty"),
        entry(
            "nested",
            Number("LEVELS", |levels| ReplyAct::Content(Content::Nested(levels))),
            "its JSON has that many lists within each other",
        ),
        entry(
            "padded",
            Number("BYTES", |bytes| ReplyAct::Content(Content::Padded(bytes))),
            "its JSON is filled up to that length",
        ),
        entry(
            "binary",
            Nothing(ReplyAct::Carrier(Carrier::Binary)),
            "its text is carried by a binary value",
        ),
        entry(
            "data",
            NumberOr("SECTIONS", 1, |sections| ReplyAct::Carrier(Carrier::Data(sections))),
            "its text is carried by that many data sections (1)",
        ),
        entry(
            "invalid-utf8",
            Nothing(ReplyAct::Carrier(Carrier::InvalidUtf8)),
            "its bytes are not UTF-8",
        ),
        entry("null", Nothing(ReplyAct::Carrier(Carrier::Null)), "its body is null"),
        entry(
            "amqp-body",
            Nothing(ReplyAct::Carrier(Carrier::EncodedBody)),
            "its bytes are an encoded amqp-value section, as from RabbitMQ over MQTT",
        ),
        entry(
            "amqp-message",
            Nothing(ReplyAct::Carrier(Carrier::EncodedMessage)),
            "its bytes are an encoded message, as from ActiveMQ Classic over MQTT",
        ),
        entry(
            "retained",
            Nothing(ReplyAct::Retained),
            "MQTT: its topic keeps it for later subscribers",
        ),
        entry("qos-0", Nothing(ReplyAct::Unconfirmed), "MQTT: it comes with QoS 0"),
    ],
)];

pub(super) static REQUEST: Groups<RequestAct> = &[(
    "ACT, the request and its outcome",
    &[
        entry("drop", Nothing(RequestAct::Drop), "accepted; it goes nowhere"),
        entry("reject", Condition(RequestAct::Reject), "rejected; it goes nowhere"),
        entry("release", Nothing(RequestAct::Release), "released; it goes nowhere"),
        entry("modify", Word(&["undeliverable-here"], modify), "modified; it goes nowhere"),
        entry(
            "never-settle",
            Nothing(RequestAct::NeverSettle),
            "no outcome; it is served all the same",
        ),
        entry(
            "reply-before-outcome",
            Nothing(RequestAct::ReplyBeforeOutcome),
            "accepted only when the client has settled the reply",
        ),
        entry(
            "puback",
            Code(RequestAct::Puback),
            "MQTT: answered so; from 0x80 on, and with 0x10, it goes nowhere",
        ),
        entry(
            "late-puback",
            Time(RequestAct::LateOutcome),
            "MQTT: answered later; others are not held up",
        ),
        entry(
            "reverse-pubacks",
            Number("N", RequestAct::ReverseOutcomes),
            "MQTT: N answers are held, and come in reverse order",
        ),
    ],
)];

pub(super) static LINK: Groups<LinkAct> = &[(
    "ACT, links",
    &[
        entry("no-credit", Nothing(LinkAct::NoCredit), "the client's sender gets no credit"),
        entry("refuse", Condition(LinkAct::Refuse), "the link is refused as it is attached"),
        entry(
            "detach",
            Condition(LinkAct::Detach),
            "the link is detached, at once or upon a request",
        ),
        entry(
            "suback",
            Code(LinkAct::Suback),
            "MQTT: the SUBSCRIBE is answered so; from 0x80 on nothing is subscribed",
        ),
        entry(
            "late-suback",
            Time(LinkAct::LateSuback),
            "MQTT: the SUBSCRIBE is answered later; what comes does not wait for that",
        ),
        entry("mute", Nothing(LinkAct::Mute), "MQTT: it is granted, and nothing comes"),
        entry(
            "old-message",
            Nothing(LinkAct::OldMessage),
            "MQTT: what the topic keeps comes, whatever the client asked for",
        ),
    ],
)];

pub(super) static CONNECTION: Groups<ConnectionAct> = &[
    (
        "ACT, the connection, which stays and is silent from then on",
        &[entry(
            "silent",
            Word(&["tcp", "tls", "open"], silent),
            "after TCP (the default), TLS or its Open",
        )],
    ),
    (
        "ACT, the connection, cut once that much has passed",
        &[
            entry(
                "cut-sent",
                Number("FRAMES", |frames| ConnectionAct::CutAfter(Limit::FramesSent(frames))),
                "frames of the broker",
            ),
            entry(
                "cut-received",
                Number("FRAMES", |frames| ConnectionAct::CutAfter(Limit::FramesReceived(frames))),
                "frames of the client",
            ),
            entry(
                "cut-bytes",
                Number("BYTES", |bytes| ConnectionAct::CutAfter(Limit::BytesSent(bytes))),
                "bytes of the broker, above TLS",
            ),
        ],
    ),
    (
        "ACT, the connection, upon a request (which gets no outcome) or, without one, after Open",
        &[
            entry("cut", Nothing(ConnectionAct::Cut), "ended without a Close"),
            entry(
                "half-open",
                Nothing(ConnectionAct::HalfOpen),
                "silent, as if the network were gone",
            ),
            entry("close", Condition(ConnectionAct::Close), "closed with an error"),
            entry("disconnect", Code(ConnectionAct::Disconnect), "MQTT: ended with a DISCONNECT"),
            entry("connack", Code(ConnectionAct::Connack), "MQTT: its CONNECT is answered so"),
            entry(
                "forget",
                Nothing(ConnectionAct::Forget),
                "MQTT: the client's session ends with it; with connect, the broker has lost it",
            ),
            entry(
                "setting",
                Listed("SETTING", setting),
                "MQTT: on it the broker has this setting, written NAME:VALUE or NAME, see above",
            ),
        ],
    ),
    (
        "ACT, bytes of the broker; HEX is hexadecimal, and goes out as it is",
        &[
            entry("slow", Time(ConnectionAct::Slow), "each byte by itself, after that time"),
            entry(
                "raw",
                Bytes(|bytes| ConnectionAct::Raw(Layer::Amqp, bytes)),
                "between two frames, upon a request, which is served all the same, or after Open; with cut they are the last",
            ),
            entry(
                "raw-tcp",
                Bytes(|bytes| ConnectionAct::Raw(Layer::Tcp, bytes)),
                "the same below TLS",
            ),
            entry(
                "raw-first",
                Bytes(|bytes| ConnectionAct::RawFirst(Layer::Amqp, bytes)),
                "in place of AMQP's protocol header and of all that follows; the connection stays, or ends if cut is given too",
            ),
            entry(
                "raw-first-tcp",
                Bytes(|bytes| ConnectionAct::RawFirst(Layer::Tcp, bytes)),
                "the same in place of TLS",
            ),
        ],
    ),
];

pub(super) static WHEN: Groups<When> = &[(
    "WHEN",
    &[
        entry(
            "request",
            Number("N", |n| When::Request(n as u64)),
            "it is the N-th request of the sandbox's life",
        ),
        entry(
            "from",
            Number("N", |n| When::FromRequest(n as u64)),
            "it is that one or a later one",
        ),
        entry("every", Divisor("N", |n| When::EveryNth(n as u64)), "its number is a multiple of N"),
        entry(
            "delivery",
            Number("K", |k| When::Delivery(k as u64)),
            "this request comes for the K-th time",
        ),
        entry("first", Nothing(When::Delivery(1)), "this request comes for the first time"),
        entry("connection", Number("N", When::Connection), "it is, or is on, the N-th connection"),
        entry("address", Text("ADDRESS", When::Address), "the request or link has this address"),
        entry("contains", Text("TEXT", When::Contains), "the request's body has this text"),
        entry("sender", Nothing(When::SenderLink), "the client attaches a sender"),
        entry(
            "receiver",
            Nothing(When::ReceiverLink),
            "the client attaches a receiver; over MQTT, it subscribes",
        ),
        entry("connect", Nothing(When::Connect), "MQTT: a CONNECT has come, and has no answer yet"),
        entry("ping", Nothing(When::Ping), "MQTT: a PINGREQ has come, and has no answer yet"),
        entry(
            "acknowledgement",
            Nothing(When::Acknowledgement),
            "MQTT: the client has acknowledged a reply",
        ),
    ],
)];

const fn entry<T>(
    name: &'static str,
    value: super::value::Value<T>,
    meaning: &'static str,
) -> Entry<T> {
    Entry { name, value, meaning }
}

fn setting(text: &str) -> Result<ConnectionAct, String> {
    let text = text.replacen(':', "=", 1);
    Mqtt::default().set(&text)?;
    Ok(ConnectionAct::Setting(text))
}

fn server_error(text: String) -> ReplyAct {
    ReplyAct::ServerError { errors: vec![text], signing_status: "failure".to_owned() }
}

fn field(text: String) -> ReplyAct {
    let (name, value) = text.split_once(':').unwrap_or((&text, ""));
    ReplyAct::Field(name.to_owned(), value.to_owned())
}

fn modify(word: Option<&str>) -> RequestAct {
    RequestAct::Modify { undeliverable_here: word.is_some() }
}

fn silent(word: Option<&str>) -> ConnectionAct {
    ConnectionAct::Silent(match word {
        Some("tls") => Phase::Tls,
        Some("open") => Phase::Open,
        _ => Phase::Tcp,
    })
}
