//! Parts of the manual page, in roff.

use super::{named, order_of_statuses, required, sentence, takers};
use crate::cli::{
    commands::Command,
    operand::Operand,
    options::{self, Flag},
    statuses,
    style::Style,
};

/// Each part's name with its lines.
pub(super) fn tables() -> [(&'static str, String); 4] {
    [
        ("synopsis", synopsis()),
        ("options", options()),
        ("statuses", statuses()),
        ("examples", examples()),
    ]
}

fn synopsis() -> String {
    let lines = |command: Command| {
        let usages = options::usages(command, Style::Native).into_iter();
        usages.map(move |(flags, operand)| {
            let mut words = vec![bold(&format!("amqp-messenger {}", command.name()))];
            words.extend(flags.into_iter().map(signature));
            words.push("[\\fIOPTIONS\\fR]".into());
            if let Some(operand) = operand {
                words.extend(operand.is_repeatable.then(|| format!("[{}]", bold("--"))));
                words.push(operand_signature(operand));
            }
            words.join(" ") + "\n"
        })
    };
    Command::ALL.into_iter().flat_map(lines).collect::<Vec<_>>().join(".br\n")
}

fn options() -> String {
    let mut out = String::new();
    for flag in options::all() {
        let mut text = sentence(&options::meaning(flag, Style::Native));
        if let Some(required) = required(flag) {
            text += &format!(" {}", sentence(required));
        }
        let takers = named(&takers(flag), "");
        if takers != "all that sign" {
            text += &format!(" ({takers})");
        }
        out += &entry(&signature(flag), &text);
    }
    for operand in Command::ALL.iter().filter_map(|command| command.row().operand.as_ref()) {
        out += &entry(&operand_signature(operand), &sentence(&operand.meaning(Style::Native)));
    }
    for (short, long, meaning) in options::ASIDE {
        out += &entry(&format!("{}, {}", bold(short), bold(long)), &sentence(meaning));
    }
    out
}

fn statuses() -> String {
    let rows = statuses::rows();
    let entries = rows.iter().map(|(codes, meaning)| entry(&bold(codes), &sentence(meaning)));
    let order = format!("If several apply, the first of {} is returned.", order_of_statuses());
    entries.collect::<String>() + ".PP\n" + &escaped(&order) + "\n"
}

fn examples() -> String {
    let examples = Command::ALL.into_iter().flat_map(|command| {
        let call = format!("amqp-messenger {}", command.name());
        command.examples(Style::Native, &call).collect::<Vec<_>>()
    });
    let lines = examples.map(|example| {
        let text = example.replace('\\', "\\e").replace('-', "\\-").replace('…', "...");
        text.replace('~', "\\(ti") + "\n"
    });
    format!(".nf\n{}.fi\n", lines.collect::<String>())
}

fn entry(term: &str, text: &str) -> String {
    format!(".TP\n{term}\n{}\n", escaped(text))
}

fn signature(flag: &Flag) -> String {
    let value = options::value_name(flag).map(|value| format!(" \\fI{value}\\fR"));
    bold(flag.long) + &value.unwrap_or_default()
}

fn operand_signature(operand: &Operand) -> String {
    format!("\\fI{}\\fR{}", operand.name, if operand.is_repeatable { "..." } else { "" })
}

fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escaped(text))
}

/// A text in roff; text in backquotes is bold.
fn escaped(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(index, part)| {
        let part = part.replace('-', "\\-").replace('×', "\\(mu");
        if index % 2 == 1 { format!("\\fB{part}\\fR") } else { part }
    });
    parts.collect()
}
