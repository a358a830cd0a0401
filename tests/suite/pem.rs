//! Certificates and keys as people have them: accepted, or named with the command that makes PEM of them.

use std::{fs, path::PathBuf, process::Command};

use amqp_sandbox::pki::Validity;
use openssl::{asn1::Asn1Time, hash::MessageDigest, pkey::PKey, x509::X509};

use crate::{
    harness::{Bench, Config, images},
    tls::{client, rejects, with_file},
};

/// A folder with `mine.pem` (certificate and key), `cert.pem`, `key.pem` and `ca.pem`, in which shell commands run.
struct Folder {
    bench: Bench,
    path: PathBuf,
}

impl Folder {
    fn new() -> Self {
        let bench = Bench::new();
        let identity = client(&bench, Validity::default());
        let (certificate, key) = (identity.certificate_pem().unwrap(), identity.key_pem().unwrap());
        bench.file("mine.pem", [&certificate[..], &key].concat());
        bench.file("cert.pem", certificate);
        let path = bench.file("key.pem", key).with_file_name("");
        fs::copy(bench.sandbox.ca_file(), path.join("ca.pem")).unwrap();
        // Keys in an encryption of old need OpenSSL's legacy provider, only to be made.
        bench.file("legacy", "-provider legacy -provider default");
        Self { bench, path }
    }

    /// Runs a command and returns what it wrote.
    #[track_caller]
    fn shell(&self, command: &str) -> Vec<u8> {
        let output =
            Command::new("sh").args(["-ec", command]).current_dir(&self.path).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// A configuration with the file that a command writes.
    #[track_caller]
    fn config(&self, key: &str, name: &str, command: &str) -> Config {
        with_file(&self.bench, key, name, self.shell(command))
    }

    /// Runs the command that an error names, and signs with the file that it writes.
    #[track_caller]
    fn follow(&self, key: &str, stderr: &str) -> PathBuf {
        let (_, command) = stderr.split_once("; name the file that this makes: ").expect(stderr);
        // What asks on a terminal gets it from an argument.
        let command =
            command.trim_end().replace("openssl pkcs12", "openssl pkcs12 -passin pass:sesame");
        let command =
            command.replace("-aes256", "-aes256 -passin pass:sesame -passout pass:sesame");
        let command =
            command.replace("-v2 aes256", "-v2 aes256 -passin pass:sesame -passout pass:sesame");
        self.shell(&command);
        let words: Vec<_> = command.split_whitespace().collect();
        let last = words.iter().rposition(|word| ["-out", ">"].contains(word)).unwrap();
        let made = PathBuf::from(words[last + 1]);
        let passphrase = self.bench.file("passphrase", "sesame\n");
        let config = self
            .bench
            .config()
            .set(key, &made.display().to_string())
            .set("messaging_key_passphrase_file", &passphrase.display().to_string());
        self.bench.run(&config, &images(1)).expect(0);
        made
    }
}

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
        let expected =
            format!("the private key is encrypted with {expected}, which OpenSSL no longer reads");
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
            "which OpenSSL no longer reads",
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
