//! The trace that the environment names (W3C Trace Context): what requests carry of it.

use std::{collections::HashSet, os::unix::process::CommandExt};

use amqp_sandbox::{ReplyAct, When, record::RequestRecord, types::primitives::SimpleValue};

use crate::harness::{Bench, Config, Ended, Program, Protocol, images, rule, under_test};

over_both!(a_request_that_is_sent_again_keeps_its_span, every_request_is_a_span_of_its_own,);

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Signs with these variables.
fn sign(bench: &Bench, config: &Config, arguments: &str, variables: &[(&str, &str)]) -> Ended {
    let mut program = bench.program(config, arguments);
    program.command.envs(variables.iter().copied());
    program.run()
}

/// The properties of a request, in order.
fn properties(request: &RequestRecord) -> Vec<(String, String)> {
    let text = |(name, value)| match value {
        SimpleValue::String(value) => (name, value),
        other => panic!("{name} is no string: {other:?}"),
    };
    request.application_properties().into_iter().map(text).collect()
}

/// Fails the test unless the last property of a request is a span of the trace; returns the span.
#[track_caller]
fn span(request: &RequestRecord) -> String {
    let properties = properties(request);
    let (name, parent) = properties.last().unwrap();
    assert_eq!(name, "traceparent", "{properties:?}");
    let fields: Vec<_> = parent.split('-').collect();
    let [version, trace, span, flags] = fields[..] else { panic!("{parent}") };
    assert_eq!((version, trace, flags), ("00", TRACE, "01"), "{parent}");
    assert!(span.len() == 16 && span.bytes().all(|b| b.is_ascii_hexdigit()), "{parent}");
    assert!(span != "00f067aa0ba902b7" && span != "0000000000000000", "{parent}");
    span.to_owned()
}

fn every_request_is_a_span_of_its_own(protocol: Protocol) {
    let bench = protocol.bench();
    for arguments in [
        images(3) + " --signing-key 55A34A82",
        images(3) + " --signer-type batch",
        "clear-sign --signing-key ABCD1234 --task-id 7 one two".into(),
        format!(
            "blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {}",
            bench.file("b", "x").display()
        ),
    ] {
        let config = bench.config().set("chunk_size", "2");
        let ended = sign(&bench, &config, &arguments, &[("TRACEPARENT", PARENT)]).expect(0);
        ended.logs(&format!(" INFO  trace: {TRACE}\n"));
    }
    let record = bench.record();
    let spans: HashSet<_> = record.requests.iter().map(span).collect();
    assert!(record.requests.len() >= 10 && spans.len() == record.requests.len(), "{spans:?}");
    // Everything before is as it is without.
    bench.run(&bench.config(), &images(1)).expect(0);
    let (with, without) =
        (properties(&record.requests[0]), properties(bench.record().requests.last().unwrap()));
    assert_eq!(with[..with.len() - 1], without);
}

/// The same message is sent again, not another one.
fn a_request_that_is_sent_again_keeps_its_span(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![rule(When::Delivery(1), ReplyAct::NoReply)]);
    let config = bench.config().patience(1, 1, 2);
    sign(&bench, &config, &images(2), &[("TRACEPARENT", PARENT)]).expect(0);
    let requests = bench.record().requests;
    assert_eq!(requests.len(), 4);
    for request in &requests[..2] {
        let again = requests[2..].iter().find(|again| again.request_id == request.request_id);
        assert_eq!(span(request), span(again.unwrap()));
    }
}

#[test]
fn the_state_of_the_trace_is_passed_on() {
    let bench = Bench::new();
    let state = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE";
    let variables = [("TRACEPARENT", PARENT), ("TRACESTATE", state)];
    sign(&bench, &bench.config(), &images(1), &variables).expect(0);
    let properties = properties(&bench.record().requests[0]);
    let [.., (parent, _), (name, value)] = &properties[..] else { panic!("{properties:?}") };
    assert_eq!(
        (parent.as_str(), name.as_str(), value.as_str()),
        ("traceparent", "tracestate", state)
    );
}

/// A release does not fail for a malformed trace.
#[test]
fn a_malformed_trace_is_ignored_with_one_warning() {
    let bench = Bench::new();
    for parent in [
        "x",
        "00-0-0-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        &PARENT.to_uppercase(),
        "amqps://me:hunter2@h",
    ] {
        let variables = [("TRACEPARENT", parent), ("TRACESTATE", "a=b")];
        let ended = sign(&bench, &bench.config(), &images(1), &variables).expect(0);
        ended.says_once("TRACEPARENT: \"").says_once("is malformed: expected 00, ");
        ended.says_once("; it is ignored\n");
        assert_eq!(ended.reported().lines().count(), 1, "{}", ended.stderr);
        assert!(
            !ended.stderr.contains("hunter2") && !ended.stderr.contains(" trace: "),
            "{}",
            ended.stderr
        );
    }
    for variables in [&[][..], &[("TRACESTATE", "a=b")], &[("TRACEPARENT", "")]] {
        let ended = sign(&bench, &bench.config(), &images(1), variables).expect(0);
        assert_eq!(ended.reported(), "");
    }
    for request in bench.record().requests {
        assert!(properties(&request).iter().all(|(name, _)| !name.starts_with("trace")));
    }
    let variables = [("TRACEPARENT", PARENT), ("TRACESTATE", "a=\u{e9}")];
    let ended = sign(&bench, &bench.config(), &images(1), &variables).expect(0);
    ended.says_once("TRACESTATE: holds 'é': expected printable ASCII; it is ignored\n");
    span(bench.record().requests.last().unwrap());
}

/// pubtools-sign reads other variables, and traces only with OTEL_TRACING, which this program does not have.
#[test]
fn under_the_names_of_pubtools_sign_nothing_is_traced() {
    let bench = Bench::new();
    let path = bench.file("c.yaml", bench.config().yaml());
    let words = images(1).replace("container-sign ", "");
    let mut program = Program::new(&under_test());
    program.args(words.split(' ')).args(["--config-file"]).args([path]);
    program.command.arg0("pubtools-sign-msg-container-sign");
    program.command.envs([
        ("TRACEPARENT", PARENT),
        ("traceparent", PARENT),
        ("OTEL_TRACING", "true"),
    ]);
    let ended = program.run().expect(0);
    assert!(!ended.stderr.contains(TRACE), "{}", ended.stderr);
    assert!(!properties(&bench.record().requests[0]).iter().any(|(name, _)| name == "traceparent"));
}
