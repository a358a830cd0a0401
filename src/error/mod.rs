//! The errors of the library.

mod argument;
mod condition;
mod debug;
mod phase;
mod printable;
mod subject;

use std::{fmt, io, path::PathBuf, time::Duration};

pub use argument::Argument;
pub use condition::Condition;
pub use phase::Phase;
pub(crate) use printable::{
    Secret, acts_unseen, printable, printable_body, printable_path, secret_in,
};
pub use subject::Subject;

/// Why TLS with a broker failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsCause {
    /// No certificate of `messaging_ca_cert` verifies the broker's.
    UnknownAuthority,
    /// The broker's certificate is for another host.
    OtherHost,
    /// The broker's certificate is not valid for another reason, such as its dates.
    BrokerCertificate,
    /// The broker refused the client's certificate, or refused the client because it has none.
    ClientCertificate,
    /// The two sides accept nothing in common: the broker's TLS is too old, or it refuses what the client offers.
    Handshake,
}

/// Why a run, or a step of it, ended.
///
/// Displays as one lower-case clause that names what failed; its `source` is the operating system's reason. What may be
/// a secret is in neither this text nor that of `Debug`.
#[non_exhaustive]
pub enum Error {
    /// An argument of the operation is wrong.
    Argument {
        /// The argument.
        argument: Argument,
        /// What is wrong with it, and what is expected.
        problem: String,
    },
    /// The configuration requires an argument that was not given.
    MissingArgument {
        /// The argument.
        argument: Argument,
        /// What requires it: an [`Error::Config`] or an [`Error::Certificate`].
        reason: Box<Self>,
    },
    /// The configuration is wrong.
    Config {
        /// The file; empty for settings without one.
        path: PathBuf,
        /// The key (`msg_signer.timeout`); empty if the error concerns the whole file.
        key: String,
        /// What is wrong with it, and what is expected.
        problem: String,
    },
    /// A certificate, key or passphrase file cannot be used.
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// An input file is missing or unreadable.
    InputFile {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A local file, or standard output, could not be read or written.
    LocalFile {
        /// The file, or `standard output`.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A state file cannot be used: it is damaged, it is that of another operation, or it is no regular file.
    StateFile {
        /// The file.
        path: PathBuf,
        /// The line, unless the whole file is meant, what is wrong with it, and what is expected.
        problem: String,
    },
    /// Another process uses the state file.
    StateInUse {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refuses what every run needs: memory, a file descriptor.
    System {
        /// What cannot be done.
        what: &'static str,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The network failed.
    Network {
        /// The broker's URL, without credentials; if its name was looked up, also the address in use.
        broker: String,
        /// What was being done.
        phase: Phase,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A broker did not answer in time.
    Timeout {
        /// The broker's URL, without credentials; if its name was looked up, also the address in use.
        broker: String,
        /// What was waited for.
        phase: Phase,
        /// How long.
        after: Duration,
    },
    /// A broker sent something that does not follow its protocol over the expected transport.
    Protocol {
        /// The broker's URL, without credentials; if its name was looked up, also the address in use.
        broker: String,
        /// What was being done.
        phase: Phase,
        /// What the client received.
        problem: String,
    },
    /// A broker ended the connection, the session or a link for a reason that may be temporary.
    Closed {
        /// The broker's URL, without credentials; if its name was looked up, also the address in use.
        broker: String,
        /// What was being done.
        phase: Phase,
        /// What was ended.
        what: Subject,
        /// The broker's reason.
        condition: Condition,
    },
    /// The broker's certificate is not valid, or the broker refused the client's.
    Tls {
        /// The broker's URL, without credentials; if its name was looked up, also the address in use.
        broker: String,
        /// Who refused whom, and for what.
        cause: TlsCause,
        /// Which check failed, or the name of the broker's alert.
        problem: String,
    },
    /// A broker refused the connection, an address or a message: the client has no permission.
    Refused {
        /// The broker's URL, without credentials; if its name was looked up, also the address in use.
        broker: String,
        /// What was refused.
        what: Subject,
        /// The broker's reason.
        condition: Condition,
    },
    /// No connection could be opened to any broker.
    Unreachable {
        /// The last failure of each broker, in the order of the configuration.
        brokers: Vec<Self>,
    },
    /// The deadline of the whole run has passed.
    Deadline {
        /// How long the run was allowed to take.
        after: Duration,
    },
    /// The run was interrupted from outside.
    Interrupted,
}

impl Error {
    /// An error about an argument: the problem, and what is expected.
    pub(crate) fn argument(argument: Argument, problem: impl Into<String>) -> Self {
        Self::Argument { argument, problem: problem.into() }
    }

    /// Whether a further attempt with the same broker, or with the next one, may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Network { .. }
                | Self::Timeout { .. }
                | Self::Protocol { .. }
                | Self::Closed { .. }
        )
    }

    /// The whole chain of reasons in one clause, for the log.
    pub(crate) fn with_sources(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            text += &format!(": {error}");
            source = error.source();
        }
        text
    }

    /// Whether it is a refusal, by a broker or by the check of its certificate: trying again cannot help.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Tls { .. } | Self::Refused { .. } => true,
            Self::Unreachable { brokers } => brokers.iter().all(Self::is_refusal),
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument { argument, problem } => write!(f, "{argument}: {problem}"),
            Self::MissingArgument { argument, reason } => {
                write!(f, "{reason}; {argument} is required")
            }
            Self::Config { path, key, problem } if key.is_empty() => {
                write!(f, "{}: {problem}", printable_path(path))
            }
            Self::Config { path, key, problem } if path.as_os_str().is_empty() => {
                write!(f, "{key}: {problem}")
            }
            Self::Config { path, key, problem } => {
                write!(f, "{}: {key}: {problem}", printable_path(path))
            }
            Self::Certificate { path, problem } | Self::StateFile { path, problem } => {
                write!(f, "{}: {problem}", printable_path(path))
            }
            Self::StateInUse { path } => {
                let path = printable_path(path);
                write!(f, "{path}: another process uses this state file; wait until it ends")
            }
            Self::InputFile { path, .. } => {
                write!(f, "{}: cannot read the input", printable_path(path))
            }
            Self::LocalFile { path, .. } => {
                write!(f, "{}: cannot read or write", printable_path(path))
            }
            Self::System { what, .. } => write!(f, "cannot {what}"),
            Self::Network { broker, phase, .. } => write!(f, "{broker}: {phase} failed"),
            Self::Timeout { broker, phase, after } => {
                write!(f, "{broker}: {phase}: no answer within {} s", after.as_secs_f64())
            }
            Self::Protocol { broker, phase, problem } => write!(f, "{broker}: {phase}: {problem}"),
            Self::Closed { broker, phase, what, condition } => {
                write!(f, "{broker}: {phase}: {what} ended by the broker: {condition}")
            }
            Self::Tls { broker, problem, .. } => write!(f, "{broker}: tls: {problem}"),
            Self::Refused { broker, what, condition } => {
                write!(f, "{broker}: {what} refused: {condition}")
            }
            Self::Unreachable { brokers } => {
                f.write_str("no connection to any broker")?;
                for (index, broker) in brokers.iter().enumerate() {
                    write!(f, "{}{}", if index == 0 { ": " } else { "; " }, broker.with_sources())?;
                }
                Ok(())
            }
            Self::Deadline { after } => {
                write!(f, "the deadline of {} s for the whole run has passed", after.as_secs_f64())
            }
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::InputFile { source, .. }
            | Self::LocalFile { source, .. }
            | Self::System { source, .. }
            | Self::Network { source, .. } => Some(source),
            Self::Argument { .. }
            | Self::MissingArgument { .. }
            | Self::Config { .. }
            | Self::Certificate { .. }
            | Self::StateFile { .. }
            | Self::StateInUse { .. }
            | Self::Timeout { .. }
            | Self::Protocol { .. }
            | Self::Closed { .. }
            | Self::Tls { .. }
            | Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::Deadline { .. }
            | Self::Interrupted => None,
        }
    }
}
