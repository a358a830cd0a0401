//! Signatures of images, verified by the tool that users verify them with.

use serde_json::Value;

use crate::{
    harness::Bench,
    skopeo::{Skopeo, digest, manifest},
};

const REFERENCE: &str = "registry.example.com/ns/app:1";

/// What the document has for each key: the name of the key with the bytes of the signature.
fn signatures(bench: &Bench, arguments: &str) -> Vec<(String, Vec<u8>)> {
    let arguments = format!(
        "container-sign --task-id 7 --digest {} --reference {REFERENCE} {arguments}",
        digest(&manifest(1))
    );
    let document = bench.run(&bench.config(), &arguments).expect(0).document();
    let results = document["operation_results"].as_array().unwrap();
    let decoded = |value: &Value| openssl::base64::decode_block(value.as_str().unwrap()).unwrap();
    let of_one = |message: &Value| match &message["claims"] {
        Value::Array(claims) => {
            let signed = claims[0]["signed_claims"].as_object().unwrap();
            signed.iter().map(|(name, value)| (name.clone(), decoded(value))).collect()
        }
        _ => vec![(
            message["sig_keyname"].as_str().unwrap().to_owned(),
            decoded(&message["signed_claim"]),
        )],
    };
    results.iter().flat_map(|result| of_one(&result[0]["msg"])).collect()
}

/// Key ids are fingerprints, the last digits of them, or not known to the signing server, which then looks at the names.
#[test]
fn skopeo_accepts_each_signature_with_the_key_that_was_named_and_nothing_else() {
    let bench = Bench::new();
    let skopeo = Skopeo::trusting(&bench.sandbox);
    let [sandbox, release] = ["sandbox", "release"].map(|name| bench.sandbox.fingerprint(name));
    let both = format!(
        "--signing-key {sandbox} --signing-key-name sandbox --signing-key {release} --signing-key-name release"
    );
    for (arguments, keys) in [
        (format!("--signing-key {sandbox} --signing-key-name sandbox"), &["sandbox"][..]),
        (format!("--signing-key {} --signing-key-name release", &release[32..]), &["release"]),
        ("--signing-key ABCD1234 --signing-key-name release".to_owned(), &["release"]),
        (both.clone(), &["sandbox", "release"]),
        (both + " --signer-type batch", &["sandbox", "release"]),
    ] {
        let signatures = signatures(&bench, &arguments);
        let names: Vec<_> = signatures.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, keys, "{arguments}");
        for (name, signature) in &signatures {
            let key = bench.sandbox.fingerprint(name);
            let file = skopeo.file(signature);
            let verify =
                |number, reference, key| skopeo.verify(&manifest(number), reference, key, &file);
            assert_eq!(verify(1, REFERENCE, key), Ok(()), "{arguments}");
            let other = if key == sandbox { release } else { sandbox };
            for (what, refused, says) in [
                ("manifest", verify(2, REFERENCE, key), "does not match"),
                ("reference", verify(1, "registry.example.com/ns/app:2", key), "does not match"),
                ("key", verify(1, REFERENCE, other), ""),
            ] {
                let said = refused.expect_err(&format!("another {what}: {arguments}"));
                assert!(said.contains(says), "another {what}: {said}");
            }
        }
    }
}

#[test]
fn skopeo_refuses_a_signature_with_a_changed_byte() {
    let bench = Bench::new();
    let skopeo = Skopeo::trusting(&bench.sandbox);
    let key = bench.sandbox.fingerprint("sandbox");
    let arguments = format!("--signing-key {key} --signing-key-name sandbox");
    let (_, signature) = signatures(&bench, &arguments).pop().unwrap();
    let verify = |bytes: &[u8]| skopeo.verify(&manifest(1), REFERENCE, key, &skopeo.file(bytes));
    assert_eq!(verify(&signature), Ok(()));
    // In the claim, in the name of the image, and in the signature at the end.
    let place = |text: &[u8]| signature.windows(text.len()).position(|part| part == text).unwrap();
    for at in [place(b"atomic"), place(b"ns/app"), place(b"optional"), signature.len() - 3] {
        let mut changed = signature.clone();
        changed[at] ^= 1;
        assert!(verify(&changed).is_err(), "the byte at {at}");
    }
    assert!(verify(&signature[..signature.len() - 1]).is_err());
}
