//! The operation that a command line asks for.

use std::{
    collections::BTreeMap,
    mem::take,
    path::{Path, PathBuf},
};

use crate::{
    Argument, Error, Operation, SignerType,
    error::{printable, printable_path},
    signing::{Blob, Items, Key, TaskId, Text},
};

use super::{
    alarm::Alarm,
    commands::Kind,
    items::{self, Given, numbered},
    options::Options,
    style::Style,
};

/// An operation, and the parts of the command line that only the printed document repeats.
pub(super) struct Asked {
    pub(super) operation: Operation,
    pub(super) requester: Option<String>,
    /// The texts as they were given.
    pub(super) texts: Vec<String>,
    /// The file of each text or blob that was given as one.
    pub(super) files: Vec<Option<PathBuf>>,
    /// The objects of a list of images as they were written, if they have attributes that are not for this program.
    pub(super) inputs: Vec<Option<Box<str>>>,
    /// The signatures that exist and are not asked for, each with its file, if that is still there. They are numbered in the order of the
    /// input: for each item, each key.
    pub(super) existing: BTreeMap<usize, Option<PathBuf>>,
    /// The operation without them, if there are any.
    rest: Option<Operation>,
}

impl Asked {
    /// The operation of what is to be asked for.
    pub(super) fn rest(&self) -> &Operation {
        self.rest.as_ref().unwrap_or(&self.operation)
    }

    /// Leaves out signatures that exist.
    ///
    /// # Errors
    /// As [`Operation::set_keys`].
    pub(super) fn leave_out(
        &mut self,
        mut existing: BTreeMap<usize, Option<PathBuf>>,
    ) -> Result<(), Error> {
        if existing.is_empty() {
            return Ok(());
        }
        let mut rest = self.operation.clone();
        let mut number = 0;
        for item in 0..self.operation.items().len() {
            let keys = self.operation.keys_of(item);
            let numbered = (number..).zip(keys);
            let left = numbered.filter(|(number, _)| !existing.contains_key(number));
            let left: Vec<_> = left.map(|(_, key)| key.clone()).collect();
            number += keys.len();
            if left.len() < keys.len() {
                rest.set_keys(item, left)?;
            }
        }
        // A state file may be that of another operation, and is then refused.
        existing.retain(|existing, _| *existing < number);
        (self.rest, self.existing) = (Some(rest), existing);
        Ok(())
    }

    /// Checks that what existed when the state file was made is still there: it is not asked for.
    ///
    /// # Errors
    /// [`Error::StateFile`] if something is missing.
    pub(super) fn check_existing(&self, state: &Path) -> Result<(), Error> {
        let missing = self.existing.values().filter(|file| file.is_none()).count();
        if missing == 0 {
            return Ok(());
        }
        let problem = format!(
            "--output-dir does not hold all signatures that existed when it was made: {missing} missing; put them back, or begin with another state file"
        );
        Err(Error::StateFile { path: state.into(), problem })
    }

    /// Warns of what is probably not meant.
    pub(super) fn warn(&self) {
        let (argument, sizes): (_, Vec<_>) = match self.operation.items() {
            Items::Images(_) => return,
            Items::Texts { texts, .. } => (Argument::Text, texts.iter().map(Text::size).collect()),
            Items::Blobs(blobs) => (Argument::Blob, blobs.iter().map(Blob::size).collect()),
        };
        for (index, _) in sizes.iter().enumerate().filter(|(_, size)| **size == 0) {
            let what = match self.files.get(index) {
                Some(Some(file)) if file.as_os_str() != "-" => printable_path(file).to_string(),
                _ => format!("{}: number {}", option(argument), index + 1),
            };
            log::warn!("{what} is empty, and so is what is signed");
        }
    }
}

/// Checks the arguments, reads the files, and makes the operation.
///
/// # Errors
/// [`Error::Argument`] for the first argument that is wrong; [`Error::InputFile`] if a file cannot be read.
pub(super) fn operation(
    style: Style,
    kind: Kind,
    mut options: Options,
    alarm: Option<&Alarm>,
) -> Result<Asked, Error> {
    if options.signer_type == SignerType::Batch && kind != Kind::Container {
        let problem = "batch signs only container images: expected single";
        return Err(Error::argument(Argument::SignerType, problem));
    }
    // These count before files that cannot be read.
    let (ids, names) = (take(&mut options.signing_key), take(&mut options.signing_key_name));
    let keys = keys(ids, names)?;
    // The parser has seen to it that there is one.
    let task_id = TaskId::new(options.task_id.take().unwrap_or_default())?;
    if style == Style::Native {
        check_names(&options)?;
    }
    let given = items::given(style, kind, &mut options, alarm)?;
    let mut operation = Operation::new(task_id, keys, given.items)?;
    for (item, keys) in given.keys {
        operation.set_keys(item, keys)?;
    }
    let operation = if style == Style::PubtoolsSign { operation.repeating() } else { operation };
    let Given { texts, files, inputs, .. } = given;
    let requester = options.requester;
    let (existing, rest) = Default::default();
    Ok(Asked { operation, requester, texts, files, inputs, existing, rest })
}

/// Checks the names in the request.
pub(super) fn check_names(options: &Options) -> Result<(), Error> {
    without_controls(Argument::Repo, options.repo.as_deref())?;
    without_controls(Argument::Requester, options.requester.as_deref())
}

