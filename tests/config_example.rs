//! The example configuration file: complete, loadable, and honest about the defaults.

use amqp_messenger::config::{Settings, SignerType, known_keys};
use std::path::Path;

const EXAMPLE: &str = include_str!("../config.example.yaml");

/// The keys that have no default: their commented-out value is a sample.
const SAMPLES: &[&str] = &[
    "messaging_key_passphrase_file",
    "log_level",
    "key_aliases",
    "username",
    "password_file",
    "open_hostname",
    "deadline",
];

/// The key of a line such as `  # durable: true`, which prose never is: its colons follow no known key.
fn commented_key(line: &str) -> Option<&str> {
    let (key, _) = line.strip_prefix("  # ")?.split_once(": ")?;
    known_keys(SignerType::Batch).contains(&key).then_some(key)
}

/// The example with the commented-out keys live that `chosen` takes.
fn uncommented(chosen: impl Fn(&str) -> bool) -> String {
    let line = |line: &str| match commented_key(line) {
        Some(key) if chosen(key) => line.replacen("# ", "", 1) + "\n",
        _ => line.to_string() + "\n",
    };
    EXAMPLE.lines().map(line).collect()
}

fn parse(text: &str, signer: SignerType) -> Settings {
    let env = |name: &str| (name == "HOME").then(|| "/home/me".to_string());
    Settings::parse(text, Path::new("config.example.yaml"), signer, &env).unwrap()
}

/// The text of one section.
fn section(signer: SignerType) -> &'static str {
    let (_, after) = EXAMPLE.split_once(&format!("\n{}:\n", signer.section())).unwrap();
    after.split_once("\n\n").map_or(after, |(section, _)| section)
}

#[test]
fn loads_as_it_stands() {
    for signer in [SignerType::Single, SignerType::Batch] {
        let settings = parse(EXAMPLE, signer);
        assert_eq!(settings.section, signer.section());
        assert_eq!(settings.brokers.len(), 2);
    }
}

#[test]
fn shows_the_defaults() {
    for signer in [SignerType::Single, SignerType::Batch] {
        // Every field is compared, a later one included, by what Debug prints of it.
        let live = parse(&uncommented(|key| !SAMPLES.contains(&key)), signer);
        assert_eq!(format!("{live:#?}"), format!("{:#?}", parse(EXAMPLE, signer)));
    }
}

#[test]
fn loads_with_every_key_live() {
    for signer in [SignerType::Single, SignerType::Batch] {
        let settings = parse(&uncommented(|_| true), signer);
        assert!(
            settings.passphrase_file.is_some()
                && settings.log_level.is_some()
                && !settings.key_aliases.is_empty()
        );
        assert!(
            settings.username.is_some()
                && settings.password_file.is_some()
                && settings.open_hostname.is_some()
        );
        assert!(settings.deadline.is_some());
    }
}

#[test]
fn misses_no_key() {
    for signer in [SignerType::Single, SignerType::Batch] {
        for key in known_keys(signer) {
            let live = format!("  {key}:");
            let shown = |line: &str| line.starts_with(&live) || commented_key(line) == Some(key);
            let count = section(signer).lines().filter(|line| shown(line)).count();
            assert_eq!(count, 1, "{} in {}", key, signer.section());
        }
    }
    for key in SAMPLES {
        assert!(known_keys(SignerType::Single).contains(key), "{key}");
    }
}
