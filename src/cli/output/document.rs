//! The JSON document, or the signed values.

use std::io::{self, Write};

use crate::{
    Error, Run,
    cli::{operation::Asked, report},
    signing::pyjson,
};
use serde_json::json;

/// Writes the document that pubtools-sign prints, with everything that was received; an item without
/// a reply is `""`.
///
/// # Errors
/// Those of `out`.
pub(super) fn write(
    out: &mut dyn Write,
    asked: &Asked,
    run: &Run,
    result: &Result<(), Error>,
) -> io::Result<()> {
    let Asked { operation, requester, texts, .. } = asked;
    let causes = report::causes(run, result);
    let status = if causes.is_empty() { "ok" } else { "error" };
    let message: String =
        causes.iter().map(|(name, description)| format!("{name} : {description}\n")).collect();
    write!(
        out,
        "{{\"signer_result\": {}",
        pyjson::to_string(&json!({"status": status, "error_message": message}))
    )?;
    out.write_all(b", \"operation_results\": [")?;
    for (index, entry) in run.entries().iter().enumerate() {
        out.write_all(if index == 0 { b"" } else { b", " })?;
        out.write_all(entry.reply().map_or("\"\"", |reply| &reply.document).as_bytes())?;
    }
    out.write_all(b"], \"operation\": ")?;
    operation.write_echo(out, requester.as_deref(), texts)?;
    writeln!(out, ", \"signing_keys\": {}}}", pyjson::to_string(&json!(operation.key_ids())))
}

/// Writes one signed value a line, in the order of the input; an empty line for a missing one.
///
/// # Errors
/// Those of `out`.
pub(super) fn write_raw(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    run.signed_values().try_for_each(|value| writeln!(out, "{value}"))
}
