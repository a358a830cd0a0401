//! The sections of each kind of request, byte by byte.

use std::{collections::HashSet, time::SystemTime};

use amqp_sandbox::{
    Body,
    record::RequestRecord,
    types::{messaging::Properties, primitives::SimpleValue},
};
use openssl::base64;

use crate::harness::{Bench, SEND_TO, images};

fn digest(index: usize) -> String {
    format!("sha256:{index:064x}")
}

/// The claim for an image of [`images`], as it is sent.
fn claim_file(index: usize) -> String {
    claim(&digest(index), &format!("registry.example.com/ns/app:{index}"))
}

fn claim(digest: &str, reference: &str) -> String {
    let text = format!(
        r#"{{"critical": {{"type": "atomic container signature", "image": {{"docker-manifest-digest": "{digest}"}}, "#
    ) + &format!(
        r#""identity": {{"docker-reference": "{reference}"}}}}, "optional": {{"creator": "pubtools-sign"}}}}"#
    );
    base64::encode_block(text.as_bytes())
}

#[track_caller]
fn text(request: &RequestRecord) -> String {
    match request.body() {
        Body::Text(text) => text,
        other => panic!("no amqp-value with a string: {other:?}"),
    }
}

/// The id and the time of a request, both in the form that signing servers expect.
#[track_caller]
fn stamp(request: &RequestRecord) -> (String, String) {
    let json = request.json();
    let (id, created) = (json["request_id"].as_str().unwrap(), json["created"].as_str().unwrap());
    let id_is_random = uuid::Uuid::parse_str(id).unwrap();
    assert_eq!((id_is_random.get_version_num(), id_is_random.to_string().as_str()), (4, id));
    let time = humantime::parse_rfc3339(created).unwrap();
    assert!(SystemTime::now().duration_since(time).unwrap().as_secs() < 60, "{created}");
    // Python leaves out a fraction of 0, which occurs once in a million times.
    assert!(
        created.len() == "2026-01-29T12:00:00.000001Z".len()
            || created.len() == "2026-01-29T12:00:00Z".len()
    );
    (id.to_owned(), created.to_owned())
}

#[track_caller]
fn has_application_properties(request: &RequestRecord, expected: &[(&str, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, value)| ((*name).to_owned(), SimpleValue::String((*value).to_owned())))
        .collect();
    assert_eq!(request.application_properties(), expected);
}

/// The properties that all requests of this suite begin with.
fn common<'a>(mtype: &'a str, rest: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let first = [
        ("service", "suite"),
        ("environment", "prod"),
        ("owner_id", "sandbox-client"),
        ("mtype", mtype),
        ("source", "metadata"),
    ];
    [&first, rest].concat()
}

#[test]
fn a_container_request_has_exactly_these_sections() {
    let bench = Bench::new();
    bench.run(&bench.config(), &images(2)).expect(0);
    let record = bench.record();
    assert_eq!(record.requests.len(), 2);
    for (index, request) in record.requests.iter().enumerate() {
        let header = request.header().unwrap();
        assert!(header.durable);
        assert_eq!(header.ttl, Some(10 * 2 * 1000));
        assert_eq!(header.delivery_count, 0);
        // Only `to`: no message-id, no correlation-id, no content-type.
        assert_eq!(request.properties(), Some(&Properties::builder().to(SEND_TO).build()));
        assert!(request.message.delivery_annotations.is_none());
        assert!(request.message.message_annotations.is_none());
        assert!(request.message.footer.is_none());
        assert_eq!(request.message_format, Some(0));
        assert!(!request.settled);
        let digest = digest(index);
        has_application_properties(
            request,
            &common("container_signature", &[("pub_task_id", "7"), ("manifest_digest", &digest)]),
        );
        let (id, created) = stamp(request);
        let expected = format!(
            r#"{{"sig_key_id": "ABCD1234", "claim_file": "{}", "request_id": "{id}", "created": "{created}", "requested_by": "sandbox-client", "repo": "ns/app", "pub_task_id": "7", "manifest_digest": "{digest}"}}"#,
            claim_file(index)
        );
        assert_eq!(text(request), expected);
    }
}

#[test]
fn ids_and_tags_are_distinct() {
    let bench = Bench::new();
    bench.run(&bench.config(), &images(200)).expect(0);
    let record = bench.record();
    let ids: HashSet<_> = record.requests.iter().map(|request| stamp(request).0).collect();
    let tags: HashSet<_> =
        record.requests.iter().map(|request| request.delivery_tag.clone()).collect();
    assert_eq!((ids.len(), tags.len()), (200, 200));
    assert!(tags.iter().all(|tag| (1..=32).contains(&tag.len())), "AMQP 1.0 part 2.8.7");
}

#[test]
fn a_key_name_and_the_last_8_characters_of_a_key_are_sent() {
    let bench = Bench::new();
    let config = bench.config().set("key_aliases", "{production: 4096R/55A34A82}");
    let arguments = images(1).replace("ABCD1234", "production")
        + " --signing-key-name release2 --requester jörg😀";
    bench.run(&config, &arguments).expect(0);
    let record = bench.record();
    let (id, created) = stamp(&record.requests[0]);
    let expected = format!(
        r#"{{"sig_key_id": "55A34A82", "claim_file": "{}", "request_id": "{id}", "created": "{created}", "requested_by": "j\u00f6rg\ud83d\ude00", "repo": "ns/app", "sig_keyname": "release2", "pub_task_id": "7", "manifest_digest": "{}"}}"#,
        claim_file(0),
        digest(0)
    );
    assert_eq!(text(&record.requests[0]), expected);
    let properties = record.requests[0].application_properties();
    assert_eq!(properties[2], ("owner_id".into(), SimpleValue::String("jörg😀".into())));
}

