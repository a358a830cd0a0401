//! Every source file of the repository, also of tests, belongs to a program or a library. Nothing compiles a
//! file that no module names, so it would decay unseen.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use syn::{Expr, ExprLit, Item, ItemMod, Lit, Meta};

/// What a build, an editor or git keeps beside the sources.
fn is_made(folder: &Path) -> bool {
    let name = folder.file_name().unwrap().to_str().unwrap();
    name == "target" || name.starts_with('.') && name != ".ci"
}

/// Collects the files below a folder for which `matches` holds, without those that are made.
fn collect(folder: &Path, matches: &impl Fn(&Path) -> bool, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() && !is_made(&path) {
            collect(&path, matches, found);
        } else if kind.is_file() && matches(&path) {
            found.insert(path);
        }
    }
}

/// All source files below a folder.
fn sources(folder: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    collect(folder, &|path| path.extension().is_some_and(|e| e == "rs"), &mut files);
    files
}

/// Each source file of the repository, and how many lines it has.
pub(crate) fn lengths() -> Vec<(String, usize)> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let length = |path: PathBuf| {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        (path.strip_prefix(repository).unwrap().display().to_string(), lines)
    };
    sources(repository).into_iter().map(length).collect()
}

/// The first file of each program, library and test, of every crate.
fn roots(repository: &Path) -> BTreeSet<PathBuf> {
    let mut manifests = BTreeSet::new();
    collect(repository, &|path| path.ends_with("Cargo.toml"), &mut manifests);
    let mut roots = BTreeSet::new();
    while let Some(manifest) = manifests.pop_first() {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--no-deps", "--offline", "--format-version=1", "--manifest-path"])
            .arg(&manifest)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {text}", manifest.display());
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        // All crates of its workspace.
        for package in metadata["packages"].as_array().unwrap() {
            manifests.remove(Path::new(package["manifest_path"].as_str().unwrap()));
            let targets = package["targets"].as_array().unwrap();
            roots.extend(targets.iter().map(|target| target["src_path"].as_str().unwrap().into()));
        }
    }
    roots
}

/// Enters a file and those that its modules name; `folder` is where they are.
fn reach(file: &Path, folder: &Path, reached: &mut BTreeSet<PathBuf>) {
    reached.insert(file.to_owned());
    let text = fs::read_to_string(file).unwrap();
    let items =
        syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    reach_modules(&items.items, file, folder, reached);
}

fn reach_modules(items: &[Item], file: &Path, folder: &Path, reached: &mut BTreeSet<PathBuf>) {
    for item in items {
        let Item::Mod(module) = item else { continue };
        let below = folder.join(module.ident.to_string());
        if let Some((_, items)) = &module.content {
            reach_modules(items, file, &below, reached);
        } else if let Some(path) = path_attribute(module) {
            let path = normal(&file.parent().unwrap().join(path));
            reach(&path, path.parent().unwrap(), reached);
        } else {
            let (flat, nested) = (below.with_extension("rs"), below.join("mod.rs"));
            let path = if nested.exists() { nested } else { flat };
            reach(&path, &below, reached);
        }
    }
}

/// The text of `#[path = "…"]`.
fn path_attribute(module: &ItemMod) -> Option<String> {
    module.attrs.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

/// Without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path {
        if part == ".." {
            normal.pop();
        } else {
            normal.push(part);
        }
    }
    normal
}

/// The source files below a folder that none of these roots leads to.
fn unreached(repository: &Path, roots: &BTreeSet<PathBuf>) -> Vec<String> {
    let mut reached = BTreeSet::new();
    for root in roots {
        reach(root, root.parent().unwrap(), &mut reached);
    }
    let relative = |path: &PathBuf| path.strip_prefix(repository).unwrap().display().to_string();
    sources(repository).difference(&reached).map(relative).collect()
}

#[test]
fn a_module_names_each_source_file() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let roots = roots(repository);
    assert!(roots.len() > 30, "{roots:?}");
    let unreached = unreached(repository, &roots);
    assert!(
        unreached.is_empty(),
        "no module names these files; name or remove them:\n{}",
        unreached.join("\n")
    );
}

#[test]
fn a_file_that_no_module_names_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (name, text) in [
        (
            "src/lib.rs",
            "mod flat; mod nested; mod inline { mod inner; } #[path = \"../far.rs\"] mod far;",
        ),
        ("src/flat.rs", "mod below;"),
        ("src/flat/below.rs", "// mod dead;"),
        ("src/flat/dead.rs", ""),
        ("src/nested/mod.rs", "#[cfg(test)] mod tests;"),
        ("src/nested/tests.rs", ""),
        ("src/nested/dead.rs", "mod tests;"),
        ("src/inline/inner.rs", ""),
        ("far.rs", "mod beside;"),
        ("beside.rs", ""),
        ("target/made.rs", ""),
        (".git/kept.rs", ""),
        (".ci/dead.rs", ""),
    ] {
        fs::create_dir_all(at(name).parent().unwrap()).unwrap();
        fs::write(at(name), text).unwrap();
    }
    let roots = BTreeSet::from([at("src/lib.rs")]);
    assert_eq!(
        unreached(folder.path(), &roots),
        [".ci/dead.rs", "src/flat/dead.rs", "src/nested/dead.rs"]
    );
}
