//! JSON as Python reads it, within limits, and as Python prints it again.
//!
//! A reply is kept as the text that will be printed: that of Python's `json.dumps(json.loads(text))`. The text is made in
//! the memory that holds the bytes as they came, in one pass, which also notes where each value is. What Python reads and
//! the standard does not have, and what is refused here:
//!
//! | text | Python | here |
//! |---|---|---|
//! | `Infinity`, `-Infinity` | read, printed as such | the same |
//! | `NaN` | read, printed as `NaN` | `null`: the output stays standard JSON |
//! | half a surrogate pair (`"\ud800"`) | read, printed as such | U+FFFD: no Rust text can hold it |
//! | a byte order mark at the start | refused | ignored |
//! | 128 levels and deeper | up to about 1,000 | refused |
//! | a million values and more | read | refused: each costs up to a hundred bytes of memory |

mod buffer;
mod reader;
mod repeats;
mod scan;
mod value;

use std::ops::Range;

pub(crate) use value::{Kind, Value, unescaped};

/// A value as Python prints it, and where its parts are.
#[derive(Debug)]
pub(crate) struct Json {
    /// The beginning of a list: `[` and the value.
    list: String,
    /// The value, and after each list and object its parts; in an object a name and a value in turn.
    nodes: Vec<Node>,
}

/// A value in the text.
#[derive(Clone, Copy, Debug)]
struct Node {
    kind: Kind,
    /// Of a string: whether it has no escapes.
    is_plain: bool,
    start: usize,
    end: usize,
    /// The node after this one and its parts.
    next: usize,
}

/// Reads one JSON text.
///
/// # Errors
///
/// The reason in one clause, for the log: not UTF-8, not JSON (with the position), too deep or too many values.
pub(crate) fn read(bytes: Vec<u8>) -> Result<Json, String> {
    let (bytes, nodes) = reader::Reader::new(bytes).read()?;
    // It is ASCII: whatever is not was escaped.
    let list = String::from_utf8(bytes).unwrap_or_default();
    let json = Json { list, nodes };
    Ok(if repeats::are_in(&json) { read(repeats::without(&json).into_bytes())? } else { json })
}

impl Json {
    pub(crate) fn value(&self) -> Value<'_> {
        Value::new(self, 0)
    }

    /// The text of the value.
    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        self.value().json()
    }

    /// The text at a place.
    pub(crate) fn at(&self, place: &Range<usize>) -> &str {
        self.list.get(place.clone()).unwrap_or_default()
    }

    /// The same without the texts at some places.
    ///
    /// # Errors
    /// As [`read`].
    pub(crate) fn without(self, mut places: Vec<Range<usize>>) -> Result<Self, String> {
        places.sort_unstable_by_key(|place| place.start);
        places.dedup();
        let mut rest = String::with_capacity(self.list.len());
        let mut end = "[".len();
        for place in places {
            rest.push_str(self.at(&(end..place.start)));
            end = place.end;
        }
        rest.push_str(self.at(&(end..self.list.len())));
        read(rest.into_bytes())
    }

    /// Makes the text of the list of this value and another one, of which it takes the text. The values that are in this
    /// one stay where they are.
    pub(crate) fn into_list(self, second: &str) -> String {
        let mut list = self.list;
        list.reserve_exact(second.len() + 3);
        list.push_str(", ");
        list.push_str(second);
        list.push(']');
        list
    }
}

#[cfg(test)]
mod tests;
