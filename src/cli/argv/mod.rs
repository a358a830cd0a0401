//! From the words of the command line to a command and its options.
//!
//! `argh` does not know `--option=value`, rejects a repeated option, gives the word `help` a meaning,
//! reads only UTF-8 and ends the process with 1. So this module sorts the words, by the rules of click,
//! which pubtools-sign uses, and gives argh only words that it reads correctly.

use std::{collections::BTreeSet, ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

use super::{
    commands::{Command, LISTS},
    operand::listed,
    options::{self, Flag, Options},
    style::Style,
    topic::{Topic, Usage},
};
use crate::{config::nearest::nearest, error::printable};

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// A command, and what it is given.
    Run(Topic, Command, Box<Options>),
    /// A text to print on standard output; the status is 0.
    Help(Topic),
    /// The version.
    Version,
}

/// Reads the words of the command line, the program's name first.
///
/// # Errors
/// [`Usage`] for the first word that has no meaning here.
pub(crate) fn parse<'a>(argv: impl IntoIterator<Item = &'a OsStr>) -> Result<Parsed, Usage> {
    let mut words = argv.into_iter();
    let called = words.next().unwrap_or_default();
    let name = Path::new(called).file_name().and_then(OsStr::to_str).unwrap_or_default();
    let mut topic = Topic::new(Style::Native, "amqp-messenger", None);
    match name.strip_prefix("pubtools-sign") {
        Some("") => topic = Topic::new(Style::PubtoolsSign, name, None),
        Some("-cosign-container-sign") => return Err(topic.usage(no_cosign(name))),
        Some(rest) => {
            let called = |command: &Command| rest.strip_prefix("-msg-") == Some(command.name());
            if let Some(command) = Command::of(Style::PubtoolsSign).find(called) {
                topic = Topic::new(Style::PubtoolsSign, name, Some(command));
            }
        }
        None => {}
    }
    if topic.command.is_none() {
        match choose_command(&topic, &mut words)? {
            Chosen::Command(command) => topic.command = Some(command),
            Chosen::Help(command) => return Ok(Parsed::Help(Topic { command, ..topic })),
            Chosen::Version => return Ok(Parsed::Version),
        }
    }
    let Some(command) = topic.command else { return Ok(Parsed::Help(topic)) };
    read(topic, command, words)
}

fn no_cosign(name: &str) -> String {
    format!(
        "{name} is not supported: this program signs only by messages; use pubtools-sign itself for cosign"
    )
}

enum Chosen {
    Command(Command),
    Help(Option<Command>),
    Version,
}

/// Reads the words up to the command's name.
fn choose_command<'a>(
    topic: &Topic,
    words: &mut impl Iterator<Item = &'a OsStr>,
) -> Result<Chosen, Usage> {
    let commands: Vec<Command> = Command::of(topic.style).collect();
    let names: Vec<String> = commands.iter().map(|command| topic.name_of(*command)).collect();
    let mut wants_help = false;
    loop {
        let Some(word) = words.next() else {
            if wants_help {
                return Ok(Chosen::Help(None));
            }
            let list = names.join(", ");
            return Err(topic.usage(format!("no command given; the commands are {list}")));
        };
        let shown = word.to_string_lossy();
        match &*shown {
            "-h" | "--help" => return Ok(Chosen::Help(None)),
            "-V" | "--version" => return Ok(Chosen::Version),
            "--" => {}
            "help" if topic.style == Style::Native && !wants_help => wants_help = true,
            "cosign-container-sign" if topic.style == Style::PubtoolsSign => {
                return Err(topic.usage(no_cosign(&shown)));
            }
            option if option.starts_with('-') => {
                let name = option.split('=').next().unwrap_or_default();
                let known = options::all().any(|flag| flag.long == name);
                let problem = if known { "comes after the command" } else { "is not an option" };
                return Err(topic.usage(format!("{} {problem}", printable(name))));
            }
            name => {
                let Some(index) = names.iter().position(|known| known == name) else {
                    let hint = match nearest(name, names.iter().map(String::as_str)) {
                        Some(near) => format!("did you mean {near}?"),
                        None => format!("the commands are {}", names.join(", ")),
                    };
                    let shown = printable(name);
                    return Err(topic.usage(format!("\"{shown}\" is not a command; {hint}")));
                };
                let command = commands[index];
                return Ok(if wants_help {
                    Chosen::Help(Some(command))
                } else {
                    Chosen::Command(command)
                });
            }
        }
    }
}

/// Reads a command's words: sorts them into options and inputs, and types these.
fn read<'a>(
    topic: Topic,
    command: Command,
    mut words: impl Iterator<Item = &'a OsStr>,
) -> Result<Parsed, Usage> {
    let mut given: Vec<(&Flag, &OsStr)> = Vec::new();
    let mut single: Vec<(&Flag, &OsStr)> = Vec::new();
    let mut inputs = Vec::new();
    let mut wants_version = false;
    let mut wants_help = false;
    let mut first_problem = None;
    while let Some(word) = words.next() {
        match word.as_bytes() {
            b"--" => {
                inputs.extend(words);
                break;
            }
            b"-h" | b"--help" => wants_help = true,
            b"-V" | b"--version" => wants_version = true,
            // A single "-" is an ordinary word.
            [b'-', _, ..] => match option(&topic, command, word, &mut words) {
                // If an option with one value is repeated, the last value counts.
                Ok((flag, value)) if !options::is_repeatable(flag) => {
                    match single
                        .iter_mut()
                        .find(|(known, _): &&mut (&Flag, _)| known.long == flag.long)
                    {
                        // What the first one lists would be left unsigned.
                        Some(_) if LISTS.contains(&flag.long) => {
                            let problem = format!("{} is given twice; join the lists", flag.long);
                            first_problem = first_problem.or(Some(problem));
                        }
                        Some((_, known)) => *known = value,
                        None => single.push((flag, value)),
                    }
                }
                Ok(option) => given.push(option),
                Err(problem) => first_problem = first_problem.or(Some(problem)),
            },
            _ => inputs.push(word),
        }
    }
    given.extend(single);
    // Natively, help comes before any error; click first reports words that it cannot read.
    match first_problem {
        Some(problem) if topic.style == Style::PubtoolsSign || !(wants_help || wants_version) => {
            return Err(topic.usage(problem));
        }
        _ if wants_help => return Ok(Parsed::Help(topic)),
        _ if wants_version => return Ok(Parsed::Version),
        _ => {}
    }
    match check(&topic, command, &given, &inputs).and_then(|()| Options::new(&topic, given, inputs))
    {
        Ok(options) => Ok(Parsed::Run(topic, command, Box::new(options))),
        Err(problem) => Err(topic.usage(problem)),
    }
}

