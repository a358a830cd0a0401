//! The command line, run as a user runs it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};

use amqp_sandbox::Rule;

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_amqp-sandbox"))
}

fn run(arguments: &[&str]) -> Output {
    command().args(arguments).output().unwrap()
}

/// Signals by the shell's own kill: the command of that name is not on every host.
fn signal(child: &Child, name: &str) {
    let status =
        Command::new("sh").args(["-c", &format!("kill -s {name} {}", child.id())]).status();
    assert!(status.unwrap().success());
}

#[test]
fn runs_until_a_signal_and_says_how_to_use_it() {
    for name in ["INT", "TERM"] {
        let dir = format!("amqp-sandbox-command-{}-{name}", std::process::id());
        let dir = std::env::temp_dir().join(dir);
        let mut child = command()
            .args(["up", "--amqp", "--behaviour", "twice@request=1", "--dir"])
            .arg(&dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            lines.push(line.unwrap());
            if lines.last().unwrap() == "ready" {
                break;
            }
        }
        let port = |scheme: &str| {
            let url = lines.iter().find_map(|line| line.trim().strip_prefix(scheme));
            url.unwrap_or_else(|| panic!("no {scheme} in {lines:?}")).parse::<u16>().unwrap()
        };
        for port in [port("amqps://localhost:"), port("amqp://localhost:")] {
            TcpStream::connect(("127.0.0.1", port)).unwrap();
        }
        let config = fs::read_to_string(dir.join("config.yaml")).unwrap();
        assert!(config.contains("msg_signer:") && config.contains("msg_batch_signer:"));
        let mode = fs::metadata(dir.join("client.pem")).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);

        signal(&child, name);
        assert!(child.wait().unwrap().success());
        fs::remove_dir_all(dir).unwrap();
    }
}

#[test]
fn an_unknown_behaviour_is_an_error() {
    let output = run(&["up", "--dir", "/nonexistent", "--behaviour", "explode"]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(r#"unknown act "explode""#), "{said}");
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error() {
    let output = run(&["up", "--dir", "/dev/null/sandbox"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("amqp-sandbox: /dev/null/sandbox: "), "{said}");
}

#[test]
fn the_help_names_acts_and_conditions_as_they_are_understood() {
    let output = run(&["up", "--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    let words = |from: &str, until: &str| -> Vec<String> {
        let start = help.find(from).unwrap();
        let end = start + help[start..].find(until).unwrap();
        // A line of explanation is indented further.
        let lines = help[start..end].lines().filter_map(|line| line.strip_prefix("    "));
        let words = lines
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split_whitespace().next());
        // `name=TIME`, `name=HEX`, `name=N`, `name[=WORD]`
        let plain = words.map(|word| match word.split_once('=') {
            Some((name, "TIME")) => format!("{name}=1s"),
            Some((name, "HEX")) => format!("{name}=41"),
            Some((name, _)) if name.ends_with('[') => name.trim_end_matches('[').to_owned(),
            Some((name, _)) => format!("{name}=1"),
            None => word.to_owned(),
        });
        plain.collect()
    };
    let acts = words("ACT, the reply", "WHEN:");
    for act in &acts {
        assert!(act.parse::<Rule>().is_ok(), "{act}");
    }
    let conditions = words("WHEN:", "Examples");
    for when in &conditions {
        let rule = format!("no-reply@{when}");
        assert!(rule.parse::<Rule>().is_ok(), "{rule}");
    }
    // And the other way round: what is understood is named.
    let understood = include_str!("../src/rule_text.rs").split("mod tests").next().unwrap();
    let names = |function: &str| -> Vec<String> {
        let body = understood
            .split(&format!("fn {function}("))
            .nth(1)
            .unwrap()
            .split("\n}\n")
            .next()
            .unwrap();
        let arms =
            body.lines().filter_map(|line| line.strip_prefix("        \"")?.split_once("\" =>"));
        arms.map(|(name, _)| name.to_owned()).collect()
    };
    for (function, named, least) in [("act", acts, 40), ("when", conditions, 9)] {
        let known = names(function);
        assert!(known.len() >= least, "{known:?}");
        for name in known {
            assert!(
                named.iter().any(|word| word.split('=').next() == Some(&name)),
                "{name} is not in the help"
            );
        }
    }
    let examples = help[help.find("Examples").unwrap()..].lines();
    let examples = examples.flat_map(str::split_whitespace);
    let examples: Vec<_> = examples.filter(|word| word.contains('@')).collect();
    assert_eq!(examples.len(), 7);
    for example in examples {
        assert!(example.parse::<Rule>().is_ok(), "{example}");
    }
}
