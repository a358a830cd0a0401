//! The command `amqp-messenger`.

use std::process::ExitCode;

fn main() -> ExitCode {
    amqp_messenger::cli::run(std::env::args_os().collect())
}
