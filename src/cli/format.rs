//! The forms of results.

use std::str::FromStr;

use super::operand::listed;

/// A form of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Ndjson,
    Raw,
    Summary,
}

impl Format {
    pub(super) const WORDS: &'static [&'static str] = &["json", "ndjson", "raw", "summary"];
}

impl FromStr for Format {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "json" => Ok(Self::Json),
            "ndjson" => Ok(Self::Ndjson),
            "raw" => Ok(Self::Raw),
            "summary" => Ok(Self::Summary),
            _ => Err(format!("expected {}", listed(Self::WORDS))),
        }
    }
}
