//! What a reply has of what its request asks for.

use super::verdict::Verdict;
use crate::signing::request::Request;

/// What a reply has of what its request asks for.
pub(crate) struct Reading {
    /// Whether each value is there, in request order.
    pub(crate) filled: Vec<bool>,
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
    /// Whether each value is there, or refused.
    pub(crate) fn decided(&self) -> Vec<bool> {
        self.filled.iter().zip(&self.refused).map(|(filled, refused)| *filled || *refused).collect()
    }

    /// Whether the server says that it is not done yet.
    pub(crate) fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Decides on the verdict.
    pub(crate) fn verdict(self, request: &Request) -> Verdict {
        if let Some(status) = self.pending {
            Verdict::Pending { status }
        } else if !self.errors.is_empty() {
            Verdict::Refused { errors: self.errors }
        } else if let Some(problem) = self.problem {
            Verdict::Unusable { problem }
        } else {
            let missing = (0..self.filled.len()).filter(|&position| !self.filled[position]);
            let missing: Vec<_> = missing.map(|position| request.expected.name(position)).collect();
            if missing.is_empty() { Verdict::Signed } else { Verdict::Incomplete { missing } }
        }
    }
}
