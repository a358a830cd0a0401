//! Makes the requests of an operation.

#[cfg(feature = "verify")]
use super::verification;
use super::{Run, Signer, stamp::Stamps};
use crate::{
    connector::Route,
    error::Error,
    signing::{Context, Ledger, Operation, Stamp},
};

impl Signer {
    /// Checks an operation and makes its requests, each with its own id. Sends nothing.
    ///
    /// # Errors
    /// [`Error::Argument`] if the settings do not allow the operation; [`Error::Config`] or
    /// [`Error::MissingArgument`] if no address can be formed for it; [`Error::Config`] if the settings require the OpenPGP
    /// certificate of each key, and one is missing, or if a key's id is that of several.
    pub fn prepare(&self, operation: &Operation) -> Result<Run, Error> {
        let route = self.operation_route(operation)?;
        let mut stamps = Stamps::new();
        let ledger = self.ledger(operation, &mut || stamps.draw())?;
        self.warn(operation);
        Ok(Run { route, ledger, journal: None })
    }

    /// The addresses for these fields, and the client id.
    pub(super) fn route(&self, fields: &[(&'static str, Option<String>)]) -> Result<Route, Error> {
        let settings = &self.settings;
        let address = |key, template| settings.render_address(key, template, &self.creator, fields);
        let send_to = address("topic_send_to", &settings.send_to)?;
        let listen_to = address("topic_listen_to", &settings.listen_to)?;
        settings.check_distinct(&send_to, &listen_to)?;
        let client_id = self.client_id(fields)?;
        Ok(Route { send_to, listen_to, client_id, ..Route::default() })
    }

    /// The client id over MQTT for these fields, if the settings have one.
    pub(super) fn client_id(
        &self,
        fields: &[(&'static str, Option<String>)],
    ) -> Result<Option<String>, Error> {
        let settings = &self.settings;
        let template = settings.mqtt_client_id.as_ref();
        let id =
            |template| settings.render_address("mqtt_client_id", template, &self.creator, fields);
        template.map(id).transpose()
    }

    /// The addresses of an operation whose replies are not too large.
    pub(super) fn operation_route(&self, operation: &Operation) -> Result<Route, Error> {
        let route = self.route(&operation.fields(self.requester.as_deref()))?;
        operation.fits(self.settings.max_message_size)?;
        Ok(route)
    }

    /// The ledger of an operation, which judges the values in replies.
    pub(super) fn ledger(
        &self,
        operation: &Operation,
        next: &mut dyn FnMut() -> Stamp,
    ) -> Result<Ledger, Error> {
        let ledger = Ledger::new(operation, &self.context(), next, &self.settings.message_id_key)
            .map_err(|error| self.settings.located(error))?;
        #[cfg(feature = "verify")]
        if let Some(judge) = verification::judge(self.keyring.as_ref(), operation, &self.settings)?
        {
            return Ok(ledger.judged_by(judge));
        }
        Ok(ledger)
    }

    /// What requests contain besides the operation.
    pub(super) fn context(&self) -> Context<'_> {
        let settings = &self.settings;
        Context {
            creator: &self.creator,
            environment: &settings.environment,
            service: &settings.service,
            task_id_attribute: &settings.task_id_attribute,
            key_aliases: &settings.key_aliases,
            chunk_size: settings.chunk_size,
            trace: self.trace.as_ref(),
        }
    }

    /// Warns of keys that the signing server probably does not know.
    pub(super) fn warn(&self, operation: &Operation) {
        for doubt in operation.doubtful_keys(&self.settings.key_aliases) {
            log::warn!("{doubt}");
        }
    }
}
