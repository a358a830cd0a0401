//! Files that are named, with the command that makes PEM of them.

use std::fs;

use super::Folder;
use crate::{harness::images, tls::rejects};

/// Of certificate and key: the file's name, the command that writes it, what is reported, and whether the command that
/// is reported makes a file that works.
const IDENTITIES: [(&str, &str, &str, bool); 47] = [
    ("indented", "sed 's/^/  /' mine.pem", "line 1 is indented", true),
    ("tabs.pem", "sed 's/^/\\t/' mine.pem", "line 1 is indented", true),
    ("escaped", "awk '{printf \"%s\\\\n\", $0}' mine.pem", "has \\n in place of line breaks", true),
    (
        "crlf.json",
        "printf '\"'; awk '{printf \"%s\\\\r\\\\n\", $0}' mine.pem; printf '\"'",
        "has \\n in place of line breaks",
        true,
    ),
    ("blanks", "tr '\\n' ' ' < mine.pem", "line 1 has no line break after \"-----BEGIN\"", true),
    ("nothing", "tr -d '\\n' < mine.pem", "line 1 has no line break after \"-----BEGIN\"", true),
    (
        "quoted",
        "sed 's/^/> /' mine.pem",
        "line 1 has other characters before \"-----BEGIN\"",
        false,
    ),
    ("dashes", "sed 's/-----/----/g' mine.pem", "line 1 does not begin or end a block", false),
    (
        "cut",
        "head -n 5 cert.pem",
        "line 1 begins a certificate that does not end: the file is cut off",
        false,
    ),
    ("base64", "base64 mine.pem", "is PEM in base64", true),
    ("base64w0", "base64 -w0 mine.pem", "is PEM in base64", true),
    ("base64.yaml", "base64 mine.pem | sed 's/^/  /; s/$/\r/'", "is PEM in base64", true),
    ("twice", "base64 mine.pem | base64", "in base64, is PEM in base64", false),
    (
        "twice.json",
        "printf '{\"data\":\"{'; awk '{printf \"%s\\\\\\\\n\", $0}' mine.pem; printf '}\"}'",
        "has \\n in place of line breaks",
        true,
    ),
    (
        "named.json",
        "printf '{\n\"cert\": \"'; awk '{printf \"%s\\\\n\", $0}' cert.pem; printf '\",\n\"key\": \"'; awk '{printf \"%s\\\\n\", $0}' key.pem; printf '\"\n}'",
        "has \\n in place of line breaks",
        true,
    ),
    ("k8s.json", "printf '{\"tls.crt\":\"'; base64 -w0 cert.pem; printf '\"}'", "is JSON", false),
    (
        "escaped-header",
        "sed 's/ /%20/g; s/+/%2B/g; s_/_%2f_g; s/=/%3D/g; s/$/%0A/' mine.pem | tr -d '\n'",
        "is percent-encoded",
        true,
    ),
    (
        "breaks.html",
        "awk '{printf \"%s&#10;\", $0}' mine.pem",
        "put line breaks in place of",
        false,
    ),
    ("utf32le", "iconv -t UTF-32LE mine.pem", "is in UTF-32LE; expected ASCII", true),
    ("utf32be", "iconv -t UTF-32BE mine.pem", "is in UTF-32BE; expected ASCII", true),
    (
        "other-label",
        "sed 's/ PRIVATE KEY/ RSA PRIVATE KEY/' mine.pem",
        "a \"PRIVATE KEY\" is named \"RSA PRIVATE KEY\"",
        true,
    ),
    (
        "p7-and-key",
        "cat key.pem; openssl crl2pkcs7 -nocrl -certfile cert.pem",
        "holds no certificate; line 6 begins a PKCS#7 bundle",
        true,
    ),
    (
        "key-and-p7",
        "openssl crl2pkcs7 -nocrl -certfile cert.pem; cat key.pem",
        "holds no certificate; line 1 begins a PKCS#7 bundle",
        true,
    ),
    (
        "comment-in-it",
        "sed '3i# comment' mine.pem",
        "line 1: holds a damaged certificate: line 3 has characters that are no base64",
        false,
    ),
    ("zero-width", "sed '3s/^/\u{200b}/' mine.pem", "certificate: line 3 has characters", false),
    (
        "lost-line",
        "cat cert.pem; printf -- '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n'",
        "holds no usable private key (\"PRIVATE KEY\"): it is empty",
        false,
    ),
    ("no-padding", "cat cert.pem; sed '2s/.$//' key.pem", "its base64 is not complete", false),
    (
        "small-letters",
        "sed 's/PRIVATE KEY/private key/' mine.pem",
        "does not begin or end a block; expected such as \"-----BEGIN CERTIFICATE-----\", in capitals",
        false,
    ),
    ("only-cert", "cat cert.pem", "beside the certificate, in the same file", false),
    ("utf16", "iconv -t UTF-16 mine.pem", "is in UTF-16; expected ASCII", true),
    ("utf16le", "iconv -t UTF-16LE mine.pem", "is in UTF-16LE; expected ASCII", true),
    ("utf16be", "iconv -t UTF-16BE mine.pem", "is in UTF-16BE; expected ASCII", true),
    (
        "mine.p12",
        "openssl pkcs12 -export -passout pass:sesame -in mine.pem",
        "is a PKCS#12 store, not PEM",
        true,
    ),
    (
        "old.pfx",
        "openssl pkcs12 -export -legacy -passout pass:sesame -in mine.pem",
        "is a PKCS#12 store, not PEM",
        true,
    ),
    (
        "mine.b64",
        "openssl pkcs12 -export -passout pass:sesame -in mine.pem | base64",
        "in base64, is a PKCS#12 store",
        true,
    ),
    (
        "cert.der",
        "openssl x509 -outform DER -in cert.pem",
        "is a certificate in DER, not PEM; its private key belongs into the same file; ",
        false,
    ),
    (
        "key.der",
        "openssl pkey -outform DER -in key.pem",
        "its certificate belongs into the same file; ",
        false,
    ),
    (
        "enc.der",
        "openssl pkcs8 -topk8 -outform DER -in key.pem -passout pass:sesame",
        "is an encrypted private key in DER, not PEM",
        false,
    ),
    (
        "req.der",
        "openssl req -new -key key.pem -subj /CN=x -outform DER",
        "is a certificate request in DER",
        false,
    ),
    ("pub.der", "openssl pkey -in key.pem -pubout -outform DER", "is a public key in DER", false),
    (
        "p7b",
        "openssl crl2pkcs7 -nocrl -certfile cert.pem -outform DER",
        "is a PKCS#7 bundle in DER, not PEM",
        false,
    ),
    ("random", "head -c 999 /dev/zero", "is binary data; expected a PEM file", false),
    (
        "csr",
        "cat key.pem; openssl req -new -key key.pem -subj /CN=x",
        "holds no certificate; line 1 begins a private key",
        false,
    ),
    (
        "csr2",
        "openssl req -new -key key.pem -subj /CN=x; cat key.pem",
        "line 1 begins a certificate request; expected the certificate that the authority makes",
        false,
    ),
    (
        "public",
        "cat cert.pem; openssl pkey -in key.pem -pubout",
        "begins only the public one",
        false,
    ),
    (
        "openssh",
        "cat cert.pem; sed 's/ PRIV/ OPENSSH PRIV/' key.pem",
        "is an OpenSSH key, not PEM; name the file that this makes: umask 077; awk ",
        false,
    ),
    ("broken", "cat cert.pem; sed '2s/^..../AAAA/' key.pem", "holds no usable private key", false),
];

