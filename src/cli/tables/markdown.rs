//! Tables for documents.

use super::{is_required, takers};
use crate::{
    SignerType,
    cli::{
        commands::Command,
        options::{self, Flag},
        statuses,
        topic::Style,
    },
    config::keys::{self, Default, Key, Takes},
};

/// Each table's name with its lines.
pub(super) fn tables() -> [(&'static str, String); 3] {
    [("options", options()), ("keys", keys()), ("statuses", statuses())]
}

fn options() -> String {
    let mut table = row(&["option", "commands", "meaning"]) + &row(&["---"; 3]);
    let inputs = Command::ALL.into_iter().filter(|command| command.row().inputs);
    let inputs: Vec<_> = inputs.map(Command::name).collect();
    for flag in options::all() {
        let signature = [Some(flag.long), options::value_name(flag)].map(Option::unwrap_or_default);
        let signature = format!("`{}`", signature.join(" ").trim_end());
        table += &row(&[&signature, &commands(&takers(flag)), &meaning(flag)]);
    }
    let input = options::input();
    table += &row(&[&format!("`{}…`", input.name), &commands(&inputs), input.description]);
    for (short, long, meaning) in options::ASIDE {
        table += &row(&[&format!("`{short}`, `{long}`"), "all", meaning]);
    }
    table
}

fn commands(names: &[&str]) -> String {
    if names.len() == Command::ALL.len() {
        return "all".into();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn meaning(flag: &Flag) -> String {
    let required = if is_required(flag) { "; required" } else { "" };
    options::meaning(flag, Style::Native) + required
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
