//! Certificate and key in a file each (`messaging_cert_key` and `messaging_key`).

use super::Folder;
use crate::{
    harness::{Config, images},
    tls::rejects,
};

impl Folder {
    /// A configuration with the files that two commands write, `c.pem` for the certificate and `k.pem` for the key.
    #[track_caller]
    fn apart(&self, certificate: &str, key: &str) -> Config {
        let config = self.config("messaging_key", "k.pem", key);
        let file = self.bench.file("c.pem", self.shell(certificate));
        config.set("messaging_cert_key", &file.display().to_string())
    }
}

/// What the two files may hold: the commands that write them, and what is logged of them.
#[test]
fn a_certificate_and_its_key_may_have_a_file_each() {
    let folder = Folder::new();
    for (certificate, key, reported, logged) in [
        ("cat cert.pem", "cat key.pem", "", ""),
        ("sed 's/$/\\r/' cert.pem", "printf '\\357\\273\\277'; cat key.pem", "", ""),
        ("cat cert.pem", "openssl ecparam -name prime256v1; openssl ec -in key.pem", "", ""),
        // Both in one file, and the same in the other.
        (
            "cat mine.pem",
            "cat key.pem",
            "",
            "/c.pem: line 10: a private key is not needed; messaging_key has the same",
        ),
        (
            "cat cert.pem",
            "cat mine.pem",
            "",
            "/k.pem: line 1: a certificate is not needed; messaging_cert_key has the same",
        ),
        ("cat mine.pem", "cat mine.pem", "", "is not needed; messaging_key has the same"),
        (
            "cat cert.pem; openssl genpkey -algorithm ED25519",
            "cat key.pem",
            "/c.pem: line 10: a private key is ignored",
            "",
        ),
        ("cat cert.pem", "cat ca.pem key.pem", "/k.pem: line 1: a certificate is ignored", ""),
        (
            "cat cert.pem",
            "openssl genpkey -algorithm ED25519; cat key.pem",
            "/k.pem: line 1: a private key is ignored",
            "",
        ),
        ("cat cert.pem", "sed 's/^/# /' cert.pem; cat key.pem", "", ""),
        ("cat cert.pem", "sed 's/^/ /' cert.pem; cat key.pem", "/k.pem: ignored: line 1 is ", ""),
    ] {
        let config = folder.apart(certificate, key).set("log_level", "info");
        let ended = folder.bench.run(&config, &images(1)).expect(0);
        ended.logs(logged);
        match reported {
            "" => assert_eq!(ended.reported(), "", "{certificate}; {key}"),
            _ => drop(ended.says_once(reported)),
        }
    }
    let requests = folder.bench.record().requests;
    assert_eq!(requests.last().unwrap().json()["requested_by"], "me");
}

#[test]
fn intermediates_stay_beside_the_certificate() {
    let folder = Folder::new();
    let config = folder.apart("cat cert.pem ca.pem", "cat key.pem").set("log_level", "warn");
    assert_eq!(folder.bench.run(&config, &images(1)).expect(0).stderr, "");
}

/// Each mistake names the file that has it.
#[test]
fn a_mistake_in_either_file_names_that_file() {
    let folder = Folder::new();
    let other = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256";
    for (certificate, key, file, expected) in [
        (
            "cat key.pem",
            "cat cert.pem",
            "c.pem: holds a private key, and ",
            "/k.pem a certificate; exchange messaging_cert_key and messaging_key",
        ),
        (
            "cat cert.pem",
            "cat cert.pem",
            "k.pem: holds no usable private key; ",
            "line 1 begins a certificate; expected PEM with \"-----BEGIN PRIVATE KEY-----\"",
        ),
        (
            "cat key.pem",
            "cat key.pem",
            "c.pem: holds no certificate; ",
            "line 1 begins a private key",
        ),
        ("cat cert.pem", "true", "k.pem: ", "is empty"),
        ("true", "cat key.pem", "c.pem: ", "is empty"),
        (
            "cat cert.pem",
            "echo x",
            "k.pem: holds no usable private key; ",
            "expected PEM with \"-----BEGIN PRIVATE",
        ),
        (
            "cat cert.pem",
            "openssl pkey -in key.pem -pubout",
            "k.pem: holds no usable private key; ",
            "line 1 begins only the public one",
        ),
        (
            "cat cert.pem",
            other,
            "k.pem: the private key does not belong to the certificate in ",
            "/c.pem; name the one that does in messaging_key",
        ),
        (
            "cat mine.pem",
            other,
            "k.pem: the private key does not belong to the certificate in ",
            "/c.pem; the one beside that does: remove messaging_key",
        ),
        (
            "openssl x509 -outform DER -in cert.pem",
            "cat key.pem",
            "c.pem: is a certificate in DER, not PEM; ",
            "name the file that this makes: openssl x509 ",
        ),
        (
            "cat cert.pem",
            "openssl x509 -outform DER -in cert.pem",
            "k.pem: ",
            "is a certificate in DER; expected the private key in PEM",
        ),
        (
            "openssl pkey -outform DER -in key.pem",
            "cat key.pem",
            "c.pem: ",
            "is a private key in DER; expected the certificate in PEM",
        ),
        (
            "cat cert.pem",
            "sed '2s/^..../AAAA/' key.pem",
            "k.pem: ",
            "line 1: holds no usable private key",
        ),
        (
            "sed '2s/^..../AAAA/' cert.pem",
            "cat key.pem",
            "c.pem: ",
            "line 1: holds a damaged certificate",
        ),
    ] {
        let config = folder.apart(certificate, key);
        let ended = rejects(&folder.bench, &config, file, expected);
        let secret = &folder.shell("sed -n '2s/.*\\(.\\{20\\}\\)$/\\1/p' key.pem");
        let secret = std::str::from_utf8(secret).unwrap().trim();
        assert!(secret.len() == 20 && !ended.stderr.contains(secret), "{}", ended.stderr);
    }
    let config = folder.bench.config().set("messaging_key", "/nonexistent/key.pem");
    rejects(&folder.bench, &config, "/nonexistent/key.pem", "cannot read the private key: No such");
    let config = config.without("messaging_cert_key").set("username", "u");
    let password = folder.bench.file("password", "sesame").display().to_string();
    let config = config.set("password_file", &password);
    rejects(
        &folder.bench,
        &config,
        "msg_signer.messaging_key",
        "messaging_cert_key is missing; add",
    );
    let config = folder.bench.config().set("messaging_key", "hunter2");
    let ended =
        rejects(&folder.bench, &config, "msg_signer.messaging_key", "the value is not shown");
    assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
}

