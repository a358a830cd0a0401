//! Replies to requests for one value.

use super::*;

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
