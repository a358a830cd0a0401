//! The scripts in examples/scripts, as they are.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    harness::{Bench, Config, Program, under_test},
    peer,
};

/// A script, which finds the program in PATH.
fn script(bench: &Bench, config: &Config, name: &str, words: &[&str]) -> Program {
    let programs = bench.folder().join("programs");
    if !programs.exists() {
        fs::create_dir(&programs).unwrap();
        symlink(under_test(), programs.join("amqp-messenger")).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scripts").join(name);
    let mut program = Program::new(&path);
    let search = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    program.args(words);
    program.command.env("PATH", search).env("TASK_ID", "7");
    program.command.env("CONFIG", bench.file("config.yaml", config.yaml()));
    program.command.env("KEY", bench.sandbox.fingerprint("sandbox"));
    program
}

#[test]
fn a_release_begins_only_if_its_signing_can_work() {
    let bench = Bench::new();
    let begun = bench.folder().join("begun");
    let words = ["touch", begun.to_str().unwrap()];
    let down = format!("[\"amqps://localhost:{}\"]", peer::closed_port());
    let config = bench.config().set("messaging_brokers", &down).patience(1, 1, 1);
    let ended = script(&bench, &config, "release", &words).run().expect(69);
    ended.says("release: not begun");
    assert!(!begun.exists());
    script(&bench, &bench.config(), "release", &words).run().expect(0);
    assert!(begun.exists());
    assert_eq!(bench.record().requests.len(), 0);
}

/// Scripts of other programs would find out too late that a shell reads them in another way.
#[test]
fn scripts_are_for_every_shell() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scripts");
    let scripts: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!scripts.is_empty());
    for path in scripts {
        assert!(fs::read_to_string(&path).unwrap().starts_with("#!/bin/sh\n"), "{path:?}");
        for shell in ["sh", "bash"] {
            let status = Command::new(shell).arg("-n").arg(&path).stdin(Stdio::null()).status();
            assert!(status.unwrap().success(), "{shell} {path:?}");
        }
    }
}
