//! Tables for addresses made from templates.

use super::super::SignerType;
use super::*;
use std::path::Path;

fn settings(extra: &str) -> Settings {
    let text = format!(
        "msg_batch_signer:\n  messaging_brokers: [amqp://b]\n  topic_send_to: a\n  topic_listen_to: b\n  \
         environment: prod\n  service: \"s#1\"\n  timeout: 60\n  retries: 2\n  send_retries: 3\n  \
         message_id_key: request_id\n{extra}"
    );
    Settings::parse(&text, Path::new("f.yaml"), SignerType::Batch, &|_| None).unwrap()
}

fn render(
    text: &str,
    creator: &str,
    operation: &[(&'static str, Option<&str>)],
) -> Result<String, Error> {
    let operation: Vec<_> =
        operation.iter().map(|(name, value)| (*name, value.map(String::from))).collect();
    let template = Template::parse(text).unwrap();
    settings("  log_level: Debug\n").render_address(
        "topic_listen_to",
        &template,
        creator,
        &operation,
    )
}

const OPERATION: &[(&str, Option<&str>)] =
    &[("task_id", Some("t-1")), ("requester", None), ("repo", None)];

#[test]
fn fills_in_the_fields() {
    for (text, expected) in [
        ("queue://Consumer.{creator}.{task_id}.>", "queue://Consumer.Me and I.t-1.>"),
        ("{environment}.{timeout}.{retries}.{send_retries}.{chunk_size}", "prod.60.2.3.200"),
        ("{message_id_key}.{task_id_attribute}.{log_level}", "request_id.pub_task_id.Debug"),
        ("{{task_id}}", "{task_id}"),
        // In a template everything is allowed.
        ("queue://a,topic://b?x=%41::{task_id}:/#", "queue://a,topic://b?x=%41::t-1:/#"),
        // Doubted, with a warning.
        (
            "queue://Consumer.{creator}.{task_id}.VirtualTopic.x",
            "queue://Consumer.Me and I.t-1.VirtualTopic.x",
        ),
    ] {
        assert_eq!(render(text, "Me and I", OPERATION).unwrap(), expected);
    }
    let requested =
        &[("task_id", Some("t")), ("requester", Some("r")), ("environment", Some("own"))];
    assert_eq!(render("{requester}.{creator}.{environment}", "r", requested).unwrap(), "r.r.own");
    let slash = &[("task_id", Some("a/b")), ("repo", Some("ns/app"))];
    assert_eq!(render("queue://{task_id}.{repo}", "c", slash).unwrap(), "queue://a/b.ns/app");
}

#[test]
fn refuses_values_that_change_the_address() {
    for (text, creator, operation, status, expected) in [
        (
            "{nope}",
            "c",
            OPERATION,
            78,
            "the fields are task_id, requester, repo, creator, environment, ",
        ),
        ("{requester}", "c", OPERATION, 78, "({creator} always has one); requester is required"),
        ("{repo}", "c", OPERATION, 78, "no value; repo is required"),
        ("{messaging_ca_cert}", "c", OPERATION, 78, "set the key messaging_ca_cert"),
        ("{service}", "c", OPERATION, 78, "wildcard '#'"),
        ("{creator}", "a*", OPERATION, 78, "certificate's name: \"a*\" holds the wildcard '*'"),
        ("{creator}", "a\nb", OPERATION, 78, "control character"),
        ("fixed", "", OPERATION, 78, "neither CN nor UID"),
        (
            "{creator}",
            "a>",
            &[("requester", Some("a>"))],
            2,
            "requester: \"a>\" holds the wildcard",
        ),
        ("{creator}", "a>", &[("requester", Some(""))], 78, "the client certificate's name"),
        ("{task_id}", "c", &[("task_id", Some("a b"))], 2, "task_id: \"a b\" holds the blank"),
        ("{task_id}", "c", &[("task_id", Some("a#"))], 2, "wildcard"),
        ("{task_id}", "c", &[("task_id", Some("a\u{7f}"))], 2, "control"),
        ("{task_id}", "c", &[("task_id", Some(""))], 2, "task_id: it is empty"),
        (
            "queue://Consumer.{creator}.VirtualTopic.x",
            "Doe, Jane",
            OPERATION,
            78,
            "certificate's name: \"Doe, Jane\" holds ',', which separates addresses on ActiveMQ; requester is required",
        ),
        (
            "queue://Consumer.{creator}-{task_id}.VirtualTopic.x",
            "c",
            &[("task_id", Some("1,queue://Victim,queue://b"))],
            2,
            "task_id: \"1,queue://Victim,queue://b\" holds ',', which separates addresses on ActiveMQ (it goes into topic_listen_to); use another",
        ),
        (
            "{requester}",
            "a?b=1",
            &[("requester", Some("a?b=1"))],
            2,
            "requester: \"a?b=1\" holds '?'",
        ),
        ("queue://{repo}", "c", &[("repo", Some("a,b"))], 2, "repo: \"a,b\" holds ','"),
        ("/queue/{repo}", "c", &[("repo", Some("ns/app"))], 2, "repo: \"ns/app\" holds '/', which"),
        ("x.{task_id}", "c", &[("task_id", Some("a/b"))], 2, "task_id: \"a/b\" holds '/', which"),
        (
            "queue://Consumer.c.VirtualTopic.{task_id}",
            "c",
            &[("task_id", Some("x."))],
            2,
            "task_id: \"x.\" ends with '.'; an empty segment would end the address",
        ),
        (
            "Consumer.a.VirtualTopic.x.{creator}",
            "Acme Inc.",
            OPERATION,
            78,
            "certificate's name: \"Acme Inc.\" ends with '.'; an empty segment",
        ),
        ("queue://Consumer.c.VirtualTopic.", "c", OPERATION, 78, "VirtualTopic.: an empty segment"),
        (
            "queue://Consumer.{creator}{task_id}.VirtualTopic.x",
            "c.Virtual",
            &[("task_id", Some("Topic.victim"))],
            78,
            "Consumer.c.VirtualTopic.victim.VirtualTopic.x: the values make a segment VirtualTopic",
        ),
    ] {
        let error = render(text, creator, operation).unwrap_err();
        let kind = if matches!(error, Error::Argument { .. }) { 2 } else { 78 };
        assert_eq!(kind, status, "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        assert!(
            status == 2
                || error.to_string().starts_with("f.yaml: msg_batch_signer.topic_listen_to: "),
            "{error}"
        );
    }
}

/// Each over MQTT, with the parts of the error or the topic.
#[test]
#[cfg(feature = "mqtt")]
fn over_mqtt_addresses_are_topics() {
    let text = |listen_to: &str, id: &str| {
        format!(
            "msg_signer:\n  messaging_brokers: [mqtt://b]\n  topic_send_to: a\n  \
             topic_listen_to: {listen_to:?}\n  mqtt_client_id: {id:?}\n  environment: prod\n  \
             service: $S\n  timeout: 60\n  retries: 2\n  send_retries: 3\n  \
             message_id_key: request_id\n"
        )
    };
    let read = |text: &str| {
        Settings::parse(text, Path::new("f.yaml"), SignerType::Single, &|_| None).unwrap()
    };
    let long = "x".repeat(65_530);
    for (template, creator, task_id, status, expected) in [
        ("topic://r.{creator}/{task_id}", "Me and I", "t-1", 0, "r.Me and I/t-1"),
        ("{creator}", "Consumer.a.b.VirtualTopics", "t", 0, "Consumer.a.b.VirtualTopics"),
        ("r/{task_id}", "c", "a/b", 2, "task_id: \"a/b\" holds '/', which separates levels of"),
        ("r/{task_id}", "c", "a+b", 2, "task_id: \"a+b\" holds '+', which is a wildcard in MQTT"),
        ("r/{task_id}", "c", "a#b", 2, "task_id: \"a#b\" holds the wildcard '#'"),
        ("r/{task_id}", "c", "a b", 2, "holds the blank ' '"),
        (
            "r/{creator}",
            "a/b",
            "t",
            78,
            "{creator} is the client certificate's name: \"a/b\" holds",
        ),
        ("topic://{messaging_cert_key}", "c", "t", 78, "{messaging_cert_key} has no value"),
        ("{service}/x", "c", "t", 78, "topic_listen_to: \"$S/x\" begins with '$'"),
        ("{creator}{task_id}", "c", &long, 0, &format!("c{long}")),
        ("{task_id}/{task_id}", "c", &long, 78, "a topic of 131061 bytes is too long"),
    ] {
        let fields = [("task_id", Some(task_id.to_owned())), ("requester", None), ("repo", None)];
        for (key, text) in
            [("topic_listen_to", text(template, "x")), ("mqtt_client_id", text("b", template))]
        {
            let settings = read(&text);
            let template = match key {
                "mqtt_client_id" => settings.mqtt_client_id.clone().unwrap(),
                _ => settings.listen_to.clone(),
            };
            let rendered = settings.render_address(key, &template, creator, &fields);
            // A client id may begin with anything, and what looks like a scheme belongs to it.
            match (key, rendered) {
                ("topic_listen_to", Ok(topic)) => assert_eq!((status, &*topic), (0, expected)),
                ("topic_listen_to", Err(error)) => {
                    assert_eq!(crate::Status::of_error(&error).code(), status, "{error}");
                    assert!(error.to_string().contains(expected), "{error}");
                }
                (_, Ok(_)) => assert!(status == 0 || expected.contains("'$'"), "{expected}"),
                (_, Err(error)) => {
                    assert!(error.to_string().contains("mqtt_client_id") || status == 2, "{error}")
                }
            }
        }
    }
    let settings = read(&text("b", "x"));
    settings.check_distinct("a", "b").unwrap();
    let same = settings.check_distinct("a", "a").unwrap_err().to_string();
    assert_eq!(
        same,
        "f.yaml: msg_signer.topic_listen_to: \"a\": it is the topic of topic_send_to, so that the client would get its own requests; use another topic"
    );
}
