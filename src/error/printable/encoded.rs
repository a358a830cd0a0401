//! Base64 that may be a secret: PEM text in it, keys, and tokens.

use std::ops::Range;

/// `---` and what follows of `-----BEGIN`, in base64, for each of the three places in a group where it may begin.
const DASHES: &str = "LS0t";
const BEGINNINGS: [&str; 3] = ["LS1CRUdJ", "QkVHSU", "LUJFR0lO"];

/// What well-known tokens begin with, and keys in base64 without PEM's lines.
const PREFIXES: [&str; 13] = [
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "dckr_pat_",
    "npm_",
    "AKIA",
    "ASIA",
    "MII",
    "eyJ",
];

/// Shorter words may be names.
const SHORTEST: usize = 24;

/// PEM text in base64, however it is broken into lines.
pub(super) fn pem(text: &str) -> Vec<Range<usize>> {
    let begins = |run: &Range<usize>| {
        let mut dashes = text[run.clone()].match_indices(DASHES);
        dashes.any(|(at, _)| {
            let after = &text[run.start + at + DASHES.len()..];
            BEGINNINGS.iter().any(|beginning| after.starts_with(beginning))
        })
    };
    lines(text, begins)
}

/// Words that look as if they were drawn at random, or begin as tokens do.
pub(super) fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut found = lines(text, |run| is_token(&text[run.clone()]));
    for token in found.iter_mut().filter(|token| text[token.start..].starts_with("eyJ")) {
        // The other parts of a JSON Web Token.
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        token.end += text[token.end..].find(|c| !is_part(c)).unwrap_or(text.len() - token.end);
    }
    found
}

/// The runs that are secret, each with the lines of base64 that follow it.
fn lines(text: &str, is_secret: impl Fn(&Range<usize>) -> bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut before = 0;
    for run in runs(text) {
        let end = run.end;
        match found.last_mut() {
            Some(last) if last.end == before && is_line_break(&text[before..run.start]) => {
                last.end = end;
            }
            _ if is_secret(&run) => found.push(run),
            _ => {}
        }
        before = end;
    }
    found
}

fn is_line_break(text: &str) -> bool {
    // A literal "\n" begins the next run with its "n".
    let rest = text.trim_matches([' ', '\t', '\r', '\n', '\\']);
    rest.is_empty() && text.contains(['\n', '\r', '\\'])
}

/// The runs of the characters of base64 and base64url, each with the padding at its end.
fn runs(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        let is_padding = byte == b'=';
        if !(is_padding || byte.is_ascii_alphanumeric() || b"+/_-".contains(&byte)) {
            continue;
        }
        match found.last_mut() {
            Some(last) if last.end == at && (is_padding || !text[..at].ends_with('=')) => {
                last.end += 1;
            }
            _ if is_padding => {}
            _ => found.push(at..at + 1),
        }
    }
    found
}

fn is_token(word: &str) -> bool {
    if word.len() >= 16 && PREFIXES.iter().any(|prefix| word.starts_with(prefix)) {
        return true;
    }
    // Digests, fingerprints and UUIDs.
    if word.len() < SHORTEST || word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return false;
    }
    // In a random word most neighbours are of different kinds; in a name they are the same.
    let kinds: Vec<u8> = word.bytes().filter_map(kind).collect();
    let changes = kinds.windows(2).filter(|pair| pair[0] != pair[1]).count();
    b"0aA".iter().all(|kind| kinds.contains(kind)) && changes * 20 >= kinds.len() * 7
}

fn kind(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(b'0'),
        b'a'..=b'z' => Some(b'a'),
        b'A'..=b'Z' => Some(b'A'),
        _ => None,
    }
}
