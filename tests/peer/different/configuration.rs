//! Configuration that one of the two rejects, or understands differently.

use super::{image, text};
use crate::{case::Case, run::Run};

/// pubtools-sign ends with a traceback; amqp-messenger signs.
#[track_caller]
fn is_legal(case: Case) -> Run {
    let (theirs, ours) = case.both();
    assert!(theirs.record.requests.is_empty(), "{}", theirs.ended.stderr);
    assert_eq!((theirs.ended.status, theirs.ended.stdout.as_str()), (1, ""));
    ours.signed()
}

/// pubtools-sign signs; amqp-messenger refuses to begin.
#[track_caller]
fn is_a_mistake(case: Case) -> Run {
    let (theirs, ours) = case.both();
    ours.does_nothing(1);
    theirs.signed()
}

#[test]
fn a_log_level_is_optional_and_may_be_critical() {
    is_legal(image().without("log_level"));
    is_legal(image().set("log_level", "CRITICAL"));
}

#[test]
fn a_chunk_size_is_optional() {
    is_legal(image().words("--signer-type batch").without("chunk_size"));
}

#[test]
fn the_chunk_size_may_stand_in_an_address() {
    let ours = is_legal(image().words("--signer-type batch").yaml(|_, text| {
        let (single, batch) = text.split_once("msg_batch_signer").unwrap();
        format!("{single}msg_batch_signer{}", batch.replace("{creator}", "{chunk_size}"))
    }));
    assert!(ours.record.deliveries[0].address.contains("Consumer.200-"));
}

#[test]
fn other_sections_are_left_alone() {
    is_legal(image().yaml(|_, text| text + "cosign_signer:\n  no_key_of_it: 1\n"));
    is_legal(image().yaml(|_, text| text + "no_section_of_it: {}\n"));
    is_legal(image().yaml(|_, text| {
        let (single, _) = text.split_once("msg_batch_signer").unwrap();
        format!("{single}msg_batch_signer:\n  timeout: soon\n")
    }));
}

/// pubtools-sign replaces a variable only at the beginning of a value without quotes, and drops the rest of the value.
#[test]
fn variables_are_replaced_anywhere_in_a_value() {
    let service = |run: &Run| format!("{:?}", run.record.requests[0].application_properties()[0].1);
    for (yaml, theirs, ours) in [
        ("${PEER_TEST}-1", "v", "v-1"),
        ("a-${PEER_TEST}", "a-${PEER_TEST}", "a-v"),
        ("\"${PEER_TEST}\"", "${PEER_TEST}", "v"),
    ] {
        let runs = image().set("service", yaml).env("PEER_TEST", "v").both();
        let (theirs, ours) = (format!("String({theirs:?})"), format!("String({ours:?})"));
        assert_eq!(
            (service(&runs.0.signed()), service(&runs.1.signed())),
            (theirs, ours),
            "{yaml}"
        );
    }
}

#[test]
fn a_configuration_file_that_is_named_is_read_or_missing() {
    let elsewhere = |bench: &crate::harness::Bench, yaml: String| {
        let folder = bench.file("config.yaml", "").with_file_name(".config/pubtools-sign");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("conf.yaml"), &yaml).unwrap();
        yaml
    };
    is_a_mistake(image().words("--config-file nothing.yaml").yaml(elsewhere));
    // A shell replaces "~" if it is not quoted; amqp-messenger does so, too.
    is_legal(image().words("--config-file ~/config.yaml"));
}

#[test]
fn fields_of_addresses_are_plain_names_of_single_values() {
    for field in [
        "{creator!s}",
        "{creator:x>20}",
        "{signing_keys}",
        "{messaging_brokers[0]}",
        "{identity_references}",
    ] {
        let address = format!("\"queue://Consumer.{field}.VirtualTopic.sandbox.reply\"");
        is_a_mistake(image().set("topic_listen_to", &address));
    }
    // pubtools-sign puts Python's None in place of a missing value.
    let theirs = is_a_mistake(
        image()
            .set("topic_listen_to", "\"queue://Consumer.{requester}.VirtualTopic.sandbox.reply\""),
    );
    assert!(theirs.record.deliveries[0].address.contains("Consumer.None."));
}

#[test]
fn a_key_stands_there_once() {
    is_a_mistake(
        image().yaml(|_, text| text.replace("  service:", "  service: first\n  service:")),
    );
}

/// pubtools-sign reads YAML 1.1, in which "yes" is not a string and 010 is 8.
#[test]
fn yaml_is_of_version_1_2() {
    for text in ["yes", "Off", "1:30", "2026-01-29", "1_000"] {
        let ours = is_legal(image().set("service", text));
        assert!(
            format!("{:?}", ours.record.requests[0].application_properties()[0]).contains(text)
        );
    }
    is_legal(image().set("retries", "0o10"));
    // If the two versions read different numbers, amqp-messenger reports an error.
    for number in ["010", "'010'", "1:30"] {
        is_a_mistake(image().set("retries", number));
    }
    is_a_mistake(image().set("service", "0o17"));
}

#[test]
fn a_broker_is_a_host_and_a_port() {
    is_a_mistake(image().yaml(|_, text| text.replace("amqps://", "amqps://me:secret@")));
    is_a_mistake(image().yaml(|bench, text| {
        text.replace(&bench.sandbox.amqps_url(), &(bench.sandbox.amqps_url() + "/vhost"))
    }));
}

/// pubtools-sign speaks AMQP whatever the scheme is, and TLS only for "amqps".
#[test]
fn a_scheme_says_the_protocol() {
    let prepared = image()
        .sandbox(|options| {
            options.amqp = true;
            options.mqtts = true;
        })
        .bench();
    let (amqps, plain) = (prepared.bench.sandbox.amqps_url(), prepared.bench.sandbox.amqp_url());
    prepared.rewrite(|yaml| yaml.replace(&amqps, &plain.replace("amqp://", "mqtts://")));
    let theirs = prepared.reference().signed();
    assert!(!theirs.record.connections[0].tls && theirs.record.requests[0].mqtt.is_none());
    let mqtts = format!("[\"{}\"]", prepared.bench.sandbox.mqtts_url());
    let topic = "topic://VirtualTopic.sandbox.reply";
    let config = prepared.bench.config().set("messaging_brokers", &mqtts);
    prepared.rewrite(|_| config.set("topic_listen_to", topic).yaml());
    let ours = prepared.ours().signed();
    assert!(ours.record.connections[0].tls && ours.record.requests[0].mqtt.is_some());
    // The document and the body are those of AMQP.
    theirs.prints_the_same(&ours);
}

#[test]
fn names_of_attributes_are_not_empty() {
    is_a_mistake(image().set("task_id_attribute", "''"));
    is_a_mistake(image().set("message_id_key", "''"));
}

/// The task id would replace the request id, by which the client assigns replies to requests.
#[test]
fn the_task_id_attribute_is_not_the_request_s_id() {
    let (theirs, ours) =
        text("one").set("task_id_attribute", "request_id").patience(1, 1, 1).both();
    ours.does_nothing(1);
    assert_eq!(theirs.record.requests[0].request_id.as_deref(), Some("7"));
}

#[test]
fn times_and_counts_are_at_least_one() {
    is_a_mistake(image().words("--signer-type batch").set("chunk_size", "0"));
    // pubtools-sign sends nothing or gives up at once, depending on the key.
    for key in ["timeout", "retries", "send_retries"] {
        image().set(key, "0").bench().ours().does_nothing(1);
    }
}
