//! Certificates.

use amqp_sandbox::pki::{Authority, Subject, Validity};

use super::image;
use crate::{case::Case, harness::Bench};

/// pubtools-sign signs through any broker that answers; amqp-messenger sends nothing.
#[track_caller]
fn is_not_trusted(case: Case, says: &str) {
    let (theirs, ours) = case.patience(1, 1, 1).both();
    theirs.signed();
    assert_eq!((ours.ended.status, ours.record.requests.len()), (1, 0), "{}", ours.ended.stderr);
    ours.ended.says(says);
}

#[test]
fn a_broker_certified_by_others_is_not_trusted() {
    let stranger = |bench: &Bench, text: String| {
        let file = bench.file("stranger.pem", Authority::new("stranger").unwrap().pem().unwrap());
        text.replace(&bench.sandbox.ca_file().display().to_string(), &file.display().to_string())
    };
    is_not_trusted(image().yaml(stranger), "not verified");
}

#[test]
fn a_broker_with_another_name_is_not_trusted() {
    let other = |options: &mut amqp_sandbox::Options| {
        let authority = Authority::new("both").unwrap();
        options.server_certificate =
            Some(authority.server(&["elsewhere.example.com"], Validity::default()).unwrap());
        options.authority = Some(authority);
    };
    is_not_trusted(image().sandbox(other), "not for");
}

/// Names another client certificate in the configuration.
fn certified(bench: &Bench, yaml: &str, subject: Subject<'_>, validity: Validity) -> String {
    let identity = bench.sandbox.authority().client(subject, validity).unwrap();
    let file = bench.file("other.pem", identity.pem().unwrap());
    yaml.replace(&bench.sandbox.client_pem().display().to_string(), &file.display().to_string())
}

#[test]
fn a_certificate_without_a_name_needs_a_requester() {
    let change = |bench: &Bench, yaml: String| {
        let nameless = Subject { organisation: Some("Example"), ..Subject::default() };
        certified(bench, &yaml, nameless, Validity::default())
    };
    let (theirs, ours) = image().yaml(change).both();
    ours.does_nothing(1);
    // Python's None.
    assert!(theirs.signed().record.deliveries[0].address.contains("Consumer.None-"));
}

#[test]
fn a_certificate_with_wildcards_in_its_name_is_refused() {
    let change = |bench: &Bench, yaml: String| {
        certified(bench, &yaml, Subject::common_name("*"), Validity::default())
    };
    let (theirs, ours) = image().yaml(change).both();
    ours.does_nothing(1);
    assert!(theirs.signed().record.deliveries[0].address.contains("Consumer.*-"));
}

#[test]
fn an_expired_certificate_is_found_before_anything_connects() {
    let change = |bench: &Bench, yaml: String| {
        certified(bench, &yaml, Subject::common_name("late"), Validity { from: -2, until: -1 })
    };
    let (theirs, ours) = image().yaml(change).patience(1, 1, 1).both();
    assert_eq!((theirs.ended.status, theirs.record.connections.is_empty()), (1, false));
    assert!(ours.record.connections.is_empty());
    ours.does_nothing(1);
}
