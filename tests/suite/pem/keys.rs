//! Keys by their encryption and form.

use super::Folder;
use crate::{harness::images, tls::rejects};

/// Keys that OpenSSL 3 reads only with its legacy provider, whether a passphrase is named or not.
#[test]
fn a_key_in_an_old_encryption_is_named_with_its_remedy() {
    let folder = Folder::new();
    for (command, expected) in [
        ("pkcs8 -topk8 -v1 PBE-MD5-DES", "pbeWithMD5AndDES-CBC"),
        ("pkcs8 -topk8 -v1 PBE-SHA1-RC2-40", "PBE-SHA1-RC2-40"),
        ("pkcs8 -topk8 -v1 PBE-SHA1-RC4-128", "PBE-SHA1-RC4"),
        ("pkcs8 -topk8 -v2 des", "DES"),
        ("ec -des", "DES"),
        ("ec -rc2", "RC2"),
    ] {
        let command = format!(
            "cat cert.pem; openssl {command} $(cat legacy) -passout pass:sesame -in key.pem"
        );
        let config = folder.config("messaging_cert_key", "old.txt", &command);
        let expected = format!(
            "the private key is encrypted with {expected}, which OpenSSL does not read here"
        );
        rejects(&folder.bench, &config, "old.txt", &expected);
        let passphrase = folder.bench.file("passphrase", "sesame\n");
        let config = config.set("messaging_key_passphrase_file", &passphrase.display().to_string());
        let ended = rejects(&folder.bench, &config, "old.txt", &expected);
        folder.follow("messaging_cert_key", &ended.reported());
    }
}

/// The same in a file whose blocks follow each other without a line break.
#[test]
fn a_key_in_an_old_encryption_is_mended_where_it_is_glued() {
    let folder = Folder::new();
    for (command, expected) in [
        (
            "openssl pkcs8 -topk8 -v1 PBE-MD5-DES $(cat legacy) -passout pass:sesame -in key.pem",
            "which OpenSSL does not read here",
        ),
        ("sed 's/ PRIV/ RSA PRIV/' key.pem", "a \"PRIVATE KEY\" is named"),
    ] {
        let command = format!("printf %s \"$(cat cert.pem)\"; {command}");
        let config = folder.config("messaging_cert_key", "glued.txt", &command);
        let ended = rejects(&folder.bench, &config, "glued.txt", expected);
        folder.follow("messaging_cert_key", &ended.reported());
    }
}

/// The remedy of an OpenSSH key keeps the certificates beside it.
#[test]
fn an_openssh_key_is_named_with_its_remedy() {
    let folder = Folder::new();
    let command = "openssl ec -in key.pem > ssh.key && chmod 600 ssh.key && ssh-keygen -q -p -N '' -f ssh.key >&2; cat cert.pem ssh.key";
    let config = folder.config("messaging_cert_key", "mine.ssh", command);
    let ended = rejects(&folder.bench, &config, "mine.ssh", "line 10: is an OpenSSH key, not PEM");
    let follow = |told: &str| {
        folder.follow("messaging_cert_key", &told.replace("ssh-keygen", "ssh-keygen -q -N ''"));
    };
    follow(&ended.reported());
    // Lines that only this program sees.
    for command in [
        "printf %s \"$(cat cert.pem)\"; cat ssh.key",
        "sed 's/$/\r/' cert.pem ssh.key",
        "cat cert.pem; printf %s \"$(cat ssh.key)\"",
        "cat cert.pem ssh.key | tr '\n' '\r'",
        r"printf '\357\273\277'; cat ssh.key cert.pem",
    ] {
        let config = folder.config("messaging_cert_key", "odd.ssh", command);
        let ended = folder.bench.run(&config, &images(1)).expect(78);
        follow(&ended.says_once(": is an OpenSSH key, not PEM; ").reported());
    }
}

/// Encryptions that are still read are opened, and a wrong passphrase is not taken for an old encryption.
#[test]
fn a_key_in_a_current_encryption_is_opened() {
    let folder = Folder::new();
    for command in ["pkcs8 -topk8", "pkcs8 -topk8 -v1 PBE-SHA1-3DES", "ec -aes128", "ec -des3"] {
        let command = format!("cat cert.pem; openssl {command} -passout pass:sesame -in key.pem");
        let config = folder.config("messaging_cert_key", "mine2.pem", &command);
        rejects(&folder.bench, &config, "mine2.pem", "the private key is encrypted; name a file");
        let with = |word: &str| {
            let file = folder.bench.file("passphrase", word);
            config.clone().set("messaging_key_passphrase_file", &file.display().to_string())
        };
        rejects(&folder.bench, &with("wrong"), "mine2.pem", "does not open the private key");
        // A blank belongs to the passphrase.
        rejects(&folder.bench, &with("sesame "), "mine2.pem", "does not open the private key");
        folder.bench.run(&with("sesame\n"), &images(1)).expect(0);
    }
}

/// TLS 1.3 knows fewer curves than OpenSSL, which then sends no certificate.
#[test]
fn a_key_that_the_broker_does_not_know_is_named() {
    let folder = Folder::new();
    let command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp256k1 -nodes -keyout k.pem -subj /CN=me; cat k.pem";
    let config = folder.config("messaging_cert_key", "curve.pem", command).patience(1, 1, 1);
    let ended = folder.bench.run(&config, &images(1)).expect(77);
    ended.says("certificate required; ").says("/curve.pem: OpenSSL did not send it, ");
    ended.says("(EC, secp256k1)");
    let password = folder.bench.file("password", "sesame").display().to_string();
    let config = folder.bench.config().without("messaging_cert_key").set("username", "u");
    let config = config.set("password_file", &password).patience(1, 1, 1);
    let ended = folder.bench.run(&config, &(images(1) + " --requester me")).expect(77);
    ended.says("certificate required; set messaging_cert_key");
    assert!(!ended.stderr.contains("administrator"), "{}", ended.stderr);
}
