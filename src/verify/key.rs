//! A public key: rPGP reads it, OpenSSL checks signatures with it.

use std::io;

use openssl::{
    bn::{BigNum, BigNumContext},
    ec::{EcGroup, EcKey, EcPoint},
    ecdsa::EcdsaSig,
    error::ErrorStack,
    nid::Nid,
    pkey::{Id, PKey, Public},
    pkey_ctx::PkeyCtx,
    rsa::{Padding, Rsa},
    sign::Verifier,
};
use pgp::{
    crypto::{ecc_curve::ECCCurve, hash::HashAlgorithm, public_key::PublicKeyAlgorithm},
    errors::Result,
    packet::{PubKeyInner, PublicKey, PublicSubkey},
    ser::Serialize,
    types::{
        EddsaLegacyPublicParams, Fingerprint, KeyDetails, KeyId, KeyVersion, Mpi, PublicParams,
        SignatureBytes, Timestamp, VerifyingKey,
    },
};

use super::policy;

/// A primary key or subkey.
#[derive(Debug)]
pub(super) struct Key {
    packet: PublicKey,
    /// The same for OpenSSL; `None` for an algorithm that does not sign, or is not supported.
    public: Option<PKey<Public>>,
}

impl Key {
    pub(super) fn new(packet: PublicKey) -> Self {
        let public = public(&packet);
        Self { packet, public }
    }

    /// A subkey; it is hashed in the same way as a primary key.
    pub(super) fn of_subkey(key: &PublicSubkey) -> Result<Self> {
        let inner = PubKeyInner::new(
            key.version(),
            key.algorithm(),
            key.created_at(),
            key.legacy_v3_expiration_days(),
            key.public_params().clone(),
        )?;
        PublicKey::from_inner(inner).map(Self::new)
    }

    /// Why it does not count, if so.
    pub(super) fn weakness(&self) -> Option<String> {
        if !matches!(self.version(), KeyVersion::V4 | KeyVersion::V6) {
            return Some(format!("a key of version {}", u8::from(self.version())));
        }
        match &self.public {
            None => Some(format!("{:?}", self.algorithm())),
            Some(public) if public.id() == Id::RSA && public.bits() < policy::LEAST_RSA_BITS => {
                Some(format!("RSA of {} bits", public.bits()))
            }
            Some(_) => None,
        }
    }

    /// Whether a digest has this signature.
    fn is_good(
        &self,
        hash: HashAlgorithm,
        digest: &[u8],
        signature: &SignatureBytes,
    ) -> Option<bool> {
        let public = self.public.as_ref()?;
        let good = match (public.id(), signature) {
            (Id::RSA, SignatureBytes::Mpis(numbers)) => {
                let [number] = &numbers[..] else { return None };
                let mut context = PkeyCtx::new(public).ok()?;
                context.verify_init().ok()?;
                context.set_rsa_padding(Padding::PKCS1).ok()?;
                context.set_signature_md(policy::digest_of_binding(hash)?).ok()?;
                context.verify(digest, &padded(number, public.size())?)
            }
            (Id::EC, SignatureBytes::Mpis(numbers)) => {
                let [r, s] = &numbers[..] else { return None };
                let (r, s) = (number(r).ok()?, number(s).ok()?);
                EcdsaSig::from_private_components(r, s)
                    .and_then(|signature| signature.verify(digest, public.ec_key()?.as_ref()))
            }
            (Id::ED25519, SignatureBytes::Mpis(numbers)) => {
                let [r, s] = &numbers[..] else { return None };
                edwards(public, digest, &[padded(r, 32)?, padded(s, 32)?].concat())
            }
            (Id::ED25519 | Id::ED448, SignatureBytes::Native(bytes)) => {
                edwards(public, digest, bytes)
            }
            _ => return None,
        };
        good.ok()
    }
}

fn edwards(
    public: &PKey<Public>,
    digest: &[u8],
    signature: &[u8],
) -> std::result::Result<bool, ErrorStack> {
    Verifier::new_without_digest(public)?.verify_oneshot(signature, digest)
}

