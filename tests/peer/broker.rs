//! pubtools-sign and amqp-messenger through a broker that is already running: the same requests, the same
//! replies.
//!
//! `AMQP_BROKER_CONFIG` names a configuration that both can read, with `log_level` and `chunk_size`. Its broker
//! accepts a connection without SASL, and a signing server is connected to it.

#![allow(unreachable_pub)]

#[allow(dead_code, reason = "there is no record of what the broker saw")]
mod normal;
mod reference;

use std::{os::unix::fs::symlink, path::Path};

use test_support::harness::{Ended, Program};

use crate::normal::Ids;

const CONTAINER: &str = "pubtools-sign-msg-container-sign";
const CLEAR: &str = "pubtools-sign-msg-clear-sign";
const BLOB: &str = "pubtools-sign-msg-blob-sign";

const IMAGES: &str =
    "--digest sha256:1 --reference r/one:1 --digest sha256:2 --reference r/two:größe";

/// Runs a program, which must end with status 0. Each case has a task id, so that it receives only its own replies.
#[track_caller]
fn run(program: &Path, task: &str, arguments: &str) -> Ended {
    let config =
        std::env::var("AMQP_BROKER_CONFIG").expect("AMQP_BROKER_CONFIG names a configuration");
    let mut command = Program::new(program);
    command.command.current_dir(env!("CARGO_MANIFEST_DIR")).env("LC_ALL", "C.UTF-8");
    let task = format!("{task}-{}", std::process::id());
    command.args(["--config-file", &config, "--signing-key", "ABCD1234", "--task-id", &task]);
    command.args(arguments.split(' ')).run().expect(0)
}

/// Both programs print the same document; each reply in it repeats its request.
#[track_caller]
fn is_the_same(name: &str, task: &str, arguments: &str) {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join(name);
    symlink(env!("CARGO_BIN_EXE_amqp-messenger"), &link).unwrap();
    let printed = |ended: Ended| normal::printed(&ended.stdout, &Ids::printed(&ended.stdout));
    // amqp-messenger runs first: pubtools-sign may send before it listens, and a reply that is sent before the
    // topic has its first listener is lost.
    let ours = printed(run(&link, task, arguments));
    let theirs = printed(run(&reference::program(name), task, arguments));
    assert_eq!(ours, theirs);
    assert!(theirs.contains("signed "), "{theirs}");
}

#[test]
fn images() {
    is_the_same(CONTAINER, "images", &format!("{IMAGES} --signing-key EFGH5678 --requester Jörg"));
}

#[test]
fn images_raw() {
    is_the_same(CONTAINER, "raw", &format!("{IMAGES} --raw"));
}

#[test]
fn images_in_batches() {
    is_the_same(
        CONTAINER,
        "batches",
        &format!("{IMAGES} --signer-type batch --signing-key-name release"),
    );
}

#[test]
fn many_images() {
    let images =
        (0..150).map(|index| format!("--digest sha256:{index} --reference r/ns/app:{index}"));
    is_the_same(CONTAINER, "many", &images.collect::<Vec<_>>().join(" "));
}

#[test]
fn texts() {
    is_the_same(CLEAR, "texts", "--repo ns/app one two @rustfmt.toml");
}

#[test]
fn files() {
    is_the_same(
        BLOB,
        "files",
        "--blob-file Cargo.toml --blob-file rustfmt.toml --signing-key-name release",
    );
}
