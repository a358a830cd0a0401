//! State files: a run goes on where another one ended, whatever ended it.

mod cut;
mod files;
mod full;
mod kill;
mod others;
mod sessions;
mod waits;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::harness::{Bench, Config, Ended, Program};

/// The path of a state file that does not exist yet.
fn state(bench: &Bench) -> PathBuf {
    let path = bench.file("state.jsonl", "");
    fs::remove_file(&path).unwrap();
    path
}

/// The program with a state file.
fn program(bench: &Bench, config: &Config, arguments: &str, state: &Path) -> Program {
    let mut program = bench.program(config, arguments);
    program.args(["--state".as_ref(), state.as_os_str()]);
    program
}

fn run(bench: &Bench, config: &Config, arguments: &str, state: &Path) -> Ended {
    program(bench, config, arguments, state).run()
}

/// The events of a state file.
fn events(state: &Path) -> Vec<Value> {
    let text = fs::read_to_string(state).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The values of an attribute of all events of a kind.
fn of(events: &[Value], kind: &str, attribute: &str) -> Vec<Value> {
    let fits = events.iter().filter(|event| event["event"] == kind);
    fits.map(|event| event[attribute].clone()).collect()
}

/// The ids of the requests that a sandbox received, from a number on.
fn requested(bench: &Bench, from: usize) -> Vec<Value> {
    let requests = bench.record().requests;
    requests[from..].iter().map(|request| request.request_id.clone().into()).collect()
}
