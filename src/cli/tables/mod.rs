//! Generates texts from the tables of options, keys and exit statuses, and checks that the files have them: the
//! tables in documents, the manual page, the example configuration.
//!
//! `make tables` writes them, by `WRITE_TABLES=1 cargo test --lib cli::tables`. In a document a
//! table is between `<!-- table: NAME -->` and `<!-- end -->`, in the manual page between
//! `.\" table: NAME` and `.\" end`.

mod example;
mod manual;
mod markdown;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{
    commands::Command,
    options::{self, Flag},
    style::Style,
};
use crate::Status;

#[test]
fn documents_have_the_tables() {
    let tables = markdown::tables();
    let mut found = BTreeSet::new();
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let (filled, names) =
            fill(&text, |name| format!("<!-- table: {name} -->"), "<!-- end -->", &tables);
        if names.contains("statuses") {
            let words = filled.split_whitespace().collect::<Vec<_>>().join(" ");
            let order = format!("the first of {}", order_of_statuses());
            assert!(words.contains(&order), "{}: expected \"{order}\"", path.display());
        }
        found.extend(names);
        hold(&path, &filled);
    }
    for (name, _) in tables {
        assert!(found.contains(name), "no document has <!-- table: {name} -->");
    }
}

#[test]
fn the_manual_page_has_the_tables() {
    let path = root().join("src/cli/amqp-messenger.1");
    let text = fs::read_to_string(&path).unwrap();
    let tables = manual::tables();
    let (filled, names) = fill(&text, |name| format!(".\\\" table: {name}"), ".\\\" end", &tables);
    assert_eq!(names.len(), tables.len(), "the manual page has only {names:?}");
    hold(&path, &filled);
}

#[test]
fn the_example_has_every_key() {
    hold(&root().join("config.example.yaml"), &example::text(|_| false));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents for users.
fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "md" => found.push(path),
                _ => {}
            }
        }
    }
    found
}

/// Fails if a file differs from what the tables generate; with `WRITE_TABLES` set, writes it.
fn hold(path: &Path, made: &str) {
    let now = fs::read_to_string(path).unwrap_or_default();
    if now == made {
        return;
    }
    if std::env::var_os("WRITE_TABLES").is_some() {
        return fs::write(path, made).unwrap();
    }
    let mut pairs = now.lines().zip(made.lines()).zip(1..);
    let (at, line) = pairs
        .find(|((now, made), _)| now != made)
        .map_or((0, "a line more or less"), |((_, made), at)| (at, made));
    panic!("{}:{at}: expected \"{line}\"; make tables writes it", path.display());
}

/// A text with its tables filled in, and the names of these tables.
fn fill(
    text: &str,
    begin: impl Fn(&str) -> String,
    end: &str,
    tables: &[(&'static str, String)],
) -> (String, BTreeSet<&'static str>) {
    let mut out = String::new();
    let mut names = BTreeSet::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        out += line;
        out.push('\n');
        if let Some((name, table)) = tables.iter().find(|(name, _)| line == begin(name)) {
            assert!(lines.any(|line| line == end), "the table {name} has no end");
            out += table;
            out += end;
            out.push('\n');
            names.insert(*name);
        } else {
            // A misspelt name, or a second end.
            assert!(line != end && !line.starts_with(begin("").trim_end_matches(" -->")), "{line}");
        }
    }
    (out, names)
}

/// The commands that accept an option.
fn takers(flag: &Flag) -> Vec<Command> {
    let takes = |command: &Command| command.takes(flag.long, Style::Native);
    Command::ALL.into_iter().filter(takes).collect()
}

/// Whether the commands that accept an option need it.
fn required(flag: &Flag) -> Option<&'static str> {
    let takers = takers(flag);
    let (needed, other): (Vec<Command>, Vec<Command>) =
        takers.iter().copied().partition(|command| command.needs(flag.long));
    if takers.iter().any(|command| command.row().items.contains(&flag.long)) {
        return Some("required without `--from`");
    }
    let is_optional = needed.is_empty() || other.iter().any(|command| command.signs());
    (!is_optional).then_some("required to sign")
}

/// The names of some commands, each between quotes; "all that sign" in place of all these.
fn named(commands: &[Command], quote: &str) -> String {
    let quoted = |command: &Command| format!("{quote}{}{quote}", command.name());
    let signing = Command::ALL.into_iter().filter(|command| command.signs());
    if signing.into_iter().any(|command| !commands.contains(&command)) {
        return commands.iter().map(quoted).collect::<Vec<_>>().join(", ");
    }
    let other = commands.iter().filter(|command| !command.signs()).map(quoted);
    ["all that sign".into()].into_iter().chain(other).collect::<Vec<_>>().join(", ")
}

/// The exit statuses in order of severity: if several apply, the first counts.
fn order_of_statuses() -> String {
    let name = |status: &Status| match status {
        Status::Interrupted => "an interrupt".to_owned(),
        status => status.code().to_string(),
    };
    let all = Status::ALL.iter().rev().filter(|status| **status != Status::Signed);
    all.map(name).collect::<Vec<_>>().join(", ")
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

#[test]
fn an_outdated_table_is_noticed() {
    let tables = [("t", "new\n".to_owned())];
    let fill =
        |text| fill(text, |name| format!("<!-- table: {name} -->"), "<!-- end -->", &tables).0;
    let text = "a\n<!-- table: t -->\nold\n<!-- end -->\nb\n";
    assert_eq!(fill(text), text.replace("old", "new"));
    for text in ["<!-- table: t -->\n", "<!-- table: u -->\n<!-- end -->\n", "<!-- end -->\n"] {
        assert!(std::panic::catch_unwind(|| fill(text)).is_err(), "{text}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, "old\n").unwrap();
    if std::env::var_os("WRITE_TABLES").is_none() {
        assert!(std::panic::catch_unwind(|| hold(file.path(), "new\n")).is_err());
    }
    assert!(options::all().any(|flag| required(flag) == Some("required to sign")));
    assert_eq!(sentence("a b"), "A b.");
}
