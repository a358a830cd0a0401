//! One section of a YAML file as plain nodes; the other sections are ignored.

use std::{borrow::Cow, fmt};

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::error::printable;

/// A YAML value, whose meaning is still unknown.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

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
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Err("the file is empty".into());
    }
    let mut document = Document { names: Vec::new(), found: Vec::new() };
    let mut sections = Sections { section, document: &mut document, again: false };
    sections.read(text)?;
    if document.found.iter().any(Node::holds_float) {
        document.names.clear();
        Sections { section, document: &mut document, again: true }.read(text)?;
    }
    Ok(document)
}

impl Node {
    /// Names the kind of the value.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }

    /// Lists a mapping's entries, those of a merge key (`<<`) last and only if they are not overridden.
    pub(super) fn entries(&self) -> Result<Vec<(Cow<'_, str>, &Self)>, String> {
        let Self::Map(pairs) = self else {
            let found = self.kind();
            return Err(format!("expected a mapping (\"key: value\" lines), found {found}"));
        };
        let mut entries: Vec<(Cow<'_, str>, &Self)> = Vec::new();
        let mut merged = Vec::new();
        for (key, value) in pairs {
            let key = match key {
                Self::Text(key) if key == "<<" => {
                    match value {
                        Self::List(maps) => merged.extend(maps),
                        map => merged.push(map),
                    }
                    continue;
                }
                Self::Text(key) => Cow::Borrowed(key.as_str()),
                Self::Int(number) => {
                    return Err(format!("the key {number} is a number; quote it: \"{number}\""));
                }
                Self::Bool(value) => {
                    return Err(format!("the key {value} is not a string; quote it: \"{value}\""));
                }
                other => {
                    let found = other.kind();
                    return Err(format!("expected a string as key, found {found}; quote it"));
                }
            };
            if entries.iter().any(|(known, _)| *known == key) {
                return Err(format!("duplicate key \"{}\"; remove one", printable(&key)));
            }
            entries.push((key, value));
        }
        for map in merged {
            for (key, value) in map.entries()? {
                if !entries.iter().any(|(known, _)| *known == key) {
                    entries.push((key, value));
                }
            }
        }
        Ok(entries)
    }

    fn holds_float(&self) -> bool {
        match self {
            Self::Float(_) => true,
            Self::List(items) => items.iter().any(Self::holds_float),
            Self::Map(pairs) => {
                pairs.iter().any(|(key, value)| key.holds_float() || value.holds_float())
            }
            _ => false,
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "\"{}\"", printable(text)),
            Self::Null | Self::List(_) | Self::Map(_) => f.write_str(self.kind()),
        }
    }
}

/// Reads the sections of a file; with `again`, only repairs values that the first reading read as floats.
struct Sections<'a> {
    section: &'a str,
    document: &'a mut Document,
    again: bool,
}

impl Sections<'_> {
    fn read(&mut self, text: &str) -> Result<(), String> {
        serde_yaml::Deserializer::from_str(text).deserialize_any(self).map_err(|error| {
            format!("not a YAML file of sections: {}", printable(&error.to_string()))
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

/// Turns a "float" without a dot back into its text.
///
/// The parser follows YAML 1.2, where the key id `1234567e1` is a number. This file's format is
/// YAML 1.1, where a float has a dot; the id must not become 12345670.
struct Repair<'a>(&'a mut Node);

impl<'de> DeserializeSeed<'de> for Repair<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.0 {
            Node::Float(_) => {
                let text: String = serde::Deserialize::deserialize(deserializer)?;
                if !text.contains('.') {
                    *self.0 = Node::Text(text);
                }
                Ok(())
            }
            Node::List(_) => deserializer.deserialize_seq(self),
            Node::Map(_) => deserializer.deserialize_map(self),
            _ => deserializer.deserialize_ignored_any(IgnoredAny).map(drop),
        }
    }
}

impl<'de> Visitor<'de> for Repair<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what was there before")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Node::List(list) = self.0 else { return Ok(()) };
        for node in list {
            items.next_element_seed(Repair(node))?;
        }
        items.next_element::<IgnoredAny>().map(drop)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Node::Map(pairs) = self.0 else { return Ok(()) };
        for (key, value) in pairs {
            map.next_key_seed(Repair(key))?;
            map.next_value_seed(Repair(value))?;
        }
        map.next_key::<IgnoredAny>().map(drop)
    }
}

#[cfg(test)]
mod tests;
