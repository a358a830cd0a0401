//! Instructions, by callgrind: stable where time is not.

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use argh::FromArgs;

use crate::{background::Background, work};

/// Counts the instructions of a start with one signature, and of each further request: the slope between 1000 and 3000.
/// Needs valgrind, and a release build.
#[derive(FromArgs)]
#[argh(subcommand, name = "instructions")]
pub(crate) struct Options {
    /// the program; default: amqp-messenger beside this one
    #[argh(option)]
    program: Option<PathBuf>,

    /// folder for callgrind.out.1, .1000 and .3000, to be read by callgrind_annotate
    #[argh(option)]
    keep: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let program = match &options.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()?.with_file_name("amqp-messenger"),
    };
    let folder = tempfile::tempdir()?;
    let broker = Background::start(folder.path(), &[])?;
    let kept = options.keep.as_deref().unwrap_or(folder.path());
    let count = |requests| count(&program, &broker.config, requests, kept);
    let (one, few, many) = (count(1)?, count(1000)?, count(3000)?);
    println!("start and one signature {:9.3} million", one as f64 / 1e6);
    println!("each request            {:9.3} thousand", (many - few) as f64 / 2000.0 / 1e3);
    println!("broker: {}", broker.stop()?);
    Ok(ExitCode::SUCCESS)
}

/// The instructions of a process that signs so many images.
fn count(
    program: &Path,
    config: &Path,
    requests: usize,
    kept: &Path,
) -> Result<u64, Box<dyn Error>> {
    let file = kept.join(format!("callgrind.out.{requests}"));
    let mut command = Command::new("valgrind");
    command
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(program)
        .args(work::images(requests, config));
    // An environment that is the same everywhere.
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.stdout(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| line.split_once("Collected : ")?.1.parse().ok());
    match collected {
        Some(collected) if output.status.success() => Ok(collected),
        _ => Err(format!("{}: {text}", program.display()).into()),
    }
}
