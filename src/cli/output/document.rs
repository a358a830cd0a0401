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
    let Asked { requester, texts, .. } = asked;
    let operation = asked.rest();
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
    for (place, entry) in results(run).into_iter().enumerate() {
        out.write_all(if place == 0 { b"" } else { b", " })?;
        let reply = run.entries()[entry].reply();
        out.write_all(reply.map_or("\"\"", |reply| &reply.document).as_bytes())?;
    }
    out.write_all(b"], \"operation\": ")?;
    operation.write_echo(out, requester.as_deref(), texts)?;
    writeln!(out, ", \"signing_keys\": {}}}", pyjson::to_string(&json!(operation.key_ids())))
}

/// The number of the request for each result: for each item, each key, also if one request is for several; or for each
/// batch.
fn results(run: &Run) -> Vec<usize> {
    if run.entries().iter().any(|entry| entry.request().is_batch()) {
        return (0..run.entries().len()).collect();
    }
    run.places().map(|(entry, _)| entry).collect()
}

/// Writes one signed value a line, in the order of the input; an empty line for a missing one.
///
/// # Errors
/// Those of `out`.
pub(super) fn write_raw(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    run.signed_values().try_for_each(|value| writeln!(out, "{value}"))
}
