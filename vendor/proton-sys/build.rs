//! Finds Qpid Proton, or builds it (feature `static`), checks its version, and tells cargo how to link it.
//!
//! Metadata for the crates that depend on this one (`DEP_QPID_PROTON_…`): `VERSION`, the version
//! that the headers declare, and `INCLUDE`, the folders to compile C against.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::exit,
};

/// The versions whose layouts and constants this crate declares: from this one …
const OLDEST: (u32, u32) = (0, 37);
/// … to below this one.
const FIRST_UNKNOWN: (u32, u32) = (0, 41);

fn main() {
    for name in ["PROTON_LIB_DIR", "PROTON_INCLUDE_DIR", "PROTON_SOURCE_DIR"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    println!("cargo::rerun-if-changed=build.rs");

    #[cfg(feature = "static")]
    let include = from_source();
    #[cfg(not(feature = "static"))]
    let include = match (env::var_os("PROTON_LIB_DIR"), env::var_os("PROTON_INCLUDE_DIR")) {
        (Some(lib), Some(include)) => from_folders(Path::new(&lib), PathBuf::from(include)),
        (None, None) => from_pkg_config(),
        _ => fail("PROTON_LIB_DIR and PROTON_INCLUDE_DIR go together, and only one of them is set"),
    };
    let version = declared_version(&include);
    println!("cargo::metadata=version={version}");
    let include = env::join_paths(&include).unwrap_or_default();
    println!("cargo::metadata=include={}", include.display());
    // For the test that holds the declarations against the headers.
    println!("cargo::rustc-env=PROTON_INCLUDE={}", include.display());
}

/// Builds the core from PROTON_SOURCE_DIR, or from what `vendor/fetch-proton` fetched, and links it statically.
#[cfg(feature = "static")]
fn from_source() -> Vec<PathBuf> {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../qpid-proton");
    let source = env::var_os("PROTON_SOURCE_DIR").map_or(fetched, PathBuf::from);
    if !source.join("c/src/core").is_dir() {
        fail(&format!(
            "the feature \"static\" needs Qpid Proton's source, and {} does not hold it; run vendor/fetch-proton, or name \
             an unpacked release in PROTON_SOURCE_DIR",
            source.display()
        ));
    }
    for (tool, package) in [("cmake", "cmake"), ("python3", "python3"), ("cc", "gcc")] {
        let runs = std::process::Command::new(tool)
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success());
        if !runs && !(tool == "cc" && env::var_os("CC").is_some()) {
            fail(&format!(
                "the feature \"static\" builds Qpid Proton, which needs {tool}; install {package}"
            ));
        }
    }
    println!("cargo::rerun-if-changed={}", source.join("VERSION.txt").display());
    let mut build = cmake::Config::new(&source);
    // Release defines NDEBUG: with asserts, a hostile broker could abort the program.
    build.profile("Release").cflag("-ffunction-sections").cflag("-fdata-sections");
    for (name, value) in [
        ("BUILD_STATIC_LIBS", "ON"),
        ("SSL_IMPL", "none"),
        ("SASL_IMPL", "none"),
        ("PROACTOR", "none"),
        ("BUILD_BINDINGS", ""),
        ("BUILD_EXAMPLES", "OFF"),
        ("BUILD_TESTING", "OFF"),
        ("BUILD_TOOLS", "OFF"),
        ("ENABLE_LINKTIME_OPTIMIZATION", "OFF"),
        ("ENABLE_WARNING_ERROR", "OFF"),
        ("CMAKE_POSITION_INDEPENDENT_CODE", "ON"),
        // Proton 0.37 asks for a policy that CMake 4 no longer has.
        ("CMAKE_POLICY_VERSION_MINIMUM", "3.5"),
    ] {
        build.define(name, value);
    }
    let built = build.build_target("qpid-proton-core-static").build().join("build/c");
    println!("cargo::rustc-link-search=native={}", built.display());
    println!("cargo::rustc-link-lib=static=qpid-proton-core-static");
    vec![source.join("c/include"), built.join("include")]
}

