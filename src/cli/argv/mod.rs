//! From the words of the command line to options in one plain form.
//!
//! `argh` knows no `--option=value`, takes a repeated option for an error, gives a word `help` a
//! meaning, reads UTF-8 alone and ends the process with 1. So the words are sorted out here, as
//! click does it for pubtools-sign, and what argh gets to see is nothing it could trip over.

use super::help::Topic;
use crate::config::nearest::nearest;
use std::{
    ffi::{OsStr, OsString},
    fmt,
    os::unix::ffi::{OsStrExt, OsStringExt},
};

/// Whose command line is spoken, by the name the program was called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `amqp-messenger container-sign …`.
    Native,
    /// `pubtools-sign-msg-container-sign …`, or `pubtools-sign msg-container-sign …`.
    Reference,
}

/// What to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Container,
    Clear,
    Blob,
}

impl Command {
    pub(super) const ALL: [Self; 3] = [Self::Container, Self::Clear, Self::Blob];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Container => "container-sign",
            Self::Clear => "clear-sign",
            Self::Blob => "blob-sign",
        }
    }
}

/// An option's name and how it is used.
struct Spec {
    name: &'static str,
    takes: Takes,
    required: bool,
    commands: &'static [Command],
}

#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Nothing,
    /// A value; of several the last one wins.
    One,
    /// A file's path, which may be any bytes; of several the last one wins.
    Path,
    /// A value each time.
    Many,
    /// A file's path each time.
    ManyPaths,
}

const EVERY: &[Command] = &Command::ALL;
const KEYED: &[Command] = &[Command::Container, Command::Blob];

const OPTIONS: &[Spec] = &[
    Spec { name: "--signing-key", takes: Takes::Many, required: true, commands: EVERY },
    Spec { name: "--signing-key-name", takes: Takes::Many, required: false, commands: KEYED },
    Spec { name: "--task-id", takes: Takes::One, required: true, commands: EVERY },
    Spec { name: "--config-file", takes: Takes::Path, required: false, commands: EVERY },
    Spec { name: "--digest", takes: Takes::Many, required: true, commands: &[Command::Container] },
    Spec {
        name: "--reference",
        takes: Takes::Many,
        required: true,
        commands: &[Command::Container],
    },
    Spec {
        name: "--blob-file",
        takes: Takes::ManyPaths,
        required: true,
        commands: &[Command::Blob],
    },
    Spec { name: "--repo", takes: Takes::One, required: false, commands: &[Command::Clear] },
    Spec { name: "--requester", takes: Takes::One, required: false, commands: EVERY },
    Spec { name: "--raw", takes: Takes::Nothing, required: false, commands: EVERY },
    Spec { name: "--log-level", takes: Takes::One, required: false, commands: EVERY },
    Spec { name: "--signer-type", takes: Takes::One, required: false, commands: KEYED },
];

/// A command line sorted out: each option known, each with its value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    pub(crate) style: Style,
    /// The program's name, which messages begin with.
    pub(crate) tool: String,
    pub(crate) command: Command,
    /// Options in their order; of a single-valued one the last alone. A flag's value is empty.
    pub(super) options: Vec<(&'static str, OsString)>,
    /// Everything else, in its order.
    pub(super) positionals: Vec<OsString>,
}

/// What the words ask for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// A signing command.
    Run(Invocation),
    /// A text to print on standard output; the status is 0.
    Help(Topic),
    /// The version.
    Version,
}

/// A mistake in the use of the command line; the status is 2.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// The program's name, which messages begin with.
    pub(crate) tool: String,
    /// What is wrong, and the remedy.
    pub(crate) problem: String,
    /// The command that explains the use.
    pub(crate) help: String,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; try '{}'", self.problem, self.help)
    }
}

impl std::error::Error for Usage {}

