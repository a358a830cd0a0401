//! `check`: what a run would meet, on standard output.

mod advice;
mod document;
mod lines;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    begin, is_broken_pipe, operation,
    options::Options,
    output::{check_stdout, to_stdout},
    report, signals,
    topic::Topic,
};
use crate::{
    Error, Status,
    config::Overrides,
    preflight::{Kind, Learned, Report, State, Step, Task},
    signing::{Key, TaskId},
};

/// Checks, prints what was found, and returns the status that a run would end with.
pub(super) fn check(topic: &Topic, options: &Options, overrides: Overrides) -> u8 {
    let mut output = Output { json: options.json, failure: None };
    let arguments = || Ok((task(options)?, keys(options)?));
    let (task, keys) = match check_stdout().and_then(|()| arguments()) {
        Ok(arguments) => arguments,
        Err(error) => {
            report::print_error(&topic.tool, &error);
            return Status::of_error(&error).code();
        }
    };
    let report = found(topic, options, overrides, (task.as_ref(), &keys), &mut output);
    let status = report.result.as_ref().err().map_or(Status::Signed, Status::of_error);
    let code = match signals::status() {
        Some(code) if status == Status::Interrupted => code,
        _ => status.code(),
    };
    output.end(&report, code, &advice::of(&report, task.is_some()));
    let Some(error) = output.failure else { return code };
    if !is_broken_pipe(&error) {
        report::print_error(&topic.tool, &error);
    }
    status.max(Status::of_error(&error)).code()
}

/// The task whose addresses are checked.
///
/// # Errors
/// An argument that is wrong.
fn task(options: &Options) -> Result<Option<Task>, Error> {
    operation::check_names(options)?;
    let task_id = options.task_id.as_deref().map(TaskId::new).transpose()?;
    Ok(task_id.map(|task_id| Task { task_id, repo: options.repo.clone() }))
}

/// The keys whose certificates are looked for.
///
/// # Errors
/// An argument that is wrong.
fn keys(options: &Options) -> Result<Vec<Key>, Error> {
    options.signing_key.iter().map(Key::new).collect()
}

/// Checks, and prints each part as soon as it is over.
fn found(
    topic: &Topic,
    options: &Options,
    overrides: Overrides,
    (task, keys): (Option<&Task>, &[Key]),
    output: &mut Output,
) -> Report {
    let begun = Instant::now();
    let (settings, limits) = begin::begin(topic, options, overrides);
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return output.stop(Vec::new(), Kind::Configuration, error),
    };
    let took = begun.elapsed();
    let (path, section) = (settings.path().to_owned(), settings.section());
    let learned = Learned::Configuration { path, section };
    let configuration = Step { took, ..Step::new(Kind::Configuration, None, Some(learned)) };
    output.print(&lines::of_steps(std::slice::from_ref(&configuration)));
    let (ca, verify_keys) = (settings.ca.clone(), settings.verify_keys.clone());
    let signer = match limits.signer(settings, options.requester.as_deref(), None) {
        Ok(signer) => signer,
        Err(error) => {
            let kind = kind_of(&error, ca.as_deref(), &verify_keys);
            return output.stop(vec![configuration], kind, error);
        }
    };
    let mut local = signer.files();
    local[0] = configuration;
    local[1].took = begun.elapsed() - took;
    let of_keys = signer.verification(keys);
    local.extend(of_keys.as_ref().into_iter().flatten().cloned());
    output.print(&lines::of_steps(&local[1..]));
    if let Err(error) = of_keys {
        return output.stop(local, Kind::Verification, error);
    }
    match signer.check(task, |broker| output.print(&lines::of_broker(broker))) {
        Ok(report) => Report { local, ..report },
        Err(error) => output.stop(local, Kind::Configuration, error),
    }
}

/// The step that an error of the client's own files belongs to.
fn kind_of(error: &Error, ca: Option<&Path>, verify_keys: &[PathBuf]) -> Kind {
    let is_of_keyring = |path: &Path| verify_keys.iter().any(|keys| path.starts_with(keys));
    match error {
        Error::Certificate { path, .. } if ca.is_some_and(|ca| path.starts_with(ca)) => {
            Kind::Authorities
        }
        Error::Certificate { path, .. } if is_of_keyring(path) => Kind::Verification,
        Error::Certificate { .. } | Error::MissingArgument { .. } => Kind::Certificate,
        _ => Kind::Configuration,
    }
}

/// Prints lines as they become known, unless a document is asked for.
struct Output {
    json: bool,
    failure: Option<Error>,
}

impl Output {
    fn print(&mut self, text: &str) {
        if !self.json && self.failure.is_none() {
            self.failure = to_stdout(|out| out.write_all(text.as_bytes())).err();
        }
    }

    /// The report of a check that ends before anything connects.
    fn stop(&mut self, mut local: Vec<Step>, kind: Kind, error: Error) -> Report {
        let problem = Some(operation::words(&error));
        let step = Step { state: State::Failed, problem, ..Step::new(kind, None, None) };
        self.print(&lines::of_steps(std::slice::from_ref(&step)));
        local.push(step);
        Report { local, brokers: Vec::new(), result: Err(error) }
    }

    fn end(&mut self, report: &Report, code: u8, advice: &str) {
        if self.json {
            let document = document::of(report, code, advice);
            self.failure = to_stdout(|out| writeln!(out, "{document}")).err();
        } else {
            self.print(&format!("{advice}\n"));
        }
    }
}
