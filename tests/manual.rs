//! The manual page, the documents and `--help` name the same options and exit statuses.

use std::{collections::BTreeSet, process::Command};

const PAGE: &str = include_str!("../src/cli/amqp-messenger.1");
const README: &str = include_str!("../README.md");
const GUIDE: &str = include_str!("../docs/guide.md");
const CONFIGURATION: &str = include_str!("../docs/configuration.md");

fn help(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_amqp-messenger")).args(arguments).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn options(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c == '-';
    let words = text.split(|c| !is_part(c));
    words
        .filter(|word| word.len() > 3 && word.starts_with("--") && !word.starts_with("---"))
        .map(Into::into)
        .collect()
}

#[test]
fn options_are_the_same_everywhere() {
    let helps = ["container-sign", "clear-sign", "blob-sign"]
        .map(|command| help(&[command, "--help"]))
        .concat();
    let expected = options(&helps);
    assert!(expected.len() >= 14, "{expected:?}");
    assert_eq!(options(&PAGE.replace("\\-", "-")), expected);
    let guide: BTreeSet<_> = options(GUIDE);
    for option in
        expected.iter().filter(|option| !["--help", "--version"].contains(&option.as_str()))
    {
        assert!(guide.contains(option), "the guide does not name {option}");
    }
}

#[test]
fn exit_statuses_are_the_same_everywhere() {
    let statuses =
        ["0", "1", "2", "65", "66", "69", "74", "75", "77", "78", "124", "129, 130, 143"];
    let help = help(&["--help"]);
    for status in statuses {
        assert!(
            help.lines().any(|line| line.trim_start().starts_with(&format!("{status}  "))),
            "--help: {status}"
        );
        for page in [README, GUIDE] {
            assert!(page.contains(&format!("\n| {status} | ")), "{status}");
        }
    }
    let page: Vec<_> = PAGE
        .split(".SH EXIT STATUS")
        .nth(1)
        .unwrap()
        .split(".SH")
        .next()
        .unwrap()
        .lines()
        .collect();
    let told: Vec<_> = page.iter().filter_map(|line| line.strip_prefix(".B ")).collect();
    assert_eq!(told, statuses[..11]);
    assert!(page.contains(&r#".BR 129 ", " 130 ", " 143"#));
}

#[test]
fn the_documents_have_every_configuration_key() {
    for key in amqp_messenger::config::known_keys(amqp_messenger::SignerType::Batch) {
        assert!(CONFIGURATION.contains(&format!("`{key}`")), "docs/configuration.md lacks {key}");
    }
}
