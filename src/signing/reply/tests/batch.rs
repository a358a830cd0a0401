//! The claims of a batch, judged.

use super::*;

#[test]
fn batch_replies() {
    let claim = |index: usize| claim_file(PAIRS[index].0, PAIRS[index].1);
    let one = json!({"claim_file": claim(0), "signed_claims": {"k1": "QQ==", "k2": "Qg=="}});
    let two = json!({"claim_file": claim(1), "signed_claims": {"k1": "Qw==", "k2": "RA=="}});
    let one_in_parts = [
        json!({"claim_file": claim(0), "signed_claims": {"k1": "QQ=="}}),
        json!({"claim_file": claim(0), "signed_claims": {"k2": "Qg=="}}),
    ];
    let failed = json!({"claim_file": claim(1), "signed_claims": {"k1": "Qw=="}, "errors": ["no"]});
    let both = batch(PAIRS, &["k1", "k2"]);
    for (claims, expected, values) in [
        (json!([one, two]), Verdict::Signed, ["QQ==", "Qg==", "Qw==", "RA=="]),
        (json!([two, one]), Verdict::Signed, ["QQ==", "Qg==", "Qw==", "RA=="]),
        (
            json!([two, 7, {}, one_in_parts[0], one_in_parts[1]]),
            Verdict::Signed,
            ["QQ==", "Qg==", "Qw==", "RA=="],
        ),
        (
            json!([two]),
            incomplete(&["h/ns/a:1 sha256:1 (k1)", "h/ns/a:1 sha256:1 (k2)"]),
            ["", "", "Qw==", "RA=="],
        ),
        (
            json!([one, {"claim_file": claim(1), "signed_claims": {"k1": "", "k2": "RA=="}}]),
            incomplete(&["h/ns/a:2 sha256:2 (k1)"]),
            ["QQ==", "Qg==", "", "RA=="],
        ),
        (json!([one, failed]), refused(&["h/ns/a:2 sha256:2: no"]), ["QQ==", "Qg==", "", ""]),
        (json!([one, {"errors": "unknown"}]), refused(&["unknown"]), ["QQ==", "Qg==", "", ""]),
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

/// The only signature will do; of several it is not clear which is by the key.
#[test]
fn without_a_key_name_the_only_signature_is_the_key_s() {
    let any = batch(&PAIRS[..1], &[""]);
    let file = claim_file(PAIRS[0].0, PAIRS[0].1);
    let several = "h/ns/a:1 sha256:1: it is signed by several keys, and the key has no name";
    let (a, b) = ("QQ==", "Qg==");
    for (signed, expected) in [
        (vec![json!({"x": "", "y": b})], Ok(b)),
        (vec![json!({"x": "None", "y": b, "z": null})], Ok(b)),
        (vec![json!({"x": b, "y": b})], Ok(b)),
        (vec![json!({"": b, "y": a})], Ok(b)),
        (vec![json!({"y": a}), json!({"y": b})], Ok(a)),
        (vec![json!({"x": a, "y": b})], Err(several)),
        (vec![json!({"x": a}), json!({"y": b})], Err(several)),
        (vec![json!({"x": a}), json!({"y": b}), json!({"x": a})], Err(several)),
        (
            vec![json!({"x": "-"})],
            Err("h/ns/a:1 sha256:1: \"x\": it is not base64: character 1 is '-'"),
        ),
    ] {
        let claims: Vec<_> = signed
            .iter()
            .map(|signed| json!({"claim_file": file, "signed_claims": signed}))
            .collect();
        let reply = judged(&any, json!({"claims": claims}));
        let verdict = expected.map_or_else(unusable, |_| Verdict::Signed);
        assert_eq!(reply.verdict, verdict, "{signed:?}");
        assert_eq!(reply.signed_values(&any), [expected.unwrap_or_default()], "{signed:?}");
    }
}

/// A value that is not right in some way is not given out; the others are.
#[test]
fn what_cannot_be_right_in_a_batch_is_named() {
    let both = batch(PAIRS, &["k1", "k2"]);
    let claim = |index: usize| claim_file(PAIRS[index].0, PAIRS[index].1);
    let one = json!({"claim_file": claim(0), "signed_claims": {"k1": "QQ==", "k2": "Qg=="}});
    let two = json!({"claim_file": claim(1), "signed_claims": {"k1": "Qw==", "k2": "RA=="}});
    let with = |field: &str, value: Value| {
        let mut two = two.clone();
        two[field] = value;
        two
    };
    let signed = |value: Value| with("signed_claims", json!({"k1": value, "k2": "RA=="}));
    let second = "h/ns/a:2 sha256:2: ";
    for (claims, expected, values) in [
        (
            json!([one, with("manifest_digest", "SHA256:2 ".into())]),
            Ok(()),
            ["QQ==", "Qg==", "Qw==", "RA=="],
        ),
        (json!([one, with("repo", json!(null))]), Ok(()), ["QQ==", "Qg==", "Qw==", "RA=="]),
        (
            json!([one, with("manifest_digest", "sha256:9".into())]),
            Err(format!(
                "{second}it is for another image: manifest_digest is \"sha256:9\", expected \"sha256:2\""
            )),
            ["QQ==", "Qg==", "", ""],
        ),
        (
            json!([with("repo", "ns/b".into()), one]),
            Err(format!("{second}it is for another image: repo is \"ns/b\", expected \"ns/a\"")),
            ["QQ==", "Qg==", "", ""],
        ),
        (
            json!([one, with("repo", 7.into())]),
            Err(format!("{second}\"repo\" is a number: expected a string")),
            ["QQ==", "Qg==", "", ""],
        ),
        (json!([one, signed("Q\nw=\r\n=".into())]), Ok(()), ["QQ==", "Qg==", "Qw==", "RA=="]),
        (
            json!([one, signed("<b>".into())]),
            Err(format!("{second}\"k1\": it is not base64: character 1 is '<'")),
            ["QQ==", "Qg==", "", "RA=="],
        ),
        (
            json!([one, signed(json!([1]))]),
            Err(format!("{second}\"k1\": it is a list: expected a string")),
            ["QQ==", "Qg==", "", "RA=="],
        ),
        (
            json!([one, with("signed_claims", json!({"": "Qw==", "k2": "RA=="}))]),
            Err(format!("{second}it has a signature by the key \"\"")),
            ["QQ==", "Qg==", "", "RA=="],
        ),
        (
            json!([one, with("signed_claims", json!(["Qw=="]))]),
            Err(format!("{second}\"signed_claims\" is a list: expected an object")),
            ["QQ==", "Qg==", "", ""],
        ),
        (
            json!([one, with("claim_file", claim_file("sha256:3", "h/ns/a:3").into())]),
            Err("it has a signature for h/ns/a:3 sha256:3".to_owned()),
            ["QQ==", "Qg==", "", ""],
        ),
    ] {
        let reply = judged(&both, json!({"claims": claims}));
        let verdict = expected.map_or_else(|problem| unusable(&problem), |()| Verdict::Signed);
        assert_eq!(reply.verdict, verdict, "{claims}");
        assert_eq!(reply.signed_values(&both), values, "{claims}");
    }
    // What the whole reply says it is for.
    let whole =
        |field: &str, value: &str| verdict(&both, json!({"claims": [one, two], field: value}));
    assert_eq!(whole("manifest_digest", "sha256:2"), Verdict::Signed);
    assert_eq!(whole("repo", "ns/a"), Verdict::Signed);
    for (field, value, expected) in
        [("manifest_digest", "sha256:3", "sha256:1"), ("repo", "ns/b", "ns/a")]
    {
        let problem =
            format!("it is for another image: {field} is \"{value}\", expected \"{expected}\"");
        assert_eq!(whole(field, value), unusable(&problem));
    }
}

/// An error of the whole reply makes it a refusal; each claim says for itself whether it is signed.
#[test]
fn an_error_beside_signed_claims_does_not_take_them_away() {
    let both = batch(PAIRS, &["k"]);
    let claim = |index: usize| claim_file(PAIRS[index].0, PAIRS[index].1);
    let signed = json!({"claim_file": claim(0), "signed_claims": {"k": "QQ=="}});
    let failed = json!({"claim_file": claim(1), "signed_claims": {"k": "Qg=="}, "errors": ["no"]});
    let all = json!({"errors": ["all"], "claims": [signed, failed]});
    for (message, expected, values) in [
        (all, refused(&["all", "h/ns/a:2 sha256:2: no"]), ["QQ==", ""]),
        (json!({"errors": ["all"], "claims": [signed]}), refused(&["all"]), ["QQ==", ""]),
        (
            json!({"signing_status": "failed", "claims": [signed]}),
            refused(&["signing_status is failed"]),
            ["QQ==", ""],
        ),
    ] {
        let reply = judged(&both, message);
        assert_eq!(reply.verdict, expected, "{}", reply.document);
        assert_eq!(reply.signed_values(&both), values, "{}", reply.document);
    }
}
