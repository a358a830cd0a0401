//! From a YAML node to a value: each function says what is wrong and what is expected.

use super::yaml::Node;
use std::time::Duration;

/// The longest time a key may hold, so that no sum of a few of them leaves the clock's range (136 years).
const LONGEST: f64 = u32::MAX as f64;

/// A string; a number, `true` or nothing is refused rather than guessed at.
pub(super) fn text(node: &Node) -> Result<String, String> {
    match node {
        Node::Text(text) if text.contains('\0') => {
            Err("a NUL character stands in it; take it out".into())
        }
        Node::Text(text) => Ok(text.clone()),
        Node::Int(number) => {
            Err(format!("{number} is a number, a string is wanted; quote it: \"{number}\""))
        }
        // A float's own spelling is gone, so it is not shown.
        Node::Float(_) => Err("this is a number, a string is wanted; quote it".into()),
        Node::Bool(value) => Err(format!("{value} is no string; quote it: \"{value}\"")),
        Node::Null => Err("no value; write one, or take the key out".into()),
        other => Err(format!("a string is wanted, not {}", other.kind())),
    }
}

/// A whole number of at least `least`; a fraction is cut off, a string may hold the digits.
pub(super) fn whole(node: &Node, least: u32) -> Result<u32, String> {
    let wanted = format!("a whole number of at least {least} is wanted");
    let number = match node {
        Node::Int(number) => *number,
        Node::Float(number) if number.is_finite() => *number as i128,
        Node::Float(_) => return Err(format!("{wanted}, not infinity")),
        Node::Text(text) => integer(text)?.ok_or_else(|| format!("{wanted}, not \"{text}\""))?,
        other => return Err(format!("{wanted}, not {}", other.kind())),
    };
    if number < least.into() {
        return Err(format!("{wanted}, not {number}"));
    }
    u32::try_from(number)
        .map_err(|_| format!("{number} is too large; at most {} is possible", u32::MAX))
}

/// The digits of a string as a number, the way the format's first reader takes them: blanks around
/// them, a sign and "_" between digits are fine.
fn integer(text: &str) -> Result<Option<i128>, String> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    let well_formed =
        digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !well_formed {
        return Ok(None);
    }
    if digits.len() > 1 && digits.starts_with('0') {
        let decimal = digits.trim_start_matches(['0', '_']);
        return Err(format!(
            "\"{text}\" begins with 0, which YAML may take as octal; write it without (\"{decimal}\")"
        ));
    }
    Ok(trimmed.replace('_', "").parse().ok())
}

/// A time in seconds, fractions allowed, 0 only where `zero` says so.
pub(super) fn seconds(node: &Node, zero: bool) -> Result<Duration, String> {
    let wanted = if zero { "seconds from 0 up are wanted" } else { "seconds above 0 are wanted" };
    let number = match node {
        Node::Int(number) => *number as f64,
        Node::Float(number) => *number,
        Node::Text(text) => plain_decimal(text)
            .ok_or_else(|| format!("{wanted}, a plain number, not \"{text}\""))?,
        other => return Err(format!("{wanted}, not {}", other.kind())),
    };
    if number > LONGEST {
        return Err(format!("{number} s is too long; at most {LONGEST} s are possible"));
    }
    match Duration::try_from_secs_f64(number) {
        Ok(time) if zero || !time.is_zero() => Ok(time),
        _ => Err(format!("{wanted}, not {number}")),
    }
}

/// Digits with at most one dot; "inf", "1e9" and their like are no times.
fn plain_decimal(text: &str) -> Option<f64> {
    let trimmed = text.trim();
    let plain = trimmed.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-' || b == b'+');
    trimmed.parse().ok().filter(|_| plain)
}

/// `true` or `false`; YAML 1.1's other words for them too, because they arrive as strings.
pub(super) fn boolean(node: &Node) -> Result<bool, String> {
    match node {
        Node::Bool(value) => Ok(*value),
        Node::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Ok(true),
            "false" | "no" | "off" => Ok(false),
            _ => Err(format!("true or false is wanted, not \"{text}\"")),
        },
        other => Err(format!("true or false is wanted, not {}", other.kind())),
    }
}

/// One of a few words, in any case.
pub(super) fn choice<T: Copy>(node: &Node, words: &[(&str, T)]) -> Result<T, String> {
    let list = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    let Node::Text(text) = node else {
        return Err(format!("one of {} is wanted, not {}", list(), node.kind()));
    };
    let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text.trim()));
    found
        .map(|(_, value)| *value)
        .ok_or_else(|| format!("one of {} is wanted, not \"{text}\"", list()))
}

