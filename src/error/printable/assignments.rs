//! `password=…` and the like.

use std::ops::Range;

/// What the names of secrets end with, without their separators.
const ENDINGS: [&str; 19] = [
    "password",
    "storepass",
    "keypass",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "secret",
    "secretkey",
    "token",
    "apikey",
    "accesskey",
    "accesskeyid",
    "accountkey",
    "sharedkey",
    "sharedaccesssignature",
    "credential",
    "credentials",
    "authorization",
];

/// The last words of such names, which are too short to be only an ending.
const WORDS: [&str; 4] = ["pass", "pw", "sig", "privatekey"];

/// The values of secrets that are named.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut end = 0;
    for (at, sign) in text.match_indices(['=', ':']) {
        if at < end || !is_secret(name_before(text, at)) {
            continue;
        }
        let after = &text[at + 1..];
        // A scheme is no name of a value.
        if sign == ":" && after.starts_with("//") {
            continue;
        }
        let value = value(text, at + 1);
        if !value.is_empty() {
            end = value.end;
            found.push(value);
        }
    }
    found
}

/// The name that an assignment ends; at most the last 40 characters of it.
fn name_before(text: &str, at: usize) -> &str {
    let name = text[..at].trim_end_matches([' ', '"', '\'', '\\']);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let length = name.bytes().rev().take(40).take_while(is_part).count();
    &name[name.len() - length..]
}

fn is_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let last = lower.rsplit(['_', '-', '.']).next().unwrap_or_default();
    let joined: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    WORDS.contains(&last) || ENDINGS.iter().any(|ending| joined.ends_with(ending))
}

/// The value from there on: in quotes, or up to the next separator or line.
fn value(text: &str, from: usize) -> Range<usize> {
    let rest = text[from..].trim_start_matches([' ', '\t', '\\']);
    let start = text.len() - rest.len();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let (start, ends): (_, &[char]) = match quote {
        Some('"') => (start + 1, &['"', '\\']),
        Some(_) => (start + 1, &['\'']),
        None => (start, &[';', '&', '"', '\'', '\n', '\r']),
    };
    let end = text[start..].find(ends).map_or(text.len(), |length| start + length);
    start..end
}
