//! Where pubtools-sign is installed.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

/// A program of pubtools-sign, which is installed at the first call.
pub fn program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(install).join(name)
}

fn install() -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peer/install");
    let output = Command::new(script).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{script}: {}", output.status);
    String::from_utf8(output.stdout).unwrap().trim_end().into()
}
