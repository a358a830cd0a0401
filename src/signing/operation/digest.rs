//! The digest of a manifest.

use std::fmt;

use crate::error::{Argument, Error, printable};

/// The algorithms of the OCI image format, each with the number of hex digits of a digest.
const ALGORITHMS: [(&str, usize); 4] =
    [("sha256", 64), ("sha384", 96), ("sha512", 128), ("blake3", 64)];

/// The digest of a manifest: `sha256:` and 64 hex digits, or another algorithm of the OCI image format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest<'a>(&'a str);

impl<'a> Digest<'a> {
    /// Checks a digest.
    ///
    /// # Errors
    /// [`Error::Argument`] if it is not an algorithm, a colon, and as many lower-case hex digits as the algorithm has.
    pub fn new(digest: &'a str) -> Result<Self, Error> {
        match problem(digest) {
            None => Ok(Self(digest)),
            Some(problem) => Err(Error::argument(Argument::Digest, problem)),
        }
    }

    /// Checks only what can never be a digest, as under the names of pubtools-sign.
    #[cfg(any(feature = "cli", test, fuzzing))]
    pub(super) fn lenient(digest: &'a str) -> Result<Self, Error> {
        let strange = |c: char| c.is_whitespace() || crate::error::acts_unseen(c);
        if digest.is_empty() || digest == "null" || digest.contains(strange) {
            let problem = problem(digest).unwrap_or_default();
            return Err(Error::argument(Argument::Digest, problem));
        }
        Ok(Self(digest))
    }

    /// Checks nothing: it was checked before.
    pub(super) fn unchecked(digest: &'a str) -> Self {
        Self(digest)
    }

    /// Returns the text.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

impl fmt::Display for Digest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What is wrong with a digest, and what is expected.
pub(super) fn problem(digest: &str) -> Option<String> {
    let is_digest = |digest: &str, (name, length): (&str, usize)| {
        let hex = digest.strip_prefix(name).and_then(|rest| rest.strip_prefix(':'));
        hex.is_some_and(|hex| {
            // Without branches: the compiler looks at many bytes at once.
            let is_hex = |byte: u8| byte.is_ascii_digit() | (b'a'..=b'f').contains(&byte);
            hex.len() == length && hex.bytes().fold(true, |all, byte| all & is_hex(byte))
        })
    };
    if ALGORITHMS.iter().any(|algorithm| is_digest(digest, *algorithm)) {
        return None;
    }
    let algorithm = digest.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
    let found = ALGORITHMS.iter().find(|(name, _)| *name == algorithm);
    let (name, length) = *found.unwrap_or(&ALGORITHMS[0]);
    let expected = format!("expected {name}: and {length} hex digits");
    if digest.trim().is_empty() {
        return Some(format!("is empty: {expected}"));
    }
    let hint = match digest.chars().find(|c| c.is_whitespace() || c.is_control()) {
        _ if digest.matches(':').count() > 1 => ", a single one".to_owned(),
        Some(c) => format!(" without {c:?}"),
        None if is_digest(&digest.to_ascii_lowercase(), (name, length)) => {
            " in lower case".to_owned()
        }
        None => String::new(),
    };
    Some(format!("is \"{}\": {expected}{hint}", printable(digest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZEROS: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    #[test]
    fn a_digest_has_an_algorithm_and_its_hex_digits() {
        for digest in [
            ZEROS.to_owned(),
            format!("sha256:{}", "0123456789abcdef".repeat(4)),
            format!("sha384:{}", "f".repeat(96)),
            format!("sha512:{}", "0a".repeat(64)),
            format!("blake3:{}", "9".repeat(64)),
        ] {
            assert_eq!(Digest::new(&digest).unwrap().as_str(), digest);
            Digest::lenient(&digest).unwrap();
        }
    }

    #[test]
    fn everything_else_is_refused_with_what_is_expected() {
        let sha256 = "expected sha256: and 64 hex digits";
        for (digest, expected) in [
            (String::new(), format!("is empty: {sha256}")),
            (" \n".into(), format!("is empty: {sha256}")),
            ("null".into(), format!("is \"null\": {sha256}")),
            ("None".into(), format!("is \"None\": {sha256}")),
            ("sha256:abc".into(), format!("is \"sha256:abc\": {sha256}")),
            ("sha256:".into(), format!("is \"sha256:\": {sha256}")),
            ("sha256".into(), format!("is \"sha256\": {sha256}")),
            (ZEROS[7..].into(), sha256.into()),
            (format!(":{}", &ZEROS[7..]), sha256.into()),
            (format!("{ZEROS}0"), sha256.into()),
            (ZEROS[..70].into(), sha256.into()),
            (format!("sha256:{}", "g".repeat(64)), sha256.into()),
            (format!("sha256:{}", "é".repeat(32)), sha256.into()),
            (format!("sha256={}", &ZEROS[7..]), sha256.into()),
            (format!("md5:{}", "0".repeat(32)), sha256.into()),
            (format!("sha256:{}", "A".repeat(64)), format!("{sha256} in lower case")),
            (format!("SHA256:{}", "a".repeat(64)), format!("{sha256} in lower case")),
            (format!("sha512:{}", "0".repeat(64)), "expected sha512: and 128 hex digits".into()),
            (format!("{ZEROS}\r"), format!("\\r\": {sha256} without '\\r'")),
            (format!("{ZEROS}\n"), format!("{sha256} without '\\n'")),
            (format!(" {ZEROS}"), format!("{sha256} without ' '")),
            (format!("{ZEROS}\u{a0}"), format!("{sha256} without '\\u{{a0}}'")),
            (format!("{ZEROS}\0"), format!("{sha256} without '\\0'")),
            (format!("{ZEROS} {ZEROS}"), format!("{sha256}, a single one")),
            (format!("{ZEROS},{ZEROS}"), format!("{sha256}, a single one")),
            (format!("{ZEROS}\n{ZEROS}"), format!("{sha256}, a single one")),
            (format!("quay.example/ns/app@{ZEROS}"), sha256.into()),
        ] {
            let error = Digest::new(&digest).unwrap_err().to_string();
            assert!(error.starts_with("digest: ") && error.contains(&expected), "{error}");
        }
    }

    #[test]
    fn under_the_names_of_pubtools_sign_other_words_are_digests() {
        for digest in ["d", "sha256:1", "None", "sha256:ABC", "é"] {
            assert_eq!(Digest::lenient(digest).unwrap().as_str(), digest);
        }
        for digest in
            ["", " ", "null", "sha256:1\r", "sha256:1\n", "a b", " a", "a\u{1b}", "a\u{a0}"]
        {
            let error = Digest::lenient(digest).unwrap_err().to_string();
            assert!(error.contains("expected sha256: and 64 hex digits"), "{error}");
        }
    }
}
