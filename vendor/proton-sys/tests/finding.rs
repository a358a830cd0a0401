//! What the build script says if Proton is missing or does not fit.

use std::{fs, path::Path, process::Command};

/// Builds this package once more with these variables; returns whether it succeeded, and the output.
fn build(folder: &Path, variables: &[(&str, &Path)]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO"));
    command.args([
        "build",
        "--offline",
        "--manifest-path",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ]);
    command.arg("--target-dir").arg(folder.join("target"));
    for name in ["PROTON_LIB_DIR", "PROTON_INCLUDE_DIR", "PKG_CONFIG_PATH", "RUSTFLAGS"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A folder that looks like an installed Proton of this version.
fn installed(folder: &Path, version: &str) -> [std::path::PathBuf; 2] {
    let (lib, include) = (folder.join(version).join("lib"), folder.join(version).join("include"));
    fs::create_dir_all(include.join("proton")).unwrap();
    fs::create_dir_all(&lib).unwrap();
    fs::write(lib.join("libqpid-proton-core.so"), "").unwrap();
    let mut header = String::new();
    for (name, number) in ["MAJOR", "MINOR", "POINT"].iter().zip(version.split('.')) {
        header += &format!("#define PN_VERSION_{name} {number}\n");
    }
    fs::write(include.join("proton/version.h"), header).unwrap();
    [lib, include]
}

#[test]
fn problems_are_reported_with_the_remedy() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("finding");
    let nowhere = folder.join("nowhere");

    let (built, said) = build(&folder, &[("PKG_CONFIG_LIBDIR", &nowhere)]);
    assert!(!built, "{said}");
    for words in
        ["libqpid-proton11-dev", "qpid-proton-c-devel", "PROTON_LIB_DIR", "0.37 to below 0.41"]
    {
        assert!(said.contains(words), "{words} is not in {said}");
    }

    let (built, said) = build(&folder, &[("PROTON_LIB_DIR", &nowhere)]);
    assert!(!built && said.contains("only one of them is set"), "{said}");

    for version in ["0.36.9", "0.41.0", "1.37.0"] {
        let [lib, include] = installed(&folder, version);
        let (built, said) =
            build(&folder, &[("PROTON_LIB_DIR", &lib), ("PROTON_INCLUDE_DIR", &include)]);
        assert!(!built && said.contains(&format!("is of version {version}")), "{said}");
    }
    for version in ["0.37.0", "0.40.0"] {
        let [lib, include] = installed(&folder, version);
        let (built, said) =
            build(&folder, &[("PROTON_LIB_DIR", &lib), ("PROTON_INCLUDE_DIR", &include)]);
        assert!(built, "{said}");
    }
}
