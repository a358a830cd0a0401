//! Completions, in the real shells.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use crate::harness::{Program, under_test};

/// What a shell offers for the last of the words after the program's name. The words are as the shell divides them.
struct Case {
    words: &'static [&'static str],
    offered: &'static [&'static str],
}

const fn case(words: &'static [&'static str], offered: &'static [&'static str]) -> Case {
    Case { words, offered }
}

/// What every shell offers.
const CASES: &[Case] = &[
    case(&["cl"], &["clear-sign"]),
    case(&["co"], &["completions", "container-sign"]),
    case(&["completions", ""], &["bash", "fish", "zsh"]),
    case(&["clear-sign", "--re"], &["--repo", "--requester"]),
    case(&["blob-sign", "--dig"], &[]),
    case(&["blob-sign", "--qu"], &["--quiet"]),
    case(&["container-sign", "--signer-type", ""], &["batch", "single"]),
    case(&["container-sign", "--log-level", "d"], &["debug"]),
    case(&["clear-sign", "--task-id", ""], &[]),
    case(&["clear-sign", "--config-file", "own.ya"], &["own.yaml"]),
    case(&["blob-sign", "--blob-file", "with"], &["with blank"]),
];

fn script(shell: &str) -> String {
    Program::new(&under_test()).args(["completions", shell]).run().expect(0).stdout
}

/// Runs a shell in a folder with the script and some files.
fn offered(shell: &str, set: impl FnOnce(&mut Command, &Path)) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script");
    fs::write(&path, script(shell)).unwrap();
    let files = folder.path().join("files");
    fs::create_dir(&files).unwrap();
    for name in ["own.yaml", "with blank"] {
        fs::write(files.join(name), "").unwrap();
    }
    let mut command = Command::new(shell);
    // Neither the user's settings nor the user's history.
    command.env("HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path()).current_dir(files);
    set(&mut command, &path);
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{shell}: {}", String::from_utf8_lossy(&stderr));
    let mut lines: Vec<_> = String::from_utf8(stdout).unwrap().lines().map(String::from).collect();
    lines.retain(|line| !line.is_empty());
    lines.sort();
    lines
}

fn bash(words: &[&str]) -> Vec<String> {
    offered("bash", |command, script| {
        let ask = r#". "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _amqp_messenger; printf '%s\n' "${COMPREPLY[@]}""#;
        command.args(["-uc", ask]).arg(script).arg("amqp-messenger").args(words);
    })
}

fn fish(words: &[&str]) -> Vec<String> {
    offered("fish", |command, script| {
        let line = format!("amqp-messenger {}", words.join(" "));
        let ask = "source $argv[1]; complete -C $argv[2] | string split -f 1 \\t; or true";
        command.args(["--no-config", "-c", ask]).arg(script).arg(line);
    })
}

#[test]
fn bash_offers_commands_options_values_and_files() {
    for Case { words, offered } in CASES {
        assert_eq!(bash(words), *offered, "{words:?}");
    }
    for (words, offered) in [
        (&["help", "b"][..], &["blob-sign"][..]),
        (&["completions", "--v"], &["--version"]),
        (&["container-sign", "--signer-type", "=", "b"], &["batch"]),
        (&["container-sign", "--signer-type", "="], &["batch", "single"]),
        (&["clear-sign", "@own"], &["@own.yaml"]),
    ] {
        assert_eq!(bash(words), offered, "{words:?}");
    }
}

#[test]
fn fish_offers_commands_options_values_and_files() {
    for Case { words, offered } in CASES {
        assert_eq!(fish(words), *offered, "{words:?}");
    }
}
