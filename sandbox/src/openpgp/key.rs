//! Signing keys with their certificates.

use std::{
    fmt, fs, io,
    path::Path,
    str::FromStr,
    time::{SystemTime, UNIX_EPOCH},
};

use openssl::error::ErrorStack;

use super::{
    armor::armored,
    packet::{self, Framing, packet},
    secret::{Numbers, Secret},
    signature::{
        CERTIFICATION, EMBEDDED, KEY_EXPIRES, KEY_FLAGS, KEY_REVOCATION, PRIMARY_KEY_BINDING,
        REVOCATION_REASON, SUBKEY_BINDING, SUBKEY_REVOCATION, Statement, in_packet,
    },
};
use crate::pki::write_private;

const DAY: u32 = 24 * 60 * 60;
/// Flags of a key (RFC 9580 part 5.2.3.29).
const MAY_CERTIFY: u8 = 1;
const MAY_SIGN: u8 = 2;
/// Reasons of a revocation (RFC 9580 part 5.2.3.31): the first holds for everything that the key ever signed.
const COMPROMISED: u8 = 2;
const SUPERSEDED: u8 = 1;

/// What is special about a signing key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyKind {
    /// Ed25519, and nothing is.
    #[default]
    Ed25519,
    /// RSA of that many bits.
    Rsa(u32),
    /// ECDSA on NIST's curve P-256.
    P256,
    /// It was made ten days ago, and expired a day later.
    Expired,
    /// It was made ten days ago, and revoked five days later: it is compromised.
    Revoked,
    /// It was made ten days ago, and revoked five days later: another one has superseded it.
    Superseded,
    /// Its subkey signs.
    Subkey,
    /// Its subkey signs, which was revoked five days ago.
    RevokedSubkey,
    /// Its subkey signs, which has not confirmed that it belongs to the key.
    StolenSubkey,
    /// It certifies only, but signs.
    CertifyOnly,
}

const KINDS: [(&str, KeyKind); 13] = [
    ("ed25519", KeyKind::Ed25519),
    ("rsa1024", KeyKind::Rsa(1024)),
    ("rsa2048", KeyKind::Rsa(2048)),
    ("rsa3072", KeyKind::Rsa(3072)),
    ("rsa4096", KeyKind::Rsa(4096)),
    ("p256", KeyKind::P256),
    ("expired", KeyKind::Expired),
    ("revoked", KeyKind::Revoked),
    ("superseded", KeyKind::Superseded),
    ("subkey", KeyKind::Subkey),
    ("revoked-subkey", KeyKind::RevokedSubkey),
    ("stolen-subkey", KeyKind::StolenSubkey),
    ("certify-only", KeyKind::CertifyOnly),
];

impl KeyKind {
    fn numbers(self) -> Numbers {
        match self {
            Self::Rsa(bits) => Numbers::Rsa(bits),
            Self::P256 => Numbers::P256,
            _ => Numbers::Ed25519,
        }
    }

    fn has_subkey(self) -> bool {
        matches!(self, Self::Subkey | Self::RevokedSubkey | Self::StolenSubkey)
    }

    /// All kinds that have a name.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(|(_, kind)| *kind)
    }

    /// Whether a signature of such a key can be good: one of now, or one of an hour after the key was made.
    pub(crate) fn is_good(self, early: bool) -> bool {
        match self {
            Self::Rsa(bits) => bits >= 2048,
            Self::Ed25519 | Self::P256 | Self::Subkey => true,
            Self::Expired | Self::Superseded | Self::RevokedSubkey => early,
            Self::Revoked | Self::StolenSubkey | Self::CertifyOnly => false,
        }
    }

    /// Whether it was made ten days ago.
    pub(crate) fn is_old(self) -> bool {
        matches!(self, Self::Expired | Self::Revoked | Self::Superseded | Self::RevokedSubkey)
    }
}

impl FromStr for KeyKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = KINDS.iter().find(|(name, _)| *name == text);
        found.map(|(_, kind)| *kind).ok_or_else(|| {
            let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
            format!("expected {}, found \"{text}\"", names.join(", "))
        })
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match KINDS.iter().find(|(_, kind)| kind == self) {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "{self:?}"),
        }
    }
}

/// A key with its certificate.
#[derive(Debug)]
pub(crate) struct SigningKey {
    primary: Secret,
    /// It signs, if there is one.
    subkey: Option<Secret>,
    /// The packets of the public key.
    certificate: Vec<u8>,
}

impl SigningKey {
    pub(crate) fn generate(kind: KeyKind, user_id: &str) -> Result<Self, ErrorStack> {
        let created = if kind.is_old() { now() - 10 * DAY } else { now() };
        let primary = Secret::generate(kind.numbers(), created)?;
        let subkey = kind.has_subkey().then(|| Secret::generate(Numbers::Ed25519, created));
        Self::certified(primary, subkey.transpose()?, kind, user_id)
    }

