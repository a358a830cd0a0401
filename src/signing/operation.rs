//! What the user wants signed, and whether it makes sense.

use openssl::base64;
use serde_json::{Value, json};

use super::claim;
use crate::error::Error;

/// Largest input or blob, in bytes: base64 lengths must fit OpenSSL's signed 32-bit integers.
const MAX_INPUT: usize = 1 << 30;

/// The keys to sign with, as given by the user: aliases are not resolved yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Key ids or aliases; the signing server is told the last 8 characters.
    pub ids: Vec<String>,
    /// Names of the keys, one for each id, or none at all.
    pub names: Vec<String>,
}

/// Signs container images: each digest under the reference at the same position, with every key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerSign {
    /// Digests of the manifests, such as `sha256:…`.
    pub digests: Vec<String>,
    /// References, such as `registry/ns/repo:tag`; as many as digests.
    pub references: Vec<String>,
    /// The keys.
    pub keys: Keys,
    /// The task this is done for.
    pub task_id: String,
    /// Who asks, where the user said so.
    pub requester: Option<String>,
}

/// Signs texts so that text and signature form one readable document, with every key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearSign {
    /// The texts.
    pub inputs: Vec<Text>,
    /// The keys.
    pub keys: Keys,
    /// The task this is done for.
    pub task_id: String,
    /// The repository the texts belong to.
    pub repo: Option<String>,
    /// Who asks, where the user said so.
    pub requester: Option<String>,
}

/// A text to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What is signed.
    pub bytes: Vec<u8>,
    /// What the printed document echoes.
    pub shown: String,
}

/// Makes detached signatures of blobs, with every key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobSign {
    /// What is signed.
    pub blobs: Vec<Vec<u8>>,
    /// The keys.
    pub keys: Keys,
    /// The task this is done for.
    pub task_id: String,
    /// Who asks, where the user said so.
    pub requester: Option<String>,
}

/// One thing to do for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Signs container images.
    Container(ContainerSign),
    /// Signs texts.
    Clear(ClearSign),
    /// Signs blobs.
    Blob(BlobSign),
}

impl Operation {
    /// Checks all that can be wrong with the arguments.
    ///
    /// # Errors
    ///
    /// [`Error::Argument`] with the option's name, what was given and what is expected.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::Container(operation) => check_pairs(&operation.digests, &operation.references)?,
            Self::Clear(operation) => {
                check_inputs(
                    "inputs",
                    "text",
                    operation.inputs.iter().map(|input| input.bytes.len()),
                )?;
            }
            Self::Blob(operation) => {
                check_inputs("--blob-file", "blob", operation.blobs.iter().map(Vec::len))?
            }
        }
        check_keys(self.keys())?;
        check_task_id(self.task_id())
    }

    /// Repeats the operation in the printed document: the arguments as given, in the order scripts know.
    pub fn echo(&self) -> Value {
        match self {
            Self::Container(operation) => json!({
                "digests": operation.digests,
                "references": operation.references,
                "signing_key_names": operation.keys.names,
                "signing_keys": operation.keys.ids,
                "task_id": operation.task_id,
                "requester": operation.requester,
            }),
            Self::Clear(operation) => json!({
                "inputs": operation.inputs.iter().map(|input| input.shown.as_str()).collect::<Vec<_>>(),
                "signing_keys": operation.keys.ids,
                "task_id": operation.task_id,
                "repo": operation.repo,
                "requester": operation.requester,
            }),
            Self::Blob(operation) => json!({
                "blobs": operation.blobs.iter().map(|blob| base64::encode_block(blob)).collect::<Vec<_>>(),
                "signing_key_names": operation.keys.names,
                "signing_keys": operation.keys.ids,
                "task_id": operation.task_id,
                "requester": operation.requester,
            }),
        }
    }

    /// Returns the keys.
    pub fn keys(&self) -> &Keys {
        match self {
            Self::Container(ContainerSign { keys, .. })
            | Self::Clear(ClearSign { keys, .. })
            | Self::Blob(BlobSign { keys, .. }) => keys,
        }
    }

    /// Returns the key ids as given, aliases unresolved.
    pub fn signing_keys(&self) -> &[String] {
        &self.keys().ids
    }

    /// Returns the task this is done for.
    pub fn task_id(&self) -> &str {
        match self {
            Self::Container(ContainerSign { task_id, .. })
            | Self::Clear(ClearSign { task_id, .. })
            | Self::Blob(BlobSign { task_id, .. }) => task_id,
        }
    }

    /// Returns who asks, where the user said so.
    pub fn requester(&self) -> Option<&str> {
        match self {
            Self::Container(ContainerSign { requester, .. })
            | Self::Clear(ClearSign { requester, .. })
            | Self::Blob(BlobSign { requester, .. }) => requester.as_deref(),
        }
    }

    /// Returns the fields an address template may name, `None` for what the user did not give.
    pub(crate) fn fields(&self) -> Vec<(&'static str, Option<String>)> {
        let mut fields = vec![
            ("task_id", Some(self.task_id().to_owned())),
            ("requester", self.requester().map(str::to_owned)),
        ];
        if let Self::Clear(operation) = self {
            fields.push(("repo", operation.repo.clone()));
        }
        fields
    }
}

