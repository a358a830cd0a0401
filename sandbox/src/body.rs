//! Message bodies, in the forms that AMQP 1.0 part 3.2 allows.

use fe2o3_amqp::{
    Sendable,
    types::{
        messaging::{AmqpValue, ApplicationProperties, Batch, Body as AmqpBody, Data, Message},
        primitives::{Binary, OrderedMap, SimpleValue, Value},
    },
};

/// A message with any kind of body.
pub type AmqpMessage = Message<AmqpBody<Value>>;

/// A message as it is handed to a link.
pub(crate) type Outgoing = Sendable<AmqpBody<Value>>;

/// The body of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// One amqp-value section with a string.
    Text(String),
    /// One amqp-value section with binary.
    Binary(Vec<u8>),
    /// One amqp-value section with null.
    Null,
    /// Data sections.
    Data(Vec<Vec<u8>>),
    /// Anything else, as text for a person to read.
    Other(String),
}

impl Body {
    /// Reads the body of a message.
    pub fn of(message: &AmqpMessage) -> Self {
        match &message.body {
            AmqpBody::Value(AmqpValue(Value::String(text))) => Self::Text(text.clone()),
            AmqpBody::Value(AmqpValue(Value::Binary(bytes))) => Self::Binary(bytes.to_vec()),
            AmqpBody::Value(AmqpValue(Value::Null)) | AmqpBody::Empty => Self::Null,
            AmqpBody::Data(sections) => {
                Self::Data(sections.iter().map(|data| data.0.to_vec()).collect())
            }
            other => Self::Other(format!("{other:?}")),
        }
    }

    /// The bytes that carry the content: a string's, a binary's, or all data sections in a row.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Binary(bytes) => bytes.clone(),
            Self::Data(sections) => sections.concat(),
            Self::Null | Self::Other(_) => Vec::new(),
        }
    }

    fn into_amqp(self) -> AmqpBody<Value> {
        let value = match self {
            Self::Text(text) | Self::Other(text) => Value::String(text),
            Self::Binary(bytes) => Value::Binary(Binary::from(bytes)),
            Self::Null => Value::Null,
            Self::Data(sections) => {
                let sections = sections.into_iter().map(|s| Data(Binary::from(s)));
                return AmqpBody::Data(Batch::new(sections.collect::<Vec<_>>()));
            }
        };
        AmqpBody::Value(AmqpValue(value))
    }
}

/// The id of a request with this body, if it has one.
pub(crate) fn request_id(body: &[u8]) -> Option<String> {
    let json: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(json.get("request_id")?.as_str()?.to_owned())
}

/// A message with only a body and application properties.
pub(crate) fn message(body: Body, properties: &[(&str, &str)]) -> AmqpMessage {
    let mut map = OrderedMap::new();
    for (name, value) in properties {
        map.insert((*name).to_owned(), SimpleValue::String((*value).to_owned()));
    }
    Message {
        application_properties: (!properties.is_empty()).then_some(ApplicationProperties(map)),
        ..Message::from(body.into_amqp())
    }
}

/// Wraps a message for a link: unsettled, message format 0.
pub(crate) fn outgoing(message: AmqpMessage) -> Outgoing {
    Sendable::builder().message(message).settled(false).build()
}
