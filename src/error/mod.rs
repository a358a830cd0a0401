//! What can go wrong, said once and by name.

mod argument;
pub(crate) mod conditions;

use std::{fmt, io, path::PathBuf, time::Duration};

pub use argument::Argument;

/// A part of a run that has a deadline of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Looking up the broker's host name.
    Resolve,
    /// Opening the TCP connection.
    Tcp,
    /// The TLS handshake.
    Tls,
    /// The SASL negotiation (AMQP 1.0 part 5.3).
    Sasl,
    /// Waiting for the broker's Open (AMQP 1.0 part 2.4).
    Open,
    /// Waiting for the broker's answer to both links (AMQP 1.0 part 2.6.3).
    Attach,
    /// Sending requests and gathering their outcomes.
    Send,
    /// Waiting for replies.
    Reply,
    /// Closing the connection in order.
    Close,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolve",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Sasl => "sasl",
            Self::Open => "open",
            Self::Attach => "attach",
            Self::Send => "send",
            Self::Reply => "reply",
            Self::Close => "close",
        })
    }
}

/// An AMQP error condition with the peer's own words (AMQP 1.0 part 2.8.14).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    /// The symbol, such as `amqp:unauthorized-access`; empty where the peer named none.
    pub name: String,
    /// The peer's description, made printable and cut to a bounded length; may be empty.
    pub description: String,
}

impl Condition {
    /// Makes a condition from a peer's words: control characters escaped, at most 1,000 characters kept.
    pub(crate) fn new(name: &str, description: &str) -> Self {
        Self { name: printable(name), description: printable(description) }
    }

    /// Whether this is one of the ways to say "you may not".
    ///
    /// These are the conditions that trying again cannot help: the identity has no right to the
    /// address, or the address does not exist.
    pub fn is_refusal(&self) -> bool {
        conditions::is_refusal(self)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.as_str(), self.description.as_str()) {
            ("", "") => f.write_str("no condition given"),
            (name, "") => f.write_str(name),
            ("", description) => f.write_str(description),
            (name, description) => write!(f, "{name}: {description}"),
        }
    }
}

/// What a broker refused or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// The connection.
    Connection,
    /// A connection that begins with AMQP itself, where the broker asks for SASL first (AMQP 1.0 part 5.3).
    WithoutSasl,
    /// The SASL login.
    Login,
    /// The session, and both links with it.
    Session,
    /// The link that requests leave by, or a request on it, to this address.
    Sending(String),
    /// The link that replies come in by, from this address.
    Listening(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection => f.write_str("connection"),
            Self::WithoutSasl => f.write_str("connection without SASL"),
            Self::Login => f.write_str("login"),
            Self::Session => f.write_str("session"),
            Self::Sending(address) => write!(f, "sending to “{address}”"),
            Self::Listening(address) => write!(f, "listening to “{address}”"),
        }
    }
}

/// Makes a peer's text safe to print: what is not seen but acts is escaped, at most 1,000 characters are kept.
pub(crate) fn printable(text: &str) -> String {
    const LIMIT: usize = 1000;
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == LIMIT {
            out.push('…');
            break;
        }
        if acts_unseen(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// Controls, line separators, and what turns the direction of text or has no width (Unicode's Bidi_Control and kin).
fn acts_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What TLS with a broker failed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsCause {
    /// No certificate of `messaging_ca_cert` verifies the broker's.
    UnknownAuthority,
    /// The broker's certificate is for another host.
    OtherHost,
    /// The broker's certificate does not verify for another reason, such as its time.
    BrokerCertificate,
    /// The broker refused our certificate, or that we have none.
    OurCertificate,
    /// Nothing that both sides take: the broker's TLS is too old, or it refuses what we offer.
    Handshake,
}

/// Why a run, or a step of it, ended.
///
/// Displays as one lower-case clause that names the thing; its `source` is the operating system's reason.
#[derive(Debug)]
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
        /// The file.
        path: PathBuf,
        /// The key (`msg_signer.timeout`); empty where the whole file is meant.
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
    /// The network failed.
    Network {
        /// The broker's URL, without credentials.
        broker: String,
        /// What was being done.
        phase: Phase,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A broker did not answer in time.
    Timeout {
        /// The broker's URL, without credentials.
        broker: String,
        /// What was waited for.
        phase: Phase,
        /// How long.
        after: Duration,
    },
    /// A broker said something that is not AMQP 1.0 over the expected transport.
    Protocol {
        /// The broker's URL, without credentials.
        broker: String,
        /// What was being done.
        phase: Phase,
        /// What was seen.
        problem: String,
    },
    /// A broker ended the connection, the session or a link for a reason that may pass.
    Closed {
        /// The broker's URL, without credentials.
        broker: String,
        /// What was being done.
        phase: Phase,
        /// What was ended.
        what: Subject,
        /// The broker's reason.
        condition: Condition,
    },
    /// The broker's certificate did not verify, or the broker refused ours.
    Tls {
        /// The broker's URL, without credentials.
        broker: String,
        /// Who refused whom, and for what.
        cause: TlsCause,
        /// Which check failed, or the broker's alert in words.
        problem: String,
    },
    /// A broker refused the connection, an address or a message: "you may not".
    Refused {
        /// The broker's URL, without credentials.
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
    /// The deadline of the whole run passed.
    Deadline {
        /// How long the run was allowed to take.
        after: Duration,
    },
    /// The run was interrupted from outside.
    Interrupted,
}

impl Error {
    /// An error that says what is wrong with an argument, and what is expected.
    pub(crate) fn argument(argument: Argument, problem: impl Into<String>) -> Self {
        Self::Argument { argument, problem: problem.into() }
    }

    /// Whether the same broker, or the next one, may do better when tried again.
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

    /// Whether a broker, or the check of its certificate, said no: trying it again cannot help.
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
                write!(f, "{}: {problem}", path.display())
            }
            Self::Config { path, key, problem } => {
                write!(f, "{}: {key}: {problem}", path.display())
            }
            Self::Certificate { path, problem } => write!(f, "{}: {problem}", path.display()),
            Self::InputFile { path, .. } => write!(f, "{}: cannot read the input", path.display()),
            Self::LocalFile { path, .. } => write!(f, "{}: cannot read or write", path.display()),
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
                write!(f, "the deadline of {} s for the whole run passed", after.as_secs_f64())
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
            | Self::Network { source, .. } => Some(source),
            Self::Argument { .. }
            | Self::MissingArgument { .. }
            | Self::Config { .. }
            | Self::Certificate { .. }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_unseen_is_escaped_and_nothing_else() {
        for c in [
            '\0', '\n', '\u{1b}', '\u{7f}', '\u{9b}', '\u{61c}', '\u{200b}', '\u{200f}',
            '\u{2028}', '\u{202e}', '\u{2066}', '\u{feff}',
        ] {
            let shown = printable(&format!("a{c}b"));
            assert!(
                !shown.contains(c) && shown.starts_with("a\\") && shown.ends_with('b'),
                "{shown}"
            );
        }
        let kept = "naïve “日本” עברית 🔑 \\";
        assert_eq!(printable(kept), kept);
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(printable(&"é".repeat(1000)), "é".repeat(1000));
        assert_eq!(printable(&"é".repeat(1001)), "é".repeat(1000) + "…");
    }
}
