//! Tables for documents.

use super::{named, required, takers};
use crate::{
    SignerType,
    cli::{
        commands::Command,
        options::{self, Flag},
        statuses,
        style::Style,
    },
    config::keys::{self, Default, Key, Takes},
};

/// Each table's name with its lines.
pub(super) fn tables() -> [(&'static str, String); 3] {
    [("options", options()), ("keys", keys()), ("statuses", statuses())]
}

fn options() -> String {
    let mut table = row(&["option", "commands", "meaning"]) + &row(&["---"; 3]);
    for flag in options::all() {
        let signature = [Some(flag.long), options::value_name(flag)].map(Option::unwrap_or_default);
        let signature = format!("`{}`", signature.join(" ").trim_end());
        table += &row(&[&signature, &named(&takers(flag), "`"), &meaning(flag)]);
    }
    for command in Command::ALL {
        if let Some(operand) = &command.row().operand {
            let signature = format!("`{}`", operand.signature());
            table += &row(&[&signature, &named(&[command], "`"), &operand.meaning(Style::Native)]);
        }
    }
    for (short, long, meaning) in options::ASIDE {
        table += &row(&[&format!("`{short}`, `{long}`"), "all", meaning]);
    }
    table
}

fn meaning(flag: &Flag) -> String {
    let mut words = vec![options::meaning(flag, Style::Native)];
    words.extend(required(flag).map(String::from));
    words.join("; ")
}

fn keys() -> String {
    let mut table = row(&["key", "value", "default", "meaning"]) + &row(&["---"; 4]);
    for Key { name, takes, default, meaning } in keys::of(SignerType::Batch) {
        let takes = match takes {
            Takes::Word(words) => format!("`{}`", words.join("`, `")),
            Takes::Value(value) => value.replace('[', "`[").replace(']', "]`"),
        };
        let default = match default {
            Default::Required(_) => "required".into(),
            Default::RequiredForTls(_) => "required¹".into(),
            Default::Is(value) => format!("`{value}`"),
            Default::None { then, .. } => (*then).to_owned(),
        };
        table += &row(&[&format!("`{name}`"), &takes, &default, meaning]);
    }
    table
}

fn statuses() -> String {
    let mut table = row(&["status", "meaning"]) + &row(&["---"; 2]);
    for (codes, meaning) in statuses::rows() {
        table += &row(&[&codes, meaning]);
    }
    table
}

fn row(cells: &[&str]) -> String {
    if cells.iter().all(|cell| *cell == "---") {
        return format!("|{}\n", "---|".repeat(cells.len()));
    }
    format!("| {} |\n", cells.join(" | "))
}
