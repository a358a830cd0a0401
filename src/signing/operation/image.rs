//! Container images: a manifest's digest, and the reference that it is signed under.

use std::fmt;

use crate::error::{Argument, Error, printable};

/// The digest of a manifest, such as `sha256:…`; not blank.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digest(Box<str>);

impl Digest {
    /// Checks a digest.
    ///
    /// # Errors
    /// [`Error::Argument`] if it is blank.
    pub fn new(digest: impl Into<Box<str>>) -> Result<Self, Error> {
        let digest = digest.into();
        if digest.trim().is_empty() {
            return Err(Error::argument(Argument::Digest, "is empty: expected sha256:…"));
        }
        Ok(Self(digest))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The reference of an image, such as `registry/ns/repo:tag`; it names a repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference(Box<str>);

impl Reference {
    /// Checks a reference.
    ///
    /// # Errors
    /// [`Error::Argument`] if no repository follows its first `/`.
    pub fn new(reference: impl Into<Box<str>>) -> Result<Self, Error> {
        let reference = reference.into();
        if repository(&reference).is_none() {
            return Err(Error::argument(
                Argument::Reference,
                format!(
                    "\"{}\" names no repository: expected registry/repository:tag",
                    printable(&reference)
                ),
            ));
        }
        Ok(Self(reference))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the repository: what follows the first `/`, without tag and digest.
    pub fn repository(&self) -> &str {
        repository(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The repository of a reference: what follows its first `/`, without tag and digest.
///
/// `None` if there is no `/` or nothing follows it.
pub(crate) fn repository(reference: &str) -> Option<&str> {
    let (_registry, path) = reference.split_once('/')?;
    path.split([':', '@']).next().filter(|repository| !repository.is_empty())
}

/// A container image to sign: the signature covers the claim that the reference names the digest.
///
/// ```
/// use amqp_messenger::signing::Image;
///
/// let image = Image::new("sha256:0123", "registry.example.com/ns/app:1")?;
/// assert_eq!(image.reference().repository(), "ns/app");
/// assert!(Image::new("sha256:0123", "app:1").is_err());
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
    /// As [`Digest::new`] and [`Reference::new`].
    pub fn new(digest: impl Into<Box<str>>, reference: impl Into<Box<str>>) -> Result<Self, Error> {
        Ok(Self { digest: Digest::new(digest)?, reference: Reference::new(reference)? })
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
    fn a_repository_follows_the_first_slash() {
        for (reference, expected) in [
            ("registry/ns/repo:tag", Some("ns/repo")),
            ("registry/repo", Some("repo")),
            ("host:5000/ns/repo:tag", Some("ns/repo")),
            ("host:5000/ns/repo@sha256:abc", Some("ns/repo")),
            ("host/ns/repo:tag@sha256:abc", Some("ns/repo")),
            ("host/ns/deep/repo:1.0-2", Some("ns/deep/repo")),
            ("repo:tag", None),
            ("host/", None),
            ("host/:tag", None),
            ("", None),
        ] {
            assert_eq!(repository(reference), expected, "{reference}");
            let checked = Reference::new(reference);
            assert_eq!(checked.ok().as_ref().map(Reference::repository), expected, "{reference}");
        }
    }

    #[test]
    fn errors_name_the_part_that_is_wrong() {
        for (digest, reference, expected) in [
            ("", "r/repo:tag", "digest: is empty: expected sha256:…"),
            (" ", "r/repo:tag", "digest: is empty: expected sha256:…"),
            ("1", "repo:tag", "reference: \"repo:tag\" names no repository: expected reg"),
            ("1", "host/:\u{1b}", "reference: \"host/:\\u{1b}\" names no repository: expected reg"),
        ] {
            let error = Image::new(digest, reference).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
