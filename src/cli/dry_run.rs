//! What a run would send, for `--dry-run`.

use std::io;

use serde_json::{Map, Value};

use super::output;
use crate::{Error, Run, signing::pyjson};

/// Prints each request on a line of JSON: its address, its application properties, if messages have any, and its body.
///
/// # Errors
/// [`Error::InputFile`] if a file cannot be read; [`Error::LocalFile`] if standard output cannot be written to.
pub(super) fn print(run: &Run, has_properties: bool) -> Result<(), Error> {
    let address = pyjson::quoted(run.send_to());
    let mut unreadable = None;
    let printed = output::to_stdout(|out| {
        for entry in run.entries() {
            let message = match entry.request().message() {
                Ok(message) => message,
                Err(error) => {
                    unreadable = Some(error);
                    return Err(io::ErrorKind::Other.into());
                }
            };
            let properties = message.properties.iter().filter(|_| has_properties);
            let properties: Map<_, _> = properties
                .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
                .collect();
            let properties = pyjson::to_string(&Value::Object(properties));
            let body = &message.body;
            writeln!(
                out,
                "{{\"address\": {address}, \"properties\": {properties}, \"body\": {body}}}"
            )?;
        }
        Ok(())
    });
    unreadable.map_or(printed, Err)
}
