//! A certificate: which of its keys sign, from when and until when.
//!
//! What a certificate says of itself counts as its newest good signature says it, as GnuPG has it: who extends a key extends
//! it for what it signed before, too. Keys certified by others, and revocations by others, are not looked at.

use std::time::{SystemTime, UNIX_EPOCH};

use pgp::{
    composed::{SignedPublicKey, SignedPublicSubKey},
    packet::{RevocationCode, Signature, SignatureType},
    types::{KeyDetails, Tag},
};

use super::{key::Key, policy};

/// A certificate with its keys.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// The fingerprint of its primary key, in hexadecimal digits.
    pub(crate) fingerprint: String,
    /// Its first user id.
    pub(crate) user: Option<String>,
    /// The primary key and all subkeys.
    pub(super) keys: Vec<Component>,
}

/// A key of a certificate.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) key: Key,
    pub(super) fingerprint: String,
    id: String,
    /// Why it does not sign, if so.
    pub(super) unfit: Option<&'static str>,
    /// An algorithm that does not count.
    pub(super) weak: Option<String>,
    /// The second since the epoch from which on it no longer signs.
    pub(super) expires: Option<u64>,
    /// The same of a revocation; 0 if nothing by it counts, whenever it was made.
    pub(super) revoked: Option<u64>,
}

impl Component {
    /// Whether this is the end of its fingerprint or of its id, in lower case.
    fn is(&self, digits: &str) -> bool {
        self.fingerprint.to_ascii_lowercase().ends_with(digits) || self.id.ends_with(digits)
    }

    /// When it was made, in seconds since the epoch.
    pub(super) fn created(&self) -> u64 {
        self.key.created_at().as_secs().into()
    }
}

impl Certificate {
    pub(super) fn new(packets: &SignedPublicKey) -> Self {
        let key = Key::new(packets.primary_key.clone());
        let own = of_itself(packets, &key);
        let mut primary = Component {
            unfit: own.unfit(),
            expires: own.expires(&key),
            revoked: revoked(&packets.details.revocation_signatures, |it| {
                it.verify_key(&key).is_ok()
            }),
            weak: key.weakness(),
            fingerprint: format!("{:X}", key.fingerprint()),
            id: key.legacy_key_id().to_string(),
            key,
        };
        let subkeys =
            packets.public_subkeys.iter().filter_map(|subkey| of_subkey(subkey, &primary));
        let subkeys: Vec<_> = subkeys.collect();
        if primary.unfit.is_none() && !own.signs() {
            primary.unfit = Some("its certificate says that it is for something else");
        }
        let user = packets.details.users.first().and_then(|user| user.id.as_str());
        Self {
            fingerprint: primary.fingerprint.clone(),
            user: user.map(str::to_owned),
            keys: std::iter::once(primary).chain(subkeys).collect(),
        }
    }

    /// Whether its primary key, or a subkey that signs, has this id or this end of one, in lower case.
    pub(super) fn has(&self, digits: &str) -> bool {
        let (primary, subkeys) = self.keys.split_at(1);
        let mut signing = subkeys.iter().filter(|subkey| subkey.unfit.is_none());
        primary[0].is(digits) || signing.any(|subkey| subkey.is(digits))
    }

    /// Whether any of its keys signs at that time.
    pub(crate) fn signs_at(&self, time: SystemTime) -> bool {
        let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let is_over = |end: Option<u64>| end.is_some_and(|end| seconds >= end);
        self.keys.iter().any(|it| {
            it.unfit.is_none() && it.weak.is_none() && !is_over(it.expires) && !is_over(it.revoked)
        })
    }

    /// Its name for people.
    pub(crate) fn shown(&self) -> String {
        match &self.user {
            Some(user) => format!("{} ({})", self.fingerprint, crate::error::printable(user)),
            None => self.fingerprint.clone(),
        }
    }
}

/// The newest signatures by which a key says something of itself or of its subkey; those on the key itself come first.
struct Statements<'a>(Vec<&'a Signature>);

