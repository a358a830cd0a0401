//! Replies of every kind that servers are known to send, and some that they should not send.

use serde_json::json;

use super::*;
use crate::signing::{Image, claim, request::Expected};

const ID: &str = "00000000-0000-4000-8000-000000000001";

fn raw(body: impl Into<Vec<u8>>) -> RawReply {
    RawReply { body: ReplyBody::Bytes(body.into()), properties: None }
}

fn request(expected: Expected) -> Request {
    Request {
        id: ID.to_owned(),
        body: String::new(),
        properties: vec![],
        subject: String::new(),
        expected,
    }
}

fn claim_file(digest: &str, reference: &str) -> String {
    claim::claim_file(&Image::new(digest, reference).unwrap())
}

fn single() -> Request {
    request(Expected::Value("signed_claim"))
}

fn batch(pairs: &[(&str, &str)], key_names: &[&str]) -> Request {
    let claims = pairs.iter().map(|(digest, reference)| claim_file(digest, reference)).collect();
    request(Expected::Claims {
        claims,
        key_names: key_names.iter().map(|&name| name.to_owned()).collect(),
    })
}

/// Judges a reply with this `msg`, to which the id is added.
fn judged(request: &Request, mut message: Value) -> Reply {
    message["request_id"] = ID.into();
    request.judge(parse(raw(json!({"i": 1, "msg": message}).to_string()), "request_id").unwrap())
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
        ("hello", "it is not JSON: expected value at line 1 column 1"),
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
        single().judge(parsed).document,
        r#"[{"i": 1, "msg": {"request_id": "r"}, "z": []}, null]"#
    );

    let mut reply = raw(r#"{"msg":{"request_id":"r","signed_claim":"ü","t":1e16}}"#);
    reply.properties = json!({"content-type": "text/plain", "n": 1}).as_object().cloned();
    assert_eq!(
        single().judge(parse(reply, "request_id").unwrap()).document,
        r#"[{"msg": {"request_id": "r", "signed_claim": "\u00fc", "t": 1e+16}}, {"content-type": "text/plain", "n": 1}]"#
    );
}

#[test]
fn single_replies() {
    let value = || Value::from("c2ln");
    for (message, expected) in [
        (
            json!({"errors": [], "signing_status": "success", "signed_claim": value()}),
            Verdict::Signed,
        ),
        (json!({"signed_claim": value()}), Verdict::Signed),
        (json!({"errors": null, "signing_status": null, "signed_claim": value()}), Verdict::Signed),
        (json!({"errors": "", "signed_claim": value()}), Verdict::Signed),
        (json!({"errors": 0.0, "signed_claim": value()}), Verdict::Signed),
        (json!({"errors": {}, "signed_claim": value()}), Verdict::Signed),
        (
            json!({"errors": ["failed"], "signing_status": "success", "signed_claim": value()}),
            refused(&["failed"]),
        ),
        (
            json!({"errors": ["a", {"code": 1.50}, 7, "x\u{1b}[2J"]}),
            refused(&["a", "{\"code\": 1.5}", "7", "x\\u{1b}[2J"]),
        ),
        (json!({"errors": "no key", "signing_status": "failed"}), refused(&["no key"])),
        (json!({"errors": true, "signed_claim": value()}), refused(&["true"])),
        (json!({"errors": {"a": 1}}), refused(&["{\"a\": 1}"])),
        (json!({"errors": [""]}), refused(&[""])),
        (json!({"errors": [], "signing_status": "failed"}), refused(&["signing_status is failed"])),
        (json!({"signing_status": "", "signed_claim": value()}), refused(&["signing_status is "])),
        (json!({"signing_status": 1, "signed_claim": value()}), refused(&["signing_status is 1"])),
        (json!({"errors": []}), unusable("it has neither \"signed_claim\" nor errors")),
        (json!({"signed_data": value()}), unusable("it has neither \"signed_claim\" nor errors")),
        (json!({"signed_claim": ""}), unusable("\"signed_claim\" is empty")),
        (json!({"signed_claim": null}), unusable("\"signed_claim\" is null: expected a string")),
        (
            json!({"signed_claim": [value()]}),
            unusable("\"signed_claim\" is a list: expected a string"),
        ),
    ] {
        let shown = message.to_string();
        let reply = judged(&single(), message);
        let values = if expected == Verdict::Signed { "c2ln" } else { "" };
        assert_eq!(reply.verdict, expected, "{shown}");
        assert_eq!(reply.signed_values(&single()), [values], "{shown}");
    }
}

