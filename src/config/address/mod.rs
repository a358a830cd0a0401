//! Makes an address from its template and an operation's fields.

mod consumer;
mod value;

use super::{Protocol, Settings, Template, mqtt};
use crate::error::{Argument, Error, printable};
use consumer::Doubt;

impl Settings {
    /// Lists the settings that are fields of an address, with their values.
    pub(crate) fn address_fields(&self) -> Vec<(&'static str, Option<String>)> {
        let path = |path: &Option<std::path::PathBuf>| {
            path.as_ref().map(|path| path.display().to_string())
        };
        let mut fields = vec![
            ("environment", Some(self.environment.clone())),
            ("service", Some(self.service.clone())),
            ("timeout", Some(self.timeout.as_secs().to_string())),
            ("retries", Some(self.retries.to_string())),
            ("send_retries", Some(self.send_retries.to_string())),
            ("message_id_key", Some(self.message_id_key.clone())),
            ("task_id_attribute", Some(self.task_id_attribute.clone())),
            ("log_level", self.log_level_text.clone()),
            ("messaging_cert_key", path(&self.certificate)),
            ("messaging_ca_cert", path(&self.ca)),
        ];
        fields.extend(self.chunk_size.map(|size| ("chunk_size", Some(size.to_string()))));
        fields
    }

    /// Puts the fields of the operation, the creator and the settings into an address, or into the client id.
    ///
    /// `key` is the template's key, `topic_send_to`, `topic_listen_to` or `mqtt_client_id`. `creator` is the name in the
    /// requests. An operation's field has no value if its argument was not given. The operation's fields
    /// take precedence over the settings. A value must not contain what has a meaning in a broker's addresses:
    /// it could otherwise reach addresses that the template's author did not intend.
    ///
    /// # Errors
    /// [`Error::Argument`] for a value of an argument; [`Error::MissingArgument`] for a field without a value, and
    /// for a certificate's name that cannot be used, or none at all; [`Error::Config`] for an unknown field.
    pub(crate) fn render_address(
        &self,
        key: &'static str,
        template: &Template,
        creator: &str,
        operation: &[(&'static str, Option<String>)],
    ) -> Result<String, Error> {
        let address = self.rendered(key, template, creator, operation)?;
        if let Some(Doubt::Unusual(problem)) = consumer::doubt(&address)
            && key == LISTEN_TO
            && self.protocol() == Protocol::Amqp
        {
            log::warn!(
                "{key}: {}: expected one segment, queue://Consumer.NAME.VirtualTopic.TOPIC",
                printable(&problem)
            );
        }
        Ok(address)
    }

    /// Checks that requests do not come back as replies, as they would over MQTT.
    ///
    /// # Errors
    /// [`Error::Config`] if both addresses are one topic.
    pub(crate) fn check_distinct(&self, send_to: &str, listen_to: &str) -> Result<(), Error> {
        if self.protocol() == Protocol::Mqtt && send_to == listen_to {
            let problem = format!("\"{}\": {}", printable(listen_to), mqtt::SAME);
            return Err(self.sources.fail(LISTEN_TO, problem));
        }
        Ok(())
    }

    /// Does the same as [`Settings::render_address`] without a warning of what is only doubtful.
    pub(crate) fn rendered(
        &self,
        key: &'static str,
        template: &Template,
        creator: &str,
        operation: &[(&'static str, Option<String>)],
    ) -> Result<String, Error> {
        let fields = Fields { settings: self, key, creator, operation };
        if creator.is_empty() {
            let problem = "the client certificate names no creator (neither CN nor UID)".into();
            return Err(missing(Argument::Requester, fields.fail(problem)));
        }
        // Only ActiveMQ and Artemis have addresses of this form, and a slash has no meaning for them.
        let slashes = template.begins_with_scheme();
        let is_mqtt = self.protocol() == Protocol::Mqtt;
        let address = template.render(|name| {
            let value = fields.value(name)?;
            let blanks = name != "task_id";
            let fault = match is_mqtt {
                true => value::fault_in_topic(&value, blanks),
                false => value::fault(&value, slashes, blanks),
            };
            match fault {
                None => Ok(value),
                Some(fault) => Err(fields.unfit(name, fault)),
            }
        })?;
        if is_mqtt {
            let read = if key == CLIENT_ID { mqtt::client_id } else { mqtt::topic };
            return read(address).map_err(|problem| fields.fail(problem));
        }
        // Values side by side could make a segment that none of them holds.
        let plain = template.render(|_| Ok::<_, Error>("x".into()))?;
        if consumer::topics(&address) > consumer::topics(&plain) {
            let problem = "the values make a segment VirtualTopic of it, which begins a topic's name on ActiveMQ; \
                put a character between the fields";
            return Err(fields.fail(format!("{}: {problem}", printable(&address))));
        }
        match consumer::doubt(&address) {
            Some(Doubt::NoTopic) if key == LISTEN_TO => {
                let problem =
                    "an empty segment would end the address, and no topic has such a name";
                match template.last_field() {
                    Some(name) => {
                        let value = printable(&fields.value(name)?);
                        Err(fields.unfit(name, format!("\"{value}\" ends with '.'; {problem}")))
                    }
                    None => Err(fields.fail(format!("{}: {problem}", printable(&address)))),
                }
            }
            _ => Ok(address),
        }
    }
}

/// The keys of the address of replies, and of the client id.
const LISTEN_TO: &str = "topic_listen_to";
const CLIENT_ID: &str = "mqtt_client_id";

/// The values that an address may name.
struct Fields<'a> {
    settings: &'a Settings,
    key: &'static str,
    creator: &'a str,
    operation: &'a [(&'static str, Option<String>)],
}

impl Fields<'_> {
    /// The value of a field.
    fn value(&self, name: &str) -> Result<String, Error> {
        if let Some((_, value)) = self.operation.iter().find(|(known, _)| *known == name) {
            let no_value = || missing(argument(name), self.fail(not_given(name)));
            return value.clone().ok_or_else(no_value);
        }
        if name == "creator" {
            return Ok(self.creator.to_owned());
        }
        let settings = self.settings.address_fields();
        match settings.iter().find(|(known, _)| *known == name) {
            Some((_, Some(value))) => Ok(value.clone()),
            Some((_, None)) => {
                Err(self.fail(format!("{{{name}}} has no value; set the key {name}")))
            }
            None => {
                let operation = self.operation.iter().map(|(name, _)| *name);
                let settings = settings.iter().map(|(name, _)| *name);
                let known: Vec<_> = operation.chain(["creator"]).chain(settings).collect();
                let known = known.join(", ");
                Err(self.fail(format!("{{{name}}} is not a field; the fields are {known}")))
            }
        }
    }

