//! What the failure of a connection says of what to try next.

use crate::{
    connection::Failure,
    error::{Error, Subject},
};

impl Failure {
    pub(super) fn requires_sasl(&self) -> bool {
        matches!(self.error(), Error::Refused { what: Subject::WithoutSasl, .. })
    }

    /// Whether another login may help: SASL is required, or the client is not authorised. If an address is
    /// missing or is not understood, it does not help.
    pub(super) fn may_be_the_login(&self) -> bool {
        let is_address = |name: &str| {
            matches!(name, "amqp:not-found" | "amqp:invalid-field" | "amqp:not-implemented")
        };
        matches!(self.error(), Error::Refused { condition, .. } if !is_address(&condition.name))
    }

    pub(super) fn is_of_session(&self) -> bool {
        let (Error::Refused { what, .. } | Error::Closed { what, .. }) = self.error() else {
            return false;
        };
        *what == Subject::Session
    }

    pub(super) fn is_of_protocol(&self) -> bool {
        matches!(self.error(), Error::Protocol { .. } | Error::Network { .. })
    }

    pub(crate) fn error(&self) -> &Error {
        match self {
            Self::OfBroker(error) | Self::OfRun(error) => error,
        }
    }
}
