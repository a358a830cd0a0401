//! Parts of the manual page, in roff.

use super::{is_required, order_of_statuses, sentence, takers};
use crate::cli::{
    commands::Command,
    options::{self, Flag},
    statuses,
    topic::Style,
};

/// Each part's name with its lines.
pub(super) fn tables() -> [(&'static str, String); 3] {
    [("synopsis", synopsis()), ("options", options()), ("statuses", statuses())]
}

fn synopsis() -> String {
    let line = |command: Command| {
        let needed = options::of(command).filter(|flag| command.needs(flag.long)).map(signature);
        let needed = needed.collect::<Vec<_>>().join(" ");
        let input = options::input().name;
        let inputs = if command.row().inputs {
            format!(" [\\fB\\-\\-\\fR] \\fI{input}\\fR...")
        } else {
            "".into()
        };
        let name = format!("amqp-messenger {}", command.name());
        format!("{} {needed} [\\fIOPTIONS\\fR]{inputs}\n", bold(&name))
    };
    Command::ALL.map(line).join(".br\n")
}

fn options() -> String {
    let mut out = String::new();
    for flag in options::all() {
        let commands = takers(flag);
        let mut text = sentence(&options::meaning(flag, Style::Native));
        if is_required(flag) {
            text += " Required.";
        }
        if commands.len() < Command::ALL.len() {
            text += &format!(" ({})", commands.join(", "));
        }
        out += &entry(&signature(flag), &text);
    }
    let input = options::input();
    out += &entry(&format!("\\fI{}\\fR...", input.name), &sentence(input.description));
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

fn entry(term: &str, text: &str) -> String {
    format!(".TP\n{term}\n{}\n", escaped(text))
}

fn signature(flag: &Flag) -> String {
    let value = options::value_name(flag).map(|value| format!(" \\fI{value}\\fR"));
    bold(flag.long) + &value.unwrap_or_default()
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