#[test]
fn many_errors_are_counted() {
    let Verdict::Refused { errors } = verdict(&single(), json!({"errors": vec!["no"; 1234]}))
    else {
        panic!()
    };
    assert_eq!((errors.len(), errors[100].as_str()), (101, "and 1134 more"));
}

const PAIRS: &[(&str, &str)] = &[("sha256:1", "h/ns/a:1"), ("sha256:2", "h/ns/a:2")];

#[test]
fn batch_replies() {
    let claim = |index: usize| claim_file(PAIRS[index].0, PAIRS[index].1);
    let one = json!({"claim_file": claim(0), "signed_claims": {"k1": "A", "k2": "B"}});
    let two = json!({"claim_file": claim(1), "signed_claims": {"k1": "C", "k2": "D"}});
    let one_in_parts = [
        json!({"claim_file": claim(0), "signed_claims": {"k1": "A"}}),
        json!({"claim_file": claim(0), "signed_claims": {"k2": "B"}}),
    ];
    let failed = json!({"claim_file": claim(1), "signed_claims": {"k1": "C"}, "errors": ["no"]});
    let both = batch(PAIRS, &["k1", "k2"]);
    for (claims, expected, values) in [
        (json!([one, two]), Verdict::Signed, ["A", "B", "C", "D"]),
        (json!([two, one]), Verdict::Signed, ["A", "B", "C", "D"]),
        (
            json!([two, 7, {}, one_in_parts[0], one_in_parts[1]]),
            Verdict::Signed,
            ["A", "B", "C", "D"],
        ),
        (
            json!([two]),
            incomplete(&["h/ns/a:1 sha256:1 (k1)", "h/ns/a:1 sha256:1 (k2)"]),
            ["", "", "C", "D"],
        ),
        (
            json!([one, {"claim_file": claim(1), "signed_claims": {"k1": "", "k2": "D"}}]),
            incomplete(&["h/ns/a:2 sha256:2 (k1)"]),
            ["A", "B", "", "D"],
        ),
        (json!([one, failed]), refused(&["h/ns/a:2 sha256:2: no"]), ["A", "B", "", ""]),
        (json!([one, {"errors": "unknown"}]), refused(&["unknown"]), ["A", "B", "", ""]),
        (json!([]), unusable("it holds no signature for any of the claims"), [""; 4]),
        (
            json!([{"claim_file": claim(0), "signed_claims": []}]),
            unusable("it holds no signature for any of the claims"),
            [""; 4],
        ),
        (json!({}), unusable("\"claims\" is an object: expected a list"), [""; 4]),
    ] {
        let reply = judged(&both, json!({"claims": claims}));
        assert_eq!(reply.verdict, expected, "{}", reply.document);
        assert_eq!(reply.signed_values(&both), values, "{}", reply.document);
    }
    assert_eq!(verdict(&both, json!({})), unusable("it has neither \"claims\" nor errors"));
    assert_eq!(verdict(&both, json!({"claims": [one, two], "errors": ["all"]})), refused(&["all"]));
}

