//! What a command line has besides options.

use super::style::Style;

/// Words that are not options.
pub(super) struct Operand {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    /// What else it may be, but not under pubtools-sign's names.
    pub(super) native: &'static str,
    pub(super) remark: &'static str,
    /// The words that it may be; none if it may be any word.
    pub(super) choices: &'static [&'static str],
    /// Whether there may be several; otherwise exactly one is expected.
    pub(super) is_repeatable: bool,
}

impl Operand {
    /// How it is called in a list.
    pub(super) fn signature(&self) -> String {
        format!("{}{}", self.name, if self.is_repeatable { "…" } else { "" })
    }

    /// How it stands in the usage.
    pub(super) fn usage(&self) -> String {
        format!("{}{}", if self.is_repeatable { "[--] " } else { "" }, self.signature())
    }

    /// What it means, with its choices.
    pub(super) fn meaning(&self, style: Style) -> String {
        match self.choices {
            [] if style == Style::Native => [self.meaning, self.native, self.remark].concat(),
            [] => [self.meaning, self.remark].concat(),
            choices => format!("{}: {}", self.meaning, listed(choices)),
        }
    }
}

/// `a, b or c`.
pub(super) fn listed(words: &[&str]) -> String {
    match words {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}
