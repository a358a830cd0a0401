//! What a reply has of what its request asks for.

use std::ops::Range;

use super::verdict::Verdict;
use crate::signing::request::Request;

/// What a reply has of what its request asks for.
pub(crate) struct Reading {
    /// Where each value is in the reply's document, in request order; empty if it is missing, refused or unusable.
    pub(super) values: Box<[Range<usize>]>,
    /// Whether an error is about each value.
    pub(super) refused: Vec<bool>,
    /// The server's errors.
    pub(super) errors: Vec<String>,
    /// What the server says if it is not done yet.
    pub(super) pending: Option<String>,
    /// Why it cannot be used.
    pub(super) problem: Option<String>,
}

impl Reading {
    /// Whether each value is there, in request order.
    pub(crate) fn filled(&self) -> Vec<bool> {
        self.values.iter().map(|value| !value.is_empty()).collect()
    }

    /// Whether each value is there, or refused.
    pub(crate) fn decided(&self) -> Vec<bool> {
        self.filled()
            .iter()
            .zip(&self.refused)
            .map(|(filled, refused)| *filled || *refused)
            .collect()
    }

    /// Whether any value is there.
    pub(crate) fn has_any(&self) -> bool {
        self.values.iter().any(|value| !value.is_empty())
    }

    /// Whether it is all that was asked for.
    pub(crate) fn is_signed(&self) -> bool {
        let is_good = self.pending.is_none() && self.errors.is_empty() && self.problem.is_none();
        is_good && self.values.iter().all(|value| !value.is_empty())
    }

    /// Whether the server says that it is not done yet.
    pub(crate) fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Whether there is neither an error nor "not yet".
    pub(crate) fn says_nothing_else(&self) -> bool {
        self.pending.is_none() && self.errors.is_empty()
    }

    /// Decides on the verdict, and returns where the values are.
    pub(super) fn judge(self, request: &Request) -> (Verdict, Box<[Range<usize>]>) {
        let verdict = if self.is_signed() {
            Verdict::Signed
        } else if let Some(status) = self.pending {
            Verdict::Pending { status }
        } else if !self.errors.is_empty() {
            Verdict::Refused { errors: self.errors }
        } else if let Some(problem) = self.problem {
            Verdict::Unusable { problem }
        } else {
            let values = self.values.iter().enumerate();
            let missing = values.filter(|(_, value)| value.is_empty());
            let missing: Vec<_> =
                missing.map(|(position, _)| request.expected.name(position)).collect();
            Verdict::Incomplete { missing }
        };
        (verdict, self.values)
    }
}
