//! What a command line is about: the style, the program's name, and the command.

use std::fmt;

use super::{commands::Command, style::Style};

/// A command, or the program as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    pub(crate) style: Style,
    /// The program's name, which messages begin with.
    pub(crate) tool: String,
    pub(super) command: Option<Command>,
}

/// A mistake in the use of the command line; the status is 2.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// The program's name, which messages begin with.
    pub(crate) tool: String,
    pub(super) problem: String,
    /// The words that print help.
    pub(super) help: String,
}

impl Topic {
    pub(super) fn new(style: Style, tool: &str, command: Option<Command>) -> Self {
        Self { style, tool: tool.into(), command }
    }

    /// The words that call the command.
    pub(super) fn call(&self) -> String {
        match (self.command, self.style) {
            (Some(command), Style::Native) => format!("{} {}", self.tool, command.name()),
            (Some(command), Style::PubtoolsSign) if self.tool == "pubtools-sign" => {
                format!("{} msg-{}", self.tool, command.name())
            }
            _ => self.tool.clone(),
        }
    }

    /// The name of a command, as it is written after the program's name.
    pub(super) fn name_of(&self, command: Command) -> String {
        let prefix = if self.style == Style::PubtoolsSign { "msg-" } else { "" };
        format!("{prefix}{}", command.name())
    }

    /// A mistake in the use of the topic.
    pub(super) fn usage(&self, problem: String) -> Usage {
        Usage { tool: self.tool.clone(), problem, help: format!("{} --help", self.call()) }
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A question is a sentence, and ends.
        let then = if self.problem.ends_with('?') { " Try" } else { "; try" };
        write!(f, "{}{then} '{}'", self.problem, self.help)
    }
}

impl std::error::Error for Usage {}
