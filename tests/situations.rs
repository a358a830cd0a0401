//! The README's table of situations names tests that there are.

use std::{collections::HashSet, fs, path::Path};

/// `module::name` of each test in the suite.
fn tests() -> HashSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
    let mut names = HashSet::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        for after in text.split("#[test]\n").skip(1) {
            let name =
                after.trim_start().strip_prefix("fn ").and_then(|rest| rest.split('(').next());
            names.insert(format!("{module}::{}", name.expect("a function follows #[test]")));
        }
    }
    names
}

#[test]
fn every_situation_has_its_test() {
    let readme = include_str!("../README.md");
    let (_, table) = readme.split_once("\n| when | then | status | test |\n").expect("the table");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with("| "));
    let named: Vec<_> = rows
        .filter_map(|row| row.rsplit("| ").next()?.strip_prefix('`')?.strip_suffix("` |"))
        .collect();
    assert!(named.len() > 40, "{} rows", named.len());
    let tests = tests();
    let unknown: Vec<_> = named.iter().filter(|name| !tests.contains(**name)).collect();
    assert!(unknown.is_empty(), "no such tests: {unknown:?}");
    let distinct: HashSet<_> = named.iter().collect();
    assert_eq!(distinct.len(), named.len(), "a test is named twice");
}