/// Links what the two variables name: the core library if it exists, else the whole one.
#[cfg(not(feature = "static"))]
fn from_folders(lib: &Path, include: PathBuf) -> Vec<PathBuf> {
    println!("cargo::rustc-link-search=native={}", lib.display());
    let name = ["qpid-proton-core", "qpid-proton"].into_iter().find(|name| {
        ["so", "a", "dylib"].iter().any(|ending| lib.join(format!("lib{name}.{ending}")).exists())
    });
    match name {
        Some(name) => println!("cargo::rustc-link-lib={name}"),
        None => fail(&format!(
            "PROTON_LIB_DIR={} holds neither libqpid-proton-core nor libqpid-proton",
            lib.display()
        )),
    }
    vec![include]
}

/// Asks pkg-config for the core library first; some distributions describe only the whole one.
#[cfg(not(feature = "static"))]
fn from_pkg_config() -> Vec<PathBuf> {
    let range =
        format!("{}.{}", OLDEST.0, OLDEST.1)..format!("{}.{}", FIRST_UNKNOWN.0, FIRST_UNKNOWN.1);
    let mut reasons = Vec::new();
    for name in ["libqpid-proton-core", "libqpid-proton"] {
        match pkg_config::Config::new()
            .range_version(range.start.as_str()..range.end.as_str())
            .probe(name)
        {
            // The compiler's own folder last: pkg-config leaves it out, and Debian's description
            // names one that does not exist.
            Ok(found) => {
                return [found.include_paths, vec![PathBuf::from("/usr/include")]].concat();
            }
            Err(error) => reasons
                .push(format!("{name}: {}", error.to_string().lines().next().unwrap_or_default())),
        }
    }
    fail(&format!("pkg-config knows no fitting Qpid Proton ({})", reasons.join("; ")))
}

/// Reads the version from the headers, which is the one that the declarations must fit.
fn declared_version(include: &[PathBuf]) -> String {
    let Some(header) =
        include.iter().map(|folder| folder.join("proton/version.h")).find(|file| file.exists())
    else {
        fail(&format!("no proton/version.h in {include:?}"))
    };
    println!("cargo::rerun-if-changed={}", header.display());
    let text = fs::read_to_string(&header)
        .unwrap_or_else(|error| fail(&format!("{}: {error}", header.display())));
    let part = |name: &str| -> u32 {
        let found = text.lines().find_map(|line| {
            line.strip_prefix("#define ")?.strip_prefix(name)?.trim().parse().ok()
        });
        found.unwrap_or_else(|| fail(&format!("{} does not define {name}", header.display())))
    };
    let (major, minor, point) =
        (part("PN_VERSION_MAJOR"), part("PN_VERSION_MINOR"), part("PN_VERSION_POINT"));
    if (major, minor) < OLDEST || (major, minor) >= FIRST_UNKNOWN {
        fail(&format!("{} is of version {major}.{minor}.{point}", header.display()));
    }
    format!("{major}.{minor}.{point}")
}

fn fail(problem: &str) -> ! {
    println!("cargo::error=proton-sys: {problem}");
    if !cfg!(feature = "static") {
        let ((major, minor), (next_major, next_minor)) = (OLDEST, FIRST_UNKNOWN);
        for line in [
            &format!(
                "Qpid Proton {major}.{minor} to below {next_major}.{next_minor} is required, with its headers:"
            ),
            "  Debian, Ubuntu:           apt-get install libqpid-proton11-dev pkg-config",
            "  Fedora, RHEL with EPEL:   dnf install qpid-proton-c-devel pkgconf-pkg-config",
            "or set PROTON_LIB_DIR and PROTON_INCLUDE_DIR to the folders of a build of your own",
        ] {
            println!("cargo::error={line}");
        }
    }
    exit(1)
}
