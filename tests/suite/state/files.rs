//! Files that cannot be state files, or are damaged.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    process::Command,
};

use super::{events, program, run, state};
use crate::harness::{Bench, Protocol, images, refused};

over_both!(a_state_file_is_for_one_process_at_a_time,);

/// The state of a complete run, and its lines.
fn complete(bench: &Bench) -> Vec<String> {
    let path = state(bench);
    run(bench, &bench.config(), &images(2), &path).expect(0);
    let text = fs::read_to_string(&path).unwrap();
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// Every kind of damage is found, wherever it is; the file is left as it is.
#[test]
fn damage_is_refused_with_its_line() {
    let lines = complete(&Bench::new());
    assert!(lines.len() > 7);
    let bench = Bench::new();
    let damaged = |lines: &[String], number: usize| {
        let content = lines.concat();
        let path = bench.file("state.jsonl", &content);
        let ended = run(&bench, &bench.config(), &images(2), &path);
        let problem = format!("state.jsonl: line {number} is damaged; restore the file");
        refused(&bench, ended, 78, &[&problem]);
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    };
    for at in 0..lines.len() {
        let number = at + 1;
        // A digit or letter in the middle is another one.
        let mut changed = lines.clone();
        let middle = changed[at].len() / 2;
        let place = changed[at][middle..].find(|c: char| c.is_ascii_alphanumeric()).unwrap();
        let other = if changed[at].as_bytes()[middle + place] == b'1' { "2" } else { "1" };
        changed[at].replace_range(middle + place..=middle + place, other);
        damaged(&changed, number);
        // The line is missing, and the next one does not follow on what is before it.
        if 0 < at && at + 1 < lines.len() {
            let mut missing = lines.clone();
            missing.remove(at);
            damaged(&missing, number);
        }
        let mut twice = lines.clone();
        twice.insert(at, lines[at].clone());
        damaged(&twice, number + 1);
        let mut torn = lines.clone();
        torn[at] = lines[at][..lines[at].len() / 2].to_owned() + "\n";
        damaged(&torn, number);
    }
    let mut more = lines.clone();
    more.push("\n".to_owned());
    damaged(&more, lines.len() + 1);
}

/// No other file is ever written to.
#[test]
fn a_file_of_another_kind_is_refused_and_left_alone() {
    for content in ["{}\n", "secret", "\n", "[", "{\"event\":\"operation\",\"fromat\":1}\n", "\0"] {
        let bench = Bench::new();
        let path = bench.file("state.jsonl", content);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let ended = run(&bench, &bench.config(), &images(2), &path);
        let says = "state.jsonl: line 1 is not that of a state file; expected one that this program made, or none";
        refused(&bench, ended, 78, &[says]);
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    }
}

#[test]
fn a_state_file_of_a_later_form_names_the_program_that_made_it() {
    let bench = Bench::new();
    let later = r#"{"event":"operation","format":2,"program":"amqp-messenger 9.0.0","of":{}"#;
    let digest = openssl_sha256(later);
    let path = bench.file("state.jsonl", format!("{later},\"check\":\"{}\"}}\n", &digest[..8]));
    let ended = run(&bench, &bench.config(), &images(2), &path);
    let says = "line 1 is of format 2, expected 1; go on with amqp-messenger 9.0.0, which made it";
    refused(&bench, ended, 78, &[says]);
}

fn openssl_sha256(text: &str) -> String {
    let script = r#"printf %s "$0" | sha256sum"#;
    let output = Command::new("sh").args(["-c", script, text]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn only_a_regular_file_is_a_state_file() {
    let bench = Bench::new();
    let target = bench.file("target", "");
    let folder = target.parent().unwrap().to_owned();
    symlink(&target, folder.join("link")).unwrap();
    symlink(folder.join("nothing"), folder.join("dangling")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.join("fifo")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap();
    for (path, what) in [
        (folder.clone(), "a folder"),
        (folder.join("link"), "a symbolic link"),
        (folder.join("dangling"), "a symbolic link"),
        (folder.join("fifo"), "a FIFO"),
        (folder.join("socket"), "a socket"),
        ("/dev/null".into(), "a device"),
    ] {
        let ended = run(&bench, &bench.config(), &images(1), &path);
        refused(&bench, ended, 78, &[&format!("it is {what}; expected a regular file, or none")]);
    }
    assert!(!folder.join("nothing").exists());
    let ended = run(&bench, &bench.config(), &images(1), &folder.join("no/state"));
    refused(&bench, ended, 74, &["no/state: cannot read or write: No such file or directory"]);
}

/// Also if the file was there before, and whatever the umask is.
#[test]
fn only_the_owner_may_read_a_state_file() {
    let bench = Bench::new();
    for present in [false, true] {
        let path = state(&bench);
        if present {
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
        }
        let program = program(&bench, &bench.config(), &images(1), &path);
        program.within("sh", &["-c", r#"umask 0; exec "$0" "$@""#]).run().expect(0);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(events(&path)[0]["event"], "operation");
    }
}

/// The second process ends at once, and nothing of the first is disturbed.
fn a_state_file_is_for_one_process_at_a_time(protocol: Protocol) {
    use amqp_sandbox::{ReplyAct, When};
    let bench =
        protocol.misbehaving(vec![crate::harness::rule(When::Request(1), ReplyAct::NoReply)]);
    let path = state(&bench);
    let config = bench.config().patience(3, 1, 2);
    let first = program(&bench, &config, &images(1), &path).start();
    bench.sandbox.wait_for(crate::harness::LONG, |record| record.requests.len() == 1).unwrap();
    let connections = bench.record().connections.len();
    let second = run(&bench, &config, &images(1), &path).expect(75);
    second.says_once("state.jsonl: another process uses this state file; wait until it ends");
    assert_eq!((second.stdout.as_str(), bench.record().connections.len()), ("", connections));
    first.wait().expect(0);
    run(&bench, &config, &images(1), &path).expect(0);
}