/// Checks the command line as a whole: no unexpected argument, no missing option, no empty value.
fn check(
    topic: &Topic,
    command: Command,
    given: &[(&Flag, &OsStr)],
    inputs: &[&OsStr],
) -> Result<(), String> {
    operands::check(command, inputs)?;
    // What it verifies needs what the command needs that signed.
    let signing = match (command, inputs.first()) {
        (Command::Verify, Some(name)) => Command::Sign(super::verify::kind(name)),
        _ => command,
    };
    // The same names may be given 100,000 times.
    let names: BTreeSet<_> = given.iter().map(|(flag, _)| flag.long).collect();
    let is_given = |name: &str| names.contains(name);
    let list = LISTS.into_iter().find(|list| is_given(list));
    let inputs = if signing == command { inputs } else { inputs.get(1..).unwrap_or_default() };
    if let (Some(list), Some(operand)) = (list, &signing.row().operand)
        && !inputs.is_empty()
    {
        return Err(format!("{list} and {} exclude each other; give one", operand.name));
    }
    let items = signing.row().items;
    let is_listed = |flag: &Flag| list.is_some() && items.contains(&flag.long);
    let missing: Vec<&str> = options::of(command, topic.style)
        .filter(|flag| command.needs(flag.long) || items.contains(&flag.long))
        .filter(|flag| !is_given(flag.long) && !is_listed(flag))
        .map(|flag| flag.long)
        .collect();
    if !missing.is_empty() {
        let is_item = |name: &&str| items.contains(name);
        let is_listable = command.takes(LISTS[0], topic.style) && missing.iter().all(is_item);
        let instead = if is_listable { "; give it, or a list by --from" } else { "" };
        return Err(format!("missing {}{instead}", missing.join(", ")));
    }
    let both = |(one, other): &(&str, &str)| is_given(one) && is_given(other);
    if let Some((one, other)) = options::EXCLUSIVE.iter().find(|pair| both(pair)) {
        return Err(format!("{one} and {other} exclude each other; give one"));
    }
    let value = |name: &str| given.iter().find(|(flag, _)| flag.long == name).map(|(_, it)| *it);
    results::check(value)?;
    let may_be_empty = |flag| options::may_be_empty(flag, topic.style);
    match given.iter().find(|(flag, value)| value.is_empty() && !may_be_empty(flag)) {
        Some((flag, _)) => Err(format!("{} has an empty value; give one", flag.long)),
        None => Ok(()),
    }
}

/// Reads one option, and its value, which is the next word even if that looks like an option.
fn option<'a>(
    topic: &Topic,
    command: Command,
    word: &'a OsStr,
    words: &mut impl Iterator<Item = &'a OsStr>,
) -> Result<(&'static Flag, &'a OsStr), String> {
    let bytes = word.as_bytes();
    let (name, attached) = match bytes.iter().position(|b| *b == b'=') {
        Some(at) => (&bytes[..at], Some(OsStr::from_bytes(&bytes[at + 1..]))),
        None => (bytes, None),
    };
    let flag = options::all().find(|flag| flag.long.as_bytes() == name);
    let Some(flag) = flag.filter(|flag| command.takes(flag.long, topic.style)) else {
        return Err(unknown(topic, command, &String::from_utf8_lossy(name)));
    };
    let name = flag.long;
    let value = match (options::value_name(flag), attached) {
        (None, Some(_)) => return Err(format!("{name} takes no value; write only {name}")),
        (None, None) => OsStr::new(""),
        (Some(_), Some(value)) => value,
        (Some(_), None) => {
            words.next().ok_or_else(|| format!("{name} needs a value; write {name}=VALUE"))?
        }
    };
    if !options::is_file(flag) && value.to_str().is_none() {
        return Err(format!("the value of {name} is not UTF-8 text"));
    }
    Ok((flag, value))
}

fn unknown(topic: &Topic, command: Command, name: &str) -> String {
    let takes = Command::of(topic.style).filter(|command| command.takes(name, topic.style));
    let commands: Vec<&str> = takes.map(Command::name).collect();
    if !commands.is_empty() {
        let (command, commands) = (command.name(), listed(&commands));
        return format!("{name} is not an option of {command}, only of {commands}");
    }
    let input = if command.row().operand.as_ref().is_some_and(|operand| operand.is_repeatable) {
        " (an input that begins with \"-\" goes after \"--\")"
    } else {
        ""
    };
    let shown = printable(name);
    match nearest(name, options::of(command, topic.style).map(|flag| flag.long)) {
        Some(near) => format!("no such option: {shown}; did you mean {near}?{input}"),
        None => format!("no such option: {shown}{input}"),
    }
}

mod operands;
mod results;
#[cfg(test)]
mod tests;
