//! The reference of an image.

use std::{fmt, net::Ipv6Addr};

use super::{
    digest,
    path::{self, is_of_a_name},
};
use crate::error::{Argument, Error, printable};

/// The longest host name, in bytes, with a dot at its end.
const LONGEST_HOST: usize = 254;

/// The longest tag that a registry knows (OCI distribution specification).
const LONGEST_TAG: usize = 128;

/// The reference of an image, such as `registry/ns/repo:tag`; it names a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reference<'a>(&'a str);

impl<'a> Reference<'a> {
    /// Checks a reference: a registry, a path, and possibly a tag or a digest or both.
    ///
    /// Capital letters and letters of any script are accepted.
    ///
    /// # Errors
    /// [`Error::Argument`] if a part is missing or cannot be one, such as a scheme or an empty tag.
    pub fn new(reference: &'a str) -> Result<Self, Error> {
        Self::checked(reference, fault)
    }

    /// Checks only what can never be a reference, as under the names of pubtools-sign.
    #[cfg(any(feature = "cli", test, fuzzing))]
    pub(super) fn lenient(reference: &'a str) -> Result<Self, Error> {
        Self::checked(reference, |reference| strange(reference).or_else(|| no_path(reference)))
    }

    fn checked(reference: &'a str, fault: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        match fault(reference) {
            None => Ok(Self(reference)),
            Some(fault) => {
                let shown = match reference.split_once('@') {
                    // What is before it is no user name and password.
                    Some((name, digest)) if self::fault(name).is_none() => {
                        format!("{}@{}", printable(name), printable(digest))
                    }
                    _ => printable(reference),
                };
                let problem = format!("\"{shown}\" {fault}: expected registry/repository:tag");
                Err(Error::argument(Argument::Reference, problem))
            }
        }
    }

    /// Checks nothing: it was checked before.
    pub(super) fn unchecked(reference: &'a str) -> Self {
        Self(reference)
    }

    /// Returns the text.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// Returns the repository: what follows the first `/`, without tag and digest.
    pub fn repository(self) -> &'a str {
        repository(self.0).unwrap_or_default()
    }

    /// The digest in it, if there is one.
    pub(super) fn digest(self) -> Option<&'a str> {
        split(self.0, b'@').map(|(_, digest)| digest)
    }
}

impl fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The repository of a reference: what follows its first `/`, without tag and digest.
///
/// `None` if there is no `/` or nothing follows it.
fn repository(reference: &str) -> Option<&str> {
    let (_registry, path) = split(reference, b'/')?;
    let end = path.bytes().position(|byte| matches!(byte, b':' | b'@')).unwrap_or(path.len());
    Some(&path[..end]).filter(|repository| !repository.is_empty())
}

/// What comes before and after the first such byte of ASCII. `str::split_once` takes three times as many instructions for texts
/// that are so short.
fn split(text: &str, at: u8) -> Option<(&str, &str)> {
    let place = text.bytes().position(|byte| byte == at)?;
    Some((&text[..place], &text[place + 1..]))
}

/// What is wrong with a reference.
fn fault(reference: &str) -> Option<String> {
    strange(reference).or_else(|| {
        // A scheme leaves a registry with an empty port, or a tag with slashes.
        let fault = fault_of_a_part(reference)?;
        Some(if reference.contains("://") { "begins with a scheme".to_owned() } else { fault })
    })
}

fn fault_of_a_part(reference: &str) -> Option<String> {
    let (name, digest) = match split(reference, b'@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (reference, None),
    };
    let (registry, rest) = split(name, b'/').unwrap_or(("", name));
    let (path, tag) = match split(rest, b':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (rest, None),
    };
    let nameless = if path.is_empty() || registry.is_empty() { no_path(reference) } else { None };
    nameless
        .or_else(|| {
            (!is_registry(registry)).then(|| "names no registry before its first \"/\"".into())
        })
        .or_else(|| path::fault(path))
        .or_else(|| tag.and_then(fault_of_tag))
        .or_else(|| {
            digest.and_then(digest::problem).map(|problem| format!("has a digest that {problem}"))
        })
}

