//! The library, installed into a folder once for all tests, and the programs made with it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use crate::harness::Program;

/// The root below which everything is installed.
pub static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clib");
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(&root).unwrap();
    // One folder for the builds of all profiles, as in a build by hand.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut install = Command::new("packaging/install-clib");
    install
        .env("CARGO", env!("CARGO"))
        .env("CARGO_TARGET_DIR", target)
        .env("DESTDIR", &root)
        .env("PREFIX", "/usr");
    for name in ["LIBDIR", "INCLUDEDIR"] {
        install.env_remove(name);
    }
    run(&mut install);
    let api = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-pthread", "tests/clib/api.c"];
    // A linker that keeps every library must not keep the shared library beside the archive.
    let sign = ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wl,--no-as-needed", "examples/c/sign.c"];
    compile("cc", &sign, STATIC, "sign-static", &root);
    compile("cc", &sign, DYNAMIC, "sign-dynamic", &root);
    let resume = ["-std=c99", "-Wl,--no-as-needed", "examples/c/resume.c"];
    compile("cc", &resume, STATIC, "resume-static", &root);
    compile("cc", &resume, DYNAMIC, "resume-dynamic", &root);
    compile("cc", &api, STATIC, "api-static", &root);
    compile("cc", &api, DYNAMIC, "api-dynamic", &root);
    root
});

/// The libraries that docs/c.md says to link with, after the program's own source.
pub const STATIC: &str =
    "-l:libamqp_messenger.a $(pkg-config --cflags --libs --static amqp_messenger)";
pub const DYNAMIC: &str = "$(pkg-config --cflags --libs amqp_messenger)";

pub fn lib() -> PathBuf {
    ROOT.join("usr/lib")
}

pub fn header() -> String {
    fs::read_to_string(ROOT.join("usr/include/amqp_messenger.h")).unwrap()
}

/// Makes a program, with every warning an error.
pub fn compile(compiler: &str, sources: &[&str], libraries: &str, name: &str, root: &Path) {
    let words = format!(
        "{compiler} -Wall -Wextra -pedantic -Werror {} {libraries} -o {}",
        sources.join(" "),
        root.join(name).display()
    );
    run(pkg_config_here(Command::new("sh").args(["-euc", &words]), root));
}

/// Makes pkg-config look below a root.
pub fn pkg_config_here<'a>(command: &'a mut Command, root: &Path) -> &'a mut Command {
    command
        .env("PKG_CONFIG_PATH", root.join("usr/lib/pkgconfig"))
        .env("PKG_CONFIG_SYSROOT_DIR", root)
}

/// One of the programs, about to be run.
pub fn program(name: &str) -> Program {
    let mut program = Program::new(&ROOT.join(name));
    program.command.env("LD_LIBRARY_PATH", lib());
    program
}

/// Runs a tool, which must succeed; returns what it printed.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}\n{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}
