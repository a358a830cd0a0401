//! `verify`: the check of signatures alone, of what a run wrote.

mod folder;
mod meanings;
mod results;

use std::{collections::BTreeMap, ffi::OsStr, path::PathBuf, sync::Arc, time::SystemTime};

use super::{
    commands::{Command, Kind},
    config_file, logging, operation,
    operation::Asked,
    options::Options,
    output::{Item, Pair, Pairs},
    report,
    style::Style,
    topic::Topic,
};
use crate::{
    Argument, Error, Status,
    config::{Overrides, default_paths, is_there},
    error::printable,
    signing::Items,
    verify::{self, Certificate, Found, Keyring},
};

pub(super) use meanings::MEANINGS;

/// The values that should be a signature of one item by one key.
#[derive(Default)]
struct Candidates {
    /// Each with its place, or why it is none.
    values: Vec<(String, Result<Vec<u8>, String>)>,
    /// Whether one good value suffices; otherwise each is one that someone may take.
    any: bool,
}

/// Verifies, reports a line for each failure, and returns the exit status.
pub(super) fn verify(topic: &Topic, mut options: Options, overrides: Overrides) -> u8 {
    let quiet = options.quiet;
    let kind = kind(&options.inputs.remove(0).0);
    let judged = judge(kind, options, overrides);
    let Judged { good, count, failures } = match judged {
        Ok(judged) => judged,
        Err(error) => {
            report::print_error(&topic.tool, &error);
            return Status::of_error(&error).code();
        }
    };
    for failure in &failures {
        tell!("{}: {failure}", topic.tool);
    }
    if !quiet {
        tell!("{}: {good} of {count} signatures are good", topic.tool);
    }
    if failures.is_empty() { Status::Signed } else { Status::BadReply }.code()
}

/// What was signed, by the name of the command that signed; the parser knows it.
pub(super) fn kind(name: &OsStr) -> Kind {
    let kinds = [Kind::Container, Kind::Clear, Kind::Blob];
    let found = kinds.into_iter().find(|kind| name == Command::Sign(*kind).name());
    found.unwrap_or(Kind::Container)
}

/// How many signatures are good, of how many; and what is wrong with the others, and with the results.
struct Judged {
    good: usize,
    count: usize,
    failures: Vec<String>,
}

/// Reads what is to be verified and by what, and verifies it.
fn judge(kind: Kind, mut options: Options, overrides: Overrides) -> Result<Judged, Error> {
    let source = results::Source::of(&options)?;
    let (quiet, log_level) = (options.quiet, options.log_level);
    let settings = settings(&options, overrides);
    // A wrong command line counts before a wrong configuration.
    let read = settings.as_ref().ok().and_then(Option::as_ref);
    logging::start(quiet, log_level, read.and_then(|settings| settings.log_level));
    let own_keys: Vec<_> = options.verify_keys.iter().map(|path| PathBuf::from(&path.0)).collect();
    // Requests are not made.
    options.task_id.get_or_insert_with(|| "none".into());
    let asked = operation::operation(Style::Native, kind, options, None)?;
    let settings = settings?;
    let (aliases, keys) = match settings {
        Some(settings) => (settings.key_aliases, settings.verify_keys),
        None => (BTreeMap::new(), own_keys),
    };
    let Some(path) = keys.first() else {
        let problem = "no certificates to verify with; give --verify-keys";
        return Err(Error::argument(Argument::List, problem));
    };
    let keyring = Keyring::load(&keys)?;
    let pairs = Pairs::asked_for(&asked);
    let mut certificates = BTreeMap::new();
    for number in 0..pairs.len() {
        let id = pairs.get(number).key.id();
        if !certificates.contains_key(id) {
            let name = aliases.get(id).map_or(id, String::as_str);
            let found = certificates_of(&keyring, name)
                .map_err(|problem| Error::Certificate { path: path.clone(), problem })?;
            if found.len() > 1 {
                log::warn!(
                    "\"{}\" is neither an alias nor a key id: a signature by any certificate counts",
                    printable(id)
                );
            }
            certificates.insert(id, found);
        }
    }
    let (found, mut failures) = source.read(&asked, &pairs)?;
    let now = SystemTime::now();
    let mut good = 0;
    for (number, candidates) in found.iter().enumerate() {
        let pair = pairs.get(number);
        let wrong = fault(&asked, pair, candidates, &certificates[pair.key.id()], now)?;
        good += usize::from(wrong.is_none());
        let key = pair.key.name().filter(|name| !name.is_empty()).unwrap_or(pair.key.id());
        let (item, key) = (printable(&pair.item.to_string()), printable(key));
        failures.extend(wrong.map(|wrong| format!("{item} by {key}: {wrong}")));
    }
    Ok(Judged { good, count: pairs.len(), failures })
}

/// The configuration, which is not needed if the options say everything.
fn settings(options: &Options, overrides: Overrides) -> Result<Option<crate::Settings>, Error> {
    let named = options.config_file.as_ref().map(|path| path.0.as_ref());
    let is_usual = || default_paths().iter().any(|path| is_there(path));
    if named.is_none() && options.set.is_empty() && !is_usual() && !options.verify_keys.is_empty() {
        return Ok(None);
    }
    config_file::read(named, options.signer_type, overrides).map(Some)
}

/// The certificates of a key, or why there are none.
fn certificates_of(keyring: &Keyring, key: &str) -> Result<Vec<Arc<Certificate>>, String> {
    match keyring.find(key) {
        Found::Certificates(found) => Ok(found),
        Found::Missing => {
            Err(format!("no certificate of the key \"{}\" is there; add it", printable(key)))
        }
        Found::Ambiguous(found) => {
            let names: Vec<_> = found.iter().map(|it| it.shown()).collect();
            let (key, names) = (printable(key), names.join(", "));
            Err(format!(
                "the key \"{key}\" is the end of several ids: {names}; give a whole fingerprint"
            ))
        }
    }
}

/// What is wrong with the values of a pair, if so.
///
/// # Errors
/// [`Error::InputFile`] if the file that was signed cannot be read.
fn fault(
    asked: &Asked,
    pair: Pair<'_>,
    candidates: &Candidates,
    certificates: &[Arc<Certificate>],
    now: SystemTime,
) -> Result<Option<String>, Error> {
    let content = match asked.operation.items() {
        Items::Images(_) => Vec::new(),
        Items::Texts { texts, .. } => texts[pair.index].read()?.to_vec(),
        Items::Blobs(blobs) => blobs[pair.index].read()?.to_vec(),
    };
    let expected = match (asked.operation.items(), pair.item) {
        (_, Item::Image { reference, digest, .. }) => verify::Asked::Claim { digest, reference },
        (Items::Texts { .. }, _) => verify::Asked::Text(&content),
        _ => verify::Asked::File(&content),
    };
    let mut last = None;
    for (place, value) in &candidates.values {
        let checked = match value {
            Ok(value) => verify::check(value, &expected, certificates, now)
                .map_err(|fault| fault.to_string()),
            Err(problem) => Err(problem.clone()),
        };
        match checked {
            Ok(()) if candidates.any => return Ok(None),
            Ok(()) => {}
            Err(problem) if candidates.any => last = Some(format!("{place}: {problem}")),
            Err(problem) => return Ok(Some(format!("{place}: {problem}"))),
        }
    }
    Ok(match candidates.values.is_empty() {
        true => Some("there is no signature".into()),
        false => last,
    })
}
