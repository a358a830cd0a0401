//! What is installed, the symbols in it, and what programs are linked with.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use crate::installed::{DYNAMIC, ROOT, STATIC, compile, header, lib, pkg_config_here, run};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The libraries that a program or a library loads.
fn needed(path: &Path) -> Vec<String> {
    let dynamic = run(Command::new("readelf").args(["--dynamic", "--wide"]).arg(path));
    let name = |line: &str| {
        Some(line.split_once("(NEEDED)")?.1.split_once('[')?.1.trim_end_matches(']').to_owned())
    };
    dynamic.lines().filter_map(name).collect()
}

/// The functions that the header declares.
fn declared() -> BTreeSet<String> {
    let header = header();
    let names = header.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '(');
    let names = names.filter_map(|word| word.split_once('(')).map(|(name, _)| name);
    names.filter(|name| name.starts_with("amqp_messenger_")).map(Into::into).collect()
}

/// The global symbols that nm finds, whatever their kind.
fn defined(file: &str, option: &str) -> BTreeSet<String> {
    let printed = run(Command::new("nm")
        .args([option, "--defined-only", "--format=posix"])
        .arg(lib().join(file)));
    let symbols = printed.lines().filter(|line| !line.ends_with(':') && !line.is_empty());
    symbols.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn a_program_with_the_archive_loads_none_of_our_libraries() {
    let loaded = run(Command::new("ldd").arg(ROOT.join("sign-static")));
    assert!(loaded.contains("libssl") && !loaded.contains("not found"), "{loaded}");
    assert!(!loaded.contains("amqp_messenger") && !loaded.contains("qpid"), "{loaded}");
}

#[test]
fn a_program_with_the_shared_library_loads_it_by_the_version_of_its_interface() {
    let soname = format!("libamqp_messenger.so.{}", VERSION.rsplit_once('.').unwrap().0);
    assert!(needed(&ROOT.join("sign-dynamic")).contains(&soname));
    let file = fs::canonicalize(lib().join(&soname)).unwrap();
    assert_eq!(
        file.file_name().unwrap().to_str(),
        Some(&*format!("libamqp_messenger.so.{VERSION}"))
    );
    assert_eq!(fs::canonicalize(lib().join("libamqp_messenger.so")).unwrap(), file);
    assert!(!needed(&file).iter().any(|name| name.contains("qpid")), "{:?}", needed(&file));
}

#[test]
fn both_libraries_define_what_the_header_declares_and_nothing_else() {
    let declared = declared();
    assert!(declared.len() >= 30, "{declared:?}");
    assert_eq!(defined("libamqp_messenger.so", "--dynamic"), declared);
    assert_eq!(defined("libamqp_messenger.a", "--extern-only"), declared);
}

#[test]
fn pkg_config_knows_the_version() {
    let version = run(pkg_config_here(
        Command::new("pkg-config").args(["--modversion", "amqp_messenger"]),
        &ROOT,
    ));
    assert_eq!(version.trim(), VERSION);
}

#[test]
fn the_header_is_good_for_cpp() {
    let source = ROOT.join("version.cpp");
    fs::write(
        &source,
        "#include <amqp_messenger.h>\nint main() { return *amqp_messenger_version() == 0; }\n",
    )
    .unwrap();
    compile("c++", &["-std=c++11", source.to_str().unwrap()], DYNAMIC, "version", &ROOT);
    run(Command::new(ROOT.join("version")).env("LD_LIBRARY_PATH", lib()));
}

#[test]
fn the_example_in_the_documents_compiles() {
    let page = fs::read_to_string("docs/c.md").unwrap();
    let example = page.split_once("```c\n").unwrap().1.split_once("```").unwrap().0;
    let source = ROOT.join("documents.c");
    let program = format!(
        "#include <amqp_messenger.h>\n#include <stdio.h>\nint main(void) {{\n{example}\nreturn status;\n}}\n"
    );
    fs::write(&source, program).unwrap();
    compile("cc", &["-std=c99", source.to_str().unwrap()], STATIC, "documents", &ROOT);
    for libraries in [STATIC, DYNAMIC] {
        let line = page.lines().find(|line| {
            line.starts_with("cc sign.c -o ") && line.ends_with(&format!(" {libraries}"))
        });
        assert!(line.is_some(), "{libraries}");
    }
}

/// A program's own functions with Proton's names are not confused with the library's.
#[test]
fn a_program_may_have_a_proton_of_its_own() {
    let source = ROOT.join("other_proton.c");
    let text = "#include <amqp_messenger.h>\n\
                int pn_connection_driver_init(void); int pn_connection_driver_init(void) { return 7; }\n\
                int main(void) { return pn_connection_driver_init() - 7 + (*amqp_messenger_version() == 0); }\n";
    fs::write(&source, text).unwrap();
    compile("cc", &[source.to_str().unwrap()], STATIC, "other_proton", &ROOT);
    run(&mut Command::new(ROOT.join("other_proton")));
}
