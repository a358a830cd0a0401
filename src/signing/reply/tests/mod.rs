//! Replies of every kind that servers are known to send, and some that they should not send.

mod batch;
mod found;
mod judged;
mod single;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::{
    error::Error,
    signing::{
        Blob, Image, Items, Key, RequestId, Text, claim,
        context::{Common, ServerKey},
        request::{Claims, Expected, Item},
        samples,
    },
};

const ID: &str = "00000000-0000-4000-8000-000000000001";

/// The digests and references of a batch.
const PAIRS: &[(&str, &str)] = &[("sha256:1", "h/ns/a:1"), ("sha256:2", "h/ns/a:2")];

fn raw(body: impl Into<Vec<u8>>) -> RawReply {
    RawReply { body: ReplyBody::Bytes(body.into()), properties: None }
}

fn request(expected: Expected) -> Request {
    let operation = samples::operation(Items::Blobs(vec![Blob::new("").unwrap()]));
    let common = Common::new(&operation, &samples::CONTEXT);
    Request { id: RequestId::of_text(ID), expected, common }
}

fn key(key: Result<Key, Error>) -> ServerKey {
    ServerKey::resolve(&key.unwrap(), &BTreeMap::new()).unwrap()
}

fn value(item: Item) -> Expected {
    Expected::Value { item, key: key(Key::new("K")).into() }
}

fn claim_file(digest: &str, reference: &str) -> String {
    claim::claim_file(&Image::lenient(digest, reference).unwrap())
}

fn single() -> Request {
    let image = Image::lenient("sha256:0", "h/r:0").unwrap();
    request(value(Item::Image(image)))
}

fn of_image(digest: &str, reference: &str) -> Request {
    let image = Image::lenient(digest, reference).unwrap();
    request(value(Item::Image(image)))
}

fn batch(pairs: &[(&str, &str)], key_names: &[&str]) -> Request {
    let image = |&(digest, reference): &(&str, &str)| Image::lenient(digest, reference).unwrap();
    let keys = key_names.iter().map(|&name| key(Key::named("K", name))).collect();
    let images = pairs.iter().map(image).collect();
    request(Expected::Claims(Box::new(Claims { images, keys })))
}

fn judge(request: &Request, parsed: Parsed) -> Reply {
    let reading = request.read(&parsed);
    parsed.into_reply(reading, request)
}

/// Judges a reply with this `msg`, to which the id is added.
fn judged(request: &Request, mut message: Value) -> Reply {
    message["request_id"] = ID.into();
    judge(request, parse(raw(json!({"i": 1, "msg": message}).to_string()), "request_id").unwrap())
}

/// Why a message is not a reply.
fn unread(raw: RawReply) -> String {
    parse(raw, "request_id").unwrap_err()
}

fn verdict(request: &Request, message: Value) -> Verdict {
    judged(request, message).verdict
}

fn refused(errors: &[&str]) -> Verdict {
    Verdict::Refused { errors: errors.iter().map(|&error| error.to_owned()).collect() }
}

fn unusable(problem: &str) -> Verdict {
    Verdict::Unusable { problem: problem.to_owned() }
}

fn incomplete(missing: &[&str]) -> Verdict {
    Verdict::Incomplete { missing: missing.iter().map(|&name| name.to_owned()).collect() }
}

#[test]
fn messages_that_are_not_replies_have_a_reason() {
    for (body, reason) in [
        ("", "its body is empty"),
        (" \n", "its body is empty"),
        ("hello", "it is not JSON: expected a value at line 1 column 1"),
        ("[]", "it is a list: expected an object"),
        ("\"text\"", "it is a string: expected an object"),
        ("7", "it is a number: expected an object"),
        ("{}", "it has no \"msg\""),
        (r#"{"msg":[]}"#, "\"msg\" is a list: expected an object"),
        (r#"{"msg":null}"#, "\"msg\" is null: expected an object"),
        (r#"{"msg":{}}"#, "it has no \"request_id\" in \"msg\""),
        (r#"{"msg":{"request_id":7}}"#, "\"request_id\" is a number: expected a string"),
        (r#"{"msg":{"request_id":{"a":1}}}"#, "\"request_id\" is an object: expected a string"),
    ] {
        assert_eq!(unread(raw(body)), reason, "{body}");
    }
    assert_eq!(unread(raw(b"{\"msg\": \xff}")), "it is not UTF-8 from byte 8 on");
    let deep = format!("{{\"msg\": {}1{}}}", "[".repeat(200), "]".repeat(200));
    assert_eq!(unread(raw(deep)), "its JSON is nested 128 levels deep or deeper");
    let other = RawReply { body: ReplyBody::Other("a map"), properties: None };
    assert_eq!(unread(other), "its body is a map: expected text or binary");
}

#[test]
fn the_id_may_have_another_name() {
    let parsed = parse(raw(r#"{"msg": {"request_id": 1, "uuid": "x"}}"#), "uuid").unwrap();
    assert_eq!(parsed.id, "x");
}

#[test]
fn the_document_is_the_whole_reply_and_its_properties() {
    // If a key is repeated, the first place and the last value count, as in Python.
    let parsed =
        parse(raw(r#"{"i":1,"msg":{},"z":[],"msg":{"request_id":"r"}}"#), "request_id").unwrap();
    assert_eq!(
        judge(&single(), parsed).document,
        r#"[{"i": 1, "msg": {"request_id": "r"}, "z": []}, null]"#
    );

    let mut reply = raw(r#"{"msg":{"request_id":"r","signed_claim":"ü","t":1e16}}"#);
    reply.properties = Some(r#"{"content-type": "text/plain", "n": 1}"#.to_owned());
    assert_eq!(
        judge(&single(), parse(reply, "request_id").unwrap()).document,
        r#"[{"msg": {"request_id": "r", "signed_claim": "\u00fc", "t": 1e+16}}, {"content-type": "text/plain", "n": 1}]"#
    );
}

#[test]
fn twenty_megabytes_are_read_with_what_only_python_reads() {
    let signature = "A".repeat(20 << 20);
    let body = format!(
        r#"{{"msg": {{"request_id": "r", "signed_claim": "{signature}", "t": Infinity}}}}"#
    );
    let reply = judge(&single(), parse(raw(body), "request_id").unwrap());
    assert!(reply.document.ends_with("\", \"t\": Infinity}}, null]"));
    assert_eq!(reply.signed_values(&single())[0].len(), signature.len());
}
