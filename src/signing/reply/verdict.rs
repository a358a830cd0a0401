//! What a reply is worth.

/// What a reply is worth; the server's words are made safe to print and cut to a bounded length.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Everything asked for is there.
    Signed,
    /// The signing server refused, at least in part.
    Refused {
        /// Its words, at least one.
        errors: Vec<String>,
    },
    /// Some claims of a batch were left out.
    Incomplete {
        /// What is missing, in request order: reference, digest and the key's name if it has one.
        missing: Vec<String>,
    },
    /// There is neither a signed value nor an error.
    Unusable {
        /// What was found instead.
        problem: String,
    },
}
