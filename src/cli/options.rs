//! The options: names, values and meanings.
//!
//! This struct is the table that the parser, `--help`, the manual page, the completions and the
//! documents are made from. [`Command`](super::commands::Command) knows which command accepts which option.

use std::{borrow::Cow, ffi::OsStr, fmt::Write};

use argh::{ArgsInfo, FlagInfo, FlagInfoKind, FromArgs, Optionality};
use log::LevelFilter;

pub(super) use super::{bytes::Bytes, choices::choices};
use super::{
    choices::{layout, level, signer_type},
    commands::{Command, LISTS},
    format::Format,
    operand::{Operand, listed},
    style::Style,
    topic::Topic,
};
use crate::{config::SignerType, error::printable};

/// requests signatures
// argh uses the text of a doc comment, in which backquotes mark what is typed literally. A value with the name
// FILE may be any bytes.
#[derive(ArgsInfo, Debug, FromArgs, PartialEq, Eq)]
pub(crate) struct Options {
    /// id or alias of a key; only the last 8 characters of an id are sent
    #[argh(option, arg_name = "KEY")]
    pub(super) signing_key: Vec<String>,
    /// name of a key, one for each key in their order; a batch with several keys needs them
    #[argh(option, arg_name = "NAME")]
    pub(super) signing_key_name: Vec<String>,
    /// task that the signatures are for; runs at the same time need a task id each
    #[argh(option, arg_name = "ID")]
    pub(super) task_id: Option<String>,
    /// digest of an image's manifest; the first goes with the first reference, and so on
    #[argh(option, arg_name = "DIGEST")]
    pub(super) digest: Vec<String>,
    /// name under which an image is pulled
    #[argh(option, arg_name = "REFERENCE")]
    pub(super) reference: Vec<String>,
    /// file to sign
    #[argh(option, arg_name = "FILE")]
    pub(super) blob_file: Vec<Bytes>,
    /// list of what to sign; images as a JSON array, one JSON object a line, or lines of reference, tab and digest; files by their names, one a line
    #[argh(option, arg_name = "FILE")]
    pub(super) from: Option<Bytes>,
    /// list of the names of files, each of which ends with a NUL, as `find -print0` writes it
    #[argh(option, arg_name = "FILE")]
    pub(super) from0: Option<Bytes>,
    /// repository in the request
    #[argh(option, arg_name = "REPO")]
    pub(super) repo: Option<String>,
    /// configuration, instead of `~/.config/pubtools-sign/conf.yaml` or else `/etc/pubtools-sign/conf.yaml`
    #[argh(option, arg_name = "FILE")]
    pub(super) config_file: Option<Bytes>,
    /// key of the configuration and its value in YAML; takes precedence over the file, which is not needed if every required key is set
    #[argh(option, arg_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
    /// seconds for the whole run, instead of the configuration's `deadline`
    #[argh(option, arg_name = "SECONDS")]
    pub(super) deadline: Option<String>,
    /// seconds without an expected reply that end a window, instead of the configuration's `timeout`
    #[argh(option, arg_name = "SECONDS")]
    pub(super) timeout: Option<String>,
    /// windows in a cycle, instead of the configuration's `retries`
    #[argh(option, arg_name = "COUNT")]
    pub(super) retries: Option<String>,
    /// cycles, each of which sends what is still unanswered, instead of the configuration's `send_retries`
    #[argh(option, arg_name = "COUNT")]
    pub(super) send_retries: Option<String>,
    /// end after one cycle, as with `--send-retries 1`
    #[argh(switch)]
    pub(super) no_resend: bool,
    /// file or folder of OpenPGP certificates by which signatures are verified, instead of the configuration's `verify_keys`
    #[argh(option, arg_name = "FILE")]
    pub(super) verify_keys: Vec<Bytes>,
    /// which signatures are verified, instead of the configuration's `verify`
    #[argh(option, arg_name = "MODE")]
    pub(super) verify: Option<String>,
    /// file that remembers requests and replies: the same command with the same file goes on where a run ended
    #[argh(option, arg_name = "FILE")]
    pub(super) state: Option<Bytes>,
    /// name of the requester, instead of the client certificate's common name or else user id
    #[argh(option, arg_name = "NAME")]
    pub(super) requester: Option<String>,
    /// how many items a request has, one (the default) or many (`container-sign` only)
    #[argh(option, arg_name = "TYPE", from_str_fn(signer_type))]
    #[argh(default = "SignerType::Single")]
    pub(super) signer_type: SignerType,
    /// print only the signed values, in base64, one a line, an empty line for a missing one, instead of the JSON document
    #[argh(switch)]
    pub(super) raw: bool,
    /// print what would be sent, a line of JSON for each request, and connect to nothing; not with `--raw`, `--format`, `--output`, `--output-dir` or `--state`
    #[argh(switch)]
    pub(super) dry_run: bool,
    /// print what was found as one JSON document
    #[argh(switch)]
    pub(super) json: bool,
    /// form of the results, by default the JSON document of `pubtools-sign`; `ndjson` is a line for each item and key as soon as it is signed, `raw` is the same as `--raw`, `summary` is a table
    #[argh(option, arg_name = "FORMAT")]
    pub(super) format: Option<Format>,
    /// file for the results, instead of standard output; it is replaced when they are complete
    #[argh(option, arg_name = "FILE")]
    pub(super) output: Option<Bytes>,
    /// folder in which each signature becomes a file; `signatures.json` lists them
    #[argh(option, arg_name = "DIR")]
    pub(super) output_dir: Option<Bytes>,
    /// how images have their signatures in `--output-dir`, as skopeo, podman and CRI-O read them; the default
    #[argh(option, arg_name = "LAYOUT", from_str_fn(layout))]
    pub(super) layout: Option<String>,
    /// ask only for signatures that are not in `--output-dir`
    #[argh(switch)]
    pub(super) skip_existing: bool,
    /// least severe level that is logged; takes precedence over `RUST_LOG` and the configuration
    #[argh(option, arg_name = "LEVEL", from_str_fn(level))]
    pub(super) log_level: Option<LevelFilter>,
    /// print nothing on standard error but what ends the run or is not signed; not with `--log-level`
    #[argh(switch)]
    pub(super) quiet: bool,
    /// words that are not options
    #[argh(positional)]
    pub(super) inputs: Vec<Bytes>,
}

