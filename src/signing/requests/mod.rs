//! An operation turned into requests, and these into messages: JSON texts with application properties.

mod batch;
mod single;
mod text;

use std::{borrow::Cow, collections::BTreeMap, num::NonZeroUsize, sync::Arc};

use super::{
    context::{self, Common, Context, ServerKey, Stamp},
    operation::{Items, Operation},
    request::{Expected, Message, Place, Request},
};
use crate::error::{Argument, Error, printable};

/// A list of keys that items are signed with.
type Keys = Arc<[ServerKey]>;

/// About how many bytes of a message are not what is signed.
const REST: u64 = 4096;

impl Operation {
    /// Lists the keys that the signing server probably does not know, with the reason and what is sent.
    pub(crate) fn doubtful_keys(&self, aliases: &BTreeMap<String, String>) -> Vec<String> {
        let mut doubts = Vec::new();
        for key in self.key_sets().all().iter().flatten() {
            doubts.extend(context::doubt(key, aliases).filter(|doubt| !doubts.contains(doubt)));
        }
        doubts
    }

    /// Makes the requests: for each item one for each key, or batches of claims. Returns where their values belong.
    ///
    /// `next` is called once for each request, in order; its ids must differ. `each` gets the requests.
    ///
    /// # Errors
    /// [`Error::Argument`] for a batch of anything but images, for a batch with several keys that are not all named,
    /// of one name for several keys, and for an alias of nothing; [`Error::Config`], without a file, for an alias of
    /// something that no key id is.
    pub(crate) fn requests(
        &self,
        context: &Context<'_>,
        next: &mut dyn FnMut() -> Stamp,
        each: &mut dyn FnMut(Request),
    ) -> Result<Vec<Place>, Error> {
        let keys = self.resolved(context.key_aliases, context.chunk_size)?;
        let common = Common::new(self, context);
        let mut now = Arc::clone(&common);
        let mut request = |expected| {
            let Stamp { request_id, created } = next();
            let common = context::at_time(&mut now, &created);
            each(Request { id: request_id, expected, common });
        };
        Ok(match (context.chunk_size, self.items()) {
            (Some(size), Items::Images(images)) => {
                batch::requests(images, self.key_sets(), &keys, size, &mut request)
            }
            _ => single::requests(self, &keys, &mut request),
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

    /// The different lists of keys as the signing server knows them.
    fn resolved(
        &self,
        aliases: &BTreeMap<String, String>,
        chunk_size: Option<NonZeroUsize>,
    ) -> Result<Vec<Keys>, Error> {
        let resolve = |keys: &Vec<_>| {
            let keys = keys.iter().map(|key| ServerKey::resolve(key, aliases));
            let keys = keys.collect::<Result<Keys, _>>()?;
            match (chunk_size, self.items()) {
                (None, _) => single::check(&keys)?,
                (Some(_), Items::Images(_)) => batch::check(&keys)?,
                (Some(_), _) => {
                    let problem = "batch signs only container images: expected single";
                    return Err(Error::argument(Argument::SignerType, problem));
                }
            }
            Ok(keys)
        };
        self.key_sets().all().iter().map(resolve).collect()
    }

    /// The number of values that are asked for.
    pub(crate) fn value_count(&self) -> usize {
        (0..self.items().len()).map(|item| self.keys_of(item).len()).sum()
    }
}

impl Request {
    /// Makes its message: the same each time.
    ///
    /// # Errors
    /// [`Error::InputFile`] if it contains a file that cannot be read, or that has changed.
    pub fn message(&self) -> Result<Message, Error> {
        let mut body = Vec::new();
        self.write_body(&mut body)?;
        let properties = self.properties().into_iter();
        let properties = properties.map(|(name, value)| (name.to_owned(), value.into_owned()));
        // JSON is printed as ASCII.
        let body = String::from_utf8(body).unwrap_or_default();
        Ok(Message { body, properties: properties.collect() })
    }

    /// Appends the body of its message.
    ///
    /// # Errors
    /// As [`Request::message`].
    pub(crate) fn write_body(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        // A message may be large: this way it is not copied while it grows.
        out.reserve(usize::try_from(self.size()).unwrap_or_default());
        match &self.expected {
            Expected::Value { item, key, .. } => single::write_body(out, self, item, key)?,
            Expected::Claims(batch) => batch::write_body(out, self, batch),
        }
        Ok(())
    }

    /// The application properties of its message, in order.
    pub(crate) fn properties(&self) -> Vec<(&str, Cow<'_, str>)> {
        let mut properties = match &self.expected {
            Expected::Value { item, .. } => single::properties(&self.common, item),
            Expected::Claims(_) => batch::properties(&self.common),
        };
        if let Some(trace) = &self.common.trace {
            for (name, value) in trace.properties(self.id.text(&mut [0; 36])) {
                text::set(&mut properties, name, value.into());
            }
        }
        properties
    }

    /// Returns about how many bytes its message has.
    pub(crate) fn size(&self) -> u64 {
        REST + match &self.expected {
            Expected::Value { item, .. } => single::size(item),
            Expected::Claims(batch) => batch::size(batch),
        }
    }

    /// Returns a readable description of what it asks for.
    pub fn subject(&self) -> String {
        printable(&match &self.expected {
            Expected::Value { item, key, .. } => single::subject(item, key),
            Expected::Claims(batch) => batch::subject(batch),
        })
    }
}

#[cfg(test)]
mod tests;
