//! Configurations that are refused, and the errors.

use super::*;

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
        ("service", "0x55A34A82", "found the number 0x55A34A82; quote it: \"0x55A34A82\""),
        ("service", "0o17", "quote it: \"0o17\""),
        ("service", "0b101", "quote it: \"0b101\""),
        ("service", "+5", "quote it: \"+5\""),
        ("service", "1.10", "found the number 1.10; quote it: \"1.10\""),
        ("key_aliases", "{1.10: a}", "the key 1.10 is a number; quote it: \"1.10\""),
        ("service", ".inf", "found the number .inf; quote it"),
        ("timeout", "0.50", "expected a whole number of at least 1, found 0"),
        ("connect_timeout", "-1.50", "found -1.50"),
        ("service", "-0x5", "quote it: \"-0x5\""),
        (
            "key_aliases",
            "{a: 0x55A34A82}",
            "a: expected a string, found the number 0x55A34A82; quote it",
        ),
        ("key_aliases", "{0x12: a}", "the key 0x12 is a number; quote it: \"0x12\""),
        ("messaging_brokers", "[0x12]", "quote it: \"0x12\""),
        ("sasl", "0x1", "found 0x1"),
        ("service", "", "no value; expected a string, such as service: example-service"),
        ("service", "null", "no value; expected a string, such as service: example-service"),
        ("timeout", "~", "no value; expected a whole number of at least 1, such as timeout: 60"),
        ("username", "null", "no value; expected a string; or remove the key"),
        (
            "log_level",
            "10",
            "DEBUG, INFO, WARNING, ERROR, CRITICAL, TRACE, OFF, found 10; write DEBUG",
        ),
        ("log_level", "0x1E", "found 0x1E; write WARNING"),
        ("log_level", "\"40\"", "found \"40\"; write ERROR"),
        ("log_level", "7", "found 7"),
        ("log_level", "true", "DEBUG, INFO, WARNING"),
        ("log_level", "[INFO]", "found a list"),
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
        ("sender_capability", "address", "none, queue, topic"),
        ("receiver_capability", "[queue]", "none, queue, topic"),
        ("foreign_replies", "reject", "accept, release"),
        ("tls_verify", "false", "full, ca, none"),
        ("durable", "1", "true or false"),
        ("verify", "yes", "require, if-known, off"),
        ("verify_keys", "\"\"", "empty"),
        ("verify_keys", "[]", "found no file in it; list at least one"),
        ("verify_keys", "7", "a path, or a list of paths, found the number 7"),
        ("verify_keys", "[a, {}]", "item 2: expected a path"),
        ("max_message_size", "64 MB", "MiB"),
        ("open_hostname", "\"\"", "empty"),
        ("mqtt_version", "3.1", "one of 5, 3.1.1, found 3.1; 3.1 is older than what"),
        ("mqtt_version", "\"3\"", "found \"3\"; 3.1 is older than what"),
        ("mqtt_version", "4", "one of 5, 3.1.1, found 4; 4 is how 3.1.1 calls itself"),
        ("mqtt_version", "v5", "one of 5, 3.1.1, found \"v5\""),
        ("mqtt_version", "true", "one of 5, 3.1.1, found true"),
        ("mqtt_client_id", "7", "quote it"),
        ("mqtt_client_id", "\"\"", "empty"),
        ("mqtt_client_id", "\"{a.b}\"", "attributes"),
        ("mqtt_max_open", "0", "at least 1"),
        ("tls_alpn", "7", "a string, or a list of strings, found the number 7"),
        ("tls_alpn", "\"\"", "empty"),
        ("tls_alpn", "[]", "found no name in it; list at least one"),
        ("tls_alpn", "[a, {}]", "item 2: expected a string"),
        ("tls_alpn", "[a, \"\"]", "item 2: the value is empty"),
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
                // The word is known, even if it contradicts other keys.
                let problem = batch(key.name, word).err().unwrap_or_default();
                assert!(!problem.contains("expected"), "{problem}");
            }
        }
    }
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
        (&[plain, no_cert, ("messaging_key", "/k")], "messaging_key"),
        (&[("sender_capability", "queue"), ("sender_target", "anonymous")], "sender_capability"),
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
fn bounds_the_time_to_live() {
    refused(&[("retries", "4000000000")], &["msg_signer.timeout", "lower one of them"]);
    let settings =
        with(&[("timeout", "4294967"), ("retries", "1"), ("send_retries", "4294967295")]).unwrap();
    assert!(settings.time_to_live().as_millis() <= u32::MAX.into());
    assert_eq!(settings.longest_silence().as_secs(), 4_294_967 * u64::from(u32::MAX));
}
