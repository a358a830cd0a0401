//! The verdict on a reply.

/// The verdict on a reply; the server's texts are made safe to print and cut to a bounded length.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The reply has everything that the request asked for.
    Signed,
    /// The signing server refused, at least in part.
    Refused {
        /// Its errors, at least one.
        errors: Vec<String>,
    },
    /// Some claims of a batch were left out.
    Incomplete {
        /// The missing claims in request order: reference, digest, and the key's name if it has one.
        missing: Vec<String>,
    },
    /// The signing server is not done yet, and has not sent anything else.
    Pending {
        /// What it says.
        status: String,
    },
    /// What came does not count: it is no good signature, by the key that was asked for, of what was asked for. Nothing
    /// better has come.
    Unverified {
        /// What is wrong, at least one text; in a batch for each value that is missing.
        problems: Vec<String>,
    },
    /// There is neither a signed value nor an error, or a value cannot be used: it is not base64, it is for another
    /// image, or it does not say for which.
    Unusable {
        /// The problem that was found.
        problem: String,
    },
}