#[test]
fn every_key_gets_a_request_for_every_image() {
    let bench = Bench::new();
    bench.run(&bench.config(), &(images(2) + " --signing-key EFGH5678")).expect(0);
    let order: Vec<_> = bench.record().requests.iter().map(RequestRecord::json).collect();
    let order: Vec<_> = order
        .iter()
        .map(|json| {
            (json["manifest_digest"].as_str().unwrap(), json["sig_key_id"].as_str().unwrap())
        })
        .collect();
    let (first, second) = (digest(0), digest(1));
    let [first, second] = [first.as_str(), second.as_str()];
    assert_eq!(
        order,
        [(first, "ABCD1234"), (first, "EFGH5678"), (second, "ABCD1234"), (second, "EFGH5678")]
    );
}

#[test]
fn a_clear_request_carries_data() {
    let bench = Bench::new();
    bench.run(&bench.config(), "clear-sign --signing-key K --task-id 7 hello").expect(0);
    bench
        .run(&bench.config(), "clear-sign --signing-key K --task-id 7 --repo ns/app hello")
        .expect(0);
    let record = bench.record();
    for (request, repo) in record.requests.iter().zip(["null", "\"ns/app\""]) {
        let (id, created) = stamp(request);
        let expected = format!(
            r#"{{"sig_key_id": "K", "data": "aGVsbG8=", "request_id": "{id}", "created": "{created}", "requested_by": "sandbox-client", "repo": {repo}, "pub_task_id": "7"}}"#
        );
        assert_eq!(text(request), expected);
        has_application_properties(
            request,
            &common("clearsign_signature", &[("pub_task_id", "7")]),
        );
    }
}

#[test]
fn a_blob_request_carries_an_artifact() {
    let bench = Bench::new();
    let blob = bench.file("blob", [0, 0xff, b'\r', b'\n']);
    let arguments = format!(
        "blob-sign --signing-key K --signing-key-name n --task-id 7 --blob-file {}",
        blob.display()
    );
    bench.run(&bench.config(), &arguments).expect(0);
    let record = bench.record();
    let (id, created) = stamp(&record.requests[0]);
    let expected = format!(
        r#"{{"sig_key_id": "K", "artifact": "AP8NCg==", "request_id": "{id}", "created": "{created}", "requested_by": "sandbox-client", "repo": "", "sig_keyname": "n", "pub_task_id": "7"}}"#
    );
    assert_eq!(text(&record.requests[0]), expected);
    has_application_properties(
        &record.requests[0],
        &common("gpg_signature", &[("pub_task_id", "7")]),
    );
}

#[test]
fn a_batch_request_carries_claims_of_one_repository() {
    let bench = Bench::new();
    let arguments = images(2)
        + " --digest sha256:000000000000000000000000000000000000000000000000000000000000000f --reference r/other:1 --signer-type batch --signing-key-name a \
           --signing-key 0123456789 --signing-key-name b";
    bench.run(&bench.config().set("chunk_size", "200"), &arguments).expect(0);
    let record = bench.record();
    assert_eq!(record.requests.len(), 2);
    let keys = r#""sig_keynames": ["a", "b"], "sig_key_ids": ["ABCD1234", "23456789"]"#;
    let described = |claim_file: &str, digest: &str, repo: &str| {
        format!(
            r#"{{"claim_file": "{claim_file}", {keys}, "manifest_digest": "{digest}", "repo": "{repo}"}}"#
        )
    };
    let first =
        [0, 1].map(|index| described(&claim_file(index), &digest(index), "ns/app")).join(", ");
    let second = described(
        &claim(
            "sha256:000000000000000000000000000000000000000000000000000000000000000f",
            "r/other:1",
        ),
        "sha256:000000000000000000000000000000000000000000000000000000000000000f",
        "other",
    );
    for (request, claims) in record.requests.iter().zip([first, second]) {
        let (id, created) = stamp(request);
        let expected = format!(
            r#"{{"claims": [{claims}], "request_id": "{id}", "created": "{created}", "requested_by": "sandbox-client", "pipeline_run_id": "7"}}"#
        );
        assert_eq!(text(request), expected);
        has_application_properties(request, &common("batch", &[("pipeline_run_id", "7")]));
    }
}

#[test]
fn the_task_id_has_the_configured_name() {
    let bench = Bench::new();
    let config = bench.config().set("task_id_attribute", "my_task");
    bench.run(&config, "clear-sign --signing-key K --task-id 7 hello").expect(0);
    let record = bench.record();
    has_application_properties(
        &record.requests[0],
        &common("clearsign_signature", &[("my_task", "7")]),
    );
    assert!(text(&record.requests[0]).ends_with(r#""repo": null, "my_task": "7"}"#));
}

#[test]
fn durability_can_be_switched_off() {
    let bench = Bench::new();
    bench.run(&bench.config().set("durable", "false").patience(3, 4, 1), &images(1)).expect(0);
    let record = bench.record();
    let header = record.requests[0].header().unwrap();
    assert!(!header.durable);
    assert_eq!(header.ttl, Some(3 * 4 * 1000));
}