/// A limited number of errors is kept, each with its claim's name, and the rest is counted.
#[test]
fn errors_of_a_batch_are_limited() {
    let both = batch(PAIRS, &["k1"]);
    let claim = |(digest, reference): (&str, &str)| json!({"claim_file": claim_file(digest, reference), "errors": vec!["no"; 90]});
    let claims: Vec<_> = [PAIRS[0], PAIRS[1], PAIRS[1]].map(claim).into();
    let Verdict::Refused { errors } = verdict(&both, json!({"claims": claims})) else {
        panic!("expected a refusal")
    };
    assert_eq!((errors.len(), errors[100].as_str()), (101, "and 170 more"));
    let named =
        |reference: &str| errors.iter().filter(|error| error.starts_with(reference)).count();
    assert_eq!((named("h/ns/a:1 sha256:1: no"), named("h/ns/a:2 sha256:2: no")), (90, 10));
}

#[test]
fn without_key_names_any_signature_will_do() {
    let any = batch(&PAIRS[..1], &[""]);
    let file = claim_file(PAIRS[0].0, PAIRS[0].1);
    let reply = judged(
        &any,
        json!({"claims": [{"claim_file": file, "signed_claims": {"x": "", "y": "B"}}]}),
    );
    assert_eq!((reply.signed_values(&any), reply.verdict), (vec!["B".to_owned()], Verdict::Signed));
}

#[test]
fn claims_are_found_by_their_content() {
    let (image, name) =
        (json!({"docker-manifest-digest": "sha256:1"}), json!({"docker-reference": "h/ns/a:1"}));
    let json = json!({"critical": {"image": image, "identity": name}}).to_string();
    let spelled_otherwise = openssl::base64::encode_block(json.as_bytes());
    let one = batch(&PAIRS[..1], &[""]);
    let signed = json!({"": "S"});
    let by_digest = json!({"manifest_digest": "sha256:1", "repo": "ns/a", "signed_claims": signed});
    let mut another_tag = by_digest.clone();
    another_tag["claim_file"] = claim_file("sha256:1", "h/ns/a:9").into();
    let nothing = unusable("it holds no signature for any of the claims");
    for (claims, expected) in [
        (json!([{"claim_file": spelled_otherwise, "signed_claims": signed}]), Verdict::Signed),
        (json!([by_digest]), Verdict::Signed),
        (json!([by_digest, by_digest]), nothing.clone()),
        (
            json!([{"manifest_digest": "sha256:1", "repo": "ns/b", "signed_claims": signed}]),
            nothing.clone(),
        ),
        (json!([{"manifest_digest": "sha256:1", "signed_claims": signed}]), nothing.clone()),
        // It has another tag, so it is another claim.
        (json!([another_tag]), nothing.clone()),
    ] {
        assert_eq!(verdict(&one, json!({"claims": claims})), expected, "{claims}");
    }
    // Two tags of one image: the digest does not show which was signed.
    let tags = batch(&[("sha256:1", "h/ns/a:1"), ("sha256:1", "h/ns/a:latest")], &[""]);
    assert_eq!(verdict(&tags, json!({"claims": [by_digest]})), nothing);
}

#[test]
fn a_large_batch_is_not_quadratic() {
    let count = 20_000;
    let pairs = (0..count).map(|i| (format!("sha256:{i}"), format!("h/ns/a:{i}")));
    let pairs = Vec::from_iter(pairs);
    let pairs = Vec::from_iter(pairs.iter().map(|(d, r)| (d.as_str(), r.as_str())));
    let large = batch(&pairs, &["k"]);
    let claims: Vec<_> = pairs
        .iter()
        .rev()
        .map(|(digest, _)| json!({"manifest_digest": digest, "repo": "ns/a", "signed_claims": {"k": "S"}}))
        .collect();
    assert_eq!(verdict(&large, json!({"claims": claims})), Verdict::Signed);
}

#[test]
fn twenty_megabytes_are_read_with_what_only_python_reads() {
    let signature = "A".repeat(20 << 20);
    let body = format!(
        r#"{{"msg": {{"request_id": "r", "signed_claim": "{signature}", "t": Infinity}}}}"#
    );
    let reply = single().judge(parse(raw(body), "request_id").unwrap());
    assert!(reply.document.ends_with("\", \"t\": Infinity}}, null]"));
    assert_eq!(reply.signed_values(&single())[0].len(), signature.len());
}
