//! A section's keys, read by name: every error names the file and the key.

use std::{collections::BTreeMap, path::PathBuf};

use super::{
    SignerType,
    expand::{self, Env},
    keys::{self, Default, Takes},
    nearest::nearest,
    overrides::Overrides,
    sources::{SET, Sources},
    values,
    yaml::{self, Node},
};
use crate::error::{Error, Secret, printable, secret_in};

/// A section of the file, with the keys that options set; its variables expanded, its keys known.
pub(super) struct Section<'a> {
    sources: Sources,
    entries: BTreeMap<String, Node>,
    env: Env<'a>,
}

impl<'a> Section<'a> {
    /// Finds the section in the file's text and refuses unknown keys in it.
    pub(super) fn find(
        text: &str,
        path: PathBuf,
        signer: SignerType,
        overrides: Overrides,
        env: Env<'a>,
    ) -> Result<Self, Error> {
        let name = signer.section();
        let fail = |key: &str, problem: String| Error::Config {
            path: path.clone(),
            key: key.into(),
            problem,
        };
        let document = yaml::read(text, name).map_err(|problem| fail("", problem))?;
        let node = match document.found.as_slice() {
            [node] => node,
            [] if document.names.is_empty() => {
                return Err(fail(name, "this section is missing; add it".into()));
            }
            [] => {
                let names = printable(&document.names.join(", "));
                return Err(fail(name, format!("this section is missing; the file has {names}")));
            }
            _ => {
                return Err(fail(name, "duplicate section; remove one".into()));
            }
        };
        let mut entries = overrides.entries;
        let mut in_file = Vec::new();
        for (key, value) in node.entries().map_err(|problem| fail(name, problem))? {
            let full = format!("{name}.{}", printable(&key));
            if !is_known(&key, signer) {
                return Err(fail(&full, unknown(&key, signer)));
            }
            // What an option sets instead is not read: a variable in it may be unset.
            if overrides.options.contains_key(&*key) {
                continue;
            }
            let value = expanded(value, env).map_err(|problem| fail(&full, problem))?;
            in_file.push(key.clone().into_owned());
            entries.insert(key.into_owned(), value);
        }
        let sources = Sources { path, section: name, in_file, options: overrides.options };
        Ok(Self { sources, entries, env })
    }

    /// Makes a section only of keys that options set.
    pub(super) fn of_options(name: &'static str, overrides: Overrides, env: Env<'a>) -> Self {
        let Overrides { options, entries } = overrides;
        let sources = Sources { path: PathBuf::new(), section: name, in_file: Vec::new(), options };
        Self { sources, entries, env }
    }

    /// Makes a section without a file, and refuses keys that the signer does not have.
    pub(super) fn made(
        name: &'static str,
        entries: BTreeMap<String, Node>,
        signer: SignerType,
        env: Env<'a>,
    ) -> Result<Self, Error> {
        let section = Self { sources: Sources::without_any(name), entries, env };
        match section.entries.keys().find(|key| !is_known(key, signer)) {
            Some(key) => Err(section.fail(key, unknown(key, signer))),
            None => Ok(section),
        }
    }

    pub(super) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The error for a key.
    pub(super) fn fail(&self, key: &str, problem: impl Into<String>) -> Error {
        self.sources.fail(key, problem)
    }

