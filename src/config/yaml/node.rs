//! Values, and mappings' entries.

use std::{borrow::Cow, collections::HashSet, fmt};

use crate::error::printable;

/// A YAML value, whose meaning is still unknown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Int(i128),
    /// The same in another form, such as `0x10`, and that form.
    Written(i128, String),
    Float(f64),
    /// The same, and how it was written: `1.10`.
    Decimal(f64, String),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

impl Node {
    /// Names the kind of the value.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Int(_) | Self::Written(..) | Self::Float(_) | Self::Decimal(..) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }

    /// Lists a mapping's entries, those of a merge key (`<<`) last and only if they are not overridden.
    pub(crate) fn entries(&self) -> Result<Vec<(Cow<'_, str>, &Self)>, String> {
        let Self::Map(pairs) = self else {
            let found = self.kind();
            return Err(format!("expected a mapping (\"key: value\" lines), found {found}"));
        };
        let mut entries: Vec<(Cow<'_, str>, &Self)> = Vec::new();
        let mut known = HashSet::new();
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
                Self::Int(_) | Self::Written(..) | Self::Decimal(..) => {
                    return Err(format!("the key {key} is a number; quote it: \"{key}\""));
                }
                Self::Bool(value) => {
                    return Err(format!("the key {value} is not a string; quote it: \"{value}\""));
                }
                other => {
                    let found = other.kind();
                    return Err(format!("expected a string as key, found {found}; quote it"));
                }
            };
            if !known.insert(key.clone()) {
                return Err(format!("duplicate key \"{}\"; remove one", printable(&key)));
            }
            entries.push((key, value));
        }
        for map in merged {
            for (key, value) in map.entries()? {
                if known.insert(key.clone()) {
                    entries.push((key, value));
                }
            }
        }
        Ok(entries)
    }

    /// The value of a whole number.
    pub(crate) fn integer(&self) -> Option<i128> {
        match self {
            Self::Int(number) | Self::Written(number, _) => Some(*number),
            _ => None,
        }
    }

    /// The value of a number that is not whole.
    pub(crate) fn decimal(&self) -> Option<f64> {
        match self {
            Self::Float(number) | Self::Decimal(number, _) => Some(*number),
            _ => None,
        }
    }

    /// Whether some number in it fits.
    pub(super) fn holds(&self, fits: &impl Fn(&Self) -> bool) -> bool {
        match self {
            Self::Int(_) | Self::Float(_) => fits(self),
            Self::List(items) => items.iter().any(|item| item.holds(fits)),
            Self::Map(pairs) => {
                pairs.iter().any(|(key, value)| key.holds(fits) || value.holds(fits))
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
            Self::Written(_, text) | Self::Decimal(_, text) => f.write_str(text),
            Self::Float(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "\"{}\"", printable(text)),
            Self::Null | Self::List(_) | Self::Map(_) => f.write_str(self.kind()),
        }
    }
}
