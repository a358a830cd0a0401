//! Container images: a manifest's digest, and the reference that it is signed under.

use std::fmt;

use super::{digest::Digest, reference::Reference};
use crate::error::{Argument, Error, printable};

/// A container image to sign: the signature covers the claim that the reference names the digest.
///
/// ```
/// use amqp_messenger::signing::Image;
///
/// let digest = "sha256:55a34a8237036a7355a34a8237036a7355a34a8237036a7355a34a8237036a73";
/// let image = Image::new(digest, "registry.example.com/ns/app:1")?;
/// assert_eq!(image.reference().repository(), "ns/app");
/// assert!(Image::new(digest, "app:1").is_err());
/// assert!(Image::new("sha256:55a34a82", "registry.example.com/ns/app:1").is_err());
/// # Ok::<(), amqp_messenger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Image {
    digest: Digest,
    reference: Reference,
}

impl Image {
    /// Checks a digest and a reference.
    ///
    /// # Errors
    /// As [`Digest::new`] and [`Reference::new`]; [`Error::Argument`] if the reference holds another digest.
    pub fn new(digest: impl Into<Box<str>>, reference: impl Into<Box<str>>) -> Result<Self, Error> {
        let (digest, reference) = (Digest::new(digest)?, Reference::new(reference)?);
        if reference.digest().is_some_and(|other| other != digest.as_str()) {
            let problem = format!(
                "\"{}\" names another digest than \"{}\": expected the same in both",
                printable(reference.as_str()),
                printable(digest.as_str())
            );
            return Err(Error::argument(Argument::Reference, problem));
        }
        Ok(Self { digest, reference })
    }

    /// Checks only what can never be right, as under the names of pubtools-sign: it signs what it is given.
    #[cfg(any(feature = "cli", test, fuzzing))]
    pub(crate) fn lenient(
        digest: impl Into<Box<str>>,
        reference: impl Into<Box<str>>,
    ) -> Result<Self, Error> {
        Ok(Self { digest: Digest::lenient(digest)?, reference: Reference::lenient(reference)? })
    }

    /// Checks nothing, as pubtools-sign does.
    #[cfg(test)]
    pub(crate) fn unchecked(digest: &str, reference: &str) -> Self {
        Self { digest: Digest::unchecked(digest), reference: Reference::unchecked(reference) }
    }

    /// Returns the digest of the manifest.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Returns the reference.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.reference, self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_in_the_reference_is_the_same() {
        let [one, two] = ["1", "2"].map(|digit| format!("sha256:{}", digit.repeat(64)));
        Image::new(one.as_str(), format!("r/app:1@{one}")).unwrap();
        let reference = format!("r/app@{two}");
        let error = Image::new(one.as_str(), reference.as_str()).unwrap_err().to_string();
        let expected = format!("reference: \"{reference}\" names another digest than \"{one}\": ");
        assert!(error.starts_with(&expected), "{error}");
        Image::lenient(one, reference).unwrap();
    }
}
