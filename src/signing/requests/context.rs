//! What requests of every kind have in common.

use std::{borrow::Cow, collections::BTreeMap, num::NonZeroUsize, path::PathBuf, sync::Arc};

use serde_json::{Map, Value};

use crate::{
    error::{Argument, Error, printable},
    signing::{key_id, operation::Key, pieces, pyjson},
};

/// What a request contains besides the operation: values from the configuration and the certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// The requester, if one was given, else the certificate's name.
    pub creator: &'a str,
    /// The environment, such as `prod`.
    pub environment: &'a str,
    /// The name of the calling service.
    pub service: &'a str,
    /// The name under which single requests carry the task id; not `request_id`.
    pub task_id_attribute: &'a str,
    /// Key ids by alias.
    pub key_aliases: &'a BTreeMap<String, String>,
    /// The number of claims in one request; `None` makes one request for each item and key.
    pub chunk_size: Option<NonZeroUsize>,
}

/// The values that make a request unique. The caller provides them; this module has no clock and no random numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The request's id, a UUID.
    pub request_id: String,
    /// When it was made, such as `2026-01-29T12:00:00.000001Z`.
    pub created: String,
}

/// A key as the signing server knows it.
pub(super) struct ServerKey<'a> {
    /// As the user gave it.
    pub(super) given: &'a Key,
    pub(super) id: Cow<'a, str>,
    /// Empty if the user named none.
    pub(super) name: &'a str,
}

impl<'a> ServerKey<'a> {
    /// Looks up the alias, and cuts the id to the part that the signing server knows.
    ///
    /// # Errors
    /// [`Error::Argument`] for an alias of nothing; [`Error::Config`], without a file, for one of something that no id is.
    pub(super) fn resolve(
        key: &'a Key,
        aliases: &'a BTreeMap<String, String>,
    ) -> Result<Self, Error> {
        let alias = aliases.get(key.id());
        if let Some(id) = alias {
            if id.trim().is_empty() {
                let problem = format!("\"{}\" is an alias of nothing", printable(key.id()));
                return Err(Error::argument(Argument::Key, problem));
            }
            if let Some(fault) = key_id::fault(id) {
                return Err(Error::Config {
                    path: PathBuf::new(),
                    key: format!("key_aliases.{}", printable(key.id())),
                    problem: format!("{fault}: expected a key id"),
                });
            }
        }
        let (id, _) = key_id::sent(alias.map_or(key.id(), String::as_str));
        Ok(Self { given: key, id, name: key.name().unwrap_or_default() })
    }

    /// A readable name of the key.
    pub(super) fn shown(&self) -> String {
        if self.name.is_empty() {
            self.id.to_string()
        } else {
            format!("{} ({})", self.id, self.name)
        }
    }
}

/// What makes it doubtful that the signing server knows a key, if anything.
pub(super) fn doubt(key: &Key, aliases: &BTreeMap<String, String>) -> Option<String> {
    let (given, alias) = (printable(key.id()), aliases.get(key.id()));
    let (sent, is_id) = key_id::sent(alias.map_or(key.id(), String::as_str));
    let expected = "a key id of at least 8 hexadecimal digits";
    let problem = match alias {
        Some(id) if aliases.contains_key(id) => {
            let id = printable(id);
            format!("is an alias of \"{id}\", which is an alias itself and is not looked up")
        }
        _ if is_id => return None,
        Some(id) => format!("is an alias of \"{}\", which is not {expected}", printable(id)),
        None => format!("is neither an alias nor {expected}"),
    };
    Some(format!("the key \"{given}\" {problem}; \"{}\" is sent", printable(&sent)))
}

/// A request's body. Thousands of requests wait in memory, so its buffer is no larger than necessary.
pub(super) fn body(body: &Value) -> Arc<String> {
    let mut text = pyjson::to_string(body);
    text.shrink_to_fit();
    Arc::new(text)
}

/// The same, with bytes as base64 in place of the empty text of one attribute. They may be large: no other copy is made.
pub(super) fn body_with(body: &Map<String, Value>, attribute: &str, bytes: &[u8]) -> Arc<String> {
    let text = pyjson::to_string(body);
    let name = format!("\"{attribute}\": \"");
    // In a value the quotes would be escaped.
    let place = text.find(&name).map_or(text.len(), |at| at + name.len());
    let mut whole = String::with_capacity(text.len() + pieces::length(bytes));
    whole.push_str(&text[..place]);
    pieces::pieces(bytes).for_each(|piece| whole.push_str(&piece));
    whole.push_str(&text[place..]);
    Arc::new(whole)
}

/// The application properties of a request; an extra one of the same name replaces the value.
pub(super) fn properties(
    mtype: &str,
    context: &Context<'_>,
    extra: &[(&str, &str)],
) -> Vec<(String, String)> {
    let mut properties = Vec::with_capacity(5 + extra.len());
    for (name, value) in [
        ("service", context.service),
        ("environment", context.environment),
        ("owner_id", context.creator),
        ("mtype", mtype),
        ("source", "metadata"),
    ] {
        properties.push((name.to_owned(), value.to_owned()));
    }
    for (name, value) in extra {
        match properties.iter_mut().find(|(present, _)| present == name) {
            Some((_, present)) => *present = (*value).to_owned(),
            None => properties.push(((*name).to_owned(), (*value).to_owned())),
        }
    }
    properties
}
