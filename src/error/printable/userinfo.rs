//! The user name and password of a URL, however malformed.

use std::ops::Range;

/// The prefixes of addresses; what looks like a user name in them is part of a queue's name.
const ADDRESSES: [&str; 4] = ["queue", "topic", "temp-queue", "temp-topic"];

const ENCODED_COLON: [&str; 2] = ["%3A", "%3a"];

/// The user name and password in a text: from the first scheme, or from the first word with a colon in it, to the last
/// `@`. A password may hold every character, even those that end it in a URL.
pub(super) fn of(text: &str) -> Option<Range<usize>> {
    let at = last_at(text)?;
    let before = &text[..at];
    let start = match before.find("://") {
        Some(colon) => {
            let scheme = word_start(before, colon);
            let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
            let info = colon + "://".len();
            if !before[info..].contains(':') && ADDRESSES.contains(&&before[scheme..colon]) {
                return None;
            }
            if before[scheme..colon].chars().all(is_scheme) { info } else { scheme }
        }
        None => {
            let is_inner = |at: usize| before[at + 1..].starts_with(|c: char| !c.is_whitespace());
            let mut colons = before.match_indices(':').map(|(at, _)| at);
            let encoded = before.find(ENCODED_COLON[0]).or(before.find(ENCODED_COLON[1]));
            word_start(before, colons.find(|at| is_inner(*at)).or(encoded)?)
        }
    };
    (start < at).then_some(start..at)
}

/// The last `@`, also percent-encoded, that does not begin a digest.
fn last_at(text: &str) -> Option<usize> {
    let signs = text.rmatch_indices('@').map(|(at, _)| at);
    let plain = signs.into_iter().find(|at| !is_digest(&text[at + 1..]));
    let has_colon =
        |text: &str| text.contains(':') || ENCODED_COLON.iter().any(|colon| text.contains(colon));
    let encoded = text.rfind("%40").filter(|at| has_colon(&text[..*at]));
    plain.max(encoded)
}

/// Whether a text begins with a digest, such as `sha256:…`; of other algorithms, with all its digits.
fn is_digest(text: &str) -> bool {
    let Some((algorithm, rest)) = text.split_once(':') else { return false };
    let is_name = algorithm.bytes().all(|b| b.is_ascii_alphanumeric() || b"+._-".contains(&b));
    let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    is_name && (algorithm.starts_with("sha") || digits >= 32)
}

/// Where the word that holds a place begins.
fn word_start(text: &str, at: usize) -> usize {
    let before = &text[..at];
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '[' | '(' | ',');
    before
        .rfind(is_end)
        .map_or(0, |end| end + before[end..].chars().next().map_or(0, char::len_utf8))
}
