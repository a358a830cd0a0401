//! What people see on standard error: progress, a last line, or with `--quiet` nothing.

use std::os::unix::fs::symlink;

use amqp_sandbox::{ReplyAct, When};

use crate::harness::{
    Bench, Ended, Program, images, rule, shown_on_terminal, took_between, under_test,
};

const NAME: &str = "xterm-256color";

/// Whether a line is of the log, an error, or the last line: that is, whole.
fn is_whole(line: &str) -> bool {
    let is_logged = |line: &str| line.starts_with("20") && line.get(23..25) == Some("Z ");
    is_logged(line) || line.starts_with("amqp-messenger: ") || is_last(line)
}

fn is_last(line: &str) -> bool {
    line.contains(" signed in ") && line.ends_with(" s")
}

/// The whole lines that a reader of the terminal sees in the end.
#[track_caller]
fn lines(ended: &Ended, columns: usize) -> Vec<String> {
    let lines = shown_on_terminal(&ended.stderr, columns);
    let torn: Vec<_> = lines.iter().filter(|line| !is_whole(line)).collect();
    assert!(torn.is_empty(), "{torn:#?} in {:?}", ended.stderr);
    lines
}

/// A run of two images, of which one is not answered.
fn half(program: impl FnOnce(Program) -> Program, more: &str) -> Ended {
    let bench = Bench::misbehaving(vec![rule(When::Request(2), ReplyAct::NoReply)]);
    let config = bench.config().patience(3, 2, 1);
    program(bench.program(&config, &format!("{} {more}", images(2)))).run().expect(75)
}

#[test]
fn progress_on_a_terminal_tears_no_line_and_is_gone_at_the_end() {
    for columns in [80, 40] {
        let ended = half(|program| program.on_terminal(columns, NAME), "");
        assert_eq!(ended.messages().len(), 2);
        let lines = lines(&ended, columns);
        assert!(lines.len() > 10, "{lines:#?}");
        assert!(lines.last().unwrap().starts_with("1 of 2 signed in "), "{lines:#?}");
        // The clock runs while nothing arrives.
        let clock: &[&str] = match columns {
            80 => &[
                "connecting",
                "; cycle 1 of 1, sending",
                "sent 2, accepted 2, answered 1 of 2; cycle 1 of 1, window 1 of 2, 3 s left",
                "window 1 of 2, 1 s left",
                "window 2 of 2, 3 s left",
                "window 2 of 2, 1 s left",
            ],
            _ => &[
                "connecting",
                "answered 1/2; cycle 1/1 window 1/2 3 s",
                "answered 1/2; cycle 1/1 window 2/2 1 s",
            ],
        };
        let mut rest = ended.stderr.as_str();
        for text in clock {
            let at = rest.find(text).unwrap_or_else(|| panic!("no {text:?} in {:?}", ended.stderr));
            rest = &rest[at..];
        }
    }
}

/// Each outcome is a line at this level.
#[test]
fn many_lines_and_the_progress_do_not_tear_one_another() {
    let bench = Bench::new();
    let program = bench.program(&bench.config(), &format!("{} --log-level trace", images(300)));
    let ended = program.on_terminal(40, NAME).run().expect(0);
    assert!(lines(&ended, 40).len() > 300);
    assert!(ended.stderr.matches("/300 cycle 1/2 ").count() > 10, "{}", ended.stderr);
}

#[test]
fn many_requests_are_counted_with_separators() {
    let bench = Bench::new();
    let config = bench.config().set("log_level", "warning");
    let ended = bench.program(&config, &images(1204)).on_terminal(80, NAME).run().expect(0);
    let lines = lines(&ended, 80);
    assert!(lines.len() == 1 && lines[0].starts_with("1,204 of 1,204 signed in "), "{lines:#?}");
    assert!(ended.stderr.contains("/1,204") || ended.stderr.contains(" of 1,204; cycle"));
}

