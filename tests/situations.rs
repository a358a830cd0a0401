//! The table of situations in docs/situations.md names tests that exist.

use std::{collections::HashSet, fs, path::Path};

/// `module::name` of each test in a folder and below, also of those that run over both protocols, where the module is the file's name, or its folder's for `mod.rs`
/// and `tests.rs`.
fn tests_below(folder: &Path, names: &mut HashSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
            let module = match stem(&path).as_str() {
                "mod" | "tests" => stem(path.parent().unwrap()),
                file => file.to_owned(),
            };
            let text = fs::read_to_string(&path).unwrap();
            for after in text.split("#[test]\n").skip(1) {
                let (_, after) = after.split_once("fn ").expect("a function follows #[test]");
                let (name, _) = after.split_once('(').expect("its parentheses");
                names.insert(format!("{module}::{name}"));
            }
            for after in text.split("over_both!(").skip(1) {
                let (both, _) = after.split_once(')').expect("the names end");
                let both = both.split([',', '\n']).map(str::trim).filter(|name| !name.is_empty());
                names.extend(both.map(|name| format!("{module}::{name}")));
            }
        }
    }
}

#[test]
fn every_situation_has_its_test() {
    let page = include_str!("../docs/situations.md");
    let (_, table) = page.split_once("\n| when | then | status | test |\n").expect("the table");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with("| "));
    let named: Vec<_> = rows
        .filter_map(|row| row.rsplit("| ").next()?.strip_prefix('`')?.strip_suffix("` |"))
        .collect();
    assert!(named.len() > 40, "{} rows", named.len());
    let mut tests = HashSet::new();
    for folder in ["tests/suite", "src"] {
        tests_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut tests);
    }
    let unknown: Vec<_> = named.iter().filter(|name| !tests.contains(**name)).collect();
    assert!(unknown.is_empty(), "no such tests: {unknown:?}");
    let distinct: HashSet<_> = named.iter().collect();
    assert_eq!(distinct.len(), named.len(), "a test is named twice");
}
