//! What the client costs: a broker that is not the bottleneck, and programs that measure. See README.md.

#![allow(clippy::print_stderr, clippy::print_stdout)] // It is a command line.

mod background;
mod broker;
mod instructions;
mod launch;
mod proton;
mod system;
mod work;

use std::{error::Error, process::Command, process::ExitCode};

use argh::FromArgs;

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
    Launch(Launch),
    Instructions(instructions::Options),
}

/// Runs a command, and prints on standard error what it cost: wall time, processor time, peak memory.
#[derive(FromArgs)]
#[argh(subcommand, name = "launch")]
struct Launch {
    /// the program and its arguments, after --
    #[argh(positional, greedy)]
    command: Vec<String>,
}

fn main() -> ExitCode {
    let arguments: Arguments = argh::from_env();
    let result = match arguments.command {
        Subcommand::Broker(options) => broker::run(&options).map(|()| ExitCode::SUCCESS),
        Subcommand::Instructions(options) => instructions::run(&options),
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
    let cost = launch::launch(Command::new(program).args(arguments))?;
    eprintln!("{cost}");
    Ok(ExitCode::from(cost.status.code().map_or(255, |code| code as u8)))
}
