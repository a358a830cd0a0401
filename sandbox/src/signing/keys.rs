//! The keys of the signing server, and which of them a request names.

use pgp::errors::Result;

use super::openpgp::SigningKey;

/// Keys with their names, at least one.
#[derive(Debug)]
pub(crate) struct Keys(Vec<(String, SigningKey)>);

impl Keys {
    /// A new key for each name.
    ///
    /// # Panics
    ///
    /// If there is no name.
    pub(crate) fn generate(names: &[String]) -> Result<Self> {
        assert!(!names.is_empty(), "a signing server has a key");
        let key = |name: &String| Ok((name.clone(), SigningKey::generate(&user_id(name))?));
        Ok(Self(names.iter().map(key).collect::<Result<_>>()?))
    }

    /// A single key, for all requests.
    pub(crate) fn only(key: SigningKey) -> Self {
        Self(vec![(String::new(), key)])
    }

    /// The key with this id, or else with this name, or else the first.
    pub(crate) fn named(&self, id: Option<&str>, name: Option<&str>) -> &SigningKey {
        let with_id = |id: &str| self.0.iter().find(|(_, key)| is_id_of(id, key));
        let with_name = |name: &str| self.0.iter().find(|(known, _)| known == name);
        let found = id.and_then(with_id).or_else(|| name.and_then(with_name));
        &found.unwrap_or(&self.0[0]).1
    }

    /// Each name with the fingerprint of its key.
    pub(crate) fn fingerprints(&self) -> Vec<(String, String)> {
        self.0.iter().map(|(name, key)| (name.clone(), key.fingerprint())).collect()
    }

    /// The public keys, each armoured, one after the other.
    pub(crate) fn public_armoured(&self) -> Result<String> {
        self.0.iter().map(|(_, key)| key.public_armoured()).collect()
    }
}

/// An id is a fingerprint, or its last 8 digits or more.
fn is_id_of(id: &str, key: &SigningKey) -> bool {
    id.len() >= 8 && key.fingerprint().ends_with(&id.to_ascii_uppercase())
}

fn user_id(name: &str) -> String {
    format!("amqp-sandbox <{name}@localhost>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_id_then_by_its_name() {
        let keys = Keys::generate(&["one".to_owned(), "two".to_owned()]).unwrap();
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
