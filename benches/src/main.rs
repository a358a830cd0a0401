//! What the client costs: a broker that is not the bottleneck, and programs that measure. See README.md.

#![allow(clippy::print_stderr, clippy::print_stdout)] // It is a command line.

mod background;
mod broker;
mod connection;
mod document;
mod instructions;
mod launch;
mod limit;
mod measure;
mod mqtt;
mod plot;
mod proton;
mod samples;
mod system;
mod table;
mod versions;
mod work;

use std::{
    error::Error,
    path::PathBuf,
    process::{Command, ExitCode},
};

use argh::FromArgs;

use measure::{Bench, Extent, Programs};

/// Measures what the client costs.
#[derive(FromArgs)]
struct Arguments {
    #[argh(subcommand)]
    command: Subcommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
enum Subcommand {
    Broker(broker::Options),
    Limit(limit::Options),
    Launch(Launch),
    Instructions(instructions::Options),
    Run(Run),
    Page(Page),
}

/// Runs a command, and prints on standard error what it took: wall time and processor time, or its memory.
#[derive(FromArgs)]
#[argh(subcommand, name = "launch")]
struct Launch {
    /// peak memory, and not time
    #[argh(switch)]
    memory: bool,

    /// the program and its arguments, after --
    #[argh(positional, greedy)]
    command: Vec<String>,
}

/// Measures everything beside pubtools-sign, and prints the table of what is promised.
#[derive(FromArgs)]
#[argh(subcommand, name = "run")]
struct Run {
    /// the folder of pubtools-sign's programs, as tests/peer/install prints it
    #[argh(option)]
    peer: PathBuf,

    /// the self-contained program
    #[argh(option)]
    alone: PathBuf,

    /// the program of the profile dist, without symbols
    #[argh(option)]
    small: PathBuf,

    /// try it: pubtools-sign signs no more than 100 images at once, the client 10,000, and nothing is written
    #[argh(switch)]
    quick: bool,
}

/// Writes docs/performance.md and its plot again, from results.csv.
#[derive(FromArgs)]
#[argh(subcommand, name = "page")]
struct Page {}

fn main() -> ExitCode {
    let arguments: Arguments = argh::from_env();
    let result = match arguments.command {
        Subcommand::Broker(options) => broker::run(&options).map(|()| ExitCode::SUCCESS),
        Subcommand::Limit(options) => limit::run(&options),
        Subcommand::Instructions(options) => instructions::run(&options),
        Subcommand::Run(options) => measure_all(options),
        Subcommand::Page(_) => write_page(),
        Subcommand::Launch(options) => run(&options),
    };
    result.unwrap_or_else(|error| {
        eprintln!("amqp-bench: {error}");
        ExitCode::FAILURE
    })
}

fn run(options: &Launch) -> Result<ExitCode, Box<dyn Error>> {
    let words: Vec<_> = options.command.iter().skip_while(|word| *word == "--").collect();
    let (program, arguments) = words.split_first().ok_or("nothing to run")?;
    let mut command = Command::new(program);
    command.args(arguments);
    let status = if options.memory {
        let (status, peak) = launch::peak(&mut command)?;
        eprintln!("peak {:.1} MiB", peak as f64 / 1024.0);
        status
    } else {
        let cost = launch::launch(&mut command)?;
        eprintln!("{cost}");
        cost.status
    };
    Ok(ExitCode::from(status.code().map_or(255, |code| code as u8)))
}

fn measure_all(options: Run) -> Result<ExitCode, Box<dyn Error>> {
    let beside = |name| std::env::current_exe().map(|it| it.with_file_name(name));
    let programs = Programs {
        ours: beside("amqp-messenger")?,
        alone: options.alone,
        small: options.small,
        thread: beside("on-a-thread")?,
        peer: options.peer,
    };
    let extent = match options.quick {
        true => Extent { peer: 100, ours: 10_000, waits: false },
        false => Extent { peer: 10_000, ours: 100_000, waits: true },
    };
    let mut bench = Bench::new(programs, extent)?;
    bench.all()?;
    let (table, is_reached) = table::table(&bench.samples);
    println!("{table}");
    if options.quick {
        return Ok(ExitCode::SUCCESS);
    }
    document::write(&bench.samples)?;
    Ok(if is_reached { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write_page() -> Result<ExitCode, Box<dyn Error>> {
    document::write(&document::results()?)?;
    Ok(ExitCode::SUCCESS)
}
