//! What `--help` prints.

use super::{
    commands::{Command, LISTS},
    operand::{Operand, listed},
    options::{self, Flag},
    statuses,
    style::Style,
    topic::Topic,
    verify::MEANINGS,
};

/// The most columns of a line.
const WIDTH: usize = 100;

/// The column at which the right one of two columns begins.
const COLUMN: usize = 26;

/// Writes the help text, which ends with a line break.
pub(super) fn text(topic: &Topic) -> String {
    match topic.command {
        Some(command) => of_command(topic, command),
        None => of_program(topic),
    }
}

fn of_program(topic: &Topic) -> String {
    let call = topic.call();
    let mut text = match topic.style {
        Style::Native => {
            "Sends signing requests to a broker, over AMQP 1.0 or MQTT 5, and waits for the signed replies.\n"
        }
        Style::PubtoolsSign => "Signs by messages, under the names that pubtools-sign uses.\n",
    }
    .to_owned();
    text += &format!("\nUsage: {call} COMMAND [OPTIONS]\n       {call} COMMAND --help\n");
    text += "\nCommands:\n";
    for command in Command::of(topic.style) {
        text += &row(&topic.name_of(command), command.row().summary);
    }
    if topic.style == Style::Native {
        text += "\nOptions:\n";
        text += &aside();
        text += FILES_AND_ENVIRONMENT;
    }
    text + &exit_statuses(topic.style)
}

const FILES_AND_ENVIRONMENT: &str = "
Files:
  ~/.config/pubtools-sign/conf.yaml, then /etc/pubtools-sign/conf.yaml
                          the configuration, unless --config-file names another

Environment:
  RUST_LOG                log level, instead of the configuration's; --log-level takes precedence
  TRACEPARENT, TRACESTATE
                          the trace that requests belong to (W3C Trace Context)
  NAME                    any variable; replaces ${NAME} in the configuration

Results go to standard output, everything else to standard error.
A signal ends the wait, and what was received is printed; another one, at least 2 s
later, ends the process.
";

fn of_command(topic: &Topic, command: Command) -> String {
    let call = topic.call();
    let (required, optional): (Vec<&Flag>, Vec<&Flag>) =
        options::of(command, topic.style).partition(|flag| command.needs(flag.long));
    let mut text = format!("{}\n", wrapped(command.row().about, 0, 0));
    let mut head = "\nUsage: ";
    for (flags, operand) in options::usages(command, topic.style) {
        let mut usage = vec![call.clone()];
        usage.extend(flags.into_iter().map(signature));
        usage.push("[OPTIONS]".into());
        usage.extend(operand.map(Operand::usage));
        text += &format!("{head}{}\n", wrapped(&usage.join(" "), 7, 9));
        head = "       ";
    }
    let examples: Vec<String> = command.examples(topic.style, &call).collect();
    text += if examples.len() == 1 { "\nExample:\n" } else { "\nExamples:\n" };
    for line in examples.iter().flat_map(|example| example.lines()) {
        text += &format!("  {line}\n");
    }
    if let Some(operand) = &command.row().operand {
        text += "\nInputs:\n";
        text += &row(&operand.signature(), &operand.meaning(topic.style));
    }
    let option = |flag: &&Flag| row(&signature(flag), &meaning(command, flag, topic.style));
    let lists: Vec<_> = LISTS.into_iter().filter(|list| command.takes(list, topic.style)).collect();
    let may_be_listed =
        |flag: &&Flag| !lists.is_empty() && command.row().items.contains(&flag.long);
    let (listable, required): (Vec<&Flag>, Vec<_>) = required.into_iter().partition(may_be_listed);
    let unless = format!("Required, unless {} is given", listed(&lists));
    for (head, flags) in [("Required", &required), (&*unless, &listable)] {
        if !flags.is_empty() {
            text += &format!("\n{head}:\n");
            text.extend(flags.iter().map(option));
        }
    }
    text += "\nOptions:\n";
    text.extend(optional.iter().map(option));
    text += &aside();
    // Without options there is no run, and little can happen.
    if optional.is_empty() { text } else { text + &exit_statuses_of(command, topic.style) }
}

