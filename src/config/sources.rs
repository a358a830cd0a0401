//! Where the values of keys come from: a file, options of the command line, or both.

use std::{collections::BTreeMap, path::PathBuf};

use crate::error::{Error, printable, printable_path};

/// Where the values of a section's keys come from. A key in none of them has its default.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// Empty without a file.
    pub(crate) path: PathBuf,
    pub(crate) section: &'static str,
    /// The keys that count of those in the file, in the order of their names.
    pub(super) in_file: Vec<String>,
    /// The keys that options set, each with its option.
    pub(super) options: BTreeMap<&'static str, &'static str>,
}

impl Sources {
    /// Those of settings that are made in code.
    pub(super) fn without_any(section: &'static str) -> Self {
        Self { path: PathBuf::new(), section, in_file: Vec::new(), options: BTreeMap::new() }
    }

    /// The error for a key, which names the file, or the option that set it.
    pub(crate) fn fail(&self, key: &str, problem: impl Into<String>) -> Error {
        let path = if self.is_by_option(key) { PathBuf::new() } else { self.path.clone() };
        Error::Config { path, key: self.name(key), problem: problem.into() }
    }

    /// The key, as its user knows it: with the section, or with the option that set it.
    pub(super) fn name(&self, key: &str) -> String {
        match self.option_of(key) {
            Some(option) => name_of(option, key),
            None => format!("{}.{}", self.section, printable(key)),
        }
    }

    /// The option that set the key; of a part, such as `key_aliases.production`, the one that set the whole.
    fn option_of(&self, key: &str) -> Option<&'static str> {
        let whole = key.split('.').next().unwrap_or(key);
        self.options.get(whole).copied()
    }

    /// Whether an option set the key.
    pub(super) fn is_by_option(&self, key: &str) -> bool {
        self.option_of(key).is_some()
    }

    /// Whether there are only options.
    pub(super) fn has_no_file(&self) -> bool {
        self.path.as_os_str().is_empty() && !self.options.is_empty()
    }

    /// Lines for the log: the file, and which keys are from where. Never their values.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.path.as_os_str().is_empty() {
            let path = printable_path(&self.path);
            lines.push(format!("configuration: {path}, section {}", self.section));
        } else if self.has_no_file() {
            lines.push(format!("configuration: no file, section {}", self.section));
        }
        if !self.options.is_empty() {
            lines.push(format!("keys {}", self.by_source().join("; ")));
        }
        lines
    }

    fn by_source(&self) -> Vec<String> {
        let mut sources = Vec::new();
        if !self.in_file.is_empty() {
            sources.push(format!("from the file: {}", self.in_file.join(", ")));
        }
        let mut by_option: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (key, option) in &self.options {
            by_option.entry(option).or_default().push(key);
        }
        let from = |(option, keys): (_, Vec<_>)| format!("from {option}: {}", keys.join(", "));
        sources.extend(by_option.into_iter().map(from));
        sources
    }
}

/// A key, as the option that sets it is written.
pub(super) fn name_of(option: &str, key: &str) -> String {
    match option {
        SET => format!("{option} {}", printable(key)),
        _ => option.to_owned(),
    }
}

/// The option that sets any key.
pub(crate) const SET: &str = "--set";
