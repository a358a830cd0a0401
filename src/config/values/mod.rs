//! Reads values from YAML nodes. Each error says what is expected, in the words of the table of keys,
//! and what was found.

use std::{collections::BTreeMap, time::Duration};

use super::yaml::Node;
use crate::error::printable;

/// The longest time of a key (136 years): the sum of a few of them stays within the clock's range.
const LONGEST: f64 = u32::MAX as f64;

fn unlike(expected: &str, node: &Node) -> String {
    format!("expected {expected}, found {node}")
}

/// A string; a number, `true` or nothing is refused, since its spelling would be a guess.
pub(super) fn text(node: &Node, expected: &str) -> Result<String, String> {
    match node {
        Node::Text(text) if text.contains('\0') => {
            Err("the value holds a NUL character; remove it".into())
        }
        Node::Text(text) => Ok(text.clone()),
        Node::Int(_) | Node::Written(..) | Node::Decimal(..) => {
            Err(format!("expected {expected}, found the number {node}; quote it: \"{node}\""))
        }
        Node::Bool(_) => Err(format!("{}; quote it: \"{node}\"", unlike(expected, node))),
        Node::Float(_) => Err(format!("expected {expected}, found a number; quote it")),
        _ => Err(unlike(expected, node)),
    }
}

/// A string that is not empty.
pub(super) fn not_empty(node: &Node, expected: &str) -> Result<String, String> {
    match text(node, expected)? {
        text if text.is_empty() => Err("the value is empty; write one, or remove the key".into()),
        text => Ok(text),
    }
}

/// A string that others are compared with: what is invisible in it is hardly meant, such as a block's line break.
pub(super) fn name(node: &Node, expected: &str) -> Result<String, String> {
    let name = not_empty(node, expected)?;
    let shown = printable(&name);
    match name.chars().find(|c| c.is_control()) {
        Some(c) => Err(format!("\"{shown}\" holds {c:?}; remove it")),
        None if name.trim() != name => {
            Err(format!("\"{shown}\" begins or ends with a blank; remove it"))
        }
        None => Ok(name),
    }
}

/// The strings of a list.
pub(super) fn strings(node: &Node, expected: &str) -> Result<Vec<String>, String> {
    // The error does not repeat the value: a URL may contain a password.
    let Node::List(items) = node else {
        return Err(format!("expected {expected}, found {}", node.kind()));
    };
    let read = |(index, item)| {
        text(item, "a string").map_err(|problem| format!("item {}: {problem}", index + 1))
    };
    items.iter().enumerate().map(read).collect()
}

/// A mapping of strings to strings.
pub(super) fn string_map(node: &Node, expected: &str) -> Result<BTreeMap<String, String>, String> {
    if !matches!(node, Node::Map(_)) {
        return Err(unlike(expected, node));
    }
    let mut map = BTreeMap::new();
    for (key, value) in node.entries()? {
        let value =
            text(value, "a string").map_err(|problem| format!("{}: {problem}", printable(&key)))?;
        map.insert(key.into_owned(), value);
    }
    Ok(map)
}

/// A whole number of at least 1; a fraction is cut off, and the digits may be a string.
pub(super) fn count(node: &Node, expected: &str) -> Result<u32, String> {
    let number = match node {
        Node::Text(text) => integer(text)?.ok_or_else(|| unlike(expected, node))?,
        _ => {
            let decimal = node.decimal().filter(|number| number.is_finite());
            let whole = node.integer().or(decimal.map(|number| number as i128));
            whole.ok_or_else(|| unlike(expected, node))?
        }
    };
    if number < 1 {
        return Err(unlike(expected, node));
    }
    u32::try_from(number)
        .map_err(|_| format!("{node} is too large; at most {} is possible", u32::MAX))
}

/// The digits of a string as a number, as Python's `int` reads it: blanks around them, a sign and "_"
/// between digits are fine.
fn integer(text: &str) -> Result<Option<i128>, String> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    let well_formed =
        digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !well_formed {
        return Ok(None);
    }
    if digits.len() > 1 && digits.starts_with('0') {
        let decimal = match digits.trim_start_matches(['0', '_']) {
            "" => "0",
            decimal => decimal,
        };
        return Err(format!(
            "\"{}\" begins with 0, which YAML may take as octal; write it without (\"{decimal}\")",
            printable(text)
        ));
    }
    Ok(trimmed.replace('_', "").parse().ok())
}

/// A time above 0 in seconds, fractions allowed.
pub(super) fn seconds(node: &Node, expected: &str) -> Result<Duration, String> {
    match seconds_or_zero(node, expected)? {
        time if time.is_zero() => Err(unlike(expected, node)),
        time => Ok(time),
    }
}

/// A time in seconds, fractions and 0 allowed.
pub(super) fn seconds_or_zero(node: &Node, expected: &str) -> Result<Duration, String> {
    let number = match node {
        Node::Text(text) => match integer(text)? {
            Some(whole) => whole as f64,
            None => plain_decimal(text).ok_or_else(|| unlike(expected, node))?,
        },
        _ => {
            let whole = node.integer().map(|number| number as f64);
            node.decimal().or(whole).ok_or_else(|| unlike(expected, node))?
        }
    };
    if number > LONGEST {
        return Err(format!("{node} s is too long; at most {LONGEST} s are possible"));
    }
    Duration::try_from_secs_f64(number).map_err(|_| unlike(expected, node))
}

/// Digits with at most one dot; "inf", "1e9" and the like are not times.
fn plain_decimal(text: &str) -> Option<f64> {
    let trimmed = text.trim();
    let plain = trimmed.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-' || b == b'+');
    trimmed.parse().ok().filter(|_| plain)
}

/// `true` or `false`, or one of YAML 1.1's other words for them, which arrive as strings.
pub(super) fn boolean(node: &Node, expected: &str) -> Result<bool, String> {
    match node {
        Node::Bool(value) => Ok(*value),
        Node::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Ok(true),
            "false" | "no" | "off" => Ok(false),
            _ => Err(unlike(expected, node)),
        },
        _ => Err(unlike(expected, node)),
    }
}

/// One of a few words, in any case; returns its index.
pub(super) fn word(node: &Node, words: &[&str], expected: &str) -> Result<usize, String> {
    let Node::Text(text) = node else { return Err(unlike(expected, node)) };
    let found = words.iter().position(|word| word.eq_ignore_ascii_case(text.trim()));
    found.ok_or_else(|| unlike(expected, node))
}

/// A size in bytes above 0: a plain number, or a number with KiB, MiB or GiB.
pub(super) fn size(node: &Node, expected: &str) -> Result<u64, String> {
    let bytes = match node {
        Node::Text(text) => {
            let trimmed = text.trim();
            let end = trimmed.bytes().take_while(|b| b.is_ascii_digit() || *b == b'_').count();
            let unit = match trimmed[end..].trim_start().to_ascii_lowercase().as_str() {
                "" | "b" => Some(1),
                "kib" => Some(1 << 10),
                "mib" => Some(1 << 20),
                "gib" => Some(1 << 30),
                _ => None,
            };
            let number = integer(&trimmed[..end])?.and_then(|number| u64::try_from(number).ok());
            number.zip(unit).and_then(|(number, unit)| number.checked_mul(unit))
        }
        _ => node.integer().and_then(|number| u64::try_from(number).ok()),
    };
    // AMQP reads a maximum of 0 as "no limit" (AMQP 1.0 part 2.7.3).
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| unlike(expected, node))
}

#[cfg(test)]
mod tests;
