//! Completions, in the real shells.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::harness::{Program, under_test};

/// The end of a line, after the program's name, and what every shell offers for its last word.
const CASES: &[(&str, &[&str])] = &[
    ("cl", &["clear-sign"]),
    ("co", &["completions", "container-sign"]),
    ("completions ", &["bash", "fish", "zsh"]),
    ("clear-sign --re", &["--repo", "--requester", "--retries"]),
    ("blob-sign --dig", &[]),
    ("blob-sign --qu", &["--quiet"]),
    ("completions --v", &["--version"]),
    ("container-sign --signer-type ", &["batch", "single"]),
    ("container-sign --signer-type=", &["batch", "single"]),
    ("container-sign --raw --log-level d", &["debug"]),
    ("clear-sign --task-id ", &[]),
    ("clear-sign --config-file own.ya", &["own.yaml"]),
    ("clear-sign --config-file=own.ya", &["own.yaml"]),
    ("blob-sign --blob-file with", &["with blank"]),
    ("blob-sign --output-dir o", &["out"]),
    ("clear-sign @own", &["own.yaml"]),
    ("clear-sign text @with", &["with blank"]),
    ("clear-sign own", &[]),
    ("hel", &["help"]),
    ("help b", &["blob-sign"]),
];

/// A folder with the completions as packages have them, and some files to sign.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name| folder.path().join(name);
    let written = Program::new("packaging/completions".as_ref())
        .args([under_test(), path("completions")])
        .run()
        .expect(0);
    assert_eq!(written.stderr, "");
    fs::create_dir(path("files")).unwrap();
    fs::create_dir(path("files/out")).unwrap();
    for name in ["files/own.yaml", "files/with blank"] {
        fs::write(path(name), "").unwrap();
    }
    folder
}

/// What a shell offers for a line; it writes that into the file that `OFFERED` names.
fn offered(folder: &Path, shell: &str, line: &str, arguments: &[&str], typed: &str) -> String {
    let offered = folder.join("offered");
    let mut child = Command::new(shell)
        .args(arguments)
        .env("TERM", "dumb")
        .env("LINE", format!("amqp-messenger {line}"))
        .env("OFFERED", &offered)
        .envs(["HOME", "ZDOTDIR", "XDG_CONFIG_HOME"].map(|name| (name, folder)))
        .current_dir(folder.join("files"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shell}: {said}");
    fs::read_to_string(offered).unwrap_or_else(|error| panic!("{shell}: {error}: {said}"))
}

/// All offers for the last word of a line that is typed, which are inserted at once.
fn bash(folder: &Path, line: &str) -> Vec<String> {
    let setting = r#"
        . ~/completions/amqp-messenger
        amqp-messenger() { printf '%s\n' "$@" >"$OFFERED"; }
        bind '"\t": insert-completions'
    "#;
    fs::write(folder.join(".bashrc"), setting).unwrap();
    let typed = format!("amqp-messenger {line}\t\nexit 0\n");
    let words = offered(folder, "bash", line, &["-i"], &typed);
    // What was typed remains if nothing is offered.
    let (before, typed) = line.rsplit_once(' ').unwrap_or(("", line));
    let words = words.lines().skip(before.split_whitespace().count());
    words.filter(|word| *word != typed).map(String::from).collect()
}

fn zsh(folder: &Path, line: &str) -> Vec<String> {
    let setting = r#"
        fpath=(~/completions $fpath)
        autoload -Uz compinit
        compinit -u
        compadd() {
            local -a hits
            # With one of these, the completion system only asks.
            (( ${@[(I)-*[OAD]*]} )) || { builtin compadd -O hits "$@"; print -rl -- $hits >>$OFFERED }
            builtin compadd "$@"
        }
        offer() { BUFFER=$LINE CURSOR=$#LINE; zle complete-word; exit }
        zle -N zle-line-init offer
    "#;
    fs::write(folder.join(".zshrc"), setting).unwrap();
    // It completes only on a terminal.
    let script = ": >$OFFERED; zmodload zsh/zpty; zpty shell zsh -i; while zpty -r shell line; do :; done; true";
    let words = offered(folder, "zsh", line, &["-f", "-c", script], "");
    words.lines().map(String::from).collect()
}

fn fish(folder: &Path, line: &str) -> Vec<String> {
    let script = r"source ~/completions/amqp-messenger.fish; complete -C $LINE | string replace -r '\t.*' '' >$OFFERED; true";
    let words = offered(folder, "fish", line, &["--no-config", "-c", script], "");
    words.lines().map(String::from).collect()
}

/// An offer may repeat what begins the word, and may be quoted.
fn plain(offer: String) -> String {
    let offer = offer.trim_start_matches('@').replace("\\ ", " ");
    let offer = offer.trim_end_matches('/');
    offer.split_once('=').map_or(offer, |(_, value)| value).into()
}

fn offers_all(shell: fn(&Path, &str) -> Vec<String>) {
    let folder = folder();
    for (line, expected) in CASES {
        let mut words: Vec<_> = shell(folder.path(), line).into_iter().map(plain).collect();
        words.retain(|word| !word.is_empty());
        words.sort();
        // Zsh looks for folders in two ways.
        words.dedup();
        assert_eq!(words, *expected, "{line}");
    }
}

#[test]
fn bash_offers_commands_options_values_and_files() {
    offers_all(bash);
}

#[test]
fn zsh_offers_commands_options_values_and_files() {
    offers_all(zsh);
}

#[test]
fn fish_offers_commands_options_values_and_files() {
    offers_all(fish);
}
