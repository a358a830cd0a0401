//! Signed values, good and bad, and who believes them: GnuPG, sqv, skopeo and the program agree on each, or the table says
//! on which they do not, and why.

use std::{collections::BTreeSet, fs, path::Path, thread};

use amqp_sandbox::{
    Form,
    values::{Contents, Forge, Value},
};
use openssl::base64::encode_block;
use serde_json::json;

use crate::{
    harness::{Program, under_test},
    judges::{Asked, Judges},
    skopeo::{digest, manifest},
};

const REFERENCE: &str = "registry.example.com/ns/app:1";
const TEXT: &[u8] = b"- a dash\n--- more\ntrailing blanks \t\nFrom me\n\nGr\xc3\xbc\xc3\x9fe\n";
const FILE: &[u8] = b"\0any\r\nbytes\n \n\xff";

/// A judge that differs from what is right, for a value; the reason.
const DIFFERENT: &[(&str, &str, &str)] = &[
    ("gpg", "message-ed25519-sha1", GPG_SHA1),
    ("gpg", "cleartext-ed25519-sha1", GPG_SHA1),
    ("gpg", "detached-ed25519-sha1", GPG_SHA1),
    ("skopeo", "message-ed25519-sha1", "laxer: it leaves algorithms to GnuPG, which accepts SHA-1"),
    ("gpg", "message-ed25519-future", GPG_FUTURE),
    ("gpg", "cleartext-ed25519-future", GPG_FUTURE),
    ("gpg", "detached-ed25519-future", GPG_FUTURE),
    ("skopeo", "message-ed25519-future", "laxer: it leaves times to GnuPG"),
    ("gpg", "message-rsa1024-plain", GPG_RSA),
    ("gpg", "cleartext-rsa1024-plain", GPG_RSA),
    ("gpg", "detached-rsa1024-plain", GPG_RSA),
    (
        "skopeo",
        "message-rsa1024-plain",
        "laxer: it leaves keys to GnuPG, which has no least length",
    ),
    ("gpg", "message-expired-earlier", GPG_NOW),
    ("gpg", "cleartext-expired-earlier", GPG_NOW),
    ("gpg", "detached-expired-earlier", GPG_NOW),
    ("skopeo", "message-expired-earlier", SKOPEO_NOW),
    ("gpg", "message-superseded-earlier", GPG_NOW),
    ("gpg", "cleartext-superseded-earlier", GPG_NOW),
    ("gpg", "detached-superseded-earlier", GPG_NOW),
    ("skopeo", "message-superseded-earlier", SKOPEO_NOW),
    ("gpg", "message-revoked-subkey-earlier", GPG_NOW),
    ("gpg", "cleartext-revoked-subkey-earlier", GPG_NOW),
    ("gpg", "detached-revoked-subkey-earlier", GPG_NOW),
    ("skopeo", "message-revoked-subkey-earlier", SKOPEO_NOW),
    ("gpg", "message-ed25519-text-before", GPG_AROUND),
    ("gpg", "cleartext-ed25519-text-before", GPG_AROUND),
    ("gpg", "detached-ed25519-text-before", GPG_AROUND),
    ("skopeo", "message-ed25519-text-before", "laxer: it leaves armor to GnuPG, which skips text"),
    ("gpg", "cleartext-ed25519-text-after", GPG_AROUND),
    ("gpg", "cleartext-ed25519-message-instead", "laxer: --decrypt reads a signature in any form"),
    ("skopeo", "message-ed25519-several-first", SKOPEO_ONE),
    ("skopeo", "message-ed25519-several-last", SKOPEO_ONE),
    ("skopeo", "message-subkey-plain", "stricter: its fingerprint is that of the subkey itself"),
];
const GPG_SHA1: &str = "laxer: GnuPG 2.2 refuses SHA-1 in signatures of keys, not of data";
const GPG_FUTURE: &str = "laxer: GnuPG compares a signature only with the age of its key";
const GPG_RSA: &str = "laxer: GnuPG has no least length of RSA keys";
const GPG_NOW: &str = "stricter: GnuPG says that the key has expired or is revoked now";
const GPG_AROUND: &str = "laxer: GnuPG skips text around the signed one, and does not show it";
const SKOPEO_NOW: &str = "stricter: it refuses what GnuPG has a warning for";
const SKOPEO_ONE: &str = "stricter: it refuses a message with more than one signature";