/// What an option means to a command.
fn meaning(command: Command, flag: &Flag, style: Style) -> String {
    let own = MEANINGS.iter().find(|(name, _)| command == Command::Verify && *name == flag.long);
    own.map_or_else(|| options::meaning(flag, style), |(_, meaning)| (*meaning).to_owned())
}

fn aside() -> String {
    let option = |(short, long, meaning)| row(&format!("{short}, {long}"), meaning);
    options::ASIDE.into_iter().map(option).collect()
}

/// An option with its value's name.
fn signature(flag: &Flag) -> String {
    match options::value_name(flag) {
        Some(value) => format!("{} {value}", flag.long),
        None => flag.long.into(),
    }
}

fn exit_statuses(style: Style) -> String {
    listed_statuses(match style {
        Style::Native => statuses::rows(),
        Style::PubtoolsSign => statuses::of_pubtools_sign(),
    })
}

fn exit_statuses_of(command: Command, style: Style) -> String {
    match command {
        Command::Verify => listed_statuses(statuses::of_verify()),
        _ => exit_statuses(style),
    }
}

fn listed_statuses(rows: Vec<(String, &'static str)>) -> String {
    let mut text = "\nExit statuses:\n".to_owned();
    for (codes, meaning) in rows {
        let left = format!("  {codes:>3}  ");
        text += &format!("{left}{}\n", wrapped(meaning, left.len(), 7));
    }
    text
}

/// Two columns; the right one is on separate lines if the left one is too wide.
fn row(left: &str, right: &str) -> String {
    let gap = match COLUMN.checked_sub(left.chars().count() + 4) {
        Some(gap) => " ".repeat(gap + 2),
        None => format!("\n{}", " ".repeat(COLUMN)),
    };
    let right = wrapped(&right.replace('`', ""), COLUMN, COLUMN);
    format!("  {left}{gap}{right}\n")
}

/// A text that begins in column `start`, in lines of at most [`WIDTH`] columns, the others indented.
fn wrapped(text: &str, start: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut column = start;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column + 1 + width > WIDTH {
            out += &format!("\n{}", " ".repeat(indent));
            column = indent;
        } else if !out.is_empty() {
            out.push(' ');
            column += 1;
        }
        out += word;
        column += width;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands::Kind;

    #[test]
    fn explains_every_command_in_both_styles() {
        for command in Command::of(Style::PubtoolsSign) {
            let native = text(&Topic::new(Style::Native, "amqp-messenger", Some(command)));
            for flag in options::of(command, Style::Native) {
                assert!(native.contains(&format!("\n  {}", signature(flag))), "{native}");
            }
            for part in ["Examples:", "Usage: amqp-messenger ", "Exit statuses:", "--version"] {
                assert!(native.contains(part), "{part} in {native}");
            }
            assert_eq!(native.contains("@FILE"), command == Command::Sign(Kind::Clear));
            let other = text(&Topic::new(Style::PubtoolsSign, "pubtools-sign", Some(command)));
            let usage = format!("Usage: pubtools-sign msg-{} ", command.name());
            assert!(other.contains(&usage) && other.contains("WARNING or ERROR"), "{other}");
        }
        let top = text(&Topic::new(Style::Native, "amqp-messenger", None));
        for part in
            ["blob-sign", "Environment:", "Files:", "${NAME}", " 124 ", "129, 130, 142, 143, 152"]
        {
            assert!(top.contains(part), "{part}");
        }
    }

    /// What it reads, the commands that sign write.
    #[test]
    fn verify_has_its_own_meanings() {
        let command = Command::Verify;
        for (name, _) in MEANINGS {
            assert!(command.takes(name, Style::Native), "{name}");
        }
        let text = text(&Topic::new(Style::Native, "amqp-messenger", Some(command)));
        assert!(text.contains("file with the results") && !text.contains("to sign"), "{text}");
        assert!(
            text.contains("   65  a signature is missing") && !text.contains("  124  "),
            "{text}"
        );
    }

    #[test]
    fn fits_a_screen() {
        for style in [Style::Native, Style::PubtoolsSign] {
            for command in Command::ALL.map(Some).into_iter().chain([None]) {
                let text = text(&Topic::new(style, "pubtools-sign", command));
                assert!(text.ends_with('\n') && !text.contains(['`', '\t']), "{text}");
                assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
                assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
            }
        }
    }
}