/// A blank, or a character without a shape.
fn strange(reference: &str) -> Option<String> {
    // Without branches: the compiler looks at many bytes at once.
    if reference.bytes().fold(true, |all, byte| all & byte.is_ascii_graphic()) {
        return None;
    }
    let unseen = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let c = reference.chars().find(|c| c.is_whitespace() || c.is_control() || unseen(*c))?;
    Some(format!("holds {c:?}"))
}

fn no_path(reference: &str) -> Option<String> {
    repository(reference).is_none().then(|| "names no repository".to_owned())
}

/// A host's name or address, and possibly a port.
fn is_registry(registry: &str) -> bool {
    let (host, port) = match registry.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (registry, None),
    };
    let is_port = |port: &str| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    let is_address = |address: &str| address.parse::<Ipv6Addr>().is_ok();
    let is_label = |label: &str| {
        !label.starts_with('-')
            && label.contains(|c| !"-_".contains(c))
            && label.chars().all(is_of_a_name)
    };
    let is_host = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']').is_some_and(is_address),
        None => {
            let name = host.strip_suffix('.').unwrap_or(host);
            let is_name = path::is_usual(host.as_bytes()) || name.split('.').all(is_label);
            host.len() <= LONGEST_HOST && is_name
        }
    };
    is_host && port.is_none_or(is_port)
}

