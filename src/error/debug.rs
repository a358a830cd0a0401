//! The errors for developers.

use std::fmt;

use super::Error;

/// The kind of the error and its text: the fields may hold a secret, such as a key in place of its file's path.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Argument { .. } => "Argument",
            Self::MissingArgument { .. } => "MissingArgument",
            Self::Config { .. } => "Config",
            Self::Certificate { .. } => "Certificate",
            Self::InputFile { .. } => "InputFile",
            Self::LocalFile { .. } => "LocalFile",
            Self::StateFile { .. } => "StateFile",
            Self::StateInUse { .. } => "StateInUse",
            Self::System { .. } => "System",
            Self::Network { .. } => "Network",
            Self::Timeout { .. } => "Timeout",
            Self::Protocol { .. } => "Protocol",
            Self::Closed { .. } => "Closed",
            Self::Tls { .. } => "Tls",
            Self::Refused { .. } => "Refused",
            Self::Unreachable { .. } => "Unreachable",
            Self::Deadline { .. } => "Deadline",
            Self::Interrupted => "Interrupted",
        };
        f.debug_tuple(kind).field(&self.with_sources()).finish()
    }
}