/// An argument error; shared with the checks that need the configuration too.
pub(super) fn wrong(name: &str, problem: impl Into<String>) -> Error {
    Error::Argument { name: name.to_owned(), problem: problem.into() }
}

fn check_pairs(digests: &[String], references: &[String]) -> Result<(), Error> {
    if digests.len() != references.len() {
        let (digests, references) = (digests.len(), references.len());
        let problem =
            format!("{digests} given, but {references} of --reference: they pair up in order");
        return Err(wrong("--digest", problem));
    }
    if digests.is_empty() {
        return Err(wrong(
            "--digest",
            "nothing to sign: expected at least one digest and reference",
        ));
    }
    if let Some(index) = digests.iter().position(|digest| digest.trim().is_empty()) {
        return Err(wrong("--digest", format!("number {} is empty: expected sha256:…", index + 1)));
    }
    match references.iter().find(|reference| claim::repository(reference).is_none()) {
        Some(reference) => {
            let problem =
                format!("`{reference}` names no repository: expected registry/repository:tag");
            Err(wrong("--reference", problem))
        }
        None => Ok(()),
    }
}

fn check_inputs(
    name: &str,
    what: &str,
    mut lengths: impl ExactSizeIterator<Item = usize>,
) -> Result<(), Error> {
    if lengths.len() == 0 {
        return Err(wrong(name, format!("nothing to sign: expected at least one {what}")));
    }
    match lengths.position(|length| length > MAX_INPUT) {
        Some(index) => Err(wrong(name, format!("{what} {} is larger than 1 GiB", index + 1))),
        None => Ok(()),
    }
}

fn check_keys(keys: &Keys) -> Result<(), Error> {
    if keys.ids.is_empty() {
        return Err(wrong("--signing-key", "none given: expected at least one"));
    }
    if let Some(index) = keys.ids.iter().position(|key| key.trim().is_empty()) {
        return Err(wrong(
            "--signing-key",
            format!("number {} is empty: expected a key id or an alias", index + 1),
        ));
    }
    if !keys.names.is_empty() && keys.names.len() != keys.ids.len() {
        let (names, ids) = (keys.names.len(), keys.ids.len());
        let problem = format!(
            "{names} given, but {ids} of --signing-key: expected one for each key, or none"
        );
        return Err(wrong("--signing-key-name", problem));
    }
    Ok(())
}

