//! Which claim of a batch a signature is for, however the reply names it.

use super::*;

#[test]
fn claims_are_found_in_every_order_and_however_often_they_come() {
    let pairs = [("sha256:1", "h/ns/a:1"), ("sha256:2", "h/ns/a:1"), ("sha256:1", "h/ns/a:2")];
    let values = ["QQ==", "Qg==", "Qw=="];
    let request = batch(&pairs, &["k"]);
    let claim = |at: usize| {
        let file = claim_file(pairs[at].0, pairs[at].1);
        json!({"claim_file": file, "signed_claims": {"k": values[at]}})
    };
    for number in 0..4_usize.pow(4) {
        // Of the last place there is none.
        let order = [0, 1, 2, 3].map(|place| number / 4_usize.pow(place) % 4);
        let claims: Vec<_> = order.into_iter().filter(|at| *at < 3).map(claim).collect();
        let reply = judged(&request, json!({"claims": claims}));
        let expected = [0, 1, 2].map(|at| if order.contains(&at) { values[at] } else { "" });
        assert_eq!(reply.signed_values(&request), expected, "{order:?}");
    }
}

#[test]
fn claims_are_found_by_their_content() {
    let (image, name) =
        (json!({"docker-manifest-digest": "sha256:1"}), json!({"docker-reference": "h/ns/a:1"}));
    let json = json!({"critical": {"image": image, "identity": name}}).to_string();
    let mut spelled_otherwise = openssl::base64::encode_block(json.as_bytes());
    spelled_otherwise.insert_str(76, "\r\n");
    let one = batch(&PAIRS[..1], &[""]);
    let signed = json!({"": "Uw=="});
    let by_digest = json!({"manifest_digest": "sha256:1", "repo": "ns/a", "signed_claims": signed});
    let mut another_tag = by_digest.clone();
    another_tag["claim_file"] = claim_file("sha256:1", "h/ns/a:9").into();
    let nothing = unusable("it holds no signature for any of the claims");
    let other = |name: &str| unusable(&format!("it has a signature for {name}"));
    for (claims, expected) in [
        (json!([{"claim_file": spelled_otherwise, "signed_claims": signed}]), Verdict::Signed),
        (json!([by_digest]), Verdict::Signed),
        (
            json!([by_digest, by_digest]),
            unusable(
                "h/ns/a:1 sha256:1: several claims without claim_file have its digest and repository",
            ),
        ),
        (
            json!([{"manifest_digest": "sha256:1", "repo": "ns/b", "signed_claims": signed}]),
            other("ns/b sha256:1"),
        ),
        (json!([{"manifest_digest": "sha256:1", "signed_claims": signed}]), other(" sha256:1")),
        (json!([{"signed_claims": signed}]), other("a claim that is not named")),
        // It has another tag, so it is another claim.
        (json!([another_tag]), other("h/ns/a:9 sha256:1")),
        // A text that is not ours names nothing of ours, whatever is beside it.
        (
            json!([{"claim_file": "bm8gY2xhaW0=", "manifest_digest": "sha256:1", "repo": "ns/a", "signed_claims": signed}]),
            other("a claim_file that was not sent"),
        ),
        // More than was asked for does no harm.
        (json!([by_digest, another_tag, {"signed_claims": signed}]), Verdict::Signed),
        (
            json!([another_tag, {"claim_file": "x", "signed_claims": {"": null}}, by_digest]),
            Verdict::Signed,
        ),
        (json!([{"claim_file": "x", "signed_claims": {"": null}}]), nothing),
    ] {
        assert_eq!(verdict(&one, json!({"claims": claims})), expected, "{claims}");
    }
    // Two tags of one image: the digest does not show which was signed.
    let tags = batch(&[("sha256:1", "h/ns/a:1"), ("sha256:1", "h/ns/a:latest")], &[""]);
    assert_eq!(
        verdict(&tags, json!({"claims": [by_digest]})),
        other("one of several claims for ns/a sha256:1")
    );
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
        .map(|(digest, _)| json!({"manifest_digest": digest, "repo": "ns/a", "signed_claims": {"k": "Uw=="}}))
        .collect();
    assert_eq!(verdict(&large, json!({"claims": claims})), Verdict::Signed);
}

/// Work grows with the length of the reply, whatever it repeats and however often.
#[test]
fn many_equal_claims_are_not_quadratic() {
    let count = 10_000;
    let pairs =
        Vec::from_iter((0..count / 10).map(|i| (format!("sha256:{i}"), format!("h/ns/a:{i}"))));
    let pairs = Vec::from_iter(pairs.iter().map(|(d, r)| (d.as_str(), r.as_str())));
    let large = batch(&pairs, &["k", "l"]);
    let named =
        json!({"claim_file": claim_file("sha256:7", "h/ns/a:7"), "signed_claims": {"k": "Uw=="}});
    let by_digest =
        json!({"manifest_digest": "sha256:7", "repo": "ns/a", "signed_claims": {"k": "Uw=="}});
    let other = json!({"claim_file": "bm8=", "signed_claims": {"k": "Uw=="}});
    let failed = json!({"claim_file": "bm8=", "errors": "no"});
    for claim in [named, by_digest, other, failed] {
        let reply = judged(&large, json!({"claims": vec![claim.clone(); count]}));
        let found = reply.signed_values(&large).iter().filter(|value| !value.is_empty()).count();
        assert_eq!(
            found,
            usize::from(claim["claim_file"].as_str().is_some_and(|file| file.len() > 4))
        );
    }
}
