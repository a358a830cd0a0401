//! Words that are not options: whether a command takes them.

use std::ffi::OsStr;

use crate::{
    cli::{
        commands::Command,
        operand::{Operand, listed},
        verify,
    },
    error::printable,
};

/// Checks the words that are not options.
pub(super) fn check(command: Command, words: &[&OsStr]) -> Result<(), String> {
    let name = command.name();
    let unexpected = |word: &OsStr, takes: &str| {
        let word = printable(&word.to_string_lossy());
        Err(format!("unexpected argument \"{word}\": {name} takes {takes}"))
    };
    match (&command.row().operand, words) {
        (None, [word, ..]) => unexpected(word, "only options"),
        (Some(Operand { is_repeatable: true, .. }), _) | (None, []) => Ok(()),
        (Some(operand), [name, _, ..])
            if command == Command::Verify && operand.choices.iter().any(|it| name == it) =>
        {
            let texts = Command::Sign(verify::kind(name)).row().operand.is_some();
            if texts { Ok(()) } else { unexpected(words[1], "only options after COMMAND") }
        }
        (Some(operand), [_, word, ..]) => unexpected(word, &format!("one {}", operand.name)),
        (Some(operand), []) => {
            Err(format!("missing {}; expected {}", operand.name, listed(operand.choices)))
        }
        (Some(operand), [word]) if operand.choices.iter().any(|choice| word == choice) => Ok(()),
        (Some(operand), [word]) => {
            let (word, expected) = (printable(&word.to_string_lossy()), listed(operand.choices));
            Err(format!("{} is \"{word}\"; expected {expected}", operand.name))
        }
    }
}
