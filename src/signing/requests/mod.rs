//! An operation turned into requests: JSON texts with application properties.

mod batch;
mod context;
mod single;

use std::collections::BTreeMap;

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
    /// of one name for several of them, and for an alias of nothing; [`Error::Config`], without a file, for an alias of
    /// something that no key id is.
    pub(crate) fn requests(
        &self,
        context: &Context<'_>,
        next: &mut dyn FnMut() -> Stamp,
    ) -> Result<Vec<Request>, Error> {
        let keys = self
            .keys()
            .iter()
            .map(|key| ServerKey::resolve(key, context.key_aliases))
            .collect::<Result<Vec<_>, _>>()?;
        let task_id = self.task_id().as_str();
        match (context.chunk_size, self.items()) {
            (None, items) => Ok(single::requests(items, &keys, task_id, context, next)),
            (Some(size), Items::Images(images)) => {
                batch::requests(images, &keys, task_id, context, size, next)
            }
            (Some(_), _) => {
                let problem = "batch signs only container images: expected single";
                Err(Error::argument(Argument::SignerType, problem))
            }
        }
    }
}
