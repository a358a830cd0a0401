//! The rules of the whole file, as tables.

use std::{path::Path, time::Duration};

use super::*;
use crate::error::Error;

const BASE: &[(&str, &str)] = &[
    ("messaging_brokers", "[\"amqps://broker:5671\"]"),
    ("messaging_cert_key", "~/client.pem"),
    ("messaging_ca_cert", "/etc/ca.pem"),
    ("topic_send_to", "topic://sign"),
    ("topic_listen_to", "\"queue://Consumer.{creator}.{task_id}\""),
    ("environment", "prod"),
    ("service", "me"),
    ("timeout", "60"),
    ("retries", "2"),
    ("send_retries", "3"),
    ("message_id_key", "request_id"),
];

fn env(name: &str) -> Option<String> {
    let known = [
        ("HOME", "/home/me"),
        ("T", "7"),
        ("URL", "amqps://other"),
        ("NUMBER", "12345678"),
        ("EMPTY", ""),
    ];
    known.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string())
}

fn parse(text: &str, signer: SignerType) -> Result<Settings, String> {
    Settings::parse(text, Path::new("f.yaml"), signer, &env).map_err(|error| {
        assert!(matches!(error, Error::Config { .. }), "{error:?}");
        error.to_string()
    })
}

/// The base with some keys replaced or added; "-" takes a key out.
fn file(section: &str, changes: &[(&str, &str)]) -> String {
    let kept = BASE.iter().filter(|(key, _)| !changes.iter().any(|(changed, _)| changed == key));
    let lines = kept.chain(changes).filter(|(_, value)| *value != "-");
    let lines: String = lines.map(|(key, value)| format!("  {key}: {value}\n")).collect();
    format!("{section}:\n{lines}")
}

fn with(changes: &[(&str, &str)]) -> Result<Settings, String> {
    parse(&file("msg_signer", changes), SignerType::Single)
}

fn refused(changes: &[(&str, &str)], expected: &[&str]) {
    let problem = with(changes).expect_err(&format!("{changes:?}"));
    for expected in expected {
        assert!(problem.contains(expected), "{changes:?}: {problem}");
    }
}

#[test]
fn reads_the_file_of_pubtools_sign_with_our_defaults() {
    let settings = with(&[]).unwrap();
    assert_eq!(settings.section, "msg_signer");
    assert_eq!(settings.brokers[0].to_string(), "amqps://broker:5671");
    assert_eq!(settings.certificate.as_deref(), Some(Path::new("/home/me/client.pem")));
    assert_eq!((settings.environment.as_str(), settings.service.as_str()), ("prod", "me"));
    assert_eq!(
        (settings.timeout, settings.retries, settings.send_retries),
        (Duration::from_secs(60), 2, 3)
    );
    assert_eq!(settings.task_id_attribute, "pub_task_id");
    assert_eq!((settings.log_level, settings.chunk_size), (None, None));
    assert!(settings.key_aliases.is_empty() && settings.durable);
    assert_eq!(settings.connect_timeout, Duration::from_secs(10));
    assert_eq!(settings.close_timeout, Duration::from_secs(2));
    assert_eq!(settings.idle_timeout, Some(Duration::from_secs(30)));
    assert_eq!((settings.sasl, settings.sender_target), (Sasl::Auto, SenderTarget::Auto));
    assert_eq!((settings.tls_verify, settings.max_message_size), (TlsVerify::Full, 64 << 20));
    assert_eq!((settings.deadline, settings.open_hostname.as_deref()), (None, None));
    assert_eq!(settings.time_to_live(), Duration::from_secs(120));
    assert_eq!(settings.longest_silence(), Duration::from_secs(360));
}

