//! The id of a key, as people write it and as it is sent.

use std::borrow::Cow;

use crate::error::{Secret, printable, secret_in};

/// The number of characters that the signing server knows a key by: the end of its id.
const SENT: usize = 8;

/// What makes a text unfit for the id or the alias of a key, if anything.
pub(crate) fn fault(id: &str) -> Option<String> {
    if id.trim().is_empty() {
        return Some("is empty".into());
    }
    // The end of it would be sent, and reported where it no longer looks like a secret.
    if let Some(secret) = secret_in(id).filter(|secret| *secret != Secret::Token) {
        return Some(format!("holds {secret}"));
    }
    let c = id.chars().find(|c| c.is_control())?;
    Some(format!("\"{}\" holds {c:?}", printable(id)))
}

/// The part of an id that the signing server knows, and whether that is the end of a hexadecimal id.
///
/// A fingerprint in groups loses its blanks; every other id is cut as pubtools-sign does.
pub(crate) fn sent(id: &str) -> (Cow<'_, str>, bool) {
    let joined: String = id.chars().filter(|c| !c.is_whitespace()).collect();
    let digits = joined.strip_prefix("0x").or_else(|| joined.strip_prefix("0X")).unwrap_or(&joined);
    let is_id = digits.len() >= SENT && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if is_id && joined.len() != id.len() {
        return (end(&joined).to_owned().into(), is_id);
    }
    (end(id).into(), is_id)
}

fn end(text: &str) -> &str {
    let start = text.char_indices().rev().nth(SENT - 1).map_or(0, |(at, _)| at);
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_sent_and_groups_are_joined() {
        for (id, expected, is_id) in [
            ("55A34A82", "55A34A82", true),
            ("0x55a34a82", "55a34a82", true),
            ("A0EAF354B0C1D2E3F4051627384950A655A34A82", "55A34A82", true),
            ("A0EA F354 B0C1 D2E3 F405  1627 3849 50A6 55A3 4A82", "55A34A82", true),
            (" 55A34A82 ", "55A34A82", true),
            ("55A3\u{a0}4A82", "55A34A82", true),
            ("containerisvsign", "risvsign", false),
            ("4096R/55A34A82 SHA-256", " SHA-256", false),
            ("55A34A8", "55A34A8", false),
            ("A34A 82", "A34A 82", false),
            ("0x55A34A8", "x55A34A8", false),
            ("my key", "my key", false),
            ("schlüssel", "chlüssel", false),
        ] {
            let (sent, found) = sent(id);
            assert_eq!((sent.as_ref(), found), (expected, is_id), "{id}");
        }
    }

    #[test]
    fn a_fault_is_named() {
        for (id, expected) in [
            ("", "is empty"),
            ("password=hunter2", "holds a password"),
            ("amqps://me:hunter2@h", "holds a user name or password"),
            (" ", "is empty"),
            ("55A34A82\r", "\"55A34A82\\r\" holds '\\r'"),
            ("55A34A82\n", "holds '\\n'"),
            ("55A3\t4A82", "holds '\\t'"),
        ] {
            assert!(fault(id).unwrap().contains(expected), "{id}");
        }
        assert_eq!(fault("A0EA F354 production"), None);
    }
}
