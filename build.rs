//! Passes on the version of Proton that proton-sys found, for `--version`.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let version =
        env::var("DEP_QPID_PROTON_VERSION").unwrap_or_else(|_| "of an unknown version".into());
    println!("cargo::rustc-env=PROTON_VERSION={version}");
}
