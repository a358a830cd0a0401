//! An operation turned into requests: JSON texts with application properties.

mod batch;
mod context;
mod single;

use std::{collections::BTreeMap, num::NonZeroUsize};

use super::{
    operation::{Items, Operation},
    request::Request,
};
use crate::error::{Argument, Error};

use context::ServerKey;
pub(crate) use context::{Context, Stamp};

impl Operation {
    /// Lists the keys that the signing server probably does not know, with the reason and what is sent.
    pub(crate) fn doubtful_keys(&self, aliases: &BTreeMap<String, String>) -> Vec<String> {
        self.keys().iter().filter_map(|key| context::doubt(key, aliases)).collect()
    }

    /// Builds the requests: for each item one for each key, or batches of claims.
    ///
    /// `next` is called once for each request, in order; its ids must differ.
    ///
    /// # Errors
    /// [`Error::Argument`] for a batch of anything but images, for a batch with several keys that are not all named,
    /// of one name for several keys, and for an alias of nothing; [`Error::Config`], without a file, for an alias of
    /// something that no key id is.
    pub(crate) fn requests(
        &self,
        context: &Context<'_>,
        next: &mut dyn FnMut() -> Stamp,
    ) -> Result<Vec<Request>, Error> {
        let keys = self.resolved(context.key_aliases, context.chunk_size)?;
        let task_id = self.task_id().as_str();
        Ok(match (context.chunk_size, self.items()) {
            (Some(size), Items::Images(images)) => {
                batch::requests(images, &keys, task_id, context, size, next)
            }
            (_, items) => single::requests(items, &keys, task_id, context, next),
        })
    }

    /// Checks what [`Operation::requests`] checks, without building anything.
    #[cfg(feature = "cli")]
    pub(crate) fn check(
        &self,
        aliases: &BTreeMap<String, String>,
        chunk_size: Option<NonZeroUsize>,
    ) -> Result<(), Error> {
        self.resolved(aliases, chunk_size).map(drop)
    }

    fn resolved<'a>(
        &'a self,
        aliases: &'a BTreeMap<String, String>,
        chunk_size: Option<NonZeroUsize>,
    ) -> Result<Vec<ServerKey<'a>>, Error> {
        let keys = self.keys().iter().map(|key| ServerKey::resolve(key, aliases));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        match (chunk_size, self.items()) {
            (None, _) => single::check(&keys)?,
            (Some(_), Items::Images(_)) => batch::check(&keys)?,
            (Some(_), _) => {
                let problem = "batch signs only container images: expected single";
                return Err(Error::argument(Argument::SignerType, problem));
            }
        }
        Ok(keys)
    }
}