fn fault_of_tag(tag: &str) -> Option<String> {
    if tag.is_empty() {
        return Some("has an empty tag".into());
    }
    if tag.starts_with(['.', '-']) || !tag.chars().all(is_of_a_name) {
        return Some(format!("has the tag \"{}\", which no registry has", printable(tag)));
    }
    let is_long = tag.chars().count() > LONGEST_TAG;
    is_long.then(|| format!("has a tag of more than {LONGEST_TAG} characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn a_repository_follows_the_first_slash() {
        for (reference, expected) in [
            ("registry/ns/repo:tag".to_owned(), "ns/repo"),
            ("registry/repo".into(), "repo"),
            ("quay.example/NS/App:V1".into(), "NS/App"),
            ("host:5000/ns/repo:tag".into(), "ns/repo"),
            ("[::1]:5000/ns/repo:tag".into(), "ns/repo"),
            ("[::1]/repo:tag".into(), "repo"),
            ("127.0.0.1:65535/repo".into(), "repo"),
            ("my_registry.example.:5000/repo".into(), "repo"),
            ("hôte.example/repo".into(), "repo"),
            (format!("host:5000/ns/repo@sha256:{HEX}"), "ns/repo"),
            (format!("host/ns/repo:tag@sha256:{HEX}"), "ns/repo"),
            (format!("host/ns/repo:tag@sha512:{HEX}{HEX}"), "ns/repo"),
            ("host/ns/deep/repo:1.0-2".into(), "ns/deep/repo"),
            ("host/ns/a__b--c.d:_1".into(), "ns/a__b--c.d"),
            ("registre.example/équipe/été:préversion".into(), "équipe/été"),
            ("host/日本:タグ".into(), "日本"),
            ("host/app:null".into(), "app"),
        ] {
            let checked = Reference::new(reference.as_str());
            assert_eq!(checked.unwrap().repository(), expected, "{reference}");
            assert_eq!(Reference::lenient(reference.as_str()).unwrap().repository(), expected);
        }
    }

    #[test]
    fn what_names_no_image_is_refused() {
        let long = format!("host/app:{}", "a".repeat(129));
        let far = format!("{}/app:1", "a.".repeat(127) + "b");
        for (reference, expected) in [
            ("", "\"\" names no repository: expected registry/repository:tag"),
            ("null", "\"null\" names no repository"),
            ("repo:tag", "names no repository"),
            ("host/", "names no repository"),
            ("host/:tag", "names no repository"),
            ("host/@sha256:1", "names no repository"),
            ("docker://quay.example/ns/app:1", "begins with a scheme"),
            ("https://quay.example/ns/app:1", "begins with a scheme"),
            ("quay.example/ns/app:1://x", "begins with a scheme"),
            ("docker-daemon:quay.example/ns/app:1", "names no registry"),
            ("oci:/tmp/app:1", "names no registry"),
            ("/ns/app:1", "names no registry"),
            ("//quay.example/app:1", "names no registry"),
            ("host:/app", "names no registry"),
            ("host:0/app", "names no registry"),
            ("host:65536/app", "names no registry"),
            ("host:+1/app", "names no registry"),
            ("[::1/app", "names no registry"),
            ("[]/app", "names no registry"),
            ("[::::]/app", "names no registry"),
            ("./app:1", "names no registry"),
            ("../ns/app:1", "names no registry"),
            ("-/app:1", "names no registry"),
            ("_/app:1", "names no registry"),
            ("-host/app:1", "names no registry"),
            ("a..b/app:1", "names no registry"),
            (&far, "names no registry"),
            ("<none>/app", "names no registry"),
            ("user@quay.example/ns/app:1", "names no registry"),
            ("quay.example/ns/app:", "has an empty tag"),
            ("quay.example/ns/app:@sha256:1", "has an empty tag"),
            ("quay.example/ns/app@", "has a digest that is empty: expected sha256: and 64 hex"),
            ("quay.example/ns/app@sha256:abc", "has a digest that is \"sha256:abc\": expected"),
            ("quay.example/ns/app:1@null", "has a digest that is \"null\""),
            ("quay.example/ns/app:1:2", "has the tag \"1:2\", which no registry has"),
            ("quay.example/ns:1/app", "has the tag \"1/app\""),
            ("quay.example/ns/app:-1", "has the tag \"-1\""),
            ("quay.example/ns/app:<none>", "has the tag \"<none>\""),
            (&long, "has a tag of more than 128 characters"),
            ("quay.example//app:1", "has an empty part between slashes"),
            ("quay.example/ns/:1", "has an empty part between slashes"),
            ("quay.example/ns/app/", "has an empty part between slashes"),
            ("quay.example/ns/app?x=1", "holds '?' in its path"),
            ("quay.example/ns/app:1@latest", "\"quay.example/ns/app:1@latest\" has a digest"),
            ("quay.example/ns/app:1@", "\"quay.example/ns/app:1@\" has a digest that is empty"),
            ("me:secret@quay.example/ns/app:1", "\"…@quay.example/ns/app:1\" names no registry"),
            ("../app:1", "names no registry"),
            ("-/app:1", "names no registry"),
            ("quay.example/ns/$APP:1", "holds '$' in its path"),
            ("quay.example/ns/app:1\r", "\\r\" holds '\\r'"),
            ("quay.example/ns/app:1\n", "holds '\\n'"),
            (" quay.example/ns/app:1", "holds ' '"),
            ("quay.example/ns/app:1 quay.example/ns/b:1", "holds ' '"),
            ("quay.example/ns/app:1,quay.example/ns/b:1", "has the tag"),
            ("quay.example/ns/app\u{200b}:1", "holds '\\u{200b}'"),
            ("\u{feff}quay.example/ns/app:1", "holds '\\u{feff}'"),
        ] {
            let error = Reference::new(reference).unwrap_err().to_string();
            assert!(error.starts_with("reference: \"") && error.contains(expected), "{error}");
        }
    }

    #[test]
    fn under_the_names_of_pubtools_sign_more_are_accepted() {
        for reference in [
            "docker://quay.example/ns/app:1",
            "quay.example/ns/app:",
            "r/ns/app@sha256:abc",
            "r/a?b",
        ] {
            Reference::lenient(reference).unwrap();
        }
        for reference in ["", "null", "app:1", "r/app:1\r", "r/app 1", "r/app:1\u{1b}"] {
            Reference::lenient(reference).unwrap_err();
        }
    }
}
