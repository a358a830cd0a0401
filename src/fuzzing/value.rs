//! Signed values.

use std::{
    sync::LazyLock,
    time::{Duration, UNIX_EPOCH},
};

use crate::verify::{Asked, Found, Keyring, check};

/// The time of the check: within the life of the keys.
const NOW: Duration = Duration::from_secs(1_772_323_200);

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    let certificates = [
        include_bytes!("../verify/fixtures/ed.gpg").as_slice(),
        include_bytes!("../verify/fixtures/rsa.gpg"),
        include_bytes!("../verify/fixtures/p256.gpg"),
        include_bytes!("../verify/fixtures/primary.gpg"),
        include_bytes!("../verify/fixtures/expired.gpg"),
        include_bytes!("../verify/fixtures/soft.gpg"),
    ];
    Keyring::from_bytes(&certificates.concat()).expect("good certificates")
});

/// Verifies a value against what its key signed, and against what none of the keys signed. The value is read as an answer to
/// each kind of request.
pub fn value(bytes: &[u8]) {
    let Found::Certificates(certificates) = KEYRING.find("any") else { return };
    let check = |asked| check(bytes, &asked, &certificates, UNIX_EPOCH + NOW);
    let text = include_bytes!("../verify/fixtures/text").as_slice();
    let claim = Asked::Claim { digest: "sha256:aaaa", reference: "registry/a:1" };
    for asked in [claim, Asked::Text(text), Asked::File(text)] {
        if let Err(fault) = check(asked) {
            let said = fault.to_string();
            assert!(!said.contains(char::is_control) && said.len() < 4000, "not fit for a log");
        }
    }
    let other = Asked::Claim { digest: "sha256:cccc", reference: "registry/c:1" };
    for asked in [other, Asked::Text(b"not signed"), Asked::File(b"not signed")] {
        assert!(check(asked).is_err(), "no key signed this");
    }
}

/// Reads certificates, and a value with them.
pub fn certificates(bytes: &[u8]) {
    let Ok(keyring) = Keyring::from_bytes(bytes) else { return };
    assert!(keyring.fingerprints().all(|fingerprint| !fingerprint.is_empty()));
    let Found::Certificates(certificates) = keyring.find("any") else { return };
    let value = include_bytes!("../verify/fixtures/ed.sig");
    let other = Asked::Claim { digest: "sha256:cccc", reference: "registry/c:1" };
    assert!(check(value, &other, &certificates, UNIX_EPOCH + NOW).is_err(), "another claim");
}