/// What an earlier run got is no news, but it counts.
#[test]
fn a_run_that_is_resumed_begins_with_what_is_answered() {
    let bench = Bench::misbehaving(vec![rule(When::Request(2), ReplyAct::NoReply)]);
    let config = bench.config().patience(3, 1, 1);
    let state = bench.file("state", "");
    std::fs::remove_file(&state).unwrap();
    let arguments = format!("{} --state {}", images(2), state.display());
    bench.run(&config, &arguments).expect(75);
    let ended = bench.program(&config, &arguments).on_terminal(80, NAME).run();
    let begins = "answered 1 of 2; cycle 1 of 1, sending";
    assert!(ended.stderr.contains(begins), "{:?}", ended.stderr);
    assert!(is_last(lines(&ended, 80).last().unwrap()), "{:?}", ended.stderr);
}

/// Such a terminal may not know carriage returns.
#[test]
fn a_dumb_terminal_gets_only_lines() {
    for (name, variables) in [("dumb", &[][..]), ("", &[]), (NAME, &[("NO_COLOR", "1")])] {
        let ended = half(
            |mut program| {
                program.command.envs(variables.iter().copied());
                program.on_terminal(80, name)
            },
            "--log-level warning",
        );
        assert!(!ended.stderr.contains('\x1b'), "{:?}", ended.stderr);
        let draws = ended.stderr.replace("\r\n", "\n").contains('\r');
        assert_eq!(draws, name == NAME, "{:?}", ended.stderr);
        let lines = lines(&ended, 80);
        assert!(is_last(lines.last().unwrap()), "{lines:#?}");
    }
}

/// Not even a warning; only what is missing at the end.
#[test]
fn quiet_says_only_what_is_not_signed() {
    let refusal =
        ReplyAct::ServerError { errors: vec!["no".into()], signing_status: "failure".into() };
    let bench = Bench::misbehaving(vec![rule(When::Request(2), refusal)]);
    let config = bench.config().set("tls_verify", "none");
    let ended = bench.run(&config, &format!("{} --quiet", images(2))).expect(1);
    let lines: Vec<_> = ended.stderr.lines().collect();
    assert!(lines.len() == 1 && lines[0].starts_with("amqp-messenger: "), "{}", ended.stderr);
    ended.says("refused by the signing server: no");
    let ended = bench.run(&config, &format!("{} --quiet", images(1))).expect(0);
    assert_eq!(ended.stderr, "");
    // A variable of the environment is for all programs.
    let mut program = bench.program(&config, &format!("{} --quiet", images(1)));
    program.command.env("RUST_LOG", "debug");
    assert_eq!(program.on_terminal(80, NAME).run().expect(0).stderr, "");
}

/// pubtools-sign shows nothing, and scripts may compare.
#[test]
fn the_names_of_pubtools_sign_show_no_progress() {
    let bench = Bench::new();
    let link = bench.sandbox.dir().join("pubtools-sign-msg-clear-sign");
    symlink(under_test(), &link).unwrap();
    let path = bench.file("config.yaml", bench.config().set("log_level", "error").yaml());
    let mut program = Program::new(&link);
    program.args(["--signing-key", "K", "--task-id", "7", "text", "--config-file"]);
    program.command.arg(path);
    assert_eq!(program.on_terminal(80, NAME).run().expect(0).stderr, "");
}

/// The bar is gone then too, and everything is printed.
#[test]
fn an_interrupt_ends_the_progress() {
    let bench = Bench::misbehaving(vec![rule(When::Request(2), ReplyAct::NoReply)]);
    let program = bench.program(&bench.config(), &images(2));
    let ended = program.signalled_on_terminal(80, NAME, "answered 1 of 2", 15).run().expect(143);
    assert_eq!(ended.messages().len(), 2);
    let lines = lines(&ended, 80);
    assert!(lines.last().unwrap().starts_with("1 of 2 signed in "), "{lines:#?}");
}

/// The log of a job shows that it goes on.
#[test]
fn a_long_run_without_a_terminal_logs_a_line_now_and_then() {
    let bench = Bench::misbehaving(vec![rule(When::Any, ReplyAct::NoReply)]);
    let config = bench.config().patience(12, 1, 1).set("log_level", "info");
    let ended = bench.run(&config, &images(1)).expect(75);
    took_between(&ended, 12.0, 40.0);
    let line = " INFO  sent 1, accepted 1, answered 0 of 1; cycle 1 of 1, window 1 of 1, ";
    assert_eq!(ended.stderr.matches(line).count(), 1, "{}", ended.stderr);
    assert!(!ended.stderr.contains('\r') && !ended.stderr.contains(" signed in "));
}