    /// The error for a value that cannot be used: the fault is that of the argument, certificate or key that it is from.
    fn unfit(&self, name: &str, fault: String) -> Error {
        let of_argument = |argument| {
            Error::argument(argument, format!("{fault} (it goes into {}); use another", self.key))
        };
        if self.operation.iter().any(|(known, _)| *known == name) {
            return of_argument(argument(name));
        }
        if name != "creator" {
            return self.fail(format!("{{{name}}} is the key {name}: {fault}; change it"));
        }
        let given = |value: &Option<String>| value.as_ref().is_some_and(|value| !value.is_empty());
        if self.operation.iter().any(|(name, value)| *name == "requester" && given(value)) {
            return of_argument(Argument::Requester);
        }
        let problem = format!("{{creator}} is the client certificate's name: {fault}");
        missing(Argument::Requester, self.fail(problem))
    }

    /// The error for the template's key.
    fn fail(&self, problem: String) -> Error {
        self.settings.sources.fail(self.key, problem)
    }
}

fn missing(argument: Argument, reason: Error) -> Error {
    Error::MissingArgument { argument, reason: Box::new(reason) }
}

fn not_given(name: &str) -> String {
    match name {
        "requester" => "{requester} has no value ({creator} always has one)".into(),
        _ => format!("{{{name}}} has no value"),
    }
}

/// The argument that is the value of an operation's field.
fn argument(field: &str) -> Argument {
    match field {
        "requester" => Argument::Requester,
        "repo" => Argument::Repo,
        _ => Argument::TaskId,
    }
}

#[cfg(test)]
mod tests;
