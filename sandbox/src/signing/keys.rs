//! The keys of the signing server, and which of them a request names.

use std::sync::OnceLock;

use openssl::error::ErrorStack;

use crate::openpgp::{KeyKind, SigningKey};

/// Keys with their names, at least one.
#[derive(Debug)]
pub(crate) struct Keys {
    named: Vec<(String, SigningKey)>,
    stranger: OnceLock<SigningKey>,
}

impl Keys {
    /// A new key for each name.
    ///
    /// # Panics
    ///
    /// If there is no name.
    pub(crate) fn generate(names: &[(String, KeyKind)]) -> Result<Self, ErrorStack> {
        assert!(!names.is_empty(), "a signing server has a key");
        let key = |(name, kind): &(String, KeyKind)| {
            Ok((name.clone(), SigningKey::generate(*kind, &user_id(name))?))
        };
        Ok(Self {
            named: names.iter().map(key).collect::<Result<_, _>>()?,
            stranger: OnceLock::new(),
        })
    }

    /// A single key, for all requests.
    pub(crate) fn only(key: SigningKey) -> Self {
        Self { named: vec![(String::new(), key)], stranger: OnceLock::new() }
    }

    /// The key with this id, or else with this name, or else the first.
    pub(crate) fn named(&self, id: Option<&str>, name: Option<&str>) -> &SigningKey {
        let with_id = |id: &str| self.named.iter().find(|(_, key)| is_id_of(id, key));
        let with_name = |name: &str| self.named.iter().find(|(known, _)| known == name);
        let found = id.and_then(with_id).or_else(|| name.and_then(with_name));
        &found.unwrap_or(&self.named[0]).1
    }

    /// The key after this one; the first follows the last.
    pub(crate) fn after(&self, key: &SigningKey) -> &SigningKey {
        let place = self.named.iter().position(|(_, known)| std::ptr::eq(known, key));
        &self.named[place.map_or(0, |place| (place + 1) % self.named.len())].1
    }

    /// A key that is not among them, and has no certificate in any file.
    pub(crate) fn stranger(&self) -> &SigningKey {
        let generate = || SigningKey::generate(KeyKind::Ed25519, &user_id("stranger"));
        self.stranger.get_or_init(|| generate().expect("a key can be made"))
    }

    /// Each name with the fingerprint of its key.
    pub(crate) fn fingerprints(&self) -> Vec<(String, String)> {
        self.named.iter().map(|(name, key)| (name.clone(), key.fingerprint())).collect()
    }

    /// The public keys, each armoured, one after the other.
    pub(crate) fn public_armoured(&self) -> String {
        self.named.iter().map(|(_, key)| key.public_armoured()).collect()
    }
}

/// An id is the fingerprint of a key or of its subkey, or the last 8 digits of one or more.
fn is_id_of(id: &str, key: &SigningKey) -> bool {
    let id = id.to_ascii_uppercase();
    let ends = |fingerprint: String| fingerprint.ends_with(&id);
    id.len() >= 8 && (ends(key.fingerprint()) || ends(key.signing_fingerprint()))
}

fn user_id(name: &str) -> String {
    format!("amqp-sandbox <{name}@localhost>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_id_then_by_its_name() {
        let keys = Keys::generate(&["one", "two"].map(|name| (name.to_owned(), KeyKind::Ed25519)))
            .unwrap();
        let prints = keys.fingerprints();
        let (one, two) = (prints[0].1.as_str(), prints[1].1.as_str());
        for (id, name, expected) in [
            (None, None, one),
            (Some(two), None, two),
            (Some(&two[32..]), None, two),
            (Some(&two.to_lowercase()), None, two),
            (None, Some("two"), two),
            (Some("ABCD1234"), Some("two"), two),
            (Some(one), Some("two"), one),
            (Some(&two[36..]), Some("three"), one),
        ] {
            assert_eq!(keys.named(id, name).fingerprint(), expected, "{id:?} {name:?}");
        }
    }
}
