//! The transcript of `make demo` in README.md is what the demo prints, over each protocol.

use std::{path::Path, process::Command};

/// Whether `line` is `pattern`, in which "…" stands for any text.
fn fits(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[test]
fn the_transcript_in_the_readme_is_what_the_demo_prints() {
    compare("amqp", |line| line.to_owned());
}

#[test]
fn over_mqtt_it_differs_only_in_the_protocol() {
    compare("mqtt", |line| {
        let line = line.replace("AMQPS", "MQTTS").replace("amqps://", "mqtts://");
        line.replace("--config-file config.yaml", "--config-file config-mqtt.yaml")
    });
}

fn compare(protocol: &str, expected: impl Fn(&str) -> String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // `cargo test --workspace` puts the program beside the sandbox before any test runs.
    let programs = Path::new(env!("CARGO_BIN_EXE_amqp-sandbox")).parent().unwrap();
    assert!(programs.join("amqp-messenger").exists(), "amqp-messenger is missing; run cargo build");
    let mut demo = Command::new(root.join("sandbox/demo"));
    let output = demo
        .env("DEMO_PROGRAMS", programs)
        .env("PROTOCOL", protocol)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let folder = programs.strip_prefix(root).unwrap_or(programs).to_str().unwrap();
    let printed = printed.replace(folder, "target/debug");

    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let (_, transcript) = readme.split_once("$ make demo\n").expect("the transcript");
    let (transcript, _) = transcript.split_once("\n```").unwrap();
    let printed: Vec<_> = printed.trim().lines().collect();
    let expected: Vec<_> = transcript.lines().map(expected).collect();
    for (pattern, line) in expected.iter().zip(&printed) {
        assert!(fits(pattern, line), "README.md has\n{pattern}\nand the demo prints\n{line}");
    }
    assert_eq!(printed.len(), expected.len(), "{printed:#?}");
}

#[test]
fn an_ellipsis_stands_for_any_text_and_nothing_else_does() {
    for (pattern, line) in
        [("", ""), ("a", "a"), ("a…", "abc"), ("a…c…", "abcd"), ("…", "a"), ("a…a", "aa")]
    {
        assert!(fits(pattern, line), "{pattern} {line}");
    }
    for (pattern, line) in
        [("", "a"), ("a", ""), ("a", "ab"), ("a…c", "ab"), ("a…b…d", "ad"), ("a…a", "a")]
    {
        assert!(!fits(pattern, line), "{pattern} {line}");
    }
}
