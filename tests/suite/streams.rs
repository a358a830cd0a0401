//! The standard streams: closed, full, or without a reader at the other end.

use std::{
    fs::{File, OpenOptions},
    io::Read,
    os::{
        fd::OwnedFd,
        unix::{fs::OpenOptionsExt, net::UnixStream},
    },
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
};

use amqp_sandbox::{Record, ReplyAct, When};

use crate::{
    harness::{Bench, LONG, Program, Protocol, images, rule, signal},
    process::fifo,
};

over_both!(
    a_full_standard_output_is_74_and_reported,
    the_program_waits_for_a_standard_output_that_does_not_block,
    a_signal_or_the_deadline_ends_the_wait_for_a_reader,
);

/// The program with a redirection for the shell, such as `>&-`.
fn redirected(bench: &Bench, arguments: &str, redirection: &str) -> Program {
    let inner = bench.program(&bench.config(), arguments);
    let mut program = Program::new(Path::new("sh"));
    program.args(["-c", &format!(r#"exec "$0" "$@" {redirection}"#)]);
    program.args([inner.command.get_program()]).args(inner.command.get_args());
    program
}

/// A signature that cannot be printed is not requested.
#[test]
fn without_a_standard_output_nothing_is_sent() {
    let bench = Bench::new();
    for redirection in [">&-", "1</dev/null", "<&- >&-"] {
        let ended = redirected(&bench, &images(1), redirection).run().expect(74);
        ended.says("amqp-messenger: standard output: cannot read or write");
    }
    assert_eq!(redirected(&bench, &images(1), "<&- >&- 2>&-").run().status, 74);
    // The end of a pipe that is read.
    let (read, _write) = std::io::pipe().unwrap();
    let mut program = bench.program(&bench.config(), &images(1));
    program.command.stdout(read);
    program.run().expect(74).says("amqp-messenger: standard output: cannot read or write");
    assert!(bench.record().connections.is_empty());
    for (arguments, redirection) in
        [("--version", ">&-"), ("--version", ">/dev/full"), ("--help", ">/dev/full")]
    {
        let ended = redirected(&bench, arguments, redirection).run().expect(74);
        ended.says_once("amqp-messenger: standard output: cannot read or write");
    }
}

/// No file and no socket replaces a closed stream.
#[test]
fn a_closed_standard_input_or_error_changes_nothing() {
    let bench = Bench::new();
    for redirection in ["<&-", "2>&-", "<&- 2>&-"] {
        let ended = redirected(&bench, &images(3), redirection).run().expect(0);
        assert_eq!(ended.messages().len(), 3);
        assert!(!redirection.contains("2>") || ended.stderr.is_empty(), "{}", ended.stderr);
    }
}

#[test]
fn a_closed_standard_output_is_quiet() {
    for arguments in [images(1), format!("{} --raw", images(300))] {
        let bench = Bench::new();
        let mut child = bench
            .program(&bench.config().set("log_level", "error"), &arguments)
            .command
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(74));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

/// The disk is full: the empty write beforehand does not notice that.
fn a_full_standard_output_is_74_and_reported(protocol: Protocol) {
    for arguments in [images(3), images(3) + " --raw"] {
        let bench = protocol.bench();
        let mut program = bench.program(&bench.config(), &arguments);
        program.command.stdout(OpenOptions::new().write(true).open("/dev/full").unwrap());
        let ended = program.run().expect(74);
        ended
            .says_once("standard output: cannot read or write")
            .says_once("No space left on device");
    }
}

/// A parent that reads without blocking leaves it so: the two processes share that setting.
fn the_program_waits_for_a_standard_output_that_does_not_block(protocol: Protocol) {
    for is_pipe in [true, false] {
        let bench = protocol.bench();
        let (mut ours, theirs): (Box<dyn Read>, OwnedFd) = if is_pipe {
            let path = fifo(&bench, "results");
            let open = |options: &mut OpenOptions| {
                options.custom_flags(libc::O_NONBLOCK).open(&path).unwrap()
            };
            // One that blocks waits for the other end.
            let _reader = open(OpenOptions::new().read(true));
            let theirs = open(OpenOptions::new().write(true));
            (Box::new(File::open(&path).unwrap()), theirs.into())
        } else {
            let (ours, theirs) = UnixStream::pair().unwrap();
            theirs.set_nonblocking(true).unwrap();
            (Box::new(ours), theirs.into())
        };
        let mut program = bench.program(&bench.config().set("log_level", "error"), &images(1000));
        let mut child = program.command.stdout(theirs).spawn().unwrap();
        drop(program);
        // Once it has finished with the broker, it prints more than the pipe or socket holds.
        bench.sandbox.wait_for(LONG, Record::is_over).unwrap();
        let mut document = String::new();
        ours.read_to_string(&mut document).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["operation_results"].as_array().unwrap().len(), 1000);
    }
}

#[test]
fn a_full_standard_error_changes_no_status() {
    let bench = Bench::misbehaving(vec![rule(When::Any, ReplyAct::NoReply)]);
    let config = bench.config().patience(1, 1, 1).set("log_level", "error");
    let mistake = "container-sign --signing-key A --task-id 7 --digest sha256:0000000000000000000000000000000000000000000000000000000000000001 --reference nope";
    for (arguments, status) in [(mistake.to_owned(), 2), (images(1), 75)] {
        let mut program = bench.program(&config, &arguments);
        program.command.stderr(OpenOptions::new().write(true).open("/dev/full").unwrap());
        assert_eq!(program.run().status, status);
        let mut child = bench.program(&config, &arguments).command.spawn().unwrap();
        drop(child.stderr.take());
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(status));
    }
    let mut program = bench.program(&config.clone().without("log_level"), &images(1));
    program.command.stderr(OpenOptions::new().write(true).open("/dev/full").unwrap());
    assert_eq!(program.command.env("RUST_LOG", "a=b=c").status().unwrap().code(), Some(75));
    let mut child = bench.program(&config, &images(1)).command.spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(74), "the more severe of 74 and 75");
}

/// Nothing else ends the wait for a reader that never comes.
fn a_signal_or_the_deadline_ends_the_wait_for_a_reader(protocol: Protocol) {
    std::thread::scope(|scope| {
        for (name, arguments) in [
            (Some("TERM"), images(1000)),
            (Some("HUP"), images(1000) + " --raw"),
            (None, images(1000)),
        ] {
            scope.spawn(move || {
                let bench = protocol.bench();
                let mut config = bench.config().set("log_level", "error");
                if name.is_none() {
                    config = config.set("deadline", "2");
                }
                let mut program = bench.program(&config, &arguments).with_usual_signals();
                let mut child = program.command.spawn().unwrap();
                let unread = child.stdout.take().unwrap();
                if let Some(name) = name {
                    let is_over =
                        |record: &Record| !record.connections.is_empty() && record.is_over();
                    bench.sandbox.wait_for(LONG, is_over).unwrap();
                    signal(name, child.id());
                }
                let output = child.wait_with_output().unwrap();
                drop(unread);
                assert_eq!(output.status.code(), Some(74), "{name:?}");
                let said = String::from_utf8(output.stderr).unwrap();
                let expected = "standard output: cannot read or write: its reader stopped reading";
                assert!(said.contains(expected), "{said}");
            });
        }
    });
}

/// script(1) makes a terminal, and does not read from it once its own output is not read. The terminal stays ready for a
/// few bytes, and blocks for more.
#[test]
fn the_deadline_ends_the_wait_for_a_terminal() {
    let bench = Bench::new();
    let status = fifo(&bench, "status");
    let inner = bench.program(&bench.config().set("deadline", "2"), &images(1000));
    let words = [inner.command.get_program()].into_iter().chain(inner.command.get_args());
    let line = words.map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ");
    let line = format!("{line} 2>/dev/null; echo $? >{}", status.display());
    let mut script = Command::new("script");
    script.args(["--quiet", "--command", &line, "/dev/null"]).stdin(Stdio::null());
    let mut script = script.stdout(Stdio::piped()).spawn().unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(std::fs::read_to_string(status).unwrap()));
    let status = told.recv_timeout(LONG);
    script.kill().unwrap();
    script.wait().unwrap();
    assert_eq!(status.unwrap(), "74\n");
}

