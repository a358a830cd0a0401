//! Key pairs of version 4, and what they sign.

use openssl::{
    bn::BigNumContext,
    ec::{EcGroup, EcKey, PointConversionForm},
    ecdsa::EcdsaSig,
    error::ErrorStack,
    hash::{MessageDigest, hash},
    md::Md,
    nid::Nid,
    pkey::{Id, PKey, Private},
    pkey_ctx::PkeyCtx,
    rsa::{Padding, Rsa},
    sign::Signer,
};

use super::packet::mpi;

/// The curves as OpenPGP names them (RFC 9580 part 9.2).
const ED25519: &[u8] = &[9, 0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1];
const P256: &[u8] = &[8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

/// A hash algorithm (RFC 9580 part 9.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Md5 = 1,
    Sha1 = 2,
    Sha256 = 8,
    Sha512 = 10,
}

impl Hash {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    fn of(self, bytes: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let digest = match self {
            Self::Md5 => MessageDigest::md5(),
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha512 => MessageDigest::sha512(),
        };
        Ok(hash(digest, bytes)?.to_vec())
    }
}

/// What kind of numbers a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// Ed25519 as GnuPG 2.2 has it ("EdDSA legacy").
    Ed25519,
    /// RSA of that many bits.
    Rsa(u32),
    /// ECDSA on NIST's curve P-256.
    P256,
}

/// A key pair with the time of its creation, which is part of its identity.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pair: PKey<Private>,
    /// In seconds since 1970.
    created: u32,
}

impl Secret {
    pub(crate) fn generate(numbers: Numbers, created: u32) -> Result<Self, ErrorStack> {
        let pair = match numbers {
            Numbers::Ed25519 => PKey::generate_ed25519()?,
            Numbers::Rsa(bits) => PKey::from_rsa(Rsa::generate(bits)?)?,
            Numbers::P256 => {
                let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
                PKey::from_ec_key(EcKey::generate(&group)?)?
            }
        };
        Ok(Self { pair, created })
    }

    /// From PEM, and the time of its creation.
    pub(crate) fn from_pem(pem: &[u8], created: u32) -> Result<Self, ErrorStack> {
        Ok(Self { pair: PKey::private_key_from_pem(pem)?, created })
    }

    pub(crate) fn to_pem(&self) -> Result<Vec<u8>, ErrorStack> {
        self.pair.private_key_to_pem_pkcs8()
    }

    pub(crate) fn created(&self) -> u32 {
        self.created
    }

    /// The algorithm's number (RFC 9580 part 9.1).
    pub(crate) fn algorithm(&self) -> u8 {
        match self.pair.id() {
            Id::RSA => 1,
            Id::EC => 19,
            _ => 22,
        }
    }

    /// The body of the packet with the public key (RFC 9580 part 5.5.2).
    pub(crate) fn public(&self) -> Result<Vec<u8>, ErrorStack> {
        let numbers = match self.pair.id() {
            Id::RSA => {
                let rsa = self.pair.rsa()?;
                [mpi(&rsa.n().to_vec()), mpi(&rsa.e().to_vec())].concat()
            }
            Id::EC => {
                let key = self.pair.ec_key()?;
                let mut context = BigNumContext::new()?;
                let form = PointConversionForm::UNCOMPRESSED;
                let point = key.public_key().to_bytes(key.group(), form, &mut context)?;
                [P256, &mpi(&point)].concat()
            }
            _ => [ED25519, &mpi(&[&[0x40], &self.pair.raw_public_key()?[..]].concat())].concat(),
        };
        Ok([&[4], &self.created.to_be_bytes()[..], &[self.algorithm()], &numbers].concat())
    }

    /// The public key as it goes into a fingerprint, and into signatures of it.
    pub(crate) fn hashed(&self) -> Result<Vec<u8>, ErrorStack> {
        let body = self.public()?;
        Ok([&[0x99], &(body.len() as u16).to_be_bytes()[..], &body].concat())
    }

    /// The fingerprint (RFC 9580 part 5.5.4.2).
    pub(crate) fn fingerprint(&self) -> Result<Vec<u8>, ErrorStack> {
        Hash::Sha1.of(&self.hashed()?)
    }

    /// The first two bytes of the hash, and the numbers of a signature of it.
    pub(crate) fn sign(&self, hash: Hash, bytes: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let digest = hash.of(bytes)?;
        let halves = |signature: &[u8]| {
            let (r, s) = signature.split_at(signature.len() / 2);
            [mpi(r), mpi(s)].concat()
        };
        let numbers = match self.pair.id() {
            Id::RSA => {
                let mut context = PkeyCtx::new(&self.pair)?;
                context.sign_init()?;
                context.set_rsa_padding(Padding::PKCS1)?;
                context.set_signature_md(match hash {
                    Hash::Md5 => Md::md5(),
                    Hash::Sha1 => Md::sha1(),
                    Hash::Sha256 => Md::sha256(),
                    Hash::Sha512 => Md::sha512(),
                })?;
                let mut signature = Vec::new();
                context.sign_to_vec(&digest, &mut signature)?;
                mpi(&signature)
            }
            Id::EC => {
                let signature = EcdsaSig::sign::<Private>(&digest, &*self.pair.ec_key()?)?;
                [mpi(&signature.r().to_vec()), mpi(&signature.s().to_vec())].concat()
            }
            _ => halves(&Signer::new_without_digest(&self.pair)?.sign_oneshot_to_vec(&digest)?),
        };
        Ok([&digest[..2], &numbers].concat())
    }
}
