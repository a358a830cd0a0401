//! What is wrong with a value.

use std::fmt;

use crate::openpgp::Form;

/// What is wrong with a value; keys are fingerprints or ids in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not wholly an OpenPGP signature.
    NoSignature,
    /// It is one of another form than expected.
    OtherForm { found: Form, expected: &'static str },
    /// It is by other keys.
    AnotherKey { found: Vec<String>, expected: Vec<String> },
    /// The key exists, but may not sign, for this reason.
    UnfitKey { key: String, why: &'static str },
    /// What is signed is not a claim.
    NoClaim(String),
    /// A claim of another image.
    AnotherImage { found: String, expected: String },
    /// Another text or file.
    AnotherContent(&'static str),
    /// The mathematics fails: what is signed, or the signature, was changed.
    Bad { key: String },
    /// An algorithm that does not count.
    Weak { key: String, what: String },
    /// The key, or the signature itself, had expired.
    Expired { key: String, what: &'static str },
    /// The key was revoked.
    Revoked { key: String },
    /// It was made later than now, or before its key.
    WrongTime { key: String, what: &'static str },
    /// It says something that must be understood, and is not.
    Unsupported { key: String, what: &'static str },
}

impl Fault {
    /// How close to a good signature it came: of several faults the greatest is reported.
    pub(super) fn closeness(&self) -> u8 {
        match self {
            Self::NoSignature | Self::OtherForm { .. } => 0,
            Self::AnotherKey { .. } => 1,
            Self::UnfitKey { .. } | Self::Unsupported { .. } => 2,
            Self::Bad { .. } => 3,
            _ => 4,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSignature => f.write_str(
                "unknown format: it is not wholly an OpenPGP signature, or it is damaged or cut off",
            ),
            Self::OtherForm { found, expected } => {
                let found = match found {
                    Form::Message => "a signed message",
                    Form::Detached => "a detached signature",
                    Form::Cleartext => "a cleartext-signed text",
                };
                write!(f, "unknown format: it is {found}, expected {expected}")
            }
            Self::AnotherKey { found, expected } if found.is_empty() => {
                write!(f, "another key: it names none, expected {}", expected.join(" or "))
            }
            Self::AnotherKey { found, expected } => {
                write!(f, "another key: {}, expected {}", found.join(", "), expected.join(" or "))
            }
            Self::UnfitKey { key, why } => write!(f, "key {key} does not sign: {why}"),
            Self::NoClaim(problem) => write!(f, "another content: {problem}"),
            Self::AnotherImage { found, expected } => {
                write!(f, "another image: {found}, expected {expected}")
            }
            Self::AnotherContent(what) => write!(f, "another content: {what}"),
            Self::Bad { key } => write!(
                f,
                "bad signature: key {key} did not sign this; the signature or what is signed was changed"
            ),
            Self::Weak { key, what } => write!(f, "weak algorithm: {what}, by key {key}"),
            Self::Expired { key, what } => write!(f, "expired: {what} {key}"),
            Self::Revoked { key } => write!(f, "revoked: key {key}"),
            Self::WrongTime { key, what } => write!(f, "wrong time: {what} {key}"),
            Self::Unsupported { key, what } => write!(f, "unknown format: {what} {key}"),
        }
    }
}
