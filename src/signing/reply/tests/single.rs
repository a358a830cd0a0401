//! Replies to requests for one value.

use std::sync::Arc;

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
        (json!({"errors": [""]}), refused(&["\"\""])),
        (json!({"errors": [], "signing_status": "failed"}), refused(&["signing_status is failed"])),
        (
            json!({"signing_status": "", "signed_claim": value()}),
            refused(&["signing_status is \"\""]),
        ),
        (json!({"signing_status": 1, "signed_claim": value()}), refused(&["signing_status is 1"])),
        (json!({"errors": []}), unusable("it has neither \"signed_claim\" nor errors")),
        (json!({"signed_data": value()}), unusable("it has neither \"signed_claim\" nor errors")),
        (json!({"signed_claim": ""}), unusable("\"signed_claim\" is empty")),
        (json!({"signed_claim": null}), unusable("\"signed_claim\" is null: expected a string")),
        (
            json!({"signed_claim": [value()]}),
            unusable("\"signed_claim\": it is a list: expected a string"),
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

#[test]
fn a_blank_value_is_none() {
    for value in [
        "",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t \n",
        "\0",
        "\u{a0}",
        "None",
        "none",
        " NONE\n",
        "null",
        "NULL",
        "nil",
        "undefined",
        "n/a",
    ] {
        let reply = judged(&single(), json!({"signed_claim": value, "signing_status": "success"}));
        assert_eq!(reply.verdict, unusable("\"signed_claim\" is empty"), "{value:?}");
        assert_eq!(reply.signed_values(&single()), [""], "{value:?}");
    }
}

#[test]
fn a_value_is_base64_on_one_line() {
    for (value, problem) in [
        ("signed", "its length is wrong, so part of it may be missing"),
        ("not base64!", "character 4 is ' '"),
        ("<html>", "character 1 is '<'"),
        ("c2ln\\nc2ln", "character 5 is '\\\\'"),
        ("-----BEGIN PGP SIGNED MESSAGE-----\n\nhello", "character 1 is '-'"),
        ("c2ln\u{1b}[2J", "character 5 is '\\u{1b}'"),
        ("c2ln====", "its length is wrong, so part of it may be missing"),
    ] {
        let reply = judged(&single(), json!({"signed_claim": value}));
        let problem = format!("\"signed_claim\": it is not base64: {problem}");
        assert_eq!(reply.verdict, unusable(&problem), "{value:?}");
        assert_eq!(reply.signed_values(&single()), [""], "{value:?}");
    }
    for value in
        ["c2lnc2ln", "c2ln\nc2ln", "c2ln\r\nc2ln\r\n", "\n c2ln \n\tc2ln", "c2\nln\n\nc2ln"]
    {
        let reply = judged(&single(), json!({"signed_claim": value}));
        assert_eq!(reply.verdict, Verdict::Signed, "{value:?}");
        assert_eq!(reply.signed_values(&single()), ["c2lnc2ln"], "{value:?}");
    }
}

#[test]
fn a_reply_for_something_else_is_named() {
    let of_image = of_image("sha256:1", "h/ns/a:1");
    // pubtools-sign takes a blank at its end.
    let mut of_text = request(value(Item::Text(Text::new("text").unwrap(), 1)));
    Arc::make_mut(&mut of_text.common).repo = Some("ns/a ".to_owned());
    // The task id is in place of the repository.
    let mut of_task = of_image.clone();
    Arc::make_mut(&mut of_task.common).task_id_attribute = "repo".to_owned();
    let another_claim = claim_file("sha256:1", "h/ns/a:2");
    for (request, field, value, expected) in [
        (&of_task, "repo", json!("7"), None),
        (&of_image, "manifest_digest", json!("sha256:1"), None),
        (&of_image, "manifest_digest", json!(""), None),
        (&of_image, "manifest_digest", json!(null), None),
        (&of_image, "manifest_digest", json!([]), None),
        (&of_image, "repo", json!({}), None),
        (&of_image, "manifest_digest", json!("1"), None),
        (&of_image, "manifest_digest", json!(" SHA256:1\n"), None),
        (&of_image, "repo", json!("ns/a"), None),
        (&of_image, "repo", json!("h/ns/a"), None),
        (&of_image, "repo", json!("h/ns/a:1"), None),
        (
            &of_image,
            "repo",
            json!("i/ns/a"),
            Some("it is for another image: repo is \"i/ns/a\", expected \"ns/a\""),
        ),
        (
            &of_image,
            "repo",
            json!("h/ns/a:2"),
            Some("it is for another image: repo is \"h/ns/a:2\", expected \"ns/a\""),
        ),
        (&of_image, "claim_file", claim_file("sha256:1", "h/ns/a:1").into(), None),
        (&of_image, "claim_file", "changed by the server".into(), None),
        (&of_text, "repo", json!("ns/a"), None),
        (&of_text, "manifest_digest", json!("sha256:1"), None),
        (
            &of_image,
            "manifest_digest",
            json!("sha256:2"),
            Some("it is for another image: manifest_digest is \"sha256:2\", expected \"sha256:1\""),
        ),
        (
            &of_image,
            "manifest_digest",
            json!(["sha256:1"]),
            Some("\"manifest_digest\" is a list: expected a string"),
        ),
        (
            &of_image,
            "repo",
            json!("ns/b\u{1b}"),
            Some("it is for another image: repo is \"ns/b\\u{1b}\", expected \"ns/a\""),
        ),
        (
            &of_image,
            "claim_file",
            another_claim.into(),
            Some("it is for another image: h/ns/a:2 sha256:1"),
        ),
        (
            &of_text,
            "repo",
            json!("ns/b"),
            Some("it is for another repository: repo is \"ns/b\", expected \"ns/a \""),
        ),
    ] {
        let reply =
            judged(request, json!({"signed_claim": "c2ln", "signed_data": "c2ln", field: value}));
        let verdict = expected.map_or(Verdict::Signed, unusable);
        assert_eq!(reply.verdict, verdict, "{field}: {value}");
        let values = [if expected.is_none() { "c2ln" } else { "" }];
        assert_eq!(reply.signed_values(request), values, "{field}: {value}");
    }
}

/// Work in progress is no answer, and what is beside it no value.
#[test]
fn a_status_says_how_far_the_server_got() {
    let of = |status: &str, errors: Value| {
        verdict(
            &single(),
            json!({"signing_status": status, "signed_claim": "c2ln", "errors": errors}),
        )
    };
    assert_eq!(of("SUCCESS", json!([])), Verdict::Signed);
    assert_eq!(of("Ok", json!(null)), Verdict::Signed);
    let pending = |status: &str| Verdict::Pending { status: status.to_owned() };
    assert_eq!(of("in progress", json!([])), pending("signing_status is in progress"));
    assert_eq!(of("Busy", json!(["later"])), pending("signing_status is Busy; later"));
    assert_eq!(of("failed", json!([])), refused(&["signing_status is failed"]));
    assert_eq!(of("success", json!(["busy"])), refused(&["busy"]));
    let reply = judged(&single(), json!({"signing_status": "pending", "signed_claim": "c2ln"}));
    assert_eq!(reply.signed_values(&single()), [""]);
}
