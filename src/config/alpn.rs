//! Names of protocols in the TLS handshake (ALPN, RFC 7301).

use super::{values, yaml::Node};

/// The most bytes of a name, and of all names with the length of each (RFC 7301, section 3.1).
const LONGEST: usize = 255;
const ALL: usize = 65_535;

/// Reads one name, or a list of names.
pub(super) fn names(node: &Node, expected: &str) -> Result<Vec<String>, String> {
    let Node::List(items) = node else { return Ok(vec![name(node, expected)?]) };
    if items.is_empty() {
        return Err(format!("expected {expected}, found no name in it; list at least one"));
    }
    let read = |(index, item)| {
        name(item, "a string").map_err(|problem| format!("item {}: {problem}", index + 1))
    };
    let names = items.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
    match names.iter().map(|name| name.len() + 1).sum::<usize>() {
        length if length > ALL => Err(format!(
            "the names are too long for TLS: expected at most {ALL} bytes; remove some"
        )),
        _ => Ok(names),
    }
}

fn name(node: &Node, expected: &str) -> Result<String, String> {
    match values::name(node, expected)? {
        name if name.len() > LONGEST => Err(format!(
            "expected a name of at most {LONGEST} bytes, found one of {}; shorten it",
            name.len()
        )),
        name => Ok(name),
    }
}
