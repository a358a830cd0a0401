//! `password=…` and the like.

use std::ops::Range;

/// What the names of secrets end with, without their separators.
const ENDINGS: [&str; 20] = [
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
    "cookie",
];

/// The last words of such names, which are too short to be only an ending.
const WORDS: [&str; 4] = ["pass", "pw", "sig", "privatekey"];

/// The values of secrets that are named.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut end = 0;
    for (at, sign) in text.match_indices(['=', ':', '>', ' ']) {
        // A name in a long row of blanks is only looked for once.
        if sign == " " && !text[..at].ends_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let name = name_before(text, at);
        if at < end || !is_secret(name) {
            continue;
        }
        let value = match sign {
            // A scheme is no name of a value.
            ":" if text[at + 1..].starts_with("//") => continue,
            ">" if text[..at - name.len()].ends_with('<') => element(text, at + 1),
            " " if name.starts_with("--") => up_to(text, at + 1, &[' ', '"', '\'', '\n', '\r']),
            ">" | " " => continue,
            _ => value(text, at + 1),
        };
        if !value.is_empty() {
            end = value.end;
            found.push(value);
        }
    }
    found.extend(credentials(text));
    found
}

/// The text of an XML element, if it ends.
fn element(text: &str, start: usize) -> Range<usize> {
    let inner = up_to(text, start, &['<']);
    if text[inner.end..].starts_with("</") { inner } else { start..start }
}

/// What follows the scheme of a header, as in `Bearer …`.
fn credentials(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for scheme in ["Bearer ", "bearer ", "Basic ", "basic "] {
        for (at, _) in text.match_indices(scheme) {
            let word = up_to(text, at + scheme.len(), &[' ', '"', '\'', '\n', '\r', ',']);
            // No word of a language.
            let is_random = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
            if word.len() >= 8 && text[word.clone()].chars().skip(1).any(is_random) {
                found.push(word);
            }
        }
    }
    found
}

fn up_to(text: &str, start: usize, ends: &[char]) -> Range<usize> {
    start..text[start..].find(ends).map_or(text.len(), |length| start + length)
}

/// The name that an assignment ends; at most the last 40 characters of it.
fn name_before(text: &str, at: usize) -> &str {
    let name = text[..at].trim_end_matches([' ', '\t', '"', '\'', '\\']);
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
    up_to(text, start, ends)
}
