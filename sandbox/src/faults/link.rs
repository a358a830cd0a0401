//! Faults of a link.

/// A fault of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkAct {
    /// The client's sender gets no credit.
    NoCredit,
    /// The link is refused: an Attach without a terminus, then a Detach with this error.
    Refuse(Refusal),
    /// The link is attached (and, upon a request, in use), then detached with this error.
    Detach(Refusal),
}

/// Why the broker refuses something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The error condition, for example `amqp:unauthorized-access`. Each `,KEY=VALUE` after it is an entry of the error's
    /// map of further information.
    pub condition: String,
    /// The description, for a person to read.
    pub description: Option<String>,
}
