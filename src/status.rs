//! How a run ended, as a number that scripts can act on.

use crate::{
    error::Error,
    signing::{Entry, Verdict},
};

/// How a run ended; the number is the exit status.
///
/// If several apply, the greatest counts: they are listed in order of severity, the least severe first.
///
/// ```
/// use amqp_messenger::Status;
///
/// assert_eq!((Status::Signed.code(), Status::Unanswered.code(), Status::Refused.code()), (0, 75, 1));
/// assert!(Status::Refused > Status::Unanswered);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Status {
    /// Everything asked for is signed.
    Signed,
    /// Some requests stayed unanswered or undelivered, or another process uses the state file.
    Unanswered,
    /// No connection could be opened to any broker.
    Unreachable,
    /// A reply has neither a signed value nor an error, or its value cannot be used or is not verified.
    BadReply,
    /// The signing server refused at least one item.
    Refused,
    /// TLS or the broker refused the client.
    NotPermitted,
    /// The deadline of the whole run has passed.
    Deadline,
    /// Interrupted from outside.
    Interrupted,
    /// A local file, or standard output, could not be read or written, or the operating system refused a resource.
    LocalFile,
    /// The configuration, a certificate file or the state file is wrong.
    Config,
    /// An input file is missing or unreadable.
    NoInput,
    /// The command line or the operation is wrong.
    Usage,
}

impl Status {
    /// Every status, the least severe first.
    #[cfg(feature = "cli")]
    pub(crate) const ALL: [Self; 12] = [
        Self::Signed,
        Self::Unanswered,
        Self::Unreachable,
        Self::BadReply,
        Self::Refused,
        Self::NotPermitted,
        Self::Deadline,
        Self::Interrupted,
        Self::LocalFile,
        Self::Config,
        Self::NoInput,
        Self::Usage,
    ];

    /// What it means, for help and documents.
    #[cfg(feature = "cli")]
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Signed => "everything requested is signed",
            Self::Unanswered => {
                "some requests stayed unanswered or undelivered, and standard error says whether running again can help; or another process uses the state file"
            }
            Self::Unreachable => "no connection could be opened to any broker",
            Self::BadReply => {
                "a reply has neither a signed value nor an error, or its value cannot be used: no base64, for another image, or not verified"
            }
            Self::Refused => "the signing server refused at least one item",
            Self::NotPermitted => {
                "TLS or the broker refused the client: certificate, authorisation, address"
            }
            Self::Deadline => "the deadline of the whole run has passed",
            Self::Interrupted => {
                "interrupted by SIGHUP, SIGINT, SIGALRM, SIGTERM or SIGXCPU; what was received is printed"
            }
            Self::LocalFile => {
                "a local file or standard output could not be read or written, or the system refused what a run needs"
            }
            Self::Config => "the configuration, a certificate file or the state file is wrong",
            Self::NoInput => "an input file is missing or unreadable",
            Self::Usage => "wrong use of the command line",
        }
    }

    /// The exit status. An interrupt counts as SIGINT; a caller that knows of another signal reports its own status.
    pub fn code(self) -> u8 {
        match self {
            Self::Signed => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::BadReply => 65,
            Self::NoInput => 66,
            Self::Unreachable => 69,
            Self::LocalFile => 74,
            Self::Unanswered => 75,
            Self::NotPermitted => 77,
            Self::Config => 78,
            Self::Deadline => 124,
            Self::Interrupted => 130,
        }
    }

    /// The status of a run that an error ended.
    pub fn of_error(error: &Error) -> Self {
        match error {
            Error::Argument { .. } => Self::Usage,
            Error::MissingArgument { .. }
            | Error::Config { .. }
            | Error::Certificate { .. }
            | Error::StateFile { .. } => Self::Config,
            Error::StateInUse { .. } => Self::Unanswered,
            Error::InputFile { .. } => Self::NoInput,
            Error::LocalFile { .. } | Error::System { .. } => Self::LocalFile,
            Error::Tls { .. } | Error::Refused { .. } => Self::NotPermitted,
            Error::Unreachable { .. } if error.is_refusal() => Self::NotPermitted,
            Error::Unreachable { .. }
            | Error::Network { .. }
            | Error::Timeout { .. }
            | Error::Protocol { .. }
            | Error::Closed { .. } => Self::Unreachable,
            Error::Deadline { .. } => Self::Deadline,
            Error::Interrupted => Self::Interrupted,
        }
    }

    /// The status of one request at the end of a run.
    pub fn of_entry(entry: &Entry) -> Self {
        match entry.reply().map(|reply| &reply.verdict) {
            Some(Verdict::Signed) => Self::Signed,
            Some(Verdict::Refused { .. }) => Self::Refused,
            Some(Verdict::Unusable { .. } | Verdict::Unverified { .. }) => Self::BadReply,
            Some(Verdict::Incomplete { .. } | Verdict::Pending { .. }) | None => Self::Unanswered,
        }
    }

    /// The status of a whole run: the most severe of the error that ended it and of the statuses of its requests.
    pub fn of_run(result: &Result<(), Error>, entries: &[Entry]) -> Self {
        let ended = result.as_ref().err().map_or(Self::Signed, Self::of_error);
        entries.iter().map(Self::of_entry).fold(ended, Self::max)
    }
}
