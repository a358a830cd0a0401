//! The id of a key, as people write it and as it is sent.

use std::borrow::Cow;

use crate::error::{Secret, acts_unseen, printable, secret_in};

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
    let shown = printable(id);
    if let Some(c) = id.chars().find(|c| acts_unseen(*c)) {
        return Some(format!("\"{shown}\" holds {c:?}"));
    }
    // What jq prints for a missing field.
    if id == "null" {
        return Some(format!("is \"{shown}\""));
    }
    // Only the last would be sent.
    let words = id.split([' ', ',', ';']).filter(|word| !word.is_empty());
    let several = words.clone().count() > 1 && words.clone().all(is_id);
    several.then(|| format!("\"{shown}\" holds {} key ids", words.count()))
}

/// Whether a text is a hexadecimal id, with or without the usual prefix.
fn is_id(text: &str) -> bool {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    digits.len() >= SENT && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The hexadecimal digits of an id, if it is one.
#[cfg(feature = "cli")]
pub(crate) fn digits(id: &str) -> Option<String> {
    let joined: String = id.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    let digits = joined.trim_start_matches("0x").trim_start_matches("0X");
    is_id(&joined).then(|| digits.to_owned())
}

/// The part of an id that the signing server knows, and whether that is the end of a hexadecimal id.
///
/// A fingerprint in groups loses its blanks or colons; every other id is cut as pubtools-sign does.
pub(crate) fn sent(id: &str) -> (Cow<'_, str>, bool) {
    let joined: String = id.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    let is_id = is_id(&joined);
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
            ("A0:EA:F3:54:B0:C1:D2:E3:F4:05:16:27:38:49:50:A6:55:A3:4A:82", "55A34A82", true),
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
            ("\u{feff}55A34A82", "holds '\\u{feff}'"),
            ("55A34A82\u{200b}", "holds '\\u{200b}'"),
            ("null", "is \"null\""),
            ("55A34A82 37036A73", "holds 2 key ids"),
            ("55A34A82,0x37036A73", "holds 2 key ids"),
        ] {
            assert!(fault(id).unwrap().contains(expected), "{id}");
        }
        assert_eq!(fault("A0EA F354 production"), None);
    }
}
