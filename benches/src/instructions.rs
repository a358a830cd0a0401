//! Instructions, by callgrind: stable where time is not.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use argh::FromArgs;

use crate::{background::Background, versions, work};

/// Counts the instructions of a start with one signature, and of each further request: the slope between 1000 and 3000,
/// over amqps and over mqtts.
/// Needs valgrind, and a release build.
#[derive(FromArgs)]
#[argh(subcommand, name = "instructions")]
pub(crate) struct Options {
    /// the program; default: amqp-messenger beside this one
    #[argh(option)]
    program: Option<PathBuf>,

    /// folder for callgrind.out.1, .1000 and .3000, those over mqtts in mqtt/, to be read by callgrind_annotate
    #[argh(option)]
    keep: Option<PathBuf>,

    /// fail if a figure is more than 5 % above the one in this file
    #[argh(option)]
    check: Option<PathBuf>,

    /// write the figures into this file
    #[argh(option)]
    write: Option<PathBuf>,
}

/// How much a figure may rise, as a factor.
const TOLERANCE: f64 = 1.05;

pub(crate) fn run(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let program = match &options.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()?.with_file_name("amqp-messenger"),
    };
    let folder = tempfile::tempdir()?;
    let kept = options.keep.as_deref().unwrap_or(folder.path());
    let broker = Background::start(folder.path(), &[])?;
    let one = count(&program, &broker.config, 1, kept)?;
    let each = slope(&program, &broker.config, kept)?;
    broker.stop()?;
    let (folder, kept) = (folder.path().join("mqtt"), kept.join("mqtt"));
    fs::create_dir_all(&kept)?;
    let broker = Background::start(&folder, &["--mqtt"])?;
    let each_over_mqtt = slope(&program, &broker.config, &kept)?;
    broker.stop()?;
    let figures = [
        ("start_and_one_signature", one),
        ("each_request", each),
        ("each_request_over_mqtt", each_over_mqtt),
    ];
    let file = options.check.as_deref().map(fs::read_to_string).transpose()?;
    let mut has_risen = false;
    for (name, now) in figures {
        let recorded = file.as_deref().map(|file| recorded(file, name)).transpose()?;
        let change = recorded.map(|recorded| now as f64 / recorded as f64);
        let against =
            change.map(|it| format!("  {:+.1} % of what is recorded", 100.0 * (it - 1.0)));
        println!("{name:24} {now:>10}{}", against.unwrap_or_default());
        has_risen |= change.is_some_and(|change| change > TOLERANCE);
    }
    if let Some(file) = &options.write {
        fs::write(file, record(&figures)?)?;
    }
    if has_risen {
        let file = options.check.as_deref().unwrap_or(Path::new("")).display();
        let now = versions::of_instructions()?.join("\n");
        eprintln!(
            "a figure is more than 5 % above the one in {file}; if that is intended, run make instructions WRITE=1 and say in \
             the commit why. The file names the versions that it was recorded with; if they differ from these, count an earlier \
             commit with these first:\n{now}"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn recorded(file: &str, name: &str) -> Result<u64, String> {
    let line = file.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
    line.and_then(|number| number.replace('_', "").parse().ok())
        .ok_or(format!("the file of recorded figures has no {name}"))
}

fn record(figures: &[(&str, u64)]) -> Result<String, Box<dyn Error>> {
    let mut text = "# Instructions of amqp-messenger, counted by callgrind: `make instructions` fails if a figure rises by more than 5 %.\n\
        # They are recorded on purpose only, by `make instructions WRITE=1`. Valgrind shows programs the same processor on every\n\
        # machine that has AVX2; another compiler or another OpenSSL changes the figures. Recorded with:\n"
        .to_owned();
    for line in versions::of_instructions()? {
        text += &format!("# {line}\n");
    }
    for (name, figure) in figures {
        text += &format!("{name} = {figure}\n");
    }
    Ok(text)
}

/// The instructions of each further request.
fn slope(program: &Path, config: &Path, kept: &Path) -> Result<u64, Box<dyn Error>> {
    let count = |requests| count(program, config, requests, kept);
    let (few, many) = (count(1000)?, count(3000)?);
    Ok((many - few) / 2000)
}

/// The instructions of a process that signs this number of images.
pub(crate) fn count(
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
        .arg("container-sign")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_is_read() {
        let file = "# each_request = 1\nstart_and_one_signature = 2\neach_request = 90_000\n";
        assert_eq!(recorded(file, "each_request"), Ok(90_000));
        assert!(recorded(file, "missing").is_err());
    }
}
