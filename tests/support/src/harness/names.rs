//! Names with the addresses that a test gives them: a library, preloaded, answers in place of the system's resolver.

use std::{env, fs, path::PathBuf, process::Command, sync::OnceLock};

use super::{Program, under_test};

/// Whether a library can be preloaded: not into a self-contained program.
pub fn can_name() -> bool {
    let program = fs::read(under_test()).unwrap();
    let loader = b"/ld-linux";
    program.windows(loader.len()).any(|bytes| bytes == loader)
}

/// Lets a program see these names; `never` as an address is an answer that never comes.
pub fn with_names<'a>(program: &'a mut Program, names: &[(&str, &str)]) -> &'a mut Program {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    let library = LIBRARY.get_or_init(|| {
        let folder = env::current_exe().unwrap().parent().unwrap().to_owned();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/names.c");
        // Tests run in several processes at once.
        let made = folder.join(format!("names-{}.so", std::process::id()));
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-o"]).arg(&made).args([source, "-ldl"]);
        assert!(cc.status().unwrap().success(), "{cc:?}");
        let library = folder.join("names.so");
        fs::rename(made, &library).unwrap();
        library
    });
    let names: Vec<_> =
        names.iter().map(|(name, addresses)| format!("{name}={addresses}")).collect();
    program.command.env("LD_PRELOAD", library).env("NAMES", names.join(" "));
    program
}
