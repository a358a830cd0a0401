//! The sandbox's values, good and bad: `tests/suite/values.rs` lets other tools judge them, too.

use std::time::SystemTime;

use amqp_sandbox::{
    Form,
    values::{Contents, Forge},
};

use super::{Asked, Found, Keyring, check};

const CLAIM: &str = r#"{"critical": {"type": "atomic container signature", "image": {"docker-manifest-digest": "sha256:aaaa"}, "identity": {"docker-reference": "registry/a:1"}}, "optional": {"creator": "pubtools-sign"}}"#;
const TEXT: &[u8] = b"- a dash\n--- more\ntrailing blanks \t\nFrom me\n\nGr\xc3\xbc\xc3\x9fe\n";
const FILE: &[u8] = b"\0any\r\nbytes\n \n\xff";

#[test]
fn what_the_sandbox_forges_is_not_believed_and_what_it_signs_is() {
    let forge = Forge::new().unwrap();
    let crossed = CLAIM.replace("sha256:aaaa", "sha256:bbbb");
    let contents =
        Contents { claim: CLAIM.as_bytes(), crossed: crossed.as_bytes(), text: TEXT, file: FILE };
    let mut wrong = Vec::new();
    for value in forge.values(&contents).unwrap() {
        let asked = match value.form {
            Form::Message => Asked::Claim { digest: "sha256:aaaa", reference: "registry/a:1" },
            Form::Cleartext => Asked::Text(TEXT),
            Form::Detached => Asked::File(FILE),
        };
        let keyring = Keyring::from_bytes(forge.certificate(value.kind)).unwrap();
        let fingerprint = forge.fingerprint(value.kind);
        let Found::Certificates(found) = keyring.find(&fingerprint) else {
            panic!("{} has no certificate", value.kind)
        };
        let result = check(&value.bytes, &asked, &found, SystemTime::now());
        if result.is_ok() != value.is_good {
            wrong.push(format!("{}: {result:?}", value.name()));
        }
    }
    assert_eq!(wrong, [""; 0]);
}
