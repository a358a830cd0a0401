//! The rules of the whole file, as tables.

use std::{path::Path, time::Duration};

use log::LevelFilter;

use super::*;
use crate::error::Error;

mod mqtt;
mod refusals;
mod secrets;

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

/// The base with some keys replaced or added; "-" removes a key.
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
fn reads_the_file_of_pubtools_sign_with_the_default_values() {
    let settings = with(&[]).unwrap();
    assert_eq!(settings.section(), "msg_signer");
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
    assert_eq!((settings.protocol(), settings.mqtt_version), (Protocol::Amqp, MqttVersion::V5));
    assert_eq!((settings.mqtt_client_id.as_ref(), settings.mqtt_max_open), (None, 500));
    assert!(settings.tls_alpn.is_empty());
    assert_eq!((settings.verify_keys.len(), settings.verify), (0, Verify::IfKnown));
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
fn accepts_every_optional_value() {
    let settings = with(&[
        ("connect_timeout", "0.5"),
        ("close_timeout", "\"3\""),
        ("idle_timeout", "0"),
        ("sasl", "External"),
        ("sender_target", "address"),
        ("sender_capability", "Topic"),
        ("receiver_capability", "queue"),
        ("open_hostname", "vhost"),
        ("tls_verify", "ca"),
        ("durable", "no"),
        ("foreign_replies", "release"),
        ("max_message_size", "1 KiB"),
        ("deadline", "1.5"),
        ("verify_keys", "[~/keys.asc, /etc/pki/rpm-gpg]"),
        ("verify", "Off"),
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
    assert_eq!(
        (settings.sender_capability, settings.receiver_capability),
        (Capability::Topic, Capability::Queue)
    );
    assert_eq!(settings.open_hostname.as_deref(), Some("vhost"));
    assert!(!settings.durable);
    assert_eq!(settings.foreign_replies, ForeignReplies::Release);
    assert_eq!(
        (settings.max_message_size, settings.deadline),
        (1024, Some(Duration::from_millis(1500)))
    );
    assert_eq!(
        settings.verify_keys,
        [Path::new("/home/me/keys.asc"), Path::new("/etc/pki/rpm-gpg")]
    );
    assert_eq!(settings.verify, Verify::Off);
    assert_eq!(with(&[("verify", "off")]).unwrap().verify, Verify::Off);
    let one = with(&[("verify_keys", "keys.asc"), ("verify", "require")]).unwrap();
    assert_eq!((&*one.verify_keys, one.verify), (&["keys.asc".into()][..], Verify::Require));
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
fn numbers_in_other_bases_are_numbers() {
    let settings = with(&[("timeout", "0x10"), ("retries", "+3"), ("max_message_size", "0x400")]);
    let settings = settings.unwrap();
    assert_eq!((settings.timeout, settings.retries), (Duration::from_secs(16), 3));
    assert_eq!(settings.max_message_size, 1024);
}

#[test]
fn what_is_probably_not_meant_is_doubted() {
    assert!(with(&[]).unwrap().doubts().is_empty());
    let settings = with(&[("service", "\" \""), ("environment", "${EMPTY}")]).unwrap();
    let doubts = settings.doubts().join("\n");
    for key in ["msg_signer.service is empty", "msg_signer.environment is empty"] {
        assert!(doubts.contains(key), "{doubts}");
    }
    let settings = with(&[("service", "\"me\\n\""), ("environment", "\" a\"")]).unwrap();
    let doubts = settings.doubts().join("\n");
    for doubt in [
        "service is sent with its blanks: \"me\\n\"",
        "environment is sent with its blanks: \" a\"",
    ] {
        assert!(doubts.contains(doubt), "{doubts}");
    }
    assert!(with(&[("service", "\"me and I\"")]).unwrap().doubts().is_empty());
    assert!(with(&[("message_id_key", "\"request_id\\n\"")]).is_err());
    assert_eq!(with(&[("log_level", "\"DEBUG\\n\"")]).unwrap().log_level_text.unwrap(), "DEBUG");
}

#[test]
fn a_file_without_an_end_is_not_read() {
    let error = Settings::load("/dev/zero".as_ref(), SignerType::Single).unwrap_err().to_string();
    assert_eq!(error, "/dev/zero: is larger than 16 MiB; expected a YAML file");
}

/// Each of these took a time that grew with the square of its length.
#[test]
fn large_files_are_read_in_a_time_that_grows_with_their_length() {
    let good = file("msg_signer", &[]);
    let aliases: String = (0..30_000).map(|at| format!("    k{at}: \"AAAA{at:04}\"\n")).collect();
    let settings = parse(&format!("{good}  key_aliases:\n{aliases}"), SignerType::Single).unwrap();
    assert_eq!(settings.key_aliases.len(), 30_000);
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("[", ""), ("[{a: ", "}]")] {
        for count in [200, 100_000] {
            let nested = format!("{}{}", open.repeat(count), close.repeat(count));
            let foreign = parse(&format!("x: {nested}\n{good}"), SignerType::Single);
            assert_eq!(foreign.is_ok(), !close.is_empty(), "{open}");
            assert!(with(&[("service", &nested)]).is_err(), "{open}");
        }
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
