//! Makes the requests of an operation.

use super::{Run, Signer, stamp::stamp};
use crate::{
    connector::Route,
    error::Error,
    signing::{Context, Ledger, Operation, Request, Stamp},
};

impl Signer {
    /// Checks an operation and makes its requests, each with its own id. Sends nothing.
    ///
    /// # Errors
    /// [`Error::Argument`] if the settings do not allow the operation; [`Error::Config`] or
    /// [`Error::MissingArgument`] if no address can be formed for it.
    pub fn prepare(&self, operation: &Operation) -> Result<Run, Error> {
        let route = self.operation_route(operation)?;
        let requests = self.requests(operation, &mut stamp)?;
        self.warn(operation);
        let ledger = Ledger::new(requests, &self.settings.message_id_key);
        Ok(Run { route, ledger, journal: None })
    }

    /// The addresses for these fields.
    pub(super) fn route(&self, fields: &[(&'static str, Option<String>)]) -> Result<Route, Error> {
        let settings = &self.settings;
        let address = |key, template| settings.render_address(key, template, &self.creator, fields);
        Ok(Route {
            send_to: address("topic_send_to", &settings.send_to)?,
            listen_to: address("topic_listen_to", &settings.listen_to)?,
        })
    }

    /// The addresses of an operation whose replies are not too large.
    pub(super) fn operation_route(&self, operation: &Operation) -> Result<Route, Error> {
        let route = self.route(&operation.fields(self.requester.as_deref()))?;
        operation.fits(self.settings.max_message_size)?;
        Ok(route)
    }

    pub(super) fn requests(
        &self,
        operation: &Operation,
        next: &mut dyn FnMut() -> Stamp,
    ) -> Result<Vec<Request>, Error> {
        let settings = &self.settings;
        let context = Context {
            creator: &self.creator,
            environment: &settings.environment,
            service: &settings.service,
            task_id_attribute: &settings.task_id_attribute,
            key_aliases: &settings.key_aliases,
            chunk_size: settings.chunk_size,
            trace: self.trace.as_ref(),
        };
        operation.requests(&context, next).map_err(|error| settings.located(error))
    }

    /// Warns of keys that the signing server probably does not know.
    pub(super) fn warn(&self, operation: &Operation) {
        for doubt in operation.doubtful_keys(&self.settings.key_aliases) {
            log::warn!("{doubt}");
        }
    }
}
