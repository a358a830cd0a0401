//! What the documents promise: links lead somewhere, pictures are those of their texts, errors have their entries,
//! the front page is short.

mod errors;
mod links;
mod pictures;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder of the package.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The files of a folder of the package and, except for what is built or fetched, below it that have this extension.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                let is_ours = !["qpid-proton", "openssl", ".git"].contains(&name);
                if is_ours && !name.starts_with("target") {
                    collect(&path, extension, found);
                }
            } else if path.extension().is_some_and(|its| its == extension) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(&Path::new(ROOT).join(folder), extension, &mut found);
    found.sort();
    found
}

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(name)).unwrap()
}

#[test]
fn the_front_page_is_short() {
    assert!(page("README.md").len() <= 10_240, "README.md has {} bytes", page("README.md").len());
}

/// The crate's own documentation has the same example, as a test.
#[test]
fn the_example_of_the_library_is_the_one_that_is_tested() {
    let page = page("docs/rust.md");
    let example = page.split_once("```rust\n").unwrap().1.split_once("```").unwrap().0;
    let source = include_str!("../../src/lib.rs");
    let (_, tested) = source.split_once("//! ```\n").unwrap();
    let (tested, _) = tested.split_once("//! ```\n").unwrap();
    let tested = tested.lines().map(|line| line.strip_prefix("//! ").unwrap_or_default());
    // Lines that begin with "# " are not shown.
    let tested: Vec<_> = tested.filter(|line| !line.starts_with("# ")).collect();
    assert_eq!(example.lines().collect::<Vec<_>>(), tested, "src/lib.rs has another example");
}
