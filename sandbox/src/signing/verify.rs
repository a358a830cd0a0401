//! Verifies that a client got the sandbox's signatures of its requests.

use std::io;

use openssl::base64::decode_block;
use pgp::composed::{
    CleartextSignedMessage, Deserializable, DetachedSignature, Message, SignedPublicKey,
};

/// The public halves of the sandbox's signing keys.
#[derive(Debug)]
pub struct Verifier {
    keys: Vec<SignedPublicKey>,
}

impl Verifier {
    /// Reads armoured keys: the text in [`crate::Sandbox::public_key_file`].
    pub fn from_armoured(text: &str) -> io::Result<Self> {
        const BEGIN: &str = "-----BEGIN";
        let key = |text: &str| SignedPublicKey::from_string(&format!("{BEGIN}{text}"));
        let keys = text.split(BEGIN).skip(1).map(|text| key(text).map(|(key, _)| key));
        Ok(Self { keys: keys.collect::<Result<_, _>>().map_err(io::Error::other)? })
    }

    /// The content of a signed message or cleartext signed document, in base64; `None` unless the signature is good.
    pub fn content(&self, value: &str) -> Option<Vec<u8>> {
        let bytes = decode_block(value).ok()?;
        if bytes.starts_with(b"-----BEGIN PGP SIGNED MESSAGE-----") {
            let (document, _) =
                CleartextSignedMessage::from_string(std::str::from_utf8(&bytes).ok()?).ok()?;
            self.keys.iter().find(|key| document.verify(&key.primary_key).is_ok())?;
            return Some(document.signed_text().replace("\r\n", "\n").into_bytes());
        }
        let mut message = Message::from_bytes(&bytes[..]).ok()?;
        let content = message.as_data_vec().ok()?;
        self.keys.iter().find(|key| message.verify(&key.primary_key).is_ok())?;
        Some(content)
    }

    /// Whether this is an armoured detached signature, in base64, of these bytes.
    pub fn is_detached_signature(&self, value: &str, content: &[u8]) -> bool {
        let Some(text) = decode_block(value).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        else {
            return false;
        };
        let Ok((signature, _)) = DetachedSignature::from_string(&text) else { return false };
        self.keys.iter().any(|key| signature.verify(&key.primary_key, content).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openpgp::{Form, KeyKind, Recipe, SigningKey};
    use openssl::base64::encode_block;

    fn keys() -> (SigningKey, Verifier) {
        let key = SigningKey::generate(KeyKind::Ed25519, "test").unwrap();
        let verifier = Verifier::from_armoured(&key.public_armoured()).unwrap();
        (key, verifier)
    }

    fn made(form: Form, key: &SigningKey, content: &[u8]) -> Vec<u8> {
        Recipe::new(form, key, content).made().unwrap()
    }

    #[test]
    fn its_own_signatures_are_good_and_those_of_another_key_are_not() {
        let ((key, verifier), (_, stranger)) = (keys(), keys());
        let message = encode_block(&made(Form::Message, &key, b"claim"));
        let document = encode_block(&made(Form::Cleartext, &key, b"one\n- two"));
        let detached = encode_block(&made(Form::Detached, &key, b"file"));
        assert_eq!(verifier.content(&message).as_deref(), Some(&b"claim"[..]));
        assert_eq!(verifier.content(&document).as_deref(), Some(&b"one\n- two"[..]));
        assert!(verifier.is_detached_signature(&detached, b"file"));
        assert!(!verifier.is_detached_signature(&detached, b"another"));
        assert_eq!((stranger.content(&message), stranger.content(&document)), (None, None));
        assert!(!stranger.is_detached_signature(&detached, b"file"));
    }

    #[test]
    fn changed_content_is_not_signed() {
        let (key, verifier) = keys();
        let message = made(Form::Message, &key, b"claim");
        let place = message.windows(5).position(|bytes| bytes == b"claim").unwrap();
        let changed = [&message[..place], b"c1aim", &message[place + 5..]].concat();
        assert_eq!(verifier.content(&encode_block(&changed)), None);
        let document =
            String::from_utf8(made(Form::Cleartext, &key, b"one")).unwrap().replace("one", "two");
        assert_eq!(verifier.content(&encode_block(document.as_bytes())), None);
        assert_eq!(verifier.content("no base64"), None);
        assert!(!verifier.is_detached_signature("bm8gc2lnbmF0dXJl", b""));
    }
}