/// A size in bytes: a plain number, or a number with KiB, MiB or GiB.
pub(super) fn size(node: &Node) -> Result<u64, String> {
    const WANTED: &str =
        "a size above 0 is wanted, in bytes or as \"512 KiB\", \"64 MiB\", \"1 GiB\"";
    let bytes = match node {
        Node::Int(number) => u64::try_from(*number).ok(),
        Node::Text(text) => {
            let trimmed = text.trim();
            let end = trimmed.bytes().take_while(u8::is_ascii_digit).count();
            let unit = match trimmed[end..].trim_start().to_ascii_lowercase().as_str() {
                "" | "b" => Some(1),
                "kib" => Some(1 << 10),
                "mib" => Some(1 << 20),
                "gib" => Some(1 << 30),
                _ => None,
            };
            trimmed[..end]
                .parse::<u64>()
                .ok()
                .zip(unit)
                .and_then(|(number, unit)| number.checked_mul(unit))
        }
        other => return Err(format!("{WANTED}, not {}", other.kind())),
    };
    // AMQP reads a maximum of 0 as "no limit" (AMQP 1.0 part 2.7.3).
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| match node {
        Node::Text(text) => format!("{WANTED}, not \"{text}\""),
        Node::Int(number) => format!("{WANTED}, not {number}"),
        _ => WANTED.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Node {
        Node::Text(text.into())
    }

    #[test]
    fn takes_whole_numbers_as_the_reference() {
        for (node, expected) in [
            (Node::Int(2), Some(2)),
            (Node::Float(2.5), Some(2)),
            (string("2"), Some(2)),
            (string(" +2 "), Some(2)),
            (string("1_0"), Some(10)),
            (Node::Int(1), Some(1)),
            (Node::Int(u32::MAX.into()), Some(u32::MAX)),
            (Node::Int(0), None),
            (Node::Int(-1), None),
            (Node::Float(0.9), None),
            (Node::Float(f64::INFINITY), None),
            (Node::Float(1e30), None),
            (Node::Int(1 << 32), None),
            (string("2.5"), None),
            (string("1e2"), None),
            (string("0x10"), None),
            (string("1:30"), None),
            (string("010"), None),
            (string("_1"), None),
            (string(""), None),
            (string(&"9".repeat(60)), None),
            (Node::Bool(true), None),
            (Node::Null, None),
        ] {
            assert_eq!(whole(&node, 1).ok(), expected, "{node:?}");
        }
        assert!(whole(&string("010"), 1).unwrap_err().contains("\"10\""));
    }

    #[test]
    fn takes_strings_only_as_strings() {
        assert_eq!(text(&string("12345678")).as_deref(), Ok("12345678"));
        for (node, expected) in [
            (Node::Int(12_345_678), "quote it: \"12345678\""),
            (Node::Float(1.5), "quote it"),
            (Node::Bool(true), "quote it: \"true\""),
            (Node::Null, "no value"),
            (Node::List(vec![]), "a list"),
        ] {
            let problem = text(&node).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn takes_seconds() {
        for (node, zero, expected) in [
            (Node::Int(10), false, Some(10.0)),
            (Node::Float(0.25), false, Some(0.25)),
            (string("1.5"), false, Some(1.5)),
            (Node::Int(0), true, Some(0.0)),
            (Node::Int(0), false, None),
            (Node::Int(-1), true, None),
            (Node::Float(f64::NAN), true, None),
            (Node::Float(f64::INFINITY), true, None),
            (Node::Int(1 << 40), true, None),
            (Node::Float(1e-12), false, None),
            (string("inf"), true, None),
            (string("1e3"), true, None),
            (string("10 s"), true, None),
            (Node::Null, true, None),
        ] {
            let expected = expected.map(Duration::from_secs_f64);
            assert_eq!(seconds(&node, zero).ok(), expected, "{node:?}");
        }
    }

    #[test]
    fn takes_sizes() {
        for (node, expected) in [
            (Node::Int(1), Some(1)),
            (string("1048576"), Some(1 << 20)),
            (string("64 MiB"), Some(64 << 20)),
            (string("512KiB"), Some(512 << 10)),
            (string(" 1 gib "), Some(1 << 30)),
            (string("7 B"), Some(7)),
            (Node::Int(0), None),
            (string("0 MiB"), None),
            (Node::Int(-5), None),
            (Node::Float(1.5), None),
            (string("1.5 MiB"), None),
            (string("64 MB"), None),
            (string("MiB"), None),
            (string("99999999999999999999"), None),
            (string("99999999999 GiB"), None),
            (Node::Null, None),
        ] {
            assert_eq!(size(&node).ok(), expected, "{node:?}");
        }
    }

    #[test]
    fn takes_booleans_and_choices() {
        for (node, expected) in [
            (Node::Bool(false), Some(false)),
            (string("yes"), Some(true)),
            (string("OFF"), Some(false)),
            (string("1"), None),
            (Node::Int(1), None),
        ] {
            assert_eq!(boolean(&node).ok(), expected, "{node:?}");
        }
        let words = [("full", 1), ("none", 2)];
        assert_eq!(choice(&string("Full"), &words), Ok(1));
        assert!(choice(&string("some"), &words).unwrap_err().contains("full, none"));
        assert!(choice(&Node::Bool(false), &words).unwrap_err().contains("full, none"));
    }
}
