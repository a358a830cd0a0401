//! Values and certificates made by GnuPG 2.2 (`fixtures/`).
//!
//! The keys are of the first of January 2026. `expired` expires two days later, `late` on the fifth of February; `hard` and
//! `soft` are revoked on the fifteenth of January, as compromised and as retired. What they signed has the same date, or the
//! first of February.

use std::time::{Duration, UNIX_EPOCH};

use super::*;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("fixtures/", $name)).as_slice()
    };
}

const CLAIM: Asked<'_> = Asked::Claim { digest: "sha256:aaaa", reference: "registry/a:1" };
const OTHER: Asked<'_> = Asked::Claim { digest: "sha256:bbbb", reference: "registry/b:1" };
const TEXT: &[u8] = fixture!("text");
const ED: &[u8] = fixture!("ed.gpg");
const RSA: &[u8] = fixture!("rsa.gpg");

const ED_FINGERPRINT: &str = "F593DE3FA382B78D36AACBF42EE0C0E6796D4DF4";

/// The first of March 2026.
const NOW: u64 = 1_772_323_200;
const DAY: u64 = 86_400;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn keyring(bytes: &[u8]) -> Keyring {
    Keyring::from_bytes(bytes).unwrap()
}

/// What is wrong with a value; empty if nothing is.
fn fault_at(now: u64, value: &[u8], asked: Asked<'_>, certificates: &[u8]) -> String {
    let keyring = keyring(certificates);
    let Found::Certificates(found) = keyring.find("any name") else { panic!("no certificate") };
    check(value, &asked, &found, at(now)).err().map(|fault| fault.to_string()).unwrap_or_default()
}

fn fault(value: &[u8], asked: Asked<'_>, certificates: &[u8]) -> String {
    fault_at(NOW, value, asked, certificates)
}