    /// Reads a key with one of the functions of [`values`]; `None` if it is missing.
    pub(super) fn optional<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Node, &str) -> Result<T, String>,
    ) -> Result<Option<T>, Error> {
        let expected = keys::row(key).takes.to_string();
        let read = self.entries.get(key).map(|node| match pem_in(node) {
            Some(secret) => Err(format!("holds {secret}; expected {expected}")),
            None if *node == Node::Null => Err(self.no_value(key, &expected)),
            None => read(node, &expected),
        });
        read.transpose().map_err(|problem| self.fail(key, problem))
    }

    /// The problem with a key without a value.
    fn no_value(&self, key: &str, expected: &str) -> String {
        if self.sources.is_by_option(key) {
            return format!("no value; expected {expected}; or remove the option");
        }
        match keys::row(key).default {
            Default::Required(sample) => {
                format!("no value; expected {expected}, such as {key}: {sample}")
            }
            _ => format!("no value; expected {expected}; or remove the key"),
        }
    }

    /// The error of a required key that is missing.
    fn missing(&self, key: &str) -> Error {
        self.fail(
            key,
            match self.sources.has_no_file() {
                true => format!(
                    "this key is required; name a configuration file with --config-file, or write {SET} {key}=VALUE"
                ),
                false => "this key is required; add it".into(),
            },
        )
    }

    /// Reads a key that is required.
    pub(super) fn required<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Node, &str) -> Result<T, String>,
    ) -> Result<T, Error> {
        self.optional(key, read)?.ok_or_else(|| self.missing(key))
    }

    /// Reads a key that has a default.
    pub(super) fn defaulted<T>(
        &self,
        key: &str,
        read: impl Fn(&Node, &str) -> Result<T, String>,
    ) -> Result<T, Error> {
        match (self.optional(key, &read)?, &keys::row(key).default) {
            (Some(value), _) => Ok(value),
            (None, Default::Is(text)) => {
                read(&Node::Text((*text).into()), "").map_err(|problem| self.fail(key, problem))
            }
            (None, _) => Err(self.missing(key)),
        }
    }

    /// Reads a key whose value is one of a few words. `values` are in the order of the words in the table.
    pub(super) fn word<T: Copy, const N: usize>(
        &self,
        key: &str,
        values: [T; N],
    ) -> Result<T, Error> {
        let words = match keys::row(key).takes {
            Takes::Word(words) => words,
            Takes::Value(_) => &[],
        };
        debug_assert_eq!(words.len(), N, "{key}");
        Ok(values[self.defaulted(key, |node, expected| values::word(node, words, expected))?])
    }

    /// Reads a path, `~` expanded.
    pub(super) fn file(&self, key: &str) -> Result<Option<PathBuf>, Error> {
        self.optional(key, |node, expected| self.path(node, expected))
    }

    /// Reads a path, or a list of paths.
    pub(super) fn files(&self, key: &str) -> Result<Vec<PathBuf>, Error> {
        let files = self.optional(key, |node, expected| {
            let Node::List(items) = node else { return Ok(vec![self.path(node, expected)?]) };
            if items.is_empty() {
                return Err(format!("expected {expected}, found no file in it; list at least one"));
            }
            let read = |(index, item)| {
                self.path(item, "a path")
                    .map_err(|problem| format!("item {}: {problem}", index + 1))
            };
            items.iter().enumerate().map(read).collect()
        })?;
        Ok(files.unwrap_or_default())
    }

    fn path(&self, node: &Node, expected: &str) -> Result<PathBuf, String> {
        let path = values::not_empty(node, expected)?;
        let is_no_path = |secret: &Secret| match secret {
            Secret::ConnectionString | Secret::Password => true,
            Secret::Userinfo => path.contains("://"),
            Secret::Pem | Secret::EncodedPem | Secret::Token => false,
        };
        match secret_in(&path).filter(is_no_path) {
            Some(secret) => Err(format!("holds {secret}; expected {expected}")),
            None => expand::home(&path, self.env),
        }
    }
}

/// PEM text in a value, which no key takes: not a file's content, but its path.
fn pem_in(node: &Node) -> Option<Secret> {
    let is_pem = |secret: &Secret| matches!(secret, Secret::Pem | Secret::EncodedPem);
    match node {
        Node::Text(text) => secret_in(text).filter(is_pem),
        Node::List(items) => items.iter().find_map(pem_in),
        Node::Map(pairs) => pairs.iter().find_map(|(key, value)| pem_in(key).or(pem_in(value))),
        _ => None,
    }
}

fn is_known(key: &str, signer: SignerType) -> bool {
    keys::of(signer).iter().any(|known| known.name == key)
}

/// The problem with a key that the signer does not have.
pub(super) fn unknown(key: &str, signer: SignerType) -> String {
    if is_known(key, SignerType::Batch) {
        return format!("unknown key; only {} has it", SignerType::Batch.section());
    }
    let names = || keys::of(signer).iter().map(|key| key.name);
    // As in msg_signer.timeout, which is how errors name a key.
    let key =
        key.strip_prefix(signer.section()).and_then(|key| key.strip_prefix('.')).unwrap_or(key);
    match nearest(key, names()) {
        Some(near) => format!("unknown key; did you mean {near}?"),
        None => format!("unknown key; the keys are {}", names().collect::<Vec<_>>().join(", ")),
    }
}

/// The node with the variables in its strings, a mapping's keys included, replaced.
pub(super) fn expanded(node: &Node, env: Env<'_>) -> Result<Node, String> {
    Ok(match node {
        Node::Text(text) => Node::Text(expand::variables(text, env)?),
        Node::List(items) => {
            Node::List(items.iter().map(|item| expanded(item, env)).collect::<Result<_, _>>()?)
        }
        Node::Map(pairs) => Node::Map(
            pairs
                .iter()
                .map(|(key, value)| Ok((expanded(key, env)?, expanded(value, env)?)))
                .collect::<Result<_, String>>()?,
        ),
        other => other.clone(),
    })
}
