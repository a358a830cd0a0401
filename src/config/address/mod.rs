//! Makes an address from its template and an operation's fields.

use super::{Settings, Template};
use crate::error::{Argument, Error};

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

    /// Puts the fields of the operation, the creator and the settings into an address.
    ///
    /// `key` is the template's key, `topic_send_to` or `topic_listen_to`. `creator` is the name in the
    /// requests. An operation's field has no value if its argument was not given. The operation's fields
    /// take precedence over the settings. A value must not contain wildcards or control characters:
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
        let fail = |problem| Error::Config {
            path: self.path.clone(),
            key: format!("{}.{key}", self.section),
            problem,
        };
        if creator.is_empty() {
            let problem = "the client certificate names no creator (neither CN nor UID)".into();
            return Err(missing(Argument::Requester, fail(problem)));
        }
        let settings = self.address_fields();
        template.render(|name| {
            if let Some((_, value)) = operation.iter().find(|(known, _)| *known == name) {
                let argument = argument(name);
                let value =
                    value.as_deref().ok_or_else(|| missing(argument, fail(not_given(name))))?;
                return match fault(value, name == "task_id") {
                    None => Ok(value.into()),
                    Some(fault) => {
                        Err(Error::argument(argument, format!("{fault} (it goes into {key})")))
                    }
                };
            }
            if name == "creator" {
                let given =
                    |value: &Option<String>| value.as_ref().is_some_and(|value| !value.is_empty());
                let requester =
                    operation.iter().any(|(name, value)| *name == "requester" && given(value));
                return match fault(creator, false) {
                    None => Ok(creator.into()),
                    Some(fault) if requester => {
                        let problem = format!("{fault} (it goes into {key})");
                        Err(Error::argument(Argument::Requester, problem))
                    }
                    Some(fault) => {
                        let problem =
                            format!("{{creator}} is the client certificate's name: {fault}");
                        Err(missing(Argument::Requester, fail(problem)))
                    }
                };
            }
            match settings.iter().find(|(known, _)| *known == name) {
                Some((_, Some(value))) => match fault(value, false) {
                    None => Ok(value.clone()),
                    Some(fault) => {
                        Err(fail(format!("{{{name}}} is the key {name}: {fault}; change it")))
                    }
                },
                Some((_, None)) => {
                    Err(fail(format!("{{{name}}} has no value; set the key {name}")))
                }
                None => {
                    let operation = operation.iter().map(|(name, _)| *name);
                    let all =
                        operation.chain(["creator"]).chain(settings.iter().map(|(name, _)| *name));
                    let known = all.collect::<Vec<_>>().join(", ");
                    Err(fail(format!("{{{name}}} is not a field; the fields are {known}")))
                }
            }
        })
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

/// What makes a value unfit for an address, if anything.
fn fault(value: &str, blanks_too: bool) -> Option<String> {
    if value.is_empty() {
        return Some("it is empty".into());
    }
    let found =
        |c: &char| c.is_control() || "*>#".contains(*c) || (blanks_too && c.is_whitespace());
    let c = value.chars().find(found)?;
    let what = match c {
        '*' | '>' | '#' => "wildcard",
        _ if c.is_control() => "control character",
        _ => "blank",
    };
    Some(format!("\"{}\" holds the {what} {c:?}", crate::error::printable(value)))
}

#[cfg(test)]
mod tests;
