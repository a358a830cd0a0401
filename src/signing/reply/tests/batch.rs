//! Replies to batches.

use super::*;

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
