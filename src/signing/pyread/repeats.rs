//! Names that an object has several times: the first place and the last value count, as in Python.

use std::collections::HashMap;

use super::{Json, Kind, Value};

/// In objects of at most this many names each is compared with each.
const FEW: usize = 16;

/// Whether any object has a name several times.
pub(super) fn are_in(json: &Json) -> bool {
    let objects = json.nodes.iter().enumerate().filter(|(_, node)| node.kind == Kind::Object);
    objects.into_iter().any(|(at, _)| repeats(Value::new(json, at)))
}

fn repeats(object: Value<'_>) -> bool {
    // One text is printed in one way. Most names differ in their lengths or last letters.
    let mut few = [0; FEW];
    let mut may_repeat = false;
    for (count, name) in object.entries().map(|(name, _)| name.json().as_bytes()).enumerate() {
        let end = name.last_chunk().map_or(0, |end| u64::from_le_bytes(*end));
        let short = end ^ (name.len() as u64) << 56;
        let Some(free) = few.get_mut(count) else {
            may_repeat = true;
            break;
        };
        *free = short;
        may_repeat |= few[..count].contains(&short);
    }
    may_repeat && places(object).len() < object.entries().count()
}

/// The place of each name.
fn places(object: Value<'_>) -> HashMap<&str, usize> {
    let mut places = HashMap::new();
    for (name, _) in object.entries() {
        let next = places.len();
        places.entry(name.json()).or_insert(next);
    }
    places
}

/// The text of a value in which no object has a name several times. The recursion is as deep as the value.
pub(super) fn without(json: &Json) -> String {
    let mut out = String::with_capacity(json.list.len());
    print(json.value(), &mut out);
    out
}

fn print(value: Value<'_>, out: &mut String) {
    match value.kind() {
        Kind::Object => {
            let places = places(value);
            let mut kept = vec![None; places.len()];
            for (name, value) in value.entries() {
                kept[places[name.json()]] = Some((name, value));
            }
            for (place, (name, value)) in kept.into_iter().flatten().enumerate() {
                out.push_str(if place == 0 { "{" } else { ", " });
                out.push_str(name.json());
                out.push_str(": ");
                print(value, out);
            }
            out.push_str(if places.is_empty() { "{}" } else { "}" });
        }
        Kind::List => {
            out.push('[');
            for (place, item) in value.items().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                print(item, out);
            }
            out.push(']');
        }
        _ => out.push_str(value.json()),
    }
}