/// An option in the table.
pub(super) type Flag = FlagInfo<'static>;

/// The options that every command line accepts besides those of the table, and what they do.
pub(super) const ASIDE: [(&str, &str, &str); 2] =
    [("-h", "--help", "print this help"), ("-V", "--version", "print the version")];

/// Options that exclude each other.
pub(super) const EXCLUSIVE: [(&str, &str); 11] = [
    ("--quiet", "--log-level"),
    ("--from", "--from0"),
    ("--from", "--digest"),
    ("--from", "--reference"),
    ("--from", "--blob-file"),
    ("--from0", "--blob-file"),
    ("--dry-run", "--raw"),
    ("--dry-run", "--format"),
    ("--dry-run", "--state"),
    ("--dry-run", "--output"),
    ("--dry-run", "--output-dir"),
];

/// The options of the table, in its order.
pub(super) fn all() -> impl Iterator<Item = &'static Flag> {
    // argh adds its own `--help`, which is never used.
    Options::get_args_info().flags.iter().filter(|flag| flag.long != "--help")
}

/// The options of a command, in the table's order.
pub(super) fn of(command: Command, style: Style) -> impl Iterator<Item = &'static Flag> {
    all().filter(move |flag| command.takes(flag.long, style))
}

/// The ways to call a command: the options that each needs, and what else it takes. Its items are given one by one, or by
/// a list.
pub(super) fn usages(
    command: Command,
    style: Style,
) -> Vec<(Vec<&'static Flag>, Option<&'static Operand>)> {
    let needed = |flag: &&Flag| command.needs(flag.long);
    let one_by_one = of(command, style).filter(needed).collect();
    let operand = command.row().operand.as_ref();
    let mut usages = vec![(one_by_one, operand)];
    if command.takes(LISTS[0], style) {
        let is_item = |flag: &Flag| command.row().items.contains(&flag.long);
        let is_needed = |flag: &&Flag| flag.long == LISTS[0] || needed(flag) && !is_item(flag);
        // Inputs are listed, too.
        let operand = operand.filter(|operand| !operand.is_repeatable);
        usages.push((of(command, style).filter(is_needed).collect(), operand));
    }
    usages
}

