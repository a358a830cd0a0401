//! The client's files: what cannot be used is named, encrypted keys are opened, and nothing prompts.

use std::process::{Command, Stdio};

use amqp_sandbox::pki::{Subject, Validity};
use openssl::{pkey::PKey, rsa::Rsa, x509::X509};

use super::{client, rejects, with_file};
use crate::harness::{Bench, images};

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let bench = Bench::new();
    let identity = client(&bench, Validity::default());
    let (certificate, key) = (identity.certificate_pem().unwrap(), identity.key_pem().unwrap());
    let stranger = client(&bench, Validity::default()).key_pem().unwrap();
    let cut = &certificate[..certificate.len() / 2];
    let cert_key = |content: &[u8]| with_file(&bench, "messaging_cert_key", "mine.pem", content);
    let ca = |content: &[u8]| with_file(&bench, "messaging_ca_cert", "ca.pem", content);

    rejects(
        &bench,
        &bench.config().set("messaging_cert_key", "/no/mine.pem"),
        "/no/mine.pem",
        "No such file",
    );
    rejects(
        &bench,
        &bench.config().set("messaging_ca_cert", "/no/ca.pem"),
        "/no/ca.pem",
        "No such file",
    );
    rejects(&bench, &bench.config().set("messaging_cert_key", "/"), "/: ", "Is a directory");
    rejects(
        &bench,
        &bench.config().set("messaging_ca_cert", "/proc/self/ns"),
        "/ns: ",
        "the folder has no file",
    );
    rejects(&bench, &cert_key(b"hello"), "mine.pem", "holds no certificate");
    rejects(&bench, &cert_key(b""), "mine.pem", "is empty");
    rejects(&bench, &cert_key(&key), "mine.pem", "holds no certificate");
    rejects(&bench, &cert_key(&certificate), "mine.pem", "holds no usable private key");
    rejects(
        &bench,
        &cert_key(&[&certificate[..], &stranger].concat()),
        "mine.pem",
        "does not belong",
    );
    rejects(&bench, &cert_key(&[cut, b"\n", &key].concat()), "mine.pem", "certificate");
    rejects(&bench, &ca(b"hello"), "ca.pem", "holds no certificate");
    rejects(&bench, &ca(cut), "ca.pem", "certificate");
}

/// OpenSSL finds the client's key too weak; the file of the authorities has no defect.
#[test]
fn a_weak_certificate_names_its_own_file() {
    let bench = Bench::new();
    let key = PKey::from_rsa(Rsa::generate(512).unwrap()).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&openssl::asn1::Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&openssl::asn1::Asn1Time::days_from_now(30).unwrap()).unwrap();
    builder.sign(&key, openssl::hash::MessageDigest::sha256()).unwrap();
    let pem = [builder.build().to_pem().unwrap(), key.private_key_to_pem_pkcs8().unwrap()].concat();
    let config = with_file(&bench, "messaging_cert_key", "weak.pem", pem);
    let ended = bench.run(&config, &format!("{} --requester me", images(1))).expect(78);
    ended.says("weak.pem: the certificate has an RSA key of 512 bits; OpenSSL's security level 2 requires 2048");
}

#[test]
fn an_encrypted_key_is_opened_by_its_passphrase_file_and_nothing_prompts() {
    let bench = Bench::new();
    let identity = client(&bench, Validity::default());
    let pem = [identity.certificate_pem().unwrap(), identity.encrypted_key_pem(b"sesame").unwrap()]
        .concat();
    let config = with_file(&bench, "messaging_cert_key", "mine.pem", pem);
    rejects(&bench, &config, "mine.pem", "the private key is encrypted");

    let passphrase = |content: &str| {
        let file = bench.file("passphrase", content);
        config.clone().set("messaging_key_passphrase_file", &file.display().to_string())
    };
    rejects(&bench, &passphrase("wrong\n"), "mine.pem", "does not open the private key");
    rejects(&bench, &passphrase(&"x".repeat(5000)), "mine.pem", "does not open the private key");
    rejects(&bench, &passphrase("\n"), "passphrase", "is empty");
    let missing = config.clone().set("messaging_key_passphrase_file", "/no/passphrase");
    rejects(&bench, &missing, "/no/passphrase", "No such file");
    for right in ["sesame", "sesame\n", "sesame\r\n"] {
        bench.run(&passphrase(right), &images(1)).expect(0);
    }
}

/// Blanks belong to a password and to a passphrase, at both ends; one line break at the end does not.
#[test]
fn a_secret_keeps_its_blanks() {
    let bench = Bench::with(|options| {
        options.sasl.user = Some(("me".into(), " pass word\t ".into()));
    });
    let file = |content: &str| bench.file("secret", content).display().to_string();
    // The same name, and so the same queue, as that of the sandbox's client.
    let subject = Subject::common_name("sandbox-client");
    let identity = bench.sandbox.authority().client(subject, Validity::default()).unwrap();
    let key = identity.encrypted_key_pem(b" pass word\t ").unwrap();
    let pem = [identity.certificate_pem().unwrap(), key].concat();
    let login = bench.config().set("username", "me").patience(1, 1, 1);
    let opened = with_file(&bench, "messaging_cert_key", "mine.pem", pem);
    for right in
        [" pass word\t ", " pass word\t \n", " pass word\t \r\n", "\u{feff} pass word\t \n"]
    {
        let path = file(right);
        bench.run(&login.clone().set("password_file", &path), &images(1)).expect(0);
        let config = opened.clone().set("messaging_key_passphrase_file", &path);
        bench.run(&config, &images(1)).expect(0);
    }
    for wrong in ["pass word", " pass word", " pass word\t \n\n", "\n pass word\t "] {
        let path = file(wrong);
        bench.run(&login.clone().set("password_file", &path), &images(1)).expect(77);
        let config = opened.clone().set("messaging_key_passphrase_file", &path);
        bench.run(&config, &images(1)).expect(78).says("does not open the private key");
    }
}

/// The program has a terminal, on which OpenSSL could ask and would wait for an answer forever.
#[test]
fn nothing_prompts_on_a_terminal() {
    let bench = Bench::new();
    let identity = client(&bench, Validity::default());
    let pem = [identity.certificate_pem().unwrap(), identity.encrypted_key_pem(b"sesame").unwrap()]
        .concat();
    let config = with_file(&bench, "messaging_cert_key", "mine.pem", pem);
    let inner = bench.program(&config, &images(1));
    let words: Vec<_> =
        [inner.command.get_program()].into_iter().chain(inner.command.get_args()).collect();
    let line = words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ");
    let output = Command::new("timeout")
        .args(["20", "script", "--quiet", "--return", "--command", &line, "/dev/null"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(78), "{text}");
    assert!(!text.contains("Enter"), "{text}");
}
