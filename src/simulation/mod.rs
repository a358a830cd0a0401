//! The client against simulated brokers: all of it above the transport, in one thread and under virtual time.
//!
//! A run is a [`run::Scenario`]: the client's settings, what is to be signed, and a script of what brokers do, which
//! a seed or a directed test makes. The brokers read and write bytes, and share no code with the client. What they
//! saw is kept by the [`witness`], and the [`oracle`] judges the client by nothing else.

mod agenda;
mod bench;
mod broker;
mod condition;
mod coverage;
mod dice;
mod killed;
mod network;
mod operations;
mod oracle;
mod plan;
mod run;
mod seeded;
mod seeds;
mod server;
mod stream;
mod tests;
mod witness;
mod world;

/// The addresses of every run.
const SEND_TO: &str = "topic://requests";
const LISTEN_TO: &str = "queue://replies";

/// The same over MQTT.
const SEND_TO_TOPIC: &str = "requests";
const LISTEN_TO_TOPIC: &str = "replies";

/// Prints a line of a run that is looked at.
#[allow(clippy::print_stderr)]
fn print(line: &str) {
    eprintln!("{line}");
}