#[test]
fn what_is_no_certificate_and_key_is_named_with_its_remedy() {
    let folder = Folder::new();
    for (name, command, expected, is_enough) in IDENTITIES {
        let config = folder.config("messaging_cert_key", name, command);
        let ended = rejects(&folder.bench, &config, name, expected);
        let secret = fs::read_to_string(folder.path.join("key.pem")).unwrap();
        let secret = &secret.lines().nth(1).unwrap()[40..];
        assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
        if is_enough {
            folder.follow("messaging_cert_key", &ended.reported());
        }
    }
}

/// A file with a key stays readable only for its owner.
#[test]
fn a_remedy_leaves_a_key_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    for (name, command) in [
        ("indented", "sed 's/^/  /' mine.pem"),
        ("mine.p12", "openssl pkcs12 -export -passout pass:sesame -in mine.pem"),
        ("base64", "base64 mine.pem"),
    ] {
        let config = folder.config("messaging_cert_key", name, command);
        let ended = folder.bench.run(&config, &images(1)).expect(78);
        let made = folder.follow("messaging_cert_key", &ended.reported());
        assert_eq!(fs::metadata(made).unwrap().permissions().mode() & 0o077, 0, "{name}");
    }
}

/// The same for authorities.
const AUTHORITIES: [(&str, &str, &str, bool); 16] = [
    ("indented", "sed 's/^/  /' ca.pem", "line 1 is indented", true),
    ("escaped", "awk '{printf \"%s\\\\n\", $0}' ca.pem", "has \\n in place of line breaks", true),
    ("blanks", "tr '\\n' ' ' < ca.pem", "line 1 has no line break after \"-----BEGIN\"", true),
    ("base64", "base64 ca.pem", "is PEM in base64", true),
    ("utf16", "iconv -t UTF-16 ca.pem", "is in UTF-16; expected ASCII", true),
    ("ca.der", "openssl x509 -outform DER -in ca.pem", "is a certificate in DER, not PEM", true),
    (
        "der.b64",
        "openssl x509 -outform DER -in ca.pem | base64",
        "in base64, is a certificate in DER",
        true,
    ),
    (
        "p7b",
        "openssl crl2pkcs7 -nocrl -certfile ca.pem -outform DER",
        "is a PKCS#7 bundle in DER",
        true,
    ),
    (
        "p7",
        "openssl crl2pkcs7 -nocrl -certfile ca.pem",
        "holds no certificate; line 1 begins a PKCS#7 bundle",
        true,
    ),
    (
        "ca.p12",
        "openssl pkcs12 -export -nokeys -passout pass:sesame -in ca.pem",
        "is a PKCS#12 store, not PEM",
        true,
    ),
    ("html", "echo '<html>not found</html>'", "is HTML or XML", false),
    ("empty", "true", "is empty", false),
    (
        "text",
        "echo hello",
        "holds no certificate; expected PEM with \"-----BEGIN CERTIFICATE-----\"",
        false,
    ),
    ("only-key", "cat key.pem", "holds no certificate; line 1 begins a private key", false),
    ("damaged", "cat ca.pem; sed '2s/^..../AAAA/' ca.pem", "a certificate is damaged", false),
    ("without-end", "grep -v END ca.pem", "line 1 begins a certificate that does not end", false),
];

#[test]
fn what_is_no_authority_is_named_with_its_remedy() {
    let folder = Folder::new();
    for (name, command, expected, is_enough) in AUTHORITIES {
        let config = folder.config("messaging_ca_cert", name, command);
        let ended = rejects(&folder.bench, &config, name, expected);
        if is_enough {
            folder.follow("messaging_ca_cert", &ended.reported());
        }
    }
}
