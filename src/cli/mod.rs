//! The command line: the only code that prints.

/// Prints a line on standard error. If that fails, only the exit status reports a problem.
macro_rules! tell {
    ($($words:tt)*) => { $crate::cli::streams::tell(format_args!($($words)*)) };
}

mod alarm;
mod argv;
mod bar;
mod begin;
mod bytes;
mod check;
mod choices;
mod commands;
mod completions;
mod config_file;
mod dry_run;
mod format;
mod help;
mod input;
mod items;
mod logging;
mod memory;
mod operand;
mod operation;
mod options;
mod output;
mod overrides;
mod progress;
mod remedy;
mod report;
mod signals;
mod statuses;
mod streams;
mod style;
#[cfg(test)]
mod tables;
mod topic;
mod trace;
mod unblocking;
mod verify;

use std::{ffi::OsStr, io, path::PathBuf};

use argv::Parsed;
use commands::{Command, Kind};
use operation::Asked;
use options::Options;
use output::{Output, Skip, Wanted, to_stdout};
use style::Style;
use topic::{Topic, Usage};

use crate::{
    Error, Signer, Status, config::Overrides, error::printable_path, signing::Observer, transport,
};

/// Does what the command line asks for and returns the exit status, one of [`Status`]. The first word of `argv` is
/// the program's name.
pub fn run(argv: &mut dyn Iterator<Item = &OsStr>) -> u8 {
    memory::set_up();
    match argv::parse(argv) {
        Ok(Parsed::Run(topic, Command::Sign(kind), options)) => {
            match overrides::read(&topic, &options) {
                Ok(overrides) => sign(&topic, kind, *options, overrides),
                Err(usage) => misused(&usage),
            }
        }
        Ok(Parsed::Run(topic, Command::Check, options)) => {
            match overrides::read(&topic, &options) {
                Ok(overrides) => check::check(&topic, &options, overrides),
                Err(usage) => misused(&usage),
            }
        }
        Ok(Parsed::Run(topic, Command::Verify, options)) => {
            match overrides::read(&topic, &options) {
                Ok(overrides) => verify::verify(&topic, *options, overrides),
                Err(usage) => misused(&usage),
            }
        }
        Ok(Parsed::Run(_, Command::Completions, options)) => print(completions::script(&options)),
        Ok(Parsed::Help(topic)) => print(help::text(&topic)),
        Ok(Parsed::Version) => print(version()),
        Err(usage) => misused(&usage),
    }
}

fn misused(usage: &Usage) -> u8 {
    tell!("{}: {usage}", usage.tool);
    Status::Usage.code()
}

fn print(text: String) -> u8 {
    let printed = to_stdout(|out| out.write_all(text.as_bytes()));
    if let Err(error) = &printed
        && !is_broken_pipe(error)
    {
        report::print_error("amqp-messenger", error);
    }
    printed.map_or_else(|error| Status::of_error(&error), |()| Status::Signed).code()
}

/// The version of this program, that of Proton's headers, and that of the OpenSSL that runs.
fn version() -> String {
    format!(
        "amqp-messenger {} (Qpid Proton {}, {})\n",
        env!("CARGO_PKG_VERSION"),
        env!("PROTON_VERSION"),
        openssl::version::version()
    )
}

