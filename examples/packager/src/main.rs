//! A packaging tool that signs what it has built: `FILE.asc` beside every FILE.
//!
//! ```text
//! cargo run -p packager -- CONFIG KEY TASK-ID FILE…
//! ```
//!
//! Its exit status is that of `amqp-messenger`. Every received signature is written, however the run ended: the
//! next run needs only the rest.

#![allow(clippy::print_stderr)] // It is a command line.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use amqp_messenger::{
    Operation, Settings, Signer, SignerType, Status,
    signing::{Blob, Items, Key, TaskId},
};
use openssl::base64;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let (Some(config), Some(key), Some(task_id)) = (words.next(), words.next(), words.next())
    else {
        eprintln!("usage: packager CONFIG KEY TASK-ID FILE…");
        return ExitCode::from(Status::Usage.code());
    };
    let files: Vec<_> = words.map(PathBuf::from).collect();
    sign(Path::new(&config), key, task_id, &files).map_or_else(
        |error| {
            let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            eprintln!("packager: {error}{cause}");
            let known = error.downcast_ref().map_or(Status::LocalFile, Status::of_error);
            ExitCode::from(known.code())
        },
        |status| ExitCode::from(status.code()),
    )
}

fn sign(
    config: &Path,
    key: String,
    task_id: String,
    files: &[PathBuf],
) -> Result<Status, Box<dyn Error>> {
    let (task_id, key) = (TaskId::new(task_id)?, Key::new(key)?);
    let signer = Signer::new(Settings::load(config, SignerType::Single)?, None)?;
    let read = |path: &PathBuf| {
        let failed = |source| amqp_messenger::Error::InputFile { path: path.clone(), source };
        Blob::new(fs::read(path).map_err(failed)?)
    };
    let blobs = files.iter().map(read).collect::<Result<_, _>>()?;
    let operation = Operation::new(task_id, vec![key], Items::Blobs(blobs))?;
    let mut run = signer.prepare(&operation)?;
    let ended = signer.sign(&mut run);
    if let Err(error) = &ended {
        eprintln!("packager: {error}");
    }
    // One key, so one request for each file, in their order.
    for (file, entry) in files.iter().zip(run.entries()) {
        match entry.signed_values()[0].as_str() {
            "" => eprintln!("packager: {}: not signed: {:?}", file.display(), entry.state()),
            signature => write_beside(file, &base64::decode_block(signature)?)?,
        }
    }
    Ok(Status::of_run(&ended, run.entries()))
}

/// Writes the whole signature, or nothing.
fn write_beside(file: &Path, signature: &[u8]) -> std::io::Result<()> {
    let mut name = file.as_os_str().to_owned();
    name.push(".asc");
    let mut unfinished = name.clone();
    unfinished.push(".new");
    fs::write(&unfinished, signature)?;
    fs::rename(unfinished, name)
}
