//! A message from the reply address.

/// A message from the reply address, as received.
#[derive(Clone, Debug)]
pub(crate) struct RawReply {
    /// Its body.
    pub body: ReplyBody,
    /// Its application properties, the JSON text of an object; `None` if it had none.
    pub properties: Option<String>,
}

impl RawReply {
    /// The bytes of its body; none if it is neither text nor binary.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> &[u8] {
        if let ReplyBody::Bytes(bytes) = &self.body { bytes } else { &[] }
    }
}

/// The body of a message, whatever its sections.
#[derive(Clone, Debug)]
pub(crate) enum ReplyBody {
    /// A text, a binary value or all data sections joined.
    Bytes(Vec<u8>),
    /// Anything else, named for the log: `a map`, `nothing`.
    Other(&'static str),
    /// It could not be read, for this reason.
    Broken(String),
    /// It was longer than allowed, with this many bytes, and is not kept; one of the ids may be that of its request.
    TooLarge { size: u64, ids: Vec<String> },
}
