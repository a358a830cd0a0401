//! The packaging tool and a sandbox.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use amqp_sandbox::{Options, ReplyAct, Rule, Sandbox, When};
use tempfile::TempDir;

fn sandbox(behaviours: Vec<Rule>) -> (TempDir, Sandbox) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { behaviours, ..Options::new(folder.path()) };
    let sandbox = Sandbox::start(options).unwrap();
    (folder, sandbox)
}

/// Runs it; returns exit status and standard error.
fn packager(config: &Path, words: &[&Path]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_packager"));
    let Output { status, stderr, .. } = command.arg(config).args(words).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn every_signature_is_written_whatever_is_missing() {
    let (folder, sandbox) = sandbox(vec![Rule::new(When::Request(2), ReplyAct::NoReply)]);
    // The sandbox's own configuration has longer timeouts than a test should have.
    let config = fs::read_to_string(sandbox.config_file()).unwrap();
    let impatient = |line: &str| match line.trim_start().split(':').next() {
        Some("timeout" | "retries" | "send_retries") => {
            line.split(':').next().unwrap().to_owned() + ": 1"
        }
        _ => line.to_owned(),
    };
    let config: Vec<_> = config.lines().map(impatient).collect();
    let path = folder.path().join("impatient.yaml");
    fs::write(&path, config.join("\n")).unwrap();

    let files = ["one", "two", "three"].map(|name| folder.path().join(name));
    for file in &files {
        fs::write(file, "built").unwrap();
    }
    let words =
        ["55A34A82", "7"].map(Path::new).into_iter().chain(files.iter().map(|file| file.as_path()));
    let (status, said) = packager(&path, &words.collect::<Vec<_>>());
    assert_eq!(status, Some(75), "{said}");
    assert!(said.contains("two: not signed: Accepted"), "{said}");
    let signature = |index: usize| fs::read_to_string(files[index].with_extension("asc"));
    for signed in [0, 2] {
        assert!(signature(signed).unwrap().starts_with("-----BEGIN PGP SIGNATURE-----"));
    }
    assert!(signature(1).is_err());
}

#[test]
fn it_ends_with_the_statuses_of_the_command() {
    let (_folder, sandbox) = sandbox(Vec::new());
    let (config, none) = (sandbox.config_file(), Path::new("/none"));
    let config = config.as_path();
    let [key, task_id] = ["55A34A82", "7"].map(Path::new);
    for (config, words, status) in [
        (config, vec![], 2),
        (config, vec![key, task_id], 2),
        (none, vec![key, task_id, config], 78),
        (config, vec![key, task_id, none], 66),
    ] {
        let (code, said) = packager(config, &words);
        assert_eq!(code, Some(status), "{words:?}: {said}");
        assert!(status != 66 || said.contains("/none"), "{said}");
    }
}