fn claim(number: usize) -> String {
    json!({
        "critical": {
            "type": "atomic container signature",
            "image": {"docker-manifest-digest": digest(&manifest(number))},
            "identity": {"docker-reference": REFERENCE},
        },
        "optional": {"creator": "pubtools-sign"},
    })
    .to_string()
    .replace("\":", "\": ")
    .replace(",\"", ", \"")
}

/// Whether one content is as good as another.
fn equal(form: Form) -> fn(&[u8], &[u8]) -> bool {
    match form {
        Form::Message => |shown, asked| {
            let critical = |text: &[u8]| {
                let value: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
                value["critical"].clone()
            };
            let twice = String::from_utf8_lossy(shown).matches("\"critical\"").count() > 1;
            !twice && !critical(asked).is_null() && critical(shown) == critical(asked)
        },
        // A text keeps neither blanks at the ends of lines nor the kind of these ends, and GnuPG ends the last line.
        Form::Cleartext => |shown, asked| {
            let lines = |text: &[u8]| -> Vec<String> {
                let text = String::from_utf8_lossy(text).into_owned();
                text.trim_end_matches('\n').split('\n').map(|l| l.trim_end().to_owned()).collect()
            };
            lines(shown) == lines(asked)
        },
        Form::Detached => |shown, asked| shown == asked,
    }
}

/// `amqp-messenger verify` of the value, as a run would have printed it.
fn verify_alone(value: &Value, forge: &Forge, folder: &Path) -> (bool, String) {
    let file = |name: &str, content: &[u8]| {
        let path = folder.join(format!("{}.{name}", value.name()));
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let keys = file("keys", forge.certificate(value.kind));
    let results = file("results", (encode_block(&value.bytes) + "\n").as_bytes());
    let fingerprint = forge.fingerprint(value.kind);
    let options = ["--raw", "--output", &results, "--verify-keys", &keys];
    let mut program = Program::new(&under_test());
    program.command.env("HOME", folder);
    program.args(["verify", "--signing-key", &fingerprint]).args(options);
    let digest = digest(&manifest(1));
    match value.form {
        Form::Message => {
            program.args(["container-sign", "--reference", REFERENCE, "--digest", &digest])
        }
        Form::Cleartext => program.args(["clear-sign", &format!("@{}", file("text", TEXT))]),
        Form::Detached => program.args(["blob-sign", "--blob-file", &file("file", FILE)]),
    };
    let ended = program.run();
    assert!([0, 65].contains(&ended.status), "{}: {}", value.name(), ended.stderr);
    (ended.status == 0, ended.stderr)
}

#[test]
fn everybody_judges_values_alike() {
    let forge = Forge::new().unwrap();
    let judges = Judges::trusting(&forge);
    let (own, other) = (claim(1), claim(2));
    let contents =
        Contents { claim: own.as_bytes(), crossed: other.as_bytes(), text: TEXT, file: FILE };
    let values = forge.values(&contents).unwrap();
    let judged = |value: &Value| {
        let fingerprint = forge.fingerprint(value.kind);
        let content = match value.form {
            Form::Message => own.as_bytes(),
            Form::Cleartext => TEXT,
            Form::Detached => FILE,
        };
        let asked = Asked { content, fingerprint: &fingerprint, equal: equal(value.form) };
        let skopeo = judges.skopeo(value, &manifest(1), REFERENCE, &fingerprint);
        let verdicts = [
            ("gpg", Some(judges.gpg(value, &asked))),
            ("sqv", judges.sqv(value)),
            ("skopeo", skopeo),
            ("amqp-messenger", Some(verify_alone(value, &forge, judges.folder()))),
        ];
        let different = verdicts.into_iter().filter_map(|(judge, verdict)| {
            let (good, said) = verdict?;
            (good != value.is_good).then(|| (judge, value.name(), said))
        });
        different.collect::<Vec<_>>()
    };
    let different: Vec<_> = thread::scope(|scope| {
        let parts = values.chunks(values.len().div_ceil(4));
        let threads: Vec<_> = parts
            .map(|part| scope.spawn(|| part.iter().flat_map(judged).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let expected: BTreeSet<_> =
        DIFFERENT.iter().map(|(judge, name, _)| (*judge, (*name).to_owned())).collect();
    let found: BTreeSet<_> =
        different.iter().map(|(judge, name, _)| (*judge, name.clone())).collect();
    let unknown =
        different.iter().filter(|(judge, name, _)| !expected.contains(&(*judge, name.clone())));
    let said: String = unknown
        .map(|(judge, name, said)| format!("{judge} differs on {name}:\n{said}\n"))
        .collect();
    assert_eq!(found, expected, "of {} values; {said}", values.len());
}
