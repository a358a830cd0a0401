//! One section of a YAML file as plain nodes; the other sections are ignored.

mod hint;
mod node;
mod repair;

use std::{borrow::Cow, fmt};

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::error::printable;
pub(super) use node::Node;
use repair::Repair;

/// Values that lie deeper than this in brackets are not read: the parser's time grows with the square of the depth.
const DEEPEST: usize = 1000;

/// What whole numbers contain that are not written in plain decimal digits.
const FORMS: [&str; 4] = ["0x", "0o", "0b", "+"];

/// The parts of a file that concern the requested section.
pub(super) struct Document {
    /// The names of the file's sections, if they are strings.
    pub(super) names: Vec<String>,
    /// Every section of that name; if there is more than one, the caller reports it.
    pub(super) found: Vec<Node>,
}

/// Reads a file's text.
///
/// The whole text must be well-formed YAML; the meaning of the other sections is not checked.
pub(super) fn read(text: &str, section: &str) -> Result<Document, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if is_blank(text) {
        return Err("the file is empty".into());
    }
    let text = &*shallow(text);
    let mut document = Document { names: Vec::new(), found: Vec::new() };
    let mut sections = Sections { section, document: &mut document, again: false };
    sections.read(text)?;
    let has_forms = FORMS.iter().any(|form| text.contains(form));
    let is_unclear = |number: &Node| has_forms || matches!(number, Node::Float(_));
    if document.found.iter().any(|section| section.holds(&is_unclear)) {
        document.names.clear();
        Sections { section, document: &mut document, again: true }.read(text)?;
    }
    Ok(document)
}

/// Reads a single value, as it is written behind a key.
#[cfg(feature = "cli")]
pub(super) fn value(text: &str) -> Result<Node, String> {
    if is_blank(text) {
        return Ok(Node::Null);
    }
    let text = &*shallow(text);
    let mut node = Node::Null;
    let read = |node: &mut Node| {
        *node = AnyNode.deserialize(serde_yaml::Deserializer::from_str(text))?;
        Repair(node).deserialize(serde_yaml::Deserializer::from_str(text))
    };
    read(&mut node).map_err(|error: serde_yaml::Error| {
        let problem = error.to_string();
        let hint = hint::hint(&problem);
        format!("not a YAML value: {}{hint}", printable(&problem))
    })?;
    Ok(node)
}

/// Whether there are only blanks and comments.
fn is_blank(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

/// The text without what lies deeper in brackets than any value of this program's sections.
fn shallow(text: &str) -> Cow<'_, str> {
    let depths = || {
        text.chars().scan(0_usize, |depth, c| {
            let before = *depth;
            match c {
                '[' | '{' => *depth += 1,
                ']' | '}' => *depth = depth.saturating_sub(1),
                _ => {}
            }
            Some((c, before.max(*depth)))
        })
    };
    if depths().all(|(_, depth)| depth <= DEEPEST) {
        return Cow::Borrowed(text);
    }
    depths().filter(|(_, depth)| *depth <= DEEPEST).map(|(c, _)| c).collect()
}

/// Reads the sections of a file; with `again`, only repairs numbers of the first reading.
struct Sections<'a> {
    section: &'a str,
    document: &'a mut Document,
    again: bool,
}

impl Sections<'_> {
    fn read(&mut self, text: &str) -> Result<(), String> {
        serde_yaml::Deserializer::from_str(text).deserialize_any(self).map_err(|error| {
            let problem = error.to_string();
            let hint = hint::hint(&problem);
            format!("not a YAML file of sections: {}{hint}", printable(&problem))
        })
    }
}

impl<'de> Visitor<'de> for &mut Sections<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of sections")
    }

    // The error does not repeat a file that is something else, such as a private key.
    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        Err(E::custom("it is a single string"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut nth = 0;
        while let Some(key) = map.next_key_seed(AnyNode)? {
            let Node::Text(name) = key else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if name != self.section {
                map.next_value::<IgnoredAny>()?;
            } else if self.again {
                let node =
                    self.document.found.get_mut(nth).ok_or_else(|| A::Error::custom("changed"))?;
                map.next_value_seed(Repair(node))?;
                nth += 1;
            } else {
                let section = map.next_value_seed(AnyNode)?;
                self.document.found.push(section);
            }
            self.document.names.push(name);
        }
        Ok(())
    }
}

/// Reads any value as a node.
struct AnyNode;

impl<'de> DeserializeSeed<'de> for AnyNode {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value without a YAML tag")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Int(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Node, E> {
        Ok(Node::Int(value))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Node, E> {
        Ok(i128::try_from(value).map_or(Node::Float(value as f64), Node::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key_seed(Self)? {
            pairs.push((key, map.next_value_seed(Self)?));
        }
        Ok(Node::Map(pairs))
    }
}

#[cfg(test)]
mod tests;
