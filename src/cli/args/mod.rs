//! The options of each command, typed.
//!
//! `argh` gets the options in plain form and never the process's own words (see [`super::argv`]).
//! Paths and positionals may be any bytes, which argh's strings cannot hold: they pass through it
//! as [`Bytes`].

use super::{
    argv::{Command, Invocation, Style, Usage},
    help::Topic,
};
use crate::config::{SignerType, parse_level};
use argh::FromArgs;
use log::LevelFilter;
use std::{
    ffi::OsString,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::PathBuf,
    str::FromStr,
};

/// What a command line asks to sign, and how.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) common: Common,
    pub(crate) what: What,
}

/// The options of every command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Common {
    /// Key ids or aliases; at least one, none empty.
    pub(crate) keys: Vec<String>,
    /// Names of the keys; none where not given, always none for clear-sign.
    pub(crate) key_names: Vec<String>,
    /// The task's id, not empty.
    pub(crate) task_id: String,
    pub(crate) config_file: Option<PathBuf>,
    /// The name to ask under; empty, and then as good as none, under the reference's names alone.
    pub(crate) requester: Option<String>,
    pub(crate) raw: bool,
    pub(crate) log_level: Option<LevelFilter>,
}

/// What to sign.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Digests and references, both at least one and none empty; their counts may differ.
    Container { digests: Vec<String>, references: Vec<String>, signer_type: SignerType },
    /// Texts, and `@file`s, as they were given; maybe none.
    Clear { repo: Option<String>, inputs: Vec<OsString> },
    /// Files, at least one.
    Blob { files: Vec<PathBuf>, signer_type: SignerType },
}

/// asks for signatures of container images
#[derive(FromArgs)]
struct ContainerOptions {
    /// key id or alias
    #[argh(option)]
    signing_key: Vec<String>,
    /// name of a key
    #[argh(option)]
    signing_key_name: Vec<String>,
    /// task the signatures are for
    #[argh(option)]
    task_id: String,
    /// configuration file
    #[argh(option)]
    config_file: Option<Bytes>,
    /// digest of a manifest
    #[argh(option)]
    digest: Vec<String>,
    /// reference of an image
    #[argh(option)]
    reference: Vec<String>,
    /// name to ask under
    #[argh(option)]
    requester: Option<String>,
    /// print the signed values alone
    #[argh(switch)]
    raw: bool,
    /// least level that is logged
    #[argh(option)]
    log_level: Option<String>,
    /// single or batch
    #[argh(option, default = "SignerType::Single", from_str_fn(signer_type))]
    signer_type: SignerType,
}

/// asks for clear-signed texts
#[derive(FromArgs)]
struct ClearOptions {
    /// key id or alias
    #[argh(option)]
    signing_key: Vec<String>,
    /// task the signatures are for
    #[argh(option)]
    task_id: String,
    /// configuration file
    #[argh(option)]
    config_file: Option<Bytes>,
    /// repository that the request names
    #[argh(option)]
    repo: Option<String>,
    /// name to ask under
    #[argh(option)]
    requester: Option<String>,
    /// print the signed values alone
    #[argh(switch)]
    raw: bool,
    /// least level that is logged
    #[argh(option)]
    log_level: Option<String>,
    /// texts and files
    #[argh(positional)]
    inputs: Vec<Bytes>,
}

/// asks for signatures of files
#[derive(FromArgs)]
struct BlobOptions {
    /// key id or alias
    #[argh(option)]
    signing_key: Vec<String>,
    /// name of a key
    #[argh(option)]
    signing_key_name: Vec<String>,
    /// task the signatures are for
    #[argh(option)]
    task_id: String,
    /// configuration file
    #[argh(option)]
    config_file: Option<Bytes>,
    /// file to sign
    #[argh(option)]
    blob_file: Vec<Bytes>,
    /// name to ask under
    #[argh(option)]
    requester: Option<String>,
    /// print the signed values alone
    #[argh(switch)]
    raw: bool,
    /// least level that is logged
    #[argh(option)]
    log_level: Option<String>,
    /// single or batch
    #[argh(option, default = "SignerType::Single", from_str_fn(signer_type))]
    signer_type: SignerType,
}

/// Types the options of a command line.
///
/// # Errors
/// [`Usage`] for the first option whose value has no meaning.
pub(crate) fn arguments(invocation: Invocation) -> Result<Arguments, Usage> {
    let topic = Topic::new(invocation.style, &invocation.tool, Some(invocation.command));
    typed(invocation).map_err(|problem| topic.usage(problem))
}

