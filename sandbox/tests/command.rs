//! The command line, run as a user runs it.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Output, Stdio},
};

use amqp_sandbox::{Mqtt, Rule, Twist, faults};

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
            .args([
                "up",
                "--amqp",
                "--mqtt",
                "--mqtt-broker",
                "queue=5",
                "--behaviour",
                "twice@request=1",
                "--dir",
            ])
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
        for scheme in ["amqps", "amqp", "mqtts", "mqtt"] {
            let port = port(&format!("{scheme}://localhost:"));
            TcpStream::connect(("127.0.0.1", port)).unwrap();
        }
        for (name, scheme) in [("config.yaml", "amqps"), ("config-mqtt.yaml", "mqtts")] {
            let config = fs::read_to_string(dir.join(name)).unwrap();
            assert!(config.contains("msg_signer:") && config.contains("msg_batch_signer:"));
            assert!(config.contains(&format!("- {scheme}://")), "{config}");
            let sign = format!("container-sign --config-file {} ", dir.join(name).display());
            assert!(lines.iter().any(|line| line.contains(&sign)), "no {sign} in {lines:?}");
        }
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

/// Help and parser come from one table; here the parser must accept everything in the help.
#[test]
fn everything_in_the_help_is_understood() {
    let output = run(&["up", "--help"]);
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(
        help.contains("--behaviour") && help.ends_with(&(Mqtt::help() + &faults::help())),
        "{help}"
    );
    assert!(faults::help().lines().all(|line| line.len() <= 90), "{help}");
    let names = |from: &str, until: &str| -> Vec<String> {
        let start = help.find(from).unwrap();
        let end = start + help[start..].find(until).unwrap();
        // A line that continues a meaning is indented further.
        let lines = help[start..end].lines().filter_map(|line| line.strip_prefix("  "));
        let words = lines
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split_whitespace().next());
        // `name=TIME`, `name=HEX`, `name=N`, `name[=WORD]`
        let plain = words.map(|word| match word.split_once('=') {
            Some((name, "TIME")) => format!("{name}=1s"),
            Some((name, "HEX")) => format!("{name}=41"),
            Some((name, "VALUE")) => format!("{name}=wrong-key"),
            Some((name, "SETTING")) => format!("{name}=queue:5"),
            Some((name, _)) if name.ends_with('[') => name.trim_end_matches('[').to_owned(),
            Some((name, _)) => format!("{name}=1"),
            None => word.to_owned(),
        });
        plain.collect()
    };
    let acts = names("ACT, the reply", "WHEN:");
    let conditions =
        names("WHEN:", "VALUE, good:").into_iter().map(|when| format!("no-reply@{when}"));
    let values = [names("VALUE, good:", "VALUE, bad:"), names("VALUE, bad:", "Examples")];
    assert_eq!(values.concat().len(), Twist::all().len());
    let values: Vec<_> =
        values.concat().into_iter().map(|name| format!("value={name}@first")).collect();
    let examples = help[help.find("Examples").unwrap()..].split_whitespace();
    let examples: Vec<_> = examples.filter(|word| word.contains('@')).map(str::to_owned).collect();
    assert_eq!((acts.len(), conditions.len(), examples.len()), (64, 13, 15));
    for rule in acts.into_iter().chain(conditions).chain(values).chain(examples) {
        assert!(rule.parse::<Rule>().is_ok(), "{rule}");
    }
}

#[test]
fn other_help_has_no_rules() {
    for arguments in [&["--help"][..], &["signer", "--help"]] {
        let output = run(arguments);
        assert!(output.status.success());
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(help.contains("Usage: amqp-sandbox") && !help.contains("WHEN"), "{help}");
    }
}
