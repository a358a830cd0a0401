//! A section's keys, read by name: every error names the file and the key.

use super::{
    expand::{self, Env},
    nearest::nearest,
    values,
    yaml::{self, Node},
};
use crate::error::Error;
use std::{collections::BTreeMap, path::PathBuf};

/// A section of the file, its variables expanded, its keys known.
pub(super) struct Section<'a> {
    path: PathBuf,
    name: &'static str,
    entries: BTreeMap<String, Node>,
    env: Env<'a>,
}

impl<'a> Section<'a> {
    /// Finds the section in the file's text and refuses what is not known in it.
    pub(super) fn find(
        text: &str,
        path: PathBuf,
        name: &'static str,
        known: &[&str],
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
                let names = document.names.join(", ");
                return Err(fail(name, format!("this section is missing; the file has {names}")));
            }
            _ => {
                return Err(fail(
                    name,
                    "this section stands there twice; take one of them out".into(),
                ));
            }
        };
        let mut entries = BTreeMap::new();
        for (key, value) in node.entries().map_err(|problem| fail(name, problem))? {
            let full = format!("{name}.{key}");
            if !known.contains(&key.as_ref()) {
                return Err(fail(&full, unknown(&key, known)));
            }
            let value = expanded(value, env).map_err(|problem| fail(&full, problem))?;
            entries.insert(key.into_owned(), value);
        }
        Ok(Self { path, name, entries, env })
    }

    pub(super) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// The error for a key.
    pub(super) fn fail(&self, key: &str, problem: impl Into<String>) -> Error {
        Error::Config {
            path: self.path.clone(),
            key: format!("{}.{key}", self.name),
            problem: problem.into(),
        }
    }

    /// Reads a key with one of the functions of [`values`]; `None` where it is not there.
    pub(super) fn optional<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Node) -> Result<T, String>,
    ) -> Result<Option<T>, Error> {
        self.entries.get(key).map(read).transpose().map_err(|problem| self.fail(key, problem))
    }

    /// Reads a key that must be there.
    pub(super) fn required<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Node) -> Result<T, String>,
    ) -> Result<T, Error> {
        self.optional(key, read)?.ok_or_else(|| self.fail(key, "this key is required; add it"))
    }

    /// Reads a path, `~` expanded.
    pub(super) fn file(&self, key: &str) -> Result<Option<PathBuf>, Error> {
        self.optional(key, |node| expand::home(&not_empty(node)?, self.env))
    }
}

/// A string that holds something.
pub(super) fn not_empty(node: &Node) -> Result<String, String> {
    match values::text(node)? {
        text if text.is_empty() => Err("this may not be empty".into()),
        text => Ok(text),
    }
}

/// The strings of a list.
pub(super) fn strings(node: &Node) -> Result<Vec<String>, String> {
    match node {
        Node::List(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                values::text(item).map_err(|problem| format!("item {}: {problem}", index + 1))
            })
            .collect(),
        Node::Text(_) => Err("a list is wanted, even of one: [\"amqps://host:5671\"]".into()),
        other => Err(format!("a list is wanted, [\"amqps://host:5671\"], not {}", other.kind())),
    }
}

/// A mapping of strings to strings.
pub(super) fn string_map(node: &Node) -> Result<BTreeMap<String, String>, String> {
    let read = |(key, value): (std::borrow::Cow<'_, str>, &Node)| match values::text(value) {
        Ok(text) => Ok((key.into_owned(), text)),
        Err(problem) => Err(format!("{key}: {problem}")),
    };
    node.entries()?.into_iter().map(read).collect()
}

fn unknown(key: &str, known: &[&str]) -> String {
    match nearest(key, known.iter().copied()) {
        Some(near) => format!("this key is not known; did you mean {near}?"),
        None => format!("this key is not known; the keys are {}", known.join(", ")),
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