fn typed(invocation: Invocation) -> Result<Arguments, String> {
    let Invocation { style, command, options, positionals, .. } = invocation;
    // An empty requester means none to pubtools-sign, which repeats it in its document all the same;
    // scripts pass an unset variable that way.
    let may_be_empty = |name: &str| {
        matches!(name, "--raw" | "--signing-key-name" | "--repo")
            || (style == Style::Reference && name == "--requester")
    };
    let mut words = Vec::new();
    for (name, value) in options {
        if value.is_empty() && !may_be_empty(name) {
            return Err(format!("{name} has an empty value; give one"));
        }
        words.push(name.to_string());
        match name {
            "--raw" => {}
            "--config-file" | "--blob-file" => words.push(Bytes(value).to_string()),
            // Checked by argv: only paths may be anything but UTF-8.
            _ => words.push(value.to_string_lossy().into_owned()),
        }
    }
    // After this a word is an input even where it reads "help" or "--raw".
    words.push("--".into());
    words.extend(positionals.into_iter().map(|word| Bytes(word).to_string()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match command {
        Command::Container => {
            let o: ContainerOptions = from_words(command, &words)?;
            let what = What::Container {
                digests: o.digest,
                references: o.reference,
                signer_type: o.signer_type,
            };
            let common = Common {
                keys: o.signing_key,
                key_names: o.signing_key_name,
                task_id: o.task_id,
                config_file: o.config_file.map(Bytes::into_path),
                requester: o.requester,
                raw: o.raw,
                log_level: level(o.log_level, style)?,
            };
            Ok(Arguments { common, what })
        }
        Command::Clear => {
            let o: ClearOptions = from_words(command, &words)?;
            let what = What::Clear {
                repo: o.repo,
                inputs: o.inputs.into_iter().map(|input| input.0).collect(),
            };
            let common = Common {
                keys: o.signing_key,
                key_names: Vec::new(),
                task_id: o.task_id,
                config_file: o.config_file.map(Bytes::into_path),
                requester: o.requester,
                raw: o.raw,
                log_level: level(o.log_level, style)?,
            };
            Ok(Arguments { common, what })
        }
        Command::Blob => {
            let o: BlobOptions = from_words(command, &words)?;
            let files = o.blob_file.into_iter().map(Bytes::into_path).collect();
            let common = Common {
                keys: o.signing_key,
                key_names: o.signing_key_name,
                task_id: o.task_id,
                config_file: o.config_file.map(Bytes::into_path),
                requester: o.requester,
                raw: o.raw,
                log_level: level(o.log_level, style)?,
            };
            Ok(Arguments { common, what: What::Blob { files, signer_type: o.signer_type } })
        }
    }
}

/// Runs argh and turns what it would print into one clause.
fn from_words<T: FromArgs>(command: Command, words: &[&str]) -> Result<T, String> {
    T::from_args(&[command.name()], words).map_err(|exit| {
        let text = exit.output.split_whitespace().collect::<Vec<_>>().join(" ");
        text.strip_prefix("Error parsing ").map(String::from).unwrap_or(text)
    })
}

fn signer_type(word: &str) -> Result<SignerType, String> {
    match word {
        "single" => Ok(SignerType::Single),
        "batch" => Ok(SignerType::Batch),
        _ => Err("single or batch is wanted".into()),
    }
}

/// Reads a log level; pubtools-sign knows four, in capitals.
fn level(word: Option<String>, style: Style) -> Result<Option<LevelFilter>, String> {
    let Some(word) = word else { return Ok(None) };
    let (levels, wanted) = match style {
        Style::Reference => {
            (Some(["DEBUG", "INFO", "WARNING", "ERROR"]), "DEBUG, INFO, WARNING or ERROR")
        }
        Style::Native => (None, "trace, debug, info, warning, error or critical"),
    };
    let known = levels.is_none_or(|levels| levels.contains(&word.as_str()));
    let level = parse_level(&word).filter(|_| known);
    level.map(Some).ok_or_else(|| format!("--log-level: {wanted} is wanted, not \"{word}\""))
}

/// Any bytes, which pass through argh's strings as one character each.
struct Bytes(OsString);

impl Bytes {
    fn into_path(self) -> PathBuf {
        self.0.into()
    }
}

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_bytes().iter().try_for_each(|byte| std::fmt::Write::write_char(f, (*byte).into()))
    }
}

impl FromStr for Bytes {
    type Err = std::char::TryFromCharError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = text.chars().map(u8::try_from).collect::<Result<_, _>>()?;
        Ok(Self(OsString::from_vec(bytes)))
    }
}

#[cfg(test)]
mod tests;
