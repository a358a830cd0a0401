//! An object of a list: an image, its keys, and attributes that are not for this program.

use std::fmt;

use serde::{
    Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

use super::{listed::Listed, place::Place};
use crate::{
    config::nearest::nearest,
    error::{Error, printable},
    signing::{Image, Key},
};

/// The attributes that have a meaning here.
const KNOWN: [&str; 6] =
    ["reference", "digest", "signing_key", "signing_keys", "signing_key_name", "signing_key_names"];

const EXPECTED: &str = "expected an object like {\"reference\": \"registry/repository:tag\", \"digest\": \"sha256:…\"}";

/// Reads an object.
///
/// # Errors
/// [`Error::Argument`] for the first mistake in it.
pub(super) fn read(place: &Place<'_>, text: &str, is_batch: bool) -> Result<Listed, Error> {
    let attributes = attributes(place, text)?;
    let digest = required(place, &attributes, "digest")?;
    let reference = required(place, &attributes, "reference")?;
    let image = match Image::new(digest, reference) {
        Err(Error::Argument { argument, problem }) => {
            return Err(place.wrong(format!("{argument} {problem}")));
        }
        image => image?,
    };
    let keys = keys(place, &attributes)?;
    let is_named = |key: &Key| key.name().is_some_and(|name| !name.is_empty());
    if is_batch && keys.len() > 1 && !keys.iter().all(is_named) {
        let problem = "signing_key_names: expected one for each key: a batch distinguishes signatures by them";
        return Err(place.wrong(problem));
    }
    let is_known = |(name, _): &(String, Value)| KNOWN.contains(&name.as_str());
    // In JSON a line break is a blank.
    let input = || text.trim().replace(['\r', '\n'], " ").into_boxed_str();
    let input = (!attributes.iter().all(is_known)).then(input);
    Ok(Listed { image, keys, input })
}

type Attributes = Vec<(String, Value)>;

/// The attributes in their order; those that have a meaning here occur only once.
fn attributes(place: &Place<'_>, text: &str) -> Result<Attributes, Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json.deserialize_map(Everything).and_then(|read| json.end().map(|()| read));
    let attributes = read.map_err(|error| no_object(place, text, &error))?;
    for name in KNOWN {
        if attributes.iter().filter(|(given, _)| given == name).count() > 1 {
            return Err(place.wrong(format!("{name} is given twice; remove one")));
        }
    }
    Ok(attributes)
}

struct Everything;

impl<'de> Visitor<'de> for Everything {
    type Value = Attributes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
        let mut attributes = Vec::new();
        while let Some(attribute) = map.next_entry()? {
            attributes.push(attribute);
        }
        Ok(attributes)
    }
}

/// The error of a text that is no object.
fn no_object(place: &Place<'_>, text: &str, error: &serde_json::Error) -> Error {
    if !text.trim_start().starts_with('{') {
        return place.wrong(EXPECTED);
    }
    let said = error.to_string();
    // The library numbers the lines of this text.
    let fault = said.rsplit_once(" at line ").map_or(&*said, |(fault, _)| fault).replace('`', "\"");
    let remedy = match &*fault {
        "trailing comma" => "remove it",
        "trailing characters" => "write one object a line",
        "key must be a string" => "quote names with \"",
        _ if error.is_eof() => "write one object a line, as jq -c does",
        "recursion limit exceeded" => "nest less",
        _ => "jq shows what is wrong with a list",
    };
    let at = place.below(error.line().saturating_sub(1));
    at.wrong(format!("is not JSON: {} in column {}; {remedy}", printable(&fault), error.column()))
}

fn find<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a Value> {
    attributes.iter().find(|(given, _)| given == name).map(|(_, value)| value)
}

fn required<'a>(
    place: &Place<'_>,
    attributes: &'a Attributes,
    name: &str,
) -> Result<&'a str, Error> {
    if let Some(value) = find(attributes, name) {
        return text(place, name, value);
    }
    let others = attributes.iter().map(|(given, _)| given.as_str());
    let similar = others.filter(|given| nearest(&given.to_lowercase(), [name]).is_some());
    Err(place.wrong(match similar.take(1).next() {
        Some(near) => format!("no {name}, but {}; rename that", printable(near)),
        None => format!("no {name}: {EXPECTED}"),
    }))
}

/// The keys of the object, each with its name.
fn keys(place: &Place<'_>, attributes: &Attributes) -> Result<Vec<Key>, Error> {
    let of = |one, many| one_or_many(place, attributes, one, many);
    let (id_attribute, ids) = of("signing_key", "signing_keys")?;
    let (name_attribute, names) = of("signing_key_name", "signing_key_names")?;
    if !names.is_empty() && names.len() != ids.len() {
        return Err(place.wrong(format!(
            "{name_attribute}: {} given, but {} of {id_attribute}: expected one for each key, or none",
            names.len(),
            ids.len()
        )));
    }
    let mut names = names.into_iter();
    let key = |id| {
        let Some(name) = names.next() else {
            return place.attribute(id_attribute, Key::new(id));
        };
        match Key::named(id, name) {
            Err(Error::Argument { argument: crate::error::Argument::KeyName, problem }) => {
                Err(place.wrong(format!("{name_attribute} {problem}")))
            }
            key => place.attribute(id_attribute, key),
        }
    };
    ids.into_iter().map(key).collect()
}

/// The texts of an attribute that has one, or of another one that has several, and which one that is.
fn one_or_many<'a>(
    place: &Place<'_>,
    attributes: &'a Attributes,
    one: &'static str,
    many: &'static str,
) -> Result<(&'static str, Vec<&'a str>), Error> {
    match (find(attributes, one), find(attributes, many)) {
        (Some(_), Some(_)) => Err(place.wrong(format!("{one} and {many}; remove one"))),
        // The lines that this program writes have it.
        (Some(Value::Null), None) if one == "signing_key_name" => Ok((one, vec![])),
        (Some(value), None) => Ok((one, vec![text(place, one, value)?])),
        (None, Some(Value::Array(values))) if !values.is_empty() => {
            let texts = values
                .iter()
                .enumerate()
                .map(|(index, value)| text(place, &format!("{many}: number {}", index + 1), value));
            Ok((many, texts.collect::<Result<_, _>>()?))
        }
        (None, Some(value)) => {
            Err(place.wrong(format!("{many} is {}: expected an array of strings", shown(value))))
        }
        (None, None) => Ok((many, vec![])),
    }
}

fn text<'a>(place: &Place<'_>, name: &str, value: &'a Value) -> Result<&'a str, Error> {
    value
        .as_str()
        .ok_or_else(|| place.wrong(format!("{name} is {}: expected a string", shown(value))))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {}", printable(&number.to_string())),
        Value::String(text) => format!("\"{}\"", printable(text)),
        Value::Array(values) if values.is_empty() => "an empty array".into(),
        Value::Array(_) => "an array".into(),
        Value::Object(_) => "an object".into(),
    }
}