/// The command that an error names makes a file that works, and that stays private.
#[test]
fn a_key_in_another_form_is_named_with_its_remedy() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.bench.file("c.pem", folder.shell("cat cert.pem"));
    let follow = |key: &str, command: &str, expected: &str| {
        let config = folder.config(key, "odd.txt", command);
        let config = match key {
            "messaging_key" => {
                config.set("messaging_cert_key", &folder.path.join("c.pem").display().to_string())
            }
            _ => config.set("messaging_key", &folder.path.join("key.pem").display().to_string()),
        };
        let ended = rejects(&folder.bench, &config, "odd.txt", expected);
        folder.follow_in(&config, key, &ended.reported())
    };
    for (command, expected) in [
        ("sed 's/^/  /' key.pem", "line 1 is indented"),
        ("base64 key.pem", "is PEM in base64"),
        ("openssl pkey -outform DER -in key.pem", "is a private key in DER, not PEM"),
        ("openssl pkcs12 -export -passout pass:sesame -in mine.pem", "is a PKCS#12 store, not PEM"),
        ("sed 's/ PRIVATE KEY/ RSA PRIVATE KEY/' key.pem", "a \"PRIVATE KEY\" is named"),
        (
            "openssl pkcs8 -topk8 -v1 PBE-MD5-DES $(cat legacy) -passout pass:sesame -in key.pem",
            "which OpenSSL does not read here",
        ),
    ] {
        let made = follow("messaging_key", command, expected);
        let text = std::fs::read_to_string(&made).unwrap();
        assert!(!text.contains("BEGIN CERTIFICATE"), "{command}: {text}");
        let mode = std::fs::metadata(&made).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{command}");
        std::fs::remove_file(made).unwrap();
    }
    for (command, expected) in [
        ("sed 's/^/  /' cert.pem", "line 1 is indented"),
        ("openssl crl2pkcs7 -nocrl -certfile cert.pem", "line 1 begins a PKCS#7 bundle"),
        ("openssl pkcs12 -export -passout pass:sesame -in mine.pem", "is a PKCS#12 store, not PEM"),
    ] {
        let made = follow("messaging_cert_key", command, expected);
        let text = std::fs::read_to_string(&made).unwrap();
        assert!(!text.contains("PRIVATE KEY"), "{command}: {text}");
        std::fs::remove_file(made).unwrap();
    }
}

#[test]
fn an_encrypted_key_of_its_own_is_opened() {
    let folder = Folder::new();
    for command in ["pkcs8 -topk8", "ec -aes128"] {
        let command = format!("openssl {command} -passout pass:sesame -in key.pem");
        let config = folder.apart("cat cert.pem", &command);
        rejects(&folder.bench, &config, "k.pem", "the private key is encrypted; name a file");
        let with = |word: &str| {
            let file = folder.bench.file("passphrase", word);
            config.clone().set("messaging_key_passphrase_file", &file.display().to_string())
        };
        rejects(&folder.bench, &with("wrong"), "k.pem", "does not open the private key");
        folder.bench.run(&with("sesame\n"), &images(1)).expect(0);
    }
}