/// The name of an option's value, if it takes one.
pub(super) fn value_name(flag: &Flag) -> Option<&'static str> {
    match flag.kind {
        FlagInfoKind::Switch => None,
        FlagInfoKind::Option { arg_name } => Some(arg_name),
    }
}

/// Whether an option's value names a file or folder, and so may be any bytes.
pub(super) fn is_file(flag: &Flag) -> bool {
    value_name(flag) == Some("FILE") || is_folder(flag)
}

/// Whether an option's value names a folder.
pub(super) fn is_folder(flag: &Flag) -> bool {
    value_name(flag) == Some("DIR")
}

/// Whether an option's file may be standard input.
fn reads_standard_input(flag: &Flag) -> bool {
    LISTS.contains(&flag.long) || flag.long == "--blob-file"
}

pub(super) fn is_repeatable(flag: &Flag) -> bool {
    flag.optionality == Optionality::Repeating
}

/// Whether an empty value means something.
pub(super) fn may_be_empty(flag: &Flag, style: Style) -> bool {
    match flag.long {
        _ if value_name(flag).is_none() => true,
        "--signing-key-name" | "--repo" => true,
        // For pubtools-sign an empty requester means none, although its document repeats it; scripts pass
        // an unset variable that way.
        "--requester" => style == Style::PubtoolsSign,
        _ => false,
    }
}

/// What an option means, with its choices and whether it may be repeated.
pub(super) fn meaning(flag: &Flag, style: Style) -> String {
    // The choices belong to the first clause.
    let clause = flag.description.find(';').unwrap_or(flag.description.len());
    let (first, rest) = flag.description.split_at(clause);
    let mut meaning = first.to_owned();
    if style == Style::Native && reads_standard_input(flag) {
        meaning.push_str(", or `-` for standard input");
    }
    let choices = choices(flag.long, style);
    if !choices.is_empty() {
        let _ = write!(meaning, ": {}", listed(choices));
    }
    meaning.push_str(rest);
    if is_repeatable(flag) {
        meaning.push_str("; repeatable");
    }
    meaning
}

impl Options {
    /// Types the options and inputs of a command line.
    ///
    /// # Errors
    /// Names the first option whose value has no meaning.
    pub(super) fn new(
        topic: &Topic,
        options: Vec<(&'static Flag, &OsStr)>,
        inputs: Vec<&OsStr>,
    ) -> Result<Self, String> {
        let mut words = Vec::new();
        for (flag, value) in options {
            let choices = choices(flag.long, topic.style);
            let fits =
                || choices.is_empty() || value.to_str().is_some_and(|v| choices.contains(&v));
            // pubtools-sign is exact.
            if topic.style == Style::PubtoolsSign && !fits() {
                let (option, value) = (flag.long, printable(&value.to_string_lossy()));
                let expected = listed(choices);
                return Err(format!("option '{option}' with value '{value}': expected {expected}"));
            }
            words.push(Cow::Borrowed(flag.long));
            match value_name(flag) {
                None => {}
                Some(_) if is_file(flag) => words.push(Bytes::characters(value).into()),
                // The parser has seen to it that it is text.
                Some(_) => words.push(value.to_str().unwrap_or_default().into()),
            }
        }
        // After this a word is an input even if it reads "help" or "--raw".
        words.push("--".into());
        words.extend(inputs.into_iter().map(|word| Cow::Owned(Bytes::characters(word))));
        let words: Vec<&str> = words.iter().map(Cow::as_ref).collect();
        Self::from_args(&[&topic.tool], &words).map_err(|exit| {
            let text = exit.output.split_whitespace().collect::<Vec<_>>().join(" ");
            printable(text.strip_prefix("Error parsing ").unwrap_or(&text))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands::{NATIVE, OPTIONAL, REQUIRED};

    #[test]
    fn every_option_is_some_command_s_and_every_command_s_is_in_the_table() {
        for flag in all() {
            let takes = |command: &Command| command.takes(flag.long, Style::Native);
            assert!(Command::ALL.iter().any(takes), "{}", flag.long);
        }
        for command in Command::ALL {
            let row = command.row();
            for &name in
                [REQUIRED, OPTIONAL, NATIVE, row.items, row.optional, row.native].concat().iter()
            {
                assert!(all().any(|flag| flag.long == name), "{name}");
            }
        }
    }
}
