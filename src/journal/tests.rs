//! Lines as they are written and read.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;

use super::{
    line::{self, Chain, Event},
    parts::{self, Part},
};
use crate::signing::{Document, RequestId, Stamp};

/// A reply comes back as it is printed, and its properties with their types.
#[test]
fn what_is_written_is_read() {
    let at = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
    let body = r#"{"msg": {"a": Infinity, "b": "\ud83d\udd11\u0000"}}"#;
    let properties = r#"{"n": 18446744073709551615, "f": 1.5, "t": "\u0000", "b": true}"#;
    let text = format!("[{body}, {properties}]");
    let reply = Document::of(&text, body.len());
    let stamp =
        Stamp { request_id: RequestId::of_text("id"), created: "2026-01-29T12:00:00Z".into() };
    let mut chain = Chain::default();
    let written = [
        line::request(3, &stamp),
        line::reply(7, reply, at),
        line::outcome(7, "accepted", at),
        line::outcome(7, "released", at),
        line::silence(at),
        line::resumed(at),
    ]
    .map(|event| chain.seal(&event));
    let mut chain = Chain::default();
    let read = written.map(|line| {
        let line = line.strip_suffix('\n').unwrap();
        assert!(!line.contains('\n'));
        Event::read(chain.open(line.as_bytes()).unwrap()).unwrap()
    });
    let [
        Event::Request(3, request),
        Event::Reply(read, read_at),
        Event::Accepted(7, accepted_at),
        Event::Outcome,
        Event::Silence,
        Event::Resumed,
    ] = &read
    else {
        panic!("{read:?}")
    };
    assert_eq!((request, *read_at, *accepted_at), (&stamp, at, at));
    assert_eq!((read.bytes(), read.properties.as_deref()), (body.as_bytes(), Some(properties)));
}

#[test]
fn what_made_a_file_of_another_form_is_printable() {
    let line = json!({"format": 2, "program": "\u{1b}[2J"});
    let problem = line::read_operation(&line).unwrap_err();
    assert!(problem.contains("go on with") && !problem.contains('\u{1b}'), "{problem}");
}

#[test]
fn a_difference_names_what_a_reader_can_compare_first() {
    let part = |task: &str, digest: &str| {
        [Part::new("task_id", task), Part::digest("items", digest.to_owned())]
    };
    let of = |parts: &[Part]| line::operation(parts)["of"].as_object().unwrap().clone();
    let file = of(&part("1", "a"));
    for (task, digest, expected) in [
        ("1", "a", None),
        ("2", "b", Some("task_id is \"1\" there and \"2\" now")),
        ("1", "b", Some("items are not those of the file")),
    ] {
        let difference = parts::difference(&part(task, digest), &file);
        assert_eq!(difference.as_deref(), expected);
    }
    assert_eq!(
        parts::difference(&part("1", "a"), &Default::default()).as_deref(),
        Some("task_id is none there and \"1\" now")
    );
}
