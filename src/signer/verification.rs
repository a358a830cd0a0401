//! The verification of replies: which certificates belong to the keys of an operation, and what is wrong with a value.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::SystemTime,
};

use openssl::base64;

use crate::{
    config::{Settings, Verify},
    error::{Error, printable},
    signing::{Judge, Key, Operation, Signed},
    verify::{self, Asked, Certificate, Fault, Found, Keyring},
};

/// The certificates that the settings name, if values are to be verified.
///
/// # Errors
/// Those of [`Keyring::load`].
pub(super) fn keyring(settings: &Settings) -> Result<Option<Keyring>, Error> {
    let is_on = settings.verify != Verify::Off && !settings.verify_keys.is_empty();
    is_on.then(|| Keyring::load(&settings.verify_keys)).transpose()
}

/// The certificates of the keys of a run.
struct Certificates(HashMap<String, Vec<Arc<Certificate>>>);

/// Finds the certificates of an operation's keys, and logs which they are; `None` if there are none.
///
/// # Errors
/// [`Error::Config`] if an id is that of several certificates, or if one is missing that is required.
pub(super) fn judge(
    keyring: Option<&Keyring>,
    operation: &Operation,
    settings: &Settings,
) -> Result<Option<Arc<dyn Judge>>, Error> {
    let Some(keyring) = keyring else {
        match settings.verify {
            Verify::Off => log::info!("the signatures in replies are not verified: verify is off"),
            _ => log::info!("the signatures in replies are not verified: verify_keys is not set"),
        }
        return Ok(None);
    };
    let mut known = HashMap::new();
    for key in operation.all_keys() {
        if known.contains_key(key.id()) {
            continue;
        }
        let found = of_key(keyring, key, settings)?;
        match &found[..] {
            [] => log::warn!("{}", missing(key)),
            found => log::info!(
                "signatures by the key \"{}\" are verified by {}",
                printable(key.id()),
                names(found)
            ),
        }
        if let Some(problem) = useless(&found) {
            log::warn!("{problem}");
        }
        known.insert(key.id().to_owned(), found);
    }
    known.retain(|_, found| !found.is_empty());
    Ok((!known.is_empty()).then(|| Arc::new(Certificates(known)) as Arc<dyn Judge>))
}

/// The certificates of a key; none if its values are not verified.
///
/// # Errors
/// As [`judge`].
pub(super) fn of_key(
    keyring: &Keyring,
    key: &Key,
    settings: &Settings,
) -> Result<Vec<Arc<Certificate>>, Error> {
    let shown = printable(key.id());
    let fail = |problem| Err(settings.sources.fail("verify_keys", problem));
    match keyring.find(resolved(key, &settings.key_aliases)) {
        Found::Certificates(found) => Ok(found),
        Found::Ambiguous(found) => fail(format!(
            "the key \"{shown}\" is the end of several ids: {}; give a whole fingerprint",
            names(&found)
        )),
        Found::Missing if settings.verify == Verify::Require => fail(format!(
            "no certificate of the key \"{shown}\" is there, and verify is \"require\"; add it"
        )),
        Found::Missing => Ok(Vec::new()),
    }
}

/// What is said of a key without a certificate.
pub(super) fn missing(key: &Key) -> String {
    let shown = printable(key.id());
    format!(
        "signatures by the key \"{shown}\" are not verified: no certificate of it is in verify_keys"
    )
}

/// Why nothing counts that is signed now by a key with these certificates, if so.
pub(super) fn useless(certificates: &[Arc<Certificate>]) -> Option<String> {
    let now = SystemTime::now();
    let are_useless = certificates.iter().all(|certificate| !certificate.signs_at(now));
    (are_useless && !certificates.is_empty()).then(|| {
        format!(
            "nothing signed now by {} counts: its keys have expired, are revoked, too weak or not for signing; \
             export the certificate again, or sign by another key",
            names(certificates)
        )
    })
}

fn names(certificates: &[Arc<Certificate>]) -> String {
    let names: Vec<_> = certificates.iter().map(|it| it.shown()).collect();
    names.join(", ")
}

/// The id of a key, its alias resolved.
fn resolved<'a>(key: &'a Key, aliases: &'a BTreeMap<String, String>) -> &'a str {
    aliases.get(key.id()).map_or(key.id(), String::as_str)
}

impl Judge for Certificates {
    fn knows(&self, key: &Key) -> bool {
        self.0.contains_key(key.id())
    }

    fn fault(&self, value: &str, signed: Signed<'_>, key: &Key) -> Option<String> {
        let certificates = self.0.get(key.id())?;
        let Ok(value) = base64::decode_block(value) else {
            return Some(Fault::NoSignature.to_string());
        };
        let bytes;
        let asked = match signed {
            Signed::Image(image) => Asked::Claim {
                digest: image.digest().as_str(),
                reference: image.reference().as_str(),
            },
            Signed::Text(text) => match text.read() {
                Ok(read) => {
                    bytes = read;
                    Asked::Text(&bytes)
                }
                Err(error) => return Some(error.with_sources()),
            },
            Signed::Blob(blob) => match blob.read() {
                Ok(read) => {
                    bytes = read;
                    Asked::File(&bytes)
                }
                Err(error) => return Some(error.with_sources()),
            },
        };
        let checked = verify::check(value, &asked, certificates, SystemTime::now());
        checked.err().map(|fault| fault.to_string())
    }
}