/// The task id becomes a part of a queue's name, where brokers read `*`, `>` and `#` as wildcards.
fn check_task_id(task_id: &str) -> Result<(), Error> {
    if task_id.is_empty() {
        return Err(wrong("--task-id", "is empty"));
    }
    match task_id
        .chars()
        .find(|c| matches!(c, '*' | '>' | '#') || c.is_whitespace() || c.is_control())
    {
        Some(c) => {
            let problem =
                format!("holds {c:?}: expected no wildcard (*, >, #), blank or control character");
            Err(wrong("--task-id", problem))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    fn container(
        digests: &[&str],
        references: &[&str],
        ids: &[&str],
        names: &[&str],
        task_id: &str,
    ) -> Operation {
        Operation::Container(ContainerSign {
            digests: strings(digests),
            references: strings(references),
            keys: Keys { ids: strings(ids), names: strings(names) },
            task_id: task_id.to_owned(),
            requester: None,
        })
    }

    #[test]
    fn what_makes_sense_passes() {
        for task_id in ["1", "a-b.c_d/ü:{}"] {
            container(&["sha256:1"], &["host:5000/ns/repo@sha256:1"], &["KEY"], &["name"], task_id)
                .check()
                .unwrap();
        }
    }

    #[test]
    fn every_check_names_the_option_and_what_was_given() {
        let (d, r): (&[&str], &[&str]) = (&["sha256:1"], &["host/repo:tag"]);
        for (operation, expected) in [
            (
                container(&["1", "2", "3"], r, &["K"], &[], "1"),
                "--digest: 3 given, but 1 of --reference",
            ),
            (container(&[], &[], &["K"], &[], "1"), "--digest: nothing to sign"),
            (container(&[""], r, &["K"], &[], "1"), "--digest: number 1 is empty"),
            (
                container(d, &["repo:tag"], &["K"], &[], "1"),
                "--reference: `repo:tag` names no repository: expected reg",
            ),
            (
                container(d, &["host/:tag"], &["K"], &[], "1"),
                "--reference: `host/:tag` names no repository",
            ),
            (container(d, r, &[], &[], "1"), "--signing-key: none given"),
            (container(d, r, &["K", " "], &[], "1"), "--signing-key: number 2 is empty"),
            (
                container(d, r, &["K", "L"], &["k"], "1"),
                "--signing-key-name: 1 given, but 2 of --signing-key",
            ),
            (
                container(d, r, &["K"], &["k", "l"], "1"),
                "--signing-key-name: 2 given, but 1 of --signing-key",
            ),
            (container(d, r, &["K"], &[], ""), "--task-id: is empty"),
            (container(d, r, &["K"], &[], "a*"), "--task-id: holds '*'"),
            (container(d, r, &["K"], &[], ">"), "--task-id: holds '>'"),
            (container(d, r, &["K"], &[], "#1"), "--task-id: holds '#'"),
            (container(d, r, &["K"], &[], "a b"), "--task-id: holds ' '"),
            (container(d, r, &["K"], &[], "a\u{a0}b"), "--task-id: holds '\\u{a0}'"),
            (container(d, r, &["K"], &[], "a\u{1}"), "--task-id: holds '\\u{1}'"),
        ] {
            let error = operation.check().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn nothing_to_sign_is_refused_for_texts_and_blobs() {
        let keys = Keys { ids: strings(&["K"]), names: vec![] };
        let clear = ClearSign {
            inputs: vec![],
            keys: keys.clone(),
            task_id: "1".to_owned(),
            repo: None,
            requester: None,
        };
        let blob = BlobSign { blobs: vec![], keys, task_id: "1".to_owned(), requester: None };
        assert!(
            Operation::Clear(clear)
                .check()
                .unwrap_err()
                .to_string()
                .starts_with("inputs: nothing to sign")
        );
        assert!(
            Operation::Blob(blob)
                .check()
                .unwrap_err()
                .to_string()
                .starts_with("--blob-file: nothing to sign")
        );
    }

    #[test]
    fn an_address_may_name_the_scalar_fields() {
        let keys = Keys::default();
        let repo = Some("ns/repo".to_owned());
        let clear = ClearSign {
            inputs: vec![],
            keys,
            task_id: "7".to_owned(),
            repo: repo.clone(),
            requester: None,
        };
        let fields = [("task_id", Some("7".to_owned())), ("requester", None), ("repo", repo)];
        assert_eq!(Operation::Clear(clear).fields(), fields);
        assert_eq!(container(&[], &[], &[], &[], "7").fields(), fields[..2]);
    }
}