#[test]
fn reads_the_batch_section() {
    let batch = |changes| parse(&file("msg_batch_signer", changes), SignerType::Batch);
    assert_eq!(batch(&[]).unwrap().chunk_size.unwrap().get(), 200);
    assert_eq!(batch(&[("chunk_size", "\"7\"")]).unwrap().chunk_size.unwrap().get(), 7);
    assert!(
        batch(&[("chunk_size", "0")])
            .unwrap_err()
            .contains("msg_batch_signer.chunk_size: expected a whole number")
    );
    refused(&[("chunk_size", "7")], &["msg_signer.chunk_size", "unknown key"]);
    let both = format!("{}msg_batch_signer: 5\n", file("msg_signer", &[]));
    assert!(parse(&both, SignerType::Single).is_ok());
    assert!(
        parse(&both, SignerType::Batch)
            .unwrap_err()
            .contains("msg_batch_signer: expected a mapping")
    );
    let merged = format!(
        "{}msg_batch_signer:\n  <<: *m\n  retries: 9\n  chunk_size: 3\n",
        file("msg_signer", &[]).replace("signer:", "signer: &m")
    );
    let settings = parse(&merged, SignerType::Batch).unwrap();
    assert_eq!((settings.retries, settings.chunk_size.unwrap().get()), (9, 3));
}

#[test]
fn names_what_is_missing_or_unknown() {
    let other = "cosign_signer: {timeout: [x], timeout: 5}\nmsg_batch_signer:\n";
    for (text, expected) in [
        (
            other.to_string(),
            "f.yaml: msg_signer: this section is missing; the file has cosign_signer, msg_batch_signer",
        ),
        ("{}".into(), "f.yaml: msg_signer: this section is missing; add it"),
        (String::new(), "f.yaml: the file is empty"),
        ("msg_signer:\n".into(), "msg_signer: expected a mapping"),
        (
            file("msg_signer", &[]) + "  timeout: 5\n",
            "msg_signer: duplicate key \"timeout\"; remove one",
        ),
        (file("msg_signer", &[]).repeat(2), "msg_signer: duplicate section; remove one"),
    ] {
        let problem = parse(&text, SignerType::Single).unwrap_err();
        assert!(problem.contains(expected), "{problem}");
    }
    assert!(parse(&(other.to_string() + &file("msg_signer", &[])), SignerType::Single).is_ok());
    for required in BASE
        .iter()
        .map(|(key, _)| *key)
        .filter(|key| !key.ends_with("_key") && !key.ends_with("_cert"))
    {
        refused(&[(required, "-")], &[&format!("msg_signer.{required}: this key is required")]);
    }
    refused(&[("message_id_key", "-")], &["msg_signer.message_id_key: this key is required"]);
    refused(&[("timeot", "1")], &["msg_signer.timeot", "did you mean timeout?"]);
    refused(
        &[("bogus", "1")],
        &["msg_signer.bogus", "the keys are messaging_brokers, ", "deadline"],
    );
}

#[test]
fn refuses_wrong_values() {
    for (key, value, expected) in [
        ("service", "5", "quote it: \"5\""),
        ("environment", "1", "quote it"),
        ("environment", "true", "quote it"),
        ("environment", "", "no value"),
        ("task_id_attribute", "1", "quote it"),
        ("task_id_attribute", "\"\"", "empty"),
        ("task_id_attribute", "request_id", "another name"),
        ("message_id_key", "\"\"", "empty"),
        ("messaging_cert_key", "\"\"", "empty"),
        ("messaging_cert_key", "~root/x", "in full"),
        (
            "key_aliases",
            "{production: 12345678}",
            "production: expected a string, found the number 12345678",
        ),
        ("key_aliases", "{12345678: x}", "quote it: \"12345678\""),
        ("key_aliases", "[x]", "mapping"),
        ("key_aliases", "{a: x, a: y}", "duplicate"),
        ("messaging_brokers", "amqps://broker", "[\"amqps://host:5671\"]"),
        ("messaging_brokers", "[]", "no broker"),
        ("messaging_brokers", "[5]", "item 1"),
        ("messaging_brokers", "[amqps://a, https://b]", "https://b"),
        ("topic_send_to", "\"\"", "empty"),
        ("topic_send_to", "\"{a.b}\"", "attributes"),
        ("topic_listen_to", "5", "quote it"),
        ("timeout", "0", "at least 1"),
        ("timeout", "\"2.5\"", "whole number"),
        ("timeout", "true", "whole number"),
        ("timeout", "5000000", "lower one"),
        ("retries", "0", "at least 1"),
        ("send_retries", "-1", "at least 1"),
        ("connect_timeout", "0", "above 0"),
        ("close_timeout", "-1", "above 0"),
        ("deadline", "0", "above 0"),
        ("idle_timeout", "1.9", "at least 2"),
        ("log_level", "loud", "DEBUG, INFO"),
        ("sasl", "gssapi", "auto, none, anonymous, external, plain"),
        ("sender_target", "queue", "auto, address, anonymous"),
        ("tls_verify", "false", "full, ca, none"),
        ("durable", "1", "true or false"),
        ("max_message_size", "64 MB", "MiB"),
        ("open_hostname", "\"\"", "empty"),
        ("service", "${NOPE}", "NOPE is not set"),
        ("service", "\"x${T\"", "not closed"),
        ("timeout", "${EMPTY}", "whole number"),
    ] {
        refused(&[(key, value)], &["f.yaml", &format!("msg_signer.{key}: "), expected]);
    }
}

