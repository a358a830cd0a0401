//! Text from outside, made safe to print: bounded, without characters that act unseen, and without what may be a
//! secret.

mod assignments;
mod encoded;
mod secret;
mod userinfo;

use std::{os::unix::ffi::OsStrExt, path::Path};

pub(crate) use secret::{Secret, secret_in};

/// How many characters are kept.
const LIMIT: usize = 1000;

/// The same for the body of a request, which only the level trace shows.
const BODY_LIMIT: usize = 64 * 1024;

/// Makes a text from outside safe to print: what may be a secret is hidden, invisible characters with an effect are
/// escaped, at most 1,000 characters are kept.
///
/// Values of the configuration, of arguments and of the environment, and the texts of peers are only printed like
/// this.
pub(crate) fn printable(text: &str) -> String {
    escaped(&secret::hidden(text, true), LIMIT)
}

/// The same for a path, which may be no path at all, but a secret in its place.
pub(crate) fn printable_path(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    printable(&text)
}

/// The same for a request's JSON text, in which base64 is what is to be signed; at most 64 Ki characters are kept.
pub(crate) fn printable_body(text: &str) -> String {
    escaped(&secret::hidden(text, false), BODY_LIMIT)
}

fn escaped(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == limit {
            out.push('…');
            break;
        }
        if acts_unseen(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// Controls, line separators, and characters that change the direction of text or have no width (Unicode's Bidi_Control
/// and similar).
pub(crate) fn acts_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
