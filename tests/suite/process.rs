//! The process and its limits: threads, descriptors, and files that block.

use std::{os::unix::process::CommandExt, path::PathBuf, process::Command};

use amqp_sandbox::{Record, ReplyAct, When};

use crate::harness::{Bench, LONG, Protocol, images, rule, signals, took_between};

over_both!(
    without_a_thread_for_the_resolver_names_are_looked_up_nevertheless,
    a_limit_of_open_files_is_named,
    an_error_of_poll_ends_the_run_and_loses_nothing,
);

/// The size of a thread's stack that no system has.
const NO_THREAD: (&str, &str) = ("RUST_MIN_STACK", "1000000000000000");

fn without_a_thread_for_the_resolver_names_are_looked_up_nevertheless(protocol: Protocol) {
    let bench = protocol.bench();
    let mut program = bench.program(&bench.config(), &images(2));
    program.command.env(NO_THREAD.0, NO_THREAD.1);
    let ended = program.run().expect(0);
    ended.logs("looking up localhost without a thread: ");

    let config = bench
        .config()
        .set("messaging_brokers", &format!("[\"{}s://no-such-host.invalid\"]", protocol.scheme()));
    let mut program = bench.program(&config.patience(1, 1, 1), &images(1));
    program.command.env(NO_THREAD.0, NO_THREAD.1);
    program.run().expect(69).says("resolve failed").says("/etc/resolv.conf");
}

/// Too few descriptors look like a name that does not exist, and like arguments of poll(2) that are not valid.
fn a_limit_of_open_files_is_named(protocol: Protocol) {
    let bench = protocol.bench();
    let config = bench.config().patience(1, 1, 1);
    let mut statuses = Vec::new();
    for limit in 4..=12 {
        let script = format!(r#"ulimit -n {limit}; exec "$0" "$@""#);
        let ended = bench.program(&config, &images(1)).within("sh", &["-c", &script]).run();
        // The system could not even load the program.
        if ended.status == 127 {
            continue;
        }
        assert!([0, 69, 74].contains(&ended.status), "{limit}: {}", ended.stderr);
        assert!(!ended.stderr.contains("resolv.conf"), "{limit}: {}", ended.stderr);
        if ended.status != 0 {
            ended.says("Too many open files").says("raise the limit of open files (ulimit -n)");
        }
        statuses.push(ended.status);
    }
    assert_eq!((statuses.first(), statuses.last()), (Some(&74), Some(&0)), "{statuses:?}");
}

/// poll(2) refuses more descriptors than the process may have open, which can change while it waits; a stop and its end
/// make it look again.
fn an_error_of_poll_ends_the_run_and_loses_nothing(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![rule(When::Request(2), ReplyAct::NoReply)]);
    let config = bench.config().patience(60, 1, 1);
    let running = bench.program(&config, &images(2)).start();
    let sandbox = &bench.sandbox;
    let is_waiting = |record: &Record| record.requests.len() == 2 && record.accepted().count() == 1;
    sandbox.wait_for(LONG, is_waiting).unwrap();
    let words = ["--nofile=1:1", "--pid", &running.id().to_string()];
    assert!(Command::new("prlimit").args(words).status().unwrap().success());
    signals(&["STOP", "CONT"], running.id());
    let ended = running.wait().expect(74);
    ended.says_once("cannot wait with poll(2): Invalid argument");
    ended.says_once("raise the limit of open files (ulimit -n)");
    let signed: Vec<_> = ended.messages().iter().map(|message| !message.is_null()).collect();
    assert_eq!(signed, [true, false]);
    let message = ended.document()["signer_result"]["error_message"].to_string();
    assert!(message.contains("SystemError : cannot wait with poll(2)"), "{message}");
}

/// A FIFO without a writer.
pub(crate) fn fifo(bench: &Bench, name: &str) -> PathBuf {
    let path = bench.file("config.yaml", "").with_file_name(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// Nothing is sent then, and there is no document.
#[test]
fn the_deadline_of_the_run_bounds_the_reading_of_files() {
    let folder = Bench::new();
    let path = fifo(&folder, "in put").display().to_string();
    let config = folder.config().set("deadline", "1");
    let with_password =
        config.clone().set("username", "u").set("password_file", &format!("{path:?}"));
    let with_ca = config.clone().set("messaging_ca_cert", &format!("{path:?}"));
    // A pipe whose writer never ends.
    let (reader, _writer) = std::io::pipe().unwrap();
    let at = format!("@{path}");
    // Side by side, because all that they do is to wait; each with a configuration file of its own.
    let mut started = Vec::new();
    for (config, command, words, what) in [
        (&config, "blob-sign", &["--blob-file", &path][..], path.as_str()),
        (&config, "clear-sign", &[&at], &path),
        (&config, "clear-sign", &["@/dev/stdin"], "/dev/stdin"),
        (&with_password, "clear-sign", &["hello"], &format!("{path} of password_file")),
        (&with_ca, "clear-sign", &["@/etc/passwd"], &format!("{path} of messaging_ca_cert")),
    ] {
        for (name, prefix, status) in [("amqp-messenger", "", 124), ("pubtools-sign", "msg-", 1)] {
            let options = "--signing-key ABCD1234 --task-id 7";
            let bench = Bench::new();
            let mut program = bench.program(config, &format!("{prefix}{command} {options}"));
            program.args(words);
            program.command.arg0(name).stdin(reader.try_clone().unwrap());
            started.push((program.start(), bench, status, name, what.to_owned()));
        }
    }
    for (running, _bench, status, name, what) in started {
        let ended = running.wait().expect(status);
        took_between(&ended, 1.0, 10.0);
        ended.says_once("the deadline of 1 s for the whole run has passed while");
        ended.says(&format!("{name}: ")).says(&format!("while {what} was read"));
        assert_eq!(ended.stdout, "");
    }
    assert!(folder.record().connections.is_empty());
}
