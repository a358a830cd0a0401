//! The command line: the only code that prints.

/// Prints a line on standard error. Where that takes no more, the exit status must tell it all.
macro_rules! tell {
    ($($words:tt)*) => { $crate::cli::streams::tell(format_args!($($words)*)) };
}

mod args;
mod argv;
mod config_file;
mod document;
mod help;
mod input;
mod logging;
mod remedy;
mod report;
mod signals;
mod streams;

use std::{ffi::OsString, path::PathBuf};

use args::{Arguments, Common, What};
use argv::{Parsed, Style};
use signals::Signals;

use crate::{
    Error, Interrupt, Operation, Settings, Signer, SignerType, Status,
    config::default_paths,
    signing::{BlobSign, ClearSign, ContainerSign, Keys},
};

/// Does what the command line asks for, the program's own name being its first word; the exit
/// status is one of [`Status`].
pub fn run(argv: Vec<OsString>) -> u8 {
    let parsed = argv::parse(argv).and_then(|parsed| match parsed {
        Parsed::Run(invocation) => Ok(Action::Sign(
            invocation.style,
            invocation.tool.clone(),
            args::arguments(invocation)?,
        )),
        Parsed::Help(topic) => Ok(Action::Print(topic.text())),
        Parsed::Version => Ok(Action::Print(version())),
    });
    match parsed {
        Ok(Action::Sign(style, tool, arguments)) => sign(style, &tool, arguments),
        Ok(Action::Print(text)) => {
            match document::to_stdout(|out| out.write_all(text.as_bytes())) {
                Ok(()) => 0,
                Err(error) => Status::of_error(&error).code(),
            }
        }
        Err(usage) => {
            tell!("{}: {usage}", usage.tool);
            Status::Usage.code()
        }
    }
}

enum Action {
    Sign(Style, String, Arguments),
    Print(String),
}

/// Our version, that of Proton's headers, and that of the OpenSSL that runs.
fn version() -> String {
    format!(
        "amqp-messenger {} (Qpid Proton {}, {})\n",
        env!("CARGO_PKG_VERSION"),
        env!("PROTON_VERSION"),
        openssl::version::version()
    )
}

/// Signs, prints what came of it, and answers with the exit status.
fn sign(style: Style, tool: &str, arguments: Arguments) -> u8 {
    let raw = arguments.common.raw;
    let outcome = start(style, arguments).and_then(|(signer, operation, signals)| {
        let run = signer.prepare(&operation)?;
        document::check_stdout()?;
        Ok((signer, operation, signals, run))
    });
    let (signer, operation, signals, mut run) = match outcome {
        Ok(started) => started,
        Err(error) => {
            report::print_error(tool, &error);
            return if style == Style::Reference {
                reference_status(&error)
            } else {
                Status::of_error(&error).code()
            };
        }
    };
    let result = signer.sign(&mut run);
    let printed =
        if raw { document::print_raw(&run) } else { document::print(&operation, &run, &result) };
    if let Err(error) = &result {
        report::print_error(tool, error);
    }
    report::print_entries(tool, &run, &result);
    if let Err(error) = &printed
        && !is_broken_pipe(error)
    {
        report::print_error(tool, error);
    }
    let status = Status::of_run(&result, run.entries());
    // To the reference a refusal by the signing server is a success, unless only values are printed;
    // whatever makes the document's status an error beside it is none.
    let all_replied = printed.is_ok() && report::causes(&run, &result).is_empty();
    let status = printed.map_or_else(|error| status.max(Status::of_error(&error)), |()| status);
    match (style, signals.status()) {
        (Style::Reference, _) => u8::from(!all_replied || (raw && status == Status::Refused)),
        (Style::Native, Some(code)) if status == Status::Interrupted => code,
        (Style::Native, _) => status.code(),
    }
}

/// Whoever reads our output may stop reading: nobody is left to be told.
fn is_broken_pipe(error: &Error) -> bool {
    matches!(error, Error::LocalFile { source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe)
}

/// The reference knows 2 for usage, and 1 for everything else that is wrong.
fn reference_status(error: &Error) -> u8 {
    if Status::of_error(error) == Status::Usage { Status::Usage.code() } else { 1 }
}

/// Reads everything that a run needs before it connects.
fn start(style: Style, arguments: Arguments) -> Result<(Signer, Operation, Signals), Error> {
    let signer_type = match &arguments.what {
        What::Container { signer_type, .. } | What::Blob { signer_type, .. } => *signer_type,
        What::Clear { .. } => SignerType::Single,
    };
    let path = config_file::choose(arguments.common.config_file.as_deref(), &default_paths())?;
    let settings = Settings::load(&path, signer_type)?;
    logging::start(arguments.common.log_level, settings.log_level);
    let requester = arguments.common.requester.clone();
    let operation = operation(style, arguments)?;
    let mut signer = Signer::new(settings, requester.as_deref())?;
    let stopped = |source| Error::LocalFile { path: PathBuf::from("signal handlers"), source };
    let interrupt = Interrupt::new().map_err(stopped)?;
    let signals = Signals::install(&interrupt).map_err(stopped)?;
    signer.set_interrupt(interrupt);
    Ok((signer, operation, signals))
}

fn operation(style: Style, arguments: Arguments) -> Result<Operation, Error> {
    let Common { keys, key_names, task_id, requester, .. } = arguments.common;
    let keys = Keys { ids: keys, names: key_names };
    Ok(match arguments.what {
        What::Container { digests, references, .. } => {
            Operation::Container(ContainerSign { digests, references, keys, task_id, requester })
        }
        What::Clear { repo, inputs } => {
            let latin_1 = style == Style::Reference;
            let inputs = inputs
                .iter()
                .map(|argument| input::text(argument, latin_1))
                .collect::<Result<_, _>>()?;
            Operation::Clear(ClearSign { inputs, keys, task_id, repo, requester })
        }
        What::Blob { files, .. } => {
            let blobs = files.iter().map(|path| input::file(path)).collect::<Result<_, _>>()?;
            Operation::Blob(BlobSign { blobs, keys, task_id, requester })
        }
    })
}
