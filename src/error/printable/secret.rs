//! What may be a secret in a text.

use std::{borrow::Cow, fmt, ops::Range};

use super::{assignments, encoded, userinfo};

/// No secret is searched for beyond this many bytes of a text, which are not printed either.
const SEARCHED: usize = 128 * 1024;

/// What may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secret {
    /// A certificate or key as PEM text.
    Pem,
    /// The same in base64.
    EncodedPem,
    /// `Endpoint=…;SharedAccessKey=…` and the like.
    ConnectionString,
    /// `password=…` and the like.
    Password,
    /// The user name and password of a URL.
    Userinfo,
    /// Something that looks as if it was drawn at random.
    Token,
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pem => "PEM text",
            Self::EncodedPem => "PEM text in base64",
            Self::ConnectionString => "a connection string",
            Self::Password => "a password",
            Self::Userinfo => "a user name or password",
            Self::Token => "a token",
        })
    }
}

/// What a text holds that may be a secret; of several kinds, the one that says most.
pub(crate) fn secret_in(text: &str) -> Option<Secret> {
    found(searched(text), true).first().map(|(secret, _)| *secret)
}

/// The text with everything hidden that may be a secret; without `tokens`, these stay.
pub(super) fn hidden(text: &str, tokens: bool) -> Cow<'_, str> {
    let text = searched(text);
    let mut found = found(text, tokens);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    // Of those that begin together the first kind counts.
    found.sort_by_key(|(_, range)| range.start);
    let mut out = String::new();
    let mut end = 0;
    for (secret, range) in found {
        if range.start >= end {
            out.push_str(&text[end..range.start]);
            match secret {
                Secret::Pem | Secret::EncodedPem => out.push_str(&format!("({secret})")),
                _ => out.push('…'),
            }
        }
        end = end.max(range.end);
    }
    out.push_str(&text[end..]);
    Cow::Owned(out)
}

fn searched(text: &str) -> &str {
    let cut = |end: usize| (0..=end).rev().find(|end| text.is_char_boundary(*end));
    cut(SEARCHED.min(text.len())).map_or(text, |end| &text[..end])
}

/// What was found and where; the kinds that say most first.
fn found(text: &str, tokens: bool) -> Vec<(Secret, Range<usize>)> {
    let mut found = Vec::new();
    found.extend(pem(text).into_iter().map(|range| (Secret::Pem, range)));
    found.extend(encoded::pem(text).into_iter().map(|range| (Secret::EncodedPem, range)));
    let assigned = if text.contains(';') { Secret::ConnectionString } else { Secret::Password };
    found.extend(assignments::values(text).into_iter().map(|range| (assigned, range)));
    found.extend(userinfo::of(text).map(|range| (Secret::Userinfo, range)));
    if tokens {
        found.extend(encoded::tokens(text).into_iter().map(|range| (Secret::Token, range)));
    }
    found
}

/// From each `-----BEGIN` to the end of its `-----END …-----`, or of the text.
fn pem(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(begin) = bounded(text, from, "BEGIN") {
        let start = text[..begin].trim_end_matches(' ').trim_end_matches('-').len();
        let end = bounded(text, begin, "END").map_or(text.len(), |end| {
            let label = text[end..].find("--").map_or(text.len(), |dashes| end + dashes);
            label + text[label..].len() - text[label..].trim_start_matches('-').len()
        });
        found.push(start..end);
        from = end;
    }
    // Its beginning may be lost.
    let last = text.rfind("-----END ").filter(|_| found.is_empty());
    found.extend(last.map(|end| 0..end));
    found
}

/// Finds a word of PEM's boundaries, which follows dashes.
fn bounded(text: &str, from: usize, word: &str) -> Option<usize> {
    let matches = text[from..].match_indices(word).map(|(at, _)| from + at);
    matches.into_iter().find(|at| text[..*at].trim_end_matches(' ').ends_with("--"))
}