/// Refuses a value with a line break or blank at its end, and the like.
fn without_controls(argument: Argument, value: Option<&str>) -> Result<(), Error> {
    let Some(value) = value else { return Ok(()) };
    let problem = match value.chars().find(|c| c.is_control()) {
        Some(c) => format!("holds {c:?}"),
        None if value.trim() != value => "begins or ends with a blank".into(),
        None => return Ok(()),
    };
    Err(Error::argument(argument, format!("\"{}\" {problem}: remove it", printable(value))))
}

fn keys(ids: Vec<String>, names: Vec<String>) -> Result<Vec<Key>, Error> {
    if !names.is_empty() && names.len() != ids.len() {
        let problem = format!(
            "{} given, but {} of --signing-key: expected one for each key, or none",
            names.len(),
            ids.len()
        );
        return Err(Error::argument(Argument::KeyName, problem));
    }
    let mut names = names.into_iter();
    let key = |(index, id)| {
        let key = match names.next() {
            Some(name) => Key::named(id, name),
            None => Key::new(id),
        };
        numbered(index, key)
    };
    ids.into_iter().enumerate().map(key).collect()
}

/// An error in the terms of the command line, with its whole chain of reasons.
///
/// The library's errors name its arguments; here these become options.
pub(super) fn words(error: &Error) -> String {
    match error {
        // It begins with the name of the list.
        Error::Argument { argument: Argument::List, problem } => problem.clone(),
        Error::Argument { argument, problem } => format!("{}: {problem}", option(*argument)),
        Error::MissingArgument { argument, reason } => {
            format!("{}; {} is required", words(reason), option(*argument))
        }
        other => other.with_sources(),
    }
}

fn option(argument: Argument) -> &'static str {
    match argument {
        Argument::Address => "address",
        Argument::Blob | Argument::Blobs => "--blob-file",
        Argument::Digest | Argument::Images => "--digest",
        Argument::Key | Argument::Keys => "--signing-key",
        Argument::KeyName => "--signing-key-name",
        Argument::List => "--from",
        Argument::Reference => "--reference",
        Argument::Repo => "--repo",
        Argument::Requester => "--requester",
        Argument::SignerType => "--signer-type",
        Argument::TaskId => "--task-id",
        Argument::Text | Argument::Texts => "inputs",
        Argument::TraceParent => "TRACEPARENT",
        Argument::TraceState => "TRACESTATE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::items::images;

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn errors_name_the_option_and_the_place() {
        let images = |digests, references| {
            let images = images(Style::Native, owned(digests), owned(references));
            words(&images.map(drop).unwrap_err())
        };
        let digest = &*format!("sha256:{}", "0".repeat(64));
        let other = format!("r/b@sha256:{}", "1".repeat(64));
        let contradiction =
            format!("--reference: number 2 \"{other}\" names another digest than \"{digest}\"");
        let keys = |ids, names| words(&keys(owned(ids), owned(names)).map(drop).unwrap_err());
        for (said, expected) in [
            (images(&[digest, " "], &["r/a", "r/b"]), "--digest: number 2 is empty: expected sha"),
            (
                images(&[digest, digest, "null"], &["r/a", "r/b", "r/c"]),
                "--digest: number 3 is \"null\": expected sha256: and 64 hex digits",
            ),
            (
                images(&[digest, digest], &["r/a", "b"]),
                "--reference: number 2 \"b\" names no repository",
            ),
            (images(&[digest, digest], &["r/a", &other]), &*contradiction),
            (
                images(&[digest], &["r/a", "r/b"]),
                "--digest: 1 given, but 2 of --reference: they pair",
            ),
            (keys(&["K", " "], &[]), "--signing-key: number 2 is empty: expected a key id"),
            (keys(&["K", "L"], &["k"]), "--signing-key-name: 1 given, but 2 of --signing-key"),
            (words(&TaskId::new("#").unwrap_err()), "--task-id: holds '#': expected no wildcard"),
        ] {
            assert!(said.starts_with(expected), "{said}");
        }
    }

    #[test]
    fn a_blank_or_line_break_at_an_end_is_refused() {
        let said = |value| {
            without_controls(Argument::Requester, value).map_err(|error| words(&error)).err()
        };
        for value in [None, Some(""), Some("Me and I")] {
            assert_eq!(said(value), None);
        }
        for (value, expected) in [
            ("me\n", "--requester: \"me\\n\" holds '\\n': remove it"),
            (" me", "--requester: \" me\" begins or ends with a blank: remove it"),
            (" ", "begins or ends with a blank"),
        ] {
            assert!(said(Some(value)).unwrap().contains(expected), "{value}");
        }
    }

    #[test]
    fn a_missing_argument_is_named_as_an_option() {
        let reason = Error::Config {
            path: "f.yaml".into(),
            key: "msg_signer.topic_send_to".into(),
            problem: "{repo} has no value".into(),
        };
        let error = Error::MissingArgument { argument: Argument::Repo, reason: Box::new(reason) };
        let expected = "f.yaml: msg_signer.topic_send_to: {repo} has no value; --repo is required";
        assert_eq!(words(&error), expected);
    }
}
