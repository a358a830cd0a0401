//! Holds the declarations against the installed headers, by way of the C compiler.
//!
//! A C program is made from `src/lib.rs`: every function is declared once more in C (the compiler
//! refuses a declaration that differs from the header's), every constant, size, alignment and
//! field offset becomes a `_Static_assert`. It is only compiled, so nothing is run.

use std::{fmt::Write, path::Path, process::Command};

const SOURCE: &str = include_str!("../src/lib.rs");

const HEADERS: &[&str] = &[
    "types.h",
    "error.h",
    "condition.h",
    "codec.h",
    "connection.h",
    "session.h",
    "link.h",
    "terminus.h",
    "delivery.h",
    "disposition.h",
    "event.h",
    "sasl.h",
    "logger.h",
    "transport.h",
    "connection_driver.h",
];

#[test]
fn declarations_equal_the_headers() {
    let program = c_program(SOURCE);
    for (what, least) in [("_Static_assert", 40), ("static void *have_", 60)] {
        assert!(program.matches(what).count() >= least, "too few {what:?} in\n{program}");
    }
    compile(&program).unwrap_or_else(|message| panic!("{message}\nin\n{program}"));
}

/// The check itself must be able to fail: each of these edits makes one declaration wrong.
#[test]
fn a_wrong_declaration_is_found() {
    for (right, wrong) in [
        ("PN_DELIVERY: pn_event_type_t = 28", "PN_DELIVERY: pn_event_type_t = 29"),
        (
            "pub size: usize,\n    pub start: *const c_char,",
            "pub start: *const c_char,\n    pub size: usize,",
        ),
        ("pub type pn_millis_t = u32", "pub type pn_millis_t = u64"),
        (
            "pn_link_flow(receiver: *mut pn_link_t, credit: c_int)",
            "pn_link_flow(receiver: *mut pn_link_t, credit: u64)",
        ),
        (
            "pn_delivery_settled(delivery: *mut pn_delivery_t) -> bool",
            "pn_delivery_settled(delivery: *mut pn_delivery_t) -> c_int",
        ),
        ("pub fn pn_link_advance(", "pub fn pn_link_advanced("),
    ] {
        assert!(SOURCE.contains(right), "{right}");
        assert!(
            compile(&c_program(&SOURCE.replace(right, wrong))).is_err(),
            "{wrong} went unnoticed"
        );
    }
}

fn compile(program: &str) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("headers-{:?}.c", std::thread::current().id()));
    std::fs::write(&file, program).map_err(|error| error.to_string())?;
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut command = Command::new(&compiler);
    command.args(["-std=c11", "-fsyntax-only", "-Werror", "-Wall", "-Wno-unused"]);
    // The compiler searches its own folder by itself, and in its own order.
    for include in std::env::split_paths(env!("PROTON_INCLUDE"))
        .filter(|folder| folder != Path::new("/usr/include"))
    {
        command.arg("-I").arg(include);
    }
    let output = command.arg(&file).output().map_err(|error| format!("{compiler}: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Writes the C program that compiles if, and only if, `source` says what the headers say.
fn c_program(source: &str) -> String {
    let mut c = String::from("#include <stddef.h>\n#include <stdint.h>\n#include <sys/types.h>\n");
    for header in HEADERS {
        writeln!(c, "#include <proton/{header}>").unwrap();
    }
    constants(source, &mut c);
    types(source, &mut c);
    layouts(source, &mut c);
    functions(source, &mut c);
    c
}

fn constants(source: &str, c: &mut String) {
    for line in source.lines().filter_map(|line| line.strip_prefix("pub const ")) {
        let (name, rest) = line.split_once(": ").unwrap();
        let value = rest.split_once(" = ").unwrap().1.trim_end_matches(';');
        writeln!(c, "_Static_assert({name} == {value}, \"{name}\");").unwrap();
    }
}

fn types(source: &str, c: &mut String) {
    for line in source.lines().filter_map(|line| line.strip_prefix("pub type ")) {
        let (name, rust) = line.trim_end_matches(';').split_once(" = ").unwrap();
        let same = c_type(rust);
        // The compiler chooses whether enumerations are signed; only their size matters for calls.
        writeln!(c, "_Static_assert(sizeof({name}) == sizeof({same}), \"{name}\");").unwrap();
    }
}

fn layouts(source: &str, c: &mut String) {
    for text in source.split("pub struct ").skip(1).filter(|text| text.starts_with("pn_")) {
        let (name, rest) = text.split_once(" {").unwrap();
        let body = rest.split_once("\n}").unwrap().0;
        let mut mirror = String::new();
        for field in body.lines().filter_map(|line| line.trim().strip_prefix("pub ")) {
            let (field, rust) = field.trim_end_matches(',').split_once(": ").unwrap();
            writeln!(mirror, "  {};", declare(rust, field)).unwrap();
            writeln!(
                c,
                "_Static_assert(offsetof({name}, {field}) == offsetof(mirror_{name}, {field}), \"{name}.{field}\");"
            )
            .unwrap();
        }
        let at = c.find(&format!("_Static_assert(offsetof({name}")).unwrap();
        c.insert_str(at, &format!("typedef struct {{\n{mirror}}} mirror_{name};\n"));
        for measure in ["sizeof", "_Alignof"] {
            writeln!(c, "_Static_assert({measure}({name}) == {measure}(mirror_{name}), \"{measure} {name}\");")
                .unwrap();
        }
    }
}

fn functions(source: &str, c: &mut String) {
    for text in source.split("pub fn ").skip(1) {
        let (name, rest) = text.split_once('(').unwrap();
        let (parameters, rest) = rest.split_once(')').unwrap();
        let result = rest
            .split_once(';')
            .unwrap()
            .0
            .trim()
            .strip_prefix("-> ")
            .map_or("void".into(), c_type);
        let parameters: Vec<_> = parameters
            .split(',')
            .filter_map(|parameter| parameter.trim().split_once(": "))
            .map(|(_, rust)| c_type(rust))
            .collect();
        let parameters = if parameters.is_empty() { "void".into() } else { parameters.join(", ") };
        writeln!(c, "{result} {name}({parameters});").unwrap();
        // A name that the headers lack would pass as a new declaration, so the header's name is used first.
        let at = c.find("_Static_assert").unwrap();
        c.insert_str(
            at,
            &format!("static void *have_{name}(void) {{ return (void *)&{name}; }}\n"),
        );
    }
}

fn declare(rust: &str, name: &str) -> String {
    format!("{} {name}", c_type(rust))
}

fn c_type(rust: &str) -> String {
    if let Some(inner) = rust.strip_prefix("*mut ") {
        return format!("{} *", c_type(inner));
    }
    if let Some(inner) = rust.strip_prefix("*const ") {
        return format!("const {} *", c_type(inner));
    }
    if rust.starts_with("Option<unsafe extern \"C\" fn(") {
        return "void (*)(void)".into();
    }
    match rust {
        "c_int" => "int",
        "c_char" => "char",
        "c_void" => "void",
        "usize" => "size_t",
        "isize" => "ssize_t",
        "u16" => "uint16_t",
        "i32" => "int32_t",
        "u32" => "uint32_t",
        "u64" => "uint64_t",
        "i64" => "int64_t",
        other => other,
    }
    .into()
}
