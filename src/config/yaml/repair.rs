//! What the parser makes of numbers.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::node::Node;

/// Turns a "float" without a dot back into its text, and notes how other numbers were written.
///
/// The parser follows YAML 1.2, where the key id `1234567e1` is a number. This file's format is
/// YAML 1.1, where a float has a dot; the id must not become 12345670.
pub(super) struct Repair<'a>(pub(super) &'a mut Node);

impl<'de> DeserializeSeed<'de> for Repair<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.0 {
            Node::Float(number) => {
                let text: String = serde::Deserialize::deserialize(deserializer)?;
                *self.0 = match text.contains('.') {
                    true => Node::Decimal(*number, text),
                    false => Node::Text(text),
                };
                Ok(())
            }
            Node::Int(number) => {
                let text: String = serde::Deserialize::deserialize(deserializer)?;
                if text != number.to_string() {
                    *self.0 = Node::Written(*number, text);
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
