//! The path of a repository, as registries have them (the grammar of distribution's references).

use crate::error::printable;

/// The longest path that a registry knows.
const LONGEST: usize = 255;

/// What is wrong with a path.
pub(super) fn fault(path: &str) -> Option<String> {
    if is_usual(path.as_bytes()) {
        return None;
    }
    if path.split('/').any(str::is_empty) {
        return Some("has an empty part between slashes".into());
    }
    if let Some(c) = path.chars().find(|c| *c != '/' && !is_of_a_name(*c)) {
        return Some(format!("holds {c:?} in its path"));
    }
    if let Some(part) = path.split('/').find(|part| !is_part(part)) {
        return Some(format!("has the part \"{}\", which no registry has", printable(part)));
    }
    let is_long = path.chars().count() > LONGEST;
    is_long.then(|| format!("has a path of more than {LONGEST} characters"))
}

/// Whether a path, or the name of a host, has only letters and digits of ASCII, and one separator or slash at a time between
/// them, as nearly all have. This takes a fifth of the instructions of the rules one by one, and there may be 100,000 references.
pub(super) fn is_usual(path: &[u8]) -> bool {
    let is_letter = u8::is_ascii_alphanumeric;
    let is_between = |three: &[u8]| {
        is_letter(&three[1])
            || matches!(three[1], b'/' | b'.' | b'_' | b'-')
                && is_letter(&three[0])
                && is_letter(&three[2])
    };
    let has_ends = path.first().is_some_and(is_letter) && path.last().is_some_and(is_letter);
    path.len() <= LONGEST && has_ends && path.windows(3).all(is_between)
}

/// Letters and digits of any script, and separators.
pub(super) fn is_of_a_name(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_alphanumeric() || is_separator(c)
}

fn is_separator(c: char) -> bool {
    matches!(c, '.' | '_' | '-')
}

/// Letters and digits, with one separator at a time between them; hyphens count as one, as do two underscores.
fn is_part(part: &str) -> bool {
    let is_one = |run: &str| matches!(run, "" | "." | "_" | "__") || run.bytes().all(|b| b == b'-');
    !part.starts_with(is_separator)
        && !part.ends_with(is_separator)
        && part.split(|c| !is_separator(c)).all(is_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_stand_one_at_a_time_between_letters() {
        for path in ["a", "a/b", "a.b_c__d-e---f", "A/0", "équipe/été", "日本", &"a".repeat(255)]
        {
            assert_eq!(fault(path), None);
        }
        for path in [
            "..", ".", "-", "-app", "app-", "_app", "app_", ".app", "app.", "a..b", "a___b",
            "a._b", "a-_b",
        ] {
            let expected = format!("has the part \"{path}\", which no registry has");
            assert_eq!(fault(&format!("ns/{path}/x")), Some(expected));
        }
        for (path, expected) in [
            ("a//b", "an empty part"),
            ("a?b", "holds '?' in its path"),
            (&*"a/".repeat(128), "an empty part"),
            (&*("a/".repeat(127) + "ab"), "a path of more than 255 characters"),
        ] {
            assert!(fault(path).unwrap().contains(expected), "{path}");
        }
    }
}