/// Sorts out the words of the command line, the program's name first.
///
/// # Errors
/// [`Usage`] for the first word that has no meaning here.
pub(crate) fn parse(argv: Vec<OsString>) -> Result<Parsed, Usage> {
    let mut words = argv.into_iter();
    let called = words.next().unwrap_or_default();
    let name =
        std::path::Path::new(&called).file_name().and_then(OsStr::to_str).unwrap_or_default();
    let mut topic = Topic::new(Style::Native, "amqp-messenger", None);
    match name.strip_prefix("pubtools-sign") {
        Some("") => topic = Topic::new(Style::Reference, name, None),
        Some("-cosign-container-sign") => return Err(topic.usage(no_cosign(name))),
        Some(rest) => {
            let command = Command::ALL
                .into_iter()
                .find(|command| rest.strip_prefix("-msg-") == Some(command.name()));
            if command.is_some() {
                topic = Topic::new(Style::Reference, name, command);
            }
        }
        None => {}
    }
    if topic.command.is_none() {
        match choose_command(&mut topic, &mut words)? {
            Chosen::Command => {}
            Chosen::Help => return Ok(Parsed::Help(topic)),
            Chosen::Version => return Ok(Parsed::Version),
        }
    }
    let Some(command) = topic.command else { return Ok(Parsed::Help(topic)) };
    sort(topic, command, words)
}

fn no_cosign(name: &str) -> String {
    format!(
        "{name} is not supported: this program signs by messages alone; use pubtools-sign itself for cosign"
    )
}

enum Chosen {
    Command,
    Help,
    Version,
}

/// Reads the words up to the command's name.
fn choose_command(
    topic: &mut Topic,
    words: &mut impl Iterator<Item = OsString>,
) -> Result<Chosen, Usage> {
    let prefix = if topic.style == Style::Reference { "msg-" } else { "" };
    let mut wants_help = false;
    loop {
        let Some(word) = words.next() else {
            if wants_help {
                return Ok(Chosen::Help);
            }
            let list = Command::ALL.map(|command| format!("{prefix}{}", command.name())).join(", ");
            return Err(topic.usage(format!("no command given; the commands are {list}")));
        };
        let shown = word.to_string_lossy();
        match &*shown {
            "-h" | "--help" => return Ok(Chosen::Help),
            "-V" | "--version" => return Ok(Chosen::Version),
            "--" => {}
            "help" if topic.style == Style::Native && !wants_help => wants_help = true,
            "cosign-container-sign" if topic.style == Style::Reference => {
                return Err(topic.usage(no_cosign(&shown)));
            }
            option if option.starts_with('-') => {
                let known = OPTIONS
                    .iter()
                    .any(|spec| spec.name == option.split('=').next().unwrap_or_default());
                let problem = if known { "comes after the command" } else { "is not an option" };
                return Err(topic.usage(format!("{option} {problem}")));
            }
            name => {
                let names: Vec<String> = Command::ALL
                    .iter()
                    .map(|command| format!("{prefix}{}", command.name()))
                    .collect();
                let Some(index) = names.iter().position(|known| known == name) else {
                    let known: Vec<&str> = names.iter().map(String::as_str).collect();
                    let hint = match nearest(name, known.iter().copied()) {
                        Some(near) => format!("did you mean {near}?"),
                        None => format!("the commands are {}", known.join(", ")),
                    };
                    return Err(topic.usage(format!("\"{name}\" is not a command; {hint}")));
                };
                topic.command = Some(Command::ALL[index]);
                return Ok(if wants_help { Chosen::Help } else { Chosen::Command });
            }
        }
    }
}

