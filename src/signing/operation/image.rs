//! Container images: a manifest's digest, and the reference that it is signed under.

use std::{fmt, sync::Arc};

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
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Image {
    /// The reference, a blank and the digest, which has none: one piece of memory, which clones share.
    text: Arc<str>,
}

/// The length of nearly every digest, `sha256:` and 64 digits.
const USUAL_DIGEST: usize = 71;

impl Image {
    /// Checks a digest and a reference.
    ///
    /// # Errors
    /// As [`Digest::new`] and [`Reference::new`]; [`Error::Argument`] if the reference holds another digest.
    pub fn new(digest: impl AsRef<str>, reference: impl AsRef<str>) -> Result<Self, Error> {
        let digest = Digest::new(digest.as_ref())?;
        let reference = Reference::new(reference.as_ref())?;
        if reference.digest().is_some_and(|other| other != digest.as_str()) {
            let problem = format!(
                "\"{}\" names another digest than \"{}\": expected the same in both",
                printable(reference.as_str()),
                printable(digest.as_str())
            );
            return Err(Error::argument(Argument::Reference, problem));
        }
        Ok(Self::of(digest, reference))
    }

    /// Checks only what can never be right, as under the names of pubtools-sign: it signs what it is given.
    #[cfg(any(feature = "cli", test, fuzzing))]
    pub(crate) fn lenient(
        digest: impl AsRef<str>,
        reference: impl AsRef<str>,
    ) -> Result<Self, Error> {
        Ok(Self::of(Digest::lenient(digest.as_ref())?, Reference::lenient(reference.as_ref())?))
    }

    /// Checks nothing, as pubtools-sign does.
    #[cfg(test)]
    pub(crate) fn unchecked(digest: &str, reference: &str) -> Self {
        Self::of(Digest::unchecked(digest), Reference::unchecked(reference))
    }

    fn of(digest: Digest<'_>, reference: Reference<'_>) -> Self {
        let text = [reference.as_str(), " ", digest.as_str()].concat();
        Self { text: text.into() }
    }

    /// Returns the digest of the manifest.
    pub fn digest(&self) -> Digest<'_> {
        Digest::unchecked(self.parts().1)
    }

    /// Returns the reference.
    pub fn reference(&self) -> Reference<'_> {
        Reference::unchecked(self.parts().0)
    }

    /// To look for the blank takes 4,000 instructions for each request; to keep its place took 16 bytes.
    fn parts(&self) -> (&str, &str) {
        let usual = self.text.len().checked_sub(USUAL_DIGEST + 1);
        let usual = usual.and_then(|end| self.text.split_at_checked(end));
        let parts = usual.and_then(|(reference, rest)| Some((reference, rest.strip_prefix(' ')?)));
        parts.or_else(|| self.text.rsplit_once(' ')).unwrap_or_default()
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_in_the_reference_is_the_same() {
        let [one, two] = ["1", "2"].map(|digit| format!("sha256:{}", digit.repeat(64)));
        let image = Image::new(&one, format!("r/app:1@{one}")).unwrap();
        assert_eq!(image.to_string(), format!("{} {}", image.reference(), image.digest()));
        assert_eq!((image.digest().as_str(), image.reference().repository()), (&*one, "app"));
        let reference = format!("r/app@{two}");
        let error = Image::new(&one, &reference).unwrap_err().to_string();
        let expected = format!("reference: \"{reference}\" names another digest than \"{one}\": ");
        assert!(error.starts_with(&expected), "{error}");
        Image::lenient(one, reference).unwrap();
    }
}
