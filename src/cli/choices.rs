//! Values of options that are one of a few words.

use log::LevelFilter;

use super::{format::Format, operand::listed, style::Style};
use crate::config::{SignerType, parse_level};

/// The words that an option's value may be; none if it may be any word.
pub(super) fn choices(option: &str, style: Style) -> &'static [&'static str] {
    match (option, style) {
        ("--signer-type", _) => &["single", "batch"],
        ("--format", _) => Format::WORDS,
        ("--layout", _) => &["lookaside"],
        ("--verify", _) => &["require", "if-known", "off"],
        ("--log-level", Style::Native) => {
            &["trace", "debug", "info", "warning", "error", "critical"]
        }
        ("--log-level", Style::PubtoolsSign) => &["DEBUG", "INFO", "WARNING", "ERROR"],
        _ => &[],
    }
}

pub(super) fn signer_type(word: &str) -> Result<SignerType, String> {
    match word {
        "single" => Ok(SignerType::Single),
        "batch" => Ok(SignerType::Batch),
        _ => Err(format!("expected {}", listed(choices("--signer-type", Style::Native)))),
    }
}

/// There is only one.
pub(super) fn layout(word: &str) -> Result<String, String> {
    let words = choices("--layout", Style::Native);
    if words.contains(&word) { Ok(word.into()) } else { Err(format!("expected {}", listed(words))) }
}

pub(super) fn level(word: &str) -> Result<LevelFilter, String> {
    let expected = || format!("expected {}", listed(choices("--log-level", Style::Native)));
    parse_level(word).ok_or_else(expected)
}