/// Sorts a command's words into options and positionals.
fn sort(
    topic: Topic,
    command: Command,
    mut words: impl Iterator<Item = OsString>,
) -> Result<Parsed, Usage> {
    let mut options: Vec<(&'static str, OsString)> = Vec::new();
    let mut positionals = Vec::new();
    let mut wants_version = false;
    let mut wants_help = false;
    let mut first_problem = None;
    while let Some(word) = words.next() {
        match word.as_bytes() {
            b"--" => {
                positionals.extend(words);
                break;
            }
            b"-h" | b"--help" => wants_help = true,
            b"-V" | b"--version" => wants_version = true,
            // A lone "-" is a word like any other.
            [b'-', _, ..] => match option(command, &word, &mut words) {
                Ok((spec, value)) => {
                    if !matches!(spec.takes, Takes::Many | Takes::ManyPaths) {
                        options.retain(|(name, _)| *name != spec.name);
                    }
                    options.push((spec.name, value));
                }
                Err(problem) => first_problem = first_problem.or(Some(problem)),
            },
            _ => positionals.push(word),
        }
    }
    // Help natively comes before any complaint; click complains of words it cannot read first.
    match first_problem {
        Some(problem) if topic.style == Style::Reference || !(wants_help || wants_version) => {
            Err(topic.usage(problem))
        }
        _ if wants_help => Ok(Parsed::Help(topic)),
        _ if wants_version => Ok(Parsed::Version),
        _ if command != Command::Clear && !positionals.is_empty() => {
            let word = positionals[0].to_string_lossy();
            Err(topic.usage(format!(
                "\"{word}\" is one word too many: {} takes options alone",
                command.name()
            )))
        }
        _ => {
            let given = |spec: &Spec| options.iter().any(|(name, _)| *name == spec.name);
            let needed =
                OPTIONS.iter().filter(|spec| spec.required && spec.commands.contains(&command));
            let missing: Vec<&str> =
                needed.filter(|spec| !given(spec)).map(|spec| spec.name).collect();
            if !missing.is_empty() {
                return Err(topic.usage(format!("missing {}", missing.join(", "))));
            }
            Ok(Parsed::Run(Invocation {
                style: topic.style,
                tool: topic.tool,
                command,
                options,
                positionals,
            }))
        }
    }
}

/// Reads one option, and its value, which is the next word whatever that looks like.
fn option(
    command: Command,
    word: &OsStr,
    words: &mut impl Iterator<Item = OsString>,
) -> Result<(&'static Spec, OsString), String> {
    let bytes = word.as_bytes();
    let (name, attached) = match bytes.iter().position(|b| *b == b'=') {
        Some(at) => (&bytes[..at], Some(OsString::from_vec(bytes[at + 1..].to_vec()))),
        None => (bytes, None),
    };
    let of_command = || OPTIONS.iter().filter(|spec| spec.commands.contains(&command));
    let Some(spec) = of_command().find(|spec| spec.name.as_bytes() == name) else {
        return Err(unknown(
            command,
            &String::from_utf8_lossy(name),
            &of_command().map(|s| s.name).collect::<Vec<_>>(),
        ));
    };
    let name = spec.name;
    let value = match (spec.takes, attached) {
        (Takes::Nothing, Some(_)) => {
            return Err(format!("{name} takes no value; write {name} alone"));
        }
        (Takes::Nothing, None) => OsString::new(),
        (_, Some(value)) => value,
        (_, None) => {
            words.next().ok_or_else(|| format!("{name} needs a value; write {name}=VALUE"))?
        }
    };
    if !matches!(spec.takes, Takes::Path | Takes::ManyPaths) && value.to_str().is_none() {
        return Err(format!("the value of {name} is not UTF-8 text"));
    }
    Ok((spec, value))
}

fn unknown(command: Command, name: &str, known: &[&str]) -> String {
    if let Some(spec) = OPTIONS.iter().find(|spec| spec.name == name) {
        let commands: Vec<&str> = spec.commands.iter().map(|command| command.name()).collect();
        return format!(
            "{name} is no option of {}, only of {}",
            command.name(),
            commands.join(" and ")
        );
    }
    let input = if command == Command::Clear {
        " (an input that begins with \"-\" goes after \"--\")"
    } else {
        ""
    };
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("no such option: {name}; did you mean {near}?{input}"),
        None => format!("no such option: {name}{input}"),
    }
}

#[cfg(test)]
mod tests;
