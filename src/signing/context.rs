//! What a request contains besides the item that it is for.

use std::{collections::BTreeMap, num::NonZeroUsize, path::PathBuf, sync::Arc};

use super::{
    id::RequestId,
    key_id,
    operation::{Items, Key, Operation},
    trace::TraceContext,
};
use crate::error::{Argument, Error, printable};

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
    /// The trace that requests belong to.
    pub trace: Option<&'a TraceContext>,
}

/// The values that make a request unique. The caller provides them; this module has no clock and no random numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The request's id, a UUID.
    pub request_id: RequestId,
    /// When it was made, such as `2026-01-29T12:00:00.000001Z`.
    pub created: Arc<str>,
}

/// What the requests of an operation have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Common {
    pub(super) task_id: String,
    pub(super) creator: String,
    pub(super) environment: String,
    pub(super) service: String,
    pub(super) task_id_attribute: String,
    /// The repository that texts belong to.
    pub(super) repo: Option<String>,
    /// When the requests were made.
    pub(super) created: Arc<str>,
    pub(super) trace: Option<TraceContext>,
}

impl Common {
    pub(super) fn new(operation: &Operation, context: &Context<'_>) -> Arc<Self> {
        let repo = match operation.items() {
            Items::Texts { repo, .. } => repo.clone(),
            Items::Images(_) | Items::Blobs(_) => None,
        };
        Arc::new(Self {
            task_id: operation.task_id().to_string(),
            creator: context.creator.to_owned(),
            environment: context.environment.to_owned(),
            service: context.service.to_owned(),
            task_id_attribute: context.task_id_attribute.to_owned(),
            repo,
            created: "".into(),
            trace: context.trace.cloned(),
        })
    }
}

/// The same for requests that were made at that time.
pub(super) fn at_time(common: &mut Arc<Common>, created: &Arc<str>) -> Arc<Common> {
    if common.created != *created {
        Arc::make_mut(common).created = Arc::clone(created);
    }
    Arc::clone(common)
}

/// A key as the signing server knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerKey {
    /// As the user gave it.
    pub(crate) given: Key,
    /// Its alias resolved, cut to the part that the signing server knows.
    pub(super) id: String,
}

impl ServerKey {
    /// Looks up the alias, and cuts the id.
    ///
    /// # Errors
    /// [`Error::Argument`] for an alias of nothing; [`Error::Config`], without a file, for one of something that no id is.
    pub(super) fn resolve(key: &Key, aliases: &BTreeMap<String, String>) -> Result<Self, Error> {
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
        Ok(Self { given: key.clone(), id: id.into_owned() })
    }

    /// Its name; empty if the user named none.
    pub(super) fn name(&self) -> &str {
        self.given.name().unwrap_or_default()
    }

    /// A readable name of the key.
    pub(super) fn shown(&self) -> String {
        if self.name().is_empty() {
            self.id.clone()
        } else {
            format!("{} ({})", self.id, self.name())
        }
    }
}

#[cfg(feature = "cli")]
impl Key {
    /// The hexadecimal digits of the id, of which an alias may be given: at least 8; `None` if it has other characters.
    pub(crate) fn digits(&self, aliases: &BTreeMap<String, String>) -> Option<String> {
        key_id::digits(aliases.get(self.id()).map_or(self.id(), String::as_str))
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
