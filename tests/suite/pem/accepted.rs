//! Files that are accepted, and what is reported of them.

use std::fs;

use openssl::{asn1::Asn1Time, hash::MessageDigest, pkey::PKey, x509::X509};

use super::Folder;
use crate::{harness::images, tls::rejects};

/// What is unambiguous is accepted: the command that writes the file, for each of the two.
#[test]
fn files_that_only_look_odd_are_accepted() {
    let folder = Folder::new();
    for (key, commands) in [
        (
            "messaging_cert_key",
            &[
                // Glued without a line break, and in the other order.
                "printf %s \"$(cat cert.pem)\"; cat key.pem",
                "printf %s \"$(cat key.pem)\"; cat cert.pem",
                "printf '\\357\\273\\277'; cat mine.pem",
                "sed 's/$/\\r/' mine.pem",
                "tr '\\n' '\\r' < mine.pem",
                "sed 's/ CERT/ X509 CERT/' mine.pem",
                "sed 's/$/   /' mine.pem",
                "sed 's/^M/\\n  M/' mine.pem",
                "printf 'Andr\\351 \\\\n Caf\\351\\n'; openssl x509 -text -in cert.pem; cat key.pem",
                // All of the base64 in one line.
                "awk '/^-/ {print \"\\n\" $0; next} {printf \"%s\", $0}' mine.pem",
                "openssl pkcs12 -export -passout pass: -in mine.pem | openssl pkcs12 -passin pass: -nodes",
                "openssl ecparam -name prime256v1; openssl ec -in key.pem; cat cert.pem",
                "cat cert.pem; openssl ec -in key.pem",
                "cat mine.pem; printf 'comment at the end, no line break'",
                "openssl x509 -text -in cert.pem; openssl pkey -text -in key.pem",
                "openssl x509 -text -in cert.pem; openssl pkcs8 -topk8 -nocrypt -in key.pem; cat cert.pem",
                // A root's own signature proves nothing.
                "cat mine.pem; openssl req -x509 -sha1 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=root",
            ][..],
        ),
        (
            "messaging_ca_cert",
            &[
                "printf %s \"$(cat ca.pem)\"; cat cert.pem",
                "printf '\\357\\273\\277'; cat ca.pem",
                "sed 's/$/\\r/' ca.pem",
                "sed 's/ CERT/ X509 CERT/' ca.pem",
                "openssl x509 -trustout -addtrust serverAuth -in ca.pem",
                "printf '# \\344\\n'; cat ca.pem; printf '# end'",
            ],
        ),
    ] {
        for command in commands {
            let config = folder.config(key, "odd.pem", command).set("log_level", "warn");
            assert_eq!(folder.bench.run(&config, &images(1)).expect(0).stderr, "", "{command}");
        }
    }
}

/// Nothing in a mixture is dropped without a word.
#[test]
fn blocks_that_are_not_used_are_reported() {
    let folder = Folder::new();
    for (key, command, expected) in [
        (
            "messaging_cert_key",
            "cat mine.pem; openssl pkey -in key.pem -pubout",
            "a public key is ignored",
        ),
        (
            "messaging_cert_key",
            "cat mine.pem; openssl req -new -key key.pem -subj /CN=x",
            "a certificate request is ignored",
        ),
        (
            "messaging_cert_key",
            "cat mine.pem; openssl genpkey -algorithm ED25519",
            "a private key is ignored",
        ),
        (
            "messaging_cert_key",
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256; cat mine.pem",
            "line 1: a private key is ignored",
        ),
        (
            "messaging_cert_key",
            "sed 's/CERTIFICATE/X509 CRL/' cert.pem; cat mine.pem",
            "line 1: a certificate revocation list is ignored",
        ),
        (
            "messaging_cert_key",
            "sed 's/CERTIFICATE/SOMETHING ELSE/' cert.pem; cat mine.pem",
            "line 1: \"SOMETHING ELSE\" is ignored",
        ),
        ("messaging_ca_cert", "cat ca.pem key.pem", "a private key is ignored"),
        (
            "messaging_ca_cert",
            "cat ca.pem; openssl crl2pkcs7 -nocrl -certfile ca.pem",
            "a PKCS#7 bundle is ignored",
        ),
    ] {
        let config = folder.config(key, "mixed.pem", command);
        folder.bench.run(&config, &images(1)).expect(0).says_once(expected);
    }
}

/// What OpenSSL ignores beside a good certificate and key, which are used.
#[test]
fn lines_that_only_resemble_a_block_are_reported() {
    let folder = Folder::new();
    for (key, good) in [("messaging_cert_key", "mine.pem"), ("messaging_ca_cert", "ca.pem")] {
        for (command, expected) in [
            ("sed 's/^/  /' cert.pem", "odd.pem: ignored: line 1 is indented"),
            ("sed 's/^/> /' cert.pem", "odd.pem: ignored: line 1 has other characters before"),
            ("sed 1d cert.pem", "ends \"CERTIFICATE\", which begins nowhere"),
            (
                "sed 's/-----/----/g' cert.pem",
                "odd.pem: ignored: line 1 does not begin or end a block",
            ),
            (
                "awk '{printf \"%s\\\\n\", $0}' cert.pem",
                "odd.pem: ignored: has \\n in place of line breaks",
            ),
        ] {
            let config = folder.config(key, "odd.pem", &format!("{command}; echo; cat {good}"));
            folder.bench.run(&config, &images(1)).expect(0).says_once(expected);
        }
        let config = folder.config(key, "odd.pem", &format!("sed 's/^/# /' cert.pem; cat {good}"));
        let ended = folder.bench.run(&config.set("log_level", "warn"), &images(1)).expect(0);
        assert_eq!(ended.stderr, "");
    }
}

/// A file to which the renewed certificate was appended, for the same key.
#[test]
fn of_several_certificates_for_the_key_the_valid_one_counts() {
    let folder = Folder::new();
    let key = fs::read(folder.path.join("key.pem")).unwrap();
    let key = PKey::private_key_from_pem(&key).unwrap();
    let mut old = X509::builder().unwrap();
    old.set_pubkey(&key).unwrap();
    old.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
    old.set_not_after(&Asn1Time::from_unix(1_700_000_000).unwrap()).unwrap();
    old.sign(&key, MessageDigest::sha256()).unwrap();
    folder.bench.file("old.pem", old.build().to_pem().unwrap());
    for command in ["cat key.pem old.pem cert.pem", "cat cert.pem old.pem key.pem"] {
        let config = folder.config("messaging_cert_key", "renewed.pem", command);
        let ended = folder.bench.run(&config, &images(1)).expect(0);
        ended.says_once("renewed.pem: line ").says_once("a certificate is ignored");
    }
    let config = folder.config("messaging_cert_key", "renewed.pem", "cat old.pem key.pem");
    rejects(
        &folder.bench,
        &config,
        "renewed.pem",
        "the certificate expired on Nov 14 22:13:20 2023 GMT",
    );
}
