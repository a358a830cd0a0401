//! Which mechanism of SASL the client chooses, and when it speaks SASL at all.

use amqp_sandbox::Record;
use openssl::base64;

use super::{BARE, the_connection};
use crate::harness::{Bench, Config, images};

const SASL: Option<[u8; 8]> = Some(*b"AMQP\x03\x01\x00\x00");

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