    fn certified(
        primary: Secret,
        subkey: Option<Secret>,
        kind: KeyKind,
        user_id: &str,
    ) -> Result<Self, ErrorStack> {
        let (hashed, created) = (primary.hashed()?, primary.created());
        let packet = |kind, body: &[u8]| packet(Framing::Current, kind, body);
        let mut certificate = packet(packet::PUBLIC_KEY, &primary.public()?);
        let revocation = |kind, reason| {
            Statement::new(kind, created + 5 * DAY).with(REVOCATION_REASON, &[reason])
        };
        let reason = match kind {
            KeyKind::Revoked => Some(COMPROMISED),
            KeyKind::Superseded => Some(SUPERSEDED),
            _ => None,
        };
        if let Some(reason) = reason {
            let revoked = revocation(KEY_REVOCATION, reason).signed(&primary, &hashed)?;
            certificate.extend(in_packet(&revoked));
        }
        let signs = subkey.is_none() && kind != KeyKind::CertifyOnly;
        let flags = MAY_CERTIFY | if signs { MAY_SIGN } else { 0 };
        let mut statement = Statement::new(CERTIFICATION, created).with(KEY_FLAGS, &[flags]);
        if kind == KeyKind::Expired {
            statement = statement.with(KEY_EXPIRES, &DAY.to_be_bytes());
        }
        let length = (user_id.len() as u32).to_be_bytes();
        let named = [&hashed, &[0xb4][..], &length, user_id.as_bytes()].concat();
        certificate.extend(packet(packet::USER_ID, user_id.as_bytes()));
        certificate.extend(in_packet(&statement.signed(&primary, &named)?));
        if let Some(subkey) = &subkey {
            let both = [hashed, subkey.hashed()?].concat();
            let mut binding = Statement::new(SUBKEY_BINDING, created).with(KEY_FLAGS, &[MAY_SIGN]);
            if kind != KeyKind::StolenSubkey {
                let confirmed = Statement::new(PRIMARY_KEY_BINDING, created);
                binding = binding.with(EMBEDDED, &confirmed.signed(subkey, &both)?);
            }
            certificate.extend(packet(packet::PUBLIC_SUBKEY, &subkey.public()?));
            certificate.extend(in_packet(&binding.signed(&primary, &both)?));
            if kind == KeyKind::RevokedSubkey {
                let revoked = revocation(SUBKEY_REVOCATION, SUPERSEDED).signed(&primary, &both)?;
                certificate.extend(in_packet(&revoked));
            }
        }
        Ok(Self { primary, subkey, certificate })
    }

    /// Reads the key in a folder. If there is none, it is made, with its public half beside it.
    pub(crate) fn kept_in(folder: &Path) -> io::Result<Self> {
        let named =
            |error: &dyn fmt::Display| io::Error::other(format!("{}: {error}", folder.display()));
        let certified = |secret| {
            let user_id = "amqp-sandbox <sandbox@localhost>";
            Self::certified(secret, None, KeyKind::Ed25519, user_id).map_err(|error| named(&error))
        };
        let path = folder.join("signing-key.secret.pem");
        if path.exists() {
            // The first line has the time of creation, which is a part of the key.
            let text = fs::read_to_string(&path).map_err(|error| named(&error))?;
            let (first, pem) = text.split_once('\n').unwrap_or_default();
            let created = first.parse().map_err(|error| named(&error))?;
            return certified(
                Secret::from_pem(pem.as_bytes(), created).map_err(|error| named(&error))?,
            );
        }
        let secret = Secret::generate(Numbers::Ed25519, now()).map_err(|error| named(&error))?;
        let pem = secret.to_pem().map_err(|error| named(&error))?;
        let text = [format!("{}\n", secret.created()).as_bytes(), &pem].concat();
        let key = certified(secret)?;
        fs::create_dir_all(folder).map_err(|error| named(&error))?;
        fs::write(folder.join("signing-key.asc"), key.public_armoured())
            .map_err(|error| named(&error))?;
        write_private(&path, &text).map_err(|error| named(&error))?;
        Ok(key)
    }

    /// The public key, armoured.
    pub(crate) fn public_armoured(&self) -> String {
        armored("PUBLIC KEY BLOCK", &[], &self.certificate)
    }

    /// The packets of the public key.
    pub(crate) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The fingerprint, 40 hexadecimal digits.
    pub(crate) fn fingerprint(&self) -> String {
        hex(&self.primary)
    }

    /// The fingerprint of the key that makes the signatures.
    pub(crate) fn signing_fingerprint(&self) -> String {
        hex(self.signer())
    }

    /// The pair that makes the signatures.
    pub(crate) fn signer(&self) -> &Secret {
        self.subkey.as_ref().unwrap_or(&self.primary)
    }
}

fn hex(key: &Secret) -> String {
    let fingerprint = key.fingerprint().expect("SHA-1 is there");
    fingerprint.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Seconds since 1970, as OpenPGP has them.
pub(crate) fn now() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() as u32
}
