//! What the broker sees: the bytes of requests, the links, the connection.

use std::{collections::HashSet, time::SystemTime};

use amqp_sandbox::{
    Body, Record,
    record::{ConnectionRecord, Direction, LinkRecord, RequestRecord},
    types::{
        definitions::{ReceiverSettleMode, SenderSettleMode},
        messaging::{Properties, TerminusDurability},
        primitives::SimpleValue,
    },
};
use openssl::base64;

use crate::harness::{Bench, Config, SEND_TO, images};

const LISTEN_TO: &str = "queue://Consumer.sandbox-client-7.VirtualTopic.sandbox.reply";
const BARE: Option<[u8; 8]> = Some(*b"AMQP\x00\x01\x00\x00");
const SASL: Option<[u8; 8]> = Some(*b"AMQP\x03\x01\x00\x00");

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

fn links(record: &Record, direction: Direction) -> Vec<&LinkRecord> {
    record.links.iter().filter(|link| link.direction == direction).collect()
}

#[track_caller]
fn the_connection(record: &Record) -> &ConnectionRecord {
    assert_eq!(record.connections.len(), 1, "{:#?}", record.connections);
    &record.connections[0]
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

#[test]
fn links_are_attached_as_pubtools_sign_attaches_them() {
    let bench = Bench::new();
    bench.run(&bench.config(), &images(1)).expect(0);
    let record = bench.record();
    let [receiver] = links(&record, Direction::Receiver)[..] else { panic!("{:#?}", record.links) };
    let source = receiver.source.as_ref().unwrap();
    assert_eq!(source.address.as_deref(), Some(LISTEN_TO));
    assert_eq!(
        (source.durable.clone(), source.timeout, source.dynamic),
        (TerminusDurability::None, 0, false)
    );
    assert_eq!(receiver.target.as_ref().and_then(|target| target.address.as_deref()), None);
    assert_eq!(receiver.receiver_settle_mode, ReceiverSettleMode::First);
    assert_eq!(receiver.sender_settle_mode, SenderSettleMode::Mixed);
    assert!(receiver.initial_credit > Some(0));

    let [sender] = links(&record, Direction::Sender)[..] else { panic!("{:#?}", record.links) };
    assert_eq!(sender.target.as_ref().unwrap().address, None);
    assert_eq!(sender.receiver_settle_mode, ReceiverSettleMode::First);
    assert_ne!(sender.name, receiver.name);
    assert!(receiver.name.contains(&record.connections[0].container_id));
    assert_eq!(record.requests[0].to(), Some(SEND_TO));
    assert_eq!(record.requests[0].target, None);
}

/// The sender's target and `to` depend on what the broker offers and on the configuration. A broker whose addresses begin
/// like that of the requests, with `topic://`, is presumed to offer the anonymous terminus.
#[test]
fn the_sender_is_attached_to_the_address_if_necessary_or_configured() {
    const BARE: &str = "VirtualTopic.sandbox.sign";
    for (relay, setting, address, targets) in [
        (false, "auto", BARE, &[Some(BARE)][..]),
        (true, "auto", BARE, &[None]),
        (false, "auto", SEND_TO, &[None, Some(SEND_TO)]),
        (true, "auto", SEND_TO, &[None]),
        (false, "address", SEND_TO, &[Some(SEND_TO)]),
        (true, "address", SEND_TO, &[Some(SEND_TO)]),
        (true, "anonymous", SEND_TO, &[None]),
    ] {
        let bench = Bench::with(|options| {
            options.anonymous_relay = relay;
            options.signing = vec![(address.into(), "topic://VirtualTopic.sandbox.reply".into())];
        });
        let config = bench.config().set("sender_target", setting).set("topic_send_to", address);
        bench.run(&config, &images(1)).expect(0);
        let record = bench.record();
        let attached = links(&record, Direction::Sender)
            .into_iter()
            .map(|link| link.target.as_ref().and_then(|target| target.address.as_deref()));
        assert_eq!(attached.collect::<Vec<_>>(), targets, "{relay} {setting} {address}");
        assert_eq!(record.connections.len(), targets.len(), "{relay} {setting} {address}");
        assert_eq!(record.requests[0].to(), Some(address));
        assert_eq!(record.requests[0].target.as_deref(), targets[targets.len() - 1]);
    }
}

/// No link asks for a capability unless it is configured; a sender that does is attached to its address.
#[test]
fn links_ask_for_the_capabilities_that_are_configured() {
    for (sender, receiver) in
        [("none", "none"), ("topic", "queue"), ("queue", "none"), ("none", "topic")]
    {
        let bench = Bench::new();
        let config = bench.config().set("sender_capability", sender);
        bench.run(&config.set("receiver_capability", receiver), &images(1)).expect(0);
        let record = bench.record();
        let [sending] = links(&record, Direction::Sender)[..] else {
            panic!("{:#?}", record.links)
        };
        let [receiving] = links(&record, Direction::Receiver)[..] else {
            panic!("{:#?}", record.links)
        };
        let expected = |word: &str| match word {
            "none" => vec![],
            word => vec![word.to_owned()],
        };
        let target = sending.target.as_ref().unwrap();
        assert_eq!(target.capabilities, expected(sender));
        assert_eq!(target.address.as_deref(), (sender != "none").then_some(SEND_TO));
        let source = receiving.source.as_ref().unwrap();
        assert_eq!(source.capabilities, expected(receiver));
        assert_eq!(source.address.as_deref(), Some(LISTEN_TO));
    }
}

/// The anonymous terminus is configured, and the broker has none.
#[test]
fn a_missing_anonymous_terminus_is_a_refusal() {
    let bench = Bench::with(|options| options.anonymous_relay = false);
    let ended = bench
        .run(&bench.config().set("sender_target", "anonymous").patience(1, 1, 1), &images(1))
        .expect(77);
    ended.says("anonymous terminus");
    assert!(bench.record().requests.is_empty());
}

#[test]
fn the_open_names_the_host_and_the_idle_timeout() {
    for (config, hostname, idle_time_out) in [
        (Bench::config as fn(&Bench) -> Config, "localhost", Some(15_000)),
        (
            |bench| bench.config().set("open_hostname", "vhost:a").set("idle_timeout", "8"),
            "vhost:a",
            Some(4_000),
        ),
        (|bench| bench.config().set("idle_timeout", "0"), "localhost", None),
    ] {
        let bench = Bench::new();
        bench.run(&config(&bench), &images(1)).expect(0);
        let record = bench.record();
        let connection = the_connection(&record);
        assert_eq!(connection.hostname.as_deref(), Some(hostname));
        // Half of the client's own: it waits twice as long as it announces (AMQP 1.0 part 2.4.5).
        assert_eq!(connection.idle_time_out, idle_time_out);
        assert!(
            (512..=65_536).contains(&connection.max_frame_size),
            "{}",
            connection.max_frame_size
        );
        assert!(
            uuid::Uuid::parse_str(&connection.container_id).is_ok(),
            "{}",
            connection.container_id
        );
        assert_eq!(connection.server_name.as_deref(), Some("localhost"));
    }
}

#[test]
fn one_bare_connection_with_an_orderly_close() {
    let bench = Bench::new();
    bench.run(&bench.config(), &images(3)).expect(0);
    let record = bench.sandbox.wait_for(crate::harness::LONG, Record::is_over).unwrap();
    let connection = the_connection(&record);
    assert_eq!((connection.protocol_header, connection.sasl_mechanism.as_deref()), (BARE, None));
    assert!(connection.tls && connection.close_received);
    assert!(connection.problems.is_empty(), "{:?}", connection.problems);
    let subject = connection.certificate_subject.as_deref().unwrap();
    assert!(subject.contains("CN=sandbox-client"), "{subject}");
    assert_eq!(record.accepted().count(), 3);
}

#[test]
fn every_reply_is_accepted_before_the_close_even_of_a_large_run() {
    let bench = Bench::new();
    bench.run(&bench.config(), &images(300)).expect(0);
    let record = bench.sandbox.wait_for(crate::harness::LONG, Record::is_over).unwrap();
    assert_eq!((record.deliveries.len(), record.accepted().count()), (300, 300));
    the_connection(&record);
}

/// A configuration of the plain port, without any certificate.
fn plain(bench: &Bench) -> Config {
    bench
        .config()
        .without("messaging_cert_key")
        .without("messaging_ca_cert")
        .set("messaging_brokers", &format!("[\"{}\"]", bench.sandbox.amqp_url()))
}

#[test]
fn sasl_is_spoken_if_the_broker_demands_it() {
    let bench = Bench::with(|options| options.sasl.required = true);
    let over_tls = bench.config();
    bench.run(&over_tls, &images(1)).expect(0);
    let headers = |record: &Record| -> Vec<_> {
        record.connections.iter().map(|c| (c.protocol_header, c.sasl_mechanism.clone())).collect()
    };
    let external = (SASL, Some("EXTERNAL".to_owned()));
    assert_eq!(headers(&bench.record()), [(BARE, None), external]);

    let bench = Bench::with(|options| options.sasl.required = true);
    bench.run(&plain(&bench), &(images(1) + " --requester me")).expect(0);
    let anonymous = (SASL, Some("ANONYMOUS".to_owned()));
    assert_eq!(headers(&bench.record()), [(BARE, None), anonymous]);
    assert_eq!(bench.record().requests.len(), 1);
}

/// ActiveMQ Classic, as shipped, does not offer EXTERNAL, and yet uses the certificate as identity.
#[test]
fn anonymous_is_used_if_external_is_not_offered() {
    let bench = Bench::with(|options| {
        options.sasl.required = true;
        options.sasl.mechanisms = vec!["PLAIN".into(), "ANONYMOUS".into()];
    });
    bench.run(&bench.config(), &images(1)).expect(0);
    assert_eq!(bench.record().connections[1].sasl_mechanism.as_deref(), Some("ANONYMOUS"));
}

#[test]
fn a_fixed_mechanism_saves_the_second_connection() {
    for (sasl, mechanism) in [("external", "EXTERNAL"), ("anonymous", "ANONYMOUS")] {
        for required in [true, false] {
            let bench = Bench::with(|options| options.sasl.required = required);
            bench.run(&bench.config().set("sasl", sasl), &images(1)).expect(0);
            let record = bench.record();
            let connection = the_connection(&record);
            assert_eq!(
                (connection.protocol_header, connection.sasl_mechanism.as_deref()),
                (SASL, Some(mechanism))
            );
        }
    }
}

#[test]
fn without_sasl_a_broker_that_demands_it_refuses_the_client() {
    let bench = Bench::with(|options| options.sasl.required = true);
    let ended =
        bench.run(&bench.config().set("sasl", "none").patience(1, 1, 1), &images(1)).expect(77);
    ended.says("SASL").says("set sasl: auto");
    assert_eq!(
        bench.record().connections.len(),
        1,
        "after a refusal the client does not try again"
    );
    assert!(bench.record().requests.is_empty());
    assert_eq!(ended.document()["operation_results"], serde_json::json!([""]));
}

#[test]
fn a_mechanism_that_is_not_offered_is_a_refusal() {
    let bench = Bench::with(|options| {
        options.sasl.required = true;
        options.sasl.mechanisms = vec!["PLAIN".into()];
    });
    bench.run(&bench.config().patience(1, 1, 1), &images(1)).expect(77);
    assert!(bench.record().requests.is_empty());
}

fn with_password(bench: &Bench, password: &str) -> Config {
    let file = bench.file("password", format!("{password}\n"));
    bench.config().set("username", "alice").set("password_file", &file.display().to_string())
}

#[test]
fn a_user_name_means_plain_at_once_and_the_password_stays_secret() {
    const PASSWORD: &str = "corréct-horse";
    let bench = Bench::with(|options| {
        options.sasl.required = true;
        options.sasl.user = Some(("alice".into(), PASSWORD.into()));
    });
    let in_base64 = base64::encode_block(format!("\0alice\0{PASSWORD}").as_bytes());
    for (password, status) in [(PASSWORD, 0), ("wrong-horse", 77)] {
        let arguments = images(1) + " --log-level trace";
        let mut program = bench.program(&with_password(&bench, password), &arguments);
        // With these Proton would print every frame.
        program.command.env("PN_TRACE_FRM", "1").env("PN_LOG", "TRACE+");
        let ended = program.run().expect(status);
        for secret in ["horse", &in_base64] {
            assert!(
                !ended.stderr.contains(secret) && !ended.stdout.contains(secret),
                "{secret}\n{}",
                ended.stderr
            );
        }
        // A request's body is logged only at level trace: this shows that the level is trace.
        assert!(status != 0 || ended.stderr.contains("TRACE request: {"), "{}", ended.stderr);
    }
    let record = bench.record();
    let mechanisms: Vec<_> =
        record.connections.iter().map(|c| c.sasl_mechanism.as_deref()).collect();
    assert_eq!(mechanisms, [Some("PLAIN"), Some("PLAIN")], "a wrong password is not tried twice");
    assert_eq!(record.requests.len(), 1);
}

#[test]
fn plain_needs_no_certificate_if_the_broker_needs_none() {
    let bench = Bench::with(|options| {
        options.sasl.required = true;
        options.require_client_certificate = false;
        options.sasl.user = Some(("alice".into(), "secret".into()));
    });
    let config = with_password(&bench, "secret").without("messaging_cert_key");
    bench.run(&config, &(images(1) + " --requester me")).expect(0);
    assert_eq!(bench.record().requests[0].json()["requested_by"], "me");
}
