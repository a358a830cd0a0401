//! The signing key, and the three kinds of OpenPGP signature that clients ask for.

use std::{fs, io, path::Path};

use pgp::{
    composed::{
        ArmorOptions, Deserializable, DetachedSignature, KeyType, MessageBuilder,
        SecretKeyParamsBuilder, SignedSecretKey,
    },
    crypto::hash::HashAlgorithm,
    errors::Result,
    types::{KeyDetails, Password},
};
use rand::thread_rng;

use crate::pki::write_private;

const HASH: HashAlgorithm = HashAlgorithm::Sha256;

/// A version 4 key with the Ed25519 of GnuPG 2.2 ("EdDSA legacy").
#[derive(Debug)]
pub(crate) struct SigningKey {
    secret: SignedSecretKey,
}

impl SigningKey {
    pub(crate) fn generate(user_id: &str) -> Result<Self> {
        let mut params = SecretKeyParamsBuilder::default();
        params
            .key_type(KeyType::Ed25519Legacy)
            .can_certify(true)
            .can_sign(true)
            .primary_user_id(user_id.to_owned());
        let params = params.build().expect("all that is needed was given");
        let secret = params.generate(thread_rng())?;
        Ok(Self { secret })
    }

    /// Reads the key in a folder. If there is none, it is made, with its public half beside it.
    pub(crate) fn kept_in(folder: &Path) -> io::Result<Self> {
        let named = |error: &dyn std::fmt::Display| {
            io::Error::other(format!("{}: {error}", folder.display()))
        };
        let path = folder.join("signing-key.secret.asc");
        if path.exists() {
            let text = fs::read_to_string(&path).map_err(|error| named(&error))?;
            let (secret, _) = SignedSecretKey::from_string(&text).map_err(|error| named(&error))?;
            return Ok(Self { secret });
        }
        let key =
            Self::generate("amqp-sandbox <sandbox@localhost>").map_err(|error| named(&error))?;
        let text =
            key.secret.to_armored_string(ArmorOptions::default()).map_err(|error| named(&error))?;
        let public = key.public_armoured().map_err(|error| named(&error))?;
        fs::create_dir_all(folder).map_err(|error| named(&error))?;
        fs::write(folder.join("signing-key.asc"), public).map_err(|error| named(&error))?;
        write_private(&path, text.as_bytes()).map_err(|error| named(&error))?;
        Ok(key)
    }

    /// The public key, armoured.
    pub(crate) fn public_armoured(&self) -> Result<String> {
        let public = self.secret.to_public_key();
        public.to_armored_string(ArmorOptions::default())
    }

    /// The fingerprint, 40 hexadecimal digits.
    pub(crate) fn fingerprint(&self) -> String {
        let fingerprint = self.secret.primary_key.fingerprint();
        format!("{fingerprint:X}")
    }

    /// A signed message: one-pass signature, literal data, signature; binary, not compressed.
    pub(crate) fn signed_message(&self, content: &[u8]) -> Result<Vec<u8>> {
        let mut builder = MessageBuilder::from_bytes("", content.to_vec());
        builder.sign(&self.secret.primary_key, Password::empty(), HASH);
        builder.to_vec(thread_rng())
    }

    /// A detached signature, armoured.
    pub(crate) fn detached(&self, content: &[u8]) -> Result<String> {
        let signature = DetachedSignature::sign_binary_data(
            thread_rng(),
            &self.secret.primary_key,
            &Password::empty(),
            HASH,
            content,
        )?;
        signature.to_armored_string(ArmorOptions::default())
    }

    /// A cleartext signed document; the content keeps its bytes, whatever their encoding.
    pub(crate) fn cleartext(&self, content: &[u8]) -> Result<Vec<u8>> {
        let lines: Vec<&[u8]> = content.split(|byte| *byte == b'\n').collect();
        // RFC 4880 7.1: blanks at the end of a line are not signed; line ends become CR LF.
        let signed: Vec<&[u8]> = lines.iter().map(|line| without_blanks(line)).collect();
        let signature = DetachedSignature::sign_text_data(
            thread_rng(),
            &self.secret.primary_key,
            &Password::empty(),
            HASH,
            signed.join(&b"\n"[..]).as_slice(),
        )?;

        let mut document = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n".to_vec();
        for line in lines {
            if line.starts_with(b"-") {
                document.extend(b"- ");
            }
            document.extend(line);
            document.push(b'\n');
        }
        let armour = signature.to_armored_string(ArmorOptions::default())?;
        document.extend(armour.as_bytes());
        Ok(document)
    }
}

fn without_blanks(line: &[u8]) -> &[u8] {
    let last = line.iter().rposition(|byte| !b" \t\r".contains(byte));
    &line[..last.map_or(0, |at| at + 1)]
}