impl Statements<'_> {
    fn find<T>(&self, read: impl Fn(&Signature) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(|it| read(it))
    }

    fn unfit(&self) -> Option<&'static str> {
        self.0.is_empty().then_some("its certificate has no good signature of its own")
    }

    /// When it expires, in seconds since the epoch.
    fn expires(&self, key: &Key) -> Option<u64> {
        let after = self.find(Signature::key_expiration_time)?.as_secs();
        (after > 0).then(|| u64::from(key.created_at().as_secs()) + u64::from(after))
    }

    /// Whether the key signs data; one of which nothing is said does.
    fn signs(&self) -> bool {
        self.find(|it| has_flags(it).then(|| it.key_flags().sign())).unwrap_or(true)
    }
}

fn has_flags(signature: &Signature) -> bool {
    use pgp::packet::SubpacketData::KeyFlags;
    let mut hashed = signature.config().into_iter().flat_map(|config| config.hashed_subpackets());
    hashed.any(|it| matches!(it.data, KeyFlags(_)))
}

fn of_itself<'a>(packets: &'a SignedPublicKey, key: &Key) -> Statements<'a> {
    let details = &packets.details;
    let direct = newest(&details.direct_signatures, |it| {
        it.typ() == Some(SignatureType::Key) && it.verify_key(key).is_ok()
    });
    let users = details.users.iter().filter_map(|user| {
        let newest = newest(&user.signatures, |it| {
            it.verify_certification(key, Tag::UserId, &user.id).is_ok()
        });
        // A user id may be revoked while the key is not.
        newest.filter(|it| it.typ() != Some(SignatureType::CertRevocation))
    });
    let user = users.max_by_key(|it| it.created());
    Statements(direct.into_iter().chain(user).collect())
}

/// The newest signature that is good. A digest that does not count is not looked at.
fn newest(signatures: &[Signature], is_good: impl Fn(&Signature) -> bool) -> Option<&Signature> {
    let counts = |it: &&Signature| {
        it.hash_alg().is_some_and(|hash| policy::digest_of_binding(hash).is_some())
    };
    let mut newest: Vec<_> = signatures.iter().filter(counts).collect();
    newest.sort_by_key(|it| std::cmp::Reverse(it.created()));
    newest.into_iter().find(|it| is_good(it))
}

/// A subkey; `None` if the primary key did not bind it to itself.
fn of_subkey(subkey: &SignedPublicSubKey, primary: &Component) -> Option<Component> {
    let key = Key::of_subkey(&subkey.key).ok()?;
    let binding = newest(&subkey.signatures, |it| {
        it.typ() == Some(SignatureType::SubkeyBinding)
            && it.verify_subkey_binding(&primary.key, &key).is_ok()
    })?;
    // A subkey that signs has itself signed that it belongs to the primary key: otherwise it could be another's.
    let signs_back = binding.embedded_signature().is_some_and(|back| {
        newest(std::slice::from_ref(back), |it| {
            it.verify_primary_key_binding(&key, &primary.key).is_ok()
        })
        .is_some()
    });
    let own = Statements(vec![binding]);
    let is_revocation = |it: &Signature| {
        it.typ() == Some(SignatureType::SubkeyRevocation)
            && it.verify_subkey_binding(&primary.key, &key).is_ok()
    };
    let unfit = match () {
        () if !own.signs() => Some("its certificate says that it is for something else"),
        () if !signs_back => Some("it has not signed that it belongs to its primary key"),
        () => primary.unfit,
    };
    Some(Component {
        unfit,
        weak: key.weakness().or_else(|| primary.weak.clone()),
        expires: [own.expires(&key), primary.expires].into_iter().flatten().min(),
        revoked: [revoked(&subkey.signatures, is_revocation), primary.revoked]
            .into_iter()
            .flatten()
            .min(),
        fingerprint: format!("{:X}", key.fingerprint()),
        id: key.legacy_key_id().to_string(),
        key,
    })
}

/// From when on a key is revoked. What one signed before that was retired or superseded counts; no other does.
fn revoked(signatures: &[Signature], is_revocation: impl Fn(&Signature) -> bool) -> Option<u64> {
    let from = |it: &Signature| match it.revocation_reason_code() {
        Some(RevocationCode::KeySuperseded | RevocationCode::KeyRetired) => {
            it.created().map_or(0, |at| at.as_secs().into())
        }
        _ => 0,
    };
    signatures.iter().filter(|it| is_revocation(it)).map(from).min()
}