/// Signs, prints the result, and returns the exit status.
fn sign(topic: &Topic, kind: Kind, options: Options, overrides: Overrides) -> u8 {
    let began = transport::now();
    let (style, tool, raw) = (topic.style, topic.tool.as_str(), options.raw);
    let is_dry = options.dry_run;
    let shows_progress = shows_progress(topic, &options);
    let state = options.state.as_ref().map(|path| PathBuf::from(&path.0));
    let wanted = Wanted::of(&options);
    let outcome = start(topic, kind, options, overrides).and_then(|(signer, asked)| {
        let run = match &state {
            None => signer.prepare(asked.rest())?,
            Some(file) => {
                let existing: Vec<_> = asked.existing.keys().copied().collect();
                let run = signer.prepare_rest(&asked.operation, asked.rest(), &existing, file)?;
                asked.check_existing(file)?;
                run
            }
        };
        asked.warn();
        if is_dry {
            dry_run::print(&run, signer.sends_properties())?;
        }
        Ok((signer, asked, run))
    });
    let refuse = |error: Error| {
        if !is_broken_pipe(&error) {
            report::print_error(tool, &error);
        }
        status_before_sending(style, &error)
    };
    let (signer, asked, mut run) = match outcome {
        Ok(started) => started,
        Err(error) => return refuse(error),
    };
    if is_dry {
        return Status::Signed.code();
    }
    let output = match Output::new(&asked, &run, wanted) {
        Ok(output) => output,
        Err(error) => return refuse(error),
    };
    let progress = shows_progress.then(|| progress::begin(run.entries()));
    let mut observers = output.observers();
    observers.extend(progress.map(|progress| progress as &dyn Observer));
    let begun = output.begin(&run);
    let result = begun.and_then(|()| signer.sign_observed(&mut run, &observers));
    progress.inspect(|progress| progress.end());
    let printed = output.end(&run, &result);
    match &result {
        // Its lines would say only that nothing more was read.
        Err(error) if is_broken_pipe(error) => return Status::of_error(error).code(),
        Err(error) => report::print_error(tool, error),
        Ok(()) => {}
    }
    report::print_entries(tool, &run, &result);
    if let Some(remedy) = remedy::of_silence(signer.protocol(), &run, &result) {
        tell!("{tool}: {remedy}");
    }
    if let Err(error) = &printed
        && !is_broken_pipe(error)
    {
        report::print_error(tool, error);
    }
    let status = Status::of_run(&result, run.entries());
    if let Some(file) = state.filter(|_| status != Status::Signed) {
        let file = printable_path(&file);
        tell!("{tool}: the same command with --state {file} goes on from here");
    }
    if shows_progress {
        progress::summary::print(&run, began);
    }
    // For pubtools-sign a refusal by the signing server is a success, unless only values are printed;
    // every other cause of an error in the document is a failure.
    let all_replied = printed.is_ok() && report::causes(&run, &result).is_empty();
    let status = printed.map_or_else(|error| status.max(Status::of_error(&error)), |()| status);
    match (style, signals::status()) {
        (Style::PubtoolsSign, _) => u8::from(!all_replied || (raw && status == Status::Refused)),
        (Style::Native, Some(code)) if status == Status::Interrupted => code,
        (Style::Native, _) => status.code(),
    }
}

/// pubtools-sign shows none.
fn shows_progress(topic: &Topic, options: &Options) -> bool {
    topic.style == Style::Native && !options.quiet
}

/// A reader of standard output may stop reading; that needs no message.
fn is_broken_pipe(error: &Error) -> bool {
    matches!(error, Error::LocalFile { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
}

/// The exit status of an error before anything is sent. pubtools-sign has 2 for wrong usage, and 1 for every other error.
fn status_before_sending(style: Style, error: &Error) -> u8 {
    match (style, Status::of_error(error)) {
        (Style::Native, status) | (Style::PubtoolsSign, status @ Status::Usage) => status.code(),
        (Style::PubtoolsSign, _) => 1,
    }
}

/// Reads everything that a run needs before it connects.
fn start(
    topic: &Topic,
    kind: Kind,
    options: Options,
    overrides: Overrides,
) -> Result<(Signer, Asked), Error> {
    let pulse = shows_progress(topic, &options).then(progress::pulse);
    let (settings, limits) = begin::begin(topic, &options, overrides);
    let skip = Skip::of(&options);
    // A wrong command line counts before a wrong configuration, and that before a wrong certificate.
    let mut asked = operation::operation(topic.style, kind, options, limits.alarm.as_ref())?;
    let settings = settings?;
    Signer::check_arguments(&settings, &asked.operation, asked.requester.as_deref())?;
    if let Some(skip) = skip {
        if let Some(alarm) = &limits.alarm {
            alarm.reading(&printable_path(skip.folder()));
        }
        skip.leave_out(&mut asked, &settings.key_aliases)?;
    }
    let requester = asked.requester.as_deref();
    let mut signer = limits.signer(settings, requester, pulse)?;
    if topic.style == Style::Native
        && let Some(trace) = trace::of_environment()
    {
        signer.set_trace(trace);
    }
    Ok((signer, asked))
}