#[test]
fn every_key_is_read_as_the_table_says() {
    let batch = |key: &str, value: &str| {
        parse(&file("msg_batch_signer", &[(key, value)]), SignerType::Batch)
    };
    for key in keys::of(SignerType::Batch) {
        let wrong = if key.name == "key_aliases" { "[]" } else { "{}" };
        let problem = batch(key.name, wrong).expect_err(key.name);
        let expected = format!("msg_batch_signer.{}: expected {}, found a", key.name, key.takes);
        assert!(problem.contains(&expected), "{problem}");
        if let keys::Takes::Word(words) = key.takes {
            for word in words {
                // What does not go together with other keys is known all the same.
                let problem = batch(key.name, word).err().unwrap_or_default();
                assert!(!problem.contains("expected"), "{problem}");
            }
        }
    }
}

#[test]
fn bounds_the_time_to_live() {
    refused(&[("retries", "4000000000")], &["msg_signer.timeout", "lower one of them"]);
    let settings =
        with(&[("timeout", "4294967"), ("retries", "1"), ("send_retries", "4294967295")]).unwrap();
    assert!(settings.time_to_live().as_millis() <= u32::MAX.into());
    assert_eq!(settings.longest_silence().as_secs(), 4_294_967 * u64::from(u32::MAX));
}

#[test]
fn takes_every_optional_value() {
    let settings = with(&[
        ("connect_timeout", "0.5"),
        ("close_timeout", "\"3\""),
        ("idle_timeout", "0"),
        ("sasl", "External"),
        ("sender_target", "address"),
        ("open_hostname", "vhost"),
        ("tls_verify", "ca"),
        ("durable", "no"),
        ("max_message_size", "1 KiB"),
        ("deadline", "1.5"),
        ("log_level", "Critical"),
        ("messaging_key_passphrase_file", "~/pass"),
        ("timeout", "2.9"),
        ("key_aliases", "{a: 55A34A82, b: 1234567e1, c: 00112233, d: \"1\"}"),
        ("environment", "\"\""),
    ])
    .unwrap();
    assert_eq!(settings.connect_timeout, Duration::from_millis(500));
    assert_eq!(settings.close_timeout, Duration::from_secs(3));
    assert_eq!((settings.idle_timeout, settings.sasl), (None, Sasl::External));
    assert_eq!(
        (settings.sender_target, settings.tls_verify),
        (SenderTarget::Address, TlsVerify::Ca)
    );
    assert_eq!(settings.open_hostname.as_deref(), Some("vhost"));
    assert!(!settings.durable);
    assert_eq!(
        (settings.max_message_size, settings.deadline),
        (1024, Some(Duration::from_millis(1500)))
    );
    assert_eq!(settings.log_level, Some(LevelFilter::Error));
    assert_eq!(settings.passphrase_file.as_deref(), Some(Path::new("/home/me/pass")));
    assert_eq!(settings.timeout, Duration::from_secs(2));
    assert_eq!(
        settings.key_aliases.values().collect::<Vec<_>>(),
        ["55A34A82", "1234567e1", "00112233", "1"]
    );
}

