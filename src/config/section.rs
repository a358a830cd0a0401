//! A section's keys, read by name: every error names the file and the key.

use std::{collections::BTreeMap, path::PathBuf};

use super::{
    expand::{self, Env},
    keys::{self, Default, Key, Takes},
    nearest::nearest,
    values,
    yaml::{self, Node},
};
use crate::error::{Error, Secret, printable, secret_in};

/// A section of the file, its variables expanded, its keys known.
pub(super) struct Section<'a> {
    path: PathBuf,
    name: &'static str,
    entries: BTreeMap<String, Node>,
    env: Env<'a>,
}

impl<'a> Section<'a> {
    /// Finds the section in the file's text and refuses unknown keys in it.
    pub(super) fn find(
        text: &str,
        path: PathBuf,
        name: &'static str,
        known: &[Key],
        env: Env<'a>,
    ) -> Result<Self, Error> {
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
        let mut entries = BTreeMap::new();
        for (key, value) in node.entries().map_err(|problem| fail(name, problem))? {
            let full = format!("{name}.{}", printable(&key));
            if !known.iter().any(|known| known.name == key) {
                return Err(fail(&full, unknown(&key, known)));
            }
            let value = expanded(value, env).map_err(|problem| fail(&full, problem))?;
            entries.insert(key.into_owned(), value);
        }
        Ok(Self { path, name, entries, env })
    }

    /// Makes a section without a file, and refuses keys that the signer does not have.
    pub(super) fn made(
        name: &'static str,
        entries: BTreeMap<String, Node>,
        known: &[Key],
        env: Env<'a>,
    ) -> Result<Self, Error> {
        let section = Self { path: PathBuf::new(), name, entries, env };
        let is_known = |key: &String| known.iter().any(|known| known.name == key);
        match section.entries.keys().find(|key| !is_known(key)) {
            Some(key) => Err(section.fail(key, unknown(key, known))),
            None => Ok(section),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// The error for a key.
    pub(super) fn fail(&self, key: &str, problem: impl Into<String>) -> Error {
        Error::Config {
            path: self.path.clone(),
            key: format!("{}.{}", self.name, printable(key)),
            problem: problem.into(),
        }
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
            None if *node == Node::Null => Err(no_value(key, &expected)),
            None => read(node, &expected),
        });
        read.transpose().map_err(|problem| self.fail(key, problem))
    }

    /// Reads a key that is required.
    pub(super) fn required<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Node, &str) -> Result<T, String>,
    ) -> Result<T, Error> {
        self.optional(key, read)?.ok_or_else(|| self.fail(key, "this key is required; add it"))
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
            (None, _) => Err(self.fail(key, "this key is required; add it")),
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
        self.optional(key, |node, expected| {
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
        })
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

/// The problem with a key without a value.
fn no_value(key: &str, expected: &str) -> String {
    match keys::row(key).default {
        Default::Required(sample) => {
            format!("no value; expected {expected}, such as {key}: {sample}")
        }
        _ => format!("no value; expected {expected}; or remove the key"),
    }
}

fn unknown(key: &str, known: &[Key]) -> String {
    let names = || known.iter().map(|key| key.name);
    match nearest(key, names()) {
        Some(near) => format!("unknown key; did you mean {near}?"),
        None => format!("unknown key; the keys are {}", names().collect::<Vec<_>>().join(", ")),
    }
}

/// The node with the variables in its strings, a mapping's keys included, replaced.
fn expanded(node: &Node, env: Env<'_>) -> Result<Node, String> {
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