#[test]
fn what_the_key_signed_is_good() {
    for (name, value, asked, certificates) in [
        ("Ed25519, compressed", fixture!("ed.sig"), CLAIM, ED),
        ("not compressed", fixture!("plain.sig"), CLAIM, ED),
        ("armored", fixture!("armored.sig"), CLAIM, ED),
        ("RSA", fixture!("rsa.sig"), CLAIM, RSA),
        ("P-256", fixture!("p256.sig"), CLAIM, fixture!("p256.gpg")),
        ("subkey", fixture!("primary.sig"), CLAIM, fixture!("primary.gpg")),
        ("two signatures, the first", fixture!("two.sig"), CLAIM, ED),
        ("two signatures, the second", fixture!("two.sig"), CLAIM, RSA),
        ("two certificates", fixture!("ed.sig"), CLAIM, fixture!("two.asc")),
        ("before it expired", fixture!("in-time.sig"), CLAIM, fixture!("expired.gpg")),
        ("before it was retired", fixture!("soft-before.sig"), CLAIM, fixture!("soft.gpg")),
        ("cleartext", fixture!("text.asc"), Asked::Text(TEXT), ED),
        ("detached", fixture!("file.sig"), Asked::File(TEXT), ED),
        ("detached, of a text", fixture!("file-text.sig"), Asked::File(TEXT), RSA),
        ("a message with the file", fixture!("ed.sig"), Asked::File(fixture!("claim")), ED),
    ] {
        assert_eq!(fault(value, asked, certificates), "", "{name}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    let file = [TEXT, b"x"].concat();
    for (value, asked, certificates, expected) in [
        (
            fixture!("rsa.sig"),
            CLAIM,
            ED,
            "another key: B16EEEBE01DFCA645730992E5D82078C19B21A5C, expected F593DE3FA382B78D36AACBF42EE0C0E6796D4DF4",
        ),
        (
            fixture!("other.sig"),
            CLAIM,
            ED,
            "another image: registry/b:1 sha256:bbbb, expected registry/a:1 sha256:aaaa",
        ),
        (
            fixture!("ed.sig"),
            OTHER,
            ED,
            "another image: registry/a:1 sha256:aaaa, expected registry/b:1 sha256:bbbb",
        ),
        (fixture!("sha1.sig"), CLAIM, ED, "weak algorithm: SHA-1, by key F593"),
        (
            fixture!("weak.sig"),
            CLAIM,
            fixture!("weak.gpg"),
            "weak algorithm: RSA of 1024 bits, by key 50F7",
        ),
        (
            fixture!("late.sig"),
            CLAIM,
            fixture!("late.gpg"),
            "expired: when this was signed, the key DFE8",
        ),
        (fixture!("hard-after.sig"), CLAIM, fixture!("hard.gpg"), "revoked: key 8103"),
        (fixture!("hard-before.sig"), CLAIM, fixture!("hard.gpg"), "revoked: key 8103"),
        (fixture!("soft-after.sig"), CLAIM, fixture!("soft.gpg"), "revoked: key 7AD3"),
        (fixture!("text.asc"), Asked::Text(b"another"), ED, "another content: the signed text"),
        (fixture!("ed.sig"), Asked::File(TEXT), ED, "another content: the signed file"),
        (fixture!("file.sig"), Asked::File(&file), ED, "bad signature: key F593"),
        (
            fixture!("file.sig"),
            CLAIM,
            ED,
            "unknown format: it is a detached signature, expected a signed message",
        ),
        (
            fixture!("text.asc"),
            Asked::File(TEXT),
            ED,
            "unknown format: it is a cleartext-signed text, expected a detached",
        ),
        (
            fixture!("ed.sig"),
            Asked::Text(TEXT),
            ED,
            "unknown format: it is a signed message, expected a cleartext",
        ),
        (b"no signature", CLAIM, ED, "unknown format: it is not wholly"),
        (b"", CLAIM, ED, "unknown format: it is not wholly"),
    ] {
        let found = fault(value, asked, certificates);
        assert!(found.starts_with(expected), "{found}: expected {expected}");
    }
}

/// Of a message that is not compressed, each byte is signed, or says how.
#[test]
fn every_change_is_found() {
    for (value, asked) in [
        (fixture!("plain.sig"), CLAIM),
        (fixture!("text.asc"), Asked::Text(TEXT)),
        (fixture!("file.sig"), Asked::File(TEXT)),
    ] {
        for length in 0..value.trim_ascii_end().len() {
            assert_ne!(fault(&value[..length], asked, ED), "", "{length} bytes");
        }
    }
    let message = fixture!("plain.sig");
    let claim = fixture!("claim");
    let begin = message.windows(claim.len()).position(|it| it == claim).unwrap();
    for at in begin..begin + claim.len() {
        let mut changed = message.to_vec();
        changed[at] ^= 1;
        let found = fault(&changed, CLAIM, ED);
        assert!(found.starts_with("bad signature"), "byte {at}: {found}");
    }
    // In the signature itself the key's id may be changed, which is not hashed, and how many bits the first byte of a number
    // has.
    let good: Vec<_> = (begin + claim.len()..message.len())
        .filter(|&at| {
            let mut changed = message.to_vec();
            changed[at] ^= 1;
            fault(&changed, CLAIM, ED).is_empty()
        })
        .map(|at| message.len() - at)
        .collect();
    assert!(good.iter().all(|from_end| matches!(from_end, 71..=80 | 67 | 33)), "{good:?}");
}

/// Each check hashes what is signed, which may be a large file: a small value of a stranger's must not cause thousands.
#[test]
fn the_checks_of_one_value_are_limited() {
    let good = fixture!("file.sig");
    let mut bad = good.to_vec();
    *bad.last_mut().unwrap() ^= 1;
    let Found::Certificates(found) = keyring(ED).find("any name") else { panic!("no certificate") };
    for (certificates, is_good) in [(1, true), (10, true), (1000, false)] {
        let certificates: Vec<_> = found.iter().cycle().take(certificates).cloned().collect();
        let value = [&bad, good].concat();
        let checked = check(&value, &Asked::File(TEXT), &certificates, at(NOW));
        assert_eq!(checked.is_ok(), is_good, "{} certificates: {checked:?}", certificates.len());
    }
}

#[test]
fn a_signature_is_not_from_the_future() {
    // The first of February.
    let made = NOW - 28 * DAY;
    for (now, is_good) in [(made - 599, true), (made - 601, false), (0, false)] {
        let found = fault_at(now, fixture!("ed.sig"), CLAIM, ED);
        assert_eq!(found.is_empty(), is_good, "{now}: {found}");
        assert!(
            is_good || found.starts_with("wrong time: the signature is from the future"),
            "{found}"
        );
    }
}

#[test]
fn a_certificate_is_found_by_any_end_of_its_ids() {
    let both = keyring(fixture!("two.asc"));
    let found = |keyring: &Keyring, key: &str| match keyring.find(key) {
        Found::Certificates(found) => found.len(),
        Found::Missing => 0,
        Found::Ambiguous(_) => 99,
    };
    for (key, expected) in [
        (ED_FINGERPRINT, 1),
        ("F593 DE3F A382 B78D 36AA  CBF4 2EE0 C0E6 796D 4DF4", 1),
        ("0x2EE0C0E6796D4DF4", 1),
        ("796d4df4", 1),
        // Its encryption subkey is not one that signs.
        ("CC9923ED", 0),
        ("F593DE3F", 0),
        ("96d4df4", 2),
        ("containerisvsign", 2),
        ("0000000000000000", 0),
    ] {
        assert_eq!(found(&both, key), expected, "{key}");
    }
    let primary = keyring(fixture!("primary.gpg"));
    for key in ["5F164C4D", "6931D51934999C2A", "BF377D444789202ED6D5C8296931D51934999C2A"] {
        assert_eq!(found(&primary, key), 1, "{key}");
    }
    assert_eq!(found(&Keyring::default(), "a name"), 0);
}

/// A revocation counts, wherever it comes from.
#[test]
fn the_same_certificate_twice_is_one() {
    let twice = keyring(&[fixture!("soft.gpg"), fixture!("soft.gpg"), ED].concat());
    assert_eq!(twice.fingerprints().count(), 2);
    let fault = fault(
        fixture!("soft-after.sig"),
        CLAIM,
        &[fixture!("soft.gpg"), ED, fixture!("soft.gpg")].concat(),
    );
    assert!(fault.starts_with("revoked"), "{fault}");
}

#[test]
fn files_and_folders_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let problem = |path: &std::path::Path| Keyring::load([path]).unwrap_err().to_string();
    assert!(problem(folder.path()).contains("no file in this folder has an OpenPGP certificate"));
    write("README", b"no certificate");
    let (one, two) = (write("one", ED), write("two", fixture!("two.asc")));
    assert_eq!(Keyring::load([folder.path()]).unwrap().fingerprints().count(), 2);
    assert_eq!(Keyring::load([&one]).unwrap().fingerprints().collect::<Vec<_>>(), [ED_FINGERPRINT]);
    assert_eq!(Keyring::load([&one, &two]).unwrap().fingerprints().count(), 2);
    for (bytes, expected) in [
        (&b""[..], "has no OpenPGP certificate; gpg --armor --export KEY makes one"),
        (b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n", "has a private key"),
        (b"-----BEGIN CERTIFICATE-----\n", "has an X.509 certificate"),
        (b"\0\0\0\0\x01\x01\0\x02KBXf", "is a keybox of GnuPG"),
        (&ED[..ED.len() - 1], "an OpenPGP certificate is damaged or cut off"),
        (&fixture!("two.asc")[..600], "an OpenPGP certificate is damaged or cut off"),
    ] {
        let found = problem(&write("wrong", bytes));
        assert!(found.contains(&format!("/wrong: {expected}")), "{found}");
    }
    assert!(
        problem(&folder.path().join("missing")).contains("cannot read the OpenPGP certificates")
    );
}

/// Nothing panics.
#[test]
fn damaged_certificates_are_refused_or_read_as_what_they_are() {
    for bytes in [ED, fixture!("primary.gpg"), fixture!("soft.gpg")] {
        for bit in (0..bytes.len() * 8).step_by(5) {
            let mut changed = bytes.to_vec();
            changed[bit / 8] ^= 1 << (bit % 8);
            if let Ok(keyring) = Keyring::from_bytes(&changed)
                && let Found::Certificates(found) = keyring.find("any")
            {
                let _ = check(fixture!("ed.sig"), &CLAIM, &found, at(NOW));
            }
        }
    }
}