fn number(number: &Mpi) -> std::result::Result<BigNum, ErrorStack> {
    BigNum::from_slice(number.as_ref())
}

/// A number with zeros before it.
fn padded(number: &Mpi, length: usize) -> Option<Vec<u8>> {
    let zeros = length.checked_sub(number.len())?;
    Some([&vec![0; zeros], number.as_ref()].concat())
}

/// A key as OpenSSL has it; `None` if it is not supported, or has nonsense in it.
fn public(packet: &PublicKey) -> Option<PKey<Public>> {
    // As in the packet: RFC 9580 part 5.5.5.
    let bytes = packet.public_params().to_bytes().ok()?;
    match packet.public_params() {
        PublicParams::RSA(_) if packet.algorithm() != PublicKeyAlgorithm::RSAEncrypt => {
            let mut rest = &bytes[..];
            let modulus = Mpi::try_from_reader(&mut rest).ok()?;
            let exponent = Mpi::try_from_reader(&mut rest).ok()?;
            let key = Rsa::from_public_components(number(&modulus).ok()?, number(&exponent).ok()?);
            PKey::from_rsa(key.ok()?)
        }
        PublicParams::ECDSA(params) => {
            let group = EcGroup::from_curve_name(curve(&params.curve())?).ok()?;
            let identifier = usize::from(*bytes.first()?);
            let point = Mpi::try_from_reader(bytes.get(1 + identifier..)?).ok()?;
            let mut context = BigNumContext::new().ok()?;
            let point = EcPoint::from_bytes(&group, point.as_ref(), &mut context).ok()?;
            PKey::from_ec_key(EcKey::from_public_key(&group, &point).ok()?)
        }
        PublicParams::EdDSALegacy(EddsaLegacyPublicParams::Ed25519 { key }) => {
            PKey::public_key_from_raw_bytes(key.as_bytes(), Id::ED25519)
        }
        PublicParams::Ed25519(_) => PKey::public_key_from_raw_bytes(&bytes, Id::ED25519),
        PublicParams::Ed448(_) => PKey::public_key_from_raw_bytes(&bytes, Id::ED448),
        _ => return None,
    }
    .ok()
}

fn curve(curve: &ECCCurve) -> Option<Nid> {
    Some(match curve {
        ECCCurve::P256 => Nid::X9_62_PRIME256V1,
        ECCCurve::P384 => Nid::SECP384R1,
        ECCCurve::P521 => Nid::SECP521R1,
        ECCCurve::BrainpoolP256r1 => Nid::BRAINPOOL_P256R1,
        ECCCurve::BrainpoolP384r1 => Nid::BRAINPOOL_P384R1,
        ECCCurve::BrainpoolP512r1 => Nid::BRAINPOOL_P512R1,
        _ => return None,
    })
}

impl VerifyingKey for Key {
    fn verify(&self, hash: HashAlgorithm, digest: &[u8], signature: &SignatureBytes) -> Result<()> {
        match self.is_good(hash, digest, signature) {
            Some(true) => Ok(()),
            _ => Err(io::Error::from(io::ErrorKind::InvalidData).into()),
        }
    }
}

impl KeyDetails for Key {
    fn version(&self) -> KeyVersion {
        self.packet.version()
    }

    fn legacy_key_id(&self) -> KeyId {
        self.packet.legacy_key_id()
    }

    fn fingerprint(&self) -> Fingerprint {
        self.packet.fingerprint()
    }

    fn algorithm(&self) -> PublicKeyAlgorithm {
        self.packet.algorithm()
    }

    fn created_at(&self) -> Timestamp {
        self.packet.created_at()
    }

    fn legacy_v3_expiration_days(&self) -> Option<u16> {
        self.packet.legacy_v3_expiration_days()
    }

    fn public_params(&self) -> &PublicParams {
        self.packet.public_params()
    }
}

impl Serialize for Key {
    fn to_writer<W: io::Write>(&self, writer: &mut W) -> Result<()> {
        self.packet.to_writer(writer)
    }

    fn write_len(&self) -> usize {
        self.packet.write_len()
    }
}
