//! Rules: an act and its condition.

use super::{ConnectionAct, LinkAct, ReplyAct, RequestAct, When};

/// Departs from good behaviour whenever a condition holds. All rules whose condition holds are applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The condition.
    pub when: When,
    /// The act to apply.
    pub act: Act,
}

impl Rule {
    /// A rule with this condition and act.
    pub fn new(when: When, act: impl Into<Act>) -> Self {
        Self { when, act: act.into() }
    }
}

/// What a [`Rule`] does, by what it acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// On a connection: of a request that meets the condition, or else on one just accepted.
    Connection(ConnectionAct),
    /// On a link: of a request that meets the condition, or else on one that is being attached.
    Link(LinkAct),
    /// On a request.
    Request(RequestAct),
    /// On the reply to a request.
    Reply(ReplyAct),
}

impl From<ConnectionAct> for Act {
    fn from(act: ConnectionAct) -> Self {
        Self::Connection(act)
    }
}

impl From<LinkAct> for Act {
    fn from(act: LinkAct) -> Self {
        Self::Link(act)
    }
}

impl From<RequestAct> for Act {
    fn from(act: RequestAct) -> Self {
        Self::Request(act)
    }
}

impl From<ReplyAct> for Act {
    fn from(act: ReplyAct) -> Self {
        Self::Reply(act)
    }
}
