//! The tools work together: the broker answers the library and the limit, and the launcher measures both.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

const BENCH: &str = env!("CARGO_BIN_EXE_amqp-bench");
const LIBRARY: &str = env!("CARGO_BIN_EXE_on-a-thread");

struct Broker {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Broker {
    /// Starts one, and waits until it is ready.
    fn start(folder: &Path, options: &[&str]) -> Self {
        let mut command = Command::new(BENCH);
        command.arg("broker").arg("--dir").arg(folder).args(options);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while line != "ready\n" {
            line.clear();
            assert!(out.read_line(&mut line).unwrap() > 0, "the broker did not start");
        }
        Self { child, out }
    }

    /// Ends it; what it says at its end.
    fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().unwrap().success());
        let mut said = String::new();
        self.out.read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success());
        said
    }
}

fn launched(options: &[&str], program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(BENCH);
    command.arg("launch").args(options).args(["--", program]).args(arguments).output().unwrap()
}

/// Runs a program that succeeds.
#[track_caller]
fn timed(program: &str, arguments: &[&str]) {
    let output = launched(&[], program, arguments);
    let cost = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && cost.starts_with("wall "), "{cost}");
}

#[test]
fn a_broker_answers_the_library_on_any_thread_over_both_protocols() {
    for options in [&["--delay", "1"][..], &["--delay", "1", "--mqtt"], &["--mqtt", "--plain"]] {
        let folder = tempfile::tempdir().unwrap();
        let broker = Broker::start(folder.path(), options);
        let config = folder.path().join("config.yaml");
        for place in ["main thread", "thread"] {
            timed(LIBRARY, &[place, config.to_str().unwrap(), "7"]);
        }
        let said = broker.stop();
        assert!(said.starts_with("requests 14, "), "{options:?}: {said}");
    }
}

#[test]
fn the_limit_sends_what_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let [config, request] = ["config.yaml", "request"].map(|name| folder.path().join(name));
    let [config, request] = [&config, &request].map(|path| path.to_str().unwrap());
    let broker = Broker::start(folder.path(), &["--canned", "--record", request]);
    timed(LIBRARY, &["main thread", config, "1"]);
    let dir = folder.path().to_str().unwrap();
    let limit = ["limit", "--dir", dir, "--request", request, "--count", "2000"];
    timed(BENCH, &limit);
    let said = broker.stop();
    assert!(said.starts_with("requests 2001, "), "{said}");
}

#[test]
fn a_launcher_passes_the_exit_status_on_and_measures_only_the_program() {
    for options in [&[][..], &["--memory"]] {
        let output = launched(options, "sh", &["-c", "kill -USR1 $$ || :; exit 7"]);
        assert_eq!(output.status.code(), Some(255), "killed by a signal that reached it");
        let output = launched(options, "sh", &["-c", "exit 7"]);
        assert_eq!(output.status.code(), Some(7));
    }
    let peak = |blocks: &str| {
        let dd = ["if=/dev/zero", "of=/dev/null", "status=none", "count=1", blocks];
        let output = launched(&["--memory"], "dd", &dd);
        let peak = String::from_utf8(output.stderr).unwrap();
        let peak = peak.strip_prefix("peak ").and_then(|peak| peak.strip_suffix(" MiB\n"));
        peak.unwrap().parse::<f64>().unwrap()
    };
    let difference = peak("bs=32M") - peak("bs=1k");
    assert!((31.0..34.0).contains(&difference), "{difference}");
}
