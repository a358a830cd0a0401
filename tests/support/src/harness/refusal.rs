//! Mistakes that are found before anything is sent.

use std::ffi::OsStr;

use super::{Bench, Config, Ended};

/// Runs a command with words that may contain blanks.
pub fn run<S: AsRef<OsStr>>(bench: &Bench, config: &Config, command: &str, words: &[S]) -> Ended {
    let mut program = bench.program(config, command);
    program.args(words);
    program.run()
}

/// Fails the test unless there is one line on standard error, which says all this, nothing on standard output, and no
/// connection to a broker.
#[track_caller]
pub fn refused(bench: &Bench, ended: Ended, status: i32, says: &[&str]) {
    let ended = ended.expect(status);
    assert_eq!(ended.stdout, "", "no document is printed");
    let said = ended.reported();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("amqp-messenger: "), "{said}");
    for text in says {
        ended.says(text);
    }
    assert!(bench.record().connections.is_empty(), "{}", ended.stderr);
}
