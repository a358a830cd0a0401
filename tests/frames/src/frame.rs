//! A frame (AMQP 1.0 parts 2.3 and 5.3.1): its own header, a performative, and what follows that.

use crate::Value;

/// The protocol header without SASL (AMQP 1.0 part 2.2).
pub const HEADER: [u8; 8] = *b"AMQP\0\x01\0\0";

/// The protocol header that begins SASL (AMQP 1.0 part 5.3.2).
pub const SASL_HEADER: [u8; 8] = *b"AMQP\x03\x01\0\0";

/// A frame without a performative, which only shows that its sender is alive (AMQP 1.0 part 2.4.5).
pub const HEARTBEAT: [u8; 8] = [0, 0, 0, 8, 2, AMQP_FRAME, 0, 0];

/// The type of AMQP's own frames.
pub const AMQP_FRAME: u8 = 0;

/// The type of SASL's frames.
pub const SASL_FRAME: u8 = 1;

/// A frame with a performative.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// [`AMQP_FRAME`] or [`SASL_FRAME`]; a hostile peer writes others too.
    pub kind: u8,
    /// The channel; 0 with SASL.
    pub channel: u16,
    /// The performative's numeric descriptor, such as [`open::CODE`](crate::open::CODE).
    pub code: u8,
    /// The performative's fields; those that are missing at the end are null.
    pub fields: Vec<Value>,
    /// What follows the performative: with a Transfer, a message or a part of one.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A frame of AMQP's on channel 0, with nothing behind its performative.
    pub fn new(code: u8, fields: Vec<Value>) -> Self {
        Self { code, fields, ..Self::default() }
    }

    /// A frame of SASL's.
    pub fn sasl(code: u8, fields: Vec<Value>) -> Self {
        Self { kind: SASL_FRAME, ..Self::new(code, fields) }
    }

    /// The same with this value in the field of this number, such as [`open::HOSTNAME`](crate::open::HOSTNAME).
    #[must_use]
    pub fn with(mut self, field: usize, value: impl Into<Value>) -> Self {
        if self.fields.len() <= field {
            self.fields.resize(field + 1, Value::Null);
        }
        self.fields[field] = value.into();
        self
    }

    /// The same on this channel.
    #[must_use]
    pub fn on_channel(self, channel: u16) -> Self {
        Self { channel, ..self }
    }

    /// The value in the field of this number; null if it is missing.
    pub fn field(&self, field: usize) -> &Value {
        self.fields.get(field).unwrap_or(&Value::Null)
    }

    /// The frame's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, 0, 2, self.kind];
        bytes.extend(self.channel.to_be_bytes());
        bytes.extend([0x00, 0x53, self.code]);
        Value::List(self.fields.clone()).encode(&mut bytes);
        bytes.extend(&self.payload);
        let size = u32::try_from(bytes.len()).expect("AMQP counts with 32 bits");
        bytes[..4].copy_from_slice(&size.to_be_bytes());
        bytes
    }
}
