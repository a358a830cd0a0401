//! Tables of texts.

use std::ffi::OsStr;

use super::*;

#[test]
fn only_invisible_characters_with_an_effect_are_escaped() {
    for c in [
        '\0', '\n', '\u{1b}', '\u{7f}', '\u{9b}', '\u{61c}', '\u{200b}', '\u{200f}', '\u{2028}',
        '\u{202e}', '\u{2066}', '\u{feff}',
    ] {
        let shown = printable(&format!("a{c}b"));
        assert!(!shown.contains(c) && shown.starts_with("a\\") && shown.ends_with('b'), "{shown}");
    }
    let kept = "naïve 日本 עברית 🔑 \\";
    assert_eq!(printable(kept), kept);
}

#[test]
fn a_long_text_is_cut_between_characters() {
    assert_eq!(printable(&"é".repeat(1000)), "é".repeat(1000));
    assert_eq!(printable(&"é".repeat(1001)), "é".repeat(1000) + "…");
    assert_eq!(printable(&"é".repeat(1_000_000)), "é".repeat(1000) + "…");
}

/// Texts that hold "MARK" only where it is a secret, and what is shown of them.
const SECRETS: &[(Secret, &str, &str)] = {
    use Secret::{ConnectionString, EncodedPem, Password, Pem, Token, Userinfo};
    &[
        (Pem, "-----BEGIN PRIVATE KEY-----\nMARK\n-----END PRIVATE KEY-----\n", "(PEM text)\\n"),
        (
            Pem,
            "x -----BEGIN RSA PRIVATE KEY-----\\nMARK\\n-----END RSA PRIVATE KEY-----: no",
            "x (PEM text): no",
        ),
        (Pem, "-----BEGIN PRIVATE KEY----- MARK -----END PRIVATE KEY-----", "(PEM text)"),
        (Pem, "-----BEGIN PRIVATE KEY-----\nMARK", "(PEM text)"),
        (Pem, "  ---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nMARK", "  (PEM text)"),
        (
            Pem,
            "-----BEGIN A-----\n1\n-----END A-----\n-----BEGIN B-----\nMARK\n-----END B-----",
            "(PEM text)\\n(PEM text)",
        ),
        (EncodedPem, "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tMARK", "(PEM text in base64)"),
        (EncodedPem, "x: LS0tLS1CRUdJTiBQ\nMARK\nMARK=\n", "x: (PEM text in base64)\\n"),
        (EncodedPem, "LS0tLS1CRUdJTiBQ\\nMARK", "(PEM text in base64)"),
        (EncodedPem, "Ci0tLS0tQkVHSU4gUFJJVkFURSBMARK", "(PEM text in base64)"),
        (EncodedPem, "CgotLS0tLUJFR0lOIFBSSVZBVEUgMARK", "(PEM text in base64)"),
        (
            ConnectionString,
            "Endpoint=sb://ns.example.net/;SharedAccessKeyName=Root;SharedAccessKey=MARK",
            "Endpoint=sb://ns.example.net/;SharedAccessKeyName=Root;SharedAccessKey=…",
        ),
        (ConnectionString, "a;SharedAccessKey=c2VjcmV0MARK", "a;SharedAccessKey=…"),
        (
            ConnectionString,
            "AccountName=a;AccountKey=MARK==;EndpointSuffix=b",
            "AccountName=a;AccountKey=…;EndpointSuffix=b",
        ),
        (ConnectionString, "host=h;Password = \"MARK\"; x=1", "host=h;Password = \"…\"; x=1"),
        (
            Password,
            "SharedAccessSignature sr=sb%3a&sig=MARK&se=1",
            "SharedAccessSignature sr=sb%3a&sig=…&se=1",
        ),
        (Password, "password: MARK", "password: …"),
        (Password, "--DB_PASSWORD=MARK", "--DB_PASSWORD=…"),
        (
            Password,
            "{\"client_secret\": \"MARK\", \"a\": 1}",
            "{\"client_secret\": \"…\", \"a\": 1}",
        ),
        (Password, "{\\\"token\\\": \\\"MARK\\\"}", "{\\\"token\\\": \\\"…\\\"}"),
        (
            Password,
            "amqps://h?transport.keyStorePassword=MARK&x=y",
            "amqps://h?transport.keyStorePassword=…&x=y",
        ),
        (Password, "Authorization: Bearer MARK", "Authorization: …"),
        (Password, "no: Bearer MARK1234.MARK, x", "no: Bearer …, x"),
        (Password, "Basic bWU6MARK==", "Basic …"),
        (Password, "Cookie: session=MARK", "Cookie: …"),
        (
            Password,
            "<user>me</user><password>MARK</password>",
            "<user>me</user><password>…</password>",
        ),
        (Password, "x --password MARK --user me", "x --password … --user me"),
        (Password, "password\t=\tMARK", "password\\t=\\t…"),
        (Pem, "MARK==\n-----END PRIVATE KEY-----\n", "(PEM text)-----END PRIVATE KEY-----\\n"),
        (Userinfo, "amqps://me:MARK@host:5671", "amqps://…@host:5671"),
        (Userinfo, "amqps://MARK@host", "amqps://…@host"),
        (Userinfo, "amqps://me:M@RK/w:MARK@host/x", "amqps://…@host/x"),
        (Userinfo, "amqps://me:MARK x?y#z@host", "amqps://…@host"),
        (Userinfo, "amqps:/me:MARK@host", "…@host"),
        (Userinfo, "amqps://me:MARK@host:5671", "amqps://…@host:5671"),
        (Userinfo, "amqps://me:MARK@5671:abc", "amqps://…@5671:abc"),
        (Userinfo, "amqps:me:MARK@host", "…@host"),
        (Userinfo, "amqps//me:MARK@host", "…@host"),
        (Userinfo, "at me:MARK x@host:5671", "at …@host:5671"),
        (Userinfo, "me:MARK://x@host", "…@host"),
        (Userinfo, "amqps://me:MARK%40host", "amqps://…%40host"),
        (Userinfo, "amqps%3A%2F%2Fme%3AMARK%40host", "…%40host"),
        (Password, "-Dssl.storepass=MARK", "-Dssl.storepass=…"),
        (Userinfo, "failover:(amqps://me:MARK@a,amqps://me:MARK@b)", "failover:(amqps://…@b)"),
        (
            Userinfo,
            "docker://me:MARK@quay.example/ns/app@sha256:12",
            "docker://…@quay.example/ns/app@sha256:12",
        ),
        (Token, "ghp_MARK567890123456", "…"),
        (Token, "no: eyJhbGciOiJIUzI1NiIsMARK.MARK.MARK: no", "no: …: no"),
        (Token, "MIIEvQIBADANBgkqhkiG9w0BAQEFMARK\nAASCBKcw\nMARK", "…"),
        (Token, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXMARK", "…"),
    ]
};

#[test]
fn what_may_be_a_secret_is_hidden() {
    for &(secret, text, expected) in SECRETS {
        assert_eq!(printable(text), expected);
        assert_eq!(secret_in(text), Some(secret), "{text}");
        assert_eq!(printable_path(Path::new(text)), expected);
        let again = printable(expected);
        assert_eq!(again, expected);
    }
}

#[test]
fn what_is_no_secret_is_shown() {
    for text in [
        "registry.example.com:5000/ns/app:1.0",
        "quay.example/ns/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "host:5000/ns/app:1@sha512:ab",
        "quay.example/ns/app:1@blake3:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "A0EAF354DC0C8C4BA0EAF354DC0C8C4BA0EAF354",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "queue://Consumer.me@EXAMPLE.COM.7.VirtualTopic.eng.example-service.signed",
        "builder@EXAMPLE.COM",
        "jane@example.com",
        "contact: jane@example.com",
        "/home/build/Workspace12/messaging/Client-Certificate-2024.pem",
        "/tmp/.tmpAbC123/sandbox/client.pem",
        "pub-task-2024-11-26-release-0001-retry-2",
        "SharedAccessKeyName=Root",
        "password_file",
        "the password is wrong",
        "the password <password> is missing",
        "X509v3 Basic Constraints: critical",
        "Basic authentication is off",
        "<passwords>",
        "--password-file /etc/x",
        "amqp:unauthorized-access",
        "[::1]:5671",
        "a=b",
        "topic://VirtualTopic.example.sign",
        "secret://x",
        "-----",
        "BEGIN",
        "the BEGIN of it",
        "Begin -- here",
    ] {
        assert_eq!(printable(text), text);
        assert_eq!(secret_in(text), None, "{text}");
    }
}

#[test]
fn a_path_is_shown_on_one_line_with_the_bytes_that_are_no_text() {
    let shown = |bytes: &[u8]| printable_path(Path::new(OsStr::from_bytes(bytes)));
    assert_eq!(shown("/a b/é.pem".as_bytes()), "/a b/é.pem");
    assert_eq!(shown(b"a\nb\x1b[31m\xff.pem"), "a\\nb\\u{1b}[31m\\xff.pem");
    assert_eq!(shown(&[b'a'; 5000]).chars().count(), 1001);
}

#[test]
fn the_body_of_a_request_keeps_its_base64() {
    let data = "MIIEvQIBADANBgkqhkiG9w0BAQEFMARK".repeat(100);
    let body = format!("{{\"data\": \"{data}\", \"requested_by\": \"amqps://me:secret@h\"}}");
    let shown = printable_body(&body);
    assert!(shown.contains(&data) && !shown.contains("secret"), "{shown}");
}

/// A text that is full of beginnings takes no time that grows with its square.
#[test]
fn every_text_is_read_in_a_time_that_grows_with_its_length() {
    for piece in [
        "-----BEGIN ",
        "BEGIN",
        "--END",
        "=",
        ":",
        "password=",
        "@",
        "://",
        "%40",
        "LS0t",
        "a@sha1:",
        " \"",
        "x: ",
        "pass:",
    ] {
        let text = piece.repeat(10_000_000 / piece.len());
        assert!(printable(&text).chars().count() <= 1001);
    }
}