#[test]
fn expands_variables_everywhere_in_the_section() {
    let settings = with(&[
        ("timeout", "${T}"),
        ("messaging_brokers", "[\"${URL}:5\", amqps://b]"),
        ("service", "a${T}b"),
        ("environment", "${EMPTY}"),
        ("messaging_ca_cert", "${HOME}/ca.pem"),
        ("key_aliases", "{\"k${T}\": \"${NUMBER}\"}"),
    ])
    .unwrap();
    assert_eq!(settings.timeout, Duration::from_secs(7));
    assert_eq!(settings.brokers[0].to_string(), "amqps://other:5");
    assert_eq!((settings.service.as_str(), settings.environment.as_str()), ("a7b", ""));
    assert_eq!(settings.ca.as_deref(), Some(Path::new("/home/me/ca.pem")));
    assert_eq!(settings.key_aliases["k7"], "12345678");
    let other = format!("cosign_signer: {{x: \"${{NOPE}}\"}}\n{}", file("msg_signer", &[]));
    assert!(parse(&other, SignerType::Single).is_ok());
}

#[test]
fn certificate_ca_and_credentials_go_together() {
    let plain = ("messaging_brokers", "[amqp://broker]");
    let mixed = ("messaging_brokers", "[amqps://a, amqp://b]");
    let (no_cert, no_ca) = (("messaging_cert_key", "-"), ("messaging_ca_cert", "-"));
    let (user, password) = (("username", "me"), ("password_file", "/pw"));
    for good in [
        &[plain, no_cert, no_ca][..],
        &[mixed],
        &[no_cert, user, password],
        &[no_ca, ("tls_verify", "none")],
        &[user, password, ("sasl", "plain")],
        &[user, password],
        &[plain, no_cert, no_ca, ("sasl", "anonymous")],
    ] {
        with(good).unwrap();
    }
    for (bad, key) in [
        (&[no_ca][..], "messaging_ca_cert"),
        (&[no_ca, ("tls_verify", "ca")], "messaging_ca_cert"),
        (&[mixed, no_ca], "messaging_ca_cert"),
        (&[no_cert], "messaging_cert_key"),
        (&[mixed, no_cert], "messaging_cert_key"),
        (&[no_cert, ("sasl", "anonymous")], "messaging_cert_key"),
        (&[user], "username"),
        (&[password], "password_file"),
        (&[mixed, user, password], "username"),
        (&[plain, user, password], "username"),
        (&[("sasl", "plain")], "sasl"),
        (&[user, password, ("sasl", "external")], "sasl"),
        (&[user, password, ("sasl", "none")], "sasl"),
        (&[mixed, ("sasl", "external")], "sasl"),
        (&[plain, no_cert, ("sasl", "external")], "sasl"),
        (
            &[plain, no_cert, ("messaging_key_passphrase_file", "/p")],
            "messaging_key_passphrase_file",
        ),
    ] {
        refused(bad, &[&format!("f.yaml: msg_signer.{key}: ")]);
    }
    refused(&[("messaging_brokers", "[\"amqps://me:secret@b\"]")], &["username and password_file"]);
    assert!(
        !with(&[("messaging_brokers", "[\"amqps://me:secret@b\"]")])
            .unwrap_err()
            .contains("secret")
    );
}

#[test]
fn reads_levels_in_any_case() {
    use log::LevelFilter::*;
    for (name, expected) in [
        ("debug", Some(Debug)),
        ("Info", Some(Info)),
        ("WARNING", Some(Warn)),
        ("warn", Some(Warn)),
        ("error", Some(Error)),
        ("critical", Some(Error)),
        ("TRACE", Some(Trace)),
        ("off", Some(Off)),
        ("", None),
        ("10", None),
    ] {
        assert_eq!(parse_level(name), expected);
    }
}

#[test]
fn says_why_a_file_cannot_be_read() {
    for (path, expected) in [("/nonexistent/f.yaml", "No such file"), ("/", "Is a directory")] {
        let error = Settings::load(Path::new(path), SignerType::Single).unwrap_err();
        assert!(
            matches!(&error, Error::Config { key, problem, .. } if key.is_empty() && problem.contains(expected))
        );
    }
}
