//! Values that are judged, and texts beside them that are not.

use std::sync::Arc;

use super::*;
use crate::signing::judge::{Judge, Signed};

/// Only values that begin with a `Z` count.
struct Letter;

impl Judge for Letter {
    fn knows(&self, _: &Key) -> bool {
        true
    }

    fn fault(&self, value: &str, _: Signed<'_>, _: &Key) -> Option<String> {
        (!value.starts_with('Z')).then(|| "forged".to_owned())
    }
}

/// A reply without the values that do not count, and the positions of these.
fn without_forged(request: &Request, mut message: Value) -> (Parsed, Reading, Vec<usize>) {
    message["request_id"] = ID.into();
    let parsed = parse(raw(json!({"msg": message}).to_string()), "request_id").unwrap();
    let reading = request.read(&parsed);
    let (parsed, reading, faults) = request.judged(parsed, reading, &Letter).unwrap();
    (parsed, reading, faults.into_keys().collect())
}

/// Otherwise one could take the place of a value that is cut out, or of one that other replies lack.
#[test]
fn a_value_that_is_not_judged_is_not_kept() {
    let claim = |index: usize, value: &str| json!({"claim_file": claim_file(PAIRS[index].0, PAIRS[index].1), "signed_claims": {"k": value}});
    let nameless = |value: &str| json!({"manifest_digest": "sha256:1", "repo": "ns/a", "signed_claims": {"k": value}});
    let failed = json!({"claim_file": claim_file("sha256:2", "h/ns/a:2"), "signed_claims": {"k": "QQ=="}, "errors": ["no"]});
    let both = batch(PAIRS, &["k"]);
    for (claims, faults, values) in [
        (json!([claim(0, "QQ=="), claim(0, "Qg=="), claim(1, "ZA==")]), vec![0], ["", "ZA=="]),
        (json!([claim(0, "QQ=="), claim(0, "ZA=="), claim(1, "ZA==")]), vec![0], ["", "ZA=="]),
        (json!([claim(0, "ZA=="), claim(0, "Qg=="), claim(1, "ZA==")]), vec![], ["ZA=="; 2]),
        (json!([nameless("QQ=="), nameless("Qg=="), claim(1, "ZA==")]), vec![2], ["", "ZA=="]),
        (json!([claim(0, "ZA=="), failed]), vec![], ["ZA==", ""]),
    ] {
        let (parsed, reading, found) = without_forged(&both, json!({"claims": claims}));
        assert_eq!(found, faults, "{claims}");
        let reply = parsed.into_reply(reading, &both);
        assert_eq!(reply.signed_values(&both), values, "{claims}");
        assert!(!reply.document.contains("\"Q"), "{}", reply.document);
    }
    let message = json!({"signed_claim": "QQ==", "errors": ["no"]});
    let (parsed, reading, _) = without_forged(&single(), message);
    let reply = parsed.into_reply(reading, &single());
    assert_eq!(reply.verdict, refused(&["no"]));
    assert!(!reply.document.contains("QQ=="), "{}", reply.document);
}

#[test]
fn replies_that_are_joined_bring_no_value_that_was_not_judged() {
    let both = batch(PAIRS, &["k"]);
    let nameless =
        |file: &str| json!({"claim_file": file, "manifest_digest": "sha256:1", "repo": "ns/a"});
    let (mut blank, mut forged) = (nameless(" "), nameless(""));
    blank["errors"] = json!(["no"]);
    forged["signed_claims"] = json!({"k": "QQ=="});
    let (parsed, reading, _) = without_forged(&both, json!({"claims": [blank, forged]}));
    let first = parsed.into_reply(reading, &both);
    let other =
        json!({"claim_file": claim_file("sha256:2", "h/ns/a:2"), "signed_claims": {"k": "ZA=="}});
    let (parsed, ..) = without_forged(&both, json!({"claims": [{"claim_file": " "}, other]}));
    let joined = join(&both, &first, &[Arc::new(parsed.into_part())]).unwrap();
    assert_eq!(joined.signed_values(&both), ["", "ZA=="], "{}", joined.document);
}
