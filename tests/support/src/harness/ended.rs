//! The program after it has run.

use std::{
    io::Write,
    process::{Command, Output},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::under_test;

/// The results of a run.
pub struct Ended {
    /// The exit status; if a signal ended it, 128 and that signal.
    pub status: i32,
    /// All of standard output.
    pub stdout: String,
    /// All of standard error.
    pub stderr: String,
    /// From its start to its end.
    pub took: Duration,
}

impl Ended {
    pub(super) fn new(output: Output, started: Instant) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let status = output
            .status
            .code()
            .unwrap_or_else(|| 128 + output.status.signal().unwrap_or_default());
        Self {
            status,
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            took: started.elapsed(),
        }
    }

    /// Fails the test, with everything that was printed, unless the exit status is this.
    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        if self.status != status {
            let mut err = std::io::stderr().lock();
            let _ = writeln!(err, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
            drop(err);
            panic!("expected exit status {status}, found {}", self.status);
        }
        self
    }

    /// The JSON document on standard output, which must be all that is there.
    #[track_caller]
    pub fn document(&self) -> Value {
        assert!(
            self.stdout.ends_with('\n') && self.stdout.lines().count() == 1,
            "{:?}",
            self.stdout
        );
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The `msg` of each reply in the document; null for a missing one.
    pub fn messages(&self) -> Vec<Value> {
        let document = self.document();
        let results = document["operation_results"].as_array().unwrap().clone();
        results.iter().map(|result| result[0]["msg"].clone()).collect()
    }

    /// Which items of the document have a reply.
    pub fn present(&self) -> Vec<bool> {
        self.messages().iter().map(|message| !message.is_null()).collect()
    }

    /// Fails the test unless the user reads this text: in warnings, or in the program's own lines.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.reported().contains(text), "{text:?} is not reported in:\n{}", self.stderr);
        self
    }

    /// The same for any of several texts.
    #[track_caller]
    pub fn says_one_of(&self, texts: &[&str]) -> &Self {
        let said = self.reported();
        assert!(
            texts.iter().any(|text| said.contains(text)),
            "none of {texts:?} in:\n{}",
            self.stderr
        );
        self
    }

    /// The same as `says`, exactly once.
    #[track_caller]
    pub fn says_once(&self, text: &str) -> &Self {
        let times = self.reported().matches(text).count();
        assert_eq!(times, 1, "expected {text:?} once in:\n{}", self.stderr);
        self
    }

    /// Fails the test unless standard error, which the tests have at level debug, contains this text.
    #[track_caller]
    pub fn logs(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "{text:?} is not in:\n{}", self.stderr);
        self
    }

    /// Standard error without what is logged for information or debugging.
    pub fn reported(&self) -> String {
        let quiet = |line: &&str| {
            ["Z INFO ", "Z DEBUG ", "Z TRACE "].iter().any(|level| line.contains(level))
        };
        self.stderr.split_inclusive('\n').filter(|line| !quiet(line)).collect()
    }
}

/// Fails the test unless a run took that many seconds. Upper bounds are wide: they separate waiting from not waiting. On a
/// busy machine they are wider.
#[track_caller]
pub fn took_between(ended: &Ended, from: f64, to: f64) {
    let took = ended.took.as_secs_f64();
    let in_time = from <= took && (took <= to || took <= to + delay());
    assert!(in_time, "expected {from} to {to} s, found {took}:\n{}", ended.stderr);
}

/// What a run may take longer because the machine is busy now: as long as many runs that do nothing. On an idle machine
/// that is less than half a second.
fn delay() -> f64 {
    let started = Instant::now();
    Command::new(under_test()).arg("--version").output().unwrap();
    30.0 * started.elapsed().as_secs_f64()
}