/// The log goes to a standard error whose reader never comes: the run still ends, and its results are printed.
#[test]
fn a_signal_ends_the_wait_for_a_reader_of_standard_error() {
    let bench = Bench::misbehaving(vec![rule(When::Request(400), ReplyAct::NoReply)]);
    let config = bench.config().set("log_level", "trace").patience(60, 1, 1);
    let mut program = bench.program(&config, &images(400)).with_usual_signals();
    let mut child = program.command.spawn().unwrap();
    let unread = child.stderr.take().unwrap();
    bench.sandbox.wait_for(LONG, |record| !record.links.is_empty()).unwrap();
    signal("TERM", child.id());
    let output = child.wait_with_output().unwrap();
    drop(unread);
    assert_eq!(output.status.code(), Some(143));
    assert!(output.stdout.ends_with(b"\n"));
}

/// Without that, the signal of the limit would end the process.
#[test]
fn a_standard_output_that_may_not_grow_is_74_and_reported() {
    for arguments in [images(300), images(300) + " --raw"] {
        let bench = Bench::new();
        let config = bench.config().set("log_level", "error");
        let script = r#"ulimit -f 8; exec "$0" "$@""#;
        let mut program = bench.program(&config, &arguments).within("sh", &["-c", script]);
        let file = File::create(bench.file("document", "")).unwrap();
        program.command.stdout(file);
        let ended = program.run().expect(74);
        ended.says_once("standard output: cannot read or write: File too large");
    }
}
